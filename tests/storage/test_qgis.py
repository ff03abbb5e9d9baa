"""Clusters opened by QGIS's own library: from a GeoPackage and from PostGIS, styled, in words, with forms."""

import csv
import os
import sqlite3
from pathlib import Path
from xml.etree import ElementTree as ET

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
from PIL import Image
from shapely.geometry import Point, box
from tests_of_storage import PASSWORD, qgis, sample

import clusters_geo as cg
from clusters_geo.data import data_file
from clusters_geo.schema import CLUSTER_COLUMNS
from clusters_geo.storage.register import init_register, save_units
from clusters_geo.storage.styles import STYLES, style_of, styles_for

LOOK = Path(__file__).with_name("qgis_look.py")


def clusters_of(shapes):
    return gpd.GeoDataFrame(
        {
            "name": ["A", "B", "C", "D"],
            "district": ["Thạch Thất", "Gia Lâm", "Nơi khác", None],
            "status": ["operating", "under_construction", "pending", None],
            "planned_ha": [1.0, 2.0, 3.0, None],
            "planned_ha_basis": ["published", "modelled", None, None],
            "leasable_ha": [1.0, 2.0, 0.0, None],
            "leased_ha": [0.5, 2.5, 1.0, None],
            "fill_rate_declared": [0.1, None, 0.3, None],
            "approved_capital_bn_vnd": [120.5, None, None, None],
            "craft_village": pd.array([True, False, None, None], dtype="boolean"),
            "riêng": list("abcd"),
        },
        index=["a", "b", "c", "d"],
        geometry=shapes,
        crs=5897,
    ).rename_axis("cluster_id")


CORNERS = [(560_000 + 300 * n, 2_330_000 + 200 * n) for n in range(4)]
POLYGONS = [box(x, y, x + 200, y + 200) for x, y in CORNERS]
POINTS = [Point(x, y) for x, y in CORNERS]


def is_drawn(file):
    """Return whether a picture shows more than its ground."""
    with Image.open(file) as picture:
        return len(picture.convert("L").getcolors(1 << 16)) > 2


@pytest.mark.qgis
@pytest.mark.parametrize(("kind", "shapes"), [("polygons", POLYGONS), ("points", POINTS)])
def test_qgis_opens_a_geopackage_in_three_styles_in_vietnamese(tmp_path, kind, shapes):
    cg.save(clusters_of(shapes), tmp_path / "cụm.gpkg")
    pictures = Path(os.environ.get("QGIS_PICTURES", tmp_path)) / kind
    pictures.mkdir(parents=True, exist_ok=True)
    found = qgis(LOOK, "ogr", tmp_path / "cụm.gpkg", pictures)
    by_status = {"Đang hoạt động": 1, "Đang xây dựng hạ tầng": 1, "Chưa khởi công": 1, "Chưa rõ": 1}
    assert found["default"] == found["styles"]["Tình trạng"] == by_status
    # 0.5 of areas wins over 0.1 as stated; no industrial land leaves the stated rate; 1.25 is full and more.
    rates = {name: count for name, count in found["styles"]["Tỷ lệ lấp đầy"].items() if count}
    assert rates == {"Dưới 50 %": 1, "50 đến dưới 80 %": 1, "100 % trở lên": 1, "Chưa rõ": 1}
    bases = found["styles"]["Cơ sở của diện tích quy hoạch"]
    assert {name: count for name, count in bases.items() if count} == {
        "công bố": 1,
        "mô hình hóa": 1,
        "Chưa rõ": 2,
    }
    assert len(list(pictures.glob("[0-9].png"))) == 3
    assert all(is_drawn(file) for file in pictures.glob("*.png"))
    assert found["labels"]
    assert found["display"] == '"name"'


@pytest.mark.qgis
def test_forms_keep_units_choices_and_limits(tmp_path):
    cg.save(clusters_of(POLYGONS), tmp_path / "a.gpkg")
    found = qgis(LOOK, "ogr", tmp_path / "a.gpkg", tmp_path)
    fields, tabs = found["fields"], found["tabs"]
    assert fields["planned_ha"]["alias"] == "Diện tích theo quy hoạch (ha)"
    assert fields["approved_capital_bn_vnd"]["alias"] == "Tổng mức đầu tư được duyệt (tỷ đồng)"
    assert fields["fill_rate_declared"]["alias"] == "Tỷ lệ lấp đầy (khai báo) (0–1)"
    assert fields["planned_ha_basis"]["alias"] == "Diện tích theo quy hoạch (ha): cơ sở"
    assert fields["riêng"]["alias"] == ""
    assert fields["planned_ha"]["expression"] == '"planned_ha" IS NULL OR "planned_ha" >= 0'
    assert fields["fill_rate_declared"]["said"] == "Từ 0 đến 1 (0–1)."
    assert fields["name"]["not_null"]
    for name in ("status", "planned_ha_basis", "craft_village"):
        assert fields[name]["widget"] == "ValueMap", name
    assert {"Đang hoạt động": "operating"} in fields["status"]["map"]
    assert {"mô hình hóa": "modelled"} in fields["planned_ha_basis"]["map"]
    assert {"Có": "true"} in fields["craft_village"]["map"]
    assert tabs["Đất và tỷ lệ"][:2] == ["planned_ha", "planned_ha_basis"]
    assert tabs["Cột riêng của đơn vị"] == ["fid", "riêng"] or tabs["Cột riêng của đơn vị"] == ["riêng"]
    on_tabs = [name for names in tabs.values() for name in names]
    assert sorted(on_tabs) == sorted(set(on_tabs))
    assert {*fields} - {*on_tabs} <= {"fid"}


@pytest.mark.qgis
def test_units_saved_beside_them_are_offered_by_name(tmp_path):
    districts = cg.load_units("hanoi-districts")
    cg.save(clusters_of(POLYGONS), tmp_path / "a.gpkg", units=districts)
    source = f"{tmp_path / 'a.gpkg'}|layername="
    found = qgis(LOOK, "ogr", f"{source}a", tmp_path, f"{source}administrative_units")
    assert found["fields"]["district"]["widget"] == "ValueRelation"
    assert len(found["offered"]["district"]) == 30
    assert "Thạch Thất" in found["offered"]["district"]
    with sqlite3.connect(tmp_path / "a.gpkg") as db:
        (qml,) = db.execute("SELECT styleQML FROM layer_styles WHERE useAsDefault").fetchone()
    assert 'layerName="administrative_units"' in qml
    assert '<fieldRef referencingField="district" referencedField="name"' in qml
    assert cg.load_clusters(tmp_path / "a.gpkg").index.tolist() == list("abcd")
    assert len(cg.load_units(tmp_path / "a.gpkg", layer="administrative_units")) == 30


@pytest.mark.qgis
def test_qgis_opens_the_register_in_postgis_the_same_way(server, tmp_path):
    url = server.database()
    init_register(url)
    cg.save(sample(), url, units=cg.load_units("hanoi-districts"))
    name = url.rpartition("/")[2]
    base = f"host=127.0.0.1 port={server.port} dbname={name} user=planner password='{PASSWORD}' "
    found = qgis(
        LOOK,
        "postgres",
        f'{base} key=cluster_id srid=5897 type=MultiPolygon table="clusters_geo"."cluster" (geometry)',
        tmp_path,
        f'{base} srid=5897 type=MultiPolygon key=code table="clusters_geo"."unit" (geometry)',
    )
    assert sum(found["default"].values()) >= 1
    assert set(found["styles"]) >= {"Tình trạng", "Tỷ lệ lấp đầy", "Cơ sở của diện tích quy hoạch"}
    fields = found["fields"]
    assert fields["planned_ha"]["alias"] == "Diện tích theo quy hoạch (ha)"
    assert fields["status"]["widget"] == "ValueMap"
    assert not fields["fill_rate"]["editable"]
    assert not fields["revision"]["editable"]
    assert fields["planned_ha"]["editable"]
    assert len(found["offered"]["district"]) == 30


def test_the_styles_of_a_register_are_written_once_and_what_the_office_changed_stays(server):
    url = server.database()
    assert "qgis.sql" in init_register(url)
    assert init_register(url) == []
    rows = "SELECT stylename, type, useasdefault FROM public.layer_styles ORDER BY type, useasdefault DESC, 1"
    first = server.sql(rows, url)
    assert len(first) == 9
    assert [row[:2] for row in first if row[2]] == [
        ("Tình trạng", "Point"),
        ("Ranh giới đơn vị", "Polygon"),
        ("Tình trạng", "Polygon"),
        ("Bảng (không có hình)", None),
        ("Bảng (không có hình)", None),
    ]
    server.sql(
        "UPDATE public.layer_styles SET styleqml = '<qgis/>'::xml WHERE stylename = 'Tình trạng'"
        " AND type = 'Polygon'",
        url,
    )
    server.sql("DELETE FROM public.layer_styles WHERE stylename = 'Tỷ lệ lấp đầy'", url)
    assert init_register(url) == ["qgis.sql"]
    mine = server.sql("SELECT styleqml::text FROM public.layer_styles WHERE type = 'Polygon'", url)
    assert ("<qgis/>",) in mine
    assert len(mine) == 4


def test_a_schema_public_where_nothing_may_be_made_is_said_before_anything_is(server):
    url = server.database()
    server.sql("CREATE EXTENSION postgis", url)
    server.sql(f"CREATE ROLE chu LOGIN PASSWORD '{PASSWORD}'")
    server.sql("REVOKE CREATE ON SCHEMA public FROM PUBLIC", url)
    server.sql(f"GRANT CREATE ON DATABASE {url.rpartition('/')[2]} TO chu")
    owner = url.replace("planner", "chu")
    with pytest.raises(cg.SourceError, match="no-styles"):
        init_register(owner)
    assert server.sql("SELECT to_regnamespace('clusters_geo') IS NULL", url) == [(True,)]
    assert "0001_register.sql" in init_register(owner, styles=False)


def test_units_are_saved_once_with_their_days(server):
    url = server.database()
    init_register(url)
    communes = cg.load_units("hanoi-communes")
    for _ in range(2):
        assert save_units(communes, url) == 126
    found = server.sql(
        "SELECT count(*), min(valid_from)::text, max(valid_to)::text, bool_and(ST_IsValid(geometry)),"
        " min(level) FROM clusters_geo.unit",
        url,
    )
    assert found == [(126, "2025-07-01", "infinity", True, "commune")]


def test_only_a_geopackage_and_a_register_have_room_for_units(tmp_path):
    with pytest.raises(cg.SourceError, match="one layer only"):
        cg.save(clusters_of(POLYGONS), tmp_path / "a.fgb", units=cg.load_units("hanoi-districts"))
    assert not (tmp_path / "a.fgb").exists()


def test_the_style_is_no_layer_of_clusters_when_read_again(tmp_path):
    cg.save(clusters_of(POLYGONS), tmp_path / "a.gpkg")
    assert "layer_styles" in [name for name, _ in pyogrio.list_layers(tmp_path / "a.gpkg")]
    assert cg.load_clusters(tmp_path / "a.gpkg").index.tolist() == list("abcd")


def test_a_layer_of_districts_gets_no_style_of_clusters(tmp_path):
    cg.save(cg.load_hanoi()[1], tmp_path / "d.gpkg")
    assert [name for name, _ in pyogrio.list_layers(tmp_path / "d.gpkg")] == ["d"]


def test_each_column_of_the_schema_is_on_one_tab():
    with data_file("qgis_form.csv").open(encoding="utf-8", newline="") as file:
        placed = [row["column"] for row in csv.DictReader(file)]
    assert sorted(placed) == sorted(c.name for c in CLUSTER_COLUMNS if c.kind != "geometry")


def test_a_style_is_offered_only_where_its_columns_are(tmp_path):
    assert styles_for(["cluster_id", "name"]) == []
    assert styles_for([c.name for c in CLUSTER_COLUMNS] + ["planned_ha_basis"]) == [*STYLES]
    cg.save(clusters_of(POLYGONS)[["name", "geometry"]], tmp_path / "a.gpkg")
    with sqlite3.connect(tmp_path / "a.gpkg") as db:
        (qml,) = db.execute("SELECT styleQML FROM layer_styles").fetchone()
    assert "Tên cụm công nghiệp" in qml
    assert "renderer-v2" not in qml


@pytest.mark.parametrize("name", ['a"b', "a'b", "<x>&amp;", "đơn vị / phường"])
def test_columns_of_any_name_make_a_sound_style(name):
    parsed = ET.fromstring(style_of(["cluster_id", "status", name]))  # noqa: S314 - our own
    assert [one.get("field") for one in parsed.iter("alias")] == ["cluster_id", "status", name]


@pytest.mark.qgis
@pytest.mark.parametrize("kind", ["Point", "Polygon"])
def test_outlines_and_points_in_one_layer_are_both_drawn(tmp_path, kind):
    cg.save(clusters_of([*POLYGONS[:2], *POINTS[2:]]), tmp_path / "a.gpkg")
    found = qgis(LOOK, "ogr", f"{tmp_path / 'a.gpkg'}|layername=a|geometrytype={kind}", tmp_path)
    assert found["default"] == {}
    assert found["fields"]["planned_ha"]["alias"] == "Diện tích theo quy hoạch (ha)"
    assert {"Tên cột và biểu nhập", "Tình trạng (vùng)", "Tình trạng (điểm)"} <= {*found["styles"]}
    assert is_drawn(tmp_path / "default.png")


def test_english_where_it_is_asked_for():
    text = style_of(["cluster_id", "status", "planned_ha"], lang="en")
    assert "Planned area (ha)" in text
    assert "Land and rates" in text
