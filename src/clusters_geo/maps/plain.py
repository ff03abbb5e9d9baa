"""Values as plain JSON: nothing of a table reaches a page but as data.

A name may hold `</script>`, a NUL, half a surrogate pair or a mark that reverses the text after it. None of
it may end the data, break the file's encoding or make a name look like another.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["JSON", "dictionary", "escaped_json", "indexed", "plain_number", "plain_text", "plain_value"]

JSON = str | int | float | bool | None | Sequence["JSON"] | Mapping[str, "JSON"]

_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_HALF_PAIRS = re.compile("[\ud800-\udfff]")
# Within a script element only these could end it or start a comment; the last two end lines in old engines.
_ESCAPES = {c: f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}

# Folium renders what it has rendered as a template once more; in JSON these stand only inside a text.
_TEMPLATE_MARKS = re.compile(r"\{(?=[{%#])")


def plain_text(value: object) -> str:
    r"""Return a text without control characters, in composed Unicode.

    Examples
    --------
    >>> plain_text("Ph\u0000ùng\u202e Xá")
    'Phùng Xá'
    """
    text = _HALF_PAIRS.sub("\ufffd", str(value))
    return _CONTROLS.sub("", unicodedata.normalize("NFC", text)).strip()


def plain_number(value: float, decimals: int = 9) -> float | None:
    """Return a number without binary noise; None where it is missing or infinite.

    What the page shows of it is rounded there, once: of 0.57849999 it must not make 0.5785, then 57.9 %.

    Examples
    --------
    >>> plain_number(12.3456), plain_number(0.1 + 0.2), plain_number(20.0), plain_number(float("inf"))
    (12.3456, 0.3, 20, None)
    """
    number = float(value)
    if not math.isfinite(number):
        return None
    rounded = round(number, decimals)
    return int(rounded) if rounded.is_integer() else rounded


def plain_value(value: object) -> JSON:
    """Return a cell as JSON: numbers, flags, ISO dates and texts; None where it is missing.

    Examples
    --------
    >>> plain_value(pd.Timestamp("2022-09-30")), plain_value(pd.NA), plain_value(True)
    ('2022-09-30', None, True)
    """
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | float | np.number):
        return plain_number(float(value))
    if isinstance(value, date):  # a Timestamp too
        return value.isoformat()[:10]
    return plain_text(value) or None


def dictionary(values: Iterable[object]) -> dict[str, JSON]:
    """Return a column with each distinct value stored once.

    Examples
    --------
    >>> dictionary(["Thường Tín", "Ba Vì", "Thường Tín", None])
    {'of': ['Thường Tín', 'Ba Vì'], 'at': [0, 1, 0, -1]}
    """
    return indexed(map(plain_value, values))


def indexed(cells: Iterable[JSON]) -> dict[str, JSON]:
    """Return what `dictionary` does, of cells that are plain already.

    Examples
    --------
    >>> indexed([20, None, 20])
    {'of': [20], 'at': [0, -1, 0]}
    """
    numbers: dict[str, int] = {}
    of: list[JSON] = []
    at: list[JSON] = []
    for cell in cells:
        if cell is None:
            at.append(-1)
            continue
        # 1 and True are equal in Python but not on the page.
        key = repr(cell)
        if key not in numbers:
            numbers[key] = len(of)
            of.append(cell)
        at.append(numbers[key])
    return {"of": of, "at": at}


def escaped_json(data: JSON) -> str:
    r"""Return JSON that may stand inside a script element.

    Examples
    --------
    >>> escaped_json({"name": "</script>"})
    '{"name":"\\u003c/script\\u003e"}'
    """
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character, escape in _ESCAPES.items():
        text = text.replace(character, escape)
    return _TEMPLATE_MARKS.sub(r"\\u007b", text)
