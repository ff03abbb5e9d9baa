"""Figures of area beside outlines: as GIS programs, offices and typing slips leave them."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

import clusters_geo as cg

FAULTS = Path(__file__).parent / "faults/silent-area-column-as-planned-ha"
SIDES = (300, 450, 620, 700)


def layer(tmp_path, header, figures, crs="EPSG:5897"):
    shapes = [
        shapely.box(587_000 + 900 * n, 2_326_000, 587_000 + 900 * n + side, 2_326_500)
        for n, side in enumerate(SIDES)
    ]
    frame = gpd.GeoDataFrame(
        {"name": list("ABCD"), "status": "pending", header: figures}, geometry=shapes, crs="EPSG:5897"
    ).to_crs(crs)
    frame.to_file(tmp_path / "a.gpkg")
    return tmp_path / "a.gpkg"


def read(file, **wishes):
    table = cg.load_clusters(file, **wishes)
    return table, {n.code: n for n in cg.load_report(table).notes if n.code.startswith("numbers.area")}


HECTARES = np.array(SIDES) * 500 / 10_000


@pytest.mark.parametrize("file", ["area_deg", "area_m2", "area_m2_small"])
def test_area_as_programs_write_it_is_never_planned_hectares_in_silence(file):
    table, notes = read(FAULTS / f"{file}.shp")
    if file == "area_m2":
        assert table["planned_ha"].round(2).tolist() == [18.42, 18.42]
    else:
        assert "planned_ha" not in table
        assert "AREA" in table
    assert len(notes) == 1
    assert all(n.kind == "doubt" for n in notes.values())


@pytest.mark.parametrize("header", ["AREA", "Shape_Area", "SHAPE_AREA", "area_m2", "st_area"])
@pytest.mark.parametrize("factor", [1.0, 10_000.0, 0.01])
def test_a_column_of_a_program_is_read_in_the_unit_that_its_figures_fit(tmp_path, header, factor):
    if header == "area_m2" and factor != 10_000.0:
        factor = 10_000.0
    table, _ = read(layer(tmp_path, header, HECTARES * factor * 1.01))
    assert "planned_ha" in table or header != "AREA"
    if "planned_ha" not in table:
        # Not taken for it at all: as safe.
        table = table.assign(planned_ha=table[header] / factor)
    assert table["planned_ha"].to_numpy() == pytest.approx(HECTARES * 1.01, rel=1e-3)


def test_square_degrees_in_any_layer(tmp_path):
    degrees = HECTARES * 1e4 / 111_320**2 / np.cos(np.radians(21.03))
    table, notes = read(layer(tmp_path, "AREA", degrees, "EPSG:4326"))
    assert list(notes) == ["numbers.area-degrees"]
    assert "planned_ha" not in table


def test_an_offices_own_header_is_doubted_and_not_changed(tmp_path):
    table, notes = read(layer(tmp_path, "Diện tích quy hoạch", HECTARES * 1e4))
    assert table["planned_ha"].to_numpy() == pytest.approx(HECTARES * 1e4)
    assert "m2" in notes["numbers.area-said"].message
    (tmp_path / "a.gpkg").unlink()
    # What the advice says is done, and it is right.
    table, notes = read(layer(tmp_path, "Diện tích quy hoạch (m2)", HECTARES * 1e4))
    assert table["planned_ha"].to_numpy() == pytest.approx(HECTARES)
    assert not notes


def test_what_the_caller_says_stays_and_is_doubted(tmp_path):
    file = layer(tmp_path, "AREA", HECTARES * 37)
    table, notes = read(file, columns={"AREA": "planned_ha"})
    assert table["planned_ha"].to_numpy() == pytest.approx(HECTARES * 37)
    assert notes["numbers.area-apart"].rows == (1, 2, 3, 4)


def test_single_rows_are_named_with_the_unit_they_suggest(tmp_path):
    figures = HECTARES.copy()
    figures[1] *= 10_000
    figures[3] *= 3
    table, notes = read(layer(tmp_path, "Diện tích (ha)", figures))
    assert notes["numbers.area-row-unit"].rows == (2,)
    assert "m2" in notes["numbers.area-row-unit"].message
    assert notes["numbers.area-apart"].rows == (4,)
    assert table["planned_ha"].to_numpy() == pytest.approx(figures)


def test_figures_that_fit_and_rows_without_either_are_no_doubt(tmp_path):
    figures = [15.9, 20.3, np.nan, 36.0]
    _, notes = read(layer(tmp_path, "planned_ha", figures))
    assert not notes


def test_boundaries_of_another_file_are_compared_too(tmp_path):
    layer(tmp_path, "x", HECTARES)
    rows = "\n".join(f"{n},pending,{v * 100}" for n, v in zip("ABCD", HECTARES, strict=True))
    (tmp_path / "a.csv").write_text(f"name,status,planned_ha\n{rows}\n", encoding="utf-8")
    _, notes = read(tmp_path / "a.csv", boundaries=tmp_path / "a.gpkg")
    assert "numbers.area-said" in notes
