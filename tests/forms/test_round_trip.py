"""A register written as Forms 02 and read back is the same register."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clusters_geo.forms.merge import form_changes, merge_forms
from clusters_geo.forms.receive import read_forms
from clusters_geo.forms.save import save_form

KEPT = (
    *("approved_capital_bn_vnd", "paid_capital_bn_vnd", "ready_ha", "leased_ha", "projects", "fdi_projects"),
    *("active_projects", "investor_revenue_bn_vnd", "investor_budget_bn_vnd", "investor_workers"),
    *("investor_income_m_vnd", "wastewater_started", "wastewater_compliant"),
)


def written(register, folder, ending, lang="vi"):
    files = [folder / f"{key}{ending}" for key in register.index]
    for key, file in zip(register.index, files, strict=True):
        save_form(register, "02", file, unit=key, period="2026-H1", lang=lang)
    return files


@pytest.mark.parametrize("lang", ["vi", "en"])
@pytest.mark.parametrize("ending", [".xlsx", ".docx", ".csv"])
def test_read_back_as_written(register, tmp_path, ending, lang):
    register = register.iloc[:3]
    files = written(register, tmp_path, ending, lang)
    received = read_forms(files, register, period="2026-H1")
    assert received.files["cluster_id"].tolist() == register.index.tolist()
    assert not received.files["refused"].any()
    changes = form_changes(register, received)
    assert changes.empty
    pd.testing.assert_frame_equal(merge_forms(register, changes, period="2026-H1"), register)


@pytest.mark.parametrize("ending", [".xlsx", ".docx"])
def test_an_emptied_register_is_filled_again_from_its_forms(register, tmp_path, ending):
    register = register.iloc[:2]
    files = written(register, tmp_path, ending)
    emptied = register.assign(**dict.fromkeys(KEPT))
    changes = form_changes(emptied, read_forms(files, emptied, period="2026-H1")).assign(accept=True)
    changes = changes[changes["column"] != "fill_rate_declared"]
    back = merge_forms(emptied, changes, period="2026-H1")
    pd.testing.assert_frame_equal(back[list(KEPT)], register[list(KEPT)], check_dtype=False)


def test_a_stated_fill_rate_comes_back(register, tmp_path):
    register = register.drop(columns="leasable_ha").assign(fill_rate_declared=0.85)
    files = written(register.iloc[:1], tmp_path, ".xlsx")
    assert form_changes(register, read_forms(files, register, period="2026-H1")).empty


def test_awkward_names_and_figures_come_back(register, tmp_path):
    register.loc["CCN-01", "name"] = "=HYPERLINK(1) & <b>“Phú Thị”</b>"
    register.loc["CCN-01", ["ready_ha", "leased_ha", "approved_capital_bn_vnd"]] = [12.345, 1.005, 1686.0]
    for ending in (".xlsx", ".docx"):
        files = written(register.iloc[:1], tmp_path, ending)
        assert form_changes(register, read_forms(files, register, period="2026-H1")).empty


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    ready=st.decimals(0, 75, places=4).map(float),
    capital=st.decimals(0, 99999, places=3).map(float),
    workers=st.integers(0, 99999),
)
def test_any_figures_come_back(register, tmp_path, ready, capital, workers):
    one = register.iloc[:1].assign(
        ready_ha=ready, approved_capital_bn_vnd=capital, investor_workers=pd.array([workers], dtype="Int64")
    )
    for ending in (".xlsx", ".docx"):
        assert form_changes(one, read_forms(written(one, tmp_path, ending), one, period="2026-H1")).empty
