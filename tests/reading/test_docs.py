"""The page "Files we read" says what the code does, because it is made from the code's tables."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from clusters_geo.reading.formats import FORMATS

DOCS = Path(__file__).parents[2] / "docs"


def _page():
    spec = importlib.util.spec_from_file_location("reading_page", DOCS / "reading_page.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.page()


def test_the_page_is_written_from_the_tables():
    written = (DOCS / "reading.md").read_text(encoding="utf-8")
    assert written == _page(), "write it anew: python docs/reading_page.py"


def test_the_page_names_every_format():
    page = _page()
    for known in FORMATS:
        assert f"| {known.name} |" in page
