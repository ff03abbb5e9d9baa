"""Names on the still map: in their own outline or led to it; numbers beside their symbols; over nothing."""

from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ET

import pytest
import shapely

import clusters_geo as cg
from clusters_geo.maps import make_map
from clusters_geo.report import svg_map as drawn_map
from clusters_geo.report.svg import text_width
from clusters_geo.report.svg_map import svg_map

LETTERS = 10


def texts(svg):
    """The texts inside the map, with the middle of each and its weight."""
    root = ET.fromstring(svg)  # noqa: S314 - our own text
    inner = next(part for part in root if part.tag.endswith("svg"))
    return [
        (part.text, float(part.get("x")), float(part.get("y")), group.get("font-weight"))
        for group in inner
        for part in group
        if part.tag.endswith("text")
    ]


def box(words, x, y):
    half = text_width(words, LETTERS) / 2
    return shapely.box(x - half, y - LETTERS, x + half, y + 1)


@pytest.fixture(params=["hanoi-districts", "hanoi-communes"])
def layer(request):
    return cg.load_units(request.param)


def outlines(clusters, layer, focus=None):
    points = drawn_map._points(clusters)
    shapes, names = drawn_map._units(layer)
    place = drawn_map._Place.of(points, shapes, names, focus, (640, 396))
    return dict(zip(names, shapely.transform(shapes, place.at), strict=True)), place.at(points)


def test_names_lie_in_their_own_outline_or_beside_the_map(clusters, layer):
    shapes, at = outlines(clusters, layer)
    symbols = shapely.union_all(shapely.buffer(shapely.points(at), 3.5))
    everything = shapely.union_all(list(shapes.values()))
    written = texts(svg_map(clusters, layer))
    words = " ".join(name for name, *_ in written)
    inside = outside = 0
    for name, x, y, _ in written:
        label = box(name, x, y)
        if not everything.intersects(label):
            outside += 1
            continue
        inside += 1
        owner = next(unit for unit, shape in shapes.items() if shape.contains(shapely.Point(x, y - 4)))
        assert set(name.split()) <= set(owner.split()), (name, owner)
        assert not symbols.intersects(label.buffer(-1)), name
    assert inside
    assert outside
    if len(layer) == 30:
        busiest = clusters["district"].value_counts().index[:8]
        assert all(unit in words for unit in busiest)


def test_the_numbers_of_a_list_stand_beside_their_symbols(clusters, districts):
    rows = clusters[clusters["district"] == "Thường Tín"]
    labels = [str(n) for n in range(1, len(rows) + 1)]
    drawn = texts(svg_map(rows, districts, focus="Thường Tín", labels=labels))
    numbers = {name: (x, y) for name, x, y, weight in drawn if weight == "700"}
    _, at = outlines(rows, districts, "Thường Tín")
    assert len(numbers) >= len(rows) - 1
    boxes = [box(name, *numbers[name]) for name in numbers]
    for name, (x, y) in numbers.items():
        near = shapely.distance(shapely.points(at), shapely.Point(x, y - 4))
        assert near.argmin() == int(name) - 1
    assert all(not a.buffer(-1).intersects(b.buffer(-1)) for a, b in itertools.combinations(boxes, 2))


def test_what_shows_without_a_script_numbers_the_clusters_of_a_unit(clusters, districts):
    said = make_map(clusters, districts, only="Thường Tín").noscript()
    numbers = re.findall(r"<tr><td>(\d+)</td><td>", said)
    assert numbers == [str(n) for n in range(1, 18)]
    assert set(re.findall(r">(\d+)</text>", said)) <= set(numbers)
    assert len(make_map(clusters, cg.load_units("hanoi-communes")).noscript().encode()) <= 60_000


def test_points_alone_have_no_names_and_no_lines(clusters):
    assert texts(svg_map(clusters.head(5), None)) == []
    assert len(texts(svg_map(clusters.head(5), None, labels=list("12345")))) >= 4
    named = texts(svg_map(clusters.head(3), None, labels=clusters["name"].head(3)))
    assert "Cầu Giấy" in [name for name, *_ in named]
