"""The page's own geodesy against PROJ."""

from __future__ import annotations

import itertools
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyproj import Geod

from clusters_geo.words import format_date, format_value

pytestmark = pytest.mark.browser

WGS84 = Geod(ellps="WGS84")
places = st.tuples(st.floats(102, 110), st.floats(8, 24))
shared_page = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def as_points(pairs):
    return [{"lng": x, "lat": y} for x, y in pairs]


@shared_page
@given(st.lists(places, min_size=2, max_size=5))
def test_lengths_are_geodesic_to_a_millimetre(city, pairs):
    expected = sum(WGS84.inv(*a, *b)[2] for a, b in itertools.pairwise(pairs))
    assert city.evaluate("points => clustersGeo.length(points)", as_points(pairs)) == pytest.approx(
        expected, abs=2e-3
    )


@shared_page
@given(
    st.tuples(st.floats(104, 107), st.floats(19, 22)),
    st.tuples(st.floats(0.001, 0.2), st.floats(0.001, 0.2), st.floats(-0.1, 0.1)),
)
def test_areas_are_those_on_the_ellipsoid(city, corner, size):
    (x, y), (width, height, slant) = corner, size
    corners = [(x, y), (x + width, y + slant * width), (x + width, y + height), (x, y + height)]
    expected, around = map(abs, WGS84.polygon_area_perimeter(*zip(*corners, strict=True)))
    # Of a sliver the edges decide: two millimetres of each metre around it; of a bow tie what cancels out.
    parts = [abs(WGS84.polygon_area_perimeter(*zip(*corners[:3], strict=True))[0]), expected]
    assert city.evaluate("points => clustersGeo.area(points)", as_points(corners)) == pytest.approx(
        expected, rel=1e-4, abs=2e-3 * around + 1e-5 * max(parts)
    )


def test_outlines_come_back_as_they_were_sent(city, districts):
    drawn = city.evaluate(
        """() => {
            const data = JSON.parse(document.getElementById('cg-data').textContent);
            return clustersGeo.outlines(data.districts, data.step);
        }"""
    )
    areas = []
    for polygons in drawn:
        rings = [[(at["lng"], at["lat"]) for at in ring] for rings in polygons for ring in rings]
        areas.append(sum(abs(WGS84.polygon_area_perimeter(*zip(*ring, strict=True))[0]) for ring in rings))
    from clusters_geo import area_ha

    expected = area_ha(districts) * 10_000
    assert areas == pytest.approx(expected.tolist(), rel=0.002)
    assert sum(areas) == pytest.approx(expected.sum(), rel=1e-4)


@shared_page
@given(
    st.sampled_from([("vi", "vi-VN"), ("en", "en-GB")]),
    st.integers(0, 3).flatmap(lambda d: st.tuples(st.just(d), st.integers(-(10**9), 10**9))),
)
def test_numbers_are_written_as_the_browser_itself_would(city, language, number):
    (lang, locale), (decimals, steps) = language, number
    ours, browsers = city.evaluate(
        """([lang, locale, value, decimals]) => [
            clustersGeo.number(value, lang, decimals),
            new Intl.NumberFormat(locale,
                { minimumFractionDigits: decimals, maximumFractionDigits: decimals }).format(value),
        ]""",
        [lang, locale, steps / 10**decimals, decimals],
    )
    assert ours == browsers


@shared_page
@given(st.one_of(st.integers(0, 10**7), st.floats(0, 2), st.decimals(0, 10**6, places=3).map(float)))
def test_figures_of_a_register_are_written_as_tables_write_them(city, value):
    written = city.evaluate('value => ["vi", "en"].map(lang => clustersGeo.needed(value, lang))', value)
    assert written == [format_value(float(value), "vi"), format_value(float(value), "en")]


@shared_page
@given(st.dates(min_value=date(1000, 1, 1)))
def test_dates_are_written_as_tables_write_them(city, day):
    iso = day.isoformat()
    written = city.evaluate('iso => ["vi", "en"].map(lang => clustersGeo.date(iso, lang))', iso)
    assert written == [format_date(day, "vi"), format_date(day, "en")]


def test_the_ruler_says_metres_and_hectares(city):
    city.click("[data-tool=layers]")
    city.get_by_text("Đo khoảng cách").click()
    for x, y in ((900, 300), (1000, 300), (1000, 400)):
        city.mouse.click(x, y)
        city.wait_for_timeout(350)
    said = city.locator(".cg-ruler-result").inner_text().replace("\u00a0", " ")
    assert said.startswith("Khoảng cách: ")
    assert "km · Diện tích: " in said
    assert said.endswith(" ha")
    city.keyboard.press("Escape")
    assert city.locator(".cg-ruler").is_hidden()
