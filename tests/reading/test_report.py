"""The report of a load: it travels with the table, survives what people do with it, and reads well."""

from __future__ import annotations

import json
import pickle

import geopandas as gpd
import pandas as pd
import pytest

import clusters_geo as cg
from clusters_geo.load import load_clusters, load_districts, load_report
from clusters_geo.reading.notes import LoadReport, Note, some


@pytest.fixture
def loaded(make):
    return load_clusters(make("a.gpkg"))


def test_it_says_where_the_table_came_from(loaded, tmp_path):
    report = load_report(loaded)
    assert report.path == str(tmp_path / "a.gpkg")
    assert (report.format, report.layer, report.layers, report.rows) == ("GeoPackage", "a", ["a"], 3)
    assert "EPSG:5897" in report.crs
    assert report.mapped["cluster_id"] == "cluster_id"


def test_it_is_plain_json(loaded):
    values = json.loads(json.dumps(load_report(loaded).as_dict()))
    assert LoadReport.from_dict(values) == load_report(loaded)


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t.copy(),
        lambda t: t.head(2),
        lambda t: t[t["status"] == "operating"],
        lambda t: t.to_crs(4326),
        lambda t: t.assign(x=1),
        lambda t: t.sort_values("name"),
        lambda t: pickle.loads(pickle.dumps(t)),  # noqa: S301 - our own bytes
        lambda t: pd.concat([t.head(1), t.tail(1)]),
    ],
)
def test_it_survives_what_people_do_with_a_table(loaded, change):
    assert load_report(change(loaded)).format == "GeoPackage"


def test_a_table_from_elsewhere_has_none(loaded):
    with pytest.raises(cg.SchemaError, match="carries no report"):
        load_report(gpd.GeoDataFrame(loaded.to_dict("list"), crs=loaded.crs))


@pytest.mark.parametrize(
    "write",
    [
        lambda t, p: t.to_parquet(p),
        lambda t, p: t.to_file(p.with_suffix(".gpkg")),
        lambda t, p: t.drop(columns="geometry").to_csv(p),
    ],
)
def test_it_is_in_nobody_s_way_when_a_table_is_written(loaded, tmp_path, write):
    write(loaded, tmp_path / "out.parquet")


def test_it_reads_well():
    report = LoadReport("a.shp", "Shapefile", "a", rows=9, crs="VN-2000")
    report.note("shapes.heights", range(1, 9))
    report.note("crs.ballpark", stated="Hanoi 1972")
    assert str(report) == (
        "a.shp: Shapefile, layer a, 9 rows, VN-2000\n"
        "  repair, shapes: heights (Z) dropped (rows 1–8).\n"
        "  doubt, crs: no exact transformation from Hanoi 1972 to WGS 84 is available here, "
        "only an approximate one; positions may be off by hundreds of metres. "
        "If that is wrong, name the coordinate system with crs= (--crs)."
    )


def test_repairs_and_doubts_are_kept_apart():
    report = LoadReport("a")
    report.note("rows.ids")
    report.note("numbers.about", [2], column="planned_ha")
    assert report.repairs == [Note("rows.ids")]
    assert report.doubts == [Note("numbers.about", {"column": "planned_ha"}, (2,), 1)]


@pytest.mark.parametrize(
    ("values", "text"),
    [([], ""), ([1], "1"), (range(5), "0, 1, 2, 3, 4"), (range(6), "0, 1, 2, 3, 4 and 1 more")],
)
def test_many_values_are_cut_short(values, text):
    assert some(values) == text


def test_thousands_of_rows_do_not_travel_with_every_copy():
    report = LoadReport("a")
    report.note("shapes.heights", range(1, 100_001))
    assert report.notes[0].message == "heights (Z) dropped, 100,000 rows in all"
    assert report.notes[0].text("vi") == "bỏ độ cao (Z), tất cả 100.000 dòng"
    assert len(report.notes[0].rows) == 1_000


def test_a_clean_file_has_nothing_to_repair(make, small):
    assert load_report(load_clusters(make("a.gpkg", small.assign(planned_ha=30.0)))).notes == []


def test_check_false_leaves_faults_for_the_audit(make, small):
    file = make("a.gpkg", small.assign(status="closed", cluster_id="1"))
    with pytest.raises(cg.SchemaError):
        load_clusters(file)
    assert load_clusters(file, check=False)["status"].tolist() == ["closed"] * 3


def test_a_file_without_ids_and_names_is_loaded_for_the_audit_only(make, small):
    file = make("a.gpkg", small[["geometry"]])
    with pytest.raises(cg.SchemaError, match="not among the columns"):
        load_clusters(file)
    assert len(load_clusters(file, check=False)) == 3


def test_districts_have_a_report_too(tmp_path, districts):
    districts.reset_index().rename(columns={"district_code": "Mã huyện", "name": "Tên huyện"}).to_file(
        tmp_path / "d.gpkg"
    )
    table = load_districts(tmp_path / "d.gpkg")
    report = load_report(table)
    assert report.mapped["Mã huyện"] == "district_code"
    assert report.mapped["Tên huyện"] == "name"
    assert table.index.tolist() == districts.index.tolist()


def test_the_input_is_not_changed(make, tmp_path):
    for ending in ("shp", "gpkg", "tab", "mif", "gml"):
        folder = tmp_path / ending
        folder.mkdir()
        file = make(f"{ending}/a.{ending}")
        before = {p.name: (p.read_bytes(), p.stat().st_mtime_ns) for p in folder.iterdir()}
        load_clusters(file, crs=5897)
        assert {p.name: (p.read_bytes(), p.stat().st_mtime_ns) for p in folder.iterdir()} == before


def test_basis_columns_are_no_strangers(make, small):
    table = load_clusters(make("a.gpkg", small.assign(planned_ha_basis="published", colour="red")))
    assert load_report(table).left == ["colour"]
    assert table["planned_ha_basis"].tolist() == ["published"] * 3
