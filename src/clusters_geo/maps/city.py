"""The map of a city and its districts, as a `folium.Map`."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, get_args

import folium
from branca.element import Element, Figure, MacroElement
from jinja2 import Template

from clusters_geo import __version__
from clusters_geo.crs import province_extents
from clusters_geo.errors import CRSError, SchemaError
from clusters_geo.maps.content import Content, Tables
from clusters_geo.maps.extras import context_lines, qr_code
from clusters_geo.maps.measures import classes
from clusters_geo.maps.page import (
    background,
    leaflet_script,
    leaflet_style,
    offline_page,
    own_scripts,
    own_style,
)
from clusters_geo.maps.plain import escaped_json, plain_text
from clusters_geo.maps.stock import stock_layers
from clusters_geo.measure.trust import province_of
from clusters_geo.names import did_you_mean
from clusters_geo.report.svg_map import has_place
from clusters_geo.units.model import is_gone, unit_level, unit_types
from clusters_geo.units.names import asked_for
from clusters_geo.words import LANGUAGES, Words, catalogue, speaker
from clusters_geo.writing import write_text

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import geopandas as gpd
    import pandas as pd

    from clusters_geo.maps.plain import JSON
    from clusters_geo.schema import Language

__all__ = ["ClusterMap", "Look", "Theme", "make_map", "map_page", "save_map"]

Theme = Literal["auto", "light", "dark"]

_say = speaker("map")


class ClusterMap(folium.Map):
    """A Folium map with the clusters on it; takes further Folium layers and shows in a notebook.

    Attributes
    ----------
    data
        What the page shows, as plain JSON.
    """

    def __init__(
        self, data: dict[str, JSON], *, lang: Language, title: str, noscript: Callable[[], str] | None = None
    ) -> None:
        super().__init__(location=[21.0, 105.8], zoom_start=10, tiles=None, zoom_control=False)
        self.data, self.lang, self.title, self.noscript = data, lang, title, noscript
        self.add_child(_Clusters(data), name="clusters")

    def render(self, **kwargs: Any) -> str:  # noqa: ANN401 - Folium's own signature
        """Render as Folium does, with Leaflet in the page instead of a link to it."""
        stock = len(self._children) > 1
        # Only Folium's own layers need jQuery and Bootstrap; without any the page asks for nothing.
        self.default_js = [link for link in folium.Map.default_js if stock and link[0] != "leaflet"]
        self.default_css = [link for link in folium.Map.default_css if stock and link[0] != "leaflet_css"]
        header = self._figure().header
        header.add_child(_Verbatim(f"<style>{leaflet_style()}</style>"), name="leaflet_css")
        header.add_child(_Verbatim(f"<script>{leaflet_script()}</script>"), name="leaflet")
        header.add_child(_Verbatim(f"<style>{own_style()}</style>"), name="clusters_css")
        header.add_child(_Verbatim(f"<script>{own_scripts()}</script>"), name="clusters")
        super().render(**kwargs)
        return ""  # Folium's maps render into the figure around them

    def _figure(self) -> Figure:
        root = self.get_root()
        if not isinstance(root, Figure):
            self.add_to(Figure())
            return self._figure()
        return root


class _Verbatim(Element):
    """Text put into the page as it is: a template engine would stumble over braces in scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def render(self, **_: Any) -> str:  # noqa: ANN401 - branca's own signature
        return self.text


class _Clusters(MacroElement):
    """Our layers on a map that Folium renders, in a notebook or by `Map.save`."""

    _template = Template(
        """
        {% macro html(this, kwargs) %}
        <script type="application/json" id="{{ this.get_name() }}">{{ this.json }}</script>
        {% endmacro %}
        {% macro script(this, kwargs) %}
        clustersGeo.start({{ this._parent.get_name() }},
            JSON.parse(document.getElementById("{{ this.get_name() }}").textContent));
        {% endmacro %}
        """
    )

    def __init__(self, data: dict[str, JSON]) -> None:
        super().__init__()
        self._name = "Clusters"
        self._data = data

    @property
    def json(self) -> str:
        return escaped_json(self._data)


def make_map(  # noqa: PLR0913 - all but the tables is keyword-only
    clusters: gpd.GeoDataFrame,
    districts: gpd.GeoDataFrame | None = None,
    *,
    by: str | None = None,
    lang: Language = "vi",
    title: str | Mapping[str, str] | None = None,
    theme: Theme = "auto",
    tiles: str | None = None,
    attribution: str | None = None,
    measure: str | None = None,
    breaks: Sequence[float] | None = None,
    classing: str = "auto",
    findings: pd.DataFrame | None = None,
    only: str | None = None,
    also: Sequence[gpd.GeoDataFrame] = (),
    context: gpd.GeoDataFrame | None = None,
    link: str | None = None,
) -> ClusterMap:
    """Make a map of clusters and districts.

    Parameters
    ----------
    clusters
        One row per cluster, indexed by `cluster_id`, with `name` and `status`, in any coordinate system.
        Rows without a shape stand in the table only.
    districts
        Units of one level as from `load_units`, districts or communes; None for none.
    by
        Which column of the clusters, `district` or `commune`, where there is no layer; None as `home_units`.
    lang
        The language the map opens in, `vi` or `en`; the reader can switch.
    title
        Heading, or one for each language (`{"vi": …, "en": …}`); None for one that names the district,
        and the province that the register is of, where it says so.
    theme
        `light`, `dark`, or `auto` for the reader's own setting.
    tiles
        Background that the reader may switch on when there is a network: a name that xyzservices knows, or
        an https address with `{z}`, `{x}`, `{y}`; None for none. Nothing is loaded before that. Servers may
        refuse a page that was opened from disk, as OpenStreetMap's does; the page then says so.
    attribution
        Whose the background is; needed where `tiles` is an address.
    measure
        What the map opens on: `fill_rate`, `build_out_rate`, `planned_density`, `planned_ha`, `built_ha`,
        `operating_clusters`, `under_construction`, `pending_sites`, or any numeric column of the clusters;
        None for the first that tells units apart: fill rate, build-out rate, `planned_ha`,
        `operating_clusters`.
    breaks
        Limits of the classes of `measure`, at most four, rising, in its unit (0.5 is 50 %).
    classing
        How classes are formed: `law` (50, 80 and 100 % for rates), `quantiles`, `equal` or `jenks`; `auto`
        for `law` where there are rates, else `quantiles`.
    findings
        What an audit found: a table with `cluster_id`, `severity`, `message`; shown as a layer.
    only
        Name of the one unit that the map is about; the others are greyed.
    also
        Further layers of units that the reader may switch to, such as today's communes; not with `only`.
    context
        Units whose borders and names are drawn thinly, so that a shape is a place; their `source` is shown.
    link
        An https address where the map is published: it stands on paper as text and as a QR code.

    Returns
    -------
    A `folium.Map`; `save_map` writes it as one file that needs no network.

    Raises
    ------
    CRSError
        If a table has no coordinate system.
    SchemaError
        If a needed column is missing, both tables are empty, or an option is not one of its values.

    Examples
    --------
    >>> import clusters_geo as cg
    >>> clusters, districts = cg.load_hanoi()
    >>> m = cg.make_map(clusters, districts, only="thuong tin")
    >>> m.title
    'Thường Tín · Cụm công nghiệp Hà Nội'
    """
    tables = Tables.of(clusters, districts, by)
    focus = None if only is None else _district_named(only, tables.districts)
    named = plain_text(province_of(clusters) or "")
    if title is None and named:
        title = {of: _say("titleOf", of, province=named) for of in LANGUAGES}
    look = Look.of(lang=lang, title=title, theme=theme, tiles=tiles, attribution=attribution)
    wanted = classes(measure, classing, breaks)
    content = Content.of(tables, wanted)
    data = content.page(findings=findings, focus=focus)
    others = [] if focus is not None else [Tables.of(clusters, layer) for layer in also]
    if named and tables.districts.empty and not has_place(clusters, None):
        data["around"] = _around(named)
    data["context"], data["link"] = context_lines(context), qr_code(link)
    also_units = [Content.of(other, wanted).units() for other in others]
    data["also"], data["levels"] = also_units, [layer["level"] for layer in (data, *also_units)]
    heading = look.heading(lang, focus)
    noscript = partial(content.without_script, focus=focus, lang=lang, title=heading)
    return ClusterMap(look.settings(focus) | data, lang=lang, title=heading, noscript=noscript)


def _around(province: str) -> JSON:
    """Return where an empty map opens: south-west and north-east of a province, all of the country else."""
    with suppress(CRSError):
        west, south, east, north = zip(*province_extents(province).values(), strict=True)
        return [[min(south), min(west)], [max(north), max(east)]]
    return None


@dataclass(frozen=True, slots=True)
class Look:
    """How a map looks, whatever it is about."""

    lang: Language
    title: str | Mapping[str, str] | None
    theme: Theme
    tiles: dict[str, JSON] | None

    @classmethod
    def of(
        cls,
        *,
        lang: Language,
        title: str | Mapping[str, str] | None,
        theme: Theme,
        tiles: str | None,
        attribution: str | None,
    ) -> Look:
        """Check the options.

        Raises
        ------
        SchemaError
            If one is not among its values.
        """
        _require_choice("lang", lang, LANGUAGES)
        _require_choice("theme", theme, get_args(Theme))
        return cls(lang, title, theme, None if tiles is None else background(tiles, attribution))

    def heading(self, lang: Language, focus: str | None) -> str:
        """Return the title in a language, with the district that the map is about."""
        given = self.title if isinstance(self.title, str) or self.title is None else self.title.get(lang)
        heading = plain_text(given) if given else _say("title", lang)
        return heading if focus is None else f"{plain_text(focus)} · {heading}"

    def settings(self, focus: str | None) -> dict[str, JSON]:
        """Return what the page must know beside its content."""
        return {
            "lang": self.lang,
            "theme": self.theme,
            "title": {lang: self.heading(lang, focus) for lang in LANGUAGES},
            "texts": {
                key: [*both] for key, both in (catalogue("map") | _of_tables()).items() if _on_page(key)
            },
            "tiles": self.tiles,
            "version": __version__,
        }


_NOT_ON_PAGE = ("figure.", "unit.", "title", "noscript", "moreRows")


def _on_page(key: str) -> bool:
    """Return whether scripts say a text: labels and units come with the figures, titles as they are."""
    return not key.startswith(_NOT_ON_PAGE)


def _of_tables() -> dict[str, Words]:
    """Return what the page says in the very words of the tables."""
    words = catalogue("reports")
    return {
        "knownFor": words["known_of"],
        "modelledFor": words["modelled_for"],
        "fewNote": words["few_note"],
    } | _of_charts()


_ON_CHARTS = (
    *("areas", "pipeline", "declared", "planned_ha", "built_ha", "leased_ha", "ha", "operating_only"),
    *("others", "no_figure", "modelled", "unknown_unit", "clusters_ha", "clusters_none", "clusters_only"),
    *("largest", "without_area", "computed_rate", "declared_rate", "declared_counts", "most", "some"),
    *("clusters", "by_count", "stageless"),
)


def _of_charts() -> dict[str, Words]:
    """Return what the page says on charts in the very words of `cg.chart`; lists are put together here."""
    said = catalogue("charts")
    two = {"what": ["{what}", "{other}"]}
    missing = Words(*(said["no_figure"].text(lang, two) for lang in LANGUAGES))
    return {f"chart.{key}": said[key] for key in _ON_CHARTS} | {"chart.no_figures": missing}


def _require_choice(option: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise SchemaError("map.choice", option=option, value=value, allowed=", ".join(allowed))


def _district_named(name: str, districts: gpd.GeoDataFrame) -> str:
    if districts.empty:
        raise SchemaError("map.only-of-layer", name=name)
    match, near = asked_for(name, districts["name"], unit_types(districts))
    if match is None or is_gone(name, unit_level(districts)):
        near = near or did_you_mean(name, districts["name"])
        raise SchemaError("map.like-district" if near else "map.no-district", name=name, near=near)
    return match


def save_map(m: folium.Map, path: str | os.PathLike[str]) -> Path:
    """Write a map as one HTML file that makes no request.

    Leaflet, style, data and outlines are in the file. A policy in it lets nothing else run, whatever stands
    in a name. Folium layers that were added come along as data; see `stock_layers` for which.

    Parameters
    ----------
    m
        What `make_map` returned.
    path
        Where to; missing folders are made, an older file is replaced as a whole.

    Returns
    -------
    Where the file is.

    Raises
    ------
    SchemaError
        If the map is not from `make_map`, or has a layer that cannot go offline.
    SourceError
        If the file cannot be written.

    Examples
    --------
    >>> import clusters_geo as cg
    >>> clusters, districts = cg.load_hanoi()
    >>> written = cg.save_map(cg.make_map(clusters, districts), tmp / "hanoi.html")
    >>> "https://cdn" in written.read_text(encoding="utf-8")
    False
    """
    return write_text(path, map_page(m), "html")


def map_page(m: folium.Map) -> str:
    """Return the offline file of a map as text.

    Raises
    ------
    SchemaError
        As `save_map`.
    """
    if not isinstance(m, ClusterMap):
        raise SchemaError("map.not-ours", kind=type(m).__name__)
    noscript = "" if m.noscript is None else m.noscript()
    return offline_page(m.data | {"stock": stock_layers(m)}, lang=m.lang, title=m.title, noscript=noscript)
