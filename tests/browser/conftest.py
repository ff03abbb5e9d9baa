"""Pages opened in Debian's Chromium, the network cut off, every complaint of the browser collected."""

from __future__ import annotations

from collections import defaultdict
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

    def forget(self):
        """Be as a new tab: nothing shown, kept, pointed at or emulated."""
        self.page.evaluate("localStorage.clear(), sessionStorage.clear()")
        self.page.mouse.move(0, 0)
        self.page.emulate_media(media="null")
        self.page.goto("about:blank")
        self.complaints.clear()
        self.requests.clear()

    def leaving(self):
        return [url for url in self.requests if not url.startswith(("file:", "data:", "blob:"))]


@pytest.fixture(scope="session")
def _idle():
    """Tabs that tests have left, by how they were opened: a new one takes as long as the page itself."""
    return defaultdict(list)


@pytest.fixture
def opened(chromium, _idle):
    """Open files without a network; afterwards nothing may have left and the console must be silent."""
    used = []

    def open_file(path, *, anchor="", **options):
        kind = repr(sorted((options or WIDE).items()))
        if _idle[kind]:
            seen = _idle[kind].pop()
        else:
            context = chromium.new_context(offline=True, accept_downloads=True, **(options or WIDE))
            seen = Opened(context.new_page())
        used.append((kind, seen))
        seen.page.goto(f"{path.as_uri()}{anchor}")
        seen.page.wait_for_selector("html[data-ready]", timeout=15_000)
        return seen.page

    yield open_file
    for kind, seen in used:
        assert seen.leaving() == []
        assert seen.complaints == []
        seen.forget()
        _idle[kind].append(seen)


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
