"""A bar that shows how far a command is, on a terminal only."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["steps"]


@contextmanager
def steps() -> Iterator[Callable[[int, int, str], None] | None]:
    """Give a function that is told the number of a step, how many there are, and what it is about."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=None)

        def step(at: int, count: int, what: str) -> None:
            progress.update(task, completed=at - 1, total=count, description=what[:40])

        yield step
