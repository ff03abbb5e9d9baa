"""The bundled reference case: Hà Nội, end of September 2022.

What each file says, where it comes from and what must not be concluded from it: `geodata/README.md`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd

from clusters_geo.data import bundled_file
from clusters_geo.errors import SchemaError
from clusters_geo.history.events import as_day, read_events
from clusters_geo.history.vintages import vintage
from clusters_geo.reading.notes import ATTRIBUTE, LoadReport, attach
from clusters_geo.reading.values import cast_columns
from clusters_geo.schema import CLUSTER_COLUMNS, DISTRICT_COLUMNS, UNIT_COLUMNS
from clusters_geo.units.model import GENERATIONS

if TYPE_CHECKING:
    import datetime as dt
    import os

    import geopandas as gpd

    from clusters_geo.schema import Column
    from clusters_geo.units.model import Level

__all__ = [
    "BUNDLED_UNITS",
    "bundled_file",
    "load_bundled_units",
    "load_events",
    "load_hanoi",
    "load_statements",
    "load_totals",
]

# The vintages that add up to the published totals, with the file of each.
_COMPLETE = {"2022-09-30": "clusters.geojson", "2025-12-31": "clusters_2025.geojson"}
_WHO_AND_WHERE = ("name", "name_en", "district", "district_basis", "commune", "boundary_basis", "geometry")


# The layers that go by a name, with the file, its index and the level of its units.
BUNDLED_UNITS: dict[str, tuple[str, str, Level]] = {
    "hanoi-districts": ("districts.geojson", "district_code", "district"),
    "hanoi-communes": ("communes_2025.geojson", "commune_code", "commune"),
}


def load_hanoi(
    *, as_of: str | dt.date = "2022-09-30", units: str = "districts"
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Load Hà Nội's clusters as they could be known on a day, and its districts or its communes of today.

    Parameters
    ----------
    as_of
        "2022-09-30", the day of the published totals, or "2025-12-31": both are complete, with modelled cells
        where nothing was published. Of any other day only what a source not later than it says is returned.
    units
        `districts` for the 30 districts (to 30 June 2025), `communes` for the 126 communes since then.

    Returns
    -------
    Clusters indexed by `cluster_id`, with schematic outlines; in September 2022 120 rows (70 operating, 7
    under construction, 43 pending). Beside each figure stand `<column>_basis` (published, inferred,
    modelled), `<column>_source`, `<column>_as_of` (the day of the source, never after `as_of`) and, where the
    source words it so, `<column>_qualifier` ("nearly"). Districts: 30 rows indexed by `district_code`, or
    communes: 126 rows indexed by `unit_code` as from `load_units`; with reconstructed outlines. Both in
    longitude and latitude (EPSG:4326).

    Raises
    ------
    SchemaError
        If `as_of` is no day or `units` is neither.

    Examples
    --------
    >>> clusters, districts = load_hanoi()
    >>> len(clusters), len(districts), len(load_hanoi(units="communes")[1])
    (120, 30, 126)
    >>> [load_hanoi(as_of=day)[0].loc["HN-119", "status"] for day in ("2022-09-30", "2025-12-31")]
    ['pending', 'under_construction']
    """
    name = f"hanoi-{units}"
    if name not in BUNDLED_UNITS:
        raise SchemaError("units.no-such-layer", name=name, known=list(BUNDLED_UNITS))
    clusters = _clusters_of(as_of)
    if units == "districts":
        return clusters, _read("districts.geojson", "district_code", DISTRICT_COLUMNS)
    return clusters, load_bundled_units(name)


def load_events(path: str | os.PathLike[str] | None = None) -> pd.DataFrame:
    """Load a log of events; that of the bundled case by default.

    Parameters
    ----------
    path
        CSV or XLSX; see `clusters_geo.history.events`.

    Returns
    -------
    One event a row, as text: `cluster_id`, `what`, `column`, `value`, `unit`, `valid_on` (the day it holds
    for), `recorded_on` (the day of the source), `basis`, `qualifier`, `source`, `file` and `cell` it was
    taken from, `who` entered it.

    Raises
    ------
    SourceError
        If the file cannot be read.
    SchemaError
        If a row cannot be understood.

    Examples
    --------
    >>> events = load_events()
    >>> of_cn2 = events[(events["cluster_id"] == "HN-078") & (events["column"] == "planned_ha")]
    >>> of_cn2[["value", "recorded_on"]].values.tolist()
    [['63.16', '2018'], ['50.59', '2025-06-23']]
    """
    return read_events(bundled_file("events.csv") if path is None else path)


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


def load_statements(clusters: pd.DataFrame | None = None) -> pd.DataFrame:
    """Load what the articles say beside their totals, judged by a register where it can be.

    Parameters
    ----------
    clusters
        The register to judge by; None for that of September 2022.

    Returns
    -------
    Table indexed by `statement`: `topic`, `text_vi`, `text_en`, `value`, `unit`, `qualifier`,
    `as_of`, `source`, `note`; `register` (what the register holds: hectares of the sites that are pending or
    under construction), of it `register_published`, and `verdict` (`shown`, `not shown`, or empty where the
    register says nothing of it).

    Examples
    --------
    >>> judged = load_statements().loc["thousands-of-hectares"]
    >>> float(judged["register"]), float(judged["register_published"]), judged["verdict"]
    (1132.6696, 407.936, 'not shown')
    """
    table = pd.read_csv(bundled_file("statements.csv")).set_index("statement")
    rows = load_hanoi()[0] if clusters is None else clusters
    sites = rows[rows["status"].isin(["pending", "under_construction"])]
    published = sites["planned_ha"].where(sites["planned_ha_basis"] == "published")
    held, sure = (round(math.fsum(areas.dropna()), 4) for areas in (sites["planned_ha"], published))
    judged = pd.Series(table.index == "thousands-of-hectares", index=table.index)
    table["register"] = judged.map({True: held, False: math.nan})
    table["register_published"] = judged.map({True: sure, False: math.nan})
    table["verdict"] = judged.map({True: "not shown", False: ""}).mask(
        table["value"] <= table["register"], "shown"
    )
    return table


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


def _clusters_of(as_of: str | dt.date) -> gpd.GeoDataFrame:
    day = f"{as_day(as_of):%Y-%m-%d}"
    if day in _COMPLETE:
        return _read(_COMPLETE[day], "cluster_id", CLUSTER_COLUMNS)
    latest = _read(max(_COMPLETE.values()), "cluster_id", CLUSTER_COLUMNS)
    known = vintage(load_events(), day)
    ids = latest.index.intersection(known.index)
    # Names and places are no figures: those of today stand for all days.
    table = latest.loc[ids, [name for name in _WHO_AND_WHERE if name in latest]].join(known.loc[ids])
    table.attrs[ATTRIBUTE] = latest.attrs[ATTRIBUTE] | {"rows": len(table)}
    return table


def _read(name: str, index: str, columns: tuple[Column, ...]) -> gpd.GeoDataFrame:
    import geopandas as gpd

    path = bundled_file(name)
    raw = gpd.read_file(path, engine="pyogrio")
    # The day of a source is as exact as the source gives it; a column of whole days is read as dates.
    days = {name: raw[name].astype("string").str[:10] for name in raw if name.endswith("_as_of")}
    table = cast_columns(raw.assign(**days), columns).set_index(index)
    report = LoadReport(str(path), "GeoJSON", path.stem, crs="WGS 84", rows=len(table), province="Hà Nội")
    attach(table, report)
    return table
