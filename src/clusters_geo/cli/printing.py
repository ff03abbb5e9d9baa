"""All that reaches a terminal passes here: no orders to it, no secrets, and in an encoding that it has."""

from __future__ import annotations

import os
import signal
import sys
import traceback
import warnings
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

import click

from clusters_geo.errors import SavingWarning, scrubbed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from clusters_geo.words import Language

__all__ = ["ready_to_end", "ready_to_print", "say_out", "say_traceback", "warning_text"]

_UTF = ("utf-8", "utf8", "utf_8", "cp65001")


def say_out(text: str, *, err: bool = False, drawn: bool = False) -> None:
    """Print a text. What a terminal would obey is left out, but for the colours of what we drew.

    Parameters
    ----------
    text
        What to print.
    err
        On the second channel, where no other program takes it for a result.
    drawn
        Whether it is a sheet drawn for the terminal, whose cells were cleaned one by one.
    """
    from clusters_geo.report.tables import printable

    click.echo(text if drawn else printable(text), err=err)


def say_traceback() -> None:
    """Print the traceback of the error at hand, without the secrets that were given as arguments."""
    say_out(scrubbed(traceback.format_exc(), *sys.argv[1:]).rstrip("\n"), err=True)


@contextmanager
def ready_to_print(lang: Language) -> Iterator[None]:
    """Make both channels take any text, and let warnings read as sentences, while a command runs.

    A code page without Vietnamese (cp1252, cp437), as a scheduled task on Windows has, would end the program.
    A file or a pipe gets UTF-8 instead, unless PYTHONIOENCODING asks for that page; then, and on a terminal,
    letters that it lacks are written as escapes.
    """
    for stream in (sys.stdout, sys.stderr):
        _accept_everything(stream)
    before = warnings.showwarning
    warnings.showwarning = partial(_say_warning, lang)
    try:
        yield
    finally:
        warnings.showwarning = before


def _accept_everything(stream: Any) -> None:  # noqa: ANN401 - whatever stands for a channel
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is None:
        return
    reconfigure(errors="backslashreplace")
    encoding = str(getattr(stream, "encoding", "")).lower()
    asked = os.environ.get("PYTHONIOENCODING", "").partition(":")[0]
    if encoding not in _UTF and not asked and not stream.isatty():
        reconfigure(encoding="utf-8")


def warning_text(message: Warning | str, lang: Language) -> str:
    """Return what a warning says: ours in the reader's language."""
    return message.text(lang) if isinstance(message, SavingWarning) else str(message)


def _say_warning(
    lang: Language,
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    del filename, lineno, file, line
    # What libraries say to programmers is no concern of a reader.
    if issubclass(category, UserWarning):
        say_out(f"clusters-geo: {warning_text(message, lang)}", err=True)


@contextmanager
def ready_to_end() -> Iterator[None]:
    """Let the request to end (SIGTERM) stop a command as Ctrl-C does, so that nothing is left behind."""
    before = signal.getsignal(signal.SIGTERM)
    if before is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, _stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _stop(_: int, __: FrameType | None) -> NoReturn:
    # A second request must not interrupt the clearing away.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt
