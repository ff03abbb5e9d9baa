"""The law by unit: the unit of the day, communes of another generation, what may lie here, what if."""

from __future__ import annotations

from datetime import date

import geopandas as gpd
import pandas as pd
import pytest
from as_user import run

import clusters_geo as cg
from clusters_geo.planning.homes import homes_of
from clusters_geo.planning.law import unit_on
from clusters_geo.planning.what_if import changes, what_if

TODAY = "2026-11-28"


def rows(**columns):
    size = len(next(iter(columns.values())))
    ids = pd.Index([f"K{n}" for n in range(size)], name="cluster_id")
    return pd.DataFrame({"status": "operating", **columns}, index=ids)


@pytest.mark.parametrize(
    ("day", "unit"),
    [
        ("2022-09-30", "district"),
        ("2025-06-30", "district"),
        ("2026-09-14", "district"),
        ("2026-09-15", "commune"),
    ],
)
def test_the_unit_is_that_of_the_day(clusters, day, unit):
    assert unit_on(date.fromisoformat(day)) == unit
    assert cg.eligibility(clusters, on=day).index.name == unit


def test_between_the_two_the_province_says_and_the_answer_tells(clusters):
    by_law = cg.eligibility(clusters, on="2026-01-01", lang="en")
    assert by_law["note"].str.contains("art. 12.; this answer is by district").all()
    chosen = cg.eligibility(clusters, on="2026-01-01", by="commune", lang="en")
    assert chosen["note"].str.contains("this answer is by commune").all()


@pytest.mark.parametrize("commune", ["Bình Minh", "Tây Phương"])
def test_two_communes_of_today_are_unknown_and_not_yes(clusters, commune):
    found = cg.eligibility(clusters, on=TODAY, lang="en").loc[commune]
    assert found["may_establish"] == "unknown"
    assert found["open_clusters"] > 0
    assert "another generation" in found["note"]


def test_no_commune_of_2022_is_taken_for_one_of_today(clusters, communes_of_today):
    found = cg.eligibility(clusters, on=TODAY)
    assert set(found.index) <= set(communes_of_today["name"])
    # 54 of the names of 2022 used to be answered with yes.
    yes = found[found["may_establish"] == "yes"]
    assert (yes["unleased_ha_high"] <= 50).all()
    assert found["may_establish"].value_counts()["unknown"] > 50


@pytest.fixture(scope="module")
def communes_of_today():
    return cg.load_units("hanoi-communes")


def test_a_register_of_another_province_with_old_communes_is_unknown_with_the_reason():
    table = rows(district=["Từ Sơn"], commune=["Đồng Nguyên"], leasable_ha=[10.0], leased_ha=[10.0])
    found = cg.eligibility(table, on=TODAY, lang="en").iloc[0]
    assert found["may_establish"] == "unknown"
    assert "before 1 July 2025" in found["note"]
    # As of a day of today's communes, and without a district, the names are today's.
    today = table.drop(columns="district").assign(as_of=pd.Timestamp("2026-10-01"))
    assert cg.eligibility(today, on=TODAY)["may_establish"].tolist() == ["yes"]


def test_a_register_that_names_only_districts_cannot_be_answered_by_commune():
    found = cg.eligibility(
        rows(district=["Từ Sơn"], leasable_ha=[10.0], leased_ha=[10.0]), on=TODAY, lang="en"
    )
    assert found["may_establish"].tolist() == ["unknown"]
    assert "the register does not name" in found["note"].iloc[0]


def test_what_may_lie_here_counts_both_ways():
    full = {"leasable_ha": [60.0, 60.0], "leased_ha": [60.0, 0.0], "as_of": pd.Timestamp("2022-09-30")}
    table = rows(district=["Thanh Oai"] * 2, commune=["Bích Hòa", None], **full)
    found = cg.eligibility(table, on=TODAY, lang="en")
    # Alone it is full; with the other, which may lie here, the mean is a half and 60 ha are free.
    assert found.loc["Bình Minh", ["may_establish", "clusters", "open_clusters"]].tolist() == [
        "unknown",
        1,
        1,
    ]
    known = cg.eligibility(table.assign(commune=["Bích Hòa", "Cao Viên"]), on=TODAY)
    assert known.loc["Bình Minh", ["may_establish", "clusters", "open_clusters"]].tolist() == ["no", 2, 0]


def test_a_pending_site_may_be_established_beside_others():
    table = rows(district=["Ba Vì"] * 2, leasable_ha=[20.0, 300.0], leased_ha=[1.0, 0.0])
    table["status"] = ["operating", "pending"]
    assert cg.eligibility(table, on="2024-06-30")["may_establish"].tolist() == ["unknown"]
    told = table.assign(established=pd.array([True, False], dtype="boolean"))
    assert cg.eligibility(told, on="2024-06-30")["may_establish"].tolist() == ["yes"]


@pytest.mark.parametrize(("kind", "answer"), [("ordinary", "no"), ("high-tech", "yes"), ("eco", "yes")])
def test_the_exempt_are_exempt_since_september_2026(kind, answer):
    table = rows(commune=["A"], leasable_ha=[300.0], leased_ha=[0.0], as_of=[pd.Timestamp("2026-10-01")])
    assert cg.eligibility(table, by="commune", on=TODAY, kind=kind)["may_establish"].tolist() == [answer]
    before = cg.eligibility(table, by="commune", on="2026-09-14", kind=kind)
    assert before["may_establish"].tolist() == ["no"]
    with pytest.raises(cg.SchemaError, match="no kind park"):
        cg.eligibility(table, by="commune", kind="park")


def test_a_surveyed_point_counts_in_the_commune_of_today(communes_of_today):
    point = communes_of_today.geometry.representative_point().iloc[[3]]
    table = gpd.GeoDataFrame(
        rows(district=["Ba Đình"], leasable_ha=[10.0], leased_ha=[9.0]), geometry=point.to_numpy(), crs=4326
    )
    found = cg.eligibility(table, on=TODAY)
    assert found.index.tolist() == [communes_of_today["name"].iloc[3]]
    assert found["may_establish"].tolist() == ["yes"]


def test_homes_by_any_column():
    homes = homes_of(rows(zone=["N", "S", None]), "zone", date(2024, 1, 1))
    assert homes.names == {"N", "S"}
    with pytest.raises(cg.SchemaError, match="no column zone"):
        homes_of(rows(area=["N"]), "zone", date(2024, 1, 1))


# --- what if


@pytest.mark.parametrize(
    ("text", "leased"),
    [("K0 leased +5", 15.0), ("K0 leased_ha -4", 6.0), ("K0 leased =2,5", 2.5), ("K0 leased −20", 0.0)],
)
def test_what_is_assumed_changes_one_cell(text, leased):
    table = rows(leased_ha=[10.0, 3.0], leased_ha_basis=["modelled", "modelled"])
    changed, idle = what_if(table, [text])
    assert changed["leased_ha"].tolist() == [leased, 3.0]
    assert changed["leased_ha_basis"].tolist() == ["declared", "modelled"]
    assert table["leased_ha"].tolist() == [10.0, 3.0]
    assert idle == []


def test_more_of_what_nobody_knows_is_not_known():
    changed, idle = what_if(rows(leased_ha=[None]), ["K0 leased +5"])
    assert changed["leased_ha"].isna().all()
    assert [str(change) for change in idle] == ["K0 leased_ha +5.0"]


@pytest.mark.parametrize(
    "text", ["K0", "K0 leased five", "K0 name =5", "K0 status =closed", "K0 status +1", ""]
)
def test_assumptions_that_are_not_understood_are_refused(text):
    with pytest.raises(cg.SchemaError, match="not understood"):
        changes([text])


def test_an_assumption_about_nobody_is_refused():
    with pytest.raises(cg.SchemaError, match=r"No cluster has the id or the name 'K7'"):
        what_if(rows(leased_ha=[1.0]), ["K7 leased +1"])


def test_the_command_answers_and_compares(tmp_path):
    rows(name=["A"], district=["Ba Vì"], leasable_ha=[300.0], leased_ha=[10.0]).to_csv(tmp_path / "r.csv")
    asked = ["--on", "2024-06-30", "--if", "K0 leased =250", "--format", "csv", "--lang", "en"]
    told = run("eligibility", tmp_path / "r.csv", *asked)
    assert told.returncode == 0, told.stderr
    header, row = told.stdout.lstrip("\ufeff").splitlines()[:2]
    found = dict(zip(header.split(","), row.split(","), strict=False))
    assert (found["may_establish"], found["may_establish_before"]) == ("yes", "no")
