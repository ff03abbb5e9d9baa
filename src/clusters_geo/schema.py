"""The tables of clusters, of districts and of units: the only place where a column is declared.

A column has a name, a kind, a unit, a range and a label in Vietnamese and English. Loading, checking,
reports, forms and maps all read it here. The optional columns follow Form 02 of Circular 14/2024/TT-BCT
(the record that each infrastructure investor files twice a year) and what Forms 03 and 04 add up from it.

Every figure may have a companion column `<column>_basis` that says how it was obtained; see `BASES`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from clusters_geo.data import read_rows
from clusters_geo.words import Language

__all__ = [
    "BASES",
    "CLUSTER_COLUMNS",
    "COMPANIONS",
    "DISTRICT_COLUMNS",
    "INVESTOR_KINDS",
    "STATUSES",
    "UNIT_COLUMNS",
    "UNIT_TYPES",
    "Column",
    "Language",
    "column",
    "is_companion",
    "label",
]

Kind = Literal["text", "choice", "number", "integer", "date", "flag", "geometry"]

# What may stand beside a figure, as `<column>_<companion>`: how it was obtained, where it is published, on
# which day, and how the source words it ("nearly").
COMPANIONS = ("basis", "source", "as_of", "qualifier")

STATUSES: dict[str, tuple[str, str]] = {
    "operating": ("Đang hoạt động", "Operating"),
    "under_construction": ("Đang xây dựng hạ tầng", "Under construction"),
    "pending": ("Chưa khởi công", "Pending"),
}

BASES: dict[str, tuple[str, str]] = {
    "published": ("công bố", "published"),  # printed in the named source
    "declared": ("khai báo", "declared"),  # entered by the register's owner
    "measured": ("đo đạc", "measured"),  # computed from a surveyed geometry
    "inferred": ("suy ra", "inferred"),  # follows from published facts, but nobody printed it
    "modelled": ("mô hình hóa", "modelled"),  # a stated rule filled it in; not a fact
    "schematic": ("sơ đồ", "schematic"),  # drawn to show where, not surveyed
    "reconstructed": ("dựng lại", "reconstructed"),  # derived from published centres and extents
}

INVESTOR_KINDS: dict[str, tuple[str, str]] = {
    "enterprise": ("Doanh nghiệp", "Enterprise"),
    "public_unit": ("Đơn vị sự nghiệp công", "Public unit"),
    "cooperative": ("Hợp tác xã", "Co-operative"),
    "other": ("Khác", "Other"),
}

# Of every level, from data/unit_types.csv: the ministry of the interior names and renames them.
UNIT_TYPES: dict[str, tuple[str, str]] = {
    row["type"]: (row["vi"], row["en"]) for row in read_rows("unit_types.csv") if row["type"] != "Tỉnh"
}


@dataclass(frozen=True, slots=True)
class Column:
    """One declared column: what it holds, in which unit, within which range."""

    name: str
    kind: Kind
    vi: str
    en: str
    unit: str = ""
    required: bool = False
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()


def _text(name: str, vi: str, en: str, *, required: bool = False) -> Column:
    return Column(name, "text", vi, en, required=required)


def _choice(
    name: str, vi: str, en: str, choices: dict[str, tuple[str, str]], *, required: bool = False
) -> Column:
    return Column(name, "choice", vi, en, required=required, choices=tuple(choices))


def _number(name: str, vi: str, en: str, unit: str, *, maximum: float | None = None) -> Column:
    return Column(name, "number", vi, en, unit=unit, minimum=0, maximum=maximum)


def _count(name: str, vi: str, en: str, unit: str) -> Column:
    return Column(name, "integer", vi, en, unit=unit, minimum=0)


def _date(name: str, vi: str, en: str) -> Column:
    return Column(name, "date", vi, en)


def _flag(name: str, vi: str, en: str) -> Column:
    return Column(name, "flag", vi, en)


CLUSTER_COLUMNS: tuple[Column, ...] = (
    # Who and where
    _text("cluster_id", "Mã cụm", "Cluster id", required=True),
    _text("name", "Tên cụm công nghiệp", "Industrial cluster", required=True),
    _text("name_en", "Tên tiếng Anh", "English name"),
    _text("district", "Quận, huyện, thị xã", "District"),
    _text("commune", "Phường, xã, thị trấn", "Commune"),
    _choice("status", "Tình trạng", "Status", STATUSES),
    # Areas
    _number("planned_ha", "Diện tích theo quy hoạch", "Planned area", "ha"),
    _number(
        "established_ha", "Diện tích theo quyết định thành lập", "Area of the establishment decision", "ha"
    ),
    _number("built_ha", "Diện tích đã đầu tư xây dựng hạ tầng", "Built area", "ha"),
    _number("leasable_ha", "Đất công nghiệp", "Industrial land", "ha"),
    _number("ready_ha", "Đất công nghiệp đủ điều kiện cho thuê", "Industrial land ready for lease", "ha"),
    _number("leased_ha", "Đất công nghiệp đã cho thuê", "Leased industrial land", "ha"),
    _number("approved_ha", "Đất đã chấp thuận đầu tư, chưa thuê", "Land approved, not yet leased", "ha"),
    _number("registered_ha", "Nhu cầu thuê đất đã đăng ký", "Registered demand for land", "ha"),
    _number("roads_ha", "Đất giao thông", "Roads", "ha"),
    _number("green_ha", "Đất cây xanh", "Green land", "ha"),
    _number("technical_ha", "Đất hạ tầng kỹ thuật", "Technical land", "ha"),
    _number("services_ha", "Đất dịch vụ, kho bãi", "Services and warehousing", "ha"),
    _number("craft_ha", "Đất công nghiệp cho cơ sở làng nghề", "Industrial land for craft producers", "ha"),
    _number("speciality_ha", "Đất công nghiệp cho ngành chuyên", "Industrial land for the speciality", "ha"),
    # Rates as somebody stated them, beside those that this package computes
    _number("fill_rate_declared", "Tỷ lệ lấp đầy (khai báo)", "Fill rate as stated", "share", maximum=1),
    # Infrastructure project (Form 02)
    _text("investor", "Chủ đầu tư hạ tầng", "Infrastructure investor"),
    _choice("investor_kind", "Loại chủ đầu tư", "Kind of investor", INVESTOR_KINDS),
    _number("approved_capital_bn_vnd", "Tổng mức đầu tư được duyệt", "Approved capital", "billion VND"),
    _number("paid_capital_bn_vnd", "Vốn lũy kế đã thanh toán", "Paid capital, cumulative", "billion VND"),
    _count("projects", "Dự án đã thuê đất", "Projects that lease land", "projects"),
    _count("fdi_projects", "Dự án có vốn đầu tư nước ngoài", "Foreign-invested projects", "projects"),
    _count("active_projects", "Dự án đang hoạt động", "Active projects", "projects"),
    _number(
        "investor_revenue_bn_vnd", "Doanh thu dự án hạ tầng", "Revenue, infrastructure project", "billion VND"
    ),
    _number(
        "investor_budget_bn_vnd",
        "Nộp ngân sách, dự án hạ tầng",
        "Budget, infrastructure project",
        "billion VND",
    ),
    _count("investor_workers", "Lao động, dự án hạ tầng", "Workers, infrastructure project", "people"),
    _number(
        "investor_income_m_vnd",
        "Thu nhập bình quân, dự án hạ tầng",
        "Mean income, infrastructure project",
        "million VND a person a month",
    ),
    _flag("infrastructure_complete", "Hạ tầng dùng chung đã hoàn thành", "Shared infrastructure complete"),
    _flag("wastewater_started", "Đã hoặc đang đầu tư xử lý nước thải", "Wastewater plant under way or done"),
    _flag("wastewater_compliant", "Xử lý nước thải đạt tiêu chuẩn", "Wastewater plant compliant"),
    # The producers in the cluster (Form 01, added up in Forms 03 and 04)
    _count("enterprises", "Doanh nghiệp, cơ sở", "Enterprises and households", "units"),
    _number("revenue_bn_vnd", "Doanh thu", "Revenue", "billion VND"),
    _number("budget_bn_vnd", "Nộp ngân sách", "Paid to the budget", "billion VND"),
    _count("workers", "Lao động", "Workers", "people"),
    _number("income_m_vnd", "Thu nhập bình quân", "Mean income", "million VND a person a month"),
    # Kind of cluster
    _flag("craft_village", "Cụm làng nghề", "Craft-village cluster"),
    _flag("mountainous", "Địa bàn miền núi", "In a mountainous district"),
    _text("speciality", "Ngành chuyên", "Speciality"),
    # Stages, in their legal order (domain vocabulary: listed → … → operating)
    _date("listed_on", "Ngày vào quy hoạch", "Listed on"),
    _text("decision", "Quyết định thành lập", "Establishment decision"),
    _date("established_on", "Ngày thành lập", "Established on"),
    _text("detailed_plan", "Quyết định quy hoạch chi tiết", "Detailed-plan decision"),
    _date("detailed_plan_on", "Ngày duyệt quy hoạch chi tiết", "Detailed plan approved on"),
    _date("project_approved_on", "Ngày duyệt dự án hạ tầng", "Infrastructure project approved on"),
    _date("site_cleared_on", "Ngày xong giải phóng mặt bằng", "Site cleared on"),
    _date("land_allocated_on", "Ngày giao đất", "Land allocated on"),
    _date("scheduled_start_on", "Khởi công theo kế hoạch", "Start scheduled for"),
    _date("scheduled_completion_on", "Hoàn thành theo kế hoạch", "Completion scheduled for"),
    _date("ground_broken_on", "Ngày khởi công", "Ground broken on"),
    _date("opened_on", "Ngày tiếp nhận dự án", "Open to producers on"),
    _date("operating_on", "Ngày hoạt động", "Operating since"),
    # Yes or no where the register has no date or decision to tell it from (Forms 03 and 04)
    _flag("in_plan", "Có trong phương án phát triển", "In the development plan"),
    _flag("established", "Đã thành lập", "Established"),
    _count("established_year", "Năm thành lập", "Year established", "year"),
    _flag("detailed_plan_approved", "Đã duyệt quy hoạch chi tiết", "Detailed plan approved"),
    _flag("project_approved", "Đã duyệt dự án hạ tầng", "Infrastructure project approved"),
    _flag("specialised", "Cụm chuyên ngành", "Specialised cluster"),
    # Trust
    _text("source", "Nguồn", "Source"),
    _text("source_as_of", "Thời điểm của nguồn", "Date of the source"),
    _date("as_of", "Thời điểm", "As of"),
    _text("note", "Ghi chú", "Note"),
    _text("note_vi", "Ghi chú tiếng Việt", "Vietnamese note"),  # beside a note in another language
    Column("geometry", "geometry", "Ranh giới", "Boundary"),
)

DISTRICT_COLUMNS: tuple[Column, ...] = (
    _text("district_code", "Mã quận, huyện", "District code", required=True),
    _text("name", "Tên quận, huyện, thị xã", "District", required=True),
    _choice("type", "Loại", "Type", UNIT_TYPES),
    _text("source", "Nguồn", "Source"),
    _date("as_of", "Thời điểm", "As of"),
    Column("geometry", "geometry", "Ranh giới", "Boundary", required=True),
)

UNIT_COLUMNS: tuple[Column, ...] = (
    _text("unit_code", "Mã đơn vị hành chính", "Code of the unit", required=True),
    _text("name", "Tên đơn vị hành chính", "Administrative unit", required=True),
    _text("type", "Loại", "Type"),
    _text("level", "Cấp", "Level"),
    _text("parent", "Thuộc", "Part of"),
    _date("valid_from", "Có từ ngày", "Valid from"),
    _date("valid_to", "Đến hết ngày", "Valid to"),
    _text("source", "Nguồn", "Source"),
    _date("as_of", "Thời điểm", "As of"),
    Column("geometry", "geometry", "Ranh giới", "Boundary", required=True),
)

_BY_NAME = {c.name: c for c in (*UNIT_COLUMNS, *DISTRICT_COLUMNS, *CLUSTER_COLUMNS)}


def column(name: str) -> Column:
    """Return the declaration of a column.

    Raises
    ------
    KeyError
        If no table has such a column.

    Examples
    --------
    >>> column("planned_ha").unit
    'ha'
    """
    return _BY_NAME[name]


def is_companion(name: str) -> bool:
    """Return whether a column only says of another one where it comes from.

    Examples
    --------
    >>> is_companion("planned_ha_as_of"), is_companion("source_as_of"), is_companion("planned_ha")
    (True, False, False)
    """
    if name in _BY_NAME or name.endswith("_basis"):
        return name not in _BY_NAME
    return any(name.removesuffix(f"_{what}") in _BY_NAME for what in COMPANIONS if name.endswith(f"_{what}"))


def label(name: str, lang: Language = "vi") -> str:
    """Return what a person reads for a column, with its unit; the bare name where it is not declared.

    Examples
    --------
    >>> label("planned_ha", "en")
    'Planned area (ha)'
    >>> label("my_own_column")
    'my_own_column'
    """
    declared = _BY_NAME.get(name)
    if declared is None:
        return name
    text = declared.vi if lang == "vi" else declared.en
    return f"{text} (ha)" if declared.unit == "ha" else text
