"""Cells that hold several things: commune and district, a decision and its date."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

import pandas as pd

from clusters_geo.names import fold, name_key
from clusters_geo.reading.places import place_of, said_place
from clusters_geo.words import is_missing

if TYPE_CHECKING:
    from clusters_geo.reading.notes import LoadReport

__all__ = ["decision_in", "take_apart"]

_NUMBER = re.compile(
    r"\d{1,5}(?:/\d{4})?/(?:QĐ|ÐĐ|Q\w|NQ|TB|CV|VB|KH|GCN|TTr)[-–]?[\w-]*(?:[-–][\w]+)*", re.IGNORECASE
)
_DATE = re.compile(
    r"(?:ngày\s*)?(\d{1,2})\s*+(?:[/.-]|tháng)\s*+(\d{1,2})\s*+(?:[/.-]|năm)\s*+((?:19|20)\d{2})",
    re.IGNORECASE,
)
# "Phú Bình (02 cụm)": how many a merged cell covers.
_COUNT = re.compile(r"(?<!\s)\s*+[(:–-]?\s*+\d{1,3}\s*+(?:cụm|CCN|clusters?)\s*+\)?\s*+$", re.IGNORECASE)
# "CCN Đồng Đình, xã Cao Thượng, huyện Tân Yên": a name, and where it lies.
_NAME_AND_PLACE = re.compile(
    r"^(.{2,80}?)\s*[,(–-]\s*((?:tại\s+|thuộc\s+)?"
    r"(?:thôn|xã|phường|thị\s+trấn|tt\.|huyện|quận|thị\s+xã|tx\.|tp\.|thành\s+phố)\s.*?)\)?$",
    re.IGNORECASE | re.DOTALL,
)
# A decision and the column of its date.
_DATED = {"decision": "established_on", "detailed_plan": "detailed_plan_on"}


def take_apart(table: pd.DataFrame, report: LoadReport) -> pd.DataFrame:
    """Return a table in which each cell holds one thing.

    Parameters
    ----------
    table
        With the schema's column names.
    report
        Receives what was taken apart.
    """
    table = _places(_names(table, report), report)
    _doubt_accents(table, report)
    for column, day in _DATED.items():
        if column in table:
            table = _decisions(table, column, day, report)
    return table


def _doubt_accents(table: pd.DataFrame, report: LoadReport) -> None:
    """Ask about districts, and communes of a district, whose names differ in accents only."""
    above = pd.Series("", index=table.index, dtype="object")
    for column in (c for c in ("district", "commune") if c in table):
        texts = table[column].where(table[column].map(lambda v: isinstance(v, str)), "").astype(str)
        keys, plain = texts.map(name_key), above + "/" + texts.map(fold)
        ways = keys[keys != ""].groupby(plain[keys != ""]).nunique()
        asked = plain.isin(ways[ways > 1].index)
        if asked.any():
            rows = [at for at, is_asked in enumerate(asked, start=1) if is_asked]
            report.note("text.accents", rows, column=column, found=texts[asked].unique().tolist())
        above = plain


def _names(table: pd.DataFrame, report: LoadReport) -> pd.DataFrame:
    """Return names without the place that stands behind them, the place in its own columns."""
    if "name" not in table:
        return table
    names = list(table["name"])
    values: dict[str, list[object]] = {
        c: list(table[c]) if c in table else [None] * len(table) for c in ("commune", "district")
    }
    rows = []
    for at, text in enumerate(names):
        found = _NAME_AND_PLACE.match(text) if isinstance(text, str) else None
        if found is None:
            continue
        commune, district = _place(found[2], "commune") or _place(found[2], "district") or (found[2], "")
        names[at] = found[1]
        rows.append(at + 1)
        for name, new in (("commune", commune), ("district", district)):
            values[name][at] = new if new and _is_blank(values[name][at]) else values[name][at]
    if not rows:
        return table
    report.note("text.places", rows, column="name")
    columns = {c: v for c, v in {"name": names, **values}.items() if c in table or any(map(_is_told, v))}
    return table.assign(**{c: pd.Series(v, index=table.index, dtype="object") for c, v in columns.items()})


def _is_told(value: object) -> bool:
    return not _is_blank(value)


def _places(table: pd.DataFrame, report: LoadReport) -> pd.DataFrame:
    for column in ("commune", "district"):
        if column not in table:
            continue
        found = [_place(v, column) if isinstance(v, str) else None for v in table[column]]
        rows = [at for at, place in enumerate(found) if place is not None]
        if rows:
            table = _placed(table, column, {at: found[at] or ("", "") for at in rows}, report)
    return table


def _place(text: str, column: str) -> tuple[str, str] | None:
    """Return the communes and the district of a cell that does not only hold what its column is for."""
    counted, text = text, _COUNT.sub("", text).strip()
    place = place_of(text)
    if place is not None:
        return "; ".join(place.communes), place.district
    said = said_place(text) if not re.search(r"[,;]", text) else {}
    other = {"commune": "district", "district": "commune"}[column]
    if other in said:
        return (said[other], "") if other == "commune" else ("", said[other])
    return None if text == counted else (text, "") if column == "commune" else ("", text)


def _placed(
    table: pd.DataFrame, column: str, found: dict[int, tuple[str, str]], report: LoadReport
) -> pd.DataFrame:
    values: dict[str, list[object]] = {
        c: list(table[c]) if c in table else [None] * len(table) for c in ("commune", "district")
    }
    differ = []
    for at, (communes, district) in found.items():
        for name, new in (("commune", communes), ("district", district)):
            old = values[name][at]
            if name == column:
                values[name][at] = new or None
            elif new and _is_blank(old):
                values[name][at] = new
            elif new and name_key(str(old)) != name_key(new):
                differ.append(at + 1)
    report.note("text.places", [at + 1 for at in found], column=column)
    if differ:
        report.note("text.place-differs", differ, column=column)
    return table.assign(**{c: pd.Series(v, index=table.index, dtype="object") for c, v in values.items()})


def decision_in(text: str) -> tuple[str, dt.date | None] | None:
    """Return the number and the date of the one decision that a text names; None for none or several.

    Examples
    --------
    >>> decision_in("QĐ số 123/QĐ-UBND ngày 5/6/2019 của UBND tỉnh")
    ('123/QĐ-UBND', datetime.date(2019, 6, 5))
    >>> decision_in("1292/QĐ-UBND") is None
    True
    """
    numbers, days = _NUMBER.findall(text), [found.groups() for found in _DATE.finditer(text)]
    if len(numbers) != 1 or len(days) > 1 or numbers[0] == text.strip():
        return None
    try:
        day = dt.date(int(days[0][2]), int(days[0][1]), int(days[0][0])) if days else None
    except ValueError:
        return None
    return numbers[0], day


def _decisions(table: pd.DataFrame, column: str, day_column: str, report: LoadReport) -> pd.DataFrame:
    texts = list(table[column])
    days = list(table[day_column]) if day_column in table else [None] * len(table)
    changed, several = [], []
    for at, text in enumerate(texts):
        found = decision_in(text) if isinstance(text, str) else None
        if found is None:
            if isinstance(text, str) and len(_NUMBER.findall(text)) > 1:
                several.append(at + 1)
            continue
        texts[at] = found[0]
        if found[1] is not None and _is_blank(days[at]):
            days[at] = dt.datetime.combine(found[1], dt.time())
        changed.append(at + 1)
    if changed:
        report.note("text.decisions", changed, column=column, day=day_column)
    if several:
        report.note("text.several-decisions", several, column=column)
    known = any(not _is_blank(day) for day in days)
    more = {day_column: pd.Series(days, index=table.index, dtype="object")} if known and changed else {}
    return (
        table.assign(**{column: pd.Series(texts, index=table.index, dtype="object")}, **more)
        if changed
        else table
    )


def _is_blank(value: object) -> bool:
    return is_missing(value) or not str(value).strip()
