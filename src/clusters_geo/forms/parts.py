"""What each cluster contributes to each row of Forms 03 and 04.

Form 02 is the record of one cluster; Forms 03 and 04 add such records up. Four kinds of rows:

count
    clusters of a scope for which a condition holds;
among
    an area, added up over those clusters;
reported
    a figure, added up over every cluster that reports it; those that should and do not are missing;
rate
    leased over total industrial land, of the clusters of which both are known.

Rows 15 to 17 speak of operating clusters; rows 18 and 20 to 27 of all, but a cluster where nobody produces
yet has no projects to report, and one whose ground is not broken no wastewater plant, unless it says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from clusters_geo.forms.conditions import basis_texts, register_column
from clusters_geo.measure.rates import column as figures
from clusters_geo.measure.rates import lawful_fill_rate
from clusters_geo.measure.trust import basis_of, weaker_basis

if TYPE_CHECKING:
    from clusters_geo.forms.circular import Line
    from clusters_geo.forms.conditions import Answers, Condition, Judged

__all__ = ["FILL_RATE_ROW", "RULES", "Rule", "computed_fill_rate", "parts", "record"]


@dataclass(frozen=True, slots=True)
class Rule:
    """How a row is obtained: see the head of this module. The first column that holds a value counts."""

    kind: Literal["count", "among", "reported", "rate"]
    scope: Condition
    who: Condition = "every"
    columns: tuple[str, ...] = ()


def _pair(row: int, who: Condition, *areas: str) -> dict[str, Rule]:
    # Most rows come in twos: how many clusters, and their hectares.
    return {
        str(row): Rule("count", "every", who),
        str(row + 1): Rule("among", "every", who, areas or ("planned_ha",)),
    }


def _operating(row: str, kind: Literal["count", "among"], who: Condition = "every") -> dict[str, Rule]:
    return {row: Rule(kind, "operating", who, ("planned_ha",) if kind == "among" else ())}


def _reported(row: int, column: str, scope: Condition = "has_producers") -> dict[str, Rule]:
    return {str(row): Rule("reported", scope, columns=(column,))}


RULES: dict[str, Rule] = {
    **_pair(1, "in_plan"),
    **_pair(3, "established", "established_ha", "planned_ha"),
    **_pair(5, "established_in_period", "established_ha", "planned_ha"),
    **_pair(7, "by_enterprise"),
    **_pair(9, "detailed_plan"),
    **_pair(11, "project"),
    **_reported(13, "approved_capital_bn_vnd", "project"),
    **_reported(14, "paid_capital_bn_vnd", "project"),
    "15": Rule("count", "every", "operating"),
    **_operating("15.1", "count", "established"),
    **_operating("15.2", "count", "not_established"),
    **_operating("15.3", "count", "craft_village"),
    **_operating("15.4", "count", "specialised"),
    **_operating("16", "among"),
    **_operating("16.1", "among", "established"),
    **_operating("16.2", "among", "not_established"),
    **_operating("16.3", "among", "craft_village"),
    **_operating("16.4", "among", "specialised"),
    "17": Rule("among", "operating", "every", ("leasable_ha",)),
    **_reported(18, "leased_ha"),
    "19": Rule("rate", "operating", columns=("leased_ha", "leasable_ha")),
    **_reported(20, "projects"),
    **_reported(21, "fdi_projects"),
    **_reported(22, "active_projects"),
    **_reported(23, "revenue_bn_vnd"),
    **_reported(24, "budget_bn_vnd"),
    **_reported(25, "workers"),
    "26": Rule("count", "has_infrastructure", "wastewater_started"),
    "27": Rule("count", "has_infrastructure", "wastewater_compliant"),
}


def parts(judged: Judged, rule: Rule) -> pd.DataFrame:
    """Return what each cluster contributes to a row.

    Parameters
    ----------
    judged
        The clusters of the unit, as of a period.
    rule
        How the row is obtained.

    Returns
    -------
    Table on the index of `clusters`, only clusters that the row is about: `value` (missing where the register
    does not say), `column` it stands in, its `basis`, and `decided_by`, the column that says that the
    cluster belongs to the row. For a rate, `value` is the leased and `whole` the total industrial land.

    Examples
    --------
    >>> from clusters_geo.forms.conditions import Judged
    >>> from clusters_geo.forms.circular import Period
    >>> table = pd.DataFrame({"status": ["operating", "pending"], "workers": [120, None]}, index=["A", "B"])
    >>> parts(Judged(table, Period.parse("2026-H1")), RULES["25"])["value"].to_dict()
    {'A': 120.0}
    """
    clusters, scope = judged.clusters, judged.says(rule.scope)
    if rule.kind == "count":
        return _counted(judged.says(rule.who), scope)
    figure = _first_known(clusters, rule.columns if rule.kind != "rate" else rule.columns[:1])
    if rule.kind == "among":
        return _among(figure, judged.says(rule.who), scope, everyone=rule.who == "every")
    expected = scope.holds.fillna(value=True).astype(bool)
    told = figure.assign(decided_by=scope.column)
    if rule.kind == "reported":
        return told[expected | told["value"].notna()]
    other = _first_known(clusters, rule.columns[1:])
    both = told["value"].notna() & (other["value"] > 0)
    return told.assign(
        value=told["value"].where(both),
        whole=other["value"].where(both),
        column=" / ".join(rule.columns),
        basis=weaker_basis(told["basis"], other["basis"]),
    )[expected]


def _counted(who: Answers, scope: Answers) -> pd.DataFrame:
    # Outside the scope the answer is no, whatever else is known.
    value = (scope.holds & who.holds).astype("Float64").astype("float64")
    table = pd.DataFrame({"value": value, "column": who.column, "basis": who.basis, "decided_by": who.column})
    return table[scope.holds.fillna(value=True).astype(bool)]


def _among(figure: pd.DataFrame, who: Answers, scope: Answers, *, everyone: bool) -> pd.DataFrame:
    member = scope.holds & who.holds
    known = member.fillna(value=False).astype(bool)
    # Hectares of clusters that are only inferred to belong here are no better than that.
    basis = figure["basis"] if everyone else weaker_basis(figure["basis"], who.basis)
    table = figure.assign(value=figure["value"].where(known), basis=basis, decided_by=who.column)
    return table[member.fillna(value=True).astype(bool)]


def _first_known(clusters: pd.DataFrame, columns: tuple[str, ...]) -> pd.DataFrame:
    value = np.full(len(clusters), np.nan)
    column = np.full(len(clusters), columns[0], dtype=object)
    basis = np.full(len(clusters), "", dtype=object)
    for name in columns:
        given = figures(clusters, name).to_numpy()
        new = np.isnan(value) & ~np.isnan(given)
        if new.any():
            value[new], column[new], basis[new] = given[new], name, basis_texts(clusters, name)[new]
    texts = {"column": pd.array(column, dtype="string"), "basis": pd.array(basis, dtype="string")}
    return pd.DataFrame({"value": value, **texts}, index=clusters.index)


FILL_RATE_ROW = "5"


def record(clusters: pd.DataFrame, line: Line) -> pd.DataFrame:
    """Return a row of Form 02 for each cluster, in the shape of `parts`.

    Flags become 1 and 0, the fill rate per cent.
    """
    values = register_column(clusters, line.column).astype("Float64").astype("float64")
    basis = register_column(clusters, f"{line.column}_basis").astype("string").fillna("")
    column = pd.Series(line.column, index=clusters.index, dtype="string")
    if line.row == FILL_RATE_ROW:
        rate = computed_fill_rate(clusters)
        basis = basis.mask(rate.notna(), basis_of(clusters, "lawful_fill_rate"))
        column = column.mask(rate.notna(), "leased_ha / leasable_ha")
        approved = figures(clusters, "approved_ha").fillna(0.0) > 0
        column = column.mask(rate.notna() & approved, "(leased_ha + approved_ha) / leasable_ha")
        values = rate.fillna(values) * 100
    return pd.DataFrame({"value": values, "column": column, "basis": basis, "decided_by": "cluster_id"})


def computed_fill_rate(clusters: pd.DataFrame) -> pd.Series:
    """Return the fill rate of the law by areas, 0–1; missing where one is.

    Row 5 of Form 02 gives no formula, so that Decree 32/2024/NĐ-CP defines it; row 19 of Forms 03 and 04 is
    leased over industrial land, rows 18 and 17.

    Examples
    --------
    >>> land = pd.DataFrame({"leased_ha": [6.0], "approved_ha": [1.0], "leasable_ha": [8.0]})
    >>> computed_fill_rate(land).tolist()
    [0.875]
    """
    areas = ("leased_ha", "approved_ha", "leasable_ha")
    return lawful_fill_rate(pd.DataFrame({name: figures(clusters, name) for name in areas}))
