"""Ground covered at least once: the area of the union of footprints on each cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from clusters_geo.measure.built_up.contacts import meeting_boxes
from clusters_geo.measure.built_up.edges import Edges, Rings, directed_edges
from clusters_geo.measure.built_up.exposure import exposed_edges
from clusters_geo.measure.built_up.hidden import open_parts
from clusters_geo.measure.built_up.kernel import crossing_area
from clusters_geo.measure.built_up.trapezoids import shared_area

if TYPE_CHECKING:
    from clusters_geo.measure.built_up.arrays import Bools, Floats, Ints, Shapes
    from clusters_geo.measure.built_up.index import ClusterIndex

__all__ = ["union_m2"]

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
    bounds = shapely.bounds(shapes)
    one, other = meeting_boxes(bounds, ground)
    lone = np.ones(len(shapes), dtype=bool)
    lone[one] = lone[other] = False
    area: Floats = np.bincount(ground[lone], m2[lone], len(cluster)).astype(np.float64)
    intricate = _intricate(shapes, ground, one, other, len(cluster))
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
