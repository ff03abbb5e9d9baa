"""Numbers as each language writes them: 1.686,0 in Vietnamese, 1,686.0 in English."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from clusters_geo.schema import Language

__all__ = ["MISSING", "format_number", "format_percent"]

MISSING = "–"
_SWAP = str.maketrans(",.", ".,")


def format_number(value: float | None, lang: Language = "vi", decimals: int = 1) -> str:
    """Return a number as people write it, and a dash for one that is missing.

    Examples
    --------
    >>> format_number(1686), format_number(1686, "en"), format_number(None)
    ('1.686,0', '1,686.0', '–')
    """
    if value is None or pd.isna(value) or not math.isfinite(value):
        return MISSING
    # Half is rounded up, as people do: 52.05 is 52.1, though its binary form lies just below.
    rounded = Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    # A rounded −0.04 must not read as "-0.0".
    text = f"{rounded or abs(rounded):,f}"
    return text.translate(_SWAP) if lang == "vi" else text


def format_percent(share: float | None, lang: Language = "vi", decimals: int = 1) -> str:
    """Return a share of 0–1 as per cent.

    Examples
    --------
    >>> format_percent(0.8256), format_percent(0.8256, "en"), format_percent(float("nan"))
    ('82,6 %', '82.6 %', '–')
    """
    text = format_number(None if share is None else share * 100, lang, decimals)
    return text if text == MISSING else f"{text} %"
