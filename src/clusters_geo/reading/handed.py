"""What stands around the records of a sheet, given to them: sections down, phases up, and sums checked."""

from __future__ import annotations

import math
import re
from numbers import Real
from typing import TYPE_CHECKING, Any

import pandas as pd

from clusters_geo.names import strip_accents
from clusters_geo.reading.cells import Percent, shown
from clusters_geo.reading.choices import status_of
from clusters_geo.reading.notes import LoadReport
from clusters_geo.reading.places import said_place
from clusters_geo.reading.values import read_quantities

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clusters_geo.reading.registers import Aside, Register
    from clusters_geo.schema import Column

__all__ = ["check_sums", "district_of_name", "fill_handed"]

_MOST_WORDS = 4  # of the name of a district
# What sheets and folders are called that are no district.
_GENERIC = re.compile(
    r"^(?:sheet|trang|trang tinh|ccn|cum|danh|dm|ds|pl|phu luc|bieu|bang|data|du lieu|so lieu|tong|th|bao cao"
    r"|mau|table|layer|register|clusters?|ranh gioi|diem|dia diem|lop|khac|hinh|hien trang|hien co|thanh lap"
    r"|tep|thu muc|folder|places|my places|untitled|points?|polygons?)\b"
    # A year, a quarter or a plan, but not Nam Đàn or Quỳ Hợp.
    r"|^(?:nam|quy)(?:\s*[\divx]+\b|\s+hoach\b|$)|^[\divx.\s/-]+$|\d{4}"
)

_KEPT = 1_000
# Figures that nobody adds up.
_MEANS = {"share", "million VND a person a month"}
# Hectares are printed with two decimals at most: each of the rows added up may be off by half of the last.
_ROUNDED = 0.005
_RELATIVE = 1e-6


def fill_handed(table: pd.DataFrame, handed: pd.DataFrame) -> pd.DataFrame:
    """Return records with what stands around them, wherever their own cells are blank.

    Parameters
    ----------
    table
        With the schema's column names.
    handed
        `status`, `district`, `commune` for each record.
    """
    for name, given in handed.items():
        if given.isna().all():
            continue
        given.index = table.index
        own = table[name] if name in table else pd.Series(None, index=table.index, dtype="object")
        blank = own.isna() | (own.astype("string").str.strip() == "").fillna(value=True)
        table = table.assign(**{str(name): own.astype("object").where(~blank, given)})
    return table


def district_of_name(name: str, *, among_others: bool) -> str:
    """Return the district whose clusters a sheet or a folder of that name holds, "" for none.

    Parameters
    ----------
    name
        Of the sheet or folder.
    among_others
        Whether it is one of several; then a plain name that is no word for a list or a status is a district.

    Examples
    --------
    >>> district_of_name("5. Thạch Thất", among_others=True), district_of_name("H. Ba Vì", among_others=False)
    ('Thạch Thất', 'Ba Vì')
    >>> district_of_name("Nam Đàn", among_others=True), district_of_name("Năm 2", among_others=True)
    ('Nam Đàn', '')
    >>> district_of_name("Biểu 01", among_others=True), district_of_name("Thạch Thất", among_others=False)
    ('', '')
    """
    # "5.Ayun Pa": the fifth sheet.
    name = re.sub(r"^\d+\s*[.)_-]\s*(?=\D)", "", shown(name))
    place = said_place(name).get("district", "")
    if place or not among_others or not name:
        return place
    is_other = _GENERIC.search(strip_accents(name)) or len(name.split()) > _MOST_WORDS
    return "" if is_other or status_of(name).status else name


def check_sums(  # noqa: PLR0913
    table: pd.DataFrame,
    register: Register,
    columns: tuple[Column, ...],
    report: LoadReport,
    *,
    units: Mapping[str, str],
    decimal: str | None,
) -> pd.DataFrame:
    """Return records with what their phases add up to; record whether sections and totals add up.

    Parameters
    ----------
    table
        The records, their figures read.
    register
        What stood beside them.
    columns
        Of the schema.
    report
        Receives `asides`, and a doubt for each sum that differs.
    units, decimal
        As the records were read.
    """
    adding = [a for a in register.asides if a.cells and a.sense in {"section", "total", "phase", "average"}]
    figures = [
        c.name
        for c in columns
        if c.kind in {"number", "integer"} and c.name in table and c.unit not in _MEANS
    ]
    stated = _stated(adding, columns, report, units, decimal)
    table = _from_phases(
        table,
        [(a, row) for a, row in zip(adding, stated, strict=True) if a.sense == "phase"],
        figures,
        report,
    )
    by_aside = {id(a): row for a, row in zip(adding, stated, strict=True)}
    for aside in register.asides[:_KEPT]:
        known: dict[str, Any] = {
            "address": aside.address,
            "sense": aside.sense,
            "text": aside.text,
            "gives": aside.gives,
        }
        if aside.sense in {"section", "total", "average"} and id(aside) in by_aside:
            known |= _compared(aside, by_aside[id(aside)], table, figures, report)
        report.asides.append(known)
    return table


def _stated(
    asides: list[Aside],
    columns: tuple[Column, ...],
    report: LoadReport,
    units: Mapping[str, str],
    decimal: str | None,
) -> list[dict[str, Any]]:
    """Return the figures of rows that are no records, read as those of records are."""
    if not asides:
        return []
    rows = pd.DataFrame([a.cells for a in asides], dtype="object").rename(columns=report.mapped)
    numbers = tuple(c for c in columns if c.kind in {"number", "integer"})
    marks = [str(n.values["mark"]) for n in report.notes if n.code == "numbers.mark"]  # noqa: PD011 - a note
    mark = decimal or (marks[0] if len(set(marks)) == 1 else None)
    silent = LoadReport(report.path)
    read = read_quantities(rows, numbers, silent, units=units, decimal=mark)
    return [
        {c.name: v for c in numbers if c.name in read and _is_figure(v := read[c.name].iloc[at])}
        for at in range(len(read))
    ]


def _is_figure(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool | Percent) and not math.isnan(value)


def _compared(
    aside: Aside, stated: dict[str, Any], table: pd.DataFrame, figures: list[str], report: LoadReport
) -> dict[str, Any]:
    """Return what a row states and what the rows that it is likeliest about add up to."""
    stated = {name: float(value) for name, value in stated.items() if name in figures}
    if not stated:
        return {}
    sums = [_sums(aside, table.iloc[start:stop], list(stated)) for start, stop in aside.ranges]
    best = next((s for s in sums if _agree(stated, s)), sums[0] if sums else {})
    differing = [name for name in stated if not _close(stated[name], best.get(name, (0.0, 0)))]
    computed = {name: total for name, (total, _) in best.items()}
    for name in differing:
        report.note(
            "rows.total-differs",
            column=name,
            text=aside.text,
            cells=[aside.address],
            stated=stated[name],
            computed=computed.get(name, 0.0),
        )
    return {"stated": stated, "computed": computed, "adds_up": not differing}


def _sums(aside: Aside, rows: pd.DataFrame, names: list[str]) -> dict[str, tuple[float, int]]:
    numbers = {n: pd.to_numeric(rows[n], errors="coerce").dropna().astype(float) for n in names}
    divide = aside.sense == "average"
    return {n: (float(v.mean() if divide and len(v) else v.sum()), len(v)) for n, v in numbers.items()}


def _agree(stated: dict[str, float], sums: dict[str, tuple[float, int]]) -> bool:
    return all(_close(stated[name], sums[name]) for name in stated)


def _close(stated: float, computed: tuple[float, int]) -> bool:
    total, count = computed
    return abs(stated - total) <= _ROUNDED * max(2, count) + _RELATIVE * abs(total)


def _from_phases(
    table: pd.DataFrame, phases: list[tuple[Aside, dict[str, Any]]], figures: list[str], report: LoadReport
) -> pd.DataFrame:
    """Return clusters with the sum of their phases where their own row has no figure."""
    parts: dict[int, list[dict[str, Any]]] = {}
    for aside, row in phases:
        parts.setdefault(aside.parent, []).append(row)
    summed: dict[str, list[int]] = {}
    differing: dict[str, list[int]] = {}
    changed = {name: list(table[name]) for name in figures}
    for at, rows in parts.items():
        for name in figures:
            known = [float(row[name]) for row in rows if name in row]
            if at < 0 or not known or len(known) < len(rows):
                continue
            own = changed[name][at]
            if own is None or pd.isna(own):
                changed[name][at] = sum(known)
                summed.setdefault(name, []).append(at + 1)
            elif _is_figure(own) and not _close(float(own), (sum(known), len(known))):
                differing.setdefault(name, []).append(at + 1)
    for code, found in (("rows.phases-summed", summed), ("rows.phases-differ", differing)):
        for name, positions in found.items():
            report.note(code, positions, column=name)
    return table.assign(
        **{n: pd.Series(changed[n], index=table.index, dtype="object").infer_objects() for n in summed}
    )
