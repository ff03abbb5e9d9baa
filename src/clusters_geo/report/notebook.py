"""How a summary shows itself in a notebook: units, %, ≈ and headings, while it stays a plain table."""
# Small: imported only where a notebook shows a table.

from __future__ import annotations

import os
from html import escape
from operator import methodcaller
from typing import TYPE_CHECKING

from clusters_geo.report.sheets import summary_table_sheet

if TYPE_CHECKING:
    import pandas as pd

    from clusters_geo.schema import Language

__all__ = ["table_html"]

# What only a table of `summarize` has, whole.
_MARKS = frozenset(
    {"operating_clusters", "planned_ha", "fill_rate_by", "fill_rate_stated_clusters", "estimated"}
)


def table_html(table: pd.DataFrame) -> str | None:
    """Return a summary as HTML in the language of CLUSTERS_GEO_LANG (Vietnamese by default).

    Any other table is shown as pandas shows it.

    Examples
    --------
    >>> import clusters_geo as cg
    >>> clusters, _ = cg.load_hanoi()
    >>> "82,6 %" in table_html(cg.summarize(clusters))
    True
    """
    if not set(table.columns) >= _MARKS or table.columns.nlevels > 1 or table.index.nlevels > 1:
        plain: str | None = methodcaller("_repr_html_")(table)  # what a notebook itself would ask for
        return plain
    lang: Language = "en" if os.environ.get("CLUSTERS_GEO_LANG") == "en" else "vi"
    sheet = summary_table_sheet(table, str(table.index.name or "total"), lang)
    head = "".join(f"<th>{escape(words)}</th>" for words in ("", *sheet.header[1:]))
    body = "".join(
        f"<tr><th>{escape(row[0])}</th>{''.join(f'<td>{escape(cell)}</td>' for cell in row[1:])}</tr>"
        for row in sheet.rows
    )
    notes = "".join(f"<p><small>{escape(note)}</small></p>" for note in sheet.notes)
    caption = f"<caption>{escape(sheet.title)}</caption>"
    return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{notes}"
