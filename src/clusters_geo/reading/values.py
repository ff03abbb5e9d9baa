"""Columns of numbers, shares, flags, dates and choices read from what people typed.

A cell that cannot be read is named and left, or, where only its owner can say what it means, left blank and
asked; the others of its column are read all the same.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from dataclasses import replace
from functools import cache
from numbers import Integral, Real
from typing import TYPE_CHECKING, TypeGuard, TypeVar

import numpy as np
import pandas as pd

from clusters_geo.names import strip_accents
from clusters_geo.reading.cells import Formula, Percent, shown
from clusters_geo.reading.choices import CHOICES, known_choices, status_of
from clusters_geo.reading.figures import BLANKS, ERRORS, decimal_mark, figure_of, proof, taken_apart
from clusters_geo.reading.headers import table_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from clusters_geo.reading.figures import Figure
    from clusters_geo.reading.notes import LoadReport
    from clusters_geo.schema import Column

__all__ = ["BLANKS", "CHOICES", "cast_columns", "decimal_mark", "has_text", "note_zeros", "read_quantities"]

_DAY = re.compile(r"^(?:ngày\s+)?(\d{1,2})\s*[./-]\s*(\d{1,2})\s*[./-]\s*(\d{4}|\d{2})\.?$", re.IGNORECASE)
_WORDED_DAY = re.compile(r"^(?:ngày\s*)?(\d{1,2})\s*tháng\s*(\d{1,2})\s*năm\s*(\d{4})$", re.IGNORECASE)
_PART_OF_DATE = re.compile(
    r"^(?:(?:năm|cuối|đầu|giữa|trong|trước|sau|từ|hết|dự kiến|khoảng)\s*)*(?:19|20)\d{2}$"
    r"|^(?:(?:giai đoạn|gđ|từ|năm)\s*)*(?:19|20)\d{2}\s*(?:[-–]|đến)\s*(?:năm\s*)?(?:19|20)\d{2}$"
    r"|^(?:(?:cuối|đầu|giữa|dự kiến)\s*)?(?:tháng|t)?\s*\d{1,2}\s*[/.-]\s*(?:19|20)\d{2}$"
    r"|^(?:(?:cuối|đầu|giữa|dự kiến)\s*)?(?:quý|q)\s*(?:[1-4]|I{1,3}|IV)\s*[/,.-]?\s*(?:năm\s*)?(?:19"
    r"|20)\d{2}$"
    r"|^tháng\s*\d{1,2}\s*(?:năm\s*)?(?:19|20)\d{2}$",
    re.IGNORECASE,
)
_YEARS = range(1950, 2101)
_SERIALS = range(20_000, 80_000)  # 1954 to 2119 as a spreadsheet counts days
_SERIAL_EPOCH = dt.datetime(1899, 12, 30)  # noqa: DTZ001 - no zone

_LARGEST_HA = 10_000.0
# "15.750": fifteen thousand, or fifteen and three quarters by another keyboard.
_GROUPED = re.compile(r"\s*\d{1,3}[.,]\d{3}(?![\d.,])")
_LARGEST_BN = 100_000.0
_PERCENTS = 1.5  # more than a share can be, even one that is overfull
_SHOWN = 5

_FLAGS = {
    "co": True,
    "khong": False,
    "yes": True,
    "no": False,
    "true": True,
    "false": False,
    "1": True,
    "0": False,
    "x": True,
    "dat": True,
    "khong dat": False,
    "da co": True,
    "chua": False,
    "chua co": False,
}


def read_quantities(
    table: pd.DataFrame,
    columns: tuple[Column, ...],
    report: LoadReport,
    *,
    units: Mapping[str, str],
    decimal: str | None = None,
) -> pd.DataFrame:
    """Return the table with each declared column read from what people typed.

    Parameters
    ----------
    table
        With the schema's column names.
    columns
        Their declarations.
    report
        Receives every change and every doubt, with the rows.
    units
        The unit that a header stated for a column, see `clusters_geo.reading.headers.map_headers`; under "*"
        what a line above the table states for all that state none, with commas.
    decimal
        "," or "." where the caller knows it; for figures that do not prove it themselves.

    Returns
    -------
    A new table. What cannot be read stays as it is, for `clusters_geo.validate` to name.
    """
    readers: dict[str, Callable[[pd.Series, Column, LoadReport], pd.Series]] = {
        "choice": _read_choices,
        "flag": _read_flags,
        "date": _read_dates,
        "text": _read_text,
    }
    found = [c for c in columns if c.name in table]
    file_mark = decimal or _mark_of_file(table, found)
    changed = {}
    for column in found:
        values = table[column.name]
        if column.kind in {"number", "integer"}:
            figures, stated = _read_numbers(values, column, report, decimal, file_mark)
            unit = units.get(column.name) or _unit_for(column, units.get("*", ""))
            changed[column.name] = _converted(figures, values, stated, unit, column, report)
        elif column.kind in readers:
            changed[column.name] = readers[column.kind](values, column, report)
    return table.assign(**changed)


# --- numbers


def _mark_of_file(table: pd.DataFrame, columns: Iterable[Column]) -> str | None:
    """Return the decimal mark that all figures of a file agree on, None if they differ or prove none."""
    proofs: set[str] = set()
    for column in columns:
        if column.kind in {"number", "integer"}:
            texts = {v for v in table[column.name] if isinstance(v, str)}
            proofs |= {p for t in texts if (f := taken_apart(t)).kind == "figure" and (p := proof(f.digits))}
    return proofs.pop() if len(proofs) == 1 else None


def _read_numbers(
    values: pd.Series, column: Column, report: LoadReport, decimal: str | None, file_mark: str | None
) -> tuple[pd.Series, dict[int, str]]:
    """Return figures as numbers, and the unit that single cells state, by position."""
    stated = {at: "share" for at, v in enumerate(values) if isinstance(v, Percent)}
    if not has_text(values):
        return values, stated
    texts = {at: v for at, v in enumerate(values) if isinstance(v, str) and not isinstance(v, Formula)}
    formulas = [at for at, v in enumerate(values) if isinstance(v, Formula)]
    if formulas:
        report.note(
            "numbers.formulas", _rows(formulas), column=column.name, value=str(values.iloc[formulas[0]])
        )
    errors = {at for at, text in texts.items() if _folded(text) in ERRORS}
    figures = {at: _of_kind(taken_apart(text), column) for at, text in texts.items() if at not in errors}
    digits = {at: f.digits for at, f in figures.items() if f.kind == "figure"}
    mark = decimal_mark(list(digits.values()))
    numbers, by_other = _numbers_of(digits, column, decimal or mark or file_mark)
    full = {at for at, f in figures.items() if f.kind == "full" and column.unit == "share"}
    stated |= dict.fromkeys(full, "share")
    blank = {at for at, f in figures.items() if f.kind in {"blank", "open"}} | errors
    out: list[object] = [
        None
        if at in blank or (at not in figures and pd.isna(v))
        else 1.0
        if at in full
        else numbers.get(at, v)
        for at, v in enumerate(values)
    ]
    _note_figures(values, column, report, figures, mark=mark)
    _note_marks(values, column, report, digits, numbers, by_other if not mark else [])
    for code, rows in (("numbers.errors", sorted(errors)), ("numbers.full", sorted(full))):
        if rows:
            report.note(code, _rows(rows), column=column.name)
    stated |= {at: f.unit for at, f in figures.items() if f.unit and at in numbers}
    return _narrowed(out, values), stated


def _of_kind(figure: Figure, column: Column) -> Figure:
    """Return a figure, as one to be asked where it states a unit of another kind: "80 %" of an area."""
    kind = _units()[figure.unit][0] if figure.unit else ""
    return replace(figure, kind="open") if kind and kind != _units().get(column.unit, (kind,))[0] else figure


def _numbers_of(
    digits: Mapping[int, str], column: Column, mark: str | None
) -> tuple[dict[int, float | int], list[int]]:
    """Return the figures that can be read, and which of them only by a mark that is not their own."""
    numbers: dict[int, float | int] = {}
    by_other = []
    for at, text in digits.items():
        is_open = bool(re.search("[.,]", text)) and not proof(text)
        if is_open and column.kind == "integer":
            # A count has no decimals: "1.250" workers are 1,250.
            number: float | int | None = int(re.sub("[.,]", "", text))
        else:
            number = figure_of(text, mark)
        if is_open:
            by_other.append(at)
        if number is not None:
            numbers[at] = number
    return numbers, by_other


def _note_figures(
    values: pd.Series, column: Column, report: LoadReport, figures: Mapping[int, Figure], *, mark: str | None
) -> None:
    """Say what was read out of single cells, and what is asked."""
    if mark:
        report.note("numbers.mark", column=column.name, mark=mark)
    for code, rows in (
        ("numbers.blanks", [at for at, f in figures.items() if f.kind == "blank"]),
        ("numbers.about", [at for at, f in figures.items() if f.about]),
        ("numbers.notes", [at for at, f in figures.items() if f.mark]),
        ("numbers.same-remark", [at for at, f in figures.items() if f.says_so_itself]),
    ):
        if rows:
            report.note(code, _rows(rows), column=column.name)
    for code, rows in (
        ("numbers.asked", [at for at, f in figures.items() if f.kind == "open" and not f.unit]),
        ("numbers.other-unit", [at for at, f in figures.items() if f.kind == "open" and f.unit]),
        ("numbers.beside", [at for at, f in figures.items() if f.beside]),
        ("numbers.remark", [at for at, f in figures.items() if f.remark and not f.says_so_itself]),
    ):
        if rows:
            found = [str(values.iloc[at]) for at in rows]
            report.note(code, _rows(rows), column=column.name, found=found[:_SHOWN])


def _note_marks(  # noqa: PLR0913, PLR0917
    values: pd.Series,
    column: Column,
    report: LoadReport,
    digits: Mapping[int, str],
    numbers: Mapping[int, float],
    by_other: list[int],
) -> None:
    """Say where two notations stand in one column, and which figures leave their mark open."""
    proofs = {at: p for at, text in digits.items() if (p := proof(text))}
    if len(set(proofs.values())) > 1:
        common = max(set(proofs.values()), key=list(proofs.values()).count)
        odd = [at for at, p in proofs.items() if p != common]
        report.note(
            "numbers.two-marks",
            _rows(odd),
            column=column.name,
            found=[str(values.iloc[at]) for at in odd][:_SHOWN],
        )
    open_rows = [at for at in digits if at not in numbers]
    if open_rows:
        first = str(values.iloc[open_rows[0]])
        report.note("numbers.open-mark", _rows(open_rows), column=column.name, value=first)
    settled = [at for at in by_other if at in numbers]
    if settled:
        code = "numbers.counts" if column.kind == "integer" else "numbers.file-mark"
        report.note(code, _rows(settled), column=column.name)


@cache
def _units() -> dict[str, tuple[str, float]]:
    """Return each unit's kind and its size in the smallest of the kind."""
    known = {row["unit"]: (row["kind"], float(row["size"])) for row in table_of("units")}
    return known | {"share": ("share", 1.0), "million VND a person a month": known["million VND"]}


def _unit_for(column: Column, stated: str) -> str:
    """Return the unit that a line above the table states for a column's kind of figure."""
    kind = _units().get(column.unit, ("", 1.0))[0]
    return next((u for u in stated.split(",") if u and _units()[u][0] == kind), "")


def _in_one(unit: str, target: str) -> float:
    """Return how many of a unit make one of another of its kind; 1 where they are of different kinds.

    Dividing keeps 184,000 m² at 18.4 ha to the last bit.
    """
    (kind, size), (wanted, whole) = (_units().get(u, ("", 1.0)) for u in (unit, target))
    if kind != wanted or unit == target:
        return 1.0
    return 100.0 if unit == "%" else whole / size


def _said_unit(unit: str) -> object:
    """Return a unit as a report says it: "share" is a word of ours, not of a clerk."""
    return {"say": "share of one"} if unit == "share" else unit


def _converted(  # noqa: PLR0913, PLR0917
    values: pd.Series,
    written: pd.Series,
    stated: dict[int, str],
    header_unit: str,
    column: Column,
    report: LoadReport,
) -> pd.Series:
    target = column.unit
    if target not in _units():
        return values
    units = [stated.get(at, header_unit) for at in range(len(values))]
    if target == "share":
        units = _percents(values, units, stated, column, report)
    divisors = [_in_one(unit, target) for unit in units]
    rows = [at for at, divisor in enumerate(divisors) if divisor != 1.0 and _is_number(values.iloc[at])]
    if rows:
        names = list(dict.fromkeys(units[at] for at in rows))
        report.note(
            "numbers.converted", _rows(rows), column=column.name, units=names, target=_said_unit(target)
        )
    out: list[object] = [
        v / d if _is_number(v) and d != 1.0 else v for v, d in zip(values, divisors, strict=True)
    ]
    _note_large(out, written, units, column, report)
    plain = [float(v) if isinstance(v, Percent) else v for v in out]
    return _narrowed(plain, values) if rows or stated else values


def _percents(
    values: pd.Series, units: list[str], stated: Mapping[int, str], column: Column, report: LoadReport
) -> list[str]:
    """Return in which unit each share is: those of 0 to 1 below "(%)" are shares already."""
    open_cells = [at for at, v in enumerate(values) if _is_number(v) and at not in stated]
    if not open_cells:
        return units
    largest = max(float(values.iloc[at]) for at in open_cells)
    some = [at for at in open_cells if values.iloc[at]]
    low = [at for at in some if 0 < values.iloc[at] <= 1]
    is_percent = units[open_cells[0]] == "%"
    if is_percent and low and largest <= 1:
        report.note("numbers.shares", _rows(low), column=column.name)
        return ["share" if at in set(open_cells) else unit for at, unit in enumerate(units)]
    if is_percent and low:
        report.note("numbers.share-or-percent", _rows(low), column=column.name)
    if not is_percent and largest > _PERCENTS and not low:
        report.note("numbers.percent-guess", _rows(some), column=column.name)
        return ["%" if at in set(open_cells) else unit for at, unit in enumerate(units)]
    return units


def _note_large(
    read: list[object], written: pd.Series, units: list[str], column: Column, report: LoadReport
) -> None:
    limit = _LARGEST_HA if column.unit == "ha" else _LARGEST_BN
    large = [at for at, v in enumerate(read) if _is_number(v) and v > limit]
    if column.unit == "ha":
        codes = {at: _why_large(str(written.iloc[at]), units[at]) for at in large}
        for code in dict.fromkeys(codes.values()):
            rows = [at for at in large if codes[at] == code]
            told = {"limit": limit, "found": [str(written.iloc[at]) for at in rows][:_SHOWN]}
            report.note(code, _rows(rows), column=column.name, **told)
    elif _units()[column.unit][0] == "money" and (rows := [at for at in large if not units[at]]):
        report.note("numbers.large-money", _rows(rows), column=column.name, target=column.unit)


def _why_large(text: str, unit: str) -> str:
    said = "numbers.large-stated" if unit == "ha" else "numbers.large"
    return "numbers.large-grouped" if unit == "ha" and _GROUPED.match(text) else said


# --- choices, flags, dates, text


def _read_choices(values: pd.Series, column: Column, report: LoadReport) -> pd.Series:
    known = known_choices(column.name, column.choices)
    read: list[object] = []
    unsure = []
    for at, v in enumerate(values):
        found: object = known.get(_folded(v), _blank_or(v)) if isinstance(v, str) else v
        if column.name == "status" and isinstance(v, str) and found == v and v not in column.choices:
            worded = status_of(v)
            found = worded.status or v
            if worded.status and not worded.sure:
                unsure.append(at)
        read.append(found)
    rows = [
        at
        for at, (old, new) in enumerate(zip(values, read, strict=True))
        if isinstance(old, str) and old != new
    ]
    for code, changed in (("columns.choices", rows), ("columns.unsure", unsure)):
        if changed:
            different = dict.fromkeys((values.iloc[at], read[at]) for at in changed)
            readings = [{"say": "reading", "text": text, "value": value} for text, value in different]
            report.note(code, _rows(changed), column=column.name, readings=readings[:_SHOWN])
    return pd.Series(read, index=values.index, name=values.name, dtype="object")


def _read_flags(values: pd.Series, column: Column, report: LoadReport) -> pd.Series:
    if not has_text(values):
        return values
    read = [_FLAGS.get(_folded(v), _blank_or(v)) if isinstance(v, str) else v for v in values]
    rows = [at for at, v in enumerate(values) if isinstance(v, str)]
    report.note("columns.flags", _rows(rows), column=column.name)
    return pd.Series(read, index=values.index, name=values.name, dtype="object")


def _read_dates(values: pd.Series, column: Column, report: LoadReport) -> pd.Series:
    if values.dtype != object and not has_text(values):
        return (
            values
            if pd.api.types.is_datetime64_any_dtype(values)
            else _read_dates(values.astype(object), column, report)
        )
    month_first = _is_month_first([v for v in values if isinstance(v, str)])
    read: list[object] = []
    notes: dict[str, list[int]] = {}
    for at, value in enumerate(values):
        found, code = _day_of(value, month_first=month_first)
        read.append(found)
        if code:
            notes.setdefault(code, []).append(at)
    for code, rows in notes.items():
        found_there = list(dict.fromkeys(shown(values.iloc[at]) for at in rows))
        report.note(code, _rows(rows), column=column.name, found=found_there[:_SHOWN])
    return pd.Series(read, index=values.index, name=values.name, dtype="object")


def _day_of(value: object, *, month_first: bool) -> tuple[object, str]:  # noqa: PLR0911
    """Return a date, None for a blank, or the value itself, and what to say of it."""
    if isinstance(value, dt.date):
        return value, ""
    if _is_number(value) and value in _SERIALS:
        return _SERIAL_EPOCH + dt.timedelta(days=float(value)), "numbers.serial-dates"
    text = shown(value)
    if _is_blank(value) or _folded(text) in BLANKS:
        return None, ""
    if _PART_OF_DATE.match(text) or (_is_number(value) and value in _YEARS):
        return None, "numbers.part-dates"
    if text.isdigit() and int(text) in _SERIALS:
        return _SERIAL_EPOCH + dt.timedelta(days=int(text)), "numbers.serial-dates"
    found = _DAY.match(text) or _WORDED_DAY.match(text)
    if found is None:
        return _iso(value), ""
    day, month, year = int(found[1]), int(found[2]), int(found[3])
    if month_first:
        # "06/26/2020" proves American dates; then "01/05/2021" may be either.
        if day > 12 or month <= 12:  # noqa: PLR2004
            return None, "numbers.month-first"
        day, month = month, day
    short = year < 100  # noqa: PLR2004
    year += 2000 if short and year < 70 else 1900 if short else 0  # noqa: PLR2004 - as spreadsheets do
    try:
        return dt.datetime(year, month, day), "numbers.short-years" if short else "numbers.dates"  # noqa: DTZ001
    except ValueError:
        return value, ""


def _iso(value: object) -> object:
    try:
        return dt.datetime.fromisoformat(value.strip()) if isinstance(value, str) else value
    except ValueError:
        return value


def _is_month_first(texts: list[str]) -> bool:
    pairs = [(int(f[1]), int(f[2])) for t in texts if (f := _DAY.match(t.strip()))]
    return any(second > 12 >= first for first, second in pairs) and not any(first > 12 for first, _ in pairs)  # noqa: PLR2004


def _read_text(values: pd.Series, column: Column, report: LoadReport) -> pd.Series:
    """Return text without blanks around it; whole numbers in a column of text lose no digit."""
    # At once: walking through a column of pandas makes an object of its own for each cell.
    cells = values.to_numpy(dtype=object)
    formulas = [at for at, v in enumerate(cells) if isinstance(v, Formula)]
    if formulas:
        report.note("numbers.formulas", _rows(formulas), column=column.name, value=str(cells[formulas[0]]))
    read = [
        None if _is_blank(v) or isinstance(v, Formula) else v.strip() if isinstance(v, str) else _plain(v)
        for v in cells
    ]
    rows = [
        at
        for at, (old, new) in enumerate(zip(cells, read, strict=True))
        if isinstance(old, str) and not isinstance(old, Formula) and new != old and new
    ]
    if rows:
        report.note("text.blanks", _rows(rows), column=column.name)
    return pd.Series(read, index=values.index, name=values.name, dtype="string")


def _rows(positions: Iterable[int]) -> list[int]:
    return [at + 1 for at in positions]


def _plain(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return shown(value) if isinstance(value, dt.date) else str(value)


def _blank_or(value: object) -> object:
    return None if isinstance(value, str) and _folded(value) in BLANKS - {"x"} else value


def _is_blank(value: object) -> bool:
    return (
        not value.strip()
        if isinstance(value, str)
        else value is None or value is pd.NA or value is pd.NaT or _is_nan(value)
    )


def _is_nan(value: object) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _is_number(value: object) -> TypeGuard[float]:
    # NumPy's whole numbers are Real too, but no int.
    return isinstance(value, Real) and not isinstance(value, bool | np.bool_) and not math.isnan(value)


def has_text(values: Iterable[object]) -> bool:
    """Return whether a column holds any text.

    Examples
    --------
    >>> import pandas as pd
    >>> has_text(pd.Series([12.7, "12,7"]))
    True
    """
    return any(isinstance(v, str) for v in values)


def _narrowed(out: list[object], like: pd.Series) -> pd.Series:
    """Return numbers in the narrowest kind that holds them: Int64, float64, or objects where text remains."""
    known = [v for v in out if v is not None and v is not pd.NA]
    whole = all(isinstance(v, Integral) for v in known)
    numbers = bool(known) and all(isinstance(v, Real) for v in known)
    if numbers and not whole:
        plain = [math.nan if v is None or v is pd.NA else v for v in out]
        return pd.Series(plain, index=like.index, name=like.name, dtype="float64")
    return pd.Series(out, index=like.index, name=like.name, dtype="Int64" if numbers else "object")


def _folded(text: str) -> str:
    return " ".join(strip_accents(text).split())


Table = TypeVar("Table", bound=pd.DataFrame)


def cast_columns(table: Table, columns: tuple[Column, ...]) -> Table:
    """Return a copy of a table with each declared column in its kind.

    Text becomes pandas' string type, numbers float64, integers Int64 and flags boolean (both keep blanks),
    dates datetime64.

    Examples
    --------
    >>> import pandas as pd
    >>> from clusters_geo.schema import CLUSTER_COLUMNS
    >>> raw = pd.DataFrame({"workers": [12.0, None], "planned_ha": ["a", "b"]})
    >>> cast_columns(raw, CLUSTER_COLUMNS)["workers"].dtype
    Int64Dtype()
    """
    cast = {
        c.name: _cast(table[c.name], _CASTS[c.kind]) for c in columns if c.name in table and c.kind in _CASTS
    }
    return table.assign(**cast)


def _cast(values: pd.Series, to_kind: Callable[[pd.Series], pd.Series]) -> pd.Series:
    try:
        return to_kind(values)
    except (TypeError, ValueError):
        return values


def _to_text(values: pd.Series) -> pd.Series:
    return values if values.dtype == pd.StringDtype() else values.astype("string")


def _to_number(values: pd.Series) -> pd.Series:
    return pd.to_numeric(values).astype("float64")


def _to_integer(values: pd.Series) -> pd.Series:
    return pd.to_numeric(values).astype("Int64")


def _to_date(values: pd.Series) -> pd.Series:
    # One resolution for every source, so that two tables can be put under each other.
    return pd.to_datetime(values, format="ISO8601").astype("datetime64[us]")


def _to_flag(values: pd.Series) -> pd.Series:
    return values.astype("boolean")


_CASTS: dict[str, Callable[[pd.Series], pd.Series]] = {
    "text": _to_text,
    "choice": _to_text,
    "number": _to_number,
    "integer": _to_integer,
    "date": _to_date,
    "flag": _to_flag,
}


def note_zeros(table: pd.DataFrame, columns: tuple[Column, ...], report: LoadReport) -> None:
    """Note figures that are 0 in a format that has no other way to write that nothing is known."""
    for name in (c.name for c in columns if c.kind in {"number", "integer"} and c.name in table):
        rows = [at for at, value in enumerate(table[name], start=1) if isinstance(value, Real) and value == 0]
        if rows:
            report.note("numbers.zeros", rows, column=name)
