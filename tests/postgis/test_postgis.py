"""Writing to a real PostGIS, started for the test on a port of its own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyproj
import pytest
import shapely

import clusters_geo as cg
from clusters_geo.storage.postgis import save_postgis

sqlalchemy = pytest.importorskip("sqlalchemy", reason="SQLAlchemy is not installed: PostGIS is not tested")
pytest.importorskip("geoalchemy2", reason="GeoAlchemy 2 is not installed: PostGIS is not tested")
pytest.importorskip("psycopg", reason="psycopg is not installed: PostGIS is not tested")


def _programs():
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if shutil.which("initdb"):
        folders.insert(0, Path(shutil.which("initdb")).parent)
    return next((f for f in folders if (f / "initdb").exists()), None)


@pytest.fixture(scope="module")
def server():
    programs = _programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed (apt-get install postgresql postgis): PostGIS is not tested")
    with tempfile.TemporaryDirectory(prefix="clusters-geo-pg-", ignore_cleanup_errors=True) as folder:
        yield from _server(programs, Path(folder))


def _server(programs, folder):
    as_user = []
    if os.geteuid() == 0:
        if shutil.which("runuser") is None:
            pytest.skip("PostgreSQL does not run as root and runuser is missing: PostGIS is not tested")
        shutil.chown(folder, "postgres")
        as_user = ["runuser", "-u", "postgres", "--"]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def run(program, *arguments):
        subprocess.run(
            [*as_user, str(programs / program), *arguments],
            check=True,
            capture_output=True,
            cwd=folder,
            timeout=120,
        )

    run("initdb", "-D", str(folder / "data"), "-U", "planner", "--auth=trust", "-E", "UTF8", "--no-sync")
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
    run("pg_ctl", "-D", str(folder / "data"), "-w", "-l", str(folder / "log"), "-o", options, "start")
    url = f"postgresql://planner:geheim@127.0.0.1:{port}/postgres"
    try:
        engine = sqlalchemy.create_engine(url.replace("postgresql", "postgresql+psycopg"))
        with engine.begin() as db:
            try:
                db.execute(sqlalchemy.text("CREATE EXTENSION postgis"))
            except sqlalchemy.exc.SQLAlchemyError:
                pytest.skip(
                    "PostgreSQL has no PostGIS (apt-get install postgresql-15-postgis-3): PostGIS "
                    "is not tested"
                )
        yield url, engine
        engine.dispose()
    finally:
        run("pg_ctl", "-D", str(folder / "data"), "-m", "immediate", "stop")


@pytest.fixture
def table():
    return gpd.GeoDataFrame(
        {"name": ["Phùng Xá", "Bát Tràng"], "planned_ha": [40.5, None]},
        geometry=[shapely.box(562_000, 2_326_000, 562_500, 2_326_400)] * 2,
        crs=5897,
        index=pd.Index(["001", "002"], name="cluster_id"),
    )


def test_a_table_comes_back_with_its_system(server, table):
    url, engine = server
    save_postgis(table, url, "clusters")
    back = gpd.read_postgis("SELECT * FROM clusters ORDER BY cluster_id", engine, geom_col="geometry")
    assert back.crs == "EPSG:5897"
    assert back["name"].tolist() == ["Phùng Xá", "Bát Tràng"]
    assert back["cluster_id"].tolist() == ["001", "002"]
    assert back.geometry.geom_equals(table.reset_index().geometry).all()


def test_a_failure_leaves_the_old_table(server, table):
    url, engine = server
    save_postgis(table, url, "kept")
    # A NUL is text to Python and none to PostgreSQL.
    with pytest.raises(cg.SourceError, match="Nothing was changed"):
        save_postgis(table.assign(name=["a\x00b", "c"]), url, "kept")
    assert len(gpd.read_postgis("SELECT * FROM kept", engine, geom_col="geometry")) == 2


def test_a_system_without_a_code_is_refused(server, table):
    own = pyproj.CRS("+proj=tmerc +lat_0=0 +lon_0=105.1 +k=0.9999 +x_0=500000 +y_0=0 +ellps=WGS84 +units=m")
    with pytest.raises(cg.CRSError, match="no EPSG code"):
        save_postgis(table.to_crs(own), server[0], "own")


def test_the_password_is_in_no_message(server, table):
    url = server[0].replace("/postgres", "/nowhere")
    with pytest.raises(cg.SourceError) as caught:
        save_postgis(table, url, "clusters")
    assert "geheim" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("name", ["Clusters", "a; DROP TABLE x", "", "a" * 64])
def test_a_name_that_is_none_is_refused(server, table, name):
    with pytest.raises(cg.SourceError, match="no name for a table"):
        save_postgis(table, server[0], name)


def test_convert_writes_to_the_database(server, table, tmp_path):
    from click.testing import CliRunner

    from clusters_geo.cli.convert import command

    url, engine = server
    table.assign(status="operating").to_file(tmp_path / "a.gpkg")
    done = CliRunner().invoke(
        command, [str(tmp_path / "a.gpkg"), url, "--table", "converted", "--crs", "EPSG:4326"]
    )
    assert done.exit_code == 0, done.output
    assert "geheim" not in done.output
    assert gpd.read_postgis("SELECT * FROM converted", engine, geom_col="geometry").crs == "EPSG:4326"
