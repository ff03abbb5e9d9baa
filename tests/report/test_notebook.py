"""Summaries in a notebook."""

from __future__ import annotations

import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell

import clusters_geo as cg


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
