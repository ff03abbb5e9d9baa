"""`clusters-geo map`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from clusters_geo.cli.options import (
    clusters_argument,
    crs_option,
    districts_option,
    lang_option,
    load,
    working,
)
from clusters_geo.report.words import say

if TYPE_CHECKING:
    from clusters_geo.schema import Language


@click.command("map")
@clusters_argument
@districts_option
@crs_option
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path),
    default=Path("maps/hanoi.html"),
    show_default=True,
    help="Where to write the map.",
)
@lang_option
def command(
    clusters_file: Path | None, districts_file: Path | None, crs: str | None, output: Path, lang: Language
) -> None:
    """One HTML file with the clusters and districts, which opens on a phone without a network."""
    clusters, districts = load(clusters_file, districts_file, crs)
    with working("drawing", lang):
        from clusters_geo.maps import make_map, save_map

        save_map(make_map(clusters, districts, lang=lang), output)
    click.echo(say("map_written", lang, path=output))
