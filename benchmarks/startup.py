"""Does the command line start at once? Whole processes against a bare import of what they cannot do without.

`clusters-geo --help` against `import click`, `clusters-geo summary` against `import geopandas`: interleaved,
so that whatever else the machine does falls on all alike; medians of the processor's time, after one round
that warms the disk and compiles all modules once, as installing a wheel does.
Last, `clusters-geo built-up` of a million footprints against DuckDB, by the processor as the others. DuckDB
works in as many threads as there are cores, so the ratio by the clock is told too.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd

from built_up_files import WAYS, write_files

ROUNDS, LONG_ROUNDS = 15, 5
FOOTPRINTS, FASTER = 1_000_000, 2.5
CLI = [
    sys.executable,
    "-c",
    "from clusters_geo.cli import program; program()",
]  # as the installed script does
# What is run, against what, and the most times as long it may take.
PAIRS = [
    ("clusters-geo --help", [*CLI, "--help"], "import click", 1.5),
    ("clusters-geo summary", [*CLI, "summary", "--format", "json"], "import geopandas", 1.5),
]


def seconds(command: list[str], compiled: str) -> tuple[float, float]:
    """Return what a process, with the child that it reads in, took of the processor, and by the clock."""
    begin = time.perf_counter()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    env = {**kept, "PYTHONPYCACHEPREFIX": compiled}
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return processor, time.perf_counter() - begin


def main() -> None:
    """Measure, print, and fail if a target is missed."""
    with tempfile.TemporaryDirectory() as folder:
        met = measure([*PAIRS, *own_registers(Path(folder))], compiled=folder)
        met &= built_up(Path(folder), compiled=folder)
    sys.exit(0 if met else "target missed")


def own_registers(folder: Path) -> list[tuple[str, list[str], str, float]]:
    """Return summaries of a register of 200 rows, as a GeoPackage and as a workbook."""
    from clusters_geo.reference import load_hanoi

    clusters, _ = load_hanoi()
    own = clusters.sample(200, replace=True, random_state=1).set_axis(pd.Index(range(200), name="cluster_id"))
    own = own.reset_index().astype({"cluster_id": "string"})
    own.to_file(folder / "own.gpkg")
    own.drop(columns="geometry").to_excel(folder / "own.xlsx", index=False)
    return [
        (f"clusters-geo summary {name}", [*CLI, "summary", str(folder / name)], "import geopandas", 1.5)
        for name in ("own.gpkg", "own.xlsx")
    ]


def built_up(folder: Path, *, compiled: str) -> bool:
    """Measure a million footprints in a GeoPackage against DuckDB, print, and say if the target holds."""
    files = [str(file) for file in write_files(folder, FOOTPRINTS)]
    ours = [*CLI, "built-up", *files, "--disjoint"]
    peer = [sys.executable, "-c", f"import sys\n{WAYS['DuckDB spatial']}", *files]
    rounds = [(seconds(ours, compiled), seconds(peer, compiled)) for _ in range(LONG_ROUNDS + 1)][1:]
    processor, clock = (statistics.median(p[at] / o[at] for o, p in rounds) for at in (0, 1))
    print(
        f"clusters-geo built-up of {FOOTPRINTS:,}: {processor:.2f} times as fast as DuckDB "
        f"by the processor (target ≥ {FASTER}), {clock:.2f} by the clock on {os.cpu_count()} cores"
    )
    return processor >= FASTER


def measure(pairs: list[tuple[str, list[str], str, float]], *, compiled: str) -> bool:
    """Run all in turns, print the ratios, and say whether each is within its target."""
    commands = {name: command for name, command, _, _ in pairs}
    commands |= {peer: [sys.executable, "-c", peer] for _, _, peer, _ in pairs}
    rounds = [
        {name: seconds(command, compiled)[0] for name, command in commands.items()} for _ in range(ROUNDS + 1)
    ]
    median = {name: statistics.median(taken[name] for taken in rounds[1:]) for name in commands}
    missed = False
    for name, _, peer, target in pairs:
        ratio = median[name] / median[peer]
        missed |= ratio > target
        print(
            f"{name}: {median[name] * 1000:.0f} ms, bare {peer}: {median[peer] * 1000:.0f} ms, "
            f"{ratio:.2f} times (target ≤ {target})"
        )
    return not missed


if __name__ == "__main__":
    main()
