"""Which units a register names: spellings, lists, namesakes, and names of an earlier or later generation.

A name is looked for among the units of the layer itself, or where the layer is one of Hà Nội's known
generations, among those that existed on the day of the row; from there the tables of mergers lead to the
units of the layer. Several that it may be are candidates, and none of them is chosen.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from clusters_geo.data import read_rows
from clusters_geo.names import did_you_mean, is_as_typed, strip_accents
from clusters_geo.units.model import (
    DISTRICTS_ABOLISHED,
    GENERATIONS,
    Generation,
    Unit,
    generation_of,
    split_type,
    type_of,
    unit_key,
    unit_labels,
    unit_level,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from clusters_geo.units.model import Level

__all__ = ["Gazetteer", "Named", "asked_for", "in_other_province", "lasting_type", "listed", "successors"]

_SEPARATOR = re.compile(r"(?<!\s)\s*(?:[;/+&\n,]|\bvà\b)\s*")
_DASH = re.compile(r"(?<!\s)(?:\s++[-–—]\s++|\s*+[–—]\s*+)")
_BRACKETS = re.compile(r"^(?P<name>.*?\S)\s*+\((?P<inside>[^()]++)\)\s*+$")
_DISTRICT_TYPES = {"Quận", "Huyện", "Thị xã", "Thành phố"}
# A town that became a city keeps its name: no province has both of one name.
_SAME_TYPE = {"Thành phố": "Thị xã"}
_HANOI = "ha noi"
_ATOMS = "hanoi-communes-2025-01"
_BEFORE = "hanoi-communes-2024"
_TODAY = "hanoi-communes"
_DISTRICTS = "hanoi-districts"


class Named(NamedTuple):
    """What a row's names lead to.

    `codes` are the units of the layer that it may be, `how` is `name`, `crosswalk` or `unplaced`, `reason`
    why it is not one unit, `near` what may have been meant.
    """

    codes: frozenset[str]
    how: str
    reason: str = ""
    near: tuple[str, ...] = ()


def listed(text: str) -> list[str]:
    """Return the names in a cell that may hold several.

    Examples
    --------
    >>> listed("Bình Minh; Bích Hòa; Cao Viên"), listed("xã Thanh Văn và Tân Ước"), listed(" ")
    (['Bình Minh', 'Bích Hòa', 'Cao Viên'], ['xã Thanh Văn', 'Tân Ước'], [])
    """
    return [part for part in _SEPARATOR.split(text.strip()) if part]


def lasting_type(text: str) -> str:
    """Return the type that a name begins with, one for a town and the city that it became.

    Examples
    --------
    >>> lasting_type("TP. Từ Sơn"), lasting_type("TX Từ Sơn"), lasting_type("P. Tân An")
    ('Thị xã', 'Thị xã', 'Phường')
    """
    kind = split_type(text)[0]
    return _SAME_TYPE.get(kind, kind)


def in_other_province(
    names: list[str | None], units: pd.DataFrame, of_units: Iterable[str | None]
) -> list[bool | None]:
    """Return which names are of provinces other than those of a layer; None where either is not known.

    Parameters
    ----------
    names
        Provinces of rows, of before or after July 2025; None where nobody says.
    units
        The layer; one of Hà Nội's generations is known by its names.
    of_units
        What the layer itself says of provinces.

    Examples
    --------
    >>> layer = pd.DataFrame({"name": ["Ba Vì", "Hà Đông"]})
    >>> in_other_province(["Tỉnh Thanh Hóa", "TP. Hà Nội", "Xyz", None], layer, [])
    [True, False, None, None]
    """
    today = {strip_accents(unit_key(row["name"])): row["today"] for row in read_rows("provinces.csv")}
    theirs = {today.get(strip_accents(unit_key(name))) for name in of_units if name}
    if not theirs and generation_of(units, unit_level(units)) is not None:
        theirs = {today[_HANOI]}
    own = [today.get(strip_accents(unit_key(name))) if name else None for name in names]
    return [None if name is None or not theirs - {None} else name not in theirs for name in own]


def asked_for(
    wanted: str, labels: Iterable[str], types: Mapping[str, str] | None = None
) -> tuple[str | None, list[str]]:
    """Return the unit that a person asks for by name, and what may be meant where it is none.

    A document is of the unit that was named or of none: accents and the type may be left out, others than
    the unit's own are another name.

    Parameters
    ----------
    wanted
        As somebody typed it.
    labels
        The units there are.
    types
        The type of each label, where one is known; else that with which a label begins.

    Examples
    --------
    >>> asked_for("H. thuong tin", ["Thường Tín"]), asked_for("phường Hoằng Hóa", ["xã Hoằng Hóa"])
    (('Thường Tín', []), (None, ['xã Hoằng Hóa']))
    >>> asked_for("Tân An", ["xã Tân An", "phường Tân An"])
    (None, ['xã Tân An', 'phường Tân An'])
    """
    known = list(dict.fromkeys(labels))
    if wanted in known:
        return wanted, []
    near: list[str] = []
    whole = split_type(wanted)
    # "Phuong Canh" is a name first, and a phường Cảnh second.
    for kind, name in [whole] if whole[0] else dict.fromkeys([whole, split_type(wanted, bare=True)]):
        key = unit_key(name)
        alike = [label for label in known if strip_accents(unit_key(label)) == strip_accents(key)]
        found = [label for label in alike if unit_key(label) == key] or [
            label for label in alike if is_as_typed(key, unit_key(label), map(unit_key, known))
        ]
        of_type = [u for u in found if kind in ("", own := _type_in(u, types)) or not own]
        if len(of_type) == 1:
            return of_type[0], []
        near = near or of_type or found or alike
    return None, near or did_you_mean(wanted, known)


def _type_in(label: str, types: Mapping[str, str] | None) -> str:
    return (types or {}).get(label, "") or split_type(label)[0]


@cache
def _atoms(generation: str) -> dict[str, frozenset[str]]:
    """Return of each unit of a generation the communes of the first half of 2025 that it was made of."""
    if generation == _ATOMS:
        return {code: frozenset([code]) for code in GENERATIONS[_ATOMS]().by_code}
    pairs: Iterable[tuple[str, str]]
    if generation == _DISTRICTS:
        pairs = ((unit.parent, unit.code) for unit in GENERATIONS[_ATOMS]().units)
    elif generation == _TODAY:
        rows = read_rows("facts/hanoi_old_to_new_communes.csv")
        pairs = ((r["new_code"], r["old_commune_code"]) for r in rows)
    else:
        rows = read_rows("facts/hanoi_communes_of_2024.csv")
        pairs = ((r["old_commune_code"], r["new_code"]) for r in rows)
    found: dict[str, set[str]] = {}
    for whole, part in pairs:
        found.setdefault(whole, set()).add(part)
    return {whole: frozenset(parts) for whole, parts in found.items()}


@cache
def _holders(generation: str) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for unit, atoms in _atoms(generation).items():
        for atom in atoms:
            found.setdefault(atom, set()).add(unit)
    return {atom: frozenset(units) for atom, units in found.items()}


def successors(code: str, source: str, target: str) -> frozenset[str]:
    """Return the units of one generation that hold a part of a unit of another, earlier or later.

    Parameters
    ----------
    code
        Of the unit.
    source, target
        Names of generations, such as `hanoi-communes-2024`.

    Examples
    --------
    >>> sorted(successors("09973", "hanoi-communes-2024", "hanoi-communes"))
    ['10003']
    >>> len(successors("272", "hanoi-districts", "hanoi-communes"))
    3
    """
    if source == target:
        return frozenset([code])
    if target == _DISTRICTS and source == _BEFORE:
        return frozenset([GENERATIONS[_BEFORE]().by_code[code].parent])
    holders = _holders(target)
    atoms = _atoms(source).get(code, frozenset())
    return frozenset().union(*(holders.get(atom, frozenset()) for atom in atoms))


@dataclass(frozen=True)
class Gazetteer:
    """The units of a layer by all the names that lead to them."""

    layer: Generation
    known: Generation | None
    own: dict[str, frozenset[str]] = field(repr=False)  # code in `known`: codes in the layer
    labels: dict[str, str] = field(repr=False)

    @classmethod
    def of(cls, units: pd.DataFrame) -> Gazetteer:
        """Return the names of a layer as from `load_units`."""
        level = unit_level(units)
        found = generation_of(units, level)
        codes = units.index.astype(str)
        labels = unit_labels(units)
        layer = Generation("layer", level, None, None, tuple(_units(units, level)))
        own: dict[str, set[str]] = {}
        if found is not None:
            for code, there in zip(codes, found[1], strict=True):
                if not pd.isna(there):
                    own.setdefault(there, set()).add(code)
        known = None if found is None else found[0]
        return cls(
            layer, known, {k: frozenset(v) for k, v in own.items()}, dict(zip(codes, labels, strict=True))
        )

    def find(self, district: str | None, commune: str | None, on: date | None) -> Named:
        """Return what the names of a row lead to.

        Parameters
        ----------
        district, commune
            As the register has them; None where it has nothing.
        on
            The day the row is of, None where it does not say.
        """
        if district is None and commune is None:
            return Named(frozenset(), "unplaced", "none")
        if self.layer.level == "district" and district is not None:
            return self._one_of([self._plain(part) for part in self._split(district, self.layer)])
        if commune is None:
            return self._of_district(district)
        if self.layer.level == "province":
            return Named(frozenset(), "unplaced", "none")
        found = self._communes(commune, district, on)
        return found if found.how != "unplaced" or district is None else self._narrowed(found, district)

    def _plain(self, text: str) -> Named:
        """Return the units of the layer that a name is of, by itself."""
        found = [unit.code for unit in self.layer.named(text)]
        if found:
            return Named(frozenset(found), "name")
        return self._by_known(text, [self.known] if self.known else [], None) or self._unknown(
            text, self.layer
        )

    def _split(self, text: str, generation: Generation) -> list[str]:
        """Return the names in a cell: a whole name is not taken apart at its own dash."""
        parts: list[str] = []
        for part in listed(text):
            whole = (
                not _DASH.search(part) or generation.named(part) or (self.known and self.known.named(part))
            )
            parts += [part] if whole else [p for p in _DASH.split(part) if p]
        return parts

    def _of_district(self, district: str | None) -> Named:
        """Return the communes of a district: candidates, of which one only if it has no other."""
        if self.layer.level != "commune" or district is None:
            return Named(frozenset(), "unplaced", "none")
        inside = self._in_district(district)
        return Named(inside, "unplaced", "no-commune")

    def _in_district(self, district: str) -> frozenset[str]:
        if self.known is not None:
            named = [u for part in listed(district) for u in GENERATIONS[_DISTRICTS]().named(part)]
            there = (successors(unit.code, _DISTRICTS, self.known.name) for unit in named)
            return frozenset().union(*(self.own.get(code, frozenset()) for codes in there for code in codes))
        keys = {unit_key(part) for part in listed(district)}
        return frozenset(u.code for u in self.layer.units if u.parent and unit_key(u.parent) in keys)

    def _communes(self, commune: str, district: str | None, on: date | None) -> Named:
        text, district = _qualified(commune, district)
        if self.known is None:
            return self._one_of([self._in_layer(*_qualified(part, district)) for part in listed(text)])
        generations = _possible(on, with_district=district is not None)
        parts = [p for p in self._split(text, generations[0]) if not _is_place_above(p, district)]
        return self._one_of([self._known_commune(part, district, generations) for part in parts or [text]])

    def _in_layer(self, text: str, district: str | None) -> Named:
        found = self.layer.named(text)
        parents = {unit.parent for unit in found if unit.parent}
        if district is not None and parents:
            found = [u for u in found if unit_key(u.parent) == unit_key(district)] or found
        return Named(frozenset(u.code for u in found), "name") if found else self._unknown(text, self.layer)

    def _known_commune(self, text: str, district: str | None, generations: list[Generation]) -> Named:
        own_text, within = _qualified(text, district)
        parent = None
        if within is not None:
            districts = GENERATIONS[_DISTRICTS]().named(within)
            parent = districts[0].code if len(districts) == 1 else None
        found = self._by_known(own_text, generations, parent)
        # A name that its district does not have may be right, and the district wrong: a candidate, said so.
        found = found or (self._by_known(own_text, generations, None) if parent else None)
        others = [make() for make in GENERATIONS.values() if make().level == "commune"]
        return found or self._by_known(own_text, others, parent) or self._unknown(own_text, generations[0])

    def _by_known(self, text: str, generations: list[Generation], parent: str | None) -> Named | None:
        """Return the units of the layer that hold those named in any of several generations."""
        if self.known is None:
            return None
        codes: set[str] = set()
        direct = False
        for generation in generations:
            for unit in generation.named(text, parent if generation.name != _TODAY else None):
                there = successors(unit.code, generation.name, self.known.name)
                if (
                    parent
                    and generation.name == _TODAY
                    and parent not in successors(unit.code, _TODAY, _DISTRICTS)
                ):
                    continue
                direct |= generation is self.known
                codes |= set().union(*(self.own.get(code, frozenset()) for code in there))
        return Named(frozenset(codes), "name" if direct else "crosswalk") if codes else None

    def _unknown(self, text: str, generation: Generation) -> Named:
        near = did_you_mean(split_type(text)[1], (unit.name for unit in generation.units))
        return Named(frozenset(), "unplaced", "unknown-name", tuple(near))

    def _one_of(self, parts: list[Named]) -> Named:
        """Return what several names of one row lead to together."""
        if not parts:
            return Named(frozenset(), "unplaced", "none")
        unknown = [part for part in parts if not part.codes]
        codes = frozenset().union(*(part.codes for part in parts))
        near = tuple(name for part in unknown for name in part.near)
        if unknown:
            return Named(codes, "unplaced", "unknown-name", near)
        if len(codes) > 1:
            return Named(codes, "unplaced", "several")
        return Named(codes, "crosswalk" if any(p.how == "crosswalk" for p in parts) else "name")

    def _narrowed(self, found: Named, district: str) -> Named:
        """Return an open answer with the communes of the district for candidates where it has none."""
        return found if found.codes else found._replace(codes=self._in_district(district))


def _units(units: pd.DataFrame, level: Level) -> Iterable[Unit]:
    blank = pd.Series("", index=units.index, dtype="string")
    columns = [
        units[name].astype("string").fillna("") if name in units else blank
        for name in ("name", "type", "parent")
    ]
    for code, name, kind, parent in zip(units.index.astype(str), *columns, strict=True):
        spelt, plain = split_type(name)
        yield Unit(code, plain, kind or spelt, level, parent, None, None)


def _possible(on: date | None, *, with_district: bool) -> list[Generation]:
    """Return the generations that a commune's name may be of, the likeliest first."""
    every = [make() for make in GENERATIONS.values() if make().level == "commune"]
    if on is None:
        return every
    # Who still names a district may still name its communes.
    late = on >= DISTRICTS_ABOLISHED and with_district
    return [g for g in every if g.exists_on(on) or late]


def _qualified(text: str, district: str | None) -> tuple[str, str | None]:
    """Return a commune's name and its district, where "Phùng Xá (Mỹ Đức)" or "…, huyện Mỹ Đức" says it."""
    found = _BRACKETS.match(text)
    if found:
        # "Yên Viên (Thị trấn)" says a type and no place.
        is_type = bool(type_of(found["inside"])) and not split_type(found["inside"])[0]
        return found["name"], district if is_type else found["inside"]
    *names, last = (part.strip() for part in text.split(","))
    if not names:
        return text, district
    kind, name = split_type(last)
    if strip_accents(unit_key(last)) == _HANOI or (kind in {"Tỉnh", "Thành phố"} and len(names) > 1):
        return _qualified(", ".join(names), district)
    return (", ".join(names), name) if kind in _DISTRICT_TYPES else (text, district)


def _is_place_above(part: str, district: str | None) -> bool:
    """Return whether a part of a cell names the province, or again the district of the row."""
    key, kind = strip_accents(unit_key(part)), split_type(part)[0]
    again = district is not None and key == strip_accents(unit_key(district)) and kind in _DISTRICT_TYPES
    return key == _HANOI or again
