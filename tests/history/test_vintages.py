"""What was known when: the newest source not later than the day, whatever the order of entry."""

from __future__ import annotations

import hypothesis.strategies as st
import pandas as pd
import pytest
from hypothesis import given, settings
from shares import examples

import clusters_geo as cg
from clusters_geo.errors import SchemaError
from clusters_geo.history.events import EVENT_COLUMNS, as_day, check_events, event_kinds, last_day
from clusters_geo.history.vintages import known_cells, vintage

DAYS = st.sampled_from(
    [
        "2017",
        "2018-06",
        "2019-02-28",
        "2020-06-26",
        "2022-09",
        "2022-09-30",
        "2022-10-01",
        "2024",
        "2025-06-23",
    ]
)


@st.composite
def logs(draw):
    rows = draw(
        st.lists(
            st.tuples(
                st.sampled_from("AB"),
                st.sampled_from(["planned_ha", "workers"]),
                st.integers(1, 99),
                DAYS,
                st.sampled_from(["first", "second"]),
            ),
            min_size=1,
            max_size=12,
        )
    )
    return pd.DataFrame(
        [
            {
                "cluster_id": who,
                "what": "set",
                "column": column,
                "value": str(value),
                "valid_on": day,
                "recorded_on": day,
                "source": source,
            }
            for who, column, value, day, source in rows
        ]
    )


def event(what="set", **cells):
    row = {"cluster_id": "A", "what": what, "valid_on": "2020", "recorded_on": "2020", "source": "S"}
    return row | cells


@given(log=logs(), day=DAYS, seed=st.randoms(use_true_random=False))
@settings(max_examples=examples(20))
def test_the_order_of_entry_does_not_matter(log, day, seed):
    order = list(range(len(log)))
    seed.shuffle(order)
    pd.testing.assert_frame_equal(
        known_cells(log, day).sort_values(["cluster_id", "column"], ignore_index=True),
        known_cells(log.iloc[order], day).sort_values(["cluster_id", "column"], ignore_index=True),
    )


@given(log=logs(), day=DAYS)
@settings(max_examples=examples(20))
def test_a_vintage_never_shows_a_later_source_and_shows_the_newest(log, day):
    cells = known_cells(log, day)
    assert (last_day(cells["as_of"]) <= as_day(day)).all()
    known = log[last_day(log["recorded_on"]) <= as_day(day)]
    newest = last_day(known["recorded_on"]).groupby([known["cluster_id"], known["column"]]).max()
    shown = last_day(cells["as_of"]).set_axis(pd.MultiIndex.from_frame(cells[["cluster_id", "column"]]))
    assert shown.sort_index().tolist() == newest.sort_index().tolist()


def test_an_article_of_a_year_is_known_when_the_year_is_over():
    log = pd.DataFrame([event(column="planned_ha", value="20", recorded_on="2022", valid_on="2022")])
    assert known_cells(log, "2022-12-30").empty
    assert known_cells(log, "2022-12-31")["value"].tolist() == ["20"]


def test_what_holds_from_a_later_day_is_not_yet_so():
    log = pd.DataFrame([event("ground_broken", recorded_on="2022-01-05", valid_on="2022-03-01")])
    assert known_cells(log, "2022-02-01").empty


@pytest.mark.parametrize(
    ("stages", "status"),
    [
        (["listed", "established"], "pending"),
        (["ground_broken", "established"], "under_construction"),
        (["operating", "ground_broken"], "operating"),
    ],
)
def test_the_status_is_the_furthest_stage(stages, status):
    assert vintage(pd.DataFrame([event(stage) for stage in stages]), "2021")["status"].tolist() == [status]


def test_a_site_dropped_or_merged_has_no_row_from_that_day_on():
    log = pd.DataFrame(
        [event("called"), event("merged", value="B", valid_on="2023-05-01", recorded_on="2023-06")]
    )
    assert vintage(log, "2023-05-31").index.tolist() == ["A"]
    assert vintage(log, "2023-06-30").index.tolist() == []


def test_by_a_day_is_no_day():
    table = vintage(
        pd.DataFrame([event("ground_broken", valid_on="2020-06-30", recorded_on="2020-07", qualifier="by")]),
        "2021",
    )
    assert "ground_broken_on" not in table
    assert table["status"].tolist() == ["under_construction"]


def test_a_figure_has_its_own_basis_source_day_and_wording():
    log = pd.DataFrame(
        [event(column="planned_ha", value="21", basis="published", qualifier="nearly"), event("called")]
    )
    row = vintage(log, "2021").loc["A"]
    assert row[["planned_ha", "planned_ha_basis", "planned_ha_source"]].tolist() == [21.0, "published", "S"]
    assert row[["planned_ha_as_of", "planned_ha_qualifier"]].tolist() == ["2020", "nearly"]


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        ({"what": "opend"}, "row 1: there is no kind of event “opend”"),
        ({"column": "hectares", "value": "1"}, "row 1: the register has no column “hectares”"),
        ({"column": "planned_ha"}, "row 1: value is empty"),
        ({"column": "planned_ha", "value": "1", "recorded_on": "9/2022"}, "recorded_on is “9/2022”"),
        ({"column": "planned_ha", "value": "1", "recorded_on": "2022-02-30"}, "recorded_on is “2022-02-30”"),
        ({"column": "planned_ha", "value": "1", "source": None}, "row 1: source is empty"),
        ({"column": "planned_ha", "value": "1", "basis": "guessed"}, "“guessed” is not a basis of a figure"),
    ],
)
def test_a_log_that_cannot_be_understood_is_refused_by_row_and_column(broken, says):
    with pytest.raises(SchemaError, match=says):
        check_events(pd.DataFrame([event(**broken)]))


def test_a_vintage_of_no_day_is_refused():
    with pytest.raises(SchemaError, match="is not the day of a vintage"):
        cg.load_hanoi(as_of="autumn 2022")


# The bundled case


def test_the_bundled_log_is_whole():
    log = cg.load_events()
    assert list(log.columns) == list(EVENT_COLUMNS)
    assert set(log["what"]) <= set(event_kinds())
    assert log[["cluster_id", "source", "recorded_on", "who"]].notna().all(axis=None)


def test_the_vintages_of_the_case_agree_with_its_log():
    for day in ("2022-09-30", "2025-12-31"):
        table, _ = cg.load_hanoi(as_of=day)
        told = vintage(cg.load_events(), day)
        assert set(told.index) == set(table.index)
        for name in ("planned_ha", "established_year", "approved_capital_bn_vnd"):
            both = told[name].dropna()
            assert (table.loc[both.index, name] == both).all(), (day, name)


def test_a_day_between_shows_only_what_was_published():
    table, districts = cg.load_hanoi(as_of="2020-12-31")
    assert len(districts) == 30
    assert 40 < len(table) < 80
    assert not (table["planned_ha_basis"].dropna() == "modelled").any()
    assert table.geometry.notna().all()
    assert "Kim Bài" not in set(table["name"])


def test_the_first_vintage_is_the_default():
    assert cg.load_hanoi()[0].equals(cg.load_hanoi(as_of="2022-09")[0])


def test_49_established_of_the_120():
    clusters, _ = cg.load_hanoi()
    assert int(clusters["established"].sum()) == 49
    assert clusters["established_year"].max() == 2020
