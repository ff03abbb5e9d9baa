"""No cell that we write is run by a spreadsheet, and no other cell is touched."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusters_geo.report.tables import neutral_cell, neutral_cells

SIGNS = ["=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20"]


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("before", ["", " ", "\t", "\r", "\n", "\xa0", "\ufeff", "\u200b"])
def test_text_that_begins_a_formula_gets_an_apostrophe(before, sign):
    assert neutral_cell(f"{before}{sign}1+1").startswith("'")


@pytest.mark.parametrize("value", ["Phùng Xá", "A=B", "1.686,0", "–", "", "12 - 15 ha", "a@b.vn"])
def test_other_text_is_left_as_it_is(value):
    assert neutral_cell(value) == value


@pytest.mark.parametrize("value", [-4.5, 0, None, pd.NA, pd.Timestamp("2022-09-30"), True])
def test_what_is_not_text_is_left_as_it_is(value):
    assert neutral_cell(value) is value


def test_control_characters_are_dropped_before_the_sign_is_looked_for():
    assert neutral_cell("\x00=1") == "'=1"
    assert neutral_cell("Ba\x0b Vì\ud800") == "Ba Vì"


@given(st.text())
def test_a_neutral_cell_stays_neutral(text):
    once = neutral_cell(text)
    assert neutral_cell(once) == once
    assert not once.lstrip().startswith(tuple(SIGNS))


def test_a_table_keeps_its_numbers_blanks_and_index():
    table = pd.DataFrame(
        {"=name": pd.array(["=1", None], dtype="string"), "ha": [-1.0, math.nan]},
        index=pd.Index(["A", "B"], name="cluster_id"),
    )
    neutral = neutral_cells(table)
    assert list(neutral) == ["'=name", "ha"]
    assert neutral["'=name"].isna().tolist() == [False, True]
    assert neutral["'=name"].iloc[0] == "'=1"
    pd.testing.assert_series_equal(neutral["ha"], table["ha"])
    assert table["=name"].iloc[0] == "=1"
