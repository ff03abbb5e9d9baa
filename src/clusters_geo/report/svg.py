"""Drawing as SVG text: elements, texts that fit, and fills that can be told apart in black and white.

SVG is written directly: a chart needs rectangles, lines and texts, opens at once, stays sharp on paper and
can be read aloud. A drawing library costs half a second and its fonts (decision record 0020).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from clusters_geo.report.tables import plain_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = [
    "FILLS",
    "INK",
    "QUIET",
    "beside",
    "drawing",
    "element",
    "fitted",
    "size_of",
    "text",
    "text_width",
    "wrapped",
]

INK, QUIET, _LINE = "#17232b", "#4c5a63", "#c5ccc8"
_FONT = "system-ui, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"

# Solid, hatched and empty differ without any colour; printed grey they differ in lightness too.
FILLS = ("#0b5d57", "url(#cg-stripes)", "#ffffff", "url(#cg-dots)")
_PATTERNS = (
    '<pattern id="cg-stripes" width="6" height="6" patternUnits="userSpaceOnUse" '
    'patternTransform="rotate(45)">'
    '<rect width="6" height="6" fill="#cfe6df"/><rect width="2.2" height="6" fill="#3d8f85"/></pattern>'
    '<pattern id="cg-dots" width="5" height="5" patternUnits="userSpaceOnUse">'
    '<rect width="5" height="5" fill="#fdf0dc"/><circle cx="2.5" cy="2.5" r="1.2" fill="#a35f00"/></pattern>'
)

# Share of the font size that a letter takes in DejaVu Sans, the widest font a system may have for ours: a
# text that has room there has room anywhere. Vietnamese capitals with marks are no wider than others.
_NARROW, _WIDE, _MEAN = 0.35, 0.95, 0.63


def element(tag: str, *children: str, **attributes: object) -> str:
    """Return an element; `_` in an attribute's name stands for `-`, missing ones are left out.

    Examples
    --------
    >>> element("rect", x=1.25, stroke_width=2, rx=None)
    '<rect x="1.25" stroke-width="2"/>'
    """
    written = "".join(
        f" {name.rstrip('_').replace('_', '-')}={quoteattr(_short(value))}"
        for name, value in attributes.items()
        if value is not None
    )
    return f"<{tag}{written}>{''.join(children)}</{tag}>" if children else f"<{tag}{written}/>"


def _short(value: object) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else plain_text(str(value))


def text(
    x: float, y: float, words: str, *, size: float = 12, anchor: str | None = None, **more: object
) -> str:
    """Return a text that begins, or with `anchor` ends or is centred, at a point of its base line.

    Examples
    --------
    >>> text(0, 10, "a < b")
    '<text x="0" y="10" font-size="12" fill="#17232b">a &lt; b</text>'
    """
    looks = {"font_size": size, "text_anchor": anchor, "fill": INK} | more
    return element("text", escape(plain_text(words)), x=x, y=y, **looks)


def text_width(words: str, size: float = 12) -> float:
    """Return about how wide a text is, in units of the drawing.

    Examples
    --------
    >>> text_width("ill") < text_width("MWM")
    True
    """
    shares = (_NARROW if c in "iljtfrI.,:;'() " else _WIDE if c in "MWmw@%≈" else _MEAN for c in words)
    return sum(shares) * size


def fitted(words: str, width: float, size: float = 12) -> str:
    """Return a text shortened with "…" to a width.

    Examples
    --------
    >>> fitted("Thường Tín", 300), fitted("Thường Tín", 40)
    ('Thường Tín', 'Thườ…')
    """
    if text_width(words, size) <= width:
        return words
    while words and text_width(f"{words}…", size) > width:
        words = words[:-1]
    return f"{words.rstrip()}…"


def wrapped(words: str, width: float, size: float = 12) -> list[str]:
    """Return a text as lines that fit a width.

    Examples
    --------
    >>> wrapped("một hai ba bốn", 50)
    ['một hai', 'ba bốn']
    """
    lines = [""]
    for word in words.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and text_width(longer, size) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def drawing(width: float, height: float, title: str, parts: Iterable[str], *, says: str = "") -> str:
    """Return a whole SVG on white ground, with a title and a description that are read aloud.

    Examples
    --------
    >>> drawing(10, 10, "Empty", []).startswith("<svg xmlns=")
    True
    """
    ground = element("rect", width=width, height=height, fill="#ffffff")
    return element(
        "svg",
        element("title", escape(plain_text(title)) or " "),
        *([element("desc", escape(plain_text(says)))] if says else []),
        f"<defs>{_PATTERNS}</defs>",
        ground,
        *parts,
        xmlns="http://www.w3.org/2000/svg",
        width=width,
        height=height,
        viewBox=f"0 0 {_short(float(width))} {_short(float(height))}",
        font_family=_FONT,
        role="img",
    )


_SIZE = re.compile(r'<svg[^>]* width="([\d.]+)" height="([\d.]+)"')


def size_of(svg: str) -> tuple[float, float]:
    """Return width and height of a drawing of ours.

    Examples
    --------
    >>> size_of(drawing(30, 20.5, "x", []))
    (30.0, 20.5)
    """
    found = _SIZE.search(svg)
    return (0.0, 0.0) if found is None else (float(found[1]), float(found[2]))


def beside(drawings: Sequence[str], title: str) -> str:
    """Return drawings side by side as one, each in the middle of its height.

    Examples
    --------
    >>> size_of(beside([drawing(30, 20, "a", []), drawing(50, 10, "b", [])], "both"))
    (80.0, 20.0)
    """
    sizes = [size_of(svg) for svg in drawings]
    height = max((high for _, high in sizes), default=0.0)
    parts, x = [], 0.0
    for svg, (wide, high) in zip(drawings, sizes, strict=True):
        parts.append(element("g", svg, transform=f"translate({x:.1f} {(height - high) / 2:.1f})"))
        x += wide
    return drawing(x, height, title, parts)
