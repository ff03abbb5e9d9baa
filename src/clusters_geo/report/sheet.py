"""A sheet is a table as a person reads it: words and numbers ready in one language, with notes below."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import Literal

__all__ = ["Sheet", "to_markdown", "to_text"]

# Wide enough for the tables here, where nobody says how wide the output is.
_DEFAULT_WIDTH = 120
_NAME_WIDTH = 28

# A name from a file must not colour, clear or retitle the reader's terminal.
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A titled table of text; `numeric` says which columns are set flush right."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: frozenset[int] = frozenset()
    notes: tuple[str, ...] = ()


def to_text(sheet: Sheet, *, width: int | None = None, color: bool = False) -> str:
    """Return a sheet drawn for a terminal, cells wrapped to `width` characters.

    Examples
    --------
    >>> print(to_text(Sheet("Clusters", ("Name", "ha"), (("A", "1,686.0"),), frozenset({1}))))
    Clusters
     Name        ha
    ────────────────
     A      1,686.0
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, title=Text(sheet.title, "bold"), title_justify="left", pad_edge=True)
    first = max((len(row[0]) for row in sheet.rows), default=0)
    for number, heading in enumerate(sheet.header):
        justify: Literal["left", "right"] = "right" if number in sheet.numeric else "left"
        # A row is found by its first cell, so that one is broken last.
        whole = number == 0 and first <= _NAME_WIDTH
        table.add_column(Text(heading), justify=justify, no_wrap=whole)
    for row in sheet.rows:
        table.add_row(*(Text(_CONTROL.sub("", cell)) for cell in row))
    drawn = io.StringIO()
    console = Console(
        file=drawn, width=width or _DEFAULT_WIDTH, force_terminal=color, no_color=not color, highlight=False
    )
    console.print(table)
    for note in sheet.notes:
        console.print(Text(_CONTROL.sub("", note), "dim"))
    return "\n".join(line.rstrip() for line in drawn.getvalue().splitlines() if line.strip())


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
    text = " ".join(cell.split())
    for special in "\\|`*_[]<>":
        text = text.replace(special, f"\\{special}")
    return text
