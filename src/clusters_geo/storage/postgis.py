"""A table to PostGIS: in one transaction, under its EPSG code, without the password in any message."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pandas as pd

from clusters_geo.errors import CRSError, EngineError, SourceError
from clusters_geo.storage.connection import CONNECT_TIMEOUT_S, Address, parse_address

if TYPE_CHECKING:
    import geopandas as gpd
    from sqlalchemy import Connection, Engine

__all__ = ["save_postgis"]

_NAME = re.compile(r"[a-z_][a-z0-9_]*")
# What PostgreSQL keeps of a name, in bytes; the rest it cuts off, and two names become one.
_NAME_BYTES = 63
# Long enough for a save in another program, too short to be taken for a fault.
_LOCK_WAIT = "10s"

# SQLSTATE, https://www.postgresql.org/docs/current/errcodes-appendix.html
_BY_STATE = {
    "42501": "database.permission",
    "25006": "database.permission",
    "22P05": "database.encoding",
    "22021": "database.text",
    "55P03": "database.locked",
    "40P01": "database.locked",
    "57014": "database.locked",
    "3F000": "database.no-schema",
    "2BP01": "database.views",
    "53100": "database.full",
    "42809": "database.not-a-table",
}


def save_postgis(table: gpd.GeoDataFrame, url: str, name: str, *, schema: str | None = None) -> None:
    """Write a table to PostGIS, whole or not at all; an older table of that name is replaced.

    The index becomes the primary key, without which QGIS does not edit, if its values are there and differ;
    otherwise a column `gid` does. Dates stay dates.

    Parameters
    ----------
    table
        Clusters or districts, in a system that has an EPSG code.
    url
        Such as "postgresql://user:password@host/database"; signs in a password need not be encoded.
    name, schema
        Where to; lower-case letters, digits and underscores, at most 63. The schema must be there; without
        it the one that the database takes by default.

    Raises
    ------
    EngineError
        If SQLAlchemy, GeoAlchemy 2 or psycopg is not installed.
    CRSError
        If the system has no EPSG code: it would come back from the database without any.
    SourceError
        If the name is none, or the database refuses; what was in it is still there.
    """
    for said in (name,) if schema is None else (name, schema):
        if not _NAME.fullmatch(said) or len(said) > _NAME_BYTES:
            raise SourceError("database.name", name=said)
    long = [str(column) for column in table if len(str(column).encode()) > _NAME_BYTES]
    if long:
        raise SourceError("database.column-name", names=long)
    _require_code(table)
    address = parse_address(url)
    engine = _engine(address)
    refused: SourceError | None = None
    try:
        _write(engine, table, name, schema)
    except Exception as error:  # noqa: BLE001 - SQLAlchemy and the driver beneath it have no common error
        refused = _refusal(error, address, name)
    finally:
        engine.dispose()
    if refused is not None:
        # Raised here, so that neither a cause nor a context carries the address into a traceback.
        raise refused


def _require_code(table: gpd.GeoDataFrame) -> None:
    if table.crs is None or table.crs.to_epsg(min_confidence=100) is None:
        raise CRSError("database.no-code", crs="–" if table.crs is None else table.crs.name)


def _engine(address: Address) -> Engine:
    try:
        import geoalchemy2  # noqa: F401 - needed by to_postgis
        import psycopg  # noqa: F401 - the driver
        import sqlalchemy
    except ImportError as error:
        raise EngineError("database.extra", module=str(error.name)) from error
    url = sqlalchemy.URL.create(
        "postgresql+psycopg",
        username=address.user,
        password=address.password,
        host=address.host,
        port=address.port,
        database=address.database or None,
        query=address.query,
    )
    options = {"connect_timeout": CONNECT_TIMEOUT_S} if "connect_timeout" not in address.query else {}
    return sqlalchemy.create_engine(url, hide_parameters=True, connect_args=options)


def _write(engine: Engine, table: gpd.GeoDataFrame, name: str, schema: str | None) -> None:
    import sqlalchemy

    keyed = table.index.name is not None and table.index.is_unique and not table.index.hasnans
    flat = table.reset_index() if table.index.name else table.reset_index(drop=True)
    flat = flat.assign(**_dates(flat))
    kinds: dict[Any, Any] = {column: sqlalchemy.Date() for column in _dates(flat)}
    with engine.begin() as transaction:
        transaction.execute(sqlalchemy.text(f"SET LOCAL lock_timeout = '{_LOCK_WAIT}'"))
        if not _has_postgis(transaction):
            raise SourceError("database.no-postgis", name=name)
        flat.to_postgis(
            name, transaction, schema=schema, if_exists="replace", index=False, dtype=kinds or None
        )
        place = f'"{schema}"."{name}"' if schema else f'"{name}"'
        quoted = str(table.index.name).replace('"', '""')
        key = f'ADD PRIMARY KEY ("{quoted}")' if keyed else "ADD COLUMN gid serial PRIMARY KEY"
        transaction.execute(sqlalchemy.text(f"ALTER TABLE {place} {key}".replace(":", r"\:")))


def _dates(table: gpd.GeoDataFrame) -> dict[str, pd.Series]:
    """Return the columns that hold days, which a database keeps as days and not as instants."""
    return {
        str(name): values.dt.date.where(values.notna(), None).astype(object)
        for name, values in table.items()
        if pd.api.types.is_datetime64_any_dtype(values.dtype)
        and values.dropna().eq(values.dropna().dt.normalize()).all()
    }


def _has_postgis(transaction: Connection) -> bool:
    import sqlalchemy

    asked = sqlalchemy.text("SELECT count(*) FROM pg_type WHERE typname = 'geometry'")
    return bool(transaction.execute(asked).scalar())


def _refusal(error: Exception, address: Address, name: str) -> SourceError:
    """Return the sentence for what the server or its driver said; the driver's own words stay unsaid."""
    if isinstance(error, SourceError):
        return error
    cause = getattr(error, "orig", None) or error
    state = getattr(cause, "sqlstate", None)
    if state is None:
        code = _by_words(str(cause))
        return SourceError(code, address=str(address), database=address.database, name=name)
    said = getattr(getattr(cause, "diag", None), "message_primary", None) or type(cause).__name__
    return SourceError(_BY_STATE.get(state, "database.refused"), name=name, said=said, state=state)


def _by_words(said: str) -> str:
    """Return why there is no connection, of which the driver tells in words only, or what it cannot send."""
    reasons = {
        "password authentication failed": "database.password",
        "no password supplied": "database.password",
        "does not exist": "database.no-database",
        "NUL": "database.text",
        "surrogates not allowed": "database.text",
        "codec can't encode": "database.encoding",
        # A database of no encoding at all (SQL_ASCII) answers in bytes.
        "bytes-like object": "database.encoding",
    }
    return next((code for words, code in reasons.items() if words in said), "database.no-answer")
