"""The register of clusters of a vintage: those that public lists name, and those that only the totals know.

Which clusters there are stands in `facts/hanoi_clusters.csv`; what was published of them, and when, in
`facts/hanoi_events.csv`. A vintage holds the figures of sources not later than its day. What is not
published, but is needed for the register to add up to the totals in `totals.csv`, is filled in by the
plainest rule: equal shares for planned areas, proportional ones for districts and built areas. Each filled
cell says so in its `_basis` column, and the notes of its row, English and Vietnamese, name the rule. Sums are
exact: areas are decimals with four places (a square metre), and what rounding down leaves over goes to the
largest remainders.
"""

from __future__ import annotations

import csv
from collections import Counter
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pandas as pd

from clusters_geo.history.events import EVENT_COLUMNS, check_events, last_day
from clusters_geo.history.vintages import known_cells
from clusters_geo.names import fold
from clusters_geo.schema import CLUSTER_COLUMNS, COMPANIONS, STATUSES
from notes import both, check_notes, in_vietnamese

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from notes import Note, Translations

__all__ = [
    "AS_OF",
    "LATER",
    "Controls",
    "Row",
    "apportion",
    "build_log",
    "build_register",
    "plain",
    "read_controls",
    "read_events",
    "read_facts",
]

AS_OF, LATER = "2022-09-30", "2025-12-31"

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
_LATER = "later"
_COUNTED = {"operating": "operating", "under_construction": "ground_broken", "pending": "called"}
_WHO = "clusters-geo"
# The figures whose sources a row names, the one that decides its date first.
_SHOWN = (
    *("planned_ha", "enterprises", "established", "approved_capital_bn_vnd", "registered_ha"),
    *("fill_rate_declared", "detailed_plan", "ground_broken_on"),
)


def read_facts(path: Path) -> list[Row]:
    """Return the named clusters as text; `status` is that of September 2022, `later` for what came after."""
    with path.open(encoding="utf-8", newline="") as file:
        return [{name: text or None for name, text in row.items()} for row in csv.DictReader(file)]


def read_events(path: Path) -> pd.DataFrame:
    """Return the published events, by the name of the cluster; `cell` is the line they stand in."""
    table = pd.read_csv(path, dtype="string", keep_default_na=False, na_values=[""])
    lines = [f"L{number}" for number in range(2, len(table) + 2)]
    table = table.rename(columns={"name": "cluster_id"})
    return check_events(table.assign(file=f"facts/{path.name}", cell=lines, who=_WHO))


def read_controls(path: Path) -> Controls:
    """Return the published totals that the register has to honour."""
    with path.open(encoding="utf-8", newline="") as file:
        return {
            (row["scope"], row["metric"]): (Decimal(row["value"]), row["source"])
            for row in csv.DictReader(file)
            if row["role"] == "control"
        }


def build_register(  # noqa: PLR0913 - made of facts, events and totals, told in two languages
    facts: list[Row],
    events: pd.DataFrame,
    controls: Controls,
    codes: dict[str, str],
    told: Translations,
    *,
    as_of: str = AS_OF,
) -> list[Row]:
    """Return the register of a vintage, without its outlines.

    Parameters
    ----------
    facts
        From `read_facts`; not changed.
    events
        From `read_events`.
    controls
        From `read_controls`.
    codes
        The code of each district, by its name.
    told
        From `notes.read_notes`.
    as_of
        The day of the vintage, not before September 2022.

    Returns
    -------
    One row per cluster, in the order of their ids. Those of 2022 come first: status, district code, named
    before unnamed, name; ids stay in later vintages. Columns are those of the schema that hold something,
    each figure followed by its basis, source, date and wording; numbers are `Decimal`, missing cells None.

    Raises
    ------
    ValueError
        If the notes of the facts and their translations do not match, with every sentence that does not.
    """
    check_notes(facts, told)
    rows = _numbered(facts, controls, codes)
    cells = dict(list(known_cells(events, as_of).groupby("cluster_id")))
    first, areas = _first_named(events), events[events["column"] == "planned_ha"]
    known = [row for row in rows if row["status"] != _LATER or row["name"] in cells]
    for row in known:
        row.update(as_of=as_of, boundary_basis="schematic")
        _read_status(row, cells.get(row["name"]))
        _read_figures(row, cells.get(row["name"]))
        _tell(row, told, as_of, first.get(row["name"]), areas[areas["cluster_id"] == row["name"]])
    _model_planned(known, controls, told)
    _model_built(known, controls)
    return _tidy(known)


def build_log(
    facts: list[Row], events: pd.DataFrame, controls: Controls, codes: dict[str, str]
) -> pd.DataFrame:
    """Return every event by the id of its cluster, and that the totals of 2022 count each of the 120.

    A cluster of the totals is counted as operating, as having broken ground or as called for investment `by`
    September 2022: the totals give no day.
    """
    rows = _numbered(facts, controls, codes)
    ids = {row["name"]: row["cluster_id"] for row in rows}
    _, source = controls[_CITY, "pending_sites"]
    counted = [
        {
            "cluster_id": row["cluster_id"],
            "what": _COUNTED[row["status"]],
            "valid_on": AS_OF[:7],
            "recorded_on": AS_OF[:7],
            "basis": row["status_basis"],
            "qualifier": "by",
            "source": source,
            "file": "totals.csv",
            "who": _WHO,
        }
        for row in rows
        if row["status"] != _LATER
    ]
    log = pd.concat([events.assign(cluster_id=events["cluster_id"].map(ids)), pd.DataFrame(counted)])
    log = log.reindex(columns=list(EVENT_COLUMNS)).astype("string")
    order = log.assign(day=last_day(log["recorded_on"])).sort_values(["day", "cluster_id"], kind="stable")
    return order.drop(columns="day").reset_index(drop=True)


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


def _numbered(facts: list[Row], controls: Controls, codes: dict[str, str]) -> list[Row]:
    """Return every cluster there is with its id: those of 2022, then those of later."""
    _, source = controls[_CITY, "pending_sites"]
    counted = [row | {"source": source} for row in facts if row["status"] in STATUSES]
    unnamed = [*_unnamed_operating(counted, controls, codes), *_unnamed_pending(counted, controls, codes)]
    of_2022 = sorted([*counted, *_with_names(unnamed)], key=lambda row: _rank(row, codes))
    later = sorted(
        (row for row in facts if row["status"] == _LATER),
        key=lambda row: (codes[row["district"]], row["name"]),
    )
    return [
        row | {"cluster_id": f"HN-{number:03d}"} for number, row in enumerate([*of_2022, *later], start=1)
    ]


def _first_named(events: pd.DataFrame) -> dict[str, dict[str, str]]:
    """Return the event that first names each cluster."""
    return {row["cluster_id"]: row for row in _records(events[events["what"] == "named"])}


def _unnamed_operating(facts: list[Row], controls: Controls, codes: dict[str, str]) -> Iterator[Row]:
    named = _by_district(facts, "operating")
    counts = {scope: total for (scope, metric), total in controls.items() if metric == "operating_clusters"}
    missing, city_source = counts.pop(_CITY)
    missing -= named.total()
    for district, (count, _) in counts.items():
        unnamed = int(count) - named.pop(district)
        missing -= unnamed
        note = both(
            "Số liệu công bố cho địa bàn này là {count} cụm đang hoạt động; số cụm chưa rõ tên: {unnamed}.",
            "{count} operating clusters are published for this district; not named of them: {unnamed}.",
            count=count,
            unnamed=unnamed,
        )
        row = {"district": district, "district_basis": "inferred", **note}
        yield from unnamed * [{"status": "operating", "source": city_source, **row}]
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
        yield {**row, **names, "status_basis": "inferred"}


def _rank(row: Row, codes: dict[str, str]) -> tuple[int, str, bool, str]:
    unnamed = row["name"].startswith(_UNNAMED_VI)
    return (
        [*STATUSES].index(row["status"]),
        codes[row["district"]],
        unnamed,
        "" if unnamed else fold(row["name"]),
    )


def _read_status(row: Row, cells: pd.DataFrame | None) -> None:
    """Let later events lead further than the totals of 2022."""
    row.update(status_source=row.get("source"), status_as_of=AS_OF[:7])
    if cells is None:
        return
    led = cells[cells["column"] == "status"].to_dict("records")
    order = [*STATUSES, _LATER]
    if led and order.index(led[0]["value"]) < order.index(row["status"]):
        row.update(status=led[0]["value"], status_basis=led[0]["basis"])
        row.update(status_source=led[0]["source"], status_as_of=led[0]["as_of"])


def _read_figures(row: Row, cells: pd.DataFrame | None) -> None:
    kinds = {column.name: column.kind for column in CLUSTER_COLUMNS}
    for column in kinds:
        row.setdefault(column, None)
    for cell in () if cells is None else _records(cells):
        name, value = cell["column"], cell["value"]
        if name != "status":
            row[name] = _typed(value, kinds[name])
            row.update({f"{name}_{what}": cell[what] or None for what in COMPANIONS})
    if row["name"].startswith(_CRAFT_VILLAGE):
        row.update(craft_village=True, craft_village_basis="inferred")


def _typed(value: str, kind: str) -> str | Decimal | bool:
    if kind == "flag":
        return True  # what a log says of a cluster is that it is so
    return Decimal(value) if kind in {"number", "integer"} else value


def _tell(
    row: Row, told: Translations, as_of: str, first: dict[str, str] | None, areas: pd.DataFrame
) -> None:
    """Give a row its notes, and the sources and the date on which it rests."""
    sources = {row[f"{name}_source"]: row[f"{name}_as_of"] for name in _SHOWN if row.get(f"{name}_source")}
    if first is not None and not _is_after(first["recorded_on"], as_of):
        sources.setdefault(first["source"], first["recorded_on"])
    if not sources or row["status"] != "operating":
        sources.setdefault(row["status_source"], row["status_as_of"])
    row.update(source="; ".join(sources), source_as_of=next(iter(sources.values())))
    if first is None:
        return
    notes = [_of_facts(row["note"], told, as_of)]
    if _is_after(first["recorded_on"], as_of):
        notes.append(_named_later(first))
    later = (area for area in _records(areas) if _is_after(area["recorded_on"], as_of))
    notes += [_area_later(area) for area in later]
    for name in ("note", "note_vi"):
        row[name] = " ".join(filter(None, (note[name] for note in notes))) or None


def _records(events: pd.DataFrame) -> list[dict[str, str]]:
    return [
        {str(name): str(cell) for name, cell in row.items()} for row in events.fillna("").to_dict("records")
    ]


def _is_after(day: str, as_of: str) -> bool:
    return bool(last_day(pd.Series([day])).iloc[0] > pd.Timestamp(as_of))


def _of_facts(note: str | None, told: Translations, as_of: str) -> Note:
    if not note:
        return {"note": "", "note_vi": ""}
    # What was later in 2022 is not later in 2025.
    texts = {"note": note, "note_vi": in_vietnamese(note, told)}
    return texts if as_of == AS_OF else {name: _no_longer_later(text) for name, text in texts.items()}


def _no_longer_later(text: str) -> str:
    for mark in ("Later: ", "Về sau: "):
        head, found, rest = text.partition(mark)
        if found:
            return head + rest[:1].upper() + rest[1:]
    return text


def _when(event: dict[str, str]) -> tuple[str, str]:
    if event["qualifier"].startswith("undated"):
        return "một nguồn không ghi ngày", "an undated source"
    day = event["recorded_on"]
    return f"một nguồn của {'/'.join(reversed(day.split('-')))}", f"a source of {day}"


def _named_later(first: dict[str, str]) -> Note:
    return both(
        "Tên cụm chỉ biết từ {when}; việc cụm thuộc số đã công bố năm 2022 là suy ra.",
        "Named only in {when}; that it is one of those published for 2022 is inferred.",
        when=_when(first),
    )


def _area_later(area: dict[str, str]) -> Note:
    return both(
        "Về sau: {value} ha theo {when}.",
        "Later: {value} ha in {when}.",
        value=Decimal(area["value"]),
        when=_when(area),
    )


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
    # Of the operating ones, which the total is of. What is built elsewhere nobody published: unknown, not 0.
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


def _fill(row: Row, column: str, value: Decimal, rule: Note) -> None:
    notes = {name: " ".join(filter(None, (row[name], text))) for name, text in rule.items()}
    row.update({column: value, f"{column}_basis": "modelled", **notes})


def _tidy(rows: list[Row]) -> list[Row]:
    beside = ("", *(f"_{what}" for what in COMPANIONS))
    names = [f"{column.name}{what}" for column in CLUSTER_COLUMNS for what in beside]
    names.insert(names.index("source"), "boundary_basis")
    names = [*dict.fromkeys(names)]  # `source_as_of` is a column of its own, too
    held = {name for row in rows for name, value in row.items() if value is not None} | _KEPT_THOUGH_EMPTY
    return [{name: row.get(name) for name in names if name in held} for row in rows]
