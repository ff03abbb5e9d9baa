"""The command line: the only place that prints or exits.

One module a command, imported when the command runs, so that `clusters-geo --help` answers at once.
Exit codes: 0 clean, 1 findings, 2 unusable input or arguments, 3 anything else.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module

import click

from clusters_geo import __version__
from clusters_geo.errors import ClustersGeoError

__all__ = ["app", "main"]

CLEAN, FINDINGS, UNUSABLE, BROKEN = range(4)

# Each command with the line that `--help` shows, so that listing them imports none.
_COMMANDS = {
    "demo": "Show the bundled case: the table on screen, the map in maps/.",
    "summary": "Totals and rates of a register.",
    "pending": "Sites called for investment whose ground is not broken.",
    "map": "One HTML map that opens without a network.",
    "audit": "Findings: what in a register is implausible, unlawful or without a source.",
    "form": "Forms 02, 03 and 04 of Circular 14/2024, filled in from a register.",
    "form-in": "Forms 01 and 02 as firms filled them in, merged into a new vintage.",
    "built-up": "Hectares that building footprints cover, beside the declared ones.",
    "inspect": "What is in a file: layers, coordinates, text, repairs and doubts.",
    "convert": "A clean register in another format, or in PostGIS.",
    "programme": "Supporting-industry targets against results.",
}


class _LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_module(f"{__name__}.{cmd_name.replace('-', '_')}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="clusters-geo")
def app() -> None:
    """Hectares, rates and maps of Việt Nam's industrial clusters (cụm công nghiệp).

    Without CLUSTERS a command works on the bundled case, Hà Nội at the end of September 2022.
    """


def main() -> None:
    """Run the command line and exit with its code."""
    try:
        # Without its standalone mode click returns the code of ctx.exit() instead of exiting.
        code = app(standalone_mode=False)
        sys.stdout.flush()
        sys.exit(code or CLEAN)
    except click.ClickException as error:
        error.show()
        sys.exit(UNUSABLE)
    except ClustersGeoError as error:
        click.echo(f"clusters-geo: {error}", err=True)
        sys.exit(UNUSABLE)
    except (click.Abort, KeyboardInterrupt):
        click.echo("clusters-geo: stopped; nothing was half-written.", err=True)
        sys.exit(BROKEN)
    except BrokenPipeError:
        # The reader, such as `head`, has seen enough; Python must not complain while closing.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(CLEAN)
    except Exception as error:
        if os.environ.get("CLUSTERS_GEO_DEBUG"):
            raise
        kind = type(error).__name__
        click.echo(
            f"clusters-geo: a fault of the program, not of your data ({kind}: {error}). Set "
            "CLUSTERS_GEO_DEBUG=1 and run it again to see where; please report it.",
            err=True,
        )
        sys.exit(BROKEN)
