"""The documentation, opened from disk in a browser: complete, searchable, asking nothing of the network."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[1]
ZENSICAL = Path(sys.executable).with_name("zensical")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    if not ZENSICAL.exists():
        pytest.skip("SKIPPED: zensical is not installed (make docs), so the site is not looked at")
    checkout = tmp_path_factory.mktemp("checkout")
    for name in ("docs", "src", "geodata", "mkdocs.yml", "CHANGELOG.md"):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, checkout / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, checkout / name)
    # The notebooks' pages are made by `make docs`; here others stand for them.
    for notebook in (ROOT / "notebooks").glob("*.ipynb"):
        stand_in = checkout / "docs/notebooks" / f"{notebook.stem}.md"
        stand_in.parent.mkdir(exist_ok=True)
        stand_in.write_text("# A notebook\n")
    subprocess.run([ZENSICAL, "build", "--strict"], cwd=checkout, check=True, capture_output=True)
    return checkout / "site"


@pytest.fixture
def page(chromium):
    opened = chromium.new_page(viewport={"width": 1200, "height": 800})
    opened.asked, opened.faults = [], []
    opened.on("request", lambda request: opened.asked.append(request.url))
    opened.on("pageerror", lambda error: opened.faults.append(str(error)))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def seen(site, chromium):
    """Every page on a phone, once: what they asked for, what failed, and which are wider than the screen."""
    phone = chromium.new_page(viewport={"width": 390, "height": 800})
    asked, faults, wide = [], [], {}
    phone.on("request", lambda request: asked.append(request.url))
    phone.on("pageerror", lambda error: faults.append(str(error)))
    pages = sorted(site.rglob("*.html"))
    for path in pages:
        phone.goto(path.as_uri())
        width = phone.evaluate("document.documentElement.scrollWidth")
        if width > 390:
            wide[path.name] = width
    phone.close()
    assert len(pages) > 10
    return asked, faults, wide


def test_no_page_asks_for_anything_from_elsewhere(seen):
    asked, faults, _ = seen
    assert [url for url in asked if not url.startswith("file:")] == []
    assert faults == []


def test_a_phone_shows_each_page_without_scrolling_sideways(seen):
    assert seen[2] == {}


def test_search_works_from_disk(site, page):
    page.goto((site / "index.html").as_uri())
    page.keyboard.press("Control+k")
    page.get_by_placeholder("Search").last.type("squared point scale", delay=30)
    page.get_by_text("0002 – Hectares").last.wait_for(timeout=10_000)
    assert page.faults == []


def test_the_reference_shows_each_function_with_its_parameters_and_what_it_returns(site, page):
    page.goto((site / "reference.html").as_uri())
    text = page.inner_text("article")
    for expected in ("area_ha", "geodesic area of each shape", "CRSError", "load_hanoi("):
        assert expected in text
