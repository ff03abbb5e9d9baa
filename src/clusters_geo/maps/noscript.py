"""What a page shows where no script runs, as in the previews of mail: totals, a table, a still map."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import pandas as pd

from clusters_geo.maps.plain import plain_text
from clusters_geo.measure.rates import fill_rates
from clusters_geo.measure.trust import MARK, doubtful_cells
from clusters_geo.report.sheets import summary_sheet, summary_table_sheet
from clusters_geo.report.svg_map import has_place, svg_map
from clusters_geo.schema import STATUSES
from clusters_geo.words import MISSING, format_number, format_percent, is_missing, speaker

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd

    from clusters_geo.schema import Language

__all__ = ["without_script"]

_say = speaker("map")
# A preview is looked at, not searched; more rows would make the file too large for a mail.
_ROWS = 150
_NUMBERED = 60


def without_script(  # noqa: PLR0913 - all but the tables is keyword-only
    clusters: gpd.GeoDataFrame,
    units: gpd.GeoDataFrame,
    home: pd.Series,
    *,
    level: str,
    focus: str | None,
    totals: pd.DataFrame,
    lang: Language,
    title: str,
) -> str:
    """Return markup without script, style or link, of at most 60 kB.

    Parameters
    ----------
    clusters, units, home
        What the map is about, its units, and the unit of each cluster.
    level
        Of which level the units are.
    focus
        The one unit that the map is about, or None.
    totals
        Totals of what is shown, as from `summarize`: a row a unit, the last for all.
    lang, title
        Language and heading.
    """
    plain = pd.DataFrame(clusters.drop(columns=clusters.geometry.name))
    sheet = summary_sheet(plain, lang, totals=totals.iloc[-1])
    # Of one unit the clusters are told: a table of a single row would say the totals again.
    single = units.empty or focus is not None
    heads, rows, rest = _clusters(clusters, home, lang) if single else _units(totals, level, lang)
    # A number beside each symbol finds its row, where so few are drawn that there is room.
    numbers = [str(n) for n in range(1, len(clusters) + 1)] if single and len(clusters) <= _NUMBERED else None
    if numbers:
        heads, rows = ("", *heads), [(n, *row) for n, row in zip(numbers, rows, strict=True)]
    parts = [
        f"<h1>{_text(title)}</h1>",
        f"<p><strong>{_text(_say('noscript', lang))}</strong></p>",
        svg_map(clusters, units, lang=lang, title=title, focus=focus, labels=numbers)
        if has_place(clusters, units)
        else f"<p>{_text(_say('nonePlaced', lang))}</p>",
        _table(sheet.header, sheet.rows),
        *(f"<p>{_text(note)}</p>" for note in sheet.notes),
        _table(heads, rows),
        *([f"<p>{_text(_say('moreRows', lang, n=rest))}</p>"] if rest else []),
    ]
    return "\n".join(parts)


def _units(
    totals: pd.DataFrame, level: str, lang: Language
) -> tuple[tuple[str, ...], list[tuple[str, ...]], int]:
    sheet = summary_table_sheet(totals, level, lang)
    return sheet.header, list(sheet.rows[:_ROWS]), len(sheet.rows) - len(sheet.rows[:_ROWS])


def _clusters(
    clusters: gpd.GeoDataFrame, home: pd.Series, lang: Language
) -> tuple[tuple[str, ...], list[tuple[str, ...]], int]:
    rates = fill_rates(clusters)["fill_rate"]
    rough = doubtful_cells(clusters, "planned_ha")
    planned = clusters.get("planned_ha", pd.Series(float("nan"), index=clusters.index))
    status = {name: both[0 if lang == "vi" else 1] for name, both in STATUSES.items()}
    rows: list[tuple[str, ...]] = [
        (
            str(name),
            str(unit),
            status.get(str(state), MISSING),
            _signed(ha, lang, doubt=doubt),
            format_percent(rate, lang),
        )
        for name, unit, state, ha, doubt, rate in zip(
            clusters["name"], home.fillna(MISSING), clusters["status"], planned, rough, rates, strict=True
        )
    ]
    heads = tuple(_say(key, lang) for key in ("cluster", "unit", "status", "haColumn", "fillColumn"))
    return heads, rows[:_ROWS], max(len(rows) - _ROWS, 0)


def _signed(value: float, lang: Language, *, doubt: bool) -> str:
    words = format_number(value, lang)
    return f"{MARK} {words}" if doubt and words != MISSING else words


def _table(header: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    head = "".join(f'<th align="left">{_text(words)}</th>' for words in header)
    body = "".join(f"<tr>{''.join(f'<td>{_text(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f'<table border="1" cellpadding="3"><tr>{head}</tr>{body}</table>'


def _text(value: object) -> str:
    return escape(MISSING if is_missing(value) else plain_text(value))
