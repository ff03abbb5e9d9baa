"""A real PostgreSQL with PostGIS, started by an unprivileged user on a free port, stopped afterwards."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from tests_of_storage import programs, started

# Run by the Python of QGIS, which has the library; this one has not.
collect_ignore_glob = ["qgis_*.py"]

pytest.importorskip("psycopg", reason="SKIPPED: psycopg is not installed, PostGIS is NOT tested")


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
        for one in started(folder, as_user):
            if not one.sql("SELECT name FROM pg_available_extensions WHERE name = 'postgis'"):
                pytest.skip(
                    "SKIPPED: PostgreSQL has no PostGIS (apt-get install postgresql-postgis): NOT tested"
                )
            yield one
