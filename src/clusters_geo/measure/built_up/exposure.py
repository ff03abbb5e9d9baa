"""The outline of a union without building the union.

The outline of overlapping polygons is made of those parts of their edges that no other of them covers. Along
an edge, walking from its start to its end, one enters and leaves the others; where one is inside none of
them, the edge is *exposed*. Sorting these events along all edges at once replaces the overlay: the exposed
parts go straight into the sum of trapezoids.

That is only right if all answers about left and right agree with each other: see `sides`.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Self

import numpy as np

from clusters_geo.measure.built_up.edges import Edges, expand_runs
from clusters_geo.measure.built_up.sides import crossing_place, left_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clusters_geo.measure.built_up.arrays import Floats, Ints

__all__ = ["exposed_edges"]

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
