"""The bundled reference case: Hà Nội, end of September 2022.

What each file says, where it comes from and what must not be concluded from it: `geodata/README.md`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from clusters_geo.data import bundled_file
from clusters_geo.reading.notes import LoadReport, attach
from clusters_geo.reading.values import cast_columns
from clusters_geo.schema import CLUSTER_COLUMNS, DISTRICT_COLUMNS

if TYPE_CHECKING:
    import geopandas as gpd

    from clusters_geo.schema import Column

__all__ = ["bundled_file", "load_communes", "load_hanoi", "load_totals"]


def load_hanoi() -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Load Hà Nội's clusters and districts as of 30 September 2022.

    Returns
    -------
    Clusters: 120 rows indexed by `cluster_id` (70 operating, 7 under construction, 43 pending), with
    schematic outlines. Districts: 30 rows indexed by `district_code`, with reconstructed outlines. Both in
    longitude and latitude (EPSG:4326). The `*_basis` columns say which figures are published.

    Examples
    --------
    >>> clusters, districts = load_hanoi()
    >>> len(clusters), len(districts)
    (120, 30)
    """
    clusters = _read("clusters.geojson", "cluster_id", CLUSTER_COLUMNS)
    return clusters, _read("districts.geojson", "district_code", DISTRICT_COLUMNS)


def load_communes() -> gpd.GeoDataFrame:
    """Load Hà Nội's 126 communes since 1 July 2025, with reconstructed outlines (EPSG:4326).

    Returns
    -------
    Table indexed by `commune_code`.

    Examples
    --------
    >>> len(load_communes())
    126
    """
    return _read("communes_2025.geojson", "commune_code", ())


def load_totals() -> pd.DataFrame:
    """Load the published totals that a register of Hà Nội should add up to, and those that contradict it.

    Returns
    -------
    Table with `scope` (Hà Nội or a district), `metric`, `value`, `unit`, `as_of`, `qualifier` (exact, about,
    more than, almost), `role` (control: to be met; note: contradicts; context) and `source`.

    Examples
    --------
    >>> totals = load_totals()
    >>> totals.loc[(totals["metric"] == "planned_ha") & (totals["role"] == "note"), "value"].tolist()
    [1337.0]
    """
    return pd.read_csv(bundled_file("totals.csv"))


def _read(name: str, index: str, columns: tuple[Column, ...]) -> gpd.GeoDataFrame:
    import geopandas as gpd

    path = bundled_file(name)
    table = cast_columns(gpd.read_file(path, engine="pyogrio"), columns).set_index(index)
    attach(table, LoadReport(str(path), "GeoJSON", path.stem, crs="WGS 84", rows=len(table)))
    return table
