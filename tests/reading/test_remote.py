"""Addresses: refused without the flag, fetched with it, and what a hostile server may do is bounded."""

from __future__ import annotations

import hashlib
import io
import itertools
import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from click.testing import CliRunner

import clusters_geo as cg
from clusters_geo.cli import app
from clusters_geo.load import load_report
from clusters_geo.reading import fetching, opening
from clusters_geo.reading.opening import InputFile, opened, without_secrets
from clusters_geo.report.inspection import inspect_file

PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


class Server:
    """Answers of a real server by path; what it was asked for, with which headers."""

    def __init__(self, certificate=None):
        self.answers = {}
        self.asked = []
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                owner.asked.append((self.path, dict(self.headers)))
                answer = owner.answers.get(self.path.partition("?")[0])
                if callable(answer):
                    answer(self)
                elif answer is None:
                    self.send_error(404)
                else:
                    owner.send(self, answer)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        if certificate:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
            self.address = f"https://localhost:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    @staticmethod
    def send(handler, content, code=200, **headers):
        handler.send_response(code)
        for key, value in ({"Content_Length": str(len(content))} | headers).items():
            if value is not None:
                handler.send_header(key.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(content)

    def leads(self, path, target, code=302):
        self.answers[path] = lambda handler: self.send(handler, b"", code, Location=target)

    def close(self):
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def server(monkeypatch):
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    running = Server()
    yield running
    running.close()


@pytest.fixture
def served(server, make):
    """Return the address of a GeoPackage on the server."""
    server.answers["/cum.gpkg"] = make("a.gpkg").read_bytes()
    return f"{server.address}/cum.gpkg"


def refused(address, what, **options):
    with pytest.raises(cg.SourceError, match=what) as caught:
        cg.load_clusters(address, allow_remote=True, **options)
    return str(caught.value)


# --- without the flag


@pytest.mark.parametrize("prefix", ["", "/vsicurl/", "/vsizip/", "/vsizip//vsicurl/"])
@pytest.mark.parametrize(
    "door",
    [
        cg.load_clusters,
        cg.load_districts,
        inspect_file,
        lambda path: cg.load_clusters(__file__.replace(".py", ".csv"), boundaries=path),
    ],
)
def test_without_the_flag_nothing_connects(served, server, monkeypatch, prefix, door):
    def _no(*_):
        pytest.fail("it connected")

    monkeypatch.setattr(socket.socket, "connect", _no)
    monkeypatch.setattr(socket, "getaddrinfo", _no)
    with pytest.raises(cg.SourceError):
        door(prefix + served)
    assert server.asked == []


@pytest.mark.parametrize("prefix", ["", "/vsicurl/"])
def test_the_refusal_names_the_flag_and_no_secret(prefix):
    with pytest.raises(cg.SourceError) as caught:
        cg.load_clusters(f"{prefix}https://an:bi-mat@example.org/a.gpkg?key=bi-mat")
    said = str(caught.value)
    assert "allow_remote=True (--allow-remote)" in said
    assert "https://example.org/a.gpkg?…" in said
    assert "bi-mat" not in said


@pytest.mark.parametrize(
    "path",
    [
        "/vsis3/bucket/a.gpkg",
        "/vsigs/bucket/a.gpkg",
        "/vsiaz/bucket/a.gpkg",
        "/vsimem/a.gpkg",
        "/vsisubfile/0_10,/etc/passwd",
        "/vsistdin/",
        "/vsigzip//etc/passwd.gz",
        "/vsitar//tmp/a.tar/b.gpkg",
        "/vsicrypt/key=x,file=a.gpkg",
        "/vsicurl?url=http://127.0.0.1/a.gpkg",
        "/vsicurl/ftp://127.0.0.1/a.gpkg",
        "/vsicurl/file:///etc/passwd",
        "/vsicurl_streaming/http://127.0.0.1/a.gpkg",
        "ftp://127.0.0.1/a.gpkg",
        "file:///etc/passwd",
        "s3://bucket/a.gpkg",
        "data://text/plain,x",
    ],
)
def test_other_kinds_of_address_are_refused_with_the_flag_too(path, monkeypatch):
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("it connected"))
    said = refused(path, r"only files on this machine are opened")
    assert re.search("first", said)
    assert "allow_remote" not in said
    assert "bi-mat" not in said


# --- with the flag


@pytest.mark.parametrize("prefix", ["", "/vsicurl/"])
def test_an_address_is_fetched_and_the_report_says_what_and_when(served, server, prefix, small):
    table = cg.load_clusters(prefix + served, allow_remote=True)
    assert table["name"].tolist() == small["name"].tolist()
    report = load_report(table)
    assert report.path == served
    assert report.sha256 == hashlib.sha256(server.answers["/cum.gpkg"]).hexdigest()
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", report.fetched_at)
    assert f"fetched at {report.fetched_at}, SHA-256 {report.sha256}" in str(report)
    assert "tải về lúc" in report.text("vi")
    assert len(server.asked) == 1


def test_nothing_is_left_behind(served, tmp_path, monkeypatch):
    private = tmp_path / "private"
    private.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(private))
    cg.load_clusters(served, allow_remote=True)
    refused(served.replace("cum", "none"), "404")
    assert list(private.iterdir()) == []


@pytest.mark.parametrize("ending", ["geojson", "csv", "kmz", "fgb", "parquet", "xlsx"])
def test_any_format_is_fetched_by_the_name_its_address_ends_in(server, make, ending):
    server.answers["/S%E1%BB%95%20c%E1%BB%A5m." + ending] = make(f"a.{ending}").read_bytes()
    table = cg.load_clusters(f"{server.address}/Sổ cụm.{ending}?v=1#x", allow_remote=True)
    assert len(table) == 3
    assert load_report(table).path == f"{server.address}/Sổ cụm.{ending}?…"


def test_what_is_fetched_passes_the_same_doors(server, make, tmp_path):
    server.answers |= {
        "/vrt.geojson": b"<OGRVRTDataSource></OGRVRTDataSource>",
        "/page.gpkg": b"<!DOCTYPE html><html>Sign in</html>",
        "/none.gpkg": b"",
        "/plain": make("a.gpkg").read_bytes(),
        "/a.exe": b"MZ",
    }
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.geojson", b" " * (60 << 20))
    server.answers["/bomb.zip"] = (tmp_path / "bomb.zip").read_bytes()
    for name, what in [
        ("vrt.geojson", "refers to other files"),
        ("page.gpkg", "content is a web page"),
        ("none.gpkg", "is empty"),
        ("plain", "has the ending ''"),
        ("a.exe", "has the ending"),
        ("bomb.zip", "expand"),
        ("", "does not end in the name of a file"),
    ]:
        refused(f"{server.address}/{name}", what)


def test_a_fetched_file_without_a_system_is_asked_for_one(server, make, tmp_path):
    make("a.shp")
    (tmp_path / "a.prj").unlink()
    folder = tmp_path / "packed"
    folder.mkdir()
    for part in tmp_path.glob("a.*"):
        part.rename(folder / part.name)
    archive = shutil.make_archive(str(tmp_path / "a"), "zip", folder)
    server.answers["/a.zip"] = (tmp_path / "a.zip").read_bytes()
    assert archive
    with pytest.raises(cg.CRSError, match=rf"{server.address}/a.zip, layer a does not say"):
        cg.load_clusters(f"{server.address}/a.zip", allow_remote=True)
    assert len(cg.load_clusters(f"{server.address}/a.zip", allow_remote=True, crs=5897)) == 3


def test_boundaries_and_districts_are_fetched_too(server, served, make, districts):
    districts.to_file(make("a.csv").parent / "d.fgb")
    server.answers["/d.fgb"] = (make("a.csv").parent / "d.fgb").read_bytes()
    assert len(cg.load_districts(f"{server.address}/d.fgb", allow_remote=True)) == 30
    table = cg.load_clusters(make("a.csv"), boundaries=served, allow_remote=True)
    assert table.geometry.notna().all()


def test_an_inspection_fetches_once(served, server):
    found = inspect_file(served, allow_remote=True)
    assert found.problem == ""
    assert found.path == served
    assert found.as_dict()["report"]["sha256"] == hashlib.sha256(server.answers["/cum.gpkg"]).hexdigest()
    assert len(server.asked) == 1


# --- hostile, slow and broken servers


@pytest.mark.parametrize(
    "target",
    [
        "file:///etc/passwd",
        "ftp://127.0.0.1/a.gpkg",
        "gopher://127.0.0.1/",
        "data:text/plain,x",
        "/vsicurl/x://",
    ],
)
@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_leads_to_http_only(server, target, code):
    server.leads("/a.gpkg", target, code)
    said = refused(f"{server.address}/a.gpkg", "could not be fetched")
    assert "root:" not in said


def test_a_redirect_is_followed_and_the_name_stays(server, served):
    server.leads("/new.gpkg", served)
    table = cg.load_clusters(f"{server.address}/new.gpkg", allow_remote=True)
    assert load_report(table).path.endswith("/new.gpkg")


def test_redirects_end(server):
    server.leads("/a.gpkg", "/a.gpkg?x")
    for n in range(20):
        server.leads(f"/{n}.gpkg", f"/{n + 1}.gpkg")
    refused(f"{server.address}/a.gpkg", "answered 302")
    refused(f"{server.address}/0.gpkg", "answered 302")
    assert len(server.asked) < 12


def test_https_is_not_left_for_http():
    handler = fetching._Redirects("https://example.org/a.gpkg", ())
    request = fetching.urllib.request.Request("https://example.org/a.gpkg")
    with pytest.raises(cg.SourceError, match=r"leads to http://example\.org/\?…, which is not followed"):
        handler.redirect_request(request, io.BytesIO(), 302, "", None, "http://example.org/?token=x")


def test_a_password_is_sent_to_its_host_only_and_never_said(server, served):
    other = Server()
    other.answers["/cum.gpkg"] = server.answers["/cum.gpkg"]
    server.leads("/moved.gpkg", f"{other.address}/cum.gpkg")
    secret = f"{server.address}/moved.gpkg?key=bi-mat".replace("http://", "http://an:b%C3%AD-mat@")
    table = cg.load_clusters(secret, allow_remote=True)
    other.close()
    assert server.asked[0][1]["Authorization"].startswith("Basic ")
    assert server.asked[0][0] == "/moved.gpkg?key=bi-mat"
    assert "Authorization" not in other.asked[0][1]
    assert load_report(table).path == f"{server.address}/moved.gpkg?…"
    assert "mat" not in str(load_report(table)).replace("format", "")
    assert "mat" not in refused(secret.replace("moved", "none"), "answered 404")
    assert served


def test_an_endless_body_ends_at_the_limit(server, monkeypatch):
    monkeypatch.setattr(opening, "MAX_BYTES", 1 << 20)

    def endless(handler):
        handler.send_response(200)
        handler.end_headers()
        for _ in itertools.count():
            handler.wfile.write(b"x" * (1 << 16))

    def _until_closed(handler):
        try:
            endless(handler)
        except OSError:
            handler.close_connection = True

    server.answers["/a.gpkg"] = _until_closed
    assert "--allow-large" in refused(f"{server.address}/a.gpkg", r"more than 0\.0 GB")


def test_a_size_beyond_the_limit_is_refused_before_it_comes(server, monkeypatch):
    monkeypatch.setattr(opening, "MAX_BYTES", 100)
    content = b"name,status\n" + b"A,operating\n" * 20
    server.answers["/a.csv"] = lambda handler: server.send(handler, content, Content_Length=str(1 << 40))
    refused(f"{server.address}/a.csv", "allow_large")
    server.answers["/b.csv"] = content
    assert (
        len(cg.load_clusters(f"{server.address}/b.csv", allow_remote=True, allow_large=True, check=False))
        == 20
    )


@pytest.mark.parametrize(
    ("headers", "what"),
    [
        ({"Content_Length": "5000"}, r"26 of 5,000 bytes arrived"),
        ({"Content_Length": "3"}, "none of the first"),
        ({"Content_Encoding": "gzip"}, r"sends it compressed \(gzip\)"),
        ({"Content_Length": None, "Transfer_Encoding": "chunked"}, "could not be fetched"),
    ],
)
def test_a_server_that_lies_about_the_body(server, headers, what):
    def lying(handler):
        server.send(handler, b"name,status\nA1,operating\r\n", **headers)
        handler.close_connection = True

    server.answers["/a.csv"] = lying
    refused(f"{server.address}/a.csv", what)


@pytest.mark.parametrize("code", [400, 401, 403, 404, 410, 500, 503])
def test_an_error_of_the_server_is_said(server, code):
    server.answers["/a.gpkg"] = lambda handler: handler.send_error(code)
    assert "Try again, or download" in refused(f"{server.address}/a.gpkg", f"the server answered {code} ")


@pytest.mark.parametrize("code", [204, 206, 304])
def test_an_answer_without_the_whole_file_is_refused(server, code):
    server.answers["/a.csv"] = lambda handler: server.send(handler, b"", code)
    with pytest.raises(cg.SourceError):
        cg.load_clusters(f"{server.address}/a.csv", allow_remote=True)


def _dripping(handler, head=b""):
    handler.wfile.write(head)
    for _ in range(200):
        handler.wfile.write(b"x")
        handler.wfile.flush()
        time.sleep(0.05)


@pytest.mark.parametrize(
    "answer",
    [
        lambda _: time.sleep(2),
        _dripping,
        lambda handler: _dripping(handler, b"HTTP/1.1 200 OK\r\nX: "),
        lambda handler: _dripping(handler, b"HTTP/1.1 200 OK\r\n\r\n"),
        lambda handler: _dripping(handler, b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n"),
        lambda handler: _dripping(handler, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
    ],
    ids=["silent", "status", "header", "endless", "sized", "chunked"],
)
def test_a_slow_server_is_left(server, monkeypatch, answer):
    monkeypatch.setattr(fetching, "SILENCE_S", 0.3)
    monkeypatch.setattr(fetching, "DEADLINE_S", 1.0)

    def until_closed(handler):
        try:
            answer(handler)
        except OSError:
            handler.close_connection = True

    server.answers["/a.gpkg"] = until_closed
    begin = time.monotonic()
    refused(f"{server.address}/a.gpkg", r"nothing arrived for 0\.3 s|not complete after 1 s")
    assert time.monotonic() - begin < 4


def test_nobody_there():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    refused(f"http://127.0.0.1:{port}/a.gpkg", "could not be fetched: .*refused")


@pytest.mark.parametrize(
    "address",
    [
        "http://",
        "http:///a.gpkg",
        "http://[::1/a.gpkg",
        "http://a:port/a.gpkg",
        "http://x" + "y" * 80 + ".vn/a.gpkg",
        "http://ho st/a.gpkg",
    ],
)
def test_malformed_addresses_are_a_sentence(address, server):
    assert server
    with pytest.raises(cg.SourceError):
        cg.load_clusters(address, allow_remote=True)


@pytest.fixture
def certificate(tmp_path):
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("No openssl on the PATH: nothing was fetched over https (apt install openssl).")
    file = tmp_path / "localhost.pem"
    request = (
        "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    )
    made = [openssl, *request.split(), "-keyout", tmp_path / "key.pem", "-out", file]
    subprocess.run(made, check=True, capture_output=True)
    file.write_bytes(file.read_bytes() + (tmp_path / "key.pem").read_bytes())
    return file


@pytest.mark.parametrize("trusted", [True, False])
def test_https_needs_a_certificate_that_is_trusted(certificate, monkeypatch, make, trusted):
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
    secure = Server(certificate)
    secure.answers["/a.gpkg"] = make("a.gpkg").read_bytes()
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert len(cg.load_clusters(f"{secure.address}/a.gpkg", allow_remote=True)) == 3
    else:
        refused(f"{secure.address}/a.gpkg", "certificate verify failed")
        assert secure.asked == []
    secure.close()


# --- archives


@pytest.fixture
def archive(make, tmp_path):
    file = tmp_path / "dữ liệu.zip"
    with zipfile.ZipFile(file, "w") as packed:
        packed.write(make("a.geojson"), "2021/cụm.geojson")
        packed.write(make("b.gpkg"), "2022/cụm.gpkg")
    return file


@pytest.mark.parametrize("inner", ["2022/cụm.gpkg", "2022", "2021/cụm.geojson"])
def test_a_path_into_an_archive_is_the_archive_and_a_member(archive, inner):
    with pytest.raises(cg.SourceError, match=r"one layer is expected|name one file"):
        cg.load_clusters(archive)
    table = cg.load_clusters(f"/vsizip/{archive}/{inner}", allow_remote=True)
    assert len(table) == 3
    assert load_report(table).path.endswith(inner)
    assert load_report(table).sha256
    braced = cg.load_clusters(f"/vsizip/{{{archive}}}/{inner}", allow_remote=True)
    assert len(braced) == 3


@pytest.mark.parametrize("inner", ["2023/cụm.gpkg", "../../etc/passwd", "anh.jpg"])
def test_a_member_that_is_not_there_is_refused(archive, inner):
    refused(f"/vsizip/{archive}/{inner}", "is not one of them")


def test_an_archive_at_an_address(server, archive):
    server.answers["/d.zip"] = archive.read_bytes()
    for prefix in ("/vsizip//vsicurl/", "/vsizip/"):
        table = cg.load_clusters(f"{prefix}{server.address}/d.zip/2022/cụm.gpkg", allow_remote=True)
        assert len(table) == 3
        assert load_report(table).sha256


# --- commands


def run(*arguments):
    return CliRunner().invoke(app, [str(a) for a in arguments], standalone_mode=False)


@pytest.mark.parametrize(
    "arguments",
    [
        ["summary", "{}", "--format", "json"],
        ["pending", "{}"],
        ["audit", "{}", "--fail-on", "never"],
        ["form", "04", "{}", "--period", "2026-H1"],
        ["inspect", "{}"],
        ["convert", "{}", "{out}"],
        ["map", "{}", "--output", "{html}"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_a_command_fetches_only_with_the_flag(served, server, tmp_path, arguments):
    said = [a.format(served, out=tmp_path / "o.gpkg", html=tmp_path / "o.html") for a in arguments]
    result = run(*said)
    assert isinstance(result.exception, cg.SourceError)
    assert "--allow-remote" in str(result.exception)
    assert server.asked == []
    result = run(*said, "--allow-remote")
    assert result.exception is None, result.output
    assert len(server.asked) == 1
    if arguments[0] in {"inspect", "audit"}:
        assert served in result.output.replace("\n", "")
        assert hashlib.sha256(server.answers["/cum.gpkg"]).hexdigest()[:20] in result.output


def test_the_flag_may_stand_anywhere_and_boundaries_are_fetched(served, make, tmp_path):
    for at in (1, 2):
        arguments = ["convert", make("a.csv"), tmp_path / f"o{at}.gpkg", "--boundaries", served]
        arguments.insert(at, "--allow-remote")
        assert run(*arguments).exception is None
    result = run("convert", make("a.csv"), "https://example.org/a.gpkg", "--boundaries", served)
    assert result.exception is not None


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://example.org/a.gpkg", "https://example.org/a.gpkg"),
        ("https://u:p@example.org:8080/a.gpkg?key=x#y", "https://example.org:8080/a.gpkg?…"),
        ("https://u:p/q@example.org/a.gpkg", "https://…"),
        ("http://[::1]:80/a", "http://[::1]:80/a"),
        ("postgresql://u:p@host/db?password=x", "postgresql://host/db?…"),
        ("PG:host=x password=y", "PG:…"),
        ("/srv/a.gpkg", "/srv/a.gpkg"),
    ],
)
def test_what_is_shown_of_an_address(text, shown):
    assert without_secrets(text) == shown


def test_a_named_file_is_given_on_as_it_is(archive):
    with opened(f"/vsizip/{archive}", allow_remote=True) as file, opened(file, allow_remote=True) as same:
        assert isinstance(file, InputFile)
        assert same is file
        assert file.name == archive.name
