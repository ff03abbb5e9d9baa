"""Single figures as people type them."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusters_geo.forms.cells import mark_of, read_figure, read_unit, unit_words
from clusters_geo.forms.circular import lines, verdict
from clusters_geo.reading.sheets import Cell
from clusters_geo.words import format_number

MONEY, PAID, READY, LEASED, RATE, PROJECTS = lines("02")[:6]
WORKERS, INCOME, PLANT = lines("02")[10:13]


def refusal(figure, lang="en"):
    """Why a figure is refused, and what to do."""
    return verdict(figure.refused, lang, **figure.words)


def read(value, line=READY, unit="", mark=None, **cell):
    return read_figure(Cell("D5", value, **cell), line, unit, mark)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12,5", 12.5),
        ("12.5", 12.5),
        ("1.686,5", 1686.5),
        ("1,686.5", 1686.5),
        ("1 686,5", 1686.5),
        ("1\u00a0686,5", 1686.5),
        ("1'686.5", 1686.5),
        ("1.234.567", 1234567),
        ("0,125", 0.125),
        ("1686", 1686),
        ("15 ha", 15),
        ("15,0 ha.", 15),
        ("150.000,0 m2", 15),
        ("0,15 km2", 15),
        (15, 15),
        (15.5, 15.5),
    ],
)
def test_areas(text, value):
    assert read(text).value == pytest.approx(value)


@pytest.mark.parametrize("text", ["1.686", "12,345", "1,686 ha"])
def test_three_digits_behind_the_only_mark_are_refused_where_nothing_proves_it(text):
    figure = read(text)
    assert figure.value is None
    problem, fix = refusal(figure)
    assert "may mean" in problem
    assert "1.686,0" in fix


@pytest.mark.parametrize(("mark", "value"), [(",", 1686), (".", 1.686)])
def test_the_mark_of_the_form_decides(mark, value):
    assert read("1.686", mark=mark).value == value


def test_people_come_in_wholes_so_the_mark_parts_thousands():
    assert read("1.686", WORKERS).value == 1686
    assert read("1,686", WORKERS).value == 1686
    assert read("12.345.678", WORKERS).value == 12345678


@pytest.mark.parametrize(
    ("value", "unit", "billions"),
    [
        (250.5, "Tỷ đồng", 250.5),
        (250.5, "tỷ", 250.5),
        (250500, "Triệu đồng", 250.5),
        (250500, "(triệu đồng)", 250.5),
        (250500000, "Nghìn đồng", 250.5),
        (250500000000, "đồng", 250.5),
        (250500000000, "VNĐ", 250.5),
        (250.5, "Billion VND", 250.5),
        (250.5, "", 250.5),
    ],
)
def test_money_in_every_unit(value, unit, billions):
    assert read(value, MONEY, unit).value == pytest.approx(billions)


@pytest.mark.parametrize(
    ("value", "unit"), [(9.5, "Triệu đồng/người/tháng"), (9500000, "đồng/người/tháng"), (9500, "nghìn đồng")]
)
def test_income_in_every_unit(value, unit):
    assert read(value, INCOME, unit).value == pytest.approx(9.5)


def test_a_unit_beside_the_figure_wins_over_that_of_the_column():
    assert read("250.500 triệu đồng", MONEY, "Tỷ đồng", mark=",").value == pytest.approx(250.5)


@pytest.mark.parametrize(("line", "unit"), [(READY, "Tỷ đồng"), (MONEY, "ha"), (WORKERS, "ha"), (RATE, "ha")])
def test_a_unit_of_another_kind_is_refused(line, unit):
    figure = read(3, line, unit)
    assert refusal(figure) == (
        f"is in {unit!r}, but the row is in {line.unit[1]}",
        f"Write the figure in {line.unit[1]}.",
    )
    assert refusal(figure, "vi") == (
        f"ghi theo đơn vị “{unit}”, nhưng dòng này tính bằng {line.unit[0]}",
        f"Ghi lại số theo đơn vị {line.unit[0]}.",
    )


@pytest.mark.parametrize("text", ["", "-", "–", "…", "chưa có", "không rõ", "n/a", "?"])
def test_blanks_are_nothing_and_no_fault(text):
    figure = read(text)
    assert (figure.value, figure.refused, figure.doubt) == (None, "", "")


def test_no_is_an_answer_only_where_one_is_asked_for():
    assert read("không", PLANT).value == 0
    assert (read("chưa có", PLANT).value, read("chưa có", PLANT).doubt) == (0, "cell.no-or-blank")
    assert (read("không", PLANT).value, read("không", PLANT).doubt) == (0, "")
    assert read("chưa có", PROJECTS).value is None


@pytest.mark.parametrize(
    ("text", "value"), [("Có", 1), ("X", 1), ("đã đầu tư", 1), ("Không", 0), (True, 1), (0, 0)]
)
def test_plants(text, value):
    assert read(text, PLANT).value == value


@pytest.mark.parametrize("text", ["khoảng 20", "~20", "≈ 20", "gần 20", "hơn 20 ha", "about 20"])
def test_approximate_figures_are_taken_with_a_doubt(text):
    figure = read(text)
    assert figure.value == 20
    assert verdict(figure.doubt, "en", **figure.words)[0] == f"{text!r} is only approximate"


@pytest.mark.parametrize(
    "text",
    [
        "20-25",
        "20 đến 25",
        "hai mươi",
        "20 (ước)",
        "#REF!",
        "12..5.",
        "1,2,3",
        "=A1",
        "20;25",
        "1e3",
        "20 25",
        "1.686.5",
    ],
)
def test_what_is_no_figure_is_refused(text):
    figure = read(text)
    assert figure.value is None
    assert figure.refused


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (True, "“True” không phải là số"),
        (dt.date(2026, 5, 1), "01/05/2026"),
        (dt.datetime.fromisoformat("2026-05-01"), "01/05/2026"),
        (dt.time(1, 5), "01:05"),
    ],
)
def test_what_a_spreadsheet_made_of_a_figure_is_refused(value, words):
    assert words in refusal(read(value), "vi")[0]


@pytest.mark.parametrize(("value", "line"), [(-1, READY), ("-1", READY), (1.5, PROJECTS), (2, PLANT)])
def test_values_out_of_range_are_refused(value, line):
    assert read(value, line).refused


@pytest.mark.parametrize("value", [float("inf"), float("nan"), 1e308])
def test_figures_that_are_none(value):
    figure = read(value, MONEY, "Tỷ đồng")
    assert figure.refused or figure.value == 1e308


def test_a_percentage_of_the_spreadsheet_is_per_cent():
    assert read(0.855, RATE, percent=True).value == pytest.approx(85.5)
    assert read(85.5, RATE).value == 85.5
    assert read("85,5 %", RATE).value == 85.5


def test_a_formula_without_its_value_is_refused():
    assert "formula" in refusal(read(None, formula=True))[0]


def test_the_marks_of_a_form_are_taken_together():
    assert mark_of([Cell("A1", "1.686"), Cell("A2", "12,5")]) == ","
    assert mark_of([Cell("A1", "1.686"), Cell("A2", "12")]) is None
    assert mark_of([Cell("A1", "1.5"), Cell("A2", "2,5")]) is None
    assert mark_of([Cell("A1", 1.5), Cell("A2", "Phú Thị")]) == ""


def test_units_are_looked_up_without_accents_and_brackets():
    assert unit_words(" (Tỷ  đồng): ") == "ty dong"
    assert read_unit("HÉC TA", READY) == 1
    assert read_unit("", READY) is None


@given(st.decimals(0, 10**6, places=4).map(float), st.sampled_from(["vi", "en"]))
def test_every_printed_figure_of_four_decimals_is_read_back(value, lang):
    assert read(format_number(value, lang, 4)).value == pytest.approx(value, abs=1e-9)


@given(st.integers(0, 10**9), st.sampled_from(["vi", "en"]))
def test_every_printed_whole_is_read_back(value, lang):
    assert read(format_number(value, lang, 0), WORKERS).value == value


@given(st.text(max_size=30))
def test_no_text_raises_and_none_is_both_read_and_refused(text):
    for line in (READY, RATE, PROJECTS, PLANT, MONEY):
        figure = read(text, line)
        assert figure.value is None or not figure.refused
        assert not figure.refused or all(refusal(figure, lang) for lang in ("vi", "en"))
