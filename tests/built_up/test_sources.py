"""Files as they come: what each says about itself, and what is made of it."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pyogrio
import pyproj
import pytest
import shapely

import clusters_geo as cg
from clusters_geo.built_up.batches import ROWS_A_BATCH, ROWS_IN_MEMORY, ShapeBatch
from clusters_geo.built_up.ground import Ground
from clusters_geo.built_up.hits import Counts, Hits, add_up, hits_of
from clusters_geo.built_up.sources import open_footprints
from clusters_geo.errors import CRSError, SourceError

CRS = "EPSG:5897"
X, Y = 500_000.0, 2_300_000.0
CLUSTER = shapely.box(X, Y, X + 500, Y + 400)
HALLS = [shapely.box(X, Y, X + 100, Y + 200), shapely.box(X + 50, Y, X + 150, Y + 200)]


@pytest.fixture
def ground():
    return Ground.of(gpd.GeoSeries([CLUSTER], index=["A"], crs=CRS), pyproj.CRS(CRS))


@pytest.fixture
def layer():
    return gpd.GeoDataFrame({"use": ["hall", "office"]}, geometry=HALLS, crs=CRS)


def describe(path, change):
    """Rewrite what a GeoParquet file says about its geometry."""
    table = pq.read_table(path)
    geo = json.loads(table.schema.metadata[b"geo"])
    change(geo["columns"]["geometry"])
    pq.write_table(table.replace_schema_metadata({b"geo": json.dumps(geo)}), path)


def read(source, ground):
    return [batch for part in source.parts for batch in part.batches(ground.lookup)]


@pytest.mark.parametrize(
    ("rows", "batches"),
    [
        (0, []),
        (3, [3]),
        (20_000, [16_384, 3_616]),
        (100_000, [25_001, 25_001, 25_001, 24_997]),
        (ROWS_IN_MEMORY * 4 + 4, [ROWS_IN_MEMORY] * 4 + [4]),
    ],
)
def test_a_table_is_read_in_batches_that_occupy_two_threads(ground, rows, batches):
    many = gpd.GeoSeries([HALLS[0]] * rows, crs=CRS)
    source = open_footprints(many)
    found = read(source, ground)
    assert source.rows == rows
    assert [len(batch.shapes) for batch in found] == batches
    assert [batch.first_row for batch in found] == np.cumsum([0, *batches])[:-1].tolist()


def test_a_geopackage_is_read_in_batches_with_its_groups(tmp_path, ground, layer):
    many = layer.iloc[np.arange(ROWS_A_BATCH + 2) % 2]
    pyogrio.write_dataframe(many, tmp_path / "f.gpkg")
    source = open_footprints(tmp_path / "f.gpkg", by="use")
    batches = read(source, ground)
    assert source.rows == sum(len(batch.groups) for batch in batches) == ROWS_A_BATCH + 2
    assert len(batches) > 1
    assert batches[1].first_row == len(batches[0].groups)
    assert set(batches[0].groups) == {"hall", "office"}


def test_each_row_group_of_a_parquet_file_is_a_part(tmp_path, ground, layer):
    layer.to_parquet(tmp_path / "f.parquet", row_group_size=1)
    source = open_footprints(tmp_path / "f.parquet")
    assert len(source.parts) == source.rows == 2
    assert [batch.first_row for batch in read(source, ground)] == [0, 1]


@pytest.mark.parametrize("by", [None, "use"])
def test_of_row_groups_that_are_not_read_it_is_known_where_they_lie(tmp_path, ground, layer, by):
    away = layer.set_geometry(layer.translate(9_000, 9_000))
    away.to_parquet(tmp_path / "f.parquet", row_group_size=1, write_covering_bbox=True)
    batches = read(open_footprints(tmp_path / "f.parquet", by=by), ground)
    found = [hits_of(ground, batch, disjoint=False, source="here") for batch in batches]
    counts = Hits.together(found).counts
    assert (counts.read, counts.near, len(found)) == (0, False, 2)
    assert counts.extent.tolist() == [X + 9_000, Y + 9_000, X + 9_150, Y + 9_200]
    on_cluster = hits(ground, *HALLS, groups=None if by is None else layer["use"].to_numpy(dtype=object))
    assert len(Hits.together([*found, on_cluster]).cluster) == 2


def test_parquet_without_a_word_about_its_system_is_longitude_and_latitude(tmp_path, layer):
    layer.to_parquet(tmp_path / "f.parquet")
    describe(tmp_path / "f.parquet", lambda column: column.pop("crs"))
    assert open_footprints(tmp_path / "f.parquet").crs == pyproj.CRS("OGC:CRS84")


def test_parquet_of_an_unknown_system_needs_to_be_told(tmp_path, layer):
    layer.to_parquet(tmp_path / "f.parquet")
    describe(tmp_path / "f.parquet", lambda column: column.update(crs=None))
    with pytest.raises(CRSError, match="says that its coordinate system is unknown"):
        open_footprints(tmp_path / "f.parquet")
    assert open_footprints(tmp_path / "f.parquet", crs=CRS).crs == pyproj.CRS(CRS)


def test_parquet_in_another_encoding_is_refused_with_the_remedy(tmp_path, layer):
    layer.to_parquet(tmp_path / "f.parquet")
    describe(tmp_path / "f.parquet", lambda column: column.update(encoding="polygon"))
    with pytest.raises(SourceError, match=r'stores its geometry as polygon.*geometry_encoding="WKB"'):
        open_footprints(tmp_path / "f.parquet")


def test_a_page_cut_out_of_a_parquet_file_is_named_when_it_is_reached(tmp_path, ground, layer):
    path = tmp_path / "f.parquet"
    layer.to_parquet(path, row_group_size=1)
    whole = bytearray(path.read_bytes())
    geometry = pq.read_metadata(path).row_group(0).column(1)
    assert geometry.path_in_schema == "geometry"
    begin = geometry.dictionary_page_offset or geometry.data_page_offset
    whole[begin : begin + geometry.total_compressed_size] = bytes(geometry.total_compressed_size)
    path.write_bytes(whole)
    with pytest.raises(SourceError, match=r"f\.parquet cannot be read after row 0"):
        read(open_footprints(path), ground)


def test_a_layer_whose_names_are_damaged_is_named(tmp_path, ground, layer):
    file = tmp_path / "f.fgb"
    layer.rename(columns={"use": "Công dụng"}).to_file(file)
    file.write_bytes(file.read_bytes().replace("ụ".encode(), b"\xa5ng", 1))
    with pytest.raises(SourceError, match=r"f\.fgb cannot be read \(its text is not in the encoding"):
        read(open_footprints(file), ground)


def test_an_empty_folder_is_named(tmp_path):
    with pytest.raises(SourceError, match="there is no GeoParquet file in the folder"):
        open_footprints(tmp_path)


@pytest.mark.parametrize("name", ["f.tif", "f.exe", "f"])
def test_other_files_are_refused(tmp_path, name):
    (tmp_path / name).write_bytes(b"\0" * 64)
    with pytest.raises(SourceError, match=name):
        open_footprints(tmp_path / name)


def test_a_virtual_file_that_points_elsewhere_is_refused(tmp_path):
    path = tmp_path / "f.geojson"
    path.write_text('<OGRVRTDataSource><OGRVRTLayer name="a"><SrcDataSource>/etc/passwd</SrcDataSource>')
    with pytest.raises(SourceError):
        open_footprints(path)


# --- hits


def hits(ground, *shapes, groups=None, disjoint=False):
    batch = ShapeBatch(np.array(shapes, dtype=object), groups)
    return hits_of(ground, batch, disjoint=disjoint, source="here")


def test_hits_carry_plane_and_geodesic_areas(ground):
    found = hits(ground, HALLS[0], shapely.box(X + 450, Y, X + 550, Y + 10))
    assert sorted(found.m2) == pytest.approx([500, 20_000])
    np.testing.assert_allclose(found.ha, found.m2 / 1e4 / 0.9999**2, rtol=1e-8)


def test_what_only_touches_a_cluster_is_no_hit(ground):
    beside, corner = shapely.box(X - 9, Y, X, Y + 9), shapely.box(X - 9, Y - 9, X, Y)
    assert len(hits(ground, beside, corner).cluster) == 0


def test_counts_add_up_and_remember_where_everything_was():
    far = Counts(3, 1, extent=np.array([0.0, 0, 1, 1]))
    near = Counts(2, 0, 1, 1, near=True)
    both = sum([far, near, Counts()], Counts())
    assert (both.read, both.empty, both.unusable, both.repaired, both.near) == (5, 1, 1, 1, True)
    assert both.extent.tolist() == [0, 0, 1, 1]


def test_shapes_survive_being_packed(ground):
    found = hits(ground, *HALLS)
    packed = found.packed().packed()
    assert isinstance(packed.shapes[0], bytes)
    pd.testing.assert_frame_equal(add_up(ground.index, packed), add_up(ground.index, found))


def test_hits_are_the_same_in_one_heap_or_several(ground):
    one = hits(ground, *HALLS, groups=np.array(["a", "b"], dtype=object))
    parts = [
        hits(ground, hall, groups=np.array([g], dtype=object)) for hall, g in zip(HALLS, "ab", strict=True)
    ]
    pd.testing.assert_frame_equal(add_up(ground.index, Hits.together(parts)), add_up(ground.index, one))


def test_hits_are_divided_by_clusters():
    two = gpd.GeoSeries([CLUSTER, shapely.affinity.translate(CLUSTER, 1000)], crs=CRS)
    ground = Ground.of(two, pyproj.CRS(CRS))
    found = hits(ground, *HALLS, shapely.affinity.translate(HALLS[0], 1000))
    assert [len(found.of_clusters(a, a + 1).cluster) for a in (0, 1)] == [2, 1]
    assert add_up(ground.index, found.of_clusters(1, 2))["cluster"].tolist() == [1]


def test_nothing_adds_up_to_nothing(ground):
    assert len(add_up(ground.index, Hits.together([]))) == 0


def test_clusters_beyond_one_plane_are_refused():
    far = gpd.GeoSeries(
        [shapely.box(95, 20, 95.01, 20.01), shapely.box(110, 20, 110.01, 20.01)], crs="EPSG:4326"
    )
    with pytest.raises(CRSError, match="8° of longitude"):
        Ground.of(far, pyproj.CRS("EPSG:4326"))


def test_the_boxes_of_the_first_batches_of_a_table_are_looked_at_ahead(ground):
    x = np.arange(6 * 16_384.0)
    many = gpd.GeoSeries(shapely.box(X + x, Y, X + x + 1, Y + 1), crs=CRS)
    batches = read(open_footprints(many), ground)
    assert [batch.boxes is not None for batch in batches] == [True] * 4
    np.testing.assert_array_equal(np.concatenate([b.bounds() for b in batches]), many.bounds)
    more = read(open_footprints(gpd.GeoSeries(np.repeat(HALLS[:1], 5 * ROWS_IN_MEMORY), crs=CRS)), ground)
    assert [batch.boxes is not None for batch in more] == [True] * 4 + [False]


# --- outlines as text

FAULT = Path(__file__).parents[1] / "reading/faults/crash-built-up-csv-footprints"


@pytest.mark.parametrize("crs", [None, "EPSG:4326"])
def test_open_buildings_in_csv_are_read(crs):
    clusters = cg.load_clusters(FAULT / "bool.gpkg")
    table = cg.built_up_ha(clusters, FAULT / "ob.csv", crs=crs)
    triangle = cg.area_ha(gpd.GeoSeries.from_wkt(_outlines(FAULT / "ob.csv"), crs=4326)).sum()
    assert table["footprints"].sum() == 1
    assert table["built_up_ha"].sum() == pytest.approx(triangle, rel=1e-4)


def _outlines(file):
    return pd.read_csv(file)["geometry"]


def test_text_in_metres_needs_its_system_and_text_without_outlines_is_refused(tmp_path):
    clusters = cg.load_clusters(FAULT / "bool.gpkg")
    rows = 'id,WKT\n1,"POLYGON((587000 2326000,587010 2326000,587010 2326010,587000 2326000))"\n'
    (tmp_path / "a.csv").write_text(rows, encoding="utf-8")
    with pytest.raises(cg.CRSError):
        cg.built_up_ha(clusters, tmp_path / "a.csv")
    # With its system said it is read, and found to be kilometres from the clusters.
    with pytest.raises(cg.CRSError, match="far apart"):
        cg.built_up_ha(clusters, tmp_path / "a.csv", crs=5897)
    (tmp_path / "b.csv").write_text("geometry,name\nnhà,A\n", encoding="utf-8")
    with pytest.raises(cg.SourceError, match="no column with outlines"):
        cg.built_up_ha(clusters, tmp_path / "b.csv")
