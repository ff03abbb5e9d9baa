"""A map that needs nothing but paper: units, clusters by status, and names that fit, as one small SVG."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import shapely

from clusters_geo.crs import MAP_CRS
from clusters_geo.report.svg import drawing, element, text, text_width
from clusters_geo.report.svg_names import (
    SYMBOL,
    beside_symbols,
    boxes_at,
    inside_outlines,
    led_outside,
    written,
)
from clusters_geo.schema import STATUSES
from clusters_geo.words import speaker

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

    from clusters_geo.report.svg_names import Label
    from clusters_geo.schema import Language

__all__ = ["STATUS_COLOURS", "has_place", "svg_map"]

_say = speaker("unit_report")
STATUS_COLOURS = {"operating": "#1d4596", "under_construction": "#e58a00", "pending": "#b0246f"}
_UNKNOWN = "#6b7280"
_KEY_HEIGHT, _KEY_LINE = 24.0, 17.0
# Details smaller than this share of the map are not seen.
_DETAIL = 1 / 400
_POLYGONAL = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)


def has_place(clusters: gpd.GeoDataFrame, units: gpd.GeoDataFrame | None) -> bool:
    """Return whether there is anything to draw: without a shape a map is a hole in the page.

    Examples
    --------
    >>> import clusters_geo as cg
    >>> clusters, districts = cg.load_hanoi()
    >>> nowhere = clusters.set_geometry([None] * len(clusters), crs=4326)
    >>> has_place(nowhere, districts), has_place(nowhere, None)
    (True, False)
    """
    tables = [clusters] if units is None else [clusters, units]
    return any(bool((~(table.geometry.isna() | table.geometry.is_empty)).any()) for table in tables)


def svg_map(  # noqa: PLR0913 - all but the tables is keyword-only
    clusters: gpd.GeoDataFrame,
    units: gpd.GeoDataFrame | None,
    *,
    lang: Language = "vi",
    title: str = "",
    focus: str | None = None,
    width: float = 640,
    height: float = 420,
    letters: float = 10,
    labels: Sequence[str] | None = None,
) -> str:
    """Draw clusters by status over the outlines of units.

    Parameters
    ----------
    clusters
        Clusters, with `status`; rows without a shape are left out here and stand in the tables.
    units
        Units with `name`, or None.
    lang, title
        Language of the key, and what the drawing is called when read aloud.
    focus
        The unit that fills the drawing; its neighbours are pale.
    width, height, letters
        In units of the drawing; `letters` is the size of names.
    labels
        What stands beside each symbol, such as its number in a list; None for nothing.

    Examples
    --------
    >>> import clusters_geo as cg
    >>> drawn = svg_map(*cg.load_hanoi())
    >>> drawn.startswith("<svg"), len(drawn) < 40_000
    (True, True)
    """
    key, lines = _key(clusters, lang, width)
    below = _KEY_HEIGHT + (lines - 1) * _KEY_LINE
    size = (width, height - below)
    points = _points(clusters)
    shapes, names = _units(units)
    place = _Place.of(points, shapes, names, focus, size)
    drawn = _simple(shapes, place, clipped=focus in names)
    at = place.at(points)
    taken = boxes_at(at, SYMBOL)
    numbered = beside_symbols([""] * len(at) if labels is None else labels, at, taken, size, letters)
    outlines = shapely.transform(drawn, place.at)
    named = inside_outlines(names, outlines, taken, size, letters)
    led = [] if focus in names or not names else _led(names, outlines, named, at, size, letters)
    inside = element(
        "svg",
        *_outlines(drawn, names, focus, place),
        *_symbols(clusters, at),
        *led,
        *written(named, letters),
        *written(numbered, letters, weight=700),
        width=width,
        height=height - below,
    )
    return drawing(
        width,
        height,
        title or _say("map", lang),
        [inside, element("g", *key, transform=f"translate(0 {height - below + 18:.0f})")],
    )


def _led(  # noqa: PLR0913, PLR0917 - what is drawn, and where
    names: list[str],
    outlines: np.ndarray,
    named: Sequence[Label],
    at: np.ndarray,
    size: tuple[float, float],
    letters: float,
) -> list[str]:
    """Return the names of units with clusters that found no room inside, led out of the map."""
    there = {words.replace("\n", " ") for words, _, _ in named}
    counts = np.zeros(len(names), dtype=int)
    unit, _ = shapely.STRtree(shapely.points(at[np.isfinite(at).all(axis=1)])).query(outlines, "contains")
    np.add.at(counts, unit, 1)
    counts[[name in there for name in names]] = 0
    return led_outside(names, outlines, counts, size, letters)


def _units(units: gpd.GeoDataFrame | None) -> tuple[np.ndarray, list[str]]:
    """Return the outlines in degrees and their names; what is no outline is left out."""
    if units is None or units.empty:
        return np.array([], dtype=object), []
    shapes = np.asarray(units.to_crs(MAP_CRS).geometry.array)
    drawable = np.isin(shapely.get_type_id(shapes), _POLYGONAL)
    return shapes[drawable], [str(name) for name in units["name"][drawable]]


class _Place:
    """From degrees to the drawing: equal scale both ways at the middle latitude."""

    def __init__(self, bounds: tuple[float, float, float, float], size: tuple[float, float]) -> None:
        west, south, east, north = bounds
        self.size = size
        self.narrow = math.cos(math.radians((south + north) / 2))
        across, up = max((east - west) * self.narrow, 1e-3), max(north - south, 1e-3)
        self.scale = min((size[0] - 24) / across, (size[1] - 24) / up)
        self.west = (west + east) / 2 - size[0] / 2 / self.scale / self.narrow
        self.north = (south + north) / 2 + size[1] / 2 / self.scale
        self.detail = max(across, up) * _DETAIL

    @classmethod
    def of(
        cls,
        points: np.ndarray,
        shapes: np.ndarray,
        names: list[str],
        focus: str | None,
        size: tuple[float, float],
    ) -> _Place:
        shown = shapes[[name == focus for name in names]] if focus in names else shapes
        boxes = [shapely.total_bounds(shown)] if len(shown) else []
        some = points[np.isfinite(points).all(axis=1)]
        if len(some) and focus not in names:
            boxes.append(np.array([*some.min(axis=0), *some.max(axis=0)]))
        found = [box for box in boxes if np.isfinite(box).all()]
        if not found:
            return cls((105.0, 20.5, 106.0, 21.5), size)
        stack = np.array(found)
        return cls((*stack[:, :2].min(axis=0), *stack[:, 2:].max(axis=0)), size)

    def frame(self) -> shapely.Geometry:
        """Return what the drawing shows, with some room, in degrees."""
        wide, tall = self.size[0] / self.scale / self.narrow, self.size[1] / self.scale
        return shapely.box(
            self.west - 0.1 * wide, self.north - 1.1 * tall, self.west + 1.1 * wide, self.north + 0.1 * tall
        )

    def at(self, coordinates: np.ndarray) -> np.ndarray:
        x = (coordinates[:, 0] - self.west) * self.narrow * self.scale
        return np.column_stack([x, (self.north - coordinates[:, 1]) * self.scale])


def _points(clusters: gpd.GeoDataFrame) -> np.ndarray:
    inside = shapely.point_on_surface(np.asarray(clusters.to_crs(MAP_CRS).geometry.array))
    return np.column_stack([shapely.get_x(inside), shapely.get_y(inside)])


def _simple(shapes: np.ndarray, place: _Place, *, clipped: bool) -> np.ndarray:
    """Return outlines with as much detail as can be seen."""
    if not len(shapes):
        return shapes
    simple = shapely.coverage_simplify(shapely.make_valid(shapes), place.detail)
    return np.asarray(shapely.intersection(simple, place.frame()) if clipped else simple)


def _outlines(shapes: np.ndarray, names: list[str], focus: str | None, place: _Place) -> list[str]:
    quiet: list[str] = []
    chosen: list[str] = []
    for shape, name in zip(shapes, names, strict=True):
        if way := _path(shape, place):
            (chosen if name == focus else quiet).append(element("path", d=way))
    ground = "#f4f5f1" if focus in names else "#eef4f1"
    looks = {"fill_rule": "evenodd", "stroke": "#7d8f8b"}
    return [
        *([element("g", *quiet, fill=ground, stroke_width=0.7, **looks)] if quiet else []),
        *([element("g", *chosen, fill="#dcefe9", stroke_width=1.4, **looks)] if chosen else []),
    ]


def _path(shape: shapely.Geometry, place: _Place) -> str:
    parts = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
    return "".join(_ring(ring, place) for part in parts for ring in shapely.get_rings(part))


def _ring(ring: shapely.Geometry, place: _Place) -> str:
    points = np.rint(place.at(shapely.get_coordinates(ring))[:-1]).astype(int)
    moved = points[np.any(points != np.roll(points, 1, axis=0), axis=1)]
    if len(moved) < 3:  # noqa: PLR2004 - a ring needs three points
        return ""
    steps = " ".join(f"{x} {y}" for x, y in np.diff(moved, axis=0))
    return f"M{moved[0][0]} {moved[0][1]}l{steps.replace(' -', '-')}z"


_SHAPES = {
    "operating": "m-4 0a4 4 0 108 0a4 4 0 10-8 0z",
    "under_construction": "m-3.600-3.600h7.200v7.200h-7.200z",
    "pending": "m0-4.600l4.500 8h-9z",
    "unknown": "m0-4.600l4.600 4.600l-4.600 4.600l-4.600-4.600z",
}


def _symbols(clusters: gpd.GeoDataFrame, at: np.ndarray) -> list[str]:
    known = clusters["status"].isin(list(_SHAPES))
    status = clusters["status"].astype("string").where(known, "unknown").to_numpy()
    paths = []
    for name, shape in _SHAPES.items():
        found = [
            f"M{x:.0f} {y:.0f}{shape}"
            for (x, y), s in zip(at, status, strict=True)
            if s == name and np.isfinite(x)
        ]
        looks = {"fill": STATUS_COLOURS.get(name, _UNKNOWN), "stroke": "#ffffff", "stroke_width": 0.9}
        paths += [element("path", d="".join(found), **looks)] if found else []
    return paths


def _key(clusters: gpd.GeoDataFrame, lang: Language, width: float) -> tuple[list[str], int]:
    """Return what the symbols mean, with how many there are, and on how many lines it stands."""
    status = clusters["status"].astype("string")
    counts = status.where(status.isin(list(STATUSES)), "unknown").value_counts()
    words = {name: both[0 if lang == "vi" else 1] for name, both in STATUSES.items()}
    if "unknown" in counts:
        words["unknown"] = speaker("reports")("unknown_status", lang)
    entries = [(name, f"{said} ({int(counts.get(name, 0))})") for name, said in words.items()]
    if unplaced := int(clusters.geometry.isna().sum() + clusters.geometry.is_empty.sum()):
        entries.append(("", _say("unplaced", lang, n=unplaced)))
    parts, x, y = [], 12.0, 0.0
    for name, said in entries:
        wide = (14 if name else 0) + text_width(said, 11)
        if x > 12.0 and x + wide > width:  # noqa: PLR2004 - the left edge
            x, y = 12.0, y + _KEY_LINE
        if name:
            at = f"M{x + 4:.0f} {y - 4:.0f}{_SHAPES[name]}"
            parts.append(element("path", d=at, fill=STATUS_COLOURS.get(name, _UNKNOWN)))
        parts.append(text(x + (14 if name else 0), y, said, size=11))
        x += wide + 20
    return parts, int(y / _KEY_LINE) + 1
