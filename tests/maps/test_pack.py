"""One file a district, and an index to them."""

from __future__ import annotations

import base64
import json
import re
import zlib

import pytest

from clusters_geo.errors import SchemaError
from clusters_geo.maps import save_district_maps


def data_of(file):
    text = file.read_text(encoding="utf-8")
    now = json.loads(re.search(r'id="cg-data">(.*?)</script>', text, re.DOTALL)[1])
    late = re.search(r'id="cg-late">([^<]*)<', text)
    return now | (json.loads(zlib.decompress(base64.b64decode(late[1]))) if late else {})


def test_each_district_has_its_own_file_totals_and_findings(town, town_districts, tmp_path):
    import pandas as pd

    findings = pd.DataFrame({"cluster_id": ["T-001", "T-002"], "severity": "info", "message": "x"})
    files = save_district_maps(town, town_districts, tmp_path, findings=findings)
    assert {name: f.name for name, f in files.items()} == {
        "Ba Vì": "ba-vi.html",
        "Mỹ Đức": "my-duc.html",
        "Thạch Thất": "thach-that.html",
        "Thường Tín": "thuong-tin.html",
        "": "index.html",
    }
    one = data_of(files["Thạch Thất"])
    assert one["totals"]["planned_ha"] == 20
    assert one["clusters"]["id"] == ["T-001", "T-004"]
    assert [f["cluster_id"] for f in one["findings"]] == ["T-001"]
    assert one["title"]["vi"] == "Thạch Thất · Cụm công nghiệp"
    assert data_of(files["Ba Vì"])["totals"]["clusters"] == 0


def test_the_index_knows_the_files(town, town_districts, tmp_path):
    index = data_of(save_district_maps(town, town_districts, tmp_path)[""])
    assert index["files"]["Thường Tín"] == "thuong-tin.html"
    assert index["totals"]["clusters"] == 7


def test_classes_are_those_of_the_whole_city(town, town_districts, tmp_path):
    files = save_district_maps(town, town_districts, tmp_path)
    breaks = {n: [(m["breaks"], m["range"]) for m in data_of(f)["measures"]] for n, f in files.items()}
    assert all(b == breaks[""] for b in breaks.values())


def test_only_districts_that_touch_are_drawn(clusters, districts, tmp_path):
    files = save_district_maps(clusters, districts, tmp_path)
    around = data_of(files["Ba Vì"])["districts"]["name"]
    assert "Sơn Tây" in around
    assert "Hoàn Kiếm" not in around
    assert len(files) == 31


def test_names_that_read_alike_get_files_of_their_own(town, town_districts, tmp_path):
    town_districts["name"] = ["Liên Hà", "Liên Hạ", "Index", "※"]
    files = save_district_maps(town, town_districts, tmp_path)
    assert sorted(f.name for f in files.values()) == [
        "district.html", "index-2.html", "index.html", "lien-ha-2.html", "lien-ha.html",
    ]  # fmt: skip


def test_progress_is_told(town, town_districts, tmp_path):
    told = []
    save_district_maps(town, town_districts, tmp_path, progress=told.append)
    assert told == ["Ba Vì", "Mỹ Đức", "Thạch Thất", "Thường Tín"]


def test_several_processes_write_the_same_files(town, town_districts, tmp_path):
    alone = save_district_maps(town, town_districts, tmp_path / "alone")
    told = []
    together = save_district_maps(town, town_districts, tmp_path / "both", workers=2, progress=told.append)
    assert list(together) == list(alone)
    assert told == list(alone)[:-1]
    assert [f.read_bytes() for f in together.values()] == [f.read_bytes() for f in alone.values()]


@pytest.mark.parametrize("workers", [1, 2])
def test_an_interrupt_leaves_nothing_of_an_unfinished_set(town, town_districts, tmp_path, workers):
    def interrupt(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        save_district_maps(town, town_districts, tmp_path, progress=interrupt, workers=workers)
    assert list(tmp_path.iterdir()) == []


def test_without_districts_there_is_no_pack(town, town_districts, tmp_path):
    with pytest.raises(SchemaError, match="no district to write a map for"):
        save_district_maps(town, town_districts.iloc[:0], tmp_path)


def test_the_files_are_small_enough_for_a_mail(clusters, districts, tmp_path):
    sizes = {
        name: file.stat().st_size for name, file in save_district_maps(clusters, districts, tmp_path).items()
    }
    assert sizes.pop("") <= 400_000  # with the source and the day of every figure
    assert max(sizes.values()) <= 325_000  # of which Leaflet and its style are 158 kB
