"""The kernel against GEOS: thousands of grounds, equal to a billionth."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from clusters_geo.built_up import union
from clusters_geo.built_up.edges import Rings, expand_runs
from clusters_geo.built_up.index import ClusterIndex
from clusters_geo.built_up.kernel import near_pairs, pieces_on
from clusters_geo.built_up.union import union_m2


def measured(clusters, footprints):
    index = ClusterIndex.of(clusters)
    pieces = pieces_on(index, Rings.of(footprints), *near_pairs(index, shapely.bounds(footprints)))
    kept = pieces.m2 > 0
    numbers = np.arange(len(clusters))
    shapes = footprints[pieces.footprint[kept]]
    once = union_m2(index, shapes, pieces.m2[kept], pieces.cluster[kept], numbers)
    return pieces, once


@pytest.mark.parametrize("deep", [0, np.inf])
@pytest.mark.parametrize("seed", range(20))
def test_union_area_is_that_of_geos(grounds, monkeypatch, seed, deep):
    monkeypatch.setattr(union, "_DEEP", deep)
    clusters, footprints = grounds.world(seed)
    _, once = measured(clusters, footprints)
    expected = grounds.covered_by_geos(clusters, footprints)
    np.testing.assert_allclose(once, expected, rtol=1e-9, atol=1e-7)


@pytest.mark.parametrize("seed", range(60, 68))
def test_area_of_each_piece_is_that_of_geos(grounds, seed):
    clusters, footprints = grounds.world(seed)
    pieces, _ = measured(clusters, footprints)
    shared = shapely.intersection(footprints[pieces.footprint], clusters[pieces.cluster])
    np.testing.assert_allclose(pieces.m2, shapely.area(shared), rtol=1e-9, atol=1e-7)
    expected = shapely.area(shapely.intersection(footprints[:, None], clusters)).sum()
    assert pieces.m2.sum() == pytest.approx(expected, rel=1e-9)


def test_outlines_of_many_thousand_corners_are_united_by_geos(grounds):
    """A road of many corners through a settlement: comparing all edges with all would take minutes."""
    rng = np.random.default_rng(7)
    corner = np.array([grounds.WEST, grounds.SOUTH])
    along = np.arange(0, 400, 0.1)
    middle = 200 + 30 * np.sin(along / 9) + rng.uniform(0, 0.1, len(along))
    banks = [np.column_stack([along, middle - 6]), np.column_stack([along, middle + 6])[::-1]]
    road = shapely.Polygon(np.concatenate(banks) + corner)
    x, y = rng.uniform(0, 400, (2, 500)) + corner[:, None]
    houses = shapely.box(x, y, x + 9, y + 7)
    west, south = corner + 20
    clusters = np.array([shapely.box(west, south, west + 360, south + 360)])
    footprints = np.concatenate([[road], houses, [shapely.affinity.translate(road, 3, 40)]])
    _, once = measured(clusters, footprints)
    np.testing.assert_allclose(once, grounds.covered_by_geos(clusters, footprints), rtol=1e-9)


def on_one_spot(grounds, shapes):
    """The square metres that footprints cover of a cluster around the spot, and how many pairs were held."""
    west, south = grounds.WEST, grounds.SOUTH
    clusters = np.array([shapely.box(west - 50, south - 50, west + 200, south + 200)])
    return measured(clusters, shapes)[1][0]


def test_a_building_a_hundred_thousand_times_is_one(grounds, monkeypatch):
    """All pairs of them are 5 thousand million, 64 GiB: equal ones are told before pairs are made."""
    seen = []
    monkeypatch.setattr(
        union, "expand_runs", lambda start, count: seen.append(count.sum()) or expand_runs(start, count)
    )
    spot = grounds.square(grounds.WEST, grounds.SOUTH)
    other = grounds.square(grounds.WEST + 5, grounds.SOUTH)
    assert on_one_spot(grounds, np.array([spot, other] * 50_000)) == pytest.approx(150)
    assert max(seen) < 100


def test_equal_ones_of_two_clusters_count_on_both(grounds):
    west, south = grounds.WEST, grounds.SOUTH
    clusters = np.array(
        [shapely.box(west, south, west + 6, south + 10), shapely.box(west + 4, south, west + 9, south + 10)]
    )
    _, once = measured(clusters, np.array([grounds.square(west, south)] * 3))
    np.testing.assert_allclose(once, [60, 50])


def test_same_box_but_not_the_same_shape_is_kept(grounds):
    west, south = grounds.WEST, grounds.SOUTH
    up = shapely.Polygon([(west, south), (west + 10, south), (west + 10, south + 10)])
    down = shapely.Polygon([(west, south), (west + 10, south + 10), (west, south + 10)])
    assert on_one_spot(grounds, np.array([up, down, up, down])) == pytest.approx(100)


def test_pairs_are_bounded_where_no_two_are_equal(grounds, monkeypatch):
    """Seven thousand upon each other have 25 million pairs; GEOS unites them without any."""
    seen = []
    monkeypatch.setattr(
        union, "expand_runs", lambda start, count: seen.append(count.sum()) or expand_runs(start, count)
    )
    monkeypatch.setattr(union, "_MOST_PAIRS", 100_000)
    x = grounds.WEST + np.arange(7_000) * 1e-3
    assert on_one_spot(grounds, shapely.box(x, grounds.SOUTH, x + 10, grounds.SOUTH + 10)) == pytest.approx(
        169.99
    )
    assert max(seen) < 100_000


@pytest.mark.parametrize("most", [0, 3])
def test_grounds_left_to_geos_have_the_area_of_the_others(grounds, monkeypatch, most):
    monkeypatch.setattr(union, "_MOST_PAIRS", most)
    clusters, footprints = grounds.world(5)
    np.testing.assert_allclose(
        measured(clusters, footprints)[1], grounds.covered_by_geos(clusters, footprints), rtol=1e-9, atol=1e-7
    )
