"""Cells that a spreadsheet shows as text and never runs.

Excel, LibreOffice and Google Sheets take text that begins with one of a few signs for a formula, from XLSX
and from CSV alike, and a formula can call a program or send the sheet away. OWASP names the signs under
"CSV Injection"; the full-width forms are run as well where the input language is an Asian one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["neutral_cell", "neutral_cells", "plain_text"]

# Blanks and marks before the sign do not save a cell: several programs drop them on opening.
_FORMULA = re.compile(r"^[\s\ufeff\u200b\u00a0]*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]")

# What neither XML 1.0 nor a worksheet may hold.
_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def neutral_cell(value: object) -> object:
    """Return a value that no spreadsheet runs: text that begins a formula gets an apostrophe before it.

    Numbers, dates and missing values are returned as they are; control characters are dropped from text.

    Examples
    --------
    >>> neutral_cell("=cmd|' /C calc'!A0")
    "'=cmd|' /C calc'!A0"
    >>> neutral_cell(-4.5), neutral_cell("Thường Tín")
    (-4.5, 'Thường Tín')
    """
    if not isinstance(value, str):
        return value
    text = plain_text(value)
    return f"'{text}" if _FORMULA.match(text) else text


def plain_text(text: str) -> str:
    """Return text without the characters that neither XML nor a worksheet may hold.

    Examples
    --------
    >>> plain_text("Ba" + chr(0) + " Vì")
    'Ba Vì'
    """
    return _NOT_TEXT.sub("", text)


def neutral_cells(table: pd.DataFrame) -> pd.DataFrame:
    """Return a copy of a table with every text cell, and every heading, neutral.

    Parameters
    ----------
    table
        Any table; its index is left as it is.

    Examples
    --------
    >>> import pandas as pd
    >>> neutral_cells(pd.DataFrame({"@name": ["+84 24", "Ba Vì"], "ha": [-1.0, 2.0]}))
       '@name   ha
    0  '+84 24 -1.0
    1    Ba Vì  2.0
    """
    with_text = table.select_dtypes(include=["object", "string", "category"]).columns
    neutral = {name: table[name].astype(object).map(neutral_cell) for name in with_text}
    return table.assign(**neutral).rename(columns=neutral_cell)
