// Clusters: symbols that group where they would cover each other, and outlines where there is room for them.
{
  const { el, glyph, bunch, clusterCard, STATUSES, number, fill } = clustersGeo;
  const OUTLINES_FROM = 13;
  const SMALLEST = 13;
  const LARGEST = 26;
  const LARGE_HA = 75; // the most that the law allows a cluster
  const COVERING = 0.66; // symbols nearer than this share of their mean width are grouped
  const CELL = 40; // pixels; no symbol is wider

  const sizeOf = (cluster) => {
    const share = Math.min((cluster.value("planned_ha") ?? 5) / LARGE_HA, 1);
    return SMALLEST + (LARGEST - SMALLEST) * Math.sqrt(Math.max(share, 0));
  };

  const bunchSize = (members) => 25 + Math.min(members, 20) * 0.7;

  const worst = (cluster) => {
    const severities = cluster.findings.map((finding) => finding.severity);
    return ["error", "warning", "info"].find((severity) => severities.includes(severity)) ?? null;
  };

  class Clusters {
    constructor(app) {
      this.map = app.map;
      app.map.createPane("cg-outlines").style.zIndex = 400;
      this.renderer = L.svg({ pane: "cg-outlines", padding: 0.5 });
      this.groups = [];
      this.symbols = L.layerGroup();
      this.outlines = L.layerGroup();
      app.map.on("zoomend moveend", () => app.ready && this.update(app));
    }

    update(app) {
      const on = app.state.layers.has("clusters");
      app.toggle(this.symbols, on);
      app.toggle(this.outlines, on);
      if (!on || !this.stale(app)) return;
      const focused = document.activeElement?.dataset?.cluster;
      const placed = app.clusters.filter((cluster) => cluster.at && app.shows(cluster));
      this.symbols.clearLayers();
      this.groups = this.group(placed);
      for (const group of this.groups) this.mark(app, group);
      this.outline(app, placed);
      if (focused)
        document.querySelector(`[data-cluster="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
    }

    // Panning at city scale changes neither groups nor outlines.
    stale(app) {
      const { lang, statuses, district, query, layers, measure } = app.state;
      const zoom = this.map.getZoom();
      const view = zoom >= OUTLINES_FROM ? this.map.getBounds().toBBoxString() : "";
      const key = JSON.stringify([lang, measure, [...statuses], district, query, layers.has("findings") && app.data.findings.length, zoom, view]);
      const changed = key !== this.key;
      this.key = key;
      return changed;
    }

    // Symbols that would cover each other become one, until none do. At the closest zoom all stay single.
    group(clusters) {
      const largestFirst = [...clusters].sort((a, b) => sizeOf(b) - sizeOf(a));
      let groups = largestFirst.map((c) => ({
        point: this.map.project(c.at),
        size: sizeOf(c),
        members: [c],
      }));
      if (this.map.getZoom() >= this.map.getMaxZoom()) return groups;
      for (let before = Infinity; groups.length < before; ) {
        before = groups.length;
        groups = this.merge(groups);
      }
      return groups;
    }

    // Each group joins the first that it would cover; a grid keeps the search short.
    merge(groups) {
      const cells = new Map();
      const kept = [];
      for (const group of groups) {
        const column = Math.floor(group.point.x / CELL);
        const row = Math.floor(group.point.y / CELL);
        const covered = this.near(cells, column, row).find(
          (other) => other.point.distanceTo(group.point) < COVERING * ((other.size + group.size) / 2),
        );
        if (covered) {
          covered.members.push(...group.members);
          covered.size = bunchSize(covered.members.length);
          continue;
        }
        kept.push(group);
        const key = `${column},${row}`;
        cells.set(key, [...(cells.get(key) ?? []), group]);
      }
      return kept.map((group) => ({ ...group, point: this.map.project(this.middle(group.members)) }));
    }

    near(cells, column, row) {
      const found = [];
      for (let x = column - 1; x <= column + 1; x += 1) {
        for (let y = row - 1; y <= row + 1; y += 1) found.push(...(cells.get(`${x},${y}`) ?? []));
      }
      return found;
    }

    mark(app, { members }) {
      const single = members.length === 1 ? members[0] : null;
      const counts = STATUSES.map((status) => members.filter((c) => c.status === status).length);
      const size = single ? sizeOf(single) : bunchSize(members.length);
      const html = single ? this.glyphOf(app, single, size) : bunch(counts, size);
      const icon = L.divIcon({ html, className: "cg-symbol", iconSize: [size + 6, size + 6] });
      const at = single ? single.at : this.middle(members);
      const marker = L.marker(at, { icon, riseOnHover: true });
      const says = single ? this.sentence(app, single) : this.groupSentence(app, members, counts);
      marker.bindTooltip(() => el("div", {}, ...says.map((part, i) => el(i ? "span" : "strong", {}, part))), {
        className: "cg-tip",
        direction: "top",
        offset: [0, -size / 2],
      });
      const act = () => (single ? this.open(app, single) : this.spread(members));
      marker.on("click", act);
      marker.on("keypress", ({ originalEvent: { key } }) => (key === "Enter" || key === " ") && act());
      marker.on("add", () => {
        const element = marker.getElement();
        element.setAttribute("aria-label", says.join(", "));
        element.dataset.cluster = members[0].id;
        if (single) element.dataset.status = single.status;
      });
      marker.addTo(this.symbols);
    }

    glyphOf(app, cluster, size) {
      const flagged = app.state.layers.has("findings") ? worst(cluster) : null;
      return glyph(cluster.status, { size: size + 4, estimated: app.rough(cluster), flagged, gauge: app.gauge(cluster) });
    }

    middle(members) {
      const mean = (i) => members.reduce((sum, cluster) => sum + cluster.at[i], 0) / members.length;
      return [mean(0), mean(1)];
    }

    // What is measured, as "Fill rate: 66 %".
    figure(app, cluster) {
      const { measure } = app;
      const field = measure?.field && app.fields.find(({ name }) => name === measure.field);
      return field ? `${measure.label[app.state.lang]}: ${app.figure(cluster, field)}` : null;
    }

    sentence(app, cluster) {
      const planned = cluster.value("planned_ha");
      const sign = cluster.estimated("planned_ha") ? "≈ " : "";
      const area = planned === null ? null : `${sign}${number(planned, app.state.lang, 1)}\u00a0ha`;
      const says = [
        app.name(cluster),
        [app.word("status", cluster.status), cluster.home, area].filter(Boolean).join(" · "),
        this.figure(app, cluster),
      ];
      return says.filter(Boolean);
    }

    groupSentence(app, members, counts) {
      const parts = STATUSES.map((status, i) =>
        counts[i] ? `${counts[i]} ${app.word("status", status)}` : null,
      );
      return [fill(app.words.shownAll, { all: members.length }), parts.filter(Boolean).join(" · ")];
    }

    open(app, cluster) {
      if (!app.measuring) app.popup(() => clusterCard(app, cluster), cluster.at, cluster);
    }

    spread(members) {
      const bounds = L.latLngBounds(members.map((cluster) => cluster.at));
      const zoom = Math.max(this.map.getBoundsZoom(bounds.pad(0.3)), this.map.getZoom() + 1);
      this.map.setView(bounds.getCenter(), Math.min(zoom, this.map.getMaxZoom()));
    }

    outline(app, clusters) {
      this.outlines.clearLayers();
      if (this.map.getZoom() < OUTLINES_FROM) return;
      const view = this.map.getBounds().pad(0.2);
      for (const cluster of clusters) {
        if (!cluster.outline.length || !view.contains(cluster.at)) continue;
        const drawn = cluster.outlineBasis === "schematic" || cluster.outlineBasis === "modelled";
        const className = `cg-outline cg-stroke-${cluster.status} cg-tint-${cluster.status}${drawn ? " cg-drawn" : ""}`;
        L.polygon(cluster.outline, { pane: "cg-outlines", renderer: this.renderer, className })
          .on("click", () => this.open(app, cluster))
          .addTo(this.outlines);
      }
    }
  }

  clustersGeo.Clusters = Clusters;
}
