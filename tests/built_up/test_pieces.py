"""One large file cut into ranges of rows, so that several workers share it."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from clusters_geo.built_up import built_up_ha, layers, sources
from clusters_geo.built_up.ground import Ground
from clusters_geo.built_up.sources import open_footprints
from clusters_geo.errors import SchemaError

CRS = "EPSG:5897"
X, Y = 500_000.0, 2_300_000.0
ROWS = 1_000

pytestmark = pytest.mark.usefixtures("small_batches")


@pytest.fixture
def clusters():
    shapes = [shapely.box(X, Y, X + 500, Y + 400), shapely.box(X + 900, Y, X + 1200, Y + 300)]
    return gpd.GeoDataFrame(geometry=shapes, crs=CRS, index=pd.Index(["A", "B"], name="cluster_id"))


@pytest.fixture
def halls():
    rng = np.random.default_rng(4)
    x, y = X + rng.uniform(0, 1_200, ROWS), Y + rng.uniform(0, 400, ROWS)
    years = rng.integers(2019, 2023, ROWS)
    return gpd.GeoDataFrame({"year": years}, geometry=shapely.box(x, y, x + 20, y + 20), crs=CRS)


@pytest.fixture
def small_batches(monkeypatch):
    monkeypatch.setattr(layers, "ROWS_A_BATCH", 150)
    monkeypatch.setattr(sources, "_WORTH_A_BATCH", 150)


def written(halls, folder, name):
    pyogrio.write_dataframe(halls, folder / name)
    return folder / name


def pieces_of(footprints, clusters, count):
    source = open_footprints(footprints, by="year")
    lookup = Ground.of(clusters.geometry, source.crs).lookup
    return source.parts[0].pieces(lookup, count), lookup


def rows_of(piece, lookup):
    return [batch.name(0) for batch in piece.batches(lookup)], sum(
        len(batch.groups) for batch in piece.batches(lookup)
    )


@pytest.mark.parametrize("name", ["f.gpkg", "f.shp", None])
def test_pieces_hold_each_row_once_under_its_number(tmp_path, clusters, halls, name):
    footprints = halls if name is None else written(halls, tmp_path, name)
    pieces, lookup = pieces_of(footprints, clusters, 4)
    assert len(pieces) == 4
    found = [rows_of(piece, lookup) for piece in pieces]
    assert [names[0] for names, _ in found] == ["row 0", "row 250", "row 500", "row 750"]
    assert [rows for _, rows in found] == [250] * 4
    years = np.concatenate([b.groups for piece in pieces for b in piece.batches(lookup)])
    assert years.tolist() == halls["year"].tolist()


def test_no_piece_is_smaller_than_a_batch(tmp_path, clusters, halls):
    assert len(pieces_of(written(halls, tmp_path, "f.gpkg"), clusters, 50)[0]) == ROWS // 150


@pytest.mark.parametrize("name", ["f.fgb", "f.geojson", "f.parquet"])
def test_files_that_are_read_from_the_top_or_in_row_groups_stay_whole(tmp_path, clusters, halls, name):
    path = tmp_path / name
    if name == "f.parquet":
        halls.to_parquet(path)
    else:
        written(halls, tmp_path, name)
    source = open_footprints(path)
    lookup = Ground.of(clusters.geometry, source.crs).lookup
    assert source.parts[0].pieces(lookup, 4) == source.parts[:1]


def test_a_file_whose_index_leaves_most_out_stays_whole(tmp_path, clusters, halls):
    away = halls.iloc[[0]].translate(90_000, 9_000).to_frame("geometry").assign(year=2022)
    path = written(pd.concat([halls, away]), tmp_path, "f.gpkg")
    assert len(pieces_of(path, clusters, 4)[0]) == 1


@pytest.fixture(scope="module")
def scheduler():
    import distributed

    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=50
    ) as cluster:
        yield cluster.scheduler_address


@pytest.mark.parametrize("name", ["f.gpkg", "f.shp", None])
def test_workers_that_share_a_file_find_the_same(tmp_path, clusters, halls, scheduler, name):
    footprints = halls if name is None else written(halls, tmp_path, name)
    seen = []
    found = built_up_ha(
        clusters,
        footprints,
        by="year",
        engine="dask",
        scheduler=scheduler,
        progress=lambda done, total: seen.append((done, total)),
    )
    pd.testing.assert_frame_equal(found, built_up_ha(clusters, footprints, by="year"), rtol=1e-9)
    assert seen == [(piece + 1, len(seen)) for piece in range(len(seen))]
    assert len(seen) >= 6
    assert found.attrs["footprints"]["read"] == ROWS


def test_a_point_in_the_last_piece_is_named_by_its_row(tmp_path, clusters, halls, scheduler):
    shapes = halls.geometry.to_list()
    shapes[900] = shapely.Point(X + 5, Y + 5)
    path = tmp_path / "f.gpkg"
    pyogrio.write_dataframe(halls.set_geometry(shapes, crs=CRS), path, geometry_type="Unknown")
    with pytest.raises(SchemaError, match=r"f\.gpkg, row 900: a footprint is a Point"):
        built_up_ha(clusters, path, engine="dask", scheduler=scheduler)
