"""One file from one address, over http and https only, bounded in time, size and redirects.

A server may be slow, endless, lying or hostile: it gets a silence, a deadline and a limit, and where it leads
is looked at each time. No message repeats user, password or query of an address.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import http.client
import re
import socket
import ssl
import threading
import urllib.request
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Self
from urllib.error import HTTPError
from urllib.parse import SplitResult, quote, unquote, urlsplit

from clusters_geo.errors import SourceError, without_secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from http.client import HTTPMessage
    from pathlib import Path
    from typing import IO
    from urllib.request import Request

__all__ = ["DEADLINE_S", "REDIRECTS", "SILENCE_S", "Fetched", "fetch"]

SILENCE_S = 20.0
DEADLINE_S = 3_600.0
REDIRECTS = 5
_CHUNK_BYTES = 1 << 16
_NAME_WIDTH = 120
_SCHEMES = {"http", "https"}


@dataclass(frozen=True, slots=True)
class Fetched:
    """Where a fetched file lies, the SHA-256 of its content, and when it was fetched (UTC)."""

    path: Path
    sha256: str
    at: str


def fetch(  # noqa: PLR0913 - all but what and where to is keyword-only
    address: str,
    folder: Path,
    *,
    shown: str,
    max_bytes: float,
    hosts: Sequence[str] = (),
    told: Callable[[int, int | None], None] | None = None,
) -> Fetched:
    """Fetch a file into a folder, under the name that the path of the address ends in.

    Parameters
    ----------
    address
        `http://…` or `https://…`, with user and password if need be.
    folder
        Where to write; it must exist.
    shown
        What to call the address in a message.
    max_bytes
        Beyond this nothing is fetched.
    hosts
        Where the server may lead to: "example.org", or ".example.org" for all within it; empty for anywhere.
    told
        Is told how many bytes have arrived, and of how many, if that was announced.

    Raises
    ------
    SourceError
        If there is no answer for 20 s, the file is not whole after an hour, too large or cut short, or the
        server answers with an error, or leads to anything but http and https, or more than five times.
    """
    at = datetime.now(UTC).isoformat(timespec="seconds")
    with _Deadline(DEADLINE_S) as deadline:
        try:
            target = folder / _file_name(address, shown)
            with (
                target.open("wb") as opened,
                _opener(deadline, shown, hosts).open(_request(address), timeout=SILENCE_S) as answer,
            ):
                sha256 = _copied(answer, opened, shown, max_bytes, told)
            if deadline.passed:
                # A connection that was closed looks like the end of a file of no stated size.
                raise TimeoutError
        except (OSError, http.client.HTTPException, ValueError) as error:
            if isinstance(error, HTTPError):
                error.close()
            if deadline.passed:
                raise _failed(shown, {"say": "not whole in time", "seconds": DEADLINE_S}) from None
            raise error if isinstance(error, SourceError) else _failed(shown, _reason(error)) from None
    return Fetched(target, sha256, at)


def _copied(
    answer: http.client.HTTPResponse,
    target: IO[bytes],
    shown: str,
    max_bytes: float,
    told: Callable[[int, int | None], None] | None,
) -> str:
    """Write what is answered to a file within the limit, and return its SHA-256."""
    packed = answer.headers.get("Content-Encoding", "identity")
    if packed.lower() != "identity":
        raise _failed(shown, {"say": "sent packed", "packing": packed[:20]})
    announced = answer.length
    digest, size = hashlib.sha256(), announced or 0
    received = 0
    while size <= max_bytes and (chunk := answer.read1(_CHUNK_BYTES)):
        received += len(chunk)
        size = max(size, received)
        digest.update(chunk)
        target.write(chunk)
        if told is not None:
            told(received, announced)
    if size > max_bytes:
        raise _failed(shown, {"say": "too large to fetch", "limit": max_bytes / 1e9})
    if announced is not None and received < announced:
        raise _failed(shown, {"say": "not all arrived", "received": received, "announced": announced})
    return digest.hexdigest()


def _failed(shown: str, why: object) -> SourceError:
    return SourceError("fetch.failed", shown=shown, why=why)


def _reason(error: Exception) -> object:
    match error:
        case HTTPError():
            answer = f"{error.code} {http.client.responses.get(error.code, '')}".strip()
            return {"say": "server answered", "answer": answer}
        case TimeoutError():
            return {"say": "nothing came", "seconds": SILENCE_S}
        case ssl.SSLError():
            return str(error)[:_NAME_WIDTH]
        case ValueError() | http.client.InvalidURL():
            # Their messages repeat the address, with its secrets.
            return {"say": "malformed address"}
    reason = getattr(error, "reason", None)
    return (
        _reason(reason) if isinstance(reason, Exception) else str(error)[:_NAME_WIDTH] or type(error).__name__
    )


def _file_name(address: str, shown: str) -> str:
    name = PurePosixPath(unquote(urlsplit(address).path)).name
    plain = re.sub(r"[\x00-\x1f\x7f/\\\\]", "_", name)[-_NAME_WIDTH:]
    if not plain.strip(". "):
        raise SourceError("fetch.no-name", shown=shown)
    return plain


def _request(address: str) -> Request:
    parts = urlsplit(address)
    host = parts.hostname or ""
    port = f":{parts.port}" if parts.port else ""
    shown_host = f"[{host}]" if ":" in host else host.encode("idna").decode()
    path, query = (
        quote(parts.path or "/", safe="/%:@!$&'()*+,;=~"),
        quote(parts.query, safe="/%:@!$&'()*+,;=?~"),
    )
    plain = SplitResult(parts.scheme.lower(), shown_host + port, path, query, "").geturl()
    headers = {"User-Agent": "clusters-geo", "Accept-Encoding": "identity"}
    request = urllib.request.Request(plain, headers=headers)  # noqa: S310 - http and https only, see _opener
    if parts.username:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
        # Whoever the server leads to next does not get the password.
        request.add_unredirected_header("Authorization", f"Basic {base64.b64encode(pair).decode()}")
    return request


def _opener(deadline: _Deadline, shown: str, hosts: Sequence[str]) -> urllib.request.OpenerDirector:
    """Return an opener of http and https alone, which does not know of files, FTP and data."""

    class Plain(http.client.HTTPConnection):
        def connect(self) -> None:
            super().connect()
            deadline.watch(self.sock)

    class Secure(http.client.HTTPSConnection):
        def connect(self) -> None:
            super().connect()
            deadline.watch(self.sock)

    class Http(urllib.request.HTTPHandler):
        def http_open(self, req: Request) -> http.client.HTTPResponse:
            return self.do_open(Plain, req)

    class Https(urllib.request.HTTPSHandler):
        def https_open(self, req: Request) -> http.client.HTTPResponse:
            return self.do_open(Secure, req, context=ssl.create_default_context())

    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        Http(),
        Https(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        _Redirects(shown, hosts),
    ):
        opener.add_handler(handler)
    return opener


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follow to http and https, from https to https only, a few times."""

    max_redirections = REDIRECTS
    max_repeats = 2

    def __init__(self, shown: str, hosts: Sequence[str]) -> None:
        self._shown, self._hosts = shown, hosts

    def redirect_request(  # noqa: PLR0913, PLR0917 - as urllib calls it
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        parts = urlsplit(newurl)
        scheme = parts.scheme.lower()
        allowed = scheme in _SCHEMES and (req.type != "https" or scheme == "https")
        if not allowed or not _is_among(parts.hostname or "", self._hosts):
            fp.close()
            leads = {"say": "leads elsewhere", "address": without_secrets(newurl)[:_NAME_WIDTH]}
            raise _failed(self._shown, leads)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _is_among(host: str, hosts: Sequence[str]) -> bool:
    return not hosts or any(host == one or (one.startswith(".") and host.endswith(one)) for one in hosts)


class _Deadline:
    """Close the connections of one fetch when its time is up, whatever they wait for."""

    def __init__(self, seconds: float) -> None:
        self.passed = False
        self._sockets: list[socket.socket] = []
        self._timer = threading.Timer(seconds, self._close)
        self._timer.daemon = True

    def watch(self, connection: socket.socket) -> None:
        """Close this one too."""
        self._sockets.append(connection)

    def _close(self) -> None:
        self.passed = True
        for connection in self._sockets:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
