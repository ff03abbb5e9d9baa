"""`--units` and `--by`: every command goes by the units it is told, and refuses those that nobody has."""

from __future__ import annotations

import csv
import io
import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from click.testing import CliRunner

import clusters_geo as cg
from clusters_geo.cli import _COMMANDS, app
from clusters_geo.errors import SchemaError, SourceError

# Not by units: a file is read as it is, a programme is the city's,
# `units` is about layers themselves, and `--by` of built-up is the class of the footprints.
OF_NO_UNIT = {
    *(
        "demo",
        "form-in",
        "built-up",
        "inspect",
        "convert",
        "template",
        "programme",
        "register",
        "units",
    ),
}


def run(*arguments):
    return CliRunner().invoke(app, [*map(str, arguments), "--lang", "en"])


def options(name):
    return {option for param in app.get_command(None, name).params for option in param.opts}


@pytest.fixture
def register(tmp_path):
    """Six clusters of a province of after June 2025: communes only, one of them in three spellings."""
    communes = ["Xã Tân Chi", "tân chi", "X. TÂN CHI", "Phường Kinh Bắc", "Xã Gia Bình", None]
    status = ["operating", "pending", "pending", "pending", "under_construction", "pending"]
    corner = 106.1 + np.arange(6) * 0.02
    table = gpd.GeoDataFrame(
        {
            "cluster_id": [f"BN-{n}" for n in range(6)],
            "name": [f"Cụm {n}" for n in range(6)],
            "commune": communes,
            "status": status,
            "planned_ha": [20.0, 30.5, 10.0, 50.0, 12.0, 7.0],
        },
        geometry=shapely.box(corner, 21.1, corner + 0.005, 21.105),
        crs=4326,
    )
    path = tmp_path / "register.gpkg"
    table.to_file(path)
    return path


@pytest.fixture
def layer(tmp_path):
    """Two communes as boxes: the register's first three clusters in the one, the next two in the other."""
    west = np.array([106.09, 106.155])
    boxes = shapely.box(west, 21.0, [106.155, 106.195], 21.2)
    table = gpd.GeoDataFrame({"name": ["Xã Đông", "Xã Tây"], "type": "Xã"}, geometry=boxes, crs=4326)
    path = tmp_path / "communes.gpkg"
    table.to_file(path)
    return path


def test_every_command_about_clusters_takes_units_and_by():
    without = {name for name in _COMMANDS if not {"--units", "--by"} <= options(name)}
    assert without == OF_NO_UNIT


@pytest.mark.parametrize(
    "command",
    [
        *(("summary",), ("pending",), ("map",), ("audit",), ("report",), ("eligibility",), ("pipeline",)),
        *(("form", "03", "--period", "2022"), ("compare", "2022-09-30", "2025-12-31")),
        ("forecast", "--to", "2023-12-31"),
    ],
)
def test_a_layer_of_another_level_is_refused(command, tmp_path):
    output = () if command[0] == "form" else ("--output", tmp_path / "out.html")
    done = run(*command, "--units", "hanoi-communes", "--by", "district", *output)
    assert done.exit_code == 2
    assert "level commune" in done.stderr
    assert not (tmp_path / "out.html").exists()


@pytest.mark.parametrize("command", ["summary", "pending", "map", "audit", "report", "pipeline"])
def test_units_that_the_register_does_not_name_are_refused(command, register, tmp_path):
    done = run(command, register, "--by", "district", "--output", tmp_path / "out.html")
    assert isinstance(done.exception, SchemaError)
    assert "no column district" in str(done.exception)
    assert not (tmp_path / "out.html").exists()


def test_pending_sites_by_unit_are_counted_in_any_spelling(register):
    done = run("pending", register, "--by", "commune")
    assert done.exit_code == 0, done.output
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["Tân", "Chi", "2", "40.5"] in lines
    assert ["Kinh", "Bắc", "1", "50.0"] in lines or ["Phường", "Kinh", "Bắc", "1", "50.0"] in lines
    assert any(line[-2:] == ["1", "7.0"] for line in lines)
    rows = list(
        csv.DictReader(io.StringIO(run("pending", register, "--by", "commune", "--format", "csv").stdout))
    )
    assert len(rows) == 4
    assert rows[-1]["commune"] == ""


def test_pending_sites_lie_where_the_layer_says(register, layer):
    done = run("pending", register, "--units", layer)
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["Đông", "2", "40.5"] in lines
    assert ["Tây", "1", "50.0"] in lines
    assert ["unplaced", "1", "7.0"] in [[word.lower() for word in line] for line in lines]


@pytest.mark.parametrize("told", [("--by", "commune"), ()])
def test_a_pipeline_goes_by_the_communes_of_a_register_without_districts(register, told):
    done = run("pipeline", register, *told, "--format", "json")
    units = [row["unit"] for row in json.loads(done.stdout)]
    assert units == ["Tân Chi", "Tân Chi", "Phường Kinh Bắc", "Xã Gia Bình", None]


def test_a_pipeline_by_a_layer_has_the_unplaced_as_a_line(register, layer):
    clusters, units = cg.load_clusters(register), cg.load_units(layer)
    tiers = cg.pipeline_tiers(clusters, units=units)
    sites = tiers["sites"].groupby("unit").sum()
    assert sites.to_dict() == {"Đông": 2, "Tây": 2, "unplaced": 1}
    said = run("pipeline", register, "--units", layer).stdout
    assert "Đông" in said
    assert "nplaced" in said


def test_a_pipeline_by_a_column_that_is_not_there_is_refused(register):
    done = run("pipeline", register, "--by", "investor")
    assert isinstance(done.exception, SchemaError)
    assert "no column investor" in str(done.exception)


def test_two_registers_are_compared_unit_by_unit(register, layer, tmp_path):
    later = gpd.read_file(register)
    later.loc[1, "planned_ha"] = 33.0
    later.loc[3, "planned_ha"] = np.nan
    later.loc[later["cluster_id"] == "BN-0", "commune"] = "Phường Kinh Bắc"
    later.to_file(tmp_path / "later.gpkg")
    done = run("compare", register, tmp_path / "later.gpkg", "--by", "commune", "--format", "json")
    rows = {row["unit"]: row for row in json.loads(done.stdout)["units"]}
    assert (rows["Tân Chi"]["before"], rows["Tân Chi"]["after"]) == (60.5, 43.0)
    assert (rows["Tân Chi"]["clusters_before"], rows["Tân Chi"]["clusters_after"]) == (3, 2)
    kinh_bac = rows["Phường Kinh Bắc"]
    assert (kinh_bac["before"], kinh_bac["after"], kinh_bac["clusters_after"]) == (50.0, 20.0, 2)
    assert (rows["unplaced"]["before"], rows["unplaced"]["difference"]) == (7.0, 0.0)
    placed = run("compare", register, tmp_path / "later.gpkg", "--units", layer)
    assert placed.exit_code == 0, placed.output
    assert ["Đông", "60.5", "63.0", "+2.5", "3", "3"] in [line.split() for line in placed.stdout.splitlines()]


def test_a_unit_where_no_figure_is_known_is_not_zero():
    one = pd.DataFrame({"name": ["A"], "commune": "X", "planned_ha": [np.nan]}, index=["1"])
    found = cg.compare(one, one.assign(planned_ha=5.0), by="commune").by_unit
    assert found["before"].isna().all()
    assert found["after"].tolist() == [5.0]
    gone = cg.compare(one.assign(planned_ha=4.0), one.assign(commune="Y", planned_ha=4.0), by="commune")
    assert gone.by_unit[["before", "after"]].to_numpy().tolist() == [[4.0, 0.0], [0.0, 4.0]]


def test_maps_audits_and_reports_go_by_communes_where_no_district_is_named(register, tmp_path):
    clusters = cg.load_clusters(register)
    data = cg.make_map(clusters).data
    assert data["level"] == "commune"
    assert "Tân Chi" in data["clusters"]["home"]["of"]
    found = cg.audit(clusters.assign(planned_ha=900.0))
    named = (
        found.dropna(subset=["cluster_id"]).drop_duplicates("cluster_id").set_index("cluster_id")["district"]
    )
    assert named["BN-2"] == "Tân Chi"
    files = cg.save_unit_reports(clusters, tmp_path / "reports", kind="html")
    assert "Tân Chi" in files


@pytest.mark.parametrize(
    "command",
    [
        *(("summary",), ("pending",), ("pipeline",)),
        *(("forecast", "--to", "2023-12-31"), ("compare", "2022-09-30", "2022-09-30")),
    ],
)
def test_the_bundled_case_goes_by_today_s_communes_in_every_table(command):
    short, whole = (
        run(*command, *said).stdout for said in (("--by", "commune"), ("--units", "hanoi-communes"))
    )
    assert short == whole
    assert "Bình Minh" in short
    # A commune of 2022 that is a part of one of today's.
    assert "Bích Hòa" not in short
    assert "Unplaced, because the register names only a district" in short


def test_tables_say_why_clusters_are_unplaced(register, layer, tmp_path):
    table = gpd.read_file(register)
    # In order: in a unit; a name that nobody knows; beyond the layer, which only a place can be; nothing.
    table["commune"] = [None, "Xã Nơi Nào", None, None, None, None]
    table.geometry = [table.geometry[0], None, shapely.box(107.5, 21, 107.51, 21.01), None, None, None]
    table.to_file(tmp_path / "lost.gpkg")
    said = run("summary", tmp_path / "lost.gpkg", "--units", layer).stdout
    flat = " ".join(said.split())
    assert "neither in the layer nor in a table of mergers: 1 (BN-1 “Xã Nơi Nào”)." in flat
    assert "the position is in no unit of the layer: 1 (BN-2)." in flat
    assert "neither a unit nor a position: 3 (BN-3, BN-4, BN-5)." in flat
    vietnamese = (
        CliRunner().invoke(app, ["summary", str(tmp_path / "lost.gpkg"), "--units", str(layer)]).stdout
    )
    assert "tên không có trong lớp đơn vị và bảng sáp nhập: 1 cụm" in " ".join(vietnamese.split())
    assert "1 cụm (BN-2)" in vietnamese


def test_several_units_of_an_unplaced_cluster_are_named():
    flat = " ".join(run("summary", "--by", "commune").stdout.split())
    assert "several units hold a part of what the register names: 22 (HN-002: Đông Anh or Thư Lâm" in flat
    assert "1 (HN-048 “Ngọc Sơn, Chương Mỹ”)" in flat


def test_a_forecast_by_unit_has_the_unplaced_as_a_line_and_adds_up(register, layer):
    told = ("--to", "2027-12-31", "--scenario", "to-june-2024", "--on", "2026-11-28", "--units", layer)
    found = json.loads(run("forecast", register, *told, "--format", "json").stdout)
    last = [row for row in found["units"] if row["quarter"].startswith("2027-12-31")]
    assert {row["unit"]: row["sites"] for row in last} == {"Đông": 2, "Tây": 1, "unplaced": 1}
    assert sum(row["starts"] for row in last) == pytest.approx(found["quarters"][-1]["starts"])
    assert sum(row["started_ha"] for row in last) == pytest.approx(found["quarters"][-1]["started_ha"])
    rows = list(csv.DictReader(io.StringIO(run("forecast", register, *told, "--format", "csv").stdout)))
    assert {row["unit"] for row in rows} == {"Đông", "Tây", "unplaced"}
    assert {row["quarter"] for row in rows} == {row["quarter"][:10] for row in found["quarters"]}


def test_who_names_no_unit_is_told_what_would_do(register, tmp_path):
    gpd.read_file(register).drop(columns="commune").to_file(tmp_path / "bare.gpkg")
    done = run("eligibility", tmp_path / "bare.gpkg", "--on", "2026-11-28")
    assert "give a layer of units (--units" in str(done.exception)


def test_a_day_before_anything_was_known_is_no_day_without_clusters():
    done = run("compare", "1990-01-01", "2022-09-30")
    assert isinstance(done.exception, SourceError)
    assert "Hà Nội: no cluster was known by 1990-01-01" in str(done.exception)
    assert "chưa biết không phải là không có" in done.exception.text("vi")


def test_registers_of_names_are_compared_with_outlines_of_their_own(register, tmp_path):
    whole = gpd.read_file(register)
    pd.DataFrame(whole.drop(columns="geometry")).to_csv(tmp_path / "names.csv", index=False)
    shapes = whole[["name", "geometry"]]
    shapes.to_file(tmp_path / "then.gpkg")
    grown = shapes.copy()
    grown.loc[0, "geometry"] = shapely.box(106.1, 21.1, 106.105, 21.11)  # twice as far north
    grown.to_file(tmp_path / "now.gpkg")
    names = (tmp_path / "names.csv",) * 2
    page = tmp_path / "slider.html"
    then, now = tmp_path / "then.gpkg", tmp_path / "now.gpkg"
    done = run(
        "compare", *names, "--boundaries", then, "--boundaries-after", now, "--map", page, "--format", "json"
    )
    assert done.exit_code == 0, done.output
    (moved,) = json.loads(done.stdout)["boundaries"]
    assert (moved["cluster_id"], moved["what"]) == ("BN-0", "gained")
    # 0.005° of longitude at 21.1° N by 0.005° of latitude: 519.6 m × 553.6 m.
    assert moved["hectares"] == pytest.approx(51.96 * 55.36 / 100, rel=2e-3)
    assert page.read_text(encoding="utf-8").count("<svg") == 2
    same = run("compare", *names, "--boundaries", then, "--format", "json")
    assert json.loads(same.stdout)["boundaries"] == []


def test_a_map_of_changes_without_places_is_refused_before_anything_is_written(tmp_path):
    (tmp_path / "so.csv").write_text("Tên cụm,Diện tích (ha)\nA,20\n", encoding="utf-8")
    wanted = [tmp_path / name for name in ("c.svg", "d.html", "e.xlsx")]
    options = zip(("--chart", "--map", "--output"), wanted, strict=True)
    said = run("compare", *[tmp_path / "so.csv"] * 2, *[word for pair in options for word in pair])
    assert "--boundaries" in said.exception.text("vi")
    assert not any(file.exists() for file in wanted)


def test_two_registers_are_compared_by_one_mapping_and_their_doubts_are_counted(tmp_path):
    one, two, taught = (tmp_path / name for name in ("one.csv", "two.csv", "so.toml"))
    one.write_text("Điểm CN,Tình trạng,Quy mô duyệt\nA,pending,20\n", encoding="utf-8")
    two.write_text("Điểm CN,Tình trạng,Diện tích (ha)\nA,pending,25\n", encoding="utf-8")
    taught.write_text('[columns]\n"Điểm CN" = "name"\n"Quy mô duyệt" = "planned_ha"\n', encoding="utf-8")
    done = run("compare", one, two, "--mapping", taught, "--format", "json")
    assert done.exit_code == 0, done.output
    (change,) = json.loads(done.stdout)["changes"]
    assert (float(change["before"]), float(change["after"])) == (20, 25)
    for file in (one, two):
        line = next(line for line in done.stderr.splitlines() if file.name in line)
        assert line.endswith(f"clusters-geo inspect {file} --mapping {taught}")


def test_a_misspelt_command_or_column_is_told_the_nearest():
    assert "Did you mean summary?" in run("sumary").output
    said = run("summary", "--by", "distric")
    assert isinstance(said.exception, SchemaError)
    assert str(said.exception).endswith("Did you mean district?")


@pytest.mark.parametrize("command", [("report", "--unit"), ("map", "--only")])
def test_a_huyen_is_not_the_xa_that_bears_its_name_now(command, tmp_path):
    out = tmp_path / "out.html"
    name, option = command
    refused = run(name, "--by", "commune", option, "huyện Thường Tín", "--output", out)
    assert isinstance(refused.exception, SchemaError)
    assert "Thường Tín" in str(refused.exception)
    assert not out.exists()
    assert run(name, "--by", "commune", option, "xã Thường Tín", "--output", out).exit_code == 0


def test_the_bundled_case_is_drawn_and_audited_by_today_s_communes(tmp_path):
    done = run("map", "--by", "commune", "--output", tmp_path / "m.html")
    assert done.exit_code == 0, done.output
    text = (tmp_path / "m.html").read_text(encoding="utf-8")
    assert '"level":"commune"' in text
    assert '"communes_2025.geojson"' in text
    found = run("audit", "--by", "commune", "--fail-on", "never", "--format", "json")
    named = {row["district"] for row in json.loads(found.stdout)} - {None}
    assert named <= set(cg.load_units("hanoi-communes")["name"])
    assert {"Bình Minh", "Phù Đổng", "Chương Dương"} <= named


def test_totals_with_a_misspelt_role_are_refused_with_the_cell(tmp_path, register):
    totals = tmp_path / "totals.csv"
    header = "scope,metric,value,unit,as_of,qualifier,role,source"
    totals.write_text(f"{header}\nBắc Ninh,planned_ha,999,ha,2026,exact,kontrol,x\n", encoding="utf-8")
    done = run("audit", register, "--totals", totals)
    assert isinstance(done.exception, SchemaError)
    assert "G2 “kontrol”" in str(done.exception)
    assert "control, note and context" in str(done.exception)
