"""The day of a register's figures, as offices say it above and below their tables."""

from __future__ import annotations

import datetime as dt

import openpyxl
import pandas as pd
import pytest

import clusters_geo as cg
from clusters_geo.reading.as_of import as_of_in, day_stated, period_named

END = dt.date


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("(Số liệu đến ngày 31/12/2024)", END(2024, 12, 31)),
        ("Tính đến tháng 6/2025", END(2025, 6, 30)),
        ("Số liệu các cụm công nghiệp đến hết quý II/2025", END(2025, 6, 30)),
        ("Số liệu cập nhật đến 15.10.2025", END(2025, 10, 15)),
        ("Cập nhật ngày 05 tháng 3 năm 2024", END(2024, 3, 5)),
        ("(Tính đến hết năm 2023)", END(2023, 12, 31)),
        ("lũy kế đến cuối tháng 02 năm 2024", END(2024, 2, 29)),
        (
            "Ghi chú: Số liệu tính đến hết ngày 14/6/2023; cụm chưa khởi công không có số liệu.",
            END(2023, 6, 14),
        ),
        ("Thời điểm: 30-9-2022", END(2022, 9, 30)),
        ("Số liệu 9 tháng năm 2024", END(2024, 9, 30)),
        ("Data as of 31 December 2024", END(2024, 12, 31)),
        ("Figures up to June 2025", END(2025, 6, 30)),
        ("Updated: 2025-03-01", END(2025, 3, 1)),
        ("đến hết quý 4 năm 2021", END(2021, 12, 31)),
        # No day of figures: decisions, deadlines, plans, signatures, days that are none, several.
        ("(Kèm theo Quyết định số 11/QĐ-UBND ngày 02/01/2024)", None),
        ("Ban hành kèm theo Công văn số 5/SCT đến ngày 02/01/2024", None),
        ("Thời hạn gửi báo cáo: đến ngày 20/12/2024", None),
        ("DANH MỤC QUY HOẠCH CCN ĐẾN NĂM 2030", None),
        ("Phương án phát triển CCN giai đoạn 2021-2030, tầm nhìn đến năm 2050", None),
        ("Long An, ngày 10 tháng 01 năm 2025", None),
        ("Số liệu đến ngày 31/02/2024", None),
        ("Số liệu đến ngày 31/12/2023, đến ngày 30/6/2024", None),
        ("Diện tích cho thuê", None),
    ],
)
def test_a_text_states_a_day_or_none(text, day):
    assert day_stated(text) == day


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("BIỂU TỔNG HỢP TÌNH HÌNH HOẠT ĐỘNG CÁC CCN 6 THÁNG ĐẦU NĂM 2023", END(2023, 6, 30)),
        ("Quý III năm 2024", END(2024, 9, 30)),
        ("BÁO CÁO TÌNH HÌNH PHÁT TRIỂN CỤM CÔNG NGHIỆP NĂM 2024", END(2024, 12, 31)),
        ("KẾ HOẠCH PHÁT TRIỂN CCN NĂM 2025", None),
        ("DANH MỤC CỤM CÔNG NGHIỆP NĂM 2025", None),
        ("(Kèm theo Báo cáo số 12/BC-SCT ngày 5/6/2023)", None),
        ("Báo cáo so sánh năm 2022 và năm 2023", None),
    ],
)
def test_a_title_names_the_time_it_reports_on(text, day):
    assert period_named(text) == day


def test_what_is_said_wins_over_what_is_named():
    texts = ["BÁO CÁO NĂM 2024", "(số liệu đến ngày 15/11/2024)"]
    assert as_of_in(texts) == (END(2024, 11, 15), texts[1], True)
    assert as_of_in(["Số liệu đến 1/1/2024", "Số liệu đến 1/2/2024"]) is None


def register(tmp_path, *above, below=(), header=(), cells=()):
    book = openpyxl.Workbook()
    for text in above:
        book.active.append([text])
    book.active.append(["STT", "Tên CCN", "Huyện", "Trạng thái", "Diện tích (ha)", *header])
    book.active.append([1, "Kiến Thành", "Cần Đước", "Đang hoạt động", 51.7, *cells])
    for text in below:
        book.active.append([None, text])
    book.save(tmp_path / "so.xlsx")
    book.close()
    return tmp_path / "so.xlsx"


@pytest.mark.parametrize(
    ("above", "below"),
    [
        (["DANH SÁCH CCN TỈNH LONG AN", "(Số liệu đến ngày 30/4/2024)"], []),
        (["DANH SÁCH CCN"], ["Ghi chú: số liệu tính đến ngày 30/4/2024"]),
    ],
)
def test_each_cluster_has_the_day_that_the_table_states(tmp_path, above, below):
    table = cg.load_clusters(register(tmp_path, *above, below=below))
    assert table["as_of"].tolist() == [pd.Timestamp(2024, 4, 30)]
    report = cg.load_report(table)
    note = next(n for n in report.repairs if n.code == "rows.as-of")
    assert "30/04/2024" in note.text("vi")
    assert "2024-04-30" in note.text("en")


def test_a_guessed_day_is_a_doubt_with_a_remedy_that_settles_it(tmp_path):
    table = cg.load_clusters(register(tmp_path, "BÁO CÁO QUÝ I NĂM 2024"))
    assert table["as_of"].tolist() == [pd.Timestamp(2024, 3, 31)]
    assert "rows.as-of-period" in {n.code for n in cg.load_report(table).doubts}
    table = cg.load_clusters(register(tmp_path, "BÁO CÁO QUÝ I NĂM 2024", "Số liệu đến ngày 14/3/2024"))
    assert "rows.as-of-period" not in {n.code for n in cg.load_report(table).doubts}


def test_the_column_of_the_file_wins(tmp_path):
    file = register(tmp_path, "Số liệu đến ngày 30/4/2024", header=["Thời điểm"], cells=["31/12/2023"])
    assert cg.load_clusters(file)["as_of"].tolist() == [pd.Timestamp(2023, 12, 31)]


def test_the_law_of_that_day_is_applied(tmp_path):
    """A register of before May 2024 is judged by Decree 68/2017, whatever day it is today."""
    table = cg.load_clusters(register(tmp_path, "Tính đến tháng 4/2024"))
    assert "2024-04-30" in str(cg.audit(table).attrs["audit"])
    assert cg.summarize(table)["as_of"].iloc[0] == pd.Timestamp(2024, 4, 30)
