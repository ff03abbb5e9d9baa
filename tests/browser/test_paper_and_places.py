"""Print, PNG, district maps, notebooks, backgrounds, and tables of every size."""

from __future__ import annotations

import html
import io
import re
import zlib

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from PIL import Image

from clusters_geo.maps import make_map, save_district_maps, save_map

pytestmark = pytest.mark.browser

SHADES = ["#dcefe9", "#b2dacf", "#7fbfb2", "#469a90", "#19685f"]
STATUS_COLOURS = ["#1d4596", "#e58a00", "#b0246f"]


def colours_in(image):
    counts = image.convert("RGB").getcolors(maxcolors=1 << 24)
    return {f"#{r:02x}{g:02x}{b:02x}" for n, (r, g, b) in counts if n >= 20}


def pages_of(pdf):
    return len(re.findall(rb"/Type\s*/Page[^s]", pdf))


def test_the_png_has_the_map_and_its_legend(city):
    city.select_option("#cg-measure", "planned_density")
    city.click(".cg-theme")  # dark on the screen, light on paper
    city.click("[data-tool=layers]")
    with city.expect_download() as download:
        city.get_by_text("Lưu ảnh PNG").click()
    assert download.value.suggested_filename == "cum-cong-nghiep-ha-noi.png"
    image = Image.open(download.value.path())
    assert image.size == (2094, 1436)
    legend = image.crop((1540, 100, 2094, 1436))
    assert set(SHADES + STATUS_COLOURS) <= colours_in(legend)
    drawn = image.crop((0, 130, 1500, 1340))
    assert set(SHADES + STATUS_COLOURS) <= colours_in(drawn)
    assert city.evaluate("document.documentElement.dataset.theme") == "dark"


def test_printing_gives_a_map_and_a_table(city):
    pdf = city.pdf(prefer_css_page_size=True, print_background=False)
    assert pages_of(pdf) == 2  # the map, and 120 clusters
    assert b"/MediaBox [0 0 841" in pdf or b"/MediaBox [0 0 842" in pdf
    assert city.locator(".cg-print").inner_html() == ""  # gone afterwards


def test_what_is_printed_keeps_the_legends_colours(city):
    city.select_option("#cg-measure", "planned_density")
    city.evaluate("dispatchEvent(new Event('beforeprint'))")
    city.emulate_media(media="print")
    printed = Image.open(io.BytesIO(city.screenshot(full_page=True)))
    assert set(SHADES + STATUS_COLOURS) <= colours_in(printed)
    rows = city.locator(".cg-print tbody tr")
    assert rows.count() == 120
    said = city.locator(".cg-print").text_content().replace("\u00a0", " ")
    for words in ("Cụm công nghiệp Hà Nội", "1.686,0", "82,6", "Tỷ lệ lấp đầy", "10 km", "Nhóm theo phân vị"):
        assert words in said


def test_hatching_is_printed_too(city):
    city.select_option("#cg-measure", "fill_rate")
    city.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert city.locator(".cg-print pattern#cg-hatch").count() == 1
    assert city.locator(".cg-print path[fill*='#cg-hatch']").count() == 17  # elsewhere nothing operates


def test_a_district_map_stands_alone(opened, clusters, districts, tmp_path):
    # Of a few, itself and what is around it; how many maps a whole pack has is counted elsewhere.
    few = ["Ba Vì", "Phú Xuyên", "Thanh Oai", "Thanh Trì", "Thường Tín"]
    files = save_district_maps(clusters, districts[districts["name"].isin(few)], tmp_path)
    page = opened(files["Thường Tín"])
    assert page.locator(".cg-table tbody tr").count() == 17
    assert "11" in page.locator(".cg-counts").inner_text()
    assert page.locator("path.cg-district.cg-away").count() >= 3
    assert page.locator("path.cg-district:not(.cg-away)").count() == 1
    page.click("text=← Mọi quận, huyện")
    page.wait_for_selector("html[data-ready]")
    assert page.locator(".cg-pack a").count() == len(few)
    page.click(".cg-pack a >> text='Ba Vì'")
    page.wait_for_selector("html[data-ready]")
    assert page.url.endswith("ba-vi.html") or "ba-vi.html#" in page.url


def test_findings_are_a_layer(opened, clusters, districts, tmp_path):
    finding = {
        "cluster_id": "HN-001",
        "severity": "error",
        "rule": "size",
        "message": "Nhỏ hơn 10 ha",
        "fix": "Xem lại",
    }
    page = opened(
        save_map(make_map(clusters, districts, findings=pd.DataFrame([finding])), tmp_path / "m.html")
    )
    name = clusters.loc["HN-001", "name"]
    page.fill("#cg-search", name)
    assert page.locator(".cg-symbol .cg-flag-error").count() == 1
    page.locator(".cg-go").first.click()
    assert "Nhỏ hơn 10 ha Xem lại\nsize" in page.locator(".cg-findings").inner_text()
    assert "Kiểm tra: có lỗi" in page.locator(".cg-legend").inner_text()
    page.click("[data-tool=layers]")
    page.uncheck("[data-layer=findings]")
    assert page.locator(".cg-flag").count() == 0
    assert "Kiểm tra" not in page.locator(".cg-legend").inner_text()


def test_layers_added_with_folium_are_there(opened, clusters, districts, tmp_path):
    m = make_map(clusters, districts)
    group = folium.FeatureGroup("Trạm xử lý nước thải").add_to(m)
    folium.Marker([21.0, 105.7], popup="Trạm 1", tooltip="Trạm").add_to(group)
    folium.PolyLine([(20.9, 105.6), (21.1, 105.8)], color="#aa0000").add_to(m)
    tip = folium.GeoJsonTooltip(["name"], labels=False)
    folium.GeoJson(districts.head(3)[["name", "geometry"]], name="Ba quận", tooltip=tip).add_to(m)
    page = opened(save_map(m, tmp_path / "m.html"))
    page.click("[data-tool=layers]")
    assert "Trạm xử lý nước thải" in page.locator(".cg-menu").inner_text()
    page.locator(".cg-stock-pin").dispatch_event("click")
    assert page.locator(".leaflet-popup-content").inner_text() == "Trạm 1"
    page.uncheck("[data-layer=stock-0]")
    assert page.locator(".cg-stock-pin").count() == 0
    drawn = page.locator(".leaflet-overlay-pane path")
    assert drawn.count() == 4
    page.uncheck("[data-layer=stock-2]")
    assert drawn.count() == 1


def test_a_notebook_shows_it_in_its_frame(chromium, clusters, districts):
    context = chromium.new_context(offline=True, viewport={"width": 1000, "height": 700})
    page = context.new_page()
    asked, complaints = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.set_content(f"<!doctype html><body>{make_map(clusters, districts)._repr_html_()}</body>")
    frame = page.frame_locator("iframe")
    frame.locator("html[data-ready]").wait_for()
    assert frame.locator("path.cg-district").count() == 30
    frame.locator("[data-lang=en]").click()
    assert "1,686.0" in frame.locator(".cg-totals").inner_text()
    assert [url for url in asked if not url.startswith(("about:", "data:"))] == []
    assert complaints == []
    context.close()


@pytest.fixture
def with_tiles(chromium, city_file):
    """Open the city with a network on which the tile server answers as told."""

    def open_with(answer):
        context = chromium.new_context(viewport={"width": 1280, "height": 800})
        page, asked = context.new_page(), []
        context.route(re.compile("^https://"), lambda route: (asked.append(route.request.url), answer(route)))
        page.goto(city_file.as_uri())
        page.wait_for_selector("html[data-ready]")
        return page, asked

    return open_with


def picture(url):
    """A tile of its own for each address: pictures that are all alike are taken for a refusal."""
    out = io.BytesIO()
    Image.new("RGB", (256, 256), f"#{zlib.crc32(url.encode()) & 0xFFFFFF:06x}").save(out, "PNG")
    return out.getvalue()


def served(route):
    headers = {"Access-Control-Allow-Origin": "*"}
    route.fulfill(body=picture(route.request.url), content_type="image/png", headers=headers)


def test_a_background_is_asked_for_only_when_wanted(with_tiles):
    page, asked = with_tiles(served)
    page.wait_for_timeout(300)
    assert asked == []
    page.click("[data-tool=layers]")
    page.locator("[data-layer=tiles]").click()
    page.wait_for_selector(".leaflet-tile-loaded")
    assert page.locator("[data-layer=tiles]").is_checked()
    assert all(url.startswith("https://tile.openstreetmap.org/") for url in asked)
    assert "OpenStreetMap" in page.locator(".cg-credits").inner_text()
    page.uncheck("[data-layer=tiles]")
    assert page.locator(".leaflet-tile").count() == 0
    page.context.close()


def test_a_background_that_fails_leaves_no_broken_look(with_tiles):
    page, _ = with_tiles(lambda route: route.abort())
    page.click("[data-tool=layers]")
    page.locator("[data-layer=tiles]").click()
    page.wait_for_function(
        "() => document.querySelector('.cg-notice').textContent.includes('Không tải được')"
    )
    assert page.locator(".leaflet-tile").count() == 0
    assert not page.locator("[data-layer=tiles]").is_checked()
    page.context.close()


def many(count):
    random = np.random.default_rng(7)
    x, y = random.uniform(105.4, 106.0, count), random.uniform(20.7, 21.3, count)
    return gpd.GeoDataFrame(
        {
            "name": [f"Cụm {n}" for n in range(count)],
            "status": random.choice(["operating", "under_construction", "pending"], count),
            "planned_ha": random.uniform(5, 75, count),
        },
        geometry=shapely.box(x, y, x + 0.003, y + 0.003),
        crs="EPSG:4326",
        index=pd.Index([f"M-{n}" for n in range(count)], name="cluster_id"),
    )


@pytest.mark.parametrize("count", [1, 5000])
def test_one_cluster_or_thousands(opened, tmp_path, count):
    page = opened(save_map(make_map(many(count)), tmp_path / "m.html"))
    total = page.locator(".cg-symbol").evaluate_all(
        "all => all.reduce((sum, s) => sum + Number(s.querySelector('.cg-count')?.textContent ?? 1), 0)"
    )
    assert total == count
    assert page.locator(".cg-table tbody tr").count() == min(count, 200)
    page.fill("#cg-search", f"cum {count - 1}")
    assert page.locator(".cg-table tbody tr").count() == 1


@pytest.mark.parametrize("which", ["no clusters", "no districts", "nothing has a shape"])
def test_what_is_missing_is_simply_not_there(opened, tmp_path, clusters, districts, which):
    if which == "no clusters":
        clusters = clusters.iloc[:0]
    elif which == "no districts":
        districts = None
    else:
        clusters, districts = clusters.set_geometry([None] * len(clusters), crs=4326), None
    page = opened(save_map(make_map(clusters, districts), tmp_path / "m.html"))
    assert page.locator("path.cg-district").count() == (30 if which == "no clusters" else 0)
    assert (page.locator(".cg-symbol").count() > 0) == (which == "no districts")
    if which == "nothing has a shape":
        page.locator(".cg-go").first.click()
        assert "không có vị trí" in page.locator(".cg-card").inner_text()


def test_names_as_long_as_a_paragraph_break_nothing(opened, tmp_path, clusters, districts):
    clusters["name"] = html.unescape("Cụm công nghiệp rất dài " * 25)
    page = opened(save_map(make_map(clusters, districts, title="Tên " * 120), tmp_path / "m.html"))
    page.locator(".cg-go").first.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    assert page.locator(".cg-card").bounding_box()["width"] <= 340
