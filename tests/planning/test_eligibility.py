"""Who may establish and who may expand: at each threshold, in each regime, and when nobody can say."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusters_geo.errors import SchemaError
from clusters_geo.planning.eligibility import eligibility, expansion
from clusters_geo.planning.law import land_shares_on, regime_on, speciality_share_on

FIRST, SECOND, THIRD = "2022-09-30", "2024-06-30", "2026-10-01"


def register(**columns):
    table = pd.DataFrame(columns)
    table["district"] = table.get("district", pd.Series("A", index=table.index))
    table["status"] = table.get("status", pd.Series("operating", index=table.index))
    return table


def answer(on, **columns):
    return eligibility(register(**columns), by="district", on=on)["may_establish"].iloc[0]


@pytest.mark.parametrize(
    ("day", "code"),
    [
        (date(2017, 7, 14), "105/2009"),
        (date(2017, 7, 15), "68/2017"),
        (date(2024, 4, 30), "68/2017"),
        (date(2024, 5, 1), "32/2024"),
        (date(2026, 9, 14), "32/2024"),
        (date(2026, 9, 15), "303/2026"),
    ],
)
def test_the_regime_changes_on_the_day_it_comes_into_force(day, code):
    assert regime_on(day).code == code


@pytest.mark.parametrize(
    ("on", "unleased", "expected"),
    [
        (FIRST, 49.9, "yes"),
        (FIRST, 50.0, "no"),
        (SECOND, 100.0, "yes"),
        (SECOND, 100.1, "no"),
        (THIRD, 50.0, "yes"),
        (THIRD, 50.1, "no"),
    ],
)
def test_unleased_land_at_the_threshold(on, unleased, expected):
    # Fill is exactly a half, which is not above it.
    assert answer(on, leasable_ha=[2 * unleased], leased_ha=[unleased]) == expected


@pytest.mark.parametrize("on", [FIRST, SECOND, THIRD])
def test_fill_above_a_half_is_enough_however_much_land_is_left(on):
    assert answer(on, leasable_ha=[1000.0], leased_ha=[501.0]) == "yes"
    assert answer(on, leasable_ha=[1000.0], leased_ha=[500.0]) == "no"


def test_before_august_2020_no_text_is_known():
    found = eligibility(register(leasable_ha=[10.0], leased_ha=[10.0]), on="2020-07-31", lang="en").iloc[0]
    assert found["may_establish"] == "unknown"
    assert "No text in force on 2020-07-31" in found["note"]
    assert answer("2020-08-01", leasable_ha=[10.0], leased_ha=[10.0]) == "yes"


def test_land_with_an_investment_approval_counts_as_filled():
    areas = {"leasable_ha": [300.0], "leased_ha": [100.0]}
    assert answer(SECOND, **areas) == "no"
    assert answer(SECOND, **areas, approved_ha=[51.0]) == "yes"


def test_where_the_mean_of_rates_and_that_of_the_land_differ_nobody_can_say():
    land = {"leasable_ha": [10.0, 10.0, 50.0, 55.0, 20.0], "leased_ha": [10.0, 10.0, 10.0, 5.0, 5.0]}
    found = eligibility(register(**land), on=SECOND, lang="en").iloc[0]
    assert found["mean_fill_rate"] == pytest.approx(0.508, abs=5e-4)
    assert found["weighted_fill_rate_low"] == found["weighted_fill_rate_high"] == pytest.approx(40 / 145)
    assert found["may_establish"] == "unknown"
    assert "50.8 %" in found["note"]
    assert "27.6 %" in found["note"]
    assert "does not say which" in found["note"]
    # Little land is free: then the means do not matter.
    assert answer(SECOND, leasable_ha=[10.0, 90.0], leased_ha=[10.0, 9.0]) == "yes"


def test_one_figure_is_no_range_and_either_condition_is_enough():
    exact = eligibility(register(leasable_ha=[97.0], leased_ha=[48.5]), on=SECOND).iloc[0]
    assert exact["may_establish"] == "yes"  # half is not over a half, but little land is free
    assert "trung bình 50,0 %," in exact["note"]
    assert "hoặc đất công nghiệp chưa cho thuê 48,5 ha, cần không quá 100 ha" in exact["note"]
    unknown = eligibility(register(leasable_ha=[97.0, 10.0], leased_ha=[48.5, None]), on=SECOND).iloc[0]
    assert "trung bình từ 25,0 % đến 75,0 %" in unknown["note"]


def test_a_mean_counts_if_both_readings_agree():
    assert answer(SECOND, leasable_ha=[200.0, 200.0], leased_ha=[120.0, 110.0]) == "yes"
    assert answer(SECOND, leasable_ha=[200.0, 200.0], leased_ha=[80.0, 90.0]) == "no"


def test_a_missing_rate_leaves_the_answer_open_only_if_it_could_change_it():
    # At best the mean is 0.7, at worst 0.2: over and under a half.
    assert answer(SECOND, leasable_ha=[200.0, 200.0], leased_ha=[80.0, None]) == "unknown"
    # Even if everything were free, it is within 100 ha.
    assert answer(SECOND, leasable_ha=[50.0, 50.0], leased_ha=[10.0, None]) == "yes"
    # Even if the other were full, the mean stays under a half, and over 100 ha are free for certain.
    assert answer(SECOND, leasable_ha=[200.0, 200.0, 10.0], leased_ha=[20.0, 20.0, None]) == "no"


def test_the_planned_area_bounds_what_may_be_free():
    assert answer(SECOND, planned_ha=[60.0, 40.0]) == "yes"
    assert answer(SECOND, planned_ha=[60.0, 40.1]) == "unknown"
    assert answer(SECOND, planned_ha=[60.0, None]) == "unknown"


def test_a_modelled_area_bounds_nothing():
    areas = {"planned_ha": [60.0, 40.0], "planned_ha_basis": ["published", "modelled"]}
    assert answer(SECOND, **areas) == "unknown"


def test_a_stated_rate_counts_for_operating_clusters_only():
    stated = {"fill_rate_declared": [1.0], "leasable_ha": [300.0]}
    assert answer(SECOND, **stated) == "yes"
    assert answer(SECOND, **stated, status=["under_construction"]) == "unknown"


def test_pending_sites_count_once_they_are_established():
    pending = {"status": ["pending"], "leasable_ha": [300.0], "leased_ha": [0.0]}
    assert answer(SECOND, **pending) == "unknown"
    assert answer(SECOND, **pending, established=[False]) == "yes"
    assert answer(SECOND, **pending, decision=["12/QĐ-UBND"]) == "no"


def test_a_unit_without_clusters_may_establish_its_first():
    found = eligibility(register(leasable_ha=[1.0], leased_ha=[0.0]), on=SECOND, units=["Ba Vì"], lang="en")
    assert found.loc["Ba Vì", "may_establish"] == "yes"
    assert found.loc["Ba Vì", "note"] == "No cluster is established here yet."


def test_the_answer_says_by_which_unit_and_where_the_law_counts_otherwise():
    table = register(leasable_ha=[10.0], leased_ha=[1.0], commune=["X"])
    assert eligibility(table, on=SECOND)["unit"].iloc[0] == "district"
    assert "Decree 139/2025" in eligibility(table, on="2025-07-01", lang="en")["note"].iloc[0]
    assert "Decree 139/2025" not in eligibility(table, on="2025-06-30", lang="en")["note"].iloc[0]
    assert "by commune" in eligibility(table, by="district", on=THIRD, lang="en")["note"].iloc[0]
    by_commune = eligibility(table, by="commune", on=THIRD, lang="en")
    assert by_commune.index.tolist() == ["X"]
    assert "counts by commune" not in by_commune["note"].iloc[0]


@given(
    st.lists(st.tuples(st.floats(1, 200), st.floats(0, 1), st.booleans()), min_size=1, max_size=6),
    st.sampled_from([FIRST, SECOND, THIRD]),
)
def test_an_answer_that_is_given_holds_whatever_the_missing_rates_are(clusters, on):
    leasable = [c[0] for c in clusters]
    leased = [c[0] * c[1] for c in clusters]
    known = [value if is_known else np.nan for value, (_, _, is_known) in zip(leased, clusters, strict=True)]
    given_answer = answer(on, leasable_ha=leasable, leased_ha=known)
    full_answer = answer(on, leasable_ha=leasable, leased_ha=leased)
    assert given_answer in ("unknown", full_answer)


def expand(on=SECOND, **columns):
    complete = {
        "planned_ha": [40.0],
        "leasable_ha": [20.0],
        "leased_ha": [12.0],
        "infrastructure_complete": [True],
    }
    return expansion(register(**complete | columns), on=on)["may_expand"].iloc[0]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, "yes"),
        ({"leased_ha": [11.99]}, "unknown"),
        ({"leased_ha": [11.99], "registered_ha": [20.0]}, "no"),
        ({"leased_ha": [11.99], "registered_ha": [20.01]}, "yes"),
        ({"planned_ha": [74.99]}, "yes"),
        ({"planned_ha": [75.0]}, "no"),
        ({"planned_ha": [None]}, "unknown"),
        ({"infrastructure_complete": [False]}, "no"),
        ({"infrastructure_complete": [None]}, "unknown"),
        ({"status": ["pending"]}, "no"),
    ],
)
def test_each_condition_of_an_expansion_at_its_threshold(changed, expected):
    assert expand(**changed) == expected


def test_from_september_2026_half_full_is_enough_and_old_clusters_need_not_show_infrastructure():
    assert expand(THIRD, leased_ha=[10.0]) == "yes"
    assert expand(THIRD, leased_ha=[9.99], registered_ha=[1.0]) == "no"
    undone = {"infrastructure_complete": [False]}
    assert expand(THIRD, **undone, operating_on=pd.to_datetime(["2009-08-18"])) == "yes"
    assert expand(THIRD, **undone, operating_on=pd.to_datetime(["2009-08-19"])) == "no"
    assert expand(SECOND, **undone, operating_on=pd.to_datetime(["2009-08-18"])) == "no"


def test_before_may_2024_no_text_on_expansion_is_known():
    found = expansion(register(planned_ha=[80.0]), on=FIRST).iloc[0]
    assert found["may_expand"] == "unknown"
    assert pd.isna(found["fill_limit"])


def test_clusters_are_listed_by_what_may_be_done_with_them():
    table = register(
        planned_ha=[40.0, 75.0, 30.0],
        leasable_ha=[20.0, 50.0, 20.0],
        leased_ha=[20.0, 50.0, 20.0],
        infrastructure_complete=[True, True, None],
    ).set_axis(["1", "2", "3"])
    found = eligibility(table, on=SECOND).iloc[0]
    assert (found["may_expand"], found["may_not_expand"], found["expansion_unknown"]) == (
        ("1",),
        ("2",),
        ("3",),
    )


def test_what_is_wrong_with_the_arguments_is_said():
    with pytest.raises(SchemaError, match="no column commune"):
        eligibility(register(leased_ha=[1.0]), by="commune", on=SECOND)
    with pytest.raises(SchemaError, match="YYYY-MM-DD"):
        eligibility(register(leased_ha=[1.0]), on="30/6/2024")


def test_the_day_is_that_of_the_register_by_default():
    table = register(leasable_ha=[10.0], leased_ha=[1.0], as_of=pd.to_datetime(["2026-10-01"]))
    assert eligibility(table)["regime"].iloc[0] == "303/2026"


def test_the_input_is_left_as_it_was():
    table = register(leasable_ha=[10.0], leased_ha=[1.0])
    before = table.copy()
    eligibility(table, on=SECOND)
    pd.testing.assert_frame_equal(table, before)


def test_the_bundled_case_gives_every_district_an_answer(clusters):
    found = eligibility(clusters)
    assert set(found["may_establish"]) <= {"yes", "no", "unknown"}
    assert found["regime"].eq("68/2017").all()
    # Two small clusters leave at most their area unleased.
    assert found.loc["Phúc Thọ", "clusters"] >= 2


def test_shares_of_land_and_trade_hold_while_their_texts_do():
    assert land_shares_on(date(2021, 7, 4)) is None
    assert land_shares_on(date(2021, 7, 5)) is not None
    assert land_shares_on(date(2026, 12, 31)) is not None
    assert speciality_share_on(date(2024, 9, 30), high_tech=False) is None
    assert speciality_share_on(date(2026, 9, 15), high_tech=True).value == 0.3
    assert speciality_share_on(date(2026, 9, 14), high_tech=True).value == 0.6


@pytest.mark.parametrize(("area", "answer"), [(8.0, "yes"), (60.0, "unknown"), (None, "unknown")])
def test_a_cluster_of_unknown_status_may_count(area, answer):
    table = pd.DataFrame(
        {"commune": ["Võ Cường"], "status": pd.array([None], dtype="string"), "planned_ha": [area]},
        index=pd.Index(["1"], name="cluster_id"),
    ).astype({"planned_ha": "float64"})
    row = eligibility(table, by="commune", on="2026-10-01", lang="en").iloc[0]
    assert row[["may_establish", "clusters", "open_clusters", "open_ids"]].tolist() == [answer, 0, 1, ("1",)]


def test_a_pending_site_beside_one_of_unknown_status_may_count_too():
    table = pd.DataFrame(
        {
            "commune": ["Võ Cường"] * 2,
            "status": pd.array([None, "pending"], dtype="string"),
            "planned_ha": [8.0, 60.0],
        },
        index=pd.Index(["1", "2"], name="cluster_id"),
    )
    assert eligibility(table, by="commune", on="2026-10-01").iloc[0]["may_establish"] == "unknown"
    alone = eligibility(table.iloc[1:], by="commune", on="2026-10-01").iloc[0]
    assert alone[["may_establish", "open_clusters"]].tolist() == ["unknown", 1]


@pytest.mark.parametrize(("area", "answer"), [(30.0, "yes"), (None, "unknown")])
def test_a_register_of_pending_sites_alone_does_not_say_that_none_is_established(area, answer):
    sites = register(status=["pending"] * 2, planned_ha=pd.Series([area, 36.0], dtype="float64"))
    row = eligibility(sites, on=SECOND, lang="en").iloc[0]
    assert row[["may_establish", "clusters", "open_clusters"]].tolist() == [answer, 0, 2]
    assert "names no established cluster" in row["note"]
    assert "2 pending sites may be established" in row["note"]


def test_the_mean_of_rates_alone_is_not_enough_and_the_reason_says_what_is_missing():
    rates = register(fill_rate_declared=[0.3, 0.855, 0.55])
    row = eligibility(rates, on=SECOND, lang="en").iloc[0]
    assert (row["may_establish"], round(row["mean_fill_rate"], 3)) == ("unknown", 0.568)
    assert "3 clusters have no industrial land" in row["note"]
    # With little free land the mean decides nothing, and nothing is said of it.
    small = eligibility(rates.assign(planned_ha=20.0), on=SECOND, lang="en").iloc[0]
    assert small["may_establish"] == "yes"
    assert "no industrial land" not in small["note"]


def test_a_register_of_communes_is_asked_by_commune():
    table = eligibility(pd.DataFrame({"commune": ["xã Tân An"], "status": "operating"}), on="2026-06-30")
    assert (table.index.name, table.index.tolist()) == ("commune", ["xã Tân An"])
