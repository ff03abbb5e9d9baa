"""A form as a document for Word, the same page as the workbook's; and the trace of forms as another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clusters_geo.errors import EngineError
from clusters_geo.report.tables import neutral_cell
from clusters_geo.writing import in_memory

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from docx.document import Document
    from docx.section import Section
    from docx.table import Table, _Cell

    from clusters_geo.forms.layout import Page
    from clusters_geo.forms.trace import Part, Trace
    from clusters_geo.schema import Language

__all__ = ["write_docx", "write_trace_docx"]

# Centimetres; together the width between the margins of A4. The narrow ones hold their longest word in one
# line as LibreOffice sets it: the heading of the numbers, "15.1", and money per person and month.
_WIDTHS = (1.5, 6.2, 3.7, 2.7, 3.4)
_HEADING_WIDTHS = (7.9, 9.6)
_TRACE_WIDTHS = (1.5, 2.7, 8.3, 5.0)
_TRACE_ALIGN = ("center", "right", "left", "left")
_FONT = "Times New Roman"


def write_docx(page: Page, path: Path) -> None:
    """Write a page as a document.

    Raises
    ------
    EngineError
        If python-docx is not installed.
    """
    document = _new_document(f"{page.right[0]} – {page.title}", page.lang, page.source)
    _write_heading(document, page)
    _write_table(document, page)
    _write_signatures(document, page)
    with in_memory(path) as held:
        document.save(held)


def write_trace_docx(trace: Trace, path: Path) -> None:
    """Write a trace as a document: of each form what was found, then who is in each result.

    Raises
    ------
    EngineError
        If python-docx is not installed.
    """
    document = _new_document(trace.title, trace.lang, trace.source)
    _paragraph(document, trace.title, bold=True, size=13, align="left")
    for part in trace.parts:
        _write_part(document, trace, part)
    with in_memory(path) as held:
        document.save(held)


def _new_document(title: str, lang: Language, source: tuple[str, ...]) -> Document:
    try:
        import docx
    except ImportError as error:
        raise EngineError("write.extra", kind="DOCX", package="python-docx", extra="docx") from error
    document = docx.Document()
    document.core_properties.title = title
    document.core_properties.author = "clusters-geo"
    # The standard has room for 255 characters there.
    document.core_properties.comments = "\n".join(source)[:255]
    _set_up(document, lang)
    return document


def _set_up(document: Document, lang: Language) -> None:
    from docx.oxml.ns import qn
    from docx.shared import Pt

    style = document.styles["Normal"]
    style.font.name, style.font.size = _FONT, Pt(11)
    fonts = style.element.rPr.rFonts
    fonts.set(qn("w:eastAsia"), _FONT)
    language = fonts.makeelement(qn("w:lang"), {qn("w:val"): "vi-VN" if lang == "vi" else "en-GB"})
    style.element.rPr.append(language)
    style.paragraph_format.space_after = Pt(0)
    _set_a4(document.sections[0])


def _set_a4(section: Section) -> None:
    from docx.shared import Mm

    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin, section.right_margin = Mm(20), Mm(15)
    section.top_margin = section.bottom_margin = Mm(15)


def _write_heading(document: Document, page: Page) -> None:
    table = _table(document, max(len(page.left), len(page.right)), _HEADING_WIDTHS)
    for number, text in enumerate(page.left):
        _fill(table.cell(number, 0), text, bold=number == 0)
    for number, text in enumerate(page.right):
        size = 10 if number else 11
        _fill(table.cell(number, 1), text, bold=number == 0, italic=number > 0, size=size, align="center")
    document.add_paragraph()
    _paragraph(document, page.title, bold=True, size=13)
    for text in page.subtitle:
        _paragraph(document, text, italic=True)
    document.add_paragraph()


def _write_table(document: Document, page: Page) -> None:
    table = _table(document, len(page.rows) + 1, _WIDTHS, style="Table Grid")
    _write_header(table, page.header)
    for number, row in enumerate(page.rows, start=1):
        cells = table.rows[number].cells
        bold = row.kind == "section"
        _fill(cells[0], row.number, bold=bold, align="center")
        _keep_whole(table, number)
        if bold:
            _fill(cells[1].merge(cells[-1]), row.indicator, bold=True)
            continue
        _fill(cells[1], row.indicator)
        _fill(cells[2], row.unit, align="center", size=10)
        _fill(cells[3], row.text, align="right")
        _fill(cells[4], row.note, size=9)


def _write_header(table: Table, header: tuple[str, ...]) -> None:
    from docx.oxml.ns import qn

    for cell, text in zip(table.rows[0].cells, header, strict=True):
        _fill(cell, text, bold=True, align="center")
        shade = cell._tc.get_or_add_tcPr().makeelement(  # noqa: SLF001 - python-docx has no shading
            qn("w:shd"), {qn("w:val"): "clear", qn("w:fill"): "E7EDF3"}
        )
        cell._tc.get_or_add_tcPr().append(shade)  # noqa: SLF001
    properties = table.rows[0]._tr.get_or_add_trPr()  # noqa: SLF001 - nor headers that repeat on each page
    properties.append(properties.makeelement(qn("w:tblHeader"), {qn("w:val"): "true"}))
    _keep_whole(table, 0)


def _keep_whole(table: Table, number: int) -> None:
    from docx.oxml.ns import qn

    properties = table.rows[number]._tr.get_or_add_trPr()  # noqa: SLF001 - nor rows that do not break
    properties.append(properties.makeelement(qn("w:cantSplit"), {qn("w:val"): "true"}))


def _write_signatures(document: Document, page: Page) -> None:
    document.add_paragraph()
    table = _table(document, 3, _HEADING_WIDTHS)
    for column, signature in enumerate(page.signatures):
        _fill(table.cell(0, column), signature.date, italic=True, align="center")
        _fill(table.cell(1, column), signature.title, bold=True, align="center")
        _fill(table.cell(2, column), signature.hint, italic=True, align="center")
    for row in table.rows:
        for cell in row.cells:
            cell.paragraphs[0].paragraph_format.keep_with_next = True


def _write_part(document: Document, trace: Trace, part: Part) -> None:
    document.add_paragraph()
    _paragraph(document, part.heading, bold=True, align="left")
    for _, what, fix in part.checks:
        _paragraph(document, f"• {what} {fix}", align="left", size=10)
    if not part.checks:
        _paragraph(document, trace.nothing_found, align="left", size=10)
    table = _table(document, len(part.short) + 1, _TRACE_WIDTHS, style="Table Grid")
    _write_header(table, trace.short_header)
    for number, texts in enumerate(part.short, start=1):
        for cell, text, align in zip(table.rows[number].cells, texts, _TRACE_ALIGN, strict=True):
            _fill(cell, text, size=9, align=align)


def _table(document: Document, rows: int, widths: Sequence[float], style: str | None = None) -> Table:
    from docx.enum.table import WD_TABLE_ALIGNMENT
    from docx.shared import Cm

    table: Table = document.add_table(rows=rows, cols=len(widths), style=style)
    table.alignment, table.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Cm(width)
    for row in table.rows:
        for cell, width in zip(row.cells, widths, strict=True):
            cell.width = Cm(width)
    return table


def _fill(  # noqa: PLR0913 - one place for how a cell looks
    cell: _Cell, text: str, *, bold: bool = False, italic: bool = False, size: int = 11, align: str = "left"
) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    paragraph = cell.paragraphs[0]
    paragraph.alignment = getattr(WD_ALIGN_PARAGRAPH, align.upper())
    run = paragraph.add_run(str(neutral_cell(text)))
    run.bold, run.italic, run.font.size = bold, italic, Pt(size)


def _paragraph(  # noqa: PLR0913 - one place for how a line looks
    document: Document,
    text: str,
    *,
    bold: bool = False,
    italic: bool = False,
    size: int = 11,
    align: str = "center",
) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    paragraph = document.add_paragraph()
    paragraph.alignment = getattr(WD_ALIGN_PARAGRAPH, align.upper())
    run = paragraph.add_run(str(neutral_cell(text)))
    run.bold, run.italic, run.font.size = bold, italic, Pt(size)
