"""The offline file, looked at as text."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from html.parser import HTMLParser
from importlib import metadata
from pathlib import Path

import folium
import pytest

import clusters_geo.maps.page as page_module
from clusters_geo.errors import EngineError, SchemaError, SourceError
from clusters_geo.maps import make_map, save_map
from clusters_geo.maps.city import Look, map_page
from clusters_geo.words import catalogue


class Parts(HTMLParser):
    """The scripts, styles and every attribute of a page."""

    def __init__(self, text):
        super().__init__()
        self.scripts, self.styles, self.attributes, self.tags = [], [], [], []
        self.into = None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, *pair) for pair in attrs]
        data = tag == "script" and dict(attrs).get("type") in ("application/json", "text/plain")
        self.into = {"script": self.scripts, "style": self.styles}.get(tag) if not data else None

    def handle_endtag(self, _):
        self.into = None

    def handle_data(self, data):
        if self.into is not None:
            self.into.append(data)


@pytest.fixture
def page(town, town_districts):
    return map_page(make_map(town, town_districts))


def policy_of(page):
    found = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)[1]
    return dict(rule.split(" ", 1) for rule in html.unescape(found).split("; "))


def digest(text):
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_every_script_and_style_is_in_the_policy_and_nothing_else(page):
    parts, policy = Parts(page), policy_of(page)
    assert policy["default-src"] == "'none'"
    assert policy["script-src"].split() == [digest(script) for script in parts.scripts]
    assert policy["style-src"].split() == [digest(style) for style in parts.styles]
    assert "unsafe" not in str(policy)
    assert policy["require-trusted-types-for"] == "'script'"


def test_the_page_points_nowhere(page):
    names = {name for _, name, _ in Parts(page).attributes}
    assert not names & {"src", "href", "srcset", "action", "style", "onload", "onerror"}
    style = "".join(Parts(page).styles)
    assert set(re.findall(r"url\(([^)]*)\)", style)) == {'"#cg-hatch"'}
    assert "sourceMappingURL" not in page
    assert "@import" not in style


def test_without_tiles_no_address_is_allowed(town, town_districts):
    without = map_page(make_map(town, town_districts, tiles=None))
    assert policy_of(without)["img-src"] == "data: blob:"
    with_tiles = policy_of(map_page(make_map(town, town_districts, tiles="OpenStreetMap.Mapnik")))
    assert with_tiles["img-src"] == "data: blob: https://tile.openstreetmap.org"


def test_language_title_and_zoom_are_set(town, town_districts):
    english = map_page(make_map(town, town_districts, lang="en", title="<Mine> & yours"))
    assert '<html lang="en">' in english
    assert "<title>&lt;Mine&gt; &amp; yours</title>" in english
    assert "user-scalable" not in english


def test_the_same_map_is_the_same_file(town, town_districts):
    assert map_page(make_map(town, town_districts)) == map_page(make_map(town, town_districts))


def test_the_hashes_hold_whatever_the_line_endings(page):
    assert "\r" not in page  # a browser would turn them into \n before it hashes


def test_no_text_of_ours_spans_lines():
    # Indentation is left out of the page, which a text over several lines would notice.
    for line in page_module.own_scripts().splitlines():
        assert line.count("`") % 2 == 0, line


# Texts together; the two that change what is drawn apart.
@pytest.mark.parametrize(
    "sinks",
    [("name", "name_en", "source", "note", "note_vi", "commune", "mine"), ("district",), ("status",)],
    ids="+".join,
)
@pytest.mark.parametrize(
    "payload", ["</script><script>alert(1)</script>", "<!--<script>", "]]>", "\u2028alert(1)"]
)
def test_data_never_ends_its_element(town, town_districts, sinks, payload):
    town[list(sinks)] = payload
    clean = Parts(map_page(make_map(town, town_districts)))
    assert clean.tags.count("script") == 6
    assert "alert(1)" not in "".join(clean.scripts)


def test_saving_replaces_whole_files_and_makes_folders(town, town_districts, tmp_path):
    target = tmp_path / "new" / "map.html"
    assert save_map(make_map(town, town_districts), target) == target
    assert target.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert [p.name for p in target.parent.iterdir()] == ["map.html"]


def test_a_folder_is_no_place_for_a_map(town, tmp_path):
    with pytest.raises(SourceError, match="is a folder"):
        save_map(make_map(town), tmp_path)


def test_another_map_is_refused(tmp_path):
    with pytest.raises(SchemaError, match="writes maps that make_map returned, not a Map"):
        save_map(folium.Map(), tmp_path / "x.html")


def test_without_leaflet_the_package_to_install_is_named(monkeypatch):
    def nothing(_):
        raise metadata.PackageNotFoundError

    monkeypatch.setattr(page_module.metadata, "files", nothing)
    with pytest.raises(EngineError, match="pip install XStatic-Leaflet"):
        page_module._leaflet("leaflet.js")


def test_leaflets_licence_travels_along(page):
    assert "Leaflet 1.9.3" in page
    assert "Vladimir Agafonkin" in page


def test_the_page_says_nothing_that_the_catalogue_has_not_and_the_catalogue_nothing_unused():
    folder = Path(page_module.__file__).parent / "web"
    scripts = "\n".join(file.read_text(encoding="utf-8") for file in folder.glob("*.js"))
    python = "\n".join(file.read_text(encoding="utf-8") for file in folder.parents[1].rglob("*.py"))
    known = catalogue("map")
    unused = [key for key in known if not re.search(rf"\b{key.split('.')[0]}\b", scripts + python)]
    assert unused == []
    said = set(re.findall(r"\b(?:t|words)\.([a-zA-Z]+)\b", scripts))
    own = {"split", "slice", "basis"}  # of other things that are called words
    own |= {"knownFor", "modelledFor", "chart", "fewNote"}  # of tables and charts
    assert {word for word in said if word not in {key.split(".")[0] for key in known}} <= own
    look = Look.of(lang="vi", title=None, theme="auto", tiles=None, attribution=None)
    of_charts = set(re.findall(r"\bsay\.(\w+)", scripts))
    assert of_charts
    assert {f"chart.{key}" for key in of_charts} <= set(look.settings(None)["texts"])
    assert not re.search("[à-ỹĐđ]", re.sub(r"/đ/|Tiếng Việt|//.*", "", scripts))  # the language's own name
