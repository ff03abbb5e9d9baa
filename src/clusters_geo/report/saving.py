"""A table to a file that others read: whole or not at all, in a named system, nothing lost in silence.

A Shapefile is five files, which no file system replaces at once. So an existing one is never overwritten;
under the ending `.zip` it is one file, and is.
"""

from __future__ import annotations

import os
import warnings
import zipfile
from contextlib import nullcontext
from importlib import import_module
from pathlib import PurePath
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyproj
import shapely

from clusters_geo.crs import MAP_CRS, target_crs
from clusters_geo.errors import ClustersGeoError, CRSError, EngineError, SavingWarning, SourceError
from clusters_geo.reading.corners import COORDINATES
from clusters_geo.reading.files import UNITS_LAYER
from clusters_geo.reading.headers import meanings
from clusters_geo.reading.notes import ATTRIBUTE
from clusters_geo.report.tables import csv_text, neutral_cells
from clusters_geo.storage.connection import Address, is_address, parse_address
from clusters_geo.units.model import unit_level
from clusters_geo.writing import in_memory, new_files, refusal, replaced_file, target_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import geopandas as gpd


__all__ = ["WRITTEN", "in_system", "save"]

_NAME_WIDTH = 10
_TEXT_WIDTH = 254
_SHOWN = 5
# A tenth of a millimetre in degrees; RFC 7946 advises 7 and GDAL obeys, which is a centimetre.
_GEOJSON_DECIMALS = 9
# The columns of points in tables without shapes, in the order of COORDINATES.
_DEGREES = ("longitude", "latitude")
# GDAL's writers that report success when the disk was full.
_UNSEEING = ("FlatGeobuf", "GeoJSON")


def save(
    table: gpd.GeoDataFrame,
    path: str | os.PathLike[str],
    *,
    crs: str | None = None,
    layer: str | None = None,
    units: gpd.GeoDataFrame | None = None,
) -> Path | Address:
    """Write a table to one file and return where.

    Parameters
    ----------
    table
        Clusters or districts; it is not changed.
    path
        Its ending chooses the format: .gpkg, .parquet (GeoParquet 1.1), .geojson (RFC 7946), .fgb, .shp,
        .zip (a Shapefile as one file), .csv or .xlsx (both without shapes; points become the
        columns `longitude` and `latitude`). Or `postgresql://…`: clusters are
        added to the register there, or changed in it, by id, with their history.
    crs
        The system to write in: a code such as "EPSG:5897", "vn2000" for Hà Nội's, "vn2000:Bắc Ninh" for a
        province's. Without it the table's own. GeoJSON is always in longitude and latitude.
    layer
        The name of the layer; otherwise that of the file.
    units
        Districts or communes to be kept beside the clusters, in a GeoPackage as the layer
        `administrative_units`, in PostGIS in the table `unit`: QGIS then offers them by name.

    Returns
    -------
    The path of the file, or the address without user and password.

    Warns
    -----
    UserWarning
        If the format shortens names or text, has no place for shapes, or holds points as columns.

    Raises
    ------
    SourceError
        If the format is unknown, cannot hold the table, or the file cannot be written; whatever was at
        `path` is still there.
    CRSError
        If the table has shapes but no system, or the format cannot hold the one asked for.

    Examples
    --------
    >>> import clusters_geo as cg
    >>> clusters, _ = cg.load_hanoi()
    >>> written = save(clusters, tmp / "clusters.gpkg", crs="vn2000")
    >>> cg.load_clusters(written).crs.to_string()
    'EPSG:5897'
    """
    if is_address(path):
        return _save_register(table, path, crs, units)
    # What must not be written to at all is refused before its ending is looked at.
    target = target_of(path).named
    write = WRITTEN.get(target.suffix.lower())
    if write is None:
        raise SourceError(
            "write.ending-of-register", path=target, ending=target.suffix, endings=", ".join(WRITTEN)
        )
    if units is not None and target.suffix.lower() != ".gpkg":
        raise SourceError("write.no-place-for-units", path=target, ending=target.suffix)
    flat = _flat(table, target, crs)
    place = new_files(target) if target.suffix.lower() == ".shp" else replaced_file(target)
    with place as beside, _explained(target):
        write(flat, beside, layer or target.stem)
        if units is not None:
            _add_units(_flat(units, target, crs), beside)
        if target.suffix.lower() == ".gpkg" and "cluster_id" in flat:
            _add_styles(flat, units, beside, layer or target.stem)
    return target


def _add_units(units: gpd.GeoDataFrame, path: Path) -> None:
    import pyogrio

    named = units.assign(level=unit_level(units)) if "level" not in units else units
    pyogrio.write_dataframe(
        _simple(named), path, layer=UNITS_LAYER, driver="GPKG", use_arrow=True, append=True
    )


def _add_styles(flat: gpd.GeoDataFrame, units: gpd.GeoDataFrame | None, path: Path, layer: str) -> None:
    from clusters_geo.storage.qgis import add_styles
    from clusters_geo.storage.styles import UnitsLayer

    columns: dict[str, str] = {} if units is None else {unit_level(units): ""}
    # Of the source QGIS looks at the layer alone: the file may be called otherwise tomorrow.
    beside = UnitsLayer(UNITS_LAYER, "ogr", f"./so.gpkg|layername={UNITS_LAYER}", columns)
    named = columns and columns.keys() <= {*flat}
    add_styles(path, layer, units=beside if named else None, kinds={*flat.geom_type.dropna()})


def _save_register(
    table: gpd.GeoDataFrame, path: str | os.PathLike[str], crs: str | None, units: gpd.GeoDataFrame | None
) -> Address:
    from clusters_geo.storage.register import save_register, save_units

    address = parse_address(path if isinstance(path, Address) else os.fspath(path))
    report = table.attrs.get(ATTRIBUTE, {})
    wanted = in_system(table, crs)
    file = PurePath(report.get("path", "")).name
    if units is not None:
        save_units(units, address)
    save_register(wanted, address, file=file, sha256=report.get("sha256", ""))
    return address


def in_system(table: gpd.GeoDataFrame, crs: str | pyproj.CRS | None) -> gpd.GeoDataFrame:
    """Return a table in another system; None for its own.

    Raises
    ------
    CRSError
        If there is no such system, it is not one of a map, or shapes lie where it does not reach.

    Examples
    --------
    >>> import clusters_geo as cg
    >>> in_system(cg.load_hanoi()[0], "vn2000:Bắc Ninh").crs.to_string()
    'EPSG:9209'
    """
    wanted = target_crs(crs) if isinstance(crs, str) else crs
    if wanted is None or table.crs == wanted:
        return table
    moved = table.to_crs(wanted)
    lost = [at + 1 for at, shape in enumerate(moved.geometry) if not _is_finite(shape)]
    if lost:
        raise CRSError("crs.out-of-reach", name=wanted.name, rows=lost[:_SHOWN], count=len(lost))
    return moved


def _is_finite(shape: shapely.Geometry | None) -> bool:
    return shape is None or bool(np.isfinite(shapely.get_coordinates(shape)).all())


def _flat(table: gpd.GeoDataFrame, target: Path, crs: str | None) -> gpd.GeoDataFrame:
    """Return the table with its index as a column, in the system to write, without notes of this package."""
    flat = table.reset_index() if table.index.name else table.reset_index(drop=True)
    flat.attrs = {}
    wanted = None if crs is None else target_crs(crs)
    if target.suffix.lower() == ".geojson":
        if wanted is not None and wanted != pyproj.CRS(MAP_CRS):
            raise CRSError("write.geojson-system", path=target, crs=wanted.name)
        wanted = pyproj.CRS(MAP_CRS)
    if flat.geometry.isna().all():
        return flat
    if flat.crs is None:
        raise CRSError("write.no-system", path=target)
    return in_system(_without_rings(flat), wanted)


def _without_rings(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the table with rings as closed lines: no format has rings, and GDAL crashes on one."""
    parts = np.array(table.geometry.array, dtype=object)
    rings = shapely.get_type_id(parts) == shapely.GeometryType.LINEARRING
    if not rings.any():
        return table
    parts[rings] = [shapely.LineString(ring.coords) for ring in parts[rings]]
    return table.set_geometry(type(table.geometry)(parts, index=table.index, crs=table.crs))


class _explained:  # noqa: N801 - reads as a word in a with statement
    """Turn what a writer raises into one sentence that names the file."""

    def __init__(self, target: Path) -> None:
        self._target = target

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if error is None or isinstance(error, ClustersGeoError) or not isinstance(error, Exception):
            return
        raise refusal(self._target, error) from error


def _write_vector(table: gpd.GeoDataFrame, path: Path, layer: str, driver: str, **options: str) -> None:
    import pyogrio

    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        with in_memory(path) if driver in _UNSEEING else nullcontext(path) as place:
            pyogrio.write_dataframe(
                _simple(table), place, layer=layer, driver=driver, use_arrow=True, **options
            )
    for text in dict.fromkeys(str(w.message) for w in said):
        warnings.warn(f"{path.suffix}: {text}", stacklevel=2)


def _write_geopackage(table: gpd.GeoDataFrame, path: Path, layer: str) -> None:
    _write_vector(table, path, layer, "GPKG")


def _write_flatgeobuf(table: gpd.GeoDataFrame, path: Path, layer: str) -> None:
    # Without the index features stay in their order.
    _write_vector(table, path, layer, "FlatGeobuf", SPATIAL_INDEX="NO")


def _write_geojson(table: gpd.GeoDataFrame, path: Path, layer: str) -> None:
    _write_vector(table, path, layer, "GeoJSON", RFC7946="YES", COORDINATE_PRECISION=str(_GEOJSON_DECIMALS))


def _write_geoparquet(table: gpd.GeoDataFrame, path: Path, layer: str) -> None:
    del layer
    table.to_parquet(path, schema_version="1.1.0", write_covering_bbox=True)


def _write_csv(table: gpd.GeoDataFrame, path: Path, layer: str) -> None:
    del layer
    path.write_text(csv_text(_without_shapes(table, path)), encoding="utf-8-sig", newline="\n")


def _write_xlsx(table: gpd.GeoDataFrame, path: Path, layer: str) -> None:
    plain = _without_shapes(table, path)
    try:
        # pandas opens the file before it looks for the package.
        import_module("openpyxl")
    except ImportError as error:
        raise EngineError("write.extra", kind="XLSX", package="openpyxl", extra="xlsx") from error
    from openpyxl import Workbook

    # Row by row: pandas keeps all cells, 4 GB of them for 100,000 clusters.
    book = Workbook(write_only=True)
    sheet = book.create_sheet(layer[:31] or "table")
    sheet.append([str(name) for name in plain])
    cells = plain.astype("object").where(plain.notna(), None)
    for row in cells.itertuples(index=False, name=None):
        sheet.append(row)
    with in_memory(path) as held:
        book.save(held)


def _without_shapes(table: gpd.GeoDataFrame, path: Path) -> pd.DataFrame:
    """Return the columns of a table; its points as two more, after saying which shapes have no place."""
    plain = pd.DataFrame(table.drop(columns=table.geometry.name))
    shapes = np.asarray(table.geometry, dtype=object)
    points = table.geometry[
        (shapely.get_type_id(shapes) == shapely.GeometryType.POINT) & ~shapely.is_empty(shapes)
    ]
    if len(points):
        plain = _with_coordinates(plain, points)
        values = {"ending": path.suffix, "count": len(points), "columns": list(_DEGREES)}
        warnings.warn(SavingWarning("points", **values), stacklevel=6)
    lost = int(table.geometry.notna().sum()) - len(points)
    if lost:
        warnings.warn(SavingWarning("no-shapes", ending=path.suffix, count=lost), stacklevel=6)
    return neutral_cells(plain.assign(**_dates_as_text(plain)))


def _with_coordinates(plain: pd.DataFrame, points: gpd.GeoSeries) -> pd.DataFrame:
    """Return a table with the longitude and latitude of its points, where it had them or behind."""
    degrees = points.to_crs(MAP_CRS)
    for name, meaning, found in zip(_DEGREES, COORDINATES, (degrees.x, degrees.y), strict=False):
        # Under a header of the file they could be of another system.
        header = next((c for c in plain if meanings((str(c),))[:1] == (meaning,)), name)
        told = found.round(_GEOJSON_DECIMALS).reindex(plain.index)
        if header in plain:
            told = told.astype("object").where(told.notna(), plain[header])
        plain = plain.assign(**{str(header): told}).rename(columns={header: name})
    return plain


def _dates_as_text(table: pd.DataFrame) -> dict[str, pd.Series]:
    return {
        str(name): values.dt.strftime("%Y-%m-%d").astype("string")
        for name, values in table.items()
        if pd.api.types.is_datetime64_any_dtype(values.dtype)
    }


def _simple(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the table with what GDAL has no kind for as text."""
    odd = [n for n, kind in table.dtypes.items() if kind == np.dtype(object)]
    return table.assign(**{str(n): table[n].map(str, na_action="ignore").astype("string") for n in odd})


def _write_zipped_shapefile(table: gpd.GeoDataFrame, path: Path, layer: str) -> None:
    # The folder of `path` is private, and goes away with what remains in it.
    folder = path.parent / "parts"
    folder.mkdir()
    _write_shapefile(table, folder / f"{layer}.shp", layer)
    with in_memory(path) as held, zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in sorted(folder.iterdir()):
            archive.write(part, part.name)


def _write_shapefile(table: gpd.GeoDataFrame, path: Path, layer: str) -> None:
    del layer  # a Shapefile has no other name than its file
    short = _short_names([str(n) for n in table.columns if n != table.geometry.name])
    simple = _simple(table)
    flags = {str(n): v.astype("Int16") for n, v in simple.items() if pd.api.types.is_bool_dtype(v.dtype)}
    plain = _cut_text(simple.assign(**_dates_as_text(simple), **flags), path)
    _write_vector(plain.rename(columns=short), path, path.stem, "ESRI Shapefile", ENCODING="UTF-8")
    renamed = [(name, column) for column, name in short.items() if column != name]
    if renamed:
        names = csv_text(pd.DataFrame(renamed, columns=["short", "column"]))
        path.with_suffix(".columns.csv").write_text(names, encoding="utf-8", newline="\n")


def _short_names(columns: list[str]) -> dict[str, str]:
    """Return a name of at most ten bytes for each column, each once.

    Examples
    --------
    >>> _short_names(["wastewater_started", "wastewater_compliant", "name"])
    {'wastewater_started': 'wastewater', 'wastewater_compliant': 'wastewate1', 'name': 'name'}
    """
    short: dict[str, str] = {}
    for column in columns:
        name, number = _cut(column, _NAME_WIDTH), 0
        while name.lower() in {s.lower() for s in short.values()}:
            number += 1
            name = _cut(column, _NAME_WIDTH - len(str(number))) + str(number)
        short[column] = name
    return short


def _cut(text: str, width: int) -> str:
    return text.encode()[:width].decode(errors="ignore")


def _cut_text(table: gpd.GeoDataFrame, path: Path) -> gpd.GeoDataFrame:
    """Return the table with text as long as a Shapefile holds, after saying which is longer."""
    cut = {}
    for name, values in table.items():
        long = values.map(lambda v: isinstance(v, str) and len(v.encode()) > _TEXT_WIDTH)
        if long.any():
            told = {"path": path.name, "width": _TEXT_WIDTH, "count": int(long.sum()), "column": str(name)}
            warnings.warn(SavingWarning("cut", **told), stacklevel=2)
            cut[str(name)] = values.map(lambda v: _cut(v, _TEXT_WIDTH), na_action="ignore")
    return table.assign(**cut)


WRITTEN: dict[str, Callable[[gpd.GeoDataFrame, Path, str], None]] = {
    ".gpkg": _write_geopackage,
    ".parquet": _write_geoparquet,
    ".geojson": _write_geojson,
    ".fgb": _write_flatgeobuf,
    ".shp": _write_shapefile,
    ".zip": _write_zipped_shapefile,
    ".csv": _write_csv,
    ".xlsx": _write_xlsx,
}
