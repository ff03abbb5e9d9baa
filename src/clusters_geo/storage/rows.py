"""Rows of a register between a table and the database, value by value, so that nothing is lost on the way.

A row has four parts: cells (declared columns, in PostgreSQL's own types), notes (basis, source, day and
wording of a figure, by column), own columns of the office (as JSON, under the kind that they have) and the
outline (WKB). Whole numbers stay whole, blanks stay blanks.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from clusters_geo.reading.values import cast_columns
from clusters_geo.schema import CLUSTER_COLUMNS, COMPANIONS, is_companion
from clusters_geo.words import is_missing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import geopandas as gpd

__all__ = ["Row", "Rows", "completed", "from_database", "kinds_of", "said_columns", "to_database"]

DECLARED, COMPANION = "declared", "companion"
_OWN_KINDS = {
    "flag": pd.api.types.is_bool_dtype,
    "integer": pd.api.types.is_integer_dtype,
    "number": pd.api.types.is_float_dtype,
}
_KINDS = {c.name: c.kind for c in CLUSTER_COLUMNS if c.kind != "geometry"}


@dataclass(frozen=True, slots=True)
class Row:
    """One cluster as the database keeps it."""

    cells: dict[str, Any]
    notes: dict[str, dict[str, str]]
    extra: dict[str, Any]
    outline: bytes | None

    def said(self, column: str) -> str | None:
        """Return a value as the log of events writes it."""
        return _text(self.extra[column] if column in self.extra else self.cells.get(column))

    def taking(self, column: str, other: Row) -> Row:
        """Return the row with one column as another row has it."""
        notes = {name: note for name, note in self.notes.items() if name != column}
        notes |= {column: other.notes[column]} if column in other.notes else {}
        if column in _KINDS:
            return replace(self, cells={**self.cells, column: other.cells.get(column)}, notes=notes)
        extra = {name: value for name, value in self.extra.items() if name != column}
        extra |= {column: other.extra[column]} if column in other.extra else {}
        return replace(self, extra=extra)

    def bound(self, names: Iterable[str]) -> dict[str, Any]:
        """Return the row as the parameters of a statement."""
        parts = {"geometry": self.outline, "notes": json.dumps(self.notes), "extra": json.dumps(self.extra)}
        return {name: self.cells.get(name) for name in names} | parts


Rows = dict[str, Row]


def kinds_of(clusters: pd.DataFrame) -> dict[str, str]:
    """Return each column of a table, in its order, with what it is: declared, a companion, or its own kind.

    Examples
    --------
    >>> kinds_of(pd.DataFrame({"planned_ha": [1.0], "planned_ha_basis": ["declared"], "phones": [1]}))
    {'planned_ha': 'declared', 'planned_ha_basis': 'companion', 'phones': 'integer'}
    """
    geometry = getattr(clusters, "active_geometry_name", None)
    return {str(name): _kind(str(name), clusters[name]) for name in clusters if name != geometry}


def _kind(name: str, values: pd.Series) -> str:
    if name in _KINDS:
        return DECLARED
    if is_companion(name) and _figure_of(name) is not None:
        return COMPANION
    if pd.api.types.is_datetime64_any_dtype(values):
        return "date" if (values.dropna() == values.dropna().dt.normalize()).all() else "time"
    return next((kind for kind, is_kind in _OWN_KINDS.items() if is_kind(values)), "text")


def to_database(clusters: gpd.GeoDataFrame) -> Rows:
    """Return the rows of a table, by id."""
    kinds = kinds_of(clusters)
    cells = cast_columns(clusters, CLUSTER_COLUMNS)
    declared = {name: _values(cells[name]) for name, kind in kinds.items() if kind == DECLARED}
    notes = {name: _values(clusters[name]) for name, kind in kinds.items() if kind == COMPANION}
    own = {
        name: _values(clusters[name], as_json=True)
        for name, kind in kinds.items()
        if kind not in (DECLARED, COMPANION)
    }
    outlines = _outlines(clusters)
    return {
        str(key): Row(
            {"cluster_id": str(key), **{name: values[at] for name, values in declared.items()}},
            _notes(notes, at),
            {name: values[at] for name, values in own.items() if values[at] is not None},
            outlines[at],
        )
        for at, key in enumerate(clusters.index)
    }


def said_columns(clusters: pd.DataFrame) -> set[str]:
    """Return the columns of which a table says something in some row; of a companion, its figure too.

    Examples
    --------
    >>> sorted(said_columns(pd.DataFrame({"planned_ha_basis": ["declared"], "leased_ha": [None]})))
    ['planned_ha', 'planned_ha_basis']
    """
    said = {name for name in kinds_of(clusters) if clusters[name].notna().any()}
    return said | {figure for name in said if is_companion(name) and (figure := _figure_of(name))}


def completed(wanted: Rows, there: Rows, said: set[str]) -> Rows:
    """Return rows with what another table has of them and these say nothing of: columns, notes, outlines."""
    return {key: _beside(row, there[key], said) if key in there else row for key, row in wanted.items()}


def _beside(row: Row, old: Row, said: set[str]) -> Row:
    for column in (*old.cells, *old.extra, *old.notes):
        # A figure that did not change keeps what is known of it.
        there = old.said(column)
        if there is None and column not in old.notes:
            continue
        same = column not in row.notes and row.said(column) == there
        if column not in said or same:
            row = row.taking(column, old)
    return row if row.outline is not None else replace(row, outline=old.outline)


def from_database(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str]) -> pd.DataFrame:
    """Return the table of rows that came from the database.

    Parameters
    ----------
    rows
        Rows of the table `cluster`, as dicts.
    columns
        The columns that were saved, in their order, with their kinds; others that hold something follow.
    """
    index = pd.Index([row["cluster_id"] for row in rows], name="cluster_id", dtype="object")
    held = [name for name in _KINDS if any(row[name] is not None for row in rows)]
    noted = [f"{name}_{what}" for name in _KINDS for what in COMPANIONS if _noted(rows, name, what)]
    later = {**dict.fromkeys(held, DECLARED), **dict.fromkeys(noted, COMPANION)}
    kinds = {**columns, **{name: kind for name, kind in later.items() if name not in columns}}
    kinds.pop("cluster_id", None)
    parts = {name: _column(rows, name, kind, index) for name, kind in kinds.items()}
    table = pd.DataFrame(parts, index=index)
    shapes = [None if row["geometry"] is None else _shape(row["geometry"]) for row in rows]
    return cast_columns(table, CLUSTER_COLUMNS).assign(
        geometry=pd.Series(shapes, index=index, dtype="object")
    )


def _column(rows: Sequence[Mapping[str, Any]], name: str, kind: str, index: pd.Index) -> pd.Series:
    if kind == DECLARED:
        # By way of floats, 2⁵³ + 1 would lose its one.
        dtype = "Int64" if _KINDS[name] == "integer" else "object"
        return pd.Series([row[name] for row in rows], index=index, dtype=dtype)
    if kind == COMPANION:
        figure = _figure_of(name) or ""
        what = name.removeprefix(f"{figure}_")
        values = [row["notes"].get(figure, {}).get(what) for row in rows]
        return pd.Series(values, index=index, dtype="string")
    values = [row["extra"].get(name) for row in rows]
    if kind in ("date", "time"):
        return pd.Series(pd.to_datetime(values, format="ISO8601"), index=index).astype("datetime64[us]")
    arrays = {"flag": "boolean", "integer": "Int64", "number": "float64", "text": "string"}
    return pd.Series(values, index=index, dtype=arrays[kind])


def _figure_of(name: str) -> str | None:
    """Return the declared column that a companion stands beside."""
    figures = (name.removesuffix(f"_{what}") for what in COMPANIONS if name.endswith(f"_{what}"))
    return next((figure for figure in figures if figure in _KINDS or figure == "geometry"), None)


def _noted(rows: Sequence[Mapping[str, Any]], name: str, what: str) -> bool:
    return any(row["notes"].get(name, {}).get(what) is not None for row in rows)


def _notes(companions: Mapping[str, list[Any]], at: int) -> dict[str, dict[str, str]]:
    notes: dict[str, dict[str, str]] = {}
    for name, values in companions.items():
        figure = _figure_of(name)
        if values[at] is not None and figure is not None:
            notes.setdefault(figure, {})[name.removeprefix(f"{figure}_")] = str(values[at])
    return notes


def _values(column: pd.Series, *, as_json: bool = False) -> list[Any]:
    return [_plain(value, as_json=as_json) for value in column]


def _plain(value: Any, *, as_json: bool) -> Any:  # noqa: ANN401 - whatever a cell holds
    if is_missing(value):
        return None
    if isinstance(value, pd.Timestamp | dt.date):
        day = (
            value.date()
            if isinstance(value, dt.datetime) and value == value.replace(hour=0, minute=0)
            else value
        )
        return day.isoformat() if as_json else day
    if isinstance(value, np.generic):
        return value.item()
    if as_json and not isinstance(value, str | int | float | bool):
        return str(value)
    return value


def _outlines(clusters: gpd.GeoDataFrame) -> list[bytes | None]:
    shapes = clusters.geometry.array
    return [None if shape is None else shapely.to_wkb(shape, output_dimension=3) for shape in shapes]


def _shape(stored: str | bytes) -> shapely.Geometry:
    # PostGIS gives EWKB as hexadecimal text; the number of its system is kept by the table.
    return shapely.set_srid(shapely.from_wkb(stored), 0)


def _text(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return format(Decimal(repr(value)).normalize(), "f")
    return value.isoformat() if isinstance(value, dt.date) else str(value)
