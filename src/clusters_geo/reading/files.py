"""One layer from one file: looked into behind an allow-list, then read in bulk by pyogrio.

GDAL opens by content, whatever a file is called. So the format is fixed by ending and content
(`clusters_geo.reading.formats`), that one driver must be able to open it (`clusters_geo.reading.gdal`), and
only then does pyogrio read it, from a folder in which nothing else lies.
"""

from __future__ import annotations

import re
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import TYPE_CHECKING, Any
from zipfile import is_zipfile

import pandas as pd

from clusters_geo.errors import ClustersGeoError, SourceError
from clusters_geo.reading.child import in_child
from clusters_geo.reading.formats import REGISTERS
from clusters_geo.reading.gdal import (
    RAW_BYTES,
    Layer,
    address,
    bring_readers,
    guarded,
    layer_names,
    looked_into,
    quiet,
)
from clusters_geo.reading.limits import (
    MAX_CELLS,
    MAX_LAYERS,
    refuse_spans,
    refuse_unpacking,
    refuse_wide,
)
from clusters_geo.reading.notes import LoadReport, some
from clusters_geo.reading.opening import opened, staged
from clusters_geo.reading.quirks import (
    counted_rows,
    declared_encoding,
    deleted_rows,
    full_names,
    look_through,
    refuse_cut_short,
)
from clusters_geo.reading.reasons import reason_of

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Collection, Iterator
    from pathlib import Path

    import geopandas as gpd
    import pyproj

    from clusters_geo.reading.opening import InputFile, Staged
    from clusters_geo.reading.registers import Register

__all__ = [
    "ALIKE",
    "EVERY",
    "LAYER_OPTION",
    "UNITS_LAYER",
    "Layer",
    "Raw",
    "look_into",
    "outline_layers",
    "read_raw",
]

# Of these many layers it is said what is in them; of the others only their names.
_DETAILED = 40
_NAMED = 5  # in an error
_GEOMETRY = "geometry"
_BATCH_ROWS = 65_536
# What an error advises; the loaders say another where it is about another file.
LAYER_OPTION = "layer= (--layer)"
EVERY, ALIKE = "all", "alike"
_KML_DRIVER = "LIBKML"

# Whoever draws a map keeps a folder or a layer a district in these.
_OF_LAYERS = {"GeoPackage", "KML", "KMZ", "FileGDB"}
_OUTLINES = re.compile(r"polygon|surface|unknown|geometry|collection", re.IGNORECASE)

# Styles that QGIS and ArcGIS store beside the data.
_NOT_DATA = {"layer_styles", "qgis_projects"}
# What this package calls units that it saves beside clusters; read where it is asked for by its name.
UNITS_LAYER = "administrative_units"

_OPEN_OPTIONS = {"GML": {"DOWNLOAD_SCHEMA": "NO", "WRITE_GFS": "NO"}}


@dataclass(frozen=True, slots=True)
class Raw:
    """A table as the file has it: bytes not yet decoded where the format does not say how.

    `declared_encoding` is None where text arrived as Unicode, otherwise what the file says ("" for nothing)
    and text holds one character for each byte. `register` is what stands beside the records of a sheet,
    `handed` what the names of several layers say of the rows in them.
    """

    table: pd.DataFrame
    crs: pyproj.CRS | None
    declared_encoding: str | None = None
    register: Register | None = None
    handed: pd.DataFrame | None = None


def look_into(path: str | os.PathLike[str], *, allow_large: bool = False) -> list[Layer]:
    """Return the layers of a file, without their features.

    Raises
    ------
    SourceError
        If the file may not be opened, or cannot be.
    """
    return _seen(_look_into, path, allow_large=allow_large)


def _seen(
    look: Callable[..., list[Layer]], path: str | os.PathLike[str], *, allow_large: bool
) -> list[Layer]:
    with opened(path, allow_large=allow_large) as file:
        bring_readers(file)
        return in_child(partial(look, file, allow_large=allow_large), path=file.shown, size=file.size)


def _look_into(file: InputFile, *, allow_large: bool) -> list[Layer]:
    with staged(file, allow_large=allow_large) as source, _translated(source), guarded(source):
        if source.format.name == "GeoJSON":
            # GDAL makes a column of each key before it says anything.
            look_through(source.path, LoadReport(""))
        names = {}
        if source.format.driver == _KML_DRIVER:
            from clusters_geo.reading.kml import as_written

            names = as_written(source)
        found = _layers(source)
    return [replace(f, fields=tuple(names.get(n, n) for n in f.fields)) for f in found]


def outline_layers(path: str | os.PathLike[str], *, allow_large: bool = False) -> list[Layer]:
    """Return the layers that may hold outlines, of a file that can have several; else none.

    Given to `read_raw` each is read without a look at the others.

    Raises
    ------
    SourceError
        As `look_into`.
    """
    return _seen(_outline_layers, path, allow_large=allow_large)


def _outline_layers(file: InputFile, *, allow_large: bool) -> list[Layer]:
    with staged(file, allow_large=allow_large) as source, _translated(source), guarded(source):
        if source.format.name not in _OF_LAYERS:
            return []
        return [f for f in _layers(source) if _OUTLINES.search(f.shape) and f.name != UNITS_LAYER]


def read_raw(  # noqa: PLR0913 - all but the file is keyword-only
    path: str | os.PathLike[str],
    report: LoadReport,
    *,
    layer: str | Layer | None = None,
    encoding: str | None = None,
    layers: str | None = None,
    said: Collection[str] = (),
    allow_large: bool = False,
) -> Raw:
    """Return all features of one layer as they are, and note where they come from.

    Parameters
    ----------
    path
        A file of a format in `clusters_geo.reading.formats`.
    report
        Receives format, layers and what had to be done to read them.
    layer
        Which layer or sheet; needed only where there are several. One of `outline_layers` is not looked for.
    encoding
        Of a register; for other formats it is applied later, column by column.
    layers
        "all" for every sheet of a register, or every layer with shapes; "alike" for all folders of a KML that
        look like parts of one register.
    said
        Headers that the caller names.
    allow_large
        Whether to open more than 1 GiB.

    Raises
    ------
    SourceError
        If the file may not be opened or cannot be read, or has several layers and none was named.
    """
    with opened(path, allow_large=allow_large) as file:
        bring_readers(file)
        read = partial(
            _read_staged,
            layer=layer,
            encoding=encoding,
            layers=layers,
            said=tuple(said),
            allow_large=allow_large,
        )
        here = partial(_read_here, file, report, read, allow_large=allow_large)
        raw, told = in_child(here, path=file.shown, size=file.size)
    for part in fields(report):
        setattr(report, part.name, getattr(told, part.name))
    return raw


def _read_here(
    file: InputFile, report: LoadReport, read: Callable[[Staged, LoadReport], Raw], *, allow_large: bool
) -> tuple[Raw, LoadReport]:
    """Return what `read_raw` returns, and what was noted, in whatever process this is."""
    with staged(file, allow_large=allow_large) as source, _translated(source), guarded(source):
        report.format = source.format.name
        raw = read(source, report)
        return replace(raw, table=_without_categories(raw.table)), report


def _without_categories(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose text is stored as text, so that it is repaired as such."""
    stored = {n: v for n, v in table.items() if isinstance(v.dtype, pd.CategoricalDtype)}
    return table.assign(**{str(n): v.astype(v.cat.categories.dtype) for n, v in stored.items()})


def _read_staged(  # noqa: PLR0913 - all but the file is keyword-only
    source: Staged,
    report: LoadReport,
    *,
    layer: str | Layer | None,
    encoding: str | None,
    layers: str | None,
    said: Collection[str],
    allow_large: bool,
) -> Raw:
    every = layers if layers == EVERY else None
    if source.format.name in REGISTERS:
        if is_zipfile(source.path):
            refuse_spans(source.original, source.path, allow_large=allow_large)
        from clusters_geo.reading.registers import read_register

        register = read_register(
            source.path, report, sheet=_name_of(layer), encoding=encoding, layers=every, said=said
        )
        refuse_wide(source.original, len(register.table.columns))
        raw = _with_shapes_in_text(register.table, report)
        if register.shapes is not None and _GEOMETRY not in raw.table:
            shapes = pd.Series(register.shapes, index=raw.table.index, dtype=object)
            raw = Raw(raw.table.assign(**{_GEOMETRY: shapes}), register.crs)
        return replace(raw, register=register)
    if every and source.format.name not in _OF_LAYERS:
        raise SourceError("register.layers-format", path=str(source.original), format=source.format.name)
    if source.format.name == "GeoParquet":
        return _read_parquet(source, report, allow_large=allow_large)
    if source.format.name == "GeoJSON":
        look_through(source.path, report)
    if source.format.driver == _KML_DRIVER:
        return _read_kml(source, report, layer, layers, allow_large=allow_large)
    raw = _read_layers(source, layer, layers, report, allow_large=allow_large)
    if source.format.name == "DXF":
        import geopandas as gpd

        from clusters_geo.reading.drawings import as_drawn

        drawn = gpd.GeoDataFrame(raw.table, geometry=_GEOMETRY)
        return replace(raw, table=pd.DataFrame(as_drawn(drawn, source.path, report, encoding)))
    return raw


def _read_kml(
    source: Staged,
    report: LoadReport,
    layer: str | Layer | None,
    layers: str | None,
    *,
    allow_large: bool,
) -> Raw:
    from clusters_geo.reading.kml import as_written, note_links, with_names

    note_links(source, report)
    names = as_written(source)
    raw = _read_layers(source, layer, layers, report, allow_large=allow_large)
    return replace(raw, table=with_names(raw.table, names))


def _read_layers(
    source: Staged, wanted: str | Layer | None, layers: str | None, report: LoadReport, *, allow_large: bool
) -> Raw:
    """Return the layer that is meant, or those that are one register together."""
    if wanted is None and layers is not None and source.format.name in _OF_LAYERS:
        together = _read_joined(source, report, every=layers == EVERY, allow_large=allow_large)
        if together is not None:
            return together
    found = _one_layer(source, wanted, report, may_all=layers is not None)
    return _read_layer(source, found, report, allow_large=allow_large)


def _read_joined(source: Staged, report: LoadReport, *, every: bool, allow_large: bool) -> Raw | None:
    """Return several layers as one; None where there are none, or they are not known to be one register."""
    from clusters_geo.reading.joined import are_alike, are_of_one_register, joined

    if not every and source.format.driver != _KML_DRIVER:
        return None
    found = [f for f in _layers(source) if f.shape and f.name != UNITS_LAYER]
    if len(found) == 1 or not found or not (every or are_alike(found)):
        return None
    told = replace(report, layers=[f.name for f in found], notes=list(report.notes))
    looked = [f if f.rows >= 0 else looked_into(source, f.part, f.name, f.shape) for f in found]
    parts = [(f, _read_layer(source, f, told, allow_large=allow_large)) for f in looked]
    if not every and not are_of_one_register([raw.table for _, raw in parts]):
        return None
    report.layers, report.notes = told.layers, told.notes
    return joined(parts, report)


@contextmanager
def _translated(source: Staged) -> Iterator[None]:
    """Turn whatever a library raises about a file into one sentence that names the file."""
    try:
        yield
    except ClustersGeoError:
        raise
    except MemoryError as error:
        raise SourceError("source.memory", path=source.original) from error
    except Exception as error:
        # Readers raise whatever their C libraries left them with; the file is at fault, and is named.
        said = reason_of(_first_line(str(error), source) or type(error).__name__)
        told = {"path": source.original, "format": source.format.name}
        raise SourceError("source.not-readable", **told, said=said) from error


def _layers(source: Staged, wanted: str | None = None, *, reads: bool = False) -> list[Layer]:
    if source.format.name == "Shapefile":
        refuse_cut_short(source)
    named = [
        (part, name, shape)
        for part in range(len(source.parts))
        for name, shape in layer_names(source, part)
        if name not in _NOT_DATA
    ]
    if len(named) > MAX_LAYERS:
        raise SourceError("limit.layers", path=source.original, layers=len(named), limit=MAX_LAYERS)
    if source.format.driver == _KML_DRIVER:
        return _worth_naming([looked_into(source, *one) for one in named])
    # Each look opens the file anew. What is to be read is looked into; what is not, as far as it is few.
    wanted_ones = _chosen(named, wanted) if reads else named[:_DETAILED]
    wanted_ones = wanted_ones if len(wanted_ones) == 1 else named[:_DETAILED]
    return [
        looked_into(source, *one) if one in wanted_ones else Layer(one[1], one[2], None, (), -1, one[0])
        for one in named
    ]


def _chosen(named: list[tuple[int, str, str]], wanted: str | None) -> list[tuple[int, str, str]]:
    with_shapes = [one for one in named if one[2]]
    return [one for one in named if one[1] == wanted] if wanted else with_shapes or named


def _worth_naming(layers: list[Layer]) -> list[Layer]:
    """Return layers of KML without those that only hold folders or links, each with a name of its own."""
    full = [f for f in layers if f.rows] or layers
    seen: Counter[str] = Counter()
    named = []
    for layer in full:
        seen[layer.name] += 1
        twin = f" (#{seen[layer.name]})" if seen[layer.name] > 1 else ""
        named.append(replace(layer, name=layer.name + twin, inner=layer.name))
    return named


def _name_of(layer: str | Layer | None) -> str | None:
    return layer.name if isinstance(layer, Layer) else layer


def _one_layer(
    source: Staged, wanted: str | Layer | None, report: LoadReport, *, may_all: bool = False
) -> Layer:
    if isinstance(wanted, Layer):
        report.layers = [wanted.name]
        return wanted if wanted.rows >= 0 else looked_into(source, wanted.part, wanted.name, wanted.shape)
    layers = _layers(source, wanted, reads=True)
    report.layers = [f.name for f in layers]
    data = [f for f in layers if f.name != UNITS_LAYER] or layers
    with_shapes = [f for f in data if f.shape]
    choice = [f for f in layers if f.name == wanted] if wanted else with_shapes or data
    if len(choice) == 1:
        return choice[0]
    names = [f"{f.name} ({f.rows})" if f.rows >= 0 else f.name for f in layers] or ["–"]
    more = {"say": "more layers", "listed": ", ".join(names[:_NAMED]), "more": len(names) - _NAMED}
    listed = more if len(names) > _NAMED + 1 else ", ".join(names)
    told: dict[str, Any] = {"path": str(source.original), "listed": listed, "option": LAYER_OPTION}
    if wanted:
        raise SourceError("source.no-layer", wanted=wanted, **told)
    with_all = may_all and len(choice) > 1 and source.format.name in _OF_LAYERS
    raise SourceError("source.which-layers" if with_all else "source.which-layer", count=len(layers), **told)


def _read_layer(source: Staged, layer: Layer, report: LoadReport, *, allow_large: bool) -> Raw:
    refuse_wide(source.original, len(layer.fields))
    if layer.rows * (len(layer.fields) + 1) > MAX_CELLS and not allow_large:
        told = {"rows": layer.rows, "columns": len(layer.fields) + 1, "limit": MAX_CELLS}
        raise SourceError("limit.cells", path=source.original, **told)
    report.layer, report.rows = layer.name, max(layer.rows, 0)
    is_shapefile = source.format.name == "Shapefile"
    with quiet() as said:
        try:
            table = _bulk_read(source, layer)
        except NotImplementedError:  # pyogrio's word for circular arcs and the like
            table = _read_curves(source, layer)
            report.note("shapes.curves")
        except Exception as error:
            _name_unreadable_rows(source, layer, error)
            raise
    for warning in dict.fromkeys(_first_line(str(w.message), source) for w in said):
        report.note("file.gdal", warning=warning)
    _refuse_broken_text(source, table)
    _check_count(source, layer, len(table), report)
    report.rows = len(table)
    if is_shapefile and ".prj" in source.missing:
        report.note("file.no-prj")
    if source.format.driver == _KML_DRIVER:
        from clusters_geo.reading.kml import without_display

        table = without_display(table)
    if not is_shapefile:
        return Raw(pd.DataFrame(table), layer.crs)
    return Raw(full_names(source, pd.DataFrame(table)), layer.crs, declared_encoding(source))


def _check_count(source: Staged, layer: Layer, rows: int, report: LoadReport) -> None:
    """Compare the rows that were read with what the file promises; those marked as deleted are not read."""
    deleted = sum(deleted_rows(f) for f in _dbase_tables(source))
    if deleted:
        report.note("file.deleted", count=deleted)
    if not 0 <= layer.rows != rows or rows == layer.rows - deleted:
        return
    if source.format.name == "GeoPackage" and counted_rows(source.path, layer.inner or layer.name) == rows:
        report.note("file.counter", stated=layer.rows, count=rows)
        return
    raise SourceError("source.cut-short", path=source.original, stated=layer.rows, count=rows)


def _dbase_tables(source: Staged) -> list[Path]:
    endings = {"Shapefile": ".dbf", "MapInfo TAB": ".dat"}
    ending = endings.get(source.format.name)
    return [f for f in ([source.path.with_suffix(ending)] if ending else []) if f.exists()]


def _with_shapes_in_text(table: pd.DataFrame, report: LoadReport) -> Raw:
    from clusters_geo.reading.shape_text import find_shapes

    found = find_shapes(table, report)
    rest = table if found is None else table.drop(columns=found.column)
    rest = rest.rename(columns={_GEOMETRY: f"{_GEOMETRY} (text)"})
    if found is None:
        return Raw(rest, None)
    return Raw(rest.assign(**{_GEOMETRY: pd.Series(found.shapes, index=rest.index, dtype=object)}), found.crs)


def _bulk_read(source: Staged, layer: Layer, on_invalid: str = "raise") -> gpd.GeoDataFrame:
    import pyarrow as pa
    import pyogrio

    # Whole numbers with blanks stay whole numbers, whatever their size.
    whole = {t: pd.Int64Dtype() for t in (pa.int8(), pa.int16(), pa.int32(), pa.int64())}
    table = pyogrio.read_dataframe(
        address(source, layer.part),
        layer=layer.inner or layer.name,
        use_arrow=True,
        on_invalid=on_invalid,
        # GDAL makes room for a whole batch, however few rows there are.
        batch_size=min(max(layer.rows, 1), _BATCH_ROWS) if layer.rows >= 0 else _BATCH_ROWS,
        encoding=RAW_BYTES if source.format.name == "Shapefile" else None,
        arrow_to_pandas_kwargs={"types_mapper": whole.get},
        **_OPEN_OPTIONS.get(source.format.driver, {}),
    )
    return table if _GEOMETRY not in layer.fields else table.assign(**_named_like_shapes(source, layer))


def _named_like_shapes(source: Staged, layer: Layer) -> dict[str, pd.Series]:
    """Return the column that is called as the shapes are, which take its place when both are read."""
    import pyogrio

    alone = pyogrio.read_dataframe(
        address(source, layer.part),
        layer=layer.inner or layer.name,
        columns=[_GEOMETRY],
        read_geometry=False,
    )
    return {f"{_GEOMETRY} (text)": alone[_GEOMETRY]}


def _refuse_broken_text(source: Staged, table: pd.DataFrame) -> None:
    for name, values in table.items():
        try:
            list(values)
        except UnicodeDecodeError as error:
            raise SourceError(
                "source.broken-text", path=source.original, name=name, reason=error.reason
            ) from error


def _read_curves(source: Staged, layer: Layer) -> gpd.GeoDataFrame:
    # pyogrio refuses layers of curves; fiona draws them as lines.
    import fiona
    import geopandas as gpd

    with fiona.open(source.path, layer=layer.name, allowed_drivers=[source.format.driver]) as opened:
        return gpd.GeoDataFrame.from_features(opened, columns=[*layer.fields, "geometry"])


def _name_unreadable_rows(source: Staged, layer: Layer, error: Exception) -> None:
    """Read again without the shapes that cannot be read, in order to say which they are."""
    try:
        table = _bulk_read(source, layer, on_invalid="ignore")
    except Exception:  # noqa: BLE001 - the first error says more
        return
    rows = [n for n, missing in enumerate(table.geometry.isna(), start=1) if missing]
    if rows:
        raise SourceError(
            "source.broken-shape",
            path=source.original,
            layer=layer.name,
            rows=some(rows),
            reason=_first_line(str(error), source),
        ) from error


def _read_parquet(source: Staged, report: LoadReport, *, allow_large: bool) -> Raw:
    import geopandas as gpd
    import pyarrow.parquet as pq

    refuse_unpacking(source.original, source.path, allow_large=allow_large)
    with pq.ParquetFile(source.path) as opened:
        is_geo = b"geo" in (opened.metadata.metadata or {})
    table = gpd.read_parquet(source.path) if is_geo else _plain_parquet(source.path, report)
    _refuse_broken_text(source, table)
    # An index without a name that only counts says nothing.
    counts = isinstance(table.index, pd.RangeIndex) and table.index.name is None
    table = table if counts else table.reset_index()
    report.layer, report.rows, report.layers = source.path.stem, len(table), [source.path.stem]
    return _one_geometry(table, report) if is_geo else Raw(pd.DataFrame(table), None)


def _plain_parquet(path: Path, report: LoadReport) -> pd.DataFrame:
    """Return a table of Parquet that does not say where its shapes are; bytes that are WKB are shapes."""
    import shapely

    table = pd.read_parquet(path)
    binary = [n for n, v in table.items() if any(isinstance(cell, bytes) for cell in v[:1])]
    for name in binary:
        try:
            shapes = shapely.from_wkb(table[name].to_numpy(dtype=object))
        except shapely.errors.ShapelyError:
            continue
        report.note("shapes.from-text", column=name)
        rest = table.drop(columns=name).rename(columns={_GEOMETRY: f"{_GEOMETRY} (text)"})
        return rest.assign(**{_GEOMETRY: pd.Series(shapes, index=table.index, dtype=object)})
    return table.drop(columns=binary)


def _one_geometry(table: gpd.GeoDataFrame, report: LoadReport) -> Raw:
    """Return a table whose shapes are called as ours are; other columns of shapes are left out and said."""
    own = table.geometry.name
    others = [n for n in table.columns if n != own and table[n].dtype == "geometry"]
    if others:
        report.note("shapes.second-column", columns=[str(n) for n in others], column=own)
    plain = pd.DataFrame(table.drop(columns=others))
    if own != _GEOMETRY:
        plain = plain.rename(columns={_GEOMETRY: f"{_GEOMETRY} (text)"}).rename(columns={own: _GEOMETRY})
    return Raw(plain, table.crs)


def _first_line(text: str, source: Staged) -> str:
    # The private folder means nothing to anybody.
    line = text.strip().splitlines()[0] if text.strip() else ""
    return re.sub(re.escape(str(source.path.parent)) + "/?", "", line)[:200]
