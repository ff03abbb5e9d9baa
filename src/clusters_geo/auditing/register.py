"""The register as the rules see it: columns by kind, absent ones empty, outlines on one plane.

Rows are counted by position, so that an id used twice cannot mix up two clusters.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from clusters_geo.area import area_ha
from clusters_geo.auditing.rule import NotJudgedError
from clusters_geo.crs import HANOI_CRS
from clusters_geo.measure.assign import assign_districts
from clusters_geo.measure.summary import reconcile
from clusters_geo.measure.trust import is_soft, scope_key
from clusters_geo.names import match_names
from clusters_geo.planning.law import regime_on
from clusters_geo.reading.notes import ATTRIBUTE, LoadReport
from clusters_geo.schema import CLUSTER_COLUMNS
from clusters_geo.units.model import unit_level
from clusters_geo.units.places import home_units, locate, named_level

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from clusters_geo.auditing.rule import Reason
    from clusters_geo.planning.law import Regime

__all__ = ["Register"]

_SURFACE = 2  # dimensions

_BASIS = {"geometry": "boundary_basis", "surveyed": "boundary_basis"}


Column = TypeVar("Column")


def _remembered(read: Callable[[Register, str], Column]) -> Callable[[Register, str], Column]:
    """Let a column be read once an audit, for dozens of rules ask for the same ones."""

    @wraps(read)
    def once(register: Register, column: str) -> Column:
        key = (read.__name__, column)
        if key not in register.known:
            register.known[key] = read(register, column)
        return cast("Column", register.known[key])

    return once


class CommonLand(NamedTuple):
    """What two outlines share: their rows, the piece, its hectares, and its share of both together."""

    one: int
    other: int
    piece: BaseGeometry
    ha: float
    likeness: float


@dataclass(frozen=True, eq=False)
class Register:
    """What is audited: clusters, and the districts and totals to hold them against, as of a day."""

    clusters: pd.DataFrame
    districts: gpd.GeoDataFrame | None
    totals: pd.DataFrame | None
    law_on: date
    on: date
    by: str | None = None
    known: dict[tuple[str, str], object] = field(default_factory=dict, repr=False)

    @cached_property
    def regime(self) -> Regime:
        """The decree in force on the day of the law."""
        return regime_on(self.law_on)

    def has(self, column: str) -> bool:
        """Whether the register has a column."""
        return column in self.clusters

    @property
    def asides(self) -> list[dict[str, Any]]:
        """The rows of its file that are no clusters, see `LoadReport.asides`; [] where it comes from none."""
        asides: list[dict[str, Any]] = self.clusters.attrs.get(ATTRIBUTE, {}).get("asides", [])
        return asides

    @property
    def unit(self) -> str:
        """The column of the register by which rules ask for the unit: `district` or `commune`."""
        layer = self.districts if _no_layer(self.districts) is None else None
        if layer is not None and unit_level(layer) == "district":
            return "district"
        return named_level(self.clusters) if layer is not None or self.by is None else self.by

    @_remembered
    def raw(self, column: str) -> pd.Series:
        """Return a column as it is, by position; all missing where it is absent."""
        if column not in self.clusters:
            return pd.Series(np.nan, index=range(len(self.clusters)), dtype="object")
        return self.clusters[column].reset_index(drop=True)

    @_remembered
    def number(self, column: str) -> pd.Series:
        """Return a column as numbers, negative and infinite ones included; what is no number is missing."""
        numbers = pd.to_numeric(self.raw(column), errors="coerce")
        return numbers.astype("Float64").astype("float64")

    @_remembered
    def figure(self, column: str) -> pd.Series:
        """Return a column as figures to compare: finite and not negative, else missing."""
        numbers = self.number(column)
        return numbers.where(np.isfinite(numbers) & (numbers >= 0))

    @_remembered
    def text(self, column: str) -> pd.Series:
        """Return a column as text, blanks missing."""
        texts = self.raw(column).astype("string").str.strip()
        return texts.where((texts != "").fillna(value=False))

    def each(self, column: str, read: Callable[[str], object]) -> pd.Series:
        """Return what is read from each text of a column; None where it is blank."""
        texts = self.text(column)
        return pd.Series([None if pd.isna(text) else read(text) for text in texts], dtype="object")

    @_remembered
    def day(self, column: str) -> pd.Series:
        """Return a column as days."""
        days = pd.to_datetime(self.raw(column), errors="coerce")
        return days.dt.tz_localize(None).astype("datetime64[us]")

    @_remembered
    def flag(self, column: str) -> pd.Series:
        """Return a column of yes, no and unknown."""
        return self.raw(column).map({True: True, False: False}).astype("boolean")

    def basis(self, column: str) -> pd.Series:
        """Return how each figure of a column was obtained; missing where nobody says."""
        return self.text(_BASIS.get(column, f"{column}_basis"))

    @_remembered
    def soft(self, column: str) -> NDArray[np.bool_]:
        """Return for which rows a figure, or the outline, is only modelled or sketched."""
        if column == "districts":
            return np.full(len(self.clusters), self.districts_are_soft)
        return is_soft(self.basis(column)).to_numpy(dtype=bool)

    @cached_property
    def districts_are_soft(self) -> bool:
        """Whether the borders of the districts are reconstructed."""
        districts = self.districts
        return (
            districts is not None
            and "boundary_basis" in districts
            and bool(is_soft(districts["boundary_basis"]).any())
        )

    @cached_property
    def shapes(self) -> gpd.GeoSeries:
        """The outlines as drawn, on the plane of the audit, by position; missing where there is none."""
        return _plane(self.clusters)

    @cached_property
    def outlines(self) -> gpd.GeoSeries:
        """The outlines that are more than a sketch, repaired; missing where there is none."""
        drawn = ~self.soft("geometry") & _encloses(self.shapes)
        return gpd.GeoSeries(shapely.make_valid(self.shapes.where(drawn).array), crs=HANOI_CRS)

    @cached_property
    def outline_ha(self) -> pd.Series:
        """The geodesic hectares of `outlines`."""
        return area_ha(self.outlines)

    @cached_property
    def drawn_districts(self) -> gpd.GeoSeries:
        """The borders of the districts as drawn, on the plane of the audit, by position."""
        return _plane(self.districts)

    @cached_property
    def district_shapes(self) -> gpd.GeoSeries:
        """The borders of the districts, repaired, on the plane of the audit, by position."""
        return gpd.GeoSeries(shapely.make_valid(self.drawn_districts.array), crs=HANOI_CRS)

    @cached_property
    def assigned(self) -> pd.DataFrame:
        """The district of each outline by geometry, as from `assign_districts`, by position."""
        # Ids used twice must not be joined on, so both layers are numbered anew.
        numbers = pd.Index([f"{n:06}" for n in range(len(self.district_shapes))])
        borders = gpd.GeoDataFrame(
            {"name": self.district_names.array},
            geometry=self.district_shapes.array,
            index=numbers,
            crs=HANOI_CRS,
        )
        return assign_districts(gpd.GeoDataFrame(geometry=self.outlines), borders)

    @cached_property
    def common_land(self) -> list[CommonLand]:
        """Every two outlines that share land, the earlier first; of equal ones, the first with each other."""
        outlines, ha = self.outlines, self.outline_ha.to_numpy()
        first = self._first_equal
        own = np.flatnonzero(first == np.arange(len(first)))
        # A hundred outlines drawn on one another are a hundred findings, not five thousand.
        distinct = outlines.iloc[own]
        left, right = (own[found] for found in distinct.sindex.query(distinct, predicate="intersects"))
        left, right = left[left < right], right[left < right]
        pieces = gpd.GeoSeries(
            shapely.intersection(outlines.array[left], outlines.array[right]), crs=HANOI_CRS
        )
        common = area_ha(pieces).to_numpy()
        together = ha[left] + ha[right] - common
        likeness = common / np.where(together > 0, together, np.inf)
        rows = zip(left.tolist(), right.tolist(), pieces, common.tolist(), likeness.tolist(), strict=True)
        equal = [
            CommonLand(int(first[at]), int(at), outlines.iloc[at], float(ha[at]), 1.0)
            for at in np.flatnonzero(first != np.arange(len(first)))
        ]
        pairs = [*(CommonLand(*row) for row in rows), *equal]
        return sorted(pairs, key=lambda pair: (pair.one, pair.other))

    @cached_property
    def _first_equal(self) -> np.ndarray:
        """The position of the first outline that equals each, its own if there is none before."""
        shapes = shapely.to_wkb(shapely.normalize(self.outlines.array.to_numpy()))
        keys = [at if shape is None else shape for at, shape in enumerate(shapes)]
        firsts: dict[object, int] = {}
        return np.array([firsts.setdefault(key, at) for at, key in enumerate(keys)], dtype=int)

    @cached_property
    def reconciled(self) -> pd.DataFrame:
        """The totals of the register against the published ones, as from `reconcile`."""
        declared = [c for c in CLUSTER_COLUMNS if self.has(c.name) and c.kind != "geometry"]
        columns = {
            c.name: self.figure(c.name) if c.kind in ("number", "integer") else self.raw(c.name)
            for c in declared
        }
        columns |= {"province": self.raw("province")} if self.has("province") else {}
        if "district" in columns and self.totals is not None:
            # Nothing is published of the other districts, so their totals are not needed.
            scopes = {scope_key(str(scope)) for scope in self.totals["scope"]}
            keys = columns["district"].astype("string").map(scope_key, na_action="ignore")
            columns["district"] = columns["district"].where(keys.isin(scopes))
        table = pd.DataFrame(columns)
        table.attrs = self.clusters.attrs
        return reconcile(table, self.totals)

    @cached_property
    def district_names(self) -> pd.Series:
        """The names of the layer of districts, by position; empty without one."""
        if self.districts is None or "name" not in self.districts:
            return pd.Series([], dtype="string")
        return pd.Series(self.districts["name"].array, dtype="string").fillna("?")

    @cached_property
    def matched_districts(self) -> pd.DataFrame:
        """The declared districts matched to the layer, as from `match_names`, by position."""
        declared = self.text(self.unit)
        if self.districts is not None and unit_level(self.districts) == "commune":
            return self._matched_communes(declared)
        known = match_names(pd.Series(declared.dropna().unique()), self.district_names.dropna())
        known.index = pd.Index(declared.dropna().unique())
        return pd.DataFrame(known.reindex(declared.array).reset_index(drop=True))

    def _matched_communes(self, declared: pd.Series) -> pd.DataFrame:
        """Return the communes that the names lead to; what is open for another reason is no unknown name."""
        lies, layer = self.lies, cast("gpd.GeoDataFrame", self.districts)
        labels = dict(zip(layer.index.astype(str), self.district_names, strict=True))
        found = lies["by_name"].map(labels).astype("string")
        known = found.where(lies["by_name"].notna() | (lies["reason"] == "unknown-name"), declared)
        return pd.DataFrame({"match": known, "how": "exact", "suggestions": ""})

    @cached_property
    def own_units(self) -> pd.Series:
        """The unit that each row names, in one spelling each, by position."""
        named = home_units(self.clusters, by=self.unit).reset_index(drop=True)
        return named.astype("object").where(named.notna(), None)

    @cached_property
    def lies(self) -> pd.DataFrame:
        """In which unit of the layer each cluster lies, as from `locate`, by position."""
        table = self.clusters.reset_index(drop=True)
        if getattr(table, "crs", None) is None:
            table = pd.DataFrame(table.drop(columns="geometry", errors="ignore"))
        return locate(table, cast("gpd.GeoDataFrame", self.districts))

    @cached_property
    def homes(self) -> pd.Series:
        """The unit of each cluster by position: where it lies, else what it declares."""
        if self.districts is None or _no_layer(self.districts) is not None:
            return home_units(self.clusters, by=self.by).reset_index(drop=True)
        return self.lies["unit"].fillna(self.text(self.unit))

    @_remembered
    def missing(self, need: str) -> Reason | None:
        """Return why nothing can be judged for want of a column, a layer or a table; None if it is there.

        Of columns joined by `|` one is enough.
        """
        if need in ("geometry", "surveyed"):
            return _no_outlines(self.clusters, surveyed=need == "surveyed", sketched=self.soft("geometry"))
        if need == "districts":
            return _no_layer(self.districts)
        if need == "totals":
            why = {"say": "no totals"}
            return why if self.totals is None else None
        columns = self._columns(need)
        if all(self.raw(column).isna().all() for column in columns):
            return {"say": "nothing in columns", "columns": " | ".join(columns)}
        return None

    def _columns(self, need: str) -> list[str]:
        return [self.unit] if need == "unit" else need.split("|")

    def line(self, row: int) -> int:
        """Return the row of the sheet or text that a record stands in; where there is none, its number."""
        told = self._read
        # Of a table that was filtered since, nobody knows any more.
        if told is None or not told.counts_lines or told.rows != len(self.clusters):
            return row + 1
        return int(told.address(row + 1).rpartition("!")[2] or row + 1)

    @cached_property
    def _read(self) -> LoadReport | None:
        read = self.clusters.attrs.get(ATTRIBUTE, {})
        return LoadReport.from_dict(read) if "path" in read else None

    @cached_property
    def undecided(self) -> pd.Series:
        """Whether neither an establishment decision nor its day is written, by position.

        Raises
        ------
        NotJudgedError
            If the register has a column for neither: it does not say who has none. A blank cell does.
        """
        columns = ("decision", "established_on")
        if not any(column in self.clusters for column in columns):
            raise NotJudgedError({"say": "nothing in columns", "columns": " | ".join(columns)})
        return self.text("decision").isna() & self.day("established_on").isna()

    def judged(self, needs: tuple[str, ...]) -> int:
        """Return for how many rows all that a rule needs is known."""
        known = np.ones(len(self.clusters), dtype=bool)
        for need in needs:
            if need == "surveyed":
                known &= self.outlines.notna().to_numpy()
            elif need == "geometry":
                known &= self.shapes.notna().to_numpy()
            elif need not in ("districts", "totals"):
                columns = [self.raw(column).notna().to_numpy() for column in self._columns(need)]
                known &= np.any(columns, axis=0)
        return int(known.sum())


def _plane(layer: gpd.GeoDataFrame) -> gpd.GeoSeries:
    flat = gpd.GeoSeries(shapely.force_2d(layer.geometry.array), crs=layer.crs).to_crs(HANOI_CRS)
    # An empty outline, or one with a coordinate at infinity, has no area and crosses nothing.
    return flat.where(np.isfinite(shapely.bounds(flat.array)).all(axis=1))


def _encloses(shapes: gpd.GeoSeries) -> NDArray[np.bool_]:
    """Return which shapes have an inside: a point on a map is a place, not an outline."""
    return np.asarray((shapely.get_dimensions(shapes.array) == _SURFACE) & ~shapely.is_empty(shapes.array))


def _no_outlines(clusters: pd.DataFrame, *, surveyed: bool, sketched: NDArray[np.bool_]) -> Reason | None:
    if not isinstance(clusters, gpd.GeoDataFrame) or clusters.active_geometry_name is None:
        return {"say": "no outlines"}
    if clusters.crs is None:
        return {"say": "outlines without a system"}
    there = _encloses(clusters.geometry)
    if not there.any():
        return {"say": "no outlines"}
    if surveyed and not (there & ~sketched).any():
        return {"say": "schematic outlines"}
    return None


def _no_layer(districts: gpd.GeoDataFrame | None) -> Reason | None:
    if districts is None:
        return {"say": "no districts"}
    if "name" not in districts:
        return {"say": "districts without names"}
    if districts.crs is None:
        return {"say": "districts without a system"}
    return None
