"""Districts by geometry, held against the declared ones."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely

import clusters_geo as cg


@pytest.fixture
def two_districts():
    shapes = [
        shapely.box(500_000, 2_300_000, 510_000, 2_310_000),
        shapely.box(510_000, 2_300_000, 520_000, 2_310_000),
    ]
    index = pd.Index(["271", "268"], name="district_code")
    return gpd.GeoDataFrame({"name": ["Ba Vì", "Hà Đông"]}, geometry=shapes, index=index, crs=5897)


def register(*boxes, district=None):
    shapes = [None if box is None else shapely.box(*box) for box in boxes]
    table = gpd.GeoDataFrame({"name": [f"C{k}" for k in range(len(boxes))]}, geometry=shapes, crs=5897)
    return table if district is None else table.assign(district=district)


def test_the_largest_part_decides(two_districts):
    table = cg.assign_districts(register((509_000, 2_301_000, 510_500, 2_302_000)), two_districts)
    row = table.iloc[0]
    assert (row["district_code"], row["district"], row["districts"]) == ("271", "Ba Vì", 2)
    assert row["share"] == pytest.approx(2 / 3, rel=1e-5)


def test_equal_parts_go_to_the_lower_code(two_districts):
    # Mirrored at the central meridian, where the two halves are equal on the ellipsoid too.
    mirrored = two_districts.set_geometry(two_districts.translate(xoff=-10_000))
    table = cg.assign_districts(register((499_000, 2_301_000, 501_000, 2_302_000)), mirrored)
    assert table["district_code"].item() == "268"


def test_a_shared_border_is_not_a_part(two_districts):
    table = cg.assign_districts(register((509_000, 2_301_000, 510_000, 2_302_000)), two_districts)
    assert table["districts"].item() == 1


def test_outside_and_without_a_shape_there_is_no_district(two_districts):
    table = cg.assign_districts(register((1, 1, 2, 2), None), two_districts)
    assert table["district"].isna().all()
    assert table["districts"].tolist() == [0, 0]
    assert table["share"].isna().all()


def test_declared_names_are_compared_after_folding(two_districts):
    inside = (501_000, 2_301_000, 502_000, 2_302_000)
    declared = ["Huyện Ba Vì", "Ha Dong", "Sơn La", None]
    table = cg.assign_districts(register(*[inside] * 4, district=declared), two_districts)
    assert table["declared_as"].fillna("").tolist() == ["Ba Vì", "Hà Đông", "", ""]
    assert table["agrees"].tolist()[:2] == [True, False]
    assert table["agrees"].isna().tolist() == [False, False, True, True]


def test_layers_may_be_in_different_systems(two_districts):
    clusters = register((501_000, 2_301_000, 502_000, 2_302_000))
    table = cg.assign_districts(clusters.to_crs(4326), two_districts.to_crs(32648))
    assert table["district"].item() == "Ba Vì"


def test_the_bundled_case_lies_where_it_says(clusters, districts):
    table = cg.assign_districts(clusters, districts)
    assert table["agrees"].all()
    assert (table["districts"] == 1).all()
    assert (table["share"] > 0.999_999).all()


def test_a_layer_without_a_system_is_refused():
    bare = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1, 1)])
    with pytest.raises(cg.CRSError, match="units do not say"):
        cg.assign_districts(register((1, 1, 2, 2)), bare)
