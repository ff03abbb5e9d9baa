"""A register small enough to fill in the forms by hand, and files as firms send them."""

from __future__ import annotations

import pandas as pd
import pytest

COLUMNS = {
    "name": ["Phú Thị", "Liên Hà", "Phùng Xá", "Đan Phượng", "Ngọc Sơn", "Dị Nậu"],
    "district": ["Gia Lâm", "Đông Anh", "Gia Lâm", "Đông Anh", "Gia Lâm", "Đông Anh"],
    "commune": ["Phú Thị", "Liên Hà", "Phùng Xá", "Đan Phượng", "Ngọc Sơn", "Dị Nậu"],
    "status": ["operating", "operating", "operating", "operating", "under_construction", "pending"],
    "planned_ha": [20.5, 60.0, 9.0, 11.0, 32.25, 40.0],
    "established_ha": [20.0, 60.0, None, None, 32.25, None],
    "established_on": ["2010-05-04", "2026-02-01", None, None, "2024-03-01", None],
    "established": [None, None, False, False, None, False],
    "investor_kind": ["enterprise", "enterprise", "public_unit", "public_unit", "enterprise", "other"],
    "detailed_plan_on": ["2010-06-01", "2026-03-01", None, None, "2024-06-01", None],
    "detailed_plan_approved": [None, None, False, False, None, False],
    "project_approved_on": ["2010-07-01", "2026-04-01", None, None, "2024-07-01", None],
    "project_approved": [None, None, False, False, None, False],
    "approved_capital_bn_vnd": [250.5, 810.0, None, None, 300.0, None],
    "paid_capital_bn_vnd": [240.0, 100.25, None, None, 12.0, None],
    "leasable_ha": [15.0, 42.0, 7.0, 8.0, 22.0, None],
    "ready_ha": [15.0, 20.0, 7.0, 8.0, 0.0, None],
    "leased_ha": [14.5, 12.0, 7.0, 4.0, 0.0, None],
    "projects": [21, 9, 60, 40, 0, None],
    "fdi_projects": [2, 3, 0, 0, 0, None],
    "active_projects": [20, 5, 55, 40, 0, None],
    "investor_revenue_bn_vnd": [12.5, 4.0, 1.0, 0.5, 0.0, None],
    "investor_budget_bn_vnd": [1.25, 0.4, 0.1, 0.05, 0.0, None],
    "investor_workers": [35, 20, 4, 3, 11, None],
    "investor_income_m_vnd": [9.5, 10.25, 8.0, 7.5, 11.0, None],
    "revenue_bn_vnd": [1500.5, 320.0, 210.0, 95.5, None, None],
    "budget_bn_vnd": [75.25, 16.0, 10.5, 4.25, None, None],
    "workers": [2100, 640, 1800, 730, None, None],
    "wastewater_started": [True, True, False, False, True, False],
    "wastewater_compliant": [True, False, False, False, False, False],
    "craft_village": [False, False, True, True, False, False],
    "specialised": [False, True, False, False, False, False],
    "as_of": ["2026-06-10"] * 6,
}


@pytest.fixture(scope="session")
def _register():
    from clusters_geo.reading.values import cast_columns
    from clusters_geo.schema import CLUSTER_COLUMNS

    index = pd.Index([f"CCN-{number:02d}" for number in range(1, 7)], name="cluster_id")
    return cast_columns(pd.DataFrame(COLUMNS, index=index), CLUSTER_COLUMNS)


@pytest.fixture
def register(_register):
    return _register.copy()
