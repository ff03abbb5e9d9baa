"""TCVN3 and VNI, the encodings of the fonts of the 1990s, beside those that Python knows.

Their characters are in `legacy/`, with their sources. TCVN3 has no capitals with a tone; they existed only in
capital fonts (.VnTimeH) and are small letters in a file.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from functools import cache
from pathlib import Path

__all__ = ["decode", "encode", "has_small", "letters_of", "lost_letters"]


def decode(content: bytes, encoding: str) -> str:
    r"""Return bytes as text in composed Unicode.

    Parameters
    ----------
    content
        The bytes of a name or a whole file.
    encoding
        "tcvn3", "vni" or any that Python knows.

    Raises
    ------
    UnicodeDecodeError
        If the bytes are not text in that encoding.
    LookupError
        If there is no such encoding.

    Examples
    --------
    >>> decode(b"Ph\xefng X\xb8", "tcvn3"), decode(b"Xa\xec", "cp1258")
    ('Phùng Xá', 'Xá')
    """
    if encoding.lower() in {"tcvn3", "vni"}:
        pattern, letters = letters_of(encoding.lower())
        text = pattern.sub(lambda found: letters[found[0]], content.decode("latin-1"))
    else:
        text = content.decode(encoding)
    return unicodedata.normalize("NFC", text)


def encode(text: str, encoding: str) -> bytes:
    """Return text in the bytes of "tcvn3", "vni" or an encoding that Python knows.

    Raises
    ------
    UnicodeEncodeError
        If a character has no bytes there; TCVN3 has no capitals with a tone.

    Examples
    --------
    >>> decode(encode("Phùng Xá", "vni"), "vni")
    'Phùng Xá'
    """
    if encoding.lower() not in {"tcvn3", "vni"}:
        return text.encode(encoding)
    _, letters = letters_of(encoding.lower())
    codes = {letter: code for code, letter in letters.items()}
    return "".join(codes.get(c, c) for c in unicodedata.normalize("NFC", text)).encode("latin-1")


@cache
def letters_of(name: str) -> tuple[re.Pattern[str], dict[str, str]]:
    """Return a pattern of the codes of an encoding, and the letter of each."""
    with (Path(__file__).parent / "legacy" / f"{name}.csv").open(encoding="utf-8", newline="") as opened:
        letters = {bytes.fromhex(r["hex"]).decode("latin-1"): r["character"] for r in csv.DictReader(opened)}
    # VNI writes a letter and its mark as two bytes; the longer wins.
    longest_first = sorted(letters, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first))), letters


@cache
def lost_letters() -> frozenset[str]:
    """Return the small letters that TCVN3 has no capital for: all that carry a tone."""
    letters = set(letters_of("tcvn3")[1].values())
    return frozenset(c for c in letters if c.islower() and c.upper() not in letters)


def has_small(text: str) -> bool:
    """Return whether a letter is small that could have been a capital."""
    return any(c.islower() and c not in lost_letters() for c in text)
