"""Vietnamese names: one spelling for comparing, and "did you mean" for what does not match.

Two names are the same if their *keys* are equal. A key is the name in composed Unicode (NFC), lower case,
without the prefix of its administrative type, with look-alike letters and the placement of the tone mark
unified. Where keys differ, the *folded* form (no diacritics) decides, but only if one candidate has it:
"Phung Xa" must not choose between two places on its own.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, cast

import pandas as pd

from clusters_geo.errors import SchemaError

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

__all__ = [
    "did_you_mean",
    "find_cluster",
    "fold",
    "is_as_typed",
    "match_names",
    "name_key",
    "name_order",
    "slug",
    "strip_accents",
]

# Đ (U+0110) is the Vietnamese letter; eth and African d look the same in most fonts.
_LOOK_ALIKES = str.maketrans({"Ð": "Đ", "ð": "đ", "Ɖ": "Đ", "ɖ": "đ"})
# The same few names and headers are asked for again and again.
_OFTEN = 4096
# difflib's own default: two names of which fewer letters agree do not read alike.
_ALIKE = 0.6
_D_STROKE = str.maketrans({"đ": "d", "Đ": "D"})

_PREFIX = re.compile(
    r"^(?:(?:quận|huyện|thị xã|thành phố|phường|xã|thị trấn|tp|tx|tt|q|h|p|x)\s*[.\s]\s*)(?=\S)",
)
_CLUSTER_PREFIX = re.compile(r"^(?:cụm công nghiệp|cụm cn|ccn)\b[\s.:-]*(?=\S)")

# The tone mark of open oa, oe, uy stands on the first vowel in the old style and on the second in the new.
_OLD_TONE = {
    old: new
    for plain, olds, news in (
        ("oa", "òóỏõọ", "àáảãạ"),
        ("oe", "òóỏõọ", "èéẻẽẹ"),
        ("uy", "ùúủũụ", "ỳýỷỹỵ"),
    )
    for old, new in ((o + plain[1], plain[0] + n) for o, n in zip(olds, news, strict=True))
}
# "quý" keeps its mark: there u belongs to the consonant.
_OPEN_VOWELS = re.compile(rf"(?<!q)({'|'.join(_OLD_TONE)})(?!\w)")


@lru_cache(maxsize=_OFTEN)
def name_key(name: str) -> str:
    """Return the form of a name under which equal names are equal.

    Examples
    --------
    >>> name_key("Huyện Thường Tín") == name_key("THƯỜNG  TÍN") == name_key("H. Thường Tín")
    True
    >>> name_key("Ứng Hòa") == name_key("Ứng Hoà")
    True
    >>> name_key("Ðông Anh") == name_key("Đông Anh")
    True
    >>> name_key("CCN Phùng Xá")
    'phùng xá'
    """
    text = unicodedata.normalize("NFC", name).translate(_LOOK_ALIKES).casefold()
    text = " ".join(re.sub(r"[–—]", "-", text).split())
    text = _CLUSTER_PREFIX.sub("", text)
    text = _PREFIX.sub("", text)
    return _OPEN_VOWELS.sub(lambda found: _OLD_TONE[found[1]], text)


def fold(name: str) -> str:
    """Return a name in lower-case ASCII letters, for searching without accents.

    Examples
    --------
    >>> fold("Đan Phượng giai đoạn 2")
    'dan phuong giai doan 2'
    """
    return strip_accents(name_key(name))


@lru_cache(maxsize=_OFTEN)
def strip_accents(text: str) -> str:
    """Return a text without diacritics, in lower case, and otherwise as it is.

    Examples
    --------
    >>> strip_accents("Xã Phùng Xá")
    'xa phung xa'
    """
    if text.isascii():
        return text.casefold()
    # Composed first, so that a decomposed Ð-like letter and its marks come apart in one way only.
    composed = unicodedata.normalize("NFC", text).translate(_LOOK_ALIKES).translate(_D_STROKE).casefold()
    decomposed = unicodedata.normalize("NFD", composed)
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def slug(name: str) -> str:
    """Return a name fit for a file: ASCII letters, digits and hyphens.

    Examples
    --------
    >>> slug("Huyện Thường Tín")
    'thuong-tin'
    """
    return re.sub(r"[^a-z0-9]+", "-", fold(name)).strip("-")


def name_order(name: str) -> tuple[str, str]:
    """Return what names are sorted by in every table: their plain letters, Đ with D, and then the marks.

    Examples
    --------
    >>> sorted(["Tây Đô", "Đồng Tiến", "Thọ Lập"], key=name_order)
    ['Đồng Tiến', 'Tây Đô', 'Thọ Lập']
    """
    return fold(name), name


def did_you_mean(name: str, candidates: Iterable[str], *, most: int = 3) -> list[str]:
    """Return the candidates that read most like a name, best first.

    Examples
    --------
    >>> did_you_mean("Thuong Tin", ["Thanh Oai", "Thường Tín"])
    ['Thường Tín']
    """
    known = list(dict.fromkeys(candidates))
    near = difflib.get_close_matches(fold(name), {fold(c) for c in known}, n=most, cutoff=_ALIKE)
    return [c for f in near for c in known if fold(c) == f][:most]


def match_names(names: pd.Series, candidates: Iterable[str]) -> pd.DataFrame:
    """Match names to a list of known names.

    Parameters
    ----------
    names
        Names as somebody typed them; missing ones stay unmatched.
    candidates
        The known names, such as the 30 districts.

    Returns
    -------
    Table on the index of `names` with `match` (the known name or missing), `how` (`exact`, `spelling`:
    prefix, case, Unicode form or tone placement; `accents`: only without diacritics; or `none`) and
    `suggestions` (what to try where nothing matched).

    Examples
    --------
    >>> match_names(pd.Series(["Huyện Ba Vì", "Ha Dong", "Hà Dông B"]), ["Ba Vì", "Hà Đông"])
            match       how suggestions
    0       Ba Vì  spelling
    1     Hà Đông   accents
    2        <NA>      none     Hà Đông
    """
    known = list(dict.fromkeys(candidates))
    keyed = _unique({name: name_key(name) for name in known})
    folded = _unique({name: fold(name) for name in known})
    rows = [_match_one(name, known, keyed, folded) for name in names]
    table = pd.DataFrame(rows, index=names.index, columns=["match", "how", "suggestions"])
    return table.astype("string")


def _match_one(
    name: object, known: list[str], keyed: dict[str, str], folded: dict[str, str]
) -> tuple[str | None, str, str]:
    if not isinstance(name, str) or not name.strip():
        return None, "none", ""
    if name in known:
        return name, "exact", ""
    if name_key(name) in keyed:
        return keyed[name_key(name)], "spelling", ""
    if fold(name) in folded:
        return folded[fold(name)], "accents", ""
    return None, "none", ", ".join(did_you_mean(name, known))


def is_as_typed(typed: str, known: str, others: Iterable[str]) -> bool:
    """Return whether a name that agrees without accents is merely typed, or kept, without any.

    "Hoàng Hóa" and "Hoằng Hóa" are two names; "hoang hoa" is how either is typed in haste.

    Parameters
    ----------
    typed, known
        What somebody typed, and the name that has the same letters without accents.
    others
        All known names: where none has an accent, the whole list was typed without.

    Examples
    --------
    >>> [is_as_typed(typed, "Hoằng Hóa", ["Hoằng Hóa"]) for typed in ("hoang hoa", "Hoằng Hoá", "Hoàng Hóa")]
    [True, True, False]
    """
    key = name_key(typed)
    bare = all(name_key(other) == fold(other) for other in others)
    return key in (fold(typed), name_key(known)) or bare


def _unique(forms: dict[str, str]) -> dict[str, str]:
    # A form that two known names share decides nothing.
    counts = pd.Series(list(forms.values()), dtype="object").value_counts()
    return {form: name for name, form in forms.items() if counts[form] == 1}


def find_cluster(clusters: pd.DataFrame, wanted: str) -> Hashable:
    """Return the id of the cluster that an id or a name means.

    Raises
    ------
    SchemaError
        If none does, with the nearest names, or if several have that name, with their ids.

    Examples
    --------
    >>> find_cluster(pd.DataFrame({"name": ["Phú Thị"]}, index=["CCN-01"]), "CCN Phu Thi")
    'CCN-01'
    """
    same = clusters.index[clusters.index.astype(str) == wanted]
    if len(same) == 1:
        return cast("Hashable", same[0])
    names = clusters.get("name", pd.Series(index=clusters.index)).astype("string")
    match = match_names(pd.Series([wanted]), names.dropna().unique()).iloc[0]
    found_name = match["match"]
    if pd.isna(found_name) or not is_as_typed(wanted, found_name, names.dropna().unique()):
        near = match["suggestions"] if pd.isna(found_name) else found_name
        raise SchemaError(
            "register.like-cluster" if near else "register.no-cluster", wanted=wanted, near=near
        )
    same = clusters.index[(names == match["match"]).fillna(value=False)]
    if len(same) > 1:
        places = clusters.get("district", pd.Series(index=clusters.index)).astype("string").fillna("?")
        listed = ", ".join(f"{key} ({places[key]})" for key in same)
        raise SchemaError("register.same-name", count=len(same), name=match["match"], ids=listed)
    found: Hashable = same[0]
    return found
