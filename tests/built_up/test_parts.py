"""The parts of the kernel, each on ground small enough to check by hand."""

from __future__ import annotations

import fractions
import pickle

import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from clusters_geo.built_up.batches import shapes_from_wkb, wkb_bounds
from clusters_geo.built_up.edges import Rings, _exact_difference, directed_edges, expand_runs, left_of
from clusters_geo.built_up.hits import refuse_other_than_polygons, sound_shapes
from clusters_geo.built_up.index import CROSSED, INSIDE, OUTSIDE, ClusterIndex, Lookup
from clusters_geo.built_up.kernel import below_both, crossing_area
from clusters_geo.built_up.union import exposed_edges, meeting_boxes
from clusters_geo.errors import SchemaError

UNIT = shapely.box(0, 0, 1, 1)
RING = shapely.box(0, 0, 9, 9).difference(shapely.box(3, 3, 6, 6))
TWO = shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(5, 5, 7, 7)])


def array(*shapes):
    return np.array(shapes, dtype=object)


def edges_of(*shapes):
    return directed_edges(Rings.of(array(*shapes)))


def area_left_of(edges):
    """Twice the area to the left of closed chains of edges (shoelace)."""
    return (edges.x0 * edges.y1 - edges.x1 * edges.y0).sum() / 2


# --- edges


@pytest.mark.parametrize("shape", [UNIT, UNIT.reverse(), RING, RING.reverse(), TWO, TWO.reverse()])
def test_the_inside_is_to_the_left_of_every_edge(shape):
    assert area_left_of(edges_of(shape)) == pytest.approx(shape.area)


@pytest.mark.parametrize("shape", [UNIT, RING, TWO, RING.reverse()])
def test_every_edge_is_followed_by_the_one_that_begins_where_it_ends(shape):
    edges = edges_of(UNIT, shape, UNIT)
    np.testing.assert_array_equal(edges.x1, edges.x0[edges.following])
    np.testing.assert_array_equal(edges.y1, edges.y0[edges.following])
    np.testing.assert_array_equal(edges.owner, edges.owner[edges.following])


def test_roofs_floors_and_walls():
    assert sorted(edges_of(UNIT).sign) == [-1, 0, 0, 1]


def test_holes_and_parts_belong_to_their_polygon():
    rings = Rings.of(array(UNIT, RING, TWO))
    assert rings.owner.tolist() == [0, 1, 1, 2, 2]
    assert rings.hole.tolist() == [False, False, True, False, False]


def test_what_is_missing_or_empty_has_no_ring():
    for shapes in (
        array(UNIT, None, shapely.Polygon(), UNIT),
        array(RING, None, shapely.MultiPolygon(), UNIT),
    ):
        rings = Rings.of(shapes)
        assert np.unique(rings.owner).tolist() == [0, 3]
        assert rings.area()[[0, 3]].tolist() == shapely.area(shapes[[0, 3]]).tolist()


@pytest.mark.parametrize("shapes", [array(UNIT, TWO, RING), array(UNIT, UNIT.reverse())])
def test_rings_of_some_polygons_are_those_of_the_polygons_alone(shapes):
    some = np.array([1, 0, 1])
    found, expected = Rings.of(shapes).of_polygons(some), Rings.of(shapes[some])
    np.testing.assert_array_equal(found.xy, expected.xy)
    assert found.start.tolist() == expected.start.tolist()
    assert found.owner.tolist() == expected.owner.tolist()
    assert found.hole.tolist() == expected.hole.tolist()
    assert found.area().tolist() == shapely.area(shapes[some]).tolist()


@given(st.lists(st.tuples(st.integers(-50, 50), st.integers(0, 5)), max_size=20))
def test_runs_are_written_out(runs):
    start, count = np.array(runs, dtype=np.int64).reshape(-1, 2).T
    run, number = expand_runs(start, count)
    expected = [(i, s + k) for i, (s, c) in enumerate(runs) for k in range(c)]
    assert list(zip(run.tolist(), number.tolist(), strict=True)) == expected


# --- trapezoids


@given(st.lists(st.integers(-20, 20), min_size=4, max_size=4))
def test_the_area_below_both_lines_is_the_integral_of_the_lower_one(heights):
    f0, f1, g0, g1 = (np.array([float(h)]) for h in heights)
    x = (np.arange(4000) + 0.5) / 4000
    sampled = np.minimum(f0 + (f1 - f0) * x, g0 + (g1 - g0) * x).mean()
    assert below_both(np.ones(1), f0, f1, g0, g1)[0] == pytest.approx(sampled, abs=1e-4)


@pytest.mark.parametrize(
    ("shape", "shared"),
    [
        (shapely.box(-5, -5, 5, 5), 25.0),
        (shapely.box(2, 2, 7, 7), 16.0),  # a frame of one round the hole
        (shapely.box(3, 3, 6, 6), 0.0),
        (shapely.box(-9, -9, 20, 20), 72.0),
        (shapely.box(9, 0, 12, 9), 0.0),
        (shapely.Polygon([(0, 0), (9, 0), (0, 9)]), 40.5 - 4.5),
    ],
)
def test_the_area_shared_with_a_ring_is_right(shape, shared):
    shared = {25.0: 25.0 - 4.0}.get(shared, shared)
    index = ClusterIndex.of(array(RING))
    assert crossing_area(index, Rings.of(array(shape)), np.array([0]))[0] == pytest.approx(shared, abs=1e-12)


# --- index


def test_every_cell_of_a_cluster_is_labelled_right():
    index = ClusterIndex.of(array(RING))
    x, y = np.random.default_rng(1).uniform(-1, 10, (2, 2000))
    boxes = np.column_stack([x, y, x + 0.2, y + 0.3])
    place = index.place(boxes, np.zeros(len(boxes), dtype=np.int64))
    shapes = shapely.box(*boxes.T)
    assert shapely.covers(RING, shapes[place == INSIDE]).all()
    assert (shapely.area(shapely.intersection(RING, shapes[place == OUTSIDE])) == 0).all()
    # What is further from the boundary than a cell's diagonal is settled without computing anything.
    assert not (place == CROSSED)[shapely.distance(shapes, RING.boundary) > 9 / 48 * 2**0.5].any()


@pytest.mark.parametrize("step", [0.0, 1e-9, -1e-9])
def test_an_edge_on_a_grid_line_marks_the_cells_on_both_sides(step):
    # As many columns as metres: the notch's walls lie exactly on cell boundaries.
    notched = shapely.box(0, 0, 48, 48).difference(shapely.box(16, 16, 32, 48))
    index = ClusterIndex.of(array(notched))
    wall = np.array([[15.5 + step, 30, 16.0 + step, 31], [16.0 + step, 30, 16.5 + step, 31]])
    place = index.place(wall, np.zeros(2, dtype=np.int64))
    inside = shapely.area(shapely.intersection(shapely.box(*wall.T), notched))
    for label, shared in zip(place, inside, strict=True):
        assert label == CROSSED or shared == pytest.approx(0.5 * (label == INSIDE), abs=1e-8)


def test_small_and_large_footprints_find_their_clusters():
    clusters = np.array([[0.0, 0, 100, 100], [90, 90, 400, 300], [2000, 2000, 2100, 2100]])
    lookup = Lookup.of(clusters, cell=128.0)
    x, y, size = np.random.default_rng(2).uniform([[-300], [-300], [1]], [[2400], [2400], [500]], (3, 3000))
    boxes = np.column_stack([x, y, x + size, y + size])
    found = set(zip(*(column.tolist() for column in lookup.pairs(boxes)), strict=True))
    met = (boxes[:, None, :2] <= clusters[:, 2:]) & (clusters[:, :2] <= boxes[:, None, 2:])
    assert set(zip(*(column.tolist() for column in np.nonzero(met.all(axis=2))), strict=True)) <= found


@pytest.mark.parametrize("box", [[np.nan] * 4, [-1e300, 0, -1e299, 1], [1e12, 1e12, 1e12, 1e12]])
def test_boxes_beyond_the_ground_find_nothing(box):
    lookup = Lookup.of(np.array([[0.0, 0, 100, 100]]))
    footprint, _ = lookup.pairs(np.array([box, [10.0, 10, 11, 11]]))
    assert footprint.tolist() == [1]


def test_the_index_travels_to_another_process():
    index = pickle.loads(pickle.dumps(ClusterIndex.of(array(RING, TWO))))  # noqa: S301 - our own bytes
    assert index.lookup.pairs(np.array([[0.0, 0, 1, 1]]))[1].tolist() == [0, 1]


def test_many_clusters_are_labelled_some_at_a_time():
    shapes = shapely.box(*(np.arange(150.0) * 20 + [[0], [0], [10], [10]]))
    index = ClusterIndex.of(shapes)
    middle = np.arange(150.0) * 20 + 5
    boxes = np.column_stack([middle, middle, middle + 1, middle + 1])
    assert (index.place(boxes, np.arange(150)) == INSIDE).all()


# --- contacts


@given(st.integers(0, 10_000))
def test_boxes_meet_exactly_once(seed):
    rng = np.random.default_rng(seed)
    corner = rng.integers(0, 400, (60, 2)).astype(float)
    boxes = np.column_stack([corner, corner + rng.integers(0, 90, (60, 2))])
    ground = rng.integers(0, 3, 60)
    one, other = meeting_boxes(boxes, ground)
    found = sorted(tuple(sorted(pair)) for pair in zip(one.tolist(), other.tolist(), strict=True))
    expected = [
        (i, j)
        for i in range(60)
        for j in range(i + 1, 60)
        if ground[i] == ground[j]
        and (boxes[i, :2] <= boxes[j, 2:]).all()
        and (boxes[j, :2] <= boxes[i, 2:]).all()
    ]
    assert found == expected


def test_nothing_meets_where_nothing_is():
    assert [len(column) for column in meeting_boxes(np.empty((0, 4)), np.empty(0, dtype=np.int64))] == [0, 0]


# --- exposure and sides


def outline_area(*shapes):
    shapes = array(*shapes)
    bounds = shapely.bounds(shapes)
    pairs = meeting_boxes(bounds, np.zeros(len(shapes), dtype=np.int64))
    return area_left_of(exposed_edges(directed_edges(Rings.of(shapes)), bounds, *pairs))


@pytest.mark.parametrize(
    ("shapes", "area"),
    [
        ([UNIT, UNIT], 1),
        ([UNIT, UNIT.reverse(), UNIT], 1),
        ([UNIT, shapely.box(1, 0, 2, 1)], 2),  # a common wall
        ([UNIT, shapely.box(1, 0.25, 2, 0.75)], 1.5),  # half a common wall
        ([UNIT, shapely.box(1, 1, 2, 2)], 2),  # a common corner
        ([UNIT, shapely.box(0, 0, 2, 1)], 2),  # three common walls, one inside
        ([UNIT, shapely.box(0.25, 0.25, 0.75, 0.75)], 1),
        ([RING, shapely.box(3, 3, 6, 6)], 81),  # fills the hole
        ([RING, shapely.box(4, 4, 5, 5)], 73),
        ([RING, shapely.box(2, 4, 7, 5)], 75),
        ([UNIT, shapely.box(0.5, -1, 0.75, 2)], 1.5),  # a cross
    ],
)
def test_exposed_edges_bound_the_union(shapes, area):
    assert outline_area(*shapes) == pytest.approx(area, abs=1e-12)
    assert outline_area(*reversed(shapes)) == pytest.approx(area, abs=1e-12)


def test_of_identical_footprints_one_is_left_whatever_their_number():
    assert outline_area(*[RING] * 7) == pytest.approx(RING.area)


numbers = st.floats(-1e6, 1e6, allow_nan=False).map(lambda x: round(x, 3))


@given(numbers, numbers, numbers, numbers)
def test_the_sign_of_a_difference_of_products_is_exact(a, b, c, d):
    exact = fractions.Fraction(a) * fractions.Fraction(b) - fractions.Fraction(c) * fractions.Fraction(d)
    found = _exact_difference(*(np.array([value]) for value in (a, b, c, d)))[0]
    assert np.sign(found) == (exact > 0) - (exact < 0)


def test_a_corner_on_the_line_of_an_edge_has_a_side_that_depends_on_whose_it_is():
    edges = edges_of(UNIT, UNIT)
    wall = np.flatnonzero((edges.owner == 0) & (edges.x0 == 1) & (edges.x1 == 1))
    corner = np.flatnonzero((edges.owner == 1) & (edges.x0 == 1) & (edges.y0 == 0))
    left, side = left_of(edges, wall, corner)
    other = np.flatnonzero((edges.owner == 1) & (edges.x0 == 1) & (edges.x1 == 1))
    back = np.flatnonzero((edges.owner == 0) & (edges.x0 == 1) & (edges.y0 == 0))
    left_back, _ = left_of(edges, other, back)
    assert side[0] == 0
    assert left[0] != left_back[0]


# --- bytes


def wkb_column(shapes, **options):
    return pa.array(shapely.to_wkb(np.array(shapes, dtype=object), **options), pa.binary())


SHAPES = [UNIT, RING, TWO, None, shapely.Polygon(), shapely.box(5, 6, 7, 9), shapely.Point(3, 4)]


@pytest.mark.parametrize("options", [{}, {"byte_order": 0}, {"include_srid": True}])
@pytest.mark.parametrize("kind", [pa.binary(), pa.large_binary()])
def test_boxes_from_bytes_are_those_of_the_shapes(kind, options):
    column = wkb_column(SHAPES, **options).cast(kind)
    np.testing.assert_array_equal(wkb_bounds(column), shapely.bounds(SHAPES))


def test_boxes_from_a_slice_of_a_column():
    column = wkb_column(SHAPES * 3).slice(4, 9)
    np.testing.assert_array_equal(wkb_bounds(column), shapely.bounds((SHAPES * 3)[4:13]))


def test_boxes_of_shapes_with_heights():
    high = shapely.force_3d(UNIT, 12.0)
    np.testing.assert_array_equal(wkb_bounds(wkb_column([high, UNIT])), [[0, 0, 1, 1]] * 2)


def test_a_polygon_that_only_looks_like_one_of_its_length_is_read_the_long_way():
    # A line of two points with its header is as long as no polygon; one of eleven points is.
    line = shapely.LineString(np.column_stack([np.arange(11.0), np.arange(11.0)]))
    column = pa.array([shapely.to_wkb(line) + b"\0" * 4, shapely.to_wkb(UNIT)], pa.binary())
    np.testing.assert_array_equal(wkb_bounds(column)[1], [0, 0, 1, 1])


def test_shapes_from_bytes_are_only_those_asked_for():
    assert shapes_from_wkb(wkb_column(SHAPES), np.array([2, 0])).tolist() == [TWO, UNIT]


# --- soundness


def test_what_is_sound_stays_as_it_is():
    shapes = array(UNIT, RING, TWO, shapely.Point(0, 0).buffer(3))
    found = sound_shapes(shapes)
    assert found.shapes.tolist() == shapes.tolist()
    assert not found.repaired.any()
    assert not found.unusable.any()


@pytest.mark.parametrize(
    ("ring", "area"),
    [
        ([(0, 0), (2, 2), (2, 0), (0, 2)], 2),  # a bow-tie
        ([(0, 0), (4, 0), (4, 4), (2, 0), (0, 4)], 8),  # touches itself
        ([(0, 0), (2, 0), (2, 2), (0, 2), (0, 5), (0, 2)], 4),  # a spike
    ],
)
def test_an_invalid_ring_is_repaired(ring, area):
    shapes = array(UNIT, shapely.Polygon(ring))
    found = sound_shapes(shapes)
    assert found.repaired.tolist() == [False, True]
    assert not found.unusable.any()
    assert found.shapes[1].area == pytest.approx(area)
    assert not shapes[1].is_valid, "the input must stay as it was"


def test_what_has_no_ground_left_is_unusable():
    flat = shapely.Polygon([(0, 0), (1, 1), (2, 2)])
    with np.errstate(invalid="ignore"):
        lost = shapely.Polygon([(0, 0), (np.nan, 1), (2, 2), (3, 0)])
    found = sound_shapes(array(flat, lost, None, UNIT))
    assert found.unusable.tolist() == [True, True, True, False]
    assert not found.repaired.any()


def test_of_a_collection_the_polygons_count():
    mixed = shapely.GeometryCollection([UNIT, shapely.Point(9, 9), shapely.box(0.5, 0, 2, 1)])
    found = sound_shapes(array(mixed))
    assert found.shapes[0].area == pytest.approx(2)
    assert not found.unusable.any()


def test_the_row_of_a_point_is_named():
    with pytest.raises(SchemaError, match=r"trees\.gpkg, row 17: a footprint is a Point"):
        refuse_other_than_polygons(array(UNIT, shapely.Point(0, 0)), lambda n: f"trees.gpkg, row {16 + n}")
