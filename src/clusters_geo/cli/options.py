"""Arguments and options that several commands share, and how they load and print."""

from __future__ import annotations

import datetime as dt
import os
import re
import shlex
import shutil
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from clusters_geo.cli.help import usage_error
from clusters_geo.cli.printing import say_out
from clusters_geo.words import speaker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import geopandas as gpd
    import pandas as pd

    from clusters_geo.report.tables import Sheet
    from clusters_geo.schema import Language

say = speaker("reports")

__all__ = [
    "DAY",
    "FOLDER",
    "INPUT",
    "LAST_DAY",
    "SOURCE",
    "TARGET",
    "also_option",
    "as_option",
    "by_option",
    "chosen_format",
    "clusters_argument",
    "columns_option",
    "crs_option",
    "decimal_option",
    "format_option",
    "in_units",
    "lang_option",
    "load",
    "output_option",
    "put",
    "put_table",
    "reading_options",
    "register_options",
    "remote_option",
    "require_units",
    "said_of_register",
    "say_doubts",
    "say_no_layer",
    "say_out",
    "sheets_text",
    "steps",
    "units_option",
    "units_said",
    "working",
]

Command = TypeVar("Command", bound="Callable[..., object]")

_SAID = "clusters_geo.said"
_STATUSES = ("operating", "under_construction", "pending")
_ALLOW_REMOTE = "clusters_geo.allow_remote"


class _Source(click.Path):
    """What to read: a file, with --allow-remote one that is fetched, or a register in PostGIS."""

    def convert(
        self, value: str | os.PathLike[str], param: click.Parameter | None, ctx: click.Context | None
    ) -> str | bytes | os.PathLike[str]:
        text = str(value)
        from clusters_geo.storage.connection import is_address, parse_address

        if is_address(text):
            return parse_address(text)
        from clusters_geo.storage.vintages import vintage_files

        if "@" in text and (found := vintage_files(text)) is not None:
            for part in found.parts:
                _guarded(part, ctx)
            return Path(text)
        if ctx is None or not ("://" in text or text.startswith("/vsi")):
            return _guarded(super().convert(value, param, ctx), ctx)
        from clusters_geo.reading.opening import opened

        remote, large = bool(ctx.meta.get(_ALLOW_REMOTE)), bool(ctx.params.get("allow_large"))
        # What is not allowed is refused in the words of the door, before a path object swallows a slash.
        return _guarded(ctx.with_resource(opened(text, allow_remote=remote, allow_large=large)), ctx)


class _Input(click.Path):
    """A file of rules, figures or forms to read."""

    def convert(
        self, value: str | os.PathLike[str], param: click.Parameter | None, ctx: click.Context | None
    ) -> str | bytes | os.PathLike[str]:
        return _guarded(super().convert(value, param, ctx), ctx)


class _Target(click.Path):
    """A file or folder to write, which no input of the same command is."""

    def convert(
        self, value: str | os.PathLike[str], param: click.Parameter | None, ctx: click.Context | None
    ) -> str | bytes | os.PathLike[str]:
        path = super().convert(value, param, ctx)
        if ctx is not None and self.file_okay:
            from clusters_geo.writing import target_of

            # What cannot be written is refused before hours of work; inputs that follow are looked at then.
            target_of(os.fspath(path) if isinstance(path, os.PathLike) else str(path))
        return path


class Day(click.types.StringParamType):
    """A day as offices write it, 31/12/2026, or 2026-12-31; given on as the latter.

    `parts` are months and years too, 12/2026 or 2026, `words` what else may stand for a day.
    """

    name = "date"

    def __init__(self, *, parts: bool = False, words: tuple[str, ...] = ()) -> None:
        self._parts, self._words = parts, words

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:  # noqa: ARG002 - click
        day = self.read(value)
        if day is None:
            raise usage_error("no-day", value=value, option=param.opts[0] if param else "")
        return day

    def read(self, value: str) -> str | None:
        """Return the day as 2026-12-31, a part of one as 2026-12 or 2026; None for what is neither."""
        text = value.strip()
        if text in self._words:
            return text
        # Day before month, as everywhere in Việt Nam.
        turned = re.sub(r"^(?:(\d{1,2})/)?(\d{1,2})/(\d{4})$", _turned, text)
        found = re.fullmatch(r"\d{4}(-\d\d)?(-\d\d)?", turned)
        if found is None or not (self._parts or found[2]):
            return None
        try:
            dt.date.fromisoformat(turned + "-01" * (found.group(1, 2).count(None)))
        except ValueError:
            return None
        return turned


def _turned(found: re.Match[str]) -> str:
    return "-".join(part.zfill(2) for part in (found[3], found[2], found[1]) if part)


DAY = Day()
LAST_DAY = Day(parts=True)


def _guarded(
    path: str | bytes | os.PathLike[str], ctx: click.Context | None
) -> str | bytes | os.PathLike[str]:
    """Return an input, over which nothing is written as long as the command runs."""
    if ctx is not None and not isinstance(path, bytes):
        from clusters_geo.writing import guarding

        ctx.with_resource(guarding(path))
    return path


SOURCE = _Source(path_type=Path)
INPUT = _Input(path_type=Path)
TARGET = _Target(path_type=Path)
FOLDER = _Target(path_type=Path, file_okay=False)

FORMATS = ("table", "json", "csv", "md", "xlsx")


def remote_option(command: Command) -> Command:
    """Add --allow-remote: files may be named by an address; to be read before any of them."""
    return click.option(
        "--allow-remote",
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_allow_remote,
    )(command)


def _allow_remote(ctx: click.Context, _: click.Parameter, value: bool) -> None:  # noqa: FBT001 - click's
    ctx.meta[_ALLOW_REMOTE] = value


def clusters_argument(command: Command) -> Command:
    """Add CLUSTERS: a register, or nothing for the bundled case; and what may be said about it."""
    argument = click.argument("clusters_file", metavar="[CLUSTERS]", required=False, type=SOURCE)
    return argument(register_options()(remote_option(command)))


def register_options(*without: str) -> Callable[[Command], Command]:
    """Return a decorator that adds what may be said of a register, for `said_of_register`; some left out."""
    options = {
        "layer": click.option("--layer", **_KEPT),
        "layers": click.option("--layers", type=click.Choice(["all"]), **_KEPT),
        "encoding": click.option("--encoding", **_KEPT),
        "decimal": click.option("--decimal", type=click.Choice([",", "."]), **_KEPT),
        "region": click.option("--region", **_KEPT),
        "columns": click.option(
            "--column", "columns", multiple=True, metavar="HEADER=COLUMN", **_KEPT | {"callback": _keep_pairs}
        ),
        "status": click.option("--status", type=click.Choice(_STATUSES), **_KEPT),
        "boundaries": click.option("--boundaries", type=SOURCE, **_KEPT),
        "boundaries_layer": click.option("--boundaries-layer", **_KEPT),
        "boundaries_name": click.option("--boundaries-name", metavar="HEADER", **_KEPT),
        "mapping": click.option("--mapping", type=SOURCE, **_KEPT),
    }

    def _add(command: Command) -> Command:
        for name, option in options.items():
            command = command if name in without else option(command)
        return command

    return _add


def _keep(ctx: click.Context, param: click.Parameter, value: object) -> None:
    if value is not None:
        ctx.meta.setdefault(_SAID, {})[str(param.name)] = value


def _keep_pairs(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> None:
    _keep(ctx, param, _pairs(ctx, param, values))


_KEPT: dict[str, Any] = {"expose_value": False, "callback": _keep}


def said_of_register() -> dict[str, Any]:
    """Return what the command line says of the register, as `load_clusters` takes it."""
    said: dict[str, Any] = click.get_current_context().meta.get(_SAID, {})
    return dict(said)


def say_doubts(table: pd.DataFrame, file: object, crs: str | None, lang: Language, **instead: object) -> None:
    """Say in a line how many doubts a load left, and the command that shows them.

    What is said of this file alone is given by name.
    """
    from clusters_geo.load import load_report

    doubts = len(load_report(table).doubts)
    if not doubts:
        return
    shown = getattr(file, "shown", str(file))
    arguments = [shown, *(["--crs", crs] if crs else [])]
    for name, value in (said_of_register() | instead).items():
        option = "--column" if name == "columns" else f"--{name.replace('_', '-')}"
        values = [f"{h}={c}" for h, c in value.items()] if name == "columns" else [value]
        arguments += [text for v in values for text in (option, getattr(v, "shown", str(v)))]
    command = " ".join(shlex.quote(text) for text in arguments)
    say_out(speaker("cli")("doubts", lang, count=doubts, file=shown, command=command), err=True)


def say_no_layer(clusters: gpd.GeoDataFrame, units: pd.DataFrame | None, lang: Language) -> None:
    """Say that a map has no borders and which option gives them, where the register has a use for any."""
    from clusters_geo.units.places import named_level

    level = named_level(clusters)
    named = level in clusters and clusters[level].notna().any()
    if units is None and (named or clusters.geometry.notna().any()):
        say_out(speaker("cli")(f"no-layer-{level}", lang), err=True)


class _Units(_Source):
    """A file of units, or a layer of the bundled case by its name."""

    def convert(
        self, value: str | os.PathLike[str], param: click.Parameter | None, ctx: click.Context | None
    ) -> str | bytes | os.PathLike[str]:
        # A name stays a path, as a file would be: `load_units` knows it by its text.
        return Path(value) if str(value).startswith("hanoi-") else super().convert(value, param, ctx)


def units_option(command: Command) -> Command:
    """Add --units, of old --districts: the layer of units that goes with the register."""
    return click.option(
        "--units",
        "--districts",
        "districts_file",
        type=_Units(path_type=Path),
    )(command)


def also_option(command: Command) -> Command:
    """Add --also: further units that the reader of a map may switch to."""
    return click.option(
        "--also",
        "also_file",
        type=_Units(path_type=Path),
    )(command)


def by_option(command: Command) -> Command:
    """Add --by: by which unit, where no layer says it."""
    choice = click.Choice(["district", "commune"])
    return click.option("--by", type=choice)(command)


def crs_option(command: Command) -> Command:
    """Add --crs: the coordinate system of files that name none."""
    return click.option("--crs")(command)


def lang_option(command: Command) -> Command:
    """Add --lang: Vietnamese unless asked otherwise."""
    choice = click.Choice(["vi", "en"])
    return click.option("--lang", type=choice, default="vi", show_default=True)(command)


def format_option(command: Command) -> Command:
    """Add --format: for a person (table, md, xlsx) or a program (json, csv)."""
    return click.option("--format", "form", type=click.Choice(FORMATS))(command)


def output_option(command: Command) -> Command:
    """Add --output: a file instead of the screen."""
    return click.option("--output", "-o", type=TARGET)(command)


def load(
    clusters_file: Path | None,
    districts_file: Path | None = None,
    crs: str | None = None,
    by: str | None = None,
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame | None]:
    """Return the register and the units to work on: the named files, or the bundled case and its units.

    The bundled units are Hà Nội's, so they are not put under somebody else's clusters.
    """
    if clusters_file is None and districts_file is None:
        from clusters_geo.reference import load_hanoi

        return load_hanoi(units="communes" if by == "commune" else "districts")
    from clusters_geo.load import load_clusters, load_units
    from clusters_geo.reference import load_hanoi

    lang = click.get_current_context().params.get("lang", "vi")
    said = said_of_register()
    with working("reading", lang):
        clusters = load_hanoi()[0] if clusters_file is None else load_clusters(clusters_file, crs=crs, **said)
        districts = None if districts_file is None else load_units(districts_file, crs=crs)
    if clusters_file is not None:
        say_doubts(clusters, clusters_file, crs, lang)
    require_units(clusters, districts, by)
    return clusters, districts


def units_said(
    clusters_file: Path | None, districts_file: Path | None, by: str | None, layer: gpd.GeoDataFrame | None
) -> gpd.GeoDataFrame | None:
    """Return the layer to count in: the named one; today's communes where the bundled case goes by commune.

    Its register of 2022 names communes of which many are parts of others today; by district, and for another
    register, names are counted as they stand.
    """
    counted = districts_file is not None or (clusters_file is None and by == "commune")
    return layer if counted else None


def require_units(clusters: pd.DataFrame, units: pd.DataFrame | None, by: str | None) -> None:
    """Refuse to go by districts or communes that neither the layer nor the register has.

    Raises
    ------
    click.UsageError
        If the layer is of another level.
    SchemaError
        If there is no layer, and no such column.
    """
    if by not in ("district", "commune"):
        return
    from clusters_geo.units.model import unit_level
    from clusters_geo.units.places import require_column

    if units is None:
        require_column(clusters, by)
    elif unit_level(units) != by:
        raise usage_error("by-other-units", by=by, level=unit_level(units))


def in_units(clusters: gpd.GeoDataFrame, units: pd.DataFrame | None, lang: Language) -> gpd.GeoDataFrame:
    """Return the clusters with the unit of a layer in which each lies in place of what they declare."""
    if units is None:
        return clusters
    from clusters_geo.units.model import unit_level
    from clusters_geo.units.places import home_units

    home = home_units(clusters, units).fillna(say("unplaced", lang))
    return clusters.assign(**{unit_level(units): home})


def chosen_format(form: str | None, output: Path | None, formats: Sequence[str] = FORMATS) -> str:
    """Return the format that was asked for, or the one in which a file of that name is written.

    Raises
    ------
    click.UsageError
        If a workbook is to be printed.
    """
    ending = "" if output is None else output.suffix.lower().removeprefix(".")
    ending = {"htm": "html", "markdown": "md", "xml": "junit"}.get(ending, ending)
    form = form or (ending if ending in formats else "table")
    if form == "xlsx" and output is None:
        raise usage_error("workbook-to-screen")
    return form


def put(text: str, output: Path | None, lang: Language, form: str = "table") -> None:
    """Print a text, or write it to a file as what it is and say where."""
    if output is None:
        say_out(text.rstrip("\n"), drawn=form == "table")
        return
    from clusters_geo.writing import write_text

    write_text(output, text if text.endswith("\n") else f"{text}\n", form)
    say_out(say("written", lang, path=str(output)), err=True)


def put_table(
    form: str | None,
    output: Path | None,
    lang: Language,
    *,
    sheets: Callable[[], Sequence[Sheet]],
    table: Callable[[], pd.DataFrame] | None = None,
    record: Callable[[], object] | None = None,
) -> None:
    """Print or write a result in the format that was asked for, or that the name of the file tells.

    Parameters
    ----------
    form, output, lang
        As the options say.
    sheets
        Makes what a person reads.
    table
        Makes what a program reads; without it what a person reads, cell by cell.
    record
        Makes what JSON holds, where that is another thing than the rows of the table.
    """
    from clusters_geo.report.tables import sheets_table, to_csv, to_json, to_records

    form = chosen_format(form, output)
    if form == "xlsx" and output is not None:
        from clusters_geo.report.xlsx import sheets_workbook

        sheets_workbook(list(sheets()), None if table is None else table(), output, lang)
        say_out(say("written", lang, path=str(output)), err=True)
    elif form == "json" and record is not None:
        put(to_json(record()), output, lang, form)
    elif form in {"csv", "json"}:
        rows = sheets_table(sheets()) if table is None else table()
        put(to_csv(rows) if form == "csv" else to_json(to_records(rows)), output, lang, form)
    else:
        put(sheets_text(form, *sheets(), output=output), output, lang, form)


def sheets_text(form: str, *sheets: Sheet, output: Path | None = None) -> str:
    """Return sheets as Markdown, or drawn for the terminal in use, if they go there."""
    from clusters_geo.report.tables import to_markdown, to_text

    if form == "md":
        return "\n\n".join(to_markdown(sheet) for sheet in sheets)
    on_screen = output is None and sys.stdout.isatty()
    width = shutil.get_terminal_size().columns if on_screen else None
    return "\n\n".join(to_text(sheet, width=width, color=on_screen) for sheet in sheets)


@contextmanager
def working(what: str, lang: Language) -> Iterator[None]:
    """Show that something is under way, on a terminal only."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(f"{say(what, lang)}…"):
        yield


def as_option(command: Command) -> Command:
    """Add --as: what the rows are."""
    choice = click.Choice(["clusters", "districts"])
    return click.option("--as", "kind", type=choice, default="clusters", show_default=True)(command)


def reading_options(*names: str) -> Callable[[Command], Command]:
    """Return a decorator that adds what a caller may say about a file, its system under the given names."""

    def _add(command: Command) -> Command:
        for option in _options(names):
            command = option(command)
        return command

    return _add


def _options(names: tuple[str, ...]) -> tuple[Callable[[Command], Command], ...]:
    return (
        click.option("--layer"),
        click.option(*names, "crs"),
        click.option("--encoding"),
        click.option("--region"),
        # Both are read first: they say what may be done to open the files that follow.
        click.option("--allow-large", is_flag=True, is_eager=True),
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
    )(command)


def decimal_option(command: Command) -> Command:
    """Add --decimal: the mark, where the figures of a column leave it open."""
    choice = click.Choice([",", "."])
    return click.option("--decimal", type=choice)(command)


def _pairs(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> dict[str, str] | None:
    pairs = [value.rpartition("=") for value in values]
    wrong = [value for value, (header, _, _) in zip(values, pairs, strict=True) if not header]
    if wrong:
        raise usage_error("header-and-column", pair=wrong[0])
    return {header: column for header, _, column in pairs} or None


@contextmanager
def steps() -> Iterator[Callable[[int, int, str], None] | None]:
    """Give a function that is told the number of a step, how many there are, and what it is about."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=None)

        def step(at: int, count: int, what: str) -> None:
            progress.update(task, completed=at - 1, total=count, description=what[:40])

        yield step
