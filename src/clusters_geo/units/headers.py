"""Which column of a layer of units holds the names, the codes and the units above: it differs by level."""

# Small: a table, data/unit_headers.csv, holds what it knows.

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from clusters_geo.data import read_rows
from clusters_geo.names import strip_accents

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clusters_geo.units.model import Level

__all__ = ["unit_headers"]


def unit_headers(headers: Sequence[str], level: Level | None = None) -> dict[str, str]:
    """Return the headers of a layer of units that stand for a column of `UNIT_COLUMNS`.

    Parameters
    ----------
    headers
        As the file has them.
    level
        What the units are; None takes the lowest level that a header speaks of.

    Examples
    --------
    >>> unit_headers(["ADM3_VI", "ADM2_VI", "ADM3_PCODE", "date"])
    {'ADM3_PCODE': 'unit_code', 'ADM3_VI': 'name', 'ADM2_VI': 'parent'}
    >>> unit_headers(["ADM2_VI", "gso_code"])
    {'gso_code': 'unit_code', 'ADM2_VI': 'name'}
    """
    keys: dict[str, str] = {}
    for header in headers:
        keys.setdefault(_key(header), header)
    known: dict[str, dict[str, list[str]]] = {row["level"]: {} for row in read_rows("unit_headers.csv")}
    for row in read_rows("unit_headers.csv"):
        known[row["level"]][row["column"]] = row["headers"].split("|")
    wanted = known[level or _lowest(keys, known)]
    found: dict[str, str] = {}
    for column, names in wanted.items():
        own = [column, *names] if column.replace("_", " ") in keys else names
        first = next((keys[_key(name)] for name in own if _key(name) in keys), None)
        if first is not None and first not in found:
            found[first] = column
    return found


def _lowest(keys: dict[str, str], known: dict[str, dict[str, list[str]]]) -> str:
    """Return the lowest level of which a header speaks that no other level has; districts if none does."""
    for level in ("commune", "district", "province"):
        others = {n for other in known if other != level for names in known[other].values() for n in names}
        own = {n for column in ("name", "unit_code") for n in known[level][column]} - others
        if own & set(keys):
            return level
    return "district"


def _key(header: str) -> str:
    return " ".join(re.findall(r"[a-z0-9]+", strip_accents(header.replace("_", " "))))
