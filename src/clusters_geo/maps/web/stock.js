// Layers that the map's author added with Folium itself. They come as data too: texts, never markup.
{
  const { el, svg } = clustersGeo;

  const pin = () =>
    svg(
      "svg",
      { width: 24, height: 32, viewBox: "0 0 24 32", "aria-hidden": "true" },
      svg("path", {
        class: "cg-pin",
        d: "M12 1C6 1 1.5 5.500 1.500 11.400 1.500 19 12 31 12 31S22.500 19 22.500 11.400C22.500 5.500 18 1 12 1Z",
      }),
      svg("circle", { cx: 12, cy: 11.5, r: 4, class: "cg-pin-eye" }),
    );

  const describe = (layer, { tooltip, popup }) => {
    const lines = (words) => words.split("\n").map((line) => el("span", {}, line));
    if (tooltip)
      layer.bindTooltip(() => el("div", {}, lines(tooltip)), { sticky: true, className: "cg-tip" });
    if (popup)
      layer.bindPopup(() => el("div", { class: "cg-card cg-lines" }, lines(popup)), {
        className: "cg-popup",
      });
  };

  const MAKE = {
    marker: ({ at }) =>
      L.marker(at, {
        icon: L.divIcon({ html: pin(), className: "cg-stock-pin", iconSize: [24, 32], iconAnchor: [12, 32] }),
      }),
    circle: ({ at, options }) => L.circle(at, options),
    circle_marker: ({ at, options }) => L.circleMarker(at, options),
    polyline: ({ points, options }) => L.polyline(points, options),
    polygon: ({ points, options }) => L.polygon(points, options),
    geojson: ({ features }) =>
      L.geoJSON(features, {
        style: ({ properties }) => properties.style,
        pointToLayer: ({ properties }, at) => L.circleMarker(at, { radius: 6, ...properties.style }),
        onEachFeature: ({ properties }, layer) => describe(layer, properties),
      }),
  };

  const build = (item) => {
    const layer = MAKE[item.kind](item);
    describe(layer, item);
    if (item.kind === "marker") {
      layer.on("add", () => layer.getElement().setAttribute("aria-label", item.tooltip ?? item.popup ?? ""));
    }
    return layer;
  };

  class Stock {
    constructor(app) {
      const layers = app.data.stock ?? [];
      this.groups = layers.map(({ items }) => L.layerGroup(items.map(build)));
      for (const [i, { show }] of layers.entries()) if (show) app.state.layers.add(`stock-${i}`);
    }

    update(app) {
      for (const [i, group] of this.groups.entries()) app.toggle(group, app.state.layers.has(`stock-${i}`));
    }
  }

  clustersGeo.Stock = Stock;
}
