"""Centre and extent of every commune before July 2025, in metres, with those that cannot be right set apart.

They come from the database inside the package `vietnamadminunits` (MIT), and look like the answers of a
geocoder: most extents are those of the commune itself, some only the view of a village of the same name.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from importlib import metadata, resources
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from pyproj import Transformer

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["METRES", "PACKAGE", "SIDES", "package_database", "read_extents"]

METRES = 5897  # VN-2000 / TM-3 105°, the official system of Hà Nội
PACKAGE = f"vietnamadminunits {metadata.version('vietnamadminunits')}"
SIDES = ("west", "east", "south", "north")

_HANOI = "01"
_AROUND_DEGREES = (105.1, 20.4, 106.2, 21.6)  # Hà Nội with more than 10 km of its neighbours
_VILLAGE_SHARE = (
    0.15  # of the district's median extent; in Hà Nội villages end at 0.13, communes begin at 0.18
)
_ROOM_FOR_UNKNOWN = 1.5  # area of the square that stands for an unknown extent, in median extents
_QUERY = """
    SELECT DISTINCT wardCode AS code, ward AS name, provinceCode, districtCode AS district_code,
                    wardLon AS lon, wardLat AS lat, wardBounds AS bounds
    FROM admin_units_legacy WHERE wardBounds IS NOT NULL ORDER BY wardCode
"""


def package_database() -> Path:
    """Return the path of the database inside the installed package."""
    with resources.as_file(resources.files("vietnamadminunits") / "data" / "dataset.db") as path:
        return path


def read_extents(database: Path) -> pd.DataFrame:
    """Read the communes of Hà Nội and around it.

    Returns
    -------
    One row per commune, indexed by its code: `name`, `district_code`, `in_city`, centre `x`, `y` and extent
    `west`, `east`, `south`, `north` in metres (EPSG:5897), and `known`: False where the extent was that of a
    village and a square takes its place.
    """
    with closing(sqlite3.connect(database)) as connection:
        communes = pd.read_sql_query(_QUERY, connection, index_col="code")
    communes = _to_metres(_around(communes))
    communes["in_city"] = communes.pop("provinceCode") == _HANOI
    return _widen_villages(_drop_misplaced(communes))


def _around(communes: pd.DataFrame) -> pd.DataFrame:
    pattern = r"(?P<south>[\d.]+),(?P<west>[\d.]+) – (?P<north>[\d.]+),(?P<east>[\d.]+)"
    degrees = communes.pop("bounds").str.extract(pattern).astype(float)
    west, south, east, north = _AROUND_DEGREES
    near = (degrees["east"] > west) & (degrees["west"] < east)
    near &= (degrees["north"] > south) & (degrees["south"] < north)
    return communes.join(degrees)[near]


def _to_metres(communes: pd.DataFrame) -> pd.DataFrame:
    # Whole metres: the same on every platform, and far finer than what the extents are worth.
    transform = Transformer.from_crs(4326, METRES, always_xy=True).transform

    def metres(lon: pd.Series, lat: pd.Series) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        x, y = transform(lon.to_numpy(), lat.to_numpy())
        return np.round(x), np.round(y)

    middle_lon = communes[["west", "east"]].mean(axis=1)
    middle_lat = communes[["south", "north"]].mean(axis=1)
    x, y = metres(communes["lon"], communes["lat"])
    west, east = (metres(communes[side], middle_lat)[0] for side in ("west", "east"))
    south, north = (metres(middle_lon, communes[side])[1] for side in ("south", "north"))
    return communes.drop(columns=["lon", "lat"]).assign(
        x=x, y=y, west=west, east=east, south=south, north=north
    )


def _drop_misplaced(communes: pd.DataFrame) -> pd.DataFrame:
    # A commune outside with the very centre of one in Hà Nội: its namesake was found in its place.
    in_city = communes.loc[communes["in_city"], ["x", "y"]]
    namesake = pd.MultiIndex.from_frame(communes[["x", "y"]]).isin(pd.MultiIndex.from_frame(in_city))
    return communes[communes["in_city"] | ~namesake].copy()


def _widen_villages(communes: pd.DataFrame) -> pd.DataFrame:
    area = (communes["east"] - communes["west"]) * (communes["north"] - communes["south"])
    median = area.groupby([communes["in_city"], communes["district_code"]]).transform("median")
    communes["known"] = area >= _VILLAGE_SHARE * median
    half = np.round(np.sqrt(_ROOM_FOR_UNKNOWN * median) / 2)
    for side, axis, sign in (("west", "x", -1), ("east", "x", 1), ("south", "y", -1), ("north", "y", 1)):
        communes[side] = communes[side].where(communes["known"], communes[axis] + sign * half)
    return communes
