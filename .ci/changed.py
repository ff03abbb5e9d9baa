"""Print the tests of what has changed since the last commit on main, and the core that always runs.

For the working day (`make check`): a module of `src` is tested by the file of tests named after it and those
that import it, of the folder that mirrors its room; by that folder where there are none.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

__all__ = ["tests_of"]

SOURCE, TESTS = "src/clusters_geo/", "tests/"
# Quick, and broken by nearly everything that can be broken.
CORE = (
    "tests/test_house.py",
    "tests/test_words.py",
    "tests/test_public_face.py",
    "tests/test_schema.py",
    "tests/test_names.py",
    "tests/measure",
)
# A browser, a server or an office takes longer than a minute: `make test` runs those.
SLOW = {"browser", "postgis", "notebooks", "built_up"}
# Trials of a whole room at length: here only where they are changed themselves.
LONG = {
    f"test_{name}" for name in ("fuzz", "generated_registers", "kml", "network", "properties", "round_trips")
}


def changed() -> list[str]:
    """Return the files that differ from the branch point with main, committed or not."""
    base = _git("merge-base", "HEAD", "main").strip() or "HEAD"
    tracked = _git("diff", "--name-only", base).splitlines()
    return [*tracked, *_git("ls-files", "--others", "--exclude-standard").splitlines()]


def tests_of(files: list[str]) -> list[str]:
    """Return the tests of some files, and the core.

    Examples
    --------
    >>> tests_of(["src/clusters_geo/maps/topology.py", "README.md"])[-1]
    'tests/maps/test_topology.py'
    """
    found = dict.fromkeys(CORE)
    for name in files:
        if name.startswith(TESTS) and name.endswith(".py") and not SLOW & set(Path(name).parts):
            found[name] = None
        if name.startswith(SOURCE):
            found |= dict.fromkeys(_of_module(Path(name.removeprefix(SOURCE)).with_suffix("")))
    return [test for test in found if Path(test).exists()]


def _of_module(module: Path) -> list[str]:
    room, folder = module.parts[0], Path(TESTS, module.parts[0])
    if room in SLOW or not folder.is_dir():
        return [f"{TESTS}test_{room}.py"]
    package, name = re.escape("clusters_geo." + ".".join(module.parts[:-1])), module.name
    imported = re.compile(rf"{package}\.{name}\b|^from {package} import .*\b{name}\b", re.MULTILINE)
    named, tests = f"test_{module.name}", sorted(folder.glob("test_*.py"))
    tests = [test for test in tests if test.stem == named or test.stem not in LONG]
    near = [t for t in tests if t.stem == named or imported.search(t.read_text(encoding="utf-8"))]
    return [test.as_posix() for test in near or tests]


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)
    return done.stdout


if __name__ == "__main__":
    print(*tests_of(changed()))
