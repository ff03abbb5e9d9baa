"""Advice is followed to the letter: each thing that a load asks for is said, and the same file loads.

Each row is an input that a person may have, the code of the error or doubt with which it is met, and what its
remedy names: an argument of the loader, or what is to be changed in the file. Both are done.
"""

from __future__ import annotations

import csv
import inspect
import re
from importlib import resources

import geopandas as gpd
import pyproj
import pytest
import shapely
from advice_cases import CASES, HEAD, ON, ROW, sheets, table, units

import clusters_geo as cg
from clusters_geo.errors import ClustersGeoError

# Corners of a square of 20 ha in Nghệ An, in the system of that province (EPSG:9208).
SOUTH = [(2_066_000, 590_000), (2_066_000, 590_500), (2_066_400, 590_500), (2_066_400, 590_000)]
NORTH = [(2_326_000, 587_000), (2_326_000, 587_500), (2_326_400, 587_500), (2_326_400, 587_000)]


def text(content, name="so.csv", encoding="utf-8"):
    def write(folder):
        (folder / name).write_bytes(content.encode(encoding))
        return folder / name

    return write


def corners(points):
    rows = [["Tên CCN", "Điểm", "X", "Y"], *(["A", n, x, y] for n, (x, y) in enumerate(points, start=1))]
    return table(*rows)


def layer(*, crs="EPSG:5897", layers=("a",), at=(587_000, 2_326_000), **columns):
    def write(folder):
        x, y = at
        shape = shapely.box(x, y, x + 500, y + 400)
        known = {"name": ["A"], "status": ["operating"], **{k: [v] for k, v in columns.items()}}
        frame = gpd.GeoDataFrame(known, geometry=[shape], crs=crs)
        for name in layers:
            of_layer = frame if "name" in columns else frame.assign(name=name.upper())
            of_layer.to_file(folder / "lop.gpkg", layer=name)
        return folder / "lop.gpkg"

    return write


# What is met, how it is said, and what is said in return.
REFUSED = [
    (
        "register.no-header",
        table(["Điểm", "Huyện nào"], ["A", "B"]),
        "columns=",
        {"columns": {"Điểm": "name"}},
    ),
    (
        "register.several-sheets",
        sheets({"Huyện A": [HEAD, ROW], "Huyện B": [HEAD, ROW]}),
        "layer=",
        {"layer": "Huyện B"},
    ),
    (
        "register.several-sheets",
        sheets({"Huyện A": [HEAD, ROW], "Huyện B": [HEAD, [*ROW[:1], "B", *ROW[2:]]]}),
        "layers=",
        {"layers": "all"},
    ),
    ("crs.missing", corners(NORTH), 'crs="EPSG:5897"', {"crs": "EPSG:5897"}),
    ("crs.missing", corners(SOUTH), "region=", {"region": "Nghệ An", "crs": "EPSG:9208"}),
    ("crs.wrong", layer(crs="EPSG:4326"), "crs=", {"crs": "EPSG:5897"}),
    ("source.which-layers", layer(layers=("a", "b")), "layer=", {"layer": "b"}),
    ("source.which-layers", layer(layers=("a", "b")), "layers=", {"layers": "all"}),
    (None, table(HEAD, [*ROW[:3], "1.686"]), "decimal=", {"decimal": ","}),
    (None, table(["Mã", *HEAD[1:]], [*ROW]), "columns=", {"columns": {"Mã": "name"}}),
]

DOUBTED = [
    ("crs.outside", layer(crs="EPSG:9208", at=(590_000, 2_066_000)), "region=", {"region": "Nghệ An"}),
    ("crs.zone", layer(crs="EPSG:3405"), "crs=", {"crs": "EPSG:5897"}),
    ("columns.no-status", table(HEAD[:2], ROW[:2]), "status=", {"status": "pending"}),
    (
        "columns.ambiguous",
        table([*HEAD, "Vốn đầu tư"], [*ROW, 90]),
        "columns=",
        {"columns": {"Vốn đầu tư": "paid_capital_bn_vnd"}},
    ),
    (
        "columns.years",
        table([*HEAD, "Đã cho thuê 2023", "Đã cho thuê 2024"], [*ROW, 9, 10]),
        "columns=",
        {"columns": {"Đã cho thuê 2023": "leased_ha"}},
    ),
    (
        "columns.likeness",
        table([*HEAD[:3], "Diện tich quy hoạhc (ha)"], ROW),
        "columns=",
        {"columns": {"Diện tich quy hoạhc (ha)": "planned_ha"}},
    ),
    (
        "columns.several",
        table([*HEAD, "Diện tích cho thuê (ha)"], [*ROW, 9]),
        "columns=",
        {"columns": {"Diện tích cho thuê (ha)": "leasable_ha"}},
    ),
]

# What is to be changed in the file, and the file in which it is.
MENDED = [
    ("numbers.asked", table(HEAD, [*ROW[:3], "20–30"]), table(HEAD, [*ROW[:3], 25])),
    ("numbers.remark", table(HEAD, [*ROW[:3], "20 ha (dự kiến)"]), table(HEAD, ROW)),
    (
        "text.accents",
        table(HEAD, ROW, ["Long Cang", "huyện Can Đước", ON, 12]),
        table(HEAD, ROW, ["Long Cang", "huyện Cần Đước", ON, 12]),
    ),
    ("numbers.other-unit", table(HEAD, [*ROW[:3], "80 %"]), table(HEAD, ROW)),
    (
        "numbers.part-dates",
        table([*HEAD, "Ngày thành lập"], [*ROW, "2019"]),
        table([*HEAD, "Ngày thành lập"], [*ROW, "5/6/2019"]),
    ),
    (
        "numbers.large",
        table([*HEAD[:3], "Diện tích"], [*ROW[:3], 165_000]),
        table([*HEAD[:3], "Diện tích (m2)"], [*ROW[:3], 165_000]),
    ),
    (
        "numbers.large-grouped",
        table(HEAD, [*ROW[:3], "15.750"], ["B", *ROW[1:3], "12,5"]),
        table(HEAD, [*ROW[:3], "15,75"], ["B", *ROW[1:3], "12,5"]),
    ),
    (
        "numbers.large-stated",
        table(HEAD, [*ROW[:3], 165_000]),
        table([*HEAD[:3], "Diện tích (m2)"], [*ROW[:3], 165_000]),
    ),
    (
        "rows.as-of-period",
        table(["BÁO CÁO QUÝ I NĂM 2024"], HEAD, ROW),
        table(["BÁO CÁO QUÝ I NĂM 2024"], ["Số liệu đến ngày 14/3/2024"], HEAD, ROW),
    ),
    (
        "rows.as-of-period",
        table(["BÁO CÁO QUÝ I NĂM 2024"], HEAD, ROW),
        table(["BÁO CÁO QUÝ I NĂM 2024"], [*HEAD, "Thời điểm"], [*ROW, "14/3/2024"]),
    ),
    ("columns.unsure", table(HEAD, [*ROW[:2], "Đang GPMB", 5]), table(HEAD, [*ROW[:2], "Chưa khởi công", 5])),
    (
        "columns.status-unknown",
        table(HEAD, ROW, [*ROW[:1], "B", None, 5]),
        table(HEAD, ROW, [*ROW[:1], "B", ON, 5]),
    ),
    (
        "numbers.shares",
        table([*HEAD, "Tỷ lệ lấp đầy (%)"], [*ROW, 0.85]),
        table([*HEAD, "Tỷ lệ lấp đầy (%)"], [*ROW, 85]),
    ),
    (
        "numbers.share-or-percent",
        table([*HEAD, "Tỷ lệ lấp đầy (%)"], [*ROW, 0.85], ["B", "C", ON, 5, 60]),
        table([*HEAD, "Tỷ lệ lấp đầy (%)"], [*ROW, 85], ["B", "C", ON, 5, 60]),
    ),
    (
        "numbers.full",
        table([*HEAD, "Tỷ lệ lấp đầy (%)"], [*ROW, "Đã lấp đầy"]),
        table([*HEAD, "Tỷ lệ lấp đầy (%)"], [*ROW, "100%"]),
    ),
    (
        "numbers.percent-guess",
        table([*HEAD, "Tỷ lệ lấp đầy"], [*ROW, 85]),
        table([*HEAD, "Tỷ lệ lấp đầy (%)"], [*ROW, 85]),
    ),
    (
        "numbers.month-first",
        table([*HEAD, "Ngày thành lập"], [*ROW, "06/26/2020"], ["B", "C", ON, 5, "01/05/2021"]),
        table([*HEAD, "Ngày thành lập"], [*ROW, "26/6/2020"], ["B", "C", ON, 5, "5/1/2021"]),
    ),
    (
        "text.several-decisions",
        table([*HEAD, "QĐ thành lập"], [*ROW, "12/QĐ-UBND ngày 5/6/2019; 34/QĐ-UBND ngày 7/8/2020"]),
        table([*HEAD, "QĐ thành lập", "Ghi chú"], [*ROW, "12/QĐ-UBND ngày 5/6/2019", "34/QĐ-UBND"]),
    ),
    (
        "numbers.large-money",
        table([*HEAD, "Doanh thu"], [*ROW, 2_500_000]),
        table([*HEAD, "Doanh thu (triệu đồng)"], [*ROW, 2_500_000]),
    ),
    (
        "rows.total-differs",
        table(HEAD, ROW, ["Tổng cộng", None, None, 60]),
        table(HEAD, ROW, ["Tổng cộng", None, None, 51.7]),
    ),
]

# Codes that advise and have no case here yet: shorten the list, never lengthen it.
WITHOUT_CASE = ""
# Of layers of units, followed in a test of their own.
OF_UNITS = {"shapes.overlap", "units.not-districts"}


def codes(loaded):
    return {n.code for n in cg.load_report(loaded).doubts}


@pytest.mark.parametrize(
    ("code", "write", "remedy", "said"), REFUSED, ids=lambda v: v if isinstance(v, str) else ""
)
def test_what_an_error_asks_for_loads_the_file(tmp_path, code, write, remedy, said):
    file = write(tmp_path)
    with pytest.raises(ClustersGeoError) as refused:
        cg.load_clusters(file)
    assert code is None or refused.value.code == code
    for lang in ("vi", "en"):
        told = refused.value.text(lang)
        notes = "".join(n.what_to_do(lang) for n in doubts_of(file, code))
        assert remedy in told + notes
    assert len(cg.load_clusters(file, **said))


def doubts_of(file, code):
    return cg.load_report(cg.load_clusters(file, check=False)).doubts if code is None else []


@pytest.mark.parametrize(
    ("code", "write", "remedy", "said"), DOUBTED, ids=lambda v: v if isinstance(v, str) else ""
)
def test_what_a_doubt_asks_for_settles_it(tmp_path, code, write, remedy, said):
    file = write(tmp_path)
    loaded = cg.load_clusters(file, check=False)
    note = next(n for n in cg.load_report(loaded).doubts if n.code == code)
    assert remedy in note.what_to_do("vi")
    assert remedy in note.what_to_do("en")
    assert code not in codes(cg.load_clusters(file, check=False, **said))


@pytest.mark.parametrize(
    ("code", "doubtful", "mended"), MENDED, ids=lambda v: v if isinstance(v, str) else ""
)
def test_what_a_doubt_asks_to_be_written_settles_it(tmp_path, code, doubtful, mended):
    loaded = cg.load_clusters(doubtful(tmp_path), check=False)
    note = next(n for n in cg.load_report(loaded).doubts if n.code == code)
    assert note.what_to_do("vi")
    assert note.what_to_do("en")
    assert code not in codes(cg.load_clusters(mended(tmp_path), check=False))


def load(write, said, folder):
    """Load what a case writes; files that it names lie in the same folder."""
    folder.mkdir()
    file = write(folder)
    said = {o: v(folder) if callable(v) else folder / v if o == "mapping" else v for o, v in said.items()}
    return cg.load_clusters(file, check=False, **said)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.code)
def test_what_a_case_advises_gives_the_right_values(tmp_path, case):
    doubtful = cg.load_report(load(case.before, case.given, tmp_path / "a"))
    note = next(n for n in doubtful.notes if n.code == case.code)
    for lang in ("vi", "en"):
        assert note.what_to_do(lang)
        assert case.remedy in note.what_to_do(lang)
    loaded = load(case.after or case.before, case.said, tmp_path / "b")
    assert case.code not in codes(loaded)
    assert "crs" not in case.said or loaded.crs == pyproj.CRS(case.said["crs"])
    for column, values in case.right.items():
        found = cg.area_ha(loaded).round(1) if column == "ha" else loaded[column]
        assert found.tolist() == values


def test_advice_on_layers_of_units_is_followed_by_their_loaders(tmp_path):
    overlapping = units(["Xã Tả Thanh Oai", "Xã Hữu Hòa"], 400)(tmp_path)
    layer = cg.load_districts(overlapping, check=False)
    notes = {n.code: n for n in cg.load_report(layer).notes}
    assert "load_communes" in notes["units.not-districts"].what_to_do("vi")
    assert "load_communes" in notes["units.not-districts"].what_to_do("en")
    assert notes["shapes.overlap"].rows == (1, 2)
    communes = cg.load_communes(units(["Xã Tả Thanh Oai", "Xã Hữu Hòa"], 500)(tmp_path))
    assert communes["name"].tolist() == ["Tả Thanh Oai", "Hữu Hòa"]
    assert not {"units.not-districts", "shapes.overlap"} & codes(communes)


def test_no_system_of_hanoi_is_advised_to_another_province(tmp_path):
    """Whoever is not told which province it is of must not move a boundary by tens of kilometres."""
    square = [(2_337_000, 552_000), (2_337_000, 552_500), (2_337_400, 552_500), (2_337_400, 552_000)]
    file = corners(square)(tmp_path)
    with pytest.raises(cg.CRSError) as refused:
        cg.load_clusters(file)
    assert "region=" in refused.value.text("vi")
    assert "region=" in refused.value.text("en")
    with pytest.raises(cg.CRSError, match="EPSG:9209"):
        cg.load_clusters(file, region="Bắc Ninh")
    loaded = cg.load_clusters(file, region="Bắc Ninh", crs="EPSG:9209")
    assert cg.area_ha(loaded).round(1).tolist() == [20.0]


def test_every_advice_that_names_an_argument_names_one_that_there_is():
    known = set(inspect.signature(cg.load_clusters).parameters)
    words = resources.files("clusters_geo.words").joinpath("notes.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(words.splitlines()):
        for lang in ("vi", "en"):
            named = set(re.findall(r"\b([a-z_]+)=(?![=\w])", row[lang]))
            assert named <= known, (row["key"], named - known)


def test_a_code_that_advises_has_its_case():
    """Advice that nobody has followed may lead nowhere: what has no case yet is listed, and nothing else."""
    words = resources.files("clusters_geo.words").joinpath("notes.csv").read_text(encoding="utf-8")
    keys = {row["key"] for row in csv.DictReader(words.splitlines())}
    advising = {key.removesuffix(".advice") for key in keys if key.endswith(".advice")}
    followed = {case[0] for case in (*DOUBTED, *MENDED)} | {case.code for case in CASES} | OF_UNITS
    assert followed <= advising
    assert advising - followed == set(WITHOUT_CASE.split())
