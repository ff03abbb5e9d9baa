"""The public function: what it promises, whatever the footprints come from and whoever does the work."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from clusters_geo.area import area_ha
from clusters_geo.built_up import built_up_ha
from clusters_geo.errors import CRSError, EngineError, SchemaError, SourceError

CRS = "EPSG:5897"
X, Y = 500_000.0, 2_300_000.0


def box(x, y, width, height):
    return shapely.box(X + x, Y + y, X + x + width, Y + y + height)


@pytest.fixture
def two_clusters():
    table = {"cluster_id": ["A", "B"], "name": ["A", "B"], "built_ha": [10.0, np.nan]}
    shapes = [box(0, 0, 500, 400), box(1000, 0, 300, 300)]
    return gpd.GeoDataFrame(table, geometry=shapes, crs=CRS).set_index("cluster_id")


@pytest.fixture
def halls():
    """On A: 2 ha, 2 ha of which 1 ha is shared, 1 ha of which half is outside. On B nothing."""
    shapes = [box(0, 0, 100, 200), box(50, 0, 100, 200), box(450, 0, 100, 100), box(5000, 0, 10, 10)]
    table = {"use": ["hall", "hall", "office", "hall"], "year": [2019, 2022, 2022, 2022]}
    return gpd.GeoDataFrame(table, geometry=shapes, crs=CRS)


def write(table, path):
    if path.suffix == ".parquet":
        table.to_parquet(path, write_covering_bbox=True, row_group_size=2)
    else:
        pyogrio.write_dataframe(table, path)
    return path


FORMATS = ["f.gpkg", "f.fgb", "f.shp", "f.geojson", "f.parquet"]


def test_ground_under_two_footprints_counts_once(two_clusters, halls):
    table = built_up_ha(two_clusters, halls)
    assert table.loc["A", "built_up_ha"] == pytest.approx(3.5, rel=3e-4)
    assert table["footprints"].tolist() == [3, 0]
    assert table["built_up_ha_basis"].unique().tolist() == ["measured"]


def test_hectares_are_geodesic(two_clusters):
    covered = built_up_ha(two_clusters, two_clusters)
    np.testing.assert_allclose(covered["built_up_ha"], area_ha(two_clusters), rtol=1e-12)
    np.testing.assert_allclose(covered["built_up_rate"], 1, rtol=1e-12)


def test_hectares_far_from_the_meridian_are_those_of_the_ellipsoid():
    far = gpd.GeoSeries([shapely.box(620_000, 2_300_000, 621_000, 2_300_900)], index=["A"], crs=CRS)
    halls = gpd.GeoSeries(
        [shapely.box(620_000 + x, 2_300_000, 620_060 + x, 2_300_900) for x in (0, 700)], crs=CRS
    )
    measured = built_up_ha(gpd.GeoDataFrame(geometry=far), halls).loc["A", "built_up_ha"]
    assert measured == pytest.approx(area_ha(halls).sum(), rel=5e-8)


def test_declared_area_stands_beside_the_measured_one(two_clusters, halls):
    table = built_up_ha(two_clusters, halls, measured_on="2022-09-30")
    assert table.loc["A", "built_up_of_built"] == pytest.approx(0.35, rel=3e-4)
    assert np.isnan(table.loc["B", "built_up_of_built"])
    assert table.loc["A", "measured_on"] == pd.Timestamp("2022-09-30")
    assert table.loc["A", "source"] == "table in memory"


def test_inputs_stay_as_they_are(two_clusters, halls):
    clusters, footprints = two_clusters.copy(), halls.copy()
    built_up_ha(two_clusters, halls)
    pd.testing.assert_frame_equal(two_clusters, clusters)
    pd.testing.assert_frame_equal(halls, footprints)


def test_each_group_is_measured_on_its_own(two_clusters, halls):
    table = built_up_ha(two_clusters, halls, by="year")
    assert table.index.names == ["cluster_id", "year"]
    assert table.loc[("A", 2019), "built_up_ha"] == pytest.approx(2, rel=3e-4)
    assert table.loc[("A", 2022), "built_up_ha"] == pytest.approx(2.5, rel=3e-4)
    assert table.loc["B", "built_up_ha"].tolist() == [0, 0]


def test_a_footprint_without_a_group_has_a_group_of_its_own(two_clusters, halls):
    halls.loc[0, "use"] = None
    table = built_up_ha(two_clusters, halls, by="use")
    missing = table[table.index.get_level_values("use").isna()]
    assert missing.loc["A", "footprints"].sum() == 1
    assert len(table) == 2 * 3


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_the_same_table(tmp_path, two_clusters, halls, name):
    path = write(halls, tmp_path / name)
    crs = "EPSG:5897"
    stored = halls.to_crs("EPSG:4326").to_crs(crs) if name == "f.geojson" else halls
    table = built_up_ha(two_clusters, path, by="use")
    expected = built_up_ha(two_clusters, stored, by="use")
    # GeoJSON keeps seven decimals of a degree.
    tolerance = 1e-4 if name == "f.geojson" else 1e-12
    np.testing.assert_allclose(table["built_up_ha"], expected["built_up_ha"], rtol=tolerance)
    assert table["footprints"].tolist() == expected["footprints"].tolist()
    assert table.index.tolist() == expected.index.tolist()


def test_a_folder_of_parts_gives_the_same_table(tmp_path, two_clusters, halls):
    for part in range(4):
        write(halls.iloc[[part]], tmp_path / f"part-{part}.parquet")
    table = built_up_ha(two_clusters, tmp_path)
    expected = built_up_ha(two_clusters, halls)
    np.testing.assert_allclose(table["built_up_ha"], expected["built_up_ha"], rtol=1e-12)
    # The fourth part says that it is far from all clusters.
    assert table.attrs["footprints"]["read"] == 3


def test_row_groups_far_from_all_clusters_are_not_read(tmp_path, two_clusters, halls):
    path = write(halls, tmp_path / "f.parquet")
    far_first = halls.iloc[[3, 3, 0, 1]]
    path = write(far_first, path)
    table = built_up_ha(two_clusters, path)
    assert table.attrs["footprints"]["read"] == 2
    assert table.loc["A", "footprints"] == 2
    assert built_up_ha(two_clusters, path, by="use").loc[("A", "hall"), "footprints"] == 2


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:3857", "EPSG:3405", "EPSG:32648"])
def test_footprints_in_another_system_are_brought_along(two_clusters, halls, crs):
    table = built_up_ha(two_clusters, halls.to_crs(crs))
    assert table.loc["A", "built_up_ha"] == pytest.approx(3.5, rel=3e-4)


def test_clusters_in_degrees_are_measured_on_a_plane_of_their_own(two_clusters, halls):
    table = built_up_ha(two_clusters.to_crs("EPSG:4326"), halls)
    expected = built_up_ha(two_clusters, halls)
    # The ellipsoid of WGS 84 lies some 28 m off that of VN-2000 here: 2 × 28 m / 6,371 km.
    np.testing.assert_allclose(table["built_up_ha"], expected["built_up_ha"], rtol=1e-5)


@pytest.mark.parametrize("name", ["f.gpkg", "f.parquet", None])
def test_the_same_building_many_times_is_one_building(tmp_path, two_clusters, halls, name):
    copies = pd.concat([halls.iloc[[0]]] * 5, ignore_index=True)
    copies.loc[4, "geometry"] = copies.geometry[4].reverse()
    table = built_up_ha(two_clusters, copies if name is None else write(copies, tmp_path / name))
    assert table.loc["A", "built_up_ha"] == pytest.approx(2, rel=3e-4)
    assert table.loc["A", "footprints"] == 5


def test_known_disjoint_footprints_are_added_up(two_clusters, halls):
    assert built_up_ha(two_clusters, halls, disjoint=True).loc["A", "built_up_ha"] == pytest.approx(
        4.5, rel=3e-4
    )


def test_one_huge_polygon_covers_all_clusters(two_clusters):
    sheet = gpd.GeoSeries([box(-9_000, -9_000, 30_000, 30_000)] * 2, crs=CRS)
    table = built_up_ha(two_clusters, sheet)
    np.testing.assert_allclose(table["built_up_rate"], 1, rtol=1e-9)


def test_a_bow_tie_is_repaired_and_counted(two_clusters):
    tie = shapely.Polygon([(X, Y), (X + 100, Y + 100), (X + 100, Y), (X, Y + 100)])
    table = built_up_ha(two_clusters, gpd.GeoSeries([tie], crs=CRS))
    assert table.loc["A", "built_up_ha"] == pytest.approx(0.5, rel=3e-4)
    assert table.attrs["footprints"]["repaired"] == 1


def test_empty_and_missing_footprints_are_counted(two_clusters, halls):
    shapes = gpd.GeoSeries([*halls.geometry, None, shapely.Polygon()], crs=CRS)
    table = built_up_ha(two_clusters, shapes)
    assert table.attrs["footprints"] == {"read": 6, "empty": 2, "unusable": 0, "repaired": 0}


def test_coordinates_without_end_are_left_out_and_counted(two_clusters, halls):
    endless = shapely.Polygon([(X, Y), (np.inf, Y), (X + 10, Y + 10)])
    table = built_up_ha(two_clusters, gpd.GeoSeries([*halls.geometry, endless], crs=CRS))
    assert table.attrs["footprints"]["unusable"] == 1
    assert table.loc["A", "built_up_ha"] == pytest.approx(3.5, rel=3e-4)


def test_a_polygon_round_the_globe_is_left_out_and_counted(two_clusters, halls):
    round_the_globe = shapely.box(-179.9, 20.7, 179.9, 20.9)
    shapes = gpd.GeoSeries([*halls.to_crs("EPSG:4326").geometry, round_the_globe], crs="EPSG:4326")
    table = built_up_ha(two_clusters, shapes)
    assert table.attrs["footprints"]["unusable"] == 1
    assert table.loc["A", "built_up_ha"] == pytest.approx(3.5, rel=3e-4)


@pytest.mark.parametrize("shape", [shapely.Point(X + 5, Y + 5), shapely.LineString([(X, Y), (X + 9, Y + 9)])])
def test_points_and_lines_are_refused_by_row(two_clusters, halls, shape):
    shapes = gpd.GeoSeries([*halls.geometry, shape], crs=CRS)
    with pytest.raises(SchemaError, match=r"row 4: a footprint is a (Point|LineString), which covers"):
        built_up_ha(two_clusters, shapes)


def test_the_row_of_a_point_in_a_file_is_counted_from_its_top(tmp_path, two_clusters, halls):
    tree = gpd.GeoDataFrame(
        {"use": ["tree"], "year": [2022]}, geometry=[shapely.Point(X + 5, Y + 5)], crs=CRS
    )
    far_first = pd.concat([halls.iloc[[3, 3, 0]], tree])
    with pytest.raises(SchemaError, match=r"f\.parquet, row 3: a footprint is a Point"):
        built_up_ha(two_clusters, write(far_first, tmp_path / "f.parquet"))


def test_no_footprints_leave_nothing_built(two_clusters, halls):
    table = built_up_ha(two_clusters, halls.iloc[:0])
    assert table["built_up_ha"].tolist() == [0, 0]


def test_swapped_coordinates_are_refused_instead_of_giving_zeros(two_clusters, halls):
    swapped = halls.set_geometry(halls.geometry.map(lambda s: shapely.transform(s, lambda xy: xy[:, ::-1])))
    with pytest.raises(CRSError, match=r"far apart. Are x and y swapped"):
        built_up_ha(two_clusters, swapped.set_crs(CRS, allow_override=True))


@pytest.mark.parametrize("by", [None, "use"])
def test_swapped_coordinates_that_a_covering_leaves_unread_are_refused_too(tmp_path, two_clusters, halls, by):
    swapped = halls.set_geometry(halls.geometry.map(lambda s: shapely.transform(s, lambda xy: xy[:, ::-1])))
    path = write(swapped.set_crs(CRS, allow_override=True), tmp_path / "f.parquet")
    with pytest.raises(CRSError, match=r"far apart. Are x and y swapped"):
        built_up_ha(two_clusters, path, by=by)


def test_footprints_without_a_system_are_refused(two_clusters, halls):
    with pytest.raises(CRSError, match="footprints do not say in which coordinate system"):
        built_up_ha(two_clusters, halls.set_crs(None, allow_override=True))


def test_a_file_without_a_system_needs_to_be_told(tmp_path, two_clusters, halls):
    bare = halls.set_crs(None, allow_override=True)
    with pytest.warns(UserWarning, match="crs"):
        pyogrio.write_dataframe(bare, tmp_path / "f.shp")
    with pytest.raises(CRSError, match="does not say in which coordinate system it is"):
        built_up_ha(two_clusters, tmp_path / "f.shp")
    told = built_up_ha(two_clusters, tmp_path / "f.shp", crs=CRS)
    assert told.loc["A", "built_up_ha"] == pytest.approx(3.5, rel=3e-4)


def test_a_cluster_without_a_boundary_is_named(two_clusters, halls):
    two_clusters.loc["B", "geometry"] = None
    with pytest.raises(SchemaError, match=r"1 of 2 clusters have no valid boundary .*: B"):
        built_up_ha(two_clusters, halls)


def test_an_id_that_occurs_twice_is_named(two_clusters, halls):
    with pytest.raises(SchemaError, match="the id 'A' more than once"):
        built_up_ha(pd.concat([two_clusters, two_clusters]), halls)


def test_a_column_that_is_not_there_is_named_with_those_that_are(two_clusters, halls):
    with pytest.raises(
        SchemaError, match=r"no column 'class' to group by; there are: use, year and geometry"
    ):
        built_up_ha(two_clusters, halls, by="class")


@pytest.mark.parametrize("name", ["f.gpkg", "f.fgb", "f.parquet"])
def test_a_column_that_is_not_in_the_file_is_named(tmp_path, two_clusters, halls, name):
    with pytest.raises(SchemaError, match=r"no column 'class' to group by; there are: use(, | and )year"):
        built_up_ha(two_clusters, write(halls, tmp_path / name), by="class")


def test_an_unknown_engine_is_refused(two_clusters, halls):
    with pytest.raises(EngineError, match="engine='spark'"):
        built_up_ha(two_clusters, halls, engine="spark")
    with pytest.raises(EngineError, match="scheduler= with the local engine"):
        built_up_ha(two_clusters, halls, scheduler="tcp://127.0.0.1:1")


def test_a_missing_file_is_named(tmp_path, two_clusters):
    with pytest.raises(SourceError, match=r"nothing\.gpkg"):
        built_up_ha(two_clusters, tmp_path / "nothing.gpkg")
    with pytest.raises(SourceError, match="There is no file"):
        built_up_ha(two_clusters, tmp_path / "nothing.parquet")


@pytest.mark.parametrize("name", ["f.gpkg", "f.fgb"])
def test_of_a_layer_much_larger_than_the_clusters_only_their_surroundings_are_read(
    tmp_path, two_clusters, halls, name
):
    away = gpd.GeoDataFrame({"use": ["hall"], "year": [2022]}, geometry=[box(90_000, 9_000, 9, 9)], crs=CRS)
    path = write(pd.concat([halls, away]), tmp_path / name)
    table = built_up_ha(two_clusters, path)
    assert table.attrs["footprints"]["read"] < 5
    assert table["footprints"].tolist() == [3, 0]


@pytest.mark.parametrize("name", ["f.gpkg", "f.fgb", "f.shp"])
def test_a_layer_of_points_is_refused_before_it_is_read(tmp_path, two_clusters, halls, name):
    path = write(halls.set_geometry(halls.centroid), tmp_path / name)
    with pytest.raises(SchemaError, match="is a layer of Point"):
        built_up_ha(two_clusters, path)


def test_one_layer_of_several_must_be_named(tmp_path, two_clusters, halls):
    path = tmp_path / "f.gpkg"
    pyogrio.write_dataframe(halls, path, layer="one")
    pyogrio.write_dataframe(halls.iloc[:1], path, layer="two", append=True)
    with pytest.raises(SourceError, match=r"has 2 layers: one and two"):
        built_up_ha(two_clusters, path)
    assert built_up_ha(two_clusters, path, layer="two").loc["A", "footprints"] == 1


def cut_short(path):
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])


def test_a_part_that_was_cut_short_is_named(tmp_path, two_clusters, halls):
    for part in range(3):
        write(halls.iloc[[part]], tmp_path / f"part-{part}.parquet")
    cut_short(tmp_path / "part-1.parquet")
    with pytest.raises(SourceError, match=r"part-1\.parquet is not a readable Parquet file"):
        built_up_ha(two_clusters, tmp_path)
    table = built_up_ha(two_clusters, tmp_path, keep_going=True)
    assert table.loc["A", "footprints"] == 2
    assert len(table.attrs["failed"]) == 1
    assert "part-1.parquet" in table.attrs["failed"][0]


def test_parts_in_different_systems_are_refused(tmp_path, two_clusters, halls):
    write(halls, tmp_path / "a.parquet")
    write(halls.to_crs("EPSG:4326"), tmp_path / "b.parquet")
    with pytest.raises(CRSError, match=r"b\.parquet is in another coordinate system than the first part"):
        built_up_ha(two_clusters, tmp_path)


def test_parquet_without_geometry_is_refused(tmp_path, two_clusters, halls):
    pd.DataFrame(halls.drop(columns="geometry")).to_parquet(tmp_path / "f.parquet")
    with pytest.raises(SourceError, match="Parquet without GeoParquet metadata"):
        built_up_ha(two_clusters, tmp_path / "f.parquet")


def test_progress_reaches_the_whole(tmp_path, two_clusters, halls):
    seen = []
    built_up_ha(
        two_clusters,
        write(halls, tmp_path / "f.gpkg"),
        progress=lambda done, total: seen.append((done, total)),
    )
    assert seen[-1] == (4, 4)


def test_holes_and_parts_survive_the_way_through_a_file(tmp_path, grounds):
    clusters, footprints = grounds.world(3)
    names = [f"C{number}" for number in range(len(clusters))]
    table = gpd.GeoDataFrame(geometry=clusters, index=names, crs=CRS)
    layer = gpd.GeoDataFrame(geometry=footprints, crs=CRS)
    layer.to_parquet(tmp_path / "f.parquet")
    expected = built_up_ha(table, layer)
    found = built_up_ha(table, tmp_path / "f.parquet")
    pd.testing.assert_frame_equal(found.drop(columns="source"), expected.drop(columns="source"), rtol=1e-12)
    by_geos = grounds.covered_by_geos(clusters, footprints) / 1e4
    np.testing.assert_allclose(expected["built_up_ha"], by_geos, rtol=3e-4)
