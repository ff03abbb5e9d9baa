"""Every catalogue is complete in both languages; values are written as their reader does."""

from __future__ import annotations

import csv
import datetime as dt
import io
import string
from importlib import resources

import pytest

from clusters_geo.words import LANGUAGES, catalogue, fill, format_number, format_percent, format_value

WORDS = resources.files("clusters_geo.words")
NAMES = sorted(file.name[:-4] for file in WORDS.iterdir() if file.name.endswith(".csv"))


def lines(name):
    text = WORDS.joinpath(f"{name}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def named(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("name", NAMES)
def test_a_catalogue_has_each_key_once_and_both_languages_with_the_same_values(name):
    rows = lines(name)
    assert {*rows[0]} - {"kind"} == {"key", *LANGUAGES}
    keys = [row["key"] for row in rows]
    assert sorted({key for key in keys if keys.count(key) > 1}) == []
    for row in rows:
        assert bool(row["vi"]) == bool(row["en"]), row
        assert named(row["vi"]) == named(row["en"]), row


@pytest.mark.parametrize(
    ("value", "decimals", "vi", "en"),
    [
        (1.125, 2, "1,13", "1.13"),
        (2.675, 2, "2,68", "2.68"),
        (52.05, 1, "52,1", "52.1"),
        (-0.04, 1, "0,0", "0.0"),
        (290.54999999999995, 1, "290,6", "290.6"),
        (1234567.5, 0, "1.234.568", "1,234,568"),
        (None, 1, "–", "–"),
        (float("inf"), 1, "–", "–"),
    ],
)
def test_numbers_are_rounded_half_up_once(value, decimals, vi, en):
    assert format_number(value, "vi", decimals) == vi
    assert format_number(value, "en", decimals) == en


@pytest.mark.parametrize(("share", "text"), [(0.826, "82,6 %"), (0.5785, "57,9 %"), (1.0, "100,0 %")])
def test_percent_has_a_space(share, text):
    assert format_percent(share) == text


def test_values_are_written_as_the_language_writes_them():
    values = {"n": 1200, "share": 0.826, "day": dt.date(2022, 9, 30), "names": ["A", "B", "C"]}
    template = "{n}; {share:%}; {day}; {names}; {n:d}"
    assert fill(template, values, "vi") == "1.200; 82,6 %; 30/09/2022; A, B và C; 1200"
    assert fill(template, values, "en") == "1,200; 82.6 %; 2022-09-30; A, B and C; 1200"


def test_what_was_written_is_quoted_in_the_marks_of_the_language():
    values = {"name": "Gia\u200b", "area": -1686.5, "nothing": None}
    assert fill("{name!r}, {area!r}, {nothing!r}", values, "vi") == "“Gia\\u200b”, -1.686,5, None"
    assert fill("{name!r}, {area!r}, {nothing!r}", values, "en") == "'Gia\\u200b', -1,686.5, None"


def test_what_is_missing_is_a_dash():
    for nothing in (None, float("nan")):
        assert format_value(nothing) == "–"


def test_a_phrase_that_no_catalogue_has_is_said_as_it_is():
    assert fill("{what}", {"what": {"say": "no such phrase"}}, "vi") == "no such phrase"
    assert catalogue("phrases")
