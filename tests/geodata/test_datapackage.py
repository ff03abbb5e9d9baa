"""The data package describes the files as they are, and the two hand-kept tables hold what was published."""

import csv
import json
from decimal import Decimal
from pathlib import Path

import pytest
from frictionless import Package, Resource, Schema

from clusters_geo.schema import column

GEODATA = Path(__file__).parents[2] / "geodata"
DESCRIPTOR = json.loads((GEODATA / "datapackage.json").read_text(encoding="utf-8"))
RESOURCES = {resource["name"]: resource for resource in DESCRIPTOR["resources"]}


def _records(resource):
    path = GEODATA / resource["path"]
    if resource["format"] == "geojson":
        features = json.loads(path.read_text(encoding="utf-8"))["features"]
        return [feature["properties"] for feature in features]
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _faults(resource, records):
    report = Resource(data=records, schema=Schema.from_descriptor(resource["schema"])).validate()
    return {(row, field, kind) for row, field, kind in report.flatten(["rowNumber", "fieldName", "type"])}


def test_descriptor_is_a_valid_data_package():
    assert Package.validate_descriptor(DESCRIPTOR).valid
    assert RESOURCES.keys() == {
        *("clusters", "clusters-2025", "events", "districts"),
        *("communes-2025", "totals", "programme", "statements"),
    }


@pytest.mark.parametrize("name", RESOURCES)
def test_file_agrees_with_its_description(name):
    assert _faults(RESOURCES[name], _records(RESOURCES[name])) == set()


@pytest.mark.parametrize("name", ["events", "statements", "totals", "programme"])
def test_tables_validate_as_frictionless_reads_them(name):
    report = Package(str(GEODATA / "datapackage.json")).get_resource(name).validate()
    assert report.valid, report.flatten(["rowNumber", "fieldName", "note"])


@pytest.mark.parametrize("name", RESOURCES)
def test_every_field_is_described_and_in_the_order_of_the_file(name):
    fields = RESOURCES[name]["schema"]["fields"]
    assert [field["name"] for field in fields] == list(_records(RESOURCES[name])[0])
    assert all(field["title"] and field["description"] for field in fields)


@pytest.mark.parametrize("name", RESOURCES)
def test_every_resource_has_a_licence_and_a_source(name):
    assert RESOURCES[name]["licenses"]
    assert RESOURCES[name]["sources"]


def test_cluster_fields_have_the_units_labels_and_choices_of_the_schema():
    for field in RESOURCES["clusters"]["schema"]["fields"]:
        if field["name"].endswith(("_basis", "_source", "_as_of", "_qualifier")):
            continue
        declared = column(field["name"])
        assert (field["title"], field["title_vi"]) == (declared.en, declared.vi)
        assert field.get("unit", "") == declared.unit
        if declared.choices:
            assert field["constraints"]["enum"] == list(declared.choices)


@pytest.mark.parametrize(
    ("name", "cell", "value", "fault"),
    [
        ("clusters", "status", "closed", "constraint-error"),
        ("clusters", "planned_ha", None, "constraint-error"),
        ("clusters", "planned_ha", -1, "constraint-error"),
        ("clusters", "planned_ha_basis", "measured", "constraint-error"),
        ("clusters", "planned_ha_as_of", "9/2022", "constraint-error"),
        ("events", "what", "opend", "constraint-error"),
        ("clusters", "built_ha", "many", "type-error"),
        ("clusters", "established_on", "30/9/2022", "type-error"),
        ("clusters", "cluster_id", "HN-2", "constraint-error"),
        ("totals", "role", "guess", "constraint-error"),
        ("totals", "value", "1.686,0", "type-error"),
        ("programme", "unit", "%", "constraint-error"),
        ("programme", "year", "2022.5", "type-error"),
    ],
)
def test_a_broken_copy_is_found_with_its_row_and_field(name, cell, value, fault):
    records = _records(RESOURCES[name])
    records[1] = {**records[1], cell: value}
    assert _faults(RESOURCES[name], records) == {(3, cell, fault)}


def test_a_repeated_id_is_found():
    records = _records(RESOURCES["clusters"])
    assert (121 + 1, None, "primary-key") in _faults(RESOURCES["clusters"], [*records, records[0]])


# totals.csv


@pytest.fixture(scope="module")
def totals():
    return {(r["scope"], r["metric"], r["as_of"]): r for r in _records(RESOURCES["totals"])}


CONTROLS = {
    ("Hà Nội", "operating_clusters"): ("70", "exact", "2022-09"),
    ("Hà Nội", "planned_ha"): ("1686", "exact", "2022-09"),
    ("Hà Nội", "built_ha"): ("1392", "exact", "2022-09"),
    ("Hà Nội", "under_construction"): ("7", "exact", "2022-09"),
    ("Hà Nội", "pending_sites"): ("43", "exact", "2022-09"),
    ("Hà Nội", "enterprises"): ("3900", "almost", "2022-09"),
    ("Hà Nội", "workers"): ("60000", "more than", "2022-09"),
    ("Hà Nội", "budget_bn_vnd"): ("1100", "about", "2022-09"),
    ("Hà Nội", "districts_with_operating_clusters"): ("17", "exact", "2019-12"),
    ("Thường Tín", "operating_clusters"): ("11", "exact", "2025"),
    ("Thường Tín", "planned_ha"): ("195", "more than", "2025"),
    ("Phúc Thọ", "operating_clusters"): ("2", "exact", "2022-07"),
    ("Phúc Thọ", "planned_ha"): ("10", "about", "2022-07"),
    ("six clusters of 2017", "planned_ha"): ("70.262", "exact", "2017"),
}


def test_control_totals_are_the_published_ones(totals):
    controls = {
        (scope, metric): (row["value"], row["qualifier"], as_of)
        for (scope, metric, as_of), row in totals.items()
        if row["role"] == "control"
    }
    assert controls == CONTROLS


def test_each_scope_has_one_control_per_metric():
    controls = [(r["scope"], r["metric"]) for r in _records(RESOURCES["totals"]) if r["role"] == "control"]
    assert len(controls) == len(set(controls))


def test_the_conflicting_area_is_kept_as_a_note(totals):
    row = totals["Hà Nội", "planned_ha", "2019-07"]
    assert (row["value"], row["role"]) == ("1337", "note")
    assert totals["Hà Nội", "operating_clusters", "2019-07"]["value"] == "70"


def test_decision_1292_adds_up(totals):
    def value(metric):
        return Decimal(totals["Hà Nội", metric, "2018-03"]["value"])

    assert value("plan_2020_clusters") + value("plan_2030_new_clusters") == value("plan_2030_clusters")
    parts = ("plan_2020_ha", "plan_2030_expansions_ha", "plan_2030_new_ha")
    assert sum(map(value, parts)) == value("plan_2030_ha")


def test_the_43_pending_ones_are_split_by_2024(totals):
    started, waiting = (
        totals["Hà Nội", "pending_started", "2024-06"],
        totals["Hà Nội", "pending_not_started", "2024-06"],
    )
    assert int(started["value"]) + int(waiting["value"]) == 43


# programme.csv


@pytest.fixture(scope="module")
def programme():
    return {(r["scope"], r["indicator"], int(r["year"])): r for r in _records(RESOURCES["programme"])}


def test_targets_and_results_of_the_city(programme):
    city = {
        key[1:]: (row["target"], row["target_max"], row["result"])
        for key, row in programme.items()
        if key[0] == "Hà Nội"
    }
    assert city == {
        ("enterprises", 2022): ("920", "", "900"),
        ("enterprises_international_standards", 2022): ("300", "", "320"),
        ("share_of_manufacturing_output", 2022): ("0.16", "", ""),
        ("production_index_growth", 2022): ("0.11", "", ""),
        ("enterprises", 2024): ("1000", "", ""),
        ("share_international_standards", 2024): ("0.35", "0.40", ""),
        ("enterprises", 2025): ("1000", "", ""),
        ("enterprises", 2030): ("1200", "", ""),  # Decision 6126/QĐ-UBND, 10 December 2025
        ("share_international_standards", 2030): ("0.40", "", ""),
    }


def test_the_target_of_2025_was_brought_forward_but_is_not_called_achieved(programme):
    row = programme["Hà Nội", "enterprises", 2025]
    assert (row["brought_forward_to"], row["achieved_year"], row["result"]) == ("2024", "", "")
    assert programme["Hà Nội", "enterprises", 2024]["target"] == row["target"]


def test_achieved_means_that_a_result_meets_the_target(programme):
    for row in programme.values():
        met = bool(row["target"] and row["result"]) and Decimal(row["result"]) >= Decimal(row["target"])
        assert bool(row["achieved_year"]) == met


def test_national_figures_are_results_without_a_target(programme):
    national = {key[1]: row for key, row in programme.items() if key[0] == "Việt Nam"}
    assert {key: row["result"] for key, row in national.items()} == {
        "enterprises": "5000",
        "tier_1_suppliers": "100",
        "tier_2_3_suppliers": "700",
    }
    assert not any(row["target"] for row in national.values())


def test_a_figure_has_a_qualifier_and_a_result_a_date(programme):
    for row in programme.values():
        assert bool(row["target"]) == bool(row["target_qualifier"])
        assert bool(row["result"]) == bool(row["result_qualifier"]) == bool(row["result_as_of"])
