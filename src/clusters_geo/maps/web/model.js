// The data as the other scripts read it, and the one state of the page.
{
  const { phrasebook, MISSING, STATUSES, outlines, number, needed, percent, date, compact, fold, fill } = clustersGeo;
  const RATES = new Set(["fill_rate", "lawful_fill_rate"]);

  const EMPTY = { operating_clusters: 0, under_construction: 0, pending_sites: 0, lawful_fill_rate: null };

  const cell = (column, i) => {
    const at = column?.at[i] ?? -1;
    return at < 0 ? null : column.of[at];
  };

  const latLng = (pair) => (pair ? [pair[1], pair[0]] : null);

  const readClusters = ({ clusters, step }) => {
    const shapes = outlines(clusters, step);
    const fields = new Map(clusters.fields.map((field) => [field.name, field]));
    const sets = new WeakMap(); // by the list itself: some lists come late
    const doubts = (name, i) => {
      const list = fields.get(name)?.estimated;
      if (!list) return false;
      if (!sets.has(list)) sets.set(list, new Set(list));
      return sets.get(list).has(i);
    };
    const stated = new Set(clusters.stated);
    return clusters.id.map((id, i) => {
      const value = (name) => cell(fields.get(name)?.values, i);
      const basis = (name) => cell(fields.get(name)?.basis, i);
      return {
        id,
        value,
        basis,
        from: (name) => clusters.origins[fields.get(name)?.from?.[i] ?? -1] ?? [null, null],
        status: STATUSES.includes(value("status")) ? value("status") : "unknown",
        estimated: (name) => doubts(name, i),
        // What stands before and after a figure: "≈" where it is no fact, "*" where a rate was only stated.
        signed: (name, text) => (doubts(name, i) ? "≈\u00a0" : "") + text + (RATES.has(name) && stated.has(i) ? "\u00a0*" : ""),
        home: cell(clusters.home, i),
        outlineBasis: cell(clusters.boundaryBasis, i),
        placeBasis: cell(clusters.locationBasis, i),
        at: latLng(clusters.at[i]),
        outline: shapes[i],
        // A bar between the names, so that no search finds the end of one with the start of the next.
        folded: ["name", "name_en", "commune"].map((field) => compact(value(field) ?? "")).concat(compact(id)).join("|"),
        findings: [],
      };
    });
  };

  const readDistricts = ({ districts, step }) => {
    const shapes = outlines(districts, step);
    return districts.name.map((name, i) => ({
      i,
      name,
      code: districts.code[i],
      type: cell(districts.type, i),
      basis: cell(districts.basis, i),
      km2: districts.km2[i],
      at: latLng(districts.at[i]),
      outline: shapes[i],
      folded: compact(name),
    }));
  };

  // What is said of districts, said of communes where the units are these.
  const COMMUNES = [
    ["as.district.list", "as.commune.list"],
    ["as.district.one", "as.commune.one"],
    ["as.district.List", "as.commune.List"],
    ["as.district.One", "as.commune.One"],
  ];
  const ofCommunes = (texts) =>
    Object.fromEntries(
      Object.entries(texts).map(([key, both]) => [
        key,
        key.startsWith("units.")
          ? both
          : both.map((text, lang) =>
              text && COMMUNES.reduce((said, [old, now]) => said.replaceAll(texts[old][lang], texts[now][lang]), text),
            ),
      ]),
    );

  class Model {
    constructor(data, map) {
      this.data = data;
      this.map = map;
      this.speak();
      this.clusters = readClusters(data);
      this.districts = readDistricts(data);
      this.fields = data.clusters.fields;
      this.measures = data.measures;
      this.byId = new Map(this.clusters.map((cluster) => [cluster.id, cluster]));
      data.findings ??= []; // come later, as much else that the first view does not need
      data.sources ??= [];
      data.unitTotals ??= {};
      data.adds ??= { figures: {}, estimated: {} };
      this.attach(data.findings);
      this.focus = this.districts.find((district) => district.name === data.focus) ?? null;
      this.homes = data.homes ?? [];
      this.parts = [];
      this.state = {
        lang: data.lang,
        theme: data.theme,
        measure: data.measure,
        statuses: new Set(STATUSES),
        district: this.focus?.name ?? "",
        query: "",
        layers: new Set(["districts", "names", "clusters", "findings", "stock", "context"]),
        sort: { by: "name", down: false },
      };
    }

    speak() {
      const { level, texts } = this.data;
      const said = level === "commune" ? ofCommunes(texts) : texts;
      this.books = { vi: phrasebook(said, 0), en: phrasebook(said, 1) };
    }

    attach(findings) {
      for (const finding of findings) this.byId.get(finding.cluster_id)?.findings.push(finding);
    }

    get words() {
      return this.books[this.state.lang];
    }

    get measure() {
      return this.measures.find((m) => m.name === this.state.measure) ?? null;
    }

    // How full the symbol of a cluster is drawn: by the measure shown, if that is one of clusters.
    gauge(cluster) {
      const { measure } = this;
      if (!measure?.field) return "solid";
      const value = cluster.value(measure.field);
      return value === null ? "unknown" : value / measure.full;
    }

    // Whether a symbol is drawn as not a fact: the figure it is filled by, else its area.
    rough(cluster) {
      return cluster.estimated(this.measure?.field ?? "planned_ha");
    }

    // Change the state and let every part of the page show it.
    set(change) {
      Object.assign(this.state, change);
      this.update();
    }

    update() {
      this.figures = this.sums();
      for (const part of this.parts) part.update(this);
    }

    // The totals of what is chosen: those of a unit or of all as they came, of any other choice as sums.
    sums() {
      const { district } = this.state;
      const { totals, unitTotals } = this.data;
      const whole = this.isWhole();
      if (whole && (!district || district === this.focus?.name)) return totals;
      if (whole && unitTotals[district]) return { ...EMPTY, ...unitTotals[district] };
      const all = this.added((cluster) => (this.shows(cluster) ? "all" : undefined));
      return all.get("all") ?? this.rated({});
    }

    // The totals of each unit among what is chosen, as the panel would say them of it.
    unitFigures() {
      const { unitTotals } = this.data;
      const units = this.added((cluster) => (this.shows(cluster) ? cluster.home : undefined));
      if (this.isWhole())
        for (const name of units.keys()) if (Object.hasOwn(unitTotals, name)) units.set(name, { ...EMPTY, ...unitTotals[name] });
      return units;
    }

    // Whether no cluster of a unit is left out.
    isWhole() {
      return !this.state.query && this.statuses().every((status) => this.state.statuses.has(status));
    }

    // The statuses that can be chosen: nobody asks for the unknown one where there is none.
    statuses() {
      return STATUSES.filter((status) => status !== "unknown" || this.clusters.some((c) => c.status === status));
    }

    // What clusters add up to, by group; those whose group is undefined are left out.
    added(groupOf) {
      const { figures, estimated } = this.data.adds;
      const groups = this.clusters.map(groupOf);
      const sums = new Map(groups.filter((group) => group !== undefined).map((group) => [group, { estimated: [] }]));
      for (const [name, [positions, values]] of Object.entries(figures)) {
        positions.forEach((position, k) => {
          const sum = sums.get(groups[position]);
          if (sum) sum[name] = (sum[name] ?? 0) + (Array.isArray(values) ? values[k] : values);
        });
      }
      for (const [name, positions] of Object.entries(estimated))
        for (const group of new Set(positions.map((position) => groups[position]))) sums.get(group)?.estimated.push(name);
      for (const [group, sum] of sums) sums.set(group, this.rated(sum));
      return sums;
    }

    rated(sums) {
      const rate = (part, whole) => (sums[whole] > 0 ? (sums[part] ?? 0) / sums[whole] : null);
      const lawful = rate("lawful_fill_rate part", "fill weight");
      const known = { estimated: [], ...sums };
      const counts = ["clusters", "operating_clusters", "under_construction", "pending_sites"];
      for (const name of counts) known[name] ??= 0;
      for (const name of ["planned_ha", "built_ha", "under_construction_ha", "pending_ha"]) known[name] ??= null;
      return {
        ...known,
        build_out_rate: rate("built part", "planned whole"),
        fill_rate: rate("fill_rate part", "fill weight"),
        lawful_fill_rate: this.data.totals.lawful_fill_rate === null ? null : lawful,
        fill_rate_by: this.data.totals.fill_rate_by,
      };
    }

    unknownStatus() {
      return this.clusters.filter((cluster) => cluster.status === "unknown" && this.shows(cluster)).length;
    }

    // What is chosen, in words; nothing where that is all.
    scope() {
      const { statuses, district, query } = this.state;
      const there = this.statuses();
      const chosen = there.filter((status) => statuses.has(status));
      const parts = [
        district && district !== this.focus?.name ? district : null,
        chosen.length < there.length ? chosen.map((s) => this.word("status", s)).join(", ") || this.words.noStatus : null,
        query ? `“${this.typed ?? query}”` : null,
      ];
      return parts.filter(Boolean).join(" · ");
    }

    title() {
      return this.data.title[this.state.lang];
    }

    name(cluster) {
      const english = this.state.lang === "en" ? cluster.value("name_en") : null;
      return english ?? cluster.value("name") ?? this.words.untitled;
    }

    // A word that the schema declares, such as a status or how a figure was obtained.
    word(kind, key) {
      return this.data.words[kind]?.[key]?.[this.state.lang] ?? key ?? MISSING;
    }

    shows(cluster) {
      const { statuses, district, query } = this.state;
      return (
        statuses.has(cluster.status) &&
        (!district || cluster.home === district) &&
        (!query || cluster.folded.includes(query) || compact(cluster.home ?? "").startsWith(query))
      );
    }

    // The map of a district in the same folder, where this is the index of a pack.
    fileOf(name) {
      const { files } = this.data;
      const file = files && Object.hasOwn(files, name) ? files[name] : null;
      return /^[a-z0-9-]+\.html$/.test(file ?? "") ? file : null;
    }

    // A figure of a cluster as text, "≈" before it where it is not a fact.
    figure(cluster, field) {
      const value = cluster.value(field.name);
      if (value === null) return MISSING;
      const text = this.format(value, field);
      return field.kind === "text" ? text : cluster.signed(field.name, text);
    }

    // The unit of a field as the reader says it, such as billions of đồng.
    unitOf({ unit }) {
      return this.data.units?.[unit]?.[this.state.lang] ?? unit;
    }

    format(value, { kind, unit, name }) {
      const { lang } = this.state;
      if (typeof value === "boolean") return value ? "✓" : "✗";
      if (kind === "choice") return this.word(name, value);
      if (kind === "date" || /^\d{4}-\d\d-\d\d$/.test(value)) return date(value, lang);
      if (typeof value !== "number") return value;
      if (kind === "rate" || unit === "share") return percent(value, lang);
      // Hectares as in every list; what a register has beside them, with the decimals that it needs.
      if (unit === "ha") return `${number(value, lang)}\u00a0ha`;
      return needed(value, lang);
    }

    // A total as text, "≈" before it where the data says so, "*" after a rate that was only stated.
    total(name) {
      const totals = this.figures;
      const value = totals[name] ?? null;
      if (value === null) return MISSING;
      const { lang } = this.state;
      const text = name.endsWith("_rate")
        ? percent(value, lang)
        : `${number(value, lang, name.endsWith("_ha") ? 1 : 0)}${name.endsWith("_ha") ? "\u00a0ha" : ""}`;
      const star = RATES.has(name) && totals.fill_rate_stated_clusters > 0 ? "\u00a0*" : "";
      return (totals.estimated.includes(name) ? "≈\u00a0" : "") + text + star;
    }

    // Over how many clusters a total is and of how many it is said to be, where these differ.
    someOf(name, figures = this.figures, of = "operating_clusters") {
      const [known, all] = [figures[`${name}_clusters`] ?? 0, figures[of] ?? 0];
      return known && known < all ? { known, all } : null;
    }

    knownOf(...total) {
      const some = this.someOf(...total);
      return some ? fill(this.words.knownFor, some) : "";
    }

    // How many of those shown the map cannot show, where it shows others.
    withoutPlace() {
      const shown = this.clusters.filter((cluster) => this.shows(cluster));
      const n = shown.filter(({ at }) => !at).length;
      return n && this.clusters.some(({ at }) => at) ? { n, all: shown.length } : null;
    }

    // A name of this register as it may be typed: small, without accents.
    example() {
      const names = this.clusters.map((cluster) => cluster.value("name") ?? "").filter((name) => name.length < 20);
      return fold(names.find((name) => fold(name) !== name.toLowerCase()) ?? names[0] ?? "");
    }

    // What made the map, and of what: the files, or the data where they came from none.
    provenance() {
      const { version, inputs, sha256 } = this.data;
      const files = inputs.map((file) => `${file.name.slice(0, 40)} (SHA-256 ${file.sha256.slice(0, 12)}…)`);
      const from = files.length ? files : [`${this.words.dataHash} ${sha256.slice(0, 12)}…`];
      return [`${this.words.provenance} ${version}`, ...from].join(" · ");
    }

    // A district's figure of the measure shown.
    districtFigure(measure, i, { unit = true } = {}) {
      const value = measure.values[i];
      const { lang } = this.state;
      if (measure.nothing[i]) return MISSING;
      if (value === null) return this.words.noData;
      const sign = measure.estimated[i] ? "≈\u00a0" : "";
      const star = measure.stated?.[i] ? "\u00a0*" : "";
      if (measure.kind === "rate") return sign + percent(value, lang, measure.decimals) + star;
      const text = sign + number(value, lang, measure.decimals);
      return unit ? `${text}\u00a0${measure.unit[lang]}` : text;
    }
  }

  clustersGeo.Model = Model;
}
