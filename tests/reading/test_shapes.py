"""Shapes: what is invalid is mended and measured again, what cannot be a shape is named by row."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

import clusters_geo as cg
from clusters_geo.load import load_clusters, load_report

E, N = 562_000.0, 2_326_000.0


def square(dx=0.0, size=500.0):
    return shapely.box(E + dx, N, E + dx + size, N + size)


def saved(tmp_path, *shapes, name="a.gpkg"):
    table = gpd.GeoDataFrame(
        {"cluster_id": [str(n) for n in range(len(shapes))], "name": "A", "status": "operating"},
        geometry=list(shapes),
        crs=5897,
    )
    table.to_file(tmp_path / name)
    return tmp_path / name


def test_a_bow_tie_is_mended_and_both_areas_are_said(tmp_path):
    tie = shapely.Polygon([(E, N), (E + 1000, N + 1000), (E + 1000, N), (E, N + 1000)])
    table = load_clusters(saved(tmp_path, square(), tie))
    assert table.geometry.is_valid.all()
    assert table.geometry.area.round().tolist() == [250_000.0, 500_000.0]
    (note,) = load_report(table).repairs
    assert note.rows == (2,)
    assert "0.00 ha before, 50.0" in note.message


def test_a_spike_loses_its_line_and_stays_a_polygon(tmp_path):
    spike = shapely.Polygon(
        [(E, N), (E + 500, N), (E + 500, N + 500), (E + 900, N + 900), (E + 500, N + 500), (E, N + 500)]
    )
    table = load_clusters(saved(tmp_path, spike))
    assert table.geometry.geom_type.tolist() == ["Polygon"]
    assert table.geometry.area.iloc[0] == pytest.approx(250_000)


def test_a_polygon_without_area_is_refused_by_row(tmp_path):
    flat = shapely.Polygon([(E, N), (E + 500, N), (E, N), (E, N)])
    with pytest.raises(cg.SchemaError, match="the shape of row 2 has no area left"):
        load_clusters(saved(tmp_path, square(), flat))


def test_heights_are_dropped_and_said(tmp_path):
    table = load_clusters(saved(tmp_path, shapely.force_3d(square(), 7.0)))
    assert not table.geometry.has_z.any()
    assert load_report(table).repairs[0].message == "heights (Z) dropped"


def test_several_parts_are_kept(tmp_path):
    table = load_clusters(saved(tmp_path, shapely.MultiPolygon([square(), square(2000)])))
    assert table.geometry.iloc[0].geom_type == "MultiPolygon"


@pytest.mark.filterwarnings("ignore:invalid value encountered in linestrings")
@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e308])
def test_coordinates_that_are_no_place_are_refused_by_row(tmp_path, bad):
    broken = shapely.LineString([(E, N), (bad, N), (E + 1, N)])
    with pytest.raises(cg.SchemaError, match="row 2 has a coordinate") as caught:
        load_clusters(saved(tmp_path, square(), broken))
    assert caught.value.failures["row"].tolist() == [2]


def test_missing_and_empty_shapes_are_doubts(tmp_path):
    table = load_clusters(saved(tmp_path, square(), None, shapely.Polygon()))
    doubts = {d.message: d.rows for d in load_report(table).doubts}
    assert doubts.get("no shape") in {(2,), (2, 3)}


def test_a_district_without_a_shape_is_refused(tmp_path, districts):
    broken = districts.reset_index()
    broken.loc[3, "geometry"] = None
    broken.to_file(tmp_path / "a.gpkg")
    with pytest.raises(cg.SchemaError, match="geometry"):
        cg.load_districts(tmp_path / "a.gpkg")


def test_curves_become_lines(tmp_path):
    file = tmp_path / "a.gml"
    file.write_text(
        '<?xml version="1.0"?><ogr:FeatureCollection xmlns:ogr="http://ogr.maptools.org/" xmlns:gml="http://www.opengis.net/gml/3.2">'
        '<ogr:featureMember><ogr:a gml:id="a.0"><ogr:geometryProperty>'
        '<gml:Polygon srsName="urn:ogc:def:crs:EPSG::5897" gml:id="g">'
        "<gml:exterior><gml:Ring><gml:curveMember><gml:Curve gml:id='c'><gml:segments><gml:Arc><gml:posList>"
        "2326000 562000 2326100 562100 2326000 "
        "562200</gml:posList></gml:Arc><gml:LineStringSegment><gml:posList>"
        "2326000 562200 2326000 "
        "562000</gml:posList></gml:LineStringSegment></gml:segments></gml:Curve></gml:curveMember></gml:Ring>"
        "</gml:exterior></gml:Polygon></ogr:geometryProperty><ogr:name>A</ogr:name><ogr:cluster_id>01</ogr:cluster_id>"
        "<ogr:status>operating</ogr:status></ogr:a></ogr:featureMember></ogr:FeatureCollection>"
    )
    table = load_clusters(file)
    assert table.geometry.iloc[0].geom_type in {"Polygon", "MultiPolygon"}
    assert table.index.tolist() == ["01"]


def test_a_triangulated_surface_is_refused_by_row(tmp_path):
    import sqlite3
    import struct

    file = saved(tmp_path, square(), square(1000))
    header = b"GP\x00\x01" + struct.pack("<i", 5897)
    triangle = struct.pack("<BII", 1, 17, 1) + b"".join(
        struct.pack("<2d", *p) for p in [(E, N), (E + 9, N), (E, N + 9), (E, N)]
    )
    tin = struct.pack("<BII", 1, 16, 1) + struct.pack("<BI", 1, 17) + triangle[5:]
    with sqlite3.connect(file) as db:
        for (trigger,) in db.execute("SELECT name FROM sqlite_master WHERE type='trigger'").fetchall():
            db.execute(f'DROP TRIGGER "{trigger}"')
        db.execute("UPDATE a SET geom=? WHERE cluster_id='1'", (header + tin,))
        db.execute("UPDATE gpkg_geometry_columns SET geometry_type_name='GEOMETRY'")
    db.close()
    with pytest.raises(cg.SourceError, match="row 2"):
        load_clusters(file)
