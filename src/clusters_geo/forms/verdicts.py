"""What is wrong with a form that goes out or comes in, and how to mend it, in Vietnamese and English."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clusters_geo.schema import Language

__all__ = ["verdict"]

# Remedies of several problems.
_NAME_IT = (
    "Ghi “Tên cụm công nghiệp: …” hoặc “Mã cụm: …” phía trên bảng.",
    "Write “Tên cụm công nghiệp: …” or “Mã cụm: …” above the table.",
)
_KEEP_ONE = ("Chỉ giữ lại một, dưới tiêu đề “Kết quả”.", "Keep one, under the heading “Kết quả”.")
_CORRECT = ("Sửa lại số liệu.", "Correct the figure.")

# Message and remedy, each in Vietnamese and English.
_VERDICTS: dict[str, tuple[tuple[str, str], tuple[str, str]]] = {
    "forms.operating-parts": (
        (
            "Dòng {left} là {value}, nhưng {right} cộng lại là {expected}.",
            "Row {left} is {value}, but rows {right} make {expected}.",
        ),
        ("Ghi rõ từng cụm đã thành lập hay chưa.", "Say of each cluster whether it is established."),
    ),
    "forms.fill-rate": (
        (
            "Dòng {left} là {value} %, nhưng {right} cho {expected} %.",
            "Row {left} is {value} %, but {right} makes {expected} %.",
        ),
        (
            "Kiểm tra đất cho thuê ở cụm chưa ghi là đang hoạt động.",
            "Look for leased land in clusters that are not marked as operating.",
        ),
    ),
    "forms.leased-over-land": (
        (
            "Đất đã cho thuê (dòng {left}: {value} ha) vượt đất công nghiệp (dòng {right}: {expected} ha).",
            "More land is leased (row {left}: {value} ha) than there is (row {right}: {expected} ha).",
        ),
        (
            "Kiểm tra leased_ha và leasable_ha của từng cụm.",
            "Check leased_ha and leasable_ha of each cluster.",
        ),
    ),
    "forms.leased-over-ready": (
        (
            (
                "Đất đã cho thuê (dòng {left}: {value} ha) vượt đất đủ điều "
                "kiện cho thuê (dòng {right}: {expected} ha)."
            ),
            (
                "More land is leased (row {left}: {value} ha) than is "
                "ready for lease (row {right}: {expected} ha)."
            ),
        ),
        (
            "Hỏi lại chủ đầu tư: có cho thuê trước khi xong hạ tầng không?",
            "Ask the investor: was land leased before its infrastructure was done?",
        ),
    ),
    "forms.compliant-over-plants": (
        (
            (
                "Số hệ thống đạt tiêu chuẩn (dòng {left}: {value}) nhiều "
                "hơn số hệ thống (dòng {right}: {expected})."
            ),
            "More wastewater plants comply (row {left}: {value}) than there are (row {right}: {expected}).",
        ),
        (
            "Cụm có hệ thống đạt tiêu chuẩn thì cũng phải ghi là đã đầu tư.",
            "A cluster with a compliant plant must also be marked as having one.",
        ),
    ),
    "forms.fdi-over-projects": (
        (
            (
                "Dự án có vốn nước ngoài (dòng {left}: {value}) nhiều hơn "
                "tổng số dự án (dòng {right}: {expected})."
            ),
            "More foreign-invested projects (row {left}: {value}) than projects (row {right}: {expected}).",
        ),
        ("Kiểm tra projects và fdi_projects.", "Check projects and fdi_projects."),
    ),
    "forms.active-over-projects": (
        (
            "Dự án đang hoạt động (dòng {left}: {value}) nhiều hơn tổng số dự án (dòng {right}: {expected}).",
            "More active projects (row {left}: {value}) than projects (row {right}: {expected}).",
        ),
        ("Kiểm tra projects và active_projects.", "Check projects and active_projects."),
    ),
    "forms.paid-over-approved": (
        (
            (
                "Vốn đã thanh toán (dòng {left}: {value} tỷ đồng) vượt vốn "
                "được duyệt (dòng {right}: {expected} tỷ đồng)."
            ),
            (
                "More is paid (row {left}: {value} billion VND) than was "
                "approved (row {right}: {expected} billion VND)."
            ),
        ),
        (
            "Kiểm tra đơn vị (tỷ đồng) và quyết định điều chỉnh dự án.",
            "Check the unit (billion VND) and whether the project was amended.",
        ),
    ),
    "forms.unchecked": (
        (
            "Chưa kiểm tra được dòng {left} với {right}: còn cụm chưa có số liệu.",
            "Row {left} could not be checked against {right}: some clusters do not report.",
        ),
        ("Bổ sung số liệu còn thiếu.", "Fill in what is missing."),
    ),
    "forms.sum": (
        (
            "Dòng {row} của Biểu 04 là {total}, nhưng {n} Biểu 03 cộng lại là {sum}.",
            "Row {row} of Form 04 is {total}, but the {n} Forms 03 add up to {sum}.",
        ),
        (
            "Tìm cụm không thuộc đơn vị nào, hoặc thuộc hai đơn vị.",
            "Look for a cluster in no unit, or in two.",
        ),
    ),
    "forms.other-date": (
        (
            "Sổ có số liệu đến {day}, ngoài kỳ báo cáo {period}.",
            "The register is as of {day}, outside the period {period}.",
        ),
        (
            "Cập nhật sổ trước khi ký, hoặc chọn kỳ khác.",
            "Bring the register up to date before signing, or choose another period.",
        ),
    ),
    "forms.before-law": (
        (
            "Kỳ báo cáo trước ngày Thông tư 14/2024/TT-BCT có hiệu lực (01/10/2024).",
            "The period is before Circular 14/2024/TT-BCT came into force (1 October 2024).",
        ),
        ("Chỉ dùng để tham khảo.", "Use it for reference only."),
    ),
    "forms.district-gone": (
        (
            "Từ 01/7/2025 không còn cấp huyện: Biểu 03 do UBND cấp xã lập.",
            "There are no districts since 1 July 2025: communes make Form 03.",
        ),
        (
            "Ghi xã, phường của từng cụm và lập biểu theo xã (--level commune).",
            "Give each cluster its commune and make the form by commune (--level commune).",
        ),
    ),
    "forms.no-unit": (
        (
            "{name} không ghi thuộc huyện hay xã nào, nên không vào Biểu 03 nào.",
            "{name} is in no district or commune, so it is in no Form 03.",
        ),
        ("Ghi huyện hoặc xã của cụm.", "Give the cluster a district or commune."),
    ),
    "forms.incomplete": (
        (
            "Dòng {row}: {n}/{all} cụm chưa có số liệu ({ids}).",
            "Row {row}: {n} of {all} clusters do not report ({ids}).",
        ),
        (
            "Đề nghị chủ đầu tư nộp Biểu 02; ghi rõ có hoặc không.",
            "Ask for their Forms 02; where the answer is no, say so.",
        ),
    ),
    "forms.modelled": (
        (
            "Dòng {row}: {amount} {unit} là số mô hình hóa, không phải số liệu thực.",
            "Row {row}: {amount} {unit} is modelled, not fact.",
        ),
        (
            "Không ký biểu có số mô hình hóa; thay bằng số liệu thực.",
            "Do not sign a form with modelled figures; replace them with facts.",
        ),
    ),
    "forms.operates": (
        (
            "{name} có {column} = {value} nhưng không ghi là đang hoạt động.",
            "{name} has {column} = {value} but is not marked as operating.",
        ),
        (
            "Cụm đã có dự án đầu tư là cụm đã hoạt động (Biểu 03, dòng 15): sửa status.",
            "A cluster with a project in it operates (Form 03, row 15): correct its status.",
        ),
    ),
    # Files that come in
    "file.unreadable": (
        ("không đọc được tệp: {error}", "{error}"),
        ("Đề nghị đơn vị gửi lại tệp.", "Ask for the file again."),
    ),
    "file.no-form": (
        ("không nhận ra dòng nào của Biểu 01 hoặc Biểu 02", "no row of Form 01 or 02 was recognised"),
        (
            "Ghi đúng tên chỉ tiêu của thông tư, hoặc kiểm tra lại tệp.",
            "Use the wording of the circular, or check the file.",
        ),
    ),
    "file.same-name": (
        ("có {n} cụm cùng tên {name} ({ids})", "{n} clusters are called {name} ({ids})"),
        ("Ghi mã của cụm: “Mã cụm: …”.", "Write the id: Mã cụm: …"),
    ),
    "file.unknown-cluster": (
        ("không có cụm nào tên “{name}”", "no cluster is called {name!r}"),
        _NAME_IT,
    ),
    "file.misspelt-cluster": (
        (
            "không có cụm nào tên “{name}”. Có phải là {near} không?",
            "no cluster is called {name!r}. Did you mean {near}?",
        ),
        _NAME_IT,
    ),
    "file.no-cluster": (("biểu không ghi tên cụm", "the form does not name a cluster"), _NAME_IT),
    "file.other-period": (
        ("biểu lập cho kỳ {period}, không phải kỳ {asked}", "the form is for {period}, not {asked}"),
        ("Đề nghị đơn vị gửi biểu của kỳ {asked}.", "Ask for the form of {asked}."),
    ),
    "file.no-period": (
        ("biểu không ghi kỳ báo cáo", "the form does not say for which period it is"),
        ("Kiểm tra xem có đúng là kỳ {asked} không.", "Check that it is {asked}."),
    ),
    "file.rows-absent": (
        ("biểu thiếu các dòng {rows}", "rows {rows} are not in the form"),
        ("Hỏi lại đơn vị: có chủ ý bỏ các dòng này không?", "Ask whether they were left out on purpose."),
    ),
    # Cells of files that come in
    "cell.row-twice": (
        ("dòng {row} có ở đây và ở {other}", "row {row} stands here and in {other}"),
        _KEEP_ONE,
    ),
    "cell.several": (
        (
            "dòng {row} có nhiều ô số liệu: lấy ô nào, {cells}?",
            "row {row} has several cells: is it {cells}?",
        ),
        _KEEP_ONE,
    ),
    "cell.formula": (
        ("ô chứa công thức nhưng chưa lưu kết quả tính", "is a formula without a stored value"),
        (
            "Mở tệp bằng Excel, lưu lại rồi gửi lại.",
            "Open the file in Excel, save it, send it again.",
        ),
    ),
    "cell.date": (
        (
            "ô chứa ngày, giờ {date}; Excel đã tự đổi những số như 1.5 thành ngày",
            "holds the date {date}, which Excel makes of figures such as 1.5",
        ),
        (
            "Định dạng ô là số (Number) rồi nhập lại số liệu.",
            "Format the cell as a number and type the figure again.",
        ),
    ),
    "cell.ambiguous": (
        ("“{text}” có thể hiểu là {comma} hoặc {point}", "{text!r} may be {comma} or {point}"),
        (
            "Ghi rõ phần thập phân: 1.686,0 nếu là hàng nghìn, 1,6860 nếu là số lẻ.",
            "Write it with a decimal: 1.686,0 for a thousand, 1,6860 for a fraction.",
        ),
    ),
    "cell.unit": (
        (
            "ghi theo đơn vị “{stated}”, nhưng dòng này tính bằng {unit}",
            "is in {stated!r}, but the row is in {unit}",
        ),
        ("Ghi theo đơn vị {unit}.", "Give it in {unit}."),
    ),
    "cell.negative": (("là số âm ({text})", "is negative ({text})"), _CORRECT),
    "cell.wholes": (
        ("là {text}, nhưng dòng này chỉ nhận số nguyên", "is {text}, but the row counts wholes"),
        _CORRECT,
    ),
    "cell.yes-no": (
        (
            "là {text}, nhưng dòng này chỉ ghi 1 (có) hoặc 0 (không)",
            "is {text}, but only 1 (yes) and 0 (no) are asked for",
        ),
        ("Ghi 1 hoặc 0.", "Write 1 or 0."),
    ),
    "cell.no-figure": (
        ("“{text}” không phải là số", "{text!r} is not a figure"),
        ("Ghi một số, hoặc để trống.", "Write one number, or leave it empty."),
    ),
    "cell.approximate": (
        ("“{text}” chỉ là số ước chừng", "{text!r} is only approximate"),
        ("Hỏi lại số chính xác.", "Ask for the exact figure."),
    ),
}
_VERDICTS["forms.area-parts"] = _VERDICTS["forms.operating-parts"]


def verdict(rule: str, lang: Language, **words: object) -> tuple[str, str]:
    """Return the message and the remedy of a finding, or of a problem of a form that came in.

    Words that the languages have apart are given as pairs of Vietnamese and English.

    Examples
    --------
    >>> verdict("forms.unchecked", "en", left="15", right="15.1 + 15.2")[1]
    'Fill in what is missing.'
    """
    told = {key: value[lang == "en"] if isinstance(value, tuple) else value for key, value in words.items()}
    message, fix = (text[lang == "en"].format(**told) for text in _VERDICTS[rule])
    return message, fix
