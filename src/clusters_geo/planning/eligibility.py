"""Whether a unit may establish a further cluster, and which of its clusters may be expanded.

Where figures are missing, each is taken at its best and at its worst: the answer is `yes` or `no` only if
both give the same, else `unknown`. A modelled figure counts as missing. The law's mean fill rate can be read
as the mean of rates or as land over land; where these fall on different sides, the answer is `unknown`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
import pandas as pd

from clusters_geo.errors import SchemaError
from clusters_geo.measure.rates import column, fill_rates, mean_fill_rates
from clusters_geo.measure.trust import basis_of, is_soft
from clusters_geo.names import name_order
from clusters_geo.planning.homes import Home, homes_of
from clusters_geo.planning.law import DECISION_105, DISTRICTS_ABOLISHED, regime_on, unit_on
from clusters_geo.reading.notes import some
from clusters_geo.units.places import named_level
from clusters_geo.words import cite, format_number, format_percent, speaker

if TYPE_CHECKING:
    from collections.abc import Iterable

    from clusters_geo.planning.law import Establishment, Expansion, Regime
    from clusters_geo.schema import Language

__all__ = ["eligibility", "expansion"]

Answer = Literal["yes", "no", "unknown"]
Kind = Literal["ordinary", "high-tech", "eco"]

word = speaker("eligibility")


@dataclass(frozen=True, slots=True)
class _Range:
    """What a figure may be: exactly known where both ends are the same."""

    low: float
    high: float


def eligibility(  # noqa: PLR0913 - all but the register is keyword-only
    clusters: pd.DataFrame,
    *,
    by: str | None = None,
    on: date | str | None = None,
    units: pd.DataFrame | Iterable[str] | None = None,
    kind: Kind = "ordinary",
    lang: Language = "vi",
) -> pd.DataFrame:
    """Return for each unit whether a further cluster may be established, and which may be expanded.

    Parameters
    ----------
    clusters
        One row per cluster, with `status`, where it lies (see `locate`) or a column `by`, and what is known
        of `planned_ha`, `leasable_ha`, `leased_ha`, `approved_ha` (land with an investment approval, not yet
        leased; 0 where missing), `fill_rate_declared`, `registered_ha`, `infrastructure_complete`,
        `established_on`, `opened_on`, `operating_on`.
    by
        The unit of the condition. None for that of the day: `district` to 30 June 2025, `commune` from 15
        September 2026; in between the province decides (Decree 139/2025, art. 12), `district` if you do not
        say. Any other column groups by its names.
    on
        The day whose law is applied; the latest `as_of` by default.
    units
        The layer of units, as from `load_units`; Hà Nội's are known. Or names of further units that have no
        cluster in the register.
    kind
        What is to be established: `ordinary`; `high-tech` and `eco` are exempt from 15 September 2026.
    lang
        The language of `note`.

    Returns
    -------
    One row per unit, indexed by `by`, or by `district` where the law's communes are not known but districts:

    - `may_establish`: yes, no or unknown;
    - `open_clusters`: how many more may count, as they may lie here or may be established: the answer is that
      with and without them, `unknown` where these differ; `open_ids`: which;
    - `clusters`: how many established ones count (operating, under construction, or with a decision or
      a date of establishment), `fill_known_clusters`: of how many the fill rate is known;
    - `mean_fill_rate`: mean of the known rates (art. 2.7: leased or approved ÷ industrial land),
      `mean_fill_rate_low`, `_high`: with the unknown ones at 0 and at 1; `weighted_fill_rate_low`, `_high`:
      the same by industrial land, as Forms 03 and 04 have it; `unleased_ha_low`, `_high`;
    - `fill_limit`, `unleased_limit_ha`: the thresholds; `may_expand`, `may_not_expand`,
      `expansion_unknown`: ids of clusters, see `expansion`;
    - `regime`, `unit`, `source`, `note`: the decree, the unit counted by, the article, and the reasons.

    Raises
    ------
    SchemaError
        If a column is absent or the day is not understood.

    Examples
    --------
    >>> register = pd.DataFrame(
    ...     {
    ...         "district": ["A", "A", "B"],
    ...         "status": "operating",
    ...         "leasable_ha": [150.0, 100.0, 30.0],
    ...         "leased_ha": [60.0, 50.0, None],
    ...     },
    ...     index=pd.Index(["1", "2", "3"], name="cluster_id"),
    ... )
    >>> eligibility(register, on="2024-06-30")[["may_establish", "mean_fill_rate", "unleased_ha_high"]]
             may_establish  mean_fill_rate  unleased_ha_high
    district
    A                   no            0.45             140.0
    B                  yes             NaN              30.0
    """
    if kind not in get_args(Kind):
        raise SchemaError("law.kind", kind=kind, kinds=list(get_args(Kind)))
    if "status" not in clusters:
        raise SchemaError("units.no-column", column="status", columns=[str(name) for name in clusters])
    day = _day(on, clusters)
    layer = units if isinstance(units, pd.DataFrame) else None
    # A register that names communes only goes by these, whatever the law of the day still counts by.
    only_communes = layer is None and named_level(clusters) == "commune"
    question = _Question(by or ("commune" if only_communes else unit_on(day)), day, kind, lang)
    homes = homes_of(clusters, question.by, day, layer, chosen=by is not None)
    table = _figures(clusters)
    table["may_expand"] = _may_expand(table, regime_on(day), lang)["may_expand"]
    more = () if units is None or isinstance(units, pd.DataFrame) else units
    names = sorted({*homes.names, *more}, key=name_order)
    rows = [_unit(table, homes.of(name), question, homes.reason) for name in names]
    # Asked by commune of a register of districts: what is listed are districts.
    listed = "district" if homes.reason == "no_commune" else question.by
    return pd.DataFrame(rows, index=pd.Index(names, name=listed))


@dataclass(frozen=True, slots=True)
class _Question:
    """What is asked: by which unit, on which day, of which kind of cluster, in which language."""

    by: str
    day: date
    kind: Kind
    lang: Language

    def say(self, key: str, **values: object) -> str:
        return word(key, self.lang, **values)


def expansion(clusters: pd.DataFrame, *, on: date | str | None = None, lang: Language = "vi") -> pd.DataFrame:
    """Return for each cluster whether it may be expanded, with every number that the answer rests on.

    Parameters
    ----------
    clusters, on
        As in `eligibility`.
    lang
        The language of `source`.

    Returns
    -------
    Table on the index of `clusters`: `may_expand` (yes, no or unknown), `room_ha` (up to the greatest size),
    `fill_rate`, `fill_limit`, `demand_ha` (registered), `leasable_ha`, `size_met`, `demand_met`,
    `infrastructure_met` (each yes, no or unknown), `regime` and `source`. Not established clusters
    cannot be expanded.

    Examples
    --------
    >>> register = pd.DataFrame(
    ...     {
    ...         "status": "operating",
    ...         "planned_ha": [40.0, 75.0],
    ...         "leasable_ha": [20.0, 50.0],
    ...         "leased_ha": [12.0, 50.0],
    ...         "infrastructure_complete": True,
    ...     }
    ... )
    >>> expansion(register, on="2024-06-30")[["may_expand", "room_ha", "fill_rate"]]
      may_expand  room_ha  fill_rate
    0        yes     35.0        0.6
    1         no      0.0        1.0
    """
    return _may_expand(_figures(clusters), regime_on(_day(on, clusters)), lang)


def _day(on: date | str | None, clusters: pd.DataFrame) -> date:
    if on is None:
        latest = pd.to_datetime(clusters["as_of"]).max() if "as_of" in clusters else pd.NaT
        return date.today() if pd.isna(latest) else latest.date()  # noqa: DTZ011 -- a day, not an instant
    try:
        return date.fromisoformat(on) if isinstance(on, str) else on
    except ValueError:
        raise SchemaError("eligibility.day", on=on) from None


def _figures(clusters: pd.DataFrame) -> pd.DataFrame:
    """Return the figures that are facts, finite and not negative, with the fill rate of art. 2.7."""

    def fact(name: str) -> pd.Series:
        figure = column(clusters, name)
        return figure.where((figure >= 0) & ~is_soft(basis_of(clusters, name)))

    figures = ("planned_ha", "leasable_ha", "leased_ha", "approved_ha", "registered_ha")
    table = pd.DataFrame({name: fact(name) for name in (*figures, "fill_rate_declared")})
    operating = (clusters["status"] == "operating").fillna(value=False)
    # Before construction a stated rate is registered demand, not leases.
    table["fill_rate_declared"] = table["fill_rate_declared"].where(operating)
    table["fill_rate"] = fill_rates(table)["lawful_fill_rate"].clip(upper=1.0)
    leasable = table["leasable_ha"]
    table["unleased_ha"] = (leasable * (1 - table["fill_rate"])).where(leasable > 0, leasable)
    table["established"] = _established(clusters)
    table["complete"] = clusters.get(
        ("infrastructure_complete"), pd.Series(pd.NA, index=clusters.index)
    ).astype("boolean")
    table["old"] = _earliest(clusters) < pd.Timestamp(DECISION_105)
    return table


def _established(clusters: pd.DataFrame) -> pd.Series:
    """Return which clusters are established: yes, no, or missing where the register does not say.

    A pending site is called for investment or established, and its ground is not broken: without a decision,
    a date or the flag nobody can tell which.
    """
    known = clusters["status"].isin(["operating", "under_construction"])
    for name in ("decision", "established_on"):
        if name in clusters:
            known = known | clusters[name].notna()
    told = clusters.get("established", pd.Series(pd.NA, index=clusters.index)).astype("boolean")
    return known.astype("boolean").where(known.astype(bool), told)


def _earliest(clusters: pd.DataFrame) -> pd.Series:
    days = [
        pd.to_datetime(clusters[n])
        for n in (("established_on"), "opened_on", "operating_on")
        if n in clusters
    ]
    if not days:
        return pd.Series(pd.NaT, index=clusters.index, dtype="datetime64[us]")
    return pd.concat(days, axis=1).min(axis=1)


def _unit(table: pd.DataFrame, home: Home, asked: _Question, reason: str) -> dict[str, object]:
    """Return the answer for one unit: with what certainly counts, and with what may count besides."""
    regime = regime_on(asked.day)
    here, near = table[home.inside], table[home.possible]
    counted = here[here["established"].fillna(value=False).astype(bool)]
    # A site of which nobody says whether it is established may count: no yes on what is missing.
    pending = here[here["established"].isna()]
    maybe = pd.concat([pending, near[near["established"].fillna(value=True).astype(bool)]])
    land = _Range(_unleased(counted).low, _unleased(pd.concat([counted, maybe])).high)
    mean, weighted = _mean_fill(counted)
    rule = regime.establishment if regime.establishment and asked.day >= regime.establishment.since else None
    answer, exempt = _answer(counted, maybe, rule), _is_exempt(rule, asked.kind)
    answer = "yes" if exempt else "unknown" if reason else answer
    why = [_why(counted, maybe, land, rule, asked.lang), *_caveats(rule, asked)] if rule else []
    why += _open_words(pending, len(maybe) - len(pending), maybe, asked) if rule and not exempt else []
    why += [asked.say(reason, by=asked.say(asked.by))] if reason and rule else []
    by_answer = {a: tuple(map(str, here.index[here["may_expand"] == a])) for a in ("yes", "no", "unknown")}
    return {
        "may_establish": answer,
        "clusters": len(counted),
        "open_clusters": len(maybe),
        "fill_known_clusters": int(counted["fill_rate"].notna().sum()),
        "mean_fill_rate": counted["fill_rate"].mean(),
        "mean_fill_rate_low": mean.low,
        "mean_fill_rate_high": mean.high,
        "weighted_fill_rate_low": weighted.low,
        "weighted_fill_rate_high": weighted.high,
        "unleased_ha_low": land.low,
        "unleased_ha_high": land.high,
        "fill_limit": rule.mean_fill_above if rule else np.nan,
        "unleased_limit_ha": rule.unleased_ha_up_to if rule else np.nan,
        "may_expand": by_answer["yes"],
        "may_not_expand": by_answer["no"],
        "expansion_unknown": by_answer["unknown"],
        "open_ids": tuple(map(str, maybe.index)),
        "regime": regime.code,
        "unit": asked.by,
        "source": cite(rule.cited, asked.lang) if rule else None,
        "note": " ".join(why) or asked.say("no_text", on=asked.day.isoformat()),
    }


def _answer(counted: pd.DataFrame, maybe: pd.DataFrame, rule: Establishment | None) -> Answer:
    """Return the answer that holds whichever of the clusters that may count do; unknown if it differs."""
    if rule is None or maybe.empty:
        return _may_establish(len(counted), _mean_fill(counted), _unleased(counted), rule)
    full = maybe["fill_rate"] > rule.mean_fill_above
    answers = set()
    for more in (maybe.iloc[:0], maybe, maybe[full], maybe[~full]):
        rows = pd.concat([counted, more]) if len(more) else counted
        answers.add(_may_establish(len(rows), _mean_fill(rows), _unleased(rows), rule))
    return answers.pop() if len(answers) == 1 else "unknown"


def _is_exempt(rule: Establishment | None, kind: Kind) -> bool:
    return rule is not None and kind != "ordinary" and rule.unit == "commune"


def _open_words(pending: pd.DataFrame, near: int, maybe: pd.DataFrame, asked: _Question) -> list[str]:
    """Say which clusters leave an answer open, and why."""
    told = []
    if near:
        told.append(asked.say("open", count=near, ids=some(maybe.index[len(pending) :], asked.lang)))
    if len(pending):
        told.append(asked.say("pending", count=len(pending), ids=some(pending.index, asked.lang)))
    return told


def _mean_fill(counted: pd.DataFrame) -> tuple[_Range, _Range]:
    """Return the mean of the fill rates, and the same by industrial land; missing without clusters."""
    means = mean_fill_rates(counted["fill_rate"], counted["leasable_ha"], counted["planned_ha"])
    of_rates, by_land = (_Range(*row) for row in means.itertuples(index=False))
    return of_rates, by_land


def _unleased(counted: pd.DataFrame) -> _Range:
    """Return the unleased land; what is not known is at most the industrial land, or the planned area."""
    most = counted["unleased_ha"].fillna(counted["leasable_ha"])
    # Industrial land is a part of the cluster, so that even a stated rate bounds what is free.
    most = most.fillna(counted["planned_ha"] * (1 - counted["fill_rate"].fillna(0.0))).fillna(np.inf)
    return _Range(float(counted["unleased_ha"].sum()), float(most.sum()))


def _may_establish(
    count: int, fill: tuple[_Range, _Range], land: _Range, rule: Establishment | None
) -> Answer:
    if rule is None:
        return "unknown"
    if count == 0:
        return "yes"

    full = [_full_enough(mean, rule) for mean in fill]
    if full == ["yes", "yes"] or _little(land.high, rule):
        return "yes"
    return "no" if full == ["no", "no"] and not _little(land.low, rule) else "unknown"


def _little(hectares: float, rule: Establishment) -> bool:
    limit = rule.unleased_ha_up_to
    return hectares <= limit if rule.reaching_is_enough else hectares < limit


def _full_enough(mean: _Range, rule: Establishment) -> Answer:
    # Without industrial land nothing is weighed, and land over land says neither yes nor no.
    if mean.low > rule.mean_fill_above:
        return "yes"
    return "no" if mean.high <= rule.mean_fill_above else "unknown"


def _why(
    counted: pd.DataFrame, maybe: pd.DataFrame, land: _Range, rule: Establishment, lang: Language
) -> str:
    """Return in words how the numbers stand against the thresholds."""
    free = _span(
        format_number(land.low, lang),
        format_number(land.high, lang) if np.isfinite(land.high) else "?",
        lang,
    )
    limit = {
        "land": free,
        "comparison": word("at_most" if rule.reaching_is_enough else "under", lang),
        "land_limit": format_number(rule.unleased_ha_up_to, lang, 0),
    }
    if counted.empty:
        return word("first", lang) if maybe.empty else word("first_or_not", lang, **limit)
    mean, weighted = _mean_fill(counted)
    by_fill = word(
        "by_fill",
        lang,
        fill=_span(format_percent(mean.low, lang), format_percent(mean.high, lang), lang),
        weighted=_span(format_percent(weighted.low, lang), format_percent(weighted.high, lang), lang),
        fill_limit=format_percent(rule.mean_fill_above, lang, 0),
    )
    # Where little land is free, the mean decides nothing.
    means = [] if _little(land.high, rule) else _two_means(counted, mean, weighted, rule, lang)
    return " ".join([by_fill, word("by_land", lang, **limit), *means])


def _two_means(
    counted: pd.DataFrame, mean: _Range, weighted: _Range, rule: Establishment, lang: Language
) -> list[str]:
    """Say where the two readings of the mean differ, or where one is told and the other is not."""
    of_rates, by_land = _full_enough(mean, rule), _full_enough(weighted, rule)
    if {of_rates, by_land} == {"yes", "no"}:
        return [word("two_means", lang)]
    if of_rates != "unknown" and by_land == "unknown":
        blank = counted.index[counted["leasable_ha"].isna()]
        return [word("mean_by_land_open", lang, count=len(blank), ids=some(blank, lang))]
    return []


def _span(low: str, high: str, lang: Language) -> str:
    """Return a range in words, or the one figure where both ends read the same."""
    return low if low == high else word("span", lang, low=low, high=high)


def _caveats(rule: Establishment, asked: _Question) -> list[str]:
    """Return who is exempt, and where the unit is not that of the law."""
    told = []
    if rule.unit == "commune":
        exempt = _is_exempt(rule, asked.kind)
        told.append(asked.say("exempted", kind=asked.say(asked.kind)) if exempt else asked.say("exempt"))
    if asked.day >= DISTRICTS_ABOLISHED and rule.unit == "district":
        return [*told, asked.say("no_districts", by=_called(asked.by, asked.lang))]
    if asked.by != rule.unit:
        told.append(asked.say("unit", law=asked.say(rule.unit), by=_called(asked.by, asked.lang)))
    return told


def _called(by: str, lang: Language) -> str:
    return word(by, lang) if by in ("district", "commune") else by


def _may_expand(table: pd.DataFrame, regime: Regime, lang: Language) -> pd.DataFrame:
    """Judge the three conditions of each cluster, and all together."""
    rule = regime.expansion
    established = table["established"].fillna(value=False).astype(bool)
    result = table[["fill_rate", "leasable_ha"]].assign(
        demand_ha=table["registered_ha"],
        room_ha=(rule.maximum_ha - table["planned_ha"]).clip(lower=0.0) if rule else np.nan,
        fill_limit=rule.fill_from if rule else np.nan,
        regime=regime.code,
        source=cite(rule.cited, lang) if rule else None,
    )
    met = _conditions(table, rule)
    for name, condition in met.items():
        result[name] = _answers(condition)
    together = met["size_met"] & met["demand_met"] & met["infrastructure_met"] & established
    result["may_expand"] = _answers(together if rule else together.mask(established))
    order = [
        "may_expand",
        "room_ha",
        "fill_rate",
        "fill_limit",
        "demand_ha",
        "leasable_ha",
        *met,
        "regime",
        "source",
    ]
    return result[order]


def _conditions(table: pd.DataFrame, rule: Expansion | None) -> dict[str, pd.Series]:
    """Return for each condition of an expansion whether it is met; missing where nobody can say."""
    if rule is None:
        nothing = pd.Series(pd.NA, index=table.index, dtype="boolean")
        return dict.fromkeys(("size_met", "demand_met", "infrastructure_met"), nothing)
    full = _known(table["fill_rate"] >= rule.fill_from - 1e-9, table["fill_rate"])
    short = _known(
        table["registered_ha"] > table["leasable_ha"], table["registered_ha"] + table["leasable_ha"]
    )
    complete = table["complete"]
    return {
        "size_met": _known(table["planned_ha"] < rule.maximum_ha, table["planned_ha"]),
        "demand_met": full | short,
        "infrastructure_met": complete | table["old"] if rule.old_clusters_exempt else complete,
    }


def _known(condition: pd.Series, rests_on: pd.Series) -> pd.Series:
    return condition.astype("boolean").mask(rests_on.isna())


def _answers(condition: pd.Series) -> pd.Series:
    return condition.astype("boolean").map({True: "yes", False: "no"}).astype("string").fillna("unknown")
