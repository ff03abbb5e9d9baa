"""May this path be written to? Where the file behind it lies, and what every refusal says."""

from __future__ import annotations

import errno
import os
import re
import shutil
import stat
import tempfile
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from clusters_geo.errors import ClustersGeoError, SourceError, without_secrets

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Target", "explained", "guarding", "refusal", "require_ending", "target_of"]

# The endings by which each kind of file goes; a kind may be written under its own, and under unknown ones.
_ENDINGS = {
    "csv": ".csv .tsv",
    "docx": ".docx",
    "html": ".html .htm",
    "json": ".json",
    "junit": ".xml",
    "md": ".md .markdown",
    "sarif": ".sarif",
    "svg": ".svg",
    "table": ".txt .text .log",
    "toml": ".toml",
    "xlsx": ".xlsx",
    # What only `report.saving` writes, what only readers read, and the parts of layers of several files.
    "data": ".gpkg .parquet .geoparquet .geojson .fgb .shp .zip .kml .kmz .gml .dxf .dgn .tab .mif .gdb"
    " .sqlite .sqlite3 .db .mbtiles .xls .xlsm .xlsb .ods .doc .pdf .vrt"
    " .shx .dbf .prj .cpg .qix .sbn .sbx .qmd .dat .map .id .ind .mid .gfs .xsd",
}
_KIND_OF = {ending: kind for kind, endings in _ENDINGS.items() for ending in endings.split()}
_ALSO = {("sarif", "json"), ("table", "md")}

# Files that belong to a layer and lie beside it under the same name.
_PARTS = {".shp", ".shx", ".dbf", ".prj", ".cpg", ".qix", ".sbn", ".sbx", ".columns.csv"}
_PARTS |= {".tab", ".dat", ".map", ".id", ".ind", ".mif", ".mid", ".gfs", ".xsd"}
_DATABASE_PARTS = ("-wal", "-shm", "-journal")

_ADDRESS = re.compile(r"^\s*(?:[a-z][\w+.-]*:/|(?:PG|MYSQL|MSSQL|OCI|ODBC|postgres\w*):|/vsi)", re.IGNORECASE)
# Below this nothing of use can be written.
_FULL_BYTES = 1 << 16

_GUARDED: ContextVar[tuple[Path, ...]] = ContextVar("guarded", default=())


@dataclass(frozen=True, slots=True)
class Target:
    """A path out.

    Attributes
    ----------
    named
        As the caller wrote it.
    place
        Where the file behind it lies, links followed.
    streams
        Whether it is a device or a pipe, to be written into and never to be replaced.
    before
        What lies there now.
    """

    named: Path
    place: Path
    streams: bool
    before: os.stat_result | None


def target_of(path: str | os.PathLike[str], kind: str = "") -> Target:
    """Return where a path out leads, after refusing what must not be written to.

    Parameters
    ----------
    path
        A file that exists or not, a link to one, a device or a pipe.
    kind
        What will be written, one of csv, docx, html, json, junit, md, sarif, svg, table, toml, xlsx; "" if
        the ending was checked already.

    Raises
    ------
    SourceError
        If it is an address, a folder, a disk, write-protected, read by the same command, or has the ending of
        another kind of file.

    Examples
    --------
    >>> target_of(tmp / "table.csv").streams, target_of("/dev/null").streams
    (False, True)
    """
    text = os.fspath(path)
    if _ADDRESS.match(text) or re.search(r"[\x00\r\n]", text):
        raise SourceError("write.address", path=without_secrets(re.sub(r"[\x00-\x1f]", " ", text)))
    named = Path(text)
    with explained(named):
        found = _found(text)
        if found is not None and _streams(text, found):
            return Target(named, named, streams=True, before=None)
        place = Path(os.path.realpath(text))
        _refuse_place(named, place, found)
    if kind:
        require_ending(named, kind)
    return Target(named, place, streams=False, before=found)


def require_ending(path: Path, kind: str) -> None:
    """Refuse to write one kind of file under the ending of another.

    Examples
    --------
    >>> require_ending(Path("cum.gpkg"), "html")
    Traceback (most recent call last):
    clusters_geo.errors.SourceError: cum.gpkg has the ending of another kind of file; html written into it ...
    """
    owner = _KIND_OF.get(path.suffix.lower(), kind)
    if owner != kind and (kind, owner) not in _ALSO:
        fit = " ".join(_ENDINGS[kind].split()[:1])
        raise SourceError("write.ending", path=str(path), kind=kind, example=str(path.with_suffix(fit)))


@contextmanager
def guarding(*paths: str | os.PathLike[str]) -> Iterator[None]:
    """See to it that nothing in the body is written over these inputs, nor over what belongs to them.

    Examples
    --------
    >>> _ = (tmp / "cum.csv").write_text("name")
    >>> with guarding(tmp / "cum.csv"):
    ...     target_of(tmp / "cum.csv")
    Traceback (most recent call last):
    clusters_geo.errors.SourceError: ...cum.csv is one of the files that this command reads ...
    """
    token = _GUARDED.set((*_GUARDED.get(), *map(Path, paths)))
    try:
        yield
    finally:
        _GUARDED.reset(token)


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what the system says while `path` is written into a sentence.

    Raises
    ------
    SourceError
        Instead of any OSError, and of any other error while a disk is full.
    """
    try:
        yield
    except ClustersGeoError:
        raise
    except OSError as error:
        raise refusal(path, error) from error
    except Exception as error:
        if _full_folder(path) is None:
            raise
        raise refusal(path, error) from error


def refusal(path: Path | None, error: Exception) -> SourceError:
    """Return the sentence for an error of the system, or of a library beneath which a disk is full.

    Examples
    --------
    >>> import errno
    >>> print(refusal(Path("maps/hanoi.html"), OSError(errno.EACCES, "Permission denied")))
    maps/hanoi.html may not be written by this user. Ask for the right to write in maps, or choose ...
    """
    number = error.errno if isinstance(error, OSError) else None
    if path is None:
        temporary = Path(tempfile.gettempdir())
        if _is_full(temporary):
            return SourceError("write.full-temporary", path=str(temporary), folder=str(temporary))
        return SourceError("write.printed", said=_said(error))
    full = _full_folder(path)
    # By then SQLite may have made room again.
    if full is not None or number in {errno.ENOSPC, errno.EDQUOT} or "disk is full" in str(error):
        own = full is None or not _same_folder(full, Path(tempfile.gettempdir()))
        code = "write.full" if own or _same_folder(path.parent, full) else "write.full-temporary"
        return SourceError(code, path=str(path), folder=str(full or path.parent))
    code = _BY_NUMBER.get(number or 0, "write.other")
    example = str(path / "result.csv")
    return SourceError(code, path=str(path), folder=str(path.parent), said=_said(error), example=example)


_BY_NUMBER = {
    errno.EACCES: "write.permission",
    errno.EPERM: "write.permission",
    errno.EROFS: "write.permission",
    errno.ENAMETOOLONG: "write.name-too-long",
    errno.ENOENT: "write.no-folder",
    errno.ENOTDIR: "write.no-folder",
    errno.EEXIST: "write.no-folder",
    errno.ELOOP: "write.link-circle",
    errno.EISDIR: "write.folder",
    errno.ENXIO: "write.nobody-reads",
    errno.EPIPE: "write.nobody-reads",
}


def _said(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


def _full_folder(path: Path) -> Path | None:
    """Return the folder of the target, or the one for temporary files, if its disk is full."""
    return next((f for f in (_existing(path), Path(tempfile.gettempdir())) if _is_full(f)), None)


def _is_full(folder: Path) -> bool:
    try:
        return shutil.disk_usage(folder).free < _FULL_BYTES
    except OSError:
        return False


def _existing(path: Path) -> Path:
    return next((p for p in Path(os.path.realpath(path)).parents if os.path.isdir(p)), Path())  # noqa: PTH112 - never raises


def _same_folder(one: Path, other: Path | None) -> bool:
    return other is not None and os.path.realpath(one) == os.path.realpath(other)


def _found(text: str) -> os.stat_result | None:
    try:
        return os.stat(text)  # noqa: PTH116 - a Path drops the slash at the end
    except FileNotFoundError:
        return None


def _streams(text: str, found: os.stat_result) -> bool:
    """Return whether it is a device or a pipe, or a name by which the system hands on an open file."""
    if stat.S_ISCHR(found.st_mode) or stat.S_ISFIFO(found.st_mode):
        return True
    # /dev/stdout may be a file, into which the shell has put things already.
    return any(link.startswith(("/dev/fd/", "/proc/")) for link in _links(text))


def _links(text: str) -> Iterator[str]:
    for _ in range(40):
        text = os.path.abspath(text)  # noqa: PTH100 - links are followed one by one here
        yield text
        if not os.path.islink(text):  # noqa: PTH114
            return
        text = os.path.join(os.path.dirname(text), os.readlink(text))  # noqa: PTH115, PTH118, PTH120


def _refuse_place(named: Path, place: Path, found: os.stat_result | None) -> None:
    _refuse_input(named, place, found)
    if found is None:
        return
    if stat.S_ISDIR(found.st_mode):
        raise SourceError("write.folder", path=str(named), example=str(named / "result.csv"))
    if not stat.S_ISREG(found.st_mode):
        raise SourceError("write.disk", path=str(named))
    if not os.access(place, os.W_OK):
        raise SourceError("write.protected", path=str(named))


def _refuse_input(named: Path, place: Path, found: os.stat_result | None) -> None:
    for source in _GUARDED.get():
        inside = source.is_dir() and Path(os.path.realpath(source)) in place.parents
        if inside or (found is not None and any(_is_same(found, part) for part in _parts(source))):
            raise SourceError("write.is-input", path=str(named), input=str(source))


def _is_same(found: os.stat_result, part: Path) -> bool:
    try:
        return os.path.samestat(found, part.stat())
    except OSError:
        return False


def _parts(source: Path) -> Iterator[Path]:
    """Yield an input and the files that belong to it."""
    yield source
    if source.is_dir():
        yield from (part for part in source.rglob("*") if part.is_file())
        return
    yield from (source.with_name(source.name + part) for part in _DATABASE_PARTS)
    stem = f"{source.stem.lower()}."
    try:
        beside = [p for p in source.parent.iterdir() if p.name.lower().startswith(stem)]
    except OSError:
        return
    yield from (p for p in beside if p.name.lower()[len(stem) - 1 :] in _PARTS)
