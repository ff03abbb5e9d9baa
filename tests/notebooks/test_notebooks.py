"""The notebooks run from top to bottom, without a network, and show what they say they show."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

ROOT = Path(__file__).parents[2]

# Run in the kernel before the first cell: whoever opens a connection gets this error instead.
NO_NETWORK = """
import socket

def _refuse(*_, **__):
    raise OSError("a notebook asked for the network")

socket.socket.connect = socket.create_connection = socket.getaddrinfo = _refuse
"""


def execute(notebook, monkeypatch):
    # C libraries do not ask Python's socket; they are sent to a port where nobody answers.
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "GDAL_HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    notebook.cells.insert(0, nbformat.v4.new_code_cell(NO_NETWORK))
    client = NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(ROOT)}})
    return client.execute()


def shown(notebook, kind):
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return [output["data"][kind] for output in outputs if kind in output.get("data", {})]


def warned(notebook):
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    told = [output["text"] for output in outputs if output.get("name") == "stderr"]
    # How many doubts a load left is what a reader should see; the notebook shows them.
    return [text for text in told if "DoubtWarning" not in text]


@pytest.fixture(scope="module")
def measure():
    with pytest.MonkeyPatch.context() as monkeypatch:
        return execute(nbformat.read(ROOT / "notebooks/01_measure.ipynb", as_version=4), monkeypatch)


OTHERS = sorted(path for path in (ROOT / "notebooks").glob("*.ipynb") if path.name != "01_measure.ipynb")


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_warns_of_nothing(path, monkeypatch):
    executed = execute(nbformat.read(path, as_version=4), monkeypatch)
    assert warned(executed) == []


def test_measure_shows_the_published_totals(measure):
    tables = "\n".join(shown(measure, "text/plain"))
    for figure in ("(120, 30)", "1686.0", "1392.0", "0.825623", "1337.0"):
        assert figure in tables


def test_measure_shows_that_the_outlines_have_the_planned_area(measure):
    (apart,) = [text for text in shown(measure, "text/plain") if "apart at most" in text]
    assert float(apart.strip("'").split("%")[0]) <= 0.01


def test_measure_ends_with_the_map(measure):
    assert "<iframe" in shown(measure, "text/html")[-1]


def test_measure_warns_of_nothing(measure):
    assert warned(measure) == []


def test_a_notebook_that_asks_for_the_network_fails(monkeypatch):
    asking = "import urllib.request; urllib.request.urlopen('http://127.0.0.1:1')"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(asking)])
    with pytest.raises(CellExecutionError, match="a notebook asked for the network"):
        execute(notebook, monkeypatch)
