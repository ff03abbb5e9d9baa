"""Files as other writers make them: kinds that failed in a run over four hundred, made here by the test."""

from __future__ import annotations

import geopandas as gpd
import pytest
import shapely

import clusters_geo as cg

# GDAL warns of the names that it shortens, which is what these tests are about.
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::UserWarning")

SHAPES = [shapely.box(587_000 + 900 * n, 2_326_000, 587_400 + 900 * n, 2_326_400) for n in range(2)]


@pytest.fixture
def register():
    columns = {
        "Tên CCN": ["Phùng Xá", "Bát Tràng"],
        "Tình trạng": ["Đang hoạt động", "Chưa khởi công"],
        "Diện tích (ha)": [16.0, 16.0],
    }
    return gpd.GeoDataFrame(columns, geometry=SHAPES, crs="EPSG:5897")


@pytest.mark.parametrize("driver", ["LIBKML", "KML"])
def test_kml_of_gdal_whose_places_have_no_name_of_their_own(tmp_path, register, driver):
    if driver == "KML":
        register = register.rename(columns={"Tên CCN": "Name"})
    register.to_crs(4326).to_file(tmp_path / "a.kml", driver="LIBKML", engine="pyogrio")
    table = cg.load_clusters(tmp_path / "a.kml", check=False)
    assert table["name"].tolist() == ["Phùng Xá", "Bát Tràng"]
    assert cg.area_ha(table).round(1).tolist() == [16.0, 16.0]


@pytest.mark.parametrize("kind", ["tab", "mif"])
def test_mapinfo_of_gdal_with_half_letters_in_its_headers_loads(tmp_path, register, kind):
    options = {"FORMAT": "MIF"} if kind == "mif" else {}
    register.to_file(tmp_path / f"a.{kind}", driver="MapInfo File", engine="pyogrio", **options)
    header = (tmp_path / f"a.{kind}").read_bytes()
    table = cg.load_clusters(tmp_path / f"a.{kind}", crs="EPSG:5897", check=False)
    values = {str(value) for value in table.drop(columns="geometry").to_numpy().ravel()}
    assert {"Phùng Xá", "Bát Tràng"} <= values or "Phùng Xá" in table["name"].tolist()
    assert cg.area_ha(table).round(1).tolist() == [16.0, 16.0]
    assert (tmp_path / f"a.{kind}").read_bytes() == header


@pytest.mark.parametrize(
    ("driver", "ending"),
    [
        ("ESRI Shapefile", "shp"),
        ("FlatGeobuf", "fgb"),
        ("GeoJSON", "geojson"),
        ("GML", "gml"),
        ("GPKG", "gpkg"),
    ],
)
@pytest.mark.parametrize("lines", [False, True])
def test_every_writer_of_gdal_gives_the_same_hectares(tmp_path, register, driver, ending, lines):
    shaped = register.set_geometry(register.boundary) if lines else register
    shaped.to_file(tmp_path / f"a.{ending}", driver=driver, engine="pyogrio")
    crs = "EPSG:5897" if ending == "geojson" else None
    table = cg.load_clusters(tmp_path / f"a.{ending}", crs=crs, check=False)
    assert sorted(table["name"]) == ["Bát Tràng", "Phùng Xá"]
    assert cg.area_ha(table).round(1).tolist() == [16.0, 16.0]
