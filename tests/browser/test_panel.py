"""The panel answers: what is chosen is what totals, list and paper are of."""

from __future__ import annotations

import re

import geopandas as gpd
import pandas as pd
import pytest

import clusters_geo as cg
from clusters_geo.maps import make_map, save_map
from clusters_geo.words import format_number, format_percent

pytestmark = pytest.mark.browser


def said(page, selector):
    return page.locator(selector).inner_text().replace("\u00a0", " ")


@pytest.fixture(scope="module")
def land(tables):
    clusters, districts = tables
    operating = clusters["status"] == "operating"
    leasable = clusters["planned_ha"].where(operating) * 0.7
    rows = clusters.assign(leasable_ha=leasable, leased_ha=leasable * 0.6, approved_capital_bn_vnd=125.5)
    return rows, districts


@pytest.fixture(scope="module")
def file(land, tmp_path_factory):
    return save_map(make_map(*land), tmp_path_factory.mktemp("panel") / "m.html")


@pytest.mark.parametrize("unit", ["Thường Tín", "Ba Vì", "Sóc Sơn"])
def test_a_unit_has_its_own_totals(opened, file, land, unit):
    page = opened(file)
    page.select_option("#cg-district", unit)
    row = cg.summarize(land[0], by="district").loc[unit]
    tiles = said(page, ".cg-tiles")
    if row["operating_clusters"]:
        assert f"{format_number(row['planned_ha'])} ha" in tiles
        assert format_percent(row["fill_rate"]) in tiles
    else:
        assert "0,0" not in tiles
    assert said(page, ".cg-scope") == unit
    counts = said(page, ".cg-counts")
    assert str(int(row["operating_clusters"])) in counts


def test_totals_of_any_choice_are_sums(opened, file, land):
    page = opened(file)
    page.click("button[data-status=pending]")
    page.click("button[data-status=under_construction]")
    page.fill("#cg-search", "chua ro ten")
    rows = land[0]
    chosen = rows[(rows["status"] == "operating") & rows["name"].str.lower().str.contains("chưa rõ tên")]
    total = cg.summarize(chosen).iloc[0]
    assert f"{len(chosen)} trên 120 cụm" in said(page, ".cg-count-line")
    assert len(chosen)
    assert f"{format_number(total['planned_ha'])} ha" in said(page, ".cg-tiles")
    assert "“chua ro ten”" in said(page, ".cg-scope")
    page.fill("#cg-search", "")
    only = rows[rows["status"] == "operating"]
    assert f"{format_number(cg.summarize(only).iloc[0]['built_ha'])} ha" in said(page, ".cg-tiles")


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("phungxa", "Phùng Xá"),
        ("H. Thường Tín", "Thường Tín"),
        ("xa Lien Ha", "Liên Hà"),
        ("CCN Bát Tràng", "Bát Tràng"),
    ],
)
def test_search_forgives_spaces_prefixes_and_marks(opened, file, typed, found):
    page = opened(file)
    page.fill("#cg-search", typed)
    rows = page.locator(".cg-row-name").all_inner_texts()
    assert rows
    assert any(found in row for row in rows)


def test_communes_are_found(opened, file, land):
    commune = land[0]["commune"].dropna().iloc[0]
    page = opened(file)
    page.fill("#cg-search", commune)
    assert page.locator(".cg-row-name").count() >= (land[0]["commune"] == commune).sum()


@pytest.mark.parametrize("size", [(390, 844), (360, 640), (1280, 720)])
def test_results_stand_above_the_fold(opened, file, size):
    page = opened(file, viewport={"width": size[0], "height": size[1]})
    if size[0] < 900:
        page.click(".cg-handle")
        page.wait_for_timeout(350)
    page.fill("#cg-search", "phung xa")
    box = page.locator(".cg-go").first.bounding_box()
    assert box["y"] + box["height"] <= size[1]
    assert page.evaluate("document.activeElement.id") == "cg-search"


def test_a_units_card_lists_its_clusters_and_says_nothing_operates(opened, file):
    page = opened(file)
    enter = """name => [...document.querySelectorAll('path.cg-district')].find((p) => p.dataset.unit === name)
        .dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }))"""
    page.evaluate(enter, "Thường Tín")
    assert page.locator(".cg-members li").count() == 17
    page.locator(".cg-members button").first.click()
    assert page.locator(".cg-card h2").inner_text() != "Thường Tín"  # one card, not the last beside it
    page.evaluate(enter, "Sóc Sơn")
    card = said(page, ".cg-card")
    assert "0,0 ha" not in card
    assert "–" in card


def test_money_has_its_unit(opened, file):
    page = opened(file)
    page.locator(".cg-go").first.click()
    assert "Tổng mức đầu tư được duyệt, tỷ đồng" in said(page, ".cg-card")
    page.click("[data-lang=en]")
    assert "Approved capital, billion VND" in said(page, ".cg-card")


def test_a_card_writes_figures_as_the_list_does(opened, file):
    page = opened(file)
    page.click("[data-sort=planned_ha]")
    row = page.locator(".cg-table tbody tr").first
    planned = row.locator("td").first.inner_text().replace("\u00a0", " ")
    row.locator(".cg-go").click()
    card = said(page, ".cg-card")
    assert f"\n{planned} ha" in card
    assert not re.search(r"\d,\d\d ha", card)


def test_names_in_the_list_are_whole(opened, file, land):
    page = opened(file)
    names = page.locator(".cg-row-name bdi")
    assert names.count() == len(land[0])
    assert names.evaluate_all("all => all.filter((e) => e.scrollHeight > e.clientHeight + 1).length") == 0


def test_findings_switch_with_the_language(opened, tables, tmp_path):
    clusters, districts = tables
    page = opened(save_map(make_map(*tables, findings=cg.audit(clusters, districts)), tmp_path / "m.html"))
    page.fill("#cg-search", "võng xuyên")
    page.locator(".cg-go").first.click()
    assert "Đã khởi công" in said(page, ".cg-findings")
    page.click("[data-lang=en]")
    assert "Ground" in said(page, ".cg-findings")


def test_the_paper_follows(opened, file, land):
    page = opened(file)
    page.select_option("#cg-district", "Ba Vì")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    paper = page.locator(".cg-print").text_content().replace("\u00a0", " ")
    row = cg.summarize(land[0], by="district").loc["Ba Vì"]
    assert f"{format_number(row['planned_ha'])} ha" in paper
    assert page.locator(".cg-print tbody tr").count() == (land[0]["district"] == "Ba Vì").sum()


def test_without_a_layer_the_units_are_those_of_the_register_and_what_has_no_place_has_a_card(
    opened, tables, tmp_path
):
    clusters = tables[0].copy()
    lost = clusters.index[clusters["district"] == "Ba Vì"][0]
    clusters.loc[[lost], "geometry"] = None
    page = opened(save_map(make_map(clusters), tmp_path / "m.html"))
    assert said(page, ".cg-without-place").startswith(f"1/{len(clusters)} cụm không có vị trí")
    names = page.locator("#cg-district option").all_inner_texts()[1:]
    assert len(names) == clusters["district"].nunique()
    page.select_option("#cg-district", "Ba Vì")
    row = cg.summarize(clusters, by="district").loc["Ba Vì"]
    assert f"{format_number(row['planned_ha'])} ha" in said(page, ".cg-tiles")
    assert "district=Ba+V%C3%AC" in page.url
    page.get_by_role("button", name=clusters["name"][lost]).first.click()
    card = said(page, ".cg-card")
    assert clusters["name"][lost] in card
    assert "không có vị trí" in card
    # Nothing stands where the card would point at.
    assert not page.locator(".cg-nowhere .leaflet-popup-tip-container").is_visible()


def test_the_legend_counts_what_is_chosen(opened, file, land):
    page = opened(file)
    page.select_option("#cg-measure", "fill_rate")
    page.select_option("#cg-district", "Thường Tín")
    counts = page.locator(".cg-class-count").all_inner_texts()
    units, clusters = (
        sum(map(int, column)) for column in zip(*(c.split(" · ") for c in counts), strict=True)
    )
    row = cg.summarize(land[0], by="district").loc["Thường Tín"]
    assert (units, clusters) == (1, row["operating_clusters"])
    assert f"{row['fill_rate_known_clusters']} cụm có số liệu" in said(page, ".cg-legend")


def test_units_of_a_register_stand_in_the_order_of_its_table(opened, tmp_path):
    communes = ["Phường Tân Mai", "Xã Yên Thành", "Xã An Châu", "Phường Đại Đồng"]
    table = gpd.GeoDataFrame(
        {"name": list("ABCD"), "status": "operating", "commune": communes},
        geometry=[None] * 4,
        index=pd.Index(list("abcd"), name="cluster_id"),
        crs=4326,
    )
    page = opened(save_map(make_map(table), tmp_path / "m.html"))
    offered = page.locator("#cg-district option").all_inner_texts()[1:]
    assert offered == cg.summarize(table, by="commune").index.tolist()
    assert offered != sorted(offered)
