"""Two audits of one register, one after the other: which findings are new, gone, or still there.

A finding is the same if rule, cluster (or unit) and field are the same; those of which the value is the same
too are paired first. What is gone because its rule could not be judged this time is not mended, only unknown.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pandas as pd

from clusters_geo.auditing.baseline import plain_key
from clusters_geo.auditing.findings import FINDING_COLUMNS
from clusters_geo.auditing.rule import SEVERITIES
from clusters_geo.errors import SchemaError, SourceError
from clusters_geo.reading.formats import known_endings
from clusters_geo.reading.opening import opened
from clusters_geo.reading.reasons import reason_of

if TYPE_CHECKING:
    import os
    from collections.abc import Hashable, Iterable

__all__ = ["CHANGES", "compare_findings", "read_findings"]

CHANGES = ("new", "gone", "unknown", "still")

# As of a side table: some 100,000 findings.
_MOST_BYTES = 64 << 20
_COLUMNS = [name for name in FINDING_COLUMNS if name != "geometry"]
_NEEDED = {"rule", "severity", "cluster_id", "field", "value", "message"}
_PLACE = ("rule", "cluster_id", "district", "field")


def compare_findings(before: pd.DataFrame | str | os.PathLike[str], after: pd.DataFrame) -> pd.DataFrame:
    """Return what changed from one audit to the next.

    Parameters
    ----------
    before
        The findings of the earlier audit, as from `audit`, or the JSON file of `clusters-geo audit`.
    after
        The findings of the later one, as from `audit`.

    Returns
    -------
    One row per finding of either, with the columns of an audit but `geometry`, and in front `change` and
    `value_before`. `change` is `new`, `gone`, `unknown` (its rule was not judged in the later audit) or
    `still`; the rows are in this order, each in that of its audit. Of findings accepted by a baseline, those
    that are gone from the later audit are left out.

    Raises
    ------
    SourceError, SchemaError
        If the file cannot be read, or does not hold findings.

    Examples
    --------
    >>> from clusters_geo.auditing.run import audit
    >>> names = pd.Index(["1", "2"], name="cluster_id")
    >>> before = audit(pd.DataFrame({"planned_ha": [-1.0, -2.0]}, index=names), only=["figures.negative"])
    >>> after = audit(pd.DataFrame({"planned_ha": [20.0, -3.0]}, index=names), only=["figures.negative"])
    >>> compare_findings(before, after)[["change", "cluster_id", "value_before", "value"]].values.tolist()
    [['gone', '1', -1.0, None], ['still', '2', -2.0, -3.0]]
    """
    earlier = _present(before if isinstance(before, pd.DataFrame) else read_findings(before))
    later = _present(after)
    pairs = _pairs(earlier, later)
    judged = _judged(after)
    olds = earlier.to_dict("records")
    rows: list[dict[Hashable, object]] = [
        {"change": "still", "value_before": olds[pairs[at]]["value"], **finding}
        if at in pairs
        else {"change": "new", "value_before": None, **finding}
        for at, finding in enumerate(later.to_dict("records"))
    ]
    for at in sorted({*range(len(olds))} - {*pairs.values()}):
        change = "gone" if judged is None or olds[at]["rule"] in judged else "unknown"
        rows.append({"change": change, "value_before": olds[at]["value"], **olds[at], "value": None})
    rows.sort(key=lambda row: CHANGES.index(str(row["change"])))
    return pd.DataFrame(rows, columns=["change", "value_before", *_COLUMNS], dtype=object).astype(
        {"row": "Int64"}
    )


def read_findings(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Return the findings that an audit wrote as JSON.

    Raises
    ------
    SourceError
        If the file may not be opened, is larger than 64 MB, or is not JSON.
    SchemaError
        If it does not hold the findings of an audit; a register is called that.
    """
    with opened(path) as file:
        if (ending := file.path.suffix.lower()) in {*known_endings()} - {".json", ".zip"}:
            raise SchemaError("audit.since-register", path=file.shown, ending=ending)
        content = file.content(_MOST_BYTES)
    try:
        rows = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise SourceError("audit.since-not-json", path=file.shown, reason=reason_of(error)) from error
    if not isinstance(rows, list) or not all(isinstance(row, dict) and row.keys() >= _NEEDED for row in rows):
        raise SchemaError("audit.since-not-findings", path=file.shown)
    if strange := {str(row["severity"]) for row in rows} - set(SEVERITIES):
        raise SchemaError("audit.since-severity", path=file.shown, severity=min(strange))
    states = [*_COLUMNS, *(["state"] if any("state" in row for row in rows) else [])]
    return pd.DataFrame(rows, columns=states, dtype=object)


def _present(findings: pd.DataFrame) -> pd.DataFrame:
    """Return the findings that were there, without what a baseline says is gone."""
    found = pd.DataFrame(findings)
    if "state" in found:
        found = found[found["state"] != "gone"]
    return found.reindex(columns=_COLUMNS).astype(object).reset_index(drop=True)


def _pairs(before: pd.DataFrame, after: pd.DataFrame) -> dict[int, int]:
    """Return for each later finding that was there before the place of the earlier one."""
    pairs: dict[int, int] = {}
    for columns in ((*_PLACE, "value"), _PLACE, ("rule", "cluster_id", "field")):
        free: dict[tuple[str, ...], list[int]] = {}
        taken = set(pairs.values())
        for at, key in enumerate(_keys(before, columns)):
            if at not in taken:
                free.setdefault(key, []).append(at)
        for at, key in enumerate(_keys(after, columns)):
            # Of a finding without a cluster the unit is all that says where it is.
            if at not in pairs and free.get(key) and (key[1] or "district" in columns):
                pairs[at] = free[key].pop(0)
    return pairs


def _keys(findings: pd.DataFrame, columns: tuple[str, ...]) -> Iterable[tuple[str, ...]]:
    rows = findings[list(columns)].itertuples(index=False, name=None)
    return (tuple(map(plain_key, row)) for row in rows)


def _judged(findings: pd.DataFrame) -> set[str] | None:
    """Return the rules that an audit could judge, None where the table lost its record."""
    runs = findings.attrs.get("audit", {}).get("rules")
    return None if runs is None else {str(run["rule"]) for run in runs if not run["not_judged"]}
