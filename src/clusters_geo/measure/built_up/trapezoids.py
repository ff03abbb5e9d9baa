"""The exact area that two polygons share, as a sum over pairs of edges.

Let A and B be polygons and f, g edges of theirs with the same x somewhere. The ground below both is
∫ min(f(x), g(x)) dx over the x that they share; adding it up over all pairs, with + for two roofs or two
floors and − otherwise, leaves exactly the area of A ∩ B. Over a width w the difference g − f of two straight
lines runs from d0 to d1, and

    ∫ min(f, g) dx  =  w (f0 + f1) / 2  −  w (T − S)² / 8T,   S = d0 + d1,  T = |d0| + |d1|

where the second term is what g cuts off below f: nothing if g stays above, all of it if it stays below, a
triangle if they cross. There is no case to tell apart, so it runs over whole arrays.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from clusters_geo.measure.built_up.edges import expand_runs

if TYPE_CHECKING:
    from clusters_geo.measure.built_up.arrays import Floats, Ints
    from clusters_geo.measure.built_up.edges import Edges
    from clusters_geo.measure.built_up.index import ClusterIndex, CutEdges

__all__ = ["below_both", "shared_area"]

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
