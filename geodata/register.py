"""The register of clusters as of 30 September 2022: 97 that public lists name, 23 that they do not.

What is published of a cluster comes from `facts/hanoi_clusters.csv`. What is not, but is needed for the
register to add up to the totals in `totals.csv`, is filled in by the plainest rule: equal shares for planned
areas, proportional ones for districts and built areas. Each filled cell says so in its `_basis` column, and
the notes of its row, English and Vietnamese, name the rule. Sums are exact: areas are decimals with four
places (a square metre), and what rounding down leaves over goes to the largest remainders.
"""

from __future__ import annotations

import csv
from collections import Counter
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from clusters_geo.names import fold
from clusters_geo.schema import CLUSTER_COLUMNS, STATUSES
from notes import both, check_notes, in_vietnamese

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from notes import Note, Translations

__all__ = ["AS_OF", "Controls", "Row", "apportion", "build_register", "plain", "read_controls", "read_facts"]

AS_OF = "2022-09-30"

Row = dict[str, Any]  # a cluster: text, Decimal, True or None by column
Controls = dict[tuple[str, str], tuple[Decimal, str]]  # (scope, metric): (value, source)

_CITY = "Hà Nội"
_SQUARE_METRE = Decimal("0.0001")
_CRAFT_VILLAGE = "Làng nghề"
_UNNAMED_VI, _UNNAMED_EN = "Cụm chưa rõ tên", "Unnamed cluster"
_WHAT = {
    "operating": ("cụm đang hoạt động", "operating clusters"),
    "under_construction": ("cụm đang xây dựng hạ tầng", "clusters under construction"),
    "pending": ("cụm chưa khởi công", "pending sites"),
}
_KEPT_THOUGH_EMPTY = {"leasable_ha", "leased_ha"}  # the inputs of the fill rate: empty is the finding


def read_facts(path: Path) -> list[Row]:
    """Return the named clusters of 2022 as text; those that were only proposed in 2024 are left out."""
    with path.open(encoding="utf-8", newline="") as file:
        facts = [{name: text or None for name, text in row.items()} for row in csv.DictReader(file)]
    return [row for row in facts if row["status"] in STATUSES]


def read_controls(path: Path) -> Controls:
    """Return the published totals that the register has to honour."""
    with path.open(encoding="utf-8", newline="") as file:
        return {
            (row["scope"], row["metric"]): (Decimal(row["value"]), row["source"])
            for row in csv.DictReader(file)
            if row["role"] == "control"
        }


def build_register(
    facts: list[Row], controls: Controls, codes: dict[str, str], told: Translations
) -> list[Row]:
    """Return the register, without its outlines.

    Parameters
    ----------
    facts
        From `read_facts`; not changed.
    controls
        From `read_controls`.
    codes
        The code of each district, by its name.
    told
        From `notes.read_notes`.

    Returns
    -------
    One row per cluster, in the order of their ids: status, district code, named before unnamed, name. Columns
    are those of the schema that hold something, each figure followed by its `_basis`; numbers are `Decimal`,
    missing cells None.

    Raises
    ------
    ValueError
        If the notes of the facts and their translations do not match, with every sentence that does not.
    """
    check_notes(facts, told)
    named = [_in_both_languages(row, told) for row in facts]
    unnamed = [*_unnamed_operating(facts, controls, codes), *_unnamed_pending(facts, controls, codes)]
    rows = sorted([*named, *_with_names(unnamed)], key=lambda row: _rank(row, codes))
    for number, row in enumerate(rows, start=1):
        _read_figures(row)
        row.update(cluster_id=f"HN-{number:03d}", as_of=AS_OF, boundary_basis="schematic")
        if row["name"].startswith(_CRAFT_VILLAGE):
            row.update(craft_village=True, craft_village_basis="inferred")
    _model_planned(rows, controls, told)
    _model_built(rows, controls)
    return _tidy(rows)


def plain(row: Row) -> Row:
    """Return a row with numbers that JSON can hold; they print as the decimals they were.

    Examples
    --------
    >>> plain({"planned_ha": Decimal("8.2667"), "built_ha": Decimal("0.0000"), "note": None})
    {'planned_ha': 8.2667, 'built_ha': 0, 'note': None}
    """
    return {name: _number(value) if isinstance(value, Decimal) else value for name, value in row.items()}


def apportion(total: Decimal, weights: Sequence[int | Decimal], step: Decimal) -> list[Decimal]:
    """Split a total in proportion to weights, in whole steps that add up to it exactly.

    Each share is rounded down; the steps left over go to the largest remainders, the earlier one first where
    remainders are equal.

    Examples
    --------
    >>> apportion(Decimal(10), [1, 1, 1], Decimal("0.01"))
    [Decimal('3.34'), Decimal('3.33'), Decimal('3.33')]
    """
    whole = sum(map(Fraction, weights))
    quotas = [Fraction(total) / Fraction(step) * Fraction(weight) / whole for weight in weights]
    steps = [int(quota) for quota in quotas]
    by_remainder = sorted(range(len(quotas)), key=lambda i: steps[i] - quotas[i])
    for i in by_remainder[: int(sum(quotas)) - sum(steps)]:
        steps[i] += 1
    return [n * step for n in steps]


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


def _in_both_languages(row: Row, told: Translations) -> Row:
    return row | {"note_vi": in_vietnamese(row["note"], told) if row["note"] else None}


def _unnamed_operating(facts: list[Row], controls: Controls, codes: dict[str, str]) -> Iterator[Row]:
    named = _by_district(facts, "operating")
    counts = {scope: total for (scope, metric), total in controls.items() if metric == "operating_clusters"}
    missing, city_source = counts.pop(_CITY)
    missing -= named.total()
    for district, (count, source) in counts.items():
        unnamed = int(count) - named.pop(district)
        missing -= unnamed
        note = both(
            "Số liệu công bố cho địa bàn này là {count} cụm đang hoạt động; số cụm chưa rõ tên: {unnamed}.",
            "{count} operating clusters are published for this district; not named of them: {unnamed}.",
            count=count,
            unnamed=unnamed,
        )
        row = {"district": district, "district_basis": "inferred", **note}
        yield from unnamed * [{"status": "operating", "source": f"{city_source}; {source}", **row}]
    for row in _spread(named, missing, codes, "operating"):
        yield {**row, "source": city_source}


def _unnamed_pending(facts: list[Row], controls: Controls, codes: dict[str, str]) -> Iterator[Row]:
    named = _by_district(facts, "pending")
    count, source = controls[_CITY, "pending_sites"]
    for row in _spread(named, count - named.total(), codes, "pending"):
        yield {**row, "source": source}


def _by_district(facts: list[Row], status: str) -> Counter[str]:
    return Counter(row["district"] for row in facts if row["status"] == status)


def _spread(named: Counter[str], missing: Decimal, codes: dict[str, str], status: str) -> Iterator[Row]:
    districts = sorted(named, key=codes.__getitem__)
    note = both(
        "Không có trong danh sách công khai nào tìm được. "
        "Quận, huyện mô hình hóa: phân bổ theo tỷ lệ số {what} đã rõ tên.",
        "In no public list at hand. District modelled: in proportion to the named {what}.",
        what=_WHAT[status],
    )
    shares = apportion(missing, [named[district] for district in districts], Decimal(1))
    for district, share in zip(districts, shares, strict=True):
        row = {"status": status, "district": district, "district_basis": "modelled", **note}
        yield from int(share) * [row]


def _with_names(unnamed: list[Row]) -> Iterator[Row]:
    # One run of numbers per district, over both statuses, so that no name occurs twice.
    numbers: Counter[str] = Counter()
    for row in unnamed:
        district = row["district"]
        numbers[district] += 1
        place = f"{numbers[district]} ({district})"
        names = {"name": f"{_UNNAMED_VI} {place}", "name_en": f"{_UNNAMED_EN} {place}"}
        yield {**row, **names, "status_basis": "inferred", "source_as_of": AS_OF[:7]}


def _rank(row: Row, codes: dict[str, str]) -> tuple[int, str, bool, str]:
    unnamed = row["name"].startswith(_UNNAMED_VI)
    return (
        [*STATUSES].index(row["status"]),
        codes[row["district"]],
        unnamed,
        "" if unnamed else fold(row["name"]),
    )


def _read_figures(row: Row) -> None:
    for column in CLUSTER_COLUMNS:
        text = row.setdefault(column.name, None)
        if column.kind in {"number", "integer"} and text is not None:
            row[column.name] = Decimal(text)
        if column.kind in {"number", "integer", "date"} and text is not None:
            row[f"{column.name}_basis"] = row.get(f"{column.name}_basis") or "published"


def _model_planned(rows: list[Row], controls: Controls, told: Translations) -> None:
    operating = [row for row in rows if row["status"] == "operating"]
    scopes = {scope for scope, metric in controls if metric == "planned_ha"} - {_CITY}
    # The city comes last: what districts and groups leave open is part of what it has to share out.
    for scope in (*sorted(scopes), _CITY):
        total, _ = controls[scope, "planned_ha"]
        members = [r for r in operating if scope in (_CITY, r["district"], r.get("planned_ha_group"))]
        _share_rest(members, total, (told.get(scope, scope), scope))
    for status in ("under_construction", "pending"):
        gaps, known = _gaps([row for row in rows if row["status"] == status])
        mean = (sum(known, Decimal()) / len(known)).quantize(_SQUARE_METRE)
        rule = both(
            "Diện tích mô hình hóa: trung bình của {known} diện tích đã công bố của các {what}.",
            "Area modelled: the mean of the {known} published areas of {what}.",
            known=len(known),
            what=_WHAT[status],
        )
        for row in gaps:
            _fill(row, "planned_ha", mean, rule)


def _share_rest(members: list[Row], total: Decimal, scope: tuple[str, str]) -> None:
    gaps, known = _gaps(members)
    rest = total - sum(known)
    parts = both(", chia đều thành {parts} phần", ", in {parts} equal parts", parts=len(gaps))
    rule = both(
        "Diện tích mô hình hóa: phần {rest} ha còn lại trong {total} ha của {count} cụm đang hoạt động"
        " thuộc {scope} sau khi trừ các cụm khác{parts}.",
        "Area modelled: the {rest} ha that the others leave of the {total} ha"
        " of the {count} operating clusters of {scope}{parts}.",
        rest=rest,
        total=total,
        count=len(members),
        scope=scope,
        parts=(parts["note_vi"], parts["note"]) if len(gaps) > 1 else ("", ""),
    )
    for row, share in zip(gaps, apportion(rest, [1] * len(gaps), _SQUARE_METRE), strict=True):
        _fill(row, "planned_ha", share, rule)


def _gaps(members: list[Row]) -> tuple[list[Row], list[Decimal]]:
    known = [row["planned_ha"] for row in members if row["planned_ha"] is not None]
    return [row for row in members if row["planned_ha"] is None], known


def _model_built(rows: list[Row], controls: Controls) -> None:
    operating = [row for row in rows if row["status"] == "operating"]
    (planned, _), (built, _) = controls[_CITY, "planned_ha"], controls[_CITY, "built_ha"]
    rule = both(
        "Diện tích đã xây dựng hạ tầng mô hình hóa: diện tích theo quy hoạch × {built} / {planned}.",
        "Built area modelled: planned area × {built} / {planned}.",
        built=built,
        planned=planned,
    )
    shares = apportion(built, [row["planned_ha"] for row in operating], _SQUARE_METRE)
    for row, share in zip(operating, shares, strict=True):
        _fill(row, "built_ha", share, rule)
    for row in rows:
        if row["status"] == "pending":
            row.update(built_ha=Decimal(0), built_ha_basis="inferred")


def _fill(row: Row, column: str, value: Decimal, rule: Note) -> None:
    notes = {name: " ".join(filter(None, (row[name], text))) for name, text in rule.items()}
    row.update({column: value, f"{column}_basis": "modelled", **notes})


def _tidy(rows: list[Row]) -> list[Row]:
    names = [name for column in CLUSTER_COLUMNS for name in (column.name, f"{column.name}_basis")]
    names.insert(names.index("source"), "boundary_basis")
    held = {name for row in rows for name, value in row.items() if value is not None} | _KEPT_THOUGH_EMPTY
    return [{name: row.get(name) for name in names if name in held} for row in rows]
