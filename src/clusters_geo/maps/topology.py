"""Polygons as arcs of small integers: each shared border is stored once.

Districts share their borders, so a plain list of rings holds every point twice, with 15 decimals. Here
coordinates are whole multiples of 1e-5° (about 1 m), a border between two neighbours is one *arc*, and an
arc holds its first point and then only the steps to the next.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

__all__ = ["DEGREES_PER_STEP", "Topology", "simplified"]

DEGREES_PER_STEP = 1e-5
_METRES_PER_DEGREE = 111_320.0
_POLYGONAL = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)

_TRIANGLE = 3


@dataclass(slots=True)
class Topology:
    """Arcs, and the shapes made of them.

    Attributes
    ----------
    arcs
        Each a flat list `x, y, dx, dy, dx, dy, …` in steps of `DEGREES_PER_STEP`.
    shapes
        For each input its polygons, each a list of rings, each a list of arc numbers; `~n` is arc n read
        backwards. Empty where there was no polygon.
    """

    arcs: list[list[int]] = field(default_factory=list)
    shapes: list[list[list[list[int]]]] = field(default_factory=list)

    @classmethod
    def of(cls, polygons: NDArray[np.object_], *, tolerance_m: float = 0.0) -> Topology:
        """Encode polygons in longitude and latitude.

        Parameters
        ----------
        polygons
            Geometries in degrees, shape (n,); anything that is not a polygon becomes an empty shape.
        tolerance_m
            How far a border may move, metres (Visvalingam, shared borders stay shared); 0 keeps all points.

        Examples
        --------
        >>> left, right = shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)
        >>> topology = Topology.of(np.array([left, right]))
        >>> len(topology.arcs)
        3
        """
        kept = simplified(polygons, tolerance_m)
        rings = _Rings.of(kept)
        junctions, encoder = rings.junctions(), _Encoder()
        shapes: list[list[list[list[int]]]] = [[] for _ in kept]
        last = -1
        for of, shape, part in rings.each():
            if part != last:
                shapes[shape].append([])
            shapes[shape][-1].append(encoder.ring(rings.points[of], junctions[of]))
            last = part
        return cls(encoder.arcs, shapes)

    def only(self, shapes: list[int]) -> Topology:
        """Return some of the shapes with the arcs that they use.

        Examples
        --------
        >>> both = Topology.of(np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)]))
        >>> len(both.only([1]).arcs), both.only([0, 1]) == both
        (2, True)
        """
        numbers: dict[int, int] = {}

        def renumbered(arc: int) -> int:
            number = numbers.setdefault(max(arc, ~arc), len(numbers))
            return number if arc >= 0 else ~number

        kept = [
            [[[renumbered(arc) for arc in ring] for ring in rings] for rings in self.shapes[i]]
            for i in shapes
        ]
        return Topology([self.arcs[arc] for arc in numbers], kept)

    @property
    def vertices(self) -> int:
        """How many points are stored."""
        return sum(len(arc) // 2 for arc in self.arcs)


def simplified(polygons: NDArray[np.object_], tolerance_m: float) -> NDArray[np.object_]:
    """Return polygons with as few points as a tolerance allows; shared borders stay shared.

    Parameters
    ----------
    polygons, tolerance_m
        As for `Topology.of`.

    Examples
    --------
    >>> notched = shapely.Polygon([(0, 0), (1e-6, 0.005), (0, 0.01), (0.01, 0.01), (0.01, 0)])
    >>> len(simplified(np.array([notched]), 10.0)[0].exterior.coords)
    5
    """
    kept = _polygonal(polygons)
    return shapely.coverage_simplify(kept, tolerance_m / _METRES_PER_DEGREE) if tolerance_m else kept


def _polygonal(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    whole = np.asarray(shapes, dtype=object).copy()
    # Mending is dear, also for what needs none.
    broken = ~(shapely.is_valid(whole) | shapely.is_missing(whole))
    whole[broken] = shapely.make_valid(whole[broken])
    return np.array([_polygons_of(shape) for shape in whole], dtype=object)


def _polygons_of(shape: shapely.Geometry | None) -> shapely.Geometry:
    if shape is None:
        return shapely.Polygon()
    if shapely.get_type_id(shape) in _POLYGONAL:
        return shape
    # Mending a bow-tie may leave a line beside the polygons.
    parts = [part for part in shapely.get_parts(shape) if shapely.get_type_id(part) in _POLYGONAL]
    return shapely.union_all(parts) if parts else shapely.Polygon()


@dataclass(slots=True)
class _Rings:
    """All rings one after another, in whole steps, without closing points and without repeated ones."""

    points: NDArray[np.int64]  # shape (n, 2)
    ring: NDArray[np.intp]  # of each point
    part: NDArray[np.intp]  # of each ring
    shape: NDArray[np.intp]  # of each part

    @classmethod
    def of(cls, polygons: NDArray[np.object_]) -> _Rings:
        parts, shape = shapely.get_parts(polygons, return_index=True)
        rings, part = shapely.get_rings(parts, return_index=True)
        xy, ring = shapely.get_coordinates(rings, return_index=True)
        opened = np.flatnonzero(ring[:-1] == ring[1:])
        points, ring = np.rint(xy[opened] / DEGREES_PER_STEP).astype(np.int64), ring[opened]
        before, _ = _neighbours(ring)
        moved = (points != points[before]).any(axis=1)
        # A ring needs three points, and a hole the ring that it is in.
        fine = np.bincount(ring[moved], minlength=len(rings)) >= _TRIANGLE
        fine &= fine[np.searchsorted(part, part)]
        kept = moved & fine[ring]
        return cls(points[kept], ring[kept], part, shape)

    def each(self) -> Iterator[tuple[slice, int, int]]:
        """Yield where the points of each ring are, its shape and its part."""
        starts = _starts(self.ring)
        for start, end in pairwise([*starts.tolist(), len(self.ring)]):
            part = int(self.part[self.ring[start]])
            yield slice(start, end), int(self.shape[part]), part

    def junctions(self) -> NDArray[np.bool_]:
        """Return which points are where borders meet: their neighbours differ from ring to ring."""
        # One number a point: numpy compares and sorts these far quicker than pairs.
        place = self.points @ np.array([1 << 32, 1])
        before, after = (place[neighbour] for neighbour in _neighbours(self.ring))
        low, high = np.minimum(before, after), np.maximum(before, after)
        _, first, number = np.unique(place, return_index=True, return_inverse=True)
        again = first[number]
        found = np.zeros(len(first), dtype=bool)
        found[number[(low != low[again]) | (high != high[again])]] = True
        return found[number]


def _starts(ring: NDArray[np.intp]) -> NDArray[np.intp]:
    return np.flatnonzero(np.diff(ring, prepend=-1))


def _neighbours(ring: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return where the points before and after each are in its ring."""
    at = np.arange(len(ring))
    before, after = at - 1, at + 1
    starts = _starts(ring)
    ends = np.append(starts[1:], len(ring))[: len(starts)] - 1
    before[starts], after[ends] = ends, starts
    return before, after


class _Encoder:
    def __init__(self) -> None:
        self.arcs: list[list[int]] = []
        self._numbers: dict[bytes, int] = {}

    def ring(self, points: NDArray[np.int64], junctions: NDArray[np.bool_]) -> list[int]:
        """Return the arcs that a ring is cut into where it meets others."""
        cuts = np.flatnonzero(junctions)
        if not len(cuts):
            # A border that meets no other starts at its smallest point, so that an island and the hole
            # around it are the same arc.
            cuts = np.lexsort((points[:, 1], points[:, 0]))[:1]
        turned = np.roll(points, -cuts[0], axis=0)
        turned = np.vstack([turned, turned[:1]])
        ends = [*(cuts - cuts[0]).tolist(), len(points)]
        return [self._number(turned[first : last + 1]) for first, last in pairwise(ends)]

    def _number(self, arc: NDArray[np.int64]) -> int:
        backwards = self._numbers.get(arc[::-1].tobytes())
        if backwards is not None:
            return ~backwards
        number = self._numbers.setdefault(arc.tobytes(), len(self.arcs))
        if number == len(self.arcs):
            self.arcs.append(np.diff(arc, axis=0, prepend=0).ravel().tolist())
        return number
