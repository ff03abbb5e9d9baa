"""Left or right of an edge, and where two edges cross: answers that never contradict each other.

A wrong answer on a wall that two buildings share would count a whole strip of ground twice. So doubtful
products are computed again in twice the precision, and a corner exactly on the line of an edge is decided as
if each polygon had been pushed aside by its number times an amount too small to measure (*simulation of
simplicity*, Edelsbrunner and Mücke 1990): of equal walls just one is then outside, and of identical
footprints one is left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from clusters_geo.measure.built_up.arrays import Bools, Floats, Ints
    from clusters_geo.measure.built_up.edges import Edges

__all__ = ["crossing_place", "left_of"]

# A cross product of exact differences is off by at most 2⁻⁵² of its terms; four times that is in doubt.
_DOUBT = 9e-16


def left_of(edges: Edges, edge: Ints, corner: Ints) -> tuple[Bools, Floats]:
    """Return whether the start of the edge `corner` is to the left of `edge`, and how far.

    Parameters
    ----------
    edge, corner
        Positions in `edges`, shape (n,) each.

    Returns
    -------
    Whether it is left, never undecided; and twice the area of the triangle of edge and corner, positive to
    the left, 0 on the line. Shape (n,) each.
    """
    side = _side(edges, edge, edges.x0[corner], edges.y0[corner])
    left = side > 0
    level = np.flatnonzero(side == 0)
    left[level] = _pushed_left(edges, edge[level], corner[level])
    return left, side


def crossing_place(
    edges: Edges,
    edge: Ints,
    rival: Ints,
    side0: Floats,
    side1: Floats,
) -> Floats:
    """Return where along an edge its line meets a rival edge that starts and ends on different sides of it.

    The edge of the polygon with the lower number is always taken as the line and the other one divided, so
    that both walks find the same point even where the edges are almost parallel.

    Parameters
    ----------
    edge, rival
        Positions in `edges`, shape (n,) each.
    side0, side1
        On which side of `edge` the rival starts and ends, as from `left_of`.

    Returns
    -------
    0 at the start of the edge, 1 at its end, or beyond, shape (n,).
    """
    place = np.empty(len(edge))
    lower = edges.owner[edge] < edges.owner[rival]
    e, r = edge[lower], rival[lower]
    share = _share(side0[lower], side1[lower])
    x = edges.x0[r] - edges.x0[e] + share * (edges.x1[r] - edges.x0[r])
    y = edges.y0[r] - edges.y0[e] + share * (edges.y1[r] - edges.y0[r])
    dx, dy = edges.x1[e] - edges.x0[e], edges.y1[e] - edges.y0[e]
    place[lower] = (x * dx + y * dy) / (dx * dx + dy * dy)
    e, r = edge[~lower], rival[~lower]
    place[~lower] = _share(
        _side(edges, r, edges.x0[e], edges.y0[e]), _side(edges, r, edges.x1[e], edges.y1[e])
    )
    return place


def _share(side0: Floats, side1: Floats) -> Floats:
    """Return the share of a line from its start to where its signed distance from another is 0."""
    total = side0 - side1
    return np.divide(side0, total, out=np.zeros_like(total), where=total != 0)


def _side(edges: Edges, edge: Ints, x: Floats, y: Floats) -> Floats:
    """Return twice the area of the triangle of each edge and a point: positive on the left, exact in sign."""
    x0, y0 = edges.x0[edge], edges.y0[edge]
    a, b = edges.x1[edge] - x0, y - y0
    c, d = edges.y1[edge] - y0, x - x0
    ab, cd = a * b, c * d
    side = ab - cd
    doubt = np.flatnonzero(np.abs(side) <= _DOUBT * (np.abs(ab) + np.abs(cd)))
    side[doubt] = _exact_difference(a[doubt], b[doubt], c[doubt], d[doubt])
    return side


def _exact_difference(a: Floats, b: Floats, c: Floats, d: Floats) -> Floats:
    """Return a·b − c·d with the right sign."""
    ab, ab_rest = _two_product(a, b)
    cd, cd_rest = _two_product(c, d)
    return (ab - cd) + (ab_rest - cd_rest)


def _two_product(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """Return a·b as a rounded product and what was lost in rounding (Dekker 1971)."""
    product = a * b
    a_high, a_low = _split(a)
    b_high, b_low = _split(b)
    rest = a_low * b_low - (((product - a_high * b_high) - a_low * b_high) - a_high * b_low)
    return product, rest


def _split(a: Floats) -> tuple[Floats, Floats]:
    """Split each number into two of half the digits."""
    scaled = 134_217_729.0 * a
    high = scaled - (scaled - a)
    return high, a - high


def _pushed_left(edges: Edges, edge: Ints, corner: Ints) -> Bools:
    """Return whether a corner on the line of an edge is left of it once all polygons are pushed aside.

    Polygon k is pushed by k times an infinitesimal step to the right and a much smaller one up.
    """
    dx, dy = edges.x1[edge] - edges.x0[edge], edges.y1[edge] - edges.y0[edge]
    push = np.where(dy != 0, -np.sign(dy), np.sign(dx))
    left: Bools = push * (edges.owner[corner] - edges.owner[edge]) > 0
    return left
