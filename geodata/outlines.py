"""Schematic outlines: where a cluster roughly is and how large it is, drawn so that a map can show it.

No boundary of Hà Nội's clusters is public. Each outline here is an irregular lot whose shape and orientation
are drawn from the cluster's id, so that they never change, and whose geodesic area is the planned area. It is
placed at the centre of the commune that a source names, else of the commune that bears the cluster's name,
else where its district has most room; beside that point where another cluster is already there.
"""

from __future__ import annotations

import hashlib
import math
import re
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely import affinity

from clusters_geo.area import area_ha
from clusters_geo.crs import HANOI_CRS, MAP_CRS
from clusters_geo.names import name_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from register import Row

    Floats = NDArray[np.float64]

__all__ = ["APART_M", "DECIMALS", "draw_outlines", "lot", "with_former_names"]

APART_M = 200  # between two outlines, and from an outline to the border of its district
DECIMALS = 7  # of a degree, about a centimetre: coarser ones would show in the area of a small lot

_SAME_AREA = 1e-5  # coarser than rounding the corners, finer than any figure
_STEP_M = 120  # how far candidates beside an occupied place move out
_MOST_STEPS = 2_000
_ROOM_CANDIDATES = 150
_GOLDEN_ANGLE = math.pi * (3 - math.sqrt(5))
_PLASTIC = (0.7548776662466927, 0.5698402909980532)  # steps of the two-dimensional golden ratio: even cover

_NOT_THE_PLACE = re.compile(r"^làng nghề |^thị trấn | mở rộng$| giai đoạn \d$| \d$")


def draw_outlines(
    register: list[Row],
    districts: gpd.GeoDataFrame,
    communes: pd.DataFrame,
    *,
    standing: gpd.GeoSeries | None = None,
) -> gpd.GeoSeries:
    """Return the outline of each cluster.

    Parameters
    ----------
    register
        Clusters with `cluster_id`, `name`, `district`, `commune` (several separated by semicolons) and
        `planned_ha`.
    districts
        Polygons indexed by `district_code`, with `name`.
    communes
        From `with_former_names`.
    standing
        Outlines of an earlier vintage by `cluster_id`: they stay where they are.

    Returns
    -------
    Polygons in longitude and latitude (EPSG:4326), rounded to `DECIMALS`, indexed by `cluster_id`.

    Raises
    ------
    ValueError
        If a cluster does not fit anywhere in its district.
    """
    codes = {name: code for code, name in districts["name"].items()}
    rooms = districts.set_index("name").to_crs(HANOI_CRS).buffer(-APART_M)
    places = [_place(row, communes[communes["district_code"] == codes[row["district"]]]) for row in register]
    placed: dict[str, shapely.Polygon] = {} if standing is None else dict(standing.to_crs(HANOI_CRS).items())
    # Clusters with a known place come first; the others then choose among what room is left.
    for row, place in sorted(zip(register, places, strict=True), key=lambda pair: pair[1] is None):
        if standing is not None and row["cluster_id"] in standing:
            continue
        shape = lot(row["cluster_id"], float(row["planned_ha"]))
        room, others = rooms[row["district"]], shapely.MultiPolygon(list(placed.values()))
        moved = (
            _roomiest(row["cluster_id"], shape, room, others)
            if place is None
            else _beside(shape, place, room, others)
        )
        placed[row["cluster_id"]] = moved
    ids = [row["cluster_id"] for row in register]
    flat = gpd.GeoSeries([placed[cluster_id] for cluster_id in ids], index=ids, crs=HANOI_CRS)
    drawn = _with_areas(flat, np.array([float(row["planned_ha"]) for row in register]))
    return drawn if standing is None else _unmoved(drawn, standing)


def _unmoved(drawn: gpd.GeoSeries, standing: gpd.GeoSeries) -> gpd.GeoSeries:
    """Return outlines where those whose area is the same are the same to the last digit."""
    before = standing.reindex(drawn.index)
    same = pd.Series(np.isclose(area_ha(drawn), area_ha(before), rtol=_SAME_AREA), index=drawn.index)
    return drawn.where(~same, before)


def with_former_names(communes: pd.DataFrame, merged: pd.DataFrame) -> pd.DataFrame:
    """Return communes with those added that were merged into others since 2022, at the centre of those.

    Parameters
    ----------
    communes
        Those of before July 2025, indexed by code: `district_code`, `name`, centre `x`, `y` in metres
        on VN-2000 / TM-3 105°.
    merged
        One row per former commune: `commune` and `merged_into_code`.
    """
    former = communes.loc[merged["merged_into_code"]].assign(name=merged["commune"].to_numpy())
    return pd.concat([communes, former])


def lot(cluster_id: str, hectares: float) -> shapely.Polygon:
    """Return an irregular lot around the origin, in metres: a bent rectangle with one corner cut or stepped.

    Examples
    --------
    >>> shape = lot("HN-001", 12.5)
    >>> round(shape.area), shape.is_valid, len(shape.exterior.coords) - 1
    (125000, True, 7)
    """
    draw = _draws(cluster_id)
    long = math.sqrt(1.3 + 1.1 * next(draw))
    corners = np.array([(-long, -1 / long), (long, -1 / long), (long, 1 / long), (-long, 1 / long)])
    corners += 0.18 * (np.array([[next(draw), next(draw)] for _ in corners]) - 0.5) / long
    ring: list[tuple[float, float]] = []
    special = int(4 * next(draw))
    for i, corner in enumerate(corners):
        before, after = corners[i - 1], corners[(i + 1) % 4]
        if i == special:
            ring += _cut(
                corner, before, after, share=0.12 + 0.18 * next(draw), stepped=bool(round(next(draw)))
            )
        else:
            ring.append(tuple(corner))
        if i % 2 == 0:
            ring.append(_bent(corner, after, at=0.35 + 0.3 * next(draw), by=0.1 * (next(draw) - 0.5)))
    turn = math.pi * next(draw)
    return _scaled_and_turned(shapely.Polygon(ring), hectares * 10_000, turn)


def _draws(seed: str) -> Iterator[float]:
    # A hash is the same on every platform and in every version; a random generator need not be.
    number = 0
    while True:
        digest = hashlib.sha256(f"{seed}/{number}".encode()).digest()
        yield int.from_bytes(digest[:6], "big") / 2**48
        number += 1


def _cut(
    corner: Floats, before: Floats, after: Floats, *, share: float, stepped: bool
) -> list[tuple[float, float]]:
    first, last = corner + share * (before - corner), corner + share * (after - corner)
    inner = [first + last - corner] if stepped else []
    return [tuple(point) for point in (first, *inner, last)]


def _bent(start: Floats, end: Floats, *, at: float, by: float) -> tuple[float, float]:
    along = end - start
    x, y = start + at * along + by * np.array([-along[1], along[0]]) / 2
    return x, y


def _scaled_and_turned(shape: shapely.Polygon, square_metres: float, turn: float) -> shapely.Polygon:
    scale = math.sqrt(square_metres / shape.area)
    middle = np.array(shape.centroid.coords[0])
    rotation = np.array([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]])
    return shapely.transform(shape, lambda points: scale * (points - middle) @ rotation)


def _place(cluster: Row, local: pd.DataFrame) -> tuple[float, float] | None:
    named = cluster["commune"].split("; ") if cluster["commune"] else [_place_in_name(cluster["name"])]
    centres = local[local["name"].map(name_key).isin([name_key(name) for name in named])]
    return None if centres.empty else (centres["x"].mean(), centres["y"].mean())


def _place_in_name(name: str) -> str:
    key = name_key(name)
    while key != (shorter := _NOT_THE_PLACE.sub("", key)):
        key = shorter
    return key


def _beside(
    shape: shapely.Polygon, place: tuple[float, float], room: shapely.Polygon, others: shapely.MultiPolygon
) -> shapely.Polygon:
    for n in range(_MOST_STEPS):
        away, angle = _STEP_M * math.sqrt(n), n * _GOLDEN_ANGLE
        moved = _moved(shape, place[0] + away * math.cos(angle), place[1] + away * math.sin(angle))
        if _fits(moved, room, others):
            return moved
    msg = f"No room for a lot of {shape.area / 10_000:.1f} ha within {away:.0f} m of {place}."
    raise ValueError(msg)


def _roomiest(
    cluster_id: str, shape: shapely.Polygon, room: shapely.Polygon, others: shapely.MultiPolygon
) -> shapely.Polygon:
    draw = _draws(f"{cluster_id}/place")
    start = np.array([next(draw), next(draw)])
    cover = (start + np.arange(_ROOM_CANDIDATES)[:, None] * _PLASTIC) % 1
    west, south, east, north = room.bounds
    candidates = [_moved(shape, west + u * (east - west), south + v * (north - south)) for u, v in cover]
    fitting = [moved for moved in candidates if _fits(moved, room, others)]
    if not fitting:
        msg = f"No room for {cluster_id}, a lot of {shape.area / 10_000:.1f} ha, in its district."
        raise ValueError(msg)
    around = shapely.GeometryCollection([room.boundary, others])
    return max(fitting, key=around.distance)


def _fits(shape: shapely.Polygon, room: shapely.Polygon, others: shapely.MultiPolygon) -> bool:
    return room.contains(shape) and (others.is_empty or shape.distance(others) >= APART_M)


def _moved(shape: shapely.Polygon, x: float, y: float) -> shapely.Polygon:
    return shapely.transform(shape, lambda points: points + np.array([x, y]))


def _with_areas(flat: gpd.GeoSeries, planned_ha: Floats) -> gpd.GeoSeries:
    # The plane shows areas up to 0.02 % off: the outline is scaled to its area on the ellipsoid.
    factors = np.sqrt(planned_ha / area_ha(flat))
    scaled = [affinity.scale(shape, k, k) for shape, k in zip(flat, factors, strict=True)]
    lonlat = gpd.GeoSeries(scaled, index=flat.index, crs=flat.crs).to_crs(MAP_CRS)
    return gpd.GeoSeries(
        shapely.transform(lonlat.array, lambda points: points.round(DECIMALS)), index=flat.index, crs=MAP_CRS
    )
