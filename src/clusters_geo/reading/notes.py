"""What was found, repaired and doubted while a file was read; carried along with the table.

A *repair* changed something, a *doubt* left it as it is because only its owner can say what is right. The
notes travel in `DataFrame.attrs` as plain text and numbers, so that a table can still be copied, compared
and written to any format.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

__all__ = ["ATTRIBUTE", "LoadReport", "Note", "attach", "some"]

ATTRIBUTE = "clusters_geo_load"

Kind = Literal["repair", "doubt"]
Topic = Literal["file", "crs", "text", "columns", "numbers", "shapes", "rows"]

_SHOWN = 5
_KEPT = 1_000


@dataclass(frozen=True, slots=True)
class Note:
    """One repair or doubt: what, in which rows (counted from 1, the first 1,000), and what to do about it."""

    kind: Kind
    topic: Topic
    message: str
    rows: tuple[int, ...] = ()
    advice: str = ""


@dataclass(slots=True)
class LoadReport:
    """Everything that is worth knowing about one load.

    Attributes
    ----------
    path, format, layer, layers
        Where the table came from, and which other layers the file has.
    crs
        The coordinate system of the table, by name.
    encodings
        The encoding of each text column that was not plain UTF-8.
    rows
        How many rows the file has.
    mapped, left
        Which header became which column of the schema, and which headers stayed as they are.
    notes
        Repairs and doubts, in the order in which they were met.
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

    @property
    def repairs(self) -> list[Note]:
        """What was changed."""
        return [n for n in self.notes if n.kind == "repair"]

    @property
    def doubts(self) -> list[Note]:
        """What was left as it is and should be looked at."""
        return [n for n in self.notes if n.kind == "doubt"]

    def repair(self, topic: Topic, message: str, rows: Iterable[int] = (), advice: str = "") -> None:
        """Record a change."""
        self.notes.append(_note("repair", topic, message, rows, advice))

    def doubt(self, topic: Topic, message: str, rows: Iterable[int] = (), advice: str = "") -> None:
        """Record something that only the owner of the file can decide."""
        self.notes.append(_note("doubt", topic, message, rows, advice))

    def as_dict(self) -> dict[str, Any]:
        """Return the report as text, numbers, lists and dicts, ready for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> LoadReport:
        """Return the report that `as_dict` was made from.

        Examples
        --------
        >>> report = LoadReport("a.shp")
        >>> report.repair("shapes", "1 bow-tie mended", rows=[3])
        >>> LoadReport.from_dict(report.as_dict()) == report
        True
        """
        notes = [Note(**{**n, "rows": tuple(n["rows"])}) for n in values["notes"]]
        return cls(**{**values, "notes": notes})

    def __str__(self) -> str:
        """Return the report as a person reads it."""
        lines = [f"{self.path}: {self.format}, layer {self.layer}, {self.rows} rows, {self.crs}"]
        for note in self.notes:
            where = f" (rows {some(note.rows)})" if note.rows else ""
            lines.append(f"  {note.kind}, {note.topic}: {note.message}{where}. {note.advice}".rstrip())
        return "\n".join(lines)


def _note(kind: Kind, topic: Topic, message: str, rows: Iterable[int], advice: str) -> Note:
    # Attributes are copied with every table made from a table, so they must stay small.
    listed = tuple(int(row) for row in rows)
    if len(listed) > _KEPT:
        message = f"{message}, {len(listed)} rows in all"
    return Note(kind, topic, message, listed[:_KEPT], advice)


def attach(table: pd.DataFrame, report: LoadReport) -> None:
    """Put a report into a table's attributes."""
    table.attrs[ATTRIBUTE] = report.as_dict()


def some(values: Iterable[object]) -> str:
    """Return the first few of many values, and how many more there are.

    Examples
    --------
    >>> some(range(8))
    '0, 1, 2, 3, 4 and 3 more'
    """
    listed = [str(v) for v in values]
    more = len(listed) - _SHOWN
    return ", ".join(listed[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
