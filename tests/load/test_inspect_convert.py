"""`inspect` and `convert`: a sentence for every file, exit codes that can be relied on."""

from __future__ import annotations

import json

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from click.testing import CliRunner

import clusters_geo as cg
from clusters_geo.cli.convert import command as convert
from clusters_geo.cli.inspect import command as inspect
from clusters_geo.cli.summary import command as summary
from clusters_geo.load import load_clusters
from clusters_geo.report.inspection import inspect_file, inspection_sheets
from clusters_geo.report.tables import to_text


@pytest.fixture
def register(tmp_path):
    table = gpd.GeoDataFrame(
        {
            "Mã cụm": ["1", "2"],
            "Tên CCN": ["Phùng Xá", "Bát Tràng"],
            "Trạng thái": ["Đang hoạt động", "Chưa khởi công"],
            "Diện tích (m2)": [405_000.0, 200_000.0],
            "Màu": ["đỏ", "xanh"],
        },
        geometry=[
            shapely.box(562_000, 2_326_000, 562_500, 2_326_400),
            shapely.Polygon(
                [(563_000, 2_326_000), (564_000, 2_327_000), (564_000, 2_326_000), (563_000, 2_327_000)]
            ),
        ],
        crs=5897,
    )
    table.to_file(tmp_path / "a.gpkg")
    return tmp_path / "a.gpkg"


def run(command, *arguments, lang="en"):
    return CliRunner().invoke(command, [*(str(a) for a in arguments), "--lang", lang])


def test_an_inspection_tells_everything_there_is(register):
    found = inspect_file(register)
    assert [(f.name, f.rows) for f in found.layers] == [("a", 2)]
    assert found.layers[0].crs.name == "VN-2000 / TM-3 zone 482"
    assert found.report.mapped["Tên CCN"] == "name"
    assert found.report.left == ["Màu"]
    said = " ".join(n.message for n in found.report.repairs)
    assert "converted from m2 to ha" in said
    assert "self-intersection mended" in said
    text = "\n".join(to_text(sheet) for sheet in inspection_sheets(found))
    for what in ("VN-2000 / TM-3 zone 482", "Tên CCN", "Màu", "repair", "GeoPackage"):
        assert what in text


def test_inspect_prints_text_markdown_and_json(register, tmp_path):
    assert "Repairs and doubts" in run(inspect, register).output
    assert "| Layer |" in run(inspect, register, "--format", "md").output
    content = json.loads(run(inspect, register, "--format", "json").output)
    assert content["usable"] is True
    assert content["report"]["mapped"]["Tên CCN"] == "name"
    doubts = {n["code"] for n in content["report"]["notes"] if n["kind"] == "doubt"}
    assert doubts == {"numbers.area-apart"}
    run(inspect, register, "--format", "json", "--output", tmp_path / "a.json")
    assert json.loads((tmp_path / "a.json").read_text()) == content


def test_inspect_exits_2_for_what_cannot_be_loaded_and_says_which_layers_there_are(register):
    gpd.read_file(register).to_file(register, layer="khác")
    result = run(inspect, register)
    assert result.exit_code == 2
    assert "khác" in result.output
    assert "--layer" in result.output
    assert run(inspect, register, "--layer", "khác").exit_code == 0


def test_inspect_exits_2_for_what_cannot_be_computed_with(tmp_path):
    (tmp_path / "a.csv").write_text("Tên CCN;Trạng thái;Diện tích (ha)\nPhùng Xá;đã đóng;rộng\n")
    result = run(inspect, tmp_path / "a.csv")
    assert result.exit_code == 2
    assert "đã đóng" in result.output
    assert "rộng" in result.output


def test_inspect_takes_what_the_caller_says_of_headers_and_figures(tmp_path):
    (tmp_path / "a.csv").write_text("Tên CCN;Ghi;Trạng thái;Diện tích (ha)\nPhùng Xá;20;operating;1.686\n")
    assert run(inspect, tmp_path / "a.csv").exit_code == 2
    said = run(inspect, tmp_path / "a.csv", "--decimal", ".", "--column", "Ghi=built_ha", "--format", "json")
    assert said.exit_code == 0
    assert json.loads(said.output)["report"]["mapped"]["Ghi"] == "built_ha"


@pytest.mark.parametrize("option", ["--decimal=,", "--column=Tên huyện=name"])
def test_inspect_of_districts_takes_the_same_options(tmp_path, districts, option):
    districts.reset_index().rename(columns={"name": "Tên huyện"}).to_file(tmp_path / "d.gpkg")
    assert run(inspect, tmp_path / "d.gpkg", "--as", "districts", option).exit_code == 0


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("a.gpkg", b"", "is empty"),
        ("a.geojson", b"<html>", "a web page"),
        ("a.kmz", b"PK\x03\x04", "zip archive"),
        ("none.shp", None, "no file"),
        ("a.csv", b"x,y\n1,2\n", "header with a known column"),
    ],
)
def test_json_tells_why_a_file_is_refused(tmp_path, name, content, what):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    said = run(inspect, tmp_path / name, "--format", "json")
    assert said.exit_code == 2
    answer = json.loads(said.stdout)
    assert answer["usable"] is False
    assert what in answer["problem"]
    assert answer["layers"] == []
    assert answer["report"] is None
    assert isinstance(run(inspect, tmp_path / name).exception, cg.SourceError)


def test_inspect_refuses_what_must_not_be_opened():
    result = run(inspect, "https://example.org/a.gpkg")
    assert isinstance(result.exception, cg.SourceError)


def test_inspect_takes_districts(tmp_path, districts):
    districts.to_file(tmp_path / "d.gpkg")
    assert run(inspect, tmp_path / "d.gpkg", "--as", "districts").exit_code == 0


@pytest.mark.parametrize("ending", ["gpkg", "parquet", "geojson", "fgb", "shp", "zip"])
def test_convert_writes_a_clean_register(register, tmp_path, ending):
    target = tmp_path / f"out.{ending}"
    options = [] if ending == "geojson" else ["--crs", "vn2000"]
    result = run(convert, register, target, *options)
    assert result.exit_code == 0, result.output
    assert f"2 rows written to {target}" in result.output
    table = load_clusters(target)
    assert table["planned_ha"].tolist() == [40.5, 20.0]
    assert table["status"].tolist() == ["operating", "pending"]
    assert table.geometry.is_valid.all()


def test_convert_joins_a_register_to_its_boundaries(register, tmp_path):
    pd.DataFrame(
        {
            "TT": [1, 2],
            "Tên CCN": ["CCN Phùng Xá", "BÁT TRÀNG"],
            "Trạng thái": ["hoạt động", "quy hoạch"],
            "Diện tích": ["1.405,5", "20"],
        }
    ).to_excel(tmp_path / "r.xlsx", index=False)
    result = run(convert, tmp_path / "r.xlsx", tmp_path / "out.gpkg", "--boundaries", register)
    assert result.exit_code == 0, result.output
    table = load_clusters(tmp_path / "out.gpkg")
    assert table.geometry.notna().all()
    assert table["planned_ha"].tolist() == [1405.5, 20.0]


def test_convert_takes_what_the_caller_says(tmp_path):
    (tmp_path / "a.csv").write_text("A,B,C\nPhùng Xá,operating,1.686\n")
    result = run(
        convert, tmp_path / "a.csv", tmp_path / "b.csv", "--column", "A=name", "--column", "B=status"
    )
    assert result.exit_code == 0, result.output  # the headers are known because they were said
    assert "Phùng Xá" in (tmp_path / "b.csv").read_text(encoding="utf-8-sig")


def test_convert_says_what_is_lost(register, tmp_path):
    result = run(convert, register, tmp_path / "out.csv")
    assert "warning: .csv has no place for shapes" in result.output


@pytest.mark.parametrize(
    ("options", "what"), [(["--column", "=name"], "TIÊU-ĐỀ=CỘT"), (["--table", "x"], "postgresql://")]
)
def test_convert_explains_its_options(register, tmp_path, options, what):
    result = run(convert, register, tmp_path / "out.gpkg", *options)
    assert result.exit_code == 2
    assert what in result.output


def test_a_schema_needs_a_table_for_an_address_is_of_a_register(register):
    result = run(convert, register, "postgresql://localhost/x", "--schema", "y")
    assert result.exit_code == 2
    assert "--table" in result.output


def test_what_remains_to_be_leased_is_not_asked_for(tmp_path):
    (tmp_path / "a.csv").write_text(
        "Tên CCN;Trạng thái;Đất công nghiệp (ha);Đã cho thuê (ha);Diện tích còn lại (ha)\n"
        "Phùng Xá;đang hoạt động;20;12;8\n"
    )
    report = cg.load_report(cg.load_clusters(tmp_path / "a.csv"))
    codes = {n.code for n in report.notes}
    assert "columns.remainder" in codes
    assert "columns.ambiguous" not in codes
    (tmp_path / "b.csv").write_text("Tên CCN;Trạng thái;Diện tích còn lại (ha)\nPhùng Xá;đang hoạt động;8\n")
    asked = {n.code for n in cg.load_report(cg.load_clusters(tmp_path / "b.csv")).notes}
    assert "columns.ambiguous" in asked
    unused = cg.load_clusters(tmp_path / "b.csv", columns={"Diện tích còn lại (ha)": ""})
    assert "columns.ambiguous" not in {n.code for n in cg.load_report(unused).notes}


@pytest.mark.parametrize(("name", "meant"), [("~$sổ.xlsx", "sổ.xlsx"), (".~lock.sổ.xlsx#", "sổ.xlsx")])
def test_the_lock_of_an_open_file_is_told(tmp_path, name, meant):
    (tmp_path / name).write_bytes(b"\x06Clerk ".ljust(165))
    with pytest.raises(cg.SourceError) as refused:
        cg.load_clusters(tmp_path / name)
    assert refused.value.code == "source.lock-file"
    assert refused.value.text("en").endswith(f"such as {meant}.")


def test_faults_beyond_the_shown_are_where_the_command_says(tmp_path):
    (tmp_path / "a.csv").write_text("Tên CCN;Trạng thái\n" + "".join(f"C{n};đã đóng\n" for n in range(9)))
    with pytest.raises(cg.SchemaError) as refused:
        cg.load_clusters(tmp_path / "a.csv")
    told = refused.value.text("vi")
    assert f"và 4 chỗ nữa; xem hết: clusters-geo inspect {tmp_path / 'a.csv'}" in told
    assert "Chưa khởi công (pending)" in told
    assert run(inspect, tmp_path / "a.csv").output.count("đã đóng") >= 9


@pytest.mark.parametrize("by", ["huyện", "Số DN", "so dn", "Tình hình"])
def test_a_summary_goes_by_what_the_file_calls_a_column(tmp_path, by):
    rows = "Phùng Xá;đang hoạt động;12;Thạch Thất\n"
    (tmp_path / "a.csv").write_text(f"Tên CCN;Tình hình;Số DN;Địa bàn huyện\n{rows}")
    done = run(summary, tmp_path / "a.csv", "--by", by, "--format", "json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)
