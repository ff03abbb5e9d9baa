"""Words that no table lists one by one: headers, statuses and labels of rows as other offices put them."""

from __future__ import annotations

import pytest

import clusters_geo as cg
from clusters_geo.reading.choices import status_of
from clusters_geo.reading.figures import taken_apart
from clusters_geo.reading.headers import meanings

HEADERS = {
    "name": "Danh mục các CCN|Tên cụm CN-TTCN|TENCUMCN|Tên CCN theo quy hoạch",
    "district": "Đơn vị cấp huyện|Thành phố, thị xã, huyện|Huyen_TX|UBND huyện quản lý",
    "commune": "Xã/P/TT|TENXA|Vị trí xây dựng|Địa điểm (thôn, xã, huyện)",
    "status": "Tình trạng triển khai|Thực trạng hoạt động|Giai đoạn đầu tư",
    "planned_ha": "DienTichQH|Diện tích theo phương án phát triển (ha)|Diện tích tự nhiên (ha)",
    "leasable_ha": "DATCN|DT_DATCN|Diện tích đất SXCN (ha)|DT đất CN cho thuê theo QH (ha)",
    "leased_ha": "DaChoThue|da_thue|Lũy kế diện tích đã cho thuê|DT đất CN đã giao, cho thuê (ha)",
    "fill_rate_declared": "TYLELD|Tỷ lệ đất CN đã cho thuê (%)|Mức lấp đầy|Filling rate (%)",
    "enterprises": "Số DN, cơ sở SXKD|SODN|Doanh nghiệp đang hoạt động|Số DN (đơn vị)",
    "workers": "No. of workers|Số lượng LĐ (người)|Việc làm",
    "investor": "CĐT hạ tầng|Chủ đầu tư XDHTKT|Đơn vị quản lý CCN",
    "decision": "Quyết định thành lập (số, ngày, tháng, năm)|QDTL",
    "budget_bn_vnd": "Thuế nộp NSNN|Nộp ngân sách NN (tỷ đ)",
}
# Alike, and about something else.
OTHERS = (
    "Số lao động nữ|Lao động địa phương|Diện tích chưa cho thuê|Đất công nghiệp còn lại"
    "|Diện tích đất công cộng"
    "|Tình trạng ô nhiễm|Tiến độ GPMB|Diện tích mở rộng|Số DN FDI|Doanh nghiệp ngừng hoạt động"
    "|Tên doanh nghiệp"
    "|Chủ đầu tư trạm XLNT|Nhà đầu tư thứ cấp|Tỷ lệ lấp đầy giai đoạn 1|Doanh thu của chủ đầu tư hạ tầng"
    "|Số lao động dự kiến|Đất công nghiệp chưa cho thuê (ha)|Địa chỉ chủ đầu tư|Quyết định giao đất|Sold"
)


@pytest.mark.parametrize("column", HEADERS)
def test_a_header_is_read_by_its_words(column):
    headers = HEADERS[column].split("|")
    assert {h: meanings((h,))[:1] for h in headers} == dict.fromkeys(headers, (column,))


def test_a_header_about_something_else_is_left():
    assert [h for h in OTHERS.split("|") if meanings((h,))] == []


@pytest.mark.parametrize(
    ("words", "status", "sure"),
    [
        ("Đang khai thác", "operating", True),
        ("HĐ ổn định", "operating", True),
        ("Đang trình UBND tỉnh thành lập", "pending", True),
        ("Dự kiến khởi công quý II/2025", "pending", True),
        ("Chưa có CĐT", "pending", True),
        ("Chưa hoạt động, đang xây dựng", "under_construction", True),
        # What was given up is asked about, never a stage in silence.
        ("Ngừng thi công", "", False),
        ("Không còn trong quy hoạch", "", False),
        ("Đã khởi công nhưng tạm dừng", "under_construction", False),
    ],
)
def test_a_status_is_read_by_its_words(words, status, sure):
    assert status_of(words) == (status, sure)


@pytest.mark.parametrize(
    ("text", "kind"),
    [("từ 20 đến 30", "open"), ("trên dưới 20 ha", "open"), ("chừng 20 ha", "figure"), ("20 – 30", "open")],
)
def test_a_figure_that_is_bounded_is_asked(text, kind):
    assert taken_apart(text).kind == kind


@pytest.mark.parametrize(
    ("text", "digits", "unit", "remark"),
    [
        ("12,7 ha.", "12,7", "ha", ""),
        ("12,7 (ha)", "12,7", "ha", ""),
        ("12,7 héc-ta", "12,7", "ha", ""),
        ("12,7 hécta", "12,7", "ha", ""),
        ("127.000 (m2)", "127.000", "m2", ""),
        ("0,5 km².", "0,5", "km2", ""),
        ("100 % (đã lấp đầy)", "100", "%", "đã lấp đầy"),
        ("khoảng 20 ha (đất công nghiệp)", "20", "ha", "đất công nghiệp"),
        ("20 ha dự kiến", "20", "ha", "dự kiến"),
        ("15 ha, dự kiến mở rộng", "15", "ha", "dự kiến mở rộng"),
        ("95% đã lấp đầy", "95", "%", "đã lấp đầy"),
        ("20 ha .", "20", "ha", ""),
    ],
)
def test_a_figure_has_its_unit_and_its_remark(text, digits, unit, remark):
    found = taken_apart(text)
    assert (found.kind, found.digits, found.unit, found.remark) == ("figure", digits, unit, remark)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("12 (nghìn)", "words"),
        ("12 ha (m2)", "words"),
        ("5 ha (chưa cho thuê)", "open"),
        ("12 (sào)", "words"),
        ("5 ha chưa cho thuê", "open"),
        ("20 ha và 5 ha", "words"),
        ("20 ha (GĐ1) + 5 ha (GĐ2)", "words"),
        ("3 ha đất, 5 ha nước", "words"),
        ("20 ha x 3", "words"),
        ("20 ha nghìn", "words"),
        ("20 triệu đồng mỗi năm", "words"),
        ("20 ha " + "a " * 100_000, "words"),
    ],
)
def test_a_remark_that_makes_another_number_is_not_dropped(text, kind):
    assert taken_apart(text).kind == kind


@pytest.mark.parametrize("beside", ["giai đoạn 1", "trong đó 15 ha đã thuê", "theo QĐ 123"])
def test_a_number_that_belongs_to_the_remark_stays_beside(beside):
    found = taken_apart(f"20 ha {beside}")
    assert (found.digits, found.unit, found.beside) == ("20", "ha", beside)


def test_a_cell_counts_in_its_own_unit(tmp_path):
    header = "Tên CCN;Tình trạng;Diện tích quy hoạch (m2);Tỷ lệ lấp đầy (%)"
    cells = ["12,7 ha.;100 % (đã lấp đầy)", "127.000 (m2);90 % (dự kiến)", "80 %;95 %", "0,5 km²;"]
    table = load(tmp_path, header, *(f"{n};Đang hoạt động;{c}" for n, c in zip("ABCD", cells, strict=True)))
    assert table["planned_ha"].fillna(-1).tolist() == [12.7, 12.7, -1, 50]
    assert table["fill_rate_declared"].fillna(-1).tolist() == [1, 0.9, 0.95, -1]
    rows = {n.code: n.rows for n in cg.load_report(table).notes}
    assert (rows["numbers.other-unit"], rows["numbers.remark"], rows["numbers.same-remark"]) == (
        (3,),
        (2,),
        (1,),
    )


RECORDS = [
    "1;Lạc Sơn;{d}Đang hoạt động;30,5",
    "2;Thọ Sơn;{d}Đang hoạt động;20,5",
    "3;Ba Gia;{d}Chưa đầu tư;9",
]


def load(folder, header, *rows):
    file = folder / "so.csv"
    file.write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
    return cg.load_clusters(file)


@pytest.mark.parametrize(
    "label",
    [
        "Cộng Đô Lương",
        "Tổng: 03 cụm",
        "Tổng (3 CCN)",
        "T.Cộng",
        "Tỉnh Nghệ An",
        "Cộng chuyển trang sau",
        "Số trang trước chuyển sang",
        "BQ/cụm",
    ],
)
@pytest.mark.parametrize("place", [0, 1])
def test_a_sum_is_no_cluster_whatever_it_is_called(tmp_path, label, place):
    cells = [label, "", "", "", "60"] if place == 0 else ["", label, "", "", "60"]
    header = "STT;Tên CCN;Huyện;Tình trạng;Diện tích (ha)"
    rows = [r.format(d="Đô Lương;") for r in RECORDS]
    for stop in (2, 3):
        table = load(tmp_path, header, *rows[:stop], ";".join(cells), *rows[stop:])
        assert table["name"].tolist() == ["Lạc Sơn", "Thọ Sơn", "Ba Gia"]


@pytest.mark.parametrize(
    "label",
    [
        "1. Huyện {}",
        "* Huyện {}",
        "(1) Huyện {}",
        "H. {}",
        "Huyện: {}",
        "Đơn vị: Huyện {}",
        "UBND huyện {}",
        "Các CCN thuộc huyện {}",
        "CCN trên địa bàn huyện {}",
        "Danh sách CCN huyện {}",
    ],
)
@pytest.mark.parametrize(("place", "sums"), [(0, ("", "")), (1, ("", "")), (1, ("51", "9"))])
def test_a_section_hands_its_district_down_however_it_is_worded(tmp_path, label, place, sums):
    first, second = (
        f"{label.format(d)};;;{s}" if place == 0 else f";{label.format(d)};;{s}"
        for d, s in zip(("Đô Lương", "Tân Kỳ"), sums, strict=True)
    )
    rows = [r.format(d="") for r in RECORDS]
    table = load(tmp_path, "STT;Tên CCN;Tình trạng;Diện tích (ha)", first, *rows[:2], second, rows[2])
    assert table["district"].tolist() == ["Đô Lương", "Đô Lương", "Tân Kỳ"]
    assert table["name"].tolist() == ["Lạc Sơn", "Thọ Sơn", "Ba Gia"]


def test_a_name_that_begins_as_a_remark_does_is_a_name(tmp_path):
    """ "Nguồn Sơn" and "Tổng Cục" are clusters, also above their corners."""
    square = [(2_066_000, 590_000), (2_066_000, 590_500), (2_066_400, 590_500)]
    rows = [f"{n};{i};{x};{y}" for n in ("Nguồn Sơn", "Tổng Cục") for i, (x, y) in enumerate(square, 1)]
    file = tmp_path / "moc.csv"
    file.write_text("\n".join(("TEN_CUM;SO_DIEM;TOA_DO_X;TOA_DO_Y", *rows)), encoding="utf-8")
    table = cg.load_clusters(file, crs="EPSG:9208", region="Nghệ An")
    assert table["name"].tolist() == ["Nguồn Sơn", "Tổng Cục"]


@pytest.mark.parametrize(
    "header",
    [
        "Diện tích theo QĐ thành lập",
        "Diện tích theo quyết định",
        "Diện tích theo Quyết định thành lập (ha)",
        "Diện tích theo QĐ thành lập, mở rộng (ha)",
    ],
)
def test_the_area_of_the_decision_is_the_planned_area_where_there_is_no_other(tmp_path, header):
    alone = load(tmp_path, f"Tên CCN;Tình trạng;{header}", "A;Đang hoạt động;12,7")
    assert alone[["planned_ha", "established_ha"]].iloc[0].tolist() == [12.7, 12.7]
    note = next(n for n in cg.load_report(alone).notes if n.code == "columns.planned-as-established")
    assert note.kind == "repair"
    assert header in note.text("vi")
    beside = f"Tên CCN;Tình trạng;{header};Diện tích quy hoạch (ha)"
    both = load(tmp_path, beside, "A;Đang hoạt động;12,7;20", "B;Đang hoạt động;8;")
    assert both["planned_ha"].fillna(-1).tolist() == [20, -1]
    assert both["established_ha"].tolist() == [12.7, 8]
    assert "columns.planned-as-established" not in {n.code for n in cg.load_report(both).notes}


def test_a_figure_of_a_decision_that_stays_open_is_named_once(tmp_path):
    with pytest.raises(cg.SchemaError) as refused:
        load(tmp_path, "Tên CCN;Tình trạng;Diện tích theo quyết định", "A;Đang hoạt động;1.686")
    assert refused.value.failures["column"].tolist() == ["established_ha"]
