"""`clusters-geo register`: one register for a department, in PostGIS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from clusters_geo.cli.options import lang_option, say_out
from clusters_geo.words import speaker

if TYPE_CHECKING:
    from clusters_geo.schema import Language

_say = speaker("register")


@click.group("register")
def command() -> None:
    """Make a register in PostGIS and see how it stands."""


@command.command("init")
@click.argument("url", metavar="URL")
@click.option("--crs", default="EPSG:5897", show_default=True)
@click.option("--roles", is_flag=True)
@click.option("--row-security", is_flag=True)
@click.option("--styles/--no-styles", default=True, show_default=True)
@lang_option
def init(url: str, crs: str, roles: bool, row_security: bool, styles: bool, lang: Language) -> None:  # noqa: FBT001 - click
    """Make a register, or bring an older one up to date."""
    from clusters_geo.storage.connection import parse_address
    from clusters_geo.storage.register import init_register

    done = init_register(url, crs=crs, roles=roles, row_security=row_security, styles=styles)
    key = "ready" if done else "up_to_date"
    say_out(_say(key, lang, address=str(parse_address(url)), done=done))


@command.command("status")
@click.argument("url", metavar="URL")
@lang_option
def status(url: str, lang: Language) -> None:
    """Say how many clusters a register has, and who changed it last."""
    from clusters_geo.storage.connection import parse_address
    from clusters_geo.storage.register import register_status

    found = register_status(url)
    say_out(_say("status" if found["revision"] else "empty", lang, address=str(parse_address(url)), **found))
