"""Shapes made fit to be measured: flat, finite, closed and valid."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from clusters_geo.crs import to_transverse_mercator
from clusters_geo.errors import SchemaError
from clusters_geo.reading.limits import refuse_scribbles
from clusters_geo.reading.notes import some

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clusters_geo.reading.notes import LoadReport

__all__ = ["close_lines", "exchange_axes", "flatten", "mend", "middles", "note_overlaps"]

# No projection of the Earth reaches so far; beyond it arithmetic on areas loses its digits.
_ABSURD = 1e8
_M2_PER_HA = 10_000.0
_AREAL = {3, 6}
_SLIVER_HA = 0.01
_FEWEST_POSITIONS = 4
# Of its length: a path drawn by hand ends a little beside its beginning.
_NEARLY = 0.02


def flatten(shapes: gpd.GeoSeries, report: LoadReport, where: str | dict[str, object]) -> gpd.GeoSeries:
    """Return shapes without heights, after refusing positions that are no numbers or beyond any map.

    Raises
    ------
    SchemaError
        With the rows in `.failures`.
    """
    parts = np.asarray(shapes.array, dtype=object)
    high = shapely.has_z(parts)
    if high.any():
        report.note("shapes.heights", _rows(high))
    flat = shapely.force_2d(parts)
    _refuse_absurd(flat, where)
    _note_missing(flat, report)
    return gpd.GeoSeries(flat, index=shapes.index, crs=shapes.crs, name=shapes.name)


def _refuse_absurd(parts: NDArray[np.object_], where: str | dict[str, object]) -> None:
    coordinates, owner = shapely.get_coordinates(parts, return_index=True)
    bad = np.unique(owner[~(np.abs(coordinates) < _ABSURD).all(axis=1)])
    if len(bad):
        failures = pd.DataFrame(
            {
                "row": bad + 1,
                "column": "geometry",
                "value": [shapely.to_wkt(parts[at], rounding_precision=1)[:80] for at in bad],
                "problem": "has a coordinate that is no number or beyond any map",
                "fix": "correct or delete the shape",
            }
        )
        raise SchemaError("shapes.absurd", where=where, row=some(bad + 1), limit=_ABSURD, failures=failures)


def _note_missing(parts: NDArray[np.object_], report: LoadReport) -> None:
    missing, empty = shapely.is_missing(parts), shapely.is_empty(parts)
    if missing.any() and not missing.all():
        report.note("shapes.missing", _rows(missing))
    if empty.any():
        report.note("shapes.empty", _rows(empty))


def exchange_axes(shapes: gpd.GeoSeries) -> gpd.GeoSeries:
    """Return shapes with x and y exchanged.

    Examples
    --------
    >>> exchange_axes(gpd.GeoSeries([shapely.Point(21, 105)])).iloc[0].x
    105.0
    """
    swapped = shapely.transform(shapes.array, lambda xy: xy[:, ::-1])
    return gpd.GeoSeries(swapped, index=shapes.index, crs=shapes.crs, name=shapes.name)


def middles(shapes: gpd.GeoSeries) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Return where shapes that have an extent stand in the series, and the middle of each as x and y."""
    bounds = shapely.bounds(np.asarray(shapes.array, dtype=object))
    known = np.flatnonzero(np.isfinite(bounds).all(axis=1))
    west, south, east, north = bounds[known].T
    return known, (west + east) / 2, (south + north) / 2


def close_lines(shapes: gpd.GeoSeries, report: LoadReport) -> gpd.GeoSeries:
    """Return shapes in which lines that close are the ground within them; other lines and points are doubted.

    A path whose ends all but meet is closed too, and doubted.

    Examples
    --------
    >>> from clusters_geo.reading.notes import LoadReport
    >>> path = shapely.LineString([(0, 0), (100, 0), (100, 100), (0, 100), (0, 0)])
    >>> close_lines(gpd.GeoSeries([path], crs=5897), LoadReport("a.kml")).area.tolist()
    [10000.0]
    """
    parts = np.asarray(shapes.array, dtype=object).copy()
    dimension = shapely.get_dimensions(parts)
    done: dict[str, list[int]] = {"shapes.closed": [], "shapes.nearly-closed": [], "shapes.lines": []}
    for at in np.flatnonzero((dimension == 1) & ~shapely.is_empty(parts)):
        shape, how = _ground_within(parts[at])
        parts[at] = shape
        done[how].append(int(at) + 1)
    done["shapes.points"] = _rows((dimension == 0) & ~shapely.is_empty(parts))
    for code, rows in done.items():
        if rows:
            report.note(code, rows)
    return gpd.GeoSeries(parts, index=shapes.index, crs=shapes.crs, name=shapes.name)


def _ground_within(line: shapely.Geometry) -> tuple[shapely.Geometry, str]:
    merged = shapely.line_merge(line)
    rings = [p for p in shapely.get_parts(merged) if shapely.get_num_coordinates(p) >= _FEWEST_POSITIONS - 1]
    gaps = [shapely.Point(r.coords[0]).distance(shapely.Point(r.coords[-1])) for r in rings]
    lengths = [r.length for r in rings]
    if len(rings) < shapely.get_num_geometries(merged) or not rings:
        return line, "shapes.lines"
    if any(gap > _NEARLY * length for gap, length in zip(gaps, lengths, strict=True)):
        return line, "shapes.lines"
    closed = [shapely.LinearRing(r.coords) for r in rings]
    ground = (
        shapely.Polygon(closed[0])
        if len(closed) == 1
        else shapely.build_area(shapely.MultiLineString(closed))
    )
    if shapely.is_empty(ground) or shapely.area(ground) == 0:
        return line, "shapes.lines"
    return ground, "shapes.nearly-closed" if any(gaps) else "shapes.closed"


def mend(shapes: gpd.GeoSeries, report: LoadReport, where: str | dict[str, object]) -> gpd.GeoSeries:
    """Return shapes that are valid, and note how far mending changed the area of each.

    Raises
    ------
    SchemaError
        If nothing with an area remains of a polygon.
    SourceError
        If one crosses itself over 20,000 times.

    Examples
    --------
    >>> from clusters_geo.reading.notes import LoadReport
    >>> bow_tie = shapely.Polygon([(0, 0), (100, 100), (100, 0), (0, 100)])
    >>> mend(gpd.GeoSeries([bow_tie], crs=5897), LoadReport("a.shp"), "a.shp").area.tolist()
    [5000.0]
    """
    parts = np.asarray(shapes.array, dtype=object)
    invalid = ~(shapely.is_valid(parts) | shapely.is_missing(parts))
    if not invalid.any():
        return shapes
    why = [reason.split("[")[0] for reason in shapely.is_valid_reason(parts[invalid])]
    polygons = np.isin(shapely.get_type_id(parts[invalid]), list(_AREAL))
    refuse_scribbles(parts[invalid], np.flatnonzero(invalid) + 1, where)
    mended = parts[invalid].copy()
    mended[~polygons] = shapely.make_valid(mended[~polygons])
    # By its rings: a hole that sticks out takes away only what it covers, ground drawn twice counts once.
    mended[polygons] = shapely.make_valid(parts[invalid][polygons], method="structure", keep_collapsed=False)
    mended[polygons] = [_areas_only(shape) for shape in mended[polygons]]
    lost = np.flatnonzero(invalid)[shapely.is_empty(mended)]
    if len(lost):
        raise SchemaError("shapes.nothing-left", where=where, row=some(lost + 1))
    after = parts.copy()
    after[invalid] = mended
    result = gpd.GeoSeries(after, index=shapes.index, crs=shapes.crs, name=shapes.name)
    before_ha, after_ha = _hectares(shapes[invalid]), _hectares(result[invalid])
    rows = np.flatnonzero(invalid) + 1
    for row, reason, old, new in zip(rows, why, before_ha, after_ha, strict=True):
        why_broken = {"say": reason.strip().lower()}
        report.note("shapes.mended", [int(row)], reason=why_broken, before=float(old), after=float(new))
    return result


def note_overlaps(shapes: gpd.GeoSeries, report: LoadReport) -> None:
    """Note the rows of a layer of districts that overlap by more than a hundred square metres.

    Examples
    --------
    >>> from clusters_geo.reading.notes import LoadReport
    >>> report = LoadReport("a.shp")
    >>> squares = [shapely.box(0, 0, 200, 200), shapely.box(100, 0, 300, 200), shapely.box(300, 0, 400, 200)]
    >>> note_overlaps(gpd.GeoSeries(squares, crs=5897), report)
    >>> report.notes[0].rows, round(report.notes[0].values["hectares"], 2)
    ((1, 2), 2.0)
    """
    parts = np.asarray(shapes.array, dtype=object)
    one, other = shapely.STRtree(parts).query(parts, predicate="intersects")
    first = one < other
    one, other = one[first], other[first]
    common = gpd.GeoSeries(shapely.intersection(parts[one], parts[other]), crs=shapes.crs)
    areal = common.geom_type.isin(["Polygon", "MultiPolygon", "GeometryCollection"]).to_numpy()
    hectares = np.zeros(len(common))
    hectares[areal] = _hectares(common[areal]) if areal.any() else []
    large = hectares > _SLIVER_HA
    if large.any():
        rows = np.unique([one[large], other[large]]) + 1
        total = round(float(hectares[large].sum()), 4)
        report.note("shapes.overlap", rows.tolist(), count=int(large.sum()), hectares=total)


def _areas_only(shape: shapely.Geometry) -> shapely.Geometry:
    # make_valid keeps spikes as lines; a boundary has none.
    parts = [p for p in shapely.get_parts(shape, return_index=False) if p.area > 0]
    flat = [q for p in parts for q in shapely.get_parts(p)]
    return flat[0] if len(flat) == 1 else shapely.MultiPolygon(flat)


def _hectares(shapes: gpd.GeoSeries) -> list[float]:
    found = to_transverse_mercator(shapes)
    if found is None:
        return [float("nan")] * len(shapes)
    return list(shapely.area(found[0]) / found[1].scale ** 2 / _M2_PER_HA)


def _rows(mask: NDArray[np.bool_]) -> list[int]:
    return [int(at) + 1 for at in np.flatnonzero(mask)]
