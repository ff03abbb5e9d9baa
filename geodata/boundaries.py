"""From owned cells to outlines: districts and communes that share their borders vertex for vertex.

The borders between cells form one network. It is smoothed as a whole, cut into faces, simplified as a
coverage and rounded; only then are the faces joined, once to districts and once to the communes of 2025, so
that the two layers share the city's outline and each other's borders.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import Transformer

from competition import CELL_M, OUTSIDE
from extents import METRES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from competition import Grid, Owners

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

__all__ = ["DECIMALS", "outline"]

DECIMALS = 5  # of a degree: about a metre, below the worth of the outlines

_LAYERS = ["district", "commune_2025"]
_SMALLEST_PIECE_M2 = 100_000
_TIDYING_ROUNDS = 20
_SMOOTHING_ROUNDS = 8
_SIMPLIFY_M = 60  # the side of the smallest triangle kept


@dataclass(frozen=True)
class _Network:
    """Borders between cells: corners (n, 2) in metres and the pairs of corners (m, 2) that an edge joins."""

    corners: Floats
    edges: Ints


def outline(owners: Owners, district: Ints) -> gpd.GeoDataFrame:
    """Return the faces that make up both layers.

    Parameters
    ----------
    owners
        As from `competition.compete`.
    district
        For each commune the position of its district, `OUTSIDE` where it has none.

    Returns
    -------
    One row per pair of `district` and `commune_2025` (positions), in EPSG:4326, rounded to `DECIMALS`; a
    valid coverage.

    Raises
    ------
    ValueError
        If rounding makes neighbours overlap or part.
    """
    labels = np.stack([district[owners.commune], owners.commune_2025])
    faces = _faces(_smooth(_borders(labels)), labels, owners.grid)
    faces = _one_piece_each(faces).dissolve(_LAYERS, method="coverage").reset_index()
    faces.geometry = shapely.coverage_simplify(faces.geometry.array, _SIMPLIFY_M)
    faces = _rounded(faces)
    if not shapely.coverage_is_valid(faces.geometry.array):
        message = f"the outlines no longer fit together after rounding to {DECIMALS} decimals; simplify more"
        raise ValueError(message)
    return faces


def _borders(labels: Ints) -> _Network:
    """Return every edge between two cells that differ in a label (layers, rows, columns)."""
    framed = np.pad(labels, ((0, 0), (1, 1), (1, 1)), constant_values=OUTSIDE)
    row, column = np.nonzero((framed[:, 1:, :] != framed[:, :-1, :]).any(axis=0))
    across = np.stack([row, column - 1, row, column], axis=1)
    row, column = np.nonzero((framed[:, :, 1:] != framed[:, :, :-1]).any(axis=0))
    along = np.stack([row - 1, column, row, column], axis=1)
    ends = np.concatenate([across, along]).reshape(-1, 2)[:, ::-1]
    corners, edges = np.unique(ends, axis=0, return_inverse=True)
    return _Network(corners.astype(float), edges.reshape(-1, 2))


def _smooth(network: _Network) -> _Network:
    """Move every corner half-way to the mean of its neighbours, again and again: the steps vanish."""
    corners, (start, end) = network.corners.copy(), network.edges.T
    degree = np.bincount(network.edges.ravel(), minlength=len(corners))[:, None]
    for _ in range(_SMOOTHING_ROUNDS):
        around = np.zeros_like(corners)
        np.add.at(around, start, corners[end])
        np.add.at(around, end, corners[start])
        corners = (corners + around / degree) / 2
    return _Network(corners, network.edges)


def _faces(network: _Network, labels: Ints, grid: Grid) -> gpd.GeoDataFrame:
    edges = np.asarray(shapely.linestrings(network.corners[network.edges]))
    lines = shapely.line_merge(shapely.multilinestrings(edges))
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(lines)))
    x, y = np.floor(shapely.get_coordinates(shapely.point_on_surface(faces))).astype(int).T
    district, commune = labels[:, y, x]
    to_metres = np.array([grid.west, grid.south])
    faces = shapely.transform(faces, lambda cells: cells * CELL_M + to_metres)
    order = np.lexsort(shapely.bounds(faces).T)
    return gpd.GeoDataFrame(
        {"district": district[order], "commune_2025": commune[order]}, geometry=faces[order], crs=METRES
    )


def _one_piece_each(faces: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Hand crumbs, and every piece cut off from its district or commune, to what they border longest.

    A piece handed to a neighbour takes both its labels, so that neither layer is left with an enclave; one
    that borders the land outside longest is left to it.
    """
    for _ in range(_TIDYING_ROUNDS):
        pairs = _neighbours(faces)
        pair = faces["district"] * len(faces) + faces["commune_2025"]
        stray = (faces["district"] == OUTSIDE) | (_body_area(faces, pairs, pair) < _SMALLEST_PIECE_M2)
        for layer in _LAYERS:
            area = _body_area(faces, pairs, faces[layer])
            stray |= area < area.groupby(faces[layer]).transform("max")
        if not stray.any():
            return faces
        settled = pairs[stray.loc[pairs["face"]].to_numpy() & ~pairs["beside"].isin(stray.index[stray])]
        heirs = settled.sort_values(["length_m", "beside"], kind="stable").groupby("face")["beside"].last()
        left = heirs.index[heirs == OUTSIDE]
        heirs = heirs[heirs != OUTSIDE]
        faces.loc[heirs.index, _LAYERS] = faces.loc[heirs, _LAYERS].to_numpy()
        faces = faces.drop(index=left).reset_index(drop=True)
    message = "the pieces of the districts and communes could not be tidied"
    raise ValueError(message)


def _neighbours(faces: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the pairs of faces with a common border (`face`, `beside`, both ways) and its `length_m`.

    The land outside the city counts as a neighbour too, with `OUTSIDE` as its number.
    """
    geometry = np.asarray(faces.geometry.array)
    face, beside = faces.sindex.query(geometry, predicate="intersects")
    borders = shapely.boundary(geometry)
    length = shapely.length(shapely.intersection(borders[face], borders[beside]))
    pairs = pd.DataFrame({"face": face, "beside": beside, "length_m": np.round(length)})
    pairs = pairs[pairs["face"] != pairs["beside"]]
    perimeter = np.round(shapely.length(geometry))
    shared = pairs.groupby("face")["length_m"].sum().reindex(range(len(faces)), fill_value=0)
    outside = pd.DataFrame({"face": faces.index, "beside": OUTSIDE, "length_m": perimeter - shared})
    pairs = pd.concat([pairs, outside])
    return pairs[pairs["length_m"] > 1]


def _body_area(faces: gpd.GeoDataFrame, pairs: pd.DataFrame, label: pd.Series) -> pd.Series:
    """Return for each face the area in m² of the connected faces with the same label."""
    within = pairs[pairs["beside"] != OUTSIDE]
    face, beside = within["face"].to_numpy(), within["beside"].to_numpy()
    alike = label.to_numpy()[face] == label.to_numpy()[beside]
    body = np.arange(len(faces))
    while True:  # the smallest number among connected faces spreads until nothing changes
        spread = body.copy()
        np.minimum.at(spread, face[alike], body[beside[alike]])
        if (spread == body).all():
            area: pd.Series = faces.area.round().groupby(body).transform("sum")
            return area
        body = spread


def _rounded(faces: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    transform = Transformer.from_crs(METRES, 4326, always_xy=True).transform
    geometry = shapely.transform(
        faces.geometry.array, lambda xy: np.round(np.column_stack(transform(*xy.T)), DECIMALS)
    )
    return gpd.GeoDataFrame(faces.drop(columns="geometry"), geometry=geometry, crs=4326)
