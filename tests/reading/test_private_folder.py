"""A folder of one's own is gone in the end, whenever Ctrl-C comes."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from clusters_geo.reading.child import private_folder


def test_an_interrupt_within_the_removal_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    remove, calls = tempfile.TemporaryDirectory._rmtree, []

    def interrupted(name, *rest, **how):
        calls.append(name)
        if len(calls) == 1:
            raise KeyboardInterrupt
        remove(name, *rest, **how)

    monkeypatch.setattr(tempfile.TemporaryDirectory, "_rmtree", staticmethod(interrupted))
    with pytest.raises(KeyboardInterrupt), private_folder() as folder:
        Path(folder, "read").mkdir()
    assert list(tmp_path.iterdir()) == []
