"""Where the header of a table stands in a sheet, and what it is called: one to four rows, merged or not."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from clusters_geo.reading.cells import shown
from clusters_geo.reading.headers import meanings, split_unit, unit_of, year_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from clusters_geo.reading.cells import Sheet

__all__ = ["HEADER_SEARCH", "Head", "find_head", "is_count"]

HEADER_SEARCH = 60
_MOST_ROWS = 4
_FEW = 2

_COUNTER = re.compile(
    r"^[(\[]?\s*(\d{1,3}|[a-z])\s*+[)\]]?(?:\s*+=.*)?$|^[(\[]?\s*(\d{1,3}|[a-z])\s*=.*$", re.IGNORECASE
)


@dataclass(frozen=True)
class Head:
    """A header: its rows, and for each column of the sheet its rows of text from the top.

    Attributes
    ----------
    top, bottom
        Its first and last row, by position.
    paths
        One for each column; () for a column without header.
    """

    top: int
    bottom: int
    paths: tuple[tuple[str, ...], ...]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The header of each column on one line, the unit at its end."""
        return tuple(map(_name_of, self.paths))

    @cached_property
    def means(self) -> tuple[str, ...]:
        """What each column likeliest stands for, "" if it is not known."""
        options = [meanings(path) for path in self.paths]
        # "Tên huyện" is a name where no other column has one, and the district beside "Tên CCN".
        sure = {found[0] for found in options if len(found) == 1}
        return tuple(
            next((c for c in found if len(found) == 1 or c not in sure), found[0] if found else "")
            for found in options
        )

    def column(self, meaning: str) -> int | None:
        """Return the first column with a meaning."""
        return self.means.index(meaning) if meaning in self.means else None

    @property
    def width(self) -> int:
        """How many columns it covers."""
        return len(self.paths)


def find_head(sheet: Sheet, start: int = 0, *, said: Collection[str] = ()) -> Head | None:
    """Return the first header at or below a row; None where no cell looks like one.

    Parameters
    ----------
    sheet
        Without what is hidden.
    start
        The first row to look at.
    said
        Headers that the caller names.
    """
    best, position = 0, -1
    for at in range(start, min(len(sheet.rows), start + HEADER_SEARCH)):
        known = _known(sheet, at, said)
        above = _known(sheet, at - 1, said) if at > start else set()
        is_corners = {"@x", "@y"} <= known and (known | above) & {"@point", "@ordinal"}
        if len(known) >= _FEW and ("name" in known or is_corners or "said" in known):
            return _head(sheet, at, start)
        columns = sum(not c.startswith("@") for c in known)
        if columns > best:
            best, position = columns, at
    return _head(sheet, position, start) if best else None


def _known(sheet: Sheet, at: int, said: Collection[str]) -> set[str]:
    """Return what the cells of a row may mean as headers, each once."""
    known = set()
    for value in sheet.rows[at]:
        if isinstance(value, str):
            found = meanings((value,))
            if shown(value) in said or value in said:
                known.add("said")
                known.add(f"said {value}")
            elif found:
                # "CCN" may be a name's header or a name: it is one thing for the count.
                known.add("name" if "name" in found else found[0])
    return known


def _head(sheet: Sheet, at: int, start: int) -> Head:
    top = at
    while top > start and _is_group(sheet, top - 1):
        top -= 1
    bottom = at
    while bottom - top + 1 < _MOST_ROWS and _continues(sheet, top, bottom):
        bottom += 1
    rows = [_filled(sheet, r) for r in range(top, bottom + 1)]
    width = max(map(len, rows))
    rows = [row + [""] * (width - len(row)) for row in rows]
    return Head(top, bottom, _paths(rows, [sheet.rows[r] for r in range(top, bottom + 1)]))


def _is_group(sheet: Sheet, at: int) -> bool:
    """Return whether a row above a header groups its columns: some of its cells are merged, not all."""
    texts = [c for c, value in enumerate(sheet.rows[at]) if shown(value)]
    blocks = [b for b in sheet.merged if b.top == at == b.bottom and b.right > b.left]
    down = [b for b in sheet.merged if b.top == at < b.bottom]
    is_text = all(isinstance(sheet.at(at, c), str) and not unit_of(shown(sheet.at(at, c))) for c in texts)
    return len(texts) >= _FEW and is_text and bool(blocks) and bool(down)


def _continues(sheet: Sheet, top: int, bottom: int) -> bool:
    """Return whether the row below belongs to the header too."""
    below = bottom + 1
    if below >= len(sheet.rows):
        return False
    lower = [shown(value) for value in sheet.rows[below]]
    if any(
        top <= b.top <= bottom < below <= b.bottom and shown(sheet.at(b.top, b.left)) for b in sheet.merged
    ):
        return True
    parts = [c for c, text in enumerate(lower) if text]
    if not parts or is_count([lower[c] for c in parts]) or all(unit_of(lower[c]) for c in parts):
        return False
    upper = _filled(sheet, bottom)
    if _says_the_same(upper, lower, parts):
        return True
    # Parts are words or years, and stand below a group: a merged cell, or one with a blank to its right.
    words = all(year_of(lower[c]) or not re.search(r"\d", lower[c]) for c in parts)
    return words and all(_is_below_group(sheet, top, bottom, c) for c in parts)


def _is_below_group(sheet: Sheet, top: int, bottom: int, column: int) -> bool:
    """Return whether a column of a header is one of several that share a text above."""
    rows = range(top, bottom + 1)
    width = max(len(sheet.rows[row]) for row in (*rows, bottom + 1))
    wide = [b for b in sheet.merged if b.left < b.right and b.left <= column <= b.right]
    for row in reversed(rows):
        text = shown(sheet.at(row, column))
        if text:
            is_open = column + 1 < width and not shown(sheet.at(row, column + 1))
            is_wide = any(b.top <= row <= b.bottom for b in wide)
            return is_wide or (is_open and "name" not in meanings((text,)))
    is_covered = any(b.top <= bottom and b.bottom >= top for b in wide)
    return is_covered or any(shown(sheet.at(row, c)) for row in rows for c in range(column))


def _says_the_same(upper: list[str], lower: list[str], parts: list[int]) -> bool:
    """Return whether a row repeats the one above it in another language."""
    pairs = [(meanings((upper[c],)), meanings((lower[c],))) for c in parts if c < len(upper) and upper[c]]
    same = [one for one, other in pairs if one and other and set(one) & set(other)]
    differ = any(c < len(upper) and upper[c] != lower[c] for c in parts)
    return differ and len(same) >= _FEW and 2 * len(same) >= len(parts)


def _filled(sheet: Sheet, at: int) -> list[str]:
    """Return the texts of a row with merged cells filled as they show."""
    texts = [str(value) if isinstance(value, str) else shown(value) for value in sheet.rows[at]]
    for block in sheet.merged:
        if block.top <= at <= block.bottom and (text := sheet.at(block.top, block.left)) is not None:
            texts += [""] * (min(block.right, len(texts) + 64) + 1 - len(texts))
            for column in range(block.left, min(block.right + 1, len(texts))):
                texts[column] = texts[column] or str(text)
    while texts and not texts[-1].strip():
        texts.pop()
    return texts


def _paths(rows: list[list[str]], raw: Sequence[Sequence[object]]) -> tuple[tuple[str, ...], ...]:
    """Return for each column its distinct texts from the top, a group's name carried to the right."""
    for upper, lower, written in zip(rows, rows[1:], raw, strict=False):
        group = ""
        for c, below in enumerate(lower):
            group = upper[c] or group
            own = c < len(written) and shown(written[c])
            if below and not upper[c] and not own:
                upper[c] = group
    paths = []
    for column in zip(*rows, strict=True):
        path: list[str] = []
        for text in column:
            if text.strip() and (not path or shown(text) != shown(path[-1])):
                path.append(text.strip())
        paths.append(tuple(path))
    return tuple(paths)


def _name_of(path: tuple[str, ...]) -> str:
    if len(path) < _FEW:
        return shown(path[0]) if path else ""
    parts = [split_unit(shown(part)) for part in path]
    unit = next(
        (re.search(r"[(\[]([^()\[\]]+)[)\]]\W*$", shown(p)) for p in reversed(path) if split_unit(p)[1]), None
    )
    stem = " ".join(text for text, _ in parts)
    return f"{stem} ({unit[1]})" if unit else stem


def is_count(texts: list[str]) -> bool:
    """Return whether the cells of a row number its columns: "1", "2", "3", also "A", "B", "1", "(5=3+4)".

    Examples
    --------
    >>> is_count(["(1)", "(2)", "(3)"]), is_count(["A", "B", "1", "2=1*3"]), is_count(["1", "A", "10"])
    (True, True, False)
    """
    if len(texts) < _FEW:
        return False
    last_letter, last_number = "", 0
    for text in texts:
        found = _COUNTER.match(text.strip())
        sign = (found[1] or found[2]).lower() if found else ""
        if sign.isdigit() and int(sign) == last_number + 1:
            last_number += 1
        elif sign.isalpha() and not last_number and (not last_letter or ord(sign) == ord(last_letter) + 1):
            if not last_letter and sign != "a":
                return False
            last_letter = sign
        else:
            return False
    return last_number >= _FEW or bool(last_letter and last_number)
