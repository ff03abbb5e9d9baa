"""Which files a map is made of, and which of its totals carry "≈"."""

from __future__ import annotations

import hashlib

import pytest

import clusters_geo as cg
from clusters_geo.maps import make_map, save_district_maps
from clusters_geo.reading.notes import LoadReport, attach
from clusters_geo.reference import bundled_file


@pytest.fixture
def files(town, town_districts, tmp_path):
    """The town as files."""
    town.iloc[:6].to_file(tmp_path / "register.gpkg")
    town_districts.to_file(tmp_path / "districts.gpkg")
    return tmp_path / "register.gpkg", tmp_path / "districts.gpkg"


def loaded(files):
    return cg.load_clusters(files[0]), cg.load_districts(files[1])


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_files_are_named_with_their_hash(files):
    m = make_map(*loaded(files))
    assert m.data["inputs"] == [{"name": f.name, "sha256": sha256(f)} for f in files]


def test_a_pack_names_them_on_every_map(files, tmp_path):
    pack = save_district_maps(*loaded(files), tmp_path / "pack")
    assert all(sha256(files[0]) in f.read_text(encoding="utf-8") for f in pack.values())


def test_both_layers_of_one_file_are_one_file(files):
    clusters, _ = loaded(files)
    assert len(make_map(clusters, clusters.head(1)).data["inputs"]) == 1


def test_the_name_is_shown_without_the_folder(town):
    path = bundled_file("clusters.geojson")
    attach(town, LoadReport(str(path)))
    assert make_map(town).data["inputs"] == [{"name": "clusters.geojson", "sha256": sha256(path)}]


def test_tables_from_no_file_have_the_hash_of_their_data_only(town, town_districts):
    data = make_map(town, town_districts).data
    assert data["inputs"] == []
    assert len(data["sha256"]) == 64


def test_the_hash_is_of_what_was_read_whatever_became_of_the_files(files):
    clusters, districts = loaded(files)
    read = [{"name": file.name, "sha256": sha256(file)} for file in files]
    files[0].write_bytes(b"another version")
    files[1].unlink()
    assert make_map(clusters, districts).data["inputs"] == read


def test_a_fetched_file_is_named_with_the_hash_of_what_came(town):
    attach(town, LoadReport("https://example.org/2024/register.gpkg", sha256="ab" * 32))
    assert make_map(town).data["inputs"] == [{"name": "register.gpkg", "sha256": "ab" * 32}]


def test_a_folder_as_source_is_not_hashed(town, tmp_path):
    attach(town, LoadReport(str(tmp_path)))
    assert make_map(town).data["inputs"] == []


def test_published_totals_of_the_city_carry_no_sign(clusters, districts):
    marked = make_map(clusters, districts).data["totals"]["estimated"]
    assert not {"operating_clusters", "planned_ha", "built_ha", "build_out_rate"} & set(marked)


def test_a_district_of_the_city_is_modelled_unless_its_total_was_published(clusters, districts):
    modelled = make_map(clusters, districts, only="Ba Vì").data["totals"]
    assert modelled["planned_ha_modelled"] > 0
    assert "planned_ha" in modelled["estimated"]


def test_totals_of_a_register_with_modelled_cells_carry_it(town, town_districts):
    marked = make_map(town, town_districts).data["totals"]["estimated"]
    assert {"planned_ha", "built_ha", "build_out_rate"} <= set(marked)
    facts = town.drop(index=["T-002"])
    marked = make_map(facts, town_districts).data["totals"]["estimated"]
    assert not {"planned_ha", "built_ha", "build_out_rate"} & set(marked)


def test_a_modelled_fill_rate_carries_it(town):
    town["leased_ha_basis"] = "modelled"
    assert "fill_rate" in make_map(town).data["totals"]["estimated"]


@pytest.mark.parametrize("change", ["a cluster less", "other hectares"])
def test_the_citys_register_after_a_change_is_no_longer_the_published_one(clusters, change):
    if change == "a cluster less":
        clusters = clusters[clusters["status"] != "under_construction"]
    else:
        clusters = clusters.assign(built_ha=clusters["built_ha"] * 1.01)
    assert {"planned_ha", "built_ha"} <= set(make_map(clusters).data["totals"]["estimated"])


def test_the_bundled_case_names_its_files_too(clusters, districts):
    files = [bundled_file(name) for name in ("clusters.geojson", "districts.geojson")]
    inputs = make_map(clusters, districts).data["inputs"]
    assert inputs == [{"name": file.name, "sha256": sha256(file)} for file in files]
