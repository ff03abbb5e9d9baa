// Names where they belong: of a unit inside its own outline, or outside the map with a line to it; of a cluster
// where there is room beside its symbol. What is drawn is read back from a small picture in which every unit has a
// colour of its own, so that a name can be tried on whatever the outline is like.
{
  const { el } = clustersGeo;
  const LINE = 13; // pixels a line of a name takes
  const PAD = 2; // pixels kept free around a name
  const CLUSTERS_FROM = 12;
  const STEP = 4; // pixels between places that are tried
  const MUST = 6; // so many units, those with most clusters, have their names whatever their size
  const COVERS = ".cg-legend, .cg-toolbar, .cg-menu:not([hidden]), .cg-scale, .cg-credits, .cg-ruler:not([hidden])";

  const boxAt = (x, y, width, height) => ({ x: x - width / 2, y: y - height / 2, width, height });

  const overlap = (a, b) =>
    a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

  // One line, or the two that are most nearly alike.
  const linesOf = (name, measure) => {
    const words = name.split(" ");
    const splits = words.slice(1).map((_, i) => [words.slice(0, i + 1).join(" "), words.slice(i + 1).join(" ")]);
    const widest = (lines) => Math.max(...lines.map(measure));
    const best = splits.sort((a, b) => widest(a) - widest(b))[0];
    return [[name], best].filter(Boolean).map((lines) => ({
      lines,
      width: widest(lines) + 2 * PAD,
      height: lines.length * LINE + PAD,
    }));
  };

  // Which unit is drawn at each point of the view.
  class Ground {
    constructor(map, shapes) {
      const size = map.getSize();
      this.width = size.x;
      this.height = size.y;
      const canvas = el("canvas", { width: size.x, height: size.y });
      const context = canvas.getContext("2d", { willReadFrequently: true });
      const shift = map.layerPointToContainerPoint([0, 0]);
      context.translate(shift.x, shift.y);
      shapes.forEach(({ polygon }, i) => {
        const id = i + 1;
        context.fillStyle = context.strokeStyle = `rgb(${id & 255},${id >> 8},7)`;
        context.beginPath();
        for (const ring of polygon._rings ?? []) {
          ring.forEach((point, k) => {
            context[k ? "lineTo" : "moveTo"](point.x, point.y);
          });
          context.closePath();
        }
        context.fill("evenodd");
      });
      this.pixels = new Uint32Array(context.getImageData(0, 0, Math.max(size.x, 1), Math.max(size.y, 1)).data.buffer);
      this.colours = shapes.map((_, i) => ((255 << 24) | (7 << 16) | ((i + 1) & 0xffff)) >>> 0);
      this.context = context;
    }

    // Whether a box lies wholly on one colour, within the view.
    only(box, colour) {
      const [left, top] = [Math.floor(box.x), Math.floor(box.y)];
      const [right, bottom] = [Math.ceil(box.x + box.width), Math.ceil(box.y + box.height)];
      if (left < 0 || top < 0 || right >= this.width || bottom >= this.height) return false;
      for (let y = top; y <= bottom; y += y === bottom ? 1 : Math.min(3, bottom - y)) {
        for (let at = y * this.width + left, end = y * this.width + right; at <= end; at += 1)
          if (this.pixels[at] !== colour) return false;
      }
      return true;
    }
  }

  class Labels {
    constructor(app) {
      this.map = app.map;
      this.app = app;
      app.map.createPane("cg-names").style.zIndex = 370;
      this.renderer = L.svg({ pane: "cg-names", padding: 0.5 });
      this.names = L.layerGroup();
      app.map.on("zoomend moveend resize", () => app.ready && this.soon());
    }

    // After Leaflet has projected the outlines anew.
    soon() {
      clearTimeout(this.waiting);
      this.waiting = setTimeout(() => this.update(this.app));
    }

    update(app) {
      const on = app.state.layers.has("names");
      app.toggle(this.names, on);
      this.names.clearLayers();
      if (!on || !this.map.getSize().x) return;
      const shapes = app.layers.districts.shapes.filter(({ district }) => district.at);
      this.ground = new Ground(this.map, shapes);
      this.taken = this.obstacles(app);
      const context = this.ground.context;
      context.font = `600 11px ${getComputedStyle(this.map.getContainer()).fontFamily}`;
      const measure = (text) => context.measureText(text).width;
      const wanted = this.order(app, shapes);
      const left = wanted.filter((one) => !this.inside(one, measure));
      const must = new Set(wanted.filter(({ count }) => count > 0).slice(0, MUST));
      for (const one of left) if (must.has(one)) this.outside(one, measure);
      // Without units, names of clusters are all that says where one is.
      if (!shapes.length || this.map.getZoom() >= CLUSTERS_FROM) this.ofClusters(app, measure);
      this.ofContext(app, measure);
    }

    // Symbols and controls, in pixels of the view.
    obstacles(app) {
      const frame = this.map.getContainer().getBoundingClientRect();
      const covers = [...document.querySelectorAll(COVERS)].map((element) => {
        const { x, y, width, height } = element.getBoundingClientRect();
        return { x: x - frame.x, y: y - frame.y, width, height };
      });
      const groups = app.state.layers.has("clusters") ? app.layers.clusters.groups : [];
      const symbols = groups.map(({ point, size }) => {
        const at = this.map.latLngToContainerPoint(this.map.unproject(point));
        return boxAt(at.x, at.y, size + 9, size + 9);
      });
      return [...covers, ...symbols];
    }

    // The units with most clusters first.
    order(app, shapes) {
      const counts = new Map();
      for (const { home } of app.clusters) counts.set(home, (counts.get(home) ?? 0) + 1);
      return shapes
        .map(({ district, polygon }, i) => ({ district, polygon, i, count: counts.get(district.name) ?? 0 }))
        .sort((a, b) => b.count - a.count || b.district.km2 - a.district.km2);
    }

    free(box) {
      return !this.taken.some((other) => overlap(box, other));
    }

    inside({ district, polygon, i }, measure) {
      const shift = this.map.layerPointToContainerPoint([0, 0]);
      const bounds = polygon._rawPxBounds ?? polygon._pxBounds;
      if (!bounds) return false;
      const low = bounds.min.add(shift);
      const high = bounds.max.add(shift);
      const pole = this.map.latLngToContainerPoint(district.at);
      for (const { lines, width, height } of linesOf(district.name, measure)) {
        if (high.x - low.x < width || high.y - low.y < height) continue;
        const box = this.nearest(pole, low, high, width, height, this.ground.colours[i]);
        if (!box) continue;
        this.write(district, lines, box, "cg-name");
        return true;
      }
      return false;
    }

    // The free place nearest to a point where a box of this size lies on one colour.
    nearest(from, low, high, width, height, colour) {
      const reach = [
        Math.max(low.x, 0) + width / 2,
        Math.min(high.x, this.ground.width) - width / 2,
        Math.max(low.y, 0) + height / 2,
        Math.min(high.y, this.ground.height) - height / 2,
      ];
      const fits = (x, y) => {
        const box = boxAt(x, y, width, height);
        return this.ground.only(box, colour) && this.free(box) ? box : null;
      };
      const inReach = from.x >= reach[0] && from.x <= reach[1] && from.y >= reach[2] && from.y <= reach[3];
      const first = inReach ? fits(from.x, from.y) : null;
      if (first) return first;
      const step = Math.max(STEP, Math.ceil(Math.sqrt(((reach[1] - reach[0]) * (reach[3] - reach[2])) / 2500)));
      const places = [];
      for (let x = reach[0]; x <= reach[1]; x += step)
        for (let y = reach[2]; y <= reach[3]; y += step) places.push([Math.hypot(x - from.x, 2 * (y - from.y)), x, y]);
      places.sort((a, b) => a[0] - b[0]);
      for (const [, x, y] of places) {
        const box = fits(x, y);
        if (box) return box;
      }
      return null;
    }

    // Beside the map, with a line to the unit.
    outside({ district }, measure) {
      const at = this.map.latLngToContainerPoint(district.at);
      const { width: x, height: y } = this.ground;
      if (at.x < 0 || at.y < 0 || at.x > x || at.y > y) return;
      const [{ lines, width, height }] = linesOf(district.name, measure);
      const box = this.nearest(at, L.point(0, 0), L.point(x, y), width + 4, height + 4, 0);
      if (!box) return;
      this.write(district, lines, box, "cg-name cg-name-away");
      const edge = L.point(
        Math.min(Math.max(at.x, box.x), box.x + box.width),
        Math.min(Math.max(at.y, box.y), box.y + box.height),
      );
      const ends = [edge, at].map((point) => this.map.containerPointToLatLng(point));
      const looks = { pane: "cg-names", renderer: this.renderer, interactive: false };
      this.names.addLayer(L.polyline(ends, { ...looks, className: "cg-leader" }));
      this.names.addLayer(L.circleMarker(ends[1], { ...looks, radius: 2, className: "cg-leader-end" }));
    }

    ofClusters(app, measure) {
      const single = app.layers.clusters.groups.filter(({ members }) => members.length === 1);
      for (const { members, point, size } of single) {
        const at = this.map.latLngToContainerPoint(this.map.unproject(point));
        const name = app.name(members[0]);
        const width = measure(name) + 2 * PAD;
        const sides = [
          boxAt(at.x + size / 2 + 6 + width / 2, at.y, width, LINE),
          boxAt(at.x - size / 2 - 6 - width / 2, at.y, width, LINE),
        ];
        const within = (box) =>
          box.x > 0 && box.y > 0 && box.x + box.width < this.ground.width && box.y + LINE < this.ground.height;
        const box = sides.find((side) => within(side) && this.free(side));
        if (box) this.write(null, [name], box, "cg-name cg-name-cluster");
      }
    }

    ofContext(app, measure) {
      for (const { name, at } of app.layers.context.names(app)) {
        const spot = this.map.latLngToContainerPoint([at[1], at[0]]);
        const box = boxAt(spot.x, spot.y, measure(name) + 2 * PAD, LINE);
        const within = box.x > 0 && box.y > 0 && box.x + box.width < this.ground.width && box.y + LINE < this.ground.height;
        if (within && this.free(box)) this.write(null, [name], box, "cg-name cg-name-context");
      }
    }

    write(district, lines, box, className) {
      this.taken.push({ x: box.x - PAD, y: box.y - PAD, width: box.width + 2 * PAD, height: box.height + 2 * PAD });
      const shade = district && !className.includes("away") ? (this.app.layers.districts.shades.get(district) ?? "") : "";
      const html = el(
        "span",
        { class: `${className} ${shade.replace("cg-shade-", "cg-on-")}`, "aria-hidden": "true" },
        lines.map((line) => el("span", {}, line)),
      );
      if (district) html.dataset.unit = district.name;
      const centre = this.map.containerPointToLatLng([box.x + box.width / 2, box.y + box.height / 2]);
      const icon = L.divIcon({ html, className: "cg-name-at", iconSize: [0, 0] });
      this.names.addLayer(L.marker(centre, { icon, pane: "cg-names", interactive: false, keyboard: false }));
    }
  }

  clustersGeo.Labels = Labels;
}
