"""Footprints that cannot be measured as they are: refused, repaired or left out, and always counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from clusters_geo.errors import SchemaError

if TYPE_CHECKING:
    from clusters_geo.measure.built_up.arrays import Bools, Ints, Shapes

__all__ = ["refuse_other_than_polygons", "sound_shapes"]

_POLYGON, _MULTIPOLYGON, _COLLECTION = 3, 6, 7
_CLOSED_QUADRILATERAL = 5  # coordinates, with the first repeated


def refuse_other_than_polygons(shapes: Shapes, rows: Ints, source: str) -> None:
    """Refuse points and lines: they cover no ground.

    Raises
    ------
    SchemaError
        Naming the first such row.
    """
    kind = shapely.get_type_id(shapes)
    wrong = np.flatnonzero((kind >= 0) & ~np.isin(kind, (_POLYGON, _MULTIPOLYGON, _COLLECTION)))
    if len(wrong):
        found = shapes[wrong[0]]
        msg = (
            f"{source}, row {rows[wrong[0]]}: a footprint is a {found.geom_type}, which covers no ground. "
            "Give the outlines of the buildings or parcels as polygons; for centre points, draw or download "
            "the outlines first."
        )
        raise SchemaError(msg)


def sound_shapes(shapes: Shapes) -> tuple[Shapes, Bools, Bools]:
    """Repair invalid polygons, such as bow-ties, by their even-odd structure.

    Returns
    -------
    The shapes, which of them were repaired, and which cannot be used at all (no polygon is left, or a
    coordinate is not a number), shape (n,) each.
    """
    doubtful = np.flatnonzero(~_surely_sound(shapes))
    invalid = doubtful[~shapely.is_valid(shapes[doubtful])]
    repaired = np.zeros(len(shapes), dtype=bool)
    unusable = shapely.is_missing(shapes)
    if len(invalid):
        shapes = shapes.copy()
        finite = np.array([np.isfinite(shapely.get_coordinates(s)).all() for s in shapes[invalid]])
        unusable[invalid[~finite]] = True
        mended = invalid[finite]
        shapes[mended] = [_mend(shape) for shape in shapes[mended]]
        repaired[mended] = True
    collections = np.flatnonzero(shapely.get_type_id(shapes) == _COLLECTION)
    if len(collections):
        shapes = shapes.copy()
        shapes[collections] = [_polygons_of(shape) for shape in shapes[collections]]
    unusable |= shapely.is_empty(shapes)
    return shapes, repaired & ~unusable, unusable


def _surely_sound(shapes: Shapes) -> Bools:
    """Find convex quadrilaterals, most buildings: half the price of the full test."""
    sound: Bools = shapely.get_type_id(shapes) == _POLYGON
    sound &= shapely.get_num_coordinates(shapes) == _CLOSED_QUADRILATERAL
    corners = shapely.get_coordinates(shapes[sound]).reshape(-1, _CLOSED_QUADRILATERAL, 2)
    # Corner by corner beside each other, so that numpy works along contiguous memory.
    x, y = np.diff(np.ascontiguousarray(corners.transpose(2, 1, 0)), axis=1)
    turns = x * np.roll(y, -1, axis=0) - y * np.roll(x, -1, axis=0)
    sound[sound] = (turns > 0).all(axis=0) | (turns < 0).all(axis=0)
    return sound


def _mend(shape: shapely.Geometry) -> shapely.Geometry:
    return _polygons_of(shapely.make_valid(shape))


def _polygons_of(shape: shapely.Geometry) -> shapely.Geometry:
    """Keep the polygons of whatever a collection holds."""
    parts = [part for part in shapely.get_parts(shape) if part.geom_type in {"Polygon", "MultiPolygon"}]
    return shapely.union_all(parts)
