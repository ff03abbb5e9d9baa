"""What the examples in the docstrings may use without saying so."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _scratch_folder(doctest_namespace, tmp_path):
    doctest_namespace["tmp"] = tmp_path
