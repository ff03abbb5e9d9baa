"""`clusters-geo summary`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from clusters_geo.cli.options import (
    clusters_argument,
    crs_option,
    districts_option,
    format_option,
    lang_option,
    load,
    output_option,
    put_table,
)

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from clusters_geo.report.tables import Sheet
    from clusters_geo.schema import Language


@click.command("summary")
@clusters_argument
@districts_option
@click.option("--by", help="Column to group by: district, commune, status or any other.")
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
    """Totals and rates of a register: clusters, planned and built hectares, build-out and fill rate.

    With --districts, clusters are counted in the district that holds the largest part of them.
    """
    clusters, districts = load(clusters_file, districts_file, crs)
    if districts_file is not None and districts is not None:
        from clusters_geo.measure.assign import assign_districts

        clusters = clusters.assign(district=assign_districts(clusters, districts)["district"])
    bundled = clusters_file is None
    _put(clusters, by, form, lang, output, bundled=bundled)


def _put(
    clusters: pd.DataFrame,
    by: str | None,
    form: str | None,
    lang: Language,
    output: Path | None,
    *,
    bundled: bool,
) -> None:
    from clusters_geo.measure.summary import summarize
    from clusters_geo.report.sheets import group_sheet, reconciliation_sheet, summary_record, summary_sheet

    def sheets() -> list[Sheet]:
        if by is not None:
            return [group_sheet(clusters, by, lang)]
        first = summary_sheet(clusters, lang, city="Hà Nội" if bundled else None)
        return [first, reconciliation_sheet(clusters, lang)] if bundled else [first]

    put_table(
        form,
        output,
        lang,
        sheets=sheets,
        table=lambda: summarize(clusters, by=by),
        record=None if by is not None else lambda: summary_record(clusters, with_published=bundled),
    )
