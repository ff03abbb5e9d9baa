"""Registers typed by hand give what a person reads in them, whatever kind of file they are saved as."""

from __future__ import annotations

import pandas as pd
import pytest
from hand_made import CASES, write

import clusters_geo as cg
from clusters_geo.names import name_key

# Each case in one of them: what a case is about and what a kind of file does to it meet in the generator.
KINDS = ("ods", "docx", "xls")


def plain(key, value):
    if value is None or pd.isna(value):
        return None
    if key.endswith("_on"):
        return pd.Timestamp(value)
    if isinstance(value, str) and key != "status":
        return "; ".join(name_key(part) for part in value.split(";"))
    return value if isinstance(value, str) else pytest.approx(float(value), rel=1e-9)


def check(case, file):
    said = {"decimal": ","} if file.suffix not in {".xlsx", ".ods"} else {}
    table = cg.load_clusters(file, **case.options | said)
    found = table.reset_index()[list(case.columns)].to_dict("records") if len(table) else []
    assert [name_key(row["name"]) for row in found] == [name_key(row[0]) for row in case.truth]
    for row, wanted in zip(found, case.truth, strict=True):
        for key, value in zip(case.columns, wanted, strict=True):
            assert value is ... or plain(key, row[key]) == plain(key, value), (wanted[0], key)
    report = cg.load_report(table)
    assert set(case.doubts) <= {n.code for n in report.doubts}
    # Every sentence of a report can be said, in both languages.
    assert all(report.text(lang) for lang in ("vi", "en"))


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.about)
def test_a_workbook_gives_what_a_person_reads(case, tmp_path):
    check(case, write(case, "xlsx", tmp_path))


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.about)
def test_so_does_any_other_kind_of_file(case, tmp_path):
    check(case, write(case, KINDS[CASES.index(case) % len(KINDS)], tmp_path))


# Text has no merged cells.
@pytest.mark.parametrize("case", [c for c in CASES if not c.merged], ids=lambda c: c.about)
def test_so_does_text_in_utf_16(case, tmp_path):
    check(case, write(case, "csv", tmp_path))
