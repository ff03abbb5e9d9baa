"""Shapes that a register holds as text: WKT as Open Buildings and PostGIS have it, or WKB in hexadecimals.

What a column holds decides, not what it is called: "Ranh giới" may be a remark, and "geom" may be blank.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyproj
import shapely

from clusters_geo.crs import MAP_CRS

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from clusters_geo.reading.notes import LoadReport

__all__ = ["FoundShapes", "find_shapes", "read_shape"]

_WKT = re.compile(
    r"^\s*+(?:SRID=(\d+);\s*+)?((?:MULTI)?(?:POINT|LINESTRING|POLYGON)|GEOMETRYCOLLECTION)\s*+(?:ZM?|M)?\s*+(?:\(|EMPTY)",
    re.IGNORECASE,
)
_HEX_WKB = re.compile(r"^(?:00|01)[0-9A-Fa-f]{16,}$")
_ENOUGH = 0.5
_TRIED = 200
_LARGEST_DEGREES = 180.0


class FoundShapes(NamedTuple):
    """The shapes of a column, one a row, and the system that they state or that degrees are taken for."""

    column: str
    shapes: list[shapely.Geometry | None]
    crs: pyproj.CRS | None


def find_shapes(table: pd.DataFrame, report: LoadReport) -> FoundShapes | None:
    """Return the shapes that a table has as text; None if no column holds any.

    Parameters
    ----------
    table
        Columns of text.
    report
        Receives which column it was, the rows that cannot be read, and that degrees were taken for WGS 84.

    Examples
    --------
    >>> import pandas as pd
    >>> from clusters_geo.reading.notes import LoadReport
    >>> table = pd.DataFrame({"ten": ["A", "B"], "geom": ["POINT (105.8 21)", "gần đường"]})
    >>> found = find_shapes(table, LoadReport("a.csv"))
    >>> found.column, [shape and shape.wkt for shape in found.shapes], found.crs.to_string()
    ('geom', ['POINT (105.8 21)', None], 'EPSG:4326')
    """
    holding = [str(name) for name in table.columns if _holds_shapes(table[name])]
    if not holding:
        return None
    read = {name: [read_shape(cell) for cell in table[name]] for name in holding}
    # A middle may stand beside the outline; the outline is meant.
    name = max(holding, key=lambda n: _dimension(read[n]))
    shapes = read[name]
    blank = table[name].map(lambda v: not (isinstance(v, str) and v.strip()))
    lost = [at for at, (s, b) in enumerate(zip(shapes, blank, strict=True), start=1) if s is None and not b]
    report.note("shapes.from-text", column=name)
    if lost:
        report.note("shapes.unreadable-text", lost, column=name)
    return FoundShapes(name, shapes, _system(shapes, report))


def read_shape(cell: object) -> shapely.Geometry | None:
    """Return the shape that a cell holds as WKT, EWKT or hexadecimal WKB; None if it holds none.

    Examples
    --------
    >>> int(shapely.get_srid(read_shape("SRID=5897;POINT (587000 2326000)")))
    5897
    >>> read_shape("Bắc giáp QL1") is None
    True
    """
    if not isinstance(cell, str):
        return None
    text = cell.strip()
    found = _WKT.match(text)
    try:
        if found:
            shape = shapely.from_wkt(text.partition(";")[2] if found[1] else text)
            return shapely.set_srid(shape, int(found[1])) if found[1] else shape
        return shapely.from_wkb(bytes.fromhex(text)) if _HEX_WKB.match(text) else None
    except (shapely.errors.ShapelyError, ValueError):
        return None


def _holds_shapes(values: pd.Series) -> bool:
    texts = [v for v in values.iloc[:_TRIED] if isinstance(v, str) and v.strip()]
    like = [t for t in texts if _WKT.match(t) or _HEX_WKB.match(t.strip())]
    return bool(like) and len(like) >= _ENOUGH * len(texts) and read_shape(like[0]) is not None


def _dimension(shapes: list[shapely.Geometry | None]) -> int:
    dimensions: NDArray[np.int32] = shapely.get_dimensions(np.asarray(shapes, dtype=object))
    return int(dimensions.max(initial=-1))


def _system(shapes: list[shapely.Geometry | None], report: LoadReport) -> pyproj.CRS | None:
    known = np.asarray([s for s in shapes if s is not None], dtype=object)
    stated = {int(code) for code in shapely.get_srid(known) if code > 0}
    if len(stated) == 1:
        code = stated.pop()
        try:
            return pyproj.CRS.from_epsg(code)
        except pyproj.exceptions.CRSError:
            report.note("crs.unknown-code", code=code)
            return None
    bounds = shapely.total_bounds(known)
    # Also where latitude stands first; the guard of coordinate systems sees to that.
    if not (np.abs(bounds) <= _LARGEST_DEGREES).all():
        return None
    report.note("crs.degrees")
    return pyproj.CRS.from_user_input(MAP_CRS)
