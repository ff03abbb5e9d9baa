"""Forms written to files: one, or those of every unit at once."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from clusters_geo.errors import SourceError
from clusters_geo.forms.checks import check, check_sum, join_findings
from clusters_geo.forms.circular import Period
from clusters_geo.forms.docx import write_docx
from clusters_geo.forms.fill import blank, fill
from clusters_geo.forms.layout import page_of
from clusters_geo.forms.receive import owes_form
from clusters_geo.forms.trace import trace_of, write_trace
from clusters_geo.forms.units import level_of, unit_names
from clusters_geo.forms.xlsx import write_xlsx
from clusters_geo.names import slug
from clusters_geo.report.tables import to_csv
from clusters_geo.units.model import unit_level
from clusters_geo.writing import replaced_file, replaced_folder

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator

    import pandas as pd

    from clusters_geo.forms.fill import Filled
    from clusters_geo.forms.layout import Page
    from clusters_geo.forms.units import Level
    from clusters_geo.schema import Language

__all__ = [
    "ENDINGS",
    "save_all_units",
    "save_blank_form",
    "save_form",
    "to_html",
    "write_form",
    "write_traces",
]

ENDINGS = (".xlsx", ".docx", ".html", ".csv")


class _Wanted(TypedDict):
    level: Level | None
    units: pd.DataFrame | None
    anyway: bool
    lang: Language


def _level_of_layer(units: pd.DataFrame) -> Level:
    return "commune" if unit_level(units) == "commune" else "district"


def save_form(  # noqa: PLR0913 - as `form`
    clusters: pd.DataFrame,
    number: str,
    path: str | os.PathLike[str],
    *,
    unit: str | None = None,
    period: str | Period,
    level: Level | None = None,
    units: pd.DataFrame | None = None,
    anyway: bool = False,
    lang: Language = "vi",
    on: date | None = None,
    totals: pd.DataFrame | None = None,
    trace: str | os.PathLike[str] | None = None,
) -> pd.DataFrame:
    """Write a form to a file, whole or not at all.

    Parameters
    ----------
    clusters, number, unit, period, level, units, anyway, lang, totals
        As for `form`.
    path
        Ends in `.xlsx`, `.docx`, `.html` or `.csv` (the table of `form`).
    on
        The day that decides whether the form is overdue, which is a finding; today by default.
    trace
        A second file, of the same endings: what was found, and which clusters each result is added up from.

    Returns
    -------
    What was found on the way, as from `form_findings`, and whether the form is overdue (`forms.overdue`).

    Raises
    ------
    SchemaError
        As `form`.
    SourceError
        If the ending is another one, or the file cannot be written.
    EngineError
        If openpyxl or python-docx is needed and not installed.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame(
    ...     {"name": ["A"], "status": "operating", "district": "Ba Vì", "planned_ha": [9.5]},
    ...     index=pd.Index(["1"], name="cluster_id"),
    ... )
    >>> findings = save_form(table, "03", tmp / "bieu-03.html", unit="Ba Vì", period="2025-H1")
    >>> "9,5" in (tmp / "bieu-03.html").read_text(encoding="utf-8")
    True
    """
    wanted: _Wanted = {"level": level, "units": units, "anyway": anyway, "lang": lang}
    filled = fill(clusters, number, unit=unit, period=period, totals=totals, **wanted)
    findings = check(filled, on or date.today())  # noqa: DTZ011 - deadlines are local days
    write_form(filled, Path(path), findings, None if trace is None else Path(trace))
    return findings


def save_blank_form(  # noqa: PLR0913 - as `form`
    number: str,
    path: str | os.PathLike[str],
    *,
    clusters: pd.DataFrame | None = None,
    unit: str | None = None,
    period: str | Period,
    lang: Language = "vi",
) -> None:
    """Write Form 01 or 02 for a firm to fill in and send back.

    Parameters
    ----------
    number
        `01` for a producer, `02` for the investor in a cluster's infrastructure.
    path, period, lang
        As for `save_form`.
    clusters, unit
        A register and the id or name of a cluster in it, for the heading; without them it is left open, too.

    Raises
    ------
    SchemaError
        If the form is another one, or there is no such cluster or period.
    SourceError, EngineError
        As `save_form`.

    Examples
    --------
    >>> save_blank_form("01", tmp / "bieu-01.html", period="2026-H1")
    >>> "Tên cụm công nghiệp: …………" in (tmp / "bieu-01.html").read_text(encoding="utf-8")
    True
    """
    write_form(blank(number, clusters=clusters, unit=unit, period=period, lang=lang), Path(path))


def save_all_units(  # noqa: PLR0913 - as `form`
    clusters: pd.DataFrame,
    folder: str | os.PathLike[str],
    *,
    period: str | Period,
    level: Level | None = None,
    units: pd.DataFrame | None = None,
    anyway: bool = False,
    lang: Language = "vi",
    ending: str = ".xlsx",
    on: date | None = None,
    progress: Callable[[int, int, str], None] | None = None,
    totals: pd.DataFrame | None = None,
    trace: str | os.PathLike[str] | None = None,
) -> tuple[list[Path], pd.DataFrame]:
    """Write Form 02 of every cluster that owes one, Form 03 of every district or commune, and one Form 04.

    Parameters
    ----------
    clusters, period, level, units, anyway, lang, on, totals
        As for `save_form`; without `level`, what exists in the period if the register names any.
    folder
        Made if it does not exist.
    ending
        Kind of the files.
    progress
        Called before each file with its number, how many there are, and its unit.
    trace
        One second file for all the forms, as for `save_form`.

    Returns
    -------
    The files, and the findings of all forms, the comparison of Form 04 with the sum of Forms 03 included.

    Raises
    ------
    SchemaError, SourceError, EngineError
        As `save_form`.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame(
    ...     {"name": ["A", "B"], "status": "operating", "district": ["Ba Vì", "Đông Anh"]},
    ...     index=pd.Index(["1", "2"], name="cluster_id"),
    ... )
    >>> files, findings = save_all_units(table, tmp / "forms", period="2025-H1", ending=".csv")
    >>> [file.name for file in files]
    ['bieu-02-a-1.csv', 'bieu-02-b-2.csv', 'bieu-03-ba-vi.csv', 'bieu-03-dong-anh.csv', 'bieu-04.csv']
    """
    end = Period.parse(period).end
    chosen = level or (
        level_of(clusters, None if anyway else end) if units is None else _level_of_layer(units)
    )
    names = unit_names(clusters, chosen, None if anyway else end, units)
    wanted: _Wanted = {"level": chosen, "units": units, "anyway": anyway, "lang": lang}
    jobs = [*_records(clusters), *_units(names), ("04", None, "bieu-04")]
    today = on or date.today()  # noqa: DTZ011 - deadlines are local days
    files = [Path(folder) / f"{name}{ending}" for *_, name in jobs]
    if trace is not None:
        _apart(Path(trace), files)
        _ending(Path(trace))
    made: list[tuple[Filled, pd.DataFrame]] = []
    with replaced_folder(folder) as staged:
        for at, (number, unit, name) in enumerate(jobs, start=1):
            if progress:
                progress(at, len(jobs), unit or "")
            filled = fill(clusters, number, unit=unit, period=period, totals=totals, **wanted)
            found = [check(filled, today)]
            if number == "04":
                parts = {one.unit.name: one.table for one, _ in made if one.number == "03"}
                found.append(check_sum(filled.table, parts, lang))
            made.append((filled, join_findings(found)))
            write_form(filled, staged / f"{name}{ending}")
    if trace is not None:
        write_traces(made, Path(trace))
    return files, join_findings([findings for _, findings in made])


_Job = tuple[str, str | None, str]  # the form, of whom, and the name of its file


def _records(clusters: pd.DataFrame) -> list[_Job]:
    """Return a Form 02 for each cluster that owes one; its id and its name tell form-in whose it is."""
    owing = clusters[owes_form(clusters)]
    named = [
        # An id made from the name says it already.
        f"{name} {key}" if isinstance(name, str) and slug(name) not in slug(str(key)) else str(key)
        for key, name in owing["name"].items()
    ]
    keys = [str(key) for key in owing.index]
    return [("02", key, file) for key, file in zip(keys, _file_names("bieu-02", named), strict=True)]


def _units(names: list[str]) -> list[_Job]:
    return [("03", unit, file) for unit, file in zip(names, _file_names("bieu-03", names), strict=True)]


def _file_names(form: str, whose: list[str]) -> list[str]:
    """Return a name for each file; those that fold to one name get numbers."""
    names: list[str] = []
    for unit in whose:
        plain = f"{form}-{slug(unit)}".rstrip("-")
        taken = sum(name.startswith(plain) for name in names)
        names.append(plain if plain not in names else f"{plain}-{taken + 1}")
    return names


def write_form(
    filled: Filled, path: Path, findings: pd.DataFrame | None = None, trace: Path | None = None
) -> None:
    """Write a form that is filled in, and its trace with its findings; see `save_form`."""
    ending = _ending(path)
    if trace is None or findings is None:
        with replaced_file(path, ending.removeprefix(".")) as beside:
            _write_page(filled, beside, ending)
        return
    _apart(trace, [path])
    with _trace_beside([(filled, findings)], trace), replaced_file(path, ending.removeprefix(".")) as beside:
        _write_page(filled, beside, ending)


@contextmanager
def _trace_beside(forms: list[tuple[Filled, pd.DataFrame]], path: Path) -> Iterator[None]:
    """Write the trace of forms, to be put in its place once what goes with it is written."""
    ending = _ending(path)
    with replaced_file(path, ending.removeprefix(".")) as second:
        write_trace(trace_of(forms, forms[0][0].lang), second, ending)
        yield


def write_traces(forms: list[tuple[Filled, pd.DataFrame]], path: Path) -> None:
    """Write the trace of forms, each with its findings, on its own; see `save_form`."""
    with _trace_beside(forms, path):
        pass


def _apart(trace: Path, forms: list[Path]) -> None:
    """Refuse a trace in the place of a form."""
    if trace.resolve() in {path.resolve() for path in forms}:
        raise SourceError("forms.trace-is-form", path=trace)


def _ending(path: Path) -> str:
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise SourceError("forms.ending", path=path, ending=path.suffix, endings=", ".join(ENDINGS))
    return ending


def _write_page(filled: Filled, path: Path, ending: str) -> None:
    page = page_of(filled)
    match ending:
        case ".xlsx":
            write_xlsx(page, path)
        case ".docx":
            write_docx(page, path)
        case ".html":
            path.write_text(to_html(page), encoding="utf-8", newline="\n")
        case _:
            # The mark tells Excel that this is UTF-8; without it Vietnamese letters turn to noise.
            path.write_text(to_csv(filled.table), encoding="utf-8-sig", newline="\n")


_PAGE = """<!doctype html>
<html lang="{{ page.lang }}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
{% for line in page.source %}<meta name="dcterms.source" content="{{ line }}">
{% endfor %}<title>{{ page.right[0] }} – {{ page.title }}</title>
<style>
@page { size: A4; margin: 15mm 15mm 15mm 20mm; }
body { font: 11pt/1.4 "Times New Roman", Tinos, serif; color: #111; max-width: 190mm; margin: 1rem auto;
  padding: 0 1rem; }
header, footer { display: flex; flex-wrap: wrap; gap: 1rem; justify-content: space-between; }
header p, footer p { margin: 0; }
header p:first-child, footer b { font-weight: bold; }
.right, footer div { text-align: center; }
footer div { min-width: 12rem; margin-bottom: 5rem; }
h1 { font-size: 13pt; text-align: center; margin: 1.2rem 0 .2rem; }
.subtitle { text-align: center; font-style: italic; margin: 0; }
.scroll { overflow-x: auto; margin: 1rem 0; }
table { border-collapse: collapse; width: 100%; }
th, td { border: 1px solid #767676; padding: .2rem .4rem; text-align: left; vertical-align: top; }
thead th { background: #e7edf3; text-align: center; }
thead { display: table-header-group; }
tr { break-inside: avoid; }
td.middle { text-align: center; }
td.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
td.note { font-size: 9.5pt; }
</style>
</head>
<body>
<main>
<header>
<div>{% for text in page.left %}<p>{{ text }}</p>{% endfor %}</div>
<div class="right">{% for text in page.right %}<p>{{ text }}</p>{% endfor %}</div>
</header>
<h1>{{ page.title }}</h1>
{% for text in page.subtitle %}<p class="subtitle">{{ text }}</p>
{% endfor %}<div class="scroll" tabindex="0" role="region" aria-label="{{ page.right[0] }}">
<table>
<thead><tr>{% for text in page.header %}<th scope="col">{{ text }}</th>{% endfor %}</tr></thead>
<tbody>
{% for row in page.rows %}{% if row.kind == "section" -%}
<tr><th class="middle">{{ row.number }}</th><th colspan="4" scope="rowgroup">{{ row.indicator }}</th></tr>
{% else -%}
<tr><td class="middle">{{ row.number }}</td><td>{{ row.indicator }}</td><td class="middle">{{ row.unit }}</td>
<td class="number">{{ row.text }}</td><td class="note">{{ row.note }}</td></tr>
{% endif %}{% endfor %}</tbody>
</table>
</div>
<footer>
{% for signature in page.signatures %}<div><p><i>{{ signature.date or "\u00a0" }}</i></p>
<p><b>{{ signature.title }}</b></p><p><i>{{ signature.hint }}</i></p></div>
{% endfor %}</footer>
</main>
</body>
</html>
"""


def to_html(page: Page) -> str:
    """Return a page as HTML; whatever stands in a name is shown as text."""
    from jinja2 import Environment

    return Environment(autoescape=True, trim_blocks=False).from_string(_PAGE).render(page=page)
