"""Random clusters and footprints with everything that makes plane geometry go wrong."""

from __future__ import annotations

import numpy as np
import shapely
from shapely import affinity

WEST, SOUTH = 500_000.0, 2_300_000.0
APART_M = 4_000.0


def square(x, y, side=10.0):
    return shapely.box(x, y, x + side, y + side)


def rectangle(rng):
    """Corners on whole metres: shared walls, coordinates on grid lines, vertical and horizontal edges."""
    x, y = rng.integers(-60, 60, 2)
    width, height = rng.integers(1, 12, 2) * 4
    return shapely.box(x, y, x + width, y + height)


def tilted(rng):
    return affinity.rotate(rectangle(rng), float(rng.uniform(0, 180)))


def tilted_row(rng):
    """A row of houses with common walls, at an angle, so that corners miss each other's walls by rounding."""
    x, y = rng.uniform(-40, 40, 2)
    widths = rng.uniform(4, 9, 6)
    lefts = x + np.concatenate([[0], widths.cumsum()[:-1]])
    row = [shapely.box(a, y, a + w, y + rng.uniform(8, 14)) for a, w in zip(lefts, widths, strict=True)]
    angle = float(rng.uniform(0, 180))
    return [affinity.rotate(house, angle, origin=(0, 0)) for house in row]


def star(rng):
    """Concave, clockwise, many corners."""
    corners = int(rng.integers(5, 14)) * 2
    angle = -np.linspace(0, 2 * np.pi, corners, endpoint=False) + rng.uniform(0, 1)
    radius = np.where(np.arange(corners) % 2, rng.uniform(3, 12), rng.uniform(15, 40))
    centre = rng.uniform(-50, 50, 2)
    return shapely.Polygon(np.column_stack([np.cos(angle), np.sin(angle)]) * radius[:, None] + centre)


def courtyard(rng):
    """A hole, with another building in it that touches the hole's edge."""
    outer = rectangle(rng)
    west, south, east, north = outer.bounds
    hole = shapely.box(west + 1, south + 1, east - 1, north - 1)
    inner = shapely.box(west + 1, south + 1, (west + east) / 2, north - 1)
    return [outer.difference(hole), inner] if hole.area and east - west > 2 and north - south > 2 else [outer]


def multipart(rng):
    x, y = rng.integers(-50, 50, 2)
    # The second part touches the first at one corner.
    return shapely.MultiPolygon([square(x, y), square(x + 10, y + 10), square(x + 30, y, 7)])


def triangle_on_corner(rng):
    x, y = rng.integers(-50, 50, 2).astype(float)
    return [square(x, y), shapely.Polygon([(x, y), (x - 9, y - 3), (x - 4, y - 11)])]


def twins(rng):
    """Identical, reversed, and started at another corner."""
    shape = tilted(rng) if rng.random() < 0.5 else rectangle(rng)
    ring = np.array(shape.exterior.coords)[:-1]
    return [shape, shape, shapely.Polygon(ring[::-1]), shapely.Polygon(np.roll(ring, 1, axis=0))]


def nearly_parallel(rng):
    """Two rectangles that differ by a turn of a billionth or less."""
    shape = tilted(rng)
    return [shape, affinity.rotate(shape, float(10.0 ** -rng.integers(7, 14)))]


def giant(rng):
    return affinity.rotate(
        shapely.box(-150, -200, 150, float(rng.uniform(-80, 200))), float(rng.uniform(0, 9))
    )


KINDS = (
    rectangle,
    tilted,
    tilted_row,
    star,
    courtyard,
    multipart,
    triangle_on_corner,
    twins,
    nearly_parallel,
    giant,
)


def cluster_shape(rng):
    kind = rng.integers(0, 6)
    if kind == 0:
        return shapely.box(-48, -40, 48, 44)
    if kind == 1:
        return shapely.box(-50, -50, 50, 50).difference(shapely.box(-20, -16, 12, 20))
    if kind == 2:
        return shapely.MultiPolygon([square(-50, -50, 40), square(-10, -10, 50)])
    if kind == 3:
        return affinity.scale(star(rng), 2.5, 2.5)
    if kind == 4:
        return shapely.Point(0, 0).buffer(45, quad_segs=30).reverse()
    return shapely.Polygon([(-50, -50), (50, -50), (50, 50), (40, 50), (40, -30), (-30, -30), (-50, 30)])


def ground(rng, place):
    """One or two overlapping clusters and some footprints, moved to their own place."""
    clusters = [cluster_shape(rng) for _ in range(int(rng.integers(1, 3)))]
    footprints = []
    for kind in rng.choice(len(KINDS), int(rng.integers(1, 12)), p=_CHANCES):
        made = KINDS[kind](rng)
        footprints += made if isinstance(made, list) else [made]
    column, row = place % 10, place // 10
    shift = np.array([WEST + column * APART_M, SOUTH + row * APART_M])
    # Half of the grounds lie off the grid.
    shift += rng.uniform(0, 1, 2) * (rng.random() < 0.5)
    return [shapely.transform(np.array(s), lambda xy: xy + shift) for s in (clusters, footprints)]


_CHANCES = np.array([3, 3, 2, 2, 2, 1, 1, 1, 1, 0.3])
_CHANCES /= _CHANCES.sum()


def world(seed, grounds=40):
    """Return clusters and footprints of many grounds that are far from each other."""
    rng = np.random.default_rng(seed)
    made = [ground(rng, place) for place in range(grounds)]
    return (np.concatenate(column) for column in zip(*made, strict=True))


def covered_by_geos(clusters, footprints):
    """Return the square metres of each cluster under the union of the footprints, computed by GEOS alone."""
    tree = shapely.STRtree(footprints)
    unions = [shapely.union_all(footprints[tree.query(cluster)]) for cluster in clusters]
    return shapely.area(shapely.intersection(unions, clusters))
