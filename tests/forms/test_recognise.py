"""Forms recognised by their wording, whatever surrounds it."""

from __future__ import annotations

from datetime import date

import pytest

from clusters_geo.forms.circular import lines
from clusters_geo.forms.recognise import recognise
from clusters_geo.reading.sheets import Cell, Grid

WORDING = {form: {line.row: line.indicator for line in lines(form)} for form in ("01", "02")}


def grid(*rows, name=""):
    return Grid(
        name,
        tuple(
            tuple(Cell(f"{'ABCDEFGH'[column]}{at}", value) for column, value in enumerate(row))
            for at, row in enumerate(rows, start=1)
        ),
    )


def form_02(*above, rows=("1", "4", "6"), below=(), lang=0):
    body = [(row, WORDING["02"][row][lang], "", int(row) * 10) for row in rows]
    return grid(*above, ("STT", "Chỉ tiêu", "Đơn vị tính", "Kết quả"), *body, *below)


def places(found):
    return {place.line.row: (place.cell.address, place.cell.value) for place in found.places}


@pytest.mark.parametrize("lang", [0, 1])
def test_rows_are_known_by_their_wording_in_both_languages(lang):
    found = recognise([form_02(lang=lang)])
    assert found.form == "02"
    assert places(found) == {"1": ("D2", 10), "4": ("D3", 40), "6": ("D4", 60)}


@pytest.mark.parametrize("row", [line.row for line in lines("02")])
def test_no_row_is_taken_for_another(row):
    other = "1" if row != "1" else "2"
    found = recognise([form_02(rows=(other, row))])
    assert set(places(found)) == {other, row}


@pytest.mark.parametrize(
    "change",
    [
        str.upper,
        lambda text: f"{text}.",
        lambda text: f"  4.  {text}",
        lambda text: text.replace("công nghiệp", "CN"),
        lambda text: text.replace("Diện tích", "Diên tich"),
    ],
)
def test_wording_may_differ_a_little(change):
    rows = [("4", change(WORDING["02"]["4"][0]), "ha", 14.5), ("6", WORDING["02"]["6"][0], "Dự án", 21)]
    found = recognise([grid(("STT", "Chỉ tiêu", "ĐVT", "Số liệu"), *rows)])
    assert places(found)["4"] == ("D2", 14.5)


def test_forms_01_and_02_are_told_apart():
    rows = [(row, WORDING["01"][row][0], "", 10) for row in WORDING["01"]]
    found = recognise([grid(("STT", "Chỉ tiêu", "ĐVT", "Kết quả"), *rows)])
    assert found.form == "01"
    assert len(found.places) == 4


def test_the_sheet_with_the_most_rows_is_the_form():
    cover = grid(("Chỉ tiêu", "Kết quả"), (WORDING["02"]["1"][0], 1))
    found = recognise([cover, form_02()])
    assert places(found)["1"] == ("D2", 10)


@pytest.mark.parametrize("rows", [(), ((("Quý I", "Quý II"),)), (("Doanh thu", 5), ("Chi phí", 4))])
def test_other_tables_are_no_form(rows):
    assert recognise([grid(("Tháng", "Số"), *rows)]) is None


@pytest.mark.parametrize("heading", ["Kết quả", "SỐ LIỆU", "Giá trị", "Result", "Thực hiện"])
def test_headings_of_the_result(heading):
    rows = [(row, WORDING["02"][row][0], "ha", "kế hoạch", 5) for row in ("3", "4")]
    found = recognise([grid(("TT", "Nội dung", "ĐVT", "Kế hoạch", heading), *rows)])
    assert places(found)["4"] == ("E3", 5)


def test_without_a_heading_two_figures_are_not_chosen_between():
    rows = [(WORDING["02"][row][0], 4, 5) for row in ("3", "4")]
    found = recognise([grid(*rows)])
    assert found.places == []
    assert found.problems[0] == (
        "A1",
        "cell.several",
        {"row": "3", "cells": ("B1 hay C1", "B1 or C1")},
    )


def test_a_row_that_stands_twice_is_a_problem_at_its_cell():
    found = recognise([form_02(rows=("4", "6", "4"))])
    assert found.problems == [("B4", "cell.row-twice", {"row": "4", "other": "B2"})]


def test_units_are_taken_from_their_column_from_brackets_or_from_a_neighbour():
    head = ("STT", "Chỉ tiêu", "Đơn vị tính", "Kết quả")
    money, area = WORDING["02"]["1"][0], WORDING["02"]["4"][0]
    column = recognise([grid(head, (1, money, "Triệu đồng", 5), (4, area, "m2", 6))])
    brackets = recognise([grid(("Chỉ tiêu", "Kết quả"), (f"{money} (triệu đồng)", 5), (f"{area} (m2)", 6))])
    neighbour = recognise([grid((money, "Triệu đồng", 5), (area, 6, "m2"))])
    for found in (column, brackets, neighbour):
        assert [place.unit.casefold() for place in found.places] == ["triệu đồng", "m2"]


@pytest.mark.parametrize(
    ("above", "name"),
    [
        ([("Tên cụm công nghiệp: Phú Thị",)], "Phú Thị"),
        ([("TÊN CỤM CÔNG NGHIỆP:", "Phú Thị")], "Phú Thị"),
        ([("Cụm công nghiệp: Phú Thị",)], "Phú Thị"),
        ([("CCN Phú Thị",)], "Phú Thị"),
        ([("Tên CCN", "", "Phú Thị")], "Phú Thị"),
        ([("Industrial cluster: Phú Thị",)], "Phú Thị"),
        ([("BÁO CÁO TÌNH HÌNH HOẠT ĐỘNG CỦA CỤM CÔNG NGHIỆP",)], ""),
    ],
)
def test_the_name_of_the_cluster(above, name):
    assert recognise([form_02(*above)]).heading.name == name


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("Kỳ báo cáo: 6 tháng đầu năm 2026", "2026-H1"),
        ("6 tháng năm 2026", "2026-H1"),
        ("Mã kỳ: 2026-H1", "2026-H1"),
        ("Kỳ báo cáo: Năm 2026 (từ 15/12/2025 đến 14/12/2026)", "2026"),
        ("Cả năm 2026", "2026"),
        ("Period code: 2026", "2026"),
        ("Số liệu ngày 10/06/2026", ""),
    ],
)
def test_the_period(text, period):
    assert recognise([form_02((text,))]).heading.period == period


def test_the_rest_of_the_heading_and_the_signature():
    above = [
        ("Đơn vị báo cáo: Công ty Hạ tầng A", "Biểu số 02"),
        ("Mã cụm: CCN-07",),
        ("Địa điểm: xã Liên Hà, huyện Đông Anh",),
    ]
    below = [(), (None, None, "Hà Nội, ngày 05 tháng 7 năm 2026")]
    heading = recognise([form_02(*above, below=below)]).heading
    assert (heading.reporter, heading.cluster_id) == ("Công ty Hạ tầng A", "CCN-07")
    assert heading.place == "xã Liên Hà, huyện Đông Anh"
    assert heading.signed_on == date(2026, 7, 5)


def test_a_day_that_does_not_exist_is_none():
    below = [("ngày 31 tháng 6 năm 2026",)]
    assert recognise([form_02(below=below)]).heading.signed_on is None
