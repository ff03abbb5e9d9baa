"""Can this table be computed with? Every fault at once, cell by cell, or the table itself.

Whether figures are plausible and lawful is another question, for the audit.
"""

from __future__ import annotations

import math
from datetime import date
from typing import TYPE_CHECKING, SupportsFloat, TypeVar

import numpy as np
import pandas as pd
from shapely.geometry.base import BaseGeometry

from clusters_geo.errors import SchemaError
from clusters_geo.schema import CLUSTER_COLUMNS, DISTRICT_COLUMNS, UNIT_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clusters_geo.schema import Column, Language

__all__ = ["list_faults", "validate"]

Table = TypeVar("Table", bound=pd.DataFrame)

_SHOWN = 5
_FAILURE_COLUMNS = ["row", "column", "value", "problem", "fix"]
_WHOLE_TABLE = "(table)"

# Each kind of fault, how we say it and what to do, in Vietnamese and English.
_FAULTS = {
    "no column": (
        ("không có trong các cột", "thêm cột này"),
        ("is not among the columns", "add it"),
    ),
    "missing": (("chưa có", "điền vào"), ("is missing", "fill it in")),
    "twice": (
        ("được dùng nhiều lần", "cho mỗi dòng một mã riêng"),
        ("is used more than once", "give each row its own"),
    ),
    "value": (("không phải {wanted}", "sửa hoặc để trống"), ("is not {wanted}", "correct or empty it")),
}
_KINDS = {
    "text": ("chữ", "text"),
    "number": ("số hữu hạn", "a finite number"),
    "integer": ("số nguyên", "a whole number"),
    "date": ("ngày", "a date"),
    "flag": ("có hoặc không", "true or false"),
    "geometry": ("hình", "a shape"),
}
_LIMITS = {
    "choice": ("một trong {choices}", "one of {choices}"),
    "range": ("{kind} từ {low:g} đến {high:g}", "{kind} from {low:g} to {high:g}"),
    "minimum": ("{kind} từ {low:g} trở lên", "{kind} of at least {low:g}"),
}
_TABLES = {"district_code": DISTRICT_COLUMNS, "unit_code": UNIT_COLUMNS}
_NAMELESS = ("dòng {row}", "row {row}")


def validate(table: Table) -> Table:
    """Return the table unchanged if everything in it can be computed with.

    Parameters
    ----------
    table
        Clusters indexed by `cluster_id`, districts by `district_code`, or units by `unit_code`.

    Returns
    -------
    The same object.

    Raises
    ------
    SchemaError
        With all faults in `.failures`: required columns or values that are missing, ids used twice, text
        in a column of numbers, values that are infinite or outside the declared range, unknown statuses.

    Examples
    --------
    >>> import clusters_geo as cg, pandas as pd
    >>> table = pd.DataFrame({"name": ["A"], "status": ["closed"]}, index=pd.Index(["1"], name="cluster_id"))
    >>> try:
    ...     cg.validate(table)
    ... except cg.SchemaError as error:
    ...     print(error.failures[["row", "column", "value"]].to_string(index=False))
    row column  value
      1 status closed
    """
    failures = list_faults(table)
    if len(failures):
        lines = [
            f"  {f.row}, {f.column}: {f.value!r} {f.problem}; {f.fix}."
            for f in failures.head(_SHOWN).itertuples()
        ]
        more = f"\n  and {len(failures) - _SHOWN} more in .failures" if len(failures) > _SHOWN else ""
        msg = (
            f"The table has {len(failures)} values that cannot be computed with:\n" + "\n".join(lines) + more
        )
        raise SchemaError(msg, failures)
    return table


def list_faults(table: pd.DataFrame, lang: Language = "en") -> pd.DataFrame:
    """Return everything in a table that cannot be computed with, without raising.

    Parameters
    ----------
    table
        As `validate` takes it.
    lang
        Of `problem` and `fix`.

    Returns
    -------
    One row per fault: `row` (its id, or where it has none its number), `column`, `value`, `problem`, `fix`.

    Examples
    --------
    >>> table = pd.DataFrame({"name": ["A"], "status": [None]}, index=pd.Index(["1"], name="cluster_id"))
    >>> list_faults(table, "vi")[["column", "problem", "fix"]].to_string(index=False, header=False)
    'status chưa có điền vào'
    """
    columns = _TABLES.get(str(table.index.name), CLUSTER_COLUMNS)
    # By position: ids may be missing or used twice.
    plain = pd.DataFrame(table.reset_index(names=columns[0].name))
    ids = plain[columns[0].name]
    rows = [fault for column in columns for fault in _faults_of(plain, column, ids, lang)]
    return pd.DataFrame(rows, columns=_FAILURE_COLUMNS)


def _faults_of(
    plain: pd.DataFrame, column: Column, ids: pd.Series, lang: Language
) -> Iterator[tuple[object, ...]]:
    """Ask if a column is there, and each value, if each row has its own id, and all can be computed with."""
    name = column.name
    if name not in plain:
        if column.required:
            yield _WHOLE_TABLE, name, None, *_told("no column", column, lang)
        return
    values = plain[name]
    missing = values.isna()
    found = [("missing", missing if column.required else missing & False)]
    if column.name == ids.name:
        found.append(("twice", values.duplicated(keep=False) & ~missing))
    found.append(("value", ~missing & ~_fitting(values, column)))
    for kind, where in found:
        for position in np.flatnonzero(where.to_numpy(dtype=bool)).tolist():
            value = values.iloc[position]
            yield _row(ids, position, lang), name, value, *_told(kind, column, lang)


def _told(kind: str, column: Column, lang: Language) -> tuple[str, str]:
    problem, fix = _FAULTS[kind][lang == "en"]
    return problem.format(wanted=_wanted(column, lang)), fix


def _fitting(values: pd.Series, column: Column) -> pd.Series:
    """Return which values of a column can be computed with; of numbers all at once."""
    if column.kind in ("number", "integer") and values.dtype.kind in "fiu":
        numbers = values.astype("Float64").to_numpy(dtype="float64", na_value=np.nan)
        low = -np.inf if column.minimum is None else column.minimum
        high = np.inf if column.maximum is None else column.maximum
        fit = np.isfinite(numbers) & (numbers >= low) & (numbers <= high)
        return pd.Series(
            fit & ((column.kind == "number") | (numbers == np.floor(numbers))), index=values.index
        )
    known = values.notna().to_numpy()
    fits = [not known[at] or _fits(value, column) for at, value in enumerate(values.astype(object))]
    return pd.Series(fits, index=values.index, dtype=bool)


def _fits(value: object, column: Column) -> bool:
    match column.kind:
        case "number" | "integer":
            low = -math.inf if column.minimum is None else column.minimum
            high = math.inf if column.maximum is None else column.maximum
            whole = column.kind == "integer"
            return (
                isinstance(value, SupportsFloat)
                and not isinstance(value, str)
                and math.isfinite(number := float(value))
                and low <= number <= high
                and not (whole and number % 1)
            )
        case "choice":
            return value in column.choices
        case "date":
            return isinstance(value, date)
        case "flag":
            return isinstance(value, bool | np.bool_)
        case "geometry":
            return isinstance(value, BaseGeometry)
    return isinstance(value, str) and bool(value.strip())


def _row(ids: pd.Series, position: int, lang: Language) -> object:
    found = ids.iloc[position]
    return _NAMELESS[lang == "en"].format(row=position + 1) if pd.isna(found) else found


def _wanted(column: Column, lang: Language) -> str:
    """Return in words what a value of a column must be."""
    english = lang == "en"
    if column.kind == "choice":
        return _LIMITS["choice"][english].format(choices=", ".join(column.choices))
    kind = _KINDS[column.kind][english]
    if column.minimum is None:
        return kind
    limits = _LIMITS["minimum" if column.maximum is None else "range"][english]
    return limits.format(kind=kind, low=column.minimum, high=column.maximum)
