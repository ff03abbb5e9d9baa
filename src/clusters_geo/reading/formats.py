"""The formats that are read: by which ending and content each is known, and what may lie beside it.

This table is the allow-list: what is not in it is not opened. The page "Files we read" is made from it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clusters_geo.errors import SourceError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["FORMATS", "REGISTERS", "Format", "identify", "known_endings"]

_HEAD_BYTES = 65_536

# Files of these kinds name other files, databases or addresses, and GDAL follows them.
_INDIRECTION = re.compile(
    rb"<(?:OGRVRT|VRT|OGRWFS|OGCAPI|GDAL|GTI)|gdal_streamed_alg|gdalg_|/vsi(?!ble)[a-z0-9_]{2,}/",
    re.IGNORECASE,
)
_TEXT_START = rb"\A(?:\xef\xbb\xbf)?+\s*+"
# Atomic: what was taken for a comment is never taken for anything else, or time doubles with each.
_XML_START = _TEXT_START + (
    rb"(?:<!--(?>.*?-->)\s*+|<\?(?>.*?\?>)\s*+|<!DOCTYPE[^\[>]{0,500}+(?:\[[^\]]{0,9000}+\]\s*+)?>\s*+)*+"
)


@dataclass(frozen=True, slots=True)
class Format:
    """One format: how to know it, who reads it, what belongs to it."""

    name: str
    endings: tuple[str, ...]
    content: re.Pattern[bytes]
    driver: str = ""
    fiona: bool = True
    needed: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    is_text: bool = False
    remark: str = ""


def _content(pattern: bytes) -> re.Pattern[bytes]:
    return re.compile(pattern, re.DOTALL | re.IGNORECASE)


FORMATS: tuple[Format, ...] = (
    Format("GeoPackage", (".gpkg",), _content(rb"\ASQLite format 3\x00"), "GPKG", beside=(".gpkg-wal",)),
    Format(
        "Shapefile",
        (".shp",),
        _content(rb"\A\x00\x00\x27\x0a"),
        "ESRI Shapefile",
        needed=(".dbf",),
        beside=(".shx", ".prj", ".cpg", ".columns.csv"),
        remark="a missing .shx is rebuilt; a missing .dbf or .prj is said",
    ),
    Format(
        "GeoJSON",
        (".geojson", ".json"),
        _content(_TEXT_START + rb"\{"),
        "GeoJSON",
        is_text=True,
        remark="checked member by member: repeated keys, unclosed rings, numbers that are none",
    ),
    Format("FlatGeobuf", (".fgb",), _content(rb"\Afgb\x03fgb"), "FlatGeobuf"),
    Format("GeoParquet", (".parquet", ".geoparquet"), _content(rb"\APAR1"), remark="read by pyarrow"),
    Format(
        "KML",
        (".kml",),
        _content(_XML_START + rb"<(?:\w+:)?kml[\s>]"),
        "LIBKML",
        fiona=False,
        is_text=True,
        remark="each folder with places is a layer; network links are not followed, but said",
    ),
    Format(
        "KMZ",
        (".kmz",),
        _content(rb"\APK\x03\x04"),
        "LIBKML",
        fiona=False,
        remark="each KML in it is read by itself",
    ),
    Format(
        "GML",
        (".gml",),
        _content(_XML_START + rb"<(?:\w+:)?\w*(?:FeatureCollection|SpatialDataSet)[\s>]"),
        "GML",
        is_text=True,
        remark="schemas it refers to are not opened; every value arrives as text",
    ),
    Format(
        "MapInfo TAB",
        (".tab",),
        _content(_TEXT_START + rb"!table"),
        "MapInfo File",
        needed=(".dat",),
        beside=(".map", ".id", ".ind"),
        is_text=True,
        remark="native tables only; views and seamless tables name other files",
    ),
    Format(
        "MapInfo MIF",
        (".mif",),
        _content(_TEXT_START + rb"Version\s"),
        "MapInfo File",
        beside=(".mid",),
        is_text=True,
    ),
    Format(
        "DXF",
        (".dxf",),
        _content(_TEXT_START + rb"(?:0\s*\r?\n\s*SECTION|999\s*\r?\n)"),
        "DXF",
        is_text=True,
        remark="closed outlines become shapes, the labels inside them their names",
    ),
    Format(
        "DGN v7",
        (".dgn",),
        _content(rb"\A(?:[\x08\xc8]\x05\x17\xfe|\x08\x09\xfe\x02)"),
        "DGN",
        remark="as DXF; a V8 file must be saved as V7 or DXF",
    ),
    Format("FileGDB", (".gdb",), _content(rb""), "OpenFileGDB", remark="the folder, or zipped"),
    Format(
        "CSV",
        (".csv", ".tsv", ".txt"),
        _content(rb"\A[^\x00]"),
        is_text=True,
        remark="a register, or a table of corner points; UTF-16 too",
    ),
    Format("XLSX", (".xlsx", ".xlsm"), _content(rb"\APK\x03\x04"), remark="a register or corner points"),
    Format(
        "XLS",
        (".xls",),
        _content(
            rb"\A(?:\xd0\xcf\x11\xe0|PK\x03\x04|(?:\xef\xbb\xbf)?\s*<(?:html|head|meta|table"
            rb"|!doctype html|\?xml)"
            rb"|\xff\xfe|(?:\xef\xbb\xbf)?[^\x00\r\n<{]*\t)"
        ),
        remark="Excel 97–2003; web pages, XML and text that were saved under this name too",
    ),
    Format("XLSB", (".xlsb",), _content(rb"\APK\x03\x04"), remark="values only: no formats, nothing hidden"),
    Format("ODS", (".ods",), _content(rb"\APK\x03\x04"), remark="LibreOffice"),
    Format(
        "DOCX", (".docx",), _content(rb"\APK\x03\x04"), remark="the tables of a document, such as an annex"
    ),
)

# Formats whose text is decoded here, as a whole.
REGISTERS = frozenset({"CSV", "XLSX", "XLSB", "XLS", "ODS", "DOCX"})

_BY_ENDING = {ending: f for f in FORMATS for ending in f.endings}

_UTF_16 = "text in UTF-16"

# What people send under another name, and what to do with it.
_STRANGERS: tuple[tuple[re.Pattern[bytes], str, str], ...] = (
    (_content(_TEXT_START + rb"<(?:!doctype html|html)"), "a web page", "Download the file itself again"),
    (_content(rb"\A%PDF"), "a PDF document", "Ask for the data behind it"),
    (_content(rb"\AAC10\d\d"), "an AutoCAD DWG drawing", "Save it as DXF"),
    (
        _content(rb"\A\xd0\xcf\x11\xe0"),
        "an old Office file or a DGN V8 drawing",
        "Save it as XLSX, DGN V7 or DXF",
    ),
    (_content(rb"\APK\x03\x04"), "a zip archive", "Give it the ending .zip"),
    (_content(rb"\A(?:Rar!|7z\xbc\xaf|\x1f\x8b|BZh|\xfd7zXZ)"), "a compressed archive", "Unpack it first"),
    (_content(rb"\A(?:\xff\xfe|\xfe\xff)"), _UTF_16, "Save it as UTF-8"),
    (_content(_TEXT_START + rb"<(?:\?xml|\w)"), "an XML file of another kind", "Export it again"),
)


def known_endings() -> tuple[str, ...]:
    """Return every file ending that is read, archives included.

    Examples
    --------
    >>> ".gpkg" in known_endings()
    True
    """
    return (*_BY_ENDING, ".zip")


# Beside a file that is open, with the name of who opened it.
_OFFICE_LOCK, _LIBREOFFICE_LOCK = "~$", ".~lock."


def identify(file: Path) -> Format:
    """Return the format of a file: its ending says which, its content must agree.

    Raises
    ------
    SourceError
        If the ending is not on the list, the content is another, or it refers to other files.
    """
    found = _BY_ENDING.get(file.suffix.lower())
    if file.name.startswith(_LIBREOFFICE_LOCK):
        meant = file.name.removeprefix(_LIBREOFFICE_LOCK).rstrip("#")
        raise SourceError("source.lock-file", file=file.name, meant=meant)
    if found is None:
        raise SourceError(
            "source.ending", file=file.name, ending=file.suffix, endings=", ".join(known_endings())
        )
    if file.is_dir():
        return found
    with file.open("rb") as opened:
        head = opened.read(_HEAD_BYTES)
    if not head.strip():
        raise SourceError("source.empty", file=file.name, size=file.stat().st_size)
    if found.driver:
        _refuse_indirection(file, head)
    stranger = _stranger(head)
    if not found.content.match(head) or (found.name == "CSV" and stranger and stranger[0] != _UTF_16):
        if file.name.startswith(_OFFICE_LOCK):
            raise SourceError("source.lock-file", file=file.name, meant=file.name.removeprefix(_OFFICE_LOCK))
        what, fix = stranger or ("something else", "Was it renamed or damaged? Export it again")
        told = {"format": found.name, "what": {"say": what}, "fix": {"say": fix}}
        raise SourceError("source.other-content", file=file.name, **told)
    return found


def _refuse_indirection(file: Path, head: bytes) -> None:
    # GDAL looks for these words only up to the first NUL, which every binary format has at its start.
    if b"\x00" in head[:16]:
        return
    hit = _INDIRECTION.search(head)
    if hit:
        raise SourceError("source.refers", file=file.name, start=hit[0].decode("latin-1"))


def _stranger(head: bytes) -> tuple[str, str] | None:
    return next(((what, fix) for pattern, what, fix in _STRANGERS if pattern.match(head)), None)
