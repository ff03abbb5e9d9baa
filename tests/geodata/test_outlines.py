"""The schematic outlines: where they lie, how large they are and what they look like."""

import csv
import doctest
import json
import math
import os
from decimal import Decimal
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

import build
import outlines
from clusters_geo.area import area_ha
from clusters_geo.names import name_key
from extents import package_database, read_extents
from outlines import APART_M, DECIMALS, draw_outlines, lot, with_former_names

ROOT = Path(__file__).parents[2]
GEODATA = ROOT / "geodata"
METRES = 5897
REAL = Path(os.environ.get("CLUSTERS_GEO_REAL_DATA", ROOT.parent / "shared" / "data"))


def _layer(name, index):
    features = json.loads((GEODATA / name).read_text(encoding="utf-8"))["features"]
    return gpd.GeoDataFrame.from_features(features, crs=4326).set_index(index)


@pytest.fixture(scope="module")
def clusters():
    return _layer("clusters.geojson", "cluster_id")


@pytest.fixture(scope="module")
def flat(clusters):
    return clusters.geometry.to_crs(METRES)


@pytest.fixture(scope="module")
def districts():
    return _layer("districts.geojson", "district_code")


@pytest.fixture(scope="module")
def communes():
    known = read_extents(package_database())
    merged = pd.read_csv(GEODATA / "facts" / "hanoi_merged_communes.csv", dtype=str)
    return with_former_names(known[known["in_city"]], merged)


# Size


def test_geodesic_area_is_the_planned_area(clusters):
    assert ((area_ha(clusters) / clusters["planned_ha"] - 1).abs() < 1e-4).all()


def test_area_agrees_with_an_independent_computation(clusters):
    geod = Geod(ellps="WGS84")
    hectares = [abs(geod.geometry_area_perimeter(shape)[0]) / 10_000 for shape in clusters.geometry]
    assert np.allclose(hectares, clusters["planned_ha"], rtol=1e-4)


# Shape


def test_outlines_are_valid_polygons_without_holes(clusters):
    assert clusters.geom_type.eq("Polygon").all()
    assert clusters.is_valid.all()
    assert (shapely.get_num_interior_rings(clusters.geometry.array) == 0).all()


def test_outlines_have_6_to_14_corners(clusters):
    assert (clusters.count_coordinates() - 1).between(6, 14).all()


def test_outlines_are_roughly_rectangular_but_neither_rectangles_squares_nor_circles(flat):
    boxes = flat.minimum_rotated_rectangle()
    assert (flat.area / boxes.area).between(0.75, 0.985).all()
    sides = [np.hypot(*np.diff(box.exterior.coords[:3], axis=0).T) for box in boxes]
    elongation = np.array([max(pair) / min(pair) for pair in sides])
    assert (elongation > 1.05).all()
    assert (elongation < 3).all()
    roundness = 4 * math.pi * flat.area / flat.length**2
    assert roundness.between(0.5, 0.83).all()  # a square has 0.785, a circle 1


def test_no_two_outlines_are_alike(flat):
    unit = flat.area / flat.length**2
    assert unit.round(9).nunique() == 120


def test_orientations_spread_over_the_half_circle(flat):
    turns = []
    for box in flat.minimum_rotated_rectangle():
        a, b, c = np.array(box.exterior.coords[:3])
        long = max(b - a, c - b, key=lambda side: np.hypot(*side))
        turns.append(math.degrees(math.atan2(long[1], long[0])) % 180)
    assert (np.histogram(turns, bins=6, range=(0, 180))[0] >= 8).all()


def test_coordinates_are_rounded(clusters):
    points = shapely.get_coordinates(clusters.geometry.array)
    assert (points == points.round(DECIMALS)).all()


# Place


def test_each_lies_inside_its_own_district(clusters, districts):
    own = districts.set_index("name").geometry.loc[clusters["district"]].array
    outside = clusters.index[~shapely.contains_properly(own, clusters.geometry.array)]
    assert outside.empty


def test_outlines_stay_apart(flat):
    tree = shapely.STRtree(flat.array)
    near = tree.query(flat.array, predicate="dwithin", distance=APART_M - 1)
    assert (near[0] == near[1]).all()
    assert APART_M >= 150


def test_named_communes_hold_their_clusters(clusters, flat, districts, communes):
    codes = {name: code for code, name in districts["name"].items()}
    unknown = []
    for cluster_id, names in clusters["commune"].dropna().items():
        local = communes[communes["district_code"] == codes[clusters.loc[cluster_id, "district"]]]
        mine = local[local["name"].map(name_key).isin([name_key(name) for name in names.split("; ")])]
        middle = flat[cluster_id].centroid
        if mine.empty:
            unknown.append(clusters.loc[cluster_id, "name"])
            continue
        assert mine["west"].min() < middle.x < mine["east"].max(), cluster_id
        assert mine["south"].min() < middle.y < mine["north"].max(), cluster_id
    assert unknown == ["Ngọc Sơn"]  # in no list of communes at hand


def test_a_cluster_named_after_a_commune_of_its_district_lies_in_it(clusters, flat, communes):
    for name, code in (("Ninh Sở giai đoạn 1", "279"), ("Quất Động", "279"), ("Kiêu Kỵ", "018")):
        commune = communes[
            (communes["district_code"] == code) & communes["name"].str.endswith(name.split(" giai")[0])
        ].iloc[0]
        middle = flat[clusters.index[clusters["name"] == name][0]].centroid
        assert math.hypot(middle.x - commune["x"], middle.y - commune["y"]) < 1_000


def test_most_lie_in_the_real_district_too(clusters):
    path = REAL / "hanoi_districts_hdx.geojson"
    if not path.exists():
        pytest.skip(f"no real districts at {path}; set CLUSTERS_GEO_REAL_DATA")
    real = _layer(path, "gso_code").geometry
    real.index = [f"{int(code):03d}" for code in real.index]
    names = _layer("districts.geojson", "district_code")["name"]
    own = real.loc[[names.index[names == district][0] for district in clusters["district"]]].array
    inside = shapely.contains(own, shapely.centroid(clusters.geometry.array))
    assert inside.mean() > 0.95


# Where the code comes in


def test_the_same_districts_and_facts_give_the_same_bytes(districts, tmp_path):
    layer = build.build_clusters(districts.reset_index())
    build.write_geojson(layer, tmp_path / "clusters.geojson", decimals=DECIMALS)
    assert (tmp_path / "clusters.geojson").read_bytes() == (GEODATA / "clusters.geojson").read_bytes()


def test_examples_in_the_module_hold():
    result = doctest.testmod(outlines)
    assert result.attempted >= 2
    assert result.failed == 0


def test_a_lot_depends_on_its_id_alone():
    assert lot("HN-007", 20).equals_exact(lot("HN-007", 20), 0)
    assert not lot("HN-007", 20).equals_exact(lot("HN-008", 20), 1)


@given(number=st.integers(0, 10**6), hectares=st.floats(0.5, 200))
def test_every_lot_is_valid_centred_and_of_its_size(number, hectares):
    shape = lot(f"X-{number}", hectares)
    assert shape.is_valid
    assert 6 <= len(shape.exterior.coords) - 1 <= 14
    assert shape.area == pytest.approx(hectares * 10_000)
    assert math.hypot(*shape.centroid.coords[0]) < 1e-6 * math.sqrt(shape.area)


def _case(commune, side_m):
    square = shapely.box(580_000, 2_320_000, 580_000 + side_m, 2_320_000 + side_m)
    district = gpd.GeoDataFrame(
        {"name": ["A"]},
        index=["001"],
        geometry=gpd.GeoSeries([square], index=["001"], crs=METRES).to_crs(4326),
    )
    place = {"district_code": ["001"], "name": ["Xã B"], "x": [580_500.0], "y": [2_320_500.0]}
    row = {"cluster_id": "X-1", "name": "C", "district": "A", "commune": commune, "planned_ha": Decimal(10)}
    return row, district, pd.DataFrame(place)


@pytest.mark.parametrize("commune", ["B", None])
def test_a_lot_that_fits_nowhere_is_refused_with_its_size(commune):
    row, district, communes = _case(commune, side_m=600)
    with pytest.raises(ValueError, match=r"No room for .*10\.0 ha"):
        draw_outlines([row], district, communes)


def test_a_second_cluster_in_a_commune_lies_beside_the_first():
    row, district, communes = _case("B", side_m=4_000)
    drawn = draw_outlines([row, row | {"cluster_id": "X-2"}], district, communes).to_crs(METRES)
    assert drawn.iloc[0].centroid.distance(shapely.Point(580_500, 2_320_500)) < 1
    assert drawn.iloc[0].distance(drawn.iloc[1]) >= APART_M - 1
    assert drawn.iloc[0].centroid.distance(drawn.iloc[1].centroid) < 1_500


def test_a_cluster_without_a_place_goes_where_there_is_most_room():
    row, district, communes = _case(None, side_m=4_000)
    drawn = draw_outlines([row, row | {"cluster_id": "X-2"}], district, communes).to_crs(METRES)
    first, second = drawn.centroid
    assert first.distance(shapely.Point(582_000, 2_322_000)) < 500  # the middle of an empty district
    assert first.distance(second) > 800


def test_a_name_with_its_qualifiers_finds_the_commune():
    row, district, communes = _case(None, side_m=4_000)
    named = row | {"name": "Làng nghề B mở rộng giai đoạn 2"}
    drawn = draw_outlines([named], district, communes).to_crs(METRES)
    assert drawn.iloc[0].centroid.distance(shapely.Point(580_500, 2_320_500)) < 1


def test_former_communes_lie_at_the_one_they_were_merged_into():
    communes = pd.DataFrame(
        {"district_code": ["1"], "name": ["Xã N"], "x": [5.0], "y": [6.0]}, index=["00001"]
    )
    merged = pd.DataFrame({"commune": ["Old"], "merged_into_code": ["00001"]})
    both = with_former_names(communes, merged)
    assert both["name"].tolist() == ["Xã N", "Old"]
    assert both[["x", "y"]].drop_duplicates().to_numpy().tolist() == [[5.0, 6.0]]


def test_merged_communes_name_their_source():
    with (GEODATA / "facts" / "hanoi_merged_communes.csv").open(encoding="utf-8", newline="") as file:
        assert all(row["source"] for row in csv.DictReader(file))
