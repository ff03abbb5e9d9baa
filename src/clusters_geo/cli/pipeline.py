"""`clusters-geo pipeline`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from clusters_geo.cli.options import (
    TARGET,
    clusters_argument,
    crs_option,
    format_option,
    lang_option,
    load,
    output_option,
    put_table,
    say_out,
)

if TYPE_CHECKING:
    from pathlib import Path

    from clusters_geo.schema import Language


@click.command("pipeline")
@clusters_argument
@click.option("--on", metavar="DATE", help="Count times to this day; default: the register's date.")
@click.option("--by", default="district", show_default=True, help="Column of the unit.")
@click.option("--chart", "chart_file", type=TARGET, help="Draw hectares by readiness (SVG).")
@crs_option
@format_option
@lang_option
@output_option
def command(
    clusters_file: Path | None,
    on: str | None,
    by: str,
    chart_file: Path | None,
    crs: str | None,
    form: str | None,
    lang: Language,
    output: Path | None,
) -> None:
    """Stage of each site, time in it, delay against its own plan, and what land is ready when."""
    from clusters_geo.planning.pipeline import pipeline, pipeline_tiers, today_of
    from clusters_geo.report.time_sheets import pipeline_sheets, tiers_chart

    clusters, _ = load(clusters_file, crs=crs)
    sites, tiers = pipeline(clusters, as_of=on), pipeline_tiers(clusters, by=by, as_of=on)
    day = today_of(clusters, on)
    put_table(
        form, output, lang, sheets=lambda: pipeline_sheets(sites, tiers, lang, day=day), table=lambda: sites
    )
    if chart_file is not None:
        from clusters_geo.report.tables import say
        from clusters_geo.writing import write_text

        write_text(chart_file, tiers_chart(tiers, lang).svg)
        say_out(say("written", lang, path=str(chart_file)), err=True)
