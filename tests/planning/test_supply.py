"""Years of supply by hand, and a ranking that no unit and no order of rows decides."""

from __future__ import annotations

import math

import hypothesis.strategies as st
import pandas as pd
import pytest
from hypothesis import given, settings

from clusters_geo.errors import SchemaError
from clusters_geo.planning.supply import rank_sites, take_up, years_of_supply


def years(leasable, leased, long, recent):
    table = pd.DataFrame(
        {
            "leasable_ha": [leasable],
            "leased_ha": [leased],
            "take_up_long_ha": [long],
            "take_up_recent_ha": [recent],
        }
    )
    return years_of_supply(table).iloc[0]


def test_thirteen_to_twenty_one_years():
    row = years(145, 40, 8, 5)
    assert row["free_ha"] == 105
    assert row["years_low"] == pytest.approx(13.125)
    assert row["years_high"] == 21
    assert row["verdict"] == "range"


@pytest.mark.parametrize(
    ("inputs", "verdict", "low", "high"),
    [
        ((145, 40, 0, 0), "no exhaustion", math.nan, math.nan),
        ((145, 40, 8, -1), "no exhaustion", 13.125, math.nan),
        ((145, 40, 8, None), "range", 13.125, 13.125),
        ((145, None, 8, 5), "unknown", math.nan, math.nan),
        ((145, 40, None, None), "unknown", math.nan, math.nan),
        ((40, 40, 8, 5), "none left", 0, 0),
        ((40, 45, 8, 5), "none left", 0, 0),
    ],
)
def test_what_has_no_range_says_why(inputs, verdict, low, high):
    row = years(*inputs)
    assert row["verdict"] == verdict
    assert row[["years_low", "years_high"]].tolist() == pytest.approx([low, high], nan_ok=True)


def test_take_up_is_that_of_clusters_in_both():
    early = pd.DataFrame({"leased_ha": [10.0, 5.0, None]}, index=list("ABC"))
    late = pd.DataFrame({"leased_ha": [16.0, 4.0, 9.0, 7.0]}, index=list("ABCD"))
    assert take_up(early, late, 2.5) == pytest.approx(2.0)
    assert math.isnan(take_up(early.iloc[:0], late, 1))
    with pytest.raises(SchemaError, match="There must be time between"):
        take_up(early, late, 0)


SITES = pd.DataFrame(
    {"planned_ha": [10.0, 30.0, 20.0, 30.0], "km_to_road": [1.0, 5.0, 3.0, 5.0], "name": list("abcd")},
    index=list("ABCD"),
)


def test_scores_in_their_parts_and_ties_as_ties():
    table = rank_sites(SITES, {"planned_ha": 3, "km_to_road": -1})
    # B and D: 0.75·1 + 0.25·0; C: 0.75·0.5 + 0.25·0.5; A: 0.75·0 + 0.25·1
    assert table["score"].to_dict() == pytest.approx({"B": 0.75, "D": 0.75, "C": 0.5, "A": 0.25})
    assert table["rank"].to_dict() == {"B": 1, "D": 1, "C": 3, "A": 4}
    assert table["tied"].to_dict() == {"B": True, "D": True, "C": False, "A": False}
    parts = table[["part_planned_ha", "part_km_to_road"]].sum(axis=1)
    assert parts.tolist() == pytest.approx(table["score"].tolist())


@given(
    st.lists(st.tuples(st.integers(1, 80), st.integers(1, 80)), min_size=2, max_size=8),
    st.floats(0.001, 1000),
    st.floats(-50, 50),
)
@settings(max_examples=40)
def test_the_ranking_is_free_of_units(rows, factor, offset):
    table = pd.DataFrame(rows, columns=["area", "far"], dtype=float)
    other = table.assign(area=table["area"] * factor, far=table["far"] * factor + offset)
    first, second = (rank_sites(t, {"area": 2, "far": -1})["rank"].sort_index() for t in (table, other))
    assert first.tolist() == second.tolist()


def test_how_often_a_site_stays_among_the_first():
    table = rank_sites(SITES, {"planned_ha": 3, "km_to_road": -1}, first=2)
    assert table["stays_first"].to_dict() == {"B": 1.0, "D": 1.0, "C": 0.0, "A": 0.0}
    even = rank_sites(SITES, {"planned_ha": 1, "km_to_road": -1}, first=1)
    assert 0.3 < even.loc["A", "stays_first"] < 0.7


def test_what_is_not_known_is_not_ranked_and_what_is_modelled_is_said():
    sites = SITES.assign(
        km_to_road=[1.0, None, 3.0, 5.0], planned_ha_basis=["modelled", "published", None, None]
    )
    table = rank_sites(sites, {"planned_ha": 1, "km_to_road": -1})
    assert table.index[-1] == "B"
    assert math.isnan(table.loc["B", "rank"])
    assert table.loc["B", "unknown"] == "km_to_road"
    assert table.loc["A", "doubtful"] == "planned_ha"


@pytest.mark.parametrize(
    ("weights", "says"),
    [
        ({"compactness": 1}, "some of these are only schematic"),
        ({"nothing": 1}, "no column nothing"),
        ({"name": 1}, "name does not hold numbers"),
        ({"planned_ha": 0}, "All weights are 0"),
        ({}, "All weights are 0"),
    ],
)
def test_what_cannot_be_ranked_is_refused(weights, says):
    sites = SITES.assign(compactness=0.5, boundary_basis=["schematic", "measured", "measured", "measured"])
    with pytest.raises(SchemaError, match=says):
        rank_sites(sites, weights)
