"""What if: a register with a few figures changed, to ask the law again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from clusters_geo.errors import SchemaError
from clusters_geo.names import did_you_mean
from clusters_geo.schema import CLUSTER_COLUMNS, STATUSES

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Change", "changes", "what_if"]

_WRITTEN = re.compile(
    r"^\s*(?P<id>\S+)\s+(?P<column>[a-z_]+)\s*(?P<sign>[+=\u2212-])\s*(?P<value>[\w.,]+)\s*$"
)
_NUMBERS = {c.name for c in CLUSTER_COLUMNS if c.kind in ("number", "integer")}


class Change(NamedTuple):
    """One assumption: which cluster, which column, and whether a value is added, taken off or set."""

    cluster_id: str
    column: str
    sign: str
    value: float | str

    def __str__(self) -> str:
        """Return it as one would write it."""
        return f"{self.cluster_id} {self.column} {self.sign}{self.value}"


def changes(texts: Sequence[str]) -> list[Change]:
    """Return assumptions as they are written: `HN-021 leased +5`, `HN-021 planned_ha =12,5`.

    Parameters
    ----------
    texts
        An id, a column (`leased` stands for `leased_ha`), and `+`, `-` or `=` with a number; `status` takes
        `=operating`, `=under_construction` or `=pending`.

    Raises
    ------
    SchemaError
        If one is not understood.

    Examples
    --------
    >>> [str(change) for change in changes(["HN-021 leased +5", "HN-021 status =operating"])]
    ['HN-021 leased_ha +5.0', 'HN-021 status =operating']
    """
    return [_change(text) for text in texts]


def what_if(clusters: pd.DataFrame, assumed: Sequence[str]) -> tuple[pd.DataFrame, list[Change]]:
    """Return a copy of a register with assumptions applied, and those that change nothing.

    Parameters
    ----------
    clusters
        The register, indexed by `cluster_id`; not changed.
    assumed
        As for `changes`. What is assumed counts as declared.

    Returns
    -------
    The register, and the changes that add to a figure nobody knows: it stays unknown.

    Raises
    ------
    SchemaError
        If one is not understood, or no cluster has that id.

    Examples
    --------
    >>> table = pd.DataFrame({"leased_ha": [10.0, None]}, index=["A", "B"])
    >>> changed, idle = what_if(table, ["A leased +5", "B leased +5"])
    >>> changed["leased_ha"].tolist(), [str(change) for change in idle]
    ([15.0, nan], ['B leased_ha +5.0'])
    """
    table, idle = clusters.copy(), []
    for change in changes(assumed):
        if change.cluster_id not in table.index:
            near = did_you_mean(change.cluster_id, map(str, table.index))
            raise SchemaError("law.no-cluster", id=change.cluster_id, near=near or {"say": "none is similar"})
        if not _apply(table, change):
            idle.append(change)
    return table, idle


def _change(text: str) -> Change:
    found = _WRITTEN.match(text)
    names = {c.name for c in CLUSTER_COLUMNS}
    column = (
        ""
        if found is None
        else next((name for name in (found["column"], f"{found['column']}_ha") if name in names), "")
    )
    if found is None or column not in _NUMBERS | {"status"}:
        raise SchemaError("law.if", text=text)
    sign = "-" if found["sign"] == "\u2212" else found["sign"]
    if column == "status":
        if sign != "=" or found["value"] not in STATUSES:
            raise SchemaError("law.if", text=text)
        return Change(found["id"], column, sign, found["value"])
    try:
        return Change(found["id"], column, sign, float(found["value"].replace(",", ".")))
    except ValueError:
        raise SchemaError("law.if", text=text) from None


def _apply(table: pd.DataFrame, change: Change) -> bool:
    """Change one cell in place, and return whether that could be done."""
    if change.column not in table:
        table[change.column] = float("nan")
    old = pd.to_numeric(pd.Series([table.loc[change.cluster_id, change.column]]), errors="coerce").iloc[0]
    value = change.value
    if isinstance(value, float) and change.sign != "=":
        if pd.isna(old):
            return False
        value = max(float(old) + (value if change.sign == "+" else -value), 0.0)
    table.loc[change.cluster_id, change.column] = value
    if f"{change.column}_basis" in table:
        table.loc[change.cluster_id, f"{change.column}_basis"] = "declared"
    return True
