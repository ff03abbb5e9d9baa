"""Vietnamese text from encodings of its past: detected, repaired, reported, never guessed."""

from __future__ import annotations

import csv
import os
import unicodedata
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

import clusters_geo as cg
from clusters_geo.load import load_clusters, load_report
from clusters_geo.reading import text as charsets
from clusters_geo.reading.text import decode, letters_of, share_of_syllables

NAMES = [
    "Phùng Xá",
    "Bát Tràng",
    "Võng Xuyên",
    "Đan Phượng giai đoạn 2",
    "Dị Nậu",
    "Quất Động",
    "Thắng Lợi",
    "Ngọc Hồi",
]
TONES = "\u0300\u0301\u0303\u0309\u0323"


def encode(text, encoding):
    """Write text as the programs of that time did."""
    if encoding != "cp1258":
        return charsets.encode(text, encoding)
    out = b""
    for letter in text:
        parts = unicodedata.normalize("NFD", letter)
        base = unicodedata.normalize("NFC", "".join(p for p in parts if p not in TONES))
        out += (base + "".join(p for p in parts if p in TONES)).encode("cp1258")
    return out


def shapefile(folder, names=NAMES, encoding="utf-8", *, declared=None, header="name"):
    """Write a Shapefile whose table holds exactly the bytes of that encoding."""
    shapes = [
        shapely.box(562_000 + n * 1000, 2_326_000, 562_500 + n * 1000, 2_326_400) for n in range(len(names))
    ]
    marks = [f"@{n:03d}" + "." * 76 for n in range(len(names))]
    table = gpd.GeoDataFrame(
        {"cluster_id": [str(n) for n in range(len(names))], "HEADERHERE": marks, "status": "operating"},
        geometry=shapes,
        crs=5897,
    )
    file = folder / "a.shp"
    table.to_file(file)
    content = file.with_suffix(".dbf").read_bytes()
    for mark, name in zip(marks, names, strict=True):
        content = content.replace(mark.encode(), encode(name, encoding)[:80].ljust(80))
    content = content.replace(b"HEADERHERE\x00", encode(header, encoding)[:10].ljust(11, b"\x00"))
    file.with_suffix(".dbf").write_bytes(content)
    file.with_suffix(".cpg").unlink()
    if declared:
        file.with_suffix(".cpg").write_text(declared)
    return file


@pytest.mark.parametrize("declared", [None, "UTF-8", "ISO-8859-1"])
@pytest.mark.parametrize("encoding", ["utf-8", "tcvn3", "vni", "cp1258"])
def test_the_table_of_a_shapefile_is_read_in_its_encoding(tmp_path, encoding, declared):
    table = load_clusters(shapefile(tmp_path, encoding=encoding, declared=declared))
    assert table["name"].tolist() == NAMES
    report = load_report(table)
    if encoding == "utf-8":
        assert not report.encodings
    else:
        assert report.encodings["name"] == encoding
        assert any(f"was in {encoding}" in n.message for n in report.repairs)


@pytest.mark.parametrize("encoding", ["utf-8", "tcvn3", "vni", "cp1258"])
def test_headers_are_read_in_their_encoding_too(tmp_path, encoding):
    table = load_clusters(shapefile(tmp_path, encoding=encoding, header="Tên cụm"))
    assert table["name"].tolist() == NAMES


def test_the_last_letter_of_windows_1258_survives(tmp_path):
    table = load_clusters(shapefile(tmp_path, ["Xá", "Thạ", "Cổ Lễ"], "cp1258", declared="CP1258"))
    assert table["name"].tolist() == ["Xá", "Thạ", "Cổ Lễ"]


def test_an_explicit_encoding_wins(tmp_path):
    table = load_clusters(shapefile(tmp_path, encoding="tcvn3"), encoding="tcvn3")
    assert table["name"].tolist() == NAMES
    wrong = load_clusters(tmp_path / "a.shp", encoding="latin-1")
    assert wrong["name"].tolist() != NAMES


def test_an_unknown_encoding_is_refused(tmp_path):
    with pytest.raises(cg.SourceError, match="no encoding 'klingon'"):
        load_clusters(shapefile(tmp_path, encoding="tcvn3"), encoding="klingon")


def test_text_of_no_known_encoding_is_a_doubt_and_stays(tmp_path):
    table = load_clusters(shapefile(tmp_path, ["Ñandú ÿÿÿÿ", "þþþþ ßß"], "latin-1"))
    assert table["name"].tolist() == ["Ñandú ÿÿÿÿ", "þþþþ ßß"]
    assert any("encoding=" in d.advice for d in load_report(table).doubts)


def test_utf8_that_was_cut_in_a_letter_loses_only_that_letter(tmp_path):
    long = "x" * 79 + "Á"
    table = load_clusters(shapefile(tmp_path, [long, "Phùng Xá"]))
    assert table["name"].tolist() == ["x" * 79, "Phùng Xá"]


@pytest.mark.parametrize("encoding", ["tcvn3", "vni", "cp1258", "utf-8"])
@pytest.mark.parametrize("name", ["a.gpkg", "a.geojson"])
def test_mojibake_that_was_saved_as_unicode_is_undone(tmp_path, encoding, name):
    garbled = [encode(n, encoding).decode("latin-1") for n in NAMES]
    box = shapely.box(105.6, 21.0, 105.61, 21.01)
    table = gpd.GeoDataFrame(
        {"cluster_id": [str(n) for n in range(len(NAMES))], "name": garbled, "status": "pending"},
        geometry=[box] * len(NAMES),
        crs=4326,
    )
    table.to_file(tmp_path / name)
    loaded = load_clusters(tmp_path / name)
    assert loaded["name"].tolist() == NAMES
    assert load_report(loaded).encodings["name"] == encoding


@pytest.mark.parametrize("charset", ["WindowsVietnamese", "WindowsLatin1"])
def test_mapinfo_in_windows_1258_keeps_every_letter(tmp_path, charset):
    rows = b"\n".join(b'"%d","%s","operating"' % (n, encode(name, "cp1258")) for n, name in enumerate(NAMES))
    header = (
        f'Version 300\nCharset "{charset}"\nDelimiter ","\n'
        'CoordSys Earth Projection 8, 104, "m", 105, 0, 0.9999, 500000, 0\n'
        "Columns 3\n  cluster_id Char(8)\n  name Char(60)\n  status Char(20)\nData\n\n"
    )
    points = "".join(f"Point {562_000 + n * 1000} 2326000\n" for n in range(len(NAMES)))
    (tmp_path / "a.mif").write_bytes((header + points).encode())
    (tmp_path / "a.mid").write_bytes(rows + b"\n")
    assert load_clusters(tmp_path / "a.mif", crs=5897)["name"].tolist() == NAMES


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "tcvn3", "vni", "cp1258"])
def test_a_csv_is_read_in_its_encoding(tmp_path, encoding):
    lines = ["Tên CCN,Trạng thái", *(f"{n},Đang hoạt động" for n in NAMES)]
    content = "\r\n".join(lines)
    (tmp_path / "a.csv").write_bytes(encode(content, encoding))
    assert load_clusters(tmp_path / "a.csv")["name"].tolist() == NAMES


def test_a_csv_of_no_known_encoding_is_refused_by_name(tmp_path):
    (tmp_path / "a.csv").write_bytes("þþþ ÿÿÿ ßßß".encode("latin-1") * 20)
    with pytest.raises(cg.SourceError, match=r"^a\.csv cannot be read as utf-8, tcvn3.*Save it as UTF-8"):
        load_clusters(tmp_path / "a.csv")


def _written(tmp_path, **columns):
    box = shapely.box(105.6, 21.0, 105.61, 21.01)
    count = len(next(iter(columns.values())))
    table = {"cluster_id": [str(n) for n in range(count)], "name": "A", "status": "pending"} | columns
    gpd.GeoDataFrame(table, geometry=[box] * count, crs=4326).to_file(tmp_path / "a.gpkg")
    return load_clusters(tmp_path / "a.gpkg")


def test_decomposed_names_are_composed(tmp_path):
    table = _written(tmp_path, name=[unicodedata.normalize("NFD", "Phùng Xá"), "Phùng Xá"])
    assert table["name"].nunique() == 1
    assert [n.rows for n in load_report(table).repairs] == [(1,)]


def test_look_alikes_of_d_are_replaced_in_vietnamese_words_only(tmp_path):
    table = _written(tmp_path, name=["Ðông Anh", "Ɖan Phượng", "Þórður"])
    assert table["name"].tolist() == ["Đông Anh", "Đan Phượng", "Þórður"]


def test_hidden_marks_are_removed(tmp_path):
    table = _written(tmp_path, name=["Phùng\u200b Xá", "Bát\u202eTràng", "A\u00adB", "C\x01D"])
    assert table["name"].tolist() == ["Phùng Xá", "BátTràng", "AB", "CD"]
    assert load_report(table).repairs[0].rows == (1, 2, 3, 4)


def test_every_letter_of_the_tables_decodes_to_itself():
    for encoding in ("tcvn3", "vni"):
        _, letters = letters_of(encoding)
        assert len(letters) == {"tcvn3": 74, "vni": 134}[encoding]
        for code, letter in letters.items():
            assert decode(code.encode("latin-1"), encoding) == letter
            assert unicodedata.is_normalized("NFC", letter)


def test_the_tables_agree_with_another_implementation():
    viparse = pytest.importorskip(
        "viparse.normalize.encodings", reason="viparse is not installed: tables not compared"
    )
    for encoding in ("tcvn3", "vni"):
        _, letters = letters_of(encoding)
        theirs = dict(viparse.get_charmap(encoding).pairs)
        common = letters.keys() & theirs.keys()
        assert {code: theirs[code] for code in common} == {code: letters[code] for code in common}
        assert len(letters) - len(common) <= 8  # VNI's marked i, y and Ẳ, which the other sources have


def test_the_names_of_all_provinces_read_as_vietnamese():
    from clusters_geo.crs import ZONES

    names = [p for z in ZONES.values() for p in z.provinces]
    assert share_of_syllables(names) > 0.95


def typed_in_tcvn3(name):
    """Return what a typist of that time had to write: letters without a capital stay small."""
    _, letters = letters_of("tcvn3")
    return "".join(c if c.isascii() or c in letters.values() else c.lower() for c in name)


def as_legacy_shapefile(table, folder):
    """Write a layer as a district office had it: VN-2000, names in TCVN3, no .cpg."""
    marks = [f"@{n:03d}" + "." * 76 for n in range(len(table))]
    table.to_crs(5897).assign(name=marks).to_file(folder / "a.shp")
    dbf = folder / "a.dbf"
    content = dbf.read_bytes()
    for mark, name in zip(marks, table["name"], strict=True):
        content = content.replace(mark.encode(), encode(typed_in_tcvn3(name), "tcvn3").ljust(80))
    dbf.write_bytes(content)
    (folder / "a.cpg").unlink()
    return folder / "a.shp"


def real_districts():
    folder = Path(os.environ.get("CLUSTERS_GEO_REAL_DATA", Path(__file__).parents[3] / "shared" / "data"))
    file = folder / "hanoi_districts_hdx.geojson"
    if not file.exists():
        pytest.skip(
            f"{file.name} is not at hand: set CLUSTERS_GEO_REAL_DATA. Real districts are not compared"
        )
    return gpd.read_file(file).rename(columns={"gso_code": "ma_huyen", "ADM2_VI": "name"})


@pytest.mark.parametrize("which", ["real", "bundled"])
def test_thirty_districts_are_the_same_from_a_tcvn3_shapefile_and_geojson(which, districts, tmp_path):
    table = real_districts() if which == "real" else districts.reset_index(names="ma_huyen")
    table = table[["ma_huyen", "name", "geometry"]]
    table.to_file(tmp_path / "a.geojson")
    from_shp = cg.load_districts(as_legacy_shapefile(table, tmp_path))
    from_json = cg.load_districts(tmp_path / "a.geojson")
    assert len(from_shp) == 30
    assert from_shp["name"].tolist() == from_json["name"].tolist()
    assert from_shp.index.tolist() == from_json.index.tolist()
    assert from_shp.geometry.hausdorff_distance(from_json.to_crs(5897).geometry).max() < 0.001
    ratio = cg.area_ha(from_shp) / cg.area_ha(from_json)
    # The datum shift changes the size of the Earth by some parts in a million, never the surveyor's digits.
    assert (ratio - 1).abs().max() < 2e-5


@pytest.mark.parametrize("which", ["real", "bundled"])
def test_districts_typed_in_a_capital_font_are_capitals_again(which, districts, tmp_path):
    table = real_districts() if which == "real" else districts.reset_index(names="ma_huyen")
    table = table[["ma_huyen", "name", "geometry"]].assign(name=table["name"].str.upper())
    loaded = cg.load_districts(as_legacy_shapefile(table, tmp_path))
    assert loaded["name"].tolist() == table["name"].tolist()
    (note,) = [n for n in load_report(loaded).repairs if n.code == "text.capitals"]
    assert 20 < note.count <= 30


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["PHÙNG XÁ", "Bát Tràng", "Võng Xuyên"], None),
        (["Cụm công nghiệp PHÙNG XÁ", "CCN Dị Nậu", "CCN Quất Động"], None),
        (["CCN BÁT TRÀNG 2 (giai đoạn 1)", "Ứng Hòa", "Đan Phượng"], None),
        (["ỨNG HÒA", "BA VÌ", "Ý YÊN", "PHÚ XUYÊN"], None),
        # One capital before a lost letter may be "Xá" or "XÁ"; what others do decides, or nothing does.
        (["CCN Bá Hạ", "CCN Phú Túc", "CCN Thắng Lợi"], None),
        (["XÁ", "Bát Tràng", "Võng Xuyên"], ["Xá", "Bát Tràng", "Võng Xuyên"]),
    ],
)
def test_capitals_are_restored_where_the_letters_beside_them_decide(tmp_path, names, expected):
    typed = [typed_in_tcvn3(name) for name in names]
    table = load_clusters(shapefile(tmp_path, typed, "tcvn3"))
    assert table["name"].tolist() == (expected or names)


def test_capitals_are_not_made_where_nobody_writes_them_but_doubted(tmp_path):
    names = ["ứng dụng công nghệ", "ổn định sản xuất"]
    table = load_clusters(shapefile(tmp_path, names, "tcvn3"))
    assert table["name"].tolist() == names
    (doubt,) = load_report(table).doubts
    assert doubt.code == "text.capital-font"
    assert ".VnTimeH" in doubt.message
    assert doubt.rows == (1, 2)


@pytest.mark.parametrize("encoding", ["vni", "cp1258", "utf-8"])
def test_capitals_of_other_encodings_are_left_alone(tmp_path, encoding):
    names = ["PHÙNG XÁ", "xã Bát Tràng", "ứNG HòA"]
    table = load_clusters(shapefile(tmp_path, names, encoding))
    assert table["name"].tolist() == names


def test_the_sources_of_the_tables_are_named():
    folder = Path(charsets.__file__).parent / "legacy"
    for name in ("tcvn3", "vni"):
        rows = list(csv.DictReader((folder / f"{name}.csv").read_text(encoding="utf-8").splitlines()))
        assert all(row["sources"].count(";") >= 1 for row in rows)
