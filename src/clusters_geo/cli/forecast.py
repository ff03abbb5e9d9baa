"""`clusters-geo forecast`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from clusters_geo.cli.options import (
    INPUT,
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


@click.command("forecast")
@clusters_argument
@click.option("--to", "horizon", required=True, metavar="DATE", help="Last day of the forecast.")
@click.option("--scenario", default="register", show_default=True, help="Which rate of starts.")
@click.option("--scenarios", "scenarios_file", type=INPUT, help="TOML file with scenarios of your own.")
@click.option("--on", metavar="DATE", help="From which day; default: the register's date.")
@crs_option
@format_option
@lang_option
@output_option
def command(
    clusters_file: Path | None,
    horizon: str,
    scenario: str,
    scenarios_file: Path | None,
    on: str | None,
    crs: str | None,
    form: str | None,
    lang: Language,
    output: Path | None,
) -> None:
    """Sites that break ground and their hectares by quarter, with an interval and what is not known."""
    from clusters_geo.planning.forecast import forecast_supply
    from clusters_geo.report.tables import to_records
    from clusters_geo.report.time_sheets import forecast_sheet

    clusters, _ = load(clusters_file, crs=crs)
    table = forecast_supply(clusters, horizon, scenario, as_of=on, scenarios=scenarios_file)
    record = {**table.attrs["forecast"], "quarters": to_records(table)}
    put_table(
        form,
        output,
        lang,
        sheets=lambda: [forecast_sheet(table, lang, scenarios=scenarios_file)],
        table=lambda: table,
        record=lambda: record,
    )
