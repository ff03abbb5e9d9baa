"""Comparisons, pipelines and forecasts as a person reads them."""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from clusters_geo.errors import SchemaError
from clusters_geo.measure.trust import MARK
from clusters_geo.planning.forecast import load_scenarios
from clusters_geo.planning.pipeline import TIERS
from clusters_geo.reading.notes import some
from clusters_geo.report.charts import Chart, bar_chart, waterfall
from clusters_geo.report.tables import Sheet
from clusters_geo.schema import CLUSTER_COLUMNS, STATUSES, label
from clusters_geo.units.places import UNPLACED
from clusters_geo.words import MISSING, format_date, format_number, format_percent, format_value, speaker

if TYPE_CHECKING:
    import os
    from collections.abc import Hashable, Iterable, Mapping

    from clusters_geo.history.compare import Comparison
    from clusters_geo.schema import Language

__all__ = [
    "bridge_chart",
    "compare_sheets",
    "forecast_sheet",
    "forecast_units_sheet",
    "free_land_notes",
    "pipeline_sheets",
    "tiers_chart",
]

_say = speaker("planning")
_MOST = 40


def compare_sheets(
    found: Comparison, lang: Language, *, most: int | None = _MOST, notes: tuple[str, ...] = ()
) -> list[Sheet]:
    """Return the bridge, the units if asked by them, and the changes; `most` rows, and how many there are.

    The notes stand below the units.
    """
    units = [] if found.by_unit is None else [_units_sheet(found, found.by_unit, lang, notes)]
    return [_bridge_sheet(found, lang), *units, _changes_sheet(found.changes, lang, most)]


def _units_sheet(found: Comparison, table: pd.DataFrame, lang: Language, notes: tuple[str, ...]) -> Sheet:
    rows = tuple(
        (
            _unit(unit, lang),
            format_number(row["before"], lang),
            format_number(row["after"], lang),
            _signed(row["difference"], lang),
            _whole(row["clusters_before"], lang),
            _whole(row["clusters_after"], lang),
        )
        for unit, row in table.iterrows()
    )
    title = _say("compare_units", lang, measure=label(found.measure, lang))
    keys = ("unit", "step_before", "step_after", "difference", "clusters_before", "clusters_after")
    return Sheet(title, tuple(_say(key, lang) for key in keys), rows, frozenset({1, 2, 3, 4, 5}), notes)


def _bridge_sheet(found: Comparison, lang: Language) -> Sheet:
    rough = bool(found.bridge["modelled_ha"].any())
    rows = tuple(
        (
            _say(f"step_{step}", lang),
            _signed(row["hectares"], lang, plain=step in {"before", "after"}),
            _whole(row["clusters"], lang),
            *([_signed(row["modelled_ha"], lang, plain=step in {"before", "after"})] if rough else []),
        )
        for step, row in found.bridge.iterrows()
        if step in {"before", "after", "unexplained"} or row["clusters"]
    )
    left = float(found.bridge["hectares"]["unexplained"])
    notes = (
        (_say("compare_unexplained", lang, amount=_signed(left, lang)),)
        if left and not math.isnan(left)
        else ()
    )
    title = _say("compare_bridge", lang, measure=label(found.measure, lang))
    keys = ("step", "amount", "clusters", *(["modelled_part"] if rough else []))
    if rough:
        notes = (*notes, _say("modelled_steps", lang))
    return Sheet(title, tuple(_say(key, lang) for key in keys), rows, frozenset({1, 2, 3}), notes)


def _changes_sheet(changes: pd.DataFrame, lang: Language, most: int | None) -> Sheet:
    shown = changes if most is None else changes.head(most)
    rows = tuple(
        (
            str(row["cluster_id"]),
            str(row["name"]),
            _say(f"change_{row['change']}", lang),
            label(row["column"], lang) if row["column"] else "",
            _cell(row, "before", lang),
            _cell(row, "after", lang),
            _say(f"matched_{row['matched']}", lang) if row["matched"] else "",
        )
        for row in shown.to_dict("records")
    )
    notes = [_say("compare_counts", lang, clusters=changes["cluster_id"].nunique(), changes=len(changes))]
    if len(shown) < len(changes):
        notes.append(_say("compare_more", lang, shown=len(shown), all=len(changes)))
    keys = ("id", "name", "change", "column", "before_value", "after_value", "matched")
    return Sheet(
        _say("compare", lang), tuple(_say(key, lang) for key in keys), rows, frozenset({4, 5}), tuple(notes)
    )


def _cell(row: dict[Hashable, Any], side: str, lang: Language) -> str:
    text = str(row[side])
    if text and row["column"] in _days():
        return format_date(dt.date.fromisoformat(text[:10]), lang)
    if row["column"] == "status" and text in STATUSES:
        return STATUSES[text][lang == "en"]
    if text in ("True", "False"):
        return speaker("reports")("yes" if text == "True" else "no", lang)
    try:
        if text and _units().get(row["column"]) == "share":
            return format_percent(float(text), lang, _rate_decimals(str(row["before"]), str(row["after"])))
        return format_value(float(text), lang) if text else ""
    except ValueError:
        return text


def _rate_decimals(before: str, after: str) -> int:
    """Return how many decimals of a per cent tell two rates apart; one where one is enough."""
    if not before or not after:
        return 1
    one, two = float(before), float(after)
    return next((n for n in range(1, 5) if format_percent(one, "en", n) != format_percent(two, "en", n)), 1)


def _units() -> dict[str, str]:
    return {column.name: column.unit for column in CLUSTER_COLUMNS}


def _days() -> set[str]:
    return {column.name for column in CLUSTER_COLUMNS if column.kind == "date"}


def bridge_chart(found: Comparison, lang: Language) -> Chart:
    """Draw the bridge as a waterfall: each step begins where the one before ended."""
    table = found.bridge["hectares"]
    if table.isna().all():
        raise SchemaError("compare.no-measure", measure=found.measure)
    steps = [step for step in table.index if step in {"before", "after"} or table[step]]
    names = [_say(f"step_{step}", lang) for step in steps]
    left = table["unexplained"]
    notes = [_say("compare_unexplained", lang, amount=_signed(left, lang))] if left else []
    rough = found.bridge["modelled_ha"] != 0
    marked = [name for step, name in zip(steps, names, strict=True) if rough[step]]
    notes += [f"{MARK} {_say('modelled_steps', lang)}"] if marked else []
    title = _say("compare_bridge", lang, measure=label(found.measure, lang))
    drawn = pd.Series([table[step] for step in steps], index=names)
    return waterfall(drawn, title=title, notes=notes, lang=lang, marked=marked)


def pipeline_sheets(
    sites: pd.DataFrame,
    tiers: pd.DataFrame,
    lang: Language,
    *,
    day: pd.Timestamp | None,
    notes: tuple[str, ...] = (),
) -> list[Sheet]:
    """Return each site with its stage, and hectares by unit and readiness with the notes below."""
    rows = tuple(
        (
            str(row.get("name", row["id"])),
            _unit(row["unit"], lang),
            _say(f"stage_{row['stage']}", lang) if isinstance(row["stage"], str) else MISSING,
            MISSING if pd.isna(row["since"]) else format_date(row["since"], lang),
            _whole(row["months"], lang),
            _whole(row["slip_months"], lang),
            format_number(row["planned_ha"], lang),
        )
        for row in sites.rename_axis("id").reset_index().to_dict("records")
    )
    keys = ("name", "unit", "stage", "since", "months", "slip", "planned")
    title = (
        _say("pipeline_undated", lang)
        if day is None or pd.isna(day)
        else _say("pipeline", lang, day=format_date(day, lang))
    )
    first = Sheet(title, tuple(_say(key, lang) for key in keys), rows, frozenset({4, 5, 6}))
    return [first, _tiers_sheet(tiers, lang, notes)]


# Tiers that tell industrial land of operating clusters; all others tell planned areas of sites.
_FREE_LAND = frozenset({"ready", "unleased"})


def _tiers_sheet(tiers: pd.DataFrame, lang: Language, notes: tuple[str, ...]) -> Sheet:
    table = tiers.reset_index()
    free = table["tier"].isin(_FREE_LAND)
    rows = [_tier_row(row, row["tier"] in _FREE_LAND, lang) for row in table.to_dict("records")]
    if len(table) > 1:
        rows.append(
            (
                *(speaker("reports")("total", lang), "", "", _whole(table["sites"].sum(), lang)),
                *(_hectares(table[which], lang) for which in (free, ~free)),
                format_number(table["modelled_ha"].sum(), lang),
            )
        )
    said = [_say("tiers_unleased", lang)] if (table["tier"] == "unleased").any() else []
    if any(_few(row) for row in table.to_dict("records")):
        said.insert(0, speaker("reports")("few_note", lang))
    keys = ("unit", "tier", "year", "sites", "free_land", "planned", "modelled_of")
    header = tuple(_say(key, lang) for key in keys)
    return Sheet(_say("tiers", lang), header, tuple(rows), frozenset({2, 3, 4, 5, 6}), (*said, *notes))


def _hectares(rows: pd.DataFrame, lang: Language) -> str:
    """Return the sum of some rows, over how many sites if not over all."""
    told: dict[Hashable, Any] = {name: rows[name].sum() for name in ("sites", "without_area")}
    told["hectares"] = rows["hectares"].sum(min_count=1)
    return format_number(told["hectares"], lang) + _few(told)


def _tier_row(row: dict[Hashable, Any], is_free: bool, lang: Language) -> tuple[str, ...]:  # noqa: FBT001
    hectares = format_number(row["hectares"], lang) + _few(row)
    return (
        _unit(row["unit"], lang),
        _say(f"tier_{_tier(row['tier'])}", lang),
        MISSING if pd.isna(row["year"]) else f"{row['year']:.0f}",
        _whole(row["sites"], lang),
        *((hectares, "") if is_free else ("", hectares)),
        format_number(row["modelled_ha"], lang),
    )


def free_land_notes(clusters: pd.DataFrame, lang: Language) -> tuple[str, ...]:
    """Return a line on operating clusters whose unleased land is not known, so that no tier has them.

    Examples
    --------
    >>> free_land_notes(pd.DataFrame({"name": ["A"]}, index=["1"]), "en")[0]
    'Not in this table, as their unleased land is not known: 1 operating (A).'
    """
    if clusters.empty:
        return ()
    names = clusters["name"] if "name" in clusters else pd.Series(clusters.index, index=clusters.index)
    which = some(names.fillna(pd.Series(clusters.index, index=clusters.index)), lang)
    return (_say("free_land_unknown", lang, n=len(clusters), which=which),)


def _few(row: Mapping[Hashable, Any]) -> str:
    """Return " (1/2)" after hectares over one of two sites, as tables of totals have it."""
    return (
        f" ({row['sites'] - row['without_area']}/{row['sites']})"
        if row["without_area"] and not math.isnan(row["hectares"])
        else ""
    )


def _tier(value: object) -> str:
    return value if isinstance(value, str) else "unknown"


def _unit(label: object, lang: Language) -> str:
    if label == UNPLACED:
        return speaker("reports")("unplaced", lang)
    # No layer and no name: nothing was looked for, so that nothing is unplaced.
    return speaker("reports")("unknown", lang) if label == "" else format_value(label, lang)


def tiers_chart(tiers: pd.DataFrame, lang: Language) -> Chart:
    """Draw hectares by readiness."""
    rows = tiers.reset_index()
    rows["tier"] = rows["tier"].map(_tier)
    sums = rows.groupby("tier")["hectares"].sum(min_count=1)
    seldom = {"unleased", "unknown"} - set(sums.index)
    sums = sums.reindex([tier for tier in (*TIERS, "unknown") if tier not in seldom])
    names = [_say(f"tier_{tier}", lang) for tier in sums.index]
    table = pd.DataFrame({"hectares": sums.to_numpy()}, index=names)
    rough = rows.groupby("tier")["modelled_ha"].sum().reindex(sums.index, fill_value=0.0) > 0
    said = [
        (f"{MARK} " if about else "") + format_number(ha, lang) for ha, about in zip(sums, rough, strict=True)
    ]
    labels = pd.DataFrame({"hectares": said}, index=names)
    whole = float(sums.sum())
    share = float(tiers["modelled_ha"].sum()) / whole if whole else 0.0
    notes = [f"{MARK} {_say('modelled_ha_note', lang, share=share)}"] if share else []
    if _FREE_LAND & set(rows["tier"]):
        notes.append(_say("tiers_measure", lang))
    if "unleased" in set(rows["tier"]):
        notes.append(_say("tiers_unleased", lang))
    title = _say("tiers_chart", lang)
    return bar_chart(table, series={"hectares": "ha"}, labels=labels, title=title, notes=notes)


def forecast_sheet(
    table: pd.DataFrame, lang: Language, *, scenarios: str | os.PathLike[str] | None = None
) -> Sheet:
    """Return a forecast by quarter, with what it rests on and what cannot be known."""
    said = table.attrs["forecast"]
    rows = tuple(
        (
            format_date(row["quarter"], lang),
            format_number(row["starts"], lang),
            _range(row["starts_low"], row["starts_high"], lang, 0),
            format_number(row["started_ha"], lang),
            _range(row["started_ha_low"], row["started_ha_high"], lang, 0),
        )
        for row in table.reset_index().to_dict("records")
    )
    keys = ("quarter", "starts", "starts_range", "started_ha", "ha_range")
    scenario = load_scenarios(scenarios)[said["scenario"]].get(lang, said["scenario"])
    day = format_date(dt.date.fromisoformat(said["as_of"]), lang)
    title = _say("forecast", lang, day=day, scenario=scenario)
    notes = tuple(_forecast_notes(table, lang, scenarios))
    return Sheet(title, tuple(_say(key, lang) for key in keys), rows, frozenset({1, 2, 3, 4}), notes)


def forecast_units_sheet(table: pd.DataFrame, lang: Language, notes: tuple[str, ...] = ()) -> Sheet:
    """Return a forecast by unit as it stands at its last day; see `forecast_supply`."""
    last = table.index.get_level_values("quarter").max()
    rows = tuple(
        (
            _unit(unit, lang),
            _whole(row["sites"], lang),
            format_number(row["starts"], lang),
            _range(row["starts_low"], row["starts_high"], lang, 0),
            format_number(row["started_ha"], lang),
            _range(row["started_ha_low"], row["started_ha_high"], lang, 0),
        )
        for unit, row in table.xs(last, level="quarter").iterrows()
    )
    title = _say("forecast_units", lang, day=format_date(last, lang))
    keys = ("unit", "sites_waiting", "starts", "starts_range", "started_ha", "ha_range")
    header = tuple(_say(key, lang) for key in keys)
    return Sheet(title, header, rows, frozenset({1, 2, 3, 4, 5}), (_say("forecast_units_note", lang), *notes))


def _forecast_notes(
    table: pd.DataFrame, lang: Language, scenarios: str | os.PathLike[str] | None
) -> Iterable[str]:
    said = table.attrs["forecast"]
    starts, days = said["counted_from"]
    if said["starts_per_site_and_year"] is not None:
        rate = format_number(said["starts_per_site_and_year"], lang, 3)
        yield _say(
            "rate", lang, rate=rate, starts=starts, days=format_number(days, lang, 0), sites=said["sites"]
        )
        if said["seen_in"] is not None:
            yield _say("rate_elsewhere", lang, province=said["seen_in"])
        yield _say("rate_constant", lang)
    stated = [name for name, told in load_scenarios(scenarios).items() if "starts_per_month" in told]
    for key in said["unknown"]:
        yield _say(key, lang, n=said["without_area"], scenarios=" | ".join(stated or ["…"]))
    last = table.iloc[-1]
    if last["started_ha"] > 0 and last["started_ha_modelled"] > 0:
        yield _say("modelled_ha_note", lang, share=last["started_ha_modelled"] / last["started_ha"])


def _range(low: float, high: float, lang: Language, decimals: int) -> str:
    if math.isnan(low):
        return MISSING
    return _say(
        "between", lang, low=format_number(low, lang, decimals), high=format_number(high, lang, decimals)
    )


def _whole(value: float, lang: Language) -> str:
    return format_number(value, lang, 0)


def _signed(value: float, lang: Language, *, plain: bool = False) -> str:
    text = format_number(value, lang)
    return text if plain or not value > 0 else f"+{text}"
