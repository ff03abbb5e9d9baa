// What a popup says of a cluster or a district: every figure with how it was obtained.
{
  const { el, glyph, number, fill } = clustersGeo;
  const rests = (t, [known, modelled], stated) =>
    [fill(t.rests, { known, modelled }), stated ? `* ${t.statedBy[stated]}` : null].filter(Boolean).join("; ");
  const LEAD = ["planned_ha", "built_ha", "build_out_rate", "leasable_ha", "leased_ha", "fill_rate", "lawful_fill_rate"];
  const APART = new Set([...LEAD, "name", "name_en", "status", "source", "source_as_of", "note", "note_vi"]);

  // Sources are often addresses; only a plain web address becomes a link.
  const source = (text) =>
    /^https?:\/\/[^\s<>"]+$/.test(text)
      ? el("a", { href: text, target: "_blank", rel: "noopener noreferrer" }, new URL(text).hostname)
      : text;

  // A register in one language has one note only; it is shown in both.
  const noteOf = (app, cluster) => {
    const notes = app.state.lang === "vi" ? ["note_vi", "note"] : ["note", "note_vi"];
    return notes.map(cluster.value).find(Boolean);
  };

  const line = (label, value, basis, strong = false) => [
    el("dt", { class: strong ? "cg-strong" : null }, label),
    el("dd", { class: strong ? "cg-strong" : null }, el("bdi", {}, value), basis && el("small", {}, basis)),
  ];

  // How a figure was obtained, of which day its source is, and where that is to be read.
  const origin = (app, cluster, name) => {
    const [text, day] = cluster.from(name);
    const basis = cluster.basis(name);
    const link = text && source(text);
    const parts = [basis && app.word("basis", basis), day, link === text ? null : link].filter(Boolean);
    const joined = parts.flatMap((part, i) => (i ? [" · ", part] : [part]));
    return parts.length ? el("span", { title: text }, ...joined) : null;
  };

  const figureLine = (app, cluster, field) => {
    const known = cluster.value(field.name) !== null;
    const rate = field.kind === "rate";
    const shown = known ? app.figure(cluster, field) : rate ? app.words.unknown : app.figure(cluster, field);
    const unit = app.unitOf(field);
    const name = field.label[app.state.lang];
    const told = field.unit === "ha" || field.unit === "share" || name.toLowerCase().includes(unit);
    const label = unit && !told ? `${name}, ${unit}` : name;
    return line(label, shown, known ? origin(app, cluster, field.name) : null, rate);
  };

  const findingsOf = (app, cluster) =>
    cluster.findings.length === 0
      ? null
      : el(
          "section",
          { class: "cg-findings" },
          el("h3", {}, app.words.findings),
          el(
            "ul",
            {},
            cluster.findings.map((f) =>
              el(
                "li",
                { class: `cg-severity-${f.severity}` },
                [f.message, f.fix].map((said) => said?.[app.state.lang]).filter(Boolean).join(" "),
                f.rule ? el("small", {}, f.rule) : null,
              ),
            ),
          ),
        );

  const clusterCard = (app, cluster) => {
    const { words: t } = app;
    const of = (name) => app.fields.find((field) => field.name === name);
    const lead = LEAD.map(of).filter((f) => f && (f.kind === "rate" || cluster.value(f.name) !== null));
    const rest = app.fields.filter((f) => !APART.has(f.name) && cluster.value(f.name) !== null);
    const at = cluster.value("source_as_of");
    const note = noteOf(app, cluster);
    return el(
      "article",
      { class: "cg-card" },
      el(
        "header",
        {},
        glyph(cluster.status, { size: 22, estimated: cluster.estimated("planned_ha") }),
        el(
          "div",
          {},
          el("h2", {}, el("bdi", {}, app.name(cluster))),
          el("p", {}, `${cluster.id} · ${app.word("status", cluster.status)}`),
        ),
      ),
      el(
        "dl",
        {},
        [...lead, ...rest].map((field) => figureLine(app, cluster, field)),
      ),
      findingsOf(app, cluster),
      cluster.at ? null : el("p", { class: "cg-quiet" }, t.noPlace),
      cluster.outlineBasis === "schematic"
        ? el("p", { class: "cg-quiet" }, `≈ ${t.basisNote.schematic}`)
        : null,
      note ? el("p", { class: "cg-quiet" }, `${t.note}: `, el("bdi", {}, note)) : null,
      cluster.value("source")
        ? el(
            "p",
            { class: "cg-quiet" },
            `${t.source}: `,
            source(cluster.value("source")),
            at ? ` (${at})` : null,
          )
        : null,
    );
  };

  const LISTED = 20;

  // The clusters of a unit, each leading to its own card.
  const membersOf = (app, district) => {
    const home = app.clusters.filter((cluster) => cluster.home === district.name);
    const entry = (cluster) => {
      const ha = cluster.value("planned_ha");
      const area = ha === null ? null : `${cluster.signed("planned_ha", number(ha, app.state.lang))}\u00a0ha`;
      return el(
        "li",
        {},
        el(
          "button",
          { type: "button", class: "cg-go", on: { click: () => app.goTo(cluster) } },
          glyph(cluster.status, { size: 16, estimated: app.rough(cluster), gauge: app.gauge(cluster) }),
          el("span", { class: "cg-row-name" }, el("bdi", {}, app.name(cluster)), area ? el("small", {}, area) : null),
        ),
      );
    };
    return [home.slice(0, LISTED).map(entry), Math.max(home.length - LISTED, 0)];
  };

  const districtCard = (app, district) => {
    const { words: t } = app;
    const lines = app.measures.map((measure) => {
      return line(
        measure.label[app.state.lang],
        app.districtFigure(measure, district.i),
        measure.rests ? rests(t, measure.rests[district.i], measure.stated?.[district.i]) : null,
        measure.name === app.state.measure,
      );
    });
    const type = app.state.lang === "vi" ? district.type : district.type && app.word("type", district.type);
    const only = el(
      "button",
      { type: "button", class: "cg-wide", on: { click: () => app.choose(district) } },
      t.listOnly,
    );
    const [members, more] = membersOf(app, district);
    return el(
      "article",
      { class: "cg-card" },
      el(
        "header",
        {},
        el("div", {}, el("h2", {}, el("bdi", {}, district.name)), type ? el("p", {}, type) : null),
      ),
      el(
        "dl",
        {},
        lines,
        line(
          t.districtKm2,
          `${district.basis ? "≈ " : ""}${number(district.km2, app.state.lang, 1)}\u00a0km²`,
          district.basis && app.word("basis", district.basis),
        ),
      ),
      members.length ? el("h3", {}, fill(t.clustersHere, { n: members.length + more })) : null,
      el("ul", { class: "cg-members" }, members),
      more ? el("p", { class: "cg-quiet" }, fill(t.moreHere, { n: more })) : null,
      app.clusters.length && !app.focus ? only : null,
      app.fileOf(district.name) ? el("p", {}, el("a", { href: app.fileOf(district.name) }, t.ownMap)) : null,
    );
  };

  Object.assign(clustersGeo, { clusterCard, districtCard, source });
}
