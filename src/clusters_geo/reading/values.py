"""Numbers, shares, flags, dates and choices as people type them.

"1.686,5" and "1,686.5" are the same number to two people. A column is read with the decimal mark that its
own cells prove; where none proves it, "1.686" may be 1.686 or 1,686, and is left for its owner to decide.
"""

from __future__ import annotations

import math
import re
from numbers import Integral, Real
from typing import TYPE_CHECKING, TypeGuard, TypeVar

import numpy as np
import pandas as pd

from clusters_geo.names import strip_accents
from clusters_geo.reading.headers import UNITS, fold_unit
from clusters_geo.schema import INVESTOR_KINDS, STATUSES, UNIT_TYPES

if TYPE_CHECKING:
    from collections.abc import Callable

    from clusters_geo.reading.notes import LoadReport
    from clusters_geo.schema import Column

__all__ = ["BLANKS", "CHOICES", "cast_columns", "decimal_mark", "read_quantities"]

# What people write for "nothing known".
BLANKS = {
    "",
    "-",
    "–",
    "—",
    ".",
    "..",
    "...",
    "…",
    "x",
    "n/a",
    "na",
    "nan",
    "null",
    "none",
    "chua co",
    "khong co",
    "k co",
    "khong ro",
    "chua ro",
    "#n/a",
    "?",
}
_APPROXIMATE = re.compile(r"^(?:khoảng|xấp xỉ|gần|ước|~|≈|about|approx\.?|ca\.?|circa)\s*", re.IGNORECASE)
_FIGURE = re.compile(
    r"^([+-]?\d[\d.,\s\u00a0\u202f']*)\s*(ha|héc ta|hecta|m2|m²|km2|km²|%|người|lao động|tỷ đồng|tỷ)?\.?$",
    re.IGNORECASE,
)
_DATE = re.compile(r"^(\d{1,2})[./-](\d{1,2})[./-](\d{4})$")

# How many of a stated unit make one of the schema's: dividing keeps 184,000 m² at 18.4 ha to the last bit.
_IN_ONE = {("m2", "ha"): 10_000.0, ("km2", "ha"): 0.01, ("%", "share"): 100.0}
_LARGEST_HA = 10_000.0
_SHOWN = 5
_GROUP = 3

# What else is written for the declared values, without accents and capitals.
CHOICES: dict[str, dict[str, tuple[str, ...]]] = {
    "status": {
        "operating": (
            "hoat dong",
            "da hoat dong",
            "dang hd",
            "on dinh",
            "active",
            "hoat dong on dinh",
            "da di vao hoat dong",
        ),
        "under_construction": (
            "dang xay dung",
            "dang thi cong",
            "da khoi cong",
            "dang dau tu ha tang",
            "construction",
            "under construction",
            "dang trien khai",
        ),
        "pending": (
            "chua khoi cong",
            "keu goi dau tu",
            "quy hoach",
            "da thanh lap",
            "moi thanh lap",
            "cho khoi cong",
            "planned",
            "dang keu goi dau tu",
            "chua dau tu",
        ),
    },
    "investor_kind": {"enterprise": ("doanh nghiep", "cong ty", "dn"), "cooperative": ("htx", "hop tac xa")},
    "type": {"Quận": ("q",), "Huyện": ("h",), "Thị xã": ("tx",), "Thành phố": ("tp",)},
}
_LABELS = {"status": STATUSES, "investor_kind": INVESTOR_KINDS, "type": UNIT_TYPES}
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
    units: dict[str, str],
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
        The unit that a header stated for a column, see `clusters_geo.reading.headers.map_headers`.
    decimal
        "," or "." where the caller knows it.

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
    changed = {}
    for column in columns:
        if column.name not in table:
            continue
        values = table[column.name]
        if column.kind in {"number", "integer"}:
            figures, stated = _read_numbers(values, column, report, decimal)
            changed[column.name] = _converted(figures, stated, units.get(column.name, ""), column, report)
        elif column.kind in readers:
            changed[column.name] = readers[column.kind](values, column, report)
    return table.assign(**changed)


def decimal_mark(texts: list[str]) -> str | None:
    """Return the decimal mark that a column's figures prove, "" if none has a mark, None if it stays open.

    Examples
    --------
    >>> decimal_mark(["1.686,5", "20"]), decimal_mark(["1,686.5"]), decimal_mark(["12", "7"])
    (',', '.', '')
    >>> decimal_mark(["1.686"]) is None, decimal_mark(["1.686", "18,4"]), decimal_mark(["1.2", "3,4"]) is None
    (True, ',', True)
    """
    marked = [t for t in texts if re.search(r"[.,]", t)]
    proofs = {mark for t in marked if (mark := _proof(t))}
    if not marked:
        return ""
    return proofs.pop() if len(proofs) == 1 else None


def _proof(text: str) -> str:
    """Return the decimal mark that one figure proves, "" if it proves none."""
    last = max(text.rfind("."), text.rfind(","))
    mark, other = text[last], "," if text[last] == "." else "."
    if other in text[:last]:
        return mark
    if text.count(mark) > 1:
        return other
    before, after = text[:last].lstrip("+-"), text[last + 1 :]
    # Three digits behind the only mark prove nothing, unless no group of thousands could begin like that.
    is_group = len(after) == _GROUP and 1 <= len(before) <= _GROUP and not before.startswith("0")
    return "" if is_group else mark


def _read_numbers(
    values: pd.Series, column: Column, report: LoadReport, decimal: str | None
) -> tuple[pd.Series, dict[int, str]]:
    """Return figures as numbers, and the unit that single cells state, by position."""
    if not _has_text(values):
        return values, {}
    cells = [v.strip() if isinstance(v, str) else v for v in values]
    blank = {at for at, v in enumerate(cells) if isinstance(v, str) and _folded(v) in BLANKS}
    about = [
        at for at, v in enumerate(cells) if isinstance(v, str) and at not in blank and _APPROXIMATE.match(v)
    ]
    parsed = {
        at: found
        for at, v in enumerate(cells)
        if isinstance(v, str) and at not in blank and (found := _FIGURE.match(_APPROXIMATE.sub("", v)))
    }
    figures = {at: re.sub(r"[\s\u00a0\u202f']", "", found[1]).rstrip(".,") for at, found in parsed.items()}
    mark = decimal or decimal_mark(list(figures.values()))
    open_rows = [at + 1 for at, text in figures.items() if re.search("[.,]", text)] if mark is None else []
    if open_rows:
        first = str(values.iloc[open_rows[0] - 1])
        report.note("numbers.open-mark", open_rows, column=column.name, value=first)
    numbers = {at: _number(text, mark) for at, text in figures.items()}
    out = [
        None if at in blank else numbers[at] if numbers.get(at) is not None else None if pd.isna(v) else v
        for at, v in enumerate(cells)
    ]
    _note_numbers(
        column,
        report,
        blank,
        about,
        mark if mark and any("." in f or "," in f for f in figures.values()) else "",
    )
    units = {at: UNITS.get(fold_unit(found[2]), "") for at, found in parsed.items() if found[2]}
    return _narrowed(out, values), {at: unit for at, unit in units.items() if unit}


def _note_numbers(column: Column, report: LoadReport, blank: set[int], about: list[int], mark: str) -> None:
    if mark:
        report.note("numbers.mark", column=column.name, mark=mark)
    if blank:
        report.note("numbers.blanks", [at + 1 for at in sorted(blank)], column=column.name)
    if about:
        report.note("numbers.about", [at + 1 for at in about], column=column.name)


def _number(text: str, mark: str | None) -> float | int | None:
    if mark is None and re.search("[.,]", text):
        return None
    other = {",": ".", ".": ",", "": "", None: ""}[mark]
    plain = text.replace(other, "") if other else text
    plain = plain.replace(",", ".") if mark == "," else plain
    try:
        return float(plain) if "." in plain else int(plain)
    except ValueError:
        return None


def _converted(
    values: pd.Series, stated: dict[int, str], header_unit: str, column: Column, report: LoadReport
) -> pd.Series:
    target = column.unit
    if target not in {"ha", "share"}:
        return values
    units = [stated.get(at, header_unit) for at in range(len(values))]
    divisors = [_IN_ONE.get((unit, target), 1.0) for unit in units]
    rows = [at + 1 for at, divisor in enumerate(divisors) if divisor != 1.0 and _is_number(values.iloc[at])]
    if rows:
        names = list(dict.fromkeys(units[row - 1] for row in rows))
        report.note("numbers.converted", rows, column=column.name, units=names, target=target)
    out = [v / d if _is_number(v) and d != 1.0 else v for v, d in zip(values, divisors, strict=True)]
    large = [at + 1 for at, v in enumerate(out) if target == "ha" and _is_number(v) and v > _LARGEST_HA]
    if large:
        report.note("numbers.large", large, column=column.name, limit=_LARGEST_HA)
    return _narrowed(out, values) if rows else values


def _read_choices(values: pd.Series, column: Column, report: LoadReport) -> pd.Series:
    known = {_folded(c): c for c in column.choices}
    for choice, labels in _LABELS.get(column.name, {}).items():
        known.update({_folded(text): choice for text in labels})
    for choice, others in CHOICES.get(column.name, {}).items():
        known.update(dict.fromkeys(others, choice))
    read = [known.get(_folded(v), _blank_or(v)) if isinstance(v, str) else v for v in values]
    rows = [
        at + 1
        for at, (old, new) in enumerate(zip(values, read, strict=True))
        if isinstance(old, str) and old != new
    ]
    if rows:
        different = dict.fromkeys((values.iloc[r - 1], read[r - 1]) for r in rows)
        readings = [{"say": "reading", "text": text, "value": value} for text, value in different]
        report.note("columns.choices", rows, column=column.name, readings=readings[:_SHOWN])
    return pd.Series(read, index=values.index, name=values.name, dtype="object")


def _read_flags(values: pd.Series, column: Column, report: LoadReport) -> pd.Series:
    if not _has_text(values):
        return values
    read = [_FLAGS.get(_folded(v), _blank_or(v)) if isinstance(v, str) else v for v in values]
    rows = [at + 1 for at, v in enumerate(values) if isinstance(v, str)]
    report.note("columns.flags", rows, column=column.name)
    return pd.Series(read, index=values.index, name=values.name, dtype="object")


def _read_dates(values: pd.Series, column: Column, report: LoadReport) -> pd.Series:
    if not _has_text(values):
        return values
    read, rows = [], []
    for at, value in enumerate(values):
        found = _DATE.match(value.strip()) if isinstance(value, str) else None
        if found:
            rows.append(at + 1)
        read.append(f"{found[3]}-{int(found[2]):02d}-{int(found[1]):02d}" if found else _blank_or(value))
    if rows:
        report.note("numbers.dates", rows, column=column.name)
    return pd.Series(read, index=values.index, name=values.name, dtype="object")


def _read_text(values: pd.Series, column: Column, report: LoadReport) -> pd.Series:
    """Return text without blanks around it; whole numbers in a column of text lose no digit."""
    read = [None if _is_blank(v) else v.strip() if isinstance(v, str) else _plain(v) for v in values]
    rows = [
        at + 1
        for at, (old, new) in enumerate(zip(values, read, strict=True))
        if isinstance(old, str) and new != old and new
    ]
    if rows:
        report.note("text.blanks", rows, column=column.name)
    return pd.Series(read, index=values.index, name=values.name, dtype="string")


def _plain(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _blank_or(value: object) -> object:
    return None if isinstance(value, str) and _folded(value) in BLANKS - {"x"} else value


def _is_blank(value: object) -> bool:
    return not value.strip() if isinstance(value, str) else value is None or value is pd.NA or _is_nan(value)


def _is_nan(value: object) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _is_number(value: object) -> TypeGuard[float]:
    # NumPy's whole numbers are Real too, but no int.
    return isinstance(value, Real) and not isinstance(value, bool | np.bool_) and not math.isnan(value)


def _has_text(values: pd.Series) -> bool:
    return any(isinstance(v, str) for v in values)


def _narrowed(out: list[object], like: pd.Series) -> pd.Series:
    """Return numbers in the narrowest kind that holds them: Int64, float64, or objects where text remains."""
    known = [v for v in out if v is not None and v is not pd.NA]
    whole = all(isinstance(v, Integral) for v in known)
    numbers = bool(known) and all(isinstance(v, Real) for v in known)
    dtype = "Int64" if numbers and whole else "float64" if numbers else "object"
    return pd.Series(out, index=like.index, name=like.name, dtype=dtype)


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
    return values.astype("string")


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
