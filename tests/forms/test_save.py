"""Forms as files: what stands where, and that nothing in a name runs or is half-written."""

from __future__ import annotations

import hashlib
import re
import sys
from datetime import date

import docx
import openpyxl
import pandas as pd
import pytest

from clusters_geo import EngineError, SchemaError, SourceError, load_clusters
from clusters_geo.forms.save import save_all_units, save_form

ON = date(2026, 6, 20)


def workbook(register, path, *, lang="vi", on=ON):
    save_form(register, "03", path, unit="Gia Lâm", period="2026-H1", anyway=True, lang=lang, on=on)
    return openpyxl.load_workbook(path)


def rows_of(sheet):
    return {str(row[0].value): row for row in sheet.iter_rows() if row[0].value is not None}


def test_the_workbook_is_what_is_signed_and_no_more(register, tmp_path):
    book = workbook(register, tmp_path / "f.xlsx")
    assert book.sheetnames == ["Biểu 03"]
    rows = rows_of(book["Biểu 03"])
    header = [cell.value for cell in rows["STT"]]
    assert header == ["STT", "Chỉ tiêu", "Đơn vị tính", "Kết quả", "Ghi chú"]
    area = rows["16"]
    assert area[3].value == 29.5
    assert area[3].number_format == "[$-42A]#,##0.0"
    assert rows["25"][3].number_format == "[$-42A]#,##0"


def test_a_total_with_missing_parts_keeps_its_number_and_shows_its_sign(register, tmp_path):
    register.loc["CCN-03", "revenue_bn_vnd"] = None
    cells = rows_of(workbook(register, tmp_path / "f.xlsx")["Biểu 03"])["23"]
    assert cells[3].value == 1500.5
    assert cells[3].number_format == '[$-42A]"≥ "#,##0.0'
    assert cells[4].value == "Ít nhất 1.500,5; 1/2 cụm có số liệu"


def test_modelled_parts_show_that_a_result_is_rough(register, tmp_path):
    register["planned_ha_basis"] = "modelled"
    book = workbook(register, tmp_path / "f.xlsx", lang="en")
    cells = rows_of(book["Form 03"])["16"]
    assert cells[3].number_format == '[$-409]"≈ "#,##0.0'
    assert cells[4].value == "of which 29.5 modelled"


def test_nothing_reported_is_a_dash_not_a_nought(register, tmp_path):
    book = workbook(register.drop(columns="workers"), tmp_path / "f.xlsx")
    assert rows_of(book["Biểu 03"])["25"][3].value == "–"


def test_pages_are_a4_and_headers_repeat(register, tmp_path):
    book = workbook(register, tmp_path / "f.xlsx")
    (form,) = book.worksheets
    assert (form.page_setup.paperSize, form.page_setup.orientation) == (9, "portrait")
    assert form.print_title_rows
    assert form.page_setup.fitToHeight == 0


@pytest.mark.parametrize("on", [date(2026, 6, 24), date(2026, 6, 25), date(2030, 1, 1)])
def test_the_deadline_is_printed_and_that_it_has_passed_is_not(register, tmp_path, on):
    sheet = workbook(register, tmp_path / "f.xlsx", on=on).worksheets[0]
    lines = [str(cell.value) for row in sheet.iter_rows(max_row=10) for cell in row]
    assert any("25/06/2026" in line for line in lines)
    assert not any("QUÁ HẠN" in line for line in lines)


@pytest.mark.parametrize("ending", [".xlsx", ".docx", ".html", ".csv"])
@pytest.mark.parametrize("name", ["=cmd|' /C calc'!A0", "+84 24", "@SUM(1)", "<script>alert(1)</script>"])
def test_a_name_that_begins_a_formula_or_a_tag_is_only_text(register, tmp_path, ending, name):
    register["name"] = name
    register["investor"] = name
    register["district"] = name
    register["projects"] = pd.NA
    file = tmp_path / f"f{ending}"
    save_form(register, "02", file, unit="CCN-01", period="2026-H1", anyway=True, on=ON)
    save_form(register, "03", file.with_stem("g"), unit=name, period="2026-H1", anyway=True, on=ON)
    for path in (file, file.with_stem("g")):
        if ending == ".xlsx":
            cells = [
                cell for sheet in openpyxl.load_workbook(path) for row in sheet.iter_rows() for cell in row
            ]
            assert not [cell for cell in cells if cell.data_type == "f"]
            starts = tuple("=+@")
            assert not [
                cell.value for cell in cells if isinstance(cell.value, str) and cell.value.startswith(starts)
            ]
        else:
            assert b"<script>" not in path.read_bytes()


def test_the_document_says_the_same_as_the_workbook(register, tmp_path):
    register.loc["CCN-03", "revenue_bn_vnd"] = None
    file = tmp_path / "f.docx"
    save_form(register, "03", file, unit="Gia Lâm", period="2026-H1", anyway=True, on=ON)
    tables = docx.Document(str(file)).tables
    rows = {row.cells[0].text: [cell.text for cell in row.cells] for row in tables[1].rows}
    assert rows["16"][2:4] == ["ha", "29,5"]
    assert rows["23"][3:] == ["≥ 1.500,5", "Ít nhất 1.500,5; 1/2 cụm có số liệu"]
    assert len(tables) == 3  # heading, rows, signatures


def test_the_document_is_a4(register, tmp_path):
    file = tmp_path / "f.docx"
    save_form(register, "04", file, period="2026-H1", anyway=True, on=ON)
    section = docx.Document(str(file)).sections[0]
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)


def test_the_page_needs_no_network_and_says_its_language(register, tmp_path):
    file = tmp_path / "f.html"
    save_form(register, "04", file, period="2026-H1", anyway=True, lang="en", on=ON)
    text = file.read_text(encoding="utf-8")
    assert '<html lang="en">' in text
    assert "default-src 'none'" in text
    assert "http" not in text.replace("http-equiv", "")
    assert "2,126.0" in text


def test_the_csv_is_for_programs_and_for_excel(register, tmp_path):
    file = tmp_path / "f.csv"
    save_form(register, "04", file, period="2026-H1", anyway=True, on=ON)
    assert file.read_bytes().startswith(b"\xef\xbb\xbf")
    table = pd.read_csv(file, dtype={"row": str}).set_index("row")
    assert table.loc["16", ["result", "clusters", "reported"]].tolist() == [100.5, 4, 4]


def test_another_ending_is_refused(register, tmp_path):
    with pytest.raises(SourceError, match=r"'.pdf'; a form is written as .xlsx, .docx, .html, .csv"):
        save_form(register, "04", tmp_path / "f.pdf", period="2026-H1", anyway=True)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("extra", "module"), [("xlsx", "openpyxl"), ("docx", "docx")])
def test_a_missing_engine_is_named_with_its_remedy(register, tmp_path, monkeypatch, extra, module):
    monkeypatch.setitem(sys.modules, module, None)
    old = tmp_path / f"f.{extra}"
    old.write_bytes(b"old")
    with pytest.raises(EngineError, match=rf'pip install "clusters-geo\[{extra}\]"'):
        save_form(register, "04", old, period="2026-H1", anyway=True)
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [(old.name, b"old")]


def test_all_units_at_once(register, tmp_path):
    told = []
    files, findings = save_all_units(
        register,
        tmp_path / "new",
        period="2026-H1",
        anyway=True,
        ending=".csv",
        on=ON,
        progress=lambda *s: told.append(s),
    )
    # CCN-06 is pending and names no investor.
    records = ["phu-thi-ccn-01", "lien-ha-ccn-02", "phung-xa-ccn-03", "dan-phuong-ccn-04", "ngoc-son-ccn-05"]
    names = [f"bieu-02-{name}.csv" for name in records]
    names += ["bieu-03-dong-anh.csv", "bieu-03-gia-lam.csv", "bieu-04.csv"]
    assert [file.name for file in files] == names
    assert {path.name for path in (tmp_path / "new").iterdir()} == set(names)
    assert told[0] == (1, 8, "CCN-01")
    assert told[5:] == [(6, 8, "Đông Anh"), (7, 8, "Gia Lâm"), (8, 8, "")]
    assert set(findings["rule"]) == {
        *("forms.district-gone", "forms.overdue"),
        *("forms.incomplete", "forms.unchecked"),  # of Forms 02, where the fill rate was not declared
    }
    late = findings.loc[findings["rule"] == "forms.overdue", "message"].unique().tolist()
    assert late == ["Biểu 02 phải gửi trước ngày 20/06/2026: QUÁ HẠN."]  # 03 has until the 25th


def test_units_that_fold_to_one_name_get_a_file_each(register, tmp_path):
    register["commune"] = ["Phú Thị", "Phù Thị", "Phủ Thi", "Phú Thị", "Phú Thị", "Phú Thị"]
    register = register.drop(columns="district")
    files, _ = save_all_units(register, tmp_path, period="2026-H1", anyway=True, ending=".csv", on=ON)
    assert len({file.name for file in files if file.name.startswith("bieu-03")}) == 3
    assert len({file.name for file in files}) == len(files)


def test_a_register_without_units_is_refused(register, tmp_path):
    with pytest.raises(SchemaError, match="names neither district nor commune"):
        save_all_units(
            register.drop(columns=["district", "commune"]), tmp_path, period="2026-H1", anyway=True
        )


def test_a_cluster_in_no_unit_shows_in_the_sum(register, tmp_path):
    register.loc["CCN-03", ["district", "commune"]] = pd.NA
    _, findings = save_all_units(
        register, tmp_path, period="2026-H1", anyway=True, ending=".csv", on=ON, lang="en"
    )
    assert "Row 1 of Form 04 is 6, but the 2 Forms 03 add up to 5." in findings["message"].tolist()
    assert (
        "The register names no district or commune for Phùng Xá, so it is in no Form 03."
        in findings["message"].tolist()
    )


def test_a_form_02_is_called_by_name_and_id_and_once_where_these_are_the_same(register, tmp_path):
    register.index = pd.Index(["phu-thi", "../x", "CCN", "4", "5", "6"], name="cluster_id")
    register.loc["CCN", "name"] = "???"
    register["district"] = "???"
    files, _ = save_all_units(register, tmp_path, period="2025-H1", ending=".csv", on=ON)
    assert [file.name for file in files[:3]] == [
        "bieu-02-phu-thi.csv",
        "bieu-02-lien-ha-x.csv",
        "bieu-02-ccn.csv",
    ]
    assert [file.name for file in files[-2:]] == ["bieu-03.csv", "bieu-04.csv"]
    assert {file.parent for file in files} == {tmp_path}


@pytest.mark.parametrize("ending", ["xlsx", "docx", "html"])
def test_a_form_and_its_trace_name_the_bytes_that_were_read(register, tmp_path, ending):
    file = tmp_path / "sổ.csv"
    register.reset_index().to_csv(file, index=False)
    read = hashlib.sha256(file.read_bytes()).hexdigest()
    clusters = load_clusters(file, check=False)
    # Whatever becomes of the file afterwards.
    file.write_text("name\nX\n")
    form, trace = tmp_path / f"f.{ending}", tmp_path / f"t.{ending}"
    save_form(clusters, "04", form, period="2026-H1", trace=trace, on=ON)
    for made in (form, trace):
        assert f"sổ.csv SHA-256 {read}" in said_of_origin(made), made


def said_of_origin(file):
    if file.suffix == ".xlsx":
        return openpyxl.load_workbook(file).properties.description
    if file.suffix == ".docx":
        return docx.Document(str(file)).core_properties.comments
    return "".join(re.findall('<meta name="dcterms.source" content="(.*?)">', file.read_text("utf-8")))
