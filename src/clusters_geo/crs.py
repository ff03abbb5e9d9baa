"""Việt Nam's coordinate systems, and the plane on which hectares are measured.

Surveys in Việt Nam use VN-2000 in transverse Mercator zones 3° wide (TM-3), one central meridian for each
province; Hà Nội's is 105°, EPSG:5897. The accuracy is measured in docs/decisions/0002.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Self

import pyproj
from pyproj.crs.coordinate_operation import TransverseMercatorConversion

from clusters_geo.errors import CRSError

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "HANOI_CRS",
    "MAP_CRS",
    "TransverseMercator",
    "geod_of",
    "require_crs",
    "to_transverse_mercator",
]

HANOI_CRS = "EPSG:5897"
MAP_CRS = "EPSG:4326"

# The parameters of a transverse Mercator plane in EPSG, with the values of those that are not given.
_PARAMETERS = {
    "Latitude of natural origin": 0.0,
    "Longitude of natural origin": 0.0,
    "Scale factor at natural origin": 1.0,
    "False easting": 0.0,
    "False northing": 0.0,
}
# The series for the point scale is good to 1e-9 as far as this from the central meridian.
_MAX_DEGREES_FROM_MERIDIAN = 4.0


@dataclass(frozen=True, slots=True)
class TransverseMercator:
    """The constants of a transverse Mercator plane in metres, such as any VN-2000 or UTM zone."""

    central_meridian: float
    scale: float
    false_easting: float
    false_northing: float
    geod: pyproj.Geod

    @classmethod
    def from_crs(cls, crs: pyproj.CRS) -> Self | None:
        """Return the constants of a plane, or None if the system is of another kind."""
        operation = crs.coordinate_operation
        if operation is None or operation.method_name != "Transverse Mercator":
            return None
        if any(axis.unit_conversion_factor != 1 for axis in crs.axis_info):
            return None
        # Their order differs from one definition to the next, and what is left out has a default.
        known = {p.name: float(p.value) for p in operation.params}
        latitude, meridian, scale, easting, northing = (known.get(n, d) for n, d in _PARAMETERS.items())
        return None if latitude else cls(meridian, scale, easting, northing, geod_of(crs))

    def squared_point_scale(
        self, x: NDArray[np.float64], y: NDArray[np.float64], width: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return how many times larger than on the ellipsoid an area is on the plane.

        Parameters
        ----------
        x, y
            Easting and northing of the middle of each shape, metres, shape (n,).
        width
            Extent of each shape in x, metres, shape (n,): the scale is the mean over that width.

        Returns
        -------
        Dimensionless, shape (n,).
        """
        radius2 = self._squared_gaussian_radius((y - self.false_northing) / self.scale)
        mean_square = ((x - self.false_easting) / self.scale) ** 2 + width**2 / 12
        ratio = mean_square / radius2
        # k = k0 (1 + x²/2R² + x⁴/24R⁴ …), squared; R is the Gaussian mean radius at that latitude.
        return self.scale**2 * (1 + ratio + ratio**2 / 3)

    def _squared_gaussian_radius(self, arc: NDArray[np.float64]) -> NDArray[np.float64]:
        import numpy as np

        a, es = self.geod.a, self.geod.es
        # The arc of the meridian over its mean radius is the latitude to 0.15°, which shifts the scale
        # by less than 1e-8 inside a zone.
        mean_radius = a * (1 - es / 4 - 3 * es**2 / 64)
        sin2 = np.sin(arc / mean_radius) ** 2
        return a**2 * (1 - es) / (1 - es * sin2) ** 2


def require_crs(layer: gpd.GeoSeries | gpd.GeoDataFrame, what: str) -> pyproj.CRS:
    """Return the coordinate system of a layer.

    Raises
    ------
    CRSError
        If the layer does not say which one it is in.
    """
    if layer.crs is None:
        msg = (
            f"The {what} do not say in which coordinate system they are. Set it first, for example "
            f'table.set_crs("{HANOI_CRS}") for VN-2000 coordinates of Hà Nội or "{MAP_CRS}" for '
            "longitude and latitude."
        )
        raise CRSError(msg)
    return pyproj.CRS(layer.crs)


def geod_of(crs: pyproj.CRS) -> pyproj.Geod:
    """Return the ellipsoid of a coordinate system.

    Raises
    ------
    CRSError
        If the system has none, such as the local grid of a drawing.
    """
    geod = crs.get_geod()
    if geod is None:
        msg = (
            f"The coordinate system {crs.name!r} has no place on the earth, so nothing can be measured in "
            f'it. Set the real one, for example "{HANOI_CRS}".'
        )
        raise CRSError(msg)
    return geod


def to_transverse_mercator(shapes: gpd.GeoSeries) -> tuple[gpd.GeoSeries, TransverseMercator] | None:
    """Bring shapes to a transverse Mercator plane on their own datum, so that nothing is shifted.

    Shapes on such a plane already are returned as they are. Others are projected to one centred on the half
    degree nearest to their middle.

    Returns
    -------
    The shapes and the constants of the plane; None where the shapes reach too far for one plane.
    """
    crs = require_crs(shapes, "shapes")
    geod_of(crs)
    plane = TransverseMercator.from_crs(crs)
    if plane is not None:
        return shapes, plane
    lonlat = shapes.to_crs(crs.geodetic_crs)
    west, _, east, _ = lonlat.total_bounds
    if not math.isfinite(east - west) or (east - west) / 2 > _MAX_DEGREES_FROM_MERIDIAN:
        return None
    local = _local_plane(crs.geodetic_crs, round(west + east) / 2)
    plane = TransverseMercator.from_crs(local)
    return None if plane is None else (lonlat.to_crs(local), plane)


# Making one takes longer than using it; half degrees let the layers of one city share theirs.
@lru_cache(maxsize=64)
def _local_plane(geodetic: pyproj.CRS, meridian: float) -> pyproj.CRS:
    conversion = TransverseMercatorConversion(
        longitude_natural_origin=meridian, false_easting=500_000, scale_factor_natural_origin=0.9999
    )
    return pyproj.crs.ProjectedCRS(conversion, geodetic_crs=geodetic)
