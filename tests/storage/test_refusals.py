"""Whatever a database refuses ends in a sentence without the password, and in the old state."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psycopg
import pytest
from tests_of_storage import PASSWORD, programs, sample, started

import clusters_geo as cg
from clusters_geo.storage import connection
from clusters_geo.storage.connection import parse_address
from clusters_geo.storage.register import init_register, load_register, save_register

CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'clusters-geo'"


@pytest.fixture
def url(server):
    address = server.database()
    init_register(address, roles=True)
    save_register(sample(), address)
    return address


def refused(words, action, *arguments, **options):
    with pytest.raises(cg.SourceError, match=words) as caught:
        action(*arguments, **options)
    error = caught.value
    assert error.__cause__ is None
    for text in (str(error), error.text("vi"), repr(error), repr(error.values)):
        assert PASSWORD not in text
        assert "%40" not in text
    assert error.text("vi") != str(error)
    return error


def role(server, url, name, member_of):
    server.sql(f"CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}' IN ROLE {member_of}")
    return url.replace("planner", name)


def test_a_wrong_password(server):
    refused("user or the password", load_register, server.url(password="s" + "ai"))


def test_no_server_and_no_database(server):
    refused("cannot be reached", load_register, "postgresql://an:bi%40m%E1%BA%ADt@127.0.0.1:1/x")
    refused("no such database", load_register, server.url("nowhere"))


def test_no_register_yet(server):
    refused("register init", load_register, server.database())


def test_a_reader_reads_and_may_not_save(server, url):
    reader = role(server, url, "doc", "clusters_geo_reader")
    assert len(load_register(reader)) == 3
    refused("may not do this", save_register, sample().assign(name="X"), reader)
    assert "X" not in load_register(url)["name"].tolist()


def test_an_editor_saves_and_may_not_write_history(server, url):
    editor = role(server, url, "sua", "clusters_geo_editor")
    save_register(load_register(editor).assign(note="x"), editor)
    with psycopg.connect(editor) as db, pytest.raises(psycopg.errors.InsufficientPrivilege):
        db.execute("DELETE FROM clusters_geo.event")


def test_a_commune_edits_its_own_clusters_only(server, url):
    init_register(url, row_security=True)
    editor = role(server, url, "xa_gia_lam", "clusters_geo_editor")
    server.sql("INSERT INTO clusters_geo.editor_unit VALUES ('xa_gia_lam', 'Gia Lâm')", url)
    table = load_register(editor)
    assert len(table) == 3
    table.loc["GL-02", "planned_ha"] = 9.0
    save_register(table, editor)
    assert load_register(url).loc["GL-02", "planned_ha"] == 9.0
    table = load_register(editor)
    table.loc["TT-01", "planned_ha"] = 9.0
    refused("may not do this|another unit", save_register, table, editor)
    assert load_register(url).loc["TT-01", "planned_ha"] == 12.7


def test_a_lock_held_by_another(url, monkeypatch):
    monkeypatch.setattr(connection, "LOCK_TIMEOUT_S", 1)
    with psycopg.connect(url) as other:
        other.execute("LOCK TABLE clusters_geo.cluster")
        refused("has kept the register", save_register, sample().assign(name="X"), url)
    assert "X" not in load_register(url)["name"].tolist()


def test_a_connection_cut_in_the_middle(server, url):
    slow = "ALTER TABLE clusters_geo.cluster ADD CHECK (pg_sleep(5) IS NOT NULL) NOT VALID"
    server.sql(slow, url)

    def cut():
        time.sleep(2)
        server.sql(CUT)

    other = threading.Thread(target=cut)
    other.start()
    refused("was lost", save_register, sample().assign(name="X"), url)
    other.join()
    assert "X" not in load_register(url)["name"].tolist()


def test_a_writer_that_is_killed(server, url):
    server.sql("ALTER TABLE clusters_geo.cluster ADD CHECK (pg_sleep(5) IS NOT NULL) NOT VALID", url)
    code = (
        "import os, sys; sys.path.insert(0, os.environ['TESTS']); from tests_of_storage import sample\n"
        "from clusters_geo.storage.register import save_register\n"
        "save_register(sample().assign(name='X'), os.environ['ADDRESS'])"
    )
    here = str(Path(__file__).parent)
    process = subprocess.Popen(
        [sys.executable, "-c", code], env={**os.environ, "ADDRESS": url, "TESTS": here}
    )
    for _ in range(100):
        busy = server.sql("SELECT query FROM pg_stat_activity WHERE query LIKE 'INSERT INTO cluster %'")
        if busy:
            break
        time.sleep(0.1)
    assert busy
    process.send_signal(signal.SIGKILL)
    process.wait()
    server.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'clusters-geo'"
    )
    assert load_register(url)["name"].tolist() == ["Phùng Xá", "Bát Tràng", "Từ Sơn"]


def test_two_writers_at_once_both_save_or_are_told(server, url):
    results = []

    def write(number):
        table = load_register(url)
        table.loc["TT-01", "note"] = f"người {number}"
        try:
            save_register(table, url, who=f"người {number}")
            results.append("saved")
        except cg.SchemaError as error:
            results.append("told" if "were changed by others" in str(error) else str(error))

    writers = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert set(results) <= {"saved", "told"}
    assert len(results) == 6
    assert "saved" in results
    told = server.sql("SELECT count(*) FROM clusters_geo.event WHERE \"column\" = 'note'", url)[0][0]
    assert told == results.count("saved")


def test_a_database_in_another_encoding(server):
    address = server.database("ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    refused("has no Vietnamese letters", init_register, address)


def test_a_server_without_postgis(server):
    """A server finds its extensions beside its program: a copy of the program has all but PostGIS there."""
    ours = (programs() / "initdb").resolve().parent
    share = Path("/usr/share/postgresql") / ours.parent.name
    if ours.parent.parent != Path("/usr/lib/postgresql") or not share.is_dir():
        pytest.skip(
            "SKIPPED: PostgreSQL lies elsewhere than in Debian: a server without PostGIS is NOT tried"
        )
    there = server.folder / "bare"
    mine = there / "lib/postgresql" / ours.parent.name
    extensions = there / "share/postgresql" / ours.parent.name / "extension"
    mine.mkdir(parents=True)
    extensions.mkdir(parents=True)
    (mine / "lib").symlink_to(ours.parent / "lib")
    shutil.copytree(ours, mine / "bin")
    for file in [f for f in share.iterdir() if f.name != "extension"]:
        (extensions.parent / file.name).symlink_to(file)
    for file in [f for f in (share / "extension").iterdir() if "postgis" not in f.name]:
        (extensions / file.name).symlink_to(file)
    (there / "own").mkdir()
    if server.as_user:
        shutil.chown(there / "own", "postgres")
    for bare in started(there / "own", server.as_user, mine / "bin"):
        refused("has no PostGIS", init_register, bare.url())
        assert bare.sql("SELECT to_regnamespace('clusters_geo') IS NULL") == [(True,)]


def test_a_full_disk(server, url):
    mount, umount = shutil.which("mount"), shutil.which("umount")
    if os.geteuid() != 0 or mount is None:
        pytest.skip("SKIPPED: no right to mount a small disk: a full one is NOT tested")
    disk = server.folder / "small"
    disk.mkdir()
    mounted = subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=1m,mode=777", "tmpfs", disk], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"SKIPPED: {mounted.stderr.decode().strip()}: a full disk is NOT tested")
    try:
        shutil.chown(disk, "postgres")
        server.sql(f"CREATE TABLESPACE small LOCATION '{disk}'")
        server.sql("ALTER TABLE clusters_geo.cluster SET TABLESPACE small", url)
        many = sample().iloc[[0] * 3000].reset_index(drop=True).assign(note="x" * 500)
        many.index = many.index.map("N-{:05d}".format).rename("cluster_id")
        refused("no room", save_register, many, url)
        assert len(load_register(url)) == 3
        server.sql("ALTER TABLE clusters_geo.cluster SET TABLESPACE pg_default", url)
        server.sql("DROP TABLESPACE small")
    finally:
        subprocess.run([umount, "-l", disk], check=False)


def test_a_text_that_postgresql_cannot_store(url):
    refused("cannot store", save_register, sample().assign(name=["a\x00b", "c", "d"]), url)


@pytest.mark.parametrize("name", ["Bắc Ninh", 'a"b; DROP SCHEMA public', "x" * 63])
def test_any_name_that_postgresql_allows_is_a_schema(server, name):
    from urllib.parse import quote

    address = f"{server.database()}?schema={quote(name)}"
    init_register(address)
    save_register(sample(), address)
    assert len(load_register(address)) == 3
    assert parse_address(address).schema == name


@pytest.mark.parametrize("where", ["PG*", "pgpass", "service"])
def test_credentials_come_from_where_libpq_has_them(server, url, where, tmp_path, monkeypatch):
    name = url.rpartition("/")[2]
    if where == "PG*":
        for key, value in (("PGHOST", "127.0.0.1"), ("PGPORT", server.port), ("PGUSER", "planner")):
            monkeypatch.setenv(key, str(value))
        monkeypatch.setenv("PGPASSWORD", PASSWORD)
        address = f"postgresql:///{name}"
    elif where == "pgpass":
        (tmp_path / "pgpass").write_text(f"127.0.0.1:{server.port}:*:planner:{PASSWORD}\n", encoding="utf-8")
        (tmp_path / "pgpass").chmod(0o600)
        monkeypatch.setenv("PGPASSFILE", str(tmp_path / "pgpass"))
        address = f"postgresql://planner@127.0.0.1:{server.port}/{name}"
    else:
        lines = [f"host=127.0.0.1\nport={server.port}", f"user=planner\npassword={PASSWORD}\ndbname={name}\n"]
        (tmp_path / "service").write_text("[ccn]\n" + "\n".join(lines), encoding="utf-8")
        monkeypatch.setenv("PGSERVICEFILE", str(tmp_path / "service"))
        address = "postgresql:///?service=ccn"
    assert len(load_register(address)) == 3


def test_tls_modes_are_respected(url):
    refused("SSL|cannot be reached", load_register, f"{url}?sslmode=verify-full")


def test_an_address_shows_neither_user_nor_password(url):
    address = parse_address(f"{url}@2022-09-30")
    for text in (str(address), repr(address), address.name):
        assert "planner" not in text
        assert "%40" not in text
    table = cg.load_clusters(url)
    assert "planner" not in repr(table.attrs)
