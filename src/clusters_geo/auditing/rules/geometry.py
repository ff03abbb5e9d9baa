"""Outlines: against the figures, against each other and against the borders of the districts.

A schematic outline was drawn to fit the figures; comparing it with them, or with a border, says nothing.
All rules here but one judge only outlines that are more than a sketch (`boundary_basis`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from clusters_geo.area import area_ha
from clusters_geo.auditing.rule import Hit, hits, rule
from clusters_geo.crs import HANOI_CRS
from clusters_geo.names import name_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from clusters_geo.auditing.register import Register

__all__: list[str] = []


@rule(
    "geometry.invalid",
    "error",
    needs=("geometry",),
)
def invalid(register: Register) -> list[Hit]:
    """Outlines that cross themselves; sketched ones too, for they are drawn and measured alike."""
    shapes = register.shapes
    wrong = shapes.notna() & ~shapely.is_valid(shapes.array)
    reasons = pd.Series(shapely.is_valid_reason(shapes.array), dtype="string").str.partition("[")[0]
    return hits(wrong, "geometry", reasons)


@rule(
    "geometry.area-differs",
    "warning",
    needs=("planned_ha", "surveyed"),
)
def area_differs(register: Register, *, tolerance: float = 0.02) -> list[Hit]:
    """Find outlines whose area is not the planned one."""
    planned, measured = register.figure("planned_ha"), register.outline_ha
    difference = measured / planned.where(planned > 0) - 1
    return hits(difference.abs() > tolerance + 1e-9, "planned_ha", measured, planned, share=difference)


@rule(
    "geometry.overlap",
    "error",
    needs=("surveyed",),
)
def overlap(register: Register, *, tolerance_ha: float = 0.01, same: float = 0.95) -> list[Hit]:
    """Pairs of outlines that share land, once each; nearly equal ones are `duplicate-outline`."""
    ids = register.clusters.index.astype(str)
    return [
        Hit(pair.ha, 0.0, pair.one, "geometry", geometry=pair.piece, details={"other": ids[pair.other]})
        for pair in register.common_land
        if pair.ha > tolerance_ha + 1e-9 and pair.likeness < same
    ]


@rule(
    "geometry.duplicate-outline",
    "error",
    needs=("surveyed",),
)
def duplicate_outline(register: Register, *, same: float = 0.95) -> list[Hit]:
    """Pairs whose common part is nearly all of both (intersection over union)."""
    ids = register.clusters.index.astype(str)
    return [
        Hit(pair.likeness, None, pair.other, "geometry", details={"other": ids[pair.one]})
        for pair in register.common_land
        if pair.likeness >= same
    ]


@rule(
    "geometry.duplicate-name",
    "error",
    needs=("name", "unit"),
)
def duplicate_name(register: Register) -> list[Hit]:
    """Find names that an earlier row has in the same unit."""
    names, places = register.each("name", name_key), register.own_units
    key = names.combine(places, lambda name, place: None if name is None or place is None else (name, place))
    known = key.dropna()
    first = pd.Series(known.index, index=known.index).groupby(known).transform("min")
    again = key.notna() & key.duplicated()
    ids = pd.Series(register.clusters.index.astype(str))
    return hits(again, "name", register.text("name"), other=first.map(ids).reindex(key.index))


@rule(
    "geometry.outside-districts",
    "error",
    needs=("surveyed", "districts"),
)
def outside_districts(register: Register) -> list[Hit]:
    """Outlines that lie in no district at all."""
    lost = register.outlines.notna() & register.assigned["district_code"].isna()
    return hits(lost, "geometry", pd.Series(None, index=lost.index, dtype="object"))


@rule(
    "geometry.other-district",
    "error",
    needs=("unit", "surveyed", "districts"),
)
def other_district(register: Register) -> list[Hit]:
    """Outlines whose largest part is not where the register says; unknown names have a rule of their own."""
    found, declared = register.assigned["district"], register.matched_districts["match"]
    other = (found != declared).fillna(value=False)
    return hits(other, register.unit, register.text(register.unit), found, share=register.assigned["share"])


@rule(
    "geometry.straddles-border",
    "warning",
    needs=("surveyed", "districts"),
)
def straddles_border(register: Register, *, least_share: float = 0.01) -> Iterator[Hit]:
    """Outlines of which more than a trifle lies outside the district of the largest part."""
    assigned = register.assigned
    rows = np.flatnonzero((assigned["share"] < 1 - least_share - 1e-9).to_numpy(dtype=bool, na_value=False))
    for row in rows:
        shares = _shares(register, int(row), least_share)
        if len(shares) > 1:
            yield Hit(shares, None, int(row), "geometry")


@rule(
    "geometry.sliver",
    "warning",
    needs=("surveyed",),
)
def sliver(register: Register, *, width_m: float = 2.0) -> list[Hit]:
    """Parts of outlines narrower than a lane."""
    parts, rows = _polygons(register)
    perimeter = shapely.length(parts)
    width = 2 * shapely.area(parts) / np.where(perimeter > 0, perimeter, np.inf)
    return [
        Hit(float(width[n]), width_m, int(rows[n]), "geometry", geometry=parts[n])
        for n in np.flatnonzero(width < width_m)
    ]


@rule(
    "geometry.hole",
    "warning",
    needs=("surveyed",),
)
def hole(register: Register, *, tolerance_ha: float = 0.0) -> list[Hit]:
    """Rings inside outlines."""
    parts, rows = _polygons(register)
    rings, owners = shapely.get_rings(parts, return_index=True)
    inner = np.r_[False, owners[1:] == owners[:-1]] if len(owners) else np.zeros(0, dtype=bool)
    holes = np.asarray(shapely.polygons(rings[inner]))
    hectares = area_ha(gpd.GeoSeries(holes, crs=HANOI_CRS)).to_numpy()
    at = rows[owners[inner]]
    return [
        Hit(float(ha), tolerance_ha, int(row), "geometry", geometry=shape)
        for ha, row, shape in zip(hectares, at, holes, strict=True)
        if ha > tolerance_ha + 1e-9
    ]


def _polygons(register: Register) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Return the polygons that the outlines are made of, and the row of each."""
    parts, rows = shapely.get_parts(register.outlines.array, return_index=True)
    # Repairing an outline may leave lines, which enclose nothing.
    solid = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    return parts[solid], rows[solid]


def _shares(register: Register, row: int, least: float) -> tuple[tuple[str | None, float], ...]:
    """Return how an outline is spread over districts, largest first, what is in none of them last."""
    shape = register.outlines.iloc[row]
    borders = register.district_shapes
    near = borders.sindex.query(shape, predicate="intersects")
    parts = shapely.area(shapely.intersection(shape, borders.array[near])) / shape.area
    shares = sorted(zip(parts, register.district_names.iloc[near], strict=True), key=lambda s: (-s[0], s[1]))
    outside = [(1 - float(parts.sum()), None)]
    return tuple((name, float(part)) for part, name in [*shares, *outside] if part > least + 1e-9)
