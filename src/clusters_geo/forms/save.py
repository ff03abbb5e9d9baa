"""Forms written to files: one, or those of every unit at once."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from clusters_geo.errors import SourceError
from clusters_geo.forms.checks import check, check_sum, join_findings
from clusters_geo.forms.docx import write_docx
from clusters_geo.forms.fill import fill
from clusters_geo.forms.html import to_html
from clusters_geo.forms.layout import page_of
from clusters_geo.forms.units import level_of, unit_names
from clusters_geo.forms.xlsx import write_xlsx
from clusters_geo.names import slug
from clusters_geo.report.records import to_csv
from clusters_geo.report.writing import replaced_file

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    import pandas as pd

    from clusters_geo.forms.fill import Filled
    from clusters_geo.forms.period import Period
    from clusters_geo.forms.units import Level
    from clusters_geo.schema import Language

__all__ = ["ENDINGS", "save_all_units", "save_form", "write_form"]

ENDINGS = (".xlsx", ".docx", ".html", ".csv")


def save_form(  # noqa: PLR0913 - as `form`
    clusters: pd.DataFrame,
    number: str,
    path: str | os.PathLike[str],
    *,
    unit: str | None = None,
    period: str | Period,
    level: Level | None = None,
    lang: Language = "vi",
    on: date | None = None,
) -> pd.DataFrame:
    """Write a form to a file, whole or not at all.

    Parameters
    ----------
    clusters, number, unit, period, level, lang
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
    >>> findings = save_form(table, "03", tmp / "bieu-03.html", unit="Ba Vì", period="2026-H1")
    >>> "9,5" in (tmp / "bieu-03.html").read_text(encoding="utf-8")
    True
    """
    filled = fill(clusters, number, unit=unit, period=period, level=level, lang=lang)
    findings = check(filled)
    write_form(filled, findings, Path(path), on or date.today())  # noqa: DTZ011 - deadlines are local days
    return findings


def save_all_units(  # noqa: PLR0913 - as `form`
    clusters: pd.DataFrame,
    folder: str | os.PathLike[str],
    *,
    period: str | Period,
    level: Level | None = None,
    lang: Language = "vi",
    ending: str = ".xlsx",
    on: date | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> tuple[list[Path], pd.DataFrame]:
    """Write Form 03 for every district or commune, and one Form 04.

    Parameters
    ----------
    clusters, period, level, lang, on
        As for `save_form`; without `level`, districts if the register names any, else communes.
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
    >>> files, findings = save_all_units(table, tmp / "forms", period="2026-H1", ending=".csv")
    >>> [file.name for file in files]
    ['bieu-03-ba-vi.csv', 'bieu-03-dong-anh.csv', 'bieu-04.csv']
    """
    chosen = level or level_of(clusters)
    units = unit_names(clusters, chosen)
    today = on or date.today()  # noqa: DTZ011 - deadlines are local days
    jobs = [*(("03", unit, name) for unit, name in _file_names(units).items()), ("04", None, "04")]
    files: list[Path] = []
    findings: list[pd.DataFrame] = []
    tables: dict[str, pd.DataFrame] = {}
    for at, (number, unit, name) in enumerate(jobs, start=1):
        if progress:
            progress(at, len(jobs), unit or "")
        filled = fill(clusters, number, unit=unit, period=period, level=chosen, lang=lang)
        found = [check(filled)]
        if unit is None:
            found.append(check_sum(filled.table, tables, lang))
        else:
            tables[unit] = filled.table
        files.append(Path(folder) / f"bieu-{name}{ending}")
        findings.append(join_findings(found))
        write_form(filled, findings[-1], files[-1], today)
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
        msg = f"{path} has the ending {path.suffix!r}; a form is written as {', '.join(ENDINGS)}."
        raise SourceError(msg)
    page = page_of(filled, findings, on)
    with replaced_file(path) as beside:
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
