"""What if: a register with a few figures changed, to ask the law again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, cast

import pandas as pd

from clusters_geo.errors import SchemaError
from clusters_geo.names import find_cluster
from clusters_geo.schema import CLUSTER_COLUMNS, STATUSES

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Change", "changes", "what_if"]

_SIGNS = "+=-"
_VALUE = re.compile(r"[\w.,]+")
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
        An id or a name, a column (`leased` stands for `leased_ha`), and `+`, `-` or `=` with a number;
        `status` takes `=operating`, `=under_construction` or `=pending`.

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
        If one is not understood, or no cluster has that id or name.

    Examples
    --------
    >>> table = pd.DataFrame({"name": ["Phú Thị", "Xà Cầu"], "leased_ha": [10.0, None]}, index=["A", "B"])
    >>> changed, idle = what_if(table, ["CCN Phú Thị leased +5", "B leased +5"])
    >>> changed["leased_ha"].tolist(), [str(change) for change in idle]
    ([15.0, nan], ['B leased_ha +5.0'])
    """
    table, idle = clusters.copy(), []
    for told in changes(assumed):
        change = told._replace(cluster_id=cast("str", find_cluster(table, told.cluster_id)))
        if not _apply(table, change):
            idle.append(change)
    return table, idle


def _change(text: str) -> Change:
    told = text.strip().replace("\u2212", "-")
    at = max(told.rfind(sign) for sign in _SIGNS)
    who, _, named = told[:at].rstrip().rpartition(" ")
    value = told[at + 1 :].strip()
    column = next((name for name in (named, f"{named}_ha") if name in _NUMBERS | {"status"}), "")
    if at < 0 or not who.strip() or not column or not _VALUE.fullmatch(value):
        raise SchemaError("law.if", text=text)
    if column == "status":
        if told[at] != "=" or value not in STATUSES:
            raise SchemaError("law.if", text=text)
        return Change(who.strip(), column, "=", value)
    try:
        return Change(who.strip(), column, told[at], float(value.replace(",", ".")))
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
