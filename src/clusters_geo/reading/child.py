"""Files of others are parsed in a child process: with a limit on memory and time, and without a network.

Whatever a parser does there – crash, never end, take all memory, follow a link – is a sentence here. The
child is a fork, so that it costs some hundredths of a second instead of the second that importing takes anew;
where there is no fork that is safe with libraries loaded (Windows, macOS) the work is done in this process.
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import gc
import os
import pickle
import select
import signal
import struct
import sys
import tempfile
import time
import traceback
import warnings
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from clusters_geo.errors import ClustersGeoError, SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["ENCLOSED", "in_child", "private_folder"]

ENCLOSED = sys.platform == "linux"

T = TypeVar("T")

# What honest files took at most, with room: 1 GB of GeoJSON 6 GB and 200 s, a register 0.2 GB and 2 s.
_BYTES, _BYTES_A_BYTE = 3 << 30, 16
_SECONDS, _SECONDS_A_MB = 60.0, 3.0
# A machine may have other things to do.
_WALL_CLOCK = 5
_MB = 1e6
_CHUNK_BYTES = 1 << 20
_LENGTH = struct.Struct("<Q")

_NEW_USER, _NEW_NET = 0x1000_0000, 0x4000_0000
_DIE_WITH_PARENT = 1

_here = {"is_child": False}


def in_child(work: Callable[[], T], *, path: str, size: int) -> T:
    """Return what a function returns that parses a file, after it ran in an enclosed child process.

    Parameters
    ----------
    work
        Takes nothing; what it returns, or raises, must be such as can be pickled.
    path
        What to call the file in a message.
    size
        Its bytes, by which the limits grow: 3 GiB of memory and 16 bytes for each, 60 s of processor time and
        3 s for each megabyte.

    Raises
    ------
    SourceError
        If the child crashes, or meets a limit.

    Examples
    --------
    >>> in_child(lambda: 6 * 7, path="a.kml", size=100)
    42
    """
    if not ENCLOSED or _here["is_child"]:
        return work()
    seconds = _SECONDS + _SECONDS_A_MB * size / _MB
    # What a child leaves that is killed lies in here, and goes with it.
    with private_folder() as private:
        reads, writes = os.pipe()
        try:
            pid = _forked()
            if pid == 0:
                os.close(reads)
                _live(work, writes, private, size, seconds)
            os.close(writes)
            content, died = _answer(pid, reads, seconds * _WALL_CLOCK)
        finally:
            os.close(reads)
    if content is None:
        raise _last_words(path, died, seconds)
    answer: T = _unpacked(content)
    return answer


@contextlib.contextmanager
def private_folder() -> Iterator[str]:
    """Give a folder of one's own that is gone in the end, also where an interrupt meets its removal.

    Examples
    --------
    >>> with private_folder() as folder:
    ...     os.path.isdir(folder)
    True
    >>> os.path.exists(folder)
    False
    """
    folder = tempfile.TemporaryDirectory(prefix="clusters-geo-", ignore_cleanup_errors=True)
    try:
        yield folder.name
    finally:
        try:
            folder.cleanup()
        except BaseException:
            # Ctrl-C within: what is left of it goes now.
            folder.cleanup()
            raise


def _forked() -> int:
    with warnings.catch_warnings():
        # Threads of libraries wait for work; those that hold locks read files, which only children do.
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def _live(work: Callable[[], object], writes: int, private: str, size: int, seconds: float) -> NoReturn:
    """Be the child: enclose oneself, work, answer, and end without a trace."""
    status = 1
    try:
        _here["is_child"] = True
        # Looking for garbage would write into, and so copy, every page that is shared with the parent.
        gc.freeze()
        tempfile.tempdir = private
        _enclose(size, seconds)
        answer = _packed(work)
        view = memoryview(_LENGTH.pack(len(answer)) + answer)
        while view:
            view = view[os.write(writes, view) :]
        status = 0
    finally:
        # Nothing of the parent's is to be flushed, closed or removed here.
        os._exit(status)


def _enclose(size: int, seconds: float) -> None:
    import resource

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    # Of a crash the parent tells in a sentence.
    faulthandler.disable()
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    os.dup2(silent, 2)
    with open("/proc/self/statm", encoding="ascii") as opened:  # noqa: PTH123 - of the kernel, not of the user
        now = int(opened.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    _limit(resource.RLIMIT_AS, now + _BYTES + _BYTES_A_BYTE * size)
    _limit(resource.RLIMIT_CPU, int(time.process_time() + seconds))
    _limit(resource.RLIMIT_CORE, 0)
    libc = ctypes.CDLL(None)
    libc.prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    # Where neither is allowed the other walls must do: options of GDAL, and schemas and links left out.
    if libc.unshare(_NEW_NET) != 0:
        libc.unshare(_NEW_USER | _NEW_NET)


def _limit(kind: int, most: int) -> None:
    import resource

    _, hard = resource.getrlimit(kind)
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(kind, (most, hard))


def _packed(work: Callable[[], object]) -> bytes:
    try:
        return pickle.dumps((True, work(), None), protocol=5)
    except MemoryError:
        return pickle.dumps((False, MemoryError(), None))
    except BaseException as error:  # noqa: BLE001 - it is raised again in the parent
        return _packed_error(error)


def _packed_error(error: BaseException) -> bytes:
    cause = error.__cause__ or error.__context__
    told = None if cause is None else "".join(traceback.format_exception(cause))
    for answer in (
        (False, error, cause),
        (False, error, RuntimeError(told)),
        (False, RuntimeError(repr(error)), None),
    ):
        with contextlib.suppress(Exception):
            packed = pickle.dumps(answer)
            pickle.loads(packed)  # noqa: S301 - some errors are written and cannot be made again
            return packed
    return b""


def _unpacked(content: bytes) -> Any:  # noqa: ANN401 - whatever the work returns
    with warnings.catch_warnings():
        # Coordinates that are no numbers are refused by their row when shapes are looked at.
        warnings.simplefilter("ignore", RuntimeWarning)
        good, value, cause = pickle.loads(content)  # noqa: S301 - of our own child
    if good:
        return value
    raise value from cause


def _answer(pid: int, reads: int, seconds: float) -> tuple[bytes | None, int]:
    """Return what the child says, None where it dies or is too slow, and how it ended."""
    pieces, has, until = [], 0, time.monotonic() + seconds
    wanted = -1
    try:
        while wanted < 0 or has < wanted + _LENGTH.size:
            left = until - time.monotonic()
            if left <= 0 or not select.select([reads], [], [], left)[0]:
                break
            piece = os.read(reads, _CHUNK_BYTES)
            if not piece:
                break
            pieces.append(piece)
            has += len(piece)
            if wanted < 0 and has >= _LENGTH.size:
                (wanted,) = _LENGTH.unpack(b"".join(pieces)[: _LENGTH.size])
        content = b"".join(pieces)[_LENGTH.size :]
        whole = wanted >= 0 and len(content) == wanted
        return (content if whole else None), (0 if whole else _ended(pid, until))
    finally:
        with contextlib.suppress(ChildProcessError, ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def _ended(pid: int, until: float) -> int:
    """Return the signal that ended a child, SIGXCPU where it has not ended in time, 0 for none."""
    if time.monotonic() >= until:
        return signal.SIGXCPU
    _, status = os.waitpid(pid, 0)
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0


def _last_words(path: str, died: int, seconds: float) -> ClustersGeoError:
    if died in {signal.SIGXCPU, signal.SIGKILL}:
        return SourceError("source.endless", path=path, seconds=seconds)
    name = signal.Signals(died).name if died else "exit"
    return SourceError("source.crash", path=path, signal=name)
