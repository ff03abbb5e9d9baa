"""How far long work is, shown in a notebook: a bar that moves, under the cell that waits.

Whoever gives `progress=` is told; where nobody does, a script stays silent and a notebook shows this bar.
It is in the lowest room because footprints, sets of maps and sets of reports all wait.
"""

# Small: the bar and nothing else; whoever imports the words of a table does not wait for it.

from __future__ import annotations

import sys
import time
from html import escape
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Step", "notebook_progress"]

# Often enough to be seen moving, seldom enough to cost nothing.
_SECONDS = 0.2


class Step(Protocol):
    """What is called with how many are done, of how many, and the name of the last."""

    def __call__(self, done: int, total: int, name: str = "") -> None:
        """Tell how far the work is."""


def notebook_progress(now: Callable[[], float] = time.monotonic) -> Step | None:
    """Return what shows a bar under the running cell of a notebook; None outside of one.

    Parameters
    ----------
    now
        The clock, in seconds.

    Examples
    --------
    >>> notebook_progress() is None  # no kernel here
    True
    """
    ipython = sys.modules.get("IPython")
    if ipython is None or getattr(ipython.get_ipython(), "kernel", None) is None:
        return None
    show = import_module("IPython.display").display
    shown = show(_bar(0, 0, ""), raw=True, display_id=True)
    last = now()

    def step(done: int, total: int, name: str = "") -> None:
        nonlocal last
        if done < total and now() - last < _SECONDS:
            return
        last = now()
        shown.update(_bar(done, total, name), raw=True)

    return step


def _bar(done: int, total: int, name: str) -> dict[str, str]:
    words = f"{done:,}/{total:,} {name}".strip().replace(",", "\u202f") if total else "…"
    bar = f'<progress value="{done}" max="{total or 1}"></progress>'
    return {"text/plain": words, "text/html": f"{bar} <small>{escape(words)}</small>"}
