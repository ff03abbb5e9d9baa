"""Which cluster a row is: its id, or one made from its name; and shapes joined to a register by either."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from clusters_geo.errors import SchemaError
from clusters_geo.names import match_names, name_key, slug, strip_accents

if TYPE_CHECKING:
    import geopandas as gpd

    from clusters_geo.reading.notes import LoadReport

__all__ = ["identified", "is_blank", "with_shapes"]


def identified(table: gpd.GeoDataFrame, report: LoadReport) -> gpd.GeoDataFrame:
    """Return a table with ids; without any in the file they are made from the name, and where it lies."""
    if "name" not in table or ("cluster_id" in table and not is_blank(table["cluster_id"])):
        return table
    names = _ids_from_names(table["name"])
    # Since July 2025 a register may name communes only; before, a name is told apart by its district first.
    for unit in ("district", "commune"):
        if unit in table:
            repeated = names.duplicated(keep=False)
            prefixed = (_ids_from_names(table[unit]).fillna("") + "-" + names).str.strip("-")
            names = names.where(~repeated, prefixed)
    # "An Đức" and "Thị trấn An Đức" are two: then the whole name tells them apart.
    alike = names.duplicated(keep=False)
    whole = table["name"].astype("string").map(_whole_slug, na_action="ignore")
    names = names.mask(alike & (whole != names), whole)
    report.note("rows.ids")
    return table.assign(cluster_id=names)


def _whole_slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", strip_accents(name)).strip("-")


def _ids_from_names(names: pd.Series) -> pd.Series:
    # A name in letters that have no plain form still tells its row.
    made = [
        slug(name) or f"row-{at}" if isinstance(name, str) and name.strip() else None
        for at, name in enumerate(names, start=1)
    ]
    return pd.Series(made, index=names.index, dtype="string")


def is_blank(values: pd.Series) -> bool:
    """Return whether a column says nothing in any row."""
    # KML has a place for an id in every feature, which most leave empty.
    return not (values.astype("string").str.strip().fillna("") != "").any()


def with_shapes(
    table: gpd.GeoDataFrame, shapes: gpd.GeoDataFrame, shapes_report: LoadReport, report: LoadReport
) -> gpd.GeoDataFrame:
    """Return a register with the shapes of another layer, joined by id if it has ids, otherwise by name.

    Parameters
    ----------
    table, report
        The register, and who is told how many rows were joined and which were not.
    shapes, shapes_report
        The layer, and what was noted of it.

    Raises
    ------
    SchemaError
        If there is nothing to join by.
    """
    report.withdraw("shapes.none")
    report.notes += [replace(n, of="boundaries") for n in shapes_report.notes]
    both = "cluster_id" in table and "cluster_id" in shapes
    by_id = both and table["cluster_id"].isin(shapes["cluster_id"]).any()
    key = "cluster_id" if by_id else "name"
    if key not in table or key not in shapes:
        raise SchemaError("boundaries.no-key", path=report.path, headers=shapes_report.left)
    usable = shapes[~_join_key(shapes, key).duplicated(keep=False)]
    candidates = dict(zip(_join_key(usable, key), usable.geometry, strict=True))
    wanted = _join_key(table, key)
    matches = wanted if by_id else match_names(wanted, list(candidates))["match"]
    found = [
        candidates.get(m) if isinstance(m, str) and not twice else None
        for m, twice in zip(matches, wanted.duplicated(keep=False), strict=True)
    ]
    missing = [at + 1 for at, shape in enumerate(found) if shape is None]
    report.note("shapes.boundaries", found=len(found) - len(missing), count=len(found), key=key)
    if missing:
        report.note("shapes.no-boundary", missing)
    report.crs = shapes.crs.name if shapes.crs else ""
    return table.set_geometry(type(shapes.geometry)(found, index=table.index, crs=shapes.crs))


def _join_key(table: gpd.GeoDataFrame, key: str) -> pd.Series:
    values: pd.Series = table[key].astype("string")
    return values.map(name_key, na_action="ignore") if key == "name" else values
