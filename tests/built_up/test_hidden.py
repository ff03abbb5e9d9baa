"""Hidden parts of edges: what is called hidden is under another building, and much of it is found."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from clusters_geo.built_up import hidden
from clusters_geo.built_up.edges import Rings, directed_edges
from clusters_geo.built_up.hidden import open_parts

HERE = np.array([[0.0, 0, 100, 100]])
UNIT = shapely.box(40, 40, 60, 60)
COURT = shapely.box(10, 10, 90, 90).difference(shapely.box(30, 30, 70, 70))


def opened(*shapes, extent=HERE, ground=None):
    """Return the open parts as lines, by polygon."""
    shapes = np.array(shapes, dtype=object)
    edges = directed_edges(Rings.of(shapes))
    on = np.zeros(len(shapes), dtype=np.int64) if ground is None else np.array(ground)
    edge, start, stop = open_parts(edges, shapely.bounds(shapes), on, extent)
    corner = np.column_stack([edges.x0, edges.y0])[edge]
    way = np.column_stack([edges.x1, edges.y1])[edge] - corner
    lines = shapely.linestrings(np.stack([corner + start[:, None] * way, corner + stop[:, None] * way], 1))
    return [shapely.line_merge(shapely.union_all(lines[edges.owner[edge] == n])) for n in range(len(shapes))]


def hidden_length(*shapes, **where):
    return [shape.length - line.length for shape, line in zip(shapes, opened(*shapes, **where), strict=True)]


def test_alone_nothing_is_hidden():
    assert hidden_length(UNIT, shapely.box(60, 40, 80, 60)) == pytest.approx([0, 0], abs=1e-9)


def test_what_lies_deep_in_another_is_hidden_and_hides_nothing_of_it():
    small = shapely.box(45, 45, 55, 55)
    assert hidden_length(small, shapely.box(20, 20, 80, 80)) == pytest.approx([40, 0], abs=1e-9)


@pytest.mark.parametrize("twin", [UNIT, UNIT.reverse(), shapely.box(40, 40, 60, 90)])
def test_walls_on_the_same_line_are_left_to_be_compared(twin):
    one, other = opened(UNIT, twin)
    common = shapely.intersection(UNIT.boundary, twin.boundary)
    assert shapely.covers(shapely.buffer(one, 1e-9), common)
    assert shapely.covers(shapely.buffer(other, 1e-9), common)


def test_a_court_hides_what_is_under_it_but_not_what_stands_in_its_yard():
    under, yard = shapely.box(17, 45, 23, 55), shapely.box(40, 40, 60, 60)
    assert hidden_length(under, yard, COURT) == pytest.approx([32, 0, 0], abs=1e-9)


def test_parts_hide_each_for_itself():
    parts = shapely.MultiPolygon([shapely.box(0, 0, 40, 100), shapely.box(60, 0, 100, 100)])
    across = shapely.box(10, 40, 90, 60)
    found = hidden_length(across, parts)
    assert found[1] == pytest.approx(0, abs=1e-9)
    # Its two walls run 80 m, 20 m of which cross the gap; what is near the gap may be left.
    assert 80 < found[0] < 2 * 60 + 2 * 20
    gap = shapely.LineString([(41, 40), (59, 40)])
    assert shapely.covers(shapely.buffer(opened(across, parts)[0], 1e-9), gap)


def test_polygons_of_another_ground_hide_nothing():
    small, large = shapely.box(45, 45, 55, 55), shapely.box(20, 20, 80, 80)
    two = np.concatenate([HERE, HERE])
    assert hidden_length(small, large, extent=two, ground=[0, 1]) == pytest.approx([0, 0], abs=1e-9)


def test_beyond_the_ground_nothing_is_looked_for():
    small, large = shapely.box(45, 45, 55, 55), shapely.box(20, 20, 80, 80)
    away = np.array([[200.0, 200, 300, 300]])
    assert hidden_length(small, large, extent=away) == pytest.approx([0, 0], abs=1e-9)


def test_a_giant_neither_hides_nor_takes_the_memory(monkeypatch):
    monkeypatch.setattr(hidden, "_LARGEST_CELLS", 100)
    houses = [shapely.box(x, 45, x + 3, 48) for x in range(20, 80, 4)]
    assert hidden_length(*houses, shapely.box(0, 0, 100, 100)) == pytest.approx([0] * 16, abs=1e-9)


@st.composite
def heaps(draw):
    """Buildings on whole metres, so that walls and lines of the grid often coincide, some turned a bit."""
    whole = st.integers(0, 24).map(lambda n: 4.0 * n)
    size = st.integers(1, 12).map(lambda n: 4.0 * n)
    turn = st.sampled_from([0.0, 0.0, 1e-12, 1e-6, 17.0, 90.0])
    made = []
    for _ in range(draw(st.integers(2, 12))):
        x, y, w, h = draw(whole), draw(whole), draw(size), draw(size)
        shape = shapely.box(x, y, x + w, y + h)
        if draw(st.booleans()) and min(w, h) > 4:
            shape = shape.difference(shapely.box(x + 2, y + 2, x + w / 2, y + h / 2))
        made.append(shapely.affinity.rotate(shape, draw(turn)))
    return made


@given(heaps())
def test_what_is_hidden_lies_inside_another_building(shapes):
    lines = opened(*shapes)
    for number, (shape, line) in enumerate(zip(shapes, lines, strict=True)):
        away = shapely.difference(shape.boundary, shapely.buffer(line, 1e-7))
        others = shapely.union_all([shapely.buffer(s, -1e-6) for n, s in enumerate(shapes) if n != number])
        assert shapely.difference(away, shapely.buffer(others, 1e-7)).length == 0


def test_of_a_heap_five_deep_most_is_found_to_be_hidden():
    rng = np.random.default_rng(4)
    corner, size = rng.uniform(0, 90, (60, 2)), rng.uniform(8, 30, (60, 2))
    shapes = [shapely.box(*a, *b) for a, b in zip(corner, corner + size, strict=True)]
    covered = [
        shape.boundary.intersection(shapely.union_all(shapes[:n] + shapes[n + 1 :])).length
        for n, shape in enumerate(shapes)
    ]
    inside = np.array([[-10.0, -10, 130, 130]])
    assert sum(hidden_length(*shapes, extent=inside)) > 0.7 * sum(covered)


def test_polygons_looked_at_some_at_a_time_hide_each_other_all_the_same(monkeypatch):
    rng = np.random.default_rng(6)
    corner, size = rng.uniform(0, 90, (40, 2)), rng.uniform(8, 40, (40, 2))
    shapes = shapely.box(*corner.T, *(corner + size).T)
    edges, ground = directed_edges(Rings.of(shapes)), np.zeros(40, dtype=np.int64)
    whole = open_parts(edges, shapely.bounds(shapes), ground, HERE)
    assert (np.bincount(whole[0], whole[2] - whole[1], len(edges.owner)) < 1).any()
    monkeypatch.setattr(hidden, "_POLYGONS_AT_ONCE", 7)
    for found, expected in zip(open_parts(edges, shapely.bounds(shapes), ground, HERE), whole, strict=True):
        np.testing.assert_array_equal(found, expected)
