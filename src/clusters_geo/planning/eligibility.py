"""Whether a unit may establish a further cluster, and which of its clusters may be expanded.

Where figures are missing, each is taken at its best and at its worst: the answer is `yes` or `no` only if
both give the same, else `unknown`. A modelled figure counts as missing. The law's mean fill rate can be read
as the mean of rates or as land over land; where these fall on different sides, the answer is `unknown`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from clusters_geo.errors import SchemaError
from clusters_geo.measure.rates import column, fill_rates, mean_fill_rates
from clusters_geo.measure.trust import basis_of, is_soft
from clusters_geo.names import fold
from clusters_geo.planning.law import DECISION_105, DISTRICTS_ABOLISHED, regime_on
from clusters_geo.words import format_number, format_percent

if TYPE_CHECKING:
    from collections.abc import Iterable

    from clusters_geo.planning.law import Establishment, Expansion, Regime
    from clusters_geo.schema import Language

__all__ = ["eligibility", "expansion"]

Answer = Literal["yes", "no", "unknown"]

_NOTES: dict[str, tuple[str, str]] = {
    "no_text": (
        "Chưa tìm được văn bản có hiệu lực ngày {on}.",
        "No text in force on {on} was found.",
    ),
    "first": ("Chưa có cụm nào được thành lập ở đây.", "No cluster is established here yet."),
    "by_fill": (
        (
            "Tỷ lệ lấp đầy trung bình từ {fill_low} đến {fill_high}, tính theo diện tích từ {weighted_low} "
            "đến {weighted_high}, cần trên {fill_limit}."
        ),
        (
            "Mean fill rate {fill_low} to {fill_high}, by area {weighted_low} to {weighted_high}; over "
            "{fill_limit} is needed."
        ),
    ),
    "two_means": (
        "Hai cách tính trung bình cho kết quả khác nhau; luật không nói rõ dùng cách nào.",
        "The two ways to take the mean differ in their answer; the law does not say which it means.",
    ),
    "by_land": (
        "Đất công nghiệp chưa cho thuê từ {land_low} đến {land_high} ha, cần {comparison} {land_limit} ha.",
        "Unleased industrial land {land_low} to {land_high} ha, {comparison} {land_limit} ha is needed.",
    ),
    "at_most": ("không quá", "at most"),
    "under": ("dưới", "under"),
    "exempt": (
        "Cụm công nghệ cao và cụm sinh thái không phải xét điều kiện này.",
        "High-tech and eco clusters are exempt.",
    ),
    "unit": (
        "Luật tính theo cấp xã; kết quả này theo {by}.",
        "The law counts by commune; this answer is by {by}.",
    ),
    "no_districts": (
        (
            "Không còn cấp huyện từ 1/7/2025: UBND cấp tỉnh quyết định đơn vị áp dụng (Nghị định 139/2025, "
            "điều 12); kết quả này theo {by}."
        ),
        (
            "There are no districts since 1 July 2025: the province decides on the unit (Decree 139/2025, "
            "art. 12); this answer is by {by}."
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class _Range:
    """What a figure may be: exactly known where both ends are the same."""

    low: float
    high: float


def eligibility(
    clusters: pd.DataFrame,
    *,
    by: str = "district",
    on: date | str | None = None,
    units: Iterable[str] | None = None,
    lang: Language = "vi",
) -> pd.DataFrame:
    """Return for each unit whether a further cluster may be established, and which may be expanded.

    Parameters
    ----------
    clusters
        One row per cluster, with the column named by `by`, `status`, and what is known of `planned_ha`,
        `leasable_ha`, `leased_ha`, `approved_ha` (land with an investment approval, not yet leased; 0
        where missing), `fill_rate_declared`, `registered_ha`, `infrastructure_complete`,
        `established_on`, `opened_on`, `operating_on`.
    by
        The unit of the condition: `district`, then by the province's choice, then `commune`.
    on
        The day whose law is applied; the latest `as_of` by default.
    units
        Further units that have no cluster in the register.
    lang
        The language of `note`.

    Returns
    -------
    One row per unit, indexed by `by`:

    - `may_establish`: yes, no or unknown;
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
    for needed in (by, "status"):
        if needed not in clusters:
            msg = f"There is no column {needed!r}; there are: {', '.join(map(str, clusters.columns))}."
            raise SchemaError(msg)
    day = _day(on, clusters)
    table = _figures(clusters).assign(unit=clusters[by].astype("string").to_numpy())
    table["may_expand"] = _may_expand(table, regime_on(day))["may_expand"]
    names = sorted({*table["unit"].dropna(), *(units or ())}, key=lambda name: (fold(name), name))
    rows = [_unit(table[(table["unit"] == name).fillna(value=False)], by, day, lang) for name in names]
    return pd.DataFrame(rows, index=pd.Index(names, name=by))


def expansion(clusters: pd.DataFrame, *, on: date | str | None = None) -> pd.DataFrame:
    """Return for each cluster whether it may be expanded, with every number that the answer rests on.

    Parameters
    ----------
    clusters, on
        As in `eligibility`.

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
    return _may_expand(_figures(clusters), regime_on(_day(on, clusters)))


def _day(on: date | str | None, clusters: pd.DataFrame) -> date:
    if on is None:
        latest = pd.to_datetime(clusters["as_of"]).max() if "as_of" in clusters else pd.NaT
        return date.today() if pd.isna(latest) else latest.date()  # noqa: DTZ011 -- a day, not an instant
    try:
        return date.fromisoformat(on) if isinstance(on, str) else on
    except ValueError:
        msg = f"on is {on!r}; write a day as YYYY-MM-DD, such as 2024-06-30."
        raise SchemaError(msg) from None


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
    table["established"] = operating | _established(clusters)
    table["complete"] = clusters.get(
        ("infrastructure_complete"), pd.Series(pd.NA, index=clusters.index)
    ).astype("boolean")
    table["old"] = _earliest(clusters) < pd.Timestamp(DECISION_105)
    return table


def _established(clusters: pd.DataFrame) -> pd.Series:
    known = (clusters["status"] == "under_construction").fillna(value=False)
    for name in ("decision", "established_on"):
        if name in clusters:
            known = known | clusters[name].notna()
    return known


def _earliest(clusters: pd.DataFrame) -> pd.Series:
    days = [
        pd.to_datetime(clusters[n])
        for n in (("established_on"), "opened_on", "operating_on")
        if n in clusters
    ]
    if not days:
        return pd.Series(pd.NaT, index=clusters.index, dtype="datetime64[us]")
    return pd.concat(days, axis=1).min(axis=1)


def _unit(rows: pd.DataFrame, by: str, day: date, lang: Language) -> dict[str, object]:
    regime = regime_on(day)
    counted = rows[rows["established"]]
    fill, land = _mean_fill(counted), _unleased(counted)
    mean, weighted = fill
    rule = regime.establishment if regime.establishment and day >= regime.establishment.since else None
    answer = _may_establish(len(counted), fill, land, rule)
    why = [_why(len(counted), fill, land, rule, lang), *_caveats(rule, by, day, lang)] if rule else []
    by_answer = {a: tuple(map(str, rows.index[rows["may_expand"] == a])) for a in ("yes", "no", "unknown")}
    return {
        "may_establish": answer,
        "clusters": len(counted),
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
        "regime": regime.code,
        "unit": by,
        "source": rule.source if rule else None,
        "note": " ".join(why) or _say("no_text", lang, on=day.isoformat()),
    }


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

    def little(hectares: float) -> bool:
        limit = rule.unleased_ha_up_to
        return hectares <= limit if rule.reaching_is_enough else hectares < limit

    full = [_full_enough(mean, rule) for mean in fill]
    if full == ["yes", "yes"] or little(land.high):
        return "yes"
    return "no" if full == ["no", "no"] and not little(land.low) else "unknown"


def _full_enough(mean: _Range, rule: Establishment) -> Answer:
    # Without industrial land nothing is weighed, and land over land says neither yes nor no.
    if mean.low > rule.mean_fill_above:
        return "yes"
    return "no" if mean.high <= rule.mean_fill_above else "unknown"


def _why(count: int, fill: tuple[_Range, _Range], land: _Range, rule: Establishment, lang: Language) -> str:
    """Return in words how the numbers stand against the thresholds."""
    if count == 0:
        return _say("first", lang)
    mean, weighted = fill
    by_fill = _say(
        "by_fill",
        lang,
        fill_low=format_percent(mean.low, lang),
        fill_high=format_percent(mean.high, lang),
        weighted_low=format_percent(weighted.low, lang),
        weighted_high=format_percent(weighted.high, lang),
        fill_limit=format_percent(rule.mean_fill_above, lang, 0),
    )
    by_land = _say(
        "by_land",
        lang,
        land_low=format_number(land.low, lang),
        land_high=format_number(land.high, lang) if np.isfinite(land.high) else "?",
        comparison=_say("at_most" if rule.reaching_is_enough else "under", lang),
        land_limit=format_number(rule.unleased_ha_up_to, lang, 0),
    )
    answers = {_full_enough(mean, rule), _full_enough(weighted, rule)}
    differ = [_say("two_means", lang)] if answers == {"yes", "no"} else []
    return " ".join([by_fill, by_land, *differ])


def _caveats(rule: Establishment, by: str, day: date, lang: Language) -> list[str]:
    """Return who is exempt, and where the unit is not that of the law."""
    if rule.unit == "commune":
        return [_say("exempt", lang), *([_say("unit", lang, by=by)] if by != "commune" else [])]
    return [_say("no_districts", lang, by=by)] if day >= DISTRICTS_ABOLISHED else []


def _say(key: str, lang: Language, **values: str) -> str:
    return _NOTES[key][0 if lang == "vi" else 1].format(**values)


def _may_expand(table: pd.DataFrame, regime: Regime) -> pd.DataFrame:
    """Judge the three conditions of each cluster, and all together."""
    rule = regime.expansion
    result = table[["fill_rate", "leasable_ha"]].assign(
        demand_ha=table["registered_ha"],
        room_ha=(rule.maximum_ha - table["planned_ha"]).clip(lower=0.0) if rule else np.nan,
        fill_limit=rule.fill_from if rule else np.nan,
        regime=regime.code,
        source=rule.source if rule else None,
    )
    met = _conditions(table, rule)
    for name, condition in met.items():
        result[name] = _answers(condition)
    together = met["size_met"] & met["demand_met"] & met["infrastructure_met"] & table["established"]
    result["may_expand"] = _answers(together if rule else together.mask(table["established"]))
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
