"""`clusters-geo form`."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

import click

from clusters_geo.cli.help import usage_error
from clusters_geo.cli.options import (
    FOLDER,
    TARGET,
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

    from clusters_geo.forms.fill import Filled
    from clusters_geo.forms.units import Level
    from clusters_geo.schema import Language

_OF_ALL = ("forms.overdue", "forms.other-date", "forms.before-law")
_ENDINGS = ["xlsx", "docx", "html", "csv"]


@click.command("form")
@click.argument("number", metavar="01|02|03|04", type=click.Choice(["01", "02", "03", "04"]))
@clusters_argument
@click.option("--period", required=True)
@click.option("--unit")
@click.option("--level", "--by", "level", type=click.Choice(["district", "commune"]))
@click.option("--anyway", is_flag=True)
@units_option
@click.option("--all-units", "folder", type=FOLDER)
@click.option("--kind", type=click.Choice(_ENDINGS), default="xlsx", show_default=True)
@click.option("--blank", is_flag=True)
@click.option("--trace", type=TARGET)
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
    blank: bool,  # noqa: FBT001 -- click passes a flag
    trace: Path | None,
    crs: str | None,
    lang: Language,
    output: Path | None,
) -> None:
    """Fill in a half-year form of Circular 14/2024/TT-BCT from a register.

    02 is the record of one cluster, 03 the sum of a district or commune, 04 of the province. Forms 01 and 02
    can be had blank (--blank). --output and --trace end in .xlsx, .docx, .html or .csv; without --output the
    table is printed. The exit code is 1 if rows contradict each other.
    """
    if folder is not None and (unit is not None or output is not None):
        raise usage_error("forms-of-all")
    if (number == "01" and not blank) or (
        blank and (number > "02" or trace is not None or folder is not None)
    ):
        raise usage_error("blank-forms")
    if blank:
        _give_blank(
            number, None if unit is None else load(clusters_file, crs=crs)[0], unit, period, lang, output
        )
        return
    clusters, layer = load(clusters_file, districts_file, crs, level)
    units = None if districts_file is None else layer
    wanted: _Wanted = {"period": period, "level": level, "units": units, "anyway": anyway, "lang": lang}
    totals = _totals(clusters_file)
    if folder is not None:
        findings = _write_all(clusters, folder, f".{kind}", totals, trace, wanted)
    else:
        findings = _make(clusters, number, unit, wanted, totals, output, trace)
    _tell(findings, whose=folder is not None)
    for path in filter(None, (output, trace)):
        say_out(_written(path, lang), err=True)
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


def _give_blank(
    number: str,
    clusters: pd.DataFrame | None,
    unit: str | None,
    period: str,
    lang: Language,
    output: Path | None,
) -> None:
    from clusters_geo.forms.fill import blank
    from clusters_geo.forms.save import write_form

    empty = blank(number, clusters=clusters, unit=unit, period=period, lang=lang)
    if output is None:
        _print(empty)
        return
    write_form(empty, output)
    say_out(_written(output, lang), err=True)


def _make(
    clusters: pd.DataFrame,
    number: str,
    unit: str | None,
    wanted: _Wanted,
    totals: pd.DataFrame | None,
    output: Path | None,
    trace: Path | None,
) -> pd.DataFrame:
    """Write or print one form, and its trace if asked for; return what was found."""
    from datetime import date

    from clusters_geo.forms.checks import check
    from clusters_geo.forms.fill import fill
    from clusters_geo.forms.save import write_form, write_traces

    filled = fill(clusters, number, unit=unit, totals=totals, **wanted)
    findings = check(filled, date.today())  # noqa: DTZ011 - deadlines are local days
    if output is not None:
        write_form(filled, output, findings, trace)
        return findings
    if trace is not None:
        write_traces([(filled, findings)], trace)
    _print(filled)
    return findings


def _print(filled: Filled) -> None:
    from clusters_geo.cli.options import sheets_text
    from clusters_geo.forms.layout import page_of
    from clusters_geo.report.tables import Sheet

    page = page_of(filled)
    rows = tuple((row.number, row.indicator, row.unit, row.text, row.note) for row in page.rows)
    title = f"{page.right[0]} – {page.title}"
    sheet = Sheet(title, page.header, rows, frozenset({3}), page.subtitle)
    put(sheets_text("table", sheet), None, filled.lang)


def _write_all(
    clusters: pd.DataFrame,
    folder: Path,
    ending: str,
    totals: pd.DataFrame | None,
    trace: Path | None,
    wanted: _Wanted,
) -> pd.DataFrame:
    from clusters_geo.cli.options import steps
    from clusters_geo.forms.save import save_all_units

    with steps() as step:
        files, findings = save_all_units(
            clusters, folder, ending=ending, progress=step, totals=totals, trace=trace, **wanted
        )
    say_out(_written(f"{folder} ({len(files)})", wanted["lang"]), err=True)
    return findings


def _written(where: Path | str, lang: Language) -> str:
    from clusters_geo.report.tables import say

    return say("written", lang, path=str(where))


def _tell(findings: pd.DataFrame, *, whose: bool) -> None:
    """Say on the second channel what is wrong; what is only incomplete stands in the notes of the form."""
    told = findings[findings["severity"] != "info"]
    lines = told["message"] + " " + told["fix"]
    if whose:
        # A deadline, or the day of the whole register, is the same for all.
        same = lines.duplicated(keep=False) & told["rule"].isin(_OF_ALL)
        by = told["cluster_id"].fillna(told["district"]).mask(same | (told["rule"] == "forms.overdue"))
        lines = (by + ": ").fillna("") + lines
    for line in lines.drop_duplicates():
        say_out(line, err=True)
