"""Check that an audit of 10,000 clusters × 700 districts takes seconds and grows nearly in a line.

The peer is the naive way to find overlaps and districts: every cluster against every other and against every
district, with prepared shapes and no index. All in this process; medians of the rounds, one for the peer.
Start-up is measured in processes of their own.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from functools import partial
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from clusters_geo.auditing.run import audit

if TYPE_CHECKING:
    from collections.abc import Callable

EAST, NORTH, SIDE = 400_000.0, 2_200_000.0, 10_000.0
ROUNDS = 3
SIZES = ((1_250, 88), (2_500, 175), (5_000, 350), (10_000, 700))
TARGET_S, TARGET_GROWTH, TARGET_RATIO = 10.0, 1.3, 5.0


def province(clusters: int, districts: int, corners: int = 200) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Draw districts of about 10 km whose wavy borders meet, and clusters of 10–75 ha spread over them."""
    rng = np.random.default_rng(1)
    across = int(np.ceil(np.sqrt(districts)))
    column, row = np.arange(districts) % across, np.arange(districts) // across
    cells = [_cell(int(x), int(y), corners // 4) for x, y in zip(column, row, strict=True)]
    names = [f"Bình Minh {n:03}" for n in range(districts)]
    layer = gpd.GeoDataFrame({"name": names}, geometry=cells, index=[f"{n:03}" for n in range(districts)])
    home = rng.integers(0, districts, clusters)
    planned = rng.uniform(10, 75, clusters)
    x = EAST + SIDE * column[home] + rng.uniform(2_000, 8_000, clusters)
    y = NORTH + SIDE * row[home] + rng.uniform(2_000, 8_000, clusters)
    turn = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    radius = np.sqrt(planned * 10_000 / np.pi)[:, None]
    rings = np.stack([x[:, None] + radius * np.cos(turn), y[:, None] + radius * np.sin(turn)], axis=-1)
    register = gpd.GeoDataFrame(
        {
            "name": [f"Cụm {n}" for n in range(clusters)],
            "district": np.array(names)[home],
            "status": "operating",
            "planned_ha": planned,
            "built_ha": planned * rng.uniform(0.3, 1.01, clusters),
            "workers": planned * rng.uniform(20, 60, clusters),
            "boundary_basis": "measured",
            "source": "Sở Công Thương",
            "as_of": pd.Timestamp("2025-01-31"),
        },
        geometry=shapely.polygons(rings),
        index=pd.Index([f"X-{n:05}" for n in range(clusters)], name="cluster_id"),
    )
    return register.set_crs("EPSG:5897"), layer.set_crs("EPSG:5897")


def _cell(column: int, row: int, points: int) -> shapely.Polygon:
    """Draw one district; its borders are waves that depend on where they are, so that neighbours meet."""
    t = np.linspace(0, 1, points, endpoint=False)

    def wave(line: int) -> np.ndarray:
        return 600 * np.sin(2 * np.pi * t + line) * np.sin(np.pi * t)

    south = np.column_stack([column + t, row + wave(row) / SIDE])
    east = np.column_stack([column + 1 + wave(column + 1) / SIDE, row + t])
    north = np.column_stack([column + t, row + 1 + wave(row + 1) / SIDE])
    west = np.column_stack([column + wave(column) / SIDE, row + t])
    corners = np.array([[[column + 1, row]], [[column + 1, row + 1]], [[column, row + 1]]], dtype=float)
    ring = [south, corners[0], east[1:], corners[1], north[:0:-1], corners[2], west[:0:-1]]
    return shapely.Polygon(np.concatenate(ring) * SIDE + [EAST, NORTH])


def pairwise(clusters: gpd.GeoDataFrame, districts: gpd.GeoDataFrame) -> int:
    """Hold every cluster against every other and against every district, without an index."""
    shapes, borders = clusters.geometry.array, districts.geometry.array
    shapely.prepare(shapes)
    shapely.prepare(borders)
    found = 0
    for number, shape in enumerate(shapes):
        met = shapes[number + 1 :][shapely.intersects(shape, shapes[number + 1 :])]
        found += int((shapely.area(shapely.intersection(shape, met)) > 0).sum())
        held = borders[shapely.intersects(borders, shape)]
        found += int(shapely.area(shapely.intersection(shape, held)).argmax() >= 0) if len(held) else 0
    return found


def seconds(work: Callable[[], object]) -> float:
    """Time one run."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def process_seconds(*command: str) -> float:
    """Time one process from start to end."""
    return seconds(lambda: subprocess.run([sys.executable, *command], check=False, capture_output=True))


def growth() -> float:
    """Print the time of each size; return the exponent of the growth over the last doubling."""
    cases = {size: province(*size) for size in SIZES}
    times: dict[tuple[int, int], list[float]] = {size: [] for size in SIZES}
    for _ in range(ROUNDS):
        for size, case in cases.items():
            times[size].append(seconds(partial(audit, *case)))
    medians = {size: statistics.median(times[size]) for size in SIZES}
    for (clusters, districts), median in medians.items():
        print(f"{clusters:>6} clusters × {districts:>3} districts  {median:6.2f} s")
    exponent = float(np.log2(medians[SIZES[-1]] / medians[SIZES[-2]]))
    print(f"growth over the last doubling: n^{exponent:.2f} (target ≤ n^{TARGET_GROWTH})")
    print(f"largest: {medians[SIZES[-1]]:.2f} s (target ≤ {TARGET_S:g} s)")
    return exponent if medians[SIZES[-1]] <= TARGET_S else float("inf")


def against_pairwise() -> float:
    """Print and return how many times faster the geometry rules are than checking every pair."""
    clusters, districts = province(*SIZES[-1])
    rules = ["geometry.overlap", "geometry.duplicate-outline", "geometry.outside-districts"]
    rules += ["geometry.other-district", "geometry.straddles-border"]
    ours = [seconds(lambda: audit(clusters, districts, only=rules)) for _ in range(ROUNDS)]
    ours_s, theirs_s = statistics.median(ours), seconds(lambda: pairwise(clusters, districts))
    ratio = theirs_s / ours_s
    print(f"geometry of {len(clusters)} clusters: {ours_s:.2f} s, pairwise {theirs_s:.2f} s")
    print(f"ratio {ratio:.1f} × (target ≥ {TARGET_RATIO:g} ×)")
    return ratio


def start_up() -> None:
    """Print how the audit of the bundled case compares with importing geopandas and doing nothing."""
    bare = ["-c", "import geopandas"]
    ours = ["-m", "clusters_geo.cli", "audit"]
    rounds = [(process_seconds(*bare), process_seconds(*ours)) for _ in range(ROUNDS)]
    import_s, audit_s = (statistics.median(times) for times in zip(*rounds, strict=True))
    print(
        f"bundled audit {audit_s:.2f} s, bare `import geopandas` {import_s:.2f} s: {audit_s / import_s:.2f} ×"
    )


def main() -> int:
    """Run all and return 1 if a target is missed."""
    exponent, ratio = growth(), against_pairwise()
    start_up()
    return int(exponent > TARGET_GROWTH or ratio < TARGET_RATIO)


if __name__ == "__main__":
    sys.exit(main())
