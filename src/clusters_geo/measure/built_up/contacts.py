"""Which boxes meet: a sweep over x within narrow strips, on whole arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from clusters_geo.measure.built_up.edges import expand_runs

if TYPE_CHECKING:
    from clusters_geo.measure.built_up.arrays import Floats, Ints

__all__ = ["meeting_boxes"]

# Strips much higher than a building make the sweep compare what is far apart; lower ones hold it many times.
_STRIP_M = 64.0
_MOST_STRIPS = 1_000


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
    if not len(bounds):
        return np.empty(0, np.int64), np.empty(0, np.int64)
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
    stop = np.searchsorted(position, lane * length + east[box] + 1e-3, side="right")
    after = np.arange(1, len(box) + 1)
    first, second = expand_runs(after, stop - after)
    one, other = box[first], box[second]
    met = (west[other] <= east[one]) & (south[other] <= north[one]) & (south[one] <= north[other])
    # Boxes that share several strips meet in the first of them.
    met &= np.maximum(low[one], low[other]) == strip[first]
    return one[met], other[met]
