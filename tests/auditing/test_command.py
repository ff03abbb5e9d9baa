"""`clusters-geo audit` as cron and CI run it: through a shell, by its exit code and its files."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys

import geopandas as gpd
import pandas as pd
import pytest
from as_user import run

from clusters_geo.auditing.rule import all_rules

CLUSTERS_GEO = f"{shlex.quote(sys.executable)} -m clusters_geo.cli"


def shell(command, cwd):
    """Run a line of a crontab, with `clusters-geo` as installed here."""
    return subprocess.run(  # noqa: S602 -- the shell is what is tested
        command.replace("clusters-geo ", f"{CLUSTERS_GEO} "),
        shell=True,
        cwd=cwd,
        capture_output=True,
        text=True,
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        check=False,
        timeout=120,
    )


@pytest.fixture(scope="module")
def written(tmp_path_factory, _hanoi):
    """A clean register, one with two errors, districts, and rules."""
    (clusters, districts), tmp_path = _hanoi, tmp_path_factory.mktemp("written")
    clusters.iloc[:3].to_file(tmp_path / "clean.gpkg")
    faulty = clusters.iloc[[2, 3]].copy()
    faulty[["planned_ha_basis", "built_ha_basis"]] = "declared"
    faulty["built_ha"] = [faulty["planned_ha"].iloc[0] + 5, -3.0]
    faulty.to_file(tmp_path / "register.gpkg")
    districts.to_file(tmp_path / "districts.gpkg")
    (tmp_path / "rules.toml").write_text('[rules."figures.negative"]\nenabled = false\n', encoding="utf-8")
    return tmp_path


@pytest.fixture
def folder(tmp_path, written):
    """The same, for this test alone."""
    return shutil.copytree(written, tmp_path, dirs_exist_ok=True)


def called(command, cwd):
    """Run a line that a shell only takes apart, by a process that has imported everything already."""
    return run(*shlex.split(command.removeprefix("clusters-geo ")), cwd=cwd)


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("clusters-geo audit", 0),
        ("clusters-geo audit --fail-on warning", 1),
        ("clusters-geo audit --fail-on never", 0),
        ("clusters-geo audit register.gpkg", 1),
        ("clusters-geo audit register.gpkg --fail-on never", 0),
        ("clusters-geo audit register.gpkg --only law.size-above-maximum", 0),
        ("clusters-geo audit absent.gpkg", 2),
        ("clusters-geo audit --law tomorrow", 2),
        ("clusters-geo audit --only no-such-rule", 2),
        ("clusters-geo audit --rules absent.toml", 2),
        ("clusters-geo audit --baseline absent.toml", 2),
        ("clusters-geo audit --totals register.gpkg", 2),
        ("clusters-geo audit --format xlsx", 2),
        ("clusters-geo audit --format pdf", 2),
        ("clusters-geo audit register.gpkg another", 2),
        ("clusters-geo audit explain law.no-such", 2),
        ("clusters-geo audit --fail-on never > /dev/full", 2),
    ],
)
def test_the_exit_code(folder, command, code):
    done = (shell if ">" in command else called)(command, folder)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr


def test_what_the_audit_is_to_report_does_not_keep_it_from_loading(folder):
    done = called("clusters-geo audit register.gpkg --lang en --format json", folder)
    found = json.loads(done.stdout)
    assert [f["rule"] for f in found if f["severity"] == "error"] == [
        "figures.built-over-planned",
        "figures.negative",
    ]


def test_a_rules_file_switches_off(folder):
    done = called("clusters-geo audit register.gpkg --rules rules.toml --format json", folder)
    assert "figures.negative" not in done.stdout
    assert "figures.built-over-planned" in done.stdout


def test_a_night_with_a_baseline(folder):
    first = shell("clusters-geo audit register.gpkg --write-baseline accepted.toml --quiet", folder)
    assert first.returncode == 1
    assert first.stdout == ""
    second = shell("clusters-geo audit register.gpkg --baseline accepted.toml --format json", folder)
    assert second.returncode == 0
    assert {f["state"] for f in json.loads(second.stdout)} == {"accepted"}
    text = (folder / "accepted.toml").read_text(encoding="utf-8")
    (folder / "accepted.toml").write_text(text.replace('value = "-3"', 'value = "-2"'), encoding="utf-8")
    third = shell("clusters-geo audit register.gpkg --baseline accepted.toml --format json", folder)
    assert third.returncode == 1
    states = pd.Series([f["state"] for f in json.loads(third.stdout)]).value_counts()
    assert (states["new"], states["gone"]) == (1, 1)


def test_each_format_is_written_and_the_input_is_left_alone(folder):
    before = (folder / "register.gpkg").read_bytes()
    for form in ("table", "json", "csv", "md", "xlsx", "sarif", "junit", "html"):
        done = called(f"clusters-geo audit register.gpkg --format {form} -o out/f.{form}", folder)
        assert done.returncode == 1
        assert (folder / "out" / f"f.{form}").stat().st_size > 0
        assert f"f.{form}" in done.stderr
    assert (folder / "register.gpkg").read_bytes() == before


def test_brief_is_brief_on_the_screen_too(folder):
    text = called("clusters-geo audit register.gpkg --brief --lang en", folder).stdout
    assert len(text.splitlines()) <= 5
    assert text.splitlines()[-1].startswith("Verdict: ")


def test_a_system_is_named_and_not_written_out(folder):
    gpd.read_file(folder / "register.gpkg").to_crs("EPSG:32648").to_file(folder / "utm.gpkg")
    text = called("clusters-geo audit utm.gpkg --lang en", folder).stdout
    assert "CRS EPSG:32648)" in text
    assert "GEOGCS" not in text


def test_the_bundled_case_says_its_files_and_its_law(folder):
    text = called("clusters-geo audit --lang en", folder).stdout
    assert "0 errors" in text
    assert "clusters.geojson (SHA-256" in text
    assert "68/2017" in text


def test_the_register_is_not_held_against_districts_it_was_not_given(folder):
    text = called("clusters-geo audit register.gpkg --lang en", folder).stdout
    assert "no layer of units was given" in text
    text = called("clusters-geo audit register.gpkg --districts districts.gpkg --lang en", folder).stdout
    assert "no layer of units was given" not in text
    assert "districts.gpkg (SHA-256" in text


def test_explain_lists_the_rules_and_shows_one_in_full(folder):
    listed = called("clusters-geo audit explain", folder).stdout.splitlines()
    assert [line.split()[0] for line in listed] == list(all_rules())
    one = called("clusters-geo audit explain law.services-share --lang en", folder).stdout
    assert "at most 10 %" in one
    assert "as the law says" in one


def test_ages_are_counted_to_today_if_asked(folder):
    aged = called("clusters-geo audit clean.gpkg --on today --only trust.stale --format json", folder)
    assert len(json.loads(aged.stdout)) == 3
