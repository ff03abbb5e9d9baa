"""Registers without shapes: CSV and XLSX as offices keep them, with titles above and totals below.

Cells that are text stay text, so that "001" remains an id and "1.686,5" is judged later with its column.
"""

from __future__ import annotations

import csv
import io
import re
from datetime import date, datetime, time
from typing import TYPE_CHECKING

import pandas as pd

from clusters_geo.errors import EngineError, SourceError
from clusters_geo.names import strip_accents
from clusters_geo.reading.archives import refuse_bomb
from clusters_geo.reading.headers import recognised, split_unit
from clusters_geo.reading.text import best_reading

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from clusters_geo.reading.notes import LoadReport

__all__ = ["read_register"]

_HEADER_SEARCH = 30
_MAX_CELLS = 20_000_000
# "Cộng Hòa" is a place: a single word counts only if nothing but marks and numbers follows.
_TOTAL = re.compile(r"^(?:tong (?:cong|so)\b|(?:tong|cong|total|sum)[\s\d:.,()+ivx]*$)")
_COUNTER = re.compile(r"^\(?\d{1,3}\)?$|^\([a-z0-9=+/*:]+\)$")
_FIELD_LIMIT = 1 << 24

Cell = str | int | float
Row = list[Cell]


def read_register(file: Path, report: LoadReport, *, sheet: str | None, encoding: str | None) -> pd.DataFrame:
    """Return the table in a register, text cells as text.

    Titles above the header, rows of column numbers, blank rows and totals are left out and noted.

    Raises
    ------
    SourceError
        If there is no header with a known column, a row has more cells than the header, or, in a workbook,
        several sheets look like a register and none is named.
    """
    is_text = report.format == "CSV"
    rows = _csv_rows(file, report, encoding) if is_text else _sheet_rows(file, report, sheet)
    at = _header_position(rows)
    if at is None:
        msg = (
            f"{file.name}: none of the first {_HEADER_SEARCH} rows is a header with a known column such as "
            '"Tên CCN" or "planned_ha". Name the columns with columns=.'
        )
        raise SourceError(msg)
    if at:
        report.note("rows.titles", range(1, at + 1))
    return _body(file, rows, at, report)


def _body(file: Path, rows: list[Row], at: int, report: LoadReport) -> pd.DataFrame:
    header, height = _header(rows, at)
    if height > 1:
        report.note("rows.header", [at + 1, at + 2])
    kept, numbers = [], []
    dropped: dict[str, list[int]] = {"blank": [], "rows.counters": [], "rows.totals": []}
    for number, row in enumerate(rows[at + height :], start=at + height + 1):
        why = _not_a_record(row)
        if why:
            dropped[why].append(number)
            continue
        if any(str(cell).strip() for cell in row[len(header) :]):
            msg = (
                f"{file.name}, row {number}: it has more cells than the header. Is a separator missing "
                "its quotes?"
            )
            raise SourceError(msg)
        kept.append(_padded(row, len(header)))
        numbers.append(number)
    for why, left_out in dropped.items():
        if left_out and why != "blank":
            report.note(why, left_out)
    names = [name or f"column {n}" for n, name in enumerate(header, start=1)]
    report.rows = len(kept)
    return pd.DataFrame(kept, columns=names, dtype="object")


def _header(rows: list[Row], at: int) -> tuple[list[str], int]:
    """Return the names of the columns, and how many rows they take: a group may stand above its parts."""
    upper = [" ".join(str(cell).split()) for cell in rows[at]]
    lower = [" ".join(str(cell).split()) for cell in rows[at + 1]] if at + 1 < len(rows) else []
    width = max(_width(upper), _width(lower))
    upper, lower = [(cells + [""] * width)[:width] for cells in (upper, lower)]
    # Parts are words, and stand below a blank or below the first column of their group.
    parts = [n for n, cell in enumerate(lower) if cell]
    grouped = all(not upper[n] or (n + 1 < width and not upper[n + 1] and lower[n + 1]) for n in parts)
    if not parts or not grouped or any(re.search(r"\d", lower[n]) for n in parts):
        return upper[: _width(upper)], 1
    group, names = "", []
    for above, below in zip(upper, lower, strict=True):
        group = above or group
        stem, unit = split_unit(group)
        names.append(f"{stem} {below} ({unit})" if below and unit else f"{stem} {below}" if below else above)
    return names, 2


def _width(cells: list[str]) -> int:
    return max((n for n, cell in enumerate(cells, start=1) if cell), default=0)


def _padded(row: Row, width: int) -> list[Cell | None]:
    cells = [(cell.strip() or None) if isinstance(cell, str) else cell for cell in row[:width]]
    return cells + [None] * (width - len(cells))


def _not_a_record(row: Row) -> str:
    cells = [text for cell in row if (text := str(cell).strip())]
    if not cells:
        return "blank"
    if len(cells) > 1 and all(_COUNTER.match(cell.lower()) for cell in cells):
        counted = [re.sub(r"\D", "", c) for c in cells]
        return "rows.counters" if counted == [str(n) for n in range(1, len(cells) + 1)] else ""
    return "rows.totals" if any(_TOTAL.match(strip_accents(cell)) for cell in cells[:2]) else ""


def _header_position(rows: list[Row]) -> int | None:
    scores = [sum(recognised(str(cell)) for cell in row) for row in rows[:_HEADER_SEARCH]]
    best = max(scores, default=0)
    return scores.index(best) if best else None


def _csv_rows(file: Path, report: LoadReport, encoding: str | None) -> list[Row]:
    content = file.read_bytes()
    text, used = best_reading(content, encoding, what=file.name)
    if used != "utf-8":
        report.encodings["(file)"] = used
        report.note("text.file-encoding", encoding=used)
    report.layer = file.stem
    csv.field_size_limit(_FIELD_LIMIT)
    delimiter = _delimiter(text)
    try:
        return _cells(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True), file)
    except csv.Error as error:
        msg = f"{file.name}: {error}. Is a quotation mark left open?"
        raise SourceError(msg) from error


def _delimiter(text: str) -> str:
    """Return the separator that splits the first lines into most known headers."""
    lines = text.splitlines()[:_HEADER_SEARCH]
    counts = {
        mark: max((sum(map(recognised, row)) for row in csv.reader(lines, delimiter=mark)), default=0)
        for mark in ",;\t|"
    }
    return max(counts, key=lambda mark: counts[mark])


def _sheet_rows(file: Path, report: LoadReport, wanted: str | None) -> list[Row]:
    try:
        import openpyxl
    except ImportError as error:
        msg = 'Reading XLSX needs openpyxl. Install it with: pip install "clusters-geo[xlsx]".'
        raise EngineError(msg) from error
    refuse_bomb(file)
    book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
    try:
        report.layers = book.sheetnames
        sheets = {
            name: _cells(book[name].iter_rows(values_only=True), file)
            for name in ([wanted] if wanted in book.sheetnames else book.sheetnames)
            if hasattr(book[name], "iter_rows")
        }
    finally:
        book.close()
    useful = {name: rows for name, rows in sheets.items() if _header_position(rows) is not None}
    if wanted and wanted not in report.layers:
        msg = f"{file.name} has no sheet {wanted!r}; it has: {', '.join(report.layers)}."
        raise SourceError(msg)
    if len(useful) > 1 and not wanted:
        msg = (
            f"{file.name} has {len(useful)} sheets with a register: {', '.join(useful)}. Name one with "
            "layer=."
        )
        raise SourceError(msg)
    report.layer, rows = next(iter((useful or sheets).items()), ("", []))
    return rows


def _cells(rows: Iterable[Sequence[object]], file: Path) -> list[Row]:
    kept: list[Row] = []
    total = 0
    for row in rows:
        total += len(row)
        if total > _MAX_CELLS:
            msg = (
                f"{file.name} has over {_MAX_CELLS:,} cells in a sheet. Delete the empty rows below the "
                "table."
            )
            raise SourceError(msg)
        kept.append([_as_cell(value) for value in row])
    return kept


def _as_cell(value: object) -> Cell:
    """Return a number as it is, since a workbook leaves no doubt about its decimal mark; the rest as text."""
    if value is None:
        return ""
    if isinstance(value, int | float):
        return value
    if isinstance(value, datetime) and value.time() == time.min:
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)
