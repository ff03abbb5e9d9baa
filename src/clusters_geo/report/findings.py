"""Findings of an audit in one of the formats that people and programs read."""

from __future__ import annotations

from importlib import import_module
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clusters_geo.report.audit_report import audit_word
from clusters_geo.report.tables import (
    Sheet,
    json_pieces,
    plain_text,
    to_csv,
    to_json,
    to_markdown,
)
from clusters_geo.words import format_value, is_missing
from clusters_geo.writing import target_of, write_text

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping

    import pandas as pd

    from clusters_geo.auditing.rule import Rule
    from clusters_geo.report.audit_report import AuditReport
    from clusters_geo.schema import Language

__all__ = [
    "FORMATS",
    "TEXT_FORMATS",
    "explain_rule",
    "findings_html",
    "findings_page",
    "findings_text",
    "findings_to_file",
]

TEXT_FORMATS = ("table", "json", "csv", "md", "sarif", "junit", "html")
FORMATS = (*TEXT_FORMATS, "xlsx")

# Imported when they are asked for.
_WRITERS = {
    "sarif": ("ci", "sarif_text"),
    "junit": ("ci", "junit_text"),
    "html": ("findings", "findings_html"),
}

# These have no room for their own provenance; it is written beside them.
_BARE = ("json", "csv")


def findings_text(
    report: AuditReport,
    form: str,
    *,
    width: int | None = None,
    color: bool = False,
    brief: bool = False,
) -> str:
    """Return findings as text.

    Parameters
    ----------
    report
        Findings and their provenance.
    form
        One of `TEXT_FORMATS`.
    width, color
        Of the terminal, for `table`.
    brief
        Counts and verdict only, for `table`.
    """
    if form in _WRITERS:
        module, function = _WRITERS[form]
        return str(getattr(import_module(f"clusters_geo.report.{module}"), function)(report))
    if form == "json":
        return "".join(json_pieces(report.plain))
    if form == "csv":
        return to_csv(report.plain)
    if form == "md":
        return "\n\n".join(to_markdown(sheet) for sheet in findings_sheets(report))
    from clusters_geo.report.audit_screen import audit_screen

    return audit_screen(report, width=width, brief=brief, color=color)


def findings_to_file(
    report: AuditReport, form: str, path: str | os.PathLike[str], *, brief: bool = False
) -> list[Path]:
    """Write findings whole or not at all, with `<path>.provenance.json` where the format has no room for it.

    Returns
    -------
    What was written.

    Raises
    ------
    SourceError
        If the file cannot be written.
    EngineError
        If openpyxl is needed and not installed.
    """
    if form == "xlsx":
        from clusters_geo.report.xlsx import findings_workbook

        return [findings_workbook(report, path)]
    if form == "json":
        written = [write_text(path, chain(json_pieces(report.plain), "\n"), form)]
    else:
        text = findings_text(report, form, brief=brief).rstrip("\n") + "\n"
        written = [write_text(path, text, form)]
    if form in _BARE and not target_of(path).streams:
        beside = f"{Path(path)}.provenance.json"
        written.append(write_text(beside, to_json(report.provenance()) + "\n", "json"))
    return written


def findings_sheets(report: AuditReport) -> list[Sheet]:
    """Return the summary by rule and severity, then the findings of each district."""
    return [_summary(report), *(_of_district(report, name, rows) for name, rows in report.by_district())]


def explain_rule(rule: Rule, lang: Language = "vi") -> str:
    """Return a rule in full: what it asks, why, by which source, with which parameters."""
    parameters = [f"{name} = {_parameter(value, lang)}" for name, value in rule.parameters.items()]
    lines = [
        f"{rule.id} – {rule.words('title', lang)}",
        "",
        rule.words("why", lang),
        "",
        f"{audit_word('severity', lang)}: {audit_word(rule.severity, lang)}",
        f"{audit_word('source', lang)}: {rule.words('source', lang)}",
        f"{audit_word('needs', lang)}: {', '.join(rule.needs) or '–'}",
        f"{audit_word('parameters', lang)}: {'; '.join(parameters) or audit_word('none_set', lang)}",
        f"{audit_word('fix', lang)}: {rule.words('fix', lang)}",
    ]
    return "\n".join(lines)


def _summary(report: AuditReport) -> Sheet:
    header = tuple(report.say(key) for key in ("rule", "severity", "what", "findings"))
    rows = tuple((rule, report.say(severity), title, str(n)) for rule, severity, title, n in report.counts())
    skipped = [report.say("not_judged_note", rule=rule, why=why) for rule, why in report.not_judged()]
    notes = (*report.headline(), *report.whole_elsewhere(), *skipped, *report.provenance_lines())
    return Sheet(report.say("title"), header, rows, frozenset({3}), notes)


def _of_district(report: AuditReport, name: str, rows: pd.DataFrame) -> Sheet:
    keys = ["severity", "cluster_id", "rule", "message", "fix"]
    if "state" in rows:
        keys.insert(0, "state")
    cells = tuple(
        tuple(_cell(report, key, row[key]) for key in keys) for row in rows[keys].to_dict("records")
    )
    return Sheet(f"{name} ({len(rows)})", tuple(report.say(key) for key in keys), cells)


def _cell(report: AuditReport, key: str, value: object) -> str:
    if key == "cluster_id":
        return report.cluster(value)
    if is_missing(value):
        return ""
    return report.say(str(value)) if key in ("severity", "state") else format_value(value, report.lang)


def _parameter(value: object, lang: Language) -> str:
    if value is None:
        return audit_word("by_law", lang)
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def findings_html(report: AuditReport) -> str:
    """Return the page: summary, findings by district, what was not judged, provenance, room to sign."""
    return findings_page(
        report,
        headline=[*report.headline(), *report.whole_elsewhere()],
        counts=[(r, s, report.say(s), title, n) for r, s, title, n in report.counts()],
        sections=report.by_district(),
    )


def findings_page(
    report: AuditReport,
    *,
    headline: list[str],
    counts: list[tuple[str, str, str, str, int]],
    sections: Iterable[tuple[str, pd.DataFrame]],
) -> str:
    """Return a page of findings under headings, with counts before and the provenance below.

    Parameters
    ----------
    report
        The audit whose rules and provenance are told.
    headline
        What is said first, a line each.
    counts
        Rule, severity, its word, what it is, how many.
    sections
        Headings with the findings below them.
    """
    from jinja2 import Environment

    page = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(_template())
    return plain_text(
        page.render(
            lang=report.lang,
            title=report.say("title"),
            headline=headline,
            counts=counts,
            summary_header=[report.say(key) for key in ("severity", "what", "findings")],
            none=report.say("none"),
            districts=[(name, _rows(report, rows)) for name, rows in sections],
            header=[report.say(key) for key in ("severity", "cluster_id", "message", "fix")],
            not_judged=report.not_judged(),
            not_judged_title=report.say("not_judged"),
            rules=report.rule_rows(),
            rules_title=report.say("rules_and_limits"),
            provenance_title=report.say("provenance"),
            provenance=report.provenance_lines(),
            prepared=report.say("prepared"),
            approved=report.say("approved"),
        )
    )


def _template() -> str:
    return Path(__file__).with_name("audit.html").read_text(encoding="utf-8")


def _rows(report: AuditReport, rows: pd.DataFrame) -> list[dict[str, str]]:
    return [
        {
            "severity": str(row["severity"]),
            "severity_word": report.say(str(row["severity"])),
            "cluster": report.cluster(row["cluster_id"]),
            "message": _text(report, row["message"]),
            "fix": _text(report, row["fix"]),
            "rule": str(row["rule"]),
            "source": _text(report, row["source"]),
            "state": _text(report, row.get("state")),
            "note": _note(report, row),
        }
        for row in rows.to_dict("records")
    ]


def _note(report: AuditReport, row: Mapping[Any, Any]) -> str:
    if is_missing(row.get("state")):
        return ""
    state = report.say(str(row["state"]))
    if row["state"] == "accepted":
        return f"[{state} – {row['reason']}, {format_value(row['expires'], report.lang)}]"
    return f"[{state}]"


def _text(report: AuditReport, value: object) -> str:
    return "" if is_missing(value) else format_value(value, report.lang)
