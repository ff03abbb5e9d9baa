from __future__ import annotations

from datetime import date

import pytest

from clusters_geo import SchemaError
from clusters_geo.forms.circular import Period, lines, title


def test_the_half_year_runs_from_mid_december_to_mid_june():
    half = Period.parse("2026-H1")
    assert (half.start, half.end) == (date(2025, 12, 15), date(2026, 6, 14))


def test_the_year_starts_on_the_same_day():
    year = Period.parse("2026")
    assert (year.start, year.end) == (date(2025, 12, 15), date(2026, 12, 14))


@pytest.mark.parametrize(
    ("form", "june", "december"),
    [
        ("01", date(2026, 6, 20), date(2026, 12, 20)),
        ("02", date(2026, 6, 20), date(2026, 12, 20)),
        ("03", date(2026, 6, 25), date(2026, 12, 25)),
        ("04", date(2026, 6, 30), date(2026, 12, 31)),
    ],
)
def test_deadlines_of_the_circular(form, june, december):
    assert Period.parse("2026-H1").due(form) == june
    assert Period.parse("2026").due(form) == december


def test_a_form_due_before_a_day_is_late_on_that_day():
    half = Period.parse("2026-H1")
    assert not half.overdue("03", date(2026, 6, 24))
    assert half.overdue("03", date(2026, 6, 25))


@pytest.mark.parametrize("written", ["2026-h1", " 2026-H1 ", "2026-H1"])
def test_a_period_is_read_however_it_is_typed(written):
    assert Period.parse(written).code == "2026-H1"


def test_the_year_may_be_marked():
    assert Period.parse("2026-Y") == Period.parse("2026")


@pytest.mark.parametrize("written", ["2026-H2", "H1", "2026-06", "1026-H1", "", "tháng 6"])
def test_what_is_no_period_is_refused_with_the_remedy(written):
    with pytest.raises(
        SchemaError, match=r"Write 2026-H1 for the report of June .* or 2026 for the report of Dec"
    ):
        Period.parse(written)


def test_words_of_a_period():
    assert Period.parse("2026").words() == "năm 2026 (từ 15/12/2025 đến 14/12/2026)"
    assert Period.parse("2026-H1").words() == "6 tháng đầu năm 2026 (từ 15/12/2025 đến 14/06/2026)"


def test_the_circular_has_4_14_35_and_35_rows():
    assert [len(lines(form)) for form in ("01", "02", "03", "04")] == [4, 14, 35, 35]


def test_every_row_is_worded_in_both_languages():
    for form in ("01", "02", "03", "04"):
        assert title(form, "en") != title(form, "vi")
        for line in lines(form):
            assert all(line.indicator)
            assert all(line.unit)
            assert bool(line.section[0]) == bool(line.section[1]) == (form in ("03", "04"))


def test_forms_of_a_firm_name_the_column_of_each_row():
    from clusters_geo.schema import column

    for line in (*lines("01"), *lines("02")):
        assert column(line.column).name == line.column


def test_only_what_happens_in_a_period_is_counted_in_it():
    assert [line.row for line in lines("04") if line.timing == "period"] == ["5", "6", "23", "24"]
    assert [line.row for line in lines("02") if line.timing == "period"] == ["9", "10", "12"]


def test_an_unknown_form_is_refused():
    with pytest.raises(SchemaError, match=r"no form '05'. The circular has 01, 02, 03, 04"):
        lines("05")


@pytest.mark.parametrize(
    ("period", "day", "covered"),
    [
        *[("2026-H1", date(2026, 6, 30), True), ("2026-H1", date(2026, 7, 1), False)],
        *[("2026", date(2026, 12, 31), True), ("2026-H1", date(2025, 12, 14), False)],
    ],
)
def test_a_register_of_the_last_day_of_the_half_year_is_within_the_period(period, day, covered):
    assert Period.parse(period).covers(day) == covered
