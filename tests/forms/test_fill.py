"""Forms against values computed by hand from the small register of conftest.py."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from clusters_geo import SchemaError
from clusters_geo.forms.fill import form, form_trace

# Row: province, Gia Lâm (1, 3, 5), Đông Anh (2, 4, 6), added up by hand.
BY_HAND = {
    "1": (6, 3, 3),
    "2": (172.75, 61.75, 111.0),
    "3": (3, 2, 1),
    "4": (112.25, 52.25, 60.0),
    "5": (1, 0, 1),  # Liên Hà, 1 February 2026
    "6": (60.0, 0.0, 60.0),
    "7": (3, 2, 1),
    "8": (112.75, 52.75, 60.0),
    "9": (3, 2, 1),
    "10": (112.75, 52.75, 60.0),
    "11": (3, 2, 1),
    "12": (112.75, 52.75, 60.0),
    "13": (1360.5, 550.5, 810.0),
    "14": (352.25, 252.0, 100.25),
    "15": (4, 2, 2),
    "15.1": (2, 1, 1),
    "15.2": (2, 1, 1),
    "15.3": (2, 1, 1),
    "15.4": (1, 0, 1),
    "16": (100.5, 29.5, 71.0),
    "16.1": (80.5, 20.5, 60.0),
    "16.2": (20.0, 9.0, 11.0),
    "16.3": (20.0, 9.0, 11.0),
    "16.4": (60.0, 0.0, 60.0),
    "17": (72.0, 22.0, 50.0),
    "18": (37.5, 21.5, 16.0),
    "19": (100 * 37.5 / 72, 100 * 21.5 / 22, 32.0),
    "20": (130, 81, 49),
    "21": (5, 2, 3),
    "22": (120, 75, 45),
    "23": (2126.0, 1710.5, 415.5),
    "24": (106.0, 85.75, 20.25),
    "25": (5270, 3900, 1370),
    "26": (3, 2, 1),
    "27": (1, 1, 0),
}


def test_each_row_against_the_sum_by_hand(register):
    province = form(register, "04", period="2026-H1", anyway=True)
    gia_lam, dong_anh = (
        form(register, "03", unit=unit, period="2026-H1", anyway=True) for unit in ("Gia Lâm", "Đông Anh")
    )
    for number, table in enumerate((province, gia_lam, dong_anh)):
        by_hand = {row: results[number] for row, results in BY_HAND.items()}
        assert table["result"].to_dict() == pytest.approx(by_hand)
        assert table["qualifier"].eq("").all()


def test_form_02_repeats_the_record(register):
    table = form(register, "02", unit="CCN-01", period="2026-H1", anyway=True)
    expected = [250.5, 240, 15, 14.5, 100 * 14.5 / 15, 21, 2, 20, 12.5, 1.25, 35, 9.5, 1, 1]
    assert table["result"].tolist() == pytest.approx(expected)
    assert table.index.tolist() == [str(row) for row in range(1, 15)]


def test_a_stated_fill_rate_stands_in_where_areas_are_missing(register):
    register["fill_rate_declared"] = 0.5
    register.loc["CCN-06", "fill_rate_declared"] = 0.25
    table = form(register, "02", unit="Dị Nậu", period="2026-H1", anyway=True)
    assert table.loc["5", "result"] == 25.0


def test_a_total_with_a_missing_part_says_at_least(register):
    register.loc["CCN-03", "workers"] = pd.NA
    row = form(register, "03", unit="Gia Lâm", period="2026-H1", anyway=True).loc["25"]
    assert (row["result"], row["qualifier"]) == (2100, "at least")
    assert row["note"] == "Ít nhất 2.100; 1/2 cụm có số liệu"
    assert (row["cluster_ids"], row["missing_ids"]) == ("CCN-01", "CCN-03")


def test_what_nobody_reports_is_not_nought(register):
    table = form(register.drop(columns="workers"), "04", period="2026-H1", anyway=True, lang="en")
    assert math.isnan(table.loc["25", "result"])
    assert table.loc["25", "note"] == "Not reported (0 of 4)"


def test_a_cluster_that_does_not_operate_is_not_missing(register):
    row = form(register, "04", period="2026-H1", anyway=True).loc["25"]
    assert row["clusters"] == 4


def test_workers_of_a_cluster_under_construction_are_not_dropped(register):
    register.loc["CCN-05", "workers"] = 30
    assert form(register, "04", period="2026-H1", anyway=True).loc["25", "result"] == 5300


def test_a_cluster_with_projects_owes_its_workers_whatever_its_status(register):
    register.loc["CCN-05", "projects"] = 3
    row = form(register, "04", period="2026-H1", anyway=True).loc["25"]
    assert (row["clusters"], row["qualifier"], row["missing_ids"]) == (5, "at least", "CCN-05")


def test_a_plant_on_a_site_not_begun_is_counted(register):
    register.loc["CCN-06", "wastewater_started"] = True
    assert form(register, "04", period="2026-H1", anyway=True).loc["26", "result"] == 4


def test_a_blank_is_not_a_no(register):
    register["established"] = pd.NA
    table = form(register, "04", period="2026-H1", anyway=True)
    assert table.loc["15.1", ["result", "qualifier"]].tolist() == [2, "at least"]
    # Of clusters as of hectares: nought at least says nothing.
    assert table.loc[["15.2", "16.2"], "qualifier"].tolist() == ["not reported"] * 2
    assert table.loc[["15.2", "16.2"], "result"].isna().all()
    assert table.loc["15.2", "note"] == "Chưa rõ: 2/4 cụm có số liệu, đều không thuộc dòng này"
    assert table.loc["15", "qualifier"] == ""


def test_a_decision_without_a_date_is_established_but_perhaps_not_in_the_period(register):
    register = register.drop(columns=["established_on", "established", "established_ha"])
    register["decision"] = ["QĐ 1", None, None, None, None, None]
    table = form(register, "04", period="2026-H1", anyway=True)
    assert table.loc["3", "result"] == 1
    assert math.isnan(table.loc["5", "result"])


def test_what_comes_after_the_period_does_not_count_yet(register):
    table = form(register, "04", period="2025")
    assert table.loc[["3", "5", "9", "11"], "result"].tolist() == [2, 0, 2, 2]


def test_a_cluster_opened_after_the_period_does_not_operate_yet(register):
    register["operating_on"] = pd.to_datetime([None, "2026-07-01", None, None, None, None])
    assert form(register, "04", period="2026-H1", anyway=True).loc["15", "result"] == 3


def test_the_fill_rate_is_that_of_the_clusters_with_both_areas(register):
    register.loc["CCN-02", "leasable_ha"] = None
    row = form(register, "04", period="2026-H1", anyway=True, lang="en").loc["19"]
    assert row["result"] == pytest.approx(100 * 25.5 / 30)
    assert row["note"] == (
        "Computed from the 3 of 4 that have both figures; "
        "industrial land (leasable_ha) is missing for 1 of the clusters: CCN-02"
    )


def test_a_project_that_only_its_capital_tells_of_is_inferred(register):
    capital = register.drop(columns=["project_approved_on", "project_approved"])
    told = form(capital, "04", period="2026-H1", anyway=True, lang="en").loc[["11", "12"]]
    assert told["note"].str.endswith(("of which 3 inferred", "of which 112.8 inferred")).all()
    trace = form_trace(capital, "04", period="2026-H1", anyway=True)
    found = trace[(trace["row"] == "11") & (trace["state"] == "counted")]
    assert set(found["basis"]) == {"inferred"}
    said = form(register, "04", period="2026-H1", anyway=True, lang="en").loc[["11", "12"], "note"]
    assert not said.str.contains("inferred").any()


def test_a_rate_of_some_clusters_is_incomplete_and_not_estimated(register):
    register.loc["CCN-02", "leased_ha"] = None
    row = form(register, "04", period="2026-H1", anyway=True, lang="en").loc["19"]
    assert (row["qualifier"], row["mark"]) == ("partial", "")
    register["leasable_ha_basis"] = "inferred"
    assert form(register, "04", period="2026-H1", anyway=True).loc["19", "mark"] == "≈"


def test_modelled_figures_are_told_from_published_ones(register):
    register["planned_ha_basis"] = ["published", "modelled", "declared", "measured", None, "inferred"]
    register["in_plan"] = True
    row = form(register, "04", period="2026-H1", anyway=True, lang="en").loc["2"]
    parts = row[["published", "declared", "measured", "inferred", "modelled", "other_basis"]].tolist()
    assert parts == [20.5, 9.0, 11.0, 40.0, 60.0, 32.25]
    assert row["note"] == "of which 40.0 inferred, 60.0 modelled"


def test_a_modelled_part_proves_no_least(register):
    register.loc["CCN-01", "planned_ha"] = None
    register["planned_ha_basis"] = "modelled"
    row = form(register, "04", period="2026-H1", anyway=True, lang="en").loc["16"]
    assert row["qualifier"] == "incomplete"
    assert row["note"] == "Incomplete: 80.0; 3 of 4 reported; of which 80.0 modelled"


def test_a_rate_of_a_modelled_area_is_modelled(register):
    register["leased_ha_basis"] = "published"
    register["leasable_ha_basis"] = "modelled"
    row = form(register, "03", unit="Gia Lâm", period="2026-H1", anyway=True).loc["19"]
    assert (row["modelled"], row["published"]) == (2, 0)
    assert row["note"] == "2 cụm có số liệu mô hình hóa"


def test_the_plan_counts_the_register_unless_it_says_otherwise(register):
    register["in_plan"] = [None, False, None, None, None, None]
    register["listed_on"] = pd.to_datetime([None, None, "2030-01-01", None, None, None])
    row = form(register, "04", period="2026-H1", anyway=True).loc["1"]
    assert (row["result"], row["inferred"]) == (4, 4)


def test_every_result_is_traced_to_its_clusters(register):
    trace = form_trace(register, "03", unit="Gia Lâm", period="2026-H1", anyway=True)
    sixteen = trace[trace["row"] == "16"]
    assert sixteen["cluster_id"].tolist() == ["CCN-01", "CCN-03"]
    assert sixteen["value"].tolist() == [20.5, 9.0]
    assert (
        sixteen["decided_by"].tolist() == ["name", "name"] or sixteen["column"].tolist() == ["planned_ha"] * 2
    )


def test_the_trace_adds_up_to_the_form(register):
    table = form(register, "04", period="2026-H1", anyway=True)
    trace = form_trace(register, "04", period="2026-H1", anyway=True)
    sums = trace.groupby("row")["value"].sum()
    rows = table.index.drop("19")
    assert sums[rows].tolist() == pytest.approx(table.loc[rows, "result"].tolist())


def test_the_register_is_not_changed(register):
    before = register.copy(deep=True)
    form(register, "04", period="2026-H1", anyway=True)
    pd.testing.assert_frame_equal(register, before)


def test_english_wording(register):
    table = form(register, "03", unit="Gia Lam", period="2026-H1", anyway=True, lang="en")
    assert table.loc["26", "indicator"] == "Clusters with a central wastewater plant built or being built"
    assert table.loc["13", "unit"] == "billion VND"


def test_units_are_found_however_they_are_typed(register):
    results = [
        form(register, "03", unit=unit, period="2026-H1", anyway=True).loc["1", "result"]
        for unit in ("Huyện Gia Lâm", "GIA LÂM", "gia lam")
    ]
    assert results == [3, 3, 3]


def test_an_unknown_unit_is_refused_with_the_nearest(register):
    with pytest.raises(SchemaError, match=r"no cluster in 'Gia Lâmm'. Did you mean Gia Lâm"):
        form(register, "03", unit="Gia Lâmm", period="2026-H1", anyway=True)


def test_form_03_asks_for_its_unit(register):
    with pytest.raises(SchemaError, match=r"about a district or commune. Say which with unit="):
        form(register, "03", period="2026-H1", anyway=True)


def test_a_commune_is_a_unit_too(register):
    assert (
        form(register, "03", unit="Liên Hà", period="2026-H1", anyway=True, level="commune").loc[
            "15", "result"
        ]
        == 1
    )


def test_two_communes_of_one_name_are_told_apart_by_their_district(register):
    register["commune"] = "Liên Hà"
    with pytest.raises(SchemaError, match=r"Liên Hà \(Gia Lâm\)"):
        form(register, "03", unit="Liên Hà", period="2026-H1", anyway=True, level="commune")
    table = form(register, "03", unit="Liên Hà (Gia Lâm)", period="2026-H1", anyway=True, level="commune")
    assert table.loc["1", "result"] == 3


def test_two_clusters_of_one_name_are_told_apart_by_their_id(register):
    register["name"] = "Phùng Xá"
    with pytest.raises(
        SchemaError, match=r"6 clusters are called Phùng Xá. Say which by its id: CCN-01 \(Gia"
    ):
        form(register, "02", unit="Phùng Xá", period="2026-H1", anyway=True)


def test_a_misspelt_cluster_is_refused_with_the_nearest(register):
    with pytest.raises(SchemaError, match=r"'Phú Thj'. Did you mean Phú Thị"):
        form(register, "02", unit="Phú Thj", period="2026-H1", anyway=True)


def test_a_register_that_cannot_be_computed_with_is_refused(register):
    register.loc["CCN-01", "planned_ha"] = -3.0
    with pytest.raises(SchemaError, match="CCN-01, planned_ha"):
        form(register, "04", period="2026-H1", anyway=True)


def test_an_empty_register_gives_noughts_and_no_rate(register):
    table = form(register.iloc[:0], "04", period="2026-H1", anyway=True)
    assert table["result"].drop("19").eq(0).all()
    assert math.isnan(table.loc["19", "result"])


def test_row_19_tells_the_rate_with_the_clusters_that_state_only_a_rate(register):
    # Four operate: 15, 42, 7 and 8 ha, of which 14.5, 12, 7 and 4 are leased.
    register["fill_rate_declared"] = [0.9, *[float("nan")] * 5]
    register.loc["CCN-01", "leased_ha"] = float("nan")
    by_hand = 100 * (0.9 * 15 + 12 + 7 + 4) / 72
    note = form(register, "04", period="2026-H1", anyway=True, lang="en").loc["19", "note"]
    assert f"with 1 that state only a rate: {by_hand:.1f}" in note
    register["fill_rate_declared"] = float("nan")
    assert (
        "only a rate" not in form(register, "04", period="2026-H1", anyway=True, lang="en").loc["19", "note"]
    )
