"""Run by the Python that has QGIS: open a layer as QGIS does, tell what it makes of it, draw each style.

python3 qgis_look.py PROVIDER SOURCE FOLDER [SOURCE-OF-UNITS]
"""

import json
import sys
from pathlib import Path

from qgis.core import (
    QgsApplication,
    QgsExpressionContext,
    QgsExpressionContextUtils,
    QgsFeatureRequest,
    QgsFieldConstraints,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsProject,
    QgsValueRelationFieldFormatter,
    QgsVectorLayer,
    QgsVectorLayerUtils,
)
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor
from qgis.PyQt.QtXml import QDomDocument


def drawn(layer, file):
    settings = QgsMapSettings()
    settings.setLayers([layer])
    settings.setOutputSize(QSize(900, 700))
    settings.setBackgroundColor(QColor("white"))
    extent = layer.extent()
    extent.scale(1.1)
    settings.setExtent(extent)
    settings.setDestinationCrs(layer.crs())
    # As the canvas does: expressions know the scale.
    context = QgsExpressionContext()
    context.appendScope(QgsExpressionContextUtils.mapSettingsScope(settings))
    settings.setExpressionContext(context)
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    job.renderedImage().save(str(file))


def classes(layer):
    renderer = layer.renderer()
    if renderer.type() != "categorizedSymbol":
        return {}
    counts = {category.label(): 0 for category in renderer.categories()}
    column = renderer.classAttribute()
    values, _ = QgsVectorLayerUtils.getValues(layer, column)
    for value in values:
        counts[next(c.label() for c in renderer.categories() if c.value() == value)] += 1
    return counts


def tabs(layer):
    return {tab.name(): [one.name() for one in tab.children()] for tab in layer.editFormConfig().tabs()}


def fields(layer):
    told = {}
    config = layer.editFormConfig()
    for at, field in enumerate(layer.fields()):
        setup = layer.editorWidgetSetup(at)
        constraints = layer.fields().at(at).constraints()
        told[field.name()] = {
            "alias": layer.attributeAlias(at),
            "widget": setup.type(),
            "map": setup.config().get("map"),
            "editable": not config.readOnly(at),
            "expression": constraints.constraintExpression(),
            "said": constraints.constraintDescription(),
            "not_null": bool(constraints.constraints() & QgsFieldConstraints.ConstraintNotNull),
        }
    return told


def units_of(layer):
    """Return what the form offers for the columns that name a unit."""
    offered = {}
    for at, field in enumerate(layer.fields()):
        setup = layer.editorWidgetSetup(at)
        if setup.type() == "ValueRelation":
            cache = QgsValueRelationFieldFormatter.createCache(setup.config())
            offered[field.name()] = [item.value for item in cache]
    return {"offered": offered}


def main():
    provider, source, folder = sys.argv[1:4]
    app = QgsApplication([], False)  # noqa: FBT003
    app.initQgis()
    layer = QgsVectorLayer(source, "clusters", provider)
    assert layer.isValid(), layer.error().message()
    QgsProject.instance().addMapLayer(layer)
    count, ids, names, _, _ = layer.listStylesInDatabase()
    told = {"default": classes(layer), "tabs": tabs(layer), "fields": fields(layer), "styles": {}}
    told["labels"] = layer.labelsEnabled()
    told["display"] = layer.displayExpression()
    if len(sys.argv) > 4:
        units = QgsVectorLayer(sys.argv[4], "administrative_units" if provider == "ogr" else "unit", provider)
        assert units.isValid(), units.error().message()
        QgsProject.instance().addMapLayer(units)
        told |= units_of(layer)
    drawn(layer, Path(folder) / "default.png")
    for at in range(max(count, 0)):
        qml, _ = layer.getStyleFromDatabase(ids[at])
        document = QDomDocument()
        document.setContent(qml)
        assert layer.importNamedStyle(document)[0]
        told["styles"][names[at]] = classes(layer)
        drawn(layer, Path(folder) / f"{at}.png")
    told["first"] = next(layer.getFeatures(QgsFeatureRequest().setLimit(1))).attributes()[:3]
    print("RESULT" + json.dumps(told, default=str))  # noqa: T201


main()
