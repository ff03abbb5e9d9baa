// Districts: coloured by a rate or density, or with a circle for an amount; one geometry for all measures.
{
  const { el, districtCard } = clustersGeo;
  const LARGEST = 34; // radius in pixels of the largest amount

  const classOf = (value, breaks) => breaks.filter((border) => value >= border).length;

  // Five shades whatever the number of classes, spread so that the last class is always the darkest.
  const shadeOf = (value, breaks) => {
    if (value === null) return "cg-nodata";
    if (value === 0) return "cg-zero";
    const top = breaks.length;
    return `cg-shade-${top === 0 ? 2 : Math.round((classOf(value, breaks) * 4) / top)}`;
  };

  const radiusOf = (value, most) => LARGEST * Math.sqrt(value / most);

  class Districts {
    constructor(app) {
      this.map = app.map;
      for (const [name, z] of [
        ["cg-districts", 350],
        ["cg-amounts", 360],
      ]) {
        app.map.createPane(name).style.zIndex = z;
      }
      const renderer = L.svg({ pane: "cg-districts", padding: 0.5 });
      this.group = L.layerGroup();
      this.circles = L.layerGroup();
      this.shades = new Map();
      this.shapes = app.districts
        .filter((district) => district.outline.length)
        .map((district) => this.add(app, district, renderer));
    }

    add(app, district, renderer) {
      const polygon = L.polygon(district.outline, {
        pane: "cg-districts",
        renderer,
        className: "cg-district",
      });
      polygon.addTo(this.group);
      polygon.bindTooltip(() => this.tip(app, district), { sticky: true, className: "cg-tip" });
      polygon.on("click", (event) => {
        if (!app.measuring) this.open(app, district, event.latlng);
      });
      polygon.on("add", () => this.announce(app, district, polygon));
      return { district, polygon };
    }

    open(app, district, at = district.at) {
      app.popup(() => districtCard(app, district), at);
    }

    // Leaflet's paths cannot be reached by keyboard by themselves.
    announce(app, district, polygon) {
      const path = polygon.getElement();
      if (!path || path.dataset.reachable) return;
      path.dataset.reachable = "yes";
      path.setAttribute("tabindex", "0");
      path.setAttribute("role", "button");
      path.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        event.stopPropagation();
        this.open(app, district);
      });
    }

    tip(app, district) {
      const { measure } = app;
      const figure = measure
        ? `${measure.label[app.state.lang]}: ${app.districtFigure(measure, district.i)}`
        : null;
      return el("div", {}, el("strong", {}, district.name), figure ? el("span", {}, figure) : null);
    }

    update(app) {
      const { layers } = app.state;
      app.toggle(this.group, layers.has("districts"));
      app.toggle(this.circles, layers.has("districts"));
      this.circles.clearLayers();
      for (const { district, polygon } of this.shapes) this.paint(app, district, polygon);
    }

    paint(app, district, polygon) {
      const path = polygon.getElement();
      if (!path) return;
      const { measure } = app;
      const value = measure?.values[district.i] ?? null;
      const filled = measure && measure.kind !== "amount";
      const away = app.focus && app.focus !== district;
      const none = filled && measure.nothing[district.i] ? "cg-zero" : null;
      const shade = away ? "cg-away" : filled ? none ?? shadeOf(measure.shown[district.i], measure.breaks) : "cg-plain";
      this.shades.set(district, shade);
      path.dataset.unit = district.name;
      path.setAttribute("class", `cg-district leaflet-interactive ${shade}`);
      path.classList.toggle("cg-chosen", app.state.district === district.name);
      const figure = measure
        ? `, ${measure.label[app.state.lang]}: ${app.districtFigure(measure, district.i)}`
        : "";
      path.setAttribute("aria-label", district.name + figure);
      if (measure?.kind === "amount" && value && district.at && !away) this.circle(district, value, measure);
    }

    circle(district, value, measure) {
      L.circleMarker(district.at, {
        pane: "cg-amounts",
        radius: radiusOf(value, measure.range[1]),
        className: `cg-amount${measure.estimated[district.i] ? " cg-estimated" : ""}`,
        interactive: false,
      }).addTo(this.circles);
    }
  }

  Object.assign(clustersGeo, { Districts, classOf, shadeOf, radiusOf });
}
