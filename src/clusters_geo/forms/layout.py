"""A form as a page: heading, columns, rows, signatures, and what each cell was added up from.

The circular prescribes the rows; the heading, the columns and the signature block are those of any
statistical form of a Vietnamese authority. All kinds of files are written from one page.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from clusters_geo.forms.circular import Line, lines, title
from clusters_geo.forms.conditions import register_column
from clusters_geo.schema import BASES
from clusters_geo.words import MISSING, format_number, speaker

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping
    from datetime import date

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
    """Everything that is printed, in words of one language."""

    lang: Language
    code: str
    left: tuple[str, ...]
    right: tuple[str, ...]
    title: str
    subtitle: tuple[str, ...]
    header: tuple[str, ...]
    rows: tuple[Row, ...]
    signatures: tuple[Signature, Signature]
    sheet_names: tuple[str, str]
    trace_title: str
    trace_header: tuple[str, ...]
    trace: tuple[tuple[str | float | None, ...], ...]
    checks_title: str
    checks_header: tuple[str, ...]
    checks: tuple[tuple[str, ...], ...]
    overdue: str = ""  # for the screen: that a deadline has passed is no part of a form

    @property
    def short_trace_header(self) -> tuple[str, ...]:
        """The columns of `short_trace`."""
        return tuple(word(key, self.lang) for key in ("row", "result", "counted_head", "missing_head"))

    @property
    def short_trace(self) -> tuple[tuple[str, str, str, str], ...]:
        """The trace for paper, a line for each row: its result, who contributes how much, who is missing."""
        counted: dict[str, list[str]] = {row.number: [] for row in self.rows if row.kind == "row"}
        missing: dict[str, list[str]] = {number: [] for number in counted}
        for number, key, _, value, *_ in self.trace:
            if isinstance(value, float) and value:
                told = str(key) if value == 1 else f"{key}: {_told(value, self.lang)}"
                counted[str(number)].append(told)
            elif value is None:
                missing[str(number)].append(str(key))
        return tuple(
            (row.number, row.text, "; ".join(counted[row.number]), "; ".join(missing[row.number]))
            for row in self.rows
            if row.kind == "row"
        )


def page_of(filled: Filled, findings: pd.DataFrame, on: date) -> Page:
    """Return the page of a form.

    Parameters
    ----------
    filled
        The form.
    findings
        What was found in it, to be printed below the trace.
    on
        The day that decides what is overdue.
    """
    lang, number = filled.lang, filled.number
    told = findings[findings["severity"] != "info"]
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
        sheet_names=(word("form_sheet", lang, form=number), word("trace_sheet", lang)),
        trace_title=word("trace_title", lang),
        trace_header=tuple(word(key, lang) for key in _TRACE_HEADS),
        trace=_trace(filled),
        checks_title=word("findings_title", lang),
        checks_header=tuple(word(key, lang) for key in ("severity_head", "message_head", "fix_head")),
        checks=tuple(told[["severity", "message", "fix"]].itertuples(index=False, name=None)),
        overdue=f"{_due(filled)} – {word('late', lang)}" if filled.period.overdue(number, on) else "",
    )


_TRACE_HEADS = (
    *("row", "cluster_id_head", "name_head", "value_head"),
    *("column_head", "basis_head", "decided_head", "state_head"),
)


def _left(filled: Filled) -> tuple[str, ...]:
    lang, unit = filled.lang, filled.unit
    if unit.level != "cluster":
        return (word(f"reporter_{unit.level}", lang, name=unit.name or _BLANK),)
    record = unit.clusters.iloc[0]
    places = (_said(record, "commune"), _said(record, "district"))
    return (
        word("reporter_02", lang, name=_said(record, "investor") or _BLANK),
        word("cluster_name", lang, name=record["name"]),
        word("cluster_id", lang, name=unit.clusters.index[0]),
        word("place", lang, name=", ".join(filter(None, places)) or _BLANK),
    )


_BLANK = "…………"


def _said(record: pd.Series, column: str) -> str:
    value = record.get(column)
    return "" if value is None or pd.isna(value) else str(value)


def _due(filled: Filled) -> str:
    return word("due", filled.lang, day=f"{filled.period.due(filled.number):%d/%m/%Y}")


def _subtitle(filled: Filled) -> tuple[str, ...]:
    lang, period = filled.lang, filled.period
    due = _due(filled)
    as_of = pd.to_datetime(register_column(filled.unit.clusters, "as_of")).max()
    known = [word("as_of", lang, day=f"{as_of:%d/%m/%Y}")] if pd.notna(as_of) else []
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
        rows.append(_row(line, results[line.row], filled.lang))
    return tuple(rows)


def _row(line: Line, cells: Mapping[Hashable, Any], lang: Language) -> Row:
    value = float(cells["result"])
    if math.isnan(value):
        known, places, text = None, 0, MISSING
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
    lang, level = filled.lang, "02" if filled.unit.level == "cluster" else filled.unit.level
    head = Signature(
        word(f"head_{level}", lang), word("seal", lang), word("date", lang, year=filled.period.year)
    )
    return Signature(word("maker", lang), word("sign", lang)), head


def _trace(filled: Filled) -> tuple[tuple[str | float | None, ...], ...]:
    lang = filled.lang
    return tuple(
        (
            *(record["row"], record["cluster_id"], _cell(record["name"])),
            None if math.isnan(record["value"]) else round(float(record["value"]), _MOST_DECIMALS),
            *(record["column"], _basis(record["basis"], lang), record["decided_by"]),
            word(record["state"], lang),
        )
        for record in filled.trace.to_dict("records")
    )


def _told(value: float, lang: Language) -> str:
    return format_number(value, lang, 0 if value.is_integer() else 4)


def _cell(value: Any) -> str:  # noqa: ANN401 - a cell of any kind
    return "" if pd.isna(value) else str(value)


def _basis(basis: str, lang: Language) -> str:
    return BASES[basis][lang == "en"] if basis in BASES else basis or word("no_basis", lang)
