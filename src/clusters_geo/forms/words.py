"""The words of the forms outside their rows, in Vietnamese and English."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clusters_geo.schema import Language

__all__ = ["word"]

_WORDS: dict[str, tuple[str, str]] = {
    # Notes of a row
    "at least": (
        "Ít nhất {value}; {known}/{all} cụm có số liệu",
        "At least {value}; {known} of {all} reported",
    ),
    "incomplete": (
        "Chưa đủ: {value}; {known}/{all} cụm có số liệu",
        "Incomplete: {value}; {known} of {all} reported",
    ),
    "none": ("Chưa có số liệu (0/{all} cụm)", "Not reported (0 of {all})"),
    "partial": ("Tính trên {known}/{all} cụm có đủ số liệu", "Over {known} of {all} with both figures"),
    "not_stated": ("Chưa có số liệu", "Not reported"),
    "of_which": ("trong đó {parts}", "of which {parts}"),
    "soft": ("{n} cụm có số liệu {parts}", "{n} clusters with {parts} figures"),
    # Heading
    "form_number": ("Biểu số {form}", "Form {form}"),
    "law": (
        "(Phụ lục I, Thông tư số 14/2024/TT-BCT ngày 15/8/2024)",
        "(Annex I, Circular 14/2024/TT-BCT of 15 August 2024)",
    ),
    "reporter_02": ("Đơn vị báo cáo: Chủ đầu tư {name}", "Reported by: investor {name}"),
    "reporter_district": ("Đơn vị báo cáo: UBND {name}", "Reported by: People's Committee of {name}"),
    "reporter_commune": ("Đơn vị báo cáo: UBND {name}", "Reported by: People's Committee of {name}"),
    "reporter_province": (
        "Đơn vị báo cáo: Sở Công Thương {name}",
        "Reported by: Department of Industry, {name}",
    ),
    "cluster_name": ("Tên cụm công nghiệp: {name}", "Industrial cluster: {name}"),
    "cluster_id": ("Mã cụm: {name}", "Cluster id: {name}"),
    "place": ("Địa điểm: {name}", "Place: {name}"),
    "period": ("Kỳ báo cáo: {words}", "Period: {words}"),
    "period_code": ("Mã kỳ: {code}", "Period code: {code}"),
    "due": ("Hạn gửi: trước ngày {day}", "Due before {day}"),
    "late": ("QUÁ HẠN", "OVERDUE"),
    "as_of": ("Số liệu của sổ đến {day}", "Register as of {day}"),
    # Columns
    "row": ("STT", "No."),
    "indicator": ("Chỉ tiêu", "Indicator"),
    "unit": ("Đơn vị tính", "Unit"),
    "result": ("Kết quả", "Result"),
    "note": ("Ghi chú", "Note"),
    # Signatures
    "maker": ("Người lập biểu", "Prepared by"),
    "head_02": ("Đại diện chủ đầu tư", "For the investor"),
    "head_district": ("TM. Ủy ban nhân dân", "For the People's Committee"),
    "head_commune": ("TM. Ủy ban nhân dân", "For the People's Committee"),
    "head_province": ("Giám đốc", "Director"),
    "sign": ("(Ký, ghi rõ họ tên)", "(Signature and name)"),
    "seal": ("(Ký, đóng dấu, ghi rõ họ tên)", "(Signature, seal and name)"),
    "date": ("…………, ngày …… tháng …… năm {year}", "…………, date …… / …… / {year}"),
    # Second sheet
    "form_sheet": ("Biểu {form}", "Form {form}"),
    "trace_sheet": ("Truy vết", "Trace"),
    "trace_title": (
        "Truy vết: mỗi kết quả được cộng từ những cụm nào",
        "Trace: which clusters each result is added up from",
    ),
    "cluster_id_head": ("Mã cụm", "Cluster id"),
    "name_head": ("Tên cụm", "Cluster"),
    "value_head": ("Giá trị", "Value"),
    "column_head": ("Cột trong sổ", "Column"),
    "basis_head": ("Cơ sở số liệu", "Basis"),
    "decided_head": ("Xét theo cột", "Decided by"),
    "state_head": ("Tình trạng", "State"),
    "counted_head": ("Cụm đã cộng: giá trị", "Counted: value"),
    "missing_head": ("Cụm thiếu số liệu", "Missing"),
    "counted": ("đã cộng", "counted"),
    "missing": ("thiếu số liệu", "missing"),
    "no_basis": ("không ghi", "not given"),
    "findings_title": ("Kiểm tra", "Checks"),
    "severity_head": ("Mức", "Severity"),
    "message_head": ("Nội dung", "What"),
    "fix_head": ("Cách xử lý", "How to mend it"),
    # Doubts about what came in
    "forms_01": ("{n} Biểu 01", "{n} Forms 01"),
    "doubt_several": ("hai biểu ghi khác nhau", "two forms say different things"),
    "doubt_leased": ("đất đã cho thuê nhiều hơn đất đủ điều kiện cho thuê", "more is leased than ready"),
    "doubt_paid": ("vốn đã thanh toán vượt vốn được duyệt", "more is paid than approved"),
    "doubt_fdi": (
        "dự án có vốn nước ngoài nhiều hơn tổng số dự án",
        "more foreign-invested projects than projects",
    ),
    "doubt_active": (
        "dự án đang hoạt động nhiều hơn tổng số dự án",
        "more active projects than projects",
    ),
    "doubt_compliant": (
        "ghi hệ thống xử lý nước thải đạt tiêu chuẩn, nhưng chưa có hệ thống",
        "a compliant plant, but no plant",
    ),
    "doubt_full": ("trên 100 %", "more than 100 %"),
    "doubt_unit": ("có thể sai đơn vị tính", "perhaps another unit"),
    "doubt_fell": ("giảm {percent} %", "fell by {percent} %"),
    "doubt_rose": ("gấp {times} lần", "rose {times} times"),
    "doubt_lower": ("số lũy kế lại giảm", "a cumulative figure fell"),
    "doubt_blank": ("{n} cơ sở để trống", "{n} producers leave it blank"),
    "doubt_coverage": ("mới có {n}/{all} cơ sở báo cáo", "only {n} of {all} producers reported"),
    "doubt_uncounted": (
        "{n} cơ sở đã báo cáo; sổ không ghi có tất cả bao nhiêu cơ sở",
        "{n} producers reported; the register does not say how many there are",
    ),
}


def word(key: str, lang: Language = "vi", **values: object) -> str:
    """Return a word or a sentence of a form.

    Raises
    ------
    KeyError
        If there is no such word.

    Examples
    --------
    >>> word("at least", "en", value="195.0", known=8, all=11)
    'At least 195.0; 8 of 11 reported'
    """
    text = _WORDS[key][0 if lang == "vi" else 1]
    return text.format(**values) if values else text
