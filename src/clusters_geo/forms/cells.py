"""One figure of a form as somebody typed it: read in the unit of its row, or refused with a remedy.

Nothing is guessed: "1.686" in a row of hectares may be 1,686 or 1.686, and a form that gives no other hint is
sent back.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import TYPE_CHECKING

from clusters_geo.names import strip_accents
from clusters_geo.reading.values import BLANKS, decimal_mark

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from clusters_geo.forms.circular import Line
    from clusters_geo.reading.sheets import Cell

__all__ = ["Figure", "mark_of", "read_figure", "read_unit", "unit_words"]

# Each unit somebody may write, without accents, to the unit of the row: 25.000 "triệu đồng" are 25 tỷ.
_FACTORS: dict[str, dict[str, float]] = {
    "billion VND": {
        **dict.fromkeys(("ty dong", "ty", "ty vnd", "ti dong", "billion vnd", "bn vnd"), 1.0),
        **dict.fromkeys(("trieu dong", "trieu", "tr.d", "trd", "trieu vnd", "million vnd"), 1e-3),
        **dict.fromkeys(("nghin dong", "ngan dong", "1000 dong", "1.000 dong", "1000d"), 1e-6),
        **dict.fromkeys(("dong", "vnd", "d"), 1e-9),
    },
    "million VND a person a month": {
        **dict.fromkeys(
            (
                *("trieu dong/nguoi/thang", "trieu/nguoi/thang", "trieu dong/thang", "trieu dong", "trieu"),
                *("tr.d/nguoi/thang", "million vnd a person a month"),
            ),
            1.0,
        ),
        **dict.fromkeys(("nghin dong/nguoi/thang", "ngan dong/nguoi/thang", "nghin dong", "ngan dong"), 1e-3),
        **dict.fromkeys(("dong/nguoi/thang", "dong", "vnd"), 1e-6),
    },
    "ha": {
        **dict.fromkeys(("ha", "hecta", "hec ta"), 1.0),
        **dict.fromkeys(("m2", "m²", "met vuong"), 1e-4),
        **dict.fromkeys(("km2", "km²"), 100.0),
    },
    "%": dict.fromkeys(("%", "phan tram"), 1.0),
    "people": dict.fromkeys(("nguoi", "lao dong", "ld", "people"), 1.0),
    "projects": dict.fromkeys(("du an", "da", "projects"), 1.0),
    "plants": dict.fromkeys(("cong trinh", "he thong", "plants", "1/0"), 1.0),
    "clusters": dict.fromkeys(("cum", "clusters"), 1.0),
}
_ANSWERS = {
    **dict.fromkeys(("co", "da co", "da dau tu", "dang dau tu", "dat", "x", "yes", "true"), 1.0),
    **dict.fromkeys(("khong", "chua", "chua co", "chua dau tu", "khong dat", "no", "false"), 0.0),
}
# "None yet" may mean that there is no plant, or no figure: an answer to ask about.
_UNCERTAIN = {"chua co"}
_ABOUT = re.compile(r"^(khoảng|xấp xỉ|gần|hơn|trên|dưới|ước|~|≈|≥|≤|about|approx\.?)\s*", re.IGNORECASE)
_NUMBER = re.compile(r"^([+-]?\d[\d.,\s\u00a0\u202f']*)\s*(.*)$")
# Groups of three, all parted by one mark, which is not the decimal one: "20 25" is no figure.
_WELL_FORMED = re.compile(
    r"[+-]?(?:\d+|\d{1,3}(?P<mark>[.,\s\u00a0\u202f'])\d{3}(?:(?P=mark)\d{3})*)(?:(?!(?P=mark))[.,]\d+)?"
)
_SPACES = re.compile(r"[\s\u00a0\u202f']")


@dataclass(frozen=True, slots=True)
class Figure:
    """What a cell says: a value (None for a blank), or why it is refused; a doubt besides.

    `refused` and `doubt` are keys of `verdict`, `words` what it fills in.
    """

    value: float | None = None
    refused: str = ""
    doubt: str = ""
    words: Mapping[str, object] = field(default_factory=dict)


def unit_words(text: str) -> str:
    """Return a unit as it is looked up: without accents, capitals and brackets.

    Examples
    --------
    >>> unit_words("(Triệu đồng)")
    'trieu dong'
    """
    return " ".join(strip_accents(text).casefold().strip(" ().:;").split()).replace(" / ", "/")


def read_unit(text: str, line: Line) -> float | None:
    """Return what to multiply a figure by, None where the unit does not fit the row.

    Examples
    --------
    >>> from clusters_geo.forms.circular import lines
    >>> read_unit("Triệu đồng", lines("02")[0]), read_unit("Người", lines("02")[0]) is None
    (0.001, True)
    """
    return _FACTORS[line.unit[1]].get(unit_words(text))


def mark_of(cells: Iterable[Cell]) -> str | None:
    """Return the decimal mark that the figures of one form prove together, None where they do not.

    Examples
    --------
    >>> from clusters_geo.reading.sheets import Cell
    >>> mark_of([Cell("B1", "1.686,5"), Cell("B2", "20")])
    ','
    """
    found = (_NUMBER.match(_ABOUT.sub("", cell.text)) for cell in cells if isinstance(cell.value, str))
    return decimal_mark([_SPACES.sub("", match[1]).rstrip(".,") for match in found if match])


def read_figure(cell: Cell, line: Line, unit: str, mark: str | None) -> Figure:
    """Return what a cell says about a row of a form.

    Parameters
    ----------
    cell
        The cell of the result.
    line
        The row.
    unit
        The unit that the form states beside it, empty for the official one.
    mark
        The decimal mark of the form, from `mark_of`.

    Examples
    --------
    >>> from clusters_geo.forms.circular import lines
    >>> from clusters_geo.reading.sheets import Cell
    >>> read_figure(Cell("D5", "25.000"), lines("02")[0], "triệu đồng", ",").value
    25.0
    >>> read_figure(Cell("D5", "1.686"), lines("02")[0], "", None).refused
    'cell.ambiguous'
    """
    if cell.formula:
        return Figure(refused="cell.formula")
    if isinstance(cell.value, datetime | date | time):
        shape = "%H:%M" if isinstance(cell.value, time) else "%d/%m/%Y"
        return Figure(
            refused="cell.date", words={"date": (cell.value.strftime(shape), cell.value.isoformat())}
        )
    if isinstance(cell.value, int | float) and not isinstance(cell.value, bool):
        percent = 100.0 if cell.percent and line.unit[1] == "%" else 1.0
        return _in_unit(float(cell.value) * percent, cell, line, unit)
    return _read_text(cell, line, unit, mark)


def _read_text(cell: Cell, line: Line, unit: str, mark: str | None) -> Figure:
    text = cell.text
    folded = unit_words(text)
    if line.unit[1] == "plants" and folded in _ANSWERS:
        doubt = "cell.no-or-blank" if folded in _UNCERTAIN else ""
        return Figure(_ANSWERS[folded], doubt=doubt, words={"text": text} if doubt else {})
    if folded in BLANKS or not folded:
        return Figure()
    about = _ABOUT.match(text)
    found = _NUMBER.match(_ABOUT.sub("", text))
    beside = found[2].strip() if found else ""
    plain = found[1].strip().rstrip(".,") if found else ""
    if not _WELL_FORMED.fullmatch(plain) or (beside and read_unit(beside, line) is None):
        return _unreadable(cell)
    number = _parse(_SPACES.sub("", plain), line, mark)
    if number is None:
        either = {"comma": plain.replace(".", ","), "point": plain.replace(",", ".")}
        return Figure(refused="cell.ambiguous", words={"text": plain} | either)
    figure = _in_unit(number, cell, line, beside or unit)
    if about and not figure.refused:
        return Figure(figure.value, doubt="cell.approximate", words={"text": text})
    return figure


def _parse(text: str, line: Line, mark: str | None) -> float | None:
    """Return a number; None where nothing tells the decimal mark from the thousands."""
    if line.counted and re.fullmatch(r"[+-]?\d{1,3}([.,]\d{3})+", text):
        # People and projects come in wholes, so that the mark can only part thousands.
        return float(re.sub(r"[.,]", "", text))
    own = decimal_mark([text])
    used = mark if own is None else own
    if used is None:
        return None
    thousands = {",": ".", ".": ","}.get(used, "")
    plain = text.replace(thousands, "") if thousands else text
    try:
        return float(plain.replace(",", "."))
    except ValueError:
        return None


def _in_unit(number: float, cell: Cell, line: Line, unit: str) -> Figure:
    factor = 1.0 if not unit else read_unit(unit, line)
    if factor is None:
        return Figure(refused="cell.unit", words={"stated": unit, "unit": line.unit})
    value = number * factor
    if not math.isfinite(value):
        return _unreadable(cell)
    if value < 0:
        return Figure(refused="cell.negative", words={"text": cell.text})
    if line.counted and value % 1:
        return Figure(refused="cell.wholes", words={"text": cell.text})
    if line.unit[1] == "plants" and value not in (0.0, 1.0):
        return Figure(refused="cell.yes-no", words={"text": cell.text})
    # Dividing by a thousand must not leave 24.999999999999996.
    return Figure(round(value, 9))


def _unreadable(cell: Cell) -> Figure:
    return Figure(refused="cell.no-figure", words={"text": cell.text[:60]})
