"""Check that `area_ha` is right to 0.5 ppm in every VN-2000 zone, and 100 times as fast as the geodesic loop.

The truth is `pyproj.Geod.geometry_area_perimeter`, shape by shape; it is also the peer in speed. What else
one might use is measured beside it. All in this process, turn and turn about; medians of the rounds.
"""

from __future__ import annotations

import statistics
import sys
import time
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pyproj
import shapely

from clusters_geo import area_ha
from clusters_geo.crs import geod_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

ZONES = [5896, 5897, 5898, *range(9205, 9219)]
FAR_M = 160_000.0  # a zone reaches 1.5° from its meridian: 165 km in the far south, 152 km in the far north
SOUTH_M, NORTH_M = 955_000.0, 2_570_000.0
A_ZONE, FOOTPRINTS, ROUNDS = 1_000, 100_000, 3
TARGET_PPM, TARGET_RATIO = 0.5, 100.0

EQUAL_AREA = "+proj=laea +lat_0=16 +lon_0=106 +ellps=WGS84"
UTM = "EPSG:3405"


def clusters(number: int, zone: int, rng: np.random.Generator) -> gpd.GeoSeries:
    """Draw outlines of 5–75 ha with 60 corners, up to four times as long as wide, anywhere in a zone."""
    turn = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    radius = np.ones((number, 60))
    for wave in range(2, 6):
        height, shift = rng.uniform(0, 0.3 / wave, (number, 1)), rng.uniform(0, 2 * np.pi, (number, 1))
        radius += height * np.cos(wave * turn + shift)
    stretch = rng.uniform(1, 2, (number, 1))
    size = np.sqrt(rng.uniform(5, 75, (number, 1)) * 10_000 / np.pi)
    return _placed(size * radius * np.cos(turn) * stretch, size * radius * np.sin(turn) / stretch, zone, rng)


def footprints(number: int, zone: int, rng: np.random.Generator) -> gpd.GeoSeries:
    """Draw rectangles with sides of 10–60 m, anywhere in a zone."""
    long, wide = rng.uniform(5, 30, (2, number, 1))
    return _placed(long * [-1, 1, 1, -1], wide * [-1, -1, 1, 1], zone, rng)


def _placed(x: Numbers, y: Numbers, zone: int, rng: np.random.Generator) -> gpd.GeoSeries:
    turn = rng.uniform(0, np.pi, (len(x), 1))
    east = 500_000 + rng.uniform(-FAR_M, FAR_M, (len(x), 1)) + x * np.cos(turn) - y * np.sin(turn)
    north = rng.uniform(SOUTH_M, NORTH_M, (len(x), 1)) + x * np.sin(turn) + y * np.cos(turn)
    return gpd.GeoSeries(shapely.polygons(np.stack([east, north], axis=-1)), crs=zone)


def geodesic_ha(lonlat: gpd.GeoSeries) -> Numbers:
    """Measure on the ellipsoid, shape by shape."""
    geod = geod_of(pyproj.CRS(lonlat.crs))
    return np.array([abs(geod.geometry_area_perimeter(shape)[0]) for shape in lonlat]) / 10_000


def plane_ha(shapes: gpd.GeoSeries) -> Numbers:
    """Measure on the plane the shapes are on."""
    return np.asarray(shapes.area) / 10_000


def projected_ha(lonlat: gpd.GeoSeries, plane: str) -> Numbers:
    """Project, then measure; the datum is left alone, as its shift is another matter."""
    flat = np.column_stack(pyproj.Proj(plane)(*shapely.get_coordinates(lonlat.array).T))
    return np.asarray(shapely.area(shapely.set_coordinates(np.array(lonlat.array), flat))) / 10_000


def worst_ppm(measured: Numbers, truth: Numbers) -> float:
    """Return the largest relative error, in parts per million."""
    return float(np.abs(np.asarray(measured) / truth - 1).max() * 1e6)


def seconds(*runs: Callable[[], object]) -> list[float]:
    """Time several functions, turn and turn about, and return the median of each."""
    taken: list[list[float]] = [[] for _ in runs]
    for _ in range(ROUNDS):
        for spent, run in zip(taken, runs, strict=True):
            start = time.perf_counter()
            run()
            spent.append(time.perf_counter() - start)
    return [statistics.median(spent) for spent in taken]


def accuracy(rng: np.random.Generator) -> float:
    """Print the worst error of each way to measure, over all zones, and return that of `area_ha`."""
    ways = ("area_ha", "plane of the zone", "UTM 48N", "equal-area (LAEA)")
    worst = dict.fromkeys(("clusters", "footprints"), dict.fromkeys(ways, 0.0))
    for zone in ZONES:
        for kind, draw in (("clusters", clusters), ("footprints", footprints)):
            shapes = draw(A_ZONE, zone, rng)
            lonlat = shapes.to_crs(shapes.crs.geodetic_crs)
            truth = geodesic_ha(lonlat)
            found = (
                area_ha(shapes).to_numpy(),
                plane_ha(shapes),
                projected_ha(lonlat, UTM),
                projected_ha(lonlat, EQUAL_AREA),
            )
            errors = dict(zip(ways, (worst_ppm(one, truth) for one in found), strict=True))
            worst[kind] = {way: max(worst[kind][way], errors[way]) for way in ways}
    print(f"worst error, ppm, {len(ZONES)} zones × {A_ZONE} shapes   clusters   footprints")
    for way in ways:
        print(f"  {way:<40}{worst['clusters'][way]:>12.3f}{worst['footprints'][way]:>13.3f}")
    return max(worst["clusters"]["area_ha"], worst["footprints"]["area_ha"])


def speed(rng: np.random.Generator) -> float:
    """Print how many times faster than the geodesic loop each way is, and return that of `area_ha`."""
    shapes = footprints(FOOTPRINTS, 5897, rng)
    lonlat = shapes.to_crs(shapes.crs.geodetic_crs)
    loop, ours, plane, equal = seconds(
        lambda: geodesic_ha(lonlat),
        lambda: area_ha(shapes),
        lambda: plane_ha(shapes),
        lambda: projected_ha(lonlat, EQUAL_AREA),
    )
    print(f"\nspeed, {FOOTPRINTS:,} footprints             ms    times the geodesic loop")
    for way, taken in (("geodesic loop", loop), ("area_ha", ours), ("plane", plane), ("equal-area", equal)):
        print(f"  {way:<24}{taken * 1000:>15.1f}{loop / taken:>15.1f}")
    return loop / ours


def main() -> None:
    """Measure, print, and fail if a target is missed."""
    rng = np.random.default_rng(2022)
    error, ratio = accuracy(rng), speed(rng)
    met = error <= TARGET_PPM and ratio >= TARGET_RATIO
    print(f"\nworst {error:.2f} ppm (target ≤ {TARGET_PPM}), {ratio:.0f} times (target ≥ {TARGET_RATIO:.0f})")
    sys.exit(0 if met else "target missed")


if __name__ == "__main__":
    main()
