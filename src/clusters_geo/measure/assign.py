"""The district each cluster lies in, compared with the one it was declared in."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from clusters_geo.area import area_ha
from clusters_geo.crs import HANOI_CRS, require_crs
from clusters_geo.names import match_names

__all__ = ["assign_districts"]

# A shared border alone is not a part; 1 m² is less than any survey can tell.
_NOT_A_PART_HA = 0.0001


def assign_districts(clusters: gpd.GeoDataFrame, districts: gpd.GeoDataFrame) -> pd.DataFrame:
    """Assign each cluster to the district that holds the largest part of it.

    Parameters
    ----------
    clusters
        Polygons indexed by `cluster_id`, with `district` where one was declared.
    districts
        Polygons indexed by `district_code`, with `name`; in any coordinate system.

    Returns
    -------
    Table on the index of `clusters`:

    - `district_code`, `district`: by geometry; missing where a cluster touches no district;
    - `share`: the part of the cluster's area in it, 0–1; `districts`: how many districts it lies in;
    - `declared`, `declared_as`: the declared name, and the district it matches after Vietnamese folding;
    - `agrees`: whether the two are the same; missing where either is.

    Where two districts hold equal parts, the one with the lower code is taken.

    Raises
    ------
    CRSError
        If either layer does not say in which coordinate system it is.

    Examples
    --------
    >>> import clusters_geo as cg
    >>> clusters, districts = cg.load_hanoi()
    >>> assigned = cg.assign_districts(clusters, districts)
    >>> bool(assigned["agrees"].all()), int(assigned["districts"].max())
    (True, 1)
    """
    require_crs(clusters, "clusters")
    require_crs(districts, "districts")
    # Parts and wholes on one datum: the same lot is 9 ppm smaller or larger on another.
    shapes, holders = clusters.geometry.to_crs(HANOI_CRS), districts.geometry.to_crs(HANOI_CRS)
    parts = _parts(shapes, holders)
    total = area_ha(shapes)
    best = parts.sort_values(["ha", "district_code"], ascending=[False, True], kind="stable")
    best = best.drop_duplicates("row").set_index("row").reindex(range(len(clusters)))
    best.index = clusters.index
    code = best["district_code"].astype("string")
    table = pd.DataFrame(
        {
            "district_code": code,
            "district": code.map(districts["name"]).astype("string"),
            "share": (best["ha"] / total).clip(upper=1.0),
            "districts": np.bincount(parts["row"], minlength=len(clusters)),
        },
        index=clusters.index,
    )
    if "district" in clusters:
        table["declared"] = clusters["district"].astype("string")
        table["declared_as"] = match_names(table["declared"], districts["name"])["match"]
        table["agrees"] = (table["declared_as"] == table["district"]).astype("boolean")
    return table


def _parts(shapes: gpd.GeoSeries, holders: gpd.GeoSeries) -> pd.DataFrame:
    """Return the hectares of each piece that a cluster has in a district: row, district_code, ha."""
    row, holder = holders.sindex.query(shapes, predicate="intersects")
    pieces = gpd.GeoSeries(shapely.intersection(shapes.array[row], holders.array[holder]), crs=HANOI_CRS)
    codes = holders.index.to_numpy()[holder]
    table = pd.DataFrame({"row": row, "district_code": codes, "ha": area_ha(pieces)})
    return table[table["ha"] > _NOT_A_PART_HA]
