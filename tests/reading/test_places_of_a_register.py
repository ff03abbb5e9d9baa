"""Where the clusters of a register lie: columns of coordinates, and boundaries for some."""

from __future__ import annotations

import tomllib

import geopandas as gpd
import openpyxl
import pytest
import shapely
from click.testing import CliRunner

import clusters_geo as cg
from clusters_geo.cli.convert import command as convert
from clusters_geo.errors import CRSError, SavingWarning
from clusters_geo.load import load_report
from clusters_geo.reading.headers import meanings
from clusters_geo.reading.mapping import mapping_text
from clusters_geo.reference import load_bundled_units
from clusters_geo.report.inspection import inspect_file, inspection_sheets
from clusters_geo.units.places import locate

TITLE = ["DANH MỤC CÁC CỤM CÔNG NGHIỆP"]
TOP = ["TT", "Tên CCN", "Diện tích (ha)", "Tình trạng", "Tọa độ", None]
BELOW = [None, None, None, None, "Kinh độ", "Vĩ độ"]
ON = "Đang hoạt động"
CLUSTERS = [
    [1, "CCN Bắc Hoằng Hóa", 55.0, ON, 105.8512, 19.8765],
    [2, "CCN Thái Thắng", 30.0, ON, 105.8801, 19.8544],
    [3, "CCN làng nghề Tiến Lộc", 12.5, ON, None, None],
    [4, "CCN Xuân Lai", 45.0, ON, None, None],
]
CORNERS = [
    ["BẢNG THỐNG KÊ TỌA ĐỘ CÁC ĐIỂM GÓC RANH GIỚI"],
    ["Cụm công nghiệp làng nghề Tiến Lộc, xã Triệu Lộc"],
    ["Hệ tọa độ VN-2000, kinh tuyến trục 105°00', múi chiếu 3°"],
    [],
    ["Tên điểm", "X (m)", "Y (m)"],
    ["1", 2202100.0, 587600.0],
    ["2", 2202100.0, 588000.0],
    ["3", 2201787.5, 588000.0],
    ["4", 2201787.5, 587600.0],
]


def workbook(file, rows, *merged):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for block in merged:
        book.active.merge_cells(block)
    book.save(file)
    return file


@pytest.fixture
def register(tmp_path):
    down = [f"{c}2:{c}3" for c in "ABCD"]
    return workbook(tmp_path / "so.xlsx", [TITLE, TOP, BELOW, *CLUSTERS], "E2:F2", *down)


@pytest.fixture
def corners(tmp_path):
    return workbook(tmp_path / "toa-do.xlsx", CORNERS)


def noted(table, code):
    return [n.rows for n in load_report(table).notes if n.code == code and not n.of]


def test_boundaries_for_one_cluster_leave_the_places_of_the_others(register, corners):
    table = cg.load_clusters(register, boundaries=corners, region="Thanh Hóa")
    assert table.geom_type.fillna("").tolist() == ["Point", "Point", "Polygon", ""]
    assert table.geometry.area.iloc[2] == pytest.approx(125_000)
    # The points of the register lie in its own system, and come along.
    assert table.to_crs(4326).geometry.iloc[0].x == pytest.approx(105.8512, abs=1e-7)
    assert noted(table, "shapes.own-kept") == noted(table, "shapes.points") == [(1, 2)]
    assert noted(table, "shapes.no-boundary") == [(4,)]
    assert noted(table, "shapes.missing") == noted(table, "shapes.none") == []


def test_a_boundary_takes_the_place_of_a_point(register, tmp_path):
    named = [CORNERS[0], ["Cụm công nghiệp Thái Thắng"], *CORNERS[2:]]
    table = cg.load_clusters(register, boundaries=workbook(tmp_path / "b.xlsx", named), region="Thanh Hóa")
    assert table.geom_type.fillna("").tolist() == ["Point", "Polygon", "", ""]
    assert noted(table, "shapes.points") == [(1,)]
    assert noted(table, "shapes.no-boundary") == [(3, 4)]


@pytest.mark.parametrize(
    ("east", "north"),
    [
        ("Tọa độ Kinh độ", "Tọa độ Vĩ độ"),
        ("Tọa độ – Kinh độ", "Tọa độ – Vĩ độ"),
        ("Kinh độ Đông (WGS84)", "Vĩ độ Bắc (WGS84)"),
        ("TOADOKINHDO", "TOADOVIDO"),
        ("Coordinates Longitude", "GPS Lat"),
    ],
)
def test_degrees_below_flattened_headers_are_places(tmp_path, east, north):
    assert (meanings((east,)), meanings((north,))) == (("@lon",), ("@lat",))
    head = [*TOP[:4], east, north]
    table = cg.load_clusters(workbook(tmp_path / "a.xlsx", [head, *CLUSTERS]), region="Thanh Hóa")
    assert table.geometry.notna().tolist() == [True, True, False, False]


@pytest.mark.parametrize(
    ("north", "east"),
    [
        ("Tọa độ VN-2000 X", "Tọa độ VN-2000 Y"),
        ("X (VN-2000)", "Y (VN-2000)"),
        ("Tọa độ VN-2000, KTT 105°00', múi 3° X (m)", "Tọa độ VN-2000, KTT 105°00', múi 3° Y (m)"),
        ("POINT_X", "POINT_Y"),
        ("Tọa độ VN-2000 (m) X (Bắc)", "Tọa độ VN-2000 (m) Y (Đông)"),
    ],
)
def test_metres_below_flattened_headers_are_places(north, east):
    assert (meanings((north,)), meanings((east,))) == (("@x",), ("@y",))


@pytest.mark.parametrize("header", ["Tọa độ", "Tọa độ X, Y", "Hệ tọa độ", "Kinh tuyến trục", "Diện tích X"])
def test_what_only_sounds_like_a_coordinate_is_none(header):
    assert not {"@x", "@y", "@lon", "@lat"} & {*meanings((header,))}


def test_a_header_may_name_the_system_of_its_coordinates(tmp_path):
    head = [
        *TOP[:4],
        "Tọa độ VN-2000, KTT 105°00', múi 3° X (m)",
        "Tọa độ VN-2000, KTT 105°00', múi 3° Y (m)",
    ]
    rows = [[*CLUSTERS[0][:4], 2202100.0, 587600.0]]
    table = cg.load_clusters(workbook(tmp_path / "a.xlsx", [head, *rows]), region="Thanh Hóa")
    assert table.crs == cg.load_clusters(workbook(tmp_path / "b.xlsx", CORNERS), region="Thanh Hóa").crs
    assert table.geometry.iloc[0].coords[0] == (587600.0, 2202100.0)


@pytest.mark.parametrize("ending", [".xlsx", ".csv"])
def test_places_come_back_from_a_table_without_shapes(register, corners, tmp_path, ending):
    table = cg.load_clusters(register, boundaries=corners, region="Thanh Hóa")
    with pytest.warns(SavingWarning) as said:
        cg.save(table, tmp_path / f"a{ending}")
    assert [w.message.code for w in said] == ["points", "no-shapes"]
    assert "1 dòng chỉ được ghi số liệu" in said[1].message.text("vi")
    back = cg.load_clusters(tmp_path / f"a{ending}", decimal=".", region="Thanh Hóa")
    assert back.geom_type.fillna("").tolist() == ["Point", "Point", "", ""]
    assert back.crs == "EPSG:4326"
    assert back.geometry.iloc[0].coords[0] == pytest.approx((105.8512, 19.8765), abs=1e-8)
    assert not any("Kinh độ" in str(name) for name in back.columns)


def test_a_command_says_in_vietnamese_what_a_file_has_no_place_for(register, tmp_path):
    told = CliRunner().invoke(convert, [str(register), str(tmp_path / "a.csv")])
    assert told.exit_code == 0, told.output
    assert "2 điểm được ghi thành cột longitude và latitude (độ, WGS 84)." in told.output


def test_inspect_counts_columns_of_coordinates_as_used_and_rows_as_the_sheet_does(register, corners):
    found = inspect_file(register, boundaries=corners, region="Thanh Hóa", lang="vi")
    assert found.report.left == ["TT"]
    facts, columns, notes = inspection_sheets(found)
    assert ("Cột không dùng", "TT") in facts.rows
    assert ("Tọa độ Kinh độ", "tọa độ") in columns.rows
    assert notes.header[3] == "Dòng trong tệp"
    rows = {row[2]: row[3] for row in notes.rows}
    assert rows["chỉ là điểm nên có vị trí mà không có diện tích"] == "4–5"
    assert rows[next(text for text in rows if text.startswith("không có hình"))] == "7"
    text = mapping_text(found.report, {})
    assert tomllib.loads(text)["columns"].keys() >= {"TT"}
    assert '"Tọa độ Kinh độ" = ""' not in text
    assert "(dòng 4–5)" in text


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("DANH MỤC CÁC CỤM CÔNG NGHIỆP TỈNH THANH HÓA", None),
        ("CÁC CỤM CÔNG NGHIỆP THÀNH PHỐ THANH HÓA", "ngoài Hà Nội"),
        ("CÁC CỤM CÔNG NGHIỆP TỈNH CÀ MAU", "ngoài Cà Mau"),
    ],
)
def test_places_are_expected_in_the_province_that_the_title_names(tmp_path, title, expected):
    file = workbook(tmp_path / "a.xlsx", [[title], [], TOP, BELOW, *CLUSTERS])
    told = [note.text("vi") for note in load_report(cg.load_clusters(file)).doubts]
    outside = [text for text in told if "dữ liệu nằm ở kinh độ" in text]
    assert [expected in text for text in outside] == [True] * (expected is not None)


@pytest.mark.parametrize(
    ("titles", "province", "reason"),
    [
        (["UBND TỈNH NGHỆ AN", "BIỂU TỔNG HỢP CỤM CÔNG NGHIỆP"], "Nghệ An", "other-province"),
        # Of a part: its totals are not the province's, and nobody said where its names lie.
        (["CỤM CÔNG NGHIỆP HUYỆN DIỄN CHÂU, TỈNH NGHỆ AN"], "", ""),
        (["BIỂU TỔNG HỢP CỤM CÔNG NGHIỆP"], "", ""),
    ],
)
def test_a_title_says_whose_register_it_is(tmp_path, titles, province, reason):
    rows = [["Tên CCN", "Xã", "Tình trạng"], ["CCN A", "Bình Minh", "Đang hoạt động"]]
    table = cg.load_clusters(workbook(tmp_path / "a.xlsx", [*([title] for title in titles), [], *rows]))
    assert load_report(table).province == province
    assert locate(table, load_bundled_units("hanoi-communes"))["reason"].tolist() == [reason]
    said = cg.load_clusters(tmp_path / "a.xlsx", region="Hà Nội")
    assert load_report(said).province == "Hà Nội"


def test_boundaries_without_a_system_are_expected_where_the_register_is(tmp_path):
    titles = [["UBND TỈNH NGHỆ AN"], []]
    rows = [["Tên CCN", "Tình trạng"], ["CCN A", "Đang hoạt động"]]
    file = workbook(tmp_path / "a.xlsx", [*titles, *rows])
    shape = gpd.GeoSeries([shapely.Point(105.6, 19.0).buffer(0.01)], crs=4326).to_crs("EPSG:9208")
    outline = tmp_path / "ranh.shp"
    gpd.GeoDataFrame({"name": ["CCN A"]}, geometry=shape).to_file(outline)
    outline.with_suffix(".prj").unlink()
    with pytest.raises(CRSError, match='of Nghệ An, crs="EPSG:9208"'):
        cg.load_clusters(file, boundaries=outline)
    assert cg.load_clusters(file, boundaries=outline, crs=9208).geometry.notna().all()
