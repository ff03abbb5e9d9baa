"""The layer of districts: gaps, overlaps, and names that do not meet those of the register."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from clusters_geo.area import area_ha
from clusters_geo.auditing.rule import Hit, NotJudgedError, hits, rule
from clusters_geo.crs import HANOI_CRS
from clusters_geo.names import match_names, name_key
from clusters_geo.schema import UNIT_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from clusters_geo.auditing.register import Register

__all__: list[str] = []


_NO_LIST = {"say": "no list of districts"}

_SLIT_LENGTH_TO_WIDTH = 20


@rule(
    "districts.overlap",
    "error",
    needs=("districts",),
)
def districts_overlap(register: Register, *, tolerance_ha: float = 0.01) -> Iterator[Hit]:
    """Pairs of districts that share land."""
    names, shapes = register.district_names, register.district_shapes
    invalid = np.flatnonzero(_crossed(register, 0.0))
    left, right = shapes.iloc[invalid].sindex.query(shapes.iloc[invalid], predicate="intersects")
    for one, other in sorted(
        {(int(a), int(b)) for a, b in zip(invalid[left], invalid[right], strict=True) if a < b}
    ):
        piece = shapely.intersection(shapes.iloc[one], shapes.iloc[other])
        common = _hectares(piece)
        if common > tolerance_ha:
            yield Hit(
                common,
                0.0,
                one,
                "geometry",
                names.iloc[one],
                "districts",
                piece,
                details={"name": names.iloc[one], "other": names.iloc[other]},
            )


@rule(
    "districts.gap",
    "warning",
    needs=("districts",),
)
def districts_gap(register: Register, *, width_m: float = 50.0, tolerance_ha: float = 0.01) -> list[Hit]:
    """Land that districts enclose but none holds: any hole, and any slit narrower than `width_m`."""
    names, shapes = register.district_names, register.district_shapes
    found = []
    for gap in [*_enclosed(register), *_slits(register, width_m)]:
        hectares = _hectares(gap)
        beside = shapes.sindex.query(gap, predicate="intersects")
        # A gap has two neighbours; a bay of the outer border has one.
        if hectares > tolerance_ha and len(beside) > 1:
            first, words = int(beside.min()), ", ".join(sorted(names.iloc[beside]))
            hit = Hit(
                hectares, 0.0, first, "geometry", names.iloc[first], "districts", gap, details={"name": words}
            )
            found.append(hit)
    return found


@rule(
    "districts.duplicate",
    "error",
    needs=("districts",),
)
def districts_duplicate(register: Register) -> list[Hit]:
    """Find names that an earlier row of the layer has."""
    names = register.district_names
    again = names.map(name_key, na_action="ignore").duplicated() & names.notna()
    return [
        Hit(names.iloc[row], None, int(row), "name", names.iloc[row], "districts")
        for row in np.flatnonzero(again)
    ]


@rule(
    "districts.missing",
    "error",
    needs=("districts",),
)
def districts_missing(register: Register, *, expected: tuple[str, ...] = ()) -> list[Hit]:
    """Districts that should be in the layer."""
    names = register.district_names.dropna()
    wanted = expected or _hanoi_if_it_is(names.tolist())
    matches = match_names(names, wanted)["match"]
    return [
        Hit(name, None, field="name", district=name, layer="districts")
        for name in wanted
        if name not in set(matches)
    ]


@rule(
    "districts.unknown-name",
    "error",
    needs=("unit", "districts"),
)
def unknown_name(register: Register) -> list[Hit]:
    """Find declared districts that the layer has not, even after repair."""
    declared, found = register.text(register.unit), register.matched_districts
    suggestions = found["suggestions"].where(found["suggestions"] != "", "–")
    return hits(declared.notna() & found["match"].isna(), register.unit, declared, suggestions)


@rule(
    "districts.name-repaired",
    "info",
    needs=("unit", "districts"),
)
def name_repaired(register: Register) -> list[Hit]:
    """Find declared districts that match by folding only."""
    declared, found = register.text(register.unit), register.matched_districts
    repaired = found["how"].isin(["spelling", "accents"])
    bare = register.each(register.unit, _bare) != found["match"].map(_bare, na_action="ignore")
    return hits(repaired & bare, register.unit, declared, found["match"])


def _bare(name: str) -> str:
    """Return a name without its type; "Huyện Ba Vì" and "Ba Vì" are both right."""
    for kind in UNIT_TYPES:
        name = name.removeprefix(f"{kind} ")
    return name


def _crossed(register: Register, width_m: float) -> NDArray[np.bool_]:
    """Return which districts have an edge that does not meet its neighbour's."""
    edges = shapely.coverage_invalid_edges(register.district_shapes.array, gap_width=width_m)
    return np.array([edge is not None and not edge.is_empty for edge in edges])


def _enclosed(register: Register) -> list[BaseGeometry]:
    """Return the holes that are left where all districts are taken together."""
    parts = shapely.get_parts(shapely.union_all(register.district_shapes.array))
    rings, owners = shapely.get_rings(parts, return_index=True)
    inner = np.r_[False, owners[1:] == owners[:-1]] if len(rings) else np.zeros(0, dtype=bool)
    return [shapely.Polygon(ring) for ring in rings[inner]]


def _slits(register: Register, width_m: float) -> list[BaseGeometry]:
    """Return narrow gaps that open to the outside, which only widening and narrowing again closes."""
    if not _crossed(register, width_m).any():
        return []
    whole = shapely.union_all(register.district_shapes.array)
    closed = shapely.buffer(whole, width_m / 2, join_style="mitre")
    closed = shapely.buffer(closed, -width_m / 2, join_style="mitre")
    filled = shapely.union_all(shapely.polygons(shapely.get_exterior_ring(shapely.get_parts(whole))))
    left = shapely.get_parts(shapely.difference(closed, filled))
    # Where two borders meet at a corner the same step fills a triangle; a slit is far longer than wide.
    long = shapely.length(left) ** 2 > 4 * _SLIT_LENGTH_TO_WIDTH * shapely.area(left)
    return list(left[long])


def _hectares(shape: BaseGeometry) -> float:
    return float(area_ha(gpd.GeoSeries([shape], crs=HANOI_CRS)).iloc[0])


def _hanoi_if_it_is(names: list[str]) -> tuple[str, ...]:
    import pyogrio

    from clusters_geo.reference import bundled_file

    table = pyogrio.read_dataframe(bundled_file("districts.geojson"), columns=["name"], read_geometry=False)
    hanoi = tuple(str(name) for name in table["name"])
    known = {name_key(name) for name in hanoi}
    if 2 * sum(name_key(name) in known for name in names) <= len(names):
        raise NotJudgedError(_NO_LIST)
    return hanoi
