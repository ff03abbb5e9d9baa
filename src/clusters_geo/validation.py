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
from clusters_geo.schema import CLUSTER_COLUMNS, DISTRICT_COLUMNS

if TYPE_CHECKING:
    from clusters_geo.schema import Column

__all__ = ["validate"]

Table = TypeVar("Table", bound=pd.DataFrame)

_SHOWN = 5
_FAILURE_COLUMNS = ["row", "column", "value", "problem", "fix"]
_WHOLE_TABLE = "(table)"

# What pandera calls a fault, and how we say it.
_PROBLEMS = {
    "not_nullable": ("is missing", "fill it in"),
    "field_uniqueness": ("is used more than once", "give each row its own"),
}
_KINDS = {
    "text": "text",
    "number": "a finite number",
    "integer": "a whole number",
    "date": "a date",
    "flag": "true or false",
    "geometry": "a shape",
}


def validate(table: Table) -> Table:
    """Return the table unchanged if everything in it can be computed with.

    Parameters
    ----------
    table
        Clusters indexed by `cluster_id`, or districts indexed by `district_code`.

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
    columns = DISTRICT_COLUMNS if table.index.name == "district_code" else CLUSTER_COLUMNS
    failures = _failures(table, columns)
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


def _failures(table: pd.DataFrame, columns: tuple[Column, ...]) -> pd.DataFrame:
    import pandera.errors
    import pandera.pandas as pa

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
        return _readable(errors.failure_cases, plain[first.name], {c.name: c for c in columns})
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


def _readable(cases: pd.DataFrame, ids: pd.Series, columns: dict[str, Column]) -> pd.DataFrame:
    rows = [
        (_WHOLE_TABLE, value, None, "is not among the columns", "add it")
        if check == "column_in_dataframe"
        else (ids.iloc[position], name, value, *_fault(check, columns[name]))
        for name, check, value, position in zip(
            cases["column"], cases["check"], cases["failure_case"], cases["index"], strict=True
        )
    ]
    return pd.DataFrame(rows, columns=_FAILURE_COLUMNS)


def _fault(check: str, column: Column) -> tuple[str, str]:
    """Return in words what is wrong with a value, and what to do."""
    return _PROBLEMS.get(check, (f"is not {_wanted(column)}", "correct or empty it"))


def _wanted(column: Column) -> str:
    """Return in words what a value of a column must be."""
    if column.kind == "choice":
        return "one of " + ", ".join(column.choices)
    words = _KINDS[column.kind]
    if column.minimum is not None and column.maximum is not None:
        return f"{words} from {column.minimum:g} to {column.maximum:g}"
    return words if column.minimum is None else f"{words} of at least {column.minimum:g}"
