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
    units_option,
)

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from clusters_geo.schema import Language


@click.command("pending")
@clusters_argument
@units_option
@crs_option
@format_option
@lang_option
@output_option
def command(
    clusters_file: Path | None,
    districts_file: Path | None,
    crs: str | None,
    form: str | None,
    lang: Language,
    output: Path | None,
) -> None:
    """Sites called for investment whose ground is not broken, with their planned hectares."""
    from clusters_geo.measure.summary import pending_sites
    from clusters_geo.report.sheets import pending_sheet

    clusters, units = load(clusters_file, districts_file, crs=crs)
    if districts_file is not None and units is not None:
        clusters = _in_units(clusters, units, lang)
    sites = pending_sites(clusters).drop(columns="geometry", errors="ignore")
    sites = sites.dropna(axis="columns", how="all")
    put_table(form, output, lang, sheets=lambda: [pending_sheet(sites, lang)], table=lambda: sites)


def _in_units(clusters: pd.DataFrame, units: pd.DataFrame, lang: Language) -> pd.DataFrame:
    """Return the clusters with the unit of the layer in which each lies in place of what they declare."""
    from clusters_geo.report.tables import say
    from clusters_geo.units.model import unit_level
    from clusters_geo.units.places import home_units

    home = home_units(clusters, units).fillna(say("unplaced", lang))
    return clusters.assign(**{unit_level(units): home})
