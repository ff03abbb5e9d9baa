"""What a map tells of each cluster, made once: the page of a part of the register takes its rows of it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from clusters_geo.maps.extras import places_of
from clusters_geo.maps.plain import indexed, plain_number, plain_text, plain_value
from clusters_geo.maps.topology import Topology
from clusters_geo.measure.rates import RATES, build_out_rate, fill_rates
from clusters_geo.measure.sums import Rows
from clusters_geo.measure.trust import basis_of, doubtful_cells
from clusters_geo.schema import column, is_companion
from clusters_geo.words import catalogue

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from clusters_geo.maps.plain import JSON

__all__ = ["SAME_RATE", "Cells", "rates_of"]

_AREAS = ("planned_ha", "built_ha", "leasable_ha", "leased_ha")
_ALWAYS = ("name", "status", *_AREAS, "build_out_rate", "fill_rate")
_LAWFUL = "lawful_fill_rate"
# Two rates that no output can tell apart.
SAME_RATE = 5e-5


@dataclass(frozen=True, slots=True)
class Cells:
    """Everything that is told of the clusters, as lists with an entry a cluster."""

    ids: list[str]
    fields: list[_Field]
    origins: dict[str, list[tuple[str, str]]]  # source and day of single figures, by column
    other_by_law: list[bool]
    home: list[JSON]
    places: list[JSON]
    shapes: NDArray[np.object_]
    boundary: list[str]
    location: list[str]
    rows: Rows

    @classmethod
    def of(cls, clusters: gpd.GeoDataFrame, home: pd.Series) -> Cells:
        """Tell the clusters of a map in degrees, each with the unit that it lies in."""
        rows = Rows.of(clusters.drop(columns=clusters.geometry.name))
        shapes = np.asarray(clusters.geometry.array)
        rates = rates_of(rows.table, rows.rates)
        table = rows.table.assign(**_missing_columns(rows.table), **rates)
        names = [str(name) for name in table.columns]
        return cls(
            [plain_text(number) for number in table.index],
            [_Field.of(table, name, rows.rates["stated"]) for name in names if not is_companion(name)],
            {name: _origins(table, name) for name in names if _has_origins(table, name)},
            _differ(rows.rates).tolist(),
            [plain_value(unit) for unit in home],
            places_of(shapely.point_on_surface(shapes)),
            shapes,
            list(basis_of(rows.table, "boundary")),
            list(basis_of(rows.table, "location")),
            rows,
        )

    def page(self, at: NDArray[np.intp]) -> dict[str, JSON]:
        """Return what a page shows of the clusters at some positions."""
        outlines = Topology.of(self.shapes[at])
        numbers: dict[tuple[str, str], int] = {}
        # Many figures come from the same article: each pair of source and day once.
        used: dict[str, dict[str, JSON]] = {
            name: {
                str(i): numbers.setdefault(pairs[row], len(numbers))
                for i, row in enumerate(at)
                if any(pairs[row])
            }
            for name, pairs in self.origins.items()
        }
        stated = self.rows.rates["stated"].to_numpy(dtype=bool)
        return {
            "id": [self.ids[row] for row in at],
            "fields": [
                field.page(at, used.get(field.name)) for field in self.fields if self._is_told(field, at)
            ],
            "origins": [[*pair] for pair in numbers],
            "home": indexed(self.home[row] for row in at),
            "at": [self.places[row] for row in at],
            "stated": _positions(stated[at]),
            "boundaryBasis": _bases([self.boundary[row] for row in at]),
            "locationBasis": _bases([self.location[row] for row in at]),
            "arcs": outlines.arcs,
            "shapes": outlines.shapes,
        }

    def _is_told(self, field: _Field, at: NDArray[np.intp]) -> bool:
        if field.name == _LAWFUL and not any(self.other_by_law[row] for row in at):
            return False
        return field.name in _ALWAYS or any(field.known[row] for row in at)

    def adds(self, at: NDArray[np.intp], groups: pd.Series) -> dict[str, JSON]:
        """Return what each cluster adds to each total of its group, and where that is no fact."""
        added = {name: values[at] for name, values in self.rows.contributions(groups).items()}
        doubted = {str(name): marks.to_numpy(dtype=bool)[at] for name, marks in self.rows.doubted.items()}
        return {
            "figures": {
                name: _sparse(values) for name, values in added.items() if not np.isnan(values).all()
            },
            "estimated": {name: _positions(marks) for name, marks in doubted.items() if marks.any()},
        }


@dataclass(frozen=True, slots=True)
class _Field:
    """A column as cards, table and search tell it."""

    name: str
    words: dict[str, JSON]  # label, kind, unit
    values: list[JSON]
    known: list[bool]
    basis: list[str]
    doubted: NDArray[np.bool_]

    @classmethod
    def of(cls, table: pd.DataFrame, name: str, stated: pd.Series) -> _Field:
        basis = basis_of(table, name, stated=stated)
        return cls(
            name,
            _words_of(name),
            [plain_value(value) for value in table[name]],
            table[name].notna().tolist(),
            list(basis),
            # Where "≈" stands: the page does not decide it.
            doubtful_cells(table, name, basis=basis).to_numpy(dtype=bool),
        )

    def page(self, at: NDArray[np.intp], origins: dict[str, JSON] | None) -> dict[str, JSON]:
        known = [self.known[row] for row in at]
        return {
            "name": plain_text(self.name),
            **self.words,
            "values": indexed(self.values[row] for row in at),
            "basis": _bases([self.basis[row] for row in at], known),
            "from": origins,
            "estimated": _positions(self.doubted[at]),
        }


def _words_of(name: str) -> dict[str, JSON]:
    texts, kind, unit = dict.fromkeys(("vi", "en"), plain_text(name)), "other", ""
    if name in RATES:
        kind = "rate"
        texts = catalogue("map")[f"figure.{name}"]._asdict()
    with suppress(KeyError):  # a column of the user's own is not declared
        declared = column(name)
        texts, kind, unit = {"vi": declared.vi, "en": declared.en}, declared.kind, declared.unit
    return {"label": texts, "kind": kind, "unit": unit}


def _bases(basis: list[str], known: list[bool] | None = None) -> dict[str, JSON] | None:
    if not any(basis):
        return None
    told = zip(basis, known or [True] * len(basis), strict=True)
    return indexed(given if given and is_known else None for given, is_known in told)


def _positions(where: NDArray[np.bool_]) -> list[JSON]:
    return [int(i) for i in np.flatnonzero(where)]


def _sparse(values: NDArray[np.float64]) -> list[JSON]:
    """Return where values are, and the values; one for all where they are alike."""
    known = ~np.isnan(values)
    numbers = [plain_number(value, 9) for value in values[known].tolist()]
    return [_positions(known), numbers[0] if len(set(numbers)) == 1 else numbers]


def _missing_columns(clusters: pd.DataFrame) -> dict[str, float]:
    return {name: float("nan") for name in _AREAS if name not in clusters}


def rates_of(clusters: pd.DataFrame, fill: pd.DataFrame | None = None) -> dict[str, pd.Series]:
    """Return the rates of each cluster; the law's only where it is another.

    Parameters
    ----------
    clusters
        Rows with their figures.
    fill
        Their `fill_rates`, where they are known already.

    Examples
    --------
    >>> list(rates_of(pd.DataFrame({"leasable_ha": [10.0], "leased_ha": [4.0]})))
    ['build_out_rate', 'fill_rate']
    """
    complete = clusters.assign(**_missing_columns(clusters))
    known = fill_rates(clusters) if fill is None else fill
    rates = {"build_out_rate": build_out_rate(complete), "fill_rate": known["fill_rate"]}
    if _differ(known).any():
        rates[_LAWFUL] = known[_LAWFUL]
    return {name: rate.replace([np.inf, -np.inf], np.nan) for name, rate in rates.items()}


def _differ(fill: pd.DataFrame) -> pd.Series:
    return (fill[_LAWFUL] - fill["fill_rate"]).abs() > SAME_RATE


def _has_origins(table: pd.DataFrame, name: str) -> bool:
    return is_companion(f"{name}_source") and f"{name}_source" in table


def _origins(table: pd.DataFrame, name: str) -> list[tuple[str, str]]:
    """Return the source and the day of each figure of a column."""
    blank = pd.Series("", index=table.index)
    cells = (table.get(f"{name}_{what}", blank).astype("string").fillna("") for what in ("source", "as_of"))
    return [(plain_text(source), plain_text(day)) for source, day in zip(*cells, strict=True)]
