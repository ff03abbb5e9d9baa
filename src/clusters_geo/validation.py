"""Can this table be computed with? Every fault at once, cell by cell, or the table itself.

Whether figures are plausible and lawful is another question, for the audit.
"""

from __future__ import annotations

import math
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, SupportsFloat, TypeVar

import numpy as np
import pandas as pd
from shapely.geometry.base import BaseGeometry

from clusters_geo.errors import SchemaError
from clusters_geo.schema import CLUSTER_COLUMNS, DISTRICT_COLUMNS, UNIT_COLUMNS

if TYPE_CHECKING:
    from clusters_geo.schema import Column, Language

__all__ = ["list_faults", "validate"]

Table = TypeVar("Table", bound=pd.DataFrame)

_SHOWN = 5
_FAILURE_COLUMNS = ["row", "column", "value", "problem", "fix"]
_WHOLE_TABLE = "(table)"

# What pandera calls a fault, and how we say it and what to do, in Vietnamese and English.
_FAULTS = {
    "column_in_dataframe": (
        ("không có trong các cột", "thêm cột này"),
        ("is not among the columns", "add it"),
    ),
    "not_nullable": (("chưa có", "điền vào"), ("is missing", "fill it in")),
    "field_uniqueness": (
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
    import pandera.errors
    import pandera.pandas as pa

    columns = _TABLES.get(str(table.index.name), CLUSTER_COLUMNS)
    first = columns[0]
    declared = {
        c.name: pa.Column(
            checks=pa.Check(partial(_fits, column=c), element_wise=True, name="value"),
            nullable=not c.required,
            required=c.required,
            unique=c is first,
        )
        for c in columns
    }
    # Checks see plain objects by position, so that mixed kinds and repeated ids are judged value by value.
    plain = pd.DataFrame(table.reset_index(names=first.name)).astype(object)
    try:
        pa.DataFrameSchema(declared).validate(plain, lazy=True)
    except pandera.errors.SchemaErrors as errors:
        return _readable(errors.failure_cases, plain[first.name], {c.name: c for c in columns}, lang)
    return pd.DataFrame(columns=_FAILURE_COLUMNS)


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


def _readable(
    cases: pd.DataFrame, ids: pd.Series, columns: dict[str, Column], lang: Language
) -> pd.DataFrame:
    def told(check: str, name: str) -> tuple[str, str]:
        problem, fix = _FAULTS.get(check, _FAULTS["value"])[lang == "en"]
        return problem.format(wanted=_wanted(columns[name], lang)) if name in columns else problem, fix

    rows = [
        (_WHOLE_TABLE, value, None, *told(check, ""))
        if check == "column_in_dataframe"
        else (_row(ids, position, lang), name, value, *told(check, name))
        for name, check, value, position in zip(
            cases["column"], cases["check"], cases["failure_case"], cases["index"], strict=True
        )
    ]
    return pd.DataFrame(rows, columns=_FAILURE_COLUMNS)


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
