"""What may be opened at all: one plain file of a known format, and what belongs to it.

The file and its sidecars are linked into a private folder and read there. Nothing else lies in that folder,
so a reader that looks for neighbours finds none, and what readers leave behind goes away with it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import re
import shutil
import sqlite3
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from clusters_geo.errors import SourceError, without_secrets
from clusters_geo.reading.archives import plain_stem, unpack, unpack_kmz
from clusters_geo.reading.child import private_folder
from clusters_geo.reading.formats import Format, identify

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MAX_BYTES", "MODEL_LEFT_OUT", "InputFile", "Staged", "checked_file", "opened", "staged"]

MAX_BYTES = 1 << 30

_MB = 1e6
_PACKED = {".zip", ".kmz", ".xlsx", ".xlsm", ".docx", ".ods", ".parquet", ".geoparquet"}
_TYPICAL_EXPANSION = 20
_LOCK_WAIT_S = 1.0
_SHOWN = 80
_MAX_HEADER_BYTES = 1 << 20

# Virtual tables other than search indexes, and functions that GDAL gives to SQL, in a table, view or trigger.
_REACHES_OUT = re.compile(
    r"^\s*CREATE\s+VIRTUAL\s(?!.*\bUSING\s+[\"']?(?:rtree|fts[345])\b)"
    r"|\b(?:(?:ogr|gdal)_\w+|load_extension|readfile|writefile)\s*\(",
    re.IGNORECASE | re.DOTALL,
)
MODEL_LEFT_OUT = b"<!-- clusters-geo: a model -->"
_MODEL = re.compile(rb"<((?:\w{1,20}+:)?+)Model\b[^<>]*?(/?)>")

# Of a GeoJSON up to this size a copy is read if it links to coordinate systems; a larger one is refused.
_MAX_REWRITTEN_BYTES = 64 << 20
_SEAM_BYTES = 1_024
_MAY_LINK = re.compile(rb"link|url|\\u", re.IGNORECASE)
_LINKED_CRS = re.compile(rb'"crs"\s*+:\s*+\{[^{}]{0,200}"type"\s*+:\s*+"(?:link|url)"', re.IGNORECASE)
# What GeoJSON is in where it says nothing.
_NOT_FOLLOWED = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}

_VIEW = re.compile(r"\s*+CREATE\s++(?:TEMP(?:ORARY)?\s++)?VIEW\b", re.IGNORECASE)
_RECURSIVE = re.compile(r"\bRECURSIVE\b", re.IGNORECASE)
# SQLite's own instructions, some 50 million a second.
_INSTRUCTIONS_A_STEP, _VIEW_STEPS, _VIEW_SECONDS = 1_000_000, 200, 5

_COPIED = {"GML", "MapInfo MIF", "MapInfo TAB"}

_FETCHED = re.compile(r"^(?:/vsicurl/)?(https?://.+)", re.IGNORECASE | re.DOTALL)
_IN_ARCHIVE = re.compile(r"^/vsizip/\{?(.+?\.zip)\}?(?:/(.+?))?/?$", re.IGNORECASE | re.DOTALL)

_NOT_A_PATH = (
    (re.compile(r"^\s*[\[{<]"), "path.data"),
    (
        re.compile(r"^(?:/vsicurl/)?https?://", re.IGNORECASE),
        "path.address",
    ),
    (
        re.compile(r"^/vsizip/.+\.zip", re.IGNORECASE | re.DOTALL),
        "path.in-archive",
    ),
    (
        re.compile(r"^/?vsi\w|^/vsi", re.IGNORECASE),
        "path.virtual",
    ),
    (
        re.compile(r"^\w[\w+.-]+://"),
        "path.never-fetched",
    ),
    (
        re.compile(
            r"^(?:PG|MYSQL|MSSQL|OCI|ODBC|WFS|OAPIF|GPKG|GeoJSON|ES|MVT|ESRIJSON|TopoJSON):", re.IGNORECASE
        ),
        "path.connection",
    ),
    (re.compile(r"[\x00\r\n]"), "path.control"),
)


@dataclass(frozen=True, slots=True)
class Staged:
    """A file that may be opened: where its private copy lies, its format, and what is missing beside it.

    `parts` are the files to read, each by itself: the KML files of a KMZ, otherwise `path` alone.
    """

    path: Path
    original: str
    format: Format
    parts: tuple[Path, ...]
    missing: tuple[str, ...] = ()


def checked_file(path: str | os.PathLike[str], *, allow_large: bool = False) -> Path:
    """Return the absolute path of a plain file that exists and is not too large.

    Raises
    ------
    SourceError
        If it is an address, a virtual path, data, a folder (other than a FileGDB), a pipe or a device, does
        not exist, may not be read, or is larger than 1 GiB without `allow_large`.

    Examples
    --------
    >>> checked_file("https://example.org/a.geojson")
    Traceback (most recent call last):
    clusters_geo.errors.SourceError: 'https://example.org/a.geojson' is an address on a network. Download ...
    """
    text = os.fspath(path)
    file = Path(text)
    # A folder may be called "https:"; an address never means what lies in it.
    if "://" in text:
        _refuse_other_than_path(text)
    try:
        found = file.stat()
    except (OSError, ValueError) as error:
        _refuse_other_than_path(text)
        if isinstance(error, FileNotFoundError):
            raise SourceError("source.no-file", path=text[:200]) from error
        raise SourceError("source.absent", path=text[:200], reason=str(error)) from error
    if stat.S_ISDIR(found.st_mode) and file.suffix.lower() == ".gdb":
        return _checked_geodatabase(file.absolute())
    _refuse_other_than_plain(file, found)
    if found.st_size > MAX_BYTES and not allow_large:
        raise SourceError(
            "source.large", file=file, size=found.st_size / 1000000000.0, limit=MAX_BYTES / 1000000000.0
        )
    return file.absolute()


def _refuse_other_than_path(text: str) -> None:
    for pattern, code in _NOT_A_PATH:
        if pattern.search(text):
            shown = without_secrets(text)
            shown = shown if len(shown) <= _SHOWN else shown[:_SHOWN] + "…"
            raise SourceError(code, shown=shown)


def _refuse_other_than_plain(file: Path, found: os.stat_result) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise SourceError("source.folder", file=file)
    if not stat.S_ISREG(found.st_mode):
        raise SourceError("source.pipe", file=file)
    if not os.access(file, os.R_OK):
        raise SourceError("source.permission", file=file)


def _checked_geodatabase(folder: Path) -> Path:
    for member in folder.iterdir():
        if not stat.S_ISREG(member.lstat().st_mode):
            raise SourceError("source.gdb-member", folder=folder, member=member.name)
    if not (folder / "a00000001.gdbtable").exists():
        raise SourceError("source.not-gdb", folder=folder)
    return folder


@contextlib.contextmanager
def staged(path: str | os.PathLike[str], *, allow_large: bool = False) -> Iterator[Staged]:
    """Give a file in a private folder, with its sidecars and nothing else; archives are unpacked there.

    Raises
    ------
    SourceError
        As `checked_file` and `identify`; also for archives that expand too far, databases that are locked
        and files that refer to others.
    """
    original = checked_file(path, allow_large=allow_large)
    shown, member = (path.shown, path.member) if isinstance(path, InputFile) else (str(original), "")
    with private_folder() as private:
        folder = Path(private)
        if original.suffix.lower() == ".zip":
            source = unpack(original, folder / "unpacked", member, allow_large=allow_large)
        else:
            source = original
        found = identify(source)
        (folder / "read").mkdir()
        target, missing = _linked(source, found, folder / "read")
        _CHECKS.get(found.name, lambda _: None)(target)
        parts = _kmz_parts(target, folder, allow_large) if found.name == "KMZ" else (target,)
        yield Staged(parts[0], shown, found, parts, missing)


def _kmz_parts(file: Path, folder: Path, allow_large: bool) -> tuple[Path, ...]:  # noqa: FBT001
    parts = unpack_kmz(file, folder / "parts", allow_large=allow_large)
    for part in parts:
        identify(part)
        _check_kml(part)
    return parts


def _linked(source: Path, found: Format, folder: Path) -> tuple[Path, tuple[str, ...]]:
    # Readers match endings in lower case; what the layer is called comes from the stem.
    stem = plain_stem(source)
    target = folder / f"{stem}{source.suffix.lower()}"
    bring = _copy if found.name in _COPIED or _keeps_a_log(source, found) else _link
    bring(source, target)
    neighbours = _neighbours(source) if found.needed or found.beside else {}
    missing = []
    for ending in (*found.needed, *found.beside):
        neighbour = neighbours.get(ending)
        if neighbour is None:
            missing.append(ending)
            continue
        _refuse_other_than_plain(neighbour, neighbour.stat())
        bring(neighbour, folder / f"{stem}{ending}")
    return target, tuple(missing)


def _copy(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)


def _link(source: Path, target: Path) -> None:
    target.symlink_to(source, target_is_directory=source.is_dir())


def _keeps_a_log(source: Path, found: Format) -> bool:
    # SQLite writes beside a database in this mode even to read it; so the copy is read.
    if found.name != "GeoPackage":
        return False
    with source.open("rb") as opened:
        return opened.read(20)[18:19] == b"\x02"


def _neighbours(source: Path) -> dict[str, Path]:
    stem = source.stem.lower()
    siblings = (p for p in source.parent.iterdir() if p.name.lower().startswith(stem + "."))
    return {p.name[len(stem) :].lower(): p for p in siblings}


def _check_geopackage(file: Path) -> None:
    """Refuse a database that is locked, damaged, or whose tables reach outside it."""
    mode = "ro" if file.is_symlink() else "rw"
    address = f"{file.resolve().as_uri()}?mode={mode}"
    try:
        with contextlib.closing(sqlite3.connect(address, uri=True, timeout=_LOCK_WAIT_S)) as db:
            if mode == "rw":
                # The copy takes in what its log holds, and needs none any more.
                db.execute("PRAGMA journal_mode=DELETE")
                if db.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
                    raise SourceError("geopackage.other-log", file=file.name)
            db.text_factory = lambda content: content.decode("utf-8", "replace")
            rows = db.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    except (sqlite3.Error, UnicodeDecodeError) as error:
        # SQLite quotes damaged names in its message, which Python then fails to decode.
        said = str(error) if isinstance(error, sqlite3.Error) else {"say": "damaged list of tables"}
        code = "geopackage.locked" if "locked" in str(said) else "geopackage.damaged"
        raise SourceError(code, file=file.name, said=said) from error
    for name, sql in rows:
        if _REACHES_OUT.search(sql):
            raise SourceError("source.reaches-out", file=file.name, name=name)
    for name, sql in rows:
        if _VIEW.match(sql):
            _refuse_endless(file, address, name, sql)


def _refuse_endless(file: Path, address: str, view: str, sql: str) -> None:
    """Refuse a view that does not come to an end in a few seconds: GDAL would go on counting its rows."""
    asked = iter(range(_VIEW_STEPS))
    counted = f"SELECT count(*) FROM {_quoted(view)}"  # noqa: S608 - the name is quoted
    with contextlib.closing(sqlite3.connect(address, uri=True, timeout=_LOCK_WAIT_S)) as db:
        db.set_progress_handler(lambda: next(asked, None) is None, _INSTRUCTIONS_A_STEP)
        try:
            ends = not _RECURSIVE.search(sql)
            if ends:
                db.execute(counted).fetchone()
        except sqlite3.Error as error:
            # What needs GDAL's functions, or is damaged, is told of by GDAL.
            ends = "interrupted" not in str(error)
    if not ends:
        raise SourceError("limit.view", path=file.name, view=view[:_SHOWN], seconds=_VIEW_SECONDS)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _check_tab(file: Path) -> None:
    text = file.read_bytes()[:_MAX_HEADER_BYTES].lower()
    native = re.search(rb"type\s+native", text)
    if not native or re.search(rb"create\s+view|open\s+table|isseamless\W+true|\bfile\s+\"", text):
        raise SourceError("source.tab-view", file=file.name)
    _neutral_charset(file, rb'(!charset\s+)"?WindowsVietnamese"?', rb"\1WindowsLatin1")
    _whole_names(file, rb'!charset\s+"?(?:Neutral|UTF-8)')


def _check_mif(file: Path) -> None:
    _neutral_charset(file, rb'(\bcharset\s+)"WindowsVietnamese"', rb'\1"WindowsLatin1"')
    _whole_names(file, rb'\bcharset\s+"?(?:Neutral|UTF-8)')


def _neutral_charset(file: Path, pattern: bytes, replacement: bytes) -> None:
    # GDAL loses the last letter of each value in Windows-1258; read as Latin-1 the bytes survive.
    content = file.read_bytes()
    changed = re.sub(pattern, replacement, content[:_MAX_HEADER_BYTES], count=1, flags=re.IGNORECASE)
    file.write_bytes(changed + content[_MAX_HEADER_BYTES:])


def _whole_names(file: Path, charset: bytes) -> None:
    """Make names of columns text again that GDAL itself wrote with halves of letters, and cannot read."""
    content = file.read_bytes()
    if not re.search(charset, content[:_MAX_HEADER_BYTES], re.IGNORECASE):
        return
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        file.write_bytes(content.decode("utf-8", "replace").replace("\ufffd", "_").encode())


def _check_gml(file: Path) -> None:
    # GDAL opens, and downloads, the schemas that a file names; without that word it does not.
    content = file.read_bytes()
    file.write_bytes(re.sub(rb"schemaLocation(\s*=)", rb"schemaIgnored\1", content))


def _check_kml(file: Path) -> None:
    """Leave 3D models out: GDAL crashes on one among other shapes, and none has an outline."""
    content = file.read_bytes()
    if b"Model" not in content:
        return
    kept, at = [], 0
    while begin := _MODEL.search(content, at):
        closing = b"</" + begin[1] + b"Model>"
        stop = content.find(closing, begin.end())
        # One that is not closed is malformed, and said where it is read.
        stop = len(content) if stop < 0 else stop + len(closing)
        kept += [content[at : begin.start()], MODEL_LEFT_OUT]
        at = begin.end() if begin[2] else stop
    if kept:
        file.unlink()
        file.write_bytes(b"".join([*kept, content[at:]]))


def _check_geojson(file: Path) -> None:
    """Take the links out of a GeoJSON that GDAL would fetch coordinate systems from, wherever they stand."""
    content = file.read_bytes() if file.stat().st_size <= _MAX_REWRITTEN_BYTES else b""
    if not content and _holds(file, _LINKED_CRS):
        raise SourceError("source.linked-crs", path=file.name)
    if not _MAY_LINK.search(content):
        return
    found: list[object] = []

    def without(pairs: list[tuple[str, object]]) -> dict[str, object]:
        members = dict(pairs)
        crs = members.get("crs")
        if isinstance(crs, dict) and str(crs.get("type")).lower() in {"link", "url"}:
            found.append(crs)
            members["crs"] = {**_NOT_FOLLOWED, "link": str(crs.get("properties"))}
        return members

    # What is wrong in it is said with its line when it is looked through.
    with contextlib.suppress(ValueError, RecursionError):
        rewritten = json.dumps(json.loads(content, object_pairs_hook=without))
    if found:
        file.unlink()
        file.write_text(rewritten, encoding="utf-8")


def _holds(file: Path, pattern: re.Pattern[bytes]) -> bool:
    tail = b""
    with file.open("rb") as opened_file:
        while piece := opened_file.read(_MAX_HEADER_BYTES):
            if pattern.search(tail + piece):
                return True
            tail = piece[-_SEAM_BYTES:]
    return False


_CHECKS = {
    "GeoJSON": _check_geojson,
    "KML": _check_kml,
    "GeoPackage": _check_geopackage,
    "MapInfo TAB": _check_tab,
    "MapInfo MIF": _check_mif,
    "GML": _check_gml,
}


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file on this machine that may be opened, and what the caller called it: every path in becomes one.

    Attributes
    ----------
    path
        Where it lies.
    shown
        What to call it: as it was named, an address without user, password and query.
    member
        The one file meant of a zip archive; "" for the only one.
    sha256, fetched_at
        Of what was fetched, and when (UTC); "" for a file that was here before.
    """

    path: Path
    shown: str
    member: str = ""
    sha256: str = ""
    fetched_at: str = ""

    def __fspath__(self) -> str:
        """Return where it lies, so that it is opened like any other."""
        return str(self.path)

    @property
    def name(self) -> str:
        """The name of the file alone."""
        return self.path.name

    @property
    def size(self) -> int:
        """How many bytes it may have when unpacked, and of all files of a folder."""
        if self.path.is_dir():
            return sum(member.stat().st_size for member in self.path.iterdir())
        packed = self.path.suffix.lower() in _PACKED
        return self.path.stat().st_size * (_TYPICAL_EXPANSION if packed else 1)

    def content(self, most_bytes: int) -> bytes:
        """Return what is in it, whole, if that is no more than so many bytes.

        Raises
        ------
        SourceError
            If it is larger, or cannot be read after all.
        """
        try:
            with self.path.open("rb") as file:
                content = file.read(most_bytes + 1)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise SourceError("source.unreadable", path=self.shown, reason=reason) from error
        if len(content) > most_bytes:
            size = self.path.stat().st_size
            raise SourceError("source.too-large", path=self.shown, size=size / _MB, limit=most_bytes / _MB)
        return content


@contextlib.contextmanager
def hashed(path: str | os.PathLike[str]) -> Iterator[str]:
    """Give the SHA-256 of a file and what belongs to it, and see to it that just this is read meanwhile.

    Raises
    ------
    SourceError
        If it was changed before it was read to its end.

    Examples
    --------
    >>> _ = (tmp / "cum.csv").write_text("name")
    >>> with hashed(tmp / "cum.csv") as sha256:
    ...     sha256[:12]
    '82a3537ff0db'
    """
    parts = _with_parts(Path(path))
    before = _states(parts)
    digest = hashlib.sha256()
    for part in parts:
        with part.open("rb") as file:
            while block := file.read(_MAX_HEADER_BYTES):
                digest.update(block)
    yield digest.hexdigest()
    if _states(_with_parts(Path(path))) != before:
        raise SourceError("source.changed", path=str(path))


def _with_parts(path: Path) -> list[Path]:
    """Return a file and, for formats of several files, those beside it."""
    if path.is_dir() and path.suffix.lower() == ".gdb":
        return sorted(part for part in path.iterdir() if part.is_file())
    if path.suffix.lower() not in {".shp", ".tab", ".mif"}:
        return [path]
    stem = f"{path.stem.lower()}."
    beside = (p for p in path.parent.iterdir() if p.name.lower().startswith(stem) and p.is_file())
    return [path, *sorted(p for p in beside if p != path)]


def _states(parts: list[Path]) -> list[tuple[str, int, int, int]]:
    found = [(part.name, part.stat()) for part in parts]
    return [(name, state.st_ino, state.st_size, state.st_mtime_ns) for name, state in found]


@contextlib.contextmanager
def opened(
    path: str | os.PathLike[str], *, allow_remote: bool = False, allow_large: bool = False
) -> Iterator[InputFile]:
    """Give a file that may be opened; one that is called by an address or in an archive if that is allowed.

    Parameters
    ----------
    path
        A path, `https://…`, `http://…`, `/vsicurl/https://…` or `/vsizip/ARCHIVE.zip/FILE`.
    allow_remote
        Whether to follow anything but a path; otherwise it is refused.
    allow_large
        Whether to take more than 1 GiB.

    Raises
    ------
    SourceError
        As `checked_file`; also if nothing can be fetched: no answer, an error, too much, too slow, or led to
        another kind of address.

    Examples
    --------
    >>> _ = (tmp / "cum.csv").write_text("name,status")
    >>> with opened(tmp / "cum.csv") as file:
    ...     file.name, file.content(1_000)
    ('cum.csv', b'name,status')
    """
    if isinstance(path, InputFile):
        yield path
        return
    text = os.fspath(path)
    inside = _IN_ARCHIVE.match(text) if allow_remote else None
    address = _FETCHED.match(inside[1] if inside else text) if allow_remote else None
    member = inside[2] or "" if inside else ""
    if address is None:
        yield InputFile(checked_file(inside[1] if inside else path, allow_large=allow_large), text, member)
        return
    from clusters_geo.reading.fetching import fetch

    shown = without_secrets(address[1])
    with private_folder() as private:
        limit = math.inf if allow_large else MAX_BYTES
        fetched = fetch(address[1], Path(private), shown=shown, max_bytes=limit)
        yield InputFile(fetched.path, shown, member, fetched.sha256, fetched.at)
