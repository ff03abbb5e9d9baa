"""GDAL behind its door: what it may open, which of two libraries looks first, and what a layer is.

GDAL opens by content, whatever a file is called. fiona obeys a list of drivers, so it has to open a file with
the one driver of its format before pyogrio, which reads in bulk, does. A GeoPackage that says so in its head
needs no second library, which takes a tenth of a short command to import: GDAL's own driver takes it before
any other, and is asked for its name before anything is read.
"""

from __future__ import annotations

import sys
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyproj

from clusters_geo.errors import SourceError
from clusters_geo.reading.formats import FORMATS, REGISTERS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import fiona

    from clusters_geo.reading.opening import InputFile, Staged

__all__ = [
    "MOST_LAYERS",
    "RAW_BYTES",
    "Layer",
    "address",
    "bring_readers",
    "guarded",
    "layer_names",
    "looked_into",
    "quiet",
]

RAW_BYTES = "ISO-8859-1"
# Where several are read as one, each is read by itself; a province has at most some thirty districts.
MOST_LAYERS = 100
# Sheets and text need none of the readers of layers.
_PLAIN = {e for f in FORMATS if f.name in REGISTERS for e in f.endings}
# Where SQLite's head says what program a database is of.
_APPLICATION_ID = slice(68, 72)

_GDAL_OPTIONS = {
    "GML_FIELDTYPES": "ALWAYS_STRING",
    "GDAL_PAM_ENABLED": "NO",
    # Styles of KML may lie at any address.
    "LIBKML_RESOLVE_STYLE": "NO",
    "LIBKML_EXTERNAL_STYLE": "NO",
    # GDAL loses the last letter of each text in Windows-1258; so texts of drawings arrive as bytes.
    "DXF_ENCODING": RAW_BYTES,
}


@dataclass(frozen=True, slots=True)
class Layer:
    """What lies in a file, before its features are read.

    `part` counts the files that a KMZ is made of; in it the layer may be called otherwise, `inner`.
    """

    name: str
    shape: str
    crs: pyproj.CRS | None
    fields: tuple[str, ...]
    rows: int
    part: int = 0
    inner: str = ""


def bring_readers(file: InputFile) -> None:
    """Import what reads a file before there is a child, so that the next child has it too."""
    import geopandas as gpd

    del gpd
    if file.path.suffix.lower() in _PLAIN:
        from clusters_geo.reading import registers, shape_text

        del registers, shape_text
        return
    import pyogrio

    del pyogrio
    if not _is_geopackage(file.path):
        import fiona

        del fiona


@contextmanager
def guarded(source: Staged) -> Iterator[None]:
    """Let GDAL guess no kind of value where a format has none, and look for no files beside."""
    if not source.format.driver:
        yield
        return
    import pyogrio

    before = {name: pyogrio.get_gdal_config_option(name) for name in _GDAL_OPTIONS}
    pyogrio.set_gdal_config_options(_GDAL_OPTIONS)
    try:
        with _without_undecodable(), _with_fiona(source):
            yield
    finally:
        pyogrio.set_gdal_config_options(before)


@contextmanager
def _with_fiona(source: Staged) -> Iterator[None]:
    if not _looks_first(source):
        yield
        return
    import fiona

    # Only where there is none: an existing index would be written anew, in the owner's folder.
    with fiona.Env(SHAPE_RESTORE_SHX=".shx" in source.missing, **_GDAL_OPTIONS):
        yield


def _looks_first(source: Staged) -> bool:
    """Return whether fiona, which obeys a list of drivers, has to open a file before pyogrio does."""
    return source.format.fiona and not (source.format.driver == "GPKG" and _is_geopackage(source.path))


def _is_geopackage(file: Path) -> bool:
    """Return whether a database calls itself a GeoPackage, as the standard has it (OGC 12-128, req. 2)."""
    if file.suffix.lower() != ".gpkg":
        return False
    with file.open("rb") as opened:
        head = opened.read(_APPLICATION_ID.stop)
    return head.startswith(b"SQLite format 3\x00") and head[_APPLICATION_ID] in {b"GPKG", b"GP10", b"GP11"}


@contextmanager
def _without_undecodable() -> Iterator[None]:
    """Let fiona be silent where GDAL quotes damaged bytes: it fails to decode them, and prints tracebacks."""
    unraisable, uncaught = sys.unraisablehook, sys.excepthook
    sys.unraisablehook = lambda told: (
        None if isinstance(told.exc_value, UnicodeDecodeError) else unraisable(told)
    )
    sys.excepthook = lambda kind, error, trace: (
        None if kind is UnicodeDecodeError else uncaught(kind, error, trace)
    )
    try:
        yield
    finally:
        sys.unraisablehook, sys.excepthook = unraisable, uncaught


def layer_names(source: Staged, part: int) -> list[tuple[str, str]]:
    """Return the layers of one part of a file, each with its kind of shape, "" for none."""
    import pyogrio

    allowed = None
    if _looks_first(source):
        import fiona

        allowed = fiona.listlayers(source.path, allowed_drivers=[source.format.driver])
    with quiet():
        listed = {str(n): str(k) if k else "" for n, k in pyogrio.list_layers(address(source, part))}
    return [(n, k) for n, k in listed.items() if allowed is None or n in allowed]


def looked_into(source: Staged, part: int, name: str, shape: str) -> Layer:
    """Return what lies in a layer, after a look at its head.

    Raises
    ------
    SourceError
        If another driver than the format's has opened the file.
    """
    if _looks_first(source):
        import fiona

        allowed = {"layer": name, "allowed_drivers": [source.format.driver]}
        with fiona.open(source.path, **allowed) as opened:
            try:
                fields = tuple(opened.schema["properties"])
            except UnicodeDecodeError:
                # GDAL cuts names of columns in the middle of a letter; what is left is told later.
                fields = ()
            crs, rows = opened.crs_wkt, _count(opened)
    else:
        import pyogrio

        with quiet():
            info = pyogrio.read_info(address(source, part), layer=name)
        if info["driver"] != source.format.driver:
            raise SourceError("source.other-driver", path=source.original, driver=info["driver"])
        crs, fields, rows = info["crs"], tuple(info["fields"]), info["features"]
    return Layer(name, shape, pyproj.CRS.from_user_input(crs) if crs else None, fields, rows, part)


def _count(opened: fiona.Collection) -> int:
    try:
        return len(opened)
    except TypeError:
        # Drawings and MIF are counted only by reading them.
        return -1


def address(source: Staged, part: int) -> str:
    """Return how a part of a file is called for GDAL."""
    # The prefix binds GDAL to one driver.
    return f"GeoJSON:{source.path}" if source.format.name == "GeoJSON" else str(source.parts[part])


@contextmanager
def quiet() -> Iterator[list[warnings.WarningMessage]]:
    """Let GDAL's warnings be a list instead of lines on the screen."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        yield said
