"""Writing: what went in comes out, whole or not at all, even when the process is killed."""

from __future__ import annotations

import json
import os
import textwrap
import zipfile

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pytest
import shapely
from as_user import run_python
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import clusters_geo as cg
from clusters_geo.crs import target_crs
from clusters_geo.load import load_clusters, load_report
from clusters_geo.report.saving import WRITTEN, save

SHAPED = [".gpkg", ".parquet", ".geojson", ".fgb", ".shp", ".zip"]


def register(names=("Phùng Xá", "Bát Tràng"), crs="EPSG:5897"):
    count = len(names)
    boxes = [
        shapely.box(562_000 + 997.123 * n, 2_326_000.456, 562_500.789 + 997 * n, 2_326_400.012)
        for n in range(count)
    ]
    table = gpd.GeoDataFrame(
        {
            "name": pd.array(list(names), dtype="string"),
            "status": pd.array(["operating"] * count, dtype="string"),
            "planned_ha": np.linspace(10.25, 74.125, count),
            "workers": pd.array(
                [None, *range(9_007_199_254_740_993, 9_007_199_254_740_993 + count - 1)], dtype="Int64"
            ),
            "craft_village": pd.array([True, *[None] * (count - 1)], dtype="boolean"),
            "established_on": pd.to_datetime(["2020-06-26"] * count).astype("datetime64[us]"),
            "wastewater_started": pd.array([False] * count, dtype="boolean"),
            "wastewater_compliant": pd.array([None] * count, dtype="boolean"),
        },
        geometry=boxes,
        crs="EPSG:5897",
        index=pd.Index([f"{n:03d}" for n in range(count)], name="cluster_id", dtype="string"),
    )
    return table.to_crs(crs)


@pytest.mark.parametrize("ending", SHAPED)
def test_a_table_comes_back_as_it_was(tmp_path, ending):
    table = register()
    back = load_clusters(save(table, tmp_path / f"cụm{ending}"))
    expected = table if ending != ".geojson" else table.to_crs(4326)
    pd.testing.assert_frame_equal(
        pd.DataFrame(back.drop(columns="geometry"))[list(table.columns.drop("geometry"))],
        pd.DataFrame(table.drop(columns="geometry")),
        check_dtype=True,
    )
    assert back.to_crs(5897).geometry.hausdorff_distance(table.geometry).max() < 0.001
    assert back.crs == expected.crs
    # Its stated areas are made up, which is said too.
    assert {note.code for note in load_report(back).doubts} <= {"numbers.area-apart"}


@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_figures_come_back_from_a_table_without_shapes(tmp_path, ending):
    table = register().assign(workers=pd.array([None, 3], dtype="Int64"))
    with pytest.warns(UserWarning, match="no place for shapes"):
        save(table, tmp_path / f"a{ending}")
    back = load_clusters(tmp_path / f"a{ending}", decimal=".")
    pd.testing.assert_frame_equal(
        pd.DataFrame(back.drop(columns="geometry"))[list(table.columns.drop("geometry"))],
        pd.DataFrame(table.drop(columns="geometry")),
    )


VIETNAMESE = st.text(
    st.sampled_from(
        "aăâbcdđeêghiklmnoôơpqrstuưvxyAĂÂĐÊÔƠƯ Ạảấầẫậắằẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ0123456789-'\"&<>,;"
    ),
    min_size=1,
    max_size=40,
).filter(lambda t: t.strip() == t and "  " not in t and t.strip("-'\"&<>,;. "))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    names=st.lists(VIETNAMESE, min_size=2, max_size=4),
    ending=st.sampled_from(SHAPED),
    crs=st.sampled_from(["EPSG:5897", "EPSG:4326", "EPSG:4756", "EPSG:3405", "EPSG:9209", "EPSG:32648"]),
)
def test_any_name_in_any_format_and_system_comes_back(tmp_path, names, ending, crs):
    table = register(names, crs)
    target = tmp_path / f"a{ending}"
    for old in tmp_path.iterdir():
        old.unlink()
    back = load_clusters(save(table, target))
    assert back["name"].tolist() == names
    assert back.to_crs(5897).geometry.hausdorff_distance(table.to_crs(5897).geometry).max() < 0.001


@pytest.mark.parametrize("ending", [".gpkg", ".parquet", ".fgb", ".shp", ".zip"])
def test_vn2000_on_request(tmp_path, ending):
    table = register(crs="EPSG:4326")
    assert load_clusters(save(table, tmp_path / f"a{ending}", crs="vn2000")).crs == "EPSG:5897"
    assert load_clusters(save(table, tmp_path / f"b{ending}", crs="vn2000:Bắc Ninh")).crs == "EPSG:9209"


def test_geojson_is_always_in_degrees_and_says_no_to_metres(tmp_path):
    with pytest.raises(cg.CRSError, match="RFC 7946"):
        save(register(), tmp_path / "a.geojson", crs="vn2000")
    content = json.loads(save(register(), tmp_path / "a.geojson").read_text())
    assert "crs" not in content
    ring = content["features"][0]["geometry"]["coordinates"][0]
    assert shapely.LinearRing(ring).is_ccw
    assert 105 < ring[0][0] < 106


def test_geoparquet_has_its_version_and_boxes(tmp_path):
    with pq.ParquetFile(save(register(), tmp_path / "a.parquet")) as opened:
        geo = json.loads(opened.schema_arrow.metadata[b"geo"])
    assert geo["version"] == "1.1.0"
    assert "bbox" in geo["columns"]["geometry"]["covering"]


def test_a_shapefile_says_its_encoding_and_its_full_names(tmp_path):
    save(register(), tmp_path / "a.shp")
    assert (tmp_path / "a.cpg").read_text() == "UTF-8"
    assert "wastewater,wastewater_started" in (tmp_path / "a.columns.csv").read_text()
    with zipfile.ZipFile(save(register(), tmp_path / "b.zip")) as archive:
        assert {n.partition(".")[2] for n in archive.namelist()} == {
            "shp",
            "shx",
            "dbf",
            "prj",
            "cpg",
            "columns.csv",
        }


def test_a_shapefile_that_exists_is_not_replaced_in_pieces(tmp_path):
    save(register(), tmp_path / "a.shp")
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    with pytest.raises(cg.SourceError, match=r"a\.zip, which is one file"):
        save(register(), tmp_path / "a.shp")
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before


def test_text_that_a_shapefile_cannot_hold_is_said(tmp_path):
    table = register().assign(note="ế" * 200)
    with pytest.warns(UserWarning, match="2 values of note were cut"):
        save(table, tmp_path / "a.shp")
    assert load_clusters(tmp_path / "a.shp")["note"].tolist() == ["ế" * 84] * 2


@pytest.mark.parametrize("evil", ["=cmd|' /C calc'!A0", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1"])
@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
@pytest.mark.filterwarnings("ignore:.*no place for shapes")
def test_no_cell_becomes_a_formula(tmp_path, evil, ending):
    file = save(register().assign(note=evil), tmp_path / f"a{ending}")
    if ending == ".csv":
        cells = pd.read_csv(file, encoding="utf-8-sig")["note"]
        assert cells.str.startswith("'").all()
    else:
        sheet = openpyxl.load_workbook(file).active
        assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)


@pytest.mark.parametrize("ending", sorted(WRITTEN))
def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path, ending, monkeypatch):
    target = tmp_path / f"a{ending}"
    if ending != ".shp":
        target.write_bytes(b"the old file")

    def _fail(*_, **__):
        raise OSError(28, "No space left on device")

    for name in (
        "geopandas.GeoDataFrame.to_parquet",
        "pyogrio.write_dataframe",
        "pandas.DataFrame.to_csv",
        "pathlib.Path.write_bytes",
    ):
        monkeypatch.setattr(name, _fail)
    with pytest.raises(cg.SourceError, match="is full"):
        save(
            register().drop(columns="geometry").assign(geometry=None)
            if ending in {".csv", ".xlsx"}
            else register(),
            target,
        )
    expected = {target.name: b"the old file"} if ending != ".shp" else {}
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == expected


@pytest.mark.parametrize("column", ["fid", "FID"])
def test_a_column_that_the_format_keeps_for_itself_does_no_harm(tmp_path, column):
    target = tmp_path / "a.gpkg"
    save(register(), target)
    with pytest.raises(cg.SourceError, match="Nothing was changed"):
        save(register().assign(**{column: ["x", "x"]}), target)
    assert len(load_clusters(target)) == 2


def test_an_unknown_ending_and_a_missing_system_are_refused(tmp_path):
    with pytest.raises(cg.SourceError, match=r"'\.dwg'; a register is written as \.gpkg"):
        save(register(), tmp_path / "a.dwg")
    with pytest.raises(cg.CRSError, match="set_crs"):
        save(register().set_crs(None, allow_override=True), tmp_path / "a.gpkg")
    with pytest.raises(cg.CRSError, match="no coordinate system 'EPSG:1'"):
        target_crs("EPSG:1")


def test_the_table_and_its_report_are_not_changed(tmp_path):
    table = load_clusters(save(register(), tmp_path / "a.gpkg"))
    before = table.copy(deep=True)
    save(table, tmp_path / "b.parquet", crs="vn2000:Bắc Ninh")
    assert table.attrs == before.attrs
    assert table.crs == before.crs
    assert "clusters_geo" not in (tmp_path / "b.parquet").read_bytes().decode("latin-1")


KILLER = textwrap.dedent("""
    import os, random, signal, sys, time, warnings
    from pathlib import Path
    warnings.simplefilter("ignore")
    from clusters_geo.load import load_clusters
    from clusters_geo.report.saving import save
    target, trials = Path(sys.argv[1]), int(sys.argv[2])
    small = load_clusters(sys.argv[3]); large = small
    versions = [small, small.iloc[:-1]]
    save(versions[0], target)
    random.seed(1)
    killed = 0
    for trial in range(trials):
        child = os.fork()
        if child == 0:
            n = 0
            while True:
                save(versions[n % 2], target); n += 1
        time.sleep(random.uniform(0.0, 0.06))
        os.kill(child, signal.SIGKILL)
        killed += os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -9
        assert len(load_clusters(target, check=False)) in {len(v) for v in versions}, trial
    print(killed)
""")


# Of each format; more with `make soak`.
KILLS = os.environ.get("CLUSTERS_GEO_KILLS", "8")


@pytest.mark.parametrize("ending", [".gpkg", ".parquet", ".geojson", ".fgb", ".zip", ".csv", ".xlsx"])
def test_a_killed_process_leaves_the_old_file_whole(tmp_path, ending):
    source = save(register([f"Cụm {n}" for n in range(30)]), tmp_path / "source.gpkg")
    done = run_python(KILLER, tmp_path / f"a{ending}", KILLS, source)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip() == KILLS


def test_a_process_killed_while_it_writes_a_new_shapefile_leaves_none_or_all(tmp_path):
    script = KILLER.split("save(versions[0]")[0] + textwrap.dedent("""
        random.seed(2)
        for trial in range(trials):
            folder = target.parent / str(trial); folder.mkdir()
            child = os.fork()
            if child == 0:
                save(small, folder / "a.shp"); os._exit(0)
            time.sleep(random.uniform(0.0, 0.03))
            os.kill(child, signal.SIGKILL); os.waitpid(child, 0)
            if (folder / "a.shp").exists():
                assert len(load_clusters(folder / "a.shp", check=False)) == len(small)
        print("whole")
    """)
    source = save(register([f"Cụm {n}" for n in range(30)]), tmp_path / "source.gpkg")
    done = run_python(script, tmp_path / "x", KILLS, source)
    assert done.stdout.strip() == "whole", done.stderr[-2000:]


@pytest.mark.parametrize("ending", [".gpkg", ".shp", ".geojson"])
def test_a_ring_is_written_as_the_line_that_it_is(tmp_path, ending):
    ring = shapely.LinearRing([(587_000, 2_326_000), (587_500, 2_326_000), (587_500, 2_326_400)])
    written = save(register().iloc[:1].set_geometry([ring], crs="EPSG:5897"), tmp_path / f"a{ending}")
    assert gpd.read_file(written).geom_type.tolist() == ["LineString"]
