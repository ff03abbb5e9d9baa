"""The door for every path out, against links, devices, pipes, full disks, and whoever stops it."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import stat
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

import clusters_geo as cg
from clusters_geo.errors import SourceError
from clusters_geo.report.saving import WRITTEN
from clusters_geo.writing import (
    guarding,
    new_files,
    replaced_file,
    replaced_folder,
    require_ending,
    target_of,
    temporary_folder,
    write_text,
)

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="SKIPPED: only Linux has these devices and links")
AS_ROOT = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0 or shutil.which("mount") is None,
    reason="SKIPPED: a small disk can be mounted by root only, so full disks were NOT tried",
)
AS_USER = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="SKIPPED: rights are other on Windows")


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        [shutil.which("mount"), "-t", "tmpfs", "-o", "size=200k", "tmpfs", folder], check=False
    )
    if mounted.returncode:
        pytest.skip("SKIPPED: this root may not mount, so full disks were NOT tried")
    yield folder
    subprocess.run([shutil.which("umount"), "-l", folder], check=True)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


# --- links


def test_the_file_behind_a_link_is_replaced_and_the_link_stays(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.csv").write_text("old")
    link = tmp_path / "a.csv"
    link.symlink_to(Path("real") / "a.csv")
    write_text(link, "new")
    assert link.is_symlink()
    assert (tmp_path / "real" / "a.csv").read_text() == "new"
    assert names(tmp_path / "real") == ["a.csv"]


def test_a_link_to_nothing_yet_gets_its_file(tmp_path):
    link = tmp_path / "a.txt"
    link.symlink_to(tmp_path / "later" / "b.txt")
    write_text(link, "new")
    assert link.is_symlink()
    assert (tmp_path / "later" / "b.txt").read_text() == "new"


def test_a_link_that_leads_to_itself_is_said(tmp_path):
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(SourceError, match="leads back to itself"):
        write_text(tmp_path / "a", "x")


def test_a_linked_folder_is_written_through(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real", target_is_directory=True)
    with replaced_folder(tmp_path / "link") as folder:
        (folder / "a.txt").write_text("a")
    assert (tmp_path / "link").is_symlink()
    assert names(tmp_path / "real") == ["a.txt"]


def test_other_names_of_a_file_are_said(tmp_path):
    write_text(tmp_path / "a.csv", "old")
    (tmp_path / "b.csv").hardlink_to(tmp_path / "a.csv")
    with pytest.warns(UserWarning, match=r"a\.csv has 1 other names"):
        write_text(tmp_path / "a.csv", "new")
    assert (tmp_path / "b.csv").read_text() == "old"


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o755])
def test_the_mode_is_kept(tmp_path, mode):
    write_text(tmp_path / "a.csv", "old").chmod(mode)
    write_text(tmp_path / "a.csv", "new")
    assert stat.S_IMODE((tmp_path / "a.csv").stat().st_mode) == mode


def test_a_new_file_is_as_readable_as_any_other(tmp_path):
    (tmp_path / "plain").write_text("")
    write_text(tmp_path / "a.csv", "new")
    assert (tmp_path / "a.csv").stat().st_mode == (tmp_path / "plain").stat().st_mode


@AS_ROOT
def test_the_owner_is_kept(tmp_path):
    write_text(tmp_path / "a.csv", "old")
    os.chown(tmp_path / "a.csv", 12345, 23456)
    write_text(tmp_path / "a.csv", "new")
    found = (tmp_path / "a.csv").stat()
    assert (found.st_uid, found.st_gid) == (12345, 23456)


@LINUX
def test_extended_attributes_are_kept(tmp_path):
    write_text(tmp_path / "a.csv", "old")
    try:
        os.setxattr(tmp_path / "a.csv", "user.origin", b"so")
    except OSError:
        pytest.skip("SKIPPED: this file system has no extended attributes")
    write_text(tmp_path / "a.csv", "new")
    assert os.getxattr(tmp_path / "a.csv", "user.origin") == b"so"


# --- devices and pipes


@LINUX
def test_a_device_stays_a_device(tmp_path):
    link = tmp_path / "null.csv"
    link.symlink_to("/dev/null")
    for path in (Path("/dev/null"), link):
        write_text(path, "a" * 100_000, "csv")
        assert stat.S_ISCHR(os.stat("/dev/null").st_mode)  # noqa: PTH116
    assert names(tmp_path) == ["null.csv"]
    assert [path.name for path in Path("/dev").glob(".clusters-geo-*")] == []


@LINUX
def test_a_pipe_is_written_into_and_gets_no_mark(tmp_path):
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    heard = []
    listener = threading.Thread(target=lambda: heard.append(pipe.read_bytes()))
    listener.start()
    write_text(pipe, "tên\nBa Vì\n" * 50_000, "csv")
    listener.join(20)
    assert heard[0] == "tên\nBa Vì\n".encode() * 50_000
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert names(tmp_path) == ["pipe.csv"]


@LINUX
def test_a_pipe_that_nobody_reads_is_not_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr("clusters_geo.writing.files._READER_WAIT_S", 0.2)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(SourceError, match="nobody reads"):
        write_text(tmp_path / "pipe", "x")


@LINUX
def test_what_the_shell_put_into_a_file_before_stays(tmp_path):
    script = (
        "print('a', flush=True); from clusters_geo.writing import write_text; write_text('/dev/stdout', 'b')"
    )
    with (tmp_path / "out").open("ab") as out:
        subprocess.run([sys.executable, "-c", script], stdout=out, check=True, timeout=60)
    assert (tmp_path / "out").read_text() == "a\nb"


@AS_ROOT
@LINUX
def test_a_disk_is_not_written_to(tmp_path):
    disk = tmp_path / "disk"
    try:
        os.mknod(disk, 0o600 | stat.S_IFBLK, os.makedev(7, 250))
    except OSError:
        pytest.skip("SKIPPED: no device can be made here")
    with pytest.raises(SourceError, match="a disk or a socket"):
        write_text(disk, "x")
    assert stat.S_ISBLK(disk.stat().st_mode)


# --- what the system refuses


@AS_ROOT
def test_a_full_disk_is_a_sentence_and_leaves_the_old_file(small_disk):
    write_text(small_disk / "a.csv", "old")
    with pytest.raises(SourceError, match=rf"the disk of {small_disk} is full"):
        write_text(small_disk / "a.csv", "x" * 1_000_000)
    assert (small_disk / "a.csv").read_text() == "old"
    assert names(small_disk) == ["a.csv"]


def wide_table(rows=100):
    """Return a table that no format packs into less than some 25 kB."""
    chance = random.Random(12)  # noqa: S311
    names = [f"Cụm {chance.randbytes(120).hex()}" for _ in range(rows)]
    return gpd.GeoDataFrame(
        {"name": names, "status": "operating"},
        index=pd.Index([str(n) for n in range(rows)], name="cluster_id"),
        geometry=[shapely.box(105 + n / 1e3, 21, 105.001 + n / 1e3, 21.001) for n in range(rows)],
        crs=4326,
    )


@AS_ROOT
@pytest.mark.filterwarnings("ignore:.*has no place for shapes")
@pytest.mark.filterwarnings("ignore:.*(are cut|was cut|shortened)")
@pytest.mark.parametrize("ending", WRITTEN)
def test_a_disk_that_fills_up_half_way_is_a_sentence_in_every_format(small_disk, ending):
    """GDAL's writers of FlatGeobuf and GeoJSON report success there, and leave what there was room for."""
    place = small_disk / f"a{ending}"
    if ending != ".shp":
        place.write_text("old")
    for room in (0, 4, 20):
        (small_disk / "filler").unlink(missing_ok=True)
        kept = 200 - 4 * place.exists() - room
        (small_disk / "filler").write_bytes(b"x" * kept * 1024)
        with pytest.raises(SourceError, match="is full"):
            cg.save(wide_table(), place)
        assert names(small_disk) == sorted({"filler"} | ({place.name} if ending != ".shp" else set()))
        assert ending == ".shp" or place.read_text() == "old"


@LINUX
@pytest.mark.filterwarnings("ignore:.*has no place for shapes")
@pytest.mark.filterwarnings("ignore:.*(are cut|was cut|shortened)")
@pytest.mark.parametrize("ending", WRITTEN)
def test_what_lies_behind_a_link_may_have_another_ending(tmp_path, ending):
    (tmp_path / "real").write_text("old")
    link = tmp_path / f"a{ending}"
    link.symlink_to("real")
    if ending == ".shp":
        with pytest.raises(SourceError, match="real"):
            cg.save(wide_table(2), link)
        assert (tmp_path / "real").read_text() == "old"
    else:
        cg.save(wide_table(2), link)
        assert len(cg.load_clusters(link)) == 2
    assert link.is_symlink()
    assert names(tmp_path) == sorted([link.name, "real"])


@AS_ROOT
def test_a_full_disk_beneath_a_set_leaves_the_old_set(small_disk):
    with replaced_folder(small_disk / "maps") as folder:
        (folder / "a.html").write_text("old")
    with pytest.raises(SourceError, match="is full"), replaced_folder(small_disk / "maps") as folder:  # noqa: PT012
        (folder / "a.html").write_text("new")
        (folder / "b.html").write_text("x" * 1_000_000)
    assert names(small_disk) == ["maps"]
    assert (small_disk / "maps" / "a.html").read_text() == "old"


@AS_ROOT
def test_a_full_disk_for_temporary_files_is_called_that(small_disk, tmp_path, monkeypatch):
    (small_disk / "filler").write_bytes(b"x" * 190_000)
    monkeypatch.setattr("tempfile.tempdir", str(small_disk))
    with (
        pytest.raises(SourceError, match=f"temporary files, {small_disk}, is full"),
        replaced_file(tmp_path / "a.xlsx"),
    ):
        (small_disk / "sheet.xml").write_bytes(b"x" * 1_000_000)
    assert names(tmp_path) == ["small"]


def test_no_folder_for_temporary_files_is_called_that(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    with pytest.raises(SourceError, match="Point TMPDIR to a folder"), temporary_folder():
        pass


def test_a_name_that_is_too_long_is_a_sentence(tmp_path):
    with pytest.raises(SourceError, match="Choose a shorter one"):
        write_text(tmp_path / ("a" * 300 + ".csv"), "x")
    # As long as a name may be, it is written.
    assert write_text(tmp_path / ("a" * 251 + ".csv"), "x").read_text() == "x"


def test_a_file_where_a_folder_is_needed_is_a_sentence(tmp_path):
    write_text(tmp_path / "a.csv", "old")
    for path in (tmp_path / "a.csv" / "b.csv", tmp_path / "a.csv" / "b" / "c.csv"):
        with pytest.raises(SourceError, match="cannot be created"):
            write_text(path, "x")
    with pytest.raises(SourceError, match="is a file, not a folder"), replaced_folder(tmp_path / "a.csv"):
        pass
    with pytest.raises(SourceError, match="is a folder; name a file in it"):
        write_text(tmp_path, "x")
    assert (tmp_path / "a.csv").read_text() == "old"


@AS_USER
def test_without_the_right_to_write_there_is_a_sentence(tmp_path):
    locked = tmp_path / "locked"
    locked.mkdir()
    (locked / "a.csv").write_text("old")
    (locked / "a.csv").chmod(0o666)
    protected = tmp_path / "protected.csv"
    protected.write_text("old")
    protected.chmod(0o444)
    locked.chmod(0o555)
    script = textwrap.dedent("""
        import os, sys
        from clusters_geo.writing import write_text
        from clusters_geo.errors import SourceError
        def tried(path):
            try:
                write_text(path, "x")
            except SourceError as error:
                return error.code
        tried("/dev/null"), tried("PG:x"), tried("/dev/null/a")  # what is read once is read before
        if os.geteuid() == 0:
            os.setgroups([]), os.setgid(65534), os.setuid(65534)
        print(*map(tried, sys.argv[1:]))
    """)
    open_to_all(tmp_path)
    paths = [locked / "a.csv", locked / "b" / "c.csv", protected]
    done = subprocess.run(
        [sys.executable, "-c", script, *paths], capture_output=True, text=True, check=False, timeout=60
    )
    locked.chmod(0o755)
    assert done.stdout.split() == ["write.permission", "write.permission", "write.protected"], done.stderr
    assert (locked / "a.csv").read_text() == "old"


def open_to_all(path):
    for folder in (path, *path.parents):
        if str(folder).startswith(("/tmp/", str(path))) and folder.stat().st_uid == os.geteuid():  # noqa: S108
            folder.chmod(folder.stat().st_mode | 0o055)


def test_a_write_protected_file_is_left(tmp_path, monkeypatch):
    path = write_text(tmp_path / "a.csv", "old")
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(SourceError, match="write-protected"):
        write_text(path, "new")
    assert path.read_text() == "old"


# --- names


@pytest.mark.parametrize(
    "name", ["a[1].csv", "a!b.csv", "a b.csv", "a*?.csv", "Cụm 1 (mới).csv", "%41.csv", "-a"]
)
def test_any_name_works(tmp_path, name):
    write_text(tmp_path / name, "old")
    write_text(tmp_path / name, "new")
    assert names(tmp_path) == [name]
    assert (tmp_path / name).read_text() == "new"


@pytest.mark.parametrize(
    "address",
    [
        "https://an:bi-mat@example.org/a.csv",
        "postgresql://an:bi@mat/x@host/db",
        "POSTGRESQL://an:bi-mat@host/db",
        "postgresql+psycopg://an:bi-mat@host/db",
        "PG:host=x password=bi-mat",
        "postgresql:/an:bi-mat@host/db",
    ],
)
def test_an_address_is_refused_without_its_password(address):
    with pytest.raises(SourceError, match="is an address, not a file") as caught:
        target_of(address)
    assert not re.search("bi-mat|bi@mat|mat/x", str(caught.value))


# --- an output that is an input


def test_an_input_is_not_written_over_by_any_name(tmp_path):
    source = tmp_path / "cum.gpkg"
    source.write_bytes(b"register")
    (tmp_path / "link.gpkg").symlink_to(source)
    (tmp_path / "hard.gpkg").hardlink_to(source)
    (tmp_path / "folder").mkdir()
    spellings = ("cum.gpkg", "folder/../cum.gpkg", "link.gpkg", "hard.gpkg")
    with guarding(source):
        for path in (tmp_path / spelling for spelling in spellings):
            with pytest.raises(SourceError, match="files that this command reads"):
                write_text(path, "x")
        write_text(tmp_path / "cum.csv", "beside it is no harm")
    assert source.read_bytes() == b"register"
    (tmp_path / "hard.gpkg").unlink()
    assert write_text(source, "afterwards it may be replaced").read_bytes() != b"register"


@pytest.mark.parametrize("ending", [".shx", ".dbf", ".prj", ".cpg", ".CPG", ".columns.csv"])
def test_what_belongs_to_an_input_is_not_written_over(tmp_path, ending):
    (tmp_path / "cum.shp").write_bytes(b"x")
    (tmp_path / f"cum{ending}").write_bytes(b"x")
    (tmp_path / "other.txt").symlink_to(tmp_path / f"cum{ending}")
    with guarding(tmp_path / "cum.shp"), pytest.raises(SourceError, match="files that this command reads"):
        write_text(tmp_path / "other.txt", "x")


def test_nothing_is_put_into_a_folder_that_is_read(tmp_path):
    parts = tmp_path / "parts"
    parts.mkdir()
    (parts / "0.parquet").write_bytes(b"x")
    (tmp_path / "hard.csv").hardlink_to(parts / "0.parquet")
    with guarding(parts):
        for path in (parts / "0.parquet", parts / "new.csv", tmp_path / "hard.csv"):
            with pytest.raises(SourceError, match="files that this command reads"):
                write_text(path, "x")
        with (
            pytest.raises(SourceError, match="files that this command reads"),
            replaced_folder(parts) as folder,
        ):
            (folder / "a.csv").write_text("x")
    assert names(parts) == ["0.parquet"]


# --- kinds and endings


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("cum.gpkg", "html"),
        ("cum.shp", "csv"),
        ("cum.DBF", "table"),
        ("cum.xlsx", "csv"),
        ("cum.html", "json"),
        ("cum.csv", "html"),
        ("cum.parquet", "md"),
        ("cum.csv", "xlsx"),
        ("rules.toml", "table"),
        ("cum.geojson", "json"),
    ],
)
def test_no_kind_under_the_ending_of_another(tmp_path, name, kind):
    with pytest.raises(SourceError, match="the ending of another kind of file"):
        write_text(tmp_path / name, "x", kind)
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.csv", "csv"), ("a.HTM", "html"), ("a", "json"), ("a.out", "table"), ("a.json", "sarif")],
)
def test_own_and_unknown_endings_do(name, kind):
    require_ending(Path(name), kind)


# --- sets and layers of several files


def test_a_set_changes_in_one_step_and_leaves_nothing_of_the_old(tmp_path):
    for content in ("old", "new"):
        with replaced_folder(tmp_path / "maps") as folder:
            for name in ("a.html", "b.html"):
                (folder / name).write_text(content)
    assert {path.read_text() for path in (tmp_path / "maps").iterdir()} == {"new"}
    assert names(tmp_path) == ["maps"]


def test_other_things_in_the_folder_of_a_set_are_left_alone(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "photos").mkdir()
    with replaced_folder(tmp_path) as folder:
        (folder / "a.html").write_text("a")
    assert names(tmp_path) == ["a.html", "notes.txt", "photos"]


def test_a_set_into_the_folder_we_are_in(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        with replaced_folder(".") as folder:
            (folder / "a.html").write_text("a")
    assert names(Path()) == ["a.html"]


def test_an_unfinished_set_is_nothing(tmp_path):
    with pytest.raises(RuntimeError), replaced_folder(tmp_path / "maps") as folder:  # noqa: PT012
        (folder / "a.html").write_text("a")
        raise RuntimeError
    assert names(tmp_path) == []


def test_a_layer_of_several_files_is_whole_or_absent(tmp_path, monkeypatch):
    links = []

    def link(part, place):
        links.append(place)
        if len(links) == 3:
            raise FileExistsError(17, "File exists")
        shutil.copyfile(part, place)

    monkeypatch.setattr(os, "link", link)
    with pytest.raises(SourceError), new_files(tmp_path / "a.shp") as beside:  # noqa: PT012
        for ending in (".shp", ".shx", ".dbf", ".prj"):
            beside.with_suffix(ending).write_text("x")
    assert names(tmp_path) == []


@pytest.mark.parametrize("ending", [".dbf", ".DBF", ".shx", ".columns.csv"])
def test_a_part_that_is_there_is_not_written_over(tmp_path, ending):
    (tmp_path / f"t{ending}").write_text("mine")
    with pytest.raises(SourceError, match=f"t{ending} exists already"), new_files(tmp_path / "t.shp"):
        pass
    assert (tmp_path / f"t{ending}").read_text() == "mine"


# --- whoever stops it


STOPPED = textwrap.dedent("""
    import sys, time
    from pathlib import Path
    from clusters_geo.writing import new_files, replaced_file, replaced_folder
    doors = {"file": replaced_file, "folder": replaced_folder, "layer": new_files}
    with doors[sys.argv[1]](sys.argv[2]) as beside:
        (beside / "a" if beside.is_dir() else beside).write_text("x" * 100_000)
        print("ready", flush=True)
        time.sleep(30)
""")


@pytest.mark.parametrize("kind", ["file", "folder", "layer"])
@pytest.mark.parametrize("number", ["SIGTERM", "SIGINT"])
def test_a_request_to_end_leaves_nothing(tmp_path, kind, number):
    target = tmp_path / {"file": "a.csv", "folder": "maps", "layer": "a.shp"}[kind]
    script = f"import signal; signal.signal(2, signal.default_int_handler)\n{STOPPED}"
    child = subprocess.Popen(
        [sys.executable, "-c", script, kind, target],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert child.stdout.readline() == b"ready\n"
    child.send_signal(getattr(signal, number))
    assert child.wait(20) != 0
    child.stdout.close()
    assert names(tmp_path) == []


KILLED = textwrap.dedent("""
    import sys
    from clusters_geo.writing import replaced_folder
    content = 0
    print("ready", flush=True)
    while True:
        content = 1 - content
        with replaced_folder(sys.argv[1]) as folder:
            for name in "abcde":
                (folder / name).write_text(str(content) * 50_000)
""")


@LINUX
def test_a_killed_process_leaves_one_whole_set(tmp_path):
    chance = random.Random(7)  # noqa: S311 - not a secret
    for _ in range(12):
        child = subprocess.Popen([sys.executable, "-c", KILLED, tmp_path / "maps"], stdout=subprocess.PIPE)
        child.stdout.readline()
        time.sleep(chance.uniform(0.02, 0.1))
        child.kill()
        child.wait()
        child.stdout.close()
        if (tmp_path / "maps").exists():
            contents = [path.read_text() for path in (tmp_path / "maps").iterdir()]
            assert len(contents) == 5
            assert len(set(contents)) == 1
            assert len(contents[0]) == 50_000
