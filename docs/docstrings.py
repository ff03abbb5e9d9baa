"""Lets the site read our docstrings: under Returns stands prose, where numpydoc expects a type first."""

from __future__ import annotations

import re
from textwrap import indent
from typing import TYPE_CHECKING, Any

from griffe import Extension

if TYPE_CHECKING:
    from griffe import Function

_RETURNS = re.compile(r"^Returns\n-{3,}\n(?P<prose>.*?)(?=\n+\w[\w ]*\n-{3,}\n|\Z)", re.MULTILINE | re.DOTALL)


class TypeBeforeProse(Extension):
    """Puts the annotated return type above what the docstring says of it."""

    def on_function(self, *, func: Function, **_: Any) -> None:  # noqa: ANN401 - griffe's own signature
        """Rewrite one docstring before it is parsed."""
        if func.docstring:
            typed = f"Returns\n-------\n{func.returns}\n"
            func.docstring.value = _RETURNS.sub(
                lambda found: typed + indent(found["prose"].rstrip(), "    "), func.docstring.value
            )
