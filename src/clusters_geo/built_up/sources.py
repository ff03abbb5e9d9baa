"""Where footprints come from: a table, a layer of a file, a GeoParquet file or a folder of them."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice, zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Self

import geopandas as gpd
import numpy as np
import pyproj
import shapely

from clusters_geo.built_up.batches import (
    ROWS_IN_MEMORY,
    Batch,
    Part,
    ShapeBatch,
    Source,
    missing_column,
)
from clusters_geo.crs import require_crs
from clusters_geo.errors import CRSError, SourceError
from clusters_geo.reading.files import read_raw
from clusters_geo.reading.notes import LoadReport
from clusters_geo.reading.opening import checked_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future

    from clusters_geo.built_up.edges import Floats, Shapes
    from clusters_geo.built_up.index import Lookup

_IN_MEMORY = "table in memory"
# Open Buildings and PostGIS write outlines as text.
_TEXT = {".csv", ".tsv", ".txt"}
_OUTLINES = ("geometry", "geom", "the_geom", "wkt", "WKT", "wkb_geometry", "WKB", "shape")

# Fewer rows are measured before a second thread has started.
_WORTH_A_BATCH = 16_384

# Batches whose boxes are kept until they are measured, 8 MB each.
_LOOKED_AT_AHEAD = 4

__all__ = ["open_footprints"]


def open_footprints(
    footprints: gpd.GeoDataFrame | gpd.GeoSeries | str | os.PathLike[str],
    *,
    by: str | None = None,
    layer: str | None = None,
    crs: str | int | None = None,
) -> Source:
    """Look at footprints without reading them.

    Parameters
    ----------
    footprints
        A table in memory, or the path of a file or of a folder of GeoParquet files.
    by
        The column to group by.
    layer
        Which layer, where a file has several.
    crs
        The coordinate system, where a file names none.

    Raises
    ------
    SourceError
        If the file cannot be read.
    CRSError
        If nothing says in which coordinate system the footprints are.
    SchemaError
        If there is no column `by`.
    """
    if isinstance(footprints, (gpd.GeoDataFrame, gpd.GeoSeries)):
        return _table_source(footprints, by)
    # An address is refused here, before a path object swallows one of its slashes.
    path = Path(footprints) if "://" not in os.fspath(footprints) else checked_file(footprints)
    from clusters_geo.built_up.parquet import is_parquet, parquet_source

    if is_parquet(path):
        return parquet_source(path, by, crs)
    if path.suffix.lower() in _TEXT:
        return _text_source(path, by, crs)
    from clusters_geo.built_up.layers import layer_source

    return layer_source(path, by, layer, crs)


@dataclass(frozen=True, slots=True)
class _TablePart:
    name: str
    shapes: Shapes
    groups: Shapes | None
    first_row: int = 0
    boxes: tuple[Future[Floats], ...] = ()

    def looked_at_ahead(self) -> Self:
        """Return the same, a thread having begun to look at its boxes while the clusters are prepared."""
        thread = ThreadPoolExecutor(1)
        some = islice(self._slices(), _LOOKED_AT_AHEAD)
        boxes = tuple(thread.submit(shapely.bounds, self.shapes[rows]) for rows in some)
        thread.shutdown(wait=False)
        return replace(self, boxes=boxes)

    def pieces(self, lookup: Lookup, count: int) -> tuple[Part, ...]:
        del lookup
        size = max(-(-len(self.shapes) // count), _WORTH_A_BATCH)
        starts = range(0, len(self.shapes), size)
        return tuple(_TablePart(self.name, *self._rows(a, a + size), a) for a in starts) or (self,)

    def _rows(self, first: int, stop: int) -> tuple[Shapes, Shapes | None]:
        return self.shapes[first:stop], None if self.groups is None else self.groups[first:stop]

    def batches(self, lookup: Lookup) -> Iterator[Batch]:
        del lookup  # in memory there is nothing to save
        for rows, boxes in zip_longest(self._slices(), self.boxes):
            yield ShapeBatch(*self._rows(rows.start, rows.stop), self.first_row + rows.start, boxes)

    def _slices(self) -> Iterator[slice]:
        # A table of any size is worth two threads, which need two batches each to come out even.
        size = min(max(len(self.shapes) // 4 + 1, _WORTH_A_BATCH), ROWS_IN_MEMORY)
        return (slice(first, first + size) for first in range(0, len(self.shapes), size))


def _text_source(path: Path, by: str | None, crs: str | int | None) -> Source:
    """Read a table with outlines as text; whole, as it has no index."""
    report = LoadReport(str(path))
    raw = read_raw(path, report, said=_OUTLINES, allow_large=True)
    if "geometry" not in raw.table:
        raise SourceError("built-up.text-without-outlines", path=path, headers=list(raw.table.columns))
    system = crs if crs is not None else raw.crs
    if system is None:
        raise CRSError("built-up.no-crs", path=path)
    table = gpd.GeoDataFrame(raw.table, geometry="geometry", crs=pyproj.CRS.from_user_input(system))
    return _table_source(table, by, name=str(path))


def _table_source(
    table: gpd.GeoDataFrame | gpd.GeoSeries, by: str | None, *, name: str = _IN_MEMORY
) -> Source:
    crs = require_crs(table, "footprints")
    groups = None
    if by is not None:
        if not isinstance(table, gpd.GeoDataFrame) or by not in table:
            columns = table.columns if isinstance(table, gpd.GeoDataFrame) else []
            raise missing_column(name, by, [str(c) for c in columns])
        groups = table[by].to_numpy(dtype=object)
    part = _TablePart(name, np.asarray(table.geometry.array), groups)
    return Source(name, crs, len(table), (part.looked_at_ahead(),))
