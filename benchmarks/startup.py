"""Does the command line start at once? Whole processes against a bare import of what they cannot do without.

`clusters-geo --help` against `import click`, `clusters-geo summary` against `import geopandas`: interleaved,
so that whatever else the machine does falls on all alike; medians, after one round that warms the disk.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

ROUNDS = 15
CLI = [sys.executable, "-c", "from clusters_geo.cli import main; main()"]  # as the installed script does
# What is run, against what, and the most times as long it may take.
PAIRS = [
    ("clusters-geo --help", [*CLI, "--help"], "import click", 2.0),
    ("clusters-geo summary", [*CLI, "summary", "--format", "json"], "import geopandas", 1.5),
]


def seconds(command: list[str]) -> float:
    """Time one process from start to exit."""
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> None:
    """Measure, print, and fail if a target is missed."""
    commands = {name: command for name, command, _, _ in PAIRS}
    commands |= {peer: [sys.executable, "-c", peer] for _, _, peer, _ in PAIRS}
    rounds = [{name: seconds(command) for name, command in commands.items()} for _ in range(ROUNDS + 1)]
    median = {name: statistics.median(taken[name] for taken in rounds[1:]) for name in commands}
    missed = False
    for name, _, peer, target in PAIRS:
        ratio = median[name] / median[peer]
        missed |= ratio > target
        print(
            f"{name}: {median[name] * 1000:.0f} ms, bare {peer}: {median[peer] * 1000:.0f} ms, "
            f"{ratio:.2f} times (target ≤ {target})"
        )
    sys.exit("target missed" if missed else 0)


if __name__ == "__main__":
    main()
