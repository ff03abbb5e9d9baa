"""Findings as SARIF 2.1.0 (OASIS), which code-scanning services and editors show.

A register has records, not lines: `startLine` is the record's number, and the cluster is a logical location.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from clusters_geo import __version__
from clusters_geo.report.tables import plain_text
from clusters_geo.words import is_missing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clusters_geo.auditing.rule import Rule
    from clusters_geo.report.audit_report import AuditReport

__all__ = ["junit_text", "sarif_text"]

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {"error": "error", "warning": "warning", "info": "note"}
_BASELINE = {"new": "new", "accepted": "unchanged", "expired": "unchanged", "gone": "absent"}


def sarif_text(report: AuditReport) -> str:
    """Return findings as a SARIF log with one run: rules, results, input files and what was not judged."""
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [_run(report)]}
    return json.dumps(log, ensure_ascii=False, indent=2, allow_nan=False)


def _run(report: AuditReport) -> dict[str, object]:
    index = {rule_id: number for number, rule_id in enumerate(report.rules)}
    driver = {
        "name": "clusters-geo",
        "version": __version__,
        "semanticVersion": __version__,
        "language": report.lang,
        "rules": [_rule(rule, report) for rule in report.rules.values()],
    }
    return {
        "tool": {"driver": driver},
        "invocations": [
            {"executionSuccessful": True, "toolExecutionNotifications": _notifications(report, index)}
        ],
        "artifacts": [
            {"location": {"uri": _uri(i.name)}, "hashes": {"sha-256": i.sha256}} for i in report.inputs
        ],
        "results": [_result(f, report, index) for f in report.findings.to_dict("records")],
        "columnKind": "unicodeCodePoints",
        "properties": report.provenance(),
    }


def _rule(rule: Rule, report: AuditReport) -> dict[str, object]:
    why, fix = rule.words("why", report.lang), rule.words("fix", report.lang)
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.words("title", report.lang)},
        "fullDescription": {"text": why},
        "help": {"text": f"{why} {fix} ({rule.words('source', report.lang)})"},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {"tags": [rule.family], "source": rule.words("source", report.lang)},
    }


def _notifications(report: AuditReport, index: dict[str, int]) -> list[dict[str, object]]:
    return [
        {
            "level": "note",
            "message": {"text": report.say("not_judged_note", rule=rule, why=why)},
            "associatedRule": {"id": rule, "index": index[rule]},
        }
        for rule, why in report.not_judged()
    ]


def _result(finding: Mapping[Any, Any], report: AuditReport, index: dict[str, int]) -> dict[str, object]:
    rule = str(finding["rule"])
    result: dict[str, object] = {
        "ruleId": rule,
        "level": _LEVELS[str(finding["severity"])],
        "message": {"text": str(finding["message"])},
        "locations": [_location(finding, report)],
        "partialFingerprints": {"finding/v1": _fingerprint(finding)},
    }
    if rule in index:
        result["ruleIndex"] = index[rule]
    state = finding.get("state")
    if not is_missing(state):
        result["baselineState"] = _BASELINE[str(state)]
    if state == "accepted":
        result["suppressions"] = [{"kind": "external", "justification": str(finding["reason"])}]
    return result


def _location(finding: Mapping[Any, Any], report: AuditReport) -> dict[str, object]:
    location: dict[str, object] = {}
    if report.inputs:
        # Findings without a cluster may be about the second file, the layer of districts.
        of_districts = str(finding["rule"]).startswith("districts.") and is_missing(finding["cluster_id"])
        file = report.inputs[-1 if of_districts else 0]
        row = finding["row"]
        location["physicalLocation"] = {
            "artifactLocation": {"uri": _uri(file.name)},
            "region": {"startLine": 1 if is_missing(row) else int(row)},
        }
    names = [str(finding[key]) for key in ("district", "cluster_id", "field") if not is_missing(finding[key])]
    if names:
        location["logicalLocations"] = [{"name": names[-1], "fullyQualifiedName": "/".join(names)}]
    return location


def _fingerprint(finding: Mapping[Any, Any]) -> str:
    keys = ("rule", "cluster_id", "district", "field", "value")
    return hashlib.sha256(json.dumps([str(finding[key]) for key in keys]).encode()).hexdigest()[:32]


def _uri(name: str) -> str:
    from urllib.parse import quote

    return quote(name)


def junit_text(report: AuditReport) -> str:
    """Return findings as JUnit XML.

    Findings at or above `fail_on` that nobody accepted are failures; others are shown with a passed case.
    A rule that could not be judged is a skipped case with the reason.
    """
    root = ET.Element("testsuites", name=report.say("title"))
    families = dict.fromkeys(rule.family for rule in report.rules.values())
    for family in families:
        _suite(root, report, family)
    for key in ("tests", "failures", "skipped"):
        root.set(key, str(sum(int(suite.get(key, "0")) for suite in root)))
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode")


def _suite(root: ET.Element, report: AuditReport, family: str) -> None:
    suite = ET.SubElement(root, "testsuite", name=report.family_title(family), errors="0")
    properties = ET.SubElement(suite, "properties")
    for line in report.provenance_lines():
        ET.SubElement(properties, "property", name="provenance", value=plain_text(line))
    skipped = dict(report.not_judged())
    for rule in report.rules.values():
        if rule.family == family:
            _cases(suite, report, rule, skipped.get(rule.id))
    suite.set("tests", str(len(suite.findall("testcase"))))
    suite.set("failures", str(len(suite.findall("testcase/failure"))))
    suite.set("skipped", str(len(suite.findall("testcase/skipped"))))


def _cases(suite: ET.Element, report: AuditReport, rule: Rule, why: str | None) -> None:
    title = rule.words("title", report.lang)
    found = report.present[report.present["rule"] == rule.id]
    if found.empty:
        case = ET.SubElement(suite, "testcase", classname=rule.id, name=title)
        if why is not None:
            ET.SubElement(case, "skipped", message=plain_text(why))
    failing = set(report.failing.index)
    for number, finding in zip(found.index, found.to_dict("records"), strict=True):
        place = [str(finding[k]) for k in ("district", "cluster_id") if not is_missing(finding[k])]
        name = plain_text(f"{title} – {', '.join(place) or report.say('everywhere')}")
        case = ET.SubElement(suite, "testcase", classname=rule.id, name=name)
        text = plain_text(f"{finding['message']}\n{finding['fix']}\n{finding['source']}")
        if number in failing:
            failure = ET.SubElement(case, "failure", type=str(finding["severity"]))
            failure.set("message", plain_text(str(finding["message"])))
            failure.text = text
        else:
            ET.SubElement(case, "system-out").text = text
