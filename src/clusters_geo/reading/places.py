"""Places as they are written in one cell, a section or a title: commune and district taken apart."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from clusters_geo.names import strip_accents
from clusters_geo.reading.headers import table_of

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Place", "district_in_title", "place_of", "province_in_titles", "said_place"]

_COMMUNE = r"xã|phường|thị\s+trấn|tt\.|tt(?=\s)|x\.|p\."
_DISTRICT = r"huyện|quận|thị\s+xã|thành\s+phố|tp\.?(?=\s|\b)|tx\.?(?=\s|\b)|h\.|q\."
_BELOW = (
    r"thôn|xóm|tổ|khu|ấp|bản|làng|số|đường|lô|khối|tổ\s+dân\s+phố|tdp"
    r"|khu\s+phố|kp|tk|km|quốc\s+lộ|ql|tỉnh\s+lộ|đt|cụm\s+dân\s+cư"
)
_ABOVE = r"tỉnh|vùng"
_LEVEL = re.compile(
    rf"^\s*(?:(?:thuộc|tại|trên\s+địa\s+bàn|địa\s+phận|các|của)\s+)*(?:(?P<commune>{_COMMUNE})|(?P<district>{_DISTRICT})"
    rf"|(?P<below>{_BELOW})\s|(?P<above>{_ABOVE})\s)\s*",
    re.IGNORECASE,
)
_PARTS = re.compile(
    r"[,;\n()/+&]|\s[-–—]\s|(?<!\s)\s++và\s++|(?<!\s)\s++(?=(?:huyện|quận|thị\s+xã|thuộc|tỉnh)\s+[A-ZĐÀ-Ỹ])",
    re.IGNORECASE,
)
_WITHIN = re.compile(r"(?<=[\w])\s*[-–]\s*(?=(?:xã|huyện|phường|quận|h\.|x\.))", re.IGNORECASE)

# Cities that are provinces: "TP Hà Nội" behind an address is no district.
_PROVINCES = {"ha noi", "hai phong", "da nang", "can tho", "ho chi minh", "hcm"}

_TITLE = re.compile(r"\b(huyện|quận|thị\s+xã)\s+((?:[^\W\d_]+[ \t]*){1,4})", re.IGNORECASE)
_ENDS_NAME = {
    "nam",
    "quy",
    "thang",
    "den",
    "tinh",
    "thanh",
    "giai",
    "ky",
    "tren",
    "theo",
    "va",
    "ngay",
    "the",
    "tai",
    "co",
    "su",
}
_MOST_WORDS = 4


class Place(NamedTuple):
    """What a cell says of where something lies; "" and () for nothing."""

    district: str
    communes: tuple[str, ...]


def place_of(text: str) -> Place | None:
    """Return the communes and the district of a text that names both, or several communes; None for neither.

    Examples
    --------
    >>> place_of("Xã Phú Thị, huyện Gia Lâm")
    Place(district='Gia Lâm', communes=('Phú Thị',))
    >>> place_of("xã Phụng Châu và xã Phú Nghĩa, huyện Chương Mỹ").communes
    ('Phụng Châu', 'Phú Nghĩa')
    >>> place_of("Phú Thị") is None, place_of("Phú Thị, Gia Lâm").district
    (True, 'Gia Lâm')
    >>> place_of("Xã Yên Phong, tỉnh Bắc Ninh")
    Place(district='', communes=('Yên Phong',))
    """
    parts = [
        part.strip(" .:-–") for part in _PARTS.split(_WITHIN.sub(", ", unicodedata.normalize("NFC", text)))
    ]
    parts = [part for part in parts if part]
    last = _LEVEL.match(parts[-1]) if len(parts) > 1 else None
    # "Xã Yên Phong, tỉnh Bắc Ninh": since July 2025 nothing stands between the two.
    in_province = last is not None and last.lastgroup == "above"
    if len(parts) > 1 and last is None and strip_accents(parts[-1]) in _provinces():
        in_province = any(f and f.lastgroup == "commune" for f in map(_LEVEL.match, parts))
    return _place(parts[:-1] if in_province else parts, text, in_province=in_province)


def _place(parts: list[str], text: str, *, in_province: bool) -> Place | None:
    communes: list[str] = []
    district, level, bare = "", "", []
    for part in parts:
        found = _LEVEL.match(part)
        name = part[found.end() :].strip(" .:-–") if found else part
        level = found.lastgroup or "" if found else level or "bare"
        if not name or (found and level in {"below", "above"}):
            level = "" if found else level
        elif level == "district" and strip_accents(name) not in _PROVINCES:
            district = district or name
            level = ""
        elif level == "commune":
            communes.append(name)
        elif level == "bare":
            bare.append(name)
            level = ""
    if not district and not communes and len(bare) == 2:  # noqa: PLR2004 - commune, district
        return _of_two(bare[0], bare[1], text)
    if bare and district and not communes:
        communes = bare
    elif bare and communes and not district and len(bare) == 1:
        district = bare[0]
    is_several = (district and communes) or len(communes) > 1 or (in_province and (district or communes))
    return Place(district, tuple(communes)) if is_several else None


def _of_two(one: str, other: str, text: str) -> Place:
    """Return what two bare names are: "A và B" two of a kind, "A, B" a place and what it lies in."""
    if strip_accents(other) in _PROVINCES:
        return Place(one, ())
    return Place("", (one, other)) if re.search(r"\svà\s|[&+;]", text) else Place(other, (one,))


@cache
def _provinces() -> frozenset[str]:
    return frozenset(strip_accents(row["name"]) for row in table_of("provinces"))


def said_place(label: str) -> dict[str, str]:
    """Return the district or commune that a section is about, {} for neither.

    Examples
    --------
    >>> said_place("Huyện Gia Lâm (3 cụm)"), said_place("Xã Bát Tràng:"), said_place("Vùng phía Nam")
    ({'district': 'Gia Lâm'}, {'commune': 'Bát Tràng'}, {})
    """
    text = re.split(r"[(:;,\d]|\s[-–—]\s", unicodedata.normalize("NFC", label).strip())[0].strip(" .")
    found = _LEVEL.match(text)
    name = _as_name(text[found.end() :]) if found else ""
    if found is None or not name or found.lastgroup not in {"district", "commune"}:
        return {}
    if found.lastgroup == "district" and strip_accents(name) in _PROVINCES:
        return {}
    return {found.lastgroup: name} if len(name.split()) <= _MOST_WORDS else {}


def district_in_title(text: str) -> str:
    """Return the one district that a title names, "" for none or several.

    Examples
    --------
    >>> district_in_title("DANH SÁCH CỤM CÔNG NGHIỆP HUYỆN GIA LÂM NĂM 2023")
    'Gia Lâm'
    >>> district_in_title("CÁC CỤM CÔNG NGHIỆP TRÊN ĐỊA BÀN HUYỆN/THÀNH PHỐ")
    ''
    """
    names = set()
    for found in _TITLE.finditer(unicodedata.normalize("NFC", text)):
        words = []
        for word in found[2].split():
            if strip_accents(word) in _ENDS_NAME or not word[0].isupper():
                break
            words.append(word)
        if words and found[1][0].isupper() | found[2][0].isupper():
            names.add(_as_name(" ".join(words)))
    return names.pop() if len(names) == 1 else ""


def province_in_titles(texts: Iterable[str]) -> str:
    """Return the one province that the lines above a table name as such, "" for none or several.

    Examples
    --------
    >>> province_in_titles(["SỞ CÔNG THƯƠNG", "DANH MỤC CỤM CÔNG NGHIỆP TỈNH THANH HÓA"])
    'Thanh Hóa'
    >>> province_in_titles(["Thành phố Thanh Hóa"]), province_in_titles(["TỈNH HÀ NAM", "Tỉnh Ninh Bình"])
    ('', '')
    """
    said = [_in_words(text) for text in texts]
    # Looking for a name is quicker than matching, and nearly none of them stands there.
    names = [row["name"] for row in table_of("provinces")]
    found = {
        name
        for name, words in zip(names, map(_in_words, names), strict=True)
        if any(words in text and re.search(_named_as_province(words), text) for text in said)
    }
    return found.pop() if len(found) == 1 else ""


def _named_as_province(words: str) -> str:
    # A city that is a province is called so; any other city is a part of one.
    city = r"|thanh pho|tp\.?" if words in _PROVINCES else ""
    return rf"\b(?:tinh|so cong thuong{city})(?: tinh| thanh pho| tp\.?)? {words}\b"


def _in_words(text: str) -> str:
    return " ".join(re.split(r"[\s–-]+", strip_accents(text)))


def _as_name(text: str) -> str:
    name = " ".join(text.split()).strip(" .")
    return name.title() if name.isupper() else name
