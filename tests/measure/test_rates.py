"""The two rates stay two, and never become infinite."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import clusters_geo as cg

PAIRS = [("build_out_rate", "built_ha", "planned_ha"), ("fill_rate", "leased_ha", "leasable_ha")]


@pytest.mark.parametrize(("name", "part", "whole"), PAIRS)
def test_a_rate_is_a_named_series_on_the_same_index(name, part, whole):
    table = pd.DataFrame({part: [30.0, 5.0], whole: [40.0, 4.0]}, index=["A", "B"])
    rate = getattr(cg, name)(table)
    assert rate.name == name
    assert rate.to_dict() == {"A": 0.75, "B": 1.25}


@pytest.mark.parametrize(("name", "part", "whole"), PAIRS)
def test_an_empty_or_unknown_whole_has_no_rate(name, part, whole):
    table = pd.DataFrame({part: [1.0, 0.0, np.nan, 1.0], whole: [0.0, 0.0, 5.0, np.nan]})
    assert getattr(cg, name)(table).isna().all()


@pytest.mark.parametrize(("name", "part", "whole"), PAIRS)
def test_a_missing_column_is_an_error(name, part, whole):
    with pytest.raises(KeyError, match=part):
        getattr(cg, name)(pd.DataFrame({whole: [1.0]}))


@given(st.lists(st.tuples(st.floats(0, 1e6), st.floats(0, 1)), min_size=1, max_size=30))
def test_built_within_planned_gives_a_rate_within_one(pairs):
    planned = np.array([whole for whole, _ in pairs])
    table = pd.DataFrame({"planned_ha": planned, "built_ha": planned * [share for _, share in pairs]})
    rate = cg.build_out_rate(table).dropna()
    assert np.isfinite(rate).all()
    assert rate.between(0, 1 + 1e-12).all()


def test_the_input_is_not_changed():
    table = pd.DataFrame({"planned_ha": [0.0, 2.0], "built_ha": [1.0, 1.0]})
    before = table.copy()
    cg.build_out_rate(table)
    pd.testing.assert_frame_equal(table, before)
