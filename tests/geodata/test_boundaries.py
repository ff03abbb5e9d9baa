"""The reconstructed districts and communes: every promise made about them, on the committed files."""

import importlib.util
import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import Geod

ROOT = Path(__file__).parents[2]
GEODATA = ROOT / "geodata"
REAL = Path(os.environ.get("CLUSTERS_GEO_REAL_DATA", ROOT.parent / "shared" / "data"))
METRES = 5897
OFFICIAL_KM2 = 3_359.8
LAYERS = {"districts.geojson": ("district_code", 30), "communes_2025.geojson": ("commune_code", 126)}

needs_package = pytest.mark.skipif(
    importlib.util.find_spec("vietnamadminunits") is None,
    reason="vietnamadminunits is not installed (dependency group geodata): nothing to rebuild from",
)


def _layer(name):
    features = json.loads((GEODATA / name).read_text(encoding="utf-8"))["features"]
    return gpd.GeoDataFrame.from_features(features, crs=4326).set_index(LAYERS[name][0])


def _facts(name):
    return pd.read_csv(GEODATA / "facts" / name, dtype=str)


def _real(name):
    path = REAL / name
    if not path.is_file():
        pytest.skip(f"the real layer {path} is not there (CLUSTERS_GEO_REAL_DATA): agreement not measured")
    return gpd.read_file(path).to_crs(METRES)


def _km2(layer):
    geod = Geod(ellps="WGS84")
    return pd.Series([geod.geometry_area_perimeter(p)[0] / 1e6 for p in layer.geometry], index=layer.index)


def _agreement(layer, real):
    ours, theirs = layer.to_crs(METRES).geometry, real.geometry.loc[layer.index]
    return ours.intersection(theirs).area / ours.union(theirs).area


@pytest.fixture(scope="module")
def districts():
    return _layer("districts.geojson")


@pytest.fixture(scope="module")
def communes_2025():
    return _layer("communes_2025.geojson")


@pytest.fixture(scope="module", params=LAYERS)
def layer(request):
    return _layer(request.param)


@pytest.mark.parametrize("name", LAYERS)
def test_has_one_row_per_unit_in_the_order_of_the_codes(name):
    assert len(_layer(name)) == LAYERS[name][1]
    assert _layer(name).index.is_unique
    assert _layer(name).index.is_monotonic_increasing


def test_neighbours_share_their_borders_vertex_for_vertex(layer):
    assert shapely.coverage_is_valid(layer.geometry.array)


def test_every_unit_is_one_valid_polygon_without_holes(layer):
    assert (layer.geom_type == "Polygon").all()
    assert layer.is_valid.all()
    assert layer.count_interior_rings().sum() == 0


def test_no_unit_has_a_sliver_or_a_spike(layer):
    # Opening by 25 m wipes out whatever is thinner than 50 m.
    metres = layer.to_crs(METRES).geometry
    opened = metres.buffer(-25).buffer(25)
    assert (opened.area / metres.area > 0.99).all()
    assert (metres.buffer(-25).geom_type == "Polygon").all()


def test_no_staircase_is_left_of_the_grid(layer):
    # On a raster nearly every edge runs east-west or north-south; on a map hardly any.
    ends = layer.to_crs(METRES).geometry.map(lambda polygon: np.diff(polygon.exterior.coords, axis=0))
    edges = np.abs(np.concatenate(list(ends)))
    assert np.mean(edges.min(axis=1) < 0.02 * edges.max(axis=1)) < 0.1


def test_the_area_is_that_of_the_city(layer):
    assert _km2(layer).sum() == pytest.approx(OFFICIAL_KM2, rel=0.005)


def test_outer_rings_run_anticlockwise(layer):
    assert all(polygon.exterior.is_ccw for polygon in layer.geometry)


def test_the_vertices_are_few(districts, communes_2025):
    assert shapely.get_num_coordinates(districts.geometry.array).sum() <= 8_000
    assert shapely.get_num_coordinates(communes_2025.geometry.array).sum() <= 16_000


def test_both_layers_have_the_same_outline(districts, communes_2025):
    city, again = (shapely.coverage_union_all(unit.geometry.array) for unit in (districts, communes_2025))
    assert city.geom_type == "Polygon"
    assert city.symmetric_difference(again).area == pytest.approx(0, abs=1e-12)


@needs_package
def test_every_commune_centre_lies_in_its_own_district(districts):
    from extents import package_database

    with closing(sqlite3.connect(package_database())) as connection:
        communes = pd.read_sql_query(
            "SELECT DISTINCT wardCode, districtCode, wardLon, wardLat FROM admin_units_legacy"
            " WHERE provinceCode = '01'",
            connection,
        )
    own = districts.geometry.loc[communes["districtCode"]].array
    assert len(communes) == 526
    assert shapely.contains_xy(np.asarray(own), communes["wardLon"], communes["wardLat"]).all()


def test_every_centre_of_2025_lies_in_its_own_commune(communes_2025):
    facts = _facts("hanoi_communes_2025.csv").set_index("code").loc[communes_2025.index]
    own = np.asarray(communes_2025.geometry.array)
    assert shapely.contains_xy(own, facts["lon"].astype(float), facts["lat"].astype(float)).all()


def test_communes_of_2025_have_about_their_published_area(communes_2025):
    published = _facts("hanoi_communes_2025.csv").set_index("code")["area_km2"].astype(float)
    error = (_km2(communes_2025) / published - 1).abs()
    assert error.mean() < 0.02
    assert error.max() < 0.12


def test_districts_agree_with_the_real_ones(districts):
    agreement = _agreement(districts, _real("hanoi_districts_hdx.geojson").set_index("gso_code"))
    assert agreement.mean() >= 0.88
    assert agreement.min() >= 0.77


def test_communes_of_2025_agree_with_the_real_ones_as_far_as_the_notes_say(communes_2025):
    real = _real("hanoi_communes_osm.geojson")
    code = _facts("hanoi_communes_2025.csv").set_index("name")["code"]
    real.index = pd.Index(code.loc[real["name"].str.normalize("NFC")])
    agreement = _agreement(communes_2025, real)
    assert agreement.mean() >= 0.76
    assert agreement.median() >= 0.76
    assert agreement.min() >= 0.45


def test_names_and_types_are_those_of_the_facts(districts, communes_2025):
    facts = _facts("hanoi_districts.csv").set_index("code")
    assert (districts["name"] == facts["name"]).all()
    assert (districts["type"] == facts["type"]).all()
    facts = _facts("hanoi_communes_2025.csv").set_index("code")
    assert (communes_2025["full_name"] == facts["name"]).all()
    assert (communes_2025["type"] + " " + communes_2025["name"] == facts["name"]).all()


def test_every_row_says_that_it_is_reconstructed_from_what_and_as_of_when(districts, communes_2025):
    for layer, day in ((districts, "2025-06-30"), (communes_2025, "2025-07-01")):
        assert set(layer["boundary_basis"]) == {"reconstructed"}
        assert set(layer["as_of"]) == {day}
        assert layer["source"].str.contains("vietnamadminunits 1.0.4").all()
        assert layer["source"].str.contains("not an official boundary").all()
        assert layer["name_en"].map(str.isascii).all()


@pytest.mark.parametrize(
    "name", ["hanoi_districts.csv", "hanoi_communes_2025.csv", "hanoi_old_to_new_communes.csv"]
)
def test_every_fact_names_its_source(name):
    assert _facts(name)["source"].notna().all()


def test_the_crosswalk_leads_each_old_commune_to_one_main_successor():
    crosswalk = _facts("hanoi_old_to_new_communes.csv")
    assert crosswalk["old_commune_code"].nunique() == 526
    assert set(crosswalk["new_code"]) == set(_facts("hanoi_communes_2025.csv")["code"])
    assert (crosswalk["relation"] != "part").groupby(crosswalk["old_commune_code"]).sum().eq(1).all()


@pytest.mark.parametrize("name", LAYERS)
def test_the_file_is_plain_geojson_with_one_feature_a_line(name):
    text = (GEODATA / name).read_text(encoding="utf-8")
    collection = json.loads(text)
    lines = text.splitlines()
    assert set(collection) == {"type", "features"}
    assert text.endswith("]}\n")
    assert "\\u" not in text
    assert [json.loads(line.rstrip(",")) for line in lines[1:-1]] == collection["features"]


@pytest.mark.parametrize("name", LAYERS)
def test_coordinates_have_five_decimals_at_most(name):
    polygons = [
        f["geometry"]["coordinates"] for f in json.loads((GEODATA / name).read_text("utf-8"))["features"]
    ]
    assert all(
        round(value, 5) == value for rings in polygons for ring in rings for point in ring for value in point
    )


@needs_package
def test_building_again_gives_the_same_bytes(tmp_path):
    command = [sys.executable, str(GEODATA / "build.py"), "--to", str(tmp_path)]
    subprocess.run(command, check=True, capture_output=True, timeout=240)
    for name in LAYERS:
        assert (tmp_path / name).read_bytes() == (GEODATA / name).read_bytes(), name


@needs_package
def test_the_villages_among_the_extents_are_set_apart():
    from extents import package_database, read_extents

    communes = read_extents(package_database())
    inside = communes[communes["in_city"]]
    assert len(inside) == 526
    assert set(inside.loc[~inside["known"], "name"]) == {
        "Phường Trung Hưng",
        "Xã Ba Trại",
        "Xã Hạ Bằng",
        "Xã Quang Lãng",
        "Xã Tân Xã",
        "Xã Tản Lĩnh",
        "Xã Tòng Bạt",
        "Xã Vật Lại",
    }
    assert inside["x"].between(inside["west"], inside["east"]).all()
    assert inside["y"].between(inside["south"], inside["north"]).all()
