"""One map for each district, and an index that leads to them."""

from __future__ import annotations

import signal
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

from clusters_geo.errors import SchemaError
from clusters_geo.maps.city import ClusterMap, Look, save_map
from clusters_geo.maps.content import Content, Tables
from clusters_geo.maps.measures import classes
from clusters_geo.names import slug
from clusters_geo.words.progress import notebook_progress
from clusters_geo.writing import replaced_folder

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    import geopandas as gpd
    import pandas as pd

    from clusters_geo.maps.city import Theme
    from clusters_geo.maps.plain import JSON
    from clusters_geo.schema import Language

__all__ = ["save_district_maps"]

_INDEX = "index"
# So many maps go to a process at once: the tables travel with each errand.
_CHUNK = 4


def save_district_maps(  # noqa: PLR0913 - all but the tables and the folder is keyword-only
    clusters: gpd.GeoDataFrame,
    districts: gpd.GeoDataFrame,
    folder: str | os.PathLike[str],
    *,
    lang: Language = "vi",
    title: str | Mapping[str, str] | None = None,
    theme: Theme = "auto",
    tiles: str | None = None,
    attribution: str | None = None,
    measure: str | None = None,
    breaks: Sequence[float] | None = None,
    classing: str = "auto",
    findings: pd.DataFrame | None = None,
    progress: Callable[[str], None] | None = None,
    workers: int = 1,
) -> dict[str, Path]:
    """Write an offline map for every district, and `index.html`, the map of all with links to them.

    Each has its own totals, table and findings; the neighbours are drawn in grey. Classes of colours are
    those of the whole city, so that the maps can be compared.

    Parameters
    ----------
    clusters, districts
        As for `make_map`.
    folder
        Where to; made if missing; all maps appear in it together. Files are named after the district, such
        as `thuong-tin.html`; two of one name also after what they are part of, `phung-xa-my-duc.html`.
    lang, title, theme, tiles, attribution, measure, breaks, classing, findings
        As for `make_map`; the name of the district stands before the title.
    progress
        Called with the name of each district when its map is written; None for a bar in a notebook.
    workers
        How many processes write maps; the files are the same. A process takes seconds to start and a map
        a tenth of one, so one is quickest for a few. A script that asks for more needs the guard
        `if __name__ == "__main__":`, as for any use of multiprocessing.

    Returns
    -------
    The file of each district by name, and that of the index under the empty name.

    Raises
    ------
    SchemaError, CRSError
        As `make_map`; SchemaError also if there is no district.
    SourceError
        If a file cannot be written.

    Examples
    --------
    >>> import clusters_geo as cg
    >>> clusters, districts = cg.load_hanoi()
    >>> few = districts[districts["name"].isin(["Thường Tín", "Ba Vì"])]
    >>> {name: file.name for name, file in save_district_maps(clusters, few, tmp).items()}
    {'Ba Vì': 'ba-vi.html', 'Thường Tín': 'thuong-tin.html', '': 'index.html'}
    """
    if districts.empty:
        raise SchemaError("map.no-districts")
    look = Look.of(lang=lang, title=title, theme=theme, tiles=tiles, attribution=attribution)
    content = Content.of(Tables.of(clusters, districts), classes(measure, classing, breaks))
    # As the maps call them: two of one name are told apart by what they are part of, in their files as well.
    files = _file_names(content.tables.districts["name"])
    step = notebook_progress() if progress is None else None
    with replaced_folder(folder) as staged:
        pack = _Pack(content, look, findings, staged)
        for done, (name, _) in enumerate(zip(files, _each(pack, files, workers), strict=True), start=1):
            if progress is not None:
                progress(name)
            elif step is not None:
                step(done, len(files), name)
        pack.write(None, f"{_INDEX}.html", {"files": files})
    return {name: Path(folder) / file for name, file in (files | {"": f"{_INDEX}.html"}).items()}


@dataclass(frozen=True, slots=True)
class _Pack:
    """What all maps of a pack are made from; goes to other processes as a whole."""

    content: Content
    look: Look
    findings: pd.DataFrame | None
    folder: Path

    def district(self, name: str, file: str) -> Path:
        return self.write(name, file, {"index": f"{_INDEX}.html"})

    def write(self, name: str | None, file: str, links: dict[str, JSON]) -> Path:
        page = self.look.settings(name) | self.content.page(findings=self.findings, focus=name) | links
        lang = self.look.lang
        title = self.look.heading(lang, name)
        noscript = partial(self.content.without_script, focus=name, lang=lang, title=title)
        return save_map(ClusterMap(page, lang=lang, title=title, noscript=noscript), self.folder / file)


def _each(pack: _Pack, files: Mapping[str, str], workers: int) -> Iterator[Path]:
    """Write the maps of the districts in order, and tell where each is."""
    if workers <= 1:
        yield from map(pack.district, files, files.values())
        return
    # Workers leave an interrupt to us: each finishes the file it is at, and the rest is called off.
    with ProcessPoolExecutor(
        min(workers, len(files)),
        mp_context=get_context("spawn"),
        initializer=signal.signal,
        initargs=(signal.SIGINT, signal.SIG_IGN),
    ) as executor:
        yield from executor.map(pack.district, files, files.values(), chunksize=_CHUNK)


def _file_names(names: Iterable[str]) -> dict[str, str]:
    """Return a file name in plain ASCII for each district, no two the same."""
    taken = {_INDEX}
    files = {}
    for name in sorted(names, key=slug):
        stem = slug(name) or "district"
        free = next(s for s in (stem, *(f"{stem}-{n}" for n in range(2, len(taken) + 3))) if s not in taken)
        taken.add(free)
        files[name] = f"{free}.html"
    return files
