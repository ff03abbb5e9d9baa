"""The schema is the one place where columns are declared."""

from __future__ import annotations

import pytest

from clusters_geo.schema import BASES, CLUSTER_COLUMNS, DISTRICT_COLUMNS, STATUSES, column, label

ALL = [*CLUSTER_COLUMNS, *DISTRICT_COLUMNS]


def test_a_name_is_declared_once_in_each_table():
    for columns in (CLUSTER_COLUMNS, DISTRICT_COLUMNS):
        names = [c.name for c in columns]
        assert len(names) == len(set(names))


@pytest.mark.parametrize("declared", ALL, ids=lambda c: c.name)
def test_every_column_has_labels_and_a_unit_that_its_name_promises(declared):
    assert declared.vi
    assert declared.en
    if declared.name.endswith("_ha"):
        assert declared.unit == "ha"
    if declared.name.endswith("_bn_vnd"):
        assert declared.unit == "billion VND"
    if declared.kind in {"number", "integer"}:
        assert declared.unit
        assert declared.minimum == 0
    assert (declared.kind == "choice") == bool(declared.choices)


def test_rates_are_shares():
    assert column("fill_rate_declared").maximum == 1


FORM_02 = (
    *("approved_capital_bn_vnd", "paid_capital_bn_vnd", "ready_ha", "leased_ha", "fill_rate_declared"),
    *("projects", "fdi_projects", "active_projects", "investor_revenue_bn_vnd", "investor_budget_bn_vnd"),
    *("investor_workers", "investor_income_m_vnd", "wastewater_started", "wastewater_compliant"),
)


@pytest.mark.parametrize("needed", FORM_02)
def test_form_02_of_circular_14_2024_has_a_column_for_each_of_its_14_rows(needed):
    assert column(needed).name == needed


def test_labels_are_in_both_languages():
    assert label("planned_ha") == "Diện tích theo quy hoạch (ha)"
    assert label("planned_ha", "en") == "Planned area (ha)"
    assert label("unheard_of") == "unheard_of"


def test_statuses_and_bases_have_both_languages():
    for words in (*STATUSES.values(), *BASES.values()):
        assert len(words) == 2
        assert all(words)
