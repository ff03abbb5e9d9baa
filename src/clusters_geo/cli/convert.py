"""`clusters-geo convert`."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import click

from clusters_geo.cli.options import (
    SOURCE,
    as_option,
    columns_option,
    decimal_option,
    lang_option,
    reading_options,
    say_out,
)
from clusters_geo.words import speaker

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

    from clusters_geo.schema import Language


_say = speaker("convert")


@click.command("convert")
@click.argument("source", metavar="IN", type=SOURCE)
@click.argument("target", metavar="OUT")
@click.option("--crs", "wanted", help="System to write in: vn2000, vn2000:PROVINCE or a code.")
@click.option("--boundaries", type=SOURCE, help="Layer with the shapes of a register that has none.")
@decimal_option
@click.option("--table", "name", help="With OUT postgresql://…: the table to replace.")
@as_option
@columns_option
@reading_options("--input-crs")
@lang_option
def command(
    source: Path,
    target: str,
    wanted: str | None,
    boundaries: Path | None,
    decimal: str | None,
    name: str | None,
    kind: str,
    lang: Language,
    **wishes: Any,  # noqa: ANN401 - click checked them
) -> None:
    """Read IN, repair it, and write it clean to OUT, whole or not at all.

    OUT ends in .gpkg, .parquet, .geojson, .fgb, .shp, .zip (a Shapefile), .csv or .xlsx, or is a PostGIS
    address with --table. What was repaired and what is doubtful is said on the way.
    """
    from clusters_geo.load import load_clusters, load_districts, load_report

    if kind == "districts":
        table = load_districts(source, **wishes)
    else:
        table = load_clusters(source, boundaries=boundaries, decimal=decimal, **wishes)
    say_out(load_report(table).text(lang), err=True)
    _written(table, target, wanted, name, lang)
    say_out(_say("written", lang).format(count=len(table), place=name or target))


def _written(
    table: gpd.GeoDataFrame, target: str, wanted: str | None, name: str | None, lang: Language
) -> None:
    if target.startswith(("postgresql://", "postgres://")):
        from clusters_geo.report.saving import target_crs
        from clusters_geo.storage.postgis import save_postgis

        if name is None:
            msg = "A database needs --table."
            raise click.UsageError(msg)
        save_postgis(table if wanted is None else table.to_crs(target_crs(wanted)), target, name)
        return
    if name is not None:
        msg = "--table goes with a postgresql:// address only."
        raise click.UsageError(msg)
    from clusters_geo.report.saving import save

    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        save(table, target, crs=wanted)
    for text in dict.fromkeys(str(w.message) for w in said):
        say_out(f"{_say('warning', lang)}: {text}", err=True)
