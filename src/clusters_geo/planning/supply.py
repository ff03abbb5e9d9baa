"""How long industrial land lasts, and which site comes next by the planner's own weights."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from clusters_geo.errors import SchemaError
from clusters_geo.measure.trust import is_soft

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["rank_sites", "take_up", "years_of_supply"]

# What is measured on an outline, and says nothing where the outline is a sketch.
_GEOMETRIC = {"outline_ha", "compactness", "perimeter_m", "distance_m", "distance_km", "built_up_ha"}
_TIE = 1e-9
_DRAWS = 1_000
_SEED = 2022
_FIRST = 10
_SPREAD = 0.5


def years_of_supply(table: pd.DataFrame) -> pd.DataFrame:
    """Return how many years free industrial land lasts, between two rates of net take-up.

    Parameters
    ----------
    table
        One row per unit: `leasable_ha`, `leased_ha` (hectares), `take_up_long_ha` and `take_up_recent_ha`
        (hectares a year, net of land given back; either may be absent).

    Returns
    -------
    On the same index: `free_ha`, `years_low`, `years_high` (the range of the two rates),
    `years_of_supply` (the lower, for charts) and `verdict`: `range`, `no exhaustion` (a rate is zero or
    negative, so that the upper end is open; both: no years at all), `none left`, or `unknown` where an input
    is.

    Raises
    ------
    SchemaError
        If a column of areas is missing.

    Examples
    --------
    >>> row = {
    ...     "leasable_ha": [145.0],
    ...     "leased_ha": [40.0],
    ...     "take_up_long_ha": [8.0],
    ...     "take_up_recent_ha": [5.0],
    ... }
    >>> years_of_supply(pd.DataFrame(row))[["free_ha", "years_low", "years_high"]].round(1).values.tolist()
    [[105.0, 13.1, 21.0]]
    """
    for name in ("leasable_ha", "leased_ha"):
        if name not in table:
            raise SchemaError("supply.no-column", column=name)
    free = table["leasable_ha"].astype("float64") - table["leased_ha"].astype("float64")
    blank = pd.Series(math.nan, index=table.index)
    rates = pd.DataFrame(
        {name: table.get(name, blank).astype("float64") for name in ("take_up_long_ha", "take_up_recent_ha")}
    )
    years = rates.rdiv(free, axis=0).where(rates > 0)
    stands_still = (rates <= 0).any(axis=1)
    found = pd.DataFrame(
        {
            "free_ha": free,
            "years_low": years.min(axis=1).clip(lower=0),
            "years_high": years.max(axis=1).clip(lower=0).mask(stands_still),
        }
    )
    unknown = free.isna() | rates.isna().all(axis=1)
    verdict = pd.Series("range", index=table.index).mask(stands_still, "no exhaustion")
    found["verdict"] = verdict.mask(free <= 0, "none left").mask(unknown, "unknown")
    empty = found["verdict"] == "none left"
    found.loc[empty, ["years_low", "years_high"]] = 0.0
    found.loc[unknown, ["years_low", "years_high"]] = math.nan
    return found.assign(years_of_supply=found["years_low"])


def take_up(before: pd.DataFrame, after: pd.DataFrame, years: float) -> float:
    """Return hectares newly leased a year between two registers, of the clusters in both that say.

    Raises
    ------
    SchemaError
        If no time passed.

    Examples
    --------
    >>> early, late = (pd.DataFrame({"leased_ha": [ha, 5.0]}, index=["A", "B"]) for ha in (10.0, 14.0))
    >>> take_up(early, late, 2)
    2.0
    """
    if not years > 0:
        raise SchemaError("supply.no-time", years=years)
    both = (
        pd.concat([before["leased_ha"], after["leased_ha"]], axis=1, join="inner").astype("float64").dropna()
    )
    return math.nan if both.empty else math.fsum(both.iloc[:, 1] - both.iloc[:, 0]) / years


def rank_sites(
    sites: pd.DataFrame, weights: Mapping[str, float], *, first: int = _FIRST, spread: float = _SPREAD
) -> pd.DataFrame:
    """Rank sites by a weighted sum of criteria, with the parts of each score and how firm the order is.

    Parameters
    ----------
    sites
        One row per site, with the columns that `weights` names.
    weights
        Column to weight: positive where more is better, negative where less is. Only their proportions count.
    first
        How many are the first.
    spread
        How far each weight is varied, as a share of it, to see how often a site stays among the first.

    Returns
    -------
    Ranked sites first, indexed as `sites`: `rank` (ties share the better one), `tied`,
    `score` (0–1), `part_<column>` (what each criterion adds; they sum to the score), `stays_first` (share of
    1,000 variations of the weights in which the site is among the first), `doubtful` (criteria that rest on
    modelled or sketched figures, as text), `unknown` (criteria of which nothing is known: without a score).
    Criteria are scaled from the worst site to the best, so that no unit matters.

    Raises
    ------
    SchemaError
        If a column is missing or not of numbers, all weights are 0, or a criterion is measured on outlines of
        which some are sketches.

    Examples
    --------
    >>> sites = pd.DataFrame(
    ...     {"planned_ha": [10.0, 30.0, 20.0], "km_to_road": [1.0, 5.0, 3.0]}, index=list("ABC")
    ... )
    >>> rank_sites(sites, {"planned_ha": 2, "km_to_road": -1})[["rank", "score"]].round(2).values.tolist()
    [[1.0, 0.67], [2.0, 0.5], [3.0, 0.33]]
    """
    _refuse(sites, weights)
    scaled = pd.DataFrame({name: _scaled(sites[name], weights[name]) for name in weights}, index=sites.index)
    share = np.abs(np.array(list(weights.values()), dtype=float))
    share /= share.sum()
    parts = scaled * share
    score = parts.sum(axis=1, min_count=len(weights))
    rank = (score / _TIE).round().rank(ascending=False, method="min")
    table = pd.DataFrame({"rank": rank, "tied": rank.notna() & rank.duplicated(keep=False), "score": score})
    table = table.join(parts.add_prefix("part_"))
    table["stays_first"] = _stays_first(scaled, share, first, spread)
    table["doubtful"] = _named(pd.DataFrame({n: _soft(sites, n) for n in weights}, index=sites.index))
    table["unknown"] = _named(scaled.isna())
    return table.sort_values("rank", kind="stable", na_position="last")


def _refuse(sites: pd.DataFrame, weights: Mapping[str, float]) -> None:
    for name in weights:
        if name not in sites:
            raise SchemaError("supply.no-column", column=name)
        if not pd.api.types.is_numeric_dtype(sites[name]):
            raise SchemaError("supply.no-numbers", column=name)
    if not weights or not any(weights.values()):
        raise SchemaError("supply.no-weights")
    sketched = "boundary_basis" in sites and bool(is_soft(sites["boundary_basis"]).any())
    measured = [name for name in weights if name in _GEOMETRIC]
    if sketched and measured:
        raise SchemaError("supply.sketches", columns=measured)


def _scaled(values: pd.Series, weight: float) -> pd.Series:
    figures = values.astype("float64")
    least, most = figures.min(), figures.max()
    # Where all are alike a criterion decides nothing.
    share = (figures - least) / (most - least) if most > least else figures * 0 + 1
    return 1 - share if weight < 0 and most > least else share


def _stays_first(scaled: pd.DataFrame, share: np.ndarray, first: int, spread: float) -> pd.Series:
    known = scaled.dropna()
    factors = np.random.default_rng(_SEED).uniform(1 - spread, 1 + spread, (_DRAWS, len(share)))
    varied = factors * share
    scores = np.round(known.to_numpy() @ (varied / varied.sum(axis=1, keepdims=True)).T / _TIE)
    better = (scores[None, :, :] > scores[:, None, :]).sum(axis=1)
    return pd.Series((better < first).mean(axis=1), index=known.index).reindex(scaled.index)


def _soft(sites: pd.DataFrame, name: str) -> pd.Series:
    basis = f"{name}_basis"
    return is_soft(sites[basis]) if basis in sites else pd.Series(data=False, index=sites.index)


def _named(where: pd.DataFrame) -> pd.Series:
    names = ["; ".join(where.columns[row]) for row in where.to_numpy(dtype=bool)]
    return pd.Series(names, index=where.index, dtype="string")
