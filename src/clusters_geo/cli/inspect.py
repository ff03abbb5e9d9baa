"""`clusters-geo inspect`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from clusters_geo.cli.options import (
    SOURCE,
    TARGET,
    as_option,
    chosen_format,
    columns_option,
    decimal_option,
    format_option,
    lang_option,
    output_option,
    put,
    put_table,
    reading_options,
    register_options,
    said_of_register,
)

if TYPE_CHECKING:
    from pathlib import Path

    from clusters_geo.schema import Language

_UNUSABLE = 2


@click.command("inspect")
@click.argument("file", metavar="FILE", type=SOURCE)
@as_option
@columns_option
@decimal_option
@register_options("layer", "encoding", "decimal", "region", "columns")
@click.option("--write-mapping", "mapping_file", type=TARGET)
@reading_options("--crs", "--input-crs")
@format_option
@lang_option
@output_option
def command(
    file: Path,
    kind: str,
    decimal: str | None,
    mapping_file: Path | None,
    form: str | None,
    lang: Language,
    output: Path | None,
    **wishes: Any,  # noqa: ANN401 - click checked them
) -> None:
    """Tell what is in FILE: layers, coordinate system, encoding, what is repaired, and what to decide.

    Exits 0 if the file can be worked with, 2 if not; nothing is written.
    """
    from clusters_geo.errors import ClustersGeoError
    from clusters_geo.report.inspection import Inspection, inspect_file, inspection_sheets

    districts = kind == "districts"
    # A layer of districts has no figures.
    figures = {} if districts else {"decimal": decimal, **said_of_register()}
    try:
        found = inspect_file(file, districts=districts, lang=lang, **figures, **wishes)
    except ClustersGeoError as error:
        if chosen_format(form, output) != "json":
            raise
        # A program gets its answer in the same place and form, whatever the file is.
        found = Inspection(getattr(file, "shown", str(file)), problem=error.text(lang), lang=lang)
    put_table(
        form,
        output,
        lang,
        sheets=lambda: inspection_sheets(found),
        record=found.as_dict,
    )
    if mapping_file is not None and found.report is not None:
        from clusters_geo.reading.mapping import mapping_text

        put(mapping_text(found.report, figures | wishes, lang), mapping_file, lang, "toml")
    if found.problem or found.failures:
        sys.exit(_UNUSABLE)
