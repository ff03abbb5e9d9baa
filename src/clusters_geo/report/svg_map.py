"""A map that needs nothing but paper: units, clusters by status, and names that fit, as one small SVG."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import shapely

from clusters_geo.crs import MAP_CRS
from clusters_geo.report.svg import INK, drawing, element, text, text_width
from clusters_geo.schema import STATUSES
from clusters_geo.words import speaker

if TYPE_CHECKING:
    import geopandas as gpd

    from clusters_geo.schema import Language

__all__ = ["svg_map"]

_say = speaker("unit_report")
_COLOURS = {"operating": "#1d4596", "under_construction": "#e58a00", "pending": "#b0246f"}
_KEY_HEIGHT = 24.0
_NAME = 9.0
# Details smaller than this share of the map are not seen.
_DETAIL = 1 / 400


def svg_map(  # noqa: PLR0913 - all but the tables is keyword-only
    clusters: gpd.GeoDataFrame,
    units: gpd.GeoDataFrame | None,
    *,
    lang: Language = "vi",
    title: str = "",
    focus: str | None = None,
    width: float = 640,
    height: float = 420,
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
    width, height
        In units of the drawing.

    Examples
    --------
    >>> import clusters_geo as cg
    >>> drawn = svg_map(*cg.load_hanoi())
    >>> drawn.startswith("<svg"), len(drawn) < 40_000
    (True, True)
    """
    points = _points(clusters)
    shapes = (
        np.array([]) if units is None or units.empty else np.asarray(units.to_crs(MAP_CRS).geometry.array)
    )
    names = [] if units is None else [str(name) for name in units["name"]]
    place = _Place.of(points, shapes, names, focus, (width, height - _KEY_HEIGHT))
    parts = [*_outlines(shapes, names, focus, place), *_symbols(clusters, points, place)]
    inside = element("svg", *parts, *_names(shapes, names, place), width=width, height=height - _KEY_HEIGHT)
    return drawing(width, height, title or _say("map", lang), [inside, *_key(clusters, lang, height)])


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


def _outlines(shapes: np.ndarray, names: list[str], focus: str | None, place: _Place) -> list[str]:
    drawable = np.array(
        [shape is not None and shape.geom_type.endswith("Polygon") for shape in shapes], dtype=bool
    )
    if not drawable.any():
        return []
    simple = shapely.coverage_simplify(shapely.make_valid(shapes[drawable]), place.detail)
    simple = shapely.intersection(simple, place.frame()) if focus in names else simple
    kept = [name for name, drawn in zip(names, drawable, strict=True) if drawn]
    return [
        element(
            "path",
            d="".join(
                _ring(ring, place) for part in shapely.get_parts(shape) for ring in shapely.get_rings(part)
            ),
            fill="#dcefe9" if name == focus else "#f4f5f1" if focus in names else "#eef4f1",
            fill_rule="evenodd",
            stroke="#7d8f8b",
            stroke_width=1.4 if name == focus else 0.7,
        )
        for shape, name in zip(simple, kept, strict=True)
        if shape.geom_type.endswith("Polygon")
    ]


def _ring(ring: shapely.Geometry, place: _Place) -> str:
    points = np.rint(place.at(shapely.get_coordinates(ring))[:-1]).astype(int)
    moved = points[np.any(points != np.roll(points, 1, axis=0), axis=1)]
    if len(moved) < 3:  # noqa: PLR2004 - a ring needs three points
        return ""
    steps = np.diff(moved, axis=0)
    return f"M{moved[0][0]} {moved[0][1]}l" + " ".join(f"{x} {y}" for x, y in steps) + "z"


_SHAPES = {
    "operating": "m-4 0a4 4 0 108 0a4 4 0 10-8 0z",
    "under_construction": "m-3.600-3.600h7.200v7.200h-7.200z",
    "pending": "m0-4.600l4.500 8h-9z",
    "unknown": "m0-4.600l4.600 4.600l-4.600 4.600l-4.600-4.600z",
}


def _symbols(clusters: gpd.GeoDataFrame, points: np.ndarray, place: _Place) -> list[str]:
    at = place.at(points)
    known = clusters["status"].isin(list(_SHAPES))
    status = clusters["status"].astype("string").where(known, "unknown").to_numpy()
    paths = []
    for name, shape in _SHAPES.items():
        found = [
            f"M{x:.0f} {y:.0f}{shape}"
            for (x, y), s in zip(at, status, strict=True)
            if s == name and np.isfinite(x)
        ]
        looks = {"fill": _COLOURS.get(name, "#6b7280"), "stroke": "#ffffff", "stroke_width": 0.9}
        paths += [element("path", d="".join(found), **looks)] if found else []
    return paths


def _names(shapes: np.ndarray, names: list[str], place: _Place) -> list[str]:
    """Return the names that fit inside their own outline."""
    written = []
    for shape, name in zip(shapes, names, strict=True):
        if shape is None or not shape.geom_type.endswith("Polygon"):
            continue
        pole = shapely.get_point(
            shapely.maximum_inscribed_circle(shapely.make_valid(shape), tolerance=5e-4), 0
        )
        [[x, y]] = place.at(shapely.get_coordinates(pole))
        half = text_width(name, _NAME) / 2 / place.scale
        box = shapely.box(
            pole.x - half / place.narrow,
            pole.y - 5 / place.scale,
            pole.x + half / place.narrow,
            pole.y + 5 / place.scale,
        )
        if shape.contains(box):
            halo = {"stroke": "#ffffff", "stroke_width": 2, "paint_order": "stroke"}
            written.append(
                text(float(round(x)), float(round(y)) + 3, name, size=_NAME, anchor="middle", **halo)
            )
    return written


def _key(clusters: gpd.GeoDataFrame, lang: Language, height: float) -> list[str]:
    counts = clusters["status"].value_counts()
    parts, x = [], 12.0
    for name, both in STATUSES.items():
        words = f"{both[0 if lang == 'vi' else 1]} ({int(counts.get(name, 0))})"
        parts.append(element("path", d=f"M{x + 4} {height - 10}{_SHAPES[name]}", fill=_COLOURS[name]))
        parts.append(text(x + 14, height - 6, words, size=11, fill=INK))
        x += 14 + text_width(words, 11) + 20
    unplaced = int(clusters.geometry.isna().sum() + clusters.geometry.is_empty.sum())
    if unplaced:
        parts.append(text(x, height - 6, _say("unplaced", lang, n=unplaced), size=11, fill=INK))
    return parts
