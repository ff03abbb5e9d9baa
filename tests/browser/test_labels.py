"""Names stand where they belong: every label is hit-tested at six widths, on own registers too."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely

import clusters_geo as cg
from clusters_geo.maps import make_map, save_map

pytestmark = pytest.mark.browser

WIDTHS = [(360, 740), (390, 844), (820, 1180), (1024, 768), (1400, 900), (1920, 1080)]

# Under each point of each label: which unit is drawn there.
HITS = """() => [...document.querySelectorAll(".cg-name[data-unit]")].flatMap((label) => {
    const { left, right, top, bottom } = label.getBoundingClientRect();
    const under = new Set();
    for (let x = left; x <= right; x += 2)
        for (let y = top; y <= bottom; y += 2)
            for (const hit of document.elementsFromPoint(x, y))
                if (hit.matches("path.cg-district")) under.add(hit.dataset.unit);
    return [{ name: label.dataset.unit, away: label.classList.contains("cg-name-away"), under: [...under] }];
})"""

# The colour of each label against what it is drawn on, as WCAG counts contrast.
CONTRASTS = """() => {
    const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
    const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
        .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
        .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
    const ground = rgb(getComputedStyle(document.querySelector(".leaflet-container")).backgroundColor);
    const probe = document.querySelector(".cg-hatch-ground");
    const plain = rgb(getComputedStyle(probe).fill);
    return [...document.querySelectorAll(".cg-name[data-unit]")].map((label) => {
        const path = document.querySelector(`path[data-unit="${label.dataset.unit}"]`);
        const style = getComputedStyle(path);
        const away = label.classList.contains("cg-name-away");
        const fill = style.fill.startsWith("url") ? plain : rgb(style.fill);
        const share = Number(style.fillOpacity);
        const under = away ? ground : fill.slice(0, 3).map((c, i) => c * share + ground[i] * (1 - share));
        const [a, b] = [light(rgb(getComputedStyle(label).color)), light(under)];
        return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    });
}"""


@pytest.mark.parametrize("size", WIDTHS, ids=lambda size: str(size[0]))
def test_no_name_stands_on_another_unit(opened, city_file, size):
    page = opened(city_file, viewport={"width": size[0], "height": size[1]})
    hits = page.evaluate(HITS)
    assert len(hits) >= 8
    for label in hits:
        assert label["under"] == ([] if label["away"] else [label["name"]]), label
    with_most = ["Chương Mỹ", "Thường Tín", "Hoài Đức", "Thanh Oai", "Thạch Thất"]
    assert set(with_most) <= {label["name"] for label in hits}


@pytest.mark.parametrize("measure", ["", "build_out_rate", "planned_ha"])
@pytest.mark.parametrize("size", WIDTHS[:2], ids=lambda size: str(size[0]))
def test_no_name_is_cut_at_the_edge_of_a_phone(opened, city_file, size, measure):
    wide, high = size
    page = opened(
        city_file,
        anchor=f"#measure={measure}",
        viewport={"width": wide, "height": high},
        is_mobile=True,
        has_touch=True,
    )
    for click in (None, "zoomIn", "zoomIn", "reset"):
        if click:
            page.click(f"[data-tool={click}]")
            page.wait_for_timeout(400)
        frame = page.locator(".cg-map").bounding_box()
        right, bottom = min(wide, frame["x"] + frame["width"]), min(high, frame["y"] + frame["height"])
        boxes = page.locator(".cg-name span").evaluate_all(
            "all => all.map((e) => [e.textContent, e.getBoundingClientRect().toJSON()])"
        )
        assert boxes
        for name, box in boxes:
            assert 0 <= box["left"] < box["right"] <= right, (click, name, box)
            assert frame["y"] <= box["top"] < box["bottom"] <= bottom, (click, name, box)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("measure", ["planned_density", "build_out_rate", "fill_rate", "planned_ha", ""])
def test_names_can_be_read_on_every_shade(opened, city_file, theme, measure):
    page = opened(city_file, anchor=f"#theme={theme}&measure={measure}")
    contrasts = page.evaluate(CONTRASTS)
    assert len(contrasts) >= 10
    assert min(contrasts) >= 4.5
    page.evaluate("document.querySelector('.cg-map').classList.add('cg-close')")
    assert min(page.evaluate(CONTRASTS)) >= 4.5


def test_names_follow_the_view(opened, city_file):
    page = opened(city_file)
    for _ in range(3):
        before = page.evaluate("location.hash")
        page.click("[data-tool=zoomIn]")
        page.wait_for_function("before => location.hash !== before", arg=before)  # the zoom has ended
        page.wait_for_timeout(300)
        hits = page.evaluate(HITS)
        assert hits
        assert all(label["under"] == ([] if label["away"] else [label["name"]]) for label in hits)


@pytest.mark.parametrize("size", [WIDTHS[0], WIDTHS[4]], ids=lambda size: str(size[0]))
def test_crescents_islands_and_126_units(opened, tmp_path, size):
    crescent = shapely.Point(106, 21).buffer(0.3) - shapely.Point(106.12, 21).buffer(0.26)
    inner = shapely.Point(106.12, 21).buffer(0.1)
    rows = [("Yên Phong", crescent), ("Từ Sơn", inner)]
    grid = [
        (f"Xã Tân Thịnh {i}", shapely.box(105 + x, 21.4 + y, 105.03 + x, 21.43 + y))
        for i, (x, y) in enumerate((0.03 * c, 0.03 * r) for r in range(6) for c in range(21))
    ]
    names, shapes = zip(*rows, *grid, strict=True)
    index = pd.Index([f"{i:05}" for i in range(len(names))], name="district_code")
    units = gpd.GeoDataFrame({"name": names}, geometry=list(shapes), crs="EPSG:4326", index=index)
    clusters = gpd.GeoDataFrame(
        {"name": ["A", "B"], "status": "operating", "district": ["Yên Phong", "Từ Sơn"]},
        geometry=gpd.points_from_xy([105.75, 106.12], [21, 21]),
        crs="EPSG:4326",
        index=pd.Index(["1", "2"], name="cluster_id"),
    )
    page = opened(
        save_map(make_map(clusters, units), tmp_path / "m.html"),
        viewport=dict(zip(("width", "height"), size, strict=True)),
    )
    hits = page.evaluate(HITS)
    assert {"Yên Phong", "Từ Sơn"} <= {label["name"] for label in hits}
    assert all(label["under"] == ([] if label["away"] else [label["name"]]) for label in hits)


def test_clusters_have_their_names_where_there_is_room(opened, city_file):
    page = opened(city_file, anchor="#at=13/20.8600/105.8700")
    names = page.locator(".cg-name-cluster").all_inner_texts()
    assert len(names) >= 3
    boxes = page.locator(".cg-name").evaluate_all(
        "all => all.map(e => e.getBoundingClientRect()).map(({x, y, right, bottom}) => [x, y, right, bottom])"
    )
    for i, a in enumerate(boxes):
        for b in boxes[:i]:
            assert a[0] >= b[2] or b[0] >= a[2] or a[1] >= b[3] or b[1] >= a[3]


def test_without_units_clusters_are_named_at_once(tmp_path, opened):
    clusters = gpd.GeoDataFrame(
        {"name": ["Hợp Thắng", "Tư Sy"], "status": "operating"},
        geometry=gpd.points_from_xy([105.75, 106.12], [19.8, 19.9]),
        crs="EPSG:4326",
        index=pd.Index(["1", "2"], name="cluster_id"),
    )
    page = opened(save_map(make_map(clusters), tmp_path / "m.html"))
    assert sorted(page.locator(".cg-name-cluster").all_inner_texts()) == ["Hợp Thắng", "Tư Sy"]


def test_the_pole_is_the_widest_place(tmp_path, opened):
    assert cg  # the bundled case is looked at above; here a shape whose centroid lies outside
    horseshoe = shapely.box(105, 21, 105.3, 21.3) - shapely.box(105.02, 21.02, 105.28, 21.3)
    units = gpd.GeoDataFrame({"name": ["Móng Ngựa"]}, geometry=[horseshoe], crs="EPSG:4326", index=["1"])
    m = make_map(gpd.GeoDataFrame({"name": [], "status": []}, geometry=[], crs="EPSG:4326"), units)
    x, y = m.data["districts"]["at"][0]
    assert horseshoe.contains(shapely.Point(x, y))
    opened(save_map(m, tmp_path / "m.html"))
