"""Does the command line start at once? Whole processes against a bare import of what they cannot do without.

`clusters-geo --help` against `import click`, `clusters-geo summary` against `import geopandas`: interleaved,
so that whatever else the machine does falls on all alike; medians of the processor's time, after one round
that warms the disk and compiles all modules once, as installing a wheel does.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd

ROUNDS = 15
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


def seconds(command: list[str], compiled: str) -> float:
    """Return what one process, and the child that it reads in, took of the processor from start to exit."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    env = {**kept, "PYTHONPYCACHEPREFIX": compiled}
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Measure, print, and fail if a target is missed."""
    with tempfile.TemporaryDirectory() as folder:
        measure([*PAIRS, *own_registers(Path(folder))], compiled=folder)


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


def measure(pairs: list[tuple[str, list[str], str, float]], *, compiled: str) -> None:
    """Run all in turns, print the ratios, and fail if one misses its target."""
    commands = {name: command for name, command, _, _ in pairs}
    commands |= {peer: [sys.executable, "-c", peer] for _, _, peer, _ in pairs}
    rounds = [
        {name: seconds(command, compiled) for name, command in commands.items()} for _ in range(ROUNDS + 1)
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
    sys.exit("target missed" if missed else 0)


if __name__ == "__main__":
    main()
