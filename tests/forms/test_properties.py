"""Sums of districts, order of clusters, and what a missing value may never do."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from shares import examples

from clusters_geo.forms.fill import form
from clusters_geo.reading.values import cast_columns
from clusters_geo.schema import CLUSTER_COLUMNS

PHASES = [Phase.explicit, Phase.reuse, Phase.generate]
EXAMPLES = settings(max_examples=examples(4), deadline=None, phases=PHASES)


WITHOUT_ANOTHER = (
    *("planned_ha", "leasable_ha", "leased_ha", "established", "detailed_plan_on"),
    *("approved_capital_bn_vnd", "paid_capital_bn_vnd", "investor_kind", "projects", "workers"),
    *("revenue_bn_vnd", "wastewater_started", "wastewater_compliant", "craft_village", "specialised"),
)


def maybe(values):
    return st.one_of(st.none(), values)


HECTARES = st.floats(0, 75, allow_nan=False).map(lambda value: round(value, 4))
DAYS = st.dates(pd.Timestamp("2009-01-01").date(), pd.Timestamp("2027-12-31").date()).map(str)
CLUSTER = st.fixed_dictionaries(
    {
        "district": st.sampled_from(["Ba Vì", "Đông Anh", "Gia Lâm"]),
        "status": st.sampled_from(["operating", "under_construction", "pending"]),
        "planned_ha": maybe(HECTARES),
        "established_ha": maybe(HECTARES),
        "leasable_ha": maybe(HECTARES),
        "leased_ha": maybe(HECTARES),
        "established_on": maybe(DAYS),
        "established": maybe(st.booleans()),
        "detailed_plan_on": maybe(DAYS),
        "project_approved_on": maybe(DAYS),
        "approved_capital_bn_vnd": maybe(HECTARES),
        "paid_capital_bn_vnd": maybe(HECTARES),
        "investor_kind": maybe(st.sampled_from(["enterprise", "public_unit"])),
        "projects": maybe(st.integers(0, 90)),
        "workers": maybe(st.integers(0, 9000)),
        "revenue_bn_vnd": maybe(HECTARES),
        "wastewater_started": maybe(st.booleans()),
        "wastewater_compliant": maybe(st.booleans()),
        "craft_village": maybe(st.booleans()),
        "specialised": maybe(st.booleans()),
    }
)


@st.composite
def registers(draw):
    rows = draw(st.lists(CLUSTER, min_size=1, max_size=12))
    index = pd.Index([f"C{number}" for number in range(len(rows))], name="cluster_id")
    table = pd.DataFrame(rows, index=index)
    return cast_columns(table.assign(name=index), CLUSTER_COLUMNS)


def results(register, **whose):
    return form(register, whose.pop("number", "04"), period="2026-H1", anyway=True, **whose)


@EXAMPLES
@given(registers())
def test_districts_add_up_to_the_province(register):
    province = results(register)
    parts = [results(register, number="03", unit=unit) for unit in register["district"].unique()]
    for row in province.index.drop("19"):
        summed = math.fsum(np.nan_to_num(part.loc[row, "result"]) for part in parts)
        assert math.isclose(np.nan_to_num(province.loc[row, "result"]), summed, abs_tol=1e-6)
        for count in ("clusters", "reported", "missing"):
            assert province.loc[row, count] == sum(part.loc[row, count] for part in parts)


@EXAMPLES
@given(registers(), st.randoms(use_true_random=False))
def test_the_order_of_the_clusters_does_not_matter(register, random):
    order = list(register.index)
    random.shuffle(order)
    columns = ["result", "note", "qualifier", "clusters", "reported"]
    pd.testing.assert_frame_equal(results(register)[columns], results(register.loc[order])[columns])


@EXAMPLES
@given(registers(), st.data())
def test_a_missing_value_never_lowers_a_total_silently(register, data):
    # Of clusters that owe every figure: they operate, and nothing says that they have no project.
    register = register.assign(status="operating", project_approved_on=pd.NaT)
    # Not established_on and established_ha: another column answers where they are blank.
    column = data.draw(st.sampled_from(WITHOUT_ANOTHER))
    key = data.draw(st.sampled_from(list(register.index)))
    poorer = register.copy()
    poorer[column] = poorer[column].mask(poorer.index == key)
    before, after = results(register), results(poorer)
    for row in before.index.drop("19"):
        was, now = (np.nan_to_num(table.loc[row, "result"]) for table in (before, after))
        assert now >= was or after.loc[row, "qualifier"]


@EXAMPLES
@given(registers())
def test_every_cluster_a_row_is_about_is_reported_or_missing(register):
    table = results(register)
    assert (table["reported"] + table["missing"] == table["clusters"]).all()
    assert (table["result"].isna() == (table["qualifier"] == "not reported")).all()
    assert ((table["missing"] > 0) == (table["qualifier"] != "")).drop("19").all()


@EXAMPLES
@given(registers())
def test_how_results_were_obtained_adds_up_to_the_results(register):
    table = results(register).drop("19")
    bases = ["published", "declared", "measured", "inferred", "modelled", "other_basis"]
    assert np.allclose(table[bases].sum(axis=1), table["result"].fillna(0))
