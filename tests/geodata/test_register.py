"""Every requirement on the register: on the committed file, and on the code that makes it."""

import csv
import doctest
import json
import re
from collections import Counter
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given

import register
from clusters_geo.names import fold
from clusters_geo.schema import BASES, CLUSTER_COLUMNS, STATUSES
from notes import read_notes
from register import apportion, build_log, build_register, read_controls, read_events, read_facts

GEODATA = Path(__file__).parents[2] / "geodata"
FACTS = GEODATA / "facts" / "hanoi_clusters.csv"
EVENTS = GEODATA / "facts" / "hanoi_events.csv"
VINTAGES = {"2022-09-30": "clusters.geojson", "2025-12-31": "clusters_2025.geojson"}
SQUARE_METRE = Decimal("0.0001")
FIGURES = [c.name for c in CLUSTER_COLUMNS if c.kind in {"number", "integer"}]
UNNAMED = re.compile(r"Cụm chưa rõ tên \d+ \((.+)\)")


def _end(day):
    """The last day that a year, a month or a day may mean, as text; 31 June sorts where it should."""
    return {4: f"{day}-12-31", 7: f"{day}-31", 10: day}[len(day)].replace("2022-09-31", "2022-09-30")


def _rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _vintage(as_of):
    text = (GEODATA / VINTAGES[as_of]).read_text(encoding="utf-8")
    features = json.loads(text, parse_float=Decimal, parse_int=Decimal)["features"]
    return [feature["properties"] for feature in features]


@pytest.fixture(scope="module")
def rows():
    return _vintage("2022-09-30")


@pytest.fixture(scope="module")
def later():
    return {row["name"]: row for row in _vintage("2025-12-31")}


@pytest.fixture(scope="module")
def case(codes):
    return read_facts(FACTS), read_events(EVENTS), read_controls(GEODATA / "totals.csv"), codes


@pytest.fixture(scope="module")
def operating(rows):
    return [row for row in rows if row["status"] == "operating"]


@pytest.fixture(scope="module")
def by_name(rows):
    return {row["name"]: row for row in rows}


@pytest.fixture(scope="module")
def facts():
    return {row["name"]: row for row in _rows(FACTS) if row["status"] in STATUSES}


@pytest.fixture(scope="module")
def told():
    return read_notes(GEODATA / "facts" / "notes_vi.csv")


@pytest.fixture(scope="module")
def codes():
    return {row["name"]: row["code"] for row in _rows(GEODATA / "facts" / "hanoi_districts.csv")}


# Which clusters


def test_120_clusters_by_status(rows):
    assert Counter(row["status"] for row in rows) == {"operating": 70, "under_construction": 7, "pending": 43}


def test_ids_run_from_1_to_120_in_the_documented_order(rows, codes):
    assert [row["cluster_id"] for row in rows] == [f"HN-{n:03d}" for n in range(1, 121)]
    ranks = [
        ([*STATUSES].index(row["status"]), codes[row["district"]], UNNAMED.match(row["name"]) is not None)
        for row in rows
    ]
    assert ranks == sorted(ranks)
    for before, after in pairwise(rows):
        same_place = (before["status"], before["district"]) == (after["status"], after["district"])
        if same_place and not UNNAMED.match(after["name"]):
            assert fold(before["name"]) < fold(after["name"])


def test_named_rows_are_those_of_the_facts(rows, facts):
    named = {row["name"]: row["status"] for row in rows if not UNNAMED.match(row["name"])}
    assert named == {name: fact["status"] for name, fact in facts.items()}
    assert Counter(named.values()) == {"operating": 54, "under_construction": 7, "pending": 35}


def test_what_was_proposed_or_begun_only_in_2024_stays_out(rows, later):
    names = {row["name"] for row in _rows(FACTS) if row["status"] == "later"}
    assert len(names) == 9  # eight proposed, Nam Tiến among them, and the second site of Liên Hiệp
    assert names.isdisjoint(row["name"] for row in rows)
    assert names <= later.keys()
    assert later["Làng nghề Nam Tiến"]["status"] == "pending"
    assert later["Liên Hiệp (địa điểm thứ hai)"]["status"] == "under_construction"
    assert later["Liên Hiệp"]["status"] == "operating"


def test_unnamed_rows_say_so_in_both_languages(rows):
    unnamed = [row for row in rows if UNNAMED.match(row["name"])]
    assert Counter(row["status"] for row in unnamed) == {"operating": 16, "pending": 8}
    for row in unnamed:
        number = row["name"].removeprefix("Cụm chưa rõ tên ")
        assert row["name_en"] == f"Unnamed cluster {number}"
        assert UNNAMED.match(row["name"])[1] == row["district"]
        assert row["status_basis"] == "inferred"
        assert row["planned_ha_basis"] == "modelled"
        assert row["commune"] is None
        assert row["note"]
        assert row["note_vi"]


def test_names_are_unique_in_both_languages(rows):
    assert len({fold(row["name"]) for row in rows}) == 120
    assert len({fold(row["name_en"]) for row in rows}) == 120


def test_the_seven_that_broke_ground_in_2022(rows):
    started = {(row["name"], row["district"]) for row in rows if row["status"] == "under_construction"}
    assert started == {
        ("Đại Thắng", "Phú Xuyên"),
        ("Phú Túc", "Phú Xuyên"),
        ("Làng nghề Dị Nậu", "Thạch Thất"),
        ("Thắng Lợi", "Thường Tín"),
        ("Tiền Phong giai đoạn 2", "Thường Tín"),
        ("Đan Phượng giai đoạn 2", "Đan Phượng"),
        ("Võng Xuyên", "Phúc Thọ"),
    }


# Totals, exact


def test_planned_area_of_the_operating_is_1686_exactly(operating):
    assert sum(row["planned_ha"] for row in operating) == 1686


def test_built_area_of_the_operating_is_1392_exactly(operating):
    assert sum(row["built_ha"] for row in operating) == 1392


def test_published_areas_of_operating_clusters(operating):
    published = [row["planned_ha"] for row in operating if row["planned_ha_basis"] == "published"]
    # 33 with 664.414 ha by 2025; five of Thường Tín, 145.4 ha, are known from an article of 2025 only.
    assert len(published) == 28
    assert sum(published) == Decimal("519.014")


def test_published_areas_of_operating_clusters_by_2025(later):
    published = [
        row["planned_ha"]
        for row in later.values()
        if row["status"] == "operating" and row["planned_ha_basis"] == "published"
    ]
    assert (len(published), sum(published)) == (33, Decimal("664.414"))


@pytest.mark.parametrize(("district", "count", "hectares"), [("Thường Tín", 11, 195), ("Phúc Thọ", 2, 10)])
def test_districts_with_published_totals(operating, district, count, hectares):
    areas = [row["planned_ha"] for row in operating if row["district"] == district]
    assert len(areas) == count
    assert sum(areas) == hectares


def test_six_clusters_of_2017_have_their_published_area_together(operating):
    six = {"Thanh Thùy", "Ngọc Sơn", "Liên Hà", "Vân Hà", "Phú Thịnh", "Phú Thị"}
    areas = {row["name"]: row["planned_ha"] for row in operating if row["name"] in six}
    assert areas.keys() == six
    assert sum(areas.values()) == Decimal("70.262")
    assert areas.pop("Liên Hà") == Decimal("2.8")
    assert set(areas.values()) == {Decimal("13.4924")}


def test_operating_clusters_lie_in_the_17_districts_of_the_named_ones(operating, facts):
    named = {fact["district"] for fact in facts.values() if fact["status"] == "operating"}
    assert len(named) == 17
    assert {row["district"] for row in operating} == named


def test_unnamed_operating_ones_are_spread_in_proportion_to_the_named(operating):
    modelled = Counter(row["district"] for row in operating if row["district_basis"] == "modelled")
    inferred = Counter(
        row["district"]
        for row in operating
        if row["district_basis"] == "inferred" and UNNAMED.match(row["name"])
    )
    assert modelled == {
        "Hoài Đức": 2,
        "Chương Mỹ": 2,
        **dict.fromkeys(
            ["Đông Anh", "Gia Lâm", "Bắc Từ Liêm", "Ba Vì", "Quốc Oai", "Thạch Thất", "Thanh Oai"], 1
        ),
    }
    assert inferred == {"Thường Tín": 4, "Phúc Thọ": 1}


def test_unnamed_pending_ones_are_spread_in_proportion_to_the_named(rows):
    modelled = Counter(
        row["district"] for row in rows if row["status"] == "pending" and row["district_basis"] == "modelled"
    )
    assert modelled == dict.fromkeys(
        [
            *("Sóc Sơn", "Đông Anh", "Phúc Thọ", "Hoài Đức"),
            *("Quốc Oai", "Thạch Thất", "Thanh Oai", "Thường Tín"),
        ],
        1,
    )


# Areas


def test_published_areas_are_those_of_the_newest_source_not_later_than_the_vintage(rows, later):
    for as_of, table in (("2022-09-30", rows), ("2025-12-31", later.values())):
        for row in table:
            told = [
                (_end(e["recorded_on"]), e["value"])
                for e in _rows(EVENTS)
                if (e["name"], e["column"]) == (row["name"], "planned_ha") and _end(e["recorded_on"]) <= as_of
            ]
            assert (row["planned_ha_basis"] == "published") == bool(told), row["name"]
            if told:
                assert row["planned_ha"] == Decimal(max(told)[1]), row["name"]


def test_areas_have_four_decimals_and_are_positive(rows):
    for row in rows:
        assert row["planned_ha"] > 0
        assert row["planned_ha"] == row["planned_ha"].quantize(SQUARE_METRE)


def test_equal_shares_differ_by_a_square_metre_at_most(rows):
    pools = {}
    for row in rows:
        if row["planned_ha_basis"] == "modelled":
            pools.setdefault(re.search(r"Area modelled: [^.]+(\.\d+)?[^.]*\.", row["note"])[0], []).append(
                row
            )
    assert sorted(len(pool) for pool in pools.values()) == [1, 3, 5, 11, 25, 28]
    for pool in pools.values():
        areas = {row["planned_ha"] for row in pool}
        assert max(areas) - min(areas) <= SQUARE_METRE


def test_missing_areas_of_the_others_are_the_mean_of_the_published_ones(rows):
    for status, count in (("under_construction", 4), ("pending", 15)):
        mine = [row for row in rows if row["status"] == status]
        known = [row["planned_ha"] for row in mine if row["planned_ha_basis"] == "published"]
        filled = {row["planned_ha"] for row in mine if row["planned_ha_basis"] == "modelled"}
        assert len(known) == count
        assert filled == {(sum(known) / count).quantize(SQUARE_METRE)}


def test_built_area_is_the_same_share_everywhere_and_never_above_planned(operating):
    for row in operating:
        exact = row["planned_ha"] * 1392 / 1686
        assert abs(row["built_ha"] - exact) < SQUARE_METRE
        assert row["built_ha"] <= row["planned_ha"]
        assert row["built_ha_basis"] == "modelled"


@pytest.mark.parametrize("as_of", VINTAGES)
def test_what_is_built_elsewhere_is_unknown_which_is_not_zero(as_of):
    others = [row for row in _vintage(as_of) if row["status"] != "operating"]
    assert Counter(row["status"] for row in others)["pending"] == {"2022-09-30": 43, "2025-12-31": 38}[as_of]
    assert {(row["built_ha"], row["built_ha_basis"]) for row in others} == {(None, None)}


# Trust


def test_every_figure_says_how_it_was_obtained(rows):
    for row in rows:
        for figure in (name for name in FIGURES if row.get(name) is not None):
            assert row[f"{figure}_basis"] in BASES, (row["name"], figure)
        for basis in (name for name in row if name.endswith("_basis") and row[name] is not None):
            figure = basis.removesuffix("_basis")
            assert figure == "boundary" or row[figure] is not None, (row["name"], basis)


def test_columns_are_those_of_the_schema_in_its_order_and_hold_something(rows):
    declared = [c.name for c in CLUSTER_COLUMNS]
    columns = [name for name in rows[0] if name in declared]
    assert columns == [name for name in declared if name in columns]
    assert {*columns} >= {"leasable_ha", "leased_ha"}
    for name in rows[0]:
        assert name in {"leasable_ha", "leased_ha"} or any(row[name] is not None for row in rows), name
    assert all(list(row) == list(rows[0]) for row in rows)


def test_each_published_or_inferred_figure_has_its_own_source_and_date(rows, later):
    for row in [*rows, *later.values()]:
        for column in (c.name for c in CLUSTER_COLUMNS if f"{c.name}_source" in row and c.name != "source"):
            known = row[column] is not None and row[f"{column}_basis"] != "modelled"
            assert bool(row[f"{column}_source"]) == bool(row[f"{column}_as_of"]) == known, (
                row["name"],
                column,
            )


@pytest.mark.parametrize("as_of", VINTAGES)
def test_a_vintage_never_shows_a_later_source(as_of):
    for row in _vintage(as_of):
        for name in (name for name in row if name.endswith("_as_of") and row[name]):
            assert _end(row[name]) <= as_of, (row["name"], name, row[name])


def test_cn2_in_2022_and_in_2025(by_name, later):
    told = [
        (row["CN2"]["planned_ha"], row["CN2"]["planned_ha_as_of"], row["CN2"]["status"])
        for row in (by_name, later)
    ]
    assert told == [
        (Decimal("63.16"), "2018", "pending"),
        (Decimal("50.59"), "2025-06-23", "under_construction"),
    ]
    assert by_name["CN2"]["detailed_plan"] is None
    assert later["CN2"]["detailed_plan"] == "8705/QĐ-UBND (2024)"
    assert later["CN2"]["ground_broken_on"] == "2025-06-23"


def test_49_are_established_by_the_facts_before_september_2022(rows):
    established = [row for row in rows if row["established"]]
    assert Counter(row["status"] for row in established) == {
        "operating": 30,
        "under_construction": 4,
        "pending": 15,
    }
    years = Counter(row["established_year"] for row in established)
    assert years == {2017: 31, 2018: 1, 2019: 9, 2020: 6, None: 2}  # two only "by" a year
    assert sum(
        row["planned_ha"]
        for row in established
        if row["status"] == "operating" and row["planned_ha_basis"] == "published"
    ) == Decimal("474.204")


def test_an_investor_that_is_a_firm_is_an_enterprise_by_inference(rows):
    for row in rows:
        expected = ("enterprise", "inferred") if row["investor"] else (None, None)
        assert (row["investor_kind"], row["investor_kind_basis"]) == expected


def test_every_modelled_cell_has_its_rule_in_the_note(rows):
    rules = {
        "planned_ha": ("Area modelled: ", "Diện tích mô hình hóa: "),
        "built_ha": ("Built area modelled: ", "Diện tích đã xây dựng hạ tầng mô hình hóa: "),
        "district": ("District modelled: ", "Quận, huyện mô hình hóa: "),
    }
    for row in rows:
        for column, (rule, rule_vi) in rules.items():
            modelled = row[f"{column}_basis"] == "modelled"
            assert modelled == (rule in row["note"]), (row["name"], column)
            assert modelled == (rule_vi in row["note_vi"]), (row["name"], column)


def test_every_row_has_a_source_and_its_date(rows):
    for row in rows:
        assert row["source"]
        assert re.fullmatch(r"\d{4}(-\d\d){0,2}", row["source_as_of"]), row["source_as_of"]
        assert row["as_of"] == "2022-09-30"
        assert row["boundary_basis"] == "schematic"


def test_status_and_district_bases_follow_the_facts(rows, facts):
    for row in rows:
        if fact := facts.get(row["name"]):
            assert row["status_basis"] == (
                "published" if row["name"] == "Võng Xuyên" else fact["status_basis"]
            )
            assert row["district_basis"] == fact["district_basis"]


def test_places_are_those_of_the_facts(rows, facts):
    for row in rows:
        if fact := facts.get(row["name"]):
            assert row["commune"] == (fact["commune"] or None)


def test_a_name_known_only_later_says_so(rows):
    first = {e["name"]: e["recorded_on"] for e in _rows(EVENTS) if e["what"] == "named"}
    late = {row["name"] for row in rows if _end(first.get(row["name"], "2000")) > "2022-09-30"}
    assert late == {row["name"] for row in rows if "Named only in" in row["note"]}
    assert len(late) == 28
    for row in rows:
        if row["name"] in late:
            assert (row["source_as_of"], row["planned_ha_basis"]) == ("2022-09", "modelled")


def test_craft_village_follows_from_the_name_only(rows):
    for row in rows:
        named = row["name"].startswith("Làng nghề")
        assert (row["craft_village"], row["craft_village_basis"]) == (
            (True, "inferred") if named else (None, None)
        )


# What the sources do not say


def test_no_fill_rate_can_be_computed_since_no_leased_land_is_published(rows, later):
    assert all(row["leasable_ha"] is None and row["leased_ha"] is None for row in rows)
    assert [name for name, row in later.items() if row["leasable_ha"] is not None] == ["Sơn Đông"]
    assert all(row["leased_ha"] is None for row in later.values())


def test_registered_demand_is_not_leased_land(later):
    cluster = later["Sơn Đông"]
    assert (cluster["registered_ha"], cluster["registered_ha_basis"]) == (40, "published")
    assert cluster["registered_ha_qualifier"] == "more than"
    assert (cluster["leasable_ha"], cluster["leasable_ha_basis"]) == (40, "inferred")
    assert cluster["enterprises"] is None  # 61 registered, before construction


def test_rates_stated_in_undated_texts_are_in_no_vintage_but_in_the_log(rows, later):
    assert "fill_rate_declared" not in rows[0]
    assert "fill_rate_declared" not in later["CN2"]
    stated = {e["name"]: e["value"] for e in _rows(EVENTS) if e["column"] == "fill_rate_declared"}
    assert stated == {"Ngọc Hồi": "1", "Từ Liêm": "1"}


def test_city_totals_are_not_shared_out_to_clusters(rows):
    assert not {"workers", "budget_bn_vnd", "revenue_bn_vnd"} & set(rows[0])
    known = [row["enterprises"] for row in rows if row["enterprises"] is not None]
    assert sum(known) < 300


def test_a_count_that_could_be_hectares_is_not_called_published(by_name):
    for name in ("Tiên Phương", "Đông Phương Yên", "Ngọc Hòa", "Thị trấn Chúc Sơn", "Bích Hòa"):
        assert by_name[name]["enterprises_basis"] == "inferred"
    assert by_name["Cầu Giấy"]["enterprises_basis"] == "published"


def test_a_district_that_the_source_does_not_print_is_inferred(by_name):
    for name in ("Xuân Thu", "Cát Quế", "Tích Giang", "Ngọc Sơn"):
        assert by_name[name]["district_basis"] == "inferred"


def test_a_plan_decision_is_not_an_establishment_decision(by_name):
    assert by_name["CN3"]["decision"] is None
    assert by_name["CN3"]["detailed_plan"] == "2481/QĐ-UBND (2017)"


# Nothing of after the register's date has happened yet


def test_no_date_and_no_decision_is_later_than_the_register(rows):
    dates = [c.name for c in CLUSTER_COLUMNS if c.kind == "date" and not c.name.startswith("scheduled")]
    for row in rows:
        assert all(row[name] <= "2022-09-30" for name in dates if row.get(name)), row["name"]
        for column in ("decision", "detailed_plan"):
            assert not row[column] or re.search(r"\((20[01]\d|202[0-2])\)$", row[column]), row["name"]


def test_dates_are_only_those_whose_day_is_published(rows):
    established = {row["name"]: row["established_on"] for row in rows if row["established_on"]}
    assert established == {
        "Đông Phú Yên": "2019-11-14",
        "CN2": "2020-06-26",
        "Làng nghề Phú Yên": "2018-06-15",
    }
    broken = {row["name"]: row["ground_broken_on"] for row in rows if row["ground_broken_on"]}
    assert broken == {"Võng Xuyên": "2022-07-21"}


def test_starts_whose_day_is_published_by_2025(later):
    broken = {name: row["ground_broken_on"] for name, row in later.items() if row["ground_broken_on"]}
    assert broken == {
        "Võng Xuyên": "2022-07-21",
        "Làng nghề Phú Yên": "2023-03-30",
        **dict.fromkeys(["Thiết Bình", "Liên Hà 2", "Dục Tú", "Thụy Lâm"], "2023-09-06"),
        "Nam Phúc Thọ": "2024-09-09",
        "Kim Bài": "2024-09-20",
        "CN2": "2025-06-23",
    }


@pytest.mark.parametrize(
    "name", ["Kim Bài", "Thanh Văn - Tân Ước", "Nam Phúc Thọ", "CN2", "Làng nghề Phú Yên", "Xuân Thu"]
)
def test_investors_known_only_from_later_sources_stay_in_the_note(by_name, name):
    assert by_name[name]["investor"] is None
    assert by_name[name]["approved_capital_bn_vnd"] is None
    assert "Later: " in by_name[name]["note"]


def test_later_events_are_marked_as_such(rows):
    for row in rows:
        told, _, _ = (row["note"] or "").partition("Later: ")
        assert not re.search(r"\b(works began|started|established|under construction) in\b.*202[3-6]", told)


# Where the code comes in


@pytest.mark.parametrize("as_of", VINTAGES)
def test_the_committed_rows_are_what_the_facts_give(case, told, as_of):
    assert build_register(*case, told, as_of=as_of) == _vintage(as_of)


def test_the_committed_log_is_what_the_facts_give(case):
    log = build_log(*case)
    assert log.to_csv(index=False, lineterminator="\n") == (GEODATA / "events.csv").read_text(
        encoding="utf-8"
    )
    counted = log[log["file"] == "totals.csv"]
    assert Counter(counted["what"]) == {"operating": 70, "ground_broken": 7, "called": 43}


def test_ids_stay_in_later_vintages(rows, later):
    assert {row["name"]: row["cluster_id"] for row in rows}.items() <= {
        name: row["cluster_id"] for name, row in later.items()
    }.items()


def test_building_changes_no_input(case, told):
    facts, events, controls, codes = case
    build_register(facts, events, controls, codes, told)
    assert told == read_notes(GEODATA / "facts" / "notes_vi.csv")
    assert facts == read_facts(FACTS)
    assert events.equals(read_events(EVENTS))
    assert controls == read_controls(GEODATA / "totals.csv")


def test_a_changed_total_changes_the_modelled_cells_only(rows, case, told):
    facts, events, controls, codes = case
    raised = controls | {("Hà Nội", "planned_ha"): (Decimal(1700), "a test")}
    changed = build_register(facts, events, raised, codes, told)
    assert sum(row["planned_ha"] for row in changed if row["status"] == "operating") == 1700
    for before, after in zip(rows, changed, strict=True):
        if before["planned_ha_basis"] == "published":
            assert before["planned_ha"] == after["planned_ha"]


@given(
    total=st.decimals(0, 5000, places=4),
    weights=st.lists(st.decimals("0.0001", 100, places=4), min_size=1, max_size=80),
)
def test_shares_add_up_exactly_and_stay_within_a_step_of_their_quota(total, weights):
    shares = apportion(total, weights, SQUARE_METRE)
    assert sum(shares) == total
    for share, weight in zip(shares, weights, strict=True):
        assert abs(share - total * weight / sum(weights)) <= SQUARE_METRE
        assert share >= 0


def test_equal_remainders_go_to_the_earlier():
    assert apportion(Decimal(2), [1, 1, 1], Decimal(1)) == [1, 1, 0]


def test_examples_in_the_module_hold():
    result = doctest.testmod(register)
    assert result.attempted >= 2
    assert result.failed == 0


def test_every_event_has_a_source_and_a_day():
    for row in _rows(EVENTS):
        assert row["source"], row["name"]
        assert row["recorded_on"], row["name"]
