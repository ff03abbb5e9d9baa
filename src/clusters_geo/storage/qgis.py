"""Styles where QGIS finds them by itself: the table `layer_styles` of a GeoPackage or of a database.

QGIS opens a layer with the row marked as default and offers the others by name.
"""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from clusters_geo.storage.styles import UnitsLayer, style_of, style_of_units, styles_for
from clusters_geo.words import speaker

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    import psycopg

    from clusters_geo.schema import Language

__all__ = ["add_styles", "put_styles"]

# As QGIS itself creates it.
_TABLE = """CREATE TABLE layer_styles (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
f_table_catalog TEXT(256), f_table_schema TEXT(256),
f_table_name TEXT(256), f_geometry_column TEXT(256), styleName TEXT(30),
styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30),
update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')))"""
_OURS = "clusters-geo"
# Columns of the register that the database fills in.
_COMPUTED = ("build_out_rate", "fill_rate", "planned_ha_basis", "revision", "place")
# What QGIS calls the kinds of shapes that one geometry column may hold. None is the table without its shapes:
# among polygons QGIS shows no cluster that has no outline yet.
_KINDS = ("Polygon", "Point", None)

_say = speaker("qgis")


def add_styles(
    path: Path,
    layer: str,
    *,
    units: UnitsLayer | None = None,
    kinds: Collection[str] = (),
    lang: Language = "vi",
) -> None:
    """Put the styles of a layer of clusters into its GeoPackage, by status the default.

    A style fits outlines or points. Of a layer that holds both, the default leaves the symbols to QGIS, so
    that it draws both; the others are there twice.

    Parameters
    ----------
    path
        A GeoPackage that has the layer, with columns of the schema.
    layer
        The name of the layer.
    units
        The layer of units beside them and the columns that name its units, if there is one.
    kinds
        The kinds of shapes in it, as geopandas calls them.
    lang
        The language of names and choices.
    """
    is_point = {kind: "Point" in kind for kind in kinds if kind}
    with closing(sqlite3.connect(path)) as db, db:
        columns = _columns(db, layer)
        if not columns:
            return
        db.execute(_TABLE)
        db.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier) VALUES (?, 'attributes', ?)",
            ("layer_styles", "layer_styles"),
        )
        for at, (name, style, points) in enumerate(_offered(columns, {*is_point.values()}, lang)):
            qml = style_of(columns, style, points=points, lang=lang, units=units)
            _add(db, layer, name, qml, is_first=at == 0)
        if units is not None:
            _add(db, units.name, _say("style.units", lang), style_of_units(_columns(db, units.name), lang))


def _geometry(db: sqlite3.Connection, layer: str) -> str:
    query = "SELECT column_name FROM gpkg_geometry_columns WHERE table_name = ?"
    found = db.execute(query, (layer,)).fetchone()
    return "" if found is None else str(found[0])


def _columns(db: sqlite3.Connection, layer: str) -> list[str]:
    """Return the columns of a layer that a person sees; none if it is no layer."""
    geometry = _geometry(db, layer)
    there = [str(row[0]) for row in db.execute("SELECT name FROM pragma_table_info(?)", (layer,))]
    return [name for name in there if name not in ("fid", geometry)] if geometry else []


def _add(db: sqlite3.Connection, layer: str, name: str, qml: str, *, is_first: bool = True) -> None:
    db.execute(
        "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column,"
        " styleName, styleQML, useAsDefault, description) VALUES ('', '', ?, ?, ?, ?, ?, ?)",
        (layer, _geometry(db, layer), name, qml, is_first, _OURS),
    )


def _offered(columns: list[str], points: set[bool], lang: Language) -> list[tuple[str, str, bool]]:
    """Return the styles of a layer, the default first: name, which it is, whether it is for points."""
    fitting = styles_for(columns)
    if len(points) < len((False, True)) and fitting:
        return [(_say(f"style.{style}", lang), style, points == {True}) for style in fitting]
    both = [(style, is_point) for style in fitting for is_point in (False, True)]
    named = [(f"{_say(f'style.{s}', lang)} ({_say(f'points.{p}', lang)})", s, p) for s, p in both]
    return [(_say("style.plain", lang), "table", False), *named]


def put_styles(db: psycopg.Connection, *, lang: Language = "vi") -> bool:
    """Put the styles of a register into `public.layer_styles`; return whether any was new or renewed.

    A style that somebody changed in QGIS stays as it is, and so does what they chose as default.

    Parameters
    ----------
    db
        A connection with the register's schema first on its search path, and a table `layer_styles`.
    lang
        The language of names and choices.
    """
    columns = _columns_of(db, "cluster")
    levels = [str(row[0]) for row in db.execute("SELECT DISTINCT level FROM unit").fetchall()]
    named: dict[str, str] = {}
    named |= {level: f"\"level\" = '{level}'" for level in ("district", "commune") if level in levels}
    units = UnitsLayer("unit", "postgres", _units_table(db), named) if named else None
    changed = False
    for kind in _KINDS:
        # Of a table without shapes only names, choices and the form are of use.
        for style in styles_for(columns) if kind else ["table"]:
            qml = style_of(columns, style, points=kind == "Point", lang=lang, fixed=_COMPUTED, units=units)
            is_first = style in ("status", "table")
            changed |= _put(db, "cluster", _say(f"style.{style}", lang), kind, qml, is_first=is_first)
    lines = style_of_units(_columns_of(db, "unit"), lang)
    for kind in ("Polygon", None):
        # QGIS opens the table of units with the clusters, without its outlines.
        name = _say("style.units" if kind else "style.table", lang)
        changed |= _put(db, "unit", name, kind, lines, is_first=True)
    return changed


def _columns_of(db: psycopg.Connection, table: str) -> list[str]:
    found = db.execute(
        "SELECT attname FROM pg_attribute"
        " WHERE attrelid = to_regclass(quote_ident(current_schema()) || '.' || %s)"
        " AND attnum > 0 AND NOT attisdropped AND attname <> 'geometry' ORDER BY attnum",
        (table,),
    ).fetchall()
    return [str(row[0]) for row in found]


def _units_table(db: psycopg.Connection) -> str:
    """Return the table of units as QGIS writes it."""
    found = db.execute("SELECT current_schema()").fetchone()
    schema = str(found[0] if found else "").replace('"', '""')
    return f'key=code table="{schema}"."unit" (geometry)'


def _put(  # noqa: PLR0913 - what a row holds
    db: psycopg.Connection, table: str, name: str, kind: str | None, qml: str, *, is_first: bool
) -> bool:
    place = (
        "f_table_catalog = current_database() AND f_table_schema = current_schema()"
        " AND f_table_name = %s AND type IS NOT DISTINCT FROM %s"
    )
    there = db.execute(
        f"SELECT styleqml::text, description FROM public.layer_styles WHERE {place} AND stylename = %s",  # noqa: S608
        (table, kind, name),
    ).fetchone()
    if there is None:
        db.execute(
            "INSERT INTO public.layer_styles (f_table_catalog, f_table_schema, f_table_name,"  # noqa: S608
            " f_geometry_column, stylename, styleqml, useasdefault, description, type)"
            " SELECT current_database(), current_schema(), %s, %s, %s, %s::xml,"
            f" %s AND NOT EXISTS (SELECT FROM public.layer_styles WHERE {place} AND useasdefault), %s, %s",
            (table, kind and "geometry", name, qml, is_first, table, kind, _mark(qml), kind),
        )
        return True
    # Ours still, and not what would be written today.
    if there[0] == qml or there[1] != _mark(there[0]):
        return False
    db.execute(
        f"UPDATE public.layer_styles SET styleqml = %s::xml, description = %s"  # noqa: S608
        f" WHERE {place} AND stylename = %s",
        (qml, _mark(qml), table, kind, name),
    )
    return True


def _mark(qml: str) -> str:
    return f"{_OURS} {hashlib.sha256(qml.encode()).hexdigest()[:16]}"
