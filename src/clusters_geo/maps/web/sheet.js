// One drawing of the current view with title, legend, scale and source: saved as PNG, or printed on A4.
{
  const {
    el,
    svg,
    slug,
    glyph,
    date,
    number,
    percent,
    fill,
    measureItems,
    symbolItems,
    measureNotes,
    patterns,
    Scale,
    MISSING,
  } = clustersGeo;
  // A4 landscape at 96 dpi, less the margins of print.css.
  const WIDTH = 1047;
  const HEIGHT = 718;
  const SIDE = 268;
  const TOP = 62;
  const QUIET = "#4c5a63";
  const SOURCES = 3; // named on the sheet; the page lists them all
  const PAINT = [
    "fill",
    "fill-opacity",
    "stroke",
    "stroke-opacity",
    "stroke-width",
    "stroke-dasharray",
    "stroke-linejoin",
    "paint-order",
    "opacity",
    "font-size",
    "font-weight",
    "font-family",
    "text-anchor",
  ];

  // A copy that looks the same without the page's style sheets.
  const painted = (node) => {
    const copy = node.cloneNode(true);
    const originals = [node, ...node.querySelectorAll("*")];
    [copy, ...copy.querySelectorAll("*")].forEach((part, i) => {
      const style = getComputedStyle(originals[i]);
      for (const name of PAINT) part.setAttribute(name, style.getPropertyValue(name));
      for (const name of ["class", "tabindex", "role", "aria-label"]) part.removeAttribute(name);
    });
    return copy;
  };

  const paintedItem = (drawing) => {
    const stage = el("div", { class: "cg-stage" }, drawing);
    // Inside the map, where the shades are as strong as on it.
    document.querySelector(".cg-map").append(stage);
    const copy = painted(drawing);
    stage.remove();
    return copy;
  };

  const text = (x, y, words, attributes = {}) =>
    svg("text", { x, y, fill: "#17232b", "font-size": 13, ...attributes }, words);

  const wrapped = (words, characters) => {
    const lines = [""];
    for (const word of words.split(" ")) {
      const longer = `${lines.at(-1)} ${word}`.trim();
      if (longer.length > characters && lines.at(-1)) lines.push(word);
      else lines[lines.length - 1] = longer;
    }
    return lines;
  };

  const mapDrawing = (map) => {
    const pane = L.DomUtil.getPosition(map.getPane("mapPane"));
    const group = svg("g", { transform: `translate(${pane.x} ${pane.y})` });
    const panes = [...map.getPane("mapPane").children].sort(
      (a, b) => Number(getComputedStyle(a).zIndex) - Number(getComputedStyle(b).zIndex),
    );
    for (const layer of panes) {
      for (const path of layer.querySelectorAll(
        "path.leaflet-interactive, .leaflet-zoom-animated > g > path",
      )) {
        if (!path.closest(".leaflet-popup-pane, .cg-symbol")) group.append(painted(path));
      }
      for (const marker of layer.querySelectorAll(".leaflet-marker-icon"))
        group.append(...markerDrawing(marker));
    }
    return group;
  };

  const markerDrawing = (marker) => {
    const at = L.DomUtil.getPosition(marker);
    const drawing = marker.querySelector("svg");
    if (drawing) {
      const copy = painted(drawing);
      const size = Number(drawing.getAttribute("width"));
      copy.setAttribute("x", at.x - size / 2);
      copy.setAttribute("y", at.y - size / 2);
      return [copy];
    }
    const name = marker.querySelector(".cg-name");
    const halo = {
      stroke: "#ffffff",
      "stroke-width": 3,
      "paint-order": "stroke",
      "text-anchor": "middle",
      "font-size": 11,
    };
    return name ? [text(at.x, at.y + 4, name.textContent, halo)] : [];
  };

  const itemsDrawing = (items, x, from) => {
    let y = from;
    const parts = items.map(({ drawing, text: words }) => {
      const copy = paintedItem(drawing);
      const height = Number(drawing.getAttribute("height"));
      const lines = wrapped(words, 32);
      copy.setAttribute("x", x);
      copy.setAttribute("y", y);
      const written = lines.map((line, i) =>
        text(x + Number(drawing.getAttribute("width")) + 9, y + height / 2 + 4.5 + i * 15, line, {
          "font-size": 12,
        }),
      );
      y += Math.max(height, lines.length * 15) + 5;
      return [copy, ...written];
    });
    return { parts: parts.flat(), y };
  };

  const legendDrawing = (app, x) => {
    const { words: t, measure } = app;
    const head = (words, y) =>
      wrapped(words, 32).map((line, i) => text(x, y + i * 16, line, { "font-weight": 600 }));
    const parts = [];
    let y = TOP + 16;
    const add = (more, height) => {
      parts.push(...more);
      y += height;
    };
    if (measure) {
      const unit = measure.kind === "rate" || !measure.unit[app.state.lang] ? "" : ` (${measure.unit[app.state.lang]})`;
      const title = head(measure.label[app.state.lang] + unit, y);
      add(title, title.length * 16);
      const items = itemsDrawing(measureItems(app), x, y);
      add(items.parts, items.y - y + 8);
      for (const note of measureNotes(app))
        for (const part of wrapped(note, 40)) add([text(x, y, part, { "font-size": 11, fill: QUIET })], 15);
      y += 10;
    }
    add(head(t.symbols, y), 12);
    const symbols = itemsDrawing(symbolItems(app, app.words.groupOnPaper), x, y);
    add(symbols.parts, symbols.y - y + 12);
    return { parts, y };
  };

  const totalsDrawing = (app, x, from) => {
    const { words: t } = app;
    const rows = [
      [t.planned, app.total("planned_ha")],
      [t.built, app.total("built_ha")],
      [t.buildOut, app.total("build_out_rate")],
      [t.fill, app.data.totals.fill_rate === null ? t.unknown : app.total("fill_rate")],
    ];
    return rows.flatMap(([label, value], i) => [
      text(x, from + i * 36, label, { "font-size": 11, fill: QUIET }),
      text(x, from + 16 + i * 36, value, { "font-size": 14, "font-weight": 600 }),
    ]);
  };

  const scaleDrawing = (map, lang, factor, y) => {
    const { metres, pixels } = Scale.of(map);
    const wide = pixels * factor;
    return [
      svg("path", { d: `M10 ${y - 6}v6h${wide}v-6`, fill: "none", stroke: "#17232b", "stroke-width": 1.5 }),
      text(14 + wide, y + 1, Scale.says(metres, lang), { "font-size": 11 }),
    ];
  };

  const sourceLine = ({ words: t, data }) => {
    const named = data.sources
      .slice(0, SOURCES)
      .map((source) => source.replace(/^https?:\/\/(www\.)?/, "").slice(0, 44));
    const rest = data.sources.length - named.length;
    return named.length ? `${t.source}: ${named.join(" · ")}${rest > 0 ? ` (+${rest})` : ""}` : "";
  };

  // Always on light ground: it is meant for paper.
  const inLight = (draw) => {
    const root = document.documentElement;
    const { theme } = root.dataset;
    root.dataset.theme = "light";
    try {
      return draw();
    } finally {
      root.dataset.theme = theme;
    }
  };

  const counts = (app) => {
    const { words: t } = app;
    const of = [["operating_clusters", t.operating], ["under_construction", t.construction], ["pending_sites", t.pending]];
    const said = of.map(([name, label]) => `${app.total(name)} ${label}`);
    const unknown = app.unknownStatus();
    return [...said, ...(unknown ? [`${unknown} ${t.statusUnknown}`] : [])].join(", ");
  };

  // Where the map is published, for a telephone held over the paper.
  const qrDrawing = (link) => {
    if (!link) return null;
    const code = svg("path", { d: link.path, fill: "#17232b" });
    const box = { x: WIDTH - 92, y: HEIGHT - 100, width: 88, height: 88, viewBox: `-2 -2 ${link.size + 4} ${link.size + 4}` };
    return [svg("svg", box, svg("rect", { x: -2, y: -2, width: link.size + 4, height: link.size + 4, fill: "#ffffff" }), code), text(WIDTH - 98, HEIGHT - 14, link.text, { "font-size": 9.5, "text-anchor": "end", fill: QUIET })];
  };

  const compose = (app) => {
    const { map, state, data, words: t } = app;
    const size = map.getSize();
    const room = { x: WIDTH - SIDE - 20, y: HEIGHT - TOP - 54 };
    const factor = Math.min(room.x / size.x, room.y / size.y);
    // The sheet shows a little more than the screen where its shape allows; beyond that nothing is drawn.
    const seen = L.point(Math.min(room.x / factor, 1.9 * size.x), Math.min(room.y / factor, 1.9 * size.y));
    const corner = size.subtract(seen).divideBy(2);
    const frame = { x: 0, y: TOP, width: seen.x * factor, height: seen.y * factor };
    const paper = { x: corner.x, y: corner.y, width: seen.x, height: seen.y };
    const window = svg(
      "svg",
      { ...frame, viewBox: `${corner.x} ${corner.y} ${seen.x} ${seen.y}` },
      svg("rect", { ...paper, fill: "#f4f5f1" }),
      mapDrawing(map),
    );
    const x = frame.width + 24;
    const legend = legendDrawing(app, x);
    const defs = svg("defs", {}, paintedItem(patterns()).querySelector("pattern"));
    const bases = new Set([...app.clusters.map((c) => c.outlineBasis), ...app.districts.map((d) => d.basis)]);
    const notes = ["reconstructed", "schematic"]
      .filter((basis) => bases.has(basis))
      .map((basis) => t.basisNote[basis]);
    return svg(
      "svg",
      {
        xmlns: "http://www.w3.org/2000/svg",
        width: WIDTH,
        height: HEIGHT,
        viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
        "font-family": "system-ui, 'Segoe UI', Roboto, 'Noto Sans', sans-serif",
        role: "img",
        "aria-label": app.title(),
      },
      defs,
      svg("rect", { width: WIDTH, height: HEIGHT, fill: "#ffffff" }),
      text(0, 28, app.title().slice(0, 90), { "font-size": 24, "font-weight": 700 }),
      text(0, 49, [`${t.asOf} ${date(data.asOf, state.lang)}`, app.scope(), counts(app)].filter(Boolean).join(" · "), { fill: QUIET }),
      qrDrawing(data.link),
      window,
      svg("rect", { ...frame, fill: "none", stroke: "#c5ccc8" }),
      legend.parts,
      totalsDrawing(app, x, legend.y + 10),
      scaleDrawing(map, state.lang, factor, TOP + frame.height - 10),
      [...notes, t.marksMeaning, sourceLine(app), app.provenance()].map((note, i, all) =>
        text(0, HEIGHT - 4 - (all.length - 1 - i) * 10, note, { "font-size": 9.5, fill: QUIET }),
      ),
    );
  };

  // The view is drawn anew in the shape of the paper, then put back as it was.
  const refitted = (app, draw) => {
    const { map } = app;
    const container = map.getContainer();
    const [bounds, centre, zoom] = [map.getBounds(), map.getCenter(), map.getZoom()];
    const resize = (css) => {
      container.style.cssText = css;
      map.invalidateSize({ animate: false, pan: false });
    };
    app.ready = false;
    resize(`width:${WIDTH - SIDE - 20}px;height:${HEIGHT - TOP - 54}px;right:auto;bottom:auto`);
    // A view of everything stays one, whatever the shape of the screen.
    map.fitBounds(bounds.contains(app.bounds()) ? app.bounds().pad(0.02) : bounds, { animate: false });
    const again = () => {
      app.ready = true;
      for (const layer of Object.values(app.layers)) layer.update(app);
    };
    again();
    try {
      return draw();
    } finally {
      app.ready = false;
      resize("");
      map.setView(centre, zoom, { animate: false });
      again();
    }
  };

  const drawing = (app) => inLight(() => refitted(app, () => compose(app)));

  const savePng = async (app) => {
    const scale = 2;
    const source = new XMLSerializer().serializeToString(drawing(app));
    const image = new Image();
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(source)}`;
    await image.decode();
    const canvas = el("canvas", { width: WIDTH * scale, height: HEIGHT * scale });
    canvas.getContext("2d").drawImage(image, 0, 0, WIDTH * scale, HEIGHT * scale);
    const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
    const link = el("a", { href: URL.createObjectURL(blob), download: `${slug(app.title()) || "map"}.png` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  };

  // A name takes as many lines as it needs; so many millimetres are the rows of a column of the page.
  const COLUMN = 166;
  const rowHeight = (app, cluster) => {
    const lines = Math.max(wrapped(app.name(cluster), 27).length, wrapped(cluster.home ?? "", 13).length);
    return 3.45 + 2.65 * (lines - 1);
  };

  // Letters of the system's font may be wider than half their height, for which the columns are made: then they
  // are printed smaller.
  const fit = (page) => {
    const sample = "Cum cong nghiep lang nghe Phung Xa 0123";
    const context = el("canvas", {}).getContext("2d");
    context.font = `100px ${getComputedStyle(page).fontFamily}`;
    return Math.min(1, (50 * sample.length) / context.measureText(sample).width);
  };

  class Printer {
    constructor(app) {
      this.page = el("section", { class: "cg-print", "aria-hidden": "true" });
      document.body.append(this.page);
      addEventListener("beforeprint", () => {
        this.page.style.setProperty("--cg-fit", fit(this.page));
        this.page.replaceChildren(drawing(app), ...this.table(app));
      });
      addEventListener("afterprint", () => this.page.replaceChildren());
    }

    // Three columns of rows a page, so that 120 clusters stand on one.
    table(app) {
      const shown = app.clusters.filter((cluster) => app.shows(cluster));
      const parts = [];
      let [rows, tall] = [[], 0];
      for (const cluster of shown) {
        const high = rowHeight(app, cluster);
        if (rows.length && tall + high > COLUMN) {
          parts.push(this.part(app, rows));
          [rows, tall] = [[], 0];
        }
        rows.push(cluster);
        tall += high;
      }
      if (rows.length) parts.push(this.part(app, rows));
      const { words: t, state, data } = app;
      const head = [app.title(), app.scope(), fill(t.tableTitle, { n: shown.length }), `${t.asOf} ${date(data.asOf, state.lang)}`];
      return [
        el("h1", { class: "cg-print-title" }, head.filter(Boolean).join(" · ")),
        el("p", {}, t.marksMeaning),
        el("div", { class: "cg-print-table" }, parts),
        this.charts(app),
      ];
    }

    // A page of charts for who has opened them.
    charts({ panel, words: t }) {
      const pictures = panel.charts.open ? [...panel.charts.querySelectorAll("img")] : [];
      if (!pictures.length) return "";
      return el("div", { class: "cg-print-charts" }, el("h1", { class: "cg-print-title" }, t.charts), ...pictures.map((image) => image.cloneNode()));
    }

    part(app, clusters) {
      const { words: t } = app;
      const { lang } = app.state;
      const cell = (cluster, name, say) => {
        const value = cluster.value(name);
        return el("td", {}, value === null ? MISSING : cluster.signed(name, say(value)));
      };
      const row = (cluster) =>
        el(
          "tr",
          {},
          el(
            "td",
            {},
            glyph(cluster.status, { size: 9, estimated: cluster.estimated("planned_ha") }),
            app.name(cluster),
          ),
          el("td", {}, cluster.home ?? MISSING),
          cell(cluster, "planned_ha", (value) => number(value, lang)),
          cell(cluster, "build_out_rate", (value) => percent(value, lang)),
          cell(cluster, "fill_rate", (value) => percent(value, lang)),
        );
      const heads = [t.cluster, t.district, t.haColumn, t.buildColumn, t.fillColumn];
      const head = el(
        "thead",
        {},
        el(
          "tr",
          {},
          heads.map((words) => el("th", {}, words)),
        ),
      );
      return el("table", {}, head, el("tbody", {}, clusters.map(row)));
    }
  }

  Object.assign(clustersGeo, { Printer, savePng });
}
