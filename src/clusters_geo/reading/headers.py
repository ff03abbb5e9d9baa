"""Headers as they occur, mapped to the columns of the schema: by a declared table, then by likeness.

What a header says beside its name is read as well: "Diện tích (m2)" is an area in square metres. Nothing is
mapped in silence, and nothing to a column that already has one; what remains keeps its name.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from clusters_geo.errors import SchemaError
from clusters_geo.names import did_you_mean, strip_accents
from clusters_geo.schema import CLUSTER_COLUMNS, DISTRICT_COLUMNS, is_companion
from clusters_geo.words import catalogue

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from clusters_geo.reading.notes import LoadReport
    from clusters_geo.schema import Column

__all__ = ["HEADERS", "Heading", "map_headers", "recognised", "split_unit"]

# Each column of the schema and the other names it goes by, beside its own name and its labels. Written
# without accents, capitals, units and punctuation, which is how headers are compared.
HEADERS: dict[str, tuple[str, ...]] = {
    "cluster_id": ("ma ccn", "ma so", "ma cum cong nghiep", "id", "ma dinh danh", "code", "cluster code"),
    "district_code": ("ma huyen", "ma quan huyen", "maqh", "ma qh", "gso code", "adm2 code", "code", "ma"),
    "name": (
        "ten ccn",
        "ten cum",
        "ten cum cn",
        "ten",
        "cum cong nghiep",
        "ccn",
        "ten goi",
        "cluster",
        "cluster name",
        "ten huyen",
        "ten quan huyen",
        "district name",
        "adm2 vi",
        "tenhuyen",
        "tenccn",
        "ten ccn lang nghe",
    ),
    "name_en": ("ten tieng anh", "english name"),
    "district": (
        "huyen",
        "quan huyen",
        "quan",
        "dia ban",
        "don vi",
        "ten huyen",
        "thuoc huyen",
        "huyen thi xa",
        "quan huyen thi xa",
        "district name",
    ),
    "commune": ("xa", "phuong", "phuong xa", "xa phuong", "xa thi tran", "dia diem", "ward", "commune name"),
    "status": ("trang thai", "hien trang", "tinh trang hoat dong", "giai doan", "stage"),
    "planned_ha": (
        "dien tich",
        "dien tich quy hoach",
        "dt quy hoach",
        "dt qh",
        "dtqh",
        "dien tich qh",
        "planned area",
        "area",
        "tong dien tich",
        "quy mo",
        "quy mo dien tich",
        "dt",
        "dientich",
    ),
    "established_ha": ("dien tich thanh lap", "dien tich theo qd thanh lap"),
    "built_ha": (
        "dien tich da xay dung ha tang",
        "dien tich xay dung ha tang",
        "dien tich ha tang",
        "built area",
        "dien tich da dau tu ha tang",
        "dt ha tang",
        "dien tich da xd ht",
    ),
    "leasable_ha": (
        "dat cn",
        "dien tich dat cong nghiep",
        "dien tich cho thue",
        "leasable area",
        "industrial land",
    ),
    "leased_ha": ("dien tich da cho thue", "dat da cho thue", "da cho thue", "leased area", "leased land"),
    "registered_ha": ("dien tich dang ky", "nhu cau thue dat"),
    "fill_rate_declared": ("ty le lap day", "ti le lap day", "lap day", "fill rate", "occupancy"),
    "investor": ("chu dau tu", "chu dau tu ha tang", "don vi dau tu", "developer"),
    "enterprises": (
        "so doanh nghiep",
        "doanh nghiep",
        "so dn",
        "so co so",
        "so co so san xuat",
        "dn",
        "companies",
    ),
    "workers": ("so lao dong", "lao dong", "cong nhan", "so cong nhan", "employees", "labour"),
    "projects": ("so du an", "du an"),
    "decision": ("quyet dinh", "so quyet dinh", "qd thanh lap", "quyet dinh thanh lap so"),
    "established_on": ("ngay thanh lap", "ngay quyet dinh"),
    "ground_broken_on": ("khoi cong", "ngay khoi cong"),
    "operating_on": ("ngay hoat dong", "ngay di vao hoat dong"),
    "source": ("nguon", "nguon so lieu"),
    "note": ("ghi chu", "remarks", "notes", "comment"),
    "type": ("loai", "cap", "don vi hanh chinh"),
}

# What may stand behind a header or a figure, and the unit it means.
UNITS = {
    "ha": "ha",
    "hec ta": "ha",
    "hecta": "ha",
    "m2": "m2",
    "m²": "m2",
    "sqm": "m2",
    "km2": "km2",
    "km²": "km2",
    "%": "%",
    "pct": "%",
    "percent": "%",
}

_UNIT = re.compile(
    r"[\s_]*(?:[(\[,]\s*(?:đvt|đơn vị)?[:\s]*(ha|héc "
    r"ta|hecta|m2|m²|sqm|km2|km²|%)\s*[)\]]?|_(ha|m2|km2|pct|sqm))\s*$",
    re.IGNORECASE,
)
_SHAPEFILE_WIDTH = 10
_ALIKE = 0.88
_SHORTEST, _LONGEST = 3, 80


@dataclass(frozen=True, slots=True)
class Heading:
    """One header of a file: its name, the column it stands for ("" for none) and the unit it states."""

    header: str
    column: str
    unit: str
    how: str


def split_unit(header: str) -> tuple[str, str]:
    """Return a header without the unit it states, and the unit.

    Examples
    --------
    >>> split_unit("Diện tích (m²)"), split_unit("dien_tich_ha"), split_unit("Tên CCN")
    (('Diện tích', 'm2'), ('dien_tich', 'ha'), ('Tên CCN', ''))
    """
    found = _UNIT.search(header)
    if not found or not header[: found.start()].strip():
        return header, ""
    return header[: found.start()].strip(), UNITS[fold_unit(found[1] or found[2])]


def fold_unit(unit: str) -> str:
    """Return a unit as it stands in `UNITS`."""
    return unit.strip().lower().replace("é", "e")


def recognised(header: str) -> bool:
    """Return whether a cell could be a header of the clusters' or the districts' table.

    Examples
    --------
    >>> recognised("Tên CCN"), recognised("Biểu số 3")
    (True, False)
    """
    known = _known(CLUSTER_COLUMNS) | _known(DISTRICT_COLUMNS)
    return bool(header) and len(header) < _LONGEST and _key(split_unit(header)[0]) in known


def map_headers(
    table: pd.DataFrame,
    columns: tuple[Column, ...],
    report: LoadReport,
    *,
    explicit: Mapping[str, str] | None = None,
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Return the table with the schema's column names, and the unit that each header stated.

    Parameters
    ----------
    table
        With the file's own headers.
    columns
        The declared columns of that table.
    report
        Receives what was mapped, what was left, and what might have been meant.
    explicit
        Header to column, as the caller says; it wins over everything else.

    Raises
    ------
    SchemaError
        If `explicit` names a header or a column that does not exist, or two headers are the same.
    """
    # What only says of another column where it comes from is never taken for a column of its own.
    headers = [str(n) for n in table.columns if n != "geometry" and not is_companion(str(n).strip().lower())]
    # A column that is only called a boundary never takes the place of the shapes.
    columns = tuple(c for c in columns if c.kind != "geometry")
    _refuse_repeated(headers)
    said = dict(explicit or {})
    _refuse_unknown(said, headers, columns)
    taken = set(said.values())
    found = [Heading(h, said[h], split_unit(h)[1], "as you said") for h in headers if h in said]
    # Exact names first, so that a like one cannot take their place.
    for how, find in (
        ("name", _by_name),
        ("table", _by_table),
        ("columns.cut", _by_cut),
        ("columns.likeness", _by_likeness),
    ):
        for header in headers:
            if any(heading.header == header for heading in found):
                continue
            column = find(header, columns)
            if column and column not in taken:
                taken.add(column)
                found.append(Heading(header, column, split_unit(header)[1], how))
    _note(found, headers, columns, report)
    renamed = table.rename(columns={h.header: h.column for h in found})
    return renamed, {h.column: h.unit for h in found if h.unit}


def _refuse_repeated(headers: list[str]) -> None:
    seen: dict[str, str] = {}
    for header in headers:
        twin = seen.setdefault(header.casefold(), header)
        if twin is not header or headers.count(header) > 1:
            msg = f"Two columns are called {twin!r} and {header!r}. Rename one of them in the file."
            raise SchemaError(msg)


def _refuse_unknown(said: Mapping[str, str], headers: list[str], columns: tuple[Column, ...]) -> None:
    names = [c.name for c in columns]
    for header, column in said.items():
        if header not in headers:
            msg = f"columns= names {header!r}, but the file has: {', '.join(headers)}."
            raise SchemaError(msg)
        if column not in names:
            meant = ", ".join(did_you_mean(column, names)) or ", ".join(names)
            msg = f"columns= maps {header!r} to {column!r}, which is no column. Did you mean: {meant}?"
            raise SchemaError(msg)


def _by_name(header: str, columns: tuple[Column, ...]) -> str:
    return next((c.name for c in columns if c.name == header.strip().lower()), "")


def _by_table(header: str, columns: tuple[Column, ...]) -> str:
    return _known(columns).get(_key(split_unit(header)[0]), "")


def _by_cut(header: str, columns: tuple[Column, ...]) -> str:
    """Return the one column whose name a Shapefile would cut to this header."""
    if len(header) != _SHAPEFILE_WIDTH:
        return ""
    cut = [c.name for c in columns if c.name.startswith(header.lower())]
    return cut[0] if len(cut) == 1 else ""


def _by_likeness(header: str, columns: tuple[Column, ...]) -> str:
    key = _key(split_unit(header)[0])
    known = _known(columns)
    alike = difflib.get_close_matches(key, known, n=2, cutoff=_ALIKE)
    meant = {known[a] for a in alike}
    return meant.pop() if len(meant) == 1 and len(key) > _SHORTEST else ""


def _note(found: list[Heading], headers: list[str], columns: tuple[Column, ...], report: LoadReport) -> None:
    report.mapped = {h.header: h.column for h in found}
    report.left = [h for h in headers if h not in report.mapped]
    for heading in found:
        if heading.how in catalogue("notes"):
            report.note(heading.how, header=heading.header, column=heading.column)
    missing = {c.name for c in columns} - set(report.mapped.values())
    for header in report.left:
        column = _by_table(header, columns)
        if column and column not in missing:
            report.note("columns.second", header=header, column=column)


@cache
def _known(columns: tuple[Column, ...]) -> dict[str, str]:
    """Return each folded name a header may have, and the column it means; the first declared wins."""
    known: dict[str, str] = {}
    for c in columns:
        for text in (c.name, split_unit(c.name)[0], c.vi, c.en):
            known.setdefault(_key(text), c.name)
    for c in columns:
        for text in HEADERS.get(c.name, ()):
            known.setdefault(_key(text), c.name)
    known.pop("", None)
    return known


def _key(header: str) -> str:
    return " ".join(re.findall(r"[a-z0-9]+", strip_accents(header.replace("_", " "))))
