"""The wall: whatever happens to the child that parses a file is a sentence here."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

import clusters_geo as cg
from clusters_geo.built_up import parquet
from clusters_geo.load import load_report
from clusters_geo.reading import child
from clusters_geo.reading.child import in_child

pytestmark = pytest.mark.skipif(not child.ENCLOSED, reason="SKIPPED: no child process on this system")

PLACEMARK = (
    "<Placemark><name>A</name><MultiGeometry>{model}<Polygon><outerBoundaryIs><LinearRing><coordinates>"
    "105.5,21 105.51,21 105.51,21.01 105.5,21.01 105.5,21</coordinates></LinearRing></outerBoundaryIs>"
    "</Polygon></MultiGeometry></Placemark>"
)
MODEL = (
    '<Model id="m"><altitudeMode>absolute</altitudeMode><Location><longitude>105.5</longitude>'
    "<latitude>21</latitude></Location><Link><href>a.dae</href></Link></Model>"
)


def run(work, size=1):
    return in_child(work, path="a.kml", size=size)


def test_what_is_returned_comes_back_and_errors_are_raised_with_their_cause():
    assert run(lambda: {"a": [1, 2]}) == {"a": [1, 2]}
    assert len(run(lambda: b"x" * (5 << 20))) == 5 << 20

    def refuse():
        try:
            int("x")
        except ValueError as error:
            msg = "source.folder"
            raise cg.SourceError(msg, file="a.kml") from error

    with pytest.raises(cg.SourceError, match=r"a\.kml is a folder") as caught:
        run(refuse)
    assert isinstance(caught.value.__cause__, ValueError)


def test_an_error_that_cannot_be_carried_over_is_told():
    class OddError(Exception):
        pass

    def fail():
        raise OddError(1)

    with pytest.raises(RuntimeError, match=r"OddError\(1"):
        run(fail)


@pytest.mark.parametrize("number", ["SIGSEGV", "SIGABRT"])
def test_a_crash_is_a_sentence(number):
    with pytest.raises(cg.SourceError, match=rf"a\.kml makes the program that reads it crash \({number}\)"):
        run(lambda: os.kill(os.getpid(), getattr(signal, number)))


def test_an_end_without_an_answer_is_a_sentence():
    with pytest.raises(cg.SourceError, match=r"crash \(exit\)"):
        run(lambda: os._exit(3))


def test_an_endless_reader_is_stopped(monkeypatch):
    monkeypatch.setattr(child, "_SECONDS", 1.0)
    with pytest.raises(cg.SourceError, match="not read after 1 s of computing"):
        run(_spin)
    monkeypatch.setattr(child, "_WALL_CLOCK", 1)
    with pytest.raises(cg.SourceError, match="not read after 1 s"):
        run(lambda: time.sleep(60))


def _spin():
    while True:
        pass


def test_memory_has_an_end(monkeypatch):
    monkeypatch.setattr(child, "_BYTES", 64 << 20)
    with pytest.raises(MemoryError):
        run(lambda: len(bytearray(1 << 30)))
    assert run(lambda: len(bytearray(1 << 20))) == 1 << 20


def test_nothing_is_left_of_a_child_that_is_killed(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def litter():
        Path(tempfile.mkdtemp(prefix="litter-"), "a").write_text("x")
        os.kill(os.getpid(), signal.SIGKILL)

    with pytest.raises(cg.SourceError):
        run(litter)
    assert list(tmp_path.iterdir()) == []


def test_no_pipe_is_left_open():
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(5):
        run(int)
        with pytest.raises(cg.SourceError):
            run(lambda: os._exit(1))
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_child_dies_with_its_parent(tmp_path):
    code = textwrap.dedent(f"""
        import os, time
        from clusters_geo.reading.child import in_child
        def work():
            open({str(tmp_path / "pid")!r}, "w").write(str(os.getpid()))
            time.sleep(60)
        in_child(work, path="a", size=1)
    """)
    parent = subprocess.Popen([sys.executable, "-c", code])
    told = tmp_path / "pid"
    while not told.exists() or not told.read_text():
        time.sleep(0.05)
    parent.kill()
    parent.wait()
    pid = int(told.read_text())
    for _ in range(100):
        if not Path(f"/proc/{pid}").exists() or "Z" in Path(f"/proc/{pid}/stat").read_text():
            break
        time.sleep(0.05)
    else:
        os.kill(pid, signal.SIGKILL)
        pytest.fail("the child outlived its parent")


def test_a_child_within_a_child_is_the_same_child():
    assert run(lambda: in_child(os.getpid, path="a", size=1) == os.getpid())


@pytest.mark.parametrize("model", [MODEL, "<Model/>", MODEL.replace("Model", "kml:Model")])
def test_a_model_in_kml_is_left_out_and_said(tmp_path, model):
    file = tmp_path / "m.kml"
    file.write_text(
        '<kml xmlns="http://www.opengis.net/kml/2.2" xmlns:kml="http://www.opengis.net/kml/2.2"><Document>'
        f"{PLACEMARK.format(model=model)}</Document></kml>"
    )
    table = cg.load_clusters(file, check=False)
    assert table.geometry.geom_type.tolist() == ["MultiPolygon"]
    assert "shapes.models" in [note.code for note in load_report(table).repairs]


def test_a_model_that_is_not_closed_ends_in_a_sentence(tmp_path):
    file = tmp_path / "m.kml"
    text = PLACEMARK.format(model="<Model>" * 5_000)
    file.write_text(f'<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{text}</Document></kml>')
    with pytest.raises(cg.SourceError):
        cg.load_clusters(file, check=False)


def footprints(folder, names=("a.parquet",)):
    halls = gpd.GeoDataFrame(geometry=[shapely.box(105.5, 21, 105.501, 21.001)], crs=4326)
    for name in names:
        halls.to_parquet(folder / name)
    return halls


@pytest.mark.parametrize("of", ["file", "folder"])
def test_footprints_that_make_the_reader_crash_are_a_sentence(tmp_path, monkeypatch, of):
    folder = tmp_path / "parts"
    folder.mkdir()
    halls = footprints(folder, ["a.parquet", "b.parquet"])
    clusters = gpd.GeoDataFrame({"name": ["A"]}, geometry=halls.geometry, crs=halls.crs)
    path = folder if of == "folder" else folder / "a.parquet"
    assert cg.built_up_ha(clusters, path)["built_up_ha"].item() > 0
    sound, here = parquet._open, os.getpid()

    def crashing(file):
        if os.getpid() != here:
            os.kill(os.getpid(), signal.SIGSEGV)
        return sound(file)

    monkeypatch.setattr(parquet, "_open", crashing)
    with pytest.raises(cg.SourceError, match=rf"{path.name} makes the program that reads it crash"):
        cg.built_up_ha(clusters, path)


@pytest.mark.parametrize("name", ["r.parquet", "r.xlsx", "r.gpkg"])
def test_registers_of_every_kind_are_parsed_behind_the_wall(tmp_path, monkeypatch, name):
    file = tmp_path / name
    table = footprints(tmp_path).assign(cluster_id=["1"], name=["Phú Thị"], status=["operating"])
    if name.endswith("xlsx"):
        table.drop(columns="geometry").to_excel(file, index=False)
    else:
        table.to_parquet(file) if name.endswith("parquet") else table.to_file(file)
    monkeypatch.setattr(child, "_enclose", lambda *_: os.kill(os.getpid(), signal.SIGUSR1))
    with pytest.raises(cg.SourceError, match="crash"):
        cg.load_clusters(file, check=False)
