"""Units by level and generation: tables that ship whole, types, layers without codes."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

import clusters_geo as cg
from clusters_geo.data import read_rows
from clusters_geo.names import fold
from clusters_geo.units.headers import unit_headers
from clusters_geo.units.model import (
    GENERATIONS,
    codes_by_name,
    generation_of,
    hanoi,
    level_of_type,
    provinces,
    split_type,
    unit_key,
    unit_labels,
    unit_level,
)
from clusters_geo.units.names import successors

BEFORE, HALF, TODAY = "hanoi-communes-2024", "hanoi-communes-2025-01", "hanoi-communes"


@pytest.mark.parametrize(
    ("day", "communes", "districts"),
    [("2022-09-30", 579, 30), ("2024-12-31", 579, 30), ("2025-01-01", 526, 30), ("2025-06-30", 526, 30)],
)
def test_hanoi_s_generations_follow_each_other_without_a_gap(day, communes, districts):
    on = date.fromisoformat(day)
    assert len(hanoi("commune", on).units) == communes
    assert len(hanoi("district", on).units) == districts


def test_since_july_2025_there_are_126_communes_and_no_districts():
    assert hanoi("district", date(2025, 7, 1)) is None
    units = hanoi("commune", date(2025, 7, 1)).units
    assert len(units) == 126
    assert [sum(u.type == kind for u in units) for kind in ("Phường", "Xã")] == [51, 75]


@pytest.mark.parametrize("name", GENERATIONS)
def test_every_unit_of_a_generation_has_a_code_of_its_own_a_type_and_a_plain_name(name):
    generation = GENERATIONS[name]()
    assert len(generation.by_code) == len(generation.units)
    for unit in generation.units:
        assert unit.type, unit
        assert split_type(unit.name)[0] == "", unit
        assert unit.level == generation.level


def test_every_commune_goes_somewhere_and_every_commune_of_today_comes_from_somewhere():
    for source, target in ((BEFORE, HALF), (HALF, TODAY), (BEFORE, TODAY)):
        there = [successors(unit.code, source, target) for unit in GENERATIONS[source]().units]
        assert all(there)
        assert set().union(*there) == set(GENERATIONS[target]().by_code)


@pytest.mark.parametrize(("district", "count"), [("Sóc Sơn", 5), ("Phúc Thọ", 3), ("Ứng Hòa", 4)])
def test_districts_that_nest_exactly(district, count):
    (unit,) = GENERATIONS["hanoi-districts"]().named(district)
    there = successors(unit.code, "hanoi-districts", TODAY)
    assert len(there) == count
    # And back: nothing of another district is in them.
    assert set().union(*(successors(code, TODAY, "hanoi-districts") for code in there)) == {unit.code}


def test_the_mergers_of_january_2025_are_those_of_the_build_time_package():
    package = pytest.importorskip(
        "vietnamadminunits", reason="vietnamadminunits is not installed: mergers NOT compared"
    )
    query = (
        "SELECT districtCode, wardCode, wardAlias FROM admin_units_legacy "
        "WHERE provinceCode = '01' AND wardCode > ''"
    )
    with closing(sqlite3.connect(Path(package.__file__).parent / "data" / "dataset.db")) as connection:
        known = connection.execute(query).fetchall()
    assert {code for _, code, _ in known} == set(GENERATIONS[HALF]().by_code)
    aliases = {(district, key): code for district, code, keys in known for key in json.loads(keys or "[]")}
    rows = [r for r in read_rows("facts/hanoi_communes_of_2024.csv") if "wardAlias" in r["source"]]
    assert len(rows) > 40
    for row in rows:
        key = re.sub("[^a-z]", "", fold(row["old_commune"]))
        assert aliases[row["old_district_code"], key] == row["new_code"], row


def test_a_district_s_communes_stay_in_it_in_january_2025():
    districts = {unit.code: unit.parent for unit in GENERATIONS[HALF]().units}
    for row in read_rows("facts/hanoi_communes_of_2024.csv"):
        assert districts[row["new_code"]] == row["old_district_code"]


def test_the_number_of_communes_of_each_district_is_the_published_one():
    counted = pd.Series([unit.parent for unit in GENERATIONS[HALF]().units]).value_counts()
    for row in read_rows("facts/hanoi_districts.csv"):
        assert counted[row["code"]] == int(row["communes_before_2025_07_01"]), row["name"]


@pytest.mark.parametrize(
    ("text", "kind", "name"),
    [
        ("Phường Hồng Hà", "Phường", "Hồng Hà"),
        ("P.Hồng Hà", "Phường", "Hồng Hà"),
        ("x. Thư Lâm", "Xã", "Thư Lâm"),
        ("TT Phùng", "Thị trấn", "Phùng"),
        ("ĐẶC KHU PHÚ QUỐC", "Đặc khu", "PHÚ QUỐC"),
        ("Thị xã Sơn Tây", "Thị xã", "Sơn Tây"),
        ("TP. Từ Sơn", "Thành phố", "Từ Sơn"),
        ("Tiền Phong", "", "Tiền Phong"),
        ("Xá", "", "Xá"),
        ("Phú Thị", "", "Phú Thị"),
        ("Huyện: Ba Vì", "Huyện", "Ba Vì"),
    ],
)
def test_the_type_of_every_level_stands_before_a_name(text, kind, name):
    assert split_type(text) == (kind, name)


def test_a_name_that_begins_like_a_type_keeps_its_first_word():
    generation = GENERATIONS[BEFORE]()
    assert [u.name for u in generation.named("Phuong Canh")] == ["Phương Canh"]
    assert [u.name for u in generation.named("phuong Phuong Canh")] == ["Phương Canh"]
    assert unit_key("Văn Miếu - Quốc Tử Giám") == unit_key("Phường Văn Miếu Quốc Tử Giám")


def test_each_type_has_a_level_but_a_city_may_be_two():
    assert [level_of_type(t) for t in ("Tỉnh", "Quận", "Đặc khu", "Thành phố")] == [
        "province",
        "district",
        "commune",
        None,
    ]


def test_namesakes_of_2022_are_two():
    found = GENERATIONS[BEFORE]().named("Phùng Xá")
    assert sorted(u.parent for u in found) == ["276", "282"]
    assert [u.parent for u in GENERATIONS[BEFORE]().named("Phùng Xá", "282")] == ["282"]


def test_labels_are_unique_whatever_repeats():
    layer = pd.DataFrame(
        {
            "name": ["Yên Viên", "Yên Viên", "A", "A", "B", None],
            "type": ["Xã", "Thị trấn", "Xã", "Xã", "Xã", "Xã"],
            "parent": ["018", "018", "Ba Vì", "Mỹ Đức", None, None],
        },
        index=["1", "2", "3", "4", "5", "6"],
    )
    labels = unit_labels(layer).tolist()
    assert len(set(labels)) == 6
    assert labels[2:4] == ["A (Ba Vì)", "A (Mỹ Đức)"]
    assert labels[:2] == ["xã Yên Viên", "thị trấn Yên Viên"]


@pytest.mark.parametrize(
    ("columns", "index", "level"),
    [
        ({"name": ["Xã Thư Lâm"]}, None, "commune"),
        ({"name": ["Thư Lâm"], "type": ["phường"]}, None, "commune"),
        ({"name": ["Thường Tín"]}, None, "district"),
        ({"name": ["Thư Lâm", "Bình Minh", "Tây Phương"]}, None, "commune"),
        ({"name": ["Yên Phong"]}, "commune_code", "commune"),
        ({"name": ["A"], "level": ["province"]}, None, "province"),
    ],
)
def test_the_level_of_a_layer(columns, index, level):
    table = pd.DataFrame(columns)
    assert unit_level(table.rename_axis(index)) == level


def test_a_layer_of_nowhere_known_is_of_no_generation(town):
    assert generation_of(town) is None
    codes, generation = codes_by_name(town, "district")
    assert (codes.tolist(), generation) == (["tu-son", "yen-phong", "tien-du"], "")


@pytest.mark.parametrize(
    ("headers", "level", "expected"),
    [
        (
            ["MA_XA", "TEN_XA", "TEN_HUYEN"],
            None,
            {"MA_XA": "unit_code", "TEN_XA": "name", "TEN_HUYEN": "parent"},
        ),
        (
            ["ADM2_VI", "ADM1_VI", "gso_code"],
            None,
            {"gso_code": "unit_code", "ADM2_VI": "name", "ADM1_VI": "parent"},
        ),
        (["NAME_3", "NAME_2", "NAME_1"], "commune", {"NAME_3": "name", "NAME_2": "parent"}),
        (["unit_code", "name", "type"], None, {"unit_code": "unit_code", "name": "name"}),
    ],
)
def test_headers_mean_what_they_mean_at_their_level(headers, level, expected):
    assert unit_headers(headers, level) == expected


def test_provinces_of_before_and_after():
    assert len(provinces(date(2024, 12, 31))) == 63
    assert len(provinces(date(2025, 6, 30))) == 63
    assert len(provinces(date(2025, 7, 1))) == 34
    assert "Huế" in provinces(date(2025, 1, 1)).index
    assert "Thừa Thiên-Huế" in provinces(date(2024, 12, 31)).index


# --- loaders


def test_a_layer_without_codes_gets_them_from_names_and_says_so(tmp_path, districts):
    bare = gpd.GeoDataFrame(
        {"TEN_HUYEN": "Huyện " + districts["name"].array}, geometry=districts.geometry.array, crs=4326
    )
    bare.to_file(tmp_path / "d.geojson")
    for load in (cg.load_units, cg.load_districts):
        units = load(tmp_path / "d.geojson")
        assert units.index.tolist() == districts.index.tolist()
        assert "units.codes" in {note.code for note in cg.load_report(units).notes}


@pytest.mark.parametrize(("name", "code"), [("Thường Tín", "279"), ("Tam Đảo", "tam-dao")])
def test_a_district_layer_of_one_row_without_code_is_read(tmp_path, name, code):
    layer = gpd.GeoDataFrame({"name": [name]}, geometry=[shapely.box(105.8, 20.8, 105.9, 20.9)], crs=4326)
    layer.to_file(tmp_path / "dd.geojson")
    assert cg.load_districts(tmp_path / "dd.geojson").index.tolist() == [code]


def test_communes_given_for_districts_are_read_and_doubted():
    units = cg.load_districts(Path(__file__).parents[2] / "geodata" / "communes_2025.geojson")
    assert len(units) == 126
    assert units.index[0] == "00004"
    assert "units.not-districts" in {note.code for note in cg.load_report(units).doubts}
    assert unit_level(units) == "commune"


def test_the_bundled_layers_go_by_name():
    assert len(cg.load_units("hanoi-districts")) == 30
    assert len(cg.load_hanoi(units="communes")[1]) == 126
    with pytest.raises(cg.SourceError, match="hanoi-districts and hanoi-communes"):
        cg.load_units("hanoi-wards")
    with pytest.raises(cg.SchemaError, match="hanoi-communes"):
        cg.load_hanoi(units="wards")
    with pytest.raises(cg.SchemaError, match="no level ward"):
        cg.load_units("hanoi-communes", level="ward")


def test_a_layer_without_names_is_refused_with_its_headers(tmp_path, town):
    town.drop(columns=["name", "type"]).assign(so=1).to_crs(4326).to_file(tmp_path / "n.geojson")
    with pytest.raises(cg.SchemaError, match=r"no column with the names.*so") as refused:
        cg.load_units(tmp_path / "n.geojson")
    assert "columns=" in refused.value.text("vi")


@pytest.mark.parametrize(
    ("name", "count", "level", "first"),
    [
        ("hanoi_communes_osm.geojson", 126, "commune", "Phúc Lợi"),
        ("hanoi_districts_hdx.geojson", 30, "district", "Ba Đình"),
    ],
)
def test_real_layers_are_read_as_they_are(name, count, level, first, real_layer):
    units = cg.load_units(real_layer(name))
    assert len(units) == count
    assert set(units["level"]) == {level}
    assert units["name"].iloc[0] == first
    assert units.index.isin(
        list(hanoi(level, date(2025, 6, 30) if level == "district" else None).by_code)
    ).all()
