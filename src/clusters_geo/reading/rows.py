"""What each row of a table is: a cluster, or one of the dozen other things that offices write between them.

A row is judged by its place (below which header, behind which row), its number (1, I, A, 3.1), its words and
by what stands beside them. What is no record is kept with its address, what it says, and, where it adds
something up, with the rows that it should add up to.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from clusters_geo.names import strip_accents
from clusters_geo.reading.cells import Formula, shown
from clusters_geo.reading.choices import status_in_title, status_of
from clusters_geo.reading.headers import unit_of
from clusters_geo.reading.heads import is_count
from clusters_geo.reading.places import said_place

if TYPE_CHECKING:
    from clusters_geo.reading.cells import Sheet, Value
    from clusters_geo.reading.heads import Head

__all__ = ["Judged", "RowSense", "Sense", "judge_rows"]

Sense = Literal[
    "record", "section", "phase", "total", "average", "header", "units", "counters", "note", "signature"
]

_TOTAL = re.compile(
    r"^(?:(?P<sure>(?:so |cong |tong )?(?:trang truoc )?(?:chuyen|mang) (?:sang|trang)"
    r"|tong cong(?! ty)|t\.? ?cong|(?:tc|so luong)(?=\W*$)"
    r"|tong so|tong hop|cong tong|cong don|cong trang|cong chung|tong chung"
    r"|grand total"
    r"|sub-?total|(?:toan|ca) (?:tinh|thanh pho|tp|huyen|quan|thi xa|vung|mien|bo|quoc|nuoc|xa|dia ban)"
    r"|luy ke)\b"
    r"|(?P<word>tong|cong|total|sum|[σς∑])(?![\w]))(?P<rest>.*)$"
)
_TOTAL_OF = re.compile(
    r"^[\s\d:.,;()+\-–/*=]*$|^[\s:.,(]*(?:[ivx]+|[a-h])(?:[\s,+.&)-]+(?:[ivx]+|[a-h]))*[\s).:]*$"
    r"|^[\s:.(]*(?:huyen|quan|thi xa|tx|tp|thanh pho|tinh|toan|trang|muc|nhom|phan|cac|chung|i+\b|cum|ccn"
    r"|dien tich"
    r"|so|bang|phu luc|danh muc|district|area|of|for|khu vuc|vung|xa|phuong|dia ban|theo|giai doan"
    r"|hien trang)\b"
)
_AVERAGE = re.compile(r"^(?:binh quan|trung binh|muc binh quan|bq|tb|average|mean)\b")
# Where no name stands, these words are no part of one.
_ADDS = re.compile(r"^(?:tong|cong|total|sum|tinh)\b(?! ty)")
_WHOLE = re.compile(
    r"tong cong|toan (?:tinh|thanh pho|tp|vung|dia ban)|grand|ca tinh|luy ke|tong chung|cong don"
)
_SIGNED = re.compile(
    r"^(?:\(?ky\b|nguoi lap|lap bieu|lap bang|nguoi tong hop|nguoi bao cao|can bo|chuyen vien"
    r"|(?:pho )?giam doc|(?:pho )?chu tich|thu truong|"
    r"(?:pho )?truong phong|(?:pho )?truong ban|ke toan|noi nhan|tm\b|kt\b|tl\b|tuq\b|xac nhan"
    r"|nguoi kiem tra|nguoi duyet|lanh dao)"
    r"|ngay\s*[\d.…/]*\s*thang\s*[\d.…/]*\s*nam\s*[\d.…]*|prepared by|approved by"
)
_NOTE = re.compile(
    r"^(?:(?:ghi chu|nguon|chu thich|luu y|notes?|sources?|remarks?)\s*"
    r"(?:$|[:.(–-]|so lieu|bao cao|tong hop|du lieu)"
    r"|so lieu|\(\*+\)|\*+|\[\d\]|\(\d{1,2}\)\s"
    r"|\(?don vi tinh|\(?don vi\s*:\s*(?:ha|m2|trieu|tr|ty|nghin|nguoi|%)|\(?dvt|[¹²³]|ghi nhan|giai thich)"
)
_PHASE = re.compile(
    r"^(?:[-+•*–\s])*(?:giai doan|gd\s*\d|gd\b|dot \d|phase|phan ky|phan mo rong|mo rong\b|trong do"
    r"|khu [a-d0-9]\b|phan khu|lo \d|hang muc|phan dien tich)"
)
_CLUSTER = re.compile(r"^(?:cum cong nghiep|cum cn|ccn|cum)\b[\s.:-]*(?=\S)")
_ROMAN = re.compile(r"^[IVX]{1,5}\s*[.):]?$")
_LETTER = re.compile(r"^[A-HĐ]\s*[.):]?$")
_NUMBER = re.compile(r"^\d{1,4}\s*[.):]?$")
_SUB = re.compile(r"^(\d{1,4}|[IVX]{1,5}|[A-H])[.,](\d{1,3})\.?$")
# "H. Đô Lương" is a district, and not the eighth of some sections.
_MARKED = re.compile(r"^((?:[IVX]{1,5}|[A-G]|\d{1,2})\s*[.):/-]|H\s*[):/-]|\(\w{1,2}\)|[a-hđ]\))\s*(?=\D)")
# What a section says before the place that it is about.
_LEAD = re.compile(
    r"^[-–*+•\s]*(?:(?:danh\s+sách|danh\s+mục|các)\s+)*"
    r"(?:(?:ccn|cụm\s+công\s+nghiệp|cụm\s+cn|cụm)\s+(?=trên|thuộc|tại|của|địa\s+bàn|huyện|quận))?"
    r"(?:(?:trên\s+địa\s+bàn|thuộc|tại|của|địa\s+bàn|ubnd|đơn\s+vị)[\s:]+)*",
    re.IGNORECASE,
)
_LEVEL_AND_NAME = re.compile(r"^(huyện|quận|thị\s+xã|thành\s+phố|xã|phường)\s*:\s*", re.IGNORECASE)
_COUNTED = re.compile(r"(?<!\s)\s*+[:(–-]?\s*+\d++\s*+(?:cụm|CCN|cum)?.*$", re.IGNORECASE)
_KIND = re.compile(
    r"^(?:khu|vung|nhom|loai|danh muc|quy hoach|giai doan|mien|phan|muc|cac|dang|da|chua|moi)\b"
)
_UNIT_TITLE = re.compile(r"^(?:dvt|don vi(?: tinh)?|units?)$")
_LONG, _MOST_WORDS = 60, 4

# Columns whose cells say that a row is a cluster of its own.
_OWN = {
    "status",
    "district",
    "commune",
    "decision",
    "established_on",
    "ground_broken_on",
    "operating_on",
    "investor",
}


@dataclass(slots=True)
class RowSense:
    """One row that is no cluster: where it stands, what it is, says and hands down.

    `ranges` are the records, by position, that a total or a section may add up; the likeliest first.
    """

    row: int
    sense: Sense
    text: str
    gives: dict[str, str] = field(default_factory=dict)
    ranges: list[tuple[int, int]] = field(default_factory=list)
    parent: int = -1


@dataclass(slots=True)
class Judged:
    """The rows of one table: its records with what is handed down to each, and all the others."""

    records: list[int] = field(default_factory=list)
    handed: list[dict[str, str]] = field(default_factory=list)
    others: list[RowSense] = field(default_factory=list)
    units: dict[int, str] = field(default_factory=dict)


def judge_rows(sheet: Sheet, head: Head, stop: int) -> Judged:
    """Return what the rows between a header and another row are.

    Parameters
    ----------
    sheet
        Without what is hidden.
    head
        The header above the rows.
    stop
        The first row that belongs to another table.
    """
    judge = _Judge(sheet, head, stop)
    for at in range(head.bottom + 1, stop):
        judge.take(at)
    return judge.finished()


class _Judge:
    """Goes down a table and remembers what the rows above mean for those below."""

    def __init__(self, sheet: Sheet, head: Head, stop: int) -> None:
        self._sheet, self._head, self._stop = sheet, head, stop
        self._name = head.column("name")
        self._ordinal = head.column("@ordinal")
        self._titles = {shown(v) for r in range(head.top, head.bottom + 1) for v in sheet.rows[r] if shown(v)}
        self._is_numbered, self._roman_records = self._numbering()
        self._result = Judged()
        self._stack: list[tuple[str, RowSense]] = []
        self._signed = False
        self._since_total = self._since_header = 0
        self._parts: set[int] = set()

    def _numbering(self) -> tuple[bool, bool]:
        """Return whether records are numbered 1, 2, 3, and whether they are I, II, III."""
        below = range(self._head.bottom + 1, self._stop)
        numbers = (
            [shown(self._sheet.at(at, self._ordinal)) for at in below] if self._ordinal is not None else []
        )
        arabic = sum(bool(_NUMBER.match(n) or _SUB.match(n)) for n in numbers)
        roman = sum(bool(_ROMAN.match(n) or _LETTER.match(n)) for n in numbers)
        rest = sum(
            not n and bool(shown(self._sheet.at(at, self._name or 0)))
            for n, at in zip(numbers, below, strict=False)
        )
        return arabic > 0, roman > 0 and not arabic and rest <= 1

    # --- what stands in a row

    def _cells(self, at: int) -> dict[int, Value]:
        row = self._sheet.rows[at][: self._head.width]
        return {c: value for c, value in enumerate(row) if value is not None and shown(value)}

    def _label(self, cells: dict[int, Value]) -> str:
        """Return the words that say what a row is: those in the column of names, or the first."""
        if self._name in cells:
            return shown(cells[self._name])
        words = [shown(v) for c, v in cells.items() if isinstance(v, str) and not _is_marker(shown(v))]
        return words[0] if words else ""

    def _marker(self, at: int, label: str) -> tuple[str, str]:
        """Return the number of a row, from its own column or before its words, and its kind."""
        sign = shown(self._sheet.at(at, self._ordinal)) if self._ordinal is not None else ""
        if not sign and (found := _MARKED.match(label)):
            sign = found[1].strip()
        for kind, pattern in (("sub", _SUB), ("number", _NUMBER), ("roman", _ROMAN), ("letter", _LETTER)):
            if pattern.match(sign):
                # C, D, I, V and X are letters or figures, by what came before.
                is_letter = kind == "roman" and sign[:1] in "CD"
                return sign.rstrip(".):/- "), "letter" if is_letter else kind
        return "", "dash" if sign[:1] in {"-", "+", "*"} else ""

    def _own(self, cells: dict[int, Value]) -> int:
        return sum(c != self._name and self._head.means[c] in _OWN for c in cells)

    def _figures(self, cells: dict[int, Value]) -> int:
        return sum(
            (c != self._ordinal and not isinstance(v, str | None)) or isinstance(v, Formula)
            for c, v in cells.items()
        ) + sum(
            c not in {self._ordinal, self._name}
            and isinstance(v, str)
            and bool(re.match(r"^[\d.,\s]+%?$", v.strip()))
            for c, v in cells.items()
        )

    # --- judging

    def take(self, at: int) -> None:
        """Judge one row."""
        cells = self._cells(at)
        if not cells:
            return
        label = self._label(cells)
        sense = self._plain_sense(at, cells, label) or self._worded_sense(at, cells, label)
        if sense == "record":
            self._add_record(at)
            return
        known = RowSense(at, sense, label or " ".join(shown(v) for v in cells.values())[:_LONG])
        self._result.others.append(known)
        if sense == "section":
            self._open_section(known, at, label)
        elif sense in {"total", "average"}:
            self._add_total(known, label)
        elif sense == "phase":
            known.parent = len(self._result.records) - 1
        elif sense == "header":
            self._since_header, self._signed = len(self._result.records), False
        elif sense == "units":
            self._result.units |= {c: unit for c, v in cells.items() if (unit := unit_of(shown(v)))}

    def _plain_sense(self, at: int, cells: dict[int, Value], label: str) -> Sense | None:
        """Return what a row is by its form alone: header, column numbers, units, phase of a merged name."""
        texts = [shown(value) for value in cells.values()]
        repeated = sum(text in self._titles for text in texts)
        if repeated >= max(2, (len(texts) + 1) // 2) and not self._figures(cells):
            return "header"
        if is_count(texts):
            return "counters"
        units = [text for c, text in zip(cells, texts, strict=True) if c != self._ordinal]
        if not self._result.records and units and all(_is_unit(t) for t in units):
            return "units"
        if self._result.records and label == "" and self._is_below_name(at):
            return "phase"
        return None

    def _is_below_name(self, at: int) -> bool:
        last = self._result.records[-1]
        return any(
            b.left <= (self._name if self._name is not None else -1) <= b.right
            and b.top <= last < at <= b.bottom
            for b in self._sheet.merged
        )

    def _worded_sense(  # noqa: PLR0911 - one for each kind of row
        self, at: int, cells: dict[int, Value], label: str
    ) -> Sense:
        folded = strip_accents(_MARKED.sub("", label)).strip()
        _, kind = self._marker(at, label)
        figures, own = self._figures(cells), self._own(cells)
        is_numbered = kind == "number" and self._ordinal is not None
        first = [strip_accents(shown(v)).strip() for c, v in list(cells.items())[:2] if isinstance(v, str)]
        if not (is_numbered and own) and (kind_of := _adding_up([folded, *first])):
            return kind_of
        if self._adds_without_name(cells, folded, is_plain=not own and not is_numbered):
            return "total"
        if not figures and not is_numbered:
            if self._signed or self._is_signature(cells):
                self._signed = True
                return "signature"
            is_place = bool(said_place(_about(label))) and self._leads_on(at)
            if not is_place and (_NOTE.match(folded) or any(_NOTE.match(text) for text in first[:1])):
                return "note"
        if self._is_phase(folded, kind) and not self._has_own_id(cells):
            return "note" if self._is_part_of_total(at, folded) else "phase"
        is_bare = self._is_numbered and kind in {"", "dash"} and not figures and not own
        if is_bare or self._is_section(at, cells, label, kind, figures, own):
            return "section" if label and self._leads_on(at) else "note"
        return "record"

    def _adds_without_name(self, cells: dict[int, Value], folded: str, *, is_plain: bool) -> bool:
        """Return whether "Cộng Đô Lương" is a sum and no cluster: nothing says so but that it has no more."""
        if self._name is None or not _ADDS.match(folded):
            return False
        tells = self._is_numbered or any(means in _OWN for means in self._head.means)
        return self._name not in cells or (is_plain and tells)

    def _is_signature(self, cells: dict[int, Value]) -> bool:
        texts = [strip_accents(shown(v)).strip() for v in cells.values() if isinstance(v, str)]
        name = strip_accents(shown(cells.get(self._name if self._name is not None else -1))).strip()
        return any(_SIGNED.search(text) for text in texts) and (not name or bool(_SIGNED.search(name)))

    def _is_part_of_total(self, at: int, folded: str) -> bool:
        """Return whether "trong đó" stands below a total: what it is part of is no cluster."""
        last = self._result.others[-1] if self._result.others else None
        between = any(self._cells(r) for r in range(last.row + 1, at)) if last else True
        is_total = last is not None and (last.sense in {"total", "average"} or last.row in self._parts)
        if is_total and not between and folded.lstrip("-+•*– \t\n\xa0").startswith("trong do"):
            self._parts.add(at)
            return True
        return False

    def _is_phase(self, folded: str, kind: str) -> bool:
        if not self._result.records:
            return False
        if kind == "sub":
            # "1.1" below a cluster "1" is part of it; below a section "1" it is a cluster.
            return not self._stack or self._stack[-1][1].row < self._result.records[-1]
        return kind != "number" and bool(_PHASE.match(folded))

    def _has_own_id(self, cells: dict[int, Value]) -> bool:
        """Return whether a row bears another identifier than the cluster above it."""
        column = self._head.column("cluster_id")
        if column not in cells:
            return False
        return shown(cells[column]) != shown(self._sheet.at(self._result.records[-1], column))

    def _is_section(  # noqa: PLR0913, PLR0917 - what is known of a row
        self, at: int, cells: dict[int, Value], label: str, kind: str, figures: int, own: int
    ) -> bool:
        if not label or self._head.width < 2:  # noqa: PLR2004
            return False
        gives = _given(label, kind)
        if kind in {"roman", "letter"} and not (self._roman_records and own):
            return True
        if self._is_across(at):
            return True
        if gives and not own and kind != "sub":
            is_cluster = bool(_CLUSTER.match(strip_accents(label))) and kind == "number"
            # A place of that name may be a cluster's name; its own number or figures speak for that.
            return not is_cluster and (
                "status" in gives or kind != "number" or not self._next_is_like(at, label)
            )
        if kind == "number" and not own and not figures:
            return self._has_sub_rows(at)
        return self._is_numbered and not kind and not figures and not own and len(cells) == 1

    def _is_across(self, at: int) -> bool:
        half = self._head.width / 2
        return any(b.top == at == b.bottom and b.right - b.left + 1 > half for b in self._sheet.merged)

    def _next_is_like(self, at: int, label: str) -> bool:
        """Return whether the next row is a place too, as in a list of districts."""
        below = next(
            (shown(self._sheet.at(r, self._name or 0)) for r in range(at + 1, self._stop) if self._cells(r)),
            "",
        )
        return bool(said_place(_about(below))) == bool(said_place(_about(label)))

    def _has_sub_rows(self, at: int) -> bool:
        below = next((r for r in range(at + 1, self._stop) if self._cells(r)), None)
        return below is not None and self._marker(below, "")[1] == "sub"

    def _leads_on(self, at: int) -> bool:
        """Return whether anything follows that a section could be a section of."""
        return any(
            self._figures(cells) or self._own(cells) or len(cells) > 1
            for r in range(at + 1, self._stop)
            if (cells := self._cells(r)) and not self._is_signature(cells)
        )

    # --- remembering

    def _add_record(self, at: int) -> None:
        self._signed = False
        handed: dict[str, str] = {}
        for _, section in self._stack:
            handed |= section.gives
        self._result.records.append(at)
        self._result.handed.append(handed)

    def _open_section(self, section: RowSense, at: int, label: str) -> None:
        _, kind = self._marker(at, label)
        section.gives = _given(label, kind)
        level = kind or "+".join(sorted(section.gives)) or "words"
        levels = [known for known, _ in self._stack]
        if level in levels:
            self._close(levels.index(level))
        self._stack.append((level, section))
        section.ranges = [(len(self._result.records), -1)]
        self._since_total = len(self._result.records)

    def _close(self, depth: int) -> None:
        for _, section in self._stack[depth:]:
            section.ranges = [(section.ranges[0][0], len(self._result.records))]
        del self._stack[depth:]

    def _add_total(self, total: RowSense, label: str) -> None:
        count = len(self._result.records)
        starts = [
            self._since_total,
            self._since_header,
            *(s.ranges[0][0] for _, s in reversed(self._stack)),
            0,
        ]
        if _WHOLE.search(strip_accents(label)):
            starts.reverse()
        total.ranges = [(start, count or -1) for start in dict.fromkeys(starts) if start < count or not count]
        if not total.ranges:
            total.ranges = [(0, count)]
        self._since_total = count

    def finished(self) -> Judged:
        """Return the result, with what ran to the end of the table ended there."""
        self._close(0)
        count = len(self._result.records)
        for other in self._result.others:
            other.ranges = [(start, count if stop < 0 else stop) for start, stop in other.ranges]
        return self._result


def _is_unit(text: str) -> bool:
    return bool(unit_of(text)) or text in {"-", "–"} or bool(_UNIT_TITLE.match(strip_accents(text)))


def _is_marker(text: str) -> bool:
    return any(p.match(text) for p in (_NUMBER, _ROMAN, _LETTER, _SUB)) or text in {"-", "+", "*"}


def _adding_up(texts: list[str]) -> Sense | None:
    """Return whether a row adds up or averages others, by its first words."""
    for text in texts:
        plain = text.strip(" -–:.*")
        found = _TOTAL.match(plain)
        if found and (found["sure"] or _TOTAL_OF.match(found["rest"])):
            return "total"
        if _AVERAGE.match(plain):
            return "average"
    return None


def _status_said(text: str) -> str:
    """Return the status that a section states, or its words where they leave it open, to be asked about."""
    reading = status_of(text)
    return reading.status if reading.sure or not reading.status else text


def _about(label: str) -> str:
    """Return what a section is about, without its number and the words before: "- CCN thuộc huyện Tân Kỳ"."""
    text = _LEAD.sub("", _MARKED.sub("", label.strip()), count=1)
    return _LEVEL_AND_NAME.sub(r"\1 ", text).strip(" -–:")


def _given(label: str, kind: str) -> dict[str, str]:
    """Return what a section hands down: its place, its status, or both."""
    text = _MARKED.sub("", label).strip(" -–:")
    parts = [_about(label), text, *(p.strip() for p in re.split(r"\s[-–—]\s|[:;(]", text))]
    places: dict[str, str] = next((place for part in parts if (place := said_place(part))), {})
    about_clusters = re.search(r"cum|ccn|cluster", strip_accents(text)) is not None
    status = _status_said(text) if about_clusters else status_in_title(text) or _status_said(text)
    if _CLUSTER.match(strip_accents(text)) and not about_clusters:
        status = ""
    given = dict(places) | ({"status": status} if status else {})
    # "I | Gia Lâm": a name and no word of what it is.
    plain = _COUNTED.sub("", text).strip()
    is_name = (plain.istitle() or (plain.isupper() and len(plain.split()) > 1)) and not _KIND.match(
        strip_accents(plain)
    )
    if (
        not given
        and kind in {"roman", "letter"}
        and is_name
        and not about_clusters
        and len(plain.split()) <= _MOST_WORDS
    ):
        given = {"district": plain.title() if plain.isupper() else plain}
    return given
