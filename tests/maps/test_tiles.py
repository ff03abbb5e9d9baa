"""Backgrounds: only named servers, only over https, never without saying whose they are."""

from __future__ import annotations

import pytest

from clusters_geo.errors import SchemaError
from clusters_geo.maps.page import background


def test_a_name_becomes_an_address():
    found = background("OpenStreetMap.Mapnik", None)
    assert found["url"] == "https://tile.openstreetmap.org/{z}/{x}/{y}.png"
    assert found["hosts"] == ["https://tile.openstreetmap.org"]
    assert "OpenStreetMap" in found["attribution"]


def test_an_address_of_ones_own():
    found = background("https://{s}.tiles.example.vn:8443/{z}/{x}/{y}.png", "© Sở")
    assert found["hosts"] == ["https://*.tiles.example.vn:8443"]
    assert found["attribution"] == "© Sở"


@pytest.mark.parametrize(
    ("tiles", "attribution", "problem"),
    [
        ("Nowhere.Atlas", None, "'Nowhere.Atlas' is not a background"),
        ("CartoDB.Positron", None, "needs a key of your own"),
        ("http://tiles.example.vn/{z}/{x}/{y}.png", "x", "https"),
        ("https://tiles.example.vn/{z}/{x}/{y}.png", None, "attribution="),
        ("https://a.vn; script-src *;/{z}/{x}/{y}.png", "x", "https address"),
        ("https://a.vn 'unsafe-inline'/{z}/{x}/{y}", "x", "https address"),
        ("javascript:alert(1)//{z}", "x", "https address"),
        ("https://user:word@a.vn/{z}/{x}/{y}", "x", "https address"),
    ],
)
def test_what_could_open_the_policy_is_refused(tiles, attribution, problem):
    with pytest.raises(SchemaError, match=problem):
        background(tiles, attribution)
