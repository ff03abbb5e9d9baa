"""Ground covered at least once: the area of the union of footprints on each cluster."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Self

import numpy as np
import shapely

from clusters_geo.built_up.edges import Edges, Rings, crossing_place, directed_edges, expand_runs, left_of
from clusters_geo.built_up.hidden import open_parts
from clusters_geo.built_up.kernel import crossing_area, shared_area

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clusters_geo.built_up.edges import Bools, Floats, Ints, Shapes
    from clusters_geo.built_up.index import ClusterIndex

__all__ = ["exposed_edges", "meeting_boxes", "union_m2"]

# Comparing edges costs the product of two polygons' corners. Buildings have 25–400; where the mean is beyond
# this, as with whole road networks or scanned outlines, GEOS's sweep is faster and needs less memory.
_INTRICATE = 3_000

# Where footprints meet so many others, looking for hidden edges first is quicker than comparing all.
_DEEP = 5


def union_m2(index: ClusterIndex, shapes: Shapes, m2: Floats, ground: Ints, cluster: Ints) -> Floats:
    """Return the square metres of each ground that footprints cover, overlaps counted once.

    Parameters
    ----------
    shapes
        Footprints, shape (n,).
    m2
        How much of each lies on its cluster, shape (n,).
    ground
        Number of the ground that each covers: a cluster, or a cluster and a group, shape (n,).
    cluster
        The cluster of each ground, shape (grounds,).

    Returns
    -------
    Square metres, shape (grounds,).
    """
    first = _first_of_equals(shapes, ground)
    shapes, m2, ground = shapes[first], m2[first], ground[first]
    bounds = shapely.bounds(shapes)
    sweep = _Sweep.of(bounds, ground)
    crowded = sweep.crowded(ground, len(cluster))
    one, other = sweep.pairs(bounds, ~crowded[ground])
    lone = ~crowded[ground]
    lone[one] = lone[other] = False
    area: Floats = np.bincount(ground[lone], m2[lone], len(cluster)).astype(np.float64)
    intricate = crowded | _intricate(shapes, ground, one, other, len(cluster))
    for one_ground in np.flatnonzero(intricate):
        union = shapely.union_all(shapes[(ground == one_ground) & ~lone])
        area[one_ground] += crossing_area(index, Rings.of(np.array([union])), cluster[[one_ground]])[0]
    rows = np.flatnonzero(~lone & ~intricate[ground])
    if not len(rows):
        return area
    number = np.full(len(shapes), -1)
    number[rows] = np.arange(len(rows))
    plain = number[one] >= 0
    one, other, bounds, ground = number[one[plain]], number[other[plain]], bounds[rows], ground[rows]
    edges = directed_edges(Rings.of(shapes[rows]))
    deep = len(one) > _DEEP * len(rows)
    parts = open_parts(edges, bounds, ground, index.bounds[cluster]) if deep else None
    return area + _area_within(index, exposed_edges(edges, bounds, one, other, parts), ground, cluster)


def _first_of_equals(shapes: Shapes, ground: Ints) -> Ints:
    """Return the position of the first of each kind of equal shapes on a ground: the others cover no more.

    Layers that were put together from several downloads hold whole districts twice; a broken export holds one
    building a hundred thousand times, and each meets each.
    """
    boxes = np.column_stack([ground.astype(np.float64), shapely.bounds(shapes)])
    order = np.lexsort(boxes.T)
    same = (boxes[order][1:] == boxes[order][:-1]).all(axis=1)
    suspect = np.zeros(len(shapes), dtype=bool)
    suspect[order[1:][same]] = suspect[order[:-1][same]] = True
    doubted = np.flatnonzero(suspect)
    content = shapely.to_wkb(shapes[doubted])
    kept: dict[tuple[int, bytes], int] = {}
    for row, number, bytes_of_it in zip(doubted.tolist(), ground[doubted].tolist(), content, strict=True):
        kept.setdefault((number, bytes_of_it), row)
    return np.flatnonzero(~suspect | np.isin(np.arange(len(shapes)), list(kept.values())))


def _intricate(shapes: Shapes, ground: Ints, one: Ints, other: Ints, grounds: int) -> Bools:
    """Find the grounds on which comparing edge by edge would take too long, shape (grounds,)."""
    corners = shapely.get_num_coordinates(shapes).astype(np.float64)
    work = np.bincount(ground[one], corners[one] * corners[other], grounds)
    beyond: Bools = work > _INTRICATE * np.bincount(ground[one], minlength=grounds)
    return beyond


def _area_within(index: ClusterIndex, outline: Edges, ground: Ints, cluster: Ints) -> Floats:
    """Return what the outlines of unions enclose within each ground's cluster, m², shape (grounds,)."""
    on = ground[outline.owner]
    origin, scale = index.bounds[cluster[on], :2].T, index.per_metre[cluster[on]].T
    cells = Edges(
        on,
        (outline.x0 - origin[0]) * scale[0],
        (outline.y0 - origin[1]) * scale[1],
        (outline.x1 - origin[0]) * scale[0],
        (outline.y1 - origin[1]) * scale[1],
        outline.following,
    )
    return shared_area(cells, cluster, index, closed=False)


# Strips much higher than a building make the sweep compare what is far apart; lower ones hold it many times.
_STRIP_M = 64.0
_MOST_STRIPS = 1_000

# Pairs looked at for the grounds of a block: some 500 MB. Buildings meet ten others; where thousands lie upon
# each other GEOS unites them one after the other, which needs memory for the shapes only.
_MOST_PAIRS = 5_000_000


@dataclass(frozen=True, slots=True)
class _Sweep:
    """Boxes in strips, ordered by lane (ground and strip) and west; those that may meet follow each other.

    `box` (position) and `strip` of each entry, `low` strip of each box, `stop`: behind the last entry that
    begins before this one ends.
    """

    box: Ints
    strip: Ints
    low: Ints
    stop: Ints

    @classmethod
    def of(cls, bounds: Floats, ground: Ints) -> Self:
        if not len(bounds):
            nothing = np.empty(0, np.int64)
            return cls(nothing, nothing, nothing, nothing)
        west, south, east, north = (bounds - np.tile(bounds[:, :2].min(axis=0), 2)).T
        height = max(_STRIP_M, float(north.max()) / _MOST_STRIPS)
        low, high = (south / height).astype(np.int64), (north / height).astype(np.int64)
        box, strip = expand_runs(low, high - low + 1)
        lane = np.unique(ground[box] * (int(high.max()) + 1) + strip, return_inverse=True)[1]
        # One number orders by lane, then by west: lanes lie end to end on one axis.
        length = float(east.max()) + 1.0
        order = np.argsort(lane * length + west[box], kind="stable")
        box, strip, lane = box[order], strip[order], lane[order]
        position = lane * length + west[box]
        return cls(box, strip, low, np.searchsorted(position, lane * length + east[box] + 1e-3, side="right"))

    @property
    def _following(self) -> Ints:
        return self.stop - np.arange(1, len(self.box) + 1)

    def crowded(self, ground: Ints, grounds: int) -> Bools:
        """Find the grounds on which there are too many pairs to hold, shape (grounds,)."""
        candidates = np.bincount(ground[self.box], self._following, grounds)
        order = np.argsort(candidates, kind="stable")
        beyond = np.zeros(grounds, dtype=bool)
        beyond[order[candidates[order].cumsum() > _MOST_PAIRS]] = True
        return beyond

    def pairs(self, bounds: Floats, looked_at: Bools) -> tuple[Ints, Ints]:
        """Return all pairs that overlap or touch, each once, of the boxes looked at, shape (boxes,)."""
        follow = np.where(looked_at[self.box], self._following, 0)
        first, second = expand_runs(np.arange(1, len(self.box) + 1), follow)
        one, other = self.box[first], self.box[second]
        west, south, east, north = bounds.T
        met = (west[other] <= east[one]) & (south[other] <= north[one]) & (south[one] <= north[other])
        # Boxes that share several strips meet in the first of them.
        met &= np.maximum(self.low[one], self.low[other]) == self.strip[first]
        return one[met], other[met]


def meeting_boxes(bounds: Floats, ground: Ints) -> tuple[Ints, Ints]:
    """Return all pairs of boxes on the same ground that overlap or touch.

    Parameters
    ----------
    bounds
        West, south, east, north, metres, shape (n, 4).
    ground
        Boxes are compared only with those of the same number, shape (n,).

    Returns
    -------
    Two positions for each pair, each pair once, shape (pairs,).

    Examples
    --------
    >>> import numpy as np
    >>> boxes = np.array([[0.0, 0, 2, 2], [1, 1, 3, 3], [9, 9, 10, 10], [1, 1, 3, 3]])
    >>> one, other = meeting_boxes(boxes, np.array([0, 0, 0, 1]))
    >>> one.tolist(), other.tolist()
    ([0], [1])
    """
    return _Sweep.of(bounds, ground).pairs(bounds, np.ones(len(bounds), dtype=bool))


# Parts of edges compared with whole polygons at once: some 20 MB.
_COMPARED_AT_ONCE = 100_000


@dataclass(frozen=True, slots=True)
class _Polygons:
    """Polygons to compare.

    Their edges, metres; their boxes (n, 4); where the edges of each begin, (n + 1,).
    """

    edges: Edges
    bounds: Floats
    corners: Ints


@dataclass(frozen=True, slots=True)
class _Parts:
    """Parts of edges, sorted by edge and place.

    `edge` (parts,) from `start` to `stop`, 0–1 along the edge; `boxes` (4, parts) in metres; those of
    polygon k begin at `first[k]`, (n + 1,).
    """

    edge: Ints
    start: Floats
    stop: Floats
    boxes: Floats
    first: Ints

    @classmethod
    def of(
        cls,
        polygons: _Polygons,
        edge: Ints,
        start: Floats,
        stop: Floats,
    ) -> Self:
        x0, y0, x1, y1 = _ends(polygons.edges, edge, start, stop)
        # An edge's own rounding must not hide a wall that it shares.
        margin = 1e-9 * (1 + np.abs(x1 - x0) + np.abs(y1 - y0))
        low = [np.minimum(x0, x1) - margin, np.minimum(y0, y1) - margin]
        boxes = np.stack([*low, np.maximum(x0, x1) + margin, np.maximum(y0, y1) + margin])
        return cls(edge, start, stop, boxes, np.searchsorted(edge, polygons.corners))


def exposed_edges(
    edges: Edges,
    bounds: Floats,
    one: Ints,
    other: Ints,
    parts: tuple[Ints, Floats, Floats] | None = None,
) -> Edges:
    """Return the parts of the edges of n polygons that none of the others covers.

    Parameters
    ----------
    edges
        Of the polygons, metres.
    bounds
        Their boxes, metres, shape (n, 4).
    one, other
        The pairs of polygons to compare, each once, as from `meeting_boxes`.
    parts
        Outside of which edges are known to be covered, as from `open_parts`; None if nothing is known.

    Returns
    -------
    The outline of the union: parts of edges, each with the owner of its edge. `following` is meaningless.
    """
    corners = np.searchsorted(edges.owner, np.arange(len(bounds) + 1))
    polygons = _Polygons(edges, bounds, corners)
    if parts is None:
        count = len(edges.owner)
        parts = np.arange(count), np.zeros(count), np.ones(count)
    walked = _Parts.of(polygons, *parts)
    edge, start, stop = _expose(polygons, walked, *_directed(one, other, walked))
    return Edges(edges.owner[edge], *_ends(edges, edge, start, stop), np.full(len(edge), -1))


def _directed(one: Ints, other: Ints, parts: _Parts) -> tuple[Ints, Ints]:
    """Return each polygon of which there are parts to walk, sorted, and each polygon to compare it with."""
    walked, against = np.concatenate([one, other]), np.concatenate([other, one])
    some = np.flatnonzero((np.diff(parts.first) > 0)[walked])
    order = some[np.argsort(walked[some], kind="stable")]
    return walked[order], against[order]


def _expose(polygons: _Polygons, parts: _Parts, walked: Ints, against: Ints) -> tuple[Ints, Floats, Floats]:
    """Return edge, start and stop of what none of the polygons compared covers of parts of edges."""
    exposed = [
        _walk(polygons, parts, own, walked[pairs], against[pairs])
        for pairs, own in _chunks(walked, parts.first)
    ]
    edge, start, stop = (np.concatenate(column) for column in zip(*exposed, strict=True))
    return edge, start, stop


def _walk(
    polygons: _Polygons,
    parts: _Parts,
    own: Ints,
    walked: Ints,
    against: Ints,
) -> tuple[Ints, Floats, Floats]:
    """Walk the parts `own`; return edge, start and stop of what is exposed of them."""
    parts_before = own[0] if len(own) else 0
    pair, part = _meeting(polygons.bounds, parts, walked, against)
    event_part, place, entered = _events(polygons, parts, part, against[pair])
    event_part = np.concatenate([own, event_part, own])
    place = np.concatenate([parts.start[own], place, parts.stop[own]])
    entered = np.concatenate([np.zeros_like(own), entered, np.zeros_like(own)])
    # One number sorts by part, then by place: a third faster than two keys, and good to 1e-10 of an edge.
    order = np.argsort((event_part - parts_before) + place * (1 - 1e-9))
    event_part, place = event_part[order], place[order]
    # Each other polygon is left as often as it is entered, so the count is back at 0 for the next part.
    within = np.cumsum(entered[order])
    exposed = np.flatnonzero(
        (within[:-1] == 0) & (event_part[1:] == event_part[:-1]) & (place[1:] > place[:-1])
    )
    return parts.edge[event_part[exposed]], place[exposed], place[exposed + 1]


def _meeting(bounds: Floats, parts: _Parts, walked: Ints, against: Ints) -> tuple[Ints, Ints]:
    """Return the pair and the part for all parts whose box meets the box of the other polygon."""
    first = parts.first
    pair, part = expand_runs(first[walked], first[walked + 1] - first[walked])
    for axis in (0, 1):
        low, high = bounds[against, axis], bounds[against, axis + 2]
        met = (parts.boxes[axis + 2][part] >= low[pair]) & (parts.boxes[axis][part] <= high[pair])
        pair, part = pair[met], part[met]
    return pair, part


def _events(polygons: _Polygons, parts: _Parts, part: Ints, polygon: Ints) -> tuple[Ints, Floats, Ints]:
    """Return where parts of edges enter (+1) and leave (−1) polygons.

    What happens on the line of the edge before or after the part is put to its start or stop.
    """
    edges, begin = polygons.edges, polygons.corners[polygon]
    compared, rival = expand_runs(begin, polygons.corners[polygon + 1] - begin)
    edge = parts.edge[part]
    left, side = left_of(edges, edge[compared], rival)
    following = np.arange(len(rival)) + edges.following[rival] - rival
    crossing = np.flatnonzero(left != left[following])
    compared, following = compared[crossing], following[crossing]
    place = crossing_place(edges, edge[compared], rival[crossing], side[crossing], side[following])
    part = part[compared]
    entered = np.where(left[crossing], 1, -1)
    return part, np.clip(place, parts.start[part], parts.stop[part]), entered


def _ends(edges: Edges, edge: Ints, start: Floats, stop: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Return x and y at the start, x and y at the stop of parts of edges, metres."""
    x0, y0, x1, y1 = edges.x0[edge], edges.y0[edge], edges.x1[edge], edges.y1[edge]
    dx, dy, whole = x1 - x0, y1 - y0, stop == 1.0
    end_x, end_y = np.where(whole, x1, x0 + stop * dx), np.where(whole, y1, y0 + stop * dy)
    return x0 + start * dx, y0 + start * dy, end_x, end_y


def _chunks(walked: Ints, first: Ints) -> Iterator[tuple[slice, Ints]]:
    """Cut the polygons into ranges with about `_COMPARED_AT_ONCE` parts to compare; yield pairs and parts."""
    polygons = len(first) - 1
    work = np.bincount(walked, minlength=polygons) * np.diff(first)
    number = np.cumsum(work) // _COMPARED_AT_ONCE
    cuts = [0, *(np.flatnonzero(np.diff(number)) + 1).tolist(), polygons]
    for begin, end in pairwise(cuts):
        low, high = np.searchsorted(walked, [begin, end])
        yield slice(int(low), int(high)), np.arange(first[begin], first[end])
