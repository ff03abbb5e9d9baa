"""The page where it cannot run, on paper, with links, and with backgrounds that refuse."""

from __future__ import annotations

import io
import re

import pytest
from PIL import Image

import clusters_geo as cg
from clusters_geo.maps import make_map, save_map

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def full(tables, tmp_path_factory):
    m = make_map(*tables, also=[cg.load_units("hanoi-communes")], link="https://example.org/cum.html")
    return save_map(m, tmp_path_factory.mktemp("full") / "m.html")


def test_without_a_script_there_are_totals_a_table_and_a_map(chromium, full):
    context = chromium.new_context(java_script_enabled=False, offline=True)
    page = context.new_page()
    page.goto(full.as_uri())
    said = page.locator("body").inner_text().replace("\u00a0", " ")
    for words in ("1.686,0 ha", "82,6 %", "Thường Tín", "mở bằng trình duyệt"):
        assert words in said
    assert page.locator("noscript svg, body > svg, svg[role=img]").first.bounding_box()["height"] > 300
    context.close()
    markup = re.search(r"<noscript>(.*?)</noscript>", full.read_text(encoding="utf-8"), re.DOTALL)[1]
    assert len(markup.encode()) <= 60_000
    assert "<script" not in markup


def test_the_whole_file_is_small_enough_for_a_mail(full):
    assert full.stat().st_size <= 450_000


def test_a_link_in_the_other_language_or_units_has_them_at_once(opened, full):
    page = opened(full, anchor="?units=commune#lang=en")
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.locator(".cg-head [aria-current]").inner_text().startswith("Communes")
    assert page.locator("path.cg-district").count() == 126
    assert "Find a cluster" in page.locator(".cg-panel").inner_text()


def test_an_old_browser_says_what_is_missing(chromium, full):
    page = chromium.new_context(offline=True).new_page()
    page.add_init_script("delete globalThis.DecompressionStream")
    page.goto(f"{full.as_uri()}#lang=en")
    page.wait_for_selector("html[data-ready]")
    assert page.locator("path.cg-district").count() == 30
    assert "Trình duyệt này đã cũ" in page.locator(".cg-notice").inner_text()
    page.locator(".cg-go").first.click()
    assert "Planned area" in page.locator(".cg-card").inner_text()
    page.context.close()


def test_a_link_opens_the_card_of_a_cluster(opened, full):
    page = opened(full, anchor="#cluster=HN-060")
    assert "HN-060" in page.locator(".cg-card").inner_text()
    assert "cluster=HN-060" in page.evaluate("location.hash")
    page.locator(".leaflet-popup-close-button").click()
    page.click("[data-tool=zoomOut]")
    page.wait_for_timeout(500)
    assert "cluster=" not in page.evaluate("location.hash")
    opened(full, anchor="#cluster=%3Cscript%3E")


@pytest.mark.parametrize("size", [(390, 844), (1280, 800)])
def test_paper_has_its_own_shape_whatever_the_screen(opened, full, size):
    page = opened(full, viewport={"width": size[0], "height": size[1]})
    before = page.evaluate("location.hash")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    sheet = page.locator(".cg-print > svg")
    said = sheet.text_content().replace("\u00a0", " ")
    for words in ("70 cụm đang hoạt động", "≈ không phải số liệu công bố", "https://example.org/cum.html"):
        assert words in said
    assert (
        page.locator(".cg-print-title")
        .text_content()
        .startswith("Cụm công nghiệp Hà Nội · Bảng các cụm (120)")
    )
    page.emulate_media(media="print")
    lines = sheet.locator("text[font-size='9.5']").evaluate_all(
        "all => all.map((e) => e.getBBox().y + e.getBBox().height)"
    )
    assert max(lines) <= 719  # the last line of the notes stands on the paper too
    printed = Image.open(io.BytesIO(sheet.screenshot())).convert("RGB")
    left = printed.crop((20, 80, int(printed.width * 0.7), int(printed.height * 0.9)))
    ground = sum(n for n, shade in left.getcolors(1 << 24) if shade == (244, 245, 241))
    assert ground / (left.width * left.height) < 0.75  # the map fills its frame
    page.emulate_media(media="screen")
    assert page.evaluate("location.hash") == before


def test_names_on_paper_are_whole(opened, full, tables):
    page = opened(full)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    cut = page.locator(".cg-print td").evaluate_all(
        "all => all.filter(e => e.scrollWidth > e.clientWidth + 1).length"
    )
    assert cut == 0
    longest = max(tables[0]["name"], key=len)
    assert longest in page.locator(".cg-print").text_content()


@pytest.mark.parametrize("alike", [True, False])
def test_a_refusal_that_is_a_picture_is_recognised(chromium, tables, tmp_path, alike):
    file = save_map(make_map(*tables, tiles="OpenStreetMap.Mapnik"), tmp_path / "m.html")
    context = chromium.new_context()
    page = context.new_page()
    served = []

    def picture(route):
        served.append(route.request.url)
        shade = 128 if alike else (len(served) * 37) % 256
        image = io.BytesIO()
        Image.new("RGB", (256, 256), (shade, 80, 90)).save(image, "PNG")
        headers = {"Access-Control-Allow-Origin": "*", "Content-Type": "image/png"}
        route.fulfill(status=403 if alike else 200, body=image.getvalue(), headers=headers)

    page.route("https://tile.openstreetmap.org/**", picture)
    page.goto(file.as_uri())
    page.wait_for_selector("html[data-ready]")
    page.click("[data-tool=layers]")
    page.locator("[data-layer=tiles]").click()
    page.wait_for_timeout(1500)
    assert len(served) >= 4
    notice = page.locator(".cg-notice").inner_text()
    assert ("từ chối" in notice) == alike
    assert page.locator("[data-layer=tiles]").is_checked() != alike
    context.close()


def test_borders_for_orientation_show_when_near_and_can_be_left_out(opened, full):
    page = opened(full, anchor="#at=12/20.8600/105.8700")
    assert page.locator("path.cg-context").count() == 1
    assert page.locator(".cg-name-context").count() >= 3
    page.click("[data-tool=layers]")
    page.locator("[data-layer=context]").click()
    assert page.locator("path.cg-context").count() == 0


def test_context_of_ones_own_says_whose_it_is(opened, tables, tmp_path):
    m = make_map(*tables, context=cg.load_units("hanoi-communes"))
    page = opened(save_map(m, tmp_path / "m.html"))
    assert "Đường định hướng: " in page.locator(".cg-foot").inner_text()
    packed = re.search(r'id="cg-late">([^<]*)<', (tmp_path / "m.html").read_text(encoding="utf-8"))[1]
    assert len(packed) <= 80_000


def test_focus_goes_back_to_the_menus_button(opened, full):
    page = opened(full)
    page.click("[data-tool=layers]")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.dataset.tool") == "layers"


def test_an_address_that_is_none_makes_no_code(tables):
    with pytest.raises(cg.SchemaError, match="https address"):
        make_map(*tables, link="javascript:alert(1)")
