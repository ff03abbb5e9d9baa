"""The wheel works in an empty environment: the data travel in it, and nothing else is needed."""

from __future__ import annotations

import email
import json
import os
import subprocess
import sys
import venv
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

pytestmark = pytest.mark.wheel

ROOT = Path(__file__).parents[1]
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    run(*PIP, "wheel", "--no-deps", "--wheel-dir", str(folder), str(ROOT))
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def python(wheel, tmp_path_factory):
    """An environment that holds the wheel and what it says that it needs, and nothing else.

    What it needs is linked from the environment of the tests: to fetch it anew takes a minute, and
    that pip can is what `make demo` shows.
    """
    empty = tmp_path_factory.mktemp("empty")
    venv.create(empty, symlinks=os.name != "nt")
    python = empty / "bin" / "python"
    run(*PIP, "--python", str(python), "install", "--no-deps", str(wheel))
    (site,) = empty.glob("lib/python*/site-packages")
    for name in needed_by(wheel):
        dist = metadata.distribution(name)
        # Its scripts lie outside.
        for top in {file.parts[0] for file in dist.files} - {"..", "__pycache__"}:
            if not (site / top).exists():
                (site / top).symlink_to(dist.locate_file(top))
    return python


def needed_by(wheel):
    """Return the names of the distributions that a wheel needs, and those need, without any extra."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        told = email.message_from_bytes(archive.read(name)).get_all("Requires-Dist")
    found, waiting = set(), list(told)
    while waiting:
        needed = Requirement(waiting.pop())
        if (needed.marker is None or needed.marker.evaluate({"extra": ""})) and needed.name not in found:
            found.add(needed.name)
            waiting += metadata.requires(needed.name) or []
    return found


def test_the_wheel_holds_the_package_and_its_data_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    sources = ROOT / "src" / "clusters_geo"
    expected = {
        path.relative_to(sources.parent).as_posix()
        for path in sources.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    data = {name for name in names if name.startswith("clusters_geo/geodata/")}
    assert names - data == expected
    assert {
        f"clusters_geo/geodata/{name}"
        for name in (
            "README.md",
            "clusters.geojson",
            "communes_2025.geojson",
            "datapackage.json",
            "districts.geojson",
            "programme.csv",
            "totals.csv",
        )
    } <= data
    assert "clusters_geo/py.typed" in names


def test_the_wheel_says_its_licence_and_which_python(wheel):
    with zipfile.ZipFile(wheel) as archive:
        (metadata,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        text = archive.read(metadata).decode()
        assert any(name.endswith("licenses/LICENSE") for name in archive.namelist())
    assert "License-Expression: MIT" in text
    assert "Requires-Python: <3.14,>=3.11" in text


def test_load_hanoi_works_from_the_wheel(python, tmp_path):
    code = (
        "import clusters_geo as cg\n"
        "clusters, districts = cg.load_hanoi()\n"
        "print(cg.__file__, len(clusters), len(districts), clusters['planned_ha'].notna().sum())"
    )
    # Isolated, and far from the checkout, so that only what is installed can be found.
    where, *figures = run(str(python), "-I", "-c", code, cwd=tmp_path).split()
    assert Path(where).is_relative_to(python.parents[1])
    assert figures[:2] == ["120", "30"]


def test_what_the_wheel_does_not_ask_for_is_not_there(python):
    """Else the environment would prove nothing."""
    others = ("docx", "pytest", "duckdb", "pip")
    code = f"from importlib.util import find_spec; print(*(n for n in {others} if find_spec(n)))"
    assert run(str(python), "-I", "-c", code).split() == []


def test_summary_works_from_the_wheel(python, tmp_path):
    command = python.with_name("clusters-geo")
    record = json.loads(run(str(command), "summary", "--format", "json", cwd=tmp_path))
    assert record["operating_clusters"] == 70
    assert record["planned_ha"] == pytest.approx(1686)
    assert record["built_ha"] == pytest.approx(1392)
    assert record["pending_sites"] == 43


def test_the_demo_draws_its_map_from_the_wheel(python, tmp_path):
    command = python.with_name("clusters-geo")
    printed = run(str(command), "demo", "--lang", "en", cwd=tmp_path)
    assert "82.6 %" in printed
    assert "Leaflet" in (tmp_path / "maps" / "hanoi.html").read_text(encoding="utf-8")
