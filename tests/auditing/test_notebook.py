"""The notebook finds, explains, mends and audits again."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def outputs():
    notebook = nbformat.read(ROOT / "notebooks/03_audit.ipynb", as_version=4)
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(ROOT)}}).execute()
    shown = [cell.get("outputs", []) for cell in notebook.cells if cell.cell_type == "code"]
    return ["\n".join(o.get("text") or o["data"]["text/plain"] for o in cell) for cell in shown]


def test_it_finds(outputs):
    assert "law.size-below-minimum" in outputs[0]
    assert "error" not in outputs[0]
    assert "HN-044" in outputs[1]


def test_it_explains(outputs):
    assert "Legal source" in outputs[2]
    assert "all outlines are schematic" in outputs[3]


def test_it_mends_what_it_found(outputs):
    for rule in (
        "figures.built-over-planned",
        "figures.rate-out-of-range",
        "districts.name-repaired",
        "geometry.duplicate-name",
    ):
        assert rule in outputs[4]
    assert outputs[5] == "0"


def test_it_tells_new_from_accepted(outputs):
    assert outputs[6].count("accepted") >= 4
    assert "new" in outputs[6]
    assert "gone" in outputs[6]


def test_it_says_who_may_establish(outputs):
    assert "may_establish" in outputs[7]
    assert "unknown" in outputs[8]


def test_it_is_kept_without_outputs():
    notebook = nbformat.read(ROOT / "notebooks/03_audit.ipynb", as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells)
