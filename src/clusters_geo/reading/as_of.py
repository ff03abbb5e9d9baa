"""The day that the figures of a register are of, where its title, a line above it or a note below says so.

"Số liệu đến ngày 31/12/2024", "Tính đến tháng 6/2025" and "đến hết quý II/2025" state a day: the last of the
time they name. "6 tháng đầu năm 2023" in a title only names the time that is reported on; its last day is a
guess, and said to be one. The day of a decision or of a signature is neither, nor is the year of a plan.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from clusters_geo.names import strip_accents

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Stated", "as_of_in", "day_stated", "period_named"]

# What stands before a day up to which figures were counted; texts are read without accents.
_CUE = (
    r"(?:(?:tinh|cap nhat|luy ke|so lieu|thuc hien|chot|ket qua|hien trang|ke|cong don)[^.;\d]{0,30}?\s)?"
    r"(?:den|toi|tai thoi diem|thoi diem|cap nhat|chot|so lieu|as of|as at|up to|until|updated(?: on| to)?)"
    r"\s*:?\s*"
)
_FILLING = r"(?:(?:het|ngay|cuoi|thoi diem|so lieu|nay|the|end of)\s*[:(]?\s*)*"
_NUMBER_OF_QUARTER = {"i": 1, "ii": 2, "iii": 3, "iv": 4}
_MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_name) if name}
_YEAR = r"(?:19|20)\d{2}(?!\d)"
# From the fullest to the plainest: a day, a month, a quarter, several months, a year.
_WHENS = (
    rf"(?P<d>\d{{1,2}})\s*(?:[/.-]|thang)\s*(?P<m>\d{{1,2}})\s*(?:[/.-]|,?\s*nam)\s*(?P<y>{_YEAR})",
    rf"(?P<d>\d{{1,2}})\s+(?P<w>{'|'.join(_MONTHS)}),?\s+(?P<y>{_YEAR})",
    rf"(?P<w>{'|'.join(_MONTHS)})\s+(?:(?P<d>\d{{1,2}})\s*,\s*)?(?P<y>{_YEAR})",
    rf"(?P<y>{_YEAR})-(?P<m>\d{{2}})-(?P<d>\d{{2}})(?!\d)",
    rf"(?:thang\s*)?(?P<m>\d{{1,2}})\s*[/.-]\s*(?P<y>{_YEAR})",
    rf"thang\s*(?P<m>\d{{1,2}})\s*,?\s*(?:nam\s*)?(?P<y>{_YEAR})",
    rf"(?:quy\s*|q)(?P<q>iv|i{{1,3}}|[1-4])\s*[/,.-]?\s*(?:nam\s*)?(?P<y>{_YEAR})",
    rf"(?P<n>3|6|9|12)\s*thang(?:\s*dau)?(?:\s*nam)?\s*[/,]?\s*(?P<y>{_YEAR})",
    rf"(?:nam\s*)?(?P<y>{_YEAR})",
)
_REPORTS = re.compile(r"\b(?:bao cao|bieu|tinh hinh|ket qua|thong ke|so lieu|tong hop|hien trang|report)\b")
# A plan's horizon, a decision and a deadline are no days of figures.
_PLANS = re.compile(
    r"quy hoach|ke hoach|giai doan|tam nhin|dinh huong|du kien|phan dau|muc tieu|phuong an|nhu cau"
)
_LETTERS = re.compile(
    r"kem theo|ban hanh|quyet dinh so|nghi dinh|thong tu|cong van|can cu|thoi han|han nop|gui truoc|/qd|/bc"
)


# Most registers have no title: what reads one is made when it is met.
@cache
def _stated() -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(rf"(?<!\w){_CUE}{_FILLING}{when}") for when in _WHENS)


@cache
def _named() -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(rf"(?<!\w){when}") for when in (*_WHENS[6:8], rf"nam\s*(?P<y>{_YEAR})"))


class Stated(NamedTuple):
    """A day, the text that gives it, and whether it says so (or only names the time reported on)."""

    day: dt.date
    text: str
    sure: bool


def as_of_in(texts: Iterable[str]) -> Stated | None:
    """Return the day that the texts around a table are of; None if they name none or several.

    Parameters
    ----------
    texts
        Titles, lines above the table and notes below it.

    Examples
    --------
    >>> as_of_in(["BÁO CÁO CÁC CCN NĂM 2024", "(Số liệu đến ngày 15/11/2024)"]).day
    datetime.date(2024, 11, 15)
    >>> as_of_in(["BÁO CÁO 6 THÁNG ĐẦU NĂM 2023"])
    Stated(day=datetime.date(2023, 6, 30), text='BÁO CÁO 6 THÁNG ĐẦU NĂM 2023', sure=False)
    """
    listed = list(texts)
    for found, sure in ((day_stated, True), (period_named, False)):
        days = {day: text for text in reversed(listed) if (day := found(text))}
        if days:
            return Stated(*next(iter(days.items())), sure) if len(days) == 1 else None
    return None


def day_stated(text: str) -> dt.date | None:
    """Return the day up to which a text says that figures were counted, None for none or several.

    Examples
    --------
    >>> day_stated("Tính đến tháng 6/2025"), day_stated("Số liệu đến hết quý II/2025")
    (datetime.date(2025, 6, 30), datetime.date(2025, 6, 30))
    >>> day_stated("Kèm theo Quyết định số 12/QĐ-UBND ngày 5/6/2019"), day_stated("Quy hoạch đến năm 2030")
    (None, None)
    """
    days = set()
    for clause in re.split(r"[;\n]|\.\s", strip_accents(text)):
        if _LETTERS.search(clause):
            continue
        for pattern in _stated()[:-1] if _PLANS.search(clause) else _stated():
            found = {day for match in pattern.finditer(clause) if (day := _last_day(match))}
            if found:
                days |= found
                break
    return days.pop() if len(days) == 1 else None


def period_named(text: str) -> dt.date | None:
    """Return the last day of the one quarter, months or year that a report's title is about.

    Examples
    --------
    >>> period_named("BÁO CÁO QUÝ III NĂM 2024"), period_named("Biểu tổng hợp năm 2024")
    (datetime.date(2024, 9, 30), datetime.date(2024, 12, 31))
    >>> period_named("Danh mục quy hoạch năm 2030"), period_named("Hà Nội, ngày 5 tháng 6 năm 2023")
    (None, None)
    """
    plain = strip_accents(text)
    if not any(pattern.search(plain) for pattern in (_REPORTS, *_named()[:2])):
        return None
    if _PLANS.search(plain) or _LETTERS.search(plain) or re.search(r"ngay\s*[\d.…/]*\s*thang", plain):
        return None
    for pattern in _named():
        days = {day for match in pattern.finditer(plain) if (day := _last_day(match))}
        if days:
            return days.pop() if len(days) == 1 else None
    return None


def _last_day(found: re.Match[str]) -> dt.date | None:
    """Return the last day of what a match names, None if there is no such day."""
    said = {key: text for key, text in found.groupdict().items() if text}
    year = int(said["y"])
    quarter = _NUMBER_OF_QUARTER.get(said.get("q", "")) or int(said.get("q", "0"))
    month = _MONTHS.get(said.get("w", "")) or int(said.get("m") or said.get("n") or 3 * quarter or 12)
    if not 1 <= month <= 12:  # noqa: PLR2004 - the months
        return None
    last = calendar.monthrange(year, month)[1]
    day = int(said.get("d", last))
    return dt.date(year, month, day) if 1 <= day <= last else None
