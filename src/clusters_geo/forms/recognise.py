"""A form in whatever layout it comes: which form, whose, for which period, and which cell is which row.

Rows are known by their wording, not by their place: firms insert lines, merge cells and renumber. The result
stands below "Kết quả"; without such a heading it is the only figure to the right of the wording.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from clusters_geo.forms.cells import read_unit, unit_words
from clusters_geo.forms.circular import Line, lines
from clusters_geo.names import strip_accents

if TYPE_CHECKING:
    from collections.abc import Iterable

    from clusters_geo.reading.sheets import Cell, Grid

__all__ = ["Found", "Heading", "Place", "recognise"]

# How alike a wording must be to a row's own; with the number of the row beside it, less is enough.
_ALIKE, _ALIKE_WITH_NUMBER = 0.86, 0.6
_ENOUGH_ROWS = 2

_RESULT = {"ket qua", "so lieu", "gia tri", "thuc hien", "result", "so lieu bao cao", "ket qua thuc hien"}
_UNIT = {"don vi tinh", "dvt", "don vi", "unit", "dv tinh"}
_NAME = re.compile(r"^(?:ten )?(?:cum cong nghiep|ccn|industrial cluster)\s*(?P<colon>:)?\s*")
_NUMBERED = re.compile(r"^(?:bieu(?: so)?|form|mau(?: so)?)\s*:?\s*(0[12])\b")
_SIGNED = re.compile(r"ngay\s*(\d{1,2})\s*thang\s*(\d{1,2})\s*nam\s*(\d{4})")
_CODE = re.compile(r"\b(\d{4})-h1\b")
_HALF = re.compile(r"6 thang(?: dau nam)?\s*(?:nam)?\s*(\d{4})")
_YEAR = re.compile(r"(?:ca nam|^nam|ky bao cao: nam|ma ky:|period code:)\s*(\d{4})\b")
_DOTS = " .…"  # where a form was left to be filled in
_LABELS = {
    "cluster_id": re.compile(r"^(?:ma cum|ma so cum|cluster id)\s*:?\s*"),
    "place": re.compile(r"^(?:dia diem|dia chi|huyen|place)\s*:?\s*"),
    "reporter": re.compile(r"^(?:don vi bao cao|ten (?:du an|doanh nghiep|co so)|reported by)\s*:?\s*"),
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where the result of a row stands, and which unit the form states for it."""

    line: Line
    cell: Cell
    unit: str


@dataclass(slots=True)
class Heading:
    """What is written around the table; empty where it is not."""

    name: str = ""
    cluster_id: str = ""
    place: str = ""
    reporter: str = ""
    period: str = ""
    signed_on: date | None = None


@dataclass(slots=True)
class Found:
    """A form as it was recognised; `problems` are an address, a key of `verdict`, and its words."""

    form: str
    heading: Heading
    places: list[Place] = field(default_factory=list)
    problems: list[tuple[str, str, dict[str, object]]] = field(default_factory=list)


def recognise(grids: Iterable[Grid]) -> Found | None:
    """Return the form that the sheets of a file hold, None where no form is recognised.

    Examples
    --------
    >>> from clusters_geo.reading.sheets import Cell, Grid
    >>> cells = [
    ...     ("Tên CCN: Phú Thị",),
    ...     ("STT", "Chỉ tiêu", "Kết quả"),
    ...     ("4", "Diện tích đất công nghiệp của dự án đã cho thuê", "12,5"),
    ...     ("5", "Tỷ lệ lấp đầy của cụm công nghiệp", "80"),
    ... ]
    >>> rows = tuple(tuple(Cell(f"R{r}C{c}", v) for c, v in enumerate(row)) for r, row in enumerate(cells))
    >>> found = recognise([Grid("", rows)])
    >>> found.form, found.heading.name, [(p.line.row, p.cell.value) for p in found.places]
    ('02', 'Phú Thị', [('4', '12,5'), ('5', '80')])
    """
    best: Found | None = None
    for grid in grids:
        for form in ("02", "01"):
            found = _as_form(grid, form)
            if best is None or len(found.places) + len(found.problems) > len(best.places) + len(
                best.problems
            ):
                best = found
    if best is None or len(best.places) + len(best.problems) < _ENOUGH_ROWS:
        return None
    return best


def _as_form(grid: Grid, form: str) -> Found:
    matched = _matched_rows(grid, form)
    first, last = min(matched, default=0), max(matched, default=-1)
    columns = _columns(grid.rows[:first])
    found = Found(form, _heading(grid.rows[:first], grid.rows[last + 1 :]))
    seen: dict[str, Cell] = {}
    for at, (line, wording) in matched.items():
        row = grid.rows[at]
        if line.row in seen:
            words: dict[str, object] = {"row": line.row, "other": seen[line.row].address}
            found.problems.append((row[wording].address, "cell.row-twice", words))
            continue
        seen[line.row] = row[wording]
        _place(found, row, line, wording, columns)
    return found


def _matched_rows(grid: Grid, form: str) -> dict[int, tuple[Line, int]]:
    """Return, by position, the rows of a sheet that are rows of the form, and the column of the wording."""
    matched = {}
    for at, row in enumerate(grid.rows):
        numbers = {cell.text.strip(" .)") for cell in row[:3]}
        for column, cell in enumerate(row):
            if isinstance(cell.value, str) and (line := _line_of(cell.text, numbers, form)):
                matched[at] = (line, column)
                break
    return matched


def _line_of(text: str, numbers: set[str], form: str) -> Line | None:
    key = _key(text)
    if len(key) < 8:  # noqa: PLR2004 - shorter than any wording
        return None
    scored = [
        (difflib.SequenceMatcher(None, key, _key(wording), autojunk=False).ratio(), line)
        for line in lines(form)
        for wording in line.indicator
    ]
    score, line = max(scored, key=lambda pair: pair[0])
    enough = _ALIKE_WITH_NUMBER if line.row in numbers else _ALIKE
    return line if score >= enough else None


def _key(text: str) -> str:
    words = strip_accents(text).casefold().replace("ti le", "ty le").replace("ccn", "cum cong nghiep")
    # What stands in brackets explains the row: "(ha)", "(đã hoặc đang đầu tư ghi 1 …)".
    return " ".join(re.sub(r"\([^)]{0,120}\)|^\d+[.)]\s*|[.:;]", " ", words).split())


def _columns(above: tuple[tuple[Cell, ...], ...]) -> dict[str, int]:
    """Return the columns of the result and of the unit, by the last heading above that names them."""
    columns: dict[str, int] = {}
    for row in above:
        for number, cell in enumerate(row):
            text = unit_words(cell.text)
            if text in _RESULT:
                columns["result"] = number
            elif text in _UNIT:
                columns["unit"] = number
    return columns


def _place(found: Found, row: tuple[Cell, ...], line: Line, wording: int, columns: dict[str, int]) -> None:
    right = row[wording + 1 :]
    unit = next((cell.text for cell in right if cell.text and read_unit(cell.text, line) is not None), "")
    at = columns.get("result")
    if at is not None and wording < at < len(row):
        stated = row[columns["unit"]].text if wording < columns.get("unit", 0) < len(row) else unit
        found.places.append(Place(line, row[at], stated or unit or _bracketed(row[wording].text, line)))
        return
    figures = [cell for cell in right if (cell.formula or cell.text) and read_unit(cell.text, line) is None]
    if len(figures) > 1:
        listed = tuple(mark.join(cell.address for cell in figures[:3]) for mark in (" hay ", " or "))
        words: dict[str, object] = {"row": line.row, "cells": listed}
        found.problems.append((row[wording].address, "cell.several", words))
    elif figures:
        found.places.append(Place(line, figures[0], unit or _bracketed(row[wording].text, line)))


def _bracketed(text: str, line: Line) -> str:
    """Return a unit that stands in brackets behind the wording, as in "Diện tích (m2)"."""
    inside = re.findall(r"\(([^)]{0,120})\)", text)
    return next((words for words in inside if read_unit(words, line) is not None), "")


def _heading(above: tuple[tuple[Cell, ...], ...], below: tuple[tuple[Cell, ...], ...]) -> Heading:
    heading = Heading()
    for row in above:
        texts = [cell.text for cell in row if cell.text]
        for number, text in enumerate(texts):
            _read_heading(heading, text, texts[number + 1] if number + 1 < len(texts) else "")
    for row in (*above, *below):
        for cell in row:
            if signed := _SIGNED.search(strip_accents(cell.text).casefold()):
                heading.signed_on = _day(signed) or heading.signed_on
    return heading


def _read_heading(heading: Heading, text: str, beside: str) -> None:
    folded = strip_accents(text).casefold()
    for label, pattern in _LABELS.items():
        if found := pattern.match(folded):
            setattr(heading, label, getattr(heading, label) or text[found.end() :].strip(_DOTS) or beside)
    name = _NAME.match(folded)
    if name and not heading.name:
        rest = text[name.end() :].strip(" :.…")
        heading.name = rest if rest and (name["colon"] or not beside) else rest or beside
    if found := _CODE.search(folded) or _HALF.search(folded):
        heading.period = f"{found[1]}-H1"
    elif (found := _YEAR.search(folded)) and not heading.period:
        heading.period = found[1]


def _day(found: re.Match[str]) -> date | None:
    try:
        return date(int(found[3]), int(found[2]), int(found[1]))
    except ValueError:
        return None
