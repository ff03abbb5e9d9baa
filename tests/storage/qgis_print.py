"""Run by the Python that has QGIS: put a layer on the print layout and draw the sheet.

python3 qgis_print.py TEMPLATE SOURCE PICTURE
"""

import json
import sys
from pathlib import Path

from qgis.core import (
    QgsApplication,
    QgsLayoutExporter,
    QgsLayoutItemLabel,
    QgsPrintLayout,
    QgsProject,
    QgsReadWriteContext,
    QgsVectorLayer,
)
from qgis.PyQt.QtXml import QDomDocument


def main():
    template, source, picture = sys.argv[1:4]
    app = QgsApplication([], False)  # noqa: FBT003
    app.initQgis()
    project = QgsProject.instance()
    layer = QgsVectorLayer(source, "Cụm công nghiệp", "ogr")
    project.addMapLayer(layer)
    project.setCrs(layer.crs())
    document = QDomDocument()
    document.setContent(Path(template).read_text(encoding="utf-8"))
    layout = QgsPrintLayout(project)
    items, _ = layout.loadFromTemplate(document, QgsReadWriteContext())
    sheet = layout.itemById("map")
    extent = layer.extent()
    extent.scale(1.05)
    sheet.zoomToExtent(extent)
    settings = QgsLayoutExporter.ImageExportSettings()
    settings.dpi = 110
    result = QgsLayoutExporter(layout).exportToImage(picture, settings)
    texts = [item.currentText() for item in items if isinstance(item, QgsLayoutItemLabel)]
    ids = [item.id() for item in items if hasattr(item, "id")]
    print("RESULT" + json.dumps({"result": int(result), "ids": ids, "texts": texts}))  # noqa: T201


main()
