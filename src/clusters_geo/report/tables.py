"""A sheet is a table as a person reads it: words and numbers ready in one language, with notes below."""

from __future__ import annotations

import io
import json
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from clusters_geo.words import speaker

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console
    from rich.table import Table

__all__ = [
    "Sheet",
    "csv_text",
    "json_pieces",
    "neutral_cell",
    "neutral_cells",
    "plain_text",
    "printable",
    "sheets_table",
    "to_csv",
    "to_json",
    "to_markdown",
    "to_records",
    "to_text",
]

say = speaker("reports")

# Wide enough for the tables here, where nobody says how wide the output is.
_DEFAULT_WIDTH = 120
_NAME_WIDTH = 28
# Headings are broken to so many letters before a table becomes a list; longer words in cells are broken too.
_PART, _LONGEST_WORD, _PAIR = 5, 24, 2

# A name from a file must not colour, clear, retitle or turn round the reader's terminal.
_CONTROL = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A titled table of text; `numeric` says which columns are set flush right."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: frozenset[int] = frozenset()
    notes: tuple[str, ...] = ()


def printable(text: str) -> str:
    """Return text without what a terminal, or a reader of Markdown, would take for an order.

    Examples
    --------
    >>> printable("Ba" + chr(27) + "]0;x" + chr(7) + " Vì" + chr(0x202E))
    'Ba]0;x Vì'
    """
    return _CONTROL.sub("", text)


def to_text(sheet: Sheet, *, width: int | None = None, color: bool = False) -> str:
    """Return a sheet drawn for a terminal of a width; where its figures would not fit, as a list.

    No figure is ever broken or cut. Words are, between them, and headings also within a word.

    Examples
    --------
    >>> sheet = Sheet("Clusters", ("Name", "ha", "Workers"), (("A", "1,686.0", "60,000"),), frozenset({1, 2}))
    >>> print(to_text(sheet))
    Clusters
     Name        ha   Workers
    ──────────────────────────
     A      1,686.0    60,000
    >>> print(to_text(sheet, width=16))
    Clusters
    A
      ha: 1,686.0
      Workers: 60,000
    """
    whole = width or _DEFAULT_WIDTH
    return (None if color else _drawn_plainly(sheet, whole)) or _drawn_by_rich(sheet, whole, color=color)


def _drawn_by_rich(sheet: Sheet, width: int, *, color: bool) -> str:
    from rich.console import Console
    from rich.text import Text

    drawn = io.StringIO()
    console = Console(file=drawn, width=width, force_terminal=color, no_color=not color, highlight=False)
    found = _widths(sheet, console.width)
    if found is None:
        _print_list(sheet, console)
    else:
        console.print(_drawn_table(sheet, *found))
    for note in sheet.notes:
        console.print(Text(printable(note), "dim"))
    return "\n".join(line.rstrip() for line in drawn.getvalue().splitlines() if line.strip())


def _drawn_plainly(sheet: Sheet, whole: int) -> str | None:
    """Draw a table as rich does where no colour is wanted and no word is folded; None where rich has to.

    Importing rich's tables takes as long as summing up a register, drawing 200 rows with it four times that.
    """
    found = _widths(sheet, whole)
    if found is None:
        return None
    widths, padding = found
    table_width = sum(widths) + len(widths) * (1 + padding) + 1
    if table_width > whole:
        return None
    rows = [[_wrapped(cell, wide) for cell, wide in zip(row, widths, strict=True)] for row in sheet.rows]
    header = [_wrapped(heading, wide) for heading, wide in zip(sheet.header, widths, strict=True)]
    title, notes = _wrapped(sheet.title, table_width), [_wrapped(note, whole) for note in sheet.notes]
    if None in (title, *header, *notes) or any(None in row for row in rows):
        return None
    margins = " " * ((padding + 1) // 2), " " * (padding // 2)

    def drawn(cells: list[Any], *, at_foot: bool = False) -> list[str]:
        height = max(map(len, cells), default=0)
        filled = [[""] * (height - len(c)) + c if at_foot else c + [""] * (height - len(c)) for c in cells]
        return [
            "".join(
                " " + _set_in(text, wide, right=number in sheet.numeric).join(margins)
                for number, (text, wide) in enumerate(zip(line, widths, strict=True))
            )
            for line in zip(*filled, strict=True)
        ]

    lines = [*(title or []), *drawn(header, at_foot=True), f" {'─' * (table_width - 2)}"]
    lines += [line for row in rows for line in drawn(row)] + [line for note in notes for line in note or []]
    return "\n".join(line.rstrip() for line in lines if line.strip())


def _set_in(text: str, width: int, *, right: bool) -> str:
    from rich.cells import cell_len

    blank = " " * (width - cell_len(text))
    return blank + text if right else text + blank


_WORD, _ODD_BLANK = re.compile(r"\S+\s?"), re.compile(r"^\s|\s\s|\s$|[^\S \xa0]")


def _wrapped(text: str, width: int) -> list[str] | None:
    """Return the lines of a text within a width, broken between words; None where rich knows better."""
    from rich.cells import cell_len

    text = printable(text)
    if not text.strip():
        return [""]
    # Tabs, and blanks at the end of a line, are rich's business.
    if _ODD_BLANK.search(text):
        return None
    lines, taken = [""], 0
    for word in _WORD.findall(text):
        wide = cell_len(word.rstrip())
        if wide > width:
            return None
        if taken + wide > width:
            lines.append("")
            taken = 0
        lines[-1] += word
        taken += cell_len(word)
    # A blank that binds, at the end of a line, stays there.
    return None if any(line.endswith("\xa0") for line in lines) else [line.rstrip() for line in lines]


def _drawn_table(sheet: Sheet, widths: list[int], padding: int) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(
        box=box.SIMPLE_HEAD,
        title=Text(printable(sheet.title), "bold"),
        title_justify="left",
        padding=(0, padding // 2, 0, (padding + 1) // 2),
    )
    for number, (heading, wide) in enumerate(zip(sheet.header, widths, strict=True)):
        justify: Literal["left", "right"] = "right" if number in sheet.numeric else "left"
        table.add_column(Text(printable(heading)), justify=justify, width=wide, overflow="fold")
    for row in sheet.rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    return table


def _widths(sheet: Sheet, whole: int) -> tuple[list[int], int] | None:
    """Return the width of each column and of the gaps in which no figure is cut; None if there is none."""
    from rich.cells import cell_len

    columns = list(zip(*[[printable(cell) for cell in row] for row in sheet.rows], strict=True))
    columns = columns or [() for _ in sheet.header]
    cells = [max((cell_len(cell) for cell in column), default=0) for column in columns]
    words = [_longest(column) for column in columns]
    headings = [cell_len(printable(heading)) for heading in sheet.header]
    # A row is found by its first cell, so that one is broken last.
    needed = [
        cell if number in sheet.numeric or (number == 0 and cell <= _NAME_WIDTH) else word
        for number, (cell, word) in enumerate(zip(cells, words, strict=True))
    ]
    with_words = [max(n, _longest((heading,))) for n, heading in zip(needed, sheet.header, strict=True)]
    with_parts = [max(n, min(_PART, w)) for n, w in zip(needed, with_words, strict=True)]
    natural = [max(pair) for pair in zip(cells, headings, strict=True)]
    for least, padding in ((with_words, 2), (with_words, 1), (with_words, 0), (with_parts, 0)):
        # Between columns, and at both ends, stands a blank beside what is padded.
        spare = whole - sum(least) - len(least) * (1 + padding) - 1
        if spare >= 0:
            return _grown(least, natural, spare), padding
    return None if len(sheet.header) > _PAIR else (with_parts, 0)


def _longest(texts: Sequence[str]) -> int:
    from rich.cells import cell_len

    found = max((cell_len(word) for text in texts for word in printable(text).split()), default=1)
    return min(found, _LONGEST_WORD)


def _grown(least: list[int], natural: list[int], spare: int) -> list[int]:
    """Return widths that come as near to the natural ones as the spare width allows, in proportion.

    A cell of two lines is read as easily as one of one line, a cell of twenty is not: the column that would
    need the most lines grows first.
    """
    widths = list(least)
    for _ in range(spare):
        most = max(range(len(widths)), key=lambda at: natural[at] / max(widths[at], 1), default=0)
        if not widths or natural[most] <= widths[most]:
            break
        widths[most] += 1
    return widths


def _print_list(sheet: Sheet, console: Console) -> None:
    from rich.text import Text

    console.print(Text(printable(sheet.title), "bold"))
    for row in sheet.rows:
        console.print(Text(printable(row[0]), "bold"))
        for heading, cell in zip(sheet.header[1:], row[1:], strict=True):
            if cell.strip():
                console.print(Text(printable(f"  {heading}: {cell}")), overflow="fold")


def to_markdown(sheet: Sheet) -> str:
    r"""Return a sheet as a Markdown table to paste in a report.

    Examples
    --------
    >>> print(to_markdown(Sheet("Clusters", ("Name", "ha"), (("A|B", "1.0"),), frozenset({1}))))
    ### Clusters
    <BLANKLINE>
    | Name | ha |
    | --- | ---: |
    | A\|B | 1.0 |
    """
    rule = ["---:" if number in sheet.numeric else "---" for number in range(len(sheet.header))]
    lines = [_line(sheet.header), _line(rule, escape=False), *map(_line, sheet.rows)]
    notes = [f"\n{_escaped(note)}" for note in sheet.notes]
    return "\n".join([f"### {_escaped(sheet.title)}", "", *lines, *notes])


def _line(cells: tuple[str, ...] | list[str], *, escape: bool = True) -> str:
    return "| " + " | ".join(_escaped(cell) if escape else cell for cell in cells) + " |"


def _escaped(cell: str) -> str:
    # A name from a file must not end the cell, start markup or open a link.
    text = printable(" ".join(cell.split()))
    for special in "\\|`*_[]<>":
        text = text.replace(special, f"\\{special}")
    return text


def sheets_table(sheets: Sequence[Sheet]) -> pd.DataFrame:
    """Return sheets as one table for a program, a row for each cell: `table`, `row`, `column`, `value`.

    Examples
    --------
    >>> sheets_table([Sheet("Layers", ("Name", "Rows"), (("A", "2"),))])
      table  row column value
    0  Layers  1  Name  A
    1  Layers  1  Rows  2
    """
    cells = [
        (sheet.title, number, heading, cell)
        for sheet in sheets
        for number, row in enumerate(sheet.rows, start=1)
        for heading, cell in zip(sheet.header, row, strict=True)
    ]
    return pd.DataFrame(cells, columns=["table", "row", "column", "value"])


# A tenth of a square centimetre in hectares: below any figure's meaning, above the noise of adding up.
_DECIMALS = 9


def to_records(table: pd.DataFrame) -> list[dict[str, object]]:
    """Return one dictionary per row, its index first, with JSON's kinds of values only.

    Examples
    --------
    >>> to_records(pd.DataFrame({"ha": [1.0, float("nan")]}, index=pd.Index(["A", "B"], name="id")))
    [{'id': 'A', 'ha': 1.0}, {'id': 'B', 'ha': None}]
    """
    flat = table.reset_index() if table.index.name else table
    return [{str(name): _plain(value) for name, value in row.items()} for row in flat.to_dict("records")]


def to_json(content: object) -> str:
    """Return records as JSON that a person can read too.

    Examples
    --------
    >>> print(to_json({"tên": 1}))
    {
      "tên": 1
    }
    """
    text = json.dumps(content, ensure_ascii=False, indent=2, allow_nan=False)
    # What a terminal would obey is written as JSON can write anything; the value stays.
    return _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


# Rows of a table that are turned to JSON together: as objects of Python they take twenty times their place.
_ROWS_AT_ONCE = 2_000


def json_pieces(table: pd.DataFrame) -> Iterator[str]:
    """Yield a table as JSON, the same as `to_json(to_records(table))`, some rows at a time.

    Examples
    --------
    >>> table = pd.DataFrame({"ha": [1.0, 2.0]})
    >>> "".join(json_pieces(table)) == to_json(to_records(table))
    True
    """
    if not len(table):
        yield "[]"
        return
    for first in range(0, len(table), _ROWS_AT_ONCE):
        rows = to_json(to_records(table.iloc[first : first + _ROWS_AT_ONCE]))
        yield ("," if first else "[") + rows[1:-2]
    yield "\n]"


def to_csv(table: pd.DataFrame) -> str:
    """Return a table as CSV in which no cell starts a formula in a spreadsheet.

    Examples
    --------
    >>> print(to_csv(pd.DataFrame({"name": ["=1+1"], "ha": [2.5], "ids": [("A", "B")]})), end="")
    name,ha,ids
    '=1+1,2.5,A; B
    """
    flat = table.reset_index() if table.index.name else table
    rows = [[_in_a_cell(value) for value in row.values()] for row in to_records(table)]
    return csv_text(pd.DataFrame(rows, columns=[str(name) for name in flat], dtype=object))


def _in_a_cell(value: object) -> object:
    return "; ".join(map(str, value)) if isinstance(value, list | tuple) else value


def csv_text(table: pd.DataFrame) -> str:
    r"""Return a table as CSV as it is, but for formulas, and for the line ends within cells.

    Examples
    --------
    >>> csv_text(pd.DataFrame({"name": ["a" + chr(13) + "=1+1"]}))
    'name\n"a\n=1+1"\n'
    """
    # pandas quotes only its own line ends; a carriage return left as it is would begin a row, and a formula.
    text = neutral_cells(table).replace(r"\r\n?", "\n", regex=True)
    return str(text.to_csv(index=False, lineterminator="\n"))


def _plain(value: Any) -> object:  # noqa: ANN401 - a cell of any kind
    if value is None or pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat() if value == value.normalize() else value.isoformat()
    item = value.item() if hasattr(value, "item") else value
    if isinstance(item, float):
        # JSON has no infinity, and a figure that is infinite says nothing.
        return round(item, _DECIMALS) if math.isfinite(item) else None
    return item


# Blanks and marks before the sign do not save a cell: several programs drop them on opening.
_FORMULA = re.compile(r"^[\s\ufeff\u200b\u00a0]*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]")

# What neither XML 1.0 nor a worksheet may hold.
_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def neutral_cell(value: object) -> object:
    """Return a value that no spreadsheet runs: text that begins a formula gets an apostrophe before it.

    Numbers, dates and missing values are returned as they are; control characters are dropped from text.

    Examples
    --------
    >>> neutral_cell("=cmd|' /C calc'!A0")
    "'=cmd|' /C calc'!A0"
    >>> neutral_cell(-4.5), neutral_cell("Thường Tín")
    (-4.5, 'Thường Tín')
    """
    if not isinstance(value, str):
        return value
    text = plain_text(value)
    return f"'{text}" if _FORMULA.match(text) else text


def plain_text(text: str) -> str:
    """Return text without the characters that neither XML nor a worksheet may hold.

    Examples
    --------
    >>> plain_text("Ba" + chr(0) + " Vì")
    'Ba Vì'
    """
    return _NOT_TEXT.sub("", text)


def neutral_cells(table: pd.DataFrame) -> pd.DataFrame:
    """Return a copy of a table with every text cell, and every heading, neutral.

    Parameters
    ----------
    table
        Any table; its index is left as it is.

    Examples
    --------
    >>> import pandas as pd
    >>> neutral_cells(pd.DataFrame({"@name": ["+84 24", "Ba Vì"], "ha": [-1.0, 2.0]}))
       '@name   ha
    0  '+84 24 -1.0
    1    Ba Vì  2.0
    """
    with_text = table.select_dtypes(include=["object", "string", "category"]).columns
    # `map` would make 8.0 of a whole number in a column where some are missing.
    neutral = {
        name: pd.Series([neutral_cell(cell) for cell in table[name]], index=table.index, dtype=object)
        for name in with_text
    }
    return table.assign(**neutral).rename(columns=neutral_cell)
