"""Charts of a register: one call, one SVG that reads in black and white, in both languages.

What a chart shows is a plain table first (`Chart.table`); drawing never decides a figure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

import pandas as pd

from clusters_geo.errors import SchemaError
from clusters_geo.measure.rates import fill_rate
from clusters_geo.measure.summary import UNKNOWN, summarize
from clusters_geo.measure.trust import MARK
from clusters_geo.report.bars import (
    BAR,
    GAP,
    MARGIN,
    WIDTH,
    Chart,
    bar,
    bar_chart,
    finished,
    heading,
    largest_of,
    row_name,
    sides,
)
from clusters_geo.report.sheets import few_of
from clusters_geo.report.svg import FILLS, INK, QUIET, element, text, text_width
from clusters_geo.schema import STATUSES, Language
from clusters_geo.units.places import UNPLACED
from clusters_geo.words import LANGUAGES, MISSING, format_number, format_percent, speaker

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

__all__ = [
    "KINDS",
    "Chart",
    "Kind",
    "bar_chart",
    "bridge_table",
    "chart",
    "declared_table",
    "pipeline_table",
    "waterfall",
]

Kind = Literal["areas", "pipeline", "bridge", "declared", "supply"]
KINDS: tuple[Kind, ...] = get_args(Kind)

_say = speaker("charts")
_AREAS = ("planned_ha", "built_ha", "leased_ha")
# Bars beyond this are cut, and say so: a unit with next to no take-up has land for a thousand years.
_MOST_YEARS = 30.0


def chart(  # noqa: PLR0913 - all but the table and the kind is keyword-only
    clusters: pd.DataFrame,
    kind: Kind = "areas",
    *,
    by: str | None = None,
    units: pd.DataFrame | None = None,
    earlier: pd.DataFrame | None = None,
    lang: Language = "vi",
    title: str | None = None,
    most: int = 20,
    totals: pd.DataFrame | None = None,
    width: float = WIDTH,
) -> Chart:
    """Draw a register.

    Parameters
    ----------
    clusters
        One row per cluster, with `status` and what is known; for `supply` one row per unit, with
        `years_of_supply` (years).
    kind
        `areas` (hectares planned, built and leased by unit), `pipeline` (clusters and hectares by stage),
        `bridge` (planned hectares from an earlier register to this one), `declared` (fill rate computed
        against the declared one, by cluster), `supply` (years of industrial land by unit).
    by
        Column to group by, for `areas`; `district` by default, or the level of `units`.
    units
        For `areas`: a layer as from `load_units`, in which the clusters are counted where they lie.
    earlier
        The earlier register, indexed alike, for `bridge`.
    lang
        Language of the chart.
    title
        Heading; None for one that says what is drawn.
    most
        How many units or clusters at most have a bar of their own, for `areas`, `declared` and `supply`; the
        rest of the units is added up.
    totals
        What `summarize` says of these clusters where it is at hand: one row for `pipeline`, one a unit for
        `areas`. Of a part of a register only the whole tells which totals carry no "≈".
    width
        Of the drawing; a narrow one stays readable where there is little room.

    Returns
    -------
    A `Chart`, with the SVG and the table that it shows.

    Raises
    ------
    SchemaError
        If the kind or language is not known, a needed column is missing, or `bridge` has no earlier register.

    Examples
    --------
    >>> import clusters_geo as cg
    >>> clusters, _ = cg.load_hanoi()
    >>> drawn = cg.chart(clusters, "pipeline", lang="en")
    >>> drawn.title, drawn.table["clusters"].tolist()
    ('Clusters by stage', [70, 7, 43])
    """
    _require(kind, KINDS)
    _require(lang, LANGUAGES)
    wanted = _Wanted(lang, title or _say(kind, lang), most, totals, width)
    if kind == "areas":
        return _areas(clusters, by, units, wanted)
    if kind != "bridge":
        draw = {"pipeline": _pipeline, "declared": _declared, "supply": _supply}[kind]
        return draw(clusters, wanted)
    if earlier is None:
        raise SchemaError("chart.no-earlier")
    return _bridge(earlier, clusters, wanted)


class _Wanted(NamedTuple):
    """How a chart is to look, whatever it shows."""

    lang: Language
    title: str
    most: int
    totals: pd.DataFrame | None
    width: float


def _require(value: str, allowed: Sequence[str]) -> None:
    if value not in allowed:
        raise SchemaError("chart.unknown-choice", value=value, allowed=list(allowed))


# --- areas


def _areas(clusters: pd.DataFrame, by: str | None, units: pd.DataFrame | None, wanted: _Wanted) -> Chart:
    lang = wanted.lang
    if wanted.totals is None:
        groups = summarize(clusters, by=by or ("district" if units is None else None), units=units)
    else:
        groups = wanted.totals.copy()
    for name in _AREAS:
        marked = groups["estimated"].map(lambda totals, name=name: name in totals.split("; "))
        groups[f"{name} doubtful"] = marked.astype(float)
    known = groups[groups[list(_AREAS)].notna().any(axis=1)]
    ordered = known.sort_values("planned_ha", ascending=False, kind="stable")
    named = {UNKNOWN: _say("unknown_unit", lang), UNPLACED: speaker("reports")("unplaced", lang)}
    table = _few(ordered.rename(index=named), wanted.most, lang)
    there = [name for name in _AREAS if table[name].notna().any()]
    absent = [_say(name, lang).lower() for name in _AREAS if name not in there]
    notes = [_say("operating_only", lang)] + [_say("no_figure", lang, what=absent)] * bool(absent)
    labels = pd.DataFrame({name: _area_labels(table, name, by, lang) for name in there}, index=table.index)
    notes += [speaker("reports")("few_note", lang)] * _has_mark(labels, "/")
    notes += [_say("modelled", lang)] * _has_mark(labels)
    return bar_chart(
        table,
        series={name: f"{_say(name, lang)} ({_say('ha', lang)})" for name in there},
        labels=labels,
        title=wanted.title,
        width=wanted.width,
        notes=notes if there else [_say("nothing", lang)],
        # The other units are one bar, which may be as long as all that are named: then it is cut.
        longest=largest_of(table[there].iloc[: wanted.most - 1]) if len(known) > wanted.most else None,
    )


def _area_labels(table: pd.DataFrame, name: str, by: str | None, lang: Language) -> list[str]:
    return [
        _marked(format_number(row[name], lang), doubtful=bool(row[f"{name} doubtful"]))
        + few_of(row, name, by)
        for _, row in table.iterrows()
    ]


def _marked(words: str, *, doubtful: bool) -> str:
    return f"{MARK} {words}" if doubtful and words != MISSING else words


def _has_mark(labels: pd.DataFrame, mark: str = MARK) -> bool:
    return any(mark in str(words) for words in labels.to_numpy().ravel())


def _few(table: pd.DataFrame, most: int, lang: Language) -> pd.DataFrame:
    """Return the first rows, the rest added up in a last one."""
    if len(table) <= most:
        return table
    kept, rest = table.iloc[: most - 1], table.iloc[most - 1 :]
    added = rest.select_dtypes("number").sum(min_count=1).to_frame().T
    return pd.concat([kept, added.set_axis([_say("others", lang, n=len(rest))])])


# --- pipeline


def pipeline_table(clusters: pd.DataFrame) -> pd.DataFrame:
    """Return how many clusters and hectares stand in each stage: `clusters`, `planned_ha`, `without_area`.

    Examples
    --------
    >>> table = pd.DataFrame({"status": ["pending", "pending"], "planned_ha": [20.0, None]})
    >>> pipeline_table(table).loc["pending"].tolist()
    [2.0, 20.0, 1.0]
    """
    planned = clusters.get("planned_ha", pd.Series(float("nan"), index=clusters.index)).astype("float64")
    status = clusters["status"].astype("string")
    rows = {name: planned[(status == name).fillna(value=False)] for name in STATUSES}
    return pd.DataFrame(
        {
            "clusters": {name: len(areas) for name, areas in rows.items()},
            "planned_ha": {name: areas.sum(min_count=1) for name, areas in rows.items()},
            "without_area": {name: int(areas.isna().sum()) for name, areas in rows.items()},
        }
    )


# What the hectares of a stage are called among the totals.
_TOTALS = {
    "operating": "planned_ha",
    "under_construction": "under_construction_ha",
    "pending": "pending_ha",
}


def _pipeline(clusters: pd.DataFrame, wanted: _Wanted) -> Chart:
    lang = wanted.lang
    table = pipeline_table(clusters)
    named = table.rename(index={name: both[0 if lang == "vi" else 1] for name, both in STATUSES.items()})
    # Where no area is known the numbers of clusters are drawn.
    drawn_by = "planned_ha" if table["planned_ha"].notna().any() else "clusters"
    labels = pd.DataFrame({drawn_by: _stage_labels(clusters, table, wanted)}, index=named.index)
    drawn = bar_chart(
        named,
        series={drawn_by: _say(drawn_by, lang)},
        labels=labels,
        title=wanted.title,
        width=wanted.width,
        notes=[*_stage_notes(clusters, table, lang), *[_say("modelled", lang)] * _has_mark(labels)],
    )
    return Chart(drawn.title, drawn.svg, table, drawn.notes)


def _stage_labels(clusters: pd.DataFrame, table: pd.DataFrame, wanted: _Wanted) -> list[str]:
    lang = wanted.lang
    totals = summarize(clusters) if wanted.totals is None else wanted.totals
    doubtful = str(totals["estimated"].iloc[0]).split("; ")
    labels = []
    for name, row in table.iterrows():
        area = _marked(format_number(row["planned_ha"], lang), doubtful=_TOTALS[str(name)] in doubtful)
        count = format_number(row["clusters"], lang, 0)
        known = "clusters_ha" if area != MISSING else "clusters_only" if row["clusters"] else "clusters_none"
        labels.append(_say(known, lang, n=count, area=area))
    return labels


def _stage_notes(clusters: pd.DataFrame, table: pd.DataFrame, lang: Language) -> list[str]:
    """Return which clusters are in no bar."""
    unknown = int(table["without_area"].sum())
    stageless = len(clusters) - int(table["clusters"].sum())
    some = table["planned_ha"].notna().any()
    if some:
        without = [_say("without_area", lang, n=unknown)] * bool(unknown)
    else:
        without = [_say("by_count", lang)] * bool(unknown)
    return [*without, *[_say("stageless", lang, n=stageless)] * bool(stageless)]


# --- bridge


def bridge_table(earlier: pd.DataFrame, later: pd.DataFrame, measure: str = "planned_ha") -> pd.Series:
    """Return what leads from an earlier total to a later one, cluster by cluster; the steps add up.

    Parameters
    ----------
    earlier, later
        Two registers, indexed by `cluster_id`, with the column `measure`.
    measure
        What is added up.

    Returns
    -------
    Series with `earlier`, `added` (new clusters), `grown`, `known_now` (a figure where there was none),
    `shrunk`, `removed`, `unknown_now` (both negative), `later`, in the unit of the measure.

    Raises
    ------
    SchemaError
        If a cluster stands twice in one of them.

    Examples
    --------
    >>> a = pd.DataFrame({"planned_ha": [10.0, 20.0]}, index=["A", "B"])
    >>> b = pd.DataFrame({"planned_ha": [12.0, 5.0]}, index=["A", "C"])
    >>> bridge_table(a, b)[["earlier", "added", "grown", "removed", "later"]].tolist()
    [30.0, 5.0, 2.0, -20.0, 17.0]
    """
    for table in (earlier, later):
        if table.index.has_duplicates:
            raise SchemaError(
                "chart.twice", twice=[*map(str, table.index[table.index.duplicated()].unique()[:3])]
            )
    before, after = (table[measure].astype("float64") for table in (earlier, later))
    both = pd.DataFrame({"before": before, "after": after})
    stays = both.index.isin(before.index) & both.index.isin(after.index)
    change = both["after"] - both["before"]
    steps = {
        "added": both["after"][~both.index.isin(before.index)].sum(),
        "grown": change[stays & (change > 0)].sum(),
        "known_now": both["after"][stays & both["before"].isna()].sum(),
        "shrunk": change[stays & (change < 0)].sum(),
        "removed": -both["before"][~both.index.isin(after.index)].sum(),
        "unknown_now": -both["before"][stays & both["after"].isna()].sum(),
    }
    return pd.Series({"earlier": before.sum()} | steps | {"later": after.sum()}, name=measure)


def _bridge(earlier: pd.DataFrame, later: pd.DataFrame, wanted: _Wanted) -> Chart:
    steps = bridge_table(earlier, later)
    shown = steps[(steps != 0) | steps.index.isin(["earlier", "later"])]
    named = shown.set_axis([_say(str(name), wanted.lang) for name in shown.index])
    drawn = waterfall(named, title=wanted.title, lang=wanted.lang, width=wanted.width)
    return Chart(drawn.title, drawn.svg, steps.to_frame(), drawn.notes)


def waterfall(  # noqa: PLR0913 - all but the steps is keyword-only
    steps: pd.Series,
    *,
    title: str,
    notes: Sequence[str] = (),
    lang: Language = "vi",
    width: float = WIDTH,
    marked: Collection[str] = (),
) -> Chart:
    """Draw hectares that lead from one total to another, each bar from where the one before ended.

    Parameters
    ----------
    steps
        Named steps in their order; the first and the last are the totals.
    title, notes
        Above and below the bars.
    lang, width
        How numbers are written, and how wide the drawing is.
    marked
        The names of the steps that rest on modelled figures, which carry "≈".

    Examples
    --------
    >>> steps = pd.Series([1337.0, 349.0, 1686.0], index=["2019", "Unexplained", "2022"])
    >>> "+349.0 ha" in waterfall(steps, title="Planned area", lang="en").svg
    True
    """
    left, right = sides([f"{MARK} −{format_number(steps.abs().max(), lang)} ha"], width, steps.index)
    running = steps.iloc[:-1].cumsum().tolist()
    largest = max([*running, float(steps.iloc[-1])])
    scale = (right - left) / largest if largest > 0 else 0.0
    parts, y = heading(title, [], width)
    for place, (name, value) in enumerate(steps.items()):
        whole = place in (0, len(steps) - 1)
        start = 0.0 if whole else min(running[place], running[place] - value)
        fill = FILLS[0] if whole else FILLS[1] if value > 0 else FILLS[2]
        parts += bar(left + start * scale, y, abs(value) * scale, fill, right + left)
        words = (f"{MARK} " if name in marked else "") + (
            format_number(value, lang) if whole else _signed(value, lang)
        )
        parts.append(text(left + (start + abs(value)) * scale + 5, y + 9.5, f"{words} ha", size=11))
        parts.append(row_name(str(name), left, y, 1))
        y += BAR + GAP + 6
    return finished(title, parts, y, notes, steps.to_frame(), width)


def _signed(value: float, lang: Language) -> str:
    return ("+" if value > 0 else "−") + format_number(abs(value), lang)


# --- rate against declared rate


def declared_table(clusters: pd.DataFrame) -> pd.DataFrame:
    """Return each cluster's computed and declared fill rate (shares 0–1) and their difference.

    Returns
    -------
    Table on the index of `clusters`: `name`, `computed`, `declared`, `difference` (declared − computed), the
    largest differences first, then those with one figure only; rows with neither are left out.

    Examples
    --------
    >>> row = {"name": ["A"], "leasable_ha": [10.0], "leased_ha": [4.0], "fill_rate_declared": [0.9]}
    >>> float(declared_table(pd.DataFrame(row))["difference"].iloc[0])
    0.5
    """
    nothing = pd.Series(float("nan"), index=clusters.index)
    areas = {name: clusters.get(name, nothing) for name in ("leasable_ha", "leased_ha")}
    table = pd.DataFrame(
        {
            "name": clusters["name"],
            "computed": fill_rate(pd.DataFrame(areas)).astype("float64"),
            "declared": clusters.get("fill_rate_declared", nothing).astype("float64"),
        }
    )
    table["difference"] = table["declared"] - table["computed"]
    known = table[table[["computed", "declared"]].notna().any(axis=1)]
    return known.sort_values("difference", key=lambda d: -d.abs(), kind="stable", na_position="last")


def _declared(clusters: pd.DataFrame, wanted: _Wanted) -> Chart:
    lang = wanted.lang
    table = declared_table(clusters)
    shown = table.head(wanted.most)
    has = table[["computed", "declared"]].notna()
    counts = {
        "both": int(has.all(axis=1).sum()),
        "computed": int((has["computed"] & ~has["declared"]).sum()),
        "declared": int((~has["computed"] & has["declared"]).sum()),
        "neither": len(clusters) - len(table),
    }
    notes = [_say("declared_counts", lang, **counts)]
    if len(shown) < len(table):
        ordered = "most" if counts["both"] else "some"
        notes.append(_say(ordered, lang, shown=len(shown), all=len(table)))
    keys = [_say("computed_rate", lang), _say("declared_rate", lang)]
    parts, y = heading(wanted.title, [], wanted.width)
    x = MARGIN
    for filled, words in zip((True, False), keys, strict=True):
        parts += [_dot(x + 6, y - 2, filled=filled), text(x + 18, y + 2, words)]
        x += 18 + text_width(words) + 26
    y += 16
    left, right = sides(["100,0 % → 100,0 % "], wanted.width, shown["name"])
    scale = (right - left) / max(1.0, largest_of(shown[["computed", "declared"]]))
    for _, row in shown.iterrows():
        parts += _dumbbell(row, left, scale, y, lang)
        y += BAR + GAP
    return finished(wanted.title, parts, y, notes, table, wanted.width)


def _dot(x: float, y: float, *, filled: bool) -> str:
    """Return a disc that leaves the rim of a ring at the same place."""
    looks = {"r": 3.5, "fill": FILLS[0]} if filled else {"r": 5.5, "fill": "#ffffff"}
    return element("circle", cx=x, cy=y, stroke=INK, stroke_width=1.6, **looks)


def _dumbbell(row: pd.Series, left: float, scale: float, y: float, lang: Language) -> list[str]:
    at = {key: left + row[key] * scale for key in ("computed", "declared") if pd.notna(row[key])}
    middle = y + BAR / 2
    line = f"M{left} {middle}H{max(at.values())}"
    words = " → ".join(format_percent(row[key], lang) for key in at)
    return [
        row_name(str(row["name"]), left, y, 1),
        element("path", d=line, stroke=QUIET, stroke_width=1, stroke_dasharray="1 3"),
        *(_dot(at[key], middle, filled=key == "computed") for key in reversed(at)),
        text(max(at.values()) + 10, middle + 4, words, size=11),
    ]


# --- years of supply


def _supply(units: pd.DataFrame, wanted: _Wanted) -> Chart:
    lang = wanted.lang
    if "years_of_supply" not in units:
        raise SchemaError("chart.no-supply", there=[str(name) for name in units.columns[:8]])
    years = units["years_of_supply"].astype("float64").sort_values(kind="stable").head(wanted.most)
    named = years.rename(index={UNKNOWN: _say("unknown_unit", lang)}).to_frame()

    words = [
        _say("more_than", lang, years=int(_MOST_YEARS)) if value > _MOST_YEARS else _years(value, lang)
        for value in named["years_of_supply"]
    ]
    most_years = named["years_of_supply"].max()
    return bar_chart(
        named,
        series={"years_of_supply": wanted.title},
        labels=pd.DataFrame({"years_of_supply": words}, index=named.index),
        title=wanted.title,
        width=wanted.width,
        notes=[_say("supply_note", lang)],
        longest=None if pd.isna(most_years) else min(_MOST_YEARS, most_years),
    )


def _years(value: float, lang: Language) -> str:
    number = format_number(value, lang)
    return number if number == MISSING else f"{number} {_say('years', lang)}"
