"""What goes along with a map: borders that make a shape a place, and a QR code for paper."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import numpy as np
import shapely

from clusters_geo.crs import MAP_CRS
from clusters_geo.errors import SchemaError
from clusters_geo.maps.plain import plain_number, plain_text
from clusters_geo.maps.topology import DEGREES_PER_STEP, Topology

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from clusters_geo.maps.plain import JSON

__all__ = ["context_lines", "credit", "places_of", "poles", "qr_code"]

# Thin lines for orientation may lie beside their place by a pixel or two.
_TOLERANCE_M = 60.0
# A name is put to a pixel or two: 50 m is less than that on a screen that shows the unit.
_POLE_DEGREES = 5e-4
_POLYGONAL = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)


def context_lines(units: gpd.GeoDataFrame | None) -> dict[str, JSON] | None:
    """Return the borders of units, each once, with their names and whose they are.

    Parameters
    ----------
    units
        Polygons with `name`, and `source` where it is known; None for no layer.

    Examples
    --------
    >>> import clusters_geo as cg
    >>> context = context_lines(cg.load_units("hanoi-communes"))
    >>> len(context["names"])
    126
    """
    if units is None or units.empty:
        return None
    shapes = np.asarray(units.to_crs(MAP_CRS).geometry.array)
    borders = Topology.of(shapes, tolerance_m=_TOLERANCE_M)
    return {
        "step": DEGREES_PER_STEP,
        "arcs": borders.arcs,
        "names": [plain_text(name) for name in units["name"]],
        "at": places_of(poles(shapes)),
        "source": credit(units),
    }


def poles(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return the point of each outline that is farthest from its border, where its name goes; else None.

    Examples
    --------
    >>> [pole, none] = poles(np.array([shapely.box(0, 0, 2, 1), None]))
    >>> pole.y, none
    (0.5, None)
    """
    found = np.full(len(shapes), None, dtype=object)
    sound = shapely.make_valid(shapes)
    drawn = np.isin(shapely.get_type_id(sound), _POLYGONAL) & ~shapely.is_empty(sound)
    circles = shapely.maximum_inscribed_circle(sound[drawn], tolerance=_POLE_DEGREES)
    found[drawn] = shapely.get_point(circles, 0)
    return found


def places_of(points: NDArray[np.object_]) -> list[JSON]:
    """Return points as longitude and latitude; None where there is none.

    Examples
    --------
    >>> places_of(np.array([shapely.Point(105.1234567, 21), None]))
    [[105.12346, 21], None]
    """
    pairs = zip(shapely.get_x(points), shapely.get_y(points), strict=True)
    return [[plain_number(x, 5), plain_number(y, 5)] if np.isfinite(x + y) else None for x, y in pairs]


def credit(units: pd.DataFrame) -> str:
    """Return whose a layer is: the source that most of it has, with the licence where the table tells it.

    Examples
    --------
    >>> import pandas as pd
    >>> credit(pd.DataFrame({"source": ["OpenStreetMap"], "licence": ["ODbL 1.0"]}))
    'OpenStreetMap (ODbL 1.0)'
    """
    source, *licences = (_commonest(units, name) for name in ("source", "licence", "license"))
    licence = next((told for told in licences if told and told not in source), "")
    return f"{source} ({licence})" if source and licence else source or licence


def _commonest(table: pd.DataFrame, name: str) -> str:
    told = table[name].dropna() if name in table else table.index[:0].to_series()
    return "" if told.empty else plain_text(told.value_counts().index[0])


def qr_code(link: str | None) -> dict[str, JSON] | None:
    """Return an address as a QR code: its size in modules, and a path of the dark ones.

    Raises
    ------
    SchemaError
        If it is no https address.

    Examples
    --------
    >>> qr_code("https://example.org/map.html")["size"]
    29
    """
    if link is None:
        return None
    if urlsplit(link).scheme != "https" or not urlsplit(link).netloc:
        raise SchemaError("map.link", link=link)
    import segno

    rows = [bytes(row) for row in segno.make(link, error="m", micro=False).matrix]
    dark = "".join(
        f"M{run.start()} {y}h{len(run[0])}v1h-{len(run[0])}z"
        for y, row in enumerate(rows)
        for run in re.finditer(rb"\x01+", row)
    )
    return {"text": plain_text(link), "size": plain_number(len(rows)), "path": dark}
