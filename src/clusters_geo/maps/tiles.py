"""Background tiles: which server, whose they are, and which address the page may therefore ask."""

from __future__ import annotations

import re
from importlib import import_module
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from clusters_geo.errors import SchemaError
from clusters_geo.maps.plain import plain_text

if TYPE_CHECKING:
    from clusters_geo.maps.plain import JSON

__all__ = ["background"]

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
        msg = f"The background {url!r} needs an https address, and attribution= to say whose it is."
        raise SchemaError(msg)
    return {
        "url": url,
        "attribution": plain_text(credit),
        "hosts": [f"https://{parts.netloc}"],
        "subdomains": list(subdomains),
        "maxZoom": zoom,
    }


def _provider(name: str) -> tuple[str, str | None, str, int]:
    providers = import_module("xyzservices").providers
    try:
        found = providers.query_name(name)
    except ValueError as error:
        msg = (
            f"{name!r} is not a background that xyzservices knows; give an address with {{z}}, {{x}}, {{y}}."
        )
        raise SchemaError(msg) from error
    if found.requires_token():
        msg = f"{name!r} needs a key of your own; give its address with the key in it instead."
        raise SchemaError(msg)
    return (
        found.build_url(),
        found.attribution,
        found.get("subdomains", "abc"),
        int(found.get("max_zoom", 19)),
    )
