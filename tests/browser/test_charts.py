"""The charts in the panel are those of `cg.chart` for what is chosen, and agree with its totals."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from urllib.parse import unquote

import pytest

import clusters_geo as cg
from clusters_geo.maps import make_map, save_map
from clusters_geo.words import format_number

pytestmark = pytest.mark.browser

# Of another province: rates stated beside areas, some figures missing, no shapes, a row without a district.
NGHE_AN = """
Tên cụm;Huyện;Tình trạng;DT quy hoạch (ha);DT xây dựng hạ tầng (ha);Đất CN (ha);Đã cho thuê (ha);Tỷ lệ lấp đầy
CCN Nghi Kim;Nghi Lộc;Đang hoạt động;19,86;15,2;13,1;12,4;80
CCN Nghi Hương;Nghi Lộc;Đang hoạt động;42,5;;30;;55,5
CCN Đồng Tâm;Quế Phong;Đang hoạt động;;;;;62
CCN Yên Thành;Yên Thành;Đang xây dựng;40;;;;
CCN Hưng Đông;Nghi Lộc;Chưa triển khai;;;;;
CCN Lạc Sơn <b>&;;Đang hoạt động;28,4;11,35;20;7,5;37,5
"""


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    folder = tmp_path_factory.mktemp("elsewhere")
    (folder / "so.csv").write_text(NGHE_AN.strip(), encoding="utf-8")
    rows = cg.load_clusters(folder / "so.csv", region="Nghệ An")
    return rows, save_map(make_map(rows), folder / "m.html")


def choose(page, *, unit="", off=(), search=""):
    if unit:
        page.select_option("#cg-district", unit)
    for status in off:
        page.click(f"button[data-status={status}]")
    if search:
        page.fill("#cg-search", search)


def charts(page):
    """Open the charts and return what they draw."""
    page.locator(".cg-charts").evaluate("e => { e.open = true }")
    page.wait_for_selector(".cg-chart", state="attached")
    return page.locator(".cg-chart").evaluate_all("all => all.map((e) => e.src)")


def drawn(svg):
    """Return the elements of a drawing, numbers to a half, however they are written."""

    def half(number):
        return f"{round(float(number[0]) * 2) / 2:g}"

    svg = unquote(svg).removeprefix("data:image/svg+xml;charset=utf-8,")
    root = ET.fromstring(svg)  # noqa: S314 - our own text
    parts = [part for part in root if part.tag.rpartition("}")[2] not in ("defs", "title", "desc")]
    return [
        (
            part.tag.rpartition("}")[2],
            (part.text or "").replace("\u00a0", " "),
            {name: re.sub(r"\d+(\.\d+)?", half, said) for name, said in sorted(part.items())},
        )
        for part in parts
    ]


def same(page, rows, scope, kinds, **more):
    got = charts(page)
    assert len(got) == len(kinds)
    for shown, kind in zip(got, kinds, strict=True):
        options = more if kind == "areas" else {}
        plain = cg.chart(rows, kind, **options).title
        title = f"{plain} · {scope}" if scope else None
        expected = cg.chart(rows, kind, title=title, width=420, **options)
        assert drawn(shown) == drawn(expected.svg), kind


def test_all_of_the_bundled_case(city, tables):
    same(city, tables[0], "", ("pipeline", "areas"), by="district")


def test_of_a_unit_by_its_clusters(city, tables):
    choose(city, unit="Ba Vì")
    rows = tables[0][tables[0]["district"] == "Ba Vì"]
    same(city, rows, "Ba Vì", ("pipeline", "areas"), by="name")
    tiles = city.locator(".cg-tiles").inner_text().replace("\u00a0", " ")
    assert f"{format_number(cg.summarize(rows)['planned_ha'].iloc[0])} ha" in tiles
    assert city.locator(".cg-charts p").inner_text().startswith("Của: Ba Vì")


def test_of_a_status_and_a_search_and_none_without_a_meaning(city, tables):
    charts(city)
    choose(city, off=("pending", "under_construction"), search="chua ro ten")
    rows = tables[0]
    rows = rows[(rows["status"] == "operating") & rows["name"].str.contains("chưa rõ tên")]
    assert rows["district"].nunique() > 1
    same(city, rows, "Đang hoạt động · “chua ro ten”", ("pipeline", "areas"), by="district")
    city.fill("#cg-search", "")
    choose(city, off=("operating",))
    assert city.locator(".cg-chart").count() == 0
    city.click("button[data-status=pending]")
    same(city, tables[0][tables[0]["status"] == "pending"], "Chưa khởi công", ("pipeline",))


def test_of_another_province(opened, elsewhere):
    rows, file = elsewhere
    page = opened(file)
    kinds = ("pipeline", "areas", "declared")
    same(page, rows, "", kinds, by="district")
    choose(page, search="nghi loc")
    same(page, rows[rows["district"] == "Nghi Lộc"], "“nghi loc”", kinds, by="name")
    choose(page, search="yen thanh")
    same(page, rows[rows["district"] == "Yên Thành"], "“yen thanh”", kinds[:1])


def test_of_more_units_than_are_named(opened, tables, tmp_path):
    rows = tables[0]
    assert rows["commune"].nunique() > 20
    page = opened(save_map(make_map(rows, by="commune"), tmp_path / "m.html"))
    same(page, rows, "", ("pipeline", "areas"), by="commune")


def test_of_names_and_rates_alone(opened, elsewhere, tmp_path):
    long = elsewhere[0]["name"] + " thuộc cụm liên xã có tên gọi rất dài ở phía bắc"
    rows = elsewhere[0][["name", "status", "geometry", "fill_rate_declared"]].assign(name=long)
    rows.iloc[0, 1] = None
    page = opened(save_map(make_map(rows), tmp_path / "m.html"))
    same(page, rows, "", ("pipeline", "declared"))
    assert "1 cụm chưa rõ tình trạng" in page.locator(".cg-chart").first.get_attribute("alt")
    assert page.locator(".cg-unplaced").is_hidden()


def test_they_stand_on_paper_where_they_are_open_and_can_be_read(city):
    assert city.locator(".cg-chart").count() == 0
    city.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert city.locator(".cg-print-charts").count() == 0
    charts(city)
    city.click("[data-lang=en]")
    alts = city.locator(".cg-charts img").evaluate_all("all => all.map((e) => e.alt)")
    assert alts[0].startswith("Clusters by stage. ")
    sizes = "all => all.map(async (e) => (await e.decode(), [e.naturalWidth, e.clientWidth]))"
    shown = city.locator(".cg-charts img").evaluate_all(f"async all => Promise.all(({sizes})(all))")
    assert all(natural * 0.75 <= seen for natural, seen in shown)
    choose(city, unit="Sóc Sơn")
    city.evaluate("dispatchEvent(new Event('beforeprint'))")
    paper = city.locator(".cg-print-charts img").evaluate_all("all => all.map((e) => e.alt)")
    assert paper
    assert all("Sóc Sơn" in words for words in paper)
