"""The trace of forms: a second file with the findings, and which clusters each result is added up from."""

from __future__ import annotations

from datetime import date

import docx
import openpyxl
import pandas as pd
import pytest

from clusters_geo import SourceError
from clusters_geo.forms.checks import check
from clusters_geo.forms.fill import fill
from clusters_geo.forms.receive import read_forms
from clusters_geo.forms.save import save_all_units, save_blank_form, save_form
from clusters_geo.forms.trace import trace_of

LATE = date(2026, 6, 25)


def traced(register, tmp_path, ending, **options):
    file, trace = tmp_path / f"f{ending}", tmp_path / f"trace{ending}"
    whose = {"unit": "Gia Lâm", "period": "2026-H1", "anyway": True, "on": LATE} | options
    return save_form(register, "03", file, trace=trace, **whose), file, trace


def part_of(register, **options):
    filled = fill(register, "03", unit="Gia Lâm", period="2026-H1", anyway=True, **options)
    return trace_of([(filled, check(filled, LATE))], filled.lang).parts[0]


def test_the_workbook_gives_every_figure_with_its_column(register, tmp_path):
    _, _, trace = traced(register, tmp_path, ".xlsx")
    book = openpyxl.load_workbook(trace)
    assert book.sheetnames == ["Kiểm tra", "Truy vết"]
    rows = [[cell.value for cell in row] for row in book["Truy vết"].iter_rows(min_row=3)]
    assert rows[0][:5] == ["Biểu", "Cụm hoặc đơn vị", "STT", "Mã cụm", "Tên cụm"]
    area = ["16", "CCN-03", "Phùng Xá", 9, "planned_ha", "không ghi", "name", "đã cộng"]
    assert ["03", "Gia Lâm", *area] in rows
    assert all(
        (sheet.page_setup.paperSize, sheet.page_setup.orientation) == (9, "landscape") for sheet in book
    )


@pytest.mark.parametrize("ending", [".xlsx", ".docx", ".html"])
def test_findings_stand_in_the_trace_and_never_in_the_form(register, tmp_path, ending):
    register["planned_ha_basis"] = "modelled"
    findings, file, trace = traced(register, tmp_path, ending)
    assert {"forms.modelled", "forms.overdue"} <= set(findings["rule"])
    for words in ("Không ký biểu có số mô hình hóa", "QUÁ HẠN"):
        assert words in text_of(trace)
        assert words not in text_of(file)
    assert "CCN-03: 9" not in text_of(file)


def text_of(path):
    if path.suffix == ".xlsx":
        sheets = openpyxl.load_workbook(path)
        return "\n".join(str(c.value) for sheet in sheets for row in sheet.iter_rows() for c in row)
    if path.suffix == ".docx":
        document = docx.Document(str(path))
        cells = [c.text for table in document.tables for row in table.rows for c in row.cells]
        return "\n".join([*(p.text for p in document.paragraphs), *cells])
    return path.read_text(encoding="utf-8")


def test_the_short_trace_names_who_counts_and_who_is_missing(register):
    register.loc["CCN-03", "workers"] = None
    short = {line[0]: line[1:] for line in part_of(register).short}
    assert short["25"] == ("≥ 2.100", "CCN-01: 2.100", "CCN-03")
    assert short["15"][1] == "CCN-01; CCN-03"
    assert short["16"] == ("29,5", "CCN-01: 20,5000; CCN-03: 9", "")
    assert len(short) == 35


def test_what_a_least_leaves_out_is_not_counted_in_its_trace(clusters):
    filled = fill(clusters, "04", period="2022")
    short = {line[0]: line[1:] for line in trace_of([(filled, check(filled))], "vi").parts[0].short}
    assert short["2"][0] == "≥ 927,0"
    counted = [float(part.partition(": ")[2].replace(",", ".")) for part in short["2"][1].split("; ")]
    assert (sum(counted), len(counted)) == (pytest.approx(927.0, abs=0.1), 47)
    assert len(short["2"][2].split("; ")) == 120 - 47


def test_what_is_only_incomplete_is_no_check(register):
    register["planned_ha_basis"] = "modelled"
    register["workers"] = None
    assert {severity for severity, _, _ in part_of(register).checks} == {"warning"}


def test_nothing_found_is_said(register, tmp_path):
    register["as_of"] = pd.Timestamp("2025-06-01")
    findings, _, trace = traced(register, tmp_path, ".html", period="2025-H1", on=date(2025, 6, 1), lang="en")
    assert (findings["severity"] == "info").all()
    assert "Nothing contradicts itself" in trace.read_text(encoding="utf-8")


def test_the_csv_is_for_programs(register, tmp_path):
    _, _, trace = traced(register, tmp_path, ".csv", lang="en")
    table = pd.read_csv(trace, dtype={"No.": str})
    area = table[(table["No."] == "16") & (table["Cluster id"] == "CCN-01")].iloc[0]
    assert area[["Form", "Value", "Column", "State"]].tolist() == [3, 20.5, "planned_ha", "counted"]


@pytest.mark.parametrize("name", ["=cmd|' /C calc'!A0", "<script>alert(1)</script>"])
def test_a_name_is_only_text(register, tmp_path, name):
    register["name"] = register["district"] = name
    for ending in (".xlsx", ".html"):
        _, _, trace = traced(register, tmp_path, ending, unit=name)
        if ending == ".html":
            assert "<script>" not in trace.read_text(encoding="utf-8")
        else:
            cells = [c for sheet in openpyxl.load_workbook(trace) for row in sheet.iter_rows() for c in row]
            assert not [cell for cell in cells if cell.data_type == "f"]


def test_one_trace_for_all_units(register, tmp_path):
    files, _ = save_all_units(
        register,
        tmp_path / "forms",
        period="2026-H1",
        anyway=True,
        ending=".csv",
        on=LATE,
        trace=tmp_path / "trace.html",
    )
    text = (tmp_path / "trace.html").read_text(encoding="utf-8")
    assert text.count("<h2>") == len(files) == 8
    assert "<h2>Biểu số 02 – Phú Thị –" in text


def test_a_trace_in_the_place_of_a_form_or_of_no_known_kind_is_refused(register, tmp_path):
    for trace, words in (("f.xlsx", "write the trace to another"), ("t.pdf", "has the ending '.pdf'")):
        with pytest.raises(SourceError, match=words):
            save_form(
                register, "04", tmp_path / "f.xlsx", trace=tmp_path / trace, period="2026-H1", anyway=True
            )
        with pytest.raises(SourceError, match=words):
            save_all_units(
                register,
                tmp_path,
                trace=tmp_path / trace.replace("f.xlsx", "bieu-04.xlsx"),
                period="2026-H1",
                anyway=True,
            )
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("number", "unit"), [("01", None), ("01", "CCN-01"), ("02", None), ("02", "CCN-01")])
def test_a_blank_form_comes_back_filled_in(register, tmp_path, number, unit):
    file = tmp_path / "f.xlsx"
    save_blank_form(number, file, clusters=register, unit=unit, period="2026-H1")
    book = openpyxl.load_workbook(file)
    sheet = book.worksheets[0]
    for row in sheet.iter_rows():
        if row[0].value in ("1", "2", "4"):
            row[3].value = 12.5
        if row[0].value == "3":
            row[3].value = 9
        if unit is None and str(row[0].value).startswith("Tên cụm"):
            row[0].value = "Tên cụm công nghiệp: Phú Thị …………"
    book.save(file)
    received = read_forms([file], register, period="2026-H1")
    assert received.files.loc[0, ["form", "cluster_id", "refused"]].tolist() == [number, "CCN-01", False]
    assert received.figures["value"].tolist()[:4] == [12.5, 12.5, 9.0, 12.5]


def test_a_form_left_blank_is_refused_as_one_without_figures(register, tmp_path):
    file = tmp_path / "ccn-02.docx"
    save_blank_form("02", file, period="2026-H1")
    received = read_forms([file], register, period="2026-H1", lang="en")
    assert received.problems["problem"].tolist() == ["no row of Form 01 or 02 with a figure was recognised"]
    assert received.problems["fix"].str.startswith("Fill in the figures").all()
