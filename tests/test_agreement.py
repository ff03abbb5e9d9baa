"""The proof: table, JSON, CSV, map page, audit and form say the same of every cluster and unit."""

from __future__ import annotations

import csv
import io
import json
import re
from functools import cache

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import clusters_geo as cg
from clusters_geo.data import read_rows
from clusters_geo.measure.rates import fill_rates
from clusters_geo.measure.trust import basis_of, is_fact, is_soft
from clusters_geo.report.sheets import group_sheet, summary_record, summary_sheet
from clusters_geo.report.tables import to_csv, to_json, to_records
from clusters_geo.words import format_number, format_percent, format_value

UNITS = ("Gia Bình", "Lương Tài", "Tiên Du")
TOTALS = ("planned_ha", "built_ha", "build_out_rate", "fill_rate")
CARDS = ("planned_ha", "built_ha", "build_out_rate", "fill_rate", "operating_clusters", "pending_sites")


def made(province, **columns):
    """Nine clusters of three districts; the last is pending."""
    n = 9
    index = pd.Index([f"X-{k}" for k in range(n)], name="cluster_id")
    corner = 106.1 + np.arange(n) * 0.02
    status = ["operating"] * (n - 1) + ["pending"]
    base = {"name": [f"Cụm {k}" for k in range(n)], "district": np.repeat(UNITS, 3), "status": status}
    places = columns.pop("geometry", shapely.box(corner, 21.0, corner + 0.01, 21.01))
    table = gpd.GeoDataFrame({**base, **columns}, geometry=places, index=index, crs=4326)
    return table.assign(province=province, as_of=pd.Timestamp("2024-06-01"))


def districts_of(clusters):
    west = [106.095, 106.155, 106.215]
    boxes = shapely.box(west, 20.9, np.array(west) + 0.06, 21.1)
    index = pd.Index(["1", "2", "3"], name="district_code")
    return gpd.GeoDataFrame({"name": list(UNITS)}, geometry=boxes, index=index, crs=clusters.crs)


def leased():
    land = np.array([20.0, 30.15, 12.5, 40.0, 18.3, 22.2, 35.5, 10.05, 15.0])
    return made(
        "Bắc Ninh",
        planned_ha=land * 1.5,
        planned_ha_basis=["published"] * 4 + ["modelled"] * 2 + ["inferred"] * 3,
        built_ha=[*(land[:8] * 0.9), None],
        leasable_ha=land,
        leased_ha=[*(land[:8] * np.linspace(0.2, 1.0, 8)), None],
        approved_ha=[5.0, *[None] * 8],
    )


def rates_only():
    return made("Hà Nam", fill_rate_declared=[0.9, 0.405, 0.5785, 1.0, None, 0.0, 0.66, 0.125, None])


def points_only():
    corner = 106.105 + np.arange(9) * 0.02
    return made("Hưng Yên", geometry=shapely.points(corner, np.full(9, 21.005)))


def hanoi():
    return cg.load_hanoi()[0]


REGISTERS = {"hanoi": hanoi, "leased": leased, "rates": rates_only, "points": points_only}


@pytest.fixture(scope="module", params=REGISTERS)
def case(request):
    clusters = REGISTERS[request.param]()
    districts = cg.load_hanoi()[1] if request.param == "hanoi" else districts_of(clusters)
    return clusters, districts


@pytest.fixture(scope="module")
def city(case):
    """The map of a case, made once a language."""
    clusters, districts = case
    return cache(lambda lang: cg.make_map(clusters, districts, lang=lang))


def marked(row):
    return [name for name in str(row["estimated"]).split("; ") if name and pd.notna(row.get(name))]


def written(row, name, lang):
    """A total as every surface writes it."""
    value = row[name]
    if pd.isna(value):
        return "–"
    rate = name.endswith("_rate")
    text = (
        format_percent(value, lang) if rate else format_number(value, lang, 1 if name.endswith("_ha") else 0)
    )
    star = " *" if "fill" in name and row["fill_rate_stated_clusters"] > 0 else ""
    return ("≈ " if name in marked(row) else "") + text + star


def build_out(clusters):
    return cg.build_out_rate(clusters.reindex(columns=["built_ha", "planned_ha"]).astype("float64"))


def listed(clusters, lang):
    """The rows of the page's list: name, hectares and both rates, each with its signs."""
    rates = fill_rates(clusters).assign(build_out_rate=build_out(clusters))
    for at, name in enumerate(clusters["name_en" if lang == "en" and "name_en" in clusters else "name"]):
        cells = [name]
        for figure in ("planned_ha", "build_out_rate", "fill_rate"):
            table = rates if figure in rates else clusters
            value = table[figure].iloc[at] if figure in table else None
            if pd.isna(value):
                cells.append("–")
                continue
            text = format_number(value, lang) if figure == "planned_ha" else format_percent(value, lang)
            doubt = not is_fact(basis_of(clusters, figure)).iloc[at]
            star = " *" if figure == "fill_rate" and rates["stated"].iloc[at] else ""
            cells.append(("≈ " if doubt else "") + text + star)
        yield tuple(cells)


def plain(text):
    text = text.replace("\u00a0", " ").replace(" ha", "").strip()
    return text.removesuffix(" clusters").removesuffix(" cụm")


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_the_tables_say_what_summarize_says(case, lang):
    clusters, _ = case
    totals = pd.concat([cg.summarize(clusters, by="district"), cg.summarize(clusters)])
    sheet = group_sheet(clusters, "district", lang)
    for row, (_, total) in zip(sheet.rows, totals.iterrows(), strict=True):
        shown = {written(total, name, lang) for name in CARDS}
        # What is over two of three clusters says so.
        assert shown <= {re.sub(r" \(\d+/\d+\)$", "", cell) for cell in row[1:]}
    whole = totals.loc["total"]
    rows = [row[1] for row in summary_sheet(clusters, lang).rows]
    assert [plain(text).removesuffix(" *") for text in rows[1:5]] == [
        written(whole, name, lang).removesuffix(" *") for name in TOTALS
    ]


def test_json_and_csv_say_what_summarize_says(case):
    clusters, _ = case
    totals = cg.summarize(clusters, by="district")
    for record, row in zip(json.loads(to_json(to_records(totals))), totals.to_dict("records"), strict=True):
        for name in CARDS:
            assert (
                record[name] == pytest.approx(row[name]) if record[name] is not None else pd.isna(row[name])
            )
        assert (record["estimated"] or "") == row["estimated"]
    back = list(csv.DictReader(io.StringIO(to_csv(totals).lstrip("\ufeff"))))
    assert [row["estimated"] for row in back] == totals["estimated"].tolist()
    assert [row["fill_rate_by"] for row in back] == totals["fill_rate_by"].fillna("").tolist()
    record = summary_record(clusters, with_published=False)
    assert (record["estimated"] or "") == cg.summarize(clusters)["estimated"].item()


def test_the_map_has_as_data_what_summarize_says(case, city):
    clusters, districts = case
    data = city("vi").data
    whole = cg.summarize(clusters).loc["total"]
    assert set(data["totals"]["estimated"]) == set(marked(whole))
    by_district = cg.summarize(clusters, by="district")
    names = [districts.loc[code, "name"] for code in data["districts"]["code"]]
    for measure in data["measures"]:
        name = measure["name"]
        if name not in by_district:
            continue
        for unit, value, doubt in zip(names, measure["values"], measure["estimated"], strict=True):
            if unit not in by_district.index:
                continue
            row = by_district.loc[unit]
            assert doubt == (name in str(row["estimated"]).split("; "))
            if value is not None and pd.notna(row[name]):
                assert value == pytest.approx(row[name], abs=1e-8)


def test_the_map_marks_the_cells_that_are_no_facts(case, city):
    clusters, _ = case
    shown = city("vi").data["clusters"]
    rates = fill_rates(clusters).assign(build_out_rate=build_out(clusters))
    assert shown["stated"] == np.flatnonzero(rates["stated"]).tolist()
    for field in shown["fields"]:
        name = field["name"]
        table = rates if name in rates else clusters
        known = table[name].notna() if name in table else pd.Series(data=False, index=clusters.index)
        doubt = known & ~is_fact(basis_of(clusters, name))
        assert field["estimated"] == np.flatnonzero(doubt).tolist(), name


def test_what_nobody_published_of_a_pending_site_is_unknown_which_is_not_zero():
    clusters, districts = cg.load_hanoi()
    pending = (clusters["status"] == "pending").to_numpy()
    assert pending.sum() == 43
    assert clusters.loc[pending, ["built_ha", "built_ha_basis"]].isna().all(axis=None)
    fields = {f["name"]: f for f in cg.make_map(clusters, districts).data["clusters"]["fields"]}
    assert not set(fields["built_ha"]["estimated"]) & set(np.flatnonzero(pending))
    totals = cg.summarize(clusters, by="status")
    assert pd.isna(totals.loc["pending", "built_ha"])
    assert cg.summarize(clusters).loc["total", "built_ha"] == pytest.approx(1392.0)


def test_the_form_says_what_summarize_says(case):
    clusters, _ = case
    whole = cg.summarize(clusters).loc["total"]
    table = cg.form(clusters, "04", period="2024")
    assert table.loc["15", "result"] == whole["operating_clusters"]
    if pd.notna(whole["planned_ha"]) and table.loc["16", "missing"] == 0:
        assert table.loc["16", "result"] == pytest.approx(whole["planned_ha"])
    areas_only = pd.notna(whole["fill_rate"]) and whole["fill_rate_stated_clusters"] == 0
    if areas_only:
        assert table.loc["19", "result"] == pytest.approx(100 * whole["fill_rate"])


def test_the_audit_doubts_no_sound_register(case):
    clusters, districts = case
    findings = cg.audit(clusters, districts, totals=cg.load_totals(), lang="en")
    other = clusters.get("province", pd.Series("Hà Nội", index=clusters.index)).iloc[0] != "Hà Nội"
    rules = set(findings["rule"])
    assert "trust.total-does-not-reconcile" not in rules
    assert not other or "trust.scope-not-in-register" in rules
    assert "figures.rate-contradicts-areas" not in rules


@pytest.mark.browser
@pytest.mark.parametrize("lang", ["vi", "en"])
def test_the_page_shows_what_the_table_shows(case, city, lang, tmp_path, chromium):
    clusters, _ = case
    path = cg.save_map(city(lang), tmp_path / "map.html")
    whole = cg.summarize(clusters).loc["total"]
    by_district = cg.summarize(clusters, by="district")
    page = chromium.new_page(viewport={"width": 1280, "height": 800})
    page.goto(path.as_uri())
    page.wait_for_selector(".cg-tiles dd")
    # The small print below a figure belongs to it, but is not it.
    tiles = page.eval_on_selector_all(".cg-tiles dd", "all => all.map(dd => dd.firstChild.textContent)")
    labels = page.eval_on_selector_all(
        "path.cg-district", "all => all.map(path => path.getAttribute('aria-label'))"
    )
    rows = page.eval_on_selector_all(
        "#cg-table tbody tr",
        "all => all.map(tr => [tr.querySelector('bdi'), ...tr.querySelectorAll('td')]"
        ".map(cell => cell.textContent))",
    )
    page.close()
    assert sorted(tuple(map(plain, row)) for row in rows) == sorted(listed(clusters, lang))
    assert [plain(text) for text in tiles[:4]] == [written(whole, name, lang) for name in TOTALS]
    measure = city(lang).data["measure"]
    if measure in by_district:
        said = {plain(label) for label in labels}
        for unit, row in by_district.iterrows():
            if pd.notna(row[measure]):
                assert any(s.startswith(str(unit)) and s.endswith(written(row, measure, lang)) for s in said)


# --- cluster by cluster, unit by unit: file, list, card, audit and forms

AREAS = ("planned_ha", "built_ha", "leasable_ha", "leased_ha")
BASIS_WORDS = {
    row["key"]: {"vi": row["vi"], "en": row["en"]}
    for row in read_rows("choice_labels.csv")
    if row["set"] == "basis"
}


def figures_of(clusters):
    """Each figure of each cluster that is known, with its basis: what every surface must show."""
    rates = fill_rates(clusters).assign(build_out_rate=build_out(clusters))
    for name in (*AREAS, "build_out_rate", "fill_rate"):
        table = rates if name in rates else clusters
        if name in table:
            basis = basis_of(clusters, name)
            for key, value in table[name].astype("float64").dropna().items():
                yield key, name, value, None if pd.isna(basis[key]) or not basis[key] else basis[key]


def test_a_file_keeps_each_figure_and_its_basis(case, tmp_path):
    clusters, _ = case
    for ending, read in (("csv", pd.read_csv), ("json", lambda path: pd.read_json(path, dtype=False))):
        path = tmp_path / f"out.{ending}"
        records = to_records(pd.DataFrame(clusters.drop(columns="geometry")))
        path.write_text(
            to_json(records) if ending == "json" else to_csv(pd.DataFrame(clusters.drop(columns="geometry"))),
            encoding="utf-8",
        )
        back = read(path).set_index("cluster_id")
        for name in (name for name in AREAS if name in clusters):
            assert back[name].astype("float64").tolist() == pytest.approx(
                clusters[name].tolist(), nan_ok=True
            )
            told = f"{name}_basis"
            if told in clusters:
                assert back[told].fillna("").tolist() == clusters[told].fillna("").tolist()


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_the_audit_names_each_figure_its_unit_and_whether_it_is_sketched(case, lang):
    """A rule that every planned area breaks, so that each cluster is told of."""
    clusters, districts = case
    rules = {"rules": {"law.size-above-maximum": {"maximum_ha": 0.0}}}
    found = cg.audit(clusters, districts, only=["law.size-above-maximum"], rules=rules, lang=lang)
    known = clusters["planned_ha"].dropna() if "planned_ha" in clusters else pd.Series(dtype="float64")
    found = found.set_index("cluster_id")
    assert sorted(found.index) == sorted(known.index)
    soft = is_soft(basis_of(clusters, "planned_ha"))
    home = cg.locate(clusters, districts)["unit"]
    for key, finding in found.iterrows():
        assert finding["value"] == pytest.approx(known[key])
        assert format_value(known[key], lang) in finding["message"]
        assert (finding["severity"] == "info") == soft[key]
        assert finding["district"] == home[key]
    if known.empty:  # unknown is not 0: nothing is judged, and that is said
        (run,) = found.attrs.get("audit", {}).get("rules", [{"not_judged": "?"}])
        assert run["not_judged"]


def test_form_03_of_each_unit_is_its_line_of_the_table(case):
    clusters, districts = case
    by_district = cg.summarize(clusters, units=districts)
    rows = {"15": "operating_clusters", "16": "planned_ha", "17": "leasable_ha", "18": "leased_ha"}
    lines = by_district.drop("unplaced", errors="ignore")
    for unit, line in lines.iloc[:: 1 if len(lines) < 9 else 9].iterrows():
        table = cg.form(clusters, "03", unit=str(unit), period="2024", units=districts, anyway=True)
        for row, name in rows.items():
            told = table.loc[row]
            if pd.isna(line[name]) or line["operating_clusters"] == 0:
                assert pd.isna(told["result"]) or told["result"] == 0
                continue
            assert told["result"] == pytest.approx(line[name]), (unit, row)
            if row in {"15", "16"}:
                assert (told["mark"] == "≈") == (name in marked(line)), (unit, row)


def test_form_02_of_each_cluster_has_its_lawful_rate_and_its_land(case):
    clusters, _ = case
    rates = fill_rates(clusters)["lawful_fill_rate"]
    chosen = [*clusters.index[clusters["status"] == "operating"][:8]]
    for key in chosen:
        table = cg.form(clusters, "02", unit=key, period="2024", anyway=True)
        assert table.loc["5", "result"] == pytest.approx(100 * rates[key], nan_ok=True)
        leased = clusters["leased_ha"][key] if "leased_ha" in clusters else np.nan
        assert table.loc["4", "result"] == pytest.approx(leased, nan_ok=True)


@pytest.mark.browser
@pytest.mark.parametrize("lang", ["vi", "en"])
def test_each_card_has_the_figure_its_mark_and_the_word_for_its_basis(case, city, lang, chromium, tmp_path):
    clusters, _ = case
    shown = clusters.iloc[:: 4 if len(clusters) < 20 else 60]
    labels = {field["name"]: field["label"][lang] for field in city(lang).data["clusters"]["fields"]}
    page = chromium.new_page(viewport={"width": 1280, "height": 800})
    address = cg.save_map(city(lang), tmp_path / "map.html").as_uri()
    cards = {}
    for key in shown.index:
        page.goto("about:blank")
        page.goto(f"{address}#cluster={key}")
        page.wait_for_selector(".cg-card dl")
        lines = page.eval_on_selector_all(
            ".cg-card dl dt",
            "all => all.map(dt => [dt.textContent, dt.nextElementSibling.querySelector('bdi').textContent,"
            " dt.nextElementSibling.querySelector('small')?.textContent ?? ''])",
        )
        cards[key] = {label: (plain(value), origin) for label, value, origin in lines}
    page.close()
    stated = fill_rates(clusters)["stated"]
    judged = 0
    for key, name, value, basis in figures_of(shown):
        # Hectares as in every list.
        text = format_percent(value, lang) if name.endswith("_rate") else format_number(value, lang)
        doubt = basis is not None and not is_fact(pd.Series([basis])).iloc[0]
        star = " *" if name == "fill_rate" and stated[key] else ""
        told, origin = cards[key][labels[name]]
        assert told == ("≈ " if doubt else "") + text + star, (key, name)
        assert origin.partition(" · ")[0] == ("" if basis is None else BASIS_WORDS[basis][lang]), (key, name)
        judged += 1
    unknown = [key for key in shown.index if "built_ha" not in shown or pd.isna(shown["built_ha"][key])]
    assert all(labels.get("built_ha") not in cards[key] for key in unknown)
    assert judged or not {"planned_ha", "fill_rate_declared"} & set(clusters)
