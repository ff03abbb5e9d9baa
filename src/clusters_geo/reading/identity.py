"""Which cluster a row is: its id, or one made from its name; and shapes joined to a register by either."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from clusters_geo.errors import SchemaError
from clusters_geo.names import match_names, name_key, slug, strip_accents
from clusters_geo.units.model import level_named, split_type

if TYPE_CHECKING:
    import geopandas as gpd
    from shapely.geometry.base import BaseGeometry

    from clusters_geo.reading.notes import LoadReport

__all__ = ["identified", "in_one", "is_blank", "typed", "with_shapes"]

_OUTLINES = ("Polygon", "MultiPolygon")
_SAME = 0.999  # share of two outlines that is common to them
_JOINED = ["cluster_id", "name", "geometry"]


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


def typed(table: gpd.GeoDataFrame, report: LoadReport) -> gpd.GeoDataFrame:
    """Return units with the type, which stands in many names, in its own column.

    Parameters
    ----------
    table
        Units by their names.
    report
        Receives the rows whose type was told from the name.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from clusters_geo.reading.notes import LoadReport
    >>> units = gpd.GeoDataFrame({"name": ["Xã Thư Lâm"]}, geometry=[None], crs=5897)
    >>> typed(units, LoadReport("a.gpkg"))[["type", "name"]].values.tolist()
    [['Xã', 'Thư Lâm']]
    """
    texts = table["name"].astype("string").fillna("")
    split = [split_type(text) for text in texts]
    kinds = pd.Series([kind or None for kind, _ in split], index=table.index, dtype="string")
    if kinds.isna().all():
        return table
    report.note("units.types", [at + 1 for at, kind in enumerate(kinds.notna()) if kind])
    known = table["type"].astype("string") if "type" in table else kinds
    return table.assign(name=[name or None for _, name in split], type=known.fillna(kinds))


def in_one(parts: list[tuple[gpd.GeoDataFrame, LoadReport]]) -> tuple[gpd.GeoDataFrame, LoadReport] | None:
    """Return the outlines of several layers as one, in the system of the first; None where none has any.

    Parameters
    ----------
    parts
        Each layer and what was noted of it. One whose outlines have no names, or are administrative units by
        their names, is left out, and said: a commune is often called as a cluster in it.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> from clusters_geo.reading.notes import LoadReport
    >>> layers = [
    ...     (
    ...         gpd.GeoDataFrame({"name": [n]}, geometry=[box(0, 0, 9, 9)], crs=5897),
    ...         LoadReport("a.kml", layer=n),
    ...     )
    ...     for n in ("Phùng Xá", "Xã Thư Lâm")
    ... ]
    >>> table, report = in_one(layers)
    >>> table["name"].tolist(), [(n.code, n.values["layers"]) for n in report.notes]
    (['Phùng Xá'], [('file.boundary-layers', ['Phùng Xá']), ('file.boundary-layers-left', ['Xã Thư Lâm'])])
    """
    outlines = [(shapes[shapes.geom_type.isin(_OUTLINES)], report) for shapes, report in parts]
    drawn = [(shapes, report) for shapes, report in outlines if len(shapes)]
    taken = [(shapes, report) for shapes, report in drawn if _names_clusters(shapes)]
    if not taken:
        return None
    whole, report = taken[0][0], replace(taken[0][1])
    tables = [shapes.reindex(columns=_JOINED).to_crs(whole.crs) for shapes, _ in taken]
    table = pd.concat(tables, ignore_index=True)
    table = table[_drawn_once(_join_key(table, "name"), table.geometry)].dropna(axis="columns", how="all")
    notes = {(n.code, repr(n.values), n.rows): n for _, told in taken for n in told.notes}
    report.notes = list(notes.values())
    report.note("file.boundary-layers", count=len(taken), layers=[told.layer for _, told in taken])
    left = [told.layer for _, told in drawn if all(told is not one for _, one in taken)]
    if left:
        report.note("file.boundary-layers-left", count=len(left), layers=left)
    return table, report


def _drawn_once(keys: pd.Series, shapes: gpd.GeoSeries) -> list[bool]:
    """Return which outlines are not those of an earlier row of the same name, one cluster drawn twice."""
    first: dict[object, Any] = {}
    return [
        not isinstance(key, str) or not _is_same(first.setdefault(key, (at, shape)), at, shape)
        for at, (key, shape) in enumerate(zip(keys, shapes, strict=True))
    ]


def _is_same(first: tuple[int, Any], at: int, shape: Any) -> bool:  # noqa: ANN401 - of shapely
    earlier, other = first
    # Of other systems an outline comes back with its last digits changed.
    return earlier != at and shape.intersection(other).area >= _SAME * shape.union(other).area


def _names_clusters(shapes: gpd.GeoDataFrame) -> bool:
    if "name" not in shapes or is_blank(shapes["name"]):
        return "cluster_id" in shapes
    of_units = [level_named(name) is not None for name in shapes["name"].dropna().astype(str)]
    return sum(of_units) * 2 <= len(of_units)


def with_shapes(
    table: gpd.GeoDataFrame, shapes: gpd.GeoDataFrame, shapes_report: LoadReport, report: LoadReport
) -> gpd.GeoDataFrame:
    """Return a register with the shapes of another layer, joined by id if it has ids, otherwise by name.

    A row that the layer has no shape for keeps its own; all are in the layer's system then.

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
    report.withdraw("shapes.none", "shapes.missing")
    report.notes += [replace(n, of="boundaries", rows=shapes_report.lines(n)) for n in shapes_report.notes]
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
    own = table.geometry.to_crs(shapes.crs) if shapes.crs and table.geometry.notna().any() else table.geometry
    final = [kept if shape is None else shape for shape, kept in zip(found, own, strict=True)]
    report.note("shapes.boundaries", found=sum(f is not None for f in found), count=len(found), key=key)
    _note_kept(found, final, report)
    report.crs = shapes.crs.name if shapes.crs else ""
    return table.set_geometry(type(shapes.geometry)(final, index=table.index, crs=shapes.crs))


def _note_kept(
    found: list[BaseGeometry | None], final: list[BaseGeometry | None], report: LoadReport
) -> None:
    """Let the notes of a register's shapes be of those that it has in the end."""
    report.forget("shapes", [at + 1 for at, shape in enumerate(found) if shape is not None])
    kept = [at + 1 for at, shape in enumerate(final) if shape is not None and found[at] is None]
    if kept:
        report.note("shapes.own-kept", kept)
    missing = [at + 1 for at, shape in enumerate(final) if shape is None]
    if missing:
        report.note("shapes.no-boundary", missing)


def _join_key(table: gpd.GeoDataFrame, key: str) -> pd.Series:
    values: pd.Series = table[key].astype("string")
    return values.map(name_key, na_action="ignore") if key == "name" else values
