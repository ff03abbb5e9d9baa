"""One register for a department, in PostGIS, with its history.

A register is a schema of a database: clusters as they are, each figure with its basis and source, and a log
of events from which any vintage follows. Plain SQL in `migrations/` makes it; triggers keep the log, whoever
edits: this package, QGIS or psql. Two people who save at the same time are told of each other's changes.
"""

from __future__ import annotations

import hashlib
from importlib import resources
from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import pandas as pd
import shapely

from clusters_geo.crs import target_crs
from clusters_geo.data import read_rows
from clusters_geo.errors import CRSError, SchemaError, SourceError
from clusters_geo.history.events import as_day
from clusters_geo.history.vintages import COMPANIONS, table_of_cells
from clusters_geo.reading.notes import LoadReport, attach
from clusters_geo.reading.values import cast_columns
from clusters_geo.schema import CLUSTER_COLUMNS
from clusters_geo.storage.connection import Address, connected, parse_address
from clusters_geo.storage.rows import (
    Rows,
    completed,
    from_database,
    kinds_of,
    said_columns,
    to_database,
)
from clusters_geo.units.model import unit_level
from clusters_geo.words import is_missing

if TYPE_CHECKING:
    import psycopg

__all__ = [
    "REVISION",
    "Saved",
    "init_register",
    "load_register",
    "read_log",
    "register_status",
    "save_register",
    "save_units",
]

REVISION = "clusters_geo_revision"
_MIGRATIONS = resources.files("clusters_geo.storage") / "migrations"
_STYLES = "qgis.sql"
_NAMES = tuple(c.name for c in CLUSTER_COLUMNS if c.kind != "geometry")
_EVENT = ("cluster_id", "what", "column", "value", "unit", "valid_on", "recorded_on", "basis", "qualifier")
_WHAT = "CASE WHEN what = 'set' AND value IS NULL THEN 'withdrawn' ELSE what END AS what"
_LOG = (*_EVENT, "source", "file", "cell", "who")


class Saved(NamedTuple):
    """What a save did: how many clusters were added, changed, left as they were; its revision."""

    added: int
    changed: int
    unchanged: int
    revision: int | None


def init_register(
    url: str | Address,
    *,
    crs: str | int = "EPSG:5897",
    roles: bool = False,
    row_security: bool = False,
    styles: bool = True,
) -> list[str]:
    """Make a register in a database, or bring an older one up to date.

    Parameters
    ----------
    url
        `postgresql://…`; `?schema=` names another schema than `clusters_geo`.
    crs
        The system in which outlines are kept, with an EPSG code: "EPSG:9209", "vn2000", "vn2000:Bắc Ninh".
    roles
        Whether to make the roles clusters_geo_reader, _editor and _owner.
    row_security
        Whether a role edits only the clusters of its own unit; needs `roles`.
    styles
        Whether to put styles for QGIS into `public.layer_styles`, where it looks for them.

    Returns
    -------
    The names of the migrations that were run; none if it was up to date.

    Raises
    ------
    CRSError
        If there is no such system or province, or it has no EPSG code.
    SourceError
        If the database cannot be reached, has no PostGIS or refuses; nothing was changed.

    Examples
    --------
    >>> init_register("postgresql://localhost:1/nowhere")
    Traceback (most recent call last):
        ...
    clusters_geo.errors.SourceError: The database at postgresql://localhost:1/nowhere cannot be reached ...
    """
    from psycopg import sql

    code = _epsg(crs)
    address = parse_address(url)
    with connected(address) as db:
        db.execute("CREATE EXTENSION IF NOT EXISTS postgis")
        db.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(address.schema)))
        done = [_run(db, number, name, code) for number, name in _pending(db)]
        _fill_kinds(db)
        for wanted, name in ((roles or row_security, "roles.sql"), (row_security, "row_security.sql")):
            if wanted:
                quoted = sql.Identifier(address.schema).as_string(db)
                db.execute(_text(name).replace("__SCHEMA__", quoted).encode())
                done.append(name)
        if styles and _put_styles(db):
            done.append(_STYLES)
    return done


def _put_styles(db: psycopg.Connection) -> bool:
    from clusters_geo.storage.qgis import put_styles

    found = db.execute(
        "SELECT to_regclass('public.layer_styles') IS NOT NULL,"
        " has_schema_privilege(current_user, 'public', 'CREATE')"
    ).fetchone()
    there, may_make = found or (False, False)
    if not there and not may_make:
        raise SourceError("store.no-styles")
    if may_make:
        db.execute(_text(_STYLES).encode())
    return put_styles(db)


def load_register(url: str | Address) -> gpd.GeoDataFrame:
    """Load the clusters of a register, as they are or as they were known on a day.

    Parameters
    ----------
    url
        `postgresql://…`, with `@2022-09-30` at its end for a vintage.

    Returns
    -------
    Clusters indexed by `cluster_id`, with the columns that hold something, beside each figure where it comes
    from, and the office's own columns. `.attrs` keeps the revision, by which `save_register` sees what others
    changed meanwhile.

    Raises
    ------
    SourceError
        If the database cannot be reached or there is no register in it.

    Examples
    --------
    >>> load_register("postgresql://localhost:1/nowhere@2022-09-30")
    Traceback (most recent call last):
        ...
    clusters_geo.errors.SourceError: The database at ...nowhere@2022-09-30 cannot be reached ...
    """
    address = parse_address(url)
    with connected(address) as db:
        _require_register(db)
        if address.as_of:
            return _told(_vintage(db, address.as_of), address)
        clusters = from_database(_all(db, "SELECT * FROM cluster ORDER BY place"), _columns(db))
        revision = db.execute("SELECT max(revision) FROM revision").fetchone()
        crs = _crs(db)
    table = gpd.GeoDataFrame(clusters, geometry="geometry", crs=crs)
    table.attrs[REVISION] = None if revision is None else revision[0]
    return _told(table, address)


def _told(table: gpd.GeoDataFrame, address: Address) -> gpd.GeoDataFrame:
    crs = "" if table.crs is None else table.crs.name
    attach(table, LoadReport(str(address), "PostGIS", address.schema, crs=crs, rows=len(table)))
    return table


def save_register(
    clusters: gpd.GeoDataFrame, url: str | Address, *, file: str = "", sha256: str = "", who: str = ""
) -> Saved:
    """Save clusters into a register: added or changed by id, in one transaction.

    Rows that the table does not have stay as they are; so do columns that it does not have or leaves blank
    in every row, and outlines that it does not have. Of a table that came from `load_register`, a cell that
    somebody else changed since is kept as they left it, unless it was changed here too: then nothing is
    saved and the error lists both values.

    Parameters
    ----------
    clusters
        One row per cluster, indexed by `cluster_id`.
    url
        `postgresql://…`.
    file, sha256, who
        Where the figures come from, and who entered them, for the log; the database role if not said.

    Raises
    ------
    SchemaError
        If two people changed one cell; `.failures` names each with both values.
    CRSError
        If the outlines have no coordinate system.
    SourceError
        If the database cannot be reached, has no register or refuses; nothing was changed.

    Examples
    --------
    >>> clusters = gpd.GeoDataFrame({"name": ["A"]}, index=["A"], geometry=[None], crs=5897)
    >>> save_register(clusters.rename_axis("cluster_id"), "postgresql://localhost:1/nowhere")
    Traceback (most recent call last):
        ...
    clusters_geo.errors.SourceError: The database at postgresql://localhost:1/nowhere cannot be reached ...
    """
    with connected(parse_address(url)) as db:
        _require_register(db)
        # One writer at a time, QGIS too: what is compared below must still hold when it is written. Locking
        # the rows instead would hide those that a policy lets be read and not be changed.
        db.execute("LOCK TABLE cluster IN SHARE ROW EXCLUSIVE MODE")
        _say_origin(db, file, sha256, who)
        wanted = to_database(_in_system(clusters, _crs(db)))
        there = _rows(db, list(wanted))
        base = clusters.attrs.get(REVISION)
        if base is None:
            wanted = completed(wanted, there, said_columns(clusters))
        mine = _merged(db, wanted, there, base)
        _save_kinds(db, kinds_of(clusters))
        changed = [key for key, row in mine.items() if key in there and row != there[key]]
        added = [key for key in mine if key not in there]
        _upsert(db, [mine[key] for key in (*added, *changed)])
        revision = db.execute(
            "SELECT revision FROM revision WHERE transaction = pg_current_xact_id()"
        ).fetchone()
    unchanged = len(mine) - len(added) - len(changed)
    return Saved(len(added), len(changed), unchanged, None if revision is None else revision[0])


def save_units(units: gpd.GeoDataFrame, url: str | Address) -> int:
    """Save administrative units into a register, by code and the day from which they exist; return how many.

    Parameters
    ----------
    units
        As `load_units` gives them: indexed by code, with `name` and, where known, `type`, `level`, `parent`,
        `valid_from`, `valid_to`.
    url
        `postgresql://…`.

    Raises
    ------
    SourceError
        If the database cannot be reached, has no register or refuses; nothing was changed.

    Examples
    --------
    >>> import clusters_geo as cg
    >>> save_units(cg.load_units("hanoi-communes"), "postgresql://localhost:1/nowhere")
    Traceback (most recent call last):
        ...
    clusters_geo.errors.SourceError: The database at postgresql://localhost:1/nowhere cannot be reached ...
    """
    with connected(parse_address(url)) as db:
        _require_register(db)
        rows = _unit_rows(units.to_crs(_crs(db)))
        srid = int(_crs(db).partition(":")[2])
        with db.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO unit (code, name, type, level, parent, valid_from, valid_to, geometry)"
                " VALUES (%(code)s, %(name)s, %(type)s, %(level)s, %(parent)s,"
                " COALESCE(%(valid_from)s::date, '-infinity'), COALESCE(%(valid_to)s::date, 'infinity'),"
                " ST_GeomFromWKB(%(geometry)s, %(srid)s)) ON CONFLICT (code, valid_from) DO UPDATE SET"
                " name = EXCLUDED.name, type = EXCLUDED.type, level = EXCLUDED.level,"
                " parent = EXCLUDED.parent, valid_to = EXCLUDED.valid_to, geometry = EXCLUDED.geometry",
                [{**row, "srid": srid} for row in rows],
            )
        found = db.execute("SELECT to_regclass('public.layer_styles')").fetchone()
        if found is not None and found[0] is not None:
            # The form offers units by name as soon as there are any.
            _put_styles(db)
    return len(rows)


def _unit_rows(units: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    level = unit_level(units)
    return [
        {
            "code": str(code),
            "name": row["name"],
            "type": _or_none(row.get("type")) or "",
            "level": _or_none(row.get("level")) or level,
            **{name: _or_none(row.get(name)) for name in ("parent", "valid_from", "valid_to")},
            "geometry": None
            if row[units.geometry.name] is None
            else shapely.to_wkb(row[units.geometry.name]),
        }
        for code, row in units.iterrows()
    ]


def _or_none(value: Any) -> Any:  # noqa: ANN401 - whatever a cell holds
    return None if is_missing(value) else value


def read_log(url: str | Address) -> pd.DataFrame:
    """Return the log of events of a register, oldest first, as `history.read_events` does of a file.

    Raises
    ------
    SourceError
        If the database cannot be reached or there is no register in it.

    Examples
    --------
    >>> read_log("postgresql://localhost:1/nowhere")
    Traceback (most recent call last):
        ...
    clusters_geo.errors.SourceError: The database at postgresql://localhost:1/nowhere cannot be reached ...
    """
    with connected(parse_address(url)) as db:
        _require_register(db)
        return _log(db)


def register_status(url: str | Address) -> dict[str, object]:
    """Return how many clusters and events a register has, and who changed it last, when, from which file.

    Raises
    ------
    SourceError
        If the database cannot be reached or there is no register in it.

    Examples
    --------
    >>> register_status("postgresql://localhost:1/nowhere")
    Traceback (most recent call last):
        ...
    clusters_geo.errors.SourceError: The database at postgresql://localhost:1/nowhere cannot be reached ...
    """
    with connected(parse_address(url)) as db:
        _require_register(db)
        found = _all(
            db,
            "SELECT (SELECT count(*) FROM cluster) AS clusters, (SELECT count(*) FROM event) AS events,"
            " r.revision, r.made_by AS who, to_char(r.made_at, 'YYYY-MM-DD HH24:MI') AS when,"
            " COALESCE(r.file, r.program) AS file"
            " FROM (SELECT max(revision) AS revision FROM revision) AS newest"
            " LEFT JOIN revision r USING (revision)",
        )
    return found[0]


# --- migrations


def _pending(db: psycopg.Connection) -> list[tuple[int, str]]:
    found = db.execute("SELECT to_regclass(quote_ident(current_schema()) || '.schema_version')").fetchone()
    have = 0
    if found is not None and found[0] is not None:
        version = db.execute("SELECT max(version) FROM schema_version").fetchone()
        have = version[0] or 0 if version is not None else 0
    names = sorted(file.name for file in _MIGRATIONS.iterdir() if file.name[:4].isdigit())
    return [(int(name[:4]), name) for name in names if int(name[:4]) > have]


def _run(db: psycopg.Connection, number: int, name: str, code: int) -> str:
    text = _text(name)
    db.execute(text.replace("__SRID__", str(code)).encode())
    digest = hashlib.sha256(text.encode()).hexdigest()
    db.execute(
        "INSERT INTO schema_version (version, name, sha256) VALUES (%s, %s, %s)", (number, name, digest)
    )
    return name


def _text(name: str) -> str:
    return (_MIGRATIONS / name).read_text(encoding="utf-8")


def _fill_kinds(db: psycopg.Connection) -> None:
    rows = [{key: value or None for key, value in row.items()} for row in read_rows("event_kinds.csv")]
    with db.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO event_kind (what, status, dated, valued, vi, en)"
            " VALUES (%(what)s, %(status)s, %(dated)s, %(valued)s, %(vi)s, %(en)s)"
            " ON CONFLICT (what) DO UPDATE SET status = EXCLUDED.status, dated = EXCLUDED.dated,"
            " valued = EXCLUDED.valued,"
            " vi = EXCLUDED.vi, en = EXCLUDED.en",
            rows,
        )


def _require_register(db: psycopg.Connection) -> None:
    pending = _pending(db)
    if pending:
        raise SourceError("store.no-register" if pending[0][0] == 1 else "store.old-register", schema="")


# --- reading


def _all(db: psycopg.Connection, query: str) -> list[dict[str, Any]]:
    from psycopg.rows import dict_row

    with db.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query.encode()).fetchall()


def _columns(db: psycopg.Connection) -> dict[str, str]:
    return dict(db.execute("SELECT name, kind FROM register_column ORDER BY place").fetchall())


def _crs(db: psycopg.Connection) -> str:
    found = db.execute("SELECT Find_SRID(current_schema()::text, 'cluster', 'geometry')").fetchone()
    return f"EPSG:{found[0] if found else 0}"


def _log(db: psycopg.Connection) -> pd.DataFrame:
    # A cell that was emptied stands in the table as set to nothing.
    names = ", ".join(_WHAT if name == "what" else f'"{name}"' for name in _LOG)
    rows = _all(db, f"SELECT {names} FROM event ORDER BY event")  # noqa: S608 - names of our own
    return pd.DataFrame(rows, columns=list(_LOG)).astype("string")


def _vintage(db: psycopg.Connection, as_of: str) -> gpd.GeoDataFrame:
    day = as_day(as_of)
    # The function of the database decides, so that psql, QGIS and this package see the same vintage.
    query = 'SELECT * FROM known_cells(%s::date) WHERE "column" = ANY(%s)'
    found = db.execute(query, (f"{day:%Y-%m-%d}", list(_NAMES))).fetchall()
    cells = pd.DataFrame(found, columns=["cluster_id", "column", "value", *COMPANIONS], dtype="string")
    table = table_of_cells(cells, as_of)
    outlines = db.execute(
        "SELECT DISTINCT ON (cluster_id) cluster_id, ST_AsBinary(geometry) FROM outline"
        " WHERE last_day(recorded_on) <= %s::date"
        " ORDER BY cluster_id, last_day(recorded_on) DESC, revision DESC",
        (f"{day:%Y-%m-%d}",),
    ).fetchall()
    shapes = pd.Series({key: None if wkb is None else shapely.from_wkb(wkb) for key, wkb in outlines})
    geometry = gpd.GeoSeries(shapes.reindex(table.index), crs=_crs(db), index=table.index)
    return gpd.GeoDataFrame(cast_columns(table, CLUSTER_COLUMNS), geometry=geometry)


# --- saving


def _epsg(crs: str | int) -> int:
    found = target_crs(str(crs)).to_epsg(min_confidence=100)
    if found is None:
        raise CRSError("database.no-code", crs=str(crs))
    return int(found)


def _in_system(clusters: gpd.GeoDataFrame, crs: str) -> gpd.GeoDataFrame:
    if clusters.index.name != "cluster_id" or not clusters.index.is_unique:
        raise SchemaError("store.ids")
    if not isinstance(clusters, gpd.GeoDataFrame) or clusters.active_geometry_name is None:
        return gpd.GeoDataFrame(clusters, geometry=[None] * len(clusters), crs=crs)
    if clusters.crs is None and clusters.geometry.notna().any():
        raise CRSError("crs.not-said", what={"say": "clusters"}, hanoi=crs, degrees="EPSG:4326")
    return clusters.set_crs(crs) if clusters.crs is None else clusters.to_crs(crs)


def _say_origin(db: psycopg.Connection, file: str, sha256: str, who: str) -> None:
    for name, value in (("file", file), ("sha256", sha256), ("who", who)):
        db.execute("SELECT set_config(%s, %s, true)", (f"clusters_geo.{name}", value))


def _rows(db: psycopg.Connection, keys: list[str]) -> Rows:
    from psycopg.rows import dict_row

    with db.cursor(row_factory=dict_row) as cursor:
        cursor.execute("SELECT * FROM cluster WHERE cluster_id = ANY(%s)", (keys,))
        found = cursor.fetchall()
    return to_database(gpd.GeoDataFrame(from_database(found, _columns(db)), geometry="geometry"))


def _merged(db: psycopg.Connection, wanted: Rows, there: Rows, base: int | None) -> Rows:
    """Return what is to be written: where only others changed a cell since `base`, as they left it."""
    if base is None:
        return wanted
    since = db.execute(
        'SELECT DISTINCT ON (e.cluster_id, e."column") e.cluster_id, e."column", e.before, e.who, r.made_at'
        " FROM event e JOIN revision r USING (revision) WHERE e.revision > %s AND e.cluster_id = ANY(%s)"
        " AND e.what = 'set' ORDER BY e.cluster_id, e.\"column\", e.event",
        (base, list(wanted)),
    ).fetchall()
    merged, clashes = Rows(wanted), []
    for key, column, before, who, made_at in since:
        mine, theirs = wanted[key].said(column), there[key].said(column)
        if mine == theirs:
            continue
        if mine == before:
            merged[key] = merged[key].taking(column, there[key])
        else:
            clashes.append((key, column, mine, theirs, who, made_at))
    if clashes:
        raise SchemaError("store.changed", failures=_clash_table(clashes), **_first_clash(clashes))
    return merged


def _first_clash(clashes: list[tuple[Any, ...]]) -> dict[str, object]:
    key, column, mine, theirs, who, made_at = clashes[0]
    return {
        "count": len(clashes),
        "cluster": key,
        "column": column,
        "mine": mine,
        "theirs": theirs,
        "who": who,
        "when": f"{made_at:%Y-%m-%d %H:%M}",
    }


def _clash_table(clashes: list[tuple[Any, ...]]) -> pd.DataFrame:
    rows = [
        (key, column, mine, f"{who} {made_at:%Y-%m-%d %H:%M}: {theirs}", "")
        for key, column, mine, theirs, who, made_at in clashes
    ]
    return pd.DataFrame(rows, columns=["row", "column", "value", "problem", "fix"])


def _save_kinds(db: psycopg.Connection, kinds: dict[str, str]) -> None:
    for place, (name, kind) in enumerate(kinds.items()):
        db.execute(
            "INSERT INTO register_column (name, kind, place) VALUES (%s, %s, %s)"
            " ON CONFLICT (name) DO UPDATE SET kind = EXCLUDED.kind"
            " WHERE register_column.kind <> EXCLUDED.kind",
            (name, kind, place),
        )


def _upsert(db: psycopg.Connection, rows: list[Any]) -> None:
    names = (*_NAMES, "geometry", "notes", "extra")
    places = [f"%({name})s" for name in _NAMES]
    places += ["ST_GeomFromWKB(%(geometry)s, %(srid)s)", "%(notes)s::jsonb", "%(extra)s::jsonb"]
    taken = ", ".join(f"{name} = EXCLUDED.{name}" for name in names if name != "cluster_id")
    # The names are those of the schema; values are bound.
    query = (
        f"INSERT INTO cluster ({', '.join(names)}) VALUES ({', '.join(places)})"  # noqa: S608
        f" ON CONFLICT (cluster_id) DO UPDATE SET {taken}"
    )
    srid = int(_crs(db).partition(":")[2])
    with db.cursor() as cursor:
        cursor.executemany(query.encode(), [{**row.bound(_NAMES), "srid": srid} for row in rows])
        if cursor.rowcount not in (len(rows), -1):
            raise SourceError("store.other-unit", count=len(rows) - cursor.rowcount)
