"""Tables on terminals of every width: no figure is cut, a district takes one line at 80 columns."""

from __future__ import annotations

import random
import re
from importlib.metadata import version

import pandas as pd
import pytest
from packaging.version import Version

import clusters_geo as cg
from clusters_geo.planning.pipeline import pipeline, pipeline_tiers
from clusters_geo.report import tables
from clusters_geo.report.sheets import group_sheet, pending_sheet, summary_sheet
from clusters_geo.report.tables import Sheet, to_text
from clusters_geo.report.time_sheets import pipeline_sheets
from clusters_geo.report.unit_report import unit_report


@pytest.fixture(scope="module")
def clusters():
    return cg.load_hanoi()[0]


@pytest.fixture(scope="module", params=["vi", "en"])
def districts(request, clusters):
    return group_sheet(clusters, "district", request.param)


def figures(sheet):
    return [cell for row in sheet.rows for n, cell in enumerate(row) if n in sheet.numeric]


def test_at_80_columns_a_district_takes_one_line(districts):
    lines = to_text(districts, width=80).splitlines()
    assert max(map(len, lines)) <= 80
    for row in districts.rows:
        line = next(line for line in lines if line.startswith((f" {row[0]} ", f"  {row[0]} ")))
        for cell in row[1:]:
            assert cell in line


@pytest.mark.parametrize("width", [30, 40, 50, 60, 66, 72, 80, 100, 120, 200])
def test_no_width_cuts_a_figure(districts, width):
    text = to_text(districts, width=width)
    assert "…" not in text
    assert max(map(len, text.splitlines())) <= width
    for cell in figures(districts):
        assert cell in text


def test_at_60_columns_districts_are_a_list(districts):
    lines = to_text(districts, width=60).splitlines()
    first = districts.rows[0]
    at = lines.index(first[0])
    told = [f"  {heading}: {cell}" for heading, cell in zip(districts.header[1:], first[1:], strict=True)]
    assert lines[at + 1 : at + 1 + len(told)] == told


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_other_tables_keep_every_figure_too(clusters, width):
    for sheet in (summary_sheet(clusters, "vi"), pending_sheet(clusters, "en")):
        text = to_text(sheet, width=width)
        together = re.sub(r"\s+", " ", text)
        assert all(cell in together for cell in figures(sheet))
        assert "…" not in text


def test_a_long_word_is_broken_and_nothing_of_it_lost():
    sheet = Sheet("T", ("Tên", "ha"), (("x" * 90, "1.686,5"),), frozenset({1}))
    text = to_text(sheet, width=40)
    assert text.count("x") == 90
    assert "1.686,5" in text
    assert max(map(len, text.splitlines())) <= 40


def test_a_table_without_rows_has_its_headings():
    assert "ha" in to_text(Sheet("Trống", ("Tên", "ha"), (), frozenset({1})), width=40)


def test_wide_letters_are_counted_by_their_width():
    sheet = Sheet("T", ("名", "ha", "人"), (("河内工业区" * 4, "1.686,5", "60.000"),), frozenset({1, 2}))
    text = to_text(sheet, width=44)
    assert "1.686,5" in text
    assert "60.000" in text


def test_nothing_published_is_no_column_and_no_area_of_nought(clusters):
    own = clusters.drop(columns=[name for name in clusters if name.endswith("_basis")])
    sheet = group_sheet(own.assign(planned_ha_basis="declared"), "district", "vi")
    assert "Quy hoạch đã công bố, ha" not in sheet.header
    published = {row[0]: row[-1] for row in group_sheet(clusters, "district", "vi").rows}
    assert published["Tổng"] == "519,0"


def test_a_long_note_gets_the_width_that_others_can_spare():
    note = "tính cả hai cụm chỉ khai tỷ lệ, chưa có đất công nghiệp của ba cụm " * 3
    sheet = Sheet(
        "", ("Dòng", "Chỉ tiêu", "Ghi chú"), (("1", "Số lượng cụm công nghiệp đã thành lập", note),)
    )
    lines = to_text(sheet, width=100).splitlines()
    # In a third of the room the note would take twelve lines.
    assert len(lines) <= 7


def test_areas_that_nobody_knows_are_not_told_beside_the_total(clusters):
    bare = clusters.assign(planned_ha=float("nan"), built_ha=float("nan"))
    assert not [note for note in group_sheet(bare, "district", "vi").notes if note.startswith("Diện tích")]
    told = group_sheet(clusters, "district", "vi").notes
    assert any(note.startswith("Diện tích, tỷ lệ là của cụm đang hoạt động") for note in told)


def test_totals_over_fewer_clusters_than_operate_say_over_how_many(clusters):
    few = clusters[clusters["status"] == "operating"].head(6).copy()
    few[["built_ha", "planned_ha"]] = [[1.0, 2.0]] * 6
    told = (
        "Chỉ tính trên các cụm có đủ số liệu: "
        "diện tích đã xây dựng hạ tầng 5/6 cụm và tỷ lệ xây dựng hạ tầng 5/6 cụm"
    )
    assert not [note for note in group_sheet(few, "district", "vi").notes if "xây dựng hạ tầng 5/6" in note]
    few.loc[few.index[0], "built_ha"] = None
    for by in ("district", "status"):
        assert [note for note in group_sheet(few, by, "vi").notes if note.startswith(told)]
    assert [note for note in unit_report(few).parts[2].table.notes if note.startswith(told)]


@pytest.mark.skipif(
    Version(version("rich")) < Version("14.3"),
    reason="Letters made of two signs are measured otherwise by rich before 14.3: NOT compared with it.",
)
def test_what_is_drawn_plainly_is_what_rich_draws():
    chance = random.Random(4)  # noqa: S311 - the same tables each time
    words = [
        "a",
        "bb",
        "ccc",
        "Thường",
        "Tín,",
        "cụm",
        "1.686,0",
        "ha",
        "≈",
        "82,6\xa0%",
        "中文",
        "–",
        "(12)",
        "x/y",
        "é",
        "dài",
    ]

    def text(most):
        return " ".join(chance.choice(words) for _ in range(chance.randint(0, most)))

    plain = 0
    for _ in range(300):
        numeric = frozenset(at for at in range(4) if chance.random() < 0.4)
        header = tuple(text(4) for _ in range(4))
        rows = tuple(tuple(text(2 if at in numeric else 12) for at in range(4)) for _ in range(3))
        sheet = Sheet(text(20), header, rows, numeric, (text(30),))
        width = chance.choice([40, 60, 80, 120])
        drawn = tables._drawn_plainly(sheet, width)
        plain += drawn is not None
        assert drawn in {None, tables._drawn_by_rich(sheet, width, color=False)}, sheet
    assert plain > 200
    assert tables._drawn_plainly(Sheet("T", ("A",), (("x" * 40,),)), 20) is None


@pytest.fixture(scope="module")
def some_known():
    """Two operating clusters, two pending and one of each without an area; noise of adding up in the sum."""
    return pd.DataFrame(
        {
            "name": ["A", "B", "C", "D"],
            "district": ["Diễn Châu", "Diễn Châu", "Đô Lương", "Đô Lương"],
            "status": ["operating", "operating", "pending", "pending"],
            "planned_ha": [290.54999999999995, None, 36.0, None],
            "leasable_ha": [14.0, None, None, None],
            "leased_ha": [7.0, None, None, None],
        },
        index=pd.Index(["a", "b", "c", "d"], name="cluster_id"),
    )


def test_every_total_over_some_clusters_says_over_how_many(some_known):
    rows = {row[0]: row[1:] for row in summary_sheet(some_known, "vi").rows}
    assert rows["Diện tích theo quy hoạch"] == (
        "290,6 ha",
        "1/2 cụm có số liệu; từng cụm: không ghi cơ sở 290,6 ha (100,0 %)",
    )
    assert rows["Cụm chưa khởi công"][1].startswith("36,0 ha theo quy hoạch; 1/2 cụm có số liệu; ")
    assert pending_sheet(some_known[2:], "vi").notes[0] == "Tổng: 2; 36,0 ha (1/2 cụm có số liệu)"
    sheet = group_sheet(some_known, "district", "vi")
    assert {row[0]: (row[4], row[-1]) for row in sheet.rows}["Diễn Châu"] == ("290,6 (1/2)", "50,0 % (1/2)")
    assert "cụm chưa khởi công 36,0 ha (1/2 cụm có số liệu)" in sheet.notes[0]
    assert "Trong ngoặc: số cụm có số liệu trên số cụm." in sheet.notes
    tiers = to_text(pipeline_sheets(pipeline(some_known), pipeline_tiers(some_known), "vi", day=None)[1])
    assert "36,0 (1/2)" in tiers
    drawn = cg.chart(some_known)
    assert "290,6 (1/2)" in drawn.svg
    assert "7,0 (1/2)" in drawn.svg
    assert "Trong ngoặc" in drawn.svg
