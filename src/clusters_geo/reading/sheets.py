"""Spreadsheets and documents as plain grids in which every cell knows its address."""

from __future__ import annotations

import csv
import io
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clusters_geo.errors import EngineError, SourceError
from clusters_geo.reading.archives import refuse_bomb
from clusters_geo.reading.opening import checked_file
from clusters_geo.reading.text import best_reading

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from docx.table import Table

__all__ = ["Cell", "Grid", "read_grids"]

# A form has some forty rows; a sheet of more than this is something else.
_MAX_ROWS = 2_000
_MAX_COLUMNS = 60
_MAX_BYTES = 20 << 20


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
        # Composed, so that accents can be taken off letter by letter.
        return "" if self.value is None else " ".join(unicodedata.normalize("NFC", str(self.value)).split())


@dataclass(frozen=True, slots=True)
class Grid:
    """A sheet, or a table of a document with the paragraphs before it as single cells."""

    name: str
    rows: tuple[tuple[Cell, ...], ...]


def read_grids(path: str | os.PathLike[str]) -> list[Grid]:
    r"""Return the sheets or tables of a file.

    Raises
    ------
    SourceError
        If the file is not there, too large, damaged, or of another kind than XLSX, CSV and DOCX.
    EngineError
        If openpyxl or python-docx is needed and not installed.

    Examples
    --------
    >>> _ = (tmp / "form.csv").write_text("STT;Chỉ tiêu;Kết quả\n1;Doanh thu;120,5", encoding="utf-8")
    >>> [cell.address for cell in read_grids(tmp / "form.csv")[0].rows[1]]
    ['A2', 'B2', 'C2']
    """
    file = checked_file(path)
    if file.stat().st_size > _MAX_BYTES:
        msg = f"{file} has {file.stat().st_size / 1e6:,.0f} MB; a form is far smaller. Name the form itself."
        raise SourceError(msg)
    reader = _READERS.get(file.suffix.lower())
    if reader is None:
        msg = (
            f"{file.name} has the ending {file.suffix!r}; forms are read from {', '.join(_READERS)}. "
            "Open it in Excel, Word or LibreOffice and save it as XLSX or DOCX."
        )
        raise SourceError(msg)
    grids = [grid for grid in reader(file) if grid.rows]
    if not grids:
        msg = f"{file.name} has no table with anything in it. Was the right file sent?"
        raise SourceError(msg)
    return grids


def _read_xlsx(file: Path) -> Iterator[Grid]:
    try:
        from openpyxl import load_workbook
    except ImportError as error:
        msg = 'Workbooks need openpyxl. Install it: pip install "clusters-geo[xlsx]".'
        raise EngineError(msg) from error
    refuse_bomb(file)
    try:
        values, formulas = (load_workbook(file, data_only=kept, keep_links=False) for kept in (True, False))
    except (KeyError, ValueError, TypeError, OSError, SyntaxError) as error:  # what damaged XML ends in
        msg = f"{file.name} is not a readable workbook ({error}). Open it in Excel and save it again as XLSX."
        raise SourceError(msg) from error
    for sheet in values.worksheets:
        if sheet.max_row > _MAX_ROWS * 50:
            msg = f"{file.name}, sheet {sheet.title}: {sheet.max_row:,} rows. A form has some forty."
            raise SourceError(msg)
        written = formulas[sheet.title]
        rows = sheet.iter_rows(
            max_row=min(sheet.max_row, _MAX_ROWS), max_col=min(sheet.max_column, _MAX_COLUMNS)
        )
        cells = tuple(tuple(_sheet_cell(sheet.title, cell, written) for cell in row) for row in rows)
        yield Grid(sheet.title, _filled(cells))


def _sheet_cell(sheet: str, cell: Any, formulas: Any) -> Cell:  # noqa: ANN401 - openpyxl has several kinds
    at = cell.coordinate
    lost = cell.value is None and formulas[at].data_type == "f"
    percent = isinstance(cell.value, int | float) and "%" in str(cell.number_format)
    return Cell(f"{sheet}!{at}", cell.value, percent=percent, formula=lost)


def _read_csv(file: Path) -> Iterator[Grid]:
    text, _ = best_reading(file.read_bytes(), what=file.name)
    lines = text.splitlines()[:_MAX_ROWS]
    # The mark that cuts the lines most evenly: a comma in numbers cuts only some.
    mark = max(";\t|,", key=lambda mark: sum(mark in line for line in lines))
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True))[:_MAX_ROWS]
    except csv.Error as error:
        msg = f"{file.name}: {error}. Is a quotation mark left open?"
        raise SourceError(msg) from error
    cells = tuple(
        tuple(
            Cell(f"{_letter(column)}{at}", value or None) for column, value in enumerate(row[:_MAX_COLUMNS])
        )
        for at, row in enumerate(rows, start=1)
    )
    yield Grid("", _filled(cells))


def _read_docx(file: Path) -> Iterator[Grid]:
    try:
        import docx
        from docx.table import Table
    except ImportError as error:
        msg = 'Word documents need python-docx. Install it: pip install "clusters-geo[docx]".'
        raise EngineError(msg) from error
    refuse_bomb(file)
    try:
        document = docx.Document(str(file))
    except (KeyError, ValueError, OSError, SyntaxError) as error:
        msg = f"{file.name} is not a readable document ({error}). Open it in Word and save it again as DOCX."
        raise SourceError(msg) from error
    before: list[tuple[Cell, ...]] = []
    tables = 0
    for part in document.iter_inner_content():
        if isinstance(part, Table):
            tables += 1
            before += _table_rows(part, tables)
        elif part.text.strip():
            before.append((Cell(f"paragraph {len(before) + 1}", part.text),))
    yield Grid("", _filled(tuple(before)))


def _table_rows(table: Table, number: int) -> Iterator[tuple[Cell, ...]]:
    for at, row in enumerate(table.rows[:_MAX_ROWS], start=1):
        seen: set[int] = set()
        cells = []
        for column, cell in enumerate(row.cells):
            # A merged cell comes once for each column it spans.
            first = id(cell._tc) not in seen  # noqa: SLF001 - the only way to tell
            seen.add(id(cell._tc))  # noqa: SLF001
            cells.append(Cell(f"table {number}, {_letter(column)}{at}", cell.text or None if first else None))
        yield tuple(cells)


def _filled(rows: tuple[tuple[Cell, ...], ...]) -> tuple[tuple[Cell, ...], ...]:
    return tuple(row for row in rows if any(cell.text or cell.formula for cell in row))


def _letter(column: int) -> str:
    return chr(ord("A") + column) if column < 26 else _letter(column // 26 - 1) + _letter(column % 26)  # noqa: PLR2004 - the alphabet


_READERS: dict[str, Callable[[Path], Iterator[Grid]]] = {
    ".xlsx": _read_xlsx,
    ".xlsm": _read_xlsx,
    ".csv": _read_csv,
    ".docx": _read_docx,
}
