"""Small foreign files that once crashed, lied or were refused, each with the value that its README says."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely

import clusters_geo as cg

FAULTS = Path(__file__).parent / "faults"
SQUARE_HA = 18.4178


def load(name, **wishes):
    table = cg.load_clusters(FAULTS / name, check=False, **wishes)
    return table, {note.code for note in cg.load_report(table).notes}


def squares(count, *, side=400, crs="EPSG:5897"):
    shapes = [
        shapely.box(587_000 + 800 * n, 2_326_000, 587_000 + 800 * n + side, 2_326_000 + side)
        for n in range(count)
    ]
    names = [f"CCN {n}" for n in range(count)]
    return gpd.GeoDataFrame({"name": names, "status": "operating"}, geometry=shapes, crs=crs)


@pytest.mark.parametrize(
    ("file", "kept"),
    [
        ("gg6.geojson", "Geometry"),
        ("h_Boundary.gpkg", "Boundary"),
        ("h_Ranh giới.gpkg", "Ranh giới"),
        ("osm_districts.geojson", "boundary"),
    ],
)
def test_a_column_called_boundary_never_displaces_the_shapes(file, kept):
    table, _ = load(f"crash-column-named-boundary/{file}")
    assert kept in table.columns
    assert table.geometry.geom_type.eq("Polygon").all()
    assert isinstance(table[kept].iloc[0], str)


def test_a_boundary_in_words_is_a_column_that_is_left():
    table, codes = load("crash-column-named-boundary/h.csv")
    assert table["Ranh giới"].tolist() == ["Bắc giáp QL1"]
    assert table.geometry.isna().all()
    assert "shapes.none" in codes


@pytest.mark.parametrize("file", ["h2.csv", "ob.csv"])
def test_wkt_in_a_table_is_its_shapes_and_degrees_are_a_doubt(file):
    table, codes = load(f"crash-column-named-boundary/{file}")
    assert table.geometry.geom_type.tolist() == ["Polygon"]
    assert table.crs == "EPSG:4326"
    assert {"shapes.from-text", "crs.degrees"} <= codes


def test_wkt_in_metres_asks_for_its_system_and_then_loads(tmp_path):
    frame = squares(2)
    frame.assign(WKT=frame.geometry.to_wkt()).drop(columns="geometry").to_csv(tmp_path / "a.csv", index=False)
    with pytest.raises(cg.CRSError, match="does not say in which coordinate system"):
        cg.load_clusters(tmp_path / "a.csv")
    table = cg.load_clusters(tmp_path / "a.csv", crs="EPSG:5897")
    assert cg.area_ha(table).round(2).tolist() == [16.0, 16.0]


def test_a_stated_code_places_wkt_and_a_broken_cell_is_named(tmp_path):
    rows = [f"A;operating;SRID=5897;{shapely.box(587e3, 2326e3, 5874e2, 23264e2).wkt}"]
    rows = [row.replace(";SRID=5897;", ';"SRID=5897;') + '"' for row in rows]
    rows += ["B;operating;POLYGON((1 2", "C;operating;"]
    (tmp_path / "a.csv").write_text("name;status;shape\n" + "\n".join(rows), encoding="utf-8")
    table = cg.load_clusters(tmp_path / "a.csv")
    assert table.crs == "EPSG:5897"
    assert table.geometry.isna().tolist() == [False, True, True]
    broken = [n for n in cg.load_report(table).notes if n.code == "shapes.unreadable-text"]
    assert [n.rows for n in broken] == [(2,)]


def test_a_text_called_geometry_stays_beside_the_shapes(tmp_path):
    squares(2).rename_geometry("geom").assign(geometry="vuông").to_file(
        tmp_path / "a.gpkg", layer="a", engine="pyogrio"
    )
    table = cg.load_clusters(tmp_path / "a.gpkg")
    assert table["geometry (text)"].tolist() == ["vuông", "vuông"]
    assert cg.area_ha(table).gt(15).all()


def test_rows_marked_as_deleted_are_left_out_and_said():
    table, codes = load("refused-deleted-rows/del.shp")
    assert table["name"].tolist() == ["CCN 0", "CCN 2", "CCN 3"]
    assert "file.deleted" in codes


def test_mapinfo_rows_before_packing_are_left_out(tmp_path):
    squares(4).to_file(tmp_path / "a.tab", driver="MapInfo File", engine="pyogrio")
    content = bytearray((tmp_path / "a.dat").read_bytes())
    start, width = int.from_bytes(content[8:10], "little"), int.from_bytes(content[10:12], "little")
    content[start + width] = ord("*")
    (tmp_path / "a.dat").write_bytes(content)
    places = bytearray((tmp_path / "a.id").read_bytes())
    places[4:8] = bytes(4)
    (tmp_path / "a.id").write_bytes(places)
    table = cg.load_clusters(tmp_path / "a.tab", crs="EPSG:5897")
    assert table["name"].tolist() == ["CCN 0", "CCN 2", "CCN 3"]
    assert "file.deleted" in {n.code for n in cg.load_report(table).notes}


@pytest.mark.parametrize("stated", [1, 9])
def test_the_stale_counter_of_a_geopackage_is_no_fault(tmp_path, stated):
    squares(4).to_file(tmp_path / "a.gpkg", layer="a")
    with sqlite3.connect(tmp_path / "a.gpkg") as db:
        db.execute("UPDATE gpkg_ogr_contents SET feature_count = ?", (stated,))
    db.close()
    table = cg.load_clusters(tmp_path / "a.gpkg")
    assert len(table) == 4
    assert "file.counter" in {n.code for n in cg.load_report(table).notes}


def test_a_geopackage_with_rows_lost_is_still_refused_where_its_rows_cannot_be_read(tmp_path):
    squares(4).to_file(tmp_path / "a.shp")
    content = (tmp_path / "a.shp").read_bytes()
    (tmp_path / "a.shp").write_bytes(content[:-40])
    with pytest.raises(cg.SourceError, match=r"Copy it again|cut short"):
        cg.load_clusters(tmp_path / "a.shp")


@pytest.mark.parametrize(
    ("file", "first"),
    [
        ("s11_gbk", "河内工业区"),
        ("s12_gbk_cpg", "河内工业区"),
        ("s13_euckr_cpg", "하노이 산업단지"),
        ("s14_sjis_ldid", "ハノイ工業団地"),
        ("s24_cp1251", "Промышленный кластер"),
        ("s25_cp1251_ldid", "Промышленный кластер"),
    ],
)
def test_the_encoding_that_a_shapefile_states_is_used(file, first):
    table, codes = load(f"silent-declared-encoding-ignored/{file}.shp")
    assert table["name"].iloc[0] == first
    assert "text.encoding" in codes
    assert "text.hidden" not in codes


def write_shapefile(folder, values, encoding, cpg, byte=0):
    squares(len(values)).assign(name=[f"{n:050d}" for n in range(len(values))]).to_file(folder / "a.shp")
    content = (folder / "a.dbf").read_bytes()
    for n, value in enumerate(values):
        content = content.replace(f"{n:050d}".encode(), value.encode(encoding).ljust(50))
    content = content[:29] + bytes([byte]) + content[30:]
    (folder / "a.dbf").write_bytes(content)
    (folder / "a.cpg").unlink(missing_ok=True)
    if cpg:
        (folder / "a.cpg").write_text(cpg)


def test_a_stated_encoding_is_checked_against_what_the_text_reads_as(tmp_path):
    from clusters_geo.reading.text import encode

    values = ["Cụm công nghiệp Phùng Xá", "Cụm công nghiệp Bát Tràng"]
    write_shapefile(tmp_path, ["a" * 24, "b" * 25], "ascii", "GBK")
    content = (tmp_path / "a.dbf").read_bytes()
    for old, new in zip([b"a" * 24, b"b" * 25], values, strict=True):
        content = content.replace(old, encode(new, "tcvn3"))
    (tmp_path / "a.dbf").write_bytes(content)
    table = cg.load_clusters(tmp_path / "a.shp")
    assert table["name"].tolist() == values
    assert "text.contradicts" in {n.code for n in cg.load_report(table).doubts}


@pytest.mark.parametrize(
    ("text", "codec", "cpg", "byte"),
    [
        ("เชียงใหม่", "cp874", "", 0x7C),
        ("Αθήνα βιομηχανία", "cp1253", "1253", 0),
        ("臺北工業區", "big5", "BIG5", 0),
        ("臺北工業區", "big5", "950", 0),
        ("Łódź przemysł", "cp1250", "ANSI 1250", 0),
        ("Kraków śródmieście", "iso-8859-2", "8859_2", 0),
        ("Cụm Phùng Xá", "utf-8", "UTF-8", 0),
    ],
)
def test_encodings_as_other_countries_state_them(tmp_path, text, codec, cpg, byte):
    write_shapefile(tmp_path, [text, text], codec, cpg, byte)
    assert cg.load_clusters(tmp_path / "a.shp", check=False)["name"].tolist() == [text, text]


def test_bytes_of_no_known_encoding_stay_whole(tmp_path):
    write_shapefile(tmp_path, ["ハノイ工業団地", "東英県ソフト"], "cp932", "")
    table = cg.load_clusters(tmp_path / "a.shp", check=False)
    assert "text.unreadable" in {n.code for n in cg.load_report(table).doubts}
    assert table["name"].iloc[0].encode("latin-1").decode("cp932") == "ハノイ工業団地"
    assert cg.load_clusters(tmp_path / "a.shp", encoding="cp932")["name"].iloc[0] == "ハノイ工業団地"


def test_closed_lines_are_ground():
    table, codes = load("silent-line-outlines-zero-ha/g3_line.kml")
    assert cg.area_ha(table).round(4).tolist() == [SQUARE_HA, SQUARE_HA]
    assert "shapes.closed" in codes


def test_open_lines_and_points_are_doubted_and_have_no_area(tmp_path):
    ring = [(0, 0), (400, 0), (400, 400), (0, 400)]
    at = [(587_000 + x, 2_326_000 + y) for x, y in ring]
    lines = [
        shapely.LineString([*at, (587_000, 2_326_005)]),
        shapely.LineString(at[:3]),
        shapely.Point(at[0]),
        shapely.MultiLineString([at[:3], [at[2], at[3], at[0]]]),
    ]
    frame = gpd.GeoDataFrame({"name": list("ABCD"), "status": "pending"}, geometry=lines, crs="EPSG:5897")
    frame.to_file(tmp_path / "a.geojson", driver="GeoJSON", engine="pyogrio")
    table = cg.load_clusters(tmp_path / "a.geojson", crs="EPSG:5897", check=False)
    rows = {n.code: n.rows for n in cg.load_report(table).notes}
    assert rows["shapes.nearly-closed"] == (1,)
    assert rows["shapes.lines"] == (2,)
    assert rows["shapes.points"] == (3,)
    assert rows["shapes.closed"] == (4,)
    areas = cg.area_ha(table)
    assert areas.iloc[[1, 2]].isna().all()
    assert areas.iloc[[0, 3]].between(15.9, 16.1).all()


@pytest.mark.parametrize(("file", "after"), [("mv_hole_touch_outside", 15.0), ("mv_self_overlap_ring", 16.0)])
def test_mending_keeps_the_ground_that_was_drawn(file, after):
    table, _ = load(f"silent-make-valid-linework/{file}.gpkg")
    assert cg.area_ha(table).iloc[0] == pytest.approx(after, abs=0.01)
    mended = next(n for n in cg.load_report(table).notes if n.code == "shapes.mended")
    assert f"{after:.2f} ha after" in mended.message
    assert f"{after:.2f} ha before" not in mended.message


def test_geoparquet_whose_shapes_are_called_geom():
    table, codes = load("silent-parquet-geometry-named-geom/p_geom_named.parquet")
    assert len(table) == 40
    assert cg.area_ha(table).round(2).eq(18.42).all()
    assert "shapes.none" not in codes


def test_geoparquet_keeps_its_index_and_says_which_shapes_were_left(tmp_path):
    frame = squares(3).set_index(pd.Index(["a", "b", "c"], name="Mã CCN")).rename_geometry("ranh")
    frame.assign(middle=frame.geometry.centroid).to_parquet(tmp_path / "a.parquet")
    table = cg.load_clusters(tmp_path / "a.parquet")
    assert table.index.tolist() == ["a", "b", "c"]
    assert cg.area_ha(table).gt(15).all()
    assert "shapes.second-column" in {n.code for n in cg.load_report(table).doubts}


def test_plain_parquet_with_wkb_is_asked_for_its_system(tmp_path):
    frame = squares(3)
    pd.DataFrame({"name": frame["name"], "status": "pending", "geom": frame.geometry.to_wkb()}).to_parquet(
        tmp_path / "a.parquet"
    )
    with pytest.raises(cg.CRSError, match="EPSG:5897"):
        cg.load_clusters(tmp_path / "a.parquet")
    assert cg.area_ha(cg.load_clusters(tmp_path / "a.parquet", crs=5897)).gt(15).all()


def test_districts_without_a_code_get_one_of_their_name():
    table = cg.load_districts(FAULTS / "wrong-message-districts-without-code/dd.geojson")
    assert table.index.tolist() == ["279"]  # as the General Statistics Office counts them
    assert "units.codes" in {n.code for n in cg.load_report(table).notes}


def test_districts_without_a_name_are_told_so_and_not_to_add_a_status(tmp_path):
    squares(2)[["geometry"]].assign(ma=["1", "2"]).to_file(tmp_path / "a.gpkg")
    with pytest.raises(cg.SchemaError, match=r"name: .* is not among the columns") as refused:
        cg.load_districts(tmp_path / "a.gpkg")
    assert "status" not in str(refused.value)


def test_a_layer_with_nothing_but_shapes_is_told_what_it_lacks(tmp_path):
    pyogrio.write_dataframe(squares(2)[["geometry"]], tmp_path / "a.gpkg")
    with pytest.raises(cg.SchemaError, match="name") as refused:
        cg.load_districts(tmp_path / "a.gpkg")
    assert "status" not in str(refused.value)
    assert "0.0" not in str(refused.value)
