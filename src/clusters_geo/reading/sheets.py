"""Spreadsheets, text, pages and documents as grids in which every cell knows its address."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from zipfile import is_zipfile

from clusters_geo.errors import ClustersGeoError, EngineError, SourceError
from clusters_geo.reading.archives import refuse_bomb
from clusters_geo.reading.cells import Block, Formula, Percent, Sheet, shown, trimmed
from clusters_geo.reading.headers import recognised
from clusters_geo.reading.opening import checked_file
from clusters_geo.reading.reasons import reason_of
from clusters_geo.reading.text import best_reading
from clusters_geo.reading.workbooks import MAX_CELLS, kind_of_workbook, read_workbook, too_many

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence
    from pathlib import Path

    from docx.table import Table

    from clusters_geo.reading.cells import Row, Value

__all__ = ["Cell", "Grid", "read_grids", "read_sheets"]

# A form has some forty rows; a sheet of more than this is something else.
_MAX_ROWS = 2_000
_MAX_COLUMNS = 60
_MAX_BYTES = 20 << 20
_HEADER_SEARCH = 30
_FIELD_LIMIT = 1 << 24
_MARKS = ",;\t|"
_SPAN = 1_000  # what a page may claim that a cell covers


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands at an address; `percent` if it is formatted as one, `formula` if it lost its value."""

    address: str
    value: object = None
    percent: bool = False
    formula: bool = False

    @property
    def text(self) -> str:
        """The value as text on one line, empty for none."""
        return shown(self.value)


@dataclass(frozen=True, slots=True)
class Grid:
    """A sheet, or the tables of a document with the paragraphs before them as single cells."""

    name: str
    rows: tuple[tuple[Cell, ...], ...]


def read_sheets(file: Path, *, encoding: str | None = None) -> tuple[list[Sheet], str]:
    """Return the sheets of a file by what it holds, whatever its ending, and the encoding of plain text.

    Raises
    ------
    SourceError
        If text cannot be decoded, a quotation mark is left open, or it has too many cells.
    EngineError
        If a package for that kind of file is not installed.
    """
    kind = kind_of_workbook(file)
    if kind in {"text", "html"} and file.suffix.lower() in _ZIPPED:
        raise SourceError("sheet.damaged", file=file.name, said={"say": "not a workbook"})
    if kind == "docx":
        return _read_docx(file), ""
    if kind in {"text", "html"}:
        text, used = best_reading(file.read_bytes(), encoding, what=file.name)
        return (_read_html(text) if kind == "html" else _read_csv(text, file)), used
    return read_workbook(file, kind), ""


def read_grids(path: str | os.PathLike[str]) -> list[Grid]:
    r"""Return the sheets or tables of a file.

    Raises
    ------
    SourceError
        If the file is not there, too large, damaged, or of another kind than workbooks, CSV and DOCX.
    EngineError
        If a package for that kind of file is needed and not installed.

    Examples
    --------
    >>> _ = (tmp / "form.csv").write_text("STT;Chỉ tiêu;Kết quả\n1;Doanh thu;120,5", encoding="utf-8")
    >>> [cell.address for cell in read_grids(tmp / "form.csv")[0].rows[1]]
    ['A2', 'B2', 'C2']
    """
    file = checked_file(path)
    if file.stat().st_size > _MAX_BYTES:
        raise SourceError("grid.too-large", path=str(file), megabytes=file.stat().st_size / 1e6)
    if file.suffix.lower() not in _ENDINGS:
        raise SourceError("grid.ending", file=file.name, ending=file.suffix, known=list(_ENDINGS))
    if is_zipfile(file):
        refuse_bomb(file)
    try:
        sheets, _ = read_sheets(file)
    except ClustersGeoError:
        raise
    except Exception as error:
        # Damaged archives and XML end in whatever their readers were about to do.
        raise SourceError("sheet.damaged", file=file.name, said=reason_of(error)) from error
    grids = [grid for grid in map(_grid, sheets) if grid.rows]
    if not grids:
        raise SourceError("grid.empty", file=file.name)
    return grids


def _grid(sheet: Sheet) -> Grid:
    if len(sheet.rows) > _MAX_ROWS * 50:
        raise SourceError("grid.too-long", sheet=sheet.name, rows=len(sheet.rows))
    width = min(max((len(row) for row in sheet.rows[:_MAX_ROWS]), default=0), _MAX_COLUMNS)
    rows = (
        tuple(_cell(sheet, at, column) for column in range(len(row) if sheet.places else width))
        for at, row in enumerate(sheet.rows[:_MAX_ROWS])
    )
    return Grid(sheet.name, tuple(row for row in rows if any(cell.text or cell.formula for cell in row)))


def _cell(sheet: Sheet, at: int, column: int) -> Cell:
    value = sheet.at(at, column)
    is_lost = isinstance(value, Formula)
    return Cell(sheet.address(at, column), None if is_lost else value, isinstance(value, Percent), is_lost)


def _read_csv(text: str, file: Path) -> list[Sheet]:
    mark, text = _delimiter(text)
    rows: list[Row] = []
    cells = 0
    before = csv.field_size_limit(_FIELD_LIMIT)
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True):
            cells += len(row)
            if cells > MAX_CELLS:
                raise too_many(file)
            rows.append(trimmed([value if value.strip() else None for value in row]))
    except csv.Error as error:
        raise SourceError("sheet.quotes", file=file.name, said=reason_of(error)) from error
    finally:
        csv.field_size_limit(before)
    return [Sheet("", rows)]


def _delimiter(text: str) -> tuple[str, str]:
    """Return the separator that splits the first lines into most known headers, and the text to split."""
    lines = text.splitlines(keepends=True)[:_HEADER_SEARCH]
    # Excel understands a first line that names the separator.
    first = lines[0].rstrip("\r\n") if lines else ""
    if first.lower().startswith("sep=") and len(first) == len("sep=;"):
        return first[-1], text[len(first) :].lstrip("\r\n")

    def score(mark: str) -> tuple[int, int]:
        known = (sum(map(recognised, row)) for row in csv.reader(lines, delimiter=mark))
        # Where no header is known, the mark that cuts most lines: a comma in numbers cuts only some.
        return max(known, default=0), sum(mark in line for line in lines)

    return max(_MARKS if score(",")[0] else ";\t|,", key=score), text


# --- pages saved as workbooks


def _read_html(text: str) -> list[Sheet]:
    page = _Page()
    page.feed(text)
    page.close()
    page.end_row()
    return [Sheet("", page.rows, page.merged)]


class _Page(HTMLParser):
    """Collects the rows of all tables of a page under each other, text between them as rows of one cell."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.rows: list[Row] = []
        self.merged: list[Block] = []
        self._row: Row = []
        self._covered: set[tuple[int, int]] = set()
        self._span = (1, 1)
        self._text: list[str] = []
        self._in_cell = self._silent = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"style", "script", "head"}:
            self._silent = True
        elif tag in {"tr", "table", "p", "div", "h1", "h2", "h3"} and not (
            self._in_cell and tag in {"p", "div"}
        ):
            self.end_row()
        elif tag in {"td", "th"}:
            self._end_cell()
            named = {name: value or "" for name, value in attrs}
            self._span = _span(named.get("rowspan", "")), _span(named.get("colspan", ""))
            self._in_cell = True
        elif tag in {"br", "p", "div"}:
            self._text.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in {"style", "script", "head"}:
            self._silent = False
        elif tag in {"td", "th"}:
            self._end_cell()
        elif tag in {"tr", "table"} or (tag in {"p", "div", "h1", "h2", "h3"} and not self._in_cell):
            self.end_row()

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._text.append(data)

    def end_row(self) -> None:
        """Close a row, or a line of text outside all tables."""
        self._end_cell()
        if trimmed(self._row):
            self.rows.append(trimmed(self._row))
        self._row = []

    def _end_cell(self) -> None:
        text = "".join(self._text).strip()
        self._text = []
        if not self._in_cell:
            if text:
                self._row.append(text)
            return
        self._in_cell = False
        at = len(self.rows)
        while (at, len(self._row)) in self._covered:
            self._row.append(None)
        (high, wide), left = self._span, len(self._row)
        if high > 1 or wide > 1:
            self.merged.append(Block(at, left, at + high - 1, left + wide - 1))
            self._covered |= {(at + r, left + c) for r in range(1, high) for c in range(wide)}
        self._row += [text or None, *[None] * (wide - 1)]


def _span(text: str) -> int:
    return min(int(text), _SPAN) if text.isdigit() and int(text) else 1


# --- documents


def _read_docx(file: Path) -> list[Sheet]:
    try:
        import docx
        from docx.table import Table
    except ImportError as error:
        raise EngineError(
            "engine.missing", what=".docx", package="python-docx", install="clusters-geo[docx]"
        ) from error
    try:
        document = docx.Document(str(file))
    except (KeyError, ValueError, OSError, SyntaxError) as error:
        raise SourceError("sheet.damaged", file=file.name, said=reason_of(error)) from error
    places: list[str] = []
    sheet = Sheet("", [], places=places)
    tables = 0
    for part in document.iter_inner_content():
        if isinstance(part, Table):
            tables += 1
            _add_table(sheet, places, part, tables)
        elif part.text.strip():
            sheet.rows.append([part.text])
            places.append(f"paragraph {len(sheet.rows)}")
    return [sheet]


def _add_table(sheet: Sheet, places: list[str], table: Table, number: int) -> None:
    start = len(sheet.rows)
    blocks: dict[object, list[int]] = {}
    # A merged cell comes once for each row and column that it covers.
    for at, row in enumerate(table.rows, start=1):
        values: list[Value] = []
        for column, cell in enumerate(row.cells):
            block = blocks.setdefault(cell._tc, [len(sheet.rows), column, 0, 0])  # noqa: SLF001 - the only way
            values.append(cell.text.strip() or None if block[:2] == [len(sheet.rows), column] else None)
            block[2:] = [len(sheet.rows), max(column, block[3])]
        sheet.rows.append(trimmed(values))
        places.append(f"table {number}, {{}}{at}")
    spread: Sequence[list[int]] = [b for b in blocks.values() if b[:2] != b[2:] and b[0] >= start]
    sheet.merged += [Block(*block) for block in spread]


_ZIPPED = {".xlsx", ".xlsm", ".xlsb", ".ods", ".docx"}
_ENDINGS = (".xlsx", ".xlsm", ".xls", ".ods", ".csv", ".docx")
