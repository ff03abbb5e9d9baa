"""Figures that cannot be right, or that contradict each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from clusters_geo.auditing.rule import Hit, NotJudgedError, hits, rule
from clusters_geo.measure.rates import fill_rate
from clusters_geo.measure.summary import per_hectare
from clusters_geo.schema import CLUSTER_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clusters_geo.auditing.register import Register

__all__: list[str] = []

_LOGIC = "Định nghĩa các chỉ tiêu, Thông tư 14/2024/TT-BCT"
_NUMBERS = tuple(c.name for c in CLUSTER_COLUMNS if c.kind in ("number", "integer"))
_SHARES = tuple(c.name for c in CLUSTER_COLUMNS if c.unit == "share")

# 1 / 0.6745: the median absolute deviation of a normal distribution in standard deviations.
_MAD_TO_SIGMA = 1.4826


@rule(
    "figures.not-a-number",
    "error",
    title=("Không phải là số", "Not a number"),
    why=(
        "Ô của một chỉ tiêu bằng số chứa chữ; ô này không được tính vào bất kỳ tổng nào.",
        "A cell of a numeric figure holds text; it enters no total.",
    ),
    message=("{field}: {value} không phải là số.", "{field}: {value} is not a number."),
    fix=("Nhập số, để trống nếu không có số liệu.", "Enter a number, or leave the cell empty."),
    source=_LOGIC,
)
def not_a_number(register: Register) -> Iterator[Hit]:
    """Cells with text where a number belongs."""
    for name in filter(register.has, _NUMBERS):
        raw = register.raw(name)
        yield from hits(raw.notna() & register.number(name).isna(), name, raw)


@rule(
    "figures.infinite",
    "error",
    title=("Giá trị vô hạn", "Infinite figure"),
    why=(
        "Thường do chia cho 0 trong bảng tính; làm hỏng mọi tổng và tỷ lệ.",
        "Mostly a division by zero in a spreadsheet; it spoils every total and rate.",
    ),
    message=("{field} là vô hạn.", "{field} is infinite."),
    fix=("Tính lại từ số gốc.", "Work it out again from the original figures."),
    source=_LOGIC,
)
def infinite(register: Register) -> Iterator[Hit]:
    """Figures that are not finite."""
    for name in filter(register.has, _NUMBERS):
        number = register.number(name)
        yield from hits(number.abs() == np.inf, name, number)


@rule(
    "figures.negative",
    "error",
    title=("Số âm", "Negative figure"),
    why=(
        "Diện tích, số lượng và tiền ở đây không thể âm.",
        "Areas, counts and money cannot be negative here.",
    ),
    message=("{field} là {value}.", "{field} is {value}."),
    fix=("Kiểm tra dấu và công thức ở nguồn.", "Check the sign and the formula at the source."),
    source=_LOGIC,
)
def negative(register: Register) -> Iterator[Hit]:
    """Figures below zero."""
    for name in filter(register.has, _NUMBERS):
        number = register.number(name)
        yield from hits((number < 0) & np.isfinite(number), name, number, 0.0)


@rule(
    "figures.zero",
    "warning",
    title=("Diện tích bằng 0", "Area of zero"),
    why=(
        (
            "Một cụm có quy hoạch, quyết định hoặc đất công nghiệp thì diện tích đó lớn hơn 0; số 0 thường "
            "là chưa có số liệu."
        ),
        (
            "A cluster that is planned, established or has industrial land has more than 0 ha of it; a zero "
            "mostly stands for a figure not known."
        ),
    ),
    message=("{field} bằng 0.", "{field} is 0."),
    fix=("Để trống nếu chưa có số liệu.", "Leave the cell empty if the figure is not known."),
    source=_LOGIC,
)
def zero(
    register: Register, *, columns: tuple[str, ...] = ("planned_ha", "established_ha", "leasable_ha")
) -> Iterator[Hit]:
    """Areas that are zero where there must be some."""
    for name in filter(register.has, columns):
        number = register.number(name)
        yield from hits(number == 0, name, number)


@rule(
    "figures.built-over-planned",
    "error",
    title=("Diện tích xây dựng lớn hơn quy hoạch", "More built than planned"),
    why=(
        "Phần đã đầu tư hạ tầng nằm trong ranh giới quy hoạch, nên không thể lớn hơn.",
        "What has infrastructure lies inside the planned boundary and cannot be larger.",
    ),
    message=(
        "Đã xây dựng {value} ha, quy hoạch chỉ có {expected} ha.",
        "{value} ha built, but only {expected} ha planned.",
    ),
    fix=(
        "Sửa số sai, hoặc cập nhật quy hoạch nếu cụm đã mở rộng.",
        "Correct the wrong figure, or bring the plan up to date if the cluster was expanded.",
    ),
    source=_LOGIC,
    needs=("built_ha", "planned_ha"),
)
def built_over_planned(register: Register, *, tolerance_ha: float = 0.05) -> list[Hit]:
    """More built than planned, beyond rounding to a tenth of a hectare."""
    return _part_over_whole(register, "built_ha", "planned_ha", tolerance_ha)


@rule(
    "figures.leased-over-leasable",
    "error",
    title=("Đất đã cho thuê lớn hơn đất công nghiệp", "More leased than leasable"),
    why=(
        "Chỉ đất công nghiệp mới được cho thuê.",
        "Only industrial land is leased; more of it cannot be leased than there is.",
    ),
    message=(
        "Đã cho thuê {value} ha, đất công nghiệp chỉ có {expected} ha.",
        "{value} ha leased, but only {expected} ha of industrial land.",
    ),
    fix=(
        "Kiểm tra xem số cho thuê có gồm đất dịch vụ hoặc nhu cầu đăng ký không.",
        "Check whether service land or registered demand was counted as leased.",
    ),
    source=_LOGIC,
    needs=("leased_ha", "leasable_ha"),
)
def leased_over_leasable(register: Register, *, tolerance_ha: float = 0.05) -> list[Hit]:
    """More leased than there is to lease."""
    return _part_over_whole(register, "leased_ha", "leasable_ha", tolerance_ha)


@rule(
    "figures.leasable-over-planned",
    "error",
    title=("Đất công nghiệp lớn hơn quy hoạch", "More leasable than planned"),
    why=(
        "Đất công nghiệp là một phần của diện tích quy hoạch.",
        "Industrial land is a part of the planned area.",
    ),
    message=(
        "Đất công nghiệp {value} ha, quy hoạch chỉ có {expected} ha.",
        "{value} ha of industrial land, but only {expected} ha planned.",
    ),
    fix=("Sửa số sai theo quy hoạch chi tiết.", "Correct the wrong figure by the detailed plan."),
    source=_LOGIC,
    needs=("leasable_ha", "planned_ha"),
)
def leasable_over_planned(register: Register, *, tolerance_ha: float = 0.05) -> list[Hit]:
    """More industrial land than planned area."""
    return _part_over_whole(register, "leasable_ha", "planned_ha", tolerance_ha)


@rule(
    "figures.rate-out-of-range",
    "error",
    title=("Tỷ lệ ngoài khoảng 0–1", "Rate outside 0–1"),
    why=(
        "Tỷ lệ được ghi từ 0 đến 1; số như 85 thường là phần trăm.",
        "Rates are kept as 0–1; a figure such as 85 is mostly a percentage.",
    ),
    message=("{field} là {value}, ngoài khoảng 0–1.", "{field} is {value}, outside 0–1."),
    fix=("Ghi 0,85 thay cho 85 %.", "Write 0.85 for 85 %."),
    source=_LOGIC,
    needs=("|".join(_SHARES),),
)
def rate_out_of_range(register: Register) -> Iterator[Hit]:
    """Stated rates that are no share of anything."""
    for name in filter(register.has, _SHARES):
        number = register.number(name)
        yield from hits((number > 1) & np.isfinite(number), name, number, 1.0)


@rule(
    "figures.full-before-construction",
    "warning",
    title=("Báo lấp đầy 100 % khi chưa hoạt động", "Reported full before construction"),
    why=(
        "Báo chí và báo cáo hay gọi nhu cầu đăng ký là lấp đầy. Đất chưa có hạ tầng thì chưa cho thuê được.",
        (
            "Press and reports often call registered demand a fill rate. Land without infrastructure is not "
            "leased yet."
        ),
    ),
    message=(
        "Cụm chưa hoạt động mà tỷ lệ lấp đầy là {value:%}: có lẽ là nhu cầu đăng ký.",
        "Not operating yet, but {value:%} full: this looks like registered demand.",
    ),
    fix=(
        "Chuyển số này sang registered_ha; chỉ ghi leased_ha khi đã có hợp đồng thuê.",
        "Move the figure to registered_ha; keep leased_ha for signed leases.",
    ),
    source=_LOGIC,
    needs=("status", "fill_rate_declared|leased_ha"),
)
def full_before_construction(register: Register, *, full: float = 1.0) -> list[Hit]:
    """Find clusters that are not built but said to be full."""
    computed = _fill_rate(register)
    declared = register.figure("fill_rate_declared")
    early = register.text("status").isin(["pending", "under_construction"])
    by_areas = early & (computed >= full)
    return [
        *hits(by_areas, "leased_ha", computed, full),
        *hits(early & ~by_areas & (declared >= full), "fill_rate_declared", declared, full),
    ]


@rule(
    "figures.rate-contradicts-areas",
    "warning",
    title=("Tỷ lệ lấp đầy và diện tích mâu thuẫn", "Fill rate and areas contradict each other"),
    why=(
        "Tỷ lệ khai báo phải bằng đất đã cho thuê chia cho đất công nghiệp.",
        "The stated rate should be leased land divided by industrial land.",
    ),
    message=(
        "Tỷ lệ khai báo {value:%}, theo diện tích là {expected:%}.",
        "{value:%} is stated, the areas give {expected:%}.",
    ),
    fix=("Sửa tỷ lệ hoặc diện tích.", "Correct the rate or the areas."),
    source="Nghị định 32/2024/NĐ-CP, điều 2.7",
    needs=("fill_rate_declared", "leased_ha", "leasable_ha"),
)
def rate_contradicts_areas(register: Register, *, tolerance: float = 0.01) -> list[Hit]:
    """Find stated rates that are not what their areas give."""
    declared, computed = register.figure("fill_rate_declared"), _fill_rate(register)
    return hits(_beyond((declared - computed).abs(), tolerance), "fill_rate_declared", declared, computed)


@rule(
    "figures.density-outlier",
    "info",
    title=("Mật độ khác xa các cụm còn lại", "Density far from the rest"),
    why=(
        (
            "So với trung vị của logarit trên mỗi ha đã xây dựng; khoảng cách đo bằng độ lệch tuyệt đối "
            "trung vị (MAD × 1,4826), nên vài số sai không che được nhau."
        ),
        (
            "Compared with the median of the logarithms per built hectare; the distance is counted in median "
            "absolute deviations (MAD × 1.4826), so that a few wrong figures cannot hide each other."
        ),
    ),
    message=(
        "{field}: {value} trên 1 ha đã xây dựng; các cụm khác ở giữa là {expected}.",
        "{field}: {value} on each built hectare; the middle of the others is {expected}.",
    ),
    fix=("Kiểm tra số lượng và diện tích xây dựng.", "Check the count and the built area."),
    source="Iglewicz & Hoaglin (1993), How to Detect and Handle Outliers: modified z-score",
    needs=("built_ha", "enterprises|workers"),
)
def density_outlier(register: Register, *, deviations: float = 5.0, fewest: int = 8) -> Iterator[Hit]:
    """Enterprises or workers per hectare far outside those of the other clusters."""
    columns = {name: register.figure(name) for name in ("built_ha", "enterprises", "workers")}
    densities = per_hectare(pd.DataFrame(columns | {"built_ha_basis": register.basis("built_ha")}))
    logarithms = densities.where(densities > 0).apply(np.log)
    if logarithms.count().max() < fewest:
        raise NotJudgedError(
            (f"dưới {fewest} cụm có đủ số liệu", f"fewer than {fewest} clusters have the figures it takes")
        )
    for figure in ("enterprises", "workers"):
        logarithm = logarithms[f"{figure}_per_ha"]
        middle = logarithm.median()
        distance = (logarithm - middle).abs()
        spread = _MAD_TO_SIGMA * distance.median()
        if logarithm.count() >= fewest and spread > 0:
            density = densities[f"{figure}_per_ha"]
            yield from hits(distance > deviations * spread, figure, density, float(np.exp(middle)))


@rule(
    "figures.more-active-than-all",
    "error",
    title=("Phần lớn hơn tổng số dự án", "A part larger than all projects"),
    why=(
        "Dự án FDI và dự án đang hoạt động là một phần của số dự án.",
        "Foreign-invested and active projects are among the projects.",
    ),
    message=("{field}: {value}, tổng chỉ có {expected}.", "{field}: {value}, of only {expected} in all."),
    fix=("Sửa theo Biểu 02.", "Correct it by Form 02."),
    source="Thông tư 14/2024/TT-BCT, Biểu 02, dòng 6–8; Biểu 03 và 04, dòng 20–22",
    needs=("projects", "fdi_projects|active_projects"),
)
def more_active_than_all(register: Register) -> Iterator[Hit]:
    """More foreign-invested or active projects than projects."""
    for part in ("fdi_projects", "active_projects"):
        yield from _part_over_whole(register, part, "projects", 0)


@rule(
    "figures.compliant-without-plant",
    "error",
    title=("Hệ thống đạt tiêu chuẩn nhưng chưa đầu tư", "Compliant plant, but no plant"),
    why=(
        "Hệ thống xử lý nước thải đạt tiêu chuẩn phải là hệ thống đã hoặc đang đầu tư.",
        "A wastewater plant that complies is under way or done.",
    ),
    message=(
        "Ghi hệ thống xử lý nước thải đạt tiêu chuẩn, nhưng lại ghi chưa đầu tư hệ thống.",
        "The wastewater plant is marked as compliant, but there is none by the register.",
    ),
    fix=("Sửa wastewater_started hoặc wastewater_compliant.", "Correct the one flag or the other."),
    source="Thông tư 14/2024/TT-BCT, Biểu 02, dòng 13–14; Biểu 03 và 04, dòng 26–27",
    needs=("wastewater_started", "wastewater_compliant"),
)
def compliant_without_plant(register: Register) -> list[Hit]:
    """Find plants that comply although there is none."""
    started, compliant = (
        register.flag(name).astype("Float64").astype("float64")
        for name in ("wastewater_started", "wastewater_compliant")
    )
    return hits(compliant > started, "wastewater_compliant", compliant, started)


@rule(
    "figures.paid-over-approved",
    "warning",
    title=("Vốn đã thanh toán vượt vốn được duyệt", "More paid than approved"),
    why=(
        "Vốn đã thanh toán nằm trong tổng mức đầu tư được duyệt; thường là sai đơn vị tính.",
        "What is paid is part of the capital that was approved; mostly a unit is wrong.",
    ),
    message=(
        "Đã thanh toán {value} tỷ đồng, được duyệt {expected} tỷ đồng.",
        "{value} billion VND paid, {expected} billion approved.",
    ),
    fix=("Kiểm tra đơn vị và quyết định điều chỉnh.", "Check the unit, and whether the project was amended."),
    source="Thông tư 14/2024/TT-BCT, Biểu 02, dòng 1–2; Biểu 03 và 04, dòng 13–14",
    needs=("paid_capital_bn_vnd", "approved_capital_bn_vnd"),
)
def paid_over_approved(register: Register, *, tolerance_bn_vnd: float = 0.05) -> list[Hit]:
    """More capital paid than approved, beyond rounding to a tenth of a billion."""
    return _part_over_whole(register, "paid_capital_bn_vnd", "approved_capital_bn_vnd", tolerance_bn_vnd)


@rule(
    "figures.duplicate-id",
    "error",
    title=("Mã cụm dùng hai lần", "Id used twice"),
    why=("Mỗi cụm có một mã riêng.", "Each cluster has an id of its own."),
    message=("Mã {value} đã dùng ở dòng {first}.", "Id {value} is used in row {first} already."),
    fix=("Đặt mã khác hoặc xóa dòng trùng.", "Give another id, or delete the repeated row."),
    source=_LOGIC,
)
def duplicate_id(register: Register) -> list[Hit]:
    """Find ids that an earlier row has."""
    ids = pd.Series(register.clusters.index).astype("string")
    first = pd.Series(ids.index + 1).groupby(ids).transform("min")
    return hits(ids.duplicated(), "cluster_id", ids, first=first)


def _part_over_whole(register: Register, part: str, whole: str, tolerance: float) -> list[Hit]:
    parts, wholes = register.figure(part), register.figure(whole)
    return hits(_beyond(parts - wholes, tolerance), part, parts, wholes)


def _beyond(difference: pd.Series, tolerance: float) -> pd.Series:
    # 20.05 − 20.0 is a hair over 0.05 in binary; a limit that is just reached is kept.
    return difference > tolerance + 1e-9


def _fill_rate(register: Register) -> pd.Series:
    return fill_rate(pd.DataFrame({name: register.figure(name) for name in ("leased_ha", "leasable_ha")}))
