"""The pages on the audit list every rule with its source, and every command in them works.

Write the table of rules anew with `python tests/auditing/test_docs.py`.
"""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from pathlib import Path

import pytest
import yaml

from clusters_geo.auditing.rule import FAMILIES, all_rules
from clusters_geo.auditing.settings import load_settings
from clusters_geo.words import catalogue

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "docs/audit.md", *sorted((ROOT / "docs/audit").glob("*.md"))]
START, END = "<!-- rules: written by tests/auditing/test_docs.py -->\n", "<!-- end of rules -->"


def rules_table():
    lines = []
    for family in FAMILIES:
        lines += [
            "",
            f"### {catalogue('rules')[family].en}",
            "",
            "| rule | severity | fires on | parameters | source |",
        ]
        lines += ["| --- | --- | --- | --- | --- |"]
        for rule in all_rules().values():
            if rule.family == family:
                parameters = ", ".join(f"`{name}`" for name in rule.parameters) or "–"
                title, source = rule.words("title", "en"), rule.words("source", "en")
                lines.append(f"| `{rule.id}` | {rule.severity} | {title} | {parameters} | {source} |")
    return "\n".join(lines).lstrip("\n") + "\n\n"


def written_table():
    return PAGES[0].read_text(encoding="utf-8").partition(START)[2].partition(END)[0]


def commands():
    found = []
    for page in PAGES:
        for line in page.read_text(encoding="utf-8").splitlines():
            found += [command.strip() for command in re.findall(r"clusters-geo audit[^`|<]*", line)]
    return list(dict.fromkeys(found))


def test_the_page_lists_every_rule_with_its_source():
    assert written_table() == rules_table(), "write it anew: python tests/auditing/test_docs.py"


def test_there_are_commands_for_cron_github_and_gitlab():
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert "30 1 * * * cd" in text
    assert sum("--format sarif" in command for command in commands()) == 1
    assert sum("--format junit" in command for command in commands()) == 1


@pytest.fixture(scope="module")
def folder(tmp_path_factory, _hanoi):
    place = tmp_path_factory.mktemp("register")
    clusters, districts = _hanoi
    clusters.to_file(place / "register.gpkg")
    districts.to_file(place / "districts.gpkg")
    toml = re.findall(r"```toml\n(.*?)```", PAGES[0].read_text(encoding="utf-8"), re.DOTALL)
    (place / "rules.toml").write_text("\n".join(toml), encoding="utf-8")
    return place


@pytest.mark.parametrize("command", commands())
def test_every_command_in_the_docs_works(folder, command):
    if "--baseline accepted.toml" in command and not (folder / "accepted.toml").exists():
        run(next(c for c in commands() if "--write-baseline" in c), folder)
    done = run(command, folder)
    assert done.returncode in (0, 1), done.stderr
    assert "Traceback" not in done.stderr


def run(command, folder):
    # Not above: the table of rules is written without what tests share.
    from as_user import run as run_as_user

    return run_as_user(*shlex.split(command.removeprefix("clusters-geo ")), cwd=folder)


def test_the_examples_of_files_are_understood(tmp_path):
    for page in PAGES:
        for block in re.findall(r"```toml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
            content = tomllib.loads(block)
            if "rules" in content:
                assert load_settings(content).rules
            else:
                from clusters_geo.auditing.baseline import read_baseline

                (tmp_path / "b.toml").write_text(block, encoding="utf-8")
                assert len(read_baseline(tmp_path / "b.toml")) == 1


def test_the_python_in_the_docs_runs(clusters, districts):
    for page in PAGES:
        names = {"clusters": clusters, "districts": districts}
        for block in re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
            exec(compile(block, str(page), "exec"), names)  # noqa: S102 -- our own page
        if "findings" in names:
            assert len(names["findings"])


def test_the_jobs_are_valid_yaml():
    blocks = re.findall(r"```yaml\n(.*?)```", PAGES[1].read_text(encoding="utf-8"), re.DOTALL)
    jobs = [yaml.safe_load(block) for block in blocks]
    assert len(jobs) == 2
    assert "clusters-geo audit" in json.dumps(jobs[0]["jobs"])
    assert "clusters-geo audit" in json.dumps(jobs[1]["audit"]["script"])


def test_there_is_a_page_for_each_who_reads_it():
    assert [page.stem for page in PAGES] == ["audit", "auditor", "district", "planner"]


if __name__ == "__main__":
    page = PAGES[0].read_text(encoding="utf-8")
    head, tail = page.partition(START)[0], page.partition(END)[2]
    PAGES[0].write_text(head + START + rules_table() + END + tail, encoding="utf-8")
