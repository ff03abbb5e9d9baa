"""`make_map` gives a Folium map that Folium itself can render."""

from __future__ import annotations

import folium
import pytest

import clusters_geo as cg
from clusters_geo.errors import SchemaError
from clusters_geo.maps import make_map


def test_it_is_a_folium_map_that_takes_further_layers(town, town_districts):
    m = make_map(town, town_districts)
    assert isinstance(m, folium.Map)
    assert folium.Marker([21, 105]).add_to(m) in m._children.values()


def test_in_a_notebook_nothing_is_asked_for(town, town_districts):
    shown = make_map(town, town_districts)._repr_html_()
    assert "clustersGeo.start" in shown
    for host in ("cdn", "jquery.com", "bootstrapcdn", "<script src", "&lt;script src", "&lt;link"):
        assert host not in shown


def test_folium_layers_bring_what_they_need_in_a_notebook(town, town_districts):
    m = make_map(town, town_districts)
    folium.Marker([21, 105], popup="x").add_to(m)
    rendered = m.get_root().render()
    assert "jquery" in rendered
    assert "leaflet@1" not in rendered  # it is inside already


def test_rendering_twice_gives_the_same(town, town_districts):
    m = make_map(town, town_districts)
    assert m.get_root().render() == m.get_root().render()


def test_data_in_the_notebook_page_cannot_end_its_script(town, town_districts):
    town["name"] = "</script><script>alert(1)</script>{{ 7 * 7 }}${1}`"
    rendered = make_map(town, town_districts, title="{% raw %}</script>").get_root().render()
    assert "<script>alert(1)" not in rendered
    assert "49$" not in rendered
    assert r"\u007b{ 7 * 7 }}" in rendered  # Folium renders twice; the data must not become a template


@pytest.mark.parametrize(
    ("options", "title"),
    [
        ({}, "Cụm công nghiệp"),
        ({"lang": "en"}, "Industrial clusters"),
        ({"only": "H. Ba Vi"}, "Ba Vì · Cụm công nghiệp"),
        ({"title": "Của tôi"}, "Của tôi"),
        ({"title": {"vi": "Một", "en": "One"}, "lang": "en"}, "One"),
    ],
)
def test_titles(town, town_districts, options, title):
    assert make_map(town, town_districts, **options).title == title


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"lang": "fr"}, "lang='fr' is not one of the choices: vi, en"),
        ({"theme": "pink"}, "theme='pink' is not one of the choices: auto, light, dark"),
        ({"classing": "pretty"}, "quantiles, equal and jenks"),
        ({"only": "Thach That B"}, "No district is called 'Thach That B'; did you mean Thạch Thất"),
        ({"only": "Zzz"}, "see the column name"),
    ],
)
def test_options_that_are_refused(town, town_districts, options, problem):
    with pytest.raises(SchemaError, match=problem):
        make_map(town, town_districts, **options)


def test_a_map_is_headed_and_opens_by_the_province_that_its_sheet_names(tmp_path):
    file = tmp_path / "so.csv"
    file.write_text("DANH MỤC CỤM CÔNG NGHIỆP TỈNH NGHỆ AN,\nSTT,Tên cụm công nghiệp\n1,Diễn Hồng\n", "utf-8")
    register = cg.load_clusters(file)
    drawn = make_map(register)
    assert drawn.data["title"] == {
        "vi": "Cụm công nghiệp Nghệ An",
        "en": "Industrial clusters of Nghệ An",
    }
    (south, west), (north, east) = drawn.data["around"]
    assert (south < 19.0 < north, west < 105.5 < east) == (True, True)
    assert make_map(register, title="Sổ").title == "Sổ"


def test_a_measure_that_is_not_there_is_told_those_that_are(clusters):
    with pytest.raises(cg.SchemaError, match="fill_rate, lawful_fill_rate, build_out_rate"):
        make_map(clusters, measure="lấp đầy")
