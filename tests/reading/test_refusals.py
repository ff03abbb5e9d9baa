"""What must not be opened: each with the real hostile file, and nothing but a sentence in return."""

from __future__ import annotations

import os
import resource
import sqlite3
import threading
import zipfile
from pathlib import Path

import pytest

import clusters_geo as cg
from clusters_geo.reading import archives, opening
from clusters_geo.reading.notes import LoadReport
from clusters_geo.reading.registers import read_register

VRT = """<OGRVRTDataSource><OGRVRTLayer name="passwd"><SrcDataSource>{source}</SrcDataSource>
<GeometryType>wkbNone</GeometryType><Field name="name" src="field_1"/></OGRVRTLayer></OGRVRTDataSource>"""


@pytest.mark.parametrize(
    "ending", ["geojson", "json", "kml", "gml", "dxf", "mif", "tab", "gpkg", "shp", "fgb", "csv"]
)
@pytest.mark.parametrize("source", ["/etc/passwd", "/vsicurl/http://127.0.0.1:9/a.csv"])
def test_a_virtual_layer_under_another_name_is_refused(tmp_path, ending, source):
    file = tmp_path / f"layer.{ending}"
    file.write_text(VRT.format(source=source))
    with pytest.raises(cg.SourceError) as caught:
        cg.load_clusters(file)
    assert "root" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "head"),
    [
        ("a.geojson", '{"type":"FeatureCollection","name":"x","note":"%s","features":[]}'),
        ("a.kml", '<?xml version="1.0"?><!-- %s --><kml xmlns="http://www.opengis.net/kml/2.2"></kml>'),
        ("a.dxf", "999\n%s\n  0\nSECTION\n"),
    ],
)
def test_a_file_of_two_kinds_is_refused(tmp_path, name, head):
    file = tmp_path / name
    file.write_text(head % VRT.format(source="/etc/passwd").replace('"', "'"))
    with pytest.raises(cg.SourceError, match="refers to other files"):
        cg.load_clusters(file)


def test_streamed_algorithms_are_refused(tmp_path):
    file = tmp_path / "a.json"
    file.write_text(
        '{"type": "gdal_streamed_alg", "command_line": "gdal vector pipeline ! read /etc/passwd"}'
    )
    with pytest.raises(cg.SourceError, match="refers to other files"):
        cg.load_clusters(file)


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ('{"type":"FeatureCollection","features":[]}', "is data"),
        ("<OGRVRTDataSource></OGRVRTDataSource>", "is data"),
        ("https://example.org/a.geojson", "address on a network"),
        ("s3://bucket/a.parquet", "address on a network"),
        ("/vsicurl/http://127.0.0.1/a.gpkg", "address on a network"),
        ("/vsicurl?url=http://127.0.0.1/a.gpkg", "virtual path"),
        ("/vsis3/bucket/a.gpkg", "virtual path"),
        ("/vsizip//tmp/a.zip", "virtual path"),
        ("/vsistdin/", "virtual path"),
        ("PG:host=localhost dbname=x", "connection string"),
        ("GeoJSON:/etc/passwd", "connection string"),
        ("a.geojson\x00.gpkg", "control character"),
    ],
)
def test_what_is_not_the_name_of_a_file_is_refused(path, what):
    with pytest.raises(cg.SourceError, match=what) as caught:
        cg.load_clusters(path)
    assert "only files on this machine" in str(caught.value)


def _within(seconds, work):
    """Return what `work` raises; fail if it does not end."""
    caught: list[BaseException] = []

    def run():
        try:
            work()
        except cg.ClustersGeoError as error:
            caught.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    assert not thread.is_alive(), "it hangs"
    assert caught, "it was not refused"
    return str(caught[0])


def test_a_pipe_is_refused_and_does_not_hang(tmp_path):
    pipe = tmp_path / "pipe.geojson"
    os.mkfifo(pipe)
    assert "pipe or a device" in _within(10, lambda: cg.load_clusters(pipe))


def test_a_pipe_beside_a_shapefile_does_not_hang(make, tmp_path):
    file = make("a.shp")
    (tmp_path / "a.cpg").unlink()
    os.mkfifo(tmp_path / "a.cpg")
    assert "pipe or a device" in _within(10, lambda: cg.load_clusters(file))


def test_a_pipe_that_nothing_names_is_never_opened(make, tmp_path):
    file = make("a.gpkg")
    for ending in ("gpkg.aux.xml", "qix", "gfs", "xsd"):
        os.mkfifo(tmp_path / f"a.{ending}")
    assert len(cg.load_clusters(file)) == 3


def test_a_device_is_refused():
    with pytest.raises(cg.SourceError, match="pipe or a device"):
        cg.load_clusters("/dev/zero")


@pytest.mark.parametrize("name", ["folder", "folder.shp", "folder.gdb"])
def test_a_folder_is_refused(tmp_path, name):
    (tmp_path / name).mkdir()
    with pytest.raises(cg.SourceError, match="folder"):
        cg.load_clusters(tmp_path / name)


def test_a_geodatabase_with_a_link_in_it_is_refused(make):
    folder = make("a.gdb")
    (folder / "a00000099.gdbtable").symlink_to("/etc/passwd")
    with pytest.raises(cg.SourceError, match="not a plain file"):
        cg.load_clusters(folder)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(cg.SourceError, match=r"no file '.*none.gpkg'"):
        cg.load_clusters(tmp_path / "none.gpkg")


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("a.geojson", b"", "is empty"),
        ("a.shp", b"", "is empty"),
        ("a.gpkg", b"<!DOCTYPE html><html>404</html>", "a web page"),
        ("a.geojson", b"%PDF-1.7", "a PDF"),
        ("a.csv", b"%PDF-1.7", "a PDF"),
        ("a.dxf", b"AC1032\x00\x00", "DWG"),
        ("a.dgn", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "DGN V8"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old Office"),
        ("a.geojson", '{"type":"FeatureCollection"}'.encode("utf-16"), "UTF-16"),
        ("a.shp", b"PK\x03\x04", "zip archive"),
        ("a.gpkg", b"\x1f\x8b\x08", "compressed"),
        ("a.exe", b"MZ", "has the ending"),
        ("a", b"MZ", "has the ending"),
    ],
)
def test_what_is_another_thing_than_its_name_says_is_called_by_its_name(tmp_path, name, content, what):
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(cg.SourceError, match=what):
        cg.load_clusters(file)


def test_a_large_file_needs_the_flag(make):
    file = make("a.gpkg")
    os.truncate(file, opening.MAX_BYTES + 1)
    with pytest.raises(cg.SourceError, match="--allow-large"):
        cg.load_clusters(file)
    assert len(cg.load_clusters(file, allow_large=True)) == 3


def test_an_archive_that_expands_a_thousandfold_is_not_opened(tmp_path):
    bomb = tmp_path / "bomb.zip"
    with (
        zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("a.geojson", "w") as member,
    ):
        for _ in range(300):
            member.write(b"\x00" * (1 << 20))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(cg.SourceError, match="expand"):
        cg.load_clusters(bomb)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000


def test_a_workbook_that_expands_a_thousandfold_is_not_opened(tmp_path):
    bomb = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * (60 << 20))
    with pytest.raises(cg.SourceError, match="expand"):
        cg.load_clusters(bomb)


def test_an_archive_that_lies_about_its_size_writes_no_more_than_it_declares(tmp_path):
    honest = tmp_path / "a.zip"
    with zipfile.ZipFile(honest, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.geojson", b"{" + b" " * 5_000_000 + b"}")
    content = honest.read_bytes().replace((5_000_002).to_bytes(4, "little"), (1_000).to_bytes(4, "little"))
    honest.write_bytes(content)
    with pytest.raises(cg.SourceError, match="damaged"):
        archives.unpack(honest, tmp_path / "out")
    assert all(p.stat().st_size <= 1_000 for p in (tmp_path / "out").iterdir())


@pytest.mark.parametrize("inner", ["inner.zip", "inner.kmz", "inner.tar.gz"])
@pytest.mark.parametrize("outer", ["outer.zip", "outer.kmz"])
def test_a_nested_archive_is_refused(tmp_path, inner, outer):
    file = tmp_path / outer
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(inner, b"PK\x03\x04")
    with pytest.raises(cg.SourceError, match="another archive"):
        cg.load_clusters(file)


def test_names_in_an_archive_cannot_leave_the_folder(make, tmp_path):
    source = make("a.geojson")
    file = tmp_path / "evil.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.write(source, "../../escaped.geojson")
    table = cg.load_clusters(file)
    assert len(table) == 3
    assert not (tmp_path.parent / "escaped.geojson").exists()
    assert not (tmp_path.parent.parent / "escaped.geojson").exists()


@pytest.mark.parametrize("members", [[], ["a.txt"], ["a.geojson", "b.geojson"]])
def test_an_archive_must_hold_one_layer(tmp_path, members):
    file = tmp_path / "a.zip"
    with zipfile.ZipFile(file, "w") as archive:
        for member in members:
            archive.writestr(member, "{}")
    with pytest.raises(cg.SourceError, match=r"no layer of a known format|one layer is expected"):
        cg.load_clusters(file)


def test_a_damaged_archive_is_refused(make, tmp_path):
    file = tmp_path / "a.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.write(make("a.geojson"), "a.geojson")
    file.write_bytes(file.read_bytes()[:-30])
    with pytest.raises(cg.SourceError, match="zip archive"):
        cg.load_clusters(file)


def test_a_locked_database_is_refused_soon(make):
    file = make("a.gpkg")
    holder = sqlite3.connect(file, isolation_level=None)
    try:
        holder.execute("BEGIN EXCLUSIVE")
        message = _within(8, lambda: cg.load_clusters(file))
    finally:
        holder.close()
    assert "locked" in message
    assert "Close the program" in message


def test_a_virtual_table_that_could_read_other_files_is_refused(make):
    file = make("a.gpkg")
    with sqlite3.connect(file) as db:
        db.execute("PRAGMA writable_schema=ON")
        db.execute(
            "INSERT INTO sqlite_master VALUES ('table','spy','spy',0,"
            "'CREATE VIRTUAL TABLE spy USING VirtualOGR(''/etc/passwd'')')"
        )
    db.close()
    with pytest.raises(cg.SourceError, match=r"'spy' may read other files|cannot be opened"):
        cg.load_clusters(file)


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE VIEW spy AS SELECT 1 AS fid, ogr_geocode('Hà Nội') AS name",
        "CREATE VIEW spy AS SELECT readfile('/etc/passwd') AS name",
        "CREATE TRIGGER spy AFTER INSERT ON a BEGIN SELECT load_extension('/tmp/x.so'); END",
    ],
)
def test_a_view_or_trigger_that_reaches_out_is_refused(make, sql):
    file = make("a.gpkg")
    with sqlite3.connect(file) as db:
        db.execute(sql)
    db.close()
    with pytest.raises(cg.SourceError, match="'spy' may read other files or the network"):
        cg.load_clusters(file)


@pytest.mark.parametrize(
    "stem",
    [
        "a?b",
        "a|layer=x",
        "a!b",
        "a%20b",
        "-a",
        "a#b",
        "a:b",
        "[2022] {a}",
        "<a>",
        "ế" * 60,
        "a'b\"c",
        ".ẩn",
        "a.b.c",
    ],
)
@pytest.mark.parametrize("ending", ["gpkg", "geojson", "csv"])
def test_a_file_may_be_called_anything(make, tmp_path, monkeypatch, stem, ending):
    make(f"plain.{ending}").rename(tmp_path / f"{stem}.{ending}")
    monkeypatch.chdir(tmp_path)
    assert len(cg.load_clusters(f"{stem}.{ending}")) == 3


def test_a_database_in_use_by_another_reader_is_read_and_left_as_it_is(make, tmp_path):
    file = make("a.gpkg")
    with sqlite3.connect(file) as db:
        db.execute("PRAGMA journal_mode=WAL")
        for (trigger,) in db.execute("SELECT name FROM sqlite_master WHERE type='trigger'").fetchall():
            db.execute(f'DROP TRIGGER "{trigger}"')
        db.execute("UPDATE a SET name='Mới' WHERE cluster_id='001'")
        db.commit()
        before = {p.name: p.read_bytes() for p in tmp_path.iterdir() if p.suffix != ".gpkg-shm"}
        assert cg.load_clusters(file).loc["001", "name"] == "Mới"
        assert {p.name: p.read_bytes() for p in tmp_path.iterdir() if p.suffix != ".gpkg-shm"} == before
    db.close()


@pytest.mark.parametrize(
    "text",
    [
        '!table\n!version 300\n\nDefinition Table\n  Type LINKED Charset "x"\n  File "/etc/passwd"\n',
        '!table\n!version 100\nopen table "/etc/passwd" hide\ncreate view a as\nselect * from b\n',
        '!table\n!version 300\nDefinition Table\n Type NATIVE\nbegin_metadata\n"\\IsSeamless" = "TRUE"\n',
    ],
)
def test_a_table_that_names_other_files_is_refused(tmp_path, text):
    (tmp_path / "a.tab").write_text(text)
    (tmp_path / "a.dat").write_bytes(b"\x03" + b"\x00" * 64)
    with pytest.raises(cg.SourceError, match="names other files"):
        cg.load_clusters(tmp_path / "a.tab")


@pytest.mark.parametrize(
    "body",
    [
        """<!DOCTYPE kml [<!ENTITY x SYSTEM "file:///etc/passwd">]><kml xmlns="http://www.opengis.net/kml/2.2">
        <Placemark><name>&x;</name><Point><coordinates>105.8,21</coordinates></Point></Placemark></kml>""",
        """<kml xmlns="http://www.opengis.net/kml/2.2"><Document><NetworkLink><Link>
        <href>http://127.0.0.1:9/</href></Link></NetworkLink></Document></kml>""",
    ],
)
def test_kml_reaches_no_other_file(tmp_path, body):
    file = tmp_path / "a.kml"
    file.write_text('<?xml version="1.0" encoding="UTF-8"?>' + body)
    try:
        table = cg.load_clusters(file, check=False)
    except cg.ClustersGeoError as error:
        said = str(error)
    else:
        said = table.to_string()
    assert "root:" not in said


def test_a_schema_that_gml_names_is_not_opened(make, tmp_path):
    file = make("a.gml")
    trap = tmp_path / "trap.xsd"
    os.mkfifo(trap)
    (tmp_path / "a.xsd").unlink()
    content = file.read_text().replace(" a.xsd", f" {trap}").replace("a.xsd", str(trap))
    assert "trap.xsd" in content
    file.write_text(content)
    before = sorted(p.name for p in tmp_path.iterdir())
    done: list[int] = []
    thread = threading.Thread(target=lambda: done.append(len(cg.load_clusters(file))), daemon=True)
    thread.start()
    thread.join(15)
    assert done == [3]
    assert sorted(p.name for p in tmp_path.iterdir()) == before


def test_a_billion_laughs_do_not_fill_the_memory(tmp_path):
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    file = tmp_path / "a.kml"
    file.write_text(
        f'<?xml version="1.0"?><!DOCTYPE kml [<!ENTITY l0 "ha">{entities}]>'
        '<kml xmlns="http://www.opengis.net/kml/2.2"><Placemark><name>&l11;</name></Placemark></kml>'
    )
    with pytest.raises(cg.ClustersGeoError):
        cg.load_clusters(file)


def test_nothing_is_left_behind(make, tmp_path, monkeypatch):
    private = tmp_path / "private"
    private.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(private))
    for ending in ("gpkg", "shp", "gml", "geojson", "kmz"):
        folder = tmp_path / ending
        folder.mkdir()
        file = make(f"{ending}/a.{ending}")
        before = {p.name: p.read_bytes() for p in folder.iterdir()}
        cg.load_clusters(file)
        assert {p.name: p.read_bytes() for p in folder.iterdir()} == before
    assert list(private.iterdir()) == []


def test_a_register_of_too_many_cells_is_refused(monkeypatch, make):
    monkeypatch.setattr("clusters_geo.reading.workbooks.MAX_CELLS", 10)
    report = LoadReport("a.xlsx", format="XLSX")
    with pytest.raises(cg.SourceError, match="over 10 cells"):
        read_register(Path(make("a.xlsx")), report, sheet=None, encoding=None)
