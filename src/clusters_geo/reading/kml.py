"""KML rewritten in its private copy, so that GDAL reads of it what its maker wrote.

GDAL replaces every letter beyond ASCII in the names of `<Data>` by underscores, and merges names that then
are alike.
"""

from __future__ import annotations

import html
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote

from clusters_geo.reading.opening import MODEL_LEFT_OUT

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from clusters_geo.reading.notes import LoadReport
    from clusters_geo.reading.opening import Staged

__all__ = ["as_written", "note_links", "with_names", "without_display"]

_TAG = rb"<(?:\w+:)?"
_DATA = re.compile(
    rb"(" + _TAG + rb"Data\b[^<>]*?\bname\s*=\s*)(?:\"([^\"]*)\"|'([^']*)')"
    rb"([^<>]*>(?:\s*+" + _TAG + rb"displayName>\s*([^<]+?)\s*</)?)"
)
_STATED_ENCODING = re.compile(rb"<\?xml[^>]*?encoding\s*=\s*[\"']([\w.-]+)")
_COUNTED = "Data{:04d}_"
_SEARCHED_BYTES = 1 << 20
_LINKS_SHOWN = 5

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
_LINK = re.compile(rb"<(?:\w+:)?NetworkLink\b(.*?)(?:</(?:\w+:)?NetworkLink>|\Z)", re.DOTALL)
_HREF = re.compile(rb"<(?:\w+:)?href>([^<]*+)</")


def as_written(source: Staged) -> dict[str, str]:
    """Count the names of data in the private copies of a KML or KMZ; return the name behind each count."""
    names: dict[str, str] = {}
    for part in source.parts:
        content = part.read_bytes()
        counted = _counted(content, names)
        if counted != content:
            # Unlinked first: the name may be a link to the owner's file.
            part.unlink()
            part.write_bytes(counted)
    return {token: name for name, token in names.items()}


def _counted(content: bytes, names: dict[str, str]) -> bytes:
    stated = _STATED_ENCODING.search(content[:200])
    encoding = stated[1].decode("ascii") if stated else "utf-8"

    def count(found: re.Match[bytes]) -> bytes:
        raw = found[5] or (found[2] if found[2] is not None else found[3])
        name = html.unescape(_text(raw, encoding)).strip()
        token = names.setdefault(name, _COUNTED.format(len(names) + 1))
        return found[1] + b'"' + token.encode() + b'"' + found[4]

    return _DATA.sub(count, content)


def _text(raw: bytes, encoding: str) -> str:
    try:
        return raw.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return raw.decode("utf-8", "replace")


def with_names(table: pd.DataFrame, names: dict[str, str]) -> pd.DataFrame:
    """Return a table whose columns are called as the file calls them.

    A datum that is called as GDAL calls its own columns takes the place of one that is blank or says the
    same, and is counted beside another.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"id": [None], "Name": ["A"], "Data0001_": ["7"], "Data0002_": ["11,5"]})
    >>> list(with_names(table, {"Data0001_": "ID", "Data0002_": "Diện tích (ha)"}))
    ['Name', 'ID', 'Diện tích (ha)']
    """
    own = {str(n).casefold(): str(n) for n in table.columns if n not in names}
    dropped: list[str] = []
    renamed: dict[str, str] = {}
    for token, name in names.items():
        if token not in table:
            continue
        twin = own.get(name.casefold())
        if twin is not None and twin != "geometry" and _adds_nothing(table[twin], table[token]):
            dropped.append(twin)
        elif twin is not None or name.casefold() in {n.casefold() for n in renamed.values()}:
            name = f"{name} ({token[4:8].lstrip('0')})"  # noqa: PLW2901 - another name for the same
        renamed[token] = name
    return table.drop(columns=dropped).rename(columns=renamed)


def _adds_nothing(values: pd.Series, beside: pd.Series) -> bool:
    known = values[values.map(lambda v: isinstance(v, str) and bool(v.strip()))]
    return bool((known == beside[known.index]).all())


def note_links(source: Staged, report: LoadReport) -> None:
    """Note the links of a KML or KMZ that lead to no file in it; those in a KMZ are read as layers anyway."""
    known = {_stem(part.name) for part in source.parts}
    links = dict.fromkeys(href for part in source.parts for href in _hrefs(part))
    lost = [href for href in links if "://" in href or _stem(href) not in known]
    models = sum(part.read_bytes().count(MODEL_LEFT_OUT) for part in source.parts)
    if models:
        report.note("shapes.models", count=models)
    if lost:
        report.note("file.links", count=len(lost), links=[href[:80] for href in lost[:_LINKS_SHOWN]])


def without_display(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table without the columns of display that say the same of every place.

    Examples
    --------
    >>> import pandas as pd
    >>> list(without_display(pd.DataFrame({"Name": ["A", "B"], "extrude": [0, 0], "icon": ["x", "y"]})))
    ['Name', 'icon']
    """
    same = [name for name in _DISPLAY if name in table and len(table[name].drop_duplicates()) == 1]
    # GDAL's own columns are there also where the file says nothing, and would stand before "Tên CCN".
    blank = [name for name in ("Name", "description") if name in table and _says_nothing(table[name])]
    return table.drop(columns=[*same, *blank])


def _says_nothing(values: pd.Series) -> bool:
    return not any(isinstance(value, str) and value.strip() for value in values)


def _hrefs(part: Path) -> list[str]:
    with part.open("rb") as opened:
        head = opened.read(_SEARCHED_BYTES)
    # The first of each link: later ones are of icons.
    found = [href[1] for link in _LINK.finditer(head) if (href := _HREF.search(link[1]))]
    return [html.unescape(href.decode("utf-8", "replace").strip()) for href in found]


def _stem(href: str) -> str:
    # GDAL writes the bytes of a name that is not ASCII as 0xE1 into its archives.
    stem = PurePosixPath(unquote(href)).stem.encode()
    whole = re.sub(rb"0x([0-9A-F]{2})", lambda found: bytes.fromhex(found[1].decode()), stem)
    return whole.decode("utf-8", "replace")
