"""Help and usage errors in the language of whoever reads them."""

from __future__ import annotations

import re

import click
import pytest
from as_user import run
from click.testing import CliRunner

from clusters_geo.cli import _COMMANDS, app
from clusters_geo.cli.help import chosen_language
from clusters_geo.cli.options import DAY, LAST_DAY, Day
from clusters_geo.words import catalogue

DAYS = {form for key in ("DATE", "DAY") for form in (key, catalogue("click")[key].vi)}
MARKS = re.compile("[ăâđêôơưĂÂĐÊÔƠƯạảấầậắằẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]")


def said(done):
    return f"{done.stdout}{done.stderr}"


@pytest.mark.parametrize(
    ("args", "lang"),
    [([], "vi"), (["--lang", "en"], "en"), (["--lang=en", "--lang=vi"], "vi"), (["--lang", "klingon"], "vi")],
)
def test_the_language_is_known_before_the_arguments_are(args, lang):
    assert chosen_language(args) == lang


def options():
    for name in _COMMANDS:
        context = click.Context(app)
        command = app.get_command(context, name)
        parts = {name: command}
        if isinstance(command, click.Group):
            parts |= {f"{name} {part}": inner for part, inner in command.commands.items()}
        for key, part in parts.items():
            yield from ((key, option) for option in part.params if isinstance(option, click.Option))


def test_every_command_and_option_has_its_words_and_no_words_are_left_over():
    words = set(catalogue("help"))
    used = {"app", "app.long", "--version", *_COMMANDS, *(f"{name}.long" for name in _COMMANDS)}
    for name in ("register init", "register status", "units download", "units sources"):
        used.add(name)
    for name, option in options():
        of_one = f"{name} {option.opts[0]}"
        used.add(of_one if of_one in words else option.opts[0])
    assert used - words == set(), "no words for these in words/help.csv"
    assert words - used == set(), "nothing asks for these"


def test_every_day_is_read_by_one_type():
    days = {f"{name} {option.opts[0]}": option for name, option in options() if option.metavar in DAYS}
    assert {"forecast --to", "pipeline --on", "report --date", "audit --law"} <= set(days)
    assert [name for name, option in days.items() if not isinstance(option.type, Day)] == []


@pytest.mark.parametrize(
    ("text", "day", "part"),
    [
        *[("31/12/2027", "2027-12-31", "2027-12-31"), ("5/7/2026", "2026-07-05", "2026-07-05")],
        *[("2026-07-05", "2026-07-05", "2026-07-05"), ("7/2026", None, "2026-07"), ("2026", None, "2026")],
        *[("31/9/2026", None, None), ("12-2026", None, None), ("2026-1", None, None), ("mai", None, None)],
    ],
)
def test_days_are_written_as_offices_do(text, day, part):
    assert (DAY.read(text), LAST_DAY.read(text)) == (day, part)


@pytest.mark.parametrize("name", _COMMANDS)
def test_help_speaks_each_language(name):
    for lang, marked in (("vi", True), ("en", False)):
        context = click.Context(app)
        context.meta["clusters_geo.lang"] = lang
        command = app.get_command(context, name)
        told = [command.help, *(option.help for option in command.params if isinstance(option, click.Option))]
        for text in told:
            plain = re.sub("cụm công nghiệp|Bắc Ninh|Hà Nội|Việt Nam", "", text)
            assert bool(MARKS.search(plain)) is marked, text


@pytest.mark.parametrize(
    ("args", "vi", "en"),
    [
        (["summary", "--nonsense"], "Không có tùy chọn '--nonsense'", "No such option '--nonsense'"),
        (["sumary"], "Không có lệnh 'sumary'", "No such command 'sumary'"),
        (["map", "--theme", "pink"], "'pink' không thuộc", "'pink' is not one of"),
        (["form"], "Thiếu tham số", "Missing argument"),
        (["--help"], "Cách dùng:", "Usage:"),
    ],
)
def test_usage_errors_speak_it_too(args, vi, en):
    assert vi in said(run(*args))
    assert en in said(run("--lang", "en", *args))
    assert en in said(run(*args, CLUSTERS_GEO_LANG="en"))


def test_the_language_before_the_command_holds_for_its_output():
    assert "Operating clusters" in run("--lang", "en", "summary").stdout
    assert "Cụm đang hoạt động" in run("summary").stdout


@pytest.mark.parametrize(
    ("args", "vi", "en"),
    [
        (["convert", "a.csv", "b.csv", "--table", "x"], "chỉ dùng với địa chỉ", "go only with a"),
        (["convert", "a.csv", "postgresql://h/d", "--schema", "x"], "đi cùng --table", "goes with --table"),
        (["convert", "a.csv", "b.csv", "--column", "=x"], "không có dạng", "is not HEADER=COLUMN"),
        (["audit", "a.csv", "b"], "Thừa tham số", "one argument too many"),
    ],
)
def test_what_cannot_be_meant_together_is_told_in_the_language_asked_for(args, vi, en):
    for lang, text in (("vi", vi), ("en", en)):
        done = run(*args, "--lang", lang)
        assert done.returncode == 2
        assert text in said(done)


@pytest.mark.parametrize(
    ("args", "vi", "en"),
    [
        ([], "clusters-geo [TÙY CHỌN] LỆNH [THAM SỐ]...", "clusters-geo [OPTIONS] COMMAND [ARGS]..."),
        (["convert"], "convert [TÙY CHỌN] NGUỒN ĐÍCH", "convert [OPTIONS] IN OUT"),
        (["form-in"], "form-in [TÙY CHỌN] TỆP...", "form-in [OPTIONS] FILES..."),
        (
            ["audit"],
            "audit [TÙY CHỌN] [SỔ | explain] [QUY-TẮC]",
            "audit [OPTIONS] [CLUSTERS | explain] [RULE]",
        ),
    ],
)
def test_usage_is_in_the_language_asked_for_whichever_was_asked_for_before(args, vi, en):
    for lang, usage in (("vi", vi), ("en", en), ("vi", vi)):
        shown = CliRunner().invoke(app, ["--lang", lang, *args, "--help"], prog_name="clusters-geo").output
        assert usage in shown.splitlines()[0]


def test_every_placeholder_has_its_words():
    words = set(catalogue("click"))
    names = {name for _, option in options() for name in re.findall("[A-ZĐ]{2,}", option.metavar or "")}
    vietnamese = {words.vi for key, words in catalogue("click").items() if key.isupper()}
    spoken = {part for text in vietnamese for part in re.findall("[A-ZĐ]{2,}", text)}
    assert names - spoken - words == set()
