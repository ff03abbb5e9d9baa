"""Findings as JUnit XML, which CI servers show as tests: a suite a family, a case a finding."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from clusters_geo.auditing.words import is_missing
from clusters_geo.report.cells import plain_text

if TYPE_CHECKING:
    from clusters_geo.auditing.rule import Rule
    from clusters_geo.report.audit_report import AuditReport

__all__ = ["junit_text"]


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
    title = rule.words(rule.title, report.lang)
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
