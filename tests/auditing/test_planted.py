"""Faults planted in a clean province: each is found, and no other row is blamed."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from clusters_geo.auditing.run import audit

EAST, NORTH, SIDE = 500_000, 2_300_000, 10_000
COLUMNS, DISTRICTS, CLUSTERS = 10, 60, 1_000
DAY = pd.Timestamp("2025-01-31")


def province(seed):
    """A thousand clusters in sixty districts in which every figure, date and outline agrees."""
    random = np.random.default_rng(seed)
    codes = [f"{n:03}" for n in range(DISTRICTS)]
    corners = [(EAST + SIDE * (n % COLUMNS), NORTH + SIDE * (n // COLUMNS)) for n in range(DISTRICTS)]
    districts = gpd.GeoDataFrame(
        {"name": [f"Bình Minh {n:02}" for n in range(DISTRICTS)]},
        geometry=[shapely.box(x, y, x + SIDE, y + SIDE) for x, y in corners],
        index=pd.Index(codes, name="district_code"),
        crs="EPSG:5897",
    )
    home = np.arange(CLUSTERS) % DISTRICTS
    place = np.arange(CLUSTERS) // DISTRICTS
    planned = random.uniform(12, 70, CLUSTERS).round(2)
    leasable, built = (planned * 0.65).round(3), (planned * 0.8).round(3)
    leased = (leasable * random.uniform(0.3, 0.95, CLUSTERS)).round(3)
    shapes = []
    for district, position, hectares in zip(home, place, planned, strict=True):
        x = corners[district][0] + 600 + 1_800 * (position % 5)
        y = corners[district][1] + 600 + 1_800 * (position // 5)
        side = (hectares * 10_000) ** 0.5
        shapes.append(shapely.box(x, y, x + side, y + side))
    table = {
        "name": [f"Cụm {n:04}" for n in range(CLUSTERS)],
        "district": districts["name"].to_numpy()[home],
        "status": "operating",
        "planned_ha": planned,
        "established_ha": planned,
        "built_ha": built,
        "leasable_ha": leasable,
        "leased_ha": leased,
        "fill_rate_declared": (leased / leasable).round(3),
        "roads_ha": (planned * 0.12).round(3),
        "green_ha": (planned * 0.11).round(3),
        "technical_ha": (planned * 0.02).round(3),
        "services_ha": (planned * 0.05).round(3),
        "craft_village": pd.array([False] * CLUSTERS, dtype="boolean"),
        "mountainous": pd.array([False] * CLUSTERS, dtype="boolean"),
        "craft_ha": 0.0,
        "speciality": pd.array([pd.NA] * CLUSTERS, dtype="string"),
        "speciality_ha": 0.0,
        "projects": 20,
        "fdi_projects": 2,
        "active_projects": 18,
        "enterprises": (built * random.uniform(2, 4, CLUSTERS)).round(),
        "workers": (built * random.uniform(30, 60, CLUSTERS)).round(),
        "decision": "12/QĐ-UBND",
        "listed_on": pd.Timestamp("2010-01-01"),
        "established_on": pd.Timestamp("2011-01-01"),
        "detailed_plan_on": pd.Timestamp("2012-01-01"),
        "land_allocated_on": pd.Timestamp("2013-01-01"),
        "scheduled_start_on": pd.Timestamp("2014-06-01"),
        "ground_broken_on": pd.Timestamp("2014-01-01"),
        "opened_on": pd.Timestamp("2015-01-01"),
        "operating_on": pd.Timestamp("2016-01-01"),
        "boundary_basis": "measured",
        "source": "Sở Công Thương",
        "as_of": DAY,
    }
    index = pd.Index([f"X-{n:04}" for n in range(CLUSTERS)], name="cluster_id")
    return gpd.GeoDataFrame(table, geometry=shapes, index=index, crs="EPSG:5897"), districts


def put(**values):
    """A fault that writes values into one row."""

    def plant(table, row, _other):
        for column, value in values.items():
            if isinstance(value, str) and table[column].dtype == "float64":
                table[column] = table[column].astype(object)
            table.loc[table.index[row], column] = value

    return plant


def scale(column, factor, of):
    """A fault that makes one figure so many times another."""

    def plant(table, row, _other):
        table.loc[table.index[row], column] = table[of].iloc[row] * factor

    return plant


def copy(*columns):
    """A fault that gives a row what another has."""

    def plant(table, row, other):
        for column in columns:
            table.loc[table.index[row], column] = table[column].iloc[other]

    return plant


def reshape(change):
    """A fault that changes one outline."""

    def plant(table, row, _other):
        shapes = table.geometry.to_list()
        shapes[row] = change(shapes[row])
        table.geometry = shapes

    return plant


def moved(x, y):
    return reshape(lambda shape: shapely.transform(shape, lambda xy: np.add(xy, (x, y))))


def bow_tie(shape):
    west, south, east, north = shape.bounds
    return shapely.Polygon([(west, south), (east, north), (east, south), (west, north)])


def overlapping(table, row, other):
    shapes = table.geometry.to_list()
    west, south, *_ = shapes[other].bounds
    to = np.subtract((west + 200, south + 200), shapes[row].bounds[:2])
    shapes[row] = shapely.transform(shapes[row], lambda xy: xy + to)
    table.geometry = shapes


FAULTS = {
    "not a number": ("figures.not-a-number", put(workers="đông")),
    "infinite": ("figures.infinite", put(enterprises=np.inf)),
    "negative": ("figures.negative", put(services_ha=-1.0)),
    "zero": ("figures.zero", put(established_ha=0.0)),
    "built over planned": ("figures.built-over-planned", scale("built_ha", 1.01, "planned_ha")),
    "leased over leasable": ("figures.leased-over-leasable", scale("leased_ha", 1.02, "leasable_ha")),
    "leasable over planned": ("figures.leasable-over-planned", scale("leasable_ha", 1.01, "planned_ha")),
    "percent for a share": ("figures.rate-out-of-range", put(fill_rate_declared=85.0)),
    "full before construction": (
        "figures.full-before-construction",
        put(status="under_construction", fill_rate_declared=1.0, operating_on=pd.NaT),
    ),
    "rate against areas": ("figures.rate-contradicts-areas", put(fill_rate_declared=0.02)),
    "workers": ("figures.density-outlier", scale("workers", 5_000, "built_ha")),
    "projects": ("figures.more-active-than-all", put(fdi_projects=21)),
    "compliant plant": (
        "figures.compliant-without-plant",
        put(wastewater_started=False, wastewater_compliant=True),
    ),
    "paid": ("figures.paid-over-approved", put(paid_capital_bn_vnd=250.5, approved_capital_bn_vnd=25.05)),
    "not ready": ("pipeline.leased-before-ready", put(ready_ha=0.5)),
    "projects before operating": (
        "pipeline.leased-before-operating",
        put(status="pending", ground_broken_on=pd.NaT, opened_on=pd.NaT, operating_on=pd.NaT),
    ),
    "bow tie": ("geometry.invalid", reshape(bow_tie)),
    "shrunk outline": ("geometry.area-differs", reshape(lambda s: s.buffer(-20, join_style="mitre"))),
    "overlap": ("geometry.overlap", overlapping),
    "same outline": ("geometry.duplicate-outline", copy("geometry")),
    "same name": ("geometry.duplicate-name", copy("name", "district")),
    "swapped axes": ("geometry.outside-districts", reshape(lambda s: shapely.transform(s, np.fliplr))),
    # Between the clusters that are there, on which it would be a duplicate.
    "other district": ("geometry.other-district", moved(SIDE + 900, 0)),
    "straddles": ("geometry.straddles-border", None),
    "sliver": (
        "geometry.sliver",
        reshape(lambda s: s.union(shapely.box(s.bounds[0] - 50, s.bounds[1], s.bounds[0] - 49, s.bounds[3]))),
    ),
    "hole": ("geometry.hole", reshape(lambda s: s.difference(s.centroid.buffer(10)))),
    "too small": ("law.size-below-minimum", put(planned_ha=9.0)),
    "exception not known": (
        "law.size-needs-exception",
        put(planned_ha=9.0, craft_village=None, mountainous=None),
    ),
    "too large": ("law.size-above-maximum", put(planned_ha=76.0)),
    "services": ("law.services-share", scale("services_ha", 0.11, "planned_ha")),
    "craft village": ("law.craft-share", put(craft_village=True)),
    "speciality": ("law.speciality-share", put(speciality="Dệt may")),
    "drift": ("law.area-drift", scale("established_ha", 0.2, "planned_ha")),
    "roads": ("law.land-shares", scale("roads_ha", 0.09, "planned_ha")),
    "gross fill rate": ("law.fill-rate-on-gross-area", None),
    "not established": (
        "law.not-established",
        put(decision=None, established_on=pd.NaT, operating_on=pd.Timestamp("2009-01-01")),
    ),
    "unknown district": ("districts.unknown-name", put(district="Hòa Lạc")),
    "misspelt district": ("districts.name-repaired", None),
    "pending too long": (
        "pipeline.pending-too-long",
        put(status="pending", ground_broken_on=pd.NaT, opened_on=pd.NaT, operating_on=pd.NaT),
    ),
    "without decision": ("pipeline.started-without-decision", put(decision=None, established_on=pd.NaT)),
    "out of order": ("pipeline.dates-out-of-order", put(established_on=pd.Timestamp("2014-02-01"))),
    "future": ("pipeline.date-in-future", put(operating_on=pd.Timestamp("2025-02-01"))),
    "status": ("pipeline.status-contradicts-dates", put(status="under_construction")),
    "slipped": ("pipeline.schedule-slipped", put(scheduled_start_on=pd.Timestamp("2013-06-01"))),
    "land unused": (
        "pipeline.land-unused",
        put(status="pending", ground_broken_on=pd.NaT, opened_on=pd.NaT, operating_on=pd.NaT),
    ),
    "no source": ("trust.no-source", put(source=" ")),
    "stale": ("trust.stale", put(as_of=pd.Timestamp("2023-01-31"))),
}


def straddles(table, row, _other):
    shapes = table.geometry.to_list()
    corner = EAST + SIDE * (1 + int((shapes[row].bounds[0] - EAST) // SIDE))
    shapes[row] = shapely.transform(
        shapes[row], lambda xy: np.add(xy, (corner - shapes[row].bounds[0] - 250, 0))
    )
    table.geometry = shapes


def gross_fill_rate(table, row, _other):
    rate = table["leased_ha"].iloc[row] / table["planned_ha"].iloc[row]
    table.loc[table.index[row], "fill_rate_declared"] = round(rate, 3)


def misspelt(table, row, _other):
    table.loc[table.index[row], "district"] = table["district"].iloc[row].upper()


FAULTS["straddles"] = (FAULTS["straddles"][0], straddles)
FAULTS["gross fill rate"] = (FAULTS["gross fill rate"][0], gross_fill_rate)
FAULTS["misspelt district"] = (FAULTS["misspelt district"][0], misspelt)


def test_there_are_at_least_thirty_kinds_of_fault():
    assert len({rule for rule, _ in FAULTS.values()}) >= 30


def test_a_clean_province_has_no_findings():
    clusters, districts = province(0)
    found = audit(clusters, districts)
    assert found["message"].tolist() == []


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_planted_fault_is_found_and_no_other_row(seed):
    clusters, districts = province(seed)
    # Clusters in the last column have no neighbour to be moved to.
    inner = np.flatnonzero(np.arange(CLUSTERS) % COLUMNS != COLUMNS - 1)
    rows = np.random.default_rng(seed).permutation(inner)[: 2 * len(FAULTS)].reshape(-1, 2)
    for (_, plant), (row, other) in zip(FAULTS.values(), rows, strict=True):
        plant(clusters, int(row), int(other))
    found = audit(clusters, districts)
    blamed = set(zip(found["rule"], found["cluster_id"], strict=True))
    planted = {(rule, clusters.index[row]) for (rule, _), (row, _) in zip(FAULTS.values(), rows, strict=True)}
    # A pair is reported once, with its earlier or its later cluster.
    other = {(rule, clusters.index[o]) for (rule, _), (_, o) in zip(FAULTS.values(), rows, strict=True)}
    pairs = {"geometry.overlap", "geometry.duplicate-outline", "geometry.duplicate-name"}
    missed = {p for p in planted - blamed if p[0] not in pairs}
    assert missed == set()
    assert all(any(b[0] == rule and b in planted | other for b in blamed) for rule in pairs)
    touched = set(clusters.index[rows.ravel()])
    assert set(found["cluster_id"].dropna()) <= touched


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        (
            "districts.overlap",
            lambda s: shapely.box(s.bounds[0], s.bounds[1], s.bounds[2] + 100, s.bounds[3]),
        ),
        ("districts.gap", lambda s: shapely.box(s.bounds[0], s.bounds[1], s.bounds[2] - 20, s.bounds[3])),
    ],
)
def test_a_border_moved_is_found_and_only_that(rule, change):
    clusters, districts = province(0)
    shapes = districts.geometry.to_list()
    shapes[13] = change(shapes[13])
    districts.geometry = shapes
    found = audit(clusters, districts)
    assert found["rule"].tolist() == [rule]
    assert "Bình Minh 13" in found["message"].iloc[0]


def test_the_order_of_the_register_does_not_matter():
    clusters, districts = province(4)
    for number, (_, plant) in enumerate(list(FAULTS.values())[:12]):
        plant(clusters, number * 7, number * 7 + 1)
    shuffled = clusters.sample(frac=1, random_state=1)
    columns = ["rule", "cluster_id", "message"]
    first = audit(clusters, districts, lang="en")[columns].sort_values(columns).to_numpy().tolist()
    again = audit(shuffled, districts, lang="en")[columns].sort_values(columns).to_numpy().tolist()
    assert first == again
