"""Footprints by the batch, from memory or from the bytes of a file, behind one small interface."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self

import numpy as np
import shapely

from clusters_geo.errors import SchemaError, SourceError
from clusters_geo.reading.reasons import reason_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future

    import pyarrow as pa
    import pyproj

    from clusters_geo.built_up.edges import Bools, Floats, Ints, Shapes
    from clusters_geo.built_up.index import Lookup

__all__ = [
    "ROWS_A_BATCH",
    "ROWS_IN_MEMORY",
    "Batch",
    "Columns",
    "FarBatch",
    "Part",
    "ShapeBatch",
    "Source",
    "WkbBatch",
    "batches_of",
    "missing_column",
    "shapes_from_wkb",
    "wkb_bounds",
]

# Of a file: enough for numpy to be busy, little enough for a small memory.
ROWS_A_BATCH = 65_536

# Of a table, which is in memory anyway: fewer steps in Python, so that threads seldom wait for each other.
ROWS_IN_MEMORY = 250_000


class Batch(Protocol):
    """Some footprints, not looked at yet."""

    @property
    def groups(self) -> Shapes | None:
        """The value of the grouping column for each, shape (n,), or None."""
        ...

    @property
    def streamed(self) -> bool:
        """Whether the batch is gone once it is measured, so that its shapes are better kept small."""
        ...

    @property
    def read(self) -> bool:
        """Whether its rows are footprints, not boxes around many that were left unread."""
        ...

    def bounds(self) -> Floats:
        """Return west, south, east, north of each, NaN where it is missing or empty, shape (n, 4)."""
        ...

    def take(self, rows: Ints) -> Shapes:
        """Return the shapes of some rows."""
        ...

    def name(self, row: int) -> str:
        """Return how to find a row in its table or file."""
        ...


@dataclass(frozen=True, slots=True)
class ShapeBatch:
    """Footprints in memory, their `boxes` (n, 4) perhaps on the way from another thread."""

    streamed: ClassVar[bool] = False
    read: ClassVar[bool] = True
    shapes: Shapes
    groups: Shapes | None = None
    first_row: int = 0
    boxes: Future[Floats] | None = None

    def bounds(self) -> Floats:
        """Return the boxes, shape (n, 4)."""
        return shapely.bounds(self.shapes) if self.boxes is None else self.boxes.result()

    def take(self, rows: Ints) -> Shapes:
        """Return the shapes of some rows."""
        taken: Shapes = self.shapes[rows]
        return taken

    def name(self, row: int) -> str:
        """Return how to find a row in its table."""
        return f"row {self.first_row + row}"


@dataclass(frozen=True, slots=True)
class WkbBatch:
    """Footprints in well-known binary form, as an Arrow column: only those near a cluster become shapes.

    `fids` are the numbers of the features in a file of which only some were read.
    """

    streamed: ClassVar[bool] = True
    read: ClassVar[bool] = True
    column: pa.Array
    groups: Shapes | None = None
    first_row: int = 0
    fids: Ints | None = None

    def bounds(self) -> Floats:
        """Return the boxes, shape (n, 4)."""
        return wkb_bounds(self.column)

    def take(self, rows: Ints) -> Shapes:
        """Return the shapes of some rows."""
        return shapes_from_wkb(self.column, rows)

    def name(self, row: int) -> str:
        """Return how to find a row in its file."""
        return f"row {self.first_row + row}" if self.fids is None else f"feature {self.fids[row]}"


@dataclass(frozen=True, slots=True)
class FarBatch:
    """Footprints so far from all clusters that they were not read: the boxes around heaps of them."""

    streamed: ClassVar[bool] = True
    read: ClassVar[bool] = False
    boxes: Floats
    groups: Shapes | None = None

    def bounds(self) -> Floats:
        """Return the boxes, shape (n, 4)."""
        return self.boxes

    def take(self, rows: Ints) -> Shapes:
        """Return the boxes as shapes."""
        taken: Shapes = np.asarray(shapely.box(*self.boxes[rows].T))
        return taken

    def name(self, row: int) -> str:
        """Return how to find a heap."""
        return f"row group {row}"


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


class Part(Protocol):
    """A piece of a source that can be read on its own, on another machine too."""

    @property
    def name(self) -> str:
        """What it is called in messages."""
        ...

    def pieces(self, lookup: Lookup, count: int) -> tuple[Part, ...]:
        """Return it in at most `count` pieces to be read side by side, whole if that would save nothing."""
        ...

    def batches(self, lookup: Lookup) -> Iterator[Batch]:
        """Read it, batch by batch; what is known to lie far from all clusters may be left out."""
        ...


@dataclass(frozen=True, slots=True)
class Source:
    """Footprints, not read yet.

    Attributes
    ----------
    name
        What they are called in messages and in the result.
    crs
        Their coordinate system.
    rows
        How many there are; 0 if nobody knows.
    parts
        The pieces to read.
    """

    name: str
    crs: pyproj.CRS
    rows: int
    parts: tuple[Part, ...]


def missing_column(where: str, by: str, columns: list[str]) -> SchemaError:
    """Say that a column to group by is not there, and which ones are."""
    listed = columns or {"say": "none"}
    return SchemaError("built-up.no-column", where=where, by=by, listed=listed)


@dataclass(frozen=True, slots=True)
class Columns:
    """Names of the columns of an Arrow batch: the geometry, what to group by, and the feature's number.

    The number stands in the file; without it, features are counted as they come.
    """

    geometry: str
    by: tuple[str, ...]
    fid: str = ""

    @classmethod
    def of(cls, info: dict[str, Any], by: str | None) -> Self:
        """Take them from what pyogrio says about a layer."""
        geometry = info["geometry_name"] or "wkb_geometry"
        return cls(geometry, () if by is None else (by,), info["fid_column"] or "OGC_FID")


def batches_of(
    reader: Iterator[pa.RecordBatch], columns: Columns, where: str, *, first_row: int = 0
) -> Iterator[Batch]:
    """Turn Arrow record batches into batches of footprints; what the reader raises names its file.

    Parameters
    ----------
    where
        What the file is called in a message.
    first_row
        Number of the first row in the file.
    """
    while True:
        try:
            record = next(reader, None)
        except (OSError, ValueError, RuntimeError) as error:
            raise SourceError(
                "built-up.cut-short", where=where, first_row=first_row, error=reason_of(error)
            ) from error
        if record is None:
            return
        groups, fids = None, None
        if columns.by:
            groups = record.column(columns.by[0]).to_numpy(zero_copy_only=False).astype(object)
        if columns.fid in record.schema.names:
            fids = record.column(columns.fid).to_numpy()
        yield WkbBatch(record.column(columns.geometry), groups, first_row, fids)
        first_row += record.num_rows
