"""`clusters-geo summary`."""

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
    units_said,
)

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from clusters_geo.report.tables import Sheet
    from clusters_geo.schema import Language


@click.command("summary")
@clusters_argument
@units_option
@click.option("--by")
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

    With --units, clusters are counted in the unit where they lie; what lies in none is a line of its own.
    """
    clusters, districts = load(clusters_file, districts_file, crs, by)
    units = units_said(clusters_file, districts_file, by, districts)
    if units is not None and by is None:
        from clusters_geo.units.model import unit_level

        by = unit_level(units)
    bundled = clusters_file is None
    _put(clusters, by, form, lang, output, bundled=bundled, units=units)


def _put(
    clusters: pd.DataFrame,
    by: str | None,
    form: str | None,
    lang: Language,
    output: Path | None,
    *,
    bundled: bool,
    units: pd.DataFrame | None,
) -> None:
    from clusters_geo.measure.summary import summarize
    from clusters_geo.report.sheets import group_sheet, reconciliation_sheet, summary_record, summary_sheet

    def sheets() -> list[Sheet]:
        if by is not None:
            return [group_sheet(clusters, by, lang, units=units)]
        first = summary_sheet(clusters, lang, city="Hà Nội" if bundled else None)
        return [first, reconciliation_sheet(clusters, lang)] if bundled else [first]

    put_table(
        form,
        output,
        lang,
        sheets=sheets,
        table=lambda: summarize(clusters, by=by, units=units),
        record=None if by is not None else lambda: summary_record(clusters, with_published=bundled),
    )
