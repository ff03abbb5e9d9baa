"""The page of a form: words, signs and signatures before any file is written."""

from __future__ import annotations

import pytest

from clusters_geo.forms.circular import verdict
from clusters_geo.forms.fill import blank, fill
from clusters_geo.forms.layout import page_of
from clusters_geo.forms.save import to_html
from clusters_geo.reading.notes import LoadReport, attach
from clusters_geo.words import speaker


def page(register, number="03", **whose):
    whose = {"unit": "Gia Lâm", "period": "2026-H1", "anyway": True} | whose
    return page_of(fill(register, number, **whose))


def row(page, number):
    return next(row for row in page.rows if row.number == number)


def test_sections_head_their_rows(register):
    kinds = [(row.kind, row.number) for row in page(register).rows]
    assert kinds[0] == ("section", "I")
    assert kinds.index(("section", "II")) == kinds.index(("row", "3")) - 1
    assert kinds.index(("section", "III")) == kinds.index(("row", "15")) - 1
    assert len(kinds) == 35 + 3


def test_form_02_has_no_sections_and_names_its_cluster(register):
    one = page(register, "02", unit="CCN-01")
    assert [row.kind for row in one.rows] == ["row"] * 14
    assert one.left[1:] == ("Tên cụm công nghiệp: Phú Thị", "Mã cụm: CCN-01", "Địa điểm: Phú Thị, Gia Lâm")


def test_a_record_keeps_every_decimal_and_never_prints_three(register):
    register.loc["CCN-01", ["ready_ha", "leased_ha", "approved_capital_bn_vnd"]] = [12.345, 1.25, 1686.0]
    one = page(register, "02", unit="CCN-01")
    assert [row(one, number).text for number in "341"] == ["12,3450", "1,25", "1.686,0"]


def test_a_sum_is_printed_to_a_tenth_but_kept_exact(register):
    register.loc["CCN-01", "planned_ha"] = 20.4567
    area = row(page(register), "16")
    assert (area.text, area.value) == ("29,5", 29.4567)


def test_things_counted_have_no_decimals(register):
    assert row(page(register), "25").text == "3.900"
    assert row(page(register, lang="en"), "25").text == "3,900"


@pytest.mark.parametrize(
    ("number", "unit", "reporter", "head"),
    [
        ("02", "CCN-01", "Đơn vị báo cáo: Chủ đầu tư …………", "Đại diện chủ đầu tư"),
        ("03", "Gia Lâm", "Đơn vị báo cáo: UBND Gia Lâm", "TM. Ủy ban nhân dân"),
        ("04", "Hà Nội", "Đơn vị báo cáo: Sở Công Thương Hà Nội", "Giám đốc"),
    ],
)
def test_who_reports_and_who_signs(register, number, unit, reporter, head):
    one = page(register, number, unit=unit)
    assert one.left[0] == reporter
    assert [signature.title for signature in one.signatures] == ["Người lập biểu", head]
    assert one.signatures[1].date.endswith("năm 2026")


def test_a_blank_form_leaves_the_results_and_names_open():
    one = page_of(blank("01", period="2026-H1"))
    assert [(row.number, row.text, row.value, row.note) for row in one.rows] == [
        (number, "", None, "") for number in "1234"
    ]
    assert one.left == (
        "Đơn vị báo cáo: …………",
        "Tên cụm công nghiệp: …………",
        "Mã cụm: …………",
        "Địa điểm: …………",
    )
    assert one.signatures[1].title == "Đại diện đơn vị báo cáo"


def test_a_blank_form_of_a_cluster_is_headed_by_it(register):
    one = page_of(blank("02", clusters=register, unit="phu thi", period="2026-H1", lang="en"))
    assert one.left[1:3] == ("Industrial cluster: Phú Thị", "Cluster id: CCN-01")
    assert len(one.rows) == 14
    assert not any(row.text for row in one.rows)
    assert "Figures of the register as of" not in one.subtitle[1]


def test_html_shows_what_stands_in_a_name_as_text(register):
    register.loc["CCN-01", "investor"] = "<img src=x onerror=alert(1)> {{ 7 * 7 }} ${x}"
    register["investor"] = register.get("investor")
    text = to_html(page(register, "02", unit="CCN-01"))
    assert "<img" not in text
    assert "{{ 7 * 7 }}" in text


def test_unknown_words_are_errors():
    with pytest.raises(KeyError):
        speaker("forms")("no-such-word")
    with pytest.raises(KeyError):
        verdict("forms.no-such-rule", "vi")


@pytest.mark.parametrize(
    ("region", "period", "named"),
    [
        ("Thanh Hóa", "2026-H1", "Thanh Hóa"),
        ("Bắc Giang", "2026-H1", "Bắc Ninh"),
        ("Bắc Giang", "2024", "Bắc Giang"),
    ],
)
def test_the_department_is_of_the_province_that_the_register_is_said_to_be_of(
    register, region, period, named
):
    attach(register, LoadReport("so.xlsx", province=region))
    assert page(register, "04", unit=None, period=period).left == (f"Đơn vị báo cáo: Sở Công Thương {named}",)
