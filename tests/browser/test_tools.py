"""What the buttons on the map do: place, full screen, link; and when the legend steps aside."""

from __future__ import annotations

import re

import pytest

pytestmark = pytest.mark.browser

WIDE = {"viewport": {"width": 1280, "height": 800}}
HOAN_KIEM = {"latitude": 21.0285, "longitude": 105.8542, "accuracy": 30}


def tool(page, text):
    page.click("[data-tool=layers]")
    page.get_by_role("button", name=text).click()


def test_my_place_is_shown_with_how_well_it_is_known(opened, city_file):
    page = opened(city_file, **WIDE, geolocation=HOAN_KIEM, permissions=["geolocation"])
    page.click("[data-tool=locate]")
    page.locator("path.cg-here").wait_for()
    assert page.locator("path.cg-here-area").count() == 1
    assert page.locator(".cg-notice").inner_text() == "Vị trí của bạn"
    page.wait_for_function("() => location.hash.includes('at=14/21.028')")
    assert re.search(r"at=14/21\.028\d/105\.854\d", page.url)


def test_a_place_that_is_not_to_be_had_is_said(opened, city_file):
    page = opened(city_file, **WIDE)
    before = page.url
    page.click("[data-tool=locate]")
    page.wait_for_function("() => document.querySelector('.cg-notice').textContent")
    assert page.locator(".cg-notice").inner_text() == "Không xác định được vị trí."
    assert page.locator("path.cg-here").count() == 0
    assert page.url == before


def test_the_place_found_last_replaces_the_one_before(opened, city_file):
    page = opened(city_file, **WIDE, geolocation=HOAN_KIEM, permissions=["geolocation"])
    for _ in range(2):
        page.click("[data-tool=locate]")
        page.locator("path.cg-here").wait_for()
        page.wait_for_timeout(300)
    assert page.locator("path.cg-here").count() == 1


def test_full_screen_and_back(city):
    tool(city, "Toàn màn hình")
    city.wait_for_function("() => document.fullscreenElement === document.documentElement")
    tool(city, "Toàn màn hình")
    city.wait_for_function("() => !document.fullscreenElement")


def test_a_copied_link_opens_what_was_seen(opened, city_file):
    page = opened(city_file, **WIDE, permissions=["clipboard-read", "clipboard-write"])
    page.select_option("#cg-measure", "pending_sites")
    page.click("[data-lang=en]")
    page.click("[data-tool=zoomIn]")
    page.wait_for_timeout(400)
    tool(page, "Copy link")
    page.wait_for_function("() => document.querySelector('.cg-notice').textContent")
    link = page.evaluate("navigator.clipboard.readText()")
    assert link == page.url
    again = opened(city_file, anchor=f"#{link.partition('#')[2]}", **WIDE)
    assert again.input_value("#cg-measure") == "pending_sites"
    assert again.locator("html").get_attribute("lang") == "en"
    assert again.url == link


def test_a_link_that_cannot_be_copied_is_said(city):
    city.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('not allowed')); }")
    tool(city, "Chép liên kết")
    city.wait_for_function("() => document.querySelector('.cg-notice').textContent")
    assert city.locator(".cg-notice").inner_text() == "Không chép được; hãy chép từ thanh địa chỉ."


@pytest.mark.parametrize(("width", "open_"), [(1280, True), (1120, True), (1000, False), (768, False)])
def test_the_legend_is_open_only_where_it_leaves_room_for_the_map(opened, city_file, width, open_):
    page = opened(city_file, viewport={"width": width, "height": 760})
    assert page.locator(".cg-legend").evaluate("e => e.open") == open_
    legend = page.locator(".cg-legend").bounding_box()
    hidden = page.locator("path.cg-district").evaluate_all(
        """(all, legend) => all.filter(path => {
            const { left, right, top, bottom } = path.getBoundingClientRect();
            const x = (left + right) / 2, y = (top + bottom) / 2;
            const inside = (at, from, size) => at > from && at < from + size;
            return inside(x, legend.x, legend.width) && inside(y, legend.y, legend.height);
        }).length""",
        legend,
    )
    assert hidden == 0
