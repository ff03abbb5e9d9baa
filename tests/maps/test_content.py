"""What the page is told: figures from the full tables, and what kind of figures they are."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal

from clusters_geo.area import area_ha
from clusters_geo.errors import CRSError, SchemaError
from clusters_geo.maps import make_map
from clusters_geo.words import catalogue


def unpacked(packed):
    return [None if at < 0 else packed["of"][at] for at in packed["at"]]


def field(data, name):
    return next(f for f in data["clusters"]["fields"] if f["name"] == name)


def measure(data, name):
    return next(m for m in data["measures"] if m["name"] == name)


def test_totals_are_those_of_summarize(town, town_districts):
    totals = make_map(town, town_districts).data["totals"]
    assert (totals["operating_clusters"], totals["under_construction"], totals["pending_sites"]) == (4, 1, 2)
    assert totals["planned_ha"] == 78.8
    assert totals["planned_ha_published"] == 48.8
    assert totals["planned_ha_modelled"] == 30
    assert totals["fill_rate"] == 0.75
    assert totals["fill_rate_known_clusters"] == 1


def test_rates_by_district_say_on_how_many_clusters_they_rest(town, town_districts):
    build_out = measure(make_map(town, town_districts).data, "build_out_rate")
    assert build_out["values"] == [0.9, 0.5, 1, None]
    assert build_out["rests"] == [[1, 0], [0, 1], [1, 0], [0, 0]]  # known, modelled
    assert build_out["estimated"] == [False, True, False, False]


def test_density_uses_the_area_of_the_full_outline(town, town_districts):
    density = measure(make_map(town, town_districts).data, "planned_density")
    square_km = area_ha(town_districts) / 100
    assert density["values"][0] == pytest.approx(20 / square_km.iloc[0], abs=1e-4)
    assert density["values"][3] is None  # nothing operates there:
    assert density["nothing"][3]  # neither 0 nor unknown


def test_an_unknown_area_is_not_zero(town, town_districts):
    town.loc["T-002", ["planned_ha", "built_ha"]] = np.nan
    data = make_map(town, town_districts).data
    assert measure(data, "planned_ha")["values"][1] is None
    assert measure(data, "planned_density")["values"][1] is None


def test_infinite_figures_are_missing(town, town_districts):
    town.loc["T-001", "built_ha"] = np.inf
    town["planned_ha"] = town["planned_ha"].replace(30.0, 0.0)
    data = make_map(town, town_districts).data
    assert unpacked(field(data, "built_ha")["values"])[0] is None
    assert unpacked(field(data, "build_out_rate")["values"])[:3] == [None, None, 1]


def test_a_rate_is_as_weak_as_the_weaker_of_its_areas(town, town_districts):
    town["leasable_ha_basis"], town["leased_ha_basis"] = "published", "modelled"
    data = make_map(town, town_districts).data
    assert unpacked(field(data, "fill_rate")["basis"])[:2] == ["modelled", None]
    assert unpacked(field(data, "build_out_rate")["basis"])[:2] == ["published", "modelled"]


def test_both_notes_reach_the_page_under_their_labels(town):
    town["note"], town["note_vi"] = "Ground broken.", "Đã khởi công."
    data = make_map(town).data
    for name, label, text in (
        ("note", {"vi": "Ghi chú", "en": "Note"}, "Ground broken."),
        ("note_vi", {"vi": "Ghi chú tiếng Việt", "en": "Vietnamese note"}, "Đã khởi công."),
    ):
        assert field(data, name)["label"] == label
        assert unpacked(field(data, name)["values"]) == [text] * len(town)


def test_both_rates_are_named_in_both_languages(town):
    data = make_map(town).data
    assert field(data, "build_out_rate")["label"] == {"vi": "Tỷ lệ xây dựng hạ tầng", "en": "Build-out rate"}
    assert field(data, "fill_rate")["label"] == {"vi": "Tỷ lệ lấp đầy", "en": "Fill rate"}


def test_clusters_without_a_shape_stay_in_the_table(town, town_districts):
    clusters = make_map(town, town_districts).data["clusters"]
    assert clusters["at"][6] is None
    assert clusters["shapes"][6] == []
    assert clusters["id"][6] == "T-007"


def test_points_and_lines_get_a_place_but_no_outline(town):
    town.geometry = [
        shapely.Point(105.5, 21.5),
        shapely.LineString([(105, 21), (105.2, 21)]),
        *town.geometry[2:],
    ]
    clusters = make_map(town).data["clusters"]
    assert clusters["at"][0] == [105.5, 21.5]
    assert clusters["at"][1] is not None
    assert clusters["shapes"][:2] == [[], []]


def test_a_column_of_the_users_own_comes_along_under_its_name(town):
    town["hotline"] = "0243"
    mine = field(make_map(town).data, "hotline")
    assert mine["label"] == {"vi": "hotline", "en": "hotline"}
    assert mine["kind"] == "other"


def test_districts_are_matched_after_vietnamese_folding(town, town_districts):
    town["district"] = town["district"].replace({"Thạch Thất": "huyện THẠCH THẤT", "Mỹ Đức": "My Duc"})
    data = make_map(town, town_districts).data
    assert unpacked(data["clusters"]["home"])[:2] == ["Thạch Thất", "Mỹ Đức"]
    assert measure(data, "operating_clusters")["values"] == [1, 1, 1, 0]


def test_one_district_has_its_own_totals(town, town_districts):
    data = make_map(town, town_districts, only="thach that").data
    assert data["focus"] == "Thạch Thất"
    assert data["totals"]["clusters"] == 2
    assert data["totals"]["planned_ha"] == 20


def test_findings_come_with_their_clusters(town, town_districts):
    findings = pd.DataFrame(
        {"cluster_id": ["T-001"], "severity": ["error"], "rule": ["size"], "message": ["Quá nhỏ"]}
    )
    data = make_map(town, town_districts, findings=findings).data
    both = {"vi": "Quá nhỏ", "en": "Quá nhỏ"}  # nobody told the other language
    assert data["findings"] == [{"cluster_id": "T-001", "severity": "error", "rule": "size", "message": both}]


@pytest.mark.parametrize("which", ["clusters", "districts"])
def test_either_table_may_be_empty(town, town_districts, which):
    tables = {"clusters": town, "districts": town_districts}
    tables[which] = tables[which].iloc[:0]
    data = make_map(**tables).data
    assert len(data["clusters"]["id"]) == (0 if which == "clusters" else 7)
    assert len(data["measures"]) == (2 if which == "districts" else 8)  # without units, those of clusters


def test_without_units_the_symbols_of_clusters_are_filled_by_what_is_known_of_them(town):
    rates = [None, 0.6, 0.9, None, None, None, None]  # beside the 75 % of 10 ha
    data = make_map(town.drop(columns=["planned_ha", "built_ha"]).assign(fill_rate_declared=rates)).data
    assert [m["name"] for m in data["measures"]] == ["fill_rate"]
    assert data["measure"] == "fill_rate"
    assert data["measures"][0]["range"] == [0.6, 0.9]
    assert data["measures"][0]["shown"] == []
    own = make_map(town.assign(workers=[10, 20, 30, 40, 50, 60, 70]), measure="workers").data
    assert own["measure"] == "workers"
    assert own["measures"][0]["full"] == 70


def test_inputs_stay_as_they_were(town, town_districts):
    before, districts_before = town.copy(), town_districts.copy()
    make_map(town, town_districts, only="Ba Vì")
    assert_geodataframe_equal(town, before)
    assert_geodataframe_equal(town_districts, districts_before)


def test_vn2000_coordinates_become_degrees(town, town_districts):
    plain = make_map(town, town_districts).data
    projected = make_map(town.to_crs("EPSG:5897"), town_districts.to_crs("EPSG:5897")).data
    assert np.allclose(projected["clusters"]["at"][:6], plain["clusters"]["at"][:6], atol=3e-5)


def test_the_hash_tells_data_apart(town, town_districts):
    first = make_map(town, town_districts).data["sha256"]
    assert make_map(town, town_districts, lang="en").data["sha256"] == first
    town.loc["T-001", "planned_ha"] = 20.1
    assert make_map(town, town_districts).data["sha256"] != first


def test_layers_in_two_systems_are_brought_together(town, town_districts):
    together = make_map(town, town_districts).data
    apart = make_map(town.to_crs("EPSG:5897"), town_districts.to_crs("EPSG:3405")).data
    for one, other in zip(apart["measures"], together["measures"], strict=True):
        pairs = zip(one["values"], other["values"], strict=True)
        assert all(a == b or a == pytest.approx(b, rel=1e-6) for a, b in pairs), one["name"]
    assert apart["clusters"]["home"] == together["clusters"]["home"]


def test_clusters_of_no_known_unit_are_a_line_of_their_own(town, town_districts):
    lost = town.assign(district="Không Đâu", geometry=town.geometry.map(lambda _: None))
    data = make_map(lost, town_districts).data
    assert data["unplaced"]["clusters"] == len(town)
    assert make_map(town, town_districts).data["unplaced"]["clusters"] < len(town)


def test_a_map_takes_further_units_to_switch_to():
    import clusters_geo as cg

    clusters, communes = cg.load_hanoi(units="communes")
    (other,) = make_map(clusters, cg.load_units("hanoi-districts"), also=[communes]).data["also"]
    assert (other["level"], len(other["districts"]["name"])) == ("commune", 126)
    assert other["unplaced"]["clusters"] == int(cg.locate(clusters, communes)["unit"].isna().sum()) > 60
    assert len(other["home"]["at"]) == 120


def test_refusals(town, town_districts):
    with pytest.raises(SchemaError, match="nothing to draw"):
        make_map(town.iloc[:0], town_districts.iloc[:0])
    with pytest.raises(CRSError, match="set_crs"):
        make_map(town.set_crs(None, allow_override=True), town_districts)
    with pytest.raises(SchemaError, match="clusters have no column 'status'"):
        make_map(town.drop(columns="status"), town_districts)
    with pytest.raises(SchemaError, match="units have no column 'name'"):
        make_map(town, town_districts.drop(columns="name"))


def test_the_page_s_words_of_units_are_complete_in_both_languages():
    """Every text of the page that speaks of districts speaks of communes once its words are changed."""
    texts = catalogue("map")
    forms = ("list", "one", "List", "One")
    for lang in ("vi", "en"):
        swaps = [(texts[f"as.district.{f}"], texts[f"as.commune.{f}"]) for f in forms]
        spoken = 0
        for key, words in texts.items():
            if key.startswith(("as.", "units.")):
                continue
            said = words.text(lang)
            for old, new in swaps:
                said = said.replace(old.text(lang), new.text(lang))
            spoken += said != words.text(lang)
            left = re.search(r"district|\bhuyện\b|\bquận\b", said, re.IGNORECASE)
            assert not left, (key, said)
        assert spoken > 10


@pytest.mark.parametrize("level", ["district", "commune"])
def test_the_table_without_script_names_the_level_of_its_units(town, town_districts, level):
    units = town_districts.assign(level=level, type="Xã" if level == "commune" else "Huyện")
    markup = make_map(town, units, lang="en").noscript()
    assert f'<th align="left">{level.capitalize()}</th>' in markup
