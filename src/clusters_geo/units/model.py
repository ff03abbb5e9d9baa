"""What a unit is, and the generations of Hà Nội's units that are known by code and by name.

A unit has a code, a name, a type, a level (province, district, commune), the days between which it exists and
the unit that it is part of. Hà Nội had 579 communes to 31 December 2024, 526 to 30 June 2025, and 126 since
then, when its 30 districts ended. Which commune went into which stands in `geodata/facts`.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property, lru_cache
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

import pandas as pd

from clusters_geo.data import read_rows
from clusters_geo.names import name_key, slug, strip_accents

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import geopandas as gpd
    from pandas._libs.tslibs.nattype import NaTType

__all__ = [
    "DISTRICTS_ABOLISHED",
    "GENERATIONS",
    "LEVELS",
    "Generation",
    "Level",
    "Unit",
    "codes_by_name",
    "dated",
    "generation_of",
    "hanoi",
    "is_gone",
    "level_named",
    "level_of_type",
    "provinces",
    "split_type",
    "type_of",
    "unit_key",
    "unit_labels",
    "unit_level",
    "unit_types",
]

Level = Literal["province", "district", "commune"]
LEVELS: tuple[Level, ...] = get_args(Level)

# Law on the organisation of local government 2025; Decree 139/2025/NĐ-CP, art. 12.
DISTRICTS_ABOLISHED = date(2025, 7, 1)
_SECOND_MERGERS = date(2025, 1, 1)  # Resolution 1286/NQ-UBTVQH15 for Hà Nội

# How many names of a layer must be those of a generation for it to be that generation.
_MOST = 0.5


class Unit(NamedTuple):
    """One unit: `parent` is the code of the unit it is part of, "" where that is the province itself."""

    code: str
    name: str
    type: str
    level: Level
    parent: str
    valid_from: date | None
    valid_to: date | None


@dataclass(frozen=True)
class Generation:
    """The units of one level that existed together: `hanoi-districts`, `hanoi-communes-2024` and so on."""

    name: str
    level: Level
    valid_from: date | None
    valid_to: date | None
    units: tuple[Unit, ...]

    @cached_property
    def by_code(self) -> dict[str, Unit]:
        """Each unit by its code."""
        return {unit.code: unit for unit in self.units}

    @cached_property
    def by_key(self) -> dict[str, list[Unit]]:
        """The units that bear a name, by `unit_key`."""
        return _grouped(self.units, lambda unit: unit_key(unit.name))

    @cached_property
    def by_fold(self) -> dict[str, list[Unit]]:
        """The units that bear a name, by its letters without accents."""
        return _grouped(self.units, lambda unit: strip_accents(unit_key(unit.name)))

    def named(self, text: str, parent: str | None = None) -> list[Unit]:
        """Return the units that a text names, of one type or parent where it says which.

        Examples
        --------
        >>> [unit.parent for unit in GENERATIONS["hanoi-communes-2024"]().named("xã Phùng Xá")]
        ['276', '282']
        """
        kind, key = split_type(text)[0], unit_key(text)
        found = self.by_key.get(key) or self.by_fold.get(strip_accents(key), [])
        if not found:
            kind, plain = split_type(text, bare=True)
            found = self.by_fold.get(strip_accents(unit_key(plain)), []) if kind else []
        within = [unit for unit in found if parent is None or unit.parent == parent]
        # The type only tells namesakes apart: registers write "xã" of a phường.
        return [unit for unit in within if unit.type == kind] or within

    @property
    def days(self) -> dict[str, pd.Timestamp | NaTType]:
        """The first and the last day as columns of a table hold them."""
        ends = {"valid_from": self.valid_from, "valid_to": self.valid_to}
        return {name: pd.NaT if day is None else pd.Timestamp(day) for name, day in ends.items()}

    def exists_on(self, day: date) -> bool:
        """Return whether these were the units of a day."""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_to is None or day <= self.valid_to
        )


def _grouped(units: Iterable[Unit], key: Callable[[Unit], str]) -> dict[str, list[Unit]]:
    groups: dict[str, list[Unit]] = {}
    for unit in units:
        groups.setdefault(key(unit), []).append(unit)
    return groups


@cache
def _types(*, bare: bool) -> dict[str, str]:
    """Return each word that says of which type a unit is and the type, the longest first."""
    words: dict[str, str] = {}
    for row in read_rows("unit_types.csv"):
        for word in (row["type"], row["short"]):
            words.setdefault(strip_accents(word) if bare else word.casefold(), row["type"])
    return dict(sorted(words.items(), key=lambda pair: -len(pair[0])))


@lru_cache(maxsize=8192)
def split_type(text: str, *, bare: bool = False) -> tuple[str, str]:
    """Return the type that a name begins with ("" if none) and the rest of it.

    Parameters
    ----------
    text
        A name as somebody wrote it.
    bare
        Whether the words of types are looked for without accents, in which "Phuong Canh" has one as well.

    Examples
    --------
    >>> (
    ...     split_type("Phường Hồng Hà"),
    ...     split_type("TT. Phùng"),
    ...     split_type("Đặc khu Phú Quốc"),
    ...     split_type("Xá"),
    ... )
    (('Phường', 'Hồng Hà'), ('Thị trấn', 'Phùng'), ('Đặc khu', 'Phú Quốc'), ('', 'Xá'))
    >>> split_type("Phuong Canh"), split_type("huyen Ba Vi", bare=True)
    (('', 'Phuong Canh'), ('Huyện', 'Ba Vi'))
    """
    plain = " ".join(unicodedata.normalize("NFC", text).split())
    lower = plain.casefold()
    for word, kind in _types(bare=bare).items():
        name = plain[len(word) :].lstrip(" .:")
        if name and lower.startswith(word) and plain[len(word)] in " .:":
            return kind, name
    return "", plain


def type_of(text: str) -> str:
    """Return the type that a text is, or that the name in it begins with; "" if none.

    Examples
    --------
    >>> type_of("phường"), type_of("TT."), type_of("Xã Thư Lâm"), type_of("Thư Lâm")
    ('Phường', 'Thị trấn', 'Xã', '')
    """
    return split_type(f"{text} -")[0]


def unit_key(name: str) -> str:
    """Return the form of a unit's name under which equal names are equal, without its type.

    Examples
    --------
    >>> unit_key("H. Từ Sơn") == unit_key("Từ  sơn"), unit_key("P. Văn Miếu - Quốc Tử Giám")
    (True, 'văn miếu quốc tử giám')
    """
    key = name_key(split_type(name)[1])
    return " ".join(key.replace("-", " ").split())


def level_of_type(kind: str) -> Level | None:
    """Return the level of a type of unit; None where it is not known or says nothing.

    Examples
    --------
    >>> level_of_type("Phường"), level_of_type("Huyện"), level_of_type("Thành phố")
    ('commune', 'district', None)
    """
    levels = {row["level"] for row in read_rows("unit_types.csv") if row["type"] == kind}
    return next((level for level in LEVELS if {level} == levels), None)


def level_named(text: str) -> Level | None:
    """Return of which level a unit is that is called by its type; None where that tells no level.

    Examples
    --------
    >>> level_named("huyện Thường Tín"), level_named("huyen Thuong Tin"), level_named("Thường Tín")
    ('district', 'district', None)
    """
    return level_of_type(split_type(text)[0] or split_type(text, bare=True)[0])


def is_gone(text: str, level: str) -> bool:
    """Return whether a text asks for a huyện among communes, one of which may bear its name now.

    Examples
    --------
    >>> (
    ...     is_gone("huyện Thường Tín", "commune"),
    ...     is_gone("xã Thường Tín", "commune"),
    ...     is_gone("H. Ba Vì", "district"),
    ... )
    (True, False, False)
    """
    return level == "commune" and level_named(text) == "district"


def hanoi(level: Level, on: date | None = None) -> Generation | None:
    """Return Hà Nội's units of a level on a day (today's by default); None where there were none.

    Examples
    --------
    >>> len(hanoi("commune").units), len(hanoi("commune", date(2025, 6, 30)).units)
    (126, 526)
    >>> len(hanoi("commune", date(2022, 9, 30)).units), hanoi("district", date(2025, 7, 1))
    (579, None)
    """
    every = (make() for make in GENERATIONS.values())
    return next((g for g in every if g.level == level and g.exists_on(on or date.max)), None)


def _generation(name: str) -> Generation:
    rows = list(_rows(name))
    level, valid_from, valid_to = _KNOWN[name]
    units = tuple(
        Unit(code, split_type(full)[1], split_type(full)[0] or kind, level, parent, valid_from, valid_to)
        for code, full, kind, parent in rows
    )
    return Generation(name, level, valid_from, valid_to, units)


def _rows(name: str) -> Iterable[tuple[str, str, str, str]]:
    """Return code, name, type and parent of each unit of a generation, each once."""
    if name == "hanoi-districts":
        return ((r["code"], r["name"], r["type"], "") for r in read_rows("facts/hanoi_districts.csv"))
    if name == "hanoi-communes":
        return ((r["code"], r["name"], r["type"], "") for r in read_rows("facts/hanoi_communes_2025.csv"))
    rows = read_rows(f"facts/{_TABLES[name]}")
    found = {r["old_commune_code"]: (r["old_commune"], "", r["old_district_code"]) for r in rows}
    return ((code, *rest) for code, rest in found.items())


_TABLES = {
    "hanoi-communes-2024": "hanoi_communes_of_2024.csv",
    "hanoi-communes-2025-01": "hanoi_old_to_new_communes.csv",
}
_LAST_OF_2024, _LAST_OF_DISTRICTS = date(2024, 12, 31), date(2025, 6, 30)
_KNOWN: dict[str, tuple[Level, date | None, date | None]] = {
    "hanoi-districts": ("district", None, _LAST_OF_DISTRICTS),
    "hanoi-communes": ("commune", DISTRICTS_ABOLISHED, None),
    "hanoi-communes-2025-01": ("commune", _SECOND_MERGERS, _LAST_OF_DISTRICTS),
    "hanoi-communes-2024": ("commune", None, _LAST_OF_2024),
}
GENERATIONS = {name: cache(lambda name=name: _generation(name)) for name in _KNOWN}


def generation_of(units: pd.DataFrame, level: Level | None = None) -> tuple[Generation, pd.Series] | None:
    """Return which known generation a layer holds, and the code there of each of its rows.

    Parameters
    ----------
    units
        One row per unit with `name`; its own codes (the index), `type` and `parent` help where names repeat.
    level
        What the units are, where that is known.

    Returns
    -------
    The generation that most names, over half of them, are of, and the codes on the index of `units`, missing
    where a row is none of its units or could be several. None where no generation is like the layer.

    Examples
    --------
    >>> layer = pd.DataFrame({"name": ["Huyện Ba Vì", "Quận Hà Đông"]}, index=["a", "b"])
    >>> generation, codes = generation_of(layer)
    >>> generation.name, codes.tolist()
    ('hanoi-districts', ['271', '268'])
    """
    found = [
        (_codes_in(units, make()), make()) for make in GENERATIONS.values() if level in (None, make().level)
    ]
    if not len(units) or not found:
        return None
    # Where two generations know as many of the names, the one that has fewer others is meant.
    codes, best = max(
        found, key=lambda pair: (pair[0].notna().sum(), pair[0].notna().sum() / len(pair[1].units))
    )
    return (best, codes) if codes.notna().mean() > _MOST else None


def dated(units: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return units with the days between which they exist, where they are known."""
    found = generation_of(units, units["level"].iloc[0]) if len(units) else None
    if found is None or "valid_from" in units or "valid_to" in units:
        return units
    return units.assign(**found[0].days)


def _codes_in(units: pd.DataFrame, generation: Generation) -> pd.Series:
    names = units["name"].astype("string")
    types = units["type"].astype("string") if "type" in units else pd.Series(pd.NA, index=units.index)
    parents = _parent_codes(units)
    codes = []
    for own, name, kind, parent in zip(units.index.astype(str), names, types, parents, strict=True):
        text = "" if pd.isna(name) else name
        candidates = generation.named(
            text if pd.isna(kind) or split_type(text)[0] else f"{kind} {text}", parent
        )
        same = [unit for unit in candidates if unit.code == own]
        chosen = same or candidates
        codes.append(chosen[0].code if len(chosen) == 1 else None)
    found = pd.Series(codes, index=units.index, dtype="string")
    return found.mask(found.duplicated(keep=False) & found.notna())


def _parent_codes(units: pd.DataFrame) -> list[str | None]:
    districts = GENERATIONS["hanoi-districts"]()
    if "parent" not in units:
        return [None] * len(units)
    codes = []
    for text in units["parent"].astype("string"):
        named = [] if pd.isna(text) else districts.named(text)
        known = not pd.isna(text) and str(text) in districts.by_code
        codes.append(str(text) if known else named[0].code if len(named) == 1 else None)
    return codes


def unit_level(units: pd.DataFrame) -> Level:
    """Return of which level a layer is: as its column `level` says, its index, its types or its names.

    Examples
    --------
    >>> unit_level(pd.DataFrame({"name": ["Xã Thư Lâm"]})), unit_level(pd.DataFrame({"name": ["Yên Phong"]}))
    ('commune', 'district')
    """
    if "level" in units and units["level"].isin(LEVELS).any():
        return next(level for level in LEVELS if (units["level"] == level).any())
    for level in LEVELS:
        if units.index.name == f"{level}_code":
            return level
    texts = pd.concat(
        [units[name].astype("string") for name in ("type", "name") if name in units] or [pd.Series()]
    )
    kinds = {level_of_type(type_of(text)) for text in texts.dropna()}
    if "commune" in kinds and "district" not in kinds:
        return "commune"
    known = generation_of(units) if "name" in units else None
    return known[0].level if known is not None and "district" not in kinds else "district"


def unit_labels(units: pd.DataFrame) -> pd.Series:
    """Return a name for each unit that no other of the layer has.

    Namesakes are told apart by the unit they are part of, else by their type, else by their code.

    Examples
    --------
    >>> layer = pd.DataFrame({"name": ["Phùng Xá", "Phùng Xá", "Dị Nậu"], "parent": ["Mỹ Đức", "276", "276"]})
    >>> unit_labels(layer).tolist()
    ['Phùng Xá (Mỹ Đức)', 'Phùng Xá (Thạch Thất)', 'Dị Nậu']
    >>> unit_labels(pd.DataFrame({"name": ["Tân An", "Tân An"], "type": ["Xã", "Phường"]})).tolist()
    ['xã Tân An', 'phường Tân An']
    """
    names = units["name"].astype("string").fillna("?")
    districts = GENERATIONS["hanoi-districts"]().by_code
    for column in ("parent", "type", ""):
        again = names.map(strip_accents).duplicated(keep=False)
        if not again.any():
            break
        told = (
            units[column].astype("string") if column in units else pd.Series(units.index, index=units.index)
        )
        if column and column not in units:
            continue
        words = told.astype("string").map(lambda t: districts[t].name if t in districts else t)
        # What two of one name have in common tells neither from the other.
        apart = ~pd.DataFrame({"name": names.map(strip_accents), "word": words}).duplicated(keep=False)
        told_apart = words.str.lower() + " " + names.map(lambda name: split_type(name)[1])
        labels = told_apart if column == "type" else names + " (" + words + ")"
        names = names.mask(again & words.notna() & apart, labels)
    return names


def unit_types(units: pd.DataFrame) -> dict[str, str]:
    """Return the type of each unit of a layer that has one, by its label.

    Examples
    --------
    >>> unit_types(pd.DataFrame({"name": ["Hoằng Hóa", "phường Sầm Sơn"], "type": ["xã", None]}))
    {'Hoằng Hóa': 'Xã', 'phường Sầm Sơn': 'Phường'}
    """
    told = units["type"].astype("string") if "type" in units else units["name"].astype("string")
    kinds = told.fillna(units["name"].astype("string")).fillna("").map(type_of)
    return {label: kind for label, kind in zip(unit_labels(units), kinds, strict=True) if kind}


def codes_by_name(units: pd.DataFrame, level: Level) -> tuple[pd.Series, str]:
    """Return a code for each unit of a layer that has none, and the generation that they are of.

    Known units get the code of the General Statistics Office; others one made from their label, and the
    generation is "" if all are of that kind.

    Examples
    --------
    >>> codes_by_name(pd.DataFrame({"name": ["Thường Tín", "Ba Vì"]}), "district")[0].tolist()
    ['279', '271']
    >>> codes_by_name(pd.DataFrame({"name": ["Yên Phong", "Từ Sơn"]}), "district")[0].tolist()
    ['yen-phong', 'tu-son']
    """
    made = pd.Series([slug(label) for label in unit_labels(units)], index=units.index, dtype="string")
    made = made.mask(
        made.duplicated(), made + "-" + pd.Series(range(len(made)), index=made.index).astype(str)
    )
    found = generation_of(units, level)
    return (made, "") if found is None else (found[1].fillna(made), found[0].name)


def provinces(on: date | None = None) -> pd.DataFrame:
    """Return the provinces of a day (today's by default): 63 before July 2025, 34 since.

    Returns
    -------
    Table indexed by `name`: `type`, `today` (the province it belongs to now), `epsg`.

    Examples
    --------
    >>> len(provinces()), len(provinces(date(2024, 6, 1))), provinces().loc["Huế", "type"]
    (34, 63, 'Thành phố')
    """
    day = (on or date.max).isoformat()
    rows = [
        r for r in read_rows("provinces.csv") if r["valid_from"] <= day <= (r["valid_to"] or "9999-12-31")
    ]
    table = pd.DataFrame(rows, columns=["name", "type", "today", "epsg"]).set_index("name")
    return table.astype({"epsg": "int64"})
