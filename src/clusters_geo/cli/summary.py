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
    put,
    sheets_text,
)

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

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
    form: str,
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
    put(_text(clusters, by, form, lang, bundled=clusters_file is None), output, lang)


def _text(clusters: pd.DataFrame, by: str | None, form: str, lang: Language, *, bundled: bool) -> str:
    from clusters_geo.measure.summary import summarize
    from clusters_geo.report.sheets import group_sheet, reconciliation_sheet, summary_record, summary_sheet
    from clusters_geo.report.tables import to_csv, to_json, to_records

    if form == "csv":
        return to_csv(summarize(clusters, by=by))
    if form == "json":
        if by is not None:
            return to_json(to_records(summarize(clusters, by=by)))
        return to_json(summary_record(clusters, with_published=bundled))
    if by is not None:
        return sheets_text(form, group_sheet(clusters, by, lang))
    sheets = [summary_sheet(clusters, lang, city="Hà Nội" if bundled else None)]
    if bundled:
        sheets.append(reconciliation_sheet(clusters, lang))
    return sheets_text(form, *sheets)
