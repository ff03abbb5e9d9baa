"""Pictures of the maps as people see them, wide and on a phone, in both languages.

With `CLUSTERS_GEO_PICTURES=maps` in the environment they are kept, as the previews in `maps/`.
"""

from __future__ import annotations

import io
import itertools
import os
from pathlib import Path

import pytest
from PIL import Image

from clusters_geo.maps import make_map, save_map

pytestmark = pytest.mark.browser

SIZES = {"wide": {"width": 1280, "height": 800}, "phone": {"width": 390, "height": 844}}

KINDS = list(itertools.product(["city", "district"], SIZES, ["vi", "en"], ["light", "dark"]))
TITLES = {"vi": "Cụm công nghiệp Hà Nội", "en": "Industrial clusters of Hà Nội"}


def distance(first, second):
    return max(abs(a - b) for a, b in zip(first, second, strict=True))


@pytest.fixture(scope="module")
def files(tables, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    return {
        what: save_map(make_map(*tables, title=TITLES, only=only), folder / f"{what}.html")
        for what, only in (("city", None), ("district", "Thường Tín"))
    }


@pytest.mark.parametrize("kind", KINDS, ids="-".join)
def test_a_picture_shows_a_map(opened, files, kind):
    what, size, lang, theme = kind
    anchor = f"#lang={lang}&theme={theme}"
    page = opened(files[what], anchor=anchor, viewport=SIZES[size], device_scale_factor=1)
    assert page.locator("html").get_attribute("lang") == lang
    page.mouse.move(0, 0)
    page.wait_for_timeout(400)
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    area = page.locator(".cg-map").bounding_box()
    middle = picture.crop(
        (int(area["x"]), int(area["y"]), int(area["x"] + area["width"]), int(area["y"] + area["height"]))
    )
    colours = middle.getcolors(maxcolors=1 << 24)
    common = [colour for count, colour in colours if count > 400]
    assert len(common) >= 4  # ground, land, a shade, a symbol
    assert max(distance(a, b) for a in common for b in common) > 100
    keep = os.environ.get("CLUSTERS_GEO_PICTURES")
    if keep:
        name = f"preview-{what}-{size}-{lang}{'' if theme == 'light' else '-dark'}.png"
        picture.quantize(160, dither=Image.Dither.NONE).save(Path(keep) / name, optimize=True)
