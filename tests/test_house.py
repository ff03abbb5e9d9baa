"""What keeps the house in order: documents say what the code does, nothing lies about that should not."""

from __future__ import annotations

import ast
import json
import re
import shutil
import statistics
import subprocess
import tomllib
from functools import cache
from pathlib import Path

import click
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import clusters_geo as cg
from clusters_geo import cli
from clusters_geo.schema import CLUSTER_COLUMNS, DISTRICT_COLUMNS

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
DECISIONS = sorted((ROOT / "docs/decisions").glob("*.md"))


@cache
def tracked():
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("SKIPPED: this is not a git checkout, so what is tracked cannot be told")
    listed = subprocess.run([git, "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True)
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


@cache
def texts():
    """Every tracked text file with what is in it."""
    found = {}
    for path in tracked():
        content = path.read_bytes()
        if b"\0" not in content[:8000]:
            found[path.relative_to(ROOT).as_posix()] = content.decode("utf-8", errors="replace")
    return found


def page(name):
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


# --- the documents say what the code does


def test_every_command_is_on_the_command_line_page_and_no_other():
    assert re.findall(r"^## ([a-z][a-z-]*)$", page("cli.md"), re.MULTILINE) == cli.app.list_commands(None)


@pytest.mark.parametrize("name", cli.app.list_commands(None))
def test_every_option_of_a_command_is_documented(name):
    section = page("cli.md").split(f"\n## {name}\n")[1].split("\n## ")[0]
    shared = page("cli.md").split("\n## ")[0]
    command = cli.app.get_command(None, name)
    parts = command.commands.values() if isinstance(command, click.Group) else [command]
    options = {opt for part in parts for param in part.params for opt in param.opts if "--" in opt}
    assert options, "a command without options is not what this test is for"
    missing = {option for option in options if option not in section and option not in shared}
    assert not missing


def test_every_public_name_is_in_the_reference_and_no_other():
    assert sorted(re.findall(r"^::: clusters_geo\.(\w+)$", page("reference.md"), re.MULTILINE)) == sorted(
        cg.__all__
    )


def test_the_page_of_columns_is_what_the_schema_declares():
    def lines(columns):
        for column in columns:
            allowed = ", ".join(f"`{choice}`" for choice in column.choices)
            what = allowed or column.unit or ("yes or no" if column.kind == "flag" else column.kind)
            need = " (required)" if column.required else ""
            yield f"| `{column.name}`{need} | {column.vi} | {column.en} | {what} |"

    expected = [*lines(CLUSTER_COLUMNS), *lines(DISTRICT_COLUMNS)]
    found = [line for line in page("columns.md").splitlines() if line.startswith("| `")]
    assert found == expected, "write docs/columns.md anew with these lines:\n" + "\n".join(expected)


def test_every_page_is_in_the_navigation_and_every_entry_has_a_page():
    def pages(entries):
        for entry in entries:
            for value in entry.values():
                yield from pages(value) if isinstance(value, list) else [value]

    listed = sorted(pages(yaml.safe_load((ROOT / "mkdocs.yml").read_text())["nav"]))
    notebooks = [f"notebooks/{path.stem}.md" for path in (ROOT / "notebooks").glob("*.ipynb")]
    written = [
        path.relative_to(ROOT / "docs").as_posix()
        for path in (ROOT / "docs").rglob("*.md")
        if path.parent.name != "notebooks"
    ]
    assert listed == sorted([*written, *notebooks])


def test_the_changelog_has_the_version_in_every_place():
    assert f"## [{cg.__version__}]" in (ROOT / "CHANGELOG.md").read_text()
    assert PROJECT["project"]["version"] == cg.__version__


def test_the_readme_begins_with_the_two_commands():
    readme = (ROOT / "README.md").read_text()
    first = readme.split("```")[1]
    assert "make demo" in first
    assert "make test" in first
    for picture in re.findall(r"!\[[^]]*\]\(([^)]+)\)", readme):
        assert (ROOT / picture).stat().st_size < 300_000, f"{picture} is larger than 300 kB"


def test_every_claim_of_the_readme_has_its_benchmark():
    claimed = set(re.findall(r"benchmarks/(\w+\.py)", (ROOT / "README.md").read_text()))
    assert claimed
    for name in claimed:
        assert (ROOT / "benchmarks" / name).is_file()


def test_every_benchmark_is_on_the_page_of_benchmarks():
    scripts = {path.name for path in (ROOT / "benchmarks").glob("*.py")}
    assert set(re.findall(r"`(\w+\.py)`", (ROOT / "benchmarks/README.md").read_text())) == scripts


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_record_is_short_and_names_what_was_rejected(path):
    lines = path.read_text().splitlines()
    assert len(lines) < 40
    assert re.match(r"# \d{4} – ", lines[0])
    assert path.name.startswith(lines[0][2:6])
    assert "## Rejected" in lines


def test_decision_records_are_numbered_once_each():
    numbers = [path.name[:4] for path in DECISIONS]
    assert len(set(numbers)) == len(numbers)


# --- every file comes in through one door

# What opens a file of somebody else, and the rooms behind the door that may. Bundled files are our own.
OPENERS = re.compile(
    r"\b(?:read_csv|read_excel|read_parquet|read_json|read_file|read_html|load_workbook|read_dataframe|read_arrow"
    r"|open_arrow|read_info|list_layers|listlayers|ParquetFile|ParquetDataset|ZipFile|iterparse|CalamineWorkbook"
    r"|read_text|read_bytes|urlopen)\(|\bdocx\.Document\([^)]|\bfiona\.open\(|(?<!zip)\.open\(\s*(?:\"rb\"|encoding)"
    r"|(?<![\w.])open\("
)
BEHIND_THE_DOOR = {
    "reading/opening.py": "the door",
    "reading/archives.py": "unpacks what the door staged",
    "reading/formats.py": "looks at the first bytes of what the door checked",
    "reading/files.py": "reads what the door staged",
    "reading/gdal.py": "looks into what the door staged",
    "reading/quirks.py": "reads what the door staged",
    "reading/kml.py": "reads what the door staged",
    "reading/drawings.py": "reads what the door staged",
    "reading/limits.py": "looks at the first rows of what the door staged",
    "reading/json_stream.py": "reads what the door staged",
    "reading/registers.py": "reads what the door staged",
    "reading/sheets.py": "reads what the door checked",
    "reading/workbooks.py": "reads what the door checked",
    "reading/fetching.py": "fetches for the door",
    "reading/downloads.py": "reads what it fetched itself, and short notes beside it",
    "built_up/layers.py": "streams what the door staged",
    "built_up/parquet.py": "streams what the door checked",
    "reading/child.py": "reads what the kernel says of this process",
    "reading/text.py": "tables of letters of our own",
    "reading/notes.py": "words of our own",
    "words/__init__.py": "words of our own",
    "reference.py": "the bundled case",
    "auditing/rules/districts.py": "the bundled case",
    "forms/circular.py": "lines of the circular, our own",
    "report/findings.py": "a page of our own",
    "maps/slider.py": "a page of our own",
    "maps/page.py": "scripts of our own",
    "report/saving.py": "looks at what it has written",
    "report/paper.py": "looks at pictures it has made",
    "report/audit_report.py": "hashes what was audited",
    "data/__init__.py": "reads the package's own tables",
    "storage/register.py": "migrations of our own",
    "writing/files.py": "flushes what it has written",
    "writing/databases.py": "looks whether what is to be replaced is a database",
}


def test_every_file_comes_in_through_the_door():
    others = {
        f"{name}: {line.strip()[:90]}"
        for name, text in texts().items()
        if name.startswith("src/") and name.endswith(".py")
        for line in text.splitlines()
        if OPENERS.search(line)
        and "resources.files" not in line
        and "__file__" not in line
        and not line.strip().startswith((">>>", "#", "..."))
        and name.removeprefix("src/clusters_geo/") not in BEHIND_THE_DOOR
    }
    assert not others, "open it with clusters_geo.reading.opening, or say here why not"


# What makes, changes or moves a file, by the name that is called; `open` if it is not only to read.
WRITERS = {
    *("write_bytes", "write_dataframe", "to_excel", "to_parquet", "to_file", "to_postgis", "to_sql"),
    *("to_pickle", "to_feather", "to_hdf", "write_table", "write_image", "savefig", "savetxt", "dump"),
    *("mkstemp", "mkdtemp", "TemporaryDirectory", "NamedTemporaryFile", "TemporaryFile"),
    *("copyfile", "copyfileobj", "copytree", "rename", "renames", "link", "symlink_to", "hardlink_to"),
    *("unlink", "rmtree", "mkdir", "makedirs", "touch", "chmod", "truncate"),
}
SAVERS = {"save", "write_text", "to_csv", "to_json", "to_html", "replace"}
BEHIND_THE_DOOR_OUT = {
    "writing/files.py": "the door",
    "writing/databases.py": "removes what an old database left",
    "report/saving.py": "writes tables where the door says",
    "report/xlsx.py": "writes workbooks where the door says",
    "report/paper.py": "prints in a private folder, writes where the door says",
    "report/template.py": "writes the template where the door says",
    "forms/save.py": "writes forms where the door says",
    "forms/xlsx.py": "writes forms where the door says",
    "forms/docx.py": "writes forms where the door says",
    "forms/trace.py": "writes traces where the door says",
    "storage/postgis.py": "a database is no path",
    "storage/vintages.py": "writes vintages where the door says",
    "reading": "stages and unpacks inputs in private folders",
    "built_up/engine_dask.py": "gives workers a private folder",
}


def writing_calls(text):
    """The line of each call that can make, change or move a file."""
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        modes = [
            a.value for a in [*node.args, *(k.value for k in node.keywords)] if isinstance(a, ast.Constant)
        ]
        opens = name in {"open", "fdopen", "ZipFile"} and any(
            isinstance(mode, str) and re.fullmatch(r"[rwxab+t]{1,4}", mode) and set(mode) & set("wxa+")
            for mode in modes
        )
        method = isinstance(node.func, ast.Attribute)
        # A table's `to_csv` without a path gives text; a text's `replace` takes two; a frame's rename, names.
        saves = method and name in SAVERS and len(node.args) == 1
        moves = name in WRITERS and not (name == "rename" and node.keywords)
        moves = moves and not (name == "rename" and isinstance(node.args[0], ast.Constant | ast.JoinedStr))
        if opens or saves or moves:
            yield node.lineno, name


def test_every_path_out_goes_through_the_door():
    others = {
        f"{name}:{line} {call}"
        for name, text in modules().items()
        for line, call in writing_calls(text)
        if not {name.removeprefix("src/clusters_geo/"), name.split("/")[2]} & set(BEHIND_THE_DOOR_OUT)
    }
    assert not others, "write it with clusters_geo.writing, or say here why not"


@pytest.mark.parametrize(
    "line",
    [
        'open(p, "w")',
        'p.open("ab")',
        "p.write_text(t)",
        "table.to_csv(p)",
        "book.save(p)",
        "table.to_file(p)",
        'zipfile.ZipFile(p, mode="w")',
        "tempfile.mkdtemp()",
        "p.replace(q)",
        "p.rename(q)",
    ],
)
def test_the_search_for_other_doors_finds(line):
    assert list(writing_calls(line))


@pytest.mark.parametrize("line", ["p.open()", 'open(p, "rb")', "table.to_csv()", 't.replace("a", "b")'])
def test_the_search_for_other_doors_leaves(line):
    assert not list(writing_calls(line))


def test_only_one_module_prints():
    printing = re.compile(r"(?<![\w.])print\(|click\.s?echo\(|\bstd(?:out|err)\.write\(")
    found = {
        f"{name}: {line.strip()}"
        for name, text in modules().items()
        for line in text.splitlines()
        if printing.search(line) and not line.strip().startswith((">>>", "...", "#"))
    }
    assert {line.partition(":")[0] for line in found} == {"src/clusters_geo/cli/printing.py"}, found


def test_the_door_is_found_by_its_own_test():
    for line in (
        "pd.read_csv(path)",
        "Path(p).read_text(encoding='utf-8')",
        "with open(path) as f:",
        "load_workbook(f)",
    ):
        assert OPENERS.search(line), line
    for line in ("with opened(path) as file:", "reopen(x)", "docx.Document()"):
        assert not OPENERS.search(line), line


# --- nothing lies about that should not


def test_no_lock_files_and_no_generated_pages_are_tracked():
    names = [path.name for path in tracked()]
    assert not {"poetry.lock", "uv.lock", "package-lock.json", "yarn.lock", "pdm.lock", "Pipfile.lock"} & set(
        names
    )
    assert not [path for path in tracked() if path.suffix == ".html" and path.parent.name == "maps"]
    assert not [path for path in tracked() if path.suffix == ".html" and "docs" in path.parts]


# Written in two halves, so that this file does not find itself.
UNWANTED = {
    "a folder of one machine": r"/wor" r"k/|/ro" r"ot/|/ho" r"me/[a-z]+/",
    "a package index": r"pypi\.or"
    r"g/simple|registry\.npmj"
    r"s|files\.python"
    r"hosted|deb\.debi"
    r"an\.org",
    "work left undone": r"\bTO" r"DO\b|\bFIX" r"ME\b|\bX" r"XX\b",
    "a check that is switched off": r"#\s*type:\s*ign" r"ore|pragma:\s*no\s*cov" r"er|mark\.sk" r"ip\b",
}


@pytest.mark.parametrize("what", UNWANTED)
def test_no_file_holds(what):
    pattern = re.compile(UNWANTED[what])
    found = [
        f"{name}: {line.strip()[:100]}"
        for name, text in texts().items()
        for line in text.splitlines()
        if pattern.search(line)
    ]
    assert not found


def test_text_files_are_composed_utf8_without_trailing_spaces():
    broken = [
        name
        for name, text in texts().items()
        if "\ufffd" in text and not re.search("tests/data|/faults/", name)
    ]
    spaces = [
        f"{name}:{number}"
        for name, text in texts().items()
        if name.endswith((".py", ".md", ".toml", ".yml", ".yaml"))
        for number, line in enumerate(text.splitlines(), start=1)
        if line != line.rstrip()
    ]
    assert not broken
    assert not spaces


def modules():
    found = {name: text for name, text in texts().items() if name.startswith("src/") and name.endswith(".py")}
    assert found
    return found


def test_no_module_is_longer_than_its_budget():
    assert {name: text.count("\n") for name, text in modules().items() if text.count("\n") > 600} == {}


def test_a_module_under_80_lines_says_why_it_is_small():
    small = {name for name, text in modules().items() if text.count("\n") < 80}
    of_a_kind = {name for name in small if name.endswith("__init__.py") or "/cli/" in name}
    reasons = {name for name in small if "\n# Small: " in texts()[name]}
    assert small - of_a_kind - reasons == set(), "fold it into another, or say why in a line '# Small: …'"


def bodies():
    """The lines of each function without its docstring."""
    for name, text in modules().items():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                begin = node.body[1 if ast.get_docstring(node) and node.body[1:] else 0].lineno
                yield f"{name}:{node.lineno} {node.name}", node.end_lineno - begin + 1


def test_functions_are_short():
    lengths = dict(bodies())
    assert {where: lines for where, lines in lengths.items() if lines > 50} == {}
    assert statistics.median(lengths.values()) <= 12


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda path: path.stem)
def test_notebooks_hold_no_results(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    assert cells[0]["cell_type"] == "markdown", "a notebook begins with what it is about"
    for cell in cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


# --- versions


def requirements():
    optional = PROJECT["project"].get("optional-dependencies", {}).values()
    groups = PROJECT["dependency-groups"].values()
    lines = [*PROJECT["project"]["dependencies"], *(line for part in (*optional, *groups) for line in part)]
    return [Requirement(line) for line in lines if isinstance(line, str)]


def test_every_dependency_has_a_lower_bound_and_is_held_by_the_constraints():
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    held = dict(line.split("==") for line in lines)
    assert [line for line in lines if not re.fullmatch(r"[\w.-]+==[\w.+!]+", line)] == []
    versions = {canonicalize_name(name): version for name, version in held.items()}
    for needed in requirements():
        assert {spec.operator for spec in needed.specifier} & {">=", "=="}, f"{needed} has no lower bound"
        if needed.name != "clusters-geo":
            assert needed.specifier.contains(versions[canonicalize_name(needed.name)]), needed


def test_pre_commit_runs_what_make_lint_runs():
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert {repo["repo"] for repo in hooks} == {"local"}, "hooks from elsewhere need the network"
    entries = {hook["entry"].replace(".venv/bin/", "") for repo in hooks for hook in repo["hooks"]}
    checks = re.search(r"^CHECKS = (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[1]
    assert {check.replace(" $(NOTEBOOKS)", "") for check in re.findall(r'"([^"]+)"', checks)} == entries
