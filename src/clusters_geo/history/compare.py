"""Two vintages of a register: which cluster is which, what changed, and a bridge from one total to the other.

Which cluster is which: see `matching`. What no row explains of a published total is *unexplained* and
stays in one piece: it is never spread.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from clusters_geo.area import area_ha
from clusters_geo.errors import SchemaError
from clusters_geo.history.matching import OVERLAP, match_clusters, shares, surveyed
from clusters_geo.names import name_key, name_order
from clusters_geo.schema import CLUSTER_COLUMNS
from clusters_geo.units.places import UNPLACED, home_units, require_column

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

__all__ = ["STEPS", "Comparison", "bridge", "compare", "match_clusters"]

# The steps of a bridge, in their order; the first and the last are totals.
STEPS = (
    *("before", "added", "entered", "grown", "known_now"),
    *("gone", "left", "shrunk", "unknown_now", "unexplained", "after"),
)
_SAME_STEP = "same"  # where nothing changes, or nothing counts
# Figures that differ by less are the same figure, written by two programs.
_SAME = 1e-9
# A rate is shown to a tenth of a per cent; what is written coarser may have been written "55,0 %".
_RATE_DECIMALS = 3
_USUAL = "planned_ha"
# Stands for the cluster that the other register does not have; no id is a tuple.
_NOBODY: Hashable = ("nobody",)
_LEAST_MOVED_HA = 0.01
_DECIMALS = 9
# What says of a row where it comes from, and no fact about the cluster.
_NOT_COMPARED = {"cluster_id", "source", "source_as_of", "as_of", "note", "note_vi", "geometry"}
_NOTHING = ("", "<NA>", "nan", "NaT", "None")


@dataclass(frozen=True)
class Comparison:
    """What changed between two vintages.

    Attributes
    ----------
    changes
        One row per change: `cluster_id` (of the later vintage, of the earlier for what is gone), `before_id`,
        `name`, `change` (`added`, `gone`, `renamed`, `split`, `merged`, `moved`, `status`, `figure`),
        `column`, `before`, `after` (text), `difference` (of numbers), `matched` (by `id`, `name`,
        `decision` or `outline`). Of what was added or is gone `column` is the measure where its figure is
        known. Rates that are the same once rounded as the coarser of the two is written are no change
        (55,0 % as text, 0.550092 in a cell).
    bridge
        Steps from the earlier total to the later, indexed by `step`: `hectares` (or what was measured),
        `clusters`, `modelled_ha` (see `bridge`). The steps between the totals add up to their difference.
    boundaries
        Where outlines moved: `cluster_id`, `name`, `what` (`gained`, `lost`), `hectares`, and the outline of
        it. Sketched outlines are not compared.
    measure
        The column that the bridge adds up.
    by_unit
        Where asked for by unit, indexed by `unit`: `before`, `after`, `difference`, `clusters_before`,
        `clusters_after`; `unplaced` gathers what lies in no unit that is known. None otherwise.
    """

    changes: pd.DataFrame
    bridge: pd.DataFrame
    boundaries: gpd.GeoDataFrame
    measure: str
    by_unit: pd.DataFrame | None = None

    def record(self) -> dict[str, object]:
        """Return everything as JSON can hold it, outlines left out."""
        changes, steps = self.changes, self.bridge.reset_index()
        moved = pd.DataFrame(self.boundaries.drop(columns="geometry"))
        of_units = {} if self.by_unit is None else {"units": _plain(self.by_unit.reset_index())}
        return of_units | {
            "measure": self.measure,
            "bridge": _plain(steps),
            "changes": _plain(changes),
            "boundaries": moved.to_dict("records"),
        }


def _plain(table: pd.DataFrame) -> list[dict[Hashable, object]]:
    return table.astype("object").where(table.notna(), None).to_dict("records")


def compare(  # noqa: PLR0913 - all but the registers is keyword-only
    before: pd.DataFrame,
    after: pd.DataFrame,
    *,
    measure: str = _USUAL,
    status: str | None = None,
    published: tuple[float | None, float | None] = (None, None),
    by: str | None = None,
    units: pd.DataFrame | None = None,
) -> Comparison:
    """Return what changed between two vintages of a register.

    Parameters
    ----------
    before, after
        Registers indexed by `cluster_id`, with `name` and what else is known.
    measure
        The column that the bridge adds up.
    status
        Count only clusters of this status in the bridge: those that change it enter or leave.
    published
        The published totals of the two, where they are not the sums of the rows.
    by, units
        By which units totals are set side by side: a column of both, or a layer as from `load_units`; None
        for no units.

    Returns
    -------
    A `Comparison`. Neither table is changed.

    Raises
    ------
    SchemaError
        If a cluster stands twice in one of them, or a measure that was asked for is in neither. Without
        planned areas the steps have clusters only.

    Examples
    --------
    >>> early = pd.DataFrame({"name": ["A", "B"], "planned_ha": [10.0, 20.0]}, index=["1", "2"])
    >>> late = pd.DataFrame({"name": ["A", "C"], "planned_ha": [12.0, 5.0]}, index=["1", "3"])
    >>> found = compare(early, late)
    >>> found.changes["change"].tolist()
    ['gone', 'added', 'figure']
    >>> found.bridge.loc[["before", "added", "grown", "gone", "after"], "hectares"].tolist()
    [30.0, 5.0, 2.0, -20.0, 17.0]
    """
    pairs = match_clusters(before, after)
    boundaries = _moved(before, after, pairs)
    changes = [*_come_and_gone(before, after, pairs, measure), *_renamed(before, after, pairs)]
    changes += _moved_rows(boundaries, pairs) + _differing(before, after, pairs)
    table = pd.DataFrame(changes, columns=[*_CHANGE])
    steps = bridge(before, after, measure=measure, status=status, published=published)
    of_units = None
    if by is not None or units is not None:
        homes = _homes(before, after, by, units)
        sides = zip((before, after), homes, strict=True)
        of_units = _side_by_side(*(_unit_totals(rows, home, measure, status) for rows, home in sides))
    return Comparison(table, steps, boundaries, measure, of_units)


def _homes(
    before: pd.DataFrame, after: pd.DataFrame, by: str | None, units: pd.DataFrame | None
) -> list[pd.Series]:
    """Return the unit of each cluster of both: where it lies, or as both together spell its name."""
    sides = (before, after)
    if units is not None:
        return [home_units(side, units) for side in sides]
    for side in sides:
        if by is not None:
            require_column(side, by)
    if by not in ("district", "commune"):
        return [side[by].astype("string") for side in sides]
    names = [pd.DataFrame(side.reindex(columns=["district", "commune"])).astype("string") for side in sides]
    both = home_units(pd.concat(names, ignore_index=True), by=by)
    parts = (both.iloc[: len(before)], both.iloc[len(before) :])
    return [part.set_axis(side.index) for part, side in zip(parts, sides, strict=True)]


def _unit_totals(table: pd.DataFrame, home: pd.Series, measure: str, status: str | None) -> pd.DataFrame:
    """Return the total and the clusters of each unit; of a unit where no figure is known, none."""
    counted = pd.Series(_counted(table, measure, status), dtype="float64")
    groups = counted.groupby(home.reindex(counted.index).fillna(UNPLACED))
    return pd.DataFrame({"sum": groups.sum(min_count=1), "clusters": groups.size()})


def _side_by_side(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    names = sorted({*first.index, *second.index}, key=lambda name: (name == UNPLACED, name_order(name)))
    one, two = (side.reindex(pd.Index(names, name="unit")) for side in (first, second))
    # No cluster is none; no figure of a cluster is not 0.
    before, after = (side["sum"].mask(side["clusters"].isna(), 0.0) for side in (one, two))
    counts = [side["clusters"].fillna(0).astype("int64") for side in (one, two)]
    return pd.DataFrame(
        {
            "before": before,
            "after": after,
            "difference": (after - before).round(_DECIMALS),
            "clusters_before": counts[0],
            "clusters_after": counts[1],
        }
    )


_CHANGE = (
    *("cluster_id", "before_id", "name", "change", "column"),
    *("before", "after", "difference", "matched"),
)


def bridge(
    before: pd.DataFrame,
    after: pd.DataFrame,
    *,
    measure: str = _USUAL,
    status: str | None = None,
    published: tuple[float | None, float | None] = (None, None),
) -> pd.DataFrame:
    """Return what leads from one total to the other; see `compare`.

    Returns
    -------
    Indexed by `step` in the order of `STEPS`: `hectares`, `clusters`, `modelled_ha` (how much of the hectares
    is of clusters whose figure is modelled on either side; none of a published total). `added` and `gone` are
    clusters of one vintage only; `entered` and `left` changed to or from `status`; `known_now` and
    `unknown_now` have a figure in one only.

    Examples
    --------
    >>> same = pd.DataFrame({"name": ["A"], "planned_ha": [1686.0]}, index=["1"])
    >>> table = bridge(same, same, published=(1337.0, 1686.0))
    >>> table.loc[["before", "unexplained", "after"], "hectares"].tolist()
    [1337.0, 349.0, 1686.0]
    """
    nowhere = measure not in before and measure not in after
    # Who asked for nothing else may compare registers of names.
    if nowhere and measure != _USUAL:
        raise SchemaError("compare.no-measure", measure=measure)
    first, second = (_counted(table, measure, status) for table in (before, after))
    modelled = [_modelled(table, measure) for table in (before, after)]
    steps: dict[str, list[float]] = {name: [] for name in (*STEPS, _SAME_STEP)}
    soft: dict[str, list[float]] = {name: [] for name in steps}
    for key, other in _pairs_of(before, after):
        name, amount = _step(first.get(key), second.get(other), known=_NOBODY not in {key, other})
        steps[name].append(amount)
        soft[name] += [amount] if key in modelled[0] or other in modelled[1] else []
    amounts, rough = ({name: _total(values) for name, values in part.items()} for part in (steps, soft))
    sides = zip(("before", "after"), (first, second), modelled, published, strict=True)
    for side, rows, keys, said in sides:
        amounts[side] = _total(rows.values()) if said is None else said
        rough[side] = _total(v for k, v in rows.items() if k in keys) if said is None else 0.0
    between = math.fsum(amounts[name] for name in STEPS[1:-2])
    # No step is minus nought.
    amounts["unexplained"] = round(amounts["after"] - amounts["before"] - between, _DECIMALS) + 0.0
    counts = {name: len(values) for name, values in steps.items()}
    counts |= {"before": len(first), "after": len(second), "unexplained": 0}
    columns = {"hectares": amounts, "clusters": counts, "modelled_ha": rough}
    table = pd.DataFrame(columns, index=pd.Index(STEPS, name="step"))
    if nowhere and published == (None, None):
        table["hectares"] = math.nan
    return table.astype({"hectares": "float64", "clusters": "int64", "modelled_ha": "float64"})


def _pairs_of(before: pd.DataFrame, after: pd.DataFrame) -> list[tuple[Hashable, Hashable]]:
    """Return each cluster of either with the same of the other, or nobody."""
    pairs = match_clusters(before, after).set_index("before_id")["after_id"].to_dict()
    new = after.index.difference(list(pairs.values()), sort=False)
    return [(key, pairs.get(key, _NOBODY)) for key in before.index] + [(_NOBODY, key) for key in new]


def _total(values: Iterable[float]) -> float:
    return round(math.fsum(value for value in values if not math.isnan(value)), _DECIMALS)


def _modelled(table: pd.DataFrame, measure: str) -> set[Hashable]:
    """Return the clusters whose figure was filled in by a rule: that it changes is no event on the ground."""
    basis = table.get(f"{measure}_basis")
    return set() if basis is None else set(table.index[(basis == "modelled").fillna(value=False)])


def _counted(table: pd.DataFrame, measure: str, status: str | None) -> dict[Hashable, float]:
    rows = (
        table if status is None else table[(table["status"].astype("string") == status).fillna(value=False)]
    )
    figures = rows.get(measure, pd.Series(math.nan, index=rows.index)).astype("float64")
    return dict(zip(rows.index, figures.tolist(), strict=True))


def _step(first: float | None, second: float | None, *, known: bool) -> tuple[str, float]:
    """Return to which step one cluster belongs, and its hectares; None does not count on that side."""
    if second is None:
        return ("left" if known else "gone", -first) if first is not None else (_SAME_STEP, 0.0)
    if first is None:
        return "entered" if known else "added", second
    if math.isnan(first) != math.isnan(second):
        return ("known_now", second) if math.isnan(first) else ("unknown_now", -first)
    if abs(second - first) > _SAME:
        return "grown" if second > first else "shrunk", second - first
    return _SAME_STEP, 0.0


# What changed


def _come_and_gone(
    before: pd.DataFrame, after: pd.DataFrame, pairs: pd.DataFrame, measure: str
) -> list[dict[str, object]]:
    gone = before.index.difference(pd.Index(pairs["before_id"]), sort=False)
    new = after.index.difference(pd.Index(pairs["after_id"]), sort=False)
    common = shares(surveyed(before), surveyed(after))
    parts = common[common["of_after"] >= OVERLAP].groupby("before_id")["after_id"].agg(list)
    wholes = common[common["of_before"] >= OVERLAP].groupby("after_id")["before_id"].agg(list)
    split = {key: ids for key, ids in parts.items() if len(ids) > 1}
    merged = {key: ids for key, ids in wholes.items() if len(ids) > 1}
    changes = [
        _change(before, key, None, change="split", after="; ".join(sorted(map(str, ids))))
        for key, ids in split.items()
    ]
    changes += [
        _change(after, None, key, change="merged", before="; ".join(sorted(map(str, ids))))
        for key, ids in merged.items()
    ]
    told_gone = {*split, *(key for ids in merged.values() for key in ids)}
    told_new = {*merged, *(key for ids in split.values() for key in ids)}
    had, has = (_counted(table, measure, None) for table in (before, after))
    changes += [
        _change(before, key, None, change="gone") | _figure(had[key], measure, "before")
        for key in gone
        if key not in told_gone
    ]
    return changes + [
        _change(after, None, key, change="added") | _figure(has[key], measure, "after")
        for key in new
        if key not in told_new
    ]


def _figure(figure: float, measure: str, side: str) -> dict[str, object]:
    """Return how much a cluster that came or went counts, where that is known."""
    if math.isnan(figure):
        return {}
    return {"column": measure, side: str(figure), "difference": figure if side == "after" else -figure}


def _renamed(before: pd.DataFrame, after: pd.DataFrame, pairs: pd.DataFrame) -> list[dict[str, object]]:
    if "name" not in before or "name" not in after:
        return []
    names = [table["name"].astype("string").fillna("").to_dict() for table in (before, after)]
    rows = [(str(row["matched"]), row["before_id"], row["after_id"]) for row in pairs.to_dict("records")]
    return [
        _change(after, first, second, change="renamed", column="name", matched=how)
        | {"before": names[0][first], "after": names[1][second]}
        for how, first, second in rows
        if name_key(names[0][first]) != name_key(names[1][second])
    ]


def _moved(before: pd.DataFrame, after: pd.DataFrame, pairs: pd.DataFrame) -> gpd.GeoDataFrame:
    mine, theirs = surveyed(before), surveyed(after)
    known = pairs[pairs["before_id"].isin(mine.index) & pairs["after_id"].isin(theirs.index)]
    one, two = (
        np.asarray(shapes.loc[ids].array)
        for shapes, ids in ((mine, known["before_id"]), (theirs, known["after_id"]))
    )
    ids = known["after_id"].tolist()
    names = [str(after["name"].get(key, "")) if "name" in after else "" for key in ids]
    sides = [
        gpd.GeoDataFrame({"cluster_id": ids, "name": names, "what": what}, geometry=shapes, crs=4326)
        for what, shapes in (("gained", shapely.difference(two, one)), ("lost", shapely.difference(one, two)))
    ]
    table = gpd.GeoDataFrame(pd.concat(sides, ignore_index=True), crs=4326)
    table.insert(3, "hectares", area_ha(table.geometry) if len(table) else pd.Series(dtype="float64"))
    return table[table["hectares"] >= _LEAST_MOVED_HA].reset_index(drop=True)


def _moved_rows(boundaries: gpd.GeoDataFrame, pairs: pd.DataFrame) -> list[dict[str, object]]:
    found = boundaries.pivot_table(
        index=["cluster_id", "name"], columns="what", values="hectares", sort=False
    )
    origin = pairs.set_index("after_id")
    return [
        {
            "cluster_id": key,
            "before_id": origin["before_id"][key],
            "name": name,
            "change": "moved",
            "column": "geometry",
            "before": f"-{row.get('lost', 0.0) or 0.0:.4f}" if not pd.isna(row.get("lost")) else "",
            "after": f"+{row['gained']:.4f}" if "gained" in row and not pd.isna(row["gained"]) else "",
            "difference": float(np.nansum([row.get("gained", 0.0), -np.nan_to_num(row.get("lost", 0.0))])),
            "matched": origin["matched"][key],
        }
        for (key, name), row in found.iterrows()
    ]


def _differing(before: pd.DataFrame, after: pd.DataFrame, pairs: pd.DataFrame) -> list[dict[str, object]]:
    columns = [
        c for c in CLUSTER_COLUMNS if c.name not in _NOT_COMPARED and (c.name in before or c.name in after)
    ]
    changes: list[dict[str, object]] = []
    for column in columns:
        if column.name in {"name", "name_en"}:
            continue
        first = _aligned(before, column.name, pairs["before_id"])
        second = _aligned(after, column.name, pairs["after_id"])
        number = column.kind in {"number", "integer"}
        gap = (
            pd.to_numeric(second, errors="coerce") - pd.to_numeric(first, errors="coerce") if number else None
        )
        one, two = _texts(first), _texts(second)
        differs = (one != two) if gap is None else ~(gap.abs() <= _SAME) & ((one != "") | (two != ""))
        if column.unit == "share":
            differs &= ~_same_rounded(first, second)
        for at in np.flatnonzero(differs.to_numpy(dtype=bool)):
            pair = pairs.iloc[at]
            what = "status" if column.name == "status" else "figure"
            changes.append(
                _change(after, pair["before_id"], pair["after_id"], change=what, column=column.name)
                | {"before": one.iloc[at], "after": two.iloc[at], "matched": pair["matched"]}
                | {"difference": math.nan if gap is None else float(gap.iloc[at])}
            )
    return changes


def _same_rounded(first: pd.Series, second: pd.Series) -> pd.Series:
    """Return whether two rates are the same, rounded as the coarser of them is written, to 0.1 % at least."""
    pairs = pd.DataFrame({"a": first, "b": second}).apply(pd.to_numeric, errors="coerce")
    same = []
    for a, b in pairs.itertuples(index=False):
        known = math.isfinite(a) and math.isfinite(b)
        places = max(_RATE_DECIMALS, min(_decimals(a), _decimals(b))) if known else 0
        same.append(known and round(a, places) == round(b, places))
    return pd.Series(same, index=first.index, dtype=bool)


def _decimals(number: float) -> int:
    return max(0, -int(Decimal(repr(number)).normalize().as_tuple().exponent))


def _aligned(table: pd.DataFrame, name: str, ids: pd.Series) -> pd.Series:
    cells = table[name] if name in table else pd.Series(pd.NA, index=table.index, dtype="object")
    return pd.Series(cells.loc[ids.to_numpy()].astype("object").to_numpy(), dtype="object")


def _texts(cells: pd.Series) -> pd.Series:
    cells = cells.where(cells.notna(), "")
    days = cells.map(lambda cell: f"{cell:%Y-%m-%d}" if isinstance(cell, pd.Timestamp) else cell)
    return days.map(lambda cell: "" if str(cell) in _NOTHING else str(cell))


def _change(table: pd.DataFrame, first: Hashable, second: Hashable, **told: str) -> dict[str, object]:
    key = first if second is None else second
    name = str(table["name"].get(key, "")) if "name" in table else ""
    blank = {"column": "", "before": "", "after": "", "difference": math.nan, "matched": ""}
    return {"cluster_id": key, "before_id": "" if first is None else first, "name": name} | blank | told
