"""Execute the notebooks and write them as Markdown pages for the site.

`python notebooks/render.py docs/notebooks`. A map is put in a file of its own, which the page frames.
"""

from __future__ import annotations

import html
import re
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbconvert import MarkdownExporter

_NOTEBOOKS = Path(__file__).parent
_MAP = re.compile(r'<iframe[^>]*srcdoc="(?P<page>[^"]*)"')
_TABLE = re.compile(r"<table.*</table>", re.DOTALL)


def render(notebook: Path, folder: Path) -> None:
    """Execute one notebook and write it, with its maps beside it."""
    executed = nbformat.read(notebook, as_version=4)
    # From the top of the checkout, as a reader who has just cloned it.
    NotebookClient(executed, timeout=300, resources={"metadata": {"path": str(_NOTEBOOKS.parent)}}).execute()
    folder.mkdir(parents=True, exist_ok=True)
    for number, cell in enumerate(executed.cells, start=1):
        for output in cell.get("outputs", ()):
            shown = output.get("data", {})
            if "text/html" in shown:
                beside = folder / f"{notebook.stem}_{number}.html"
                shown["text/html"] = _for_the_page(shown["text/html"], beside)
    text, resources = MarkdownExporter().from_notebook_node(executed)
    (folder / f"{notebook.stem}.md").write_text(text, encoding="utf-8")
    for name, content in resources["outputs"].items():
        (folder / name).write_bytes(content)


def _for_the_page(shown: str, beside: Path) -> str:
    if found := _MAP.search(shown):
        beside.write_text(html.unescape(found["page"]), encoding="utf-8")
        return f'<iframe class="map" src="{beside.name}" title="Map" loading="lazy"></iframe>'
    # Without the style that pandas adds: the site's own sheet draws all tables alike.
    found = _TABLE.search(shown)
    return f'<div class="notebook-output">{found[0]}</div>' if found else shown


if __name__ == "__main__":
    for path in sorted(_NOTEBOOKS.glob("*.ipynb")):
        render(path, Path(sys.argv[1]))
