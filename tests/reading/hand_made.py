"""Registers typed by hand, of other provinces than the zoo's: rows as offices wrote them, and their truth.

Each case is one or several habits met in tables of departments. `rows` of the truth are tuples in the order
of `columns`; `...` is not looked at.
"""

from __future__ import annotations

import csv
import html
import zipfile
from dataclasses import dataclass, field

import docx
import openpyxl

OP, UC, PE = "operating", "under_construction", "pending"
LEASED = [f"Đã cho thuê (ha) năm {year}" for year in (2023, 2024, 2025)]
YEARS = ["Thực hiện năm 2023", None, "Thực hiện năm 2024", None, "Kế hoạch năm 2025", None]
PLAIN = ("name", "district", "status", "planned_ha")


@dataclass(frozen=True)
class Case:
    """A table and its truth; `options` answer what the package asks, `doubts` must be told."""

    about: str
    rows: list
    truth: list
    columns: tuple = PLAIN
    merged: tuple = ()
    options: dict = field(default_factory=dict)
    doubts: tuple = ()


CASES = [
    Case(
        "district first, cities and towns, other words for each column",
        [
            ["Địa phương", "Tên CCN", "Hiện trạng", "Quy mô (ha)"],
            ["TP Hạ Long", "CCN Hà Khánh", "Hoạt động", 50.0],
            ["TX Quảng Yên", "CCN Nam Sơn", "Đang thi công hạ tầng", 49.9],
            ["Huyện Đầm Hà", "CCN Đông Đầm Hà A", "Đang kêu gọi đầu tư", 40.25],
        ],
        [
            ("CCN Hà Khánh", "TP Hạ Long", OP, 50.0),
            ("CCN Nam Sơn", "TX Quảng Yên", UC, 49.9),
            ("CCN Đông Đầm Hà A", "Huyện Đầm Hà", PE, 40.25),
        ],
    ),
    Case(
        "the sums in the middle are signs and places",
        [
            ["STT", "Tên CCN", "Huyện", "Tình trạng", "DT (ha)", "Lao động"],
            [1, "Bãi Bằng", "Phù Ninh", "Đang hoạt động", 30, 500],
            [2, "Phú Gia", "Phù Ninh", "Đang hoạt động", 40, 600],
            ["Σ", "Phù Ninh", None, None, 70, 1100],
            [3, "Bạch Hạc", "Việt Trì", "Đang hoạt động", 50, 700],
            [None, "Cộng TP Việt Trì:", None, None, 50, 700],
            [None, "TỔNG CỘNG TOÀN TỈNH (03 CCN)", None, None, 120, 1800],
            [None, "Trong đó: đang hoạt động", None, None, 120, 1800],
        ],
        [("Bãi Bằng", ..., OP, 30), ("Phú Gia", ..., OP, 40), ("Bạch Hạc", ..., OP, 50)],
    ),
    Case(
        "districts with a star and their count, a total of the province",
        [
            ["STT", "Tên CCN", "Trạng thái", "Diện tích (ha)"],
            ["*", "Huyện Quỳnh Phụ (02 cụm)", None, 114.5],
            [1, "Cầu Nghìn", "Đang hoạt động", 39.5],
            [2, "Đông Hải", "Đang hoạt động", 75],
            ["*", "Thành phố Thái Bình (01 cụm)", None, 75],
            [3, "Phong Phú", "Đã hoạt động", 75],
            [None, "Cộng toàn tỉnh", None, 189.5],
        ],
        [
            ("Cầu Nghìn", "Quỳnh Phụ", OP, 39.5),
            ("Đông Hải", "Quỳnh Phụ", OP, 75),
            ("Phong Phú", "Thái Bình", OP, 75),
        ],
    ),
    Case(
        "today's communes as sections, shares with a sign",
        [
            ["STT", "Tên cụm CN", "Diện tích (ha)", "Tỷ lệ lấp đầy", "Tình trạng"],
            ["I", "Phường Đồng Nguyên", None, None, None],
            [1, "CCN Châu Khê", 13.5, "100%", "Đang hoạt động"],
            ["II", "Xã Yên Phong", None, None, None],
            [2, "CCN Đông Thọ", 49.8, "60,5%", "Đang hoạt động"],
        ],
        [("CCN Châu Khê", "Đồng Nguyên", 13.5, 1.0), ("CCN Đông Thọ", "Yên Phong", 49.8, 0.605)],
        ("name", "commune", "planned_ha", "fill_rate_declared"),
    ),
    Case(
        "places in every form, also those without a district",
        [
            ["TT", "Tên CCN", "Vị trí, địa điểm", "Hiện trạng", "Diện tích (ha)"],
            [1, "Hương Canh", "TT Hương Canh, H. Bình Xuyên", "Đang hoạt động", 45.5],
            [
                2,
                "Đồng Thịnh",
                "Thôn Yên Bình, xã Đồng Thịnh, huyện Sông Lô, tỉnh Vĩnh Phúc",
                "Chưa triển khai",
                22,
            ],
            [3, "Yên Lạc", "Tại các xã: Trung Nguyên, Đồng Cương (H. Yên Lạc)", "Đang hoạt động", 18.7],
            [4, "Yên Phong", "Xã Yên Phong, tỉnh Bắc Ninh", "Đang hoạt động", 20],
            [5, "Long Bình", "KP 3, P. Long Bình, TP. Biên Hòa", "Đang hoạt động", 21],
        ],
        [
            ("Hương Canh", "Bình Xuyên", "Hương Canh"),
            ("Đồng Thịnh", "Sông Lô", "Đồng Thịnh"),
            ("Yên Lạc", "Yên Lạc", "Trung Nguyên; Đồng Cương"),
            ("Yên Phong", None, "Yên Phong"),
            ("Long Bình", "Biên Hòa", "Long Bình"),
        ],
        ("name", "district", "commune"),
    ),
    Case(
        "ditto marks as strokes",
        [
            ["TT", "Tên CCN", "Huyện", "Trạng thái", "DT (ha)"],
            [1, "Quán Gỏi", "Bình Giang", "Đang hoạt động", 42.4],
            [2, "Tráng Liệt", "//", "//", 38],
            [3, "Cổ Dũng", "-//-", "Chưa triển khai", 25],
        ],
        [
            ("Quán Gỏi", "Bình Giang", OP, 42.4),
            ("Tráng Liệt", "Bình Giang", OP, 38),
            ("Cổ Dũng", "Bình Giang", PE, 25),
        ],
    ),
    Case(
        "the unit before the year",
        [
            ["TT", "Tên CCN", "Huyện", "Trạng thái", "Diện tích (ha) theo quy hoạch", *LEASED],
            [1, "Cát Trinh", "Phù Cát", "Đang hoạt động", 51.2, 11, 12.5, 13.25],
        ],
        [("Cát Trinh", "Phù Cát", OP, 51.2, 13.25)],
        (*PLAIN, "leased_ha"),
        doubts=("columns.years",),
    ),
    Case(
        "days as years of a group",
        [
            [
                "TT",
                "Tên CCN",
                "Huyện",
                "Trạng thái",
                "Diện tích (ha)",
                "Diện tích cho thuê lũy kế (ha)",
                None,
            ],
            [None, None, None, None, None, "31/12/2023", "30/6/2024"],
            [1, "Tân Đức", "Hoài Nhơn", "Đang hoạt động", 48, 22.5, 23.25],
        ],
        [("Tân Đức", "Hoài Nhơn", OP, 48, 23.25)],
        (*PLAIN, "leased_ha"),
        ("A1:A2", "B1:B2", "C1:C2", "D1:D2", "E1:E2", "F1:G1"),
    ),
    Case(
        "clusters across, units in a column of their own",
        [
            ["Chỉ tiêu", "ĐVT", "CCN Hoài Tân", "CCN Tam Quan", "CCN Bồng Sơn"],
            ["Địa bàn huyện", None, "Hoài Nhơn", "Hoài Nhơn", "Hoài Ân"],
            ["Tình trạng hoạt động", None, "Đang hoạt động", "Đang hoạt động", "Đang xây dựng"],
            ["Diện tích quy hoạch", "ha", 28.3, 17.5, 37.5],
            ["Số lao động", "người", 1500, 900, None],
        ],
        [
            ("CCN Hoài Tân", "Hoài Nhơn", OP, 28.3, 1500),
            ("CCN Tam Quan", "Hoài Nhơn", OP, 17.5, 900),
            ("CCN Bồng Sơn", "Hoài Ân", UC, 37.5, None),
        ],
        (*PLAIN, "workers"),
    ),
    Case(
        "three rows of header",
        [
            [
                "STT",
                "Tên cụm công nghiệp",
                "Địa bàn",
                "Hiện trạng",
                "Đất đai (ha)",
                None,
                None,
                "Kết quả thu hút",
                None,
            ],
            [None, None, None, None, "Quy hoạch", None, "Hạ tầng", "Dự án", "Lao động (người)"],
            [None, None, None, None, "Tổng diện tích", "Đất công nghiệp", "Đã cho thuê", None, None],
            [1, "Phước Cát", "Cát Tiên", "Đang hoạt động", 17.5, 12, 9.5, 3, 120],
            [2, "Ka Đô", "Đơn Dương", "Chưa triển khai", 24.4, 18, None, None, None],
        ],
        [
            ("Phước Cát", "Cát Tiên", OP, 17.5, 12, 9.5, 3, 120),
            ("Ka Đô", "Đơn Dương", PE, 24.4, 18, None, None, None),
        ],
        (*PLAIN, "leasable_ha", "leased_ha", "projects", "workers"),
        ("A1:A3", "B1:B3", "C1:C3", "D1:D3", "E1:G1", "E2:F2", "H1:I1", "H2:H3", "I2:I3"),
    ),
    Case(
        "figures with units, words for nothing, letters of footnotes",
        [
            ["TT", "Tên CCN", "Huyện", "Trạng thái", "Diện tích", "Lao động", "Đã cho thuê (ha)"],
            [1, "Hữu Cường", "Bù Đăng", "Đang hoạt động", "45,5ha", "1.250 người", "chưa thống kê"],
            [2, "Minh Hưng 2", "Chơn Thành", "Đang hoạt động", "382.000 m²", "~ 2.040", "22,5 (a)"],
            [3, "Lộc Thái", "Lộc Ninh", "Đang hoạt động", "0,27 km2", "--", "Chưa cho thuê"],
            [4, "Tiến Hưng", "Đồng Xoài", "Chưa triển khai", "khoảng 30 ha", "k", "không xác định"],
        ],
        [
            ("Hữu Cường", ..., OP, 45.5, 1250, None),
            ("Minh Hưng 2", ..., OP, 38.2, 2040, 22.5),
            ("Lộc Thái", ..., OP, 27.0, None, None),
            ("Tiến Hưng", ..., PE, 30.0, None, None),
        ],
        (*PLAIN, "workers", "leased_ha"),
        options={"decimal": ","},
        doubts=("numbers.asked",),
    ),
    Case(
        "a line of units by name of column",
        [
            ["DANH MỤC CCN"],
            ["Đơn vị tính: Diện tích: ha; Vốn: triệu đồng; Lao động: người"],
            ["TT", "Tên CCN", "Huyện", "Trạng thái", "Diện tích", "Tổng mức đầu tư", "Lao động"],
            [1, "Thi Sơn", "Kim Bảng", "Đang hoạt động", 16.5, 150000, 520],
        ],
        [("Thi Sơn", "Kim Bảng", OP, 16.5, 150, 520)],
        (*PLAIN, "approved_capital_bn_vnd", "workers"),
    ),
    Case(
        "ticks below abbreviations",
        [
            ["TT", "Tên CCN", "Huyện", "DT (ha)", "Hiện trạng", None, None],
            [None, None, None, None, "HĐ", "ĐXD", "Chưa TK"],
            [1, "Thuận Yên", "Tam Kỳ", 38, 1, None, None],
            [2, "Hà Lam", "Thăng Bình", 25, None, 1, None],
            [3, "Quế Cường", "Quế Sơn", 30, None, None, 1],
        ],
        [("Thuận Yên", ..., OP, 38), ("Hà Lam", ..., UC, 25), ("Quế Cường", ..., PE, 30)],
        merged=("A1:A2", "B1:B2", "C1:C2", "D1:D2", "E1:G1"),
    ),
    Case(
        "two languages in each header",
        [
            [
                "No.\nSTT",
                "Industrial cluster\nCụm công nghiệp",
                "District\nHuyện",
                "Current status\nHiện trạng",
                "Total area (ha)\nTổng diện tích (ha)",
                "Labour (persons)\nLao động (người)",
            ],
            [1, "Bãi Bằng", "Phù Ninh", "In operation", 30, 500],
            [2, "Phú Gia", "Phù Ninh", "Under construction / Đang xây dựng", 40, None],
            [3, "Đồng Lạng", "Phù Ninh", "Calling for investment", 22, None],
        ],
        [("Bãi Bằng", ..., OP, 30, 500), ("Phú Gia", ..., UC, 40, None), ("Đồng Lạng", ..., PE, 22, None)],
        (*PLAIN, "workers"),
    ),
    Case(
        "phases by dashes, the cluster's own cells blank",
        [
            ["TT", "Tên CCN", "Huyện", "Trạng thái", "Diện tích (ha)"],
            [1, "Tân Bình", "Bắc Tân Uyên", "Đang hoạt động", None],
            [None, "- Giai đoạn I", None, None, 35.5],
            [None, "- Giai đoạn II", None, None, 24.5],
            [2, "An Điền", "Bến Cát", "Chưa triển khai", 74],
        ],
        [("Tân Bình", ..., OP, 60), ("An Điền", ..., PE, 74)],
    ),
    Case(
        "names that read like totals, sections and places",
        [
            ["STT", "Tên cụm công nghiệp", "Huyện", "Trạng thái", "Diện tích (ha)"],
            [1, "TỔNG NHA", "Lục Nam", "Đang hoạt động", 20],
            [2, "CCN Tổng hợp Đông Hưng", "Lạng Giang", "Đang xây dựng", 32],
            [3, "Huyện lỵ Tứ Kỳ", "Tứ Kỳ", "Chưa triển khai", 22],
            [4, "CCN I", "Thanh Hà", "Đang hoạt động", 11],
            [5, "Thị trấn Nếnh", "Việt Yên", "Đang hoạt động", 13],
            [6, "Trung bình Bảo", "Vĩnh Bảo", "Đang hoạt động", 14],
        ],
        [
            ("TỔNG NHA", ..., OP, 20),
            ("CCN Tổng hợp Đông Hưng", ..., UC, 32),
            ("Huyện lỵ Tứ Kỳ", ..., PE, 22),
            ("CCN I", ..., OP, 11),
            ("Thị trấn Nếnh", ..., OP, 13),
            ("Trung bình Bảo", ..., OP, 14),
        ],
    ),
    Case(
        "a bare capital is not guessed, and named",
        [
            ["TT", "Tên CCN", "Huyện", "Trạng thái", "Diện tích (ha)", "Vốn đầu tư (tỷ đồng)"],
            [1, "Thụy Lâm", "Đông Anh", "Đang hoạt động", 20, 250.5],
        ],
        [("Thụy Lâm", "Đông Anh", OP, 20)],
        doubts=("columns.ambiguous",),
    ),
    Case(
        "districts in capitals after a letter, sums with counts, two clusters of one name",
        [
            ["TT", "Tên CCN", "Hiện trạng", "Diện tích(ha)"],
            ["A", "BA TRI"],
            [1, "An Đức", "Đang hoạt động", 35.9],
            [2, "Thị trấn An Đức", "Chưa triển khai", 12],
            [None, "Tổng huyện Ba Tri: 2 cụm", None, 47.9],
            ["B", "MỎ CÀY NAM"],
            [3, "Tân Thành Bình", "Đang xây dựng", 40],
            [None, "TỔNG TOÀN TỈNH: 3 CỤM", None, 87.9],
        ],
        [
            ("An Đức", "Ba Tri", OP, 35.9),
            ("Thị trấn An Đức", "Ba Tri", PE, 12),
            ("Tân Thành Bình", "Mỏ Cày Nam", UC, 40),
        ],
    ),
    Case(
        "merged districts with the number of their clusters",
        [
            ["Huyện", "STT", "Tên cụm CN", "Quy mô (ha)", "Tình hình hoạt động"],
            ["Phú Bình (02 cụm)", 1, "Điềm Thụy", 52, "Đang hoạt động"],
            [None, 2, "Kha Sơn", 13.2, "Đang hoạt động"],
            ["Đồng Hỷ (01 cụm)", 1, "Đại Khai", 28, "Đã lấp đầy 90%"],
        ],
        [
            ("Điềm Thụy", "Phú Bình", OP, 52),
            ("Kha Sơn", "Phú Bình", OP, 13.2),
            ("Đại Khai", "Đồng Hỷ", OP, 28),
        ],
        merged=("A2:A3",),
    ),
    Case(
        "years as groups, a plan beside them",
        [
            ["STT", "Tên CCN", "Huyện", "Trạng thái", "Diện tích (ha)", *YEARS],
            [*[None] * 5, *["Đã cho thuê (ha)", "Lao động (người)"] * 3],
            [1, "Thanh Hải", "Thanh Liêm", "Đang hoạt động", 40, 20, 500, 25.5, 650, 30, 700],
        ],
        [("Thanh Hải", "Thanh Liêm", OP, 40, 25.5, 650)],
        (*PLAIN, "leased_ha", "workers"),
        ("A1:A2", "B1:B2", "C1:C2", "D1:D2", "E1:E2", "F1:G1", "H1:I1", "J1:K1"),
        doubts=("columns.years",),
    ),
    Case(
        "the name and where it lies in one cell, figures with raised marks",
        [
            ["STT", "Tên cụm, địa điểm", "Tình trạng", "Diện tích¹ (ha)"],
            [1, "CCN Đồng Đình, xã Cao Thượng, huyện Tân Yên", "Đang hoạt động", "73,2¹"],
            [2, "CCN Kim Tràng (xã Việt Lập, huyện Tân Yên)", "Chưa triển khai", "75"],
            [None, "¹ Diện tích theo QHCT"],
        ],
        [
            ("CCN Đồng Đình", "Tân Yên", OP, 73.2, "Cao Thượng"),
            ("CCN Kim Tràng", "Tân Yên", PE, 75, "Việt Lập"),
        ],
        (*PLAIN, "commune"),
        options={"decimal": ","},
    ),
    Case(
        "parts of dates are asked, whole ones are read",
        [
            ["STT", "Tên CCN", "Huyện", "Trạng thái", "Diện tích (ha)", "Ngày thành lập"],
            [1, "Yên Lãng", "Đại Từ", "Đang hoạt động", 31, "05 tháng 6 năm 2019"],
            [2, "Hà Thượng", "Đại Từ", "Đang hoạt động", 30, "trước 2009"],
            [3, "Phú Lạc", "Đại Từ", "Đang hoạt động", 52, "2015-2016"],
            [4, "Cù Vân", "Đại Từ", "Đang hoạt động", 53, "chưa có"],
        ],
        [("Yên Lãng", "2019-06-05"), ("Hà Thượng", None), ("Phú Lạc", None), ("Cù Vân", None)],
        ("name", "established_on"),
        doubts=("numbers.part-dates",),
    ),
]


def write(case, kind, folder):
    """Write a case down as one kind of file, and return the file."""
    file = folder / f"so.{kind}"
    {"xlsx": _xlsx, "csv": _csv, "ods": _ods, "docx": _docx, "xls": _page}[kind](case, file)
    return file


def _xlsx(case, file):
    book = openpyxl.Workbook()
    for row in case.rows:
        book.active.append(row)
    for block in case.merged:
        book.active.merge_cells(block)
    book.save(file)
    book.close()


def _text(value):
    """As Vietnamese hands type it: with a comma."""
    return "" if value is None else f"{value:g}".replace(".", ",") if isinstance(value, float) else str(value)


def _csv(case, file):
    width = max(map(len, case.rows))
    with file.open("w", encoding="utf-16", newline="") as opened:
        rows = [[_text(v) for v in row] + [""] * (width - len(row)) for row in case.rows]
        csv.writer(opened, delimiter="\t").writerows(rows)


def _blocks(case):
    return [openpyxl.worksheet.cell_range.CellRange(block) for block in case.merged]


def _docx(case, file):
    document = docx.Document()
    width = max(map(len, case.rows))
    document.add_paragraph("PHỤ LỤC")
    table = document.add_table(rows=len(case.rows), cols=width)
    for at, row in enumerate(case.rows):
        for cell, value in zip(table.rows[at].cells, row, strict=False):
            cell.text = _text(value)
    for b in _blocks(case):
        kept = table.cell(b.min_row - 1, b.min_col - 1)
        text = kept.text
        kept.merge(table.cell(b.max_row - 1, b.max_col - 1)).text = text
    document.save(str(file))


def _spans(case):
    """For each cell its rows and columns, nothing for one that is covered."""
    blocks = _blocks(case)
    covered = {(r - 1, c - 1) for b in blocks for r, c in b.cells} - {
        (b.min_row - 1, b.min_col - 1) for b in blocks
    }
    spans = {(b.min_row - 1, b.min_col - 1): (b.size["rows"], b.size["columns"]) for b in blocks}
    return covered, spans


def _page(case, file):
    """A web page saved as .xls, as report systems do."""
    covered, spans = _spans(case)
    rows = []
    for at, row in enumerate(case.rows):
        cells = ""
        for c, value in enumerate(row):
            high, wide = spans.get((at, c), (1, 1))
            text = html.escape(_text(value)).replace("\n", "<br>")
            cells += "" if (at, c) in covered else f'<td rowspan="{high}" colspan="{wide}">{text}</td>'
        rows.append(f"<tr>{cells}</tr>")
    page = f'<html><head><meta charset="utf-8"></head><body><table>{"".join(rows)}</table></body></html>'
    file.write_text(page, encoding="utf-8")


def _ods(case, file):
    """A workbook of LibreOffice, no more of it than a reader needs."""
    covered, spans = _spans(case)
    rows = []
    for at, row in enumerate(case.rows):
        cells = ""
        for c, value in enumerate(row):
            high, wide = spans.get((at, c), (1, 1))
            kind = (
                f'office:value-type="float" office:value="{value}"' if isinstance(value, int | float) else ""
            )
            lines = (
                ""
                if value is None
                else "".join(f"<text:p>{html.escape(x)}</text:p>" for x in str(value).split("\n"))
            )
            tag = "covered-table-cell" if (at, c) in covered else "table-cell"
            span = f'table:number-rows-spanned="{high}" table:number-columns-spanned="{wide}"'
            cells += f"<table:{tag} {kind} {span}>{lines}</table:{tag}>"
        rows.append(f"<table:table-row>{cells}</table:table-row>")
    names = "urn:oasis:names:tc:opendocument:xmlns"
    content = (
        f'<office:document-content xmlns:office="{names}:office:1.0" xmlns:table="{names}:table:1.0"'
        f' xmlns:text="{names}:text:1.0"><office:body><office:spreadsheet><table:table table:name="Biểu 1">'
        f"{''.join(rows)}</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
