"""The area that a register states beside the area of its outlines, and the unit that their ratio tells.

GIS programs write the size of a shape into a column AREA, in the square of whatever the layer is in; that is
no planned area of a register.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from clusters_geo.area import area_ha
from clusters_geo.crs import MAP_CRS
from clusters_geo.names import strip_accents

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from clusters_geo.reading.notes import LoadReport, Note

__all__ = ["compare_stated_area", "with_planned"]

_COLUMN = "planned_ha"
# How many of a unit are one hectare.
_IN_ONE_HA = {"ha": 1.0, "m2": 10_000.0, "1000 m2": 10.0, "a": 100.0, "km2": 0.01}
# Headers that GIS programs give to the size of a shape.
_BY_PROGRAM = re.compile(r"^(?:shape|st|geom|calc|poly(?:gon)?)?[ _]*area[ _]*(?:shape|sq ?m|m2|deg|1|2)?$")
# An outline drawn by hand comes within a tenth of a figure; within a quarter nobody needs to look.
_FITS, _NEAR = 0.1, 1.25
_MOST = 0.5
_DEGREES = "square degrees"


def with_planned(table: gpd.GeoDataFrame, report: LoadReport) -> gpd.GeoDataFrame:
    """Return clusters whose planned area is that of the decision on each, where no column has another.

    Parameters
    ----------
    table
        Clusters as they were read; `established_ha` stays.
    report
        Receives which column was taken.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from clusters_geo.reading.notes import LoadReport
    >>> report = LoadReport("a.csv", mapped={"Diện tích theo QĐ thành lập": "established_ha"})
    >>> table = gpd.GeoDataFrame({"established_ha": [12.7, None]}, geometry=[None, None], crs=5897)
    >>> with_planned(table, report)["planned_ha"].tolist(), report.notes[0].values["header"]
    ([12.7, nan], 'Diện tích theo QĐ thành lập')
    """
    if _COLUMN in table or "established_ha" not in table:
        return table
    stated = table["established_ha"]
    # What could not be read is named once, in its own column.
    planned = pd.to_numeric(stated.map(lambda v: None if isinstance(v, str) else v), errors="coerce")
    header = next((h for h, c in report.mapped.items() if c == "established_ha"), "established_ha")
    report.note("columns.planned-as-established", header=header, column=_COLUMN)
    return table.assign(**{_COLUMN: planned.astype("float64")})


def compare_stated_area(
    table: gpd.GeoDataFrame, report: LoadReport, *, said: bool = False
) -> gpd.GeoDataFrame:
    """Return a register whose planned area is in hectares, or is not taken for that.

    Parameters
    ----------
    table
        Clusters with their outlines, `planned_ha` as it was read.
    report
        Receives the ratio, the unit that it suggests, and the rows.
    said
        Whether the caller said which column it is; then nothing is changed, only doubted.

    Returns
    -------
    The same table; a column that a program wrote is converted where it is in another unit of area, and keeps
    its own name where it fits none.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from clusters_geo.reading.notes import LoadReport
    >>> report = LoadReport("a.shp", mapped={"AREA": "planned_ha"})
    >>> squares = [shapely.box(587e3, 2326e3, 587e3 + side, 2326e3 + 500) for side in (400, 800)]
    >>> table = gpd.GeoDataFrame({"planned_ha": [200_000, 400_000]}, geometry=squares, crs=5897)
    >>> compare_stated_area(table, report)["planned_ha"].tolist(), report.notes[0].code
    ([20.0, 40.0], 'numbers.area-unit')
    """
    if _COLUMN not in table or table.crs is None or table.geometry.isna().all():
        return table
    stated = pd.to_numeric(table[_COLUMN], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    ratios = _ratios(stated, table)
    known = np.isfinite(ratios["ha"]) & (ratios["ha"] > 0)
    if not known.any():
        return table
    shares = {unit: float(_fitting(ratio[known]).mean()) for unit, ratio in ratios.items()}
    unit = max(shares, key=lambda u: shares[u])
    header = next((h for h, c in report.mapped.items() if c == _COLUMN), _COLUMN)
    by_program = not said and bool(_BY_PROGRAM.match(strip_accents(header)))
    if shares[unit] >= _MOST and unit != "ha" and (by_program or unit != _DEGREES):
        return _in_other_unit(table, report, unit, header, by_program=by_program)
    if by_program and shares["ha"] < _MOST:
        median = float(np.median(ratios["ha"][known]))
        report.note("numbers.area-unknown", header=header, ratio=median)
        return _left(table, report, header)
    _note_apart(ratios, known, report)
    return table


def _ratios(stated: NDArray[np.float64], table: gpd.GeoDataFrame) -> dict[str, NDArray[np.float64]]:
    """Return for each unit how many times the outline a figure is, were it in that unit."""
    measured = area_ha(table).to_numpy(dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = {unit: stated / factor / measured for unit, factor in _IN_ONE_HA.items()}
        degrees = shapely.area(np.asarray(table.geometry.to_crs(MAP_CRS).array))
        return ratios | {_DEGREES: stated / degrees}


def _fitting(ratio: NDArray[np.float64]) -> NDArray[np.bool_]:
    near: NDArray[np.bool_] = np.abs(ratio - 1) <= _FITS
    return near


def _in_other_unit(
    table: gpd.GeoDataFrame, report: LoadReport, unit: str, header: str, *, by_program: bool
) -> gpd.GeoDataFrame:
    if unit == _DEGREES:
        report.note("numbers.area-degrees", header=header)
        return _left(table, report, header)
    factor = _IN_ONE_HA[unit]
    if not by_program:
        report.note("numbers.area-said", header=header, unit=unit, ratio=factor)
        return table
    # Said of hectares, which they are not.
    report.notes = [n for n in report.notes if not n.code.startswith("numbers.large") or not _is_about_it(n)]
    report.note("numbers.area-unit", header=header, unit=unit, ratio=factor)
    figures = pd.to_numeric(table[_COLUMN], errors="coerce").astype("float64") / factor
    return table.assign(**{_COLUMN: figures})


def _left(table: gpd.GeoDataFrame, report: LoadReport, header: str) -> gpd.GeoDataFrame:
    """Return a table in which a column is called as the file calls it, and means nothing here."""
    own = header if header != _COLUMN else f"{_COLUMN} (?)"
    report.mapped.pop(header, None)
    report.left.append(header)
    report.notes = [n for n in report.notes if not _is_about_it(n)]
    return table.rename(columns={_COLUMN: own})


def _is_about_it(note: Note) -> bool:
    return bool(note.values.get("column") == _COLUMN)  # noqa: PD011 - of a note


def _note_apart(ratios: dict[str, NDArray[np.float64]], known: NDArray[np.bool_], report: LoadReport) -> None:
    """Note the rows whose figure is far from the outline, by the unit in which it would fit."""
    apart = known & ((ratios["ha"] > _NEAR) | (ratios["ha"] < 1 / _NEAR))
    for unit in (u for u in ratios if u != "ha"):
        rows = apart & _fitting(ratios[unit])
        if rows.any():
            report.note(
                "numbers.area-row-unit", (np.flatnonzero(rows) + 1).tolist(), column=_COLUMN, unit=unit
            )
            apart &= ~rows
    if apart.any():
        low, high = float(ratios["ha"][apart].min()), float(ratios["ha"][apart].max())
        rows_apart = (np.flatnonzero(apart) + 1).tolist()
        report.note("numbers.area-apart", rows_apart, column=_COLUMN, low=low, high=high)
