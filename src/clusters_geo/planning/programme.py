"""The supporting-industry programme (công nghiệp hỗ trợ, CNHT): targets against results.

Planners who answer for clusters also report on these indicators. The bundled table holds Hà Nội's published
targets; the same function reads a planner's own table.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from clusters_geo.errors import SchemaError
from clusters_geo.reading.side_files import read_side_table
from clusters_geo.reference import bundled_file

if TYPE_CHECKING:
    import os
    from collections.abc import Hashable

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
    "source_vi",
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
        `scope`, `target_qualifier`, `result_qualifier`, `result_as_of`, `source`, `source_vi` (the same in
        Vietnamese) and `note`. Rates are shares of 1. None for Hà Nội's published targets.

    Returns
    -------
    The rows in their order, with `attainment` (result ÷ target, 1 means reached; missing without a result),
    `lead_years` (years ahead of the target year, negative for behind: counted to `achieved_year`; missing
    without one) and `planned_lead_years` (to `brought_forward_to`: a plan moved is no result). Where a scope
    and year have the results `enterprises` and `enterprises_international_standards`, a row
    `share_international_standards` follows that nobody printed (`derived` True): 320 of 900 are 35.6 %.

    Raises
    ------
    SourceError
        If the file cannot be read.
    SchemaError
        If a column is missing or holds something else than numbers.

    Examples
    --------
    >>> table = programme()
    >>> table.loc[table["year"] == 2025, ["indicator", "target", "planned_lead_years"]].to_dict("records")
    [{'indicator': 'enterprises', 'target': 1000.0, 'planned_lead_years': 1.0}]
    >>> round(table.loc[table["derived"], "result"].item(), 3)
    0.356
    """
    rows = _checked(_read(bundled_file("programme.csv") if table is None else table))
    derived, printed = _derived_shares(rows), rows.assign(derived=False)
    table = pd.concat([printed, derived], ignore_index=True) if len(derived) else printed
    return table.assign(
        attainment=table["result"] / table["target"].where(table["target"] > 0),
        lead_years=table["year"] - table["achieved_year"],
        planned_lead_years=table["year"] - table["brought_forward_to"],
    )


_WHOLE, _PART, _SHARE = "enterprises", "enterprises_international_standards", "share_international_standards"


def _derived_shares(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the share that two results make, where nobody printed it, against the next target for it."""
    keys = ["scope", "year"]
    whole, part, said = (rows[rows["indicator"] == name] for name in (_WHOLE, _PART, _SHARE))
    pairs = part.dropna(subset=["result"]).merge(
        whole.dropna(subset=["result"])[[*keys, "result", "result_qualifier"]],
        on=keys,
        suffixes=("", "_whole"),
    )
    pairs = pairs[pairs["result_whole"] > 0]
    pairs = pairs[~pd.MultiIndex.from_frame(pairs[keys]).isin(pd.MultiIndex.from_frame(said[keys]))]
    found = [_derived(row, said) for row in pairs.to_dict("records")]
    return pd.DataFrame(found, columns=[*rows.columns, "derived"])


def _derived(row: dict[Hashable, Any], said: pd.DataFrame) -> dict[Hashable, Any]:
    """Return the row of a derived share; both results being "more than", it is no bound: about."""
    later = said[(said["scope"] == row["scope"]) & (said["year"] >= row["year"])].sort_values("year")
    names = {"indicator": _SHARE, "unit": "share", "result": row["result"] / row["result_whole"]}
    names |= {"indicator_vi": None, "indicator_en": None, "target": math.nan, "target_max": math.nan}
    names |= {"target_qualifier": None, "achieved_year": math.nan, "brought_forward_to": math.nan}
    if len(later):
        next_one = later.iloc[0]
        names |= {name: next_one[name] for name in ("indicator_vi", "indicator_en")}
        reached = row["result"] / row["result_whole"] >= next_one["target"]
        names |= {name: next_one[name] for name in ("target", "target_max", "target_qualifier", "year")}
        names |= {"achieved_year": row["year"] if reached else math.nan}
    same = row["result_qualifier"] == row["result_qualifier_whole"] == "exact"
    kept = {key: value for key, value in row.items() if not str(key).endswith("_whole")}
    return kept | names | {"result_qualifier": "exact" if same else "about", "derived": True}


def _read(table: pd.DataFrame | str | os.PathLike[str]) -> pd.DataFrame:
    if isinstance(table, pd.DataFrame):
        return table
    return read_side_table(table, needed=_REQUIRED, numbers=_NUMBERS)


def _checked(table: pd.DataFrame) -> pd.DataFrame:
    missing = [name for name in _REQUIRED if name not in table]
    if missing:
        present = ", ".join(map(str, table.columns))
        raise SchemaError("programme.no-column", missing=", ".join(missing), present=present)
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
        raise SchemaError(
            "programme.no-number",
            failures.assign(problem="is not a number", fix="write a number"),
            count=len(faults),
            row=int(row) + 1,
            column=name,
            value=value,
        )
    return rows.assign(**numbers)
