"""Headers as they occur, mapped to the columns of the schema: by a declared table, then by likeness.

The tables are `data/headers.csv`: other names of each column, names that count only below a group ("Theo quy
hoạch" under "Diện tích"), abbreviations; and `data/header_words.csv`: the words of each column, for headers
that no table lists. What a header says beside its name is read as well: "Diện tích
(m2)" is an area in square metres, "(*)" a footnote. Nothing is mapped in silence, and nothing to a column
that already has one; what remains keeps its name.
"""

from __future__ import annotations

import csv
import difflib
import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from clusters_geo.errors import SchemaError
from clusters_geo.names import did_you_mean, strip_accents
from clusters_geo.schema import CLUSTER_COLUMNS, DISTRICT_COLUMNS, is_companion
from clusters_geo.words import catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

    from clusters_geo.reading.notes import LoadReport
    from clusters_geo.schema import Column

__all__ = [
    "COLUMNS_OPTION",
    "HEADERS",
    "Heading",
    "map_headers",
    "meanings",
    "place_of_note",
    "recognised",
    "split_unit",
    "table_of",
    "unit_of",
    "without_mark",
    "year_of",
]

Path = tuple[str, ...]


def table_of(name: str) -> list[dict[str, str]]:
    """Return a table of `data/` as it is written: what a clerk could correct.

    Examples
    --------
    >>> table_of("units")[0]["unit"]
    'ha'
    """
    text = resources.files("clusters_geo").joinpath("data", f"{name}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def _written() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for row in table_of("headers"):
        if row["column"].isidentifier() and not row["under"]:
            found.setdefault(row["column"], []).append(row["header"])
    return {column: tuple(names) for column, names in found.items()}


# Each column of the schema and the other names it goes by, beside its own name and its labels.
HEADERS: dict[str, tuple[str, ...]] = _written()

_MARK = re.compile(
    r"(?<!\s)\s*(?:\(\s*\*+\s*\)|\[\s*[\d*]{1,2}\s*\]|\*+|(?<!m)[¹²³⁴⁵⁶⁷⁸⁹⁰⁽⁾]+|\(\s*[\d]{1,2}\s*\))\s*$"
)
_NUMBERED = re.compile(
    r"^\s*(?:\(\d{1,2}\)|\[\d{1,2}\]|\d{1,2}\s*[.)/:-]|[a-eđ]\s*\)|[IVX]+\.)\s*(?=\D)", re.IGNORECASE
)
_TIME = re.compile(
    # Possessive, or a header of many such words would never end.
    r"(?<![\s,(–-])[\s,(–-]*+(?:(?:số liệu|tính|lũy kế|ước|thực hiện|thời điểm|as of|in|by|"
    r"đến|năm|tại|ngày|hết|cuối|tháng|quý [IVX1-4]+|6 tháng(?: đầu)?|year|end)[\s:]*+){0,12}+"
    r"(?:\d{1,2}[/.-])?(?:\d{1,2}[/.-])?(?:19|20)\d{2}\s*(?:\((?:ước|TH|KH)\))?\s*\)?$",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?:19|20)\d{2}(?!\d)")
_SUFFIX = re.compile(r"^(.*\S)_(ha|m2|km2|pct|sqm)$", re.IGNORECASE)
_BRACKET = re.compile(r"^(.*\S)\s*[(\[]([^()\[\]]*)[)\]]\s*$", re.DOTALL)
_INSIDE = re.compile(r"^([^\n]*\S)[ ]*[(\[]([^()\[\]]*)[)\]][ ]*([^\s/|–-][^\n/|]*)$")
_TAIL = re.compile(r"^(.*\S)\s*(?:,|:|;|\s[-–])\s*(\S.*)$", re.DOTALL)
_UNIT_WORDS = re.compile(r"^(?:đvt|đơn vị tính|đơn vị|đv|unit)\s*:?\s*", re.IGNORECASE)
_PER = re.compile(r"(?<!\s)\s*+/\s*+(?:năm|tháng|người|năm\.|year|month|person)\b.*$", re.IGNORECASE)

# Names of fields have no accents: TenCCN, DaChoThue.
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")

# Words around what a header is about: how much, of what, which.
_LEADING = re.compile(r"^(?:tong so luong|tong so|so luong|tong|so|total number of|number of|total)\s+")
_AROUND = re.compile(
    r"\b(?:cac|cua|theo|ve|trong|tren|thuoc|tai|duoc|toan|hien nay|hien co|cum cong nghiep|cum)\b"
)
# Below a group these say nothing of their own.
_WHOLE = {"tong so", "tong", "cong", "tong cong", "toan bo", "so luong", "total", "all", "chung"}
# A leaf too general to be read without what stands above it.
_GENERAL = {
    "dien tich",
    "ten",
    "ma",
    "so",
    "ngay",
    "quy mo",
    "don vi",
    "dia chi",
    "vi tri",
    "du an",
    "loai",
    "cap",
}
_LAND = re.compile(r"dat|dien tich|quy hoach|quy mo|chung|thong tin|cum cong nghiep|area|land")

# What an error advises; the loaders say another where it is about another file.
COLUMNS_OPTION = "columns= (--column)"
_SHAPEFILE_WIDTH = 10
_ALIKE = 0.88
_SHORTEST, _LONGEST = 3, 120
_MOST_WORDS, _FEW_WAYS = 16, 8
_GLUED = range(5, 25)  # letters of a field's name that may be several words


@dataclass(frozen=True, slots=True)
class Heading:
    """One header of a file: its name, the column it stands for ("" for none) and the unit it states."""

    header: str
    column: str
    unit: str
    how: str


def unit_of(text: str) -> str:
    """Return the unit that a text names, "" for none.

    Examples
    --------
    >>> unit_of("ĐVT: Triệu đồng"), unit_of("m²"), unit_of("Huyện")
    ('million VND', 'm2', '')
    """
    plain = _PER.sub("", _UNIT_WORDS.sub("", text.strip().strip("()[]"))).strip()
    return _units().get(_folded_unit(plain), "")


@cache
def _units() -> dict[str, str]:
    return {_folded_unit(row["written"]): row["unit"] for row in table_of("units")}


def _folded_unit(text: str) -> str:
    return " ".join(strip_accents(text).replace("²", "2").split())


def split_unit(header: str) -> tuple[str, str]:
    """Return a header without the unit it states, and the unit.

    Examples
    --------
    >>> split_unit("Diện tích (m²)"), split_unit("dien_tich_ha"), split_unit("Tên CCN")
    (('Diện tích', 'm2'), ('dien_tich', 'ha'), ('Tên CCN', ''))
    >>> split_unit("Đã cho thuê (ha) năm 2025")
    ('Đã cho thuê năm 2025', 'ha')
    >>> split_unit("Nộp ngân sách (triệu đồng)(*)")
    ('Nộp ngân sách', 'million VND')
    """
    plain = without_mark(header)
    for pattern in (_SUFFIX, _BRACKET, _TAIL):
        found = pattern.match(plain)
        unit = unit_of(found[2]) if found else ""
        if found and unit:
            return without_mark(found[1]), unit
    # "Đã cho thuê (ha) năm 2025".
    inside = _INSIDE.match(plain)
    unit = unit_of(inside[2]) if inside else ""
    return (f"{inside[1]} {without_mark(inside[3])}", unit) if inside and unit else (plain, "")


def without_mark(text: str) -> str:
    """Return a text without the marks of footnotes behind it.

    Examples
    --------
    >>> without_mark("Diện tích (ha)(*)"), without_mark("Tên CCN (1)"), without_mark("27,8 **")
    ('Diện tích (ha)', 'Tên CCN', '27,8')
    """
    while True:
        shorter = _MARK.sub("", text)
        if shorter == text or not shorter.strip():
            return text.strip()
        text = shorter


def place_of_note(text: str) -> str:
    """Return the footnote marks behind a text, "" for none."""
    plain = without_mark(text)
    return text.strip()[len(plain) :].strip()


def year_of(header: str) -> int | None:
    """Return the year that a header or its end states.

    Examples
    --------
    >>> year_of("Đã cho thuê năm 2021"), year_of("31/12/2020"), year_of("QĐ 105/2009/QĐ-TTg")
    (2021, 2020, None)
    """
    found = _TIME.search(split_unit(header)[0])
    years = _YEAR.findall(found[0]) if found else []
    return int(years[-1]) if years else None


def recognised(header: str) -> bool:
    """Return whether a cell could be a header of the clusters' or the districts' table.

    Examples
    --------
    >>> recognised("Tên CCN"), recognised("Biểu số 3")
    (True, False)
    """
    return any(not c.startswith("@") or c in {"@x", "@y"} for c in meanings((header,)))


def meanings(path: Path, columns: tuple[Column, ...] | None = None) -> tuple[str, ...]:
    """Return the columns that a header may stand for, likeliest first.

    Parameters
    ----------
    path
        The header; where it has several rows, each from the top.
    columns
        The table it belongs to; None for both.

    Examples
    --------
    >>> meanings(("Diện tích (ha)", "Theo quy hoạch")), meanings(("Tên CCN / Cluster name",))
    (('planned_ha',), ('name',))
    """
    names = None if columns is None else frozenset(c.name for c in columns)
    found = _meanings(
        tuple(" ".join(str(p).split("  ")) for p in path), names is None or "planned_ha" in names
    )
    return found if names is None else tuple(c for c in found if c in names or c.startswith("@"))


@cache
def _meanings(path: Path, of_clusters: bool) -> tuple[str, ...]:  # noqa: FBT001 - remembered by position
    if not path or sum(map(len, path)) > _LONGEST:
        return ()
    stems = [split_unit(part)[0] for part in path]
    leaf = _key(_without_time(stems[-1]))
    if len(stems) > 1 and (leaf in _WHOLE or not leaf):
        return _meanings(path[:-1], of_clusters)
    above = " ".join(_key(stem) for stem in stems[:-1])
    under = [c for c, name, group in _grouped() if name == leaf and group in above] if above else []
    if under:
        return tuple(under)
    for text in _ways(stems):
        found = _of_text(text, of_clusters)
        if found:
            return found
    is_land = leaf == "dien tich" and _LAND.search(above) is not None
    has_leaf = len(stems) > 1 and (leaf not in _GENERAL or is_land)
    if has_leaf and (found := _of_text(stems[-1], of_clusters)):
        return found
    texts = [*_ways(stems), *([stems[-1]] if has_leaf else [])] if of_clusters else []
    return next((found for text in texts if (found := _of_words(text))), ())


def _ways(stems: list[str]) -> Iterator[str]:
    """Yield the texts that a header of several rows may be read as, the fullest first."""
    yield " ".join(stems)
    if len(stems) > 1:
        yield f"{stems[0]} {stems[-1]}"
        yield f"{stems[-2]} {stems[-1]}"


def _of_text(text: str, of_clusters: bool) -> tuple[str, ...]:  # noqa: FBT001
    known = _known_names(of_clusters)
    for way in (text, _without_time(text)):
        for key, is_quantity in _reduced(_key(way)):
            found = known.get(key.replace(" ", ""), ())
            # "Số lao động" are the workers, but "Số cụm" is no name.
            found = tuple(c for c in found if c in _figures()) if is_quantity else found
            if found:
                return found
    return _of_parts(text, known)


def _reduced(key: str) -> Iterator[tuple[str, bool]]:
    """Yield a key, then with ever fewer of the words around what it is about; whether it counts something."""
    about = " ".join(_AROUND.sub(" ", key).split())
    for shorter in (key, about):
        if shorter:
            yield shorter, False
    for text in (key, about):
        shorter = _LEADING.sub("", text)
        if shorter and shorter != text:
            yield shorter, True


@cache
def _figures() -> frozenset[str]:
    return frozenset(c.name for c in CLUSTER_COLUMNS if c.kind in {"number", "integer"})


def _of_parts(text: str, known: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return what a header in two languages, or with a remark in brackets, stands for."""
    # "Total area (ha) / Tổng diện tích (ha)": the unit of the first is no part of its name.
    plain = re.sub(r"[(\[]([^()\[\]]*)[)\]]", lambda found: "" if unit_of(found[1]) else found[0], text)
    parts = [p.strip() for p in re.split(r"[\n/|()]|\s[-–]\s", plain) if p.strip()]
    found = [known.get(_key(part).replace(" ", ""), ()) for part in parts]
    if len(parts) < 2 or not any(found):  # noqa: PLR2004 - two languages
        return ()
    common = [c for c in next(f for f in found if f) if all(c in f for f in found if f)]
    # A part that is not known must be a translation: "Lao động (nữ)" are not all workers.
    strange = [p for p, f in zip(parts, found, strict=True) if not f]
    is_plain = all(p.isascii() and p.replace(" ", "").isalpha() and not unit_of(p) for p in strange)
    return tuple(common) if is_plain and (not strange or not text.isascii()) else ()


def _of_words(text: str) -> tuple[str, ...]:
    """Return the one column that a header words in its own way: what it is about, and nothing strange beside.

    "Diện tích đất CN đã giao, cho thuê lũy kế" has the core of `leased_ha` ("đã giao cho thuê") and beside
    it only words that may stand there, see `data/header_words.csv`; "Diện tích chưa cho thuê" has not.
    """
    for key in _spelt(_key(_without_time(text))):
        if len(key.split()) > _MOST_WORDS or key in _ambiguous():
            return ()
        if (known := _known_names(of_clusters=True).get(key.replace(" ", ""))) is not None:
            return known
        found = {
            column: max(map(len, about))
            for column, cores, beside in _wordings()
            if beside.issuperset(_one_word(key).split())
            and (about := [c for c in cores if f" {c} " in f" {key} "])
        }
        # The most words in common: "Đất công nghiệp đã cho thuê" is about what is leased.
        if found:
            return (max(found, key=lambda c: found[c]),)
    return ()


@cache
def _wordings() -> list[tuple[str, tuple[str, ...], frozenset[str]]]:
    """Return each column with its cores, and all words that may stand in a header of it."""
    found = []
    for row in table_of("header_words"):
        cores = tuple(_key(core) for core in row["core"].split("|"))
        words = _one_word(_key(f"{row['around']} {' '.join(cores)}")).split()
        found.append((row["column"], cores, frozenset(words)))
    return found


def _one_word(key: str) -> str:
    # Without accents "công cộng" has the first word of "công nghiệp".
    return key.replace("cong nghiep", "congnghiep")


@cache
def _spelt(key: str) -> tuple[str, ...]:
    """Return a key, or the words that a field's name writes together: TYLELAPDAY, DT_DATCN."""
    ways = [""]
    for word in key.split():
        is_one = len(word) not in _GLUED or word in _vocabulary()
        parts = [word] if is_one else _parted(word) or [word]
        ways = [f"{way} {part}".strip() for way in ways for part in parts][:_FEW_WAYS]
    return tuple(ways)


def _parted(word: str) -> list[str]:
    """Return the ways to part a text into known words, those with the fewest first."""
    ways: list[list[str]] = [[""], *([] for _ in word)]
    for end in range(1, len(word) + 1):
        found = [
            f"{way} {word[start:end]}".strip()
            for start in range(end)
            if word[start:end] in _vocabulary() or word[start:end] in _abbreviations()
            for way in ways[start]
        ]
        ways[end] = sorted(found, key=lambda way: way.count(" "))[:_FEW_WAYS]
    return [" ".join(_abbreviations().get(part, part) for part in way.split()) for way in ways[-1]]


@cache
def _vocabulary() -> frozenset[str]:
    return frozenset(word for _, _, words in _wordings() for word in words) | {"cong", "nghiep"}


def _without_time(text: str) -> str:
    return _TIME.sub("", text)


def map_headers(
    table: pd.DataFrame,
    columns: tuple[Column, ...],
    report: LoadReport,
    *,
    explicit: Mapping[str, str] | None = None,
    paths: Mapping[str, Path] | None = None,
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Return the table with the schema's column names, and the unit that each header stated.

    Parameters
    ----------
    table
        With the file's own headers.
    columns
        The declared columns of that table.
    report
        Receives what was mapped, what was left, and what might have been meant.
    explicit
        Header to column, as the caller says; it wins over everything else.
    paths
        The rows of those headers that have several.

    Raises
    ------
    SchemaError
        If `explicit` names a header or a column that does not exist, or two headers are the same.
    """
    # What only says of another column where it comes from is never taken for a column of its own.
    headers = [str(n) for n in table.columns if n != "geometry" and not is_companion(str(n).strip().lower())]
    # A column that is only called a boundary never takes the place of the shapes.
    columns = tuple(c for c in columns if c.kind != "geometry")
    _refuse_repeated(headers)
    said = dict(explicit or {})
    _refuse_unknown(said, headers, columns)
    rows_of = {h: (paths or {}).get(h, (h,)) for h in headers}
    taken = set(said.values())
    found = [Heading(h, said[h], _stated_unit(rows_of[h]), "as you said") for h in headers if h in said]
    # Exact names first, so that a like one cannot take their place; then those that mean one thing only.
    for how, find, most in (
        ("name", _by_name, 1),
        ("table", _by_table, 1),
        ("table", _by_table, 9),
        ("columns.cut", _by_cut, 1),
        ("columns.likeness", _by_likeness, 1),
    ):
        for header in headers:
            if any(heading.header == header for heading in found):
                continue
            options = find(header, rows_of[header], columns)
            free = [c for c in options if c not in taken]
            if free and len(options) <= most:
                taken.add(free[0])
                found.append(Heading(header, free[0], _stated_unit(rows_of[header]), how))
                if len(free) > 1:
                    report.note("columns.several", header=header, column=free[0], others=free[1:])
    _note(found, rows_of, columns, report)
    renamed = table.rename(columns={h.header: h.column for h in found})
    return renamed, {h.column: h.unit for h in found if h.unit}


def _stated_unit(path: Path) -> str:
    # The nearest to the figures counts: "Tỷ lệ (%)" below "Diện tích (ha)".
    return next((unit for part in reversed(path) if (unit := split_unit(part)[1])), "")


def _refuse_repeated(headers: list[str]) -> None:
    seen: dict[str, str] = {}
    for header in headers:
        twin = seen.setdefault(header.casefold(), header)
        if twin is not header or headers.count(header) > 1:
            raise SchemaError("columns.twice", first=twin, second=header)


def _refuse_unknown(said: Mapping[str, str], headers: list[str], columns: tuple[Column, ...]) -> None:
    names = [c.name for c in columns]
    for header, column in said.items():
        if header not in headers:
            raise SchemaError("columns.not-there", header=header, headers=headers, option=COLUMNS_OPTION)
        if column not in names:
            meant = ", ".join(did_you_mean(column, names)) or ", ".join(names)
            raise SchemaError("columns.unknown", header=header, column=column, meant=meant)


def _by_name(header: str, _: Path, columns: tuple[Column, ...]) -> tuple[str, ...]:
    return tuple(c.name for c in columns if c.name == header.strip().lower())


def _by_table(_: str, path: Path, columns: tuple[Column, ...]) -> tuple[str, ...]:
    return tuple(c for c in meanings(path, columns) if not c.startswith("@"))


def _by_cut(header: str, _: Path, columns: tuple[Column, ...]) -> tuple[str, ...]:
    """Return the one column whose name a Shapefile would cut to this header."""
    if len(header) != _SHAPEFILE_WIDTH:
        return ()
    cut = [c.name for c in columns if c.name.startswith(header.lower())]
    return (cut[0],) if len(cut) == 1 else ()


def _by_likeness(_: str, path: Path, columns: tuple[Column, ...]) -> tuple[str, ...]:
    key = _key(split_unit(" ".join(path))[0])
    if any(c.startswith("@") for c in meanings(path, columns)):
        return ()
    names = {c.name for c in columns}
    known = {
        name: found[0] for name, found in _spaced_names("planned_ha" in names).items() if found[0] in names
    }
    alike = difflib.get_close_matches(key, known, n=2, cutoff=_ALIKE)
    meant = {known[a] for a in alike}
    return (meant.pop(),) if len(meant) == 1 and len(key) > _SHORTEST else ()


_REMAINDER = re.compile(r"^(?:tong )?(?:dien tich|dt|quy dat|dat)\b(?: \w+){0,6} con lai\b")


def _note(
    found: list[Heading], rows_of: Mapping[str, Path], columns: tuple[Column, ...], report: LoadReport
) -> None:
    report.mapped = {h.header: h.column for h in found}
    report.left = [h for h in rows_of if h not in report.mapped and h not in report.coordinates]
    for heading in found:
        if heading.how in catalogue("notes"):
            report.note(heading.how, header=heading.header, column=heading.column)
    missing = {c.name for c in columns} - set(report.mapped.values())
    settled = {h.column for h in found if h.how == "as you said"}
    areas = {"leasable_ha", "leased_ha"}
    for header in report.left:
        key = _key(split_unit(header)[0])
        if _REMAINDER.search(key) and areas <= {c.name for c in columns} and areas - missing:
            # What is leasable less what is leased: no column of its own.
            report.note("columns.remainder", header=header)
            continue
        options = _by_table(header, rows_of[header], columns)
        if options and options[0] in settled:
            continue
        if options and options[0] not in missing:
            report.note("columns.second", header=header, column=options[0])
        elif not options and len(several := _ambiguous().get(key, ())) > 1:
            report.note("columns.ambiguous", header=header, columns=list(several))


@cache
def _spaced_names(of_clusters: bool) -> dict[str, tuple[str, ...]]:  # noqa: FBT001
    """Return each folded name a header may have, and the columns it means; the first declared comes first."""
    columns = CLUSTER_COLUMNS if of_clusters else DISTRICT_COLUMNS
    known: dict[str, list[str]] = {}
    for c in columns:
        for text in (c.name, split_unit(c.name)[0], c.vi, c.en):
            known.setdefault(_key(text), []).append(c.name)
    names = {c.name for c in columns}
    for row in table_of("headers"):
        if not row["under"] and (row["column"] in names or row["column"].startswith("@")):
            known.setdefault(_key(row["header"]), []).append(row["column"])
    known.pop("", None)
    return {key: tuple(dict.fromkeys(found)) for key, found in known.items()}


@cache
def _known_names(of_clusters: bool) -> dict[str, tuple[str, ...]]:  # noqa: FBT001
    """Return the same without blanks, as field names are written: TEN_CCN, TenCCN, DT_CHOTHUE."""
    known: dict[str, tuple[str, ...]] = {}
    for key, found in _spaced_names(of_clusters).items():
        known.setdefault(key.replace(" ", ""), found)
    return known


@cache
def _ambiguous() -> dict[str, tuple[str, ...]]:
    """Return the headers that may be one of several columns, which only their owner can tell."""
    known: dict[str, list[str]] = {}
    for row in table_of("headers"):
        if row["column"].startswith("?"):
            known.setdefault(_key(row["header"]), []).append(row["column"][1:])
    return {key: tuple(columns) for key, columns in known.items()}


@cache
def _grouped() -> list[tuple[str, str, str]]:
    rows = [row for row in table_of("headers") if row["under"] and row["column"] != "="]
    return [(row["column"], _key(row["header"]), _key(row["under"])) for row in rows]


@cache
def _abbreviations() -> dict[str, str]:
    return {
        strip_accents(row["header"]): strip_accents(row["under"])
        for row in table_of("headers")
        if row["column"] == "="
    }


def _key(header: str) -> str:
    plain = _CAMEL.sub(" ", _NUMBERED.sub("", without_mark(header)))
    words = re.findall(r"[a-z0-9]+", strip_accents(plain.replace("_", " ")))
    return " ".join(_abbreviations().get(word, word) for word in words)
