"""Figures that cannot be right, or that contradict each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from clusters_geo.auditing.rule import Hit, NotJudgedError, hits, rule
from clusters_geo.measure.rates import STATED_TOLERANCE, fill_rates
from clusters_geo.measure.relations import exceeds, relation
from clusters_geo.measure.summary import per_hectare
from clusters_geo.schema import CLUSTER_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clusters_geo.auditing.register import Register

__all__: list[str] = []

_NUMBERS = tuple(c.name for c in CLUSTER_COLUMNS if c.kind in ("number", "integer"))
_SHARES = tuple(c.name for c in CLUSTER_COLUMNS if c.unit == "share")

# 1 / 0.6745: the median absolute deviation of a normal distribution in standard deviations.
_MAD_TO_SIGMA = 1.4826


@rule(
    "figures.not-a-number",
    "error",
)
def not_a_number(register: Register) -> Iterator[Hit]:
    """Cells with text where a number belongs."""
    for name in filter(register.has, _NUMBERS):
        raw = register.raw(name)
        yield from hits(raw.notna() & register.number(name).isna(), name, raw)


@rule(
    "figures.infinite",
    "error",
)
def infinite(register: Register) -> Iterator[Hit]:
    """Figures that are not finite."""
    for name in filter(register.has, _NUMBERS):
        number = register.number(name)
        yield from hits(number.abs() == np.inf, name, number)


@rule(
    "figures.negative",
    "error",
)
def negative(register: Register) -> Iterator[Hit]:
    """Figures below zero."""
    for name in filter(register.has, _NUMBERS):
        number = register.number(name)
        yield from hits((number < 0) & np.isfinite(number), name, number, 0.0)


@rule(
    "figures.zero",
    "warning",
)
def zero(
    register: Register, *, columns: tuple[str, ...] = ("planned_ha", "established_ha", "leasable_ha")
) -> Iterator[Hit]:
    """Areas that are zero where there must be some."""
    for name in filter(register.has, columns):
        number = register.number(name)
        yield from hits(number == 0, name, number)


@rule(
    "figures.built-over-planned",
    "error",
    needs=("built_ha", "planned_ha"),
)
def built_over_planned(
    register: Register, *, tolerance_ha: float = relation("built_ha", "planned_ha").tolerance
) -> list[Hit]:
    """More built than planned, beyond rounding to a tenth of a hectare."""
    return _part_over_whole(register, "built_ha", "planned_ha", tolerance_ha)


@rule(
    "figures.leased-over-leasable",
    "error",
    needs=("leased_ha", "leasable_ha"),
)
def leased_over_leasable(
    register: Register, *, tolerance_ha: float = relation("leased_ha", "leasable_ha").tolerance
) -> list[Hit]:
    """More leased than there is to lease."""
    return _part_over_whole(register, "leased_ha", "leasable_ha", tolerance_ha)


@rule(
    "figures.leasable-over-planned",
    "error",
    needs=("leasable_ha", "planned_ha"),
)
def leasable_over_planned(
    register: Register, *, tolerance_ha: float = relation("leasable_ha", "planned_ha").tolerance
) -> list[Hit]:
    """More industrial land than planned area."""
    return _part_over_whole(register, "leasable_ha", "planned_ha", tolerance_ha)


@rule(
    "figures.rate-out-of-range",
    "error",
    needs=("|".join(_SHARES),),
)
def rate_out_of_range(register: Register) -> Iterator[Hit]:
    """Stated rates that are no share of anything."""
    for name in filter(register.has, _SHARES):
        number = register.number(name)
        yield from hits((number > 1) & np.isfinite(number), name, number, 1.0)


@rule(
    "figures.full-before-construction",
    "warning",
    needs=("status", "fill_rate_declared|leased_ha"),
)
def full_before_construction(register: Register, *, full: float = 1.0) -> list[Hit]:
    """Find clusters that are not built but said to be full."""
    computed = _fill_rate(register)["fill_rate"]
    declared = register.figure("fill_rate_declared")
    early = register.text("status").isin(["pending", "under_construction"])
    by_areas = early & (computed >= full)
    return [
        *hits(by_areas, "leased_ha", computed, full),
        *hits(early & ~by_areas & (declared >= full), "fill_rate_declared", declared, full),
    ]


@rule(
    "figures.rate-contradicts-areas",
    "warning",
    needs=("fill_rate_declared", "leased_ha", "leasable_ha"),
)
def rate_contradicts_areas(register: Register, *, tolerance: float = STATED_TOLERANCE) -> list[Hit]:
    """Find stated rates that are not what their areas give."""
    declared = register.figure("fill_rate_declared")
    computed = _fill_rate(register)["lawful_fill_rate"]
    return hits(
        exceeds((declared - computed).abs(), 0 * declared, tolerance),
        "fill_rate_declared",
        declared,
        computed,
    )


@rule(
    "figures.density-outlier",
    "info",
    needs=("built_ha", "enterprises|workers"),
)
def density_outlier(register: Register, *, deviations: float = 5.0, fewest: int = 8) -> Iterator[Hit]:
    """Enterprises or workers per hectare far outside those of the other clusters."""
    columns = {name: register.figure(name) for name in ("built_ha", "enterprises", "workers")}
    densities = per_hectare(pd.DataFrame(columns | {"built_ha_basis": register.basis("built_ha")}))
    logarithms = densities.where(densities > 0).apply(np.log)
    if logarithms.count().max() < fewest:
        raise NotJudgedError({"say": "too few clusters", "fewest": fewest})
    for figure in ("enterprises", "workers"):
        logarithm = logarithms[f"{figure}_per_ha"]
        middle = logarithm.median()
        distance = (logarithm - middle).abs()
        spread = _MAD_TO_SIGMA * distance.median()
        if logarithm.count() >= fewest and spread > 0:
            density = densities[f"{figure}_per_ha"]
            yield from hits(distance > deviations * spread, figure, density, float(np.exp(middle)))


@rule(
    "figures.more-active-than-all",
    "error",
    needs=("projects", "fdi_projects|active_projects"),
)
def more_active_than_all(register: Register) -> Iterator[Hit]:
    """More foreign-invested or active projects than projects."""
    for part in ("fdi_projects", "active_projects"):
        yield from _part_over_whole(register, part, "projects", relation(part, "projects").tolerance)


@rule(
    "figures.compliant-without-plant",
    "error",
    needs=("wastewater_started", "wastewater_compliant"),
)
def compliant_without_plant(register: Register) -> list[Hit]:
    """Find plants that comply although there is none."""
    started, compliant = (
        register.flag(name).astype("Float64").astype("float64")
        for name in ("wastewater_started", "wastewater_compliant")
    )
    limit = relation("wastewater_compliant", "wastewater_started").tolerance
    return hits(exceeds(compliant, started, limit), "wastewater_compliant", compliant, started)


@rule(
    "figures.paid-over-approved",
    "warning",
    needs=("paid_capital_bn_vnd", "approved_capital_bn_vnd"),
)
def paid_over_approved(
    register: Register,
    *,
    tolerance_bn_vnd: float = relation("paid_capital_bn_vnd", "approved_capital_bn_vnd").tolerance,
) -> list[Hit]:
    """More capital paid than approved, beyond rounding to a tenth of a billion."""
    return _part_over_whole(register, "paid_capital_bn_vnd", "approved_capital_bn_vnd", tolerance_bn_vnd)


@rule(
    "figures.duplicate-id",
    "error",
)
def duplicate_id(register: Register) -> list[Hit]:
    """Find ids that an earlier row has."""
    ids = pd.Series(register.clusters.index).astype("string")
    first = pd.Series(ids.index + 1).groupby(ids).transform("min")
    return hits(ids.duplicated(), "cluster_id", ids, first=first)


def _part_over_whole(register: Register, part: str, whole: str, tolerance: float) -> list[Hit]:
    parts, wholes = register.figure(part), register.figure(whole)
    return hits(exceeds(parts, wholes, tolerance), part, parts, wholes)


def _fill_rate(register: Register) -> pd.DataFrame:
    """Return both fill rates by areas, none stated."""
    areas = ("leased_ha", "approved_ha", "leasable_ha")
    return fill_rates(pd.DataFrame({name: register.figure(name) for name in areas}))
