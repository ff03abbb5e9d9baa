"""`clusters-geo map`."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager

from click.testing import CliRunner

from clusters_geo.cli.map import command
from clusters_geo.cli.report import command as report_command
from clusters_geo.reference import bundled_file


def run(*arguments):
    return CliRunner().invoke(command, [str(a) for a in arguments])


def test_the_bundled_case_by_default(tmp_path):
    done = run("--output", tmp_path / "a.html", "--lang", "en", "--theme", "dark")
    assert done.exit_code == 0, done.output
    text = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert "<title>Industrial clusters of Hà Nội</title>" in text
    assert '"theme":"dark"' in text
    for name in ("clusters.geojson", "districts.geojson"):
        digest = hashlib.sha256(bundled_file(name).read_bytes()).hexdigest()
        assert f'{{"name":"{name}","sha256":"{digest}"}}' in text
    assert str(tmp_path / "a.html") in done.output.replace("\n", "")


def test_one_district_by_any_spelling_of_its_name(tmp_path):
    done = run("--only", "HUYỆN Thường tín", "-o", tmp_path / "a.html", "--title", "Của huyện")
    assert done.exit_code == 0, done.output
    assert "<title>Thường Tín · Của huyện</title>" in (tmp_path / "a.html").read_text(encoding="utf-8")


def test_a_pack_and_the_bar_that_moves_with_each_of_its_maps(tmp_path, monkeypatch):
    told = []

    @contextmanager
    def on_a_terminal():
        yield lambda *step: told.append(step)

    monkeypatch.setattr("clusters_geo.cli.map.steps", on_a_terminal)
    assert run("--per-district", tmp_path / "pack").exit_code == 0
    assert [(at, count) for at, count, _ in told] == [(n, 30) for n in range(1, 31)]
    assert told[0][2] == "Ba Đình"
    assert len(list((tmp_path / "pack").glob("*.html"))) == 31
    assert (tmp_path / "pack" / "thuong-tin.html").exists()


def test_a_pack_of_one_is_a_contradiction(tmp_path):
    done = run("--per-district", tmp_path, "--only", "Ba Vì", "--lang", "en")
    assert done.exit_code == 2
    assert "leave out --only" in done.output


def test_a_pack_needs_districts(tmp_path, clusters):
    file = tmp_path / "mine.geojson"
    clusters.head(3).to_file(file)
    done = run(file, "--per-district", tmp_path / "pack", "--lang", "en")
    assert done.exit_code == 2
    assert "--units FILE" in done.output


def test_a_map_is_named_after_its_register(tmp_path, monkeypatch):
    import clusters_geo as cg
    from clusters_geo.cli.map import command

    cg.load_hanoi()[0].head(3).to_file(tmp_path / "Bắc Ninh 2024.gpkg")
    monkeypatch.chdir(tmp_path)
    command.main(["Bắc Ninh 2024.gpkg", "--lang", "en"], standalone_mode=False)
    assert [file.name for file in (tmp_path / "maps").iterdir()] == ["bac-ninh-2024.html"]


def test_clusters_without_a_place_are_told_of(tmp_path):
    # A clerk's table has no shapes: an empty map passed for a finished one.
    file = tmp_path / "so.csv"
    file.write_text(
        "Tên CCN;Huyện;Tình trạng\nChâu Khê;Từ Sơn;Hoạt động\nTân Chi;Tiên Du;Hoạt động\n", encoding="utf-8"
    )
    done = run(file, "-o", tmp_path / "a.html")
    assert done.exit_code == 0, done.output
    said = " ".join(done.output.split())
    assert "2/2 cụm không có vị trí" in said
    assert "--boundaries" in said
    bundled = run("-o", tmp_path / "b.html").output
    assert "không có vị trí" not in bundled
    # A layer is asked for where it would be of use, in the words of the register's own level.
    assert "Chưa có ranh giới quận, huyện" in said
    assert "--units TỆP" in said
    assert "--units" not in bundled
    report = CliRunner().invoke(report_command, [str(file), "-o", str(tmp_path / "r.html"), "--lang", "en"])
    assert "No borders of districts" in " ".join(report.output.split())
    assert "--units" not in run(file, "--units", "hanoi-districts", "-o", tmp_path / "c.html").output
