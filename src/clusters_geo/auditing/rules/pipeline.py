"""The way of a site from the list to operation: waiting too long, out of order, later than scheduled.

Months are counted from day to day (29 February to 28 February is a year less a day).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from clusters_geo.auditing.rule import Hit, hits, rule
from clusters_geo.planning.law import land_law_on

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from clusters_geo.auditing.register import Register

__all__: list[str] = []


# In their legal order; the approval of the infrastructure project has no fixed place among them.
_STAGES = (
    "listed_on",
    "established_on",
    "detailed_plan_on",
    "site_cleared_on",
    "land_allocated_on",
    "ground_broken_on",
    "opened_on",
    "operating_on",
)
_DONE = (*_STAGES, "project_approved_on")


@rule(
    "pipeline.pending-too-long",
    "warning",
    needs=("status", "listed_on|established_on"),
)
def pending_too_long(register: Register, *, months: int = 24) -> list[Hit]:
    """Pending sites listed or established more than so many months ago."""
    pending = (register.text("status") == "pending").fillna(value=False)
    since = pd.concat([register.day("listed_on"), register.day("established_on")], axis=1).min(axis=1)
    waited = _months(since, register.on)
    source = None if register.regime.code == "32/2024" else "pipeline.no-deadline"
    over = pending & _over(since, months, register.on)
    return hits(over, "status", waited, months, source=source, since=since)


@rule(
    "pipeline.started-without-decision",
    "warning",
    needs=("status",),
)
def started_without_decision(register: Register) -> list[Hit]:
    """Clusters under construction, or with a day on which ground was broken, and without a decision."""
    started = (register.text("status") == "under_construction") | register.day("ground_broken_on").notna()
    return hits(
        started & register.undecided, "decision", register.text("decision"), source=_stages_law(register)
    )


@rule(
    "pipeline.dates-out-of-order",
    "error",
    needs=("|".join(_STAGES),),
)
def dates_out_of_order(register: Register) -> Iterator[Hit]:
    """Find stages dated before the latest of those that must precede them."""
    latest = pd.Series(pd.NaT, index=range(len(register.clusters)), dtype="datetime64[us]")
    stage = pd.Series("", index=latest.index, dtype="object")
    for name in filter(register.has, _STAGES):
        day = register.day(name)
        yield from hits(day < latest, name, day, latest, source=_stages_law(register), stage=stage)
        later = day.notna() & ~(day < latest)
        latest, stage = latest.where(~later, day), stage.where(~later, name)


@rule(
    "pipeline.date-in-future",
    "warning",
    needs=("|".join(_DONE),),
)
def date_in_future(register: Register) -> Iterator[Hit]:
    """Stages dated after the day of the audit."""
    today = pd.Timestamp(register.on)
    for name in filter(register.has, _DONE):
        day = register.day(name)
        yield from hits(day > today, name, day, today, source=_stages_law(register))


@rule(
    "pipeline.status-contradicts-dates",
    "error",
    needs=("status", "ground_broken_on|operating_on"),
)
def status_contradicts_dates(register: Register) -> Iterator[Hit]:
    """Statuses that the dates have overtaken."""
    status = register.text("status")
    for which, stage in (("pending", "ground_broken_on"), ("under_construction", "operating_on")):
        day = register.day(stage)
        reached = day <= pd.Timestamp(register.on)
        contradicted = (status == which) & reached
        yield from hits(contradicted, "status", status, day, source=_stages_law(register), stage=stage)


@rule(
    "pipeline.leased-before-ready",
    "warning",
    needs=("leased_ha", "ready_ha"),
)
def leased_before_ready(register: Register, *, tolerance_ha: float = 0.05) -> list[Hit]:
    """More land leased than is ready for lease, beyond rounding to a tenth of a hectare."""
    leased, ready = register.figure("leased_ha"), register.figure("ready_ha")
    # 15.05 − 15.0 is a hair over 0.05 in binary; a limit that is just reached is kept.
    return hits(leased - ready > tolerance_ha + 1e-9, "leased_ha", leased, ready)


@rule(
    "pipeline.leased-before-operating",
    "warning",
    needs=("status", "projects|leased_ha"),
)
def leased_before_operating(register: Register) -> Iterator[Hit]:
    """Projects or leased land in clusters that do not operate."""
    idle = (register.text("status") != "operating").fillna(value=False)
    for column in ("projects", "leased_ha"):
        figure = register.figure(column)
        yield from hits(idle & (figure > 0), column, figure, 0.0)


@rule(
    "pipeline.schedule-slipped",
    "warning",
    needs=("scheduled_start_on|scheduled_completion_on",),
)
def schedule_slipped(register: Register, *, months: int = 0) -> Iterator[Hit]:
    """Find starts and completions later than scheduled by more than so many months."""
    for scheduled, done in (
        ("scheduled_start_on", "ground_broken_on"),
        ("scheduled_completion_on", "opened_on"),
    ):
        planned = register.day(scheduled)
        reached = register.day(done)
        if done == "opened_on":
            reached = reached.fillna(register.day("operating_on"))
        end = reached.fillna(pd.Timestamp(register.on))
        late = _over(planned, months, end)
        waited = _months(planned, end)
        yield from hits(late, scheduled, waited, months, source=_land_law(register), scheduled=planned)


@rule(
    "pipeline.land-unused",
    "warning",
    needs=("land_allocated_on",),
)
def land_unused(register: Register, *, months: int = 12) -> list[Hit]:
    """Land allocated long ago on which ground is not broken."""
    since = register.day("land_allocated_on")
    idle = register.day("ground_broken_on").isna() & (register.text("status") == "pending").fillna(
        value=False
    )
    waited = _months(since, register.on)
    over = idle & _over(since, months, register.on)
    return hits(over, "land_allocated_on", waited, months, source=_land_law(register), since=since)


def _stages_law(register: Register) -> str:
    """Return where the order of stages is set, by the law of the audit's day."""
    return f"pipeline.stages.{register.regime.code}"


def _land_law(register: Register) -> str:
    return f"pipeline.land-law.{land_law_on(register.law_on)}"


def _months(start: pd.Series, end: date | pd.Series) -> pd.Series:
    """Return the whole months from one day to another."""
    first, last = start.dt, _days(end, start.index).dt
    whole = (last.year - first.year) * 12 + (last.month - first.month) - (last.day < first.day)
    return pd.Series(whole.astype("Int64"))


def _over(start: pd.Series, months: int, end: date | pd.Series) -> pd.Series:
    """Return whether more than so many months have gone by; the day itself is still in time."""
    return pd.Series(start + pd.DateOffset(months=months) < _days(end, start.index))


def _days(end: date | pd.Series, index: pd.Index) -> pd.Series:
    return end if isinstance(end, pd.Series) else pd.Series(np.datetime64(end, "us"), index=index)
