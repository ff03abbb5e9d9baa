"""Friendly loaders: a file in, one clean table and what was done to it out, or what to mend.

Reading, decoding, naming, converting, placing and mending each report what they change; see `load_report`.
"""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyproj

from clusters_geo.crs import MAP_CRS
from clusters_geo.errors import CRSError, DoubtWarning, SchemaError, SourceError, told_of
from clusters_geo.reading.choices import with_status
from clusters_geo.reading.compound import take_apart
from clusters_geo.reading.crs_guard import judge_crs, outside_vietnam
from clusters_geo.reading.files import ALIKE, EVERY, LAYER_OPTION, outline_layers, read_raw
from clusters_geo.reading.gdal import MOST_LAYERS
from clusters_geo.reading.handed import check_sums, fill_handed
from clusters_geo.reading.headers import COLUMNS_OPTION, map_headers
from clusters_geo.reading.identity import identified, in_one, is_blank, typed, with_shapes
from clusters_geo.reading.mapping import Taught, name_columns, read_mapping
from clusters_geo.reading.notes import ATTRIBUTE, LoadReport, attach, word
from clusters_geo.reading.opening import hashed, opened
from clusters_geo.reading.shapes import (
    close_lines,
    exchange_axes,
    flatten,
    mend,
    middles,
    note_overlaps,
)
from clusters_geo.reading.stated_area import compare_stated_area, with_planned
from clusters_geo.reading.text import repair_text
from clusters_geo.reading.values import cast_columns, has_text, note_zeros, read_quantities
from clusters_geo.reference import BUNDLED_UNITS, load_bundled_units
from clusters_geo.schema import CLUSTER_COLUMNS, DISTRICT_COLUMNS, STATUSES, UNIT_COLUMNS
from clusters_geo.storage.connection import is_address, parse_address
from clusters_geo.storage.vintages import as_one, vintage_files
from clusters_geo.units.headers import unit_headers
from clusters_geo.units.model import (
    LEVELS,
    codes_by_name,
    dated,
    level_of_type,
    type_of,
    unit_level,
)
from clusters_geo.validation import validate

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping

    import geopandas as gpd

    from clusters_geo.reading.files import Layer, Raw
    from clusters_geo.reading.opening import InputFile
    from clusters_geo.schema import Column
    from clusters_geo.units.model import Level

__all__ = ["load_clusters", "load_communes", "load_districts", "load_report", "load_units"]

# What a register says of each cluster and no layer of districts does.
_OF_A_CLUSTER = frozenset({"status", "planned_ha", "leased_ha", "investor", "decision"})
_ENOUGH_OF_A_CLUSTER = 3

_DRAWINGS, _FIGURES = {"DXF", "DGN v7"}, {"number", "integer"}


@dataclass(frozen=True, slots=True)
class _Wishes:
    """What the caller says about a file; each wins over what the file says."""

    layer: str | Layer | None
    crs: str | int | None
    columns: Mapping[str, str] | None
    encoding: str | None
    decimal: str | None
    region: str | None
    allow_large: bool
    allow_remote: bool
    check: bool
    layers: str | None = None
    status: str | None = None
    home: str = ""
    taught: Taught = field(default_factory=Taught)


def load_clusters(  # noqa: PLR0913 - all but the file is keyword-only
    path: str | os.PathLike[str],
    *,
    as_of: str | dt.date | None = None,
    layer: str | None = None,
    layers: str | None = None,
    crs: str | int | None = None,
    columns: Mapping[str, str] | None = None,
    encoding: str | None = None,
    decimal: str | None = None,
    status: str | None = None,
    region: str | None = None,
    boundaries: str | os.PathLike[str] | None = None,
    boundaries_layer: str | None = None,
    boundaries_name: str | None = None,
    mapping: str | os.PathLike[str] | None = None,
    allow_large: bool = False,
    allow_remote: bool = False,
    check: bool = True,
) -> gpd.GeoDataFrame:
    """Load a register of clusters, repair what can be repaired and report it.

    Parameters
    ----------
    path
        A file of one of the formats in `clusters_geo.reading.formats`, or such a layer zipped. With
        `allow_remote` also an address. Or a register in PostGIS, `postgresql://…`, or a folder of vintages,
        with `@2022-09-30` at its end as it was known on a day.
    as_of
        That day, said apart.
    layer
        Which layer or sheet, where the file has several.
    layers
        "all" for every sheet with a register, or layer of shapes (KML, GeoPackage, FileGDB); its name is the
        district of clusters without one. Folders of a KML that are of one kind are read so anyway.
    crs
        The coordinate system; needed where the file names none, and wins over what it names.
    columns
        The file's headers and the columns of `clusters_geo.schema` that they mean, where that is not found.
    encoding
        Of the text: "tcvn3", "vni" or any that Python knows.
    decimal
        "," or ".", where the figures of a column leave it open.
    status
        "operating", "under_construction" or "pending", for clusters whose status the file does not state;
        without it their status is unknown, which is a finding of the audit.
    region
        The province in which the data must lie. Without it that of the title, else Hà Nội, is expected, and
        other places are reported.
    boundaries
        Shapes of a register that has none, or of some clusters; joined by `cluster_id` or by name.
    boundaries_layer, boundaries_name
        Which layer of that file, and which of its columns has the names; without a layer all are taken that
        hold outlines with names, such as a folder a district.
    mapping
        A TOML file that says all this of a register once, see `clusters_geo.reading.mapping`; what is said
        here wins over it.
    allow_large
        Whether to open more than 1 GiB.
    allow_remote
        Whether to fetch `path` and `boundaries` where they are addresses (http, https); any address that this
        machine reaches, also within its own network.
    check
        Whether to validate; an audit looks at what cannot be computed with, too.

    Returns
    -------
    One row per cluster, indexed by `cluster_id`, in the file's coordinate system. `load_report` says what
    was done.

    Raises
    ------
    SourceError
        If the file cannot be read, or must not be.
    CRSError
        If its coordinate system is unknown or cannot be right.
    SchemaError
        If a column or a value is missing or cannot be computed with; all faults are in `.failures`.

    Examples
    --------
    >>> import clusters_geo as cg
    >>> clusters, _ = cg.load_hanoi()
    >>> clusters.to_file(tmp / "register.gpkg")
    >>> len(cg.load_clusters(tmp / "register.gpkg"))
    120
    """
    if is_address(path):
        from clusters_geo.storage.register import load_register

        address = parse_address(path)
        clusters = load_register(address := replace(address, as_of=str(as_of or address.as_of)))
        if address.as_of and clusters.empty:
            raise SourceError("vintage.nothing", where=str(replace(address, as_of="")), day=address.as_of)
        return validate(clusters) if check else clusters
    found = vintage_files(path, as_of)
    if found is not None:
        tables = [load_clusters(part, check=check, allow_large=allow_large) for part in found.parts]
        return tables[0] if len(tables) == 1 else as_one(tables, os.fspath(found.parts[0].parent))
    if as_of is not None:
        raise SourceError("vintage.no-folder", path=path)
    wishes = _Wishes(
        layer, crs, columns, encoding, decimal, region, allow_large, allow_remote, check, layers, status
    )
    wishes = _checked_wishes(wishes if mapping is None else _as_taught(wishes, read_mapping(mapping)))
    with told_of(path):
        table, report = _read(path, CLUSTER_COLUMNS, wishes)
        table = with_planned(with_status(table, wishes.status, report), report)
        if boundaries is not None:
            of_shapes = _of_boundaries(wishes, report.province, boundaries_layer, boundaries_name)
            table = with_shapes(table, *_read_boundaries(boundaries, of_shapes), report)
        table = compare_stated_area(table, report, said=_says(wishes, "planned_ha"))
        return _finished(identified(table, report), "cluster_id", CLUSTER_COLUMNS, report, check=check)


def _says(wishes: _Wishes, column: str) -> bool:
    return column in {*(wishes.columns or {}).values(), *wishes.taught.columns.values()}


def _checked_wishes(wishes: _Wishes) -> _Wishes:
    if wishes.layers not in {None, EVERY}:
        raise SourceError("register.layers", layers=wishes.layers)
    if wishes.status is not None and wishes.status not in STATUSES:
        raise SchemaError("load.status", status=wishes.status, choices=list(STATUSES))
    return wishes


def _as_taught(wishes: _Wishes, taught: Taught) -> _Wishes:
    """Return wishes filled in from a mapping; what was said otherwise wins."""
    unsaid = {f.name for f in fields(wishes) if getattr(wishes, f.name) is None}
    filled: dict[str, Any] = {n: v for n, v in taught.options.items() if n in unsaid}
    return replace(wishes, taught=taught, **filled)


def _of_boundaries(wishes: _Wishes, home: str, layer: str | None, name: str | None) -> _Wishes:
    """Return the wishes about the file with the shapes, of a register's province: its layer and names."""
    said = wishes.taught.options
    name = name or said.get("boundaries_name")
    columns = {name: "name"} if name else None
    layer = layer or said.get("boundaries_layer")
    return replace(wishes, home=home, layer=layer, layers=None, columns=columns, taught=Taught())


def _read_boundaries(path: str | os.PathLike[str], wishes: _Wishes) -> tuple[gpd.GeoDataFrame, LoadReport]:
    """Return the shapes of a file: of the layer that was said, else of all that hold outlines with names."""
    large = wishes.allow_large
    with opened(path, allow_remote=wishes.allow_remote, allow_large=large) as file:
        layers = [] if wishes.layer else outline_layers(file, allow_large=large)
        if 1 < len(layers) <= MOST_LAYERS:
            together = in_one([part for layer in layers if (part := _of_layer(file, wishes, layer))])
            if together is not None:
                return together
        return _read_shapes(file, replace(wishes, layer=layers[0]) if len(layers) == 1 else wishes)


def _of_layer(file: InputFile, wishes: _Wishes, layer: Layer) -> tuple[gpd.GeoDataFrame, LoadReport] | None:
    """Return the shapes of one layer of several; None where it lacks the column of names that was said."""
    try:
        return _read_shapes(file, replace(wishes, layer=layer))
    except SchemaError as error:
        if error.code != "columns.not-there":
            raise
        return None


def _read_shapes(file: InputFile, wishes: _Wishes) -> tuple[gpd.GeoDataFrame, LoadReport]:
    try:
        shapes, report = _read(file, CLUSTER_COLUMNS, wishes)
    except (SourceError, SchemaError) as error:
        # What is said of the register is of no help for its boundaries.
        option = {
            LAYER_OPTION: "boundaries_layer= (--boundaries-layer)",
            COLUMNS_OPTION: "boundaries_name= (--boundaries-name)",
        }.get(str(error.values.get("option")))
        if option is None:
            raise
        told: dict[str, Any] = error.values | {"option": option}
        raise type(error)(error.code.replace("which-layers", "which-layer"), **told) from error
    return identified(shapes, report), report


def load_districts(  # noqa: PLR0913 - all but the file is keyword-only
    path: str | os.PathLike[str],
    *,
    layer: str | None = None,
    crs: str | int | None = None,
    columns: Mapping[str, str] | None = None,
    encoding: str | None = None,
    region: str | None = None,
    allow_large: bool = False,
    allow_remote: bool = False,
    check: bool = True,
) -> gpd.GeoDataFrame:
    """Load a layer of districts.

    Parameters
    ----------
    path, layer, crs, columns, encoding, region, allow_large, allow_remote, check
        As in `load_clusters`; the columns are at least `district_code` and `name`.

    Returns
    -------
    One row per district, indexed by `district_code`, in the file's coordinate system.

    Raises
    ------
    SourceError, CRSError, SchemaError
        As `load_clusters`.

    Examples
    --------
    >>> import clusters_geo as cg
    >>> _, districts = cg.load_hanoi()
    >>> districts.to_file(tmp / "districts.fgb")
    >>> cg.load_districts(tmp / "districts.fgb").loc["279", "name"]
    'Thường Tín'
    """
    wishes = _Wishes(layer, crs, columns, encoding, None, region, allow_large, allow_remote, check)
    from clusters_geo.reading.downloads import cited

    with told_of(path):
        table, report = _read(path, DISTRICT_COLUMNS, wishes)
        _refuse_register(report)
        table = cited(_with_level(table, report), path)
        table = _coded(table, "district_code", unit_level(table), report)
        note_overlaps(table.geometry, report)
        return _finished(table, "district_code", DISTRICT_COLUMNS, report, check=check)


def _refuse_register(report: LoadReport) -> None:
    """Refuse a register of clusters that is given as a layer of districts: it would count as one."""
    left = pd.DataFrame(columns=report.left)
    found = set(map_headers(left, CLUSTER_COLUMNS, LoadReport(""))[0].columns)
    if {"cluster_id", "status"} <= found or len(found & _OF_A_CLUSTER) >= _ENOUGH_OF_A_CLUSTER:
        columns = sorted(found & {"cluster_id", "status", *_OF_A_CLUSTER})
        raise SchemaError("districts.register", path=report.path, columns=columns)


def load_communes(path: str | os.PathLike[str], **how: Any) -> gpd.GeoDataFrame:  # noqa: ANN401 - as load_units
    """Load a layer of communes: `load_units` with `level="commune"`.

    Parameters
    ----------
    path
        A file, or `hanoi-communes`.
    how
        Whatever else `load_units` takes.

    Returns
    -------
    As `load_units`.

    Raises
    ------
    SourceError, CRSError, SchemaError
        As `load_units`.

    Examples
    --------
    >>> import clusters_geo as cg
    >>> communes = cg.load_communes("hanoi-communes")
    >>> len(communes), communes["type"].value_counts().to_dict()
    (126, {'Xã': 75, 'Phường': 51})
    """
    return load_units(path, level="commune", **how)


def load_units(  # noqa: PLR0913 - all but the file is keyword-only
    path: str | os.PathLike[str],
    *,
    level: Level | None = None,
    layer: str | None = None,
    crs: str | int | None = None,
    columns: Mapping[str, str] | None = None,
    encoding: str | None = None,
    region: str | None = None,
    allow_large: bool = False,
    allow_remote: bool = False,
    check: bool = True,
) -> gpd.GeoDataFrame:
    """Load administrative units of one level: a file, or by name a layer of the bundled case.

    Parameters
    ----------
    path
        A file, or `hanoi-districts` (30, to 30 June 2025) or `hanoi-communes` (126, since 1 July 2025).
    level
        `province`, `district` or `commune`; None tells it from the headers, the types and the names.
    layer, crs, columns, encoding, region, allow_large, allow_remote, check
        As in `load_clusters`; the columns are those of `UNIT_COLUMNS`, of which `name` must be there.

    Returns
    -------
    One row per unit, indexed by `unit_code`, in the file's coordinate system: `name` without its type,
    `type`, `level`, `parent` where the file has it, `valid_from` and `valid_to` where the units are known. A
    layer without codes gets them from the names, which `load_report` says.

    Raises
    ------
    SourceError, CRSError, SchemaError
        As `load_clusters`; SchemaError also for a level that does not exist.

    Examples
    --------
    >>> import clusters_geo as cg
    >>> cg.load_units("hanoi-communes").drop(columns="unit_code", errors="ignore").to_file(tmp / "c.geojson")
    >>> units = cg.load_units(tmp / "c.geojson")
    >>> len(units), units.loc["10126", ["name", "type", "level"]].tolist()
    (126, ['Bình Minh', 'Xã', 'commune'])
    """
    if level not in (None, *LEVELS):
        raise SchemaError("units.level", level=level)
    if str(path) in BUNDLED_UNITS:
        return load_bundled_units(str(path))
    wishes = _Wishes(layer, crs, columns, encoding, None, region, allow_large, allow_remote, check)
    _refuse_unknown_name(path)
    from clusters_geo.reading.downloads import cited

    with told_of(path):
        table, report = _read(path, UNIT_COLUMNS, wishes, headers=lambda names: unit_headers(names, level))
        _refuse_register(report)
        if "name" not in table:
            raise SchemaError(
                "units.no-name", path=report.path, headers=[c for c in table if c != "geometry"]
            )
        table = cited(typed(table, report), path)
        found = level or unit_level(table)
        table = _coded(table.assign(level=found), "unit_code", found, report)
        note_overlaps(table.geometry, report)
        return _finished(dated(table), "unit_code", UNIT_COLUMNS, report, check=check)


def _refuse_unknown_name(path: str | os.PathLike[str]) -> None:
    """Say which layers there are by name, where somebody meant one and not a file."""
    name = str(path)
    if name.startswith("hanoi-") and "." not in name:
        raise SourceError("units.no-such-layer", name=name, known=list(BUNDLED_UNITS))


def _with_level(table: gpd.GeoDataFrame, report: LoadReport) -> gpd.GeoDataFrame:
    """Return a layer given for districts, marked where it holds communes by their types or names."""
    texts = table["type"] if "type" in table else table.get("name", pd.Series(dtype="string"))
    kinds = [type_of(text) for text in texts.astype("string").dropna()]
    told = sorted({kind for kind in kinds if level_of_type(kind) == "commune"})
    if not told or sum(kind in told for kind in kinds) * 2 <= len(table):
        return table
    report.note("units.not-districts", types=told)
    return table.assign(level="commune")


def _coded(table: gpd.GeoDataFrame, column: str, level: Level, report: LoadReport) -> gpd.GeoDataFrame:
    """Return units with codes; without any in the file they come from the names."""
    if "name" not in table or (column in table and not is_blank(table[column])):
        return table
    own = next((h for h, c in unit_headers(list(table.columns), level).items() if c == "unit_code"), None)
    if own is not None and not is_blank(table[own]):
        return table.rename(columns={own: column})
    codes, generation = codes_by_name(table, level)
    report.note("units.codes" if generation else "units.slugs", generation=generation)
    return table.assign(**{column: codes})


def load_report(table: pd.DataFrame) -> LoadReport:
    """Return what was found, repaired and doubted when a table was loaded.

    Parameters
    ----------
    table
        As it came from `load_clusters`, `load_districts` or `load_hanoi`.

    Returns
    -------
    The format, layer, coordinate system and encoding of the file, and a note for each repair and each doubt
    with its rows and what to do.

    Raises
    ------
    SchemaError
        If the table does not come from a loader, or lost its attributes on the way.

    Examples
    --------
    >>> import clusters_geo as cg
    >>> cg.load_hanoi()[1].to_file(tmp / "districts.gpkg")
    >>> load_report(cg.load_districts(tmp / "districts.gpkg")).format
    'GeoPackage'
    """
    if ATTRIBUTE not in table.attrs:
        raise SchemaError("load.no-report")
    return LoadReport.from_dict(table.attrs[ATTRIBUTE])


def _read(
    path: str | os.PathLike[str] | InputFile,
    columns: tuple[Column, ...],
    wishes: _Wishes,
    *,
    headers: Callable[[list[str]], dict[str, str]] | None = None,
) -> tuple[gpd.GeoDataFrame, LoadReport]:
    """Return a table with the schema's columns and sound shapes, not yet indexed or checked."""
    large = wishes.allow_large
    with opened(path, allow_remote=wishes.allow_remote, allow_large=large) as file, hashed(file) as sha256:
        report = LoadReport(file.shown, fetched_at=file.fetched_at, sha256=sha256)
        raw = read_raw(
            file,
            report,
            layer=wishes.layer,
            encoding=wishes.encoding,
            layers=wishes.layers or (ALIKE if columns is CLUSTER_COLUMNS else None),
            said=(*(wishes.columns or ()), *wishes.taught.names()),
            allow_large=large,
        )
    report.province = wishes.region or (raw.register.whole if raw.register else "")
    if headers is not None:
        found = headers([str(name) for name in raw.table.columns])
        wishes = replace(wishes, columns=found | dict(wishes.columns or {}))
    return _understood(raw, columns, wishes, report), report


def _understood(
    raw: Raw, columns: tuple[Column, ...], wishes: _Wishes, report: LoadReport
) -> gpd.GeoDataFrame:
    """Return what a file holds, decoded, named, converted, placed and mended."""
    import geopandas as gpd

    # A register was decoded as a whole, a drawing as its head says.
    encoding = None if raw.register or report.format == "DXF" else wishes.encoding
    table = repair_text(raw.table, report, declared=raw.declared_encoding, encoding=encoding)
    if report.format in _DRAWINGS:
        from clusters_geo.reading.drawings import outlines

        table = outlines(gpd.GeoDataFrame(table, geometry="geometry"), report)
    paths = raw.register.paths if raw.register else None
    told, said = pd.DataFrame(table), wishes.columns or {}
    table, units = name_columns(told, columns, report, taught=wishes.taught, said=said, paths=paths)
    if raw.register:
        units = {report.mapped.get(h, h): unit for h, unit in raw.register.units.items()} | units
        table = fill_handed(table, raw.register.handed)
    elif raw.handed is not None:
        table = fill_handed(table, raw.handed)
    if columns is CLUSTER_COLUMNS:
        table = take_apart(table, report)
    table = read_quantities(table, columns, report, units=units, decimal=wishes.decimal)
    if raw.register:
        table = check_sums(table, raw.register, columns, report, units=units, decimal=wishes.decimal)
    if report.format.startswith("MapInfo"):
        note_zeros(table, columns, report)
    if "geometry" not in table:
        report.note("shapes.none")
        return gpd.GeoDataFrame(table, geometry=[None] * len(table), crs=MAP_CRS)
    shapes = gpd.GeoSeries(table["geometry"])
    home = raw.register.province if raw.register else wishes.home
    sound = _sound(shapes, raw.crs, wishes, report, home)
    placed = gpd.GeoDataFrame(table.drop(columns="geometry"), geometry=sound)
    if raw.register and raw.register.shapes is not None:
        from clusters_geo.reading.corners import note_areas

        note_areas(placed, report)
    return placed


def _sound(
    shapes: gpd.GeoSeries, declared: pyproj.CRS | None, wishes: _Wishes, report: LoadReport, home: str
) -> gpd.GeoSeries:
    """Return shapes that are flat, in a system that can be right, and valid."""
    where: dict[str, object] = {"say": "in layer", "path": report.path, "layer": report.layer}
    flat = flatten(shapes, report, where)
    known, x, y = middles(flat)
    said = _said(wishes.crs)
    if said is not None and report.withdraw("crs.degrees", "crs.link"):
        declared = None  # It was assumed, not stated.
    verdict = judge_crs(x, y, declared=declared, said=said, where=where, region=wishes.region, home=home)
    for code, values in verdict.notes:
        report.note(code, **values)
    placed = exchange_axes(flat) if verdict.swapped else flat
    away = known[outside_vietnam(verdict.crs, *((y, x) if verdict.swapped else (x, y)))]
    if len(away):
        report.note("shapes.outside", (away + 1).tolist())
    report.crs = f"{verdict.crs.name} ({verdict.crs.to_string()[:40]})"
    closed = close_lines(placed.set_crs(verdict.crs, allow_override=True), report)
    return mend(closed, report, where)


def _said(crs: str | int | None) -> pyproj.CRS | None:
    try:
        return None if crs is None else pyproj.CRS.from_user_input(crs)
    except pyproj.exceptions.CRSError as error:
        raise CRSError("crs.unknown", crs=crs) from error


def _finished(
    table: gpd.GeoDataFrame, index: str, columns: tuple[Column, ...], report: LoadReport, *, check: bool
) -> gpd.GeoDataFrame:
    if not len(table):
        raise SourceError("load.no-row", path=report.path, layer=report.layer)
    # Text that stayed in a column of figures was left for its owner to decide; casting would decide it.
    sure = tuple(c for c in columns if c.kind not in _FIGURES or not has_text(table.get(c.name, ())))
    cast = cast_columns(table, sure)
    named = cast if index in cast else cast.assign(**{index: pd.array([pd.NA] * len(cast), dtype="string")})
    # Also without an id a table is what it was loaded as.
    indexed = named.set_index(index)
    attach(indexed, report)
    if report.doubts:
        told = word("doubts", "en", count=len(report.doubts), path=report.path)
        # At the call of the loader, so that Python says it once for each.
        warnings.warn(told, DoubtWarning, stacklevel=3)
    return validate(indexed, report=report) if check else indexed
