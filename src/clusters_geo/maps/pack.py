"""One map for each district, and an index that leads to them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from clusters_geo.errors import SchemaError
from clusters_geo.maps.city import ClusterMap, Look
from clusters_geo.maps.content import Content, Tables
from clusters_geo.maps.measures import require_classing
from clusters_geo.maps.save import save_map
from clusters_geo.names import slug

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Mapping

    import geopandas as gpd
    import pandas as pd

    from clusters_geo.maps.city import Theme
    from clusters_geo.schema import Language

__all__ = ["save_district_maps"]

_INDEX = "index"


def save_district_maps(  # noqa: PLR0913 - all but the tables and the folder is keyword-only
    clusters: gpd.GeoDataFrame,
    districts: gpd.GeoDataFrame,
    folder: str | os.PathLike[str],
    *,
    lang: Language = "vi",
    title: str | Mapping[str, str] | None = None,
    theme: Theme = "auto",
    tiles: str | None = "OpenStreetMap.Mapnik",
    attribution: str | None = None,
    classing: str = "quantiles",
    findings: pd.DataFrame | None = None,
    progress: Callable[[str], None] | None = None,
) -> dict[str, Path]:
    """Write an offline map for every district, and `index.html`, the map of all with links to them.

    Each has its own totals, table and findings; the neighbours are drawn in grey. Classes of colours are
    those of the whole city, so that the maps can be compared.

    Parameters
    ----------
    clusters, districts
        As for `make_map`.
    folder
        Where to; made if missing. Files are named after the district, such as `thuong-tin.html`.
    lang, title, theme, tiles, attribution, classing, findings
        As for `make_map`; the name of the district stands before the title.
    progress
        Called with the name of each district when its map is written.

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
        msg = "There is no district to write a map for; give a layer of districts, or use save_map."
        raise SchemaError(msg)
    look = Look.of(lang=lang, title=title, theme=theme, tiles=tiles, attribution=attribution)
    content = Content.of(Tables.of(clusters, districts), require_classing(classing))
    files = _file_names(districts["name"])
    written = {}
    for name, file in files.items():
        page = look.settings(name) | content.page(findings=findings, focus=name)
        m = ClusterMap(page | {"index": f"{_INDEX}.html"}, lang=lang, title=look.heading(lang, name))
        written[name] = save_map(m, Path(folder) / file)
        if progress is not None:
            progress(name)
    overview = look.settings(None) | content.page(findings=findings) | {"files": files}
    m = ClusterMap(overview, lang=lang, title=look.heading(lang, None))
    return written | {"": save_map(m, Path(folder) / f"{_INDEX}.html")}


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
