"""A form as a workbook: the form on A4 as the first sheet, the trace of each cell as the second."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Any, Literal

from clusters_geo.errors import EngineError
from clusters_geo.report.tables import neutral_cell

if TYPE_CHECKING:
    from pathlib import Path

    from openpyxl.styles import Alignment
    from openpyxl.styles.cell_style import StyleArray
    from openpyxl.worksheet.worksheet import Worksheet

    from clusters_geo.forms.layout import Page, Row

__all__ = ["write_xlsx"]

# Characters of the default font; together they fill the width of an A4 page.
_WIDTHS = (6.0, 43.0, 12.0, 14.0, 26.0)
_TRACE_WIDTHS = (7.0, 12.0, 26.0, 14.0, 24.0, 16.0, 24.0, 15.0)
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
    try:
        from openpyxl import Workbook
    except ImportError as error:
        raise EngineError("write.extra", kind="XLSX", package="openpyxl", extra="xlsx") from error
    book = Workbook()
    sheet = book.active or book.create_sheet()
    sheet.title = page.sheet_names[0]
    _write_form(page, sheet)
    _write_trace(page, book.create_sheet(page.sheet_names[1]))
    book.properties.title = f"{page.right[0]} – {page.title}"
    book.properties.creator = "clusters-geo"
    book.save(path)


def _write_form(page: Page, sheet: Worksheet) -> None:
    for number, width in enumerate(_WIDTHS):
        sheet.column_dimensions["ABCDE"[number]].width = width
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
    # Times New Roman is narrower than the font that column widths are counted in.
    return max(1, -(-len(text) // int(width * 1.05)))


def _write_signatures(page: Page, sheet: Worksheet, at: int) -> None:
    maker, head = page.signatures
    _merged(sheet, f"C{at}:E{at}", head.date, italic=True, align="center")
    for columns, signature in (("A{0}:B{0}", maker), ("C{0}:E{0}", head)):
        _merged(sheet, columns.format(at + 1), signature.title, bold=True, align="center")
        _merged(sheet, columns.format(at + 2), signature.hint, italic=True, align="center")


def _write_trace(page: Page, sheet: Worksheet) -> None:
    for number, width in enumerate(_TRACE_WIDTHS):
        sheet.column_dimensions["ABCDEFGH"[number]].width = width
    _merged(sheet, "A1:H1", page.trace_title, bold=True, size=13)
    _put(sheet, 3, page.trace_header, bold=True, align="center")
    _frame(sheet, 3, 3, "H")
    at = _write_traced(page, sheet, 4) - 1
    sheet.freeze_panes = "A4"
    sheet.auto_filter.ref = f"A3:H{at}"
    if page.checks:
        _write_checks(page, sheet, at + 2)
    _set_a4(sheet, "3:3", "landscape")


def _write_traced(page: Page, sheet: Any, at: int) -> int:  # noqa: ANN401 - openpyxl has no types
    """Write a line for each row and cluster; return the first row below them."""
    styles: dict[bool, list[StyleArray]] = {}
    for cells in page.trace:
        whole = isinstance(cells[3], float) and cells[3].is_integer()
        if whole in styles:
            # A style made anew for each cell takes a hundred times as long as the cell.
            for number, (value, style) in enumerate(zip(cells, styles[whole], strict=True), start=1):
                sheet.cell(at, number, _neutral(value))._style = style  # noqa: SLF001
        else:
            _put(sheet, at, cells)
            sheet.cell(at, 4).number_format = f"{_LOCALE[page.lang]}{'#,##0' if whole else '#,##0.0###'}"
            _border(sheet, at, at, "H")
            styles[whole] = [copy(cell._style) for cell in sheet[at]]  # noqa: SLF001
        at += 1
    return at


def _neutral(value: str | float | None) -> str | float | None:
    return str(neutral_cell(value)) if isinstance(value, str) else value


def _write_checks(page: Page, sheet: Worksheet, at: int) -> None:
    _merged(sheet, f"A{at}:H{at}", page.checks_title, bold=True, size=13)
    for cells in (page.checks_header, *page.checks):
        at += 1
        for columns, text in zip(("A{0}:A{0}", "B{0}:E{0}", "F{0}:H{0}"), cells, strict=True):
            _merged(sheet, columns.format(at), text, bold=cells is page.checks_header)
        lines = max(_lines(cells[1], sum(_TRACE_WIDTHS[1:5])), _lines(cells[2], sum(_TRACE_WIDTHS[5:])))
        sheet.row_dimensions[at].height = _LINE_HEIGHT * lines


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
