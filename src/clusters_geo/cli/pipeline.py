"""`clusters-geo pipeline`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from clusters_geo.cli.options import (
    LAST_DAY,
    TARGET,
    clusters_argument,
    crs_option,
    format_option,
    lang_option,
    load,
    output_option,
    put_table,
    say_out,
    units_option,
    units_said,
)

if TYPE_CHECKING:
    from pathlib import Path

    from clusters_geo.schema import Language


@click.command("pipeline")
@clusters_argument
@units_option
@click.option("--on", type=LAST_DAY, metavar="DATE")
@click.option("--by")
@click.option("--chart", "chart_file", type=TARGET)
@crs_option
@format_option
@lang_option
@output_option
def command(
    clusters_file: Path | None,
    districts_file: Path | None,
    on: str | None,
    by: str | None,
    chart_file: Path | None,
    crs: str | None,
    form: str | None,
    lang: Language,
    output: Path | None,
) -> None:
    """Stage of each site, time in it, delay against its own plan, and what land is ready when."""
    from clusters_geo.planning.pipeline import pipeline, pipeline_tiers, today_of, unknown_free_land
    from clusters_geo.report.time_sheets import free_land_notes, pipeline_sheets, tiers_chart
    from clusters_geo.report.unplaced import unplaced_notes

    clusters, layer = load(clusters_file, districts_file, crs, by)
    units = units_said(clusters_file, districts_file, by, layer)
    units = units if by in {None, "district", "commune"} else None
    by = by or "district"
    sites = pipeline(clusters, by=by, units=units, as_of=on)
    tiers = pipeline_tiers(clusters, by=by, units=units, as_of=on)
    day = today_of(clusters, on)
    notes = free_land_notes(clusters[unknown_free_land(clusters)], lang)
    notes += unplaced_notes(clusters.loc[sites.index], units, lang)
    put_table(
        form,
        output,
        lang,
        sheets=lambda: pipeline_sheets(sites, tiers, lang, day=day, notes=notes),
        table=lambda: sites,
    )
    if chart_file is not None:
        from clusters_geo.report.tables import say
        from clusters_geo.writing import write_text

        write_text(chart_file, tiers_chart(tiers, lang).svg)
        say_out(say("written", lang, path=str(chart_file)), err=True)
