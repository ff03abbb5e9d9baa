"""A GeoPackage that opens in QGIS styled and in Vietnamese: the style lies in the file, in `layer_styles`.

QGIS reads that table by itself and takes the row marked as default. Status is told by hatching as well as by
grey, so that it survives a black-and-white printer.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from clusters_geo.data import read_rows
from clusters_geo.schema import CLUSTER_COLUMNS, column, label

if TYPE_CHECKING:
    from pathlib import Path

    from clusters_geo.schema import Column, Language

__all__ = ["add_styles", "style_of"]

# Hatching, colour and sign of a point, as QGIS names them, by status; "" is every other value, unknown too.
_PATTERNS = {
    "operating": ("solid", "110,110,110,255", "circle"),
    "under_construction": ("b_diagonal", "60,60,60,255", "triangle"),
    "pending": ("no", "255,255,255,0", "square"),
    "": ("dense6", "120,120,120,255", "cross2"),
}
# As QGIS itself creates it.
_TABLE = """CREATE TABLE layer_styles (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
f_table_catalog TEXT(256), f_table_schema TEXT(256),
f_table_name TEXT(256), f_geometry_column TEXT(256), styleName TEXT(30),
styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30),
update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')))"""


def add_styles(path: Path, layer: str, *, lang: Language = "vi") -> None:
    """Put the default style of a layer of clusters into its GeoPackage.

    Parameters
    ----------
    path
        A GeoPackage that has the layer, with columns of the schema.
    layer
        The name of the layer.
    lang
        The language of names and choices.
    """
    with closing(sqlite3.connect(path)) as db, db:
        found = db.execute(
            "SELECT column_name, geometry_type_name FROM gpkg_geometry_columns WHERE table_name = ?", (layer,)
        ).fetchone()
        if found is None:
            return
        there = [str(row[0]) for row in db.execute("SELECT name FROM pragma_table_info(?)", (layer,))]
        style = style_of(there, points="POINT" in found[1].upper(), lang=lang)
        db.execute(_TABLE)
        db.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier) VALUES (?, 'attributes', ?)",
            ("layer_styles", "layer_styles"),
        )
        db.execute(
            "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column,"
            " styleName, styleQML, useAsDefault) VALUES ('', '', ?, ?, 'clusters-geo', ?, 1)",
            (layer, found[0], style),
        )


def style_of(columns: list[str], *, points: bool = False, lang: Language = "vi") -> str:
    """Return the style of a layer of clusters as QML: names with units, choices in words, hatching by status.

    Parameters
    ----------
    columns
        The names of the layer's columns; those that the schema does not know stay as they are.
    points
        Whether the layer holds points.
    lang
        The language of names and choices.

    Examples
    --------
    >>> "Tình trạng" in style_of(["cluster_id", "status"])
    True
    """
    qgis = ET.Element("qgis", version="3.22", styleCategories="Symbology|Fields|Forms")
    known = [c for c in CLUSTER_COLUMNS if c.name in columns]
    _fields(qgis, known, lang)
    if "status" in columns:
        _renderer(qgis, points=points, lang=lang)
    return ET.tostring(qgis, encoding="unicode")


def _fields(qgis: ET.Element, known: list[Column], lang: Language) -> None:
    configuration = ET.SubElement(qgis, "fieldConfiguration")
    aliases = ET.SubElement(qgis, "aliases")
    for place, one in enumerate(known):
        ET.SubElement(aliases, "alias", field=one.name, index=str(place), name=label(one.name, lang))
        if one.choices:
            field = ET.SubElement(configuration, "field", name=one.name)
            _value_map(ET.SubElement(field, "editWidget", type="ValueMap"), one, lang)


def _value_map(widget: ET.Element, one: Column, lang: Language) -> None:
    options = ET.SubElement(ET.SubElement(widget, "config"), "Option", type="Map")
    listed = ET.SubElement(options, "Option", type="List", name="map")
    for choice in one.choices:
        entry = ET.SubElement(listed, "Option", type="Map")
        ET.SubElement(entry, "Option", type="QString", name=_word(one, choice, lang), value=choice)


def _renderer(qgis: ET.Element, *, points: bool, lang: Language) -> None:
    renderer = ET.SubElement(qgis, "renderer-v2", type="categorizedSymbol", attr="status", enableorderby="0")
    categories = ET.SubElement(renderer, "categories")
    symbols = ET.SubElement(renderer, "symbols")
    for place, (status, (pattern, colour, sign)) in enumerate(_PATTERNS.items()):
        title = _word(column("status"), status, lang) if status else "?"
        ET.SubElement(
            categories, "category", value=status, symbol=str(place), label=title, render="true", type="string"
        )
        kind, drawn = ("marker", "SimpleMarker") if points else ("fill", "SimpleFill")
        symbol = ET.SubElement(symbols, "symbol", type=kind, name=str(place), alpha="1")
        layer = ET.SubElement(symbol, "layer", {"class": drawn, "enabled": "1", "pass": "0", "locked": "0"})
        shape = {"name": sign} if points else {"style": pattern}
        drawing = {"color": colour, "outline_color": "0,0,0,255", **shape}
        for key, value in drawing.items():
            ET.SubElement(layer, "prop", k=key, v=value)


def _word(one: Column, choice: str, lang: Language) -> str:
    rows = (row for row in read_rows("choice_labels.csv") if row["set"] == one.name)
    return next((row[lang] for row in rows if row["key"] == choice), choice)
