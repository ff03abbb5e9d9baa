"""The audit as it stands on a screen: short, whole ids, the verdict last."""

from __future__ import annotations

import re

import pandas as pd
import pytest

import clusters_geo as cg
from clusters_geo.auditing.baseline import baseline_text
from clusters_geo.report.audit_report import AuditReport
from clusters_geo.report.audit_screen import audit_screen, flowed


@pytest.fixture
def findings(clusters, districts):
    return cg.audit(clusters, districts)


def report(findings, clusters, **options):
    return AuditReport(findings, names=clusters["name"].to_dict(), **options)


def test_it_is_grouped_by_rule_and_ends_with_the_verdict(findings, clusters):
    said = audit_screen(report(findings, clusters))
    lines = said.splitlines()
    assert len(lines) < 130  # 402 lines before
    assert lines[-1] == "Kết luận: không có phát hiện nào từ mức “Lỗi” trở lên."
    heads = [line for line in lines if re.match(r"(Lỗi|Cảnh báo|Lưu ý): ", line)]
    assert len(heads) == findings.groupby(["rule", "severity"]).ngroups
    assert sum(int(re.search(r"– (\d+) \(", head)[1]) for head in heads) == len(findings)
    assert said.index("Chưa xét được:") > said.index(heads[-1])


@pytest.mark.parametrize("width", [30, 60, 100, 200])
def test_no_id_is_ever_cut(findings, clusters, width):
    said = audit_screen(report(findings, clusters), width=width)
    for cluster_id in findings["cluster_id"].dropna().unique():
        assert re.search(rf"(?m)^.*\b{re.escape(cluster_id)}\b", said)
    for rule in findings["rule"].unique():
        assert rule in said


def test_every_cluster_is_named_in_its_group(findings, clusters):
    said = audit_screen(report(findings, clusters), width=100)
    group = next(block for block in said.split("\n\n") if "trust.stale" in block)
    expected = set(findings.loc[findings["rule"] == "trust.stale", "cluster_id"])
    assert set(re.findall(r"HN-\d+", group)) == expected


def test_brief_is_a_few_lines(findings, clusters):
    said = audit_screen(report(findings, clusters, lang="en"), brief=True)
    assert len(said.splitlines()) <= 5
    assert "trust.stale ×" in said
    assert said.splitlines()[-1].startswith("Verdict: ")
    runs = findings.attrs["audit"]["rules"]
    whys = [run["not_judged"] for run in runs if run["not_judged"]]
    (line,) = [line for line in said.splitlines() if "not judged" in line]
    assert line.startswith(f"{len(whys)} of {len(runs)} rules not judged: ")
    assert sum(map(int, re.findall(r"(\d+) (?:because|for)", line))) == len(whys)


def test_brief_says_what_would_let_more_rules_judge():
    few = pd.DataFrame(
        {"name": ["CCN Nghi Kim"], "status": ["operating"], "planned_ha": [19.9], "district": ["Nghi Lộc"]},
        index=pd.Index(["NA-1"], name="cluster_id"),
    )
    line = audit_screen(report(cg.audit(few), few), brief=True).splitlines()[-2]
    assert "vì sổ không có số liệu ở cột cần đến; " in line
    assert "vì chưa nêu lớp đơn vị hành chính" in line
    assert len(line) <= 250


def test_with_everything_accepted_a_line_says_so(findings, clusters, districts, tmp_path):
    accepted = tmp_path / "accepted.toml"
    accepted.write_text(baseline_text(findings).replace('reason = ""', 'reason = "đã xem"'), encoding="utf-8")
    again = cg.audit(clusters, districts, baseline=accepted)
    said = audit_screen(report(again, clusters), brief=True)
    assert f"Cả {len(findings)} phát hiện đều đã được chấp nhận; không có gì mới." in said
    assert "trust.stale" not in said


def test_names_do_not_steer_the_terminal():
    table = pd.DataFrame(
        {
            "name": ["\x1b]0;x\x07Phú\nThị"],
            "status": ["operating"],
            "planned_ha": [20.0],
            "built_ha": [25.0],
            "district": ["Gia Bình"],
        },
        index=pd.Index(["BN-1"], name="cluster_id"),
    )
    said = audit_screen(report(cg.audit(table), table))
    assert "\x1b" not in said
    assert "BN-1" in said
    assert said.splitlines()[-1] == "Kết luận: 1 phát hiện từ mức “Lỗi” trở lên cần được xử lý."


def test_items_longer_than_a_line_stand_alone():
    assert flowed(["a" * 50, "b"], 20) == ["a" * 50 + ",", "b"]


def test_findings_are_told_in_the_other_language_too(findings):
    both = findings.attrs["other_language"]
    assert set(findings["message"]) <= set(both)
    assert any("planned" in both[message].lower() for message in findings["message"])
