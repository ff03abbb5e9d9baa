"""Every sentence a person can meet, once in each language, and values as each language writes them.

A catalogue is a table `words/NAME.csv` with the columns `key`, `vi`, `en`, which a translator opens in a
spreadsheet; `errors.csv` holds what is refused, `notes.csv` what a load repairs and doubts, `reports.csv` the
words of tables. A catalogue is read when the first of its sentences is said. Templates name their values in
braces: `{value:%}` shows a share of 0–1 as per cent, `{count:,d}` a number with thousands, `{day}` a date,
`{faults:lines}` a list with each item on its own line.

Where two keys have one sentence, it stands at one of them; the other says `→ KEY` in each language. The law
is cited as `§[ACT]` or `§[ACT ARTICLE]`, of which the words stand in `data/law.toml`.

Numbers are rounded half up, from full precision but for the noise of adding up.
"""

from __future__ import annotations

import datetime as dt
import io
import math
import re
import string
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol, get_args

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "LANGUAGES",
    "MISSING",
    "Catalogue",
    "Language",
    "Words",
    "catalogue",
    "cite",
    "fill",
    "format_date",
    "format_number",
    "format_percent",
    "format_value",
    "is_missing",
    "round_half_up",
    "speaker",
]

Language = Literal["vi", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

MISSING = "–"
_SWAP = str.maketrans(",.", ".,")
# As many digits as the largest float has.
_ANY_SIZE = Context(prec=400, rounding=ROUND_HALF_UP)
# So many places below the last one shown, a figure is the noise of adding up in binary.
_NOISE = 6
_AND: dict[Language, str] = {"vi": " và ", "en": " and "}
_OR: dict[Language, str] = {"vi": " hoặc ", "en": " or "}


class Words(NamedTuple):
    """One sentence in each language."""

    vi: str
    en: str

    def text(self, lang: Language, values: Mapping[str, object] | None = None) -> str:
        """Return it in one language, with values in it if there are any."""
        template = self.vi if lang == "vi" else self.en
        return fill(template, values, lang) if values else template


Catalogue = dict[str, Words]


class Say(Protocol):
    """Says a sentence of one catalogue by its key."""

    def __call__(self, key: str, /, lang: Language = "vi", **values: object) -> str:
        """Return the sentence in one language, with the values in it."""
        ...


@lru_cache
def catalogue(name: str) -> Catalogue:
    """Return a catalogue: each key with its sentence in both languages.

    Examples
    --------
    >>> catalogue("reports")["clusters"].en
    'Clusters'
    """
    import csv

    # Not by importlib.resources, whose import takes as long as reading all of them.
    text = Path(__file__).with_name(f"{name}.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(io.StringIO(text, newline=""))
    told = {row["key"]: Words(_cited(row["vi"], "vi"), _cited(row["en"], "en")) for row in rows}
    return {key: _other(told, words) for key, words in told.items()}


_SAME_AS = "→ "
_CITES = "§["


def _other(told: Catalogue, words: Words) -> Words:
    return told[words.vi.removeprefix(_SAME_AS)] if words.vi.startswith(_SAME_AS) else words


def cite(key: str, lang: Language = "vi") -> str:
    """Return an act or an article of the law as it is cited; KeyError if `data/law.toml` has none.

    Examples
    --------
    >>> cite("decree-32 2.7"), cite("decree-32", "en")
    ('Nghị định 32/2024/NĐ-CP, điều 2.7', 'Decree 32/2024/NĐ-CP')
    """
    from clusters_geo.data import read_law

    law = read_law()
    act = _cited(law["acts"][key.partition(" ")[0]][lang], lang)
    if " " not in key:
        return act
    article = law["articles"][key]
    return str(article[lang] if article.get("whole") else f"{act}, {article[lang]}")


def _cited(text: str, lang: Language) -> str:
    """Return a text with the law that it cites in words."""
    if _CITES not in text:
        return text
    before, _, rest = text.partition(_CITES)
    key, _, after = rest.partition("]")
    return before + cite(key, lang) + _cited(after, lang)


def speaker(name: str) -> Say:
    """Return the function that says a sentence of one catalogue; KeyError for a key that is not there.

    Examples
    --------
    >>> say = speaker("reports")
    >>> say("known_of", "en", known=3, all=70)
    'known for 3 of 70 clusters'
    """

    def say(key: str, /, lang: Language = "vi", **values: object) -> str:
        return catalogue(name)[key].text(lang, values)

    return say


def fill(template: str, values: Mapping[str, object], lang: Language) -> str:
    """Return a template with values in it, each written as the language writes it.

    A value `{"say": key, …}` is a phrase of `phrases.csv` with values of its own, `{"cite": key}` one of the
    law; a list is written with commas and "and".

    Examples
    --------
    >>> fill("{value:%} of {area:,.0f} ha", {"value": 0.826, "area": 1686}, "en")
    '82.6 % of 1,686 ha'
    """
    return _Formatter(lang).vformat(template, (), values)


def format_number(value: float | None, lang: Language = "vi", decimals: int = 1) -> str:
    """Return a number as people write it, and a dash for one that is missing.

    Examples
    --------
    >>> format_number(1686), format_number(1686, "en"), format_number(1.125, decimals=2), format_number(None)
    ('1.686,0', '1,686.0', '1,13', '–')
    """
    if value is None or is_missing(value) or not math.isfinite(value):
        return MISSING
    rounded = _half_up(value, decimals)
    # A rounded −0.04 must not read as "-0.0".
    text = f"{rounded or abs(rounded):,f}"
    return text.translate(_SWAP) if lang == "vi" else text


def round_half_up(value: float, decimals: int = 0) -> float:
    """Return a number rounded as `format_number` writes it.

    Examples
    --------
    >>> round_half_up(1.125, 2), round_half_up(52.05, 1), round_half_up(0.5)
    (1.13, 52.1, 1.0)
    """
    return float(_half_up(value, decimals)) if math.isfinite(value) else value


def _half_up(value: float, decimals: int) -> Decimal:
    # Half is rounded up, as people do: 52.05 is 52.1, though its binary form lies just below; and a sum of
    # 290.54999999999995 is 290.55, whatever the order in which it was added up.
    exact = Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-decimals - _NOISE), context=_ANY_SIZE)
    return exact.quantize(Decimal(1).scaleb(-decimals), context=_ANY_SIZE)


def format_percent(share: float | None, lang: Language = "vi", decimals: int = 1) -> str:
    """Return a share of 0–1 as per cent.

    Examples
    --------
    >>> format_percent(0.8256), format_percent(0.8256, "en"), format_percent(float("nan"))
    ('82,6 %', '82.6 %', '–')
    """
    if share is None or is_missing(share):
        return MISSING
    # In decimals: 0.0005 * 100 is a little more or less than 0.05 in binary, and would round by chance.
    text = format_number(float(Decimal(repr(float(share))) * 100), lang, decimals)
    return text if text == MISSING else f"{text} %"


def format_date(day: dt.date | None, lang: Language = "vi") -> str:
    """Return a date as people write it, and a dash for one that is missing.

    Examples
    --------
    >>> format_date(dt.date(2022, 9, 5)), format_date(dt.date(2022, 9, 5), "en")
    ('05/09/2022', '2022-09-05')
    """
    if day is None or is_missing(day):
        return MISSING
    return f"{day:%d/%m/%Y}" if lang == "vi" else f"{day:%Y-%m-%d}"


def format_value(value: object, lang: Language = "vi") -> str:
    """Return a value of any kind as a person reads it: numbers with the decimals that they need.

    Examples
    --------
    >>> format_value(1686.5), format_value(0.0312, "en"), format_value(None)
    ('1.686,5', '0.0312', '–')
    """
    if isinstance(value, dict):
        return _phrase(value, lang)
    if isinstance(value, list | tuple):
        return _listed(value, lang)
    if is_missing(value):
        return MISSING
    if isinstance(value, dt.date):
        return format_date(value, lang)
    if isinstance(value, Real) and not isinstance(value, bool):
        # A twentieth of a hectare matters in hundreds of hectares as little as a square metre in a tenth.
        return _trimmed(
            format_number(float(value), "en", 2 if abs(float(value)) >= 1 or value == 0 else 4), lang
        )
    return str(value)


def is_missing(value: object) -> bool:
    """Return whether a cell holds nothing, whatever its kind.

    Examples
    --------
    >>> is_missing(float("nan")), is_missing(None), is_missing("")
    (True, True, False)
    """
    # pandas' NA and NaT by their names, so that saying a word does not import pandas.
    return (
        value is None
        or (isinstance(value, float) and math.isnan(value))
        or type(value).__name__ in {"NAType", "NaTType"}
    )


def _trimmed(text: str, lang: Language) -> str:
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text.translate(_SWAP) if lang == "vi" else text


def _phrase(value: Mapping[str, object], lang: Language) -> str:
    if "cite" in value:
        return cite(str(value["cite"]), lang)
    key = str(value["say"])
    words = catalogue("phrases").get(key)
    return key if words is None else words.text(lang, value)


def _listed(values: Sequence[object], lang: Language, last: dict[Language, str] = _AND) -> str:
    texts = [format_value(value, lang) for value in values]
    head, tail = ", ".join(texts[:-1]), texts[-1:]
    return last[lang].join(filter(None, [head, *tail]))


_PLACES = re.compile(r"[+,]*\.(\d+)f")


class _Formatter(string.Formatter):
    def __init__(self, lang: Language) -> None:
        self._lang = lang

    def convert_field(self, value: object, conversion: str | None) -> object:
        if conversion != "r":
            return super().convert_field(value, conversion)
        if isinstance(value, Real) and not isinstance(value, bool):
            return format_value(value, self._lang)
        # Quoted as by repr, which shows hidden characters, in the marks of the language.
        return f"“{repr(value)[1:-1]}”" if isinstance(value, str) and self._lang == "vi" else repr(value)

    def format_field(self, value: object, format_spec: str) -> str:
        if not format_spec:
            return format_value(value, self._lang)
        if format_spec == "lines" and isinstance(value, list | tuple):
            return "\n".join(format_value(line, self._lang) for line in value)
        if format_spec == "or":  # one of these is asked for, or the one there is
            return _listed(value if isinstance(value, list | tuple) else [value], self._lang, _OR)
        if is_missing(value):
            return MISSING
        if format_spec == "%":
            return f"{format_value(_hundred(value), self._lang)} %"
        if isinstance(value, Real) and (places := _PLACES.fullmatch(format_spec)):
            value = round_half_up(float(value), int(places[1]))
        text: str = super().format_field(value, format_spec)
        return text.translate(_SWAP) if isinstance(value, Real) and self._lang == "vi" else text


def _hundred(share: object) -> float:
    return float(Decimal(repr(float(str(share)))) * 100)
