"""Options of the commands that read somebody's own file."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import click

from clusters_geo.cli.options import remote_option

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["as_option", "columns_option", "decimal_option", "reading_options"]

Command = TypeVar("Command", bound="Callable[..., object]")


def as_option(command: Command) -> Command:
    """Add --as: what the rows are."""
    choice = click.Choice(["clusters", "districts"])
    return click.option(
        "--as", "kind", type=choice, default="clusters", show_default=True, help="What the rows are."
    )(command)


def reading_options(*names: str) -> Callable[[Command], Command]:
    """Return a decorator that adds what a caller may say about a file, its system under the given names."""

    def _add(command: Command) -> Command:
        for option in _options(names):
            command = option(command)
        return command

    return _add


def _options(names: tuple[str, ...]) -> tuple[Callable[[Command], Command], ...]:
    return (
        click.option("--layer", help="Layer or sheet, where there are several."),
        click.option(*names, "crs", help="Coordinate system of FILE, e.g. EPSG:5897; wins over the file."),
        click.option("--encoding", help="Of the text: tcvn3, vni, cp1258 or any that Python knows."),
        click.option("--region", help="Province in which the data must lie, e.g. 'Bắc Ninh'."),
        # Both are read first: they say what may be done to open the files that follow.
        click.option("--allow-large", is_flag=True, is_eager=True, help="Open more than 1 GiB."),
        remote_option,
    )


def columns_option(command: Command) -> Command:
    """Add --column HEADER=COLUMN, as often as needed."""
    return click.option(
        "--column",
        "columns",
        multiple=True,
        metavar="HEADER=COLUMN",
        callback=_pairs,
        help="What a header means.",
    )(command)


def decimal_option(command: Command) -> Command:
    """Add --decimal: the mark, where the figures of a column leave it open."""
    choice = click.Choice([",", "."])
    return click.option("--decimal", type=choice, help="Decimal mark, where figures leave it open.")(command)


def _pairs(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> dict[str, str] | None:
    pairs = [value.rpartition("=") for value in values]
    wrong = [value for value, (header, _, _) in zip(values, pairs, strict=True) if not header]
    if wrong:
        msg = f"{wrong[0]!r} is not HEADER=COLUMN, for example 'Tên CCN=name'."
        raise click.BadParameter(msg)
    return {header: column for header, _, column in pairs} or None
