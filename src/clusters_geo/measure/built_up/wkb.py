"""Bounding boxes of polygons straight from their well-known binary form, without making the polygons.

A polygon with one ring is stored as byte order (1 byte), type (4), number of rings (4), number of points (4)
and then the points, 16 bytes each. Rows of the same length therefore form a table of records, and their boxes
are two minima and two maxima. Whatever looks different takes the long way through shapely.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    import pyarrow as pa

    from clusters_geo.measure.built_up.arrays import Bools, Floats, Ints, Shapes

__all__ = ["shapes_from_wkb", "wkb_bounds"]

_HEADER_BYTES, _POINT_BYTES = 13, 16
_LITTLE_ENDIAN, _POLYGON = 1, 3


def wkb_bounds(column: pa.Array) -> Floats:
    """Return west, south, east, north of each geometry, NaN where there is none, shape (n, 4)."""
    offsets, data = _layout(column)
    size = np.diff(offsets)
    bounds = np.full((len(size), 4), np.nan)
    read = (size == 0) | (column.is_null().to_numpy(zero_copy_only=False) if column.null_count else False)
    for bytes_each in np.unique(size):
        rows = np.flatnonzero((size == bytes_each) & ~read)
        points, rest = divmod(int(bytes_each) - _HEADER_BYTES, _POINT_BYTES)
        if rest == 0 and points > 0 and len(rows):
            simple, boxes = _one_ring_boxes(data, offsets[rows], points)
            bounds[rows[simple]] = boxes
            read[rows[simple]] = True
    other = np.flatnonzero(~read)
    if len(other):
        bounds[other] = shapely.bounds(shapes_from_wkb(column, other))
    return bounds


def shapes_from_wkb(column: pa.Array, rows: Ints) -> Shapes:
    """Return the geometries of some rows; None where the bytes are no geometry, shape (rows,)."""
    taken = column.take(rows).to_numpy(zero_copy_only=False)
    shapes: Shapes = np.asarray(shapely.from_wkb(taken, on_invalid="fix"), dtype=object)
    return shapes


def _layout(column: pa.Array) -> tuple[Ints, Shapes]:
    """Return where each row begins in the bytes, shape (n + 1,), and the bytes."""
    _, offsets, data = column.buffers()
    wide = str(column.type).startswith("large")
    every = np.frombuffer(offsets, dtype=np.int64 if wide else np.int32)
    begin: Ints = every[column.offset : column.offset + len(column) + 1].astype(np.int64)
    return begin, np.frombuffer(data if data is not None else b"", dtype=np.uint8)


def _one_ring_boxes(data: Shapes, begin: Ints, points: int) -> tuple[Bools, Floats]:
    """Return which of the rows of equal length are polygons of one ring, and the boxes of those."""
    layout = np.dtype(
        [("order", "u1"), ("kind", "<u4"), ("rings", "<u4"), ("points", "<u4"), ("xy", "<f8", (points, 2))]
    )
    if begin[-1] - begin[0] == layout.itemsize * (len(begin) - 1):
        table = data[begin[0] : begin[-1] + layout.itemsize]
    else:
        table = data[begin[:, None] + np.arange(layout.itemsize)].reshape(-1)
    record = np.frombuffer(table, dtype=layout)
    simple: Bools = (record["order"] == _LITTLE_ENDIAN) & (record["kind"] == _POLYGON)
    simple &= (record["rings"] == 1) & (record["points"] == points)
    # Point by point beside each other, so that the minimum runs along contiguous memory.
    xy = np.ascontiguousarray(record["xy"][simple].transpose(2, 1, 0))
    return simple, np.column_stack([*xy.min(axis=1), *xy.max(axis=1)])
