"""Totals: how many clusters, how many hectares planned and built, both rates, and how much of it is fact.

Areas and rates are those of the operating clusters, as in the city's own reports: what is planned for a
cluster under construction or a pending site has no built area to be set against.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from clusters_geo.errors import SchemaError
from clusters_geo.measure.sums import STAGES, Rows, figures, given_column
from clusters_geo.measure.trust import (
    WHOLE,
    basis_of,
    confirmed_totals,
    doubtful_totals,
    is_soft,
    province_of,
    scope_key,
    whole_scope,
)
from clusters_geo.names import did_you_mean, name_order
from clusters_geo.reading.notes import without_report
from clusters_geo.reference import load_totals
from clusters_geo.units.model import unit_level
from clusters_geo.units.places import UNPLACED, home_units, named_level

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd

__all__ = [
    "ROLES",
    "city_per_hectare",
    "pending_sites",
    "per_hectare",
    "reconcile",
    "summarize",
    "totals_at",
    "totals_by_basis",
]

UNKNOWN = "?"

# What a published total is for: to be met, the word of a source that contradicts it, or to be known only.
ROLES = ("control", "note", "context")


def summarize(
    clusters: pd.DataFrame, *, by: str | None = None, units: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Return totals and rates of a register.

    Parameters
    ----------
    clusters
        One row per cluster, with `status` and what is known of `planned_ha`, `built_ha`, `leasable_ha`,
        `leased_ha`, their `*_basis` and `as_of`.
    by
        A column to group by, such as `district`, `commune` or `status`; None for one row, or with `units` for
        one row per unit.
    units
        Units as from `load_units`, in which the clusters are counted where they lie (see `locate`). Without
        them `district` and `commune` go by the names of the register, spellings of one name together.

    Returns
    -------
    One row per group (a single row `total` without `by`; `?` gathers rows without a group, `unplaced` those
    that lie in no known one of the units), with

    - `clusters`, `operating_clusters`, `under_construction`, `pending_sites`: how many; `unknown_status`:
      how many have no status, in no other count but the first;
    - `planned_ha`, `built_ha`, `leasable_ha`, `leased_ha`: hectares of the operating clusters (of all
      rows where `by="status"`), missing where none is known; `planned_ha_clusters`, `built_ha_clusters`,
      `leasable_ha_clusters`, `leased_ha_clusters`: over how many of them;
    - `build_out_rate`: share 0–1 over the clusters that have both areas; `fill_rate` and `lawful_fill_rate`
      (see there): over those that have both areas or state a rate. Of these,
      `build_out_rate_known_clusters`, `fill_rate_known_clusters` are those where every figure is a fact,
      `build_out_rate_modelled_clusters`, `fill_rate_modelled_clusters` the rest;
      `fill_rate_stated_clusters` state no areas but a rate, and `fill_rate_by` says whether rates were
      averaged by `leasable_ha` or by `clusters` (see `fill_weights`);
    - `planned_ha_published`, `planned_ha_modelled`, `built_ha_published`, `built_ha_modelled`: hectares of
      the total by how they were obtained; the rest is inferred, declared or of unknown origin;
    - `under_construction_ha`, `pending_ha`: planned hectares of those, and over how many of them
      (`under_construction_ha_clusters`, `pending_ha_clusters`); `as_of`: the latest date;
    - `estimated`: the totals that carry "≈", joined by "; ": they rest on figures that are not facts, and
      meet no published total.

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
    by = unit_level(units) if by is None and units is not None else by
    placed = units is not None and by == unit_level(units)
    for needed in ("status", None if placed else by):
        if needed is not None and needed not in clusters:
            near = did_you_mean(needed, map(str, clusters.columns), most=1)
            code = "summary.like-column" if near else "summary.no-column"
            raise SchemaError(code, column=needed, near=", ".join(near), columns=", ".join(clusters.columns))
    rows = Rows.of(clusters, every_status=by == "status")
    confirmed = _confirmed(clusters, rows) if by in (None, named_level(clusters)) else frozenset()
    if by is None:
        return _of_all(rows, confirmed)
    if by in ("district", "commune"):
        groups = home_units(clusters, units if placed else None, by=by)
    else:
        groups = clusters[by].astype("string")
    return _of_groups(rows, groups, by, confirmed, UNPLACED if placed else UNKNOWN)


def totals_at(clusters: pd.DataFrame, home: pd.Series) -> pd.DataFrame:
    """Return the totals of each unit and, in the last row, of all: what a page or a report shows together.

    Parameters
    ----------
    clusters
        The register, as for `summarize`.
    home
        The unit of each cluster, as from `home_units`; `?` gathers those without.

    Returns
    -------
    Rows as of `summarize`, one a unit, and `total`.

    Examples
    --------
    >>> import clusters_geo as cg
    >>> clusters, _ = cg.load_hanoi()
    >>> totals_at(clusters, clusters["district"])["planned_ha"].iloc[[0, -1]].round(1).to_dict()
    {'Ba Vì': 71.7, 'total': 1686.0}
    """
    # A label is one unit, whatever else the rows declare: under `commune` it would be told apart by district.
    at_home = clusters.assign(district=home)
    rows = Rows.of(at_home)
    groups = _ordered(home_units(at_home, None, by="district"), "district", UNKNOWN)
    of_units = figures(rows, groups)
    confirmed = _confirmed(at_home, rows, of_units)
    marked = of_units.assign(estimated=_estimated(rows, groups, confirmed)).rename_axis("district")
    return pd.concat([marked, _of_all(rows, confirmed)])


def _of_all(rows: Rows, confirmed: frozenset[tuple[str, str]]) -> pd.DataFrame:
    return rows.whole.assign(estimated=_estimated(rows, rows.all_in_one, confirmed))


def _of_groups(
    rows: Rows, groups: pd.Series, by: str, confirmed: frozenset[tuple[str, str]], unknown: str
) -> pd.DataFrame:
    by_name = _ordered(groups, by, unknown)
    return figures(rows, by_name).assign(estimated=_estimated(rows, by_name, confirmed)).rename_axis(by)


def _ordered(groups: pd.Series, by: str, unknown: str) -> pd.Series:
    """Return groups as categories in the order of a table, with those that have none."""
    groups = groups.fillna(unknown)
    stages = {stage: at for at, stage in enumerate(STAGES)} if by == "status" else {}
    names = sorted(groups.unique(), key=lambda n: (n == unknown, stages.get(n, len(stages)), name_order(n)))
    # The column still says each row's status when the group is one status.
    return groups.astype(pd.CategoricalDtype(names))


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
    rows = without_report(clusters)
    basis = given_column(rows, f"{column}_basis").astype("string").fillna(UNKNOWN).rename(f"{column}_basis")
    known = given_column(rows, column).dropna()
    return known.groupby(basis.loc[known.index]).sum().sort_values(ascending=False, kind="stable")


def _estimated(rows: Rows, groups: pd.Series, confirmed: frozenset[tuple[str, str]]) -> pd.Series:
    """Return for each group which of its totals carry "≈", as text."""
    marks = doubtful_totals(rows.table, groups, confirmed, parts=rows.doubted)
    marks = marks.reindex(list(groups.cat.categories), fill_value=False)
    texts = ["; ".join(marks.columns[row]) for row in marks.to_numpy(dtype=bool)]
    return pd.Series(texts, index=marks.index, dtype="string")


def _confirmed(
    clusters: pd.DataFrame, rows: Rows, of_units: pd.DataFrame | None = None
) -> frozenset[tuple[str, str]]:
    published = _bundled_totals()
    whole = None if province_of(clusters) is None else whole_scope(clusters, published)
    if whole is None:
        return frozenset()
    return confirmed_totals(_compared(_computed(rows, whole, of_units), published), whole)


@cache
def _bundled_totals() -> pd.DataFrame:
    return _judging(load_totals())


def _whole(clusters: pd.DataFrame, totals: pd.DataFrame | None) -> str | None:
    """Return which scope of the totals is the whole register; the bundled ones are not anybody's."""
    if totals is None:
        return None if province_of(clusters) is None else whole_scope(clusters, load_totals())
    return whole_scope(clusters, totals)


# Totals are printed to a tenth of a hectare at best.
_PRINTED_TO = 0.05

# Our reading of the words: the sources do not say how near "about" is.
_NEAR = 0.05
_AGREES: dict[str, Callable[[float, float], bool]] = {
    "exact": lambda computed, published: abs(computed - published) < _PRINTED_TO,
    "about": lambda computed, published: abs(computed - published) <= _NEAR * published,
    "at most": lambda computed, published: computed <= published + _PRINTED_TO,
    "almost": lambda computed, published: (1 - _NEAR) * published <= computed <= published + _PRINTED_TO,
    "more than": lambda computed, published: published - _PRINTED_TO <= computed <= (1 + _NEAR) * published,
}


def reconcile(
    clusters: pd.DataFrame, totals: pd.DataFrame | None = None, *, scope: str | None = None
) -> pd.DataFrame:
    """Compare the totals of a register with published ones.

    Parameters
    ----------
    clusters
        One row per cluster, as for `summarize`.
    totals
        Published totals as from `load_totals`, which is the default. Totals of a district are compared
        with the rows of that district, or of a commune where the register names no districts.
    scope
        Which scope of the totals is the whole register; by default the province that the register is of (its
        column `province`, or `region=` when it was loaded), else the one province that `totals` speak of.

    Returns
    -------
    One row per published total that the register has a figure for: `scope`, `metric`, `computed`,
    `published`, `unit`, `qualifier`, `difference`, `agrees`, `role`, `as_of`, `source`. The role is
    `control`, or `note` for a source that contradicts the control. An exact total agrees within 0.05 of
    its unit; "about", "almost" and "more than" are taken as within 5 % on their side. A total of a scope that
    the register does not have is not judged: there `computed` and `agrees` are missing. A total without a
    qualifier is exact. A register of a province that the default totals do not speak of has no rows.

    Raises
    ------
    SchemaError
        If a qualifier or a role (see `ROLES`) is none of these; all of them are named with their totals.

    Examples
    --------
    >>> import clusters_geo as cg
    >>> clusters, _ = cg.load_hanoi()
    >>> table = reconcile(clusters)
    >>> bool(table.loc[table["role"] == "control", "agrees"].all())
    True
    """
    published = _bundled_totals() if totals is None else _judging(totals)
    whole = scope or _whole(clusters, totals)
    if totals is None and whole is None and province_of(clusters) is not None:
        # What was published of Hà Nội says nothing of another province's register.
        published = published.iloc[:0]
    return _compared(_computed(Rows.of(clusters), whole), published)


def _compared(computed: dict[str, dict[str, float]], published: pd.DataFrame) -> pd.DataFrame:
    """Return the published totals that a register is judged by, with what was computed for them."""
    keys = ["" if pd.isna(scope) else scope_key(str(scope)) for scope in published["scope"]]
    had = np.array([key in computed for key in keys], dtype=bool)
    pairs = zip(keys, published["metric"], strict=True)
    rows = published.assign(computed=[computed.get(key, {}).get(metric, np.nan) for key, metric in pairs])
    known = pd.concat([rows[had & rows["computed"].notna()], rows[~had]])
    known["difference"] = known["computed"] - known["value"]
    known["agrees"] = pd.array(
        [
            pd.NA if pd.isna(computed) else _AGREES[qualifier](computed, value)
            for qualifier, computed, value in zip(
                known["qualifier"], known["computed"], known["value"], strict=True
            )
        ],
        dtype="boolean",
    )
    columns = ["scope", "metric", "computed", "value", "unit", "qualifier", "difference", "agrees", "role"]
    table = known[[*columns, "as_of", "source"]].rename(columns={"value": "published"})
    return table.reset_index(drop=True)


def _judging(published: pd.DataFrame) -> pd.DataFrame:
    """Return the published totals that a register is judged by, with their role and qualifier."""
    roles = _roles(published)
    return _qualified(published.assign(role=roles)[roles.isin(["control", "note"])])


def _qualified(totals: pd.DataFrame) -> pd.DataFrame:
    written = totals["qualifier"].astype("string").str.strip().fillna("")
    told = written.mask(written == "", "exact")
    wrong = told[~told.isin(list(_AGREES))]
    if len(wrong):
        raise SchemaError("summary.no-qualifier", found=_told(totals, wrong), known=list(_AGREES))
    return totals.assign(qualifier=told)


def _roles(totals: pd.DataFrame) -> pd.Series:
    """Return what each total is for; one of no known role would be passed over in silence."""
    written = totals["role"].astype("string").fillna("")
    told = written.str.strip().str.casefold()
    wrong = written[~told.isin(ROLES)]
    if len(wrong):
        raise SchemaError("summary.no-role", found=_told(totals, wrong), known=list(ROLES))
    return told


def _told(totals: pd.DataFrame, wrong: pd.Series) -> list[str]:
    rows = totals.loc[wrong.index, ["scope", "metric"]].assign(told=wrong.str[:40]).head(_MOST_NAMED)
    return [f"“{row['told']}” ({row['scope']}, {row['metric']})" for row in rows.to_dict("records")]


_MOST_NAMED = 5


def _computed(
    rows: Rows, whole: str | None, of_units: pd.DataFrame | None = None
) -> dict[str, dict[str, float]]:
    """Return every figure of the whole register and of each unit, by the key of the scope.

    The figures of units are those of `of_units`, where they are known already, each under a key of its own.
    """
    found: dict[str, dict[str, float]] = {}
    if whole is not None:
        found[scope_key(whole)] = _numbers_of(rows.whole)[WHOLE]
    if of_units is not None:
        keyed = of_units.drop(index=UNKNOWN, errors="ignore").rename(index=scope_key)
        if not keyed.index.has_duplicates:
            return _numbers_of(keyed) | found
    if (unit := named_level(rows.table)) in rows.table:
        names = rows.table[unit].astype("string").map(scope_key, na_action="ignore").astype("string")
        groups = names.mask(names.isin(["", *found])).astype("category")
        found |= _numbers_of(figures(rows, groups))
    return found


def _numbers_of(table: pd.DataFrame) -> dict[str, dict[str, float]]:
    numbers = table.drop(columns=["as_of", "estimated", "fill_rate_by"])
    rows = zip(table.index, numbers.to_numpy(dtype="float64").tolist(), strict=True)
    return {str(unit): dict(zip(map(str, numbers), row, strict=True)) for unit, row in rows}


_PER_HA = {
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
    # A published count over a modelled area would look like a fact.
    sound = (clusters["built_ha"] > 0).fillna(value=False) & ~is_soft(basis_of(clusters, "built_ha"))
    built = clusters["built_ha"].where(sound)
    return pd.DataFrame(
        {
            name: clusters[figure].astype("float64") / built if figure in clusters else float("nan")
            for figure, name in _PER_HA.items()
        },
        index=clusters.index,
    )


def city_per_hectare(totals: pd.DataFrame | None = None, *, scope: str | None = None) -> pd.DataFrame:
    """Return what stands on each built hectare of the whole city, from its published totals.

    Parameters
    ----------
    totals
        Published totals as from `load_totals`, which is the default.
    scope
        Whose totals; by default those of the one province that they speak of.

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
    whole = scope or whole_scope(pd.DataFrame(), published)
    control = published[(published["scope"] == whole) & (published["role"] == "control")].set_index("metric")
    rows = control.loc[[figure for figure in _PER_HA if figure in control.index]]
    built_ha = control["value"].get("built_ha", float("nan"))
    return pd.DataFrame(
        {
            "total": rows["value"],
            "qualifier": rows["qualifier"],
            "built_ha": built_ha,
            "per_ha": rows["value"] / built_ha,
            "source": rows["source"],
        }
    )
