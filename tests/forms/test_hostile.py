"""Hostile and damaged forms: each is a refused row with its name, and the batch goes on."""

from __future__ import annotations

import random
import re
import zipfile

import docx
import openpyxl
import pandas as pd
import pytest

from clusters_geo.forms.receive import read_forms

ROWS = [
    ("1", "Tổng mức đầu tư xây dựng hạ tầng kỹ thuật theo dự án đã được duyệt", "120,5"),
    ("4", "Diện tích đất công nghiệp của dự án đã cho thuê", "12,5"),
    ("5", "Tỷ lệ lấp đầy của cụm công nghiệp", "80"),
]


@pytest.fixture
def register():
    return pd.DataFrame(
        {"name": ["Phú Thị"], "status": "operating"}, index=pd.Index(["1"], name="cluster_id")
    )


def workbook(path):
    book = openpyxl.Workbook()
    for row in [("Tên CCN: Phú Thị",), ("STT", "Chỉ tiêu", "Kết quả"), *ROWS]:
        book.active.append(row)
    book.save(path)
    return path


def document(path):
    written = docx.Document()
    written.add_paragraph("Tên CCN: Phú Thị")
    table = written.add_table(4, 3)
    for row, cells in zip(table.rows, [("STT", "Chỉ tiêu", "Kết quả"), *ROWS], strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    written.save(path)
    return path


def rewritten(path, member, change):
    """Write an archive again with one member changed."""
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    content[member] = change(content[member])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return path


SHEET, BODY = "xl/worksheets/sheet1.xml", "word/document.xml"
MERGE = b'<mergeCells count="1"><mergeCell ref="%b"/></mergeCells>'
HOSTILE = {
    "merged over a whole sheet": (
        workbook,
        SHEET,
        lambda x: x.replace(b"</sheetData>", b"</sheetData>" + MERGE % b"A1:XFD1048576"),
    ),
    "merged with dollars": (
        workbook,
        SHEET,
        lambda x: x.replace(b"</sheetData>", b"</sheetData>" + MERGE % b"$A$1:$XFD$1048576"),
    ),
    "a span of a billion": (
        document,
        BODY,
        lambda x: x.replace(b"<w:tcPr>", b'<w:tcPr><w:gridSpan w:val="1000000000"/>', 1),
    ),
    "an entity that grows": (
        document,
        BODY,
        lambda x: re.sub(
            rb"\?>",
            b'?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
            x,
            count=1,
        ).replace(b"STT", b"&b;" * 10),
    ),
    "sheet cut short": (workbook, SHEET, lambda x: x[: len(x) // 2]),
    "document cut short": (document, BODY, lambda x: x[: len(x) // 2]),
    "no XML": (workbook, SHEET, lambda _: b"\x00" * 100),
    "a row number of its own": (workbook, SHEET, lambda x: x.replace(b'r="2"', b'r="99999999999"', 1)),
    "a cell beyond the sheet": (workbook, SHEET, lambda x: x.replace(b'r="A2"', b'r="ZZZZZ2"', 1)),
    "a style that is none": (workbook, "xl/styles.xml", lambda x: x.replace(b"<cellXfs", b"<x")),
    "content of another type": (document, "[Content_Types].xml", lambda x: x.replace(b"main+xml", b"x+xml")),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_form_is_a_row_and_the_batch_goes_on(tmp_path, register, kind):
    make, member, change = HOSTILE[kind]
    ending = "xlsx" if make is workbook else "docx"
    bad = rewritten(make(tmp_path / f"xau.{ending}"), member, change)
    good = make(tmp_path / f"tot.{ending}")
    received = read_forms([bad, good], register, period="2026-H1", lang="en")
    assert received.files["file"].tolist() == [bad.name, good.name]
    assert not received.files.loc[1, "refused"]
    if kind.startswith(("merged", "a span", "sheet", "document", "no XML")):
        assert received.files.loc[0, "refused"]
        assert (
            bad.name in received.problems.loc[received.problems["severity"] == "refused", "problem"].iloc[0]
        )


def test_a_merge_of_many_rows_is_read_in_time(tmp_path, register):
    def merged(content):
        row = re.search(rb"<w:tr\b.*?</w:tr>", content, re.DOTALL)[0]
        down = row.replace(b"<w:tcPr>", b"<w:tcPr><w:vMerge/>")
        return content.replace(b"</w:tbl>", down * 3_000 + b"</w:tbl>")

    bad = rewritten(document(tmp_path / "a.docx"), BODY, merged)
    received = read_forms([bad, document(tmp_path / "b.docx")], register, period="2026-H1", lang="en")
    assert received.files["file"].tolist() == ["a.docx", "b.docx"]
    assert not received.files.loc[1, "refused"]


@pytest.mark.parametrize("make", [workbook, document])
def test_damaged_forms_never_end_the_batch(tmp_path, register, make):
    ending = "xlsx" if make is workbook else "docx"
    content = make(tmp_path / f"good.{ending}").read_bytes()
    chance = random.Random(ending)  # noqa: S311 - the same cases every time
    paths = []
    for number in range(30):
        damaged = bytearray(content)
        for _ in range(chance.randrange(1, 6)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        if number % 3 == 0:
            damaged = damaged[: chance.randrange(len(damaged))]
        paths.append(tmp_path / f"{number}.{ending}")
        paths[-1].write_bytes(damaged)
    received = read_forms(paths, register, period="2026-H1", lang="vi")
    assert received.files["file"].tolist() == [path.name for path in paths]
    assert received.files["refused"].sum() > 10
    told = received.problems.groupby("file")["problem"].first()
    assert all(len(told[name]) > 10 for name in received.files.loc[received.files["refused"], "file"])


def test_addresses_folders_and_nothing_are_rows_too(tmp_path, register):
    paths = ["https://example.org/a.xlsx", tmp_path, tmp_path / "absent.xlsx", workbook(tmp_path / "a.xlsx")]
    received = read_forms(paths, register, period="2026-H1", lang="en")
    assert received.files["refused"].tolist() == [True, True, True, False]
    assert "address on a network" in received.problems.loc[0, "problem"]
