"""Polygons as plain arrays of directed edges, the inside always to the left.

An edge that runs to the left is a *roof*: the inside lies below it. One that runs to the right is a *floor*.
A polygon is the ground below its roofs minus the ground below its floors, whatever holes and parts it has and
however its rings were drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
import shapely

if TYPE_CHECKING:
    from clusters_geo.measure.built_up.arrays import Bools, Floats, Ints, Shapes

__all__ = ["Edges", "Rings", "directed_edges", "expand_runs"]

_POLYGON = 3


@dataclass(frozen=True, slots=True)
class Rings:
    """The rings of n polygons, one after the other.

    Attributes
    ----------
    xy
        Coordinates, metres, shape (vertices, 2); each ring is closed.
    start
        First vertex of each ring and one past the last, shape (rings + 1,).
    owner
        To which of the n polygons each ring belongs, ascending, shape (rings,).
    hole
        Whether the ring is a hole, shape (rings,).
    """

    xy: Floats
    start: Ints
    owner: Ints
    hole: Bools

    @classmethod
    def of(cls, shapes: Shapes) -> Self:
        """Take polygons and multipolygons apart, shape (n,); what is missing or empty has no ring."""
        plain = shapely.get_type_id(shapes) == _POLYGON
        if plain.all() and not shapely.get_num_interior_rings(shapes).any():
            # One ring each: three times as fast as making ring objects.
            xy, polygon = shapely.get_coordinates(shapes, return_index=True)
            vertices = np.bincount(polygon, minlength=len(shapes))
            owner = np.flatnonzero(vertices)
            return cls(xy, _starts(vertices[owner]), owner, np.zeros(len(owner), dtype=bool))
        parts, part_owner = shapely.get_parts(shapes, return_index=True)
        rings, ring_part = shapely.get_rings(parts, return_index=True)
        xy, ring = shapely.get_coordinates(rings, return_index=True)
        hole = np.zeros(len(rings), dtype=bool)
        hole[1:] = ring_part[1:] == ring_part[:-1]
        return cls(xy, _starts(np.bincount(ring, minlength=len(rings))), part_owner[ring_part], hole)

    def of_polygons(self, polygons: Ints) -> Self:
        """Return the rings of some polygons, each as often as it is named, numbered in this order."""
        first = np.searchsorted(self.owner, polygons)
        owner, ring = expand_runs(first, np.searchsorted(self.owner, polygons, side="right") - first)
        vertices = np.diff(self.start)[ring]
        _, vertex = expand_runs(self.start[ring], vertices)
        return type(self)(self.xy[vertex], _starts(vertices), owner, self.hole[ring])

    def area(self) -> Floats:
        """Return the area of each polygon, m²; those after the last ring are left out."""
        signed = np.where(self.hole, -0.5, 0.5) * np.abs(self.twice_area())
        return np.bincount(self.owner, signed).astype(np.float64)

    def twice_area(self) -> Floats:
        """Return twice the signed area of each ring, m², positive where counter-clockwise, shape (rings,)."""
        x, y = (self.xy - np.repeat(self.xy[self.start[:-1]], np.diff(self.start), axis=0)).T
        cross = np.zeros(len(x))
        # The products at the seam between two rings count for nothing: each ring starts at its own origin.
        cross[:-1] = x[:-1] * y[1:] - x[1:] * y[:-1]
        return np.add.reduceat(cross, self.start[:-1]) if len(self.owner) else cross


@dataclass(frozen=True, slots=True)
class Edges:
    """Edges from (x0, y0) to (x1, y1) with the inside to their left, each shape (edges,).

    `owner` is the polygon, ascending; `following` is the edge that begins where this one ends.
    """

    owner: Ints
    x0: Floats
    y0: Floats
    x1: Floats
    y1: Floats
    following: Ints

    @property
    def sign(self) -> Floats:
        """+1 for a roof, −1 for a floor, 0 for a vertical edge, shape (edges,)."""
        return np.sign(self.x0 - self.x1)


def directed_edges(rings: Rings) -> Edges:
    """Return the edges of polygons with the inside to their left, in the coordinates of the rings."""
    x, y = rings.xy.T
    count = np.diff(rings.start) - 1
    ring, place = expand_runs(np.zeros_like(count), count)
    forward = (rings.twice_area() > 0) != rings.hole
    step = np.where(forward, 1, -1)[ring]
    begin = np.where(forward, rings.start[:-1], rings.start[1:] - 1)[ring] + step * place
    end = begin + step
    last = place == count[ring] - 1
    following = np.arange(1, len(ring) + 1) - np.where(last, count[ring], 0)
    return Edges(rings.owner[ring], x[begin], y[begin], x[end], y[end], following)


def expand_runs(start: Ints, count: Ints) -> tuple[Ints, ...]:
    """Write runs of whole numbers out.

    Parameters
    ----------
    start, count
        First number and length of each run, shape (runs,).

    Returns
    -------
    The run that each number is from, and the number, each shape (count.sum(),).

    Examples
    --------
    >>> import numpy as np
    >>> run, number = expand_runs(np.array([10, 20]), np.array([2, 3]))
    >>> run.tolist(), number.tolist()
    ([0, 0, 1, 1, 1], [10, 11, 20, 21, 22])
    """
    run = np.repeat(np.arange(len(count)), count)
    before = np.cumsum(count) - count
    return run, np.arange(len(run)) + (start - before)[run]


def _starts(count: Ints) -> Ints:
    return np.concatenate([[0], np.cumsum(count)])
