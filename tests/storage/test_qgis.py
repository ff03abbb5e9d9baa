"""A GeoPackage of clusters, opened by QGIS's own library."""

import json
import os
import subprocess
from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest
from shapely.geometry import Point, box

import clusters_geo as cg

_PYTHON = "/usr/bin/python3"
_OPEN = """
import json, sys
from qgis.core import *
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor
app = QgsApplication([], False); app.initQgis()
layer = QgsVectorLayer(sys.argv[1], "x", "ogr")
s = QgsMapSettings(); s.setLayers([layer]); s.setOutputSize(QSize(400, 200))
s.setBackgroundColor(QColor("white"))
e = layer.extent(); e.grow(100); s.setExtent(e); s.setDestinationCrs(layer.crs())
job = QgsMapRendererParallelJob(s); job.start(); job.waitForFinished(); job.renderedImage().save(sys.argv[2])
r = layer.renderer()
i = layer.fields().indexOf("status")
print("RESULT" + json.dumps({"valid": layer.isValid(), "renderer": r.type(),
  "alias": {f.name(): layer.attributeAlias(n) for n, f in enumerate(layer.fields())},
  "legend": [c.label() for c in r.categories()] if r.type() == "categorizedSymbol" else [],
  "widget": layer.editorWidgetSetup(i).type(), "map": layer.editorWidgetSetup(i).config()}))
"""


def _qgis(file, picture):
    env = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    for name in ("PYTHONPATH", "PROJ_DATA", "PROJ_LIB", "GDAL_DATA"):
        env.pop(name, None)
    done = subprocess.run(
        [_PYTHON, "-c", _OPEN, str(file), str(picture)], env=env, capture_output=True, text=True, check=False
    )
    if not Path(_PYTHON).exists() or "No module named 'qgis'" in done.stderr:
        pytest.skip("QGIS is not installed: apt install python3-qgis")
    line = next((x for x in done.stdout.splitlines() if x.startswith("RESULT")), "")
    assert line, done.stderr
    return json.loads(line.removeprefix("RESULT"))


def _clusters(shapes):
    states = ["operating", "under_construction", "pending", None]
    return gpd.GeoDataFrame(
        {
            "name": ["A", "B", "C", "D"],
            "status": states,
            "planned_ha": [1.0, 2.0, 3.0, None],
            "riêng": list("abcd"),
        },
        index=["a", "b", "c", "d"],
        geometry=shapes,
        crs=5897,
    ).rename_axis("cluster_id")


@pytest.mark.qgis
@pytest.mark.parametrize("kind", ["polygons", "points"])
def test_qgis_opens_it_styled_and_in_vietnamese(tmp_path, kind):
    corners = [(560_000 + 300 * n, 2_330_000) for n in range(4)]
    shapes = [box(x, y, x + 200, y + 200) if kind == "polygons" else Point(x, y) for x, y in corners]
    file = cg.save(_clusters(shapes), tmp_path / "cụm.gpkg")
    picture = Path(os.environ.get("QGIS_PICTURES", tmp_path)) / f"{kind}.png"
    found = _qgis(tmp_path / "cụm.gpkg", picture)
    assert found["valid"]
    assert found["renderer"] == "categorizedSymbol"
    assert found["legend"] == ["Đang hoạt động", "Đang xây dựng hạ tầng", "Chưa khởi công", "?"]
    assert found["alias"]["planned_ha"] == "Diện tích theo quy hoạch (ha)"
    assert found["alias"]["riêng"] == ""
    assert found["widget"] == "ValueMap"
    assert {"Đang hoạt động": "operating"} in found["map"]["map"]
    assert picture.stat().st_size > 500
    assert file is not None


def test_the_style_is_no_layer_of_clusters_when_read_again(tmp_path):
    clusters = _clusters([box(x, 2_330_000, x + 200, 2_330_200) for x in range(560_000, 561_200, 300)])
    cg.save(clusters, tmp_path / "a.gpkg")
    assert "layer_styles" in [name for name, _ in pyogrio.list_layers(tmp_path / "a.gpkg")]
    assert cg.load_clusters(tmp_path / "a.gpkg").index.tolist() == list("abcd")
