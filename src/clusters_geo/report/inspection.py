"""What is in a file, what loading it would repair, and what its owner should decide."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from clusters_geo.errors import ClustersGeoError, SchemaError
from clusters_geo.load import load_clusters, load_districts, load_report
from clusters_geo.reading.files import Layer, look_into
from clusters_geo.reading.notes import LoadReport, some
from clusters_geo.report.sheet import Sheet
from clusters_geo.validation import validate

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["Inspection", "inspect_file", "inspection_sheets"]

_NOT_LAYERED = {".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".parquet", ".geoparquet"}
_SHOWN_FAILURES = 20


@dataclass(frozen=True, slots=True)
class Inspection:
    """A file as it was found.

    Attributes
    ----------
    path, size
        The file and its bytes.
    layers
        What lies in it; empty for registers, which have sheets at most.
    report
        What loading it did; None where it cannot be loaded.
    problem
        Why it cannot be loaded, in one sentence; "" if it can.
    failures
        What cannot be computed with, cell by cell, as `validate` lists it.
    """

    path: str
    size: int
    layers: list[Layer] = field(default_factory=list)
    report: LoadReport | None = None
    problem: str = ""
    failures: list[dict[str, object]] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return everything as text, numbers, lists and dicts, ready for JSON."""
        return {
            "path": self.path,
            "size": self.size,
            "usable": not self.problem and not self.failures,
            "problem": self.problem or None,
            "layers": [
                {
                    "name": f.name,
                    "shape": f.shape,
                    "crs": f.crs.name if f.crs else None,
                    "rows": f.rows,
                    "fields": list(f.fields),
                }
                for f in self.layers
            ],
            "report": self.report.as_dict() if self.report else None,
            "failures": self.failures,
        }


def inspect_file(path: str | os.PathLike[str], *, districts: bool = False, **wishes: Any) -> Inspection:  # noqa: ANN401
    """Look into a file and try to load it, without ever raising for what is wrong with its content.

    Parameters
    ----------
    path
        Any file.
    districts
        Whether to load it as districts instead of clusters.
    wishes
        As `load_clusters` takes them: `layer`, `crs`, `encoding`, `region`, `allow_large`, …

    Raises
    ------
    SourceError
        If the file may not be opened, or cannot be: there is nothing to tell about it but that.

    Examples
    --------
    >>> import clusters_geo as cg
    >>> cg.load_hanoi()[1].to_file(tmp / "districts.gpkg")
    >>> found = inspect_file(tmp / "districts.gpkg", districts=True)
    >>> found.problem, found.report.mapped["name"], found.failures
    ('', 'name', [])
    """
    layers = []
    if Path(path).suffix.lower() not in _NOT_LAYERED:
        layers = look_into(path, allow_large=bool(wishes.get("allow_large")))
    name, size = os.fspath(path), _size(Path(path))
    load = load_districts if districts else load_clusters
    try:
        table = load(path, check=False, **wishes)
    except ClustersGeoError as error:
        if not layers:
            raise
        return Inspection(name, size, layers, problem=str(error))
    return Inspection(name, size, layers, load_report(table), failures=_failures(table))


def _failures(table: gpd.GeoDataFrame) -> list[dict[str, object]]:
    try:
        validate(table)
    except SchemaError as error:
        failures = pd.DataFrame() if error.failures is None else error.failures
        return [{str(key): str(value) for key, value in row.items()} for row in failures.to_dict("records")]
    return []


def _size(path: Path) -> int:
    if path.is_dir():
        return sum(p.stat().st_size for p in path.iterdir())
    return path.stat().st_size


def inspection_sheets(found: Inspection) -> list[Sheet]:
    """Return an inspection as tables for a person: layers, columns, repairs and doubts, faults."""
    sheets = []
    if found.layers:
        rows = tuple(
            (
                f.name,
                f.shape or "no shapes",
                f.crs.name if f.crs else "not stated",
                str(f.rows) if f.rows >= 0 else "?",
            )
            for f in found.layers
        )
        sheets.append(Sheet("Layers", ("Layer", "Shapes", "Coordinate system", "Rows"), rows, frozenset({3})))
    if found.problem:
        return [*sheets, Sheet("Cannot be loaded", ("Why, and what to do",), ((found.problem,),))]
    if found.report:
        sheets += _report_sheets(found.report)
    if found.failures:
        rows = tuple(
            (str(f["row"]), str(f["column"]), str(f["value"]), f"{f['problem']}; {f['fix']}")
            for f in found.failures[:_SHOWN_FAILURES]
        )
        title = f"Cannot be computed with: {len(found.failures)} values"
        sheets.append(Sheet(title, ("Row", "Column", "Value", "Problem"), rows))
    return sheets


def _report_sheets(report: LoadReport) -> list[Sheet]:
    encodings = ", ".join(f"{column}: {name}" for column, name in report.encodings.items())
    facts = (
        ("Format", report.format),
        ("Layer", report.layer),
        ("Rows", str(report.rows)),
        ("Coordinate system", report.crs),
        ("Encoding", encodings or "UTF-8"),
        ("Columns not used", ", ".join(report.left) or "none"),
    )
    columns = tuple((header, column) for header, column in report.mapped.items())
    notes = tuple(
        (n.kind, n.topic, n.message, some(n.rows), n.advice) for n in (*report.doubts, *report.repairs)
    ) or (("–", "–", "nothing to repair and nothing to doubt", "", ""),)
    return [
        Sheet(report.path, ("What", "Found"), facts),
        Sheet("Columns", ("In the file", "Taken for"), columns),
        Sheet("Repairs and doubts", ("Kind", "About", "What", "Rows", "What to do"), notes),
    ]
