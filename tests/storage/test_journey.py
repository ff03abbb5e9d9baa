"""One register on its whole way: Excel, PostGIS, an edit in QGIS, a form, a vintage, a comparison, a map."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from click.testing import CliRunner
from PIL import Image
from tests_of_storage import PASSWORD, PYTHON, qgis

import clusters_geo as cg
from clusters_geo.cli import app

HERE = Path(__file__).parent
DOCS = HERE.parents[1] / "docs"

# As a department keeps it: two rows above the table, a section a district, figures as text, no codes.
HEADS = ["STT", "Tên cụm", "Huyện", "Diện tích (ha)", "Đất công nghiệp (ha)", "Đã cho thuê (ha)"]
DAY = "31/12/2025"
SHEET = [
    ["SỞ CÔNG THƯƠNG"],
    ["DANH SÁCH CỤM CÔNG NGHIỆP"],
    [*HEADS, "Tình trạng", "Thời điểm"],
    [1, "CCN Ninh Sở", "Thường Tín", "18,5", "12", "9,5", "Đang hoạt động", DAY],
    [2, "CCN Quất Động", "Thường Tín", "70,25", "50", "20", "Đang hoạt động", DAY],
    [3, "CCN Phú Thị", "Gia Lâm", "20", None, None, "Chưa khởi công", DAY],
]
OF_QGIS = {"leased_ha": 30.5, "status": "operating", "as_of": "2026-06-14", "note": "sửa trong QGIS"}


def workbook(path):
    book = openpyxl.Workbook()
    for row in SHEET:
        book.active.append(row)
    book.save(path)
    return path


def run(*arguments, codes=(0,)):
    done = CliRunner().invoke(app, [*map(str, arguments), "--lang", "en"])
    assert done.exit_code in codes, done.output
    return done.output


def edited(server, url, cluster):
    """Change the cluster in QGIS's library; where there is none, by the same statement, and say so."""
    name = url.rpartition("/")[2]
    source = f"host=127.0.0.1 port={server.port} dbname={name} user=planner password='{PASSWORD}' "
    # As a table: the register has no outlines yet, and among polygons QGIS shows none without.
    source += 'key=cluster_id table="clusters_geo"."cluster"'
    try:
        done = qgis(HERE / "qgis_edit.py", source, cluster, json.dumps(OF_QGIS, ensure_ascii=False))
        assert done["saved"], done["errors"]
    except pytest.skip.Exception:
        server.sql(
            "UPDATE clusters_geo.cluster SET leased_ha = %s, status = %s, as_of = %s, note = %s"
            " WHERE cluster_id = %s",
            url,
            (*OF_QGIS.values(), cluster),
        )
        print("NOT edited in QGIS: it is not installed; edited by SQL instead", file=sys.stderr)  # noqa: T201


@pytest.mark.qgis
def test_from_excel_to_a_map_by_way_of_postgis_and_qgis(server, tmp_path):
    url = server.database()
    run("register", "init", url)
    run("convert", workbook(tmp_path / "so.xlsx"), url, "--units", "hanoi-districts")
    first = cg.load_clusters(url)
    assert first["as_of"].dt.strftime("%Y-%m-%d").unique().tolist() == ["2025-12-31"]
    cluster = first.index[first["name"].str.contains("Quất Động")].item()

    edited(server, url, cluster)
    now = cg.load_clusters(url).loc[cluster]
    assert (now["leased_ha"], now["status"], now["note"]) == (30.5, "operating", "sửa trong QGIS")

    form = tmp_path / "bieu-04.csv"
    run("form", "04", url, "--period", "2026-H1", "--output", form, codes=(0, 1))
    lines = pd.read_csv(form, dtype={"row": "string"}).set_index("row")["result"]
    # Industrial land, of it leased with what was typed into QGIS, and the rate of both.
    assert lines[["17", "18"]].tolist() == [62.0, 40.0]
    assert lines["19"] in (pytest.approx(40 / 62), pytest.approx(4000 / 62))

    for day in ("2025-12-31", "2026-06-30"):
        cg.save_vintage(cg.load_clusters(url, as_of=day), tmp_path / "ky", day)
    for before, after in (
        (f"{url}@2025-12-31", f"{url}@2026-06-30"),
        (tmp_path / "ky@2025", tmp_path / "ky"),
    ):
        told = json.loads(run("compare", before, after, "--measure", "leased_ha", "--format", "json"))
        changed = [row for row in told["changes"] if row["column"] == "leased_ha"]
        assert [(row["cluster_id"], float(row["before"]), float(row["after"])) for row in changed] == [
            (cluster, 20.0, 30.5)
        ]
        steps = {row["step"]: row["hectares"] for row in told["bridge"]}
        assert (steps["before"], steps["grown"], steps["after"]) == (29.5, 10.5, 40.0)

    page = tmp_path / "map.html"
    run("map", url, "--units", "hanoi-districts", "--output", page)
    assert "Quất Động" in page.read_text(encoding="utf-8")
    assert PASSWORD not in page.read_text(encoding="utf-8")


@pytest.mark.qgis
def test_the_print_layout_is_a_whole_sheet_in_vietnamese(tmp_path):
    clusters, _ = cg.load_hanoi()
    cg.save(clusters, tmp_path / "hn.gpkg", crs="vn2000")
    picture = Path(os.environ.get("QGIS_PICTURES", tmp_path)) / "print.png"
    told = qgis(HERE / "qgis_print.py", DOCS / "qgis" / "a4-ngang.qpt", tmp_path / "hn.gpkg", picture)
    assert told["result"] == 0
    assert {"map", "legend", "scalebar", "title", "note"} <= {*told["ids"]}
    assert any("EPSG:5897" in text and "1:" in text for text in told["texts"])
    with Image.open(picture) as sheet:
        width, height = sheet.size
        assert width / height == pytest.approx(297 / 210, abs=0.01)
        # The frame of the map is whole: dark below, white beneath it.
        below = sheet.convert("L").crop((0, int(height * 0.975), width, height))
        assert below.getextrema()[0] > 200


@pytest.mark.qgis
def test_the_processing_script_gives_a_layer_an_audit_and_a_form(tmp_path):
    program = Path("/usr/bin/qgis_process.bin")
    program = program if program.exists() else Path("/usr/bin/qgis_process")
    if PYTHON is None or not program.exists():
        pytest.skip("SKIPPED: qgis_process is not installed (apt-get install qgis): the script is NOT run")
    scripts = tmp_path / "home/QGIS/QGIS3/profiles/default/processing/scripts"
    scripts.mkdir(parents=True)
    for file in ("clusters_geo_forms.py", "clusters_geo_forms.csv"):
        (scripts / file).write_bytes((DOCS / "qgis" / file).read_bytes())
    left_out = ("PYTHONPATH", "PROJ_DATA", "PROJ_LIB", "GDAL_DATA", "VIRTUAL_ENV")
    env = {name: value for name, value in os.environ.items() if name not in left_out}
    env |= {"HOME": str(tmp_path / "home"), "XDG_DATA_HOME": str(tmp_path / "home")}
    ours = Path(sys.executable).with_name("clusters-geo")
    told = {"INPUT": workbook(tmp_path / "so.xlsx"), "FORM": 1, "PERIOD": "2024", "PROGRAM": ours}
    told["FOLDER"] = tmp_path / "kết quả"
    done = subprocess.run(
        [str(program), "run", "script:clusters_geo_forms", "--", *(f"{k}={v}" for k, v in told.items())],
        env={**env, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert "FORM_FILE:" in done.stdout, done.stdout + done.stderr
    names = sorted(file.name for file in (tmp_path / "kết quả").iterdir())
    assert names == ["audit.html", "clusters.gpkg", "form-04.xlsx"]
    assert len(cg.load_clusters(tmp_path / "kết quả" / "clusters.gpkg")) == 3
