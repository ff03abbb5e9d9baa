"""Every engine gives the same table; a Dask worker may die on the way."""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import ssl
import sys
import tempfile
import threading
import time
from dataclasses import replace

import dask
import distributed
import geopandas as gpd
import numpy as np
import pandas as pd
import psutil
import pyarrow.parquet as pq
import pytest

from clusters_geo.built_up import built_up_ha, engine_dask
from clusters_geo.built_up.batches import ShapeBatch, Source
from clusters_geo.built_up.engines import Exact, Task
from clusters_geo.built_up.ground import Ground
from clusters_geo.built_up.sources import open_footprints
from clusters_geo.errors import EngineError, SchemaError, SourceError

PARTS = 8


@pytest.fixture(scope="module")
def workers():
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=50
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def ground(grounds, tmp_path_factory):
    """Clusters, footprints, and the footprints as a folder of parts, dealt out like cards."""
    clusters, footprints = grounds.world(1)
    table = gpd.GeoDataFrame(geometry=clusters, crs="EPSG:5897")
    table.index = pd.Index([f"C{number}" for number in range(len(clusters))], name="cluster_id")
    layer = gpd.GeoDataFrame({"year": np.arange(len(footprints)) % 3}, geometry=footprints, crs="EPSG:5897")
    folder = tmp_path_factory.mktemp("parts")
    for part in range(PARTS):
        layer.iloc[part::PARTS].to_parquet(folder / f"{part}.parquet", write_covering_bbox=True)
    return table, layer, folder


def options(engine, workers):
    return {"engine": "dask", "scheduler": workers.scheduler.address} if engine == "dask" else {}


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"by": "year"},
        {"disjoint": True},
        {"by": "year", "disjoint": True},
        {"method": "raster"},
        {"by": "year", "method": "raster", "cell_m": 0.5},
    ],
)
@pytest.mark.parametrize("kind", ["table", "folder"])
@pytest.mark.parametrize("engine", ["local", "dask"])
def test_engines_agree(ground, workers, engine, kind, asked):
    clusters, layer, folder = ground
    source = layer if kind == "table" else folder
    found = built_up_ha(clusters, source, **asked, **options(engine, workers))
    expected = built_up_ha(clusters, layer, **asked)
    pd.testing.assert_frame_equal(found.drop(columns="source"), expected.drop(columns="source"), rtol=1e-9)


@pytest.mark.parametrize("engine", ["local", "dask"])
def test_every_engine_agrees_with_geos(grounds, ground, workers, engine):
    clusters, layer, folder = ground
    found = built_up_ha(clusters, folder, **options(engine, workers))
    covered = grounds.covered_by_geos(clusters.geometry.to_numpy(), layer.geometry.to_numpy())
    # The plane of EPSG:5897 is up to 0.03 % smaller than the ellipsoid here.
    np.testing.assert_allclose(found["built_up_ha"] * 1e4, covered, rtol=3e-4)


def wait_until_gone(process):
    """Its parent must notice first, which takes a moment on a busy machine."""
    for _ in range(600):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    pytest.fail("the worker lived on")


def test_a_worker_that_is_killed_takes_nothing_along(ground, workers):
    clusters, layer, folder = ground
    victims = list(workers.run(os.getpid).values())

    def kill_one(done, total):
        del total
        if done == PARTS // 2:
            os.kill(victims[0], signal.SIGKILL)

    found = built_up_ha(clusters, folder, progress=kill_one, **options("dask", workers))
    wait_until_gone(victims[0])
    expected = built_up_ha(clusters, layer)
    np.testing.assert_allclose(found["built_up_ha"], expected["built_up_ha"], rtol=1e-9)


@pytest.mark.parametrize("engine", ["local", "dask"])
def test_progress_counts_parts_up_to_the_whole(ground, workers, engine):
    clusters, _, folder = ground
    seen = []
    built_up_ha(
        clusters, folder, progress=lambda done, total: seen.append((done, total)), **options(engine, workers)
    )
    assert seen == [(part + 1, PARTS) for part in range(PARTS)]


@pytest.mark.parametrize("engine", ["local", "dask"])
def test_a_part_cut_short_is_named_by_every_engine(tmp_path, ground, workers, engine):
    clusters, _, folder = ground
    for part in folder.iterdir():
        whole = part.read_bytes()
        (tmp_path / part.name).write_bytes(whole[:200] if part.name == "2.parquet" else whole)
    with pytest.raises(SourceError, match=r"2\.parquet is not a readable Parquet file"):
        built_up_ha(clusters, tmp_path, **options(engine, workers))
    table = built_up_ha(clusters, tmp_path, keep_going=True, **options(engine, workers))
    assert table["source"].unique().tolist() == [f"{tmp_path} (1 of {PARTS} parts left out)"]
    assert [message.split()[0].rsplit("/", 1)[-1] for message in table.attrs["failed"]] == ["2.parquet"]


@pytest.mark.parametrize("engine", ["local", "dask"])
def test_where_no_part_can_be_read_there_is_no_table_of_zeros(tmp_path, ground, workers, engine):
    clusters, _, folder = ground
    whole = bytearray((folder / "0.parquet").read_bytes())
    shapes = pq.read_metadata(folder / "0.parquet").row_group(0).column(1)
    begin = shapes.dictionary_page_offset or shapes.data_page_offset
    whole[begin : begin + shapes.total_compressed_size] = bytes(shapes.total_compressed_size)
    for part in range(3):
        # Its end is whole, so that it looks readable until it is read.
        (tmp_path / f"{part}.parquet").write_bytes(whole)
    with pytest.raises(SourceError, match=r"0\.parquet cannot be read after row 0"):
        built_up_ha(clusters, tmp_path, keep_going=True, **options(engine, workers))


def test_only_counts_and_sums_come_to_the_client(ground, workers, monkeypatch):
    clusters, _, folder = ground
    result, kinds, rows = distributed.Future.result, set(), []

    def noted(future, *arguments):
        found = result(future, *arguments)
        kinds.add(type(found).__name__)
        rows.append(len(found))
        return found

    monkeypatch.setattr(distributed.Future, "result", noted)
    monkeypatch.setattr(distributed.Client, "gather", None)
    built_up_ha(clusters, folder, **options("dask", workers))
    assert kinds == {"tuple", "DataFrame"}
    assert max(rows) <= len(clusters)


class HalfReadable:
    """A part of two pieces of which the second cannot be read."""

    name = "half"

    def __init__(self, layer, *, first):
        self.layer, self.first = layer, first

    def pieces(self, lookup, count):
        del lookup, count
        return HalfReadable(self.layer, first=True), HalfReadable(self.layer, first=False)

    def batches(self, lookup):
        del lookup
        if not self.first:
            msg = "built-up.no-clusters"
            raise SourceError(msg)
        yield ShapeBatch(self.layer.geometry.to_numpy())


def test_of_a_part_whose_second_piece_is_broken_nothing_is_kept(ground, workers):
    import cloudpickle

    clusters, layer, folder = ground
    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    whole = open_footprints(folder)
    source = Source("mixed", whole.crs, 0, (HalfReadable(layer, first=True), *whole.parts[:3]))
    on = Ground.of(clusters.geometry, whole.crs)
    task = Task(on, Exact(disjoint=False), keep_going=True, progress=lambda *_: None)
    found = engine_dask.DaskEngine(workers.scheduler.address).measure(source, task)
    three = engine_dask.DaskEngine(workers.scheduler.address).measure(
        replace(source, parts=whole.parts[:3]), task
    )
    assert [str(problem) for problem in found.failed] == [str(SourceError("built-up.no-clusters"))]
    assert found.counts.read == three.counts.read
    assert found.table["built_up_ha"].sum() == pytest.approx(three.table["built_up_ha"].sum())


def test_points_are_refused_from_a_worker_too(tmp_path, ground, workers):
    clusters, layer, _ = ground
    centres = layer.set_geometry(layer.representative_point())
    centres.to_parquet(tmp_path / "p.parquet")
    with pytest.raises(SchemaError, match=r"p\.parquet, row \d+: a footprint is a Point"):
        built_up_ha(clusters, tmp_path, **options("dask", workers))


def test_workers_of_its_own_come_and_go_without_a_trace(tmp_path, ground, monkeypatch):
    clusters, layer, folder = ground
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    threads, children = threading.active_count(), set(multiprocessing.active_children())
    found = built_up_ha(clusters, folder, engine="dask")
    expected = built_up_ha(clusters, layer)
    np.testing.assert_allclose(found["built_up_ha"], expected["built_up_ha"], rtol=1e-9)
    assert list(tmp_path.iterdir()) == []
    assert set(multiprocessing.active_children()) <= children
    assert threading.active_count() <= threads + 2  # Dask's own, which it keeps


def test_a_scheduler_that_does_not_answer_is_named(ground, monkeypatch):
    clusters, _, folder = ground
    monkeypatch.setattr(engine_dask, "ANSWER_WITHIN", "1s")
    with pytest.raises(EngineError, match=r"No Dask scheduler answers at 'tcp://127\.0\.0\.1:9'"):
        built_up_ha(clusters, folder, engine="dask", scheduler="tcp://127.0.0.1:9")


def test_without_dask_the_remedy_is_named(ground, monkeypatch):
    clusters, _, folder = ground
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    with pytest.raises(EngineError, match=r"pip install 'clusters-geo\[dask\]'"):
        built_up_ha(clusters, folder, engine="dask")


def test_ctrl_c_stops_the_work(ground):
    clusters, layer, _ = ground

    def interrupt(done, total):
        del done, total
        raise KeyboardInterrupt

    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        built_up_ha(clusters, layer, progress=interrupt)
    assert threading.active_count() == before


# --- who may have workers run something


def listening(process):
    """The addresses on which a process and its children listen."""
    children = psutil.Process(process).children(recursive=True)
    found = [p.net_connections("inet") for p in (psutil.Process(process), *children) if p.is_running()]
    return {c.laddr for connections in found for c in connections if c.status == psutil.CONN_LISTEN}


def answer(port):
    """What a stranger hears who speaks TLS but has no key."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with (
            socket.create_connection(("127.0.0.1", port), timeout=5) as plain,
            context.wrap_socket(plain) as stranger,
        ):
            stranger.sendall(b"x")
            return "answered" if stranger.recv(1) else "refused"
    except (OSError, ssl.SSLError):
        return "refused"


def test_workers_of_ones_own_answer_on_this_machine_to_the_key_alone(ground):
    clusters, _, folder = ground
    before = listening(os.getpid())
    heard, told = [], []

    def look(*_):
        if heard:
            return
        heard.extend(listening(os.getpid()) - before)
        told.extend(answer(address.port) for address in heard)

    found = built_up_ha(clusters, folder, engine="dask", progress=look)
    assert heard
    assert {address.ip for address in heard} <= {"127.0.0.1", "::1"}
    assert set(told) == {"refused"}
    assert found["built_up_ha"].notna().any()


def test_a_scheduler_with_certificates(ground, tmp_path, monkeypatch):
    clusters, _, folder = ground
    keys = distributed.Security.temporary()
    (tmp_path / "cert.pem").write_text(keys.tls_ca_file)
    (tmp_path / "key.pem").write_text(keys.tls_scheduler_key)
    settings = {
        "distributed.comm.tls.ca-file": str(tmp_path / "cert.pem"),
        "distributed.comm.require-encryption": True,
    }
    for who in ("scheduler", "worker", "client"):
        settings[f"distributed.comm.tls.{who}.cert"] = str(tmp_path / "cert.pem")
        settings[f"distributed.comm.tls.{who}.key"] = str(tmp_path / "key.pem")
    with (
        dask.config.set(settings),
        distributed.LocalCluster(
            n_workers=1,
            protocol="tls",
            security=distributed.Security(),
            dashboard_address=None,
            silence_logs=50,
        ) as cluster,
    ):
        found = built_up_ha(clusters, folder, engine="dask", scheduler=cluster.scheduler_address)
        assert cluster.scheduler_address.startswith("tls://")
        address = cluster.scheduler_address
        with dask.config.set(dict.fromkeys(settings) | {"distributed.comm.require-encryption": False}):
            monkeypatch.setattr(engine_dask, "ANSWER_WITHIN", "2s")
            for spelling in (address, address.replace("tls", "tcp")):
                with pytest.raises(EngineError, match=r"No Dask scheduler answers|certificates are missing"):
                    built_up_ha(clusters, folder, engine="dask", scheduler=spelling)
    pd.testing.assert_frame_equal(found, built_up_ha(clusters, folder))
