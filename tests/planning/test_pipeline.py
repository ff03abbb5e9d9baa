"""Stages, times and tiers of sites, on rows as offices keep them."""

from __future__ import annotations

import math

import pandas as pd
import pytest

import clusters_geo as cg
from clusters_geo.planning.pipeline import pipeline, pipeline_tiers, unknown_free_land
from clusters_geo.report.time_sheets import free_land_notes, pipeline_sheets, tiers_chart


def sites(**columns):
    days = {name: pd.to_datetime(values) for name, values in columns.items() if name.endswith("_on")}
    return pd.DataFrame({"name": "A", "status": "pending"} | columns | days)


@pytest.mark.parametrize(
    ("columns", "stage", "months", "tier"),
    [
        ({"status": ["pending"]}, "listed", math.nan, "listed"),
        ({"decision": ["12/QĐ-UBND"]}, "established", math.nan, "established"),
        ({"established_year": [2020]}, "established", 21, "established"),
        ({"established": [False], "in_plan": [True]}, "listed", math.nan, "listed"),
        (
            {"established_on": ["2020-06-26"], "detailed_plan_on": ["2022-01-31"]},
            "detailed_plan",
            8,
            "established",
        ),
        ({"site_cleared_on": ["2022-09-30"]}, "site_cleared", 0, "established"),
        ({"land_allocated_on": ["2022-06-02"]}, "land_allocated", 3, "under_way"),
        ({"status": ["under_construction"]}, "ground_broken", math.nan, "under_way"),
    ],
)
def test_the_furthest_stage_the_register_knows(columns, stage, months, tier):
    row = pipeline(sites(**columns), as_of="2022-09-30").iloc[0]
    assert (row["stage"], row["tier"]) == (stage, tier)
    assert row["months"] == pytest.approx(months, nan_ok=True)


@pytest.mark.parametrize(
    ("columns", "slip"),
    [
        ({"scheduled_start_on": ["2020-06-30"]}, 27),
        ({"scheduled_start_on": ["2023-06-30"]}, math.nan),
        (
            {
                "scheduled_start_on": ["2020-06-30"],
                "ground_broken_on": ["2021-07-15"],
                "status": ["under_construction"],
            },
            12,
        ),
        (
            {
                "scheduled_start_on": ["2021-06-30"],
                "ground_broken_on": ["2021-02-28"],
                "status": ["under_construction"],
            },
            -4,
        ),
        ({"scheduled_start_on": ["2020-06-30"], "status": ["under_construction"]}, math.nan),
    ],
)
def test_slippage_against_its_own_plan(columns, slip):
    row = pipeline(sites(**columns), as_of="2022-09-30").iloc[0]
    assert row["slip_months"] == pytest.approx(slip, nan_ok=True)


def test_without_a_date_there_are_no_times():
    row = pipeline(sites(established_on=["2020-06-26"])).iloc[0]
    assert row["stage"] == "established"
    assert math.isnan(row["months"])


def test_the_bundled_case(clusters):
    table = pipeline(clusters)
    assert len(table) == 50
    assert table["tier"].value_counts().to_dict() == {"listed": 28, "established": 15, "under_way": 7}
    cn2 = table[table["name"] == "CN2"].iloc[0]
    assert (cn2["stage"], cn2["months"]) == ("established", 27)  # 26 June 2020 to 30 September 2022
    assert table.loc[
        table["name"] == "Hồng Hà", ["slip_months", "completion_slip_months"]
    ].to_numpy().tolist() == [[27, 3]]


def test_cn2_in_2025():
    clusters, _ = cg.load_hanoi(as_of="2025-12-31")
    cn2 = pipeline(clusters).query("name == 'CN2'").iloc[0]
    assert (cn2["stage"], cn2["tier"], cn2["months"]) == ("ground_broken", "under_way", 6)


def test_tiers_add_up_to_the_sites(clusters):
    tiers = pipeline_tiers(clusters, by="district")
    assert tiers["sites"].sum() == 50
    assert tiers["hectares"].sum() == pytest.approx(1075.0822 + 57.5874)
    assert tiers["modelled_ha"].sum() == pytest.approx(700.0532 + 24.6804)
    whole = pipeline_tiers(clusters, by=None)
    assert whole["hectares"].sum() == pytest.approx(tiers["hectares"].sum())


def test_land_of_operating_clusters_is_told_from_planned_areas_and_who_is_missing_is_said():
    table = pd.DataFrame(
        {
            "name": ["A", "B", "C", "D"],
            "district": "Đô Lương",
            "status": ["operating", "operating", "operating", "pending"],
            "planned_ha": [40.0, 20.0, 30.0, 12.0],
            "leasable_ha": [26.4, None, None, None],
            "ready_ha": [None, 10.0, None, None],
            "leased_ha": [7.9, 4.0, 12.4, None],
        }
    )
    tiers = pipeline_tiers(table, as_of="2025-06-30")
    assert [(tier, round(ha, 1)) for (_, tier, _), ha in tiers["hectares"].items()] == [
        ("ready", 6.0),
        ("unleased", 18.5),
        ("listed", 12.0),
    ]
    assert tiers.index.get_level_values("year").isna().all()
    notes = free_land_notes(table[unknown_free_land(table)], "vi")
    assert "1 cụm đang hoạt động (C)" in notes[0]
    sheet = pipeline_sheets(pipeline(table), tiers, "vi", day=None, notes=notes)[1]
    assert [row[3:6] for row in sheet.rows] == [
        ("1", "6,0", ""),
        ("1", "18,5", ""),
        ("1", "", "12,0"),
        ("3", "24,5", "12,0"),
    ]
    assert sheet.notes[-1] == notes[0]
    assert "ready_ha" in sheet.notes[0]


def test_a_register_without_a_day_says_so_in_its_heading():
    from clusters_geo.report.time_sheets import pipeline_sheets

    nothing = pd.DataFrame({"stage": []})
    tiers = pd.DataFrame({"tier": []})
    assert "sổ không ghi thời điểm" in pipeline_sheets(nothing, tiers, "vi", day=None)[0].title
    dated = pipeline_sheets(nothing, tiers, "vi", day=pd.Timestamp("2024-12-31"))[0].title
    assert dated.endswith("31/12/2024")


def test_units_stand_in_one_order_in_every_table_and_statuses_in_that_of_stages():
    named = ["xã Tây Đô", "xã Đồng Tiến", "xã Thọ Lập", "xã Hợp Tiến"]
    table = pd.DataFrame({"status": ["pending", "under_construction", "operating", "pending"]})
    table = table.assign(name=named, commune=named, planned_ha=10.0)
    by_unit = cg.summarize(table, by="commune")
    assert list(by_unit.index) == [named[1], named[3], named[0], named[2]]
    tiers = pipeline_tiers(table, by="commune", as_of="2026-01-01").index.get_level_values("unit")
    assert list(dict.fromkeys(tiers)) == [name for name in by_unit.index if name in set(tiers)]
    assert list(cg.summarize(table, by="status").index) == ["operating", "under_construction", "pending"]


def test_a_site_of_unknown_status_has_no_stage_and_is_not_called_late():
    table = pd.DataFrame(
        {
            "name": ["A", "B", "C"],
            "status": pd.array([None, "pending", None], dtype="string"),
            "scheduled_start_on": pd.to_datetime(["2020-01-01"] * 3),
            "established_on": pd.to_datetime([None, None, "2019-01-01"]),
        }
    )
    sites = pipeline(table, as_of="2022-01-01")
    assert sites["stage"].fillna("?").tolist() == ["?", "listed", "established"]
    assert sites["slip_months"].fillna(-1).tolist() == [-1, 24, -1]
    tiers = pipeline_tiers(table.assign(planned_ha=10.0), as_of="2022-01-01")
    assert tiers["sites"].sum() == 3
    told = [row[1] for row in pipeline_sheets(sites, tiers, "vi", day=None)[1].rows]
    assert told[:-1] == ["Đã thành lập", "Trong danh mục", "Chưa rõ tình trạng"]
    assert "Chưa rõ tình trạng" in tiers_chart(tiers, "vi").svg
