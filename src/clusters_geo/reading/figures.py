"""Figures as people type them: "1.686,5" and "1,686.5", "khoảng 20 ha", "12,7 (GĐ1 8,2)", "> 95%".

Each figure that proves its own decimal mark is read by it. One that does not, such as "1.686", is read by
the mark that the other figures of its column prove, or else those of the whole file; a count has no decimals.
Where nothing proves it, it is left for its owner.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

from clusters_geo.names import strip_accents
from clusters_geo.reading.headers import place_of_note, unit_of, without_mark

__all__ = ["BLANKS", "ERRORS", "Figure", "decimal_mark", "figure_of", "is_blank", "proof", "taken_apart"]

Kind = Literal["figure", "blank", "open", "full", "words"]

# What people write for "nothing known".
BLANKS = {
    "",
    "-",
    "–",
    "—",
    ".",
    "..",
    "...",
    "…",
    "x",
    "n/a",
    "na",
    "nan",
    "null",
    "none",
    "chua co",
    "khong",
    "khong co",
    "k co",
    "khong ro",
    "chua ro",
    "chua co so lieu",
    "khong co so lieu",
    "chua cap nhat",
    "chua",
    "?",
    "/",
    "0-",
}
# What spreadsheets show for a figure that they could not compute.
ERRORS = {"#n/a", "#div/0!", "#value!", "#ref!", "#name?", "#num!", "#null!", "#########"}

_APPROXIMATE = re.compile(
    r"^(?:khoảng|xấp\s+xỉ|gần|chừng|độ\s+chừng|ước(?:\s+tính|\s+đạt)?|tầm|~|≈|about|approx\.?|ca\.?|circa)\s*",
    re.IGNORECASE,
)
_NUMBER = r"[+-]?\d[\d.,\s\u00a0\u202f']*+"
_UNIT = r"[^\W\d][\w\s./²-]*+|%"
_FIGURE = re.compile(rf"^({_NUMBER})\s*({_UNIT})?\s*+[.,;]?$")
_BRACKETED = re.compile(rf"^({_NUMBER})\s*({_UNIT})?\s*+[(\[](.+)[)\]]\s*[.,;]?$")
_TRAILED = re.compile(rf"^({_NUMBER})([^\W\d].*|%.+)$")
# "20 ha và …", "20 ha mỗi năm", "20 ha x 3": what follows makes another figure of it; so may one more number,
# if it is not that of a phase, a decision or a day, or of a part.
_ANOTHER = re.compile(
    r"^\W*(?:va|hoac|hay|cong|tru|nhan|chia|den|toi|moi|mot|tren|x|and|or|plus|minus|per|to|each)\b|[+/&*×]"
    r"|^(?!(?:trong do|giai doan|gd|dot|theo|tinh den|den nam|nam|in|as of|phase)\b).*\d"
)
_OPEN = re.compile(
    r"^(?:[<>≤≥]=?|trên\s+dưới|trên|dưới|hơn|không\s+quá|ít\s+nhất|tối\s+đa|tối\s+thiểu|over|under|more\s+than|less\s+than)"
    rf"\s*{_NUMBER}"
    rf"|^(?:từ\s+)?{_NUMBER}\s*(?:%|ha|m2)?\s*(?:[-–—÷]|đến|tới|to)\s*{_NUMBER}",
    re.IGNORECASE,
)
_FULL = re.compile(
    r"^(?:da )?(?:lap )?(?:day|kin)(?: 100 ?%)?$|^da lap day\b.*|^lap day(?: hoan toan)?$|^full$"
)
# Words for nothing known, whatever follows them; and words that tell something, but no figure.
_NOTHING = re.compile(
    r"^(?:(?:chua|khong|ko|k|dang)\s+(?:co|ro|xac dinh|thong ke|cap nhat|tong hop|bao cao|thu thap|ghi nhan"
    r"|nhap|biet|day du|du)\b\D*|k|ko|kxd|kco|no data|not available|unknown|tbd|[-–—._…\s]+)$"
)
_TOLD = re.compile(r"^\D*\b(?:lap day|chua|khong|dang|mot phan|phan lon|gan het|co ban|du kien)\b\D*$")
# Remarks that make another number of the one before them, or say that it is not what the column asks for.
_SCALE = re.compile(
    r"^(?:tram|nghin|ngan|van|trieu|ty|ti|k|sao|mau|cong|thuoc|acres?|usd|[kcd]?m|thousand|million|billion)"
    r"(?: (?:dong|vnd|ha|nguoi|met vuong|bac bo|trung bo|nam bo))?$"
)
_NEGATED = re.compile(r"\b(?:chua|khong|ko|con lai|con thieu|thieu|tru|not|without|remaining)\b")
_LETTER_MARK = re.compile(r"(?<=\d)\s*\(\s*([a-h])\s*\)$", re.IGNORECASE)
_MOST_LETTERS = 120
_GROUP = 3


@dataclass(frozen=True, slots=True)
class Figure:
    """One cell taken apart.

    `kind` is "figure"; "blank" for nothing known; "open" for a bound or a range, that only its owner can
    make a number of; "full" for words that mean it; "words" for any other text. `digits` is the figure
    without blanks, `unit` as `data/units.csv` calls it; `beside` and `remark` are what stands behind it in
    brackets, with figures and without.
    """

    kind: Kind
    digits: str = ""
    unit: str = ""
    about: bool = False
    mark: str = ""
    beside: str = ""
    remark: str = ""

    @property
    def says_so_itself(self) -> bool:
        """Whether the remark says in words what the figure says: "100 % (đã lấp đầy)"."""
        return self.digits == "100" and _FULL.match(strip_accents(self.remark).strip(". ")) is not None


def taken_apart(text: str) -> Figure:
    """Return what a cell in a column of figures says.

    Examples
    --------
    >>> figure = taken_apart("khoảng 23,74 ha")
    >>> figure.digits, figure.unit, figure.about, taken_apart("27,8(*)").digits, taken_apart("20–30").kind
    ('23,74', 'ha', True, '27,8', 'open')
    >>> taken_apart("12,7 (GĐ1 8,2)").beside, taken_apart("Chưa có").kind, taken_apart("chờ").kind
    ('GĐ1 8,2', 'blank', 'words')
    >>> taken_apart("chưa thống kê").kind, taken_apart("Cơ bản lấp đầy").kind, taken_apart("22,5 (a)").digits
    ('blank', 'open', '22,5')
    >>> (
    ...     taken_apart("12,7 (ha)").unit,
    ...     taken_apart("20 ha (dự kiến)").remark,
    ...     taken_apart("5 (chưa thuê)").kind,
    ... )
    ('ha', 'dự kiến', 'open')
    """
    plain = " ".join(text.split())
    if is_blank(plain):
        return Figure("blank")
    if _FULL.match(strip_accents(plain).strip(". ")):
        return Figure("full")
    if _OPEN.match(plain) and not re.fullmatch(r"[+-]?[\d.,\s]+", plain):
        return Figure("open")
    if len(plain) <= _MOST_LETTERS and _TOLD.match(strip_accents(plain)):
        return Figure("open")
    lettered = _LETTER_MARK.search(plain)
    mark = lettered[0].strip() if lettered else place_of_note(plain)
    marked = _LETTER_MARK.sub("", plain) if lettered else without_mark(plain)
    whole = _FIGURE.match(plain)
    stripped = plain if whole and (not whole[2] or unit_of(whole[2])) else marked
    about = _APPROXIMATE.match(stripped)
    stripped = stripped[about.end() :] if about else stripped
    said = _figure_and_more(stripped)
    if said.kind != "figure":
        return said
    return replace(said, about=bool(about), mark=mark if stripped != plain and not about else "")


def _in_brackets(text: str) -> str:
    """Return a figure with its unit, and in brackets the words behind them; a text without any as it is.

    Examples
    --------
    >>> _in_brackets("20 ha dự kiến"), _in_brackets("20 ha và 5 ha"), _in_brackets("20 người")
    ('20 ha (dự kiến)', '20 ha và 5 ha', '20 người')
    """
    found = _TRAILED.match(text)
    if found is None or len(text) > _MOST_LETTERS or "(" in text or unit_of(found[2]):
        return text
    words = found[2].replace("%", "% ", 1).split()
    parts = (
        (" ".join(words[:at]).rstrip(",;:"), " ".join(words[at:])) for at in range(len(words) - 1, 0, -1)
    )
    unit, remark = next((part for part in parts if unit_of(part[0])), ("", ""))
    remark = remark.strip(".,;:–- ")
    return f"{found[1].strip()} {unit} ({remark})" if unit and remark and not _another(remark) else text


def _another(remark: str) -> bool:
    return _ANOTHER.search(strip_accents(remark)) is not None


def _figure_and_more(text: str) -> Figure:
    """Return a figure with its unit and with what stands behind it, in brackets or not."""
    text = _in_brackets(text)
    found = _BRACKETED.match(text) or _FIGURE.match(text)
    if found is None:
        return Figure("words")
    inside = found[3].strip() if found.re is _BRACKETED else ""
    units = {unit_of(part.rstrip("., ")) for part in (found[2] or "", unit_of(inside) and inside) if part}
    if len(units) > 1 or "" in units:
        return Figure("words")
    figure = Figure("figure", re.sub(r"[\s\u00a0\u202f']", "", found[1]).rstrip(".,"), "".join(units))
    if not inside or unit_of(inside):
        return figure
    if re.search(r"\d", inside):
        two = re.search(r"[)\]].*[(\[]", inside)  # "20 ha (GĐ1) + 5 ha (GĐ2)"
        return Figure("words") if two else replace(figure, beside=inside)
    plain = strip_accents(inside)
    if _NEGATED.search(plain):
        return Figure("open")
    return Figure("words") if _SCALE.search(plain) else replace(figure, remark=inside)


def is_blank(text: str) -> bool:
    """Return whether a text stands for nothing known.

    Examples
    --------
    >>> is_blank(" – "), is_blank("Chưa có"), is_blank("#DIV/0!"), is_blank("0")
    (True, True, False, False)
    """
    plain = " ".join(strip_accents(text).split())
    return plain in BLANKS or _NOTHING.match(plain) is not None


def decimal_mark(texts: list[str]) -> str | None:
    """Return the decimal mark that figures prove, "" if none has a mark, None if it stays open.

    Examples
    --------
    >>> decimal_mark(["1.686,5", "20"]), decimal_mark(["1,686.5"]), decimal_mark(["12", "7"])
    (',', '.', '')
    >>> decimal_mark(["1.686"]) is None, decimal_mark(["1.686", "18,4"]), decimal_mark(["1.2", "3,4"]) is None
    (True, ',', True)
    """
    marked = [t for t in texts if re.search(r"[.,]", t)]
    proofs = {mark for t in marked if (mark := proof(t))}
    if not marked:
        return ""
    return proofs.pop() if len(proofs) == 1 else None


def proof(text: str) -> str:
    """Return the decimal mark that one figure proves, "" if it proves none.

    Examples
    --------
    >>> proof("12,7"), proof("1.686.500"), proof("1.686"), proof("0.855")
    (',', ',', '', '.')
    """
    last = max(text.rfind("."), text.rfind(","))
    if last < 0:
        return ""
    mark, other = text[last], "," if text[last] == "." else "."
    if other in text[:last]:
        return mark
    if text.count(mark) > 1:
        return other
    before, after = text[:last].lstrip("+-"), text[last + 1 :]
    # Three digits behind the only mark prove nothing, unless no group of thousands could begin like that.
    is_group = len(after) == _GROUP and 1 <= len(before) <= _GROUP and not before.startswith("0")
    return "" if is_group else mark


def figure_of(digits: str, mark: str | None) -> float | int | None:
    """Return a figure as a number by its own mark, or, where it proves none, by a given one.

    Parameters
    ----------
    digits
        Without unit and blanks.
    mark
        "," or "."; "" or None where nothing is known.

    Returns
    -------
    None where the mark stays open or it is no number.

    Examples
    --------
    >>> figure_of("1.686,5", None), figure_of("1.686", ","), figure_of("1.686", "."), figure_of("1.686", None)
    (1686.5, 1686, 1.686, None)
    """
    text = re.sub(r"[\s\u00a0\u202f']", "", digits)
    own = proof(text)
    if not own and re.search("[.,]", text):
        if not mark:
            return None
        own = mark
    if own:
        text = text.replace("," if own == "." else ".", "").replace(",", ".")
    try:
        return float(text) if "." in text else int(text)
    except ValueError:
        return None
