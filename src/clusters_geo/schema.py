"""The tables of clusters, of districts and of units: the only place where a column is declared.

What they are stands in `data/columns.csv`, the words of choices in `data/choice_labels.csv`.

A column has a name, a kind, a unit, a range and a label in Vietnamese and English. Loading, checking,
reports, forms and maps all read it here. The optional columns follow Form 02 of Circular 14/2024/TT-BCT
(the record that each infrastructure investor files twice a year) and what Forms 03 and 04 add up from it.

Every figure may have a companion column `<column>_basis` that says how it was obtained; see `BASES`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from clusters_geo.data import read_rows
from clusters_geo.words import Language

__all__ = [
    "ATTRIBUTE",
    "BASES",
    "CLUSTER_COLUMNS",
    "COMPANIONS",
    "DISTRICT_COLUMNS",
    "INVESTOR_KINDS",
    "STATUSES",
    "UNIT_COLUMNS",
    "UNIT_TYPES",
    "Column",
    "Language",
    "column",
    "is_companion",
    "label",
]

# Where a table that was read carries how, as in `LoadReport`; its province among it.
ATTRIBUTE = "clusters_geo_load"

Kind = Literal["text", "choice", "number", "integer", "date", "flag", "geometry"]

# What may stand beside a figure, as `<column>_<companion>`: how it was obtained, where it is published, on
# which day, and how the source words it ("nearly").
COMPANIONS = ("basis", "source", "as_of", "qualifier")


def _choices(name: str) -> dict[str, tuple[str, str]]:
    rows = (row for row in read_rows("choice_labels.csv") if row["set"] == name)
    return {row["key"]: (row["vi"], row["en"]) for row in rows}


STATUSES = _choices("status")
# How a figure was obtained, what claims most first; which of them are facts says `measure.trust`.
BASES = _choices("basis")
INVESTOR_KINDS = _choices("investor_kind")

# Of every level, from data/unit_types.csv: the ministry of the interior names and renames them.
UNIT_TYPES: dict[str, tuple[str, str]] = {
    row["type"]: (row["vi"], row["en"]) for row in read_rows("unit_types.csv") if row["type"] != "Tỉnh"
}


@dataclass(frozen=True, slots=True)
class Column:
    """One declared column: what it holds, in which unit, within which range."""

    name: str
    kind: Kind
    vi: str
    en: str
    unit: str = ""
    required: bool = False
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()


def _columns(table: str) -> tuple[Column, ...]:
    return tuple(_column(row) for row in read_rows("columns.csv") if row["table"] == table)


def _column(row: dict[str, str]) -> Column:
    kinds: dict[str, Kind] = {kind: kind for kind in get_args(Kind)}
    words = UNIT_TYPES if row["choices"] == "unit_type" else _choices(row["choices"])
    return Column(
        row["name"],
        kinds[row["kind"]],
        row["vi"],
        row["en"],
        unit=row["unit"],
        required=row["required"] == "yes",
        minimum=_limit(row["minimum"]),
        maximum=_limit(row["maximum"]),
        choices=tuple(words),
    )


def _limit(text: str) -> float | None:
    return float(text) if text else None


CLUSTER_COLUMNS = _columns("clusters")
DISTRICT_COLUMNS = _columns("districts")
UNIT_COLUMNS = _columns("units")

_BY_NAME = {c.name: c for c in (*UNIT_COLUMNS, *DISTRICT_COLUMNS, *CLUSTER_COLUMNS)}


def column(name: str) -> Column:
    """Return the declaration of a column.

    Raises
    ------
    KeyError
        If no table has such a column.

    Examples
    --------
    >>> column("planned_ha").unit
    'ha'
    """
    return _BY_NAME[name]


def is_companion(name: str) -> bool:
    """Return whether a column only says of another one where it comes from.

    Examples
    --------
    >>> is_companion("planned_ha_as_of"), is_companion("source_as_of"), is_companion("planned_ha")
    (True, False, False)
    """
    if name in _BY_NAME or name.endswith("_basis"):
        return name not in _BY_NAME
    return any(name.removesuffix(f"_{what}") in _BY_NAME for what in COMPANIONS if name.endswith(f"_{what}"))


def label(name: str, lang: Language = "vi") -> str:
    """Return what a person reads for a column, with its unit; the bare name where it is not declared.

    Examples
    --------
    >>> label("planned_ha", "en")
    'Planned area (ha)'
    >>> label("my_own_column")
    'my_own_column'
    """
    declared = _BY_NAME.get(name)
    if declared is None:
        return name
    text = declared.vi if lang == "vi" else declared.en
    return f"{text} (ha)" if declared.unit == "ha" else text
