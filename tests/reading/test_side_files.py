"""What stands beside a register comes through the same door, whatever a spreadsheet made of it."""

from __future__ import annotations

import hashlib
import json
import math
import os
import textwrap

import openpyxl
import pandas as pd
import pytest
from as_user import run_python
from click.testing import CliRunner

import clusters_geo as cg
from clusters_geo.cli.audit import command as audit_command
from clusters_geo.reading.opening import InputFile, opened
from clusters_geo.reading.side_files import read_side_table, read_toml
from clusters_geo.reference import bundled_file

ROWS = [("Hà Nội", "1.686,5"), ("Thường Tín", "12,25"), ("Ứng Hòa", None)]


def text(mark, rows=ROWS):
    return "\n".join(mark.join(f'"{cell or ""}"' for cell in row) for row in [("scope", "value"), *rows])


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be-bom", "tcvn3"])
def test_a_table_reads_the_same_from_any_spreadsheet(tmp_path, mark, encoding):
    file = tmp_path / "totals.csv"
    written = text(mark)
    if encoding == "tcvn3":
        from clusters_geo.reading.text import encode

        file.write_bytes(encode(written.replace("Ứ", "ứ"), "tcvn3"))
    elif encoding == "utf-16-be-bom":
        file.write_bytes(b"\xfe\xff" + written.encode("utf-16-be"))
    else:
        file.write_text(written, encoding=encoding)
    table = read_side_table(file, needed=["scope", "value"], numbers=["value"])
    assert table["scope"].str.lower().tolist() == ["hà nội", "thường tín", "ứng hòa"]
    assert table["value"].tolist()[:2] == [1686.5, 12.25]
    assert math.isnan(table["value"].iloc[2])


def test_a_workbook_with_a_title_above_the_header_is_a_table_too(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["Bảng số liệu công bố"])
    book.active.append(["scope", "value"])
    book.active.append(["Hà Nội", 1686.5])
    book.active.append(["Thường Tín", "12,25"])
    book.save(tmp_path / "totals.xlsx")
    table = read_side_table(tmp_path / "totals.xlsx", needed=["scope", "value"], numbers=["value"])
    assert table["value"].tolist() == [1686.5, 12.25]


def test_figures_that_are_none_are_named_with_their_lines(tmp_path):
    file = tmp_path / "totals.csv"
    file.write_text("scope,value\na,1\nb,khoảng 4\nc,1e400\nd,nan\n", encoding="utf-8")
    with pytest.raises(
        cg.SchemaError, match=r"totals.csv holds 3 .*row 3, column value: 'khoảng 4'"
    ) as caught:
        read_side_table(file, needed=["scope", "value"], numbers=["value"])
    assert caught.value.failures["row"].tolist() == [3, 4, 5]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "no column"),
        (b"\x00" * 100, "no column"),
        (b"\xff\xfe\x00bad", "cannot be read|no column"),
        (b"scope,value,value\n1,2,3", "two columns called value"),
        (b"scope\n1", "no column value"),
        (b"scope,value\n" + b'"' + b"x" * (3 << 20), "quotation mark"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path, content, told):
    file = tmp_path / "totals.csv"
    file.write_bytes(content)
    with pytest.raises(cg.ClustersGeoError, match=told):
        read_side_table(file, needed=["scope", "value"], numbers=["value"])


@pytest.mark.parametrize("name", ["totals.csv.gz", "totals.csv.zip", "totals.parquet", "totals"])
def test_nothing_is_unpacked_by_its_ending(tmp_path, name):
    file = tmp_path / name
    file.write_bytes(b"\x1f\x8bscope,value\n1,2")
    with pytest.raises(cg.SourceError, match=r"\.csv and \.xlsx"):
        read_side_table(file, needed=["scope", "value"])


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"a = ", "not valid TOML"),
        (b"a = \xff", "not valid TOML"),
        (b"a = 2024-13-45", "not valid TOML"),
        (b"a = " + b"[" * 5_000, "not valid TOML"),
        (b"a." * 100 + b"b = 1", "more than 60 levels"),
        (b'x = {"a" . ' + b"'b' . " * 100 + b"b = 1}", "more than 60 levels"),
        (b"#" * (17 << 20), "read up to 17 MB"),
    ],
)
def test_settings_that_are_none_are_refused(tmp_path, content, told):
    file = tmp_path / "rules.toml"
    file.write_bytes(content)
    with pytest.raises(cg.SourceError, match=told):
        read_toml(file)


def test_the_longest_sentence_in_a_baseline_is_no_depth(tmp_path):
    file = tmp_path / "baseline.toml"
    file.write_text(f'message = "{"a. b, c.d. " * 500}"\n')
    assert len(read_toml(file)["message"]) > 5_000


# What every option that takes a file must do with one that is none: refuse it, at once, with its name.
DOORS = {
    "totals": ("audit", "--totals", "{}"),
    "rules": ("audit", "--rules", "{}"),
    "baseline": ("audit", "--baseline", "{}"),
    "districts": ("audit", "--districts", "{}"),
    "register": ("summary", "{}"),
    "programme": ("programme", "{}"),
    "footprints": ("built-up", "{register}", "{}"),
    "accept": (
        "form-in",
        "{form}",
        "--period",
        "2026-H1",
        "-o",
        "{out}",
        "--accept",
        "{}",
        "--vintage",
        "{out}.csv",
    ),
    "boundaries": ("convert", "{register}", "{out}.gpkg", "--boundaries", "{}"),
}
ENDINGS = {"rules": "toml", "baseline": "toml", "footprints": "parquet", "districts": "gpkg"}
RUN = textwrap.dedent("""
    import json, sys
    from clusters_geo.cli import main
    for line in sys.stdin:
        sys.argv = ["clusters-geo", *json.loads(line)]
        try:
            main()
        except SystemExit as done:
            print(f"@{done.code}", file=sys.stderr, flush=True)
""")


def _arguments(door, path, tmp_path):
    register = tmp_path / "r.csv"
    register.write_text("cluster_id,name,status\n1,A,operating\n")
    form = tmp_path / "f.csv"
    form.write_text("STT;Chỉ tiêu;Kết quả\n1;Doanh thu;2\n", encoding="utf-8")
    told = {"register": register, "form": form, "out": tmp_path / "out"}
    return [os.fspath(path) if a == "{}" else a.format(**told) for a in DOORS[door]]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="SKIPPED: this system has no FIFOs")
def test_no_door_waits_for_a_pipe_or_follows_an_address(tmp_path):
    jobs = []
    for door in DOORS:
        pipe = tmp_path / f"{door}.{ENDINGS.get(door, 'csv')}"
        os.mkfifo(pipe)
        jobs.append(_arguments(door, pipe, tmp_path))
        jobs.append(_arguments(door, f"http://127.0.0.1:9/{pipe.name}", tmp_path))
    done = run_python(RUN, given="\n".join(map(json.dumps, jobs)))
    answers = [line for line in done.stderr.splitlines() if line.startswith("@")]
    assert answers == ["@2"] * len(jobs), done.stderr
    assert done.stderr.count("pipe") >= len(DOORS)
    assert "could not be fetched" not in done.stderr


def test_a_folder_called_as_an_address_begins_is_not_taken_for_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "https:" / "example.org"
    folder.mkdir(parents=True)
    (folder / "a.csv").write_text("indicator,year,target,result\na,2025,1,1\n")
    with pytest.raises(cg.SourceError, match="address on a network"):
        cg.programme("https://example.org/a.csv")
    with pytest.raises(cg.SourceError, match="address on a network"):
        cg.built_up_ha(cg.load_hanoi()[0], "https://example.org/a.parquet")
    assert len(cg.programme(folder / "a.csv")) == 1


def test_an_opened_file_is_opened_once(tmp_path):
    file = tmp_path / "a.csv"
    file.write_text("x")
    with opened(file) as one, opened(one) as same:
        assert one is same
        assert one.shown == os.fspath(file)
        assert one.content(1) == b"x"
        with pytest.raises(cg.SourceError, match="has 0 MB"):
            one.content(0)


ROLES = ("control", "note", "context")


@pytest.mark.parametrize("mark", [",", ";"])
def test_a_word_that_is_none_of_the_choices_is_named_with_its_cell(tmp_path, mark):
    rows = [
        ("Tổng số công bố",),
        ("scope", "value", "role"),
        ("A", "1", "Control"),
        (),
        ("B", "2", "contrl"),
        ("C", "3"),
    ]
    (tmp_path / "t.csv").write_text("\n".join(mark.join(row) for row in rows), encoding="utf-8")
    with pytest.raises(cg.SchemaError) as told:
        read_side_table(tmp_path / "t.csv", needed=["scope", "role"], choices={"role": ROLES})
    said = str(told.value)
    assert "t.csv: 2 cells of column role" in said
    assert "C5 “contrl” and C6 “”" in said
    assert said.endswith("Write one of control, note and context.")
    assert told.value.failures["cell"].tolist() == ["C5", "C6"]


def test_the_cells_of_a_workbook_are_named_as_it_names_them(tmp_path):
    table = pd.DataFrame(
        {f"c{n}": ["x", "x"] for n in range(26)} | {"role": ["note", "nots"], "scope": ["A", "B"]}
    )
    table.to_excel(tmp_path / "t.xlsx", index=False)
    with pytest.raises(cg.SchemaError, match="AA3 “nots”"):
        read_side_table(tmp_path / "t.xlsx", needed=["scope", "role"], choices={"role": ROLES})


def test_a_table_carries_the_hash_of_what_was_read_of_it(tmp_path):
    file = tmp_path / "totals.csv"
    file.write_text(text(","), encoding="utf-8")
    read = hashlib.sha256(file.read_bytes()).hexdigest()
    table = read_side_table(file, needed=["scope", "value"])
    file.write_text("scope,value\n")
    assert table.attrs["sha256"] == read


def test_an_audit_names_the_totals_that_it_judged_by(tmp_path, monkeypatch):
    totals = tmp_path / "totals.csv"
    totals.write_bytes(bundled_file("totals.csv").read_bytes())
    read = hashlib.sha256(totals.read_bytes()).hexdigest()

    audit = cg.audit

    def audit_while_somebody_writes(*tables, **how):
        totals.write_text("scope,metric\n")
        return audit(*tables, **how)

    monkeypatch.setattr("clusters_geo.auditing.run.audit", audit_while_somebody_writes)
    out = tmp_path / "audit.sarif"
    done = CliRunner().invoke(audit_command, ["--totals", str(totals), "-o", str(out)])
    assert done.exit_code in {0, 1}, done.output
    (run,) = json.loads(out.read_text("utf-8"))["runs"]
    named = {i["location"]["uri"]: i["hashes"]["sha-256"] for i in run["artifacts"]}
    assert named["totals.csv"] == read


def test_a_table_that_changes_while_it_is_read_is_refused(tmp_path, monkeypatch):
    file = tmp_path / "totals.csv"
    file.write_text(text(","), encoding="utf-8")
    content = InputFile.content

    def changing(self, most_bytes):
        found = content(self, most_bytes)
        file.write_text(text(",") + "\nGia Lâm,1\n", encoding="utf-8")
        return found

    monkeypatch.setattr(InputFile, "content", changing)
    with pytest.raises(cg.SourceError, match="changed"):
        read_side_table(file, needed=["scope", "value"])
