"""Vietnamese text in the encodings of its past: TCVN3, VNI, Windows-1258, and UTF-8 taken for something else.

Which encoding a column is in is decided by what it reads as: a word with a letter beyond ASCII must be a
Vietnamese syllable (onset, vowels, coda, at most one tone). Bytes read in the wrong encoding almost never
are. A tie, or a reading in which too few words are syllables, changes nothing and is said.

Capitals that TCVN3 cannot write are made capitals again where the letters beside them decide: "PHùNG Xá", or
first letters of names.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from functools import cache, lru_cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from clusters_geo.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from clusters_geo.reading.notes import LoadReport

__all__ = [
    "ENCODINGS",
    "LOOK_ALIKES",
    "WORDS",
    "best_reading",
    "decode",
    "encode",
    "has_small",
    "letters_of",
    "lost_letters",
    "read_again",
    "repair_text",
    "share_of_syllables",
]

ENCODINGS = ("utf-8", "tcvn3", "vni", "cp1258")

_TEXT = pd.StringDtype()  # pandas takes longer to find it by its name than to make a short column
_ENOUGH = 0.7
_SAMPLE = 2_000
# What Windows-1252 has where Latin-1 has controls, and these controls.
_WINDOWS = {
    ord(letter): chr(code)
    for code in range(0x80, 0xA0)
    if (letter := bytes([code]).decode("cp1252", "ignore"))
}

# A letter of neither Latin-1 nor Windows-1252: the text is real Unicode.
_BEYOND = re.compile(f"[^\x00-\xff{''.join(map(chr, _WINDOWS))}]")

_INITIAL = re.compile(r"(?<!\S)[^\W\d_]")

# Signs that mean nothing in a name and change what is shown: controls, zero widths, direction marks.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad]"
)
_HALVES, _HIGH = re.compile("[\x80-\x9f]"), re.compile("[\xa0-\xff]")
# Programs write these beside a table whatever is in it.
_UNASKED = ("cp1252", "iso-8859-1", "latin-1", "ascii", "us-ascii")
_ALIKE = re.compile("[ÐðƉɖ]")

# What tidying may have changed in a text, by the note that says so.
_CHANGES: dict[str, Callable[[str, str], bool]] = {
    "text.hidden": lambda text, _: bool(_HIDDEN.search(text)),
    "text.composed": lambda text, _: not unicodedata.is_normalized("NFC", text),
    "text.look-alikes": lambda text, tidy: bool(_ALIKE.search(text)) and not _ALIKE.search(tidy),
}


def best_reading(content: bytes, encoding: str | None = None, *, what: str = "The text") -> tuple[str, str]:
    """Return a whole text, called `what` in an error, and the encoding in which it reads as Vietnamese.

    Raises
    ------
    SourceError
        If it cannot be read in the encoding that was asked for, or in none.
    """
    if not encoding and (wide := _utf_16(content)):
        return content.decode(wide).removeprefix("\ufeff"), "utf-16"
    wanted = (encoding,) if encoding else ENCODINGS
    readings = {name: text for name in wanted if (text := _try(content, name)) is not None}
    if not encoding and "utf-8" in readings:
        return readings["utf-8"].removeprefix("\ufeff"), "utf-8"
    scores = {
        name: share_of_syllables(WORDS.findall(text)[:_SAMPLE]) or 0.0 for name, text in readings.items()
    }
    best = max(scores, key=lambda name: scores[name], default="")
    if not best or (not encoding and scores[best] < _ENOUGH):
        tried = encoding or ", ".join(ENCODINGS)
        raise SourceError("text.unreadable", what=what, tried=tried)
    return readings[best].removeprefix("\ufeff"), best


def _utf_16(content: bytes) -> str:
    """Return which half of UTF-16 a text is in, "" for neither: by its mark, or NULs beside plain letters."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    head = content[:2_000]
    even, odd = head[::2].count(0), head[1::2].count(0)
    if max(even, odd) > len(head) / 8:
        return "utf-16-le" if odd > even else "utf-16-be"
    return ""


def read_again(texts: list[str], encoding: str | None) -> tuple[str, Callable[[str], str]] | None:
    """Return in which encoding text that arrived as Unicode was typed, and how to read it; None for none.

    Workbooks typed in fonts of the past hold Latin letters that only look Vietnamese in that font.
    """
    used = encoding
    if used is None:
        sample = [t for t in dict.fromkeys(texts) if not t.isascii()][:_SAMPLE]
        as_is = share_of_syllables(sample)
        if not sample or as_is is None or as_is >= _ENOUGH:
            return None
        shares = {e: share for e in ENCODINGS if (share := _share_in(sample, e)) is not None}
        used = max(shares, key=lambda e: shares[e], default=None)
        if used is None or shares[used] < _ENOUGH or shares[used] <= as_is:
            return None
    found = used

    def read(text: str) -> str:
        again = None if text.isascii() else _reread_or_none(text, found)
        return text if again is None else again

    return (found, read) if any(read(text) != text for text in texts) else None


def _try(content: bytes, encoding: str) -> str | None:
    try:
        return decode(content, encoding)
    except UnicodeDecodeError:
        return None
    except LookupError as error:
        raise SourceError("text.no-encoding", encoding=encoding, known=", ".join(ENCODINGS)) from error


def repair_text(
    table: pd.DataFrame, report: LoadReport, *, declared: str | None = None, encoding: str | None = None
) -> pd.DataFrame:
    """Return a table whose headers and text are Vietnamese in composed Unicode.

    Parameters
    ----------
    table
        Text columns hold Unicode, or one character for each byte where `declared` is not None.
    report
        Receives the encoding of each column and what was changed.
    declared
        What the file says of its encoding; "" for nothing, None where text arrived as Unicode.
    encoding
        What the caller says; it wins.

    Raises
    ------
    SourceError
        If a column cannot be read in `encoding`.
    """
    texts = {n: c for n, c in table.items() if isinstance(c.dtype, pd.StringDtype) or c.dtype == object}
    columns = {n: _repair_column(str(n), c, report, declared, encoding) for n, c in texts.items()}
    changed = table.assign(**{str(n): c for n, c in columns.items()})
    headers = [_repaired_header(str(n), encoding, _foreign(declared)) for n in changed.columns]
    return changed.set_axis(headers, axis=1)


def _repair_column(
    name: str, column: pd.Series, report: LoadReport, declared: str | None, encoding: str | None
) -> pd.Series:
    # At once: walking through a column of pandas makes an object of its own for each cell.
    cells = column.to_numpy(dtype=object)
    found = {at: value for at, value in enumerate(cells) if isinstance(value, str)}
    if not found:
        return column
    texts = list(found.values())
    used = _encoding_of(name, texts, report, declared, encoding)
    if used:
        texts = [_reread(name, row, text, used, report) for row, text in zip(found, texts, strict=True)]
        if used == "tcvn3":
            texts = _with_capitals(name, dict(zip(found, texts, strict=True)), report)
        if used != "utf-8" or declared is None:
            report.encodings[name] = used
            report.note("text.encoding", column=name, encoding=used)
    if not used and _is_tidy("\n".join(texts)):
        return column.astype(_TEXT) if isinstance(column.dtype, pd.StringDtype) else _as_text(column, found)
    tidy_of = {t: t if not used and _keeps_bytes(t, declared) else _tidied(t) for t in set(texts)}
    _note_tidied(name, dict(zip(found, texts, strict=True)), tidy_of, report)
    changed = {
        at: tidy_of[new] for (at, old), new in zip(found.items(), texts, strict=True) if tidy_of[new] != old
    }
    if not changed and isinstance(column.dtype, pd.StringDtype):
        return column.astype(_TEXT)
    values = column.astype(object)
    if changed:
        # What needed no repair stays the very object: a formula is more than its text.
        values.iloc[list(changed)] = list(changed.values())
    return _as_text(values, found)


def _as_text(values: pd.Series, found: dict[int, str]) -> pd.Series:
    """Return a column as text if all that it holds is plain text, else as the objects that it holds."""
    is_plain = all(type(value) is str for value in found.values())
    is_text = is_plain and len(found) in {len(values), values.count()}
    return values.astype(_TEXT if is_text else object)


def _is_tidy(text: str) -> bool:
    """Return whether tidying leaves texts, one a line, as they are."""
    return not (_HIDDEN.search(text) or _ALIKE.search(text) or not unicodedata.is_normalized("NFC", text))


def _with_capitals(name: str, found: dict[int, str], report: LoadReport) -> list[str]:
    """Return texts with the capitals that TCVN3 cannot write, where the letters beside them decide."""
    texts = list(found.values())
    if not any(c.isupper() for text in texts for c in text):
        report.note("text.capital-font", [at + 1 for at in found], column=name)
        return texts
    all_capital = _all_in_capitals(texts)
    after = [_capital_runs(text, all_capital=all_capital) for text in texts]
    if _begin_with_capitals(after):
        after = [
            _INITIAL.sub(lambda m: m[0].upper() if m[0] in lost_letters() else m[0], text) for text in after
        ]
    rows = [at + 1 for at, old, new in zip(found, texts, after, strict=True) if old != new]
    if rows:
        report.note("text.capitals", rows, column=name)
    return after


def _capital_runs(text: str, *, all_capital: bool) -> str:
    """Return a text in which "PHùNG Xá" is "PHÙNG XÁ": no letter that could be a capital is small."""
    runs = ((small, "".join(words)) for small, words in groupby(re.split(r"(\s+)", text), has_small))
    return "".join(
        run.upper() if not small and (all_capital or _is_capital(run)) else run for small, run in runs
    )


def _is_capital(run: str) -> bool:
    # One capital may only begin a name; two in a word with a lost letter are the sign. "CCN" is none.
    return any(
        sum(c.isupper() for c in word) > 1 and not lost_letters().isdisjoint(word) for word in run.split()
    )


def _all_in_capitals(texts: list[str]) -> bool:
    plain = [text for text in texts if not has_small(text)]
    return len(plain) >= _ENOUGH * len(texts) and any(_is_capital(text) for text in plain)


def _begin_with_capitals(texts: list[str]) -> bool:
    found: list[str] = [c for text in texts for c in _INITIAL.findall(text)]
    initials = [c for c in found if c not in lost_letters()]
    return sum(c.isupper() for c in initials) >= _ENOUGH * max(1, len(initials))


def _encoding_of(
    name: str, texts: list[str], report: LoadReport, declared: str | None, encoding: str | None
) -> str | None:
    """Return the encoding to read a column again in, or None where it reads well as it is."""
    if encoding:
        return encoding
    sample = [t for t in dict.fromkeys(texts) if not t.isascii()][:_SAMPLE]
    if not sample:
        return None
    # Bytes beyond ASCII that form valid UTF-8 throughout are UTF-8: chance does not do that.
    if declared is not None and _is_utf8(sample):
        return "utf-8"
    as_is = share_of_syllables(sample) or 0.0
    # Nothing reads better than all of it.
    return None if as_is == 1.0 else _likeliest(name, sample, report, declared, as_is)


def _likeliest(
    name: str, sample: list[str], report: LoadReport, declared: str | None, as_is: float
) -> str | None:
    shares = {e: share for e in ENCODINGS if (share := _share_in(sample, e)) is not None}
    best = max(shares, key=lambda e: shares[e], default="")
    if best and shares[best] >= _ENOUGH and shares[best] > as_is:
        rivals = [e for e in shares if shares[e] == shares[best] and _differ(sample, e, best)]
        if declared in {best, *rivals}:
            return declared
        if len(rivals) == 0 or best == "utf-8":
            if _foreign(declared):
                report.note("text.contradicts", column=name, stated=declared, encoding=best)
            return best
        report.note("text.open-encoding", column=name, best=best, rivals=rivals)
    return _as_stated(name, sample, report, declared, as_is)


def _as_stated(
    name: str, sample: list[str], report: LoadReport, declared: str | None, as_is: float
) -> str | None:
    """Return the encoding that a file states, where its text is whole in it; it reads as no Vietnamese."""
    if declared is None or as_is >= _ENOUGH:
        return None
    foreign = _foreign(declared)
    if foreign and None not in [_reread_or_none(text, foreign) for text in sample]:
        return foreign
    tried = [*ENCODINGS, *([declared] if foreign else [])]
    report.note("text.unreadable", column=name, tried=tried)
    return None


def _foreign(declared: str | None) -> str | None:
    """Return a stated encoding unless it is one that is tried anyway, or stated by programs unasked."""
    return declared if declared and declared not in {*ENCODINGS, *_UNASKED} else None


def _keeps_bytes(text: str, declared: str | None) -> bool:
    # What looks like hidden marks may be half of a letter; deleted, nothing could restore it.
    if not _HALVES.search(text) or _bytes_of(text) is None:
        return False
    return declared is not None or bool(_HIGH.search(text))


def _is_utf8(sample: list[str]) -> bool:
    readings = [_reread_or_none(text, "utf-8") for text in sample]
    # A last byte that could begin a cut letter is no proof by itself: in TCVN3 it is a letter.
    return None not in readings and not all(text is None or text.isascii() for text in readings)


def _differ(sample: list[str], one: str, other: str) -> bool:
    return one != other and any(_reread_or_none(t, one) != _reread_or_none(t, other) for t in sample)


def _share_in(sample: list[str], encoding: str) -> float | None:
    readings = [_reread_or_none(text, encoding) for text in sample]
    if encoding == "utf-8" and None in readings:
        return None
    known = [r for r in readings if r is not None]
    share = share_of_syllables(known)
    # A column whose every word becomes ASCII was not in that encoding.
    return None if share is None or len(known) < len(readings) * _ENOUGH else share


def _reread_or_none(text: str, encoding: str) -> str | None:
    content = _bytes_of(text)
    return None if content is None else _try(_whole_characters(content, encoding), encoding)


def _reread(name: str, row: int, text: str, encoding: str, report: LoadReport) -> str:
    if text.isascii() and encoding.lower() not in {"utf-16", "utf-7"}:
        return text
    read = _reread_or_none(text, encoding)
    if read is None:
        report.note("text.not-in-encoding", [row + 1], column=name, value=text, encoding=encoding)
        return text
    return read


def _bytes_of(text: str) -> bytes | None:
    """Return the bytes that were read as Latin-1 or Windows-1252; None where the text is real Unicode."""
    return None if _BEYOND.search(text) else text.translate(_WINDOWS).encode("latin-1")


def _whole_characters(content: bytes, encoding: str) -> bytes:
    # A field of fixed width cuts the last character in the middle.
    if encoding.lower() not in {"utf-8", "utf8"}:
        return _without_half(content, encoding)
    tail = re.search(rb"(?:[\xc2-\xdf]|[\xe0-\xef][\x80-\xbf]?|[\xf0-\xf4][\x80-\xbf]{0,2})\Z", content)
    return content[: tail.start()] if tail else content


def _without_half(content: bytes, encoding: str) -> bytes:
    try:
        content.decode(encoding if encoding not in {"tcvn3", "vni"} else "latin-1")
    except UnicodeDecodeError as error:
        return content[:-1] if error.start == len(content) - 1 else content
    except LookupError:
        return content
    return content


def _repaired_header(name: str, encoding: str | None, stated: str | None = None) -> str:
    if name.isascii():
        return name
    readings = {name: share_of_syllables([name]) or 0.0}
    for candidate in (encoding,) if encoding else ENCODINGS:
        read = _reread_or_none(name, candidate)
        if read:
            readings.setdefault(read, 1.0 if encoding else share_of_syllables([read]) or 0.0)
    best = max(readings, key=lambda text: readings[text])
    if readings[best] < _ENOUGH and stated and (read := _reread_or_none(name, stated)):
        best = read
    return _tidied(best)


def _tidied(text: str) -> str:
    tidy = _HIDDEN.sub("", unicodedata.normalize("NFC", text))
    swapped = tidy.translate(LOOK_ALIKES)
    return swapped if swapped != tidy and share_of_syllables([swapped]) == 1.0 else tidy


def _note_tidied(name: str, texts: dict[int, str], tidy_of: dict[str, str], report: LoadReport) -> None:
    for code, was_changed in _CHANGES.items():
        odd = {text for text, tidy in tidy_of.items() if was_changed(text, tidy)}
        if odd:
            report.note(code, [at + 1 for at, text in texts.items() if text in odd], column=name)


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
