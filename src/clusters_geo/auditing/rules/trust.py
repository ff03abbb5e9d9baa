"""Where the figures come from, how old they are, and whether they add up to what was published."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pandas as pd

from clusters_geo.auditing.rule import Hit, hits, rule
from clusters_geo.measure.summary import totals_by_basis
from clusters_geo.measure.trust import is_soft
from clusters_geo.schema import CLUSTER_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clusters_geo.auditing.register import Register

__all__: list[str] = []

_CONVENTION = "Quy ước của clusters-geo"
_FIGURES = tuple(c.name for c in CLUSTER_COLUMNS if c.kind in ("number", "integer"))
_CITY = "Hà Nội"


@rule(
    "trust.no-source",
    "warning",
    title=("Số liệu không có nguồn", "Figures without a source"),
    why=(
        "Số không có nguồn thì không ai kiểm tra lại được.",
        "Nobody can check a figure that has no source.",
    ),
    message=("Có số liệu nhưng không ghi nguồn.", "There are figures, but no source."),
    fix=("Ghi văn bản, báo cáo hoặc đường dẫn.", "Name the document, report or address."),
    source=_CONVENTION,
)
def no_source(register: Register) -> list[Hit]:
    """Rows with figures and no source; one finding for all where the column is absent."""
    figures = [register.number(name) for name in filter(register.has, _FIGURES)]
    if not figures:
        return []
    some = pd.concat(figures, axis=1).notna().any(axis=1)
    if not register.has("source"):
        return [Hit(None, field="source")] if some.any() else []
    return hits(some & register.text("source").isna(), "source", register.text("source"))


@rule(
    "trust.stale",
    "warning",
    title=("Số liệu cũ", "Figures out of date"),
    why=(
        (
            "Ngày của nguồn (source_as_of, cuối tháng hoặc cuối năm nếu chỉ ghi tháng, năm), nếu không có "
            "thì as_of, so với ngày kiểm tra."
        ),
        (
            "The date of the source (source_as_of, the end of the month or year where only that is given), "
            "else as_of, against the day of the audit."
        ),
    ),
    message=(
        "Số liệu của {since}, đã {value} tháng (ngưỡng {expected}).",
        "Figures of {since}, {value} months old (limit {expected}).",
    ),
    fix=("Cập nhật số liệu.", "Bring the figures up to date."),
    source=_CONVENTION,
    needs=("as_of|source_as_of",),
)
def stale(register: Register, *, months: int = 12) -> list[Hit]:
    """Rows older than so many months."""
    stated = register.each("source_as_of", _end_of_period)
    since = pd.to_datetime(stated).astype("datetime64[us]").fillna(register.day("as_of"))
    today = pd.Timestamp(register.on)
    age = (today.year - since.dt.year) * 12 + (today.month - since.dt.month) - (today.day < since.dt.day)
    return hits(
        since + pd.DateOffset(months=months) < today, "as_of", age.astype("Int64"), months, since=since
    )


@rule(
    "trust.total-does-not-reconcile",
    "error",
    title=("Tổng không khớp số công bố", "Total does not reconcile"),
    why=(
        "Tổng của sổ khác tổng đã công bố cho cùng phạm vi.",
        "The register adds up to something else than was published for the same scope.",
    ),
    message=(
        "{scope}, {field}: sổ cho {value}, đã công bố {expected} ({published_by}).",
        "{scope}, {field}: the register gives {value}, published is {expected} ({published_by}).",
    ),
    fix=("Tìm dòng thiếu, trùng hoặc sai.", "Find the row that is missing, repeated or wrong."),
    source="Bảng tổng số công bố (totals)",
    needs=("totals", "status"),
)
def total_does_not_reconcile(register: Register) -> Iterator[Hit]:
    """Totals that differ from a published control total."""
    return _disagreeing(register, "control")


@rule(
    "trust.sources-conflict",
    "info",
    title=("Hai nguồn công bố mâu thuẫn", "Published sources conflict"),
    why=(
        "Một nguồn khác công bố con số khác cho cùng chỉ tiêu; nêu ra để người đọc biết.",
        (
            "Another source publishes another figure for the same thing; shown so that nobody is surprised "
            "by it."
        ),
    ),
    message=(
        "{scope}, {field}: sổ cho {value}, một nguồn khác ghi {expected} ({published_by}).",
        "{scope}, {field}: the register gives {value}, another source {expected} ({published_by}).",
    ),
    fix=("Giữ số của nguồn đã chọn và nêu lý do.", "Keep the chosen source and say why."),
    source="Bảng tổng số công bố (totals)",
    needs=("totals", "status"),
)
def sources_conflict(register: Register) -> Iterator[Hit]:
    """Totals that differ from a published note."""
    return _disagreeing(register, "note")


@rule(
    "trust.modelled-share",
    "warning",
    title=("Tỷ trọng số mô hình hóa cao", "Large share of modelled figures"),
    why=(
        "Phần của tổng (các cụm đang hoạt động) không phải số công bố, khai báo hay đo đạc.",
        (
            "The part of the total (operating clusters) that was filled in by a rule, not published, "
            "declared or measured."
        ),
    ),
    message=(
        "{field}: {value:%} tổng là số mô hình hóa (ngưỡng {expected:%}).",
        "{field}: {value:%} of the total is modelled (limit {expected:%}).",
    ),
    fix=("Thu thập số liệu thật của từng cụm.", "Collect the real figures cluster by cluster."),
    source=_CONVENTION,
    needs=("status",),
)
def modelled_share(
    register: Register,
    *,
    most: float = 0.2,
    columns: tuple[str, ...] = ("planned_ha", "built_ha", "leasable_ha", "leased_ha"),
) -> Iterator[Hit]:
    """Totals of which more than a fifth is modelled."""
    operating = (register.text("status") == "operating").fillna(value=False)
    for name in filter(register.has, columns):
        figures = pd.DataFrame({name: register.figure(name), f"{name}_basis": register.basis(name)})
        parts = totals_by_basis(figures[operating], name)
        soft = parts[is_soft(parts.index.to_series()).to_numpy()].sum()
        share = soft / parts.sum() if parts.sum() > 0 else 0.0
        if share > most + 1e-9:
            yield Hit(float(share), most, field=name)


def _disagreeing(register: Register, role: str) -> Iterator[Hit]:
    table = register.reconciled
    known = table[(table["role"] == role) & ~table["agrees"].astype(bool)]
    for row in known.to_dict("records"):
        yield Hit(
            row["computed"],
            row["published"],
            field=row["metric"],
            district=None if row["scope"] == _CITY else row["scope"],
            details={"scope": row["scope"], "published_by": row["source"]},
        )


def _end_of_period(text: str) -> pd.Timestamp | None:
    """Return the last day of a year, a month or a day in ISO notation; None for anything else."""
    found = re.fullmatch(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?", text)
    if found is None:
        return None
    year, month, day = found.groups()
    try:
        start = pd.Timestamp(int(year), int(month or 12), int(day or 1))
    except ValueError:
        return None
    return start if day else start + pd.offsets.MonthEnd(0)
