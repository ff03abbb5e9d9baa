"""Drawings made by ezdxf, of every version, as CAD offices make them; and small files of AutoCAD's kind."""

from __future__ import annotations

import itertools
import unicodedata
from pathlib import Path

import ezdxf
import pytest
import shapely

import clusters_geo as cg
from clusters_geo.reading.drawings import plain_label, read_head
from clusters_geo.reading.text import encode

FAULTS = Path(__file__).parent / "faults"
VERSIONS = ("R12", "R2000", "R2004", "R2007", "R2010", "R2013", "R2018")
EAST, NORTH = 587_000, 2_326_000


def read(file):
    table = cg.load_clusters(file, crs="EPSG:5897", check=False)
    return table, {n.code: n for n in cg.load_report(table).notes}


class Drawing:
    def __init__(self, version="R2010", codepage="ANSI_1252"):
        self.document = ezdxf.new(version)
        self.document.encoding = {"ANSI_936": "gbk"}.get(codepage, codepage.replace("ANSI_", "cp"))
        self.model = self.document.modelspace()

    def square(self, at, side=400, layer="0", up=0):
        x, y = EAST + at, NORTH + up
        corners = [(x, y), (x + side, y), (x + side, y + side), (x, y + side)]
        draw = (
            self.model.add_polyline2d if self.document.dxfversion == "AC1009" else self.model.add_lwpolyline
        )
        draw(corners, close=True, dxfattribs={"layer": layer})
        return self

    def line(self, *corners):
        for a, b in itertools.pairwise(corners):
            self.model.add_line((EAST + a[0], NORTH + a[1]), (EAST + b[0], NORTH + b[1]))
        return self

    def text(self, text, at, up=100, layer="0"):
        self.model.add_text(text, dxfattribs={"insert": (EAST + at, NORTH + up), "layer": layer})
        return self

    def save(self, path):
        self.document.saveas(path)
        return path


@pytest.mark.parametrize("version", VERSIONS)
def test_vietnamese_labels_of_every_version(tmp_path, version):
    names = ["Cụm công nghiệp Bình Phú", "CCN Đồng Hướng", "CCN Xã Lỗ Khê"]
    drawing = Drawing(version)
    for n, name in enumerate(names):
        drawing.square(800 * n).text(name, 800 * n + 100)
    table, notes = read(drawing.save(tmp_path / "a.dxf"))
    assert table["name"].tolist() == names
    assert cg.area_ha(table).round(1).tolist() == [16.0, 16.0, 16.0]
    assert "shapes.no-label" not in notes


@pytest.mark.parametrize(
    ("file", "names"),
    [
        ("dt_R2000_ansi_1258.dxf", ["Cụm công nghiệp Đồng Sen", "Cụm công nghiệp Bãi Giữa"]),
        ("du_1258.dxf", ["CCN Dong Sen", "Cụm công nghiệp Đồng Sen", "CCN Bãi Giữa"]),
    ],
)
def test_no_letter_of_a_vietnamese_code_page_is_lost(file, names):
    assert read(FAULTS / "silent-dxf-ansi-1258" / file)[0]["name"].tolist() == names


@pytest.mark.parametrize("codec", ["tcvn3", "vni", "cp1258"])
@pytest.mark.parametrize("codepage", ["ANSI_1252", "ANSI_1258"])
def test_fonts_of_the_past_in_any_stated_code_page(tmp_path, codec, codepage):
    names = ["cụm công nghiệp Phùng Xá", "cụm công nghiệp Bát Tràng", "cụm công nghiệp Đồng Hướng"]
    drawing = Drawing("R2000", codepage)
    for n in range(len(names)):
        drawing.square(800 * n).text(f"NAME{n}", 800 * n + 100)
    file = drawing.save(tmp_path / "a.dxf")
    content = file.read_bytes()
    for n, name in enumerate(names):
        # Vowels with their hats are letters in cp1258, tones are marks behind them.
        split = "".join(_with_mark(c) for c in name)
        written = split.encode(codec) if codec == "cp1258" else encode(name, codec)
        content = content.replace(f"NAME{n}".encode(), written)
    file.write_bytes(content)
    assert read(file)[0]["name"].tolist() == names


def _with_mark(letter):
    split = unicodedata.normalize("NFD", letter)
    tone = next((m for m in split if m in "\u0300\u0301\u0303\u0309\u0323"), "")
    return unicodedata.normalize("NFC", split.replace(tone, "")) + tone if tone else letter


def test_a_chinese_drawing_in_its_code_page(tmp_path):
    file = Drawing("R2000", "ANSI_936").square(0).text("NAME", 100).save(tmp_path / "a.dxf")
    file.write_bytes(file.read_bytes().replace(b"NAME", "河内工业区".encode("gbk")))
    assert read(file)[0]["name"].tolist() == ["河内工业区"]


def test_escapes_are_the_letters_they_stand_for():
    assert plain_label(r"C\U+1EE5m \U+0110\U+1ed3ng  Sen") == "Cụm Đồng Sen"
    assert plain_label(r"\M+1967B %%uA%%u 5%%d %%c10 100%%%") == "本 A 5° ⌀10 100%"


@pytest.mark.parametrize("version", ["R12", "R2000", "R2018"])
def test_what_is_off_frozen_or_on_paper_is_left_out_and_said(tmp_path, version):
    drawing = Drawing(version)
    drawing.document.layers.add("TẮT").off()
    drawing.document.layers.add("BĂNG").freeze()
    drawing.square(0).text("CCN A", 100)
    drawing.square(800, layer="TẮT").square(1600, layer="BĂNG").text("nháp", 100, up=150, layer="TẮT")
    if version != "R12":
        drawing.document.layout().add_lwpolyline([(0, 0), (400, 0), (400, 300)], close=True)
    table, notes = read(drawing.save(tmp_path / "a.dxf"))
    assert table["name"].tolist() == ["CCN A"]
    assert "TẮT" in notes["shapes.hidden-layers"].message
    assert notes["shapes.hidden-layers"].kind == "doubt"
    assert ("shapes.on-paper" in notes) == (version != "R12")


@pytest.mark.parametrize(("file", "count"), [("d1_hatch", 2), ("d12_twice", 1)])
def test_an_outline_drawn_twice_is_one(file, count):
    table, notes = read(FAULTS / f"silent-dxf-hatch-twice/{file}.dxf")
    assert cg.area_ha(table).round(1).tolist() == [16.0] * count
    assert notes["shapes.drawn-twice"].values["count"] == count


def test_a_hatch_over_an_outline_with_a_curve_is_one(tmp_path):
    drawing = Drawing()
    drawing.model.add_circle((EAST, NORTH), 200)
    hatch = drawing.model.add_hatch()
    hatch.paths.add_edge_path().add_arc((EAST, NORTH), 200, 0, 360)
    table, _ = read(drawing.text("CCN Tròn", 0, up=0).save(tmp_path / "a.dxf"))
    assert table["name"].tolist() == ["CCN Tròn"]
    assert cg.area_ha(table).iloc[0] == pytest.approx(12.57, abs=0.05)


def test_lines_that_meet_in_a_t_close_two_cells():
    table, _ = read(FAULTS / "silent-dxf-unnoded-lines/d7_lines_T.dxf")
    assert table["name"].tolist() == ["CCN A", "CCN B"]
    assert cg.area_ha(table).round(1).tolist() == [16.0, 16.0]


def test_crossing_lines_close_what_they_enclose_and_loose_ends_are_said(tmp_path):
    drawing = Drawing()
    drawing.line((-50, 0), (450, 0)).line((400, -50), (400, 450)).line((450, 400), (-50, 400))
    drawing.line((0, 450), (0, -50)).text("CCN Giữa", 200)
    table, notes = read(drawing.save(tmp_path / "a.dxf"))
    assert table["name"].tolist() == ["CCN Giữa"]
    assert cg.area_ha(table).iloc[0] == pytest.approx(16.0, abs=0.01)
    assert notes["shapes.loose-lines"].values["count"] == 8


def test_a_label_names_the_innermost_outline(tmp_path):
    drawing = Drawing().square(0, side=1000).square(100, side=300, up=100).text("CCN Trong", 200, up=200)
    table, notes = read(drawing.text("CCN Ngoài", 700, up=700).save(tmp_path / "a.dxf"))
    named = dict(zip(table["name"], cg.area_ha(table).round(0), strict=True))
    assert named == {"CCN Ngoài": 100.0, "CCN Trong": 9.0}
    assert "shapes.several-labels" not in notes


def test_of_several_labels_the_one_that_names_a_cluster_is_taken_and_doubted(tmp_path):
    drawing = Drawing().square(0).text("16,0 ha", 50).text("Đường D1", 100).text("CCN Đồng Sen", 150)
    table, notes = read(drawing.save(tmp_path / "a.dxf"))
    assert table["name"].tolist() == ["CCN Đồng Sen"]
    assert notes["shapes.several-labels"].rows == (1,)


def test_a_block_is_drawn_where_it_is_placed(tmp_path):
    drawing = Drawing()
    block = drawing.document.blocks.new("CUM")
    block.add_lwpolyline([(0, 0), (400, 0), (400, 400), (0, 400)], close=True)
    block.add_text("CCN Khối", dxfattribs={"insert": (100, 100)})
    drawing.model.add_blockref("CUM", (EAST, NORTH))
    table, _ = read(drawing.save(tmp_path / "a.dxf"))
    assert table["name"].tolist() == ["CCN Khối"]
    assert cg.area_ha(table).iloc[0] == pytest.approx(16.0, abs=0.01)


def test_the_head_says_encoding_and_hidden_layers(tmp_path):
    drawing = Drawing("R2000", "ANSI_1258")
    drawing.document.layers.add("KHUAT").off()
    assert read_head(drawing.save(tmp_path / "a.dxf")) == ("cp1258", frozenset({"KHUAT"}))
    assert read_head(Drawing("R2018").save(tmp_path / "b.dxf")).codec == "utf-8"


def test_a_drawing_as_boundaries_joins_although_outlines_are_hatched(tmp_path):
    file = FAULTS / "silent-dxf-hatch-twice/d1_hatch.dxf"
    rows = "name,status\nCCN Dong Sen,pending\nCCN Bai Giua,pending\n"
    (tmp_path / "a.csv").write_text(rows, encoding="utf-8")
    table = cg.load_clusters(tmp_path / "a.csv", boundaries=file, crs="EPSG:5897")
    assert shapely.is_valid(table.geometry.array).all()
    assert cg.area_ha(table).round(1).tolist() == [16.0, 16.0]
