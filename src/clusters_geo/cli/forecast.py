"""`clusters-geo forecast`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from clusters_geo.cli.options import (
    INPUT,
    LAST_DAY,
    by_option,
    clusters_argument,
    crs_option,
    format_option,
    lang_option,
    load,
    output_option,
    put_table,
    units_option,
    units_said,
)

if TYPE_CHECKING:
    from pathlib import Path

    from clusters_geo.report.tables import Sheet
    from clusters_geo.schema import Language


@click.command("forecast")
@clusters_argument
@units_option
@by_option
@click.option("--to", "horizon", required=True, type=LAST_DAY, metavar="DATE")
@click.option("--scenario", default="register", show_default=True)
@click.option("--scenarios", "scenarios_file", type=INPUT)
@click.option("--on", type=LAST_DAY, metavar="DATE")
@crs_option
@format_option
@lang_option
@output_option
def command(
    clusters_file: Path | None,
    districts_file: Path | None,
    by: str | None,
    horizon: str,
    scenario: str,
    scenarios_file: Path | None,
    on: str | None,
    crs: str | None,
    form: str | None,
    lang: Language,
    output: Path | None,
) -> None:
    """Sites that break ground and their hectares by quarter, with an interval and what is not known.

    With --units or --by, also unit by unit, at the rate of all sites together.
    """
    from clusters_geo.measure.summary import pending_sites
    from clusters_geo.planning.forecast import forecast_supply
    from clusters_geo.report.tables import to_records
    from clusters_geo.report.time_sheets import forecast_sheet, forecast_units_sheet
    from clusters_geo.report.unplaced import unplaced_notes

    clusters, layer = load(clusters_file, districts_file, crs, by)
    units = units_said(clusters_file, districts_file, by, layer)
    table = forecast_supply(clusters, horizon, scenario, as_of=on, scenarios=scenarios_file)
    record = {**table.attrs["forecast"], "quarters": to_records(table)}
    of_units = None
    if by is not None or units is not None:
        of_units = forecast_supply(
            clusters, horizon, scenario, as_of=on, scenarios=scenarios_file, by=by, units=units
        )
        record["units"] = to_records(of_units.reset_index())

    def sheets() -> list[Sheet]:
        first = forecast_sheet(table, lang, scenarios=scenarios_file)
        if of_units is None:
            return [first]
        notes = unplaced_notes(pending_sites(clusters), units, lang)
        return [first, forecast_units_sheet(of_units, lang, notes)]

    put_table(
        form,
        output,
        lang,
        sheets=sheets,
        table=lambda: table if of_units is None else of_units.reset_index(),
        record=lambda: record,
    )
