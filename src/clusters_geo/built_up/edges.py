"""Polygons as plain arrays of directed edges, the inside always to the left.

An edge that runs to the left is a *roof*: the inside lies below it. One that runs to the right is a *floor*.
A polygon is the ground below its roofs minus the ground below its floors, whatever holes and parts it has and
however its rings were drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self, TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray

__all__ = [
    "Bools",
    "Edges",
    "Floats",
    "Ints",
    "Rings",
    "Shapes",
    "crossing_place",
    "directed_edges",
    "expand_runs",
    "left_of",
]

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


Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Bools: TypeAlias = NDArray[np.bool_]
Shapes: TypeAlias = NDArray[Any]


# A cross product of exact differences is off by at most 2⁻⁵² of its terms; four times that is in doubt.
_DOUBT = 9e-16


def left_of(edges: Edges, edge: Ints, corner: Ints) -> tuple[Bools, Floats]:
    """Return whether the start of the edge `corner` is to the left of `edge`, and how far.

    Parameters
    ----------
    edge, corner
        Positions in `edges`, shape (n,) each.

    Returns
    -------
    Whether it is left, never undecided; and twice the area of the triangle of edge and corner, positive to
    the left, 0 on the line. Shape (n,) each.
    """
    side = _side(edges, edge, edges.x0[corner], edges.y0[corner])
    left = side > 0
    level = np.flatnonzero(side == 0)
    left[level] = _pushed_left(edges, edge[level], corner[level])
    return left, side


def crossing_place(
    edges: Edges,
    edge: Ints,
    rival: Ints,
    side0: Floats,
    side1: Floats,
) -> Floats:
    """Return where along an edge its line meets a rival edge that starts and ends on different sides of it.

    The edge of the polygon with the lower number is always taken as the line and the other one divided, so
    that both walks find the same point even where the edges are almost parallel.

    Parameters
    ----------
    edge, rival
        Positions in `edges`, shape (n,) each.
    side0, side1
        On which side of `edge` the rival starts and ends, as from `left_of`.

    Returns
    -------
    0 at the start of the edge, 1 at its end, or beyond, shape (n,).
    """
    place = np.empty(len(edge))
    lower = edges.owner[edge] < edges.owner[rival]
    e, r = edge[lower], rival[lower]
    share = _share(side0[lower], side1[lower])
    x = edges.x0[r] - edges.x0[e] + share * (edges.x1[r] - edges.x0[r])
    y = edges.y0[r] - edges.y0[e] + share * (edges.y1[r] - edges.y0[r])
    dx, dy = edges.x1[e] - edges.x0[e], edges.y1[e] - edges.y0[e]
    place[lower] = (x * dx + y * dy) / (dx * dx + dy * dy)
    e, r = edge[~lower], rival[~lower]
    place[~lower] = _share(
        _side(edges, r, edges.x0[e], edges.y0[e]), _side(edges, r, edges.x1[e], edges.y1[e])
    )
    return place


def _share(side0: Floats, side1: Floats) -> Floats:
    """Return the share of a line from its start to where its signed distance from another is 0."""
    total = side0 - side1
    return np.divide(side0, total, out=np.zeros_like(total), where=total != 0)


def _side(edges: Edges, edge: Ints, x: Floats, y: Floats) -> Floats:
    """Return twice the area of the triangle of each edge and a point: positive on the left, exact in sign."""
    x0, y0 = edges.x0[edge], edges.y0[edge]
    a, b = edges.x1[edge] - x0, y - y0
    c, d = edges.y1[edge] - y0, x - x0
    ab, cd = a * b, c * d
    side = ab - cd
    doubt = np.flatnonzero(np.abs(side) <= _DOUBT * (np.abs(ab) + np.abs(cd)))
    side[doubt] = _exact_difference(a[doubt], b[doubt], c[doubt], d[doubt])
    return side


def _exact_difference(a: Floats, b: Floats, c: Floats, d: Floats) -> Floats:
    """Return a·b − c·d with the right sign."""
    ab, ab_rest = _two_product(a, b)
    cd, cd_rest = _two_product(c, d)
    return (ab - cd) + (ab_rest - cd_rest)


def _two_product(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """Return a·b as a rounded product and what was lost in rounding (Dekker 1971)."""
    product = a * b
    a_high, a_low = _split(a)
    b_high, b_low = _split(b)
    rest = a_low * b_low - (((product - a_high * b_high) - a_low * b_high) - a_high * b_low)
    return product, rest


def _split(a: Floats) -> tuple[Floats, Floats]:
    """Split each number into two of half the digits."""
    scaled = 134_217_729.0 * a
    high = scaled - (scaled - a)
    return high, a - high


def _pushed_left(edges: Edges, edge: Ints, corner: Ints) -> Bools:
    """Return whether a corner on the line of an edge is left of it once all polygons are pushed aside.

    Polygon k is pushed by k times an infinitesimal step to the right and a much smaller one up.
    """
    dx, dy = edges.x1[edge] - edges.x0[edge], edges.y1[edge] - edges.y0[edge]
    push = np.where(dy != 0, -np.sign(dy), np.sign(dx))
    left: Bools = push * (edges.owner[corner] - edges.owner[edge]) > 0
    return left
