"""A report as a file: HTML, PDF printed from it, or a document for Word."""

from __future__ import annotations

import io
import math
import re
import shutil
import subprocess
import zlib
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from clusters_geo.errors import EngineError
from clusters_geo.report.svg import size_of
from clusters_geo.report.tables import plain_text
from clusters_geo.writing import in_memory, replaced_file, write_text

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from docx.document import Document
    from docx.table import Table, _Cell
    from docx.text.paragraph import Paragraph

    from clusters_geo.report.tables import Sheet
    from clusters_geo.report.unit_report import UnitReport

__all__ = ["print_pdf", "report_html", "write_report"]

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
# A page is printed in about a second; a browser that hangs must not hang the command.
_SECONDS = 60
_FONT = "Times New Roman"
# A report has two pages at most: where a system's letters are wide it is printed a little smaller, to 9 pt;
# so is one of which the second page would hold but the signature. What is long in any letters, as the list of
# a unit with fifty clusters, is not.
_SIZES, _MAY_SHRINK = (0.94, 0.88, 0.82), (2, 3)
# Longer lists stand in columns, as in unit_report.html; a longer text does not widen its column further.
_SHORT_LIST, _LONG = 8, 44
# Letters that the margins of a cell take; so many columns want smaller ones.
_MARGINS, _WIDE = 3, 5
_PNG, _BARS = b"\x89PNG\r\n\x1a\n", 300
_PAGE = re.compile(rb"/Type\s*/Page\b")


def write_report(report: UnitReport, path: str | os.PathLike[str], kind: str) -> Path:
    """Write a report, whole or not at all.

    Raises
    ------
    EngineError
        If what makes a PDF or DOCX is not installed.
    SourceError
        If the file cannot be written.
    """
    if kind == "html":
        return write_text(path, report_html(report))
    with replaced_file(path) as beside:
        if kind == "pdf":
            print_pdf(report_html(report), beside)
        else:
            _write_docx(report, beside)
    return Path(path)


def report_html(report: UnitReport) -> str:
    """Return a report as one HTML page without a script or a link."""
    from jinja2 import Environment

    template = Path(__file__).with_name("unit_report.html").read_text(encoding="utf-8")
    page = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(template)
    return plain_text(page.render(r=report))


def print_pdf(html: str, path: Path) -> None:
    """Print a page of ours as PDF: by Chromium where there is one, else by WeasyPrint.

    Raises
    ------
    EngineError
        If there is neither.
    """
    browser = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if browser is not None:
        _by_browser(browser, html, path)
        return
    try:
        weasyprint = import_module("weasyprint")
    except ImportError as error:
        raise EngineError("report.no-printer") from error
    weasyprint.HTML(string=html).write_pdf(str(path))


def _by_browser(browser: str, html: str, path: Path) -> None:
    with TemporaryDirectory(prefix="clusters-geo-") as folder:
        page, printed = Path(folder, "page.html"), Path(folder, "page.pdf")

        def at_size(size: float) -> bytes:
            style = f"body {{ zoom: {size} }} figure svg {{ width: {100 * size:.0f}% }}"
            page.write_text(html + f"<style>@media print {{ {style} }}</style>", encoding="utf-8")
            printed.unlink(missing_ok=True)
            _run(browser, folder, "--no-pdf-header-footer", f"--print-to-pdf={printed}", page.as_uri())
            if not printed.exists():
                raise EngineError("report.browser-failed", browser=browser)
            return printed.read_bytes()

        pdf = at_size(1.0)
        pages = _pages(pdf)
        # What does not fit at the smallest size fits at none.
        if pages in _MAY_SHRINK and _pages(smallest := at_size(_SIZES[-1])) < pages:
            fitting = (tried for tried in map(at_size, _SIZES[:-1]) if _pages(tried) < pages)
            pdf = next(fitting, smallest)
        path.write_bytes(pdf)


def _pages(pdf: bytes) -> int:
    return len(_PAGE.findall(pdf))


def _run(browser: str, folder: str, *arguments: str) -> None:
    # The page is ours and runs nothing; a sandbox needs rights that containers often lack.
    quiet = (
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
    )
    command = [browser, *quiet, f"--user-data-dir={folder}/profile", *arguments]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=_SECONDS)  # noqa: S603 - found on the PATH
    except (OSError, subprocess.SubprocessError) as error:
        raise EngineError("report.browser-failed", browser=browser) from error


# --- a document for Word


def _write_docx(report: UnitReport, path: Path) -> None:
    try:
        import docx
    except ImportError as error:
        raise EngineError("report.no-docx") from error
    from docx.shared import Mm, Pt

    document = docx.Document()
    document.core_properties.title, document.core_properties.author = report.about, "clusters-geo"
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin, section.right_margin = Mm(20), Mm(15)
    section.top_margin = section.bottom_margin = Mm(15)
    style = document.styles["Normal"]
    style.font.name, style.font.size = _FONT, Pt(11)
    style.paragraph_format.space_after = Pt(2)
    _docx_heading(document, report)
    for number, part in enumerate(report.parts, start=1):
        _line(document, f"{number}. {part.title}", bold=True)
        if part.drawing:
            _drawing(document, part.drawing)
        if part.table is not None:
            _table(document, part.table)
        _lines(document, part.lines)
        if part.text:
            _line(document, part.text)
    _docx_end(document, report)
    with in_memory(path) as held:
        document.save(held)


def _docx_heading(document: Document, report: UnitReport) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    left, right = _columns(document, (2, 3))
    _cell(left, [report.agency, *([report.number] if report.signed else [])])
    _cell(right, [report.republic, report.motto, report.place_date], bold=2)
    for words, bold, italic in (
        (report.heading, True, False),
        (report.about, True, False),
        (report.as_of, False, True),
    ):
        paragraph = document.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        run = paragraph.add_run(plain_text(words))
        run.bold, run.italic = bold, italic


def _cell(cell: _Cell, lines: list[str], *, bold: int = 0) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    for number, words in enumerate(lines):
        paragraph = cell.paragraphs[0] if number == 0 else cell.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        paragraph.add_run(plain_text(words)).bold = number < bold


def _line(document: Document, words: str, *, bold: bool = False, size: float | None = None) -> None:
    from docx.shared import Pt

    paragraph = document.add_paragraph()
    run = paragraph.add_run(plain_text(words))
    run.bold, run.font.size = bold, None if size is None else Pt(size)
    if bold:
        paragraph.paragraph_format.space_before, paragraph.paragraph_format.keep_with_next = Pt(6), True


def _columns(document: Document, shares: Sequence[float]) -> list[_Cell]:
    """Return the cells of a row without borders that no page breaks."""
    from docx.oxml import OxmlElement

    table = document.add_table(rows=1, cols=len(shares))
    _widen(table, shares)
    table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))  # noqa: SLF001 - no public way
    return list(table.rows[0].cells)


def _widen(table: Table, shares: Sequence[float]) -> None:
    """Give columns their shares of the page: offices go by the grid, Word by the cells."""
    from docx.shared import Mm

    table.autofit = False
    for column, share in zip(table.columns, shares, strict=True):
        column.width = Mm(175 * share / sum(shares))
        for cell in column.cells:
            cell.width = column.width


def _lines(document: Document, lines: Sequence[str]) -> None:
    """Write a list; many short lines in columns, as the page has them."""
    if len(lines) <= _SHORT_LIST:
        for line in lines:
            _bullet(document.add_paragraph(), line)
        return
    high = math.ceil(len(lines) / 3)
    for at, cell in enumerate(_columns(document, (1, 1, 1))):
        for number, line in enumerate(lines[at * high : (at + 1) * high]):
            _bullet(cell.paragraphs[0] if number == 0 else cell.add_paragraph(), line)


def _bullet(paragraph: Paragraph, words: str) -> None:
    from docx.shared import Pt

    paragraph.style = "List Bullet"
    paragraph.add_run(plain_text(words)).font.size = Pt(10)


def _table(document: Document, sheet: Sheet) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    table = document.add_table(rows=0, cols=len(sheet.header))
    table.style = "Table Grid"
    size = Pt(8 if len(sheet.header) > _WIDE else 9)
    for number, row in enumerate([sheet.header, *sheet.rows]):
        for column, (cell, words) in enumerate(zip(table.add_row().cells, row, strict=True)):
            run = cell.paragraphs[0].add_run(plain_text(words))
            run.bold, run.font.size = number == 0, size
            if column in sheet.numeric:
                cell.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.RIGHT
    _widen(table, _shares(sheet))
    for note in sheet.notes:
        _line(document, note, size=9)


def _shares(sheet: Sheet) -> list[float]:
    """Return how wide columns are to be: a figure and a word are never broken, a long text is."""
    shares: list[float] = []
    for at, head in enumerate(sheet.header):
        cells = [plain_text(row[at]) for row in sheet.rows]
        longest = max(map(len, cells), default=0)
        words = [word for text in (head, *cells) for word in plain_text(text).split()]
        least = max(map(len, words), default=1)
        shares.append(_MARGINS + max(least, longest if at in sheet.numeric else min(longest, _LONG)))
    return shares


def _docx_end(document: Document, report: UnitReport) -> None:
    if report.signed:
        # A signature that stands on a page of its own signs nothing: the last lines go with it.
        *_, last = document.iter_inner_content()
        cells = last.rows[-1].cells if hasattr(last, "rows") else []
        for paragraph in [p for cell in cells for p in cell.paragraphs] or [last]:
            paragraph.paragraph_format.keep_with_next = True
        left, right = _columns(document, (1, 1))
        for number, words in enumerate(report.recipients):
            paragraph = left.paragraphs[0] if number == 0 else left.add_paragraph()
            paragraph.add_run(plain_text(words)).bold = number == 0
        _cell(right, [report.sign_head, report.sign, "", "", "", ""], bold=1)
    for note in report.notes:
        _line(document, note, size=8.5)


def _drawing(document: Document, svg: str) -> None:
    """Put an SVG into a document, with a picture for programs that cannot draw it."""
    from docx.opc.constants import RELATIONSHIP_TYPE
    from docx.opc.packuri import PackURI
    from docx.opc.part import Part
    from docx.oxml import parse_xml
    from docx.shared import Mm

    picture = document.add_picture(io.BytesIO(_picture(svg)), width=Mm(165))
    package = document.part.package
    number = sum(part.partname.endswith(".svg") for part in package.iter_parts()) + 1
    part = Part(PackURI(f"/word/media/drawing{number}.svg"), "image/svg+xml", svg.encode(), package)
    link = document.part.relate_to(part, RELATIONSHIP_TYPE.IMAGE)
    blip = picture._inline.graphic.graphicData.pic.blipFill.blip  # noqa: SLF001 - no public way
    blip.append(
        parse_xml(
            '<a:extLst xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main">'
            '<a:ext uri="{96DAC541-7B7A-43D3-8B79-37D633B846F1}"><asvg:svgBlip '
            'xmlns:asvg="http://schemas.microsoft.com/office/drawing/2016/SVG/main" '
            'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
            f'r:embed="{link}"/></a:ext></a:extLst>'
        )
    )


def _picture(svg: str) -> bytes:
    """Return an SVG as PNG: drawn by a browser where there is one, else white in the right shape."""
    width, height = map(round, size_of(svg))
    browser = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if browser is None:
        return _white(width, height)
    with TemporaryDirectory(prefix="clusters-geo-") as folder:
        page, shot = Path(folder, "drawing.html"), Path(folder, "drawing.png")
        page.write_text(f'<meta charset="utf-8"><body style="margin:0">{svg}', encoding="utf-8")
        # A window has bars of its own, which leave a low page no room: what is below the drawing is cut off.
        size = f"--window-size={width},{height + _BARS}"
        options = ("--force-device-scale-factor=2", "--hide-scrollbars")
        _run(browser, folder, size, *options, f"--screenshot={shot}", page.as_uri())
        return _upper(shot.read_bytes(), 2 * height) if shot.exists() else _white(width, height)


def _upper(png: bytes, rows: int) -> bytes:
    """Return the first rows of a picture as browsers write it: eight bits a channel, line by line."""
    chunks, at = [], len(_PNG)
    while at < len(png):
        length = int.from_bytes(png[at : at + 4], "big")
        chunks.append((png[at + 4 : at + 8], png[at + 8 : at + 8 + length]))
        at += 12 + length
    head = chunks[0][1]
    width, channels = int.from_bytes(head[:4], "big"), {2: 3, 6: 4}[head[9]]
    pixels = zlib.decompress(b"".join(data for kind, data in chunks if kind == b"IDAT"))
    kept = pixels[: rows * (1 + width * channels)]
    head = head[:4] + rows.to_bytes(4, "big") + head[8:]
    return _PNG + _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(kept)) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    body = kind + data
    return len(data).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")


def _white(width: int, height: int) -> bytes:
    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([1, 0, 0, 0, 0])
    rows = (b"\x00" + b"\xff" * ((width + 7) // 8)) * height
    return _PNG + _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b"")
