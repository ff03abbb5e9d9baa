"""`method="raster"`: right on average, its error as stated, and never taken for an exact figure."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from clusters_geo.built_up import built_up_ha, raster
from clusters_geo.built_up.batches import ShapeBatch
from clusters_geo.built_up.edges import Rings
from clusters_geo.built_up.engines import Exact, LocalEngine, Task
from clusters_geo.built_up.ground import Ground
from clusters_geo.built_up.raster import Raster
from clusters_geo.built_up.sources import open_footprints
from clusters_geo.errors import SchemaError

CRS = "EPSG:5897"
X, Y = 500_000.0, 2_300_000.0
M2 = 1e4 * 0.9999**2  # of the plane in a hectare, on the meridian


def box(x, y, width, height):
    return shapely.box(X + x, Y + y, X + x + width, Y + y + height)


def table_of(shapes):
    names = [f"C{number}" for number in range(len(shapes))]
    return gpd.GeoDataFrame(geometry=list(shapes), index=pd.Index(names, name="cluster_id"), crs=CRS)


def measured(clusters, footprints, *methods):
    """Return what each of some methods finds, without the table around it."""
    source = open_footprints(gpd.GeoSeries(footprints, crs=CRS))
    ground = Ground.of(clusters.geometry, source.crs)
    tasks = [Task(ground, method, keep_going=False, progress=lambda *_: None) for method in methods]
    found = [LocalEngine().measure(source, task).table.set_index("cluster") for task in tasks]
    return [table.reindex(range(len(clusters)), fill_value=0.0) for table in found]


@pytest.fixture(scope="module")
def worlds(grounds):
    """1,600 grounds: the exact m² of each and what the raster says, with cells from 0.4 to 2.5 m."""
    rows = []
    for seed in range(200, 240):
        clusters, footprints = grounds.world(seed)
        table = table_of(clusters)
        cell = 0.4 * 2.5 ** ((seed % 3) - 0.0)
        methods = Exact(disjoint=False), Raster.of(table.geometry, cell, seed=seed)
        exact, sampled = measured(table, footprints, *methods)
        assert exact["footprints"].tolist() == sampled["footprints"].tolist()
        error = sampled["built_up_ha"] - exact["built_up_ha"]
        bound = most_cells(clusters, footprints, cell) * cell**2 / M2
        rows.append(
            pd.DataFrame({"error": error, "said": sampled["built_up_error_ha"], "bound": bound, "cell": cell})
        )
    return pd.concat(rows, ignore_index=True)


def most_cells(clusters, footprints, cell):
    """Return how many cells the outlines of all pieces pass, at most, on each cluster.

    Walking round a ring, each new cell is entered over a line of the grid.
    """
    tree = shapely.STRtree(footprints)
    footprint, cluster = tree.query(clusters)[::-1]
    pieces = shapely.intersection(footprints[footprint], clusters[cluster])
    corner = shapely.bounds(clusters)[cluster, :2]
    passed = np.zeros(len(clusters))
    for piece, at, (west, south) in zip(pieces, cluster, corner, strict=True):
        for part in shapely.get_rings(
            [p for p in shapely.get_parts(piece) if p.geom_type == "Polygon" and p.area > 0]
        ):
            cells = np.floor((shapely.get_coordinates(part) - [west, south]) / cell)
            passed[at] += 1 + np.abs(np.diff(cells, axis=0)).sum()
    return passed


def test_the_error_never_exceeds_the_cells_that_outlines_pass(worlds):
    assert (worlds["error"].abs() <= worlds["bound"] + 1e-9).all()


def test_the_stated_error_is_not_too_small(worlds):
    sampled = worlds[worlds["said"] > 0]
    assert len(sampled) > 1_000
    off = sampled["error"].abs() / sampled["said"]
    assert (off < 1).mean() > 0.68
    assert (off < 2).mean() > 0.95
    assert (sampled["error"] ** 2).mean() < (sampled["said"] ** 2).mean()


def test_the_stated_error_is_not_much_too_large(worlds):
    sampled = worlds[worlds["said"] > 1.01 * worlds["cell"] ** 2 / M2]
    assert (sampled["said"] ** 2).mean() < 6 * (sampled["error"] ** 2).mean()


def test_what_cannot_overlap_is_exact(worlds):
    alone = worlds[worlds["said"] == 0]
    assert len(alone) > 100
    assert alone["error"].abs().max() < 1e-9


@pytest.mark.parametrize(
    "shapes",
    [
        [box(10, 10, 30, 20), box(25, 15, 30, 20)],  # walls along the rows, on whole metres
        [box(10.5, 10.5, 30, 20), box(25.5, 15.5, 30, 20)],  # and through the centres of cells
        [box(10, 10, 30, 20), shapely.affinity.rotate(box(15, 12, 30, 20), 31)],
        [box(-10, -10, 120, 20), box(-20, 5, 140, 30), box(60, -5, 90, 200)],  # beyond the cluster
        [box(10, 10, 0.3, 60), box(5, 20, 50, 0.2)],  # narrower than a cell
        [shapely.Point(X + 50, Y + 50).buffer(30)] * 3,
    ],
)
def test_on_average_it_is_exact(shapes):
    clusters = table_of([shapely.Polygon([(X, Y), (X + 100, Y + 3), (X + 90, Y + 95), (X + 7, Y + 80)])])
    rasters = [Raster.of(clusters.geometry, 2.0, seed=seed) for seed in range(150)]
    exact, *tries = measured(clusters, shapes, Exact(disjoint=False), *rasters)
    exact = exact["built_up_ha"][0]
    found = np.array([t["built_up_ha"][0] for t in tries])
    said = np.array([t["built_up_error_ha"][0] for t in tries])
    assert abs(found.mean() - exact) < 4 * found.std() / np.sqrt(len(found)) + 1e-12
    assert (said**2).mean() > 0.9 * found.var()


def test_points_under_several_footprints_are_counted_as_by_shapely(grounds):
    clusters, footprints = grounds.world(5, grounds=6)
    table = table_of(clusters)
    cells = Raster.of(table.geometry, 1.5)
    ground = Ground.of(table.geometry, table.crs)
    found = cells.gather([cells.lay(ground, ShapeBatch(footprints), "here")])
    for number, cluster in enumerate(clusters):
        first, stop = cells.first_row[number] + 2, cells.first_row[number + 1] - 2
        row, column = np.mgrid[first:stop, : cells.columns[number]]
        x = cells.corner[number, 0] + (column + cells.across[row]) * 1.5
        y = cells.corner[number, 1] + (row - first + cells.up[row]) * 1.5
        deep = sum(shapely.contains_xy(f, x, y).astype(int) for f in footprints if f.intersects(cluster))
        excess = np.where(shapely.contains_xy(cluster, x, y), np.maximum(deep - 1, 0), 0).sum(axis=1)
        np.testing.assert_array_equal(found.layers[None].excess[first:stop], excess)


def test_nothing_depends_on_the_order_or_the_size_of_the_batches(grounds, monkeypatch):
    clusters, footprints = grounds.world(6)
    table = table_of(clusters)
    expected = built_up_ha(table, gpd.GeoSeries(footprints, crs=CRS), method="raster", cell_m=0.7)
    monkeypatch.setattr(raster, "_WAITING_EVENTS", 0)
    monkeypatch.setattr(raster, "_CROSSINGS_AT_ONCE", 50)
    shuffled = np.random.default_rng(1).permutation(footprints)
    found = built_up_ha(table, gpd.GeoSeries(shuffled, crs=CRS), method="raster", cell_m=0.7)
    pd.testing.assert_frame_equal(found, expected, rtol=1e-12)


def test_numbers_beyond_32_bits_give_the_same(grounds, monkeypatch):
    clusters, footprints = grounds.world(6)
    layer = gpd.GeoSeries(footprints, crs=CRS)
    expected = built_up_ha(table_of(clusters), layer, method="raster")
    monkeypatch.setattr(raster, "_FITS_INT32", 0)
    assert Raster.of(table_of(clusters).geometry, 1.0).boundary.dtype == np.int64
    pd.testing.assert_frame_equal(built_up_ha(table_of(clusters), layer, method="raster"), expected)


def test_blocks_of_clusters_add_up_to_the_whole(grounds):
    clusters, footprints = grounds.world(8)
    table = table_of(clusters)
    cells, ground = Raster.of(table.geometry, 1.0), Ground.of(table.geometry, table.crs)
    halves = [cells.lay(ground, ShapeBatch(some), "here") for some in np.array_split(footprints, 2)]
    whole = cells.add_up(ground, cells.gather(halves))
    gathered = [cells.gather([half]) for half in halves]
    blocks = [
        cells.add_up(ground, cells.gather([cells.cut(half, a, b) for half in gathered]))
        for a, b in [(0, 7), (7, 8), (8, len(clusters))]
    ]
    pd.testing.assert_frame_equal(pd.concat(blocks, ignore_index=True), whole, rtol=1e-12)


def test_the_result_says_that_it_is_approximate():
    clusters = table_of([box(0, 0, 500, 400)])
    halls = gpd.GeoSeries([box(0, 0, 100, 200), box(50, 0, 100, 200)], crs=CRS)
    sampled, exact = built_up_ha(clusters, halls, method="raster"), built_up_ha(clusters, halls)
    assert sampled["method"].tolist() == ["raster 1 m"]
    assert exact["method"].tolist() == ["exact"]
    assert (sampled.attrs["method"], sampled.attrs["cell_m"]) == ("raster", 1.0)
    assert (exact.attrs["method"], exact.attrs["cell_m"]) == ("exact", None)
    assert "built_up_error_ha" not in exact
    assert sampled["built_up_ha_basis"].tolist() == ["measured"]
    error = sampled["built_up_ha"] - exact["built_up_ha"]
    assert (error.abs() < 3 * sampled["built_up_error_ha"]).all()
    assert sampled["built_up_error_ha"].iloc[0] >= 1e-4  # never less than a cell where two meet


def test_each_group_is_sampled_on_its_own():
    clusters = table_of([box(0, 0, 500, 400), box(900, 0, 300, 300)])
    halls = gpd.GeoDataFrame(
        {"year": [2019, 2019, 2022, None]},
        geometry=[box(0, 0, 100, 200), box(50, 0, 100, 200), box(0, 0, 100, 200), box(900, 0, 10, 10)],
        crs=CRS,
    )
    found = built_up_ha(clusters, halls, by="year", method="raster", cell_m=0.5)
    exact = built_up_ha(clusters, halls, by="year")
    assert found.index.equals(exact.index)
    assert found["footprints"].tolist() == exact["footprints"].tolist()
    assert (found["built_up_error_ha"] > 0).tolist() == [True, False, False, False, False, False]
    np.testing.assert_allclose(found["built_up_ha"], exact["built_up_ha"], rtol=0.01)


def test_a_sheet_twice_over_all_clusters_covers_each_once():
    clusters = table_of([box(0, 0, 500, 400), box(900, 0, 300, 300)])
    sheets = gpd.GeoSeries([box(-9_000, -9_000, 30_000, 30_000)] * 2, crs=CRS)
    found = built_up_ha(clusters, sheets, method="raster")
    np.testing.assert_allclose(found["built_up_rate"], 1, rtol=3e-3)


def test_nothing_stands_where_there_are_no_footprints():
    clusters = table_of([box(0, 0, 500, 400)])
    found = built_up_ha(clusters, gpd.GeoSeries([], crs=CRS), method="raster")
    assert found[["built_up_ha", "built_up_error_ha", "footprints"]].to_numpy().tolist() == [[0, 0, 0]]


@pytest.mark.parametrize("cell", [0, -1, float("nan"), float("inf")])
def test_a_cell_without_a_width_is_refused(cell):
    halls = gpd.GeoSeries([box(0, 0, 10, 10)], crs=CRS)
    with pytest.raises(SchemaError, match=r"is not the width of a cell\. Give metres, for example cell_m=1"):
        built_up_ha(table_of([box(0, 0, 500, 400)]), halls, method="raster", cell_m=cell)


def test_a_cell_larger_than_a_cluster_names_the_cluster():
    clusters, halls = table_of([box(0, 0, 500, 400), box(900, 0, 30, 30)]), gpd.GeoSeries([], crs=CRS)
    with pytest.raises(SchemaError, match=r"Cells of 31 m are larger than the smallest cluster, C1 with 900"):
        built_up_ha(clusters, halls, method="raster", cell_m=31)


def test_more_cells_than_fit_in_memory_are_refused_with_the_least_that_fit():
    clusters, halls = table_of([box(0, 0, 500, 400)]), gpd.GeoSeries([], crs=CRS)
    with pytest.raises(SchemaError, match=r"into 40,000,000 rows; only 5,000,000 fit .* at least 8e-05 m"):
        built_up_ha(clusters, halls, method="raster", cell_m=1e-5)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"method": "voxels"}, "There is no method='voxels'"),
        ({"cell_m": 1}, "There is no cell_m= with the exact method"),
        ({"method": "raster", "disjoint": True}, "Say disjoint or method='raster', not both"),
    ],
)
def test_wishes_that_do_not_go_together_are_refused(asked, message):
    with pytest.raises(SchemaError, match=message):
        built_up_ha(table_of([box(0, 0, 500, 400)]), gpd.GeoSeries([], crs=CRS), **asked)


def test_a_register_in_degrees_is_laid_with_cells_of_metres():
    clusters = table_of([box(0, 0, 500, 400)])
    halls = gpd.GeoSeries([box(0, 0, 100, 200), box(50, 20, 100, 200)], crs=CRS)
    found = built_up_ha(clusters.to_crs("EPSG:4326"), halls, method="raster")
    exact = built_up_ha(clusters.to_crs("EPSG:4326"), halls)
    assert abs(found["built_up_ha"] - exact["built_up_ha"]).iloc[0] < 3 * found["built_up_error_ha"].iloc[0]


def test_rings_are_taken_apart_as_everywhere():
    """A courtyard is not under the building round it."""
    yard = box(100, 100, 100, 100).difference(box(120, 120, 60, 60))
    clusters = table_of([box(0, 0, 500, 400)])
    assert Rings.of(np.array([yard])).hole.tolist() == [False, True]
    found = built_up_ha(
        clusters, gpd.GeoSeries([yard, yard, box(130, 130, 40, 40)], crs=CRS), method="raster"
    )
    assert found["built_up_ha"].iloc[0] == pytest.approx((6_400 + 1_600) / M2, abs=3 * 0.02)
