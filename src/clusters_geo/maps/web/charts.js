// The charts of cg.chart for what is chosen, drawn as report/bars.py draws them from the totals of the panel.
{
  const { svg, number, percent, fill, MISSING } = clustersGeo;
  const [WIDTH, MARGIN, BAR, GAP, MOST] = [420, 16, 11, 9, 20]; // 420 can be read in the panel, 345 wide
  const [INK, QUIET] = ["#17232b", "#4c5a63"];
  const FILLS = ["#0b5d57", "url(#cg-stripes)", "#ffffff"];
  const AREAS = ["planned_ha", "built_ha", "leased_ha"];
  const STAGES = {
    operating: ["operating_clusters", "planned_ha"],
    under_construction: ["under_construction", "under_construction_ha"],
    pending: ["pending_sites", "pending_ha"],
  };

  // As text_width, fitted and wrapped in report/svg.py.
  const share = (letter) => ("iljtfrI.,:;'() ".includes(letter) ? 0.35 : "MWmw@%≈".includes(letter) ? 0.95 : 0.63);
  const wide = (words, size = 12) => [...words].reduce((sum, letter) => sum + share(letter), 0) * size;
  const fitted = (words, width) => {
    if (wide(words) <= width) return words;
    const letters = [...words];
    while (letters.length && wide(`${letters.join("")}…`) > width) letters.pop();
    return `${letters.join("").trimEnd()}…`;
  };
  const wrapped = (words, width, size) => {
    const lines = [""];
    for (const word of words.split(/\s+/).filter(Boolean)) {
      const longer = `${lines.at(-1)} ${word}`.trim();
      if (lines.at(-1) && wide(longer, size) > width) lines.push(word);
      else lines[lines.length - 1] = longer;
    }
    return lines;
  };

  const short = (value) => Number(value.toFixed(2));
  const rounded = (looks) =>
    Object.fromEntries(Object.entries(looks).map(([name, value]) => [name, typeof value === "number" ? short(value) : value]));
  const shape = (tag, looks) => svg(tag, rounded(looks));
  const text = (x, y, words, looks = {}) => svg("text", rounded({ x, y, "font-size": 12, fill: INK, ...looks }), words);
  const path = (d, looks) => shape("path", { d, ...looks });

  const patterns = () => {
    const ground = (size, color) => shape("rect", { width: size, height: size, fill: color });
    const all = { patternUnits: "userSpaceOnUse" };
    const stripes = { id: "cg-stripes", width: 6, height: 6, ...all, patternTransform: "rotate(45)" };
    return svg("defs", {}, svg("pattern", stripes, ground(6, "#cfe6df"), shape("rect", { width: 2.2, height: 6, fill: "#3d8f85" })));
  };

  const heading = (title, keys = []) => {
    const lines = wrapped(title, WIDTH - 2 * MARGIN, 17);
    const parts = lines.map((line, i) => text(MARGIN, 28 + 21 * i, line, { "font-size": 17, "font-weight": 700 }));
    let [x, y] = [MARGIN, 30 + 21 * (lines.length - 1)];
    for (const [i, words] of (keys.length > 1 ? keys : []).entries()) {
      const room = 24 + wide(words);
      if (x > MARGIN && x + room > WIDTH - MARGIN) [x, y] = [MARGIN, y + 17];
      parts.push(shape("rect", { x, y: y + 9, width: 18, height: BAR, fill: FILLS[i], stroke: INK, "stroke-width": 0.8 }));
      parts.push(text(x + 24, y + 18.5, words));
      x += room + 26;
    }
    return [parts, y + (keys.length > 1 ? 34 : 18)];
  };

  // Where the longest bar begins and ends: between the names and the longest label.
  const sides = (labels, names = []) => {
    const room = Math.max(0, ...labels.map((words) => wide(words, 11)));
    const named = Math.max(0, ...names.map((name) => wide(name) + MARGIN + 12));
    return [Math.max(WIDTH * 0.27, Math.min(named, WIDTH * 0.4)), WIDTH - MARGIN - room - 10];
  };

  // In two lines beside several bars.
  const rowName = (name, left, y, bars) => {
    const [room, middle] = [left - 8 - MARGIN, y + (bars * (BAR + 2)) / 2 + 3];
    const [first, ...rest] = bars > 1 ? wrapped(name, room) : [name];
    const line = (words, by) => text(left - 8, middle + by, fitted(words, room), { "text-anchor": "end" });
    return rest.length ? [line(first, -6.5), line(rest.join(" "), 6.5)] : [line(first, 0)];
  };

  const finished = (title, parts, y, notes) => {
    const lines = notes.flatMap((note) => wrapped(note, WIDTH - 2 * MARGIN, 11));
    const below = lines.map((line, i) => text(MARGIN, y + 14 + 15 * i, line, { "font-size": 11, fill: QUIET }));
    const height = y + 15 * lines.length + 14;
    const drawn = svg(
      "svg",
      { width: WIDTH, height: short(height), viewBox: `0 0 ${WIDTH} ${short(height)}`, "font-family": "system-ui, 'Segoe UI', Roboto, 'Noto Sans', sans-serif" },
      patterns(),
      shape("rect", { width: WIDTH, height, fill: "#ffffff" }),
      parts,
      below,
    );
    return { title, says: [title, ...notes].join(". "), svg: new XMLSerializer().serializeToString(drawn) };
  };

  // rows: { name, values, labels }, a value and a label for each series; null is a dash, not a bar of 0.
  // What is longer than the longest is cut, with a jagged end.
  const bars = (title, series, rows, notes, longest = Math.max(0, ...rows.flatMap((row) => row.values))) => {
    const [left, right] = sides(rows.flatMap((row) => row.labels), rows.map((row) => row.name));
    const scale = longest > 0 ? (right - left) / longest : 0;
    const [parts, top] = heading(title, series);
    let y = top;
    for (const { name, values, labels } of rows) {
      parts.push(...rowName(name, left, y, series.length));
      for (const [i, value] of values.entries()) {
        const long = left + (value ?? 0) * scale;
        const end = Math.min(long, right);
        if (value !== null)
          parts.push(shape("rect", { x: left, y, width: Math.max(end - left, 0.8), height: BAR, fill: FILLS[i], stroke: INK, "stroke-width": 0.8 }));
        if (long - right > 1e-9) parts.push(path(`M${short(right - 8)} ${short(y - 1)}l4 6.5l-4 6.5`, { fill: "none", stroke: "#ffffff", "stroke-width": 3 }));
        parts.push(text(end + 5, y + 9.5, labels[i], { "font-size": 11 }));
        y += BAR + 2;
      }
      y += GAP;
    }
    parts.push(path(`M${short(left)} ${short(top - 4)}V${short(y - 4)}`, { stroke: INK, "stroke-width": 1 }));
    return finished(title, parts, y, notes);
  };

  const marked = (words, doubtful) => (doubtful && words !== MISSING ? `≈ ${words}` : words);
  const modelled = (rows, say) => (rows.some(({ labels }) => labels.some((label) => label.includes("≈"))) ? [say.modelled] : []);

  const pipeline = (app, title, shown) => {
    const { figures } = app;
    const { lang } = app.state;
    const say = app.words.chart;
    const some = Object.values(STAGES).some(([, area]) => (figures[area] ?? null) !== null);
    const rows = Object.entries(STAGES).map(([status, [count, area]]) => {
      const [n, ha] = [figures[count] ?? 0, figures[area] ?? null];
      const template = ha !== null ? say.clusters_ha : n ? say.clusters_only : say.clusters_none;
      const values = { n: number(n, lang, 0), area: marked(number(ha, lang), figures.estimated.includes(area)) };
      return { name: app.word("status", status), values: [some ? ha : n], labels: [fill(template, values)] };
    });
    const without = shown.filter(({ status, value }) => Object.hasOwn(STAGES, status) && value("planned_ha") === null).length;
    const stageless = app.unknownStatus();
    return bars(title, [say.planned_ha], rows, [
      ...(without ? [some ? fill(say.without_area, { n: without }) : say.by_count] : []),
      ...(stageless ? [fill(say.stageless, { n: stageless })] : []),
      ...modelled(rows, say),
    ]);
  };

  const ofUnits = (app, say) =>
    [...app.unitFigures()].map(([home, figures]) => ({
      name: home ?? say.unknown_unit,
      values: AREAS.map((area) => figures[area] ?? null),
      doubts: AREAS.map((area) => figures.estimated.includes(area)),
      known: AREAS.map((area) => figures[`${area}_clusters`] ?? 0),
      all: figures.operating_clusters ?? 0,
    }));

  const ofClusters = (app, shown) =>
    shown
      .filter(({ status }) => status === "operating")
      .map((cluster) => ({
        name: app.name(cluster),
        values: AREAS.map((area) => cluster.value(area)),
        doubts: AREAS.map((area) => cluster.estimated(area)),
      }));

  // The units beyond the first as one.
  const rest = (rows, say) => ({
    name: fill(say.others, { n: rows.length }),
    values: AREAS.map((_, i) => rows.reduce((sum, { values }) => (values[i] === null ? sum : (sum ?? 0) + values[i]), null)),
    doubts: AREAS.map((_, i) => rows.some(({ doubts }) => doubts[i])),
    known: AREAS.map((_, i) => rows.reduce((sum, { known }) => sum + known[i], 0)),
    all: rows.reduce((sum, { all }) => sum + all, 0),
  });

  // " (1/2)" after hectares over one of two clusters, as tables have it.
  const few = (known, all) => (known && known < all ? ` (${known}/${all})` : "");

  // By unit or, of one unit, by cluster.
  const areas = (app, title, shown) => {
    const { lang } = app.state;
    const say = app.words.chart;
    const single = new Set(shown.map(({ home }) => home)).size < 2;
    const known = (single ? ofClusters(app, shown) : ofUnits(app, say)).filter(({ values }) => values.some((ha) => ha !== null));
    if (!known.length) return null;
    const order = ({ values: [ha] }) => ha ?? Number.NEGATIVE_INFINITY;
    known.sort((a, b) => order(b) - order(a) || app.panel.collator.compare(a.name, b.name));
    const more = known.length > MOST;
    const rows = more ? known.slice(0, single ? MOST : MOST - 1) : known;
    if (more && !single) rows.push(rest(known.slice(MOST - 1), say));
    const there = AREAS.map((_, i) => i).filter((i) => rows.some(({ values }) => values[i] !== null));
    const absent = AREAS.filter((_, i) => !there.includes(i)).map((area) => say[area].toLowerCase());
    const drawn = rows.map(({ name, values, doubts, known = [], all }) => ({
      name,
      values: there.map((i) => values[i]),
      labels: there.map((i) => marked(number(values[i], lang), doubts[i]) + few(known[i], all)),
    }));
    const named = more && !single ? drawn.slice(0, -1) : drawn;
    const longest = Math.max(0, ...named.flatMap(({ values }) => values));
    return bars(title, there.map((i) => `${say[AREAS[i]]} (${say.ha})`), drawn, [
      say.operating_only,
      ...(more && single ? [fill(say.largest, { shown: MOST, all: known.length })] : []),
      ...(absent.length ? [fill(absent[1] ? say.no_figures : say.no_figure, { what: absent[0], other: absent[1] })] : []),
      ...(drawn.some(({ labels }) => labels.some((label) => label.includes("/"))) ? [app.words.fewNote] : []),
      ...modelled(drawn, say),
    ], longest);
  };

  // A disc leaves the rim of a ring at the same place.
  const dot = (x, y, filled) =>
    shape("circle", { cx: x, cy: y, r: filled ? 3.5 : 5.5, fill: filled ? FILLS[0] : "#ffffff", stroke: INK, "stroke-width": 1.6 });

  const rates = (app, shown) =>
    shown.map((cluster) => {
      const given = cluster.value("leased_ha") !== null && cluster.value("leasable_ha") > 0;
      return { name: app.name(cluster), computed: given ? cluster.value("fill_rate") : null, declared: cluster.value("fill_rate_declared") };
    });

  const declared = (app, title, shown) => {
    const { lang } = app.state;
    const say = app.words.chart;
    const of = rates(app, shown);
    if (!of.some((row) => row.declared !== null)) return null;
    const table = of.filter((row) => row.computed !== null || row.declared !== null);
    const apart = (row) => (row.computed === null || row.declared === null ? -1 : Math.abs(row.declared - row.computed));
    const rows = [...table].sort((a, b) => apart(b) - apart(a)).slice(0, MOST);
    const count = (some) => table.filter(some).length;
    const counts = {
      both: count((row) => apart(row) >= 0),
      computed: count((row) => row.declared === null),
      declared: count((row) => row.computed === null),
      neither: of.length - table.length,
    };
    const notes = [fill(say.declared_counts, counts)];
    if (rows.length < table.length) notes.push(fill(counts.both ? say.most : say.some, { shown: rows.length, all: table.length }));
    const [parts, top] = heading(title);
    let [x, y] = [MARGIN, top];
    for (const [filled, words] of [[true, say.computed_rate], [false, say.declared_rate]]) {
      parts.push(dot(x + 6, y - 2, filled), text(x + 18, y + 2, words));
      x += 18 + wide(words) + 26;
    }
    y += 16;
    const [left, right] = sides(["100,0 % → 100,0 % "], rows.map((row) => row.name));
    const scale = (right - left) / Math.max(1, ...rows.flatMap((row) => [row.computed, row.declared]));
    for (const row of rows) {
      const at = ["computed", "declared"].filter((key) => row[key] !== null);
      const [middle, end] = [y + BAR / 2, left + Math.max(...at.map((key) => row[key])) * scale];
      parts.push(...rowName(row.name, left, y, 1));
      parts.push(path(`M${short(left)} ${short(middle)}H${short(end)}`, { stroke: QUIET, "stroke-width": 1, "stroke-dasharray": "1 3" }));
      parts.push(...[...at].reverse().map((key) => dot(left + row[key] * scale, middle, key === "computed")));
      parts.push(text(end + 10, middle + 4, at.map((key) => percent(row[key], lang)).join(" → "), { "font-size": 11 }));
      y += BAR + GAP;
    }
    return finished(title, parts, y, notes);
  };

  // What can be drawn of what is chosen; the heading says what that is.
  clustersGeo.charts = (app) => {
    const shown = app.clusters.filter((cluster) => app.shows(cluster));
    if (!shown.length) return [];
    const title = (kind) => [app.words.chart[kind], app.scope()].filter(Boolean).join(" · ");
    const drawn = [pipeline(app, title("pipeline"), shown), areas(app, title("areas"), shown), declared(app, title("declared"), shown)];
    return drawn.filter(Boolean);
  };
}
