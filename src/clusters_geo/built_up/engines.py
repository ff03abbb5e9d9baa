"""Who does the work: this process, or the workers of a Dask cluster. All give the same table."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar

from clusters_geo.built_up.hits import THREADS, Counts, Hits, add_up, hits_of
from clusters_geo.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

    import pandas as pd

    from clusters_geo.built_up.batches import Batch, Part, Source
    from clusters_geo.built_up.ground import Ground

    Progress = Callable[[int, int], None]

__all__ = ["Engine", "Exact", "LocalEngine", "Method", "Outcome", "Task"]


Found = TypeVar("Found")


class Method(Protocol[Found]):
    """How footprints are measured: exactly, or in cells (`raster.Raster`)."""

    @property
    def name(self) -> str:
        """What the method is called in the result."""
        ...

    @property
    def cell_m(self) -> float | None:
        """The width of its cells, metres; None if it has none."""
        ...

    def lay(self, ground: Ground, batch: Batch, source: str) -> Found:
        """Lay a batch on the clusters; `source` names it in messages."""
        ...

    def gather(self, several: Iterable[Found]) -> Found:
        """Put together what batches or parts left, as they come."""
        ...

    def cut(self, found: Found, first: int, stop: int) -> Found:
        """Return what was left on a range of clusters."""
        ...

    def add_up(self, ground: Ground, found: Found) -> pd.DataFrame:
        """Return a row for each cluster and group that was hit, as `hits.add_up`."""
        ...

    def counts(self, found: Found) -> Counts:
        """Return what was met on the way."""
        ...


@dataclass(frozen=True, slots=True)
class Exact:
    """Areas of the pieces, and of their union unless they are known to be `disjoint`."""

    disjoint: bool
    name: ClassVar[str] = "exact"
    cell_m: ClassVar[float | None] = None

    def lay(self, ground: Ground, batch: Batch, source: str) -> Hits:
        """Lay a batch on the clusters."""
        return hits_of(ground, batch, disjoint=self.disjoint, source=source)

    def gather(self, several: Iterable[Hits]) -> Hits:
        """Put the hits of batches or parts into one."""
        every = list(several)
        hits = Hits.together([hits for hits in every if len(hits.cluster)])
        return replace(hits, counts=sum((hits.counts for hits in every), Counts()))

    def cut(self, found: Hits, first: int, stop: int) -> Hits:
        """Return the hits on a range of clusters, small enough to send."""
        return found.of_clusters(first, stop).packed()

    def add_up(self, ground: Ground, found: Hits) -> pd.DataFrame:
        """Add up."""
        return add_up(ground.index, found)

    def counts(self, found: Hits) -> Counts:
        """Return what was met on the way."""
        return found.counts


@dataclass(frozen=True, slots=True)
class Task:
    """What is asked of an engine.

    Attributes
    ----------
    ground
        The clusters.
    method
        How footprints are measured.
    keep_going
        Whether a part that cannot be read is left out and named instead of ending the work.
    progress
        Called with what is done and the whole: footprints, or parts where nobody knows how many footprints.
    """

    ground: Ground
    method: Method[Any]
    keep_going: bool
    progress: Progress


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an engine gives back.

    `table` as from `Method.add_up`; `failed` the error of each part that could not be read.
    """

    table: pd.DataFrame
    counts: Counts
    failed: tuple[SourceError, ...]


class Engine(Protocol):
    """Measures the footprints of a source on the clusters."""

    def measure(self, source: Source, task: Task) -> Outcome:
        """Lay all footprints on the clusters and add up."""
        ...


class LocalEngine:
    """The process itself: one thread reads batches, others measure them, a few at a time in memory."""

    def measure(self, source: Source, task: Task) -> Outcome:
        """Lay all footprints on the clusters and add up."""
        failed: list[SourceError] = []
        everything = task.method.gather(_readable_parts(source, task, failed))
        table = task.method.add_up(task.ground, everything)
        return Outcome(table, task.method.counts(everything), tuple(failed))


def _readable_parts(source: Source, task: Task, failed: list[SourceError]) -> Iterator[Any]:
    """Yield what each part left; what is wrong with the others goes into `failed`, if the work goes on."""
    done = 0

    def batches(part: Part) -> Iterator[Any]:
        nonlocal done
        # Threads and the file end here, also when `progress` stops the work.
        with closing(_measured(part, task)) as measured:
            for found in measured:
                done += task.method.counts(found).read
                if source.rows:
                    task.progress(done, source.rows)
                yield found

    for number, part in enumerate(source.parts, start=1):
        try:
            yield task.method.gather(batches(part))
        except SourceError as error:
            if not task.keep_going:
                raise
            failed.append(error)
        if not source.rows:
            task.progress(number, len(source.parts))


def _measured(part: Part, task: Task) -> Generator[Any]:
    """Measure the batches of a part in threads, in order, with no more than a few in memory."""
    waiting: deque[Future[Any]] = deque()
    with ThreadPoolExecutor(THREADS) as threads:
        try:
            for batch in part.batches(task.ground.lookup):
                waiting.append(threads.submit(task.method.lay, task.ground, batch, part.name))
                if len(waiting) > THREADS:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            # Whoever stops the work need not wait for what has not begun.
            for future in waiting:
                future.cancel()
