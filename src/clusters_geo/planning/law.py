"""The law on industrial clusters by date: which decree is in force, and the limits that it sets.

Three regimes follow each other: Decree 68/2017/NĐ-CP with 66/2020/NĐ-CP, Decree 32/2024/NĐ-CP, and
32/2024/NĐ-CP as amended by 303/2026/NĐ-CP. A limit whose text was not found is None: nothing is judged by
it, and whoever asks is told so. Decree 303/2026 was known from a public summary only; of what was in force
before July 2017 no text was at hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

__all__ = [
    "DECISION_105",
    "DISTRICTS_ABOLISHED",
    "LAND_SHARES",
    "Limit",
    "Regime",
    "land_law_on",
    "land_shares_on",
    "regime_on",
    "speciality_share_on",
    "unit_on",
]

DECREE_68 = "Nghị định 68/2017/NĐ-CP, Nghị định 66/2020/NĐ-CP"
DECREE_32 = "Nghị định 32/2024/NĐ-CP"
DECREE_303 = "Nghị định 32/2024/NĐ-CP sửa đổi bởi Nghị định 303/2026/NĐ-CP"
CIRCULAR_14 = "Thông tư 14/2024/TT-BCT, Biểu 03"
STANDARD_01 = "QCVN 01:2021/BXD, bảng 2.6"

# Hà Nội and every other province have had no districts since then; Decree 139/2025/NĐ-CP, art. 12.
DISTRICTS_ABOLISHED = date(2025, 7, 1)

# Clusters formed before Decision 105/2009/QĐ-TTg (19 August 2009) have rules of their own.
DECISION_105 = date(2009, 8, 19)


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit and the article that sets it; hectares, or a share of 0–1."""

    value: float
    source: str


@dataclass(frozen=True, slots=True)
class Establishment:
    """When a unit that has clusters may establish a further one: either condition is enough."""

    mean_fill_above: float
    unleased_ha_up_to: float
    reaching_is_enough: bool  # whether exactly `unleased_ha_up_to` still meets the condition
    unit: Literal["district", "commune"]
    source: str
    since: date


@dataclass(frozen=True, slots=True)
class Expansion:
    """When a cluster may be expanded: not too large, full or in demand, infrastructure complete."""

    maximum_ha: float
    fill_from: float
    old_clusters_exempt: bool  # those of before Decision 105/2009 need not show their infrastructure
    source: str


@dataclass(frozen=True, slots=True)
class Regime:
    """The decree in force from `start`, and its limits; None where a text was not found."""

    code: str
    name: str
    start: date
    minimum_ha: Limit | None = None
    exception_minimum_ha: Limit | None = None  # for craft villages and mountainous districts
    maximum_ha: Limit | None = None
    services_share: Limit | None = None
    craft_share: Limit | None = None
    high_tech_share: Limit | None = None
    drift_ha: Limit | None = None
    fill_rate: str | None = None  # where the fill rate is defined
    establishment: Establishment | None = None
    expansion: Expansion | None = None


_REGIMES = (
    Regime(code="105/2009", name="Quyết định 105/2009/QĐ-TTg", start=date.min),
    Regime(
        code="68/2017",
        name=DECREE_68,
        start=date(2017, 7, 15),
        minimum_ha=Limit(10, DECREE_68),
        exception_minimum_ha=Limit(5, DECREE_68),
        maximum_ha=Limit(75, DECREE_68),
        establishment=Establishment(
            0.5, 50, reaching_is_enough=False, unit="district", source=DECREE_68, since=date(2020, 8, 1)
        ),
    ),
    Regime(
        code="32/2024",
        name=DECREE_32,
        start=date(2024, 5, 1),
        minimum_ha=Limit(10, f"{DECREE_32}, điều 2.1"),
        exception_minimum_ha=Limit(5, f"{DECREE_32}, điều 2.1"),
        maximum_ha=Limit(75, f"{DECREE_32}, điều 2.1"),
        services_share=Limit(0.10, f"{DECREE_32}, điều 3.1.c"),
        craft_share=Limit(0.75, f"{DECREE_32}, điều 2.2"),
        drift_ha=Limit(5, f"{DECREE_32}, điều 10.4"),
        fill_rate=f"{DECREE_32}, điều 2.7",
        establishment=Establishment(
            0.5,
            100,
            reaching_is_enough=True,
            unit="district",
            source=f"{DECREE_32}, điều 8.1.c",
            since=date(2024, 5, 1),
        ),
        expansion=Expansion(75, 0.6, old_clusters_exempt=False, source=f"{DECREE_32}, điều 8.2"),
    ),
    Regime(
        code="303/2026",
        name=DECREE_303,
        start=date(2026, 9, 15),
        minimum_ha=Limit(5, DECREE_303),
        maximum_ha=Limit(75, DECREE_303),
        services_share=Limit(0.10, f"{DECREE_32}, điều 3.1.c"),
        craft_share=Limit(0.60, DECREE_303),
        high_tech_share=Limit(0.30, DECREE_303),
        drift_ha=Limit(5, DECREE_303),
        fill_rate=f"{DECREE_32}, điều 2.7",
        establishment=Establishment(
            0.5, 50, reaching_is_enough=True, unit="commune", source=DECREE_303, since=date(2026, 9, 15)
        ),
        expansion=Expansion(75, 0.5, old_clusters_exempt=True, source=DECREE_303),
    ),
)

# Least shares of the whole area, while that standard is in force.
LAND_SHARES: dict[str, Limit] = {
    "roads_ha": Limit(0.10, STANDARD_01),
    "green_ha": Limit(0.10, STANDARD_01),
    "technical_ha": Limit(0.01, STANDARD_01),
}
_LAND_SHARES_IN_FORCE = (date(2021, 7, 5), date(2026, 12, 31))

# Law 31/2024/QH15 as brought forward by Law 43/2024/QH15.
_LAND_LAW_2024 = date(2024, 8, 1)

# Named in the note to Form 03, not in the decree; the circular is in force since that day.
_SPECIALITY_SINCE = date(2024, 10, 1)


def regime_on(day: date) -> Regime:
    """Return the regime in force on a day; before the three, one of which nothing is known.

    Examples
    --------
    >>> regime_on(date(2024, 4, 30)).code, regime_on(date(2024, 5, 1)).code
    ('68/2017', '32/2024')
    """
    return next(regime for regime in reversed(_REGIMES) if regime.start <= day)


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
    first, last = _LAND_SHARES_IN_FORCE
    return LAND_SHARES if first <= day <= last else None


def land_law_on(day: date) -> Literal["2013", "2024"]:
    """Return which Land Law is in force on a day; of 2013's only the name was at hand.

    Examples
    --------
    >>> land_law_on(date(2022, 9, 30)), land_law_on(date(2024, 8, 1))
    ('2013', '2024')
    """
    return "2024" if day >= _LAND_LAW_2024 else "2013"


def speciality_share_on(day: date, *, high_tech: bool) -> Limit | None:
    """Return the least share of industrial land for the one trade of a specialised cluster.

    Examples
    --------
    >>> speciality_share_on(date(2025, 1, 1), high_tech=False).value
    0.6
    """
    if high_tech and regime_on(day).high_tech_share is not None:
        return regime_on(day).high_tech_share
    if day < _SPECIALITY_SINCE:
        return None
    return Limit(0.60, CIRCULAR_14 if regime_on(day).code == "32/2024" else DECREE_303)
