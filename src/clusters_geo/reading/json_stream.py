"""JSON objects of any size, one member and one feature at a time, with the line where one is wrong.

What repeats a key, or holds a number that no column can, is refused: readers differ in what they make of it.
"""

from __future__ import annotations

import codecs
import json
import math
from collections import Counter
from typing import TYPE_CHECKING, Any

from clusters_geo.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["JSONStream"]

_CHUNK_BYTES = 1 << 18
_INT64 = 1 << 63
_BLANKS = " \t\n\r"
# A word, a number or an escape that the end of what was read has cut is no longer than this.
_LONGEST_TOKEN = 32
_EXPONENT = 2


class JSONStream:
    """The members of one JSON object in a file, in their order.

    Parameters
    ----------
    file
        UTF-8, with or without a mark.

    Examples
    --------
    >>> written = (tmp / "a.json").write_text('{"type": "X", "features": [1, {"a": 2}], "b": 3}')
    >>> stream = JSONStream(tmp / "a.json")
    >>> for key in stream.members():
    ...     print(key, list(stream.elements()) if stream.is_array() else stream.value())
    type X
    features [1, {'a': 2}]
    b 3
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._pieces = _text_of(file)
        self._text, self._at = "", 0
        self._lines, self._columns = 1, 1
        self._ended = False
        self._decoder = json.JSONDecoder(
            object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_finite, parse_int=_int64
        )

    def members(self) -> Iterator[str]:
        """Give the key of each member; its value must be taken with `value` or `elements` before the next.

        Raises
        ------
        SourceError
            If this is no JSON object, it is cut short, or a key stands in it twice.
        """
        self._expect("{")
        seen: set[str] = set()
        while self._next() != "}":
            if seen:
                self._expect(",")
            key = self.value() if self._next() == '"' else self._wrong({"say": "a key in quotes"})
            if key in seen:
                raise self._refused({"say": "key twice", "name": key})
            seen.add(key)
            self._expect(":")
            yield key
        self._at += 1
        if self._next():
            self._wrong({"say": "extra data"})

    def is_array(self) -> bool:
        """Return whether the value that is next is an array."""
        return self._next() == "["

    def elements(self) -> Iterator[Any]:
        """Give each element of the array that is next.

        Raises
        ------
        SourceError
            As `members`.
        """
        self._expect("[")
        first = True
        while self._next() != "]":
            if not first:
                self._expect(",")
            first = False
            yield self.value()
        self._at += 1

    def value(self) -> Any:  # noqa: ANN401 - JSON may be anything
        """Return what is next, whole.

        Raises
        ------
        SourceError
            If it is malformed, cut short, nested too deeply, or holds what no table can.
        """
        self._next()
        while True:
            begin = self._at
            try:
                value, end = self._decoder.raw_decode(self._text, begin)
            except json.JSONDecodeError as error:
                if self._is_cut(error) and self._read_on():
                    continue
                self._wrong({"say": "JSON that is not sound"}, self._at + error.pos - begin)
            except RecursionError:
                raise SourceError("json.deep", file=self._file.name) from None
            except ValueError as error:
                raise self._refused(error.args[0]) from None
            # A number near the end of what was read may go on: "1" with ".5" or "e+5".
            if not isinstance(value, float | int) or end + _EXPONENT < len(self._text) or not self._read_on():
                self._at += end - begin
                return value

    def _is_cut(self, error: json.JSONDecodeError) -> bool:
        return error.msg.startswith("Unterminated") or error.pos + _LONGEST_TOKEN > len(self._text)

    def _next(self) -> str:
        """Return the next sign that is no blank, "" at the end."""
        while True:
            while self._at < len(self._text) and self._text[self._at] in _BLANKS:
                self._at += 1
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._read_on():
                return ""

    def _expect(self, sign: str) -> None:
        if self._next() != sign:
            self._wrong({"say": "a sign", "sign": sign})
        self._at += 1

    def _read_on(self) -> bool:
        """Read as much again as is still needed, at least a piece, and forget what is behind."""
        done, self._text, self._at = self._text[: self._at], self._text[self._at :], 0
        self._lines += done.count("\n")
        self._columns = len(done) - done.rfind("\n") if "\n" in done else self._columns + len(done)
        pieces: list[str] = []
        missing = len(self._text) or 1
        while missing > 0 and not self._ended:
            piece = next(self._pieces, "")
            self._ended = not piece
            pieces.append(piece)
            missing -= len(piece)
        self._text += "".join(pieces)
        return any(pieces)

    def _wrong(self, what: object, position: int | None = None) -> str:
        at = self._at if position is None else position
        before = self._text[:at]
        line = self._lines + before.count("\n")
        column = at - before.rfind("\n") if "\n" in before else self._columns + at
        raise SourceError("json.wrong", file=self._file.name, line=line, column=column, what=what)

    def _refused(self, what: object) -> SourceError:
        return SourceError("json.refused", file=self._file.name, what=what)


def _text_of(file: Path) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    read = 0
    with file.open("rb") as opened:
        while piece := opened.read(_CHUNK_BYTES):
            kept = len(decoder.getstate()[0])
            yield from filter(None, [_decoded(file, decoder, piece, read - kept)])
            read += len(piece)
        yield from filter(None, [_decoded(file, decoder, b"", read - len(decoder.getstate()[0]))])


def _decoded(file: Path, decoder: codecs.IncrementalDecoder, piece: bytes, start: int) -> str:
    try:
        return decoder.decode(piece, final=not piece)
    except UnicodeDecodeError as error:
        at = start + error.start
        raise SourceError("json.not-utf-8", file=file.name, at=at, start=error.object[error.start]) from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        twice = [key for key, count in Counter(key for key, _ in pairs).items() if count > 1]
        first = next((members[k] for k in ("name", "cluster_id", "id") if k in members), "")
        raise ValueError({"say": "key twice of" if first else "key twice", "name": twice[0], "of": first})
    return members


def _no_constant(text: str) -> float:
    raise ValueError({"say": "not a number of JSON", "text": text})


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError({"say": "number too large", "text": text[:40]})
    return value


def _int64(text: str) -> int:
    # Python refuses to convert thousands of digits with an error of its own; 20 are too many already.
    value = int(text[:25])
    if not -_INT64 <= value < _INT64:
        raise ValueError({"say": "beyond 64 bits", "text": text[:40]})
    return value
