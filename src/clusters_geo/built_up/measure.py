"""`built_up_ha`: what stands on each cluster, measured on footprints, beside what was declared."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
import pyproj

from clusters_geo.area import area_ha
from clusters_geo.built_up.engines import Exact, LocalEngine, Outcome, Task
from clusters_geo.built_up.ground import Ground
from clusters_geo.built_up.sources import open_footprints
from clusters_geo.errors import CRSError, EngineError, SchemaError, told_of
from clusters_geo.words.progress import notebook_progress

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    import geopandas as gpd
    from pandas.api.typing import NaTType

    from clusters_geo.built_up.batches import Source
    from clusters_geo.built_up.engines import Engine, Method

__all__ = ["built_up_ha"]

_LOG = logging.getLogger(__name__)

_CELL_M = 1.0


def built_up_ha(  # noqa: PLR0913 - one measure, many kinds of source
    clusters: gpd.GeoDataFrame,
    footprints: gpd.GeoDataFrame | gpd.GeoSeries | str | os.PathLike[str],
    *,
    by: str | None = None,
    disjoint: bool = False,
    method: Literal["exact", "raster"] = "exact",
    cell_m: float | None = None,
    engine: Literal["local", "dask"] = "local",
    scheduler: str | None = None,
    measured_on: dt.date | str | None = None,
    layer: str | None = None,
    crs: str | int | None = None,
    keep_going: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> pd.DataFrame:
    """Measure how much of each cluster building footprints cover.

    Ground under several footprints counts once. Areas are exact: those of a union computed by GEOS to 1e-9,
    on the plane, and geodesic to 0.5 ppm. Only where `method="raster"` is asked for, how much footprints
    overlap is sampled, and the standard error stated.

    Parameters
    ----------
    clusters
        Clusters with their boundaries, indexed by `cluster_id`, in any coordinate system.
    footprints
        Polygons in any coordinate system: a table, or the path of a GeoPackage, FlatGeobuf, Shapefile,
        GeoJSON or GeoParquet file or of a folder of GeoParquet files. Files are read in batches.
    by
        A column of the footprints, such as a class or a year. Each group is measured on its own; ground that
        two groups share counts in both.
    disjoint
        Say so if no two footprints overlap (a cadastre, a dissolved layer): it is faster. Nobody checks.
    method, cell_m
        `exact`, or `raster`: how much footprints overlap is counted in cells of `cell_m` metres (1 m).
        It pays where footprints lie several deep, and needs less memory.
    engine, scheduler
        `local`, or `dask` with the address of a scheduler; without one, workers are started on this machine.
    measured_on
        The date of the footprints: of the image or survey that they were drawn from. As text it reads
        2022-09-30 or 30/09/2022.
    layer, crs
        Which layer of a file; the coordinate system of a file that names none, or one that nobody knows.
    keep_going
        Whether parts of a folder that cannot be read are left out, and named in `.attrs["failed"]`. That none
        can be read is an error all the same.
    progress
        Called now and then with what is done and the whole: footprints, or parts of a folder; None for a bar
        in a notebook.

    Returns
    -------
    One row per cluster, on the index of `clusters`, or per cluster and value of `by`:

    built_up_ha
        Hectares covered.
    built_up_ha_basis
        `measured`.
    method
        `exact`, or `raster` and the width of its cells.
    built_up_error_ha
        Of the raster method only: the standard error. The exact area lies within one of it for at least two
        clusters of three, within two for 19 of 20. 0 where nothing can overlap.
    footprints
        How many footprints lie on the cluster, wholly or in part.
    built_up_rate
        `built_up_ha` over the area within the cluster's boundary, 0–1.
    built_ha, built_up_of_built
        As declared in `clusters`, where it has `built_ha` and `by` is not given, and `built_up_ha` over it.
        Roads and green land are built area but not built up, so a share of 0.4–0.7 is usual; above 1 more
        stands there than was declared.
    measured_on, source
        The date as given, and where the footprints come from; also how many parts were left out.

    `.attrs["method"]` and `.attrs["cell_m"]` say how it was measured; `.attrs["footprints"]` counts those
    `read`, `empty` (no shape), `unusable` (impossible coordinates) and `repaired` (invalid rings).

    Raises
    ------
    CRSError
        If clusters or footprints have no coordinate system, or lie nowhere near each other.
    SchemaError
        If a cluster has no valid boundary, a footprint is a point or a line, `by` is no column, `cell_m` does
        not suit the clusters, or `measured_on` is no date.
    SourceError
        If a file cannot be read.
    EngineError
        If the engine is unknown, not installed or does not answer.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> square = shapely.box(500_000, 2_300_000, 500_500, 2_300_400)
    >>> ccn = gpd.GeoDataFrame({"cluster_id": ["A"]}, geometry=[square], crs="EPSG:5897")
    >>> halls = [shapely.box(500_000 + x, 2_300_000, 500_100 + x, 2_300_200) for x in (0, 50, 150)]
    >>> table = built_up_ha(ccn.set_index("cluster_id"), gpd.GeoSeries(halls, crs="EPSG:5897"))
    >>> table[["built_up_ha", "footprints", "built_up_rate"]].round(3)
                built_up_ha  footprints  built_up_rate
    cluster_id
    A                 5.001           3           0.25
    """
    chosen, date = _engine(engine, scheduler), _date(measured_on)
    _require_known(crs)
    named = footprints if isinstance(footprints, str | os.PathLike) else "footprints"
    with told_of(named):
        source = open_footprints(footprints, by=by, layer=layer, crs=crs)
    if not clusters.index.is_unique:
        twice = clusters.index[clusters.index.duplicated()][0]
        raise SchemaError("built-up.id-twice", twice=twice)
    # Clusters and footprints may be of two planets.
    with told_of(named):
        ground = Ground.of(clusters.geometry, source.crs)
    how = _method(method, cell_m, clusters, disjoint=disjoint)
    outcome = chosen.measure(
        source, Task(ground, how, keep_going, progress or notebook_progress() or _no_progress)
    )
    said_source = _said_source(source, outcome)
    _require_nearness(ground, outcome, source)
    table = _grouped(outcome.table, clusters, by) if by is not None else _by_cluster(outcome.table, clusters)
    table["method"] = how.name
    table["measured_on"] = date
    table["source"] = said_source
    table.attrs |= {"method": method, "cell_m": how.cell_m}
    counts = outcome.counts
    table.attrs["footprints"] = {
        name: getattr(counts, name) for name in ("read", "empty", "unusable", "repaired")
    }
    table.attrs["failed"] = [str(error) for error in outcome.failed]
    return table


def _engine(name: str, scheduler: str | None) -> Engine:
    if name == "dask":
        from clusters_geo.built_up.engine_dask import DaskEngine

        return DaskEngine(scheduler)
    if name != "local" or scheduler is not None:
        wish = f"engine={name!r}" if name != "local" else {"say": "scheduler= with the local engine"}
        raise EngineError("built-up.no-engine", wish=wish)
    return LocalEngine()


def _require_known(crs: str | int | None) -> None:
    if crs is None:
        return
    try:
        pyproj.CRS.from_user_input(crs)
    except pyproj.exceptions.CRSError as error:
        raise CRSError("built-up.unknown-crs", crs=crs) from error


def _date(given: dt.date | str | None) -> pd.Timestamp | NaTType:
    if given is None:
        return pd.NaT
    if not isinstance(given, str):
        return pd.Timestamp(given)
    # Day before month, as everywhere in Việt Nam; pandas would take 02/03 for the third of February.
    for form in ("%Y-%m-%d", "%d/%m/%Y"):
        found = pd.to_datetime(given.strip(), format=form, errors="coerce")
        if not pd.isna(found):
            return found
    raise SchemaError("built-up.day", given=given)


def _method(name: str, cell_m: float | None, clusters: gpd.GeoDataFrame, *, disjoint: bool) -> Method[Any]:
    if name == "exact" and cell_m is None:
        return Exact(disjoint)
    if name != "raster":
        wish = f"method={name!r}" if name != "exact" else {"say": "cell_m= with the exact method"}
        raise SchemaError("built-up.no-method", wish=wish)
    if disjoint:
        raise SchemaError("built-up.nothing-to-sample")
    from clusters_geo.built_up.raster import Raster

    return Raster.of(clusters.geometry, _CELL_M if cell_m is None else cell_m)


def _no_progress(done: int, total: int) -> None:
    del done, total


def _said_source(source: Source, outcome: Outcome) -> str:
    """Say where the figures come from, and that some of it is missing."""
    if not outcome.failed:
        return source.name
    if len(outcome.failed) == len(source.parts):
        raise outcome.failed[0]
    return f"{source.name} ({len(outcome.failed)} of {len(source.parts)} parts left out)"


def _by_cluster(found: pd.DataFrame, clusters: gpd.GeoDataFrame) -> pd.DataFrame:
    found = found.set_index("cluster").reindex(range(len(clusters)))
    table = _measures(found, clusters.index, area_ha(clusters).to_numpy())
    if "built_ha" in clusters:
        declared = clusters["built_ha"]
        table["built_ha"] = declared
        table["built_up_of_built"] = table["built_up_ha"] / declared.where(declared > 0)
    return table


def _grouped(found: pd.DataFrame, clusters: gpd.GeoDataFrame, by: str) -> pd.DataFrame:
    """Return a row for each cluster and each group that was met on any cluster."""
    values = sorted(found["group"].dropna().unique(), key=lambda value: (str(type(value)), value))
    groups = pd.Index([*values, *([pd.NA] if found["group"].isna().any() else [])], name=by)
    wanted = pd.MultiIndex.from_product([range(len(clusters)), range(len(groups))])
    numbers = groups.get_indexer(pd.Index(found["group"].where(found["group"].notna(), pd.NA)))
    found = found.set_index(pd.MultiIndex.from_arrays([found["cluster"], numbers])).reindex(wanted)
    index = pd.MultiIndex.from_arrays(
        [clusters.index[wanted.get_level_values(0)], groups[wanted.get_level_values(1)]],
        names=[clusters.index.name, by],
    )
    area = np.repeat(area_ha(clusters).to_numpy(), len(groups))
    return _measures(found, index, area)


def _measures(found: pd.DataFrame, index: pd.Index, area: np.ndarray) -> pd.DataFrame:
    hectares = found["built_up_ha"].fillna(0.0).to_numpy()
    footprints = found["footprints"].fillna(0).to_numpy(dtype=np.int64)
    columns = {"built_up_ha": hectares, "built_up_ha_basis": "measured"}
    if "built_up_error_ha" in found:
        columns["built_up_error_ha"] = found["built_up_error_ha"].fillna(0.0).to_numpy()
    columns |= {"footprints": footprints, "built_up_rate": hectares / area}
    return pd.DataFrame(columns, index=index)


def _require_nearness(ground: Ground, outcome: Outcome, source: Source) -> None:
    """Refuse footprints nowhere near the clusters: nearly always swapped or mislabelled coordinates."""
    counts = outcome.counts
    if counts.near:
        return
    if counts.read == counts.empty and np.isnan(counts.extent).all():
        _LOG.warning("%s: there is no footprint in it, so nothing is built up.", source.name)
        return
    low, high = counts.extent[:2], counts.extent[2:]
    west, south, east, north = ground.lookup.extent
    if low[0] <= east and west <= high[0] and low[1] <= north and south <= high[1]:
        return
    raise CRSError(
        "built-up.nowhere-near",
        name=source.name,
        low=low.round(3).tolist(),
        high=high.round(3).tolist(),
        west_south=[round(west, 3), round(south, 3)],
        east_north=[round(east, 3), round(north, 3)],
        crs=source.crs.name,
    )
