"""What was found, repaired and doubted while a file was read; carried along with the table.

The notes travel in `DataFrame.attrs` as plain text and numbers, so that a table can still be copied, compared
and written to any format. Each has a code and values; its text comes from `words/notes.csv`.
"""

from __future__ import annotations

import csv
import math
from dataclasses import asdict, dataclass, field, fields, replace
from functools import lru_cache
from importlib import resources
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Literal

from clusters_geo.schema import ATTRIBUTE
from clusters_geo.words import catalogue, speaker

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from clusters_geo.schema import Language

__all__ = [
    "ATTRIBUTE",
    "LoadReport",
    "Note",
    "attach",
    "has_made_ids",
    "read_from",
    "some",
    "some_rows",
    "word",
]

Kind = Literal["repair", "doubt"]

_SHOWN = 5
_KEPT = 1_000


@dataclass(frozen=True, slots=True)
class Note:
    """One repair or doubt: what, in which rows, and what to do about it.

    Attributes
    ----------
    code
        One of `words/notes.csv`; its first part is what it is about.
    values
        What stands in its text.
    rows
        Counted from 1; the first 1,000 of `count`.
    count
        In how many rows.
    of
        "boundaries" if it is about the file with the shapes.
    """

    code: str
    values: dict[str, Any] = field(default_factory=dict)
    rows: tuple[int, ...] = ()
    count: int = 0
    of: str = ""

    @property
    def kind(self) -> Kind:
        """Whether something was changed ("repair") or left ("doubt")."""
        return kind_of(self.code)

    @property
    def topic(self) -> str:
        """What it is about: file, crs, text, columns, numbers, shapes or rows."""
        return self.code.partition(".")[0]

    @property
    def message(self) -> str:
        """What was found, in English."""
        return self.text("en")

    @property
    def advice(self) -> str:
        """What to do about it, in English; "" if nothing."""
        return self.what_to_do("en")

    def text(self, lang: Language) -> str:
        """Return what was found."""
        whose = word(self.of, lang) if self.of else ""
        in_all = word("in all", lang, count=self.count) if self.count > len(self.rows) else ""
        return whose + catalogue("notes")[self.code].text(lang, self.values) + in_all

    def what_to_do(self, lang: Language) -> str:
        """Return what to do about it; "" if nothing."""
        advice = catalogue("notes").get(f"{self.code}.advice")
        return "" if advice is None else advice.text(lang, self.values)


@dataclass(slots=True)
class LoadReport:
    """Everything that is worth knowing about one load.

    Attributes
    ----------
    path, format, layer, layers
        Where the table came from, and which other layers the file has.
    fetched_at, sha256
        When it was fetched (UTC), where `path` is an address; the SHA-256 of what was read.
    crs
        The coordinate system of the table, by name.
    province
        Whose data they are: as the caller said, else as the title of a register says.
    encodings
        The encoding of each text column that was not plain UTF-8.
    rows
        How many rows the file has.
    mapped, left
        Which header became which column of the schema, and which headers stayed as they are.
    coordinates
        Headers of the columns that places were read from.
    notes
        Repairs and doubts, in the order in which they were met.
    asides
        Rows of a register that are no clusters: `address`, `sense` (section, total, …), `text`, what it
        `gives` to the rows below; for what adds up others `adds_up` and, by column, `stated` and `computed`.
    origins
        Where the records of a register stand: see `address`.
    """

    path: str
    format: str = ""
    layer: str = ""
    layers: list[str] = field(default_factory=list)
    crs: str = ""
    encodings: dict[str, str] = field(default_factory=dict)
    rows: int = 0
    mapped: dict[str, str] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    fetched_at: str = ""
    sha256: str = ""
    province: str = ""
    asides: list[dict[str, Any]] = field(default_factory=list)
    origins: list[dict[str, Any]] = field(default_factory=list)
    coordinates: list[str] = field(default_factory=list)

    def address(self, row: int, column: str = "") -> str:
        """Return where a record stands in its file, "" where that is not known.

        Parameters
        ----------
        row
            Counted from 1, as in the notes.
        column
            A column of the schema or a header; without one the whole row is meant.

        Examples
        --------
        >>> report = LoadReport("a.xlsx", mapped={"Diện tích (ha)": "planned_ha"})
        >>> place = {"sheet": "PL", "runs": [[1, 8, 6]], "letters": {"Diện tích (ha)": "D"}, "turned": False}
        >>> report.origins.append(place)
        >>> report.address(2, "planned_ha")
        'PL!D9'
        """
        header = next((h for h, c in self.mapped.items() if c == column), column)
        for origin in self.origins:
            for first, line, count in origin["runs"]:
                if first <= row < first + count and not origin["turned"]:
                    cell = f"{origin['letters'].get(header, '')}{line + row - first}"
                    return f"{origin['sheet']}!{cell}" if origin["sheet"] else cell
        return ""

    @property
    def counts_lines(self) -> bool:
        """Whether rows can be told as those of the sheet or the text that the records stand in."""
        return bool(self.origins) and not any(origin["turned"] for origin in self.origins)

    def lines(self, note: Note) -> tuple[int, ...]:
        """Return the rows of a note as its sheet or text counts them; where there is none, as records.

        Examples
        --------
        >>> report = LoadReport("a.xlsx")
        >>> report.origins.append({"sheet": "PL", "runs": [[1, 8, 6]], "letters": {}, "turned": False})
        >>> report.lines(Note("shapes.missing", rows=(2, 3))), report.lines(Note("rows.titles", rows=(1,)))
        ((9, 10), (1,))
        """
        # What is said of rows is of all of them, not of records.
        if note.of or note.topic == "rows" or not self.counts_lines:
            return note.rows
        told = [self.address(row).rpartition("!")[2] for row in note.rows]
        return tuple(map(int, told)) if all(told) else note.rows

    def rows_of(self, note: Note, lang: Language) -> str:
        """Return the first rows of a note as `lines` counts them; with their sheet if there are several."""
        lines = self.lines(note)
        if lines != note.rows and len({origin["sheet"] for origin in self.origins}) > 1:
            return some((self.address(row) for row in note.rows), lang)
        return some_rows(lines, lang)

    @property
    def repairs(self) -> list[Note]:
        """What was changed."""
        return [n for n in self.notes if n.kind == "repair"]

    @property
    def doubts(self) -> list[Note]:
        """What was left as it is and should be looked at."""
        return [n for n in self.notes if n.kind == "doubt"]

    def note(self, code: str, /, rows: Iterable[int] = (), **values: object) -> None:
        """Record a repair or a doubt.

        Parameters
        ----------
        code
            One of `words/notes.csv`.
        rows
            Where, counted from 1.
        values
            What its text names: plain text and numbers, lists of them, and phrases. A number that is none, as
            the area of a shape beyond the poles, is not known.

        Examples
        --------
        >>> report = LoadReport("a.shp")
        >>> report.note("shapes.mended", [3], reason="bow-tie", before=0.0, after=50.04)
        >>> report.notes[0].text("vi"), report.notes[0].message
        ('sửa lỗi bow-tie, trước 0,00 ha, sau 50,04 ha', 'bow-tie mended, 0.00 ha before, 50.04 ha after')
        """
        # Attributes are copied with every table made from a table, so they must stay small.
        listed = tuple(int(row) for row in rows)
        known = {name: _known(value) for name, value in values.items()}
        self.notes.append(Note(code, known, listed[:_KEPT], len(listed)))

    def withdraw(self, *codes: str) -> bool:
        """Take back the notes of some codes, which are true no more; return whether there were any.

        Examples
        --------
        >>> report = LoadReport("a.csv")
        >>> report.note("crs.degrees")
        >>> report.withdraw("crs.degrees"), report.notes
        (True, [])
        """
        kept = [n for n in self.notes if n.code not in codes]
        is_fewer = len(kept) < len(self.notes)
        self.notes = kept
        return is_fewer

    def forget(self, topic: str, rows: Iterable[int]) -> None:
        """Take rows out of the notes of a topic, of which these notes are true no more.

        Examples
        --------
        >>> report = LoadReport("a.csv")
        >>> report.note("shapes.points", [1, 2])
        >>> report.forget("shapes", [2])
        >>> report.notes[0].rows
        (1,)
        """
        gone = set(rows)
        kept = []
        for note in self.notes:
            left = tuple(row for row in note.rows if row not in gone)
            if note.topic != topic or note.of or len(left) == len(note.rows):
                kept.append(note)
            elif left:
                fewer = note.count - len(note.rows) + len(left)
                kept.append(replace(note, rows=left, count=fewer))
        self.notes = kept

    def as_dict(self, lang: Language = "en") -> dict[str, Any]:
        """Return the report as text, numbers, lists and dicts, ready for JSON."""
        notes = [
            {
                "kind": n.kind,
                "topic": n.topic,
                "message": n.text(lang),
                "advice": n.what_to_do(lang),
                **asdict(n),
            }
            for n in self.notes
        ]
        return {**asdict(self), "notes": notes}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> LoadReport:
        """Return the report that `as_dict` was made from.

        Examples
        --------
        >>> report = LoadReport("a.shp")
        >>> report.note("shapes.heights", rows=[3])
        >>> LoadReport.from_dict(report.as_dict()) == report
        True
        """
        own = [f.name for f in fields(Note)]
        notes = [
            Note(**{name: n[name] for name in own} | {"rows": tuple(n["rows"])}) for n in values["notes"]
        ]
        return cls(**{**values, "notes": notes})

    def text(self, lang: Language = "en") -> str:
        """Return the report as a person reads it.

        Examples
        --------
        >>> report = LoadReport("a.shp", "Shapefile", "a", rows=1200, crs="VN-2000")
        >>> report.note("shapes.heights", rows=[3])
        >>> print(report.text("vi"))
        a.shp: Shapefile, lớp a, 1.200 dòng, VN-2000
          đã sửa, hình: bỏ độ cao (Z) (dòng 3).
        """
        facts = {"path": self.path, "format": self.format, "layer": self.layer, "rows": self.rows}
        lines = [word("head", lang, **facts, crs=self.crs or word("no shapes", lang))]
        if self.fetched_at:
            lines.append(word("fetched", lang, at=self.fetched_at, sha256=self.sha256))
        for note in self.notes:
            where = self._where(note, lang)
            about = f"{word(note.kind, lang)}, {word(note.topic, lang)}"
            lines.append(f"  {about}: {note.text(lang)}{where}. {note.what_to_do(lang)}".rstrip())
        return "\n".join(lines)

    def _where(self, note: Note, lang: Language) -> str:
        """Return the cells or rows of a note in brackets, "" if it is about the whole."""
        if not note.rows:
            return ""
        column = str(note.values.get("column", ""))  # noqa: PD011 - a note
        about_records = note.topic != "rows" and column and not note.of
        cells = [self.address(row, column) for row in note.rows] if about_records else []
        if cells and all(cells):
            return word("in cells", lang, cells=some(cells, lang))
        return word("in rows", lang, rows=self.rows_of(note, lang))

    def __str__(self) -> str:
        """Return the report in English."""
        return self.text()


def attach(table: pd.DataFrame, report: LoadReport) -> None:
    """Put a report into a table's attributes."""
    table.attrs[ATTRIBUTE] = report.as_dict()


def _known(value: object) -> object:
    if isinstance(value, list | tuple):
        return type(value)(_known(part) for part in value)
    return None if isinstance(value, float) and not math.isfinite(value) else value


def has_made_ids(table: pd.DataFrame) -> bool:
    """Return whether the ids of a loaded table were made from names, for the file has none.

    Examples
    --------
    >>> import pandas as pd
    >>> has_made_ids(pd.DataFrame())
    False
    """
    notes = table.attrs.get(ATTRIBUTE, {}).get("notes", [])
    return any(note["code"] == "rows.ids" for note in notes)


def without_report(table: pd.DataFrame) -> pd.DataFrame:
    """Return a plain table of the same columns without its report, which pandas copies with every column.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"ha": [1.0]})
    >>> attach(table, LoadReport("a.csv"))
    >>> len(without_report(table).attrs), len(table.attrs)
    (0, 1)
    """
    import pandas as pd

    plain = pd.DataFrame(table)
    plain.attrs = {}
    return plain


def read_from(*tables: pd.DataFrame | None) -> tuple[str, ...]:
    """Return of each file that tables were loaded from its name and the SHA-256 of what was read.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame()
    >>> attach(table, LoadReport("registers/cum.csv", sha256="9f86d0"))
    >>> read_from(table, None)
    ('cum.csv SHA-256 9f86d0',)
    """
    loads = [table.attrs[ATTRIBUTE] for table in tables if table is not None and ATTRIBUTE in table.attrs]
    named = [
        f"{load['path'] if load['fetched_at'] else PurePath(load['path']).name} SHA-256 {load['sha256']}"
        for load in loads
        if load["sha256"]
    ]
    return tuple(dict.fromkeys(named))


def kind_of(code: str) -> Kind:
    """Return whether a code is of something changed or of something left.

    Examples
    --------
    >>> kind_of("numbers.open-mark")
    'doubt'
    """
    return "doubt" if code in _doubts() else "repair"


@lru_cache
def _doubts() -> frozenset[str]:
    """Return the codes of doubts: what only the owner of a file can decide."""
    text = resources.files("clusters_geo.words").joinpath("notes.csv").read_text(encoding="utf-8")
    return frozenset(row["key"] for row in csv.DictReader(text.splitlines()) if row["kind"] == "doubt")


def some(values: Iterable[object], lang: Language = "en") -> str:
    """Return the first few of many values, and how many more there are.

    Examples
    --------
    >>> some(range(8)), some(range(8), "vi")
    ('0, 1, 2, 3, 4 and 3 more', '0, 1, 2, 3, 4 và 3 dòng nữa')
    """
    listed = [str(v) for v in values]
    more = len(listed) - _SHOWN
    return ", ".join(listed[:_SHOWN]) + (word("more", lang, more=more) if more > 0 else "")


def some_rows(rows: Iterable[int], lang: Language = "en") -> str:
    """Return the first few of many rows, those that follow each other as one range.

    Examples
    --------
    >>> some_rows([5, 6, 7, 8, 12]), some_rows(range(1, 40)), some_rows(range(1, 21, 2), "vi")
    ('5–8, 12', '1–39', '1, 3, 5, 7, 9 và 5 dòng nữa')
    """
    runs: list[list[int]] = []
    for row in rows:
        if runs and row == runs[-1][1] + 1:
            runs[-1][1] = row
        else:
            runs.append([row, row])
    texts = [str(first) if first == last else f"{first}–{last}" for first, last in runs]
    more = sum(last - first + 1 for first, last in runs[_SHOWN:])
    return ", ".join(texts[:_SHOWN]) + (word("more", lang, more=more) if more else "")


def word(key: str, lang: Language, **values: object) -> str:
    """Return a word of the report's own, such as the name of a topic.

    Examples
    --------
    >>> word("doubt", "vi")
    'cần xem'
    """
    return speaker("load_report")(key, lang, **values)
