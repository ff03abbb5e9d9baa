"""The law is data: each article once, with the days of its force, and cited by its key everywhere else."""

from __future__ import annotations

import ast
import re
from collections import Counter
from dataclasses import fields
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest

import clusters_geo as cg
from clusters_geo.data import read_law, read_rows
from clusters_geo.measure.relations import relations
from clusters_geo.planning.law import (
    DECISION_105,
    Limit,
    land_shares_on,
    regime_on,
    speciality_share_on,
    unit_on,
)
from clusters_geo.words import catalogue, cite

SOURCE = Path(cg.__file__).parent
LAW = read_law()
CITED = re.compile(r"§\[([^\]]+)\]")

# An article, table, annex or row of a form as people cite it, in either language.
ARTICLE = re.compile(
    r"\b(?:[Đđ]iều|[Kk]hoản|[Aa]rt\.|[Aa]rticles?) ?\d|\b(?:bảng|[Tt]able) 2\.6|\b(?:[Pp]hụ lục|Annex) I\b"
    r"|Biểu 0\d(?: và 0\d)?, (?:dòng|ghi chú)|Forms? 0\d(?: and 0\d)?, (?:rows?|note)"
)


def tables():
    """The text of every table of words and figures, but the law itself."""
    for folder in ("words", "data"):
        for path in sorted((SOURCE / folder).glob("*.csv")):
            yield f"{folder}/{path.name}", path.read_text(encoding="utf-8")


def literals(path):
    """The strings of a module that are no docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node.value


def is_in_force(key, day):
    act, article = LAW["acts"][key.partition(" ")[0]], LAW["articles"].get(key, {})
    first, last = act.get("from", date.min), article.get("to", act.get("to", date.max))
    return first <= day <= last


def test_no_article_is_cited_in_words_of_its_own():
    found = [(name, hit.group()) for name, text in tables() for hit in ARTICLE.finditer(text)]
    for path in sorted(SOURCE.rglob("*.py")):
        found += [(path.name, hit.group()) for text in literals(path) for hit in ARTICLE.finditer(text)]
    for path in sorted(SOURCE.rglob("*.js")):
        found += [(path.name, hit.group()) for hit in ARTICLE.finditer(path.read_text(encoding="utf-8"))]
    assert not found, "put it into data/law.toml and cite it as §[ACT ARTICLE]"


@pytest.mark.parametrize(
    "text", ["Nghị định 32/2024/NĐ-CP, điều 2.7", "art. 81", "Form 02, rows 3–4", "Điều 8"]
)
def test_the_pattern_finds_what_people_write(text):
    assert ARTICLE.search(text)


def test_an_article_stands_once():
    told = Counter(
        (key.partition(" ")[0], lang, article[lang])
        for key, article in LAW["articles"].items()
        for lang in ("vi", "en")
    )
    assert set(told.values()) == {1}
    acts = Counter(act["vi"] for act in LAW["acts"].values())
    assert set(acts.values()) == {1}


def used():
    """Every key of the law that something cites."""
    keys = [key for _, text in tables() for key in CITED.findall(text)]
    keys += [relation.source for relation in relations() if relation.source in LAW["articles"]]
    keys += CITED.findall(str(LAW))
    for path in sorted(SOURCE.rglob("*.py")):
        keys += [text for text in literals(path) if text in LAW["articles"] or text in LAW["acts"]]
    regimes = str(LAW["regimes"]) + str(LAW["land_shares"])
    return {*keys, *(key for key in (*LAW["articles"], *LAW["acts"]) if f"'{key}'" in regimes)}


def test_what_is_cited_is_there_and_what_is_there_is_cited():
    known = {*LAW["articles"], *LAW["acts"]}
    cited = used()
    assert cited <= known
    assert known - cited <= {key.partition(" ")[0] for key in cited}
    assert all(cite(key, lang).strip() for key in known for lang in ("vi", "en"))
    assert "§" not in "".join(cite(key, lang) for key in known for lang in ("vi", "en"))


def test_an_unknown_article_is_no_citation():
    with pytest.raises(KeyError):
        cite("decree-32 99")


def test_every_limit_is_set_by_what_is_in_force_on_its_first_day():
    days = [regime_on(day).start for day in (date(2017, 7, 15), date(2024, 5, 1), date(2026, 9, 15))]
    assert days == [date(2017, 7, 15), date(2024, 5, 1), date(2026, 9, 15)]
    judged = 0
    for day in days:
        regime = regime_on(day)
        for value in (getattr(regime, field.name) for field in fields(regime)):
            key = value.cited if isinstance(value, Limit) else None
            if key is not None and not key.startswith("circular-14"):
                assert is_in_force(key, day), (regime.code, key)
                judged += 1
        for rule in filter(None, (regime.establishment, regime.expansion)):
            assert is_in_force(rule.cited, max(day, getattr(rule, "since", day)))
    assert judged == 3 + 7 - 1 + 7


def test_acts_end_after_they_begin_and_one_follows_the_other():
    for act in LAW["acts"].values():
        assert act.get("from", date.min) <= act.get("to", date.max)
    after = LAW["acts"]["decree-68"]["to"] + timedelta(days=1)
    assert after == LAW["acts"]["decree-32"]["from"]


def test_limits_are_those_that_were_read():
    first, second, third = (
        regime_on(day) for day in (date(2022, 9, 30), date(2024, 6, 1), date(2026, 10, 1))
    )
    assert [r.minimum_ha.value for r in (first, second, third)] == [10, 10, 5]
    assert [r.exception_minimum_ha and r.exception_minimum_ha.value for r in (first, second, third)] == [
        5,
        5,
        None,
    ]
    assert [r.craft_share and r.craft_share.value for r in (first, second, third)] == [None, 0.75, 0.6]
    assert [r.establishment.unleased_ha_up_to for r in (first, second, third)] == [50, 100, 50]
    assert [r.expansion and r.expansion.fill_from for r in (first, second, third)] == [None, 0.6, 0.5]
    assert second.expansion.maximum_ha == 75
    assert date(2009, 8, 19) == DECISION_105
    assert unit_on(date(2026, 9, 14)) == "district"
    assert unit_on(date(2026, 9, 15)) == "commune"


@pytest.mark.parametrize(
    ("day", "high_tech", "expected"),
    [
        (date(2024, 9, 30), False, None),
        (date(2024, 10, 1), False, (0.6, "circular-14 note")),
        (date(2024, 10, 1), True, (0.6, "circular-14 note")),
        (date(2026, 9, 15), False, (0.6, "decree-32-303")),
        (date(2026, 9, 15), True, (0.3, "decree-32-303")),
    ],
)
def test_the_share_of_the_speciality_by_day(day, high_tech, expected):
    limit = speciality_share_on(day, high_tech=high_tech)
    assert (limit and (limit.value, limit.cited)) == expected


@pytest.mark.parametrize(
    ("day", "known"),
    [("2021-07-04", False), ("2021-07-05", True), ("2026-12-31", True), ("2027-01-01", False)],
)
def test_land_shares_as_long_as_the_standard_is_in_force(day, known):
    shares = land_shares_on(date.fromisoformat(day))
    assert (shares is not None) == known
    if shares:
        assert {name: limit.value for name, limit in shares.items()} == {
            "roads_ha": 0.1,
            "green_ha": 0.1,
            "technical_ha": 0.01,
        }


@pytest.mark.parametrize(
    ("lang", "article"),
    [("vi", "Nghị định 32/2024/NĐ-CP, điều 2.1"), ("en", "Decree 32/2024/NĐ-CP, art. 2.1")],
)
def test_a_finding_cites_in_its_language(lang, article):
    register = pd.DataFrame({"name": ["A"], "planned_ha": [80.0]}, index=pd.Index(["1"], name="cluster_id"))
    found = cg.audit(register, on="2024-06-30", only=["law.size-above-maximum"], lang=lang)
    assert found["source"].tolist() == [article]
    assert found.attrs["audit"]["law"] == cite("decree-32", lang)


def test_an_answer_cites_in_its_language():
    register = pd.DataFrame(
        {"district": ["A"], "status": "operating", "leasable_ha": [10.0], "leased_ha": [9.0]}
    )
    for lang, article in (("vi", "điều 8.1.c"), ("en", "art. 8.1.c")):
        assert cg.eligibility(register, on="2024-06-30", lang=lang)["source"].item().endswith(article)
    after = cg.eligibility(register, by="district", on="2026-11-28", lang="en")["source"].item()
    assert after == "Decree 32/2024/NĐ-CP as amended by Decree 303/2026/NĐ-CP"


def test_an_expansion_cites_in_its_language():
    from clusters_geo.planning.eligibility import expansion

    register = pd.DataFrame({"status": ["operating"], "planned_ha": [40.0]})
    for lang, article in (
        ("vi", "Nghị định 32/2024/NĐ-CP, điều 8.2"),
        ("en", "Decree 32/2024/NĐ-CP, art. 8.2"),
    ):
        assert expansion(register, on="2024-06-30", lang=lang)["source"].tolist() == [article]


def test_words_cite_from_the_same_table():
    words = catalogue("rules")["figures.rate-contradicts-areas.source"]
    assert (words.vi, words.en) == (cite("decree-32 2.7"), cite("decree-32 2.7", "en"))
    assert catalogue("forms")["law"].vi == "(Phụ lục I, Thông tư số 14/2024/TT-BCT ngày 15/8/2024)"
    assert {row["source"] for row in read_rows("relations.csv")[1:]} <= set(LAW["articles"])
