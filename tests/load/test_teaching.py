"""What an office sets up once and uses every half-year: the template, a mapping, sheets; and XLSB."""

from __future__ import annotations

import re
import struct
import zipfile

import openpyxl
import pytest
from click.testing import CliRunner

import clusters_geo as cg
from clusters_geo.cli import app

HEAD = ["STT", "Tên CCN", "Trạng thái", "Diện tích (ha)"]


def run(*arguments):
    return CliRunner().invoke(app, [str(a) for a in arguments])


def book_of(file, **sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name.replace("_", " "))
        for row in rows:
            sheet.append(row)
    book.save(file)
    book.close()
    return file


# --- the template


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_a_filled_template_loads_without_a_question(tmp_path, lang):
    file = tmp_path / "mau.xlsx"
    done = run("template", file, "--columns", "name,district,status,planned_ha,workers,as_of", "--lang", lang)
    assert done.exit_code == 0, done.output
    book = openpyxl.load_workbook(file)
    sheet = book.active
    head = next(r for r in range(1, 20) if sheet.cell(r, 2).value)
    words = {"vi": "Chưa khởi công", "en": "Pending"}[lang]
    for at, value in enumerate(["Đồng Sen", "Tiên Du", words, 20.5, 1250, "31/12/2025"], start=1):
        sheet.cell(head + 1, at).value = value
    book.save(file)
    book.close()
    table = cg.load_clusters(file)
    row = table.iloc[0]
    assert (row["name"], row["district"], row["status"]) == ("Đồng Sen", "Tiên Du", "pending")
    assert (row["planned_ha"], row["workers"], f"{row['as_of']:%d/%m/%Y}") == (20.5, 1250, "31/12/2025")
    assert {n.code for n in cg.load_report(table).doubts} <= {"shapes.none"}


def test_an_empty_template_is_said_to_be_empty(tmp_path):
    run("template", tmp_path / "mau.xlsx")
    with pytest.raises(cg.SourceError, match="not a single row"):
        cg.load_clusters(tmp_path / "mau.xlsx")


# --- a mapping, this half-year and the next


def test_a_mapping_that_was_written_once_reads_the_next_half_year(tmp_path):
    head = ["STT", "Điểm SX", "Huyện", "Trạng thái", "Diện tích (ha)", "Vốn đầu tư (triệu đồng)"]
    first = book_of(tmp_path / "1.xlsx", S=[head, [1, "Đồng Sen", "Tiên Du", "Đang hoạt động", 20, 90_000]])
    mapping = tmp_path / "so.toml"
    done = run("inspect", first, "--column", "Điểm SX=name", "--write-mapping", mapping)
    assert done.exit_code == 0, done.output
    text = mapping.read_text(encoding="utf-8")
    assert '"Điểm SX" = "name"' in text
    # What the file leaves open stands there too, to be corrected in its place.
    ours = re.sub(r'#? *("Vốn đầu tư \(triệu đồng\)") = "[^"]*"', r'\1 = "approved_capital_bn_vnd"', text)
    mapping.write_text(ours, encoding="utf-8")
    second = book_of(tmp_path / "2.xlsx", S=[head, [1, "Đồng Sen", "Tiên Du", "Đang hoạt động", 21, 95_000]])
    table = cg.load_clusters(second, mapping=mapping)
    assert table[["name", "planned_ha", "approved_capital_bn_vnd"]].iloc[0].tolist() == ["Đồng Sen", 21, 95]
    assert run("summary", second, "--mapping", mapping).exit_code == 0
    assert isinstance(run("summary", second).exception, cg.SchemaError)


# --- a sheet a district


def test_all_sheets_are_one_register_in_the_commands(tmp_path):
    file = book_of(
        tmp_path / "so.xlsx",
        Huyện_Tiên_Du=[HEAD, [1, "Đồng Sen", "Đang hoạt động", 20]],
        Huyện_Quế_Võ=[HEAD, [1, "Bãi Giữa", "Đang hoạt động", 30]],
    )
    assert isinstance(run("summary", file).exception, cg.SourceError)
    done = run("summary", file, "--layers", "all", "--by", "district", "--format", "csv")
    assert done.exit_code == 0, done.output
    assert "Quế Võ" in done.output
    assert "Tiên Du" in done.output


# --- what the sheet itself lets be audited


@pytest.mark.parametrize(
    ("rows", "rule"),
    [
        ([[1, "Đồng Sen", "Đang hoạt động", 20], [None, "Tổng cộng", None, 25]], "trust.sum-in-file"),
        ([[1, "Đồng Sen", "Đang hoạt động", 20], [2, "Bãi Giữa", None, 30]], "trust.status-unknown"),
    ],
)
def test_sums_that_do_not_add_up_and_a_missing_status_are_findings(tmp_path, rows, rule):
    file = book_of(tmp_path / "so.xlsx", S=[HEAD, *rows])
    done = run("audit", file, "--only", rule, "--format", "json", "--lang", "vi")
    assert f'"{rule}"' in done.output
    right = [[1, "Đồng Sen", "Đang hoạt động", 20], [None, "Tổng cộng", None, 20]]
    whole = book_of(tmp_path / "so.xlsx", S=[HEAD, *right])
    assert f'"{rule}"' not in run("audit", whole, "--only", rule, "--format", "json").output


# --- XLSB, which no office suite but Excel writes


def _record(number, data=b""):
    numbered = bytes([number]) if number < 128 else bytes([number & 0x7F | 0x80, number >> 7])
    size = len(data)
    return numbered + (bytes([size]) if size < 128 else bytes([size & 0x7F | 0x80, size >> 7])) + data


def _wide(text):
    return struct.pack("<I", len(text.encode("utf-16-le")) // 2) + text.encode("utf-16-le")


def _cell(column, value):
    place = struct.pack("<II", column, 0)
    if isinstance(value, str):
        return _record(6, place + _wide(value))
    return _record(5, place + struct.pack("<d", value))


def binary_workbook(file, name, rows):
    """Write a workbook in the binary records of [MS-XLSB], no more of them than a reader needs."""
    sheet = _record(129) + _record(148, struct.pack("<IIII", 0, len(rows) - 1, 0, 9)) + _record(145)
    for at, row in enumerate(rows):
        sheet += _record(0, struct.pack("<IIHBBBI", at, 0, 300, 0, 0, 0, 0))
        sheet += b"".join(_cell(c, v) for c, v in enumerate(row) if v is not None)
    sheet += _record(146) + _record(130)
    listed = _record(156, struct.pack("<II", 0, 1) + _wide("rId1") + _wide(name))
    book = _record(131) + _record(143) + listed + _record(144) + _record(132)
    office = "http://schemas.openxmlformats.org"
    relation = (
        '<Relationships xmlns="{0}/package/2006/relationships"><Relationship Id="rId1"'
        ' Type="{0}/officeDocument/2006/relationships/{1}" Target="{2}"/></Relationships>'
    )
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{office}/package/2006/content-types"><Default Extension="bin"'
            ' ContentType="application/vnd.ms-excel.sheet.binary.macroEnabled.main"/></Types>',
        )
        archive.writestr("_rels/.rels", relation.format(office, "officeDocument", "xl/workbook.bin"))
        archive.writestr("xl/workbook.bin", book)
        archive.writestr(
            "xl/_rels/workbook.bin.rels", relation.format(office, "worksheet", "worksheets/sheet1.bin")
        )
        archive.writestr("xl/worksheets/sheet1.bin", sheet)


def test_a_binary_workbook_is_a_register_too(tmp_path):
    rows = [
        ["(Số liệu đến ngày 31/12/2024)"],
        HEAD,
        ["I", "Huyện Kim Bảng"],
        [1, "Thi Sơn", "Đang hoạt động", 16.5],
        [2, "Kim Bình", "Chưa khởi công", 58.9],
        [None, "Tổng cộng", None, 75.4],
    ]
    binary_workbook(tmp_path / "so.xlsb", "Phụ lục", rows)
    table = cg.load_clusters(tmp_path / "so.xlsb")
    assert table["name"].tolist() == ["Thi Sơn", "Kim Bình"]
    assert table["district"].tolist() == ["Kim Bảng", "Kim Bảng"]
    assert table["planned_ha"].tolist() == [16.5, 58.9]
    assert table["as_of"].dt.strftime("%Y-%m-%d").unique().tolist() == ["2024-12-31"]
    assert cg.load_report(table).layer == "Phụ lục"


def test_a_template_does_not_replace_what_may_be_filled_in(tmp_path):
    file = tmp_path / "mau.xlsx"
    file.write_bytes(b"filled in")
    done = run("template", file)
    assert done.exit_code != 0
    assert "có thể đã được điền" in done.exception.text("vi")
    assert file.read_bytes() == b"filled in"
