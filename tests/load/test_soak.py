"""A short share of benchmarks/soak.py: random registers through everything, without a crash or a leftover."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

SOAK = Path(__file__).parents[2] / "benchmarks" / "soak.py"


@pytest.fixture(scope="module")
def soak():
    spec = importlib.util.spec_from_file_location("soak", SOAK)
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules["soak"] = module
    spec.loader.exec_module(module)
    return module


def test_random_registers_go_through_or_are_refused_and_leave_nothing(soak):
    found = soak.soak(12)
    assert set(found.ended) <= {"went through", "refused"}, found.ended
    assert found.ended["went through"] >= 3
    assert found.ended["refused"] >= 1
    assert found.left == []
    # A dozen rounds are too few to call memory flat; doubling it would show.
    assert found.growth < 1.5
