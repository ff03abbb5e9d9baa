"""`clusters-geo convert`."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import click

from clusters_geo.cli.help import usage_error
from clusters_geo.cli.options import (
    LAST_DAY,
    SOURCE,
    as_option,
    columns_option,
    decimal_option,
    lang_option,
    reading_options,
    register_options,
    said_of_register,
    say_out,
    units_option,
)
from clusters_geo.cli.printing import warning_text
from clusters_geo.storage.connection import is_address, parse_address
from clusters_geo.words import speaker

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

    from clusters_geo.schema import Language


_say = speaker("convert")


@click.command("convert")
@click.argument("source", metavar="IN", type=SOURCE)
@click.argument("target", metavar="OUT")
@click.option("--crs", "wanted")
@decimal_option
@click.option("--table", "name")
@click.option("--schema")
@click.option("--vintage", "day", type=LAST_DAY, metavar="DAY")
@click.option("--overwrite", is_flag=True)
@units_option
@as_option
@columns_option
@register_options("layer", "encoding", "decimal", "region", "columns")
@reading_options("--input-crs")
@lang_option
def command(
    source: Path,
    target: str,
    wanted: str | None,
    decimal: str | None,
    name: str | None,
    schema: str | None,
    day: str | None,
    overwrite: bool,  # noqa: FBT001 - click
    districts_file: Path | None,
    kind: str,
    lang: Language,
    **wishes: Any,  # noqa: ANN401 - click checked them
) -> None:
    """Read IN, repair it, and write it clean to OUT, whole or not at all.

    OUT ends in .gpkg, .parquet, .geojson, .fgb, .shp, .zip (a Shapefile), .csv or .xlsx, or is a PostGIS
    address with --table. What was repaired and what is doubtful is said on the way.
    """
    from clusters_geo.load import load_clusters, load_districts, load_report, load_units

    if overwrite and day is None:
        raise usage_error("overwrite-alone")
    _refuse_halves(target, name, schema, folder=day is not None)
    if name is not None and districts_file is not None:
        raise usage_error("units-and-table")
    if kind == "districts":
        table = load_districts(source, **wishes)
    else:
        table = load_clusters(source, decimal=decimal, **said_of_register(), **wishes)
    say_out(load_report(table).text(lang), err=True)
    units = None if districts_file is None else load_units(districts_file)
    if day is not None:
        from clusters_geo.report.saving import in_system
        from clusters_geo.storage.vintages import save_vintage

        target = str(save_vintage(in_system(table, wanted), target, day, overwrite=overwrite))
    else:
        _written(table, target, wanted, (name, schema), units, lang)
    shown = str(parse_address(target)) if is_address(target) else target
    place = f"{schema}.{name}" if schema else name or shown
    say_out(_say("written", lang).format(count=len(table), place=place))


def _refuse_halves(target: str, name: str | None, schema: str | None, *, folder: bool) -> None:
    """Refuse what cannot be meant before anything is read."""
    from clusters_geo.writing import target_of

    if not is_address(target):
        if name is not None or schema is not None:
            raise usage_error("database-only")
        if not folder:
            target_of(target)
    elif name is None and schema is not None:
        raise usage_error("schema-alone")


def _written(
    table: gpd.GeoDataFrame,
    target: str,
    wanted: str | None,
    name: tuple[str | None, str | None],
    units: gpd.GeoDataFrame | None,
    lang: Language,
) -> None:
    from clusters_geo.report.saving import in_system, save

    if name[0] is not None:
        from clusters_geo.storage.postgis import save_postgis

        save_postgis(in_system(table, wanted), target, name[0], schema=name[1])
        return
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        save(table, target, crs=wanted, units=units)
    for text in dict.fromkeys(warning_text(w.message, lang) for w in said):
        say_out(f"{_say('warning', lang)}: {text}", err=True)
