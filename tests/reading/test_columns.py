"""Headers, units and figures as people type them: mapped, converted and reported, never guessed."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

import clusters_geo as cg
from clusters_geo.load import load_clusters, load_report
from clusters_geo.reading.headers import HEADERS, map_headers, split_unit
from clusters_geo.reading.notes import LoadReport
from clusters_geo.reading.values import decimal_mark, read_quantities
from clusters_geo.schema import CLUSTER_COLUMNS, DISTRICT_COLUMNS, column


def mapped(*headers, explicit=None, columns=CLUSTER_COLUMNS):
    report = LoadReport("a.csv")
    map_headers(pd.DataFrame(columns=list(headers)), columns, report, explicit=explicit)
    return report


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Tên CCN", "name"),
        ("TÊN CỤM CÔNG NGHIỆP", "name"),
        ("ten_ccn", "name"),
        ("Tên cụm CN", "name"),
        ("Diện tích (ha)", "planned_ha"),
        ("dien_tich", "planned_ha"),
        ("planned_area", "planned_ha"),
        ("planned_ha", "planned_ha"),
        ("Diện tích quy hoạch (m2)", "planned_ha"),
        ("DT QH (ha)", "planned_ha"),
        ("Mã cụm", "cluster_id"),
        ("Huyện", "district"),
        ("Quận/Huyện", "district"),
        ("Xã", "commune"),
        ("Trạng thái", "status"),
        ("Hiện trạng", "status"),
        ("Đất công nghiệp (ha)", "leasable_ha"),
        ("Tỷ lệ lấp đầy (%)", "fill_rate_declared"),
        ("Số lao động", "workers"),
        ("Số doanh nghiệp", "enterprises"),
        ("Chủ đầu tư", "investor"),
        ("Ghi chú", "note"),
        ("leasable_h", "leasable_ha"),
        ("enterprise", "enterprises"),
        ("fill_rate_", "fill_rate_declared"),
        ("Diện tich quy hoach (ha)", "planned_ha"),
        ("Dien tich qui hoach", "planned_ha"),
        ("Diện tích Đất CN có thể cho thuê (ha)", "leasable_ha"),
        ("Diện tích đã XDHT (ha)", "built_ha"),
        ("Đơn vị đầu tư hạ tầng", "investor"),
        ("Địa điểm (huyện)", "district"),
        ("Địa điểm (xã)", "commune"),
    ],
)
def test_a_header_is_mapped(header, expected):
    assert mapped(header).mapped == {header: expected}


@pytest.mark.parametrize("header", ["STT", "wastewater", "X", "Tổng", "Kinh độ", "shape_area_1"])
def test_a_header_that_means_nothing_certain_stays(header):
    report = mapped(header)
    assert report.mapped == {}
    assert report.left == [header]


def test_every_column_is_known_by_its_name_and_its_labels():
    for columns in (CLUSTER_COLUMNS, DISTRICT_COLUMNS):
        for c in columns:
            if c.kind != "geometry":
                for header in (c.name, c.vi, c.en):
                    assert mapped(header, columns=columns).mapped == {header: c.name}


def test_every_name_of_the_table_is_unique_within_its_schema():
    names = {c.name for c in CLUSTER_COLUMNS} | {c.name for c in DISTRICT_COLUMNS}
    assert set(HEADERS) <= names


def test_a_guess_by_likeness_is_a_doubt_and_an_exact_name_goes_first():
    report = mapped("Diện tích quy hoạc", "planned_ha")
    assert report.mapped == {"planned_ha": "planned_ha"}
    report = mapped("Diện tích quy hoạc")
    assert [d.code for d in report.doubts] == ["columns.likeness"]


def test_a_second_header_for_the_same_column_is_a_doubt():
    report = mapped("planned_ha", "Diện tích (ha)")
    assert report.left == ["Diện tích (ha)"]
    assert "also reads as planned_ha" in report.doubts[0].message


def test_what_the_caller_says_wins():
    report = mapped("A", "Tên CCN", explicit={"A": "name"})
    assert report.mapped == {"A": "name"}


@pytest.mark.parametrize(
    ("explicit", "what"),
    [
        ({"B": "name"}, "There is no column 'B'; the file has: A"),
        ({"A": "planed_ha"}, "no such column. Did you mean: planned_ha"),
    ],
)
def test_an_explicit_mapping_that_cannot_be_is_refused(explicit, what):
    with pytest.raises(cg.SchemaError, match=what):
        mapped("A", explicit=explicit)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Diện tích (ha)", "ha"),
        ("Diện tích, m²", "m2"),
        ("area_km2", "km2"),
        ("Tỷ lệ (%)", "%"),
        ("DT (ĐVT: ha)", "ha"),
        ("ha", ""),
        ("Hạ tầng", ""),
    ],
)
def test_the_unit_of_a_header(header, expected):
    assert split_unit(header)[1] == expected


def read(values, name="planned_ha", unit="", decimal=None):
    report = LoadReport("a.csv")
    table = pd.DataFrame({name: pd.Series(values, dtype="object")})
    out = read_quantities(table, CLUSTER_COLUMNS, report, units={name: unit} if unit else {}, decimal=decimal)
    return out[name].tolist(), report


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["1.686,5", "20"], [1686.5, 20]),
        (["1,686.5", "20"], [1686.5, 20]),
        (["1 686,5"], [1686.5]),
        (["1.234.567,8"], [1234567.8]),
        (["1,234,567"], [1234567]),
        (["18,4", "1.686"], [18.4, 1686]),
        (["0,5", "0.500"], [0.5, 0.5]),  # each proves its own mark
        (["0,5", "1.500"], [0.5, 1500]),
        (["12", "7"], [12, 7]),
        (["khoảng 20", "~ 18,4"], [20, 18.4]),
        (["18,4 ha", "20ha"], [18.4, 20]),
        (["184.000 m2", "1,5 km²"], [18.4, 150]),
        (["+5", "-3"], [5, -3]),
        (["20", "hai mươi"], [20, "hai mươi"]),
        ([18.4, "20"], [18.4, 20]),
    ],
)
def test_figures_as_people_type_them(values, expected):
    assert (
        read(values)[0] == pytest.approx(expected)
        if not any(isinstance(e, str) for e in expected)
        else read(values)[0] == expected
    )


@pytest.mark.parametrize("blank", ["–", "-", "", "  ", "n/a", "chưa có", "…", "không rõ"])
def test_blanks_in_all_their_forms(blank):
    values, report = read(["20,5", blank])
    assert pd.isna(values[1])
    assert any(n.rows == (2,) for n in report.repairs)


def test_an_open_decimal_mark_is_left_and_named():
    values, report = read(["1.686", "20"])
    assert values == ["1.686", 20]
    assert report.doubts[0].rows == (1,)
    assert 'decimal=","' in report.doubts[0].advice
    assert read(["1.686"], decimal=",")[0] == [1686]
    assert read(["1.686"], decimal=".")[0] == [1.686]


def test_a_loader_refuses_the_open_mark_and_takes_the_answer(tmp_path):
    file = tmp_path / "a.csv"
    file.write_text("name,status,planned_ha\nA,operating,1.686\n")
    with pytest.raises(cg.SchemaError, match=r"'1\.686' is not a number"):
        load_clusters(file)
    assert load_clusters(file, decimal=".")["planned_ha"].tolist() == [1.686]


@pytest.mark.parametrize(("unit", "factor"), [("ha", 1), ("m2", 1e-4), ("km2", 100)])
def test_areas_are_converted_to_hectares(unit, factor):
    values, report = read([184_000, 2.5], unit=unit)
    assert values == pytest.approx([184_000 * factor, 2.5 * factor])
    assert bool(report.repairs) == (factor != 1)


@pytest.mark.parametrize(
    ("values", "unit", "expected"),
    [(["85,5%"], "", [0.855]), (["85,5"], "%", [0.855]), ([85.5], "%", [0.855]), ([0.855], "", [0.855])],
)
def test_shares_are_between_0_and_1(values, unit, expected):
    assert read(values, "fill_rate_declared", unit)[0] == pytest.approx(expected)


@pytest.mark.parametrize("kind", ["int32", "int64", "Int64", "float32", "float64", "object"])
def test_numbers_of_every_kind_are_converted(kind):
    report = LoadReport("a.shp")
    table = pd.DataFrame({"planned_ha": pd.Series([405_000, 200_000], dtype=kind)})
    out = read_quantities(table, CLUSTER_COLUMNS, report, units={"planned_ha": "m2"})["planned_ha"]
    assert out.tolist() == pytest.approx([40.5, 20.0])
    assert report.repairs[0].rows == (1, 2)


def test_hectares_that_are_probably_square_metres_are_a_doubt():
    assert read([184_000])[1].doubts[0].rows == (1,)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("status", "Đang hoạt động", "operating"),
        ("status", "Operating", "operating"),
        ("status", "CHƯA KHỞI CÔNG", "pending"),
        ("status", "đang xây dựng", "under_construction"),
        ("status", "đã đóng cửa", "đã đóng cửa"),
        ("wastewater_started", "Có", True),
        ("wastewater_started", "không", False),
        ("craft_village", "x", True),
        ("established_on", "26/6/2020", "2020-06-26"),
        ("established_on", "2020-06-26", "2020-06-26"),
        ("name", "  Phùng Xá ", "Phùng Xá"),
        ("decision", 1292, "1292"),
        ("decision", 1292.0, "1292"),
    ],
)
def test_words_dates_and_flags(name, text, expected):
    found = read([text], name)[0]
    assert [v.date().isoformat() if name.endswith("_on") else v for v in found] == [expected]


@given(
    st.floats(min_value=0.01, max_value=9_999_999, allow_nan=False),
    st.sampled_from([",", "."]),
    st.integers(1, 2),
)
def test_a_number_written_in_either_style_is_read_back(value, mark, decimals):
    english = f"{value:,.{decimals}f}"
    text = english if mark == "." else english.translate(str.maketrans(",.", ".,"))
    assert decimal_mark([text]) in {mark, None}
    assert read([text], decimal=mark)[0] == pytest.approx([round(value, decimals)], abs=1e-6)


def test_a_shapefile_s_cut_names_are_completed(tmp_path):
    table = gpd.GeoDataFrame(
        {
            "cluster_id": ["1"],
            "name": ["A"],
            "status": ["operating"],
            "leasable_h": [12.5],
            "enterprise": [4],
        },
        geometry=[shapely.box(562_000, 2_326_000, 562_500, 2_326_400)],
        crs=5897,
    )
    table.to_file(tmp_path / "a.shp")
    loaded = load_clusters(tmp_path / "a.shp")
    assert loaded["leasable_ha"].tolist() == [12.5]
    assert loaded["enterprises"].tolist() == [4]
    assert {d.topic for d in load_report(loaded).doubts} == {"columns"}


def test_the_declared_columns_have_the_units_that_are_converted():
    assert column("planned_ha").unit == "ha"
    assert column("fill_rate_declared").unit == "share"
