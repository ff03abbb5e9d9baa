"""Run by QGIS itself, its window and all: relate clusters to units, type into a form, save.

qgis --code qgis_desktop.py, with the task as JSON in CLUSTERS_GEO_TASK and the folder of pictures and of the
answer in CLUSTERS_GEO_OUT. Relations of a style are resolved by the application, not by its library.
"""

import json
import os
import traceback
from pathlib import Path

from qgis.core import QgsApplication, QgsCoordinateReferenceSystem, QgsFeatureRequest, QgsProject
from qgis.gui import QgsAttributeDialog
from qgis.PyQt.QtCore import QTimer
from qgis.PyQt.QtWidgets import QDialogButtonBox, QLineEdit, QTabWidget
from qgis.utils import iface

OUT = Path(os.environ["CLUSTERS_GEO_OUT"])


def opened(task):
    """Open the clusters, as a person does; return the units, which QGIS finds by itself, and the clusters."""
    # In another system QGIS would ask which way from VN-2000 to go.
    QgsProject.instance().setCrs(QgsCoordinateReferenceSystem("EPSG:5897"))
    clusters = iface.addVectorLayer(task["clusters"], "clusters", task["provider"])
    layers = QgsProject.instance().mapLayers().values()
    return next(layer for layer in layers if layer is not clusters), clusters


def one(layer, name):
    return next(layer.getFeatures(QgsFeatureRequest().setFilterExpression(f"\"name\" = '{name}'")))


def related(units, unit):
    """Return the clusters of a unit by each relation there is."""
    relations = QgsProject.instance().relationManager().referencedRelations(units)
    return {
        f"{relation.name()}: {relation.resolveReferencingField('name')}": sorted(
            cluster["name"] for cluster in relation.getRelatedFeatures(one(units, unit))
        )
        for relation in relations
    }


def grabbed(dialog, file, size=(900, 560)):
    dialog.resize(*size)
    dialog.show()
    for _ in range(20):
        QgsApplication.processEvents()
    dialog.grab().save(str(OUT / file))


def typed(layer, task, picture):
    """Type each figure into its cell on the form; return whether it may be taken, and what the layer has."""
    layer.startEditing()
    taken = {}
    for name, text in task["type"]:
        cluster = one(layer, task["cluster"])
        dialog = QgsAttributeDialog(layer, cluster, False, None, False)  # noqa: FBT003
        form = dialog.attributeForm()
        cell = form.findChild(QLineEdit, name)
        cell.setText(text)
        for tabs in form.findChildren(QTabWidget):
            tabs.setCurrentIndex(1)
        grabbed(dialog, f"{picture}-{text}.png")
        button = dialog.findChild(QDialogButtonBox).button(QDialogButtonBox.Ok)
        taken[text] = [button.isEnabled(), None]
        button.click()
        taken[text][1] = layer.getFeature(cluster.id())[name]
        dialog.close()
    return {"taken": taken, "saved": layer.commitChanges(), "errors": layer.commitErrors()}


def answer(task):
    told = {}
    for kind, layers in task.items():
        units, clusters = opened(layers)
        told[kind] = {"related": related(units, layers["unit"]), **typed(clusters, layers, kind)}
        dialog = iface.getFeatureForm(units, one(units, layers["unit"]))
        grabbed(dialog, f"{kind}-unit.png")
        QgsProject.instance().clear()
    return told


def main():
    try:
        told = answer(json.loads(os.environ["CLUSTERS_GEO_TASK"]))
    except Exception:  # noqa: BLE001 - whatever it is, the test tells it
        told = {"fault": traceback.format_exc()}
    (OUT / "answer.json").write_text(json.dumps(told, default=str), encoding="utf-8")
    # The window would ask whether to save the project.
    os._exit(0)


QTimer.singleShot(500, main)
