"""Draw the README's picture from the map that `clusters-geo demo` has written, in a headless Chromium."""

from __future__ import annotations

import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent
MAP = HERE.parents[1] / "maps" / "hanoi.html"
SIZES = {"hanoi.png": (1200, 760)}


def draw() -> None:
    """Open the map as a reader would, from disk, and keep what is seen."""
    found = [
        path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))
    ]
    with sync_playwright() as browsers:
        browser = browsers.chromium.launch(executable_path=found[0], args=["--no-sandbox", "--disable-quic"])
        for name, (width, height) in SIZES.items():
            page = browser.new_page(viewport={"width": width, "height": height}, color_scheme="light")
            page.goto(MAP.as_uri())
            page.wait_for_timeout(1500)
            page.screenshot(path=HERE / name)
        browser.close()


if __name__ == "__main__":
    draw()
