"""The application, not its library: relations, forms, what is typed into them, in one start of QGIS."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from tests_of_storage import PASSWORD

import clusters_geo as cg
from clusters_geo.storage.register import init_register, load_register, read_log

CLUSTER, UNIT = "Cơ kim khí Phùng Xá", "Thạch Thất"
# What the schema refuses, then what a spin box would round.
TYPED = [("leased_ha", "-3"), ("leased_ha", "8.345")]


@pytest.fixture(scope="module")
def told(server, tmp_path_factory):
    """Return what QGIS made of a GeoPackage and of a register with the same clusters and units."""
    folder = tmp_path_factory.mktemp("desktop")
    run, qgis = shutil.which("xvfb-run"), shutil.which("qgis")
    if not run or not qgis:
        pytest.skip("SKIPPED: QGIS or Xvfb is not installed (apt-get install qgis xvfb): NOT opened in QGIS")
    clusters, units = cg.load_hanoi()[0], cg.load_units("hanoi-districts")
    url = server.database()
    init_register(url)
    for target in (folder / "so.gpkg", url):
        cg.save(clusters[clusters["district"] == UNIT], target, units=units)
    # Somebody gives it another name; the styles within still find the units.
    (folder / "so.gpkg").rename(folder / "sổ mới.gpkg")
    file, name = f"{folder / 'sổ mới.gpkg'}|layername=", url.rpartition("/")[2]
    base = f"host=127.0.0.1 port={server.port} dbname={name} user=planner password='{PASSWORD}' "
    base += 'key=cluster_id srid=5897 type=Polygon table="clusters_geo"."cluster" (geometry)'
    asked = {"unit": UNIT, "cluster": CLUSTER, "type": TYPED}
    task = {
        "gpkg": {"provider": "ogr", "clusters": f"{file}so", **asked},
        "postgis": {"provider": "postgres", "clusters": base, **asked},
    }
    out = Path(os.environ.get("QGIS_PICTURES", folder))
    env = {name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ}
    env |= {"HOME": str(folder), "LANG": "vi_VN.UTF-8", "CLUSTERS_GEO_OUT": str(out)}
    env |= {"CLUSTERS_GEO_TASK": json.dumps(task), "XDG_RUNTIME_DIR": str(folder)}
    window = [run, "--auto-servernum", "--server-args=-screen 0 1400x1000x24"]
    ours = ["--nologo", "--noversioncheck", "--profiles-path", folder / "profile"]
    script = Path(__file__).with_name("qgis_desktop.py")
    done = subprocess.run(
        [*window, qgis, *ours, "--code", script], env=env, capture_output=True, check=False, timeout=90
    )
    answer = out / "answer.json"
    assert answer.exists(), done.stderr[-2000:]
    found = json.loads(answer.read_text(encoding="utf-8"))
    assert "fault" not in found, found["fault"]
    return found | {"url": url, "file": folder / "sổ mới.gpkg"}


@pytest.mark.qgis
@pytest.mark.parametrize("kind", ["gpkg", "postgis"])
def test_a_unit_shows_its_clusters(told, kind):
    clusters, _ = cg.load_hanoi()
    names = sorted(clusters.loc[clusters["district"] == UNIT, "name"])
    assert len(names) > 5
    found = told[kind]["related"]
    assert len(found) == 1
    assert next(iter(found)).startswith("Cụm trong đơn vị: ")
    assert list(found.values()) == [names]


@pytest.mark.qgis
@pytest.mark.parametrize("kind", ["gpkg", "postgis"])
def test_a_form_takes_a_figure_to_the_last_digit_and_refuses_a_negative_one(told, kind):
    assert told[kind]["taken"]["-3"] == [False, "NULL"]
    assert told[kind]["taken"]["8.345"] == [True, 8.345]
    assert told[kind]["saved"], told[kind]["errors"]


@pytest.mark.qgis
def test_what_was_typed_stands_in_the_file_and_in_the_register_with_who_typed_it(told):
    for clusters in (cg.load_clusters(told["file"]), load_register(told["url"])):
        assert clusters.set_index("name").loc[CLUSTER, "leased_ha"] == 8.345
    log = read_log(told["url"])
    last = log[log["column"] == "leased_ha"].iloc[-1]
    assert (last["value"], last["who"]) == ("8.345", "planner")
