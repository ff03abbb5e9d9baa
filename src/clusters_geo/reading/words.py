"""What a load may say, in Vietnamese and English: each repair and each doubt under a code.

A *repair* changed something, a *doubt* left it as it is because only its owner can say what is right. Codes
stay; texts may change. `{value:,.2f}` is written as each language writes numbers.
"""

from __future__ import annotations

import string
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from clusters_geo.schema import Language

__all__ = ["NOTES", "PHRASES", "Kind", "Topic", "Wording", "filled"]

Kind = Literal["repair", "doubt"]
Topic = Literal["file", "crs", "text", "columns", "numbers", "shapes", "rows"]
Pair = tuple[str, str]

_SWAP = str.maketrans(",.", ".,")


@dataclass(frozen=True, slots=True)
class Wording:
    """What a code says, and what to do about it, each in Vietnamese and English."""

    kind: Kind
    text: Pair
    advice: Pair = ("", "")


def _repair(vi: str, en: str, advice: Pair = ("", "")) -> Wording:
    return Wording("repair", (vi, en), advice)


def _doubt(vi: str, en: str, advice: Pair = ("", "")) -> Wording:
    return Wording("doubt", (vi, en), advice)


_SAY_CRS = ("Nếu không đúng, hãy nêu crs= (--crs).", "Say crs= (--crs) if that is wrong.")
_SAY_ENCODING = (
    "Nếu chữ bị sai, hãy nêu encoding= (--encoding).",
    "Say encoding= (--encoding) if it reads wrong.",
)
_SAY_COLUMNS = ("Nếu không đúng, hãy nêu columns= (--column).", "Say columns= (--column) if it is not.")
_SAY_DECIMAL = (
    'Nêu decimal="," hoặc decimal="." (--decimal).',
    'Say decimal="," or decimal="." (--decimal).',
)

NOTES: dict[str, Wording] = {
    # The file
    "file.gdal": _doubt("GDAL báo: {warning}", "GDAL says: {warning}"),
    "file.no-prj": _doubt(
        "không có tệp .prj đi kèm nên không rõ hệ tọa độ",
        "there is no .prj beside it, so it does not say its coordinate system",
    ),
    "file.links": _doubt(
        "không mở {count:,d} liên kết ra ngoài tệp: {links}",
        "{count:,d} links to what is not in the file were not opened: {links}",
        (
            "Nếu cần dữ liệu đó, hãy lưu nó vào cùng một tệp.",
            "Save what they lead to in the same file if it is needed.",
        ),
    ),
    # Coordinate system
    "crs.swapped": _repair(
        "x và y bị đổi chỗ, đã đổi lại: theo tệp thì nằm {before}, đổi lại thì nằm {after}; độ lệch: {shift}",
        "x and y were exchanged: as written the data lie {before}, exchanged {after}; shift: {shift}",
        _SAY_CRS,
    ),
    "crs.said": _repair(
        "tệp ghi {declared}, đọc theo {said} như được yêu cầu; độ lệch: {shift}",
        "the file says {declared}, taken as {said} as you said; shift: {shift}",
        _SAY_CRS,
    ),
    "crs.datum": _doubt(
        "phép chiếu là của {twin} (EPSG:{code}) nhưng hệ quy chiếu là {datum}, lệch {shift}",
        "the projection is that of {twin} (EPSG:{code}) but the datum is {datum}, {shift} away",
        _SAY_CRS,
    ),
    "crs.zone": _doubt(
        "tệp ghi {stated}; nếu thật ra là {home}, như bản đo của {region}, thì dữ liệu lệch {shift}",
        "it is said to be {stated}; were it {home}, as surveys of {region} are, it would lie {shift} away",
        _SAY_CRS,
    ),
    "crs.outside": _doubt(
        "dữ liệu nằm {position}, ngoài {region}", "it lies {position}, outside {region}", _SAY_CRS
    ),
    "crs.meridian": _doubt(
        "dữ liệu nằm {position}, ngoài {region}; theo {home} thì nằm trong, cách {shift}",
        "it lies {position}, outside {region}; with {home} it would lie inside, {shift} away",
        _SAY_CRS,
    ),
    "crs.ballpark": _doubt(
        "không có phép chuyển chính xác từ {stated} sang WGS 84 ở đây, chỉ có phép gần đúng; vị trí có thể "
        "lệch hàng trăm mét",
        "no exact transformation from {stated} to WGS 84 is known here, only a ballpark one; positions may "
        "be off by hundreds of metres",
        _SAY_CRS,
    ),
    # Text
    "text.file-encoding": _repair(
        "tệp dùng bảng mã {encoding}, không phải UTF-8",
        "the file is in {encoding}, not UTF-8",
        _SAY_ENCODING,
    ),
    "text.encoding": _repair(
        "cột {column!r} dùng bảng mã {encoding}", "column {column!r} was in {encoding}", _SAY_ENCODING
    ),
    "text.open-encoding": _doubt(
        "cột {column!r} có thể là {best} hoặc {rivals}",
        "column {column!r} may be {best} or {rivals}",
        _SAY_ENCODING,
    ),
    "text.unreadable": _doubt(
        "cột {column!r} không đọc được thành tiếng Việt theo bảng mã nào trong {tried}",
        "column {column!r} reads as Vietnamese in none of {tried}",
        _SAY_ENCODING,
    ),
    "text.not-in-encoding": _doubt(
        "cột {column!r}: {value!r} không phải {encoding}; giữ nguyên",
        "column {column!r}: {value!r} is not {encoding}; left as it is",
        _SAY_ENCODING,
    ),
    "text.capitals": _repair(
        "cột {column!r}: chữ TCVN3 không viết hoa được, đã viết hoa theo các chữ bên cạnh",
        "column {column!r}: letters that TCVN3 has no capital for made capitals, as those beside them are",
    ),
    "text.capital-font": _doubt(
        "cột {column!r}: mọi chữ đều thường, có thể đã gõ bằng phông chữ hoa (.VnTimeH); giữ nguyên",
        "column {column!r}: no capital anywhere, perhaps typed in a capital font (.VnTimeH); left as it is",
        ("Xem chữ hoa, chữ thường của tên.", "Check the capitals of the names."),
    ),
    "text.hidden": _repair(
        "cột {column!r}: bỏ ký tự ẩn và dấu điều khiển hướng chữ",
        "column {column!r}: hidden control or direction marks removed",
    ),
    "text.composed": _repair(
        "cột {column!r}: ghép chữ và dấu thành một ký tự (NFC)",
        "column {column!r}: letters and marks composed (NFC)",
    ),
    "text.look-alikes": _repair(
        "cột {column!r}: thay chữ giống Đ bằng Đ", "column {column!r}: look-alikes of Đ replaced by Đ"
    ),
    "text.blanks": _repair(
        "{column}: bỏ khoảng trắng ở đầu và cuối", "{column}: blanks around the text removed"
    ),
    # Columns
    "columns.likeness": _doubt(
        "cột {header!r} được hiểu là {column} vì tên gần giống",
        "column {header!r} was taken for {column}, whose name is alike",
        _SAY_COLUMNS,
    ),
    "columns.cut": _doubt(
        "cột {header!r} được hiểu là {column}, tên bị cắt còn mười chữ",
        "column {header!r} was taken for {column}, a name cut to ten letters",
        _SAY_COLUMNS,
    ),
    "columns.second": _doubt(
        "cột {header!r} cũng có nghĩa là {column}, nhưng cột khác đã là cột đó",
        "column {header!r} also reads as {column}, which another one has",
        _SAY_COLUMNS,
    ),
    "columns.mixed": _doubt(
        "cột {column!r} có {kinds}; tất cả được đọc thành chữ",
        "column {column!r} holds {kinds}; all of it was read as text",
    ),
    "columns.choices": _repair("{column}: hiểu {readings}", "{column}: read {readings}"),
    "columns.flags": _repair(
        "{column}: chữ được hiểu là có hoặc không", "{column}: words read as true or false"
    ),
    # Numbers
    "numbers.zeros": _doubt(
        "{column}: số 0 có thể nghĩa là chưa biết, vì MapInfo không có ô trống",
        "{column}: 0 may stand for nothing known; MapInfo has no blank",
    ),
    "numbers.open-mark": _doubt(
        "{column}: trong {value!r}, dấu có thể là phần nghìn hoặc phần thập phân",
        "{column}: {value!r} may be a thousand or a decimal mark",
        _SAY_DECIMAL,
    ),
    "numbers.mark": _repair(
        "{column}: {mark!r} được hiểu là dấu thập phân",
        "{column}: read with {mark!r} as the decimal mark",
        _SAY_DECIMAL,
    ),
    "numbers.blanks": _repair(
        '{column}: gạch ngang và chữ nghĩa là "không có" được hiểu là ô trống',
        "{column}: dashes and words for nothing read as blank",
    ),
    "numbers.about": _doubt(
        "{column}: số ước lượng, lấy đúng như đã ghi", "{column}: stated as approximate, taken as it is"
    ),
    "numbers.converted": _repair(
        "{column}: đổi từ {units} sang {target}", "{column}: converted from {units} to {target}"
    ),
    "numbers.large": _doubt(
        "{column}: hơn {limit:,.0f} ha, có thể là mét vuông",
        "{column}: more than {limit:,.0f} ha, perhaps square metres",
        ("Ghi đơn vị vào tiêu đề cột.", "Put the unit into the header."),
    ),
    "numbers.dates": _repair(
        "{column}: ngày được đọc theo thứ tự ngày, tháng, năm",
        "{column}: dates read as day, month, year",
    ),
    # Shapes
    "shapes.none": _doubt(
        "sổ không có ranh giới",
        "a register without shapes",
        ("Nêu tệp ranh giới bằng boundaries= (--boundaries).", "Give them with boundaries= (--boundaries)."),
    ),
    "shapes.heights": _repair("bỏ độ cao (Z)", "heights (Z) dropped"),
    "shapes.curves": _repair(
        "cung và đường cong được vẽ thành đường gấp khúc", "arcs and curves became lines of many corners"
    ),
    "shapes.missing": _doubt(
        "không có hình",
        "no shape",
        (
            "Vẽ ranh giới, hoặc để dòng này chỉ có số liệu.",
            "Draw it, or leave the row for figures only.",
        ),
    ),
    "shapes.empty": _doubt(
        "hình rỗng", "an empty shape", ("Vẽ ranh giới, hoặc xóa dòng.", "Draw it, or delete the row.")
    ),
    "shapes.mended": _repair(
        "sửa lỗi {reason}, trước {before:,.2f} ha, sau {after:,.2f} ha",
        "{reason} mended, {before:,.2f} ha before, {after:,.2f} ha after",
    ),
    "shapes.outside": _doubt(
        "nằm ngoài Việt Nam", "outside Việt Nam", ("Sửa hoặc xóa hình.", "Correct or delete the shape.")
    ),
    "shapes.overlap": _doubt(
        "{count:,d} cặp chồng lên nhau, tổng {hectares:,.2f} ha; gì nằm ở đó bị đếm hai lần",
        "{count:,d} pairs overlap, {hectares:,.2f} ha in all; what lies there is counted twice",
        ("Sửa ranh giới chung.", "Mend the borders they share."),
    ),
    "shapes.joined-lines": _repair(
        "ghép {count:,d} hình từ các đường chạm nhau", "{count:,d} shapes put together from lines that meet"
    ),
    "shapes.outlines": _repair(
        "{count:,d} đường khép kín trong {objects:,d} đối tượng vẽ trở thành hình",
        "{count:,d} closed outlines of {objects:,d} drawn objects became shapes",
    ),
    "shapes.several-labels": _doubt(
        "có nhiều chữ bên trong; chữ đầu tiên là tên",
        "several texts inside; the first is the name",
        ("Xem lại các tên.", "Check the names."),
    ),
    "shapes.no-label": _doubt(
        "không có chữ bên trong nên không có tên",
        "no text inside, hence no name",
        ("Ghi tên vào bên trong đường khép kín.", "Write the name inside the outline."),
    ),
    "shapes.boundaries": _repair(
        "ghép ranh giới cho {found:,d} trong {count:,d} dòng theo {key}",
        "{found:,d} of {count:,d} rows joined to boundaries by {key}",
    ),
    "shapes.no-boundary": _doubt(
        "không có ranh giới nào, hoặc có nhiều, trùng tên",
        "no boundary, or several, of that name",
        ("Ghi cùng cluster_id trong hai tệp.", "Give both files the same cluster_id."),
    ),
    # Rows
    "rows.ids": _repair(
        "không có mã nào; mã được lập từ tên", "there are no ids; they were made from the names"
    ),
    "rows.titles": _repair("bỏ các dòng phía trên tiêu đề cột", "titles above the header left out"),
    "rows.header": _repair("tiêu đề hai dòng được đọc làm một", "a header of two rows read as one"),
    "rows.counters": _repair("bỏ dòng đánh số cột", "column numbers left out"),
    "rows.totals": _repair("bỏ dòng tổng", "totals left out"),
    "rows.feature-ids": _doubt(
        "mã đối tượng {ids} được dùng nhiều lần; các mã này không được dùng đến",
        "the feature id {ids} is used more than once; ids of features are not used",
    ),
}

# Parts of a text that differ by language; a value {"say": key, …} is one.
PHRASES: dict[str, Pair] = {
    "at": ("ở kinh độ {lon:.2f}, vĩ độ {lat:.2f}", "at longitude {lon:.2f}, latitude {lat:.2f}"),
    "nowhere": ("ngoài Trái Đất", "nowhere on Earth"),
    "metres": ("{metres:,.0f} m", "{metres:,.0f} m"),
    "fine metres": ("{metres:,.2f} m", "{metres:,.2f} m"),
    "beyond": ("không đo được", "too far to be measured"),
    "reading": ("{text!r} là {value}", "{text!r} as {value}"),
    "flags": ("giá trị có/không (dòng {row})", "true or false (row {row})"),
    "numbers": ("số (dòng {row})", "numbers (row {row})"),
    "words": ("chữ (dòng {row})", "text (row {row})"),
    "lists": ("danh sách (dòng {row})", "lists (row {row})"),
    "self-intersection": ("tự cắt", "self-intersection"),
    "ring self-intersection": ("vòng tự cắt", "ring self-intersection"),
    "nested shells": ("hình lồng nhau", "nested shells"),
    "hole lies outside shell": ("lỗ nằm ngoài hình", "hole lies outside shell"),
    "interior is disconnected": ("phần trong bị tách rời", "interior is disconnected"),
}
_AND = (" và ", " and ")


def filled(pair: Pair, values: Mapping[str, Any], lang: Language) -> str:
    """Return a text in one language with its values in it.

    Examples
    --------
    >>> filled(PHRASES["metres"], {"metres": 1686.4}, "vi")
    '1.686 m'
    """
    return _Formatter(lang).vformat(pair[lang == "en"], (), values)


class _Formatter(string.Formatter):
    def __init__(self, lang: Language) -> None:
        self._lang = lang

    def format_field(self, value: object, format_spec: str) -> str:
        if isinstance(value, dict):
            pair = PHRASES.get(value["say"])
            return value["say"] if pair is None else filled(pair, value, self._lang)
        if isinstance(value, list | tuple):
            return self._listed(value)
        text: str = super().format_field(value, format_spec)
        return text.translate(_SWAP) if isinstance(value, Real) and self._lang == "vi" else text

    def _listed(self, values: Sequence[object]) -> str:
        texts = [self.format_field(value, "") for value in values]
        head, tail = ", ".join(texts[:-1]), texts[-1:]
        return _AND[self._lang == "en"].join(filter(None, [head, *tail]))
