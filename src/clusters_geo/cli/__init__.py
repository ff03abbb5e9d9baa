"""The command line: the only place that prints or exits.

One module a command, imported when the command runs, so that `clusters-geo --help` answers at once.
Exit codes: 0 clean, 1 findings, 2 unusable input or arguments, 3 anything else.
"""

from __future__ import annotations

import atexit
import gc
import io
import os
import sys
import warnings
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import click

from clusters_geo import __version__
from clusters_geo.cli.help import chosen_language, in_language, short_help, speak
from clusters_geo.cli.printing import ready_to_end, ready_to_print, say_out, say_traceback
from clusters_geo.errors import ClustersGeoError, DoubtWarning, scrubbed
from clusters_geo.words import LANGUAGES, Language, speaker

__all__ = ["app", "main", "program"]

CLEAN, FINDINGS, UNUSABLE, BROKEN = range(4)
# Importing makes half a million objects, none of which is ever garbage; a short command ends with 140,000
# that could be, and looking through them once takes as long as drawing its table.
_SELDOM = (200_000, 50, 100)

# Listed without importing one of them; what each is for stands in words/help.csv.
_COMMANDS = (
    "demo",
    "summary",
    "pending",
    "eligibility",
    "map",
    "report",
    "audit",
    "form",
    "form-in",
    "built-up",
    "inspect",
    "convert",
    "template",
    "programme",
    "compare",
    "pipeline",
    "forecast",
    "register",
    "units",
)
_LANGUAGE = "clusters_geo.lang"

say = speaker("cli")


class _LazyGroup(click.Group):
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        lang = chosen_language(args)
        ctx.meta[_LANGUAGE] = lang
        # What is said before a command's name, or by CLUSTERS_GEO_LANG, holds for the command.
        ctx.default_map = {name: {"lang": lang} for name in _COMMANDS}
        speak(lang)
        in_language(self, "app", lang)
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_module(f"{__name__}.{cmd_name.replace('-', '_')}").command
        return in_language(command, cmd_name, _language(ctx))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from clusters_geo.names import did_you_mean

            near = [] if args[0].startswith("-") else did_you_mean(args[0], _COMMANDS)
            if not near:
                raise
            told = f"{error.message} {say('nearest', _language(ctx), near=', '.join(near))}"
            raise click.UsageError(told, error.ctx) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        lang = _language(ctx)
        with formatter.section(say("commands", lang)):
            formatter.write_dl([(name, short_help(name, lang)) for name in _COMMANDS])


def _language(ctx: click.Context | None) -> Language:
    lang: Language = "en" if ctx is None else ctx.meta.get(_LANGUAGE, "vi")
    return lang


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--lang", type=click.Choice(LANGUAGES), expose_value=False)
@click.version_option(__version__, prog_name="clusters-geo")
def app() -> None:
    """Run one of the commands."""


def program() -> None:
    """Be the installed program: `main`, in a process that is here for one command only.

    Looking for garbage among what is imported, and taking it down piece by piece at the end, took a quarter
    of a short command. What is registered to be done at exit is done; the rest the system takes back at once.
    """
    gc.set_threshold(*_SELDOM)
    code: list[int] = []
    atexit.register(_end_at_once, code)  # the first to come is the last to go
    try:
        main()
    except SystemExit as ended:
        code.append(int(ended.code or CLEAN))
        raise


def _end_at_once(code: list[int]) -> None:
    """End the process; where its code is not known, or something cannot be printed, let Python end it."""
    if code:
        with suppress(OSError, ValueError):
            for stream in filter(None, (sys.stdout, sys.stderr)):
                stream.flush()
            os._exit(code[0])


def main() -> None:
    """Run the command line and exit with its code."""
    lang = chosen_language(sys.argv[1:])
    with ready_to_print(lang), ready_to_end():
        _run(lang)


def _run(lang: Language) -> None:
    # The commands say it in a line of their own.
    warnings.simplefilter("ignore", DoubtWarning)
    try:
        # Without its standalone mode click returns the code of ctx.exit() instead of exiting.
        code = app(standalone_mode=False)
        sys.stdout.flush()
        sys.exit(code or CLEAN)
    except click.ClickException as error:
        _show_usage(error)
        sys.exit(UNUSABLE)
    except ClustersGeoError as error:
        say_out(f"clusters-geo: {error.text(lang)}", err=True)
        sys.exit(UNUSABLE)
    except (click.Abort, KeyboardInterrupt):
        say_out(f"clusters-geo: {_stopped(lang)}", err=True)
        sys.exit(BROKEN)
    except BrokenPipeError:
        # The reader, such as `head`, has seen enough; Python must not complain while closing.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(CLEAN)
    except Exception as error:  # noqa: BLE001 - whatever it is, a person reads a sentence
        sys.exit(_broken(error, lang))


def _broken(error: Exception, lang: Language) -> int:
    """Say what went wrong; return 2 if the system refused something, else 3, a fault of the program."""
    if os.environ.get("CLUSTERS_GEO_DEBUG"):
        say_traceback()
    if isinstance(error, OSError):
        from clusters_geo.writing import refusal

        # What the system says without naming a file is about what is printed.
        told = refusal(None if error.filename is None else Path(str(error.filename)), error)
        say_out(f"clusters-geo: {told.text(lang)}", err=True)
        return UNUSABLE
    if isinstance(error, MemoryError):
        say_out(f"clusters-geo: {say('memory', lang)}", err=True)
        return UNUSABLE
    fault = scrubbed(f"{type(error).__name__}: {error}", *sys.argv[1:])
    say_out(f"clusters-geo: {say('fault', lang, fault=fault)}", err=True)
    return BROKEN


def _show_usage(error: click.ClickException) -> None:
    """Show a usage error as click does, without what a terminal would obey, and without secrets."""
    shown = io.StringIO()
    error.show(shown)
    say_out(scrubbed(shown.getvalue().rstrip("\n"), *sys.argv[1:]), err=True)


def _stopped(lang: Language) -> str:
    from clusters_geo.writing import finished

    paths = [str(path) for path in finished()]
    return say("stopped-after", lang, paths=paths) if paths else say("stopped", lang)
