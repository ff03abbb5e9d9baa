"""Two vintages under a slider: what is drawn, how the sides are called, and what is only text."""

from __future__ import annotations

import re

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import LineString, Point, box

from clusters_geo import SchemaError
from clusters_geo.maps.slider import save_slider, slider_html


def register(names, statuses, shapes=None, **columns):
    ids = pd.Index([f"BN-{n}" for n in range(1, len(names) + 1)], name="cluster_id")
    shapes = shapes or [box(106 + n / 10, 21, 106.01 + n / 10, 21.01) for n in range(len(names))]
    table = {"name": names, "status": statuses, "planned_ha": [30.0] * len(names)} | columns
    return gpd.GeoDataFrame(table, geometry=shapes, crs="EPSG:4326", index=ids)


BEFORE = register(["Đồng Thọ", "Lâm Bình"], ["operating", "pending"])
AFTER = register(["Đồng Thọ", "Lâm Bình", "Phú Lâm"], ["operating", "under_construction", None])


def headings(text):
    return re.findall(r"<span>(.*?)</span>", text)


def drawn(text):
    return [re.findall(r'class="cluster ([^"]+)"', side) for side in text.split("<svg")[1:]]


def test_each_side_has_its_clusters_and_marks_those_that_changed():
    assert drawn(slider_html(BEFORE, AFTER)) == [
        ["operating", "pending changed"],
        ["operating", "under_construction changed", "unknown changed"],
    ]


def test_a_status_that_nobody_knows_is_no_other_one():
    text = slider_html(BEFORE, AFTER)
    assert "Phú Lâm – Chưa rõ tình trạng – 30,0 ha" in text
    assert text.count("Chưa rõ tình trạng") >= 2  # the legend names it too
    assert "Chưa rõ tình trạng" not in slider_html(BEFORE, BEFORE)


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ((None, None), ["Kỳ trước", "Kỳ sau"]),
        (("2025-12-31", "2026-06-14"), ["31/12/2025", "14/06/2026"]),
        (("2026-06-14", "2026-06-14"), ["Kỳ trước (14/06/2026)", "Kỳ sau (14/06/2026)"]),
        ((None, "2026-06-14"), ["Kỳ trước", "Kỳ sau (14/06/2026)"]),
    ],
)
def test_sides_are_called_so_that_they_can_be_told_apart(days, expected):
    sides = [table.assign(as_of=pd.Timestamp(day)) for table, day in zip((BEFORE, AFTER), days, strict=True)]
    text = slider_html(*sides)
    assert headings(text) == expected
    assert f"Cụm công nghiệp: {expected[0]} – {expected[1]}" in text


def test_points_and_lines_are_spots_and_what_has_no_place_is_said():
    shapes = [Point(106, 21), LineString([(106.1, 21), (106.2, 21.1)]), None]
    known = register(["A", "B", "C"], ["operating"] * 3, shapes)
    text = slider_html(known, known, lang="en")
    paths = re.findall(r'<path class="cluster operating" d="(M[\d.]+ [\d.]+l8 -8 8 8 -8 8Z)"', text)
    assert len(paths) == 4
    assert "1 clusters have no position and are not drawn." in text


def test_changed_clusters_are_named_on_the_map_where_there_is_room():
    text = slider_html(BEFORE, AFTER)
    named = [re.findall(r"<text[^>]*>([^<]+)</text>", side) for side in text.split("<svg")[1:]]
    assert named == [["Lâm Bình"], ["Lâm Bình", "Phú Lâm"]]
    crowd = register(["Một tên dài"] * 9, ["pending"] * 9, [Point(106 + n / 1e6, 21) for n in range(9)])
    assert len(re.findall("<text", slider_html(crowd, crowd.assign(status="operating")))) < 4


def test_changes_that_are_not_on_the_map_are_counted_apart():
    later = AFTER.set_geometry([AFTER.geometry.iloc[0], None, AFTER.geometry.iloc[2]])
    text = slider_html(BEFORE.set_geometry([BEFORE.geometry.iloc[0], None]), later)
    assert "Viền đỏ: 1 cụm có thay đổi." in text
    assert "1 cụm khác cũng có thay đổi nhưng không có vị trí" in text
    assert "không có vị trí nên không có trên bản đồ" not in slider_html(BEFORE, AFTER)
    assert "--units" not in text


def test_borders_are_drawn_or_it_is_said_that_there_are_none():
    units = gpd.GeoDataFrame(
        {"name": ["Bắc Ninh"]}, geometry=[box(105.9, 20.9, 106.3, 21.2)], crs="EPSG:4326"
    )
    for lang, said in (("vi", "không vẽ ranh giới xã, huyện"), ("en", "no borders are drawn")):
        bare, whole = (slider_html(BEFORE, AFTER, districts=layer, lang=lang) for layer in (None, units))
        assert said in bare
        assert 'class="unit"' not in bare
        assert said not in whole
        assert whole.count('class="unit"') == 2  # on both sides


def test_what_changed_stands_below_as_a_table():
    text = slider_html(BEFORE, AFTER, lang="en")
    assert "<td>BN-3</td><td>Phú Lâm</td>" in text
    assert "<details>" not in slider_html(BEFORE, BEFORE)


def test_a_name_is_only_text():
    hostile = register(["<script>alert(1)</script>", "{{ 7 * 7 }}"], ["operating", '"><b>'])
    text = slider_html(BEFORE, hostile)
    assert text.count("<script>") == 1
    assert "{{ 7 * 7 }}" in text
    assert "<b>" not in text


def test_a_table_without_outlines_is_refused(tmp_path):
    with pytest.raises(SchemaError):
        save_slider(pd.DataFrame(BEFORE.drop(columns="geometry")), AFTER, tmp_path / "s.html")
    assert not list(tmp_path.iterdir())


@pytest.mark.browser
def test_the_slider_uncovers_the_later_side(chromium):
    page = chromium.new_page()
    faults = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.set_content(slider_html(BEFORE, AFTER))
    page.locator("#at").fill("20")
    assert page.locator(".frame svg").nth(1).evaluate("svg => svg.style.clipPath") == "inset(0px 0px 0px 20%)"
    assert page.locator(".frame i").evaluate("line => line.style.left") == "20%"
    assert faults == []
    page.close()


def test_clusters_fill_the_page_and_small_ones_have_a_colour():
    units = gpd.GeoDataFrame(
        {"name": ["Gia Bình", "Xa"]}, geometry=[box(106, 21, 106.3, 21.1), box(108, 12, 109, 13)], crs=4326
    )
    text = slider_html(BEFORE, AFTER, districts=units)
    width, height = map(float, re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', text).groups())
    assert height < width  # the unit far away has no cluster, and takes no room
    tiny = register(
        ["A", "B"], ["operating"] * 2, [box(106, 21, 106.0001, 21.0001), box(106.4, 21, 106.5, 21.1)]
    )
    first, second, *_ = re.findall(r'class="cluster operating" d="([^"]+)"', slider_html(tiny, tiny))
    assert "l8 -8" in first
    assert "l8 -8" not in second
