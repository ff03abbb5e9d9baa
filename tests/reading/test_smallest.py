"""The smallest register of each kind that failed once: a few rows, and what a person reads in them."""

from __future__ import annotations

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely

import clusters_geo as cg

H = ["TT", "Tên CCN", "Tình trạng", "Diện tích (ha)"]
A, B = [1, "A", "Đang hoạt động", 10], [2, "B", "Đang hoạt động", 20]
ON = "Đang hoạt động"
BLANK = None
KINDS = {
    "signature": ([H, A, [None, "Người lập biểu", None, "GIÁM ĐỐC"]], {"planned_ha": [10]}),
    "status in a section": (
        [["TT", "Tên CCN", "Diện tích (ha)"], ["I", "Cụm công nghiệp đang hoạt động", 10], [1, "A", 10]],
        {"status": ["operating"]},
    ),
    "district in a section": ([H, ["I", "Huyện Gia Lâm", None, 10], A], {"district": ["Gia Lâm"]}),
    "a section with a status": ([H, ["I", "Huyện Gia Lâm", ON, 30], A, B], {"planned_ha": [10, 20]}),
    "phases": ([H, A, ["1.1", "Giai đoạn 1", ON, 6], ["1.2", "Giai đoạn 2", ON, 4]], {"planned_ha": [10]}),
    "a page's header": ([H, A, H, B], {"name": ["A", "B"]}),
    "sums by name": (
        [H, A, [None, "Cộng huyện Gia Lâm", None, 10], [None, "Toàn tỉnh", None, 10]],
        {"planned_ha": [10]},
    ),
    "a row of units": (
        [["TT", "Tên CCN", "Tình trạng", "Diện tích"], [None, None, None, "ha"], A],
        {"planned_ha": [10]},
    ),
    "a line of units": (
        [["Đơn vị tính: m2"], ["TT", "Tên CCN", "Tình trạng", "Diện tích"], [1, "A", ON, 100_000]],
        {"planned_ha": [10]},
    ),
    "shares below (%)": (
        [["Tên CCN", "Tình trạng", "Tỷ lệ lấp đầy (%)"], ["A", ON, 0.85], ["B", ON, 1]],
        {"fill_rate_declared": [0.85, 1]},
    ),
    "both marks": ([H, [1, "A", ON, "12,7"], [2, "B", ON, "15.4"]], {"planned_ha": [12.7, 15.4]}),
    "thousands in a count": (
        [["Tên CCN", "Tình trạng", "Số lao động"], ["A", ON, "1.250"]],
        {"workers": [1250]},
    ),
    "millions": (
        [["Tên CCN", "Tình trạng", "Nộp ngân sách (triệu đồng)"], ["A", ON, 1200]],
        {"budget_bn_vnd": [1.2]},
    ),
    "ditto": (
        [["Tên CCN", "Huyện", "Tình trạng"], ["A", "Gia Lâm", ON], ["B", "-nt-", ON]],
        {"district": ["Gia Lâm", "Gia Lâm"]},
    ),
    "a place of two": (
        [["Tên CCN", "Địa điểm", "Tình trạng"], ["A", "Xã Phú Thị, huyện Gia Lâm", ON]],
        {"commune": ["Phú Thị"], "district": ["Gia Lâm"]},
    ),
    "people": ([["Tên CCN", "Tình trạng", "Số lao động (người)"], ["A", ON, 120]], {"workers": [120]}),
    "two languages": (
        [["Tên CCN / Cluster name", "Tình trạng / Status"], ["A", ON]],
        {"name": ["A"], "status": ["operating"]},
    ),
    "a marked header": ([["Tên CCN (1)", "Tình trạng"], ["A", ON]], {"name": ["A"]}),
    "a marked figure": ([H, [1, "A", ON, "27,8(*)"]], {"planned_ha": [27.8]}),
    "wordings": (
        [
            ["Tên CCN", "Tình trạng"],
            ["A", "Đang thi công hạ tầng"],
            ["B", "Chưa có chủ đầu tư"],
            ["C", "Hoạt động (lấp đầy 100%)"],
        ],
        {"status": ["under_construction", "pending", "operating"]},
    ),
    "clusters across": (
        [["Tên CCN", "A", "B"], ["Tình trạng", ON, "Chưa khởi công"], ["Diện tích (ha)", 10, 20]],
        {"status": ["operating", "pending"], "planned_ha": [10, 20]},
    ),
    "two tables": ([H, A, [], ["Bảng 2"], H, B], {"name": ["A", "B"]}),
    "a decision and its day": (
        [["Tên CCN", "Tình trạng", "Quyết định thành lập"], ["A", ON, "QĐ số 123/QĐ-UBND ngày 5/6/2019"]],
        {"decision": ["123/QĐ-UBND"], "established_on": [pd.Timestamp(2019, 6, 5)]},
    ),
    "one odd day": (
        [
            ["Tên CCN", "Tình trạng", "Ngày khởi công"],
            ["A", ON, "15/09/2020"],
            ["B", "Chưa khởi công", "Quý III/2022"],
        ],
        {"ground_broken_on": [pd.Timestamp(2020, 9, 15), BLANK]},
    ),
    "words for full and none": (
        [
            ["Tên CCN", "Tình trạng", "Tỷ lệ lấp đầy (%)"],
            ["A", ON, "Đã lấp đầy"],
            ["B", "Chưa khởi công", "Không"],
        ],
        {"fill_rate_declared": [1, BLANK]},
    ),
    "no status": ([["Tên CCN", "Diện tích (ha)"], ["A", 10]], {"status": [BLANK]}),
    "field names": ([["TEN_CCN", "H_TRANG", "TLLD"], ["A", ON, 60.4]], {"fill_rate_declared": [0.604]}),
    "a blank beside per cent": (
        [["Tên CCN", "Tình trạng", "Tỷ lệ lấp đầy (%)"], ["A", ON, 85], ["B", "Chưa khởi công", None]],
        {"fill_rate_declared": [0.85, BLANK]},
    ),
}


def workbook(file, rows, merged=(), *, formats=(), hidden=("", 0)):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for block in merged:
        book.active.merge_cells(block)
    for cell, code in formats:
        book.active[cell].number_format = code
    column, row = hidden
    if row:
        book.active.row_dimensions[row].hidden = True
    if column:
        book.active.column_dimensions[column].hidden = True
    book.save(file)
    book.close()
    return file


def values(table, column):
    return [None if pd.isna(v) else v for v in table[column]]


def holds(table, wanted):
    for column, right in wanted.items():
        found = values(table, column)
        assert len(found) == len(right)
        for one, other in zip(found, right, strict=True):
            assert one == (pytest.approx(other) if isinstance(other, float) else other), column


@pytest.mark.parametrize("kind", KINDS)
def test_the_smallest_of_its_kind(tmp_path, kind):
    rows, wanted = KINDS[kind]
    holds(cg.load_clusters(workbook(tmp_path / "r.xlsx", rows)), wanted)


def test_per_cent_formats(tmp_path):
    rows = [["Tên CCN", "Tình trạng", "Tỷ lệ lấp đầy (%)"], ["A", ON, 0.855]]
    table = cg.load_clusters(workbook(tmp_path / "r.xlsx", rows, formats=[("C2", "0.0%")]))
    holds(table, {"fill_rate_declared": [0.855]})


def test_merged_cells_ticks_years_and_three_rows(tmp_path):
    down = [["Huyện", "Tên CCN", "Tình trạng"], ["Gia Lâm", "A", ON], [None, "B", ON]]
    table = cg.load_clusters(workbook(tmp_path / "a.xlsx", down, ["A2:A3"]))
    holds(table, {"district": ["Gia Lâm", "Gia Lâm"]})
    ticks = [
        ["Tên CCN", "Tình trạng", None],
        [None, ON, "Chưa khởi công"],
        ["A", "x", None],
        ["B", None, "x"],
    ]
    table = cg.load_clusters(workbook(tmp_path / "b.xlsx", ticks, ["B1:C1", "A1:A2"]))
    holds(table, {"status": ["operating", "pending"]})
    years = [
        ["Tên CCN", "Tình trạng", "Đã cho thuê (ha)", None],
        [None, None, "2020", "2021"],
        ["A", ON, 4, 5],
    ]
    table = cg.load_clusters(workbook(tmp_path / "c.xlsx", years, ["C1:D1", "A1:A2", "B1:B2"]))
    holds(table, {"leased_ha": [5]})
    three = [
        ["Tên CCN", "Tình trạng", "Đất (ha)", None],
        [None, None, "Đất công nghiệp", None],
        [None, None, "Tổng số", "Đã cho thuê"],
        ["A", ON, 8, 5],
    ]
    table = cg.load_clusters(workbook(tmp_path / "d.xlsx", three, ["C1:D1", "C2:D2", "A1:A3", "B1:B3"]))
    holds(table, {"leasable_ha": [8], "leased_ha": [5]})


def test_what_is_hidden_is_left_out(tmp_path):
    twice = [["Tên CCN", "Tình trạng", "Diện tích (ha)", "Diện tích (ha)"], ["A", ON, 9, 10]]
    holds(
        cg.load_clusters(workbook(tmp_path / "a.xlsx", twice, hidden=("C", 0))),
        {"planned_ha": [10]},
    )
    codes = [H, ["stt", "ten", "tt", "dt"], A]
    holds(cg.load_clusters(workbook(tmp_path / "b.xlsx", codes, hidden=("", 2))), {"planned_ha": [10]})


def test_formulas_are_named(tmp_path):
    with pytest.raises(cg.SchemaError, match="planned_ha: '=6\\+4'"):
        cg.load_clusters(workbook(tmp_path / "r.xlsx", [H, [1, "A", ON, "=6+4"]]))


def test_a_sheet_s_name_is_the_district(tmp_path):
    book = openpyxl.Workbook()
    for name, row in (("Huyện Gia Lâm", A), ("Sóc Sơn", B)):
        sheet = book.create_sheet(name)
        sheet.append(H)
        sheet.append(row)
    book.save(tmp_path / "r.xlsx")
    book.close()
    table = cg.load_clusters(tmp_path / "r.xlsx", layers="all")
    holds(table, {"district": ["Gia Lâm", "Sóc Sơn"]})


def test_boundaries_by_layer_by_name_and_by_corners(tmp_path):
    register = workbook(tmp_path / "r.xlsx", [H, A])
    square = shapely.box(580_000, 2_317_000, 580_300, 2_317_300)
    one = gpd.GeoDataFrame({"KhuCN": ["A"]}, geometry=[square], crs=5897)
    one.to_file(tmp_path / "k.gpkg", layer="ranh")
    one.to_file(tmp_path / "k.gpkg", layer="lo")
    table = cg.load_clusters(
        register, boundaries=tmp_path / "k.gpkg", boundaries_layer="ranh", boundaries_name="KhuCN"
    )
    assert cg.area_ha(table).round(2).tolist() == [9.0]
    points = [(2_317_000, 580_000), (2_317_300, 580_000), (2_317_300, 580_300), (2_317_000, 580_300)]
    lines = ["Ten_CCN,Diem,X,Y", *(f"A,{n},{x},{y}" for n, (x, y) in enumerate(points, start=1))]
    (tmp_path / "k.csv").write_text("\n".join(lines), encoding="utf-8")
    table = cg.load_clusters(register, boundaries=tmp_path / "k.csv", crs="EPSG:5897")
    assert cg.area_ha(table).round(2).tolist() == [9.0]
