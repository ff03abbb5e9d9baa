"""Layers that a user added with Folium itself, as data for the offline page.

Folium writes names, popups and tooltips into the page as markup and script. Offline they travel as data like
everything else and are shown as text, so that the page's policy stays in force. What cannot be told in data,
such as a plugin with its own script, is refused by name.
"""

from __future__ import annotations

from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import folium
from branca.element import Element, Html
from folium.map import Popup, Tooltip
from folium.vector_layers import path_options

from clusters_geo.errors import SchemaError
from clusters_geo.maps.plain import plain_number, plain_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clusters_geo.maps.plain import JSON

__all__ = ["stock_layers"]

_SHAPES = {
    folium.Circle: "circle",
    folium.CircleMarker: "circle_marker",
    folium.Marker: "marker",
    folium.PolyLine: "polyline",
    folium.Polygon: "polygon",
    folium.Rectangle: "polygon",
}
_IGNORED = (folium.LayerControl, folium.FitBounds)
_STYLE = ("color", "weight", "opacity", "fill", "fillColor", "fillOpacity", "dashArray", "radius")


def stock_layers(m: folium.Map) -> list[JSON]:
    """Return the Folium layers on a map, beside our own, as data.

    Markers, circles, lines, polygons, rectangles, GeoJSON and feature groups of them are taken, with the
    text of their popups and tooltips; a layer control and a fit to bounds are not needed, since the page has
    both.

    Raises
    ------
    SchemaError
        If there is another kind of layer.
    """
    own = ("clusters",)
    found = [child for name, child in m._children.items() if name not in own]  # noqa: SLF001 - no public way
    return [_layer(child) for child in found if not isinstance(child, _IGNORED)]


def _layer(child: Element) -> dict[str, JSON]:
    grouped = isinstance(child, folium.FeatureGroup)
    members = list(_children(child)) if grouped else [child]
    return {
        "name": plain_text(getattr(child, "layer_name", "") or type(child).__name__),
        "show": bool(getattr(child, "show", True)),
        "items": [_item(member) for member in members],
    }


def _children(element: Element) -> Iterator[Element]:
    yield from element._children.values()  # noqa: SLF001 - no public way


def _item(element: Element) -> dict[str, JSON]:
    if isinstance(element, folium.GeoJson):
        return {"kind": "geojson", "features": [_feature(element, f) for f in element.data["features"]]}
    kind = _SHAPES.get(type(element))
    if kind is None:
        raise SchemaError("map.no-offline", kind=type(element).__name__)
    item: dict[str, JSON] = {"kind": kind, "options": _style(element)}
    where = "at" if kind in ("marker", "circle", "circle_marker") else "points"
    item[where] = _rounded(getattr(element, "locations" if where == "points" else "location"))
    for child in _children(element):
        if isinstance(child, Tooltip):
            item["tooltip"] = _text_of(child.text)
        elif isinstance(child, Popup):
            item["popup"] = " ".join(_popup_texts(child))
    return item


def _feature(layer: folium.GeoJson, feature: dict[str, Any]) -> dict[str, JSON]:
    """Return a feature with its shape, the style that Folium would give it, and its texts."""
    shape = feature.get("geometry") or {"type": "GeometryCollection", "geometries": []}
    styled = getattr(layer, "style_function", None)
    properties: dict[str, JSON] = {"style": _chosen(styled(feature) or {}) if styled else {}}
    for child in _children(layer):
        if isinstance(child, folium.GeoJsonTooltip):
            properties["tooltip"] = _fields_of(child, feature)
        elif isinstance(child, folium.GeoJsonPopup):
            properties["popup"] = _fields_of(child, feature)
    return {"type": "Feature", "geometry": _geometry(shape), "properties": properties}


def _geometry(shape: dict[str, Any]) -> dict[str, JSON]:
    if shape["type"] == "GeometryCollection":
        return {"type": "GeometryCollection", "geometries": [_geometry(s) for s in shape["geometries"]]}
    return {"type": plain_text(shape["type"]), "coordinates": _rounded(shape["coordinates"])}


def _fields_of(described: folium.GeoJsonTooltip | folium.GeoJsonPopup, feature: dict[str, Any]) -> str:
    cells = feature.get("properties") or {}
    names = zip(described.aliases or described.fields, described.fields, strict=True)
    lines = [(alias if described.labels else None, cells.get(field)) for alias, field in names]
    return "\n".join(": ".join(plain_text(p) for p in line if p is not None) for line in lines)


def _rounded(place: object) -> JSON:
    if isinstance(place, list | tuple):
        return [_rounded(part) for part in place]
    return plain_number(float(str(place)), 6)


def _style(element: Element) -> dict[str, JSON]:
    return _chosen(getattr(element, "options", None) or path_options())


def _chosen(options: dict[str, Any]) -> dict[str, JSON]:
    chosen = {name: options.get(name) for name in _STYLE if options.get(name) is not None}
    return {n: plain_text(v) if isinstance(v, str) else v for n, v in chosen.items()}


def _popup_texts(popup: Popup) -> Iterator[str]:
    for part in _children(popup.html):
        yield _text_of(part.data) if isinstance(part, Html) else type(part).__name__


class _TextOnly(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


def _text_of(markup: object) -> str:
    """Return what a reader would see of markup."""
    parser = _TextOnly()
    parser.feed(str(markup))
    parser.close()
    return plain_text(" ".join("".join(parser.parts).split()))
