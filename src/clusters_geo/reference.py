"""The bundled reference case: Hà Nội, end of September 2022.

What each file says, where it comes from and what must not be concluded from it: `geodata/README.md`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from clusters_geo.data import bundled_file
from clusters_geo.errors import SchemaError
from clusters_geo.reading.notes import LoadReport, attach
from clusters_geo.reading.values import cast_columns
from clusters_geo.schema import CLUSTER_COLUMNS, DISTRICT_COLUMNS, UNIT_COLUMNS
from clusters_geo.units.model import GENERATIONS

if TYPE_CHECKING:
    import geopandas as gpd

    from clusters_geo.schema import Column
    from clusters_geo.units.model import Level

__all__ = ["BUNDLED_UNITS", "bundled_file", "load_bundled_units", "load_hanoi", "load_totals"]


# The layers that go by a name, with the file, its index and the level of its units.
BUNDLED_UNITS: dict[str, tuple[str, str, Level]] = {
    "hanoi-districts": ("districts.geojson", "district_code", "district"),
    "hanoi-communes": ("communes_2025.geojson", "commune_code", "commune"),
}


def load_hanoi(*, units: str = "districts") -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Load Hà Nội's clusters as of 30 September 2022, and its districts or its communes of today.

    Parameters
    ----------
    units
        `districts` for the 30 districts (to 30 June 2025), `communes` for the 126 communes since then.

    Returns
    -------
    Clusters: 120 rows indexed by `cluster_id` (70 operating, 7 under construction, 43 pending), with
    schematic outlines. Districts: 30 rows indexed by `district_code`, or communes: 126 rows indexed by
    `unit_code` as from `load_units`; with reconstructed outlines. Both in longitude and latitude (EPSG:4326).
    The `*_basis` columns say which figures are published.

    Raises
    ------
    SchemaError
        If `units` is neither.

    Examples
    --------
    >>> clusters, districts = load_hanoi()
    >>> len(clusters), len(districts), len(load_hanoi(units="communes")[1])
    (120, 30, 126)
    """
    name = f"hanoi-{units}"
    if name not in BUNDLED_UNITS:
        raise SchemaError("units.no-such-layer", name=name, known=list(BUNDLED_UNITS))
    clusters = _read("clusters.geojson", "cluster_id", CLUSTER_COLUMNS)
    if units == "districts":
        return clusters, _read("districts.geojson", "district_code", DISTRICT_COLUMNS)
    return clusters, load_bundled_units(name)


def load_bundled_units(name: str) -> gpd.GeoDataFrame:
    """Load one of `BUNDLED_UNITS` as `load_units` gives it.

    Examples
    --------
    >>> load_bundled_units("hanoi-communes").loc["10126", ["name", "level"]].tolist()
    ['Bình Minh', 'commune']
    """
    file, index, level = BUNDLED_UNITS[name]
    table = _read(file, index, UNIT_COLUMNS).rename_axis("unit_code")
    levels = pd.array([level] * len(table), dtype="string")
    return table.assign(level=levels, **GENERATIONS[name]().days)


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
    report = LoadReport(str(path), "GeoJSON", path.stem, crs="WGS 84", rows=len(table), province="Hà Nội")
    attach(table, report)
    return table
