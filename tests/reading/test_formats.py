"""Every format that is read: what comes back is what went in, and what is missing is said."""

from __future__ import annotations

import json
import shutil
import zipfile

import geopandas as gpd
import pandas as pd
import pytest
import shapely

import clusters_geo as cg
from clusters_geo.load import load_report
from clusters_geo.reading.files import look_into
from clusters_geo.reading.formats import FORMATS, known_endings

DRAWN = {"dxf", "dgn"}
LOSES_DATUM = {"tab", "mif", "dxf", "dgn"}
PLAIN = {"csv", "xlsx", "xls", "ods", "docx"}
EVERY_ENDING = [
    "gpkg",
    "shp",
    "geojson",
    "fgb",
    "parquet",
    "kml",
    "kmz",
    "gml",
    "tab",
    "mif",
    "gdb",
    "dxf",
    "dgn",
    "csv",
    "xlsx",
    "xls",
    "ods",
    "docx",
]
SHAPED = [e for e in EVERY_ENDING if e not in PLAIN | DRAWN]


def _load(file, **options):
    if file.suffix[1:] in LOSES_DATUM:
        options.setdefault("crs", 5897)
    return cg.load_clusters(file, **options)


@pytest.mark.parametrize("ending", SHAPED)
def test_a_register_comes_back_from(ending, make, small):
    # GDAL writes no other letters into the names of these layers.
    stem = "so_cum" if ending in {"kmz", "gml", "gdb"} else "sổ cụm"
    table = _load(make(f"{stem}.{ending}")).sort_index()
    expected = small.set_index("cluster_id")
    assert list(table.index) == ["001", "002", "003"]
    assert table["name"].tolist() == expected["name"].tolist()
    assert table["planned_ha"].tolist()[:2] == [40.5, 20.0]
    # MapInfo has no blank: it writes 0.
    assert table["planned_ha"].isna().tolist()[2] or (
        ending in {"tab", "mif"} and table["planned_ha"].iloc[2] == 0
    )
    moved = table.to_crs(5897).geometry.hausdorff_distance(expected.geometry)
    # A TAB file as GDAL writes it has a grid of a centimetre.
    assert moved.max() < (0.02 if ending == "tab" else 0.001)


@pytest.mark.parametrize("ending", [e for e in (*SHAPED, "csv") if e != "xlsx"])
def test_large_ids_with_blanks_keep_every_digit_in(ending, make):
    workers = _load(make(f"a.{ending}")).sort_index()["workers"]
    assert workers.dtype == "Int64"
    if ending not in {"tab", "mif"}:
        assert workers.tolist() == [9_007_199_254_740_993, pd.NA, 3]


@pytest.mark.parametrize("ending", ["tab", "mif"])
def test_mapinfo_has_no_blank_so_its_zeros_are_doubted(ending, make):
    doubts = load_report(_load(make(f"a.{ending}"))).doubts
    zeros = {(n.text("en").split(":")[0], n.rows) for n in doubts if n.code == "numbers.zeros"}
    assert zeros == {("planned_ha", (3,)), ("workers", (2,))}


@pytest.mark.parametrize("ending", sorted(PLAIN))
def test_a_plain_register_has_no_shapes_and_says_so(ending, make):
    table = cg.load_clusters(make(f"a.{ending}"))
    assert table.index.tolist() == ["001", "002", "003"]
    assert table.geometry.isna().all()
    assert any("has no outlines" in d.message for d in load_report(table).doubts)


@pytest.mark.parametrize("ending", sorted(PLAIN))
def test_a_plain_register_is_joined_to_boundaries(ending, make, small):
    shapes = make("shapes.gpkg")
    table = cg.load_clusters(make(f"a.{ending}"), boundaries=shapes)
    assert table.geometry.area.round().tolist() == [300_000.0] * 3
    assert table.crs == small.crs


def test_boundaries_are_joined_by_name_where_there_is_no_common_id(make, small):
    register = small.drop(columns=["geometry", "cluster_id"]).assign(
        name=["CCN PHÙNG XÁ", "Bat Trang", "Khác"]
    )
    table = cg.load_clusters(
        make("a.csv", gpd.GeoDataFrame(register, geometry=small.geometry)), boundaries=make("shapes.gpkg")
    )
    assert table.geometry.notna().tolist() == [True, True, False]
    report = load_report(table)
    assert any("2 of 3 rows joined" in n.message for n in report.repairs)
    assert any(n.rows == (3,) for n in report.doubts)


def test_names_that_two_boundaries_share_decide_nothing(make, small):
    twins = small.assign(name="Phùng Xá", cluster_id=["x", "y", "z"])
    table = cg.load_clusters(make("a.csv"), boundaries=make("shapes.gpkg", twins))
    assert table.geometry.isna().all()


@pytest.mark.parametrize("ending", sorted(DRAWN))
def test_outlines_of_a_drawing_become_shapes(ending, make):
    table = _load(make(f"a.{ending}"), check=False)
    assert table.geometry.area.round().tolist() == [300_000.0] * 3


def test_labels_inside_outlines_name_them(make):
    ring = shapely.box(585_000, 2_330_000, 585_600, 2_330_500).exterior
    open_lines = [
        shapely.LineString(p)
        for p in (
            [(590_000, 2_330_000), (590_600, 2_330_000), (590_600, 2_330_500)],
            [(590_600, 2_330_500), (590_000, 2_330_500), (590_000, 2_330_000)],
        )
    ]
    drawing = gpd.GeoDataFrame(geometry=[ring, *open_lines], crs=5897)
    file = make("a.dxf", drawing)
    entities = file.read_text()
    label = "  0\nTEXT\n  5\nFF{n}\n100\nAcDbEntity\n  8\nTEN\n100\nAcDbText\n 10\n{x}\n 20\n2330100\n"
    label += " 30\n0\n 40\n9\n  1\n{text}\n"
    texts = label.format(n=1, x=585_100, text="Phùng Xá") + label.format(n=2, x=590_100, text="Bát Tràng")
    head, tail = entities.split("ENTITIES\n", 1)
    body, rest = tail.split("  0\nENDSEC", 1)
    file.write_text(f"{head}ENTITIES\n{body}{texts}  0\nENDSEC{rest}", encoding="utf-8")
    table = cg.load_clusters(file, crs=5897, check=False)
    assert table["name"].tolist() == ["Phùng Xá", "Bát Tràng"]
    assert table.geometry.area.round().tolist() == [300_000.0] * 2
    assert any("put together from lines" in n.message for n in load_report(table).repairs)


@pytest.mark.parametrize("ending", ["shp", "gdb", "geojson", "gpkg", "tab"])
def test_a_zipped_layer_is_read(ending, make, tmp_path):
    file = make(f"cụm/a.{ending}" if (tmp_path / "cụm").mkdir() is None else "")
    archive = shutil.make_archive(str(tmp_path / "zipped"), "zip", tmp_path, "cụm")
    assert file.exists()
    assert len(cg.load_clusters(archive, crs=5897 if ending == "tab" else None)) == 3


def test_a_zip_with_photos_beside_the_layer_is_read(make, tmp_path):
    file = tmp_path / "a.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.write(make("a.geojson"), "du lieu/a.geojson")
        archive.writestr("du lieu/anh.jpg", b"\xff\xd8")
        archive.writestr("__MACOSX/du lieu/._a.geojson", b"\x00")
    assert len(cg.load_clusters(file)) == 3


def test_several_layers_are_listed_and_one_is_asked_for(make, small):
    file = make("a.gpkg")
    small.to_file(file, layer="khác")
    with pytest.raises(cg.SourceError, match=r"has 2 layers: a \(3\), khác \(3\). Name one"):
        cg.load_clusters(file)
    assert len(cg.load_clusters(file, layer="khác")) == 3
    with pytest.raises(cg.SourceError, match="no layer 'x'"):
        cg.load_clusters(file, layer="x")


def test_styles_beside_the_data_are_no_layer(make):
    file = make("a.gpkg")
    import pyogrio

    pyogrio.write_dataframe(
        pd.DataFrame({"styleName": ["x"]}), file, layer="layer_styles", driver="GPKG", append=True
    )
    assert len(cg.load_clusters(file)) == 3


def test_several_sheets_are_listed_and_one_is_asked_for(small, tmp_path):
    file = tmp_path / "a.xlsx"
    plain = pd.DataFrame(small.drop(columns="geometry"))
    with pd.ExcelWriter(file) as book:
        pd.DataFrame({"Ghi nhớ": ["không phải dữ liệu"]}).to_excel(book, sheet_name="Ghi nhớ", index=False)
        plain.to_excel(book, sheet_name="2021", index=False)
        plain.head(2).to_excel(book, sheet_name="2022", index=False)
    with pytest.raises(cg.SourceError, match="2 sheets with a register: 2021 and 2022"):
        cg.load_clusters(file)
    assert len(cg.load_clusters(file, layer="2022")) == 2
    with pytest.raises(cg.SourceError, match="no sheet '2023'"):
        cg.load_clusters(file, layer="2023")


def test_titles_column_numbers_blank_rows_and_totals_are_left_out(tmp_path):
    file = tmp_path / "a.csv"
    file.write_text(
        "UBND THÀNH PHỐ HÀ NỘI;;;\nBiểu 3. Các cụm công nghiệp;;;\n\nTT;Tên CCN;Trạng thái;Diện tích (ha)\n"
        "(1);(2);(3);(4)\n1;Phùng Xá;Đang hoạt động;40,5\n;;;\n2;Bát Tràng;Chưa khởi công;20\nTổng "
        "cộng;;;60,5\n",
        encoding="utf-8-sig",
    )
    table = cg.load_clusters(file)
    assert table["planned_ha"].tolist() == [40.5, 20.0]
    assert table.index.tolist() == ["phung-xa", "bat-trang"]
    said = " ".join(n.message for n in load_report(table).repairs)
    for what in ("titles", "column numbers", "totals", "there are no ids"):
        assert what in said


def test_a_row_that_is_wider_than_the_header_is_named(tmp_path):
    file = tmp_path / "a.csv"
    file.write_text("name,status\nPhùng Xá,operating\nBát Tràng,pending,20,5\n")
    with pytest.raises(cg.SourceError, match="row 3: it has more cells"):
        cg.load_clusters(file)


@pytest.mark.parametrize("content", ["a,b\n1,2\n", '"name,status\nA,operating\n'])
def test_a_register_without_a_known_header_or_with_an_open_quote_is_refused(tmp_path, content):
    file = tmp_path / "a.csv"
    file.write_text(content)
    with pytest.raises(cg.SourceError, match=r"a\.csv"):
        cg.load_clusters(file)


def test_a_missing_dbf_is_named(make, tmp_path):
    file = make("a.shp")
    (tmp_path / "a.dbf").unlink()
    with pytest.raises(cg.SourceError, match=r"the \.dbf .* is missing"):
        cg.load_clusters(file)


def test_a_missing_shx_is_rebuilt_without_touching_the_folder(make, tmp_path):
    file = make("a.shp")
    (tmp_path / "a.shx").unlink()
    assert len(cg.load_clusters(file)) == 3
    assert not (tmp_path / "a.shx").exists()


def test_a_missing_prj_is_refused_with_what_it_could_be(make, tmp_path):
    file = make("a.shp")
    (tmp_path / "a.prj").unlink()
    with pytest.raises(cg.CRSError, match=r'If the data are of Hà Nội, crs="EPSG:5897"'):
        cg.load_clusters(file)
    assert cg.load_clusters(file, crs=5897).crs == "EPSG:5897"


def test_sidecars_in_capitals_are_found(make, tmp_path):
    make("a.shp")
    for ending in ("shp", "shx", "dbf", "prj", "cpg"):
        (tmp_path / f"a.{ending}").rename(tmp_path / f"A.{ending.upper()}")
    assert cg.load_clusters(tmp_path / "A.SHP")["name"].tolist()[0] == "Phùng Xá"


@pytest.mark.parametrize("part", ["shp", "dbf"])
def test_a_shapefile_that_was_cut_short_is_named(part, make, tmp_path):
    file = make("a.shp")
    cut = tmp_path / f"a.{part}"
    cut.write_bytes(cut.read_bytes()[:-40])
    with pytest.raises(cg.SourceError, match=rf"its \.{part} has .* bytes it should have"):
        cg.load_clusters(file)


@pytest.mark.parametrize("ending", ["gpkg", "fgb", "geojson", "parquet", "kmz", "xlsx", "gml", "kml"])
def test_a_file_that_was_cut_in_half_is_refused_in_one_sentence(ending, make):
    file = make(f"a.{ending}")
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])
    with pytest.raises(cg.ClustersGeoError) as caught:
        cg.load_clusters(file)
    assert "a." in str(caught.value)
    assert "clusters-geo-" not in str(caught.value)


def _feature(geometry=None, **properties):
    return {
        "type": "Feature",
        "properties": {"name": "A", "status": "pending", **properties},
        "geometry": geometry,
    }


def _collection(*features):
    return {"type": "FeatureCollection", "features": list(features)}


RING = [[105.8, 21], [105.81, 21], [105.81, 21.01], [105.8, 21]]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('{"type":"FeatureCollection","features":[', r"line 1, column \d+.*cut short"),
        (
            json.dumps(_collection(_feature(), _feature({"type": "Polygon", "coordinates": [RING[:3]]}))),
            "row 2: a ring is not closed",
        ),
        (
            json.dumps(_collection(_feature({"type": "MultiPolygon", "coordinates": [[RING], [RING[:3]]]}))),
            "row 1: a ring",
        ),
        (
            json.dumps(_collection(_feature({"type": "TIN", "coordinates": []}))),
            "row 1: the geometry is of the unknown kind 'TIN'",
        ),
        (json.dumps(_collection(_feature(workers=0))).replace(": 0", ": 1e400"), "1e400 is too large"),
        (json.dumps(_collection(_feature(workers=2**63))), "9223372036854775808 does not fit"),
        (json.dumps(_collection(_feature(workers=0))).replace(": 0", ": " + "9" * 5000), "does not fit"),
        (json.dumps(_collection(_feature(workers=float("nan")))), "NaN is not a number that JSON allows"),
        (
            '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"name":"A","name":"B"}}]}',
            "'name' stands twice",
        ),
        ("[" * 20_000, "data|nested|content is"),
        ('{"a":' * 100_000, "nested too deeply"),
        ('{"type":"Topology","objects":{}}', "TopoJSON"),
        ('{"type":"FeatureCollection","features":{}}', "not a list"),
        ('{"rings":[]}', "not GeoJSON"),
    ],
)
def test_geojson_that_cannot_be_right_names_the_place(tmp_path, text, what):
    file = tmp_path / "a.geojson"
    file.write_text(text)
    with pytest.raises(cg.SourceError, match=what):
        cg.load_clusters(file)


def test_geojson_in_another_encoding_names_the_byte(tmp_path):
    file = tmp_path / "a.geojson"
    file.write_bytes(json.dumps(_collection(_feature(note="x"))).encode().replace(b'"x"', b'"\xff"'))
    with pytest.raises(cg.SourceError, match=r"not UTF-8 \(byte \d+: 0xff\)"):
        cg.load_clusters(file)


def test_feature_ids_used_twice_and_mixed_kinds_are_doubts(tmp_path):
    file = tmp_path / "a.geojson"
    shape = {"type": "Polygon", "coordinates": [RING]}
    features = [
        _feature(shape, cluster_id="1", x=1) | {"id": 7},
        _feature(shape, cluster_id="2", x="y") | {"id": 7},
    ]
    file.write_text(json.dumps(_collection(*features)), encoding="utf-8-sig")
    doubts = {d.message: d.rows for d in load_report(cg.load_clusters(file)).doubts}
    assert doubts["the feature id 7 is used more than once; ids of features are not used"] == (1, 2)
    assert any("numbers (row 1) and text (row 2)" in message for message in doubts)


def test_columns_that_differ_in_case_only_are_refused(tmp_path):
    file = tmp_path / "a.geojson"
    file.write_text(json.dumps(_collection(_feature({"type": "Polygon", "coordinates": [RING]}, NAME="B"))))
    with pytest.raises(cg.SchemaError, match="'name' and 'NAME'"):
        cg.load_clusters(file)


@pytest.mark.parametrize("ending", SHAPED)
def test_a_file_is_looked_into_without_reading_it(ending, make):
    if ending == "parquet":  # read by pyarrow, see test_inspect
        ending = "gpkg"
    (layer,) = look_into(make(f"a.{ending}"))
    assert layer.name == "a"
    assert layer.crs is not None
    assert "status" in layer.fields


def test_every_ending_is_tested():
    tested = {f".{e}" for e in EVERY_ENDING}
    # Nothing that runs here writes XLSB; python-calamine reads it, and its sheets are those of any workbook.
    assert {f.endings[0] for f in FORMATS} - {".xlsb"} <= tested
    assert ".zip" in known_endings()
