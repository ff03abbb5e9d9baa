"""The same work spread over the workers of a Dask cluster; footprints never reach the client.

Each part of the source becomes a task that leaves its hits on its worker, cut by blocks of clusters. Then one
task per block gathers its hits from the workers and adds them up; only that table, a row per cluster and
group, comes back. A worker that dies takes its hits along; Dask computes them again elsewhere.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pandas as pd

from clusters_geo.errors import EngineError, SourceError
from clusters_geo.measure.built_up.engines import Outcome, Task
from clusters_geo.measure.built_up.hits import Counts, Hits, add_up, hits_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from distributed import Client, Future

    from clusters_geo.measure.built_up.ground import Ground
    from clusters_geo.measure.built_up.sources import Part, Source

__all__ = ["DaskEngine"]

# Blocks of clusters to add up side by side: a few for each worker, so that all stay busy to the end.
_BLOCKS_A_WORKER = 3

ANSWER_WITHIN = "10s"


@dataclass(frozen=True, slots=True)
class DaskEngine:
    """Workers of a Dask cluster.

    Attributes
    ----------
    scheduler
        Address of a running scheduler, such as `tcp://10.0.0.5:8786`. Where it is None, a cluster with one
        worker a processor is started on this machine, and closed again.
    """

    scheduler: str | None = None

    def measure(self, source: Source, task: Task) -> Outcome:
        """Lay all footprints on the clusters and add up.

        Raises
        ------
        EngineError
            If dask.distributed is not installed or the scheduler does not answer.
        SourceError
            If a part cannot be read on the workers, unless the task says to keep going.
        """
        with _client(self.scheduler) as client:
            ground = client.scatter(task.ground, broadcast=True)
            workers = max(len(client.scheduler_info()["workers"]), 1)
            cuts = _cuts(len(task.ground.index.bounds), workers * _BLOCKS_A_WORKER)
            futures = [
                client.submit(_measure_part, part, ground, cuts, task.disjoint, pure=False)
                for part in source.parts
            ]
            return _gather(client, futures, ground, cuts, task)


def _gather(
    client: Client, futures: list[Future[Any]], ground: Future[Any], cuts: list[int], task: Task
) -> Outcome:
    from distributed import as_completed

    reports: list[tuple[Counts, str]] = []
    notes = [client.submit(_report, future) for future in futures]
    for note in as_completed(notes):
        counts, problem = note.result()
        if problem and not task.keep_going:
            client.cancel(futures)
            raise SourceError(problem)
        reports.append((counts, problem))
        task.progress(len(reports), len(futures))
    blocks = [
        client.submit(_add_up_block, [client.submit(_block, future, number) for future in futures], ground)
        for number in range(len(cuts) - 1)
    ]
    tables: list[pd.DataFrame] = client.gather(blocks)
    filled = [table for table in tables if len(table)] or tables[:1]
    table = pd.concat(filled, ignore_index=True)
    counts = sum((counts for counts, _ in reports), Counts())
    return Outcome(table, counts, tuple(problem for _, problem in reports if problem))


def _measure_part(
    part: Part,
    ground: Ground,
    cuts: list[int],
    disjoint: bool,  # noqa: FBT001 - a task has no keywords
) -> tuple[list[Hits], Counts, str]:
    """Measure one part on a worker; return its hits by block of clusters, its counts and what went wrong."""
    try:
        batches = part.batches(ground.lookup)
        found = [hits_of(ground, b, disjoint=disjoint, source=part.name).packed() for b in batches]
    except SourceError as error:
        return [Hits.together([]) for _ in cuts[1:]], Counts(), str(error)
    hits = Hits.together(found)
    return [hits.of_clusters(a, b) for a, b in pairwise(cuts)], hits.counts, ""


def _report(measured: tuple[list[Hits], Counts, str]) -> tuple[Counts, str]:
    return measured[1:]


def _block(measured: tuple[list[Hits], Counts, str], number: int) -> Hits:
    return measured[0][number]


def _add_up_block(hits: list[Hits], ground: Ground) -> pd.DataFrame:
    return add_up(ground.index, Hits.together([h for h in hits if len(h.cluster)]))


def _cuts(clusters: int, blocks: int) -> list[int]:
    blocks = min(blocks, clusters)
    return [clusters * number // blocks for number in range(blocks + 1)]


@contextmanager
def _client(scheduler: str | None) -> Iterator[Client]:
    try:
        from distributed import Client, LocalCluster
    except ImportError as error:
        msg = "The dask engine needs dask.distributed: pip install 'clusters-geo[dask]'."
        raise EngineError(msg) from error
    if scheduler is None:
        with (
            LocalCluster(threads_per_worker=1, dashboard_address=None) as cluster,
            Client(cluster) as client,
        ):
            yield client
        return
    try:
        client = Client(scheduler, timeout=ANSWER_WITHIN)
    except (OSError, TimeoutError, ValueError) as error:
        msg = f"No Dask scheduler answers at {scheduler!r} ({error}). Start one with `dask scheduler`."
        raise EngineError(msg) from error
    with client:
        yield client
