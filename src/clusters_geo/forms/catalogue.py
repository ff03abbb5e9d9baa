"""The rows of the four statutory forms, as the law words them.

Source: Circular 14/2024/TT-BCT of 15 August 2024, Annex I, Forms 01 to 04. The English is ours. `timing` says
whether a row counts what happened in the period (`period`) or what stands at its end (`to_date`).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from clusters_geo.errors import SchemaError

if TYPE_CHECKING:
    from clusters_geo.schema import Language

__all__ = ["LAW", "Line", "lines", "title"]

LAW = "Circular 14/2024/TT-BCT, Annex I"

_TITLES = {
    "01": (
        "Báo cáo tình hình hoạt động của dự án đầu tư trong cụm công nghiệp",
        "Report of a production project in an industrial cluster",
    ),
    "02": (
        "Báo cáo tình hình hoạt động của dự án đầu tư xây dựng hạ tầng kỹ thuật cụm công nghiệp",
        "Report of the infrastructure project of an industrial cluster",
    ),
    "03": (
        "Báo cáo tình hình cụm công nghiệp trên địa bàn cấp huyện (cấp xã từ ngày 01/7/2025)",
        "Report on the industrial clusters of a district (a commune since 1 July 2025)",
    ),
    "04": (
        "Báo cáo tình hình cụm công nghiệp trên địa bàn cấp tỉnh",
        "Report on the industrial clusters of a province",
    ),
}


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
        msg = f"There is no form {form!r}. The circular has {', '.join(forms)}."
        raise SchemaError(msg)
    return forms[form]


def title(form: str, lang: Language = "vi") -> str:
    """Return what a form is called.

    Examples
    --------
    >>> title("04", "en")
    'Report on the industrial clusters of a province'
    """
    return _TITLES[form][0 if lang == "vi" else 1]


@cache
def _catalogue() -> dict[str, tuple[Line, ...]]:
    with (Path(__file__).parent / "circular_14_2024.csv").open(encoding="utf-8", newline="") as file:
        rows = [_line(row) for row in csv.DictReader(file)]
    return {form: tuple(row for row in rows if row.form == form) for form in _TITLES}


def _line(row: dict[str, str]) -> Line:
    section, indicator, unit = (
        (row[f"{part}_vi"], row[f"{part}_en"]) for part in ("section", "indicator", "unit")
    )
    timing: Literal["period", "to_date"] = "period" if row["timing"] == "period" else "to_date"
    return Line(row["form"], row["row"], section, indicator, unit, timing, row["column"])
