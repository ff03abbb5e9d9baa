"""A table to PostGIS: in one transaction, under its EPSG code, without the password in any message."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from clusters_geo.errors import CRSError, EngineError, SourceError

if TYPE_CHECKING:
    import geopandas as gpd
    from sqlalchemy import Engine

__all__ = ["save_postgis"]

_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")


def save_postgis(table: gpd.GeoDataFrame, url: str, name: str, *, schema: str | None = None) -> None:
    """Write a table to PostGIS, whole or not at all; an older table of that name is replaced.

    Parameters
    ----------
    table
        Clusters or districts, in a system that has an EPSG code.
    url
        Such as "postgresql://user:password@host/database".
    name, schema
        Where to; lower-case letters, digits and underscores.

    Raises
    ------
    EngineError
        If SQLAlchemy, GeoAlchemy 2 or psycopg is not installed.
    CRSError
        If the system has no EPSG code: it would come back from the database without any.
    SourceError
        If the name is none, or the database refuses; what was in it is still there.
    """
    if not _NAME.fullmatch(name) or (schema is not None and not _NAME.fullmatch(schema)):
        msg = f"{name!r} is no name for a table here. Use lower-case letters, digits and underscores."
        raise SourceError(msg)
    code = table.crs.to_epsg(min_confidence=100) if table.crs is not None else None
    if code is None:
        named = table.crs.name if table.crs is not None else "none"
        msg = (
            f"The coordinate system ({named}) has no EPSG code and would be lost in PostGIS. Convert it "
            "with --crs vn2000."
        )
        raise CRSError(msg)
    engine = _engine(url)
    try:
        with engine.begin() as transaction:
            table.reset_index().to_postgis(name, transaction, schema=schema, if_exists="replace", index=False)
    except Exception as error:  # noqa: BLE001 - SQLAlchemy and the driver beneath it have no common error
        said = _without_password(str(error).strip().splitlines()[0], url)
        msg = (
            f"The database refused table {name!r} ({said}). Nothing was changed. Is PostGIS installed in it?"
        )
        # The cause would carry the address, password and all, into a traceback.
        raise SourceError(msg) from None
    finally:
        engine.dispose()


def _engine(url: str) -> Engine:
    try:
        import geoalchemy2  # noqa: F401 - needed by to_postgis
        import psycopg  # noqa: F401 - the driver
        import sqlalchemy
    except ImportError as error:
        msg = f'Writing to PostGIS needs {error.name}. Install it with: pip install "clusters-geo[postgis]".'
        raise EngineError(msg) from error
    address = re.sub(r"^postgres(?:ql)?://", "postgresql+psycopg://", url)
    try:
        return sqlalchemy.create_engine(address)
    except sqlalchemy.exc.ArgumentError:
        msg = "The address of the database is not one. Write it as postgresql://user:password@host/database."
        raise SourceError(msg) from None


def _without_password(text: str, url: str) -> str:
    found = re.match(r"^[^:]+://[^:/@]*:([^@]*)@", url)
    return text.replace(found[1], "***") if found and found[1] else text
