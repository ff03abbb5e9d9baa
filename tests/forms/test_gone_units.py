"""Forms of units that exist in the period: districts to June 2025, today's communes since, others refused."""

from __future__ import annotations

from datetime import date

import pytest

from clusters_geo import SchemaError
from clusters_geo.forms.checks import check
from clusters_geo.forms.circular import title
from clusters_geo.forms.fill import fill
from clusters_geo.forms.layout import page_of
from clusters_geo.forms.save import save_all_units
from clusters_geo.planning.homes import homes_of


def test_a_district_is_refused_after_june_2025_and_the_refusal_says_what_to_do(clusters):
    with pytest.raises(
        SchemaError, match=r"Đông Anh does not exist as an administrative unit on 2026-06-14.*--anyway"
    ) as refused:
        fill(clusters, "03", unit="Đông Anh", level="district", period="2026-H1")
    assert "xã, phường" in refused.value.text("vi")


@pytest.mark.parametrize("unit", ["huyện Thường Tín", "H. Thường Tín", "huyen Thuong Tin"])
def test_a_huyen_is_not_the_xa_that_bears_its_name_now(clusters, unit):
    with pytest.raises(
        SchemaError, match=r"Thường Tín does not exist as an administrative unit on 2026-06-14"
    ):
        fill(clusters, "03", unit=unit, period="2026-H1")
    # 11 clusters of the huyện operated, of which one lies in the xã of today for certain.
    whole = fill(clusters, "03", unit=unit, period="2026-H1", anyway=True)
    assert (whole.unit.level, whole.unit.exists, whole.table.loc["15", "result"]) == ("district", False, 11)
    assert fill(clusters, "03", unit="xã Thường Tín", period="2026-H1").table.loc["15", "result"] == 1


def test_a_xa_of_today_did_not_report_for_2024(clusters):
    with pytest.raises(SchemaError, match="no cluster in"):
        fill(clusters, "03", unit="xã Thường Tín", period="2024")


@pytest.mark.parametrize("unit", ["Ba Đình B", "Huyện Chương Mỹ Cũ"])
def test_a_stranger_is_refused_with_what_there_is(clusters, unit):
    with pytest.raises(SchemaError, match="no cluster in"):
        fill(clusters, "03", unit=unit, period="2026-H1")


def test_a_commune_of_today_gets_the_clusters_that_lie_there_now(clusters):
    filled = fill(clusters, "03", unit="xã Tây Phương", period="2026-H1", lang="en")
    assert (filled.unit.name, filled.unit.level, filled.unit.exists) == ("Tây Phương", "commune", True)
    assert filled.table.loc["16", "result"] == pytest.approx(10.7 + 10.7 + 18.73 + 4.2)
    findings = check(filled).set_index("rule")
    assert "forms.unplaced" in findings.index
    assert str(len(filled.unit.unplaced)) in findings.loc["forms.unplaced", "message"]


def test_an_old_commune_does_not_report_today(clusters):
    assert fill(clusters, "03", unit="Canh Nậu", level="commune", period="2024").unit.clusters.index.size == 1
    with pytest.raises(SchemaError, match="no cluster in 'Canh Nậu'"):
        fill(clusters, "03", unit="Canh Nậu", level="commune", period="2026-H1")


def test_anyway_is_said_on_the_form(clusters):
    filled = fill(clusters, "03", unit="Thường Tín", level="district", period="2026-H1", anyway=True)
    page = page_of(filled)
    assert any("không còn là đơn vị hành chính" in line for line in page.subtitle)
    before = fill(clusters, "03", unit="Thường Tín", period="2025-H1")
    assert not any("không còn" in line for line in page_of(before).subtitle)


def test_the_title_is_that_of_the_period_s_unit():
    assert title("03", "vi", date(2025, 6, 14)).endswith("cấp huyện")
    assert title("03", "vi", date(2026, 6, 14)).endswith("cấp xã")
    assert title("03", "en", date(2026, 6, 14)).endswith("of a commune")


def test_all_units_of_today_and_what_is_in_none_of_them(clusters, tmp_path):
    few = clusters[clusters["district"] == "Thạch Thất"]
    files, findings = save_all_units(few, tmp_path / "f", period="2026-H1", ending=".csv", lang="en")
    homes = homes_of(few, "commune", date(2026, 6, 14)).units.dropna()
    assert sum(file.name.startswith("bieu-03-") for file in files) == homes.nunique() > 1
    assert "forms.unplaced" in set(findings["rule"])
