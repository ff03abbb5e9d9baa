"""Registers without shapes: which sheets and tables of a file hold clusters, and their rows as one table.

Cells that are text stay text, so that "001" remains an id and "1.686,5" is judged later with its column. What
stands around the records is handed down to them: the status of a section, the district of a sheet's name, the
unit of a line above.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyproj

from clusters_geo.errors import SourceError
from clusters_geo.names import strip_accents
from clusters_geo.reading.as_of import as_of_in
from clusters_geo.reading.cells import Formula, Sheet, letter, shown
from clusters_geo.reading.choices import is_tick, status_in_title, status_of
from clusters_geo.reading.corners import (
    COORDINATES,
    coordinate_headers,
    is_table_of_corners,
    meridian_in,
    read_corners,
    read_points,
)
from clusters_geo.reading.handed import district_of_name
from clusters_geo.reading.headers import unit_of, without_mark, year_of
from clusters_geo.reading.heads import HEADER_SEARCH
from clusters_geo.reading.notes import LoadReport
from clusters_geo.reading.places import district_in_title, province_in_titles
from clusters_geo.reading.rows import Judged, judge_rows
from clusters_geo.reading.sheet_tables import SheetTable, has_names, tables_in, together
from clusters_geo.reading.sheets import read_sheets
from clusters_geo.reading.text import read_again

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path as File

    from shapely.geometry.base import BaseGeometry

    from clusters_geo.reading.cells import Row, Value

__all__ = ["Aside", "Register", "read_register"]

_DITTO = re.compile(
    r"^[-–\s]*(?:nt|n\.t\.?|n/t|như\s+trên|nhu tren|như\s+trên\s+\(nt\)|[\"″”“〃]|''|,,|//|-//-|ditto"
    r"|idem)[-–\s]*$",
    re.IGNORECASE,
)
_UNIT_LINE = re.compile(r"(?:đơn\s+vị\s+tính|đvt|đơn\s+vị|unit)\s*:\s*(.+?)\)?\s*$", re.IGNORECASE)
_PLANNED = re.compile(r"\b(?:ke hoach|kh|du kien|muc tieu|phan dau)\b")
_HANDED = ("status", "district", "commune", "as_of")
# A line of words among figures: a title or a remark in one cell, or two.
_FEW_TEXTS = 2
_FIGURE_KINDS = re.compile(
    r"_ha$|_vnd$|^(?:workers|enterprises|projects|fill_rate_declared|\w+_projects|\w+_workers)$"
)


@dataclass(slots=True)
class Aside:
    """A row beside the records: its address and words, and its cells where they add something up."""

    address: str
    sense: str
    text: str
    gives: dict[str, str] = field(default_factory=dict)
    ranges: list[tuple[int, int]] = field(default_factory=list)
    parent: int = -1
    cells: dict[str, Value] = field(default_factory=dict)


@dataclass(slots=True)
class Register:
    """The records of a file as it words them, and what is to be known beside them.

    Attributes
    ----------
    table
        Text and numbers under the file's own headers.
    handed
        `status`, `district` and `commune` that stand elsewhere than in a record's own cells.
    asides
        Rows that are no records.
    paths, units
        For a header its rows, and a unit that stands elsewhere than in it.
    shapes, crs
        For each record its outline or point where it gives coordinates, and what it says of them.
    province, whole
        That the lines above the table name: where its coordinates are expected. The same where they name no
        district, so that the register is that of the whole province.
    """

    table: pd.DataFrame
    handed: pd.DataFrame
    asides: list[Aside] = field(default_factory=list)
    paths: dict[str, tuple[str, ...]] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    shapes: list[BaseGeometry | None] | None = None
    crs: pyproj.CRS | None = None
    province: str = ""
    whole: str = ""


def read_register(  # noqa: PLR0913 - all but the file is keyword-only
    file: File,
    report: LoadReport,
    *,
    sheet: str | None,
    encoding: str | None,
    layers: str | None = None,
    said: Collection[str] = (),
) -> Register:
    """Return the records of a file.

    Parameters
    ----------
    file, report
        What to read, and who is told of it.
    sheet
        The sheet to read, where several hold a register.
    encoding
        Of the text; for workbooks typed in fonts of the past, too.
    layers
        "all" for every sheet with a register, one below the other.
    said
        Headers that the caller names.

    Raises
    ------
    SourceError
        If there is no header with a known column, a row of a text file has more cells than the header, or
        several sheets look like a register and none is named.
    """
    sheets, used = read_sheets(file, encoding=encoding)
    if used not in {"", "utf-8"}:
        report.encodings["(file)"] = used
        report.note("text.file-encoding", encoding=used)
    if not used:
        sheets = [_decoded(s, encoding, report) for s in sheets]
    report.layers = [s.name for s in sheets if s.name]
    tables = _chosen(file, sheets, report, sheet, layers, said)
    report.layer = report.layer or tables[0].sheet.name or file.stem
    parts = [_Reader(table, file, report, is_text=bool(used), said=said).read(sheets) for table in tables]
    register = together(parts)
    report.rows = len(register.table)
    return register


# --- which sheets, which tables


def _chosen(  # noqa: PLR0913, PLR0917
    file: File,
    sheets: list[Sheet],
    report: LoadReport,
    wanted: str | None,
    layers: str | None,
    said: Collection[str],
) -> list[SheetTable]:
    named = [s for s in sheets if s.name == wanted] if wanted else sheets
    if wanted and not named and (len(sheets) > 1 or any(s.name for s in sheets)):
        raise SourceError("register.no-sheet", file=file.name, sheet=wanted, sheets=report.layers)
    hidden = [s.name for s in sheets if s.hidden and s.name != wanted]
    if hidden:
        report.note("rows.hidden-sheets", sheets=hidden)
    seen = [_visible(s, report) for s in named or sheets if s.name not in hidden or s.name == wanted]
    found = {at: tables for at, s in enumerate(seen) if (tables := list(tables_in(s, report, said)))}
    useful = {at: tables for at, tables in found.items() if any(has_names(t.head) for t in tables)} or found
    if wanted and named and not said and useful is found:
        others = [s.name for s in sheets if s.name != wanted and _lists_clusters(s)]
        if others:
            raise SourceError("register.other-sheet", file=file.name, sheet=wanted, others=others)
    if not useful:
        first = next((shown(v) for s in seen for row in s.rows for v in row if shown(v)), "")
        raise SourceError("register.no-header", file=file.name, rows=HEADER_SEARCH, first=first)
    if len(useful) > 1 and not layers:
        raise SourceError(
            "register.several-sheets",
            file=file.name,
            count=len(useful),
            sheets=[seen[at].name for at in useful],
        )
    left = [s.name for at, s in enumerate(seen) if at not in useful and trim_empty(s)]
    if left:
        report.note("rows.other-sheets", sheets=left)
    report.layer = ", ".join(seen[at].name for at in useful)
    return [
        table for tables in useful.values() for table in tables if has_names(table.head) or len(tables) == 1
    ]


def _lists_clusters(sheet: Sheet) -> bool:
    return any(has_names(table.head) for table in tables_in(sheet, LoadReport(""), ()))


def trim_empty(sheet: Sheet) -> bool:
    """Return whether anything stands in a sheet."""
    return any(shown(value) for row in sheet.rows for value in row)


def _visible(sheet: Sheet, report: LoadReport) -> Sheet:
    """Return a sheet without the cells that are hidden, their places kept."""
    rows = sorted(at for at in sheet.hidden_rows if at < len(sheet.rows) and any(map(shown, sheet.rows[at])))
    columns = sorted(
        c for c in sheet.hidden_columns if any(shown(sheet.at(r, c)) for r in range(len(sheet.rows)))
    )
    if rows:
        report.note("rows.hidden", [at + 1 for at in rows], sheet=sheet.name)
    if columns:
        report.note("columns.hidden", columns=[letter(c) for c in columns], sheet=sheet.name)
    if not rows and not columns:
        return sheet
    gone = set(columns)

    def kept(at: int, row: Row) -> Row:
        return [] if at in sheet.hidden_rows else [None if c in gone else v for c, v in enumerate(row)]

    return replace(sheet, rows=[kept(at, row) for at, row in enumerate(sheet.rows)])


def _decoded(sheet: Sheet, encoding: str | None, report: LoadReport) -> Sheet:
    """Return a sheet whose text was typed in a font of the past as Unicode."""
    texts = [v for row in sheet.rows for v in row if isinstance(v, str)]
    reread = read_again([*texts, sheet.name], encoding)
    if reread is None:
        return sheet
    used, read = reread
    report.encodings[sheet.name or "(file)"] = used
    report.note("text.sheet-encoding", sheet=sheet.name, encoding=used)
    rows = [
        [read(v) if isinstance(v, str) and not isinstance(v, Formula) else v for v in row]
        for row in sheet.rows
    ]
    return replace(sheet, rows=rows)


# --- one table


class _Reader:
    """Reads the records of one table, and what is handed down to them."""

    def __init__(
        self, table: SheetTable, file: File, report: LoadReport, *, is_text: bool, said: Collection[str] = ()
    ) -> None:
        self._said = frozenset(said)
        self._table, self._file, self._report, self._is_text = table, file, report, is_text
        self._sheet, self._head = table.sheet, table.head
        self._names, self._name = self._unique_names(), self._head.column("name")

    def read(self, sheets: list[Sheet]) -> Register:
        """Return the table's records."""
        is_corners = is_table_of_corners(self._sheet, self._head, self._table.stop)
        register = self._corners() if is_corners else self._records(sheets)
        titles = [*self._table.titles, *self._above()]
        register.province = province_in_titles(titles)
        register.whole = "" if any(map(district_in_title, titles)) else register.province
        return register

    def _records(self, sheets: list[Sheet]) -> Register:
        judged = judge_rows(self._sheet, self._head, self._table.stop)
        self._note_rows(judged)
        columns, left = self._columns(judged)
        values = [self._record(at, columns) for at in judged.records]
        self._repeat_dittos(values, columns, judged.records)
        table = pd.DataFrame(values, columns=[self._names[c] for c in columns], dtype="object")
        handed = self._handed(judged, left, len(sheets) > 1)
        register = Register(table, handed, self._asides(judged, columns))
        register.paths = {self._names[c]: self._head.paths[c] for c in columns if c < self._head.width}
        register.units = self._units(judged, columns)
        self._latest_years(register)
        self._note_origin(judged.records)
        self._add_points(register, judged)
        return register

    def _unique_names(self) -> list[str]:
        return [name or f"column {c}" for c, name in enumerate(self._head.names, start=1)]

    def _columns(self, judged: Judged) -> tuple[list[int], list[int]]:
        """Return the columns that hold data, and those that only tick a status."""
        ticks = [c for c in range(self._head.width) if self._ticks_status(c, judged.records)]
        ticks = ticks if len(ticks) > 1 or any(len(self._head.paths[c]) > 1 for c in ticks) else []
        rows = [self._sheet.rows[at] for at in judged.records]
        used = {c for row in rows for c, v in enumerate(row) if v is not None and shown(v)}
        columns = [
            c for c in range(self._head.width) if c not in ticks and (self._head.names[c] or c in used)
        ]
        return columns, ticks

    def _ticks_status(self, column: int, rows: list[int]) -> bool:
        path = self._head.paths[column]
        if not path or self._head.means[column] not in {"", "status"} or not status_of(path[-1]).status:
            return False
        values = [v for at in rows if shown(v := self._sheet.at(at, column))]
        return bool(values) and all(is_tick(v) for v in values)

    def _record(self, at: int, columns: list[int]) -> list[Value]:
        row = self._sheet.rows[at]
        beyond = [c for c in range(self._head.width, len(row)) if shown(row[c])]
        if beyond and self._is_text:
            raise SourceError("register.more-cells", file=self._file.name, row=at + 1)
        if beyond:
            self._report.note(
                "rows.side-notes",
                cells=[self._sheet.address(at, c) for c in beyond],
                text=" ".join(shown(row[c]) for c in beyond),
            )
        return [self._value(at, c) for c in columns]

    def _value(self, at: int, column: int) -> Value:
        value = self._sheet.at(at, column)
        if value is None and self._blocks_down:
            value = self._merged_value(at, column)
        if isinstance(value, str) and not isinstance(value, Formula):
            value = value.strip() or None
        return without_mark(value) if column == self._name and isinstance(value, str) else value

    def _merged_value(self, at: int, column: int) -> Value:
        block = next((b for b in self._blocks_down if b.left == column and b.top < at <= b.bottom), None)
        if block is None or block.top <= self._head.bottom:
            return None
        value = self._sheet.at(block.top, column)
        if isinstance(value, str):
            self._fill_notes.setdefault(column, []).append(at)
            return value
        if value is not None:
            # One figure for several clusters: repeated, it would be counted several times.
            self._report.note(
                "rows.merged-figure",
                cells=[self._sheet.address(block.top, column)],
                header=self._names[column],
                value=shown(value),
                count=block.bottom - block.top + 1,
            )
        return None

    @property
    def _blocks_down(self) -> list[Any]:
        if not hasattr(self, "_down"):
            self._down = [b for b in self._sheet.merged if b.bottom > b.top]
            self._fill_notes: dict[int, list[int]] = {}
        return self._down

    def _repeat_dittos(self, values: list[list[Value]], columns: list[int], records: list[int]) -> None:
        name = self._head.column("name")
        for place, column in enumerate(columns):
            rows = []
            for at, row in enumerate(values):
                cell = row[place]
                if column != name and isinstance(cell, str) and _DITTO.match(cell):
                    row[place] = values[at - 1][place] if at else None
                    rows.append(records[at] + 1)
            if rows:
                self._report.note("rows.dittos", rows, column=self._names[column])
        for column, filled in getattr(self, "_fill_notes", {}).items():
            self._report.note("rows.merged", [at + 1 for at in filled], column=self._names[column])

    # --- what stands around the records

    def _handed(self, judged: Judged, ticks: list[int], has_sheets: bool) -> pd.DataFrame:  # noqa: FBT001
        given = [dict(h) for h in judged.handed]
        title = {
            "status": self._one(status_in_title(t) for t in self._table.titles),
            "district": self._one(district_in_title(t) for t in self._table.titles),
        }
        title["district"] = title["district"] or district_of_name(self._sheet.name, among_others=has_sheets)
        title["status"] = title["status"] or status_in_title(self._sheet.name)
        self._date(given, judged)
        has_sections = {key for h in given for key in h}
        for key, value in title.items():
            is_column = key in self._head.means or (key == "status" and ticks)
            is_place = key == "district" and any("commune" in m for m in self._head.means) and not is_column
            if value and not is_column and (key not in has_sections or is_place):
                for h in given:
                    h.setdefault(key, value)
                readings = [
                    {
                        "say": "reading",
                        "text": " ".join(self._table.titles)[:120] or self._sheet.name,
                        "value": value,
                    }
                ]
                self._report.note("rows.title-gives", column=key, readings=readings)
        for at, h in zip(judged.records, given, strict=True):
            ticked = [
                status_of(self._head.paths[c][-1]).status for c in ticks if shown(self._sheet.at(at, c))
            ]
            if len(ticked) == 1:
                h["status"] = ticked[0]
        if ticks:
            doubtful = [
                n
                for n, at in enumerate(judged.records, start=1)
                if sum(bool(shown(self._sheet.at(at, c))) for c in ticks) > 1
            ]
            self._report.note("columns.ticks", headers=[self._names[c] for c in ticks])
            if doubtful:
                self._report.note("columns.two-ticks", doubtful, column="status")
        return pd.DataFrame(given, columns=list(_HANDED), index=range(len(given)), dtype="object")

    def _date(self, given: list[dict[str, str]], judged: Judged) -> None:
        """Hand the day of the figures down, where the texts around the table state it."""
        notes = [other.text for other in judged.others if other.sense == "note"]
        found = as_of_in([*self._table.titles, *notes]) or as_of_in([*self._above(), self._sheet.name])
        if found is None or "as_of" in self._head.means:
            return
        day = {"say": "day", "day": found.day.day, "month": found.day.month, "year": found.day.year}
        code = "rows.as-of" if found.sure else "rows.as-of-period"
        self._report.note(code, column="as_of", day=day, text=found.text[:120])
        for h in given:
            h["as_of"] = found.day.isoformat()

    def _above(self) -> list[str]:
        """Return the lines above the table."""
        return [
            " ".join(map(shown, row))
            for row in self._sheet.rows[: self._head.top]
            if 0 < sum(bool(shown(v)) for v in row) <= _FEW_TEXTS
        ]

    @staticmethod
    def _one(found: Iterator[str]) -> str:
        values = {value for value in found if value}
        return values.pop() if len(values) == 1 else ""

    def _units(self, judged: Judged, columns: list[int]) -> dict[str, str]:
        units = {self._names[c]: unit for c, unit in judged.units.items() if c in columns}
        lines = [found[1] for text in self._table.titles if (found := _UNIT_LINE.search(text))]
        # A line above may name several: "Đơn vị tính: ha, triệu đồng".
        stated = [
            unit
            for line in lines
            for part in re.split(r"[,;]", line)
            if (unit := unit_of(part) or unit_of(part.rpartition(":")[2]))
        ]
        if stated:
            self._report.note("rows.unit-line", units=stated)
        return units | ({"*": ",".join(stated)} if stated else {})

    def _latest_years(self, register: Register) -> None:
        """Leave only the latest of several columns that mean the same in different years."""
        years: dict[str, list[tuple[int, int]]] = {}
        for c, (path, meaning) in enumerate(zip(self._head.paths, self._head.means, strict=True)):
            stated = [year for part in reversed(path) if (year := year_of(part)) is not None]
            if meaning and stated:
                years.setdefault(meaning, []).append((-1 if _is_plan(path) else stated[0], c))
        for meaning, found in years.items():
            told = [c for _, c in found if self._names[c] in self._said]
            if told:
                # The caller has chosen a year; the others are no second columns of it.
                register.paths |= {self._names[c]: () for _, c in found if c not in told}
            elif len(found) > 1 and len({year for year, _ in found}) == len(found):
                *older, (_, latest) = sorted(found)
                register.paths |= {self._names[c]: () for _, c in older}
                self._report.note(
                    "columns.years",
                    header=self._names[latest],
                    column=meaning,
                    years=[self._names[c] if y < 0 else str(y) for y, c in older],
                )

    def _asides(self, judged: Judged, columns: list[int]) -> list[Aside]:
        asides = []
        for other in judged.others:
            first = next((c for c, v in enumerate(self._sheet.rows[other.row]) if shown(v)), 0)
            cells: dict[str, Value] = {}
            if other.ranges or other.sense == "phase":
                cells = {self._names[c]: self._value_plain(other.row, c) for c in columns}
            asides.append(
                Aside(
                    self._sheet.address(other.row, first),
                    other.sense,
                    other.text[:200],
                    other.gives,
                    other.ranges,
                    other.parent,
                    cells,
                )
            )
        return asides

    def _value_plain(self, at: int, column: int) -> Value:
        value = self._sheet.at(at, column)
        return None if isinstance(value, Formula) else value

    # --- notes

    def _note_rows(self, judged: Judged) -> None:
        if self._table.titles and self._head.top > self._table.start:
            self._report.note("rows.titles", range(self._table.start + 1, self._head.top + 1))
        if self._head.bottom > self._head.top:
            self._report.note("rows.header", range(self._head.top + 1, self._head.bottom + 2))
        senses: dict[str, list[int]] = {}
        for other in judged.others:
            senses.setdefault(other.sense, []).append(other.row + 1)
        for sense, rows in senses.items():
            given = {f"{k}: {v}" for o in judged.others if o.sense == sense for k, v in o.gives.items()}
            self._report.note(_NOTES[sense], rows, **({"given": sorted(given)} if sense == "section" else {}))

    def _note_origin(self, rows: list[int]) -> None:
        if self._sheet.places is not None:
            return
        start = sum(sum(run[2] for run in origin["runs"]) for origin in self._report.origins)
        runs: list[list[int]] = []
        for position, at in enumerate(rows, start=start + 1):
            if runs and runs[-1][1] + runs[-1][2] == at + 1:
                runs[-1][2] += 1
            else:
                runs.append([position, at + 1, 1])
        letters = {name: letter(c) for c, name in enumerate(self._names)}
        self._report.origins.append(
            {"sheet": self._sheet.name, "runs": runs, "letters": letters, "turned": self._sheet.turned}
        )

    # --- coordinates

    def _add_points(self, register: Register, judged: Judged) -> None:
        points = read_points(self._sheet, self._head, judged.records)
        if any(point is not None for point in points):
            register.shapes = points
            register.crs = self._crs()
            self._report.coordinates += coordinate_headers(self._head, self._names)
            self._report.note("shapes.from-columns", count=sum(p is not None for p in points))

    def _corners(self) -> Register:
        title = " ".join(self._table.titles)
        outlines = read_corners(self._sheet, self._head, self._table.stop, title)
        skipped = {self._head.column(m) for m in ("@x", "@y", "@lon", "@lat", "@point", "@ordinal", "name")}
        columns = [c for c in range(self._head.width) if c not in skipped and self._head.names[c]]
        place = self._head.column("name")
        header = "name" if place is None else self._names[place]
        rows: list[dict[str, Value]] = [
            {header: without_mark(o.name), **{self._names[c]: o.cells.get(c) for c in columns}}
            for o in outlines
        ]
        shapes = [outline.shape() for outline in outlines]
        self._report.coordinates += coordinate_headers(self._head, self._names)
        table = pd.DataFrame(rows, columns=[header, *(self._names[c] for c in columns)], dtype="object")
        few = [n for n, shape in enumerate(shapes, start=1) if shape is None]
        self._report.note("shapes.corners", count=len(rows) - len(few))
        if few:
            self._report.note("shapes.few-corners", few)
        register = Register(
            table, pd.DataFrame(columns=list(_HANDED), index=range(len(rows)), dtype="object")
        )
        register.paths = {self._names[c]: self._head.paths[c] for c in columns} | {
            header: () if place is None else self._head.paths[place]
        }
        register.shapes, register.crs = shapes, self._crs()
        register.units = self._units(Judged(), columns)
        return register

    def _crs(self) -> pyproj.CRS | None:
        """Return the system that the texts above a table, or the headers of its coordinates, name."""
        from clusters_geo.crs import ZONES

        named = (self._names[c] for c, meaning in enumerate(self._head.means) if meaning in COORDINATES)
        text = " ".join([*self._table.titles, *named])
        meridian = meridian_in(text)
        if "2000" in text and meridian is not None:
            code = next((code for code, zone in ZONES.items() if abs(zone.meridian - meridian) < 0.01), None)  # noqa: PLR2004
            return None if code is None else pyproj.CRS.from_epsg(code)
        is_degrees = {"@lon", "@lat"} <= set(self._head.means)
        return (
            pyproj.CRS.from_epsg(4326)
            if is_degrees and ("wgs" in text.lower() or "2000" not in text)
            else None
        )


def _is_plan(path: tuple[str, ...]) -> bool:
    """Return whether a header is of what is planned, not of what is."""
    return any(_PLANNED.search(strip_accents(part)) for part in path)


_NOTES = {
    "section": "rows.sections",
    "phase": "rows.phases",
    "total": "rows.totals",
    "average": "rows.averages",
    "header": "rows.repeated-header",
    "units": "rows.units",
    "counters": "rows.counters",
    "note": "rows.notes",
    "signature": "rows.signature",
}
