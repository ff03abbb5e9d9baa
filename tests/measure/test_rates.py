"""The two rates stay two, and never become infinite."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import clusters_geo as cg
from clusters_geo.measure.rates import fill_rates, fill_weights, mean_fill_rates

PAIRS = [("build_out_rate", "built_ha", "planned_ha"), ("fill_rate", "leased_ha", "leasable_ha")]


@pytest.mark.parametrize(("name", "part", "whole"), PAIRS)
def test_a_rate_is_a_named_series_on_the_same_index(name, part, whole):
    table = pd.DataFrame({part: [30.0, 5.0], whole: [40.0, 4.0]}, index=["A", "B"])
    rate = getattr(cg, name)(table)
    assert rate.name == name
    assert rate.to_dict() == {"A": 0.75, "B": 1.25}


@pytest.mark.parametrize(("name", "part", "whole"), PAIRS)
def test_an_empty_or_unknown_whole_has_no_rate(name, part, whole):
    table = pd.DataFrame({part: [1.0, 0.0, np.nan, 1.0], whole: [0.0, 0.0, 5.0, np.nan]})
    assert getattr(cg, name)(table).isna().all()


@pytest.mark.parametrize(("name", "part", "whole"), PAIRS)
def test_a_missing_column_is_an_error(name, part, whole):
    with pytest.raises(KeyError, match=part):
        getattr(cg, name)(pd.DataFrame({whole: [1.0]}))


@given(st.lists(st.tuples(st.floats(0, 1e6), st.floats(0, 1)), min_size=1, max_size=30))
def test_built_within_planned_gives_a_rate_within_one(pairs):
    planned = np.array([whole for whole, _ in pairs])
    table = pd.DataFrame({"planned_ha": planned, "built_ha": planned * [share for _, share in pairs]})
    rate = cg.build_out_rate(table).dropna()
    assert np.isfinite(rate).all()
    assert rate.between(0, 1 + 1e-12).all()


def test_the_input_is_not_changed():
    table = pd.DataFrame({"planned_ha": [0.0, 2.0], "built_ha": [1.0, 1.0]})
    before = table.copy()
    cg.build_out_rate(table)
    pd.testing.assert_frame_equal(table, before)


def test_land_with_an_approval_counts_in_the_rate_of_the_law_alone():
    land = pd.DataFrame(
        {"leasable_ha": [100.0, 50.0], "leased_ha": [40.0, 20.0], "approved_ha": [20.0, None]}
    )
    assert cg.lawful_fill_rate(land).tolist() == [0.6, 0.4]
    assert cg.fill_rate(land).tolist() == [0.4, 0.4]
    assert cg.lawful_fill_rate(land.drop(columns="approved_ha")).tolist() == [0.4, 0.4]


def test_a_stated_rate_stands_where_areas_do_not():
    table = pd.DataFrame(
        {
            "leasable_ha": [10.0, None, 10.0, 0.0],
            "leased_ha": [5.0, 5.0, None, 0.0],
            "fill_rate_declared": [0.9, 0.9, 0.9, None],
        }
    )
    rates = fill_rates(table)
    assert rates["fill_rate"].tolist()[:3] == [0.5, 0.9, 0.9]
    assert rates["stated"].tolist() == [False, True, True, False]
    assert rates["lawful_fill_rate"].isna().tolist() == [False, False, False, True]


def averaged(table, groups=None):
    weights = fill_weights(table, groups)
    rate = (fill_rates(table)["fill_rate"] * weights["weight"]).sum() / weights["weight"].sum()
    return rate, weights["by_land"].all(), weights["weight"].notna().tolist()


def test_rates_are_averaged_by_land_where_it_is_known_of_all_else_by_count():
    rates = pd.DataFrame({"fill_rate_declared": [0.9, 0.3, None]})
    assert averaged(rates) == (pytest.approx(0.6), False, [True, True, False])
    by_land = averaged(rates.assign(leasable_ha=[10.0, 30.0, 80.0]))
    assert by_land == (pytest.approx(0.45), True, [True, True, False])
    assert averaged(rates.assign(leasable_ha=[10.0, None, None]))[:2] == (pytest.approx(0.6), False)


def test_areas_are_not_watered_down_by_rates_that_do_not_say_of_how_much():
    table = pd.DataFrame(
        {"leasable_ha": [10.0, None], "leased_ha": [2.0, None], "fill_rate_declared": [None, 1.0]}
    )
    assert averaged(table) == (pytest.approx(0.2), True, [True, False])


def test_each_group_is_averaged_in_its_own_way():
    table = pd.DataFrame({"leasable_ha": [10.0, 30.0, None], "fill_rate_declared": [0.9, 0.3, 0.5]})
    weights = fill_weights(table, pd.Series(["A", "A", "B"]))
    assert weights["by_land"].tolist() == [True, True, False]
    assert weights["weight"].tolist() == [10.0, 30.0, 1.0]


def test_a_few_stated_rates_do_not_speak_for_all():
    assert averaged(pd.DataFrame({"fill_rate_declared": [1.0, 1.0, None, None]}))[0] == 1.0
    assert fill_weights(pd.DataFrame({"fill_rate_declared": [1.0, None, None]}))["weight"].isna().all()
    asked = pd.Series([True, True, False])
    assert fill_weights(pd.DataFrame({"fill_rate_declared": [1.0, None, None]}), of=asked)["weight"].any()


def test_nothing_known_is_no_rate():
    assert fill_weights(pd.DataFrame({"name": ["A"]}))["weight"].isna().all()
    assert mean_fill_rates(pd.Series(dtype=float), pd.Series(dtype=float)).isna().all(axis=None)


CLUSTERS = st.lists(
    st.tuples(st.floats(0.5, 100), st.floats(0, 1), st.booleans(), st.booleans()), min_size=1, max_size=6
)


@given(CLUSTERS)
def test_whatever_is_not_known_the_mean_lies_within_its_bounds(rows):
    land, rates = (pd.Series([row[at] for row in rows]) for at in (0, 1))
    unknown_rate, unknown_land = (pd.Series([row[at] for row in rows]) for at in (2, 3))
    means = mean_fill_rates(rates.mask(unknown_rate), land.mask(unknown_land), land * 2)
    of_rates, by_land = rates.mean(), (rates * land).sum() / land.sum()
    for name, mean in (("of_rates", of_rates), ("by_land", by_land)):
        assert means.loc[name, "low"] - 1e-9 <= mean <= means.loc[name, "high"] + 1e-9
    if not (unknown_rate.any() or unknown_land.any()):
        assert means.loc["by_land"].tolist() == pytest.approx([by_land, by_land])


@pytest.mark.parametrize(
    "formula",
    [
        r'"leased_ha"\] */',
        r'"built_ha"\] */',
        r"leased */ *(?:leasable|whole)",
        r'frozenset\(\{"published", "declared", "measured"\}\)',
        r'"modelled", "schematic", "reconstructed"',
    ],
)
def test_each_formula_stands_in_one_room(formula):
    root = Path(cg.__file__).parent
    found = [p for p in root.rglob("*.py") if re.search(formula, p.read_text(encoding="utf-8"))]
    assert {p.name for p in found} <= {"rates.py", "trust.py"}
    page = [p.name for p in root.rglob("*.js") if "schematic" in p.read_text(encoding="utf-8")]
    assert "model.js" not in page
