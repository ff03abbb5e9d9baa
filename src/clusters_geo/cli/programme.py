"""`clusters-geo programme`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from clusters_geo.cli.options import (
    SOURCE,
    format_option,
    lang_option,
    output_option,
    put_table,
    remote_option,
)

if TYPE_CHECKING:
    from pathlib import Path

    from clusters_geo.schema import Language


@click.command("programme")
@click.argument("csv_file", metavar="[CSV]", required=False, type=SOURCE)
@remote_option
@format_option
@lang_option
@output_option
def command(csv_file: Path | None, form: str | None, lang: Language, output: Path | None) -> None:
    """Supporting-industry targets against results, attainment, and years ahead or behind.

    CSV is a table of your own with at least indicator, year, target and result; without it, Hà Nội's.
    """
    from clusters_geo.planning.programme import programme
    from clusters_geo.report.sheets import programme_sheet

    table = programme(csv_file)
    put_table(form, output, lang, sheets=lambda: [programme_sheet(table, lang)], table=lambda: table)
