"""Charts: the figures drawn are those of the tables, and what is not known is not drawn as 0."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pandas as pd
import pytest

import clusters_geo as cg
from clusters_geo.report.charts import KINDS, bar_chart, bridge_table, declared_table, pipeline_table
from clusters_geo.report.svg import FILLS, text_width

SVG = "{http://www.w3.org/2000/svg}"


def bac_ninh():
    """Another province: rates only in part, hand-typed, one hostile name."""
    return pd.DataFrame(
        {
            "name": ["Phong Khê", "Châu Khê", "<script>alert(1)</script>", "Đồng Quang"],
            "district": ["Bắc Ninh", "Từ Sơn", "Từ Sơn", None],
            "status": ["operating", "operating", "operating", "pending"],
            "planned_ha": [12.7, 13.5, None, 40.0],
            "built_ha": [12.7, None, None, None],
            "leasable_ha": [10.0, 0.0, None, None],
            "leased_ha": [4.0, 0.0, None, None],
            "fill_rate_declared": [0.9, None, 1.0, None],
        },
        index=pd.Index(["BN-1", "BN-2", "BN-3", "BN-4"], name="cluster_id"),
    )


def drawn(chart):
    root = ET.fromstring(chart.svg)  # noqa: S314 - our own text
    return root, [node.text for node in root.iter(f"{SVG}text")]


def test_areas_are_those_of_the_units_in_which_clusters_lie():
    clusters, communes = cg.load_hanoi(units="communes")
    for lang, lost in (("vi", "Chưa xác định được đơn vị"), ("en", "Unplaced")):
        by_unit = cg.chart(clusters, units=communes, most=200, lang=lang)
        # Tây Phương by hand: 10.7 + 10.7 + 18.73 + 4.2; what is unplaced is a bar of its own.
        assert by_unit.table.loc["Tây Phương", "planned_ha"] == pytest.approx(44.33)
        assert by_unit.table["planned_ha"].sum() == pytest.approx(1686.0)
        assert lost in by_unit.svg


def test_areas_are_those_of_the_summary():
    chart = cg.chart(bac_ninh(), "areas")
    totals = cg.summarize(bac_ninh(), by="district")
    for unit in ("Bắc Ninh", "Từ Sơn"):
        assert chart.table.loc[unit, "planned_ha"] == totals.loc[unit, "planned_ha"]
    _, said = drawn(chart)
    assert "12,7" in said
    assert said.count("–") == 1  # what Từ Sơn has built is not known, which is not 0
    assert "0,0 (1/2)" in said  # and what one of its two has leased is 0, which is known


def test_the_bundled_case_says_what_nobody_published(clusters):
    chart = cg.chart(clusters, "areas", lang="en")
    assert "No figures: leased." in chart.notes
    assert any("≈" in words for words in drawn(chart)[1])


def test_the_rest_of_the_units_is_added_up(clusters):
    chart = cg.chart(clusters, "areas", most=5)
    assert len(chart.table) == 5
    assert chart.table["planned_ha"].sum() == pytest.approx(1686.0)
    assert chart.table.index[-1] == "13 đơn vị khác"


@pytest.mark.parametrize("lang", ["vi", "en"])
@pytest.mark.parametrize("kind", ["areas", "pipeline", "declared"])
def test_names_are_text_and_the_drawing_asks_for_nothing(kind, lang):
    root, _ = drawn(cg.chart(bac_ninh(), kind, lang=lang, title="<b>&"))
    tags = {node.tag.removeprefix(SVG) for node in root.iter()}
    assert not tags & {"script", "style", "image", "a", "foreignObject"}
    assert not [key for node in root.iter() for key in node.attrib if key.startswith("on") or "href" in key]
    assert root.find(f"{SVG}title").text == "<b>&"


@pytest.mark.parametrize("kind", ["areas", "pipeline", "declared", "bridge"])
def test_all_texts_lie_within_the_drawing(kind, clusters, chromium):
    clusters = clusters.assign(leasable_ha=20.0, leased_ha=5.0, fill_rate_declared=0.97)
    page = chromium.new_page()
    page.set_content(cg.chart(clusters, kind, earlier=clusters.iloc[9:].assign(planned_ha=11.0)).svg)
    outside = page.evaluate(
        """() => { const of = document.querySelector("svg"), box = of.getBoundingClientRect();
        return [...of.querySelectorAll("text")].filter((t) => { const b = t.getBoundingClientRect();
            return b.left < box.left || b.right > box.right || b.bottom > box.bottom; })
            .map((t) => t.textContent); }"""
    )
    assert outside == []
    page.close()


def test_stages_count_what_has_no_area():
    table = pipeline_table(bac_ninh())
    assert table["clusters"].tolist() == [3, 0, 1]
    assert table["without_area"].tolist() == [1, 0, 0]
    assert table["planned_ha"].isna().tolist() == [False, True, False]
    assert "1 cụm chưa có diện tích, không vẽ được." in cg.chart(bac_ninh(), "pipeline").notes


def test_the_bridge_adds_up_whatever_came_or_went():
    later = bac_ninh()
    earlier = later.drop("BN-1").assign(planned_ha=[15.0, 5.0, None]).rename(index={"BN-4": "BN-9"})
    steps = bridge_table(earlier, later)
    assert steps["earlier"] + steps[1:-1].sum() == pytest.approx(steps["later"])
    assert steps["shrunk"] == pytest.approx(-1.5)
    assert steps["unknown_now"] == pytest.approx(-5.0)
    assert steps["added"] == pytest.approx(12.7 + 40.0)
    said = drawn(cg.chart(later, "bridge", earlier=earlier))[1]
    assert "−1,5 ha" in said
    assert "Nay không còn số liệu" in said


def test_rates_against_declared_ones_start_with_the_largest_difference():
    table = declared_table(bac_ninh())
    assert table.index.tolist() == ["BN-1", "BN-3"]
    assert table.loc["BN-1", "difference"] == pytest.approx(0.5)
    chart = cg.chart(bac_ninh(), "declared", lang="en")
    assert (
        chart.notes[0]
        == "1 clusters have both rates; 0 only a computed one; 1 only a declared one; 2 neither."
    )


def test_years_of_supply_of_a_unit_with_next_to_no_take_up():
    units = pd.DataFrame({"years_of_supply": [3.25, 900.0, None]}, index=["Yên Phong", "Thuận Thành", "?"])
    root, said = drawn(cg.chart(units, "supply"))
    assert {"3,3 năm", "> 30 năm", "–", "(không rõ)"} <= set(said)
    widths = [
        float(node.attrib["width"]) for node in root.iter(f"{SVG}rect") if node.get("stroke-width") == "0.8"
    ]
    assert len(widths) == 2
    with pytest.raises(cg.SchemaError, match="years_of_supply"):
        cg.chart(bac_ninh(), "supply")


def test_what_cannot_be_drawn_is_said():
    with pytest.raises(cg.SchemaError, match="earlier="):
        cg.chart(bac_ninh(), "bridge")
    with pytest.raises(cg.SchemaError, match="pie is not one of the choices: areas"):
        cg.chart(bac_ninh(), "pie")
    with pytest.raises(cg.SchemaError, match="BN-1"):
        bridge_table(pd.concat([bac_ninh(), bac_ninh().head(1)]), bac_ninh())
    empty = cg.chart(bac_ninh().iloc[:0], "areas")
    assert empty.notes == ("Chưa có số liệu nào để vẽ.",)
    assert set(KINDS) == {"areas", "pipeline", "bridge", "declared", "supply"}


def test_series_are_told_apart_without_colour(chromium):
    table = pd.DataFrame({"a": [9.0], "b": [9.0], "c": [9.0], "d": [9.0]}, index=["x"])
    chart = bar_chart(table, series={k: k for k in "abcd"}, labels=table.astype(str), title="t")
    page = chromium.new_page()
    page.set_content(f'<body style="filter:grayscale(1);margin:0">{chart.svg}')
    shades = []
    for fill in FILLS:
        bar = page.locator(f'rect[fill="{fill}"][stroke]').last
        shades.append(len(set(bar.screenshot())) and bar.screenshot())
    assert len(set(shades)) == 4
    page.close()


def test_it_shows_itself_and_is_saved_whole(tmp_path):
    chart = cg.chart(bac_ninh())
    assert chart._repr_svg_() == chart.svg
    assert chart.save(tmp_path / "a" / "b.svg").read_text(encoding="utf-8") == chart.svg + "\n"


@pytest.mark.parametrize("kind", [k for k in KINDS if k not in ("bridge", "supply")])
def test_a_narrow_chart_keeps_all_within(clusters, kind):
    """In a panel and on a telephone: nothing is cut at the edge, the key takes a second line instead."""
    rows = clusters.assign(
        leasable_ha=clusters["planned_ha"] * 0.7,
        leased_ha=clusters["planned_ha"] * 0.4,
        fill_rate_declared=0.6,
    )
    drawn = cg.chart(rows, kind, width=420)
    assert 'width="420"' in drawn.svg
    begins = re.findall(r'<text x="([\d.]+)"[^>]*font-size="(\d+)"([^>]*)>([^<]+)<', drawn.svg)
    ends = [float(x) + text_width(said, int(size)) for x, size, more, said in begins if "end" not in more]
    assert max(ends) <= 420
    assert len(ends) >= 5
    assert kind != "pipeline" or "…" not in drawn.svg


def test_the_other_units_do_not_dwarf_the_named(clusters):
    drawn = cg.chart(clusters.dropna(subset="commune"), "areas", by="commune", lang="en", most=10)
    bars = [float(width) for width in re.findall(r'<rect x="[\d.]+" y="[\d.]+" width="([\d.]+)"', drawn.svg)]
    assert "other units" in drawn.svg
    named = drawn.table["planned_ha"].iloc[:-1].max()
    assert drawn.table["planned_ha"].iloc[-1] > named
    assert sum(width > 0.99 * max(bars) for width in bars) >= 2  # the largest named is as long as the cut one
    assert 'stroke="#ffffff" stroke-width="3"' in drawn.svg


def test_without_any_area_clusters_are_counted(clusters):
    rows = clusters.head(12).drop(columns="planned_ha")
    drawn = cg.chart(rows, "pipeline", lang="en")
    assert "No area is known; drawn by number of clusters." in drawn.notes
    assert len(re.findall(r'<rect [^>]*height="11"', drawn.svg)) == 3
    unknown = cg.chart(rows.assign(status=None), "pipeline", lang="en")
    assert "12 clusters of unknown status." in unknown.notes


def test_a_long_name_stands_in_two_lines():
    name = "Cụm công nghiệp làng nghề truyền thống thôn Thượng số 210"
    table = pd.DataFrame({"name": [name], "status": ["operating"], "planned_ha": [9.0], "built_ha": [5.0]})
    said = cg.chart(table.set_index("name", drop=False), "areas", by="name", width=420).svg
    first, second = re.findall(r'text-anchor="end"[^>]*>([^<]+)<', said)
    assert name.startswith(first)
    assert second
