"""Totals of a register against those that were published of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from clusters_geo.measure.summary import summarize
from clusters_geo.reference import load_totals

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["reconcile"]

# Totals are printed to a tenth of a hectare at best.
_PRINTED_TO = 0.05

# Our reading of the words: the sources do not say how near "about" is.
_NEAR = 0.05
_AGREES: dict[str, Callable[[float, float], bool]] = {
    "exact": lambda computed, published: abs(computed - published) < _PRINTED_TO,
    "about": lambda computed, published: abs(computed - published) <= _NEAR * published,
    "almost": lambda computed, published: (1 - _NEAR) * published <= computed <= published + _PRINTED_TO,
    "more than": lambda computed, published: published - _PRINTED_TO <= computed <= (1 + _NEAR) * published,
}


def reconcile(clusters: pd.DataFrame, totals: pd.DataFrame | None = None) -> pd.DataFrame:
    """Compare the totals of a register with published ones.

    Parameters
    ----------
    clusters
        One row per cluster, as for `summarize`.
    totals
        Published totals as from `load_totals`, which is the default. Totals of a district are compared
        with the rows of that district.

    Returns
    -------
    One row per published total that the register has a figure for: `scope`, `metric`, `computed`,
    `published`, `unit`, `qualifier`, `difference`, `agrees`, `role`, `as_of`, `source`. The role is
    `control`, or `note` for a source that contradicts the control. An exact total agrees within 0.05 of
    its unit; "about", "almost" and "more than" are taken as within 5 % on their side.

    Examples
    --------
    >>> import clusters_geo as cg
    >>> clusters, _ = cg.load_hanoi()
    >>> table = reconcile(clusters)
    >>> bool(table.loc[table["role"] == "control", "agrees"].all())
    True
    """
    published = load_totals() if totals is None else totals
    computed = _computed(clusters)
    known = published[published["role"].isin(["control", "note"])].merge(computed, on=["scope", "metric"])
    known["difference"] = known["computed"] - known["value"]
    known["agrees"] = [
        _AGREES[qualifier](computed, value)
        for qualifier, computed, value in zip(
            known["qualifier"], known["computed"], known["value"], strict=True
        )
    ]
    columns = ["scope", "metric", "computed", "value", "unit", "qualifier", "difference", "agrees", "role"]
    return known[[*columns, "as_of", "source"]].rename(columns={"value": "published"})


def _computed(clusters: pd.DataFrame) -> pd.DataFrame:
    """Return every figure of the whole register and of each district: scope, metric, computed."""
    city = summarize(clusters).set_axis(["Hà Nội"])
    parts = [city, summarize(clusters, by="district")] if "district" in clusters else [city]
    figures = pd.concat(parts).rename_axis("scope").drop(columns="as_of").astype("float64")
    return figures.reset_index().melt("scope", var_name="metric", value_name="computed").dropna()
