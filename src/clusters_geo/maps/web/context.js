// Thin lines and names for orientation: they are drawn under everything and decide nothing.
{
  const { pointsOf } = clustersGeo;
  const FROM = 10.5;

  class Context {
    constructor(app) {
      this.map = app.map;
      app.map.createPane("cg-context").style.zIndex = 355;
      this.renderer = L.svg({ pane: "cg-context", padding: 0.5 });
      this.group = L.layerGroup();
      app.map.on("zoomend", () => app.ready && this.update(app));
    }

    // Lines of their own, else the borders of the further units that the page has anyway.
    of({ data }) {
      const other = data.also?.[0]?.districts;
      return data.context ?? (other ? { ...other, step: data.step, names: other.name } : null);
    }

    update(app) {
      const context = this.of(app);
      if (!context) return;
      if (!this.lines) {
        const lines = context.arcs.map((arc) => pointsOf(arc, context.step));
        const looks = { pane: "cg-context", renderer: this.renderer, interactive: false, className: "cg-context" };
        this.lines = L.polyline(lines, looks).addTo(this.group);
      }
      app.toggle(this.group, app.state.layers.has("context") && this.map.getZoom() >= FROM);
    }

    // Names to be tried once units and clusters have theirs.
    names(app) {
      const context = this.of(app);
      if (!context || !this.map.hasLayer(this.group) || this.map.getZoom() < 11.5) return [];
      return context.names.map((name, i) => ({ name, at: context.at[i] })).filter(({ at }) => at);
    }
  }

  clustersGeo.Context = Context;
}
