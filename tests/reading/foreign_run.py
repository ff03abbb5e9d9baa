"""Inspect every file of a folder as a person would: `python tests/reading/foreign_run.py FOLDER [MOST]`.

Not a test of pytest's: the files are those of other projects (test data of GDAL, fiona, openpyxl, ezdxf,
SheetJS …), fetched by whoever runs it and never kept here. Each is given to `clusters-geo inspect` in a
process of its own, forked from one that has everything imported. It counts how they ended, and ends itself
in 1 if any ended in anything but 0, 1 or 2, or took more than a minute.
"""

from __future__ import annotations

import os
import signal
import sys
from collections import Counter
from pathlib import Path

from clusters_geo.cli import main
from clusters_geo.reading.formats import FORMATS

ENDINGS = {ending for known in FORMATS for ending in known.endings} | {".zip"}
FINE = {0, 1, 2}
SECONDS = 60


def warm_up() -> None:
    """Import what reads files, once."""
    import docx  # noqa: F401
    import fiona  # noqa: F401
    import openpyxl  # noqa: F401
    import python_calamine  # noqa: F401
    import xlrd  # noqa: F401

    import clusters_geo as cg

    cg.load_hanoi()


def ended(file: Path, said: Path) -> int:
    """Return how `inspect` ended for a file; minus the signal where one stopped it."""
    child = os.fork()
    if child == 0:
        signal.alarm(SECONDS)
        out = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(out, 1)
        os.dup2(out, 2)
        sys.argv = ["clusters-geo", "inspect", str(file)]
        try:
            main()
        except SystemExit as left:
            os._exit(left.code if isinstance(left.code, int) else 3)
        except BaseException:  # noqa: BLE001 - what is looked for
            os._exit(99)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def run(folder: Path, most: int) -> int:
    """Inspect the files of a folder and print how they ended."""
    warm_up()
    files = [f for f in sorted(folder.rglob("*")) if f.suffix.lower() in ENDINGS and f.exists()]
    files = files[:: max(1, len(files) // most)][:most]
    counts: Counter[int] = Counter()
    said = folder.parent / "said.txt"
    for file in files:
        code = ended(file, said)
        counts[code] += 1
        if code not in FINE or b"Traceback" in said.read_bytes():
            sys.stdout.write(f"{code} {file} {said.read_text(errors='replace').strip()[-300:]}\n")
    sys.stdout.write(f"{len(files)} files: {dict(sorted(counts.items()))}\n")
    return int(bool(set(counts) - FINE))


if __name__ == "__main__":
    sys.exit(run(Path(sys.argv[1]), int(sys.argv[2]) if sys.argv[2:] else 1_000))
