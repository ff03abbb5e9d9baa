"""Folium's own layers on our map: taken as data, or refused by name."""

from __future__ import annotations

import folium
import pytest
from folium.plugins import MarkerCluster

from clusters_geo.errors import SchemaError
from clusters_geo.maps import make_map
from clusters_geo.maps.city import map_page
from clusters_geo.maps.stock import stock_layers


def test_markers_and_shapes_become_data(town):
    m = make_map(town)
    folium.Marker([21.05, 105.05], tooltip="Trụ sở", popup="<b>Ủy ban</b> &amp; kho").add_to(m)
    folium.PolyLine([(21, 105), (21.1, 105.1)], color="#aa0000", weight=4).add_to(m)
    folium.Circle([21, 105], radius=500).add_to(m)
    marker, line, circle = stock_layers(m)
    assert marker["items"][0]["at"] == [21.05, 105.05]
    assert marker["items"][0]["tooltip"] == "Trụ sở"
    assert marker["items"][0]["popup"] == "Ủy ban & kho"
    assert line["items"][0]["points"] == [[21, 105], [21.1, 105.1]]
    assert line["items"][0]["options"]["color"] == "#aa0000"
    assert circle["items"][0]["options"]["radius"] == 500


def test_a_feature_group_is_one_layer_with_its_name(town):
    m = make_map(town)
    group = folium.FeatureGroup("Trạm biến áp", show=False).add_to(m)
    folium.CircleMarker([21, 105]).add_to(group)
    folium.Rectangle([(21, 105), (21.1, 105.1)]).add_to(group)
    folium.LayerControl().add_to(m)
    (layer,) = stock_layers(m)
    assert (layer["name"], layer["show"]) == ("Trạm biến áp", False)
    assert [item["kind"] for item in layer["items"]] == ["circle_marker", "polygon"]


def test_geojson_comes_with_its_style_and_fields(town, town_districts):
    m = make_map(town)
    folium.GeoJson(
        town_districts.assign(when="2022", width=[1.5, 2, 3, 4]),
        name="Quy hoạch",
        style_function=lambda f: {"color": "#aa0000", "weight": f["properties"]["width"], "evil": "x"},
        tooltip=folium.GeoJsonTooltip(["name", "when"], aliases=["Tên", "Năm"]),
    ).add_to(m)
    (layer,) = stock_layers(m)
    features = layer["items"][0]["features"]
    assert layer["name"] == "Quy hoạch"
    assert features[0]["properties"] == {
        "style": {"color": "#aa0000", "weight": 1.5},
        "tooltip": "Tên: Thạch Thất\nNăm: 2022",
    }
    assert features[0]["geometry"]["type"] == "Polygon"
    assert [105.1, 21] in features[0]["geometry"]["coordinates"][0]


def test_geojson_may_hold_every_kind_of_shape(town):
    m = make_map(town)
    shapes = [
        {"type": "Point", "coordinates": [105, 21]},
        {"type": "GeometryCollection", "geometries": [{"type": "Point", "coordinates": [105, 21]}]},
        None,
    ]
    features = [{"type": "Feature", "properties": None, "geometry": shape} for shape in shapes]
    folium.GeoJson({"type": "FeatureCollection", "features": features}).add_to(m)
    (layer,) = stock_layers(m)
    assert [f["geometry"]["type"] for f in layer["items"][0]["features"]] == [
        "Point", "GeometryCollection", "GeometryCollection",
    ]  # fmt: skip


def test_what_brings_its_own_script_is_refused_by_name(town):
    m = make_map(town)
    MarkerCluster().add_to(m)
    with pytest.raises(SchemaError, match=r"A MarkerCluster cannot go into the offline file.*own save"):
        map_page(m)


PAYLOADS = [
    "<img src=x onerror=alert(1)>",
    "${alert(1)}",
    "`+alert(1)+`",
    "</script><script>alert(1)</script>",
    "C:\\new\\2019",
]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_hostile_names_stay_data(town, payload):
    m = make_map(town)
    group = folium.FeatureGroup(payload).add_to(m)
    folium.Marker([21, 105], tooltip=payload, popup=folium.Popup(payload)).add_to(group)
    page = map_page(m)
    assert page.count("<script") == 6
    script = page[page.rindex("</script>\n<script>") :]
    assert "alert" not in script
