"""The law on industrial clusters by date: which decree is in force, and the limits that it sets.

Three regimes follow each other: Decree 68/2017/NĐ-CP with 66/2020/NĐ-CP, Decree 32/2024/NĐ-CP, and
32/2024/NĐ-CP as amended by 303/2026/NĐ-CP. Their limits, with the articles that set them and the days of
their force, are data: `data/law.toml`. A limit whose text was not found is None: nothing is judged by it, and
whoever asks is told so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from clusters_geo.data import read_law
from clusters_geo.units.model import DISTRICTS_ABOLISHED
from clusters_geo.words import cite

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "DECISION_105",
    "DISTRICTS_ABOLISHED",
    "Limit",
    "Regime",
    "land_law_on",
    "land_shares_on",
    "regime_on",
    "speciality_share_on",
    "unit_on",
]

# Clusters formed before Decision 105/2009/QĐ-TTg have rules of their own.
DECISION_105: date = read_law()["acts"]["decision-105"]["signed"]


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit, in hectares or as a share of 0–1, and what sets it: a key for `words.cite`."""

    value: float
    cited: str


@dataclass(frozen=True, slots=True)
class Establishment:
    """When a unit that has clusters may establish a further one: either condition is enough."""

    mean_fill_above: float
    unleased_ha_up_to: float
    reaching_is_enough: bool  # whether exactly `unleased_ha_up_to` still meets the condition
    unit: Literal["district", "commune"]
    cited: str
    since: date


@dataclass(frozen=True, slots=True)
class Expansion:
    """When a cluster may be expanded: not too large, full or in demand, infrastructure complete."""

    maximum_ha: float
    fill_from: float
    old_clusters_exempt: bool  # those of before Decision 105/2009 need not show their infrastructure
    cited: str


@dataclass(frozen=True, slots=True)
class Regime:
    """The act in force from `start`, and its limits; None where a text was not found."""

    code: str
    act: str
    start: date
    minimum_ha: Limit | None = None
    exception_minimum_ha: Limit | None = None  # for craft villages and mountainous districts
    maximum_ha: Limit | None = None
    services_share: Limit | None = None
    craft_share: Limit | None = None
    speciality_share: Limit | None = None
    high_tech_share: Limit | None = None
    drift_ha: Limit | None = None
    fill_rate: str | None = None  # where the fill rate is defined
    old_clusters: str | None = None  # where a deadline for clusters of before Decision 105/2009 is set
    establishment: Establishment | None = None
    expansion: Expansion | None = None

    @property
    def name(self) -> str:
        """What the act is called in Vietnamese."""
        return cite(self.act)


@cache
def _regimes() -> tuple[Regime, ...]:
    """Return the regimes, the earliest first; nothing is known of what came before that."""
    law = read_law()
    made: dict[str, Callable[[Any], object]] = {
        "establishment": lambda row: Establishment(**row),
        "expansion": lambda row: Expansion(**row),
    }
    regimes = []
    for row in law["regimes"]:
        limits: dict[str, Any] = {
            name: Limit(*value) if isinstance(value, list) else made.get(name, str)(value)
            for name, value in row.items()
        }
        regimes.append(Regime(start=law["acts"][row["act"]].get("from", date.min), **limits))
    return tuple(regimes)


def regime_on(day: date) -> Regime:
    """Return the regime in force on a day; before the three, one of which nothing is known.

    Examples
    --------
    >>> regime_on(date(2024, 4, 30)).code, regime_on(date(2024, 5, 1)).code
    ('68/2017', '32/2024')
    """
    return next(regime for regime in reversed(_regimes()) if regime.start <= day)


def unit_on(day: date) -> Literal["district", "commune"]:
    """Return the unit by which conditions are counted on a day, where nobody says another.

    From 1 July 2025 to 14 September 2026 the province says (Decree 139/2025/NĐ-CP, art. 12); the law then
    still speaks of districts.

    Examples
    --------
    >>> unit_on(date(2025, 6, 30)), unit_on(date(2026, 9, 14)), unit_on(date(2026, 9, 15))
    ('district', 'district', 'commune')
    """
    rule = regime_on(day).establishment
    return rule.unit if rule is not None else "district"


def land_shares_on(day: date) -> dict[str, Limit] | None:
    """Return the least shares of roads, green and technical land on a day; None where no text is known.

    Examples
    --------
    >>> land_shares_on(date(2022, 9, 30))["roads_ha"].value
    0.1
    >>> land_shares_on(date(2027, 1, 1)) is None
    True
    """
    law = read_law()
    shares = {name: Limit(*row) for name, row in law["land_shares"].items()}
    acts = [law["acts"][limit.cited.partition(" ")[0]] for limit in shares.values()]
    return shares if all(act["from"] <= day <= act["to"] for act in acts) else None


def land_law_on(day: date) -> Literal["2013", "2024"]:
    """Return which Land Law is in force on a day; of 2013's only the name was at hand.

    Examples
    --------
    >>> land_law_on(date(2022, 9, 30)), land_law_on(date(2024, 8, 1))
    ('2013', '2024')
    """
    return "2024" if day >= read_law()["acts"]["land-law"]["from"] else "2013"


def speciality_share_on(day: date, *, high_tech: bool) -> Limit | None:
    """Return the least share of industrial land for the one trade of a specialised cluster.

    Examples
    --------
    >>> speciality_share_on(date(2025, 1, 1), high_tech=False).value
    0.6
    """
    regime = regime_on(day)
    if high_tech and regime.high_tech_share is not None:
        return regime.high_tech_share
    limit = regime.speciality_share
    # The circular that names it came into force later than the decree.
    in_force = limit is not None and day >= read_law()["acts"][limit.cited.partition(" ")[0]]["from"]
    return limit if in_force else None
