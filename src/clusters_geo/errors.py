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

import re
from functools import partial
from typing import TYPE_CHECKING

from clusters_geo.words import catalogue

if TYPE_CHECKING:
    import pandas as pd

    from clusters_geo.words import Language

__all__ = ["CRSError", "ClustersGeoError", "EngineError", "SchemaError", "SourceError", "without_secrets"]


class ClustersGeoError(Exception):
    """Anything that this package refuses.

    Parameters
    ----------
    code
        A key of `words/errors.csv`.
    values
        What its text names: plain text, numbers, dates, lists of them, and phrases.

    Examples
    --------
    >>> error = SourceError("source.no-file", path="cum.gpkg")
    >>> str(error)
    'cum.gpkg: there is no such file.'
    >>> error.text("vi")
    'cum.gpkg: không có tệp này.'
    """

    def __init__(self, code: str, /, **values: object) -> None:
        self.code = code
        self.values = values
        super().__init__(self.text("en"))

    def text(self, lang: Language) -> str:
        """Return what was found, where, and how to mend it."""
        words = catalogue("errors").get(self.code)
        # Sentences that are not in the catalogue yet are their own text.
        return self.code if words is None else words.text(lang, self.values)

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


class EngineError(ClustersGeoError, ImportError):
    """An optional engine is not installed."""


_CONNECTION = re.compile(r"^([a-z]\w+):.*", re.IGNORECASE | re.DOTALL)
_ADDRESS = re.compile(r"(.*?)(\w[\w+.-]*://)(.*)", re.DOTALL)
_HOST = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[^:@]*)(?::\d*)?")


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
