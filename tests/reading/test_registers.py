"""Registers as offices keep them: what is a record, what is a title, and what a workbook's cells mean."""

from __future__ import annotations

import cProfile
import pstats
import re
import sys
import zipfile

import openpyxl
import pandas as pd
import pytest

import clusters_geo as cg
from clusters_geo.load import load_clusters, load_report
from clusters_geo.reading.notes import LoadReport
from clusters_geo.reading.registers import read_register
from clusters_geo.reading.workbooks import read_workbook


@pytest.fixture
def csv_file(tmp_path):
    def _write(text, name="a.csv", encoding="utf-8"):
        (tmp_path / name).write_bytes(text.encode(encoding))
        return tmp_path / name

    return _write


@pytest.fixture
def workbook(tmp_path):
    def _write(rows, name="a.xlsx", **sheets):
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        for title, content in sheets.items():
            sheet = book.create_sheet(title)
            for row in content:
                sheet.append(row)
        book.save(tmp_path / name)
        book.close()
        return tmp_path / name

    return _write


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_separator_and_line_end(csv_file, mark, end):
    rows = [
        ["Tên CCN", "Trạng thái", "Ghi chú"],
        ["Phùng Xá", "operating", '"a, b; c"'],
        ["Bát Tràng", "pending", ""],
    ]
    file = csv_file(end.join(mark.join(row) for row in rows) + end)
    table = load_clusters(file)
    assert table["name"].tolist() == ["Phùng Xá", "Bát Tràng"]
    assert table["note"].tolist()[0] == "a, b; c"
    assert table["note"].isna().tolist() == [False, True]


def test_decimal_commas_between_commas_need_quotes_and_are_read(csv_file):
    table = load_clusters(csv_file('Tên CCN,Trạng thái,Diện tích (ha)\nA,operating,"1.686,5"\n'))
    assert table["planned_ha"].tolist() == [1686.5]


def test_a_line_break_within_quotes_belongs_to_the_cell(csv_file):
    table = load_clusters(csv_file('name,status,note\nA,operating,"dòng 1\ndòng 2"\nB,pending,\n'))
    assert table["note"].tolist()[0] == "dòng 1\ndòng 2"
    assert len(table) == 2


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.txt", "A.CSV"])
def test_every_ending_of_a_register(csv_file, name):
    assert len(load_clusters(csv_file("name\tstatus\nA\toperating\n", name))) == 1


def test_leading_zeros_and_long_digits_stay_as_they_were_typed(csv_file):
    table = load_clusters(csv_file("Mã cụm,Tên CCN,Trạng thái,Quyết định\n007,A,operating,01292\n"))
    assert table.index.tolist() == ["007"]
    assert table["decision"].tolist() == ["01292"]


def test_short_rows_are_filled_with_blanks(csv_file):
    table = load_clusters(csv_file("name,status,note\nA,operating\n"))
    assert table["note"].isna().all()


def test_trailing_separators_are_no_columns(csv_file):
    table = load_clusters(csv_file("name;status;;\nA;operating;;\n"))
    assert table.columns.tolist() == ["name", "status", "geometry"]


def test_a_header_without_a_name_between_others_gets_one(csv_file):
    table = load_clusters(csv_file("name;;status\nA;x;operating\n"))
    assert load_report(table).left == ["column 2"]


@pytest.mark.parametrize(
    "total", ["Tổng", "Tổng cộng", "TỔNG SỐ", "Cộng", "Total", "tong cong", "Cộng (1+2):", "Tổng số 70 cụm"]
)
def test_totals_are_left_out(csv_file, total):
    table = load_clusters(csv_file(f"TT;Tên CCN;Trạng thái;Diện tích (ha)\n1;A;operating;20\n;{total};;20\n"))
    assert table["name"].tolist() == ["A"]
    assert any("totals" in n.message and n.rows == (3,) for n in load_report(table).repairs)


@pytest.mark.parametrize("name", ["Tổng Lĩnh", "Cộng Hòa", "Totalia"])
def test_a_place_whose_name_begins_like_a_total_is_kept(csv_file, name):
    table = load_clusters(csv_file(f"Tên CCN;Trạng thái\nA;operating\n{name};operating\n"))
    assert table["name"].tolist() == ["A", name]


def test_a_row_of_numbers_that_do_not_count_is_a_record(csv_file):
    table = load_clusters(csv_file("Mã cụm;Tên CCN;Lao động\n1;12;3\n"), check=False)
    assert len(table) == 1


def test_a_register_that_repeats_a_header_is_refused(csv_file):
    with pytest.raises(cg.SchemaError, match="Two columns are called"):
        load_clusters(csv_file("Tên CCN,Tên CCN,Trạng thái\nA,B,operating\n"))


def test_a_header_without_rows_is_refused(csv_file):
    with pytest.raises(cg.SourceError, match="not a single row"):
        load_clusters(csv_file("Tên CCN,Trạng thái\n"))


def test_ids_are_made_from_names_and_districts_where_names_repeat(csv_file):
    rows = ["Phùng Xá,Thạch Thất,operating", "Phùng Xá,Mỹ Đức,operating", "Tân Triều,,operating"]
    text = "\n".join(["Tên CCN,Huyện,Trạng thái", *rows])
    assert load_clusters(csv_file(text)).index.tolist() == [
        "thach-that-phung-xa",
        "my-duc-phung-xa",
        "tan-trieu",
    ]


def test_ids_that_cannot_be_told_apart_are_refused(csv_file):
    with pytest.raises(cg.SchemaError, match="the name of another row too"):
        load_clusters(csv_file("Tên CCN,Trạng thái\nPhùng Xá,operating\nPhùng Xá,pending\n"))


def test_a_name_that_is_missing_is_named_by_its_row(csv_file):
    with pytest.raises(cg.SchemaError) as caught:
        load_clusters(csv_file("Mã cụm,Tên CCN,Trạng thái\n1,A,operating\n2,,operating\n"))
    assert caught.value.failures[["row", "column"]].to_numpy().tolist() == [["2", "name"]]


def test_every_fault_is_told_at_once(csv_file):
    text = "Mã cụm,Tên CCN,Trạng thái,Diện tích (ha),Lao động\n1,A,mở,-5,2\n1,B,operating,rộng,2.5\n"
    with pytest.raises(cg.SchemaError) as caught:
        load_clusters(csv_file(text))
    assert set(caught.value.failures["column"]) == {"cluster_id", "status", "planned_ha", "workers"}


def test_an_explicit_column_wins_over_the_table(csv_file):
    file = csv_file("Tên CCN,Tên gọi,Trạng thái\nA,B,operating\n")
    assert load_clusters(file, columns={"Tên gọi": "name"})["name"].tolist() == ["B"]


def test_a_workbook_s_numbers_leave_no_doubt(workbook):
    file = workbook(
        [["Tên CCN", "Trạng thái", "Diện tích (ha)", "Lao động"], ["A", "operating", 1.686, 1000]]
    )
    table = load_clusters(file)
    assert table["planned_ha"].tolist() == [1.686]
    assert table["workers"].tolist() == [1000]
    assert load_report(table).doubts[0].message == "the register has no outlines"


def test_a_workbook_s_numbers_and_text_in_one_column(workbook):
    file = workbook(
        [
            ["Tên CCN", "Trạng thái", "Diện tích (ha)"],
            ["A", "operating", 18.4],
            ["B", "pending", "20,5"],
            ["C", "pending", None],
            ["D", "pending", "–"],
        ]
    )
    table = load_clusters(file)
    assert table["planned_ha"].tolist()[:2] == [18.4, 20.5]
    assert table["planned_ha"].isna().tolist() == [False, False, True, True]


DAY = pd.Timestamp(2020, 6, 26)


@pytest.mark.parametrize("cell", [DAY.date(), DAY.to_pydatetime(), "26/06/2020", "26.6.2020", "2020-06-26"])
def test_dates_in_a_workbook(workbook, cell):
    file = workbook([["Tên CCN", "Trạng thái", "Ngày thành lập"], ["A", "operating", cell]])
    assert load_clusters(file)["established_on"].tolist() == [pd.Timestamp(2020, 6, 26)]


@pytest.mark.parametrize("cell", ["tháng 6/2020", "31/02/2020", "2020"])
def test_what_is_no_day_is_refused_by_name(workbook, cell):
    file = workbook([["Tên CCN", "Trạng thái", "Ngày thành lập"], ["A", "operating", cell]])
    if cell != "31/02/2020":
        table = load_clusters(file)
        assert table["established_on"].isna().all()
        assert next(n.code for n in load_report(table).doubts) == "numbers.part-dates"
        return
    with pytest.raises(cg.SchemaError, match="established_on"):
        load_clusters(file)


def test_flags_in_a_workbook(workbook):
    file = workbook(
        [
            ["Tên CCN", "Trạng thái", "craft_village"],
            ["A", "operating", True],
            ["B", "operating", "không"],
            ["C", "operating", None],
        ]
    )
    assert load_clusters(file)["craft_village"].tolist() == [True, False, pd.NA]


def test_ids_that_a_workbook_holds_as_numbers(workbook):
    file = workbook([["Mã cụm", "Tên CCN", "Trạng thái"], [1, "A", "operating"], [2.0, "B", "operating"]])
    assert load_clusters(file).index.tolist() == ["1", "2"]


def test_formulas_without_a_result_are_refused_by_name(workbook):
    file = workbook([["Tên CCN", "Trạng thái", "Diện tích (ha)"], ["A", "operating", "=10+10"]])
    with pytest.raises(cg.SchemaError, match=r"'=10\+10'"):
        load_clusters(file)  # never calculated, as this was written by a program
    doubts = load_report(load_clusters(file, check=False)).doubts
    assert "save it" in next(n.advice for n in doubts if n.code == "numbers.formulas")


def test_a_sheet_without_a_register_is_passed_over(workbook):
    file = workbook([["Ghi nhớ"], ["x"]], Cụm=[["Tên CCN", "Trạng thái"], ["A", "operating"]])
    table = load_clusters(file)
    assert load_report(table).layer == "Cụm"
    assert load_report(table).layers == ["Sheet", "Cụm"]


def test_an_empty_workbook_is_refused(workbook):
    with pytest.raises(cg.SourceError, match="none of the first"):
        load_clusters(workbook([]))


def test_a_workbook_is_read_without_openpyxl(workbook, monkeypatch):
    file = workbook([["Tên CCN", "Trạng thái"], ["A", "operating"]])
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    assert len(load_clusters(file)) == 1


def test_what_lies_between_a_stray_cell_and_the_table_is_not_visited(workbook):
    """A blank typed at XFD1000 is a rectangle of 16 million cells."""
    file = workbook([["Tên CCN", "Trạng thái"], ["A", "operating"]])
    book = openpyxl.load_workbook(file)
    book.active["XFD1000"] = "x"
    book.save(file)
    load_clusters(file)  # imports
    watched = cProfile.Profile()
    found = watched.runcall(load_clusters, file)
    assert found["name"].tolist()[0] == "A"
    assert pstats.Stats(watched).total_calls < 2_000_000
    assert sum(len(row) for sheet in read_workbook(file, "xlsx") for row in sheet.rows) == 2 + 2 + 16_384


@pytest.mark.parametrize("place", ["A1000000000", "ZZZZZZZ1"])
def test_a_place_that_no_worksheet_has_is_refused_before_it_is_filled_up_to(workbook, tmp_path, place):
    file = workbook([["Tên CCN", "Trạng thái"], ["A", "operating"]])
    row = re.sub("[A-Z]+", "", place).encode()
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(tmp_path / "far.xlsx", "w") as new:
        for name in old.namelist():
            cell = b'<row r="%s"><c r="%s"><v>1</v></c></row></sheetData>' % (row, place.encode())
            new.writestr(name, old.read(name).replace(b"</sheetData>", cell))
    with pytest.raises(cg.SourceError):
        read_workbook(tmp_path / "far.xlsx", "xlsx")


def test_a_macro_workbook_is_read_and_nothing_in_it_runs(workbook, tmp_path):
    workbook([["Tên CCN", "Trạng thái"], ["A", "operating"]]).rename(tmp_path / "a.xlsm")
    assert len(load_clusters(tmp_path / "a.xlsm")) == 1


def test_rows_are_counted_as_the_reader_sees_them(csv_file):
    report = LoadReport("a.csv", format="CSV")
    file = csv_file("Biểu 1\nTên CCN;Trạng thái\nA;operating\nTổng;\n")
    read_register(file, report, sheet=None, encoding=None)
    assert {n.message: n.rows for n in report.repairs} == {
        "titles above the header left out": (1,),
        "totals left out": (4,),
    }
    assert report.rows == 1


def test_a_header_of_two_rows_is_one(workbook):
    file = workbook(
        [
            ["BIỂU 3"],
            ["TT", "Tên CCN", "Trạng thái", "Diện tích (ha)", None, None, "Ghi chú"],
            [None, None, None, "Quy hoạch", "Đã xây dựng hạ tầng", "Đã cho thuê", None],
            [1, 2, 3, 4, 5, 6, 7],
            [1, "Phùng Xá", "hoạt động", 23.5, 20, "18,4", "x"],
        ]
    )
    table = load_clusters(file)
    assert table[["planned_ha", "built_ha", "leased_ha"]].to_numpy().tolist() == [[23.5, 20.0, 18.4]]
    report = load_report(table)
    assert report.mapped["Diện tích Quy hoạch (ha)"] == "planned_ha"
    assert any(n.message == "a header of two rows read as one" and n.rows == (2, 3) for n in report.repairs)


def test_the_unit_of_a_group_counts_for_its_parts(csv_file):
    text = "Tên CCN;Trạng thái;Diện tích (m2);\n;;Quy hoạch;Đã cho thuê\nA;operating;235000;184000\n"
    table = load_clusters(csv_file(text))
    assert table[["planned_ha", "leased_ha"]].to_numpy().tolist() == [[23.5, 18.4]]


@pytest.mark.parametrize("second", ["A;operating;;x", "A;;;x", ";;20;"])
def test_a_first_record_with_blanks_is_no_second_header(csv_file, second):
    table = load_clusters(
        csv_file(f"Tên CCN;Trạng thái;Diện tích (ha);Ghi chú\n{second}\nB;pending;1,5;y\n"), check=False
    )
    assert len(table) == 2
