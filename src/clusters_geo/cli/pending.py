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
    put,
    sheets_text,
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
    clusters_file: Path | None, crs: str | None, form: str, lang: Language, output: Path | None
) -> None:
    """Sites called for investment whose ground is not broken, with their planned hectares."""
    from clusters_geo.measure.summary import pending_sites
    from clusters_geo.report.sheets import pending_sheet
    from clusters_geo.report.tables import to_csv, to_json, to_records

    clusters, _ = load(clusters_file, crs=crs)
    sites = pending_sites(clusters).drop(columns="geometry", errors="ignore")
    sites = sites.dropna(axis="columns", how="all")
    if form == "csv":
        put(to_csv(sites), output, lang)
    elif form == "json":
        put(to_json(to_records(sites)), output, lang)
    else:
        put(sheets_text(form, pending_sheet(sites, lang)), output, lang)
