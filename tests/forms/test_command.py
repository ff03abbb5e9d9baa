"""`clusters-geo form` and `clusters-geo form-in`."""

from __future__ import annotations

import pandas as pd
import pytest
from click.testing import CliRunner

from clusters_geo import SchemaError
from clusters_geo.cli.form import command as form_command
from clusters_geo.cli.form_in import command as form_in_command
from clusters_geo.forms.save import save_form


@pytest.fixture
def run():
    def _run(command, *arguments):
        return CliRunner().invoke(command, [*map(str, arguments)], catch_exceptions=False)

    return _run


@pytest.fixture
def register_file(register, tmp_path):
    import geopandas as gpd
    from shapely.geometry import box

    shapes = [box(105 + n / 100, 21, 105.005 + n / 100, 21.005) for n in range(len(register))]
    file = tmp_path / "register.gpkg"
    gpd.GeoDataFrame(register, geometry=shapes, crs="EPSG:4326").to_file(file)
    return file


def test_the_table_is_printed(run, register_file):
    result = run(
        form_command,
        "03",
        register_file,
        "--unit",
        "Gia Lâm",
        "--period",
        "2026-H1",
        "--anyway",
        "--lang",
        "en",
    )
    assert result.exit_code == 0
    assert "Form 03" in result.stdout
    assert "29.5" in result.stdout


def test_a_file_is_written_and_named(run, register_file, tmp_path):
    out = tmp_path / "bieu-04.xlsx"
    result = run(form_command, "04", register_file, "--period", "2026-H1", "--anyway", "--output", out)
    assert (result.exit_code, out.exists()) == (0, True)
    assert str(out) in result.stderr


def test_the_bundled_case_needs_no_file(run, tmp_path):
    out = tmp_path / "bieu-04.html"
    result = run(form_command, "04", "--period", "2026-H1", "--anyway", "--output", out)
    assert result.exit_code == 0
    assert "1.686,0" in out.read_text(encoding="utf-8")
    assert "mô hình hóa" in result.stderr


def test_all_units(run, register_file, tmp_path):
    folder = tmp_path / "forms"
    arguments = (
        form_command,
        "04",
        register_file,
        "--period",
        "2026-H1",
        "--anyway",
        "--kind",
        "csv",
        "--all-units",
        folder,
    )
    result = run(*arguments, "--trace", tmp_path / "trace.csv")
    assert result.exit_code == 0
    assert len(list(folder.iterdir())) == 5 + 2 + 1
    assert len(pd.read_csv(tmp_path / "trace.csv")["Biểu"].unique()) == 3
    assert "Biểu 02 phải gửi trước ngày" in result.stderr
    assert result.stderr.count("ngoài kỳ báo cáo") == 0
    arguments = (*arguments[:4], "2024", *arguments[5:])
    assert run(*arguments).stderr.count("Sổ có số liệu đến ngày 10/06/2026, ngoài kỳ báo cáo") == 1


def test_the_clerk_is_told_on_the_screen_what_the_form_does_not_say(run, register_file, tmp_path):
    out, trace = tmp_path / "f.html", tmp_path / "t.html"
    arguments = (form_command, "04", register_file, "--period", "2023", "--lang", "en")
    result = run(*arguments, "--output", out, "--trace", trace)
    assert "Form 04 was due before 2023-12-31: OVERDUE. Send it now" in result.stderr
    assert "OVERDUE" not in out.read_text(encoding="utf-8")
    assert "OVERDUE" in trace.read_text(encoding="utf-8")
    assert [line.rpartition("/")[2] for line in result.stderr.splitlines()[-2:]] == ["f.html", "t.html"]
    trace.unlink()
    result = run(*arguments, "--trace", trace)
    assert "OVERDUE" not in result.stdout
    assert trace.exists()


def test_blank_forms(run, register_file, tmp_path):
    out = tmp_path / "bieu-01.xlsx"
    assert run(form_command, "01", "--blank", "--period", "2026-H1", "--output", out).exit_code == 0
    assert str(out) in run(form_command, "01", "--blank", "--period", "2026", "-o", out).stderr
    headed = run(form_command, "02", register_file, "--blank", "--unit", "Phú Thị", "--period", "2026-H1")
    assert (headed.exit_code, "Biểu số 02" in headed.stdout) == (0, True)


@pytest.mark.parametrize(
    "arguments", ["01", "03 --blank", "02 --blank --trace t.csv", "02 --blank --all-units d"]
)
def test_what_cannot_be_blank_is_refused(run, arguments):
    result = run(form_command, *arguments.split(), "--period", "2026", "--lang", "en")
    assert result.exit_code == 2
    assert "--blank is for Forms 01 and 02" in result.stderr


def test_rows_that_contradict_each_other_end_in_exit_code_1(run, register_file):
    import geopandas as gpd

    table = gpd.read_file(register_file)
    table.loc[0, "wastewater_started"] = False
    table.loc[1:, "wastewater_started"] = False
    table.to_file(register_file)
    result = run(form_command, "04", register_file, "--period", "2026-H1", "--anyway", "--lang", "en")
    assert result.exit_code == 1
    assert "More wastewater plants comply (row 27: 1) than there are (row 26: 0)." in result.stderr


def test_all_units_and_one_output_do_not_go_together(run, tmp_path):
    result = run(form_command, "04", "--period", "2026", "--all-units", tmp_path, "--unit", "Ba Vì")
    assert result.exit_code == 2


def test_a_period_that_is_none_is_refused(run):
    with pytest.raises(SchemaError, match="not a reporting period"):
        run(form_command, "04", "--period", "2026-H2")


def test_forms_come_in_and_the_vintage_goes_out(run, register, register_file, tmp_path):
    changed = register.assign(projects=register["projects"] + 1)
    for key in ("CCN-01", "CCN-02"):
        save_form(changed, "02", tmp_path / f"{key}.xlsx", unit=key, period="2026-H1")
    sent = sorted(tmp_path.glob("CCN-*.xlsx"))
    common = (
        form_in_command,
        *sent,
        "--clusters",
        register_file,
        "--period",
        "2026-H1",
        "-o",
        tmp_path / "in",
    )
    assert run(*common).exit_code == 0
    changes = tmp_path / "in" / "changes.csv"
    assert pd.read_csv(changes)["column"].tolist() == ["projects", "projects"]
    assert pd.read_csv(tmp_path / "in" / "files.csv")["how"].tolist() == ["id", "id"]
    vintage = tmp_path / "new.gpkg"
    assert run(*common, "--accept", changes, "--vintage", vintage).exit_code == 0
    import geopandas as gpd

    assert gpd.read_file(vintage).set_index("cluster_id")["projects"].tolist()[:2] == [22, 10]
    assert gpd.read_file(register_file).set_index("cluster_id")["projects"].tolist()[:2] == [21, 9]


def test_no_changes_are_accepted_too(run, register, register_file, tmp_path):
    """Forms that say what the register says leave an empty changes.csv, which is the command's own output."""
    file = tmp_path / "CCN-01.xlsx"
    save_form(register, "02", file, unit="CCN-01", period="2026-H1")
    common = (
        form_in_command,
        file,
        "--clusters",
        register_file,
        "--period",
        "2026-H1",
        "-o",
        tmp_path / "in",
    )
    assert run(*common).exit_code == 0
    changes = tmp_path / "in" / "changes.csv"
    assert changes.read_text(encoding="utf-8-sig").count("\n") == 1
    vintage = tmp_path / "new.gpkg"
    assert run(*common, "--accept", changes, "--vintage", vintage).exit_code == 0
    import geopandas as gpd

    before, after = gpd.read_file(register_file), gpd.read_file(vintage)
    assert after["projects"].fillna(-1).tolist() == before["projects"].fillna(-1).tolist()


def test_a_form_that_is_refused_ends_in_exit_code_1_with_its_cell(run, register, register_file, tmp_path):
    import openpyxl

    file = tmp_path / "form.xlsx"
    save_form(register, "02", file, unit="CCN-01", period="2026-H1", lang="en")
    book = openpyxl.load_workbook(file)
    sheet = book.worksheets[0]
    cell = next(row[3] for row in sheet.iter_rows() if row[0].value == "4")
    cell.value = "14 or 15"
    book.save(file)
    common = (
        form_in_command,
        file,
        "--clusters",
        register_file,
        "--period",
        "2026-H1",
        "-o",
        tmp_path / "in",
    )
    result = run(*common, "--lang", "en")
    assert result.exit_code == 1
    assert f"{cell.coordinate} '14 or 15' is not a number" in result.stderr
    result = run(*common)
    assert f"{cell.coordinate} “14 or 15” không phải là số – Ghi một số, hoặc để trống." in result.stderr
    assert "“14 or 15” không phải là số" in (tmp_path / "in" / "problems.csv").read_text(encoding="utf-8")


def test_accept_and_vintage_go_together(run, register_file, tmp_path):
    result = run(
        form_in_command,
        "a.xlsx",
        "--clusters",
        register_file,
        "--period",
        "2026",
        "-o",
        tmp_path,
        "--accept",
        "c.csv",
    )
    assert result.exit_code == 2


def test_a_folder_is_read_and_counted_and_an_empty_one_is_said(run, register, register_file, tmp_path):
    sent = tmp_path / "sent"
    sent.mkdir()
    common = ("--clusters", register_file, "--period", "2026-H1", "-o", tmp_path / "in")
    for empty in (sent, sent / "*"):
        result = run(form_in_command, empty, *common)
        assert (result.exit_code, str(sent) in result.stderr) == (2, True)
    assert not (tmp_path / "in").exists()
    changed = register.assign(projects=register["projects"] + 1, investor_workers=1)
    save_form(changed, "02", sent / "CCN-01.xlsx", unit="CCN-01", period="2026-H1")
    result = run(form_in_command, sent, *common)
    assert "Đã đọc 1 tệp biểu (0 tệp bị từ chối), 0 lỗi và 0 điều cần hỏi lại" in result.stderr
    assert "2 thay đổi so với sổ, trong đó 1 dòng cần hỏi lại" in result.stderr
