"""`clusters-geo built-up`."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from clusters_geo.cli import FINDINGS
from clusters_geo.cli.options import (
    DAY,
    SOURCE,
    crs_option,
    format_option,
    lang_option,
    load,
    output_option,
    put_table,
    register_options,
    remote_option,
    say_out,
)
from clusters_geo.words import catalogue, format_number, format_percent, speaker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pandas as pd

    from clusters_geo.report.tables import Sheet
    from clusters_geo.schema import Language

_SILENT_S = 1.0
_WHOLE_RATE = 10
# A hundredth of a hectare hides an error of a few cells.
_DECIMALS = {"footprints": 0, "built_up_error_ha": 4}


@click.command("built-up")
@click.argument("clusters_file", metavar="CLUSTERS", type=SOURCE)
@click.argument("footprints_file", metavar="FOOTPRINTS", type=SOURCE)
@click.option("--by", metavar="COLUMN")
@click.option("--disjoint", is_flag=True)
@click.option(
    "--method",
    type=click.Choice(["exact", "raster"]),
    default="exact",
    show_default=True,
)
@click.option("--cell-m", type=float, metavar="M")
@click.option("--engine", type=click.Choice(["local", "dask"]), default="local", show_default=True)
@click.option("--scheduler", metavar="ADDR")
@click.option("--measured-on", type=DAY, metavar="DATE")
@click.option("--layer")
@click.option("--footprints-crs")
@click.option("--keep-going", is_flag=True)
@register_options("layer")
@crs_option
@remote_option
@format_option
@lang_option
@output_option
def command(
    clusters_file: Path,
    footprints_file: Path,
    by: str | None,
    disjoint: bool,  # noqa: FBT001 - click passes a flag
    method: Literal["exact", "raster"],
    cell_m: float | None,
    engine: Literal["local", "dask"],
    scheduler: str | None,
    measured_on: str | None,
    layer: str | None,
    footprints_crs: str | None,
    keep_going: bool,  # noqa: FBT001 - click passes a flag
    crs: str | None,
    form: str | None,
    lang: Language,
    output: Path | None,
) -> None:
    """Hectares of each cluster that building footprints cover, beside the built area as declared.

    FOOTPRINTS is a GeoPackage, FlatGeobuf, Shapefile, GeoJSON or GeoParquet file, or a folder of GeoParquet
    parts; it is read in batches, whatever its size. Ground under several footprints counts once.
    """
    from clusters_geo.built_up import built_up_ha

    clusters, _ = load(clusters_file, crs=crs)
    with _bar(lang) as progress:
        table = built_up_ha(
            clusters,
            footprints_file,
            by=by,
            disjoint=disjoint,
            method=method,
            cell_m=cell_m,
            engine=engine,
            scheduler=scheduler,
            measured_on=measured_on,
            layer=layer,
            crs=footprints_crs,
            keep_going=keep_going,
            progress=progress,
        )
    flat = table.reset_index()
    names = clusters["name"]
    put_table(form, output, lang, sheets=lambda: [_sheet(flat, table.attrs, names, lang)], table=lambda: flat)
    for message in table.attrs["failed"]:
        say_out(f"clusters-geo: left out: {message}", err=True)
    if table.attrs["failed"]:
        sys.exit(FINDINGS)


def _sheet(flat: pd.DataFrame, how: dict[Any, Any], names: pd.Series, lang: Language) -> Sheet:
    """Return the clusters on which something stands, or of which something was declared."""
    from clusters_geo.report.tables import Sheet

    source = str(flat["source"].iloc[0]) if len(flat) else ""
    flat = flat.assign(name=flat["cluster_id"].map(names))
    flat = flat.drop(columns=["built_up_ha_basis", "method", "measured_on", "source"])
    lead = ["cluster_id", "name"]
    flat = flat[[*lead, *(column for column in flat if column not in lead)]]
    header = tuple(_say(str(column), lang) for column in flat)
    rows = tuple(
        tuple(_cell(column, value, lang) for column, value in row.items()) for row in flat.to_dict("records")
    )
    numeric = frozenset(n for n, c in enumerate(flat) if c in catalogue("built_up") and c not in lead)
    figures = {name: format_number(count, lang, 0) for name, count in how["footprints"].items()}
    notes = [speaker("built_up")("measured", lang, source=Path(source).name, **figures)]
    if how["method"] == "raster":
        notes.append(speaker("built_up")("sampled", lang, cell=how["cell_m"]))
    return Sheet(_say("title", lang), header, rows, numeric, tuple(notes))


def _say(word: str, lang: Language) -> str:
    return word if word not in catalogue("built_up") else speaker("built_up")(word, lang)


def _cell(column: object, value: object, lang: Language) -> str:
    if not isinstance(value, (int, float)) or column not in catalogue("built_up"):
        return str(value)
    if column in {"built_up_rate", "built_up_of_built"}:
        return format_percent(value, lang)
    return format_number(value, lang, _DECIMALS.get(str(column), 2))


def _rate(per_second: float) -> str:
    # Parts of a folder may take seconds each.
    return f"{per_second:,.{0 if per_second >= _WHOLE_RATE else 1}f}/s"


@contextmanager
def _bar(lang: Language) -> Iterator[Callable[[int, int], None] | None]:
    """Give a function that shows how far the work is, on a terminal and only if it takes over a second."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"), TimeRemainingColumn())
    begin = time.monotonic()
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        bar = shown.add_task("", total=None, visible=False, rate="")

        def progress(done: int, total: int) -> None:
            passed = time.monotonic() - begin
            # When all is read, overlaps are still to be taken off, which takes its time too.
            rate = _rate(done / max(passed, 1e-9)) if done < total else _say("adding", lang)
            shown.update(bar, completed=done, total=total or None, rate=rate, visible=passed > _SILENT_S)

        yield progress
