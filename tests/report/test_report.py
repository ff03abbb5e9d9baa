"""Reports: numbers as each language writes them, sheets, records, and files written whole or not at all."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import clusters_geo as cg
from clusters_geo.report.sheets import (
    footnotes,
    group_sheet,
    pending_sheet,
    programme_sheet,
    reconciliation_sheet,
    summary_record,
    summary_sheet,
)
from clusters_geo.report.tables import Sheet, say, to_csv, to_json, to_markdown, to_records, to_text
from clusters_geo.words import format_number, format_percent
from clusters_geo.writing import replaced_file, write_text


def test_what_totals_are_about_is_said_in_the_language_of_the_table(clusters):
    told = {lang: [row[0] for row in reconciliation_sheet(clusters, lang).rows] for lang in ("vi", "en")}
    assert "sáu cụm thành lập năm 2017: diện tích theo quy hoạch" in told["vi"]
    assert "six clusters of 2017: planned area" in told["en"]
    assert not [line for line in told["vi"] if "clusters" in line]
    for lang, scope, metric in (
        ("vi", "sáu cụm", "Cụm chưa khởi công"),
        ("en", "six clusters", "Pending sites"),
    ):
        found = cg.audit(clusters, only=["trust"], totals=cg.load_totals(), lang=lang)["message"]
        assert found.str.contains(scope).any()
        assert found.str.contains(f"Hà Nội, {metric}: ").any()
        assert not found.str.contains("pending_sites").any()


@pytest.mark.parametrize(
    ("value", "vi", "en"),
    [
        (1686, "1.686,0", "1,686.0"),
        (0, "0,0", "0.0"),
        (52.05, "52,1", "52.1"),
        (-52.05, "-52,1", "-52.1"),
        (1e15, "1.000.000.000.000.000,0", "1,000,000,000,000,000.0"),
        (-0.01, "0,0", "0.0"),
        (-1234.56, "-1.234,6", "-1,234.6"),
        (None, "–", "–"),
        (float("nan"), "–", "–"),
        (float("inf"), "–", "–"),
        (pd.NA, "–", "–"),
    ],
)
def test_numbers_are_written_as_each_language_does(value, vi, en):
    assert format_number(value, "vi") == vi
    assert format_number(value, "en") == en


@given(st.floats(-1e9, 1e9), st.integers(0, 4))
def test_a_written_number_reads_back(value, decimals):
    text = format_number(value, "vi", decimals)
    back = float(text.replace(".", "").replace(",", "."))
    assert back == pytest.approx(value, abs=0.51 * 10**-decimals)


def test_percent():
    assert format_percent(1392 / 1686, "vi") == "82,6 %"
    assert format_percent(None, "en") == "–"


def test_an_unknown_word_is_an_error():
    with pytest.raises(KeyError):
        say("nonsense")


HOSTILE = "<img src=x onerror=alert(1)>|`a`\n[x](http://y) \x1b[31mred"


def test_a_hostile_name_stays_inside_its_markdown_cell():
    text = to_markdown(Sheet("T", ("Name",), ((HOSTILE,),)))
    row = text.splitlines()[-1]
    assert row.replace("\\|", "").count("|") == 2
    assert "\\<img" in row
    assert "\\[x\\](" in row


def test_a_hostile_name_does_not_style_the_terminal():
    drawn = to_text(Sheet("T", ("Name",), (("[red]x[/red] \x1b[31m",),)), color=True)
    assert "[red]x[/red]" in drawn
    assert "\x1b[31m" not in drawn


def test_text_fits_the_width_it_is_given():
    rows = tuple((f"row {k}", "word " * 30) for k in range(3))
    drawn = to_text(Sheet("T", ("A", "B"), rows), width=60)
    assert max(map(len, drawn.splitlines())) <= 60


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_no_column_is_lost_at_the_usual_width(clusters, lang):
    for by in ("district", "status"):
        sheet = group_sheet(clusters, by, lang)
        drawn = to_text(sheet)
        for row in sheet.rows:
            line = next(line for line in drawn.splitlines() if line.split("  ")[1:2] == [row[0]])
            assert line.endswith(row[-1])


def test_records_hold_only_what_json_knows():
    table = pd.DataFrame(
        {
            "ha": [1.0, float("inf")],
            "n": pd.array([1, None], dtype="Int64"),
            "day": [pd.Timestamp("2022-09-30"), pd.NaT],
            "flag": pd.array([True, None], dtype="boolean"),
        }
    )
    assert to_records(table) == [
        {"ha": 1.0, "n": 1, "day": "2022-09-30", "flag": True},
        {"ha": None, "n": None, "day": None, "flag": None},
    ]
    assert json.loads(to_json(to_records(table)))[0]["n"] == 1


def test_csv_reads_back_and_runs_nothing():
    table = pd.DataFrame({"name": ["Ứng Hòa", "=cmd|' /C calc'!A0"], "ha": [1.5, None]})
    back = pd.read_csv(io.StringIO(to_csv(table)))
    assert back["name"].tolist()[0] == "Ứng Hòa"
    assert not back["name"].tolist()[1].startswith("=")
    assert back["ha"].tolist()[0] == 1.5


def test_a_line_end_in_a_cell_does_not_split_the_row():
    table = pd.DataFrame({"note": ["one\rtwo", "three\r\nfour", "five\nsix"]})
    back = pd.read_csv(io.StringIO(to_csv(table), newline=""))
    assert back["note"].tolist() == ["one\ntwo", "three\nfour", "five\nsix"]


def test_the_summary_shows_both_rates_by_name_and_how_each_figure_is_known(clusters):
    sheet = summary_sheet(clusters, "en", city="Hà Nội")
    by_name = {row[0]: row[1:] for row in sheet.rows}
    assert by_name["Operating clusters"][0] == "70"
    assert by_name["Planned area"][0] == "1,686.0 ha"
    assert by_name["Build-out rate"] == (
        "82.6 %",
        "known for 0 of 70 clusters; inferred or modelled for 70",
    )
    assert by_name["Fill rate"][0] == "–"
    assert by_name["Fill rate"][1].startswith("known for 0 of 70 clusters")
    assert "published 519.0 ha (30.8 %)" in by_name["Planned area"][1]
    assert "modelled 1,392.0 ha (100.0 %)" in by_name["Built area"][1]
    assert by_name["Workers per built ha"][0] == "more than 43.1"


def test_the_summary_of_somebody_elses_register_says_nothing_of_the_city(clusters):
    names = [row[0] for row in summary_sheet(clusters, "en").rows]
    assert "Workers per built ha" not in names


def test_what_is_not_known_has_no_unit():
    table = pd.DataFrame({"name": ["A"], "status": ["operating"]}, index=pd.Index(["1"], name="cluster_id"))
    by_name = {row[0]: row[1:] for row in summary_sheet(table, "en").rows}
    assert by_name["Planned area"] == ("–", "")
    assert by_name["Pending sites"] == ("0", "")


def test_the_conflicting_source_is_a_note(clusters):
    sheet = reconciliation_sheet(clusters, "vi")
    assert any("1.337,0 ha" in note and "1.686,0 ha" in note for note in sheet.notes)
    judged = {row[0].split(":")[0]: row[3] for row in sheet.rows}
    assert judged.pop("sáu cụm thành lập năm 2017").startswith("chưa xét")
    assert set(judged.values()) == {"có"}


def test_groups_end_with_the_total(clusters):
    sheet = group_sheet(clusters, "district", "vi")
    assert sheet.rows[-1][0] == "Tổng"
    assert sheet.rows[-1][4] == "1.686,0"
    assert len(sheet.rows) == clusters["district"].nunique() + 1


def test_statuses_are_named_and_have_no_total_of_unlike_areas(clusters):
    rows = {row[0]: row for row in group_sheet(clusters, "status", "en").rows}
    assert set(rows) == {"Operating", "Under construction", "Pending"}
    assert rows["Under construction"][6] == "–"


def test_a_partly_modelled_figure_is_marked_unless_its_total_was_published(clusters):
    sheet = group_sheet(clusters, "district", "en")
    planned = {row[0]: row[4] for row in sheet.rows}
    assert planned["Thường Tín"] == "195.0"
    assert planned["Ba Vì"].startswith("≈ ")
    assert all(row[6].startswith(("≈", "–")) for row in sheet.rows[:-1])
    assert planned["Total"] == "1,686.0"
    nobodys = pd.DataFrame(clusters.drop(columns="geometry"))
    assert group_sheet(nobodys, "district", "en").rows[-1][4] == "≈ 1,686.0"


def stating(rates, **columns):
    index = pd.Index([str(n) for n in range(len(rates))], name="cluster_id")
    table = pd.DataFrame({"name": "A", "fill_rate_declared": rates} | columns, index=index)
    return table.assign(status="operating", district="Tiên Du")


def test_stated_rates_are_marked_and_it_is_said_how_they_were_averaged():
    sheet = group_sheet(stating([0.9, 0.4]), "district", "vi")
    assert [row[sheet.header.index("Tỷ lệ lấp đầy")] for row in sheet.rows] == ["65,0 % *"] * 2
    assert [note for note in sheet.notes if note.startswith("*") and "số cụm" in note]
    by_land = stating([0.9, 0.4], leasable_ha=[10.0, 40.0])
    fill = {row[0]: row[1:] for row in summary_sheet(by_land, "en").rows}["Fill rate"]
    assert fill == ("50.0 %", "known for 2 of 2 clusters; as stated for 2; averaged by industrial land")


def test_the_rate_of_the_law_is_shown_where_it_is_another():
    table = stating([None], leasable_ha=100.0, leased_ha=40.0, approved_ha=20.0)
    rows = {row[0]: row[1] for row in summary_sheet(table, "en").rows}
    assert [value for name, value in rows.items() if "fill rate" in name.lower()] == ["40.0 %", "60.0 %"]
    assert "60.0 %" in group_sheet(table, "district", "en").rows[0]
    assert "Lawful fill" not in group_sheet(table.assign(approved_ha=0), "district", "en").header


def test_pending_marks_what_is_modelled(clusters):
    sheet = pending_sheet(cg.pending_sites(clusters), "vi")
    ha = [row[sheet.header.index("Diện tích theo quy hoạch (ha)")] for row in sheet.rows]
    modelled = (cg.pending_sites(clusters)["planned_ha_basis"] == "modelled").sum()
    assert sum(cell.startswith("≈") for cell in ha) == modelled > 0
    assert any(note.startswith("≈") for note in sheet.notes)


def test_programme_says_at_least_where_the_result_is_a_lower_bound():
    sheet = programme_sheet(cg.programme(), "en")
    assert sheet.rows[0][5] == "≥ 97.8 %"


def test_footnotes_name_each_source_once():
    marks, notes = footnotes(pd.Series(["a", None, "b", "a"]))
    assert marks == ["[1]", "–", "[2]", "[1]"]
    assert notes == ("[1] a", "[2] b")


def test_the_record_has_the_names_that_others_script_against(clusters):
    record = summary_record(clusters, with_published=True)
    promised = {
        "operating_clusters", "planned_ha", "built_ha", "build_out_rate", "fill_rate",
        "fill_rate_known_clusters", "pending_sites", "under_construction", "as_of",
    }  # fmt: skip
    assert promised <= set(record)
    assert record["as_of"] == "2022-09-30"
    assert record["fill_rate"] is None
    json.loads(to_json(record))


def test_a_file_is_replaced_whole(tmp_path):
    target = tmp_path / "new" / "out.txt"
    write_text(target, "một\n")
    assert target.read_bytes() == "một\n".encode()
    write_text(target, "hai\n")
    assert target.read_text(encoding="utf-8") == "hai\n"
    assert [p.name for p in target.parent.iterdir()] == ["out.txt"]


def test_a_failure_leaves_the_old_file_and_no_litter(tmp_path):
    target = write_text(tmp_path / "out.txt", "old")

    def fail():
        with replaced_file(target) as beside:
            beside.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert target.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["out.txt"]


def test_a_kill_in_the_middle_leaves_the_old_file(tmp_path):
    target = write_text(tmp_path / "out.txt", "old")
    code = (
        "import sys, time\nfrom clusters_geo.writing import replaced_file\n"
        "with replaced_file(sys.argv[1]) as beside:\n"
        "    beside.write_text('half'); print('writing', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(target)], stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"writing\n"
        process.send_signal(signal.SIGKILL)
    assert target.read_text() == "old"


def test_a_new_file_is_as_readable_as_any_other(tmp_path):
    plain = tmp_path / "plain.txt"
    plain.touch()
    assert write_text(tmp_path / "ours.txt", "x").stat().st_mode == plain.stat().st_mode


def test_where_nothing_can_be_written_a_sentence_says_so(tmp_path):
    with pytest.raises(cg.SourceError, match=r"is a folder; name a file in it"):
        write_text(tmp_path, "x")
    (tmp_path / "file").touch()
    with pytest.raises(cg.SourceError, match="cannot be written"):
        write_text(tmp_path / "file" / "below.txt", "x")
