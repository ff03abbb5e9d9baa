"""`clusters-geo compare`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from clusters_geo.cli.options import (
    LAST_DAY,
    SOURCE,
    TARGET,
    by_option,
    crs_option,
    format_option,
    lang_option,
    output_option,
    put_table,
    register_options,
    remote_option,
    require_units,
    said_of_register,
    say_doubts,
    say_out,
    units_option,
    working,
)

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

    from clusters_geo.schema import Language


def _vintage(context: click.Context, option: click.Parameter, value: str) -> object:
    """Return a register's path, or the day of a vintage of the bundled case."""
    from pathlib import Path

    if (day := LAST_DAY.read(value)) and not Path(value).exists():
        return day
    return SOURCE.convert(value, option, context)


@click.command("compare")
@click.argument("before", metavar="BEFORE", callback=_vintage)
@click.argument("after", metavar="AFTER", callback=_vintage)
@units_option
@by_option
@click.option("--measure", default="planned_ha", show_default=True)
@click.option("--status")
@click.option("--published-before", type=float)
@click.option("--published-after", type=float)
@click.option("--chart", "chart_file", type=TARGET)
@click.option("--map", "map_file", type=TARGET)
@click.option("--boundaries-after", type=SOURCE)
@register_options("status", "columns")
@crs_option
@remote_option
@format_option
@lang_option
@output_option
def command(
    before: Path | str,
    after: Path | str,
    districts_file: Path | None,
    by: str | None,
    measure: str,
    status: str | None,
    published_before: float | None,
    published_after: float | None,
    chart_file: Path | None,
    map_file: Path | None,
    boundaries_after: Path | None,
    crs: str | None,
    form: str | None,
    lang: Language,
    output: Path | None,
) -> None:
    """Say what changed between two registers, and how the one total becomes the other.

    With --units or --by, also unit by unit.
    """
    from clusters_geo.errors import SourceError
    from clusters_geo.history.compare import compare
    from clusters_geo.load import load_report
    from clusters_geo.report.tables import say
    from clusters_geo.report.time_sheets import bridge_chart, compare_sheets
    from clusters_geo.report.unplaced import unplaced_notes
    from clusters_geo.writing import write_text

    outlines = {} if boundaries_after is None else {"boundaries": boundaries_after}
    with working("reading", lang):
        first, second = _load(before, crs), _load(after, crs, **outlines)
        layer = _layer(districts_file, crs, by, before, after)
    for name, register, its_own in ((before, first, {}), (after, second, outlines)):
        if not isinstance(name, str):
            say_doubts(register, name, crs, lang, **its_own)
        if register.empty:
            where = load_report(register).province or str(name)
            raise SourceError("vintage.nothing", where=where, day=str(name).rpartition("@")[2])
    for register in (first, second):
        require_units(register, layer, by)
    published = (published_before, published_after)
    found = compare(first, second, measure=measure, status=status, published=published, by=by, units=layer)
    # Drawn before anything is written: a register without places is refused whole.
    pages = {}
    if chart_file is not None:
        pages[chart_file] = bridge_chart(found, lang).svg
    if map_file is not None:
        from clusters_geo.maps.slider import slider_html

        drawn = layer if layer is not None else _units(before, after)
        pages[map_file] = slider_html(first, second, found=found, districts=drawn, lang=lang)
    most = 40 if output is None else None
    notes = unplaced_notes(second, layer, lang)
    put_table(
        form,
        output,
        lang,
        sheets=lambda: compare_sheets(found, lang, most=most, notes=notes),
        table=lambda: found.changes,
        record=found.record,
    )
    for path, text in pages.items():
        write_text(path, text)
        say_out(say("written", lang, path=str(path)), err=True)


def _load(vintage: Path | str, crs: str | None, **its_own: Path) -> gpd.GeoDataFrame:
    """Return a register with what is said of both; its own boundaries where it has others."""
    if isinstance(vintage, str):
        from clusters_geo.reference import load_hanoi

        return load_hanoi(as_of=vintage)[0]
    from clusters_geo.load import load_clusters

    return load_clusters(vintage, crs=crs, **said_of_register() | its_own)


def _layer(
    path: Path | None, crs: str | None, by: str | None, *vintages: Path | str
) -> gpd.GeoDataFrame | None:
    """Return the named layer; today's communes where two vintages of the bundled case go by commune."""
    if path is None and not (by == "commune" and all(isinstance(vintage, str) for vintage in vintages)):
        return None
    from clusters_geo.load import load_units

    return load_units(path or "hanoi-communes", crs=crs)


def _units(*vintages: Path | str) -> gpd.GeoDataFrame | None:
    """Return Hà Nội's districts, where its own vintages are compared."""
    from clusters_geo.reference import load_hanoi

    return load_hanoi()[1] if all(isinstance(vintage, str) for vintage in vintages) else None
