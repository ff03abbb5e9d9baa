"""Shared borders stored once, and every shape put together again from them."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from clusters_geo.maps.topology import DEGREES_PER_STEP, Topology


def decoded(topology: Topology) -> list[shapely.Geometry]:
    """Put the shapes together as the page does."""
    lines = [np.cumsum(np.array(arc).reshape(-1, 2), axis=0) * DEGREES_PER_STEP for arc in topology.arcs]

    def ring(numbers: list[int]) -> np.ndarray:
        return np.vstack([(lines[n] if n >= 0 else lines[~n][::-1])[:-1] for n in numbers])

    return [
        shapely.union_all([shapely.Polygon(ring(p[0]), [ring(hole) for hole in p[1:]]) for p in polygons])
        for polygons in topology.shapes
    ]


def assert_same(shapes, **options):
    topology = Topology.of(np.array(shapes, dtype=object), **options)
    for shape, back in zip(shapes, decoded(topology), strict=True):
        assert shapely.symmetric_difference(shape, back).area < 4 * DEGREES_PER_STEP * shape.length
    return topology


def test_a_shared_border_is_one_arc():
    topology = assert_same([shapely.box(105, 21, 105.1, 21.1), shapely.box(105.1, 21, 105.2, 21.1)])
    assert len(topology.arcs) == 3
    used = [n for polygons in topology.shapes for rings in polygons for ring in rings for n in ring]
    assert sorted(Counter(n if n >= 0 else ~n for n in used).values()) == [1, 1, 2]


def test_an_island_and_the_hole_around_it_are_one_arc():
    island = shapely.Point(105.05, 21.05).buffer(0.02)
    sea = shapely.box(105, 21, 105.1, 21.1).difference(island)
    assert len(assert_same([sea, island]).arcs) == 2


def test_several_parts_and_holes_come_back():
    ring = shapely.box(0, 0, 1, 1).difference(shapely.box(0.4, 0.4, 0.6, 0.6))
    assert_same([shapely.MultiPolygon([ring, shapely.box(2, 2, 3, 3)])])


def test_a_border_met_by_a_third_shape_is_cut_there():
    low, left, right = shapely.box(0, 0, 2, 1), shapely.box(0, 1, 1, 2), shapely.box(1, 1, 2, 2)
    low = shapely.Polygon([(0, 0), (2, 0), (2, 1), (1, 1), (0, 1)])
    topology = assert_same([low, left, right])
    assert len(topology.arcs) == 6


@pytest.mark.parametrize(
    "nothing", [None, shapely.Point(1, 1), shapely.LineString([(0, 0), (1, 1)]), shapely.Polygon()]
)
def test_what_is_no_polygon_is_an_empty_shape(nothing):
    topology = Topology.of(np.array([nothing, shapely.box(0, 0, 1, 1)], dtype=object))
    assert topology.shapes[0] == []
    assert len(topology.shapes[1]) == 1


def test_a_bow_tie_keeps_both_wings():
    bow_tie = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    (back,) = decoded(Topology.of(np.array([bow_tie], dtype=object)))
    assert back.area == pytest.approx(0.5)


def test_a_polygon_smaller_than_a_step_vanishes():
    assert Topology.of(np.array([shapely.box(0, 0, 1e-7, 1e-7)], dtype=object)).shapes == [[]]


def test_simplifying_keeps_neighbours_together():
    wave = [(105.1 + 0.0002 * np.sin(y * 400), y) for y in np.linspace(21, 21.1, 400)]
    left = shapely.Polygon([(105, 21), *wave, (105, 21.1)])
    right = shapely.Polygon([(105.2, 21.1), *wave[::-1], (105.2, 21)])
    full = Topology.of(np.array([left, right], dtype=object))
    simple = Topology.of(np.array([left, right], dtype=object), tolerance_m=50)
    assert simple.vertices < full.vertices / 3
    first, second = decoded(simple)
    assert shapely.intersection(first, second).area == 0
    assert shapely.coverage_is_valid([first, second])


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9999), st.integers(0, 9999)), min_size=8, max_size=25, unique=True))
def test_any_partition_of_a_plane_comes_back(places):
    # Ten metres apart at least: of points that nearly meet GEOS makes cells that overlap.
    points = [(105 + x / 10_000, 20 + y / 10_000) for x, y in places]
    cells = shapely.get_parts(
        shapely.voronoi_polygons(shapely.MultiPoint(points), extend_to=shapely.box(104, 19, 107, 22))
    )
    cells = shapely.intersection(cells, shapely.box(104, 19, 107, 22))
    topology = Topology.of(np.array(cells, dtype=object))
    for cell, back in zip(cells, decoded(topology), strict=True):
        assert abs(cell.area - back.area) < 4 * DEGREES_PER_STEP * cell.length
    # No piece of a border is stored more often than the cells have it; where several meet, each has its end.
    plain = sum(len(shapely.get_coordinates(cell)) - 1 for cell in cells)
    assert topology.vertices - len(topology.arcs) <= plain
