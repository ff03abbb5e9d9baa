"""Which rules run, how severe they are, and their parameters; from a TOML file or a dictionary.

::

    [rules."law.size-above-maximum"]
    severity = "error"
    maximum_ha = 80.0

    [rules."figures.density-outlier"]
    enabled = false
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import cast

from clusters_geo.auditing.rule import SEVERITIES, Rule, Severity, all_rules, rules_like
from clusters_geo.errors import SchemaError
from clusters_geo.reading.side_files import read_toml

__all__ = ["RulesSource", "Settings", "load_settings"]

RulesSource = str | os.PathLike[str] | Mapping[str, object] | None


@dataclass(frozen=True, slots=True)
class Settings:
    """The rules to run, with what was set for each."""

    rules: tuple[Rule, ...]
    severities: Mapping[str, Severity] = field(default_factory=dict)
    parameters: Mapping[str, Mapping[str, object]] = field(default_factory=dict)

    def severity(self, rule: Rule) -> Severity:
        """Return how severe a rule is in this audit."""
        return self.severities.get(rule.id, rule.severity)

    def of(self, rule: Rule) -> dict[str, object]:
        """Return the parameters of a rule in this audit."""
        return {**rule.parameters, **self.parameters.get(rule.id, {})}


def load_settings(
    rules: RulesSource = None, *, only: Collection[str] = (), skip: Collection[str] = ()
) -> Settings:
    """Return which rules run, and how.

    Parameters
    ----------
    rules
        A TOML file, or what it would hold, with a table for each rule under `rules`: `enabled`,
        `severity` and the parameters of the rule.
    only, skip
        Ids, families (`law`) or patterns (`figures.*`).

    Raises
    ------
    SourceError
        If the file cannot be read.
    SchemaError
        If a rule, a parameter or a severity is not known, a value is of the wrong kind, or a pattern fits
        no rule.

    Examples
    --------
    >>> settings = load_settings({"rules": {"law.size-above-maximum": {"maximum_ha": 80}}}, only=["law"])
    >>> settings.of(all_rules()["law.size-above-maximum"])
    {'maximum_ha': 80.0}
    """
    known = all_rules()
    table = _rules_table(rules)
    for rule_id, settings in table.items():
        _check(rule_id, settings, known)
    off = {rule_id for rule_id, settings in table.items() if settings.get("enabled") is False}
    chosen = _fitting(only, known) if only else set(known)
    chosen -= off | _fitting(skip, known)
    return Settings(
        tuple(rule for rule in known.values() if rule.id in chosen),
        {rule_id: cast("Severity", s["severity"]) for rule_id, s in table.items() if "severity" in s},
        {rule_id: _parameters(known[rule_id], settings) for rule_id, settings in table.items()},
    )


def _rules_table(rules: RulesSource) -> dict[str, dict[str, object]]:
    content = rules if isinstance(rules, Mapping) else {} if rules is None else read_toml(rules)
    table = content.get("rules", {})
    strange = [name for name in content if name != "rules"]
    if strange or not isinstance(table, Mapping) or not all(isinstance(v, Mapping) for v in table.values()):
        raise SchemaError(
            "audit.rules-top", found=[str(name) for name in strange] or {"say": "something else"}
        )
    return {str(rule_id): dict(settings) for rule_id, settings in table.items()}


def _check(rule_id: str, settings: Mapping[str, object], known: Mapping[str, Rule]) -> None:
    if rule_id not in known:
        raise SchemaError("audit.rules-unknown", rule_id=rule_id, known=rules_like(rule_id, known))
    if settings.get("severity", "info") not in SEVERITIES:
        raise SchemaError(
            "audit.rules-severity", rule_id=rule_id, severity=settings["severity"], choices=SEVERITIES
        )
    if not isinstance(settings.get("enabled", True), bool):
        raise SchemaError("audit.rules-enabled", rule_id=rule_id, enabled=settings["enabled"])


def _parameters(rule: Rule, settings: Mapping[str, object]) -> dict[str, object]:
    given = {name: value for name, value in settings.items() if name not in ("enabled", "severity")}
    for name in given:
        if name not in rule.parameters:
            has = ", ".join(rule.parameters) or "none"
            raise SchemaError("audit.rules-parameter", rule=rule.id, name=name, has=has)
    return {name: _like(rule, name, value) for name, value in given.items()}


def _like(rule: Rule, name: str, value: object) -> object:
    """Return a value in the kind of the parameter's default; a default of None takes a number."""
    default = rule.parameters[name]
    if isinstance(default, tuple):
        if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
            return tuple(value)
    elif isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
        return int(value) if isinstance(default, int) and value == int(value) else float(value)
    wanted = {"say": "a list of texts" if isinstance(default, tuple) else "a number of at least 0"}
    raise SchemaError("audit.rules-value", rule=rule.id, name=name, value=value, wanted=wanted)


def _fitting(patterns: Collection[str], known: Mapping[str, Rule]) -> set[str]:
    chosen: set[str] = set()
    for pattern in patterns:
        fitting = {r.id for r in known.values() if pattern == r.family or fnmatchcase(r.id, pattern)}
        if not fitting:
            raise SchemaError("audit.no-rule-fits", pattern=pattern, known=rules_like(pattern, known))
        chosen |= fitting
    return chosen
