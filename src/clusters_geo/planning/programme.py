"""The supporting-industry programme (công nghiệp hỗ trợ, CNHT): targets against results.

Planners who answer for clusters also report on these indicators. The bundled table holds Hà Nội's published
targets; the same function reads a planner's own table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from clusters_geo.errors import SchemaError
from clusters_geo.reading.side_files import read_side_table
from clusters_geo.reference import bundled_file

if TYPE_CHECKING:
    import os

__all__ = ["programme"]

_REQUIRED = ("indicator", "year", "target", "result")
_OPTIONAL = (
    "indicator_vi",
    "indicator_en",
    "scope",
    "unit",
    "target_qualifier",
    "target_max",
    "result_qualifier",
    "result_as_of",
    "achieved_year",
    "brought_forward_to",
    "source",
    "note",
)
_NUMBERS = ("year", "target", "target_max", "result", "achieved_year", "brought_forward_to")


def programme(table: pd.DataFrame | str | os.PathLike[str] | None = None) -> pd.DataFrame:
    """Return each indicator with its target, its result and how the two relate.

    Parameters
    ----------
    table
        A table, or a file in CSV or XLSX, with `indicator`, `year`, `target` and `result`, and optionally
        `target_max` (the upper end of a target range), `achieved_year` (when the target was reached),
        `brought_forward_to` (the earlier year it was moved to), `unit`, `indicator_vi`, `indicator_en`,
        `scope`, `target_qualifier`, `result_qualifier`, `result_as_of`, `source` and `note`. Rates are
        shares of 1. None for Hà Nội's published targets.

    Returns
    -------
    The rows in their order, with `attainment` (result ÷ target, 1 means reached; missing without a result)
    and `lead_years` (years ahead of the target year, negative for behind: counted to `achieved_year`, else
    to `brought_forward_to`; missing where both are).

    Raises
    ------
    SourceError
        If the file cannot be read.
    SchemaError
        If a column is missing or holds something else than numbers.

    Examples
    --------
    >>> table = programme()
    >>> table.loc[table["year"] == 2025, ["indicator", "target", "lead_years"]].to_dict("records")
    [{'indicator': 'enterprises', 'target': 1000.0, 'lead_years': 1.0}]
    """
    rows = _checked(_read(bundled_file("programme.csv") if table is None else table))
    reached = rows["achieved_year"].fillna(rows["brought_forward_to"])
    return rows.assign(
        attainment=rows["result"] / rows["target"].where(rows["target"] > 0),
        lead_years=rows["year"] - reached,
    )


def _read(table: pd.DataFrame | str | os.PathLike[str]) -> pd.DataFrame:
    if isinstance(table, pd.DataFrame):
        return table
    return read_side_table(table, needed=_REQUIRED, numbers=_NUMBERS)


def _checked(table: pd.DataFrame) -> pd.DataFrame:
    missing = [name for name in _REQUIRED if name not in table]
    if missing:
        present = ", ".join(map(str, table.columns))
        msg = f"The programme has no column {', '.join(missing)}; it has: {present}."
        raise SchemaError(msg)
    rows = table.reindex(columns=[*table.columns, *(name for name in _OPTIONAL if name not in table)])
    numbers = {name: pd.to_numeric(rows[name], errors="coerce").astype("float64") for name in _NUMBERS}
    faults = [
        (position, name, rows[name].iloc[position])
        for name, values in numbers.items()
        for position in (values.isna() & rows[name].notna()).to_numpy().nonzero()[0]
    ]
    if faults:
        failures = pd.DataFrame(faults, columns=["row", "column", "value"])
        row, name, value = faults[0]
        msg = (
            f"The programme holds {len(faults)} values that are not numbers, the first in row {row + 1}, "
            f"column {name}: {value!r}. Write numbers with a decimal point, rates as shares (0.16 for 16 %)."
        )
        raise SchemaError(msg, failures.assign(problem="is not a number", fix="write a number"))
    return rows.assign(**numbers)
