"""`clusters-geo eligibility`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from clusters_geo.cli.options import (
    DAY,
    by_option,
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
    from typing import Literal

    import pandas as pd

    from clusters_geo.planning.what_if import Change
    from clusters_geo.report.tables import Sheet
    from clusters_geo.schema import Language


@click.command("eligibility")
@clusters_argument
@units_option
@by_option
@click.option("--on", type=DAY, metavar="DATE")
@click.option(
    "--kind",
    type=click.Choice(["ordinary", "high-tech", "eco"]),
    default="ordinary",
    show_default=True,
)
@click.option("--if", "assumed", multiple=True, metavar='"ID COLUMN +N"')
@crs_option
@format_option
@lang_option
@output_option
def command(
    clusters_file: Path | None,
    districts_file: Path | None,
    by: str | None,
    on: str | None,
    kind: Literal["ordinary", "high-tech", "eco"],
    assumed: tuple[str, ...],
    crs: str | None,
    form: str | None,
    lang: Language,
    output: Path | None,
) -> None:
    """Which units may establish a further cluster, and which clusters may be expanded.

    By the unit of the day: districts to 30 June 2025, communes from 15 September 2026, between as --by says.
    """
    from clusters_geo.planning.eligibility import eligibility
    from clusters_geo.planning.what_if import what_if

    clusters, districts = load(clusters_file, districts_file, crs, by)
    units = None if districts_file is None else districts
    if by is None and units is not None:
        from clusters_geo.units.model import unit_level

        by = unit_level(units)
    changed, idle = what_if(clusters, assumed)
    table = eligibility(changed, by=by, on=on, units=units, kind=kind, lang=lang)
    if assumed:
        before = eligibility(clusters, by=by, on=on, units=units, kind=kind, lang=lang)["may_establish"]
        table.insert(1, "may_establish_before", before.reindex(table.index))
    put_table(form, output, lang, sheets=lambda: [_sheet(table, assumed, idle, lang)], table=lambda: table)


def _sheet(table: pd.DataFrame, assumed: tuple[str, ...], idle: list[Change], lang: Language) -> Sheet:
    from clusters_geo.report.sheets import eligibility_sheet
    from clusters_geo.words import speaker

    say = speaker("eligibility")
    notes = [say("assumed", lang, what="; ".join(assumed))] if assumed else []
    notes += [
        say("still_unknown", lang, what=str(change), column=change.column, id=change.cluster_id)
        for change in idle
    ]
    return eligibility_sheet(table, lang, notes)
