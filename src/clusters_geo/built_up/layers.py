"""Footprints from a layer of a GeoPackage, FlatGeobuf, Shapefile or GeoJSON, streamed as Arrow batches."""

from __future__ import annotations

import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pyogrio
import pyproj
import shapely

from clusters_geo.built_up.batches import ROWS_A_BATCH, Columns, Source, batches_of, missing_column
from clusters_geo.errors import ClustersGeoError, CRSError, SchemaError, SourceError
from clusters_geo.reading.files import look_into
from clusters_geo.reading.opening import staged
from clusters_geo.reading.reasons import reason_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import pyarrow as pa

    from clusters_geo.built_up.batches import Batch, Part
    from clusters_geo.built_up.index import Lookup
    from clusters_geo.reading.files import Layer

    _Box = tuple[float, float, float, float]
    from clusters_geo.built_up.edges import Floats

__all__ = ["layer_source", "near_records", "near_worthwhile", "shared_share"]

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
        with staged(self.name, allow_large=True) as file, _readable(self.name):
            info = pyogrio.read_info(file.path, layer=self.layer)
        count = min(count, info["features"] // ROWS_A_BATCH)
        filtered = near_worthwhile(info, lookup) or _worthwhile(info, lookup.extent)
        if count <= 1 or filtered or info["driver"] not in _RANDOM_ACCESS:
            return (self,)
        cuts = [info["features"] * number // count for number in range(count)]
        return tuple(replace(self, rows=rows) for rows in pairwise([*cuts, sys.maxsize]))

    def batches(self, lookup: Lookup) -> Iterator[Batch]:
        """Read it, batch by batch, from the private folder that `reading` opens files in."""
        with staged(self.name, allow_large=True) as file, _readable(self.name):
            info = pyogrio.read_info(file.path, layer=self.layer)
            columns = Columns.of(info, self.by)
            first, stop = self.rows or (0, 0)
            records = (
                _range(file.path, info, columns, first, stop)
                if self.rows
                else _records(file.path, info, columns, lookup)
            )
            yield from batches_of(records, columns, self.name, first_row=first)


@contextmanager
def _readable(name: str) -> Iterator[None]:
    """Turn what libraries raise about a damaged file into a sentence that names the file."""
    try:
        yield
    except ClustersGeoError:
        raise
    except (OSError, ValueError, RuntimeError) as error:
        raise SourceError("built-up.unreadable", name=name, error=reason_of(error)) from error


def layer_source(path: Path, by: str | None, layer: str | None, crs: str | int | None) -> Source:
    """Look into a file behind the allow-list of `reading`, without reading its features."""
    found = _one_layer(path, look_into(path, allow_large=True), layer)
    system = found.crs if found.crs is not None or crs is None else pyproj.CRS.from_user_input(crs)
    if system is None:
        raise CRSError("built-up.no-crs", path=path)
    if by is not None and by not in found.fields:
        raise missing_column(str(path), by, list(found.fields))
    if "Point" in found.shape or "Line" in found.shape:
        raise SchemaError("built-up.layer-not-polygons", path=path, name=found.name, shape=found.shape)
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
    code = "built-up.several-layers" if wanted is None else "built-up.no-layer"
    listed = [layer.name for layer in layers] or {"say": "none"}
    raise SourceError(code, path=path, count=len(layers), layer=wanted, layers=listed)


# More boxes than this would make too long a query.
_MOST_BOXES = 5_000

# Few enough rows that one thread measures them while another reads on.
_ROWS_AT_ONCE = 16_384


@dataclass(frozen=True, slots=True)
class _Cost:
    """What finding what is in one box takes, and fetching one footprint found.

    The unit is one footprint read in the order of the file and passed over, some 0.3 µs. Measured on a
    million footprints and 200 clusters.
    """

    box: float
    footprint: float

    def worthwhile(self, boxes: int, near: float, rows: int) -> bool:
        """Say whether fetching what is in some boxes is quicker than reading all rows."""
        return boxes <= _MOST_BOXES and self.box * boxes + self.footprint * near < rows


_COSTS = {"GPKG": _Cost(box=300, footprint=4), "FlatGeobuf": _Cost(box=2_000, footprint=4)}


def near_records(
    file: Path, info: dict[str, Any], columns: Columns, lookup: Lookup
) -> Iterator[pa.RecordBatch]:
    """Return the footprints that may lie near a cluster, each once; nothing if all had better be read.

    Parameters
    ----------
    file
        As it was checked and staged by `reading`.
    info
        What pyogrio says about the layer.
    columns
        What to read.
    lookup
        The clusters in the coordinate system of the layer.
    """
    if not near_worthwhile(info, lookup):
        return iter(())
    boxes = shapely.bounds(lookup.boxes.geometries)
    if info["driver"] == "GPKG":
        return _joined(file, _query(info, columns, boxes))
    return _box_by_box(file, info, columns, boxes)


def near_worthwhile(info: dict[str, Any], lookup: Lookup) -> bool:
    """Say whether asking the index of a layer is quicker than reading all of it; parameters as above."""
    cost = _COSTS.get(info["driver"])
    if cost is None or not info["capabilities"]["fast_spatial_filter"] or info["total_bounds"] is None:
        return False
    boxes = shapely.bounds(lookup.boxes.geometries)
    near = info["features"] * shared_share(boxes, info["total_bounds"])
    # Where none is to be expected the coordinates may be swapped, which only shows when they are read.
    return near > 0 and cost.worthwhile(len(boxes), near, info["features"])


def shared_share(boxes: Floats, whole: Sequence[float]) -> float:
    """Return which share of a whole box some boxes cover, shape (n, 4); NaN where it has no end.

    Examples
    --------
    >>> shared_share(np.array([[0.0, 0, 1, 2], [9, 9, 12, 12]]), (0, 0, 10, 10))
    0.03
    """
    west, south, east, north = whole
    shared = np.minimum(boxes[:, 2:], [east, north]) - np.maximum(boxes[:, :2], [west, south])
    return float(np.maximum(shared, 0).prod(axis=1).sum() / max((east - west) * (north - south), 1e-300))


def _query(info: dict[str, Any], columns: Columns, boxes: Floats) -> str:
    """Return SQL that joins boxes with the R-tree of a layer; SQLite looks each footprint up once.

    Nothing comes of it if the R-tree has not as many entries as the layer has features: then it is out of
    date, or there are features without a shape, which ought to be counted.
    """
    layer, index = info["layer_name"], f"rtree_{info['layer_name']}_{columns.geometry}"
    wanted = ", ".join(_quoted(name) for name in (columns.fid, columns.geometry, *columns.by))
    values = ",".join(f"({w!r},{s!r},{e!r},{n!r})" for w, s, e, n in boxes.tolist())
    return (
        f"WITH box(w, s, e, n) AS (VALUES {values}) SELECT {wanted} FROM {_quoted(layer)} "  # noqa: S608
        f"WHERE (SELECT count(*) FROM {_quoted(index + '_rowid')}) = {info['features']:d} "
        f"AND {_quoted(columns.fid)} IN (SELECT near.id FROM box CROSS JOIN {_quoted(index)} AS near "
        "WHERE near.minx <= e AND near.maxx >= w AND near.miny <= n AND near.maxy >= s)"
    )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _joined(file: Path, sql: str) -> Iterator[pa.RecordBatch]:
    options = {"sql": sql, "return_fids": True, "batch_size": _ROWS_AT_ONCE, "use_pyarrow": True}
    with pyogrio.raw.open_arrow(file, **options) as (_, reader):
        yield from reader


def _box_by_box(
    file: Path, info: dict[str, Any], columns: Columns, boxes: Floats
) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa

    options = {"layer": info["layer_name"], "columns": columns.by, "return_fids": True, "use_pyarrow": True}
    met = np.zeros(info["features"], dtype=bool)
    waiting: list[pa.RecordBatch] = []
    for box in boxes.tolist():
        with pyogrio.raw.open_arrow(file, bbox=tuple(box), **options) as (_, reader):
            for record in reader:
                fid = record.column(columns.fid).to_numpy()
                waiting.append(record.filter(pa.array(~met[fid])))
                met[fid] = True
        if sum(record.num_rows for record in waiting) >= _ROWS_AT_ONCE:
            yield from pa.Table.from_batches(waiting).combine_chunks().to_batches()
            waiting.clear()
    if waiting:
        yield from pa.Table.from_batches(waiting).combine_chunks().to_batches()
