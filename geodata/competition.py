"""Who owns which point: every cell of a grid goes to the commune that has the best claim on it.

The claim of a commune on a cell inside its extent is the normalised distance from its centre, with exponent 3
and each half-axis measured from the centre to that side of the extent: 0 at the centre, 1 on the rim of a
rounded rectangle that touches all four sides. The smallest claim wins. Two facts then correct the claims,
round by round:

- a commune reaches all four sides of its extent, so a side that it does not reach is drawn further out;
- the area of each commune of 2025 is published, so one that came out too small gets a head start.

A cell in no extent at all goes to the nearest one; those in Hà Nội are trusted more than those around it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from extents import SIDES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

__all__ = ["CELL_M", "OUTSIDE", "Contest", "Grid", "Owners", "compete", "surroundings"]

CELL_M = 100
OUTSIDE = -1  # no district and no commune of Hà Nội

_MARGIN_M = 6_000  # around the city, so that its neighbours compete at full strength
_REACH_ROUNDS, _AREA_ROUNDS = 12, 35
_REACHED_M = 150  # a side counts as reached within one cell and a half
_AREA_STEP, _AREA_LIMIT = 0.08, 0.6  # head start per round and in all, in units of the claim
_PART_WEIGHT, _PART_HANDICAP = 0.5, 0.2
_LEEWAY = 0.1  # how far beyond its extent, in widths of it, the less trusted land around the city may claim
_TRUST = 5  # a trusted extent counts five times as far from a cell outside it as any other
_OWN_CENTRE_M = 150


@dataclass(frozen=True)
class Grid:
    """Square cells of `CELL_M` metres; rows run north, columns east."""

    west: int
    south: int
    columns: int
    rows: int

    def xy(self, cells: Ints) -> tuple[Floats, Floats]:
        """Return the middle points of cells, in metres."""
        row, column = np.divmod(cells, self.columns)
        return self.west + CELL_M * (column + 0.5), self.south + CELL_M * (row + 0.5)


@dataclass(frozen=True)
class Owners:
    """For every cell (rows, columns) the position of its commune, and of its commune of 2025."""

    grid: Grid
    commune: Ints
    commune_2025: Ints


@dataclass(frozen=True)
class _Claims:
    """One row per cell and commune that may own it, and per commune of 2025 that it may have gone to."""

    cell: Ints
    commune: Ints
    target: Ints
    across: Floats  # distance from the centre over the half-axis, west-east
    along: Floats  # the same, south-north
    side_x: Ints  # 0 west, 1 east
    side_y: Ints  # 2 south, 3 north
    handicap: Floats


@dataclass(frozen=True)
class Contest:
    """Settled claims; the smaller the strength, the better the claim."""

    grid: Grid
    claims: _Claims
    starts: NDArray[np.intp]
    strength: Floats

    def owners(self, favour: Floats) -> Owners:
        """Give every cell its owner, after taking its favour off each claim of a commune."""
        winners = _best(self.strength - favour[self.claims.commune], self.starts)
        shape = self.grid.rows, self.grid.columns
        commune, target = self.claims.commune[winners], self.claims.target[winners]
        return Owners(self.grid, commune.reshape(shape), target.reshape(shape))


def surroundings(communes: pd.DataFrame) -> Grid:
    """Return the grid over the city and the strip of its neighbours that compete with it."""
    city = communes[communes["in_city"]]
    west, south = (int(city[side].min() - _MARGIN_M) // CELL_M * CELL_M for side in ("west", "south"))
    east, north = (int(city[side].max() + _MARGIN_M) for side in ("east", "north"))
    return Grid(west, south, (east - west) // CELL_M, (north - south) // CELL_M)


def compete(communes: pd.DataFrame, crosswalk: pd.DataFrame, communes_2025: pd.DataFrame) -> Contest:
    """Settle how strongly every commune claims every cell.

    Parameters
    ----------
    communes
        As from `extents.read_extents`.
    crosswalk
        `old_commune_code`, `new_code`, `relation` (`whole`, `part-default` for the main part, `part`).
    communes_2025
        Indexed by code, with `x`, `y` in metres and the published `area_km2`.
    """
    grid = surroundings(communes)
    claims = _split(_inside(communes, grid), communes, crosswalk, communes_2025, grid)
    starts = np.flatnonzero(np.diff(claims.cell, prepend=-1))
    fits = _whole_in(grid, communes)
    stretch, head_start = np.ones((len(communes), 4)), np.zeros(len(communes_2025) + 1)
    published = communes_2025["area_km2"].to_numpy() * 1e6
    for turn in range(_AREA_ROUNDS):
        winners = _best(_strength(claims, stretch, head_start), starts)
        if turn < _REACH_ROUNDS:
            stretch[fits] *= _stretch_more(claims, winners, communes, grid)[fits]
        cells = np.bincount(claims.target[winners] + 1, minlength=len(head_start))[1:]
        missing = np.clip(1 - cells * CELL_M**2 / published, -0.5, 0.5)
        head_start[:-1] = np.clip(head_start[:-1] + _AREA_STEP * missing, -_AREA_LIMIT, _AREA_LIMIT)
    return Contest(grid, claims, starts, _strength(claims, stretch, head_start))


def _inside(communes: pd.DataFrame, grid: Grid) -> tuple[Ints, Ints]:
    """Return (cell, commune) for each extent that holds the middle of the cell; the nearest if none does."""
    extents = communes[list(SIDES)].to_numpy(float)
    size = (extents[:, [1, 1, 3, 3]] - extents[:, [0, 0, 2, 2]]) * np.array([-1, 1, -1, 1])
    extents = extents + np.where(communes["in_city"], 0, _LEEWAY)[:, None] * size
    origin, last = [grid.west] * 2 + [grid.south] * 2, [grid.columns] * 2 + [grid.rows] * 2
    lines = np.clip(np.ceil((extents - origin) / CELL_M - 0.5), 0, last).astype(int)
    cells = [
        (np.arange(south, north)[:, None] * grid.columns + np.arange(west, east)).ravel()
        for west, east, south, north in lines
    ]
    owners = np.repeat(np.arange(len(communes)), [len(c) for c in cells])
    cell = np.concatenate(cells)
    gaps = np.setdiff1d(np.arange(grid.rows * grid.columns), cell)
    return np.concatenate([cell, gaps]), np.concatenate([owners, _nearest(gaps, communes, grid)])


def _nearest(cells: Ints, communes: pd.DataFrame, grid: Grid) -> Ints:
    west, east, south, north = communes[list(SIDES)].to_numpy().T
    trust = np.where(communes["in_city"] & communes["known"], _TRUST, 1)
    owners = []
    for some in np.array_split(cells, len(cells) // 2_000 + 1):
        x, y = (v[:, None] for v in grid.xy(some))
        beside = np.maximum(np.maximum(west - x, x - east), 0)
        above = np.maximum(np.maximum(south - y, y - north), 0)
        owners.append(np.argmin(np.round(np.hypot(beside, above) * trust), axis=1))
    return np.concatenate(owners)


def _split(
    inside: tuple[Ints, Ints],
    communes: pd.DataFrame,
    crosswalk: pd.DataFrame,
    communes_2025: pd.DataFrame,
    grid: Grid,
) -> _Claims:
    """Return the claims, sorted by cell, with one row for each commune of 2025 a cell may have gone to.

    Where a commune was split, a cell goes to the new commune whose centre is nearest, measured in radii of
    the circle of its published area; the ones that took only a minor part start with a handicap.
    """
    cell, commune = inside
    targets = crosswalk.assign(
        commune=communes.index.get_indexer(pd.Index(crosswalk["old_commune_code"])),
        target=communes_2025.index.get_indexer(pd.Index(crosswalk["new_code"])),
        minor=crosswalk["relation"] == "part",
    )[["commune", "target", "minor"]]
    pairs = pd.DataFrame({"cell": cell, "commune": commune}).merge(targets, how="left", on="commune")
    pairs = pairs.sort_values(["cell", "commune", "target"], kind="stable")
    target = pairs["target"].fillna(OUTSIDE).to_numpy(np.int64)
    cell, commune = pairs["cell"].to_numpy(), pairs["commune"].to_numpy()
    x, y = grid.xy(cell)
    far = np.hypot(
        x - communes_2025["x"].to_numpy()[target], y - communes_2025["y"].to_numpy()[target]
    ) / np.sqrt(communes_2025["area_km2"].to_numpy()[target] * 1e6 / np.pi)
    far += _PART_HANDICAP * (pairs["minor"] == True).to_numpy()  # noqa: E712 - missing outside Hà Nội
    nearest = pd.Series(far).groupby(cell * len(communes) + commune).transform("min").to_numpy()
    later = pd.DataFrame({"target": target, "handicap": _PART_WEIGHT * (far - nearest)})
    return _measure(cell, commune, later, communes, grid)


def _measure(cell: Ints, commune: Ints, later: pd.DataFrame, communes: pd.DataFrame, grid: Grid) -> _Claims:
    """Return the claims of communes on cells, before any correction but the handicap of the one of 2025."""
    x, y = grid.xy(cell)
    handicap = later["handicap"].to_numpy()
    east_of, north_of = x - communes["x"].to_numpy()[commune], y - communes["y"].to_numpy()[commune]
    side_x, side_y = np.where(east_of < 0, 0, 1), np.where(north_of < 0, 2, 3)
    half = _half_axes(communes)
    # Nothing takes a commune's own centre from it.
    at_home = np.hypot(east_of, north_of) < _OWN_CENTRE_M
    handicap = np.where(at_home & communes["in_city"].to_numpy()[commune], handicap - 2, handicap)
    return _Claims(
        cell,
        commune,
        later["target"].to_numpy(),
        np.abs(east_of) / half[commune, side_x],
        np.abs(north_of) / half[commune, side_y],
        side_x,
        side_y,
        handicap,
    )


def _half_axes(communes: pd.DataFrame) -> Floats:
    """Return the distances (communes, 4) from the centre to each side, never under 15 % of the width."""
    x, y = communes["x"].to_numpy(float), communes["y"].to_numpy(float)
    west, east, south, north = communes[list(SIDES)].to_numpy(float).T
    half = np.stack([x - west, east - x, y - south, north - y], axis=1)
    width = np.stack([east - west, east - west, north - south, north - south], axis=1)
    widened: Floats = np.maximum(half, 0.15 * width)
    return widened


def _strength(claims: _Claims, stretch: Floats, head_start: Floats) -> Floats:
    across = claims.across / stretch[claims.commune, claims.side_x]
    along = claims.along / stretch[claims.commune, claims.side_y]
    distance = np.cbrt(across * across * across + along * along * along)
    # Rounded, so that the last bit of a platform's arithmetic decides nothing.
    strength: Floats = np.round(distance + claims.handicap - head_start[claims.target], 9)
    return strength


def _best(strength: Floats, starts: NDArray[np.intp]) -> Ints:
    """Return for each cell the first row with its smallest value."""
    smallest = np.minimum.reduceat(strength, starts)
    lengths = np.diff(np.append(starts, len(strength)))
    hits = np.flatnonzero(strength == np.repeat(smallest, lengths))
    return hits[np.searchsorted(hits, starts)]


def _stretch_more(claims: _Claims, winners: Ints, communes: pd.DataFrame, grid: Grid) -> Floats:
    """Return by how much (communes, 4) to draw out the sides that a commune does not reach yet."""
    x, y = grid.xy(claims.cell[winners])
    owner = pd.Series(claims.commune[winners])
    cells = pd.DataFrame({"west": x, "east": x, "south": y, "north": y}).groupby(owner)
    reached = cells.agg({"west": "min", "east": "max", "south": "min", "north": "max"})
    everyone = reached.reindex(np.arange(len(communes))).to_numpy(float)
    gap = np.array([1, -1, 1, -1]) * (everyone - communes[list(SIDES)].to_numpy(float)) - CELL_M / 2
    missing = np.clip(np.nan_to_num(gap) - _REACHED_M, 0, None)
    more: Floats = np.minimum(1 + 0.5 * missing / np.maximum(_half_axes(communes), 300), 1.1)
    return more


def _whole_in(grid: Grid, communes: pd.DataFrame) -> NDArray[np.bool_]:
    # What a commune reaches beyond the grid is not known, so its sides stay as they are.
    west, east, south, north = communes[list(SIDES)].to_numpy().T
    fits = (west >= grid.west) & (east <= grid.west + CELL_M * grid.columns)
    fits &= (south >= grid.south) & (north <= grid.south + CELL_M * grid.rows)
    return fits
