"""What a spatial index gives of a large layer: all that matters, once each, and all of it where in doubt."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from clusters_geo.built_up import built_up_ha
from clusters_geo.built_up.layers import shared_share
from clusters_geo.errors import CRSError, SchemaError

CRS = "EPSG:5897"
X, Y = 500_000.0, 2_300_000.0
ROWS = 12_000


@pytest.fixture
def clusters():
    """Two that overlap and one at the other end of the region."""
    shapes = [
        shapely.box(X + x, Y + y, X + x + 400, Y + y + 300) for x, y in [(0, 0), (300, 100), (38e3, 39e3)]
    ]
    names = pd.Index(["A", "B", "C"], name="cluster_id")
    return gpd.GeoDataFrame(geometry=shapes, index=names, crs=CRS)


@pytest.fixture
def halls():
    """A region of 40 km full of halls, some of them on the clusters, some on two at once."""
    rng = np.random.default_rng(3)
    x, y = rng.uniform(0, 40_000, (2, ROWS))
    x[:300], y[:300] = rng.uniform(-50, 750, 300), rng.uniform(-50, 450, 300)
    x[300:330], y[300:330] = rng.uniform([[38e3], [39e3]], [[38.5e3], [39.5e3]], (2, 30))
    order = rng.permutation(ROWS)
    shapes = shapely.box(X + x, Y + y, X + x + 20, Y + y + 15)[order]
    return gpd.GeoDataFrame({"use": np.array(["hall", "office"])[order % 2]}, geometry=shapes, crs=CRS)


def sql(path, *statements):
    with closing(sqlite3.connect(path)) as database, database:
        for statement in statements:
            database.execute(statement)


def read(table):
    return table.attrs["footprints"]["read"]


def same(found, expected):
    pd.testing.assert_frame_equal(found.drop(columns="source"), expected.drop(columns="source"), rtol=1e-12)


@pytest.mark.parametrize("asked", [{}, {"disjoint": True}, {"by": "use"}, {"method": "raster", "cell_m": 2}])
@pytest.mark.parametrize("name", ["f.gpkg", "f.fgb"])
def test_only_the_surroundings_of_each_cluster_are_read_and_nothing_is_missed(
    tmp_path, clusters, halls, name, asked
):
    pyogrio.write_dataframe(halls, tmp_path / name)
    table = built_up_ha(clusters, tmp_path / name, **asked)
    near = shapely.STRtree(halls.geometry.to_numpy()).query(clusters.geometry.to_numpy())[1]
    assert read(table) == len(np.unique(near)) < ROWS / 20
    same(table, built_up_ha(clusters, halls, **asked))


@pytest.mark.parametrize("name", ["f.gpkg", "f.fgb"])
def test_footprints_in_degrees_are_found_too(tmp_path, clusters, halls, name):
    degrees = halls.to_crs("EPSG:4326")
    pyogrio.write_dataframe(degrees, tmp_path / name)
    table = built_up_ha(clusters, tmp_path / name)
    assert read(table) < ROWS / 20
    same(table, built_up_ha(clusters, degrees))


def test_names_with_quotes_and_marks_stay_names(tmp_path, clusters, halls):
    layer, column = 'Công "trình"; DROP TABLE x; --', 'loại "a"'
    halls = halls.rename(columns={"use": column})
    pyogrio.write_dataframe(halls, tmp_path / "f.gpkg", layer=layer, geometry_name='hình "b"')
    table = built_up_ha(clusters, tmp_path / "f.gpkg", by=column)
    assert read(table) < ROWS / 20
    same(table, built_up_ha(clusters, halls, by=column))


DAMAGES = {
    "entries gone": ["DELETE FROM rtree_f_geom_rowid WHERE rowid > 100"],
    "nodes gone": ["DELETE FROM rtree_f_geom_node WHERE nodeno > 3"],
    "nodes too short": ["UPDATE rtree_f_geom_node SET data = zeroblob(10) WHERE nodeno = 2"],
    "table gone": ["DROP TABLE rtree_f_geom_node"],
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_with_a_damaged_index_all_is_read(tmp_path, clusters, halls, damage):
    path = tmp_path / "f.gpkg"
    pyogrio.write_dataframe(halls, path)
    sql(path, *DAMAGES[damage])
    table = built_up_ha(clusters, path)
    assert read(table) == ROWS
    same(table, built_up_ha(clusters, halls))


def test_with_an_index_that_was_not_kept_up_all_is_read(tmp_path, clusters, halls):
    path = tmp_path / "f.gpkg"
    pyogrio.write_dataframe(halls.iloc[:-9], path)
    with closing(sqlite3.connect(path)) as database:
        triggers = database.execute(
            "SELECT name FROM sqlite_master WHERE name LIKE 'rtree_f_geom_%' AND type = 'trigger'"
        )
        sql(path, *[f"DROP TRIGGER {name}" for (name,) in triggers.fetchall()])
    pyogrio.write_dataframe(halls.iloc[-9:], path, append=True)
    table = built_up_ha(clusters, path)
    assert read(table) == ROWS
    same(table, built_up_ha(clusters, halls))


def test_without_an_index_all_is_read(tmp_path, clusters, halls):
    pyogrio.write_dataframe(halls, tmp_path / "f.gpkg", SPATIAL_INDEX="NO")
    pyogrio.write_dataframe(halls, tmp_path / "f.fgb", SPATIAL_INDEX="NO")
    for name in ("f.gpkg", "f.fgb"):
        table = built_up_ha(clusters, tmp_path / name)
        assert read(table) == ROWS
        same(table, built_up_ha(clusters, halls))


def test_a_view_is_read_in_whole(tmp_path, clusters, halls):
    path = tmp_path / "f.gpkg"
    pyogrio.write_dataframe(halls, path)
    sql(
        path,
        "CREATE VIEW v AS SELECT fid AS OGC_FID, geom, use FROM f",
        """INSERT INTO gpkg_contents SELECT 'v', data_type, 'v', description, last_change, min_x, min_y,
           max_x, max_y, srs_id FROM gpkg_contents WHERE table_name = 'f'""",
        """INSERT INTO gpkg_geometry_columns SELECT 'v', column_name, geometry_type_name, srs_id, z, m
           FROM gpkg_geometry_columns WHERE table_name = 'f'""",
    )
    table = built_up_ha(clusters, path, layer="v", by="use")
    assert read(table) == ROWS
    same(table, built_up_ha(clusters, halls, by="use"))


def test_features_without_a_shape_are_counted_as_always(tmp_path, clusters, halls):
    halls.loc[[5, 7], "geometry"] = None
    pyogrio.write_dataframe(halls, tmp_path / "f.gpkg")
    table = built_up_ha(clusters, tmp_path / "f.gpkg")
    assert table.attrs["footprints"] == {"read": ROWS, "empty": 2, "unusable": 0, "repaired": 0}


@pytest.mark.parametrize("name", ["f.gpkg", "f.fgb"])
def test_swapped_coordinates_are_refused_with_an_index_too(tmp_path, clusters, halls, name):
    swapped = gpd.GeoDataFrame(geometry=shapely.transform(halls.geometry, lambda xy: xy[:, ::-1]), crs=CRS)
    pyogrio.write_dataframe(swapped, tmp_path / name)
    with pytest.raises(CRSError, match=r"far apart. Are x and y swapped"):
        built_up_ha(clusters, tmp_path / name)


def test_clusters_in_a_gap_of_a_layer_have_nothing_built(tmp_path, clusters, halls):
    gap = halls[halls.distance(clusters.union_all()) > 500]
    pyogrio.write_dataframe(gap, tmp_path / "f.gpkg")
    table = built_up_ha(clusters, tmp_path / "f.gpkg")
    assert table["built_up_ha"].tolist() == [0, 0, 0]
    assert read(table) == len(gap)


@pytest.mark.parametrize("name", ["f.gpkg", "f.fgb"])
def test_a_point_near_a_cluster_is_named_by_its_number_in_the_file(tmp_path, clusters, halls, name):
    trees = gpd.GeoDataFrame({"use": ["tree"]}, geometry=[shapely.Point(X + 9, Y + 9)], crs=CRS)
    pyogrio.write_dataframe(pd.concat([halls, trees]), tmp_path / name, geometry_type="Unknown")
    number = pyogrio.read_dataframe(tmp_path / name, where="use = 'tree'", fid_as_index=True).index[0]
    with pytest.raises(SchemaError, match=rf"f\.\w+, feature {number}: a footprint is a Point"):
        built_up_ha(clusters, tmp_path / name)


@pytest.mark.parametrize("whole", [(0.0, 0, 0, 0), (np.nan,) * 4, (-np.inf, 0, np.inf, 1)])
def test_a_layer_without_extent_has_no_share_worth_fetching(whole):
    with np.errstate(invalid="ignore"):
        share = shared_share(np.array([[0.0, 0, 1, 1]]), whole)
    assert not share > 0
