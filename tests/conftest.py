"""What several tests need: the bundled case, handed out as copies, and a browser, opened once."""

from __future__ import annotations

import shutil

import pytest
from hypothesis import settings
from playwright.sync_api import sync_playwright

import clusters_geo as cg

# No test is timed: a slow machine is not a fault.
settings.register_profile("house", deadline=None, max_examples=50)
settings.load_profile("house")

# The shell is Chromium without a window that nobody sees: a page costs two thirds.
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
]


@pytest.fixture(scope="session")
def chromium():
    # One for all tests of a process: Playwright refuses to be started twice in one.
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip("No chromium on the PATH: pages were NOT opened in a browser (apt install chromium).")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def _hanoi():
    return cg.load_hanoi()


@pytest.fixture
def clusters(_hanoi):
    return _hanoi[0].copy()


@pytest.fixture
def districts(_hanoi):
    return _hanoi[1].copy()
