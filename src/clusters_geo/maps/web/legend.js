// The legend says what the map shows now: measure, classes and how they were formed, and the symbols.
{
  const { el, svg, glyph, bunch, number, percent, radiusOf, classOf, fill, STATUSES } = clustersGeo;

  const SEVERITIES = ["error", "warning", "info"];

  const bound = (app, measure, value) =>
    measure.kind === "rate"
      ? percent(value, app.state.lang)
      : number(value, app.state.lang, measure.decimals);

  const swatch = (name) =>
    svg(
      "svg",
      { width: 26, height: 16, viewBox: "0 0 26 16", "aria-hidden": "true" },
      svg("rect", { x: 0.5, y: 0.5, width: 25, height: 15, rx: 2, class: `cg-swatch ${name}` }),
    );

  const outlineSwatch = () =>
    svg(
      "svg",
      { width: 26, height: 16, viewBox: "0 0 26 16", "aria-hidden": "true" },
      svg("path", {
        d: "M2 3h18l4 10H5z",
        class: "cg-outline cg-drawn cg-stroke-operating cg-tint-operating",
      }),
    );

  // Each item: a drawing and what it means. The printed sheet uses the same list.
  // How many units, and clusters where these are measured, fall into each class.
  const classCounts = (app, measure) => {
    const count = (values) => {
      const counts = new Array(measure.breaks.length + 1).fill(0);
      for (const value of values) if (value !== null) counts[classOf(value, measure.breaks)] += 1;
      return counts;
    };
    const shown = measure.field && measure.kind === "rate" ? app.clusters.filter((c) => app.shows(c)) : [];
    // Units with 0 have a line of their own; of one chosen unit only that is counted, as its clusters are.
    const here = (i) => !app.state.district || app.focus || app.districts[i]?.name === app.state.district;
    return { units: count(measure.shown.filter((value, i) => value !== 0 && here(i))), clusters: shown.length ? count(shown.map((c) => c.value(measure.field))) : null };
  };

  const classText = (app, measure, i) => {
    const { breaks, range } = measure;
    const { words: t } = app;
    if (!breaks.length) return bound(app, measure, range[0]);
    if (measure.classing !== "law" && measure.classing !== "own") {
      const borders = [range[0], ...breaks, range[1]];
      return fill(t.between, { from: bound(app, measure, borders[i]), to: bound(app, measure, borders[i + 1]) });
    }
    const limit = (k) => (measure.kind === "rate" ? whole(breaks[k], app.state.lang) : bound(app, measure, breaks[k]));
    if (i === 0) return fill(t.below, { to: limit(0) });
    if (i === breaks.length) return fill(t.from, { from: limit(i - 1) });
    return fill(t.between, { from: limit(i - 1), to: limit(i) });
  };

  const whole = (share, lang) => percent(share, lang, Number.isInteger(Number(`${share}e2`)) ? 0 : 1);

  // How full the symbol of a class is drawn: from its lower border, or 80–100 % would look as 100 % does.
  const level = ({ breaks, full }, i) => {
    const edges = [0, ...breaks.filter((limit) => limit <= full), full];
    return (i ? edges[Math.min(i, edges.length - 1)] : edges[1] / 2) / full;
  };

  const classItems = (app, measure) => {
    if (measure.range[0] === null) return [];
    const top = measure.breaks.length;
    const { units, clusters } = classCounts(app, measure);
    const most = Math.max(...(clusters ?? units), 1);
    return units.map((n, i) => ({
      drawing: app.districts.length
        ? swatch(`cg-shade-${top === 0 ? 2 : Math.round((i * 4) / top)}`)
        : glyph("operating", { size: 20, gauge: level(measure, i) }),
      text: classText(app, measure, i),
      counts: app.districts.length ? (clusters ? [n, clusters[i]] : [n]) : [clusters?.[i] ?? 0],
      share: (clusters ? clusters[i] : n) / most,
    }));
  };

  const circleItems = (app, measure) => {
    const [, most] = measure.range;
    if (most === null) return [];
    const steps = [
      ...new Set([most, most / 4].map((v) => (measure.decimals ? v : Math.max(1, Math.round(v))))),
    ];
    return steps.map((value) => {
      const r = radiusOf(value, most);
      const box = {
        width: 2 * r + 2,
        height: 2 * r + 2,
        viewBox: `${-r - 1} ${-r - 1} ${2 * r + 2} ${2 * r + 2}`,
      };
      return {
        drawing: svg("svg", { ...box, "aria-hidden": "true" }, svg("circle", { r, class: "cg-amount" })),
        text: bound(app, measure, value),
      };
    });
  };

  const measureItems = (app) => {
    const { measure } = app;
    if (!measure) return [];
    if (measure.kind === "amount") return app.districts.length ? circleItems(app, measure) : [];
    const items = classItems(app, measure);
    if (measure.nothing.includes(true)) items.unshift({ drawing: swatch("cg-zero"), text: app.words.nothingThere });
    if (measure.shown.includes(0))
      items.unshift({ drawing: swatch("cg-zero"), text: bound(app, measure, 0) });
    if (measure.values.some((value, i) => value === null && !measure.nothing[i])) items.push({ drawing: swatch("cg-nodata"), text: app.words.noData });
    return items;
  };

  const symbolItems = (app, groupSays = app.words.group) => {
    const { words: t } = app;
    // A status that nobody knows is shown where there is such a cluster.
    const shown = STATUSES.filter((s) => s !== "unknown" || app.clusters.some((c) => c.status === s));
    const items = shown.map((status) => ({
      drawing: glyph(status, { size: 20 }),
      text: app.word("status", status),
    }));
    if (app.clusters.some((cluster) => app.rough(cluster))) {
      items.push({ drawing: glyph("operating", { size: 20, estimated: true }), text: t.estimatedArea });
    }
    if (app.clusters.some((cluster) => cluster.outlineBasis === "schematic")) {
      items.push({ drawing: outlineSwatch(), text: t.schematic });
    }
    if (app.state.layers.has("findings")) {
      const found = SEVERITIES.filter((severity) => app.data.findings.some((f) => f.severity === severity));
      for (const severity of found) {
        items.push({
          drawing: glyph("operating", { size: 22, flagged: severity }),
          text: t.severity[severity],
        });
      }
    }
    const { measure } = app;
    if (measure?.field) {
      const values = { what: measure.label[app.state.lang].toLowerCase(), full: bound(app, measure, measure.full) };
      items.push({
        drawing: glyph("operating", { size: 20, gauge: 0.5 }),
        text: fill(measure.kind === "rate" ? t.gauge : t.gaugeFull, values),
      });
    }
    return [...items, { drawing: bunch([2, 1, 1], 24), text: groupSays }];
  };

  const measureNotes = (app) => {
    const { measure, words: t } = app;
    if (!measure || measure.kind === "amount") return [];
    if (measure.range[0] === null) return [t.unknown];
    const notes = [measure.breaks.length ? t.classing[measure.classing] : t.oneValue];
    const counted = measure.field && measure.kind === "rate" && app.clusters.length;
    notes.push(!app.districts.length ? t.countsClusters : counted ? t.countsBoth : t.countsUnits);
    if (measure.rests) {
      // Of what is chosen, as the panel says it.
      const sum = (how) => app.figures[`${measure.name.replace(/^lawful_/, "")}_${how}_clusters`] ?? 0;
      notes.push(fill(t.rests, { known: sum("known"), modelled: sum("modelled") }));
      for (const by of new Set(measure.stated)) if (by) notes.push(`* ${t.statedBy[by]}`);
    }
    return notes;
  };

  // How many are in a class, with a bar as long as their share of the fullest class.
  const histogram = (counts, share) => {
    const bar = svg("svg", { width: 44, height: 8, class: "cg-histogram", "aria-hidden": "true" });
    bar.append(svg("rect", { width: Math.max(44 * share, counts.at(-1) ? 1 : 0), height: 8, class: "cg-histogram-bar" }));
    return el("small", { class: "cg-class-count" }, counts.join(" · "), bar);
  };

  const list = (items) =>
    el(
      "ul",
      { class: "cg-key" },
      items.map(({ drawing, text, counts, share }) =>
        el("li", {}, el("span", {}, drawing), el("span", {}, text, counts ? histogram(counts, share) : null)),
      ),
    );

  class Legend {
    constructor(app) {
      this.select = el("select", {
        id: "cg-measure",
        on: { change: () => app.set({ measure: this.select.value }) },
      });
      this.summary = el("summary", {});
      this.body = el("div", { class: "cg-legend-body" });
      this.element = el("details", { class: "cg-legend" }, this.summary, this.body);
      this.element.open = window.matchMedia("(min-width: 1120px)").matches; // beside the panel, room for the map
      L.DomEvent.disableClickPropagation(this.element);
      L.DomEvent.disableScrollPropagation(this.element);
    }

    update(app) {
      const { words: t, measure } = app;
      const { lang } = app.state;
      const unit = measure?.unit[lang] && measure.kind !== "rate" ? ` (${measure.unit[lang]})` : "";
      this.summary.textContent = measure ? measure.label[lang] + unit : t.legend;
      this.fillSelect(app);
      this.body.replaceChildren(
        ...(app.measures.length ? [el("label", { for: "cg-measure" }, app.districts.length ? t.show : t.showClusters), this.select] : []),
        ...(measure ? [list(measureItems(app))] : []),
        ...measureNotes(app).map((note) => el("p", { class: "cg-quiet" }, note)),
        el("h2", {}, t.symbols),
        list(symbolItems(app)),
        ...(app.clusters.some((c) => c.value("planned_ha") !== null) ? [el("p", { class: "cg-quiet" }, t.symbolSize)] : []),
      );
    }

    fillSelect(app) {
      const { words: t } = app;
      const option = (m) => el("option", { value: m.name }, m.label[app.state.lang]);
      const group = (label, test) => el("optgroup", { label }, app.measures.filter(test).map(option));
      // Symbols of clusters are filled by any measure; units are coloured, or have circles.
      const kinds = app.districts.length
        ? [group(t.coloured, (m) => m.kind !== "amount"), group(t.circled, (m) => m.kind === "amount")]
        : app.measures.map(option);
      this.select.replaceChildren(...kinds, el("option", { value: "" }, t.none));
      this.select.value = app.state.measure;
    }
  }

  Object.assign(clustersGeo, { Legend, measureItems, symbolItems, measureNotes });
}
