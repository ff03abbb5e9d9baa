"""Vintages as GeoParquet: a folder that holds what a database would, without one.

`FOLDER/2022-09-30.parquet` is the register of that day. Where it is large it is a folder of that name with a
file a unit, so that one unit is read without the others. A vintage is written once and not changed; its
metadata say of which day it is, from which file it came, and when it was written.
"""

from __future__ import annotations

import io
import json
import os
import re
from dataclasses import replace
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from clusters_geo.errors import SchemaError, SourceError
from clusters_geo.history.events import as_day
from clusters_geo.names import name_key, strip_accents
from clusters_geo.reading.notes import ATTRIBUTE, LoadReport, attach
from clusters_geo.writing import replaced_file, replaced_folder

if TYPE_CHECKING:
    import datetime as dt

    import geopandas as gpd

__all__ = [
    "PART_ROWS",
    "VintageFiles",
    "as_one",
    "provenance_of",
    "save_vintage",
    "vintage_files",
]

# A register of a province has some hundred rows, one of the country two thousand; beyond this a file takes
# longer to read than to be found among others.
PART_ROWS = 50_000
# What the metadata of a file are called, beside "geo".
_METADATA = b"clusters_geo"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_UNTIL = re.compile(r"\d{4}(?:-\d{2}){0,2}")
_NO_UNIT = "khong-ro"


class VintageFiles(NamedTuple):
    """The files of one vintage, and its day."""

    day: str
    parts: tuple[Path, ...]


def save_vintage(
    clusters: gpd.GeoDataFrame,
    folder: str | os.PathLike[str],
    as_of: str | dt.date | None = None,
    *,
    by: str | None = None,
    overwrite: bool = False,
) -> Path:
    """Save a register as one vintage of a folder.

    Parameters
    ----------
    clusters
        One row per cluster, indexed by `cluster_id`.
    folder
        Where vintages are kept; made if it is not there.
    as_of
        The day; without it the latest in the column `as_of`.
    by
        The column to part it by: `district`, `commune`, `province`. Without it a register is parted by
        district, or commune, beyond 50,000 rows only.
    overwrite
        Whether a vintage of that day may be written anew; otherwise it is history, and stays.

    Returns
    -------
    The file, or the folder of its parts.

    Raises
    ------
    SchemaError
        If no day is told, or there is no such column.
    SourceError
        If there is a vintage of that day, or it cannot be written; what was there still is.

    Examples
    --------
    >>> import clusters_geo as cg
    >>> clusters, _ = cg.load_hanoi()
    >>> save_vintage(clusters, tmp / "ky").name
    '2022-09-30.parquet'
    >>> len(cg.load_clusters(tmp / "ky", as_of="2023"))
    120
    """
    day = f"{_day_of(clusters, as_of):%Y-%m-%d}"
    part_by = _parted_by(clusters, by)
    base = Path(folder)
    target, other = base / f"{day}.parquet", base / day
    if part_by is not None:
        target, other = other, target
    if other.exists() or (target.exists() and not overwrite):
        raise SourceError("vintage.there", day=day, path=other if other.exists() else target)
    about = provenance_of(clusters, day)
    flat = clusters.reset_index() if clusters.index.name else clusters
    if part_by is None:
        with replaced_file(target) as beside:
            _write(flat, beside, about)
        return target
    with replaced_folder(target) as beside:
        for name, rows in _parts(flat, part_by).items():
            _write(rows, beside / f"{name}.parquet", about | {"part": name, "by": part_by})
    return target


def vintage_files(path: str | os.PathLike[str], as_of: str | dt.date | None = None) -> VintageFiles | None:
    """Return the files of the newest vintage not later than a day; None if the path is no folder of vintages.

    Parameters
    ----------
    path
        A folder, or one with a day: `ky@2022-09-30`.
    as_of
        The day, the last of a month or of a year; without it the newest vintage.

    Raises
    ------
    SourceError
        If the folder holds only later vintages.

    Examples
    --------
    >>> vintage_files(tmp / "register.gpkg") is None
    True
    """
    text = os.fspath(path)
    name, _, day = text.rpartition("@") if isinstance(text, str) else ("", "", "")
    if name and _UNTIL.fullmatch(day) and not Path(text).exists():
        text, as_of = name, as_of or day
    folder = Path(text)
    if not folder.is_dir() or folder.suffix.lower() == ".gdb":
        return None
    there = {f.stem: f for f in sorted(folder.iterdir()) if _DAY.fullmatch(f.stem) and _is_vintage(f)}
    if not there:
        return None
    last = max(there) if as_of is None else f"{as_day(as_of):%Y-%m-%d}"
    days = [day for day in there if day <= last]
    if not days:
        raise SourceError("vintage.none", path=folder, day=last, first=min(there))
    found = there[max(days)]
    return VintageFiles(max(days), tuple(sorted(found.glob("*.parquet"))) if found.is_dir() else (found,))


def as_one(tables: list[gpd.GeoDataFrame], path: str) -> gpd.GeoDataFrame:
    """Return the parts of a vintage, each as it was loaded, as one table with the notes of all."""
    reports = [LoadReport.from_dict(table.attrs[ATTRIBUTE]) for table in tables]
    notes = [note for report in reports for note in report.notes]
    whole: gpd.GeoDataFrame = pd.concat(tables)
    attach(whole, replace(reports[0], path=path, rows=len(whole), notes=notes, sha256=""))
    return whole


def provenance_of(clusters: pd.DataFrame, day: str) -> dict[str, str]:
    """Return where a table comes from, as its metadata tell it.

    Examples
    --------
    >>> sorted(provenance_of(pd.DataFrame(), "2022-09-30"))
    ['as_of', 'written_at', 'written_by']
    """
    report = clusters.attrs.get(ATTRIBUTE, {})
    told = {
        "as_of": day,
        "source": Path(str(report.get("path", ""))).name,
        "sha256": str(report.get("sha256", "")),
        "fetched_at": str(report.get("fetched_at", "")),
        "written_by": f"clusters-geo {metadata.version('clusters-geo')}",
        "written_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    return {name: value for name, value in told.items() if value}


def _write(table: gpd.GeoDataFrame, path: Path, about: dict[str, str]) -> None:
    """Write a table as GeoParquet 1.1 with what is told about it in the metadata."""
    import pyarrow.parquet as pq

    written = io.BytesIO()
    # What this package notes of a load would travel in the metadata too, as long as a register.
    plain = table.copy(deep=False)
    plain.attrs = {}
    plain.to_parquet(written, schema_version="1.1.0", write_covering_bbox=True)
    held = pq.read_table(written)
    told = {**(held.schema.metadata or {}), _METADATA: json.dumps(about, ensure_ascii=False).encode()}
    pq.write_table(held.replace_schema_metadata(told), path)


def _is_vintage(found: Path) -> bool:
    return any(found.glob("*.parquet")) if found.is_dir() else found.suffix == ".parquet"


def _day_of(clusters: pd.DataFrame, as_of: str | dt.date | None) -> pd.Timestamp:
    if as_of is not None:
        return as_day(as_of)
    days = pd.to_datetime(clusters["as_of"]).dropna() if "as_of" in clusters else pd.Series(dtype="object")
    if days.empty:
        raise SchemaError("vintage.no-day")
    last: pd.Timestamp = days.max()
    return last


def _parted_by(clusters: pd.DataFrame, by: str | None) -> str | None:
    if by is not None and by not in clusters:
        raise SchemaError("vintage.no-column", column=by)
    if by is not None or len(clusters) <= PART_ROWS:
        return by
    return next((name for name in ("district", "commune", "province") if name in clusters), None)


def _parts(table: gpd.GeoDataFrame, by: str) -> dict[str, gpd.GeoDataFrame]:
    """Return the rows of each unit, by a name that every file system takes."""
    keys = (
        table[by]
        .astype("string")
        .map(lambda unit: strip_accents(name_key(unit)), na_action="ignore")
        .fillna("")
    )
    slugs = keys.map(lambda key: re.sub(r"[^a-z0-9]+", "-", key).strip("-")[:100] or _NO_UNIT)
    return {str(name): rows for name, rows in table.groupby(slugs, sort=True)}
