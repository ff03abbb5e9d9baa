"""Why clusters lie in no known unit, in lines below a table: one a reason, each with what it may be."""
# Small: tables of totals, pending sites, stages, forecasts and changes all end in these lines.

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from clusters_geo.reading.notes import some
from clusters_geo.units.model import unit_labels
from clusters_geo.units.places import locate
from clusters_geo.words import speaker

if TYPE_CHECKING:
    from clusters_geo.schema import Language

__all__ = ["REASONS", "unplaced_notes"]

# As `locate` has them, what most can be done about first.
REASONS = ("several", "unknown-name", "no-commune", "other-province", "outside", "none")
_MOST_UNITS = 3

_say = speaker("units")


def unplaced_notes(
    clusters: pd.DataFrame, units: pd.DataFrame | None, lang: Language = "vi"
) -> tuple[str, ...]:
    """Return why clusters are unplaced, one line a reason, with how many and which.

    Parameters
    ----------
    clusters
        The rows that a table counts.
    units
        The layer by which it counts; without one a table goes by names, and there is nothing to say.
    lang
        Language of the lines.

    Examples
    --------
    >>> import clusters_geo as cg
    >>> clusters, communes = cg.load_hanoi(units="communes")
    >>> unplaced_notes(clusters.loc[["HN-002"]], communes, "en")[0].partition(": ")[2]
    '1 (HN-002: Đông Anh or Thư Lâm).'
    """
    if units is None or clusters.empty:
        return ()
    lies = locate(clusters, units)
    lost = lies[lies["unit"].isna()]
    labels = dict(zip(units.index.astype(str), unit_labels(units), strict=True))
    notes = []
    for reason in REASONS:
        rows = lost[lost["reason"] == reason]
        if len(rows):
            told = [_told(str(key), row, labels, lang) for key, row in rows.iterrows()]
            notes.append(_say(f"unplaced_{reason}", lang, n=len(rows), which=some(told, lang)))
    return tuple(notes)


def _told(key: str, row: pd.Series, labels: dict[str, str], lang: Language) -> str:
    """Return a cluster as its id, with the units that it may lie in, or the name that nobody knows."""
    if row["reason"] == "unknown-name" and pd.notna(row["declared"]):
        return f"{key} “{row['declared']}”"
    if row["reason"] != "several":
        return key
    names = [labels[code] for code in row["candidates"][:_MOST_UNITS]]
    if len(row["candidates"]) > _MOST_UNITS:
        names.append("…")
    return _say("unplaced_which", lang, id=key, units=_say("unplaced_or", lang).join(names))
