"""The shapes module beside the tests; tests are not a package, so it is loaded by path."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def grounds():
    spec = importlib.util.spec_from_file_location("grounds", Path(__file__).with_name("grounds.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
