"""What each row of a register adds to its totals, asked once for all the groups that it is added up in."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from clusters_geo.measure.rates import RATES, fill_rates, fill_weights
from clusters_geo.measure.trust import WHOLE, basis_of, doubtful_parts, is_fact
from clusters_geo.reading.notes import without_report

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["STAGES", "Rows", "figures", "given_column"]

# As far as a cluster has come.
STAGES = ("operating", "under_construction", "pending")
_AREAS = ("planned_ha", "built_ha", "leasable_ha", "leased_ha")
_FILL = ("fill_rate", "lawful_fill_rate")
_BY_ORIGIN = {
    f"{area}_{basis}": (area, basis)
    for area in ("planned_ha", "built_ha")
    for basis in ("published", "modelled")
}
_COLUMNS = [
    *("clusters", "operating_clusters", "under_construction", "pending_sites", "unknown_status"),
    *("planned_ha", "built_ha", "planned_ha_clusters", "built_ha_clusters", "build_out_rate"),
    *("build_out_rate_known_clusters", "build_out_rate_modelled_clusters"),
    *("leasable_ha", "leased_ha", "fill_rate", "lawful_fill_rate"),
    *("fill_rate_known_clusters", "fill_rate_modelled_clusters", "fill_rate_stated_clusters", "fill_rate_by"),
    *_BY_ORIGIN,
    *("under_construction_ha", "pending_ha", "under_construction_ha_clusters", "pending_ha_clusters"),
    *("leasable_ha_clusters", "leased_ha_clusters", "as_of", "estimated"),
]


@dataclass(frozen=True)
class Rows:
    """What each row of a register says, asked once for all the totals that it is added to."""

    table: pd.DataFrame
    every_status: bool
    stages: dict[str, NDArray[np.bool_]]
    measured: NDArray[np.bool_]  # whose areas and rates are asked for
    rates: pd.DataFrame

    @classmethod
    def of(cls, clusters: pd.DataFrame, *, every_status: bool = False) -> Rows:
        """Ask a register; areas and rates are those of its operating clusters, or of all."""
        rows = without_report(clusters)
        stages = {stage: _has(rows, "status", stage) for stage in STAGES}
        measured = np.ones(len(rows), dtype=bool) if every_status else stages["operating"]
        return cls(rows, every_status, stages, measured, fill_rates(rows))

    @cached_property
    def doubted(self) -> pd.DataFrame:
        """For which totals what a row adds to them is no fact."""
        return doubtful_parts(self.table, every_status=self.every_status, rates=self.rates)

    @cached_property
    def counted(self) -> dict[str, NDArray[np.bool_]]:
        """Which rows each count counts, whatever their group."""
        counted = {
            "clusters": np.ones(len(self.table), dtype=bool),
            "operating_clusters": self.stages["operating"],
            "under_construction": self.stages["under_construction"],
            "unknown_status": self.table["status"].isna().to_numpy(dtype=bool),
            "pending_sites": self.stages["pending"],
        }
        for area in _AREAS:
            counted[f"{area}_clusters"] = self.measured & ~np.isnan(_numbers(self.table, area))
        planned = ~np.isnan(_numbers(self.table, "planned_ha"))
        for area, stage in (("under_construction_ha", "under_construction"), ("pending_ha", "pending")):
            counted[f"{area}_clusters"] = self.stages[stage] & planned
        return counted | self.known("build_out_rate", self.built)

    @cached_property
    def built(self) -> NDArray[np.bool_]:
        """Which rows have both areas of a build-out rate."""
        part, whole = (given_column(self.table, name) for name in RATES["build_out_rate"])
        both = part.notna() & (whole > 0).fillna(value=False)
        return self.measured & both.to_numpy(dtype=bool)

    @cached_property
    def added(self) -> dict[str, NDArray[np.float64]]:
        """The hectares that each row adds to each total, whatever its group; missing where it adds none."""
        areas = {area: _numbers(self.table, area) for area in _AREAS}
        planned = areas["planned_ha"]
        added = {
            "under_construction_ha": _only(self.stages["under_construction"], planned),
            "pending_ha": _only(self.stages["pending"], planned),
        }
        added |= {area: _only(self.measured, hectares) for area, hectares in areas.items()}
        return added | {
            "built part": _only(self.built, areas["built_ha"]),
            "planned whole": _only(self.built, planned),
        }

    @cached_property
    def by_origin(self) -> dict[str, NDArray[np.float64]]:
        """The hectares that each row adds to the totals of one basis."""
        return {
            total: _only(self.measured & _has(self.table, f"{area}_basis", basis), _numbers(self.table, area))
            for total, (area, basis) in _BY_ORIGIN.items()
        }

    @property
    def all_in_one(self) -> pd.Series:
        """One group for all rows."""
        return pd.Series(WHOLE, index=self.table.index, dtype=pd.CategoricalDtype([WHOLE]))

    @cached_property
    def whole(self) -> pd.DataFrame:
        """The figures of all rows, in one."""
        return figures(self, self.all_in_one)

    def known(self, rate: str, given: NDArray[np.bool_]) -> dict[str, NDArray[np.bool_]]:
        """Return which of the rows that give a rate know it as a fact, and which have modelled it."""
        fact = is_fact(basis_of(self.table, rate, stated=self.rates["stated"])).to_numpy()
        return {f"{rate}_known_clusters": given & fact, f"{rate}_modelled_clusters": given & ~fact}

    def in_groups(
        self, groups: pd.Series
    ) -> tuple[dict[str, NDArray[np.bool_]], dict[str, NDArray[np.float64]], NDArray[np.float64]]:
        """Return which rows each count counts, what each adds to each total, and whose rate goes by land."""
        of = pd.Series(self.measured, index=self.table.index)
        weights = fill_weights(self.table, groups, of=of, rates=self.rates)
        weight = weights["weight"].to_numpy(dtype=float)
        given = ~np.isnan(weight)
        counted = self.counted | self.known("fill_rate", given)
        counted["fill_rate_stated_clusters"] = given & self.rates["stated"].to_numpy(dtype=bool)
        parts = {f"{rate} part": self.rates[rate].to_numpy(dtype=float) * weight for rate in _FILL}
        by_land = _only(given, weights["by_land"].to_numpy(dtype=float))
        return counted, self.added | {"fill weight": weight} | parts | self.by_origin, by_land

    def contributions(self, groups: pd.Series) -> dict[str, NDArray[np.float64]]:
        """Return what each row adds to each total of its group, missing where it adds nothing.

        These are areas, and counts as in `summarize`; `built part`, `planned whole`, and `fill_rate part`,
        `lawful_fill_rate part`, `fill weight`, of which the rates are the sums' quotients: the totals of any
        choice of rows can be added up.

        Examples
        --------
        >>> table = pd.DataFrame({"status": ["operating", "pending"], "planned_ha": [10.0, 30.0]})
        >>> added = Rows.of(table).contributions(pd.Series(["A", "A"]))
        >>> added["planned_ha"].tolist(), added["pending_ha"].tolist()
        ([10.0, nan], [nan, 30.0])
        """
        counted, added, _ = self.in_groups(groups)
        return {name: np.where(rows, 1.0, np.nan) for name, rows in counted.items()} | added


def figures(rows: Rows, groups: pd.Series) -> pd.DataFrame:
    """Return one row per category of `groups`, also for those without a row."""
    key = pd.CategoricalIndex(groups)
    counted, added, by_land = rows.in_groups(groups)
    every = counted | added | {"by land": by_land}
    # Nothing known is not zero hectares.
    sums = pd.DataFrame(every, dtype=float).groupby(key, observed=False).sum(min_count=1)
    found: dict[str, Any] = {str(name): total for name, total in zip(sums, sums.to_numpy().T, strict=True)}
    found |= {name: np.nan_to_num(found[name]).astype("int64") for name in counted}
    found |= {name: np.nan_to_num(found[name]) for name in _BY_ORIGIN}
    with np.errstate(all="ignore"):
        found["build_out_rate"] = found["built part"] / found["planned whole"]
        found |= {rate: found[f"{rate} part"] / found["fill weight"] for rate in _FILL}
    by = pd.array(np.where(found["by land"] > 0, "leasable_ha", "clusters"), dtype="string")
    by[np.isnan(found["by land"])] = pd.NA
    as_of = given_column(rows.table, "as_of").groupby(key, observed=False).max().array
    units = pd.Index(list(key.categories))
    return pd.DataFrame(found | {"fill_rate_by": by, "as_of": as_of}, index=units, columns=_COLUMNS)


def _only(which: NDArray[np.bool_], numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    # In numpy: a register has few rows, and each step of pandas costs more than all of them.
    kept: NDArray[np.float64] = np.where(which, numbers, np.nan)
    return kept


def _numbers(rows: pd.DataFrame, name: str) -> NDArray[np.float64]:
    given = given_column(rows, name)
    given = given if given.dtype == "float64" else pd.to_numeric(given, errors="coerce").astype("Float64")
    return np.asarray(given.to_numpy(dtype=float, na_value=np.nan), dtype=np.float64)


def _has(rows: pd.DataFrame, column: str, value: str) -> NDArray[np.bool_]:
    if column not in rows:
        return np.zeros(len(rows), dtype=bool)
    given = rows[column]
    texts = given if isinstance(given.dtype, pd.StringDtype) else given.astype("string")
    found: NDArray[np.bool_] = (texts == value).to_numpy(dtype=bool, na_value=False)
    return found


def given_column(rows: pd.DataFrame, name: str) -> pd.Series:
    """Return a column as the register has it, all missing where it has none."""
    return rows[name] if name in rows else pd.Series(float("nan"), index=rows.index, name=name)
