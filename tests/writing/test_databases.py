"""A database that another program has open is not replaced; what a killed program left does no harm."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
import textwrap
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from click.testing import CliRunner

import clusters_geo as cg
from clusters_geo.cli import app
from clusters_geo.errors import SourceError
from clusters_geo.report.saving import save
from clusters_geo.writing.databases import is_database, refuse_open_elsewhere

LINUX = pytest.mark.skipif(
    sys.platform != "linux", reason="SKIPPED: only Linux tells of readers without a lock"
)


def table(names=("A", "B", "C")):
    return gpd.GeoDataFrame(
        {"name": list(names), "status": "operating", "planned_ha": 10.0},
        index=[str(n) for n in range(len(names))],
        geometry=[shapely.box(105.8 + n / 100, 21, 105.805 + n / 100, 21.005) for n in range(len(names))],
        crs=4326,
    ).rename_axis("cluster_id")


@pytest.fixture
def register(tmp_path):
    return save(table(), tmp_path / "cum.gpkg")


OTHER = textwrap.dedent("""
    import sqlite3, sys, time
    db = sqlite3.connect(sys.argv[1], isolation_level=None)
    for (trigger,) in db.execute("select name from sqlite_master where type='trigger'").fetchall():
        db.execute(f'drop trigger "{trigger}"')  # they need functions of GDAL
    exec(sys.argv[2])
    print("ready", flush=True)
    time.sleep(60)
""")


@contextlib.contextmanager
def another_program(path, what):
    child = subprocess.Popen([sys.executable, "-c", OTHER, path, what], stdout=subprocess.PIPE)
    try:
        assert child.stdout.readline() == b"ready\n"
        yield child
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


EDIT = "db.execute(\"update cum set name = name || ' (edited)' where fid = 1\")"
OPEN = {
    "keeps a log, as QGIS does": f"db.execute('pragma journal_mode=wal'); {EDIT}",
    "keeps a log and has only read": "db.execute('pragma journal_mode=wal'); db.execute('select * from cum')",
    "is writing": f"db.execute('begin immediate'); {EDIT}",
    "has the file to itself": "db.execute('begin exclusive')",
    "is in the middle of reading": "rows = db.execute('select * from cum'); next(rows)",
}


@pytest.mark.parametrize("what", OPEN)
def test_what_another_program_has_open_is_not_replaced(register, what):
    with another_program(register, OPEN[what]):
        before = {
            path.name: path.read_bytes() for path in register.parent.iterdir() if "-shm" not in path.name
        }
        with pytest.raises(SourceError, match="Close the program that has it open"):
            save(table(["NEW"]), register)
        after = {
            path.name: path.read_bytes() for path in register.parent.iterdir() if "-shm" not in path.name
        }
        assert after == before
    with contextlib.closing(sqlite3.connect(register)) as db:
        found = [name for (name,) in db.execute("select name from cum order by fid")]
    assert [name.removesuffix(" (edited)") for name in found] == ["A", "B", "C"]
    assert (found[0] == "A (edited)") == (what == "keeps a log, as QGIS does")


@LINUX
def test_one_that_only_has_it_open_is_seen_where_the_system_tells(register):
    with (
        another_program(register, "db.execute('select * from cum').fetchall()"),
        pytest.raises(SourceError, match="open in another program"),
    ):
        save(table(["NEW"]), register)
    assert len(cg.load_clusters(save(table(["NEW"]), register))) == 1


def test_a_connection_of_this_very_process_counts(register):
    with contextlib.closing(sqlite3.connect(register, isolation_level=None)) as db:
        db.execute("pragma journal_mode=wal")
        db.execute("create table t (a)")
        with pytest.raises(SourceError, match="Close the program"):
            save(table(["NEW"]), register)
        db.execute("insert into t values (1)")


def test_by_a_link_it_is_the_same_database(register, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "elsewhere" / "other.gpkg"
    link.symlink_to(register)
    with (
        another_program(register, OPEN["keeps a log, as QGIS does"]),
        pytest.raises(SourceError, match="Close the program"),
    ):
        save(table(["NEW"]), link)


def test_the_command_says_it_and_ends_with_2(register, tmp_path):
    source = save(table(["NEW"]), tmp_path / "new.parquet")
    with another_program(register, OPEN["keeps a log, as QGIS does"]):
        done = CliRunner().invoke(app, ["convert", str(source), str(register), "--lang", "en"])
    assert isinstance(done.exception, SourceError)
    assert "Close the program that has it open" in str(done.exception)


def test_what_a_killed_program_left_in_its_log_does_not_spoil_the_new_file(register):
    with another_program(register, OPEN["keeps a log, as QGIS does"]):
        pass  # killed
    assert register.with_name("cum.gpkg-wal").stat().st_size > 0
    assert cg.load_clusters(register)["name"].tolist()[0] == "A (edited)"
    save(table(["NEW", "NEW 2"]), register)
    assert sorted(path.name for path in register.parent.iterdir()) == ["cum.gpkg"]
    assert cg.load_clusters(register)["name"].tolist() == ["NEW", "NEW 2"]


def test_what_a_killed_program_left_in_its_journal_is_rolled_back_first(register):
    with another_program(
        register, f"db.execute('pragma cache_size=1'); db.execute('begin immediate'); {EDIT}"
    ):
        pass
    save(table(["NEW"]), register)
    assert sorted(path.name for path in register.parent.iterdir()) == ["cum.gpkg"]
    assert cg.load_clusters(register)["name"].tolist() == ["NEW"]


@pytest.mark.parametrize("left", ["cum.gpkg-wal", "cum.gpkg-journal"])
def test_the_log_of_a_database_that_is_gone_is_not_put_beside_a_new_one(register, left):
    with another_program(register, OPEN["keeps a log, as QGIS does"]):
        pass
    kept = register.with_name("cum.gpkg-wal").read_bytes()
    for path in list(register.parent.iterdir()):
        path.unlink()
    register.with_name(left).write_bytes(kept)
    with pytest.raises(SourceError, match=f"lies {left}, which belongs to another database"):
        save(table(["NEW"]), register)
    assert [path.name for path in register.parent.iterdir()] == [left]
    register.with_name(left).write_bytes(b"")
    save(table(["NEW"]), register)
    assert [path.name for path in register.parent.iterdir()] == ["cum.gpkg"]


def test_a_journal_that_was_done_with_is_told_apart(register):
    with contextlib.closing(sqlite3.connect(register, isolation_level=None)) as db:
        db.execute("pragma journal_mode=persist")
        db.execute("create table t (a)")
    assert register.with_name("cum.gpkg-journal").stat().st_size > 0
    save(table(["NEW"]), register)
    assert [path.name for path in register.parent.iterdir()] == ["cum.gpkg"]


def test_a_damaged_database_may_be_replaced(register):
    register.write_bytes(register.read_bytes()[:5_000])
    save(table(["NEW"]), register)
    assert len(cg.load_clusters(register)) == 1


@pytest.mark.parametrize("name", ["map.mbtiles", "a.sqlite", "noending"])
def test_every_database_counts_whatever_it_is_called(tmp_path, name):
    with contextlib.closing(sqlite3.connect(tmp_path / name)) as db:
        db.execute("create table t (a)")
        db.execute("begin immediate")
        assert is_database(tmp_path / name)
        with pytest.raises(SourceError, match="Close the program"):
            refuse_open_elsewhere(tmp_path / name)


WRITER = textwrap.dedent("""
    import contextlib, sys
    import clusters_geo as cg
    table = cg.load_clusters(sys.argv[1])
    table["name"] = sys.argv[3]
    for _ in range(10):
        # One may be told that the other has it open just now.
        with contextlib.suppress(cg.SourceError):
            cg.save(table, sys.argv[2])
""")


def test_two_writers_at_once_leave_one_whole_database(register, tmp_path):
    source = save(table(), tmp_path / "source.parquet")
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, source, register, name]) for name in "XY"]
    assert [writer.wait(120) for writer in writers] == [0, 0]
    assert cg.load_clusters(register)["name"].tolist() in (["X"] * 3, ["Y"] * 3)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cum.gpkg", "source.parquet"]


def test_a_log_that_does_not_belong_is_found_on_reading(register):
    with another_program(register, OPEN["keeps a log, as QGIS does"]):
        log = register.with_name("cum.gpkg-wal").read_bytes()
    # What was written under the log of an older file, before this was refused.
    for path in list(register.parent.iterdir()):
        path.unlink()
    save(table([f"NEW {n}" for n in range(400)]), register)
    register.with_name("cum.gpkg-wal").write_bytes(log)
    register.write_bytes(register.read_bytes()[:18] + b"\x02\x02" + register.read_bytes()[20:])
    with pytest.raises(SourceError, match=r"cum\.gpkg cannot be opened"):
        cg.load_clusters(register)


QGIS = textwrap.dedent("""
    import sys
    from qgis.core import QgsApplication, QgsVectorLayer, edit
    app = QgsApplication([], False); app.initQgis()
    layer = QgsVectorLayer(sys.argv[1], "cum", "ogr")
    assert layer.isValid()
    with edit(layer):
        for feature in layer.getFeatures():
            layer.changeAttributeValue(feature.id(), layer.fields().indexOf("name"), "edited in QGIS")
    print("ready", flush=True)
    sys.stdin.readline()
""")


def _qgis():
    python = Path("/usr/bin/python3")
    if not python.exists():
        return None
    asked = subprocess.run([python, "-c", "import qgis.core"], capture_output=True, check=False)
    return python if asked.returncode == 0 else None


def test_what_qgis_has_open_is_not_replaced(register, tmp_path):
    python = _qgis()
    if python is None:
        pytest.skip("SKIPPED: python3-qgis is not installed, so QGIS's own library was NOT tried")
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "GDAL", "PROJ"))}
    child = subprocess.Popen(
        [python, "-c", QGIS, register],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**clean, "QT_QPA_PLATFORM": "offscreen", "HOME": str(tmp_path)},
    )
    try:
        assert child.stdout.readline() == b"ready\n"
        with pytest.raises(SourceError, match="Close the program that has it open"):
            save(table(["NEW"]), register)
    finally:
        child.communicate(b"\n", timeout=60)
    copy = shutil.copy(register, tmp_path / "copy.gpkg")
    assert cg.load_clusters(copy)["name"].tolist() == ["edited in QGIS"] * 3
    assert cg.load_clusters(save(table(["NEW"]), register))["name"].tolist() == ["NEW"]
