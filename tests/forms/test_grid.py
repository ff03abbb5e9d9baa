"""Files as grids: every cell with its address, and nothing opened that should not be."""

from __future__ import annotations

import os
import zipfile

import docx
import openpyxl
import pytest

from clusters_geo import EngineError, SourceError
from clusters_geo.reading.sheets import Cell, read_grids


def texts(grid):
    return [[cell.text for cell in row] for row in grid.rows]


def book(file, *sheets):
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    for name, rows in sheets:
        sheet = workbook.create_sheet(name)
        for row in rows:
            sheet.append(row)
    workbook.save(file)
    return file


def test_sheets_keep_their_names_and_addresses(tmp_path):
    file = book(tmp_path / "a.xlsx", ("Bìa", [("x",)]), ("Số liệu", [(None,), ("a", 1.5)]))
    first, second = read_grids(file)
    assert [first.name, second.name] == ["Bìa", "Số liệu"]
    assert [cell.address for cell in second.rows[0]] == ["Số liệu!A2", "Số liệu!B2"]
    assert second.rows[0][1].value == 1.5


def test_empty_rows_and_sheets_are_left_out(tmp_path):
    file = book(tmp_path / "a.xlsx", ("leer", []), ("voll", [(), ("a",), (), (" ",), ("b",)]))
    (grid,) = read_grids(file)
    assert texts(grid) == [["a"], ["b"]]


def test_merged_cells_have_their_value_once(tmp_path):
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.append(("Tên", None, None, 3))
    sheet.merge_cells("A1:C1")
    workbook.save(tmp_path / "a.xlsx")
    (grid,) = read_grids(tmp_path / "a.xlsx")
    assert texts(grid) == [["Tên", "", "", "3"]]


def test_a_formula_without_a_stored_value_is_marked(tmp_path):
    (grid,) = read_grids(book(tmp_path / "a.xlsx", ("s", [("=1+1", "x")])))
    assert grid.rows[0][0] == Cell("s!A1", None, formula=True)


def test_percentages_are_marked(tmp_path):
    workbook = openpyxl.Workbook()
    workbook.active["A1"] = 0.5
    workbook.active["A1"].number_format = "0%"
    workbook.save(tmp_path / "a.xlsx")
    (grid,) = read_grids(tmp_path / "a.xlsx")
    assert grid.rows[0][0].percent


@pytest.mark.parametrize("mark", [";", "\t", "|", ","])
def test_the_mark_between_the_columns_is_found(tmp_path, mark):
    file = tmp_path / "a.csv"
    file.write_text(mark.join(("1", "Tỷ đồng", "20")) + "\n" + mark.join(("2", "ha", "30")), encoding="utf-8")
    (grid,) = read_grids(file)
    assert texts(grid) == [["1", "Tỷ đồng", "20"], ["2", "ha", "30"]]


def test_decimal_commas_do_not_part_the_columns(tmp_path):
    file = tmp_path / "a.csv"
    file.write_text("a;1,5\nb;2,5\nc;3", encoding="utf-8")
    (grid,) = read_grids(file)
    assert texts(grid)[0] == ["a", "1,5"]


def test_columns_beyond_z(tmp_path):
    file = tmp_path / "a.csv"
    file.write_text(";".join(["x"] * 28), encoding="utf-8")
    assert [cell.address for cell in read_grids(file)[0].rows[0]][-3:] == ["Z1", "AA1", "AB1"]


def test_old_vietnamese_encodings(tmp_path):
    file = tmp_path / "a.csv"
    text = "Diện tích đất công nghiệp đã cho thuê;15"
    for encoding in ("utf-16", "utf-16-le"):
        file.write_bytes(text.encode(encoding))
        assert texts(read_grids(file)[0]) == [text.split(";")]


def test_an_open_quotation_mark_is_refused(tmp_path):
    file = tmp_path / "a.csv"
    file.write_text('a;"b\nc;d', encoding="utf-8")
    with pytest.raises(SourceError, match="quotation mark left open"):
        read_grids(file)


def test_paragraphs_and_tables_of_a_document(tmp_path):
    paper = docx.Document()
    paper.add_paragraph("Tên cụm: A")
    table = paper.add_table(rows=1, cols=3)
    table.cell(0, 0).merge(table.cell(0, 1)).text = "gộp"
    table.cell(0, 2).text = "3"
    paper.save(tmp_path / "a.docx")
    (grid,) = read_grids(tmp_path / "a.docx")
    assert texts(grid) == [["Tên cụm: A"], ["gộp", "", "3"]]
    assert grid.rows[1][2].address == "table 1, C1"


def test_text_is_composed_and_on_one_line():
    assert Cell("A1", "Phu\u0301\n  Thi\u0323").text == "Phú Thị"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("a.exe", "save it as XLSX or DOCX"),
        ("a.pdf", "the ending '.pdf'"),
        ("a", "the ending ''"),
    ],
)
def test_other_kinds_are_refused_with_the_remedy(tmp_path, name, words):
    (tmp_path / name).write_bytes(b"x")
    with pytest.raises(SourceError, match=words):
        read_grids(tmp_path / name)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(SourceError, match="There is no file"):
        read_grids(tmp_path / "a.xlsx")


def test_a_folder_and_an_address_are_no_files(tmp_path):
    for path in (tmp_path, "https://example.org/a.xlsx"):
        with pytest.raises(SourceError):
            read_grids(path)


def test_a_pipe_does_not_hang(tmp_path):
    os.mkfifo(tmp_path / "a.csv")
    with pytest.raises(SourceError, match="pipe or a device"):
        read_grids(tmp_path / "a.csv")


def test_a_zip_that_is_no_workbook(tmp_path):
    for ending in ("xlsx", "docx"):
        file = tmp_path / f"a.{ending}"
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("a.txt", "x")
        with pytest.raises(SourceError, match="cannot be read"):
            read_grids(file)


def test_a_bomb_is_not_opened(tmp_path):
    file = tmp_path / "a.xlsx"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"\0" * (60 << 20))
    with pytest.raises(SourceError, match="would expand"):
        read_grids(file)


def test_a_huge_file_is_no_form(tmp_path):
    file = tmp_path / "a.csv"
    with file.open("wb") as out:
        out.truncate(30 << 20)
    with pytest.raises(SourceError, match="a form is far smaller"):
        read_grids(file)


def test_a_missing_engine_is_named(tmp_path, monkeypatch):
    import sys

    docx.Document().save(tmp_path / "a.docx")
    monkeypatch.setitem(sys.modules, "docx", None)
    with pytest.raises(EngineError, match=r"clusters-geo\[docx\]"):
        read_grids(tmp_path / "a.docx")


def test_a_workbook_needs_no_package_to_be_read(tmp_path, monkeypatch):
    import sys

    file = book(tmp_path / "a.xlsx", ("s", [("a",)]))
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    assert texts(read_grids(file)[0]) == [["a"]]
