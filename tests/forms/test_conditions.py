"""Yes, no or nothing: what a register says of a cluster, and in which column."""

from __future__ import annotations

import pandas as pd
import pytest

from clusters_geo.forms.circular import Period
from clusters_geo.forms.conditions import Judged
from clusters_geo.forms.parts import RULES, parts
from clusters_geo.measure.trust import weaker_basis
from clusters_geo.reading.values import cast_columns
from clusters_geo.schema import BASES, CLUSTER_COLUMNS, column

HALF = Period.parse("2026-H1")


def judged(**columns):
    table = pd.DataFrame({"name": "A", "status": "operating"} | columns)
    return Judged(cast_columns(table, CLUSTER_COLUMNS), HALF)


def says(condition, **columns):
    answers = judged(**columns).says(condition)
    holds = [None if pd.isna(answer) else bool(answer) for answer in answers.holds]
    return list(zip(holds, answers.column, strict=True))


def test_a_date_answers_as_of_the_end_of_the_period():
    days = ["2010-01-01", "2026-06-14", "2026-06-15", None]
    assert says("established", established_on=days) == [
        (True, "established_on"),
        (True, "established_on"),
        (False, "established_on"),
        (None, ""),
    ]


def test_a_flag_answers_where_there_is_no_date():
    assert says("established", established_on=["2010-01-01", None], established=[False, False]) == [
        (True, "established_on"),
        (False, "established"),
    ]


@pytest.mark.parametrize(
    ("condition", "evidence"),
    [
        ("established", {"decision": ["QĐ 12"]}),
        ("established", {"established_ha": [12.0]}),
        ("detailed_plan", {"detailed_plan": ["QĐ 13"]}),
        ("project", {"approved_capital_bn_vnd": [120.0]}),
        ("specialised", {"speciality": ["Cơ khí"]}),
    ],
)
def test_what_presupposes_a_yes_is_one(condition, evidence):
    assert says(condition, **evidence) == [(True, next(iter(evidence)))]


@pytest.mark.parametrize(
    "condition", ["established", "detailed_plan", "project", "specialised", "craft_village", "by_enterprise"]
)
def test_nothing_said_is_nothing_known(condition):
    assert says(condition, planned_ha=[12.0]) == [(None, "")]


def test_not_established_is_the_reverse_and_as_unknown():
    said = says("not_established", established=[True, False, None])
    assert [holds for holds, _ in said] == [False, True, None]


def test_established_in_the_period():
    days = ["2025-12-14", "2025-12-15", "2026-06-14", "2026-06-15", None]
    assert [holds for holds, _ in says("established_in_period", established_on=days)] == [
        False,
        True,
        True,
        False,
        None,
    ]


def test_what_is_not_established_is_not_established_in_the_period():
    assert [holds for holds, _ in says("established_in_period", established=[False, True])] == [False, None]


def test_a_register_lists_what_is_in_the_plan():
    answers = judged(in_plan=[None, False]).says("in_plan")
    assert answers.holds.tolist() == [True, False]
    assert answers.basis.tolist() == ["inferred", ""]


def test_kinds_of_investors():
    kinds = ["enterprise", "public_unit", "cooperative", None]
    assert [holds for holds, _ in says("by_enterprise", investor_kind=kinds)] == [True, False, False, None]


@pytest.mark.parametrize("figure", ["projects", "workers", "leased_ha", "revenue_bn_vnd"])
def test_whoever_reports_producers_has_them(figure):
    said = says("has_producers", status=["pending", "pending", "pending"], **{figure: [3, 0, None]})
    assert [holds for holds, _ in said] == [True, False, False]


def test_whoever_reports_a_plant_has_infrastructure():
    said = says("has_infrastructure", status=["pending", "pending"], wastewater_started=[True, None])
    assert [holds for holds, _ in said] == [True, False]


def test_a_condition_is_judged_once():
    register = judged(established=[True])
    assert register.says("established") is register.says("established")


def test_the_weaker_basis_counts():
    order = ["", *BASES]
    for weak, strong in zip(order[1:], order, strict=False):
        pair = pd.Series([weak]), pd.Series([strong])
        assert weaker_basis(*pair).tolist() == weaker_basis(*reversed(pair)).tolist() == [weak]


def test_every_rule_names_columns_of_the_schema():
    for rule in RULES.values():
        for name in rule.columns:
            assert column(name).name == name


def test_the_established_area_falls_back_to_the_planned_one_and_says_so():
    register = judged(established=[True, True], established_ha=[10.0, None], planned_ha=[12.0, 8.0])
    table = parts(register, RULES["4"])
    assert table["value"].tolist() == [10.0, 8.0]
    assert table["column"].tolist() == ["established_ha", "planned_ha"]


def test_an_area_of_a_cluster_that_may_belong_is_missing_not_counted():
    table = parts(judged(established=[None], planned_ha=[12.0]), RULES["4"])
    assert table["value"].isna().tolist() == [True]


def test_an_area_of_a_cluster_that_does_not_belong_is_left_out():
    assert parts(judged(established=[False], planned_ha=[12.0]), RULES["4"]).empty


def test_a_rate_needs_both_areas_and_land():
    register = judged(leased_ha=[5.0, 5.0, None], leasable_ha=[10.0, 0.0, 10.0])
    table = parts(register, RULES["19"])
    assert table["value"].notna().tolist() == [True, False, False]
    assert table["whole"].notna().tolist() == [True, False, False]
