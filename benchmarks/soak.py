"""Five hundred random registers, valid, odd and broken, through load, units, audit, map, form and report.

    python benchmarks/soak.py [ROUNDS]

Each either goes through or ends in a sentence. Printed are how many did which, what is left in the folder of
temporary files, open files, and how memory grows from the first fifth of the rounds to the last.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import warnings
from collections import Counter
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

import geopandas as gpd
import shapely

import clusters_geo as cg
from clusters_geo.reference import load_bundled_units

ENDINGS = ("csv", "xlsx", "geojson", "gpkg", "parquet", "kml", "shp")
DISTRICTS = ("Gia Lâm", "Thường Tín", "Ứng Hòa", "Thanh Oai")
STATUSES = ("operating", "pending", "under_construction")
ODD = ("", "–", "12,7 (GĐ1 8,2)", "1.686,5", "khoảng 20", "-3", "1e9", "nt", "> 95%", "#REF!")
# Shares of registers, cells and ids.
ODD_REGISTERS, ODD_CELLS, OWN_IDS, BROKEN, CUT_SHORT = 0.4, 0.2, 0.995, 0.2, 0.3
MB = 1024 * 1024


@dataclass
class Outcome:
    """What a soak came to: how rounds ended, memory in MB after each, and what was left."""

    ended: Counter[str] = field(default_factory=Counter)
    memory: list[float] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    opened: int = 0

    @property
    def growth(self) -> float:
        """The mean memory of the last fifth over that of the second; 1 is flat."""
        fifth = max(1, len(self.memory) // 5)
        early, late = self.memory[fifth : 2 * fifth], self.memory[-fifth:]
        return (sum(late) / len(late)) / (sum(early) / len(early))


def register(chance: random.Random) -> gpd.GeoDataFrame:
    """Return a register of one to forty clusters, some with odd cells, in Hà Nội or near it."""
    count = chance.randrange(1, 41)
    odd = chance.random() < ODD_REGISTERS
    figures = [
        chance.choice(ODD) if odd and chance.random() < ODD_CELLS else f"{chance.uniform(3, 80):.1f}"
        for _ in range(count)
    ]
    corners = [(chance.uniform(105.4, 106.0), chance.uniform(20.7, 21.3)) for _ in range(count)]
    return gpd.GeoDataFrame(
        {
            "cluster_id": [str(n if chance.random() < OWN_IDS else 1) for n in range(count)],
            "name": [f"Cụm {chance.choice('ABCĐÊ')} {n}" for n in range(count)],
            "status": [chance.choice(STATUSES) for _ in range(count)],
            "district": [chance.choice(DISTRICTS) for _ in range(count)],
            "planned_ha": figures if odd else [float(figure) for figure in figures],
        },
        geometry=[shapely.box(x, y, x + 0.004, y + 0.004) for x, y in corners],
        crs=4326,
    )


def written(chance: random.Random, folder: Path) -> Path:
    """Write a random register in a random format; one in five is damaged."""
    table, file = register(chance), folder / f"r.{chance.choice(ENDINGS)}"
    plain = table.drop(columns="geometry")
    if file.suffix == ".csv":
        plain.to_csv(
            file, index=False, sep=chance.choice(",;\t"), encoding=chance.choice(["utf-8", "utf-8-sig"])
        )
    elif file.suffix == ".xlsx":
        plain.to_excel(file, index=False)
    elif file.suffix == ".parquet":
        table.to_parquet(file)
    else:
        table.to_file(file, driver="LIBKML" if file.suffix == ".kml" else None)
    if chance.random() < BROKEN:
        content = bytearray(file.read_bytes())
        for _ in range(chance.randrange(1, 9)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        file.write_bytes(
            content[: chance.randrange(len(content))] if chance.random() < CUT_SHORT else content
        )
    return file


def through(file: Path, units: gpd.GeoDataFrame, folder: Path) -> None:
    """Take a register through everything that a planner does with one."""
    from clusters_geo.cli import app
    from clusters_geo.forms.save import save_form

    clusters = cg.load_clusters(file)
    cg.summarize(clusters, units=units)
    cg.audit(clusters, units, lang="vi")
    cg.save_map(cg.make_map(clusters, units), folder / "map.html")
    save_form(clusters, "04", folder / "bieu-04.csv", period="2026-H1")
    cg.save_report(clusters, folder / "report.html", units)
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        code = app(["audit", str(file), "-o", str(folder / "audit.html")], standalone_mode=False)
    if code not in {None, 0, 1}:
        msg = f"audit ended in {code}"
        raise RuntimeError(msg)


def soak(rounds: int, seed: int = 2026) -> Outcome:
    """Run so many rounds; whatever is raised but a refusal ends it."""
    before = tempfile.tempdir
    # In a folder of its own, where nobody else leaves anything.
    with tempfile.TemporaryDirectory(prefix="soak-") as own:
        tempfile.tempdir = own
        try:
            return _soaked(rounds, seed, Path(own))
        finally:
            tempfile.tempdir = before


def _soaked(rounds: int, seed: int, own: Path) -> Outcome:
    chance, outcome = random.Random(seed), Outcome()  # noqa: S311 - the same registers every time
    layers = cg.load_hanoi()[1], load_bundled_units("hanoi-communes")
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(prefix="soak-") as private, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            folder = Path(private)
            file = written(chance, folder)
            try:
                through(file, chance.choice(layers), folder)
                outcome.ended["went through"] += 1
            except SystemExit as done:
                # Findings are no fault.
                outcome.ended["went through" if done.code == 1 else f"exit {done.code}"] += 1
            except cg.ClustersGeoError as error:
                outcome.ended["refused" if str(error) else "refused without a word"] += 1
        outcome.memory.append(_memory_mb())
    outcome.left = sorted(p.name for p in own.iterdir())
    outcome.opened = len(list(Path("/proc/self/fd").iterdir())) if Path("/proc/self/fd").exists() else 0
    return outcome


def _memory_mb() -> float:
    statm = Path("/proc/self/statm")
    if not statm.exists():
        return 1.0
    return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / MB


if __name__ == "__main__":
    found = soak(int(sys.argv[1]) if len(sys.argv) > 1 else 500)
    print(dict(found.ended))
    print(f"left over: {found.left or 'nothing'}; open files: {found.opened}")
    print(f"memory: {found.memory[0]:.0f} MB first, {found.memory[-1]:.0f} MB last, x {found.growth:.2f}")
