"""Which cluster of one vintage is which of another.

Clusters are matched by id, then by name and unit, then by their establishment decision, then by outline. An
id counts only if nothing better speaks against it: where the name under an id is found under another one in
the other vintage, the name wins, since ids that number rows move when a row is put in. A decision counts with
its number and its day, where it stands once on either side and no two units are named.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from clusters_geo.errors import SchemaError
from clusters_geo.names import fold, name_key

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

__all__ = ["OVERLAP", "match_clusters", "shares", "surveyed"]

_SKETCHES = {"schematic", "reconstructed"}
_LEVELS = ("district", "commune")
# An outline is the same place if most of either lies in the other; a part, if most of it lies in the whole.
OVERLAP = 0.5


def match_clusters(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Return which cluster of the one vintage is which of the other.

    Returns
    -------
    One row per pair: `before_id`, `after_id`, `matched` (`id`, `name`, `decision`, `outline`).

    Raises
    ------
    SchemaError
        If a cluster stands twice in a register.

    Examples
    --------
    >>> early = pd.DataFrame({"name": ["Kim Bài", "CN2"]}, index=["HN-7", "HN-8"])
    >>> late = pd.DataFrame({"name": ["Mới", "Kim Bài", "CN2"]}, index=["HN-7", "HN-8", "HN-9"])
    >>> match_clusters(early, late).values.tolist()
    [['HN-7', 'HN-8', 'name'], ['HN-8', 'HN-9', 'name']]
    >>> decided = {"decision": ["840/QĐ-UBND"], "established_on": pd.to_datetime(["2013-09-21"])}
    >>> early = pd.DataFrame({"name": ["Nam Đàn 1"], **decided}, index=["nam-dan-1"])
    >>> late = pd.DataFrame({"name": ["Vân Diên"], **decided}, index=["van-dien"])
    >>> match_clusters(early, late).values.tolist()
    [['nam-dan-1', 'van-dien', 'decision']]
    """
    for table in (before, after):
        if table.index.has_duplicates:
            twice = [*map(str, table.index[table.index.duplicated()].unique()[:3])]
            raise SchemaError("compare.twice", twice=twice)
    keys, others = _keys(before), _keys(after)
    pairs = _by_id(keys["name"].to_dict(), others["name"].to_dict())
    pairs += _by_name(keys, others, pairs)
    pairs += _by_decision(before, after, pairs)
    pairs += _by_outline(before, after, pairs)
    return pd.DataFrame(pairs, columns=["before_id", "after_id", "matched"])


def _keys(table: pd.DataFrame) -> pd.DataFrame:
    blank = pd.Series("", index=table.index)
    unit = table.get("district", table.get("commune", blank)).astype("string").fillna("")
    name = table.get("name", blank).astype("string").fillna("")
    return pd.DataFrame({"name": name.map(name_key), "unit": unit.map(name_key)}, index=table.index)


def _by_id(names: dict[Hashable, str], others: dict[Hashable, str]) -> list[tuple[Hashable, Hashable, str]]:
    """Return who has the id and the name of before, or a new name: the old one not given to another."""
    here, there = set(names.values()), set(others.values())
    return [
        (key, key, "id")
        for key, name in names.items()
        if key in others and (name == others[key] or (name not in there and others[key] not in here))
    ]


def _by_name(
    keys: pd.DataFrame, others: pd.DataFrame, pairs: Sequence[tuple[Hashable, Hashable, str]]
) -> list[tuple[Hashable, Hashable, str]]:
    mine = keys.drop([pair[0] for pair in pairs])
    theirs = others.drop([pair[1] for pair in pairs])
    found: list[tuple[Hashable, Hashable, str]] = []
    # A name with its unit first; a name alone only where it stands once on either side.
    for columns in (["name", "unit"], ["name"]):
        left = mine.drop([pair[0] for pair in found])
        right = theirs.drop([pair[1] for pair in found])
        once = [
            table[(table["name"] != "") & ~table.duplicated(columns, keep=False)] for table in (left, right)
        ]
        joined = once[0].reset_index(names="a").merge(once[1].reset_index(names="b"), on=columns)
        found += [(a, b, "name") for a, b in zip(joined["a"], joined["b"], strict=True)]
    return found


def _by_decision(
    before: pd.DataFrame, after: pd.DataFrame, pairs: Sequence[tuple[Hashable, Hashable, str]]
) -> list[tuple[Hashable, Hashable, str]]:
    """Return who was established by the same decision of the same day, if no two units speak against it."""
    # A decision that establishes several clusters names none of them, whoever of them is matched already.
    once = [
        table[~table.duplicated(["decision", "day"], keep=False)] for table in map(_decided, (before, after))
    ]
    left = once[0].drop([pair[0] for pair in pairs], errors="ignore")
    right = once[1].drop([pair[1] for pair in pairs], errors="ignore")
    both = left.reset_index(names="a").merge(right.reset_index(names="b"), on=["decision", "day"])
    named = {unit: (both[f"{unit}_x"] != "") & (both[f"{unit}_y"] != "") for unit in _LEVELS}
    differ = {unit: named[unit] & (both[f"{unit}_x"] != both[f"{unit}_y"]) for unit in _LEVELS}
    # Most communes have other names since 1 July 2025: they speak only where no district does.
    both = both[~(differ["district"] | (differ["commune"] & ~named["district"]))]
    return [(a, b, "decision") for a, b in zip(both["a"], both["b"], strict=True)]


def _decided(table: pd.DataFrame) -> pd.DataFrame:
    """Return the clusters with the number and the day of a decision."""
    blank = pd.Series(pd.NA, index=table.index, dtype="string")
    decision = table.get("decision", blank).astype("string").fillna("").map(_number_key)
    day = pd.to_datetime(table.get("established_on", blank), errors="coerce")
    units = {name: table.get(name, blank).astype("string").fillna("").map(name_key) for name in _LEVELS}
    known = pd.DataFrame({"decision": decision, "day": day} | units, index=table.index)
    return known[(known["decision"] != "") & known["day"].notna()]


def _number_key(decision: str) -> str:
    return "".join(fold(decision).split()).removeprefix("so")


def _by_outline(
    before: pd.DataFrame, after: pd.DataFrame, pairs: Sequence[tuple[Hashable, Hashable, str]]
) -> list[tuple[Hashable, Hashable, str]]:
    mine, theirs = surveyed(before), surveyed(after)
    mine, theirs = (
        mine.drop([p[0] for p in pairs], errors="ignore"),
        theirs.drop([p[1] for p in pairs], errors="ignore"),
    )
    common = shares(mine, theirs)
    both = common[(common["of_before"] >= OVERLAP) & (common["of_after"] >= OVERLAP)]
    return [(row.before_id, row.after_id, "outline") for row in both.itertuples()]


def surveyed(table: pd.DataFrame) -> gpd.GeoSeries:
    """Return the outlines in degrees that are neither sketched nor points."""
    if not isinstance(table, gpd.GeoDataFrame) or table.crs is None:
        return gpd.GeoSeries([], index=pd.Index([]), crs=4326)
    basis = table.get("boundary_basis", pd.Series("", index=table.index)).astype("string")
    shapes = table.geometry[~basis.isin(_SKETCHES).fillna(value=False)]
    shapes = shapes[shapes.notna() & ~shapes.is_empty & shapes.geom_type.isin(["Polygon", "MultiPolygon"])]
    return shapes.to_crs(4326).make_valid()


def shares(first: gpd.GeoSeries, second: gpd.GeoSeries) -> pd.DataFrame:
    """Return how much of either outline lies in the other, for each two that meet."""
    at, of = (
        second.sindex.query(first.array, predicate="intersects") if len(first) and len(second) else ([], [])
    )
    one, two = np.asarray(first.array)[at], np.asarray(second.array)[of]
    common = shapely.area(shapely.intersection(one, two))
    # Of two shapes at one place shares hardly depend on the plane: degrees do.
    return pd.DataFrame(
        {
            "before_id": first.index[at],
            "after_id": second.index[of],
            "of_before": common / shapely.area(one),
            "of_after": common / shapely.area(two),
        }
    )
