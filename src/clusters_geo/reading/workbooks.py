"""Workbooks of every kind as sheets: XLSX, ODS, XLS, XLSB, Excel's XML of 2003.

XLSX and ODS are zipped XML and are read here in one pass: importing openpyxl takes most of the time that
GeoPandas does, its fast mode knows no merged cells and nothing that is hidden, its full mode costs three
times as much. Only cells with something in them take room, so a stray one at XFD1000 costs nothing.
"""

from __future__ import annotations

import datetime as dt
import io
import posixpath
import re
import zipfile
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import fromstring, iterparse

from clusters_geo.errors import EngineError, SourceError
from clusters_geo.reading.cells import Block, Formula, Percent, Sheet, trimmed
from clusters_geo.reading.reasons import reason_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from xml.etree.ElementTree import Element

    from clusters_geo.reading.cells import Row, Value

__all__ = ["MAX_CELLS", "kind_of_workbook", "read_ods", "read_workbook"]

MAX_CELLS = 20_000_000
# What a worksheet can have at most: a place beyond is no sheet of any program, and would be filled up to.
_MOST_ROWS, _MOST_COLUMNS = 1_048_576, 16_384

_OLE = b"\xd0\xcf\x11\xe0"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_REFERENCE = re.compile(r"([A-Z]+)(\d+)")

# Formats that Excel knows by number.
_PERCENT_FORMATS = {9, 10}
_DATE_FORMATS = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
# What in a format is no code: quoted, escaped or bracketed text.
_LITERAL = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.|\*.')
_LEAP_1900 = 60  # Excel holds 1900 for a leap year
_EPOCH_1900, _EPOCH_1904 = dt.datetime(1899, 12, 30), dt.datetime(1904, 1, 1)  # noqa: DTZ001 - no zone


def kind_of_workbook(file: Path) -> str:
    """Return what a file is by its content: xlsx, xlsb, ods, docx, xls, xml, html or text."""
    with file.open("rb") as opened:
        head = opened.read(4096)
    if head.startswith(b"PK"):
        with zipfile.ZipFile(file) as archive:
            names = set(archive.namelist())
        members = {"xl/workbook.bin": "xlsb", "word/document.xml": "docx", "content.xml": "ods"}
        return next((kind for name, kind in members.items() if name in names), "xlsx")
    if head.startswith(_OLE):
        return "xls"
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if b"urn:schemas-microsoft-com:office:spreadsheet" in head and start.startswith(b"<?xml"):
        return "xml"
    # A page saved as UTF-16 has a NUL behind every letter.
    plain = head.replace(b"\x00", b"").lower()
    return "html" if start.startswith(b"<") or b"<table" in plain or b"<html" in plain else "text"


def read_workbook(file: Path, kind: str) -> list[Sheet]:
    """Return the sheets of a workbook of a kind that `kind_of_workbook` names."""
    readers = {"xlsx": _read_xlsx, "ods": read_ods, "xls": _read_xls, "xlsb": _read_xlsb, "xml": _read_xml}
    return readers[kind](file)


def too_many(file: Path) -> SourceError:
    """Return the refusal of a sheet with more cells than a register can have."""
    return SourceError("sheet.too-large", file=file.name, limit=MAX_CELLS)


# --- XLSX


def _read_xlsx(file: Path) -> list[Sheet]:
    with zipfile.ZipFile(file) as archive:
        strings = _shared_strings(archive)
        formats, is_1904 = _cell_formats(archive), False
        book = _xml(archive.read("xl/workbook.xml"))
        for properties in _all(book, "workbookPr"):
            is_1904 = properties.get("date1904") in {"1", "true"}
        members = _sheet_members(archive)
        sheets = []
        for entry in _all(book, "sheet"):
            member = members.get(next((v for k, v in entry.items() if k.endswith("}id")), ""))
            if member:
                with archive.open(member) as opened:
                    reader = _SheetReader(strings, formats, is_1904=is_1904)
                    sheet = reader.read(opened, entry.get("name", ""), file)
                sheet.hidden = entry.get("state", "visible") != "visible"
                sheets.append(sheet)
    return sheets


def _sheet_members(archive: zipfile.ZipFile) -> dict[str, str]:
    relations = _xml(archive.read("xl/_rels/workbook.xml.rels"))
    return {
        relation.get("Id", ""): posixpath.normpath(posixpath.join("/xl", relation.get("Target", ""))).lstrip(
            "/"
        )
        for relation in relations
        if relation.get("Type", "").endswith("/worksheet")
    }


def _shared_strings(archive: zipfile.ZipFile) -> list[str]:
    if "xl/sharedStrings.xml" not in archive.namelist():
        return []
    return [_text_of(item) for item in _all(_xml(archive.read("xl/sharedStrings.xml")), "si")]


def _text_of(item: Element) -> str:
    """Return a string in runs, without the reading aids of East Asian text."""
    parts = []
    for child in item:
        if _tag(child) == "t":
            parts.append(child.text or "")
        elif _tag(child) == "r":
            parts += [part.text or "" for part in child if _tag(part) == "t"]
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), "".join(parts))


def _cell_formats(archive: zipfile.ZipFile) -> list[str]:
    """Return for each style of cells "date", "percent" or ""."""
    if "xl/styles.xml" not in archive.namelist():
        return []
    styles = _xml(archive.read("xl/styles.xml"))
    own = {int(f.get("numFmtId", "0")): f.get("formatCode", "") for f in _all(styles, "numFmt")}
    used = next(iter(_all(styles, "cellXfs")), ())
    return [_meaning_of_format(int(f.get("numFmtId", "0")), own) for f in used]


def _meaning_of_format(number: int, own: dict[int, str]) -> str:
    if number in own:
        return _meaning_of_code(own[number])
    return "percent" if number in _PERCENT_FORMATS else "date" if number in _DATE_FORMATS else ""


def _meaning_of_code(code: str | None) -> str:
    plain = _LITERAL.sub("", code or "").lower().replace("general", "")
    return "percent" if "%" in plain else "date" if re.search("[dyhs]|m{2}", plain) else ""


class _SheetReader:
    """Reads one sheet of an XLSX, element by element."""

    def __init__(self, strings: list[str], formats: list[str], *, is_1904: bool) -> None:
        self._strings, self._formats, self._is_1904 = strings, formats, is_1904
        self._cells = 0

    def read(self, opened: Any, name: str, file: Path) -> Sheet:  # noqa: ANN401 - a stream of a zip
        sheet = Sheet(name, [])
        for _, element in iterparse(opened):  # noqa: S314 - see _xml; a sheet names no entities
            match _tag(element):
                case "row":
                    self._add_row(sheet, element, file)
                    element.clear()
                    if self._cells > MAX_CELLS:
                        raise too_many(file)
                case "col" if element.get("hidden") in {"1", "true"}:
                    last = min(int(element.get("max", "0")), 16_384)
                    sheet.hidden_columns.update(range(int(element.get("min", "1")) - 1, last))
                case "mergeCell":
                    sheet.merged.append(_block(element.get("ref", "A1")))
        return sheet

    def _add_row(self, sheet: Sheet, element: Element, file: Path) -> None:
        at = int(element.get("r", len(sheet.rows) + 1)) - 1
        if at >= _MOST_ROWS:
            raise too_many(file)
        sheet.rows.extend([[]] * (at - len(sheet.rows)))
        if element.get("hidden") in {"1", "true"}:
            sheet.hidden_rows.add(at)
        values: Row = []
        for cell in element:
            place = cell.get("r")
            column = _column(place.rstrip("0123456789")) if place else len(values)
            value = self._value(cell)
            if value is not None:
                if column >= _MOST_COLUMNS:
                    raise too_many(file)
                values.extend([None] * (column - len(values)))
                values.append(value)
        self._cells += len(values)
        sheet.rows[at:] = [values]

    def _value(self, cell: Element) -> Value:  # noqa: PLR0911 - one for each kind
        parts = {_tag(part): part for part in cell}
        kind, held = cell.get("t", "n"), parts["v"].text if "v" in parts else None
        if kind == "inlineStr":
            return _text_of(parts["is"]) or None if "is" in parts else None
        if not held:
            is_lost = "f" in parts and not (kind == "str" and "v" in parts)
            return Formula(f"={parts['f'].text or ''}") if is_lost else None
        match kind:
            case "s":
                return self._strings[int(held)] or None
            case "b":
                return held == "1"
            case "n":
                return self._number(held, int(cell.get("s", "0")))
            case "d":
                return dt.datetime.fromisoformat(held)
        return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), held)

    def _number(self, held: str, style: int) -> Value:
        number = float(held) if re.search("[.eE]", held) else int(held)
        meaning = self._formats[style] if style < len(self._formats) else ""
        if meaning == "percent":
            return Percent(number)
        return _day_of(number, is_1904=self._is_1904) if meaning == "date" else number


def _day_of(serial: float, *, is_1904: bool) -> Value:
    epoch = _EPOCH_1904 if is_1904 else _EPOCH_1900
    try:
        return epoch + dt.timedelta(days=serial + (not is_1904 and serial < _LEAP_1900))
    except OverflowError:
        return serial


def _block(reference: str) -> Block:
    first, _, last = reference.partition(":")
    return Block(*_position(first), *_position(last or first))


def _position(reference: str) -> tuple[int, int]:
    found = _REFERENCE.match(reference.replace("$", ""))
    if found is None:
        return 0, 0
    return int(found[2]) - 1, _column(found[1])


@lru_cache(maxsize=_MOST_COLUMNS)
def _column(letters: str) -> int:
    """Return a column by its letters, the first for what has none."""
    column = 0
    for sign in re.split("[^A-Z]", letters.replace("$", ""), maxsplit=1)[0]:
        column = column * 26 + ord(sign) - ord("A") + 1
    return max(0, column - 1)


# --- ODS


def read_ods(file: Path) -> list[Sheet]:
    """Return the sheets of an OpenDocument workbook."""
    with zipfile.ZipFile(file) as archive:
        content = _xml(archive.read("content.xml"))
    hidden_styles = {
        style.attrib[f"{{{_space(style)}}}name"]
        for style in _all(content, "style")
        for part in style
        if any(key.endswith("}display") and value == "false" for key, value in part.items())
    }
    sheets = []
    for table in _all(content, "table"):
        if _attribute(table, "name"):
            sheet = Sheet(_attribute(table, "name"), [])
            sheet.hidden = _attribute(table, "style-name") in hidden_styles
            _fill_ods(sheet, table, file)
            sheets.append(sheet)
    return sheets


def _fill_ods(sheet: Sheet, table: Element, file: Path) -> None:
    column, empty, cells = 0, 0, 0
    for part in _rows_and_columns(table):
        times = int(_attribute(part, f"number-{_tag(part).removeprefix('table-')}s-repeated") or 1)
        is_hidden = _attribute(part, "visibility") in {"collapse", "filter"}
        if _tag(part) == "table-column":
            if is_hidden:
                sheet.hidden_columns.update(range(column, min(column + times, 16_384)))
            column += times
            continue
        values, merged = _ods_row(part, len(sheet.rows) + empty)
        # A million empty rows end most sheets; they count only if something follows.
        if not values:
            empty += times
            continue
        sheet.rows.extend([[]] * empty)
        empty = 0
        cells += len(values) * times
        if cells > MAX_CELLS:
            raise too_many(file)
        if is_hidden:
            sheet.hidden_rows.update(range(len(sheet.rows), len(sheet.rows) + times))
        sheet.rows.extend([values] * times)
        sheet.merged += merged


def _rows_and_columns(part: Element) -> Iterator[Element]:
    for child in part:
        if _tag(child) in {"table-row", "table-column"}:
            yield child
        elif _tag(child).startswith("table-") or _tag(child) == "table-rows":
            yield from _rows_and_columns(child)


def _ods_row(row: Element, at: int) -> tuple[Row, list[Block]]:
    values: Row = []
    merged, column = [], 0
    for cell in row:
        if _tag(cell) not in {"table-cell", "covered-table-cell"}:
            continue
        times = int(_attribute(cell, "number-columns-repeated") or 1)
        value = None if _tag(cell) == "covered-table-cell" else _ods_value(cell)
        wide = int(_attribute(cell, "number-columns-spanned") or 1)
        high = int(_attribute(cell, "number-rows-spanned") or 1)
        if wide > 1 or high > 1:
            merged.append(Block(at, column, at + high - 1, column + wide - 1))
        if value is not None:
            values.extend([None] * (column - len(values)))
            values.extend([value] * min(times, 16_384))
        column += times
    return values, merged


def _ods_value(cell: Element) -> Value:
    kind, held = _attribute(cell, "value-type"), _attribute(cell, "value")
    match kind:
        case "float" | "currency":
            return _whole(float(held))
        case "percentage":
            return Percent(held)
        case "date":
            return dt.datetime.fromisoformat(_attribute(cell, "date-value"))
        case "boolean":
            return _attribute(cell, "boolean-value") == "true"
    lines = [_spoken(part) for part in cell if _tag(part) == "p"]
    text = "\n".join(lines) or None
    formula = _attribute(cell, "formula")
    return Formula(formula) if formula and not kind and text is None else text


def _spoken(part: Element) -> str:
    """Return the text of a paragraph, without that of remarks beside it."""
    text = part.text or ""
    for child in part:
        if _tag(child) == "s":
            text += " " * int(_attribute(child, "c") or 1)
        elif _tag(child) in {"tab", "line-break"}:
            text += " "
        elif _tag(child) != "annotation":
            text += _spoken(child)
        text += child.tail or ""
    return text


# --- XLS, XLSB, XML of 2003


def _read_xls(file: Path) -> list[Sheet]:
    try:
        import xlrd
    except ImportError as error:
        raise EngineError("engine.missing", what=".xls", package="xlrd", install="xlrd") from error
    content = file.read_bytes()
    if _ENCRYPTED in content:
        raise SourceError("sheet.password", file=file.name)
    try:
        # What it thinks of damaged records is nothing for a person's screen.
        book = xlrd.open_workbook(file_contents=content, formatting_info=True, logfile=io.StringIO())
    except xlrd.biffh.XLRDError as error:
        is_locked = "encrypted" in str(error).lower()
        code = "sheet.password" if is_locked else "sheet.damaged"
        raise SourceError(code, file=file.name, said=reason_of(error)) from error
    return [_xls_sheet(book, sheet) for sheet in book.sheets()]


def _xls_sheet(book: Any, found: Any) -> Sheet:  # noqa: ANN401 - xlrd has no types
    codes = {key: _meaning_of_code(value.format_str) for key, value in book.format_map.items()}

    def value_at(row: int, column: int) -> Value:
        cell = found.cell(row, column)
        is_percent = codes.get(book.xf_list[cell.xf_index].format_key) == "percent"
        match cell.ctype:
            case 1:
                return str(cell.value) or None
            case 2:
                return Percent(cell.value) if is_percent else _whole(cell.value)
            case 3:
                return _day_of(cell.value, is_1904=bool(book.datemode))
            case 4:
                return bool(cell.value)
            case 5:
                return "#N/A"
        return None

    rows = [trimmed([value_at(r, c) for c in range(found.row_len(r))]) for r in range(found.nrows)]
    return Sheet(
        found.name,
        rows,
        [Block(top, left, bottom - 1, right - 1) for top, bottom, left, right in found.merged_cells],
        hidden=found.visibility != 0,
        hidden_rows={at for at, row in found.rowinfo_map.items() if row.hidden},
        hidden_columns={at for at, column in found.colinfo_map.items() if column.hidden},
    )


def _read_xlsb(file: Path) -> list[Sheet]:
    try:
        from python_calamine import CalamineWorkbook, SheetVisibleEnum
    except ImportError as error:
        raise EngineError(
            "engine.missing", what=".xlsb", package="python-calamine", install="python-calamine"
        ) from error
    sheets = []
    with CalamineWorkbook.from_path(file) as book:
        for about in book.sheets_metadata:
            found = book.get_sheet_by_name(about.name)
            if found.total_height * found.total_width > MAX_CELLS:
                raise too_many(file)
            rows = [_plain_row(row) for row in found.to_python(skip_empty_area=False)]
            sheets.append(Sheet(about.name, rows, hidden=about.visible != SheetVisibleEnum.Visible))
    return sheets


def _plain_row(values: Iterable[Any]) -> Row:
    return trimmed([None if v == "" else _whole(v) if isinstance(v, float) else v for v in values])


def _read_xml(file: Path) -> list[Sheet]:
    book = _xml(file.read_bytes())
    percent = {
        _attribute(style, "ID")
        for style in _all(book, "Style")
        for code in _all(style, "NumberFormat")
        if "%" in _attribute(code, "Format") or "percent" in _attribute(code, "Format").lower()
    }
    return [_xml_sheet(found, percent) for found in _all(book, "Worksheet")]


def _xml_sheet(found: Element, percent: set[str]) -> Sheet:
    sheet = Sheet(_attribute(found, "Name"), [])
    for row in _all(found, "Row"):
        at = int(_attribute(row, "Index") or len(sheet.rows) + 1) - 1
        sheet.rows.extend([[]] * (at - len(sheet.rows)))
        if _attribute(row, "Hidden") == "1":
            sheet.hidden_rows.add(at)
        values: Row = []
        for cell in (c for c in row if _tag(c) == "Cell"):
            column = int(_attribute(cell, "Index") or len(values) + 1) - 1
            wide, high = (int(_attribute(cell, f"Merge{way}") or 0) for way in ("Across", "Down"))
            if wide or high:
                sheet.merged.append(Block(at, column, at + high, column + wide))
            values.extend([None] * (column - len(values)))
            values += [_xml_value(cell, percent), *[None] * wide]
        sheet.rows.append(trimmed(values))
    return sheet


def _xml_value(cell: Element, percent: set[str]) -> Value:
    data = next((part for part in cell if _tag(part) == "Data"), None)
    if data is None:
        return Formula(_attribute(cell, "Formula")) if _attribute(cell, "Formula") else None
    text = "".join(data.itertext())
    if _attribute(data, "Type") == "Number":
        return Percent(text) if _attribute(cell, "StyleID") in percent else _whole(float(text))
    return dt.datetime.fromisoformat(text) if _attribute(data, "Type") == "DateTime" else text or None


# --- XML, whatever its namespaces are called


def _xml(content: bytes) -> Element:
    """Return the root of a document without definitions of its own, which could expand without end."""
    if b"<!DOCTYPE" in content[:4096]:
        msg = "it defines entities"
        raise ValueError(msg)
    return fromstring(content)  # noqa: S314 - nothing to expand, and nothing outside is ever read


def _tag(element: Element) -> str:
    return _local(element.tag)


@lru_cache(maxsize=256)
def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _space(element: Element) -> str:
    return element.tag.partition("}")[0].lstrip("{")


def _all(element: Element, tag: str) -> list[Element]:
    return [found for found in element.iter() if _tag(found) == tag]


def _attribute(element: Element, name: str) -> str:
    return next((v for k, v in element.items() if k.rpartition("}")[2] == name), "")


def _whole(number: float) -> int | float:
    return int(number) if number.is_integer() else number
