"""Files written whole or not at all: in a private folder beside the target, flushed, then put in its place.

Whatever stops the work, an error, Ctrl-C or the request to end, the old files are as they were and the
private folder is gone; only what is killed outright leaves one, `.clusters-geo-…`, which may be deleted.
"""

from __future__ import annotations

import ctypes
import io
import os
import shutil
import signal
import stat
import sys
import tempfile
import threading
import time
import warnings
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from clusters_geo.errors import SavingWarning, SourceError
from clusters_geo.writing.databases import refuse_open_elsewhere
from clusters_geo.writing.targets import Target, explained, refusal, target_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = [
    "finished",
    "in_memory",
    "new_files",
    "replaced_file",
    "replaced_folder",
    "temporary_folder",
    "write_text",
]

_PREFIX = ".clusters-geo-"
_READER_WAIT_S = 10.0
# Linux, renameat2: exchange two names in one step; the folder to count from is the one we are in.
_EXCHANGE = 2
_HERE = -100
_SHAPEFILE = (".shp", ".shx", ".dbf", ".prj", ".cpg", ".qix", ".sbn", ".sbx", ".columns.csv")

_finished: list[Path] = []


def finished() -> list[Path]:
    """Return what this process has written so far, for the message of a stop."""
    return list(_finished)


def _tell(*paths: Path) -> None:
    # A part of a set is no result until the set is in its place.
    _finished.extend(p for p in paths if not any(part.startswith(_PREFIX) for part in p.parts))


@contextmanager
def replaced_file(path: str | os.PathLike[str], kind: str = "") -> Iterator[Path]:
    """Give a temporary file to write to; put it in the place of `path` if all went well.

    Missing folders are made. Links are followed: the file behind one is replaced. It keeps its mode and,
    where the system allows it, its owner. A device or a pipe is written into. If the body fails, or the
    process is stopped, whatever was at `path` is still there as it was.

    Parameters
    ----------
    path
        Where to.
    kind
        As for `target_of`.

    Warns
    -----
    UserWarning
        If the owner cannot be kept, or the file has a second name, which goes on naming the old content.

    Raises
    ------
    SourceError
        As `target_of`; also if it cannot be written, or is a database that another program has open.

    Examples
    --------
    >>> with replaced_file(tmp / "table.csv") as beside:
    ...     _ = beside.write_text("a,b")
    >>> (tmp / "table.csv").read_text()
    'a,b'
    """
    target = target_of(path, kind)
    with explained(target.named):
        if target.streams:
            with temporary_folder() as private:
                beside = private / f"result{target.named.suffix}"
                yield beside
                _pour(beside, target.named)
            return
        if target.before is not None:
            refuse_open_elsewhere(target.place)
        target.place.parent.mkdir(parents=True, exist_ok=True)
        with temporary_folder(target.place.parent) as private:
            # Writers look at the ending; behind a link it may be another one.
            beside = private / f"result{target.named.suffix}"
            yield beside
            _keep_attributes(beside, target)
            _flush(beside)
            refuse_open_elsewhere(target.place)
            beside.replace(target.place)
            _flush_folder(target.place.parent)
    _tell(target.named)


@contextmanager
def in_memory(path: Path) -> Iterator[io.BytesIO]:
    """Give a buffer to write to, and put what is in it into a file.

    For writers that do not see, or tell twice, that a disk is full: GDAL's of FlatGeobuf and GeoJSON report
    success there, and an archive that is not closed is closed once more by the garbage collector.

    Examples
    --------
    >>> with in_memory(tmp / "a.bin") as held:
    ...     _ = held.write(b"whole")
    >>> (tmp / "a.bin").read_bytes()
    b'whole'
    """
    held = io.BytesIO()
    yield held
    path.write_bytes(held.getbuffer())


def write_text(path: str | os.PathLike[str], text: str | Iterable[str], kind: str = "") -> Path:
    """Write text, or the pieces of one, in UTF-8, whole or not at all, and return where.

    CSV begins with a mark by which a spreadsheet knows that it is UTF-8, unless it goes to a device or pipe.

    Raises
    ------
    SourceError
        As `replaced_file`.
    """
    marked = kind == "csv" and not target_of(path).streams
    encoding = "utf-8-sig" if marked else "utf-8"
    with replaced_file(path, kind) as beside, beside.open("w", encoding=encoding, newline="\n") as file:
        file.writelines([text] if isinstance(text, str) else text)
    return Path(path)


@contextmanager
def replaced_folder(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give an empty folder for a set of files; put them in `path` together if all went well.

    A folder that was not there, or holds nothing else, appears or changes in one step. In one that holds
    other things, which are left alone, the files are put in place one by one once all are complete.

    Raises
    ------
    SourceError
        As `replaced_file`, for the folder or any file of the set; nothing is written then.

    Examples
    --------
    >>> with replaced_folder(tmp / "maps") as folder:
    ...     _ = (folder / "index.html").write_text("<p>")
    >>> [file.name for file in (tmp / "maps").iterdir()]
    ['index.html']
    """
    named = Path(path)
    with explained(named / "…"):
        place = Path(os.path.realpath(path))
        if place.exists() and not place.is_dir():
            raise SourceError("write.not-a-folder", path=str(named))
        place.parent.mkdir(parents=True, exist_ok=True)
        with temporary_folder(_room_for(place)) as private:
            staged = private / "set"
            staged.mkdir()
            yield staged
            names = sorted(part.name for part in staged.iterdir())
            _put_in_place(staged, place, [target_of(named / name) for name in names])
    _tell(*(named / name for name in names))


@contextmanager
def new_files(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a place to write a Shapefile to; put all its files where `path` says if all went well.

    The `.shp` comes last: without it the others are no layer.

    Raises
    ------
    SourceError
        If any of its files exists already: five files cannot be replaced all at once; or as `replaced_file`.

    Examples
    --------
    >>> with new_files(tmp / "cum.shp") as beside:
    ...     _ = beside.write_bytes(b"x"), beside.with_suffix(".dbf").write_bytes(b"x")
    >>> sorted(file.name for file in tmp.iterdir())
    ['cum.dbf', 'cum.shp']
    """
    target = target_of(path)
    if target.streams:
        raise SourceError("write.several-files", path=str(target.named))
    with explained(target.named):
        _refuse_parts(target)
        target.place.parent.mkdir(parents=True, exist_ok=True)
        with temporary_folder(target.place.parent) as private:
            yield private / target.place.with_suffix(target.named.suffix).name
            parts = sorted(private.iterdir(), key=lambda part: (part.suffix == ".shp", part.name))
            for part in parts:
                _flush(part)
            with _undisturbed():
                _place_all(parts, target.place.parent)
            _flush_folder(target.place.parent)
    _tell(target.named)


@contextmanager
def temporary_folder(parent: Path | None = None) -> Iterator[Path]:
    """Give a private folder that is gone afterwards, also if the process is asked to end meanwhile.

    Raises
    ------
    SourceError
        If there is no room for one where the system keeps temporary files.
    """
    with _ending_in_order():
        try:
            private = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
        except OSError as error:
            if parent is not None:
                raise
            said = error.strerror or str(error)
            raise SourceError("write.no-temporary", said=said) from error
        try:
            yield private
        finally:
            shutil.rmtree(private, ignore_errors=True)


@contextmanager
def _ending_in_order() -> Iterator[None]:
    """Let SIGTERM end the process as Ctrl-C does, with all that is to be cleared away, while this lasts."""
    main = threading.current_thread() is threading.main_thread()
    if not main or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Hold back whatever asks this process to stop, for the moment in which names change."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    held = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, held)


def _flush(file: Path) -> None:
    with file.open("r+b") as written:
        os.fsync(written.fileno())


def _flush_folder(folder: Path) -> None:
    """Flush the names in a folder, so that a power cut does not bring the old ones back."""
    if os.name == "nt":
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        # Some network file systems know no such thing.
        with suppress(OSError):
            os.fsync(opened)
    finally:
        os.close(opened)


def _pour(file: Path, target: Path) -> None:
    """Write the content of a file into a device or a pipe."""
    # A file that the shell opened for us holds what was printed before.
    flags = os.O_WRONLY | os.O_APPEND
    if target.is_fifo():
        flags |= os.O_NONBLOCK
    until = time.monotonic() + _READER_WAIT_S
    while True:
        try:
            opened = os.open(target, flags)
            break
        except OSError as error:
            # A pipe that nobody reads would hold us for ever.
            if not target.is_fifo() or time.monotonic() > until:
                raise refusal(target, error) from error
            time.sleep(0.05)
    os.set_blocking(opened, True)
    with file.open("rb") as content, os.fdopen(opened, "wb") as device:
        shutil.copyfileobj(content, device)


def _keep_attributes(beside: Path, target: Target) -> None:
    """Give a new file the owner, mode and extended attributes of the one that it replaces."""
    before = target.before
    if before is None:
        return
    written = beside.stat()
    if hasattr(os, "chown") and (written.st_uid, written.st_gid) != (before.st_uid, before.st_gid):
        try:
            os.chown(beside, before.st_uid, before.st_gid)
        except PermissionError:
            with suppress(PermissionError):
                os.chown(beside, -1, before.st_gid)
            if written.st_uid != before.st_uid:
                warnings.warn(SavingWarning("owner", path=str(target.named)), stacklevel=4)
    if hasattr(os, "listxattr"):
        # Access lists and labels; not every file system has them.
        with suppress(OSError):
            for name in os.listxattr(target.place):
                os.setxattr(beside, name, os.getxattr(target.place, name))
    beside.chmod(stat.S_IMODE(before.st_mode))
    if before.st_nlink > 1:
        said = SavingWarning("hard-links", path=str(target.named), count=before.st_nlink - 1)
        warnings.warn(said, stacklevel=4)


def _room_for(place: Path) -> Path:
    """Return where to make a set: beside its folder, or within it where it is a disk of its own."""
    if not place.exists():
        return place.parent
    apart = place.stat().st_dev != place.parent.stat().st_dev or not os.access(place.parent, os.W_OK)
    return place if apart else place.parent


def _put_in_place(staged: Path, place: Path, targets: list[Target]) -> None:
    for target in targets:
        _keep_attributes(staged / target.named.name, target)
        _flush(staged / target.named.name)
        refuse_open_elsewhere(target.place)
    _flush_folder(staged)
    if not place.exists():
        staged.replace(place)
    elif not _exchanged(staged, place, targets):
        with _undisturbed():
            for target in targets:
                (staged / target.named.name).replace(target.place)
    _flush_folder(place)
    _flush_folder(place.parent)


def _exchanged(staged: Path, place: Path, targets: list[Target]) -> bool:
    """Exchange a folder that holds nothing but an older set for the new one, if this system can."""
    plain = {target.named.name for target in targets if target.place.parent == place}
    here = Path.cwd()
    if staged.parent.parent != place.parent or place == here or place in here.parents:
        return False
    if {part.name for part in place.iterdir()} - plain or sys.platform != "linux":
        return False
    exchange = getattr(ctypes.CDLL(None), "renameat2", None)
    if exchange is None:
        return False
    old = place.stat()
    with suppress(OSError):
        os.chown(staged, old.st_uid, old.st_gid)
    staged.chmod(stat.S_IMODE(old.st_mode))
    names = (_HERE, os.fsencode(staged), _HERE, os.fsencode(place), _EXCHANGE)
    return bool(exchange(*names) == 0)


def _refuse_parts(target: Target) -> None:
    stem = f"{target.place.stem.lower()}."
    folder = target.place.parent
    beside = [p for p in folder.iterdir() if p.name.lower().startswith(stem)] if folder.is_dir() else []
    there = sorted(p.name for p in beside if p.name.lower()[len(stem) - 1 :] in _SHAPEFILE)
    if there or target.before is not None:
        archive = target.named.with_suffix(".zip").name
        raise SourceError(
            "write.shapefile-exists",
            path=str(target.named),
            there=there or [target.place.name],
            archive=archive,
        )


def _place_all(parts: list[Path], folder: Path) -> None:
    """Put files into a folder, none over another, all or none."""
    placed: list[Path] = []
    try:
        for part in parts:
            place = folder / part.name
            _place(part, place)
            placed.append(place)
    except BaseException:
        for place in placed:
            place.unlink(missing_ok=True)
        raise


def _place(part: Path, place: Path) -> None:
    try:
        # Unlike a rename, a second name never displaces what came there meanwhile.
        os.link(part, place)
    except FileExistsError:
        raise
    except OSError:
        part.rename(place)
