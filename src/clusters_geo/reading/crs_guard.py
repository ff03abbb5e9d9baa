"""Where would these coordinates lie? The guard against a system that is missing, wrong or half right.

A wrong system moves a boundary by 200 m (a lost datum), 700–830 m (UTM for TM-3), tens of kilometres (the
next province's meridian) or to another ocean (swapped axes), and nothing complains. So the middle of a
layer is placed on the map under the system it states, and under those it might have been made in.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pyproj
from pyproj.transformer import TransformerGroup

from clusters_geo.crs import HANOI_CRS, MAP_CRS, ZONES, Extent, TransverseMercator, province_extents, vn2000
from clusters_geo.errors import CRSError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["VIETNAM_EXTENT", "Placed", "Verdict", "judge_crs", "outside_vietnam", "place"]

# Việt Nam on land: EPSG's area of use of VN-2000 (EPSG:4756), and a margin.
VIETNAM_EXTENT: Extent = (102.0, 8.2, 109.7, 23.6)
_HOME, _COUNTRY = "Hà Nội", "Việt Nam"

_UTM = ("EPSG:3405", "EPSG:3406", "EPSG:32648", "EPSG:32649")
_GEOD = pyproj.Geod(ellps="WGS84")

_SAME_M = 0.001
_TOLERABLE_M = 2.0
_TM3_SCALE = 0.9999
_FALSE_EASTING_M = 500_000
_MAX_DEGREES = 360.0


@dataclass(frozen=True, slots=True)
class Placed:
    """Where the middle of a layer lies under one reading of its coordinates."""

    crs: pyproj.CRS
    swapped: bool
    lon: float
    lat: float

    def within(self, *extents: Extent) -> bool:
        """Return whether that is inside one of the extents in degrees."""
        return any(w <= self.lon <= e and s <= self.lat <= n for w, s, e, n in extents)

    def __str__(self) -> str:
        """Return the reading as one would say it to `crs=`."""
        return f"{_code(self.crs)} ({self.crs.name})"


@dataclass(slots=True)
class Verdict:
    """The system to use, whether x and y must be exchanged, and what to report.

    `notes` are codes and values of `words/notes.csv`.
    """

    crs: pyproj.CRS
    swapped: bool = False
    notes: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def note(self, code: str, /, **values: object) -> None:
        """Record something to report."""
        self.notes.append((code, values))


def place(crs: pyproj.CRS, x: float, y: float, *, swapped: bool = False) -> Placed:
    """Return where a position lies in WGS 84; at infinity where the system cannot hold it.

    Examples
    --------
    >>> found = place(pyproj.CRS(5897), 587_000, 2_326_000)
    >>> round(found.lon, 2), round(found.lat, 2)
    (105.84, 21.03)
    """
    try:
        to_map = _to_map(crs.to_wkt())
        lon, lat = to_map.transform(y, x) if swapped else to_map.transform(x, y)
    except pyproj.exceptions.ProjError:
        lon, lat = math.inf, math.inf
    return Placed(crs, swapped, float(lon), float(lat))


@cache
def _to_map(wkt: str) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(pyproj.CRS.from_wkt(wkt), MAP_CRS, always_xy=True)


def judge_crs(  # noqa: PLR0913 - all but the positions is keyword-only
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    *,
    declared: pyproj.CRS | None,
    said: pyproj.CRS | None,
    where: str | dict[str, object],
    region: str | None = None,
    home: str = "",
) -> Verdict:
    """Decide in which system coordinates are, or refuse with the ones that they could be in.

    Parameters
    ----------
    x, y
        One finite position for each shape, shape (n,), in the units of the file.
    declared
        What the file says.
    said
        What the caller says; it wins, and what that changes is reported.
    where
        File and layer, for the message.
    region
        A province in which the data must lie.
    home
        Without a region, the province in which they are expected, Hà Nội where it is not known; other places
        in Việt Nam are reported.

    Raises
    ------
    CRSError
        If no system is known, or the stated one cannot be right: outside Việt Nam (or the region), or a
        VN-2000 projection whose datum was lost.

    Examples
    --------
    >>> judge_crs(np.array([587e3]), np.array([2326e3]), declared=None, said=None, where="a.shp")
    Traceback (most recent call last):
    clusters_geo.errors.CRSError: a.shp does not say in which coordinate system it is. ...crs="EPSG:5897"...
    """
    crs = said or declared
    middle = (float(np.median(x)), float(np.median(y))) if len(x) else (math.nan, math.nan)
    expected = region or home or _HOME
    sought = _Sought(middle, where, expected, province_extents(expected), region is not None)
    verdict = Verdict(_required(crs, sought))
    if len(x) == 0:
        return verdict
    found = place(verdict.crs, *middle)
    if not found.within(*sought.extents.values() if region else (VIETNAM_EXTENT,)):
        _put_right(verdict, found, sought, strict=region is not None)
        found = place(verdict.crs, *middle, swapped=verdict.swapped)
    _check_datum(verdict, found, sought, confirmed=said is not None)
    _check_contradiction(verdict, declared, said, middle)
    _check_zone(verdict, found, sought)
    _check_transformation(verdict)
    return verdict


def outside_vietnam(crs: pyproj.CRS, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which positions lie outside Việt Nam or nowhere, shape (n,).

    Parameters
    ----------
    crs
        The system of the positions.
    x, y
        In its units, shape (n,).

    Examples
    --------
    >>> outside_vietnam(pyproj.CRS(4326), np.array([105.8, 0.0]), np.array([21.0, 0.0])).tolist()
    [False, True]
    """
    # Lists, since pyproj takes an array of one for a point and answers with numbers.
    lon, lat = np.array(_to_map(crs.to_wkt()).transform(x.tolist(), y.tolist()))
    west, south, east, north = VIETNAM_EXTENT
    inside: NDArray[np.bool_] = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    return ~inside


@dataclass(frozen=True, slots=True)
class _Sought:
    """The middle of a layer as it is written, and where on Earth it is expected."""

    middle: tuple[float, float]
    where: str | dict[str, object]
    region: str
    extents: dict[str, Extent]
    said: bool

    def readings(self) -> list[Placed]:
        """Return the readings that put the middle where it is expected, the likeliest first."""
        codes = [_code(vn2000(self.region)), MAP_CRS, *_UTM, *(f"EPSG:{code}" for code in ZONES)]
        crss = [pyproj.CRS.from_user_input(code) for code in dict.fromkeys(codes)]
        placed = (place(crs, *self.middle, swapped=swapped) for swapped in (False, True) for crs in crss)
        return [p for p in placed if p.within(*self.extents.values())]


def _required(crs: pyproj.CRS | None, sought: _Sought) -> pyproj.CRS:
    if crs is None:
        raise CRSError("crs.missing", where=sought.where, advice=_advice(sought))
    if crs.geodetic_crs is None:
        raise CRSError("crs.local", where=sought.where, name=crs.name, advice=_advice(sought))
    return crs


def _advice(sought: _Sought) -> dict[str, object]:
    readings = sought.readings()
    if not readings and not sought.said:
        return {"say": "no home", "region": sought.region}
    if not readings:
        return {"say": "no system fits", "region": sought.region, "hanoi": HANOI_CRS, "degrees": MAP_CRS}
    fitting: list[dict[str, object]] = [
        {"say": "system swapped" if r.swapped else "system", "code": _code(r.crs), "name": r.crs.name}
        for r in readings[:4]
    ]
    # The same numbers lie in several provinces: whoever is of another one must not take Hà Nội's system.
    say = "systems that fit" if sought.said else "systems at home"
    return {"say": say, "region": sought.region, "systems": fitting}


def _put_right(verdict: Verdict, found: Placed, sought: _Sought, *, strict: bool) -> None:
    """Exchange x and y if that is all that is wrong; refuse otherwise."""
    swapped = place(verdict.crs, *sought.middle, swapped=True)
    if swapped.within(*sought.extents.values() if strict else (VIETNAM_EXTENT,)):
        verdict.swapped = True
        shift = _shift(found, swapped)
        verdict.note("crs.swapped", before=_position(found), after=_position(swapped), shift=shift)
        return
    x, y = sought.middle
    if verdict.crs.is_geographic and max(abs(x), abs(y)) > _MAX_DEGREES:
        why: dict[str, object] = {"say": "metres not degrees", "x": x, "y": y}
    else:
        region = sought.region if strict else _COUNTRY
        why = {"say": "would lie outside", "at": _position(found), "region": region}
    raise CRSError("crs.wrong", where=sought.where, name=verdict.crs.name, why=why, advice=_advice(sought))


def _check_datum(verdict: Verdict, found: Placed, sought: _Sought, *, confirmed: bool) -> None:
    """Compare a plane that looks like VN-2000 with the real one on the same meridian."""
    plane = _plane(verdict.crs)
    if plane is None or not math.isclose(plane.scale, _TM3_SCALE) or plane.false_easting != _FALSE_EASTING_M:
        return
    code = next((c for c, zone in ZONES.items() if math.isclose(zone.meridian, plane.central_meridian)), None)
    if code is None:
        return
    twin = pyproj.CRS.from_epsg(code)
    shift = _metres(found, place(twin, *sought.middle, swapped=verdict.swapped))
    if shift <= _SAME_M:
        verdict.crs = twin
        return
    datum = verdict.crs.datum.name if verdict.crs.datum else "unknown"
    if shift > _TOLERABLE_M and not confirmed:
        raise CRSError(
            "crs.lost-datum", where=sought.where, name=twin.name, code=code, datum=datum, shift=shift
        )
    fine = {"say": "fine metres", "metres": shift}
    verdict.note("crs.datum", twin=twin.name, code=code, datum=datum, shift=fine)


def _check_contradiction(
    verdict: Verdict, declared: pyproj.CRS | None, said: pyproj.CRS | None, middle: tuple[float, float]
) -> None:
    if declared is None or said is None or declared == said:
        return
    shift = _shift(place(declared, *middle), place(said, *middle))
    verdict.note("crs.said", declared=declared.name, said=said.name, shift=shift)


def _check_zone(verdict: Verdict, found: Placed, sought: _Sought) -> None:
    """Say where the data would lie in the zone in which surveys of the region are."""
    # A merged province's own meridian is right where that lies.
    around = [province for province, extent in sought.extents.items() if found.within(extent)]
    if any(not _is_other_zone(verdict.crs, province) for province in around):
        return
    home = place(vn2000(sought.region), *sought.middle, swapped=verdict.swapped)
    fits, told = home.within(*sought.extents.values()), {"region": sought.region, "home": str(home)}
    if not around:
        code = "crs.meridian" if fits else "crs.outside"
        verdict.note(code, position=_position(found), shift=_shift(found, home), **told)
    elif fits and _is_other_zone(verdict.crs, sought.region):
        verdict.note("crs.zone", stated=verdict.crs.name, shift=_shift(found, home), **told)


def _is_other_zone(crs: pyproj.CRS, province: str) -> bool:
    """Return whether a plane is UTM, TM-3 of another meridian, or of another scale than a province's."""
    plane = _plane(crs)
    if plane is None or plane.false_easting != _FALSE_EASTING_M:
        return False
    own = _plane(vn2000(province))
    if own is None:
        return False
    same_scale = math.isclose(plane.scale, own.scale)
    return not same_scale or not math.isclose(plane.central_meridian, own.central_meridian)


def _check_transformation(verdict: Verdict) -> None:
    known = TransformerGroup(verdict.crs, MAP_CRS, always_xy=True).transformers
    if known and "ballpark" in known[0].description.lower():
        verdict.note("crs.ballpark", stated=verdict.crs.name)


def _plane(crs: pyproj.CRS) -> TransverseMercator | None:
    # A system with its own shift to WGS 84 wraps the plane.
    source = crs.source_crs if crs.is_bound else crs
    return None if source is None else TransverseMercator.from_crs(source)


def _metres(one: Placed, other: Placed) -> float:
    if not all(map(math.isfinite, (one.lon, one.lat, other.lon, other.lat))):
        return math.inf
    return float(_GEOD.inv(one.lon, one.lat, other.lon, other.lat)[2])


def _shift(one: Placed, other: Placed) -> dict[str, object]:
    metres = _metres(one, other)
    return {"say": "metres", "metres": metres} if math.isfinite(metres) else {"say": "beyond"}


def _position(found: Placed) -> dict[str, object]:
    if not (math.isfinite(found.lon) and math.isfinite(found.lat)):
        return {"say": "nowhere"}
    return {"say": "at", "lon": found.lon, "lat": found.lat}


def _code(crs: pyproj.CRS) -> str:
    authority = crs.to_authority(min_confidence=100)
    return ":".join(authority) if authority else crs.name
