"""What a library says of a file that it cannot read, as a phrase in both languages.

Libraries say it in English, of the inside of their formats. The few kinds of what they say have a sentence;
only what is of no known kind is quoted. Their own words stay with the error as its cause.
"""

from __future__ import annotations

import re

# Small: one table of phrases and the function that reads it; files, sheets and the door call it.

__all__ = ["reason_of"]

# From what libraries say to the phrase of `words/phrases.csv`; the first that fits counts.
_KNOWN = {
    r"defines entities": "defines entities",
    r"UnicodeDecodeError|codec can't decode": "another encoding",
    r"no item named|KeyError|not found in the archive|no valid workbook part": "a part is missing",
    r"not a zip file|truncated|unpack requires|bad magic|central directory|bad CRC": "cut off or damaged",
    r"Error -[135]\b|incomplete|ran out of|unexpected EOF|end of file": "cut off or damaged",
    r"Workbook corruption|OLE2|BOF record|Package not found": "cut off or damaged",
    r"no element found|not well-formed|mismatched tag|syntax error": "XML that is not sound",
    r"undefined entity|invalid token|junk after|unclosed token": "XML that is not sound",
    r"unexpected end of data": "a quotation mark left open",
    r"expected after": "text behind a quotation mark",
    r"field larger than": "a cell without end",
}
_PATTERNS = tuple((re.compile(pattern, re.IGNORECASE), key) for pattern, key in _KNOWN.items())
_MOST = 200
_AT = re.compile(r"(?:\(at|:) line (\d+),? column (\d+)")


def reason_of(error: BaseException | str) -> dict[str, object] | str:
    """Return why a file cannot be read, to be put into an error.

    Parameters
    ----------
    error
        What a library raised, or its words.

    Returns
    -------
    A phrase, or the words as they are where they are of no known kind.

    Examples
    --------
    >>> from clusters_geo.words import format_value
    >>> format_value(reason_of("File is not a zip file"), "vi")
    'tệp bị hỏng hoặc bị cắt cụt'
    >>> format_value(reason_of("File is not a zip file"), "en"), reason_of("what else")
    ('it is damaged or cut off', 'what else')
    >>> format_value(reason_of("Invalid value (at line 3, column 5)"), "vi")
    'sai ở dòng 3, cột 5'
    >>> format_value(reason_of("Expecting value: line 1 column 1 (char 0)"), "vi")
    'sai ở dòng 1, cột 1'
    """
    text = " ".join(str(error).split()) or type(error).__name__
    found = _AT.search(text)
    if found:
        return {"say": "wrong at", "line": int(found[1]), "column": int(found[2])}
    if isinstance(error, KeyError):
        return {"say": "a part is missing"}
    for pattern, key in _PATTERNS:
        if pattern.search(text):
            return {"say": key}
    return text[:_MOST]
