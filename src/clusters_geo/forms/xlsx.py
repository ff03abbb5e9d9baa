"""A form as a workbook on A4, and the trace of forms as another."""

from __future__ import annotations

from copy import copy
from string import ascii_uppercase
from textwrap import wrap
from typing import TYPE_CHECKING, Any, Literal

from clusters_geo.errors import EngineError
from clusters_geo.report.tables import neutral_cell
from clusters_geo.writing import in_memory

if TYPE_CHECKING:
    from pathlib import Path

    from openpyxl import Workbook
    from openpyxl.styles import Alignment
    from openpyxl.styles.cell_style import StyleArray
    from openpyxl.worksheet.worksheet import Worksheet

    from clusters_geo.forms.layout import Page, Row
    from clusters_geo.forms.trace import Trace

__all__ = ["write_trace_xlsx", "write_xlsx"]

# Characters of the default font; together they fill the width of an A4 page.
_WIDTHS = (6.0, 43.0, 12.0, 14.0, 26.0)
_TRACE_WIDTHS = (7.0, 22.0, 7.0, 12.0, 26.0, 14.0, 24.0, 16.0, 24.0, 15.0)
_CHECK_WIDTHS = (7.0, 22.0, 12.0, 60.0, 60.0)
_VALUE = 5  # where the value stands in a line of the trace
_LAST = ascii_uppercase[len(_TRACE_WIDTHS) - 1]
_FONT = "Times New Roman"
_LINE_HEIGHT = 15.0
# 1066 is Vietnamese: 1.686,0 whatever the language of the computer.
_LOCALE = {"vi": "[$-42A]", "en": "[$-409]"}


def write_xlsx(page: Page, path: Path) -> None:
    """Write a page as a workbook.

    Raises
    ------
    EngineError
        If openpyxl is not installed.
    """
    book = _new_book(f"{page.right[0]} – {page.title}", page.source)
    _write_form(page, book.create_sheet(page.sheet_name))
    with in_memory(path) as held:
        book.save(held)


def write_trace_xlsx(trace: Trace, path: Path) -> None:
    """Write a trace as a workbook: what was found, then what each result was added up from.

    Raises
    ------
    EngineError
        If openpyxl is not installed.
    """
    book = _new_book(trace.title, trace.source)
    _write_checks(trace, book.create_sheet(trace.sheet_names[0]))
    _write_trace(trace, book.create_sheet(trace.sheet_names[1]))
    with in_memory(path) as held:
        book.save(held)


def _new_book(title: str, source: tuple[str, ...]) -> Workbook:
    try:
        from openpyxl import Workbook
    except ImportError as error:
        raise EngineError("write.extra", kind="XLSX", package="openpyxl", extra="xlsx") from error
    book = Workbook()
    if book.active is not None:
        book.remove(book.active)
    book.properties.title = title
    book.properties.creator = "clusters-geo"
    book.properties.description = "\n".join(source) or None
    return book


def _write_form(page: Page, sheet: Worksheet) -> None:
    _set_widths(sheet, _WIDTHS)
    at = _write_heading(page, sheet)
    top = at
    _put(sheet, at, page.header, bold=True, align="center")
    for row in page.rows:
        at += 1
        _write_row(page, sheet, at, row)
    _frame(sheet, top, at)
    _write_signatures(page, sheet, at + 2)
    _set_a4(sheet, f"{top}:{top}", "portrait")


def _write_heading(page: Page, sheet: Worksheet) -> int:
    """Write who reports, the number of the form and its title; return the row of the table's head."""
    depth = max(len(page.left), len(page.right))
    for number, text in enumerate(page.left, start=1):
        _merged(sheet, f"A{number}:B{number}", text, bold=number == 1)
    for number, text in enumerate(page.right, start=1):
        _merged(sheet, f"C{number}:E{number}", text, bold=number == 1, align="center", italic=number > 1)
        sheet.row_dimensions[number].height = _LINE_HEIGHT * (2 if number > 1 else 1)
    sheet.row_dimensions[1].height = _LINE_HEIGHT
    at = depth + 2
    _merged(sheet, f"A{at}:E{at}", page.title, bold=True, align="center", size=13)
    sheet.row_dimensions[at].height = _LINE_HEIGHT * (2.4 if len(page.title) > 60 else 1.3)  # noqa: PLR2004 - a line
    for text in page.subtitle:
        at += 1
        _merged(sheet, f"A{at}:E{at}", text, italic=True, align="center")
    return at + 2


def _write_row(page: Page, sheet: Worksheet, at: int, row: Row) -> None:
    if row.kind == "section":
        _put(sheet, at, (row.number, row.indicator), bold=True)
        sheet.merge_cells(f"B{at}:E{at}")
        sheet.cell(at, 1).alignment = _aligned("center")
        sheet.row_dimensions[at].height = _LINE_HEIGHT + 3
        return
    _put(sheet, at, (row.number, row.indicator, row.unit, row.text, row.note))
    for number in (1, 3):
        sheet.cell(at, number).alignment = _aligned("center")
    result = sheet.cell(at, 4)
    result.alignment = _aligned("right", indent=1)
    if row.value is not None:
        result.value = row.value
        result.number_format = _number_format(page, row)
    texts = ((row.indicator, 1), (row.unit, 2), (row.note, 4))
    lines = max(_lines(text, _WIDTHS[column]) for text, column in texts)
    sheet.row_dimensions[at].height = _LINE_HEIGHT * lines + 3


def _number_format(page: Page, row: Row) -> str:
    figure = "#,##0" + ("." + "0" * row.places if row.places else "")
    sign = f'"{row.sign} "' if row.sign else ""
    return f"{_LOCALE[page.lang]}{sign}{figure}"


def _lines(text: str, width: float) -> int:
    # Lines break between words, and within one that is longer than a line, such as an address.
    return max(1, len(wrap(text, int(width))))


def _write_signatures(page: Page, sheet: Worksheet, at: int) -> None:
    maker, head = page.signatures
    _merged(sheet, f"C{at}:E{at}", head.date, italic=True, align="center")
    for columns, signature in (("A{0}:B{0}", maker), ("C{0}:E{0}", head)):
        _merged(sheet, columns.format(at + 1), signature.title, bold=True, align="center")
        _merged(sheet, columns.format(at + 2), signature.hint, italic=True, align="center")


def _write_trace(trace: Trace, sheet: Worksheet) -> None:
    _set_widths(sheet, _TRACE_WIDTHS)
    _merged(sheet, f"A1:{_LAST}1", trace.title, bold=True, size=13)
    _put(sheet, 3, trace.header, bold=True, align="center")
    _frame(sheet, 3, 3, _LAST)
    at = _write_traced(trace, sheet, 4) - 1
    sheet.freeze_panes = "A4"
    sheet.auto_filter.ref = f"A3:{_LAST}{at}"
    _set_a4(sheet, "3:3", "landscape")


def _set_widths(sheet: Worksheet, widths: tuple[float, ...]) -> None:
    for number, width in enumerate(widths):
        sheet.column_dimensions[ascii_uppercase[number]].width = width


def _write_traced(trace: Trace, sheet: Any, at: int) -> int:  # noqa: ANN401 - openpyxl has no types
    """Write a line for each row and cluster; return the first row below them."""
    styles: dict[bool, list[StyleArray]] = {}
    for cells in trace.lines:
        value = cells[_VALUE]
        whole = isinstance(value, float) and value.is_integer()
        if whole in styles:
            # A style made anew for each cell takes a hundred times as long as the cell.
            for number, (told, style) in enumerate(zip(cells, styles[whole], strict=True), start=1):
                sheet.cell(at, number, _neutral(told))._style = style  # noqa: SLF001
        else:
            _put(sheet, at, cells)
            figure = "#,##0" if whole else "#,##0.0###"
            sheet.cell(at, _VALUE + 1).number_format = f"{_LOCALE[trace.lang]}{figure}"
            _border(sheet, at, at, _LAST)
            styles[whole] = [copy(cell._style) for cell in sheet[at]]  # noqa: SLF001
        at += 1
    return at


def _neutral(value: str | float | None) -> str | float | None:
    return str(neutral_cell(value)) if isinstance(value, str) else value


def _write_checks(trace: Trace, sheet: Worksheet) -> None:
    _set_widths(sheet, _CHECK_WIDTHS)
    last = ascii_uppercase[len(_CHECK_WIDTHS) - 1]
    _merged(sheet, f"A1:{last}1", trace.checks_title, bold=True, size=13)
    _put(sheet, 3, trace.checks_header, bold=True, align="center")
    for at, cells in enumerate(trace.checks, start=4):
        _put(sheet, at, cells)
        lines = max(_lines(text, width) for text, width in zip(cells, _CHECK_WIDTHS, strict=True))
        sheet.row_dimensions[at].height = _LINE_HEIGHT * lines
    if not trace.checks:
        _merged(sheet, f"A4:{last}4", trace.nothing_found)
    _frame(sheet, 3, max(3 + len(trace.checks), 4), last)
    sheet.freeze_panes = "A4"
    _set_a4(sheet, "3:3", "landscape")


def _put(
    sheet: Worksheet,
    at: int,
    cells: tuple[str | float | None, ...],
    *,
    bold: bool = False,
    align: str = "left",
) -> None:
    from openpyxl.styles import Font

    for number, value in enumerate(cells, start=1):
        cell = sheet.cell(at, number)
        cell.value = _neutral(value)
        cell.font = Font(name=_FONT, size=11, bold=bold)
        cell.alignment = _aligned(align if isinstance(value, str) else "right")


def _merged(  # noqa: PLR0913 - one place for how a line of a heading looks
    sheet: Worksheet,
    cells: str,
    text: str,
    *,
    bold: bool = False,
    italic: bool = False,
    size: int = 11,
    align: str = "left",
) -> None:
    from openpyxl.styles import Font

    if cells.partition(":")[0] != cells.partition(":")[2]:
        sheet.merge_cells(cells)
    cell = sheet[cells.partition(":")[0]]
    cell.value = str(neutral_cell(text))
    cell.font = Font(name=_FONT, size=size, bold=bold, italic=italic)
    cell.alignment = _aligned(align)


def _aligned(horizontal: str, indent: int = 0) -> Alignment:
    from openpyxl.styles import Alignment

    return Alignment(horizontal=horizontal, vertical="center", wrap_text=True, indent=indent)


def _frame(sheet: Worksheet, top: int, bottom: int, last: str = "E") -> None:
    from openpyxl.styles import PatternFill

    _border(sheet, top, bottom, last)
    for cell in sheet[f"A{top}:{last}{top}"][0]:
        cell.fill = PatternFill("solid", fgColor="E7EDF3")


def _border(sheet: Worksheet, top: int, bottom: int, last: str) -> None:
    from openpyxl.styles import Border, Side

    line = Side(style="thin", color="808080")
    for row in sheet[f"A{top}:{last}{bottom}"]:
        for cell in row:
            cell.border = Border(left=line, right=line, top=line, bottom=line)


def _set_a4(sheet: Worksheet, repeated: str, orientation: Literal["portrait", "landscape"]) -> None:
    from openpyxl.worksheet.properties import PageSetupProperties

    sheet.page_setup.paperSize = 9  # A4 in the list of OOXML
    sheet.page_setup.orientation = orientation
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = repeated
    sheet.print_options.horizontalCentered = True
    sheet.page_margins.left, sheet.page_margins.right = 0.6, 0.4
    if sheet.oddFooter is not None:
        sheet.oddFooter.center.text = "&P"
