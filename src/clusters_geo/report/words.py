"""The words of the reports, in Vietnamese and English; the columns' own labels are in `schema`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clusters_geo.schema import Language

__all__ = ["say"]

_WORDS: dict[str, tuple[str, str]] = {
    # Titles and headings
    "summary": ("Cụm công nghiệp", "Industrial clusters"),
    "as_of": ("số liệu đến {date}", "as of {date}"),
    "figure": ("Chỉ tiêu", "Figure"),
    "value": ("Giá trị", "Value"),
    "basis": ("Cơ sở số liệu", "How it is known"),
    "total": ("Tổng", "Total"),
    "unknown": ("(không rõ)", "(unknown)"),
    # Figures
    "clusters": ("Số cụm", "Clusters"),
    "operating_clusters": ("Cụm đang hoạt động", "Operating clusters"),
    "under_construction": ("Cụm đang xây dựng hạ tầng", "Clusters under construction"),
    "pending_sites": ("Cụm chưa khởi công", "Pending sites"),
    "planned_ha": ("Diện tích theo quy hoạch", "Planned area"),
    "built_ha": ("Diện tích đã xây dựng hạ tầng", "Built area"),
    "build_out_rate": ("Tỷ lệ xây dựng hạ tầng", "Build-out rate"),
    "fill_rate": ("Tỷ lệ lấp đầy", "Fill rate"),
    "enterprises": ("Doanh nghiệp, cơ sở trên 1 ha đã xây dựng", "Enterprises per built ha"),
    "workers": ("Lao động trên 1 ha đã xây dựng", "Workers per built ha"),
    "budget_bn_vnd": ("Nộp ngân sách, tỷ đồng/năm trên 1 ha", "To the budget, bn VND a year per built ha"),
    # Short headings for a table with many columns
    "short_district": ("Quận, huyện", "District"),
    "short_operating_clusters": ("Hoạt động", "Operating"),
    "short_under_construction": ("Đang xây", "Building"),
    "short_pending_sites": ("Chưa khởi công", "Pending"),
    "short_planned_ha": ("Quy hoạch, ha", "Planned, ha"),
    "short_built_ha": ("Đã xây, ha", "Built, ha"),
    "short_build_out_rate": ("Tỷ lệ xây dựng", "Build-out"),
    "short_fill_rate": ("Tỷ lệ lấp đầy", "Fill rate"),
    "short_planned_ha_published": ("Công bố, ha", "Published, ha"),
    # How a figure is known
    "known_of": ("biết ở {known}/{all} cụm", "known for {known} of {all} clusters"),
    "modelled_for": ("mô hình hóa ở {n} cụm", "modelled for {n}"),
    "stated_only": (
        "{n} cụm chỉ có tỷ lệ khai báo, không có diện tích",
        "{n} clusters only state a rate, without areas",
    ),
    "per_cluster": ("từng cụm: {parts}", "cluster by cluster: {parts}"),
    "with_area": ("{area} theo quy hoạch; {known}", "{area} planned; {known}"),
    "from_total": ("{qualifier}{total} trên {built} ha", "{qualifier}{total} on {built} ha"),
    "exact": ("", ""),
    "about": ("khoảng ", "about "),
    "almost": ("gần ", "almost "),
    "more than": ("hơn ", "more than "),
    "no_basis": ("không ghi cơ sở", "basis not given"),
    # Reconciliation
    "reconciled": ("Đối chiếu với số công bố", "Against the published totals"),
    "computed": ("Tính được", "Computed"),
    "published": ("Công bố", "Published"),
    "agrees": ("Khớp", "Agrees"),
    "yes": ("có", "yes"),
    "no": ("không", "no"),
    "source": ("Nguồn", "Source"),
    "conflict": (
        "Nguồn khác ({as_of}) ghi {metric}: {published}, so với {computed} ở đây: {source}",
        "Another source ({as_of}) gives {metric}: {published}, against {computed} here: {source}",
    ),
    # Programme
    "programme": ("Chương trình công nghiệp hỗ trợ", "Supporting-industry programme"),
    "indicator": ("Chỉ tiêu", "Indicator"),
    "scope": ("Phạm vi", "Scope"),
    "year": ("Năm", "Year"),
    "target": ("Mục tiêu", "Target"),
    "result": ("Kết quả", "Result"),
    "attainment": ("Mức đạt", "Attainment"),
    "lead_years": ("Sớm (+) / chậm (−), năm", "Ahead (+) / behind (−), years"),
    # Pending sites
    "pending_title": (
        "Cụm đã kêu gọi đầu tư, chưa khởi công",
        "Sites called for investment, ground not broken",
    ),
    "modelled_note": (
        "≈ số mô hình hóa theo quy tắc trong geodata/README.md, không phải số công bố",
        "≈ filled in by a rule stated in geodata/README.md, not published",
    ),
    # What a command did
    "map_written": ("Đã ghi bản đồ: {path}", "Map written: {path}"),
    "written": ("Đã ghi: {path}", "Written: {path}"),
    "drawing": ("Đang vẽ bản đồ", "Drawing the map"),
    "reading": ("Đang đọc dữ liệu", "Reading"),
}


def say(key: str, lang: Language = "vi", **values: object) -> str:
    """Return a word or a sentence of a report.

    Raises
    ------
    KeyError
        If there is no such word.

    Examples
    --------
    >>> say("known_of", "en", known=3, all=70)
    'known for 3 of 70 clusters'
    """
    text = _WORDS[key][0 if lang == "vi" else 1]
    return text.format(**values) if values else text
