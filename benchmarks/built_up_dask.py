"""The dask engine against `dask_geopandas.sjoin`: the same GeoParquet parts, the same two worker processes.

Processor time is that of the workers and of this process together; on a busy machine it says more than the
clock. The workers keep freed memory, as those that the engine starts itself: both ways gain by it.

    python benchmarks/built_up_dask.py --count 5000000 --parts 20 --rounds 3
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Literal

import dask
import dask_geopandas
import distributed
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from built_up_data import CRS, batches, make_clusters
from clusters_geo.built_up import built_up_ha

WORKERS = 2
LEAST_RATIO = 2.0
KEPT = dict.fromkeys(("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_"), 1 << 25)


def processor_seconds(client: distributed.Client) -> float:
    """Return the processor time that this process and the workers have used so far."""
    return time.process_time() + float(sum(client.run(time.process_time).values()))


def ours(clusters: gpd.GeoDataFrame, folder: Path, scheduler: str | None) -> float:
    """Return the hectares of all clusters, measured by the workers, or by this process without them."""
    engine: Literal["local", "dask"] = "local" if scheduler is None else "dask"
    table = built_up_ha(clusters, folder, disjoint=True, engine=engine, scheduler=scheduler)
    return float(table["built_up_ha"].sum())


def sjoin(clusters: gpd.GeoDataFrame, folder: Path) -> float:
    """Return the same with dask_geopandas."""
    numbered = gpd.GeoDataFrame({"number": range(len(clusters))}, geometry=list(clusters.geometry), crs=CRS)
    shapes = np.asarray(numbered.geometry.array)

    def areas(pairs: gpd.GeoDataFrame) -> pd.Series:
        pieces = shapely.intersection(pairs.geometry.to_numpy(), shapes[pairs["number"].to_numpy()])
        return pd.Series(shapely.area(pieces), index=pairs.index)

    footprints = dask_geopandas.read_parquet(str(folder / "*.parquet"))
    pairs = dask_geopandas.sjoin(
        footprints, dask_geopandas.from_geopandas(numbered, npartitions=1), predicate="intersects"
    )
    return float(pairs.map_partitions(areas, meta=pd.Series(dtype=float)).sum().compute()) / 1e4


def main() -> int:
    """Run the comparison; exit with 1 if the ratio is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2_000_000)
    parser.add_argument("--parts", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    clusters = make_clusters()
    environ = dask.config.get("distributed.nanny.pre-spawn-environ") | KEPT
    with (
        dask.config.set({"distributed.nanny.pre-spawn-environ": environ}),
        tempfile.TemporaryDirectory() as name,
        distributed.LocalCluster(WORKERS, threads_per_worker=1, dashboard_address=":0") as cluster,
        distributed.Client(cluster) as client,
    ):
        folder = Path(name)
        for part, shapes in enumerate(batches(asked.count, clusters, asked.count // asked.parts)):
            gpd.GeoDataFrame(geometry=shapes, crs=CRS).to_parquet(folder / f"{part:03d}.parquet")
        ways = {
            "clusters_geo, dask": lambda: ours(clusters, folder, client.scheduler.address),
            "clusters_geo, local": lambda: ours(clusters, folder, None),
            "dask_geopandas.sjoin": lambda: sjoin(clusters, folder),
        }
        spent: dict[str, list[tuple[float, float]]] = {way: [] for way in ways}
        for _ in range(asked.rounds):
            found = []
            for way, call in ways.items():
                begin = time.perf_counter(), processor_seconds(client)
                found.append(call())
                end = time.perf_counter(), processor_seconds(client)
                spent[way].append((end[0] - begin[0], end[1] - begin[1]))
            np.testing.assert_allclose(found, found[0], rtol=3e-4)
            np.testing.assert_allclose(found[1], found[0], rtol=1e-9)
    print(f"{asked.count:,} footprints in {asked.parts} parts, {WORKERS} workers, ", end="")
    print(f"load average {os.getloadavg()[0]:.1f}\n")
    print("| way | s | times ours | processor s | times ours |\n| --- | ---: | ---: | ---: | ---: |")
    for way, runs in spent.items():
        cells, ratio = [], 0.0
        for kind in (0, 1):
            ratio = statistics.median(
                t[kind] / o[kind] for t, o in zip(runs, spent["clusters_geo, dask"], strict=True)
            )
            cells += [f"{statistics.median(run[kind] for run in runs):.2f}", f"{ratio:.2f}"]
        print(f"| {way} | {' | '.join(cells)} |")
    return 0 if ratio >= LEAST_RATIO else 1


if __name__ == "__main__":
    sys.exit(main())
