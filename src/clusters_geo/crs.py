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
from clusters_geo.names import did_you_mean, fold, name_key

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "EXTENTS",
    "HANOI_CRS",
    "MAP_CRS",
    "ZONES",
    "Extent",
    "TransverseMercator",
    "Zone",
    "geod_of",
    "province_extent",
    "require_crs",
    "to_transverse_mercator",
    "vn2000",
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
        raise CRSError("crs.not-said", what={"say": what}, hanoi=HANOI_CRS, degrees=MAP_CRS)
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
        raise CRSError("crs.nowhere", name=crs.name, hanoi=HANOI_CRS)
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


# West, south, east, north in degrees.
Extent = tuple[float, float, float, float]

# What a geocoder calls the extent of a district may miss its border by this much.
_MARGIN_DEGREES = 0.05


@dataclass(frozen=True, slots=True)
class Zone:
    """One central meridian, degrees east, and the provinces that use it."""

    meridian: float
    provinces: tuple[str, ...]


ZONES: dict[int, Zone] = {
    9205: Zone(103, ("Điện Biên", "Lai Châu")),
    9206: Zone(104, ("Sơn La",)),
    9207: Zone(104.5, ("Cà Mau", "Kiên Giang")),
    9208: Zone(104.75, ("An Giang", "Lào Cai", "Nghệ An", "Phú Thọ", "Yên Bái")),
    5897: Zone(
        105,
        (
            "Hà Nội",
            "Hà Nam",
            "Hà Tây",
            "Ninh Bình",
            "Thanh Hóa",
            "Vĩnh Phúc",
            "Cần Thơ",
            "Bạc Liêu",
            "Đồng Tháp",
            "Hậu Giang",
        ),
    ),
    9209: Zone(
        105.5,
        (
            "Bắc Ninh",
            "Hà Giang",
            "Hà Tĩnh",
            "Hải Dương",
            "Hưng Yên",
            "Nam Định",
            "Sóc Trăng",
            "Tây Ninh",
            "Thái Bình",
            "Trà Vinh",
            "Vĩnh Long",
        ),
    ),
    9210: Zone(
        105.75, ("Hải Phòng", "Hồ Chí Minh", "Bến Tre", "Bình Dương", "Cao Bằng", "Long An", "Tiền Giang")
    ),
    9211: Zone(106, ("Hòa Bình", "Quảng Bình", "Tuyên Quang")),
    9212: Zone(106.25, ("Bình Phước", "Quảng Trị")),
    9213: Zone(106.5, ("Bắc Kạn", "Thái Nguyên")),
    9214: Zone(107, ("Bắc Giang", "Thừa Thiên-Huế")),
    9215: Zone(107.25, ("Lạng Sơn",)),
    9216: Zone(107.5, ("Kon Tum",)),
    5899: Zone(107.75, ("Quảng Ninh", "Đà Nẵng", "Quảng Nam", "Bà Rịa-Vũng Tàu", "Đồng Nai", "Lâm Đồng")),
    5898: Zone(108, ("Quảng Ngãi",)),
    9217: Zone(108.25, ("Bình Định", "Khánh Hòa", "Ninh Thuận")),
    9218: Zone(108.5, ("Bình Thuận", "Đắk Lắk", "Đắk Nông", "Gia Lai", "Phú Yên")),
}

# All districts of a province, its islands near the coast included; rounded outwards to a kilometre. Hà Tây
# has been a part of Hà Nội since 2008.
EXTENTS: dict[str, Extent] = {
    "Điện Biên": (102.14, 20.89, 103.6, 22.55),
    "Lai Châu": (102.32, 21.68, 103.99, 22.82),
    "Sơn La": (103.21, 20.57, 105.03, 22.03),
    "Cà Mau": (104.7, 8.4, 105.42, 9.57),
    "Kiên Giang": (103.45, 9.25, 105.54, 10.54),
    "An Giang": (104.77, 10.18, 105.58, 10.97),
    "Lào Cai": (103.53, 21.87, 104.63, 22.85),
    "Nghệ An": (103.87, 18.55, 105.82, 20.0),
    "Phú Thọ": (104.81, 20.91, 105.46, 21.72),
    "Yên Bái": (103.88, 21.32, 105.11, 22.3),
    "Hà Nội": (105.28, 20.56, 106.03, 21.39),
    "Hà Nam": (105.76, 20.36, 106.19, 20.71),
    "Hà Tây": (105.28, 20.56, 106.03, 21.39),
    "Ninh Bình": (105.54, 19.91, 106.17, 20.46),
    "Thanh Hóa": (104.37, 19.28, 106.08, 20.68),
    "Vĩnh Phúc": (105.32, 21.15, 105.8, 21.58),
    "Cần Thơ": (105.22, 9.91, 105.85, 10.33),
    "Bạc Liêu": (105.23, 9.01, 105.87, 9.64),
    "Đồng Tháp": (105.18, 10.13, 105.95, 10.98),
    "Hậu Giang": (105.32, 9.58, 105.9, 10.0),
    "Bắc Ninh": (105.9, 20.96, 106.32, 21.27),
    "Hà Giang": (104.33, 22.16, 105.58, 23.4),
    "Hà Tĩnh": (105.1, 17.9, 106.52, 18.81),
    "Hải Dương": (106.12, 20.68, 106.62, 21.24),
    "Hưng Yên": (105.89, 20.6, 106.27, 21.01),
    "Nam Định": (105.92, 19.88, 106.6, 20.5),
    "Sóc Trăng": (105.54, 9.24, 106.34, 9.94),
    "Tây Ninh": (105.8, 10.96, 106.5, 11.79),
    "Thái Bình": (106.1, 20.24, 106.66, 20.73),
    "Trà Vinh": (105.95, 9.52, 106.61, 10.09),
    "Vĩnh Long": (105.68, 9.88, 106.29, 10.34),
    "Hải Phòng": (106.4, 20.12, 107.75, 21.03),
    "Hồ Chí Minh": (106.35, 10.34, 107.03, 11.17),
    "Bến Tre": (106.02, 9.79, 106.8, 10.35),
    "Bình Dương": (106.32, 10.85, 106.97, 11.51),
    "Cao Bằng": (105.27, 22.35, 106.84, 23.12),
    "Long An": (105.49, 10.39, 106.75, 11.04),
    "Tiền Giang": (105.81, 10.19, 106.82, 10.59),
    "Hòa Bình": (104.83, 20.3, 105.86, 21.12),
    "Quảng Bình": (105.6, 16.92, 107.0, 18.09),
    "Tuyên Quang": (104.84, 21.49, 105.6, 22.7),
    "Bình Phước": (106.41, 11.3, 107.43, 12.3),
    "Quảng Trị": (106.51, 16.3, 107.39, 17.17),
    "Bắc Kạn": (105.43, 21.8, 106.25, 22.74),
    "Thái Nguyên": (105.47, 21.32, 106.24, 22.05),
    "Bắc Giang": (105.88, 21.12, 107.04, 21.63),
    "Thừa Thiên-Huế": (107.01, 15.99, 108.22, 16.75),
    "Lạng Sơn": (106.09, 21.32, 107.37, 22.47),
    "Kon Tum": (107.33, 13.92, 108.55, 15.42),
    "Quảng Ninh": (106.43, 20.68, 108.11, 21.67),
    "Đà Nẵng": (107.81, 15.91, 108.34, 16.22),
    "Quảng Nam": (107.21, 14.95, 108.74, 16.07),
    "Bà Rịa-Vũng Tàu": (106.53, 8.62, 107.58, 10.81),
    "Đồng Nai": (106.75, 10.52, 107.58, 11.59),
    "Lâm Đồng": (107.26, 11.21, 108.74, 12.32),
    "Quảng Ngãi": (108.23, 14.53, 109.15, 15.44),
    "Bình Định": (108.6, 13.51, 109.38, 14.71),
    "Khánh Hòa": (108.67, 11.76, 109.47, 12.87),
    "Ninh Thuận": (108.55, 11.3, 109.24, 12.17),
    "Bình Thuận": (107.39, 10.48, 108.97, 11.56),
    "Đắk Lắk": (107.48, 12.16, 109.0, 13.42),
    "Đắk Nông": (107.2, 11.74, 108.12, 12.82),
    "Gia Lai": (107.45, 12.99, 108.88, 14.61),
    "Phú Yên": (108.67, 12.7, 109.46, 13.7),
}

_CODES = {name: code for code, zone in ZONES.items() for name in zone.provinces}
_BY_KEY = {name_key(name): name for name in _CODES}
_BY_FOLD = {fold(name): name for name in _CODES}


def vn2000(name: str) -> pyproj.CRS:
    """Return the VN-2000 coordinate system (TM-3) in which a province's surveys are.

    Parameters
    ----------
    name
        A province or city as of before July 2025, with or without its prefix and its accents.

    Returns
    -------
    A coordinate system in metres, such as EPSG:5897.

    Raises
    ------
    CRSError
        If there is no such province.

    Examples
    --------
    >>> vn2000("Hà Nội").to_string(), vn2000("tỉnh Bac Ninh").to_string()
    ('EPSG:5897', 'EPSG:9209')
    """
    return pyproj.CRS.from_epsg(_CODES[_province(name)])


def province_extent(name: str) -> Extent:
    """Return where a province lies: west, south, east, north in degrees (WGS 84), with a margin of 0.05°.

    Parameters
    ----------
    name
        As `vn2000` takes it.

    Raises
    ------
    CRSError
        If there is no such province.

    Examples
    --------
    >>> province_extent("Bắc Ninh")
    (105.85, 20.91, 106.37, 21.32)
    """
    west, south, east, north = EXTENTS[_province(name)]
    low, high = -_MARGIN_DEGREES, _MARGIN_DEGREES
    return round(west + low, 2), round(south + low, 2), round(east + high, 2), round(north + high, 2)


def _province(name: str) -> str:
    plain = name.strip()
    # "Tỉnh" is the type of what this table lists, not of anything else with a name.
    for prefix in ("tỉnh ", "tinh "):
        plain = plain[len(prefix) :] if plain.casefold().startswith(prefix) else plain
    found = _BY_KEY.get(name_key(plain)) or _BY_FOLD.get(fold(plain))
    if found is None:
        meant = ", ".join(did_you_mean(plain, _CODES)) or "a province as of before July 2025"
        raise CRSError("crs.no-province", name=name, meant=meant)
    return found
