"""A form filled in from a register: each result with what it was added up from, and what is missing of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from clusters_geo.errors import SchemaError
from clusters_geo.forms.circular import Line, Period, lines
from clusters_geo.forms.conditions import Judged, register_column
from clusters_geo.forms.parts import RULES, parts, record
from clusters_geo.forms.units import Unit, choose
from clusters_geo.history.events import last_day
from clusters_geo.measure.rates import STATED, implied_land
from clusters_geo.measure.summary import summarize
from clusters_geo.measure.trust import MARK, is_fact
from clusters_geo.reading.notes import read_from, without_report
from clusters_geo.schema import BASES
from clusters_geo.validation import validate
from clusters_geo.words import format_number, format_percent, format_value, speaker

if TYPE_CHECKING:
    from collections.abc import Hashable

    from clusters_geo.forms.units import Level
    from clusters_geo.schema import Language

__all__ = ["Filled", "blank", "decimals", "fill", "form", "form_trace"]

word = speaker("forms")

_BASIS_COLUMNS = ("published", "declared", "measured", "inferred", "modelled")
_TABLE = [
    *("row", "section", "indicator", "unit", "result", "note", "timing"),
    *("mark", "qualifier", "clusters", "reported", "missing"),
    *(*_BASIS_COLUMNS, "other_basis", "cluster_ids", "missing_ids"),
]
_TRACE = ["row", "cluster_id", "name", "value", "column", "basis", "decided_by", "state"]

# Hectares to the square centimetre and money to the dong: below any meaning, above the noise of adding up.
_EXACT_TO = 9


@dataclass(frozen=True, slots=True)
class Filled:
    """A form with all that is printed on it: the unit, the period, `table` as from `form`, `trace`.

    In one that is `blank` the results are left for a firm to fill in. `source` tells which files were read.
    """

    number: str
    unit: Unit
    period: Period
    lang: Language
    table: pd.DataFrame
    trace: pd.DataFrame
    blank: bool = False
    source: tuple[str, ...] = ()


def form(  # noqa: PLR0913 - a form is who, when, for whom, in which language
    clusters: pd.DataFrame,
    number: str,
    *,
    unit: str | None = None,
    period: str | Period,
    level: Level | None = None,
    units: pd.DataFrame | None = None,
    anyway: bool = False,
    lang: Language = "vi",
    totals: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return Form 02, 03 or 04 of Circular 14/2024/TT-BCT, filled in from a register.

    Parameters
    ----------
    clusters
        One row per cluster, with the columns of `clusters_geo.schema`; what is absent counts as unknown.
    number
        `02` (one cluster), `03` (a district, since July 2025 a commune) or `04` (the province).
    unit
        Cluster id or name for `02`, name of the district or commune for `03`.
    period
        `2026-H1` for 15 December to 14 June, `2026` for 15 December to 14 December.
    level
        Whether the unit of `03` is a `district` or a `commune`; None tries what exists in the period first.
    units
        The layer of units in which the clusters lie, as from `load_units`; None for Hà Nội's, or the
        register's own names.
    anyway
        Whether a district may report for a period of after June 2025; the form says so.
    lang
        Language of indicators, units and notes.
    totals
        Published totals as from `load_totals`, to be told of in the notes of Form 04.

    Returns
    -------
    The rows of the form, indexed by `row` ("15.1"), with `section`, `indicator`, `unit`, `result` (in that
    unit, percent included; missing where nothing is reported) and `note`; then how the result was obtained:

    - `timing`: `period` for what happened in the period, `to_date` for what stands at its end;
    - `mark`: what is printed before the result: "≈" for what rests on more than facts and meets no published
      total, as `summarize` has it in `estimated`; "≥" for what is at least;
    - `qualifier`: empty for a complete result, `at least` for a sum with missing parts, `incomplete` for one
      that is partly modelled besides, `partial` for a rate over some of the clusters, `not reported`;
    - `clusters`, `reported`, `missing`: how many the row is about, how many of them say, how many do not;
    - `published`, `declared`, `measured`, `inferred`, `modelled`, `other_basis`: how much of the result was
      obtained which way (of a rate: how many clusters);
    - `cluster_ids`, `missing_ids`: the rows of the register, as text.

    Raises
    ------
    SchemaError
        If the register cannot be computed with, or there is no such form, unit or period.

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {"name": ["A", "B"], "status": "operating", "district": "Ba Vì", "workers": [120, None]},
    ...     index=pd.Index(["1", "2"], name="cluster_id"),
    ... )
    >>> form(table, "03", unit="Ba Vì", period="2025-H1", lang="en").loc["25", "note"]
    'At least 120; 1 of 2 reported'
    """
    return fill(
        clusters,
        number,
        unit=unit,
        period=period,
        level=level,
        units=units,
        anyway=anyway,
        lang=lang,
        totals=totals,
    ).table


def form_trace(  # noqa: PLR0913 - as `form`
    clusters: pd.DataFrame,
    number: str,
    *,
    unit: str | None = None,
    period: str | Period,
    level: Level | None = None,
    units: pd.DataFrame | None = None,
    anyway: bool = False,
    lang: Language = "vi",
) -> pd.DataFrame:
    """Return which cluster contributes what to each row of a form.

    Parameters
    ----------
    clusters, number, unit, period, level, units, anyway, lang
        As for `form`.

    Returns
    -------
    One row per row of the form and cluster: `row`, `cluster_id`, `name`, `value`, the `column` of the
    register it stands in, its `basis`, `decided_by` (the column that says that the cluster belongs here) and
    `state` (`counted` or `missing`).

    Raises
    ------
    SchemaError
        As `form`.

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {"name": ["A"], "status": "operating", "district": "Ba Vì", "planned_ha": [9.5]},
    ...     index=pd.Index(["1"], name="cluster_id"),
    ... )
    >>> trace = form_trace(table, "04", period="2026-H1")
    >>> trace.loc[trace["row"] == "16", ["cluster_id", "value", "column", "state"]].values.tolist()
    [['1', 9.5, 'planned_ha', 'counted']]
    """
    return fill(
        clusters, number, unit=unit, period=period, level=level, units=units, anyway=anyway, lang=lang
    ).trace


def fill(  # noqa: PLR0913 - as `form`
    clusters: pd.DataFrame,
    number: str,
    *,
    unit: str | None = None,
    period: str | Period,
    level: Level | None = None,
    units: pd.DataFrame | None = None,
    anyway: bool = False,
    lang: Language = "vi",
    totals: pd.DataFrame | None = None,
) -> Filled:
    """Return a form with its table and its trace; arguments and errors as `form`."""
    rows = lines(number)
    if number in _OF_PRODUCERS:
        raise SchemaError("forms.of-producers", form=number)
    when = Period.parse(period)
    who = choose(validate(clusters), number, unit, level, on=when.end, units=units, anyway=anyway)
    plain = without_report(who.clusters)
    judged = Judged(plain, when)
    found = {line.row: _parts(judged, line) for line in rows}
    table = pd.DataFrame([_result(line, found[line.row], plain, lang) for line in rows], columns=_TABLE)
    table["mark"] = table["mark"].mask(_confirmed(table, clusters, who), "")
    if totals is not None and number == "04":
        table["note"] = _with_published(table, totals, when, lang)
    table["note"] = _with_missing_land(table, plain, lang)
    known = table.set_index("row")["cluster_ids"].str.split("; ")
    traces = [_traced(row, part, plain, set(known[row])) for row, part in found.items()]
    trace = pd.concat(traces, ignore_index=True)[_TRACE]
    source = read_from(clusters, units)
    return Filled(number, who, when, lang, table.set_index("row"), trace, source=source)


def blank(
    number: str,
    *,
    clusters: pd.DataFrame | None = None,
    unit: str | None = None,
    period: str | Period,
    lang: Language = "vi",
) -> Filled:
    """Return Form 01 or 02 for a firm to fill in; arguments and errors as `save_blank_form`."""
    if number not in _OF_FIRMS:
        raise SchemaError("forms.not-blank", form=number)
    when = Period.parse(period)
    if unit is None:
        nobody = pd.DataFrame({"name": pd.array([pd.NA], dtype="string")}, index=pd.Index([""]))
        who = Unit("", "cluster", nobody)
    else:
        if clusters is None:
            raise SchemaError("forms.blank-of-whom", unit=unit)
        who = choose(validate(clusters), "02", unit, None, on=when.end)
    empty = pd.DataFrame({"value": pd.Series(dtype="float64"), "basis": pd.Series(dtype="string")})
    rows = [_result(line, empty, who.clusters, lang) | {"result": math.nan} for line in lines(number)]
    table = pd.DataFrame(rows, columns=_TABLE).set_index("row")
    return Filled(number, who, when, lang, table, pd.DataFrame(columns=_TRACE), blank=True)


_OF_PRODUCERS = ("01",)  # of each producer a register says nothing
_OF_FIRMS = ("01", "02")


# The rows that are totals of a summary, too, and what those are called.
_SUMMARISED = {"15": "operating_clusters", "16": "planned_ha"}


def _confirmed(table: pd.DataFrame, clusters: pd.DataFrame, who: Unit) -> pd.Series:
    """Return which results are totals that the whole register's summary gives without "≈"."""
    asked = table["row"].isin(_SUMMARISED) & (table["mark"] == MARK)
    if not asked.any() or who.level not in _SUMMARISED_LEVELS:
        return pd.Series(data=False, index=table.index)
    summary = summarize(clusters, by=_SUMMARISED_LEVELS[who.level])
    rows = summary if who.level == "province" else summary[summary.index == who.name]
    told = [
        not rows.empty
        and math.isclose(result, rows[total].iloc[0], abs_tol=_SAME)
        and total not in str(rows["estimated"].iloc[0]).split("; ")
        for result, total in zip(table["result"], table["row"].map(_SUMMARISED), strict=True)
        if isinstance(total, str)
    ]
    return asked & pd.Series(told, index=table.index[table["row"].isin(_SUMMARISED)]).reindex(
        table.index, fill_value=False
    )


_SUMMARISED_LEVELS: dict[str, Literal["district"] | None] = {"district": "district", "province": None}
_SAME = 1e-6

# The rows of Form 04 of which totals are published, and what those are called.
_PUBLISHED = {
    "1": "plan_2030_clusters",
    "2": "plan_2030_ha",
    "20": "enterprises",
    "24": "budget_bn_vnd",
    "25": "workers",
}


def _with_published(table: pd.DataFrame, totals: pd.DataFrame, when: Period, lang: Language) -> pd.Series:
    """Return the notes with the newest published total of each row that is not later than the period."""
    # Most totals are of the province; what is said of one district is no total of Form 04.
    whole = totals["scope"] == totals["scope"].mode().iloc[0]
    dated = totals[whole & (totals["role"] != "note")].assign(day=last_day(totals["as_of"]))
    known = dated[dated["day"] <= pd.Timestamp(when.end)].sort_values("day", kind="stable")
    newest = known.drop_duplicates("metric", keep="last").set_index("metric").to_dict("index")
    notes = []
    for row, note in zip(table["row"], table["note"], strict=True):
        told = newest.get(_PUBLISHED.get(row, ""))
        words = "" if told is None else _published_words(told, lang)
        notes.append("; ".join(filter(None, (note, words))))
    return pd.Series(notes, index=table.index)


def _published_words(told: dict[Hashable, Any], lang: Language) -> str:
    value = speaker("reports")(told["qualifier"], lang) + format_value(told["value"], lang)
    return word("published_total", lang, value=value, as_of=told["as_of"], source=told["source"])


def _with_missing_land(table: pd.DataFrame, clusters: pd.DataFrame, lang: Language) -> pd.Series:
    """Say at rows 17 and 19 whose industrial land is missing, and what rows 4 and 5 of Form 02 imply."""
    columns = {n: register_column(clusters, n).astype("Float64").astype("float64") for n in _LAND}
    implied = implied_land(pd.DataFrame(columns, index=clusters.index))
    notes = table["note"].copy()
    for at in table.index[table["row"].isin(["17", "19"]) & (table["missing"] > 0)]:
        ids = sorted(key for key in str(table["missing_ids"][at]).split("; ") if key)
        without = set(columns["leasable_ha"].index[columns["leasable_ha"].isna()].astype(str))
        no_land, not_leased = [i for i in ids if i in without], [i for i in ids if i not in without]
        gone = "; ".join(
            word(key, lang, n=len(some), ids=some[:_SHOWN_IDS], more="…" if len(some) > _SHOWN_IDS else "")
            for key, some in (("missing_land", no_land), ("missing_leased", not_leased))
            if some
        )
        own = implied[implied.index.astype(str).isin(ids)]
        told = word("implied_land", lang, n=len(own), value=math.fsum(own)) if len(own) else ""
        stated = _with_stated(table.loc[at], clusters, lang) if table["row"][at] == "19" else ""
        notes[at] = "; ".join(filter(None, (notes[at], gone, told, stated)))
    return notes


def _with_stated(row: pd.Series, clusters: pd.DataFrame, lang: Language) -> str:
    """Say what the rate is with the clusters that state only a rate, as tables and maps give it."""
    ids = {key for name in ("cluster_ids", "missing_ids") for key in str(row[name]).split("; ")}
    rows = clusters[clusters.index.astype(str).isin(ids)]
    if not register_column(rows, STATED).notna().any():
        return ""
    # Who operates is the form's answer, by the day of the period.
    totals = summarize(rows.assign(status="operating")).iloc[0]
    n, rate = int(totals["fill_rate_stated_clusters"]), totals["lawful_fill_rate"]
    return word("with_stated", lang, n=n, value=format_percent(rate, lang)) if n else ""


_LAND = ("leased_ha", "leasable_ha", "fill_rate_declared")
_SHOWN_IDS = 5


def decimals(line: Line) -> int:
    """Return how many decimals a row is printed with: none for things counted, else one."""
    return 0 if line.counted else 1


def _parts(judged: Judged, line: Line) -> pd.DataFrame:
    if line.form in ("03", "04"):
        return parts(judged, RULES[line.row])
    return record(judged.clusters, line)


def _result(line: Line, part: pd.DataFrame, clusters: pd.DataFrame, lang: Language) -> dict[str, object]:
    open_ended = _is_open(line, part, clusters)
    known = _proven(part) if open_ended else part[part["value"].notna()]
    missing = part.index.difference(known.index, sort=False)
    qualifier = "at least" if open_ended and len(known) == len(part) else _qualifier(part, known)
    if qualifier == "at least" and _counts_members(line) and not _total(known):
        # Of nobody it is known: "at least nought" tells no more of clusters than of their hectares.
        qualifier = "not reported"
    # Nothing reported is not nought.
    result = math.nan if qualifier == "not reported" else _total(known)
    shown = {
        "row": line.row,
        "section": line.section[lang == "en"],
        "indicator": line.indicator[lang == "en"],
        "unit": line.unit[lang == "en"],
        "timing": line.timing,
        "result": result,
        "qualifier": qualifier,
        "clusters": len(part),
        "reported": len(known),
        "missing": len(missing),
        "cluster_ids": "; ".join(map(str, known.index)),
        "missing_ids": "; ".join(map(str, missing)),
    }
    by_basis = _by_basis(known)
    shown["mark"] = _mark(qualifier, by_basis)
    words = [_missing_words(line, shown, lang), _basis_words(line, by_basis, known, lang)]
    return shown | _basis_cells(by_basis) | {"note": "; ".join(filter(None, words))}


def _counts_members(line: Line) -> bool:
    """Return whether a row is of the clusters that fulfil something, or of their hectares."""
    return line.form in ("03", "04") and RULES[line.row].kind in ("count", "among")


def _is_open(line: Line, part: pd.DataFrame, clusters: pd.DataFrame) -> bool:
    """Return whether there may be more clusters, or more hectares, than the register proves."""
    if line.form not in ("03", "04") or "whole" in part:
        return False
    rule = RULES[line.row]
    if rule.who == "in_plan":
        # Who put a register together from what was published does not have the list of the plan.
        inferred = register_column(clusters, "status_basis").isin(["inferred", "modelled"]).any()
        return bool(inferred and (part["decided_by"] == "status").any())
    if rule.kind != "among" or rule.who == "every":
        return False
    # Also where every cluster is known: districts then add up to the province.
    return bool((part["value"].isna() | (part["basis"].astype("string") == "modelled")).any())


def _proven(part: pd.DataFrame) -> pd.DataFrame:
    """Return what proves a least: figures that nobody filled in by a rule."""
    return part[part["value"].notna() & (part["basis"].astype("string").fillna("") != "modelled")]


def _total(known: pd.DataFrame) -> float:
    if "whole" in known:
        return round(100 * math.fsum(known["value"]) / math.fsum(known["whole"]), _EXACT_TO)
    # fsum: the order of the clusters must not show in the last digit.
    return round(math.fsum(known["value"]), _EXACT_TO)


def _qualifier(part: pd.DataFrame, known: pd.DataFrame) -> str:
    if len(known) == len(part):
        # A rate of no cluster is not a rate; a sum over no cluster is nought.
        return "not reported" if "whole" in part and part.empty else ""
    if known.empty:
        return "not reported"
    if "whole" in part:
        return "partial"
    # What somebody filled in by a rule proves no least.
    return "incomplete" if (known["basis"] == "modelled").any() else "at least"


def _mark(qualifier: str, by_basis: pd.Series) -> str:
    bases = by_basis[by_basis > 0].index.to_series()
    if (bases == "modelled").any():
        return MARK
    if qualifier in ("at least", "not reported"):
        return "≥" if qualifier == "at least" else ""
    return "" if is_fact(bases).all() else MARK


def _by_basis(known: pd.DataFrame) -> pd.Series:
    """Return how much of a row was obtained which way, by the name of the basis."""
    # A rate is not the sum of its parts: there, clusters are counted.
    amounts = [1.0] * len(known) if "whole" in known else known["value"].tolist()
    found: dict[str, list[float]] = {}
    for basis, amount in zip(known["basis"], amounts, strict=True):
        if isinstance(basis, str):
            found.setdefault(basis or "other_basis", []).append(amount)
    return pd.Series({basis: math.fsum(found[basis]) for basis in sorted(found)}, dtype="float64")


def _basis_cells(by_basis: pd.Series) -> dict[str, float]:
    other = math.fsum(amount for basis, amount in by_basis.items() if basis not in _BASIS_COLUMNS)
    cells = {basis: round(float(by_basis.get(basis, 0.0)), _EXACT_TO) for basis in _BASIS_COLUMNS}
    return cells | {"other_basis": round(other, _EXACT_TO)}


def _missing_words(line: Line, shown: dict[str, object], lang: Language) -> str:
    if line.form == "02":
        return word("not_stated", lang) if shown["missing"] else ""
    counts = {"known": shown["reported"], "all": shown["clusters"]}
    result = shown["result"]
    match shown["qualifier"]:
        case "at least" | "incomplete" as known if isinstance(result, float):
            return word(known, lang, value=format_number(result, lang, decimals(line)), **counts)
        case "partial":
            return word("partial", lang, **counts)
        case "not reported":
            counted = counts["known"] and _counts_members(line)
            return word("none_counted", lang, **counts) if counted else word("none", lang, all=counts["all"])
    return ""


def _basis_words(line: Line, by_basis: pd.Series, known: pd.DataFrame, lang: Language) -> str:
    """Say how much of a result is less than a published, declared or measured figure."""
    doubtful = ~is_fact(by_basis.index.to_series()).to_numpy() & (by_basis > 0)
    soft = list(by_basis[doubtful].items())
    if "whole" in known or line.form == "02":
        n = int((~is_fact(known["basis"])).sum())
        names = "/".join(_basis_name(str(basis), lang) for basis, _ in soft)
        return word("soft", lang, n=n, parts=names) if soft else ""
    places = decimals(line)
    words = [
        f"{format_number(amount, lang, places)} {_basis_name(str(basis), lang)}" for basis, amount in soft
    ]
    return word("of_which", lang, parts=", ".join(words)) if words else ""


def _basis_name(basis: str, lang: Language) -> str:
    return BASES[basis][lang == "en"]


def _traced(row: str, part: pd.DataFrame, clusters: pd.DataFrame, known: set[str]) -> pd.DataFrame:
    names = clusters["name"].reindex(part.index)
    ids = part.index.astype(str)
    # What a rule filled in is not counted where only a least is told.
    told = ["counted" if key in known else "missing" for key in ids]
    return part.assign(row=row, cluster_id=ids, name=names, state=told).reset_index(drop=True)
