"""A form as a page: heading, columns, rows, signatures.

The circular prescribes the rows; the heading, the columns and the signature block are those of any
statistical form of a Vietnamese authority. All kinds of files are written from one page.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from clusters_geo.forms.circular import Line, lines, title
from clusters_geo.forms.conditions import register_column
from clusters_geo.measure.trust import province_of
from clusters_geo.units.model import DISTRICTS_ABOLISHED, provinces
from clusters_geo.words import MISSING, format_number, speaker

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from clusters_geo.forms.fill import Filled
    from clusters_geo.schema import Language

__all__ = ["Page", "Row", "Signature", "page_of"]

word = speaker("forms")

_ROMAN = ("I", "II", "III", "IV")
# In a record three decimals get a fourth, so that "12,345" cannot be read as twelve thousand.
_AMBIGUOUS = 3
_MOST_DECIMALS = 9


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table: a section's heading, or a row with its result as number and as text."""

    kind: Literal["section", "row"]
    number: str
    indicator: str
    unit: str = ""
    value: float | None = None
    sign: str = ""  # ≥ for at least, ≈ where a part is modelled
    text: str = ""
    places: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True)
class Signature:
    """Who signs, below which date."""

    title: str
    hint: str
    date: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """Everything that is printed, in words of one language; `source` goes into the properties of the file."""

    lang: Language
    code: str
    left: tuple[str, ...]
    right: tuple[str, ...]
    title: str
    subtitle: tuple[str, ...]
    header: tuple[str, ...]
    rows: tuple[Row, ...]
    signatures: tuple[Signature, Signature]
    sheet_name: str
    source: tuple[str, ...] = ()


def page_of(filled: Filled) -> Page:
    """Return the page of a form: what is signed, and nothing else.

    That a deadline has passed, what was found and what each result was added up from are no part of it; see
    `clusters_geo.forms.trace`.
    """
    lang, number = filled.lang, filled.number
    return Page(
        lang=lang,
        code=number,
        left=_left(filled),
        right=(word("form_number", lang, form=number), word("law", lang)),
        title=title(number, lang, filled.period.end).upper(),
        subtitle=_subtitle(filled),
        header=tuple(word(key, lang) for key in ("row", "indicator", "unit", "result", "note")),
        rows=_rows(filled),
        signatures=_signatures(filled),
        sheet_name=word("form_sheet", lang, form=number),
        source=filled.source,
    )


def _left(filled: Filled) -> tuple[str, ...]:
    lang, unit = filled.lang, filled.unit
    if unit.level != "cluster":
        name = unit.name or (_province(filled) if unit.level == "province" else "")
        return (word(f"reporter_{unit.level}", lang, name=name or _BLANK),)
    record = unit.clusters.iloc[0]
    places = (_said(record, "commune"), _said(record, "district"))
    return (
        _reporter(filled, record),
        word("cluster_name", lang, name=_said(record, "name") or _BLANK),
        word("cluster_id", lang, name=str(unit.clusters.index[0]) or _BLANK),
        word("place", lang, name=", ".join(filter(None, places)) or _BLANK),
    )


def _province(filled: Filled) -> str:
    """Return the province that the register is of, as it is called at the end of the period."""
    name = province_of(filled.unit.clusters) or ""
    before = provinces(_BEFORE_MERGERS)["today"].to_dict()
    return str(before.get(name, name)) if filled.period.end > _BEFORE_MERGERS else name


_BEFORE_MERGERS = DISTRICTS_ABOLISHED - timedelta(days=1)


def _reporter(filled: Filled, record: pd.Series) -> str:
    """Return who reports: the cluster's investor, or a producer, of whom a register says nothing."""
    known = _said(record, "investor") if filled.number == "02" else ""
    return word(f"reporter_{filled.number}", filled.lang, name=known or _BLANK)


_BLANK = "…………"


def _said(record: pd.Series, column: str) -> str:
    value = record.get(column)
    return "" if value is None or pd.isna(value) else str(value)


def _due(filled: Filled) -> str:
    return word("due", filled.lang, day=filled.period.due(filled.number))


def _subtitle(filled: Filled) -> tuple[str, ...]:
    lang, period = filled.lang, filled.period
    due = _due(filled)
    as_of = pd.to_datetime(register_column(filled.unit.clusters, "as_of")).max()
    known = [word("as_of", lang, day=as_of)] if pd.notna(as_of) and not filled.blank else []
    code = word("period_code", lang, code=period.code)
    gone = [] if filled.unit.exists else [word("gone", lang, unit=filled.unit.name)]
    return (word("period", lang, words=period.words(lang)), "; ".join([code, due, *known]), *gone)


def _rows(filled: Filled) -> tuple[Row, ...]:
    results = filled.table.to_dict("index")
    rows: list[Row] = []
    for line in lines(filled.number):
        section = line.section[filled.lang == "en"]
        headed = [row.indicator for row in rows if row.kind == "section"]
        if section and section not in headed:
            rows.append(Row("section", _ROMAN[len(headed)], section))
        rows.append(_row(line, results[line.row], filled.lang, "" if filled.blank else MISSING))
    return tuple(rows)


def _row(line: Line, cells: Mapping[Hashable, Any], lang: Language, missing: str) -> Row:
    value = float(cells["result"])
    if math.isnan(value):
        known, places, text = None, 0, missing
    else:
        known, places = value, _places(line, value)
        text = format_number(value, lang, places)
    sign = str(cells["mark"]) if known is not None else ""
    told = f"{sign} {text}" if sign else text
    return Row(
        *("row", line.row, cells["indicator"], cells["unit"]), known, sign, told, places, str(cells["note"])
    )


def _places(line: Line, value: float) -> int:
    """Return how many decimals are printed: a record keeps all it has, a sum is rounded to a tenth."""
    if line.counted:
        return 0
    if line.form != "02" or line.unit[1] == "%":
        return 1
    needed = len(f"{value:.{_MOST_DECIMALS}f}".rstrip("0").partition(".")[2])
    return _AMBIGUOUS + 1 if needed == _AMBIGUOUS else max(needed, 1)


def _signatures(filled: Filled) -> tuple[Signature, Signature]:
    lang, level = filled.lang, filled.number if filled.unit.level == "cluster" else filled.unit.level
    head = Signature(
        word(f"head_{level}", lang), word("seal", lang), word("date", lang, year=filled.period.year)
    )
    return Signature(word("maker", lang), word("sign", lang)), head
