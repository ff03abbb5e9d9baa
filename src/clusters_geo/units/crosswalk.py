"""From one generation of units to another: rows move, totals give an interval, context is area-weighted.

A cluster is a row with a place or a name, so it moves whole. A total of an old unit is not: which part of it
lies in which new unit is known only where the one holds the other, and else it is an interval. Only context,
such as people or land of a kind, may be spread over area, and is then modelled. Amounts that add up (people)
are extensive, and are split by the share of the source; densities and rates are intensive, and are averaged
by the share of the target.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from clusters_geo.area import area_ha
from clusters_geo.errors import SchemaError
from clusters_geo.units.model import generation_of, unit_labels, unit_level
from clusters_geo.units.names import Gazetteer, successors
from clusters_geo.units.places import UNPLACED, locate, shares

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

__all__ = ["crosswalk", "unit_shares"]

# A piece less than this share of both units is where two drawings of one border miss each other.
_SLIVER = 0.001


def unit_shares(source: gpd.GeoDataFrame, target: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return how much of each unit of one layer lies in each unit of another.

    Parameters
    ----------
    source, target
        Units with outlines, in any coordinate systems.

    Returns
    -------
    One row per pair that shares land: `source`, `target` (codes), `ha`, `of_source`, `of_target` (shares of
    0–1 of their areas), the largest share of each target first.

    Examples
    --------
    >>> import clusters_geo as cg
    >>> districts, communes = cg.load_units("hanoi-districts"), cg.load_units("hanoi-communes")
    >>> pairs = unit_shares(districts, communes)
    >>> pairs.loc[(pairs["target"] == "10126") & (pairs["of_target"] > 0.5), "source"].tolist()  # Bình Minh
    ['278']
    """
    table = shares(source.geometry, target.geometry)
    ha = {
        name: area_ha(layer.geometry).to_numpy() for name, layer in (("source", source), ("target", target))
    }
    row, holder = table["row"].to_numpy(), table["holder"].to_numpy()
    pairs = pd.DataFrame(
        {
            "source": source.index.astype(str).to_numpy()[row],
            "target": target.index.astype(str).to_numpy()[holder],
            "ha": table["ha"],
            "of_source": table["ha"] / ha["source"][row],
            "of_target": table["ha"] / ha["target"][holder],
        }
    )
    return pairs.sort_values(["target", "of_target"], ascending=[True, False], ignore_index=True)


def crosswalk(  # noqa: PLR0913 - all but the table is keyword-only
    table: pd.DataFrame,
    *,
    target: pd.DataFrame,
    source: pd.DataFrame | None = None,
    extensive: Sequence[str] = ("planned_ha",),
    intensive: Sequence[str] = (),
    by_area: bool = False,
    on: date | str | None = None,
) -> pd.DataFrame:
    """Return the figures of clusters, or of units of another generation, for the units of a target layer.

    Parameters
    ----------
    table
        Clusters, which move as `locate` says; or with `source` one row per unit of it, indexed by its code or
        its name.
    target
        Units as from `load_units`.
    source
        The units that the rows of `table` are totals of; None for clusters.
    extensive
        Columns that add up, such as hectares or people.
    intensive
        Columns that do not, such as densities; only with `source`.
    by_area
        Whether totals may be spread by area. What comes out is modelled; it is meant for context and never
        for clusters, whose totals are intervals without it.
    on
        As for `locate`.

    Returns
    -------
    One row per unit of `target` that may hold something, indexed by its label, and a last row `unplaced`:

    - `rows`: how many rows lie in it for certain; `open_rows`: how many more may;
    - for each column `<column>` where it is certain, `<column>_low`, `<column>_high`: between which it lies;
    - with `by_area` `<column>_modelled` and `estimated`: the share of it, 0–1, that is spread by area.

    Raises
    ------
    SchemaError
        If a column is absent, rows are of no unit of `source`, or clusters are to be spread.

    Examples
    --------
    >>> import clusters_geo as cg
    >>> clusters, communes = cg.load_hanoi(units="communes")
    >>> moved = cg.crosswalk(clusters, target=communes)
    >>> moved.loc["Bình Minh", ["rows", "planned_ha_low"]].round(2).tolist()
    [2.0, 57.44]
    >>> totals = pd.DataFrame({"workers": [1000.0, 500.0]}, index=["Sóc Sơn", "Thanh Oai"])
    >>> wide = cg.crosswalk(
    ...     totals, source=cg.load_units("hanoi-districts"), target=communes, extensive=["workers"]
    ... )
    >>> wide.loc["Bình Minh", ["workers_low", "workers_high"]].tolist()
    [0.0, 500.0]
    """
    missing = [name for name in (*extensive, *intensive) if name not in table]
    if missing:
        raise SchemaError("units.no-column", column=missing[0], columns=[str(name) for name in table.columns])
    if source is None:
        if by_area or intensive:
            raise SchemaError("units.no-spreading")
        return _moved(table, target, list(extensive), on)
    return _spread(table, source, target, list(extensive), list(intensive), by_area=by_area)


def _moved(
    clusters: pd.DataFrame, target: pd.DataFrame, columns: list[str], on: date | str | None
) -> pd.DataFrame:
    """Return sums over the clusters of each unit, and how much more the open ones may add."""
    lies = locate(clusters, target, on=on)
    labels = dict(zip(target.index.astype(str), unit_labels(target), strict=True))
    figures = clusters[columns].astype("Float64").astype("float64").fillna(0.0).set_axis(lies.index)
    open_rows = lies["unit"].isna().to_numpy()
    placed = figures[~open_rows].groupby(lies["unit"][~open_rows].to_numpy()).sum()
    counts = lies.loc[~open_rows, "unit"].value_counts()
    may = [
        (labels[code], at) for at, codes in enumerate(lies["candidates"]) for code in codes if open_rows[at]
    ]
    more = pd.DataFrame([{"unit": label, **figures.iloc[at], "rows": 1} for label, at in may])
    added = (
        more.groupby("unit").sum() if len(more) else pd.DataFrame(columns=[*columns, "rows"], dtype="float64")
    )
    names = [label for label in labels.values() if label in counts.index or label in added.index]
    result = pd.DataFrame(index=pd.Index(names, name=unit_level(target)))
    result["rows"] = counts.reindex(names).fillna(0).astype("int64")
    result["open_rows"] = added["rows"].reindex(names).fillna(0).astype("int64")
    for column in columns:
        low = placed[column].reindex(names).fillna(0.0) if len(placed) else pd.Series(0.0, index=names)
        high = low + added[column].reindex(names).fillna(0.0)
        result[column] = low.where(result["open_rows"] == 0)
        result[f"{column}_low"], result[f"{column}_high"] = low, high
    result.loc[UNPLACED] = _unplaced_row(figures[open_rows], result.columns)
    return result.astype({"rows": "int64", "open_rows": "int64"})


def _unplaced_row(figures: pd.DataFrame, columns: pd.Index) -> dict[str, float]:
    row: dict[str, float] = {"rows": len(figures), "open_rows": 0}
    for column in map(str, figures):
        row |= dict.fromkeys((column, f"{column}_low", f"{column}_high"), float(figures[column].sum()))
    return {name: row.get(str(name), np.nan) for name in columns}


def _spread(  # noqa: PLR0913 - two layers, two kinds of columns
    table: pd.DataFrame,
    source: pd.DataFrame,
    target: pd.DataFrame,
    extensive: list[str],
    intensive: list[str],
    *,
    by_area: bool,
) -> pd.DataFrame:
    codes = _codes_of(table, source)
    pairs = _pairs(source, target)
    labels = dict(zip(target.index.astype(str), unit_labels(target), strict=True))
    figures = table[[*extensive, *intensive]].astype("Float64").astype("float64")
    lost = np.array([code is None for code in codes])
    known = figures[~lost].set_axis(pd.Index([code for code in codes if code is not None]))
    pairs = pairs[pairs["source"].isin(known.index)]
    rows = []
    for code, part in pairs.groupby("target"):
        values = known.loc[part["source"]]
        row: dict[str, object] = {"unit": labels[str(code)]}
        row["rows"], row["open_rows"] = int(part["inside"].sum()), int((~part["inside"]).sum())
        for column in extensive:
            row |= _amount(column, values[column].to_numpy(), part, by_area=by_area)
        for column in intensive:
            row |= _mean(column, values[column].to_numpy(), part, by_area=by_area)
        rows.append(row)
    result = pd.DataFrame(rows).set_index("unit").rename_axis(unit_level(target))
    result.loc[UNPLACED] = _unplaced_row(figures.loc[lost, extensive], result.columns)
    return result.astype({"rows": "int64", "open_rows": "int64"})


def _amount(column: str, values: np.ndarray, part: pd.DataFrame, *, by_area: bool) -> dict[str, float]:
    """Return what of amounts is certain, at least and at most in a unit; spread by area where that may be."""
    inside = part["inside"].to_numpy()
    low, high = float(values[inside].sum()), float(values.sum())
    row = {column: low if inside.all() else np.nan, f"{column}_low": low, f"{column}_high": high}
    if by_area:
        modelled = float((values * np.where(inside, 1.0, part["of_source"])).sum())
        row[f"{column}_modelled"] = modelled
        row["estimated"] = 0.0 if modelled == 0 else (modelled - low) / modelled
    return row


def _mean(column: str, values: np.ndarray, part: pd.DataFrame, *, by_area: bool) -> dict[str, float]:
    """Return between which values a density lies, and its mean by the share of the unit."""
    row = {column: values[0] if len(values) == 1 else np.nan}
    row |= {f"{column}_low": float(values.min()), f"{column}_high": float(values.max())}
    if by_area:
        row[f"{column}_modelled"] = float(np.average(values, weights=part["of_target"]))
    return row


def _codes_of(table: pd.DataFrame, source: pd.DataFrame) -> list[str | None]:
    """Return the unit of the source that each row is of, by code or by name."""
    gazetteer, own = Gazetteer.of(source), set(source.index.astype(str))
    codes: list[str | None] = []
    for key in table.index.astype(str):
        found = {key} if key in own else {unit.code for unit in gazetteer.layer.named(key)}
        codes.append(next(iter(found)) if len(found) == 1 else None)
    return codes


def _pairs(source: pd.DataFrame, target: pd.DataFrame) -> pd.DataFrame:
    """Return which units share land: by the tables of mergers where both are known, else by outlines."""
    drawn = all(isinstance(t, gpd.GeoDataFrame) and t.geometry.notna().any() for t in (source, target))
    old_known, new_known = (generation_of(layer, unit_level(layer)) for layer in (source, target))
    by_area = unit_shares(gpd.GeoDataFrame(source), gpd.GeoDataFrame(target)) if drawn else None
    if old_known is None or new_known is None:
        if by_area is None:
            raise SchemaError("units.no-relation")
        real = (by_area["of_source"] >= _SLIVER) | (by_area["of_target"] >= _SLIVER)
        return by_area[real].assign(inside=by_area["of_source"] >= 1 - _SLIVER)
    (old, old_codes), (new, new_codes) = old_known, new_known
    there = dict(zip(new_codes, target.index.astype(str), strict=True))
    rows = []
    for own, code in zip(source.index.astype(str), old_codes, strict=True):
        held = {there[c] for c in successors(str(code), old.name, new.name) if c in there}
        rows += [(own, unit, len(held) == 1) for unit in sorted(held)]
    pairs = pd.DataFrame(rows, columns=["source", "target", "inside"])
    if by_area is None:
        return pairs.assign(of_source=np.nan, of_target=np.nan)
    return pairs.merge(by_area, how="left", on=["source", "target"]).fillna(
        {"of_source": 0.0, "of_target": 0.0}
    )
