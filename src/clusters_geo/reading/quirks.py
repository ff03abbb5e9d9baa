"""GeoJSON looked through before GDAL sees it, because GDAL mends in silence or complains without a row.

Whole numbers beyond 2^63, `NaN`, repeated keys, unclosed rings and ids used twice are legal to one reader
and not to the next; here each is named with the row it stands in.
"""

from __future__ import annotations

import codecs
import contextlib
import csv
import re
import sqlite3
import struct
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np

from clusters_geo.errors import SourceError
from clusters_geo.reading.json_stream import JSONStream
from clusters_geo.reading.limits import refuse_wide

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pandas as pd

    from clusters_geo.reading.notes import LoadReport
    from clusters_geo.reading.opening import Staged

__all__ = [
    "codec_named",
    "counted_rows",
    "declared_encoding",
    "deleted_rows",
    "full_names",
    "look_through",
    "refuse_cut_short",
]

_FEWEST_POSITIONS = 4
_SHOWN = 5

_SHAPES = (
    "Point",
    "MultiPoint",
    "LineString",
    "MultiLineString",
    "Polygon",
    "MultiPolygon",
    "GeometryCollection",
)


def look_through(file: Path, report: LoadReport) -> None:
    """Refuse what cannot be read without a guess, and note what can; feature by feature, whatever the size.

    Raises
    ------
    SourceError
        With the line or the row and the member that is wrong.
    """
    stream, members = JSONStream(file), {}
    seen: _Seen | None = None
    for key in stream.members():
        if key == "features" and stream.is_array():
            seen = _Seen(file)
            for feature in stream.elements():
                seen.look_at(feature)
        else:
            members[key] = stream.value()
    crs = members.get("crs")
    if isinstance(crs, dict) and "link" in crs:
        report.note("crs.link", link=str(crs["link"])[:80])
    kind = members.get("type")
    if kind not in {"FeatureCollection", "Feature", *_SHAPES}:
        code = "geojson.topology" if kind == "Topology" else "geojson.other"
        raise SourceError(code, file=file.name, kind=kind)
    if kind == "FeatureCollection" and seen is None:
        raise _no_list(file)
    if kind != "FeatureCollection":
        seen = _Seen(file)
        seen.look_at(members if kind == "Feature" else {"geometry": members})
    if seen is not None:
        seen.tell(report)


@dataclass(slots=True)
class _Seen:
    """What was seen of the features so far: few of them are kept, so that memory stays small."""

    file: Path
    rows: int = 0
    keys: set[str] = field(default_factory=set)
    ids: dict[str | int, int] = field(default_factory=dict)
    twice: dict[str | int, list[int]] = field(default_factory=dict)
    kinds: dict[str, dict[str, int]] = field(default_factory=dict)

    def look_at(self, feature: object) -> None:
        """Check one feature, and remember its id and the kinds of its values."""
        if not isinstance(feature, dict):
            raise _no_list(self.file)
        self.rows += 1
        _check_shape(self.file, self.rows, feature.get("geometry"))
        own = feature.get("id")
        if isinstance(own, str | int) and (first := self.ids.setdefault(own, self.rows)) != self.rows:
            self.twice.setdefault(own, [first]).append(self.rows)
        members = feature.get("properties")
        if not isinstance(members, dict):
            return
        self.keys.update(members)
        refuse_wide(self.file.name, len(self.keys), self.rows)
        for key, value in members.items():
            if value is not None:
                self.kinds.setdefault(key, {}).setdefault(_kind(value), self.rows)

    def tell(self, report: LoadReport) -> None:
        """Note ids used twice, and columns of several kinds."""
        if self.twice:
            rows = sorted(row for listed in self.twice.values() for row in listed)
            ids = [str(i) for i in sorted(self.twice, key=str)]
            report.note("rows.feature-ids", rows, ids=ids[:_SHOWN])
        for key, kinds in self.kinds.items():
            if len(kinds) > 1:
                said = [{"say": kind, "row": row} for kind, row in kinds.items()]
                report.note("columns.mixed", kinds.values(), column=key, kinds=said)


def _no_list(file: Path) -> SourceError:
    return SourceError("geojson.no-list", file=file.name)


def _check_shape(file: Path, row: int, shape: object) -> None:
    if shape is None:
        return
    kind = shape.get("type") if isinstance(shape, dict) else None
    if not isinstance(shape, dict) or kind not in _SHAPES:
        raise SourceError("geojson.kind", file=file.name, row=row, kind=kind, shapes=", ".join(_SHAPES))
    if kind == "GeometryCollection":
        for part in shape.get("geometries") or []:
            _check_shape(file, row, part)
        return
    for ring in _rings(str(kind), shape.get("coordinates")):
        if not isinstance(ring, list) or (ring and (len(ring) < _FEWEST_POSITIONS or ring[0] != ring[-1])):
            raise SourceError("geojson.open-ring", file=file.name, row=row)


def _rings(kind: str, coordinates: object) -> Iterator[object]:
    parts = coordinates if isinstance(coordinates, list) else []
    if kind == "Polygon":
        yield from parts
    elif kind == "MultiPolygon":
        for part in parts:
            yield from part if isinstance(part, list) else [part]


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "flags"
    if isinstance(value, int | float):
        return "numbers"
    return "words" if isinstance(value, str) else "lists"


_SHP_HEADER, _DBF_HEADER, _LANGUAGE_BYTE = 100, 32, 29


def refuse_cut_short(source: Staged) -> None:
    """Compare what the two headers of a Shapefile promise with what is there.

    Raises
    ------
    SourceError
        If the table is missing, or one of the two is shorter than it says.
    """
    if ".dbf" in source.missing:
        raise SourceError("shapefile.no-dbf", path=source.original)
    shapes = source.path.stat().st_size
    with source.path.open("rb") as opened:
        header = opened.read(_SHP_HEADER)
    promised = 2 * struct.unpack(">i", header[24:28])[0] if len(header) == _SHP_HEADER else _SHP_HEADER
    table = source.path.with_suffix(".dbf")
    with table.open("rb") as opened:
        header = opened.read(_DBF_HEADER)
    rows, start, width = (
        struct.unpack("<IHH", header[4:12]) if len(header) == _DBF_HEADER else (1, _DBF_HEADER, 0)
    )
    for file, has, needs in (
        (".shp", shapes, promised),
        (".dbf", table.stat().st_size, start + rows * width),
    ):
        if has < needs:
            raise SourceError("shapefile.short", path=source.original, file=file, has=has, needs=needs)


def deleted_rows(table: Path) -> int:
    """Return how many rows of a dBase table are marked as deleted; they stay in the file until it is packed.

    Examples
    --------
    >>> head = bytes(4) + struct.pack("<IHH", 2, 32, 3) + bytes(20)
    >>> _ = (tmp / "a.dbf").write_bytes(head + b" 12*34")
    >>> deleted_rows(tmp / "a.dbf")
    1
    """
    with table.open("rb") as opened:
        header = opened.read(_DBF_HEADER)
    rows, start, width = struct.unpack("<IHH", header[4:12]) if len(header) == _DBF_HEADER else (0, 0, 0)
    rows = min(rows, (table.stat().st_size - start) // width) if width else 0
    if rows <= 0:
        return 0
    marks = np.memmap(table, np.uint8, "r", start, (rows * width,))[::width]
    return int((marks == ord("*")).sum())


def counted_rows(database: Path, layer: str) -> int:
    """Return how many rows a layer of a GeoPackage has; the counter in it may be of another day."""
    address = f"{database.resolve().as_uri()}?mode=ro"
    quoted = layer.replace('"', '""')
    with contextlib.closing(sqlite3.connect(address, uri=True)) as db:
        return int(db.execute(f'SELECT count(*) FROM "{quoted}"').fetchone()[0])  # noqa: S608 - quoted


def declared_encoding(source: Staged) -> str:
    """Return what a Shapefile states of its encoding, in Python's name; "" if nothing.

    The .cpg states it, otherwise the language byte of the table. That of "ANSI", which programs write without
    being asked, states nothing.
    """
    declared = source.path.with_suffix(".cpg")
    if declared.exists():
        with declared.open("rb") as opened:
            return codec_named(opened.read(40).decode("ascii", "replace"))
    with source.path.with_suffix(".dbf").open("rb") as opened:
        header = opened.read(_DBF_HEADER)
    return _dbase_languages().get(header[_LANGUAGE_BYTE], "") if len(header) == _DBF_HEADER else ""


def codec_named(text: str) -> str:
    """Return Python's name of an encoding as files state it; "" if it is none.

    Examples
    --------
    >>> [codec_named(text) for text in ("UTF-8", "ANSI 1258", "936", "88591", "EUC-KR", "SYSTEM", "OEM")]
    ['utf-8', 'cp1258', 'cp936', 'iso-8859-1', 'euc-kr', '', '']
    """
    name = text.strip().strip("\0").lower()
    found = re.fullmatch(r"(?:(?:ansi|cp|windows|oem|ibm|ms|code ?page)[ _-]?)?(\d{3,5})", name)
    if found:
        number = found[1]
        name = "utf-8" if number == "65001" else f"cp{number}"
    if iso := re.fullmatch(r"(?:iso)?[ _-]?8859[ _-]?(\d{1,2})", text.strip().strip("\0").lower()):
        name = f"iso-8859-{iso[1]}"
    try:
        codecs.lookup(name)
    except (LookupError, ValueError):
        return ""
    return name


@cache
def _dbase_languages() -> dict[int, str]:
    text = resources.files("clusters_geo.data").joinpath("dbase_languages.csv").read_text(encoding="utf-8")
    return {int(row["byte"], 16): row["codec"] for row in csv.DictReader(text.splitlines())}


def full_names(source: Staged, table: pd.DataFrame) -> pd.DataFrame:
    """Return a Shapefile's table with the names that did not fit, from the list written beside it."""
    names = source.path.with_suffix(".columns.csv")
    if not names.exists():
        return table
    with names.open(encoding="utf-8", newline="") as opened:
        rows = {row[0]: row[1] for row in csv.reader(opened) if len(row) == len(("short", "column"))}
    return table.rename(columns={short: full for short, full in rows.items() if full not in table})
