"""What must hold between the rows of a form, checked before it is written; findings as an audit gives them.

A comparison of incomplete results that proves nothing is a finding too, of severity `info`: nobody shall take
an unchecked form for a checked one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from clusters_geo.auditing.findings import FINDING_COLUMNS
from clusters_geo.auditing.rule import SEVERITIES
from clusters_geo.forms.circular import IN_FORCE, LAW, NO_DISTRICTS, Period, verdict
from clusters_geo.forms.conditions import register_column
from clusters_geo.forms.fill import fill
from clusters_geo.measure.relations import exceeds, relations
from clusters_geo.words import cite, format_number

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from clusters_geo.auditing.rule import Severity
    from clusters_geo.forms.fill import Filled
    from clusters_geo.forms.units import Level
    from clusters_geo.schema import Language

__all__ = ["check", "check_identities", "check_sum", "form_findings", "join_findings"]

# Sums are exact but for binary fractions; forms filled in by hand are printed to a tenth.
_NEAR = 0.051

_SHOWN = 5
_TEXTS = ("rule", "severity", "cluster_id", "district", "field", "message", "fix", "source")


@dataclass(frozen=True, slots=True)
class _Identity:
    rule: str
    sign: Literal["=", "≤", "÷"]
    left: str
    right: tuple[str, ...]
    severity: Severity = "error"
    tolerance: float = _NEAR


def _at_most(form: Literal["form_02", "form_03"]) -> tuple[_Identity, ...]:
    """Return which rows of a form are parts of others."""
    severities: dict[str, Severity] = {"error": "error", "warning": "warning"}
    return tuple(
        _Identity(one.forms_rule, "≤", rows[0], rows[1:], severities[one.severity], one.tolerance)
        for one in relations()
        if (rows := getattr(one, form))
    )


_AGGREGATE = (
    _Identity("forms.operating-parts", "=", "15", ("15.1", "15.2")),
    _Identity("forms.area-parts", "=", "16", ("16.1", "16.2")),
    _Identity("forms.fill-rate", "÷", "19", ("18", "17")),
    *_at_most("form_03"),
)
_RECORD = _at_most("form_02")


def form_findings(  # noqa: PLR0913 - as `form`
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
    """Return what is wrong, incomplete or unchecked in a form, in the layout of an audit's findings.

    Parameters
    ----------
    clusters, number, unit, period, level, units, anyway, lang
        As for `form`.

    Returns
    -------
    One row per finding: `rule`, `severity` (`error`, `warning`, `info`), `cluster_id`, `district`, `field`
    (the row of the form, or a column), `value`, `expected`, `message`, `fix`, `source`, `row` (missing) and
    `geometry` (missing).

    Raises
    ------
    SchemaError
        As `form`.

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {"name": ["A"], "status": "operating", "wastewater_started": False, "wastewater_compliant": True},
    ...     index=pd.Index(["1"], name="cluster_id"),
    ... )
    >>> findings = form_findings(table, "04", period="2026-H1", lang="en")
    >>> findings.loc[findings["severity"] == "error", ["rule", "value", "expected"]].values.tolist()
    [['forms.compliant-over-plants', 1.0, '≤ 0']]
    """
    return check(
        fill(clusters, number, unit=unit, period=period, level=level, units=units, anyway=anyway, lang=lang)
    )


def check(filled: Filled, on: date | None = None) -> pd.DataFrame:
    """Return the findings of a form that is filled in; see `form_findings`.

    With a day also that the form is overdue on it: the clerk has to know, and the form is not to say so.
    """
    late = [] if on is None else _late(filled, on)
    rows = [*late, *_of_the_whole(filled), *_of_the_rows(filled), *_of_the_clusters(filled)]
    found = join_findings([check_identities(filled.table, filled.number, filled.lang), _findings(rows)])
    match filled.unit.level:
        case "district" | "commune":
            return found.assign(district=filled.unit.name)
        case "cluster":
            return found.assign(cluster_id=str(filled.unit.clusters.index[0]))
    return found


def join_findings(tables: list[pd.DataFrame]) -> pd.DataFrame:
    """Return findings under each other, those of the greatest severity first."""
    filled = [table for table in tables if len(table)]
    if not filled:
        return _findings([])
    table = pd.concat(filled, ignore_index=True)
    rank = {severity: rank for rank, severity in enumerate(SEVERITIES)}
    order = table["severity"].map(rank).sort_values(kind="stable").index
    return table.loc[order].reset_index(drop=True)


def check_identities(table: pd.DataFrame, number: str, lang: Language = "vi") -> pd.DataFrame:
    """Return where the rows of one form contradict each other.

    Parameters
    ----------
    table
        Indexed by `row`, with `result` and, where it is known, `qualifier`; as from `form`, or typed in
        from a form that somebody else filled in.
    number
        `02`, `03` or `04`.
    lang
        Language of the messages.

    Returns
    -------
    Findings as from `form_findings`.

    Examples
    --------
    >>> table = pd.DataFrame({"result": [5.0, 3.0, 1.0]}, index=["15", "15.1", "15.2"])
    >>> check_identities(table, "03", "en")["message"].tolist()
    ['Row 15 is 5, but rows 15.1 + 15.2 add up to 4.']
    """
    identities = _RECORD if number == "02" else _AGGREGATE
    results = _Results(table)
    judged = (_judge(results, identity, lang) for identity in identities)
    return _findings([finding for finding in judged if finding])


def check_sum(
    province: pd.DataFrame, units: Mapping[str, pd.DataFrame], lang: Language = "vi"
) -> pd.DataFrame:
    """Return where Form 04 is not the sum of the Forms 03.

    Parameters
    ----------
    province
        Form 04, as from `form`.
    units
        The Forms 03, by name of the unit.
    lang
        Language of the messages.

    Returns
    -------
    Findings as from `form_findings`; an error where all parts are complete, else a warning.

    Examples
    --------
    >>> row = pd.Index(["1"], name="row")
    >>> parts = {"Ba Vì": pd.DataFrame({"result": [2.0]}, index=row)}
    >>> check_sum(pd.DataFrame({"result": [3.0]}, index=row), parts, "en")["message"].tolist()
    ['Row 1 of Form 04 is 3, but the 1 Forms 03 add up to 2.']
    """
    totals, parts = _Results(province), [_Results(table) for table in units.values()]
    found: list[dict[str, object]] = []
    for row in map(str, province.index.drop("19", errors="ignore")):
        total, summed = totals.value(row), math.fsum(part.value(row) for part in parts if part.known(row))
        if abs((total if totals.known(row) else 0.0) - summed) > _NEAR:
            complete = all(table.complete(row) for table in (totals, *parts))
            words = {"row": row, "n": len(parts), "total": _n(total, lang), "sum": _n(summed, lang)}
            severity: Severity = "error" if complete else "warning"
            at = _Place(row, total, _n(summed, lang))
            found.append(_finding("forms.sum", severity, lang, at, words))
    return _findings(found)


class _Results:
    """The results of a form by row, and which of them are complete."""

    def __init__(self, table: pd.DataFrame) -> None:
        rows = table.index.astype(str)
        told = table["qualifier"] if "qualifier" in table else [""] * len(rows)
        self._values: dict[str, float] = dict(zip(rows, table["result"].astype("float64"), strict=True))
        self._qualifiers = dict(zip(rows, told, strict=True))

    def __contains__(self, row: str) -> bool:
        return row in self._values

    def value(self, row: str) -> float:
        return self._values[row]

    def known(self, row: str) -> bool:
        return not math.isnan(self._values[row])

    def complete(self, row: str) -> bool:
        return self.known(row) and not self._qualifiers.get(row)


def _judge(results: _Results, identity: _Identity, lang: Language) -> dict[str, object] | None:
    rows = (identity.left, *identity.right)
    if not all(row in results for row in rows):
        return None
    left, *right = (results.value(row) for row in rows)
    complete = [results.complete(row) for row in rows]
    expected, holds = _compare(identity, left, right)
    words = {"left": identity.left, "right": _right(identity), "value": _n(left, lang)}
    known = all(results.known(row) for row in rows)
    if not known or not _provable(identity, complete, holds=holds):
        return _finding("forms.unchecked", "info", lang, _Place(identity.left, left), words)
    if holds:
        return None
    limit = ("≤ " if identity.sign == "≤" else "") + _n(expected, lang)
    words["expected"] = _n(expected, lang)
    return _finding(identity.rule, identity.severity, lang, _Place(identity.left, left, limit), words)


def _compare(identity: _Identity, left: float, right: list[float]) -> tuple[float, bool]:
    match identity.sign:
        case "=":
            expected = math.fsum(right)
            return expected, abs(left - expected) <= _NEAR
        case "÷":
            expected = 100 * right[0] / right[1] if right[1] else math.nan
            return expected, math.isnan(expected) or abs(left - expected) <= _NEAR
    return right[0], not exceeds(left, right[0], identity.tolerance)


def _provable(identity: _Identity, complete: list[bool], *, holds: bool) -> bool:
    """Return whether a comparison decides anything although some results are only "at least"."""
    if all(complete):
        return True
    # What is at least too much is too much; whether it is little enough stays open.
    return identity.sign == "≤" and not holds and complete[1]


def _right(identity: _Identity) -> str:
    return {"=": " + ", "÷": " ÷ ", "≤": ""}[identity.sign].join(identity.right)


def _late(filled: Filled, on: date) -> list[dict[str, object]]:
    if not filled.period.overdue(filled.number, on):
        return []
    due = filled.period.due(filled.number)
    words = {"form": filled.number, "day": due}
    return [_finding("forms.overdue", "warning", filled.lang, _Place("period", filled.period.code), words)]


def _of_the_whole(filled: Filled) -> list[dict[str, object]]:
    lang, period, unit = filled.lang, filled.period, filled.unit
    found = []
    as_of = pd.to_datetime(register_column(unit.clusters, "as_of")).max()
    if pd.notna(as_of) and not period.covers(as_of.date()):
        words = {"day": as_of, "period": period.words(lang)}
        found.append(_finding("forms.other-date", "warning", lang, _Place("as_of", as_of.date()), words))
    if period.end < IN_FORCE:
        found.append(_finding("forms.before-law", "info", lang, _Place("period", period.code)))
    if unit.level == "district" and period.end >= NO_DISTRICTS:
        found.append(_finding("forms.district-gone", "info", lang, _Place("district", unit.name)))
    if unit.unplaced:
        lost = {"n": len(unit.unplaced), "ids": _few(list(unit.unplaced))}
        found.append(_finding("forms.unplaced", "warning", lang, _Place(unit.level, unit.name), lost))
    return found


def _of_the_rows(filled: Filled) -> list[dict[str, object]]:
    lang, found = filled.lang, []
    for row, line in filled.table.iterrows():
        at = _Place(str(row), line["result"])
        if line["missing"]:
            words = {"row": row, "n": line["missing"], "all": line["clusters"]}
            words["ids"] = _few(line["missing_ids"].split("; "))
            found.append(_finding("forms.incomplete", "info", lang, at, words))
        if line["modelled"] > 0:
            words = {"row": row, "amount": _n(line["modelled"], lang), "unit": line["unit"]}
            found.append(_finding("forms.modelled", "warning", lang, at, words))
    return found


def _of_the_clusters(filled: Filled) -> list[dict[str, object]]:
    if filled.number == "02":
        return []
    clusters = filled.unit.clusters
    found = [
        finding for column in ("projects", "leased_ha") for finding in _idle(clusters, column, filled.lang)
    ]
    if filled.number == "04":
        placed = register_column(clusters, "district").notna() | register_column(clusters, "commune").notna()
        for key, name in clusters.loc[~placed, "name"].items():
            finding = _finding(
                "forms.no-unit", "warning", filled.lang, _Place("district", None), {"name": name}
            )
            found.append(finding | {"cluster_id": key})
    return found


def _idle(clusters: pd.DataFrame, column: str, lang: Language) -> list[dict[str, object]]:
    """Return clusters that the register does not call operating although somebody leases land there."""
    figures = register_column(clusters, column).astype("Float64").astype("float64")
    idle = (clusters["status"].astype("string") != "operating") & (figures > 0)
    found = []
    for key, name, figure in zip(clusters.index[idle], clusters["name"][idle], figures[idle], strict=True):
        words = {"name": name, "value": _n(figure, lang), "column": column}
        finding = _finding("forms.operates", "warning", lang, _Place(column, figure, 0), words)
        found.append(finding | {"cluster_id": key})
    return found


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a finding is: a row of the form or a column, what stands there, and what should."""

    field: str
    value: object
    expected: object = None


def _finding(
    rule: str, severity: Severity, lang: Language, at: _Place, words: Mapping[str, object] | None = None
) -> dict[str, object]:
    message, fix = verdict(rule, lang, **(words or {}))
    told = {"rule": rule, "severity": severity, "message": message, "fix": fix, "source": cite(LAW, lang)}
    return told | {"field": at.field, "value": at.value, "expected": at.expected}


def _findings(rows: list[dict[str, object]]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=list(FINDING_COLUMNS)).astype(object)
    return table.astype(dict.fromkeys(_TEXTS, "string") | {"row": "Int64"})


def _few(ids: list[str]) -> str:
    return ", ".join(ids[:_SHOWN]) + (", …" if len(ids) > _SHOWN else "")


def _n(value: Any, lang: Language) -> str:  # noqa: ANN401 - a number of any kind
    return format_number(value, lang, 0 if float(value).is_integer() else 1)
