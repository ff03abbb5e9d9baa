"""In which unit of the law each cluster counts, and in which it may count, as `locate` says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from clusters_geo.planning.law import DISTRICTS_ABOLISHED, unit_on
from clusters_geo.reference import load_bundled_units
from clusters_geo.units.model import GENERATIONS, unit_labels, unit_level, unit_types
from clusters_geo.units.places import home_units, locate, require_column

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import NDArray

__all__ = ["Home", "Homes", "homes_of"]

_MOST = 0.5


@dataclass(frozen=True, slots=True)
class Home:
    """Which rows lie in a unit, and which open ones may: by position."""

    inside: NDArray[np.bool_]
    possible: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Homes:
    """The unit of each row, the units that an open one may lie in, why nobody can say, if so, and types."""

    units: pd.Series
    candidates: list[tuple[str, ...]]
    reason: str
    types: dict[str, str] = field(default_factory=dict)

    @property
    def names(self) -> set[str]:
        """The units that hold a cluster, or may."""
        return {*self.units.dropna(), *(name for names in self.candidates for name in names)}

    def of(self, name: str) -> Home:
        """Return the rows of one unit."""
        inside = (self.units == name).fillna(value=False).to_numpy(dtype=bool)
        return Home(inside, np.array([name in names for names in self.candidates], dtype=bool))


def homes_of(
    clusters: pd.DataFrame, by: str, day: date, units: pd.DataFrame | None = None, *, chosen: bool = True
) -> Homes:
    """Return in which units the law counts each cluster on a day.

    Parameters
    ----------
    clusters
        The register.
    by
        `district`, `commune`, or any column whose names are the units.
    day
        The day that is asked about.
    units
        The layer of units; None for Hà Nội's, where the register is of Hà Nội, else the register's own names.

    chosen
        Whether somebody asked for that unit, rather than the law: an answer by another one is then theirs.

    Raises
    ------
    SchemaError
        If nothing says where the clusters lie.

    Examples
    --------
    >>> from datetime import date
    >>> register = pd.DataFrame({"district": ["Thanh Oai"], "commune": ["Bích Hòa"]})
    >>> homes_of(register, "commune", date(2026, 11, 28)).units.tolist()
    ['Bình Minh']
    """
    layer = units if units is not None else _known_layer(clusters, by, day)
    if layer is not None:
        lies = locate(clusters, layer, on=None if "as_of" in clusters else day)
        labels = dict(zip(layer.index.astype(str), unit_labels(layer), strict=True))
        candidates = [tuple(labels[code] for code in codes) for codes in lies["candidates"]]
        reason = (
            "no_commune"
            if unit_level(layer) == "district" and unit_on(day) == "commune" and not chosen
            else ""
        )
        return Homes(lies["unit"].reset_index(drop=True), candidates, reason, unit_types(layer))
    if by == "commune" and not chosen and by not in clusters and "district" in clusters:
        named = home_units(clusters, by="district").reset_index(drop=True)
        return Homes(named, [()] * len(clusters), "no_commune")
    require_column(clusters, by)
    own = home_units(clusters, by=by) if by in ("district", "commune") else clusters[by].astype("string")
    old = by == "commune" and day >= DISTRICTS_ABOLISHED and _is_older(clusters)
    return Homes(own.reset_index(drop=True), [()] * len(clusters), "generation" if old else "")


def _known_layer(clusters: pd.DataFrame, by: str, day: date) -> pd.DataFrame | None:
    """Return Hà Nội's communes of today for its register, where the day is theirs."""
    if by != "commune" or day < DISTRICTS_ABOLISHED or not _is_hanoi(clusters):
        return None
    communes: pd.DataFrame = load_bundled_units("hanoi-communes")
    return communes


def _is_hanoi(clusters: pd.DataFrame) -> bool:
    """Return whether most of the names of a register, the districts first, are Hà Nội's."""
    for column, generations in (("district", ["hanoi-districts"]), ("commune", list(GENERATIONS)[1:])):
        names = list(clusters[column].dropna().astype(str).unique()) if column in clusters else []
        if len(names):
            known = [any(GENERATIONS[g]().named(name) for g in generations) for name in names]
            return bool(np.mean(known) > _MOST)
    return False


def _is_older(clusters: pd.DataFrame) -> bool:
    """Return whether rows carry communes of before July 2025: by their day, or by the district they name."""
    if "as_of" in clusters and clusters["as_of"].notna().any():
        return bool((pd.to_datetime(clusters["as_of"]) < pd.Timestamp(DISTRICTS_ABOLISHED)).any())
    return "district" in clusters and bool(clusters["district"].notna().any())
