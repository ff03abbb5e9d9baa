"""Forms written to files: one, or those of every unit at once."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from clusters_geo.errors import SourceError
from clusters_geo.forms.checks import check, check_sum, join_findings
from clusters_geo.forms.circular import Period
from clusters_geo.forms.docx import write_docx
from clusters_geo.forms.fill import fill
from clusters_geo.forms.layout import page_of
from clusters_geo.forms.units import level_of, unit_names
from clusters_geo.forms.xlsx import write_xlsx
from clusters_geo.names import slug
from clusters_geo.report.tables import to_csv
from clusters_geo.units.model import unit_level
from clusters_geo.writing import replaced_file, replaced_folder

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    import pandas as pd

    from clusters_geo.forms.fill import Filled
    from clusters_geo.forms.layout import Page
    from clusters_geo.forms.units import Level
    from clusters_geo.schema import Language

__all__ = ["ENDINGS", "save_all_units", "save_form", "to_html", "write_form"]

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
) -> pd.DataFrame:
    """Write a form to a file, whole or not at all.

    Parameters
    ----------
    clusters, number, unit, period, level, units, anyway, lang, totals
        As for `form`.
    path
        Ends in `.xlsx`, `.docx`, `.html` (each with the trace of every cell) or `.csv` (the table of `form`).
    on
        The day that decides whether the form is overdue; today by default.

    Returns
    -------
    What was found on the way, as from `form_findings`.

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
    findings = check(filled)
    write_form(filled, findings, Path(path), on or date.today())  # noqa: DTZ011 - deadlines are local days
    return findings


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
) -> tuple[list[Path], pd.DataFrame]:
    """Write Form 03 for every district or commune, and one Form 04.

    Parameters
    ----------
    clusters, period, level, units, anyway, lang, on
        As for `save_form`; without `level`, what exists in the period if the register names any.
    folder
        Made if it does not exist.
    ending
        Kind of the files.
    progress
        Called before each file with its number, how many there are, and its unit.

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
    ['bieu-03-ba-vi.csv', 'bieu-03-dong-anh.csv', 'bieu-04.csv']
    """
    end = Period.parse(period).end
    chosen = level or (
        level_of(clusters, None if anyway else end) if units is None else _level_of_layer(units)
    )
    names = unit_names(clusters, chosen, None if anyway else end, units)
    wanted: _Wanted = {"level": chosen, "units": units, "anyway": anyway, "lang": lang}
    today = on or date.today()  # noqa: DTZ011 - deadlines are local days
    jobs = [*(("03", unit, name) for unit, name in _file_names(names).items()), ("04", None, "04")]
    findings: list[pd.DataFrame] = []
    tables: dict[str, pd.DataFrame] = {}
    with replaced_folder(folder) as staged:
        for at, (number, unit, name) in enumerate(jobs, start=1):
            if progress:
                progress(at, len(jobs), unit or "")
            filled = fill(clusters, number, unit=unit, period=period, **wanted)
            found = [check(filled)]
            if unit is None:
                found.append(check_sum(filled.table, tables, lang))
            else:
                tables[unit] = filled.table
            findings.append(join_findings(found))
            write_form(filled, findings[-1], staged / f"bieu-{name}{ending}", today)
    files = [Path(folder) / f"bieu-{name}{ending}" for *_, name in jobs]
    return files, join_findings(findings)


def _file_names(units: list[str]) -> dict[str, str]:
    """Return a name for the file of each unit; two units that fold to one name get numbers."""
    names: dict[str, str] = {}
    for unit in units:
        plain = f"03-{slug(unit)}"
        taken = sum(name.startswith(plain) for name in names.values())
        names[unit] = plain if plain not in names.values() else f"{plain}-{taken + 1}"
    return names


def write_form(filled: Filled, findings: pd.DataFrame, path: Path, on: date) -> None:
    """Write a form that is filled in; see `save_form`."""
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise SourceError("forms.ending", path=path, ending=path.suffix, endings=", ".join(ENDINGS))
    page = page_of(filled, findings, on)
    with replaced_file(path, ending.removeprefix(".")) as beside:
        match ending:
            case ".xlsx":
                write_xlsx(page, beside)
            case ".docx":
                write_docx(page, beside)
            case ".html":
                beside.write_text(to_html(page), encoding="utf-8", newline="\n")
            case _:
                # The mark tells Excel that this is UTF-8; without it Vietnamese letters turn to noise.
                beside.write_text(to_csv(filled.table), encoding="utf-8-sig", newline="\n")


_PAGE = """<!doctype html>
<html lang="{{ page.lang }}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{{ page.right[0] }} – {{ page.title }}</title>
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
h2 { font-size: 12pt; margin: 2rem 0 .4rem; }
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
.trace { break-before: page; font-size: 9.5pt; }
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
<section class="trace">
{% if page.checks %}<h2>{{ page.checks_title }}</h2>
<ul>{% for severity, what, fix in page.checks %}<li>{{ what }} {{ fix }}</li>
{% endfor %}</ul>
{% endif %}<h2>{{ page.trace_title }}</h2>
<div class="scroll" tabindex="0" role="region" aria-label="{{ page.trace_title }}">
<table>
<thead><tr>{% for text in page.short_trace_header %}<th scope="col">{{ text }}</th>{% endfor %}</tr></thead>
<tbody>
{% for number, result, counted, missing in page.short_trace -%}
<tr><td class="middle">{{ number }}</td><td class="number">{{ result }}</td><td>{{ counted }}</td>
<td>{{ missing }}</td></tr>
{% endfor %}</tbody>
</table>
</div>
</section>
</main>
</body>
</html>
"""


def to_html(page: Page) -> str:
    """Return a page as HTML; whatever stands in a name is shown as text."""
    from jinja2 import Environment

    return Environment(autoescape=True, trim_blocks=False).from_string(_PAGE).render(page=page)
