"""A register is taught once: what a mapping says is done by every command, what it says wrongly is named."""

from __future__ import annotations

import shlex
import tomllib
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from click.testing import CliRunner

import clusters_geo as cg
from clusters_geo.cli import app
from clusters_geo.errors import DoubtWarning
from clusters_geo.reading.mapping import Taught, read_mapping

FAULTS = Path(__file__).parents[1] / "reading/faults"
SHEET = """Phòng Kinh tế;;;
Điểm SX;Quy mô duyệt;Giai đoạn SX;Màu
Phùng Xá;1.686;Đang làm dở;đỏ
Bát Tràng;20,5;Xong;xanh
"""
TAUGHT = """decimal = ","
[columns]
"Điểm SX" = "name"
"Quy mô duyệt" = "planned_ha"
"Giai đoạn SX" = "status"
"Màu" = ""
[words.status]
"đang làm dở" = "under_construction"
"XONG" = "operating"
"""


@pytest.fixture
def sheet(tmp_path):
    (tmp_path / "so.csv").write_text(SHEET, encoding="utf-8")
    (tmp_path / "so.toml").write_text(TAUGHT, encoding="utf-8")
    return tmp_path / "so.csv", tmp_path / "so.toml"


def run(*arguments):
    return CliRunner().invoke(app, [str(a) for a in arguments])


def test_what_a_mapping_says_is_done(sheet):
    file, mapping = sheet
    table = cg.load_clusters(file, mapping=mapping)
    assert table["name"].tolist() == ["Phùng Xá", "Bát Tràng"]
    assert table["planned_ha"].tolist() == [1686.0, 20.5]
    assert table["status"].tolist() == ["under_construction", "operating"]
    assert table["Màu"].tolist() == ["đỏ", "xanh"]


def test_what_is_said_in_the_call_wins(sheet):
    file, mapping = sheet
    table = cg.load_clusters(file, mapping=mapping, decimal=".", columns={"Màu": "note"}, check=False)
    assert table["note"].tolist() == ["đỏ", "xanh"]
    assert table["planned_ha"].tolist()[0] == 1.686


@pytest.mark.parametrize(
    "command",
    [["summary"], ["pending"], ["audit", "--fail-on", "never"], ["map", "-o", "m.html"], ["inspect"]],
)
def test_every_command_that_reads_a_register_takes_it(sheet, command, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    file, mapping = sheet
    without = run(command[0], file, *command[1:])
    assert without.exit_code == 2 or "Phùng Xá" not in without.output or command[0] in {"inspect", "audit"}
    done = run(command[0], file, *command[1:], "--mapping", mapping)
    assert done.exit_code == 0, done.output + done.stderr


def test_convert_takes_it(sheet, tmp_path):
    file, mapping = sheet
    done = run("convert", file, tmp_path / "out.csv", "--mapping", mapping)
    assert done.exit_code == 0, done.output
    assert "1686" in (tmp_path / "out.csv").read_text(encoding="utf-8-sig")


def test_a_file_without_one_known_header_is_read_by_columns_as_its_error_advises(tmp_path):
    file = FAULTS / "advice-columns-cannot-work/dm.csv"
    with pytest.raises(cg.ClustersGeoError, match="name"):
        cg.load_districts(file)
    districts = cg.load_districts(file, columns={"NAME_2": "name", "ID_2": "district_code"}, check=False)
    assert "name" in districts
    assert districts["name"].notna().all()
    (tmp_path / "a.csv").write_text("Alpha;Beta\nPhùng Xá;Xong\n", encoding="utf-8")
    with pytest.raises(cg.SourceError, match=r"columns="):
        cg.load_clusters(tmp_path / "a.csv")
    table = cg.load_clusters(tmp_path / "a.csv", columns={"Alpha": "name"}, check=False)
    assert table["name"].tolist() == ["Phùng Xá"]


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_what_inspect_writes_is_read_back_and_changes_nothing(sheet, tmp_path, lang):
    file, mapping = sheet
    out = tmp_path / "out.toml"
    done = run("inspect", file, "--mapping", mapping, "--write-mapping", out, "--lang", lang)
    assert done.exit_code == 0, done.output
    written = tomllib.loads(out.read_text(encoding="utf-8"))
    assert written["columns"] == tomllib.loads(TAUGHT)["columns"]
    read_mapping(out)


def test_what_inspect_writes_names_guesses_and_doubts(tmp_path):
    rows = "Tên CCN;Tình trạng;Diện tích\nPhùng Xá;Đang hoạt động;1.686\n"
    (tmp_path / "a.csv").write_text(rows, encoding="utf-8")
    run("inspect", tmp_path / "a.csv", "--write-mapping", tmp_path / "a.toml", "--lang", "en")
    text = (tmp_path / "a.toml").read_text(encoding="utf-8")
    assert '"Diện tích" = "planned_ha"' in text
    assert "# What should be looked at:" in text
    # What its remark advises is done, and the doubt is gone.
    (tmp_path / "a.toml").write_text(text.replace('# decimal = ""', 'decimal = ","'), encoding="utf-8")
    table = cg.load_clusters(tmp_path / "a.csv", mapping=tmp_path / "a.toml")
    assert table["planned_ha"].tolist() == [1686.0]


def test_further_names_of_columns_and_units(tmp_path):
    (tmp_path / "a.csv").write_text("Tên CCN,Quy mô QĐ\nA,405000\n", encoding="utf-8")
    (tmp_path / "a.toml").write_text(
        '[headers]\nplanned_ha = ["quy mo qd"]\n[units]\n"Quy mô QĐ" = "m2"\n', encoding="utf-8"
    )
    table = cg.load_clusters(tmp_path / "a.csv", mapping=tmp_path / "a.toml", check=False)
    assert table["planned_ha"].tolist() == [40.5]


def test_headers_that_the_next_file_lacks_are_doubts(sheet, tmp_path):
    (tmp_path / "b.csv").write_text("Điểm SX;Giai đoạn SX\nPhùng Xá;Xong\n", encoding="utf-8")
    table = cg.load_clusters(tmp_path / "b.csv", mapping=sheet[1])
    absent = [n for n in cg.load_report(table).doubts if n.code == "columns.absent"]
    assert "Quy mô duyệt" in absent[0].message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("crs = ", "is not valid TOML"),
        ('crss = "EPSG:5897"', "'crss' is not a known key. Did you mean: crs"),
        ('[columns]\n"A" = "planed_ha"', "'planed_ha' is not a known column. Did you mean: planned_ha"),
        ('[units]\n"A" = "acre"', "'acre' is not a known unit"),
        ('[words.status]\n"A" = "open"', "'open' is not a known value"),
        ("columns = 3", "columns must be a table"),
        ('[headers]\nname_vi = "A"', "'name_vi' is not a known column"),
        ('status = "closed"', "closed"),
        ('crs = "EPSG:1"', "EPSG:1"),
    ],
)
def test_what_a_mapping_says_wrongly_is_named(tmp_path, text, said):
    (tmp_path / "a.csv").write_text("Tên CCN,WKT\nA,POINT (587000 2326000)\n", encoding="utf-8")
    (tmp_path / "a.toml").write_text(text, encoding="utf-8")
    with pytest.raises(cg.ClustersGeoError) as refused:
        cg.load_clusters(tmp_path / "a.csv", mapping=tmp_path / "a.toml", check=False)
    assert said in str(refused.value)


def test_named_headers_win_over_alike_ones():
    taught = Taught(columns={"Tên": "name"}, headers={"name": ("Tên gọi",), "note": ("Ý kiến",)})
    found = taught.columns_of(["Tên gọi", "tên", "Ý  KIẾN"])
    assert found == {"tên": "name", "Ý  KIẾN": "note"}
    assert taught.absent(["Khác"]) == ["Tên"]


# --- boundaries of a file of their own


@pytest.fixture
def boundaries(tmp_path):
    shapes = [shapely.box(587_000 + 900 * n, 2_326_000, 587_400 + 900 * n, 2_326_400) for n in range(2)]
    frame = gpd.GeoDataFrame({"TEN_KCN": ["Phùng Xá", "Bát Tràng"]}, geometry=shapes, crs="EPSG:5897")
    frame.to_file(tmp_path / "ranh.gpkg", layer="ranh giới")
    frame.iloc[:1].rename(columns={"TEN_KCN": "name"}).to_file(tmp_path / "ranh.gpkg", layer="cũ")
    (tmp_path / "dm.csv").write_text(
        "Tên CCN,Tình trạng\nPhùng Xá,Đang hoạt động\nBát Tràng,Chưa khởi công\n", encoding="utf-8"
    )
    return tmp_path / "dm.csv", tmp_path / "ranh.gpkg"


def test_boundaries_have_a_layer_and_names_of_their_own(boundaries):
    register, file = boundaries
    # All layers whose names are found; the other is said, with what would read it.
    table = cg.load_clusters(register, boundaries=file)
    notes = {n.code: n for n in cg.load_report(table).notes}
    assert notes["file.boundary-layers"].values == {"count": 1, "layers": ["cũ"]}
    assert "--boundaries-layer" in notes["file.boundary-layers-left"].text("vi")
    assert table["name"][table.geometry.notna()].tolist() == ["Phùng Xá"]
    with pytest.raises(cg.SchemaError, match=r"boundaries_name= \(--boundaries-name\)") as refused:
        cg.load_clusters(register, boundaries=file, boundaries_layer="ranh giới")
    assert "TEN_KCN" in str(refused.value)
    table = cg.load_clusters(
        register, boundaries=file, boundaries_layer="ranh giới", boundaries_name="TEN_KCN"
    )
    assert cg.area_ha(table).round(1).tolist() == [16.0, 16.0]


def test_a_wrong_layer_or_name_of_boundaries_is_named_with_its_own_option(boundaries):
    register, file = boundaries
    with pytest.raises(cg.SourceError, match=r"no layer 'x'.*--boundaries-layer"):
        cg.load_clusters(register, boundaries=file, boundaries_layer="x")
    with pytest.raises(cg.SchemaError, match=r"no column 'TEN'.*--boundaries-name"):
        cg.load_clusters(register, boundaries=file, boundaries_layer="ranh giới", boundaries_name="TEN")


def test_a_layer_of_the_register_is_advised_by_its_own_option(boundaries):
    with pytest.raises(cg.SourceError, match=r"Name one with layer= \(--layer\)"):
        cg.load_clusters(boundaries[1])
    table = cg.load_clusters(boundaries[1], layer="cũ", check=False)
    assert table["name"].tolist() == ["Phùng Xá"]


def test_commands_take_boundaries_in_options_and_from_the_mapping(boundaries, tmp_path):
    register, file = boundaries
    of_it = ("--boundaries-layer", "ranh giới", "--boundaries-name", "TEN_KCN")
    done = run("convert", register, tmp_path / "a.geojson", "--boundaries", file, *of_it)
    assert done.exit_code == 0, done.output
    (tmp_path / "a.toml").write_text(
        'boundaries_layer = "ranh giới"\nboundaries_name = "TEN_KCN"\n', encoding="utf-8"
    )
    done = run(
        "map", register, "-o", tmp_path / "a.html", "--boundaries", file, "--mapping", tmp_path / "a.toml"
    )
    assert done.exit_code == 0, done.output


# --- doubts are told of


def test_a_command_says_how_many_doubts_there_are_and_the_command_it_names_shows_them(tmp_path):
    rows = "Tên CCN;Tình trạng;WKT\nPhùng Xá;Đang hoạt động;POINT (105.8 21)\n"
    (tmp_path / "sổ cụm.csv").write_text(rows, encoding="utf-8")
    for command in (["summary"], ["pending"], ["audit", "--fail-on", "never"]):
        done = run(*command, tmp_path / "sổ cụm.csv", "--status", "pending", "--lang", "en")
        told = [line for line in done.stderr.splitlines() if "Doubts about" in line]
        assert len(told) == 1, done.stderr
    advised = shlex.split(told[0].partition("clusters-geo ")[2])
    shown = run(*advised, "--lang", "en")
    assert shown.exit_code == 0
    assert shown.output.count("doubt ") == int(told[0].partition("; ")[0].rpartition(" ")[2])


def test_python_warns_once_for_a_load(tmp_path):
    (tmp_path / "a.csv").write_text("Tên CCN;Tình trạng\nPhùng Xá;Đang hoạt động\n", encoding="utf-8")
    with pytest.warns(DoubtWarning, match=r"1 doubts; see load_report") as said:
        cg.load_clusters(tmp_path / "a.csv")
    assert len(said) == 1
    assert said[0].filename == __file__


def test_the_mapping_on_the_page_is_one_and_does_what_the_page_says(tmp_path):
    page = (Path(__file__).parents[2] / "docs/reading.md").read_text(encoding="utf-8")
    block = page.split("```toml\n")[1].split("```")[0]
    lines = [line.removeprefix("   ") for line in block.splitlines()]
    (tmp_path / "so.toml").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "so.csv").write_text(
        "Điểm CN;Quy mô duyệt;Màu;Giai đoạn;DT đã làm HT\nPhùng Xá;405.000;đỏ;Đang hoàn thiện;30,5\n",
        encoding="utf-8",
    )
    table = cg.load_clusters(tmp_path / "so.csv", mapping=tmp_path / "so.toml", check=False)
    row = table.iloc[0]
    assert (row["name"], row["planned_ha"], row["built_ha"]) == ("Phùng Xá", 40.5, 30.5)
    assert row["Màu"] == "đỏ"
    assert row["status"] == "under_construction"
