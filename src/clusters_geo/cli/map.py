"""`clusters-geo map`."""

from __future__ import annotations

from itertools import count
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, TypedDict

import click

from clusters_geo.cli.help import usage_error
from clusters_geo.cli.options import (
    FOLDER,
    TARGET,
    also_option,
    by_option,
    clusters_argument,
    crs_option,
    lang_option,
    load,
    say_no_layer,
    say_out,
    steps,
    units_option,
    working,
)
from clusters_geo.words import catalogue, speaker

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from clusters_geo.maps.city import Theme
    from clusters_geo.schema import Language


say = speaker("reports")


@click.command("map")
@clusters_argument
@units_option
@also_option
@by_option
@crs_option
@click.option("--output", "-o", type=TARGET)
@click.option("--per-district", "folder", type=FOLDER)
@click.option("--only", metavar="NAME")
@click.option("--measure", metavar="NAME")
@click.option(
    "--breaks",
    metavar="A,B,…",
    callback=lambda _context, _option, value: _numbers(value),
)
@click.option(
    "--classing",
    type=click.Choice(["auto", "law", "quantiles", "equal", "jenks"]),
    default="auto",
    show_default=True,
)
@click.option("--link", metavar="URL")
@click.option("--title")
@click.option(
    "--theme",
    type=click.Choice(["auto", "light", "dark"]),
    default="auto",
    show_default=True,
)
@lang_option
def command(
    clusters_file: Path | None,
    districts_file: Path | None,
    also_file: Path | None,
    by: str | None,
    crs: str | None,
    output: Path | None,
    folder: Path | None,
    only: str | None,
    measure: str | None,
    breaks: tuple[float, ...] | None,
    classing: str,
    link: str | None,
    title: str | None,
    theme: Theme,
    lang: Language,
) -> None:
    """One HTML file with the clusters and districts, which opens on a phone without a network."""
    if folder is not None and only is not None:
        raise usage_error("map-of-all")
    clusters, districts = load(clusters_file, districts_file, crs, by)
    bundled = clusters_file is None and districts_file is None
    own = catalogue("map")["titleHanoi"]._asdict() if bundled else None
    other = "hanoi-districts" if by == "commune" else "hanoi-communes"
    also = _also(also_file or (Path(other) if bundled else None), crs)
    look: _Look = {
        "lang": lang,
        "title": title or own,
        "theme": theme,
        "measure": measure,
        "breaks": breaks,
        "classing": classing,
    }
    written = (
        _one(
            clusters,
            districts,
            output or _named_after(clusters_file),
            only,
            look,
            also,
            link,
            by,
        )
        if folder is None
        else _pack(clusters, districts, folder, look)
    )
    say_out(say("map_written", lang, path=str(written)))
    _say_without_place(clusters, lang)
    say_no_layer(clusters, districts, lang)


def _say_without_place(clusters: gpd.GeoDataFrame, lang: Language) -> None:
    """Say how many clusters nobody will find on the map: an empty one must not pass for a finished one."""
    missing = int((clusters.geometry.isna() | clusters.geometry.is_empty).sum())
    if missing:
        say_out(say("map_no_place", lang, missing=missing, clusters=len(clusters)), err=True)


def _named_after(register: Path | None) -> Path:
    """Return where a map goes if nobody says: nothing is called Hà Nội but the bundled case."""
    from clusters_geo.names import slug

    name = "hanoi" if register is None else slug(PurePath(str(register)).stem)
    return Path("maps", f"{name or 'map'}.html")


class _Look(TypedDict):
    lang: Language
    title: str | Mapping[str, str] | None
    theme: Theme
    measure: str | None
    breaks: tuple[float, ...] | None
    classing: str


def _also(path: Path | None, crs: str | None) -> list[gpd.GeoDataFrame]:
    """Return the further units that a reader may switch to."""
    if path is None:
        return []
    from clusters_geo.load import load_units

    return [load_units(path, crs=crs)]


def _numbers(text: str | None) -> tuple[float, ...] | None:
    """Return limits as numbers: "0.5,0.8", "50%, 80%", "10; 20"."""
    if text is None:
        return None
    parts = [part.strip() for part in text.replace(";", ",").split(",") if part.strip()]
    try:
        return tuple(float(p.rstrip("% ")) / (100 if p.endswith("%") else 1) for p in parts)
    except ValueError as error:
        raise usage_error("breaks", value=text) from error


def _one(
    clusters: gpd.GeoDataFrame,
    districts: gpd.GeoDataFrame | None,
    output: Path,
    only: str | None,
    look: _Look,
    also: list[gpd.GeoDataFrame],
    link: str | None,
    by: str | None,
) -> Path:
    with working("drawing", look["lang"]):
        from clusters_geo.maps import make_map, save_map

        return save_map(make_map(clusters, districts, by=by, only=only, also=also, link=link, **look), output)


def _pack(clusters: gpd.GeoDataFrame, districts: gpd.GeoDataFrame | None, folder: Path, look: _Look) -> Path:
    if districts is None:
        raise usage_error("no-layer-for-maps")
    from clusters_geo.maps import save_district_maps

    with steps() as step:
        done = count(1)
        return save_district_maps(
            clusters,
            districts,
            folder,
            progress=None if step is None else lambda name: step(next(done), len(districts), name),
            **look,
        )[""]
