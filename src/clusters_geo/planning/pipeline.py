"""Where each site stands on its way from the plan to production, for how long, and what is ready when.

Stages in their legal order: listed, established, 1:500 plan, site cleared, land allocated, ground broken,
open to producers, operating. A site stands in the furthest of which the register knows, by a date, a decision
or a flag.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from clusters_geo.history.events import as_day
from clusters_geo.names import name_order
from clusters_geo.units.places import UNPLACED, home_units, named_level, require_column

if TYPE_CHECKING:
    import datetime as dt

__all__ = ["STAGES", "TIERS", "pipeline", "pipeline_tiers", "today_of", "unit_of", "unknown_free_land"]

# Each stage with the columns that tell of it: a day, or that it is so.
STAGES: dict[str, tuple[str, ...]] = {
    "listed": ("listed_on", "in_plan"),
    "established": ("established_on", "established", "established_year", "decision"),
    "detailed_plan": ("detailed_plan_on", "detailed_plan_approved", "detailed_plan"),
    "site_cleared": ("site_cleared_on",),
    "land_allocated": ("land_allocated_on",),
    "ground_broken": ("ground_broken_on",),
    "opened": ("opened_on",),
    "operating": ("operating_on",),
}
# The furthest stage that each status proves.
_PROVES = {"pending": "listed", "under_construction": "ground_broken", "operating": "operating"}

# How soon land can be had, the soonest first; `ready` is industrial land that may be leased today, `unleased`
# industrial land of operating clusters of which nobody says whether it is ready.
TIERS: dict[str, tuple[str, ...]] = {
    "ready": (),
    "unleased": (),
    "under_way": ("land_allocated", "ground_broken", "opened"),
    "established": ("established", "detailed_plan", "site_cleared"),
    "listed": ("listed",),
}


def pipeline(
    clusters: pd.DataFrame,
    *,
    by: str | None = "district",
    units: pd.DataFrame | None = None,
    as_of: str | dt.date | None = None,
) -> pd.DataFrame:
    """Return the stage of each site that does not operate yet.

    Parameters
    ----------
    clusters
        One row per cluster, with `status` and what is known of the stages' days, decisions and flags.
    by
        Column of the unit; `district` is `commune` where the register names no districts; None for none.
    units
        Units as from `load_units`, in which the sites are placed where they lie (see `locate`).
    as_of
        Today; None for the register's own date, without which times are missing.

    Returns
    -------
    On the index of `clusters`: `name`, `district` where there is one, `status`, `unit` (as `by` and `units`
    say; missing where nobody can), `stage`,
    `since` (the day it was reached; of a year known only as such, its last day), `months` in it,
    `scheduled_start_on`, `slip_months` (behind its own plan: to the start, or to today while it waits;
    negative for ahead), `completion_slip_months`, `tier`, `planned_ha`, `planned_ha_basis`. What the register
    does not say is missing.

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {
    ...         "name": ["Đông Phú Yên"],
    ...         "status": ["pending"],
    ...         "planned_ha": [41.2],
    ...         "established_on": pd.to_datetime(["2019-11-14"]),
    ...         "scheduled_start_on": pd.to_datetime(["2019-12-31"]),
    ...     }
    ... )
    >>> pipeline(table, as_of="2022-09-30")[["stage", "months", "slip_months", "tier"]].values.tolist()
    [['established', 34.0, 33.0, 'established']]
    """
    by = named_level(clusters) if by == "district" else by
    waiting = (clusters["status"].astype("string") != "operating").fillna(value=True)
    sites = clusters[waiting]
    today = today_of(sites, as_of)
    stage = _furthest(sites)
    since = _reached(sites, stage)
    start = _days(sites, "ground_broken_on")
    table = pd.DataFrame(
        {
            **{name: sites[name] for name in ("name", "district", "status") if name in sites},
            "unit": unit_of(clusters, by, units)[waiting],
            "stage": stage,
            "since": since,
            "months": _months(since, today),
            "scheduled_start_on": _days(sites, "scheduled_start_on"),
            "slip_months": _slip(_days(sites, "scheduled_start_on"), start, today, _may_have_begun(sites)),
            "completion_slip_months": _slip(
                _days(sites, "scheduled_completion_on"), _days(sites, "operating_on"), today, None
            ),
            "tier": stage.map({name: tier for tier, names in TIERS.items() for name in names}),
            "planned_ha": sites.get("planned_ha", pd.Series(float("nan"), index=sites.index)).astype(
                "float64"
            ),
        },
        index=sites.index,
    )
    if "planned_ha_basis" in sites:
        table["planned_ha_basis"] = sites["planned_ha_basis"]
    return table


def pipeline_tiers(
    clusters: pd.DataFrame,
    *,
    by: str | None = "district",
    units: pd.DataFrame | None = None,
    as_of: str | dt.date | None = None,
) -> pd.DataFrame:
    """Return hectares by unit, readiness and the year in which that was reached.

    Parameters
    ----------
    clusters
        As for `pipeline`. Of operating clusters it is `ready_ha` less `leased_ha` (`ready`), or where that
        is not known `leasable_ha` less `leased_ha` (`unleased`); those of which neither is known have no
        row, see `unknown_free_land`.
    by, units, as_of
        As for `pipeline`; `by=None` adds all together.

    Returns
    -------
    One row per unit ("" where there is none, `unplaced` in no known one of the units), `tier` and `year`
    (missing where no day is known, and for land of operating clusters): `sites`, `hectares` (industrial land
    of operating clusters, else planned area; missing where none is known), `modelled_ha` (how much of it was
    filled in), `without_area` (sites of unknown area).

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {
    ...         "name": ["A", "B"],
    ...         "district": "Ba Vì",
    ...         "status": ["pending", "operating"],
    ...         "planned_ha": [20.0, 30.0],
    ...         "established_year": [2020, None],
    ...         "leasable_ha": [None, 18.0],
    ...         "leased_ha": [None, 12.5],
    ...     }
    ... )
    >>> pipeline_tiers(table, as_of="2022-09-30").reset_index()[["tier", "year", "hectares"]].values.tolist()
    [['unleased', <NA>, 5.5], ['established', 2020, 20.0]]
    """
    by = named_level(clusters) if by == "district" else by
    sites = pipeline(clusters, by=by, units=units, as_of=as_of)
    rows = sites.assign(hectares=sites["planned_ha"], year=sites["since"].dt.year.astype("Int64"))
    ready = _free_land(clusters, by, units)
    both = pd.concat([rows, ready]) if len(ready) else rows
    unit = both["unit"].fillna("" if units is None else UNPLACED)
    basis = both.get("planned_ha_basis", pd.Series("", index=both.index))
    modelled = both["hectares"].where(basis == "modelled", 0.0).fillna(0)
    groups = both.assign(unit=unit, modelled_ha=modelled).groupby(["unit", "tier", "year"], dropna=False)
    table = pd.DataFrame(
        {
            "sites": groups.size(),
            "hectares": groups["hectares"].sum(min_count=1),
            "modelled_ha": groups["modelled_ha"].sum(),
            "without_area": groups["hectares"].apply(lambda areas: int(areas.isna().sum())),
        }
    )
    order = table.reset_index().assign(
        last=lambda t: t["unit"].isin(["", UNPLACED]),
        at=lambda t: t["unit"].astype("object").map(name_order),
        rank=lambda t: t["tier"].map({tier: i for i, tier in enumerate(TIERS)}),
    )
    rows = order.sort_values(["last", "at", "rank", "year"]).drop(columns=["last", "at", "rank"])
    return rows.set_index(["unit", "tier", "year"])


def unit_of(rows: pd.DataFrame, by: str | None, units: pd.DataFrame | None) -> pd.Series:
    """Return the unit of each row, by where it lies, by its spelling, or by any other column; see `pipeline`.

    Raises
    ------
    SchemaError
        If there is no such column.
    """
    if by is None:
        return pd.Series(pd.NA, index=rows.index, dtype="string")
    if units is not None or by in ("district", "commune"):
        found: pd.Series = home_units(rows, units, by=by)
        return found
    require_column(rows, by)
    return rows[by].astype("string")


def _free_land(clusters: pd.DataFrame, by: str | None, units: pd.DataFrame | None) -> pd.DataFrame:
    """Return the land of each operating cluster that is not leased; since when, no register tells."""
    land = _free_hectares(clusters)
    tier = clusters.get("ready_ha", land * float("nan")).notna().map({True: "ready", False: "unleased"})
    table = pd.DataFrame({"unit": unit_of(clusters, by, units), "tier": tier, "hectares": land})
    known = table.dropna(subset=["hectares"])
    return known.assign(year=pd.Series(pd.NA, index=known.index, dtype="Int64"))


def _free_hectares(clusters: pd.DataFrame) -> pd.Series:
    blank = pd.Series(float("nan"), index=clusters.index)
    names = ("ready_ha", "leasable_ha", "leased_ha")
    ready, may, leased = (clusters.get(name, blank).astype("float64") for name in names)
    free: pd.Series = (ready.fillna(may) - leased).clip(lower=0).where(_at_work(clusters))
    return free


def _at_work(clusters: pd.DataFrame) -> pd.Series:
    return (clusters["status"].astype("string") == "operating").fillna(value=False).astype(bool)


def unknown_free_land(clusters: pd.DataFrame) -> pd.Series:
    """Return which clusters operate without telling how much of their industrial land is not leased.

    Examples
    --------
    >>> table = pd.DataFrame({"status": "operating", "leasable_ha": [18.0, None], "leased_ha": [12.5, 4.0]})
    >>> unknown_free_land(table).tolist()
    [False, True]
    """
    return _at_work(clusters) & _free_hectares(clusters).isna()


def today_of(clusters: pd.DataFrame, as_of: str | dt.date | None) -> pd.Timestamp | None:
    """Return the day that was said, or the register's own; None where it has none.

    Examples
    --------
    >>> today_of(pd.DataFrame({"as_of": pd.to_datetime(["2022-09-30"])}), None)
    Timestamp('2022-09-30 00:00:00')
    """
    if as_of is not None:
        return as_day(as_of)
    days = (
        pd.to_datetime(clusters["as_of"]).dropna()
        if "as_of" in clusters
        else pd.Series(dtype="datetime64[us]")
    )
    return None if days.empty else pd.Timestamp(days.max())


def _days(clusters: pd.DataFrame, name: str) -> pd.Series:
    return pd.to_datetime(clusters.get(name, pd.Series(pd.NaT, index=clusters.index)))


def _may_have_begun(sites: pd.DataFrame) -> pd.Series:
    """Return which sites are not known to wait; of those of unknown status nobody can say it."""
    return (sites["status"].astype("string") != "pending").fillna(value=True)


def _furthest(sites: pd.DataFrame) -> pd.Series:
    stage = sites["status"].astype("string").map(_PROVES).astype("string")
    order = {name: place for place, name in enumerate(STAGES)}
    for place, (name, columns) in enumerate(STAGES.items()):
        told = pd.Series(data=False, index=sites.index)
        for column in columns:
            if column in sites:
                cells = sites[column]
                told |= cells.notna() & (cells.astype("string").str.casefold() != "false").fillna(value=False)
        stage = stage.mask(told & (stage.map(order).fillna(-1) < place), name)
    return stage


def _reached(sites: pd.DataFrame, stage: pd.Series) -> pd.Series:
    since = pd.Series(pd.NaT, index=sites.index, dtype="datetime64[us]")
    for name, (column, *_) in STAGES.items():
        since = since.mask(stage == name, _days(sites, column))
    if "established_year" in sites:
        years = sites["established_year"].astype("Int64").astype("string") + "-12-31"
        since = since.mask((stage == "established") & since.isna(), pd.to_datetime(years, errors="coerce"))
    return since


def _months(since: pd.Series, until: pd.Timestamp | pd.Series | None) -> pd.Series:
    """Return whole months between two days; a day of a month is over when its day has come."""
    if until is None:
        return pd.Series(float("nan"), index=since.index)
    end = until if isinstance(until, pd.Series) else pd.Series(until, index=since.index)
    months = 12 * (end.dt.year - since.dt.year) + (end.dt.month - since.dt.month)
    last = (since + pd.offsets.MonthEnd(0) == since) & (end + pd.offsets.MonthEnd(0) == end)
    whole: pd.Series = (months - ((end.dt.day < since.dt.day) & ~last)).astype("float64")
    return whole


def _slip(
    planned: pd.Series, actual: pd.Series, today: pd.Timestamp | None, begun: pd.Series | None
) -> pd.Series:
    late = _months(planned, actual)
    waits = actual.isna() if begun is None else actual.isna() & ~begun.astype(bool)
    if today is None:
        return late
    # What has not happened is late once its day has passed, and not before.
    so_far = _months(planned, today).where(planned < today)
    slip: pd.Series = late.mask(waits, so_far)
    return slip
