"""The same work spread over the workers of a Dask cluster; footprints never reach the client.

Each part of the source becomes a task that leaves its hits on its worker, cut by blocks of clusters. Then one
task per block gathers its hits from the workers and adds them up; only that table, a row per cluster and
group, comes back. A worker that dies takes its hits along; Dask computes them again elsewhere.
"""

from __future__ import annotations

import logging
import signal
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from multiprocessing import resource_tracker
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pandas as pd

from clusters_geo.built_up.engines import Outcome, Task
from clusters_geo.built_up.hits import Counts
from clusters_geo.errors import EngineError, SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from distributed import Client, Future
    from distributed.security import Security

    from clusters_geo.built_up.batches import Part, Source
    from clusters_geo.built_up.engines import Method
    from clusters_geo.built_up.ground import Ground

__all__ = ["DaskEngine"]

# Pieces to cut the source into where it has fewer parts, so that all workers stay busy to the end.
_PIECES_A_WORKER = 4
# Memory that a worker keeps for the next array instead of giving it back: half of the time goes into giving
# it back and asking for it anew, as distributed has it by default.
_KEPT_BYTES = 1 << 25

ANSWER_WITHIN = "10s"


@dataclass(frozen=True, slots=True)
class DaskEngine:
    """Workers of a Dask cluster.

    Attributes
    ----------
    scheduler
        Address of a running scheduler, such as `tls://10.0.0.5:8786`; the certificates are those of Dask's
        own settings, `distributed.comm.tls`. Where it is None, a cluster with one
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
            tools = _sent(client, _Tools(task.ground, task.method))
            workers = max(len(client.scheduler_info()["workers"]), 1)
            cuts = _cuts(len(task.ground.index.bounds), workers)
            wanted = -(-workers * _PIECES_A_WORKER // len(source.parts))
            pieces = {
                client.submit(_measure_part, piece, tools, cuts, pure=False): number
                for number, part in enumerate(source.parts)
                for piece in part.pieces(task.ground.lookup, wanted)
            }
            return _gather(client, pieces, tools, cuts, task)


@dataclass(frozen=True, slots=True)
class _Tools:
    """What every worker gets once."""

    ground: Ground
    method: Method[Any]


def _sent(client: Client, tools: _Tools) -> Future[Any]:
    """Send what all tasks need as the result of a task, which Dask can repeat where workers die.

    What is scattered dies with them, and scattering to all may wait for ever for one that is just dying.
    """
    import dask

    # The clusters of a country are larger than what Dask takes for an oversight.
    with dask.config.set({"distributed.admin.large-graph-warning-threshold": "4GiB"}):
        return client.submit(_itself, tools, pure=False)


def _itself(tools: _Tools) -> _Tools:
    return tools


@dataclass(frozen=True, slots=True)
class _Measured:
    """What a part left on its worker: `found` by block of clusters; what was met; what went wrong."""

    found: list[Any]
    counts: Counts
    problem: SourceError | None


def _gather(
    client: Client, pieces: dict[Future[Any], int], tools: Future[Any], cuts: list[int], task: Task
) -> Outcome:
    """Wait for all pieces, each with the number of its part, and add up what they left."""
    from distributed import as_completed

    reports: list[tuple[int, Counts]] = []
    problems: dict[int, SourceError] = {}
    notes = {client.submit(_report, piece): number for piece, number in pieces.items()}
    for note in as_completed(notes):
        counts, problem = note.result()
        if problem and not task.keep_going:
            client.cancel(list(pieces))
            raise problem
        if problem:
            problems[notes[note]] = problem
        reports.append((notes[note], counts))
        task.progress(len(reports), len(pieces))
    # Of a part that cannot be read to its end nothing is kept, as where it is read in one piece.
    futures = [piece for piece, number in pieces.items() if number not in problems]
    blocks = [
        client.submit(_add_up_block, [client.submit(_block, future, number) for future in futures], tools)
        for number in range(len(cuts) - 1)
    ]
    tables: list[pd.DataFrame] = [block.result() for block in as_completed(blocks)]
    filled = [table for table in tables if len(table)] or tables[:1]
    table = pd.concat(filled, ignore_index=True)
    counts = sum((counts for number, counts in reports if number not in problems), Counts())
    return Outcome(table, counts, tuple(problems[number] for number in sorted(problems)))


def _measure_part(part: Part, tools: _Tools, cuts: list[int]) -> _Measured:
    """Measure one part on a worker."""
    ground, method = tools.ground, tools.method
    problem: SourceError | None = None
    try:
        found = method.gather(method.lay(ground, b, part.name) for b in part.batches(ground.lookup))
    except SourceError as error:
        found, problem = method.gather([]), error
    return _Measured([method.cut(found, a, b) for a, b in pairwise(cuts)], method.counts(found), problem)


def _report(measured: _Measured) -> tuple[Counts, SourceError | None]:
    return measured.counts, measured.problem


def _block(measured: _Measured, number: int) -> object:
    return measured.found[number]


def _add_up_block(found: list[Any], tools: _Tools) -> pd.DataFrame:
    return tools.method.add_up(tools.ground, tools.method.gather(found))


def _cuts(clusters: int, blocks: int) -> list[int]:
    blocks = min(blocks, clusters)
    return [clusters * number // blocks for number in range(blocks + 1)]


@contextmanager
def _client(scheduler: str | None) -> Iterator[Client]:
    try:
        from distributed import Client
    except ImportError as error:
        raise EngineError("built-up.no-dask") from error
    if scheduler is None:
        with _own_workers() as client:
            yield client
        return
    try:
        client = Client(scheduler, timeout=ANSWER_WITHIN)
    except (TypeError, RuntimeError) as error:
        # So Dask says that certificates are missing, or that its settings ask for them.
        raise EngineError("engine.certificates", scheduler=scheduler) from error
    except (OSError, TimeoutError, ValueError) as error:
        raise EngineError("built-up.no-scheduler", scheduler=scheduler, error=str(error)) from error
    with client:
        yield client


@contextmanager
def _own_workers() -> Iterator[Client]:
    """Start a worker for each processor; whatever happens, they and their scratch folder are gone after."""
    import dask
    from distributed import Client, LocalCluster

    with TemporaryDirectory(prefix="clusters-geo-") as scratch, ExitStack() as started:
        environ = dict(dask.config.get("distributed.nanny.pre-spawn-environ"))
        environ |= dict.fromkeys(("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_"), _KEPT_BYTES)
        settings = {"temporary-directory": scratch, "distributed.nanny.pre-spawn-environ": environ}
        started.enter_context(dask.config.set(settings))
        security = _keys()
        with _deaf_to_interrupts():
            cluster = LocalCluster(
                threads_per_worker=1,
                # Whoever reaches a scheduler has it run what he likes, another user of this machine too. So
                # it answers on this machine alone, and only to who has the key, and shows no pages.
                host="127.0.0.1",
                protocol="tls",
                security=security,
                dashboard_address=None,
                silence_logs=logging.CRITICAL,
            )
            started.enter_context(cluster)
            client = started.enter_context(Client(cluster, security=security))
        yield client


def _keys() -> Security:
    """Make a key for one run, which is held in memory only."""
    from distributed.security import Security

    try:
        made: Security = Security.temporary()
    except ImportError as error:
        raise EngineError("engine.keys") from error
    return made


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Hold Ctrl-C back; processes started meanwhile never hear it.

    A terminal sends it to the workers too, which would die with a traceback each. Only this process is to
    hear it, and to end them.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    # Started later, it would let Ctrl-C through again (until Python 3.12).
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
