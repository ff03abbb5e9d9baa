"""Every sentence that a person can meet is in a catalogue, once in each language."""

from __future__ import annotations

import ast
import csv
import re
import string
from collections import defaultdict
from pathlib import Path

import pytest

import clusters_geo as cg
from clusters_geo import errors
from clusters_geo.words import LANGUAGES, catalogue

SOURCE = Path(cg.__file__).parent
MODULES = sorted(SOURCE.rglob("*.py"))
CATALOGUES = sorted(path.stem for path in (SOURCE / "words").glob("*.csv"))
ERRORS = {name for name, value in vars(errors).items() if isinstance(value, type) and name.endswith("Error")}
LETTER = re.compile("[ăâđêôơưà-ãèéìíò-õùúýạ-ỹĩũ]", re.IGNORECASE)
CODE = re.compile(r"[a-z][a-z-]*\.[a-z0-9-]+")

# Names of places and laws, repair of text, and expressions that recognise what offices write.
MAY_HOLD_VIETNAMESE = {
    "cli/demo.py": "name of the bundled case",
    "cli/summary.py": "name of the bundled case",
    "crs.py": "recognises names of provinces",
    "forms/cells.py": "recognises figures",
    "forms/merge.py": "recognises answers",
    "measure/trust.py": "recognises names of totals",
    "names.py": "names and how they are written",
    "reading/compound.py": "recognises decisions and days",
    "reading/corners.py": "recognises coordinates",
    "reading/crs_guard.py": "names of places",
    "reading/drawings.py": "recognises areas",
    "reading/figures.py": "recognises figures",
    "reading/headers.py": "recognises headers",
    "reading/places.py": "recognises addresses",
    "reading/registers.py": "recognises ditto marks and units",
    "reading/rows.py": "recognises headings",
    "reading/sheet_tables.py": "recognises headers",
    "reading/text.py": "repairs text",
    "reading/values.py": "recognises days",
    "reference.py": "name of the bundled case",
    "report/template.py": "names of an example",
    "schema.py": "recognises names of provinces",
    "units/names.py": "recognises names of units",
    "words/__init__.py": "joins lists",
}


def tree(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def docstrings(module):
    bodies = [node.body for node in ast.walk(module) if isinstance(getattr(node, "body", None), list)]
    return {id(s.value) for body in bodies for s in body if isinstance(s, ast.Expr)}


def texts(module):
    told = docstrings(module)
    return [
        node.value
        for node in ast.walk(module)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told
    ]


def rows(name):
    with (SOURCE / "words" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def placeholders(template):
    return {re.split(r"[.\[!:]", name)[0] for _, name, _, _ in string.Formatter().parse(template) if name}


def test_no_vietnamese_stands_in_code_but_names_and_what_offices_write():
    holding = {
        str(path.relative_to(SOURCE)) for path in MODULES if any(map(LETTER.search, texts(tree(path))))
    }
    assert holding - set(MAY_HOLD_VIETNAMESE) == set(), "move these sentences into words/*.csv"
    assert set(MAY_HOLD_VIETNAMESE) - holding == set(), "these need to be on the list no longer"


def raised(module):
    """Give the first argument of each error that is made."""
    for node in ast.walk(module):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in ERRORS
            and node.args
        ):
            yield node.args[0]


def test_every_error_is_made_with_a_code():
    sentences = [
        f"{path.relative_to(SOURCE)}:{argument.lineno}"
        for path in MODULES
        for argument in raised(tree(path))
        if isinstance(argument, ast.JoinedStr)
        or (isinstance(argument, ast.Constant) and argument.value not in catalogue("errors"))
        or (isinstance(argument, ast.Name) and argument.id == "msg")
    ]
    assert sentences == []


def test_every_code_of_an_error_is_raised_somewhere():
    said = {text for path in MODULES for text in texts(tree(path))}
    assert set(catalogue("errors")) - said == set()


def test_an_unknown_code_is_a_fault_of_the_program():
    with pytest.raises(KeyError):
        cg.SourceError("no.such-code")


@pytest.mark.parametrize("name", CATALOGUES)
def test_a_catalogue_is_complete_in_each_language(name):
    for row in rows(name):
        assert None not in row, row
        for lang in LANGUAGES:
            assert row[lang].strip() or row["key"] in EMPTY, (name, row["key"], lang)
        assert placeholders(row["vi"]) == placeholders(row["en"]), (name, row["key"])


# What is said of a figure that needs no mark.
EMPTY = {"exact"}


@pytest.mark.parametrize("name", CATALOGUES)
def test_a_key_stands_once(name):
    keys = [row["key"] for row in rows(name)]
    assert sorted(keys) == sorted(set(keys))


@pytest.mark.parametrize("name", CATALOGUES)
def test_a_sentence_stands_once_in_its_catalogue(name):
    keys = defaultdict(list)
    for row in rows(name):
        # A short text is a label, which may be that of several columns.
        if len(row["vi"]) > LABEL and not row["vi"].startswith("→"):
            keys[row["vi"], row["en"]].append(row["key"])
    assert {text: at for text, at in keys.items() if len(at) > 1} == {}


LABEL = 30
