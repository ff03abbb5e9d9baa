"""Files written whole or not at all: beside the target, flushed to disk, then renamed over it."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from clusters_geo.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["replaced_file", "write_text"]


@contextmanager
def replaced_file(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a temporary file to write to; put it in the place of `path` if all went well.

    Missing folders are made. If the body fails, or the process is killed, whatever was at `path` is still
    there as it was.

    Raises
    ------
    SourceError
        If the folder cannot be written to, or `path` is a folder.

    Examples
    --------
    >>> with replaced_file(tmp / "table.csv") as beside:
    ...     _ = beside.write_text("a,b")
    >>> (tmp / "table.csv").read_text()
    'a,b'
    """
    target = Path(path)
    if target.is_dir():
        msg = f"{target} is a folder; name a file in it, for example {target / 'result.csv'}."
        raise SourceError(msg)
    beside = _make_beside(target)
    try:
        yield beside
        with beside.open("rb") as written:
            os.fsync(written.fileno())
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)


def write_text(path: str | os.PathLike[str], text: str) -> Path:
    """Write text in UTF-8, whole or not at all, and return where.

    Raises
    ------
    SourceError
        As `replaced_file`.
    """
    with replaced_file(path) as beside:
        beside.write_text(text, encoding="utf-8", newline="\n")
    return Path(path)


def _make_beside(target: Path) -> Path:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{target.stem}-", suffix=target.suffix, dir=target.parent)
        os.close(handle)
        beside = Path(name)
        # mkstemp makes a private file; the result should be as readable as any other new file.
        mask = os.umask(0)
        os.umask(mask)
        beside.chmod(0o666 & ~mask)
    except OSError as error:
        msg = f"{target} cannot be written: {error.strerror}. Choose another folder with --output."
        raise SourceError(msg) from error
    return beside


# Small: every path out passes here, and nothing else does.
