"""Totals: the city's own figures, sums that add up, and nothing unknown counted as zero."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shares import examples

import clusters_geo as cg
from clusters_geo.measure.summary import totals_by_basis


def register(rows):
    columns = ["status", "district", "planned_ha", "built_ha"]
    return pd.DataFrame(rows, columns=columns).rename_axis("cluster_id")


def test_the_bundled_case_has_the_published_totals(clusters):
    row = cg.summarize(clusters).loc["total"]
    assert (row["operating_clusters"], row["under_construction"], row["pending_sites"]) == (70, 7, 43)
    assert row["clusters"] == 120
    assert row["planned_ha"] == pytest.approx(1686, abs=1e-9)
    assert row["built_ha"] == pytest.approx(1392, abs=1e-9)
    assert row["build_out_rate"] == pytest.approx(1392 / 1686)
    # The city's rate is published; that of each single cluster is modelled.
    assert row["build_out_rate_known_clusters"] == 0
    assert row["build_out_rate_modelled_clusters"] == 70
    assert row["as_of"] == pd.Timestamp("2022-09-30")


def test_the_fill_rate_is_not_the_build_out_rate(clusters):
    row = cg.summarize(clusters).loc["total"]
    assert math.isnan(row["fill_rate"])
    assert row["fill_rate_known_clusters"] == 0


def test_published_and_modelled_are_told_apart(clusters):
    row = cg.summarize(clusters).loc["total"]
    assert row["planned_ha_published"] == pytest.approx(519.014, abs=1e-9)
    assert row["planned_ha_published"] + row["planned_ha_modelled"] == pytest.approx(1686)
    assert row["built_ha_published"] == 0
    assert row["built_ha_modelled"] == pytest.approx(1392)


def test_districts_add_up_to_the_city(clusters):
    by_district = cg.summarize(clusters, by="district")
    city = cg.summarize(clusters).loc["total"]
    for column in ("clusters", "operating_clusters", "pending_sites", "planned_ha", "built_ha", "pending_ha"):
        assert by_district[column].sum() == pytest.approx(city[column])
    assert (by_district["operating_clusters"] > 0).sum() == 17
    assert by_district.loc["Thường Tín", "planned_ha"] == pytest.approx(195)
    assert by_district.loc["Phúc Thọ", "planned_ha"] == pytest.approx(10)


def test_by_status_gives_each_status_its_own_hectares(clusters):
    table = cg.summarize(clusters, by="status")
    assert table.loc["operating", "planned_ha"] == pytest.approx(1686)
    assert table.loc["pending", "planned_ha"] > 0
    assert table.loc["pending", "operating_clusters"] == 0


def test_areas_are_those_of_operating_clusters():
    table = register([("operating", "A", 10.0, 8.0), ("pending", "A", 90.0, 0.0)])
    row = cg.summarize(table).loc["total"]
    assert (row["planned_ha"], row["built_ha"], row["pending_ha"]) == (10, 8, 90)
    assert row["build_out_rate"] == pytest.approx(0.8)


def test_a_rate_rests_only_on_clusters_of_which_both_areas_are_known():
    table = register([("operating", "A", 10.0, 5.0), ("operating", "A", 90.0, np.nan)])
    row = cg.summarize(table).loc["total"]
    assert row["build_out_rate"] == pytest.approx(0.5)
    assert row["build_out_rate_known_clusters"] == 1
    assert row["planned_ha"] == 100


def test_a_rate_of_modelled_areas_is_not_known():
    table = register([("operating", "A", 10.0, 5.0), ("operating", "A", 30.0, 15.0)])
    row = cg.summarize(table.assign(planned_ha_basis=["declared", "modelled"])).loc["total"]
    assert row["build_out_rate"] == pytest.approx(0.5)
    assert (row["build_out_rate_known_clusters"], row["build_out_rate_modelled_clusters"]) == (1, 1)


def test_nothing_known_is_not_zero_hectares():
    row = cg.summarize(register([("operating", "A", np.nan, np.nan)])).loc["total"]
    assert math.isnan(row["planned_ha"])
    assert math.isnan(row["build_out_rate"])


def test_rows_without_a_group_are_gathered_last():
    table = register(
        [("operating", None, 1.0, 1.0), ("operating", "Ứng Hòa", 1.0, 1.0), ("operating", "Ba Vì", 1.0, 1.0)]
    )
    assert cg.summarize(table, by="district").index.tolist() == ["Ba Vì", "Ứng Hòa", "?"]


def test_optional_columns_may_be_absent():
    row = cg.summarize(pd.DataFrame({"status": ["operating"]})).loc["total"]
    assert row["operating_clusters"] == 1
    assert math.isnan(row["planned_ha"])


def test_an_empty_register_has_zero_clusters(clusters):
    row = cg.summarize(clusters.iloc[:0]).loc["total"]
    assert row["operating_clusters"] == 0
    assert len(cg.summarize(clusters.iloc[:0], by="district")) == 0


def test_a_register_without_rows_by_district_has_the_columns_of_any_other(clusters):
    assert cg.summarize(clusters.iloc[:0], by="district").columns.equals(cg.summarize(clusters).columns)


def test_columns_with_pandas_own_missing_values_give_the_same_figures(clusters):
    plain = pd.DataFrame(clusters.drop(columns="geometry"))
    expected = cg.summarize(plain, by="district")
    got = cg.summarize(plain.convert_dtypes(), by="district")
    pd.testing.assert_frame_equal(got.astype(expected.dtypes), expected)
    assert pd.isna(cg.summarize(plain.convert_dtypes()).loc["total", "fill_rate"])


def test_rows_of_one_name_are_rows_all_the_same(clusters):
    twins = clusters.set_axis(["x"] * len(clusters))
    pd.testing.assert_frame_equal(cg.summarize(twins, by="status"), cg.summarize(clusters, by="status"))


def test_an_unknown_column_is_an_error_that_lists_the_columns(clusters):
    with pytest.raises(cg.SchemaError, match=r"no column 'ward'.*district"):
        cg.summarize(clusters, by="ward")
    with pytest.raises(cg.SchemaError, match="no column 'status'"):
        cg.summarize(clusters.drop(columns="status"))


AREAS = st.one_of(st.just(float("nan")), st.floats(0, 1e5))
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["operating", "under_construction", "pending"]),
        st.sampled_from(["Ba Vì", "Hà Đông", "Thường Tín"]),
        AREAS,
        AREAS,
    ),
    max_size=40,
)


@settings(max_examples=examples(20), deadline=None)
@given(ROWS)
def test_every_additive_column_adds_up(rows):
    table = register(rows)
    parts, whole = cg.summarize(table, by="district"), cg.summarize(table).loc["total"]
    for column in ("clusters", "operating_clusters", "under_construction", "pending_sites"):
        assert (parts[column].sum() if len(parts) else 0) == whole[column]
    if len(parts):
        for column in ("planned_ha", "built_ha", "pending_ha", "build_out_rate_known_clusters"):
            assert parts[column].sum(min_count=1) == pytest.approx(whole[column], nan_ok=True)


@settings(max_examples=40, deadline=None)
@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(rows, random):
    shuffled = random.sample(rows, len(rows))
    one, other = cg.summarize(register(rows)), cg.summarize(register(shuffled))
    pd.testing.assert_frame_equal(one, other, check_exact=False, rtol=1e-9)


def test_totals_by_basis_keep_rows_without_a_basis():
    table = pd.DataFrame(
        {"planned_ha": [1.0, 2.0, np.nan], "planned_ha_basis": ["published", None, "modelled"]}
    )
    assert totals_by_basis(table, "planned_ha").to_dict() == {"?": 2.0, "published": 1.0}


def test_pending_sites_are_a_geodataframe_in_the_order_of_the_register(clusters):
    sites = cg.pending_sites(clusters)
    assert len(sites) == 43
    assert type(sites) is type(clusters)
    assert sites.index.is_monotonic_increasing
    assert set(sites["status"]) == {"pending"}


def test_stated_rates_are_a_fill_rate_that_says_how_it_was_averaged():
    rates = register([("operating", "A", 10.0, 8.0), ("operating", "A", 30.0, 3.0)])
    rates["fill_rate_declared"] = [0.9, 0.3]
    row = cg.summarize(rates).loc["total"]
    assert (row["fill_rate"], row["fill_rate_by"]) == (pytest.approx(0.6), "clusters")
    assert (row["fill_rate_known_clusters"], row["fill_rate_stated_clusters"]) == (2, 2)
    row = cg.summarize(rates.assign(leasable_ha=[10.0, 30.0]), by="district").loc["A"]
    assert (row["fill_rate"], row["fill_rate_by"]) == (pytest.approx(0.45), "leasable_ha")


def test_approved_land_makes_the_lawful_rate_another():
    table = register([("operating", "A", 200.0, 100.0)]).assign(
        leasable_ha=100.0, leased_ha=40.0, approved_ha=20.0, fill_rate_declared=0.6
    )
    row = cg.summarize(table).loc["total"]
    assert (row["fill_rate"], row["lawful_fill_rate"]) == (pytest.approx(0.4), pytest.approx(0.6))
    assert row["fill_rate_stated_clusters"] == 0


def test_one_stated_rate_of_seventy_is_not_the_citys(clusters):
    clusters["fill_rate_declared"] = (clusters["name"] == "Ngọc Hồi").map({True: 1.0})
    assert clusters["fill_rate_declared"].notna().sum() == 1
    assert math.isnan(cg.summarize(clusters).loc["total", "fill_rate"])


def test_totals_that_a_published_one_confirms_are_not_estimated(clusters):
    by_district = cg.summarize(clusters, by="district")["estimated"].str.split("; ")
    assert not {"planned_ha", "operating_clusters"} & set(by_district["Thường Tín"])
    assert {"planned_ha", "operating_clusters", "built_ha"} <= set(by_district["Ba Vì"])
    whole = cg.summarize(clusters).loc["total", "estimated"].split("; ")
    assert not {"planned_ha", "built_ha", "build_out_rate", "operating_clusters"} & set(whole)
    # The same rows without the word that they are Hà Nội's: nobody can say what was published of them.
    nobody = cg.summarize(pd.DataFrame(clusters.drop(columns="geometry"))).loc["total", "estimated"]
    assert "planned_ha" in nobody.split("; ")


def test_by_status_each_status_has_its_own_signs():
    table = register([("operating", "A", 10.0, 8.0), ("pending", "A", 30.0, None)])
    marks = cg.summarize(table.assign(planned_ha_basis=["declared", "modelled"]), by="status")["estimated"]
    assert marks["operating"] == ""
    assert "planned_ha" in marks["pending"].split("; ")
