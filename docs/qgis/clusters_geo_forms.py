"""A Processing script for QGIS: a register in, a layer with its styles, an audit and a half-year form out.

Put this file and `clusters_geo_forms.csv` into processing/scripts of the profile's folder (Settings, User
Profiles). QGIS has a Python of its own: the work is done by the program `clusters-geo`, wherever that is.
"""

from __future__ import annotations

import csv
import os
import subprocess
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessingAlgorithm,
    QgsProcessingException,
    QgsProcessingOutputFile,
    QgsProcessingOutputVectorLayer,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFile,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterString,
    QgsSettings,
)

__all__ = ["FormsOfRegister"]

FORMS = ("03", "04")


def words() -> dict[str, str]:
    """Return the words of the script, in Vietnamese unless QGIS speaks English."""
    lang = "en" if str(QgsSettings().value("locale/userLocale", "vi")).startswith("en") else "vi"
    with Path(__file__).with_suffix(".csv").open(encoding="utf-8", newline="") as file:
        return {row["key"]: row[lang] for row in csv.DictReader(file)}


class FormsOfRegister(QgsProcessingAlgorithm):
    """Load, audit, and fill in a form."""

    def name(self) -> str:
        """Return the name by which qgis_process calls it."""
        return "clusters_geo_forms"

    def displayName(self) -> str:  # noqa: N802 - QGIS calls it
        """Return its name for people."""
        return words()["name"]

    def shortHelpString(self) -> str:  # noqa: N802 - QGIS calls it
        """Return what it does."""
        return words()["help"]

    def createInstance(self) -> FormsOfRegister:  # noqa: N802 - QGIS calls it
        """Return another one."""
        return FormsOfRegister()

    def initAlgorithm(self, config: dict[str, Any] | None = None) -> None:  # noqa: N802 - QGIS calls it
        """Say what it takes and gives."""
        del config
        say = words()
        parameters = [
            QgsProcessingParameterFile("INPUT", say["input"]),
            QgsProcessingParameterEnum("FORM", say["form"], options=[*FORMS], defaultValue=1),
            QgsProcessingParameterString("PERIOD", say["period"], defaultValue="2026-H1"),
            QgsProcessingParameterString("UNIT", say["unit"], optional=True),
            QgsProcessingParameterString("PROGRAM", say["program"], defaultValue="clusters-geo"),
            QgsProcessingParameterFolderDestination("FOLDER", say["folder"]),
        ]
        for parameter in parameters:
            self.addParameter(parameter)
        self.addOutput(QgsProcessingOutputVectorLayer("LAYER", say["layer"]))
        self.addOutput(QgsProcessingOutputFile("AUDIT", say["audit"]))
        self.addOutput(QgsProcessingOutputFile("FORM_FILE", say["form_file"]))

    def processAlgorithm(self, parameters: Any, context: Any, feedback: Any) -> dict[str, str]:  # noqa: ANN401, N802
        """Run the three steps; a refusal of the program stops them with its sentence."""
        told = {n: self.parameterAsString(parameters, n, context) for n in ("PERIOD", "UNIT", "PROGRAM")}
        register = self.parameterAsFile(parameters, "INPUT", context)
        form = FORMS[self.parameterAsEnum(parameters, "FORM", context)]
        folder = Path(self.parameterAsString(parameters, "FOLDER", context))
        folder.mkdir(parents=True, exist_ok=True)
        files = {"LAYER": "clusters.gpkg", "AUDIT": "audit.html", "FORM_FILE": f"form-{form}.xlsx"}
        paths = {name: str(folder / file) for name, file in files.items()}
        unit = ["--unit", told["UNIT"]] if told["UNIT"] else []
        steps = [
            ["convert", register, paths["LAYER"]],
            ["audit", register, "--fail-on", "never", "--output", paths["AUDIT"]],
            ["form", form, register, "--period", told["PERIOD"], *unit, "--output", paths["FORM_FILE"]],
        ]
        for at, step in enumerate(steps):
            run([told["PROGRAM"], *step], feedback)
            feedback.setProgress(100 * (at + 1) / len(steps))
        return paths


def run(command: list[str], feedback: Any) -> None:  # noqa: ANN401 - QGIS has no types
    """Run one command of clusters-geo, without what QGIS's own libraries need."""
    apart = ("PYTHONHOME", "PYTHONPATH", "GDAL_DATA", "PROJ_LIB", "LD_LIBRARY_PATH")
    environment = {name: value for name, value in os.environ.items() if name not in apart}
    feedback.pushInfo(" ".join(command))
    try:
        done = subprocess.run(  # noqa: S603 - what the person chose
            command, env=environment, capture_output=True, text=True, check=False, encoding="utf-8"
        )
    except OSError as error:
        raise QgsProcessingException(words()["no_program"].format(program=command[0])) from error
    for line in (done.stdout + done.stderr).splitlines():
        feedback.pushInfo(line)
    # 1 says that there are findings, and the file is written.
    if done.returncode not in (0, 1):
        raise QgsProcessingException(done.stderr.strip() or words()["failed"])
