"""Files named otherwise than by a path, opened only where the caller allows it.

An address is fetched into a private folder; a path into a zip archive is the archive and a member of it.
Both then pass the same doors as any file.
"""

from __future__ import annotations

import contextlib
import math
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MAX_BYTES", "Named", "at_hand", "without_secrets"]

MAX_BYTES = 1 << 30

_FETCHED = re.compile(r"^(?:/vsicurl/)?(https?://.+)", re.IGNORECASE | re.DOTALL)
_IN_ARCHIVE = re.compile(r"^/vsizip/\{?(.+?\.zip)\}?(?:/(.+?))?/?$", re.IGNORECASE | re.DOTALL)
_CONNECTION = re.compile(r"^([a-z]\w+):.*", re.IGNORECASE | re.DOTALL)
_ADDRESS = re.compile(r"(.*?)(\w[\w+.-]*://)(.*)", re.DOTALL)
_HOST = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[^:@]*)(?::\d*)?")


@dataclass(frozen=True, slots=True)
class Named:
    """A file on this machine, and what the caller called it.

    Attributes
    ----------
    path
        Where it lies.
    shown
        What to call it: an address without user, password and query.
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


@contextlib.contextmanager
def at_hand(
    path: str | os.PathLike[str], *, allow_remote: bool = False, allow_large: bool = False
) -> Iterator[str | os.PathLike[str]]:
    """Give a file as it is, or as `Named` if it is called by an address or in an archive and that is allowed.

    Parameters
    ----------
    path
        A path, `https://…`, `http://…`, `/vsicurl/https://…` or `/vsizip/ARCHIVE.zip/FILE`.
    allow_remote
        Whether to follow anything but a path; otherwise it is given as it is, for `checked_file` to refuse.
    allow_large
        Whether to fetch more than 1 GiB.

    Raises
    ------
    SourceError
        If nothing can be fetched: no answer, an error, too much, too slow, or led to another kind of address.

    Examples
    --------
    >>> with at_hand("/vsizip/du-lieu.zip/cum.shp", allow_remote=True) as file:
    ...     file.path.name, file.member
    ('du-lieu.zip', 'cum.shp')
    """
    text = "" if isinstance(path, Named) or not allow_remote else os.fspath(path)
    inside = _IN_ARCHIVE.match(text)
    address = _FETCHED.match(inside[1] if inside else text)
    if address is None:
        yield path if inside is None else Named(Path(inside[1]), text, inside[2] or "")
        return
    from clusters_geo.reading.fetching import fetch

    shown = without_secrets(address[1])
    with tempfile.TemporaryDirectory(prefix="clusters-geo-", ignore_cleanup_errors=True) as private:
        limit = math.inf if allow_large else MAX_BYTES
        fetched = fetch(address[1], Path(private), shown=shown, max_bytes=limit)
        yield Named(fetched.path, shown, inside[2] or "" if inside else "", fetched.sha256, fetched.at)


def without_secrets(text: str) -> str:
    """Return an address or a connection string without user, password and query.

    Examples
    --------
    >>> without_secrets("https://an:bi-mat@example.org/cum.gpkg?key=1"), without_secrets("PG:password=x")
    ('https://example.org/cum.gpkg?…', 'PG:…')
    """
    found = _ADDRESS.fullmatch(text)
    if found is None:
        return _CONNECTION.sub(r"\1:…", text)
    authority, slash, path = re.split(r"[?#]", found[3], maxsplit=1)[0].partition("/")
    host = authority.rpartition("@")[2]
    if not _HOST.fullmatch(host):
        return f"{found[1]}{found[2]}…"
    cut = "?…" if re.search(r"[?#]", found[3]) else ""
    return f"{found[1]}{found[2]}{host}{slash}{path}{cut}"
