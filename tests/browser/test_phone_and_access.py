"""On a phone, and for people who do not see or do not use a mouse."""

from __future__ import annotations

from importlib import resources

import pytest

pytestmark = pytest.mark.browser


def box(page, selector):
    return page.locator(selector).bounding_box()


def apart(first, second):
    return (
        first["x"] + first["width"] <= second["x"]
        or second["x"] + second["width"] <= first["x"]
        or first["y"] + first["height"] <= second["y"]
        or second["y"] + second["height"] <= first["y"]
    )


def test_nothing_covers_the_buttons(phone):
    toolbar = box(phone, ".cg-toolbar")
    phone.click(".cg-legend summary")
    for other in (".cg-legend", ".cg-head", ".cg-handle", ".cg-scale"):
        assert apart(toolbar, box(phone, other)), other


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_a_popup_lies_beside_the_buttons_and_below_the_legend(phone, lang):
    phone.tap(f"[data-lang={lang}]")
    phone.tap(".cg-handle")
    phone.fill("#cg-search", "phung xa")
    phone.locator(".cg-go").first.tap()
    phone.wait_for_timeout(900)
    popup = box(phone, ".leaflet-popup-content-wrapper")
    for other in (".cg-toolbar", ".cg-legend", ".cg-head", ".cg-handle"):
        assert apart(popup, box(phone, other)), other
    assert 0 <= popup["x"] < popup["x"] + popup["width"] <= 390


def test_the_page_fits_and_can_be_pinched(phone):
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    assert phone.evaluate("document.documentElement.scrollHeight") <= 844
    viewport = phone.locator("meta[name=viewport]").get_attribute("content")
    assert "user-scalable" not in viewport
    assert "maximum-scale" not in viewport


def test_buttons_are_as_large_as_a_thumb(phone):
    small = phone.locator(".cg-toolbar button, .cg-handle, .cg-switch button, .cg-theme").evaluate_all(
        "all => all.map(e => e.getBoundingClientRect()).filter(r => r.width < 40 || r.height < 44).length"
    )
    assert small == 0
    toolbar = box(phone, ".cg-toolbar")
    assert toolbar["y"] > 844 / 2  # where the thumb is


def test_the_sheet_opens_and_folds(phone):
    assert phone.locator("#cg-search").is_hidden()
    phone.tap(".cg-handle")
    phone.wait_for_timeout(350)
    assert phone.locator("#cg-search").is_visible()
    assert box(phone, ".cg-panel")["height"] > 500
    phone.fill("#cg-search", "thuong tin")
    phone.locator(".cg-go").first.tap()
    phone.wait_for_timeout(350)
    assert box(phone, ".cg-panel")["height"] < 100
    assert phone.locator(".cg-card").is_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("where", ["city", "phone"])
def test_axe_finds_nothing(where, theme, request):
    page = request.getfixturevalue(where)
    if theme == "dark":
        page.click(".cg-theme")
    if where == "phone":
        page.tap(".cg-handle")
        page.wait_for_timeout(350)
    page.click("[data-tool=zoomIn]", force=True)
    page.wait_for_timeout(400)
    assert complaints(page) == {}


def complaints(page):
    # The page's policy lets no script in; the checker is put in by the browser itself.
    if not page.evaluate("'axe' in globalThis"):
        page.evaluate(
            (resources.files("axe_core_python") / "axe.min.js").read_text(encoding="utf-8") + "\n;0"
        )
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return {v["id"]: [n["html"][:160] for n in v["nodes"]] for v in found}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_any_state(city, theme):
    if theme == "dark":
        city.click(".cg-theme")
    states = {
        "filter": "document.querySelector('[data-status=pending]').click()",
        "charts": "document.querySelector('.cg-charts').open = true",
        "card": "document.querySelector('.cg-go').click()",
        "english": "document.querySelector('[data-lang=en]').click()",
        "layers": "document.querySelector('[data-tool=layers]').click()",
    }
    found = {}
    city.fill("#cg-search", "phung")
    for state, reached in states.items():
        city.evaluate(reached)
        city.wait_for_timeout(300)  # what fades has its colour then
        found[state] = complaints(city)
    assert found == {state: {} for state in states}


def test_the_table_is_one_key_away(city):
    city.keyboard.press("Tab")
    assert city.evaluate("document.activeElement.className") == "cg-skip"
    city.keyboard.press("Enter")
    assert city.evaluate("document.activeElement.className") == "cg-panel-body"


def test_less_motion_when_asked(opened, city_file):
    page = opened(city_file, viewport={"width": 390, "height": 844}, reduced_motion="reduce")
    assert page.locator(".cg-panel").evaluate("e => getComputedStyle(e).transitionDuration") == "0s"
