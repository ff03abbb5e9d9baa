"""From a batch of footprints to the square metres that each lays on each cluster.

cull → place → measure. Of a million footprints most are settled by one look-up of their lower left corner
(`Lookup`), most of the others by four look-ups of their box (`ClusterIndex.place`); only those on a boundary
are computed edge by edge (`shared_area`).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from clusters_geo.built_up.edges import Edges, Rings, directed_edges, expand_runs
from clusters_geo.built_up.index import CROSSED, INSIDE, OUTSIDE, ClusterIndex

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clusters_geo.built_up.edges import Bools, Edges, Floats, Ints
    from clusters_geo.built_up.index import ClusterIndex, CutEdges

__all__ = ["Pieces", "below_both", "near_pairs", "pieces_on", "shared_area"]


@dataclass(frozen=True, slots=True)
class Pieces:
    """Parts of footprints that lie on clusters, one row for each footprint and cluster.

    Attributes
    ----------
    footprint, cluster
        Positions in the batch and in the index, shape (n,).
    m2
        Plane area shared, shape (n,).
    inside
        Whether the footprint's whole box is inside the cluster, shape (n,).
    """

    footprint: Ints
    cluster: Ints
    m2: Floats
    inside: Bools


def near_pairs(index: ClusterIndex, bounds: Floats) -> tuple[Ints, Ints, NDArray[np.int8]]:
    """Return footprint, cluster and place for all pairs that are not certainly apart.

    Parameters
    ----------
    bounds
        Boxes of the footprints on the plane of the index, metres, shape (n, 4).
    """
    footprint, cluster = index.lookup.pairs(bounds)
    place = index.place(bounds[footprint], cluster)
    kept = place != OUTSIDE
    return footprint[kept], cluster[kept], place[kept]


def pieces_on(
    index: ClusterIndex,
    rings: Rings,
    footprint: Ints,
    cluster: Ints,
    place: NDArray[np.int8],
) -> Pieces:
    """Return how much of each footprint lies on each cluster.

    Parameters
    ----------
    rings
        Of valid footprints, on the plane of the index, metres.
    footprint, cluster, place
        As from `near_pairs`, shape (pairs,).
    """
    inside = place == INSIDE
    m2 = np.empty(len(footprint))
    m2[inside] = rings.area()[footprint[inside]]
    crossed = np.flatnonzero(place == CROSSED)
    m2[crossed] = crossing_area(index, rings.of_polygons(footprint[crossed]), cluster[crossed])
    return Pieces(footprint, cluster, m2, inside)


def crossing_area(index: ClusterIndex, rings: Rings, cluster: Ints) -> Floats:
    """Return the square metres that each of n polygons shares with its cluster, shape (n,)."""
    if not len(cluster):
        return np.empty(0)
    return shared_area(_cell_edges(index, rings, cluster), cluster, index, closed=True)


def _cell_edges(index: ClusterIndex, rings: Rings, cluster: Ints) -> Edges:
    of = np.repeat(cluster[rings.owner], np.diff(rings.start))
    cells = (rings.xy - index.bounds[of, :2]) * index.per_metre[of]
    return directed_edges(Rings(cells, rings.start, rings.owner, rings.hole))


# Pairs of edges worked on at once: some 10 MB.
_PAIRS_AT_ONCE = 100_000


def below_both(
    width: Floats,
    f0: Floats,
    f1: Floats,
    g0: Floats,
    g1: Floats,
) -> Floats:
    """Return ∫ min(f, g) dx for two lines given by their heights at both ends, shape (n,) each.

    Examples
    --------
    >>> import numpy as np
    >>> one = np.array([1.0])
    >>> below_both(one, 0 * one, one, one, 0 * one)  # an X: the triangle below both is 1/4
    array([0.25])
    """
    d0, d1 = g0 - f0, g1 - f1
    size = np.abs(d0) + np.abs(d1)
    cut = size - (d0 + d1)
    # Where the lines coincide nothing is cut off, and 0 / 0 would say so badly.
    area: Floats = width * ((f0 + f1) / 2 - cut * cut / (8 * np.maximum(size, 1e-300)))
    return area


def shared_area(edges: Edges, cluster: Ints, index: ClusterIndex, *, closed: bool) -> Floats:
    """Return the area that each polygon shares with its cluster.

    Parameters
    ----------
    edges
        Of n polygons, in the cell units of their clusters.
    cluster
        The cluster of each polygon, shape (n,).
    closed
        Whether the edges of each polygon close; if only those of all together do, so does only the sum.

    Returns
    -------
    Square metres, shape (n,).
    """
    west, east = np.minimum(edges.x0, edges.x1), np.maximum(edges.x0, edges.x1)
    lane = cluster[edges.owner] * (index.columns + 1)
    start = index.first[lane + np.clip(west, 0, index.columns).astype(np.int64)]
    stop = index.first[lane + np.clip(east, 0, index.columns).astype(np.int64) + 1]
    count = np.where(west < east, stop - start, 0)
    bottom = np.full(len(cluster), np.inf if closed else -np.inf)
    np.minimum.at(bottom, edges.owner, np.minimum(edges.y0, edges.y1))
    total = np.zeros(len(cluster))
    for chunk in _chunks(count):
        edge, piece = expand_runs(start[chunk], count[chunk])
        edge += chunk.start
        # Below the whole polygon its roofs and floors cancel: a third of the time for nothing.
        kept = np.flatnonzero(index.pieces.top[piece] > bottom[edges.owner[edge]])
        edge, area = _pair_areas(edges, edge[kept], piece[kept], index.pieces)
        total += np.bincount(edges.owner[edge], area, len(cluster))
    square_metres: Floats = total / index.per_metre[cluster].prod(axis=1)
    return square_metres


def _pair_areas(edges: Edges, edge: Ints, piece: Ints, pieces: CutEdges) -> tuple[Ints, Floats]:
    """Return the pairs that share some x, by the edge, and their signed areas below both in cell units."""
    x0, x1 = edges.x0[edge], edges.x1[edge]
    left = np.maximum(np.minimum(x0, x1), pieces.left[piece])
    width = np.minimum(np.maximum(x0, x1), pieces.right[piece]) - left
    kept = np.flatnonzero(width > 0)
    edge, piece, left, width, x0, x1 = edge[kept], piece[kept], left[kept], width[kept], x0[kept], x1[kept]
    y0 = edges.y0[edge]
    f_slope = (edges.y1[edge] - y0) / (x1 - x0)
    f0 = y0 + f_slope * (left - x0)
    g_slope = pieces.slope[piece]
    g0 = pieces.y[piece] + g_slope * (left - pieces.left[piece])
    area = below_both(width, f0, f0 + f_slope * width, g0, g0 + g_slope * width)
    return edge, np.where(x1 < x0, pieces.sign[piece], -pieces.sign[piece]) * area


def _chunks(count: Ints) -> list[slice]:
    """Cut the edges into slices with about `_PAIRS_AT_ONCE` pairs each."""
    number = np.cumsum(count) // _PAIRS_AT_ONCE
    cuts = [0, *(np.flatnonzero(np.diff(number)) + 1).tolist(), len(count)]
    return [slice(a, b) for a, b in pairwise(cuts) if a < b]
