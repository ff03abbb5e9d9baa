"""Print the oldest version of each direct dependency that a pyproject.toml allows, as constraints."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement

project = tomllib.loads(Path(sys.argv[1]).read_text())["project"]
optional = project.get("optional-dependencies", {}).values()
for line in [*project["dependencies"], *(line for extra in optional for line in extra)]:
    needed = Requirement(line)
    lowest = [spec.version for spec in needed.specifier if spec.operator in {">=", "=="}]
    if needed.marker is None or needed.marker.evaluate():
        print(f"{needed.name}=={lowest[0]}")
