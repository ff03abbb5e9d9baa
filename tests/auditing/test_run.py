"""The audit as a whole: what it returns, what it records, and what it must not do."""

from __future__ import annotations

import json
from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import clusters_geo as cg
from clusters_geo.auditing.findings import FINDING_COLUMNS
from clusters_geo.auditing.rule import FAMILIES, all_rules, find_rule
from clusters_geo.auditing.run import audit
from clusters_geo.auditing.settings import load_settings
from clusters_geo.errors import SchemaError, SourceError
from clusters_geo.report.tables import to_csv
from clusters_geo.schema import CLUSTER_COLUMNS

ON = "2025-01-31"


def register(**columns):
    length = max(len(v) for v in columns.values())
    return pd.DataFrame(columns, index=pd.Index([f"C{n}" for n in range(length)], name="cluster_id"))


def runs(findings):
    return {run["rule"]: run for run in findings.attrs["audit"]["rules"]}


def test_the_table_has_the_promised_columns_whether_or_not_anything_is_found():
    for table in (register(planned_ha=[20.0]), register(planned_ha=[-20.0])):
        assert tuple(audit(table, on=ON).columns) == FINDING_COLUMNS


def test_errors_come_first_then_rules_and_rows():
    table = register(planned_ha=[4.0, 10.0, 3.0], built_ha=[1.0, 20.0, 9.0])
    found = audit(table, on=ON, skip=["trust"])
    assert found["severity"].tolist() == ["error", "error", "warning", "warning"]
    assert found["row"].tolist() == [2, 3, 1, 3]
    pd.testing.assert_frame_equal(pd.DataFrame(found), pd.DataFrame(audit(table, on=ON, skip=["trust"])))


def test_rows_are_those_of_the_sheet_in_every_format_and_whole_numbers(tmp_path):
    lines = ["SỞ CÔNG THƯƠNG", "STT;Tên cụm;Diện tích (ha)", "1;A;20", "2;B;-3", "3;C;-4"]
    (tmp_path / "so.csv").write_text("\n".join(lines), encoding="utf-8")
    read = cg.load_clusters(tmp_path / "so.csv", check=False)
    found = audit(read, only=["figures.negative"], on=ON)
    assert found["row"].tolist() == [4, 5]
    # Of a table that was filtered since, nobody knows where its rows stood.
    assert audit(read.iloc[1:], only=["figures.negative"], on=ON)["row"].tolist() == [1, 2]
    both = pd.DataFrame(found).drop(columns="geometry").reindex([*found.index, 99])
    assert [line.rpartition(",")[2] for line in to_csv(both).splitlines()] == ["row", "4", "5", ""]


def test_neither_table_is_changed(clusters, districts):
    before = clusters.copy(), districts.copy()
    audit(clusters, districts)
    pd.testing.assert_frame_equal(clusters, before[0])
    pd.testing.assert_frame_equal(districts, before[1])


def test_the_geometry_is_where_it_is_in_the_system_of_the_clusters():
    shapes = [
        shapely.box(500_000, 2_300_000, 500_300, 2_300_300),
        shapely.box(500_200, 2_300_000, 500_500, 2_300_300),
    ]
    table = gpd.GeoDataFrame(register(name=["A", "B"]), geometry=shapes, crs="EPSG:5897").to_crs("EPSG:4326")
    found = audit(table, on=ON, only=["geometry.overlap"])
    assert found.crs == table.crs
    assert found["value"].iloc[0] == pytest.approx(3.0, rel=1e-3)
    assert found.geometry.to_crs("EPSG:5897").area.iloc[0] == pytest.approx(30_000, rel=1e-6)


@pytest.mark.parametrize(
    ("on", "regime"), [("2022-09-30", "68/2017"), ("2024-05-01", "32/2024"), ("2026-09-15", "303/2026")]
)
def test_the_law_is_that_of_the_register_or_of_the_day_asked_for(on, regime):
    table = register(planned_ha=[20.0], as_of=pd.to_datetime([on]))
    assert audit(table).attrs["audit"]["regime"] == regime
    asked = audit(table, law=date(2024, 6, 1)).attrs["audit"]
    assert (asked["regime"], asked["on"], asked["law_on"]) == ("32/2024", on, "2024-06-01")


@pytest.mark.parametrize(
    ("law", "size", "findings"),
    [("2026-09-14", 7.0, 1), ("2026-09-15", 7.0, 0), ("2026-09-15", 5.0, 0), ("2026-09-15", 4.99, 1)],
)
def test_from_september_2026_five_hectares_are_enough_for_all(law, size, findings):
    table = register(planned_ha=[size], craft_village=[False], mountainous=[False])
    assert len(audit(table, law=law, only=["law.size-*"])) == findings


@pytest.mark.parametrize(("law", "findings"), [("2026-09-14", 1), ("2026-09-15", 0)])
def test_from_september_2026_sixty_per_cent_are_enough_for_craft_villages(law, findings):
    table = register(craft_village=[True], craft_ha=[6.0], leasable_ha=[10.0])
    assert len(audit(table, law=law, only=["law.craft-share"])) == findings


@pytest.mark.parametrize(("law", "findings"), [("2026-09-14", 1), ("2026-09-15", 0)])
def test_from_september_2026_thirty_per_cent_are_enough_for_high_tech(law, findings):
    table = register(speciality=["Công nghệ cao"], speciality_ha=[3.0], leasable_ha=[10.0])
    assert len(audit(table, law=law, only=["law.speciality-share"])) == findings


@pytest.mark.parametrize(
    ("rule", "columns", "law"),
    [
        ("law.services-share", {"services_ha": [9.0], "planned_ha": [20.0]}, "2022-09-30"),
        ("law.craft-share", {"craft_village": [True], "craft_ha": [0.0], "leasable_ha": [9.0]}, "2022-09-30"),
        (
            "law.speciality-share",
            {"speciality": ["x"], "speciality_ha": [0.0], "leasable_ha": [9.0]},
            "2024-09-30",
        ),
        ("law.area-drift", {"planned_ha": [60.0], "established_ha": [20.0]}, "2022-09-30"),
        ("law.land-shares", {"planned_ha": [20.0], "roads_ha": [0.0]}, "2027-01-01"),
        ("law.land-shares", {"planned_ha": [20.0], "roads_ha": [0.0]}, "2021-07-04"),
        ("law.size-above-maximum", {"planned_ha": [99.0]}, "2016-01-01"),
        ("law.size-below-minimum", {"planned_ha": [1.0]}, "2016-01-01"),
        (
            "law.fill-rate-on-gross-area",
            {"fill_rate_declared": [0.1], "leased_ha": [1.0], "leasable_ha": [5.0], "planned_ha": [10.0]},
            "2022-09-30",
        ),
        ("law.not-established", {"operating_on": pd.to_datetime(["2001-01-01"])}, "2022-09-30"),
    ],
)
def test_a_text_that_was_not_found_gives_no_finding_and_says_so(rule, columns, law):
    found = audit(register(**columns), law=law, only=[rule], lang="en")
    assert len(found) == 0
    why = runs(found)[rule]["not_judged"]
    assert why.startswith("no text on")
    assert law in why


def test_what_could_not_be_judged_says_why_and_what_was_says_for_how_many():
    found = audit(register(planned_ha=[20.0, None], built_ha=[1.0, 1.0]), on=ON, lang="en")
    record = runs(found)
    assert record["figures.built-over-planned"]["judged"] == 1
    assert (
        record["figures.leased-over-leasable"]["not_judged"] == "the register has nothing in column leased_ha"
    )
    assert record["districts.gap"]["not_judged"] == "no layer of units was given"
    assert record["geometry.overlap"]["not_judged"] == "the register has no outlines"
    assert record["trust.sources-conflict"]["not_judged"].startswith("no published totals")
    assert set(record) == set(all_rules())


@pytest.mark.parametrize("rule", ["pipeline.started-without-decision", "law.not-established"])
def test_a_register_without_a_column_for_decisions_does_not_say_who_has_none(rule):
    told = register(status=["under_construction"], operating_on=pd.to_datetime(["2001-01-01"]))
    silent = audit(told, only=[rule], on="2025-06-30", lang="en")
    assert silent.empty
    assert runs(silent)[rule]["not_judged"] == "the register has nothing in column decision | established_on"
    assert len(audit(told.assign(decision=None), only=[rule], on="2025-06-30")) == 1


def test_outlines_without_a_system_are_not_judged():
    shapes = [shapely.box(0, 0, 1, 1)]
    found = audit(gpd.GeoDataFrame(register(planned_ha=[20.0]), geometry=shapes), on=ON, lang="en")
    assert "coordinate system" in runs(found)["geometry.area-differs"]["not_judged"]


def test_the_record_can_be_written_as_json(clusters, districts):
    assert json.loads(json.dumps(audit(clusters, districts).attrs["audit"]))["clusters"] == 120


def test_a_finding_on_a_modelled_figure_says_so_and_proves_nothing():
    table = register(planned_ha=[4.0, 4.0], planned_ha_basis=["published", "modelled"])
    found = audit(table, on=ON, only=["law.size-below-minimum"], lang="en")
    assert found["severity"].tolist() == ["warning", "info"]
    assert "not facts (Planned area (ha))" in found["message"].iloc[1]
    assert "not facts" not in found["message"].iloc[0]


def test_a_schematic_outline_is_not_held_against_figures_or_borders():
    shapes = [shapely.box(0, 0, 300, 300), shapely.box(10, 0, 310, 300)]
    table = gpd.GeoDataFrame(
        register(planned_ha=[50.0, 50.0], district=["A", "A"], boundary_basis=["schematic", "measured"]),
        geometry=shapes,
        crs="EPSG:5897",
    )
    found = audit(table, on=ON, only=["geometry"])
    assert set(found["cluster_id"]) == {"C1"}
    assert runs(found)["geometry.area-differs"]["judged"] == 1


def test_reconstructed_borders_prove_nothing_either():
    table = gpd.GeoDataFrame(register(district=["B"]), geometry=[shapely.box(0, 0, 9, 9)], crs="EPSG:5897")
    borders = gpd.GeoDataFrame(
        {"name": ["A", "B"], "boundary_basis": "reconstructed"},
        geometry=[shapely.box(-99, -99, 99, 99), shapely.box(99, -99, 199, 99)],
        index=["1", "2"],
        crs="EPSG:5897",
    )
    found = audit(table, borders, on=ON, only=["geometry.other-district"], lang="en")
    assert found["severity"].tolist() == ["info"]
    assert "reconstructed borders" in found["message"].iloc[0]


def test_ids_used_twice_do_not_mix_rows_up():
    table = register(planned_ha=[10.0, 20.0], built_ha=[15.0, 15.0]).set_axis(["X", "X"])
    found = audit(table, on=ON, only=["figures"])
    assert found[["rule", "row"]].to_numpy().tolist() == [
        ["figures.built-over-planned", 1],
        ["figures.duplicate-id", 2],
    ]


@pytest.mark.parametrize("table", [pd.DataFrame(), register(name=["A"]), register(planned_ha=[None])])
def test_a_register_with_next_to_nothing_is_audited_all_the_same(table):
    # That no status is known is all there is to say, once.
    assert audit(table, on=ON)["rule"].tolist() == ["trust.status-unknown"] * (len(table) > 0)


NUMBERS = [c.name for c in CLUSTER_COLUMNS if c.kind in ("number", "integer")]
ANYTHING = st.one_of(st.floats(), st.integers(), st.text(max_size=5), st.none(), st.booleans())


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(st.sampled_from(NUMBERS), st.lists(ANYTHING, min_size=3, max_size=3), max_size=8),
    st.lists(st.one_of(st.text(max_size=8), st.none()), min_size=3, max_size=3),
)
def test_whatever_the_cells_hold_the_answer_is_a_table(figures, texts):
    table = register(name=texts, district=texts, status=texts, source=texts, source_as_of=texts, **figures)
    found = audit(table, on=ON)
    assert tuple(found.columns) == FINDING_COLUMNS
    assert found["severity"].isin(["error", "warning", "info"]).all()


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0, 100)), min_size=1, max_size=20))
def test_built_over_planned_is_found_exactly_where_it_is_so(pairs):
    table = register(planned_ha=[p for p, _ in pairs], built_ha=[b for _, b in pairs])
    found = audit(table, on=ON, only=["figures.built-over-planned"])
    expected = [n + 1 for n, (planned, built) in enumerate(pairs) if built - planned > 0.05 + 1e-9]
    assert found["row"].tolist() == expected


def test_parameters_severity_and_switch_come_from_a_file(tmp_path):
    file = tmp_path / "rules.toml"
    file.write_text(
        '[rules."figures.built-over-planned"]\ntolerance_ha = 1\nseverity = "info"\n'
        '[rules."law.size-above-maximum"]\nmaximum_ha = 30.0\n[rules."figures.zero"]\nenabled = false\n',
        encoding="utf-8",
    )
    table = register(planned_ha=[20.0, 40.0, 0.0], built_ha=[21.0, 42.0, 0.0])
    found = audit(table, on=ON, rules=file, skip=["trust"])
    assert found[["rule", "severity", "row"]].to_numpy().tolist() == [
        ["law.size-above-maximum", "warning", 2],
        ["figures.built-over-planned", "info", 2],
    ]
    assert runs(found)["figures.built-over-planned"]["parameters"] == {"tolerance_ha": 1.0}
    assert "figures.zero" not in runs(found)


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"rules": {"figures.negativ": {}}}, "Did you mean figures.negative"),
        ({"rules": {"figures.zero": {"tolerance": 1}}}, "its parameters are: columns"),
        ({"rules": {"figures.zero": {"columns": 3}}}, "a list of texts"),
        ({"rules": {"figures.zero": {"severity": "fatal"}}}, "write one of error, warning and info"),
        ({"rules": {"figures.zero": {"enabled": "no"}}}, "write true or false"),
        ({"rules": {"law.size-above-maximum": {"maximum_ha": "80"}}}, "a number of at least 0"),
        ({"rules": {"law.size-above-maximum": {"maximum_ha": -1}}}, "a number of at least 0"),
        ({"figures.zero": {}}, "at the top"),
        ({"rules": {"figures.zero": 3}}, "one table for each rule"),
    ],
)
def test_a_mistake_in_the_rules_is_named(rules, message):
    with pytest.raises(SchemaError, match=message):
        load_settings(rules)


def test_a_rules_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(SourceError, match=r"no file .*absent\.toml"):
        load_settings(tmp_path / "absent.toml")
    broken = tmp_path / "broken.toml"
    broken.write_text("[rules\n", encoding="utf-8")
    with pytest.raises(SourceError, match="not valid TOML"):
        load_settings(broken)


def test_rules_are_chosen_by_id_family_and_pattern():
    chosen = load_settings(only=["law", "figures.zero"], skip=["law.size-*"]).rules
    ids = [rule.id for rule in chosen]
    assert "figures.zero" in ids
    assert "law.services-share" in ids
    assert not any(rule_id.startswith("law.size") for rule_id in ids)
    with pytest.raises(SchemaError, match="No rule matches 'laws'"):
        load_settings(only=["laws"])


def test_a_day_that_is_none_is_named():
    with pytest.raises(SchemaError, match=r"law= \(--law\) is '30/9/2022'"):
        audit(register(planned_ha=[1.0]), law="30/9/2022")


@pytest.mark.parametrize("rule", all_rules().values(), ids=lambda rule: rule.id)
def test_every_rule_explains_itself_in_both_languages(rule):
    assert rule.family in FAMILIES
    for part in ("title", "why", "message", "fix"):
        assert rule.words(part, "vi") != rule.words(part, "en")
    assert rule.words("source", "vi")
    assert rule.check.__doc__


def test_a_rule_that_is_not_there_is_answered_with_those_like_it():
    with pytest.raises(SchemaError, match=r"law\.size-above-maximum"):
        find_rule("law.size-above-maximun")


def test_infinite_coordinates_do_not_stop_the_audit():
    shapes = [shapely.box(0, 0, np.inf, 1), shapely.Polygon(), None, shapely.box(0, 0, 300, 300)]
    table = gpd.GeoDataFrame(register(planned_ha=[9.0] * 4), geometry=shapes, crs="EPSG:5897")
    found = audit(table, on=ON, only=["geometry.area-differs"])
    assert found.empty
    assert runs(found)["geometry.area-differs"]["judged"] == 1


def test_points_are_places_not_outlines():
    table = gpd.GeoDataFrame(register(planned_ha=[9.0]), geometry=[shapely.Point(105, 21)], crs="EPSG:4326")
    found = audit(table, on=ON, lang="en")
    assert not found["rule"].str.startswith("geometry").any()
    assert runs(found)["geometry.area-differs"]["not_judged"] == "the register has no outlines"


def test_a_poor_layer_of_districts_is_reported_on_not_choked_on():
    shapes = [shapely.box(0, 0, 9, 9), None, shapely.Polygon(), shapely.Point(1, 1), shapely.box(5, 0, 12, 9)]
    names = ["A", None, "A", "B", "C"]
    borders = gpd.GeoDataFrame({"name": names}, geometry=shapes, index=["1"] * 5, crs="EPSG:5897")
    table = gpd.GeoDataFrame(
        register(planned_ha=[9.0], district=["a"]), geometry=[shapely.box(4, 4, 8, 8)], crs="EPSG:5897"
    )
    found = audit(table, borders, on=ON, only=["districts", "geometry"])
    assert "districts.duplicate" in set(found["rule"])


# One site that is late by every rule of the pipeline that names a law.
LATE = pd.DataFrame(
    {
        "status": ["pending", "under_construction", "pending"],
        "listed_on": ["2012-01-01", None, None],
        "land_allocated_on": ["2012-02-01", None, None],
        "scheduled_start_on": ["2012-03-01", None, None],
        "ground_broken_on": [None, None, "2012-05-01"],
        "decision": [None, None, None],
    },
    index=pd.Index(["A", "B", "C"], name="cluster_id"),
)


@pytest.mark.parametrize(
    ("law", "land", "stages"),
    [
        ("2022-09-30", "Land Law 2013", "Decree 68/2017"),
        ("2024-07-31", "Land Law 2013", "Decree 32/2024/NĐ-CP: "),
        ("2024-08-01", "Land Law 2024, art. 81", "Decree 32/2024/NĐ-CP: "),
        ("2027-01-01", "Land Law 2024, art. 81", "Decree 32/2024/NĐ-CP as amended by Decree 303/2026"),
        ("2016-12-31", "Land Law 2013", "Decision 105/2009"),
    ],
)
def test_findings_of_the_pipeline_cite_the_law_of_their_day(law, land, stages):
    found = audit(LATE, only=["pipeline"], law=law, on=law, lang="en").groupby("rule")["source"].unique()
    for rule in ("pipeline.schedule-slipped", "pipeline.land-unused"):
        assert found[rule].tolist() == [land]
    for rule in ("pipeline.started-without-decision", "pipeline.status-contradicts-dates"):
        assert [source.startswith(stages) for source in found[rule]] == [True]
    assert ("32/2024" in found["pipeline.pending-too-long"][0]) == (law.startswith("2024"))


@pytest.mark.parametrize(
    "law", ["2024-05-01", "2026-09-14", "2026-09-15", "2026-12-31", "2027-01-01", "2030-06-30"]
)
def test_an_old_cluster_that_is_not_established_is_found_until_its_deadline_and_after(law):
    old = pd.DataFrame(
        {"operating_on": pd.to_datetime(["2001-01-01"]), "decision": [None]},
        index=pd.Index(["A"], name="cluster_id"),
    )
    found = audit(old, only=["law.not-established"], law=law, on=law)
    assert found["cluster_id"].tolist() == ["A"]
    assert "điều 35.4.b" in found["source"][0]


def test_a_register_of_communes_is_judged_by_commune():
    communes = ["xã Tân An", "xã Tân An", "phường Tân An"]
    table = pd.DataFrame({"name": ["A", "CCN A", "A"], "commune": communes}, index=["1", "2", "3"])
    found = audit(table, on=ON, only=["geometry.duplicate-name"], lang="en")
    assert found["cluster_id"].tolist() == ["2"]
    assert found.attrs["audit"]["rules"][0]["judged"] == 3
    layer = gpd.GeoDataFrame(
        {"name": ["Tan An", "B"], "level": "commune", "geometry": [shapely.box(105, 19, 105.1, 19.1)] * 2},
        index=["x", "y"],
        crs=4326,
    )
    strange = audit(table.assign(commune="xã C"), layer, on=ON, only=["districts.unknown-name"], lang="en")
    assert strange["field"].tolist() == ["commune"] * 3
