"""What a load says, in two languages: every code used has its text, and both texts name the same values."""

from __future__ import annotations

import json
import re
import string
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from click.testing import CliRunner

from clusters_geo import reading
from clusters_geo.cli.convert import command as convert
from clusters_geo.cli.inspect import command as inspect
from clusters_geo.load import load_clusters, load_report
from clusters_geo.reading.notes import LoadReport
from clusters_geo.report.inspection import inspect_file, inspection_sheets
from clusters_geo.report.tables import to_text
from clusters_geo.schema import STATUSES
from clusters_geo.words import catalogue, fill

PACKAGE = Path(reading.__file__).parents[1]
SOURCES = [p for p in (*PACKAGE.glob("*.py"), *PACKAGE.glob("reading/*.py")) if p.name != "__init__.py"]
NOTES = {code for code in catalogue("notes") if not code.endswith(".advice")}


def named(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_code_is_said_somewhere_and_every_code_said_has_a_text():
    code = r'"((?:file|crs|text|columns|numbers|shapes|rows|units)\.[a-z-]+)"'
    sources = "".join(p.read_text(encoding="utf-8") for p in SOURCES if p.name != "words.py")
    said = set(re.findall(code, sources)) - {"columns.csv"}  # a file
    # A refusal and a doubt may have the same code: what cannot be read ends there or leaves a column.
    assert said >= NOTES
    assert said <= NOTES | set(catalogue("errors"))


def test_every_phrase_is_said_somewhere():
    sources = "".join(p.read_text(encoding="utf-8") for p in PACKAGE.rglob("*.py"))
    # What GEOS says of a shape, and the parts of a mapping, are keys that are put together.
    from_geos = {
        key for key in catalogue("phrases") if re.search("self-inter|shell|disconnected|^mapping ", key)
    }
    # So is the word of a status, one for each that there is.
    statuses = {f"status {status}" for status in STATUSES}
    assert statuses == {key for key in catalogue("phrases") if key.startswith("status ")}
    assert set(re.findall(r'"say": "([^"]+)"(?! if)', sources)) <= set(catalogue("phrases"))
    # What the bundled case says of itself instead of a source.
    bundled = {"six clusters of 2017"}
    assert {
        key for key in catalogue("phrases") if f'"{key}"' not in sources
    } <= from_geos | bundled | statuses


@pytest.mark.parametrize(
    ("code", "values", "vi"),
    [
        ("numbers.large", {"column": "planned_ha", "limit": 10_000.0}, "hơn 10.000 ha"),
        (
            "shapes.mended",
            {"reason": {"say": "self-intersection"}, "before": 0.5, "after": 1234.5},
            "1.234,50",
        ),
        ("shapes.mended", {"reason": {"say": "strange"}, "before": 0.0, "after": 1.0}, "strange"),
        ("file.links", {"count": 1200, "links": ["a.kml", "b.kml", "c"]}, "a.kml, b.kml và c"),
        (
            "crs.outside",
            {"position": {"say": "at", "lon": 105.5, "lat": 21.25}, "region": "Bắc Ninh"},
            "ở kinh độ 105,50, vĩ độ 21,25, ngoài Bắc Ninh",
        ),
        ("crs.said", {"declared": "A", "said": "B", "shift": {"say": "beyond"}}, "không đo được"),
        (
            "numbers.converted",
            {"column": "a", "units": ["%"], "target": {"say": "share of one"}},
            "từ % sang tỷ lệ từ 0 đến 1",
        ),
    ],
)
def test_values_are_written_as_the_language_writes_them(code, values, vi):
    report = LoadReport("a.shp")
    report.note(code, [1], **values)
    assert vi in report.notes[0].text("vi")
    back = LoadReport.from_dict(json.loads(json.dumps(report.as_dict("vi"))))
    assert back.notes[0].text("en") == report.notes[0].message


def test_text_from_a_file_is_no_template():
    report = LoadReport("a.shp")
    report.note("text.not-in-encoding", column="{x}", value="{0.__class__}", encoding="vni")
    assert "{0.__class__}" in report.notes[0].message
    assert fill("{a}", {"a": "{b}"}, "en") == "{b}"


@pytest.fixture
def messy(tmp_path):
    tie = [(562_000, 2_326_000), (563_000, 2_327_000), (563_000, 2_326_000), (562_000, 2_327_000)]
    table = gpd.GeoDataFrame(
        {
            "Tên CCN": ["Ðông Anh", "Bát Tràng"],
            "Trạng thái": ["Đang hoạt động", "đã đóng"],
            "Diện tích (m2)": ["405.000", "khoảng 200.000"],
        },
        geometry=[shapely.box(562_000, 2_326_000, 562_500, 2_326_400), shapely.Polygon(tie)],
        crs=3405,
    )
    table.to_file(tmp_path / "sổ.gpkg")
    return tmp_path / "sổ.gpkg"


def test_a_report_reads_in_both_languages(messy):
    report = load_report(load_clusters(messy, decimal=",", check=False))
    assert len(report.notes) > 6
    vietnamese, english = report.text("vi"), str(report)
    for vi, en in [
        ("cần xem, tọa độ: tệp ghi", "doubt, crs: the file says"),
        ("đã sửa, hình: sửa lỗi tự cắt, trước 0,00 ha, sau ", "repair, shapes: self-intersection mended"),
        ("đã sửa, số: planned_ha: đổi từ m2 sang ha", "repair, numbers: planned_ha: converted from m2 to ha"),
        ("thay chữ giống Đ bằng Đ", "look-alikes of Đ replaced"),
        ("số ước lượng, lấy đúng như đã ghi (dòng 2)", "stated as approximate; taken as it is (rows 2)"),
        ("không có mã nào", "there are no ids"),
    ]:
        assert vi in vietnamese
        assert en in english
    assert vietnamese.count("\n") == english.count("\n")


def test_an_inspection_is_in_vietnamese_unless_asked_otherwise(messy):
    runner = CliRunner()
    said = runner.invoke(inspect, [str(messy)])
    assert said.exit_code == 2
    flat = " ".join(said.output.split())
    for what in ("Hệ tọa độ", "Đã sửa và cần xem", "hoạt động (operating)", "sửa hoặc để trống"):
        assert what in flat
    assert "Repairs" not in said.output
    english = runner.invoke(inspect, [str(messy), "--lang", "en"]).output
    assert "Repairs and doubts" in english
    assert "is not one of operating" in english


def test_json_has_english_keys_and_codes_in_both_languages(messy):
    both = [
        json.loads(CliRunner().invoke(inspect, [str(messy), "--format", "json", "--lang", lang]).output)
        for lang in ("vi", "en")
    ]
    vi, en = both
    assert vi.keys() == en.keys()
    assert [n.keys() for n in vi["report"]["notes"]] == [n.keys() for n in en["report"]["notes"]]
    for key in ("code", "kind", "topic", "values", "rows"):
        assert [n[key] for n in vi["report"]["notes"]] == [n[key] for n in en["report"]["notes"]]
    assert all(
        a["message"] != b["message"]
        for a, b in zip(vi["report"]["notes"], en["report"]["notes"], strict=True)
    )


def test_convert_speaks_both_languages(messy, tmp_path):
    gpd.read_file(messy).assign(**{"Trạng thái": "Đang hoạt động"}).to_file(messy)
    arguments = [str(messy), str(tmp_path / "out.csv"), "--decimal", ","]
    assert "Đã ghi 2 dòng vào" in (said := CliRunner().invoke(convert, arguments).output)
    assert "cảnh báo: .csv" in said
    assert "2 rows written to" in CliRunner().invoke(convert, [*arguments, "--lang", "en"]).output


def test_every_heading_of_an_inspection_has_both_languages(messy):
    vi, en = (inspection_sheets(inspect_file(messy, decimal=",", lang=lang)) for lang in ("vi", "en"))
    assert len(vi) == len(en)
    for one, other in zip(vi, en, strict=True):
        assert all(a != b for a, b in zip(one.header, other.header, strict=True))
        assert len(one.rows) == len(other.rows)
        assert to_text(one)


def test_a_year_has_no_thousands_mark(tmp_path):
    file = tmp_path / "so.csv"
    file.write_text(
        "Tên CCN;Tình trạng;Đã cho thuê năm 2024 (ha);Đã cho thuê năm 2025 (ha)\nTân Chi;Hoạt động;2,5;3,5\n",
        encoding="utf-8",
    )
    table = load_clusters(file)
    assert table["leased_ha"].tolist() == [3.5]
    said = " ".join(note.text("vi") for note in load_report(table).notes)
    assert "không dùng các năm 2024" in said


def test_a_section_that_leaves_the_status_open_is_asked_about(tmp_path):
    # Established clusters may operate or wait; "thành lập mới" can only wait.
    file = tmp_path / "phu-luc.csv"
    file.write_text(
        "TT;Tên CCN;Địa điểm (huyện);Diện tích (ha)\nA;CCN đã thành lập;;\n1;Quang Trung;Thống Nhất;79,9\n"
        "2;Long Giao;-nt-;57,3\nB;CCN thành lập mới;;\n3;Suối Cát;Xuân Lộc;75\n",
        encoding="utf-8",
    )
    table = load_clusters(file)
    assert table["status"].tolist() == ["pending"] * 3
    assert table["district"].tolist() == ["Thống Nhất", "Thống Nhất", "Xuân Lộc"]
    [doubt] = [n for n in load_report(table).doubts if n.code == "columns.unsure"]
    assert "CCN đã thành lập" in doubt.text("vi")
    assert list(doubt.rows) == [1, 2]


def test_a_number_that_is_none_is_a_dash_in_a_note_and_nothing_in_json():
    report = LoadReport("a.kml")
    report.note("shapes.mended", [3], reason="bow-tie", before=float("nan"), after=float("inf"))
    assert report.notes[0].text("vi") == "sửa lỗi bow-tie, trước – ha, sau – ha"
    assert json.loads(json.dumps(report.as_dict(), allow_nan=False))["notes"][0]["values"]["before"] is None
