// Controls on the map: zoom, place, layers, background, measuring, links.
{
  const { el, icon, length, area, number } = clustersGeo;
  const SAME = 4; // so many pictures alike are a refusal
  const ICONS = {
    zoomIn: "M12 5v14M5 12h14",
    zoomOut: "M5 12h14",
    reset: "M4 11l8-7 8 7v9h-5v-6H9v6H4z",
    locate: "M12 3v3M12 18v3M3 12h3M18 12h3M12 7a5 5 0 100 10 5 5 0 000-10z",
    layers: "M12 4l9 5-9 5-9-5zM3 14l9 5 9-5",
  };

  class Toolbar {
    constructor(app, actions) {
      const { map } = app;
      const press = {
        zoomIn: () => map.zoomIn(),
        zoomOut: () => map.zoomOut(),
        reset: () => app.home(),
        locate: () => this.locate(app),
        layers: () => this.toggleMenu(),
      };
      this.actions = actions;
      this.buttons = Object.keys(ICONS).map((name) =>
        el("button", { type: "button", "data-tool": name, on: { click: press[name] } }, icon(ICONS[name])),
      );
      this.menu = el("div", { class: "cg-menu", id: "cg-menu", hidden: true });
      this.buttons.at(-1).setAttribute("aria-expanded", "false");
      this.buttons.at(-1).setAttribute("aria-controls", "cg-menu");
      this.element = el("div", { class: "cg-toolbar" }, this.buttons);
      for (const part of [this.element, this.menu]) {
        L.DomEvent.disableClickPropagation(part);
        L.DomEvent.disableScrollPropagation(part);
      }
      this.menu.addEventListener("keydown", (event) => event.key === "Escape" && this.toggleMenu(false));
      map.on("click", () => this.toggleMenu(false));
    }

    toggleMenu(open = this.menu.hidden) {
      if (open === !this.menu.hidden) return;
      this.menu.hidden = !open;
      const button = this.buttons.at(-1);
      button.setAttribute("aria-expanded", String(open));
      if (open) this.menu.querySelector("input, button")?.focus();
      else if (this.menu.contains(document.activeElement) || document.activeElement === document.body) button.focus();
    }

    locate(app) {
      const { map, words: t } = app;
      map.once("locationerror", () => app.say(t.locateFailed));
      map.once("locationfound", ({ latlng, accuracy }) => {
        this.here?.remove();
        this.here = L.layerGroup([
          L.circle(latlng, { radius: accuracy, className: "cg-here-area", interactive: false }),
          L.circleMarker(latlng, { radius: 6, className: "cg-here", interactive: false }),
        ]).addTo(map);
        app.say(t.youAreHere);
      });
      map.locate({ setView: true, maxZoom: 14 });
    }

    update(app) {
      const { words: t } = app;
      this.buttons.forEach((button) => {
        button.setAttribute("aria-label", t[button.dataset.tool]);
        button.title = t[button.dataset.tool];
      });
      const focused = document.activeElement?.dataset?.layer;
      const layers = [
        app.districts.length ? ["districts", t.layerDistricts] : null,
        app.districts.length ? ["names", t.layerNames] : null,
        app.clusters.length ? ["clusters", t.layerClusters] : null,
        app.data.findings.length ? ["findings", t.layerFindings] : null,
        ...(app.data.stock ?? []).map((layer, i) => [`stock-${i}`, layer.name || `#${i + 1}`]),
        app.layers.context.of(app) ? ["context", t.layerContext] : null,
        app.data.tiles ? ["tiles", t.layerTiles] : null,
      ];
      this.menu.replaceChildren(
        el("h3", {}, t.layersHead),
        ...layers.filter(Boolean).map(([name, label]) => this.box(app, name, label)),
        el("h3", {}, t.toolsHead),
        ...Object.entries(this.actions).map(([name, act]) => this.action(t[name], act)),
      );
      if (focused) this.menu.querySelector(`[data-layer="${focused}"]`)?.focus();
    }

    box(app, name, label) {
      const change = () => {
        const layers = new Set(app.state.layers);
        layers[box.checked ? "add" : "delete"](name);
        app.set({ layers });
      };
      const box = el("input", { type: "checkbox", "data-layer": name, on: { change } });
      box.checked = app.state.layers.has(name);
      return el("label", { class: "cg-box" }, box, el("bdi", {}, label));
    }

    action(label, act) {
      const click = () => {
        this.toggleMenu(false);
        act();
      };
      return el("button", { type: "button", class: "cg-wide", on: { click } }, label);
    }
  }

  // A background only when the reader asks for it and there is a network; none is better than a broken one.
  class Tiles {
    update(app) {
      const { tiles } = app.data;
      const wanted = Boolean(tiles) && app.state.layers.has("tiles");
      if (!wanted) {
        this.layer?.remove();
        this.layer = null;
        app.map.getContainer().parentElement.classList.remove("cg-tiled");
        app.credit("");
        return;
      }
      if (this.layer) return;
      if (!navigator.onLine) {
        this.giveUp(app, app.words.offline);
        return;
      }
      const { url, subdomains, maxZoom, readable } = tiles;
      this.layer = L.tileLayer(url, {
        subdomains,
        maxNativeZoom: maxZoom,
        crossOrigin: readable ? "anonymous" : false,
        referrerPolicy: "strict-origin-when-cross-origin",
      });
      this.layer.once("tileerror", () => this.giveUp(app, app.words.tilesFailed));
      this.seen = [];
      this.layer.on("tileload", ({ tile }) => readable && this.look(app, tile));
      this.layer.addTo(app.map);
      app.map.getContainer().parentElement.classList.add("cg-tiled");
      app.credit(tiles.attribution);
    }

    // A server may refuse with a picture, which loads as any other: then all pictures are the same.
    look(app, tile) {
      if (!this.seen || this.seen.length >= SAME) return;
      const context = el("canvas", { width: 32, height: 32 }).getContext("2d", { willReadFrequently: true });
      try {
        context.drawImage(tile, 0, 0, 32, 32);
        this.seen.push(context.getImageData(0, 0, 32, 32).data.join());
      } catch {
        return; // a picture that may not be looked at
      }
      if (this.seen.length === SAME && new Set(this.seen).size === 1) this.giveUp(app, app.words.tilesRefused);
    }

    giveUp(app, why) {
      const layers = new Set(app.state.layers);
      layers.delete("tiles");
      app.say(why);
      app.set({ layers });
    }
  }

  class Ruler {
    constructor(app) {
      this.app = app;
      this.layer = L.layerGroup();
      this.result = el("output", { class: "cg-ruler-result" });
      this.stopButton = el("button", { type: "button", on: { click: () => this.stop() } });
      this.element = el("div", { class: "cg-ruler", hidden: true }, this.result, this.stopButton);
      L.DomEvent.disableClickPropagation(this.element);
      app.map.on("click", ({ latlng }) => app.measuring && this.add(latlng));
      document.addEventListener("keydown", (event) => event.key === "Escape" && app.measuring && this.stop());
    }

    start() {
      const { app } = this;
      app.measuring = true;
      app.map.closePopup();
      this.points = [];
      this.seen = [];
      this.layer.on("tileload", ({ tile }) => readable && this.look(app, tile));
      this.layer.addTo(app.map);
      app.map.getContainer().classList.add("cg-measuring");
      this.element.hidden = false;
      this.update(app);
    }

    stop() {
      this.app.measuring = false;
      this.layer.clearLayers().remove();
      this.app.map.getContainer().classList.remove("cg-measuring");
      this.element.hidden = true;
    }

    add(point) {
      this.points.push(point);
      this.layer.clearLayers();
      const several = this.points.length > 2;
      const line = several
        ? L.polygon(this.points, { className: "cg-ruler-line", interactive: false })
        : L.polyline(this.points, { className: "cg-ruler-line", interactive: false });
      this.layer.addLayer(line);
      for (const at of this.points)
        this.layer.addLayer(
          L.circleMarker(at, { radius: 4, className: "cg-ruler-point", interactive: false }),
        );
      this.update(this.app);
    }

    update(app) {
      const { words: t } = app;
      const { lang } = app.state;
      this.stopButton.textContent = t.stop;
      if (!app.measuring) return;
      if (this.points.length < 2) {
        this.result.textContent = t.measureHint;
        return;
      }
      const metres = length(this.points);
      const along =
        metres < 1000 ? `${number(metres, lang, 0)}\u00a0m` : `${number(metres / 1000, lang, 2)}\u00a0km`;
      const within =
        this.points.length > 2 ? ` · ${t.area}: ${number(area(this.points) / 10000, lang, 2)}\u00a0ha` : "";
      this.result.textContent = `${t.distance}: ${along}${within}`;
    }
  }

  // A scale bar of a round length, metres or kilometres.
  class Scale {
    constructor(app) {
      this.text = el("span", {});
      this.element = el("div", { class: "cg-scale" }, this.text);
      app.map.on("zoomend moveend resize", () => app.ready && this.update(app));
    }

    static of(map) {
      const y = map.getSize().y / 2;
      const metres = map.distance(map.containerPointToLatLng([0, y]), map.containerPointToLatLng([100, y]));
      if (!(metres > 0)) return { metres: 0, pixels: 0 };
      const power = 10 ** Math.floor(Math.log10(metres));
      const round = power * ([5, 2, 1].find((n) => n * power <= metres) ?? 1);
      return { metres: round, pixels: (100 * round) / metres };
    }

    static says(metres, lang) {
      return metres < 1000
        ? `${number(metres, lang, 0)}\u00a0m`
        : `${number(metres / 1000, lang, 0)}\u00a0km`;
    }

    update(app) {
      const { metres, pixels } = Scale.of(app.map);
      this.element.style.width = `${pixels}px`;
      this.text.textContent = Scale.says(metres, app.state.lang);
    }
  }

  Object.assign(clustersGeo, { Toolbar, Tiles, Ruler, Scale });
}
