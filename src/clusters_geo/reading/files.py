"""One vector layer from one file: looked into with fiona behind an allow-list, then read in bulk by pyogrio.

GDAL opens by content: a virtual-format file named `.geojson` can point to any other file or to the network.
So the driver is fixed by the file's extension, and fiona, which obeys, must be able to open it with that
driver before anything is read.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pyproj

from clusters_geo.errors import CRSError, SourceError

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["DRIVERS", "Layer", "look_into", "read_layer"]

DRIVERS = {
    ".geojson": "GeoJSON",
    ".json": "GeoJSON",
    ".gpkg": "GPKG",
    ".fgb": "FlatGeobuf",
    ".shp": "ESRI Shapefile",
}


@dataclass(frozen=True, slots=True)
class Layer:
    """What fiona found in a file before reading it."""

    path: Path
    driver: str
    name: str
    crs: pyproj.CRS | None
    fields: tuple[str, ...]
    features: int


def look_into(path: str | os.PathLike[str], *, layer: str | None = None) -> Layer:
    """Return what a file holds, without reading its features.

    Parameters
    ----------
    path
        A GeoJSON, GeoPackage, FlatGeobuf or Shapefile on this machine.
    layer
        Which layer; needed only where there are several.

    Raises
    ------
    SourceError
        If there is no such file, it is not a plain file, its format is not supported or not what its name
        says, or it has several layers and none was named.
    """
    import fiona

    file = _plain_file(path)
    driver = _driver(file)
    try:
        names = fiona.listlayers(file, allowed_drivers=[driver])
        name = _one_layer(file, names, layer)
        with fiona.open(file, layer=name, allowed_drivers=[driver]) as source:
            crs = source.crs_wkt
            fields = tuple(source.schema["properties"])
            features = len(source)
    except (fiona.errors.FionaError, OSError, ValueError) as error:
        if isinstance(error, SourceError):
            raise
        msg = f"{file} is not a readable {driver} file ({_first_line(error)}). Was it renamed or cut short?"
        raise SourceError(msg) from error
    return Layer(file, driver, name, pyproj.CRS.from_wkt(crs) if crs else None, fields, features)


def read_layer(
    path: str | os.PathLike[str], *, layer: str | None = None, crs: str | int | None = None
) -> gpd.GeoDataFrame:
    """Return all features of one layer.

    Parameters
    ----------
    path, layer
        As in `look_into`.
    crs
        The coordinate system to assume where the file names none.

    Raises
    ------
    SourceError
        As `look_into`.
    CRSError
        If neither the file nor `crs` says in which coordinate system it is, or they contradict each other.
    """
    import geopandas as gpd

    found = look_into(path, layer=layer)
    assumed = None if crs is None else pyproj.CRS.from_user_input(crs)
    if found.crs is None and assumed is None:
        msg = (
            f"{found.path} does not say in which coordinate system it is. Say it with crs=, for example "
            'crs="EPSG:5897" (VN-2000, Hà Nội) or crs="EPSG:4326" (longitude and latitude).'
        )
        raise CRSError(msg)
    if found.crs is not None and assumed is not None and found.crs != assumed:
        msg = f"{found.path} says it is in {found.crs.name}, but crs= says {assumed.name}. Leave crs= out."
        raise CRSError(msg)
    table = gpd.read_file(found.path, layer=found.name, engine="pyogrio")
    if not isinstance(table, gpd.GeoDataFrame):
        msg = f"{found.path}, layer {found.name}: there is no geometry in it."
        raise SourceError(msg)
    return table if table.crs is not None else table.set_crs(assumed)


def _plain_file(path: str | os.PathLike[str]) -> Path:
    file = Path(path)
    try:
        mode = os.stat(file).st_mode  # noqa: PTH116 - Path.stat would hide which name failed
    except (OSError, ValueError) as error:
        msg = f"There is no file {str(path)[:200]!r} on this machine. Check the name; a URL is not opened."
        raise SourceError(msg) from error
    if not stat.S_ISREG(mode):
        msg = f"{file} is a folder or a device. Name a file in it."
        raise SourceError(msg)
    return file.absolute()


def _driver(file: Path) -> str:
    driver = DRIVERS.get(file.suffix.lower())
    if driver is None:
        msg = f"{file} has the ending {file.suffix!r}; supported are {', '.join(DRIVERS)}. Convert it first."
        raise SourceError(msg)
    return driver


def _one_layer(file: Path, names: list[str], wanted: str | None) -> str:
    if wanted is None and len(names) == 1:
        return names[0]
    if wanted in names:
        return str(wanted)
    listed = ", ".join(names) or "none"
    problem = f"has {len(names)} layers" if wanted is None else f"has no layer {wanted!r}"
    msg = f"{file} {problem}; it has: {listed}. Name one with layer=."
    raise SourceError(msg)


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
