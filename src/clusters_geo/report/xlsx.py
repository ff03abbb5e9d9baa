"""Workbooks for people: frozen headings, filters, widths that fit, Vietnamese numbers, no live formulas."""

from __future__ import annotations

import datetime as dt
import re
from copy import copy
from dataclasses import dataclass
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clusters_geo.errors import EngineError
from clusters_geo.report.tables import neutral_cell, say
from clusters_geo.schema import label
from clusters_geo.words import is_missing
from clusters_geo.writing import in_memory, replaced_file

if TYPE_CHECKING:
    import os

    import pandas as pd
    from openpyxl.styles.cell_style import StyleArray

    from clusters_geo.report.audit_report import AuditReport
    from clusters_geo.report.tables import Sheet
    from clusters_geo.schema import Language

__all__ = ["Worksheet", "findings_workbook", "sheets_workbook", "write_workbook"]

# The locale tag makes the separators Vietnamese whatever the language of the program: 1.686,05.
_NUMBER = {"vi": "[$-42A]#,##0.##", "en": "#,##0.##"}
_DAY = {"vi": "dd/mm/yyyy", "en": "yyyy-mm-dd"}

_WIDEST = 48
_NARROWEST = 8
_TITLE_LENGTH = 31


@dataclass(frozen=True, slots=True)
class Worksheet:
    """One sheet: a title, headings, and rows of numbers, dates and text."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]


def write_workbook(sheets: list[Worksheet], path: str | os.PathLike[str], lang: Language = "vi") -> Path:
    """Write sheets to one workbook, whole or not at all.

    Raises
    ------
    EngineError
        If openpyxl is not installed.
    SourceError
        If the file cannot be written.
    """
    try:
        from openpyxl import Workbook
    except ImportError as error:
        raise EngineError("write.extra", kind="XLSX", package="openpyxl", extra="xlsx") from error
    book = Workbook()
    book.remove(book.worksheets[0])
    taken: set[str] = set()
    for sheet in sheets:
        _fill(book.create_sheet(_free_title(sheet.title, taken)), sheet, lang)
    with replaced_file(path, "xlsx") as beside, in_memory(beside) as held:
        book.save(held)
    return Path(path)


def sheets_workbook(
    sheets: list[Sheet], table: pd.DataFrame | None, path: str | os.PathLike[str], lang: Language = "vi"
) -> Path:
    """Write what a person reads as a workbook: the figures of the first sheet as numbers, and the notes.

    Parameters
    ----------
    sheets
        At least one.
    table
        The figures of the first sheet, if there are any to compute with.
    path, lang
        As for `write_workbook`.

    Raises
    ------
    EngineError, SourceError
        As `write_workbook`.
    """
    pages = [Worksheet(sheet.title, sheet.header, sheet.rows) for sheet in sheets]
    if table is not None:
        flat = table.reset_index() if table.index.name else table
        rows = tuple(map(tuple, flat.astype(object).itertuples(index=False)))
        pages[0] = Worksheet(sheets[0].title, tuple(label(str(name), lang) for name in flat), rows)
    notes = tuple((note,) for sheet in sheets for note in sheet.notes)
    if notes:
        pages.append(Worksheet(say("notes", lang), (say("notes", lang),), notes))
    return write_workbook(pages, path, lang)


def findings_workbook(report: AuditReport, path: str | os.PathLike[str]) -> Path:
    """Write the summary, a sheet for each district, the rules with their limits, and the provenance.

    Raises
    ------
    EngineError, SourceError
        As `write_workbook`.
    """
    header = tuple(report.say(key) for key in ("rule", "severity", "what", "findings"))
    counts: tuple[tuple[object, ...], ...] = tuple(
        (rule, report.say(severity), title, n) for rule, severity, title, n in report.counts()
    )
    # Under the counts, where whoever opens the workbook meets it.
    counts += tuple((line, None, None, None) for line in report.whole_elsewhere())
    sheets = [Worksheet(report.say("summary"), header, counts)]
    sheets += [_district(report, name, rows) for name, rows in report.by_district()]
    columns = ("rule", "what", "severity", "parameters", "judged", "findings", "not_judged")
    heads = tuple(report.say(key) for key in columns)
    sheets.append(Worksheet(report.say("rules_and_limits"), heads, tuple(report.rule_rows())))
    lines = [*report.headline(), *report.provenance_lines()]
    sheets.append(
        Worksheet(report.say("provenance"), (report.say("provenance"),), tuple((x,) for x in lines))
    )
    return write_workbook(sheets, path, report.lang)


def _district(report: AuditReport, name: str, rows: pd.DataFrame) -> Worksheet:
    keys = ["severity", "cluster_id", "row", "rule", "field", "value", "expected", "message", "fix", "source"]
    keys += [key for key in ("state", "reason", "expires") if key in rows]
    cells = tuple(
        tuple(_worded(report, key, row[key]) for key in keys) for row in rows[keys].to_dict("records")
    )
    return Worksheet(name, tuple(report.say(key) for key in keys), cells)


def _worded(report: AuditReport, key: str, value: object) -> object:
    if is_missing(value):
        return None
    if key == "cluster_id":
        return report.cluster(value)
    if key in ("severity", "state"):
        return report.say(str(value))
    return label(str(value), report.lang) if key == "field" else value


def _fill(target: Any, sheet: Worksheet, lang: Language) -> None:  # noqa: ANN401 -- openpyxl has no types
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    rows = [sheet.header, *sheet.rows]
    styles: dict[str, StyleArray] = {}
    for number, row in enumerate(rows, start=1):
        for place, value in enumerate(row, start=1):
            _put(target.cell(number, place), value, _format(value, lang), styles)
    for cell in target[1]:
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", fgColor="DDE6F0")
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    target.freeze_panes = "A2"
    last = get_column_letter(len(sheet.header))
    target.auto_filter.ref = f"A1:{last}{len(rows)}"
    for place in range(len(sheet.header)):
        longest = max(len(str(row[place])) for row in rows if row[place] is not None)
        width = min(max(longest + 2, _NARROWEST), _WIDEST)
        target.column_dimensions[get_column_letter(place + 1)].width = width
    target.page_setup.orientation = "landscape"
    target.page_setup.paperSize = target.PAPERSIZE_A4
    target.page_setup.fitToHeight = 0
    target.sheet_properties.pageSetUpPr.fitToPage = True
    target.print_title_rows = "1:1"


def _format(value: object, lang: Language) -> str:
    if isinstance(value, dt.date) and not is_missing(value):
        return _DAY[lang]
    if isinstance(value, Real) and not is_missing(value):
        return _NUMBER[lang] if value % 1 else _NUMBER[lang].removesuffix(".##")
    return ""


def _put(cell: Any, value: object, written: str, styles: dict[str, StyleArray]) -> None:  # noqa: ANN401
    from openpyxl.styles import Alignment

    if written in styles:
        # A style made anew for each cell takes a hundred times as long as the cell.
        cell._style = copy(styles[written])  # noqa: SLF001
    else:
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        cell.number_format = written or "General"
        styles[written] = copy(cell._style)  # noqa: SLF001
    if is_missing(value):
        return
    cell.value = neutral_cell(value)
    # Whatever openpyxl took it for, text it stays, and a number is as it was told to look.
    if isinstance(value, str):
        cell.data_type = "s"
    elif written:
        cell.number_format = written


def _free_title(title: str, taken: set[str]) -> str:
    """Return a title that a workbook takes: short, without its special signs, not used yet."""
    plain = re.sub(r"[\[\]:*?/\\]", " ", str(neutral_cell(title))).strip(" '") or "–"
    free, number = plain[:_TITLE_LENGTH], 2
    while free.casefold() in taken:
        ending = f" ({number})"
        free, number = plain[: _TITLE_LENGTH - len(ending)] + ending, number + 1
    taken.add(free.casefold())
    return free
