"""What the tests of storage share: a table with what is easily lost, and a password easily told."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

# With what addresses must write as %40 and what is no ASCII.
PASSWORD = "bi@mật"
PYTHON = next((p for p in ("/usr/bin/python3", shutil.which("python3")) if p and Path(p).exists()), None)


def square(x, side=300):
    return shapely.box(x, 2_326_000, x + side, 2_326_000 + side)


def sample():
    return gpd.GeoDataFrame(
        {
            "name": ["Phùng Xá", "Bát Tràng", "Từ Sơn"],
            "district": ["Thạch Thất", "Gia Lâm", None],
            "status": ["operating", "pending", None],
            "planned_ha": [12.7, None, 0.1 + 0.2],
            "planned_ha_basis": ["published", None, "modelled"],
            "planned_ha_source": ["QĐ 123", None, None],
            "workers": pd.array([2**53 + 1, None, 0], dtype="Int64"),
            "craft_village": pd.array([True, None, False], dtype="boolean"),
            "established_on": pd.to_datetime(["2019-06-05", None, None]).astype("datetime64[us]"),
            "as_of": pd.to_datetime(["2022-09-30"] * 3).astype("datetime64[us]"),
            "mã số thuế": pd.array([2**53 + 1, None, 7], dtype="Int64"),
            "điện thoại": pd.array(["024 3382", None, "=1+1"], dtype="string"),
            "kiểm tra": pd.to_datetime(["2024-01-02 03:04:05", None, None]).astype("datetime64[us]"),
            "trống": pd.array([None, None, None], dtype="string"),
        },
        geometry=[square(562_000), None, shapely.MultiPolygon([square(563_000), square(564_000)])],
        crs=5897,
        index=pd.Index(["TT-01", "GL-02", "TS-03"], name="cluster_id"),
    )


def programs():
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if shutil.which("initdb"):
        folders.insert(0, Path(shutil.which("initdb")).parent)
    return next((f for f in folders if (f / "initdb").exists()), None)


@dataclass
class Server:
    """One server; each test makes databases of its own in it."""

    folder: Path
    port: int
    as_user: list[str]
    bin: Path
    numbers: count = field(default_factory=count)

    def run(self, program, *arguments):
        command = [*self.as_user, str(self.bin / program), *arguments]
        return subprocess.run(
            command, check=True, capture_output=True, cwd=self.folder, timeout=120, stdin=subprocess.DEVNULL
        )

    def url(self, database="postgres", user="planner", password=PASSWORD):
        from urllib.parse import quote

        return f"postgresql://{user}:{quote(password, safe='')}@127.0.0.1:{self.port}/{database}"

    def database(self, options=""):
        """Make a new, empty database and give its address."""
        name = f"d{next(self.numbers)}"
        self.sql(f"CREATE DATABASE {name} {options}")
        return self.url(name)

    def sql(self, statement, url=None, values=None):
        """Run one statement as the superuser and give its rows."""
        import psycopg

        with psycopg.connect(url or self.url(), autocommit=True) as db:
            done = db.execute(statement, values)
            return done.fetchall() if done.description is not None else []


def started(folder, as_user, own=None):
    """Start a server in a folder, give it, stop it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    one = Server(folder, port, as_user, own or programs())
    (folder / "password").write_text(f"{PASSWORD}\n", encoding="utf-8")
    (folder / "password").chmod(0o644)
    data = str(folder / "data")
    arguments = ["-U", "planner", "--auth=scram-sha-256", f"--pwfile={folder / 'password'}", "-E", "UTF8"]
    one.run("initdb", "-D", data, *arguments, "--no-sync", "--locale=C.UTF-8")
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
    one.run("pg_ctl", "-D", data, "-w", "-l", str(folder / "log"), "-o", options, "start")
    try:
        yield one
    finally:
        one.run("pg_ctl", "-D", data, "-m", "immediate", "stop")


def qgis(script, *arguments, timeout=120):
    """Run a script with the Python that has QGIS; skip aloud where there is none."""
    left_out = ("PYTHONPATH", "PROJ_DATA", "PROJ_LIB", "GDAL_DATA", "VIRTUAL_ENV")
    env = {name: value for name, value in os.environ.items() if name not in left_out}
    done = subprocess.run(
        [str(PYTHON), str(script), *map(str, arguments)],
        env={**env, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
    )
    if "No module named 'qgis'" in done.stderr:
        pytest.skip("SKIPPED: QGIS is not installed (apt-get install python3-qgis): NOT opened in QGIS")
    line = next((x for x in done.stdout.splitlines() if x.startswith("RESULT")), "")
    assert line, done.stderr[-2000:]
    return json.loads(line.removeprefix("RESULT"))
