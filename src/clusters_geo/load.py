"""Friendly loaders: a file in, one clean table out, or a sentence that says what to mend."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clusters_geo.reading.files import read_layer
from clusters_geo.reading.tables import cast_columns
from clusters_geo.schema import CLUSTER_COLUMNS, DISTRICT_COLUMNS
from clusters_geo.validation import validate

if TYPE_CHECKING:
    import os

    import geopandas as gpd

__all__ = ["load_clusters", "load_districts"]


def load_clusters(
    path: str | os.PathLike[str],
    *,
    layer: str | None = None,
    crs: str | int | None = None,
    check: bool = True,
) -> gpd.GeoDataFrame:
    """Load a register of clusters.

    Parameters
    ----------
    path
        GeoJSON, GeoPackage, FlatGeobuf or Shapefile with the columns of `clusters_geo.schema`; at least
        `cluster_id`, `name` and `status`.
    layer
        Which layer, where the file has several.
    crs
        The coordinate system, where the file names none.
    check
        Whether to validate; an audit looks at what cannot be computed with, too.

    Returns
    -------
    One row per cluster, indexed by `cluster_id`, in the file's coordinate system.

    Raises
    ------
    SourceError
        If the file cannot be read.
    CRSError
        If its coordinate system is unknown.
    SchemaError
        If a column or a value is missing or cannot be computed with; all faults are in `.failures`.

    Examples
    --------
    >>> import clusters_geo as cg
    >>> clusters, _ = cg.load_hanoi()
    >>> clusters.to_file(tmp / "register.gpkg")
    >>> len(cg.load_clusters(tmp / "register.gpkg"))
    120
    """
    table = cast_columns(read_layer(path, layer=layer, crs=crs), CLUSTER_COLUMNS)
    return _finished(table, "cluster_id", check=check)


def load_districts(
    path: str | os.PathLike[str],
    *,
    layer: str | None = None,
    crs: str | int | None = None,
    check: bool = True,
) -> gpd.GeoDataFrame:
    """Load a layer of districts.

    Parameters
    ----------
    path, layer, crs, check
        As in `load_clusters`; the columns are at least `district_code` and `name`.

    Returns
    -------
    One row per district, indexed by `district_code`, in the file's coordinate system.

    Raises
    ------
    SourceError, CRSError, SchemaError
        As `load_clusters`.

    Examples
    --------
    >>> import clusters_geo as cg
    >>> _, districts = cg.load_hanoi()
    >>> districts.to_file(tmp / "districts.fgb")
    >>> cg.load_districts(tmp / "districts.fgb").loc["279", "name"]
    'Thường Tín'
    """
    table = cast_columns(read_layer(path, layer=layer, crs=crs), DISTRICT_COLUMNS)
    return _finished(table, "district_code", check=check)


def _finished(table: gpd.GeoDataFrame, index: str, *, check: bool) -> gpd.GeoDataFrame:
    indexed = table.set_index(index) if index in table else table
    return validate(indexed) if check else indexed
