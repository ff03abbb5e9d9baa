"""Every regular expression of the package ends in time that grows as its input does."""

from __future__ import annotations

import ast
import importlib
import inspect
import itertools
import pkgutil
import re
import time
from functools import cache
from pathlib import Path

import pytest

import clusters_geo
from clusters_geo.reading import child
from clusters_geo.reading.child import in_child

ROOT = Path(clusters_geo.__file__).parent
# All texts are tried short; where even a square of that time would not show at the last size, not longer.
SHORT, SIZES = 500, (2_000, 4_000, 8_000)
# Twice the input may take twice the time; four times is a square. Below the floor a clock says nothing.
GROWTH, FLOOR_S = 3.2, 0.02
CACHED = type(cache(lambda: 0))
FLAG_NAMES = ("I", "IGNORECASE", "DOTALL", "S", "MULTILINE", "M", "VERBOSE")
FLAGS = {name: getattr(re, name) for name in FLAG_NAMES}


def compiled():
    """Give every pattern that a module keeps, alone or in a table."""
    for found in pkgutil.walk_packages(clusters_geo.__path__, "clusters_geo."):
        if found.name.endswith("__main__"):
            continue
        module = importlib.import_module(found.name)
        for name, value in vars(module).items():
            # What is made when it is first met is met here.
            is_made = isinstance(value, CACHED) and not inspect.signature(value).parameters
            held = value() if is_made else value
            yield from ((f"{found.name}.{name}", pattern) for pattern in _patterns(held, 0))


def _patterns(value, depth):
    if isinstance(value, re.Pattern):
        yield value
    elif depth < 4:
        if isinstance(value, dict):
            value = [*value.keys(), *value.values()]
        elif hasattr(value, "__dataclass_fields__") and not isinstance(value, type):
            value = [getattr(value, name, None) for name in value.__dataclass_fields__]
        if isinstance(value, list | tuple | set | frozenset):
            for part in value:
                yield from _patterns(part, depth + 1)


def written():
    """Give every pattern that stands in a call such as re.sub(r"…", …)."""
    for file in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            called = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args
            if not called or getattr(node.func.value, "id", "") != "re" or node.func.attr == "compile":
                continue
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str | bytes):
                name = f"{file.relative_to(ROOT)}:{node.lineno}"
                named = [k.value.attr for k in node.keywords if isinstance(k.value, ast.Attribute)]
                flags = 0
                for flag in named:
                    flags |= FLAGS.get(flag, 0)
                yield name, re.compile(first.value, flags)


def every():
    seen = {}
    for name, pattern in [*compiled(), *written()]:
        seen.setdefault((pattern.pattern, pattern.flags), (name, pattern))
    return sorted(seen.values(), key=lambda pair: pair[0])


def pieces(pattern):
    """Return short texts that a pattern may go on with: its own words, and what classes stand for."""
    source = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    words = re.findall(
        r"[\w<>!\-/:=\"'&.,%()]{1,20}", re.sub(r"\\[a-zA-Z]|\[[^\]]*\]|\(\?[^)]{0,3}", " ", source)
    )
    common = [*'a1 .,-_\t\n(<"/đ', "a ", "1,", "1.", "a.", "1 ", "a:", "a=", "a=1 ", "a/", "//", "://"]
    markup = ["<!-- -->", "<!--", "<?x?>", "<a>", "<a", "\u0301"]
    spaced = [form.format(word) for word in words[:4] for form in ("{} ", "<{}")]
    return list(dict.fromkeys([*common, *markup, *words[:12], *spaced]))


def hostile(pattern, size):
    """Give texts of a size: a beginning that fits, a piece over and over, and an end that does not."""
    for kind in itertools.product(pieces(pattern), ("", "<", "'", "1"), ("\x00", "", "!")):
        yield kind, text_of(pattern, kind, size)


def text_of(pattern, kind, size):
    piece, begin, end = kind
    text = begin + piece * (size // len(piece)) + end
    return text if isinstance(pattern.pattern, str) else text.encode("utf-8")


def ways_used(name):
    """Return how a pattern is used, by the name it has in its module; one in a table in every way."""
    used = set(re.findall(rf"\b{re.escape(name.rpartition('.')[2])}\.(\w+)\(", source_text()))
    ways = {"findall" if way in {"search", "sub", "split", "finditer", "findall"} else way for way in used}
    return sorted(ways & {"findall", "match", "fullmatch"}) or ["findall", "fullmatch"]


@cache
def source_text():
    return "\n".join(file.read_text(encoding="utf-8") for file in ROOT.rglob("*.py"))


def took(pattern, text, ways, clock=time.process_time):
    best = float("inf")
    for _ in range(2):
        start = clock()
        for way in ways:
            getattr(pattern, way)(text)
        best = min(best, clock() - start)
        if best < FLOOR_S / 10:
            break
    return best


def slow(pattern, ways=("findall", "fullmatch")):
    """Return the text for which time grows faster than its length, None for none."""
    for kind, text in hostile(pattern, SHORT):
        # Even a square of this would stay under the floor. The processor's own clock is too coarse for it.
        if any(_is_soon(took(pattern, text, ways, time.perf_counter), SHORT) for _ in range(2)):
            continue
        first = took(pattern, text_of(pattern, kind, SIZES[0]), ways)
        if _is_soon(first, SIZES[0]):
            continue
        second, third = (took(pattern, text_of(pattern, kind, size), ways) for size in SIZES[1:])
        if third > FLOOR_S and third > second * GROWTH and second > first * GROWTH:
            return kind, first, second, third
    return None


def _is_soon(seconds, size):
    return seconds * (SIZES[-1] / size) ** 2 < FLOOR_S


def test_patterns_are_found():
    names = [name for name, _ in every()]
    assert len(names) > 60
    assert any("formats" in name for name in names)
    assert any(".py:" in name for name in names)


@pytest.mark.parametrize("source", [r"(?:<!--.*?-->\s*)*x", r"\s+$"])
def test_a_pattern_that_does_not_end_is_found(source, monkeypatch):
    monkeypatch.setattr(child, "_SECONDS", 2.0)
    try:
        found = in_child(lambda: slow(re.compile(source, re.DOTALL)), path=source, size=1)
    except clusters_geo.SourceError:
        found = "stopped"
    assert found is not None


def test_every_pattern_ends_in_time_that_grows_as_its_input():
    def tried():
        return {name: told for name, pattern in every() if (told := slow(pattern, ways_used(name)))}

    assert in_child(tried, path="the patterns", size=60_000_000) == {}
