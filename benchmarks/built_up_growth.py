"""Does time grow only with the number of footprints, and memory not at all? 1, 5, 20 million, on the fly.

Each size runs in a process of its own. Footprints are made batch by batch as the bytes that a file would hold
and never stored; the time to make them is taken off. The region grows with their number, as from a city to a
country, so that they stand as close everywhere; the 200 clusters are spread over it. With --clusters-too
there are 200 more for each million, and what is kept for their union grows with them.

    python benchmarks/built_up_growth.py --millions 1 5 20
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyproj
import shapely

from built_up_data import CLUSTERS, CRS, REGION_M, batches, make_clusters
from clusters_geo.built_up.batches import Part, Source, WkbBatch
from clusters_geo.built_up.engines import Exact, LocalEngine, Method, Task
from clusters_geo.built_up.ground import Ground
from clusters_geo.built_up.raster import Raster

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd

    from clusters_geo.built_up.batches import Batch
    from clusters_geo.built_up.index import Lookup

MILLION = 1_000_000
BATCH = 65_536
MOST_MIB = 350
MOST_SLOWER = 1.3


@dataclass
class Generated:
    """Footprints made when they are asked for; `spent` is how long that took, seconds."""

    clusters: gpd.GeoDataFrame
    count: int
    region_m: float
    name: str = "generated"
    spent: list[float] = field(default_factory=list)

    def pieces(self, lookup: Lookup, count: int) -> tuple[Part, ...]:
        """Stay whole."""
        del lookup, count
        return (self,)

    def batches(self, lookup: Lookup) -> Iterator[Batch]:
        """Make them, batch by batch."""
        del lookup
        made = batches(self.count, self.clusters, BATCH, self.region_m)
        while True:
            begin = time.thread_time()
            shapes = next(made, None)
            if shapes is None:
                return
            batch = WkbBatch(pa.array(shapely.to_wkb(shapes), pa.binary()))
            del shapes
            self.spent.append(time.thread_time() - begin)
            yield batch


def measure(millions: int, *, clusters_too: bool, cell_m: float | None) -> None:
    """Measure one size in this process and print seconds of processor time and MiB."""
    scale = millions**0.5
    clusters = make_clusters(CLUSTERS * millions if clusters_too else CLUSTERS, REGION_M * scale)
    part = Generated(clusters, millions * MILLION, REGION_M * scale)
    source = Source("generated", pyproj.CRS.from_user_input(CRS), part.count, (part,))
    begin = time.process_time()
    ground = Ground.of(clusters.geometry, source.crs)
    how: Method[Any] = Exact(disjoint=False) if cell_m is None else Raster.of(clusters.geometry, cell_m)
    task = Task(ground, how, keep_going=False, progress=_quiet)
    outcome = LocalEngine().measure(source, task)
    seconds = time.process_time() - begin - sum(part.spent)
    status = Path("/proc/self/status").read_text(encoding="ascii")
    mib = int(status.split("VmHWM:")[1].split()[0]) / 1024
    print(seconds, mib, outcome.table["built_up_ha"].sum(), outcome.counts.read)


def _quiet(done: int, total: int) -> None:
    del done, total


def main() -> int:
    """Run all sizes; exit with 1 if time or memory grows more than it should."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--millions", type=int, nargs="+", default=[1, 5, 20])
    parser.add_argument("--clusters-too", action="store_true")
    parser.add_argument("--cell-m", type=float, help="count overlaps in cells of so many metres")
    parser.add_argument("--only", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.only:
        measure(asked.only, clusters_too=asked.clusters_too, cell_m=asked.cell_m)
        return 0
    print("| million | clusters | processor s | s a million | peak MiB | ha |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: |")
    rates, met = [], True
    for millions in asked.millions:
        command = [sys.executable, __file__, "--only", str(millions)]
        command += ["--clusters-too"] if asked.clusters_too else []
        command += ["--cell-m", str(asked.cell_m)] if asked.cell_m else []
        printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        seconds, mib, hectares, read = map(float, printed.split())
        met &= mib <= MOST_MIB and read == millions * MILLION
        rates.append(seconds / millions)
        figures = f"{seconds:.2f} | {rates[-1]:.3f} | {mib:.0f} | {hectares:,.0f}"
        clusters = CLUSTERS * millions if asked.clusters_too else CLUSTERS
        print(f"| {millions} | {clusters} | {figures} |", flush=True)
    return 0 if met and max(rates) <= MOST_SLOWER * rates[0] else 1


if __name__ == "__main__":
    sys.exit(main())
