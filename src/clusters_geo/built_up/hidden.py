"""Which parts of edges may be exposed at all, found on a grid before edges are compared.

Where footprints lie five deep, four fifths of their edges run under other buildings. A cell is *covered* if
it lies wholly within one building, so that none of the building's edges passes it::

     ┌─────────────┐
     │  ▒▒▒▒▒▒▒▒   │    ▒ covered
     │  ▒▒▒▒▒┌─────┘
     │  ▒▒▒▒▒│
     └───────┘

A piece of an edge from one cell to the next is hidden if both cells, and the two beside them, are covered. By
another building than its own, as the edge of a building passes no cell that lies within it.

Edges are given a hundredth of a cell on all sides, so that no rounding here contradicts the exact answers of
`sides`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from clusters_geo.built_up.edges import Edges, expand_runs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clusters_geo.built_up.edges import Bools, Floats, Ints

__all__ = ["open_parts"]

# Cells to the side of a mean building: more find more of what is hidden, but take longer than comparing it.
_CELLS_A_SIDE = 8
_MOST_CELLS = 4_000_000

# Polygons of more cells than this, many times the mean, are compared but not looked at here.
_LARGEST_CELLS = 10_000

# Polygons looked at together: their cells and pieces take some 20 MB.
_POLYGONS_AT_ONCE = 4_000

_MARGIN_CELLS = 0.01

# Where an edge that rises less than this meets a line is rounding; it is taken to pass all that it might.
_LEVEL_CELLS = 1e-3


def open_parts(edges: Edges, bounds: Floats, ground: Ints, extent: Floats) -> tuple[Ints, Floats, Floats]:
    """Return the parts of the edges of n polygons that are not certainly covered by another of them.

    Parameters
    ----------
    edges
        Of the polygons, metres.
    bounds
        Their boxes, metres, shape (n, 4).
    ground
        Polygons cover only those of the same number, shape (n,).
    extent
        The box of each ground, metres, shape (grounds, 4); beyond it nothing is looked for.

    Returns
    -------
    The edge of each part, its start and its stop, 0–1 along the edge, sorted by edge and place.
    """
    grid = _Grid.over(extent, float((bounds[:, 2:] - bounds[:, :2]).mean()) / _CELLS_A_SIDE)
    heaps = list(_heaps(grid.laid_on(edges, ground), ground))
    covered = np.zeros(grid.first[-1], dtype=bool)
    for cells, on, _ in heaps:
        covered[_cells_within(cells, on, grid)] = True
    open_ = [_open_parts(cells, on, grid, covered) for cells, on, _ in heaps]
    edge = np.concatenate([part[0] + first for part, (_, _, first) in zip(open_, heaps, strict=True)])
    start, stop = (np.concatenate([part[end] for part in open_]) for end in (1, 2))
    return edge, start, stop


def _heaps(cells: Edges, ground: Ints) -> Iterator[tuple[Edges, Ints, int]]:
    """Yield the edges of some polygons at a time, their grounds, and the number of their first edge."""
    for begin in range(0, len(ground), _POLYGONS_AT_ONCE):
        first, last = np.searchsorted(cells.owner, [begin, begin + _POLYGONS_AT_ONCE])
        some = slice(first, last)
        corners = (cells.x0[some], cells.y0[some], cells.x1[some], cells.y1[some])
        heap = Edges(cells.owner[some] - begin, *corners, cells.following[some] - first)
        yield heap, ground[begin : begin + _POLYGONS_AT_ONCE], int(first)


@dataclass(frozen=True, slots=True)
class _Grid:
    """Square cells over each ground, with a frame of cells around that are never covered.

    `corner` of the frame and `cell` in metres; `columns` and `rows` of each ground, with the frame; its cells
    begin at `first`, row by row. Shape (grounds, 2) and (grounds,); `first` is one longer.
    """

    corner: Floats
    cell: float
    columns: Ints
    rows: Ints
    first: Ints

    @classmethod
    def over(cls, extent: Floats, cell: float) -> Self:
        """Lay cells of a width over grounds, wider ones if they were too many."""
        side = extent[:, 2:] - extent[:, :2]
        cell = max(cell, float(np.sqrt(side.prod(axis=1).sum() / _MOST_CELLS)))
        columns, rows = np.ceil(side / cell).astype(np.int64).T + 2
        first = np.concatenate([[0], np.cumsum(columns * rows)])
        return cls(extent[:, :2] - cell, cell, columns, rows, first)

    def laid_on(self, edges: Edges, ground: Ints) -> Edges:
        """Return edges in cells from the corner of the grid of their ground."""
        west, south = self.corner[ground[edges.owner]].T
        x0, x1 = (edges.x0 - west) / self.cell, (edges.x1 - west) / self.cell
        y0, y1 = (edges.y0 - south) / self.cell, (edges.y1 - south) / self.cell
        return Edges(edges.owner, x0, y0, x1, y1, edges.following)


@dataclass(frozen=True, slots=True)
class _Windows:
    """The cells around each of n polygons, row by row, one polygon after the other.

    Attributes
    ----------
    column, row
        The first ones, in the grid of the polygon's ground, shape (n,).
    columns, rows
        How many, shape (n,). Each row has one more, in which what runs to its end may end.
    first
        Where the cells of each begin, shape (n + 1,).
    """

    column: Ints
    row: Ints
    columns: Ints
    rows: Ints
    first: Ints

    @classmethod
    def of(cls, cells: Edges, columns: Ints, rows: Ints) -> Self:
        """Take the cells that polygons touch, of grids of so many columns and rows, shape (n,)."""
        begin = np.searchsorted(cells.owner, np.arange(len(columns)))
        column, wide = _span(cells.x0, begin, columns)
        row, high = _span(cells.y0, begin, rows)
        high = np.where(wide * high > _LARGEST_CELLS, 0, high)
        first = np.concatenate([[0], np.cumsum((wide + 1) * high)])
        return cls(column, row, wide, high, first)

    def at(self, polygon: Ints, column: Floats, row: Ints) -> Ints:
        """Return the cells of polygons in some columns and rows of the grid; what lies beyond, beside it."""
        inner = np.clip(column - self.column[polygon], 0, self.columns[polygon]).astype(np.int64)
        return self.first[polygon] + (row - self.row[polygon]) * (self.columns[polygon] + 1) + inner

    def rows_of(self, polygon: Ints, low: Floats, high: Floats) -> tuple[Ints, Ints]:
        """Return which of the rows from `low` to `high` the polygons' windows have: position and row."""
        begin = np.maximum(low.astype(np.int64), self.row[polygon])
        end = np.minimum(high.astype(np.int64) + 1, (self.row + self.rows)[polygon])
        position, row = expand_runs(begin, np.maximum(end - begin, 0))
        return position, row

    def in_grid(self, grid: _Grid, ground: Ints, some: Bools) -> Ints:
        """Return where some of the cells are in the grid."""
        polygon, row = expand_runs(self.row, self.rows)
        on, length = ground[polygon], self.columns[polygon] + 1
        begin = grid.first[on] + row * grid.columns[on] + self.column[polygon]
        return (np.repeat(begin - (np.cumsum(length) - length), length) + np.arange(len(some)))[some]


def _span(corner: Floats, begin: Ints, cells: Ints) -> tuple[Ints, Ints]:
    """Return the first cell within the frame that each polygon touches along an axis, and how many."""
    first = np.clip(np.floor(np.minimum.reduceat(corner, begin)), 1, cells - 1).astype(np.int64)
    stop = np.clip(np.floor(np.maximum.reduceat(corner, begin)) + 1, first, cells - 1).astype(np.int64)
    return first, stop - first


def _cells_within(cells: Edges, ground: Ints, grid: _Grid) -> Ints:
    """Return the cells of the grid that lie wholly within polygons, in no order, some more than once."""
    windows = _Windows.of(cells, grid.columns[ground], grid.rows[ground])
    return windows.in_grid(grid, ground, _enclosed(cells, windows) & ~_passed(cells, windows))


def _enclosed(cells: Edges, windows: _Windows) -> Bools:
    """Return which cells of the windows lie within their polygon, if none of its edges passes them."""
    low, high = np.minimum(cells.y0, cells.y1), np.maximum(cells.y0, cells.y1)
    # Half-way up a row, an edge that runs down begins what is inside, one that runs up ends it.
    edge, row = windows.rows_of(cells.owner, np.ceil(low - 0.5), np.ceil(high - 0.5) - 1)
    rise = (cells.y1 - cells.y0)[edge]
    share = (row + 0.5 - cells.y0[edge]) / rise
    column = np.floor(cells.x0[edge] + share * (cells.x1 - cells.x0)[edge])
    at = windows.at(cells.owner[edge], column, row)
    return _running_total(at[rise < 0], at[rise > 0], windows.first[-1]) > 0


def _passed(cells: Edges, windows: _Windows) -> Bools:
    """Return which cells of the windows an edge of their polygon passes, or nearly."""
    margin = _MARGIN_CELLS
    low, high = np.minimum(cells.y0, cells.y1), np.maximum(cells.y0, cells.y1)
    edge, row = windows.rows_of(cells.owner, np.floor(low - margin), np.floor(high + margin))
    x0, y0 = cells.x0[edge], cells.y0[edge]
    run, rise = cells.x1[edge] - x0, cells.y1[edge] - y0
    level = np.abs(rise) < _LEVEL_CELLS
    rise = np.where(level, 1.0, rise)
    ends = [
        x0 + run * np.where(level, whole, np.clip((line - y0) / rise, 0, 1))
        for line, whole in ((row - margin, 0.0), (row + 1 + margin, 1.0))
    ]
    owner = cells.owner[edge]
    begin = windows.at(owner, np.floor(np.minimum(*ends) - margin), row)
    end = windows.at(owner, np.floor(np.maximum(*ends) + margin) + 1, row)
    return _running_total(begin, end, windows.first[-1]) > 0


def _running_total(begin: Ints, end: Ints, cells: int) -> Ints:
    """Return how many of the runs from `begin` to before `end`, in whatever order, each cell is in."""
    steps = np.bincount(begin, minlength=cells)
    steps -= np.bincount(end, minlength=cells)
    return np.cumsum(steps)


def _open_parts(cells: Edges, ground: Ints, grid: _Grid, covered: Bools) -> tuple[Ints, Floats, Floats]:
    """Divide edges into pieces no longer than a cell; return runs of pieces that are not hidden."""
    dx, dy = cells.x1 - cells.x0, cells.y1 - cells.y0
    pieces = np.maximum(np.ceil(np.maximum(np.abs(dx), np.abs(dy))), 1).astype(np.int64)
    edge, point = expand_runs(np.zeros_like(pieces), pieces + 1)
    place = point / pieces[edge]
    on = ground[cells.owner]
    column = np.clip(cells.x0[edge] + place * dx[edge], 0, (grid.columns[on] - 1)[edge]).astype(np.int64)
    row = np.clip(cells.y0[edge] + place * dy[edge], 0, (grid.rows[on] - 1)[edge]).astype(np.int64)
    row = row * grid.columns[on][edge] + grid.first[on][edge]
    # Of each point and the next: their own cells, and the two that the piece between may cut across.
    within = covered[row + column]
    beside = np.stack([row[1:] + column[:-1], row[:-1] + column[1:]])
    across = covered.take(beside, mode="clip").all(axis=0)
    hidden = np.concatenate([within[:-1] & within[1:] & across, [True]])
    # No piece begins at the end of an edge.
    hidden[np.cumsum(pieces + 1) - 1] = True
    after_hidden = np.concatenate([[True], hidden[:-1]])
    start, stop = np.flatnonzero(~hidden & after_hidden), np.flatnonzero(hidden & ~after_hidden)
    return edge[start], place[start], place[stop]
