"""Lists as a person reads them: the pending sites and the supporting-industry programme."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from clusters_geo.report.numbers import MISSING, format_number, format_percent
from clusters_geo.report.sheet import Sheet
from clusters_geo.report.words import say
from clusters_geo.schema import label

if TYPE_CHECKING:
    from collections.abc import Hashable

    from clusters_geo.schema import Language

__all__ = ["footnotes", "pending_sheet", "programme_sheet"]

_PENDING = ("cluster_id", "name", "district", "commune", "planned_ha", "source")
_PROGRAMME = ("indicator", "scope", "year", "target", "result", "attainment", "lead_years", "source")


def footnotes(sources: pd.Series) -> tuple[list[str], tuple[str, ...]]:
    """Return a mark for each row and the notes that the marks stand for, each source once.

    Examples
    --------
    >>> footnotes(pd.Series(["Plan 35", "Plan 94", "Plan 35", None]))
    (['[1]', '[2]', '[1]', '–'], ('[1] Plan 35', '[2] Plan 94'))
    """
    marks = {source: f"[{number}]" for number, source in enumerate(sources.dropna().unique(), start=1)}
    notes = tuple(f"{mark} {source}" for source, mark in marks.items())
    return [marks.get(source, MISSING) for source in sources], notes


def pending_sheet(sites: pd.DataFrame, lang: Language) -> Sheet:
    """Return the pending sites, one a row; a modelled area carries "≈"."""
    flat = sites.reset_index()
    shown = [name for name in _PENDING if name in flat]
    sources: tuple[str, ...] = ()
    if "source" in flat:
        flat["source"], sources = footnotes(flat["source"])
    rough = flat.get("planned_ha_basis", pd.Series("", index=flat.index)) == "modelled"
    cells = {name: [_text(value) for value in flat[name]] for name in shown}
    if "planned_ha" in flat:
        pairs = zip(flat["planned_ha"], rough.fillna(value=False), strict=True)
        cells["planned_ha"] = [("≈ " if about else "") + format_number(ha, lang) for ha, about in pairs]
    any_rough = bool(rough.any())
    legend = [say("modelled_note", lang)] if any_rough else []
    notes = [_total_note(flat, lang, rough=any_rough), *legend, *sources]
    header = tuple(label(name, lang) for name in shown)
    numeric = frozenset(number for number, name in enumerate(shown) if name == "planned_ha")
    rows = tuple(zip(*cells.values(), strict=True))
    return Sheet(say("pending_title", lang), header, rows, numeric, tuple(notes))


def programme_sheet(table: pd.DataFrame, lang: Language) -> Sheet:
    """Return the programme's indicators, one a row, with attainment and lead or lag."""
    marks, sources = footnotes(table["source"])
    rows = tuple(
        (*_programme_cells(row, lang), mark)
        for row, mark in zip(table.to_dict("records"), marks, strict=True)
    )
    header = tuple(say(key, lang) for key in _PROGRAMME)
    return Sheet(say("programme", lang), header, rows, frozenset({2, 5, 6}), sources)


def _programme_cells(row: dict[Hashable, Any], lang: Language) -> tuple[str, ...]:
    name = row[f"indicator_{lang}"]
    return (
        _text(row["indicator"] if pd.isna(name) else name),
        _text(row["scope"]),
        f"{row['year']:.0f}",
        _qualified(row["target_qualifier"], (row["target"], row["target_max"]), row["unit"], lang),
        _qualified(row["result_qualifier"], (row["result"],), row["unit"], lang),
        _at_least(row) + format_percent(row["attainment"], lang),
        MISSING if pd.isna(row["lead_years"]) else f"{row['lead_years']:+.0f}".replace("+0", "0"),
    )


def _qualified(qualifier: object, values: tuple[float, ...], unit: object, lang: Language) -> str:
    write = format_percent if unit == "share" else format_number
    known = [write(value, lang, 0) for value in values if not pd.isna(value)]
    if not known:
        return MISSING
    return (say(qualifier, lang) if isinstance(qualifier, str) else "") + "–".join(known)


def _at_least(row: dict[Hashable, Any]) -> str:
    # "More than 900" of 920 is at least 97.8 %, not 97.8 %.
    return "≥ " if row["result_qualifier"] == "more than" and not pd.isna(row["attainment"]) else ""


def _total_note(sites: pd.DataFrame, lang: Language, *, rough: bool) -> str:
    ha = sites["planned_ha"].sum() if "planned_ha" in sites else None
    about = "≈ " if rough else ""
    return f"{say('total', lang)}: {len(sites)}; {about}{format_number(ha, lang)} ha"


def _text(value: Any) -> str:  # noqa: ANN401 - a cell of any kind
    return MISSING if pd.isna(value) else str(value)
