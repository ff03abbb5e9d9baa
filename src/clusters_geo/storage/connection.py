"""A connection to PostgreSQL: credentials as its own tools take them, refusals as sentences.

What the address leaves out comes from `PG*`, `pgpass` and service files, as for psql; `sslmode` and the other
TLS settings are libpq's. No message, cause or attribute holds a password.
"""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, unquote

from clusters_geo.errors import EngineError, SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

__all__ = ["Address", "connected", "is_address", "parse_address"]

# A planner's save takes a second; who waits longer than this should know for whom.
LOCK_TIMEOUT_S = 10
CONNECT_TIMEOUT_S = 10
_SHOWN = 300

_ADDRESS = re.compile(r"\s*(?:PG:\s*)?postgres(?:ql)?(?:\+\w+)?:/{1,2}(.*)", re.IGNORECASE | re.DOTALL)
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[\w.-]*)(?::(\d+))?(?:/([^?#]*))?(?:\?([^#]*))?")
_AS_OF = re.compile(r"(?<=[^@:/])@(\d{4}(?:-\d{2}(?:-\d{2})?)?)$")

# Classes of refusals by PostgreSQL's own codes (https://www.postgresql.org/docs/15/errcodes-appendix.html).
_CODES = {
    "28": "store.password",
    "3D": "store.none",
    "42501": "store.permission",
    "55P03": "store.locked",
    "57014": "store.locked",
    "40P01": "store.locked",
    "22P05": "store.encoding",
    "22021": "store.text",
    "53": "store.full",
    "57P": "store.lost",
    "08": "store.lost",
    "42P01": "store.no-register",
    "3F000": "store.no-register",
    "23": "store.check",
    "25006": "store.read-only",
}


@dataclass(frozen=True, slots=True)
class Address:
    """Where a register is: a database, its schema, and the day of a vintage; "" for today.

    It stands where a file stands: `name` is what it is called. Neither its text nor its representation tells
    user or password.
    """

    host: str | None
    port: int | None
    database: str
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    query: dict[str, str] = field(default_factory=dict, repr=False)
    schema: str = "clusters_geo"
    as_of: str = ""

    def __str__(self) -> str:
        """Return what may be shown of it."""
        port = f":{self.port}" if self.port else ""
        return f"postgresql://{self.host or ''}{port}/{self.database}{'@' if self.as_of else ''}{self.as_of}"

    def __fspath__(self) -> str:
        """Return what stands for it where a path is asked for; it cannot be opened by that."""
        return str(self)

    @property
    def name(self) -> str:
        """The register as a file would be called."""
        return "-".join(filter(None, (self.schema, self.as_of)))

    @property
    def stem(self) -> str:
        """The same: there is no ending."""
        return self.name

    @property
    def suffix(self) -> str:
        """It has no ending."""
        return ""


def is_address(path: object) -> bool:
    """Return whether something means a PostgreSQL database, however it is spelt.

    Examples
    --------
    >>> is_address("postgresql://an@db/ccn"), is_address("Postgres://db/x@2022-09-30"), is_address("cum.gpkg")
    (True, True, False)
    """
    return isinstance(path, Address) or (isinstance(path, str) and _ADDRESS.fullmatch(path) is not None)


def parse_address(path: str | os.PathLike[str]) -> Address:
    """Take an address apart, also where `@`, `:` or `/` in its password are not encoded.

    Raises
    ------
    SourceError
        If it is none.

    Examples
    --------
    >>> parse_address("postgresql://an:b@i/mat@db:5433/ccn?schema=bac_ninh@2022-09-30")
    Address(host='db', port=5433, database='ccn', schema='bac_ninh', as_of='2022-09-30')
    """
    if isinstance(path, Address):
        return path
    text = os.fspath(path)
    day = _AS_OF.search(text)
    found = _ADDRESS.fullmatch(text[: day.start()] if day else text)
    # All before the last @ is user and password, whatever signs are in it.
    said, at, rest = ("", "", "") if found is None else found[1].strip().rpartition("@")
    parts = _HOST.fullmatch(rest)
    if found is None or parts is None or (at and "?" in said.partition(":")[0]):
        raise SourceError("database.address")
    user, colon, password = said.partition(":")
    query = dict(parse_qsl(parts[4] or ""))
    return Address(
        host=parts[1].strip("[]") or None,
        port=int(parts[2]) if parts[2] else None,
        database=unquote(parts[3] or ""),
        user=unquote(user) or None,
        password=unquote(password) if colon else None,
        schema=query.pop("schema", "clusters_geo"),
        query=query,
        as_of=day[1] if day else "",
    )


@contextmanager
def connected(address: Address) -> Iterator[psycopg.Connection]:
    """Give a connection with one transaction: committed at the end, undone on any error.

    The schema of the register comes first on the search path; a lock held by somebody else is waited for ten
    seconds.

    Raises
    ------
    EngineError
        If psycopg is not installed.
    SourceError
        If the database cannot be reached or refuses; nothing was changed.
    """
    try:
        import psycopg
        from psycopg import sql
    except ImportError as error:
        raise EngineError("database.extra", module=str(error.name)) from error
    try:
        with psycopg.connect(**_parameters(address)) as connection:
            path = sql.SQL("SET LOCAL search_path TO {}, public").format(sql.Identifier(address.schema))
            connection.execute(path)
            connection.execute(f"SET LOCAL lock_timeout TO '{LOCK_TIMEOUT_S}s'")
            connection.execute("SET LOCAL DateStyle TO ISO")
            yield connection
    except psycopg.Error as error:
        # The cause could carry the address, password and all, into a traceback.
        raise _refused(error, address) from None


def _parameters(address: Address) -> dict[str, Any]:
    """Return what libpq is told; what the address leaves out it takes from PG*, pgpass or a service file."""
    said = {
        "host": address.host,
        "port": address.port,
        "dbname": address.database or None,
        "user": address.user,
        "password": address.password,
    }
    known = {name: value for name, value in said.items() if value is not None}
    ours = {
        "application_name": "clusters-geo",
        "client_encoding": "utf8",
        "connect_timeout": CONNECT_TIMEOUT_S,
    }
    return {**ours, **address.query, **known}


def _refused(error: psycopg.Error, address: Address) -> SourceError:
    state = error.sqlstate or ""
    code = next((_CODES[state[:n]] for n in (5, 3, 2) if state[:n] in _CODES), "store.refused")
    said = " ".join(str(error).split())
    if not state:
        code = _without_state(said)
    elif "postgis" in said and state[:2] in {"0A", "58"}:
        code = "store.no-postgis"
    return SourceError(
        code,
        address=str(address),
        said=_unsaid(error.diag.message_primary or said, address),
        detail=_unsaid(error.diag.message_detail or "", address),
    )


def _without_state(said: str) -> str:
    """Return what kind of refusal libpq words itself, without a code of the server."""
    kinds = {
        "password": "store.password",
        "does not exist": "store.none",
        "NUL": "store.text",
        "connection to server": "store.unreachable",
        "resolve": "store.unreachable",
    }
    return next((code for words, code in kinds.items() if words in said), "store.lost")


def _unsaid(text: str, address: Address) -> str:
    for secret in filter(None, (address.password, quote(address.password or ""), address.user)):
        text = text.replace(secret, "…")
    return text[:_SHOWN]
