"""Names on a still map: a unit's inside its own outline and over no symbol, a cluster's number beside it.

All of it in units of the drawing. What has no room has no name: the table beside the map has all of them.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

import numpy as np
import shapely

from clusters_geo.report.svg import INK, element, text_width
from clusters_geo.report.tables import plain_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

__all__ = ["SYMBOL", "beside_symbols", "boxes_at", "inside_outlines", "led_outside", "written"]

# Half the width of a symbol, its rim with it.
SYMBOL = 5.0
# Places that are tried in an outline lie so many a side of a square of its area.
_PLACES = 16
_LINE = 1.1
# Side of the squares by which it is known what is near.
_SQUARE = 16.0
# How much wider bold letters are.
_BOLD = 1.12
# So many names a side are led out of the map, so far from edge and map: more lines than that would cross.
_LED, _EDGE, _APART = 7, 4.0, 16.0

Box = tuple[float, float, float, float]
Label = tuple[str, float, float]


def boxes_at(points: NDArray[np.float64], half: float) -> list[Box]:
    """Return squares around points, those that are nowhere left out.

    Examples
    --------
    >>> boxes_at(np.array([[10.0, 20.0], [np.nan, np.nan]]), 5)
    [(5.0, 15.0, 15.0, 25.0)]
    """
    some = points[np.isfinite(points).all(axis=1)]
    return [(float(x - half), float(y - half), float(x + half), float(y + half)) for x, y in some]


def beside_symbols(  # noqa: PLR0913, PLR0917 - what stands there, and how large it is
    labels: Sequence[str],
    points: NDArray[np.float64],
    taken: list[Box],
    size: tuple[float, float],
    letters: float,
    symbol: float = SYMBOL,
) -> list[Label]:
    """Return where each label stands: close to its symbol, over nothing; those without room are left out.

    Parameters
    ----------
    labels, points
        A label a symbol, and where the symbols are; an empty label is none.
    taken
        What is covered already; what is written is added.
    size, letters, symbol
        Of the drawing, of the letters, and half the width of a symbol.

    Examples
    --------
    >>> beside_symbols(["1", "2"], np.array([[20.0, 20.0], [32.0, 20.0]]), [], (50, 40), 9)
    [('1', 29.2, 20.0), ('2', 41.2, 20.0)]
    """
    placed, ground = [], _Ground(taken)
    for label, (x, y) in zip(labels, points, strict=True):
        if not label or not np.isfinite(x):
            continue
        wide, tall = text_width(label, letters) * _BOLD + 1, letters * 0.9
        far, high = symbol + wide / 2 + 0.5, symbol + tall / 2
        around = [(far, 0), (-far, 0), (0, -high), (0, high), (far, -high), (far, high)]
        for across, down in [*around, (-far, -high), (-far, high)]:
            box = _box(x + across, y + down, wide, tall)
            if _within(box, size) and not ground.covers(box):
                ground.add(box)
                taken.append(box)
                placed.append((label, round(float(x + across), 1), round(float(y + down), 1)))
                break
    return placed


class _Ground:
    """What is covered, by the squares of a grid: a box is held against what is near it, not against all."""

    def __init__(self, boxes: Sequence[Box]) -> None:
        self._near: dict[tuple[int, int], list[Box]] = {}
        for box in boxes:
            self.add(box)

    def add(self, box: Box) -> None:
        for square in self._squares(box):
            self._near.setdefault(square, []).append(box)

    def covers(self, box: Box) -> bool:
        west, north, east, south = box
        return any(
            west < right and east > left and north < bottom and south > top
            for square in self._squares(box)
            for left, top, right, bottom in self._near.get(square, ())
        )

    @staticmethod
    def _squares(box: Box) -> Iterator[tuple[int, int]]:
        west, north, east, south = (int(side // _SQUARE) for side in box)
        return product(range(west, east + 1), range(north, south + 1))


def inside_outlines(
    names: Sequence[str],
    shapes: NDArray[np.object_],
    taken: Sequence[Box],
    size: tuple[float, float],
    letters: float,
) -> list[Label]:
    """Return where each name stands, in one line or two; those without room are left out.

    Examples
    --------
    >>> square = np.array([shapely.box(0, 0, 100, 100)])
    >>> inside_outlines(["Ba Vì"], square, [], (100, 100), 9)
    [('Ba Vì', 50.0, 50.0)]
    >>> inside_outlines(["Ba Vì"], square, [(30, 40, 70, 60)], (100, 100), 9)[0][2] != 50.0
    True
    """
    sheet = shapely.box(0, 0, *size)
    seen = shapely.intersection(shapes, sheet)
    some = ~(shapely.is_missing(seen) | shapely.is_empty(seen)) & (shapely.area(seen) > letters**2)
    poles = np.full(len(seen), None, dtype=object)
    poles[some] = shapely.get_point(shapely.maximum_inscribed_circle(seen[some], tolerance=1.0), 0)
    covered = np.reshape(np.asarray(taken, dtype=float), (-1, 4))
    placed = []
    for name, shape, pole in zip(names, seen, poles, strict=True):
        found = None if pole is None else _place_of(name, shape, pole, covered, letters)
        placed += [found] if found else []
    return placed


def _place_of(
    name: str, shape: shapely.Geometry, pole: shapely.Point, taken: NDArray[np.float64], letters: float
) -> Label | None:
    bounds = shapely.bounds(shape)
    halves = {words: _half_of(words, letters) for words in (name, _in_two(name))}
    room = {words: half for words, half in halves.items() if (2 * half <= bounds[2:] - bounds[:2]).all()}
    if not room:
        return None
    places = _places(shape, pole)
    # What does not reach into the unit is in nobody's way there.
    near = taken[_covers(taken, bounds[None])]
    shapely.prepare(shape)
    for words, half in room.items():
        boxes = np.column_stack([places - half, places + half])
        free = np.flatnonzero(~_covers(boxes, near))
        # Few boxes have all four corners inside, and a point is asked for far sooner than a box.
        for x, y in product((0, 2), (1, 3)):
            free = free[shapely.intersects_xy(shape, boxes[free, x], boxes[free, y])]
        fits = free[shapely.contains(shape, shapely.box(*boxes[free].T))]
        if len(fits):
            x, y = places[fits[0]]
            return words, round(float(x), 1), round(float(y), 1)
    return None


def _half_of(words: str, letters: float) -> NDArray[np.float64]:
    lines = words.split("\n")
    return np.array([max(text_width(line, letters) for line in lines), len(lines) * letters * _LINE]) / 2


def _places(shape: shapely.Geometry, pole: shapely.Point) -> NDArray[np.float64]:
    """Return points to try, the one farthest from the border first, then those near to it."""
    west, south, east, north = shapely.bounds(shape)
    step = max(float(np.sqrt(shapely.area(shape))) / _PLACES, 2.0)
    x, y = np.meshgrid(np.arange(west, east, step), np.arange(south, north, step))
    grid = np.column_stack([x.ravel(), y.ravel()])
    near = np.argsort(np.hypot(grid[:, 0] - pole.x, grid[:, 1] - pole.y), kind="stable")
    return np.vstack([[[pole.x, pole.y]], grid[near]])


def _in_two(name: str) -> str:
    """Return a name in two lines, as even as its words allow."""
    words = name.split()
    cuts = [(" ".join(words[:at]), " ".join(words[at:])) for at in range(1, len(words))]
    return "\n".join(min(cuts, key=lambda two: max(map(text_width, two)))) if cuts else name


def led_outside(
    names: Sequence[str],
    shapes: NDArray[np.object_],
    weights: NDArray[np.int_],
    size: tuple[float, float],
    letters: float,
) -> list[str]:
    """Return names beside the map as SVG, each with a line to its unit, the weightiest first.

    Parameters
    ----------
    names, shapes, weights
        The units that have no name inside; those of no weight get none here either.
    size, letters
        Of the drawing, and of the letters.

    Examples
    --------
    >>> town = np.array([shapely.box(80, 40, 90, 50)])
    >>> [part[:9] for part in led_outside(["Ba Vì"], town, np.array([3]), (200, 100), 9)]
    ['<path d="', '<g font-s']
    """
    ranked = [at for at in np.argsort(-weights, kind="stable") if weights[at] > 0]
    inner = {at: shapely.point_on_surface(shapes[at]) for at in ranked[: 2 * _LED]}
    west, _, east, _ = shapely.total_bounds(shapes)
    middle = (west + east) / 2
    texts, lines = [], []
    for left in (True, False):
        side = [at for at, point in inner.items() if (point.x < middle) == left][:_LED]
        side.sort(key=lambda at: inner[at].y)
        for at, y in zip(side, _spread([inner[at].y for at in side], size[1], letters * 1.5), strict=True):
            wide = text_width(names[at], letters)
            x = max(_EDGE, west - _APART - wide) if left else min(size[0] - _EDGE - wide, east + _APART)
            if shapely.intersects(shapes, shapely.box(x, y - letters, x + wide, y + letters / 2)).any():
                continue
            texts.append((names[at], x + wide / 2, y))
            end = x + wide + 3 if left else x - 3
            point = inner[at]
            lines.append(f"M{end:.0f} {y:.0f}L{point.x:.0f} {point.y:.0f}m-1 0a1 1 0 102 0a1 1 0 10-2 0")
    if not lines:
        return []
    return [
        element("path", d="".join(lines), fill=INK, stroke=INK, stroke_width=0.5),
        *written(texts, letters),
    ]


def _spread(wanted: Sequence[float], height: float, gap: float) -> list[float]:
    """Return heights as near to those wanted as lines of text allow, in their order."""
    found: list[float] = []
    for y in wanted:
        found.append(max(y, found[-1] + gap if found else gap))
    lowest = height - gap / 2
    for at in reversed(range(len(found))):
        found[at] = min(found[at], lowest)
        lowest = found[at] - gap
    return found


def _box(x: float, y: float, wide: float, tall: float) -> Box:
    return float(x - wide / 2), float(y - tall / 2), float(x + wide / 2), float(y + tall / 2)


def _within(box: Box, size: tuple[float, float]) -> bool:
    return box[0] >= 0 and box[1] >= 0 and box[2] <= size[0] and box[3] <= size[1]


def _covers(boxes: NDArray[np.float64], taken: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which boxes lie over something."""
    west, north, east, south = (side[:, None] for side in boxes.T)
    left, top, right, bottom = taken.T
    over = (west < right) & (east > left) & (north < bottom) & (south > top)
    return np.asarray(over.any(axis=1))


def written(labels: Sequence[Label], letters: float, *, weight: int | None = None) -> list[str]:
    """Return labels as SVG, dark on a white rim, so that they are read over any shade."""
    texts = [
        element("text", escape(plain_text(line)), x=x, y=round(y + letters * (0.36 + _LINE * at), 1))
        for words, x, y in labels
        for at, line in _lines(words)
    ]
    looks = {"fill": INK, "stroke": "#ffffff", "stroke_width": 2, "paint_order": "stroke"}
    middle = {"font_size": letters, "font_weight": weight, "text_anchor": "middle"}
    return [element("g", *texts, **middle, **looks)] if texts else []


def _lines(words: str) -> list[tuple[float, str]]:
    """Return the lines of a label and how far below its middle each stands, in lines."""
    lines = words.split("\n")
    return [(at - (len(lines) - 1) / 2, line) for at, line in enumerate(lines)]
