"""Table cells as JSON that can stand in a page."""

from __future__ import annotations

import datetime as dt
import decimal
import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusters_geo.maps.plain import dictionary, escaped_json, plain_number, plain_text, plain_value


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (None, None),
        (pd.NA, None),
        (pd.NaT, None),
        (float("nan"), None),
        (np.float64("inf"), None),
        (-np.inf, None),
        (np.int64(9007199254740993), 9007199254740992),
        (True, True),
        (np.array([False])[0], False),
        (1.0 / 3, 0.333333333),
        (195.0, 195),
        (pd.Timestamp("2022-09-30 12:00"), "2022-09-30"),
        (dt.date(2024, 2, 29), "2024-02-29"),
        (decimal.Decimal("1.5"), "1.5"),
        ("  Bát Tràng ", "Bát Tràng"),
        ("", None),
        (["a", 1], "['a', 1]"),
    ],
)
def test_cells(cell, expected):
    value = plain_value(cell)
    assert value == expected
    assert type(value) is type(expected)


def test_whole_numbers_lose_their_decimals():
    assert json.dumps([plain_number(20.0), plain_number(-1e-11)]) == "[20, 0]"


def test_names_in_two_unicode_forms_become_one():
    assert plain_text("Thường Tín") == plain_text("Thu\u031bo\u031b\u0300ng Ti\u0301n")


@pytest.mark.parametrize("mark", ["\x00", "\x1b", "\x7f", "\u202e", "\u2066", "\ufeff", "\u200f"])
def test_marks_that_nobody_sees_are_left_out(mark):
    assert plain_text(f"Ba{mark} Vì") == "Ba Vì"


def test_half_a_surrogate_pair_cannot_break_the_file():
    assert plain_text("Ba \ud800Vì").encode() == "Ba \ufffdVì".encode()


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_escaped_json_is_the_same_data_and_cannot_end_a_script(data):
    text = escaped_json(data)
    assert not set("<>&\u2028\u2029") & set(text)
    assert json.loads(text) == data


def test_infinity_never_becomes_json():
    with pytest.raises(ValueError, match="not JSON compliant"):
        escaped_json({"rate": float("inf")})


@given(st.lists(st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=2)))
def test_a_dictionary_gives_each_cell_back(cells):
    packed = dictionary(cells)
    back = [None if at < 0 else packed["of"][at] for at in packed["at"]]
    assert [repr(b) for b in back] == [repr(plain_value(c)) for c in cells]
    assert len(packed["of"]) == len({repr(value) for value in packed["of"]})
