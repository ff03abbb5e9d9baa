"""Values inside a message, as each language writes them: 4,2 or 4.2; 82,6 % or 82.6 %; 30/09/2022."""

from __future__ import annotations

import datetime as dt
import math
import string
from numbers import Real
from typing import TYPE_CHECKING

import pandas as pd

from clusters_geo.schema import Language, column

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["in_words", "is_missing", "phrase"]

_MISSING = "–"
_SWAP = str.maketrans(",.", ".,")
_OUTSIDE = {"vi": "ngoài mọi quận, huyện", "en": "outside every district"}


def phrase(template: str, values: Mapping[str, object], lang: Language) -> str:
    """Fill a template with values; `{name:%}` shows a share of 0–1 as per cent.

    Examples
    --------
    >>> phrase("{value:%} of {area} ha", {"value": 0.826, "area": 1686.0}, "en")
    '82.6 % of 1,686 ha'
    """
    return _Formatter(lang).vformat(template, (), values)


def in_words(value: object, lang: Language, spec: str = "") -> str:
    """Return one value as a person reads it.

    Examples
    --------
    >>> in_words(1686.5, "vi"), in_words(pd.Timestamp(2022, 9, 30), "vi"), in_words(None, "en")
    ('1.686,5', '30/09/2022', '–')
    """
    if isinstance(value, tuple):
        return "; ".join(
            f"{_OUTSIDE[lang] if name is None else name} {_percent(share, lang)}" for name, share in value
        )
    if is_missing(value):
        return _MISSING
    if isinstance(value, dt.date):
        return f"{value:%d/%m/%Y}" if lang == "vi" else f"{value:%Y-%m-%d}"
    if isinstance(value, Real) and not isinstance(value, bool):
        return _percent(float(value), lang) if spec == "%" else _number(float(value), lang)
    return str(value)


def is_missing(value: object) -> bool:
    """Return whether a cell holds nothing, whatever its kind.

    Examples
    --------
    >>> is_missing(float("nan")), is_missing(pd.NA), is_missing(pd.NaT), is_missing("")
    (True, True, True, False)
    """
    return (
        value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value))
    )


def _percent(share: float, lang: Language) -> str:
    return f"{_number(share * 100, lang)} %"


def _number(value: float, lang: Language) -> str:
    # A twentieth of a hectare matters in hundreds of hectares as little as a square metre in a tenth.
    text = f"{value:,.2f}" if abs(value) >= 1 or value == 0 else f"{value:,.4f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text.translate(_SWAP) if lang == "vi" else text


class _Formatter(string.Formatter):
    def __init__(self, lang: Language) -> None:
        self.lang = lang

    def get_value(self, key: int | str, args: object, kwargs: Mapping[str, object]) -> object:
        del args
        value = kwargs[str(key)]
        return _label(value, self.lang) if key in ("field", "stage") and isinstance(value, str) else value

    def format_field(self, value: object, format_spec: str) -> str:
        return in_words(value, self.lang, format_spec)


def _label(name: str, lang: Language) -> str:
    try:
        declared = column(name)
    except KeyError:
        return name
    return declared.vi if lang == "vi" else declared.en
