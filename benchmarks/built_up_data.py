"""Clusters and footprints made on the fly for the built-up benchmarks: the same seed, the same ground."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import geopandas as gpd
import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

Density = Literal["uniform", "dense"]

CRS = "EPSG:5897"
CLUSTERS = 200
# A square of this side holds a million footprints of which about 2.7 % hit one of the 200 clusters.
REGION_M = 56_000.0
WEST, SOUTH = 470_000.0, 2_290_000.0


def make_clusters(count: int = CLUSTERS, region_m: float = REGION_M, seed: int = 5) -> gpd.GeoDataFrame:
    """Return irregular clusters of 5–75 ha with 30–200 vertices, spread over a square region."""
    rng = np.random.default_rng(seed)
    shapes = [_blob(rng, region_m) for _ in range(count)]
    names = [f"CCN {number}" for number in range(count)]
    ids = [f"C{number:03d}" for number in range(count)]
    table = gpd.GeoDataFrame({"cluster_id": ids, "name": names}, geometry=shapes, crs=CRS)
    return table.set_index("cluster_id")


def make_footprints(
    count: int, density: Density, clusters: gpd.GeoDataFrame, region_m: float = REGION_M, seed: int = 7
) -> NDArray[np.object_]:
    """Return rotated rectangles of 10–60 m, shape (count,): anywhere, or with a share around the clusters."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(WEST, WEST + region_m, count)
    y = rng.uniform(SOUTH, SOUTH + region_m, count)
    if density == "dense":
        near = rng.random(count) < _NEAR_SHARE
        chosen = rng.integers(0, len(clusters), int(near.sum()))
        west, south, east, north = clusters.bounds.to_numpy()[chosen].T
        x[near], y[near] = rng.uniform(west, east), rng.uniform(south, north)
    return _rectangles(rng, x, y)


# Half of a bounding box is cluster, so that this share puts 24 % of all footprints on clusters.
_NEAR_SHARE = 0.31


def batches(
    total: int, clusters: gpd.GeoDataFrame, size: int = 250_000, region_m: float = REGION_M
) -> Iterator[NDArray[np.object_]]:
    """Yield uniform footprints in batches, each from its own seed."""
    for number, start in enumerate(range(0, total, size)):
        yield make_footprints(min(size, total - start), "uniform", clusters, region_m, seed=1000 + number)


def _blob(rng: np.random.Generator, region_m: float) -> shapely.Polygon:
    vertices = int(rng.integers(30, 201))
    angle = np.sort(rng.uniform(0, 2 * np.pi, vertices))
    radius = 1 + 0.25 * np.sin(3 * angle + rng.uniform(0, 6)) + rng.uniform(-0.08, 0.08, vertices)
    ring = shapely.Polygon(np.column_stack([radius * np.cos(angle), radius * np.sin(angle)]))
    factor = np.sqrt(rng.uniform(5, 75) * 1e4 / ring.area)
    x, y = rng.uniform(WEST, WEST + region_m), rng.uniform(SOUTH, SOUTH + region_m)
    return shapely.transform(ring, lambda xy: xy * factor + [x, y])


def _rectangles(
    rng: np.random.Generator, x: NDArray[np.float64], y: NDArray[np.float64]
) -> NDArray[np.object_]:
    half = rng.uniform(5, 30, (len(x), 2))
    angle = rng.uniform(0, np.pi, len(x))
    across = np.column_stack([np.cos(angle), np.sin(angle)]) * half[:, :1]
    along = np.column_stack([-np.sin(angle), np.cos(angle)]) * half[:, 1:]
    corners = np.stack([-across - along, across - along, across + along, along - across], axis=1)
    corners += np.column_stack([x, y])[:, None]
    closed = np.concatenate([corners, corners[:, :1]], axis=1)
    return np.asarray(shapely.polygons(shapely.linearrings(closed)))
