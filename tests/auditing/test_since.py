"""What changed from one audit to the next, by hand."""

from __future__ import annotations

import html
import json

import openpyxl
import pandas as pd
import pytest
from click.testing import CliRunner

from clusters_geo import SchemaError, SourceError, audit, compare_findings
from clusters_geo.auditing.since import read_findings
from clusters_geo.cli.audit import command

ONLY = ["figures.negative", "figures.built-over-planned"]


def register(**rows):
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["name", "planned_ha", "built_ha"])
    return table.rename_axis("cluster_id")


def findings(table, **options):
    return audit(table, **({"only": ONLY, "on": "2026-06-30", "lang": "en"} | options))


BEFORE = register(A=["Phú Thị", 20.0, 25.0], B=["Liên Hà", 12.0, 14.0], C=["Phùng Xá", -1.0, None])
# A is mended, B is worse, C is as it was, D is new.
AFTER = register(
    A=["Phú Thị", 30.0, 25.0], B=["Liên Hà", 12.0, 15.0], C=["Phùng Xá", -1.0, None], D=["Dị Nậu", 5.0, 6.0]
)
EXPECTED = [
    ["new", "D", None, 6.0],
    ["gone", "A", 25.0, None],
    ["still", "C", -1.0, -1.0],
    ["still", "B", 14.0, 15.0],
]


def told(changes):
    cells = changes[["change", "cluster_id", "value_before", "value"]].to_dict("records")
    return [[None if pd.isna(cell) else cell for cell in row.values()] for row in cells]


def as_json(table, path):
    plain = pd.DataFrame(table).drop(columns="geometry")
    path.write_text(plain.to_json(orient="records", force_ascii=False), encoding="utf-8")
    return path


def test_new_gone_and_still_there():
    changes = compare_findings(findings(BEFORE), findings(AFTER))
    assert sorted(told(changes), key=str) == sorted(EXPECTED, key=str)
    assert changes["change"].tolist() == ["new", "gone", "still", "still"]


def test_a_file_says_the_same_as_a_table(tmp_path):
    file = as_json(findings(BEFORE), tmp_path / "before.json")
    from_file, from_table = (compare_findings(x, findings(AFTER)) for x in (file, findings(BEFORE)))
    assert told(from_file) == told(from_table)


def test_an_audit_against_itself_changes_nothing(clusters, districts):
    found = audit(clusters, districts)
    changes = compare_findings(found, found)
    assert len(changes) == len(found) > 50
    assert set(changes["change"]) == {"still"}
    assert changes["row"].tolist() == found["row"].tolist()


def test_two_findings_of_one_field_are_paired_by_value_first():
    one = findings(BEFORE).iloc[[1, 1]].assign(value=[14.0, 99.0])
    two = findings(BEFORE).iloc[[1, 1]].assign(value=[99.0, 15.0])
    changes = compare_findings(one, two)
    assert changes[["value_before", "value"]].to_numpy().tolist() == [[99.0, 99.0], [14.0, 15.0]]


def test_what_was_not_judged_this_time_is_not_called_gone():
    without = findings(AFTER.drop(columns="built_ha"))
    changes = compare_findings(findings(BEFORE), without).set_index("cluster_id")["change"]
    assert changes.to_dict() == {"A": "unknown", "B": "unknown", "C": "still"}
    skipped = findings(AFTER, only=["figures.negative"])
    assert compare_findings(findings(BEFORE), skipped)["change"].tolist() == ["unknown", "unknown", "still"]


def test_a_cluster_in_another_unit_has_its_finding_still():
    moved = findings(BEFORE).assign(district="Gia Lâm")
    assert set(compare_findings(findings(BEFORE), moved)["change"]) == {"still"}


def test_what_a_baseline_says_is_gone_was_not_there(tmp_path):
    gone = pd.DataFrame(findings(BEFORE)).assign(state=["gone", "new", "accepted"])
    file = tmp_path / "f.json"
    file.write_text(gone.drop(columns="geometry").to_json(orient="records"), encoding="utf-8")
    assert len(compare_findings(file, findings(BEFORE))) == 3
    assert (compare_findings(file, findings(BEFORE))["change"] == "new").sum() == 1


def test_nothing_found_before_or_now():
    none = findings(register(A=["Phú Thị", 20.0, 10.0]))
    assert set(compare_findings(none, findings(BEFORE))["change"]) == {"new"}
    assert set(compare_findings(findings(BEFORE), none)["change"]) == {"gone"}
    assert compare_findings(none, none).empty


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("no json", SourceError, "is not JSON"),
        ("[" * 100_000, SourceError, "is not JSON"),
        ("{}", SchemaError, "does not hold the findings of an audit"),
        ('[{"rule": "x"}]', SchemaError, "does not hold the findings of an audit"),
    ],
)
def test_another_file_is_refused_with_what_is_wanted(tmp_path, text, error, words):
    file = tmp_path / "f.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(error, match=words):
        read_findings(file)


@pytest.mark.parametrize("name", ["so.xlsx", "so.csv", "so.gpkg"])
def test_a_register_given_for_an_audit_is_called_that(tmp_path, name):
    (tmp_path / name).write_bytes(b"PK\x03\x04\xff")
    with pytest.raises(SchemaError, match=r"is a register or a table.*compare") as told:
        read_findings(tmp_path / name)
    assert "utf-8" not in told.value.text("vi")


def test_an_unknown_severity_is_refused(tmp_path):
    file = as_json(findings(BEFORE).assign(severity="=cmd"), tmp_path / "f.json")
    with pytest.raises(SchemaError, match="has the severity '=cmd'"):
        read_findings(file)


@pytest.fixture
def files(tmp_path):
    BEFORE.assign(status="operating").to_csv(tmp_path / "before.csv")
    AFTER.assign(status="operating").to_csv(tmp_path / "after.csv")
    return tmp_path


def run(*arguments):
    options = ["--on", "2026-06-30", *(part for rule in ONLY for part in ("--only", rule))]
    return CliRunner().invoke(command, [*map(str, arguments), *options], catch_exceptions=False)


def test_five_lines_for_a_mail(files):
    earlier = files / "june.json"
    assert run(files / "before.csv", "--format", "json", "--output", earlier).exit_code == 1
    result = run(files / "after.csv", "--since", earlier, "--lang", "en")
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert len(lines) == 5
    assert lines[0] == (
        "Since the earlier audit (june.json): 1 new findings, 1 gone, 0 not judged this time, 2 still there."
    )
    assert lines[1].startswith("New: Error – ")
    assert lines[1].endswith("(1): D Dị Nậu")
    assert lines[2].endswith("(1): A Phú Thị")
    assert lines[3].count("(1)") == 2
    assert lines[4] == "Verdict: 3 findings at or above “Error” need an answer."
    assert run(files / "after.csv", "--since", earlier).stdout.splitlines()[1].startswith("Mới: Lỗi – ")


def test_the_changes_for_a_program(files):
    earlier = files / "june.json"
    run(files / "before.csv", "--format", "json", "--output", earlier)
    result = run(
        files / "after.csv", "--since", earlier, "--output", files / "changes.json", "--fail-on", "never"
    )
    assert result.exit_code == 0
    changes = json.loads((files / "changes.json").read_text(encoding="utf-8"))
    assert [row["change"] for row in changes] == ["new", "gone", "still", "still"]
    assert changes[1]["value"] is None
    run(files / "after.csv", "--since", earlier, "--output", files / "changes.csv")
    assert pd.read_csv(files / "changes.csv")["row"].tolist() == [5, 2, 3, 4]


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_the_changes_for_a_person(files, lang):
    earlier = files / "june.json"
    run(files / "before.csv", "--format", "json", "--output", earlier)
    lines = run(files / "after.csv", "--since", earlier, "--lang", lang).stdout.splitlines()
    for kind in ("md", "html", "xlsx"):
        done = run(
            files / "after.csv", "--since", earlier, "--output", files / f"changes.{kind}", "--lang", lang
        )
        assert done.exit_code == 1, done.output
    titles = {"vi": ["Mới", "Đã hết", "Vẫn còn"], "en": ["New", "Gone", "Still there"]}[lang]
    text = (files / "changes.md").read_text(encoding="utf-8")
    page = html.unescape((files / "changes.html").read_text(encoding="utf-8"))
    assert [line for line in text.splitlines() if line.startswith("### ")][1:] == [f"### {t}" for t in titles]
    for line in lines:
        assert line in text
        assert line in page
    assert [page.index(f"<h2>{title} (") for title in titles] == sorted(
        page.index(f"<h2>{title} (") for title in titles
    )
    book = openpyxl.load_workbook(files / "changes.xlsx")
    assert book.sheetnames[1:] == titles
    first = [[cell.value for cell in row] for row in book.worksheets[0].iter_rows(min_row=2)]
    assert [row[-1] for row in first[:4]] == [1, 1, 1, 1]
    assert [row[0] for row in first[4:]] == lines
    # What was 3 ha and is 4 is still too small: both figures stand side by side.
    heads, *rows = [[cell.value for cell in row] for row in book.worksheets[3].iter_rows()]
    before, after = heads.index({"vi": "Giá trị trước", "en": "Value before"}[lang]), 5
    compared = json.loads(run(files / "after.csv", "--since", earlier, "--format", "json").stdout)
    still = [(r["value_before"], r["value"]) for r in compared if r["change"] == "still"]
    assert [(row[before], row[after]) for row in rows] == still


def test_a_format_without_changes_is_refused(files):
    result = run(files / "after.csv", "--since", files / "before.csv", "--format", "sarif", "--lang", "en")
    assert result.exit_code == 2
    assert "--since gives five lines" in result.stderr
