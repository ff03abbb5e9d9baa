"""Which tables stand in a sheet: one, several below each other, or one with its clusters across."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pandas as pd

from clusters_geo.names import strip_accents
from clusters_geo.reading.cells import Sheet, shown
from clusters_geo.reading.choices import status_in_title
from clusters_geo.reading.headers import meanings, split_unit
from clusters_geo.reading.heads import Head, find_head
from clusters_geo.reading.places import district_in_title

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from clusters_geo.reading.notes import LoadReport
    from clusters_geo.reading.registers import Register

__all__ = ["SheetTable", "has_names", "tables_in", "together"]

_TITLED = re.compile(r"^(?:bang|bieu|phu luc|danh sach|danh muc|table|[ivx]+\.|[a-h]\.)\b")
_CORNER = re.compile(r"^(?:chi tieu|noi dung|thong tin|tieu chi|hang muc|indicators?|items?|figures?)\b")
_NAME_HEADER = "Tên CCN"
_CORNER_SEARCH = 3
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
        turned = _with_corner(sheet.turn())
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


def _with_corner(turned: Sheet) -> Sheet:
    """Return a turned sheet in which the cell above the clusters' names says so, and not "Chỉ tiêu"."""
    rows = list(turned.rows)
    for at, row in enumerate(rows[:_CORNER_SEARCH]):
        corner = next((c for c, v in enumerate(row) if _CORNER.match(strip_accents(shown(v)))), None)
        is_named = any("name" in meanings((v,)) for v in row if isinstance(v, str))
        if corner is not None and len(row) > _FEW_KNOWN and not is_named:
            below = [shown(r[corner]) for r in rows[at + 1 :] if corner < len(r) and shown(r[corner])]
            if below and all(re.search("[^\\W\\d]", text) for text in below):
                rows[at] = [*row[:corner], _NAME_HEADER, *row[corner + 1 :]]
    return replace(turned, rows=rows)


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


# --- several tables as one


def together(parts: list[Register]) -> Register:
    """Return several tables under each other; headers that mean the same are one column."""
    first, *rest = parts
    provinces = {part.province for part in parts} - {""}
    first.province = provinces.pop() if len(provinces) == 1 else ""
    first.whole = first.province if all(part.whole for part in parts) else ""
    for part in rest:
        _rename_alike(first, part)
        start = len(first.table)
        for aside in part.asides:
            aside.ranges = [(a + start, b + start) for a, b in aside.ranges]
            aside.parent += start if aside.parent >= 0 else 0
        first.asides += part.asides
        first.table = pd.concat([first.table, part.table], ignore_index=True)
        first.handed = pd.concat([first.handed, part.handed], ignore_index=True)
        first.paths = {**part.paths, **first.paths}
        first.units = {**part.units, **first.units}
        if first.shapes is not None or part.shapes is not None:
            first.shapes = [*(first.shapes or [None] * start), *(part.shapes or [None] * len(part.table))]
        first.crs = first.crs or part.crs
    return first


def _rename_alike(first: Register, part: Register) -> None:
    def meaning(paths: dict[str, tuple[str, ...]], header: str) -> tuple[str, str]:
        path = paths.get(header, (header,))
        return next(iter(meanings(path)), ""), next(
            (u for p in reversed(path) if (u := split_unit(p)[1])), ""
        )

    known = {m: h for h in first.table.columns if (m := meaning(first.paths, h))[0]}
    names = {
        h: known[m]
        for h in part.table.columns
        if h not in first.table.columns and (m := meaning(part.paths, h)) in known
    }
    part.table = part.table.rename(columns=names)
    for aside in part.asides:
        aside.cells = {names.get(h, h): v for h, v in aside.cells.items()}
