"""The report of a unit: what it says is what the tables say, on at most two pages, in three formats."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import zipfile
from datetime import date

import geopandas as gpd
import pandas as pd
import pytest
import shapely

import clusters_geo as cg
from clusters_geo.report import paper
from clusters_geo.report.unit_report import unit_report


@pytest.fixture
def bac_ninh():
    """A register of another province: communes, points, a hostile name, one cluster with all cells."""
    return gpd.GeoDataFrame(
        {
            "name": ["Phong Khê", "<script>alert(1)</script>", "Đồng Quang", "Châu Khê"],
            "commune": ["Phường Kinh Bắc", "Phường Kinh Bắc", "Phường Từ Sơn", None],
            "status": ["operating", "operating", "pending", "operating"],
            "planned_ha": [20.0, 12.5, 40.0, None],
            "leasable_ha": [14.0, None, None, None],
            "leased_ha": [7.0, None, None, None],
            "as_of": pd.to_datetime(["2026-06-14"] * 4),
        },
        geometry=[
            shapely.Point(106.05, 21.18),
            shapely.Point(106.06, 21.17),
            shapely.Point(105.95, 21.12),
            None,
        ],
        crs="EPSG:4326",
        index=pd.Index(["BN-1", "BN-2", "BN-3", "BN-4"], name="cluster_id"),
    )


def part(report, number):
    return report.parts[number - 1]


def test_totals_are_those_of_the_whole_registers_summary(clusters, districts):
    report = unit_report(clusters, districts, unit="H. Thuong Tin")
    rows = {row[0]: row[1] for row in part(report, 1).table.rows}
    assert rows["Diện tích theo quy hoạch"] == "195,0 ha"  # a published total: no "≈", as in the summary
    assert rows["Cụm đang hoạt động"] == "11"
    assert "≈ 195,0" not in part(report, 2).drawing
    assert report.about == "Tình hình cụm công nghiệp trên địa bàn Thường Tín"


def test_the_checklist_names_the_cells_that_a_fill_rate_lacks(bac_ninh):
    cells = part(unit_report(bac_ninh, unit="kinh bac"), 5).table.rows
    assert [row[0].split()[0] for row in cells] == ["BN-2"]
    assert cells[0][1:] == ("☐ ………", "☐ ………", "☐ ………")
    whole = part(unit_report(bac_ninh), 5)
    assert set(whole.lines) == {"Phường Kinh Bắc: 1 cụm", "(chưa rõ đơn vị): 1 cụm"}
    full = bac_ninh.assign(leasable_ha=10.0, leased_ha=5.0)
    assert part(unit_report(full), 5).text.startswith("Mọi cụm đang hoạt động đều có đủ")


def test_findings_that_need_an_answer_name_their_clusters(clusters, districts):
    lines = part(unit_report(clusters, districts, unit="Thường Tín"), 4).lines
    assert any("HN-074 Thắng Lợi" in line for line in lines)
    nothing = clusters[clusters["district"] == "Cầu Giấy"].assign(as_of=pd.Timestamp("2022-09-30"))
    assert part(unit_report(nothing.iloc[:0]), 4).text


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_the_page_has_the_layout_of_an_administrative_document(bac_ninh, lang):
    report = unit_report(bac_ninh, lang=lang, agency="SỞ CÔNG THƯƠNG", on=date(2026, 6, 20))
    page = paper.report_html(report).split("<body>")[1]
    order = [report.agency, report.republic, report.motto, report.heading, report.about, report.sign_head]
    assert [page.index(words) for words in order] == sorted(page.index(words) for words in order)
    assert ("ngày 20 tháng 06 năm 2026" if lang == "vi" else "2026-06-20") in page
    unsigned = paper.report_html(unit_report(bac_ninh, lang=lang, signed=False))
    assert report.sign_head not in unsigned
    assert report.number not in unsigned


def test_no_field_becomes_markup_and_nothing_is_asked_for(bac_ninh, tmp_path):
    page = cg.save_report(bac_ninh, tmp_path / "a.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert not re.search(r"""(src|href)=|url\((?!#)""", page)


def test_a_unit_that_is_not_there_is_refused_with_those_near_it(bac_ninh, tmp_path):
    with pytest.raises(cg.SchemaError, match="Phường Từ Sơn"):
        unit_report(bac_ninh, unit="Tu Sonn")
    with pytest.raises(cg.SchemaError, match="pdf, docx and html"):
        cg.save_report(bac_ninh, tmp_path / "a.odt")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("unit", [None, "Thường Tín", "Hoài Đức"])
def test_a_pdf_has_two_pages_at_most(clusters, districts, tmp_path, unit, chromium):
    assert chromium
    pdf = cg.save_report(clusters, tmp_path / "a.pdf", districts, unit=unit).read_bytes()
    assert pdf.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page[^s]", pdf)) <= 2
    assert b"/MediaBox [0 0 595" in pdf or b"/MediaBox [0 0 594" in pdf


def test_a_signature_alone_does_not_fill_a_second_page(bac_ninh, tmp_path, chromium):
    assert chromium
    cells = bac_ninh.assign(leasable_ha=14.0, leased_ha=7.0, built_ha=15.0, name=["A", "B", "C", "D"])
    pdf = cg.save_report(cells, tmp_path / "a.pdf", unit="Kinh Bắc", by="commune").read_bytes()
    assert len(re.findall(rb"/Type\s*/Page[^s]", pdf)) == 1


def test_without_a_printer_it_is_said_what_to_do(bac_ninh, tmp_path, monkeypatch):
    monkeypatch.setattr(paper.shutil, "which", lambda _: None)
    monkeypatch.setitem(__import__("sys").modules, "weasyprint", None)
    with pytest.raises(cg.EngineError, match=r"pip install weasyprint.*html"):
        cg.save_report(bac_ninh, tmp_path / "a.pdf")
    assert not list(tmp_path.iterdir())


def test_a_document_for_word_has_the_drawing_and_a_picture_of_it(bac_ninh, tmp_path):
    file = cg.save_report(bac_ninh, tmp_path / "a.docx")
    with zipfile.ZipFile(file) as parts:
        names = parts.namelist()
        body = parts.read("word/document.xml").decode()
    assert any(name.endswith(".svg") for name in names)
    assert any(name.endswith(".png") for name in names)
    assert "svgBlip" in body
    assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in body


def test_the_picture_of_a_low_drawing_is_whole(bac_ninh, tmp_path, chromium):
    from PIL import Image

    assert chromium
    nowhere = bac_ninh.set_geometry([None] * len(bac_ninh), crs=4326)
    file = cg.save_report(nowhere, tmp_path / "a.docx")
    with zipfile.ZipFile(file) as parts:
        [name] = [name for name in parts.namelist() if name.endswith(".png")]
        picture = Image.open(io.BytesIO(parts.read(name))).convert("L")
    below = picture.crop((0, picture.height // 2, *picture.size))
    dark = sum(count for count, shade in below.getcolors() if shade < 100)
    assert dark > 2000  # of the last bar, and of what is noted below


def test_a_document_breaks_no_figure_and_leaves_no_signature_alone(clusters, districts, tmp_path):
    import docx

    document = docx.Document(cg.save_report(clusters, tmp_path / "a.docx", districts))
    heading, *tables, missing, signature = document.tables
    for table in (heading, *tables, missing, signature):
        widths = [column.width.mm for column in table.columns]
        assert sum(widths) == pytest.approx(175, abs=0.5)
        assert [cell.width.mm for cell in table.rows[0].cells] == pytest.approx(widths)
    units = tables[-1]
    longest = max(len(cell.text) for cell in units.columns[4].cells[1:])
    assert units.columns[4].width.mm > longest * 1.7  # letters of 8 points, and the margins of a cell
    assert missing.rows[-1].cells[0].paragraphs[-1].paragraph_format.keep_with_next
    assert signature.rows[0]._tr.xpath("w:trPr/w:cantSplit")


@pytest.mark.office
def test_the_document_opens_in_an_office_program(clusters, districts, tmp_path):
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("SKIPPED: LibreOffice is not here, so the document was not opened")
    file = cg.save_report(clusters, tmp_path / "a.docx", districts)
    command = [
        office,
        f"-env:UserInstallation={(tmp_path / 'p').as_uri()}",
        "--headless",
        "--convert-to",
        "pdf",
    ]
    subprocess.run([*command, "--outdir", tmp_path, file], check=True, capture_output=True, timeout=120)
    assert paper._pages((tmp_path / "a.pdf").read_bytes()) == 2


def test_every_unit_gets_its_report_and_the_register_one(bac_ninh, tmp_path):
    seen = []
    files = cg.save_unit_reports(
        bac_ninh,
        tmp_path / "out",
        kind="html",
        agency="SỞ CÔNG THƯƠNG",
        on=date(2026, 11, 28),
        progress=lambda *at: seen.append(at),
    )
    assert set(files) == {"Phường Kinh Bắc", "Phường Từ Sơn", ""}
    for file in files.values():
        text = file.read_text(encoding="utf-8")
        assert "ngày 28 tháng 11 năm 2026" in text
        assert "SỞ CÔNG THƯƠNG" in text
    assert [at[:2] for at in seen] == [(1, 3), (2, 3), (3, 3)]


def test_a_cluster_whose_status_nobody_knows_is_drawn_too(clusters):
    """One blank status ended every map of its register in a fault of the program."""
    from clusters_geo.report.svg_map import svg_map

    few = clusters.head(3).copy()
    few["status"] = few["status"].astype(object)
    few.loc[few.index[1], "status"] = None
    assert "#6b7280" in str(svg_map(few, None, lang="vi"))


def test_the_key_of_the_still_map_counts_what_nobody_knows_and_stays_inside(clusters):
    from clusters_geo.report.svg_map import svg_map

    few = clusters.head(9).copy()
    few.loc[few.index[:2], "status"] = None
    few.loc[few.index[2:4], "geometry"] = None
    drawn = svg_map(few, None, lang="vi", width=420)
    assert "Chưa rõ tình trạng (2)" in drawn
    assert "2 cụm không có vị trí" in drawn
    ends = [float(x) + 5.2 * len(said) for x, said in re.findall(r'<text x="([\d.]+)"[^>]*>([^<]+)<', drawn)]
    assert max(ends) <= 430  # it takes a second line before it leaves the drawing


def test_a_register_without_a_place_leaves_no_hole_for_a_map(bac_ninh):
    nowhere = bac_ninh.set_geometry([None] * len(bac_ninh), crs=4326)
    stages = part(unit_report(nowhere, unit="kinh bac"), 2)
    assert stages.text.startswith("Không có bản đồ")
    placed = part(unit_report(bac_ninh, unit="kinh bac"), 2)
    tall = [float(re.search(r'height="([\d.]+)"', p.drawing)[1]) for p in (stages, placed)]
    assert tall[0] < 150
    assert (tall[1], placed.text) == (400, "")


def test_a_unit_is_not_asked_about_the_whole_file_nor_told_ids_made_from_names(tmp_path):
    file = tmp_path / "so.csv"
    rows = "Làng Chanh,Xã Quý Lộc,20\nYên Lâm,Xã Quý Lộc,30\nVân Du,Xã Vân Du,40\nTổng cộng,,100\n"
    file.write_text("Tên cụm công nghiệp,Xã,Diện tích quy hoạch (ha)\n" + rows, encoding="utf-8")
    register = cg.load_clusters(file, status="operating")
    whole, unit = (unit_report(register, unit=name, by="commune") for name in (None, "Quý Lộc"))
    assert any("Toàn bộ sổ" in line for line in part(whole, 4).lines + part(whole, 5).lines)
    assert not any("Toàn bộ sổ" in line for line in part(unit, 4).lines)
    # It is told of them, in one line.
    titles = [line.partition(":")[0] for line in part(whole, 4).lines if "Toàn bộ sổ" in line]
    assert part(unit, 4).text.endswith(f"Về toàn bộ sổ, không riêng đơn vị này: {'; '.join(titles)}.")
    assert [row[:2] for row in part(unit, 3).table.rows] == [("1", "Làng Chanh"), ("2", "Yên Lâm")]
    assert [row[0] for row in part(unit, 5).table.rows] == ["Làng Chanh", "Yên Lâm"]
    assert not any("yen-lam" in line for line in part(unit, 4).lines)


def test_what_is_found_of_the_whole_register_is_asked_too(bac_ninh):
    told = unit_report(bac_ninh, lang="vi")
    asked = next(part for part in told.parts if part.title.endswith("Vấn đề cần trả lời"))
    found = cg.audit(bac_ninh, lang="vi")
    whole = found[found["severity"].isin(["error", "warning"]) & found["cluster_id"].isna()]
    assert len(whole)
    assert sum("Toàn bộ sổ" in line for line in asked.lines) == whole["rule"].nunique()
