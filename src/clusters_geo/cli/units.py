"""`clusters-geo units`: layers of administrative units that others publish."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from clusters_geo.cli.options import FOLDER, lang_option, say_out
from clusters_geo.words import speaker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from clusters_geo.schema import Language

_say = speaker("units")


@click.group("units")
def command() -> None:
    """Show and download layers of units."""


@command.command("sources")
@lang_option
def sources(lang: Language) -> None:
    """List what can be downloaded, with licence and address."""
    from clusters_geo.reading.downloads import unit_sources

    for source in unit_sources().values():
        told = {"name": source.name, "what": source.label(lang), "licence": source.licence}
        say_out(_say("source", lang, page=source.page, **told))


@command.command("download")
@click.argument("source", metavar="SOURCE")
@click.option("--to", "folder", type=FOLDER)
@click.option("--offline", is_flag=True)
@lang_option
def download(source: str, folder: Path | None, offline: bool, lang: Language) -> None:  # noqa: FBT001 - click
    """Download a layer, unless it has been, and say where it is and how to cite it."""
    from clusters_geo.reading.downloads import attribution_of, download_units

    with _arriving() as told:
        path = download_units(source, folder, offline=offline, told=told)
    say_out(_say("there", lang, path=str(path), attribution=attribution_of(path) or "–"))


@contextmanager
def _arriving() -> Iterator[Callable[[int, int | None], None] | None]:
    """Show on a terminal how much has arrived."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TransferSpeedColumn

    columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=None)
        yield lambda arrived, announced: progress.update(task, completed=arrived, total=announced)
