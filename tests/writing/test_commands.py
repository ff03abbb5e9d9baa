"""What every command does at the doors out: inputs, kinds, terminals, code pages, hashes, stops."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely
from as_user import run
from click.testing import CliRunner

import clusters_geo as cg
from clusters_geo.cli import app, main
from clusters_geo.errors import SourceError
from clusters_geo.reading.opening import hashed
from clusters_geo.report.saving import save
from clusters_geo.report.tables import Sheet, to_csv, to_json, to_markdown, to_text


@pytest.fixture
def register(tmp_path):
    clusters, _ = cg.load_hanoi()
    return save(clusters.head(12), tmp_path / "cum.gpkg")


def run_alone(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "clusters_geo.cli", *map(str, arguments)],
        capture_output=True,
        check=False,
        stdin=subprocess.DEVNULL,
        env={**os.environ, **environment},
        timeout=120,
    )


# --- an output that is an input


COMMANDS = {
    "summary": "summary {0} -o {0}",
    "summary, output first": "summary -o {0} {0}",
    "pending": "pending {0} --format csv -o {0}",
    "map": "map {0} -o {0}",
    "audit": "audit {0} -o {0}",
    "audit as a workbook": "audit {0} --format xlsx -o {0}",
    "baseline": "audit {0} --write-baseline {0}",
    "form": "form 04 {0} --period 2026-H1 -o {0}",
    "convert": "convert {0} {0}",
    "inspect": "inspect {0} -o {0}",
    "built-up": "built-up {0} {0} -o {0}",
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("spelling", ["itself", "a link", "another name", "a detour"])
def test_a_register_is_not_written_over_by_the_command_that_reads_it(register, command, spelling):
    before = register.read_bytes()
    named = {
        "itself": register,
        "a link": register.with_name("link.gpkg"),
        "another name": register.with_name("hard.gpkg"),
        "a detour": register.parent / "." / ".." / register.parent.name / register.name,
    }[spelling]
    if spelling == "a link":
        named.symlink_to(register)
    if spelling == "another name":
        named.hardlink_to(register)
    first, *rest = COMMANDS[command].split()
    where = [at for at, word in enumerate(rest) if "{0}" in word]
    output = next((at for at in where if rest[at - 1].startswith(("-o", "--write"))), where[-1])
    arguments = [word.format(named if at == output else register) for at, word in enumerate(rest)]
    done = CliRunner().invoke(app, [first, *arguments, "--lang", "en"])
    assert isinstance(done.exception, SourceError), (done.output, done.exception)
    assert re.search(
        "files that this command reads|ending of another kind|has the ending", str(done.exception)
    )
    assert register.read_bytes() == before


def test_neither_is_any_other_file_that_a_command_reads(register, tmp_path):
    (tmp_path / "rules.toml").write_text("")
    (tmp_path / "accepted.toml").write_text("")
    totals = "scope,metric,value,unit,as_of,qualifier,role,source\n"
    (tmp_path / "totals.csv").write_text(totals)
    for option, name in (
        ("--rules", "rules.toml"),
        ("--baseline", "accepted.toml"),
        ("--totals", "totals.csv"),
    ):
        (tmp_path / "same").unlink(missing_ok=True)
        (tmp_path / "same").hardlink_to(tmp_path / name)
        for output in ("-o", "--write-baseline"):
            done = CliRunner().invoke(
                app, ["audit", str(register), option, str(tmp_path / name), output, str(tmp_path / "same")]
            )
            assert isinstance(done.exception, SourceError), (option, output, done.output)
    assert (tmp_path / "totals.csv").read_text() == totals


# --- what is written, by the name of the file


@pytest.mark.parametrize("command", ["summary", "pending", "programme", "summary --by district"])
def test_the_ending_chooses_the_format(command, tmp_path):
    for ending in ("csv", "xlsx", "json", "md"):
        done = CliRunner().invoke(app, [*command.split(), "-o", str(tmp_path / f"a.{ending}")])
        assert done.exit_code == 0, done.output
    assert (tmp_path / "a.csv").read_bytes().startswith("\ufeff".encode())
    assert len(pd.read_csv(tmp_path / "a.csv"))
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert (tmp_path / "a.md").read_text(encoding="utf-8").startswith("### ")
    numbers = [
        c for row in openpyxl.load_workbook(tmp_path / "a.xlsx").active for c in row if c.data_type == "n"
    ]
    assert any(cell.value for cell in numbers)


def test_csv_to_a_pipe_has_no_mark_and_an_inspection_is_a_table_too(register, tmp_path):
    assert not run("pending", "--format", "csv").stdout.startswith("\ufeff")
    done = CliRunner().invoke(app, ["inspect", str(register), "-o", str(tmp_path / "a.csv")])
    assert done.exit_code == 0, done.output
    assert list(pd.read_csv(tmp_path / "a.csv")) == ["table", "row", "column", "value"]


@pytest.mark.parametrize(
    "arguments", ["map -o {}.gpkg", "map -o {}.csv", "summary --format json -o {}.html", "audit -o {}.shp"]
)
def test_no_kind_goes_under_the_ending_of_another(arguments, tmp_path):
    done = CliRunner().invoke(app, arguments.format(tmp_path / "a").split())
    assert isinstance(done.exception, SourceError)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a[1]!b c.csv", "Cụm công nghiệp (mới).json"])
def test_any_name_works_in_a_command(register, name):
    source = register.rename(register.with_name("[r]!x y.gpkg"))
    done = CliRunner().invoke(
        app, ["audit", str(source), "--fail-on", "never", "-o", str(source.with_name(name))]
    )
    assert done.exit_code == 0, (done.output, done.exception)
    assert source.with_name(f"{name}.provenance.json").exists()


# --- what the system refuses, in every command


# `@r` is a register, `@other` a second one, `@form` a form that was filled in.
OUTPUTS = {
    "summary": "summary -o {}.csv",
    "pending": "pending -o {}.json",
    "pipeline": "pipeline -o {}.xlsx",
    "pipeline, chart": "pipeline --chart {}.svg",
    "eligibility": "eligibility -o {}.md",
    "forecast": "forecast --to 2030-12-31 -o {}.csv",
    "programme": "programme -o {}.md",
    "compare": "compare @r @other -o {}.xlsx",
    "compare, chart": "compare @r @other --chart {}.svg",
    "compare, map": "compare @r @other --map {}.html",
    "inspect": "inspect @r -o {}.json",
    "mapping": "inspect @r --write-mapping {}.toml",
    "convert": "convert @r {}.gpkg",
    "vintage": "convert @r {} --vintage 2024-01-01",
    "built-up": "built-up @r @other -o {}.csv",
    "template": "template {}.xlsx",
    "report": "report @r --unit Thường-Tín -o {}.docx",
    "reports": "report @r --all-units {} --kind html",
    "map": "map @r -o {}.html",
    "maps": "map @r --units hanoi-districts --per-district {}",
    "audit": "audit --fail-on never -o {}.csv",
    "audit, workbook": "audit --fail-on never -o {}.xlsx",
    "audit, page": "audit @r --fail-on never -o {}.html",
    "baseline": "audit --fail-on never --write-baseline {}.toml",
    "form": "form 04 --period 2026-H1 -o {}.docx",
    "form, workbook": "form 04 --period 2026-H1 -o {}.xlsx",
    "form, trace": "form 04 @r --period 2026-H1 --trace {}.html",
    "forms": "form 04 @r --period 2026-H1 --all-units {}",
    "blank form": "form 02 --blank --period 2026-H1 -o {}.xlsx",
    "form-in": "form-in @form --clusters @r --period 2026-H1 -o {}",
    "demo": "demo -o {}.html",
}


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    """Give the files that the commands read."""
    folder = tmp_path_factory.mktemp("inputs")
    clusters, _ = cg.load_hanoi()
    some = clusters[clusters["district"] == "Thường Tín"].head(3)
    save(some, folder / "r.gpkg")
    save(some.assign(planned_ha=1.0), folder / "other.gpkg")
    book = openpyxl.Workbook()
    book.active.append([f"Tên CCN: {some['name'].iloc[0]}"])
    book.active.append(["STT", "Chỉ tiêu", "Kết quả"])
    book.active.append(["4", "Diện tích đất công nghiệp của dự án đã cho thuê", "12,5"])
    book.save(folder / "form.xlsx")
    return {f"@{file.stem}": str(file) for file in folder.iterdir()}


@pytest.fixture
def told(inputs, monkeypatch, capsys):
    """Give how a command is run as from a terminal: its code and what it said."""
    monkeypatch.setenv("CLUSTERS_GEO_LANG", "en")

    def run(command, path):
        words = (inputs.get(word, word.replace("Thường-Tín", "Thường Tín")) for word in command.split())
        monkeypatch.setattr(sys, "argv", ["clusters-geo", *(word.replace("{}", str(path)) for word in words)])
        with pytest.raises(SystemExit) as done:
            main()
        return done.value.code, capsys.readouterr().err

    return run


@pytest.mark.parametrize("name", OUTPUTS)
def test_what_cannot_be_written_ends_with_2_and_a_sentence(told, name, tmp_path):
    code, said = told(OUTPUTS[name], tmp_path / ("a" * 256))
    assert (code, "Choose a shorter one" in said) == (2, True), said
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").write_text("x")
    code, said = told(OUTPUTS[name], tmp_path / "file" / "a")
    assert code == 2, said
    assert (tmp_path / "file").read_text() == "x"


@pytest.mark.parametrize("name", OUTPUTS)
def test_a_full_disk_ends_with_2_and_a_sentence(told, name, tmp_path):
    if not hasattr(os, "geteuid") or os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("SKIPPED: a small disk can be mounted by root only, so full disks were NOT tried")
    mount, umount = shutil.which("mount"), shutil.which("umount")
    if subprocess.run([mount, "-t", "tmpfs", "-o", "size=4k", "tmpfs", tmp_path], check=False).returncode:
        pytest.skip("SKIPPED: this root may not mount, so full disks were NOT tried")
    try:
        (tmp_path / "filler").write_bytes(b"x" * 4096)
        code, said = told(OUTPUTS[name], tmp_path / "a")
        assert (code, "is full" in said, "Traceback" in said) == (2, True, False), said
        # A vintage's folder is made before there is something to put into it.
        assert {path.name for path in tmp_path.rglob("*") if path.is_file()} == {"filler"}
    finally:
        subprocess.run([umount, "-l", tmp_path], check=True)


def test_every_command_that_writes_is_among_them():
    tried = {command.split()[0] for command in OUTPUTS.values()}
    # Those two write to a database, and where `units download --to` says; they have tests of their own.
    assert {*app.list_commands(None)} - tried == {"register", "units"}


def test_a_request_to_end_says_what_was_written(tmp_path):
    child = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "clusters_geo.cli",
            "map",
            "--per-district",
            tmp_path / "maps",
            "--lang",
            "en",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    while not any(tmp_path.glob(".clusters-geo-*/set/*.html")):
        assert child.poll() is None, child.stderr.read().decode()
    child.send_signal(signal.SIGTERM)
    _, said = child.communicate(timeout=60)
    assert "stopped; nothing was half-written" in said.decode()
    assert child.returncode == 3
    assert list(tmp_path.iterdir()) == []


# --- what reaches a terminal


EVIL = "Ba\x1b]0;hacked\x07 Vì\x9b31m\u202egnad\u2066 \x1b[2J"


def test_nothing_that_a_terminal_obeys_is_drawn():
    sheet = Sheet(EVIL, (EVIL, "ha"), ((EVIL, "1"),), notes=(EVIL,))
    for text in (to_text(sheet), to_markdown(sheet), to_json({"name": EVIL})):
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)
    assert json.loads(to_json({"name": EVIL})) == {"name": EVIL}
    colored = to_text(sheet, color=True)
    assert not re.search("\x1b(?!\\[[0-9;]*m)|[\x07\x9b\u202e\u2066]", colored)


def test_nor_in_an_error_or_a_usage_error(tmp_path):
    for arguments in (
        ["summary", tmp_path / f"{EVIL.replace('/', '')}.gpkg"],
        ["summary", f"--{EVIL}"],
        [EVIL],
    ):
        said = run(*arguments)
        assert said.returncode == 2
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", said.stderr)


@pytest.mark.parametrize("evil", ["a\r=1+1", "=1+1", "a\r\n=1+1", "\r=1", "@x"])
def test_no_formula_comes_alive_in_csv_after_whatever_line_end(evil):
    text = to_csv(pd.DataFrame({"name": ["x", evil], "ha": [1.0, 2.0]}))
    assert "\r" not in text
    rows = list(csv.reader(text.splitlines(keepends=True)))
    assert len(rows) == 3
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "@", "+"))]


@pytest.mark.parametrize("page", ["cp1252", "cp1258", "cp437", "latin-1:strict"])
@pytest.mark.parametrize("command", ["summary", "--help", "summary x.gpkg"])
def test_no_code_page_ends_a_command(page, command):
    done = run_alone(*command.split(), PYTHONIOENCODING=page)
    assert done.returncode == (2 if "x.gpkg" in command else 0), done.stderr
    assert b"Traceback" not in done.stderr
    (done.stdout + done.stderr).decode(page.partition(":")[0])


# --- systems and hashes


@pytest.mark.parametrize("crs", ["EPSG:4978", "EPSG:5773", "EPSG:4979", "EPSG:9518", "EPSG:7415"])
def test_only_flat_systems_are_written(register, tmp_path, crs):
    done = CliRunner().invoke(app, ["convert", str(register), str(tmp_path / "a.parquet"), "--crs", crs])
    assert isinstance(done.exception, cg.CRSError), done.output
    assert not (tmp_path / "a.parquet").exists()


def test_results_that_are_not_finite_are_refused(tmp_path):
    table = gpd.GeoDataFrame(
        {"name": ["A", "B"]},
        geometry=[shapely.box(105, 21, 105.1, 21.1), shapely.box(10, 95, 11, 96)],
        crs=4326,
    )
    with pytest.raises(cg.CRSError, match=r"rows 2"):
        save(table, tmp_path / "a.gpkg", crs="EPSG:3857")
    assert list(tmp_path.iterdir()) == []


def test_a_report_bears_the_hash_of_what_was_read(register, monkeypatch):
    read = hashlib.sha256(register.read_bytes()).hexdigest()
    from clusters_geo.auditing import run as running

    real = running.audit

    def audit(*tables, **wishes):
        # Somebody saves another version while the audit is at work.
        register.write_bytes(b"another")
        return real(*tables, **wishes)

    monkeypatch.setattr(running, "audit", audit)
    output = register.with_name("found.json")
    done = CliRunner().invoke(app, ["audit", str(register), "--fail-on", "never", "-o", str(output)])
    assert done.exit_code == 0, (done.output, done.exception)
    told = json.loads(output.with_name("found.json.provenance.json").read_text())
    assert told["inputs"][0]["sha256"] == read


def test_a_file_that_changes_while_it_is_read_is_refused(register):
    with pytest.raises(SourceError, match="was changed while it was read"), hashed(register):
        register.write_bytes(b"another")
