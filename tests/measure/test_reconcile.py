"""A register is held against what was published of it."""

from __future__ import annotations

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

import clusters_geo as cg


def totals(*rows):
    columns = ["scope", "metric", "value", "unit", "as_of", "qualifier", "role", "source"]
    return pd.DataFrame([(*row, "source") for row in rows], columns=columns)


def register(planned):
    return pd.DataFrame(
        {"status": "operating", "district": "Ba Vì", "planned_ha": planned, "built_ha": planned}
    )


def test_the_bundled_case_agrees_with_every_control_total(clusters):
    table = cg.reconcile(clusters)
    control = table[table["role"] == "control"]
    assert control["agrees"].all()
    city = control[control["scope"] == "Hà Nội"].set_index("metric")["published"]
    assert city[
        ["operating_clusters", "planned_ha", "built_ha", "pending_sites", "under_construction"]
    ].tolist() == [70, 1686, 1392, 43, 7]
    assert {"Thường Tín", "Phúc Thọ"} <= set(control["scope"])


def test_the_source_that_contradicts_is_shown_not_hidden(clusters):
    table = cg.reconcile(clusters)
    note = table[(table["role"] == "note") & (table["metric"] == "planned_ha")].iloc[0]
    assert note["published"] == 1337
    assert not note["agrees"]
    assert note["difference"] == pytest.approx(349)
    assert "vietnamplus" in note["source"]


def test_a_register_that_lost_a_cluster_does_not_agree(clusters):
    lost = clusters.drop(index=clusters.index[clusters["status"] == "operating"][0])
    table = cg.reconcile(lost)
    city = table[(table["scope"] == "Hà Nội") & (table["role"] == "control")].set_index("metric")["agrees"]
    assert not city[["operating_clusters", "planned_ha", "built_ha"]].any()
    assert city["pending_sites"]


@pytest.mark.parametrize(
    ("qualifier", "published", "agrees"),
    [
        ("exact", 100.04, True),
        ("exact", 100.06, False),
        ("about", 104.0, True),
        ("about", 106.0, False),
        ("almost", 101.0, True),
        ("almost", 99.0, False),
        ("more than", 98.0, True),
        ("more than", 101.0, False),
        ("more than", 90.0, False),
    ],
)
def test_the_words_of_the_source_decide_how_near_is_near(qualifier, published, agrees):
    row = ("Hà Nội", "planned_ha", published, "ha", "2022", qualifier, "control")
    table = cg.reconcile(register([60.0, 40.0]), totals(row))
    assert bool(table["agrees"].item()) is agrees


def test_totals_that_a_register_has_no_figure_for_are_left_out(clusters):
    table = cg.reconcile(
        clusters, totals(("Hà Nội", "workers", 60_000, "people", "2022", "more than", "control"))
    )
    assert table.empty


def test_a_register_of_another_province_is_not_held_against_ha_noi():
    table = cg.reconcile(register([60.0, 40.0]))
    assert table["agrees"].isna().all()
    assert {"Hà Nội", "Thường Tín"} <= set(table["scope"])


@pytest.mark.parametrize("scope", ["Bắc Ninh", "tỉnh Bắc Ninh", "Tỉnh BẮC NINH", "total", "Toàn tỉnh"])
def test_totals_of_one_province_are_those_of_the_whole_register(scope):
    table = cg.reconcile(
        register([90.0, 60.0]), totals((scope, "planned_ha", 999, "ha", "2024", "exact", "control"))
    )
    assert table["computed"].tolist() == [150.0]
    assert not table["agrees"].any()


def test_what_the_register_says_of_itself_wins_and_a_scope_nobody_has_is_not_judged():
    published = totals(
        ("Bắc Ninh", "planned_ha", 150, "ha", "2024", "exact", "control"),
        ("Hà Nam", "planned_ha", 150, "ha", "2024", "exact", "control"),
        ("Ba Vì", "planned_ha", 150, "ha", "2024", "exact", "control"),
        ("Lương Tài", "planned_ha", 150, "ha", "2024", "exact", "control"),
    )
    rows = register([90.0, 60.0])
    of_both = cg.reconcile(rows, published).set_index("scope")["agrees"]
    assert of_both.isna().to_dict() == {"Bắc Ninh": True, "Hà Nam": True, "Ba Vì": False, "Lương Tài": True}
    own = cg.reconcile(rows.assign(province="Hà Nam"), published).set_index("scope")["agrees"]
    assert own.isna().to_dict() == {"Bắc Ninh": True, "Hà Nam": False, "Ba Vì": False, "Lương Tài": True}
    named = cg.reconcile(rows, published, scope="Bắc Ninh").set_index("scope")["agrees"]
    assert named.fillna(value=False).to_dict() == {
        "Bắc Ninh": True,
        "Hà Nam": False,
        "Ba Vì": True,
        "Lương Tài": False,
    }


def test_the_region_that_was_named_on_loading_is_whose_totals_count(clusters, tmp_path):
    clusters.to_file(tmp_path / "own.gpkg")
    nobodys = cg.reconcile(cg.load_clusters(tmp_path / "own.gpkg"))
    assert nobodys.loc[nobodys["scope"] == "Hà Nội", "agrees"].isna().all()
    own = cg.reconcile(cg.load_clusters(tmp_path / "own.gpkg", region="Hà Nội"))
    assert own.loc[own["role"] == "control", "agrees"].all()


def test_communes_are_held_against_totals_where_there_are_no_districts():
    rows = register([90.0, 60.0]).rename(columns={"district": "commune"})
    published = totals(("Xã Ba Vì", "planned_ha", 150, "ha", "2025", "exact", "control"))
    assert cg.reconcile(rows, published)["agrees"].tolist() == [True]


def test_a_qualifier_that_means_nothing_is_named(clusters):
    """A damaged cell ended the audit in a fault of the program, found by the 2,000 cases at the doors."""
    published = cg.load_totals()
    published["qualifier"] = published["qualifier"].astype(object)
    first = published.index[(published["role"] == "control")][0]
    published.loc[first, "qualifier"] = "e-0ct"
    with pytest.raises(cg.SchemaError, match=r"“e-0ct” .*Write one of exact") as told:
        cg.reconcile(clusters, published)
    assert "at most" in str(told.value)


@pytest.mark.parametrize("blank", [None, "", " "])
def test_a_total_without_a_qualifier_is_exact(clusters, blank):
    published = cg.load_totals()
    published["qualifier"] = published["qualifier"].astype(object)
    control = published["role"] == "control"
    told = published["qualifier"].where(~control, blank)
    table = cg.reconcile(clusters, published.assign(qualifier=told))
    assert set(table.loc[table["role"] == "control", "qualifier"]) == {"exact"}


@pytest.mark.parametrize("wrong", ["contrl", "Kiểm tra", "", None])
def test_a_role_that_means_nothing_is_named_and_not_passed_over(clusters, wrong):
    published = cg.load_totals()
    published["role"] = published["role"].astype(object)
    published.loc[3, "role"] = wrong
    with pytest.raises(cg.SchemaError, match="Write one of control, note and context") as told:
        cg.reconcile(clusters, published)
    assert f"“{wrong or ''}” ({published.loc[3, 'scope']}, {published.loc[3, 'metric']})" in str(told.value)


def test_a_role_is_read_in_any_case(clusters):
    published = cg.load_totals()
    shouted = published.assign(role=" " + published["role"].str.upper())
    assert_frame_equal(cg.reconcile(clusters, shouted), cg.reconcile(clusters, published))


def test_another_province_has_none_of_ha_nois_totals():
    table = cg.reconcile(register([60.0, 40.0]).assign(province="Thanh Hóa"))
    assert table.empty
    assert list(table) == list(cg.reconcile(register([60.0])))
