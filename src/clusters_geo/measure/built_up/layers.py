"""Footprints from a layer of a GeoPackage, FlatGeobuf, Shapefile or GeoJSON, streamed as Arrow batches."""

from __future__ import annotations

import sys
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pyogrio
import pyproj

from clusters_geo.errors import CRSError, SchemaError, SourceError
from clusters_geo.measure.built_up.batches import ROWS_A_BATCH
from clusters_geo.measure.built_up.nearby import near_records, near_worthwhile, shared_share
from clusters_geo.measure.built_up.sources import Columns, Source, batches_of, missing_column
from clusters_geo.reading.doors import staged
from clusters_geo.reading.files import look_into

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pyarrow as pa

    from clusters_geo.measure.built_up.batches import Batch
    from clusters_geo.measure.built_up.index import Lookup
    from clusters_geo.measure.built_up.sources import Part
    from clusters_geo.reading.files import Layer

    _Box = tuple[float, float, float, float]

__all__ = ["layer_source"]

# Beyond this share of the layer's extent, reading all of it in the order of the file is faster.
_FILTERED_SHARE = 0.25
# Formats in which a row is found without reading those before it.
_RANDOM_ACCESS = {"GPKG", "ESRI Shapefile"}


@dataclass(frozen=True, slots=True)
class _LayerPart:
    name: str
    layer: str
    by: str | None
    rows: tuple[int, int] | None = None

    def pieces(self, lookup: Lookup, count: int) -> tuple[Part, ...]:
        """Cut it into ranges of rows, where a file finds a row at once and all of it is to be read."""
        with staged(self.name, allow_large=True) as file:
            info = pyogrio.read_info(file.path, layer=self.layer)
        count = min(count, info["features"] // ROWS_A_BATCH)
        filtered = near_worthwhile(info, lookup) or _worthwhile(info, lookup.extent)
        if count <= 1 or filtered or info["driver"] not in _RANDOM_ACCESS:
            return (self,)
        cuts = [info["features"] * number // count for number in range(count)]
        return tuple(replace(self, rows=rows) for rows in pairwise([*cuts, sys.maxsize]))

    def batches(self, lookup: Lookup) -> Iterator[Batch]:
        """Read it, batch by batch, from the private folder that `reading` opens files in."""
        with staged(self.name, allow_large=True) as file:
            try:
                info = pyogrio.read_info(file.path, layer=self.layer)
                columns = Columns.of(info, self.by)
                first, stop = self.rows or (0, 0)
                records = (
                    _range(file.path, info, columns, first, stop)
                    if self.rows
                    else _records(file.path, info, columns, lookup)
                )
                yield from batches_of(records, columns, self.name, first_row=first)
            except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
                msg = f"{self.name} cannot be read ({str(error)[:200]}). Was it renamed or cut short?"
                raise SourceError(msg) from error


def layer_source(path: Path, by: str | None, layer: str | None, crs: str | int | None) -> Source:
    """Look into a file behind the allow-list of `reading`, without reading its features."""
    found = _one_layer(path, look_into(path, allow_large=True), layer)
    system = found.crs if found.crs is not None or crs is None else pyproj.CRS.from_user_input(crs)
    if system is None:
        msg = (
            f"{path} does not say in which coordinate system it is. Say it with crs=, for example "
            'crs="EPSG:5897" (VN-2000, Hà Nội) or crs="EPSG:4326" (longitude and latitude).'
        )
        raise CRSError(msg)
    if by is not None and by not in found.fields:
        raise missing_column(str(path), by, list(found.fields))
    if "Point" in found.shape or "Line" in found.shape:
        msg = (
            f"{path}, layer {found.name}, is a layer of {found.shape}, which covers no ground. Give the "
            "outlines of the buildings or parcels as polygons."
        )
        raise SchemaError(msg)
    part = _LayerPart(str(path), found.name, by)
    return Source(str(path), system, max(found.rows, 0), (part,))


def _records(file: Path, info: dict[str, Any], columns: Columns, lookup: Lookup) -> Iterator[pa.RecordBatch]:
    """Read what lies near the clusters or, without a sound index or if that is most of it, all of a layer."""
    ways = [near_records(file, info, columns, lookup)]
    if _worthwhile(info, lookup.extent):
        ways.append(_read(file, info, columns, lookup.extent))
    for way in ways:
        first = None
        with suppress(pyogrio.errors.DataLayerError):
            first = next(way, None)
        if first is not None and first.num_rows:
            yield first
            yield from way
            return
    yield from _read(file, info, columns, None)


def _read(file: Path, info: dict[str, Any], columns: Columns, box: _Box | None) -> Iterator[pa.RecordBatch]:
    options = {"columns": columns.by, "batch_size": ROWS_A_BATCH, "use_pyarrow": True}
    options |= {"bbox": box, "return_fids": box is not None}
    with pyogrio.raw.open_arrow(file, layer=info["layer_name"], **options) as (_, reader):
        yield from reader


def _range(
    file: Path, info: dict[str, Any], columns: Columns, first: int, stop: int
) -> Iterator[pa.RecordBatch]:
    options = {"columns": columns.by, "batch_size": ROWS_A_BATCH, "use_pyarrow": True, "skip_features": first}
    with pyogrio.raw.open_arrow(file, layer=info["layer_name"], **options) as (_, reader):
        for record in reader:
            yield record.slice(0, stop - first)
            first += record.num_rows
            if first >= stop:
                return


def _worthwhile(info: dict[str, Any], wanted: _Box) -> bool:
    """Say whether to filter by a box: walking the spatial index of a file pays only if it leaves most out."""
    if info["total_bounds"] is None or not info["capabilities"]["fast_spatial_filter"]:
        return False
    return 0 < shared_share(np.array([wanted]), info["total_bounds"]) < _FILTERED_SHARE


def _one_layer(path: Path, layers: list[Layer], wanted: str | None) -> Layer:
    by_name = {layer.name: layer for layer in layers if wanted in {None, layer.name}}
    if len(by_name) == 1:
        return next(iter(by_name.values()))
    listed = ", ".join(layer.name for layer in layers) or "none"
    problem = f"has {len(layers)} layers" if wanted is None else f"has no layer {wanted!r}"
    msg = f"{path} {problem}; it has: {listed}. Name one with layer=."
    raise SourceError(msg)
