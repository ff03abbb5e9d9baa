"""Forecasts against numbers worked out by hand; the back-test of Hà Nội's 43 as it came out."""

from __future__ import annotations

import math

import hypothesis.strategies as st
import pandas as pd
import pytest
from hypothesis import given, settings

import clusters_geo as cg
from clusters_geo.errors import SchemaError
from clusters_geo.planning.forecast import (
    forecast_starts,
    forecast_supply,
    hazard_from_counts,
    hazard_from_register,
    load_scenarios,
    waiting_curve,
)
from clusters_geo.report.time_sheets import forecast_sheet

PLAN, KNOWN = pd.Timestamp("2021-03-24"), pd.Timestamp("2022-09-30")
# Seven broke ground from January to September 2022, on days that are not published: half-way.
HALF_WAY = pd.Timestamp("2021-12-31") + (KNOWN - pd.Timestamp("2021-12-31")) / 2
CLUSTER_DAYS = 36 * (KNOWN - PLAN).days + 7 * (HALF_WAY - PLAN).days


def test_the_waiting_days_of_the_43_of_2018_to_2020():
    assert CLUSTER_DAYS == 22_906


@pytest.mark.parametrize(
    ("day", "expected", "interval", "actual"),
    [
        ("2024-06-30", 13.4, (10, 17), 24),
        ("2024-12-31", 15.0, (11, 19), 30),
        ("2025-11-12", 17.6, (13, 22), 32),
    ],
)
def test_back_test_of_the_43(day, expected, interval, actual):
    hazard = hazard_from_counts(7, CLUSTER_DAYS)
    found = forecast_starts(hazard, 36, (pd.Timestamp(day) - KNOWN).days, started=7)
    assert round(found.expected, 1) == expected
    assert (found.low, found.high) == interval
    assert actual > found.high  # outside the interval, each time: the rate did not hold


def test_the_actual_numbers_are_those_published():
    totals = cg.load_totals()
    started = totals[totals["metric"] == "cohort_2018_2020_started"].set_index("as_of")["value"]
    assert started.to_dict() == {"2022-09": 7, "2024-06": 24, "2024-12": 30, "2025-11": 32}


def test_the_scenarios_are_the_monthly_rates_seen():
    # 7 in 18.2 months, 17 in 21, 6 in 6, 2 in 10.4
    months = [
        (KNOWN - PLAN).days,
        21 * 30.4375,
        6 * 30.4375,
        (pd.Timestamp("2025-11-12") - pd.Timestamp("2024-12-31")).days,
    ]
    seen = [7 / (months[0] / 30.4375), 17 / 21, 6 / 6, 2 / (months[3] / 30.4375)]
    stated = [s["starts_per_month"] for s in load_scenarios().values() if "starts_per_month" in s]
    assert stated == [0.39, 0.81, 1.0, 0.2]
    assert seen == pytest.approx(stated, abs=0.02)
    waiting = [(36 + 19) / 2, (19 + 13) / 2, (13 + 11) / 2]
    of_hanoi = [s for s in load_scenarios().values() if s.get("province") == "Hà Nội"]
    assert [s["waiting"] for s in of_hanoi] == [pytest.approx(22_906 / 555, abs=0.05), *waiting]


def test_another_province_gets_the_rate_of_a_site_and_is_told_whose_it_is(clusters):
    two = pd.DataFrame({"status": ["pending"] * 2, "planned_ha": [30.0, 80.0], "province": "Thanh Hóa"})
    told = {"scenario": "year-2025", "as_of": "2026-06-30"}
    found = forecast_supply(two, "2027-12-31", **told)
    # 0.2 a site and year: in a year and a half a quarter of each, not Hà Nội's two starts a year.
    assert found["starts"].iloc[-1] == pytest.approx(2 * (1 - math.exp(-0.2 * 549 / 365.25)))
    sheet = forecast_sheet(found, "vi")
    assert "Như Hà Nội năm 2025" in sheet.title
    assert any("không phải của sổ này" in note for note in sheet.notes)
    assert forecast_supply(clusters, "2027-12-31", **told).attrs["forecast"]["seen_in"] is None


@given(
    starts=st.integers(0, 30),
    more=st.integers(0, 30),
    days=st.integers(1, 4000),
    longer=st.integers(0, 4000),
    waiting=st.integers(0, 60),
)
@settings(max_examples=80)
def test_more_starts_and_more_time_never_give_fewer(starts, more, days, longer, waiting):
    low = forecast_starts(hazard_from_counts(starts, 20_000), waiting, days)
    high = forecast_starts(hazard_from_counts(starts + more, 20_000), waiting, days + longer)
    assert low.expected <= high.expected + 1e-9
    assert (low.low, low.high) <= (high.low, high.high)
    assert 0 <= low.low <= low.high <= waiting
    assert low.low - 1 <= low.expected <= low.high + 1


@given(st.lists(st.floats(1, 75), min_size=1, max_size=12), st.floats(1, 40))
@settings(max_examples=25)
def test_a_larger_site_never_gives_fewer_hectares(areas, more):
    def supply(hectares):
        table = pd.DataFrame({"status": "pending", "planned_ha": hectares})
        return forecast_supply(table, "2024-12-31", "to-june-2024", as_of="2022-09-30")

    before, after = supply(areas), supply([areas[0] + more, *areas[1:]])
    for name in ("started_ha", "started_ha_low", "started_ha_high"):
        assert (after[name] >= before[name] - 1e-9).all()
        assert before[name].is_monotonic_increasing


def test_the_same_input_gives_the_same_numbers(clusters):
    first, second = (forecast_supply(clusters, "2024-12-31", "to-june-2024") for _ in range(2))
    pd.testing.assert_frame_equal(first, second)


def test_the_bundled_case_by_quarter(clusters):
    found = forecast_supply(clusters, "2024-12-31", "to-september-2022")
    assert [f"{day:%Y-%m-%d}" for day in found.index][:2] == ["2022-12-31", "2023-03-31"]
    assert len(found) == 9
    assert found["starts"].is_monotonic_increasing
    said = found.attrs["forecast"]
    assert (said["sites"], said["as_of"]) == (43, "2022-09-30")
    assert said["unknown"] == ["unknown_completions"]
    assert found["started_ha_modelled"].iloc[-1] / found["started_ha"].iloc[-1] == pytest.approx(
        700.0532 / 1075.0822
    )


def test_by_unit_the_expected_adds_up_and_no_site_is_dropped(clusters):
    told = {"scenario": "to-june-2024", "as_of": "2022-09-30"}
    whole = forecast_supply(clusters, "2023-12-31", **told)
    by_unit = forecast_supply(clusters, "2023-12-31", **told, by="district")
    for name in ("starts", "started_ha", "started_ha_modelled"):
        assert by_unit[name].groupby("quarter").sum().to_numpy() == pytest.approx(whole[name].to_numpy())
    last = by_unit.xs(whole.index[-1], level="quarter")
    assert last["sites"].sum() == 43
    # 7 of the 43 wait in Thanh Oai: 7/43 of what is expected of all.
    share = last.loc["Thanh Oai", "starts"] / whole["starts"].iloc[-1]
    assert (last.loc["Thanh Oai", "sites"], share) == (7, pytest.approx(7 / 43))
    assert (last["starts_low"] <= last["starts"]).all()
    assert (last["starts"] <= last["starts_high"]).all()


def test_a_forecast_of_nobody_by_unit_is_empty(clusters):
    nobody = clusters[clusters["status"] == "operating"]
    found = forecast_supply(nobody, "2023-12-31", "to-june-2024", as_of="2022-09-30", by="district")
    assert found.empty
    assert found.index.names == ["unit", "quarter"]


def test_completions_and_unknown_areas_are_said():
    table = pd.DataFrame({"status": "pending", "planned_ha": [20.0, None]})
    found = forecast_supply(table, "2023-01-31", as_of="2022-09-30")
    assert math.isnan(found["starts"].iloc[0])
    assert found[["starts_low", "starts_high"]].iloc[0].tolist() == [0, 2]
    assert found.attrs["forecast"]["unknown"] == ["unknown_rate", "unknown_completions", "unknown_areas"]
    assert found.attrs["forecast"]["starts_per_site_and_year"] is None


def test_the_hazard_of_the_case_in_2025_is_that_of_its_three_dated_sites():
    clusters, _ = cg.load_hanoi(as_of="2025-12-31")
    hazard = hazard_from_register(clusters, "2025-12-31")
    # CN2 26 Jun 2020 – 23 Jun 2025, Phú Yên 15 Jun 2018 – 30 Mar 2023; Đông Phú Yên began on no known day.
    days = (pd.Timestamp("2025-06-23") - pd.Timestamp("2020-06-26")).days
    days += (pd.Timestamp("2023-03-30") - pd.Timestamp("2018-06-15")).days
    assert hazard[1:] == (2, days)


def test_kaplan_meier_by_hand():
    days = [5, 8, 8, 12, 20]
    began = [True, True, False, True, False]
    zero = pd.Timestamp("2020-01-01")
    table = pd.DataFrame(
        {
            "status": ["operating" if b else "pending" for b in began],
            "established_on": [
                zero if b else pd.Timestamp("2020-01-21") - pd.Timedelta(days=d)
                for d, b in zip(days, began, strict=True)
            ],
            "ground_broken_on": [
                zero + pd.Timedelta(days=d) if b else pd.NaT for d, b in zip(days, began, strict=True)
            ],
        }
    )
    curve = waiting_curve(table, "2020-01-21")
    assert curve.index.tolist() == [5, 8, 12]
    assert curve["at_risk"].tolist() == [5, 4, 2]
    assert curve["waiting"].tolist() == pytest.approx([0.8, 0.6, 0.3])
    assert waiting_curve(table.assign(ground_broken_on=pd.NaT), "2020-01-21").empty


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda t: forecast_supply(t, "2024", "boom", as_of="2022"), "no scenario boom"),
        (lambda t: forecast_supply(t, "2024"), "has no date"),
        (lambda t: forecast_supply(t, "2022-09-30", as_of="2022-09-30"), "Name a later day"),
        (lambda _: hazard_from_counts(-1, 5), "cannot be negative"),
        (lambda _: forecast_starts(hazard_from_counts(1, 5), -1, 5), "cannot be negative"),
    ],
)
def test_what_cannot_be_forecast_is_refused(call, says):
    with pytest.raises(SchemaError, match=says):
        call(pd.DataFrame({"status": ["pending"]}))


def test_scenarios_of_your_own(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text("[fast]\nstarts_per_month = 3\n", encoding="utf-8")
    table = pd.DataFrame({"status": ["pending"] * 5})
    found = forecast_supply(table, "2023-03-31", "fast", as_of="2022-09-30", scenarios=file)
    assert found["starts"].iloc[-1] == pytest.approx(5 * (1 - math.exp(-3 / 5 / 30.4375 * 182)))
    file.write_text("[fast]\nstarts_per_month = -1\n", encoding="utf-8")
    with pytest.raises(SchemaError, match="scenario fast must say"):
        load_scenarios(file)


def test_a_rate_that_nobody_has_seen_is_unknown_not_none():
    waiting = pd.DataFrame(
        {"status": ["pending"], "established_on": pd.to_datetime(["2025-03-20"]), "planned_ha": [35.0]},
        index=pd.Index(["A"], name="cluster_id"),
    )
    table = forecast_supply(waiting, "2026-06-30", as_of="2025-06-30")
    assert table["starts"].isna().all()
    assert (table["starts_low"].eq(0) & table["starts_high"].eq(1)).all()
    assert "unknown_rate" in table.attrs["forecast"]["unknown"]
    advice = " ".join(forecast_sheet(table, "vi").notes)
    assert "established_on" in advice
    # The advice followed gives a rate.
    stated = advice.partition("--scenario ")[2].partition(".")[0].split(" | ")
    assert len(stated) == 4
    for scenario in stated:
        assert forecast_supply(waiting, "2026-06-30", scenario, as_of="2025-06-30")["starts"].notna().all()
    begun = waiting.assign(status="operating", ground_broken_on=pd.Timestamp("2025-04-20")).rename({"A": "B"})
    both = pd.concat([waiting, begun])
    assert forecast_supply(both, "2026-06-30", as_of="2025-06-30")["starts"].notna().all()
