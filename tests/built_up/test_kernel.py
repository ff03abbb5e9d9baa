"""The kernel against GEOS: thousands of grounds, equal to a billionth."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from clusters_geo.built_up import union
from clusters_geo.built_up.edges import Rings
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
