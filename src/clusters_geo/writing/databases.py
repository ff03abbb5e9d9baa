"""Whether another program has an SQLite database open, or left something of it beside.

A new database renamed under the log of an old one is corrupt at once, without a word from anybody. SQLite's
own locks tell of programs that keep a log (QGIS does) or are in the middle of something, on every platform.
Where the system can also say whether a file is open at all, as Linux can, that is asked too.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from typing import TYPE_CHECKING

from clusters_geo.errors import SourceError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["is_database", "refuse_open_elsewhere"]

_MAGIC = b"SQLite format 3\x00"
_WAIT_S = 1.0
# In this order: what tells of the log goes last.
_LOGS = ("-wal", "-journal", "-shm")


def is_database(path: Path) -> bool:
    """Return whether a file is an SQLite database, whatever it is called: GeoPackage, MBTiles and others."""
    try:
        with path.open("rb") as opened:
            return opened.read(len(_MAGIC)) == _MAGIC
    except OSError:
        return False


def refuse_open_elsewhere(path: Path) -> None:
    """Refuse to replace a database that is in use, or beside which the log of another lies.

    What a program that ended badly left in its log is taken into the old file first, as any program does that
    opens it, so that nothing of it remains to spoil the new one.

    Raises
    ------
    SourceError
        If a program has the database open, or a log lies beside that belongs to no database here.

    Examples
    --------
    >>> with contextlib.closing(sqlite3.connect(tmp / "a.gpkg")) as other:
    ...     _ = other.execute("CREATE TABLE t (a)")
    ...     _ = other.execute("BEGIN IMMEDIATE")
    ...     refuse_open_elsewhere(tmp / "a.gpkg")
    Traceback (most recent call last):
    clusters_geo.errors.SourceError: ...a.gpkg is open in another program ...
    """
    alone = is_database(path) and _take_alone(path)
    if alone:
        _refuse_other_readers(path)
    for left in (path.with_name(path.name + ending) for ending in _LOGS):
        # SQLite has seen the log of a database that it could open, and left only what means nothing.
        if not os.path.exists(left):  # noqa: PTH110 - a name too long for a Path to look at does not exist
            continue
        if not alone and left.stat().st_size and not left.name.endswith("-shm"):
            raise SourceError("write.log-beside", path=str(path), left=left.name)
        left.unlink(missing_ok=True)


def _take_alone(path: Path) -> bool:
    """Ask SQLite for the database as its only user; what lies in its log goes into it on the way."""
    try:
        address = f"{path.resolve().as_uri()}?mode=rw"
        with contextlib.closing(sqlite3.connect(address, uri=True, timeout=_WAIT_S)) as db:
            db.isolation_level = None
            # In this mode SQLite asks for the whole database, not only for its log.
            db.execute("PRAGMA locking_mode=EXCLUSIVE")
            db.execute("BEGIN EXCLUSIVE")
            db.execute("ROLLBACK")
    except sqlite3.OperationalError as error:
        if "locked" in str(error) or "busy" in str(error):
            raise SourceError("write.open-elsewhere", path=str(path)) from error
        return False
    except sqlite3.Error:
        # Damaged: nobody can be working with it, and it is about to be replaced.
        return False
    return True


def _refuse_other_readers(path: Path) -> None:
    """Ask the system, where it can tell, whether anybody has the file open without a lock on it."""
    try:
        from fcntl import F_SETLEASE, F_UNLCK, F_WRLCK, fcntl
    except ImportError:  # not Linux: SQLite's own locks are what there is
        return
    opened = os.open(path, os.O_RDONLY)
    try:
        until = time.monotonic() + _WAIT_S
        while True:
            try:
                fcntl(opened, F_SETLEASE, F_WRLCK)
            except BlockingIOError as error:
                if time.monotonic() > until:
                    raise SourceError("write.open-elsewhere", path=str(path)) from error
                time.sleep(0.05)
            except OSError:
                # Somebody else's file, or a file system without leases.
                return
            else:
                fcntl(opened, F_SETLEASE, F_UNLCK)
                return
    finally:
        os.close(opened)
