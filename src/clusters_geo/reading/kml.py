"""Links in KML: what they lead to is never opened, and what is not in the file is said."""

from __future__ import annotations

import html
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from clusters_geo.reading.doors import Staged
    from clusters_geo.reading.notes import LoadReport

__all__ = ["note_links", "without_display"]

_SEARCHED_BYTES = 1 << 20
_SHOWN = 5

# How Google Earth is to show a place; GDAL makes a column of each, whether stated or not.
_DISPLAY = (
    "timestamp",
    "begin",
    "end",
    "altitudeMode",
    "tessellate",
    "extrude",
    "visibility",
    "drawOrder",
    "icon",
)
_LINK = re.compile(
    rb"<(?:\w+:)?NetworkLink\b(?:(?!</(?:\w+:)?NetworkLink>).)*?<(?:\w+:)?href>\s*(.*?)\s*</(?:\w+:)?href>",
    re.DOTALL,
)


def note_links(source: Staged, report: LoadReport) -> None:
    """Note the links of a KML or KMZ that lead to no file in it; those in a KMZ are read as layers anyway."""
    known = {_stem(part.name) for part in source.parts}
    links = dict.fromkeys(href for part in source.parts for href in _hrefs(part))
    lost = [href for href in links if "://" in href or _stem(href) not in known]
    if lost:
        report.note("file.links", count=len(lost), links=[href[:80] for href in lost[:_SHOWN]])


def without_display(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table without the columns of display that say the same of every place.

    Examples
    --------
    >>> import pandas as pd
    >>> list(without_display(pd.DataFrame({"Name": ["A", "B"], "extrude": [0, 0], "icon": ["x", "y"]})))
    ['Name', 'icon']
    """
    same = [name for name in _DISPLAY if name in table and len(table[name].drop_duplicates()) == 1]
    return table.drop(columns=same)


def _hrefs(part: Path) -> list[str]:
    with part.open("rb") as opened:
        head = opened.read(_SEARCHED_BYTES)
    return [html.unescape(found.decode("utf-8", "replace")) for found in _LINK.findall(head)]


def _stem(href: str) -> str:
    # GDAL writes the bytes of a name that is not ASCII as 0xE1 into its archives.
    stem = PurePosixPath(unquote(href)).stem.encode()
    whole = re.sub(rb"0x([0-9A-F]{2})", lambda found: bytes.fromhex(found[1].decode()), stem)
    return whole.decode("utf-8", "replace")
