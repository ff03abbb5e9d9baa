"""What several tests need: the bundled case, loaded once and handed out as copies."""

from __future__ import annotations

import pytest
from hypothesis import settings

import clusters_geo as cg

# No test is timed: a slow machine is not a fault.
settings.register_profile("house", deadline=None)
settings.load_profile("house")


@pytest.fixture(scope="session")
def _hanoi():
    return cg.load_hanoi()


@pytest.fixture
def clusters(_hanoi):
    return _hanoi[0].copy()


@pytest.fixture
def districts(_hanoi):
    return _hanoi[1].copy()
