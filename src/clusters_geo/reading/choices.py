"""What people write for the declared values, statuses above all: exactly, or in a sentence by its words.

The table is `data/choices.csv`. A status in a sentence is read clause by clause, the longest known words
first, so that "chưa hoạt động" is no sign of operation; where clauses disagree the furthest stage counts and
the reading is a doubt.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from clusters_geo.names import strip_accents
from clusters_geo.reading.headers import table_of
from clusters_geo.schema import INVESTOR_KINDS, STATUSES, UNIT_TYPES

if TYPE_CHECKING:
    import geopandas as gpd

    from clusters_geo.reading.notes import LoadReport

__all__ = [
    "CHOICES",
    "TICKS",
    "Reading",
    "folded",
    "is_tick",
    "known_choices",
    "status_in_title",
    "status_of",
    "with_status",
]

_LABELS = {"status": STATUSES, "investor_kind": INVESTOR_KINDS, "type": UNIT_TYPES}
_NOT_YET = "chua "
_FURTHEST_FIRST = ("operating", "under_construction", "pending")

# Signs in a column whose header says what they mean.
TICKS = frozenset({"x", "v", "✓", "✔", "√", "•", "●", "☑", "☒", "✗", "✘", "+", "1", "ü", "þ"})


def _written() -> dict[str, dict[str, tuple[str, ...]]]:
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for row in table_of("choices"):
        if not row["how"]:
            values = found.setdefault(row["column"], {})
            values[row["value"]] = (*values.get(row["value"], ()), folded(row["written"]))
    return found


def folded(text: str) -> str:
    """Return a text without accents, capitals and doubled blanks."""
    return " ".join(strip_accents(text).split())


# What else is written for the declared values, without accents and capitals.
CHOICES: dict[str, dict[str, tuple[str, ...]]] = _written()


class Reading(NamedTuple):
    """A status read from a text, "" for none; `sure` unless clauses disagree or a word only hints at it."""

    status: str
    sure: bool


@cache
def known_choices(column: str, choices: tuple[str, ...]) -> dict[str, str]:
    """Return each folded text that exactly means a value of a column."""
    known = {folded(c): c for c in choices}
    for choice, labels in _LABELS.get(column, {}).items():
        known.update({folded(text): choice for text in labels})
    for choice, others in CHOICES.get(column, {}).items():
        known.update(dict.fromkeys(others, choice))
    return known


@cache
def status_of(text: str) -> Reading:
    """Return the status that a cell, a section or a header words.

    Examples
    --------
    >>> status_of("Đang thi công hạ tầng"), status_of("Chưa có chủ đầu tư").status
    (Reading(status='under_construction', sure=True), 'pending')
    >>> status_of("Đang hoạt động, đang mở rộng").status, status_of("Ngừng hoạt động").status
    ('operating', '')
    >>> status_of("Đã có QĐ thành lập, chưa đầu tư xây dựng hạ tầng")
    Reading(status='pending', sure=True)
    """
    exact = known_choices("status", tuple(STATUSES)).get(folded(text))
    if exact:
        return Reading(exact, sure=True)
    found, certain = set(), set()
    for clause in re.split(r"[,;()–\n]|\s-\s", folded(text)):
        for value, how in _matches(clause, ("words", "title", "guess")):
            if value or how == "stopped":
                found.add(value)
            if how != "guess":
                certain.add(value)
    # What was given up beside a stage leaves it a doubt: "đã khởi công nhưng tạm dừng".
    status = next((s for s in _FURTHEST_FIRST if s in found), "")
    return Reading(status, sure=bool(status) and len(found) == 1 and found <= certain)


@cache
def status_in_title(text: str) -> str:
    """Return the one status that a title states, "" for none or several.

    Examples
    --------
    >>> status_in_title("Bảng 1. Các cụm công nghiệp đang hoạt động")
    'operating'
    >>> status_in_title("TÌNH HÌNH HOẠT ĐỘNG CÁC CỤM CÔNG NGHIỆP ĐÃ THÀNH LẬP")
    ''
    """
    found = {value for value, _ in _matches(folded(text), ("title",)) if value}
    return found.pop() if len(found) == 1 else ""


def is_tick(value: object) -> bool:
    """Return whether a cell only marks its column."""
    return str(value).strip().lower() in TICKS


def _matches(clause: str, kinds: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return the statuses that the known words of a clause mean, each with how it is known."""
    before, denial, after = clause.partition(_NOT_YET)
    found = [*_known_in(before, kinds)]
    for written, value, how in _known_in(denial + after, kinds):
        if written.startswith(_NOT_YET) or value not in {"operating", "under_construction"}:
            found.append((written, value, how))
        elif value == "under_construction":
            # "Chưa … xây dựng hạ tầng": what is not yet being built waits for it.
            found.append((written, "pending", how))
    return [(value, how) for _, value, how in found]


# A column of statuses repeats the same few texts.
@lru_cache(maxsize=1024)
def _known_in(clause: str, kinds: tuple[str, ...]) -> tuple[tuple[str, str, str], ...]:
    found = []
    for written, value, how in _wordings():
        # Most texts hold none of them, and looking is a hundred times quicker than matching.
        if written in clause and (how in kinds or not value):
            without = re.sub(rf"(?<!\w){re.escape(written)}(?!\w)", " | ", clause)
            if without != clause:
                clause = without
                found.append((written, value, how))
    return tuple(found)


@cache
def _wordings() -> list[tuple[str, str, str]]:
    rows = [(folded(r["written"]), r["value"], r["how"]) for r in table_of("choices") if r["how"]]
    return sorted(rows, key=lambda row: -len(row[0]))


def with_status(table: gpd.GeoDataFrame, said: str | None, report: LoadReport) -> gpd.GeoDataFrame:
    """Return clusters each with a status, as it is stated or said; unknown where it is neither.

    Parameters
    ----------
    table
        Clusters as they were read.
    said
        The status that the caller says, for those without one.
    report
        Receives the rows without a status.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from clusters_geo.reading.notes import LoadReport
    >>> table = gpd.GeoDataFrame({"status": ["operating", None]}, geometry=[None, None], crs=5897)
    >>> with_status(table, "pending", LoadReport("a.csv"))["status"].tolist()
    ['operating', 'pending']
    """
    stated = table["status"] if "status" in table else pd.Series(pd.NA, index=table.index, dtype="object")
    unknown = stated.isna() | (stated.astype("string").str.strip() == "").fillna(value=True)
    if not unknown.any():
        return table
    rows = [at for at, is_unknown in enumerate(unknown, start=1) if is_unknown]
    if said is not None:
        report.note("columns.said-status", rows, column="status", status=said)
    elif unknown.all():
        report.note("columns.no-status", column="status")
    else:
        report.note("columns.status-unknown", rows, column="status")
    return table.assign(status=stated.mask(unknown, pd.NA if said is None else said))
