"""How much of anything is read: what no honest file has, refused before work is done on it.

Each limit is some ten times what the largest honest file has; `docs/security.md` says why each is there.
"""

from __future__ import annotations

import re
import zipfile
from typing import TYPE_CHECKING

import numpy as np
import shapely

from clusters_geo.errors import SourceError
from clusters_geo.reading.archives import DAMAGED, refuse_bomb

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


__all__ = [
    "MAX_CELLS",
    "MAX_COLUMNS",
    "MAX_CROSSINGS",
    "MAX_LAYERS",
    "MAX_WORKBOOK_BYTES",
    "crossings",
    "refuse_scribbles",
    "refuse_spans",
    "refuse_unpacking",
    "refuse_wide",
]

# The widest public layers (OpenStreetMap with all its keys) have some 300.
MAX_COLUMNS = 1_000
MAX_CELLS = 200_000_000
# A drawing of a province has some 200; each costs a tenth of a second to look into.
MAX_LAYERS = 1_000
# A workbook of a department with ten years of sheets has 30 MB when unpacked.
MAX_WORKBOOK_BYTES = 300 << 20
MAX_TABLE_BYTES = 2 << 30
# A badly digitised district crosses itself some hundred times.
MAX_CROSSINGS = 20_000

# Word has 63 columns; a title merged over a whole sheet of an office has some 10,000 cells.
MAX_SPAN = 1_000
MAX_MERGED_CELLS = 2_000_000
# Each costs a look at all above it; a form has some ten.
MAX_DOWNWARD = 1_000

_SAMPLE = 40
_SEAM_BYTES = 256
_PIECE_BYTES = 1 << 20
_SPAN = re.compile(rb'(?:gridSpan|-columns-spanned|-rows-spanned)\b[^<>]{0,80}?"(\d{4,})"')
_MERGED = re.compile(
    rb'<(?:\w{1,9}+:)?+mergeCell\b[^<>]{0,80}?"\$?([A-Z]{1,3}+)\$?(\d{1,7}+):\$?([A-Z]{1,3}+)\$?(\d{1,7}+)"'
)
_FIRST_ROWS = 1_024


def refuse_wide(path: str, columns: int, row: int | None = None) -> None:
    """Refuse a table with more than 1,000 columns, naming the row that has them, if it is one.

    Raises
    ------
    SourceError
        With the number and the limit.

    Examples
    --------
    >>> refuse_wide("a.csv", 40)
    """
    if columns > MAX_COLUMNS:
        code = "limit.columns" if row is None else "limit.keys"
        raise SourceError(code, path=path, columns=columns, limit=MAX_COLUMNS, row=row)


def refuse_unpacking(path: str, file: Path, *, allow_large: bool = False) -> None:
    """Refuse a Parquet file whose rows, unpacked, would take over 2 GiB, judged by the first of them.

    Raises
    ------
    SourceError
        Also for over 200 million cells, or over 1,000 columns; neither with `allow_large`, but for columns.
    """
    import pyarrow.parquet as pq

    with pq.ParquetFile(file) as opened:
        rows, columns = opened.metadata.num_rows, opened.metadata.num_columns
        refuse_wide(path, columns)
        if allow_large:
            return
        if rows * columns > MAX_CELLS:
            raise SourceError("limit.cells", path=path, rows=rows, columns=columns, limit=MAX_CELLS)
        first = next(opened.iter_batches(_FIRST_ROWS), None)
        size = 0.0 if first is None or not len(first) else first.nbytes / len(first) * rows
    if size > MAX_TABLE_BYTES:
        raise SourceError("limit.unpacked", path=path, size=size / 1e6, limit=MAX_TABLE_BYTES / 1e6)


def refuse_scribbles(shapes: np.ndarray, rows: np.ndarray, where: str | dict[str, object]) -> None:
    """Refuse shapes that cross themselves so often that mending them would never end.

    Parameters
    ----------
    shapes
        Such as are not valid.
    rows
        Where each stands, counted from 1.
    where
        File and layer.

    Raises
    ------
    SourceError
        With the row, the crossings and the limit.
    """
    for shape, row in zip(shapes, rows, strict=True):
        found = crossings(shape)
        if found > MAX_CROSSINGS:
            raise SourceError(
                "limit.crossings", where=where, row=int(row), crossings=found, limit=MAX_CROSSINGS
            )


def refuse_spans(path: str, file: Path, *, allow_large: bool = False) -> None:
    """Refuse a workbook or document with cells merged over more columns and rows than any sheet uses.

    Raises
    ------
    SourceError
        With the limit; also for an archive that `refuse_bomb` refuses.
    """
    merged = down = 0
    members = refuse_bomb(file, allow_large=allow_large, most_bytes=MAX_WORKBOOK_BYTES)
    with zipfile.ZipFile(file) as archive:
        for member in members:
            if not member.filename.lower().endswith(".xml"):
                continue
            for piece in _pieces(archive, member, file):
                if any(int(found[1][:9]) > MAX_SPAN for found in _SPAN.finditer(piece)):
                    raise SourceError("limit.span", path=path, member=member.filename, limit=MAX_SPAN)
                down += piece.count(b"vMerge")
                if down > MAX_DOWNWARD:
                    raise SourceError("limit.down", path=path, cells=down, limit=MAX_DOWNWARD)
                merged += sum(_cells_of(found) for found in _MERGED.finditer(piece))
                if merged > MAX_MERGED_CELLS:
                    raise SourceError("limit.merged", path=path, cells=merged, limit=MAX_MERGED_CELLS)


def _pieces(archive: zipfile.ZipFile, member: zipfile.ZipInfo, file: Path) -> Iterator[bytes]:
    tail = b""
    try:
        with archive.open(member) as opened:
            while piece := opened.read(_PIECE_BYTES):
                # What ends in the next piece is found there, once.
                end = (tail + piece).rfind(b">") + 1
                yield (tail + piece)[:end]
                tail = (tail + piece)[end:][-_SEAM_BYTES:]
    except DAMAGED as error:
        told = {"member": member.filename[:80], "reason": str(error)[:120]}
        raise SourceError("archive.damaged", path=file.name, **told) from error


def _cells_of(found: re.Match[bytes]) -> int:
    left, top, right, bottom = found.groups()
    return (_column(right) - _column(left) + 1) * (int(bottom) - int(top) + 1)


def _column(letters: bytes) -> int:
    return sum((letter - 64) * 26**place for place, letter in enumerate(reversed(letters)))


def crossings(shape: shapely.Geometry) -> int:
    """Return about how often the edges of a shape cross each other, from some of its edges.

    Examples
    --------
    >>> crossings(shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])), crossings(shapely.box(0, 0, 1, 1))
    (1, 0)
    """
    lines = shapely.get_parts(shapely.boundary(shapely.get_parts(shape)))
    xy, owner = shapely.get_coordinates(lines, return_index=True)
    follows = owner[1:] == owner[:-1]
    ends = np.stack([xy[:-1][follows], xy[1:][follows]], axis=1)
    ends = ends[np.isfinite(ends).all(axis=(1, 2))]
    edges = shapely.linestrings(ends)
    if not len(edges):
        return 0
    some = np.unique(np.linspace(0, len(edges) - 1, min(_SAMPLE, len(edges))).astype(int))
    tree = shapely.STRtree(edges)
    met = sum(len(tree.query(edges[at], predicate="crosses")) for at in some)
    return round(met / len(some) * len(edges) / 2)
