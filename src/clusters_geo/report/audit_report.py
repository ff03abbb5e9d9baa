"""What every report of an audit says: findings, counts, what was not judged, provenance."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from clusters_geo import __version__
from clusters_geo.auditing.rule import SEVERITIES, all_rules
from clusters_geo.names import name_order
from clusters_geo.reading.opening import hashed
from clusters_geo.words import MISSING, catalogue, format_value, is_missing, speaker

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from clusters_geo.auditing.rule import Rule, Severity
    from clusters_geo.schema import Language

__all__ = ["AuditReport", "Input", "audit_word", "input_file"]


audit_word = speaker("audit")

# Beyond this nobody reads findings one by one, and a page or workbook of all opens in no program: what is
# made for people then tells the first of each rule. A province has some 1,000 findings.
MOST_TOLD = 5_000
FIRST_TOLD = 20


@dataclass(frozen=True, slots=True)
class Input:
    """A file that was audited: its name, the SHA-256 of its content, and its coordinate system."""

    name: str
    sha256: str
    crs: str


def input_file(path: Path, crs: object) -> Input:
    """Return what a report says about a file; the parts of a Shapefile are hashed one after the other.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    with hashed(path) as sha256:
        return Input(path.name, sha256, "–" if crs is None else str(crs))


@dataclass(frozen=True)
class AuditReport:
    """Findings with all that a reader needs to trust them and to repeat them; names of clusters by id."""

    findings: pd.DataFrame
    inputs: tuple[Input, ...] = ()
    lang: Language = "vi"
    fail_on: Severity | None = "error"
    made_on: date | None = None
    names: Mapping[object, object] = field(default_factory=dict)

    def say(self, key: str, /, **values: object) -> str:
        """Return a word in the report's language."""
        return audit_word(key, lang=self.lang, **{name: v for name, v in values.items() if name != "lang"})

    @cached_property
    def record(self) -> dict[str, object]:
        """What the audit recorded of itself; empty if the table lost it."""
        return dict(self.findings.attrs.get("audit", {}))

    @cached_property
    def runs(self) -> Sequence[dict[str, Any]]:
        """What became of each rule."""
        runs = self.record.get("rules", [])
        return runs if isinstance(runs, list) else []

    @cached_property
    def rules(self) -> dict[str, Rule]:
        """The rules of this audit, in the order they ran."""
        known = all_rules()
        return {str(run["rule"]): known[str(run["rule"])] for run in self.runs}

    @cached_property
    def present(self) -> pd.DataFrame:
        """The findings that are there now, without those that are gone."""
        if "state" not in self.findings:
            return self.findings
        return self.findings[self.findings["state"] != "gone"]

    @cached_property
    def failing(self) -> pd.DataFrame:
        """The findings that make the command end with 1: severe enough, and not accepted."""
        severe = SEVERITIES[: SEVERITIES.index(self.fail_on) + 1] if self.fail_on else ()
        found = self.present[self.present["severity"].isin(severe)]
        return found[found["state"] != "accepted"] if "state" in found else found

    def cluster(self, cluster_id: object) -> str:
        """Return the id of a cluster with its name, where that is known; else nothing."""
        if is_missing(cluster_id):
            return ""
        name = self.names.get(cluster_id)
        return str(cluster_id) if is_missing(name) else f"{cluster_id} {name}"

    @cached_property
    def plain(self) -> pd.DataFrame:
        """The findings without their shapes, which no report but a map shows."""
        return pd.DataFrame(self.findings).drop(columns="geometry")

    @cached_property
    def shortened(self) -> bool:
        """Whether there are too many findings to tell each of them to a person."""
        return len(self.plain) > MOST_TOLD

    @cached_property
    def told(self) -> pd.DataFrame:
        """The findings that are told one by one: all, or the first of each rule."""
        if not self.shortened:
            return self.plain
        return self.plain.groupby(["rule", "severity"], sort=False, observed=True).head(FIRST_TOLD)

    def whole_elsewhere(self) -> list[str]:
        """Return the line that says how much is told and where the rest is; nothing if all is told."""
        if not self.shortened:
            return []
        first, every = (format_value(n, self.lang) for n in (FIRST_TOLD, len(self.plain)))
        return [self.say("first_of_each_rule", first=first, every=every)]

    def by_district(self) -> Iterator[tuple[str, pd.DataFrame]]:
        """Return the findings told of each district, those of the whole register last."""
        of = dict(iter(self.told.groupby(self.told["district"].astype(object), dropna=True)))
        for name in sorted(of, key=name_order):
            yield name, of[name]
        everywhere = self.told[self.told["district"].isna()]
        if len(everywhere):
            yield self.say("everywhere"), everywhere

    def counts(self) -> list[tuple[str, str, str, int]]:
        """Return rule, severity, title and number of findings, most severe first."""
        order = {severity: rank for rank, severity in enumerate(SEVERITIES)}
        rows = Counter(zip(self.present["rule"], self.present["severity"], strict=True))
        titles = all_rules()
        return [
            (rule, severity, titles[rule].words("title", self.lang), number)
            for (rule, severity), number in sorted(
                rows.items(), key=lambda row: (order[row[0][1]], row[0][0])
            )
        ]

    def not_judged(self) -> list[tuple[str, str]]:
        """Return the rules that could not be judged, and why."""
        return [(str(run["rule"]), str(run["not_judged"])) for run in self.runs if run["not_judged"]]

    def rule_rows(self) -> list[tuple[str, str, str, str, int, int, str]]:
        """Return each rule with title, severity, parameters, rows judged, findings, and why not judged."""
        return [
            (
                rule.id,
                rule.words("title", self.lang),
                self.say(str(run["severity"])),
                "; ".join(f"{name} = {self._limit(value)}" for name, value in run["parameters"].items()),
                run["judged"],
                run["findings"],
                run["not_judged"] or "",
            )
            for rule, run in zip(self.rules.values(), self.runs, strict=True)
        ]

    def _changed(self) -> Iterator[str]:
        """Yield the severities and parameters that a rules file set."""
        for rule, run in zip(self.rules.values(), self.runs, strict=True):
            if run["severity"] != rule.severity:
                yield f"{rule.id}: {self.say(str(run['severity']))}"
            for name, value in run["parameters"].items():
                default = rule.parameters[name]
                if value != (list(default) if isinstance(default, tuple) else default):
                    yield f"{rule.id}: {name} = {self._limit(value)}"

    def _limit(self, value: object) -> str:
        if value is None:
            return self.say("by_law")
        return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)

    def headline(self) -> list[str]:
        """Return the counts in words, and the states if there is a baseline."""
        numbers = {severity: int((self.present["severity"] == severity).sum()) for severity in SEVERITIES}
        lines = [self.say("total", clusters=self.record.get("clusters", "?"), **numbers)]
        if "state" in self.findings:
            states = self.findings["state"].value_counts()
            names = ("new", "expired", "accepted", "gone")
            lines.append(self.say("states", **{name: int(states.get(name, 0)) for name in names}))
        return lines

    def provenance(self) -> dict[str, object]:
        """Return input files, versions, dates, law, and each rule with its parameters, for a program."""
        made = self.made_on or date.today()  # noqa: DTZ011 -- a day, not an instant
        return {
            "tool": "clusters-geo",
            "version": __version__,
            "made_on": made.isoformat(),
            "inputs": [{"name": i.name, "sha256": i.sha256, "crs": i.crs} for i in self.inputs],
            **self.record,
        }

    def provenance_lines(self) -> list[str]:
        """Return the provenance in words, one fact a line."""
        facts = self.provenance()
        for name in {"made_on", "on", "law_on"} & set(facts):
            facts[name] = format_value(date.fromisoformat(str(facts[name])), self.lang)
        lines = [self.say("made", **facts)]
        if self.record:
            lines += [self.say("law", **facts), self.say("ages", **facts)]
            changed = "; ".join(self._changed()) or self.say("none_set")
            lines.append(self.say("rule_set", n=len(self.runs), changed=changed))
        return lines + [
            self.say("input", name=i.name, sha256=i.sha256 or MISSING, crs=i.crs) for i in self.inputs
        ]

    def family_title(self, family: str) -> str:
        """Return the title of a family of rules."""
        return catalogue("rules")[family].text(self.lang)
