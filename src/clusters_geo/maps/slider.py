"""Two vintages under a slider: one HTML file without a network, for what changed where."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from markupsafe import Markup

from clusters_geo.errors import SchemaError
from clusters_geo.history.compare import compare
from clusters_geo.report.svg_map import STATUS_COLOURS
from clusters_geo.report.svg_names import beside_symbols, boxes_at
from clusters_geo.report.time_sheets import compare_sheets
from clusters_geo.schema import STATUSES
from clusters_geo.words import format_date, format_number, speaker
from clusters_geo.writing import write_text

if TYPE_CHECKING:
    import os

    from clusters_geo.history.compare import Comparison
    from clusters_geo.report.svg_names import Label
    from clusters_geo.schema import Language

__all__ = ["save_slider", "slider_html"]

_say = speaker("slider")
_UNKNOWN = "unknown"
_COLOURS = STATUS_COLOURS | {_UNKNOWN: "#b9b9b9"}
# Half a lozenge, of a page 1,000 wide: smaller outlines would be specks without a colour.
_SPOT = 8
_WIDTH = 1000.0
# Names as slider.html writes them, and how far from the middle of a lozenge: its red rim and some ground.
_LETTERS, _APART = 26, 16
_MARGIN = 0.03
# The left side shows the earlier vintage up to the slider, the right one the later from there on. In a block:
# a window has names of its own, as `top`, that a script may not declare again.
_SCRIPT = (
    '{const at=document.getElementById("at"),later=document.querySelectorAll(".frame svg")[1],'
    'line=document.querySelector(".frame i");at.addEventListener("input",()=>{'
    "later.style.clipPath=`inset(0 0 0 ${at.value}%)`;line.style.left=`${at.value}%`;});}"
)


class _Drawn(NamedTuple):
    path: str
    status: str
    title: str
    changed: bool
    name: str
    at: tuple[float, float]  # of its middle, on the page


def save_slider(  # noqa: PLR0913 - all but the two and the file is keyword-only
    before: gpd.GeoDataFrame,
    after: gpd.GeoDataFrame,
    path: str | os.PathLike[str],
    *,
    found: Comparison | None = None,
    districts: gpd.GeoDataFrame | None = None,
    lang: Language = "vi",
) -> Path:
    """Write both vintages to one page, whole or not at all; see `slider_html`.

    Raises
    ------
    SchemaError
        If neither has an outline.
    SourceError
        If the file cannot be written.

    Examples
    --------
    >>> import clusters_geo as cg
    >>> early, districts = cg.load_hanoi()
    >>> late, _ = cg.load_hanoi(as_of="2025-12-31")
    >>> page = save_slider(early, late, tmp / "change.html", districts=districts, lang="en")
    >>> page.read_text(encoding="utf-8").count("<svg")
    2
    """
    return write_text(path, slider_html(before, after, found=found, districts=districts, lang=lang))


def slider_html(
    before: gpd.GeoDataFrame,
    after: gpd.GeoDataFrame,
    *,
    found: Comparison | None = None,
    districts: gpd.GeoDataFrame | None = None,
    lang: Language = "vi",
) -> str:
    """Return a page with both vintages under a slider.

    Parameters
    ----------
    before, after
        Registers with outlines, and what is known of `status`, `planned_ha` and `as_of`.
    found
        From `compare`, so that it need not be found twice.
    districts
        Drawn below, for orientation; without them no borders are drawn, and the page says so.
    lang
        Language of the page.
    """
    from jinja2 import Environment

    comparison = found or compare(before, after)
    changes = comparison.changes
    changed = {*changes["cluster_id"], *changes["before_id"]}
    shapes = [_lonlat(table) for table in (before, after)]
    units = gpd.GeoSeries() if districts is None else _lonlat(districts)
    box = _box([*shapes, units[_with_clusters(units, shapes)]])
    height = _WIDTH * box.height / box.width
    sides = _sides(before, after, lang)
    table = compare_sheets(comparison, lang, most=None)[-1]
    drawn = [
        [*_side(table, shape, changed, box, lang)]
        for table, shape in zip((before, after), shapes, strict=True)
    ]
    template = (Path(__file__).parent / "web" / "slider.html").read_text(encoding="utf-8")
    page = Environment(autoescape=True).from_string(template)
    return page.render(
        lang=lang,
        title=_say("title", lang, before=sides[0], after=sides[1]),
        sides=sides,
        box=f"0 0 {_WIDTH:g} {height:.1f}",
        units=[box.outline(shape) for shape in units],
        drawn=drawn,
        labels=[_labels(side, height) for side in drawn],
        legend=_legend([before, after], lang),
        notes=[
            *_counted(changes, shapes, lang),
            *_sketches([before, after], lang),
            *([_say("no_units", lang)] if districts is None else []),
            *_without_place(shapes, lang),
        ],
        table=table,
        words={"slide": _say("slide", lang)},
        script=Markup(_SCRIPT),  # noqa: S704 - our own
        hash=f"sha256-{base64.b64encode(hashlib.sha256(_SCRIPT.encode()).digest()).decode()}",
    )


def _counted(changes: pd.DataFrame, shapes: list[gpd.GeoSeries], lang: Language) -> list[str]:
    """Return how many of the clusters that changed are outlined in red, and how many are not drawn."""
    placed = {key for side in shapes for key in side.index[side.notna() & ~side.is_empty]}
    seen = changes["cluster_id"].isin(placed) | changes["before_id"].isin(placed)
    known = changes.assign(seen=seen).groupby("cluster_id")["seen"].any()
    hidden = int((~known).sum())
    said = [_say("changed", lang, n=int(known.sum()))]
    return [*said, _say("changed_hidden", lang, n=hidden)] if hidden else said


def _labels(side: list[_Drawn], height: float) -> list[Label]:
    """Return where the name of each changed cluster stands that finds room beside it."""
    points = np.reshape([cluster.at for cluster in side], (-1, 2))
    names = [cluster.name if cluster.changed else "" for cluster in side]
    return beside_symbols(names, points, boxes_at(points, _APART), (_WIDTH, height), _LETTERS, _APART)


class _Box(NamedTuple):
    west: float
    north: float
    width: float
    height: float
    stretch: float

    def path(self, shape: shapely.Geometry) -> str:
        """Return a cluster's outline; a lozenge where it is a place, or too small to have a colour."""
        west, south, east, north = shapely.bounds(shape)
        wide = max((east - west) * self.stretch, north - south) * _WIDTH / self.width
        return self.outline(shape) if wide > 2 * _SPOT and _rings(shape) else self._spot(shape)

    def outline(self, shape: shapely.Geometry) -> str:
        parts = []
        for ring in _rings(shape):
            x = (ring[:, 0] - self.west) * self.stretch * _WIDTH / self.width
            y = (self.north - ring[:, 1]) * _WIDTH / self.width
            parts.append("M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in zip(x, y, strict=True)) + "Z")
        return "".join(parts)

    def middle(self, shape: shapely.Geometry) -> tuple[float, float]:
        at = shapely.get_coordinates(shapely.centroid(shape))[0]
        x = (at[0] - self.west) * self.stretch * _WIDTH / self.width
        return float(x), float((self.north - at[1]) * _WIDTH / self.width)

    def _spot(self, shape: shapely.Geometry) -> str:
        x, y = self.middle(shape)
        return f"M{x - _SPOT:.1f} {y:.1f}l{_SPOT} -{_SPOT} {_SPOT} {_SPOT} -{_SPOT} {_SPOT}Z"


def _rings(shape: shapely.Geometry) -> list[np.ndarray]:
    polygons = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
    return [np.asarray(ring.coords)[:, :2] for part in polygons for ring in (part.exterior, *part.interiors)]


def _lonlat(table: gpd.GeoDataFrame) -> gpd.GeoSeries:
    if not isinstance(table, gpd.GeoDataFrame) or table.crs is None:
        raise SchemaError("slider.no-outlines")
    return table.geometry.to_crs(4326)


def _with_clusters(units: gpd.GeoSeries, shapes: list[gpd.GeoSeries]) -> np.ndarray:
    """Return which units are shown whole: those that clusters lie in; of the others only what is near."""
    # Of objects even where there is none, as the tree asks for.
    places = np.array(
        [place for side in shapes for place in shapely.centroid(side.dropna().array)], dtype=object
    )
    found = shapely.STRtree(np.asarray(units.array)).query(places, predicate="intersects")
    return np.isin(np.arange(len(units)), found[1])


def _box(layers: list[gpd.GeoSeries]) -> _Box:
    bounds = np.array([layer.total_bounds for layer in layers if layer.notna().any()])
    if not len(bounds):
        raise SchemaError("slider.no-outlines")
    (west, south), (east, north) = np.nanmin(bounds[:, :2], axis=0), np.nanmax(bounds[:, 2:], axis=0)
    rim = _MARGIN * max(east - west, north - south)
    stretch = float(np.cos(np.radians((south + north) / 2)))
    return _Box(west - rim, north + rim, (east - west + 2 * rim) * stretch, north - south + 2 * rim, stretch)


def _side(
    table: gpd.GeoDataFrame, shapes: gpd.GeoSeries, changed: set[object], box: _Box, lang: Language
) -> list[_Drawn]:
    drawn = []
    for key, row in table.iterrows():
        shape = shapes[key]
        if shape is None or shape.is_empty:
            continue
        status = _status(row.get("status"))
        words = STATUSES[status][lang == "en"] if status in STATUSES else _say("unknown", lang)
        area = format_number(row.get("planned_ha"), lang)
        name = str(row.get("name", key))
        title = f"{name} – {words} – {area} ha"
        drawn.append(_Drawn(box.path(shape), status, title, key in changed, name, box.middle(shape)))
    return drawn


def _status(value: object) -> str:
    return str(value) if value in STATUSES else _UNKNOWN


def _legend(tables: list[gpd.GeoDataFrame], lang: Language) -> list[tuple[str, str]]:
    """Return colour and words of each status, the unknown one where there are such clusters."""
    legend = [(_COLOURS[name], words[lang == "en"]) for name, words in STATUSES.items()]
    unknown = any("status" not in table or table["status"].isna().any() for table in tables)
    return [*legend, *([(_COLOURS[_UNKNOWN], _say("unknown", lang))] if unknown else [])]


def _sides(before: pd.DataFrame, after: pd.DataFrame, lang: Language) -> list[str]:
    """Return what the two are called: by their days where these tell them apart."""
    days = [_day(table, lang) for table in (before, after)]
    if all(days) and days[0] != days[1]:
        return days
    named = [_say(side, lang) for side in ("before", "after")]
    return [
        _say("side", lang, side=side, day=day) if day else side for side, day in zip(named, days, strict=True)
    ]


def _day(table: pd.DataFrame, lang: Language) -> str:
    days = pd.to_datetime(table["as_of"]).dropna() if "as_of" in table else pd.Series(dtype="datetime64[us]")
    return "" if days.empty else format_date(days.max(), lang)


def _without_place(shapes: list[gpd.GeoSeries], lang: Language) -> list[str]:
    lost = {key for side in shapes for key in side.index[side.isna() | side.is_empty]}
    return [_say("no_place", lang, n=len(lost))] if lost else []


def _sketches(tables: list[gpd.GeoDataFrame], lang: Language) -> list[str]:
    sketched = any(
        "boundary_basis" in table and (table["boundary_basis"] == "schematic").any() for table in tables
    )
    return [_say("schematic", lang)] if sketched else []
