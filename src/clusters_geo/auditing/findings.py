"""Hits become one table: worded in one language, in a fixed order, each with the place it is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from clusters_geo.auditing.rule import SEVERITIES
from clusters_geo.crs import HANOI_CRS
from clusters_geo.schema import column, label
from clusters_geo.words import catalogue, cite, fill, format_value, is_missing, speaker

if TYPE_CHECKING:
    from collections.abc import Iterable

    from clusters_geo.auditing.register import Register
    from clusters_geo.auditing.rule import Hit, Rule, Severity
    from clusters_geo.schema import Language

__all__ = ["FINDING_COLUMNS", "count_by_severity", "findings_table"]

FINDING_COLUMNS = (
    "rule",
    "severity",
    "cluster_id",
    "district",
    "field",
    "value",
    "expected",
    "message",
    "fix",
    "source",
    "row",
    "geometry",
)

_say = speaker("audit")
_TEXTS = ("rule", "severity", "cluster_id", "district", "field", "message", "fix", "source")


def findings_table(
    found: Iterable[tuple[Rule, Severity, Hit]], register: Register, lang: Language
) -> gpd.GeoDataFrame:
    """Return hits as the table of findings.

    Parameters
    ----------
    found
        Each hit with its rule and the severity it has in this audit.
    register
        What was audited.
    lang
        The language of `message` and `fix`.

    Returns
    -------
    One row per finding with `FINDING_COLUMNS`, errors first, then by rule and row of the register. `row`
    is that of the sheet or the text file, as `inspect` counts them; of a layer or a table of your own the
    record, from 1. `geometry` is where it is, in the coordinate system of the clusters.
    `.attrs["other_language"]` has each message and fix in the other language, for pages that have both.
    """
    found = list(found)
    rows = [_finding(rule, severity, hit, register, lang) for rule, severity, hit in found]
    table = pd.DataFrame(rows, columns=list(FINDING_COLUMNS))
    order = table["severity"].map({severity: rank for rank, severity in enumerate(SEVERITIES)})
    # Of two sheets the rows count from 1 again; the records do not.
    records = pd.Series([hit.row for _, _, hit in found], index=table.index, dtype="Float64")
    keys = table.assign(order=order, no_row=records.isna(), record=records)
    keys = keys.sort_values(["order", "rule", "no_row", "record", "field", "message"], kind="stable")
    table = table.loc[keys.index].reset_index(drop=True)
    table = table.astype(
        dict.fromkeys(_TEXTS, "string") | {"row": "Int64", "value": "object", "expected": "object"}
    )
    shapes = gpd.GeoSeries(list(table["geometry"]), crs=HANOI_CRS, index=table.index)
    crs = getattr(register.clusters, "crs", None)
    named = gpd.GeoDataFrame(table.drop(columns="geometry"), geometry=shapes.to_crs(crs or HANOI_CRS))
    named.attrs["other_language"] = _other_language(found, rows, register, lang)
    return named


def _other_language(
    found: list[tuple[Rule, Severity, Hit]],
    rows: list[tuple[object, ...]],
    register: Register,
    lang: Language,
) -> dict[str, str]:
    texts: dict[str, str] = {}
    other: Language = "en" if lang == "vi" else "vi"
    message, fix = (FINDING_COLUMNS.index(name) for name in ("message", "fix"))
    for (rule, _, hit), row in zip(found, rows, strict=True):
        texts[str(row[message])] = _message(rule, hit, _soft(rule, hit, register), other)
        texts[str(row[fix])] = rule.words("fix", other)
    return texts


def count_by_severity(findings: pd.DataFrame) -> dict[str, int]:
    """Return how many findings there are of each severity.

    Examples
    --------
    >>> count_by_severity(pd.DataFrame({"severity": ["info", "error", "info"]}))
    {'error': 1, 'warning': 0, 'info': 2}
    """
    counts = findings["severity"].value_counts()
    return {severity: int(counts.get(severity, 0)) for severity in SEVERITIES}


def _finding(
    rule: Rule, severity: Severity, hit: Hit, register: Register, lang: Language
) -> tuple[object, ...]:
    soft = _soft(rule, hit, register)
    cluster, district, shape = _place(hit, register)
    return (
        rule.id,
        "info" if soft else severity,
        cluster,
        district,
        hit.field,
        _plain(hit.value, lang),
        _plain(hit.expected, lang),
        _message(rule, hit, soft, lang),
        rule.words("fix", lang),
        _source(rule, hit, lang),
        _row(hit, register),
        shape,
    )


def _row(hit: Hit, register: Register) -> int | None:
    if hit.row is None:
        return None
    return register.line(hit.row) if hit.layer == "clusters" else hit.row + 1


def _message(rule: Rule, hit: Hit, soft: list[str], lang: Language) -> str:
    values = {"value": hit.value, "expected": hit.expected, "field": hit.field or ""} | dict(hit.details)
    said = {name: _worded(name, value, lang) for name, value in values.items()}
    message = fill(rule.words("message", lang), said, lang)
    if not soft:
        return message
    names = ", ".join(_say("borders", lang) if name == "districts" else label(name, lang) for name in soft)
    return f"{message} {_say('soft_note', lang, names=names)}"


def _source(rule: Rule, hit: Hit, lang: Language) -> str:
    if not hit.source:
        return rule.words("source", lang)
    worded = catalogue("rules").get(hit.source)
    return cite(hit.source, lang) if worded is None else worded.text(lang)


def _worded(name: str, value: object, lang: Language) -> object:
    """Return a value as words where it is no plain one: a column's label, shares of districts."""
    if name in ("field", "stage") and isinstance(value, str):
        return _plain_label(value, lang)
    if isinstance(value, tuple):
        return "; ".join(
            f"{_say('outside', lang) if unit is None else unit} {format_value(share * 100, lang)} %"
            for unit, share in value
        )
    return value


def _plain_label(name: str, lang: Language) -> str:
    """Return the name of a column, or of a total, without its unit, which stands behind the figure."""
    try:
        declared = column(name)
    except KeyError:
        total = catalogue("reports").get(name)
        return name if total is None else total.text(lang, {})
    return declared.vi if lang == "vi" else declared.en


def _soft(rule: Rule, hit: Hit, register: Register) -> list[str]:
    """Return the figures under a finding that nobody published, declared or measured."""
    if hit.row is None or hit.layer == "districts":
        return []
    names = dict.fromkeys([*rule.needs, *([hit.field] if hit.field else []), *hit.rests_on])
    figures = [name for name in names if "|" not in name and name not in ("totals", "surveyed", "geometry")]
    return [name for name in figures if register.soft(name)[hit.row]]


def _place(hit: Hit, register: Register) -> tuple[object, object, object]:
    """Return the cluster, the district and the shape that a hit is about, on the plane of the audit."""
    if hit.row is None:
        return None, hit.district, hit.geometry
    if hit.layer == "districts":
        return None, hit.district, hit.geometry or register.district_shapes.iloc[hit.row]
    district = hit.district or register.homes.iloc[hit.row]
    shape = hit.geometry
    if shape is None and register.missing("geometry") is None:
        shape = register.shapes.iloc[hit.row]
    return register.clusters.index[hit.row], district, shape


def _plain(value: object, lang: Language) -> object:
    """Return a value as a table keeps it: numbers as they are, the rest as text."""
    if isinstance(value, tuple):
        return _worded("", value, lang)
    if is_missing(value):
        return None
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    return value.item() if hasattr(value, "item") else value
