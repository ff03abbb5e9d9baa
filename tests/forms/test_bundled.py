"""Forms 03 and 04 of Hà Nội, September 2022, against values counted by hand in the bundled files."""

from __future__ import annotations

import csv
import json
import math

import pytest

from clusters_geo.forms.checks import check_sum, form_findings
from clusters_geo.forms.fill import form
from clusters_geo.forms.units import unit_names
from clusters_geo.measure.summary import summarize
from clusters_geo.reference import bundled_file

# Province and Thường Tín: result, how many clusters the row is about, how many of them say.
PROVINCE = {
    "1": (120, 120, 120),
    "15": (70, 120, 120),  # acting director of the Department of Industry and Trade, 2022
    "16": (1686.0, 70, 70),  # the same
    **dict.fromkeys(("15.3", "15.4", "16.3", "16.4", "17", "18", "19", "20", "21", "22"), (None, 70, 0)),
    **dict.fromkeys(("23", "24", "25"), (None, 70, 0)),
    **dict.fromkeys(("26", "27"), (None, 77, 0)),
    "7": (11, 120, 11),  # those whose investor a source not later than September 2022 names
    "14": (None, 120, 0),
}
THUONG_TIN = {
    "1": (17, 17, 17),
    "15": (11, 17, 17),
    "16": (195.0, 11, 11),
    "11": (2, 17, 2),
    "25": (None, 11, 0),
}


@pytest.fixture(scope="module")
def hanoi_forms(_hanoi):
    clusters = _hanoi[0]
    return {
        "04": form(clusters, "04", period="2022", lang="en"),
        "03": form(clusters, "03", unit="Thường Tín", period="2022", lang="en"),
    }


@pytest.mark.parametrize(("number", "expected"), [("04", PROVINCE), ("03", THUONG_TIN)])
def test_rows_against_counts_by_hand(hanoi_forms, number, expected):
    table = hanoi_forms[number]
    for row, (result, clusters, reported) in expected.items():
        assert table.loc[row, ["clusters", "reported"]].tolist() == [clusters, reported], row
        if result is None:
            assert math.isnan(table.loc[row, "result"]), row
            assert table.loc[row, "qualifier"] == "not reported", row
        else:
            assert table.loc[row, "result"] == pytest.approx(result), row


def _rows():
    content = json.loads(bundled_file("clusters.geojson").read_text(encoding="utf-8"))
    return [feature["properties"] for feature in content["features"]]


def test_areas_against_plain_python(hanoi_forms):
    rows = _rows()
    table = hanoi_forms["04"]
    published = [row["planned_ha"] for row in rows if row["planned_ha_basis"] == "published"]
    assert table.loc["2", ["qualifier", "modelled"]].tolist() == ["at least", 0]
    assert table.loc["2", "result"] == pytest.approx(math.fsum(published))
    capital = [row["approved_capital_bn_vnd"] for row in rows if row["approved_capital_bn_vnd"] is not None]
    assert table.loc["13", "result"] == pytest.approx(math.fsum(capital))
    assert table.loc["13", ["qualifier", "reported"]].tolist() == ["at least", len(capital)]
    assert table.loc["3", ["result", "qualifier"]].tolist() == [49, "at least"]
    assert sum(row["established"] is True for row in rows) == 49


def test_what_is_established_is_a_least_that_rests_on_facts(hanoi_forms):
    told = hanoi_forms["04"].loc[["1", "3", "15.1", "16.1"], ["result", "qualifier"]]
    assert told["qualifier"].tolist() == ["at least"] * 4
    assert told["result"].tolist() == pytest.approx([120, 49, 30, 474.204])


def test_published_totals_and_missing_land_are_told_of_in_the_notes(clusters):
    from clusters_geo.reference import load_totals

    notes = form(clusters, "04", period="2022", lang="en", totals=load_totals())["note"]
    for row, words in {
        "1": "published (2018-03): 159",
        "2": "published (2018-03): 3,204.31",
        "20": "almost 3,900",
        "24": "about 1,100",
        "25": "more than 60,000",
        "17": "industrial land (leasable_ha) is missing for 70 of the clusters: HN-001",
        "19": "industrial land (leasable_ha) is missing for 70 of the clusters",
    }.items():
        assert words in notes[row], row
    later = form(clusters, "04", period="2025", lang="en", totals=load_totals())["note"]
    assert "13,000" not in later["25"]  # Thường Tín's workers are not the province's


def test_rows_4_and_5_of_form_02_imply_the_land_that_is_missing(clusters):
    clusters["leased_ha"] = (clusters["name"] == "Ngọc Hồi").map({True: 30.0})
    clusters["fill_rate_declared"] = (clusters["name"] == "Ngọc Hồi").map({True: 0.75})
    note = form(clusters, "04", period="2022", lang="en")["note"]["17"]
    assert "rows 4 and 5 of Form 02 imply about 40 ha of industrial land for 1" in note


def test_the_area_of_2022_is_the_published_one_and_says_how_much_is_modelled(hanoi_forms):
    with bundled_file("totals.csv").open(encoding="utf-8") as file:
        published = next(
            r for r in csv.DictReader(file) if r["metric"] == "planned_ha" and r["role"] == "control"
        )
    row = hanoi_forms["04"].loc["16"]
    assert row["result"] == pytest.approx(float(published["value"]))
    assert row["modelled"] > 0
    assert f"of which {row['modelled']:,.1f} modelled" in row["note"]


def test_what_meets_a_published_total_is_not_rough(clusters, hanoi_forms):
    """195.0 ha of Thường Tín are modelled part by part, but published together; Ba Vì's are not."""
    printed = [hanoi_forms["04"], form(clusters, "03", unit="Thường Tín", period="2022")]
    for table in printed:
        assert table.loc[["15", "16"], "mark"].tolist() == ["", ""]
        assert table.loc["16", "modelled"] > 0
    rough = form(clusters, "03", unit="Ba Vì", period="2022")
    assert rough.loc[["15", "16"], "mark"].tolist() == ["≈", "≈"]


@pytest.mark.parametrize("unit", ["Thường Tín", "Ba Vì", "Chương Mỹ"])
def test_marks_are_those_of_the_summary(clusters, unit):
    estimated = str(summarize(clusters, by="district").loc[unit, "estimated"]).split("; ")
    marks = form(clusters, "03", unit=unit, period="2022")["mark"]
    assert [marks["15"] == "≈", marks["16"] == "≈"] == [
        total in estimated for total in ("operating_clusters", "planned_ha")
    ]


def test_a_total_that_is_missed_by_a_cell_is_rough_again(clusters):
    first = clusters.index[(clusters["district"] == "Thường Tín") & (clusters["status"] == "operating")][0]
    clusters.loc[first, "planned_ha"] += 1
    assert form(clusters, "03", unit="Thường Tín", period="2022").loc["16", "mark"] == "≈"


def test_districts_add_up_to_the_city(clusters, hanoi_forms):
    units = set(unit_names(clusters, "district")) - {"Thường Tín"}
    parts = {unit: form(clusters, "03", unit=unit, period="2022") for unit in sorted(units)}
    assert check_sum(hanoi_forms["04"], parts | {"Thường Tín": hanoi_forms["03"]}).empty


def test_what_stands_in_the_way_of_signing_is_said(clusters):
    findings = form_findings(clusters, "04", period="2026-H1", lang="en")
    assert "error" not in set(findings["severity"])
    assert {"forms.modelled", "forms.other-date"} <= set(
        findings.loc[findings["severity"] == "warning", "rule"]
    )
    assert {"forms.unchecked", "forms.incomplete"} <= set(
        findings.loc[findings["severity"] == "info", "rule"]
    )
