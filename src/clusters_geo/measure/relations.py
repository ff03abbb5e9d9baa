"""Which figure is a part of which, and so cannot be larger: `data/relations.csv`.

Audits, checks of forms and forms that come in ask here, with one tolerance each.
"""

# Small: a table read once, for three families of rooms that may not import each other.

from __future__ import annotations

from functools import cache
from typing import NamedTuple, TypeVar

import pandas as pd

from clusters_geo.data import read_rows

__all__ = ["Relation", "exceeds", "relation", "relations"]

# 20.05 − 20.0 is a hair over 0.05 in binary; a limit that is just reached is kept.
_NOISE = 1e-9

Figure = TypeVar("Figure", float, pd.Series)


class Relation(NamedTuple):
    """A part and its whole, by how much it may seem larger for rounding, and where forms have both.

    `form_02` and `form_03` are the rows of the part and of the whole, or empty; `doubt` is the word of
    `words/forms.csv` for a part that comes in too large, `source` the key of the law in `data/law.toml`.
    """

    part: str
    whole: str
    tolerance: float
    form_02: tuple[str, ...]
    form_03: tuple[str, ...]
    forms_rule: str
    severity: str
    doubt: str
    source: str


@cache
def relations() -> tuple[Relation, ...]:
    """Return every relation.

    Examples
    --------
    >>> relations()[0].part, relations()[0].whole, relations()[0].tolerance
    ('built_ha', 'planned_ha', 0.05)
    """
    return tuple(
        Relation(
            *(row["part"], row["whole"], float(row["tolerance"])),
            *(tuple(row["form_02"].split()), tuple(row["form_03"].split())),
            *(row["forms_rule"], row["severity"], row["doubt"], row["source"]),
        )
        for row in read_rows("relations.csv")
    )


def relation(part: str, whole: str) -> Relation:
    """Return the relation of two figures; StopIteration if the table has none.

    Examples
    --------
    >>> relation("fdi_projects", "projects").tolerance
    0.0
    """
    return next(one for one in relations() if (one.part, one.whole) == (part, whole))


def exceeds(part: Figure, whole: Figure, tolerance: float) -> Figure:
    """Return whether a part is larger than its whole, beyond the tolerance.

    Examples
    --------
    >>> exceeds(20.05, 20.0, 0.05), exceeds(20.06, 20.0, 0.05)
    (False, True)
    """
    return part - whole > tolerance + _NOISE
