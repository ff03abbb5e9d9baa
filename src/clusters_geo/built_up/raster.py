"""Ground under several footprints counted in cells: an approximation, with its standard error.

What each footprint lays on a cluster is exact, as always. Only how much of it lies under other footprints too
is sampled: each cluster is cut into square cells, each cell has one sample point, and a point under *k*
footprints says that k − 1 times its cell was counted too often. The points of a row share one random place
within their cells and rows are independent of each other, so that the estimate is right on average whatever
stands there, and its variance can be read off the rows themselves (docs/decisions/0010-built-up-raster.md).

Cells are never stored. Between two points of a row an edge enters or leaves a footprint; these *events*, in
the order of the points, are all there is. An event is one number: (row * stride + column) * 4 + kind.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
import shapely

from clusters_geo.built_up.edges import Edges, Rings, directed_edges, expand_runs
from clusters_geo.built_up.hits import Counts, hits_of
from clusters_geo.crs import to_transverse_mercator
from clusters_geo.errors import SchemaError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import geopandas as gpd
    from numpy.typing import NDArray

    from clusters_geo.built_up.batches import Batch
    from clusters_geo.built_up.edges import Floats, Ints, Shapes
    from clusters_geo.built_up.ground import Ground

    Events = NDArray[np.signedinteger[Any]]

__all__ = ["Raster", "Sampled"]

_LEAVE, _ENTER, _LEAVE_CLUSTER, _ENTER_CLUSTER = range(4)
# Inside a cluster the count of footprints starts from here, far above how many can lie upon each other.
_WITHIN = 1 << 28
_STEP = np.array([-1, 1, -_WITHIN, _WITHIN], dtype=np.int32)

# Rows without cells between clusters, so that differences of neighbouring rows end at nought.
_SPARE_ROWS = 2
# A row holds some 200 bytes where it is densely built.
_MOST_ROWS = 5_000_000
_CROSSINGS_AT_ONCE = 200_000
_FITS_INT32 = 1 << 31
_WAITING_EVENTS = 1_000_000
_SWEPT_AT_ONCE = 500_000


@dataclass(slots=True)
class _Layer:
    """What footprints of one group leave on a range of clusters.

    Attributes
    ----------
    sums
        Footprints, plane m² and geodesic hectares of each cluster, overlaps counted as often as they occur,
        shape (3, clusters).
    excess
        Points counted too often in each row of cells, shape (rows,).
    kept
        Where the ground within clusters that they cover together begins and ends, in order.
    waiting
        Where footprints begin and end that are not settled yet, in order each.
    """

    sums: Floats
    excess: Floats
    kept: Events
    waiting: list[Events] = field(default_factory=list)


@dataclass(slots=True)
class Sampled:
    """What was sampled on the clusters `first` to `stop`, by group (None without groups)."""

    first: int
    stop: int
    layers: dict[Any, _Layer] = field(default_factory=dict)
    counts: Counts = field(default_factory=Counts)


@dataclass(frozen=True, slots=True)
class Raster:
    """The `Method` that counts overlaps in cells over n clusters.

    Attributes
    ----------
    cell_m
        Width and height of a cell, metres.
    corner
        West and south of each cluster, metres, shape (n, 2).
    columns
        Cells across, shape (n,).
    first_row
        Where the rows of each cluster begin, spare ones included, shape (n + 1,).
    across, up
        The place of the sample points in the cells of each row, 0–1, shape (rows,).
    boundary
        Events of the clusters themselves, in order.
    """

    cell_m: float
    corner: Floats
    columns: Ints
    first_row: Ints
    across: Floats
    up: Floats
    boundary: Events

    @classmethod
    def of(cls, clusters: gpd.GeoSeries, cell_m: float, *, seed: int = 0) -> Self:
        """Lay cells on clusters that `Ground.of` takes, shape (n,).

        Raises
        ------
        SchemaError
            If `cell_m` is not a positive number, larger than a cluster, or gives too many cells.
        """
        found = to_transverse_mercator(clusters)
        # Too far for one plane: Ground.of refuses that.
        shapes = np.asarray(clusters.array) if found is None else found[0]
        bounds = shapely.bounds(shapes)
        _require_cells(shapes, bounds, cell_m, clusters.index)
        columns, rows = np.ceil((bounds[:, 2:] - bounds[:, :2]) / cell_m).astype(np.int64).T
        first_row = np.concatenate([[0], np.cumsum(rows + 2 * _SPARE_ROWS)])
        across, up = np.random.default_rng(seed).random((2, first_row[-1]))
        small = first_row[-1] * (columns.max() + 1) * 4 < _FITS_INT32
        nothing: Events = np.empty(0, dtype=np.int32 if small else np.int64)
        bare = cls(cell_m, bounds[:, :2], columns, first_row, across, up, nothing)
        # Clusters come one after the other, so that their events are in order together.
        events = np.concatenate([*bare._events(shapes, np.arange(len(shapes)))]) + _LEAVE_CLUSTER
        return replace(bare, boundary=events)

    @property
    def name(self) -> str:
        """What the method is called in the result."""
        return f"raster {self.cell_m:g} m"

    @property
    def stride(self) -> int:
        """Numbers that a row of points takes."""
        return int(self.columns.max()) + 1

    def _limits(self, first: int, stop: int) -> Events:
        """Return the least event of each of the clusters `first` to `stop`, and the one past the last."""
        limits: Events = self.first_row[first : stop + 1] * self.stride * 4
        return limits.astype(self.boundary.dtype)

    def lay(self, ground: Ground, batch: Batch, source: str) -> Sampled:
        """Lay a batch of footprints on the clusters; parameters and errors as `hits_of`."""
        hits = hits_of(ground, batch, disjoint=False, source=source, pack=False)
        shapes = hits.shapes if hits.shapes is not None else np.empty(0, dtype=object)
        total = Sampled(0, len(self.columns), counts=hits.counts)
        for group, rows in _by_group(hits.group, len(shapes)):
            cluster = hits.cluster[rows]
            layer = self._layer(total, group)
            weights = (None, hits.m2[rows], hits.ha[rows])
            layer.sums[:] = [np.bincount(cluster, weight, len(self.columns)) for weight in weights]
            for events in self._events(shapes[rows], cluster):
                self._put(total, layer, events)
        return total

    def gather(self, several: Iterable[Sampled]) -> Sampled:
        """Put together what was sampled on the same clusters; ground covered before is kept as one piece."""
        total: Sampled | None = None
        for found in several:
            total = Sampled(found.first, found.stop) if total is None else total
            total.counts += found.counts
            for group, left in found.layers.items():
                layer = self._layer(total, group)
                layer.sums += left.sums
                layer.excess += left.excess
                settled = [left.kept] if len(layer.kept) else []
                layer.kept = layer.kept if len(layer.kept) else left.kept
                for events in (*settled, *left.waiting):
                    self._put(total, layer, events)
        total = total or Sampled(0, len(self.columns))
        for layer in total.layers.values():
            self._settle(total, layer)
        return total

    def cut(self, found: Sampled, first: int, stop: int) -> Sampled:
        """Return what was sampled on a range of clusters, from what `gather` gave for all."""
        part = Sampled(first, stop, counts=found.counts)
        low, high = self.first_row[[first, stop]]
        for group, layer in found.layers.items():
            sums = layer.sums[:, first:stop]
            if sums[0].any():
                begin, end = np.searchsorted(layer.kept, self._limits(first, stop)[[0, -1]])
                part.layers[group] = _Layer(sums, layer.excess[low:high], layer.kept[begin:end])
        return part

    def add_up(self, ground: Ground, found: Sampled) -> pd.DataFrame:
        """Add up what `gather` gave; as `hits.add_up`, and `built_up_error_ha`, the standard error."""
        del ground
        tables = [_nothing(), *(self._figures(found, *of) for of in found.layers.items())]
        return pd.concat([t for t in tables if len(t)] or tables, ignore_index=True)

    def counts(self, found: Sampled) -> Counts:
        """Return what was met on the way."""
        return found.counts

    def _figures(self, found: Sampled, group: object, layer: _Layer) -> pd.DataFrame:
        footprints, m2, ha = layer.sums
        first = self.first_row[found.first : found.stop] - self.first_row[found.first]
        twice = np.add.reduceat(layer.excess, first) * self.cell_m**2
        bend = np.zeros_like(layer.excess)
        bend[1:-1] = np.diff(layer.excess, n=2)
        variance = np.add.reduceat(bend**2, first) / 6
        # Overlaps that fell between the points are smaller than a cell or so; one footprint has none.
        error = np.sqrt(np.where(footprints > 1, np.maximum(variance, 1.0), 0.0)) * self.cell_m**2
        hit = np.flatnonzero(footprints)
        scale = (ha[hit], m2[hit])
        columns = {
            "cluster": hit + found.first,
            "group": np.full(len(hit), group, dtype=object),
            "built_up_ha": scale[0] * (1 - twice[hit] / scale[1]),
            "footprints": footprints[hit].astype(np.int64),
            "built_up_error_ha": scale[0] * error[hit] / scale[1],
        }
        return pd.DataFrame(columns)

    def _layer(self, total: Sampled, group: object) -> _Layer:
        """Return the layer of a group, a new one where it is met for the first time."""
        if group not in total.layers:
            rows = self.first_row[total.stop] - self.first_row[total.first]
            sums = np.zeros((3, total.stop - total.first))
            total.layers[group] = _Layer(sums, np.zeros(rows), self.boundary[:0])
        return total.layers[group]

    def _put(self, total: Sampled, layer: _Layer, events: Events) -> None:
        layer.waiting.append(events)
        if sum(map(len, layer.waiting)) > max(_WAITING_EVENTS, len(layer.kept) // 2):
            self._settle(total, layer)

    def _settle(self, of: Sampled, layer: _Layer) -> None:
        """Sweep over what waits: count what lies twice within clusters, keep the rest as one."""
        if not any(map(len, layer.waiting)):
            return
        limits, left = self._limits(of.first, of.stop), [layer.kept, *layer.waiting]
        starts = [np.searchsorted(events, limits) for events in (self.boundary, *left)]
        work = np.cumsum(np.diff(starts, axis=1).sum(axis=0)) // _SWEPT_AT_ONCE
        cuts = [0, *(np.flatnonzero(np.diff(work)) + 1).tolist(), len(limits) - 1]
        swept = []
        for begin, end in pairwise(cuts):
            met = begin + np.flatnonzero(layer.sums[0, begin:end])
            boundary = [self.boundary[starts[0][cluster] : starts[0][cluster + 1]] for cluster in met]
            some = [events[at[begin] : at[end]] for events, at in zip(left, starts[1:], strict=True)]
            swept.append(self._swept(np.concatenate([*some, *boundary]), layer.excess, of.first))
        layer.waiting.clear()
        layer.kept = np.concatenate(swept)

    def _swept(self, events: Events, excess: Floats, first: int) -> Events:
        """Add what lies twice to `excess`, whose rows begin with cluster `first`; return what is covered."""
        key, count = _counted(events)
        count = np.where(count >= _WITHIN, count - _WITHIN, 0)
        deep = np.flatnonzero(count > 1)
        points = (count[deep] - 1) * (key[deep + 1] - key[deep])
        excess += np.bincount(key[deep] // self.stride - self.first_row[first], points, len(excess))
        covered = count > 0
        ends = key[np.flatnonzero(np.diff(covered, prepend=False))] * 4
        ends[::2] += _ENTER
        return ends

    def _events(self, shapes: Shapes, cluster: Ints) -> Iterator[Events]:
        """Yield where shapes begin and end on the rows of their clusters, some shapes at a time, in order."""
        edges = self._in_cells(directed_edges(Rings.of(shapes)), cluster)
        of = cluster[edges.owner]
        rows = np.diff(self.first_row)[of] - 2 * _SPARE_ROWS
        bottom = np.clip(np.minimum(edges.y0, edges.y1), 0, rows).astype(np.int64)
        top = np.clip(np.maximum(edges.y0, edges.y1), -1, rows - 1).astype(np.int64)
        count = np.maximum(top - bottom + 1, 0)
        first = self.first_row[of] + _SPARE_ROWS
        work = np.cumsum(np.bincount(edges.owner, count, len(shapes))) // _CROSSINGS_AT_ONCE
        cuts = [0, *(np.flatnonzero(np.diff(work)) + 1).tolist(), len(shapes)]
        for begin, end in pairwise(np.searchsorted(edges.owner, cuts)):
            edge, row = expand_runs(bottom[begin:end], count[begin:end])
            edge += begin
            at = first[edge] + row
            yield np.sort(self._crossings(edges, edge, row + self.up[at], at, self.columns[of]))

    def _in_cells(self, edges: Edges, cluster: Ints) -> Edges:
        west, south = self.corner[cluster[edges.owner]].T
        x0, x1 = (edges.x0 - west) / self.cell_m, (edges.x1 - west) / self.cell_m
        y0, y1 = (edges.y0 - south) / self.cell_m, (edges.y1 - south) / self.cell_m
        return Edges(edges.owner, x0, y0, x1, y1, edges.following)

    def _crossings(self, edges: Edges, edge: Ints, line: Floats, at: Ints, columns: Ints) -> Events:
        """Return one event for each edge that crosses the line of points in the row `at`."""
        y0, y1 = edges.y0[edge], edges.y1[edge]
        passed = np.flatnonzero((y0 <= line) != (y1 <= line))
        edge, line, at, y0, y1 = edge[passed], line[passed], at[passed], y0[passed], y1[passed]
        x0 = edges.x0[edge]
        x = x0 + (line - y0) / (y1 - y0) * (edges.x1[edge] - x0)
        # The first point that is not left of the edge; one beyond the last column is beyond the cluster.
        column = np.clip(np.ceil(x - self.across[at]), 0, columns[edge]).astype(np.int64)
        # The inside lies to the left: a row going east enters where the edge runs down.
        return ((at * self.stride + column) * 4 + (y1 < y0)).astype(self.boundary.dtype)


def _counted(events: Events) -> tuple[Events, Events]:
    """Return the points at which something begins or ends, in order, and what lies from there to the next."""
    # Arrays in order one after the other: this sort merges them.
    events.sort(kind="stable")
    key, count = events >> 2, np.cumsum(_STEP[events & 3], dtype=np.int32)
    last = np.flatnonzero(np.diff(key, append=-1))
    return key[last], count[last]


def _by_group(groups: Shapes | None, rows: int) -> Iterator[tuple[Any, Ints]]:
    if groups is None:
        if rows:
            yield None, np.arange(rows)
        return
    number, labels = pd.factorize(groups, use_na_sentinel=False)
    for group, label in enumerate(labels):
        yield (None if pd.isna(label) else label), np.flatnonzero(number == group)


def _nothing() -> pd.DataFrame:
    kinds = {"cluster": np.int64, "group": object, "built_up_ha": float, "footprints": np.int64}
    return pd.DataFrame({name: np.empty(0, kind) for name, kind in kinds.items()} | {"built_up_error_ha": []})


def _require_cells(shapes: Shapes, bounds: Floats, cell_m: float, names: pd.Index) -> None:
    if not (np.isfinite(cell_m) and cell_m > 0):
        raise SchemaError("built-up.cell", cell_m=cell_m)
    area = shapely.area(shapes)
    if cell_m**2 > area.min():
        smallest = names[int(area.argmin())]
        raise SchemaError("built-up.cell-large", cell_m=cell_m, cluster=smallest, area=area.min())
    height = (bounds[:, 3] - bounds[:, 1]).sum()
    if height / cell_m > _MOST_ROWS:
        raise SchemaError(
            "built-up.cell-small",
            cell_m=cell_m,
            rows=height / cell_m,
            most=_MOST_ROWS,
            least=height / _MOST_ROWS,
        )
