"""Run by the Python that has QGIS: change cells of one cluster as a person does in the form, and save.

python3 qgis_edit.py SOURCE CLUSTER CELLS-AS-JSON
"""

import json
import sys

from qgis.core import QgsApplication, QgsFeatureRequest, QgsVectorLayer


def main():
    source, cluster, cells = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
    app = QgsApplication([], False)  # noqa: FBT003
    app.initQgis()
    layer = QgsVectorLayer(source, "clusters", "postgres")
    assert layer.isValid(), layer.error().message()
    request = QgsFeatureRequest().setFilterExpression(f"\"cluster_id\" = '{cluster}'")
    feature = next(layer.getFeatures(request))
    assert layer.startEditing()
    for name, value in cells.items():
        at = layer.fields().indexOf(name)
        expression = layer.fields().at(at).constraints().constraintExpression()
        assert layer.changeAttributeValue(feature.id(), at, value), name
        assert not layer.editFormConfig().readOnly(at), name
        assert expression or name in {"as_of", "status", "note"}, name
    saved = layer.commitChanges()
    print("RESULT" + json.dumps({"saved": saved, "errors": layer.commitErrors()}))  # noqa: T201


main()
