"""What changed from one audit to the next, in the formats that people read: five lines, then each finding."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from clusters_geo.auditing.rule import all_rules
from clusters_geo.auditing.since import CHANGES
from clusters_geo.report.audit_report import FIRST_TOLD, MOST_TOLD
from clusters_geo.report.audit_screen import since_lines
from clusters_geo.report.findings import findings_page
from clusters_geo.report.tables import Sheet, json_pieces, to_csv, to_markdown
from clusters_geo.report.xlsx import Worksheet, write_workbook
from clusters_geo.words import format_value, is_missing

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator
    from pathlib import Path

    import pandas as pd

    from clusters_geo.report.audit_report import AuditReport

__all__ = ["SINCE_FORMATS", "since_text", "since_workbook"]

SINCE_FORMATS = ("table", "json", "csv", "md", "html", "xlsx")

_SHOWN = ("severity", "cluster_id", "district", "rule", "value_before", "value", "message", "fix")


def since_text(report: AuditReport, changes: pd.DataFrame, before: str, form: str) -> str:
    """Return the changes as text.

    Parameters
    ----------
    report
        The later audit.
    changes
        As from `compare_findings`.
    before
        What the earlier audit is called.
    form
        One of `SINCE_FORMATS` but `xlsx`.
    """
    match form:
        case "json":
            return "".join(json_pieces(changes))
        case "csv":
            return to_csv(changes)
        case "md":
            return "\n\n".join(to_markdown(sheet) for sheet in _sheets(report, changes, before))
        case "html":
            return findings_page(
                report,
                headline=[*since_lines(report, changes, before), *_shortened(report, changes)],
                counts=_counts(report, changes),
                sections=list(_sections(report, changes)),
            )
    return "\n".join(since_lines(report, changes, before))


def since_workbook(
    report: AuditReport, changes: pd.DataFrame, before: str, path: str | os.PathLike[str]
) -> Path:
    """Write a sheet with the five lines and the counts, and one for each kind of change.

    Raises
    ------
    EngineError, SourceError
        As `write_workbook`.
    """
    first, *others = _sheets(report, changes, before)
    lines = tuple((line, None, None, None, None) for line in first.notes)
    counts = tuple((*row[:-1], int(row[-1])) for row in _count_rows(report, changes))
    pages = [Worksheet(first.title, first.header, (*counts, *lines))]
    pages += [
        Worksheet(sheet.title, sheet.header, tuple(_cells(report, rows)))
        for sheet, (_, rows) in zip(others, _sections(report, changes), strict=True)
    ]
    return write_workbook(pages, path, report.lang)


def _sheets(report: AuditReport, changes: pd.DataFrame, before: str) -> list[Sheet]:
    header = tuple(report.say(key) for key in ("change", "severity", "what", "rule", "findings"))
    rows = tuple((*row[:-1], format_value(row[-1], report.lang)) for row in _count_rows(report, changes))
    notes = (*since_lines(report, changes, before), *_shortened(report, changes))
    first = Sheet(report.say("since_title", before=before), header, rows, frozenset({4}), notes)
    heads = tuple(report.say(key) for key in _SHOWN)
    return [
        first,
        *(
            Sheet(
                title,
                heads,
                tuple(tuple(_text(report, cell) for cell in row) for row in _cells(report, told)),
            )
            for title, told in _sections(report, changes)
        ),
    ]


def _sections(report: AuditReport, changes: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Return each kind of change with its findings: all of them, or the first of each rule."""
    for change in CHANGES:
        rows = changes[changes["change"] == change]
        if len(changes) > MOST_TOLD:
            rows = rows.groupby(["rule", "severity"], sort=False).head(FIRST_TOLD)
        if len(rows):
            yield report.say(f"change_{change}"), rows


def _shortened(report: AuditReport, changes: pd.DataFrame) -> list[str]:
    if len(changes) <= MOST_TOLD:
        return []
    first, every = (format_value(n, report.lang) for n in (FIRST_TOLD, len(changes)))
    return [report.say("first_of_each_rule", first=first, every=every)]


def _count_rows(report: AuditReport, changes: pd.DataFrame) -> list[tuple[str, str, str, str, int]]:
    """Return change, severity, title, rule and how many findings, in the order of the changes."""
    return [
        (report.say(f"change_{change}"), report.say(severity), title, rule, n)
        for change, rule, severity, title, n in _counted(report, changes)
    ]


def _counts(report: AuditReport, changes: pd.DataFrame) -> list[tuple[str, str, str, str, int]]:
    """Return what the page counts: rule, severity, its word, the change with the title, how many."""
    return [
        (rule, severity, report.say(severity), f"{report.say(f'change_{change}')}: {title}", n)
        for change, rule, severity, title, n in _counted(report, changes)
    ]


def _counted(report: AuditReport, changes: pd.DataFrame) -> Iterator[tuple[str, str, str, str, int]]:
    known = all_rules()
    for change in CHANGES:
        rows = changes[changes["change"] == change]
        pairs = zip(rows["rule"].astype(str), rows["severity"].astype(str), strict=True)
        for (rule, severity), n in Counter(pairs).items():
            title = known[rule].words("title", report.lang) if rule in known else rule
            yield change, rule, severity, title, n


def _cells(report: AuditReport, rows: pd.DataFrame) -> Iterator[tuple[object, ...]]:
    for row in rows.to_dict("records"):
        worded = row | {
            "severity": report.say(str(row["severity"])),
            "cluster_id": report.cluster(row["cluster_id"]) or None,
        }
        yield tuple(None if is_missing(worded[key]) else worded[key] for key in _SHOWN)


def _text(report: AuditReport, value: object) -> str:
    return "" if is_missing(value) else format_value(value, report.lang)
