"""Vintages in a folder: written once, loaded by day, compared, and read by other programs."""

from __future__ import annotations

import json
import os

import duckdb
import pandas as pd
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from tests_of_storage import sample

import clusters_geo as cg
from clusters_geo.cli import app
from clusters_geo.storage import vintages


def later(table, **cells):
    return table.assign(as_of=pd.Timestamp("2025-12-31"), **cells)


def test_a_day_gives_the_newest_vintage_not_later(tmp_path):
    first = cg.save_vintage(sample(), tmp_path / "ky")
    second = cg.save_vintage(later(sample(), planned_ha=[20.0, 3.0, 4.0]), tmp_path / "ky")
    assert [first.name, second.name] == ["2022-09-30.parquet", "2025-12-31.parquet"]
    for day, expected in [("2022-09-30", 12.7), ("2024", 12.7), ("2025-12-31", 20.0), (None, 20.0)]:
        assert cg.load_clusters(tmp_path / "ky", as_of=day).loc["TT-01", "planned_ha"] == expected
    assert cg.load_clusters(f"{tmp_path / 'ky'}@2023-01").loc["TT-01", "planned_ha"] == 12.7
    with pytest.raises(cg.SourceError, match="its first is 2022-09-30"):
        cg.load_clusters(tmp_path / "ky", as_of="2021")


def test_nothing_is_lost_on_the_way(tmp_path):
    cg.save_vintage(sample(), tmp_path)
    back = cg.load_clusters(tmp_path)
    expected = sample()
    assert back.index.tolist() == expected.index.tolist()
    for name in expected.columns.drop("geometry"):
        left, right = back[name], expected[name]
        assert left.isna().tolist() == right.isna().tolist(), name
        assert left.dropna().tolist() == right.dropna().tolist(), name
    assert back["workers"].iloc[0] == back["mã số thuế"].iloc[0] == 2**53 + 1
    assert back.crs == "EPSG:5897"
    assert back.geometry.iloc[[0, 2]].geom_equals_exact(expected.geometry.iloc[[0, 2]], 0).all()
    assert back.geometry.iloc[1] is None


def test_the_metadata_tell_where_it_comes_from(tmp_path):
    cg.save(sample(), tmp_path / "so.gpkg")
    clusters = cg.load_clusters(tmp_path / "so.gpkg")
    path = cg.save_vintage(clusters, tmp_path / "ky", "2023-06")
    told = json.loads(pq.read_schema(path).metadata[b"clusters_geo"])
    assert told["as_of"] == "2023-06-30"
    assert told["source"] == "so.gpkg"
    assert told["sha256"] == cg.load_report(clusters).sha256
    assert told["written_by"].startswith("clusters-geo ")
    assert b"geo" in pq.read_schema(path).metadata
    assert str(tmp_path).encode() not in path.read_bytes()


def test_a_vintage_is_written_once(tmp_path):
    path = cg.save_vintage(sample(), tmp_path)
    before = path.read_bytes()
    with pytest.raises(cg.SourceError, match="is history and is not overwritten"):
        cg.save_vintage(sample().assign(planned_ha=1.0), tmp_path)
    assert path.read_bytes() == before
    cg.save_vintage(sample().assign(planned_ha=1.0), tmp_path, overwrite=True)
    assert cg.load_clusters(tmp_path)["planned_ha"].tolist() == [1.0, 1.0, 1.0]
    with pytest.raises(cg.SourceError, match="delete it first"):
        cg.save_vintage(sample(), tmp_path, by="district", overwrite=True)


def test_a_large_one_is_a_folder_with_a_file_a_unit(tmp_path, monkeypatch):
    monkeypatch.setattr(vintages, "PART_ROWS", 2)
    folder = cg.save_vintage(sample(), tmp_path)
    assert sorted(part.name for part in folder.iterdir()) == [
        "gia-lam.parquet",
        "khong-ro.parquet",
        "thach-that.parquet",
    ]
    back = cg.load_clusters(tmp_path).loc[sample().index]
    assert back["planned_ha"].equals(sample()["planned_ha"])
    assert back["workers"].iloc[0] == 2**53 + 1
    assert back.crs == "EPSG:5897"
    assert cg.load_report(back).rows == 3
    assert cg.load_report(back).path == str(tmp_path / "2022-09-30")
    one = json.loads(pq.read_schema(folder / "gia-lam.parquet").metadata[b"clusters_geo"])
    assert (one["by"], one["part"]) == ("district", "gia-lam")


@pytest.mark.parametrize("by", [None, "district"])
def test_duckdb_reads_the_folder_as_it_is(tmp_path, by):
    cg.save_vintage(sample(), tmp_path / "ký", by=by)
    cg.save_vintage(later(sample(), planned_ha=[20.0, 3.0, 4.0]), tmp_path / "ký")
    files = str(tmp_path / "ký" / "**" / "*.parquet")
    found = duckdb.execute(
        "SELECT year(as_of), count(*), max(workers), max(planned_ha)"
        " FROM read_parquet(?, union_by_name = true) GROUP BY 1 ORDER BY 1",
        [files],
    ).fetchall()
    assert found == [(2022, 3, 2**53 + 1, 12.7), (2025, 3, 2**53 + 1, 20.0)]


def test_what_is_no_vintage_is_left_alone(tmp_path):
    cg.save_vintage(sample(), tmp_path)
    (tmp_path / "2026-01-01.csv").write_text("x", encoding="utf-8")
    (tmp_path / "ghi-chu.parquet").write_bytes(b"PAR1")
    (tmp_path / "2027-01-01").mkdir()
    assert len(cg.load_clusters(tmp_path)) == 3
    with pytest.raises(cg.SourceError, match="is a file and holds a single one"):
        cg.load_clusters(tmp_path / "2022-09-30.parquet", as_of="2022")
    with pytest.raises(cg.SourceError):
        cg.load_clusters(tmp_path / "2027-01-01")


def test_without_a_day_or_a_column_it_is_said(tmp_path):
    with pytest.raises(cg.SchemaError, match="no column as_of"):
        cg.save_vintage(sample().drop(columns="as_of"), tmp_path)
    with pytest.raises(cg.SchemaError, match="no column commune"):
        cg.save_vintage(sample(), tmp_path, by="commune")
    assert os.listdir(tmp_path) == []  # noqa: PTH208 - nothing at all, temporary files neither


def test_commands_take_a_folder_and_a_day(tmp_path):
    cg.save(sample().drop(columns="geometry").set_geometry([None] * 3, crs=5897), tmp_path / "so.csv")
    ky = str(tmp_path / "ky")

    def run(*arguments):
        return CliRunner().invoke(app, [*arguments, "--lang", "en"], catch_exceptions=True)

    assert run("convert", str(tmp_path / "so.csv"), ky, "--vintage", "2022-09-30").exit_code == 0
    cg.save(later(sample(), planned_ha=[20.0, 3.0, 4.0]), tmp_path / "later.parquet")
    # The folder is there by now, and takes another.
    done = run("convert", str(tmp_path / "later.parquet"), ky, "--vintage", "2025-12-31")
    assert done.exit_code == 0, done.output
    done = run("compare", f"{ky}@2022-09-30", f"{ky}@2025-12-31", "--format", "json")
    assert done.exit_code == 0, done.output
    assert "planned_ha" in done.output
    assert run("summary", f"{ky}@2023").exit_code == 0
    assert run("summary", ky).exit_code == 0
    again = run("convert", str(tmp_path / "so.csv"), ky, "--vintage", "2022-09-30")
    assert "is history and is not overwritten" in str(again.exception)
    assert run("convert", str(tmp_path / "so.csv"), ky, "--overwrite").exit_code != 0
