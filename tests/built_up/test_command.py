"""`clusters-geo built-up`, from two files to a table."""

from __future__ import annotations

import csv
import io
import json

import geopandas as gpd
import pytest
import shapely
from click.testing import CliRunner

from clusters_geo.cli import FINDINGS
from clusters_geo.cli.built_up import command
from clusters_geo.errors import CRSError, SchemaError, SourceError

X, Y = 500_000.0, 2_300_000.0


@pytest.fixture
def files(tmp_path):
    shapes = [shapely.box(X, Y, X + 500, Y + 400), shapely.box(X + 900, Y, X + 1200, Y + 300)]
    columns = {
        "cluster_id": ["A", "B"],
        "name": ["CCN Phùng Xá", "CCN Phú Thị"],
        "status": ["operating", "operating"],
        "built_ha": [10.0, 5.0],
    }
    register = tmp_path / "register.gpkg"
    gpd.GeoDataFrame(columns, geometry=shapes, crs="EPSG:5897").to_file(register)
    halls = [shapely.box(X, Y, X + 100, Y + 200), shapely.box(X + 50, Y, X + 150, Y + 200)]
    parts = tmp_path / "parts"
    parts.mkdir()
    for number, hall in enumerate(halls):
        layer = gpd.GeoDataFrame({"year": [2019 + number]}, geometry=[hall], crs="EPSG:5897")
        layer.to_parquet(parts / f"{number}.parquet")
    return register, parts


def run(*arguments):
    return CliRunner().invoke(command, [str(a) for a in arguments])


def test_the_table_stands_beside_what_was_declared(files):
    done = run(*files, "--lang", "en")
    assert done.exit_code == 0, done.output
    assert "Built-up area" in done.output
    row = next(line for line in done.output.splitlines() if "CCN Phùng Xá" in line)
    assert " ".join(row.split()) == "A CCN Phùng Xá 3.00 2 15.0 % 10.00 30.0 %"
    assert "parts: 2 footprints read; 0 have no shape" in done.output


def test_vietnamese_is_the_default(files):
    done = run(*files)
    assert "Diện tích có công trình" in done.output
    assert "3,00" in done.output


def test_json_and_csv_carry_the_same_figures(files):
    as_json = json.loads(run(*files, "--format", "json").stdout)
    as_csv = list(csv.DictReader(io.StringIO(run(*files, "--format", "csv").stdout)))
    assert [record["cluster_id"] for record in as_json] == ["A", "B"]
    assert as_json[0]["built_up_ha"] == pytest.approx(3.0, rel=3e-4)
    assert float(as_csv[0]["built_up_ha"]) == pytest.approx(as_json[0]["built_up_ha"])
    assert as_json[1]["footprints"] == 0


def test_by_year(files):
    records = json.loads(
        run(*files, "--format", "json", "--by", "year", "--measured-on", "2022-09-30").stdout
    )
    assert [(r["cluster_id"], r["year"], r["footprints"]) for r in records] == [
        ("A", 2019, 1),
        ("A", 2020, 1),
        ("B", 2019, 0),
        ("B", 2020, 0),
    ]
    assert {record["measured_on"] for record in records} == {"2022-09-30"}


def test_an_approximation_says_so_in_the_table_and_in_each_record(files):
    table = run(*files, "--method", "raster", "--cell-m", "2", "--lang", "en").output
    assert "Standard" in table
    assert "Approximate, overlaps counted in 2 m cells" in table
    record = json.loads(run(*files, "--method", "raster", "--format", "json").stdout)[0]
    exact = json.loads(run(*files, "--format", "json").stdout)[0]
    assert (record["method"], exact["method"]) == ("raster 1 m", "exact")
    assert abs(record["built_up_ha"] - exact["built_up_ha"]) < 3 * record["built_up_error_ha"]
    assert "built_up_error_ha" not in exact


def test_the_width_of_cells_is_written_as_people_write_it(files):
    assert "theo ô 0,5 m" in run(*files, "--method", "raster", "--cell-m", "0.5").output


def test_no_word_of_approximation_where_all_is_exact(files):
    assert "Approximate" not in run(*files, "--lang", "en").output


@pytest.mark.parametrize("date", ["foo", "2022", "31.12.2022", "2022-13-01", "31/02/2022"])
def test_a_date_that_is_none_is_refused_before_the_work(files, date):
    done = run(*files, "--measured-on", date)
    assert (done.exit_code, "không phải là ngày" in done.stderr) == (2, True)


def test_the_day_stands_before_the_month(files):
    records = json.loads(run(*files, "--measured-on", "02/03/2022", "--format", "json").stdout)
    assert {record["measured_on"] for record in records} == {"2022-03-02"}


def test_a_system_that_nobody_knows_is_refused(files):
    done = run(*files, "--footprints-crs", "nonsense")
    assert isinstance(done.exception, CRSError)
    assert "There is no coordinate system 'nonsense' for the footprints" in str(done.exception)


def test_an_unsuitable_cell_is_refused(files):
    assert isinstance(run(*files, "--method", "raster", "--cell-m", "9000").exception, SchemaError)


def test_the_result_goes_to_a_file(files, tmp_path):
    done = run(*files, "--format", "csv", "--output", tmp_path / "out.csv")
    assert done.exit_code == 0
    assert (tmp_path / "out.csv").read_text(encoding="utf-8-sig").startswith("cluster_id,built_up_ha")


def test_a_broken_part_ends_the_work_and_leaves_no_file(files, tmp_path):
    register, parts = files
    (parts / "2.parquet").write_bytes(b"PAR1 cut short")
    done = run(register, parts, "--output", tmp_path / "out.csv", "--format", "csv")
    assert isinstance(done.exception, SourceError)
    assert "2.parquet" in str(done.exception)
    assert not (tmp_path / "out.csv").exists()


def test_keep_going_names_what_was_left_out_and_says_so_by_its_exit_code(files):
    register, parts = files
    (parts / "2.parquet").write_bytes(b"PAR1 cut short")
    done = run(register, parts, "--keep-going")
    assert done.exit_code == FINDINGS
    assert "left out" in done.stderr
    assert "2.parquet" in done.stderr


def test_an_unknown_column_is_refused(files):
    assert isinstance(run(*files, "--by", "class").exception, SchemaError)
