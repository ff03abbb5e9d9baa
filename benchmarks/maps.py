"""Check that our offline map is smaller, as quickly built and quicker to load than what Folium users write.

Content: 30 districts with about 47,000 vertices and 113 clusters with 10 fields, made from the bundled case
with rugged borders. Peers: `GeoDataFrame.explore()` for both layers, and two plain `folium.GeoJson`. They
load Leaflet and more from four hosts; here Leaflet is answered from disk and the rest with nothing, which
favours them.
All in this process, turn and turn about; medians of the rounds. Building is counted in CPU seconds of this
process, which other work on the machine disturbs least.
"""

from __future__ import annotations

import os
import re
import shutil
import statistics
import sys
import tempfile
import time
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

import clusters_geo as cg
from clusters_geo.maps import make_map, save_district_maps, save_map

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser, Route

ROUNDS = 5
VERTICES, CLUSTERS = 47_000, 113
FIELDS = [
    "name", "district", "commune", "status", "planned_ha", "planned_ha_basis", "built_ha", "built_ha_basis",
    "source", "as_of",
]  # fmt: skip
CITY_BYTES, DISTRICT_BYTES, REAL_BYTES, PACK_SECONDS = 415_000, 345_000, 600_000, 10.0


def content() -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return clusters and districts of the size that the peers were measured with."""
    clusters, districts = cg.load_hanoi()
    shapes = np.asarray(districts.geometry.array)
    rugged = shapely.segmentize(shapes, shapely.length(shapes).sum() / VERTICES)
    # Both sides of a border stay the same: rounded first, then moved by what depends on the place alone.
    rugged = shapely.transform(rugged, lambda xy: _moved(np.round(xy, 9)))
    clusters = clusters.head(CLUSTERS)[[*FIELDS, "geometry"]]
    return clusters.assign(as_of=clusters["as_of"].astype(str)), districts.set_geometry(rugged, crs=4326)


def _moved(xy: Any) -> Any:  # noqa: ANN401 - an array of numpy's
    # Two shears: whatever they move stays apart, so that no border crosses another.
    x = xy[:, 0] + 0.00012 * np.sin(xy[:, 1] * 3_100)
    return np.column_stack([x, xy[:, 1] + 0.00012 * np.sin(x * 2_700)])


def by_us(clusters: gpd.GeoDataFrame, districts: gpd.GeoDataFrame, path: Path) -> None:
    """Write our map."""
    save_map(make_map(clusters, districts), path)


def by_explore(clusters: gpd.GeoDataFrame, districts: gpd.GeoDataFrame, path: Path) -> None:
    """Write what `GeoDataFrame.explore` makes of both layers."""
    rate = cg.summarize(clusters, by="district")["planned_ha"].reindex(districts["name"]).to_numpy()
    m = districts.assign(planned=rate).explore(column="planned", tiles=None)
    clusters.explore(column="status", m=m).save(path)


def by_geojson(clusters: gpd.GeoDataFrame, districts: gpd.GeoDataFrame, path: Path) -> None:
    """Write two plain GeoJSON layers with tooltips."""
    m = folium.Map([21.0, 105.8], zoom_start=10, tiles=None)
    for table, fields in ((districts, ["name"]), (clusters, FIELDS)):
        shown = pd.DataFrame(table.drop(columns="geometry")).astype(str)
        layer = gpd.GeoDataFrame(shown, geometry=table.geometry)
        folium.GeoJson(
            layer, tooltip=folium.GeoJsonTooltip(fields), popup=folium.GeoJsonPopup(fields)
        ).add_to(m)
    m.save(str(path))


WRITERS: dict[str, Callable[[gpd.GeoDataFrame, gpd.GeoDataFrame, Path], None]] = {
    "clusters-geo": by_us,
    "explore()": by_explore,
    "folium.GeoJson ×2": by_geojson,
}


def leaflet(route: Route) -> None:
    """Answer a request to a CDN: Leaflet from disk, everything else with nothing."""
    name = route.request.url.rsplit("/", 1)[-1]
    found = [f for f in metadata.files("XStatic-Leaflet") or [] if f.name == name]
    if found:
        route.fulfill(path=str(found[0].locate()))
    else:
        route.fulfill(body="", content_type="text/css" if ".css" in name else "text/javascript")


def load_ms(browser: Browser, path: Path) -> float:
    """Return the milliseconds from opening a file to its outlines being painted."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.route(re.compile("^https?://"), leaflet)
    page = context.new_page()
    page.add_init_script(
        """const look = () => {
            if (document.querySelectorAll('path').length <= 30) return requestAnimationFrame(look);
            // A message sent before a frame is painted arrives when it is.
            const { port1, port2 } = new MessageChannel();
            port2.onmessage = () => { globalThis.shown = performance.now(); };
            port1.postMessage(null);
        };
        requestAnimationFrame(look);"""
    )
    page.goto(path.as_uri())
    page.wait_for_function("() => globalThis.shown")
    milliseconds = float(page.evaluate("globalThis.shown"))
    context.close()
    return milliseconds


def measure(folder: Path) -> dict[str, tuple[float, float, float]]:
    """Return build seconds, bytes and load milliseconds of each writer."""
    from playwright.sync_api import sync_playwright

    clusters, districts = content()
    print(f"{len(districts)} districts, {shapely.get_num_coordinates(districts.geometry).sum():,} vertices")
    files = {name: folder / f"{i}.html" for i, name in enumerate(WRITERS)}
    built: dict[str, list[float]] = {name: [] for name in WRITERS}
    loaded: dict[str, list[float]] = {name: [] for name in WRITERS}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        for turn in range(ROUNDS + 1):
            for name, write in WRITERS.items():
                start = time.process_time()
                write(clusters, districts, files[name])
                seconds, milliseconds = time.process_time() - start, load_ms(browser, files[name])
                if turn:  # the first round imports and warms up
                    built[name].append(seconds)
                    loaded[name].append(milliseconds)
        browser.close()
    return {
        name: (statistics.median(built[name]), files[name].stat().st_size, statistics.median(loaded[name]))
        for name in WRITERS
    }


def budgets(folder: Path) -> list[tuple[str, bool]]:
    """Return whether the bundled and the real maps keep their sizes, and the pack its time."""
    clusters, districts = cg.load_hanoi()
    city = save_map(make_map(clusters, districts), folder / "city.html").stat().st_size
    start = time.process_time()
    pack = save_district_maps(clusters, districts, folder / "pack")
    seconds = time.process_time() - start
    pack.pop("")
    largest = max(file.stat().st_size for file in pack.values())
    lines = [
        (f"city map {city / 1000:.0f} kB, at most {CITY_BYTES // 1000}", city <= CITY_BYTES),
        (
            f"largest district map {largest / 1000:.0f} kB, at most {DISTRICT_BYTES // 1000}",
            largest <= DISTRICT_BYTES,
        ),
        (
            f"pack of {len(pack)} in {seconds:.1f} s of a core, at most {PACK_SECONDS:.0f}",
            seconds <= PACK_SECONDS,
        ),
    ]
    real = Path(os.environ.get("CLUSTERS_GEO_REAL_DATA", "../shared/data")) / "hanoi_districts_hdx.geojson"
    if not real.exists():
        print(f"SKIPPED the real district layer: no {real}; set CLUSTERS_GEO_REAL_DATA.")
        return lines
    layer = (
        gpd.read_file(real).rename(columns={"ADM2_VI": "name"}).set_index("gso_code")[["name", "geometry"]]
    )
    size = save_map(make_map(clusters, layer), folder / "real.html").stat().st_size
    return [
        *lines,
        (f"real district layer {size / 1000:.0f} kB, at most {REAL_BYTES // 1000}", size <= REAL_BYTES),
    ]


def main() -> int:
    """Print the figures; 1 if a claim does not hold."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        figures = measure(folder)
        print(f"{'':20} {'CPU s':>8} {'kB':>7} {'load ms':>8}")
        for writer, (seconds, size, milliseconds) in figures.items():
            print(f"{writer:20} {seconds:8.2f} {size / 1000:7.0f} {milliseconds:8.0f}")
        us = figures.pop("clusters-geo")
        claims = [
            (f"{peer[at] / us[at]:.2f} × {what} than {name}, at least {least}", peer[at] >= least * us[at])
            for name, peer in figures.items()
            for at, what, least in ((0, "faster built", 1), (1, "smaller", 4), (2, "faster loaded", 1))
        ]
        claims += budgets(folder)
    for text, holds in claims:
        print(f"{'ok  ' if holds else 'FAIL'} {text}")
    return 0 if all(holds for _, holds in claims) else 1


if __name__ == "__main__":
    sys.exit(main())
