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
_FRAME = re.compile(r'<iframe[^>]*srcdoc="(?P<page>[^"]*)".*?</iframe>', re.DOTALL)
_TABLE = re.compile(r"<div>\s*<style scoped>.*?</style>(?P<table>.*?)</div>", re.DOTALL)


def render(notebook: Path, folder: Path) -> None:
    """Execute one notebook and write it, with its maps beside it."""
    executed = nbformat.read(notebook, as_version=4)
    # From the top of the checkout, as a reader who has just cloned it.
    NotebookClient(executed, timeout=300, resources={"metadata": {"path": str(_NOTEBOOKS.parent)}}).execute()
    maps: list[str] = []

    def framed(found: re.Match[str]) -> str:
        maps.append(html.unescape(found["page"]))
        name = f"{notebook.stem}_map_{len(maps)}.html"
        return f'<iframe class="map" src="{name}" title="Map" loading="lazy"></iframe>'

    text, resources = MarkdownExporter().from_notebook_node(executed)
    # What pandas styles by itself would look foreign on the page; the site's own sheet does it.
    text = _TABLE.sub(lambda found: f'<div class="notebook-output">{found["table"]}</div>', text)
    page = _FRAME.sub(framed, text)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{notebook.stem}.md").write_text(page, encoding="utf-8")
    for number, content in enumerate(maps, start=1):
        (folder / f"{notebook.stem}_map_{number}.html").write_text(content, encoding="utf-8")
    for name, content in resources["outputs"].items():
        (folder / name).write_bytes(content)


if __name__ == "__main__":
    for path in sorted(_NOTEBOOKS.glob("*.ipynb")):
        render(path, Path(sys.argv[1]))
