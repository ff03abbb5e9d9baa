"""The summary of a register: both rates by name, how each figure is known, and the published totals."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from clusters_geo.measure.rates import fill_rates
from clusters_geo.measure.summary import (
    UNKNOWN,
    city_per_hectare,
    pending_sites,
    reconcile,
    summarize,
    totals_by_basis,
)
from clusters_geo.measure.trust import MARK, STATED_MARK, doubtful_cells, province_of
from clusters_geo.reading.notes import without_report
from clusters_geo.report.tables import Sheet, say, to_records
from clusters_geo.report.unplaced import unplaced_notes
from clusters_geo.schema import BASES, STATUSES, label
from clusters_geo.units.places import UNPLACED
from clusters_geo.words import MISSING, format_number, format_percent, format_value, speaker

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

    from clusters_geo.schema import Language

__all__ = [
    "few_of",
    "footnotes",
    "group_sheet",
    "known_words",
    "pending_sheet",
    "programme_sheet",
    "reconciliation_sheet",
    "some_of",
    "summary_record",
    "summary_sheet",
    "summary_table_sheet",
]

_COUNTS = ("operating_clusters", "under_construction", "pending_sites", "unknown_status")
_OTHERS = (("under_construction", "under_construction_ha"), ("pending_sites", "pending_ha"))


def summary_sheet(
    clusters: pd.DataFrame, lang: Language, *, city: str | None = None, totals: pd.Series | None = None
) -> Sheet:
    """Return the totals of a register, one figure a row, each with how it is known.

    Parameters
    ----------
    clusters
        The register.
    lang
        Language of the sheet.
    city
        Whose register this is, if its published totals are at hand; None leaves them out.
    """
    totals = summarize(clusters).iloc[0] if totals is None else totals
    whose = city or province_of(clusters)
    clusters = without_report(clusters)
    signs = _signs(totals)
    operating = clusters[(clusters["status"] == "operating").fillna(value=False)]
    operating_clusters = signs["operating_clusters"] + _count(totals["operating_clusters"], lang)
    rows = [(say("operating_clusters", lang), operating_clusters, "")]
    for name in ("planned_ha", "built_ha"):
        area = signs[name] + _hectares(totals[name], lang)
        said = (known_words(totals, name, lang), _basis_words(operating, name, lang))
        rows.append((say(name, lang), area, "; ".join(filter(None, said))))
    rows += [
        (
            say(name, lang),
            signs[name] + format_percent(totals[name], lang),
            _known_words(operating, totals, name, lang),
        )
        for name in _rates_shown(totals)
    ]
    for name, which in (("under_construction", "under_construction"), ("pending_sites", "pending")):
        rows_of = clusters[(clusters["status"] == which).fillna(value=False)]
        area = signs[f"{which}_ha"] + _hectares(totals[f"{which}_ha"], lang)
        basis = _basis_words(rows_of, "planned_ha", lang)
        words = "; ".join(filter(None, (known_words(totals, f"{which}_ha", lang), basis)))
        known = say("with_area", lang, area=area, known=words) if basis else ""
        rows.append((say(name, lang), signs[name] + _count(totals[name], lang), known))
    if totals["unknown_status"]:
        rows.append((say("unknown_status", lang), _count(totals["unknown_status"], lang), ""))
    if city is not None:
        rows += _intensity_rows(city, lang)
    title = " – ".join(filter(None, [say("summary", lang), whose, _date_words(totals["as_of"], lang)]))
    header = (say("figure", lang), say("value", lang), say("basis", lang))
    return Sheet(title, header, tuple(rows), frozenset({1}), _legend(rows, lang))


def group_sheet(
    clusters: pd.DataFrame, by: str, lang: Language, *, units: pd.DataFrame | None = None
) -> Sheet:
    """Return the totals by district or another column, with a last row for all unless by status.

    Parameters
    ----------
    clusters, by, lang
        The register, the column to group by, the language. A figure carries "≈" as `summarize` says.
    units
        As for `summarize`.
    """
    groups = summarize(clusters, by=by, units=units)
    if by != "status":  # its areas are those of each status, the total's those of operating clusters
        groups = pd.concat([groups, summarize(clusters)])
    sheet = summary_table_sheet(groups, by, lang, whose=province_of(clusters))
    return replace(sheet, notes=(*sheet.notes, *unplaced_notes(clusters, units, lang)))


def summary_table_sheet(groups: pd.DataFrame, by: str, lang: Language, *, whose: str | None = None) -> Sheet:
    """Return a table of `summarize` as a person reads it, whatever it is grouped by and whose it is."""
    shown = _columns_shown(groups)
    header = (_group_heading(by, lang), *(say(f"short_{name}", lang) for name in shown))
    rows = tuple(
        (_group_name(str(key), lang), *_group_cells(row, shown, by, lang)) for key, row in groups.iterrows()
    )
    as_of = _date_words(groups["as_of"].max(), lang)
    title = " – ".join(filter(None, [say("summary", lang), whose, as_of]))
    notes = (
        *_areas_note(groups, lang),
        *_rests_note(groups, shown, by, lang),
        *_few_note(rows, lang),
        *_legend(rows, lang),
        *_averaged_note(groups, lang),
    )
    return Sheet(title, header, rows, frozenset(range(1, len(header))), notes)


def reconciliation_sheet(clusters: pd.DataFrame, lang: Language) -> Sheet:
    """Return the totals against the published ones; sources that contradict them are notes below."""
    table = reconcile(clusters)
    control = table[table["role"] == "control"]
    marks, sources = footnotes(control["source"])
    rows = tuple(
        (
            f"{scope_name(row['scope'], lang)}: {say(row['metric'], lang).lower()}",
            _figure(row["metric"], row["computed"], lang),
            say(row["qualifier"], lang) + _figure(row["metric"], row["published"], lang),
            say("not_judged" if pd.isna(row["agrees"]) else "yes" if row["agrees"] else "no", lang),
            mark,
        )
        for row, mark in zip(control.to_dict("records"), marks, strict=True)
    )
    header = tuple(say(key, lang) for key in ("figure", "computed", "published", "agrees", "source"))
    notes = (
        *sources,
        *_conflicts(
            table[(table["role"] == "note") & (table["agrees"] == False).fillna(value=False)],  # noqa: E712
            lang,
        ),
    )
    return Sheet(say("reconciled", lang), header, rows, frozenset({1, 2}), notes)


def summary_record(clusters: pd.DataFrame, *, with_published: bool) -> dict[str, object]:
    """Return the totals for a program, with the published totals that they agree or disagree with."""
    record = to_records(summarize(clusters))[0]
    if with_published:
        record["reconciliation"] = to_records(reconcile(clusters))
        record["per_built_ha"] = to_records(city_per_hectare().rename_axis("figure"))
    return record


def scope_name(scope: object, lang: Language) -> str:
    """Return what totals are about: a unit by its name, a group of clusters of the bundled case in words."""
    return format_value({"say": scope}, lang)


def _conflicts(table: pd.DataFrame, lang: Language) -> list[str]:
    return [
        say(
            "conflict",
            lang,
            as_of=row["as_of"],
            metric=say(row["metric"], lang).lower(),
            published=say(row["qualifier"], lang) + _figure(row["metric"], row["published"], lang),
            computed=_figure(row["metric"], row["computed"], lang),
            source=row["source"],
        )
        for row in table.to_dict("records")
    ]


def _basis_words(rows: pd.DataFrame, name: str, lang: Language) -> str:
    totals = totals_by_basis(rows, name)
    whole = totals.sum()
    parts = [
        f"{_basis_name(str(basis), lang)} {format_number(ha, lang)} ha ({format_percent(ha / whole, lang)})"
        for basis, ha in totals.items()
        if whole > 0
    ]
    return say("per_cluster", lang, parts="; ".join(parts)) if parts else ""


def _basis_name(basis: str, lang: Language) -> str:
    if basis == UNKNOWN:
        return say("no_basis", lang)
    return BASES[basis][0 if lang == "vi" else 1] if basis in BASES else basis


def _known_words(rows: pd.DataFrame, totals: pd.Series, name: str, lang: Language) -> str:
    counted = "build_out_rate" if name == "build_out_rate" else "fill_rate"
    known, modelled = (int(totals[f"{counted}_{how}_clusters"]) for how in ("known", "modelled"))
    words = [say("known_of", lang, known=known, all=len(rows))]
    words += [say("modelled_for", lang, n=modelled)] if modelled else []
    if name == "build_out_rate":
        return "; ".join(words)
    used = int(totals["fill_rate_stated_clusters"])
    if used:
        words += [say("stated_for", lang, n=used), say(f"averaged_{totals['fill_rate_by']}", lang)]
    rest = int(fill_rates(rows)["stated"].sum()) - used
    words += [say("stated_only", lang, n=rest)] if rest else []
    return "; ".join(words)


def _intensity_rows(city: str, lang: Language) -> list[tuple[str, str, str]]:
    return [_intensity_row(figure, row, lang) for figure, row in city_per_hectare(scope=city).iterrows()]


def _intensity_row(figure: Hashable, row: pd.Series, lang: Language) -> tuple[str, str, str]:
    about = say(row["qualifier"], lang)
    whole, built = format_number(row["total"], lang, 0), format_number(row["built_ha"], lang)
    known = say("from_total", lang, qualifier=about, total=whole, built=built)
    return say(str(figure), lang), about + format_number(row["per_ha"], lang), known


# Two rates that no output can tell apart.
_SAME_RATE = 5e-5

_GROUP_FORMATS = {
    "planned_ha": format_number,
    "built_ha": format_number,
    "build_out_rate": format_percent,
    "fill_rate": format_percent,
    "lawful_fill_rate": format_percent,
    # Nothing published is no area of nought.
    "planned_ha_published": lambda value, lang: format_number(value or math.nan, lang),
}


# Nobody publishes areas of one's own register: a column of dashes says nothing.
_LEFT_OUT = ("planned_ha_published",)


def _columns_shown(groups: pd.DataFrame) -> list[str]:
    """Return the columns of a table by groups that say something, as the lawful rate where it is another."""
    silent = {"lawful_fill_rate"} - set(_rates_shown(groups))
    silent |= {name for name in _LEFT_OUT if not (groups[name] > 0).any()}
    silent |= set() if groups["unknown_status"].any() else {"unknown_status"}
    return [name for name in (*_COUNTS, *_GROUP_FORMATS) if name not in silent]


def _rates_shown(totals: pd.DataFrame | pd.Series) -> list[str]:
    differ = abs(totals["lawful_fill_rate"] - totals["fill_rate"]) > _SAME_RATE
    return ["build_out_rate", "fill_rate", *(["lawful_fill_rate"] if np.any(differ) else [])]


def _group_cells(row: pd.Series, shown: list[str], by: str, lang: Language) -> tuple[str, ...]:
    signs = _signs(row)
    writers = dict.fromkeys(_COUNTS, _count) | _GROUP_FORMATS
    after = defaultdict(str, {name: few_of(row, name, by) for name in _GROUP_FORMATS})
    if row["fill_rate_stated_clusters"] > 0:
        after |= {rate: f" {STATED_MARK}{after[rate]}" for rate in ("fill_rate", "lawful_fill_rate")}
    return tuple(signs[name] + writers[name](row[name], lang) + after[name] for name in shown)


_RATE_COUNTS = {
    rate: (f"{counted}_known_clusters", f"{counted}_modelled_clusters")
    for rate, counted in (
        ("build_out_rate", "build_out_rate"),
        ("fill_rate", "fill_rate"),
        ("lawful_fill_rate", "fill_rate"),
    )
}
_OF = {"under_construction_ha": "under_construction", "pending_ha": "pending_sites"}


def some_of(totals: pd.Series, name: str, by: str | None = None) -> tuple[int, int] | None:
    """Return over how many clusters a total is and of how many it is said to be, where these differ.

    Parameters
    ----------
    totals
        A row of `summarize`.
    name
        Which total: an area or a rate.
    by
        What the rows are grouped by: those of `status` are of all clusters.

    Examples
    --------
    >>> row = pd.Series({"operating_clusters": 3, "planned_ha_clusters": 2})
    >>> some_of(row, "planned_ha")
    (2, 3)
    """
    counts = _RATE_COUNTS.get(name, (f"{name}_clusters",))
    if any(count not in totals for count in counts):
        return None
    known = sum(int(totals[count]) for count in counts)
    of = int(totals["clusters" if by == "status" else _OF.get(name, "operating_clusters")])
    return (known, of) if 0 < known < of else None


def few_of(totals: pd.Series, name: str, by: str | None = None) -> str:
    """Return " (2/3)" after a total over two of three clusters; nothing after one over all."""
    some = some_of(totals, name, by)
    return f" ({some[0]}/{some[1]})" if some else ""


def known_words(totals: pd.Series, name: str, lang: Language) -> str:
    """Return "2/3 cụm có số liệu" of a total over two of three clusters; nothing of one over all."""
    some = some_of(totals, name)
    return say("known_of", lang, known=some[0], all=some[1]) if some else ""


_FEW = re.compile(r" \(\d+/\d+\)$")


def _few_note(rows: Iterable[tuple[str, ...]], lang: Language) -> tuple[str, ...]:
    return (say("few_note", lang),) if any(_FEW.search(cell) for row in rows for cell in row[1:]) else ()


def _signs(totals: pd.Series) -> defaultdict[str, str]:
    """Return the sign before each total, as `summarize` marks it."""
    marked = str(totals["estimated"]).split("; ")
    return defaultdict(str, {name: f"{MARK} " for name in marked if pd.notna(totals.get(name))})


def _legend(rows: Iterable[tuple[str, ...]], lang: Language) -> tuple[str, ...]:
    return (say("modelled_note", lang),) if any(MARK in cell for row in rows for cell in row) else ()


def _areas_note(groups: pd.DataFrame, lang: Language) -> tuple[str, ...]:
    """Say that areas are those of operating clusters, and what the others have, where there are others."""
    if "total" not in groups.index:
        return ()
    totals = groups.iloc[groups.index.tolist().index("total")]
    signs = _signs(totals)
    others = [
        f"{_within(say(counted, lang))} {signs[area]}{_hectares(totals[area], lang)}"
        + (f" ({few})" if (few := known_words(totals, area, lang)) else "")
        for counted, area in _OTHERS
        if totals[counted] > 0 and pd.notna(totals[area])
    ]
    return (say("areas_note", lang, others=others),) if others else ()


def _rests_note(groups: pd.DataFrame, shown: list[str], by: str, lang: Language) -> tuple[str, ...]:
    """Say over how many clusters the totals are, where that is fewer than they are said to be of."""
    totals = groups.loc[["total"]] if "total" in groups.index else groups
    clusters = totals["clusters" if by == "status" else "operating_clusters"]
    known = {area: totals[f"{area}_clusters"] for area in ("planned_ha", "built_ha")}
    for rate in ("build_out_rate", "fill_rate"):
        known[rate] = totals[f"{rate}_known_clusters"] + totals[f"{rate}_modelled_clusters"]
    # A status of which none has a figure, as pending sites have no built area, shows a dash.
    counts = {name: (int(n.sum()), int(clusters[n > 0].sum())) for name, n in known.items()}
    parts = [
        say("rests_part", lang, what=_within(say(name, lang)), known=n, all=of)
        for name, (n, of) in counts.items()
        if name in shown and 0 < n < of
    ]
    return (say("rests_note", lang, parts=parts),) if parts else ()


def _within(heading: str) -> str:
    """Return a heading as it stands within a sentence."""
    return heading[:1].lower() + heading[1:]


def _averaged_note(groups: pd.DataFrame, lang: Language) -> tuple[str, ...]:
    """Say how stated rates were averaged, where there are any."""
    stated = groups[groups["fill_rate_stated_clusters"] > 0]
    ways = [say(f"averaged_{by}", lang) for by in stated["fill_rate_by"].dropna().unique()]
    return (f"{STATED_MARK} {say('stated_note', lang, ways=ways)}",) if ways else ()


def _group_heading(by: str, lang: Language) -> str:
    return say(f"short_{by}", lang) if by in ("district", "commune") else label(by, lang)


def _group_name(key: str, lang: Language) -> str:
    names = {UNKNOWN: say("unknown", lang), UNPLACED: say("unplaced", lang), "total": say("total", lang)}
    names |= {status: words[0 if lang == "vi" else 1] for status, words in STATUSES.items()}
    return names.get(key, key)


def _figure(metric: str, value: float, lang: Language) -> str:
    return _hectares(value, lang) if metric.endswith("_ha") else _count(value, lang)


def _hectares(value: float, lang: Language) -> str:
    number = format_number(value, lang)
    return number if number == MISSING else f"{number} ha"


def _count(value: float, lang: Language) -> str:
    return format_number(value, lang, 0)


def _date_words(date: object, lang: Language) -> str:
    return say("as_of", lang, date=date) if isinstance(date, pd.Timestamp) else ""


_PENDING = ("cluster_id", "name", "district", "commune", "planned_ha", "source")
_PROGRAMME = ("indicator", "scope", "year", "target", "result", "attainment", "lead_years", "source")


def footnotes(sources: pd.Series) -> tuple[list[str], tuple[str, ...]]:
    """Return a mark for each row and the notes that the marks stand for, each source once.

    Examples
    --------
    >>> footnotes(pd.Series(["Plan 35", "Plan 94", "Plan 35", None]))
    (['[1]', '[2]', '[1]', '–'], ('[1] Plan 35', '[2] Plan 94'))
    """
    marks = {source: f"[{number}]" for number, source in enumerate(sources.dropna().unique(), start=1)}
    notes = tuple(f"{mark} {source}" for source, mark in marks.items())
    return [marks.get(source, MISSING) for source in sources], notes


def pending_sheet(sites: pd.DataFrame, lang: Language) -> Sheet:
    """Return the pending sites, one a row; a modelled area carries "≈"."""
    flat = sites.reset_index()
    shown = [name for name in _PENDING if name in flat]
    sources: tuple[str, ...] = ()
    if "source" in flat:
        flat["source"], sources = footnotes(flat["source"])
    rough = doubtful_cells(flat, "planned_ha")
    cells = {name: [_text(value) for value in flat[name]] for name in shown}
    if "planned_ha" in flat:
        pairs = zip(flat["planned_ha"], rough, strict=True)
        cells["planned_ha"] = [(f"{MARK} " if about else "") + format_number(ha, lang) for ha, about in pairs]
    any_rough = bool(rough.any())
    legend = [say("modelled_note", lang)] if any_rough else []
    notes = [_total_note(flat, lang, rough=any_rough), *legend, *sources]
    header = tuple(label(name, lang) for name in shown)
    numeric = frozenset(number for number, name in enumerate(shown) if name == "planned_ha")
    rows = tuple(zip(*cells.values(), strict=True))
    return Sheet(say("pending_title", lang), header, rows, numeric, tuple(notes))


def pending_units_sheet(
    clusters: pd.DataFrame, by: str, lang: Language, *, units: pd.DataFrame | None = None
) -> Sheet:
    """Return how many pending sites each unit has, and their planned hectares, as `summarize` has them."""
    groups = summarize(clusters, by=by, units=units)
    groups = groups[groups["pending_sites"] > 0]
    writers = {"pending_sites": _count, "pending_ha": format_number}
    rows = []
    for name, row in groups.iterrows():
        signs = _signs(row)
        cells = (signs[key] + write(row[key], lang) + few_of(row, key) for key, write in writers.items())
        rows.append((_group_name(str(name), lang), *cells))
    header = (_group_heading(by, lang), say("short_pending_sites", lang), label("planned_ha", lang))
    legend = (*_few_note(rows, lang), *_legend(rows, lang))
    notes = (*legend, *unplaced_notes(pending_sites(clusters), units, lang))
    return Sheet(say("pending_title", lang), header, tuple(rows), frozenset({1, 2}), notes)


def eligibility_sheet(table: pd.DataFrame, lang: Language, notes: Sequence[str] = ()) -> Sheet:
    """Return the answers of the law, one unit a row, with the figures and the reasons that they rest on.

    Parameters
    ----------
    table
        As from `eligibility`; with `may_establish_before` where something was assumed.
    lang
        Language of the sheet.
    notes
        What else to say below.
    """
    told = speaker("eligibility")
    before = "may_establish_before" in table
    answers = ["may_establish", "may_establish_before"] if before else ["may_establish"]
    rows = []
    for name, row in table.iterrows():
        said = [MISSING if pd.isna(row[key]) else told(str(row[key]), lang) for key in answers]
        fill = _between(row["mean_fill_rate_low"], row["mean_fill_rate_high"], lang, format_percent)
        land = _between(row["unleased_ha_low"], row["unleased_ha_high"], lang, format_number)
        counts = (_count(row["clusters"], lang), _count(row["open_clusters"], lang))
        rows.append((str(name), *said, *counts, fill, land, str(row["note"])))
    heads = [
        "may_establish",
        *(["before"] if before else []),
        "clusters",
        "open_clusters",
        "mean_fill",
        "unleased",
    ]
    by = str(table.index.name)
    header = (_group_heading(by, lang), *(told(head, lang) for head in [*heads, "note"]))
    law = ", ".join(dict.fromkeys(table["source"])) if len(table) else ""
    numeric = frozenset(range(len(answers) + 1, len(header) - 1))
    return Sheet(
        " – ".join(filter(None, [told("title", lang), law])), header, tuple(rows), numeric, tuple(notes)
    )


def _between(low: float, high: float, lang: Language, write: Callable[[float, Language], str]) -> str:
    """Return what is between two figures, or the one that both are; "?" where there is no most."""
    if pd.isna(low) or low == high:
        return write(low, lang)
    return f"{write(low, lang)} – {write(high, lang) if np.isfinite(high) else '?'}"


def programme_sheet(table: pd.DataFrame, lang: Language) -> Sheet:
    """Return the programme's indicators, one a row, with attainment and lead or lag."""
    told = table["source_vi"].astype("object").fillna(table["source"]) if lang == "vi" else table["source"]
    marks, sources = footnotes(told)
    rows = tuple(
        (*_programme_cells(row, lang), mark)
        for row, mark in zip(table.to_dict("records"), marks, strict=True)
    )
    header = tuple(say(key, lang) for key in _PROGRAMME)
    return Sheet(say("programme", lang), header, rows, frozenset({2, 5, 6}), sources)


def _programme_cells(row: dict[Hashable, Any], lang: Language) -> tuple[str, ...]:
    name = row[f"indicator_{lang}"]
    return (
        _text(row["indicator"] if pd.isna(name) else name),
        _text(row["scope"]),
        f"{row['year']:.0f}",
        _qualified(row["target_qualifier"], (row["target"], row["target_max"]), row["unit"], lang),
        _qualified(row["result_qualifier"], (row["result"],), row["unit"], lang),
        _at_least(row) + format_percent(row["attainment"], lang),
        MISSING if pd.isna(row["lead_years"]) else f"{row['lead_years']:+.0f}".replace("+0", "0"),
    )


def _qualified(qualifier: object, values: tuple[float, ...], unit: object, lang: Language) -> str:
    write = format_percent if unit == "share" else format_number
    known = [write(value, lang, _decimals(value, unit)) for value in values if not pd.isna(value)]
    if not known:
        return MISSING
    return (say(qualifier, lang) if isinstance(qualifier, str) else "") + "–".join(known)


def _decimals(value: float, unit: object) -> int:
    """Return how many decimals a figure of the programme needs: 1,000 firms none, 35.6 % one, 0.356 three."""
    shown = value * 100 if unit == "share" else value
    if shown == round(shown):
        return 0
    return 1 if abs(shown) >= 1 else _SMALL_DECIMALS


_SMALL_DECIMALS = 3


def _at_least(row: dict[Hashable, Any]) -> str:
    # "More than 900" of 920 is at least 97.8 %, not 97.8 %.
    return "≥ " if row["result_qualifier"] == "more than" and not pd.isna(row["attainment"]) else ""


def _total_note(sites: pd.DataFrame, lang: Language, *, rough: bool) -> str:
    ha = sites["planned_ha"].sum() if "planned_ha" in sites else None
    about = f"{MARK} " if rough else ""
    known = 0 if ha is None else int(sites["planned_ha"].notna().sum())
    few = f" ({say('known_of', lang, known=known, all=len(sites))})" if 0 < known < len(sites) else ""
    return f"{say('total', lang)}: {len(sites)}; {about}{format_number(ha, lang)} ha{few}"


def _text(value: Any) -> str:  # noqa: ANN401 - a cell of any kind
    return MISSING if pd.isna(value) else str(value)
