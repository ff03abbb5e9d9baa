"""What is a fact, which of two bases claims less, and where a figure carries "≈".

A *fact* was published, declared by the register's owner, measured, or stands in the owner's own register
without a word on how it was obtained. All else is marked "≈": what follows from published facts but was
printed by nobody (inferred), and what somebody filled in or sketched. Of the latter (*soft*) nothing follows
about a real cluster, so that audits and the law do not rest on it.

A total is as doubtful as what it adds up, unless it meets a published total.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache, partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from clusters_geo.crs import ZONES
from clusters_geo.measure.rates import RATES, STATED, build_out_rate, column, fill_rates
from clusters_geo.names import name_key
from clusters_geo.reading.notes import ATTRIBUTE
from clusters_geo.schema import BASES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    from numpy.typing import NDArray

__all__ = [
    "FACTS",
    "MARK",
    "PARTS",
    "SOFT",
    "STATED_MARK",
    "WHOLE",
    "basis_of",
    "confirmed_totals",
    "doubtful_cells",
    "doubtful_parts",
    "doubtful_totals",
    "is_fact",
    "is_soft",
    "province_of",
    "scope_key",
    "weaker_basis",
    "whole_scope",
]

MARK = "≈"
# After a rate that rests on what somebody stated, not on areas.
STATED_MARK = "*"
FACTS = frozenset({"published", "declared", "measured"})
SOFT = frozenset({"modelled", "schematic", "reconstructed"})
_DOUBTED = frozenset(BASES) - FACTS
# From the basis that claims most to the one that claims least; what is no basis claims nothing.
_RANKS = {basis: place for place, basis in enumerate(BASES, start=1)}

_FILL = ("fill_rate", "lawful_fill_rate")

# The cells that a total rests on, and of which clusters: a status, or all.
_COUNTED = ("status", "district")
PARTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "operating_clusters": ("operating", _COUNTED),
    "under_construction": ("under_construction", _COUNTED),
    "pending_sites": ("pending", _COUNTED),
    "under_construction_ha": ("under_construction", ("planned_ha",)),
    "pending_ha": ("pending", ("planned_ha",)),
    **{name: ("operating", (name,)) for name in ("planned_ha", "built_ha", "leasable_ha", "leased_ha")},
    **{rate: ("operating", parts) for rate, parts in RATES.items()},
}
# How a total is called that is neither of a district nor of another group.
WHOLE = "total"


def is_fact(basis: pd.Series) -> pd.Series:
    """Return for each basis whether a figure obtained that way is a fact; where none is given, it is.

    Examples
    --------
    >>> is_fact(pd.Series(["published", "inferred", None, "modelled"])).tolist()
    [True, False, True, False]
    """
    return pd.Series(_are_facts(_texts(basis)), index=basis.index, dtype=bool)


def _are_facts(basis: list[str]) -> NDArray[np.bool_]:
    return np.fromiter((given not in _DOUBTED for given in basis), dtype=bool, count=len(basis))


def is_soft(basis: pd.Series) -> pd.Series:
    """Return for each basis whether somebody filled the figure in or sketched it.

    Examples
    --------
    >>> is_soft(pd.Series(["published", "inferred", None, "modelled"])).tolist()
    [False, False, False, True]
    """
    return pd.Series([given in SOFT for given in _texts(basis)], index=basis.index, dtype=bool)


def weaker_basis(first: pd.Series, *others: pd.Series) -> pd.Series:
    """Return, row by row, the basis that claims least: a rate of a published and a modelled area is modelled.

    Examples
    --------
    >>> weaker_basis(pd.Series(["published", ""]), pd.Series(["modelled", "declared"])).tolist()
    ['modelled', 'declared']
    """
    weakest = _weakest_of([_texts(basis) for basis in (first, *others)])
    return pd.Series(weakest, index=first.index, dtype="string")


def _weakest_of(columns: Sequence[list[str]]) -> list[str]:
    return [max(row, key=lambda basis: _RANKS.get(basis, 0)) for row in zip(*columns, strict=True)]


def basis_of(clusters: pd.DataFrame, name: str, *, stated: pd.Series | None = None) -> pd.Series:
    """Return how each figure of a column, or each rate, was obtained; blank where nobody says.

    Parameters
    ----------
    clusters
        One row per cluster, with what is known of `*_basis`.
    name
        A column, or a rate: that has the weakest basis of its areas. A fill rate that is only stated is
        declared, unless its own basis claims less.
    stated
        Which clusters only state their fill rate, as from `fill_rates`, where that is known already.

    Examples
    --------
    >>> table = pd.DataFrame({"planned_ha_basis": ["published"], "built_ha_basis": ["modelled"]})
    >>> basis_of(table, "build_out_rate").tolist()
    ['modelled']
    """
    if name in _FILL and stated is None:
        stated = fill_rates(clusters)["stated"]
    basis = _weakest(clusters, name) if name not in RATES else _rate_basis(clusters, name, stated)
    return pd.Series(basis, index=clusters.index, dtype="string")


def _rate_basis(clusters: pd.DataFrame, rate: str, stated: pd.Series | None) -> list[str]:
    basis = _weakest(clusters, *RATES[rate])
    if rate not in _FILL or stated is None or not stated.any():
        return basis
    own = _weakest(clusters, STATED)
    return [
        (one or "declared") if only_stated else of_areas
        for of_areas, one, only_stated in zip(basis, own, stated, strict=True)
    ]


def _weakest(clusters: pd.DataFrame, *names: str) -> list[str]:
    blank = [""] * len(clusters)
    companions = [f"{name}_basis" for name in names if f"{name}_basis" in clusters]
    return _weakest_of([blank, *(_texts(clusters[name]) for name in companions)]) if companions else blank


def doubtful_cells(clusters: pd.DataFrame, name: str, *, basis: pd.Series | None = None) -> pd.Series:
    """Return which cells of a column carry "≈": those that hold a figure that is not a fact.

    Parameters
    ----------
    clusters, name
        As for `basis_of`.
    basis
        What that says, where it is known already.

    Examples
    --------
    >>> table = pd.DataFrame({"built_ha": [4.0, None], "built_ha_basis": ["modelled", "modelled"]})
    >>> doubtful_cells(table, "built_ha").tolist()
    [True, False]
    """
    return pd.Series(_doubted(clusters, name, basis), index=clusters.index)


def _doubted(clusters: pd.DataFrame, name: str, basis: pd.Series | None = None) -> NDArray[np.bool_]:
    if name not in clusters:
        return np.zeros(len(clusters), dtype=bool)
    return clusters[name].notna().to_numpy(dtype=bool) & ~_are_facts(
        list(basis_of(clusters, name) if basis is None else basis)
    )


def doubtful_totals(
    clusters: pd.DataFrame,
    groups: pd.Series,
    confirmed: AbstractSet[tuple[str, str]] = frozenset(),
    *,
    every_status: bool = False,
    parts: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return which totals carry "≈": those that rest on no fact alone and meet no published total.

    Parameters
    ----------
    clusters
        One row per cluster, with `status`, the figures and their `*_basis`.
    groups
        The group of each cluster, on the index of `clusters`; `WHOLE` for all rows where there is one total.
    confirmed
        Groups and figures that meet a published total, as from `confirmed_totals`.
    every_status
        Whether areas and rates are those of all clusters of a group, not of the operating ones.
    parts
        Their `doubtful_parts`, where they are known already.

    Returns
    -------
    One row per group, one column per total: those of `PARTS`.

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {"status": "operating", "planned_ha": [4.0, 6.0], "planned_ha_basis": ["modelled", "published"]}
    ... )
    >>> doubtful_totals(table, pd.Series(["A", "B"]))["planned_ha"].to_dict()
    {'A': True, 'B': False}
    >>> doubtful_totals(table, pd.Series(["A", "B"]), {("a", "planned_ha")})["planned_ha"].to_dict()
    {'A': False, 'B': False}
    """
    key = groups.astype(object).to_numpy()
    doubted = doubtful_parts(clusters, every_status=every_status) if parts is None else parts
    if not doubted.to_numpy().any():
        return pd.DataFrame(data=False, index=pd.Index(key).dropna().unique(), columns=list(PARTS))
    marked = doubted.groupby(key).any().astype(bool)
    if not confirmed:
        return marked
    names = [name_key(str(group)) for group in marked.index]
    met = {total: [_confirmed(name, total, confirmed) for name in names] for total in PARTS}
    return marked & ~pd.DataFrame(met, index=marked.index, dtype=bool)


def doubtful_parts(
    clusters: pd.DataFrame, *, every_status: bool = False, rates: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Return for which totals what a cluster adds to them is no fact.

    Parameters
    ----------
    clusters, every_status
        As for `doubtful_totals`.
    rates
        Their `fill_rates`, where they are known already.

    Returns
    -------
    Table on the index of `clusters`, one column per total: those of `PARTS`.

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {"status": "operating", "planned_ha": [4.0, 6.0], "planned_ha_basis": ["modelled", "published"]}
    ... )
    >>> doubtful_parts(table)["planned_ha"].tolist()
    [True, False]
    """
    if not any(str(name).endswith("_basis") for name in clusters):
        # The owner's own figures, every one of them.
        return pd.DataFrame(data=False, index=clusters.index, columns=list(PARTS))
    status = np.array(_texts(clusters["status"]), dtype=object)
    stages = {stage: status == stage for stage in {of for of, _ in PARTS.values()}}
    everyone = np.ones(len(clusters), dtype=bool)
    doubts = _doubts(clusters, fill_rates(clusters) if rates is None else rates)
    return pd.DataFrame(
        {
            total: doubts[total]
            & (everyone if every_status and of == "operating" and parts != _COUNTED else stages[of])
            for total, (of, parts) in PARTS.items()
        },
        index=clusters.index,
    )


def confirmed_totals(reconciled: pd.DataFrame, whole: str | None) -> frozenset[tuple[str, str]]:
    """Return which totals, by key of the group's name (`WHOLE` for the register) and figure, are met.

    Parameters
    ----------
    reconciled
        As from `reconcile`.
    whole
        The scope that is the whole register; None if nobody knows.

    Returns
    -------
    Nothing unless the register meets every published total of the whole: a single figure may be met by
    chance.

    Examples
    --------
    >>> import clusters_geo as cg
    >>> ("thường tín", "planned_ha") in confirmed_totals(cg.reconcile(cg.load_hanoi()[0]), "Hà Nội")
    True
    """
    control = reconciled[(reconciled["role"] == "control") & reconciled["agrees"].notna()]
    of_all = control[control["scope"] == whole]
    if not set(RATES["build_out_rate"]) <= set(of_all["metric"]) or not of_all["agrees"].all():
        return frozenset()
    met = control[control["agrees"].astype(bool)]
    scopes = (WHOLE if scope == whole else name_key(scope) for scope in met["scope"])
    return frozenset(zip(scopes, met["metric"], strict=True))


def _confirmed(group: str, total: str, confirmed: AbstractSet[tuple[str, str]]) -> bool:
    # A rate of two published areas is as good as published.
    parts = RATES.get(total, (total,))
    return all((group, part) in confirmed for part in parts)


def _doubts(clusters: pd.DataFrame, fill: pd.DataFrame) -> dict[str, NDArray[np.bool_]]:
    """Return for each of `PARTS` of which clusters, whatever their status, it is no fact."""
    rates = {**fill, "build_out_rate": _build_out(clusters)}
    counts = ~_are_facts(_weakest(clusters, *_COUNTED))
    # Planned hectares are part of three totals.
    of_column = cache(partial(_doubted, clusters))

    def doubts(total: str, parts: tuple[str, ...]) -> NDArray[np.bool_]:
        if parts == _COUNTED:
            return counts
        if total not in RATES:
            return of_column(parts[0])
        known: NDArray[np.bool_] = rates[total].notna().to_numpy(dtype=bool)
        return known & ~_are_facts(_rate_basis(clusters, total, rates["stated"]))

    return {total: doubts(total, parts) for total, (_, parts) in PARTS.items()}


def _build_out(clusters: pd.DataFrame) -> pd.Series:
    return build_out_rate(pd.DataFrame({name: column(clusters, name) for name in RATES["build_out_rate"]}))


def _texts(basis: pd.Series) -> list[str]:
    # A list is quicker here than a column of text.
    cells = zip(basis.to_numpy(dtype=object), basis.isna().to_numpy(), strict=True)
    return ["" if missing else str(value) for value, missing in cells]


def province_of(clusters: pd.DataFrame) -> str | None:
    """Return the province a register is of: its own column, or what was said when it was loaded.

    Returns
    -------
    The name as it is written there; None where nobody says, or the rows are of several provinces.

    Examples
    --------
    >>> import clusters_geo as cg
    >>> province_of(cg.load_hanoi()[0])
    'Hà Nội'
    >>> province_of(pd.DataFrame({"province": ["Bắc Ninh", "tỉnh Bắc Ninh", None]}))
    'Bắc Ninh'
    """
    if "province" in clusters and clusters["province"].notna().any():
        names = [str(name) for name in clusters["province"].dropna().unique()]
        return names[0] if len({scope_key(name) for name in names}) == 1 else None
    told = clusters.attrs.get(ATTRIBUTE, {}).get("province")
    return str(told) if told else None


def whole_scope(clusters: pd.DataFrame, totals: pd.DataFrame | None = None) -> str | None:
    """Return which scope of published totals is the whole register, as it is written there.

    Parameters
    ----------
    clusters
        The register.
    totals
        Totals that somebody gave for this register. One province among their scopes is the register's, if
        the register does not say another. None for no more than what the register says.

    Returns
    -------
    The scope; None where nobody can say.

    Examples
    --------
    >>> totals = pd.DataFrame({"scope": ["Tỉnh Bắc Ninh", "Gia Bình"]})
    >>> whole_scope(pd.DataFrame({"name": ["A"]}), totals)
    'Tỉnh Bắc Ninh'
    >>> whole_scope(pd.DataFrame({"name": ["A"], "province": "Hà Nam"}), totals) is None
    True
    """
    own = province_of(clusters)
    if totals is None:
        return own
    scopes = {scope_key(str(scope)): str(scope) for scope in totals["scope"].dropna().unique()}
    for key in _EVERYTHING & set(scopes):
        return scopes[key]
    if own is not None:
        return scopes.get(scope_key(own))
    provinces = [scope for key, scope in scopes.items() if key in _provinces()]
    return provinces[0] if len(provinces) == 1 else None


# How a table of totals calls the whole register without naming a province.
_EVERYTHING = frozenset(
    {WHOLE, "tổng", "tổng số", "tổng cộng", "toàn tỉnh", "toàn thành phố", "whole", "all"}
)
_PROVINCE_PREFIX = re.compile(r"^tỉnh\s+")


@lru_cache
def _provinces() -> frozenset[str]:
    return frozenset(scope_key(name) for zone in ZONES.values() for name in zone.provinces)


def scope_key(name: str) -> str:
    """Return the form of the name of a province or unit under which equal scopes are equal.

    Examples
    --------
    >>> scope_key("Tỉnh Bắc Ninh") == scope_key("BẮC NINH"), scope_key("Huyện Thường Tín")
    (True, 'thường tín')
    """
    return _PROVINCE_PREFIX.sub("", name_key(name))
