"""The public face stays small, complete, documented and quick to import."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

import clusters_geo as cg


def test_every_public_name_is_there():
    for name in cg.__all__:
        assert getattr(cg, name) is not None
    assert set(cg.__all__) <= set(dir(cg))


def test_the_surface_stays_small():
    assert len(cg.__all__) <= 50


@pytest.mark.parametrize("name", [name for name in cg.__all__ if name.islower()])
def test_every_public_function_says_what_it_takes_returns_and_shows_an_example(name):
    function = getattr(cg, name)
    text = inspect.getdoc(function)
    assert "Returns\n-------" in text
    assert ">>> " in text
    signature = inspect.signature(function)
    if signature.parameters:
        assert "Parameters\n----------" in text
    for parameter in signature.parameters:
        assert parameter.lstrip("*") in text, f"{name} does not explain {parameter}"


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'sumarize'"):
        _ = cg.sumarize


def test_the_errors_are_what_python_programs_expect():
    assert issubclass(cg.SchemaError, ValueError)
    assert issubclass(cg.CRSError, ValueError)
    assert issubclass(cg.SourceError, OSError)
    assert issubclass(cg.EngineError, ImportError)
    for name in ("SchemaError", "CRSError", "SourceError", "EngineError"):
        assert issubclass(getattr(cg, name), cg.ClustersGeoError)


@pytest.mark.parametrize(
    ("statement", "forbidden"),
    [
        ("import clusters_geo", ("pandas", "geopandas", "folium", "rich")),
        ("import clusters_geo.cli", ("pandas", "geopandas", "folium", "rich")),
        (
            "import clusters_geo as cg; cg.summarize(cg.load_hanoi()[0])",
            ("folium", "rich", "fiona"),
        ),
    ],
)
def test_heavy_libraries_are_imported_only_where_they_are_used(statement, forbidden):
    code = f"{statement}\nimport sys\nprint(*(name for name in {forbidden!r} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
