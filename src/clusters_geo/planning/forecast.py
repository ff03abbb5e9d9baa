"""When sites that wait break ground: rates with what they rest on, and hectares by quarter with an interval.

A rate is either counted (starts ÷ days that sites have waited) or estimated from the dates of a register,
with sites that still wait counted as long as they have waited (right-censored). It is taken as constant: the
page on the pipeline shows how far such a forecast of Hà Nội's 43 was off, and what was not in the data.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from clusters_geo.data import data_file
from clusters_geo.errors import SchemaError
from clusters_geo.history.events import as_day
from clusters_geo.measure.trust import province_of, scope_key
from clusters_geo.names import name_order
from clusters_geo.planning.pipeline import today_of, unit_of
from clusters_geo.reading.side_files import read_toml
from clusters_geo.units.model import unit_level
from clusters_geo.units.places import UNPLACED

if TYPE_CHECKING:
    import datetime as dt
    import os

__all__ = [
    "Hazard",
    "Prospect",
    "forecast_starts",
    "forecast_supply",
    "hazard_from_counts",
    "hazard_from_register",
    "load_scenarios",
    "waiting_curve",
]

_DAYS_PER_MONTH = 365.25 / 12
_INTERVAL = (0.05, 0.95)
_DRAWS = 4_000
_SEED = 2022
_PENDING = "pending"


class Hazard(NamedTuple):
    """A constant rate of starts: per site and day, and the starts and waiting days it was counted from."""

    per_day: float
    starts: float
    cluster_days: float

    @property
    def known(self) -> bool:
        """Whether there was anything to count."""
        return math.isfinite(self.per_day)


class Prospect(NamedTuple):
    """How many will have started by a day: expected, and the 90 % interval if the rate held."""

    expected: float
    low: int
    high: int


def hazard_from_counts(starts: float, cluster_days: float) -> Hazard:
    """Return the rate of so many starts in so many days of waiting, added up over sites.

    Raises
    ------
    SchemaError
        If either is negative.

    Examples
    --------
    >>> round(hazard_from_counts(7, 22_906).per_day * 365.25, 3)
    0.112
    """
    if starts < 0 or cluster_days < 0:
        raise SchemaError("forecast.negative", starts=starts, days=cluster_days)
    rate = starts / cluster_days if cluster_days > 0 else math.nan
    return Hazard(rate, starts, cluster_days)


def hazard_from_register(clusters: pd.DataFrame, as_of: str | dt.date) -> Hazard:
    """Return the rate that a register's own dates give.

    Parameters
    ----------
    clusters
        One row per cluster, with `established_on` and, where ground was broken, `ground_broken_on`.
    as_of
        The day until which sites were watched.

    Returns
    -------
    Starts of sites whose two days are known, and the days waited of those and of pending sites whose day of
    establishment is known. Without a start, the rate is missing: nobody has seen
    one. A year is no day.

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {
    ...         "status": ["pending", "operating"],
    ...         "established_on": pd.to_datetime(["2020-01-01", "2020-01-01"]),
    ...         "ground_broken_on": pd.to_datetime([None, "2020-12-31"]),
    ...     }
    ... )
    >>> hazard_from_register(table, "2021-12-31")[1:]
    (1.0, 1095.0)
    """
    waited = _waiting(clusters, as_day(as_of))
    starts, days = float(waited["started"].sum()), float(waited["days"].sum())
    # Of a rate that nobody has seen, "none, and surely none" would be said.
    return hazard_from_counts(starts, days) if starts else Hazard(math.nan, starts, days)


def waiting_curve(clusters: pd.DataFrame, as_of: str | dt.date) -> pd.DataFrame:
    """Return the share of sites that still wait after so many days: Kaplan–Meier, right-censored.

    Parameters
    ----------
    clusters, as_of
        As for `hazard_from_register`.

    Returns
    -------
    One row per distinct wait that ended in a start, indexed by `days`: `at_risk`, `started`,
    `waiting` (the share that waits longer). Empty if no start is dated.

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {
    ...         "status": ["operating", "pending", "operating"],
    ...         "established_on": pd.to_datetime(["2020-01-01"] * 3),
    ...         "ground_broken_on": pd.to_datetime(["2020-01-11", None, "2020-01-31"]),
    ...     }
    ... )
    >>> waiting_curve(table, "2020-01-21")["waiting"].round(3).tolist()
    [0.667]
    """
    waited = _waiting(clusters, as_day(as_of))
    ends = np.sort(waited.loc[waited["started"], "days"].unique())
    days = waited["days"].to_numpy()
    started = waited["started"].to_numpy(dtype=bool)
    risk = np.array([(days >= end).sum() for end in ends])
    deaths = np.array([((days == end) & started).sum() for end in ends])
    left = np.cumprod(1 - deaths / risk) if len(ends) else np.array([])
    index = pd.Index(ends.astype("int64"), name="days")
    return pd.DataFrame({"at_risk": risk, "started": deaths, "waiting": left}, index=index)


def forecast_starts(hazard: Hazard, waiting: int, days: float, *, started: int = 0) -> Prospect:
    """Return how many sites will have started after so many days at a constant rate.

    Parameters
    ----------
    hazard
        The rate.
    waiting
        Sites that wait today.
    days
        Until when, from today.
    started
        Those that have started already; they are in the answer.

    Returns
    -------
    The expected number and the 90 % interval of the binomial count; missing, and 0 to all, without a rate.

    Raises
    ------
    SchemaError
        If anything is negative.

    Examples
    --------
    >>> forecast = forecast_starts(hazard_from_counts(7, 22_906), 36, 639, started=7)
    >>> round(forecast.expected, 1), forecast.low, forecast.high
    (13.4, 10, 17)
    """
    if waiting < 0 or days < 0 or started < 0:
        raise SchemaError("forecast.negative", starts=waiting, days=days)
    if not hazard.known:
        return Prospect(math.nan, started, started + waiting)
    share = -math.expm1(-hazard.per_day * days)
    low, high = (started + _binomial_quantile(waiting, share, level) for level in _INTERVAL)
    return Prospect(started + waiting * share, low, high)


def _binomial_quantile(n: int, p: float, level: float) -> int:
    reached = 0.0
    for k in range(n + 1):
        reached += math.comb(n, k) * p**k * (1 - p) ** (n - k)
        if reached >= level:
            return k
    return n


def load_scenarios(path: str | os.PathLike[str] | None = None) -> dict[str, dict[str, Any]]:
    """Return scenarios by name; those of the package without a file of your own.

    Parameters
    ----------
    path
        TOML: one table a scenario, with `starts_per_month` (of all waiting sites, or of `waiting` where that
        is given: the rate is then one of each site) or `hazard = "register"`; `province` is where it was
        seen.

    Raises
    ------
    SourceError
        If the file cannot be read.
    SchemaError
        If a scenario says neither, or `waiting` is less than 1.

    Examples
    --------
    >>> [round(s["starts_per_month"], 2) for s in load_scenarios().values() if "starts_per_month" in s]
    [0.39, 0.81, 1.0, 0.2]
    """
    scenarios = read_toml(data_file("scenarios.toml") if path is None else path)
    for name, said in scenarios.items():
        table = said if isinstance(said, dict) else {}
        counted = _is_count(table.get("starts_per_month")) and _is_count(table.get("waiting", 1), least=1)
        if not counted and table.get("hazard") != "register":
            raise SchemaError("forecast.scenario", name=name)
    return scenarios


def _is_count(said: object, least: float = 0) -> bool:
    return isinstance(said, int | float) and not isinstance(said, bool) and least <= said < math.inf


def forecast_supply(  # noqa: PLR0913 - all but the first three are keyword-only
    clusters: pd.DataFrame,
    horizon: str | dt.date,
    scenario: str = "register",
    *,
    as_of: str | dt.date | None = None,
    scenarios: str | os.PathLike[str] | None = None,
    by: str | None = None,
    units: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return how many pending sites will have broken ground, and their hectares, by quarter.

    Parameters
    ----------
    clusters
        One row per cluster, with `status` and what is known of `planned_ha`, `established_on`,
        `ground_broken_on`.
    horizon
        The last day; the quarter it lies in is the last row.
    scenario
        A name of `load_scenarios`.
    as_of
        Today, for this forecast; None for the register's own date.
    scenarios
        A TOML file with scenarios of your own.
    by, units
        By which units, as for `pipeline`; None for all sites together. The rate is that of all sites.

    Returns
    -------
    One row per quarter, indexed by its last day: `starts`, `starts_low`, `starts_high`
    (sites, from `as_of` on), `started_ha`, `started_ha_low`, `started_ha_high` (hectares of those with a
    planned area), `started_ha_modelled` (how much of the expected hectares rests on modelled areas). 90 %
    intervals if the rate held; the same input gives the same numbers. In `.attrs["forecast"]`: the rate and
    what it was counted from, the sites, `seen_in`: the province whose rate it is, where the register is not
    known to be of it, and `unknown`: what cannot be known from the register, with the reason.
    By units one row per `unit` ("" where the register names none, `unplaced` in no known one) and quarter,
    with `sites` (how many wait) in front: expected starts and hectares add up to those of all, the ends of
    intervals do not.

    Raises
    ------
    SchemaError
        If the scenario is not there, the register has no date, or the horizon lies before it.

    Examples
    --------
    >>> table = pd.DataFrame({"status": ["pending"] * 2, "planned_ha": [20.0, None]}, index=["A", "B"])
    >>> found = forecast_supply(table, "2023-03-31", "second-half-2024", as_of="2022-09-30")
    >>> found["starts"].round(2).tolist(), found.attrs["forecast"]["without_area"]
    ([0.34, 0.62], 1)
    >>> told = {"as_of": "2022-09-30", "by": "district"}
    >>> placed = table.assign(district=["Ba Vì", "Sóc Sơn"])
    >>> by_unit = forecast_supply(placed, "2022-12-31", "second-half-2024", **told)
    >>> by_unit["starts"].round(2).groupby("unit").sum().to_dict()
    {'Ba Vì': 0.17, 'Sóc Sơn': 0.17}
    """
    today, last = _today(clusters, as_of), as_day(horizon)
    if last <= today:
        raise SchemaError("forecast.horizon", horizon=f"{last:%Y-%m-%d}", today=f"{today:%Y-%m-%d}")
    sites = clusters[(clusters["status"].astype("string") == _PENDING).fillna(value=False)]
    known = load_scenarios(scenarios)
    hazard = _hazard_of(known, scenario, clusters, sites, today)
    areas = _areas(sites)
    ends = _quarter_ends(today, last)
    if by is None and units is None:
        table = _quarters(hazard, areas, ends, today)
    else:
        level = unit_level(units) if by is None and units is not None else by
        home = unit_of(sites, level, units).fillna("" if units is None else UNPLACED)
        table = _by_unit(hazard, areas, home, ends, today)
    table.attrs["forecast"] = {
        "scenario": scenario,
        "as_of": f"{today:%Y-%m-%d}",
        "sites": len(sites),
        "without_area": int(areas["planned_ha"].isna().sum()),
        "starts_per_site_and_year": hazard.per_day * 365.25 if hazard.known else None,
        "counted_from": [hazard.starts, hazard.cluster_days],
        "seen_in": _seen_elsewhere(known[scenario].get("province"), clusters),
        "unknown": _unknown(clusters, hazard, areas),
    }
    return table


def _today(clusters: pd.DataFrame, as_of: str | dt.date | None) -> pd.Timestamp:
    today = today_of(clusters, as_of)
    if today is None:
        raise SchemaError("forecast.no-date")
    return today


def _waiting(clusters: pd.DataFrame, today: pd.Timestamp) -> pd.DataFrame:
    blank = pd.Series(pd.NaT, index=clusters.index)
    since, until = (
        pd.to_datetime(clusters.get(name, blank)) for name in ("established_on", "ground_broken_on")
    )
    started = until.notna() & (until <= today)
    waits = (clusters["status"].astype("string") == _PENDING).fillna(value=False) | (until > today)
    days = (until.where(started, today) - since).dt.days
    # Who broke ground on an unknown day tells neither when nor how long.
    told = since.notna() & (started | waits) & (days >= 0)
    return pd.DataFrame({"days": days[told].astype("int64"), "started": started[told]})


def _hazard_of(
    known: dict[str, dict[str, Any]],
    name: str,
    clusters: pd.DataFrame,
    sites: pd.DataFrame,
    today: pd.Timestamp,
) -> Hazard:
    if name not in known:
        raise SchemaError("forecast.no-scenario", name=name, known=list(known))
    if "starts_per_month" not in known[name]:
        return hazard_from_register(clusters, today.date())
    # A rate of all sites together is one of each as long as about as many wait as where it was seen.
    waiting = known[name].get("waiting", len(sites))
    return hazard_from_counts(known[name]["starts_per_month"], waiting * _DAYS_PER_MONTH)


def _seen_elsewhere(province: object, clusters: pd.DataFrame) -> str | None:
    """Return the province where a rate was seen, unless the register is known to be of it."""
    own = province_of(clusters)
    at_home = province is None or (own is not None and scope_key(own) == scope_key(str(province)))
    return None if at_home else str(province)


def _areas(sites: pd.DataFrame) -> pd.DataFrame:
    planned = sites.get("planned_ha", pd.Series(math.nan, index=sites.index)).astype("float64")
    basis = sites.get("planned_ha_basis", pd.Series("", index=sites.index)).astype("string").fillna("")
    return pd.DataFrame({"planned_ha": planned, "modelled": basis == "modelled"})


def _quarter_ends(today: pd.Timestamp, last: pd.Timestamp) -> list[pd.Timestamp]:
    ends = pd.date_range(today + pd.Timedelta(days=1), last + pd.offsets.QuarterEnd(0), freq="QE")
    return [pd.Timestamp(end) for end in ends]


def _quarters(
    hazard: Hazard, areas: pd.DataFrame, ends: list[pd.Timestamp], today: pd.Timestamp
) -> pd.DataFrame:
    rows = [_quarter(hazard, len(areas), areas, float((end - today).days)) for end in ends]
    return pd.DataFrame(rows, index=pd.Index(ends, name="quarter"))


def _by_unit(
    hazard: Hazard, areas: pd.DataFrame, home: pd.Series, ends: list[pd.Timestamp], today: pd.Timestamp
) -> pd.DataFrame:
    """Return the quarters of each unit below each other, rows of no unit last."""
    names = sorted(home.unique(), key=lambda name: (name in {"", UNPLACED}, name_order(name)))
    parts = []
    for name in names:
        here = areas[(home == name).to_numpy(dtype=bool)]
        part = _quarters(hazard, here, ends, today).reset_index()
        parts.append(part.assign(unit=name, sites=len(here)))
    if not parts:
        parts = [_quarters(hazard, areas, ends, today).reset_index().assign(unit="", sites=0).iloc[:0]]
    table = pd.concat(parts).set_index(["unit", "quarter"])
    return table[["sites", *table.columns.drop("sites")]]


def _quarter(hazard: Hazard, sites: int, areas: pd.DataFrame, days: float) -> dict[str, float]:
    starts = forecast_starts(hazard, sites, days)
    known = areas["planned_ha"].dropna()
    share = -math.expm1(-hazard.per_day * days) if hazard.known else math.nan
    low, high = _hectares_between(known.to_numpy(), share)
    return {
        "starts": starts.expected,
        "starts_low": float(starts.low),
        "starts_high": float(starts.high),
        "started_ha": share * math.fsum(known),
        "started_ha_low": low,
        "started_ha_high": high,
        "started_ha_modelled": share * math.fsum(areas.loc[areas["modelled"], "planned_ha"].dropna()),
    }


def _hectares_between(areas: np.ndarray, share: float) -> tuple[float, float]:
    if math.isnan(share) or not len(areas):
        return math.nan, math.nan
    # The same draws for every quarter and rate: more of either can then never give less.
    draws = np.random.default_rng(_SEED).random((_DRAWS, len(areas))) < share
    low, high = np.quantile(draws @ areas, _INTERVAL)
    return float(low), float(high)


def _unknown(clusters: pd.DataFrame, hazard: Hazard, areas: pd.DataFrame) -> list[str]:
    """Return the keys of what cannot be known, as `words/planning.csv` says them."""
    finished = clusters.get("operating_on", pd.Series(dtype="datetime64[us]")).notna().any()
    return [
        *([] if hazard.known else ["unknown_rate"]),
        *([] if finished else ["unknown_completions"]),
        *(["unknown_areas"] if areas["planned_ha"].isna().any() else []),
    ]
