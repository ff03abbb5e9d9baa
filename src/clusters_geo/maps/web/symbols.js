// One symbol a status, different in shape and in colour, so that neither is needed alone.
{
  const { svg } = clustersGeo;
  const STATUSES = ["operating", "under_construction", "pending", "unknown"];

  // Drawn in a box of 20 × 20 around the origin; all look equally heavy.
  const draw = {
    operating: () => svg("circle", { r: 7.6 }),
    under_construction: () => svg("rect", { x: -6.9, y: -6.9, width: 13.8, height: 13.8, rx: 1.6 }),
    pending: () => svg("path", { d: "M0-8.4 8.6 6.9H-8.6Z" }),
    unknown: () => svg("path", { d: "M0-8.8 8.8 0 0 8.8-8.8 0Z" }),
  };

  const shape = (status) => (draw[status] ?? draw.operating)();

  // The part of each shape below a level of 0–1, as a path.
  const below = {
    operating: (level) => {
      const r = 7.6;
      const y = r - 2 * r * level;
      const x = Math.sqrt(Math.max(r * r - y * y, 0));
      return level >= 1 ? `M0 ${-r}A${r} ${r} 0 1 1-.01 ${-r}Z` : `M${-x} ${y}A${r} ${r} 0 ${level > 0.5 ? 1 : 0} 0 ${x} ${y}Z`;
    },
    under_construction: (level) => `M-6.9 6.9V${6.9 - 13.8 * level}H6.9V6.9Z`,
    pending: (level) => {
      const x = 8.6 * (1 - level);
      const y = 6.9 - 15.3 * level;
      return `M-8.6 6.9L${-x} ${y}H${x}L8.6 6.9Z`;
    },
  };

  // How full a symbol is: `solid` where nothing is measured, a level, or empty with a bar for what is not known.
  const gaugeOf = (status, gauge) => {
    if (gauge === "unknown")
      return status === "operating" ? svg("path", { d: "M-3.4 0H3.4", class: `cg-bar-unknown cg-stroke-${status}` }) : null;
    if (!(gauge > 0)) return null;
    return svg("path", { d: (below[status] ?? below.operating)(Math.min(gauge, 1)), class: `cg-level cg-tint-${status}` });
  };

  const drawGlyph = (status, estimated, flagged, gauge) => {
    const body = shape(status);
    const hollow = gauge === "solid" ? "" : " cg-hollow";
    body.setAttribute("class", `cg-body cg-fill-${status}${estimated ? " cg-estimated" : ""}${hollow}`);
    const halo = shape(status);
    halo.setAttribute("class", "cg-halo");
    const ring = flagged ? svg("circle", { r: 11, class: `cg-flag cg-flag-${flagged}` }) : null;
    const box = { viewBox: "-12 -12 24 24", "aria-hidden": "true" };
    return svg("svg", { ...box, class: "cg-glyph" }, ring, halo, body, hollow ? gaugeOf(status, gauge) : null);
  };

  // The symbol of a cluster; dashed where its area is not a published figure. Drawn once, then copied.
  const drawn = new Map();
  const glyph = (status, { size = 20, estimated = false, flagged = null, gauge = "solid" } = {}) => {
    const level = typeof gauge === "number" ? Math.round(gauge * 50) / 50 : gauge; // no eye sees more
    const key = `${status} ${estimated} ${flagged} ${level}`;
    if (!drawn.has(key)) drawn.set(key, drawGlyph(status, estimated, flagged, level));
    const copy = drawn.get(key).cloneNode(true);
    copy.setAttribute("width", size);
    copy.setAttribute("height", size);
    return copy;
  };

  // Several clusters: a ring with one arc a status, as long as its share, and their number.
  const bunch = (counts, size) => {
    const total = counts.reduce((sum, n) => sum + n, 0);
    const radius = 9.2;
    const round = 2 * Math.PI * radius;
    let turned = 0;
    const arcs = STATUSES.map((status, i) => {
      const part = (counts[i] / total) * round;
      const arc = svg("circle", {
        r: radius,
        class: `cg-arc cg-stroke-${status}`,
        "stroke-dasharray": `${part} ${round - part}`,
        "stroke-dashoffset": -turned,
        transform: "rotate(-90)",
      });
      turned += part;
      return counts[i] ? arc : null;
    });
    const text = svg("text", { class: "cg-count", dy: "0.36em" }, String(total));
    const box = { width: size, height: size, viewBox: "-12 -12 24 24", "aria-hidden": "true" };
    return svg("svg", { ...box, class: "cg-glyph" }, svg("circle", { r: 11, class: "cg-disc" }), arcs, text);
  };

  // Hatching for "no data": the one pattern that cannot be taken for a class.
  const patterns = () =>
    svg(
      "svg",
      { width: 0, height: 0, class: "cg-patterns", "aria-hidden": "true" },
      svg(
        "defs",
        {},
        svg(
          "pattern",
          {
            id: "cg-hatch",
            width: 6,
            height: 6,
            patternUnits: "userSpaceOnUse",
            patternTransform: "rotate(45)",
          },
          svg("rect", { width: 6, height: 6, class: "cg-hatch-ground" }),
          svg("rect", { width: 1.6, height: 6, class: "cg-hatch-line" }),
        ),
      ),
    );

  Object.assign(clustersGeo, { STATUSES, glyph, bunch, patterns });
}
