"""All rules, in the order of their families."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from clusters_geo.auditing.rule import RULES
from clusters_geo.errors import SchemaError
from clusters_geo.names import did_you_mean

if TYPE_CHECKING:
    from clusters_geo.auditing.rule import Rule

__all__ = ["FAMILIES", "all_rules", "find_rule"]

# Each family, the module that declares it, and its title.
FAMILIES: dict[str, tuple[str, str, str]] = {
    "figures": ("figures", "Số liệu", "Figures"),
    "geometry": ("geometry", "Ranh giới", "Outlines"),
    "law": ("law", "Pháp luật", "Law"),
    "districts": ("districts_layer", "Lớp quận, huyện", "Layer of districts"),
    "pipeline": ("pipeline", "Tiến độ", "Pipeline"),
    "trust": ("trust", "Độ tin cậy", "Trust"),
}


def all_rules() -> dict[str, Rule]:
    """Return every rule by its id, family by family.

    Examples
    --------
    >>> list(all_rules())[0]
    'figures.not-a-number'
    """
    for module, _, _ in FAMILIES.values():
        import_module(f"clusters_geo.auditing.{module}")
    families = list(FAMILIES)
    return {rule.id: rule for rule in sorted(RULES.values(), key=lambda rule: families.index(rule.family))}


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
    near = ", ".join(did_you_mean(rule_id, rules)) or "none is similar"
    msg = f"There is no rule {rule_id!r}. Did you mean: {near}? `clusters-geo audit explain` lists all."
    raise SchemaError(msg)
