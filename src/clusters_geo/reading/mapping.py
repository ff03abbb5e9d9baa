"""Taught once: what a file means, kept in TOML beside it and applied to the next half-year's file too.

`clusters-geo inspect FILE --write-mapping so.toml` writes its guesses and doubts as such a file, with
remarks; whoever knows the register corrects it, and every command takes it with `--mapping so.toml`. What is
said in a command wins over it.
"""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from clusters_geo.errors import SourceError
from clusters_geo.names import did_you_mean, strip_accents
from clusters_geo.reading.headers import map_headers
from clusters_geo.reading.opening import opened
from clusters_geo.reading.reasons import reason_of
from clusters_geo.schema import CLUSTER_COLUMNS, DISTRICT_COLUMNS, STATUSES, UNIT_COLUMNS
from clusters_geo.words import speaker

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping

    import pandas as pd

    from clusters_geo.reading.notes import LoadReport, Note
    from clusters_geo.schema import Column, Language

__all__ = ["OPTIONS", "Taught", "mapping_text", "name_columns", "read_mapping"]

# What may be said of a whole file; each as the option of the same name.
OPTIONS = (
    "layer",
    "layers",
    "crs",
    "encoding",
    "decimal",
    "region",
    "status",
    "boundaries_layer",
    "boundaries_name",
)
_TABLES = ("columns", "units", "words", "headers")
_UNITS = ("ha", "m2", "km2", "%")
_MAX_BYTES = 1 << 20
_OF_CLUSTERS = tuple(c.name for c in CLUSTER_COLUMNS if c.kind != "geometry")

_say = speaker("mapping")


@dataclass(frozen=True, slots=True)
class Taught:
    """What a mapping says.

    Attributes
    ----------
    options
        Of `OPTIONS`, those that it sets.
    columns
        For a header of the file the column that it means; "" for none.
    units
        For a header the unit of its figures.
    words
        For a column the words of the register, and the value that each means.
    headers
        For a column further names that it goes by in files of this office.
    """

    options: dict[str, str] = field(default_factory=dict)
    columns: dict[str, str] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    words: dict[str, dict[str, str]] = field(default_factory=dict)
    headers: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def names(self) -> tuple[str, ...]:
        """Return the headers that a file may have, by which its header row is found."""
        return (*self.columns, *(name for names in self.headers.values() for name in names))

    def columns_of(self, headers: Iterable[str]) -> dict[str, str]:
        """Return what headers of a file mean; those that are named win over those that are alike.

        Examples
        --------
        >>> taught = Taught(columns={"Tên": "name"}, headers={"planned_ha": ("Quy mô QĐ",)})
        >>> taught.columns_of(["Tên", "QUY MÔ  QĐ", "Khác"])
        {'Tên': 'name', 'QUY MÔ  QĐ': 'planned_ha'}
        """
        named = {_folded(h): column for h, column in self.columns.items()}
        alike = {_folded(name): column for column, names in self.headers.items() for name in names}
        found = {h: self.columns.get(h, named.get(_folded(h))) for h in headers}
        taken = {column for column in found.values() if column}
        for header in [h for h, column in found.items() if column is None]:
            column = alike.get(_folded(header))
            if column is not None and column not in taken:
                found[header] = column
                taken.add(column)
        return {h: column for h, column in found.items() if column is not None}

    def absent(self, headers: Iterable[str]) -> list[str]:
        """Return the named headers that a file does not have."""
        known = {_folded(h) for h in headers}
        return [h for h in self.columns if _folded(h) not in known]

    def with_values(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return a table in which the register's own words are the values that they mean."""
        changed = {}
        for column, words in self.words.items():
            if column in table:
                meant = {_folded(written): value for written, value in words.items()}
                changed[column] = table[column].map(
                    lambda v, meant=meant: meant.get(_folded(v), v) if isinstance(v, str) else v
                )
        return table.assign(**changed)


def _folded(text: str) -> str:
    return " ".join(strip_accents(text).split())


def read_mapping(path: str | os.PathLike[str]) -> Taught:
    r"""Read a mapping.

    Parameters
    ----------
    path
        A TOML file, such as `mapping_text` writes.

    Raises
    ------
    SourceError
        If it is no TOML, or says something that there is not; with the nearest that there is.

    Examples
    --------
    >>> _ = (tmp / "so.toml").write_text('crs = "EPSG:5897"\n[columns]\n"Tên" = "name"\n', encoding="utf-8")
    >>> taught = read_mapping(tmp / "so.toml")
    >>> taught.options, taught.columns
    ({'crs': 'EPSG:5897'}, {'Tên': 'name'})
    """
    with opened(path) as file:
        if file.size > _MAX_BYTES:
            raise SourceError("mapping.large", path=file.shown, size=file.size)
        content = file.content(_MAX_BYTES)
    try:
        said = tomllib.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise SourceError("mapping.not-toml", path=file.shown, said=reason_of(error)) from error
    return _checked(said, file.shown)


def _checked(said: dict[str, Any], path: str) -> Taught:
    names = [c.name for c in (*CLUSTER_COLUMNS, *DISTRICT_COLUMNS, *UNIT_COLUMNS)]
    _known(path, said, [*OPTIONS, *_TABLES], "key")
    tables = {name: said.get(name, {}) for name in _TABLES}
    for name, table in tables.items():
        if not isinstance(table, dict):
            raise SourceError("mapping.not-table", path=path, name=name)
    _known(path, [c for c in tables["columns"].values() if c], names, "column")
    _known(path, tables["units"].values(), _UNITS, "unit")
    _known(path, [*tables["headers"], *tables["words"]], names, "column")
    words = {column: dict(values) for column, values in tables["words"].items()}
    _known(path, words.get("status", {}).values(), STATUSES, "value")
    headers = {c: (n,) if isinstance(n, str) else tuple(map(str, n)) for c, n in tables["headers"].items()}
    options = {name: str(said[name]) for name in OPTIONS if said.get(name) not in (None, "")}
    return Taught(options, dict(tables["columns"]), dict(tables["units"]), words, headers)


def _known(path: str, said: Iterable[object], known: Iterable[str], what: str) -> None:
    options = list(known)
    for value in said:
        if value not in options:
            meant = did_you_mean(str(value), options) or options
            what_is = {"say": f"mapping {what}"}
            raise SourceError("mapping.unknown", path=path, value=str(value), what=what_is, meant=meant)


def name_columns(  # noqa: PLR0913 - all but the table is about its names
    table: pd.DataFrame,
    columns: tuple[Column, ...],
    report: LoadReport,
    *,
    taught: Taught,
    said: Mapping[str, str],
    paths: Mapping[str, tuple[str, ...]] | None = None,
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Return a table with the schema's names: as the caller says, then the mapping, then the headers.

    Parameters
    ----------
    table, columns, report, paths
        As `map_headers` takes them.
    taught
        The mapping; what it names and the file lacks is a doubt.
    said
        Header to column, as the caller says; "" for a header that means none.

    Returns
    -------
    The table, and the unit that is known for a column.
    """
    headers, known = [str(h) for h in table.columns if h != "geometry"], {c.name for c in columns}
    from_mapping = {h: c for h, c in taught.columns_of(headers).items() if not c or c in known}
    meant = from_mapping | dict(said)
    if absent := taught.absent(headers):
        report.note("columns.absent", headers=absent)
    unused = [h for h, column in meant.items() if not column and h in headers]
    told = {h: column for h, column in meant.items() if column}
    named, units = map_headers(table.drop(columns=unused), columns, report, explicit=told, paths=paths)
    report.left += [h for h in unused if h not in report.coordinates]
    by_header = report.mapped | {column: column for column in report.mapped.values()}
    units |= {by_header[h]: unit for h, unit in taught.units.items() if h in by_header}
    # A header that means none may still be called as a column that another one means.
    kept = {h if h not in named else f"{h} (?)": table[h] for h in unused}
    return taught.with_values(named).assign(**kept), units


def mapping_text(
    report: LoadReport,
    said: Mapping[str, Any],
    lang: Language = "vi",
    *,
    columns: Iterable[str] = _OF_CLUSTERS,
) -> str:
    """Return a mapping with what a load guessed, to be corrected by whoever knows the file.

    Parameters
    ----------
    report
        Of the load.
    said
        What was said of the file, by the names of `OPTIONS`.
    lang
        Of the remarks.
    columns
        The columns that there are, for the remark that lists them.

    Examples
    --------
    >>> from clusters_geo.reading.notes import LoadReport
    >>> report = LoadReport(
    ...     "so.xlsx", layer="PL1", layers=["PL1", "PL2"], mapped={"Tên": "name"}, left=["Màu"]
    ... )
    >>> text = mapping_text(report, {"crs": None}, "en")
    >>> tomllib.loads(text)
    {'layer': 'PL1', 'columns': {'Tên': 'name', 'Màu': ''}, 'words': {'status': {}}, 'headers': {}}
    """
    lines = [f"# {line}" for line in _say("head", lang, path=report.path).split("\\n")]
    if report.doubts:
        lines += ["#", f"# {_say('doubts', lang)}"]
        lines += [f"#   {line}" for doubt in report.doubts for line in _doubt_lines(report, doubt, lang)]
    lines += ["", *_option_lines(report, said, lang), "", f"# {_say('columns', lang)}"]
    lines += [f"#   {' '.join(_wrapped)}" for _wrapped in _in_rows(list(columns))]
    lines += ["[columns]"]
    lines += [f"{_quoted(h)} = {_quoted(column)}" for h, column in report.mapped.items()]
    lines += [f'{_quoted(h)} = ""' for h in report.left]
    lines += [f"# {_quoted(h)}: {_say('coordinates', lang)}" for h in report.coordinates]
    for table in ("words.status", "headers"):
        lines += ["", *(f"# {line}" for line in _say(table, lang).split("\\n")), f"[{table}]"]
    return "\n".join(lines) + "\n"


def _option_lines(report: LoadReport, said: Mapping[str, Any], lang: Language) -> list[str]:
    found: dict[str, Any] = {name: said.get(name) for name in OPTIONS}
    if any(note.code == "file.layers-joined" for note in report.notes):
        found["layers"] = "all"
    if len(report.layers) > 1 and not found["layers"]:
        found["layer"] = found["layer"] or report.layer
    lines = []
    for name in OPTIONS:
        remark = _say(f"option.{name}", lang)
        lines.append(
            f"{name} = {_quoted(str(found[name]))}  # {remark}"
            if found[name]
            else f'# {name} = ""  # {remark}'
        )
    return lines


def _doubt_lines(report: LoadReport, doubt: Note, lang: Language) -> list[str]:
    from clusters_geo.reading.notes import word

    rows = word("in rows", lang, rows=report.rows_of(doubt, lang)) if doubt.rows else ""
    text = f"{doubt.text(lang)}{rows}. {doubt.what_to_do(lang)}"
    return [" ".join(text.split())]


def _in_rows(names: list[str], most: int = 6) -> list[list[str]]:
    return [names[at : at + most] for at in range(0, len(names), most)]


def _quoted(text: str) -> str:
    # A JSON string is a TOML string.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
