"""`clusters-geo form-in`."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import click

from clusters_geo.cli.help import usage_error
from clusters_geo.cli.options import (
    FOLDER,
    INPUT,
    SOURCE,
    TARGET,
    crs_option,
    lang_option,
    load,
    register_options,
    remote_option,
    say_out,
)

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from clusters_geo.schema import Language


@click.command("form-in")
@click.argument("files", metavar="FILES...", nargs=-1, required=True, type=INPUT)
@click.option("--clusters", "clusters_file", type=SOURCE)
@click.option("--period", required=True)
@click.option("--output", "-o", "folder", required=True, type=FOLDER)
@click.option("--accept", type=SOURCE)
@click.option("--vintage", type=TARGET)
@register_options()
@crs_option
@remote_option
@lang_option
@click.pass_context
def command(
    context: click.Context,
    files: tuple[Path, ...],
    clusters_file: Path | None,
    period: str,
    folder: Path,
    accept: Path | None,
    vintage: Path | None,
    crs: str | None,
    lang: Language,
) -> None:
    """Take in Forms 01 and 02 as firms filled them.

    Writes files.csv (which cluster each is matched to), problems.csv (cell by cell, with the remedy),
    overdue.csv and changes.csv. Nothing enters the register until changes.csv, with its column accept as
    you want it, comes back by --accept; then --vintage is written, in any format of `convert`. The exit code
    is 1 if a file was refused.
    """
    if (accept is None) != (vintage is None):
        raise usage_error("accept-and-vintage")
    from clusters_geo.cli.options import steps
    from clusters_geo.forms.merge import form_changes, merge_forms, read_changes
    from clusters_geo.forms.receive import overdue_forms, read_forms
    from clusters_geo.report.tables import say

    clusters, _ = load(clusters_file, crs=crs)
    with steps() as step:
        received = read_forms(files, clusters, period=period, lang=lang, progress=step)
    today = date.today()  # noqa: DTZ011 - deadlines are local days
    tables = {
        "files.csv": received.files,
        "problems.csv": received.problems,
        "overdue.csv": overdue_forms(clusters, received, period=period, on=today).reset_index(),
    }
    if accept is None or vintage is None:
        tables["changes.csv"] = form_changes(clusters, received, lang=lang)
    else:
        from clusters_geo.report.saving import save

        save(merge_forms(clusters, read_changes(accept), period=period), vintage)
        say_out(say("written", lang, path=str(vintage)), err=True)
    _write(folder, tables)
    for problem in received.problems.to_dict("records"):
        told = (f"{problem['file']}:", problem["cell"], problem["problem"], "–", problem["fix"])
        say_out(" ".join(filter(None, told)), err=True)
    say_out(say("written", lang, path=str(folder)), err=True)
    if received.files["refused"].any():
        context.exit(1)


def _write(folder: Path, tables: dict[str, pd.DataFrame]) -> None:
    from clusters_geo.report.tables import to_csv
    from clusters_geo.writing import replaced_folder, write_text

    with replaced_folder(folder) as staged:
        for name, table in tables.items():
            write_text(staged / name, to_csv(table), "csv")
