"""Time and memory of each command for registers of growing size: nothing may grow faster than its input.

Run: python benchmarks/load.py [1000 10000 100000]; without sizes 1,000 only, under a minute.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

import clusters_geo as cg

# Seconds and MiB that issue 12 allows; what is not named here is only measured.
ALLOWED = {("form 04 as XLSX", 1_000): (5, None), ("audit as JSON", 100_000): (30, 1_024)}
COMMANDS = {
    "summary": "summary {register}",
    "pending as CSV": "pending {register} -o {out}.csv",
    "audit as JSON": "audit {register} --fail-on never -o {out}.json",
    "audit as a table": "audit {register} --fail-on never -o {out}.txt",
    "audit as XLSX": "audit {register} --fail-on never -o {out}.xlsx",
    "form 04 as XLSX": "form 04 {register} --period 2026-H1 -o {out}.xlsx",
    "form 04 as CSV": "form 04 {register} --period 2026-H1 -o {out}.csv",
    "convert": "convert {register} {out}.gpkg",
    "convert to XLSX": "convert {register} {out}.xlsx",
    "convert to CSV": "convert {register} {out}.csv",
    "convert to GeoJSON": "convert {register} {out}.geojson",
    "summary of GeoJSON": "summary {out}.geojson",
    "inspect": "inspect {register}",
    "eligibility as CSV": "eligibility {register} -o {out}.csv",
    "pipeline as CSV": "pipeline {register} -o {out}.csv",
    "compare as CSV": "compare {register} {out}.geojson -o {out}.csv",
    "forecast as CSV": "forecast {register} --to 2030-12-31 -o {out}.csv",
    "report as HTML": "report {register} -o {out}.html",
    "map": "map {register} -o {out}.html",
}


def register(count: int) -> gpd.GeoDataFrame:
    """Return so many clusters side by side, with the figures of the bundled ones in turn."""
    known = pd.DataFrame(cg.load_hanoi()[0].drop(columns="geometry"))
    table = known.iloc[np.arange(count) % len(known)].copy()
    table.index = pd.Index([f"c{number:06d}" for number in range(count)], name="cluster_id")
    table["name"] = [f"Cụm {number}" for number in range(count)]
    side = int(np.ceil(np.sqrt(count)))
    step = 60_000 / max(side, 200)
    x, y = 560_000 + np.arange(count) % side * step, 2_300_000 + np.arange(count) // side * step
    return gpd.GeoDataFrame(table, geometry=shapely.box(x, y, x + step * 0.8, y + step * 0.8), crs=5897)


def measured(arguments: list[str]) -> tuple[float, float, int]:
    """Return the processor's seconds, MiB and exit code of one command in a process of its own."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    script = (
        "import resource, runpy, sys\n"
        "sys.argv[0] = 'clusters-geo'\n"
        "try:\n    runpy.run_module('clusters_geo.cli', run_name='__main__')\n"
        "finally:\n    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=False
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return spent, int(done.stderr.split()[-1]) / 1024, done.returncode


def main() -> int:
    """Measure each command for each size; return 1 if one takes more than is allowed."""
    sizes = [int(size) for size in sys.argv[1:]] or [1_000]
    missed = 0
    with tempfile.TemporaryDirectory() as folder:
        for size in sizes:
            source = cg.save(register(size), Path(folder) / f"{size}.parquet")
            for name, command in COMMANDS.items():
                words = command.format(register=source, out=Path(folder) / "out").split()
                seconds, mebibytes, code = measured(words)
                most, room = ALLOWED.get((name, size), (None, None))
                late = bool((most and seconds > most) or (room and mebibytes > room) or code not in (0, 1))
                missed += late
                print(
                    f"{size:>8,} {name:<18} {seconds:7.1f} s {mebibytes:7.0f} MiB{'  MISSED' if late else ''}"
                )
    return min(missed, 1)


if __name__ == "__main__":
    sys.exit(main())
