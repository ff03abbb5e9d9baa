"""Writing to a real PostGIS, started for the test on a port of its own."""

from __future__ import annotations

import os
import re
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

# SQLAlchemy drops a connection that fails while it is being set up, as to a database without an encoding.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


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
    with pytest.raises(cg.SourceError, match="cannot be the name of a table"):
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


def connect(url):
    return sqlalchemy.create_engine(url.replace("postgresql", "postgresql+psycopg", 1))


@pytest.mark.parametrize("spelling", ["postgresql", "POSTGRESQL", "postgres", "postgresql+psycopg"])
def test_every_spelling_of_an_address_leads_there(server, table, spelling):
    url, engine = server
    save_postgis(table, url.replace("postgresql", spelling, 1), "spelled")
    assert len(gpd.read_postgis("SELECT * FROM spelled", engine, geom_col="geometry")) == 2


def test_the_index_is_the_key_and_dates_are_dates(server, table):
    url, engine = server
    dated = table.assign(
        as_of=pd.to_datetime(["2022-09-30", None]), at=pd.to_datetime(["2022-09-30 12:00", None])
    )
    save_postgis(dated, url, "dated")
    found = sqlalchemy.inspect(engine)
    assert found.get_pk_constraint("dated")["constrained_columns"] == ["cluster_id"]
    kinds = {column["name"]: str(column["type"]) for column in found.get_columns("dated")}
    assert (kinds["as_of"], kinds["at"]) == ("DATE", "TIMESTAMP")
    with engine.connect() as db:
        days = db.execute(sqlalchemy.text("SELECT as_of FROM dated ORDER BY cluster_id")).scalars().all()
    assert [str(day) for day in days] == ["2022-09-30", "None"]


def test_without_ids_that_differ_there_is_a_key_all_the_same(server, table):
    url, engine = server
    twice = table.set_axis(pd.Index(["1", "1"], name="cluster_id"))
    save_postgis(twice, url, "twice")
    assert sqlalchemy.inspect(engine).get_pk_constraint("twice")["constrained_columns"] == ["gid"]


def test_a_schema_of_ones_own(server, table):
    url, engine = server
    with engine.begin() as db:
        db.execute(sqlalchemy.text("CREATE SCHEMA planning"))
    save_postgis(table, url, "clusters", schema="planning")
    assert "clusters" in sqlalchemy.inspect(engine).get_table_names("planning")
    with pytest.raises(cg.SourceError, match="There is no schema for table clusters"):
        save_postgis(table, url, "clusters", schema="absent")


def test_a_table_that_is_held_is_not_waited_for_long(server, table, monkeypatch):
    url, engine = server
    monkeypatch.setattr("clusters_geo.storage.postgis._LOCK_WAIT", "300ms")
    save_postgis(table, url, "held")
    with engine.begin() as other:
        other.execute(sqlalchemy.text("UPDATE held SET name = 'edited' WHERE cluster_id = '001'"))
        with pytest.raises(cg.SourceError, match="held by another program"):
            save_postgis(table, url, "held")
    back = gpd.read_postgis("SELECT * FROM held ORDER BY cluster_id", engine, geom_col="geometry")
    assert back["name"].tolist() == ["edited", "Bát Tràng"]


def test_without_the_right_to_write_it_is_said(server, table):
    url, engine = server
    with engine.begin() as db:
        db.execute(sqlalchemy.text("CREATE ROLE reader LOGIN PASSWORD 'x'"))
        db.execute(sqlalchemy.text("REVOKE CREATE ON SCHEMA public FROM PUBLIC"))
    with pytest.raises(cg.SourceError, match="may not write table clusters"):
        save_postgis(table, url.replace("planner:", "reader:"), "clusters")


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_a_database_without_our_letters_is_said(server, table, encoding):
    url, engine = server
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
        made = f"CREATE DATABASE in_{encoding.lower()} ENCODING '{encoding}' TEMPLATE template0 LOCALE 'C'"
        db.execute(sqlalchemy.text(made))
    other = url.replace("/postgres", f"/in_{encoding.lower()}")
    if encoding == "LATIN1":
        there = connect(other)
        with there.begin() as db:
            db.execute(sqlalchemy.text("CREATE EXTENSION postgis"))
        # A connection left to the garbage collector fails whatever test runs by then.
        there.dispose()
    with pytest.raises(cg.SourceError, match="use a database in UTF8"):
        save_postgis(table.assign(name=["Đông Anh", "Mỹ Đức"]), other, "clusters")


def test_postgis_is_missed_only_where_it_is_missing(server, table):
    url, engine = server
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
        db.execute(sqlalchemy.text("CREATE DATABASE bare"))
    with pytest.raises(cg.SourceError, match="has no PostGIS"):
        save_postgis(table, url.replace("/postgres", "/bare"), "clusters")
    with pytest.raises(cg.SourceError) as caught:
        save_postgis(table.assign(name=["a\x00b", "c"]), url, "clusters")
    assert "PostGIS" not in str(caught.value)


def test_a_view_that_rests_on_a_table_is_said(server, table):
    url, engine = server
    save_postgis(table, url, "viewed")
    with engine.begin() as db:
        db.execute(sqlalchemy.text("CREATE VIEW names AS SELECT name FROM viewed"))
    with pytest.raises(cg.SourceError, match="views depend on it"):
        save_postgis(table, url, "viewed")


def test_a_column_name_that_would_be_cut_is_refused(server, table):
    with pytest.raises(cg.SourceError, match="63 bytes of a column's name"):
        save_postgis(table.assign(**{"diện_tích_" * 6: 1}), server[0], "clusters")


HOSTS = ("127.0.0.1:1", "nowhere.invalid", "127.0.0.1:x", "[::1]:1")
PASSWORDS = ["bi-mat", "bi@mat", "bi:mat", "bi/mat", "bi%40mat", "bi?mat", "bi#mat", "@bi/mat:5", "bi mat"]


SPELLINGS = ["postgresql", "POSTGRESQL", "postgresql+psycopg", "PG", "postgresql+other"]


@pytest.mark.parametrize("password", PASSWORDS)
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_no_part_of_a_password_is_in_any_message(table, tmp_path, password, spelling):
    from click.testing import CliRunner

    from clusters_geo.cli import app

    said, source = [], cg.save(table.assign(status="operating"), tmp_path / "a.parquet")
    # Every password and every spelling meets each of them; to ask for one that is not there takes its time.
    turn = PASSWORDS.index(password) + SPELLINGS.index(spelling)
    for host in (HOSTS[turn % 4], HOSTS[(turn + 2) % 4]):
        url = f"{spelling}://an:{password}@{host}/register?sslmode=require"
        if spelling == "PG":
            url = f"PG:host={host} user=an password='{password}' dbname=register"
        for act in (lambda url=url: save_postgis(table, url, "x"), lambda url=url: cg.save(table, url)):
            with pytest.raises(cg.ClustersGeoError) as caught:
                act()
            error = caught.value
            while error is not None:
                said.append(f"{error!r} {error}")
                error = error.__cause__ or error.__context__
        done = CliRunner().invoke(app, ["convert", str(source), url, "--table", "x"])
        said.append(f"{done.output} {done.exception!r} {done.exception}")
    assert not [text for text in said if "bi" in text.replace("không bị", "") and re.search(r"\bbi\b", text)]
    assert not [text for text in said if re.search(r"\bmat\b", text)]


def test_a_password_with_any_sign_is_understood(server, table):
    url, engine = server
    with engine.begin() as db:
        db.execute(sqlalchemy.text("CREATE ROLE an SUPERUSER LOGIN PASSWORD 'b@i/m:a?t'"))
    save_postgis(table, url.replace("planner:geheim", "an:b@i/m:a?t"), "signs")
    assert "signs" in sqlalchemy.inspect(engine).get_table_names()
