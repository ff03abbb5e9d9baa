"""Help and usage errors in the reader's language.

Commands and options carry no sentence: `words/help.csv` has the line of each command in the list (`summary`),
its long help (`summary.long`), and each option, shared (`--crs`) or of one command (`map --output`). What
click says of its own, such as "No such option", is in `words/click.csv` under the English that it asks for.
"""

from __future__ import annotations

import os
import re
import sys
from functools import cache
from typing import TYPE_CHECKING

import click

from clusters_geo.words import LANGUAGES, Language, Words, catalogue, speaker

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType

__all__ = ["chosen_language", "in_language", "short_help", "speak", "usage_error"]

_VARIABLE = "CLUSTERS_GEO_LANG"
_SPEAKING = (click.core, click.exceptions, click.types, click.parser, click.decorators, click.formatting)


def chosen_language(arguments: Sequence[str]) -> Language:
    """Return the language asked for by --lang, or by CLUSTERS_GEO_LANG, or Vietnamese.

    Looked up before arguments are parsed, for what is said of arguments that cannot be.

    Examples
    --------
    >>> chosen_language(["summary", "--lang", "en"]), chosen_language(["--lang=vi"])
    ('en', 'vi')
    """
    asked = [os.environ.get(_VARIABLE, ""), LANGUAGES[0]]
    for at, argument in enumerate(arguments):
        if argument.startswith("--lang="):
            asked.insert(0, argument.partition("=")[2])
        elif argument == "--lang":
            asked[:0] = arguments[at + 1 : at + 2]
    return next(lang for lang in LANGUAGES if lang == next(a for a in asked if a in LANGUAGES))


def usage_error(key: str, **values: object) -> click.UsageError:
    """Return what is wrong with a command line, from `words/cli.csv`, in the language asked for.

    Examples
    --------
    >>> usage_error("no-layer-for-maps").message
    '--per-district cần lớp đơn vị hành chính: --units TỆP.'
    """
    context = click.get_current_context(silent=True)
    lang = (context.params.get("lang") if context else None) or chosen_language(sys.argv[1:])
    return click.UsageError(speaker("cli")(key, lang, **values), context)


def speak(lang: Language) -> None:
    """Let click say in one language what it says of its own."""
    for module in _SPEAKING:
        _replace(module, "_", lambda text: _said(text, lang))
        _replace(module, "ngettext", lambda one, many, n: _said(one if n == 1 else many, lang))


def short_help(name: str, lang: Language) -> str:
    """Return the line of a command in the list of commands."""
    return catalogue("help")[name].text(lang)


def in_language(command: click.Command, name: str, lang: Language) -> click.Command:
    """Return a command with its help and that of its options in one language."""
    words = catalogue("help")
    command.help = words.get(f"{name}.long", words.get(name, _own(command.help))).text(lang)
    command.options_metavar = _said("[OPTIONS]", lang)
    for option in command.params:
        option.metavar = _placeholder(_coded_placeholder(option), lang)
        if isinstance(option, click.Option):
            keys = [f"{name} {option.opts[0]}", option.opts[0]]
            found = next((words[key] for key in keys if key in words), _own(option.help))
            option.help = found.text(lang)
    if isinstance(command, click.Group):
        command.subcommand_metavar = _said("COMMAND [ARGS]...", lang)
        # Commands that are imported when they run are put into words then.
        for part, inner in command.commands.items():
            in_language(inner, f"{name} {part}", lang)
    return command


@cache
def _coded_placeholder(parameter: click.Parameter) -> str | None:
    # Asked once, before it is put into words: the next language begins from the code's own again.
    of_type = isinstance(parameter.type, click.types.StringParamType | click.types.FloatParamType)
    return parameter.metavar or (parameter.type.name.upper() if of_type else None)


def _placeholder(coded: str | None, lang: Language) -> str | None:
    return coded and re.sub("[A-Z]{2,}", lambda word: _said(word[0], lang), coded)


def _own(text: str | None) -> Words:
    return Words(text or "", text or "")


def _said(text: str, lang: Language) -> str:
    words = catalogue("click").get(text)
    return text if words is None else words.text(lang)


def _replace(module: ModuleType, name: str, function: Callable[..., str]) -> None:
    # click imports gettext's functions under these names; it has no catalogue to add a language to.
    if hasattr(module, name):
        setattr(module, name, function)
