"""What came in against the register: changes to accept, doubts, and a new vintage."""

from __future__ import annotations

from datetime import date
from functools import partial

import pandas as pd
import pytest

from clusters_geo import SchemaError, SourceError, validate
from clusters_geo.forms.merge import form_changes, merge_forms, read_changes
from clusters_geo.forms.receive import Received, overdue_forms, read_forms

changes_in = partial(form_changes, lang="en")

COLUMN = {
    "1": "approved_capital_bn_vnd",
    "2": "paid_capital_bn_vnd",
    "3": "ready_ha",
    "4": "leased_ha",
    "5": "fill_rate_declared",
    "6": "projects",
    "11": "investor_workers",
    "13": "wastewater_started",
    "14": "wastewater_compliant",
    "7": "fdi_projects",
}


def said(figures, cluster="CCN-01", file="a.xlsx", number="02", columns=COLUMN):
    return [
        {
            "file": file,
            "form": number,
            "cluster_id": cluster,
            "row": row,
            "cell": f"D{row}",
            "column": columns[row],
            "value": float(value),
            "text": str(value),
            "unit": "",
        }
        for row, value in figures.items()
    ]


def received(*rows):
    return Received(pd.DataFrame(), pd.DataFrame([row for group in rows for row in group]), pd.DataFrame())


def doubts(register, figures, **whose):
    changes = changes_in(register, received(said(figures, **whose)))
    return dict(zip(changes["column"], changes["doubt"], strict=True))


def test_what_is_the_same_is_no_change(register):
    assert changes_in(register, received(said({"1": 250.5, "6": 21, "13": 1}))).empty


def test_a_plausible_change_is_proposed_for_acceptance(register):
    change = changes_in(register, received(said({"6": 23}))).iloc[0]
    assert (change["name"], change["before"], change["after"], change["accept"]) == ("Phú Thị", 21, 23, True)
    assert change["change"] == pytest.approx(2 / 21)
    assert (change["file"], change["cell"]) == ("a.xlsx", "D6")


@pytest.mark.parametrize(
    ("figures", "column", "doubt"),
    [
        ({"11": 3}, "investor_workers", "91 % lower than before"),
        ({"6": 400}, "projects", "19 times the figure before"),
        ({"1": 250500}, "approved_capital_bn_vnd", "perhaps in another unit"),
        ({"1": 0.2505}, "approved_capital_bn_vnd", "perhaps in another unit"),
        ({"2": 200}, "paid_capital_bn_vnd", "a cumulative figure, yet lower than before"),
        ({"3": 15, "4": 16}, "leased_ha", "more is leased than ready"),
        ({"1": 250.5, "2": 260}, "paid_capital_bn_vnd", "more is paid than approved"),
        (
            {"6": 21, "7": 22},
            "fdi_projects",
            "more foreign-invested projects than projects; 11 times the figure before",
        ),
        ({"5": 120}, "fill_rate_declared", "more than 100 %"),
    ],
)
def test_what_is_implausible_is_doubted_and_not_accepted(register, figures, column, doubt):
    changes = changes_in(register, received(said(figures))).set_index("column")
    assert changes.loc[column, "doubt"] == doubt
    assert not changes.loc[column, "accept"]


def test_a_compliant_plant_needs_a_plant(register):
    assert doubts(register, {"13": 0, "14": 1}, cluster="CCN-02") == {
        "wastewater_started": "",
        "wastewater_compliant": "the wastewater plant is marked as compliant, but no plant is reported",
    }


def test_a_rate_that_follows_from_the_areas_is_no_change(register):
    assert changes_in(register, received(said({"4": 14.5, "5": 96.7}))).empty


def test_a_rate_that_contradicts_the_areas_is_one(register):
    doubt = "the fill rate is stated as 80 %, but the areas give 96.67 %"
    assert doubts(register, {"4": 14.5, "5": 80}) == {"fill_rate_declared": doubt}


def test_row_5_replaces_the_rate_that_the_register_states(register):
    register["fill_rate_declared"] = 0.6
    table = changes_in(register, received(said({"4": 10.5, "5": 70}))).set_index("column")
    assert table.loc["fill_rate_declared", ["before", "after"]].tolist() == [0.6, 0.7]
    assert table["accept"].tolist() == [True, True]


@pytest.mark.parametrize("figures", [{"4": 9.5, "5": 60}, {"4": 9.5}])
def test_areas_that_contradict_the_stated_rate_are_doubted(register, figures):
    register["fill_rate_declared"] = 0.6
    table = changes_in(register, received(said(figures))).set_index("column")
    assert table["doubt"].to_dict() == {
        "leased_ha": "the fill rate is stated as 60 %, but the areas give 63.33 %"
    }
    assert not table["accept"].any()


def test_before_is_what_the_register_holds(register):
    register["fill_rate_declared"] = 0.5
    table = changes_in(register, received(said({"4": 9.5, "5": 60}))).set_index("column")
    assert table.loc["fill_rate_declared", "before"] == 0.5
    assert not table["accept"].any()


def test_two_forms_that_disagree_are_doubted_line_by_line(register):
    changes = changes_in(register, received(said({"6": 23}), said({"6": 24}, file="b.xlsx")))
    assert changes["after"].tolist() == [23, 24]
    assert set(changes["doubt"]) == {"two forms give different figures"}
    assert not changes["accept"].any()


def test_two_forms_that_agree_are_one_change(register):
    changes = changes_in(register, received(said({"6": 23}), said({"6": 23}, file="b.xlsx")))
    assert changes["accept"].tolist() == [True]


FIRM = {"1": "revenue_bn_vnd", "2": "budget_bn_vnd", "3": "workers", "4": "income_m_vnd"}


def test_forms_01_of_a_cluster_are_added_up_and_incomes_weighted(register):
    register.loc["CCN-01", "active_projects"] = 2
    register.loc["CCN-01", "workers"] = 250
    one = said({"1": 10, "2": 1, "3": 100, "4": 8}, file="a", number="01", columns=FIRM)
    two = said({"1": 5.5, "2": 0.5, "3": 300, "4": 12}, file="b", number="01", columns=FIRM)
    changes = changes_in(register, received(one, two)).set_index("column")
    assert changes.loc["workers", ["after", "doubt", "file"]].tolist() == [400, "", "2 Forms 01"]
    assert changes.loc["income_m_vnd", "after"] == 11.0
    assert changes.loc["revenue_bn_vnd", "after"] == 15.5


def test_a_sum_of_some_producers_is_no_total(register):
    one = said({"3": 2000}, number="01", columns=FIRM)
    changes = changes_in(register, received(one))
    assert changes.loc[0, "doubt"] == "only 1 of 20 producers have reported"
    assert not changes.loc[0, "accept"]


def test_where_nobody_knows_how_many_producers_there_are_it_says_so(register):
    bare = register.drop(columns=["active_projects", "projects"])
    changes = changes_in(bare, received(said({"3": 2000}, number="01", columns=FIRM)))
    assert (
        changes.loc[0, "doubt"] == "1 producers have reported; the register does not say how many there are"
    )


@pytest.mark.parametrize(
    ("figures", "doubt"),
    [
        ({"11": 3}, "giảm 91 % so với kỳ trước"),
        ({"6": 400}, "gấp 19 lần kỳ trước"),
        ({"1": 250500}, "có thể sai đơn vị tính"),
        ({"2": 200}, "số lũy kế nhưng lại giảm so với kỳ trước"),
        ({"3": 15, "4": 16}, "đất đã cho thuê nhiều hơn đất đủ điều kiện cho thuê"),
        ({"1": 250.5, "2": 260}, "vốn đã thanh toán vượt vốn được duyệt"),
        ({"6": 21, "7": 22}, "dự án có vốn nước ngoài nhiều hơn tổng số dự án; gấp 11 lần kỳ trước"),
        ({"5": 120}, "trên 100 %"),
    ],
)
def test_doubts_are_vietnamese_unless_english_is_asked_for(register, figures, doubt):
    assert form_changes(register, received(said(figures)))["doubt"].tolist() == [doubt]


def test_doubts_about_sums_of_producers_are_vietnamese_too(register):
    one = said({"1": 10, "3": 2000}, file="a", number="01", columns=FIRM)
    two = said({"3": 200}, file="b", number="01", columns=FIRM)
    changes = form_changes(register, received(one, two)).set_index("column")
    assert changes.loc["workers", "file"] == "2 Biểu 01"
    assert changes.loc["workers", "doubt"] == "mới có 2/20 cơ sở sản xuất báo cáo"
    assert (
        "mới có 2/20 cơ sở sản xuất báo cáo; 1 cơ sở sản xuất để trống"
        in changes.loc["revenue_bn_vnd", "doubt"]
    )
    bare = form_changes(register.drop(columns=["active_projects", "projects"]), received(one, two))
    assert bare["doubt"].str.startswith("2 cơ sở sản xuất đã báo cáo; sổ không ghi").all()


def test_nothing_received_changes_nothing(register):
    empty = read_forms([], register, period="2026-H1")
    changes = changes_in(register, empty)
    assert changes.empty
    pd.testing.assert_frame_equal(merge_forms(register, changes, period="2026-H1"), register)


def test_the_merge_is_a_new_vintage(register):
    before = register.copy(deep=True)
    changes = changes_in(register, received(said({"6": 23, "13": 0, "11": 3})))
    vintage = merge_forms(register, changes, period="2026-H1")
    pd.testing.assert_frame_equal(register, before)
    assert vintage.loc["CCN-01", ["projects", "projects_basis"]].tolist() == [23, "declared"]
    assert (
        vintage.loc["CCN-01", "wastewater_started"] is False
        or not vintage.loc["CCN-01", "wastewater_started"]
    )
    assert vintage.loc["CCN-01", "investor_workers"] == 35  # doubted, hence not accepted
    assert vintage.loc["CCN-01", "as_of"] == pd.Timestamp("2026-06-14")
    assert vintage.loc["CCN-02", "as_of"] == pd.Timestamp("2026-06-10")
    assert vintage["projects"].dtype == register["projects"].dtype
    validate(vintage)


def test_the_officer_decides_line_by_line(register):
    changes = changes_in(register, received(said({"6": 23, "11": 3})))
    changes["accept"] = [False, True]
    vintage = merge_forms(register, changes, period="2026-H1")
    assert vintage.loc["CCN-01", ["projects", "investor_workers"]].tolist() == [21, 3]


def test_a_table_of_changes_survives_a_spreadsheet(register, tmp_path):
    from clusters_geo.report.tables import to_csv

    changes = changes_in(register, received(said({"6": 23, "11": 3})))
    file = tmp_path / "changes.csv"
    text = to_csv(changes).replace("False", "Có").replace("True", "sai")
    file.write_text("\ufeff" + text, encoding="utf-8")
    back = read_changes(file)
    assert back["accept"].tolist() == [False, True]
    assert merge_forms(register, back, period="2026-H1").loc["CCN-01", "investor_workers"] == 3


def test_an_answer_that_is_neither_yes_nor_no_is_refused(tmp_path):
    file = tmp_path / "changes.csv"
    file.write_text("cluster_id,column,after,accept\nCCN-01,projects,23,perhaps\nCCN-02,projects,3,TRUE")
    with pytest.raises(SourceError, match="'perhaps' in the column accept is neither TRUE nor FALSE"):
        read_changes(file)


def test_another_table_is_refused(tmp_path):
    file = tmp_path / "changes.csv"
    file.write_text("a,b\n1,2")
    with pytest.raises(SchemaError, match="no column cluster_id, column, after and accept"):
        read_changes(file)


def test_a_cluster_that_is_not_there_is_refused(register):
    changes = pd.DataFrame([{"cluster_id": "X", "column": "workers", "after": 1.0, "accept": True}])
    with pytest.raises(SchemaError, match="'X', which the register does not have"):
        merge_forms(register, changes, period="2026-H1")


def test_two_values_for_one_cell_are_refused(register):
    row = {"cluster_id": "CCN-01", "column": "workers", "after": 1.0, "accept": True}
    with pytest.raises(SchemaError, match="two values of workers for CCN-01"):
        merge_forms(register, pd.DataFrame([row, row | {"after": 2.0}]), period="2026-H1")


def files(*rows):
    columns = ["file", "form", "cluster_id", "late", "refused"]
    return Received(pd.DataFrame(rows, columns=columns), pd.DataFrame(), pd.DataFrame())


def test_who_is_in_late_or_missing(register):
    sent = files(
        ("a", "02", "CCN-01", False, False),
        ("b", "02", "CCN-02", True, False),
        ("c", "02", "CCN-03", False, True),
    )
    before = overdue_forms(register, sent, period="2026-H1", on=date(2026, 6, 19))
    after = overdue_forms(register, sent, period="2026-H1", on=date(2026, 6, 20))
    assert before["state"].tolist() == ["in", "late", "refused", "missing", "missing"]
    assert after["state"].tolist() == ["in", "late", "overdue", "overdue", "overdue"]
    assert after["due"].eq(date(2026, 6, 20)).all()


def test_a_second_form_that_can_be_read_counts(register):
    sent = files(("a", "02", "CCN-01", False, True), ("b", "02", "CCN-01", False, False))
    assert overdue_forms(register, sent, period="2026-H1", on=date(2026, 7, 1)).loc["CCN-01", "state"] == "in"


def test_a_site_whose_ground_is_not_broken_owes_no_form_unless_it_has_an_investor(register):
    nothing = read_forms([], register, period="2026-H1")
    assert "CCN-06" not in overdue_forms(register, nothing, period="2026-H1", on=date(2026, 7, 1)).index
    register["investor"] = [None] * 5 + ["Công ty A"]
    assert "CCN-06" in overdue_forms(register, nothing, period="2026-H1", on=date(2026, 7, 1)).index
