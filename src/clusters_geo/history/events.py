"""The log of events: what happened to a cluster, on which day, and since when that is known.

A register shows one state; the log is what it follows from. An event has two days. `valid_on` is the day for
which it holds: a plan of 10 December 2024. `recorded_on` is the day of the source that says so: an article
of 23 June 2025. Either may be a month ("2024-06") or a year ("2017"): it is no earlier than the first day of
that and no later than the last, and a source of a year is known for certain only when the year is over.

Kinds of events are declared in `data/event_kinds.csv`: which status a kind gives, which column of the
register holds its day and which its value. `set` gives the value of the column that it names.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from clusters_geo.data import read_rows
from clusters_geo.errors import SchemaError
from clusters_geo.reading.side_files import read_side_table
from clusters_geo.schema import BASES, CLUSTER_COLUMNS

if TYPE_CHECKING:
    import datetime as dt
    import os

    from clusters_geo.schema import Language

__all__ = [
    "EVENT_COLUMNS",
    "FIGURE_KINDS",
    "EventKind",
    "as_day",
    "check_events",
    "event_kinds",
    "first_day",
    "last_day",
    "read_events",
]

EVENT_COLUMNS = (
    *("cluster_id", "what", "column", "value", "unit", "valid_on", "recorded_on"),
    *("basis", "qualifier", "source", "file", "cell", "who"),
)

# What is said of a column: its value, or that it is known no more.
FIGURE_KINDS = ("set", "withdrawn")

_NEEDED = ("cluster_id", "what", "valid_on", "recorded_on", "source")
_PARTIAL = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?")
_YEAR, _MONTH = 4, 7


class EventKind(NamedTuple):
    """A kind of event: the status it gives, the columns of its day and of its value, its names."""

    what: str
    status: str
    dated: str
    valued: str
    vi: str
    en: str

    def label(self, lang: Language = "vi") -> str:
        """Return its name."""
        return self.vi if lang == "vi" else self.en


@lru_cache
def event_kinds() -> dict[str, EventKind]:
    """Return the kinds of events by their name.

    Examples
    --------
    >>> event_kinds()["ground_broken"].status
    'under_construction'
    """
    return {row["what"]: EventKind(**row) for row in read_rows("event_kinds.csv")}


def first_day(days: pd.Series) -> pd.Series:
    """Return the earliest day that days, months or years may mean.

    Examples
    --------
    >>> first_day(pd.Series(["2017", "2024-06", "2025-06-23"])).astype(str).tolist()
    ['2017-01-01', '2024-06-01', '2025-06-23']
    """
    text = days.astype("string")
    rest = _month_rest(text, "-01").mask((text.str.len() == _YEAR).fillna(value=False), "-01-01")
    return pd.Series(pd.to_datetime(text + rest), index=days.index)


def last_day(days: pd.Series) -> pd.Series:
    """Return the latest day that days, months or years may mean.

    Examples
    --------
    >>> last_day(pd.Series(["2017", "2024-02", "2025-06-23"])).astype(str).tolist()
    ['2017-12-31', '2024-02-29', '2025-06-23']
    """
    text = days.astype("string")
    first = first_day(days)
    of_year, of_month = (text.str.len() == length for length in (_YEAR, _MONTH))
    ends = first.mask(of_year, first + pd.offsets.YearEnd(0))
    return ends.mask(of_month, first + pd.offsets.MonthEnd(0))


def _month_rest(text: pd.Series, rest: str) -> pd.Series:
    return pd.Series(np.where(text.str.len() == _MONTH, rest, ""), index=text.index, dtype="string")


def read_events(path: str | os.PathLike[str]) -> pd.DataFrame:
    r"""Read a log of events from CSV or XLSX.

    Parameters
    ----------
    path
        One event a row, with at least `cluster_id`, `what`, `valid_on`, `recorded_on` and `source`.

    Returns
    -------
    The columns of `EVENT_COLUMNS` as text, empty cells missing.

    Raises
    ------
    SourceError
        If the file cannot be read.
    SchemaError
        As `check_events`.

    Examples
    --------
    >>> text = (
    ...     "cluster_id,what,valid_on,recorded_on,source\nA,ground_broken,2025-06-23,2025-06-23,an article\n"
    ... )
    >>> _ = (tmp / "events.csv").write_text(text)
    >>> len(read_events(tmp / "events.csv"))
    1
    """
    return check_events(read_side_table(path, needed=_NEEDED))


def check_events(events: pd.DataFrame) -> pd.DataFrame:
    """Return a log as `read_events` does, of a table that came another way.

    Raises
    ------
    SchemaError
        If a column is missing or a cell cannot be understood, with the row and the cell.

    Examples
    --------
    >>> check_events(pd.DataFrame({"cluster_id": ["A"], "what": ["opend"]}))
    Traceback (most recent call last):
        ...
    clusters_geo.errors.SchemaError: The log of events lacks the column valid_on. It needs ...
    """
    for name in _NEEDED:
        if name not in events:
            raise SchemaError("history.no-column", column=name, needed=list(_NEEDED))
    table = events.reindex(columns=list(EVENT_COLUMNS)).astype("string")
    for name, wrong, say in _faults(table):
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            value = table[name].iloc[row]
            raise SchemaError(say, row=row + 1, column=name, value="" if pd.isna(value) else value)
    return table.reset_index(drop=True)


def _faults(table: pd.DataFrame) -> list[tuple[str, pd.Series, str]]:
    columns = {c.name for c in CLUSTER_COLUMNS}
    named = table["column"].isin(columns)
    faults = [(name, table[name].isna(), "history.empty") for name in _NEEDED]
    return [
        *faults,
        *((name, ~_is_day(table[name]), "history.no-day") for name in ("valid_on", "recorded_on")),
        ("what", ~table["what"].isin(event_kinds()), "history.no-kind"),
        ("column", (table["what"].isin(FIGURE_KINDS) | table["column"].notna()) & ~named, "history.no-such"),
        ("value", (table["what"] == "set") & table["value"].isna(), "history.empty"),
        ("basis", table["basis"].notna() & ~table["basis"].isin(BASES), "history.no-basis"),
    ]


def _is_day(days: pd.Series) -> pd.Series:
    shaped = days.str.fullmatch(_PARTIAL.pattern).fillna(value=False)
    # 30 February has the shape of a day.
    full = days.where(days.str.len() > _MONTH)
    return shaped & (full.isna() | pd.to_datetime(full, errors="coerce").notna())


def as_day(day: str | dt.date) -> pd.Timestamp:
    """Return the day of a vintage; the last one of a month or a year.

    Raises
    ------
    SchemaError
        If it is no day.

    Examples
    --------
    >>> as_day("2022-09")
    Timestamp('2022-09-30 00:00:00')
    """
    text = pd.Series([str(day)[:10]], dtype="string")
    if not _is_day(text).item():
        raise SchemaError("history.no-vintage", value=str(day))
    stamp: pd.Timestamp = last_day(text).iloc[0]
    return stamp
