"""Measures of a district and their classes."""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shares import examples

from clusters_geo.errors import EngineError, SchemaError
from clusters_geo.maps.measures import MEASURES, class_breaks, classes, opens_on, own_measure


@pytest.mark.parametrize("method", ["quantiles", "equal", "jenks"])
@settings(max_examples=examples(20), deadline=None)
@given(values=st.lists(st.floats(-1e6, 1e6), max_size=40))
def test_every_class_holds_a_value(method, values):
    breaks = class_breaks(pd.Series(values, dtype=float), method)
    assert len(breaks) <= 4
    assert breaks == sorted(set(breaks))
    if breaks:
        assert min(values) < breaks[0]
        assert breaks[-1] <= max(values)


def test_equal_classes_have_equal_widths():
    assert class_breaks(pd.Series([0.0, 10.0, 3.0, 7.0, 1.0]), "equal") == [2.0, 4.0, 6.0, 8.0]


def test_quantiles_hold_as_many_each():
    values = pd.Series(np.arange(30.0) ** 2)
    counts = np.bincount(np.searchsorted(class_breaks(values), values, side="right"))
    assert counts.tolist() == [6, 6, 6, 6, 6]


def test_natural_breaks_fall_into_gaps():
    values = pd.Series([1.0, 1.1, 1.2, 5.0, 5.1, 9.0, 9.2, 20.0, 21.0, 40.0])
    assert class_breaks(values, "jenks") == [5.0, 9.0, 20.0, 40.0]


def test_infinite_and_missing_values_are_left_out():
    odd = pd.Series([1.0, np.inf, np.nan, 2.0, -np.inf])
    assert class_breaks(odd, "equal") == [1.5]


@pytest.mark.parametrize("values", [[], [5.0], [5.0, 5.0, 5.0], [np.nan, np.inf]])
def test_one_value_or_none_needs_no_border(values):
    assert class_breaks(pd.Series(values, dtype=float)) == []


def test_natural_breaks_without_mapclassify_say_how_to_mend_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "mapclassify", None)
    with pytest.raises(EngineError, match="pip install mapclassify"):
        class_breaks(pd.Series([1.0, 2.0, 3.0]), "jenks")


def test_an_unknown_method_is_refused_with_the_known_ones():
    with pytest.raises(SchemaError, match=r"pretty is not a way.*law, quantiles, equal and jenks"):
        classes(classing="pretty")


def test_only_rates_and_densities_are_coloured():
    kinds = {m.name: m.kind for m in MEASURES}
    assert kinds["build_out_rate"] == kinds["fill_rate"] == "rate"
    assert kinds["planned_density"] == "density"
    assert {kinds[n] for n in ("planned_ha", "built_ha", "operating_clusters", "pending_sites")} == {"amount"}


def measure(name):
    return next(m for m in MEASURES if m.name == name)


def test_rates_have_the_limits_that_mean_something_and_hectares_have_not():
    values = pd.Series([0.1, 0.2, 0.9])
    assert classes().of(measure("fill_rate"), values) == ("law", [0.5, 0.8, 1.0])
    assert classes(classing="law").of(measure("planned_density"), values)[0] == "quantiles"
    assert classes(classing="equal").of(measure("fill_rate"), values)[0] == "equal"


def test_breaks_of_ones_own_are_those_of_the_measure_chosen_only():
    own = classes("fill_rate", breaks=[0.3, 0.6])
    assert own.of(measure("fill_rate"), pd.Series([0.1])) == ("own", [0.3, 0.6])
    assert own.of(measure("build_out_rate"), pd.Series([0.1]))[0] == "law"


@pytest.mark.parametrize("breaks", [[0.6, 0.3], [], [0.5, 0.5], [float("nan")], [1, 2, 3, 4, 5]])
def test_breaks_that_cannot_be_drawn_are_refused(breaks):
    with pytest.raises(SchemaError, match="must be one to 4 rising numbers"):
        classes("fill_rate", breaks=breaks)


def test_any_numeric_column_is_a_measure():
    table = pd.DataFrame({"workers": [900, 10], "Nước thải (m³)": [1.5, None], "name": "A", "built": True})
    assert own_measure("workers", table).decimals == 0
    assert own_measure("Nước thải (m³)", table).words.vi == "Nước thải (m³)"
    for refused in ("name", "built", "worker"):
        with pytest.raises(SchemaError, match="names like it, or those to choose from"):
            own_measure(refused, table)


def told(name, shown, breaks=(), kind="rate"):
    return {"name": name, "kind": kind, "shown": list(shown), "breaks": list(breaks)}


@pytest.mark.parametrize(
    ("fill", "build", "planned", "expected"),
    [
        ([0.4, 0.9], [0.8, 0.9], [10, 20], "fill_rate"),
        ([0.91, 0.94], [0.4, 0.9], [10, 20], "build_out_rate"),  # 50, 80, 100 %: one class
        ([None, None], [0.826, 0.826], [10, 20], "planned_ha"),
        ([None, None], [0.826, None], [50, 50], "operating_clusters"),
        ([None, None, None, 0.4], [0.4, 0.9], [10, 20], "build_out_rate"),  # one of four says little
    ],
)
def test_a_map_opens_on_what_tells_units_apart(fill, build, planned, expected):
    told_of = [
        told("fill_rate", fill, [0.5, 0.8, 1]),
        told("build_out_rate", build, [0.5, 0.8, 1]),
        told("planned_density", [0.1, 0.5], [0.3], "density"),
        told("planned_ha", planned, kind="amount"),
        told("operating_clusters", [1, 3], kind="amount"),
    ]
    assert opens_on(told_of, None, len(fill)) == expected
    assert opens_on(told_of, "planned_density", len(fill)) == "planned_density"


def test_one_unit_opens_on_what_is_known():
    alone = [told("fill_rate", [None]), told("build_out_rate", [0.7], [0.5, 0.8, 1])]
    assert opens_on(alone, None, 1) == "build_out_rate"
    assert opens_on([], None, 0) == ""
