"""The offline page: one HTML file with Leaflet, our script, our style and the data, under a strict policy.

The policy (Content-Security-Policy) names the hash of each script and style in the file, so that nothing else
runs, whatever stands in the data. It allows no address but, where the map has a background, its tiles.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from functools import cache
from html import escape
from importlib import import_module, metadata, resources
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from jinja2 import Environment, Template

from clusters_geo import __version__
from clusters_geo.errors import EngineError, SchemaError
from clusters_geo.maps.plain import escaped_json, plain_text
from clusters_geo.measure.rates import RATES
from clusters_geo.words import LANGUAGES, speaker

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clusters_geo.maps.plain import JSON
    from clusters_geo.words import Language

__all__ = ["background", "leaflet_script", "leaflet_style", "offline_page", "own_scripts", "own_style"]

# In this order: each uses only what stands before it.
_SCRIPTS = (
    "dom.js",
    "words.js",
    "late.js",
    "geometry.js",
    "symbols.js",
    "model.js",
    "card.js",
    "districts.js",
    "clusters.js",
    "context.js",
    "labels.js",
    "legend.js",
    "charts.js",
    "panel.js",
    "tools.js",
    "permalink.js",
    "sheet.js",
    "stock.js",
    "start.js",
)
_STYLES = ("theme.css", "page.css", "map.css", "print.css")

_TEMPLATE = """<!DOCTYPE html>
<html lang="{{ lang }}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{{ policy }}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="clusters-geo {{ version }}">
<meta name="referrer" content="strict-origin-when-cross-origin">
<title>{{ title }}</title>
{% for style in styles %}<style>{{ style | safe }}</style>
{% endfor %}</head>
<body>
<noscript>{{ noscript | safe }}</noscript>
<div id="map"></div>
<script type="application/json" id="cg-data">{{ data | safe }}</script>
<script type="text/plain" id="cg-late">{{ late }}</script>
{% for script in scripts %}<script>{{ script | safe }}</script>
{% endfor %}</body>
</html>
"""


def offline_page(data: Mapping[str, JSON], *, lang: Language, title: str, noscript: str = "") -> str:
    """Return the whole file.

    Parameters
    ----------
    data
        What the scripts in `maps/web/` read: content of the map, its settings, tiles.
    lang, title
        Language and title of the document.
    noscript
        Markup for where no script runs; empty for a sentence that says so.
    """
    now, late = _parted(data, lang)
    styles = [leaflet_style(), own_style()]
    scripts = [_asset("trust.js"), leaflet_script(), own_scripts(), _asset("offline.js")]
    return _template().render(
        lang=lang,
        title=title,
        version=__version__,
        policy=_policy(scripts, styles, data.get("tiles")),
        styles=styles,
        scripts=scripts,
        data=escaped_json(now),
        late=late,
        noscript=noscript or escape(speaker("map")("noscript", lang)),
    )


@cache
def _template() -> Template:
    return Environment(autoescape=True, keep_trailing_newline=True).from_string(_TEMPLATE)


# Symbols, names, table and search need these fields, and where they are no facts; all else stands on cards.
_FIRST = ("name", "name_en", "status", "commune", "planned_ha", "built_ha", *RATES)
_FIRST_OF_FIELD = ("name", "label", "kind", "unit", "values", "estimated")
_LATE_PARTS = ("also", "context", "findings", "sources", "link", "unitTotals", "adds")


def _parted(data: Mapping[str, JSON], lang: Language) -> tuple[dict[str, JSON], str]:
    """Return what the first view needs, and the rest packed: compressed, in letters."""
    now = dict(data)
    rest: dict[str, JSON] = {name: now.pop(name) for name in _LATE_PARTS if name in now}
    if isinstance(texts := now.get("texts"), dict):
        now["texts"], rest["texts"] = _parted_texts(texts, LANGUAGES.index(lang))
    if isinstance(clusters := now.get("clusters"), dict):
        rest["origins"] = clusters["origins"]
        first, rest["fields"] = _parted_fields(clusters["fields"], _measured(data))
        now["clusters"] = clusters | {"origins": [], "fields": first}
    packed = zlib.compress(json.dumps(rest, ensure_ascii=False, separators=(",", ":")).encode(), 9)
    return now, base64.b64encode(packed).decode()


def _parted_texts(texts: dict[str, JSON], own: int) -> tuple[dict[str, JSON], dict[str, JSON]]:
    """Return texts in one language, and in the others, each in the place that it has among the languages."""
    both = {key: [*said] if isinstance(said, (list, tuple)) else [] for key, said in texts.items()}
    first: dict[str, JSON] = {k: [t if i == own else None for i, t in enumerate(s)] for k, s in both.items()}
    return first, {k: [None if i == own else t for i, t in enumerate(s)] for k, s in both.items()}


def _measured(data: Mapping[str, JSON]) -> set[JSON]:
    """Return the fields that symbols of clusters are filled by."""
    measures = data.get("measures")
    return {m["field"] for m in measures if isinstance(m, dict)} if isinstance(measures, list) else set()


def _parted_fields(fields: list[dict[str, JSON]], measured: set[JSON]) -> tuple[list[JSON], list[JSON]]:
    """Return of each field what the first view needs, and what is told of it on cards only."""
    first: list[JSON] = []
    last: list[JSON] = []
    for field in fields:
        kept = _FIRST_OF_FIELD if field["name"] in measured.union(_FIRST) else ("name",)
        first.append({part: field[part] for part in kept})
        last.append({part: told for part, told in field.items() if part not in kept})
    return first, last


def _policy(scripts: list[str], styles: list[str], tiles: JSON) -> str:
    images = "data: blob:"
    if isinstance(tiles, dict):
        images += "".join(f" {host}" for host in tiles["hosts"])
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src {_hashes(scripts)}",
            f"style-src {_hashes(styles)}",
            f"img-src {images}",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types default",
        ]
    )


def _hashes(texts: list[str]) -> str:
    digests = (hashlib.sha256(text.encode()).digest() for text in texts)
    return " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)


@cache
def own_scripts() -> str:
    """Return our scripts, joined."""
    return "\n".join(['"use strict";', *(_asset(name) for name in _SCRIPTS)])


@cache
def own_style() -> str:
    """Return our styles, joined."""
    return "\n".join(_asset(name) for name in _STYLES)


@cache
def leaflet_script() -> str:
    """Return Leaflet, without the link to its source map.

    Raises
    ------
    EngineError
        If the package XStatic-Leaflet is not installed.
    """
    return re.sub(r"\n//# sourceMappingURL=\S+", "", _leaflet("leaflet.js"))


@cache
def leaflet_style() -> str:
    """Return Leaflet's style, without the images it would ask for; we draw our own.

    Raises
    ------
    EngineError
        If the package XStatic-Leaflet is not installed.
    """
    return _tight(re.sub(r"(?<![\w-])[\w-]+:\s*url\([^)]*\);?", "", _leaflet("leaflet.css")))


def _leaflet(name: str) -> str:
    try:
        found = [f for f in metadata.files("XStatic-Leaflet") or [] if f.name == name]
    except metadata.PackageNotFoundError:
        found = []
    if not found:
        raise EngineError("map.no-leaflet", file=name)
    return found[0].read_text(encoding="utf-8").replace("\r\n", "\n")


@cache
def _asset(name: str) -> str:
    text = (resources.files("clusters_geo.maps") / "web" / name).read_text(encoding="utf-8")
    if name.endswith(".css"):
        return _tight(text)
    # Indentation and comments are a fifth of our text and mean nothing to a browser; no text spans lines.
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("// "))


def _tight(style: str) -> str:
    """Return a style without comments and spaces that say nothing; one before a colon does (`a :hover`)."""
    style = re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL)
    return re.sub(r"(?<!\s)\s*+([{};,])\s*+|(?<=:)[ \t]++", r"\1", style).replace(";}", "}").strip()


_HOST = re.compile(r"(\*\.)?[\w.-]+(:\d+)?", re.ASCII)


def background(tiles: str, attribution: str | None) -> dict[str, JSON]:
    """Return address, attribution and hosts of a tile background.

    Raises
    ------
    SchemaError
        If the name is unknown, or the address is not https or comes without an attribution.
    """
    url, credit, subdomains, zoom = (tiles, None, "abc", 19) if "{" in tiles else _provider(tiles)
    credit = attribution or credit
    parts = urlsplit(url.replace("{s}", "*"))
    if parts.scheme != "https" or not _HOST.fullmatch(parts.netloc) or not credit:
        raise SchemaError("map.background", url=url)
    return {
        "url": url,
        "attribution": plain_text(credit),
        "hosts": [f"https://{parts.netloc}"],
        # Of a provider that is known, pictures may be looked at: a refusal may be a picture too.
        "readable": "{" not in tiles,
        "subdomains": list(subdomains),
        "maxZoom": zoom,
    }


def _provider(name: str) -> tuple[str, str | None, str, int]:
    providers = import_module("xyzservices").providers
    try:
        found = providers.query_name(name)
    except ValueError as error:
        raise SchemaError("map.no-background", name=name) from error
    if found.requires_token():
        raise SchemaError("map.background-key", name=name)
    return (
        found.build_url(),
        found.attribution,
        found.get("subdomains", "abc"),
        int(found.get("max_zoom", 19)),
    )
