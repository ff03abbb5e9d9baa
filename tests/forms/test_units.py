"""Whose form it is: found by name or id, refused with the nearest where it is not there."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from clusters_geo import SchemaError
from clusters_geo.forms.fill import form
from clusters_geo.forms.units import choose, level_of, unit_names
from clusters_geo.names import find_cluster
from clusters_geo.report.unit_report import unit_report


def chosen(register, number="03", unit="Gia Lâm", level=None):
    found = choose(register, number, unit, level)
    return found.name, found.level, found.clusters.index.tolist()


def test_a_district_is_tried_before_a_commune(register):
    register["commune"] = "Gia Lâm"
    assert chosen(register)[1] == "district"
    assert chosen(register.assign(district=pd.NA), level="commune")[1:] == (
        "commune",
        register.index.tolist(),
    )


def test_a_district_has_its_clusters(register):
    assert chosen(register) == ("Gia Lâm", "district", ["CCN-01", "CCN-03", "CCN-05"])


def test_a_commune_has_its_clusters(register):
    assert chosen(register, unit="xã Liên Hà") == ("Liên Hà", "commune", ["CCN-02"])


def test_the_level_may_be_said(register):
    with pytest.raises(SchemaError, match="no cluster in 'Liên Hà'"):
        chosen(register, unit="Liên Hà", level="district")


def test_form_04_is_of_all_and_may_be_named(register):
    assert chosen(register, "04", None) == ("", "province", register.index.tolist())
    assert chosen(register, "04", "Hà Nội")[0] == "Hà Nội"


def test_form_02_is_of_one(register):
    assert chosen(register, "02", "CCN-02")[1:] == ("cluster", ["CCN-02"])


def test_form_02_asks_which(register):
    with pytest.raises(SchemaError, match=r"about one cluster\. Say which"):
        chosen(register, "02", None)


@pytest.mark.parametrize("wanted", ["CCN-01", "Phú Thị", "CCN Phú Thị", "cụm công nghiệp PHÚ THỊ", "phu thi"])
def test_a_cluster_is_found_however_it_is_typed(register, wanted):
    assert find_cluster(register, wanted) == "CCN-01"


def test_an_id_wins_over_a_name(register):
    register.loc["CCN-02", "name"] = "CCN-01"
    assert find_cluster(register, "CCN-01") == "CCN-01"


def test_a_stranger_has_no_nearest(register):
    with pytest.raises(SchemaError, match=r"name 'Xyzzy'\.$"):
        find_cluster(register, "Xyzzy")


def test_an_unknown_unit_without_a_near_one_lists_what_there_is(register):
    with pytest.raises(SchemaError, match="It has: Đông Anh, Gia Lâm, Đan Phượng"):
        chosen(register, unit="Xyz")


def test_names_are_sorted_without_accents_and_listed_once(register):
    assert unit_names(register, "district") == ["Đông Anh", "Gia Lâm"]
    assert unit_names(register, "commune")[:2] == ["Đan Phượng", "Dị Nậu"]


def test_a_repeated_commune_is_told_apart_even_without_its_district(register):
    register["commune"] = ["Liên Hà", "Liên Hà", None, None, None, None]
    register.loc["CCN-02", "district"] = pd.NA
    assert unit_names(register, "commune") == ["Liên Hà (?)", "Liên Hà (Gia Lâm)"]


def test_units_are_districts_where_there_are_any(register):
    assert level_of(register) == "district"
    assert level_of(register.assign(district=pd.NA)) == "commune"


def test_the_province_name_stands_in_the_heading_only(register):
    named = form(register, "04", unit="Hà Nội", period="2026-H1")
    pd.testing.assert_frame_equal(named, form(register, "04", period="2026-H1"))


def test_what_happens_in_the_period_is_told_from_what_stands_at_its_end(register):
    table = form(register, "04", period="2026-H1")
    assert table.index[table["timing"] == "period"].tolist() == ["5", "6", "23", "24"]


@pytest.fixture
def thanh_hoa():
    communes = ["xã Hoằng Hóa", "xã Thọ Lập", "xã Tân An", "phường Tân An", "Tân An"]
    return pd.DataFrame({"name": ["Tư Sy", "B", "C", "D", "E"], "commune": communes}, index=list("abcde"))


@pytest.mark.parametrize("wanted", ["hoang hoa", "Hoằng Hoá", "X. Hoằng Hóa", "xa hoang hoa", "HOẰNG HÓA"])
def test_accents_and_type_may_be_left_out(thanh_hoa, wanted):
    assert choose(thanh_hoa, "03", wanted, "commune").name == "xã Hoằng Hóa"


@pytest.mark.parametrize(
    ("wanted", "meant"),
    [("xã Hoàng Hóa", "xã Hoằng Hóa"), ("phường Hoằng Hóa", "xã Hoằng Hóa"), ("xã Thô Lập", "xã Thọ Lập")],
)
def test_other_accents_or_another_type_are_another_unit(thanh_hoa, wanted, meant):
    with pytest.raises(SchemaError, match=f"Did you mean {meant}"):
        choose(thanh_hoa, "03", wanted, "commune")


def test_other_accents_are_another_cluster(thanh_hoa):
    assert find_cluster(thanh_hoa, "CCN tu sy") == "a"
    with pytest.raises(SchemaError, match="Did you mean Tư Sy"):
        find_cluster(thanh_hoa, "CCN Tử Sỹ")


def test_two_types_of_one_name_are_two_units_and_a_bare_name_is_neither(thanh_hoa):
    assert chosen(thanh_hoa, unit="xã Tân An") == ("xã Tân An", "commune", ["c"])
    found = choose(thanh_hoa, "03", "P. Tân An", None)
    assert (found.name, found.clusters.index.tolist(), found.unplaced) == ("phường Tân An", ["d"], ("e",))
    with pytest.raises(SchemaError, match=r"xã Tân An.*phường Tân An"):
        chosen(thanh_hoa, unit="Tân An")


@pytest.fixture
def by_commune(register):
    communes = ["xã Hoằng Hóa", "xã Nga Sơn", "xã Thọ Lập"] * 2
    return register.drop(columns="district").assign(commune=pd.array(communes, dtype="string"))


def test_a_huyen_in_a_register_by_communes_is_told_of_its_end_and_of_the_communes(by_commune):
    told = r"no districts since 1 July 2025. It has: xã Hoằng Hóa, xã Nga Sơn and xã Thọ Lập"
    with pytest.raises(SchemaError, match=told):
        choose(by_commune, "03", "huyện Hoằng Hóa", None, on=date(2026, 6, 14))


def test_reports_and_forms_list_the_same_units(by_commune):
    with pytest.raises(SchemaError) as of_forms:
        choose(by_commune, "03", "xã Không Có", None, on=date(2026, 6, 14))
    with pytest.raises(SchemaError) as of_reports:
        unit_report(by_commune, unit="xã Không Có")
    assert str(of_reports.value) == str(of_forms.value)
