"""How much of anything is read: what no honest file has, refused before work is done on it.

Each limit is some ten times what the largest honest file has; `docs/security.md` says why each is there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from clusters_geo.errors import SourceError

if TYPE_CHECKING:
    from pathlib import Path


__all__ = [
    "MAX_CELLS",
    "MAX_COLUMNS",
    "MAX_CROSSINGS",
    "MAX_LAYERS",
    "MAX_WORKBOOK_BYTES",
    "crossings",
    "refuse_scribbles",
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

_SAMPLE = 40
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


def refuse_scribbles(shapes: np.ndarray, rows: np.ndarray, where: str) -> None:
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
