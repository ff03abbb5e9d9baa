"""The notes say the same in both languages: no sentence missing, no figure different, no translation idle."""

import calendar
import csv
import doctest
import json
import re
from collections import Counter
from decimal import Decimal
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given

import notes
from notes import both, check_notes, in_vietnamese, read_notes
from register import build_register, read_controls, read_events, read_facts

GEODATA = Path(__file__).parents[2] / "geodata"
NOTES, FACTS = GEODATA / "facts" / "notes_vi.csv", GEODATA / "facts" / "hanoi_clusters.csv"
EVENTS = GEODATA / "facts" / "hanoi_events.csv"
SENTENCE_END = re.compile(r"(?<=\.) ")
MONTHS = list(calendar.month_name)[1:]
QUARTERS = {"I": 1, "II": 2, "III": 3, "IV": 4}


@pytest.fixture(scope="module")
def told():
    return read_notes(NOTES)


@pytest.fixture(scope="module")
def rows():
    features = json.loads((GEODATA / "clusters.geojson").read_text(encoding="utf-8"))["features"]
    return [feature["properties"] for feature in features]


def figures(text):
    """Every figure of a text, whatever separates its digits; months and quarters written out count too."""
    text = re.sub(rf"\b({'|'.join(MONTHS)})\b(?= \d{{4}})", lambda m: str(MONTHS.index(m[0]) + 1), text)
    text = re.sub(r"quý (I{1,3}|IV)\b", lambda m: f"quý {QUARTERS[m[1]]}", text)
    return Counter(re.findall(r"\d+", re.sub(r"(?<=\d)[.,](?=\d)", "", text)))


# The committed rows


def test_every_note_has_a_vietnamese_one_and_the_other_way_round(rows):
    for row in rows:
        assert bool(row["note"]) == bool(row["note_vi"]), row["cluster_id"]
    assert sum(bool(row["note_vi"]) for row in rows) == 120


def test_both_have_the_same_sentences_with_the_same_figures(rows):
    for row in rows:
        pair = [SENTENCE_END.split(row[name]) for name in ("note", "note_vi")]
        for english, vietnamese in zip(*pair, strict=True):
            assert figures(english) == figures(vietnamese), (row["cluster_id"], english, vietnamese)


def test_figures_are_written_as_vietnamese_writes_them(rows):
    text = " ".join(row["note_vi"] for row in rows)
    for figure in (
        "1.392 / 1.686",
        "902,624 ha",
        "70,262 ha",
        "505.950 m²",
        "1.000 tỷ đồng",
        "240,859 tỷ đồng",
    ):
        assert figure in text
    assert not re.search(r"1,686|1,392|902\.624|70\.262|505,950|\d%", text)


def test_what_happened_later_is_marked_in_both(rows):
    later = [row for row in rows if "Later: " in row["note"]]
    assert len(later) > 15
    assert later == [row for row in rows if "Về sau: " in row["note_vi"]]


def test_no_english_is_left_in_a_vietnamese_note(rows):
    english = re.compile(
        r"\b(the|of|in|from|area|later|modelled|established|works|printed|with)\b", re.IGNORECASE
    )
    for row in rows:
        plain = re.sub(r"https?://\S+", "", row["note_vi"])
        # "in" is Vietnamese too: to print.
        assert set(map(str.lower, english.findall(plain))) <= {"in"}, row["cluster_id"]


def test_the_words_are_those_of_the_maps(rows):
    text = " ".join(row["note_vi"] for row in rows)
    for word in (
        "mô hình hóa",
        "khởi công",
        "kêu gọi đầu tư",
        "đất công nghiệp",
        "giải phóng",
        "Ngân hàng Thế giới",
    ):
        assert word in text
    for word in ("mô hình hoá", "tỉ lệ", "tỉ đồng"):
        assert word not in text


# The file of sentences


def test_no_sentence_is_given_twice_and_none_is_two(told):
    with NOTES.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["en", "vi"]
    assert len(rows) - 1 == len(told) > 100
    for english, vietnamese in rows[1:]:
        assert len(SENTENCE_END.split(english)) == len(SENTENCE_END.split(vietnamese)) == 1
        assert english != vietnamese


def test_facts_and_translations_match(told):
    check_notes(read_facts(FACTS), told)


def _fact(note, group=None):
    return {"name": "Ninh Hiệp", "note": note, "planned_ha_group": group}


def test_all_sentences_without_vietnamese_are_named_with_a_cluster():
    facts = [_fact("Old. New."), _fact("Newer.", "a group")]
    with pytest.raises(ValueError, match="No Vietnamese for") as fault:
        check_notes(facts, {"Old.": "Cũ."})
    assert "'New.' (Ninh Hiệp); 'Newer.' (Ninh Hiệp); 'a group' (Ninh Hiệp)" in str(fault.value)
    assert "'Old.'" not in str(fault.value)
    assert "facts/notes_vi.csv" in str(fault.value)


def test_a_translation_of_no_note_is_named():
    with pytest.raises(ValueError, match=r"No note has 'Idle\.'.*facts/notes_vi\.csv"):
        check_notes([_fact("Old."), _fact(None)], {"Old.": "Cũ.", "Idle.": "Thừa."})


def test_the_build_stops_at_a_note_without_vietnamese(told):
    facts = read_facts(FACTS)
    facts[3] = facts[3] | {"note": "Something new."}
    with pytest.raises(ValueError, match=rf"'Something new\.' \({facts[3]['name']}\)"):
        build_register(facts, read_events(EVENTS), read_controls(GEODATA / "totals.csv"), {}, told)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("Old.,Cũ.\nOld.,Xưa.\n", r"line 3: \['Old\.', 'Xưa\.'\] repeats a sentence"),
        ("Old.,\n", r"line 2: \['Old\.', ''\] is not a sentence and its Vietnamese"),
        ("Old.,Cũ, rất cũ.\n", "line 2: .* quote those with a comma"),
        ("Old.\n", "line 2: .* is not a sentence"),
    ],
)
def test_a_faulty_row_is_named_with_its_line(tmp_path, text, fault):
    path = tmp_path / "notes_vi.csv"
    path.write_text(f"en,vi\n{text}", encoding="utf-8")
    with pytest.raises(ValueError, match=fault):
        read_notes(path)


def test_a_sentence_ends_where_a_point_is_followed_by_a_blank():
    told = {"A 1.5 ha.": "A 1,5 ha.", "See http://a.b/c?d=1": "Xem http://a.b/c?d=1"}
    assert in_vietnamese("A 1.5 ha. See http://a.b/c?d=1", told) == "A 1,5 ha. Xem http://a.b/c?d=1"


# Rules


@given(value=st.decimals(0, 10**7, places=4))
def test_a_figure_is_the_same_in_both_languages(value):
    told = both("{x} ha", "{x} ha", x=value)
    assert Decimal(told["note"].removesuffix(" ha").replace(",", "")) == value
    assert told["note_vi"].translate(str.maketrans(",.", ".,")) == told["note"]


def test_words_of_a_rule_come_as_a_pair():
    assert both("ở {place}", "in {place}", place=("Hà Nội", "the city")) == {
        "note": "in the city",
        "note_vi": "ở Hà Nội",
    }


def test_examples_in_the_module_hold():
    result = doctest.testmod(notes)
    assert result.attempted >= 2
    assert result.failed == 0
