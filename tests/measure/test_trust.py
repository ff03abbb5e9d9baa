"""What is a fact is decided once, and a total is as good as what it adds up."""

from __future__ import annotations

import pandas as pd
import pytest

import clusters_geo as cg
from clusters_geo.measure.trust import (
    FACTS,
    SOFT,
    WHOLE,
    basis_of,
    confirmed_totals,
    doubtful_cells,
    doubtful_totals,
    is_fact,
    is_soft,
    weaker_basis,
)
from clusters_geo.schema import BASES


def register(**columns):
    return pd.DataFrame({"status": "operating", **columns})


def test_every_declared_basis_is_a_fact_or_is_not_and_none_is_both_fact_and_soft():
    assert FACTS | SOFT | {"inferred"} == set(BASES)
    assert not FACTS & SOFT


@pytest.mark.parametrize("basis", [None, pd.NA, "", "theo báo cáo"])
def test_what_nobody_doubts_is_the_owners_word(basis):
    given = pd.Series([basis], dtype="string")
    assert is_fact(given).all()
    assert not is_soft(given).any()


def test_the_weaker_of_two_bases_is_the_one_later_in_the_schema():
    order = ["", *BASES]
    for place, strong in enumerate(order):
        for weak in order[place:]:
            pair = pd.Series([strong]), pd.Series([weak])
            assert weaker_basis(*pair).tolist() == weaker_basis(*reversed(pair)).tolist() == [weak]


def test_a_rate_is_as_weak_as_the_weakest_of_its_areas():
    table = register(
        leased_ha=[5.0], leased_ha_basis="declared", leasable_ha=[10.0], leasable_ha_basis="modelled"
    )
    assert basis_of(table, "fill_rate").tolist() == ["modelled"]
    assert basis_of(table.drop(columns="leasable_ha_basis"), "fill_rate").tolist() == ["declared"]
    approved = table.assign(leasable_ha_basis="published", approved_ha=2.0, approved_ha_basis="inferred")
    assert basis_of(approved, "fill_rate").tolist() == ["declared"]
    assert basis_of(approved, "lawful_fill_rate").tolist() == ["inferred"]


def test_a_rate_that_is_only_stated_is_declared_unless_its_own_basis_claims_less():
    assert basis_of(register(fill_rate_declared=[0.8]), "fill_rate").tolist() == ["declared"]
    modelled = register(fill_rate_declared=[0.8], fill_rate_declared_basis="modelled")
    assert basis_of(modelled, "lawful_fill_rate").tolist() == ["modelled"]


def test_a_cell_without_a_figure_carries_no_sign():
    table = register(built_ha=[None, 2.0, 2.0], built_ha_basis=["modelled", "inferred", "published"])
    assert doubtful_cells(table, "built_ha").tolist() == [False, True, False]
    assert not doubtful_cells(table, "leased_ha").any()


def whole(table, confirmed=frozenset()):
    return doubtful_totals(table, pd.Series(WHOLE, index=table.index), confirmed).loc[WHOLE]


def test_a_total_rests_on_the_clusters_of_its_status_only():
    table = register(planned_ha=[5.0, 5.0], planned_ha_basis=["published", "modelled"])
    table["status"] = ["operating", "pending"]
    marks = whole(table)
    assert marks[marks].index.tolist() == ["pending_ha"]


def test_a_count_is_as_doubtful_as_status_and_district_of_what_it_counts():
    table = register(district="Ba Vì", district_basis=["published", "inferred"])
    assert whole(table)["operating_clusters"]
    assert not whole(table.iloc[:1])["operating_clusters"]
    assert not whole(table, {(WHOLE, "operating_clusters")})["operating_clusters"]


def test_a_rate_is_confirmed_only_if_both_its_areas_are():
    areas = {"planned_ha": [5.0], "planned_ha_basis": "modelled", "built_ha": [4.0]}
    table = register(**areas, built_ha_basis="modelled")
    planned = {(WHOLE, "planned_ha")}
    assert whole(table, planned)["build_out_rate"]
    assert not whole(table, planned)["planned_ha"]
    assert not whole(table, {*planned, (WHOLE, "built_ha")})["build_out_rate"]


def test_a_stated_rate_is_a_fact():
    assert not whole(register(fill_rate_declared=[0.8]))["fill_rate"]


def test_the_published_totals_confirm_only_the_register_that_meets_them_all(clusters):
    met = confirmed_totals(cg.reconcile(clusters), "Hà Nội")
    assert {("thường tín", "planned_ha"), ("thường tín", "operating_clusters"), (WHOLE, "built_ha")} <= met
    # The city's rows add up, and of Thường Tín's all are there; still it is not the published register.
    less = cg.reconcile(clusters[clusters["status"] != "under_construction"])
    assert confirmed_totals(less, "Hà Nội") == frozenset()
    assert confirmed_totals(cg.reconcile(clusters), None) == frozenset()
