"""`clusters-geo pending`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from clusters_geo.cli.options import (
    clusters_argument,
    crs_option,
    format_option,
    lang_option,
    load,
    output_option,
    put_table,
)

if TYPE_CHECKING:
    from pathlib import Path

    from clusters_geo.schema import Language


@click.command("pending")
@clusters_argument
@crs_option
@format_option
@lang_option
@output_option
def command(
    clusters_file: Path | None, crs: str | None, form: str | None, lang: Language, output: Path | None
) -> None:
    """Sites called for investment whose ground is not broken, with their planned hectares."""
    from clusters_geo.measure.summary import pending_sites
    from clusters_geo.report.sheets import pending_sheet

    clusters, _ = load(clusters_file, crs=crs)
    sites = pending_sites(clusters).drop(columns="geometry", errors="ignore")
    sites = sites.dropna(axis="columns", how="all")
    put_table(form, output, lang, sheets=lambda: [pending_sheet(sites, lang)], table=lambda: sites)
