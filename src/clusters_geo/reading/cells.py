"""A sheet as it shows: its values by position, which cells are merged, what is hidden, where each stands."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from functools import lru_cache
from typing import NamedTuple

__all__ = ["Block", "Formula", "Percent", "Row", "Sheet", "Value", "letter", "shown", "trimmed"]

_LETTERS = 26


class Percent(float):
    """A share of 0–1 that its cell shows as per cent, whatever the header says."""

    __slots__ = ()


class Formula(str):
    """A formula whose result was not stored with it."""

    __slots__ = ()


class Block(NamedTuple):
    """Cells that are merged into one, by position from 0, both ends included."""

    top: int
    left: int
    bottom: int
    right: int


Value = str | int | float | date | None
Row = list[Value]


@dataclass(slots=True)
class Sheet:
    """One sheet of a workbook, one text file, or a document with its paragraphs as rows of one cell.

    Attributes
    ----------
    name
        "" where there is only one.
    rows
        Values by position, None where nothing stands; rows may be of different length.
    merged
        Blocks of merged cells; the value stands in the first.
    hidden, hidden_rows, hidden_columns
        What is not shown.
    places
        For each row how its cells are addressed, `{}` for the letter of the column; by default by number.
    turned
        Whether rows and columns were exchanged on reading; addresses are those of the file.
    """

    name: str
    rows: list[Row]
    merged: list[Block] = field(default_factory=list)
    hidden: bool = False
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    places: list[str] | None = None
    turned: bool = False

    def at(self, row: int, column: int) -> Value:
        """Return the value at a position, None beyond the end of a row."""
        values = self.rows[row] if row < len(self.rows) else []
        return values[column] if column < len(values) else None

    def address(self, row: int, column: int) -> str:
        """Return where a cell stands in the file.

        Examples
        --------
        >>> Sheet("Phụ lục 1", [[1, 2]]).address(21, 3)
        'Phụ lục 1!D22'
        """
        if self.turned:
            row, column = column, row
        if self.places is not None:
            return self.places[row].format(letter(column)) if row < len(self.places) else ""
        return f"{self.name}!{letter(column)}{row + 1}" if self.name else f"{letter(column)}{row + 1}"

    @property
    def width(self) -> int:
        """How many columns have something in them."""
        return max(map(len, self.rows), default=0)

    def turn(self) -> Sheet:
        """Return the sheet with rows and columns exchanged."""
        rows = [[self.at(r, c) for r in range(len(self.rows))] for c in range(self.width)]
        merged = [Block(b.left, b.top, b.right, b.bottom) for b in self.merged]
        return replace(
            self,
            rows=rows,
            merged=merged,
            hidden_rows=self.hidden_columns,
            hidden_columns=self.hidden_rows,
            turned=not self.turned,
        )


def letter(column: int) -> str:
    """Return the letters of a column.

    Examples
    --------
    >>> letter(0), letter(27)
    ('A', 'AB')
    """
    first = chr(ord("A") + column % _LETTERS)
    return first if column < _LETTERS else letter(column // _LETTERS - 1) + first


def shown(value: object) -> str:
    r"""Return a value as text on one line, "" for none.

    Examples
    --------
    >>> shown(" Diện\ntích "), shown(None), shown(2021.0)
    ('Diện tích', '', '2021')
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return _on_one_line(str(value))
    if isinstance(value, float) and not isinstance(value, Percent) and value.is_integer():
        value = int(value)
    if isinstance(value, datetime) and value.time() == time.min:
        value = value.date()
    return _on_one_line(str(value))


# Each cell is looked at several times: as a header, a mark, a note, a value.
@lru_cache(maxsize=4096)
def _on_one_line(text: str) -> str:
    # Composed, so that accents can be taken off letter by letter.
    return " ".join(unicodedata.normalize("NFC", text).split())


def trimmed(values: Row) -> Row:
    """Return a row without the empty cells at its end."""
    end = len(values)
    while end and (values[end - 1] is None or values[end - 1] == ""):
        end -= 1
    return values[:end]
