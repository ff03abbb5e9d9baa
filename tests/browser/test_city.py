"""The city map as a reader uses it."""

from __future__ import annotations

import hashlib
import re

import pytest

import clusters_geo as cg
from clusters_geo.maps import make_map, save_map

pytestmark = pytest.mark.browser


def texts(page, selector):
    return [text.replace("\u00a0", " ") for text in page.locator(selector).all_inner_texts()]


def members(page):
    """How many clusters each symbol on the map stands for."""
    counts = page.locator(".cg-symbol").evaluate_all(
        "all => all.map(s => Number(s.querySelector('.cg-count')?.textContent ?? 1))"
    )
    return sorted(counts)


def choose(page, measure):
    page.select_option("#cg-measure", measure)


def test_every_district_and_cluster_is_drawn(city):
    assert city.locator("path.cg-district").count() == 30
    assert sum(members(city)) == 120


def test_statuses_differ_in_shape_and_in_colour(city):
    for status, shape in (("operating", "circle"), ("under_construction", "rect"), ("pending", "path")):
        body = city.locator(f".cg-symbol .cg-fill-{status}").first
        assert body.evaluate("e => e.tagName") == shape
    fill = "status => getComputedStyle(document.querySelector('.cg-legend .cg-fill-' + status)).fill"
    fills = [city.evaluate(fill, status) for status in ("operating", "under_construction", "pending")]
    assert len(set(fills)) == 3


def test_modelled_areas_look_modelled(city):
    dashes = city.locator(".cg-symbol .cg-body.cg-estimated").first.evaluate(
        "e => getComputedStyle(e).strokeDasharray"
    )
    assert dashes != "none"
    assert "≈" in city.locator(".cg-legend").inner_text()


def test_totals_of_the_reference_case(city):
    said = city.locator(".cg-totals").inner_text().replace("\u00a0", " ")
    for figure in ("70", "43", "1.686,0 ha", "1.392,0 ha", "82,6 %", "Tỷ lệ lấp đầy", "519,0 ha công bố"):
        assert figure in said
    assert "≈" not in city.locator(".cg-tiles").inner_text()  # they agree with published totals


def test_totals_that_nobody_published_say_that_they_are_modelled(opened, tables, tmp_path):
    clusters, districts = tables
    fewer = clusters[clusters["district"] != "Ba Vì"]
    said = opened(save_map(make_map(fewer, districts), tmp_path / "a.html")).locator(".cg-tiles").inner_text()
    assert said.count("≈") == 3  # planned, built and the rate of the two; the fill rate is unknown


def test_an_empty_map_says_why_in_both_languages_and_leaves_the_buttons_free(opened, tables, tmp_path):
    clusters = tables[0].head(5).assign(geometry=None)
    path = save_map(make_map(clusters), tmp_path / "a.html")
    page = opened(path, viewport={"width": 390, "height": 844})
    notice = page.locator(".cg-notice")
    assert notice.inner_text().startswith("Sổ chưa có vị trí của cụm nào")
    box, buttons = notice.bounding_box(), page.locator(".cg-toolbar").bounding_box()
    assert box["y"] + box["height"] <= buttons["y"]
    page.click("button[data-lang=en]")
    assert notice.inner_text().startswith("The register gives no cluster a place")
    # The list is what such a page has: it is open, and no legend explains what is not there.
    assert page.locator(".cg-table").is_visible()
    assert not page.locator(".cg-legend").is_visible()


def test_clusters_of_unknown_status_are_counted_beside_the_others(opened, tables, tmp_path):
    few = tables[0].head(5).copy()
    few.loc[few.index[:2], "status"] = None
    page = opened(save_map(make_map(few), tmp_path / "a.html"))
    assert re.search(r"^2\s+chưa rõ tình trạng$", page.locator(".cg-counts").inner_text(), re.MULTILINE)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert "2 chưa rõ tình trạng" in page.locator(".cg-print").text_content()


def test_a_map_with_places_has_nothing_to_excuse(city):
    assert city.locator(".cg-notice").inner_text() == ""


def test_the_files_and_their_hashes_are_named(opened, town_file):
    file, digest = town_file
    page = opened(file)
    summary = page.locator(".cg-provenance summary")
    assert f"register.gpkg (SHA-256 {digest[:12]}…)" in summary.inner_text()
    assert "clusters-geo " in summary.inner_text()
    assert not page.get_by_text(digest).is_visible()
    summary.click()
    assert page.get_by_text(digest).is_visible()


def test_tables_from_no_file_show_the_hash_of_their_data(opened, tables, tmp_path):
    clusters, districts = (table.copy() for table in tables)
    clusters.attrs, districts.attrs = {}, {}
    page = opened(save_map(make_map(clusters, districts), tmp_path / "map.html"))
    assert re.search(r"mã băm dữ liệu [0-9a-f]{12}…", page.locator(".cg-provenance summary").inner_text())


def test_the_bundled_case_shows_the_hashes_of_its_files(city):
    says = city.locator(".cg-provenance summary").inner_text()
    assert re.search(r"clusters\.geojson \(SHA-256 [0-9a-f]{12}…\)", says)
    assert re.search(r"districts\.geojson \(SHA-256 [0-9a-f]{12}…\)", says)


@pytest.fixture
def town_file(tables, tmp_path):
    clusters, districts = tables
    register = tmp_path / "register.gpkg"
    clusters.head(20).to_file(register)
    m = make_map(cg.load_clusters(register), districts)
    return save_map(m, tmp_path / "town.html"), hashlib.sha256(register.read_bytes()).hexdigest()


def test_the_legend_belongs_to_the_measure(city):
    choose(city, "planned_density")
    assert "ha/km²" in city.locator(".cg-legend summary").inner_text()
    choose(city, "fill_rate")
    assert city.locator(".cg-legend summary").inner_text() == "Tỷ lệ lấp đầy"
    # Of all but one nothing is published: hatched, not zero. Thanh Trì's one cluster states a rate.
    assert city.locator("path.cg-district.cg-nodata").count() == 17
    assert "không có số liệu" in texts(city, ".cg-legend .cg-key >> nth=0")[0]
    choose(city, "pending_sites")
    assert city.locator("path.cg-amount").count() > 5
    assert city.locator("path.cg-district.cg-plain").count() == 30
    choose(city, "")
    assert city.locator("path.cg-amount").count() == 0


def test_areas_of_circles_are_in_proportion(city):
    choose(city, "operating_clusters")
    widths = city.evaluate(
        "[...document.querySelectorAll('path.cg-amount')].map(p => p.getBBox().width).sort((a, b) => a - b)"
    )
    assert widths[-1] / widths[0] == pytest.approx((11 / 1) ** 0.5, rel=0.12)


def test_two_languages_with_their_numbers(city):
    city.click("[data-lang=en]")
    assert city.evaluate("document.documentElement.lang") == "en"
    assert city.title() == "Industrial clusters of Hà Nội"
    said = city.locator("body").inner_text().replace("\u00a0", " ")
    for figure in ("1,686.0 ha", "82.6 %", "Build-out rate", "Fill rate", "2022-09-30"):
        assert figure in said
    assert "Tỷ lệ" not in said
    city.click("[data-lang=vi]")
    assert "1.686,0" in city.locator(".cg-totals").inner_text()


def test_search_forgives_accents(city):
    city.fill("#cg-search", "phung xa")
    found = texts(city, ".cg-row-name")
    assert len(found) == 3
    assert sum("Thạch Thất" in row for row in found) == 2
    assert sum("Mỹ Đức" in row for row in found) == 1
    assert sum(members(city)) == 3
    city.fill("#cg-search", "không có đâu")
    assert city.locator(".cg-count-line").inner_text() == "Không có cụm nào khớp."


def test_filters_by_status_and_district(city):
    city.click(".cg-chips [data-status=operating]")
    city.click(".cg-chips [data-status=pending]")
    assert sum(members(city)) == 7
    assert city.locator(".cg-count-line").inner_text() == "7 trên 120 cụm"
    city.click(".cg-chips [data-status=operating]")
    city.select_option("#cg-district", "Thường Tín")
    assert city.locator(".cg-table tbody tr").count() == 13


def test_the_table_sorts_both_ways_with_unknown_last(city):
    def areas():
        cells = texts(city, ".cg-table tbody td:nth-child(2)")
        return [
            float(cell.replace("≈", "").replace(".", "").replace(",", ".")) for cell in cells if cell != "–"
        ]

    city.click("[data-sort=planned_ha]")
    assert areas() == sorted(areas(), reverse=True)
    assert city.locator("th[aria-sort=descending]").count() == 1
    city.click("[data-sort=planned_ha]")
    assert areas() == sorted(areas())
    city.click("[data-sort=name]")
    names = texts(city, ".cg-row-name bdi")
    assert names.index("Cam Thượng") < names.index("Đại Thắng") < names.index("Yên Sơn")


def test_a_row_zooms_and_opens_the_card_with_both_rates(city):
    city.fill("#cg-search", "lien phuong")
    city.locator(".cg-go").first.click()
    card = city.locator(".cg-card").inner_text().replace("\u00a0", " ")
    for said in (
        "Liên Phương",
        "17,7 ha",
        "mô hình hóa",
        "Tỷ lệ xây dựng hạ tầng",
        "Tỷ lệ lấp đầy",
        "≈",
        "Nguồn",
    ):
        assert said in card
    city.wait_for_selector("path.cg-outline.cg-drawn")
    assert (
        city.locator("path.cg-outline").first.evaluate("e => getComputedStyle(e).strokeDasharray") != "none"
    )


def test_an_open_card_follows_the_language(city):
    city.fill("#cg-search", "lien phuong")
    city.locator(".cg-go").first.click()
    city.click("[data-lang=en]")
    assert "Build-out rate" in city.locator(".cg-card").inner_text()


def note_of(page):
    return page.locator(".cg-card p", has_text=re.compile("^(Ghi chú|Note): ")).inner_text()


def test_the_note_of_a_cluster_is_in_the_language_shown(city, tables):
    row = tables[0].loc["HN-088"]
    city.fill("#cg-search", "hn-088")
    city.locator(".cg-go").first.click()
    assert note_of(city) == f"Ghi chú: {row['note_vi']}"
    city.click("[data-lang=en]")
    assert note_of(city) == f"Note: {row['note']}"
    # Neither is listed a second time among the columns.
    card = city.locator(".cg-card").inner_text()
    assert "Vietnamese note" not in card
    assert row["note_vi"] not in card


@pytest.mark.parametrize("column", ["note", "note_vi"])
def test_the_only_note_of_a_register_is_shown_in_both_languages(
    opened, clusters, districts, tmp_path, column
):
    few = clusters.head(3).drop(columns=["note", "note_vi"])
    few[column] = "Chưa bàn giao mặt bằng."
    page = opened(save_map(make_map(few, districts), tmp_path / "few.html"))
    page.locator(".cg-go").first.click()
    assert note_of(page) == "Ghi chú: Chưa bàn giao mặt bằng."
    page.click("[data-lang=en]")
    assert note_of(page) == "Note: Chưa bàn giao mặt bằng."


def test_everything_can_be_reached_by_keyboard(city):
    district = city.locator("path.cg-district[aria-label^='Sóc Sơn']")
    district.focus()
    city.keyboard.press("Enter")
    assert city.locator(".cg-card h2").inner_text() == "Sóc Sơn"
    unlabelled = city.locator(
        "path.cg-district:not([aria-label]), .cg-symbol:not([aria-label]), button:not([hidden])"
    )
    nameless = unlabelled.evaluate_all(
        "all => all.filter(e => !(e.ariaLabel || e.textContent.trim())).map(e => e.outerHTML)"
    )
    assert nameless == []
    symbol = city.locator(".cg-symbol[data-status=pending]").first
    assert symbol.get_attribute("tabindex") == "0"
    symbol.focus()
    city.keyboard.press("Enter")
    city.locator(".cg-card header", has_text="Chưa khởi công").wait_for()
    # The popup is where a screen reader goes on; closing it leads back.
    assert city.evaluate("document.activeElement.getAttribute('role')") == "dialog"
    city.keyboard.press("Escape")
    city.wait_for_timeout(300)
    assert city.evaluate("document.activeElement.dataset.status") == "pending"


def test_a_link_keeps_the_view(city, opened, city_file):
    choose(city, "build_out_rate")
    city.click("[data-lang=en]")
    city.select_option("#cg-district", "Ba Vì")
    city.click(".cg-chips [data-status=operating]")
    anchor = city.evaluate("location.hash")
    again = opened(city_file, anchor=anchor)
    assert again.evaluate("document.documentElement.lang") == "en"
    assert again.locator("#cg-measure").input_value() == "build_out_rate"
    assert again.locator("#cg-district").input_value() == "Ba Vì"
    assert again.locator(".cg-chips [data-status=operating]").get_attribute("aria-pressed") == "false"
    assert again.evaluate("location.hash") == anchor


@pytest.mark.parametrize(
    "anchor",
    [
        "#at=NaN/x/999",
        "#measure=__proto__",
        "#lang=<img>&theme=x",
        "#district=constructor&status=a,b",
        "#%",
        "#at=1e9/1/1",
    ],
)
def test_a_link_that_somebody_meddled_with_does_no_harm(opened, city_file, anchor):
    page = opened(city_file, anchor=anchor)
    assert page.locator("path.cg-district").count() == 30


def test_groups_open_by_zooming(city):
    before = members(city)
    city.locator(".cg-symbol:has(.cg-count)").first.click()
    city.wait_for_timeout(600)
    assert max(members(city)) <= max(before)
    assert re.search(r"at=\d+(\.\d+)?/", city.evaluate("location.hash"))


def test_reset_returns_to_the_whole(city):
    start = city.evaluate("location.hash")
    city.click("[data-tool=zoomIn]")
    city.wait_for_timeout(500)
    assert city.evaluate("location.hash") != start
    city.click("[data-tool=reset]")
    city.wait_for_timeout(500)
    assert city.evaluate("location.hash") == start


def test_layers_can_be_switched_off(city):
    city.click("[data-tool=layers]")
    city.uncheck("[data-layer=clusters]")
    city.uncheck("[data-layer=names]")
    assert city.locator(".cg-symbol").count() == city.locator(".cg-name").count() == 0
    city.uncheck("[data-layer=districts]")
    assert city.locator("path.cg-district").count() == 0
    city.check("[data-layer=clusters]")
    city.check("[data-layer=districts]")
    assert sum(members(city)) == 120
    assert city.locator("path.cg-district[aria-label]").count() == 30


def test_the_background_is_not_asked_for_offline(city):
    city.click("[data-tool=layers]")
    city.locator("[data-layer=tiles]").click()
    assert "ngoại tuyến" in city.locator(".cg-notice").inner_text()
    assert not city.locator("[data-layer=tiles]").is_checked()


def test_dark_and_light(city):
    ground = "getComputedStyle(document.querySelector('.cg')).backgroundColor"
    light = city.evaluate(ground)
    city.click(".cg-theme")
    assert city.evaluate(ground) != light
    assert city.evaluate("document.documentElement.dataset.theme") == "dark"


@pytest.fixture(scope="module")
def rated(tables):
    """The bundled case with fill rates for some of its operating clusters, as another office has them."""
    clusters, districts = tables
    land = clusters["planned_ha"].where(clusters["status"] == "operating") * 0.7
    leased = land * [[0.3, 0.6, 0.95, 1.0][i % 4] for i in range(len(clusters))]
    known = [i % 5 != 0 for i in range(len(clusters))]
    return clusters.assign(leasable_ha=land.where(known), leased_ha=leased.where(known)), districts


def test_it_opens_on_the_fill_rate_where_one_is_known(opened, rated, tmp_path):
    page = opened(save_map(make_map(*rated), tmp_path / "m.html"))
    assert page.locator("#cg-measure").input_value() == "fill_rate"
    classes = texts(page, ".cg-legend .cg-key >> nth=0")[0]
    for words in ("dưới 50 %", "50 % – 80 %", "80 % – 100 %", "từ 100 %"):
        assert words in classes
    said = page.locator(".cg-class-count").all_inner_texts()
    units, clusters = zip(*(map(int, words.split(" · ")) for words in said), strict=True)
    rates = cg.fill_rate(rated[0]).dropna()
    assert sum(clusters) == len(rates)
    assert clusters[0] == (rates < 0.5).sum()
    assert sum(units) == rated[0].loc[rates.index, "district"].nunique()
    widths = page.locator(".cg-histogram-bar").evaluate_all(
        "all => all.map(b => Number(b.getAttribute('width')))"
    )
    assert [round(w / 44 * max(clusters)) for w in widths] == list(clusters)


def test_symbols_are_gauges_and_what_is_not_known_is_no_zero(opened, rated, tmp_path):
    page = opened(save_map(make_map(*rated), tmp_path / "m.html"), viewport={"width": 1920, "height": 1080})
    share = """() => [...document.querySelectorAll('.cg-symbol[data-status=operating]')].map((s) => [
        s.querySelector('.cg-level')?.getBBox().height ?? 0, Boolean(s.querySelector('.cg-bar-unknown')),
        s.getAttribute('aria-label')])"""
    for height, unknown, label in page.evaluate(share):
        said = re.search(r"Tỷ lệ lấp đầy: (?:([\d,]+)\s%|–)", label)
        assert said, label
        assert unknown == (said[1] is None)
        if said[1]:
            assert height / 15.2 == pytest.approx(float(said[1].replace(",", ".")) / 100, abs=0.02)
    page.select_option("#cg-measure", "planned_density")
    assert page.locator(".cg-symbol .cg-level").count() == 0


def test_any_column_and_limits_of_ones_own(opened, rated, tmp_path):
    clusters, districts = rated
    clusters = clusters.assign(workers_est=range(1, len(clusters) + 1))
    m = make_map(clusters, districts, measure="workers_est")
    page = opened(save_map(m, tmp_path / "a.html"))
    assert page.locator(".cg-legend summary").inner_text() == "workers_est"
    assert page.locator("path.cg-amount").count() == clusters["district"].nunique()
    page = opened(
        save_map(make_map(clusters, districts, measure="fill_rate", breaks=[0.4, 0.7]), tmp_path / "b.html")
    )
    said = texts(page, ".cg-legend .cg-key >> nth=0")[0]
    assert "dưới 40 %" in said
    assert "từ 70 %" in said
    assert "Ngưỡng tự chọn" in page.locator(".cg-legend").inner_text()
