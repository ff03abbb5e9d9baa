"""What the libraries below are known to do in silence, with a warning, or poorly: each has its test.

The list names the test of every case, here or elsewhere; a test that goes missing is missed.
"""

from __future__ import annotations

import ast
import json
import re
import sqlite3
import zipfile
from dataclasses import asdict
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyproj
import pytest
import shapely

import clusters_geo as cg
from clusters_geo.load import load_clusters, load_districts, load_report
from clusters_geo.report.saving import save

TESTS = Path(__file__).parents[1]

FAULTS = [
    # What is opened that was not named
    (
        "a VRT under another name reads any file",
        "reading/test_refusals.py",
        "test_a_virtual_layer_under_another_name_is_refused",
    ),
    (
        "a VRT inside an archive",
        "reading/test_known_faults.py",
        "test_a_virtual_layer_in_an_archive_is_refused",
    ),
    ("a file of two kinds", "reading/test_refusals.py", "test_a_file_of_two_kinds_is_refused"),
    ("vsicurl goes to the network", "reading/test_remote.py", "test_without_the_flag_nothing_connects"),
    ("a path that is JSON", "reading/test_refusals.py", "test_what_is_not_the_name_of_a_file_is_refused"),
    ("a FIFO hangs", "reading/test_refusals.py", "test_a_pipe_is_refused_and_does_not_hang"),
    (
        "a small zip of gigabytes",
        "reading/test_refusals.py",
        "test_an_archive_that_expands_a_thousandfold_is_not_opened",
    ),
    ("a locked GeoPackage", "reading/test_refusals.py", "test_a_locked_database_is_refused_soon"),
    ("links of a KMZ", "reading/test_kml.py", "test_no_link_is_followed"),
    # Silent
    ("swapped axes", "test_crs_guard.py", "test_swapped_axes_are_exchanged_and_reported"),
    ("metres read as degrees", "test_crs_guard.py", "test_metres_read_as_degrees_are_refused"),
    ("NaN and 1e308", "reading/test_shapes.py", "test_coordinates_that_are_no_place_are_refused_by_row"),
    ("a bow-tie", "reading/test_shapes.py", "test_a_bow_tie_is_mended_and_both_areas_are_said"),
    ("a truncated .shp", "reading/test_formats.py", "test_a_shapefile_that_was_cut_short_is_named"),
    ("a missing .dbf", "reading/test_formats.py", "test_a_missing_dbf_is_named"),
    ("no .prj", "reading/test_formats.py", "test_a_missing_prj_is_refused_with_what_it_could_be"),
    (
        "a wrong .prj: lost datum",
        "test_crs_guard.py",
        "test_a_lost_datum_is_refused_with_the_224_metres_it_costs",
    ),
    ("a wrong .prj: UTM", "test_crs_guard.py", "test_utm_says_how_far_tm3_would_be"),
    ("a wrong .prj: meridian", "test_crs_guard.py", "test_the_next_province_s_meridian_is_a_doubt_of_78_km"),
    ("MapInfo's lost datum", "test_crs_guard.py", "test_mapinfo_loses_the_datum_and_is_caught"),
    ("a ballpark transformation", "test_crs_guard.py", "test_a_datum_that_nobody_can_relate_is_a_doubt"),
    ("a JSON key twice", "reading/test_formats.py", "test_geojson_that_cannot_be_right_names_the_place"),
    (
        "NUL or direction marks in a name",
        "reading/test_known_faults.py",
        "test_hidden_signs_in_json_names_are_removed",
    ),
    ("85,5 %", "reading/test_columns.py", "test_shares_are_between_0_and_1"),
    ("overlapping districts", "reading/test_known_faults.py", "test_districts_that_overlap_are_a_doubt"),
    (
        "to_crs gives infinity",
        "reading/test_known_faults.py",
        "test_a_shape_that_no_map_can_hold_is_a_doubt_by_row",
    ),
    ("integers with a blank", "reading/test_formats.py", "test_large_ids_with_blanks_keep_every_digit_in"),
    ("NFC and NFD", "reading/test_text.py", "test_decomposed_names_are_composed"),
    ("CP1258 loses the last letter", "reading/test_text.py", "test_the_last_letter_of_windows_1258_survives"),
    (
        "CP1258 loses the last letter of a header",
        "reading/test_text.py",
        "test_headers_are_read_in_their_encoding_too",
    ),
    (
        "TCVN3 and UTF-8 without .cpg",
        "reading/test_text.py",
        "test_the_table_of_a_shapefile_is_read_in_its_encoding",
    ),
    ("GeoJSON in metres", "test_crs_guard.py", "test_geojson_written_in_metres_without_saying_so_is_refused"),
    # Warning only
    ("several layers", "reading/test_formats.py", "test_several_layers_are_listed_and_one_is_asked_for"),
    ("two systems in a join", "measure/test_assign.py", "test_layers_may_be_in_different_systems"),
    (
        "feature ids used twice, mixed kinds",
        "reading/test_formats.py",
        "test_feature_ids_used_twice_and_mixed_kinds_are_doubts",
    ),
    # Raised, but poorly
    (
        "empty, web page, PDF, UTF-16",
        "reading/test_refusals.py",
        "test_what_is_another_thing_than_its_name_says_is_called_by_its_name",
    ),
    (
        "cut JSON, 1e400, 2^63, open ring, TIN",
        "reading/test_formats.py",
        "test_geojson_that_cannot_be_right_names_the_place",
    ),
    ("bad UTF-8", "reading/test_formats.py", "test_geojson_in_another_encoding_names_the_byte"),
    (
        "bad UTF-8 in a column",
        "reading/test_known_faults.py",
        "test_bytes_that_are_no_text_in_a_column_are_named",
    ),
    ("TIN", "reading/test_shapes.py", "test_a_triangulated_surface_is_refused_by_row"),
    ("a nested zip", "reading/test_refusals.py", "test_a_nested_archive_is_refused"),
    (
        "a missing .shx",
        "reading/test_formats.py",
        "test_a_missing_shx_is_rebuilt_without_touching_the_folder",
    ),
    (
        "a truncated database",
        "reading/test_formats.py",
        "test_a_file_that_was_cut_in_half_is_refused_in_one_sentence",
    ),
    (
        "a damaged list of tables",
        "reading/test_known_faults.py",
        "test_a_damaged_list_of_tables_is_a_sentence",
    ),
    ("a directory", "reading/test_refusals.py", "test_a_folder_is_refused"),
    ("columns twice", "reading/test_registers.py", "test_a_register_that_repeats_a_header_is_refused"),
    (
        "columns that differ by case",
        "reading/test_formats.py",
        "test_columns_that_differ_in_case_only_are_refused",
    ),
    (
        "fid twice",
        "reading/test_known_faults.py",
        "test_a_column_called_fid_with_repeats_is_kept_as_a_column",
    ),
    (
        "a projection without a parameter",
        "reading/test_known_faults.py",
        "test_a_prj_that_lacks_a_parameter_is_seen_through",
    ),
    (
        "a database without its geometry",
        "reading/test_known_faults.py",
        "test_a_table_that_sqlite_lost_rows_of_is_refused",
    ),
    # Safe already, and to stay so
    ("XXE and billion laughs in KML", "reading/test_refusals.py", "test_kml_reaches_no_other_file"),
    ("billion laughs", "reading/test_refusals.py", "test_a_billion_laughs_do_not_fill_the_memory"),
    ("XXE in GML", "reading/test_known_faults.py", "test_an_entity_in_gml_reads_no_file"),
    ("deep JSON", "reading/test_json_stream.py", "test_what_readers_differ_on_is_refused"),
    ("path traversal", "reading/test_refusals.py", "test_names_in_an_archive_cannot_leave_the_folder"),
    ("a byte order mark", "reading/test_opening.py", "test_a_byte_order_mark_does_no_harm"),
    # Writing
    ("kill -9", "load/test_save.py", "test_a_killed_process_leaves_the_old_file_whole"),
    (
        "kill -9, five files",
        "load/test_save.py",
        "test_a_process_killed_while_it_writes_a_new_shapefile_leaves_none_or_all",
    ),
    (
        "an unsupported kind",
        "reading/test_known_faults.py",
        "test_a_kind_that_no_format_has_leaves_the_old_file",
    ),
    ("a failure leaves a part", "load/test_save.py", "test_a_failure_leaves_the_old_file_and_nothing_else"),
    ("a formula", "load/test_save.py", "test_no_cell_becomes_a_formula"),
]


@pytest.mark.parametrize(("file", "name"), [row[1:] for row in FAULTS], ids=[row[0] for row in FAULTS])
def test_the_test_of_each_fault_exists(file, name):
    tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_every_test_here_is_on_the_list():
    here = {name for name in globals() if name.startswith("test_")}
    listed = {name for _, file, name in FAULTS if file.endswith("test_known_faults.py")}
    assert here - listed == {"test_the_test_of_each_fault_exists", "test_every_test_here_is_on_the_list"}


def feature(shape, **properties):
    return {"type": "Feature", "properties": properties, "geometry": shapely.geometry.mapping(shape)}


def collection(tmp_path, *features):
    file = tmp_path / "a.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return file


BOX = shapely.box(105.6, 21.0, 105.61, 21.01)


def test_a_virtual_layer_in_an_archive_is_refused(tmp_path):
    vrt = (
        "<OGRVRTDataSource><OGRVRTLayer name='x'><SrcDataSource>/etc/passwd</SrcDataSource>"
        "</OGRVRTLayer></OGRVRTDataSource>"
    )
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.geojson", vrt)
    with pytest.raises(cg.SourceError, match="refers to other files"):
        load_clusters(tmp_path / "a.zip")


def test_hidden_signs_in_json_names_are_removed(tmp_path):
    names = ["Phùng\x00 Xá", "Bát\u202e Tràng", "Võng \u2066Xuyên\u2069"]
    file = collection(
        tmp_path,
        *(feature(BOX, cluster_id=str(n), name=name, status="pending") for n, name in enumerate(names)),
    )
    table = load_clusters(file)
    assert not any(c in name for name in table["name"] for c in "\x00\u202e\u2066\u2069")
    assert table["name"].tolist()[1:] == ["Bát Tràng", "Võng Xuyên"]
    (note,) = [n for n in load_report(table).repairs if n.code == "text.hidden"]
    assert set(note.rows) >= {2, 3}


@pytest.mark.parametrize(("shift", "overlaps"), [(-200.0, True), (0.0, False), (300.0, False)])
def test_districts_that_overlap_are_a_doubt(tmp_path, shift, overlaps):
    squares = [shapely.box(560_000, 2_320_000, 570_000, 2_330_000)]
    squares.append(shapely.affinity.translate(squares[0], 10_000 + shift))
    table = gpd.GeoDataFrame({"district_code": ["1", "2"], "name": ["A", "B"]}, geometry=squares, crs=5897)
    table.to_file(tmp_path / "d.gpkg")
    found = [n for n in load_report(load_districts(tmp_path / "d.gpkg")).doubts if n.code == "shapes.overlap"]
    assert bool(found) == overlaps
    if overlaps:
        assert found[0].rows == (1, 2)
        assert "200.04 ha in all; what lies there is counted twice" in found[0].message


def test_a_shape_that_no_map_can_hold_is_a_doubt_by_row(tmp_path):
    squares = [shapely.box(562_000 + n, 2_326_000, 562_500 + n, 2_326_400) for n in (0, 1_000, 2_000)]
    squares.append(shapely.box(5e7, 5e7, 5.1e7, 5.1e7))
    table = gpd.GeoDataFrame(
        {"cluster_id": list("abcd"), "name": list("ABCD"), "status": "operating"}, geometry=squares, crs=5897
    )
    table.to_file(tmp_path / "a.gpkg")
    assert not np.isfinite(table.to_crs(4326).total_bounds).all()
    loaded = load_clusters(tmp_path / "a.gpkg")
    assert [n.rows for n in load_report(loaded).doubts if n.code == "shapes.outside"] == [(4,)]


def test_bytes_that_are_no_text_in_a_column_are_named(make):
    file = make("a.parquet")
    table = pq.read_table(file)
    kind = table.schema.field("name").type
    bytes_of = pa.large_binary() if pa.types.is_large_string(kind) else pa.binary()
    broken = pa.array([b"Ph\xf6", b"x", b"y"], bytes_of).view(kind)
    at = table.schema.get_field_index("name")
    pq.write_table(table.set_column(at, table.schema.field("name"), broken), file)
    with pytest.raises(cg.SourceError, match=r"column 'name' holds bytes that are not text"):
        load_clusters(file)


def test_a_damaged_list_of_tables_is_a_sentence(make):
    file = make("a.gpkg")
    content = file.read_bytes()
    at = content.index(b"CREATE TABLE gpkg_contents")
    file.write_bytes(content[:at] + b"CREATE\x8d" + content[at + 7 :])
    with pytest.raises(cg.SourceError, match=r"a\.gpkg cannot be opened"):
        load_clusters(file)


def test_a_column_called_fid_with_repeats_is_kept_as_a_column(tmp_path):
    rows = [feature(BOX, cluster_id=str(n), name=f"A{n}", status="pending", fid=7) for n in range(2)]
    table = load_clusters(collection(tmp_path, *rows))
    assert table["fid"].tolist() == [7, 7]
    with pytest.raises(cg.SourceError, match="Nothing was changed"):
        save(table, tmp_path / "out.gpkg")
    assert not (tmp_path / "out.gpkg").exists()
    assert load_clusters(save(table, tmp_path / "out.parquet"))["fid"].tolist() == [7, 7]


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize(
    ("lost", "said"),
    [
        # Without a scale it is 1: a position 230 m away, and an area 0.02 % too small.
        ("scale_factor", "crs.zone"),
        ("latitude_of_origin", None),
        ("false_easting", "outside Việt Nam"),
        ("central_meridian", "outside Việt Nam"),
    ],
)
def test_a_prj_that_lacks_a_parameter_is_seen_through(make, small, lost, said, named):
    file = make("a.shp")
    text = pyproj.CRS(5897).to_wkt("WKT1_GDAL")
    if not named:
        text = re.sub(r',AUTHORITY\["EPSG","\d+"\]', "", text).replace("VN-2000 / TM-3 zone 482", "own")
    parts = [p for p in text.replace("PARAMETER[", "\0PARAMETER[").split("\0") if lost not in p]
    assert len(parts) == text.count("PARAMETER[")
    file.with_suffix(".prj").write_text("".join(parts))
    if said and not said.startswith("crs."):
        with pytest.raises(cg.CRSError, match=said):
            load_clusters(file)
        return
    table = load_clusters(file)
    # What these squares state as their area is of no concern here.
    notes = {n.code: n for n in load_report(table).notes if n.code != "numbers.area-apart"}
    assert set(notes) == ({said} if said else set())
    expected = cg.area_ha(small.set_index("cluster_id"))
    if said:
        assert 225 < asdict(notes[said])["values"]["shift"]["metres"] < 240
        assert (cg.area_ha(table) / expected - 1).to_numpy() == pytest.approx(-0.0002, abs=2e-6)
    else:
        assert cg.area_ha(table).to_numpy() == pytest.approx(expected.to_numpy())


@pytest.mark.parametrize("target", ["file:///etc/passwd", "/etc/passwd"])
def test_an_entity_in_gml_reads_no_file(make, target):
    file = make("a.gml")
    text = file.read_text(encoding="utf-8")
    head, body = text.split("?>", 1)
    entity = f'{head}?><!DOCTYPE x [<!ENTITY secret SYSTEM "{target}">]>{body}'
    file.write_text(entity.replace("Phùng Xá", "&secret;"), encoding="utf-8")
    try:
        said = load_clusters(file, check=False).to_string()
    except cg.ClustersGeoError as error:
        said = str(error)
    assert "root:" not in said


@pytest.mark.parametrize("ending", [".gpkg", ".fgb", ".geojson", ".parquet", ".zip"])
def test_a_kind_that_no_format_has_leaves_the_old_file(make, tmp_path, ending):
    table = load_clusters(make("a.gpkg"))
    target = save(table, tmp_path / f"b{ending}")
    before = target.read_bytes()
    odd = table.assign(odd=pd.Series([1 + 2j] * 3, index=table.index))
    with pytest.raises(cg.SourceError, match="Nothing was changed"):
        save(odd, target)
    assert target.read_bytes() == before
    assert {p.name for p in tmp_path.iterdir() if p.name.startswith((".b", "b"))} == {target.name}


def test_a_table_that_sqlite_lost_rows_of_is_refused(make):
    file = make("a.gpkg")
    with sqlite3.connect(file) as db:
        db.execute("DROP TABLE gpkg_geometry_columns")
    db.close()
    with pytest.raises(cg.ClustersGeoError):
        load_clusters(file)
