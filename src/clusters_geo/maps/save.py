"""The offline file of a map."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clusters_geo.errors import SchemaError
from clusters_geo.maps.city import ClusterMap
from clusters_geo.maps.page import offline_page
from clusters_geo.maps.stock import stock_layers
from clusters_geo.report.writing import write_text

if TYPE_CHECKING:
    import os
    from pathlib import Path

    import folium

__all__ = ["map_page", "save_map"]


def save_map(m: folium.Map, path: str | os.PathLike[str]) -> Path:
    """Write a map as one HTML file that makes no request.

    Leaflet, style, data and outlines are in the file. A policy in it lets nothing else run, whatever stands
    in a name. Folium layers that were added come along as data; see `stock_layers` for which.

    Parameters
    ----------
    m
        What `make_map` returned.
    path
        Where to; missing folders are made, an older file is replaced as a whole.

    Returns
    -------
    Where the file is.

    Raises
    ------
    SchemaError
        If the map is not from `make_map`, or has a layer that cannot go offline.
    SourceError
        If the file cannot be written.

    Examples
    --------
    >>> import clusters_geo as cg
    >>> clusters, districts = cg.load_hanoi()
    >>> written = cg.save_map(cg.make_map(clusters, districts), tmp / "hanoi.html")
    >>> "https://cdn" in written.read_text(encoding="utf-8")
    False
    """
    return write_text(path, map_page(m))


def map_page(m: folium.Map) -> str:
    """Return the offline file of a map as text.

    Raises
    ------
    SchemaError
        As `save_map`.
    """
    if not isinstance(m, ClusterMap):
        msg = f"save_map needs a map that make_map returned, not a {type(m).__name__}; use its own save()."
        raise SchemaError(msg)
    return offline_page(m.data | {"stock": stock_layers(m)}, lang=m.lang, title=m.title)
