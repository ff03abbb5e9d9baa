"""Pages opened in Debian's Chromium, the network cut off, every complaint of the browser collected."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from clusters_geo.maps import make_map, save_map

if TYPE_CHECKING:
    from playwright.sync_api import Page

WIDE = {"viewport": {"width": 1280, "height": 800}}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@dataclass
class Opened:
    """A page, and what the browser had to say about it."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def __post_init__(self):
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))

    def leaving(self):
        return [url for url in self.requests if not url.startswith(("file:", "data:", "blob:"))]


@pytest.fixture
def opened(chromium):
    """Open files without a network; afterwards nothing may have left and the console must be silent."""
    contexts, pages = [], []

    def open_file(path, *, anchor="", **options):
        context = chromium.new_context(offline=True, accept_downloads=True, **(options or WIDE))
        contexts.append(context)
        seen = Opened(context.new_page())
        pages.append(seen)
        seen.page.goto(f"{path.as_uri()}{anchor}")
        seen.page.wait_for_selector("html[data-ready]", timeout=15_000)
        return seen.page

    yield open_file
    for seen in pages:
        assert seen.leaving() == []
        assert seen.complaints == []
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def tables(_hanoi):
    """Clusters and districts of the bundled case, not to be changed."""
    return _hanoi


@pytest.fixture(scope="session")
def city_file(tables, tmp_path_factory):
    title = {"vi": "Cụm công nghiệp Hà Nội", "en": "Industrial clusters of Hà Nội"}
    m = make_map(*tables, title=title, tiles="OpenStreetMap.Mapnik")
    return save_map(m, tmp_path_factory.mktemp("city") / "hanoi.html")


@pytest.fixture
def city(opened, city_file):
    return opened(city_file)


@pytest.fixture
def phone(opened, city_file):
    return opened(city_file, **PHONE)
