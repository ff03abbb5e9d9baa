"""What batches of footprints leave on the clusters, and what it adds up to."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Self

import numpy as np
import pandas as pd
import shapely

from clusters_geo.built_up.edges import Rings
from clusters_geo.built_up.kernel import near_pairs, pieces_on
from clusters_geo.built_up.union import union_m2
from clusters_geo.errors import SchemaError
from clusters_geo.reading.limits import MAX_CROSSINGS, crossings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from clusters_geo.built_up.batches import Batch
    from clusters_geo.built_up.edges import Bools, Floats, Ints, Shapes
    from clusters_geo.built_up.ground import Ground
    from clusters_geo.built_up.index import ClusterIndex

__all__ = ["Counts", "Hits", "Sound", "add_up", "hits_of", "refuse_other_than_polygons", "sound_shapes"]

# Pieces whose union is computed at once: enough to keep numpy busy, little enough for a processor's cache.
_PIECES_AT_ONCE = 8_000

THREADS = 2


@dataclass(slots=True)
class Counts:
    """What was met on the way: footprints read, without a shape, impossible, repaired.

    `near` says whether any lay near a cluster; if not, `extent` is west, south, east, north of them all in
    their own coordinates, shape (4,).
    """

    read: int = 0
    empty: int = 0
    unusable: int = 0
    repaired: int = 0
    near: bool = False
    extent: Floats = field(default_factory=lambda: np.full(4, np.nan))

    def note_extent(self, bounds: Floats, *, near: bool) -> None:
        """Note where a batch lies, which is only of interest if that is nowhere near."""
        self.near = near
        if not near and not np.isnan(bounds).all():
            low, high = np.fmin.reduce(bounds[:, :2]), np.fmax.reduce(bounds[:, 2:])
            self.extent = np.concatenate([low, high])

    def __add__(self, other: Counts) -> Counts:
        low = np.fmin(self.extent[:2], other.extent[:2])
        high = np.fmax(self.extent[2:], other.extent[2:])
        return Counts(
            self.read + other.read,
            self.empty + other.empty,
            self.unusable + other.unusable,
            self.repaired + other.repaired,
            self.near or other.near,
            np.concatenate([low, high]),
        )


@dataclass(frozen=True, slots=True)
class Hits:
    """Pieces of footprints on clusters, shape (n,) each.

    Attributes
    ----------
    cluster
        Position of the cluster.
    m2, ha
        Plane and geodesic area of the piece.
    group
        Value of the grouping column; None without one.
    shapes
        The footprints on the plane of the clusters, as shapes or in well-known binary form; None if they are
        known not to overlap.
    counts
        What was met on the way.
    """

    cluster: Ints
    m2: Floats
    ha: Floats
    group: Shapes | None
    shapes: Shapes | None
    counts: Counts

    @classmethod
    def together(cls, several: Sequence[Hits]) -> Self:
        """Put the hits of several batches into one."""
        if not several:
            nothing = np.empty(0)
            return cls(nothing.astype(np.int64), nothing, nothing, None, None, Counts())

        def column(name: str) -> Shapes | None:
            columns = [getattr(hits, name) for hits in several]
            return None if columns[0] is None else np.concatenate(columns)

        counts = sum((hits.counts for hits in several), Counts())
        cluster, m2, ha = (np.concatenate([getattr(h, n) for h in several]) for n in ("cluster", "m2", "ha"))
        return cls(cluster, m2, ha, column("group"), column("shapes"), counts)

    def packed(self) -> Hits:
        """Return the same with its shapes in binary form, a fifth of the memory."""
        if self.shapes is None or (len(self.shapes) and isinstance(self.shapes[0], bytes)):
            return self
        shapes = shapely.to_wkb(self.shapes)
        return Hits(self.cluster, self.m2, self.ha, self.group, shapes, self.counts)

    def of_clusters(self, first: int, stop: int) -> Hits:
        """Return the hits on a range of clusters."""
        rows = np.flatnonzero((self.cluster >= first) & (self.cluster < stop))
        group = None if self.group is None else self.group[rows]
        shapes = None if self.shapes is None else self.shapes[rows]
        return Hits(self.cluster[rows], self.m2[rows], self.ha[rows], group, shapes, self.counts)


def hits_of(ground: Ground, batch: Batch, *, disjoint: bool, source: str, pack: bool = True) -> Hits:
    """Lay a batch of footprints on the clusters.

    Parameters
    ----------
    disjoint
        Whether the footprints are known not to overlap; their shapes are then not kept.
    source
        What the footprints are called in a message.
    pack
        Whether the shapes of a batch that is gone once it is measured are kept in binary form.

    Raises
    ------
    SchemaError
        If there is a point or a line among the footprints looked at.
    """
    bounds = batch.bounds()
    counts = Counts(len(bounds), int(np.isnan(bounds[:, 0]).sum())) if batch.read else Counts()
    near = _near_clusters(ground, batch, bounds, source)
    counts.note_extent(bounds, near=near.candidates > 0)
    sound = sound_shapes(near.shapes)
    counts.repaired += int(sound.repaired.sum())
    counts.unusable += near.impossible + int(sound.unusable.sum())
    usable = ~sound.unusable[near.footprint]
    footprint, cluster, place = near.footprint[usable], near.cluster[usable], near.place[usable]
    pieces = pieces_on(ground.index, sound.rings, footprint, cluster, place)

    # What only touches a cluster from outside leaves some 1e-13 m² of rounding.
    box_m2 = (near.bounds[:, 2:] - near.bounds[:, :2]).prod(axis=1)
    hit = pieces.m2 > _ROUNDING * np.maximum(1.0, box_m2)[pieces.footprint]
    footprint, cluster, m2 = pieces.footprint[hit], pieces.cluster[hit], pieces.m2[hit]
    ha = ground.hectares(m2, near.bounds[footprint], cluster)
    group = None if batch.groups is None else batch.groups[near.rows[footprint]]
    hits = Hits(cluster, m2, ha, group, None if disjoint else sound.shapes[footprint], counts)
    return hits.packed() if pack and batch.streamed else hits


_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class _Near:
    """The footprints of a batch that may lie on a cluster, on the plane of the clusters.

    `rows` in the batch, `shapes` and `bounds` (n, 4) of each; `footprint` (position in these), `cluster` and
    `place` of each pair; how many `candidates` there were and how many of them had `impossible` coordinates.
    """

    rows: Ints
    shapes: Shapes
    bounds: Floats
    footprint: Ints
    cluster: Ints
    place: NDArray[np.int8]
    candidates: int
    impossible: int


def _near_clusters(ground: Ground, batch: Batch, bounds: Floats, source: str) -> _Near:
    impossible = 0
    if ground.to_plane is None:
        footprint, cluster, place = near_pairs(ground.index, bounds)
        rows, footprint = np.unique(footprint, return_inverse=True)
        shapes = batch.take(rows)
        refuse_other_than_polygons(shapes, lambda shape: f"{source}, {batch.name(rows[shape])}")
        return _Near(rows, shapes, bounds[rows], footprint, cluster, place, len(rows), impossible)
    rows = np.unique(ground.lookup.pairs(bounds)[0])
    candidates = len(rows)
    shapes = batch.take(rows)
    refuse_other_than_polygons(shapes, lambda shape: f"{source}, {batch.name(rows[shape])}")
    possible = ~ground.impossible(bounds[rows])
    rows, shapes = rows[possible], ground.project(shapes[possible])
    flat = shapely.bounds(shapes)
    footprint, cluster, place = near_pairs(ground.index, flat)
    used, footprint = np.unique(footprint, return_inverse=True)
    impossible = candidates - int(possible.sum())
    return _Near(rows[used], shapes[used], flat[used], footprint, cluster, place, candidates, impossible)


def add_up(index: ClusterIndex, hits: Hits) -> pd.DataFrame:
    """Add hits up, ground that several footprints cover counted once unless they are known not to overlap.

    Returns
    -------
    One row per cluster and group that was hit: `cluster` (position), `group`, `built_up_ha`, `footprints`.
    """
    group = np.zeros(len(hits.cluster), dtype=np.int64)
    labels: Shapes = np.array([None])
    if hits.group is not None:
        group, labels = pd.factorize(hits.group, use_na_sentinel=False)
    key, ground = np.unique(hits.cluster * len(labels) + group, return_inverse=True)
    cluster = key // max(len(labels), 1)
    ha: Floats = np.bincount(ground, hits.ha, len(key)).astype(np.float64)
    if hits.shapes is not None:
        # Each square metre weighs on the ellipsoid what those of its ground do on average.
        m2 = np.bincount(ground, hits.m2, len(key))
        ha = ha * _union_m2(index, hits, ground, cluster) / m2
    footprints = np.bincount(ground, minlength=len(key))
    columns = {"cluster": cluster, "group": labels[key % max(len(labels), 1)]}
    return pd.DataFrame({**columns, "built_up_ha": ha, "footprints": footprints})


def _union_m2(index: ClusterIndex, hits: Hits, ground: Ints, cluster: Ints) -> Floats:
    """Return the square metres covered of each ground, shape (grounds,), block by block in threads."""
    order = np.argsort(ground, kind="stable")
    first = np.searchsorted(ground[order], np.arange(len(cluster) + 1))
    number = first[:-1] // _PIECES_AT_ONCE
    cuts = [0, *(np.flatnonzero(np.diff(number)) + 1).tolist(), len(cluster)]

    def block(begin: int, end: int) -> Floats:
        rows = order[first[begin] : first[end]]
        shapes = hits.shapes[rows] if hits.shapes is not None else np.empty(0, dtype=object)
        if len(shapes) and isinstance(shapes[0], bytes):
            shapes = shapely.from_wkb(shapes)
        return union_m2(index, shapes, hits.m2[rows], ground[rows] - begin, cluster[begin:end])

    with ThreadPoolExecutor(THREADS) as threads:
        done = list(threads.map(lambda cut: block(*cut), pairwise(cuts)))
    return np.concatenate([np.empty(0), *done])


_POLYGON, _MULTIPOLYGON, _COLLECTION = 3, 6, 7
_CLOSED_QUADRILATERAL = 5  # coordinates, with the first repeated


def refuse_other_than_polygons(shapes: Shapes, name: Callable[[int], str]) -> None:
    """Refuse points and lines: they cover no ground.

    Parameters
    ----------
    name
        Says where a shape is to be found, from its position.

    Raises
    ------
    SchemaError
        Naming the first such shape.
    """
    kind = shapely.get_type_id(shapes)
    wrong = np.flatnonzero((kind >= 0) & ~np.isin(kind, (_POLYGON, _MULTIPOLYGON, _COLLECTION)))
    if len(wrong):
        found = shapes[wrong[0]]
        raise SchemaError("built-up.not-polygon", wrong=name(int(wrong[0])), geom_type=found.geom_type)


@dataclass(frozen=True, slots=True)
class Sound:
    """Footprints that can be measured, shape (n,).

    Attributes
    ----------
    shapes, rings
        Valid polygons and multipolygons, and the same taken apart; None and no ring where one is unusable.
    repaired
        Whether each was invalid, such as a bow-tie, and is now its even-odd structure.
    unusable
        Whether no polygon is left of it, or a coordinate is not a number.
    """

    shapes: Shapes
    rings: Rings
    repaired: Bools
    unusable: Bools


def sound_shapes(shapes: Shapes) -> Sound:
    """Repair what is invalid among polygons, multipolygons and collections, shape (n,)."""
    collected = shapely.get_type_id(shapes) == _COLLECTION
    rings = Rings.of(np.where(~collected, shapes, np.array(None)))
    doubtful = np.flatnonzero(~_surely_sound(rings, len(shapes)))
    invalid = doubtful[~shapely.is_valid(shapes[doubtful])]
    changed = np.concatenate([invalid, doubtful[collected[doubtful] | shapely.is_empty(shapes[doubtful])]])
    repaired, unusable = np.zeros((2, len(shapes)), dtype=bool)
    if len(changed):
        shapes = shapes.copy()
        shapes[changed] = [_mend(shape) for shape in shapes[changed]]
        unusable[changed] = shapely.is_missing(shapes[changed])
        repaired[invalid] = ~unusable[invalid]
        rings = Rings.of(shapes)
    return Sound(shapes, rings, repaired, unusable)


def _surely_sound(rings: Rings, polygons: int) -> Bools:
    """Find convex quadrilaterals, most buildings: half the price of the full test."""
    alone = np.bincount(rings.owner, minlength=polygons)[rings.owner] == 1
    found = np.flatnonzero(alone & (np.diff(rings.start) == _CLOSED_QUADRILATERAL))
    corner = rings.start[found] + np.arange(_CLOSED_QUADRILATERAL)[:, None]
    # Corner by corner beside each other, so that numpy works along contiguous memory.
    x, y = np.diff(rings.xy.T[:, corner], axis=1)
    turns = x * np.roll(y, -1, axis=0) - y * np.roll(x, -1, axis=0)
    sound = np.zeros(polygons, dtype=bool)
    sound[rings.owner[found]] = (turns > 0).all(axis=0) | (turns < 0).all(axis=0)
    return sound


def _mend(shape: shapely.Geometry | None) -> shapely.Geometry | None:
    """Return the polygons that a shape encloses, None if there are none."""
    if shape is None or not np.isfinite(shapely.get_coordinates(shape)).all():
        return None
    if crossings(shape) > MAX_CROSSINGS:
        return None
    parts = shapely.get_parts(shape if shapely.is_valid(shape) else shapely.make_valid(shape))
    polygons = shapely.union_all([part for part in parts if part.geom_type in {"Polygon", "MultiPolygon"}])
    return None if polygons.is_empty else polygons
