"""Enterprises, workers and budget revenue per hectare: for a cluster from its own figures only.

The city's totals are published, those of single clusters mostly are not. Spreading a city total over
clusters would invent figures, so the two are never mixed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from clusters_geo.reference import load_totals

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["city_per_hectare", "per_hectare"]

_PER_HA: Mapping[str, str] = {
    "enterprises": "enterprises_per_ha",
    "workers": "workers_per_ha",
    "budget_bn_vnd": "budget_bn_vnd_per_ha",
}


def per_hectare(clusters: pd.DataFrame) -> pd.DataFrame:
    """Return what stands on each built hectare of each cluster.

    Parameters
    ----------
    clusters
        One row per cluster, with `built_ha`, `built_ha_basis` and what is known of `enterprises`,
        `workers` and `budget_bn_vnd` (billion VND a year).

    Returns
    -------
    Table on the index of `clusters` with `enterprises_per_ha`, `workers_per_ha` and `budget_bn_vnd_per_ha`;
    missing where the cluster's own figure is missing, nothing is built, or the built area is modelled.

    Examples
    --------
    >>> import pandas as pd
    >>> per_hectare(pd.DataFrame({"built_ha": [20.0, 10.0], "workers": [900, None]}, index=["A", "B"]))
       enterprises_per_ha  workers_per_ha  budget_bn_vnd_per_ha
    A                 NaN            45.0                   NaN
    B                 NaN             NaN                   NaN
    """
    built = clusters["built_ha"].where(clusters["built_ha"] > 0)
    if "built_ha_basis" in clusters:
        # A published count over a modelled area would look like a fact.
        built = built.where((clusters["built_ha_basis"] != "modelled").fillna(value=True))
    return pd.DataFrame(
        {
            name: clusters[figure].astype("float64") / built if figure in clusters else float("nan")
            for figure, name in _PER_HA.items()
        },
        index=clusters.index,
    )


def city_per_hectare(totals: pd.DataFrame | None = None, *, scope: str = "Hà Nội") -> pd.DataFrame:
    """Return what stands on each built hectare of the whole city, from its published totals.

    Parameters
    ----------
    totals
        Published totals as from `load_totals`, which is the default.
    scope
        Whose totals.

    Returns
    -------
    Table indexed by figure (`enterprises`, `workers`, `budget_bn_vnd`), with `total`, `qualifier`,
    `built_ha`, `per_ha` and `source`. A qualified total ("about") gives a rate as rough as itself.

    Examples
    --------
    >>> city_per_hectare()["per_ha"].round(2).to_dict()
    {'enterprises': 2.8, 'workers': 43.1, 'budget_bn_vnd': 0.79}
    """
    published = load_totals() if totals is None else totals
    control = published[(published["scope"] == scope) & (published["role"] == "control")].set_index("metric")
    rows = control.loc[[figure for figure in _PER_HA if figure in control.index]]
    built_ha = float(control["value"]["built_ha"])
    return pd.DataFrame(
        {
            "total": rows["value"],
            "qualifier": rows["qualifier"],
            "built_ha": built_ha,
            "per_ha": rows["value"] / built_ha,
            "source": rows["source"],
        }
    )
