"""Findings as one HTML file to open anywhere, to print on A4 and to sign; nothing in it runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from clusters_geo.auditing.words import in_words, is_missing
from clusters_geo.report.cells import plain_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from clusters_geo.report.audit_report import AuditReport

__all__ = ["findings_html"]

_PREPARED = {"vi": "Người lập", "en": "Prepared by"}
_APPROVED = {"vi": "Người duyệt", "en": "Approved by"}


def findings_html(report: AuditReport) -> str:
    """Return the page: summary, findings by district, what was not judged, provenance, room to sign."""
    from jinja2 import Environment

    page = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(_template())
    return plain_text(
        page.render(
            lang=report.lang,
            title=report.say("title"),
            headline=report.headline(),
            counts=[(r, s, report.say(s), title, n) for r, s, title, n in report.counts()],
            summary_header=[report.say(key) for key in ("severity", "what", "findings")],
            none=report.say("none"),
            districts=[(name, _rows(report, rows)) for name, rows in report.by_district()],
            header=[report.say(key) for key in ("severity", "cluster_id", "message", "fix")],
            not_judged=report.not_judged(),
            not_judged_title=report.say("not_judged"),
            rules=report.rule_rows(),
            rules_title=report.say("rules_and_limits"),
            provenance_title=report.say("provenance"),
            provenance=report.provenance_lines(),
            prepared=_PREPARED[report.lang],
            approved=_APPROVED[report.lang],
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
        return f"[{state} – {row['reason']}, {in_words(row['expires'], report.lang)}]"
    return f"[{state}]"


def _text(report: AuditReport, value: object) -> str:
    return "" if is_missing(value) else in_words(value, report.lang)
