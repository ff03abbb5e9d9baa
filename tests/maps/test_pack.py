"""One file a district, and an index to them."""

from __future__ import annotations

import base64
import json
import re
import zlib

import pandas as pd
import pytest

from clusters_geo.errors import SchemaError
from clusters_geo.maps import save_district_maps


def data_of(file):
    text = file.read_text(encoding="utf-8")
    now = json.loads(re.search(r'id="cg-data">(.*?)</script>', text, re.DOTALL)[1])
    late = re.search(r'id="cg-late">([^<]*)<', text)
    return now | (json.loads(zlib.decompress(base64.b64decode(late[1]))) if late else {})


@pytest.fixture(scope="module")
def whole(_hanoi, tmp_path_factory):
    """The pack of the bundled case: ten seconds, so written once."""
    return save_district_maps(*_hanoi, tmp_path_factory.mktemp("whole"))


def test_each_district_has_its_own_file_totals_and_findings(town, town_districts, tmp_path):
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


def test_the_preview_of_a_district_has_the_pages_totals_and_names_its_clusters(whole):
    preview = re.search(r"<noscript>(.*?)</noscript>", whole["Thường Tín"].read_text("utf-8"), re.DOTALL)[1]
    for words in ("<td>11</td>", "<td>195,0 ha</td>", "Quất Động mở rộng", "Hà Bình Phương"):
        assert words in preview
    assert "Cụm đang hoạt động</td><td>0" in whole["Hoàn Kiếm"].read_text("utf-8")


def test_the_index_knows_the_files(town, town_districts, tmp_path):
    index = data_of(save_district_maps(town, town_districts, tmp_path)[""])
    assert index["files"]["Thường Tín"] == "thuong-tin.html"
    assert index["totals"]["clusters"] == 7


def test_classes_are_those_of_the_whole_city(town, town_districts, tmp_path):
    files = save_district_maps(town, town_districts, tmp_path)
    breaks = {n: [(m["breaks"], m["range"]) for m in data_of(f)["measures"]] for n, f in files.items()}
    assert all(b == breaks[""] for b in breaks.values())


def test_only_districts_that_touch_are_drawn(whole):
    around = data_of(whole["Ba Vì"])["districts"]["name"]
    assert "Sơn Tây" in around
    assert "Hoàn Kiếm" not in around
    assert len(whole) == 31


def test_names_that_read_alike_get_files_of_their_own(town, town_districts, tmp_path):
    town_districts["name"] = ["Liên Hà", "Liên Hạ", "Index", "※"]
    files = save_district_maps(town, town_districts, tmp_path)
    assert sorted(f.name for f in files.values()) == [
        "district.html", "index-2.html", "index.html", "lien-ha-my-duc.html", "lien-ha-thach-that.html",
    ]  # fmt: skip


@pytest.fixture
def namesakes(town_districts):
    """Two communes called Phùng Xá, of two districts, and one of a name of its own."""
    names, parents = ["Phùng Xá", "Phùng Xá", "Dị Nậu"], ["Thạch Thất", "Mỹ Đức", "Thường Tín"]
    codes = pd.Index(["09985", "10453", "09982"], name="commune_code")
    return town_districts.iloc[:3].assign(name=names, type="Xã", parent=parents).set_index(codes)


def test_two_units_of_one_name_are_two_maps(town, namesakes, tmp_path):
    surveyed = town.drop(columns="boundary_basis", errors="ignore")
    files = save_district_maps(surveyed, namesakes, tmp_path)
    assert {name: file.name for name, file in files.items()} == {
        "Dị Nậu": "di-nau.html",
        "Phùng Xá (Mỹ Đức)": "phung-xa-my-duc.html",
        "Phùng Xá (Thạch Thất)": "phung-xa-thach-that.html",
        "": "index.html",
    }
    shown = {name: data_of(file)["clusters"]["id"] for name, file in files.items() if name}
    assert shown["Phùng Xá (Thạch Thất)"] == ["T-001", "T-004"]
    assert shown["Phùng Xá (Mỹ Đức)"] == ["T-002", "T-005"]
    assert data_of(files[""])["files"] == {name: file.name for name, file in files.items() if name}


def test_without_what_they_are_part_of_their_codes_tell_them_apart(town, namesakes, tmp_path):
    files = save_district_maps(town, namesakes.drop(columns="parent"), tmp_path)
    assert {file.name for file in files.values()} == {
        *("phung-xa-09985.html", "phung-xa-10453.html", "di-nau.html", "index.html"),
    }


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


def test_the_files_are_small_enough_for_a_mail(whole):
    sizes = {name: file.stat().st_size for name, file in whole.items()}
    assert sizes.pop("") <= 415_000  # with the source and the day of every figure, and what draws charts
    assert max(sizes.values()) <= 345_000  # of which Leaflet and its style are 158 kB
