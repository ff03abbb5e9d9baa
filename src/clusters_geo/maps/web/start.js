// The page put together around a Leaflet map.
{
  const {
    el,
    patterns,
    Model,
    Districts,
    Clusters,
    Labels,
    Context,
    Legend,
    Panel,
    Toolbar,
    Tiles,
    Ruler,
    Scale,
    Permalink,
    Printer,
    Stock,
  } = clustersGeo;
  const MAX_ZOOM = 17;
  const HALF_MOON = "M20 14.500A8.500 8.500 0 119.500 4a6.800 6.800 0 0010.500 10.500z";
  const VIET_NAM = [
    [8.4, 102.1],
    [23.4, 109.5],
  ];

  class App extends Model {
    toggle(layer, on) {
      if (on === this.map.hasLayer(layer)) return;
      if (on) layer.addTo(this.map);
      else layer.remove();
    }

    // A popup is made again when the language changes.
    popup(make, at, subject = null) {
      const size = this.map.getSize();
      // What has no place is told where nothing points at: low in the middle.
      const nowhere = !at;
      at ??= this.map.containerPointToLatLng([size.x / 2, size.y * (this.narrow() ? 0.75 : 0.85)]);
      const { paddingTopLeft } = this.room();
      const narrow = this.narrow();
      const options = {
        // Beside the buttons, below the legend.
        maxWidth: Math.min(340, size.x - (narrow ? 50 : 110)),
        maxHeight: Math.max(160, size.y - paddingTopLeft[1] - (narrow ? 130 : 80)),
        className: nowhere ? "cg-popup cg-nowhere" : "cg-popup",
        autoPanPaddingTopLeft: paddingTopLeft,
        autoPanPaddingBottomRight: narrow ? [12, 82] : [66, 24],
      };
      this.map.eachLayer((layer) => layer.closeTooltip?.());
      const last = this.card?.isOpen() ? this.card : null;
      const old = last?.getElement();
      // From a card to the next, the way back is that of the first.
      const from = old?.contains(document.activeElement) ? last.from : document.activeElement;
      this.card = L.popup(at, options).setContent(make()).openOn(this.map);
      old?.remove(); // it would fade for a while: two cards, of which one is not there
      this.card.from = from;
      this.card.make = make;
      this.state.cluster = subject?.id ?? null;
      this.permalink?.update(this);
      this.announce(this.card.getElement(), from);
    }

    // A reader of the screen is taken into the popup, and back to where it was opened from.
    announce(element, from) {
      element.setAttribute("role", "dialog");
      element.setAttribute("aria-label", element.querySelector("h2").textContent);
      element.querySelector(".leaflet-popup-close-button").setAttribute("aria-label", this.words.close);
      element.setAttribute("tabindex", "-1");
      element.addEventListener("keydown", ({ key }) => key === "Escape" && this.map.closePopup());
      element.focus({ preventScroll: true });
      this.card.on("remove", () => {
        this.state.cluster = null;
        this.permalink?.update(this);
        if (element.contains(document.activeElement) && from?.isConnected)
          from.focus({ preventScroll: true });
      });
    }

    complete(rest) {
      if (rest.findings) this.attach(rest.findings);
      clustersGeo.merge(this.data, rest);
      this.speak();
      this.update();
    }

    goTo(cluster) {
      this.panel.open(false);
      if (cluster.at) this.map.setView(cluster.at, Math.max(this.map.getZoom(), 14), { animate: false });
      this.layers.clusters.open(this, cluster);
    }

    choose(district, name = district?.name ?? "") {
      this.set({ district: name });
      const shape = this.layers.districts.shapes.find((s) => s.district === district);
      this.map.closePopup();
      const places = this.homes.includes(name) ? this.clusters.filter(({ home, at }) => at && home === name).map(({ at }) => at) : [];
      if (shape) this.map.fitBounds(shape.polygon.getBounds(), this.room());
      else if (places.length) this.map.fitBounds(L.latLngBounds(places).pad(0.1), { ...this.room(), maxZoom: 13 });
      else this.home();
    }

    home() {
      this.map.closePopup();
      this.map.fitBounds(this.bounds(), { ...this.room(), maxZoom: 15 });
    }

    // What the legend and the buttons leave of the map.
    room() {
      const { y } = this.map.getSize();
      const { element } = this.legend;
      if (!this.narrow()) return { paddingTopLeft: [element.open ? 268 : 12, 16], paddingBottomRight: [66, 24] };
      return {
        paddingTopLeft: [12, Math.min(element.offsetHeight + 20, y / 3)],
        paddingBottomRight: [12, 82],
      };
    }

    // Where the buttons lie in a row below, and the panel is a sheet.
    narrow() {
      return matchMedia("(max-width: 899px)").matches;
    }

    bounds() {
      const shapes = this.layers.districts.shapes.filter(
        ({ district }) => !this.focus || district === this.focus,
      );
      const places = this.clusters.filter(
        (cluster) => cluster.at && (!this.focus || cluster.home === this.focus.name),
      );
      const bounds = L.latLngBounds(places.map((cluster) => cluster.at));
      for (const { polygon } of shapes) bounds.extend(polygon.getBounds());
      return bounds.isValid() ? bounds : L.latLngBounds(this.data.around ?? VIET_NAM);
    }

    say(words) {
      this.notice.textContent = words;
      clearTimeout(this.silence);
      this.silence = setTimeout(() => (this.notice.textContent = this.standing()), 6000);
    }

    // What stays to be said: an empty map must not pass for a finished one.
    standing() {
      if (this.cannotUnpack) return this.words.oldBrowser;
      return this.nowhere() && this.clusters.length ? this.words.nonePlaced : "";
    }

    nowhere() {
      return !this.clusters.some(({ at }) => at);
    }

    credit(words) {
      this.credits.textContent = words;
    }
  }

  class Head {
    constructor(app) {
      this.date = el("p", { class: "cg-date" });
      this.title = el("h1", {}, el("bdi", {}));
      const language = (lang, name) =>
        el(
          "button",
          { type: "button", lang, title: name, "data-lang": lang, on: { click: () => app.set({ lang }) } },
          lang.toUpperCase(),
          el("span", { class: "cg-hidden" }, ` ${name}`),
        );
      this.languages = el(
        "div",
        { class: "cg-switch", role: "group" },
        language("vi", "Tiếng Việt"),
        language("en", "English"),
      );
      const { levels } = app.data;
      this.links = levels.map((level, i) => [level, el("a", { href: i ? `?units=${level}` : "?" })]);
      this.units = el("p", { class: "cg-date" });
      if (levels.length > 1)
        this.units.append(...this.links.flatMap(([, link], i) => (i ? [" · ", link] : [link])));
      const flip = () => app.set({ theme: this.resolved(app) === "dark" ? "light" : "dark" });
      this.theme = el(
        "button",
        { type: "button", class: "cg-theme", on: { click: flip } },
        clustersGeo.icon(HALF_MOON),
      );
      this.element = el(
        "header",
        { class: "cg-head" },
        el("div", { class: "cg-heading" }, this.title, this.date, this.units),
        el("div", { class: "cg-head-tools" }, this.languages, this.theme),
      );
      matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.update(app));
    }

    resolved({ state }) {
      if (state.theme !== "auto") return state.theme;
      return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
    }

    update(app) {
      const { words: t, state, data } = app;
      const root = document.documentElement;
      root.lang = state.lang;
      root.dataset.theme = this.resolved(app);
      document.title = app.title();
      this.title.firstChild.textContent = app.title();
      this.date.textContent = data.asOf ? `${t.asOf} ${clustersGeo.date(data.asOf, state.lang)}` : "";
      for (const [level, link] of this.links) {
        link.textContent = t.units[level];
        link.toggleAttribute("aria-current", level === data.level);
      }
      this.languages.setAttribute("aria-label", t.language);
      for (const button of this.languages.children)
        button.setAttribute("aria-pressed", String(button.dataset.lang === state.lang));
      this.theme.title = root.dataset.theme === "dark" ? t.light : t.dark;
      this.theme.setAttribute("aria-label", this.theme.title);
      app.map.getContainer().setAttribute("aria-label", `${t.map}: ${app.title()}`);
      if (app.card?.isOpen()) app.card.setContent(app.card.make());
    }
  }

  const layOut = (app, container, parts) => {
    const skip = el("button", {
      type: "button",
      class: "cg-skip",
      on: {
        click: () => {
          app.panel.open(true);
          app.panel.body.focus();
        },
      },
    });
    parts.push({
      update: ({ words }) => {
        skip.textContent = words.skip;
        if (app.standing()) app.notice.textContent = app.standing();
      },
    });
    app.notice = el("div", { class: "cg-notice", role: "status" });
    app.credits = el("div", { class: "cg-credits" });
    const [head, legend, toolbar, ruler, scale] = ["head", "legend", "toolbar", "ruler", "scale"].map(
      (name) => app[name].element,
    );
    const area = el("main", { class: "cg-map" });
    const shell = el("div", { class: "cg" }, skip, head, area, app.panel.element);
    container.before(shell);
    area.append(
      container,
      legend,
      toolbar,
      app.toolbar.menu,
      ruler,
      el("div", { class: "cg-corner" }, scale, app.credits),
      app.notice,
    );
    container.setAttribute("role", "region");
    document.body.append(patterns());
  };

  // Leaflet forgets the exact centre when told of a new size, even if it is the old one.
  const fit = (map) => {
    const { clientWidth, clientHeight } = map.getContainer();
    if (!clientWidth || !clientHeight) return; // hidden, as while it is printed
    if (!map.getSize().equals([clientWidth, clientHeight])) map.invalidateSize({ animate: false });
  };

  // The map is what the reader waits for; totals, table and menus come once it is painted. A page in the
  // background is not painted, so it does not wait for that.
  const painted = () =>
    new Promise((resolve) => {
      requestAnimationFrame(() => setTimeout(resolve));
      setTimeout(resolve, 400);
    });

  const fullscreen = () =>
    document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen();

  // Where the browser keeps no clipboard for pages, there is no such function to call.
  const copy = async (text) => navigator.clipboard.writeText(text);

  // Another layer of units where the address asks for it (?units=commune), in place of the first.
  const inUnits = (data) => {
    const levels = data.levels ?? [data.level];
    const wanted = new URLSearchParams(location.search).get("units");
    const other = data.also?.find((layer) => layer.level === wanted);
    if (!other) return { ...data, levels };
    const { home, ...layer } = other;
    return { ...data, ...layer, levels, clusters: { ...data.clusters, home } };
  };

  clustersGeo.start = (map, given) => {
    const data = inUnits(given);
    map.setMaxZoom(MAX_ZOOM);
    map.attributionControl?.remove();
    map.options.zoomSnap = 0.25;
    const app = new App(data, map);
    app.cannotUnpack = !clustersGeo.canUnpack();
    const districts = new Districts(app);
    app.layers = { clusters: new Clusters(app), districts, stock: new Stock(app), context: new Context(app), labels: new Labels(app) };
    map.on("zoomend", () => {
      // Close by, the ground steps back behind the outlines.
      map
        .getContainer()
        .parentElement.classList.toggle("cg-close", Boolean(app.focus) || map.getZoom() >= 12.5);
    });
    app.ruler = new Ruler(app);
    app.legend = new Legend(app);
    app.panel = new Panel(app);
    app.head = new Head(app);
    app.scale = new Scale(app);
    const permalink = new Permalink(app);
    app.permalink = permalink;
    app.toolbar = new Toolbar(app, {
      measure: () => app.ruler.start(),
      png: () => clustersGeo.savePng(app),
      print: () => print(),
      // Telephones of one maker have none.
      ...(document.fullscreenEnabled ? { fullscreen } : {}),
      copyLink: () => {
        permalink.update(app);
        copy(location.href).then(
          () => app.say(app.words.copied),
          () => app.say(app.words.copyFailed),
        );
      },
    });
    app.parts = [app.head, ...Object.values(app.layers), app.legend, app.scale];
    const later = [app.panel, app.toolbar, new Tiles(), app.ruler, permalink];
    layOut(app, map.getContainer(), later);
    new Printer(app);
    const { change, view, cluster } = clustersGeo.readPermalink(app);
    Object.assign(app.state, change);
    // The view first: what is drawn before would be drawn twice.
    map.invalidateSize({ animate: false });
    if (view) map.setView(view.center, view.zoom, { animate: false });
    else app.home();
    app.ready = true;
    app.update();
    new ResizeObserver(() => fit(map)).observe(map.getContainer());
    painted().then(async () => {
      app.parts.push(...later);
      if (app.nowhere() && !app.districts.length) {
        app.legend.element.hidden = true; // it would explain what is not there
        app.panel.open(true);
      }
      for (const part of later) part.update(app);
      app.layers.labels.update(app); // controls have their sizes now
      if (!given.unpacked) app.complete(await clustersGeo.unpacked());
      if (cluster) app.goTo(cluster);
      document.documentElement.dataset.ready = "yes";
    });
    return app;
  };
}
