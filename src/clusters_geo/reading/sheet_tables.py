"""Which tables stand in a sheet: one, several below each other, or one with its clusters across."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from clusters_geo.names import strip_accents
from clusters_geo.reading.cells import Sheet, shown
from clusters_geo.reading.choices import status_in_title
from clusters_geo.reading.heads import Head, find_head
from clusters_geo.reading.places import district_in_title

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from clusters_geo.reading.notes import LoadReport

__all__ = ["SheetTable", "has_names", "tables_in"]

_TITLED = re.compile(r"^(?:bang|bieu|phu luc|danh sach|danh muc|table|[ivx]+\.|[a-h]\.)\b")
_TURNED_ROWS = 300
_FEW_KNOWN = 3


@dataclass(slots=True)
class SheetTable:
    """One table of a sheet: its header, its rows and the texts above it."""

    sheet: Sheet
    head: Head
    start: int
    stop: int
    titles: list[str]


def tables_in(sheet: Sheet, report: LoadReport, said: Collection[str]) -> Iterator[SheetTable]:
    """Yield the tables of a sheet from the top; the one table of a sheet that is turned."""
    first = find_head(sheet, said=said)
    known = 0 if first is None else len(set(first.means) - {"", "@ordinal"})
    if known < _FEW_KNOWN and len(sheet.rows) <= _TURNED_ROWS:
        turned = sheet.turn()
        other = find_head(turned, said=said)
        if (
            other is not None
            and len(set(other.means) - {"", "@ordinal"}) > max(known, 1)
            and has_names(other)
        ):
            report.note("rows.turned")
            sheet, first = turned, other
    start, head = 0, first
    while head is not None:
        following = _next_head(sheet, head, said)
        stop = len(sheet.rows) if following is None else _title_start(sheet, head, following)
        titles = [
            shown(v) for row in sheet.rows[start : head.top] for v in row if isinstance(v, str) and shown(v)
        ]
        yield SheetTable(sheet, head, start, stop, titles)
        start, head = stop, following


def _next_head(sheet: Sheet, head: Head, said: Collection[str]) -> Head | None:
    """Return the header of the next table below one: other columns, or the same below a title of its own."""
    at = head.bottom + 1
    mine = {shown(v) for r in range(head.top, head.bottom + 1) for v in sheet.rows[r] if shown(v)}
    while at < len(sheet.rows):
        texts = [shown(v) for v in sheet.rows[at] if isinstance(v, str)]
        # A header is words throughout, and few rows are: only those are looked at more closely.
        if len(texts) > 1 and len(texts) == sum(bool(shown(v)) for v in sheet.rows[at]):
            one = replace(sheet, rows=sheet.rows[: at + 4])
            found = find_head(replace(one, rows=[*[[]] * at, *one.rows[at:]]), at, said=said)
            is_head = found is not None and found.top == at and has_names(found) and _is_heading(found)
            if is_head and found is not None and (set(texts) - mine or _is_titled(sheet, head, at)):
                return found
        at += 1
    return None


def _is_heading(head: Head) -> bool:
    return len(set(head.means) - {"", "@ordinal"}) > 1 or bool({"@x", "@y"} <= set(head.means))


def _is_titled(sheet: Sheet, head: Head, at: int) -> bool:
    return any(
        _TITLED.match(strip_accents(text)) or status_in_title(text) or district_in_title(text)
        for text in _lines_above(sheet, head, at)
    )


def _lines_above(sheet: Sheet, head: Head, at: int) -> list[str]:
    """Return the lines of a single text right above a row."""
    lines = []
    for r in range(at - 1, head.bottom, -1):
        cells = [v for v in sheet.rows[r] if shown(v)]
        if len(cells) > 1 or any(not isinstance(v, str) for v in cells):
            break
        lines += [shown(v) for v in cells]
    return [line for line in lines if not re.match(r"(?:tong|cong|ghi chu|nguon)\b", strip_accents(line))]


def _title_start(sheet: Sheet, head: Head, following: Head) -> int:
    at = following.top
    while at - 1 > head.bottom:
        cells = [v for v in sheet.rows[at - 1] if shown(v)]
        if len(cells) > 1 or any(not isinstance(v, str) for v in cells):
            break
        at -= 1
    return at


def has_names(head: Head) -> bool:
    """Return whether a header is of clusters or of corners, not of some other list."""
    return "name" in head.means or {"@x", "@y"} <= set(head.means) or {"@lon", "@lat"} <= set(head.means)
