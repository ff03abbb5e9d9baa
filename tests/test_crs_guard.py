"""The guard: each way in which a coordinate system goes wrong, made for real, and what it costs in metres."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from pyproj.database import query_crs_info

import clusters_geo as cg
from clusters_geo.crs import EXTENTS, ZONES, province_extents, vn2000
from clusters_geo.data import read_rows
from clusters_geo.load import load_clusters, load_report
from clusters_geo.names import strip_accents
from clusters_geo.reading.crs_guard import judge_crs, outside_vietnam, place

LOST_DATUM = "+proj=tmerc +lat_0=0 +lon_0=105 +k=0.9999 +x_0=500000 +y_0=0 +ellps=WGS84 +units=m"
THREE_PARAMETERS = LOST_DATUM + " +towgs84=-192.873,-39.382,-111.202,0,0,0,0"


def register(crs="EPSG:5897"):
    # Thạch Thất, where domain figures of the errors were measured.
    corners = [(562_000, 2_326_000), (563_000, 2_327_000), (564_000, 2_325_000)]
    shapes = gpd.GeoSeries([shapely.box(x, y, x + 500, y + 400) for x, y in corners], crs="EPSG:5897")
    return gpd.GeoDataFrame(
        {"cluster_id": ["1", "2", "3"], "name": ["A", "B", "C"], "status": "operating"}, geometry=shapes
    ).to_crs(crs)


@pytest.fixture
def labelled(tmp_path):
    """Return a function that writes a Shapefile and puts any label beside it, or none."""

    def _labelled(table, crs):
        file = tmp_path / "a.shp"
        table.to_file(file)
        file.with_suffix(".prj").unlink()
        if crs:
            file.with_suffix(".prj").write_text(pyproj.CRS(crs).to_wkt("WKT1_GDAL"))
        return file

    return _labelled


@pytest.fixture
def saved(tmp_path):
    def _saved(table, name="a.gpkg"):
        table.to_file(tmp_path / name)
        return tmp_path / name

    return _saved


def doubts(table):
    return " | ".join(n.message for n in load_report(table).doubts if n.topic == "crs")


def codes(verdict):
    return [code for code, _ in verdict.notes]


def metres_said(table, code):
    (note,) = [n for n in load_report(table).notes if n.code == code]
    metres = asdict(note)["values"]["shift"]["metres"]
    assert f"{metres:,.0f} m" in note.message or f"{metres:,.2f} m" in note.message
    assert f"{metres:,.0f} m".replace(",", ".") in note.text("vi") or note.code == "crs.datum"
    return metres


def repairs(table):
    return " | ".join(n.message for n in load_report(table).repairs if n.topic == "crs")


@pytest.mark.parametrize("crs", ["EPSG:5897", "EPSG:4326", "EPSG:4756", "EPSG:3857"])
def test_a_system_that_is_right_raises_no_doubt(saved, crs):
    table = load_clusters(saved(register(crs)))
    assert doubts(table) == ""
    assert repairs(table) == ""
    assert table.crs == crs


def test_without_a_system_the_candidates_are_named(labelled):
    file = labelled(register(), None)
    with pytest.raises(cg.CRSError) as caught:
        load_clusters(file)
    assert 'crs="EPSG:5897" (VN-2000 / TM-3 zone 482)' in str(caught.value)
    assert "--crs" in str(caught.value)
    assert load_clusters(file, crs="EPSG:5897").crs == "EPSG:5897"


def test_without_a_system_degrees_are_recognised(labelled):
    file = labelled(register("EPSG:4326"), None)
    with pytest.raises(cg.CRSError, match='crs="EPSG:4326"'):
        load_clusters(file)


def test_a_lost_datum_is_refused_with_the_224_metres_it_costs(labelled):
    file = labelled(register(), LOST_DATUM)
    with pytest.raises(cg.CRSError, match=r"EPSG:5897.* but the datum is .*, 22[34]\.\d+ m away") as caught:
        load_clusters(file)
    assert 'crs="EPSG:5897"' in str(caught.value)


def test_a_lost_datum_is_mended_by_saying_so(labelled):
    table = load_clusters(labelled(register(), LOST_DATUM), crs=5897)
    assert table.geometry.geom_equals(register().set_index(table.index).geometry).all()
    assert "shift: 224 m" in repairs(table)
    assert 223 < metres_said(table, "crs.said") < 225


def test_a_lost_datum_that_the_caller_insists_on_is_a_doubt(labelled):
    table = load_clusters(labelled(register(), LOST_DATUM), crs=LOST_DATUM)
    assert 223 < metres_said(table, "crs.datum") < 225


@pytest.mark.parametrize("name", ["a.tab", "a.mif"])
def test_mapinfo_loses_the_datum_and_is_caught(tmp_path, name):
    import pyogrio

    options = {"FORMAT": "MIF"} if name.endswith("mif") else {}
    pyogrio.write_dataframe(register(), tmp_path / name, driver="MapInfo File", **options)
    with pytest.raises(cg.CRSError, match="datum was lost"):
        load_clusters(tmp_path / name)


def test_three_parameters_for_seven_are_a_doubt_of_decimetres(labelled):
    table = load_clusters(labelled(register(), THREE_PARAMETERS))
    assert 0.1 < metres_said(table, "crs.datum") < 1


@pytest.mark.parametrize(("utm", "least", "most"), [("EPSG:3405", 690, 705), ("EPSG:32648", 815, 835)])
def test_utm_says_how_far_tm3_would_be(saved, utm, least, most):
    table = load_clusters(saved(register().set_crs(utm, allow_override=True)))
    assert least <= metres_said(table, "crs.zone") <= most


def test_the_next_province_s_meridian_is_a_doubt_of_78_km(saved):
    file = saved(register().set_crs("EPSG:9210", allow_override=True))
    table = load_clusters(file)
    assert "outside Hà Nội; in EPSG:5897" in doubts(table)
    assert 77_900 < metres_said(table, "crs.meridian") < 78_100
    assert "m away" in doubts(table)


def test_a_region_that_is_named_is_binding(saved):
    far = register().assign(geometry=lambda t: t.translate(xoff=400_000))
    file = saved(far.set_crs(5897, allow_override=True))
    with pytest.raises(cg.CRSError, match="outside"):
        load_clusters(file, region="Hà Nội")
    with pytest.raises(cg.CRSError, match=r"no province 'Ha Noii'.*Hà Nội"):
        load_clusters(file, region="Ha Noii")


def test_another_province_is_read_by_its_own_zone(saved):
    x, y = pyproj.Transformer.from_crs(4326, 9209, always_xy=True).transform(106.06, 21.18)
    table = (
        register()
        .assign(geometry=[shapely.box(x, y, x + 500, y + 400)] * 3)
        .set_crs(9209, allow_override=True)
    )
    file = saved(table.assign(geometry=table.geometry))
    assert doubts(load_clusters(file, region="Bắc Ninh")) == ""


@pytest.mark.parametrize("crs", ["EPSG:5897", "EPSG:4326"])
def test_swapped_axes_are_exchanged_and_reported(saved, crs):
    right = register(crs)
    swapped = right.set_geometry(
        gpd.GeoSeries(shapely.transform(right.geometry.array, lambda xy: xy[:, ::-1]), crs=crs)
    )
    table = load_clusters(saved(swapped))
    assert table.geometry.geom_equals_exact(right.set_index(table.index).geometry, 1e-9).all()
    assert "x and y were exchanged" in repairs(table)
    if crs == "EPSG:5897":
        assert 2_400_000 < metres_said(table, "crs.swapped") < 2_600_000
    else:
        assert "too far to be measured" in repairs(table)  # there is no latitude of 105°


def test_metres_read_as_degrees_are_refused(saved):
    file = saved(register().set_crs("EPSG:4326", allow_override=True))
    with pytest.raises(cg.CRSError, match=r"metres and not degrees.*crs=\"EPSG:5897\""):
        load_clusters(file)


def test_geojson_written_in_metres_without_saying_so_is_refused(tmp_path):
    text = register().to_json(drop_id=True)
    (tmp_path / "a.geojson").write_text(text.replace('"crs"', '"was"'))
    with pytest.raises(cg.CRSError, match="metres and not degrees"):
        load_clusters(tmp_path / "a.geojson")
    assert load_clusters(tmp_path / "a.geojson", crs=5897).crs == "EPSG:5897"


def test_degrees_read_as_metres_are_refused(saved):
    file = saved(register("EPSG:4326").set_crs("EPSG:5897", allow_override=True))
    with pytest.raises(cg.CRSError, match=r"outside Việt Nam.*EPSG:4326"):
        load_clusters(file)


def test_a_ballpark_transformation_is_a_doubt():
    # The old Hà Nội 1972 datum has a code, but no transformation that is exact here.
    crs = pyproj.CRS("EPSG:4147")
    verdict = judge_crs(np.array([105.8]), np.array([21.0]), declared=crs, said=None, where="a.shp")
    group = pyproj.transformer.TransformerGroup(crs, 4326, always_xy=True)
    if "ballpark" in group.transformers[0].description.lower():
        assert codes(verdict) == ["crs.ballpark"]
    else:
        assert codes(verdict) == []


def test_a_datum_that_nobody_can_relate_is_a_doubt():
    crs = pyproj.CRS(
        'GEOGCS["own",DATUM["own",SPHEROID["Krassowsky 1940",6378245,298.3]],'
        'PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]]'
    )
    verdict = judge_crs(np.array([105.8]), np.array([21.0]), declared=crs, said=None, where="a.shp")
    assert codes(verdict) == ["crs.ballpark"]


def test_a_local_grid_is_refused():
    crs = pyproj.CRS('LOCAL_CS["site",UNIT["metre",1]]')
    with pytest.raises(cg.CRSError, match="nowhere on Earth"):
        judge_crs(np.array([0.0]), np.array([0.0]), declared=crs, said=None, where="a.dxf")


def test_a_single_shape_that_lies_elsewhere_is_a_doubt_with_its_row(saved):
    table = register()
    table.loc[1, "geometry"] = shapely.box(0, 0, 100, 100)
    found = [n for n in load_report(load_clusters(saved(table))).doubts if n.message == "outside Việt Nam"]
    assert [n.rows for n in found] == [(2,)]


def test_geojson_in_vn2000_that_says_so_is_read_in_vn2000(tmp_path):
    (tmp_path / "a.geojson").write_text(register().to_json(drop_id=True))
    assert load_clusters(tmp_path / "a.geojson").crs == "EPSG:5897"


def test_an_unknown_system_in_crs_is_refused(saved):
    with pytest.raises(cg.CRSError, match="no coordinate system 'EPSG:1'"):
        load_clusters(saved(register()), crs="EPSG:1")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Hà Nội", 5897),
        ("ha noi", 5897),
        ("Thành phố Hà Nội", 5897),
        ("TỈNH BẮC NINH", 9209),
        ("TP. Hồ Chí Minh", 9210),
        ("Thanh Hoá", 5897),
        ("Quảng Ngãi", 5898),
        ("Đà Nẵng", 5899),
        ("Ðắk Lắk", 9218),
    ],
)
def test_each_province_has_its_zone(name, code):
    assert vn2000(name) == pyproj.CRS(code)


def test_the_provinces_are_those_of_the_registry():
    published = {}
    for info in query_crs_info(auth_name="EPSG"):
        if "VN-2000 / TM-3" in info.name and int(info.code) in ZONES and info.area_of_use:
            published.setdefault(int(info.code), "")
            published[int(info.code)] += " " + strip_accents(info.area_of_use.name)
    for code, zone in ZONES.items():
        for province in zone.provinces:
            assert strip_accents(province).replace("-", " ") in published[code].replace("-", " "), province
    # 63, Hà Tây that was merged into Hà Nội in 2008, and Huế that was Thừa Thiên-Huế.
    assert sum(len(z.provinces) for z in ZONES.values()) == 65


def test_the_meridians_are_those_of_the_registry():
    for code, zone in ZONES.items():
        meridian = next(
            p.value for p in pyproj.CRS(code).coordinate_operation.params if "Longitude" in p.name
        )
        assert meridian == zone.meridian


def test_hanoi_s_extent_holds_its_districts(districts):
    west, south, east, north = districts.to_crs(4326).total_bounds
    extent = province_extents("Hà Nội")["Hà Nội"]
    assert extent[0] < west
    assert extent[1] < south
    assert east < extent[2]
    assert north < extent[3]


def package_extents():
    """Add up the extents of the districts of each province, as the package has them."""
    resources = pytest.importorskip(
        "vietnamadminunits", reason="vietnamadminunits is not installed: extents not compared"
    )
    database = Path(resources.__file__).parent / "data" / "dataset.db"
    query = """SELECT provinceShort AS province, districtBounds AS bounds FROM admin_units_legacy
        UNION SELECT provinceShort, provinceBounds FROM admin_units_legacy"""
    with closing(sqlite3.connect(database)) as connection:
        table = pd.read_sql_query(query, connection).dropna()
    pattern = r"(?P<south>[\d.]+),(?P<west>[\d.]+) – (?P<north>[\d.]+),(?P<east>[\d.]+)"
    sides = table["bounds"].str.extract(pattern).astype(float)
    by = sides.groupby(
        table["province"].replace({"Huế": "Thừa Thiên-Huế", "Bà Rịa - Vũng Tàu": "Bà Rịa-Vũng Tàu"})
    )
    return by.agg({"west": "min", "south": "min", "east": "max", "north": "max"})


def test_the_extents_are_those_of_the_districts():
    published = package_extents()
    assert (
        set(EXTENTS)
        == {p for z in ZONES.values() for p in z.provinces}
        == {*published.index, "Hà Tây", "Huế"}
    )
    for province, (west, south, east, north) in EXTENTS.items():
        found = published.loc[{"Hà Tây": "Hà Nội", "Huế": "Thừa Thiên-Huế"}.get(province, province)]
        assert 0 <= found["west"] - west < 0.0101, province
        assert 0 <= found["south"] - south < 0.0101, province
        assert 0 <= east - found["east"] < 0.0101, province
        assert 0 <= north - found["north"] < 0.0101, province


def judged(x, y, **how):
    """Return the codes of a verdict, or the refusal."""
    try:
        return codes(judge_crs(x, y, **how))
    except cg.CRSError as error:
        return str(error)


@pytest.mark.parametrize("province", EXTENTS)
def test_each_province_takes_its_own_and_refuses_or_doubts_every_other_meridian(province):
    west, south, east, north = EXTENTS[province]
    home = vn2000(province)
    from_map = pyproj.Transformer.from_crs(4326, home, always_xy=True)
    x, y = (np.array([v]) for v in from_map.transform((west + east) / 2, (south + north) / 2))
    judge = {"said": None, "where": "a.shp", "region": province}
    assert codes(judge_crs(x, y, declared=home, **judge)) == []
    for code, zone in ZONES.items():
        if vn2000(province).to_epsg() == code:
            continue
        other = pyproj.CRS(code)
        shift = place(other, x[0], y[0]).lon - (west + east) / 2
        assert shift == pytest.approx(zone.meridian - ZONES[home.to_epsg()].meridian, abs=0.01)
        said = judged(x, y, declared=other, **judge)
        parts = [p for p in province_extents(province) if vn2000(p).to_epsg() == code]
        if said == [] and parts:  # where a province merged into this one lies, on that one's meridian
            continue
        assert said == ["crs.zone"] or (f"outside {province}" in said and f"EPSG:{home.to_epsg()}" in said)


@pytest.mark.parametrize(
    ("province", "neighbour"), [("Bắc Ninh", "Lạng Sơn"), ("Hải Phòng", "Quảng Ninh"), ("Đà Nẵng", "Kon Tum")]
)
def test_data_of_another_province_are_refused_by_region(province, neighbour):
    west, south, east, north = EXTENTS[neighbour]
    lon, lat = np.array([(west + east) / 2]), np.array([(south + north) / 2])
    judge = {"declared": pyproj.CRS(4326), "said": None, "where": "a.shp"}
    with pytest.raises(cg.CRSError, match=f"outside {province}"):
        judge_crs(lon, lat, region=province, **judge)
    assert codes(judge_crs(lon, lat, region=neighbour, **judge)) == []
    assert codes(judge_crs(lon, lat, **judge)) == ["crs.outside"]


@pytest.mark.parametrize("count", [0, 1, 2])
def test_a_layer_of_one_is_a_layer(count):
    lon, lat = np.full(count, 105.8), np.full(count, 21.0)
    outside = outside_vietnam(pyproj.CRS(4326), lon, lat)
    assert outside.shape == (count,)
    assert not outside.any()


@pytest.mark.parametrize("region", ["Huế", "TP. Huế", "Thành phố Huế", "hue", "Thừa Thiên-Huế"])
def test_hue_is_a_city_since_january_2025(region):
    assert vn2000(region).to_epsg() == 9214
    assert judge_crs(
        np.array([107.6]), np.array([16.4]), declared=pyproj.CRS(4326), said=None, where="a", region=region
    )


@pytest.mark.parametrize(
    ("region", "lon", "lat"),
    [
        ("Đà Nẵng", 108.205, 15.605),
        ("Tây Ninh", 106.4, 10.6),
        ("Cần Thơ", 105.97, 9.6),
        ("Hồ Chí Minh", 107.1, 10.4),
    ],
)
def test_a_region_is_what_was_merged_into_it_and_the_old_name_is_the_old_place(region, lon, lat):
    x, y = np.array([lon]), np.array([lat])
    judge = {"declared": pyproj.CRS(4326), "said": None, "where": "a.geojson"}
    assert codes(judge_crs(x, y, region=region, **judge)) == []
    assert len(province_extents(region)) > 1
    with pytest.raises(cg.CRSError, match="outside Hà Giang"):
        judge_crs(x, y, region="Hà Giang", **judge)


def test_thirty_four_provinces_are_made_of_all_that_were():
    rows = read_rows("provinces.csv")
    assert len({row["today"] for row in rows}) == 34
    assert {row["today"] for row in rows} == {row["name"] for row in rows if not row["valid_to"]}
    assert sum(row["valid_to"] == "2025-06-30" for row in rows) == 63 - 34


def test_an_unknown_province_is_refused_in_both_languages():
    with pytest.raises(cg.CRSError, match=r"no province 'Hàa Nội'\. Did you mean: Hà Nội") as refused:
        vn2000("Hàa Nội")
    assert "Có phải" in refused.value.text("vi")
