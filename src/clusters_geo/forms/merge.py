"""What the forms change in the register: a table to accept line by line, and a new vintage. Nothing silently.

Thresholds of `doubt` are ours: they mark what an officer should ask about, and decide nothing by themselves.
"""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import pandas as pd

from clusters_geo.errors import SchemaError, SourceError
from clusters_geo.forms.circular import Period
from clusters_geo.forms.conditions import register_column
from clusters_geo.forms.parts import computed_fill_rate
from clusters_geo.measure.rates import STATED, STATED_TOLERANCE
from clusters_geo.measure.relations import exceeds, relations
from clusters_geo.reading.side_files import read_side_table
from clusters_geo.schema import CLUSTER_COLUMNS, column
from clusters_geo.words import speaker

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Hashable, Iterator

    from clusters_geo.forms.receive import Received
    from clusters_geo.schema import Language

__all__ = ["form_changes", "merge_forms", "read_changes"]

word = speaker("forms")

Table = TypeVar("Table", bound=pd.DataFrame)

_CHANGES = [
    *("cluster_id", "name", "column", "before", "after", "change"),
    *("doubt", "accept", "file", "cell"),
]

# A fall to a tenth or a rise to the tenfold is asked about; so is exactly a thousand times (another unit).
_FALL, _RISE = 0.1, 10.0
_UNITS = (1e3, 1e6, 1e4)
# Forms are printed to a tenth of a per cent.
_RATE_NEAR = 0.0006
_NEAR = 1e-9
# Beyond it whole numbers are no longer told apart.
_LARGEST_WHOLE = 2.0**53

_ANSWERS = {
    **dict.fromkeys(("true", "1", "1.0", "x", "yes", "có", "đúng"), True),
    **dict.fromkeys(("false", "0", "0.0", "no", "không", "sai"), False),
}

_OF_THE_RATE = {STATED, "leased_ha"}
_CUMULATIVE = {"paid_capital_bn_vnd", "ready_ha"}
_AT_MOST = {one.part: one for one in relations() if one.doubt}
_FROM_PRODUCERS = ("revenue_bn_vnd", "budget_bn_vnd", "workers")


def form_changes(clusters: pd.DataFrame, received: Received, *, lang: Language = "vi") -> pd.DataFrame:
    """Return what the forms say differently from the register.

    Parameters
    ----------
    clusters
        The register.
    received
        From `read_forms`.
    lang
        Language of the doubts.

    Returns
    -------
    One row per cluster and column that would change: `cluster_id`, `name`, `column`, `before`, `after`,
    `change` (after ÷ before − 1), `doubt` (what is implausible, empty for nothing), `accept` (True, but False
    where there is a doubt; to be edited), `file`, `cell`. `before` is what the register holds, missing for
    nothing. Forms 01 of one cluster are added up.

    Examples
    --------
    >>> from clusters_geo.forms.receive import Received
    >>> register = pd.DataFrame(
    ...     {"name": ["A"], "investor_workers": [120]}, index=pd.Index(["1"], name="cluster_id")
    ... )
    >>> value = {
    ...     "file": "a.xlsx",
    ...     "form": "02",
    ...     "cluster_id": "1",
    ...     "row": "11",
    ...     "cell": "D16",
    ...     "column": "investor_workers",
    ...     "value": 9.0,
    ... }
    >>> received = Received(pd.DataFrame(), pd.DataFrame([value]), pd.DataFrame())
    >>> form_changes(register, received, lang="en")[["before", "after", "doubt"]].to_dict("records")
    [{'before': 120.0, 'after': 9.0, 'doubt': '92 % lower than before'}]
    """
    figures = received.figures
    say = partial(word, lang=lang)
    rows: list[dict[str, object]] = []
    if not figures.empty:
        figures = figures.assign(asked=_asked(figures, received.problems))
        rows = [*_from_investors(clusters, figures, say), *_from_producers(clusters, figures, say)]
    table = pd.DataFrame(rows, columns=_CHANGES)
    return table.assign(accept=table["doubt"] == "").astype({"before": "float64", "after": "float64"})


def _asked(figures: pd.DataFrame, problems: pd.DataFrame) -> list[str]:
    """Return what is doubtful about the cell that each figure stands in, "" for nothing."""
    told: dict[tuple[str, str], list[str]] = {}
    for problem in problems.to_dict("records"):
        if problem["severity"] == "doubt" and problem["cell"]:
            told.setdefault((problem["file"], problem["cell"]), []).append(problem["problem"])
    cells = zip(figures["file"], figures["cell"], strict=True)
    return ["; ".join(dict.fromkeys(told.get(cell, []))) for cell in cells]


def merge_forms(clusters: Table, changes: pd.DataFrame, *, period: str | Period) -> Table:
    """Return a new vintage of the register with the accepted changes; the old one is not touched.

    Parameters
    ----------
    clusters
        The register.
    changes
        From `form_changes`, with `accept` as the officer has set it.
    period
        Its last day becomes `as_of` of the clusters that change.

    Returns
    -------
    A copy. Changed figures get the basis `declared`, and the file, cell and day of the form as their source.

    Raises
    ------
    SchemaError
        If `changes` speaks of a cluster or column that is not there, or accepts two values for one cell.

    Examples
    --------
    >>> register = pd.DataFrame({"name": ["A"], "workers": [120]}, index=pd.Index(["1"], name="cluster_id"))
    >>> change = {"cluster_id": "1", "column": "workers", "after": 130.0, "accept": True}
    >>> merge_forms(register, pd.DataFrame([change]), period="2026-H1")[["workers", "workers_basis"]]
               workers workers_basis
    cluster_id
    1              130      declared
    """
    when = pd.Timestamp(Period.parse(period).end)
    accepted = changes[changes["accept"].astype(bool)]
    _refuse_unknown(clusters, accepted)
    vintage = clusters.copy()
    for name, group in accepted.groupby("column", sort=False):
        after = pd.Series(group["after"].to_numpy(), index=pd.Index(group["cluster_id"]))
        vintage[name] = _updated(vintage, str(name), after)
        vintage[f"{name}_basis"] = _marked(vintage, f"{name}_basis", after.index, "declared")
        vintage = _with_origin(vintage, str(name), group, when)
    if len(accepted) and "as_of" in vintage:
        ids = pd.Index(accepted["cluster_id"].unique())
        vintage["as_of"] = vintage["as_of"].mask(vintage.index.isin(ids), when)
    return vintage


def read_changes(path: str | os.PathLike[str]) -> pd.DataFrame:
    r"""Read a table of changes back that somebody edited in a spreadsheet.

    Raises
    ------
    SourceError
        If the file cannot be read, or a cell of `accept` is neither yes nor no.

    Examples
    --------
    >>> _ = (tmp / "changes.csv").write_text("cluster_id,column,after,accept\n1,workers,130,TRUE")
    >>> read_changes(tmp / "changes.csv")["accept"].tolist()
    [True]
    """
    needed = ("cluster_id", "column", "after", "accept")
    table = read_side_table(path, needed=needed, numbers=("before", "after", "change"))
    answers = table["accept"].fillna("").str.casefold()
    known = answers.isin(_ANSWERS)
    if not known.all():
        raise SourceError("changes.no-answer", path=path, value=str(answers[~known].iloc[0]))
    if (blank := table["after"].isna() | table[["cluster_id", "column"]].isna().any(axis=1)).any():
        raise SourceError("changes.blank", path=path, row=int(blank.to_numpy().argmax()) + 2)
    accept = [_ANSWERS[answer] for answer in answers]
    return table.assign(accept=pd.Series(accept, index=table.index, dtype=bool))


def _refuse_unknown(clusters: pd.DataFrame, accepted: pd.DataFrame) -> None:
    known = {c.name for c in CLUSTER_COLUMNS if c.kind in {"number", "integer", "flag"}}
    strangers = [key for key in accepted["cluster_id"] if key not in clusters.index]
    strangers += [name for name in accepted["column"] if name not in known]
    if strangers:
        raise SchemaError("changes.stranger", stranger=strangers[0])
    twice = accepted[accepted.duplicated(["cluster_id", "column"])]
    if len(twice):
        key, name = twice.iloc[0][["cluster_id", "column"]]
        raise SchemaError("changes.two-values", column=name, cluster_id=key)
    for row in accepted.to_dict("records"):
        value, kind = float(row["after"]), column(row["column"]).kind
        if (kind == "integer" and (value % 1 or abs(value) > _LARGEST_WHOLE)) or (
            kind == "flag" and value not in {0.0, 1.0}
        ):
            where = {"column": row["column"], "cluster_id": row["cluster_id"]}
            code = "changes.not-integer" if kind == "integer" else "changes.not-flag"
            raise SchemaError(code, value=row["after"], **where)


def _updated(vintage: pd.DataFrame, name: str, after: pd.Series) -> pd.Series:
    new = register_column(vintage, name).astype("Float64").astype("float64")
    new.loc[after.index] = after
    match column(name).kind:
        case "integer":
            return new.astype("Float64").astype("Int64")
        case "flag":
            return new.astype("Float64").astype("boolean")
    return new


def _with_origin(vintage: Table, name: str, group: pd.DataFrame, when: pd.Timestamp) -> Table:
    """Return the register in which each changed cell names the file, cell and day it comes from."""
    ids = pd.Index(group["cluster_id"])
    blank = pd.Series("", index=group.index)
    parts = [group.get(part, blank).astype("string").fillna("") for part in ("file", "cell")]
    origin = (parts[0] + " " + parts[1]).str.strip()
    source = register_column(vintage, f"{name}_source").astype("string")
    source.loc[ids] = origin.where(origin != "").to_numpy()
    cells = {
        f"{name}_source": source,
        f"{name}_as_of": _marked(vintage, f"{name}_as_of", ids, f"{when:%Y-%m-%d}"),
    }
    if f"{name}_qualifier" in vintage:
        cells[f"{name}_qualifier"] = vintage[f"{name}_qualifier"].mask(vintage.index.isin(ids))
    return vintage.assign(**cells)


def _marked(vintage: pd.DataFrame, name: str, ids: pd.Index, basis: str) -> pd.Series:
    return register_column(vintage, name).astype("string").mask(vintage.index.isin(ids), basis)


def _from_investors(
    clusters: pd.DataFrame, figures: pd.DataFrame, say: Callable[..., str]
) -> Iterator[dict[str, object]]:
    sent = figures[(figures["form"] == "02") & figures["cluster_id"].notna()]
    for key, form in sent.groupby("cluster_id", sort=False):
        # Of two that say the same, the one that is sure of it.
        sure_first = form.sort_values("asked", key=lambda asked: asked != "", kind="stable")
        distinct = sure_first.drop_duplicates(["column", "value"]).sort_index()
        told = dict(zip(distinct["column"], distinct["value"], strict=True))
        implied = _implied_rate(clusters, key, told)
        contradiction = _contradiction(clusters, key, told, implied, say)
        several = set(distinct.loc[distinct["column"].duplicated(), "column"])
        for row in distinct.to_dict("records"):
            name, value = row["column"], float(row["value"])
            after = value / 100 if name == STATED else value
            before = _before(clusters, key, name)
            # A register that states no rate has that of its areas.
            known = implied if name == STATED and math.isnan(before) else before
            if _same(name, known, after) and name not in several:
                continue
            doubts = [
                row["asked"],
                _doubt(name, before, after, told, say),
                contradiction if name in _OF_THE_RATE else "",
                say("doubt_several") if name in several else "",
            ]
            where = {"doubt": "; ".join(filter(None, doubts)), "file": row["file"], "cell": row["cell"]}
            yield _change(clusters, key, name, before, after) | where


def _before(clusters: pd.DataFrame, key: Hashable, name: str) -> float:
    return float(register_column(clusters.loc[[key]], name).astype("Float64").astype("float64").iloc[0])


def _implied_rate(clusters: pd.DataFrame, key: Hashable, told: dict[str, float]) -> float:
    """Return the fill rate by the areas: those of the form, and of the register where it tells none."""
    row = clusters.loc[[key]]
    if "leased_ha" in told:
        row = row.assign(leased_ha=told["leased_ha"])
    return float(computed_fill_rate(row).iloc[0])


def _contradiction(
    clusters: pd.DataFrame, key: Hashable, told: dict[str, float], implied: float, say: Callable[..., str]
) -> str:
    """Say that the rate of the form, or of the register where it tells none, is not that of the areas."""
    stated = told[STATED] / 100 if STATED in told else _before(clusters, key, STATED)
    if stated > 1 or not exceeds(abs(stated - implied), 0.0, STATED_TOLERANCE):
        return ""
    return say("doubt_rate", stated=stated, implied=implied)


def _same(name: str, before: float, after: float) -> bool:
    near = _RATE_NEAR if name == STATED else _NEAR * max(1.0, abs(after))
    return not math.isnan(before) and abs(before - after) <= near


def _change(
    clusters: pd.DataFrame, key: Hashable, name: str, before: float, after: float
) -> dict[str, object]:
    change = after / before - 1 if before and not math.isnan(before) else math.nan
    cluster = clusters["name"].to_dict()[key]
    told = {"cluster_id": key, "name": cluster, "column": name}
    return told | {"before": before, "after": after, "change": change}


def _doubt(name: str, before: float, after: float, told: dict[str, float], say: Callable[..., str]) -> str:
    doubts = []
    limit = _AT_MOST.get(name)
    if limit and limit.whole in told and exceeds(after, told[limit.whole], limit.tolerance):
        doubts.append(say(limit.doubt))
    if name == STATED and after > 1:
        doubts.append(say("doubt_full"))
    if before > 0 and column(name).kind != "flag":
        doubts.append(_jump(name, after / before, say))
    return "; ".join(filter(None, doubts))


def _jump(name: str, ratio: float, say: Callable[..., str]) -> str:
    if any(
        math.isclose(ratio, unit, rel_tol=0.02) or math.isclose(ratio * unit, 1, rel_tol=0.02)
        for unit in _UNITS
    ):
        return say("doubt_unit")
    if ratio <= _FALL:
        return say("doubt_fell", percent=f"{100 * (1 - ratio):.0f}")
    if ratio >= _RISE:
        return say("doubt_rose", times=f"{ratio:.0f}")
    return say("doubt_lower") if name in _CUMULATIVE and ratio < 1 - _NEAR else ""


def _from_producers(
    clusters: pd.DataFrame, figures: pd.DataFrame, say: Callable[..., str]
) -> Iterator[dict[str, object]]:
    sent = figures[(figures["form"] == "01") & figures["cluster_id"].notna()]
    for key, forms in sent.groupby("cluster_id", sort=False):
        table = forms.pivot_table(index="file", columns="column", values="value", sort=False)
        after = {name: math.fsum(table[name].dropna()) for name in _FROM_PRODUCERS if name in table}
        if {"income_m_vnd", "workers"} <= set(table) and table[["income_m_vnd", "workers"]].notna().all(
            axis=None
        ):
            after["income_m_vnd"] = _mean_income(table)
        coverage = _coverage(clusters.loc[[key]], len(table), say)
        for name, value in after.items():
            before = _before(clusters, key, name)
            if math.isnan(value) or _same(name, before, value):
                continue
            gaps = int(table[name].isna().sum())
            of_cells = forms.loc[(forms["column"] == name) & (forms["asked"] != ""), ["file", "asked"]]
            doubts = [
                *(f"{file}: {asked}" for file, asked in of_cells.itertuples(index=False)),
                coverage,
                say("doubt_blank", n=gaps) if gaps else "",
                _doubt(name, before, value, {}, say),
            ]
            yield _change(clusters, key, name, before, value) | {
                "doubt": "; ".join(filter(None, doubts)),
                "file": say("forms_01", n=len(table)),
                "cell": "",
            }


def _mean_income(table: pd.DataFrame) -> float:
    workers = math.fsum(table["workers"])
    return math.fsum(table["income_m_vnd"] * table["workers"]) / workers if workers else math.nan


def _coverage(row: pd.DataFrame, forms: int, say: Callable[..., str]) -> str:
    """Say whether the forms are those of all producers: a sum of some of them is no total."""
    for name in ("active_projects", "projects", "enterprises"):
        expected = register_column(row, name).iloc[0]
        if not pd.isna(expected):
            return "" if forms >= expected else say("doubt_coverage", n=forms, all=int(expected))
    return say("doubt_uncounted", n=forms)
