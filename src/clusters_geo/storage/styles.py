"""Styles of QGIS for clusters: names with units, choices in words, forms by topic, symbols for paper.

A style is QML, the XML that QGIS keeps beside a layer. Which symbol a class has stands in
`data/qgis_symbols.csv`, which tab of the form a column is on in `data/qgis_form.csv`, their words in
`words/qgis.csv`. Hatching and signs tell classes apart as well as grey does, so that they survive a printer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from xml.etree import ElementTree as ET

from clusters_geo.data import read_rows
from clusters_geo.schema import (
    BASES,
    CLUSTER_COLUMNS,
    COMPANIONS,
    UNIT_COLUMNS,
    Column,
    is_companion,
    label,
)
from clusters_geo.words import catalogue, speaker

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from clusters_geo.schema import Language

__all__ = ["STYLES", "UnitsLayer", "style_of", "style_of_units", "styles_for"]

STYLES = tuple(dict.fromkeys(row["style"] for row in read_rows("qgis_symbols.csv")))

# What a style needs; where a rate was stated and its areas are not there, the stated one stands.
_RATE = (
    '"leased_ha" / "leasable_ha"',
    '"fill_rate_declared"',
)
_BASIS = "planned_ha_basis"
# What QGIS keeps for "no value" in a list of values (QgsValueMapFieldFormatter::NULL_VALUE).
_NULL = "{2839923C-8B7D-419E-B84B-CA2FE9B80EC7}"
_KNOWN = {c.name: c for c in CLUSTER_COLUMNS if c.kind != "geometry"}
# Columns that are no figures of the schema, and the tab that they are on.
_COMPUTED = {"build_out_rate": "land", "fill_rate": "land", "boundary_basis": "who"}
# A cluster of 10 ha is 6 mm wide at 1:50,000; beyond that a sign of 2.2 mm says more.
_FAR = "if(@map_scale > 50000, 2.2, 0)"
_NOT_NULL, _UNIQUE, _EXPRESSION = 1, 2, 4
_HARD = "1"

_say = speaker("qgis")


class UnitsLayer(NamedTuple):
    """A layer of units beside the clusters: its name, provider and source in QGIS, and who names one of it.

    `source` tells the table in the clusters' own file or database, by which QGIS opens the units with them.
    `columns` are those of the clusters that name a unit, each with the filter of the units that may be named
    there, "" for all.
    """

    name: str
    provider: str
    source: str
    columns: dict[str, str]


def styles_for(columns: Sequence[str]) -> list[str]:
    """Return the styles that a layer with these columns can have, the default first.

    Examples
    --------
    >>> styles_for(["cluster_id", "status", "leased_ha", "leasable_ha"])
    ['status', 'fill_rate']
    """
    there = {"status": "status" in columns, "fill_rate": bool(_rate(columns)), "basis": _BASIS in columns}
    return [name for name in STYLES if there[name]]


def style_of(  # noqa: PLR0913 - all but what a layer has and shows is keyword-only
    columns: Sequence[str],
    style: str = "status",
    *,
    points: bool = False,
    lang: Language = "vi",
    fixed: Iterable[str] = (),
    units: UnitsLayer | None = None,
) -> str:
    """Return a style of a layer of clusters as QML.

    Parameters
    ----------
    columns
        The names of the layer's columns in their order; those that the schema does not know keep their names.
    style
        One of `STYLES`; one that the columns do not allow leaves symbols to QGIS.
    points
        Whether the layer holds points.
    lang
        The language of names and choices.
    fixed
        Columns that nobody edits: they are computed.
    units
        The layer of units that is saved with the clusters, if there is one.

    Examples
    --------
    >>> "Diện tích theo quy hoạch (ha)" in style_of(["cluster_id", "status", "planned_ha"])
    True
    """
    qgis = ET.Element("qgis", version="3.22", styleCategories="Symbology|Labeling|Fields|Forms|Relations")
    if style in styles_for(columns):
        _renderer(qgis, style, columns, points=points, lang=lang)
    if "name" in columns:
        _labels(qgis, points=points)
        ET.SubElement(qgis, "previewExpression").text = '"name"'
    _fields(qgis, columns, lang, units)
    _constraints(qgis, columns, lang)
    editable = ET.SubElement(qgis, "editable")
    for name in fixed:
        ET.SubElement(editable, "field", name=name, editable="0")
    _form(qgis, columns, lang)
    if units is not None:
        _relations(qgis, units, lang)
    return ET.tostring(qgis, encoding="unicode")


def style_of_units(columns: Sequence[str], lang: Language = "vi") -> str:
    """Return a style of a layer of units as QML: lines that hide no cluster, names of columns in words.

    Examples
    --------
    >>> "Đến hết ngày" in style_of_units(["unit_code", "name", "valid_to"])
    True
    """
    qgis = ET.Element("qgis", version="3.22", styleCategories="Symbology|Fields|Forms")
    renderer = ET.SubElement(qgis, "renderer-v2", type="singleSymbol")
    symbols = ET.SubElement(renderer, "symbols")
    symbol = ET.SubElement(symbols, "symbol", type="fill", name="0", alpha="1")
    grey = {"colour": "0,0,0,0", "line": "solid", "width": "0.3"}
    _drawing(symbol, "SimpleFill", grey, {"style": "no", "outline_color": "110,110,110,255"})
    ET.SubElement(qgis, "previewExpression").text = '"name"'
    known = {c.name: c.vi if lang == "vi" else c.en for c in UNIT_COLUMNS}
    # The register's table of units has the code under a shorter name.
    known["code"] = known["unit_code"]
    aliases = ET.SubElement(qgis, "aliases")
    for place, name in enumerate(columns):
        ET.SubElement(aliases, "alias", field=name, index=str(place), name=known.get(name, ""))
    return ET.tostring(qgis, encoding="unicode")


# Symbols


def _rate(columns: Sequence[str]) -> str:
    parts = [part for part in _RATE if all(name in columns for name in part.split('"')[1::2])]
    return f"coalesce({', '.join(parts)})" if parts else ""


def _attribute(style: str, columns: Sequence[str], rows: Sequence[dict[str, str]]) -> str:
    """Return the expression that gives the key of a feature's class."""
    if style != "fill_rate":
        return f"coalesce(\"{'status' if style == 'status' else _BASIS}\", '')"
    rate = _rate(columns)
    steps = "".join(f" WHEN {rate} < {row['below']} THEN '{row['key']}'" for row in rows if row["below"])
    last = next(row["key"] for row in rows if row["key"] and not row["below"])
    return f"CASE WHEN {rate} IS NULL THEN ''{steps} ELSE '{last}' END"


def _renderer(qgis: ET.Element, style: str, columns: Sequence[str], *, points: bool, lang: Language) -> None:
    rows = [row for row in read_rows("qgis_symbols.csv") if row["style"] == style]
    renderer = ET.SubElement(
        qgis, "renderer-v2", type="categorizedSymbol", attr=_attribute(style, columns, rows)
    )
    categories, symbols = ET.SubElement(renderer, "categories"), ET.SubElement(renderer, "symbols")
    for place, row in enumerate(rows):
        told = {"value": row["key"], "symbol": str(place), "label": _class_label(row, lang)}
        ET.SubElement(categories, "category", told, render="true", type="string")
        kind = "marker" if points else "fill"
        symbol = ET.SubElement(symbols, "symbol", type=kind, name=str(place), alpha="1")
        if points:
            _drawing(symbol, "SimpleMarker", row, {"name": row["sign"], "size": "3"})
            continue
        _drawing(symbol, "SimpleFill", row, {"style": row["pattern"]})
        middle = ET.SubElement(symbol, "layer", {"class": "CentroidFill", "enabled": "1", "pass": "0"})
        sign = ET.SubElement(middle, "symbol", type="marker", name=f"@{place}@1", alpha="1")
        _far_only(_drawing(sign, "SimpleMarker", row, {"name": row["sign"], "size": "2.2"}))


def _drawing(symbol: ET.Element, drawn: str, row: dict[str, str], shape: dict[str, str]) -> ET.Element:
    layer = ET.SubElement(symbol, "layer", {"class": drawn, "enabled": "1", "pass": "0", "locked": "0"})
    line = {"outline_style": row["line"], "outline_width": row["width"], "outline_width_unit": "MM"}
    for key, value in ({"color": row["colour"], "outline_color": "0,0,0,255"} | line | shape).items():
        ET.SubElement(layer, "prop", k=key, v=value)
    return layer


def _far_only(layer: ET.Element) -> None:
    """Let a sign stand for an outline that is too small to be told apart, and go when it is not."""
    told = ET.SubElement(ET.SubElement(layer, "data_defined_properties"), "Option", type="Map")
    ET.SubElement(told, "Option", type="QString", name="name", value="")
    size = ET.SubElement(ET.SubElement(told, "Option", type="Map", name="properties"), "Option", type="Map")
    size.set("name", "size")
    ET.SubElement(size, "Option", type="bool", name="active", value="true")
    ET.SubElement(size, "Option", type="QString", name="expression", value=_FAR)
    ET.SubElement(size, "Option", type="int", name="type", value="3")
    ET.SubElement(told, "Option", type="QString", name="type", value="collection")


def _class_label(row: dict[str, str], lang: Language) -> str:
    if not row["key"]:
        return _say("unknown", lang)
    return _say(f"{row['style']}.{row['key']}", lang) if row["style"] == "fill_rate" else _word(row, lang)


def _word(row: dict[str, str], lang: Language) -> str:
    rows = (r for r in read_rows("choice_labels.csv") if (r["set"], r["key"]) == (row["style"], row["key"]))
    return next(r[lang] for r in rows)


def _labels(qgis: ET.Element, *, points: bool) -> None:
    """Put each cluster's name over it, with a white edge, where there is room."""
    qgis.set("labelsEnabled", "1")
    settings = ET.SubElement(ET.SubElement(qgis, "labeling", type="simple"), "settings", calloutType="simple")
    text = ET.SubElement(
        settings, "text-style", fieldName="name", fontSize="8", textColor="0,0,0,255", isExpression="0"
    )
    ET.SubElement(
        text, "text-buffer", bufferDraw="1", bufferSize="0.8", bufferColor="255,255,255,255", bufferNoFill="1"
    )
    # QgsPalLayerSettings: 6 is in order of preference around a point, 0 around a middle.
    ET.SubElement(settings, "placement", placement="6" if points else "0", dist="1.5", distUnits="MM")
    ET.SubElement(settings, "rendering", drawLabels="1", obstacle="0", fontMinPixelSize="3")


# Fields


def _fields(qgis: ET.Element, columns: Sequence[str], lang: Language, units: UnitsLayer | None) -> None:
    configuration, aliases = ET.SubElement(qgis, "fieldConfiguration"), ET.SubElement(qgis, "aliases")
    for place, name in enumerate(columns):
        ET.SubElement(aliases, "alias", field=name, index=str(place), name=_alias(name, lang))
        if units is not None and name in units.columns:
            _unit_list(configuration, name, units)
        elif choices := _choices(name, lang):
            _value_map(configuration, name, {_say("unknown", lang): _NULL, **choices})


def _alias(name: str, lang: Language) -> str:
    """Return what a person reads for a column, with its unit; "" for one that nobody declared."""
    if name in _KNOWN:
        unit = _unit(_KNOWN[name], lang)
        text = label(name, lang)
        return text if unit in ("", "ha") else f"{text} ({unit})"
    if is_companion(name):
        what = next(what for what in COMPANIONS if name.endswith(f"_{what}"))
        figure = name.removesuffix(f"_{what}")
        told = label("geometry" if figure == "boundary" else figure, lang)
        return _say(f"companion.{what}", lang, figure=told)
    key = f"column.{name}"
    return _say(key, lang) if key in catalogue("qgis") else ""


def _unit(one: Column, lang: Language) -> str:
    if one.unit in ("", "ha"):
        return one.unit
    key = f"unit.{one.unit}"
    told = next((words[key] for words in map(catalogue, ("qgis", "map")) if key in words), None)
    return "" if told is None else told.text(lang)


def _choices(name: str, lang: Language) -> dict[str, str]:
    """Return the words of a column's choices, each with the value that it stands for."""
    if name in _KNOWN and _KNOWN[name].kind == "flag":
        yes_no = speaker("template")
        return {yes_no("yes", lang): "true", yes_no("no", lang): "false"}
    is_basis = is_companion(name) and name.endswith("_basis")
    chosen = tuple(BASES) if is_basis else _KNOWN[name].choices if name in _KNOWN else ()
    style = "basis" if is_basis else name
    return {_word({"style": style, "key": choice}, lang): choice for choice in chosen}


def _options(configuration: ET.Element, name: str, kind: str) -> ET.Element:
    """Return where the options of a column's widget are put."""
    field = ET.SubElement(configuration, "field", name=name)
    config = ET.SubElement(ET.SubElement(field, "editWidget", type=kind), "config")
    return ET.SubElement(config, "Option", type="Map")


def _unit_list(configuration: ET.Element, name: str, units: UnitsLayer) -> None:
    # Without an identifier, whatever it is, QGIS does not look for the layer by its source.
    told = {"Layer": units.name, "LayerName": units.name, "LayerSource": units.source}
    told |= {"LayerProviderName": units.provider, "Key": "name", "Value": "name"}
    told["FilterExpression"] = units.columns[name]
    options = _options(configuration, name, "ValueRelation")
    for option, value in told.items():
        ET.SubElement(options, "Option", type="QString", name=option, value=value)
    for option in ("AllowNull", "OrderByValue"):
        ET.SubElement(options, "Option", type="bool", name=option, value="true")


def _value_map(configuration: ET.Element, name: str, values: dict[str, str]) -> None:
    options = _options(configuration, name, "ValueMap")
    listed = ET.SubElement(options, "Option", type="List", name="map")
    for word, value in values.items():
        entry = ET.SubElement(listed, "Option", type="Map")
        ET.SubElement(entry, "Option", type="QString", name=word, value=value)


def _constraints(qgis: ET.Element, columns: Sequence[str], lang: Language) -> None:
    """Let the form refuse what the schema refuses, and say in which unit a figure is."""
    kinds, expressions = ET.SubElement(qgis, "constraints"), ET.SubElement(qgis, "constraintExpressions")
    for one in (_KNOWN[name] for name in columns if name in _KNOWN):
        bounded = one.minimum is not None
        kind = one.required * _NOT_NULL + (one.name == "cluster_id") * _UNIQUE + bounded * _EXPRESSION
        strong = {
            f"{part}_strength": _HARD if kind & bit else "0"
            for part, bit in (("notnull", _NOT_NULL), ("unique", _UNIQUE), ("exp", _EXPRESSION))
        }
        if kind:
            ET.SubElement(kinds, "constraint", strong, field=one.name, constraints=str(kind))
        if bounded:
            ET.SubElement(expressions, "constraint", field=one.name, exp=_within(one), desc=_range(one, lang))


def _within(one: Column) -> str:
    most = "" if one.maximum is None else f' AND "{one.name}" <= {one.maximum:g}'
    return f'"{one.name}" IS NULL OR "{one.name}" >= {one.minimum:g}{most}'


def _range(one: Column, lang: Language) -> str:
    told = {"least": one.minimum, "unit": _unit(one, lang) or label(one.name, lang)}
    if one.maximum is None:
        return _say("range.least", lang, **told)
    return _say("range.between", lang, most=one.maximum, **told)


# Form


def _form(qgis: ET.Element, columns: Sequence[str], lang: Language) -> None:
    """Put columns on tabs by topic, each figure followed by where it comes from, own columns on the last."""
    ET.SubElement(qgis, "editorlayout").text = "tablayout"
    form = ET.SubElement(qgis, "attributeEditorForm")
    home = {row["column"]: row["group"] for row in read_rows("qgis_form.csv")}
    order = {
        name: group
        for known, group in home.items()
        for name in (known, *(f"{known}_{what}" for what in COMPANIONS))
    }
    order |= home | _COMPUTED
    known = [name for name in order if name in columns]
    own = [name for name in columns if name not in order]
    for group in (*dict.fromkeys(home.values()), "own"):
        names = [name for name in known if order[name] == group] if group != "own" else own
        if not names:
            continue
        tab = ET.SubElement(form, "attributeEditorContainer", name=_say(f"group.{group}", lang))
        tab.attrib |= {"groupBox": "0", "columnCount": "1", "showLabel": "1"}
        for name in names:
            place = str(list(columns).index(name))
            ET.SubElement(tab, "attributeEditorField", name=name, index=place, showLabel="1")


def _relations(qgis: ET.Element, units: UnitsLayer, lang: Language) -> None:
    """Tie clusters to their units, so that QGIS shows from a unit its clusters."""
    layers = ET.SubElement(qgis, "referencedLayers")
    for column in units.columns:
        relation = ET.SubElement(layers, "relation", id=f"clusters_geo_{column}", name=_say("relation", lang))
        relation.attrib |= {
            "strength": "Association",
            "layerId": units.name,
            "layerName": units.name,
            "dataSource": units.source,
            "providerKey": units.provider,
        }
        ET.SubElement(relation, "fieldRef", referencingField=column, referencedField="name")
