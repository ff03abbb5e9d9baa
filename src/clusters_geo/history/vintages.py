"""A vintage: the register as somebody could have known it on a day.

A value is that of the newest source not later than the day. Among sources of one day the one that holds for
the later day wins, then the greater value: the order in which events were entered decides nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from clusters_geo.history.events import FIGURE_KINDS, as_day, check_events, event_kinds, last_day
from clusters_geo.reading.values import cast_columns
from clusters_geo.schema import CLUSTER_COLUMNS, COMPANIONS, STATUSES, column

if TYPE_CHECKING:
    import datetime as dt

    from clusters_geo.history.events import EventKind

__all__ = ["COMPANIONS", "known_cells", "table_of_cells", "vintage"]

_BY = "by"
_FULL_DAY = 10
_GONE = ("dropped", "split", "merged")
_CELL = [*("cluster_id", "column", "value"), *COMPANIONS]
_RANK = {status: rank for rank, status in enumerate(reversed(STATUSES))}


def known_cells(events: pd.DataFrame, as_of: str | dt.date) -> pd.DataFrame:
    """Return each figure that was known on a day, as text, with where it comes from.

    Parameters
    ----------
    events
        From `read_events`.
    as_of
        The day: "2022-09-30", or the last one of "2022-09".

    Returns
    -------
    One row per cluster and column of the register: `cluster_id`, `column`, `value`, `basis`, `source`,
    `as_of` (the day of the source, as exact as it is known) and `qualifier` ("nearly", "more than"). `status`
    is the furthest that events lead; a cluster dropped, split or merged into others by then has no row.

    Raises
    ------
    SchemaError
        As `check_events`, or if `as_of` is no day.

    Examples
    --------
    >>> log = pd.DataFrame(
    ...     {
    ...         "cluster_id": "CN2",
    ...         "what": "set",
    ...         "column": "planned_ha",
    ...         "value": ["63.16", "50.59"],
    ...         "valid_on": ["2018", "2024-12-10"],
    ...         "recorded_on": ["2018", "2025-06-23"],
    ...         "source": ["A", "B"],
    ...     }
    ... )
    >>> [known_cells(log, day)["value"].tolist() for day in ("2017-12-31", "2022-09-30", "2025-12-31")]
    [[], ['63.16'], ['50.59']]
    """
    day = as_day(as_of)
    log = check_events(events)
    known = log[(last_day(log["recorded_on"]) <= day) & (last_day(log["valid_on"]) <= day)]
    gone = known.loc[known["what"].isin(_GONE), "cluster_id"]
    known = _oldest_first(known[~known["cluster_id"].isin(gone)])
    cells = pd.concat([_furthest_status(known), *_cells(known)], ignore_index=True)
    return cells.drop_duplicates(["cluster_id", "column"], keep="last").reset_index(drop=True)


def vintage(events: pd.DataFrame, as_of: str | dt.date) -> pd.DataFrame:
    """Return the register that follows from what was known on a day.

    Parameters
    ----------
    events, as_of
        As for `known_cells`.

    Returns
    -------
    One row per cluster that was known, indexed by `cluster_id`, with the columns of the schema that hold
    something, `as_of`, and beside each figure `<column>_basis`, `<column>_source`, `<column>_as_of` and,
    where any is worded so, `<column>_qualifier`.

    Raises
    ------
    SchemaError
        As `known_cells`.

    Examples
    --------
    >>> log = pd.DataFrame(
    ...     {
    ...         "cluster_id": ["CN2", "CN2"],
    ...         "what": ["established", "ground_broken"],
    ...         "value": ["2794/QĐ-UBND", None],
    ...         "valid_on": ["2020-06-26", "2025-06-23"],
    ...         "recorded_on": ["2020-06-26", "2025-06-23"],
    ...         "source": "S",
    ...     }
    ... )
    >>> vintage(log, "2022-09-30").loc["CN2", ["status", "decision"]].tolist()
    ['pending', '2794/QĐ-UBND']
    """
    return table_of_cells(known_cells(events, as_of), as_of)


def table_of_cells(cells: pd.DataFrame, as_of: str | dt.date) -> pd.DataFrame:
    """Return cells as `known_cells` gives them as the register that they are, as `vintage` does.

    Examples
    --------
    >>> cell = {"cluster_id": "CN2", "column": "planned_ha", "value": "50.59", "source": "S"}
    >>> known = pd.DataFrame([cell], columns=["cluster_id", "column", "value", *COMPANIONS])
    >>> table_of_cells(known, "2025-12-31").loc["CN2", "planned_ha_source"]
    'S'
    """
    wide = cells.pivot(  # noqa: PD010 - one cell each, nothing to aggregate
        index="cluster_id", columns="column", values=["value", *COMPANIONS]
    )
    declared = [c.name for c in CLUSTER_COLUMNS if ("value", c.name) in wide]
    parts = {name: _worded_flags(wide["value", name], name) for name in declared}
    for name in declared:
        parts |= {f"{name}_{what}": wide[what, name] for what in COMPANIONS if wide[what, name].notna().any()}
    table = pd.DataFrame(parts, index=wide.index).assign(as_of=as_day(as_of))
    return cast_columns(table, tuple(column(name) for name in declared))


def _worded_flags(values: pd.Series, name: str) -> pd.Series:
    """Return the values of a column; of a flag, which a log writes as a word, true or false."""
    return values.map({"true": True, "false": False}) if column(name).kind == "flag" else values


def _oldest_first(known: pd.DataFrame) -> pd.DataFrame:
    keys = pd.DataFrame({"recorded": last_day(known["recorded_on"]), "valid": last_day(known["valid_on"])})
    keys["value"] = pd.to_numeric(known["value"], errors="coerce")
    # Whatever is left equal is ordered by its text, so that no order of entry can show.
    keys["text"] = known.fillna("").agg("\x1f".join, axis=1) if len(known) else ""
    return known.loc[keys.sort_values([*map(str, keys)], kind="stable", na_position="first").index]


def _cells(known: pd.DataFrame) -> list[pd.DataFrame]:
    figures = known[known["what"].isin(FIGURE_KINDS)]
    # What was withdrawn is unknown from then on, whatever the event says beside.
    values = figures["value"].where(figures["what"] == "set")
    found = [_as_cells(figures, figures["column"], values)]
    for what, group in known.groupby("what", sort=False):
        found += _of_kind(event_kinds()[str(what)], group)
    return found


def _of_kind(kind: EventKind, group: pd.DataFrame) -> list[pd.DataFrame]:
    cells = []
    if kind.valued:
        told = group[group["value"].notna()]
        cells.append(_as_cells(told, kind.valued, told["value"]))
    if kind.dated:
        exact = group[(group["valid_on"].str.len() == _FULL_DAY) & (group["qualifier"].fillna("") != _BY)]
        cells.append(_as_cells(exact, kind.dated, exact["valid_on"]))
    if kind.what == "established":
        cells.append(_as_cells(group, "established", "true"))
        years = group[group["qualifier"].fillna("") != _BY]
        cells.append(_as_cells(years, "established_year", years["valid_on"].str[:4]))
    if kind.what == "detailed_plan":
        cells.append(_as_cells(group, "detailed_plan_approved", "true"))
    return cells


def _as_cells(rows: pd.DataFrame, column: pd.Series | str, value: pd.Series | str) -> pd.DataFrame:
    return rows.assign(column=column, value=value, as_of=rows["recorded_on"])[_CELL]


def _furthest_status(known: pd.DataFrame) -> pd.DataFrame:
    status = known["what"].map({kind.what: kind.status or None for kind in event_kinds().values()})
    rank = status.map(_RANK)
    staged = known.assign(rank=rank, status=status)[rank.notna()]
    # Of the events that lead as far, the newest source speaks.
    order = np.argsort(staged["rank"].to_numpy(dtype="int64"), kind="stable")
    furthest = staged.iloc[order].drop_duplicates("cluster_id", keep="last")
    return _as_cells(furthest, "status", furthest["status"])
