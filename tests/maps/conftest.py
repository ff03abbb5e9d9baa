"""A small town: four square districts, seven clusters, one of everything that a map must cope with."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely

NAMES = ["Phùng Xá", "Phùng Xá", "Liên Phương", "Đại Thắng", "Sơn Đông", "Bát Tràng", "Xa Xôi"]


@pytest.fixture
def town_districts():
    squares = [
        shapely.box(x, y, x + 0.1, y + 0.1) for x, y in ((105, 21), (105.1, 21), (105, 21.1), (105.1, 21.1))
    ]
    return gpd.GeoDataFrame(
        {
            "name": ["Thạch Thất", "Mỹ Đức", "Thường Tín", "Ba Vì"],
            "type": ["Huyện"] * 4,
            "boundary_basis": ["reconstructed"] * 4,
            "source": ["Bản đồ thử"] * 4,
        },
        geometry=squares,
        crs="EPSG:4326",
        index=pd.Index(["276", "282", "279", "271"], name="district_code"),
    )


@pytest.fixture
def town():
    places = [
        (105.05, 21.05),
        (105.15, 21.05),
        (105.03, 21.15),
        (105.052, 21.052),
        (105.17, 21.08),
        (105.08, 21.18),
    ]
    shapes = [shapely.box(x - 0.002, y - 0.002, x + 0.002, y + 0.002) for x, y in places]
    return gpd.GeoDataFrame(
        {
            "name": NAMES,
            "district": ["Thạch Thất", "Mỹ Đức", "Thường Tín", "Thạch Thất", "Mỹ Đức", "Thường Tín", None],
            "status": ["operating"] * 3 + ["under_construction", "pending", "pending", "operating"],
            "planned_ha": [20.0, 30.0, 18.8, 12.5, 71.0, None, 10.0],
            "planned_ha_basis": [
                "published",
                "modelled",
                "published",
                "published",
                "modelled",
                None,
                "published",
            ],
            "built_ha": [18.0, 15.0, 18.8, None, None, None, None],
            "built_ha_basis": ["published", "modelled", "published", None, None, None, None],
            "leasable_ha": [10.0, None, None, None, None, None, None],
            "leased_ha": [7.5, None, None, None, None, None, None],
            "boundary_basis": ["schematic"] * 7,
            "source": ["https://example.org/a"] * 6 + ["Sổ theo dõi"],
            "as_of": pd.to_datetime(["2022-09-30"] * 7),
        },
        geometry=[*shapes, None],
        crs="EPSG:4326",
        index=pd.Index([f"T-{n:03}" for n in range(1, 8)], name="cluster_id"),
    )
