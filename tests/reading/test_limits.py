"""What no honest file has is refused before work is done on it; what honest files have never is."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely

import clusters_geo as cg
from clusters_geo.reading import child, files, limits
from clusters_geo.reading.archives import refuse_bomb
from clusters_geo.reading.limits import MAX_COLUMNS, MAX_CROSSINGS, crossings

SHARED = Path(os.environ.get("CLUSTERS_GEO_SHARED", Path(__file__).parents[3] / "shared"))


def square(at=0):
    return shapely.box(105.5 + at, 21, 105.51 + at, 21.01)


def clusters(**columns):
    return gpd.GeoDataFrame(
        {"cluster_id": ["1"], "name": ["A"], "status": ["operating"]} | columns, geometry=[square()], crs=4326
    )


def scribble(corners):
    return shapely.Polygon(np.random.default_rng(1).random((corners, 2)) / 100 + [105.5, 21])


def test_a_table_wider_than_any_is_refused(tmp_path):
    file = tmp_path / "wide.csv"
    header = ["cluster_id", "name", "status", *(f"c{n}" for n in range(10_000))]
    file.write_text(",".join(header) + "\n" + ",".join("1" for _ in header) + "\n")
    with pytest.raises(cg.SourceError, match=r"wide\.csv has 10,003 columns; at most 1,000"):
        cg.load_clusters(file)


def test_a_key_of_its_own_in_each_feature_is_refused_by_its_row(tmp_path):
    file = tmp_path / "keys.geojson"
    point = {"type": "Point", "coordinates": [105.5, 21]}
    features = [{"type": "Feature", "geometry": point, "properties": {f"k{n}": None}} for n in range(20_000)]
    file.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    for look in (cg.load_clusters, files.look_into):
        with pytest.raises(cg.SourceError, match=r"row 1,001: so far there are 1,001 properties"):
            look(file)


def test_a_layer_with_too_many_fields_is_refused_before_it_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "MAX_COLUMNS", 5)
    monkeypatch.setattr(files, "_bulk_read", lambda *_: pytest.fail("it was read"))
    clusters(a=1, b=2, c=3).to_file(tmp_path / "a.gpkg")
    with pytest.raises(cg.SourceError, match="6 columns; at most 5"):
        cg.load_clusters(tmp_path / "a.gpkg")


def test_a_parquet_that_unpacks_to_gigabytes_is_refused(tmp_path):
    file = tmp_path / "bomb.parquet"
    rows = 1_000_000
    text = pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, dtype="int32")), pa.array(["x" * 5_000]))
    pq.write_table(pa.table({"name": text}), file, store_schema=False)
    assert file.stat().st_size < 1 << 20
    with pytest.raises(cg.SourceError, match=r"would take 5,\d\d\d MB of memory .*--allow-large"):
        cg.load_clusters(file)


def test_a_workbook_whose_strings_unpack_to_much_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "MAX_WORKBOOK_BYTES", 1 << 20)
    monkeypatch.setattr(child, "ENCLOSED", False)
    file = tmp_path / "a.xlsx"
    book = openpyxl.Workbook()
    for n in range(20_000):
        book.active.append([f"{n} name of a cluster that nobody has ever heard of"])
    book.save(file)
    with pytest.raises(cg.SourceError, match=r"would unpack to"):
        cg.load_clusters(file)


@pytest.mark.parametrize(
    "select",
    [
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS fid FROM n",
        "SELECT a.fid FROM many a, many b, many c, many d, many e",
    ],
)
def test_an_endless_view_is_refused(tmp_path, select, monkeypatch):
    monkeypatch.setattr("clusters_geo.reading.opening._VIEW_STEPS", 20)
    file = tmp_path / "a.gpkg"
    clusters().to_file(file)
    with closing(sqlite3.connect(file)) as db:
        db.execute("CREATE TABLE many (fid INTEGER PRIMARY KEY)")
        db.executemany("INSERT INTO many VALUES (?)", [(n,) for n in range(2_000)])
        db.execute(f"CREATE VIEW endless AS {select}")
        db.commit()
    with pytest.raises(cg.SourceError, match="view 'endless' was not computed"):
        cg.load_clusters(file)


def test_a_view_that_ends_is_read(tmp_path):
    file = tmp_path / "a.gpkg"
    clusters().to_file(file)
    with closing(sqlite3.connect(file)) as db:
        db.execute("CREATE VIEW operating AS SELECT * FROM a WHERE status = 'operating'")
        db.commit()
    assert len(cg.load_clusters(file)) == 1


def test_a_scribble_is_refused_by_its_row_and_a_bad_outline_is_mended(tmp_path):
    table = pd.concat([clusters(), clusters(cluster_id=["2"])], ignore_index=True)
    table.geometry = [square(), scribble(10_000)]
    table.to_file(tmp_path / "a.gpkg")
    with pytest.raises(
        cg.SourceError, match=r"row 2: the outline crosses itself about [\d,]+ times; at most"
    ):
        cg.load_clusters(tmp_path / "a.gpkg")
    table.geometry = [square(), scribble(60)]
    table.to_file(tmp_path / "b.gpkg")
    assert cg.load_clusters(tmp_path / "b.gpkg").geometry.is_valid.all()


def test_crossings_are_told_within_a_half():
    shape = scribble(300)
    xy = shapely.get_coordinates(shape)
    parts = shapely.linestrings(np.stack([xy[:-1], xy[1:]], axis=1))
    exact = len(shapely.STRtree(parts).query(parts, predicate="crosses").T) / 2
    assert crossings(shape) == pytest.approx(exact, rel=0.5)
    assert crossings(shapely.MultiPolygon([square(), square(1)])) == 0
    assert crossings(shapely.Polygon()) == 0
    assert 100 * crossings(scribble(12)) < MAX_CROSSINGS


def test_a_footprint_that_is_a_scribble_counts_as_unusable():
    footprints = gpd.GeoDataFrame(geometry=[square(), scribble(2_000)], crs=4326)
    table = cg.built_up_ha(clusters().set_index("cluster_id"), footprints)
    assert table.attrs["footprints"]["unusable"] == 1
    assert table["built_up_ha"].iloc[0] > 0


def test_of_many_layers_only_the_one_that_is_read_is_looked_into(tmp_path, monkeypatch):
    file = tmp_path / "many.gpkg"
    for n in range(60):
        pyogrio.write_dataframe(clusters(), file, layer=f"l{n}", append=n > 0)
    looked = []
    real = files.looked_into
    monkeypatch.setattr(child, "ENCLOSED", False)
    monkeypatch.setattr(files, "looked_into", lambda *a: looked.append(a[2]) or real(*a))
    assert len(cg.load_clusters(file, layer="l59")) == 1
    assert looked == ["l59"]
    with pytest.raises(cg.SourceError, match=r"has 60 layers: l0 .* and 55 more"):
        cg.load_clusters(file)
    assert len(looked) <= 41
    assert len(files.look_into(file)) == 60
    monkeypatch.setattr(files, "MAX_LAYERS", 50)
    with pytest.raises(cg.SourceError, match="has 60 layers; at most 50"):
        cg.load_clusters(file, layer="l59")


def test_two_members_of_one_name_are_said(tmp_path):
    file = tmp_path / "a.zip"
    clusters().to_file(tmp_path / "a.geojson")
    with zipfile.ZipFile(file, "w") as archive:
        archive.write(tmp_path / "a.geojson", "a.geojson")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.write(tmp_path / "a.geojson", "a.geojson")
    with pytest.raises(cg.SourceError, match=r"two files called a\.geojson"):
        cg.load_clusters(file)


def test_text_stored_as_categories_is_repaired_as_text(tmp_path):
    # "Hoà" in two forms of Unicode would be two districts.
    names = ["Hòa Lạc", "Ho\u0300a La\u0323c"]
    table = pd.concat([clusters(), clusters(cluster_id=["2"])], ignore_index=True)
    table = table.assign(district=pd.Categorical(names))
    table.to_parquet(tmp_path / "a.parquet")
    assert cg.load_clusters(tmp_path / "a.parquet")["district"].tolist() == [names[0]] * 2


def test_a_register_given_as_districts_is_said_to_be_one(tmp_path):
    table, districts = cg.load_hanoi()
    table.to_file(tmp_path / "clusters.gpkg")
    with pytest.raises(cg.SchemaError, match="is a register of clusters"):
        cg.load_districts(tmp_path / "clusters.gpkg")
    districts.to_file(tmp_path / "districts.gpkg")
    assert len(cg.load_districts(tmp_path / "districts.gpkg")) == 30


# --- no honest file meets a limit


def meets_a_limit(file):
    try:
        cg.load_clusters(file, check=False)
    except cg.ClustersGeoError as error:
        return str(error) if error.code.startswith("limit.") or "limit" in str(error).lower() else ""
    return ""


@pytest.mark.parametrize("folder", ["registers/files", "registers/smallest", "faults", "data"])
def test_no_honest_file_meets_a_limit(folder, tmp_path):
    if not (SHARED / folder).is_dir():
        pytest.skip(f"SKIPPED: there is no {folder} beside the checkout (CLUSTERS_GEO_SHARED)")
    copy = shutil.copytree(SHARED / folder, tmp_path / "copy")
    tried = [p for p in sorted(copy.rglob("*")) if p.is_file() and p.suffix not in {".md", ".json"}]
    assert tried
    assert {p.name: told for p in tried if (told := meets_a_limit(p))} == {}


def test_every_archive_of_the_limits_is_checked(tmp_path):
    file = tmp_path / "a.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", b"0" * (2 << 20))
    with pytest.raises(cg.SourceError, match="would unpack to 2 MB"):
        refuse_bomb(file, most_bytes=1 << 20)
    assert len(refuse_bomb(file, most_bytes=1 << 20, allow_large=True)) == 1
    assert MAX_COLUMNS == 1_000
