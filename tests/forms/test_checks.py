"""Identities of the forms, as findings."""

from __future__ import annotations

import pandas as pd
import pytest

from clusters_geo.auditing.run import audit
from clusters_geo.forms.checks import _AGGREGATE, _RECORD, check_identities, check_sum, form_findings
from clusters_geo.forms.fill import form


def rules(findings, severity):
    return findings.loc[findings["severity"] == severity, "rule"].tolist()


def typed(**results):
    return pd.DataFrame(
        {"result": {row.removeprefix("r").replace("_", "."): v for row, v in results.items()}}
    )


def test_a_complete_and_consistent_register_has_nothing_to_mend(register):
    findings = form_findings(register, "04", period="2026-H1", anyway=True)
    assert findings.empty


def test_findings_have_the_columns_of_an_audit(register):
    findings = form_findings(
        register.drop(columns="workers"), "03", unit="Gia Lâm", period="2026-H1", anyway=True
    )
    assert findings.columns.tolist() == [
        *("rule", "severity", "cluster_id", "district", "field", "value", "expected"),
        *("message", "fix", "source", "row", "geometry"),
    ]
    assert findings["district"].eq("Gia Lâm").all()
    assert findings["source"].str.contains("14/2024/TT-BCT").all()


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (typed(r15=5, r15_1=3, r15_2=1), "Row 15 is 5, but rows 15.1 + 15.2 add up to 4."),
        (typed(r16=100, r16_1=60.5, r16_2=39), "Row 16 is 100, but rows 16.1 + 16.2 add up to 99.5."),
        (typed(r19=90, r18=30, r17=40), "Row 19 is 90 %, but rows 18 ÷ 17 give 75 %."),
        (
            typed(r18=41, r17=40),
            "More land is leased (row 18: 41 ha) than there is industrial land (row 17: 40 ha).",
        ),
        (typed(r27=4, r26=3), "More wastewater plants comply (row 27: 4) than there are (row 26: 3)."),
        (typed(r21=4, r20=3), "More foreign-invested projects (row 21: 4) than projects (row 20: 3)."),
        (typed(r22=4, r20=3), "More active projects (row 22: 4) than projects (row 20: 3)."),
    ],
)
def test_a_broken_identity_is_an_error(table, message):
    findings = check_identities(table, "04", "en")
    assert findings[["severity", "message"]].to_numpy().tolist() == [["error", message]]
    assert findings["fix"].str.len().gt(10).all()


@pytest.mark.parametrize(
    "table",
    [
        typed(r15=4, r15_1=3, r15_2=1),
        typed(r16=100.1, r16_1=60.4, r16_2=39.7),
        typed(r19=75.0, r18=30, r17=40),
        typed(r19=33.3, r18=10, r17=30),  # printed to a tenth
        typed(r27=3, r26=3),
    ],
)
def test_an_identity_that_holds_is_silent(table):
    assert check_identities(table, "04").empty


def test_form_02_has_its_own(register):
    register.loc["CCN-01", "leased_ha"] = 15.5
    findings = form_findings(register, "02", unit="CCN-01", period="2026-H1", anyway=True, lang="en")
    assert rules(findings, "warning") == ["forms.leased-over-ready"]
    assert rules(findings, "error") == []


def test_what_cannot_be_checked_is_said(register):
    register["established"] = pd.NA
    findings = form_findings(register, "04", period="2026-H1", anyway=True, lang="en")
    unchecked = findings[findings["rule"] == "forms.unchecked"]
    assert unchecked["field"].tolist() == ["15", "16"]
    assert unchecked["message"].iloc[0] == (
        "Row 15 could not be checked against 15.1 + 15.2: some clusters do not report."
    )


def test_at_least_too_much_is_too_much():
    table = typed(r27=4, r26=3).assign(qualifier=["at least", ""])
    assert rules(check_identities(table, "04"), "error") == ["forms.compliant-over-plants"]


def test_at_least_enough_proves_nothing():
    table = typed(r27=3, r26=3).assign(qualifier=["at least", ""])
    assert rules(check_identities(table, "04"), "info") == ["forms.unchecked"]


def test_leased_land_where_nobody_operates_is_found(register):
    register.loc["CCN-05", "leased_ha"] = 2.0
    findings = form_findings(register, "04", period="2026-H1", anyway=True, lang="en").set_index("rule")
    assert findings.loc["forms.operates", ["cluster_id", "value"]].tolist() == ["CCN-05", 2.0]
    assert findings.loc["forms.fill-rate", "severity"] == "error"


def test_missing_values_are_listed_with_their_clusters(register):
    register.loc[["CCN-01", "CCN-02"], "workers"] = pd.NA
    findings = form_findings(register, "04", period="2026-H1", anyway=True, lang="en")
    assert findings["message"].tolist() == ["Row 25: 2 of 4 clusters do not report (CCN-01, CCN-02)."]


def test_modelled_figures_are_a_warning(register):
    register["planned_ha_basis"] = "modelled"
    findings = form_findings(register, "04", period="2026-H1", anyway=True, lang="en")
    warnings = findings[findings["severity"] == "warning"]
    assert warnings["rule"].unique().tolist() == ["forms.modelled"]
    assert "Row 16: 100.5 ha is a modelled figure, not a fact." in warnings["message"].tolist()


def test_a_register_of_another_date_is_a_warning(register):
    findings = form_findings(register, "04", period="2025", lang="en")
    stale = findings.set_index("rule").loc["forms.other-date"]
    assert stale["severity"] == "warning"
    assert "as of 2026-06-10, outside the reporting period: year 2025" in stale["message"]


def test_periods_before_the_circular_are_said_to_be(register):
    assert "forms.before-law" in rules(form_findings(register, "04", period="2023"), "info")


def test_districts_that_are_gone_are_said_to_be(register):
    after = form_findings(register, "03", unit="Gia Lâm", period="2026-H1", anyway=True)
    before = form_findings(register, "03", unit="Gia Lâm", period="2025-H1")
    commune = form_findings(register, "03", unit="Liên Hà", level="commune", period="2026-H1", anyway=True)
    assert ["forms.district-gone" in set(table["rule"]) for table in (after, before, commune)] == [
        True,
        False,
        False,
    ]


def test_a_cluster_of_no_unit_is_found(register):
    register.loc["CCN-03", ["district", "commune"]] = pd.NA
    findings = form_findings(register, "04", period="2026-H1", anyway=True, lang="en")
    assert findings[["rule", "cluster_id"]].to_numpy().tolist() == [["forms.no-unit", "CCN-03"]]


def parts_of(register):
    return {
        unit: form(register, "03", unit=unit, period="2026-H1", anyway=True)
        for unit in ("Gia Lâm", "Đông Anh")
    }


def test_form_04_is_the_sum_of_forms_03(register):
    assert check_sum(form(register, "04", period="2026-H1", anyway=True), parts_of(register)).empty


def test_a_cluster_left_out_of_the_units_is_an_error(register):
    province = form(register, "04", period="2026-H1", anyway=True)
    register.loc["CCN-03", "district"] = pd.NA
    findings = check_sum(province, parts_of(register), "en")
    message = findings.set_index("field").loc["1", "message"]
    assert message == "Row 1 of Form 04 is 6, but the 2 Forms 03 add up to 5."
    assert set(findings["severity"]) == {"error"}


def test_words_of_every_finding_exist_in_both_languages(register):
    register.loc["CCN-03", ["district", "commune"]] = pd.NA
    register.loc["CCN-05", "leased_ha"] = 99.0
    register["planned_ha_basis"] = "modelled"
    register["workers"] = pd.NA
    vi, en = (form_findings(register, "04", period="2023", lang=lang) for lang in ("vi", "en"))
    assert vi["rule"].tolist() == en["rule"].tolist()
    assert (vi["message"] != en["message"]).all()
    assert (vi["fix"] != en["fix"]).all()


BREAKING = {
    "forms.compliant-over-plants": (
        "figures.compliant-without-plant",
        {"wastewater_started": False, "wastewater_compliant": True},
    ),
    "forms.fdi-over-projects": ("figures.more-active-than-all", {"fdi_projects": 500}),
    "forms.active-over-projects": ("figures.more-active-than-all", {"active_projects": 500}),
    "forms.paid-over-approved": ("figures.paid-over-approved", {"paid_capital_bn_vnd": 2_500.0}),
    "forms.leased-over-ready": ("pipeline.leased-before-ready", {"ready_ha": 1.0}),
    "forms.leased-over-land": ("figures.leased-over-leasable", {"leased_ha": 150.0}),
    "forms.fill-rate": ("pipeline.leased-before-operating", {"status": "under_construction"}),
    "forms.operates": ("pipeline.leased-before-operating", {"status": "under_construction"}),
}


def both_forms(register):
    """The rules that Form 04, or Form 02 of the first cluster, has findings of."""
    province = form_findings(register, "04", period="2026-H1", anyway=True)
    one = form_findings(register, "02", unit="CCN-01", period="2026-H1", anyway=True)
    return {*province["rule"], *one["rule"]}


@pytest.fixture(scope="module")
def sound(_register):
    return both_forms(_register)


@pytest.mark.parametrize("identity", BREAKING)
def test_what_breaks_an_identity_is_a_finding_of_the_audit_at_its_cluster(register, sound, identity):
    rule, fault = BREAKING[identity]
    before = audit(register, on="2026-06-14", only=[rule])
    assert before.empty
    assert identity not in sound
    register.loc["CCN-01", list(fault)] = list(fault.values())
    assert identity in both_forms(register)
    assert set(audit(register, on="2026-06-14", only=[rule])["cluster_id"]) == {"CCN-01"}


def test_every_identity_that_a_single_cluster_can_break_has_its_rule_in_the_audit():
    own = {identity.rule for identity in (*_AGGREGATE, *_RECORD)}
    # Sums of parts are counted from the same clusters: only a form filled in by hand can break them.
    assert own - {"forms.operating-parts", "forms.area-parts"} <= set(BREAKING)
