"""`clusters-geo pending`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from clusters_geo.cli.options import (
    by_option,
    clusters_argument,
    crs_option,
    format_option,
    in_units,
    lang_option,
    load,
    output_option,
    put_table,
    units_option,
    units_said,
)

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from clusters_geo.report.tables import Sheet
    from clusters_geo.schema import Language


@click.command("pending")
@clusters_argument
@units_option
@by_option
@crs_option
@format_option
@lang_option
@output_option
def command(
    clusters_file: Path | None,
    districts_file: Path | None,
    by: str | None,
    crs: str | None,
    form: str | None,
    lang: Language,
    output: Path | None,
) -> None:
    """Sites called for investment whose ground is not broken, with their planned hectares.

    With --units or --by, unit by unit, and how many of them and of their hectares each has.
    """
    from clusters_geo.measure.summary import pending_sites
    from clusters_geo.report.sheets import pending_sheet, pending_units_sheet
    from clusters_geo.units.model import unit_level

    clusters, layer = load(clusters_file, districts_file, crs, by)
    units = units_said(clusters_file, districts_file, by, layer)
    by = unit_level(units) if by is None and units is not None else by
    placed = in_units(clusters, units, lang)
    sites = pending_sites(placed).drop(columns="geometry", errors="ignore")
    sites = _by_unit(sites, by).dropna(axis="columns", how="all")

    def sheets() -> list[Sheet]:
        listed = [pending_sheet(sites, lang)]
        return listed if by is None else [pending_units_sheet(clusters, by, lang, units=units), *listed]

    put_table(form, output, lang, sheets=sheets, table=lambda: sites)


def _by_unit(sites: pd.DataFrame, by: str | None) -> pd.DataFrame:
    """Return the sites in the order of their units."""
    if by is None:
        return sites
    from clusters_geo.names import name_order
    from clusters_geo.units.places import home_units

    home = home_units(sites, by=by).fillna("").map(lambda name: (not name, name_order(name)))
    return sites.loc[home.sort_values(kind="stable").index]
