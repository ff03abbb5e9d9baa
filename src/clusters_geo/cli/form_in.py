"""`clusters-geo form-in`."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from clusters_geo.cli.options import crs_option, lang_option, load

if TYPE_CHECKING:
    import pandas as pd

    from clusters_geo.schema import Language

_FILE = click.Path(path_type=Path)


@click.command("form-in")
@click.argument("files", nargs=-1, required=True, type=_FILE)
@click.option("--clusters", "clusters_file", type=_FILE, help="Register that the forms report on.")
@click.option("--period", required=True, help="2026-H1 for the half-year, 2026 for the year.")
@click.option(
    "--output", "-o", "folder", required=True, type=_FILE, help="Folder for the tables that result."
)
@click.option("--accept", type=_FILE, help="changes.csv as edited: writes the new vintage of the register.")
@crs_option
@lang_option
@click.pass_context
def command(
    context: click.Context,
    files: tuple[Path, ...],
    clusters_file: Path | None,
    period: str,
    folder: Path,
    accept: Path | None,
    crs: str | None,
    lang: Language,
) -> None:
    """Take in Forms 01 and 02 as firms filled them.

    Writes files.csv (which cluster each is matched to), problems.csv (cell by cell, with the remedy),
    overdue.csv and changes.csv. Nothing enters the register until changes.csv, with its column accept as
    you want it, comes back by --accept; then register.geojson is written as a new vintage. The exit code is 1
    if a file was refused.
    """
    from clusters_geo.cli.progress import steps
    from clusters_geo.forms.merge import form_changes, merge_forms, read_changes
    from clusters_geo.forms.receive import overdue_forms, read_forms
    from clusters_geo.report.words import say

    clusters, _ = load(clusters_file, crs=crs)
    with steps() as step:
        received = read_forms(files, clusters, period=period, progress=step)
    today = date.today()  # noqa: DTZ011 - deadlines are local days
    _write(folder / "files.csv", received.files)
    _write(folder / "problems.csv", received.problems)
    _write(folder / "overdue.csv", overdue_forms(clusters, received, period=period, on=today).reset_index())
    if accept is None:
        _write(folder / "changes.csv", form_changes(clusters, received))
    else:
        from clusters_geo.report.writing import write_text

        vintage = merge_forms(clusters, read_changes(accept), period=period)
        write_text(folder / "register.geojson", vintage.reset_index().to_json(drop_id=True, to_wgs84=True))
    for problem in received.problems.itertuples():
        click.echo(
            " ".join(filter(None, [f"{problem.file}:", problem.cell, problem.problem, problem.fix])), err=True
        )
    click.echo(say("written", lang, path=folder), err=True)
    if received.files["refused"].any():
        context.exit(1)


def _write(path: Path, table: pd.DataFrame) -> None:
    from clusters_geo.report.records import to_csv
    from clusters_geo.report.writing import write_text

    # The mark tells Excel that this is UTF-8.
    write_text(path, f"\ufeff{to_csv(table)}")
