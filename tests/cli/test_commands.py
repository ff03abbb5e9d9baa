"""The command line, run as a user and a cron job run it: in a process of its own."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys

import geopandas as gpd
import pytest
import shapely
from as_user import run
from click.testing import CliRunner

import clusters_geo as cg
from clusters_geo.cli import _COMMANDS, app
from clusters_geo.words import catalogue


@pytest.fixture
def register(tmp_path, clusters):
    path = tmp_path / "register.gpkg"
    clusters.to_file(path)
    return path


def test_help_lists_every_command_with_what_it_does():
    done = run("--help")
    assert done.returncode == 0
    for name in _COMMANDS:
        assert name in done.stdout
        assert catalogue("help")[name].vi.split()[0] in done.stdout


@pytest.mark.parametrize("name", _COMMANDS)
def test_every_listed_command_works_and_explains_itself(name):
    done = CliRunner().invoke(app, [name, "--help"])
    assert done.exit_code == 0
    assert "--help" in done.output
    assert len(done.output.splitlines()) > 4


def test_summary_as_json_has_what_others_script_against():
    done = run("summary", "--format", "json")
    assert done.returncode == 0
    record = json.loads(done.stdout)
    assert record["operating_clusters"] == 70
    assert record["planned_ha"] == 1686.0
    assert record["built_ha"] == 1392.0
    assert record["build_out_rate"] == pytest.approx(0.8256, abs=1e-4)
    assert record["fill_rate"] is None
    assert record["fill_rate_known_clusters"] == 0
    assert record["pending_sites"] == 43
    assert record["under_construction"] == 7
    assert record["as_of"] == "2022-09-30"


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("vi", ["70", "1.686,0 ha", "1.392,0 ha", "82,6 %", "43", "Tỷ lệ lấp đầy", "1.337,0 ha", "công bố"]),
        ("en", ["70", "1,686.0 ha", "1,392.0 ha", "82.6 %", "43", "Fill rate", "1,337.0 ha", "published"]),
    ],
)
def test_summary_as_a_table_in_both_languages(lang, words):
    done = run("summary", "--lang", lang)
    assert done.returncode == 0
    for word in words:
        assert word in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 120


def test_summary_by_district_in_every_format():
    table = json.loads(run("summary", "--by", "district", "--format", "json").stdout)
    assert sum(row["operating_clusters"] for row in table) == 70
    rows = list(csv.DictReader(io.StringIO(run("summary", "--by", "district", "--format", "csv").stdout)))
    assert {row["district"] for row in rows} == {row["district"] for row in table}
    markdown = run("summary", "--by", "district", "--format", "md").stdout.splitlines()
    assert markdown[2].startswith("| Quận, huyện | Hoạt động |")
    assert markdown[3].startswith("| --- | ---: |")


@pytest.mark.parametrize("by", [[], ["--by", "district"], ["--by", "status"]])
def test_every_summary_says_whose_register_it_is(by):
    assert run("summary", *by).stdout.splitlines()[0].startswith("Cụm công nghiệp – Hà Nội – ")


def test_pending_as_csv_has_43_rows():
    done = run("pending", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert len(rows) == 43
    assert {row["status"] for row in rows} == {"pending"}
    assert all(row["cluster_id"].startswith("HN-") for row in rows)
    assert all(float(row["planned_ha"]) > 0 for row in rows)


def test_pending_in_the_other_formats():
    assert len(json.loads(run("pending", "--format", "json").stdout)) == 43
    assert "≈" in run("pending").stdout
    assert run("pending", "--format", "md", "--lang", "en").stdout.startswith(
        "### Sites called for investment"
    )


def test_programme_bundled_and_own(tmp_path):
    assert "Plan 35/KH-UBND" in run("programme", "--lang", "en").stdout
    own = tmp_path / "own.csv"
    own.write_text("indicator,year,target,result\nexports,2025,10,12\n", encoding="utf-8")
    record = json.loads(run("programme", own, "--format", "json").stdout)
    assert record[0]["attainment"] == 1.2


def test_own_register_gives_the_same_figures_and_no_city_totals(register):
    record = json.loads(run("summary", register, "--format", "json").stdout)
    assert record["planned_ha"] == 1686.0
    assert "reconciliation" not in record


def test_districts_by_geometry(tmp_path, register, districts):
    path = tmp_path / "districts.fgb"
    districts.to_file(path)
    table = json.loads(
        run("summary", register, "--districts", path, "--by", "district", "--format", "json").stdout
    )
    assert {row["district"]: row["operating_clusters"] for row in table}["Thường Tín"] == 11


def test_output_goes_to_a_file_and_the_screen_stays_clean(tmp_path):
    target = tmp_path / "out" / "summary.json"
    done = run("summary", "--format", "json", "--output", target)
    assert done.stdout == ""
    assert str(target) in done.stderr
    assert json.loads(target.read_text(encoding="utf-8"))["operating_clusters"] == 70


def test_demo_prints_the_figures_and_writes_the_map(tmp_path):
    done = run("demo", cwd=tmp_path)
    assert done.returncode == 0
    for figure in ("70", "1.686,0 ha", "1.392,0 ha", "82,6 %", "7", "43", "mô hình hóa", "Thường Tín"):
        assert figure in done.stdout
    page = (tmp_path / "maps" / "hanoi.html").read_text(encoding="utf-8")
    assert page.lower().startswith("<!doctype html>")
    assert "Thường Tín" in page


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["summary", "nowhere.gpkg"], "nowhere.gpkg"),
        (["summary", "."], "folder"),
        (["summary", "https://example.org/a.gpkg"], "address on a network"),
        (["summary", "--by", "zzz"], "no column 'zzz'"),
        (["summary", "--format", "pdf"], "Invalid value"),
        (["unheard-of"], "No such command"),
        (["programme", "nowhere.csv"], "nowhere.csv"),
        (["summary", "--output", "/proc/nope/out.json"], "cannot be written"),
    ],
)
def test_unusable_input_exits_with_2_and_a_sentence(tmp_path, arguments, words):
    done = run("--lang", "en", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_register_with_faults_exits_with_2_and_names_them(tmp_path):
    path = tmp_path / "bad.geojson"
    gpd.GeoDataFrame(
        {"cluster_id": ["A"], "name": ["A"], "status": ["closed"]},
        geometry=[shapely.box(105, 21, 105.01, 21.01)],
        crs=4326,
    ).to_file(path)
    done = run("--lang", "en", "summary", path)
    assert done.returncode == 2
    assert "A, status: 'closed' is not one of operating" in done.stderr


def test_a_fault_of_the_program_exits_with_3_and_says_so():
    code = (
        "import clusters_geo.cli as cli, clusters_geo.reference as reference\n"
        "def broken(**_): raise ZeroDivisionError('boom')\n"
        "reference.load_hanoi = broken\n"
        "import sys; sys.argv = ['clusters-geo', '--lang', 'en', 'summary']; cli.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "a fault of the program, not of your data (ZeroDivisionError: boom)" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_reader_that_leaves_early_is_no_error():
    done = subprocess.run(  # noqa: S602 - a pipe is what is tested
        f'"{sys.executable}" -m clusters_geo.cli pending --format csv | head -n 1; echo "${{PIPESTATUS[0]}}"',
        shell=True,
        executable="/bin/bash",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines()[-1] == "0"
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("arguments", "code", "lines"),
    [
        (["pending", "--format", "csv"], 0, 44),
        (["audit", "--format", "json", "--fail-on", "info"], 1, 100),
        (["summary", "missing.gpkg"], 2, 0),
    ],
)
def test_a_program_that_ends_at_once_has_said_all_and_done_what_was_left_for_the_end(arguments, code, lines):
    program = (
        "import atexit, os, sys; import clusters_geo.cli as cli; main = cli.main\n"
        "cli.main = lambda: (atexit.register(os.write, 2, b'done at exit'), main())\n"
        "sys.argv = ['clusters-geo', *sys.argv[1:]]; cli.program()"
    )
    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, check=False)
    assert done.returncode == code
    assert len(done.stdout.splitlines()) >= lines
    assert done.stderr.decode().endswith("done at exit")
    assert ("missing.gpkg" in done.stderr.decode()) == (code == 2)


def test_the_version_is_the_packages():
    done = run("--version")
    assert cg.__version__ in done.stdout


def test_an_audit_names_no_system_for_a_register_without_shapes(tmp_path):
    (tmp_path / "a.csv").write_text(
        "Tên cụm công nghiệp,Huyện,Tình trạng\nPhố Nối,Yên Mỹ,Đang hoạt động\n", encoding="utf-8"
    )
    page = run("audit", "a.csv", "--format", "html", "-o", "a.html", cwd=tmp_path)
    assert page.returncode in (0, 1), page.stderr
    said = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert "hệ tọa độ –" in said
    assert "EPSG" not in said
