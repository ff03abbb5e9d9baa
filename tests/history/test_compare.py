"""Two vintages: which is which, what changed, and a bridge that adds up whatever is unknown."""

from __future__ import annotations

import math

import geopandas as gpd
import hypothesis.strategies as st
import pandas as pd
import pytest
from hypothesis import given, settings
from shapely.geometry import box
from shares import examples

import clusters_geo as cg
from clusters_geo.errors import SchemaError
from clusters_geo.history.compare import STEPS, bridge, compare, match_clusters
from clusters_geo.report.time_sheets import bridge_chart, compare_sheets


def register(rows, **columns):
    """Rows as (id, name, hectares)."""
    ids, names, areas = zip(*rows, strict=True)
    return pd.DataFrame(
        {"name": names, "planned_ha": areas, **columns}, index=pd.Index(ids, name="cluster_id")
    )


def squares(*rows, crs="EPSG:5897"):
    """Rows as (id, name, west, east): lots 100 m high, in metres from one corner."""
    return gpd.GeoDataFrame(
        {"name": [r[1] for r in rows], "planned_ha": [(r[3] - r[2]) / 100 for r in rows]},
        geometry=[box(580_000 + r[2], 2_320_000, 580_000 + r[3], 2_320_100) for r in rows],
        index=[r[0] for r in rows],
        crs=crs,
    )


AREAS = st.one_of(st.none(), st.floats(0, 500, allow_nan=False))
ROWS = st.dictionaries(
    st.sampled_from("ABCDEFG"), st.tuples(AREAS, st.sampled_from(["operating", "pending"])), min_size=1
)


@given(before=ROWS, after=ROWS, status=st.sampled_from([None, "operating"]), totals=st.tuples(AREAS, AREAS))
@settings(max_examples=examples(25))
def test_the_bridge_adds_up(before, after, status, totals):
    tables = [
        pd.DataFrame(
            {
                "name": list(rows),
                "planned_ha": pd.Series([a for a, _ in rows.values()], dtype="float64").to_numpy(),
                "status": [s for _, s in rows.values()],
            },
            index=list(rows),
        )
        for rows in (before, after)
    ]
    table = bridge(*tables, status=status, published=totals)
    assert table.index.tolist() == list(STEPS)
    between = math.fsum(table["hectares"].iloc[1:-1])
    assert table["hectares"].iloc[0] + between == pytest.approx(table["hectares"].iloc[-1], abs=1e-6)
    if totals == (None, None):
        assert table.loc["unexplained", "hectares"] == pytest.approx(0, abs=1e-6)


def test_1337_to_1686_is_unexplained_and_never_spread(clusters):
    found = compare(clusters, clusters, status="operating", published=(1337.0, 1686.0))
    steps = found.bridge["hectares"]
    assert steps[["before", "unexplained", "after"]].tolist() == [1337.0, 349.0, 1686.0]
    assert (steps.drop(["before", "unexplained", "after"]) == 0).all()
    assert found.changes.empty


def test_what_is_modelled_on_either_side_is_told_step_by_step():
    early = register([("1", "A", 10.0), ("2", "B", 20.0), ("3", "C", 30.0), ("4", "D", 5.0)])
    late = register([("1", "A", 12.0), ("2", "B", 15.0), ("3", "C", 31.0), ("5", "E", 9.0)])
    early["planned_ha_basis"] = ["published", "modelled", "published", "modelled"]
    late["planned_ha_basis"] = ["published", "published", "modelled", "modelled"]
    found = compare(early, late)
    assert found.bridge["modelled_ha"].to_dict() == {
        **dict.fromkeys(STEPS, 0.0),
        "before": 25.0,
        "added": 9.0,
        "grown": 1.0,
        "gone": -5.0,
        "shrunk": -5.0,
        "after": 40.0,
    }
    for lang, said in (("vi", "Trong đó mô hình hóa"), ("en", "Of which modelled")):
        assert compare_sheets(found, lang)[0].header[-1] == said
        assert "≈ " in bridge_chart(found, lang).svg
    # A published total is no sum of modelled ones; without bases nothing is said of them.
    published = compare(early, late, published=(40.0, 50.0)).bridge["modelled_ha"]
    assert published[["before", "after"]].tolist() == [0.0, 0.0]
    bare = compare(early.drop(columns="planned_ha_basis"), late.drop(columns="planned_ha_basis"))
    assert len(compare_sheets(bare, "en")[0].header) == 3
    assert "≈" not in bridge_chart(bare, "en").svg


def test_each_step_by_hand():
    early = register(
        [
            ("1", "A", 10.0),
            ("2", "B", 20.0),
            ("3", "C", None),
            ("4", "D", 8.0),
            ("5", "E", 6.0),
            ("6", "F", 5.0),
        ],
        status=["operating", "operating", "operating", "operating", "pending", "operating"],
    )
    late = register(
        [
            ("1", "A", 12.0),
            ("3", "C", 7.0),
            ("4", "D", None),
            ("5", "E", 6.5),
            ("6", "F", 4.0),
            ("9", "G", 3.0),
        ],
        status="operating",
    )
    steps = bridge(early, late, status="operating")["hectares"].to_dict()
    assert steps == {
        "before": 43.0,
        "added": 3.0,
        "entered": 6.5,
        "grown": 2.0,
        "known_now": 7.0,
        "gone": -20.0,
        "left": 0.0,
        "shrunk": -1.0,
        "unknown_now": -8.0,
        "unexplained": 0.0,
        "after": 32.5,
    }


def test_ids_that_moved_with_a_row_put_in_do_not_mislead():
    early = register([("HN-1", "Kim Bài", 48.0), ("HN-2", "CN2", 63.0), ("HN-3", "Sơn Đông", 75.0)])
    late = register(
        [("HN-1", "Mới", 5.0), ("HN-2", "Kim Bài", 48.0), ("HN-3", "CN2", 50.0), ("HN-4", "Sơn Đông", 75.0)]
    )
    found = compare(early, late)
    assert found.changes[["change", "name"]].to_numpy().tolist() == [["added", "Mới"], ["figure", "CN2"]]


def test_an_id_with_a_new_name_is_renamed_and_a_name_written_otherwise_is_not():
    early = register([("1", "Liên Hà 2", 20.0), ("2", "CCN Hòa Bình", 7.0)])
    late = register([("1", "Cổ Loa", 20.0), ("2", "Cụm công nghiệp Hoà Bình", 7.0)])
    found = compare(early, late).changes
    assert found[["cluster_id", "change", "before", "after"]].to_numpy().tolist() == [
        ["1", "renamed", "Liên Hà 2", "Cổ Loa"]
    ]


def test_names_that_stand_twice_need_their_unit():
    early = register([("a", "Phùng Xá", 18.7), ("b", "Phùng Xá", 10.0)], district=["Thạch Thất", "Mỹ Đức"])
    late = register([("x", "Phùng Xá", 10.0), ("y", "Phùng Xá", 18.7)], district=["Mỹ Đức", "Thạch Thất"])
    pairs = match_clusters(early, late)
    assert dict(zip(pairs["before_id"], pairs["after_id"], strict=True)) == {"a": "y", "b": "x"}
    unknown = match_clusters(early.drop(columns="district"), late.drop(columns="district"))
    assert unknown.empty  # a guess is worse than two clusters gone and two added


def test_an_id_keeps_its_cluster_unless_the_name_went_to_another():
    early = register([("1", "Kim Bài", 1.0), ("2", "CN2", 2.0), ("3", "Cũ", 3.0)])
    late = register([("1", "CN2", 2.0), ("2", "Kim Bài", 1.0), ("3", "Mới", 3.0)])
    pairs = match_clusters(early, late).to_numpy().tolist()
    assert sorted(pairs) == [["1", "2", "name"], ["2", "1", "name"], ["3", "3", "id"]]


def test_many_clusters_are_matched_in_time_that_grows_as_they_do():
    # Looking each name up among all took an hour for so many.
    many = register([(f"c{n}", f"Cụm {n}", 1.0) for n in range(20_000)])
    assert (match_clusters(many, many)["matched"] == "id").sum() == 20_000


def test_a_site_with_another_id_and_name_is_found_by_its_outline():
    early, late = squares(("1", "Cũ", 0, 300)), squares(("9", "Mới", 10, 300), ("10", "Xa", 5000, 5100))
    found = compare(early, late).changes
    assert found["change"].tolist() == ["added", "renamed", "moved", "figure"]
    assert set(found.loc[found["change"] != "added", "matched"]) == {"outline"}


DECIDED = {"decision": "840/QĐ-UBND", "established_on": pd.Timestamp("2013-09-21"), "district": "Nam Đàn"}


def decided(name, **other):
    return register([(name, name, 18.64)], **(DECIDED | other))


def test_a_cluster_with_another_name_is_found_by_its_decision_and_counts_as_neither_new_nor_gone():
    found = compare(decided("Nam Đàn 1", commune="Vạn An"), decided("Vân Diên", decision="Số 840/QĐ - UBND"))
    assert found.changes[["change", "matched"]].iloc[0].tolist() == ["renamed", "decision"]
    assert found.bridge.loc["added":"gone", "clusters"].sum() == 0


@pytest.mark.parametrize(
    "other",
    [
        {"district": "Hưng Nguyên"},
        {"district": None, "commune": "Kim Liên"},
        {"established_on": pd.Timestamp("2014-09-21")},
        {"established_on": pd.NaT},
        {"decision": "841/QĐ-UBND"},
    ],
)
def test_a_decision_does_not_match_what_its_day_its_number_or_a_unit_contradicts(other):
    before = decided("Nam Đàn 1", commune="Vạn An")
    assert match_clusters(before, decided("Vân Diên", **other)).empty


def test_a_decision_for_several_clusters_names_none_of_them():
    several = pd.concat([decided("Nam Đàn 1"), decided("Nam Giang")])
    later = pd.concat([decided("Vân Diên"), decided("Nam Giang")])
    assert match_clusters(several, later)["matched"].tolist() == ["id"]


def test_what_came_or_is_gone_is_told_with_its_hectares():
    found = compare(register([("A", "A", 9.3)]), register([("B", "B", 12.22), ("C", "C", None)])).changes
    assert found[["change", "column", "before", "after"]].fillna("").to_numpy().tolist() == [
        ["gone", "planned_ha", "9.3", ""],
        ["added", "planned_ha", "", "12.22"],
        ["added", "", "", ""],
    ]
    assert found["difference"].head(2).tolist() == [-9.3, 12.22]


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (0.55, 0.550092, []),  # "55,0 %" as text, then a cell of 0.550092
        (0.7439876, 0.744, []),
        (0.55, 0.5549, ["55,0 %", "55,5 %"]),
        (0.5501, 0.5504, ["55,01 %", "55,04 %"]),
        (0.55, None, ["55,0 %", ""]),
    ],
)
def test_rates_that_differ_by_their_rounding_alone_are_no_change(before, after, told):
    first, second = (register([("A", "A", 1.0)], fill_rate_declared=rate) for rate in (before, after))
    row = compare_sheets(compare(first, second), "vi")[-1].rows
    assert [cell for line in row for cell in line[4:6]] == told


def test_flags_are_told_in_words():
    first, second = (register([("A", "A", 1.0)], wastewater_started=[told]) for told in (False, True))
    (row,) = compare_sheets(compare(first, second), "vi")[-1].rows
    assert row[4:6] == ("không", "có")


def test_gained_and_lost_land_is_measured_and_drawn():
    found = compare(squares(("1", "A", 0, 200)), squares(("1", "A", 50, 300)))
    moved = found.boundaries.set_index("what")
    assert moved["hectares"].to_dict() == pytest.approx({"gained": 1.0, "lost": 0.5}, rel=1e-3)
    assert moved.geometry.is_valid.all()
    row = found.changes[found.changes["change"] == "moved"].iloc[0]
    assert row["difference"] == pytest.approx(0.5, rel=1e-3)


def test_split_and_merged_are_told_from_gone_and_added():
    whole, halves = squares(("1", "A", 0, 400)), squares(("2", "A1", 0, 200), ("3", "A2", 200, 400))
    split = compare(whole, halves).changes
    assert split[["change", "name", "after"]].to_numpy().tolist() == [["split", "A", "2; 3"]]
    merged = compare(halves, whole).changes
    assert merged[["change", "name", "before"]].to_numpy().tolist() == [["merged", "A", "2; 3"]]


def test_sketched_outlines_are_not_compared():
    early = squares(("1", "A", 0, 200)).assign(boundary_basis="schematic")
    assert compare(early, squares(("1", "A", 50, 300))).boundaries.empty


def test_the_vintages_of_the_case():
    early, late = cg.load_hanoi()[0], cg.load_hanoi(as_of="2025-12-31")[0]
    found = compare(early, late)
    counts = found.changes["change"].value_counts().to_dict()
    assert counts["added"] == 9
    assert "gone" not in counts
    assert "moved" not in counts
    cn2 = found.changes[(found.changes["name"] == "CN2") & (found.changes["column"] == "planned_ha")].iloc[0]
    assert (cn2["before"], cn2["after"], round(cn2["difference"], 2)) == ("63.16", "50.59", -12.57)
    operating = compare(early, late, status="operating").bridge["hectares"]
    assert operating["before"] == operating["after"] == pytest.approx(1686)


def test_neither_table_is_changed_and_json_can_hold_the_result(clusters):
    import json

    before = clusters.copy()
    record = compare(clusters, clusters.assign(workers=5)).record()
    assert clusters.equals(before)
    assert len(json.dumps(record, ensure_ascii=False)) > 1000


@pytest.mark.parametrize(
    ("tables", "options", "says"),
    [
        (
            (register([("1", "A", 1.0), ("1", "B", 2.0)]), register([("1", "A", 1.0)])),
            {},
            "stand more than once",
        ),
        (
            (register([("1", "A", 1.0)]), register([("1", "A", 1.0)])),
            {"measure": "floors"},
            "has the column floors",
        ),
    ],
)
def test_what_cannot_be_compared_is_refused(tables, options, says):
    with pytest.raises(SchemaError, match=says):
        compare(*tables, **options)


def test_a_changed_rate_is_told_in_per_cent():
    from clusters_geo.report.time_sheets import compare_sheets

    before = register([("A", "Tân Chi", 74.2)]).assign(fill_rate_declared=0.439)
    after = before.assign(fill_rate_declared=0.763)
    row = compare_sheets(compare(before, after), "vi")[1].rows[0]
    assert row[4:6] == ("43,9 %", "76,3 %")


def test_registers_of_names_only_are_compared_by_their_clusters():
    early = pd.DataFrame({"name": ["Phú Thị", "Kiêu Kỵ"]}, index=["1", "2"])
    late = pd.DataFrame({"name": ["Phú Thị", "Lâm Giang"]}, index=["1", "3"])
    found = compare(early, late)
    assert found.changes[["change", "name"]].to_numpy().tolist() == [
        ["gone", "Kiêu Kỵ"],
        ["added", "Lâm Giang"],
    ]
    assert found.bridge["hectares"].isna().all()  # unknown is not nought
    assert found.bridge["clusters"][["before", "added", "gone", "after"]].tolist() == [2, 1, 1, 2]
    assert {step["hectares"] for step in found.record()["bridge"]} == {None}
    sheet = compare_sheets(found, "vi")[0]
    assert {row[1] for row in sheet.rows} == {"–"}
    assert not sheet.notes
    for asked in (lambda: compare(early, late, measure="leased_ha"), lambda: bridge_chart(found, "vi")):
        with pytest.raises(SchemaError, match="Neither register has the column"):
            asked()
    assert compare(early, late, published=(1337.0, 1686.0)).bridge["hectares"]["unexplained"] == 349.0
