"""Accepted findings: accepted until their day, new when they get worse, gone when they are mended."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clusters_geo.auditing.baseline import apply_baseline, baseline_text, read_baseline
from clusters_geo.auditing.run import audit
from clusters_geo.errors import SchemaError, SourceError

TODAY = date(2025, 2, 1)


def found(sizes, lang="vi"):
    ids = pd.Index([f"C{n}" for n in range(len(sizes))], name="cluster_id")
    table = pd.DataFrame({"name": "Cụm", "planned_ha": sizes}, index=ids)
    return audit(table, on="2025-01-31", only=["law.size-below-minimum"], lang=lang)


@pytest.fixture
def accepted(tmp_path):
    file = tmp_path / "baseline.toml"
    file.write_text(baseline_text(found([4.0, 3.0]), lang="en", today=TODAY), encoding="utf-8")
    return file


def test_what_was_accepted_is_accepted_and_the_rest_is_new(accepted):
    marked = apply_baseline(found([4.0, 3.0, 2.0]), accepted, today=TODAY)
    assert marked["state"].tolist() == ["accepted", "accepted", "new"]
    assert marked["reason"].iloc[0] == "Accepted on 2025-02-01; to be explained"
    assert marked["expires"].iloc[0] == pd.Timestamp(2026, 2, 1)


def test_the_language_of_the_messages_does_not_matter(accepted):
    assert apply_baseline(found([4.0, 3.0], "en"), accepted, today=TODAY)["state"].eq("accepted").all()


def test_what_becomes_worse_is_new_and_what_was_accepted_is_gone(accepted):
    marked = apply_baseline(found([4.0, 2.5]), accepted, today=TODAY)
    assert marked["state"].tolist() == ["accepted", "new", "gone"]
    gone = marked.iloc[2]
    assert (gone["cluster_id"], gone["value"], gone["severity"]) == ("C1", "3", "info")


@pytest.mark.parametrize(("day", "state"), [(date(2026, 2, 1), "accepted"), (date(2026, 2, 2), "expired")])
def test_the_last_day_still_counts(accepted, day, state):
    assert apply_baseline(found([4.0, 3.0]), accepted, today=day)["state"].eq(state).all()


def test_everything_mended_leaves_only_what_is_gone(accepted):
    marked = apply_baseline(found([20.0, 20.0]), accepted, today=TODAY)
    assert marked["state"].tolist() == ["gone", "gone"]
    assert marked.attrs["audit"]["clusters"] == 2


def test_reasons_are_kept_when_it_is_written_again(accepted, tmp_path):
    text = accepted.read_text(encoding="utf-8").replace("; to be explained", ": formed in 2004", 1)
    accepted.write_text(text.replace("2026-02-01", "2025-06-30", 1), encoding="utf-8")
    marked = apply_baseline(found([4.0, 2.0]), accepted, today=TODAY)
    again = tmp_path / "again.toml"
    again.write_text(baseline_text(marked, lang="en", today=date(2025, 3, 1)), encoding="utf-8")
    kept = read_baseline(again)
    assert kept["reason"].tolist() == [
        "Accepted on 2025-02-01: formed in 2004",
        "Accepted on 2025-03-01; to be explained",
    ]
    assert kept["expires"].tolist() == [date(2025, 6, 30), date(2026, 3, 1)]


def test_audit_applies_it(accepted):
    table = pd.DataFrame({"planned_ha": [4.0]}, index=pd.Index(["C0"], name="cluster_id"))
    marked = audit(table, on="2025-01-31", only=["law.size-below-minimum"], baseline=accepted)
    assert set(marked["state"]) <= {"accepted", "expired", "gone"}


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ('rule = "x"\nexpires = 2027-01-01', "entry 1 has no reason"),
        ('rule = "x"\nreason = " "\nexpires = 2027-01-01', "entry 1 has no reason"),
        ('reason = "x"\nexpires = 2027-01-01', "entry 1 has no rule"),
        ('rule = "x"\nreason = "y"', "no valid date of expiry"),
        ('rule = "x"\nreason = "y"\nexpires = "2027-01-01"', "without quotes"),
    ],
)
def test_an_entry_without_a_reason_or_an_end_is_refused(tmp_path, entry, message):
    file = tmp_path / "b.toml"
    file.write_text(f"[[accepted]]\n{entry}\n", encoding="utf-8")
    with pytest.raises(SchemaError, match=message):
        read_baseline(file)


def test_a_file_that_is_none_is_named(tmp_path):
    with pytest.raises(SourceError, match="no file"):
        read_baseline(tmp_path / "absent.toml")
    (tmp_path / "b.toml").write_text("accepted = 3", encoding="utf-8")
    with pytest.raises(SchemaError, match=r"\[\[accepted\]\]"):
        read_baseline(tmp_path / "b.toml")
    (tmp_path / "c.toml").write_text("accepted =", encoding="utf-8")
    with pytest.raises(SourceError, match="not valid TOML"):
        read_baseline(tmp_path / "c.toml")


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1))
def test_any_name_survives_the_file(tmp_path, name):
    table = pd.DataFrame(
        {"planned_ha": [-1.0], "district": [name]}, index=pd.Index([name], name="cluster_id")
    )
    findings = audit(table, on="2025-01-31", only=["figures.negative"])
    file = tmp_path / "b.toml"
    file.write_text(baseline_text(findings, lang="en", today=TODAY), encoding="utf-8", newline="")
    assert apply_baseline(findings, file, today=TODAY)["state"].tolist() == ["accepted"]


def test_a_baseline_is_written_in_the_language_of_its_reader():
    found = pd.DataFrame(
        [dict.fromkeys(("cluster_id", "district", "field", "value", "message"), "x") | {"rule": "r"}]
    )
    text = baseline_text(found, today=date(2026, 11, 28))
    assert text.startswith("# Các phát hiện đã chấp nhận")
    assert "Chấp nhận ngày 2026-11-28" in text
