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
from clusters_geo.words import speaker

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from clusters_geo.forms.receive import Received
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

    sent = _forms(files)
    clusters, _ = load(clusters_file, crs=crs)
    with steps() as step:
        received = read_forms(sent, clusters, period=period, lang=lang, progress=step)
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
    _tell(received, tables.get("changes.csv"), folder, lang)
    if received.files["refused"].any():
        context.exit(1)


def _forms(files: tuple[Path, ...]) -> list[Path]:
    """Return the files named, those of a folder, and those that fit a pattern that no shell has replaced."""
    from clusters_geo.writing import guarding

    context = click.get_current_context()
    found: list[Path] = []
    for file in files:
        pattern = any(mark in file.name for mark in "*?[") and not file.exists()
        if not (pattern or file.is_dir()):
            found.append(file)
            continue
        where, wanted = (file.parent, file.name) if pattern else (file, "*")
        # What begins with a dot or with ~$ is no form, but what an office program left behind.
        inside = [one for one in sorted(where.glob(wanted)) if one.is_file() and one.name[0] not in ".~"]
        if not inside:
            raise usage_error("no-forms", folder=str(where), pattern=wanted)
        for one in inside:
            context.with_resource(guarding(one))
        found += inside
    return found


def _tell(received: Received, changes: pd.DataFrame | None, folder: Path, lang: Language) -> None:
    """Say what is wrong, cell by cell, and how much came in."""
    from clusters_geo.report.tables import say

    for problem in received.problems.to_dict("records"):
        told = (f"{problem['file']}:", problem["cell"], problem["problem"], "–", problem["fix"])
        say_out(" ".join(filter(None, told)), err=True)
    cli = speaker("cli")
    severities = received.problems["severity"]
    counts = {"files": len(received.files), "refused": int(received.files["refused"].sum())}
    counts |= {"problems": int((severities == "refused").sum()), "asked": int((severities == "doubt").sum())}
    say_out(cli("forms-in", lang, **counts), err=True)
    if changes is not None:
        doubted = int((changes["doubt"] != "").sum())
        say_out(cli("forms-change", lang, changes=len(changes), doubted=doubted), err=True)
    say_out(say("written", lang, path=str(folder)), err=True)


def _write(folder: Path, tables: dict[str, pd.DataFrame]) -> None:
    from clusters_geo.report.tables import to_csv
    from clusters_geo.writing import replaced_folder, write_text

    with replaced_folder(folder) as staged:
        for name, table in tables.items():
            write_text(staged / name, to_csv(table), "csv")
