"""A register that is spread over the layers of one file, as Google Earth keeps it: a folder a district."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import pandas as pd

from clusters_geo.names import name_key
from clusters_geo.reading.choices import status_of
from clusters_geo.reading.gdal import MOST_LAYERS
from clusters_geo.reading.handed import district_of_name
from clusters_geo.units.model import level_named

if TYPE_CHECKING:
    from clusters_geo.reading.files import Raw
    from clusters_geo.reading.gdal import Layer
    from clusters_geo.reading.notes import LoadReport

__all__ = ["are_alike", "are_of_one_register", "joined"]

_LAYER, _NAME = "layer", "name"


def are_alike(layers: list[Layer]) -> bool:
    """Return whether layers have the same columns, so that they may be parts of one table.

    Examples
    --------
    >>> from clusters_geo.reading.gdal import Layer
    >>> are_alike([Layer(n, "Point", None, ("Name",), 1) for n in ("Diễn Châu", "Quỳnh Lưu")])
    True
    """
    return len(layers) <= MOST_LAYERS and all(set(a.fields) == set(b.fields) for a, b in pairwise(layers))


def are_of_one_register(tables: list[pd.DataFrame]) -> bool:
    """Return whether layers hold clusters by their names, each in one of them only.

    One that stands in two is drawn twice, or as it was on two days: only their owner can choose.

    Examples
    --------
    >>> import pandas as pd
    >>> a, b, c = (pd.DataFrame({"Name": [n]}) for n in ("CCN Diễn Hồng", "Diễn Hồng", "Xã Minh Châu"))
    >>> are_of_one_register([a, b]), are_of_one_register([a, c]), are_of_one_register([a, a[:0]])
    (False, False, True)
    """
    keys: set[str] = set()
    for table in tables:
        names = _names_of(table)
        own = {name_key(name) for name in names}
        of_units = sum(level_named(name) is not None for name in names)
        if own & keys or of_units * 2 > len(names) or (len(table) and not names):
            return False
        keys |= own
    return True


def _names_of(table: pd.DataFrame) -> list[str]:
    column = next((n for n in table if str(n).casefold() == _NAME), None)
    return [] if column is None else [str(name) for name in table[column].dropna()]


def joined(parts: list[tuple[Layer, Raw]], report: LoadReport) -> Raw:
    """Return layers as one table, in the system of the first, with a column that says which each row is of.

    Parameters
    ----------
    parts
        Each layer, and what was read of it.
    report
        Receives which were joined, and what their names say of the clusters in them.
    """
    import geopandas as gpd

    first = next((raw.crs for _, raw in parts if raw.crs is not None), None)
    said = {layer.name: _said_by(layer.name) for layer, _ in parts}
    tables, handed = [], []
    for layer, raw in parts:
        shapes = gpd.GeoSeries(raw.table["geometry"])
        if raw.crs is not None:
            shapes = shapes.set_crs(raw.crs, allow_override=True).to_crs(first)
        own = {_LAYER: layer.name} if _LAYER not in raw.table else {}
        tables.append(raw.table.assign(geometry=shapes.to_numpy(), **own))
        handed += [said[layer.name]] * len(raw.table)
    table = pd.concat([t for t in tables if len(t)] or tables[:1], ignore_index=True)
    report.layer, report.rows = ", ".join(said), len(table)
    report.note("file.layers-joined", count=len(parts), layers=[*said])
    for column in ("status", "district"):
        readings = [
            {"say": "reading", "text": name, "value": told[column]}
            for name, told in said.items()
            if column in told
        ]
        if readings:
            report.note("file.layers-give", column=column, readings=readings)
    given = pd.DataFrame(handed, columns=["status", "district"], index=table.index, dtype="object")
    return replace(parts[0][1], table=table, crs=first, handed=given)


def _said_by(name: str) -> dict[str, str]:
    found = {"status": status_of(name).status, "district": district_of_name(name, among_others=True)}
    return {column: value for column, value in found.items() if value}
