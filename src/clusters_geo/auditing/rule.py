"""What a rule is: a small function that returns hits, with the words and the source that explain them.

The keyword arguments of the function are the parameters of the rule; see `settings` for changing them.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from clusters_geo.errors import SchemaError
from clusters_geo.names import did_you_mean
from clusters_geo.words import catalogue, format_value

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from clusters_geo.schema import Language

__all__ = [
    "FAMILIES",
    "RULES",
    "SEVERITIES",
    "Hit",
    "NotJudgedError",
    "Part",
    "Reason",
    "Rule",
    "Severity",
    "all_rules",
    "find_rule",
    "hits",
    "rule",
    "rules_like",
]

Severity = Literal["error", "warning", "info"]
Part = Literal["title", "why", "message", "fix", "source"]
Reason = Mapping[str, object]  # a phrase of words/phrases.csv, with its values
Check = Callable[..., Iterable["Hit"]]

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")


class NotJudgedError(Exception):
    """A rule has nothing to judge by, such as a text of law; says why."""

    def __init__(self, why: Reason) -> None:
        super().__init__(format_value(why, "en"))
        self.why = why


@dataclass(frozen=True, slots=True)
class Hit:
    """One place where a rule fires.

    `row` is the position in the register, or in the layer of districts if `layer` says so; `details` are
    further values for the message. `source`, where it is not the rule's own, is a text or a key of
    `words/rules.csv`. `rests_on` names figures whose basis counts beyond those the rule needs.
    """

    value: object
    expected: object = None
    row: int | None = None
    field: str | None = None
    district: str | None = None
    layer: Literal["clusters", "districts"] = "clusters"
    geometry: BaseGeometry | None = None
    source: str | None = None  # what sets the limit: a key for `words.cite`
    details: Mapping[str, object] = dataclasses.field(default_factory=dict)
    rests_on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule; what explains it stands in `words/rules.csv` under its id."""

    id: str
    severity: Severity
    needs: tuple[str, ...]
    check: Check
    parameters: Mapping[str, object]

    @property
    def family(self) -> str:
        """The part of the id before the dot."""
        return self.id.partition(".")[0]

    def words(self, part: Part, lang: Language) -> str:
        """Return what explains the rule: its title, why, the message of a finding, the fix, the source."""
        key = self.id if part == "title" else f"{self.id}.{part}"
        return catalogue("rules")[key].text(lang)


RULES: dict[str, Rule] = {}


def rule(rule_id: str, severity: Severity, *, needs: tuple[str, ...] = ()) -> Callable[[Check], Check]:
    """Declare a function as a rule.

    Parameters
    ----------
    rule_id
        Family and name, such as `figures.built-over-planned`.
    needs
        Columns without which nothing can be judged, `a|b` where either is enough; also `geometry`,
        `surveyed` (outlines that are more than a sketch), `districts` and `totals`. Their basis decides
        whether a finding rests on facts.
    """

    def register(check: Check) -> Check:
        signature = inspect.signature(check).parameters.values()
        parameters = {p.name: p.default for p in signature if p.kind is p.KEYWORD_ONLY}
        RULES[rule_id] = Rule(rule_id, severity, needs, check, parameters)
        return check

    return register


def hits(
    where: pd.Series,
    field: str,
    value: pd.Series,
    expected: object = None,
    *,
    source: str | None = None,
    **details: object,
) -> list[Hit]:
    """Return a hit for each row where something holds; Series are read at that row, the rest is repeated."""

    def at(thing: object, row: int) -> object:
        return thing.iloc[row] if isinstance(thing, pd.Series) else thing

    rows = np.flatnonzero(where.fillna(value=False).to_numpy(dtype=bool)).tolist()
    return [
        Hit(
            value=at(value, row),
            expected=at(expected, row),
            row=row,
            field=field,
            source=source,
            details={name: at(detail, row) for name, detail in details.items()},
        )
        for row in rows
    ]


# Each family has a module in rules/ that declares it, and a title in words/rules.csv.
FAMILIES = ("figures", "geometry", "law", "districts", "pipeline", "trust")


def all_rules() -> dict[str, Rule]:
    """Return every rule by its id, family by family.

    Examples
    --------
    >>> list(all_rules())[0]
    'figures.not-a-number'
    """
    for family in FAMILIES:
        import_module(f"clusters_geo.auditing.rules.{family}")
    return {rule.id: rule for rule in sorted(RULES.values(), key=lambda rule: FAMILIES.index(rule.family))}


def find_rule(rule_id: str) -> Rule:
    """Return a rule by its id.

    Raises
    ------
    SchemaError
        If there is none; with what it may have meant.
    """
    rules = all_rules()
    if rule_id in rules:
        return rules[rule_id]
    raise SchemaError("audit.rules-unknown", rule_id=rule_id, known=rules_like(rule_id, rules))


def rules_like(name: str, known: Mapping[str, Rule]) -> dict[str, object]:
    """Return the phrase that tells which rules an unknown name may mean, and which families there are."""
    near = did_you_mean(name, known) or [rule_id for rule_id in known if rule_id.startswith(name)][:3]
    families = list(dict.fromkeys(rule.family for rule in known.values()))
    return {"say": "rules like it" if near else "families of rules", "near": near, "families": families}
