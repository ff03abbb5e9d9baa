"""`clusters-geo` as a user runs it, but warm: a process, an exit code, two streams, a folder of its own.

A process that has imported what commands import forks one for each run. Of the process of the tests it knows
the environment; no fixture, patch or filter of warnings reaches it. Where no fork is, each run is started
afresh. Tests of how a process starts or ends (signals, code pages, shells) start their own.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import subprocess
import sys
import tempfile
import textwrap
from functools import cache
from pathlib import Path

__all__ = ["run", "run_python"]

SECONDS = 400

SERVER = textwrap.dedent("""
    import atexit, contextlib, gc, importlib, io, json, os, sys
    given = set(os.environ)
    from clusters_geo.cli import _COMMANDS, program
    own = ["auditing.run", "built_up", "built_up.parquet", "forms", "history", "load", "maps", "planning",
           "reference", "report.ci", "report.findings", "report.saving", "storage", "units", "validation"]
    theirs = ["docx", "fiona", "folium", "geoalchemy2", "openpyxl", "psycopg", "pyarrow.parquet", "pyogrio",
              "python_calamine", "rich.table", "sqlalchemy.dialects.postgresql"]
    commands = [f"cli.{name.replace('-', '_')}" for name in _COMMANDS]
    for name in [*(f"clusters_geo.{name}" for name in commands + own), *theirs]:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    gc.freeze()

    def stream(number, default):
        encoding, _, errors = os.environ.get("PYTHONIOENCODING", "").partition(":")
        raw = open(number, "wb", closefd=False)
        return io.TextIOWrapper(raw, encoding or "utf-8", errors or default, line_buffering=number == 2)

    def be(job):
        for number, path in enumerate(job["streams"]):
            os.dup2(os.open(path, os.O_RDWR), number)
        for name in set(os.environ) & given - set(job["env"]):
            del os.environ[name]
        os.environ.update(job["env"])
        os.chdir(job["cwd"])
        sys.argv = job["argv"]
        sys.stdin = open(0, closefd=False, encoding="utf-8")
        sys.stdout, sys.stderr = stream(1, "strict"), stream(2, "backslashreplace")
        code = 0
        try:
            if job["code"]:
                exec(job["code"], {"__name__": "__main__"})
            else:
                program()
        except SystemExit as done:
            code = done.code or 0
        except BaseException:
            code = 1
            sys.excepthook(*sys.exc_info())
        finally:
            atexit._run_exitfuncs()
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            be(json.loads(line))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
""")


def run(*arguments, cwd=None, **environment):
    """Run a command; its streams are text in UTF-8."""
    return _run("", ["clusters-geo", *map(str, arguments)], "", cwd, environment)


def run_python(code, *arguments, given="", cwd=None, **environment):
    """Run what `python -c` would, with a text to read from."""
    return _run(code, ["-c", *map(str, arguments)], given, cwd, environment)


def _run(code, argv, given, cwd, environment):
    cwd, env = str(cwd or Path.cwd()), {**os.environ, "PYTHONIOENCODING": "utf-8", **environment}
    if not hasattr(os, "fork"):
        what = ["-c", code] if code else ["-m", "clusters_geo.cli"]
        told = {"capture_output": True, "encoding": "utf-8", "input": given, "timeout": SECONDS}
        return subprocess.run([sys.executable, *what, *argv[1:]], cwd=cwd, env=env, check=False, **told)
    with tempfile.TemporaryDirectory(prefix="as-user-") as name:
        streams = [Path(name, stream) for stream in ("in", "out", "err")]
        for stream in streams:
            stream.write_text(given if stream.name == "in" else "", encoding="utf-8")
        job = {"code": code, "argv": argv, "cwd": cwd, "env": env, "streams": [*map(str, streams)]}
        ended = _ended(job)
        said = [stream.read_text(encoding="utf-8") for stream in streams[1:]]
    return subprocess.CompletedProcess(argv, ended, *said)


def _ended(job):
    server = _server()
    server.stdin.write(json.dumps(job) + "\n")
    server.stdin.flush()
    if not select.select([server.stdout], [], [], SECONDS)[0]:
        server.kill()
        raise subprocess.TimeoutExpired(job["argv"], SECONDS)
    return int(server.stdout.readline())


@cache
def _server():
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
    )
    atexit.register(_end, server)
    return server


def _end(server):
    server.stdin.close()
    server.wait()
    server.stdout.close()
