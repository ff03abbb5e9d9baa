"""The address of a register stands where a file stands, in every command and in Python."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess

import as_user
import pytest
from tests_of_storage import PASSWORD, programs

import clusters_geo as cg
from clusters_geo.storage.register import read_log

COMMANDS = {
    "summary": ["summary", "URL", "--format", "json"],
    "pending": ["pending", "URL", "--format", "csv"],
    "audit": ["audit", "URL", "--format", "json", "--fail-on", "never"],
    "map": ["map", "URL", "--output", "map.html"],
    "form": ["form", "04", "URL", "--period", "2022", "--output", "form.csv"],
    "convert": ["convert", "URL", "back.gpkg"],
}


@pytest.fixture(scope="module")
def url(server):
    address = server.database()
    assert run("register", "init", address, "--roles").returncode == 0
    clusters, _ = cg.load_hanoi()
    cg.save(clusters, address)
    return address


def run(*arguments, cwd=None):
    return as_user.run(*arguments, cwd=cwd, CLUSTERS_GEO_DEBUG="1")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_takes_it_and_tells_nobody_the_password(url, tmp_path, name):
    done = run(*(url if part == "URL" else part for part in COMMANDS[name]), cwd=tmp_path)
    assert done.returncode in (0, 1), done.stderr
    written = [path.read_bytes().decode("utf-8", "replace") for path in tmp_path.iterdir()]
    for text in (done.stdout, done.stderr, *written):
        assert PASSWORD not in text
        assert "%40" not in text
        assert "planner" not in text


def test_the_figures_are_those_of_the_file(url):
    found = json.loads(run("summary", url, "--format", "json").stdout)
    assert found["operating_clusters"] == 70
    assert found["planned_ha"] == pytest.approx(1686.0)
    assert found["built_ha"] == pytest.approx(1392.0)


def test_a_vintage_stands_there_too(url):
    found = json.loads(run("summary", f"{url}@2022-09-30", "--format", "json").stdout)
    assert found["operating_clusters"] == 70
    assert run("summary", f"{url}@2001").returncode == 2


def test_excel_to_register_and_its_status(server, tmp_path):
    address = server.database()
    assert run("register", "init", address).returncode == 0
    clusters, _ = cg.load_hanoi()
    with pytest.warns(UserWarning, match="no place for shapes"):
        cg.save(clusters.iloc[:5], tmp_path / "sổ.xlsx")
    done = run("convert", "sổ.xlsx", address, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    status = run("register", "status", address, "--lang", "en").stdout
    assert re.search(r"5 clusters, \d+ events\. Last change: planner, .*sổ\.xlsx", status)
    assert "đã đúng phiên bản" in run("register", "init", address).stdout
    assert len(cg.load_clusters(address)) == 5


def test_a_register_that_is_not_there_is_a_sentence(server):
    done = run("summary", server.database())
    assert done.returncode == 2
    assert "clusters-geo register init" in done.stderr
    assert "Traceback" not in done.stderr


def test_backup_and_restore_as_the_page_says(server, url):
    dump = server.folder / "ccn.dump"
    options = ["-h", "127.0.0.1", "-p", str(server.port), "-U", "planner"]
    environment = {**os.environ, "PGPASSWORD": PASSWORD}

    def pg(program, *arguments):
        found = programs() / program
        command = [str(found if found.exists() else shutil.which(program)), *options, *arguments]
        return subprocess.run(command, env=environment, capture_output=True, check=True)

    name = url.rpartition("/")[2]
    pg("pg_dump", "--format", "custom", "--schema", "clusters_geo", "--file", str(dump), name)
    copy = server.database()
    server.sql("CREATE EXTENSION postgis", copy)
    pg("pg_restore", "--no-owner", "--dbname", copy.rpartition("/")[2], str(dump))
    assert read_log(copy).equals(read_log(url))
    left, right = cg.load_clusters(copy), cg.load_clusters(url)
    assert left.drop(columns="geometry").equals(right.drop(columns="geometry"))
    assert left.geometry.geom_equals_exact(right.geometry, 0).all()
    left.loc[left.index[0], "note"] = "sau khi khôi phục"
    cg.save(left, copy)
    assert len(read_log(copy)) == len(read_log(url)) + 1
