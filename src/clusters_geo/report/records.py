"""Tables for programs: JSON and CSV with plain numbers, ISO dates and null for what is not known."""

from __future__ import annotations

import json
import math
from typing import Any

import pandas as pd

__all__ = ["to_csv", "to_json", "to_records"]

# A tenth of a square centimetre in hectares: below any figure's meaning, above the noise of adding up.
_DECIMALS = 9


def to_records(table: pd.DataFrame) -> list[dict[str, object]]:
    """Return one dictionary per row, its index first, with JSON's kinds of values only.

    Examples
    --------
    >>> to_records(pd.DataFrame({"ha": [1.0, float("nan")]}, index=pd.Index(["A", "B"], name="id")))
    [{'id': 'A', 'ha': 1.0}, {'id': 'B', 'ha': None}]
    """
    flat = table.reset_index() if table.index.name else table
    return [{str(name): _plain(value) for name, value in row.items()} for row in flat.to_dict("records")]


def to_json(content: object) -> str:
    """Return records as JSON that a person can read too.

    Examples
    --------
    >>> print(to_json({"tên": 1}))
    {
      "tên": 1
    }
    """
    return json.dumps(content, ensure_ascii=False, indent=2, allow_nan=False)


def to_csv(table: pd.DataFrame) -> str:
    """Return a table as CSV in which no cell starts a formula in a spreadsheet.

    Examples
    --------
    >>> print(to_csv(pd.DataFrame({"name": ["=1+1"], "ha": [2.5]})), end="")
    name,ha
    '=1+1,2.5
    """
    from clusters_geo.report.cells import neutral_cells

    text = neutral_cells(pd.DataFrame(to_records(table))).replace(r"\r\n?", "\n", regex=True)
    # pandas quotes only its own line ends; a carriage return left as it is would split the row.
    return str(text.to_csv(index=False))


def _plain(value: Any) -> object:  # noqa: ANN401 - a cell of any kind
    if value is None or pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat() if value == value.normalize() else value.isoformat()
    item = value.item() if hasattr(value, "item") else value
    if isinstance(item, float):
        # JSON has no infinity, and a figure that is infinite says nothing.
        return round(item, _DECIMALS) if math.isfinite(item) else None
    return item
