"""`clusters-geo form`."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

import click

from clusters_geo.cli.help import usage_error
from clusters_geo.cli.options import (
    FOLDER,
    clusters_argument,
    crs_option,
    lang_option,
    load,
    output_option,
    put,
    say_out,
    units_option,
)

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from clusters_geo.forms.units import Level
    from clusters_geo.schema import Language

_ENDINGS = ["xlsx", "docx", "html", "csv"]


@click.command("form")
@click.argument("number", metavar="02|03|04", type=click.Choice(["02", "03", "04"]))
@clusters_argument
@click.option("--period", required=True, help="2026-H1 for the half-year, 2026 for the year.")
@click.option("--unit", help="02: cluster (id or name). 03: district or commune.")
@click.option("--level", type=click.Choice(["district", "commune"]), help="What a unit of 03 is.")
@click.option(
    "--anyway", is_flag=True, help="Also for a unit that does not exist in the period; the form says so."
)
@units_option
@click.option("--all-units", "folder", type=FOLDER, help="Write Form 03 of every unit and Form 04 here.")
@click.option(
    "--kind", type=click.Choice(_ENDINGS), default="xlsx", show_default=True, help="With --all-units."
)
@crs_option
@lang_option
@output_option
@click.pass_context
def command(
    context: click.Context,
    number: str,
    clusters_file: Path | None,
    period: str,
    unit: str | None,
    level: Level | None,
    anyway: bool,  # noqa: FBT001 -- click passes a flag
    districts_file: Path | None,
    folder: Path | None,
    kind: str,
    crs: str | None,
    lang: Language,
    output: Path | None,
) -> None:
    """Fill in a half-year form of Circular 14/2024/TT-BCT from a register.

    02 is the record of one cluster, 03 the sum of a district or commune, 04 of the province. --output ends in
    .xlsx, .docx, .html or .csv; without it the table is printed. The exit code is 1 if rows contradict each
    other.
    """
    if folder is not None and (number == "02" or unit is not None or output is not None):
        raise usage_error("forms-of-all")
    clusters, layer = load(clusters_file, districts_file, crs=crs)
    units = None if districts_file is None else layer
    wanted: _Wanted = {"period": period, "level": level, "units": units, "anyway": anyway, "lang": lang}
    totals = _totals(clusters_file)
    _tell_overdue(number, period, lang)
    if folder is not None:
        findings = _write_all(clusters, folder, f".{kind}", wanted)
    elif output is not None:
        from clusters_geo.forms.save import save_form

        findings = save_form(clusters, number, output, unit=unit, totals=totals, **wanted)
        say_out(_written(output, lang), err=True)
    else:
        findings = _print(clusters, number, unit, wanted, totals)
    _tell(findings)
    if (findings["severity"] == "error").any():
        context.exit(1)


class _Wanted(TypedDict):
    period: str
    level: Level | None
    units: pd.DataFrame | None
    anyway: bool
    lang: Language


def _totals(clusters_file: Path | None) -> pd.DataFrame | None:
    """Return the published totals that go with the bundled case; nobody else's."""
    from clusters_geo.reference import load_totals

    return load_totals() if clusters_file is None else None


def _tell_overdue(number: str, period: str, lang: Language) -> None:
    """Say on the screen that the deadline has passed: it is no part of the form."""
    from datetime import date

    from clusters_geo.forms.circular import Period
    from clusters_geo.words import speaker

    asked = Period.parse(period)
    if asked.overdue(number, date.today()):  # noqa: DTZ011 - deadlines are local days
        due = f"{asked.due(number):%d/%m/%Y}"
        say_out(f"{speaker('forms')('due', lang, day=due)} – {speaker('forms')('late', lang)}", err=True)


def _print(
    clusters: pd.DataFrame, number: str, unit: str | None, wanted: _Wanted, totals: pd.DataFrame | None
) -> pd.DataFrame:
    from datetime import date

    from clusters_geo.cli.options import sheets_text
    from clusters_geo.forms.checks import check
    from clusters_geo.forms.fill import fill
    from clusters_geo.forms.layout import page_of
    from clusters_geo.report.tables import Sheet

    filled = fill(clusters, number, unit=unit, totals=totals, **wanted)
    findings = check(filled)
    page = page_of(filled, findings, date.today())  # noqa: DTZ011 - deadlines are local days
    rows = tuple((row.number, row.indicator, row.unit, row.text, row.note) for row in page.rows)
    title = f"{page.right[0]} – {page.title}"
    put(
        sheets_text("table", Sheet(title, page.header, rows, frozenset({3}), page.subtitle)),
        None,
        wanted["lang"],
    )
    return findings


def _write_all(clusters: pd.DataFrame, folder: Path, ending: str, wanted: _Wanted) -> pd.DataFrame:
    from clusters_geo.cli.options import steps
    from clusters_geo.forms.save import save_all_units

    with steps() as step:
        files, findings = save_all_units(clusters, folder, ending=ending, progress=step, **wanted)
    say_out(_written(f"{folder} ({len(files)})", wanted["lang"]), err=True)
    return findings


def _written(where: Path | str, lang: Language) -> str:
    from clusters_geo.report.tables import say

    return say("written", lang, path=str(where))


def _tell(findings: pd.DataFrame) -> None:
    """Say on the second channel what is wrong; what is only incomplete stands in the notes of the form."""
    told = findings[findings["severity"] != "info"]
    for line in told["message"].drop_duplicates():
        say_out(line, err=True)
