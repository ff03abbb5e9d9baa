"""Footprints that cannot be measured as they are: refused, repaired or left out, and always counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from clusters_geo.errors import SchemaError
from clusters_geo.measure.built_up.edges import Rings

if TYPE_CHECKING:
    from collections.abc import Callable

    from clusters_geo.measure.built_up.arrays import Bools, Shapes

__all__ = ["Sound", "refuse_other_than_polygons", "sound_shapes"]

_POLYGON, _MULTIPOLYGON, _COLLECTION = 3, 6, 7
_CLOSED_QUADRILATERAL = 5  # coordinates, with the first repeated


def refuse_other_than_polygons(shapes: Shapes, name: Callable[[int], str]) -> None:
    """Refuse points and lines: they cover no ground.

    Parameters
    ----------
    name
        Says where a shape is to be found, from its position.

    Raises
    ------
    SchemaError
        Naming the first such shape.
    """
    kind = shapely.get_type_id(shapes)
    wrong = np.flatnonzero((kind >= 0) & ~np.isin(kind, (_POLYGON, _MULTIPOLYGON, _COLLECTION)))
    if len(wrong):
        found = shapes[wrong[0]]
        msg = (
            f"{name(int(wrong[0]))}: a footprint is a {found.geom_type}, which covers no ground. "
            "Give the outlines of the buildings or parcels as polygons; for centre points, draw or download "
            "the outlines first."
        )
        raise SchemaError(msg)


@dataclass(frozen=True, slots=True)
class Sound:
    """Footprints that can be measured, shape (n,).

    Attributes
    ----------
    shapes, rings
        Valid polygons and multipolygons, and the same taken apart; None and no ring where one is unusable.
    repaired
        Whether each was invalid, such as a bow-tie, and is now its even-odd structure.
    unusable
        Whether no polygon is left of it, or a coordinate is not a number.
    """

    shapes: Shapes
    rings: Rings
    repaired: Bools
    unusable: Bools


def sound_shapes(shapes: Shapes) -> Sound:
    """Repair what is invalid among polygons, multipolygons and collections, shape (n,)."""
    collected = shapely.get_type_id(shapes) == _COLLECTION
    rings = Rings.of(np.where(~collected, shapes, np.array(None)))
    doubtful = np.flatnonzero(~_surely_sound(rings, len(shapes)))
    invalid = doubtful[~shapely.is_valid(shapes[doubtful])]
    changed = np.concatenate([invalid, doubtful[collected[doubtful] | shapely.is_empty(shapes[doubtful])]])
    repaired, unusable = np.zeros((2, len(shapes)), dtype=bool)
    if len(changed):
        shapes = shapes.copy()
        shapes[changed] = [_mend(shape) for shape in shapes[changed]]
        unusable[changed] = shapely.is_missing(shapes[changed])
        repaired[invalid] = ~unusable[invalid]
        rings = Rings.of(shapes)
    return Sound(shapes, rings, repaired, unusable)


def _surely_sound(rings: Rings, polygons: int) -> Bools:
    """Find convex quadrilaterals, most buildings: half the price of the full test."""
    alone = np.bincount(rings.owner, minlength=polygons)[rings.owner] == 1
    found = np.flatnonzero(alone & (np.diff(rings.start) == _CLOSED_QUADRILATERAL))
    corner = rings.start[found] + np.arange(_CLOSED_QUADRILATERAL)[:, None]
    # Corner by corner beside each other, so that numpy works along contiguous memory.
    x, y = np.diff(rings.xy.T[:, corner], axis=1)
    turns = x * np.roll(y, -1, axis=0) - y * np.roll(x, -1, axis=0)
    sound = np.zeros(polygons, dtype=bool)
    sound[rings.owner[found]] = (turns > 0).all(axis=0) | (turns < 0).all(axis=0)
    return sound


def _mend(shape: shapely.Geometry | None) -> shapely.Geometry | None:
    """Return the polygons that a shape encloses, None if there are none."""
    if shape is None or not np.isfinite(shapely.get_coordinates(shape)).all():
        return None
    parts = shapely.get_parts(shape if shapely.is_valid(shape) else shapely.make_valid(shape))
    polygons = shapely.union_all([part for part in parts if part.geom_type in {"Polygon", "MultiPolygon"}])
    return None if polygons.is_empty else polygons
