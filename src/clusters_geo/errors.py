"""Errors of this package, in one tree.

::

    ClustersGeoError            anything this package refuses; catch this one
    ├── SchemaError             a table lacks a column or holds values that cannot be computed with
    ├── CRSError                coordinates have no reference system, or an impossible one
    ├── SourceError             a file cannot be read or written, or must not be
    └── EngineError             an optional engine is not installed

Each message is a full sentence: what was found, where (file, layer, row, value), how to mend it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CRSError", "ClustersGeoError", "EngineError", "SchemaError", "SourceError"]


class ClustersGeoError(Exception):
    """Anything that this package refuses."""


class SchemaError(ClustersGeoError, ValueError):
    """A table lacks a column, or holds values that cannot be computed with.

    Parameters
    ----------
    message
        What was found, where, and how to mend it.
    failures
        Every fault, one row each, with columns `row`, `column`, `value`, `problem`, `fix`; None where the
        fault is not in single cells.
    """

    def __init__(self, message: str, failures: pd.DataFrame | None = None) -> None:
        super().__init__(message)
        self.failures = failures


class CRSError(ClustersGeoError, ValueError):
    """Coordinates have no reference system, or one that cannot be right."""


class SourceError(ClustersGeoError, OSError):
    """A file cannot be read or written, or must not be."""


class EngineError(ClustersGeoError, ImportError):
    """An optional engine is not installed."""
