"""Where does this cluster lie? The one room that answers: summaries, maps, audits, forms, the law ask here.

In this order: a surveyed place (a point lies in a unit, an outline in the unit that holds the largest part
of it); else the declared names, spelt alike and qualified by the district; else those names through the
tables of mergers. A sketch is no survey: there the names come first, and the sketch is asked only where a row
declares nothing (decision 0017). What stays open is *unplaced*, with the reason and the units that it may be.
"""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import TYPE_CHECKING, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from clusters_geo.area import area_ha
from clusters_geo.crs import HANOI_CRS, require_crs
from clusters_geo.errors import SchemaError
from clusters_geo.names import strip_accents
from clusters_geo.schema import ATTRIBUTE
from clusters_geo.units.model import is_gone, split_type, unit_key
from clusters_geo.units.names import Gazetteer, Named, in_other_province, lasting_type

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

__all__ = ["UNPLACED", "home_units", "locate", "named_level", "no_such_unit", "require_column", "shares"]

# What the rows that lie in no known unit are called in tables for programs.
UNPLACED = "unplaced"

# Bases of a place that nobody surveyed.
SKETCHED = ("schematic", "reconstructed", "modelled")

# A shared border alone is not a part; 1 m² is less than any survey can tell.
_NOT_A_PART_HA = 0.0001
_SURFACE = 2  # dimensions
_COLUMNS = (
    "unit_code",
    "unit",
    "how",
    "share",
    "units",
    "declared",
    "by_name",
    "agrees",
    "reason",
    "candidates",
)


def locate(clusters: pd.DataFrame, units: pd.DataFrame, *, on: date | str | None = None) -> pd.DataFrame:
    """Return in which unit each cluster lies, how that is known, and what stays open.

    Parameters
    ----------
    clusters
        One row per cluster: shapes of any kind in any coordinate system, `boundary_basis` (or
        `location_basis`) where they are only sketched, and `district`, `commune`, `as_of` as far as known.
    units
        Units of one level as from `load_units`: `name`, polygons where they are known, `type`, `parent`.
    on
        The day of the names in rows that have no `as_of`.

    Returns
    -------
    Table on the index of `clusters`:

    - `unit_code`, `unit`: code and label (see `unit_labels`) of the unit; missing where it is unplaced;
    - `how`: `point`, `area`, `sketch` (by a sketched place), `name`, `crosswalk` or `unplaced`;
    - `share`: the part of the outline in that unit, 0–1, missing unless placed by area; `units`: how many
      units the outline lies in;
    - `declared`: what the register says; `by_name`: the code that the names alone lead to; `agrees`: whether
      that is the unit; missing where either is;
    - `reason`: why a row is unplaced: `none` (nothing declared), `no-commune` (only a district), `several`,
      `unknown-name`, `outside` (its place is in no unit and it declares none, or all lie beyond the layer),
      `other-province` (there the register's other places lie, or so its province says; names alone do not
      place it);
    - `candidates`: the codes of the units that an unplaced row may lie in; empty where nobody can say.

    Raises
    ------
    CRSError
        If one of the layers has shapes and does not say in which coordinate system.

    Examples
    --------
    >>> import clusters_geo as cg
    >>> clusters, communes = cg.load_hanoi(units="communes")
    >>> lies = cg.locate(clusters, communes)
    >>> lies.loc["HN-055", ["declared", "unit", "how"]].tolist()
    ['Bích Hòa, Thanh Oai', 'Bình Minh', 'crosswalk']
    """
    gazetteer = Gazetteer.of(units)
    named = _by_names(clusters, gazetteer, _day(on))
    drawn = _by_place(clusters, units)
    codes = units.index.astype(str).to_numpy()
    surveyed = drawn["holder"].notna().to_numpy() & ~_sketched(clusters)
    nothing = np.array([n.reason == "none" for n in named], dtype=bool)
    sketch = drawn["holder"].notna().to_numpy() & _sketched(clusters) & nothing
    # Where no place lies in the layer, that is another province's, whatever communes of these names it has.
    away = drawn["away"].to_numpy() & ~_sketched(clusters) & ~surveyed.any()
    # Nor do names alone place what is another province's: many communes of many provinces share them.
    strange = _strange(clusters, units, beyond=away.any() & ~drawn["placed"].to_numpy())
    by_name = [
        next(iter(n.codes)) if n.how != UNPLACED and not far else None
        for n, far in zip(named, strange, strict=True)
    ]
    holder, how, placed = (drawn[name].to_list() for name in ("holder", "how", "placed"))
    rows: list[tuple[str | None, str, str, tuple[str, ...]]] = []
    for at, name in enumerate(named):
        if surveyed[at] or sketch[at]:
            rows.append((codes[int(holder[at])], "sketch" if sketch[at] else how[at], "", ()))
        elif away[at]:
            rows.append((None, UNPLACED, "outside", ()))
        elif strange[at] and not nothing[at]:
            rows.append((None, UNPLACED, "other-province", ()))
        else:
            open_place = nothing[at] and placed[at]
            reason = "outside" if open_place else name.reason
            rows.append((by_name[at], name.how, reason, () if by_name[at] else tuple(sorted(name.codes))))
    table = pd.DataFrame(rows, columns=["unit_code", "how", "reason", "candidates"])
    table = table.astype({"unit_code": "string", "how": "string", "reason": "string"})
    table["unit"] = table["unit_code"].map(gazetteer.labels).astype("string")
    table["share"] = drawn["share"].where(surveyed | sketch)
    table["units"] = drawn["units"].where(surveyed | sketch, 0).astype("int64")
    table["declared"] = _declared(clusters)
    table["by_name"] = pd.Series(by_name, dtype="string")
    table["agrees"] = (table["by_name"] == table["unit_code"]).astype("boolean")
    return table[list(_COLUMNS)].set_index(clusters.index)


def home_units(
    clusters: pd.DataFrame, units: pd.DataFrame | None = None, *, by: str | None = None
) -> pd.Series:
    """Return the label of the unit each cluster lies in, missing where it is unplaced.

    Parameters
    ----------
    clusters
        As for `locate`.
    units
        As for `locate`; without a layer the names of the column `by` are brought to one spelling each.
    by
        The column of the register to go by where there is no layer: `district` or `commune`; None for the
        larger of the two that it names (see `named_level`).

    Examples
    --------
    >>> rows = pd.DataFrame({"district": ["H. Từ Sơn", "Từ Sơn", None]})
    >>> home_units(rows).tolist()
    ['Từ Sơn', 'Từ Sơn', <NA>]
    >>> rows = pd.DataFrame({"commune": ["xã Tân An", "P. Tân An", "Tân An"]})
    >>> home_units(rows).tolist()
    ['xã Tân An', 'phường Tân An', <NA>]
    """
    if units is not None:
        return locate(clusters, units)["unit"]
    return _one_spelling(clusters, by or named_level(clusters))


def named_level(clusters: pd.DataFrame) -> Literal["district", "commune"]:
    """Return by which units a register goes itself: districts where it names any, else communes.

    Registers of after June 2025 name communes only; one that names nothing is taken as one of districts.

    Examples
    --------
    >>> named_level(pd.DataFrame({"district": [None], "commune": ["Xã Thư Lâm"]}))
    'commune'
    """
    is_named = {name: any(_texts(clusters, name)) for name in ("district", "commune")}
    return "commune" if is_named["commune"] and not is_named["district"] else "district"


def require_column(clusters: pd.DataFrame, by: str) -> None:
    """Refuse to go by the names of a column that a register does not have, with what would do instead.

    Raises
    ------
    SchemaError
        If there is no such column.

    Examples
    --------
    >>> require_column(pd.DataFrame({"name": ["A"]}), "commune")
    Traceback (most recent call last):
    clusters_geo.errors.SchemaError: There is no column commune; there are: name. Add it, or ...
    """
    if by not in clusters:
        code = "units.no-names" if by in ("district", "commune") else "units.no-column"
        raise SchemaError(code, column=by, columns=[str(name) for name in clusters])


def shares(shapes: gpd.GeoSeries, holders: gpd.GeoSeries) -> pd.DataFrame:
    """Return the hectares of each piece that a shape has in a unit.

    Parameters
    ----------
    shapes, holders
        Polygons in any coordinate systems.

    Returns
    -------
    One row per piece larger than 1 m²: `row` and `holder` (positions), `ha`, in order of the rows, the
    largest piece of each first and of equal ones the earlier holder.

    Examples
    --------
    >>> square = gpd.GeoSeries([shapely.box(105, 21, 105.01, 21.01)], crs=4326)
    >>> halves = gpd.GeoSeries(
    ...     [shapely.box(104, 20, 105.005, 22), shapely.box(105.005, 20, 106, 22)], crs=4326
    ... )
    >>> shares(square, halves)["ha"].round().tolist()
    [58.0, 58.0]
    """
    # Parts and wholes on one datum: the same lot is 9 ppm smaller or larger on another.
    return _pieces(_plane(shapes), _plane(holders))


def _pieces(flat: gpd.GeoSeries, wholes: gpd.GeoSeries) -> pd.DataFrame:
    row, holder = _meeting(flat, wholes)
    pieces, units = np.asarray(flat.array)[row], np.asarray(wholes.array)[holder]
    # What lies in one unit is a piece as it is: cutting it out costs a hundred times more than this.
    cut = ~shapely.covers(units, pieces)
    pieces[cut] = shapely.intersection(pieces[cut], units[cut])
    hectares = area_ha(gpd.GeoSeries(pieces, crs=HANOI_CRS))
    table = pd.DataFrame({"row": row, "holder": holder, "ha": hectares})
    table = table[table["ha"] > _NOT_A_PART_HA]
    # Halves differ in the last digits of their hectares; to a square metre they are equal.
    order = np.lexsort((table["holder"], -table["ha"].round(4), table["row"]))
    return table.iloc[order].reset_index(drop=True)


def _meeting(flat: gpd.GeoSeries, wholes: gpd.GeoSeries) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return which shapes meet which units, as positions; units have most of the points and are prepared."""
    row, holder = wholes.sindex.query(flat)
    units = np.asarray(wholes.array)
    shapely.prepare(units)
    meet = shapely.intersects(units[holder], np.asarray(flat.array)[row])
    return row[meet], holder[meet]


def _plane(shapes: gpd.GeoSeries) -> gpd.GeoSeries:
    flat = gpd.GeoSeries(shapely.force_2d(np.asarray(shapes.array)), crs=shapes.crs).to_crs(HANOI_CRS)
    whole = flat.where(np.isfinite(shapely.bounds(np.asarray(flat.array))).all(axis=1))
    return gpd.GeoSeries(shapely.make_valid(np.asarray(whole.array)), crs=HANOI_CRS)


def _by_place(clusters: pd.DataFrame, units: pd.DataFrame) -> pd.DataFrame:
    """Return by position: `holder` (missing if none), `how`, `share`, `units`, `placed`, `away`."""
    found = pd.DataFrame(
        {"holder": np.nan, "how": "", "share": np.nan, "units": 0, "placed": False, "away": False},
        index=range(len(clusters)),
    )
    shapes, holders = _shapes(clusters, "clusters"), _shapes(units, "units")
    if shapes is None or holders is None:
        return found
    flat, wholes = _plane(shapes), _plane(holders)
    there = ~(flat.isna() | flat.is_empty).to_numpy()
    found["placed"] = there
    extent = shapely.box(*wholes.total_bounds)
    found["away"] = there & ~shapely.intersects(np.asarray(flat.array), extent)
    surface = there & (shapely.get_dimensions(np.asarray(flat.array)) == _SURFACE)
    pieces = _pieces(flat[surface], wholes)
    rows = np.flatnonzero(surface)[pieces["row"]]
    first = ~pieces["row"].duplicated().to_numpy()
    total = area_ha(flat).to_numpy()
    found.loc[rows[first], "holder"] = pieces["holder"].to_numpy()[first].astype(float)
    found.loc[rows[first], "share"] = np.clip(pieces["ha"].to_numpy()[first] / total[rows[first]], None, 1.0)
    found.loc[rows[first], "how"] = "area"
    found["units"] = np.bincount(rows, minlength=len(found))
    _place_points(found, flat, there & ~surface, wholes)
    return found


def _strange(clusters: pd.DataFrame, units: pd.DataFrame, *, beyond: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which rows are of another province than a layer: as their province says, else their places."""
    told = clusters.attrs.get(ATTRIBUTE, {}).get("province") or None
    own = [name or told for name in _texts(clusters, "province")]
    if not any(own):
        return beyond
    other = in_other_province(own, units, _texts(units, "province"))
    return np.array(
        [far if is_other is None else is_other for is_other, far in zip(other, beyond, strict=True)]
    )


def _place_points(
    found: pd.DataFrame, flat: gpd.GeoSeries, points: NDArray[np.bool_], wholes: gpd.GeoSeries
) -> None:
    """Give each point, and the middle of each line, the first unit that it lies in."""
    if not points.any():
        return
    middles = gpd.GeoSeries(shapely.point_on_surface(np.asarray(flat[points].array)), crs=HANOI_CRS)
    row, holder = _meeting(middles, wholes)
    rows = np.flatnonzero(points)[row]
    order = np.lexsort((holder, rows))
    rows, holder = rows[order], holder[order]
    first = np.r_[True, rows[1:] != rows[:-1]] if len(rows) else np.zeros(0, dtype=bool)
    found.loc[rows[first], "holder"] = holder[first].astype(float)
    found.loc[rows[first], "how"] = "point"
    found["units"] += np.bincount(rows, minlength=len(found))


def _shapes(table: pd.DataFrame, what: str) -> gpd.GeoSeries | None:
    if not isinstance(table, gpd.GeoDataFrame) or table.active_geometry_name is None:
        return None
    shapes = table.geometry.reset_index(drop=True)
    if shapes.isna().all():
        return None
    require_crs(shapes, what)
    return shapes


def _sketched(clusters: pd.DataFrame) -> NDArray[np.bool_]:
    """Return which rows have a place that nobody surveyed."""
    soft = np.zeros(len(clusters), dtype=bool)
    for column in ("boundary_basis", "geometry_basis", "location_basis"):
        if column in clusters:
            soft |= clusters[column].isin(SKETCHED).to_numpy(dtype=bool)
    return soft


def _by_names(clusters: pd.DataFrame, gazetteer: Gazetteer, on: date | None) -> list[Named]:
    known: dict[tuple[str | None, str | None, date | None], Named] = {}
    days = _days(clusters, on)
    keys = list(zip(_texts(clusters, "district"), _texts(clusters, "commune"), days, strict=True))
    for key in keys:
        if key not in known:
            known[key] = gazetteer.find(*key)
    return [known[key] for key in keys]


def _texts(clusters: pd.DataFrame, column: str) -> list[str | None]:
    if column not in clusters:
        return [None] * len(clusters)
    texts = clusters[column].astype("string").str.strip()
    return [None if pd.isna(text) or not text else str(text) for text in texts]


def _declared(clusters: pd.DataFrame) -> pd.Series:
    pairs = zip(_texts(clusters, "commune"), _texts(clusters, "district"), strict=True)
    told = [", ".join(filter(None, pair)) or None for pair in pairs]
    return pd.Series(told, dtype="string")


def _days(clusters: pd.DataFrame, on: date | None) -> list[date | None]:
    if "as_of" not in clusters:
        return [on] * len(clusters)
    days = pd.to_datetime(clusters["as_of"], errors="coerce")
    return [on if pd.isna(day) else day.date() for day in days]


def _day(on: date | str | None) -> date | None:
    return date.fromisoformat(on) if isinstance(on, str) else on


def _one_spelling(clusters: pd.DataFrame, column: str) -> pd.Series:
    """Return names with those that differ only in spelling written as the most usual one is."""
    texts = _texts(clusters, column)
    keys = [None if text is None else unit_key(text) for text in texts]
    # "tu son" is Từ Sơn, where one name alone has these letters; Hòa Bình and Hoa Binh may be two.
    letters: dict[str, set[str]] = {}
    for key in {key for key in keys if key is not None}:
        if key != strip_accents(key):
            letters.setdefault(strip_accents(key), set()).add(key)
    meant = {bare: next(iter(full)) for bare, full in letters.items() if len(full) == 1}
    keys = [None if key is None else meant.get(key, key) for key in keys]
    spelt: dict[str, Counter[str]] = {}
    written: dict[str, set[str]] = {}
    for known, text in zip(keys, texts, strict=True):
        if known is not None and text is not None:
            plain = split_type(text)[1]
            written.setdefault(known, set()).add(text)
            # Names with their accents and in mixed case first: others are how they are typed in haste.
            well = unit_key(plain) == known and plain != plain.upper() and plain != plain.lower()
            spelt.setdefault(known, Counter())[plain] += 1 + len(texts) * well
    usual = {key: names.most_common(1)[0][0] for key, names in spelt.items()}
    # Where all write it the same there is nothing to bring together.
    usual |= {key: next(iter(same)) for key, same in written.items() if len(same) == 1}
    districts = _one_spelling(clusters, "district") if column == "commune" else None
    within: list[object] = [""] * len(texts) if districts is None else districts.fillna("").tolist()
    told = _by_type(texts, keys, within, usual)
    named = pd.Series(told, index=clusters.index, dtype="string")
    return named if districts is None else _told_apart(named, districts)


def _by_type(
    texts: list[str | None], keys: list[str | None], within: list[object], usual: dict[str, str]
) -> list[str | None]:
    """Return the usual spelling of each name, with its type where a register has two types of that name.

    There a bare name may be either, and is none.
    """
    kinds: dict[tuple[object, str | None], set[str]] = {}
    own = ["" if text is None else lasting_type(text) for text in texts]
    for place, key, kind in zip(within, keys, own, strict=True):
        kinds.setdefault((place, key), set()).update({kind} - {""})
    labels: list[str | None] = []
    for place, key, kind in zip(within, keys, own, strict=True):
        if key is None or len(kinds[place, key]) < 2:  # noqa: PLR2004 - one of each
            labels.append(None if key is None else usual[key])
        else:
            labels.append(f"{kind.lower()} {split_type(usual[key])[1]}" if kind else None)
    return labels


def _told_apart(communes: pd.Series, districts: pd.Series) -> pd.Series:
    """Return communes whose name occurs in several districts with the district: two of one name are two."""
    places: dict[str, set[str]] = {}
    pairs = list(zip(communes.fillna(""), districts.fillna("?"), strict=True))
    for commune, district in pairs:
        places.setdefault(commune, set()).add(district)
    told = [f"{c} ({d})" if c and len(places[c]) > 1 else c for c, d in pairs]
    return pd.Series(
        [text if c else None for text, (c, _) in zip(told, pairs, strict=True)],
        index=communes.index,
        dtype="string",
    )


def no_such_unit(wanted: str, near: Iterable[str], known: Iterable[str], level: str) -> SchemaError:
    """Return the error that there is no cluster in a unit, with all in which there are some.

    Parameters
    ----------
    wanted
        The unit as somebody wrote it.
    near
        The units that may be meant, as `asked_for` has them.
    known
        The units that have clusters.
    level
        Of which level those are, `district` or `commune`.

    Examples
    --------
    >>> str(no_such_unit("huyện Nga Sơn", [], ["xã Nga Sơn"], "commune"))[:57]
    "The register goes by communes and has no 'huyện Nga Sơn':"
    """
    names = list(dict.fromkeys(map(str, known)))
    meant = list(dict.fromkeys(near))
    code = "unit.gone" if is_gone(wanted, level) else "unit.like" if meant else "unit.empty"
    return SchemaError(code, wanted=wanted, near=meant, known=names or {"say": "none"})
