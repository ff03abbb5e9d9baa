"""Layers and registers that no table of the package knows, and the real ones by path."""

from __future__ import annotations

import os
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

import clusters_geo as cg

REAL = Path(os.environ.get("CLUSTERS_GEO_REAL_DATA", Path(__file__).parents[3] / "shared" / "data"))


def _real_layer(name):
    """A real layer of Hà Nội, or a skip that says what was not checked."""
    path = REAL / name
    if not path.exists():
        pytest.skip(f"{path} is not there: real borders NOT checked (set CLUSTERS_GEO_REAL_DATA).")
    return path


@pytest.fixture(scope="session")
def communes():
    return cg.load_units("hanoi-communes")


@pytest.fixture
def town():
    """Three districts of Bắc Ninh as squares, in VN-2000 of that province."""
    names = ["Từ Sơn", "Yên Phong", "Tiên Du"]
    squares = [shapely.box(x, 0, x + 4000, 4000) for x in (0, 4000, 8000)]
    shapes = gpd.GeoSeries(squares, crs=9209).translate(540_000, 2_335_000)
    return gpd.GeoDataFrame({"name": names, "type": ["Thành phố", "Huyện", "Huyện"]}, geometry=shapes)


def _register(shapes=None, crs=9209, **columns):
    """A register of as many rows as the columns have."""
    size = len(next(iter(columns.values()))) if columns else len(shapes)
    ids = pd.Index([f"K{n}" for n in range(size)], name="cluster_id")
    table = pd.DataFrame({"name": list(ids), "status": "operating", **columns}, index=ids)
    if shapes is None:
        return table
    return gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(list(shapes), index=ids, crs=crs))


@pytest.fixture
def register():
    return _register


@pytest.fixture
def real_layer():
    return _real_layer


@pytest.fixture
def names_only():
    """Where rows of (district, commune) lie."""

    def lies(rows, units, **more):
        districts, communes = zip(*rows, strict=True)
        return cg.locate(_register(district=list(districts), commune=list(communes), **more), units)

    return lies
