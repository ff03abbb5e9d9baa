"""Footprints from GeoParquet, a file or a folder of parts; row groups far from all clusters are not read."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyproj

from clusters_geo.built_up.batches import ROWS_A_BATCH, Columns, FarBatch, Source, batches_of, missing_column
from clusters_geo.errors import CRSError, SourceError
from clusters_geo.reading.child import in_child
from clusters_geo.reading.opening import checked_file
from clusters_geo.reading.reasons import reason_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pyarrow.parquet as pq

    from clusters_geo.built_up.batches import Batch, Part
    from clusters_geo.built_up.edges import Floats
    from clusters_geo.built_up.index import Lookup

__all__ = ["ParquetPart", "is_parquet", "parquet_source"]

_ENDINGS = (".parquet", ".geoparquet", ".pq")
_SIDES = ("xmin", "ymin", "xmax", "ymax")


@dataclass(frozen=True, slots=True)
class ParquetPart:
    """Some row groups of a GeoParquet file."""

    name: str
    by: str | None
    crs: str
    row_groups: tuple[int, ...] | None = None

    def pieces(self, lookup: Lookup, count: int) -> tuple[Part, ...]:
        """Leave it whole: row groups are parts already."""
        del lookup, count
        return (self,)

    def batches(self, lookup: Lookup) -> Iterator[Batch]:
        """Read it, batch by batch, without the row groups that are said to be far from all clusters."""
        file, geo = _open(Path(self.name))
        if _crs_of(Path(self.name), geo, self.crs) != pyproj.CRS.from_user_input(self.crs):
            raise CRSError("built-up.two-systems", name=self.name)
        columns = Columns(geo["primary_column"], () if self.by is None else (self.by,))
        groups: Iterable[int] = self.row_groups if self.row_groups is not None else range(file.num_row_groups)
        boxes = _row_group_boxes(file, geo)
        if boxes is not None:
            near = set(lookup.pairs(boxes)[0].tolist())
            far = [group for group in groups if group not in near]
            groups = [group for group in groups if group in near]
            if not groups and far:
                yield FarBatch(boxes[far], None if self.by is None else np.full(len(far), None))
        rows = [file.metadata.row_group(number).num_rows for number in range(file.num_row_groups)]
        for group in groups:
            wanted = [columns.geometry, *columns.by]
            reader = file.iter_batches(ROWS_A_BATCH, row_groups=[group], columns=wanted)
            yield from batches_of(iter(reader), columns, self.name, first_row=sum(rows[:group]))


def is_parquet(path: Path) -> bool:
    """Say whether a path is a folder of GeoParquet files or one such file, by its name."""
    return path.is_dir() or path.suffix.lower() in _ENDINGS


def parquet_source(path: Path, by: str | None, crs: str | int | None) -> Source:
    """Look at a GeoParquet file or a folder of them, without reading footprints.

    Raises
    ------
    SourceError
        If there is no such file, no part can be opened or the geometry is not in well-known binary form.
    CRSError
        If the coordinate system is unknown.
    SchemaError
        If there is no column `by`.
    """
    files = _files(path)
    _looked_at(path, files)
    file, geo = _first_readable(files)
    system = _crs_of(files[0], geo, crs)
    names = list(file.schema_arrow.names)
    if by is not None and by not in names:
        raise missing_column(str(path), by, [name for name in names if name != geo["primary_column"]])
    if path.is_dir():
        every = tuple(ParquetPart(str(file), by, system.to_wkt()) for file in files)
        return Source(str(path), system, 0, every)
    groups = range(file.num_row_groups)
    whole = ParquetPart(str(path), by, system.to_wkt())
    parts = tuple(replace(whole, row_groups=(group,)) for group in groups)
    return Source(str(path), system, file.metadata.num_rows, parts)


def _files(path: Path) -> list[Path]:
    files = sorted(f for f in path.rglob("*") if f.suffix.lower() in _ENDINGS) if path.is_dir() else [path]
    if not files:
        raise SourceError("footprints.no-parquet", path=path)
    return files


def _looked_at(path: Path, files: list[Path]) -> None:
    """Let a child be the first to open files: what makes a reader crash, or never end, is a sentence."""
    # Imported here, so that the child need not.
    import pyarrow as pa
    import pyarrow.parquet as pq

    del pq

    def look() -> None:
        for file in files:
            # What is only damaged is said where it is read.
            with suppress(SourceError, OSError, pa.ArrowException):
                opened, _ = _open(file)
                next(opened.iter_batches(1, use_threads=False), None)

    in_child(look, path=str(path), size=sum(f.stat().st_size for f in files if f.is_file()))


def _first_readable(files: list[Path]) -> tuple[pq.ParquetFile, dict[str, Any]]:
    problems = []
    for file in files:
        try:
            return _open(file)
        except SourceError as error:
            problems.append(error)
    raise problems[0]


def _open(path: Path) -> tuple[pq.ParquetFile, dict[str, Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    checked_file(path, allow_large=True)
    try:
        file = pq.ParquetFile(path)
    except (OSError, pa.ArrowException) as error:
        raise SourceError("source.parquet", path=path, error=reason_of(error)) from error
    metadata = (file.schema_arrow.metadata or {}).get(b"geo")
    if metadata is None:
        raise SourceError("source.parquet-not-geo", path=path)
    try:
        geo: dict[str, Any] = json.loads(metadata)
        encoding = geo["columns"][geo["primary_column"]]["encoding"]
        file.schema_arrow.field(geo["primary_column"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise SourceError("footprints.geo-metadata", path=path, reason=reason_of(error)) from error
    if encoding != "WKB":
        raise SourceError("source.parquet-encoding", path=path, encoding=encoding)
    return file, geo


def _crs_of(path: Path, geo: dict[str, Any], assumed: str | int | None) -> pyproj.CRS:
    column = geo["columns"][geo["primary_column"]]
    # The standard: without a word it is longitude and latitude on WGS 84; null means unknown.
    stated = column.get("crs", "OGC:CRS84")
    if stated is None and assumed is None:
        raise CRSError("built-up.parquet-no-crs", path=path)
    try:
        return pyproj.CRS.from_user_input(assumed if stated is None else stated)
    except (pyproj.exceptions.CRSError, RecursionError) as error:
        if assumed is not None and stated is not None:
            return pyproj.CRS.from_user_input(assumed)
        raise CRSError("footprints.crs", path=path) from error


def _row_group_boxes(file: pq.ParquetFile, geo: dict[str, Any]) -> Floats | None:
    """Return the boxes that the statistics of a bbox covering give, shape (row groups, 4), or None."""
    covering = geo["columns"][geo["primary_column"]].get("covering", {}).get("bbox")
    if covering is None:
        return None
    at = {file.schema.column(i).path: i for i in range(len(file.schema))}
    try:
        columns = [at[".".join(covering[side])] for side in _SIDES]
    except (KeyError, TypeError):
        # Without a sound covering all row groups are read.
        return None
    boxes = np.full((file.num_row_groups, 4), np.nan)
    for group in range(file.num_row_groups):
        row_group = file.metadata.row_group(group)
        found = [row_group.column(c).statistics for c in columns]
        if any(s is None or not s.has_min_max for s in found):
            return None
        boxes[group] = [*(s.min for s in found[:2]), *(s.max for s in found[2:])]
    return boxes
