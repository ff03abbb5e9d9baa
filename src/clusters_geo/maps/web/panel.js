// The side panel: totals, filters, and the table of clusters. On a phone it is a sheet at the bottom.
{
  const { el, icon, glyph, number, percent, date, compact, fill, source, MISSING } = clustersGeo;
  const ROWS_AT_ONCE = 200;
  const CHEVRON = "M6 15l6-6 6 6";
  const COLUMNS = [
    { by: "name", head: "cluster", text: true },
    { by: "planned_ha", head: "haColumn", long: "haColumnLong" },
    { by: "build_out_rate", head: "buildColumn", long: "buildOut" },
    { by: "fill_rate", head: "fillColumn", long: "fill" },
  ];

  const picture = ({ says, svg }) =>
    el("img", { src: `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`, alt: says, class: "cg-chart" });

  class Panel {
    get collator() {
      this.madeCollator ??= new Intl.Collator("vi", { numeric: true });
      return this.madeCollator;
    }

    constructor(app) {
      this.app = app;
      this.rows = ROWS_AT_ONCE;
      this.totals = el("section", { class: "cg-totals" });
      this.filters = el("section", { class: "cg-filters" });
      this.count = el("p", { class: "cg-count-line", role: "status" });
      this.table = el("table", { id: "cg-table", class: "cg-table" });
      this.more = el("button", { type: "button", class: "cg-wide", on: { click: () => this.showMore() } });
      this.chartsHead = el("summary", {});
      this.chartsNote = el("p", { class: "cg-quiet", role: "status" });
      this.drawn = el("div", {});
      this.charts = el("details", { class: "cg-charts", on: { toggle: () => this.fillCharts(app) } }, this.chartsHead, this.chartsNote, this.drawn);
      this.foot = el("footer", { class: "cg-foot" });
      this.handle = el("button", {
        type: "button",
        class: "cg-handle",
        "aria-expanded": "false",
        on: { click: () => this.open() },
      });
      const list = app.clusters.length ? [this.filters, this.count, this.table, this.more] : [];
      this.pack = el("nav", { class: "cg-pack" });
      this.body = el(
        "div",
        { class: "cg-panel-body", tabindex: "-1" },
        list.slice(0, 1),
        this.totals,
        this.pack,
        list.slice(1),
        this.charts,
        this.foot,
      );
      this.element = el("aside", { class: "cg-panel" }, this.handle, this.body);
      this.buildFilters();
    }

    open(wanted = !this.element.classList.contains("cg-open")) {
      this.element.classList.toggle("cg-open", wanted);
      this.handle.setAttribute("aria-expanded", String(wanted));
      this.update(this.app);
    }

    showMore() {
      this.rows += ROWS_AT_ONCE;
      this.fillTable();
    }

    buildFilters() {
      const { app } = this;
      this.search = el("input", {
        id: "cg-search",
        type: "search",
        autocomplete: "off",
        on: {
          input: () => this.find(this.search.value),
          keydown: (event) => event.key === "Enter" && this.goToFirst(),
        },
      });
      this.chips = el("div", { class: "cg-chips", role: "group" });
      this.district = el("select", {
        id: "cg-district",
        on: { change: () => app.choose(app.districts.find((d) => d.name === this.district.value) ?? null, this.district.value) },
      });
      this.searchLabel = el("label", { for: "cg-search", class: "cg-hidden" });
      this.districtLabel = el("label", { for: "cg-district", class: "cg-hidden" });
      this.filters.append(this.searchLabel, this.search, this.chips, this.districtLabel);
      if ((app.districts.length || app.homes.length > 1) && !app.focus) this.filters.append(this.district);
    }

    // What is found stands right under the search; the totals follow.
    find(typed) {
      const { app } = this;
      app.typed = typed.trim();
      const searching = app.typed !== "";
      if (searching) this.more.after(this.totals, this.pack);
      else this.filters.after(this.totals, this.pack);
      this.body.classList.toggle("cg-searching", searching);
      app.set({ query: compact(typed) });
    }

    goToFirst() {
      const { app } = this;
      const district = app.districts.find((d) => app.state.query && d.folded === app.state.query);
      const first = this.sorted().find((cluster) => cluster.at) ?? this.sorted()[0];
      if (district) app.choose(district);
      else if (first) app.goTo(first);
    }

    update(app) {
      this.table.setAttribute("aria-label", app.words.table);
      this.body.setAttribute("aria-label", app.words.panel);
      this.fillTotals(app);
      this.fillPack(app);
      this.fillFilters(app);
      this.fillTable();
      this.fillCharts(app);
      this.fillFoot(app);
      this.fillHandle(app);
    }

    fillHandle({ words: t }) {
      const open = this.element.classList.contains("cg-open");
      this.handle.replaceChildren(icon(CHEVRON), el("span", {}, open ? t.closePanel : t.panel));
    }

    fillTotals(app) {
      const { words: t } = app;
      // Without any unit none can be the wrong one.
      const inUnits = app.districts.length || app.clusters.some(({ home }) => home !== null);
      const open = app.state.district || !inUnits ? 0 : (app.data.unplaced?.clusters ?? 0);
      const totals = app.figures;
      const rests = (name) => {
        const [known, modelled] = ["known", "modelled"].map((how) => totals[`${name}_${how}_clusters`] ?? 0);
        const said = [
          fill(t.knownFor, { known, all: totals.operating_clusters }),
          modelled ? fill(t.modelledFor, { n: modelled }) : null,
        ];
        return el("small", {}, totals.operating_clusters ? said.filter(Boolean).join("; ") : t.unknown);
      };
      const by = totals.fill_rate_stated_clusters ? totals.fill_rate_by : null;
      const stated = by ? [el("small", {}, `* ${t.statedBy[by]}`)] : [];
      const tile = (label, value, ...more) =>
        el("div", {}, el("dt", {}, label), el("dd", {}, value, ...more));
      const few = (area, name) => (app.someOf(area, totals, name) ? ` (${app.knownOf(area, totals, name)})` : "");
      const area = (name, label) => tile(label, app.total(name), app.someOf(name) ? el("small", {}, app.knownOf(name)) : null);
      const count = (status, name, label, area) =>
        el(
          "li",
          {},
          glyph(status, { size: 20 }),
          el("strong", {}, app.total(name)),
          ` ${label}${area && totals[area] ? ` · ${app.total(area)}${few(area, name)}` : ""}`,
        );
      const scope = app.scope();
      const unknown = app.unknownStatus();
      const shares = ["planned", "built"].map((name) => this.shares(app, `${name}_ha`, t[name])).filter(Boolean);
      const without = app.withoutPlace();
      this.totals.replaceChildren(
        el("h2", { class: "cg-scope", hidden: !scope }, scope),
        ...(without ? [el("p", { class: "cg-unplaced cg-without-place" }, fill(t.withoutPlace, without))] : []),
        el(
          "ul",
          { class: "cg-counts" },
          count("operating", "operating_clusters", t.operating),
          count("under_construction", "under_construction", t.construction, "under_construction_ha"),
          count("pending", "pending_sites", t.pending, "pending_ha"),
          // Whose status nobody knows is in none of the totals above.
          unknown ? el("li", {}, glyph("unknown", { size: 20 }), el("strong", {}, number(unknown, app.state.lang, 0)), ` ${t.statusUnknown}`) : null,
        ),
        el("p", { class: "cg-unplaced", hidden: !open }, fill(t.unplaced, { n: open })),
        el(
          "dl",
          { class: "cg-tiles" },
          area("planned_ha", t.planned),
          area("built_ha", t.built),
          tile(
            t.buildOut,
            app.total("build_out_rate"),
            el("small", {}, t.buildOutNote),
            rests("build_out_rate"),
          ),
          tile(t.fill, app.total("fill_rate"), el("small", {}, t.fillNote), rests("fill_rate"), ...stated),
          totals.lawful_fill_rate === null
            ? null
            : tile(t.lawful, app.total("lawful_fill_rate"), el("small", {}, t.lawfulNote), ...stated),
        ),
        ...(shares.length ? [el("p", { class: "cg-shares-head" }, t.ofWhich), ...shares] : []),
      );
    }

    // How much of a total is published for single clusters, and how much is not.
    shares(app, name, label) {
      const { state, data, figures: totals } = app;
      const { lang } = state;
      const { words } = data;
      const all = totals[name];
      if (!all) return null;
      const published = totals[`${name}_published`] ?? 0;
      const modelled = totals[`${name}_modelled`] ?? 0;
      const parts = [
        ["published", published, words.basis.published[lang]],
        ["modelled", modelled, words.basis.modelled[lang]],
        ...(all - published - modelled > 0.05 ? this.otherBases(app, name) : []),
      ].filter(([, ha]) => ha > 0.05);
      const segment = ([kind, ha]) => {
        const bar = el("span", { class: `cg-share-${kind}` });
        bar.style.flexGrow = String(ha);
        return bar;
      };
      const says = parts.map(([, ha, word]) => `${number(ha, lang)}\u00a0ha ${word}`).join(" · ");
      const bar = el("div", { class: "cg-bar", "aria-hidden": "true" }, parts.map(segment));
      return el("div", { class: "cg-shares" }, el("small", {}, `${label}: ${says}`), bar);
    }

    // The rest of a total, by the bases that its clusters name.
    otherBases(app, name) {
      const hectares = new Map();
      for (const cluster of app.clusters) {
        const basis = cluster.basis(name) ?? "";
        if (cluster.status !== "operating" || !app.shows(cluster) || ["published", "modelled"].includes(basis)) continue;
        hectares.set(basis, (hectares.get(basis) ?? 0) + (cluster.value(name) ?? 0));
      }
      return [...hectares].map(([basis, ha]) => ["other", ha, basis ? app.word("basis", basis) : app.words.noBasis]);
    }

    // Links between the maps of a pack: from the index to each district, and back.
    fillPack(app) {
      const { words: t, data } = app;
      this.pack.hidden = !data.files && !data.index;
      this.pack.setAttribute("aria-label", t.packHead);
      if (data.index) this.pack.replaceChildren(el("a", { href: "index.html" }, t.toIndex));
      if (!data.files) return;
      const link = (name) => el("li", {}, el("a", { href: app.fileOf(name) }, name));
      const names = app.districts
        .map((d) => d.name)
        .filter((name) => app.fileOf(name))
        .sort((a, b) => this.collator.compare(a, b));
      this.pack.replaceChildren(el("h2", {}, t.packHead), el("ul", {}, names.map(link)));
    }

    fillFilters(app) {
      const { words: t, state } = app;
      this.searchLabel.textContent = t.search;
      this.example ??= app.example();
      this.search.placeholder = fill(t.searchHint, { name: this.example });
      this.districtLabel.textContent = t.district;
      this.chips.setAttribute("aria-label", t.status);
      const pressed = document.activeElement?.dataset?.status;
      this.chips.replaceChildren(...app.statuses().map((status) => this.chip(app, status)));
      if (pressed) this.chips.querySelector(`button[data-status="${pressed}"]`)?.focus();
      const drawn = app.districts.map(({ name }) => name).sort((a, b) => this.collator.compare(a, b));
      const options = [...drawn, ...app.homes].map((name) => el("option", { value: name }, name));
      this.district.replaceChildren(el("option", { value: "" }, t.allDistricts), ...options);
      this.district.value = state.district;
    }

    chip(app, status) {
      const on = app.state.statuses.has(status);
      const click = () => {
        const statuses = new Set(app.state.statuses);
        statuses[on ? "delete" : "add"](status);
        app.set({ statuses });
      };
      return el(
        "button",
        { type: "button", "data-status": status, "aria-pressed": String(on), on: { click } },
        glyph(status, { size: 18 }),
        app.word("status", status),
      );
    }

    sorted() {
      const { by, down } = this.app.state.sort;
      const of = by === "name" ? (cluster) => this.app.name(cluster) : (cluster) => cluster.value(by);
      const compare = by === "name" ? (a, b) => this.collator.compare(a, b) : (a, b) => a - b;
      return this.app.clusters
        .filter((cluster) => this.app.shows(cluster))
        .sort((a, b) => {
          // What is not known stays last, whichever way is up.
          if (of(a) === null || of(b) === null) return (of(a) === null) - (of(b) === null);
          return down ? compare(of(b), of(a)) : compare(of(a), of(b));
        });
    }

    fillTable() {
      const { app } = this;
      const { words: t } = app;
      const sorted = this.sorted();
      const focused = document.activeElement?.dataset?.sort;
      this.count.textContent = sorted.length ? this.counted(t, sorted.length, app.clusters.length) : t.noMatch;
      this.table.replaceChildren(
        el(
          "thead",
          {},
          el(
            "tr",
            {},
            COLUMNS.map((column) => this.head(column)),
          ),
        ),
        el(
          "tbody",
          {},
          sorted.slice(0, this.rows).map((cluster) => this.row(cluster)),
        ),
      );
      if (focused) this.table.querySelector(`[data-sort="${focused}"]`)?.focus();
      const left = sorted.length - this.rows;
      this.more.hidden = left <= 0;
      this.more.textContent = fill(t.more, { n: Math.min(left, ROWS_AT_ONCE) });
    }

    counted(t, n, all) {
      return n === all ? fill(t.shownAll, { all }) : fill(t.shown, { n, all });
    }

    head({ by, head, long, text }) {
      const { words: t, state } = this.app;
      const active = state.sort.by === by;
      const direction = state.sort.down ? "descending" : "ascending";
      const click = () => this.app.set({ sort: { by, down: active ? !state.sort.down : !text } });
      const arrow = active ? (state.sort.down ? " ↓" : " ↑") : "";
      const button = el(
        "button",
        { type: "button", "data-sort": by, title: t[long ?? head], on: { click } },
        t[head] + arrow,
      );
      return el("th", { scope: "col", "aria-sort": active ? direction : "none" }, button);
    }

    row(cluster) {
      const { app } = this;
      const { lang } = app.state;
      const cell = (name, text) =>
        el("td", {}, cluster.value(name) === null ? MISSING : cluster.signed(name, text(cluster.value(name), lang)));
      const where = [cluster.home, cluster.at ? null : app.words.noPlace].filter(Boolean).join(" · ");
      const go = el(
        "button",
        { type: "button", class: "cg-go", on: { click: () => app.goTo(cluster) } },
        glyph(cluster.status, { size: 18, estimated: cluster.estimated("planned_ha") }),
        el("span", { class: "cg-row-name" }, el("bdi", {}, app.name(cluster)), el("small", {}, where)),
        el("span", { class: "cg-hidden" }, `, ${app.word("status", cluster.status)}`),
      );
      return el(
        "tr",
        {},
        el("th", { scope: "row" }, go),
        cell("planned_ha", number),
        cell("build_out_rate", percent),
        cell("fill_rate", percent),
      );
    }

    // The charts of cg.chart for what is chosen, as pictures: a picture runs nothing. None is drawn unseen.
    fillCharts(app) {
      const { words: t } = app;
      const scope = app.scope();
      this.charts.hidden = !app.clusters.length;
      this.chartsHead.textContent = t.charts;
      const drawn = this.charts.open ? clustersGeo.charts(app) : [];
      this.chartsNote.textContent = this.charts.open && !drawn.length ? t.noMatch : scope ? fill(t.chartsOf, { scope }) : t.chartsNote;
      // Other pictures only: those that stay would flicker.
      if (drawn.map(({ svg }) => svg).join("") === this.drawing) return;
      this.drawing = drawn.map(({ svg }) => svg).join("");
      this.drawn.replaceChildren(...drawn.map(picture));
    }

    fillFoot(app) {
      const { words: t, state, data, clusters, districts } = app;
      const bases = new Set([...clusters.map((c) => c.outlineBasis), ...districts.map((d) => d.basis)]);
      const notes = ["reconstructed", "schematic"]
        .filter((basis) => bases.has(basis))
        .map((basis) => t.basisNote[basis]);
      if (clusters.some((cluster) => cluster.estimated("planned_ha") || cluster.estimated("built_ha")))
        notes.push(t.basisNote.modelled);
      if (districts.length) notes.push(fill(t.outlineNote, { m: data.tolerance }));
      const lines = data.context?.source ?? data.also?.[0]?.source;
      if (lines) notes.push(fill(t.contextSource, { source: lines }));
      const sources = data.sources.map((text) => el("li", {}, source(text)));
      const hashes = [...data.inputs, { name: t.dataHash, sha256: data.sha256 }];
      this.foot.replaceChildren(
        ...notes.map((text) => el("p", {}, text)),
        ...(sources.length
          ? [el("details", {}, el("summary", {}, `${t.sources} (${sources.length})`), el("ul", {}, sources))]
          : []),
        el(
          "details",
          { class: "cg-provenance" },
          el("summary", {}, `${app.provenance()} · ${t.asOf} ${date(data.asOf, state.lang)}`),
          el("ul", {}, ...hashes.map(({ name, sha256 }) => el("li", {}, `${name}: SHA-256 ${sha256}`))),
        ),
      );
    }
  }

  clustersGeo.Panel = Panel;
}
