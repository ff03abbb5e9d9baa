"""What is in a file, what loading it would repair, and what its owner should decide."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from clusters_geo.errors import ClustersGeoError
from clusters_geo.load import load_clusters, load_districts, load_report
from clusters_geo.reading.files import Layer, look_into
from clusters_geo.reading.formats import FORMATS, REGISTERS
from clusters_geo.reading.notes import LoadReport, word
from clusters_geo.reading.opening import opened
from clusters_geo.report.tables import Sheet
from clusters_geo.validation import list_faults
from clusters_geo.words import speaker

if TYPE_CHECKING:
    import os
    from collections.abc import Callable
    from pathlib import Path

    import geopandas as gpd

    from clusters_geo.reading.opening import InputFile
    from clusters_geo.schema import Language

__all__ = ["Inspection", "inspect_file", "inspection_sheets"]

_say = speaker("inspection")
_NOT_LAYERED = {e for f in FORMATS if f.name in REGISTERS | {"GeoParquet"} for e in f.endings}
_SHOWN_FAILURES = 200


@dataclass(frozen=True, slots=True)
class Inspection:
    """A file as it was found.

    Attributes
    ----------
    path, size
        The file and its bytes; None where it must not be opened.
    layers
        What lies in it; empty for registers, which have sheets at most.
    report
        What loading it did; None where it cannot be loaded.
    problem
        Why it cannot be loaded, in one sentence; "" if it can.
    failures
        What cannot be computed with, cell by cell, as `validate` lists it.
    lang
        The language of the texts.
    """

    path: str
    size: int | None = None
    layers: list[Layer] = field(default_factory=list)
    report: LoadReport | None = None
    problem: str = ""
    failures: list[dict[str, object]] = field(default_factory=list)
    lang: Language = "en"

    def as_dict(self) -> dict[str, Any]:
        """Return everything as text, numbers, lists and dicts, ready for JSON; the keys are English."""
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
            "report": self.report.as_dict(self.lang) if self.report else None,
            "failures": self.failures,
        }


def inspect_file(
    path: str | os.PathLike[str],
    *,
    districts: bool = False,
    lang: Language = "en",
    **wishes: Any,  # noqa: ANN401
) -> Inspection:
    """Look into a file and try to load it, without ever raising for what is wrong with its content.

    Parameters
    ----------
    path
        Any file.
    districts
        Whether to load it as districts instead of clusters.
    lang
        Of the texts.
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
    allowed = {name: bool(wishes.get(name)) for name in ("allow_large", "allow_remote")}
    with opened(path, **allowed) as file:
        return _inspected(file, load_districts if districts else load_clusters, lang, wishes)


def _inspected(
    file: InputFile,
    load: Callable[..., gpd.GeoDataFrame],
    lang: Language,
    wishes: dict[str, Any],
) -> Inspection:
    layers = []
    if file.path.suffix.lower() not in _NOT_LAYERED:
        layers = look_into(file, allow_large=bool(wishes.get("allow_large")))
    name, size = file.shown, _size(file.path)
    try:
        table = load(file, check=False, **wishes)
    except ClustersGeoError as error:
        if not layers:
            raise
        return Inspection(name, size, layers, problem=error.text(lang), lang=lang)
    faults: list[dict[str, object]] = [
        {str(key): str(value) for key, value in row.items()}
        for row in list_faults(table, lang, report=load_report(table)).to_dict("records")
    ]
    return Inspection(name, size, layers, load_report(table), failures=faults, lang=lang)


def _size(path: Path) -> int:
    if path.is_dir():
        return sum(p.stat().st_size for p in path.iterdir())
    return path.stat().st_size


def inspection_sheets(found: Inspection) -> list[Sheet]:
    """Return an inspection as tables for a person: layers, columns, repairs and doubts, faults."""
    lang = found.lang
    sheets = [_layers_sheet(found.layers, lang)] if found.layers else []
    if found.problem:
        unusable = Sheet(_say("unusable", lang), (_say("why", lang),), ((found.problem,),))
        return [*sheets, unusable]
    if found.report:
        sheets += _report_sheets(found.report, lang)
    return [*sheets, _faults_sheet(found.failures, lang)] if found.failures else sheets


def _layers_sheet(layers: list[Layer], lang: Language) -> Sheet:
    rows = tuple(
        (
            f.name,
            _shapes(f.shape, lang),
            f.crs.name if f.crs else _say("not stated", lang),
            str(f.rows) if f.rows >= 0 else "?",
        )
        for f in layers
    )
    return Sheet(_say("layers", lang), _says(lang, "layer", "shapes", "crs", "rows"), rows, frozenset({3}))


def _shapes(kind: str, lang: Language) -> str:
    """Return what a layer holds: "MultiPolygon Z" are outlines, as a reader calls them, of any number."""
    if not kind:
        return _say("no shapes", lang)
    known = next((name for name in ("Point", "Line", "Polygon") if name in kind), "any shapes")
    return _say(known, lang)


def _faults_sheet(failures: list[dict[str, object]], lang: Language) -> Sheet:
    rows = tuple(
        (str(f["row"]), str(f["column"]), str(f["value"]), f"{f['problem']}; {f['fix']}")
        for f in failures[:_SHOWN_FAILURES]
    )
    if len(failures) > _SHOWN_FAILURES:
        rows += (("…", "", "", _say("more faults", lang, more=len(failures) - _SHOWN_FAILURES)),)
    title = _say("faults", lang).format(count=len(failures))
    return Sheet(title, _says(lang, "row", "column", "value", "problem"), rows)


def _report_sheets(report: LoadReport, lang: Language) -> list[Sheet]:
    encodings = ", ".join(f"{column}: {name}" for column, name in report.encodings.items())
    facts: tuple[str, ...] = (
        report.format,
        report.layer,
        str(report.rows),
        report.crs or _say("no shapes", lang),
        encodings or "UTF-8",
        ", ".join(report.left) or _say("none", lang),
    )
    names = _says(lang, "format", "layer", "rows", "crs", "encoding", "left")
    if report.fetched_at:
        names += (_say("fetched", lang), "SHA-256")
        facts += (report.fetched_at, report.sha256)
    columns = tuple((header, column) for header, column in report.mapped.items())
    columns += tuple((header, _say("coordinates", lang)) for header in report.coordinates)
    notes = tuple(
        (
            word(n.kind, lang),
            word(n.topic, lang),
            n.text(lang),
            report.rows_of(n, lang),
            n.what_to_do(lang),
        )
        for n in (*report.doubts, *report.repairs)
    ) or (("–", "–", _say("nothing", lang), "", ""),)
    line = "line" if report.counts_lines else "record"
    return [
        Sheet(report.path, _says(lang, "what", "found"), tuple(zip(names, facts, strict=True))),
        Sheet(_say("columns", lang), _says(lang, "in file", "taken for"), columns),
        Sheet(_say("notes", lang), _says(lang, "kind", "about", "found", line, "to do"), notes),
    ]


def _says(lang: Language, *keys: str) -> tuple[str, ...]:
    return tuple(_say(key, lang) for key in keys)
