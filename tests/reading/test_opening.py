"""The door itself: what is identified as what, what is staged, what is unpacked."""

from __future__ import annotations

import os
import stat
import zipfile
from pathlib import Path

import pytest

import clusters_geo as cg
from clusters_geo.reading.archives import refuse_bomb, unpack
from clusters_geo.reading.formats import FORMATS, identify, known_endings
from clusters_geo.reading.opening import checked_file, staged

BINARY = {"gpkg", "shp", "fgb", "parquet", "dgn", "xlsx", "kmz"}
EVERY_ENDING = [f.endings[0][1:] for f in FORMATS]


@pytest.mark.parametrize("ending", EVERY_ENDING)
def test_each_format_is_known_by_ending_and_content(make, ending):
    found = identify(make(f"a.{ending}"))
    assert f".{ending}" in found.endings


@pytest.mark.parametrize("ending", [e for e in EVERY_ENDING if e != "gdb"])
def test_capital_endings_are_the_same(make, ending, tmp_path):
    file = make(f"a.{ending}").rename(tmp_path / f"b.{ending.upper()}")
    assert f".{ending}" in identify(file).endings


@pytest.mark.parametrize("claimed", [e for e in EVERY_ENDING if e not in {"gdb", "csv"}])
@pytest.mark.parametrize("real", ["gpkg", "shp", "geojson", "fgb", "parquet", "dxf", "xlsx", "mif"])
def test_no_format_passes_for_another(make, tmp_path, claimed, real):
    file = make(f"a.{real}")
    renamed = tmp_path / f"renamed.{claimed}"
    renamed.write_bytes(file.read_bytes())
    # Zip archives and what offices call .xls are told apart when opened.
    if claimed == real or (real == "xlsx" and claimed in {"kmz", "xls", "xlsb", "ods", "docx"}):
        identify(renamed)
        return
    with pytest.raises(cg.SourceError, match="by its ending, but its content is"):
        identify(renamed)


@pytest.mark.parametrize("real", ["gpkg", "fgb", "parquet", "xlsx", "shp"])
def test_a_binary_file_is_no_register(make, tmp_path, real):
    renamed = tmp_path / "a.csv"
    renamed.write_bytes(make(f"b.{real}").read_bytes())
    with pytest.raises(cg.ClustersGeoError):
        cg.load_clusters(renamed)


def test_a_workbook_called_kmz_and_a_kmz_called_workbook_are_refused(make, tmp_path):
    (tmp_path / "x.kmz").write_bytes(make("a.xlsx").read_bytes())
    (tmp_path / "y.xlsx").write_bytes(make("b.kmz").read_bytes())
    for name in ("x.kmz", "y.xlsx"):
        with pytest.raises(cg.SourceError):
            cg.load_clusters(tmp_path / name)


def test_a_byte_order_mark_does_no_harm(make):
    for ending in ("geojson", "csv", "kml"):
        file = make(f"a.{ending}")
        file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
        assert len(cg.load_clusters(file)) == 3


def test_the_private_folder_holds_the_file_and_what_belongs_to_it_only(make, tmp_path):
    file = make("a.shp")
    for name in ("a.shp.xml", "a.qix", "a.sbn", "b.dbf", "a.exe"):
        (tmp_path / name).write_bytes(b"x")
    with staged(file) as source:
        assert sorted(p.name for p in source.path.parent.iterdir()) == [
            "a.cpg",
            "a.dbf",
            "a.prj",
            "a.shp",
            "a.shx",
        ]
        private = source.path.parent
        assert stat.S_IMODE(private.parent.stat().st_mode) == 0o700
    assert not private.exists()


def test_the_private_folder_goes_away_after_an_error_too(make, tmp_path, monkeypatch):
    folder = tmp_path / "private"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    file = make("a.geojson")
    file.write_text("{")
    with pytest.raises(cg.SourceError):
        cg.load_clusters(file)
    assert list(folder.iterdir()) == []


def test_what_is_missing_is_told(make, tmp_path):
    file = make("a.shp")
    (tmp_path / "a.prj").unlink()
    (tmp_path / "a.cpg").unlink()
    with staged(file) as source:
        assert set(source.missing) == {".prj", ".cpg", ".columns.csv"}


def test_a_link_to_a_file_is_that_file(make, tmp_path):
    (tmp_path / "link.gpkg").symlink_to(make("a.gpkg"))
    assert len(cg.load_clusters(tmp_path / "link.gpkg")) == 3


def test_a_link_to_nowhere_or_to_itself_is_refused(tmp_path):
    (tmp_path / "a.gpkg").symlink_to(tmp_path / "none.gpkg")
    (tmp_path / "b.gpkg").symlink_to(tmp_path / "b.gpkg")
    for name in ("a.gpkg", "b.gpkg"):
        with pytest.raises(cg.SourceError, match="no file"):
            checked_file(tmp_path / name)


def test_a_file_that_may_not_be_read_is_named(make, monkeypatch):
    file = make("a.gpkg")
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may read everything
    with pytest.raises(cg.SourceError, match="may not be read by this user"):
        checked_file(file)


def test_a_relative_name_becomes_absolute(make, monkeypatch, tmp_path):
    make("a.gpkg")
    monkeypatch.chdir(tmp_path)
    assert checked_file("a.gpkg") == tmp_path / "a.gpkg"


def test_bytes_and_paths_are_names_too(make):
    file = make("a.gpkg")
    assert checked_file(file) == checked_file(str(file)) == file


@pytest.fixture
def packed(tmp_path):
    def _pack(**members):
        file = tmp_path / "a.zip"
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in members.items():
                archive.writestr(name.replace("__", "."), content)
        return file

    return _pack


def test_too_many_members_are_refused(packed):
    with pytest.raises(cg.SourceError, match="in 1,001 files"):
        refuse_bomb(packed(**{f"m{n}__txt": b"" for n in range(1001)}))


def test_a_password_is_said(packed):
    file = packed(a__geojson=b"{}")
    content = bytearray(file.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + offset] |= 1
    file.write_bytes(content)
    with pytest.raises(cg.SourceError, match="password"):
        refuse_bomb(file)


def test_small_text_may_compress_well(packed):
    assert len(refuse_bomb(packed(a__geojson=b" " * 1_000_000))) == 1


def test_only_what_belongs_to_the_layer_is_unpacked(packed, tmp_path):
    file = packed(a__shp=b"1", a__dbf=b"2", a__exe=b"3", b__dbf=b"4", readme__txt=b"5")
    assert unpack(file, tmp_path / "out") == tmp_path / "out" / "a.shp"
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["a.dbf", "a.shp"]


def test_links_in_an_archive_become_plain_files(tmp_path):
    file = tmp_path / "a.zip"
    with zipfile.ZipFile(file, "w") as archive:
        link = zipfile.ZipInfo("a.geojson")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    out = unpack(file, tmp_path / "out")
    assert not out.is_symlink()
    assert out.read_text() == "/etc/passwd"
    with pytest.raises(cg.SourceError):
        cg.load_clusters(file)


def test_names_with_backslashes_stay_in_the_folder(tmp_path):
    file = tmp_path / "a.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("..\\..\\a.geojson", "{}")
    assert unpack(file, tmp_path / "out").parent == tmp_path / "out"


def test_every_ending_is_listed_once():
    endings = known_endings()
    assert len(endings) == len(set(endings))
    assert all(e == e.lower() and e.startswith(".") for e in endings)
    assert Path("a.KMZ").suffix.lower() in endings
