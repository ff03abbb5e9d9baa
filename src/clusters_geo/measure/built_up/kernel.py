"""From a batch of footprints to the square metres that each lays on each cluster.

cull → place → measure. Of a million footprints most are settled by one look-up of their lower left corner
(`Lookup`), most of the others by four look-ups of their box (`ClusterIndex.place`); only those on a boundary
are computed edge by edge (`shared_area`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from clusters_geo.measure.built_up.edges import Edges, Rings, directed_edges
from clusters_geo.measure.built_up.index import CROSSED, INSIDE, OUTSIDE, ClusterIndex
from clusters_geo.measure.built_up.trapezoids import shared_area

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clusters_geo.measure.built_up.arrays import Bools, Floats, Ints

__all__ = ["Pieces", "near_pairs", "pieces_on"]


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
