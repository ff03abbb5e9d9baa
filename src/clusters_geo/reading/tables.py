"""Columns cast to the kinds that the schema declares, and nothing else changed.

Drivers guess kinds from the values that a file happens to hold: an all-empty column becomes text, whole
numbers with a blank become floats. What cannot be cast stays as it is, for `validate` to name cell by cell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable

    from clusters_geo.schema import Column

__all__ = ["cast_columns"]

Table = TypeVar("Table", bound=pd.DataFrame)


def cast_columns(table: Table, columns: tuple[Column, ...]) -> Table:
    """Return a copy of a table with each declared column in its kind.

    Text becomes pandas' string type, numbers float64, integers Int64 and flags boolean (both keep blanks),
    dates datetime64.

    Examples
    --------
    >>> import pandas as pd
    >>> from clusters_geo.schema import CLUSTER_COLUMNS
    >>> raw = pd.DataFrame({"workers": [12.0, None], "planned_ha": ["a", "b"]})
    >>> cast_columns(raw, CLUSTER_COLUMNS)["workers"].dtype
    Int64Dtype()
    """
    cast = {
        c.name: _cast(table[c.name], _CASTS[c.kind]) for c in columns if c.name in table and c.kind in _CASTS
    }
    return table.assign(**cast)


def _cast(values: pd.Series, to_kind: Callable[[pd.Series], pd.Series]) -> pd.Series:
    try:
        return to_kind(values)
    except (TypeError, ValueError):
        return values


def _to_text(values: pd.Series) -> pd.Series:
    return values.astype("string")


def _to_number(values: pd.Series) -> pd.Series:
    return pd.to_numeric(values).astype("float64")


def _to_integer(values: pd.Series) -> pd.Series:
    return pd.to_numeric(values).astype("Int64")


def _to_date(values: pd.Series) -> pd.Series:
    # One resolution for every source, so that two tables can be put under each other.
    return pd.to_datetime(values, format="ISO8601").astype("datetime64[us]")


def _to_flag(values: pd.Series) -> pd.Series:
    return values.astype("boolean")


_CASTS: dict[str, Callable[[pd.Series], pd.Series]] = {
    "text": _to_text,
    "choice": _to_text,
    "number": _to_number,
    "integer": _to_integer,
    "date": _to_date,
    "flag": _to_flag,
}
