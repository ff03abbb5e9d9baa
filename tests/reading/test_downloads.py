"""Layers of units that are downloaded: from a server that behaves, and from all kinds that do not."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import sys
import threading
import time
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from click.testing import CliRunner

import clusters_geo as cg
from clusters_geo.cli import app
from clusters_geo.reading import downloads, fetching
from clusters_geo.reading.downloads import attribution_of, download_units, unit_sources

pytest.importorskip("pooch", reason="SKIPPED: pooch is not installed: downloads are NOT tested")

UNITS = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {"shapeName": name, "shapeID": f"id{at}"},
            "geometry": {
                "type": "Polygon",
                "coordinates": [
                    [[x, 21], [x + 0.1, 21], [x + 0.1, 21.1], [x, 21.1], [x, 21]],
                ],
            },
        }
        for at, (name, x) in enumerate([("Huyện Thường Tín", 105.8), ("Huyện Gia Lâm", 105.9)])
    ],
}
BODY = json.dumps(UNITS, ensure_ascii=False).encode()
HASH = hashlib.sha256(BODY).hexdigest()


class Server:
    """Answers each request with the next of its answers, the last for ever; remembers who asked."""

    def __init__(self, *answers):
        self.asked, outer = [], self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                outer.asked.append(self.path)
                answers[min(len(outer.asked), len(answers)) - 1](self)

            def log_message(self, *_):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.http.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.http.server_port}/VNM-ADM2.geojson"


def whole(body=BODY, kind="application/geo+json"):
    def answer(request):
        request.send_response(200)
        request.send_header("Content-Type", kind)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    return answer


def status(code):
    return lambda request: request.send_error(code)


def cut(request):
    request.send_response(200)
    request.send_header("Content-Length", str(len(BODY)))
    request.end_headers()
    request.wfile.write(BODY[: len(BODY) // 2])
    request.close_connection = True


def leading(to):
    def answer(request):
        request.send_response(302)
        request.send_header("Location", to)
        request.end_headers()

    return answer


def silent(request):
    request.send_response(200)
    request.end_headers()
    time.sleep(1.5)


@pytest.fixture
def serving(monkeypatch):
    """Start a server, let a source of the table lie there, and do not wait between attempts."""
    servers = []
    monkeypatch.setattr(downloads, "PAUSES_S", (0.0, 0.0))

    def start(*answers, sha256="", hosts="127.0.0.1"):
        server = Server(*answers)
        servers.append(server)
        there = unit_sources()["geoboundaries-districts"]._replace(
            address=server.url, file="VNM-ADM2.geojson", sha256=sha256, hosts=hosts
        )
        monkeypatch.setattr(downloads, "unit_sources", lambda: {"districts": there})
        return server

    yield start
    for server in servers:
        server.http.shutdown()
        server.http.server_close()


def refused(folder, words, **options):
    with pytest.raises(cg.SourceError, match=words) as caught:
        download_units("districts", folder, **options)
    assert caught.value.text("vi") != str(caught.value)
    # Neither half a file nor a note of one that is not there.
    assert [path.name for path in folder.iterdir()] == []
    return caught.value


def test_it_is_fetched_once_and_noted_with_licence_and_hash(serving, tmp_path):
    server = serving(whole())
    arrived = []
    told = lambda got, of: arrived.append((got, of))  # noqa: E731 - as a command tells its bar
    path = download_units("districts", tmp_path, told=told)
    assert path.read_bytes() == BODY
    note = (tmp_path / "VNM-ADM2.geojson.source.toml").read_text(encoding="utf-8")
    assert f'sha256 = "{HASH}"' in note
    assert 'licence = "CC BY 3.0 IGO"' in note
    assert server.url in note
    assert arrived[-1] == (len(BODY), len(BODY))
    again = download_units("districts", tmp_path)
    offline = download_units("districts", tmp_path, offline=True)
    assert path == again == offline
    assert len(server.asked) == 1


def test_maps_made_with_it_show_where_it_comes_from(serving, tmp_path):
    serving(whole())
    path = download_units("districts", tmp_path)
    units = cg.load_units(path)
    assert units["name"].tolist() == ["Thường Tín", "Gia Lâm"]
    assert units["source"].unique().tolist() == [attribution_of(path)]
    clusters = cg.load_hanoi()[0]
    cg.save_map(cg.make_map(clusters, units), tmp_path / "map.html")
    page = (tmp_path / "map.html").read_text(encoding="utf-8")
    packed = re.search(r'id="cg-late">([^<]*)<', page)[1]
    sources = json.loads(zlib.decompress(base64.b64decode(packed)))["sources"]
    # What stands on paper is cut after 44 letters.
    assert sources[0] == attribution_of(path)
    assert "CC BY 3.0 IGO" in sources[0][:44]


def test_a_file_of_ones_own_is_cited_as_it_says_itself(tmp_path):
    (tmp_path / "a.geojson").write_bytes(BODY)
    assert "source" not in cg.load_units(tmp_path / "a.geojson")
    (tmp_path / "a.geojson.source.toml").write_text("attribution = [1, 2]\nlicence = ", encoding="utf-8")
    assert attribution_of(tmp_path / "a.geojson") == ""


def test_not_there(serving, tmp_path):
    server = serving(status(404))
    refused(tmp_path, "the server answered: 404|404 Not Found")
    assert len(server.asked) == 1


def test_a_server_in_trouble_is_asked_three_times(serving, tmp_path):
    server = serving(status(503), status(500), whole())
    assert download_units("districts", tmp_path).read_bytes() == BODY
    assert len(server.asked) == 3
    (tmp_path / "other").mkdir()
    server = serving(status(503))
    refused(tmp_path / "other", "503")
    assert len(server.asked) == 3


def test_cut_in_the_middle(serving, tmp_path):
    server = serving(cut)
    refused(tmp_path, "bytes arrived")
    assert len(server.asked) == 3
    server = serving(cut, whole())
    assert download_units("districts", tmp_path).read_bytes() == BODY


def test_another_hash_than_the_table_has(serving, tmp_path):
    serving(whole(), sha256="0" * 64)
    refused(tmp_path, f"000000000000 expected, {HASH[:12]} received")


def test_a_file_that_changed_on_the_disk_is_fetched_again_and_not_taken_offline(serving, tmp_path):
    server = serving(whole())
    path = download_units("districts", tmp_path)
    path.write_bytes(BODY[:-5])
    with pytest.raises(cg.SourceError, match="is not what was downloaded"):
        download_units("districts", tmp_path, offline=True)
    assert download_units("districts", tmp_path).read_bytes() == BODY
    assert len(server.asked) == 2


def test_another_file_at_the_old_address_is_said_and_the_old_one_stays(serving, tmp_path):
    serving(whole())
    path = download_units("districts", tmp_path)
    path.write_bytes(b"{broken")
    serving(whole(BODY.replace(b"105.8", b"105.7")))
    with pytest.raises(cg.SourceError, match="new edition, delete"):
        download_units("districts", tmp_path)
    assert path.read_bytes() == b"{broken"


@pytest.mark.parametrize(
    "to", ["http://localhost:9/x.geojson", "http://evil.example/x", "ftp://evil.example/x"]
)
def test_led_elsewhere(serving, tmp_path, to):
    server = serving(leading(to))
    refused(tmp_path, "it leads to")
    assert len(server.asked) == 1


def test_led_within_the_hosts_of_the_source(serving, tmp_path):
    server = serving(leading("/moved.geojson"), whole())
    assert download_units("districts", tmp_path).read_bytes() == BODY
    assert server.asked[-1] == "/moved.geojson"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<!DOCTYPE html><html>Sign in to the network</html>", "a web page"),
        (b"\xef\xbb\xbf  <html>", "a web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "Git LFS pointer"),
        (b"PK\x03\x04", "something else"),
        (b"", "something else"),
    ],
)
def test_a_page_instead_of_the_file(serving, tmp_path, body, words):
    serving(whole(body, "text/html"))
    refused(tmp_path, words)


def test_slow(serving, tmp_path, monkeypatch):
    monkeypatch.setattr(fetching, "SILENCE_S", 0.2)
    server = serving(silent)
    refused(tmp_path, "nothing arrived")
    assert len(server.asked) == 3


def test_a_folder_where_nothing_may_be_written(serving, tmp_path):
    serving(whole())
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(cg.SourceError):
        download_units("districts", tmp_path / "file")


def test_offline_without_it_and_a_name_that_nobody_knows(tmp_path):
    with pytest.raises(cg.SourceError, match="has not been downloaded"):
        download_units("geoboundaries-provinces", tmp_path, offline=True)
    with pytest.raises(cg.SourceError, match="geoboundaries-provinces"):
        download_units("gadm", tmp_path)


def test_the_command_says_where_it_is_and_how_to_cite_it(serving, tmp_path):
    serving(whole())
    done = CliRunner().invoke(app, ["units", "download", "districts", "--to", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert str(tmp_path / "VNM-ADM2.geojson") in done.output
    assert "CC BY 3.0 IGO" in done.output


def test_the_command_lists_each_source_with_its_licence_and_page():
    done = CliRunner().invoke(app, ["units", "sources", "--lang", "en"])
    for source in unit_sources().values():
        assert source.name in done.output
        assert source.licence in done.output
        assert source.page in done.output


def test_each_source_is_whole_and_at_a_host_that_it_allows():
    for source in unit_sources().values():
        for field in ("vi", "en", "page", "file", "licence", "licence_url", "attribution"):
            assert getattr(source, field), (source.name, field)
        assert source.address.startswith("https://")
        assert source.address.split("/")[2] in source.hosts.split()
        assert source.format in downloads._BEGINNINGS
        assert source.licence in source.attribution[:44]


def test_without_pooch_it_is_said_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(cg.EngineError, match=r"pip install 'clusters-geo\[download\]'"):
        download_units("hdx-cod-ab", tmp_path)
    with pytest.raises(cg.SourceError, match="has not been downloaded"):
        download_units("hdx-cod-ab", tmp_path, offline=True)
