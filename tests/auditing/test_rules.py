"""Every rule: a case where it fires, one where it keeps silent, and what it does exactly at its threshold."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from clusters_geo.auditing.rule import all_rules
from clusters_geo.auditing.run import audit
from clusters_geo.reading.notes import ATTRIBUTE

EAST, NORTH = 500_000, 2_300_000


def table(shapes=None, **columns):
    lists = {name: value if isinstance(value, list) else [value] for name, value in columns.items()}
    length = max([len(value) for value in lists.values()] + [len(shapes or [])])
    full = {name: value * length if len(value) == 1 else value for name, value in lists.items()}
    made = pd.DataFrame(full, index=pd.Index([f"C{n}" for n in range(1, length + 1)], name="cluster_id"))
    for name in made.filter(regex="_on$|as_of$"):
        if name != "source_as_of":
            made[name] = pd.to_datetime(made[name])
    if shapes is None:
        return made
    return gpd.GeoDataFrame(made, geometry=list(shapes), crs="EPSG:5897")


def with_total(computed, stated):
    """A register whose file has a row of totals below its clusters."""
    made = table(status="operating", planned_ha=[10.0, 20.0])
    aside = {"text": "Tổng cộng", "address": "A9", "adds_up": stated == computed}
    found = {"stated": {"planned_ha": stated}, "computed": {"planned_ha": computed}}
    made.attrs[ATTRIBUTE] = {"asides": [aside | found]}
    return made


def box(x, y, width, height=None):
    """A rectangle with its corner x, y metres from the corner of the first district."""
    return shapely.box(EAST + x, NORTH + y, EAST + x + width, NORTH + y + (height or width))


def layer(*names_and_shapes, **columns):
    names, shapes = zip(*names_and_shapes, strict=True)
    codes = pd.Index([f"{n:03}" for n in range(1, len(names) + 1)], name="district_code")
    return gpd.GeoDataFrame(
        {"name": list(names), **columns}, geometry=list(shapes), index=codes, crs="EPSG:5897"
    )


OLD, NOW = "2022-09-30", "2025-01-31"
INF = float("inf")


def square(hectares, x=1_000, y=1_000):
    """A square of nearly so many hectares: the plane is 0.02 % too small in the middle of its zone."""
    return box(x, y, (hectares * 10_000) ** 0.5)


def outlined(*shapes, **columns):
    return table(shapes, **{"boundary_basis": "measured"} | columns)


def districts():
    return layer(("Ba Vì", box(0, 0, 10_000)), ("Đan Phượng", box(10_000, 0, 10_000)))


def totals(value, *, role="control", qualifier="exact"):
    row = {"scope": "Hà Nội", "metric": "planned_ha", "value": value, "unit": "ha", "as_of": "2022"}
    return pd.DataFrame([row | {"qualifier": qualifier, "role": role, "source": "a report"}])


def with_hole(side):
    ring = box(1_000, 1_000, 500).exterior
    return shapely.Polygon(ring, [box(1_100, 1_100, side).exterior])


BOW_TIE = shapely.Polygon(
    [(500_000, 2_300_000), (500_300, 2_300_300), (500_300, 2_300_000), (500_000, 2_300_300)]
)
CROWD = {"built_ha": [10.0] * 9, "workers": [400, 410, 390, 420, 380, 405, 395, 415]}

# rule: (fires on, silent on, at the threshold, how many findings there); each is the register and options.
CASES = {
    "figures.not-a-number": (
        table(planned_ha=["khoảng 20"]),
        table(planned_ha=[None]),
        (table(planned_ha=["20"]), 0),
    ),
    "figures.infinite": (table(workers=[INF]), table(workers=[1e9]), (table(workers=[-INF]), 1)),
    "figures.negative": (table(built_ha=-0.1), table(built_ha=0.1), (table(built_ha=0.0), 0)),
    "figures.zero": (table(planned_ha=0.0), table(built_ha=0.0), (table(planned_ha=0.001), 0)),
    "figures.built-over-planned": (
        table(built_ha=20.1, planned_ha=20.0),
        table(built_ha=19.0, planned_ha=20.0),
        (table(built_ha=20.05, planned_ha=20.0), 0),
    ),
    "figures.leased-over-leasable": (
        table(leased_ha=20.1, leasable_ha=20.0),
        table(leased_ha=[20.0, 1.0], leasable_ha=[20.0, None]),
        (table(leased_ha=20.05, leasable_ha=20.0), 0),
    ),
    "figures.leasable-over-planned": (
        table(leasable_ha=20.1, planned_ha=20.0),
        table(leasable_ha=14.0, planned_ha=20.0),
        (table(leasable_ha=20.05, planned_ha=20.0), 0),
    ),
    "figures.rate-out-of-range": (
        table(fill_rate_declared=85.0),
        table(fill_rate_declared=0.85),
        (table(fill_rate_declared=1.0), 0),
    ),
    "figures.full-before-construction": (
        table(
            status=["pending", "under_construction"],
            fill_rate_declared=[1.0, None],
            leased_ha=[None, 9.0],
            leasable_ha=[None, 9.0],
        ),
        table(status=["operating", "pending"], fill_rate_declared=[1.0, 0.4]),
        (table(status="pending", fill_rate_declared=0.999), 0),
    ),
    "figures.rate-contradicts-areas": (
        table(fill_rate_declared=0.9, leased_ha=8.0, leasable_ha=10.0),
        table(fill_rate_declared=0.8, leased_ha=8.0, leasable_ha=10.0),
        (table(fill_rate_declared=0.81, leased_ha=8.0, leasable_ha=10.0), 0),
    ),
    "figures.density-outlier": (
        table(built_ha=10.0, workers=[*CROWD["workers"], 40_000]),
        table(built_ha=10.0, workers=[*CROWD["workers"], 430]),
        # Seven known densities are too few to say what is usual; eight are not.
        (table(built_ha=10.0, workers=[*CROWD["workers"][:7], 40_000]), 1),
    ),
    "figures.more-active-than-all": (
        table(projects=10, fdi_projects=11, active_projects=12),
        table(projects=10, fdi_projects=1, active_projects=9),
        (table(projects=10, fdi_projects=10, active_projects=10), 0),
    ),
    "figures.compliant-without-plant": (
        table(wastewater_started=False, wastewater_compliant=True),
        table(wastewater_started=[True, True, False], wastewater_compliant=[True, False, False]),
        # Nobody says whether there is a plant: that one complies proves nothing wrong.
        (table(wastewater_started=[None, False], wastewater_compliant=[True, True]), 1),
    ),
    "figures.paid-over-approved": (
        table(paid_capital_bn_vnd=250_500.0, approved_capital_bn_vnd=300.0),
        table(paid_capital_bn_vnd=250.5, approved_capital_bn_vnd=300.0),
        (table(paid_capital_bn_vnd=[300.05, 300.06], approved_capital_bn_vnd=300.0), 1),
    ),
    "figures.duplicate-id": (
        table(name=["A", "B"]).set_axis(["X", "X"]),
        table(name=["A", "B"]),
        (table(name=["A", "B", "C"]).set_axis(["X", "X", "X"]), 2),
    ),
    "geometry.invalid": (
        outlined(BOW_TIE),
        outlined(square(20)),
        (outlined(shapely.Polygon([(0, 0), (1, 0), (0, 0)]).buffer(0).union(square(20))), 0),
    ),
    "geometry.area-differs": (
        outlined(square(20), planned_ha=30.0),
        outlined(square(20), planned_ha=20.0),
        (outlined(square(20), planned_ha=20.004 / 1.0199), 0),
    ),
    "geometry.overlap": (
        outlined(box(0, 0, 300), box(250, 0, 300)),
        outlined(box(0, 0, 300), box(300, 0, 300)),
        # 0.33 m × 300 m are 0.0099 ha.
        (outlined(box(0, 0, 300), box(299.67, 0, 300)), 0),
    ),
    "geometry.duplicate-outline": (
        outlined(box(0, 0, 300), box(1, 1, 300)),
        outlined(box(0, 0, 300), box(100, 0, 300)),
        # 19/21 and a bit: 0.95 of the union is in both.
        (outlined(box(0, 0, 390, 100), box(10, 0, 390, 100)), 1),
    ),
    "geometry.duplicate-name": (
        table(name=["CCN Phùng Xá", "PHÙNG XÁ"], district=["Mỹ Đức", "huyện Mỹ Đức"]),
        table(name=["Phùng Xá", "Phùng Xá"], district=["Mỹ Đức", "Thạch Thất"]),
        (table(name=["Phùng Xá", "Phùng Xá"], district=["Mỹ Đức", None]), 0),
    ),
    "geometry.outside-districts": (
        {"clusters": outlined(box(50_000, 0, 300), district="Ba Vì"), "districts": districts()},
        {"clusters": outlined(box(100, 100, 300), district="Ba Vì"), "districts": districts()},
        # Touching a border from outside is not lying inside.
        ({"clusters": outlined(box(-300, 0, 300), district="Ba Vì"), "districts": districts()}, 1),
    ),
    "geometry.other-district": (
        {"clusters": outlined(box(12_000, 0, 300), district="Ba Vì"), "districts": districts()},
        {"clusters": outlined(box(100, 0, 300), district="Huyện Ba Vì"), "districts": districts()},
        # Equal parts: the lower code is taken, here the declared one.
        ({"clusters": outlined(box(9_900, 0, 200), district="Ba Vì"), "districts": districts()}, 0),
    ),
    "geometry.straddles-border": (
        {"clusters": outlined(box(9_900, 0, 400), district="Ba Vì"), "districts": districts()},
        {"clusters": outlined(box(9_600, 0, 400), district="Ba Vì"), "districts": districts()},
        ({"clusters": outlined(box(9_604, 0, 400), district="Ba Vì"), "districts": districts()}, 0),
    ),
    "geometry.sliver": (
        outlined(shapely.union(square(20), box(5_000, 0, 1.5, 400))),
        outlined(shapely.union(square(20), box(5_000, 0, 20, 400))),
        # Mean width 2A/P of a strip 2 m wide and long is just under 2 m, of one 2.02 m wide just over.
        (outlined(shapely.union(square(20), box(5_000, 0, 2.02, 400))), 0),
    ),
    "geometry.hole": (
        outlined(with_hole(100)),
        outlined(square(20)),
        (outlined(with_hole(0.01)), 1),
    ),
    "law.size-below-minimum": (
        {"clusters": table(planned_ha=4.9), "law": OLD},
        {"clusters": table(planned_ha=12.0), "law": OLD},
        (
            {
                "clusters": table(
                    planned_ha=[5.0, 9.99, 10.0], craft_village=[True, False, False], mountainous=False
                ),
                "law": OLD,
            },
            1,
        ),
    ),
    "law.size-needs-exception": (
        {"clusters": table(planned_ha=7.0), "law": OLD},
        {
            "clusters": table(planned_ha=[7.0, 7.0], craft_village=[True, False], mountainous=[False, False]),
            "law": OLD,
        },
        ({"clusters": table(planned_ha=[4.99, 5.0, 9.99, 10.0]), "law": OLD}, 2),
    ),
    "law.size-above-maximum": (
        {"clusters": table(planned_ha=75.1), "law": OLD},
        {"clusters": table(planned_ha=40.0), "law": OLD},
        ({"clusters": table(planned_ha=75.0), "law": OLD}, 0),
    ),
    "law.services-share": (
        {"clusters": table(services_ha=2.5, planned_ha=20.0), "law": NOW},
        {"clusters": table(services_ha=2.5, planned_ha=20.0), "law": OLD},
        ({"clusters": table(services_ha=2.0, planned_ha=20.0), "law": NOW}, 0),
    ),
    "law.craft-share": (
        {"clusters": table(craft_village=True, craft_ha=7.0, leasable_ha=10.0), "law": NOW},
        {"clusters": table(craft_village=[False, None], craft_ha=7.0, leasable_ha=10.0), "law": NOW},
        ({"clusters": table(craft_village=True, craft_ha=[7.5, 7.49], leasable_ha=10.0), "law": NOW}, 1),
    ),
    "law.speciality-share": (
        {"clusters": table(speciality="Dệt may", speciality_ha=5.9, leasable_ha=10.0), "law": NOW},
        {"clusters": table(speciality=[None], speciality_ha=5.9, leasable_ha=10.0), "law": NOW},
        ({"clusters": table(speciality="Dệt may", speciality_ha=6.0, leasable_ha=10.0), "law": NOW}, 0),
    ),
    "law.area-drift": (
        {"clusters": table(planned_ha=36.0, established_ha=30.0), "law": NOW},
        {"clusters": table(planned_ha=36.0, established_ha=30.0), "law": OLD},
        ({"clusters": table(planned_ha=35.0, established_ha=30.0), "law": NOW}, 0),
    ),
    "law.land-shares": (
        {"clusters": table(planned_ha=20.0, roads_ha=1.9, green_ha=1.9, technical_ha=0.1), "law": OLD},
        {"clusters": table(planned_ha=20.0, roads_ha=4.0, green_ha=2.5, technical_ha=0.4), "law": OLD},
        ({"clusters": table(planned_ha=20.0, roads_ha=2.0, green_ha=2.0, technical_ha=0.2), "law": OLD}, 0),
    ),
    "law.fill-rate-on-gross-area": (
        {
            "clusters": table(fill_rate_declared=0.5, leased_ha=10.0, leasable_ha=14.0, planned_ha=20.0),
            "law": NOW,
        },
        {
            "clusters": table(fill_rate_declared=0.714, leased_ha=10.0, leasable_ha=14.0, planned_ha=20.0),
            "law": NOW,
        },
        # Half a point off: one finding at 0.505, none at 0.506.
        (
            {
                "clusters": table(
                    fill_rate_declared=[0.5049, 0.506], leased_ha=10.0, leasable_ha=14.0, planned_ha=20.0
                ),
                "law": NOW,
            },
            1,
        ),
    ),
    "law.not-established": (
        {"clusters": table(operating_on="2005-01-01", decision=[None]), "law": NOW},
        {
            "clusters": table(operating_on=["2005-01-01", "2012-01-01"], decision=["12/QĐ-UBND", None]),
            "law": NOW,
        },
        ({"clusters": table(operating_on=["2009-08-18", "2009-08-19"], decision=[None]), "law": NOW}, 1),
    ),
    "districts.overlap": (
        {
            "clusters": table(name="A"),
            "districts": layer(("A", box(0, 0, 10_000)), ("B", box(9_000, 0, 10_000))),
        },
        {"clusters": table(name="A"), "districts": districts()},
        # 0.009 m × 10 km are 0.009 ha.
        (
            {
                "clusters": table(name="A"),
                "districts": layer(("A", box(0, 0, 10_000)), ("B", box(9_999.991, 0, 10_000))),
            },
            0,
        ),
    ),
    "districts.gap": (
        {
            "clusters": table(name="A"),
            "districts": layer(("A", box(0, 0, 10_000)), ("B", box(10_020, 0, 10_000))),
        },
        {"clusters": table(name="A"), "districts": districts()},
        # 60 m are further apart than two borders that were meant to meet.
        (
            {
                "clusters": table(name="A"),
                "districts": layer(("A", box(0, 0, 10_000)), ("B", box(10_060, 0, 10_000))),
            },
            0,
        ),
    ),
    "districts.duplicate": (
        {
            "clusters": table(name="A"),
            "districts": layer(("Ba Vì", box(0, 0, 10)), ("Huyện Ba Vì", box(10, 0, 10))),
        },
        {"clusters": table(name="A"), "districts": districts()},
        (
            {
                "clusters": table(name="A"),
                "districts": layer(("Ba Vì", box(0, 0, 10)), ("Ba Vi", box(10, 0, 10))),
            },
            0,
        ),
    ),
    "districts.missing": (
        {"clusters": table(name="A"), "districts": districts()},
        {
            "clusters": table(name="A"),
            "districts": districts(),
            "rules": {"rules": {"districts.missing": {"expected": ["Ba Vì"]}}},
        },
        (
            {
                "clusters": table(name="A"),
                "districts": districts(),
                "rules": {"rules": {"districts.missing": {"expected": ["Ba Vì", "Sóc Sơn"]}}},
            },
            1,
        ),
    ),
    "districts.unknown-name": (
        {"clusters": table(district="Đan Phựơng B"), "districts": districts()},
        {"clusters": table(district="Đan Phượng"), "districts": districts()},
        ({"clusters": table(district="dan phuong"), "districts": districts()}, 0),
    ),
    "districts.name-repaired": (
        {"clusters": table(district=["H. Đan Phượng", "Dan Phuong"]), "districts": districts()},
        {"clusters": table(district=["Đan Phượng", "Huyện Đan Phượng"]), "districts": districts()},
        ({"clusters": table(district="Đan Phượng "), "districts": districts()}, 0),
    ),
    "pipeline.pending-too-long": (
        {"clusters": table(status="pending", listed_on="2020-01-31"), "on": OLD},
        {"clusters": table(status="operating", listed_on="2020-01-31"), "on": OLD},
        ({"clusters": table(status="pending", established_on=["2020-09-30", "2020-09-29"]), "on": OLD}, 1),
    ),
    "pipeline.started-without-decision": (
        table(
            status=["under_construction", "pending"], ground_broken_on=[None, "2022-01-01"], decision=[None]
        ),
        table(status=["under_construction", "operating"], decision=["1/QĐ-UBND", None]),
        (table(status="under_construction", established_on="2022-01-01"), 0),
    ),
    "pipeline.dates-out-of-order": (
        table(established_on="2021-01-02", ground_broken_on="2021-01-01"),
        table(established_on="2020-06-26", detailed_plan_on="2024-12-10", land_allocated_on="2025-06-02"),
        (table(established_on="2021-01-01", ground_broken_on="2021-01-01"), 0),
    ),
    "pipeline.date-in-future": (
        {"clusters": table(opened_on="2023-01-01"), "on": OLD},
        {"clusters": table(opened_on="2021-01-01", scheduled_start_on="2030-01-01"), "on": OLD},
        ({"clusters": table(opened_on=["2022-09-30", "2022-10-01"]), "on": OLD}, 1),
    ),
    "pipeline.leased-before-ready": (
        table(leased_ha=16.0, ready_ha=15.0),
        table(leased_ha=15.0, ready_ha=15.0),
        (table(leased_ha=[15.05, 15.06], ready_ha=15.0), 1),
    ),
    "pipeline.leased-before-operating": (
        table(status=["pending", "under_construction"], leased_ha=[4.0, None], projects=[None, 2]),
        table(status="operating", leased_ha=4.0, projects=2),
        # A nought is no lease, and a cluster of unknown status is not called idle.
        (table(status=["pending", None, "under_construction"], leased_ha=[0.0, 4.0, 0.1]), 1),
    ),
    "pipeline.status-contradicts-dates": (
        {
            "clusters": table(
                status=["pending", "under_construction"],
                ground_broken_on="2022-01-01",
                operating_on="2022-02-01",
            ),
            "on": OLD,
        },
        {"clusters": table(status="operating", ground_broken_on="2022-01-01"), "on": OLD},
        ({"clusters": table(status="pending", ground_broken_on=["2022-09-30", "2022-10-01"]), "on": OLD}, 1),
    ),
    "pipeline.schedule-slipped": (
        {"clusters": table(scheduled_start_on="2022-01-01", ground_broken_on="2022-03-01"), "on": OLD},
        {"clusters": table(scheduled_start_on="2022-01-01", ground_broken_on="2021-12-01"), "on": OLD},
        ({"clusters": table(scheduled_completion_on=["2022-09-30", "2022-09-29"]), "on": OLD}, 1),
    ),
    "pipeline.land-unused": (
        {"clusters": table(status="pending", land_allocated_on="2021-01-01"), "on": OLD},
        {
            "clusters": table(
                status="pending", land_allocated_on="2021-01-01", ground_broken_on="2021-02-01"
            ),
            "on": OLD,
        },
        ({"clusters": table(status="pending", land_allocated_on=["2021-09-30", "2021-09-29"]), "on": OLD}, 1),
    ),
    "trust.no-source": (
        table(planned_ha=[1.0, None], source=["  ", None]),
        table(planned_ha=1.0, source="Sở Công Thương"),
        (table(planned_ha=[1.0, 2.0]), 1),
    ),
    "trust.status-unknown": (
        table(planned_ha=[1.0, 2.0], status=["operating", None]),
        table(planned_ha=[1.0, 2.0], status=["operating", "pending"]),
        (table(planned_ha=[1.0, 2.0]), 1),  # one finding for all
    ),
    "trust.sum-in-file": (with_total(30.0, 29.0), with_total(30.0, 30.0), (with_total(30.0, 30.02), 0)),
    "trust.stale": (
        {"clusters": table(source_as_of=["2020", "2020-07", "2020-07-20"]), "on": OLD},
        {"clusters": table(source_as_of=["2022", None], as_of=OLD), "on": OLD},
        ({"clusters": table(as_of=["2021-09-30", "2021-09-29"]), "on": OLD}, 1),
    ),
    "trust.total-does-not-reconcile": (
        {"clusters": table(status="operating", planned_ha=[10.0, 9.0]), "totals": totals(20.0)},
        {"clusters": table(status="operating", planned_ha=[10.0, 10.0]), "totals": totals(20.0)},
        (
            {
                "clusters": table(status="operating", planned_ha=19.0),
                "totals": totals(20.0, qualifier="about"),
            },
            0,
        ),
    ),
    "trust.sources-conflict": (
        {"clusters": table(status="operating", planned_ha=19.0), "totals": totals(20.0, role="note")},
        {"clusters": table(status="operating", planned_ha=19.0), "totals": totals(20.0)},
        ({"clusters": table(status="operating", planned_ha=20.04), "totals": totals(20.0, role="note")}, 0),
    ),
    "trust.scope-not-in-register": (
        {"clusters": table(status="operating", province="Bắc Ninh"), "totals": totals(20.0)},
        {"clusters": table(status="operating", province="Hà Nội"), "totals": totals(20.0)},
        ({"clusters": table(status="operating"), "totals": totals(20.0).assign(scope="six clusters")}, 1),
    ),
    "trust.modelled-share": (
        table(status="operating", planned_ha=[1.0, 1.0], planned_ha_basis=["published", "modelled"]),
        table(
            status=["operating", "pending"], planned_ha=[1.0, 1.0], planned_ha_basis=["published", "modelled"]
        ),
        (table(status="operating", planned_ha=[8.0, 2.0], planned_ha_basis=["published", "modelled"]), 0),
    ),
}


def findings(rule, case, lang="vi"):
    options = case if isinstance(case, dict) else {"clusters": case}
    options = {"on": options.get("law", NOW), **options}
    return audit(**options, only=[rule], lang=lang)


def test_every_rule_is_tested():
    assert set(CASES) == set(all_rules())


@pytest.mark.parametrize("rule", CASES)
def test_it_fires(rule):
    found = findings(rule, CASES[rule][0])
    assert len(found) >= 1
    assert found["rule"].eq(rule).all()


@pytest.mark.parametrize("rule", CASES)
def test_it_keeps_silent(rule):
    assert len(findings(rule, CASES[rule][1])) == 0


@pytest.mark.parametrize("rule", CASES)
def test_it_is_exact_at_its_threshold(rule):
    case, expected = CASES[rule][2]
    assert len(findings(rule, case)) == expected


@pytest.mark.parametrize("lang", ["vi", "en"])
@pytest.mark.parametrize("rule", CASES)
def test_its_message_says_what_was_found(rule, lang):
    for message in findings(rule, CASES[rule][0], lang)["message"]:
        assert message.endswith((".", "?"))
        assert not {"{", "nan", "NaN", "NaT", "None"} & set(
            message.replace("(", " ").replace(".", " ").split()
        )
        assert "{" not in message


@pytest.mark.parametrize(("stated", "expected"), [(0.6, 0), (0.4, 1)])
def test_a_stated_rate_is_that_of_the_law_which_counts_approved_land(stated, expected):
    land = table(fill_rate_declared=stated, leased_ha=40.0, approved_ha=20.0, leasable_ha=100.0)
    assert len(audit(land, only=["figures.rate-contradicts-areas"])) == expected


def test_totals_of_another_province_are_not_judged_and_it_is_said():
    bac_ninh = table(status="operating", planned_ha=[90.0, 60.0], province="Bắc Ninh")
    findings = audit(bac_ninh, totals=totals(1686.0), only=["trust"], lang="en")
    assert findings["rule"].tolist().count("trust.total-does-not-reconcile") == 0
    assert "trust.scope-not-in-register" in findings["rule"].tolist()
    run = {run["rule"]: run for run in findings.attrs["audit"]["rules"]}["trust.total-does-not-reconcile"]
    assert run["judged"] == 0
    assert "not of this register" in run["not_judged"]
    own = audit(bac_ninh, totals=totals(999.0).assign(scope="Tỉnh Bắc Ninh"), only=["trust"], lang="en")
    assert "trust.total-does-not-reconcile" in own["rule"].tolist()


def test_equal_outlines_are_compared_once_however_many_and_however_fine():
    ring = shapely.Point(580_000, 2_320_000).buffer(400, quad_segs=2_500)
    table = gpd.GeoDataFrame(
        {"name": [f"Cụm {n}" for n in range(120)], "status": "operating"},
        index=pd.Index([f"c{n}" for n in range(120)], name="cluster_id"),
        geometry=[ring] * 119 + [shapely.box(579_900, 2_319_900, 580_100, 2_320_100)],
        crs=5897,
    )
    found = audit(table, only=["geometry.duplicate-outline", "geometry.overlap"])
    assert (found["rule"] == "geometry.duplicate-outline").sum() == 118
    assert (found["rule"] == "geometry.overlap").sum() == 1
