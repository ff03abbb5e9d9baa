"""Build the data files of the reference case from the facts: same input, same bytes.

    python geodata/build.py [--to DIRECTORY]

Needs the build-time dependency `vietnamadminunits` (dependency group `geodata`).
"""

from __future__ import annotations

import argparse
import json
import os
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import Transformer

from boundaries import DECIMALS, outline
from competition import OUTSIDE, Contest, compete
from extents import METRES, PACKAGE, package_database, read_extents
from notes import read_notes
from outlines import DECIMALS as LOT_DECIMALS
from outlines import draw_outlines, with_former_names
from register import AS_OF, LATER, build_log, build_register, plain, read_controls, read_events, read_facts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from register import Controls

__all__ = ["build_boundaries", "build_clusters", "main", "write_geojson"]

HERE = Path(__file__).parent
FACTS = HERE / "facts"

_FAVOUR_STEP, _FAVOUR_ROUNDS = 0.1, 10
_BASIS = "reconstructed"
_SOURCE = (
    f"Reconstructed by geodata/build.py from commune centres and extents in PyPI {PACKAGE} (MIT)"
    " and the areas of the communes of 2025 published there; not an official boundary"
)


def main() -> None:
    """Write every file, to this directory or to another."""
    parser = argparse.ArgumentParser(description="Build the data files of the reference case.")
    parser.add_argument("--to", type=Path, default=HERE, help="directory to write to (default: geodata/)")
    directory: Path = parser.parse_args().to
    districts, communes = build_boundaries()
    write_geojson(districts, directory / "districts.geojson")
    write_geojson(communes, directory / "communes_2025.geojson")
    clusters = build_clusters(districts)
    write_geojson(clusters, directory / "clusters.geojson", decimals=LOT_DECIMALS)
    later = build_clusters(districts, LATER, standing=clusters)
    write_geojson(later, directory / "clusters_2025.geojson", decimals=LOT_DECIMALS)
    write_events(districts, directory / "events.csv")


def build_boundaries() -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return the 30 districts of before July 2025 and the 126 communes of today, in EPSG:4326."""
    districts = _facts("hanoi_districts.csv")
    communes_2025 = _facts("hanoi_communes_2025.csv").astype({"area_km2": float, "lon": float, "lat": float})
    x, y = Transformer.from_crs(4326, METRES, always_xy=True).transform(
        communes_2025["lon"], communes_2025["lat"]
    )
    contest_input = communes_2025.set_index("code").assign(x=np.round(x), y=np.round(y))
    communes = read_extents(package_database())
    contest = compete(communes, _facts("hanoi_old_to_new_communes.csv"), contest_input)
    faces = _connected(contest, communes, districts)
    return (
        _layer(faces, "district", districts, code="district_code", as_of="2025-06-30"),
        _layer(faces, "commune_2025", communes_2025, code="commune_code", as_of="2025-07-01"),
    )


def build_clusters(
    districts: gpd.GeoDataFrame, as_of: str = AS_OF, *, standing: gpd.GeoDataFrame | None = None
) -> gpd.GeoDataFrame:
    """Return the clusters of a vintage inside the districts of `build_boundaries`, in EPSG:4326.

    `standing` are those of an earlier one: an outline stays where it is, and grows or shrinks with its area.
    """
    rows = build_register(*_case(districts), read_notes(FACTS / "notes_vi.csv"), as_of=as_of)
    communes = read_extents(package_database())
    places = with_former_names(communes[communes["in_city"]], _facts("hanoi_merged_communes.csv"))
    before = None if standing is None else standing.set_index("cluster_id").geometry
    shapes = draw_outlines(rows, districts.set_index("district_code"), places, standing=before)
    cells = pd.DataFrame([plain(row) for row in rows], dtype=object)
    return gpd.GeoDataFrame(cells, geometry=shapes.to_numpy(), crs=shapes.crs)


def write_events(districts: gpd.GeoDataFrame, path: Path) -> None:
    """Write the log of events that both vintages follow from, never a half-written file."""
    beside = path.with_name(path.name + ".part")
    build_log(*_case(districts)).to_csv(beside, index=False, lineterminator="\n")
    beside.replace(path)


def write_geojson(layer: gpd.GeoDataFrame, path: Path, *, decimals: int = DECIMALS) -> None:
    """Write RFC 7946 GeoJSON: one feature a line, keys in column order, never a half-written file."""
    properties = layer.drop(columns=layer.geometry.name).to_dict("records")
    lines = [
        json.dumps(
            {"type": "Feature", "properties": values, "geometry": _geometry(polygon, decimals)},
            ensure_ascii=False,
            separators=(",", ":"),
        )
        for values, polygon in zip(properties, layer.geometry, strict=True)
    ]
    text = '{"type":"FeatureCollection","features":[\n' + ",\n".join(lines) + "\n]}\n"
    beside = path.with_name(path.name + ".part")
    with beside.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def _case(
    districts: gpd.GeoDataFrame,
) -> tuple[list[dict[str, Any]], pd.DataFrame, Controls, dict[str, str]]:
    """Return what is known: names, events, totals, and the codes of the districts."""
    codes = dict(zip(districts["name"], districts["district_code"], strict=True))
    facts, events = read_facts(FACTS / "hanoi_clusters.csv"), read_events(FACTS / "hanoi_events.csv")
    return facts, events, read_controls(HERE / "totals.csv"), codes


def _facts(name: str) -> pd.DataFrame:
    return pd.read_csv(FACTS / name, dtype=str)


def _connected(contest: Contest, communes: pd.DataFrame, districts: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return the faces, with as much favour as it takes to join every commune to its district."""
    codes = pd.Index(districts["code"])
    district = np.where(communes["in_city"], codes.get_indexer(communes["district_code"]), OUTSIDE)
    favour = np.zeros(len(communes))
    for _ in range(_FAVOUR_ROUNDS):
        faces = outline(contest.owners(favour), district)
        cut_off = _cut_off(faces, communes, district)
        if not cut_off.any():
            return faces
        favour[cut_off] += _FAVOUR_STEP
    names = ", ".join(communes["name"][cut_off])
    message = f"these communes stay cut off from their district: {names}"
    raise ValueError(message)


def _cut_off(
    faces: gpd.GeoDataFrame, communes: pd.DataFrame, district: NDArray[np.int64]
) -> NDArray[np.bool_]:
    outlines = faces.dissolve("district", method="coverage").geometry
    centres = gpd.GeoSeries.from_xy(communes["x"], communes["y"], crs=METRES).to_crs(4326)
    own = np.asarray(outlines.array)[district]
    cut_off: NDArray[np.bool_] = (district != OUTSIDE) & ~shapely.contains(own, np.asarray(centres.array))
    return cut_off


def _layer(
    faces: gpd.GeoDataFrame, column: str, units: pd.DataFrame, *, code: str, as_of: str
) -> gpd.GeoDataFrame:
    """Join the faces to one outline per unit and say what it is."""
    outlines = faces.dissolve(column, method="coverage").geometry
    short = [name.removeprefix(f"{kind} ") for name, kind in zip(units["name"], units["type"], strict=True)]
    columns: dict[str, Any] = {
        code: units["code"],
        "name": short,
        "full_name": units["type"] + " " + pd.Series(short),
        "name_en": [_ascii(name) for name in short],
        "type": units["type"],
        "boundary_basis": _BASIS,
        "source": _SOURCE,
        "as_of": as_of,
    }
    layer = gpd.GeoDataFrame(columns, geometry=outlines.loc[units.index].to_numpy(), crs=4326)
    return layer.sort_values(code, kind="stable", ignore_index=True)


def _ascii(name: str) -> str:
    plain = unicodedata.normalize("NFD", name.replace("Đ", "D").replace("đ", "d"))
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def _geometry(polygon: shapely.Polygon, decimals: int) -> dict[str, Any]:
    # Outer rings run anticlockwise in RFC 7946, and start at their least vertex to be the same each time.
    ring = shapely.normalize(polygon).exterior.coords[::-1]
    return {"type": "Polygon", "coordinates": [[[round(x, decimals), round(y, decimals)] for x, y in ring]]}


if __name__ == "__main__":
    main()
