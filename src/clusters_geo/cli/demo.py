"""`clusters-geo demo`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from clusters_geo.cli.options import TARGET, lang_option, put, say_out, sheets_text, working
from clusters_geo.words import catalogue, speaker

if TYPE_CHECKING:
    from clusters_geo.schema import Language


say = speaker("reports")


@click.command("demo")
@click.option(
    "--output",
    "-o",
    type=TARGET,
    default=Path("maps/hanoi.html"),
    show_default=True,
)
@lang_option
def command(output: Path, lang: Language) -> None:
    """Show the bundled case, Hà Nội 2022: totals, districts, and the map."""
    from clusters_geo.reference import load_hanoi
    from clusters_geo.report.sheets import group_sheet, reconciliation_sheet, summary_sheet

    clusters, districts = load_hanoi()
    summary = summary_sheet(clusters, lang, city="Hà Nội")
    groups = group_sheet(clusters, "district", lang)
    put(sheets_text("table", summary, reconciliation_sheet(clusters, lang), groups), None, lang)
    with working("drawing", lang):
        from clusters_geo.maps import make_map, save_map

        title = catalogue("map")["titleHanoi"]._asdict()
        save_map(make_map(clusters, districts, lang=lang, title=title), output)
    say_out(f"\n{say('map_written', lang, path=str(output))}")
