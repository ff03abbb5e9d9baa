"""Ctrl-C in a terminal while the real command works: nothing half-written, nobody left behind."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import geopandas as gpd
import numpy as np
import psutil
import pytest
import shapely

from clusters_geo.cli import BROKEN

X, Y = 500_000.0, 2_300_000.0
# What a script starts in the background inherits that interrupts are ignored; under a terminal they are not.
COMMAND = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "from clusters_geo.cli import main; main()"
)
# Cells this small make seconds of work of a few thousand footprints, and of three batches of huts.
SLOW = {
    footprints: ["--method", "raster", "--cell-m", cell]
    for footprints, cell in (("parts", "0.05"), ("huts.gpkg", "0.1"))
}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("interrupted")
    rng = np.random.default_rng(3)
    west = X + 1_000 * np.arange(20)
    register = gpd.GeoDataFrame(
        {"cluster_id": [f"C{n}" for n in range(20)], "name": [f"CCN {n}" for n in range(20)]},
        geometry=[shapely.box(x, Y, x + 500, Y + 500) for x in west],
        crs="EPSG:5897",
    )
    register.assign(status="operating", built_ha=10.0).to_file(folder / "register.gpkg")
    squares(rng, west, 150_000, 7).to_file(folder / "huts.gpkg")  # three batches
    (folder / "parts").mkdir()
    for number in range(12):
        squares(rng, west, 2_000, 40).to_parquet(folder / "parts" / f"{number}.parquet")
    return folder


def squares(rng, west, count, side):
    x, y = rng.choice(west, count) + rng.uniform(0, 450, count), Y + rng.uniform(0, 450, count)
    return gpd.GeoDataFrame(geometry=shapely.box(x, y, x + side, y + side), crs="EPSG:5897")


@contextmanager
def started(files, footprints, engine, scratch, slow=None):
    """Start the command as a terminal does; give it and what it writes on its screen."""
    arguments = ["built-up", "register.gpkg", footprints, "--engine", engine, "--format", "csv"]
    screen, side = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND, *arguments, "--output", "out.csv", *(slow or SLOW[footprints])],
        cwd=files,
        env=os.environ | {"TMPDIR": str(scratch), "TERM": "xterm", "COLUMNS": "100"},
        stdout=side,
        stderr=side,
        start_new_session=True,
    )
    os.close(side)
    try:
        yield process, screen
    finally:
        process.kill()
        process.wait()
        os.close(screen)


def read(screen, until=None, seconds=120):
    """Return what comes on the screen, up to a pattern or to its end."""
    seen, end = "", time.monotonic() + seconds
    while until is None or not re.search(until, seen):
        assert time.monotonic() < end, seen
        if select.select([screen], [], [], 1)[0]:
            try:
                got = os.read(screen, 4096)
            except OSError:  # so Linux says that the other side is closed
                got = b""
            if not got:
                return seen
            seen = re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", seen + got.decode(errors="replace"))
    return seen


def test_the_bar_says_when_all_is_read_and_only_the_sum_is_missing(files, tmp_path):
    with started(files, "parts", "local", tmp_path, slow=["--method", "raster", "--cell-m", "0.2"]) as (
        _,
        screen,
    ):
        shown = read(screen)
    assert re.search(r"12/12 +đang cộng…", shown)
    assert (files / "out.csv").read_text(encoding="utf-8-sig").startswith("cluster_id,built_up_ha")


def alive(group):
    """Return the processes of a group that still run."""
    found = []
    for process in psutil.process_iter(["status"]):
        if process.info["status"] != psutil.STATUS_ZOMBIE:
            try:
                found += [process] * (os.getpgid(process.pid) == group)
            except ProcessLookupError:
                continue
    return found


def alive_in_the_end(group):
    """The last ones to go close their own doors; that takes a moment on a busy machine."""
    for _ in range(100):
        if not alive(group):
            break
        time.sleep(0.1)
    return alive(group)


@pytest.mark.parametrize(
    ("engine", "footprints"), [("local", "huts.gpkg"), ("local", "parts"), ("dask", "parts")]
)
def test_ctrl_c_leaves_everything_as_it_was(files, tmp_path, engine, footprints):
    (files / "out.csv").write_text("as it was\n")
    before = sorted(files.rglob("*"))
    with started(files, footprints, engine, tmp_path) as (process, screen):
        shown = read(screen, until=r"\d/s")
        assert re.search(r"\d+/\d+ .*[\d,]+/s .*(-:--:--|\d+:\d\d:\d\d)", shown), (
            "done/whole, rate, time left"
        )
        assert process.poll() is None
        # A terminal sends Ctrl-C to all processes of the command at once.
        os.killpg(process.pid, signal.SIGINT)
        shown = read(screen)
        assert process.wait(60) == BROKEN
        assert alive_in_the_end(process.pid) == []
    assert "đã dừng; không có gì bị ghi dở dang" in shown
    assert "Traceback" not in shown
    assert (files / "out.csv").read_text() == "as it was\n"
    assert sorted(files.rglob("*")) == before
    assert list(tmp_path.iterdir()) == []
