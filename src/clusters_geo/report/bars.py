"""Horizontal bars of any table as one SVG: the frame that every chart of ours stands in."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from clusters_geo.report.svg import FILLS, INK, QUIET, drawing, element, fitted, text, text_width, wrapped
from clusters_geo.writing import write_text

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

__all__ = [
    "BAR",
    "GAP",
    "MARGIN",
    "WIDTH",
    "Chart",
    "bar",
    "bar_chart",
    "finished",
    "heading",
    "largest_of",
    "row_name",
    "sides",
]

WIDTH, MARGIN = 720.0, 16.0
BAR, GAP = 11.0, 9.0
# Names take this share of the width, more where they are long and the drawing is narrow.
_NAME_SHARE, _MOST_FOR_NAMES = 0.27, 0.4
_HALF_LINE = 6.5


@dataclass(frozen=True)
class Chart:
    """A chart: shows itself in a notebook, and is written by `save`.

    Attributes
    ----------
    title
        What it shows, in its language.
    svg
        The drawing, without script, style sheet or link.
    table
        The figures drawn, one row a bar, in full precision.
    notes
        What a reader must know beside the figures: bases, what is missing.
    """

    title: str
    svg: str
    table: pd.DataFrame = field(repr=False)
    notes: tuple[str, ...] = ()

    def _repr_svg_(self) -> str:
        return self.svg

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the SVG, whole or not at all.

        Raises
        ------
        SourceError
            If the file cannot be written.
        """
        return write_text(path, self.svg + "\n", "svg")


def bar_chart(  # noqa: PLR0913 - all but the table is keyword-only
    table: pd.DataFrame,
    *,
    series: Mapping[str, str],
    labels: pd.DataFrame,
    title: str,
    notes: Sequence[str] = (),
    longest: float | None = None,
    width: float = WIDTH,
) -> Chart:
    """Draw rows of figures as horizontal bars, one bar a series.

    Parameters
    ----------
    table
        One row a name, with the columns that `series` names. A missing figure is a dash, not a bar of 0.
    series
        Column to wanted.title; at most four, told apart by solid, hatched, empty and dotted fills.
    labels
        Table of the same rows with the same columns: what stands at the end of each bar, as text.
    title, notes
        Above and below the bars.
    longest
        The figure that fills the width; longer bars are cut with a jagged end. None for the largest.
    width
        Of the whole drawing.

    Examples
    --------
    >>> table = pd.DataFrame({"ha": [20.0, None]}, index=["Ba Vì", "Mỹ Đức"])
    >>> labels = pd.DataFrame({"ha": ["20 ha", "–"]}, index=table.index)
    >>> bar_chart(table, series={"ha": "Planned"}, labels=labels, title="Areas").svg.count("<text")
    5
    """
    left, right = sides(labels[list(series)].to_numpy().ravel(), width, table.index)
    figures = table[list(series)].astype("float64")
    largest = longest or largest_of(figures)
    scale = (right - left) / largest if largest > 0 else 0.0
    parts, top = heading(title, list(series.values()), width)
    y = top
    said = labels[list(series)].to_numpy()
    for name, row, words in zip(figures.index, figures.to_numpy(), said, strict=True):
        parts.append(row_name(str(name), left, y, len(series)))
        for value, label, fill in zip(row, words, FILLS, strict=False):
            parts += bar(left, y, value * scale, fill, right)
            end = left if pd.isna(value) else min(left + value * scale, right)
            parts.append(text(end + 5, y + 9.5, str(label), size=11))
            y += BAR + 2
        y += GAP
    parts.append(element("path", d=f"M{left} {top - 4}V{y - 4}", stroke=INK, stroke_width=1))
    return finished(title, parts, y, notes, table, width)


def sides(
    labels: Iterable[object], width: float = WIDTH, names: Iterable[object] = ()
) -> tuple[float, float]:
    """Return where the longest bar begins and ends: between the names and the longest label."""
    room = max((text_width(str(words), 11) for words in labels), default=0.0)
    named = max((text_width(str(name)) + MARGIN + 12 for name in names), default=0.0)
    left = max(width * _NAME_SHARE, min(named, width * _MOST_FOR_NAMES))
    return left, width - MARGIN - room - 10


def largest_of(figures: pd.DataFrame) -> float:
    """Return the largest figure that is known, or 0."""
    known = [value for value in figures.to_numpy(dtype=float).ravel() if math.isfinite(value)]
    return max(known, default=0.0)


def bar(left: float, y: float, length: float, fill: str, right: float) -> list[str]:
    """Return a bar; one that would pass the right end is cut with a jagged end, an unknown one is none."""
    if pd.isna(length):
        return []
    cut = length > right - left
    width = max(min(length, right - left), 0.8)
    drawn = element("rect", x=left, y=y, width=width, height=BAR, fill=fill, stroke=INK, stroke_width=0.8)
    zigzag = f"M{right - 8} {y - 1}l4 {BAR / 2 + 1}l-4 {BAR / 2 + 1}"
    return (
        [drawn, element("path", d=zigzag, fill="none", stroke="#ffffff", stroke_width=3)] if cut else [drawn]
    )


def row_name(name: str, left: float, y: float, bars: int) -> str:
    """Return a name before its bars, in two lines beside several, shortened where it does not fit."""
    room, middle = left - 8 - MARGIN, y + bars * (BAR + 2) / 2 + 3
    first, *rest = wrapped(name, room) if bars > 1 else [name]
    if not rest:
        return text(left - 8, middle, fitted(first, room), anchor="end")
    both = ((-_HALF_LINE, first), (_HALF_LINE, " ".join(rest)))
    return "".join(text(left - 8, middle + by, fitted(line, room), anchor="end") for by, line in both)


def heading(title: str, keys: Sequence[str], width: float = WIDTH) -> tuple[list[str], float]:
    """Return the title and, of several series, what their fills mean; and where the first bar begins."""
    lines = wrapped(title, width - 2 * MARGIN, 17)
    parts = [text(MARGIN, 28 + 21 * i, line, size=17, font_weight=700) for i, line in enumerate(lines)]
    x, y = MARGIN, 30.0 + 21 * (len(lines) - 1)
    for fill, words in zip(FILLS, keys if len(keys) > 1 else (), strict=False):
        wide = 24 + text_width(words)
        if x > MARGIN and x + wide > width - MARGIN:
            x, y = MARGIN, y + 17
        looks = {"fill": fill, "stroke": INK, "stroke_width": 0.8}
        parts += [
            element("rect", x=x, y=y + 9, width=18, height=BAR, **looks),
            text(x + 24, y + 18.5, words),
        ]
        x += wide + 26
    return parts, y + (34 if len(keys) > 1 else 18)


def finished(  # noqa: PLR0913, PLR0917 - the parts of a drawing in their order
    title: str,
    parts: list[str],
    y: float,
    notes: Sequence[str],
    table: pd.DataFrame,
    width: float = WIDTH,
) -> Chart:
    """Return the chart with its notes below the last bar."""
    lines = [line for note in notes for line in wrapped(note, width - 2 * MARGIN, 11)]
    parts += [text(MARGIN, y + 14 + 15 * i, line, size=11, fill=QUIET) for i, line in enumerate(lines)]
    svg = drawing(width, y + 15 * len(lines) + 14, title, parts, says=" ".join(notes))
    return Chart(title, svg, table, tuple(notes))
