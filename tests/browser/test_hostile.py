"""Each payload in each place a name can get in; nothing may run, and the map must still be there."""

from __future__ import annotations

import re

import folium
import pandas as pd
import pytest

from clusters_geo.maps import make_map, save_map

pytestmark = pytest.mark.browser

PAYLOADS = [
    "<img src=x onerror=globalThis.hit=1>",
    "<svg onload=globalThis.hit=1>",
    "</script><script>globalThis.hit=1</script>",
    "</style><style>*{display:none}</style><script>globalThis.hit=1</script>",
    "<iframe srcdoc='<script>parent.hit=1</script>'>",
    "javascript:globalThis.hit=1",
    "${globalThis.hit=1}",
    "`+(globalThis.hit=1)+`",
    "'-(globalThis.hit=1)-'",
    '"onfocus="globalThis.hit=1" autofocus="',
    "{{ constructor.constructor('globalThis.hit=1')() }}",
    "C:\\path\\2019\\u0022",
    'https://example.org/"><script>globalThis.hit=1</script>',
    "__proto__",
    "<!--<script>",
    "\u202eevil\u0000",
    "x" * 500,
]
TEXTS = ["name", "name_en", "commune", "note", "note_vi", "source", "source_as_of", "mine"]


def poisoned(clusters, payloads):
    """Put each payload in every column, with its own row where it would change what is drawn."""
    parts = []
    for number, payload in enumerate(payloads):
        few = clusters.iloc[4 * number : 4 * number + 4].copy()
        few["mine"] = ""
        few.iloc[0, [few.columns.get_loc(name) for name in TEXTS]] = payload
        few.iloc[1, few.columns.get_loc("status")] = payload
        few.iloc[2, few.columns.get_loc("district")] = payload
        parts.append(few.set_axis([*few.index[:3], payload]))
    return pd.concat(parts).rename_axis("cluster_id")


# One after the other in the page: a click by the tool takes as long as ten.
CARDS = """async (rows) => {
    const told = [];
    for (let row = 0; row < rows; row++) {
        document.querySelectorAll(".cg-go")[row].click();
        await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
        told.push(document.querySelector(".cg-card")?.textContent.length > 0);
    }
    return told;
}"""


def probe(page, rows=1):
    """Look at everything a reader could open, then tell whether anything ran."""
    assert page.locator(".cg-symbol").count() > 0
    for lang in ("vi", "en"):
        page.click(f"[data-lang={lang}]")
        assert all(page.evaluate(CARDS, rows))
        assert page.evaluate("globalThis.hit") is None
    page.locator(".cg-symbol").first.dispatch_event("mouseover")
    page.click("[data-tool=layers]")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.wait_for_timeout(50)
    assert page.evaluate("globalThis.hit") is None
    assert page.locator("iframe, img[src='x'], body script[src]").count() == 0
    assert page.evaluate("Object.prototype.hit") is None


@pytest.mark.parametrize("first", range(0, len(PAYLOADS), 6))
def test_no_cell_can_run(opened, tmp_path, clusters, districts, first):
    payloads = PAYLOADS[first : first + 6]  # of one page, which opens as slowly for one as for six
    few = districts.head(6)  # what is drawn around the cells is in every page of these tests
    page = opened(save_map(make_map(poisoned(clusters, payloads), few), tmp_path / "cells.html"))
    probe(page, rows=4 * len(payloads))


@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
def test_no_other_text_can_run(opened, tmp_path, clusters, districts, payload):
    few, districts = clusters.head(6).copy(), districts.head(6)
    few[payload] = "value"  # the name of a column
    districts.loc[districts.index[0], "name"] = payload
    districts["type"] = payload
    finding = {
        "cluster_id": few.index[0],
        "severity": payload,
        "rule": payload,
        "message": payload,
        "fix": payload,
    }
    m = make_map(
        few,
        districts,
        title=payload,
        findings=pd.DataFrame([finding]),
        tiles="https://tiles.example.org/{z}/{x}/{y}.png",
        attribution=payload,
    )
    group = folium.FeatureGroup(payload).add_to(m)
    folium.Marker([21, 105.8], tooltip=payload, popup=folium.Popup(payload)).add_to(group)
    evil = districts.tail(1)[["name", "geometry"]].assign(**{payload: payload})
    told = {"fields": [payload], "aliases": [payload]}
    folium.GeoJson(
        evil, name=payload, tooltip=folium.GeoJsonTooltip(**told), popup=folium.GeoJsonPopup(**told)
    ).add_to(m)
    folium.Circle([21, 105.7], radius=900, color=payload, popup=payload).add_to(m)
    page = opened(save_map(m, tmp_path / "all.html"))
    probe(page)
    page.locator("path.cg-district").first.dispatch_event("click")
    page.locator(".cg-stock-pin").dispatch_event("click")
    for path in page.locator(".leaflet-overlay-pane path").all():
        path.dispatch_event("click")
        path.dispatch_event("mouseover")
    assert page.evaluate("globalThis.hit") is None


@pytest.fixture
def attacked(chromium, city_file, tmp_path):
    """Open a page into which somebody put something after it was made."""

    def attack(before, after):
        text = city_file.read_text(encoding="utf-8")
        assert text.count(before) == 1
        changed = tmp_path / "attacked.html"
        changed.write_text(text.replace(before, after), encoding="utf-8")
        page = chromium.new_context(offline=True).new_page()
        page.goto(changed.as_uri())
        page.wait_for_timeout(300)
        return page

    return attack


def test_the_policy_stops_a_script_put_in_later(attacked):
    page = attacked(
        '<div id="map"></div>',
        '<div id="map"></div><script>globalThis.hit=1</script><img src=x onerror="hit=1">',
    )
    assert page.evaluate("globalThis.hit") is None
    page.context.close()


def test_the_policy_stops_our_own_script_if_it_was_changed(attacked):
    page = attacked("clustersGeo.unpacked().then(", "globalThis.hit=1; clustersGeo.unpacked().then(")
    assert page.evaluate("globalThis.hit") is None
    assert page.locator("path.cg-district").count() == 0
    page.context.close()


def test_the_page_itself_cannot_make_markup_or_fetch(chromium, city_file):
    page = chromium.new_context().new_page()
    page.goto(city_file.as_uri())
    page.wait_for_selector("html[data-ready]")
    tries = {
        "markup": "document.body.innerHTML = '<b>x</b>'",
        "script": "document.createElement('script').text = 'hit=1'",
        "import": "import('data:text/javascript,hit=1').catch(e => { throw e })",
        "fetch": "fetch('https://example.org/').catch(e => { throw e })",
        "worker": "new Worker('data:text/javascript,1')",
    }
    for what, code in tries.items():
        # In a page function, since the tool's own evaluation is not subject to the policy.
        said = page.evaluate(
            f"async () => {{ try {{ await ({code}); return 'done'; }} catch (e) {{ return String(e); }} }}"
        )
        assert re.search("Error|violat|blocked", said), what
    page.context.close()
