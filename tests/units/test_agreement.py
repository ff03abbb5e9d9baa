"""One answer everywhere: map, page, summary, audit and forms of four registers, unit by unit."""

from __future__ import annotations

import re

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import clusters_geo as cg
from clusters_geo.forms.fill import fill
from clusters_geo.maps import make_map, save_map
from clusters_geo.words import format_number

pytestmark = pytest.mark.browser

PERIOD = "2025-H1"


@pytest.fixture
def units():
    """Four districts of Bắc Ninh as squares of 5 km."""
    names = ["Từ Sơn", "Yên Phong", "Tiên Du", "Quế Võ"]
    squares = [shapely.box(x, 0, x + 5000, 5000) for x in range(0, 20_000, 5000)]
    shapes = gpd.GeoSeries(squares, crs=9209).translate(540_000, 2_335_000)
    codes = pd.Index(["261", "258", "260", "259"], name="unit_code")
    return gpd.GeoDataFrame(
        {"name": names, "level": "district"}, geometry=shapes.array, index=codes, crs=9209
    )


def lots(*, points=False):
    rng = np.random.default_rng(140)
    x, y = rng.uniform(300, 19_000, 24), rng.uniform(300, 4000, 24)
    boxes = [shapely.box(a, b, a + 600, b + 500) for a, b in zip(x, y, strict=True)]
    shapes = gpd.GeoSeries(boxes, crs=9209).translate(540_000, 2_335_000)
    return shapes.centroid if points else shapes


def table(shapes=None, **columns):
    ids = pd.Index([f"BN-{n:02}" for n in range(24)], name="cluster_id")
    figures = {"planned_ha": np.linspace(10, 33, 24), "workers": np.arange(24) * 10 + 5}
    rows = pd.DataFrame({"name": list(ids), "status": "operating", **figures, **columns}, index=ids)
    nowhere = gpd.GeoSeries([None] * 24, crs=9209) if shapes is None else shapes
    return gpd.GeoDataFrame(rows, geometry=nowhere.array, crs=9209)


def joined(units):
    """Where each lot lies by an independent join: largest intersection, computed by geopandas alone."""
    whole = gpd.GeoDataFrame({"lot": range(24)}, geometry=lots().array, crs=9209)
    pieces = gpd.overlay(whole, units[["name", "geometry"]], how="intersection")
    pieces["area"] = pieces.area
    return (
        pieces.sort_values("area").drop_duplicates("lot", keep="last").set_index("lot")["name"].sort_index()
    )


def registers(units):
    home = joined(units)
    middles = lots(points=True)
    inside = gpd.sjoin(gpd.GeoDataFrame(geometry=middles.array, crs=9209), units[["name", "geometry"]])[
        "name"
    ]
    ways = (str.upper, "H. {}".format, str.lower, "Huyện  {}".format)
    misspelt = [ways[n % 4](name) for n, name in enumerate(home)]
    lost = [None if n == 7 else name for n, name in enumerate(misspelt)]
    return {
        "no unit column": (table(lots()), home.tolist()),
        "misspelt": (table(district=lost), [None if n == 7 else name for n, name in enumerate(home)]),
        "points": (table(middles, district="Gia Bình"), inside.sort_index().tolist()),
        "communes": (table(lots(), commune=["Xã A"] * 24), home.tolist()),
    }


@pytest.mark.parametrize("kind", ["no unit column", "misspelt", "points", "communes"])
def test_every_room_says_the_same_and_so_does_an_independent_join(units, kind, chromium, tmp_path):
    register, expected = registers(units)[kind]
    by_hand = register["planned_ha"].groupby(pd.Series(expected, index=register.index)).sum()
    lost = register["planned_ha"][[name is None for name in expected]]

    summary = cg.summarize(register, units=units)["planned_ha"]
    assert summary.drop("unplaced", errors="ignore").to_dict() == pytest.approx(by_hand.to_dict())
    assert summary.get("unplaced", 0.0) == pytest.approx(lost.sum())
    assert summary.sum() == pytest.approx(register["planned_ha"].sum())

    for name, hectares in by_hand.items():
        filled = fill(register, "03", unit=str(name), period=PERIOD, units=units)
        assert filled.table.loc["16", "result"] == pytest.approx(hectares), name
        assert len(filled.unit.unplaced) == len(lost)

    findings = cg.audit(register.assign(planned_ha=900.0), units, lang="en")
    found = (
        findings[findings["cluster_id"].notna()]
        .drop_duplicates("cluster_id")
        .set_index("cluster_id")["district"]
    )
    assert len(found)
    for key, name in zip(register.index, expected, strict=True):
        if name is not None and key in found:
            assert found[key] == name

    data = make_map(register, units, measure="planned_ha").data
    (measure,) = [m for m in data["measures"] if m["name"] == "planned_ha"]
    on_map = dict(zip(data["districts"]["name"], measure["values"], strict=True))
    assert {n: v for n, v in on_map.items() if v} == pytest.approx(by_hand.to_dict())
    assert data["unplaced"]["clusters"] == len(lost)

    page = chromium.new_page()
    page.goto(
        save_map(make_map(register, units, measure="planned_ha", lang="en"), tmp_path / "m.html").as_uri()
    )
    homes = page.evaluate(
        "JSON.parse([...document.querySelectorAll('script[type=\"application/json\"]')]"
        ".map(s => s.textContent).find(t => t.includes('\"clusters\"'))).clusters.home"
    )
    read = [None if at < 0 else homes["of"][at] for at in homes["at"]]
    assert read == expected
    said = page.eval_on_selector_all("path.cg-district", "all => all.map(p => p.ariaLabel)")
    assert {label.replace("\u00a0", " ") for label in said} == {
        f"{name}, {measure['label']['en']}: {format_number(by_hand[name], 'en')} ha" for name in units["name"]
    }
    page.close()


def test_the_page_switches_between_the_old_districts_and_today_s_communes(chromium, tmp_path):
    clusters, communes = cg.load_hanoi(units="communes")
    drawn = make_map(clusters, cg.load_units("hanoi-districts"), also=[communes], lang="vi")
    page = chromium.new_page(viewport={"width": 1200, "height": 800})
    page.goto(save_map(drawn, tmp_path / "m.html").as_uri())
    page.wait_for_selector("html[data-ready=yes]")
    assert page.locator("path.cg-district").count() == 30
    page.get_by_role("link", name="Xã, phường (từ 01/7/2025)").click()
    page.wait_for_selector("html[data-ready=yes]")
    assert page.locator("path.cg-district").count() == 126
    lost = int(cg.locate(clusters, communes)["unit"].isna().sum())
    assert f"{lost} cụm chưa xác định" in page.locator(".cg-unplaced").inner_text()
    assert "Mọi xã, phường" in page.locator("#cg-district").inner_text()
    page.get_by_role("link", name="Quận, huyện (đến 30/6/2025)").click()
    page.wait_for_selector("html[data-ready=yes]")
    assert page.locator("path.cg-district").count() == 30
    page.close()


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_a_page_of_communes_never_speaks_of_districts(units, chromium, tmp_path, lang):
    communes = units.assign(name=["Tân Chi", "Đông Cứu", "Gia Bình", "Lãng Ngâm"], level="commune", type="Xã")
    register = table(lots(), investor="Công ty A")
    page = chromium.new_page(viewport={"width": 1200, "height": 800})
    page.goto(save_map(make_map(register, communes, lang=lang), tmp_path / "m.html").as_uri())
    page.wait_for_selector("html[data-ready=yes]")
    said = page.evaluate(
        "[document.body.innerText, ...[...document.querySelectorAll('[title],[aria-label],[placeholder]')]"
        ".map(e => [e.title, e.ariaLabel, e.placeholder].join(' ')),"
        "...[...document.querySelectorAll('option')].map(o => o.textContent)].join('\\n')"
    )
    page.close()
    assert {"vi": "xã, phường", "en": "communes"}[lang] in said.casefold()
    assert not re.findall(r"(?i).*(?:district|\bhuyện\b|\bquận\b).*", said)
