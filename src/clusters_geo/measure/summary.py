"""Totals: how many clusters, how many hectares planned and built, both rates, and how much of it is fact.

Areas and rates are those of the operating clusters, as in the city's own reports: what is planned for a
cluster under construction or a pending site has no built area to be set against.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from clusters_geo.errors import SchemaError
from clusters_geo.names import fold

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["pending_sites", "summarize", "totals_by_basis"]

UNKNOWN = "?"


def summarize(clusters: pd.DataFrame, *, by: str | None = None) -> pd.DataFrame:
    """Return totals and rates of a register.

    Parameters
    ----------
    clusters
        One row per cluster, with `status` and what is known of `planned_ha`, `built_ha`, `leasable_ha`,
        `leased_ha`, their `*_basis` and `as_of`.
    by
        A column to group by, such as `district`, `commune` or `status`; None for one row.

    Returns
    -------
    One row per group (a single row `total` without `by`; `?` gathers rows without a group), with

    - `clusters`, `operating_clusters`, `under_construction`, `pending_sites`: how many;
    - `planned_ha`, `built_ha`, `leasable_ha`, `leased_ha`: hectares of the operating clusters (of all
      rows where `by="status"`), missing where none is known;
    - `build_out_rate`, `fill_rate`: shares 0–1 over the clusters that have both areas. Of these,
      `build_out_rate_known_clusters`, `fill_rate_known_clusters` are those where neither is modelled, and
      `build_out_rate_modelled_clusters`, `fill_rate_modelled_clusters` the rest;
    - `planned_ha_published`, `planned_ha_modelled`, `built_ha_published`, `built_ha_modelled`: hectares of
      the total by how they were obtained; the rest is inferred, declared or of unknown origin;
    - `under_construction_ha`, `pending_ha`: planned hectares of those; `as_of`: the latest date.

    Raises
    ------
    SchemaError
        If there is no column `status`, or none named as `by`.

    Examples
    --------
    >>> import clusters_geo as cg
    >>> clusters, districts = cg.load_hanoi()
    >>> cg.summarize(clusters)[["planned_ha", "built_ha", "build_out_rate"]].round(3)
           planned_ha  built_ha  build_out_rate
    total      1686.0    1392.0           0.826
    >>> by_district = cg.summarize(clusters, by="district")
    >>> by_district.loc[["Thường Tín"], ["operating_clusters", "planned_ha"]].round(3)
                operating_clusters  planned_ha
    district
    Thường Tín                  11       195.0
    """
    for needed in ("status", by):
        if needed is not None and needed not in clusters:
            msg = f"There is no column {needed!r} to summarize by; there are: {', '.join(clusters.columns)}."
            raise SchemaError(msg)
    if by is None:
        return pd.DataFrame([_figures(clusters)], index=["total"])
    groups = clusters.groupby(clusters[by].astype("string").fillna(UNKNOWN))
    # The column still says each row's status when the group is one status.
    rows = {key: _figures(group, every_status=by == "status") for key, group in groups}
    ordered = sorted(rows, key=lambda key: (key == UNKNOWN, fold(str(key))))
    return pd.DataFrame([rows[key] for key in ordered], index=pd.Index(ordered, name=by))


def pending_sites(clusters: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the sites called for investment whose ground is not broken.

    Parameters
    ----------
    clusters
        One row per cluster, with `status`.

    Returns
    -------
    The rows with status `pending`, all columns, in the order of the register.

    Examples
    --------
    >>> import clusters_geo as cg
    >>> clusters, _ = cg.load_hanoi()
    >>> len(cg.pending_sites(clusters))
    43
    """
    return clusters[(clusters["status"] == "pending").fillna(value=False)]


def totals_by_basis(clusters: pd.DataFrame, column: str) -> pd.Series:
    """Return the total of a figure by how it was obtained.

    Parameters
    ----------
    clusters
        Rows to add up, with `column` and, where known, `<column>_basis`.
    column
        A figure such as `planned_ha`.

    Returns
    -------
    Series named as the column, indexed by basis (`?` where none is given), largest first.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"planned_ha": [10.0, 30.0], "planned_ha_basis": ["published", "modelled"]})
    >>> totals_by_basis(table, "planned_ha")
    planned_ha_basis
    modelled     30.0
    published    10.0
    Name: planned_ha, dtype: float64
    """
    basis = _column(clusters, f"{column}_basis").astype("string").fillna(UNKNOWN).rename(f"{column}_basis")
    known = _column(clusters, column).dropna()
    return known.groupby(basis.loc[known.index]).sum().sort_values(ascending=False, kind="stable")


def _figures(rows: pd.DataFrame, *, every_status: bool = False) -> dict[str, object]:
    status = rows["status"]
    measured = rows if every_status else rows[(status == "operating").fillna(value=False)]
    figures: dict[str, object] = {
        "clusters": len(rows),
        "operating_clusters": int((status == "operating").sum()),
        "under_construction": int((status == "under_construction").sum()),
        "pending_sites": int((status == "pending").sum()),
    }
    figures |= _rate(measured, "built_ha", "planned_ha", "build_out_rate")
    figures |= _rate(measured, "leased_ha", "leasable_ha", "fill_rate")
    for column in ("planned_ha", "built_ha"):
        totals = totals_by_basis(measured, column)
        figures[f"{column}_published"] = float(totals.get("published", 0.0))
        figures[f"{column}_modelled"] = float(totals.get("modelled", 0.0))
    for name, which in (("under_construction_ha", "under_construction"), ("pending_ha", "pending")):
        figures[name] = _total(_column(rows, "planned_ha")[(status == which).fillna(value=False)])
    figures["as_of"] = _column(rows, "as_of").max()
    return figures


def _rate(rows: pd.DataFrame, part: str, whole: str, name: str) -> dict[str, object]:
    parts, wholes = _column(rows, part), _column(rows, whole)
    given = parts.notna() & (wholes > 0)
    modelled = given & (_is_modelled(rows, part) | _is_modelled(rows, whole))
    return {
        whole: _total(wholes),
        part: _total(parts),
        name: _total(parts[given]) / _total(wholes[given]) if given.any() else float("nan"),
        f"{name}_known_clusters": int((given & ~modelled).sum()),
        f"{name}_modelled_clusters": int(modelled.sum()),
    }


def _is_modelled(rows: pd.DataFrame, column: str) -> pd.Series:
    return (_column(rows, f"{column}_basis").astype("string") == "modelled").fillna(value=False).astype(bool)


def _total(values: pd.Series) -> float:
    # Nothing known is not zero hectares.
    return float(values.sum(min_count=1))


def _column(rows: pd.DataFrame, name: str) -> pd.Series:
    return rows[name] if name in rows else pd.Series(float("nan"), index=rows.index, name=name)
