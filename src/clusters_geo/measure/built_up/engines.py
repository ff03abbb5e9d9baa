"""Who does the work: this process, or the workers of a Dask cluster. All give the same table."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from clusters_geo.errors import SourceError
from clusters_geo.measure.built_up.hits import THREADS, Counts, Hits, add_up, hits_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pandas as pd

    from clusters_geo.measure.built_up.ground import Ground
    from clusters_geo.measure.built_up.sources import Part, Source

    Progress = Callable[[int, int], None]

__all__ = ["Engine", "LocalEngine", "Outcome", "Task"]


@dataclass(frozen=True, slots=True)
class Task:
    """What is asked of an engine.

    Attributes
    ----------
    ground
        The clusters.
    disjoint
        Whether the footprints are known not to overlap.
    keep_going
        Whether a part that cannot be read is left out and named instead of ending the work.
    progress
        Called with what is done and the whole: footprints, or parts where nobody knows how many footprints.
    """

    ground: Ground
    disjoint: bool
    keep_going: bool
    progress: Progress


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an engine gives back.

    `table` as from `add_up`; `failed` the message of each part that could not be read.
    """

    table: pd.DataFrame
    counts: Counts
    failed: tuple[str, ...]


class Engine(Protocol):
    """Measures the footprints of a source on the clusters."""

    def measure(self, source: Source, task: Task) -> Outcome:
        """Lay all footprints on the clusters and add up."""
        ...


class LocalEngine:
    """The process itself: one thread reads batches, others measure them, a few at a time in memory."""

    def measure(self, source: Source, task: Task) -> Outcome:
        """Lay all footprints on the clusters and add up."""
        hits: list[Hits] = []
        failed: list[str] = []
        done = 0
        for number, part in enumerate(source.parts, start=1):
            kept = len(hits)
            try:
                for found in _measured(part, task):
                    hits.append(found)
                    done += found.counts.read
                    if source.rows:
                        task.progress(done, source.rows)
            except SourceError as error:
                if not task.keep_going:
                    raise
                del hits[kept:]
                failed.append(str(error))
            if not source.rows:
                task.progress(number, len(source.parts))
        everything = Hits.together(hits)
        return Outcome(add_up(task.ground.index, everything), everything.counts, tuple(failed))


def _measured(part: Part, task: Task) -> Iterator[Hits]:
    """Measure the batches of a part in threads, in order, with no more than a few in memory."""
    waiting: deque[Future[Hits]] = deque()
    with ThreadPoolExecutor(THREADS) as threads:
        for batch in part.batches(task.ground.lookup):
            waiting.append(
                threads.submit(hits_of, task.ground, batch, disjoint=task.disjoint, source=part.name)
            )
            if len(waiting) > THREADS:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
