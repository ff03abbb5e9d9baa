"""Periods of the statutory forms and their deadlines.

Circular 14/2024/TT-BCT: the half-year report covers 15 December to 14 June, the yearly one 15 December to
14 December. A report is due *before* a day, so it is overdue on that day.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from clusters_geo.data import read_law
from clusters_geo.errors import SchemaError
from clusters_geo.units.model import DISTRICTS_ABOLISHED
from clusters_geo.words import speaker

if TYPE_CHECKING:
    from clusters_geo.schema import Language

__all__ = ["IN_FORCE", "LAW", "NO_DISTRICTS", "Line", "Period", "lines", "title", "verdict"]

IN_FORCE: date = read_law()["acts"]["circular-14"]["from"]
NO_DISTRICTS = DISTRICTS_ABOLISHED  # since then the commune fills in Form 03

_WRITTEN = re.compile(r"(\d{4})(?:-(H1|Y))?", re.IGNORECASE)

# Month and day before which each form is due, for the half-year and for the year.
_DUE = {
    "01": ((6, 20), (12, 20)),
    "02": ((6, 20), (12, 20)),
    "03": ((6, 25), (12, 25)),
    "04": ((6, 30), (12, 31)),
}


@dataclass(frozen=True, slots=True)
class Period:
    """A reporting period: the first half of a year, or the year."""

    year: int
    half: bool

    @classmethod
    def parse(cls, text: str | Period) -> Period:
        """Return the period that `2026-H1` (half-year) or `2026` (year) stands for.

        Raises
        ------
        SchemaError
            If it stands for none.

        Examples
        --------
        >>> Period.parse("2026-H1").start, Period.parse("2026").end
        (datetime.date(2025, 12, 15), datetime.date(2026, 12, 14))
        """
        if isinstance(text, Period):
            return text
        found = _WRITTEN.fullmatch(text.strip())
        if found is None or not 2000 <= int(found[1]) <= 2100:  # noqa: PLR2004 - years that can be meant
            raise SchemaError("forms.period", text=text)
        return cls(int(found[1]), half=(found[2] or "").upper() == "H1")

    @property
    def start(self) -> date:
        """The first day."""
        return date(self.year - 1, 12, 15)

    @property
    def end(self) -> date:
        """The last day."""
        return date(self.year, 6 if self.half else 12, 14)

    def covers(self, day: date) -> bool:
        """Return whether a register of a day is one of the period: to the end of June or of December.

        Registers are dated by the half-year, 30 June, sixteen days after the period that they report on.

        Examples
        --------
        >>> period = Period.parse("2026-H1")
        >>> period.covers(date(2026, 6, 30)), period.covers(date(2026, 7, 1))
        (True, False)
        """
        return self.start <= day <= date(self.year, *((6, 30) if self.half else (12, 31)))

    @property
    def code(self) -> str:
        """How the period is written: `2026-H1` or `2026`."""
        return f"{self.year}-H1" if self.half else str(self.year)

    def due(self, form: str) -> date:
        """Return the day before which a form has to be in.

        Examples
        --------
        >>> Period.parse("2026-H1").due("03")
        datetime.date(2026, 6, 25)
        """
        month, day = _DUE[form][0 if self.half else 1]
        return date(self.year, month, day)

    def overdue(self, form: str, on: date) -> bool:
        """Return whether a form that is not in by a day is late.

        Examples
        --------
        >>> period = Period.parse("2026-H1")
        >>> period.overdue("02", date(2026, 6, 19)), period.overdue("02", date(2026, 6, 20))
        (False, True)
        """
        return on >= self.due(form)

    def words(self, lang: Language = "vi") -> str:
        """Return the period as a heading has it.

        Examples
        --------
        >>> Period.parse("2026-H1").words("en")
        'first half of 2026 (2025-12-15 to 2026-06-14)'
        """
        key = "half_year" if self.half else "whole_year"
        return speaker("forms")(key, lang, year=str(self.year), start=self.start, end=self.end)


FORMS = ("01", "02", "03", "04")
LAW = "circular-14 annex-1"


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a form; each wording in Vietnamese and English."""

    form: str
    row: str
    section: tuple[str, str]
    indicator: tuple[str, str]
    unit: tuple[str, str]
    timing: Literal["period", "to_date"]
    column: str  # of the register, for Forms 01 and 02

    @property
    def counted(self) -> bool:
        """Whether the row holds whole numbers."""
        return self.unit[1] in {"clusters", "projects", "people", "plants"}


def lines(form: str) -> tuple[Line, ...]:
    """Return the rows of a form, in its order.

    Raises
    ------
    SchemaError
        If there is no such form.

    Examples
    --------
    >>> [line.row for line in lines("03")][:5], lines("03")[0].unit
    (['1', '2', '3', '4', '5'], ('Cụm', 'clusters'))
    """
    forms = _catalogue()
    if form not in forms:
        raise SchemaError("forms.no-form", form=form, forms=", ".join(forms))
    return forms[form]


def title(form: str, lang: Language = "vi", on: date | None = None) -> str:
    """Return what a form is called, for a period that ends on a day.

    Examples
    --------
    >>> title("04", "en")
    'Report on the industrial clusters of a province'
    """
    if form == "03" and on is not None:
        return speaker("forms")("title_commune" if on >= NO_DISTRICTS else "title_district", lang)
    return speaker("forms")(f"title_{form}", lang)


@cache
def _catalogue() -> dict[str, tuple[Line, ...]]:
    with (Path(__file__).parent / "circular_14_2024.csv").open(encoding="utf-8", newline="") as file:
        rows = [_line(row) for row in csv.DictReader(file)]
    return {form: tuple(row for row in rows if row.form == form) for form in FORMS}


def _line(row: dict[str, str]) -> Line:
    section, indicator, unit = (
        (row[f"{part}_vi"], row[f"{part}_en"]) for part in ("section", "indicator", "unit")
    )
    timing: Literal["period", "to_date"] = "period" if row["timing"] == "period" else "to_date"
    return Line(row["form"], row["row"], section, indicator, unit, timing, row["column"])


def verdict(rule: str, lang: Language, **words: object) -> tuple[str, str]:
    """Return the message and the remedy of a finding, or of a problem of a form that came in.

    Words that the languages have apart are given as pairs of Vietnamese and English.

    Examples
    --------
    >>> verdict("forms.unchecked", "en", left="15", right="15.1 + 15.2")[1]
    'Fill in what is missing.'
    """
    told = {key: value[lang == "en"] if isinstance(value, tuple) else value for key, value in words.items()}
    say = speaker("form_findings")
    return say(rule, lang, **told), say(f"{rule}.fix", lang, **told)
