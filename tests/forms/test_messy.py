"""Forms 02 as firms send them: twenty made by hand, each read right or refused at its cell with a remedy."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

import docx
import openpyxl
import pytest

from clusters_geo.forms.circular import lines
from clusters_geo.forms.merge import form_changes
from clusters_geo.forms.receive import read_forms

WORDING = {line.row: line.indicator[0] for line in lines("02")}
UNIT = {line.row: line.unit[0] for line in lines("02")}
FIGURES = dict(zip(WORDING, (250.5, 240, 15, 14.5, 96.7, 21, 2, 20, 12.5, 1.25, 35, 9.5, 1, 1), strict=True))
HEAD = ("STT", "Chỉ tiêu", "Đơn vị tính", "Kết quả", "Ghi chú")
ABOVE = (("Biểu số 02",), ("Tên cụm công nghiệp: Phú Thị",), ("Kỳ báo cáo: 6 tháng đầu năm 2026",))


def body(changed=None, units=None):
    figures = FIGURES | (changed or {})
    stated = UNIT | (units or {})
    return [(int(row), WORDING[row], stated[row], figures[row], None) for row in WORDING]


def workbook(rows, file, prepare=None):
    book = openpyxl.Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(row)
    if prepare:
        prepare(sheet)
    book.save(file)
    return file


def simple(file, changed=None, units=None, prepare=None):
    return workbook([*ABOVE, (), HEAD, *body(changed, units)], file, prepare)


@dataclass(frozen=True)
class Case:
    """A file, and what must come of it: figures that differ from FIGURES, or refusals by cell."""

    make: object
    read: dict = field(default_factory=dict)
    refused: dict = field(default_factory=dict)
    ending: str = ".xlsx"
    how: str = "exact"


def numbers_as_text(file):
    simple(
        file, {"1": "250,5", "2": "240,00", "3": "15,0 ", "4": " 14,5 ha", "6": "21 dự án", "11": "35 người"}
    )


def merged_cells(file):
    def prepare(sheet):
        sheet.merge_cells("A1:E1")
        sheet.merge_cells("A2:E2")
        for at in range(6, 20):
            sheet.merge_cells(f"D{at}:E{at}")

    simple(file, prepare=prepare)


def million_instead_of_billion(file):
    simple(
        file,
        {"1": "250.500", "2": 240000, "9": "12.500,0", "10": 1250},
        dict.fromkeys(("1", "2", "9", "10"), "Triệu đồng"),
    )


def blank_rows_and_notes(file):
    rows = [*ABOVE, (), HEAD]
    for row in body():
        rows += [row, (), (None, "  (theo báo cáo của kế toán)", None, None, "số 12/BC")]
    workbook(rows, file)


def shifted_to_the_right(file):
    workbook([(None, None, *row) for row in [*ABOVE, (), HEAD, *body()]], file)


def second_sheet(file):
    book = openpyxl.Workbook()
    book.active.title = "Bìa"
    book.active.append(("CÔNG TY CỔ PHẦN HẠ TẦNG",))
    sheet = book.create_sheet("Số liệu")
    for row in [*ABOVE, (), HEAD, *body()]:
        sheet.append(row)
    book.save(file)


def no_heading_of_columns(file):
    workbook([*ABOVE, *((row[1], row[2], row[3]) for row in body())], file)


def renumbered_and_reordered(file):
    rows = [(number, *row[1:]) for number, row in enumerate(reversed(body()), start=1)]
    workbook([*ABOVE, HEAD, *rows], file)


def rate_as_excel_percent(file):
    def prepare(sheet):
        sheet["D10"] = 0.967
        sheet["D10"].number_format = "0.0%"

    simple(file, prepare=prepare)


def words_for_the_plant(file):
    simple(file, {"13": "Có", "14": "Đạt"})


def decomposed_unicode(file):
    import unicodedata

    rows = [*ABOVE, (), HEAD, *body()]
    workbook(
        [tuple(unicodedata.normalize("NFD", c) if isinstance(c, str) else c for c in r) for r in rows], file
    )


def name_in_the_next_cell(file):
    workbook([("Tên cụm công nghiệp:", "CCN Phu Thi"), ABOVE[2], (), HEAD, *body()], file)


def semicolons(file):
    rows = [
        ("Mã cụm: CCN-01",),
        ABOVE[2],
        HEAD,
        *body({"1": "250,5", "4": "14,5", "5": "96,7 %", "9": "12,5"}),
    ]
    rows = [
        [str(c).replace(".", ",") if isinstance(c, float) else ("" if c is None else c) for c in r]
        for r in rows
    ]
    file.write_text("\n".join(";".join(map(str, row)) for row in rows), encoding="utf-8-sig")


def document(file):
    paper = docx.Document()
    for row in ABOVE:
        paper.add_paragraph(row[0])
    table = paper.add_table(rows=1, cols=5)
    for cell, text in zip(table.rows[0].cells, HEAD, strict=True):
        cell.text = text
    for row in body():
        cells = table.add_row().cells
        texts = ["" if c is None else str(c).replace(".", ",") for c in row]
        for cell, text in zip(cells[:3], texts[:3], strict=True):
            cell.text = text
        cells[3].merge(cells[4]).text = texts[3]
    paper.save(file)


def thousand_or_fraction(file):
    simple(file, {"1": "1.686", "4": 14.5})


def a_date_made_by_excel(file):
    simple(file, {"4": dt.datetime.fromisoformat("2026-05-01")})


def two_figures_in_one_cell(file):
    simple(file, {"6": "21-25", "11": "không rõ, khoảng vài chục"})


def wrong_unit(file):
    simple(file, units={"4": "công"})


def negative_and_broken(file):
    simple(file, {"2": -240, "6": 21.5, "13": 7})


def twice_the_same_row(file):
    rows = body()
    workbook([*ABOVE, (), HEAD, *rows, rows[3]], file)


def formula_without_value(file):
    simple(file, {"2": "=SUM(F1:F3)"})


def another_cluster(file):
    workbook([("Tên cụm công nghiệp: Phú Thj",), ABOVE[2], (), HEAD, *body()], file)


CASES = {
    "numbers as text": Case(numbers_as_text),
    "merged cells": Case(merged_cells),
    "million instead of billion": Case(million_instead_of_billion),
    "blank rows and notes": Case(blank_rows_and_notes),
    "shifted to the right": Case(shifted_to_the_right),
    "on the second sheet": Case(second_sheet),
    "no heading of columns": Case(no_heading_of_columns),
    "renumbered and reordered": Case(renumbered_and_reordered),
    "rate as an Excel percentage": Case(rate_as_excel_percent),
    "words for the plant": Case(words_for_the_plant),
    "decomposed Unicode": Case(decomposed_unicode),
    "name in the next cell, without accents": Case(name_in_the_next_cell, how="accents"),
    "CSV with semicolons and decimal commas": Case(semicolons, ending=".csv", how="id"),
    "a document with merged cells": Case(document, ending=".docx"),
    "thousand or fraction": Case(thousand_or_fraction, refused={"D6": "'1.686' may mean 1,686 or 1.686"}),
    "a date made by Excel": Case(a_date_made_by_excel, refused={"D9": "holds the date or time 2026-05-01"}),
    "two figures in one cell": Case(
        two_figures_in_one_cell, refused={"D11": "'21-25' is not a number", "D16": "is not a number"}
    ),
    "a unit that does not fit": Case(wrong_unit, refused={"D9": "is in 'công', but the row is in ha"}),
    "negative, halves and sevens": Case(
        negative_and_broken,
        refused={"D7": "is negative", "D11": "takes whole numbers only", "D18": "only 1 (yes) or 0 (no)"},
    ),
    "the same row twice": Case(twice_the_same_row, refused={"B20": "row 4 stands both here and in Sheet!B9"}),
    "a formula without its value": Case(
        formula_without_value, refused={"D7": "formula without a stored value"}
    ),
    "a misspelt cluster": Case(another_cluster, refused={"": "Did you mean Phú Thị?"}),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_messy_form(register, tmp_path, case):
    file = tmp_path / f"form{case.ending}"
    case.make(file)
    received = read_forms([file], register, period="2026-H1", lang="en")
    refused = received.problems[received.problems["severity"] == "refused"]
    told = dict(zip(refused["cell"], refused["problem"], strict=True))
    assert set(told) == set(case.refused)
    for cell, words in case.refused.items():
        assert words in told[cell]
    assert refused["fix"].str.len().gt(10).all()
    if case.refused:
        assert received.figures.empty
        return
    assert received.files.loc[0, ["form", "cluster_id", "how"]].tolist() == ["02", "CCN-01", case.how]
    read = dict(zip(received.figures["row"], received.figures["value"], strict=True))
    assert read == pytest.approx(FIGURES | case.read)


def test_there_are_at_least_twenty():
    assert len(CASES) >= 20


def test_an_approximate_figure_is_taken_with_a_doubt(register, tmp_path):
    received = read_forms(
        [simple(tmp_path / "a.xlsx", {"11": "khoảng 35"})], register, period="2026-H1", lang="en"
    )
    doubts = received.problems[received.problems["severity"] == "doubt"]
    assert doubts[["cell", "problem"]].to_numpy().tolist() == [["D16", "'khoảng 35' is only approximate"]]
    assert received.figures.set_index("row").loc["11", "value"] == 35


def test_what_is_doubted_in_a_cell_is_not_accepted_by_itself(register, tmp_path):
    files = [simple(tmp_path / "a.xlsx", {"11": "khoảng 36", "14": "chưa có"})]
    received = read_forms(files, register, period="2026-H1", lang="en")
    changes = form_changes(register, received, lang="en").set_index("column")
    told = changes.loc[["investor_workers", "wastewater_compliant"], ["after", "doubt", "accept"]]
    assert told["doubt"].tolist() == ["'khoảng 36' is only approximate", "'chưa có' may mean no or not known"]
    assert told["after"].tolist() == [36, 0]
    assert not told["accept"].any()
    # Another form that is sure of the same figure settles it.
    sure = simple(tmp_path / "b.xlsx", {"11": 36, "14": 0})
    both = read_forms([*files, sure], register, period="2026-H1", lang="en")
    settled = form_changes(register, both, lang="en").set_index("column")
    assert settled.loc[["investor_workers", "wastewater_compliant"], "accept"].all()


def test_blanks_and_dashes_are_no_noughts(register, tmp_path):
    file = simple(tmp_path / "a.xlsx", {"9": "-", "10": None, "12": "chưa có"})
    received = read_forms([file], register, period="2026-H1", lang="en")
    assert set(FIGURES) - set(received.figures["row"]) == {"9", "10", "12"}
    assert not received.files.loc[0, "refused"]


def test_a_form_of_another_period_is_refused(register, tmp_path):
    received = read_forms([simple(tmp_path / "a.xlsx")], register, period="2025-H1", lang="en")
    assert received.problems["problem"].tolist() == ["the form is for 2026-H1, not 2025-H1"]


def test_the_name_of_the_file_helps_where_the_form_names_no_cluster(register, tmp_path):
    file = workbook([HEAD, *body()], tmp_path / "Bieu 02 - CCN Phu Thi (ban cuoi).xlsx")
    received = read_forms([file], register, period="2026-H1", lang="en")
    assert received.files.loc[0, ["cluster_id", "how"]].tolist() == ["CCN-01", "file name"]


def test_two_clusters_of_one_name_are_told_apart_by_the_place(register, tmp_path):
    register["name"] = "Phú Thị"
    rows = [*ABOVE, ("Địa điểm: xã Liên Hà, huyện Đông Anh",), HEAD, *body()]
    register = register.loc[["CCN-01", "CCN-02"]]
    received = read_forms([workbook(rows, tmp_path / "a.xlsx")], register, period="2026-H1", lang="en")
    assert received.files.loc[0, "cluster_id"] == "CCN-02"


def test_a_form_signed_after_the_deadline_is_late(register, tmp_path):
    rows = [*ABOVE, HEAD, *body(), (), (None, "Hà Nội, ngày 21 tháng 6 năm 2026")]
    received = read_forms([workbook(rows, tmp_path / "a.xlsx")], register, period="2026-H1", lang="en")
    assert received.files.loc[0, "signed_on"] == dt.date(2026, 6, 21)
    assert received.files.loc[0, "late"]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.xlsx", b"not a workbook", "not a readable zip archive"),
        ("a.docx", b"PK\x03\x04cut", "not a readable zip archive"),
        ("a.pdf", b"%PDF-1.7", r"save it as XLSX or DOCX"),
        ("a.csv", b"", "no table with anything in it"),
        ("a.csv", b"name;ha\nA;3", "no row of Form 01 or 02 with a figure was recognised"),
    ],
)
def test_what_is_no_form_is_a_row_of_the_report(register, tmp_path, name, content, words):
    (tmp_path / name).write_bytes(content)
    received = read_forms([tmp_path / name], register, period="2026-H1", lang="en")
    assert received.files.loc[0, "refused"]
    assert words in received.problems.loc[0, "problem"]


def test_a_missing_file_is_a_row_of_the_report(register, tmp_path):
    received = read_forms([tmp_path / "none.xlsx"], register, period="2026-H1", lang="en")
    assert "There is no file" in received.problems.loc[0, "problem"]


def test_the_report_is_vietnamese_unless_english_is_asked_for(register, tmp_path):
    messy = {"1": "1.686", "2": -240, "4": dt.datetime.fromisoformat("2026-05-01"), "6": "21-25", "11": "~35"}
    file = simple(tmp_path / "a.xlsx", messy, units={"3": "công"})
    told = read_forms([file], register, period="2025-H1").problems
    assert told["problem"].tolist() == [
        "biểu lập cho kỳ 2026-H1, không phải kỳ 2025-H1",
        "“1.686” có thể hiểu là 1,686 hoặc 1.686",
        "là số âm (-240)",
        "ghi theo đơn vị “công”, nhưng dòng này tính bằng ha",
        "ô chứa ngày, giờ 01/05/2026; Excel đã tự đổi những số như 1.5 thành ngày",
        "“21-25” không phải là số",
        "“~35” chỉ là số ước chừng",
    ]
    assert told["fix"].iloc[[0, 3]].tolist() == [
        "Đề nghị đơn vị gửi biểu của kỳ 2025-H1.",
        "Ghi lại số theo đơn vị ha.",
    ]
    english = read_forms([file], register, period="2025-H1", lang="en").problems
    assert not set(told["problem"]) & set(english["problem"])
    assert not set(told["fix"]) & set(english["fix"])
    kept = ["file", "cell", "row", "severity"]
    assert told[kept].equals(english[kept])


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ([("Doanh thu", 5)], "không nhận ra dòng nào của Biểu 01 hoặc Biểu 02 có số liệu"),
        ([ABOVE[2], HEAD, *body()], "biểu không ghi tên cụm"),
        (
            [("Tên CCN: Phú Thj",), ABOVE[2], HEAD, *body()],
            "không có cụm nào tên “Phú Thj”. Có phải là Phú Thị không?",
        ),
        ([("Tên CCN: Quảng Ninh",), ABOVE[2], HEAD, *body()], "không có cụm nào tên “Quảng Ninh”"),
        ([*ABOVE[:2], HEAD, *body()], "biểu không ghi kỳ báo cáo"),
        ([*ABOVE, HEAD, *body()[1:]], "biểu thiếu các dòng 1"),
        ([*ABOVE, HEAD, *body(), body()[3]], "dòng 4 có ở đây và ở Sheet!B8"),
        (
            [*ABOVE, *((row[1], 4, 5) for row in body())],
            "dòng 1 có nhiều ô số liệu: lấy ô nào, Sheet!B4 hay Sheet!C4?",
        ),
    ],
)
def test_what_is_wrong_with_a_whole_form_is_said_in_vietnamese(register, tmp_path, rows, problem):
    received = read_forms([workbook(rows, tmp_path / "a.xlsx")], register, period="2026-H1")
    assert problem in received.problems["problem"].tolist()


def test_clusters_of_one_name_are_said_in_both_languages(register, tmp_path):
    register["name"] = "Phú Thị"
    file = simple(tmp_path / "a.xlsx")
    ids = ", ".join(register.index)
    told = [read_forms([file], register, period="2026-H1", lang=lang).problems for lang in ("vi", "en")]
    assert [table.loc[0, "problem"] for table in told] == [
        f"có 6 cụm cùng tên Phú Thị ({ids})",
        f"6 clusters are called Phú Thị ({ids})",
    ]


def test_progress_is_told_file_by_file(register, tmp_path):
    told = []
    files = [simple(tmp_path / "a.xlsx"), simple(tmp_path / "b.xlsx")]
    read_forms(files, register, period="2026-H1", progress=lambda *step: told.append(step))
    assert told == [(1, 2, "a.xlsx"), (2, 2, "b.xlsx")]
