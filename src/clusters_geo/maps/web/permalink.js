// The address keeps the view, so that a link opens on what its sender saw. What it holds is checked, never trusted.
{
  const { STATUSES } = clustersGeo;

  const read = (app) => {
    const found = new URLSearchParams(location.hash.slice(1));
    const change = {};
    const { districts, measures } = app;
    if (["vi", "en"].includes(found.get("lang"))) change.lang = found.get("lang");
    if (["light", "dark"].includes(found.get("theme"))) change.theme = found.get("theme");
    if (found.has("measure") && ["", ...measures.map((m) => m.name)].includes(found.get("measure")))
      change.measure = found.get("measure");
    const district = districts.find(({ code }) => found.has("district") && code === found.get("district"));
    if (district) change.district = district.name;
    else if (app.homes.includes(found.get("district"))) change.district = found.get("district");
    const statuses = (found.get("status") ?? "").split(",").filter((status) => STATUSES.includes(status));
    if (statuses.length) change.statuses = new Set(statuses);
    const [zoom, lat, lng] = (found.get("at") ?? "").split("/").map(Number);
    const inside = Math.abs(lat) <= 85 && Math.abs(lng) <= 180 && zoom >= 1 && zoom <= 19;
    const cluster = app.byId.get(found.get("cluster")) ?? null;
    return { change, cluster, view: inside ? { zoom, center: [lat, lng] } : null };
  };

  const write = (app) => {
    const { state, map, data } = app;
    const { lat, lng } = map.getCenter();
    const code = app.districts.find((d) => d.name === state.district)?.code ?? app.homes.find((name) => name === state.district);
    const entries = [
      ["at", `${map.getZoom()}/${lat.toFixed(4)}/${lng.toFixed(4)}`],
      ["measure", state.measure],
      ["lang", state.lang === data.lang ? null : state.lang],
      ["theme", state.theme === data.theme ? null : state.theme],
      ["status", state.statuses.size === STATUSES.length ? null : [...state.statuses].join(",")],
      ["cluster", state.cluster ?? null],
      ["district", code && !app.focus ? code : null],
    ];
    return new URLSearchParams(entries.filter(([, value]) => value !== null))
      .toString()
      .replaceAll("%2F", "/");
  };

  class Permalink {
    constructor(app) {
      // In a notebook's frame there is no address of our own.
      this.usable = location.protocol !== "about:";
      app.map.on("moveend", () => this.update(app));
      if (this.usable) addEventListener("hashchange", () => this.follow(app));
    }

    follow(app) {
      if (location.hash.slice(1) === write(app)) return;
      const { change, view, cluster } = read(app);
      if (view) app.map.setView(view.center, view.zoom, { animate: false });
      app.set(change);
      if (cluster) app.goTo(cluster);
    }

    update(app) {
      if (this.usable && app.ready) history.replaceState(null, "", `#${write(app)}`);
    }
  }

  Object.assign(clustersGeo, { Permalink, readPermalink: read });
}
