"""Which clusters a form is about: one, those of a district or commune, or all."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import pandas as pd

from clusters_geo.errors import SchemaError
from clusters_geo.forms.conditions import register_column
from clusters_geo.names import find_cluster, name_order
from clusters_geo.planning.homes import homes_of
from clusters_geo.units.model import DISTRICTS_ABOLISHED, level_named, unit_level, unit_types
from clusters_geo.units.names import asked_for
from clusters_geo.units.places import home_units, locate, no_such_unit

if TYPE_CHECKING:
    from datetime import date

__all__ = ["Level", "Unit", "choose", "level_of", "unit_names"]

Level = Literal["district", "commune"]

_LEVELS: tuple[Level, ...] = ("district", "commune")


@dataclass(frozen=True, slots=True)
class Unit:
    """Who reports: `name`, at which `level`, which rows; what is in no unit, and whether this one exists."""

    name: str
    level: Literal["cluster", "district", "commune", "province"]
    clusters: pd.DataFrame
    unplaced: tuple[str, ...] = ()
    exists: bool = True


def choose(  # noqa: PLR0913 - who, at which level, when, in which layer
    clusters: pd.DataFrame,
    form: str,
    unit: str | None,
    level: Level | None,
    *,
    on: date | None = None,
    units: pd.DataFrame | None = None,
    anyway: bool = False,
) -> Unit:
    """Return the unit that a form is made for.

    Parameters
    ----------
    clusters
        The register.
    form
        `02` for one cluster, `03` for a district or commune, `04` for all.
    unit
        Cluster id or name, name of the district or commune, or for `04` what to call the province.
    level
        Whether a unit of `03` is a district or a commune; None as its type says ("huyện Thường Tín"), else
        what exists on the day first.
    on
        The last day of the period.
    units
        The layer of units in which the clusters lie; None for Hà Nội's, or the register's own names.
    anyway
        Whether a unit that does not exist on that day may report.

    Raises
    ------
    SchemaError
        If no unit, or more than one, has that name, or it does not exist on the day.
    """
    if form == "04":
        return Unit(unit or "", "province", clusters)
    if unit is None:
        raise SchemaError("forms.which-cluster" if form == "02" else "forms.which-unit", form=form)
    if form == "02":
        return Unit(unit, "cluster", clusters.loc[[find_cluster(clusters, unit)]])
    # "huyện Thường Tín" is no xã Thường Tín, whatever bears its name now.
    named = level_named(unit)
    level = level or (None if named == "province" else named)
    gone = on is not None and on >= DISTRICTS_ABOLISHED
    order = _LEVELS[::-1] if gone and not anyway else _LEVELS
    # Who asks for it anyway means the units that the register names.
    found = _area(clusters, unit, (level,) if level else order, None if anyway else on, units)
    if not gone or (found.level == "commune" and not anyway):
        return found
    if not anyway:
        raise SchemaError("forms.no-such-unit", unit=found.name, day=on)
    return replace(found, exists=found.level == "commune" and found.name in _today(clusters, on))


def level_of(clusters: pd.DataFrame, on: date | None = None) -> Level:
    """Return the units a register is divided into: districts if it names any, else communes.

    Raises
    ------
    SchemaError
        If it names neither.
    """
    for level in _LEVELS[::-1] if on is not None and on >= DISTRICTS_ABOLISHED else _LEVELS:
        if register_column(clusters, level).notna().any():
            return level
    raise SchemaError("forms.no-units")


def unit_names(
    clusters: pd.DataFrame, level: Level, on: date | None = None, units: pd.DataFrame | None = None
) -> list[str]:
    """Return the names of the districts or communes of a register, in order without accents.

    A commune whose name occurs in several districts is told apart by its district: "Phùng Xá (Mỹ Đức)".

    Examples
    --------
    >>> unit_names(pd.DataFrame({"district": ["Đông Anh", "Ba Vì", None, "Ba Vì"]}), "district")
    ['Ba Vì', 'Đông Anh']
    """
    return sorted(_labels(clusters, level, on, units)[0].dropna().unique(), key=name_order)


def _area(
    clusters: pd.DataFrame,
    wanted: str,
    levels: tuple[Level, ...],
    on: date | None,
    units: pd.DataFrame | None,
) -> Unit:
    alike: list[str] = []
    for level in levels:
        named, types = _labels(clusters, level, on, units)
        match, near = asked_for(wanted, named.dropna(), types)
        if match is not None:
            lost = tuple(map(str, clusters.index[named.isna()]))
            return Unit(match, level, clusters[(named == match).fillna(value=False)], lost)
        alike += near
    known = [name for level in levels for name in unit_names(clusters, level, on, units)]
    # A register by communes has no huyện to offer.
    shown = known or [name for level in _LEVELS for name in unit_names(clusters, level, on, units)]
    raise no_such_unit(wanted, alike, shown, "district" if known else "commune")


def _labels(
    clusters: pd.DataFrame, level: Level, on: date | None = None, units: pd.DataFrame | None = None
) -> tuple[pd.Series, dict[str, str]]:
    """Return in which unit of the level each cluster lies, missing where nobody can say, and their types."""
    if units is not None and unit_level(units) == level:
        return locate(clusters, units, on=on)["unit"], unit_types(units)
    if level not in clusters:
        return pd.Series(pd.NA, index=clusters.index, dtype="string"), {}
    if on is not None and level == "commune" and on >= DISTRICTS_ABOLISHED:
        homes = homes_of(clusters, level, on)
        return homes.units.set_axis(clusters.index), homes.types
    return home_units(clusters, by=level), {}


def _today(clusters: pd.DataFrame, on: date | None) -> set[str]:
    """Return the communes of a day in which clusters lie."""
    return set(_labels(clusters, "commune", on)[0].dropna())
