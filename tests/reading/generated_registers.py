"""The project's own generator of registers: a truth, and the ways in which an office writes it down.

Each choice of a `Style` is one habit seen in Vietnamese tables; hypothesis combines them. What is written is
never shaped to what the reader expects: names are of other provinces, some read like totals or sections.
"""

from __future__ import annotations

import csv
import random
from dataclasses import dataclass, field

import hand_made
import openpyxl
from hypothesis import strategies as st

from clusters_geo.reading.cells import letter

NAMES = (
    "Phú Lâm",
    "Cộng Hòa",
    "Tổng Cọt",
    "Toàn Thắng",
    "Quán Gỏi",
    "Khắc Niệm",
    "Đông Thọ 2",
    "Tân Chi",
    "Vũ Ninh",
    "Trung Chính",
    "Hưng Yên Nam",
    "Thanh Hà",
    "Xuân Lâm",
    "Nam Sách",
    "Bình Quân Hạ",
    "Lạc Đạo",
)
DISTRICTS = ("Tiên Du", "Quế Võ", "Gia Bình", "Lương Tài", "Thuận Thành", "Yên Phong")
WORDS = {
    "operating": ("Đang hoạt động", "Đã đi vào hoạt động", "Hoạt động ổn định", "Đang HĐ"),
    "under_construction": ("Đang xây dựng hạ tầng", "Đang thi công", "Đang đầu tư xây dựng HTKT"),
    "pending": ("Chưa khởi công", "Đang kêu gọi đầu tư", "Chưa có chủ đầu tư", "Mới thành lập"),
}
HEADINGS = {
    "name": ("Tên cụm công nghiệp", "Tên CCN", "Cụm công nghiệp", "Tên cụm"),
    "district": ("Huyện", "Địa bàn", "Huyện, thị xã", "Thuộc huyện"),
    "status": ("Tình trạng", "Hiện trạng", "Trạng thái"),
    "planned_ha": ("Diện tích quy hoạch", "Tổng diện tích", "Diện tích theo quy hoạch"),
    "leased_ha": ("Diện tích đã cho thuê", "Đã cho thuê", "Đất công nghiệp đã cho thuê"),
    "fill_rate_declared": ("Tỷ lệ lấp đầy", "Tỷ lệ lấp đầy CCN"),
    "workers": ("Số lao động", "Lao động", "Tổng số lao động"),
}
UNITS = {"planned_ha": "ha", "leased_ha": "ha", "fill_rate_declared": "%", "workers": "người"}
FIGURES = tuple(UNITS)
ROMAN = ("I", "II", "III", "IV", "V", "VI")


@dataclass(frozen=True)
class Style:
    """One office's habits."""

    seed: int
    count: int
    kind: str = "xlsx"  # xlsx, csv, ods, docx
    sections: str = "none"  # none, district, district-line, status, both
    subtotals: str = "none"  # none, in section, below
    total: str = "none"  # none, top, bottom, average
    heading: str = "one"  # one, grouped, three, english, bilingual
    units: str = "header"  # header, row, line, m2
    figures: str = "numbers"  # numbers, comma, point, words
    percent: str = "number"  # number, format, text
    district: str = "cells"  # cells, merged, ditto, place
    status: str = "words"  # words, ticks
    counters: bool = False
    title: bool = False
    signature: bool = False
    pages: bool = False
    hidden: bool = False
    marks: bool = False
    phases: bool = False


def styles():
    """Return a strategy of habits that go together."""
    choice = st.sampled_from
    return st.builds(
        Style,
        seed=st.integers(0, 10_000),
        count=st.integers(3, 12),
        kind=choice(["xlsx", "xlsx", "csv", "ods", "docx"]),
        sections=choice(["none", "district", "district-line", "status", "both"]),
        subtotals=choice(["none", "section", "below"]),
        total=choice(["none", "top", "bottom", "average"]),
        heading=choice(["one", "grouped", "three", "english", "bilingual"]),
        units=choice(["header", "row", "line", "m2"]),
        figures=choice(["numbers", "comma", "point", "words"]),
        percent=choice(["number", "format", "text"]),
        district=choice(["cells", "merged", "ditto", "place"]),
        status=choice(["words", "ticks"]),
        counters=st.booleans(),
        title=st.booleans(),
        signature=st.booleans(),
        pages=st.booleans(),
        hidden=st.booleans(),
        marks=st.booleans(),
        phases=st.booleans(),
    )


@dataclass
class Written:
    """A table as it is written: rows of cells, blocks to merge, formats, what is hidden, and the truth."""

    rows: list = field(default_factory=list)
    merged: list = field(default_factory=list)
    percent: list = field(default_factory=list)
    hidden_rows: list = field(default_factory=list)
    truth: list = field(default_factory=list)


def truth_of(style):
    """Return the clusters, in the order in which they are written."""
    luck = random.Random(style.seed)  # noqa: S311 - a test
    rows = []
    for name in luck.sample(NAMES, style.count):
        status = luck.choice(list(WORDS))
        planned = round(luck.uniform(5, 75), 2)
        leased = round(planned * luck.uniform(0.2, 0.6), 2) if status == "operating" else None
        rows.append(
            {
                "name": name,
                "district": luck.choice(DISTRICTS),
                "status": status,
                "planned_ha": planned,
                "leased_ha": leased,
                "fill_rate_declared": round(luck.uniform(0.2, 1), 3) if leased else None,
                "workers": luck.randint(1_001, 9_999) if leased else None,
            }
        )
    order = {
        "none": lambda _: 0,
        "status": lambda r: list(WORDS).index(r["status"]),
        "both": lambda r: (list(WORDS).index(r["status"]), DISTRICTS.index(r["district"])),
    }
    return sorted(rows, key=order.get(style.sections, lambda r: DISTRICTS.index(r["district"])))


class Writer:
    """Writes a truth down in one style."""

    def __init__(self, style):
        self.style, self.luck = style, random.Random(style.seed + 1)  # noqa: S311 - a test
        self.out = Written(truth=truth_of(style))
        self.columns = self._columns()
        self.head = {c: self.luck.choice(HEADINGS[c]) for c in HEADINGS}

    def _columns(self):
        style, columns = self.style, ["@"]
        if style.district == "merged":
            columns.append("district")
        columns.append("name")
        if style.district != "merged" and style.sections not in {"district", "district-line", "both"}:
            columns.append("district")
        if style.sections not in {"status", "both"}:
            columns += [f"tick {s}" for s in WORDS] if style.status == "ticks" else ["status"]
        return [*columns, *FIGURES, "note"]

    # --- header

    def heading(self):
        style = self.style
        if style.title:
            self.out.rows += [
                ["UBND TỈNH", None, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"],
                ["BIỂU TỔNG HỢP"],
                [],
            ]
        if style.units in {"line", "m2"}:
            unit = "m2, %, người" if style.units == "m2" else "ha, %, người"
            self.out.rows.append([None] * 4 + [f"Đơn vị tính: {unit}"])
        start = len(self.out.rows)
        rows = self._header_rows()
        self.out.rows += rows
        self.header = rows
        for c in range(len(self.columns)):
            column = [row[c] for row in rows]
            if len(rows) > 1 and column[0] and not any(column[1:]) and self.style.kind != "csv":
                self.out.merged.append((start, c, start + len(rows) - 1, c))
        if style.counters:
            self.out.rows.append([f"({n})" for n in range(1, len(self.columns) + 1)])
        if style.units == "row":
            self.out.rows.append([UNITS.get(c) for c in self.columns])

    def _header_rows(self):
        texts = [self._text_of(c) for c in self.columns]
        ticks = [n for n, c in enumerate(self.columns) if c.startswith("tick")]
        land = [self.columns.index(c) for c in ("planned_ha", "leased_ha")]
        depth = {"grouped": 2, "three": 3}.get(self.style.heading, 1)
        rows = [texts, *([None] * len(texts) for _ in range(max(depth, 2 if ticks else 1) - 1))]
        if depth > 1:
            at = len(self.out.rows)
            last = len(rows) - 1
            rows[0] = list(texts)
            for n in land:
                rows[last][n], rows[0][n] = texts[n], None
            rows[0][land[0]] = "Diện tích đất"
            self.out.merged.append((at, land[0], at, land[1]))
            if depth == 3:
                rows[1][land[0]] = "Trong cụm"
                self.out.merged.append((at + 1, land[0], at + 1, land[1]))
        if ticks:
            rows[0] = list(rows[0])
            for n in ticks:
                status = self.columns[n].removeprefix("tick ")
                rows[0][n], rows[-1][n] = None, WORDS[status][0]
            rows[0][ticks[0]] = self.head["status"]
            self.out.merged.append((len(self.out.rows), ticks[0], len(self.out.rows), ticks[-1]))
        return rows

    def _text_of(self, column):
        if column == "@":
            return self.luck.choice(["STT", "TT"])
        if column == "note":
            return "Ghi chú"
        if column.startswith("tick"):
            return column
        text = self.head[column]
        english = {
            "name": "Cluster name",
            "district": "District",
            "status": "Status",
            "planned_ha": "Total area",
            "leased_ha": "Leased area",
            "fill_rate_declared": "Occupancy rate",
            "workers": "Number of workers",
        }
        if column == "district" and self.style.district == "place":
            text = "Địa điểm"
        elif self.style.heading == "english":
            text = english[column]
        elif self.style.heading == "bilingual":
            text = f"{text} / {english[column]}"
        unit = UNITS.get(column)
        # A unit line does not say of a rate that it is per cent.
        return f"{text} ({unit})" if unit and self.style.units == "header" else text

    # --- rows

    def rows(self):
        style, number = self.style, 0
        sections = self._sections()
        for start, stop, label in sections:
            if label is not None:
                self._section(label, start, stop)
            for at in range(start, stop):
                number += 1
                self._record(number, self.out.truth[at], at)
                if style.pages and number % 4 == 0 and at + 1 < len(self.out.truth):
                    self.out.rows += [list(row) for row in self.header]
            if style.subtotals == "below" and label is not None:
                self._sum(f"Cộng {label[0].lower() + label[1:]}", start, stop)
        if style.district == "merged":
            self._merge_districts()

    def _sections(self):
        keys = {
            "district": ("district",),
            "district-line": ("district",),
            "status": ("status",),
            "both": ("status", "district"),
        }.get(self.style.sections)
        truth = self.out.truth
        if keys is None:
            return [(0, len(truth), None)]
        parts, start = [], 0
        for at in range(1, len(truth) + 1):
            if at == len(truth) or any(truth[at][k] != truth[start][k] for k in keys):
                parts.append((start, at, self._label(truth[start])))
                start = at
        return parts

    def _label(self, row):
        words = {"operating": "Các cụm đang hoạt động", "pending": "Các cụm chưa khởi công"}.get(
            row["status"], "Các cụm đang xây dựng hạ tầng"
        )
        if self.style.sections == "status":
            return words
        return f"Huyện {row['district']}" + (f" - {words}" if self.style.sections == "both" else "")

    def _section(self, label, start, stop):
        cells = [None] * len(self.columns)
        at = len(self.out.rows)
        if self.style.sections == "district-line":
            cells[0] = label
            self.out.merged.append((at, 0, at, len(self.columns) - 1))
        else:
            numeral = sum(a[2] is not None and a[0] <= start for a in self._sections()) - 1
            cells[0] = (ROMAN * 3)[numeral]
            cells[self.columns.index("name")] = label
            if self.style.subtotals == "section":
                self._add_sums(cells, start, stop)
        self.out.rows.append(cells)

    def _add_sums(self, cells, start, stop, *, mean=False):
        for name in ("planned_ha", "workers"):
            known = [r[name] for r in self.out.truth[start:stop] if r[name] is not None]
            total = round(sum(known) / (len(known) or 1) if mean else sum(known), 2)
            cells[self.columns.index(name)] = self._figure(name, total) if known else None

    def _sum(self, label, start, stop, *, mean=False):
        cells = [None] * len(self.columns)
        cells[self.columns.index("name")] = label
        self._add_sums(cells, start, stop, mean=mean)
        self.out.rows.append(cells)

    def _record(self, number, row, at):
        cells = []
        line = len(self.out.rows)
        for c, column in enumerate(self.columns):
            cells.append(self._cell(column, row, number, at))
            if column == "fill_rate_declared" and self.style.percent == "format":
                self.out.percent.append((line, c))
        self.out.rows.append(cells)
        if self.style.phases and number == 2:
            self._phases(number, row)
        if self.style.hidden and number == 1 and self.style.kind == "xlsx":
            self.out.hidden_rows.append(len(self.out.rows))
            struck = list(cells)
            struck[self.columns.index("name")] = "CCN Đã Rút"
            self.out.rows.append(struck)

    def _phases(self, number, row):
        for part in (1, 2):
            cells = [None] * len(self.columns)
            cells[0] = f"{number}.{part}"
            cells[self.columns.index("name")] = f"Giai đoạn {part}"
            share = round(row["planned_ha"] * 0.5, 2)
            value = share if part == 1 else round(row["planned_ha"] - share, 2)
            cells[self.columns.index("planned_ha")] = self._figure("planned_ha", value)
            self.out.rows.append(cells)

    def _cell(self, column, row, number, at):  # noqa: PLR0911 - one for each column
        if column == "@":
            return number
        if column == "note":
            return "Đề nghị mở rộng" if number % 5 == 0 else None
        if column == "name":
            return f"CCN {row['name']}" + (" (*)" if self.style.marks and number == 2 else "")
        if column.startswith("tick"):
            return "x" if column.endswith(row["status"]) else None
        if column == "status":
            return self.luck.choice(WORDS[row["status"]])
        if column == "district":
            return self._district(row, at)
        return self._figure(column, row[column], odd=number == 3)

    def _district(self, row, at):
        previous = self.out.truth[at - 1]["district"] if at else None
        if self.style.district == "place":
            return f"Xã Đại Đồng, huyện {row['district']}"
        same = previous == row["district"]
        if self.style.district == "ditto" and same:
            return self.luck.choice(["-nt-", "nt", '"', "như trên"])
        if self.style.district == "merged" and same and self._is_adjacent(at) and self.style.kind != "csv":
            return None
        return row["district"]

    def _is_adjacent(self, at):
        """Whether nothing stands between a cluster and the one before it."""
        number = at + 1
        breaks = (
            (self.style.pages and at % 4 == 0)
            or (self.style.phases and number == 3)
            or (self.style.hidden and number == 2)
            or any(start == at and label is not None for start, _, label in self._sections())
        )
        return not breaks

    def _merge_districts(self):
        c = self.columns.index("district")
        lines = [n for n, row in enumerate(self.out.rows) if len(row) > 1 and isinstance(row[0], int)]
        start = None
        for n in lines:
            if self.out.rows[n][c] is not None:
                start = n
            elif start is not None:
                self.out.merged = [m for m in self.out.merged if m[:2] != (start, c)]
                self.out.merged.append((start, c, n, c))

    def _figure(self, column, value, *, odd=False):
        style = self.style
        if value is None:
            return None
        if column == "fill_rate_declared":
            if style.percent == "format" and style.kind == "xlsx":
                return value
            text = f"{value * 100:.1f}"
            comma = style.figures != "point"
            if style.percent != "number" or (style.kind != "xlsx" and style.percent == "format"):
                return (text.replace(".", ",") if comma else text) + "%"
            return (
                round(value * 100, 1)
                if style.figures == "numbers"
                else text.replace(".", "," if comma else ".")
            )
        if style.units == "m2" and column.endswith("_ha"):
            value = round(value * 10_000)
        if style.figures == "numbers":
            return value
        text = f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"
        if style.figures in {"comma", "words"}:
            text = text.translate(str.maketrans(",.", ".,"))
        if style.figures == "words" and odd and column == "planned_ha" and style.units != "m2":
            text = f"khoảng {text} ha"
        return text

    # --- the end

    def ending(self):
        count = len(self.out.truth)
        if self.style.total in {"bottom", "average"}:
            self._sum("Tổng cộng" if self.style.total == "bottom" else "Toàn tỉnh", 0, count)
        if self.style.total == "average":
            self._sum("Bình quân", 0, count, mean=True)
        if self.style.marks:
            self.out.rows.append([None, "(*) Diện tích theo quyết định thành lập."])
        if self.style.signature:
            name = self.columns.index("name")
            line = [None] * len(self.columns)
            line[-2] = "Bắc Ninh, ngày 15 tháng 6 năm 2023"
            signed = [None] * len(self.columns)
            signed[name], signed[-2] = "NGƯỜI LẬP BIỂU", "GIÁM ĐỐC"
            named = [None] * len(self.columns)
            named[name] = "Nguyễn Thị Hòa"
            self.out.rows += [[], line, signed, [], named]

    def write(self):
        self.heading()
        if self.style.total == "top":
            self._sum("TỔNG CỘNG", 0, len(self.out.truth))
        self.rows()
        self.ending()
        return self.out


def write(style, folder):
    """Write one register and return its file and its truth."""
    out = Writer(style).write()
    file = folder / f"so.{style.kind}"
    if style.kind == "csv":
        mark = ";" if style.figures != "point" else ","
        with file.open("w", encoding="utf-8", newline="") as opened:
            csv.writer(opened, delimiter=mark).writerows(
                [["" if v is None else v for v in r] for r in out.rows]
            )
        return file, out.truth
    if style.kind in {"ods", "docx"}:
        blocks = tuple(
            f"{letter(left)}{top + 1}:{letter(right)}{bottom + 1}" for top, left, bottom, right in out.merged
        )
        return hand_made.write(hand_made.Case("", out.rows, [], merged=blocks), style.kind, folder), out.truth
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Biểu 1"
    for row in out.rows:
        sheet.append(row)
    for top, left, bottom, right in out.merged:
        sheet.merge_cells(start_row=top + 1, start_column=left + 1, end_row=bottom + 1, end_column=right + 1)
    for line, column in out.percent:
        sheet.cell(line + 1, column + 1).number_format = "0.0%"
    for line in out.hidden_rows:
        sheet.row_dimensions[line + 1].hidden = True
    book.save(file)
    book.close()
    return file, out.truth
