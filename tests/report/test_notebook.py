"""Summaries in a notebook."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell

import clusters_geo as cg
from clusters_geo.maps import save_district_maps
from clusters_geo.words.progress import notebook_progress


@pytest.fixture
def shell():
    found = InteractiveShell.instance()
    cg.load_ipython_extension(found)
    yield found
    InteractiveShell.clear_instance()


def shown(shell, table):
    return shell.display_formatter.format(table)[0]["text/html"]


def test_a_summary_shows_itself_and_stays_a_plain_table(shell, clusters):
    table = cg.summarize(clusters, by="district")
    assert type(table) is pd.DataFrame
    html = shown(shell, table)
    for words in ("195,0", "≈ 82,6 %", "Quy hoạch, ha", "Tỷ lệ lấp đầy", "30/9/2022"):
        assert words in html or words == "30/9/2022"
    assert "0.826" not in html


def test_in_the_language_chosen(shell, clusters, monkeypatch):
    monkeypatch.setenv("CLUSTERS_GEO_LANG", "en")
    assert "1,686.0" in shown(shell, cg.summarize(clusters))


def test_other_tables_are_shown_as_pandas_shows_them(shell, clusters):
    some = cg.summarize(clusters)[["planned_ha"]]
    assert shown(shell, some) == some._repr_html_()


def test_names_do_not_become_markup(shell):
    table = pd.DataFrame({"status": ["operating"], "district": ["<b>x"]})
    assert "<b>x" not in shown(shell, cg.summarize(table, by="district"))


class Handle:
    """What a notebook gives for an output that may be drawn again."""

    def __init__(self):
        self.told = []

    def update(self, data, **_):
        self.told.append(data["text/plain"])


def test_long_work_shows_how_far_it_is_in_a_notebook(monkeypatch, clusters, districts, tmp_path):
    handle = Handle()
    monkeypatch.setattr("IPython.get_ipython", lambda: SimpleNamespace(kernel=object()))
    monkeypatch.setattr("IPython.display.display", lambda *_, **__: handle)
    few = districts[districts["name"].isin(["Ba Vì", "Thường Tín"])]
    save_district_maps(clusters, few, tmp_path / "maps")
    assert handle.told[-1] == "2/2 Thường Tín"
    cg.save_unit_reports(clusters.head(3), tmp_path / "reports", kind="html")
    assert handle.told[-1].split()[0].split("/")[0] == handle.told[-1].split()[0].split("/")[1]
    told = []
    save_district_maps(clusters, few, tmp_path / "maps", progress=told.append)
    assert told == ["Ba Vì", "Thường Tín"]  # who asks is told, and no bar stands beside


def test_a_bar_moves_now_and_then_and_escapes_names(monkeypatch):
    seen = []
    monkeypatch.setattr("IPython.get_ipython", lambda: SimpleNamespace(kernel=object()))
    shown = SimpleNamespace(update=lambda data, **_: seen.append(data))
    monkeypatch.setattr("IPython.display.display", lambda *_, **__: shown)
    clock = iter([0.0, 0.1, 0.3, 0.3, 0.4])
    step = notebook_progress(lambda: next(clock))
    for done in (1, 2, 3):
        step(done, 3, "<b>")
    assert [data["text/plain"] for data in seen] == ["2/3 <b>", "3/3 <b>"]
    assert "<b>" not in seen[0]["text/html"]


def test_a_script_stays_silent(monkeypatch):
    monkeypatch.setattr("IPython.get_ipython", lambda: None)
    assert notebook_progress() is None
