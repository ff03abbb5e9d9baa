"""What several tests need: the bundled case, handed out as copies, and a browser, opened once."""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from playwright.sync_api import sync_playwright

import clusters_geo as cg
from clusters_geo.reading import child

HERE, ENCLOSED = Path(__file__).parent, child.ENCLOSED
IN_THE_PROGRAM = {"auditing", "forms", "history", "load", "maps", "measure", "planning", "report", "units"}

# No test is timed: a slow machine is not a fault.
settings.register_profile("house", deadline=None, max_examples=40)
settings.load_profile("house")

# Half a million objects are made by importing and by collecting the tests, none of which is ever garbage.
gc.disable()


def pytest_collection_finish():
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    gc.enable()


def pytest_xdist_auto_num_workers():
    # A third of their time tests wait for pages, servers, disks and processes to end.
    return (os.cpu_count() or 1) + 1


def pytest_runtest_setup(item):
    # A child of a process as large as this one takes longer than what most tests do. `reading`, the
    # commands and what is written are tried with it; here files are read as on Windows, in the program.
    folder = Path(item.path).relative_to(HERE).parts[0] if HERE in Path(item.path).parents else ""
    child.ENCLOSED = ENCLOSED and folder not in IN_THE_PROGRAM


@pytest.fixture(scope="session", autouse=True)
def _own_temporary_files():
    """Let what programs leave behind, such as QGIS or what a test kills, go when all are through."""
    with tempfile.TemporaryDirectory(prefix="t-", ignore_cleanup_errors=True) as folder:
        # A server and a user without rights must find their way in.
        Path(folder).chmod(0o755)
        before, os.environ["TMPDIR"], tempfile.tempdir = os.environ.get("TMPDIR"), folder, folder
        yield
        tempfile.tempdir = None
        del os.environ["TMPDIR"]
        if before is not None:
            os.environ["TMPDIR"] = before


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
