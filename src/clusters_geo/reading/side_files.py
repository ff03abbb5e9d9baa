"""What stands beside a register: settings in TOML, and tables such as totals, a programme, accepted changes.

They come through the same door as registers, whole and small, in whatever encoding and with whatever
separator and decimal mark a spreadsheet wrote them.
"""

from __future__ import annotations

import codecs
import csv
import io
import math
import re
import tomllib
from typing import TYPE_CHECKING, Any

import pandas as pd

from clusters_geo.errors import SchemaError, SourceError
from clusters_geo.reading.opening import InputFile, hashed, opened
from clusters_geo.reading.text import best_reading
from clusters_geo.reading.values import decimal_mark

if TYPE_CHECKING:
    import os
    from collections.abc import Collection, Iterator, Mapping, Sequence

__all__ = ["read_side_table", "read_toml"]

# A baseline of 50,000 findings takes 12 MB, 500,000 rows of totals 50 MB.
_MOST_TOML_BYTES = 16 << 20
_MOST_TABLE_BYTES = 64 << 20
_MOST_CELLS = 5_000_000
_DEEPEST = 60
_LONG_KEY = re.compile(rb"""(?<![\w-])(?>(?>[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){%d}""" % _DEEPEST)
_HEADER_SEARCH = 30
_MOST_NAMED = 5
_FIELD_LIMIT = 1 << 20
_SPACES = re.compile(r"[\s\u00a0\u202f']")
_WORKBOOKS = (".xlsx", ".xlsm")
_TEXTS = (".csv", ".tsv", ".txt")


def read_toml(path: str | os.PathLike[str]) -> dict[str, Any]:
    r"""Return what a TOML file holds.

    Raises
    ------
    SourceError
        If it may not be opened, is larger than 16 MB, nested deeper than 60 levels, or not TOML in UTF-8.

    Examples
    --------
    >>> _ = (tmp / "rules.toml").write_text('[rules."figures.negative"]\nenabled = false')
    >>> read_toml(tmp / "rules.toml")
    {'rules': {'figures.negative': {'enabled': False}}}
    """
    with opened(path) as file:
        content = file.content(_MOST_TOML_BYTES)
    _refuse_deep(content, file.shown)
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:  # not UTF-8, not TOML, a date that is none
        reason = str(error) or type(error).__name__
        raise SourceError("source.not-toml", path=file.shown, reason=reason[:200]) from error


def _refuse_deep(content: bytes, shown: str) -> None:
    # tomllib copies the key once for each of its parts.
    if _LONG_KEY.search(content):
        raise SourceError("source.too-deep", path=shown, limit=_DEEPEST)


def read_side_table(
    path: str | os.PathLike[str],
    *,
    needed: Collection[str],
    numbers: Collection[str] = (),
    choices: Mapping[str, Collection[str]] | None = None,
    sheet: str | None = None,
) -> pd.DataFrame:
    r"""Return a table in CSV or XLSX whose header names certain columns: text as text, figures as figures.

    Parameters
    ----------
    path
        CSV in any encoding and with any separator that a spreadsheet writes, or a workbook.
    needed
        Columns that the header must name; titles above it are passed over.
    numbers
        Columns of figures, of the needed and others; a blank is missing. Their decimal mark is the one that
        all of them together prove, otherwise the point.
    choices
        Columns that hold one of a few words, in any case, and these words.
    sheet
        Which sheet of a workbook, if not the first that has the header.

    Returns
    -------
    One row for each that is not blank; text columns of strings, missing where blank. The SHA-256 of what was
    read is `.attrs["sha256"]`.

    Raises
    ------
    SourceError
        If the file may not be opened, is too large, or cannot be read.
    SchemaError
        If a column is not there, a figure is none, or a cell holds none of the words; all of those are in
        `.failures`.

    Examples
    --------
    >>> _ = (tmp / "totals.csv").write_text("scope;value\nHà Nội;1686,5\n", encoding="utf-16")
    >>> read_side_table(tmp / "totals.csv", needed=["scope", "value"], numbers=["value"])["value"].tolist()
    [1686.5]
    """
    with opened(path) as file, hashed(file) as sha256:
        found = list(_tables(file, sheet))
        rows = next((r for r in found if _header_at(r, needed) is not None), found[0] if found else [])
    at = _header_at(rows, needed)
    if at is None:
        _refuse_without(file.shown, needed, rows)
    for column, words in (choices or {}).items():
        _require_words(rows, at or 0, column, words, file.shown)
    table = _as_table(rows, at or 0, file.shown, numbers)
    table.attrs["sha256"] = sha256
    return table


def _require_words(
    rows: Sequence[Sequence[object]], at: int, column: str, words: Collection[str], shown: str
) -> None:
    """Refuse cells of a column that hold none of its words: nobody would miss their rows."""
    place = [_plain(cell) for cell in rows[at]].index(column)
    told = [
        (number, _plain(row[place]) if place < len(row) else "")
        for number, row in enumerate(rows[at + 1 :], start=at + 2)
        if any(map(_plain, row))
    ]
    wrong = [
        {"cell": f"{_letters(place)}{number}", "row": number, "column": column, "value": text}
        for number, text in told
        if text.casefold() not in words
    ]
    if wrong:
        failures = pd.DataFrame(wrong).assign(problem="is none of the words", fix=", ".join(words))
        found = [f"{cell['cell']} “{str(cell['value'])[:40]}”" for cell in wrong[:_MOST_NAMED]]
        raise SchemaError(
            "table.no-word",
            failures,
            path=shown,
            column=column,
            found=found,
            known=list(words),
            count=len(wrong),
        )


def _letters(place: int) -> str:
    """Return what a sheet calls a column.

    Examples
    --------
    >>> _letters(0), _letters(25), _letters(26)
    ('A', 'Z', 'AA')
    """
    head, last = divmod(place, 26)
    return (_letters(head - 1) if head else "") + chr(ord("A") + last)


def _tables(file: InputFile, sheet: str | None) -> Iterator[list[list[object]]]:
    ending = file.path.suffix.lower()
    content = file.content(_MOST_TABLE_BYTES)
    if ending in _WORKBOOKS:
        from clusters_geo.reading.sheets import read_grids

        for grid in read_grids(file.path):
            if sheet in {None, grid.name}:
                yield [[cell.value for cell in row] for row in grid.rows]
        return
    if ending not in _TEXTS:
        raise SourceError("source.not-a-table", path=file.shown, ending=ending)
    text = _text(content, file.shown)
    # The one that stands there most often comes first; in what is no table none does.
    for mark in sorted(",;\t|", key=text[:4_000].count, reverse=True):
        yield _split(text, mark, file.shown)


def _text(content: bytes, shown: str) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            return content.decode("utf-16")
        except UnicodeDecodeError as error:
            raise SourceError("source.not-csv", path=shown, reason=error.reason) from error
    return best_reading(content, what=shown)[0]


def _split(text: str, mark: str, shown: str) -> list[list[object]]:
    if text.count(mark) > _MOST_CELLS:
        raise SourceError("source.too-many-cells", path=shown, limit=_MOST_CELLS)
    before = csv.field_size_limit(_FIELD_LIMIT)
    try:
        return [[*row] for row in csv.reader(io.StringIO(text, newline=""), delimiter=mark)]
    except csv.Error as error:
        raise SourceError("source.not-csv", path=shown, reason=str(error)) from error
    finally:
        csv.field_size_limit(before)


def _header_at(rows: Sequence[Sequence[object]], needed: Collection[str]) -> int | None:
    for at, row in enumerate(rows[:_HEADER_SEARCH]):
        if set(needed) <= {_plain(cell) for cell in row}:
            return at
    return None


def _refuse_without(shown: str, needed: Collection[str], rows: Sequence[Sequence[object]]) -> None:
    has = next((names for row in rows if (names := [n for cell in row if (n := _plain(cell))])), [])
    missing = [name for name in needed if name not in has]
    raise SchemaError("table.no-column", path=shown, missing=missing, has=[name[:40] for name in has[:20]])


def _as_table(rows: list[list[object]], at: int, shown: str, numbers: Collection[str]) -> pd.DataFrame:
    header = [_plain(cell) for cell in rows[at]]
    if twice := [name for name in header if name and header.count(name) > 1]:
        raise SchemaError("table.column-twice", path=shown, column=twice[0])
    body = [(number, row) for number, row in enumerate(rows[at + 1 :], start=at + 2) if any(map(_plain, row))]
    columns = {
        name: [_cell(row[place]) if place < len(row) else None for _, row in body]
        for place, name in enumerate(header)
        if name
    }
    figures = [name for name in columns if name in set(numbers)]
    texts = [_SPACES.sub("", cell) for name in figures for cell in columns[name] if isinstance(cell, str)]
    mark = decimal_mark(texts) or "."
    lines = [number for number, _ in body]
    return pd.DataFrame(
        {
            name: _figures(cells, lines, name, mark, shown)
            if name in figures
            else pd.Series([None if cell is None else str(cell) for cell in cells], dtype="str")
            for name, cells in columns.items()
        }
    )


def _figures(
    cells: list[str | float | None], lines: list[int], name: str, mark: str, shown: str
) -> list[float]:
    values, wrong = [], []
    for cell, line in zip(cells, lines, strict=True):
        value = _figure(cell, mark) if isinstance(cell, str) else float("nan") if cell is None else cell
        if value is None or math.isinf(value):
            wrong.append({"row": line, "column": name, "value": cell})
        values.append(float("nan") if value is None else value)
    if wrong:
        failures = pd.DataFrame(wrong).assign(problem="is not a number", fix="write a number")
        raise SchemaError("table.no-number", failures, path=shown, count=len(wrong), **wrong[0])
    return values


def _figure(text: str, mark: str) -> float | None:
    plain = _SPACES.sub("", text)
    share = plain.endswith("%")
    plain = plain.removesuffix("%").replace("," if mark == "." else ".", "").replace(mark, ".")
    if not re.fullmatch(r"[+-]?(?:\d{1,30}(?:\.\d{0,30})?|\.\d{1,30})(?:[eE][+-]?\d{1,2})?", plain):
        return None
    return float(plain) / (100.0 if share else 1.0)


def _cell(value: object) -> str | float | None:
    """Return a figure of a workbook as it is, which leaves no doubt about its mark; the rest as text."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    return _plain(value) or None


def _plain(value: object) -> str:
    return "" if value is None else " ".join(str(value).split())
