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
from pyproj.enums import TransformDirection

from clusters_geo.data import read_rows
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
    "crs_of",
    "geod_of",
    "province_extents",
    "require_crs",
    "target_crs",
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
_PLANE_AXES = 2
# The plane laid through shapes that are on none: the scale of VN-2000's zones of 3°.
_LOCAL_SCALE, _LOCAL_EASTING = 0.9999, 500_000.0


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
        self, x: NDArray[np.float64], y: NDArray[np.float64], spread: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return how many times larger than on the ellipsoid an area is on the plane.

        Parameters
        ----------
        x, y
            Easting and northing of the middle of each shape, metres, shape (n,).
        spread
            Mean square distance of its ground from there in x, m², shape (n,): width² / 12 for one as wide
            everywhere. The scale is the mean over that ground.

        Returns
        -------
        Dimensionless, shape (n,).
        """
        radius2 = self._squared_gaussian_radius((y - self.false_northing) / self.scale)
        mean_square = ((x - self.false_easting) / self.scale) ** 2 + spread
        ratio = mean_square / radius2
        # k = k0 (1 + x²/2R² + x⁴/24R⁴ …), squared; R is the Gaussian mean radius at that latitude.
        return self.scale**2 * (1 + ratio + ratio**2 / 3)

    def drawn(self, shapes: NDArray[np.object_], *, back: bool = False) -> NDArray[np.object_]:
        """Return shapes in degrees on the datum of the plane drawn on it; or taken `back`, shape (n,)."""
        import numpy as np
        import shapely

        # Between two systems PROJ looks for a shift of datum, for fifty times as long as this takes.
        to_plane = pyproj.Transformer.from_pipeline(
            "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad +step +proj=tmerc"
            f" +lon_0={self.central_meridian} +k={self.scale} +x_0={self.false_easting}"
            f" +y_0={self.false_northing} +a={self.geod.a} +es={self.geod.es}"
        )
        direction = TransformDirection.INVERSE if back else TransformDirection.FORWARD

        def moved(xy: NDArray[np.float64]) -> NDArray[np.float64]:
            return np.column_stack(to_plane.transform(xy[:, 0], xy[:, 1], direction=direction))

        drawn: NDArray[np.object_] = shapely.transform(shapes, moved)
        return drawn

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


def to_transverse_mercator(
    shapes: gpd.GeoSeries,
) -> tuple[NDArray[np.object_], TransverseMercator] | None:
    """Bring shapes to a transverse Mercator plane on their own datum, so that nothing is shifted.

    Shapes on such a plane already are returned as they are. Others are projected to one centred on the half
    degree nearest to their middle.

    Returns
    -------
    The shapes, shape (n,), and the constants of the plane, of which `crs_of` makes a coordinate system; None
    where the shapes reach too far for one plane.
    """
    import numpy as np
    import shapely

    crs = require_crs(shapes, "shapes")
    geod = geod_of(crs)
    plane = TransverseMercator.from_crs(crs)
    if plane is not None:
        return np.asarray(shapes.array), plane
    lonlat = shapes.to_crs(crs.geodetic_crs)
    degrees = np.asarray(lonlat.array)
    # Some old surveys count in grades.
    unit = math.degrees(lonlat.crs.axis_info[0].unit_conversion_factor)
    if not math.isclose(unit, 1):
        degrees = shapely.transform(degrees, lambda xy: xy * unit)
    west, _, east, _ = lonlat.total_bounds * unit
    if not math.isfinite(east - west) or (east - west) / 2 > _MAX_DEGREES_FROM_MERIDIAN:
        return None
    plane = TransverseMercator(round(west + east) / 2, _LOCAL_SCALE, _LOCAL_EASTING, 0.0, geod)
    return plane.drawn(degrees), plane


def crs_of(plane: TransverseMercator, shapes: pyproj.CRS) -> pyproj.CRS:
    """Return the coordinate system of a plane to which shapes in another one, or in its own, were brought."""
    is_own = TransverseMercator.from_crs(shapes) is not None
    return shapes if is_own else _local_plane(shapes.geodetic_crs, plane.central_meridian)


# Making one takes longer than using it; half degrees let the layers of one city share theirs.
@lru_cache(maxsize=64)
def _local_plane(geodetic: pyproj.CRS, meridian: float) -> pyproj.CRS:
    conversion = TransverseMercatorConversion(
        longitude_natural_origin=meridian,
        false_easting=_LOCAL_EASTING,
        scale_factor_natural_origin=_LOCAL_SCALE,
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


def _zones() -> dict[int, Zone]:
    rows = read_rows("provinces.csv")
    meridians = {int(row["epsg"]): float(row["meridian"]) for row in rows}
    return {
        code: Zone(meridian, tuple(r["name"] for r in rows if int(r["epsg"]) == code))
        for code, meridian in meridians.items()
    }


# From data/provinces.csv: every province that was or is, with the EPSG code of its zone; and where all its
# districts lie, its islands near the coast included, rounded outwards to a kilometre. Of the provinces of
# since July 2025 both are known by the provinces that went into them.
ZONES: dict[int, Zone] = _zones()
EXTENTS: dict[str, Extent] = {
    row["name"]: (float(row["west"]), float(row["south"]), float(row["east"]), float(row["north"]))
    for row in read_rows("provinces.csv")
}

_TODAY = {row["name"]: row["today"] for row in read_rows("provinces.csv")}
_CODES = {name: code for code, zone in ZONES.items() for name in zone.provinces}


def _unhyphened(name: str) -> str:
    """Return "Thừa Thiên-Huế", "Bà Rịa - Vũng Tàu" as they are written without the mark too."""
    return " ".join(name.replace("-", " ").replace("–", " ").split())


_BY_KEY = {name_key(_unhyphened(name)): name for name in _CODES}
_BY_FOLD = {fold(_unhyphened(name)): name for name in _CODES}


def vn2000(name: str) -> pyproj.CRS:
    """Return the VN-2000 coordinate system (TM-3) in which a province's surveys are.

    Parameters
    ----------
    name
        A province or city of today or of before July 2025, with or without its prefix and its accents.

    Returns
    -------
    A coordinate system in metres, such as EPSG:5897. A province merged in July 2025 goes by the meridian of
    the one whose name it took; surveys made in the others keep theirs, so name that one: "Bắc Giang" and not
    "Bắc Ninh".

    Raises
    ------
    CRSError
        If there is no such province.

    Examples
    --------
    >>> (
    ...     vn2000("Hà Nội").to_string(),
    ...     vn2000("tỉnh Bac Ninh").to_string(),
    ...     vn2000("Thừa Thiên Huế").to_string(),
    ... )
    ('EPSG:5897', 'EPSG:9209', 'EPSG:9214')
    """
    return pyproj.CRS.from_epsg(_CODES[_province(name)])


def target_crs(crs: str) -> pyproj.CRS:
    """Return the system that `crs` names; "vn2000" and "vn2000:PROVINCE" are understood.

    Raises
    ------
    CRSError
        If there is no such system or province.

    Examples
    --------
    >>> target_crs("vn2000:Hải Phòng").to_string()
    'EPSG:9210'
    """
    kind, _, province = crs.partition(":")
    if kind.lower() in {"vn2000", "vn-2000"}:
        return vn2000(province or "Hà Nội")
    try:
        found = pyproj.CRS.from_user_input(crs)
    except pyproj.exceptions.CRSError as error:
        raise CRSError("crs.unknown-target", crs=crs, hanoi=HANOI_CRS) from error
    if not (found.is_projected or found.is_geographic) or len(found.axis_info) != _PLANE_AXES:
        raise CRSError("crs.not-flat", crs=crs, name=found.name, kind=found.type_name)
    return found


def province_extents(name: str) -> dict[str, Extent]:
    """Return where a province lies, with a margin of 0.05°; since July 2025 in the parts it was made of.

    Parameters
    ----------
    name
        As `vn2000` takes it.

    Returns
    -------
    West, south, east, north in degrees (WGS 84) of the province, or where today's goes by that name, of each
    province that was merged into it.

    Raises
    ------
    CRSError
        If there is no such province.

    Examples
    --------
    >>> province_extents("Bắc Ninh")
    {'Bắc Ninh': (105.85, 20.91, 106.37, 21.32), 'Bắc Giang': (105.83, 21.07, 107.09, 21.68)}
    >>> list(province_extents("Bắc Giang"))
    ['Bắc Giang']
    """
    found = _province(name)
    return {part: _widened(EXTENTS[part]) for part, today in _TODAY.items() if found in (part, today)}


def _widened(extent: Extent) -> Extent:
    west, south, east, north = extent
    low, high = -_MARGIN_DEGREES, _MARGIN_DEGREES
    return round(west + low, 2), round(south + low, 2), round(east + high, 2), round(north + high, 2)


def _province(name: str) -> str:
    plain = _unhyphened(name)
    # "Tỉnh" is the type of what this table lists, not of anything else with a name.
    for prefix in ("tỉnh ", "tinh ", "t. "):
        plain = plain[len(prefix) :] if plain.casefold().startswith(prefix) else plain
    found = _BY_KEY.get(name_key(plain)) or _BY_FOLD.get(fold(plain))
    if found is None:
        meant = did_you_mean(plain, _CODES)
        raise CRSError("crs.no-province" if meant else "crs.no-such-province", name=name, meant=meant)
    return found
