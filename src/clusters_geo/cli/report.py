"""`clusters-geo report`."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import click

from clusters_geo.cli.help import usage_error
from clusters_geo.cli.options import (
    DAY,
    TARGET,
    by_option,
    clusters_argument,
    crs_option,
    lang_option,
    load,
    say_no_layer,
    say_out,
    steps,
    units_option,
    working,
)
from clusters_geo.words import speaker

if TYPE_CHECKING:
    from pathlib import Path

    from clusters_geo.schema import Language

_say = speaker("unit_report")


@click.command("report")
@clusters_argument
@units_option
@by_option
@click.option("--unit", metavar="NAME")
@click.option("--all-units", "folder", metavar="DIR", type=TARGET)
@click.option("--output", "-o", type=TARGET)
@click.option(
    "--kind",
    type=click.Choice(["pdf", "docx", "html"]),
    default="pdf",
    show_default=True,
)
@click.option("--signed/--unsigned", default=True, show_default=True)
@click.option("--agency", metavar="NAME")
@click.option(
    "--date",
    "on",
    type=DAY,
    metavar="DATE",
)
@crs_option
@lang_option
def command(
    clusters_file: Path | None,
    districts_file: Path | None,
    by: str | None,
    unit: str | None,
    folder: Path | None,
    output: Path | None,
    kind: str,
    signed: bool,  # noqa: FBT001 -- click passes a flag
    agency: str | None,
    on: str | None,
    crs: str | None,
    lang: Language,
) -> None:
    """One or two A4 pages on a unit or the whole register, to print, sign and send.

    Map, totals with their bases, stages, findings that need an answer, and the cells that a fill rate lacks.
    """
    from pathlib import Path as Place

    from clusters_geo.report.unit_report import save_report, save_unit_reports

    if folder is not None and (unit is not None or output is not None):
        raise usage_error("all-or-one")
    clusters, units = load(clusters_file, districts_file, crs, by)
    day = None if on is None else date.fromisoformat(on)
    if folder is not None:
        with steps() as step:
            written = save_unit_reports(
                clusters,
                folder,
                units,
                by=by,
                kind=kind,
                lang=lang,
                signed=signed,
                agency=agency,
                on=day,
                progress=step,
            )[""]
    else:
        with working("drawing", lang):
            written = save_report(
                clusters,
                output or Place("report.pdf"),
                units,
                unit=unit,
                by=by,
                lang=lang,
                signed=signed,
                agency=agency,
                on=day,
            )
    say_out(_say("written", lang, path=str(written)))
    say_no_layer(clusters, units, lang)
