"""The way of a site from the list to operation: waiting too long, out of order, later than scheduled.

Months are counted from day to day (29 February to 28 February is a year less a day).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from clusters_geo.auditing.rule import Hit, hits, rule

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from clusters_geo.auditing.register import Register

__all__: list[str] = []

_STAGES_SOURCE = "Nghị định 32/2024/NĐ-CP: thành lập, quy hoạch chi tiết, giao đất, khởi công"
_CIRCULAR = "Thông tư 14/2024/TT-BCT"
_LAND_LAW = "Luật Đất đai 2024, điều 81"

# In their legal order; the approval of the infrastructure project has no fixed place among them.
_STAGES = (
    "listed_on",
    "established_on",
    "detailed_plan_on",
    "site_cleared_on",
    "land_allocated_on",
    "ground_broken_on",
    "opened_on",
    "operating_on",
)
_DONE = (*_STAGES, "project_approved_on")


@rule(
    "pipeline.pending-too-long",
    "warning",
    title=("Chưa khởi công quá lâu", "Pending too long"),
    why=(
        "Tính từ ngày sớm nhất mà sổ ghi (vào quy hoạch hoặc thành lập) đến ngày kiểm tra.",
        "Counted from the earliest day in the register (listed or established) to the day of the audit.",
    ),
    message=(
        "Chưa khởi công sau {value} tháng (từ {since}); ngưỡng là {expected} tháng.",
        "Not started after {value} months (since {since}); the limit is {expected}.",
    ),
    fix=(
        "Nêu lý do và mốc khởi công, hoặc đưa khỏi danh mục.",
        "State the reason and a new date, or take it off the list.",
    ),
    source="Quy ước của clusters-geo; Nghị định 32/2024/NĐ-CP không đặt thời hạn cho chủ đầu tư",
    needs=("status", "listed_on|established_on"),
)
def pending_too_long(register: Register, *, months: int = 24) -> list[Hit]:
    """Pending sites listed or established more than so many months ago."""
    pending = (register.text("status") == "pending").fillna(value=False)
    since = pd.concat([register.day("listed_on"), register.day("established_on")], axis=1).min(axis=1)
    waited = _months(since, register.on)
    return hits(pending & _over(since, months, register.on), "status", waited, months, since=since)


@rule(
    "pipeline.started-without-decision",
    "warning",
    title=("Khởi công khi chưa có quyết định", "Ground broken without a decision"),
    why=(
        (
            "Cụm phải có quyết định thành lập trước khi khởi công. Sổ không ghi quyết định chưa chắc là "
            "không có."
        ),
        (
            "A cluster is established by a decision before ground is broken. That the register names none "
            "does not prove that there is none."
        ),
    ),
    message=(
        "Đã khởi công, nhưng sổ không ghi quyết định thành lập hay ngày thành lập.",
        "Ground is broken, but the register names neither an establishment decision nor its date.",
    ),
    fix=("Ghi số và ngày quyết định.", "Enter the decision and its date."),
    source=_STAGES_SOURCE,
    needs=("status",),
)
def started_without_decision(register: Register) -> list[Hit]:
    """Clusters under construction, or with a day on which ground was broken, and without a decision."""
    started = (register.text("status") == "under_construction") | register.day("ground_broken_on").notna()
    undecided = register.text("decision").isna() & register.day("established_on").isna()
    return hits(started & undecided, "decision", register.text("decision"))


@rule(
    "pipeline.dates-out-of-order",
    "error",
    title=("Mốc thời gian sai thứ tự", "Stage dates out of order"),
    why=(
        (
            "Thứ tự: vào quy hoạch, thành lập, quy hoạch chi tiết, giải phóng mặt bằng, giao đất, khởi công, "
            "tiếp nhận dự án, hoạt động."
        ),
        (
            "The order: listed, established, detailed plan, site cleared, land allocated, ground broken, "
            "open to producers, operating."
        ),
    ),
    message=(
        "{field} ({value}) trước {stage} ({expected}).",
        "{field} ({value}) is before {stage} ({expected}).",
    ),
    fix=("Sửa ngày sai theo văn bản.", "Correct the wrong date by the document."),
    source=_STAGES_SOURCE,
    needs=("|".join(_STAGES),),
)
def dates_out_of_order(register: Register) -> Iterator[Hit]:
    """Find stages dated before the latest of those that must precede them."""
    latest = pd.Series(pd.NaT, index=range(len(register.clusters)), dtype="datetime64[us]")
    stage = pd.Series("", index=latest.index, dtype="object")
    for name in filter(register.has, _STAGES):
        day = register.day(name)
        yield from hits(day < latest, name, day, latest, stage=stage)
        later = day.notna() & ~(day < latest)
        latest, stage = latest.where(~later, day), stage.where(~later, name)


@rule(
    "pipeline.date-in-future",
    "warning",
    title=("Ngày trong tương lai", "Date in the future"),
    why=(
        "Một việc đã làm không thể có ngày sau ngày của sổ.",
        "What is done cannot be dated after the day of the register.",
    ),
    message=("{field} là {value}, sau ngày {expected}.", "{field} is {value}, after {expected}."),
    fix=(
        "Sửa ngày, hoặc chuyển sang cột kế hoạch.",
        "Correct the date, or move it to a column of the schedule.",
    ),
    source=_STAGES_SOURCE,
    needs=("|".join(_DONE),),
)
def date_in_future(register: Register) -> Iterator[Hit]:
    """Stages dated after the day of the audit."""
    today = pd.Timestamp(register.on)
    for name in filter(register.has, _DONE):
        day = register.day(name)
        yield from hits(day > today, name, day, today)


@rule(
    "pipeline.status-contradicts-dates",
    "error",
    title=("Tình trạng mâu thuẫn với mốc thời gian", "Status contradicts the dates"),
    why=(
        "Cụm đã khởi công thì không còn là chưa khởi công; cụm đã hoạt động thì không còn đang xây dựng.",
        "A site whose ground is broken is not pending; a cluster that operates is not under construction.",
    ),
    message=(
        "Tình trạng là {value}, nhưng {stage} là {expected}.",
        "The status is {value}, but {stage} is {expected}.",
    ),
    fix=("Cập nhật tình trạng.", "Bring the status up to date."),
    source=_STAGES_SOURCE,
    needs=("status", "ground_broken_on|operating_on"),
)
def status_contradicts_dates(register: Register) -> Iterator[Hit]:
    """Statuses that the dates have overtaken."""
    status = register.text("status")
    for which, stage in (("pending", "ground_broken_on"), ("under_construction", "operating_on")):
        day = register.day(stage)
        reached = day <= pd.Timestamp(register.on)
        yield from hits((status == which) & reached, "status", status, day, stage=stage)


@rule(
    "pipeline.leased-before-ready",
    "warning",
    title=("Cho thuê đất chưa đủ điều kiện", "Leased before it was ready"),
    why=(
        "Đất đủ điều kiện cho thuê là đất đã xây dựng hạ tầng kỹ thuật; phần cho thuê nằm trong đó.",
        "Land is ready for lease once it has infrastructure; what is leased is part of it.",
    ),
    message=(
        "Đã cho thuê {value} ha, mới có {expected} ha đủ điều kiện cho thuê.",
        "{value} ha leased, but only {expected} ha ready for lease.",
    ),
    fix=(
        "Hỏi lại chủ đầu tư: có cho thuê trước khi xong hạ tầng không?",
        "Ask the investor whether land was leased before its infrastructure was done.",
    ),
    source=f"{_CIRCULAR}, Biểu 02, dòng 3–4",
    needs=("leased_ha", "ready_ha"),
)
def leased_before_ready(register: Register, *, tolerance_ha: float = 0.05) -> list[Hit]:
    """More land leased than is ready for lease, beyond rounding to a tenth of a hectare."""
    leased, ready = register.figure("leased_ha"), register.figure("ready_ha")
    # 15.05 − 15.0 is a hair over 0.05 in binary; a limit that is just reached is kept.
    return hits(leased - ready > tolerance_ha + 1e-9, "leased_ha", leased, ready)


@rule(
    "pipeline.leased-before-operating",
    "warning",
    title=("Có dự án thuê đất khi chưa ghi hoạt động", "Leased, but not marked as operating"),
    why=(
        "Cụm đã có dự án thuê đất là cụm đã hoạt động; nếu không, tỷ lệ lấp đầy của Biểu 03, 04 bị sai.",
        "A cluster with a project in it operates; if not, the fill rate of Forms 03 and 04 comes out wrong.",
    ),
    message=(
        "{field} là {value}, nhưng cụm không ghi là đang hoạt động.",
        "{field} is {value}, but the cluster is not marked as operating.",
    ),
    fix=(
        "Sửa status, hoặc chuyển nhu cầu đăng ký sang registered_ha.",
        "Correct the status, or move registered demand to registered_ha.",
    ),
    source=f"{_CIRCULAR}, Biểu 03 và 04, dòng 15–20",
    needs=("status", "projects|leased_ha"),
)
def leased_before_operating(register: Register) -> Iterator[Hit]:
    """Projects or leased land in clusters that do not operate."""
    idle = (register.text("status") != "operating").fillna(value=False)
    for column in ("projects", "leased_ha"):
        figure = register.figure(column)
        yield from hits(idle & (figure > 0), column, figure, 0.0)


@rule(
    "pipeline.schedule-slipped",
    "warning",
    title=("Chậm so với kế hoạch", "Schedule slipped"),
    why=(
        (
            "So ngày kế hoạch với ngày thực tế; chưa làm thì so với ngày kiểm tra. Chậm quá 24 tháng có thể "
            "bị thu hồi đất."
        ),
        (
            "The scheduled day against the real one, or against the day of the audit if it is not done. Over "
            "24 months late the land may be taken back."
        ),
    ),
    message=(
        "Theo kế hoạch {scheduled}, chậm {value} tháng (ngưỡng {expected}).",
        "Scheduled for {scheduled}, {value} months late (limit {expected}).",
    ),
    fix=("Xin điều chỉnh tiến độ, nêu lý do.", "Have the schedule adjusted, with the reason."),
    source=_LAND_LAW,
    needs=("scheduled_start_on|scheduled_completion_on",),
)
def schedule_slipped(register: Register, *, months: int = 0) -> Iterator[Hit]:
    """Find starts and completions later than scheduled by more than so many months."""
    for scheduled, done in (
        ("scheduled_start_on", "ground_broken_on"),
        ("scheduled_completion_on", "opened_on"),
    ):
        planned = register.day(scheduled)
        reached = register.day(done)
        if done == "opened_on":
            reached = reached.fillna(register.day("operating_on"))
        end = reached.fillna(pd.Timestamp(register.on))
        late = _over(planned, months, end)
        yield from hits(late, scheduled, _months(planned, end), months, scheduled=planned)


@rule(
    "pipeline.land-unused",
    "warning",
    title=("Đất đã giao chưa sử dụng", "Allocated land unused"),
    why=(
        "Đất dự án không sử dụng 12 tháng liên tục thì phải gia hạn (tối đa 24 tháng) hoặc bị thu hồi.",
        "Project land unused for 12 months needs an extension (24 months at most) or is taken back.",
    ),
    message=(
        "Giao đất ngày {since}, {value} tháng chưa khởi công (ngưỡng {expected}).",
        "Land allocated on {since}, {value} months without a start (limit {expected}).",
    ),
    fix=("Khởi công, hoặc xin gia hạn.", "Start, or ask for an extension."),
    source=_LAND_LAW,
    needs=("land_allocated_on",),
)
def land_unused(register: Register, *, months: int = 12) -> list[Hit]:
    """Land allocated long ago on which ground is not broken."""
    since = register.day("land_allocated_on")
    idle = register.day("ground_broken_on").isna() & (register.text("status") == "pending").fillna(
        value=False
    )
    waited = _months(since, register.on)
    return hits(idle & _over(since, months, register.on), "land_allocated_on", waited, months, since=since)


def _months(start: pd.Series, end: date | pd.Series) -> pd.Series:
    """Return the whole months from one day to another."""
    first, last = start.dt, _days(end, start.index).dt
    whole = (last.year - first.year) * 12 + (last.month - first.month) - (last.day < first.day)
    return pd.Series(whole.astype("Int64"))


def _over(start: pd.Series, months: int, end: date | pd.Series) -> pd.Series:
    """Return whether more than so many months have gone by; the day itself is still in time."""
    return pd.Series(start + pd.DateOffset(months=months) < _days(end, start.index))


def _days(end: date | pd.Series, index: pd.Index) -> pd.Series:
    return end if isinstance(end, pd.Series) else pd.Series(np.datetime64(end, "us"), index=index)
