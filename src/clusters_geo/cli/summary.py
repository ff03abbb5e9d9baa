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
    by = _as_unit(by)
    clusters, districts = load(clusters_file, districts_file, crs, by)
    by = _as_column(by, clusters)
    units = units_said(clusters_file, districts_file, by, districts)
    if units is not None and by is None:
        from clusters_geo.units.model import unit_level

        by = unit_level(units)
    bundled = clusters_file is None
    _put(clusters, by, form, lang, output, bundled=bundled, units=units)


def _as_unit(by: str | None) -> str | None:
    """Return `district` or `commune` for what means it: "huyện", "Xã"; anything else as it is."""
    meant = _meanings(by)
    return meant if meant in {"district", "commune"} else by


def _as_column(by: str | None, clusters: pd.DataFrame) -> str | None:
    """Return the column that a header of the file, or another that means the same, became."""
    if by is None or by in clusters:
        return by
    from clusters_geo.load import load_report
    from clusters_geo.names import strip_accents
    from clusters_geo.reading.notes import ATTRIBUTE

    headers = load_report(clusters).mapped if ATTRIBUTE in clusters.attrs else {}
    own = {strip_accents(header): column for header, column in headers.items()}
    found = headers.get(by) or own.get(strip_accents(by)) or _meanings(by)
    return found if found in clusters else by


def _meanings(by: str | None) -> str:
    if by is None:
        return ""
    from clusters_geo.reading.headers import meanings
    from clusters_geo.schema import CLUSTER_COLUMNS

    return next(iter(meanings((by,), CLUSTER_COLUMNS)), "")


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
