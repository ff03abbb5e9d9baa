"""`validate` names every fault at once, with the row, the value and what to do."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import clusters_geo as cg


def register(**columns):
    size = max((len(values) for values in columns.values()), default=1)
    base = {"name": [f"C{k}" for k in range(size)], "status": ["operating"] * size} | columns
    index = base.pop("cluster_id", [f"HN-{k}" for k in range(size)])
    return pd.DataFrame(base, index=pd.Index(index, name="cluster_id"))


def faults(table):
    with pytest.raises(cg.SchemaError) as caught:
        cg.validate(table)
    failures = caught.value.failures
    assert list(failures.columns) == ["row", "column", "value", "problem", "fix"]
    assert failures["fix"].str.len().gt(0).all()
    return failures


def test_the_bundled_case_passes_and_comes_back_itself(clusters, districts):
    assert cg.validate(clusters) is clusters
    assert cg.validate(districts) is districts


def test_a_sound_table_passes():
    table = register(
        planned_ha=[1.0, np.nan], workers=pd.array([1, None], dtype="Int64"), craft_village=[True, None]
    )
    assert cg.validate(table) is table


@pytest.mark.parametrize(
    ("column", "value", "problem"),
    [
        ("planned_ha", "khoảng 20", "is not a number of at least 0"),
        ("planned_ha", -1.0, "is not a number of at least 0"),
        ("planned_ha", np.inf, "is not a number"),
        ("fill_rate_declared", 85.5, "is not a number from 0 to 1"),
        ("workers", 2.5, "is not a whole number"),
        ("status", "closed", "is not one of operating, under_construction or pending"),
        ("investor_kind", "friend", "is not one of enterprise"),
        ("as_of", "tomorrow", "is not a date"),
        ("craft_village", "yes", "is not true or false"),
        ("name", "  ", "is not text"),
        ("name", None, "is missing"),
    ],
)
def test_each_kind_of_fault_is_named(column, value, problem):
    failures = faults(register(**{column: [value]}))
    assert failures["row"].tolist() == ["HN-0"]
    assert failures["column"].tolist() == [column]
    assert failures["problem"].item().startswith(problem)


def test_all_faults_come_at_once():
    table = register(planned_ha=[1.0, -1.0, "x"], status=["operating", "odd", "pending"])
    failures = faults(table)
    assert sorted(zip(failures["row"], failures["column"], strict=True)) == [
        ("HN-1", "planned_ha"), ("HN-1", "status"), ("HN-2", "planned_ha"),
    ]  # fmt: skip


def test_an_id_used_twice_is_named_for_both_rows():
    failures = faults(register(cluster_id=["A", "A", "B"], name=["1", "2", "3"]))
    assert failures["row"].tolist() == ["A", "A"]
    assert failures["problem"].str.contains("more than once").all()


def test_a_missing_id_is_named():
    assert "is missing" in faults(register(cluster_id=["A", None], name=["1", "2"]))["problem"].tolist()


def test_missing_columns_are_named_once_for_the_table():
    failures = faults(register().drop(columns=["name"]))
    assert failures["row"].unique().tolist() == ["(table)"]
    assert set(failures["value"]) | set(failures["column"]) >= {"name"}


def test_districts_need_a_shape():
    index = pd.Index(["279", "280"], name="district_code")
    table = gpd.GeoDataFrame(
        {"name": ["A", "B"]}, geometry=[shapely.box(0, 0, 1, 1), None], index=index, crs=4326
    )
    failures = faults(table)
    assert failures[["row", "column"]].to_numpy().tolist() == [["280", "geometry"]]


def test_the_message_shows_the_first_faults_and_counts_the_rest():
    with pytest.raises(cg.SchemaError, match=r"has 9 (.|\n)*HN-0, planned_ha: -1 is not(.|\n)*and 4 more"):
        cg.validate(register(planned_ha=[-1.0] * 9))


def test_a_loaded_table_names_the_file_and_the_cell(tmp_path):
    path = tmp_path / "so.csv"
    path.write_text(
        "DANH SÁCH\nTên CCN;Diện tích (ha);Tình trạng\nCụm A;12,5;đang hoạt động\nCụm B;abc;đang hoạt động\n"
    )
    with pytest.raises(cg.SchemaError) as caught:
        cg.load_clusters(path)
    assert "so.csv có 1 chỗ không tính toán được:\n  B4 (cum-b), planned_ha" in caught.value.text("vi")
    assert "so.csv has 1 values that cannot be computed with:\n  B4 (cum-b)" in caught.value.text("en")
    assert caught.value.failures["row"].tolist() == ["cum-b"]


def test_a_missing_column_is_a_fault_of_the_whole_table_in_either_language():
    table = pd.DataFrame({"status": ["pending"]}, index=pd.Index(["1"], name="cluster_id"))
    with pytest.raises(cg.SchemaError) as caught:
        cg.validate(table)
    assert "(cả bảng), name" in caught.value.text("vi")
    assert "(table), name" in caught.value.text("en")
