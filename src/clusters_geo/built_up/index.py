"""The clusters, prepared once so that each footprint is settled with a few look-ups.

Three views of the same boundaries (drawn in docs/decisions/0006):

lookup
    Which clusters can touch a footprint whose lower left corner is in this cell of the ground?
cut edges
    The edges of each cluster cut into vertical columns: what lies above or below a footprint is one run.
labels
    Is this box wholly inside a cluster, wholly outside, or does the boundary pass?
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Self

import numpy as np
import shapely

from clusters_geo.built_up.edges import Edges, Rings, directed_edges, expand_runs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clusters_geo.built_up.edges import Bools, Floats, Ints, Shapes

__all__ = ["CROSSED", "INSIDE", "LOOKUP_CELL_M", "OUTSIDE", "ClusterIndex", "CutEdges", "Lookup"]

OUTSIDE, INSIDE, CROSSED = 0, 1, 2

# Cells of the lookup: most buildings are smaller, and a cluster is some ten cells wide.
LOOKUP_CELL_M = 128.0
_LOOKUP_CELLS = 4_000_000

# Columns (and rows) of a cluster: with 48 a cell is about 16 m wide, as a small building. Fewer columns leave
# more footprints to compute edge by edge, more take longer to prepare than they save.
_COLUMNS = 48
_LABEL_CELLS = 16_000_000
_LABELLED_AT_ONCE = 64

# The boundary's height in a column is good to 1e-12 of a cell; a cell more or less there decides nothing.
_MARGIN_CELLS = 1e-6


@dataclass(frozen=True, slots=True)
class Lookup:
    """For each cell of the ground, the clusters whose bounding box a small footprint there can touch.

    A footprint is *small* if it is not wider or higher than a cell; its box then reaches from the cell of
    its lower left corner at most into the next one to the right and above, so one look-up finds all.
    """

    cell: float
    west: float
    south: float
    columns: int
    rows: int
    busy: Bools
    start: NDArray[np.int32]
    clusters: Ints
    boxes: shapely.STRtree

    @classmethod
    def of(cls, bounds: Floats, *, cell: float = LOOKUP_CELL_M) -> Self:
        """Prepare the look-up from the bounding boxes of the clusters, shape (n, 4)."""
        (west, south), (east, north) = bounds[:, :2].min(axis=0), bounds[:, 2:].max(axis=0)
        cell = max(cell, float(np.sqrt((east - west) * (north - south) / _LOOKUP_CELLS)))
        # An empty frame of cells around, where everything that lies beyond is sent.
        west, south = west - 2 * cell, south - 2 * cell
        columns, rows = int((east - west) / cell) + 3, int((north - south) / cell) + 3
        first = np.floor((bounds[:, :2] - [west, south]) / cell).astype(np.int64) - 1
        last = np.floor((bounds[:, 2:] - [west, south]) / cell).astype(np.int64)
        cluster, column = expand_runs(first[:, 0], last[:, 0] - first[:, 0] + 1)
        entry, row = expand_runs(first[cluster, 1], (last - first)[cluster, 1] + 1)
        at = row * columns + column[entry]
        order = np.argsort(at, kind="stable")
        # Millions of cells, most of them empty: numbers of half the size.
        start = np.zeros(columns * rows + 1, dtype=np.int32)
        np.cumsum(np.bincount(at, minlength=columns * rows), out=start[1:])
        tree = shapely.STRtree(_boxes(bounds))
        busy = start[1:] > start[:-1]
        return cls(cell, float(west), float(south), columns, rows, busy, start, cluster[entry][order], tree)

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """West, south, east, north of all clusters, to a cell."""
        west, south = self.west + 2 * self.cell, self.south + 2 * self.cell
        return west, south, west + (self.columns - 4) * self.cell, south + (self.rows - 4) * self.cell

    def pairs(self, bounds: Floats) -> tuple[Ints, ...]:
        """Return the footprints and the clusters whose boxes may meet, from boxes of shape (n, 4)."""
        west, south, east, north = bounds.T
        at = self._cell(west, self.west, self.columns) + self._cell(south, self.south, self.rows) * np.uint32(
            self.columns
        )
        large = np.maximum(east - west, north - south) > self.cell
        near = np.flatnonzero(self.busy[at] & ~large)
        begin, end = (self.start[at[near] + k].astype(np.int64) for k in (0, 1))
        run, number = expand_runs(begin, end - begin)
        footprint, cluster = near[run], self.clusters[number]
        if large.any():
            found, met = self.boxes.query(_boxes(bounds[large]))
            footprint = np.concatenate([footprint, np.flatnonzero(large)[found]])
            cluster = np.concatenate([cluster, met])
        return footprint, cluster

    def _cell(self, x: Floats, origin: float, cells: int) -> NDArray[np.uint32]:
        # As an unsigned number, what lies left of the frame becomes huge and lands in its right side. An
        # empty footprint has no corner; whatever number the machine makes of that lands in the frame too.
        with np.errstate(invalid="ignore"):
            number = ((x - origin) * (1 / self.cell)).astype(np.int32).view(np.uint32)
        return np.minimum(number, np.uint32(cells - 1))


@dataclass(frozen=True, slots=True)
class CutEdges:
    """The edges of clusters cut at each whole x, in cell units, sorted by lane, each shape (pieces,).

    A *lane* is one column of one cluster: cluster * (columns + 1) + column. A vertical edge is one piece of
    no width.

    Attributes
    ----------
    lane
        Where the piece is.
    left, right
        Its x at both ends, left ≤ right.
    y, end
        Its heights there.
    slope
        (end − y) / (right − left), 0 for a vertical edge.
    sign
        +1 for a roof, −1 for a floor, 0 for a vertical edge.
    top
        Its highest point.
    """

    lane: Ints
    left: Floats
    right: Floats
    y: Floats
    end: Floats
    slope: Floats
    sign: Floats
    top: Floats

    @classmethod
    def of(cls, edges: Edges, columns: int) -> Self:
        """Cut edges in cell units."""
        leftward = edges.x1 < edges.x0
        west, east = np.minimum(edges.x0, edges.x1), np.maximum(edges.x0, edges.x1)
        start, stop = np.where(leftward, edges.y1, edges.y0), np.where(leftward, edges.y0, edges.y1)
        first = np.clip(west, 0, columns).astype(np.int64)
        last = np.clip(east, 0, columns).astype(np.int64)
        edge, column = expand_runs(first, last - first + 1)
        width = east - west
        slope = np.divide(stop - start, width, out=np.zeros_like(width), where=width > 0)[edge]
        left = np.maximum(west[edge], column)
        y = start[edge] + slope * (left - west[edge])
        closing = column == last[edge]
        right = np.where(closing, east[edge], column + 1.0)
        end = np.where(closing, stop[edge], start[edge] + slope * (right - west[edge]))
        lane = edges.owner[edge] * (columns + 1) + column
        order = np.argsort(lane, kind="stable")
        lane, sign, top = lane[order], edges.sign[edge][order], np.maximum(y, end)[order]
        return cls(lane, left[order], right[order], y[order], end[order], slope[order], sign, top)


@dataclass(frozen=True, slots=True)
class ClusterIndex:
    """Boundaries of n clusters on one plane, in metres.

    Attributes
    ----------
    bounds
        West, south, east, north, metres, shape (n, 4).
    per_metre
        Cells to a metre in x and y, shape (n, 2): in *cell units* each cluster fills `columns` × `columns`.
    pieces
        The boundaries, cut at the columns.
    first
        Where the pieces of each lane begin, shape (n * (columns + 1) + 1,).
    crossed
        Cells that the boundary passes, added up from the lower left, shape (columns + 2, columns + 2, n): row
        by row, in each column by column.
    inside
        Whether a cell that the boundary does not pass is inside, shape (columns + 1, columns + 1, n).
    """

    bounds: Floats
    columns: int
    per_metre: Floats
    lookup: Lookup
    pieces: CutEdges
    first: Ints
    crossed: NDArray[np.int16]
    inside: Bools

    @classmethod
    def of(cls, shapes: Shapes) -> Self:
        """Prepare valid polygons or multipolygons that are not empty, shape (n,)."""
        bounds = shapely.bounds(shapes)
        columns = int(np.clip(np.sqrt(_LABEL_CELLS / len(shapes)), 16, _COLUMNS))
        per_metre = columns / np.maximum(bounds[:, 2:] - bounds[:, :2], 1e-9)
        rings = Rings.of(shapes)
        vertex_owner = np.repeat(rings.owner, np.diff(rings.start))
        cells = (rings.xy - bounds[vertex_owner, :2]) * per_metre[vertex_owner]
        edges = directed_edges(Rings(cells, rings.start, rings.owner, rings.hole))
        pieces = CutEdges.of(edges, columns)
        lanes = len(shapes) * (columns + 1)
        first = np.concatenate([[0], np.cumsum(np.bincount(pieces.lane, minlength=lanes))])
        crossed, inside = _labels(pieces, first, columns)
        return cls(bounds, columns, per_metre, Lookup.of(bounds), pieces, first, crossed, inside)

    def place(self, bounds: Floats, cluster: Ints) -> NDArray[np.int8]:
        """Say of each box whether it is INSIDE its cluster, OUTSIDE, or CROSSED by the boundary.

        Parameters
        ----------
        bounds
            Boxes in metres, shape (pairs, 4).
        cluster
            The cluster that each is compared with, shape (pairs,).
        """
        of = self.bounds[cluster]
        met = (bounds[:, 0] <= of[:, 2]) & (of[:, 0] <= bounds[:, 2])
        met &= (bounds[:, 1] <= of[:, 3]) & (of[:, 1] <= bounds[:, 3])
        label = np.full(len(cluster), OUTSIDE, dtype=np.int8)
        label[met] = self._label(bounds[met], cluster[met])
        return label

    def _label(self, bounds: Floats, cluster: Ints) -> NDArray[np.int8]:
        """Say the same of boxes that meet the box of their cluster."""
        c0, r0 = self._cell(bounds[:, 0], bounds[:, 1], cluster)
        c1, r1 = self._cell(bounds[:, 2], bounds[:, 3], cluster)
        side, count = self.columns + 2, len(self.bounds)
        total = self.crossed.reshape(-1)
        below, above = r0 * (side * count) + cluster, (r1 + 1) * (side * count) + cluster
        west, east = c0 * count, (c1 + 1) * count
        passed = total[above + east] - total[above + west] - total[below + east] + total[below + west]
        label = self.inside[r0, c0, cluster].astype(np.int8)
        label[passed > 0] = CROSSED
        return label

    def _cell(self, x: Floats, y: Floats, cluster: Ints) -> tuple[Ints, Ints]:
        # The same monotone steps as for the boundary itself: a point of the boundary inside a box can only
        # fall in a cell between the cells of the box's corners.
        column = (x - self.bounds[cluster, 0]) * self.per_metre[cluster, 0]
        row = (y - self.bounds[cluster, 1]) * self.per_metre[cluster, 1]
        return (
            np.clip(column, 0, self.columns).astype(np.int64),
            np.clip(row, 0, self.columns).astype(np.int64),
        )


def _boxes(bounds: Floats) -> Shapes:
    boxes: Shapes = np.asarray(shapely.box(*bounds.T))
    return boxes


def _labels(pieces: CutEdges, first: Ints, columns: int) -> tuple[NDArray[np.int16], Bools]:
    """Label the cells of all clusters, some clusters at a time."""
    side = columns + 1
    count = (len(first) - 1) // side
    crossed = np.zeros((side + 1, side + 1, count), dtype=np.int16)
    inside = np.empty((side, side, count), dtype=np.bool_)
    for begin in range(0, count, _LABELLED_AT_ONCE):
        end = min(begin + _LABELLED_AT_ONCE, count)
        some = slice(first[begin * side], first[end * side])
        passed, inside[..., begin:end] = _label(pieces, some, columns, (begin, end))
        crossed[1:, 1:, begin:end] = passed
    _add_up_along(0, crossed)
    _add_up_along(1, crossed)
    return crossed, inside


def _label(pieces: CutEdges, some: slice, columns: int, clusters: tuple[int, int]) -> tuple[Bools, Bools]:
    """Mark the cells that the boundary passes, and tell for all others whether they are inside."""
    shape = (columns + 2, columns + 1, clusters[1] - clusters[0])
    left, y = pieces.left[some], pieces.y[some]
    cluster, column = np.divmod(pieces.lane[some], columns + 1)
    at = column * shape[2] + cluster - clusters[0]
    low, high = np.minimum(y, pieces.end[some]) - _MARGIN_CELLS, pieces.top[some] + _MARGIN_CELLS
    touched = _heap(_row(low, columns), at, shape)
    touched -= _heap(_row(high, columns) + 1, at, shape)
    _add_up_along(0, touched)

    # Half-way through its column each floor begins what is inside, each roof ends it.
    middle = column + 0.5
    through = np.flatnonzero((left <= middle) & (middle < pieces.right[some]))
    height = y[through] + pieces.slope[some][through] * (middle - left)[through]
    within = _heap(_row(height, columns), at[through], shape, -pieces.sign[some][through])
    _add_up_along(0, within)
    return touched[:-1] > 0, within[:-1] >= 1


def _row(height: Floats, columns: int) -> Ints:
    return np.clip(height, 0, columns).astype(np.int64)


def _heap(row: Ints, at: Ints, shape: tuple[int, int, int], weights: Floats | None = None) -> Shapes:
    """Count or add up what falls on each cell of a row, `at` being its column and cluster in one number."""
    plane = shape[1] * shape[2]
    return np.bincount(row * plane + at, weights, shape[0] * plane).reshape(shape)


def _add_up_along(axis: int, cells: Shapes) -> None:
    """Replace cells by their running totals: whole planes at once take a tenth of the time of a cumsum."""
    for before, after in pairwise(np.moveaxis(cells, axis, 0)):
        np.add(before, after, out=after)
