"""Vietnamese names compare as people read them, and never more than that."""

from __future__ import annotations

import unicodedata

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusters_geo.names import did_you_mean, fold, match_names, name_key, slug

DISTRICTS = [
    "Ba Vì",
    "Hà Đông",
    "Ứng Hòa",
    "Thường Tín",
    "Phú Xuyên",
    "Quốc Oai",
    "Bắc Từ Liêm",
    "Nam Từ Liêm",
]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Huyện Thường Tín", "Thường Tín"),
        ("THƯỜNG TÍN", "Thường Tín"),
        ("  thường   tín ", "Thường Tín"),
        ("H. Thường Tín", "Thường Tín"),
        ("H.Thường Tín", "Thường Tín"),
        ("Q.Hà Đông", "Hà Đông"),
        ("quận Hà Đông", "Hà Đông"),
        ("TX Sơn Tây", "Sơn Tây"),
        ("TX. Sơn Tây", "Sơn Tây"),
        ("Thị xã Sơn Tây", "Sơn Tây"),
        ("TT. Chúc Sơn", "Chúc Sơn"),
        ("Ứng Hoà", "Ứng Hòa"),
        ("Hà Ðông", "Hà Đông"),
        ("Hà Ɖông", "Hà Đông"),
        ("Thanh Văn – Tân Ước", "Thanh Văn - Tân Ước"),
        ("Cụm công nghiệp Phùng Xá", "Phùng Xá"),
        ("CCN Phùng Xá", "Phùng Xá"),
    ],
)
def test_spellings_of_one_name_have_one_key(typed, meant):
    assert name_key(typed) == name_key(meant)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Phùng Xá", "Phụng Xá"), ("Liên Hà", "Liên Hả"), ("Sơn Tây", "Sơn Tay"), ("Phú Thị", "Phú Thịnh")],
)
def test_different_names_keep_different_keys(one, other):
    assert name_key(one) != name_key(other)


@pytest.mark.parametrize(
    ("old", "new"),
    [("Hòa", "Hoà"), ("khỏe", "khoẻ"), ("thúy", "thuý"), ("Ứng Hòa", "Ứng Hoà"), ("tòa", "toà")],
)
def test_old_and_new_tone_placement_are_one(old, new):
    assert name_key(old) == name_key(new)


def test_tone_placement_is_left_alone_where_the_syllable_is_closed_or_starts_with_q():
    assert name_key("hoàn") == "hoàn"
    assert name_key("toán") == "toán"
    assert name_key("Quý") == "quý"
    assert name_key("Quỳnh") == "quỳnh"


@given(st.sampled_from(DISTRICTS))
def test_composed_and_decomposed_forms_are_one(name):
    assert name_key(unicodedata.normalize("NFD", name)) == name_key(name)


@given(st.text(max_size=40))
def test_folding_is_stable(text):
    assert fold(fold(text)) == fold(text) or fold(text) == ""


def test_fold_writes_every_vietnamese_letter_in_ascii():
    every_letter = "aăâbcdđeêghiklmnoôơpqrstuưvxyáàảãạắằẳẵặấầẩẫậéèẻẽẹếềểễệíìỉĩịóòỏõọốồổỗộớờởỡợúùủũụứừửữựýỳỷỹỵ"
    assert fold(every_letter).isascii()
    assert fold(every_letter.upper()) == fold(every_letter)


@given(st.text(max_size=60))
def test_a_slug_is_safe_in_a_file_name(text):
    assert set(slug(text)) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")


def test_slug_of_a_district():
    assert slug("Huyện Thường Tín") == "thuong-tin"
    assert slug("../../etc/passwd") == "etc-passwd"


def test_matching_says_how():
    typed = pd.Series(["Ba Vì", "huyện Ba Vì", "Ha Dong", "Thường Tính", None, " "], index=list("abcdef"))
    table = match_names(typed, DISTRICTS)
    assert table["match"].fillna("").tolist() == ["Ba Vì", "Ba Vì", "Hà Đông", "", "", ""]
    assert table["how"].tolist() == ["exact", "spelling", "accents", "none", "none", "none"]
    assert table.loc["d", "suggestions"] == "Thường Tín"
    assert table.index.tolist() == list("abcdef")


def test_a_form_that_two_names_share_decides_nothing():
    table = match_names(pd.Series(["Lien Ha"]), ["Liên Hà", "Liên Hạ"])
    assert table.loc[0, "how"] == "none"
    assert set(table.loc[0, "suggestions"].split(", ")) == {"Liên Hà", "Liên Hạ"}


def test_did_you_mean_is_silent_where_nothing_is_near():
    assert did_you_mean("Đà Nẵng", ["Thường Tín", "Phú Xuyên"]) == []
