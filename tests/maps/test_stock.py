"""Folium's own layers on our map: taken as data, or refused by name."""

from __future__ import annotations

import folium
import pytest
from folium.plugins import MarkerCluster

from clusters_geo.errors import SchemaError
from clusters_geo.maps import make_map
from clusters_geo.maps.save import map_page
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
    assert page.count("<script") == 5
    script = page[page.rindex("</script>\n<script>") :]
    assert "alert" not in script
