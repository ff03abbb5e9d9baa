"""Ids made from names: told apart by district, then by commune, then by the whole name."""

from __future__ import annotations

import geopandas as gpd
import pytest
from shapely import Point, box

from clusters_geo import SchemaError, area_ha, load_clusters, load_report
from clusters_geo.errors import DoubtWarning

HEAD = "Tên cụm công nghiệp,Quận huyện,Xã phường,Tình trạng\n"


def ids(folder, *rows):
    file = folder / "so.csv"
    file.write_text(HEAD + "\n".join(f"{row},đang hoạt động" for row in rows), encoding="utf-8")
    return load_clusters(file).index.tolist()


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (["Đồng Thọ,Yên Phong,Đông Tiến", "Lâm Bình,Lương Tài,Bình Định"], ["dong-tho", "lam-binh"]),
        # The district is enough.
        (
            ["Phùng Xá,Thạch Thất,Phùng Xá", "Phùng Xá,Mỹ Đức,Phùng Xá"],
            ["thach-that-phung-xa", "my-duc-phung-xa"],
        ),
        # Today's communes, no district: one of the two may lack its commune.
        (
            ["Khắc Niệm,,Phường Hạp Lĩnh", "Khắc Niệm,,Phường Võ Cường", "Đồng Thọ,,Xã Yên Phong"],
            ["hap-linh-khac-niem", "vo-cuong-khac-niem", "dong-tho"],
        ),
        (["Khắc Niệm,,Phường Hạp Lĩnh", "Khắc Niệm,,"], ["hap-linh-khac-niem", "khac-niem"]),
        # Two of one district.
        (
            ["Tân Tiến,Lục Nam,Bảo Đài", "Tân Tiến,Lục Nam,Chu Điện", "Tân Tiến,Lạng Giang,Tân Hưng"],
            ["bao-dai-luc-nam-tan-tien", "chu-dien-luc-nam-tan-tien", "lang-giang-tan-tien"],
        ),
    ],
)
def test_a_name_is_told_apart_by_where_it_lies(tmp_path, rows, expected):
    assert ids(tmp_path, *rows) == expected


def test_two_of_one_name_in_one_commune_are_refused_by_their_name(tmp_path):
    with pytest.raises(SchemaError, match="'Khắc Niệm' is the name of another row too") as caught:
        ids(tmp_path, "Khắc Niệm,,Phường Hạp Lĩnh", "Khắc Niệm,,Phường Hạp Lĩnh")
    assert caught.value.failures["column"].tolist() == ["name", "name"]


def test_ids_in_a_column_of_their_own_tell_two_of_one_name_apart(tmp_path):
    path = tmp_path / "two.csv"
    path.write_text("Mã cụm,Tên CCN,Phường\nA1,Khắc Niệm,Hạp Lĩnh\nA2,Khắc Niệm,Hạp Lĩnh\n", encoding="utf-8")
    with pytest.warns(DoubtWarning):
        assert load_clusters(path).index.tolist() == ["A1", "A2"]


# --- outlines of several layers

PLAIN = "Tên cụm công nghiệp,Tình trạng\n"
LAYERS = {
    "Gia Lâm": {"CCN Phú Thị": box(105.9, 21, 105.91, 21.01), "Bát Tràng": box(105.92, 21, 105.93, 21.01)},
    "Thường Tín": {"Duyên Thái": box(105.87, 20.87, 105.88, 20.88)},
    # Also in the layer above: once more the same outline, and the label of another.
    "Tất cả": {"Duyên Thái": box(105.87, 20.87, 105.88, 20.88), "Phú Thị": Point(105.905, 21.005)},
    "Xã": {"Xã Phú Thị": box(105.8, 21, 105.95, 21.1), "Xã Vạn Phúc": box(105.8, 20.8, 105.9, 20.9)},
    "Nhãn": {"Vạn Phúc": Point(105.9, 20.9)},
}


@pytest.fixture
def register(tmp_path):
    file = tmp_path / "so.csv"
    names = ("Phú Thị", "Bát Tràng", "Duyên Thái", "Vạn Phúc")
    file.write_text(PLAIN + "\n".join(f"{n},đang hoạt động" for n in names), encoding="utf-8")
    return file


@pytest.mark.parametrize("ending", ["gpkg", "kml"])
def test_boundaries_of_several_layers_are_joined_from_all(register, tmp_path, ending):
    file = tmp_path / f"ranh.{ending}"
    for at, (layer, places) in enumerate(LAYERS.items()):
        own = "Name" if ending == "kml" or at % 2 else "Tên CCN"
        table = gpd.GeoDataFrame({own: list(places)}, geometry=list(places.values()), crs=4326)
        table = table.to_crs(5897) if ending == "gpkg" and at == 1 else table
        table.to_file(
            file, layer=layer, driver="GPKG" if ending == "gpkg" else "LIBKML", mode="a" if at else "w"
        )
    clusters = load_clusters(register, boundaries=file)
    assert clusters.geometry.notna().tolist() == [True, True, True, False]
    assert area_ha(clusters).iloc[:3].round().tolist() == [115, 115, 115]
    notes = {n.code: n for n in load_report(clusters).notes}
    assert notes["file.boundary-layers"].values["layers"] == ["Gia Lâm", "Thường Tín", "Tất cả"]
    assert "3" in notes["file.boundary-layers"].text("vi")
    assert notes["file.boundary-layers-left"].values["layers"] == ["Xã"]
    assert notes["shapes.no-boundary"].rows == (4,)


def test_one_layer_of_boundaries_is_read_where_it_is_said(register, tmp_path):
    for at, (layer, places) in enumerate(LAYERS.items()):
        table = gpd.GeoDataFrame({"name": list(places)}, geometry=list(places.values()), crs=4326)
        table.to_file(tmp_path / "ranh.gpkg", layer=layer, mode="a" if at else "w")
    clusters = load_clusters(register, boundaries=tmp_path / "ranh.gpkg", boundaries_layer="Thường Tín")
    assert clusters.geometry.notna().tolist() == [False, False, True, False]
    assert "file.boundary-layers" not in {n.code for n in load_report(clusters).notes}


def test_a_layer_of_points_beside_the_outlines_is_not_asked_about(register, tmp_path):
    for at, layer in enumerate(("Thường Tín", "Nhãn")):
        places = LAYERS[layer]
        table = gpd.GeoDataFrame({"name": list(places)}, geometry=list(places.values()), crs=4326)
        table.to_file(tmp_path / "ranh.gpkg", layer=layer, mode="a" if at else "w")
    clusters = load_clusters(register, boundaries=tmp_path / "ranh.gpkg")
    assert clusters.geometry.notna().tolist() == [False, False, True, False]
