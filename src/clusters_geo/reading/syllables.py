"""Is this Vietnamese? A word beyond ASCII has to be a syllable: onset, vowels, coda, at most one tone."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

from clusters_geo.reading.charsets import has_small

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["LOOK_ALIKES", "WORDS", "share_of_syllables"]

_ONSET = r"(?:ngh|ng|nh|gh|gi|kh|ph|qu|th|tr|ch|[bcdđghklmnprstvx])?"
_CODA = r"(?:ch|nh|ng|[ckmnpt])"
# Some vowels end a syllable, some need a consonant behind them, some may have one.
_ENDING = (
    r"(?:uya|iêu|yêu|ươu|ươi|uôi|oai|oay|oao|oeo|uây|uyu|uêu|"
    r"ia|ya|ưa|ua|ai|ao|au|ay|âu|ây|eo|êu|iu|oi|ôi|ơi|ui|ưi|ưu)"
)
_NEEDING = r"(?:uyê|iê|yê|ươ|uô|oă|uâ|[ăâ])"
_EITHER = r"(?:oa|oe|oo|uê|uơ|uy|[aeêioôơuưy])"
_SYLLABLE = re.compile(f"{_ONSET}(?:{_ENDING}|{_NEEDING}{_CODA}|{_EITHER}{_CODA}?)")
_TONES = dict.fromkeys(map(ord, "\u0300\u0301\u0303\u0309\u0323"))
_STOPPED = re.compile(r"(?:ch|[ckpt])$")
_STOP_TONES = "\u0301\u0323"
WORDS = re.compile(r"[^\s!-/:-@\[-`{-~–—“”‘’…]+")
LOOK_ALIKES = str.maketrans({"Ð": "Đ", "ð": "đ", "Ɖ": "Đ", "ɖ": "đ"})


def share_of_syllables(texts: Iterable[str]) -> float | None:
    """Return which share of the words beyond ASCII are Vietnamese syllables; None where there is no word.

    Examples
    --------
    >>> share_of_syllables(["Phùng Xá", "Bát Tràng"]), share_of_syllables(["PhÃ¹ng"])
    (1.0, 0.0)
    """
    # A letter alone, such as the number of a list, is no evidence.
    words = [w for text in texts for w in WORDS.findall(text) if not w.isascii() and len(w) > 1]
    if not words:
        return None
    return sum(_is_syllable(word) for word in words) / len(words)


@lru_cache(maxsize=4_096)
def _is_syllable(word: str) -> bool:
    letters = unicodedata.normalize("NFD", word.translate(LOOK_ALIKES).casefold())
    toneless = unicodedata.normalize("NFC", letters.translate(_TONES))
    tones = [c for c in letters if ord(c) in _TONES]
    if len(tones) > 1 or _SYLLABLE.fullmatch(toneless) is None or _has_stray_capital(word):
        return False
    # Before c, ch, k, p and t only the rising and the heavy tone occur.
    return _STOPPED.search(toneless) is None or not tones or tones[0] in _STOP_TONES


def _has_stray_capital(word: str) -> bool:
    return any(c.isupper() for c in word[1:]) and has_small(word)
