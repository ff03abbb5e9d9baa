"""Drawings as their maker sees them: visible layers of the model, each outline once, with its label.

GDAL gives the objects of a drawing, but not which layers are off, and it loses letters of Vietnamese code
pages; so the head of a DXF file is read here, and its texts arrive as bytes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from clusters_geo.names import strip_accents
from clusters_geo.reading.quirks import codec_named
from clusters_geo.reading.text import repair_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from clusters_geo.reading.notes import LoadReport

__all__ = ["DrawingHead", "as_drawn", "outlines", "plain_label", "read_head"]

_UNICODE_SINCE = "AC1021"  # AutoCAD 2007
_HIDDEN_FLAGS = 1  # frozen
_AREAL, _LINES = (3, 6), (1, 5)
_FEWEST_POSITIONS = 4
# Lines meet if a millionth of the drawing's width lies between them: a millimetre in a kilometre.
_MEET = 1e-6
# Two outlines are one if so much of both is common.
_SAME = 0.999
_MAX_HEAD_LINES = 4_000_000

_ESCAPE = re.compile(
    r"\\U\+([0-9A-Fa-f]{4})|\\x([0-9A-Fa-f]{2})|\\M\+([1-5])([0-9A-Fa-f]{4})|%%([dDcCpPuUoOkK%])"
)
_MULTIBYTE = {"1": "cp932", "2": "cp950", "3": "cp949", "4": "johab", "5": "cp936"}
_SIGNS = {"d": "°", "c": "⌀", "p": "±", "%": "%"}
_AREA = re.compile(
    r"(?:^|(?<![\s(,;:–-])[\s(,;:–-]++)(?:(?:S|DT|Diện\s+tích|Area)\s*+[=:≈]?\s*+)?"
    r"\d[\d.,\s]{0,30}+(?:ha|m2|m²|m\^2)\)?\s*+$",
    re.IGNORECASE,
)
_NAMES_A_CLUSTER = re.compile(r"\b(?:ccn|kcn|cum|khu|cluster)\b")


class DrawingHead(NamedTuple):
    """What the head of a DXF file says: the encoding of its texts, and the layers that are off or frozen."""

    codec: str
    hidden: frozenset[str]


def read_head(file: Path) -> DrawingHead:
    """Return what a DXF file says before its objects; names of layers hold a character for each byte."""
    said: dict[str, str] = {}
    hidden: set[str] = set()
    variable, layer = "", ""
    for code, value in _pairs(file):
        if code == "9":
            variable = value
        elif code == "0":
            layer, variable = ("?" if value == "LAYER" else ""), ""
        elif variable:
            said.setdefault(variable, value)
        elif layer and code == "2":
            layer = value
        elif layer and ((code == "62" and value.startswith("-")) or (code == "70" and _is_frozen(value))):
            hidden.add(layer)
    unicode = said.get("$ACADVER", "") >= _UNICODE_SINCE
    return DrawingHead("utf-8" if unicode else codec_named(_code_page(said)), frozenset(hidden))


def _code_page(said: dict[str, str]) -> str:
    name = said.get("$DWGCODEPAGE", "").replace("_", " ")
    return {"dos850": "cp850", "gb2312": "gbk", "johab": "johab"}.get(name.lower(), name)


def _is_frozen(flags: str) -> bool:
    return flags.isdigit() and bool(int(flags) & _HIDDEN_FLAGS)


def _pairs(file: Path) -> Iterator[tuple[str, str]]:
    """Yield the codes and values of a DXF file up to its objects."""
    with file.open("rb") as opened:
        for _ in range(_MAX_HEAD_LINES):
            code, value = opened.readline(), opened.readline()
            text = value.strip(b"\r\n").decode("latin-1")
            if not value or (code.strip() == b"2" and text.strip() == "ENTITIES"):
                return
            yield code.strip().decode("latin-1"), text.strip()


def as_drawn(
    table: gpd.GeoDataFrame, file: Path, report: LoadReport, encoding: str | None = None
) -> gpd.GeoDataFrame:
    """Return the objects of a DXF file that its maker sees in the model, their texts decoded.

    Parameters
    ----------
    table
        As GDAL reads it, text with a character for each byte.
    file
        The drawing itself.
    report
        Receives what was left out, and the encoding.
    encoding
        What the caller says; it wins over the drawing.
    """
    head = read_head(file)
    on_paper = _is_set(table, "PaperSpace")
    off = table["Layer"].isin(head.hidden) if "Layer" in table else on_paper & False
    if on_paper.any():
        report.note("shapes.on-paper", count=int(on_paper.sum()))
    if (off & ~on_paper).any():
        layers = sorted(set(table.loc[off, "Layer"]))
        names = [_unescaped(layer, head.codec) for layer in layers]
        report.note("shapes.hidden-layers", count=int((off & ~on_paper).sum()), layers=names)
    seen = table[~on_paper & ~off].reset_index(drop=True)
    return _decoded(seen, head.codec, report, encoding)


def _is_set(table: gpd.GeoDataFrame, name: str) -> pd.Series:
    values = table[name] if name in table else [None] * len(table)
    return pd.Series([v is not None and v is not pd.NA and bool(v) for v in values], table.index, dtype=bool)


def _decoded(
    table: gpd.GeoDataFrame, codec: str, report: LoadReport, encoding: str | None
) -> gpd.GeoDataFrame:
    """Return texts that are bytes decoded as a column; those with escapes tell their letters themselves."""
    columns = [name for name in ("Layer", "Text") if name in table]
    done = table.copy()
    for name in columns:
        texts = table[name].astype(object)
        escaped = texts.map(lambda t: isinstance(t, str) and bool(_ESCAPE.search(t)))
        plain = repair_text(texts[~escaped].to_frame(), report, declared=codec, encoding=encoding)
        own = texts[escaped].map(lambda t: _unescaped(t, encoding or codec))
        done[name] = pd.concat([plain[name].astype(object), own]).reindex(table.index).astype("string")
    return done


def _unescaped(text: str, codec: str) -> str:
    try:
        read = text.encode("latin-1").decode(codec or "cp1252")
    except (UnicodeError, LookupError):
        read = text
    return plain_label(read)


def plain_label(text: str) -> str:
    r"""Return a label of a drawing with the letters that its escapes stand for.

    Examples
    --------
    >>> plain_label(r"%%uC\U+1EE5m Ph\U+00F9ng X\U+00E1"), plain_label("20%%d")
    ('Cụm Phùng Xá', '20°')
    """
    return " ".join(_ESCAPE.sub(_letter, text).split())


def _letter(found: re.Match[str]) -> str:
    if found[1] or found[2]:
        return chr(int(found[1] or found[2], 16))
    if found[3]:
        return bytes.fromhex(found[4]).decode(_MULTIBYTE[found[3]], "replace")
    return _SIGNS.get(found[5].lower(), "")


def outlines(table: gpd.GeoDataFrame, report: LoadReport) -> gpd.GeoDataFrame:
    """Return the closed outlines of a drawing as shapes, each once and named by the text inside it.

    Parameters
    ----------
    table
        Lines, polygons and texts (points with `Text`) of a DXF or DGN file.
    report
        Receives how many were found, and which have no name or several.

    Returns
    -------
    One row per outline, with `name` and, where the drawing has it, `Layer`.
    """
    parts = np.asarray(table.geometry.array, dtype=object)
    kind = shapely.get_type_id(parts)
    closed = np.isin(kind, _AREAL) | (
        shapely.is_closed(parts) & (shapely.get_num_coordinates(parts) >= _FEWEST_POSITIONS) & (kind == 1)
    )
    areas = [shapely.Polygon(p.coords) if p.geom_type == "LineString" else p for p in parts[closed]]
    joined = _joined(parts[np.isin(kind, _LINES) & ~closed], report)
    texts = table[(kind == 0) & table.get("Text", pd.Series(index=table.index, dtype="string")).notna()]
    every = np.array([*areas, *joined], dtype=object)
    once = _once(every)
    if len(once) < len(every):
        report.note("shapes.drawn-twice", count=len(every) - len(once))
    owners = np.array(np.flatnonzero(closed).tolist() + [-1] * len(joined), dtype=np.int64)[once]
    shapes = gpd.GeoSeries(every[once], crs=table.crs)
    names = _labels(shapes, texts, report)
    layers = [table["Layer"].iloc[at] if at >= 0 and "Layer" in table else None for at in owners]
    report.note("shapes.outlines", count=len(shapes), objects=len(table))
    return gpd.GeoDataFrame({"name": pd.array(names, dtype="string"), "Layer": layers}, geometry=shapes)


def _joined(loose: NDArray[np.object_], report: LoadReport) -> list[shapely.Geometry]:
    """Return the cells that loose lines close where they meet, also in the middle of one another."""
    if not len(loose):
        return []
    west, south, east, north = shapely.total_bounds(loose)
    grid = max(east - west, north - south) * _MEET
    lines = shapely.unary_union(shapely.force_2d(loose), grid_size=grid or None)
    cells, cuts, dangles, _ = map(shapely.get_parts, shapely.polygonize_full(shapely.get_parts(lines)))
    found = list(cells)
    if found:
        report.note("shapes.joined-lines", count=len(found))
    ends = len(cuts) + len(dangles)
    if ends:
        report.note("shapes.loose-lines", count=ends)
    return found


def _once(shapes: NDArray[np.object_]) -> NDArray[np.int64]:
    """Return where the first of each group of equal outlines stands."""
    flat = shapely.force_2d(shapes)
    sound = np.where(
        shapely.is_valid(flat), flat, shapely.make_valid(flat, method="structure", keep_collapsed=False)
    )
    area = shapely.area(sound)
    kept: list[int] = []
    tree = shapely.STRtree(sound)
    one, other = tree.query(sound, predicate="intersects")
    earlier = (other < one) & np.isclose(area[one], area[other], rtol=1 - _SAME)
    one, other = one[earlier], other[earlier]
    common = shapely.area(shapely.intersection(sound[one], sound[other]))
    same = common >= _SAME * np.maximum(area[one], area[other])
    twice = set(one[same & (area[one] > 0)].tolist())
    kept = [at for at in range(len(shapes)) if at not in twice]
    return np.array(kept, dtype=np.int64)


def _labels(shapes: gpd.GeoSeries, texts: gpd.GeoDataFrame, report: LoadReport) -> list[str | None]:
    """Return the name of each outline: the text that lies in it and in no smaller one."""
    parts = np.asarray(shapes.array, dtype=object)
    inside, owner = shapely.STRtree(parts).query(
        np.asarray(texts.geometry.array, dtype=object), predicate="within"
    )
    area = shapely.area(parts)
    smallest: dict[int, int] = {}
    for text, shape in zip(inside.tolist(), owner.tolist(), strict=True):
        if text not in smallest or area[shape] < area[smallest[text]]:
            smallest[text] = shape
    found: dict[int, list[str]] = {}
    for text, shape in sorted(smallest.items()):
        lines = filter(None, map(_without_area, str(texts["Text"].iloc[text]).splitlines()))
        found.setdefault(shape, []).extend(lines)
    found = {shape: labels for shape, labels in found.items() if labels}
    several = [at + 1 for at, labels in sorted(found.items()) if len(set(labels)) > 1]
    nameless = [at + 1 for at in range(len(shapes)) if at not in found]
    if several:
        report.note("shapes.several-labels", several)
    if nameless:
        report.note("shapes.no-label", nameless)
    return [_best_label(found[at]) if at in found else None for at in range(len(shapes))]


def _without_area(label: str) -> str:
    """Return one line of a label without the area that it states, "" if it states nothing else."""
    return _AREA.sub("", " ".join(label.split())).strip()


def _best_label(labels: list[str]) -> str:
    # What says that it names a cluster does; then words before figures.
    def rank(label: str) -> tuple[bool, bool]:
        return bool(_NAMES_A_CLUSTER.search(strip_accents(label))), any(c.isalpha() for c in label)

    return max(labels, key=rank)
