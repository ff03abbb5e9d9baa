"""`clusters-geo template`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from clusters_geo.cli.options import TARGET, lang_option
from clusters_geo.cli.printing import say_out

if TYPE_CHECKING:
    from pathlib import Path

    from clusters_geo.schema import Language


@click.command("template")
@click.argument("output", metavar="OUT", type=TARGET)
@click.option("--columns")
@lang_option
def command(output: Path, columns: str | None, lang: Language) -> None:
    """Write an empty register to fill in: headings with units, drop-downs, examples."""
    from clusters_geo.errors import SourceError
    from clusters_geo.report.template import TEMPLATE_COLUMNS, save_template
    from clusters_geo.words import speaker

    if output.is_file():
        # Somebody may have filled it in since.
        raise SourceError("template.exists", path=str(output))
    wanted = (
        TEMPLATE_COLUMNS if columns is None else tuple(c.strip() for c in columns.split(",") if c.strip())
    )
    save_template(output, columns=wanted, lang=lang)
    say_out(speaker("template")("written", lang, path=str(output)), err=True)
