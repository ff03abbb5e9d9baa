"""Forms opened by LibreOffice: pages, words and numbers as an officer sees them."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from PIL import Image

from clusters_geo.forms.save import save_form

pytestmark = pytest.mark.office

OFFICE, TO_TEXT, TO_PNG = (shutil.which(tool) for tool in ("soffice", "pdftotext", "pdftoppm"))


@pytest.fixture(scope="module", autouse=True)
def _needed():
    if not (OFFICE and TO_TEXT and TO_PNG):
        pytest.skip("LibreOffice (soffice) or poppler-utils is not installed: nobody looked at the pages.")


def run(*command):
    return subprocess.run([*map(str, command)], check=True, capture_output=True, timeout=180).stdout


def printed(file, folder):
    """Return the PDF that LibreOffice prints of a file."""
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    run(OFFICE, profile, "--headless", "--convert-to", "pdf", "--outdir", folder, file)
    return file.with_suffix(".pdf")


def words(pdf):
    return " ".join(run(TO_TEXT, "-layout", pdf, "-").decode().split())


@pytest.mark.parametrize("ending", [".xlsx", ".docx"])
def test_a_form_as_an_officer_sees_it(register, tmp_path, ending):
    register.loc["CCN-03", "revenue_bn_vnd"] = None
    register["planned_ha"] *= 100
    file = tmp_path / f"form{ending}"
    save_form(register, "03", file, unit="Gia Lâm", period="2026-H1", anyway=True)
    pdf = printed(file, tmp_path)
    text = words(pdf)
    for expected in ("Biểu số 03", "Đơn vị báo cáo: UBND Gia Lâm", "≥ 1.500,5", "2.950,0", "Người lập biểu"):
        assert expected in text
    assert "###" not in text  # a column too narrow for its number
    run(TO_PNG, "-r", "50", "-png", "-f", "1", "-l", "1", pdf, tmp_path / "page")
    page = Image.open(next(tmp_path.glob("page*.png"))).convert("L")
    assert page.height / page.width == pytest.approx(297 / 210, rel=0.01)
    _assert_ink_keeps_to_the_margins(page)


def test_no_word_of_a_narrow_column_is_broken_in_a_document(register, tmp_path):
    found = []
    for number, unit in (("02", "CCN-01"), ("03", "Gia Lâm")):
        file = tmp_path / f"form-{number}.docx"
        save_form(register, number, file, unit=unit, period="2026-H1", anyway=True)
        found += words(printed(file, tmp_path)).split()
    assert {"STT", "15.1", "16.4", "đồng/người/tháng"} <= set(found)


def _assert_ink_keeps_to_the_margins(page):
    ink = page.point(lambda shade: 255 if shade < 128 else 0).getbbox()
    assert ink is not None
    left, top, right, bottom = ink
    assert left > 0.03 * page.width
    assert right < 0.97 * page.width
    assert top > 0.02 * page.height
    assert bottom < 0.98 * page.height


def test_a_figure_typed_in_libreoffice_is_read(register, tmp_path):
    from clusters_geo.forms.receive import read_forms

    file = tmp_path / "form.xlsx"
    save_form(register, "02", file, unit="CCN-01", period="2026-H1")
    (tmp_path / "saved").mkdir()
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    run(OFFICE, profile, "--headless", "--convert-to", "xlsx", "--outdir", tmp_path / "saved", file)
    received = read_forms([tmp_path / "saved" / "form.xlsx"], register, period="2026-H1")
    assert received.files.loc[0, ["cluster_id", "rows", "refused"]].tolist() == ["CCN-01", 14, False]
