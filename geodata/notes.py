"""The notes of the clusters in Vietnamese: of facts sentence by sentence, of rules as the rule words them.

`facts/notes_vi.csv` holds each English sentence of the facts' notes once, with its Vietnamese. A sentence
without one, one given twice and one that no note has are refused, so that both languages always say the same.
"""

from __future__ import annotations

import csv
import re
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from clusters_geo.schema import Language

__all__ = ["Note", "Translations", "both", "check_notes", "in_vietnamese", "read_notes"]

Translations = dict[str, str]  # English sentence: Vietnamese sentence
Note = dict[str, str]  # `note` and `note_vi`
Value = Decimal | int | tuple[str, str]

_HEADER = ("en", "vi")
_SENTENCE_END = re.compile(r"(?<=\.) ")
_SWAP = str.maketrans(",.", ".,")


def read_notes(path: Path) -> Translations:
    """Return the Vietnamese of each English sentence.

    Raises
    ------
    ValueError
        If a row is not two filled cells or a sentence stands twice.
    """
    told: Translations = {}
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        for row in islice(rows, 1, None):
            fault = _fault(row, told)
            if fault:
                message = f"{path.name}, line {rows.line_num}: {row} {fault}."
                raise ValueError(message)
            told[row[0]] = row[1]
    return told


def _fault(row: Sequence[str], told: Translations) -> str:
    if len(row) != len(_HEADER) or not all(row):
        return "is not a sentence and its Vietnamese; fill both cells and quote those with a comma"
    return "repeats a sentence from further up; keep one of the two rows" if row[0] in told else ""


def check_notes(facts: Sequence[Mapping[str, Any]], told: Translations) -> None:
    """Refuse facts and translations that do not match, with every sentence that does not.

    Raises
    ------
    ValueError
        If a note or the name of a group has no Vietnamese, or a translation is of no note.
    """
    used = {sentence: row["name"] for row in facts for sentence in _texts(row)}
    missing = [f"{sentence!r} ({name})" for sentence, name in used.items() if sentence not in told]
    if missing:
        message = f"No Vietnamese for {'; '.join(missing)}. Add each sentence to facts/notes_vi.csv."
        raise ValueError(message)
    if idle := [sentence for sentence in told if sentence not in used]:
        message = f"No note has {'; '.join(map(repr, idle))}. Correct or remove it in facts/notes_vi.csv."
        raise ValueError(message)


def in_vietnamese(note: str, told: Translations) -> str:
    """Return a note of the facts in Vietnamese.

    Examples
    --------
    >>> told = {"Established in 2017.": "Thành lập năm 2017.", "At Giẽ Hạ village.": "Tại thôn Giẽ Hạ."}
    >>> in_vietnamese("At Giẽ Hạ village. Established in 2017.", told)
    'Tại thôn Giẽ Hạ. Thành lập năm 2017.'
    """
    return " ".join(told[sentence] for sentence in _SENTENCE_END.split(note))


def both(vietnamese: str, english: str, **values: Value) -> Note:
    """Return what a rule says in both languages, with figures as each writes them.

    Values are figures, or words as a pair: Vietnamese, English.

    Examples
    --------
    >>> both(
    ...     "Còn {rest} ha {where}.",
    ...     "{rest} ha left {where}.",
    ...     rest=Decimal("1686.50"),
    ...     where=("ở đây", "here"),
    ... )
    {'note': '1,686.5 ha left here.', 'note_vi': 'Còn 1.686,5 ha ở đây.'}
    """
    return {
        "note": english.format_map({name: _written(value, "en") for name, value in values.items()}),
        "note_vi": vietnamese.format_map({name: _written(value, "vi") for name, value in values.items()}),
    }


def _written(value: Value, lang: Language) -> str:
    if isinstance(value, tuple):
        return value[lang == "en"]
    text = f"{Decimal(value).normalize():,f}"
    return text.translate(_SWAP) if lang == "vi" else text


def _texts(row: Mapping[str, Any]) -> list[str]:
    """Return what a row of the facts has to be told in Vietnamese: the sentences of its note, its group."""
    sentences = _SENTENCE_END.split(row["note"]) if row["note"] else []
    return [*sentences, *filter(None, [row["planned_ha_group"]])]
