"""From two files to hectares, whole processes in turn: time, processor time and peak memory.

The footprints' areas on each cluster are added up, as all peers can do that; each process prints the sum and
all must agree. Files are written once and read from the system's cache; our package is compiled before, as
pip does on installing.

    python benchmarks/built_up_files.py --count 1000000 --rounds 3
"""

from __future__ import annotations

import argparse
import compileall
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import geopandas as gpd

import clusters_geo
from built_up_data import CRS, REGION_M, batches, make_clusters

OURS = "clusters_geo"
WAYS = {
    OURS: """
import geopandas as gpd
from clusters_geo.built_up import built_up_ha
clusters = gpd.read_file(sys.argv[1]).set_index("cluster_id")
print(built_up_ha(clusters, sys.argv[2], disjoint=True)["built_up_ha"].sum())
""",
    "geopandas overlay": """
import geopandas as gpd
clusters, footprints = gpd.read_file(sys.argv[1]), gpd.read_file(sys.argv[2])
print(gpd.overlay(footprints, clusters).area.sum() / 1e4)
""",
    "sjoin, read with Arrow": """
import geopandas as gpd, shapely
clusters, footprints = gpd.read_file(sys.argv[1]), gpd.read_file(sys.argv[2], use_arrow=True)
pairs = footprints.sjoin(clusters, predicate="intersects")
inside = clusters.geometry.to_numpy()[pairs["index_right"].to_numpy()]
print(shapely.area(shapely.intersection(pairs.geometry.to_numpy(), inside)).sum() / 1e4)
""",
    "DuckDB spatial": """
import duckdb, importlib.metadata
files = importlib.metadata.files("duckdb-extension-spatial")
duck = duckdb.connect(config={"allow_unsigned_extensions": "true"})
duck.execute("SET enable_progress_bar = false")
duck.execute(f"LOAD '{next(f.locate() for f in files if str(f).endswith('.duckdb_extension'))}'")
sql = '''SELECT SUM(ST_Area(ST_Intersection(c.geom, f.geom))) / 1e4
         FROM ST_Read(?) c JOIN ST_Read(?) f ON ST_Intersects(c.geom, f.geom)'''
print(duck.execute(sql, sys.argv[1:3]).fetchone()[0])
""",
}
# What the system counts for a child includes its parent's memory at the start, so the child looks itself.
_PEAK = """
with open("/proc/self/status") as status:
    print(next(line.split()[1] for line in status if line.startswith("VmHWM")))
"""
TARGETS = {"geopandas overlay": 5.0, "sjoin, read with Arrow": 3.0, "DuckDB spatial": 1.5}
MOST_MIB = 350
PLANE_IS_SMALLER = 3e-4  # peers measure on the plane of the zone


class Run(NamedTuple):
    """One run of a process."""

    seconds: float
    cpu: float
    mib: float
    hectares: float


def run(code: str, *files: Path) -> Run:
    """Run Python code in a process of its own and account for it."""
    reader, writer = os.pipe()
    begin = time.perf_counter()
    arguments = [sys.executable, "-c", f"import sys\n{code}\n{_PEAK}", *map(str, files)]
    child = os.posix_spawn(
        sys.executable, arguments, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, writer, 1)]
    )
    os.close(writer)
    with os.fdopen(reader) as output:
        hectares, peak_kib = output.read().split()[-2:]
    _, status, used = os.wait4(child, 0)
    seconds = time.perf_counter() - begin
    if status:
        sys.exit(f"a way failed with status {status}")
    return Run(seconds, used.ru_utime + used.ru_stime, float(peak_kib) / 1024, float(hectares))


def write_files(folder: Path, count: int) -> tuple[Path, Path]:
    """Write clusters and footprints as GeoPackages, the footprints batch by batch."""
    clusters = make_clusters()
    register, footprints = folder / "clusters.gpkg", folder / "footprints.gpkg"
    clusters.to_file(register)
    for number, shapes in enumerate(batches(count, clusters, region_m=REGION_M)):
        layer = gpd.GeoDataFrame(geometry=shapes, crs=CRS)
        layer.to_file(footprints, mode="a" if number else "w")
    return register, footprints


def main() -> int:
    """Run the comparison; exit with 1 if a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    compileall.compile_dir(Path(clusters_geo.__file__).parent, quiet=1)
    with tempfile.TemporaryDirectory() as folder:
        files = write_files(Path(folder), asked.count)
        runs: dict[str, list[Run]] = {name: [] for name in WAYS}
        for _ in range(asked.rounds):
            for name, code in WAYS.items():
                runs[name].append(run(code, *files))
    ours = runs[OURS]
    print(f"{asked.count:,} footprints, load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n")
    print("| way | s | processor s | peak MiB | times ours | target |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    met = ours[0].mib <= MOST_MIB
    for name, done in runs.items():
        ratio = statistics.median(t.seconds / o.seconds for t, o in zip(done, ours, strict=True))
        middle = [statistics.median(column) for column in zip(*done, strict=True)]
        target = TARGETS.get(name)
        met &= target is None or ratio >= target
        met &= abs(done[0].hectares / ours[0].hectares - 1) < PLANE_IS_SMALLER
        wanted = f"≤ {MOST_MIB} MiB" if target is None else f"≥ {target}"
        print(f"| {name} | {middle[0]:.2f} | {middle[1]:.2f} | {middle[2]:.0f} | {ratio:.2f} | {wanted} |")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
