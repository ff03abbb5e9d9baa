"""A real PostgreSQL with PostGIS, started by an unprivileged user on a free port, stopped afterwards."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest
from tests_of_storage import PASSWORD, programs

# Run by the Python of QGIS, which has the library; this one has not.
collect_ignore_glob = ["qgis_*.py"]

psycopg = pytest.importorskip("psycopg", reason="SKIPPED: psycopg is not installed, PostGIS is NOT tested")


@dataclass
class Server:
    """One server; each test makes databases of its own in it."""

    folder: Path
    port: int
    as_user: list[str]
    numbers: count = field(default_factory=count)

    def run(self, program, *arguments):
        command = [*self.as_user, str(programs() / program), *arguments]
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
        with psycopg.connect(url or self.url(), autocommit=True) as db:
            done = db.execute(statement, values)
            return done.fetchall() if done.description is not None else []


@pytest.fixture(scope="session")
def server():
    if programs() is None:
        pytest.skip("SKIPPED: PostgreSQL is not installed (apt-get install postgresql-postgis): NOT tested")
    as_user = []
    with tempfile.TemporaryDirectory(prefix="clusters-geo-pg-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if os.geteuid() == 0:
            if shutil.which("runuser") is None:
                pytest.skip("SKIPPED: PostgreSQL does not run as root and there is no runuser: NOT tested")
            shutil.chown(folder, "postgres")
            as_user = ["runuser", "-u", "postgres", "--"]
        yield from started(folder, as_user)


def started(folder, as_user):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    one = Server(folder, port, as_user)
    (folder / "password").write_text(f"{PASSWORD}\n", encoding="utf-8")
    (folder / "password").chmod(0o644)
    data = str(folder / "data")
    arguments = ["-U", "planner", "--auth=scram-sha-256", f"--pwfile={folder / 'password'}", "-E", "UTF8"]
    one.run("initdb", "-D", data, *arguments, "--no-sync", "--locale=C.UTF-8")
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
    one.run("pg_ctl", "-D", data, "-w", "-l", str(folder / "log"), "-o", options, "start")
    try:
        if not one.sql("SELECT name FROM pg_available_extensions WHERE name = 'postgis'"):
            pytest.skip("SKIPPED: PostgreSQL has no PostGIS (apt-get install postgresql-postgis): NOT tested")
        yield one
    finally:
        one.run("pg_ctl", "-D", data, "-m", "immediate", "stop")
