"""Registers as offices make them: each imitation of the zoo gives what a person reads in it.

The files and their truths are imitations made for this project (tests/reading/zoo); a cell that only its
owner can read for certain may stay blank if it is named.
"""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

import clusters_geo as cg
from clusters_geo.names import name_key
from clusters_geo.reading.text import encode

ZOO = Path(__file__).parent / "zoo"
TRUTHS = [json.loads(p.read_text(encoding="utf-8")) for p in sorted((ZOO / "truth").glob("*.json"))]
# What a person answers when asked: these files leave it open.
ANSWERS = {
    "16-moi-huyen-mot-trang.xlsx": {"layers": "all"},
    "43-so-kem-ban-ve.xlsx": {"crs": "EPSG:5897"},
    "45-so-kem-diem-moc.xlsx": {"crs": "EPSG:5897"},
}
FORMULAS = "07-cong-thuc-chua-tinh.xlsx"


def load(truth, folder=None):
    file = ZOO / "files" / truth["file"]
    if not file.exists():  # text of the past is kept as UTF-8, so that it can be read in the repository
        plain = file.with_suffix(f".utf8{file.suffix}").read_bytes().decode("utf-8")
        file = folder / file.name
        file.write_bytes(encode(plain, "tcvn3"))
    given = {k: ZOO / "files" / v if k == "boundaries" else v for k, v in truth["given"].items()}
    return cg.load_clusters(file, **given, **ANSWERS.get(truth["file"], {}))


def places(text):
    return sorted(name_key(part) for part in str(text).replace(";", ",").split(",")) if text else None


def plain_name(text):
    return name_key(str(text).rstrip("(*) ")).removeprefix("cụm ")


def agrees(key, found, cell):
    wanted = [cell["v"], *cell.get("accept", [])] if isinstance(cell, dict) else [cell]
    asked = isinstance(cell, dict) and cell.get("ask")
    if pd.isna(found):
        return None in wanted or asked
    for value in wanted:
        if value is None:
            continue
        if key in {"district", "commune"}:
            same = places(found) == places(value)
        elif key == "decision":
            same = value.casefold() in str(found).casefold()
        elif key.endswith("_on"):
            same = pd.Timestamp(found) == pd.Timestamp(value)
        elif isinstance(value, int | float):
            same = not isinstance(found, str) and float(found) == pytest.approx(value, rel=1e-6, abs=1e-6)
        else:
            same = str(found).casefold() == str(value).casefold()
        if same:
            return True
    return False


@pytest.mark.parametrize("truth", [t for t in TRUTHS if t["file"] != FORMULAS], ids=lambda t: t["kind"])
def test_a_register_gives_what_a_person_reads_in_it(truth, tmp_path):
    table = load(truth, tmp_path)
    rows = table.reset_index().to_dict("records")
    assert len(rows) == len(truth["rows"])
    wrong = []
    for row in truth["rows"]:
        same_name = [r for r in rows if plain_name(r["name"]) == plain_name(row["name"])]
        found = next(
            (
                r
                for r in same_name
                if "district" not in row or places(r.get("district")) == places(row["district"])
            ),
            None,
        )
        assert found is not None, row
        wrong += [
            (row["name"], k, found.get(k), v)
            for k, v in row.items()
            if k != "name" and not agrees(k, found.get(k), v)
        ]
    assert wrong == []
    if truth["areas_ha"]:
        computed = dict(zip(table["name"].map(plain_name), cg.area_ha(table), strict=True))
        for name, wanted in truth["areas_ha"].items():
            assert computed[plain_name(name)] == pytest.approx(wanted, rel=0.002)


def test_formulas_without_results_are_refused_cell_by_cell():
    truth = next(t for t in TRUTHS if t["file"] == FORMULAS)
    with pytest.raises(cg.SchemaError) as caught:
        load(truth)
    assert set(caught.value.failures["column"]) == {"planned_ha", "fill_rate_declared"}


# --- small foreign files that failed once, each with the value that is right


def fault(name, **options):
    return cg.load_clusters(ZOO / "faults" / name, **options)


@pytest.mark.parametrize(
    "name", ["b01b_sections.xlsx", "b01c_sections_plain.xlsx", "b01d_sections_merged.xlsx"]
)
def test_section_rows_hand_their_district_down(name):
    table = fault(name)
    sections = {
        "Đồng Sen": "Thường Tín",
        "Bãi Giữa": "Thường Tín",
        "Gò Cao": "Thường Tín",
        "Ao Vàng": "Thạch Thất",
    }
    found = dict(zip(table["name"].str.removeprefix("CCN "), table["district"], strict=True))
    assert found == {name: sections[name] for name in found}
    assert "Ao Vàng" in found
    if name == "b01b_sections.xlsx":
        assert table["planned_ha"].sum() == pytest.approx(70.2)
        assert all(a["adds_up"] for a in cg.load_report(table).asides)


def test_a_side_note_is_noted_by_its_cell():
    table = fault("side_note.xlsx")
    assert table["planned_ha"].tolist() == [18.4, 12.1]
    note = next(n for n in cg.load_report(table).doubts if n.code == "rows.side-notes")
    assert note.values["cells"] == ["Sheet!F3"]  # noqa: PD011 - a note


@pytest.mark.parametrize("name", ["tcvn3.xlsx", "vni.xlsx"])
def test_a_workbook_typed_in_a_font_of_the_past(name):
    table = fault(name)
    assert table["name"].tolist() == ["CCN Đồng Sen", "CCN Bãi Giữa"]
    assert table["district"].tolist() == ["Thường Tín", "Thạch Thất"]
    assert table["status"].tolist() == ["operating", "pending"]


def test_counts_have_no_decimals():
    table = fault("b05a_vn_numbers.xlsx")
    assert table["workers"].tolist() == [13_000, 1_200]
    assert table["planned_ha"].tolist() == [1686.5, 18.4]


def test_a_merged_district_is_that_of_each_row():
    assert fault("b01a_vmerge.xlsx")["district"].tolist() == ["Thường Tín"] * 3 + ["Thạch Thất"]


def test_cells_formatted_as_per_cent_are_shares():
    table = fault("b05c_pctfmt.xlsx")
    assert table["fill_rate_declared"].tolist() == [0.855, 1.0]


def test_a_unit_beside_a_blank_is_no_crash():
    assert fault("c14_m2_blank.csv")["planned_ha"].tolist()[0] == 18.4
    assert fault("b13_footnotes.xlsx")["fill_rate_declared"].tolist() == [0.5, 0.5]


def test_of_dates_only_what_is_no_day_is_asked():
    table = fault("b03c_mixed.xlsx").set_index("name")["established_on"]
    day = pd.Timestamp(2020, 6, 26)
    assert table[["CCN A1", "CCN A6", "CCN A7"]].tolist() == [day] * 3
    assert table[["CCN A2", "CCN A3"]].tolist() == [pd.Timestamp(2021, 1, 5)] * 2
    assert table[["CCN A4", "CCN A5"]].isna().all()
    for name in ("b03d_year.xlsx", "b03e_us.xlsx"):
        asked = fault(name)
        about = {n.values.get("column") for n in cg.load_report(asked).doubts}  # noqa: PD011 - notes
        assert "established_on" in about


def test_headers_that_are_said_need_not_be_known():
    file = ZOO / "faults" / "dm.csv"
    table = cg.load_districts(file, columns={"NAME_2": "name", "ID_2": "district_code"}, check=False)
    assert table["name"].tolist() == ["Thường Tín", "Thạch Thất"]
