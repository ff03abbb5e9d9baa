"""Limits of the law in force on the date of the register; see `planning.law` for the three regimes.

A cluster older than a limit may break it lawfully: such findings are to be explained, not to be deleted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from clusters_geo.auditing.rule import Hit, NotJudgedError, hits, rule
from clusters_geo.names import fold
from clusters_geo.planning.law import DECISION_105, land_shares_on, speciality_share_on

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clusters_geo.auditing.register import Register
    from clusters_geo.planning.law import Limit

__all__: list[str] = []


@rule(
    "law.size-below-minimum",
    "warning",
    needs=("planned_ha",),
)
def size_below_minimum(register: Register, *, minimum_ha: float | None = None) -> list[Hit]:
    """Planned areas under the least size; the lower one where an exception holds or cannot be excluded."""
    lowest, usual, source = _least_sizes(register, minimum_ha)
    planned = register.figure("planned_ha")
    possible = _exception(register).fillna(value=True).astype(bool)
    limit = pd.Series(usual, index=planned.index, dtype="float64").mask(possible, lowest)
    return hits((planned > 0) & (planned < limit), "planned_ha", planned, limit, source=source)


@rule(
    "law.size-needs-exception",
    "info",
    needs=("planned_ha",),
)
def size_needs_exception(register: Register) -> list[Hit]:
    """Planned areas that only an exception allows, where the register does not say whether it holds."""
    lowest, usual, source = _least_sizes(register, None)
    planned = register.figure("planned_ha")
    unknown = _exception(register).isna()
    return hits(
        unknown & (planned >= lowest) & (planned < usual), "planned_ha", planned, usual, source=source
    )


@rule(
    "law.size-above-maximum",
    "warning",
    needs=("planned_ha",),
)
def size_above_maximum(register: Register, *, maximum_ha: float | None = None) -> list[Hit]:
    """Planned areas over the greatest size."""
    limit = _known(register, register.regime.maximum_ha, "the greatest size")
    most = limit.value if maximum_ha is None else maximum_ha
    planned = register.figure("planned_ha")
    return hits(planned > most, "planned_ha", planned, most, source=limit.cited)


@rule(
    "law.services-share",
    "warning",
    needs=("services_ha", "planned_ha"),
)
def services_share(register: Register, *, most: float | None = None) -> list[Hit]:
    """Services and warehousing over their share of the whole area."""
    limit = _known(register, register.regime.services_share, "the share of services")
    share = _share(register, "services_ha", "planned_ha")
    top = limit.value if most is None else most
    return hits(share > top + 1e-9, "services_ha", share, top, source=limit.cited)


@rule(
    "law.craft-share",
    "warning",
    needs=("craft_village", "craft_ha", "leasable_ha"),
)
def craft_share(register: Register, *, least: float | None = None) -> list[Hit]:
    """Craft-village clusters with too little land for craft producers."""
    limit = _known(register, register.regime.craft_share, "the share of craft producers")
    share = _share(register, "craft_ha", "leasable_ha")
    low = limit.value if least is None else least
    return hits(
        register.flag("craft_village") & (share < low - 1e-9), "craft_ha", share, low, source=limit.cited
    )


@rule(
    "law.speciality-share",
    "warning",
    needs=("speciality", "speciality_ha", "leasable_ha"),
)
def speciality_share(register: Register) -> Iterator[Hit]:
    """Specialised clusters with too little land for their trade."""
    high_tech = register.each("speciality", _is_high_tech).astype("boolean")
    share = _share(register, "speciality_ha", "leasable_ha")
    for is_high_tech in (False, True):
        limit = _known(
            register,
            speciality_share_on(register.law_on, high_tech=is_high_tech),
            "the share of the speciality",
        )
        too_little = (high_tech == is_high_tech) & (share < limit.value - 1e-9)
        yield from hits(too_little, "speciality_ha", share, limit.value, source=limit.cited)


@rule(
    "law.area-drift",
    "warning",
    needs=("planned_ha", "established_ha"),
)
def area_drift(register: Register, *, most_ha: float | None = None) -> list[Hit]:
    """Planned areas that outgrew the decision."""
    limit = _known(register, register.regime.drift_ha, "how far the area may grow")
    planned, established = register.figure("planned_ha"), register.figure("established_ha")
    allowed = established + (limit.value if most_ha is None else most_ha)
    beyond = planned > allowed + 1e-9
    return hits(beyond, "planned_ha", planned, allowed, source=limit.cited, established=established)


@rule(
    "law.land-shares",
    "warning",
    needs=("planned_ha", "roads_ha|green_ha|technical_ha"),
)
def land_shares(register: Register) -> Iterator[Hit]:
    """Roads, green and technical land under their least shares."""
    shares = land_shares_on(register.law_on)
    if shares is None:
        raise _text_not_found(register, "the least shares of land")
    for column, limit in shares.items():
        share = _share(register, column, "planned_ha")
        yield from hits(share < limit.value - 1e-9, column, share, limit.value, source=limit.cited)


@rule(
    "law.fill-rate-on-gross-area",
    "warning",
    needs=("fill_rate_declared", "leased_ha", "leasable_ha", "planned_ha"),
)
def fill_rate_on_gross_area(register: Register, *, tolerance: float = 0.005) -> list[Hit]:
    """Find stated rates that are leased ÷ planned and not what the law defines."""
    if register.regime.fill_rate is None:
        raise _text_not_found(register, "the definition of the fill rate")
    declared = register.figure("fill_rate_declared")
    gross = _share(register, "leased_ha", "planned_ha")
    approved = register.figure("approved_ha").fillna(0.0)
    leasable = register.figure("leasable_ha")
    lawful = (register.figure("leased_ha") + approved) / leasable.where(leasable > 0)
    mixed_up = ((declared - gross).abs() <= tolerance) & ((declared - lawful).abs() > tolerance)
    return hits(mixed_up, "fill_rate_declared", declared, lawful, source=register.regime.fill_rate)


@rule(
    "law.not-established",
    "warning",
    needs=("operating_on",),
)
def not_established(register: Register) -> list[Hit]:
    """Clusters that operate since before Decision 105/2009 and have no decision."""
    if register.regime.old_clusters is None:
        raise _text_not_found(register, "a deadline for old clusters")
    since = register.day("operating_on")
    return hits(register.undecided & (since < pd.Timestamp(DECISION_105)), "decision", since)


def _least_sizes(register: Register, minimum_ha: float | None) -> tuple[float, float, str]:
    """Return the least size with an exception, the usual one, and where they are set."""
    limit = _known(register, register.regime.minimum_ha, "the least size")
    usual = limit.value if minimum_ha is None else minimum_ha
    exception = register.regime.exception_minimum_ha
    return usual if exception is None else min(exception.value, usual), usual, limit.cited


def _exception(register: Register) -> pd.Series:
    """Return whether a cluster may be smaller than usual; missing where the register does not say."""
    return register.flag("craft_village") | register.flag("mountainous")


def _share(register: Register, part: str, whole: str) -> pd.Series:
    wholes = register.figure(whole)
    return register.figure(part) / wholes.where(wholes > 0)


def _is_high_tech(speciality: str) -> bool:
    folded = fold(speciality)
    return "cong nghe cao" in folded or "high-tech" in folded or "high tech" in folded


def _known(register: Register, limit: Limit | None, what: str) -> Limit:
    if limit is None:
        raise _text_not_found(register, what)
    return limit


def _text_not_found(register: Register, what: str) -> NotJudgedError:
    return NotJudgedError(
        {
            "say": "no text of law",
            "what": {"say": what},
            "day": register.law_on,
            "regime": {"cite": register.regime.act},
        }
    )
