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
from clusters_geo.reading.notes import has_made_ids, without_report
from clusters_geo.schema import CLUSTER_COLUMNS, DISTRICT_COLUMNS, UNIT_COLUMNS
from clusters_geo.words import format_value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from clusters_geo.reading.notes import LoadReport
    from clusters_geo.schema import Column, Language

__all__ = ["list_faults", "validate"]

Table = TypeVar("Table", bound=pd.DataFrame)

_SHOWN = 5
_Fault = dict[str, object]
_FAILURE_COLUMNS = ["row", "column", "value", "problem", "fix"]
_WHOLE_TABLE = {"say": "whole table"}

# What to do about each kind of fault; both are phrases.
_FIXES = {
    "no column": "add it",
    "missing": "fill it in",
    "twice": "give each row its own",
    "named twice": "tell them apart",
    "value": "correct or empty it",
}
_KINDS = {
    "text": "a text",
    "number": "a finite number",
    "integer": "a whole number",
    "date": "a date",
    "flag": "true or false",
    "geometry": "a shape",
}
_TABLES = {"district_code": DISTRICT_COLUMNS, "unit_code": UNIT_COLUMNS}


def validate(table: Table, *, report: LoadReport | None = None) -> Table:
    """Return the table unchanged if everything in it can be computed with.

    Parameters
    ----------
    table
        Clusters indexed by `cluster_id`, districts by `district_code`, or units by `unit_code`.
    report
        Of the load that gave exactly these rows: faults then name the file and the cell.

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
    faults = _faults(table)
    if faults:
        raise _refusal(faults, report)
    return table


def _refusal(faults: list[_Fault], report: LoadReport | None) -> SchemaError:
    lines: list[object] = [
        {"say": "fault", **fault, "row": _as_text(_place(fault, report))} for fault in faults[:_SHOWN]
    ]
    if len(faults) > _SHOWN:
        more = {"say": "more faults", "count": len(faults) - _SHOWN}
        lines.append(more if report is None else more | {"say": "more faults in", "path": report.path})
    failures = _worded(faults, "en", None)
    if report is None:
        return SchemaError("schema.faults", failures, count=len(faults), faults=lines)
    return SchemaError("schema.faults-in", failures, path=report.path, count=len(faults), faults=lines)


def _place(fault: _Fault, report: LoadReport | None) -> object:
    """Return the cell of a fault with its row's id, or that alone."""
    position, row = fault["position"], fault["row"]
    cell = report.address(position + 1, str(fault["column"])) if report and isinstance(position, int) else ""
    return {"say": "cell of", "cell": cell, "row": row} if cell else row


def list_faults(
    table: pd.DataFrame, lang: Language = "en", *, report: LoadReport | None = None
) -> pd.DataFrame:
    """Return everything in a table that cannot be computed with, without raising.

    Parameters
    ----------
    table
        As `validate` takes it.
    lang
        Of `problem` and `fix`.
    report
        As `validate` takes it.

    Returns
    -------
    One row per fault: `row` (its id, or where it has none its number; with `report` the cell too), `column`,
    `value`, `problem`, `fix`.

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {"name": [None], "status": ["pending"]}, index=pd.Index(["1"], name="cluster_id")
    ... )
    >>> list_faults(table, "vi")[["column", "problem", "fix"]].to_string(index=False, header=False)
    'name để trống điền vào'
    """
    return _worded(_faults(table), lang, report)


def _worded(faults: list[_Fault], lang: Language, report: LoadReport | None) -> pd.DataFrame:
    told = [fault | {"row": _place(fault, report)} for fault in faults]
    rows = [[_in_words(fault[name], lang) for name in _FAILURE_COLUMNS] for fault in told]
    return pd.DataFrame(rows, columns=_FAILURE_COLUMNS)


def _in_words(value: object, lang: Language) -> object:
    return format_value(value, lang) if isinstance(value, dict) else value


def _as_text(row: object) -> object:
    return row if isinstance(row, dict) else str(row)


def _faults(table: pd.DataFrame) -> list[_Fault]:
    """Return every fault; problems, fixes and the places of rows without an id are phrases."""
    columns = _TABLES.get(str(table.index.name), CLUSTER_COLUMNS)
    # By position: ids may be missing or used twice.
    plain = without_report(table).reset_index(names=columns[0].name)
    ids = plain[columns[0].name]
    faults = [fault for column in columns for fault in _faults_of(plain, column, ids)]
    return [_of_its_name(fault, plain) for fault in faults] if has_made_ids(table) else faults


def _of_its_name(fault: _Fault, plain: pd.DataFrame) -> _Fault:
    """Return a fault of an id that was made from a name as one of the name, which its owner wrote."""
    position, problem = fault["position"], fault["problem"]
    if not isinstance(position, int) or problem != {"say": "twice"}:
        return fault
    name = _plain(plain["name"].iloc[position])
    told = {"problem": {"say": "named twice"}, "fix": {"say": _FIXES["named twice"]}}
    return fault | told | {"column": "name", "value": name}


def _faults_of(plain: pd.DataFrame, column: Column, ids: pd.Series) -> Iterator[_Fault]:
    """Ask if a column is there, and each value, if each row has its own id, and all can be computed with."""
    name = column.name
    if name not in plain:
        if column.required:
            yield _fault("no column", column, None, _WHOLE_TABLE, None)
        return
    values = plain[name]
    missing = values.isna().to_numpy(dtype=bool)
    found = [("missing", missing & column.required)]
    if column.name == ids.name:
        found.append(("twice", values.duplicated(keep=False).to_numpy() & ~missing))
    found.append(("value", ~missing & ~_fitting(values, column, missing)))
    for kind, where in found:
        for position in np.flatnonzero(where).tolist():
            yield _fault(kind, column, position, _row(ids, position), _plain(values.iloc[position]))


def _plain(value: object) -> object:
    return value.item() if isinstance(value, np.generic) else value


def _fault(kind: str, column: Column, position: int | None, row: object, value: object) -> _Fault:
    problem = {"say": kind, "wanted": _wanted(column)} if kind == "value" else {"say": kind}
    return {
        "position": position,
        "row": row,
        "column": column.name,
        "value": value,
        "problem": problem,
        "fix": {"say": _FIXES[kind]},
    }


def _fitting(values: pd.Series, column: Column, missing: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which values of a column can be computed with; of numbers all at once."""
    if column.kind in ("number", "integer") and values.dtype.kind in "fiu":
        numbers = values.astype("Float64").to_numpy(dtype="float64", na_value=np.nan)
        low = -np.inf if column.minimum is None else column.minimum
        high = np.inf if column.maximum is None else column.maximum
        fit = np.isfinite(numbers) & (numbers >= low) & (numbers <= high)
        return np.asarray(fit & ((column.kind == "number") | (numbers == np.floor(numbers))))
    cells = zip(values.astype(object), missing, strict=True)
    fits = (unknown or _fits(value, column) for value, unknown in cells)
    return np.fromiter(fits, dtype=bool, count=len(values))


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


def _row(ids: pd.Series, position: int) -> object:
    found = ids.iloc[position]
    return {"say": "row number", "row": position + 1} if pd.isna(found) else found


def _wanted(column: Column) -> dict[str, object]:
    """Return the phrase of what a value of a column must be."""
    if column.kind == "choice":
        # A status in the words of an office, too.
        is_status = column.name == "status"
        return {
            "say": "one of",
            "choices": [{"say": f"status {c}"} if is_status else c for c in column.choices],
        }
    kind: dict[str, object] = {"say": _KINDS[column.kind]}
    if column.minimum is None:
        return kind
    limits = {"kind": kind, "low": column.minimum, "high": column.maximum}
    return {"say": "at least" if column.maximum is None else "from to", **limits}
