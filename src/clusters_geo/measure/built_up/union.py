"""Ground covered at least once: the area of the union of footprints on each cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from clusters_geo.measure.built_up.contacts import meeting_boxes
from clusters_geo.measure.built_up.edges import Edges, Rings, directed_edges
from clusters_geo.measure.built_up.exposure import exposed_edges
from clusters_geo.measure.built_up.trapezoids import shared_area

if TYPE_CHECKING:
    from clusters_geo.measure.built_up.arrays import Floats, Ints, Shapes
    from clusters_geo.measure.built_up.index import ClusterIndex

__all__ = ["union_m2"]


def union_m2(
    index: ClusterIndex,
    shapes: Shapes,
    m2: Floats,
    ground: Ints,
    cluster: Ints,
) -> Floats:
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
    bounds = shapely.bounds(shapes)
    one, other = meeting_boxes(bounds, ground)
    lone = np.ones(len(shapes), dtype=bool)
    lone[one] = lone[other] = False
    area: Floats = np.bincount(ground[lone], m2[lone], len(cluster)).astype(np.float64)
    if not len(one):
        return area
    number = np.cumsum(~lone) - 1
    outline = exposed_edges(
        directed_edges(Rings.of(shapes[~lone])), bounds[~lone], number[one], number[other]
    )
    on = ground[~lone][outline.owner]
    origin, scale = index.bounds[cluster[on], :2].T, index.per_metre[cluster[on]].T
    cells = Edges(
        on,
        (outline.x0 - origin[0]) * scale[0],
        (outline.y0 - origin[1]) * scale[1],
        (outline.x1 - origin[0]) * scale[0],
        (outline.y1 - origin[1]) * scale[1],
        outline.following,
    )
    return area + shared_area(cells, cluster, index, closed=False)
