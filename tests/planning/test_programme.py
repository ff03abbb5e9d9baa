"""The supporting-industry programme, bundled and a planner's own."""

from __future__ import annotations

import math

import pandas as pd
import pytest

import clusters_geo as cg


def test_the_bundled_targets_are_the_published_ones():
    table = cg.programme()
    hanoi = table[table["scope"] == "Hà Nội"]
    targets = {(row["indicator"], row["year"]): row["target"] for row in hanoi.to_dict("records")}
    assert targets["enterprises", 2022] == 920
    assert targets["enterprises_international_standards", 2022] == 300
    assert targets["enterprises", 2025] == 1000
    assert table["source"].notna().all()


def test_attainment_is_result_over_target():
    table = cg.programme()
    of_2022 = table[(table["scope"] == "Hà Nội") & (table["year"] == 2022)].set_index("indicator")[
        "attainment"
    ]
    assert of_2022["enterprises_international_standards"] == pytest.approx(320 / 300)
    assert math.isnan(of_2022["production_index_growth"])


def test_the_target_of_2025_was_brought_forward_by_a_year():
    table = cg.programme()
    moved = table.loc[table["year"] == 2025, ["lead_years", "planned_lead_years"]]
    assert math.isnan(moved["lead_years"].item())  # a plan moved is no result
    assert moved["planned_lead_years"].item() == 1


def test_a_share_that_two_results_make_is_told_as_derived():
    row = cg.programme().query("derived").iloc[0]
    assert row["result"] == pytest.approx(320 / 900)  # 35.6 %
    assert (row["indicator"], row["year"], row["target"], row["target_max"]) == (
        *("share_international_standards", 2024),
        *(0.35, 0.40),
    )
    assert (row["result_qualifier"], row["lead_years"]) == ("about", 2)


def test_no_share_is_derived_where_one_is_printed_or_a_part_is_missing():
    rows = {
        "indicator": ["enterprises", "enterprises_international_standards", "share_international_standards"],
        "year": [2022] * 3,
        "target": [None] * 3,
        "result": [900, 320, 0.36],
        "scope": "A",
    }
    table = pd.DataFrame(rows)
    assert not cg.programme(table)["derived"].any()
    assert not cg.programme(table.iloc[:2].assign(result=[None, 320]))["derived"].any()
    assert cg.programme(table.iloc[:2])["derived"].sum() == 1


def test_sources_are_told_in_the_language_of_the_table(tmp_path):
    from clusters_geo.report.sheets import programme_sheet

    notes = {lang: " ".join(programme_sheet(cg.programme(), lang).notes) for lang in ("vi", "en")}
    assert "Kế hoạch 35/KH-UBND của Hà Nội (2022)" in notes["vi"]
    assert "Plan 35/KH-UBND of Hà Nội (2022)" in notes["en"]
    assert not [word for word in ("Plan ", "Decision", "December") if word in notes["vi"]]
    # A table of one's own has one wording for both.
    (tmp_path / "own.csv").write_text(
        "indicator,year,target,result,source\nfirms,2026,10,5,KH 1\n", encoding="utf-8"
    )
    own = cg.programme(tmp_path / "own.csv")
    assert [programme_sheet(own, lang).notes for lang in ("vi", "en")] == [("[1] KH 1",)] * 2


def test_small_numbers_keep_their_decimals():
    from clusters_geo.report.sheets import programme_sheet

    table = cg.programme(
        pd.DataFrame({"indicator": ["x"], "year": [2024], "target": [0.35], "result": [0.356]})
    )
    row = programme_sheet(table, "en").rows[0]
    assert row[3:5] == ("0.350", "0.356")


def test_own_rows_lead_and_lag(tmp_path):
    own = tmp_path / "own.csv"
    own.write_text(
        "indicator,year,target,result,achieved_year\na,2025,10,12,2023\nb,2025,10,,2026\nc,2025,0,1,\n"
    )
    table = cg.programme(own)
    assert table["lead_years"].tolist()[:2] == [2, -1]
    assert table["attainment"].tolist()[0] == 1.2
    assert table["attainment"].isna().tolist() == [False, True, True]
    pd.testing.assert_frame_equal(cg.programme(pd.read_csv(own)), table)


def test_missing_columns_are_named():
    with pytest.raises(cg.SchemaError, match=r"no column year, result; it has: indicator, target"):
        cg.programme(pd.DataFrame({"indicator": ["a"], "target": [1]}))


def test_words_among_the_numbers_are_named_with_their_row():
    table = pd.DataFrame(
        {"indicator": ["a", "b"], "year": 2025, "target": [1, 2], "result": ["3", "khoảng 4"]}
    )
    with pytest.raises(cg.SchemaError, match=r"row 2, column result: 'khoảng 4'") as caught:
        cg.programme(table)
    assert caught.value.failures["value"].tolist() == ["khoảng 4"]


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00bad", b'a,b\n"unclosed'])
def test_a_file_that_is_no_table_is_refused(tmp_path, content):
    own = tmp_path / "own.csv"
    own.write_bytes(content)
    with pytest.raises(cg.ClustersGeoError, match=r"own.csv.*(cannot be read|no column)"):
        cg.programme(own)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(cg.SourceError, match=r"no file .*nowhere.csv"):
        cg.programme(tmp_path / "nowhere.csv")
