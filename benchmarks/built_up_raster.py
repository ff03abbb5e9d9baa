"""What the raster method saves, and how far off it is: footprints many deep on clusters, exact and in cells.

Each way runs in a process of its own on the same footprints, made batch by batch as the bytes that a file
would hold; the time to make them is taken off. Processor time, as the clock depends on what else runs.

    python benchmarks/built_up_raster.py --millions 1 3
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyproj
import shapely

from built_up_data import CRS, make_clusters, make_footprints
from clusters_geo.built_up.batches import Part, Source, WkbBatch
from clusters_geo.built_up.engines import Exact, LocalEngine, Method, Task
from clusters_geo.built_up.ground import Ground
from clusters_geo.built_up.raster import Raster

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clusters_geo.built_up.batches import Batch
    from clusters_geo.built_up.index import Lookup

BATCH = 65_536
WITHIN_TWO = 0.95
CELLS_M = (0.0, 1.0, 2.0, 5.0)  # 0: exact


class Deep:
    """Footprints of which 24 % lie on the clusters, made when they are asked for."""

    name = "generated"

    def __init__(self, count: int) -> None:
        self.count, self.spent = count, 0.0

    def pieces(self, lookup: Lookup, count: int) -> tuple[Part, ...]:
        """Stay whole."""
        del lookup, count
        return (self,)

    def batches(self, lookup: Lookup) -> Iterator[Batch]:
        """Make them, batch by batch."""
        del lookup
        clusters = make_clusters()
        for seed in range(self.count // BATCH + 1):
            begin = time.thread_time()
            column = pa.array(
                shapely.to_wkb(make_footprints(BATCH, "dense", clusters, seed=seed)), pa.binary()
            )
            self.spent += time.thread_time() - begin
            yield WkbBatch(column)


def measure(millions: int, cell_m: float) -> None:
    """Measure one way in this process; print processor seconds, MiB, hectares and stated errors."""
    clusters = make_clusters()
    part = Deep(millions * 1_000_000)
    source = Source("generated", pyproj.CRS.from_user_input(CRS), 0, (part,))
    begin = time.process_time()
    ground = Ground.of(clusters.geometry, source.crs)
    how: Method[Any] = Raster.of(clusters.geometry, cell_m) if cell_m else Exact(disjoint=False)
    task = Task(ground, how, keep_going=False, progress=lambda *_: None)
    table = LocalEngine().measure(source, task).table.set_index("cluster").sort_index()
    seconds = time.process_time() - begin - part.spent
    status = Path("/proc/self/status").read_text(encoding="ascii")
    said = table.get("built_up_error_ha", table["built_up_ha"] * 0)
    found = {"s": seconds, "mib": int(status.split("VmHWM:")[1].split()[0]) / 1024}
    print(json.dumps(found | {"ha": table["built_up_ha"].tolist(), "said": said.tolist()}))


def main() -> int:
    """Compare; exit with 1 if the stated error is too small."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--millions", type=int, nargs="+", default=[1, 3])
    parser.add_argument("--only", type=float, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.only is not None:
        measure(asked.millions[0], asked.only)
        return 0
    print("| million | way | processor s | exact takes | peak MiB | off, ha | stated, ha | within two |")
    print("| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    met = True
    for millions in asked.millions:
        exact: dict[str, Any] = {}
        for cell_m in CELLS_M:
            command = [sys.executable, __file__, "--millions", str(millions), "--only", str(cell_m)]
            found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            exact = exact or found
            off = np.subtract(found["ha"], exact["ha"])
            figures = f"{found['s']:.2f} | {exact['s'] / found['s']:.1f} | {found['mib']:.0f}"
            if not cell_m:
                print(f"| {millions} | exact | {figures} | | | |", flush=True)
                continue
            within = float((np.abs(off) <= 2 * np.array(found["said"])).mean())
            met &= within >= WITHIN_TWO
            errors = f"{np.sqrt((off**2).mean()):.3f} | {np.sqrt(np.square(found['said']).mean()):.3f}"
            print(f"| {millions} | {cell_m:g} m | {figures} | {errors} | {within:.0%} |", flush=True)
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
