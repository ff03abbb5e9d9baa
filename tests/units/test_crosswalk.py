"""Rows move, totals are intervals, context is weighted; shares against an independent overlay."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import clusters_geo as cg
from clusters_geo.units.crosswalk import unit_shares


def halves(crs=9209):
    """Two new units over the three of the town: one holds the first and half of the second."""
    shapes = gpd.GeoSeries([shapely.box(0, 0, 6000, 4000), shapely.box(6000, 0, 12_000, 4000)], crs=9209)
    return gpd.GeoDataFrame({"name": ["Tây", "Đông"]}, geometry=shapes.translate(540_000, 2_335_000)).to_crs(
        crs
    )


def test_no_hectare_is_lost_or_spread(clusters, communes):
    operating = clusters[clusters["status"] == "operating"]
    moved = cg.crosswalk(operating, target=communes, extensive=["planned_ha", "built_ha"])
    assert moved["planned_ha_low"].sum() == pytest.approx(1686.0)
    assert moved["built_ha_low"].sum() == pytest.approx(1392.0)
    assert moved["rows"].sum() == 70
    assert moved.index[-1] == "unplaced"
    assert (moved["planned_ha_high"] >= moved["planned_ha_low"]).all()


def test_two_communes_by_hand(clusters, communes):
    moved = cg.crosswalk(clusters, target=communes)
    assert moved.loc["Bình Minh", "planned_ha_low"] == pytest.approx(57.439)
    assert moved.loc["Tây Phương", "planned_ha_low"] == pytest.approx(79.63)
    established = clusters[clusters["status"] != "pending"]
    assert cg.crosswalk(established, target=communes).loc["Tây Phương", "planned_ha_low"] == pytest.approx(
        54.33
    )
    # Clusters that may lie there as well keep the figure from being certain.
    assert np.isnan(moved.loc["Bình Minh", "planned_ha"])
    assert moved.loc["Bình Minh", "open_rows"] > 0


def test_districts_that_nest_keep_their_totals_certain_within():
    names = ["Sóc Sơn", "Huyện Phúc Thọ", "Ứng Hoà", "Nơi Khác"]
    totals = pd.DataFrame({"workers": [500.0, 300.0, 400.0, 7.0]}, index=names)
    layers = {"source": cg.load_units("hanoi-districts"), "target": cg.load_units("hanoi-communes")}
    wide = cg.crosswalk(totals, **layers, extensive=["workers"])
    assert len(wide) == 5 + 3 + 4 + 1
    # A district's total may lie in any of its communes: at least nothing, at most all.
    assert wide["workers_low"].iloc[:-1].eq(0).all()
    assert wide["workers"].iloc[:-1].isna().all()
    assert wide.loc["unplaced", "workers"] == 7.0
    spread = cg.crosswalk(totals, **layers, extensive=["workers"], by_area=True)
    assert spread["workers_modelled"].sum() == pytest.approx(1200, rel=0.02)
    assert spread["estimated"].iloc[:-1].eq(1.0).all()


def test_amounts_are_split_and_densities_averaged(town):
    table = pd.DataFrame({"people": [400.0, 200.0, 100.0], "density": [4.0, 2.0, 1.0]}, index=town["name"])
    new = halves()
    wide = cg.crosswalk(
        table, source=town, target=new, extensive=["people"], intensive=["density"], by_area=True
    )
    assert wide["people_modelled"].tolist()[:2] == pytest.approx([500, 200], rel=1e-3)
    assert wide[["people_low", "people_high"]].to_numpy()[:2].tolist() == [[400.0, 600.0], [100.0, 300.0]]
    assert wide["density_modelled"].tolist()[:2] == pytest.approx([10 / 3, 4 / 3], rel=1e-3)
    assert wide[["density_low", "density_high"]].to_numpy()[:2].tolist() == [[2.0, 4.0], [1.0, 2.0]]
    assert wide["estimated"].tolist()[:2] == pytest.approx([0.2, 0.5], rel=1e-2)


def test_totals_are_never_spread_unasked(town):
    table = pd.DataFrame({"people": [400.0, 200.0, 100.0]}, index=town["name"])
    wide = cg.crosswalk(table, source=town, target=halves(), extensive=["people"])
    assert "people_modelled" not in wide
    assert wide["people"].iloc[:2].isna().all()
    whole = cg.crosswalk(table, source=town, target=town, extensive=["people"])
    assert whole["people"].tolist()[:3] == [400.0, 200.0, 100.0]


def test_what_cannot_be_done_is_refused(town, clusters, communes):
    with pytest.raises(cg.SchemaError, match="not spread"):
        cg.crosswalk(clusters, target=communes, by_area=True)
    with pytest.raises(cg.SchemaError, match="no column people"):
        cg.crosswalk(clusters, target=communes, extensive=["people"])
    bare, totals = pd.DataFrame(town.drop(columns="geometry")), pd.DataFrame({"n": [1.0]}, index=["Từ Sơn"])
    with pytest.raises(cg.SchemaError, match="not known which unit became which"):
        cg.crosswalk(totals, source=bare, target=bare, extensive=["n"])


@pytest.mark.parametrize(
    ("commune", "published"),
    [
        ("Bình Minh", {"Thanh Oai": 97.6, "Hà Đông": 1.4, "Chương Mỹ": 0.8}),
        (
            "Hồng Hà",
            {"Tây Hồ": 48.6, "Long Biên": 25.0, "Hoàn Kiếm": 11.3, "Hai Bà Trưng": 8.2, "Ba Đình": 7.0},
        ),
    ],
)
def test_shares_of_real_communes_are_those_of_an_independent_overlay(real_layer, commune, published):
    districts = cg.load_units(real_layer("hanoi_districts_hdx.geojson"))
    communes = cg.load_units(real_layer("hanoi_communes_osm.geojson"))
    pairs = unit_shares(districts, communes)
    code = communes.index[communes["name"] == commune][0]
    found = (
        pairs[pairs["target"] == code].set_index("source")["of_target"].rename(districts["name"].to_dict())
        * 100
    )
    plane = {"source": districts.to_crs(3405), "target": communes.to_crs(3405)}
    one = plane["target"].loc[code].geometry
    overlay = plane["source"].intersection(one).area.rename(districts["name"].to_dict()) / one.area * 100
    for district, share in published.items():
        assert found[district] == pytest.approx(overlay[district], abs=0.5)
        assert found[district] == pytest.approx(share, abs=0.5)


def test_shares_of_all_real_communes_are_those_of_an_independent_overlay(real_layer):
    """Every pair, not only the two by hand: raw files, geopandas alone, a plane of equal areas."""
    paths = real_layer("hanoi_districts_hdx.geojson"), real_layer("hanoi_communes_osm.geojson")
    plane = "+proj=laea +lat_0=21 +lon_0=105.7 +datum=WGS84"
    raw = [gpd.read_file(path).to_crs(plane) for path in paths]
    layers = [cg.load_units(path) for path in paths]
    # Rows of a file keep their order, so that the overlay goes by position and knows no name.
    pieces = gpd.overlay(
        *(
            table[["geometry"]].assign(**{side: range(len(table))})
            for side, table in zip("st", raw, strict=True)
        ),
        how="intersection",
    )
    overlay = pieces.area.groupby([pieces["s"], pieces["t"]]).sum()
    overlay = 100 * overlay / raw[1].area.reindex(overlay.index.get_level_values("t")).to_numpy()
    pairs = unit_shares(*layers)
    at = [dict(zip(layer.index, range(len(layer)), strict=True)) for layer in layers]
    keys = pd.MultiIndex.from_arrays(
        [pairs["source"].map(at[0]), pairs["target"].map(at[1])], names=["s", "t"]
    )
    both = pd.DataFrame({"ours": 100 * pairs["of_target"].to_numpy()}, index=keys)
    both = both.join(overlay.rename("overlay"), how="outer").fillna(0.0)
    assert both.index.get_level_values("t").nunique() == 126
    # Half a point was promised; on two planes of equal areas they differ by less than a hundredth.
    assert (both["ours"] - both["overlay"]).abs().max() < 0.01
    # Nothing that matters is in neither: the districts cover the communes but for slivers at the rim.
    assert both["ours"].groupby("t").sum().between(90, 100.1).all()
