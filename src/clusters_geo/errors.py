"""Errors of this package, in one tree.

::

    ClustersGeoError            anything this package refuses; catch this one
    ├── SchemaError             a table lacks a column or holds values that cannot be computed with
    ├── CRSError                coordinates have no reference system, or an impossible one
    ├── SourceError             a file cannot be read or written, or must not be
    └── EngineError             an optional engine is not installed

An error carries a code of `words/errors.csv` and values; its text says what was found, where (file, layer,
row, value) and how to mend it. `str(error)` is English, `error.text("vi")` the same in Vietnamese.
"""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import unquote

from clusters_geo.words import catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from clusters_geo.words import Language

__all__ = [
    "CRSError",
    "ClustersGeoError",
    "DoubtWarning",
    "EngineError",
    "SavingWarning",
    "SchemaError",
    "SourceError",
    "scrubbed",
    "told_of",
    "without_secrets",
]


class ClustersGeoError(Exception):
    """Anything that this package refuses.

    Parameters
    ----------
    code
        A key of `words/errors.csv`; a KeyError for any other.
    values
        What its text names: plain text, numbers, dates, lists of them, and phrases.

    Examples
    --------
    >>> error = SourceError("source.folder", file="cum")
    >>> str(error)
    'cum is a folder. Name a file in it.'
    >>> error.text("vi")
    'cum là một thư mục. Hãy nêu một tệp trong đó.'
    """

    def __init__(self, code: str, /, **values: object) -> None:
        self.code = code
        self.values = values
        super().__init__(self.text("en"))

    def text(self, lang: Language) -> str:
        """Return what was found, where, and how to mend it."""
        return catalogue("errors")[self.code].text(lang, self.values)

    def __reduce__(self) -> tuple[object, ...]:
        """Return how to make it again in another process."""
        return partial(type(self), self.code, **self.values), (), self.__dict__


class SchemaError(ClustersGeoError, ValueError):
    """A table lacks a column, or holds values that cannot be computed with.

    Parameters
    ----------
    code, values
        As of any error.
    failures
        Every fault, one row each, with columns `row`, `column`, `value`, `problem`, `fix`; None where the
        fault is not in single cells.
    """

    def __init__(self, code: str, /, failures: pd.DataFrame | None = None, **values: object) -> None:
        super().__init__(code, **values)
        self.failures = failures


class CRSError(ClustersGeoError, ValueError):
    """Coordinates have no reference system, or one that cannot be right."""


class SourceError(ClustersGeoError, OSError):
    """A file cannot be read or written, or must not be."""


class DoubtWarning(UserWarning):
    """A file was loaded, and something in it should be looked at; `load_report` says what."""


class SavingWarning(UserWarning):
    """A file was written, but something is not as it was, or is not in it.

    Parameters
    ----------
    code
        A key of `words/writing.csv`; a KeyError for any other.
    values
        What its text names.

    Examples
    --------
    >>> SavingWarning("no-shapes", ending=".csv", count=2).text("vi")
    '.csv không có chỗ cho hình; 2 dòng chỉ được ghi số liệu.'
    """

    def __init__(self, code: str, /, **values: object) -> None:
        self.code = code
        self.values = values
        super().__init__(self.text("en"))

    def text(self, lang: Language) -> str:
        """Return what is to be known of the file."""
        return catalogue("writing")[self.code].text(lang, self.values)


class EngineError(ClustersGeoError, ImportError):
    """An optional engine is not installed."""


@contextmanager
def told_of(path: str | os.PathLike[str]) -> Iterator[None]:
    """Turn whatever a library raises about a file into one sentence that names it.

    Raises
    ------
    SourceError
        With the original as its cause.

    Examples
    --------
    >>> with told_of("cum.csv"):
    ...     {}["x"]
    Traceback (most recent call last):
    clusters_geo.errors.SourceError: cum.csv holds something that could not be worked with (KeyError: 'x')...
    """
    try:
        yield
    except ClustersGeoError:
        raise
    except Exception as error:
        shown = getattr(path, "shown", None) or without_secrets(os.fspath(path))
        reason = (str(error).strip().splitlines() or [""])[0][:200]
        told = {"kind": type(error).__name__, "reason": reason}
        raise SourceError("source.unexpected", path=shown, **told) from error


_ADDRESS = re.compile(r"\s*((?:/vsi\w+/)*\{?)([a-z][\w+.-]+:/+)(.*)", re.IGNORECASE | re.DOTALL)
_CONNECTION = re.compile(r"(?<!\s)\s*+([a-z]\w{1,40}):.*", re.IGNORECASE | re.DOTALL)
_HOST = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[^:@\s]*)(?::\d*)?")
_TELLING = r"\w*(?:pass(?:word|wd|file)?|pwd|secret|token|signature|key)"
_SETTING = re.compile(rf"\b{_TELLING}\s*=\s*('[^']*'|\"[^\"]*\"|[^\s&;]*)", re.IGNORECASE)
_SHORTEST_PIECE = 3


def without_secrets(text: str) -> str:
    """Return an address or a connection string without user, password and query.

    Where it is not certain which part is the password, because `@`, `:` or `/` in it were not written as
    `%40`, `%3A`, `%2F`, nothing but the kind of address remains.

    Examples
    --------
    >>> without_secrets("https://an:bi-mat@example.org/cum.gpkg?key=1"), without_secrets("PG:password=x")
    ('https://example.org/cum.gpkg?…', 'PG:…')
    >>> without_secrets("postgresql://an:b@i/mat@host/db"), without_secrets("host=db password=bi-mat")
    ('postgresql://…', '…')
    """
    found = _ADDRESS.fullmatch(text)
    if found is None:
        # A password before an @, or said by its name, is one without any address too.
        hidden = _SETTING.search(text) or re.search(r"[^/\\\s]:[^/\\]", text.rpartition("@")[0])
        return _CONNECTION.sub(r"\1:…", text) if not hidden or _CONNECTION.fullmatch(text) else "…"
    beginning, rest = found[1] + found[2], found[3]
    whole = re.split(r"[?#;]", rest, maxsplit=1)[0]
    authority, slash, path = whole.partition("/")
    user, at, host = authority.rpartition("@")
    if "@" in user or rest.count("@") > len(at) or not _HOST.fullmatch(host):
        return f"{beginning}…"
    return f"{beginning}{host}{slash}{path}{'?…' if whole != rest else ''}"


def scrubbed(text: str, *given: str) -> str:
    """Return text without the secrets of addresses that were given, whole or in pieces.

    Parameters
    ----------
    text
        A message or a traceback of whatever library.
    given
        Arguments of a command, addresses and others.

    Examples
    --------
    >>> scrubbed("cannot resolve 'mat@host'", "postgresql://an:bi@mat@host/db")
    "cannot resolve '…@host'"
    """
    for argument in given:
        for secret in _secrets(argument):
            text = text.replace(secret, "…")
    return text


def _secrets(argument: str) -> list[str]:
    """Return what must not be said of an argument: passwords, whole, decoded and in pieces; longest first."""
    found = _ADDRESS.fullmatch(argument)
    secrets = [value.strip("'\"") for value in _SETTING.findall(argument)]
    if found is not None and "@" in found[3]:
        user, _, password = found[3].rpartition("@")[0].partition(":")
        secrets += [password] if password else [user]
    pieces = [piece for secret in secrets for piece in re.split(r"[@:/?#&]", secret)]
    known = {form for secret in [*secrets, *pieces] for form in (secret, unquote(secret))}
    return sorted(
        (s for s in known if len(s) >= _SHORTEST_PIECE or (s in secrets and s)), key=len, reverse=True
    )
