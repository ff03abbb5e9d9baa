"""Limits of the law in force on the date of the register; see `planning.law` for the three regimes.

A cluster older than a limit may break it lawfully: such findings are to be explained, not to be deleted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from clusters_geo.auditing.rule import Hit, NotJudgedError, hits, rule
from clusters_geo.names import fold
from clusters_geo.planning.law import DECISION_105, land_shares_on, speciality_share_on

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clusters_geo.auditing.register import Register
    from clusters_geo.planning.law import Limit

__all__: list[str] = []

_SIZE = "Nghị định 68/2017/NĐ-CP; Nghị định 32/2024/NĐ-CP, điều 2.1; Nghị định 303/2026/NĐ-CP"


@rule(
    "law.size-below-minimum",
    "warning",
    title=("Nhỏ hơn diện tích tối thiểu", "Below the least size"),
    why=(
        (
            "Cụm công nghiệp rộng từ 10 ha, ở địa bàn miền núi hoặc cụm làng nghề từ 5 ha; từ 15/9/2026 mọi "
            "cụm từ 5 ha. Cụm lập trước khi có quy định là trường hợp cần giải trình."
        ),
        (
            "A cluster has at least 10 ha, in mountainous districts or craft villages 5 ha; from 15 "
            "September 2026 every cluster 5 ha. A cluster older than the limit is a case to explain."
        ),
    ),
    message=(
        "Quy hoạch {value} ha, tối thiểu là {expected} ha.",
        "{value} ha planned, the least is {expected} ha.",
    ),
    fix=(
        "Giải trình (cụm có trước quy định), mở rộng, hoặc đưa ra khỏi danh mục cụm.",
        "Explain it (older than the limit), expand it, or take it off the list of clusters.",
    ),
    source=_SIZE,
    needs=("planned_ha",),
)
def size_below_minimum(register: Register, *, minimum_ha: float | None = None) -> list[Hit]:
    """Planned areas under the least size; the lower one where an exception holds or cannot be excluded."""
    lowest, usual, source = _least_sizes(register, minimum_ha)
    planned = register.figure("planned_ha")
    possible = _exception(register).fillna(value=True).astype(bool)
    limit = pd.Series(usual, index=planned.index, dtype="float64").mask(possible, lowest)
    return hits((planned > 0) & (planned < limit), "planned_ha", planned, limit, source=source)


@rule(
    "law.size-needs-exception",
    "info",
    title=("Chỉ hợp lệ nếu là làng nghề hoặc miền núi", "Lawful only as an exception"),
    why=(
        "Từ 5 đến dưới 10 ha chỉ dành cho cụm làng nghề hoặc địa bàn miền núi; sổ không ghi rõ.",
        "5 to under 10 ha is for craft villages and mountainous districts; the register does not say.",
    ),
    message=(
        "Quy hoạch {value} ha, dưới {expected} ha: chỉ hợp lệ nếu là cụm làng nghề hoặc ở miền núi.",
        "{value} ha planned, under {expected} ha: lawful only for a craft village or a mountainous district.",
    ),
    fix=("Điền cột craft_village và mountainous.", "Fill in craft_village and mountainous."),
    source=_SIZE,
    needs=("planned_ha",),
)
def size_needs_exception(register: Register) -> list[Hit]:
    """Planned areas that only an exception allows, where the register does not say whether it holds."""
    lowest, usual, source = _least_sizes(register, None)
    planned = register.figure("planned_ha")
    unknown = _exception(register).isna()
    return hits(
        unknown & (planned >= lowest) & (planned < usual), "planned_ha", planned, usual, source=source
    )


@rule(
    "law.size-above-maximum",
    "warning",
    title=("Lớn hơn diện tích tối đa", "Above the greatest size"),
    why=(
        (
            "Cụm công nghiệp rộng không quá 75 ha. Cụm lớn hơn lập trước Quyết định 105/2009 được giữ nếu đã "
            "lấp đầy (Nghị định 32/2024, điều 35.4.a)."
        ),
        (
            "A cluster has at most 75 ha. Larger ones of before Decision 105/2009 may stay if filled (Decree "
            "32/2024, art. 35.4.a)."
        ),
    ),
    message=(
        "Quy hoạch {value} ha, tối đa là {expected} ha.",
        "{value} ha planned, the most is {expected} ha.",
    ),
    fix=(
        "Giải trình hoặc tách cụm; kiểm tra xem có phải khu công nghiệp không.",
        "Explain or divide it; check whether it is an industrial park.",
    ),
    source=_SIZE,
    needs=("planned_ha",),
)
def size_above_maximum(register: Register, *, maximum_ha: float | None = None) -> list[Hit]:
    """Planned areas over the greatest size."""
    limit = _known(register, register.regime.maximum_ha, "diện tích tối đa", "the greatest size")
    most = limit.value if maximum_ha is None else maximum_ha
    planned = register.figure("planned_ha")
    return hits(planned > most, "planned_ha", planned, most, source=limit.source)


@rule(
    "law.services-share",
    "warning",
    title=("Đất dịch vụ, kho bãi quá tỷ lệ", "Too much service land"),
    why=(
        "Dịch vụ và kho bãi không quá 10 % diện tích cụm.",
        "Services and warehousing take at most 10 % of the cluster's area.",
    ),
    message=(
        "Dịch vụ, kho bãi chiếm {value:%}, tối đa {expected:%}.",
        "Services take {value:%}, at most {expected:%}.",
    ),
    fix=("Điều chỉnh quy hoạch chi tiết.", "Adjust the detailed plan."),
    source="Nghị định 32/2024/NĐ-CP, điều 3.1.c",
    needs=("services_ha", "planned_ha"),
)
def services_share(register: Register, *, most: float | None = None) -> list[Hit]:
    """Services and warehousing over their share of the whole area."""
    limit = _known(register, register.regime.services_share, "tỷ lệ đất dịch vụ", "the share of services")
    share = _share(register, "services_ha", "planned_ha")
    top = limit.value if most is None else most
    return hits(share > top + 1e-9, "services_ha", share, top, source=limit.source)


@rule(
    "law.craft-share",
    "warning",
    title=("Cụm làng nghề thiếu đất cho làng nghề", "Craft village with too little craft land"),
    why=(
        "Cụm làng nghề dành ít nhất 75 % đất công nghiệp cho cơ sở của làng nghề, từ 15/9/2026 là 60 %.",
        (
            "A craft-village cluster keeps at least 75 % of its industrial land for craft producers, 60 % "
            "from 15 September 2026."
        ),
    ),
    message=(
        "Làng nghề có {value:%} đất công nghiệp, ít nhất {expected:%}.",
        "Craft producers have {value:%} of the industrial land, at least {expected:%} is due.",
    ),
    fix=("Điều chỉnh cơ cấu đất hoặc loại cụm.", "Adjust the land use or the kind of cluster."),
    source="Nghị định 32/2024/NĐ-CP, điều 2.2; Nghị định 303/2026/NĐ-CP",
    needs=("craft_village", "craft_ha", "leasable_ha"),
)
def craft_share(register: Register, *, least: float | None = None) -> list[Hit]:
    """Craft-village clusters with too little land for craft producers."""
    limit = _known(
        register, register.regime.craft_share, "tỷ lệ đất làng nghề", "the share of craft producers"
    )
    share = _share(register, "craft_ha", "leasable_ha")
    low = limit.value if least is None else least
    return hits(
        register.flag("craft_village") & (share < low - 1e-9), "craft_ha", share, low, source=limit.source
    )


@rule(
    "law.speciality-share",
    "warning",
    title=(
        "Cụm chuyên ngành thiếu đất cho ngành chuyên",
        "Specialised cluster with too little land for its trade",
    ),
    why=(
        (
            "Cụm chuyên ngành dành ít nhất 60 % đất công nghiệp cho một ngành; từ 15/9/2026 cụm công nghệ "
            "cao ít nhất 30 %."
        ),
        (
            "A specialised cluster keeps at least 60 % of its industrial land for one trade; from 15 "
            "September 2026 a high-tech one 30 %."
        ),
    ),
    message=(
        "Ngành chuyên có {value:%} đất công nghiệp, ít nhất {expected:%}.",
        "The trade has {value:%} of the industrial land, at least {expected:%} is due.",
    ),
    fix=("Điều chỉnh cơ cấu đất hoặc loại cụm.", "Adjust the land use or the kind of cluster."),
    source="Thông tư 14/2024/TT-BCT, Biểu 03, ghi chú; Nghị định 303/2026/NĐ-CP",
    needs=("speciality", "speciality_ha", "leasable_ha"),
)
def speciality_share(register: Register) -> Iterator[Hit]:
    """Specialised clusters with too little land for their trade."""
    high_tech = register.each("speciality", _is_high_tech).astype("boolean")
    share = _share(register, "speciality_ha", "leasable_ha")
    for is_high_tech in (False, True):
        limit = _known(
            register,
            speciality_share_on(register.law_on, high_tech=is_high_tech),
            "tỷ lệ đất của ngành chuyên",
            "the share of the speciality",
        )
        too_little = (high_tech == is_high_tech) & (share < limit.value - 1e-9)
        yield from hits(too_little, "speciality_ha", share, limit.value, source=limit.source)


@rule(
    "law.area-drift",
    "warning",
    title=("Diện tích vượt quyết định thành lập", "Area beyond the establishment decision"),
    why=(
        (
            "Diện tích chỉ được tăng tối đa 5 ha so với quyết định thành lập, và vị trí vẫn trong cùng địa "
            "bàn; vượt quá phải làm thủ tục mở rộng."
        ),
        (
            "The area may exceed that of the establishment decision by at most 5 ha and stay in the same "
            "unit; beyond that the cluster has to be expanded formally."
        ),
    ),
    message=(
        "Quy hoạch {value} ha, quyết định thành lập {established} ha: vượt quá mức cho phép {expected} ha.",
        (
            "{value} ha planned, {established} ha in the establishment decision: beyond the {expected} ha "
            "allowed."
        ),
    ),
    fix=("Làm thủ tục mở rộng, hoặc sửa diện tích.", "Have the expansion approved, or correct the area."),
    source="Nghị định 32/2024/NĐ-CP, điều 10.4",
    needs=("planned_ha", "established_ha"),
)
def area_drift(register: Register, *, most_ha: float | None = None) -> list[Hit]:
    """Planned areas that outgrew the decision."""
    limit = _known(register, register.regime.drift_ha, "mức tăng diện tích", "how far the area may grow")
    planned, established = register.figure("planned_ha"), register.figure("established_ha")
    allowed = established + (limit.value if most_ha is None else most_ha)
    beyond = planned > allowed + 1e-9
    return hits(beyond, "planned_ha", planned, allowed, source=limit.source, established=established)


@rule(
    "law.land-shares",
    "warning",
    title=(
        "Thiếu đất giao thông, cây xanh hoặc hạ tầng",
        "Too little land for roads, green or technical use",
    ),
    why=(
        "Tối thiểu trên toàn diện tích: giao thông 10 %, cây xanh 10 %, hạ tầng kỹ thuật 1 %.",
        "At least, of the whole area: roads 10 %, green land 10 %, technical land 1 %.",
    ),
    message=(
        "{field}: {value:%} diện tích, tối thiểu {expected:%}.",
        "{field}: {value:%} of the area, at least {expected:%} is due.",
    ),
    fix=("Điều chỉnh quy hoạch chi tiết.", "Adjust the detailed plan."),
    source="QCVN 01:2021/BXD, bảng 2.6",
    needs=("planned_ha", "roads_ha|green_ha|technical_ha"),
)
def land_shares(register: Register) -> Iterator[Hit]:
    """Roads, green and technical land under their least shares."""
    shares = land_shares_on(register.law_on)
    if shares is None:
        raise _text_not_found(register, "tỷ lệ đất tối thiểu (QCVN 01:2021/BXD)", "the least shares of land")
    for column, limit in shares.items():
        share = _share(register, column, "planned_ha")
        yield from hits(share < limit.value - 1e-9, column, share, limit.value, source=limit.source)


@rule(
    "law.fill-rate-on-gross-area",
    "warning",
    title=("Tỷ lệ lấp đầy tính trên tổng diện tích", "Fill rate on the gross area"),
    why=(
        (
            "Tỷ lệ lấp đầy là đất công nghiệp đã cho thuê hoặc đã có chấp thuận đầu tư chia cho đất công "
            "nghiệp, không chia cho tổng diện tích cụm."
        ),
        (
            "The fill rate is industrial land leased or approved for an investment, divided by industrial "
            "land; not by the whole area of the cluster."
        ),
    ),
    message=(
        "Tỷ lệ khai báo {value:%} là đất cho thuê chia cho tổng diện tích; theo luật là {expected:%}.",
        "The stated {value:%} is leased land by gross area; by law it is {expected:%}.",
    ),
    fix=("Chia cho đất công nghiệp.", "Divide by industrial land."),
    source="Nghị định 32/2024/NĐ-CP, điều 2.6 và 2.7",
    needs=("fill_rate_declared", "leased_ha", "leasable_ha", "planned_ha"),
)
def fill_rate_on_gross_area(register: Register, *, tolerance: float = 0.005) -> list[Hit]:
    """Find stated rates that are leased ÷ planned and not what the law defines."""
    if register.regime.fill_rate is None:
        raise _text_not_found(register, "định nghĩa tỷ lệ lấp đầy", "the definition of the fill rate")
    declared = register.figure("fill_rate_declared")
    gross = _share(register, "leased_ha", "planned_ha")
    approved = register.figure("approved_ha").fillna(0.0)
    leasable = register.figure("leasable_ha")
    lawful = (register.figure("leased_ha") + approved) / leasable.where(leasable > 0)
    mixed_up = ((declared - gross).abs() <= tolerance) & ((declared - lawful).abs() > tolerance)
    return hits(mixed_up, "fill_rate_declared", declared, lawful, source=register.regime.fill_rate)


@rule(
    "law.not-established",
    "warning",
    title=("Cụm cũ chưa có quyết định thành lập", "Old cluster without an establishment decision"),
    why=(
        "Cụm hình thành trước Quyết định 105/2009 phải có quyết định thành lập trước 31/12/2026.",
        "Clusters of before Decision 105/2009 are to be established before 31 December 2026.",
    ),
    message=(
        "Hoạt động từ {value}, sổ chưa ghi quyết định thành lập.",
        "Operating since {value}; the register names no establishment decision.",
    ),
    fix=("Làm thủ tục thành lập, hoặc ghi số quyết định.", "Have it established, or enter the decision."),
    source="Nghị định 32/2024/NĐ-CP, điều 35.4.b",
    needs=("operating_on",),
)
def not_established(register: Register) -> list[Hit]:
    """Clusters that operate since before Decision 105/2009 and have no decision."""
    if register.regime.code != "32/2024":
        raise _text_not_found(register, "thời hạn thành lập cụm cũ", "a deadline for old clusters")
    since = register.day("operating_on")
    undecided = register.text("decision").isna() & register.day("established_on").isna()
    return hits(undecided & (since < pd.Timestamp(DECISION_105)), "decision", since)


def _least_sizes(register: Register, minimum_ha: float | None) -> tuple[float, float, str]:
    """Return the least size with an exception, the usual one, and where they are set."""
    limit = _known(register, register.regime.minimum_ha, "diện tích tối thiểu", "the least size")
    usual = limit.value if minimum_ha is None else minimum_ha
    exception = register.regime.exception_minimum_ha
    return usual if exception is None else min(exception.value, usual), usual, limit.source


def _exception(register: Register) -> pd.Series:
    """Return whether a cluster may be smaller than usual; missing where the register does not say."""
    return register.flag("craft_village") | register.flag("mountainous")


def _share(register: Register, part: str, whole: str) -> pd.Series:
    wholes = register.figure(whole)
    return register.figure(part) / wholes.where(wholes > 0)


def _is_high_tech(speciality: str) -> bool:
    folded = fold(speciality)
    return "cong nghe cao" in folded or "high-tech" in folded or "high tech" in folded


def _known(register: Register, limit: Limit | None, vi: str, en: str) -> Limit:
    if limit is None:
        raise _text_not_found(register, vi, en)
    return limit


def _text_not_found(register: Register, vi: str, en: str) -> NotJudgedError:
    name, day = register.regime.name, register.law_on
    return NotJudgedError(
        (
            f"chưa tìm được văn bản về {vi} có hiệu lực ngày {day:%d/%m/%Y} ({name})",
            f"no text on {en} in force on {day.isoformat()} was found ({name})",
        )
    )
