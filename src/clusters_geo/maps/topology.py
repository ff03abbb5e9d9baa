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

__all__ = ["DEGREES_PER_STEP", "Topology"]

DEGREES_PER_STEP = 1e-5
_METRES_PER_DEGREE = 111_320.0
_POLYGONAL = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)

Points = tuple[tuple[int, int], ...]


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
        kept = _polygonal(polygons)
        if tolerance_m:
            kept = shapely.coverage_simplify(kept, tolerance_m / _METRES_PER_DEGREE)
        rings = [[_whole_rings(part) for part in shapely.get_parts(shape)] for shape in kept]
        encoder = _Encoder(_junctions([ring for shape in rings for part in shape for ring in part]))
        shapes = [[encoder.polygon(part) for part in shape if part] for shape in rings]
        return cls([_steps(arc) for arc in encoder.arcs], shapes)

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


def _whole_rings(polygon: shapely.Geometry) -> list[Points]:
    rings = [_whole_points(ring) for ring in shapely.get_rings(polygon)]
    if not rings or len(rings[0]) < 3:  # noqa: PLR2004 - a ring needs three points
        return []
    return [ring for ring in rings if len(ring) >= 3]  # noqa: PLR2004 - a ring needs three points


def _whole_points(ring: shapely.Geometry) -> Points:
    """Return a ring as whole numbers, without its closing point and without repeated points."""
    points = np.rint(shapely.get_coordinates(ring) / DEGREES_PER_STEP).astype(np.int64)[:-1]
    moved = np.any(points != np.roll(points, 1, axis=0), axis=1)
    return tuple(map(tuple, points[moved].tolist()))


def _junctions(rings: list[Points]) -> set[tuple[int, int]]:
    """Return the points where borders meet: their neighbours differ from ring to ring."""
    neighbours: dict[tuple[int, int], tuple[tuple[int, int], tuple[int, int]]] = {}
    found = set()
    for ring in rings:
        for before, point, after in _triples(ring):
            pair = (before, after) if before < after else (after, before)
            if neighbours.setdefault(point, pair) != pair:
                found.add(point)
    return found


def _triples(ring: Points) -> Iterator[tuple[tuple[int, int], tuple[int, int], tuple[int, int]]]:
    return zip((ring[-1], *ring[:-1]), ring, (*ring[1:], ring[0]), strict=True)


class _Encoder:
    def __init__(self, junctions: set[tuple[int, int]]) -> None:
        self.junctions = junctions
        self.arcs: list[Points] = []
        self._numbers: dict[Points, int] = {}

    def polygon(self, rings: list[Points]) -> list[list[int]]:
        return [[self._number(arc) for arc in self._cut(ring)] for ring in rings]

    def _cut(self, ring: Points) -> Iterator[Points]:
        starts = [i for i, point in enumerate(ring) if point in self.junctions]
        # A border that meets no other starts at its smallest point, so that an island and the hole around
        # it are the same arc.
        starts = starts or [ring.index(min(ring))]
        turned = ring[starts[0] :] + ring[: starts[0] + 1]
        cuts = [start - starts[0] for start in starts] + [len(ring)]
        for first, last in pairwise(cuts):
            yield turned[first : last + 1]

    def _number(self, arc: Points) -> int:
        backwards = arc[::-1]
        if backwards in self._numbers:
            return ~self._numbers[backwards]
        if arc not in self._numbers:
            self._numbers[arc] = len(self.arcs)
            self.arcs.append(arc)
        return self._numbers[arc]


def _steps(arc: Points) -> list[int]:
    points = np.array(arc)
    steps: list[int] = np.vstack([points[:1], np.diff(points, axis=0)]).ravel().tolist()
    return steps
