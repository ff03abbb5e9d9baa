"""Hectares on the ellipsoid, from any coordinate system, at the speed of plane geometry.

A plane area is wrong by the square of the map scale: −0.02 to +0.05 % in a VN-2000 zone, −0.08 % in UTM,
+15 % in Web Mercator. Dividing by that square gives the geodesic area to better than 0.5 ppm; see
docs/decisions/0002 and `benchmarks/area.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from clusters_geo.crs import geod_of, require_crs, to_transverse_mercator

if TYPE_CHECKING:
    import geopandas as gpd
    import pyproj
    from numpy.typing import NDArray

__all__ = ["area_ha"]

_M2_PER_HA = 10_000.0
_AREAL = 2

# In a wider shape the scale at the middle of the extent is not that at the centre of gravity (0.6 ppm in a
# long lot at a zone's edge); in a narrower one finding that centre would cost more than it gives.
_UNEVEN_M = 150.0

# In a wider shape how its ground lies on either side of that middle counts; at this width it is 0.1 ppm.
_WIDE_M = 5_000.0
# Over a wider one the scale is no longer even enough for one value; at this width the error is 0.04 ppm.
_VAST_M = 200_000.0
_SHORT_M = 1_000.0


def area_ha(shapes: gpd.GeoSeries | gpd.GeoDataFrame) -> pd.Series:
    """Return the geodesic area of each shape.

    Parameters
    ----------
    shapes
        Polygons in any coordinate system, or a table with them.

    Returns
    -------
    Series named `area_ha`, hectares, on the index of `shapes`; missing where there is no shape, and for
    points and lines, whose ground is unknown; 0 for empty polygons.

    Raises
    ------
    CRSError
        If the shapes do not say in which coordinate system they are.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> square = gpd.GeoSeries([shapely.box(500_000, 2_300_000, 500_500, 2_300_400)], crs="EPSG:5897")
    >>> area_ha(square).round(4)
    0    20.004
    Name: area_ha, dtype: float64
    """
    series = shapes.geometry
    crs = require_crs(series, "shapes")
    found = to_transverse_mercator(series)
    if found is None:
        hectares = _geodesic_m2(np.asarray(series.to_crs(crs.geodetic_crs).array), geod_of(crs)) / _M2_PER_HA
    else:
        parts, plane = found
        west, south, east, north = shapely.bounds(parts).T
        x, y = (west + east) / 2, (south + north) / 2
        spread = (east - west) ** 2 / 12
        uneven, wide, vast = ((east - west) > width for width in (_UNEVEN_M, _WIDE_M, _VAST_M))
        x[uneven], y[uneven] = shapely.get_coordinates(shapely.centroid(parts[uneven])).T
        spread[wide] = _spread(parts[wide], x[wide], y[wide])
        scale2 = plane.squared_point_scale(x, y, spread)
        square_metres = shapely.area(parts)
        # Empty shapes have no bounds, hence no scale, but an area: 0.
        hectares = np.where(square_metres == 0, 0.0, square_metres / scale2 / _M2_PER_HA)
        if vast.any():
            # Edges are straight on the plane they were drawn on; cut short, geodesics follow them.
            fine = plane.drawn(shapely.segmentize(parts[vast], _SHORT_M), back=True)
            hectares[vast] = _geodesic_m2(fine, plane.geod) / _M2_PER_HA
    # Nobody drew how much ground a point or a line stands for.
    known = shapely.get_dimensions(np.asarray(series.array)) == _AREAL
    return pd.Series(np.where(known, hectares, np.nan), index=shapes.index, name="area_ha")


def _spread(
    shapes: NDArray[np.object_], x: NDArray[np.float64], y: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the mean square distance in x of the ground of each shape from its centre of gravity."""
    # Holes turn the other way round than what they are in, so that what is summed over them is taken away.
    parts, shape_of = shapely.get_parts(shapely.orient_polygons(shapes), return_index=True)
    rings, part_of = shapely.get_rings(parts, return_index=True)
    points, ring_of = shapely.get_coordinates(rings, return_index=True)
    of = shape_of[part_of[ring_of]]
    x, y = points[:, 0] - x[of], points[:, 1] - y[of]
    x0, y0, x1, y1 = x[:-1], y[:-1], x[1:], y[1:]
    moments = (x0 * y1 - x1 * y0) * (x0**2 + x0 * x1 + x1**2) / 12
    within = ring_of[1:] == ring_of[:-1]
    sums = np.bincount(of[:-1][within], moments[within], len(shapes))
    ground = shapely.area(shapes)
    # A bow tie may have none.
    return np.abs(sums) / np.where(ground == 0, 1.0, ground)


def _geodesic_m2(shapes: NDArray[np.object_], geod: pyproj.Geod) -> NDArray[np.float64]:
    # Holes turn the other way round than what they are in, so their areas are negative.
    lonlat = shapely.orient_polygons(shapes)
    parts, shape_of = shapely.get_parts(lonlat, return_index=True)
    rings, part_of = shapely.get_rings(parts, return_index=True)
    areas = [geod.polygon_area_perimeter(*shapely.get_coordinates(ring).T)[0] for ring in rings]
    totals = np.abs(np.bincount(shape_of[part_of], weights=areas, minlength=len(lonlat)))
    return np.where(shapely.is_missing(lonlat), np.nan, totals)
