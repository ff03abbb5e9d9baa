"""`clusters-geo audit`, and `clusters-geo audit explain`."""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from clusters_geo.cli import FINDINGS
from clusters_geo.cli.help import usage_error
from clusters_geo.cli.options import (
    DAY,
    SOURCE,
    TARGET,
    Day,
    by_option,
    chosen_format,
    crs_option,
    lang_option,
    put,
    register_options,
    remote_option,
    require_units,
    said_of_register,
    say_doubts,
    say_out,
    units_option,
    working,
)
from clusters_geo.storage.connection import Address
from clusters_geo.words import speaker

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from clusters_geo.auditing.rule import Severity
    from clusters_geo.report.audit_report import AuditReport, Input
    from clusters_geo.schema import Language

say = speaker("reports")

_FORMATS = ("table", "json", "csv", "md", "xlsx", "sarif", "junit", "html")
_LEVELS = click.Choice(["error", "warning", "info", "never"])


@click.command("audit")
@click.argument("clusters_file", metavar="[CLUSTERS | explain]", required=False, type=SOURCE)
@click.argument("rule", metavar="[RULE]", required=False)
@units_option
@by_option
@click.option("--totals", "totals_file", type=SOURCE)
@click.option("--law", type=DAY, metavar="DATE")
@click.option("--on", type=Day(words=("today",)), metavar="DATE")
@click.option("--rules", "rules_file", type=SOURCE)
@click.option("--only", multiple=True, metavar="RULE")
@click.option("--skip", multiple=True, metavar="RULE")
@click.option("--baseline", type=SOURCE)
@click.option("--write-baseline", type=TARGET)
@click.option("--since", type=SOURCE)
@click.option("--fail-on", type=_LEVELS, default="error", show_default=True)
@click.option("--format", "form", type=click.Choice(_FORMATS))
@click.option("--output", "-o", type=TARGET)
@click.option("--brief", is_flag=True)
@click.option("--quiet", "-q", is_flag=True)
@register_options()
@crs_option
@remote_option
@lang_option
def command(
    clusters_file: Path | None,
    rule: str | None,
    districts_file: Path | None,
    by: str | None,
    totals_file: Path | None,
    law: str | None,
    on: str | None,
    rules_file: Path | None,
    only: tuple[str, ...],
    skip: tuple[str, ...],
    baseline: Path | None,
    write_baseline: Path | None,
    since: Path | None,
    fail_on: str,
    form: str | None,
    output: Path | None,
    brief: bool,  # noqa: FBT001 -- click passes a flag
    quiet: bool,  # noqa: FBT001 -- click passes a flag
    crs: str | None,
    lang: Language,
) -> None:
    """Is the register plausible, lawful and trustworthy? Findings by rule, severity and district.

    `audit explain` lists all rules, `audit explain RULE` shows one in full. Exit code 1 says that there are
    findings at or above --fail-on which the baseline does not accept.
    """
    if str(clusters_file) == "explain":
        say_out(_explained(rule, lang))
        return
    if rule is not None:
        raise usage_error("too-many-arguments", rule=rule)
    form = chosen_format(form, output, _FORMATS)
    if brief and form != "table":
        raise usage_error("brief", form=form)
    if since is not None:
        from clusters_geo.report.since import SINCE_FORMATS

        if form not in SINCE_FORMATS:
            raise usage_error("since-form", form=form)
    from clusters_geo.auditing.run import audit
    from clusters_geo.report.audit_report import AuditReport

    with working("reading", lang):
        clusters, districts, totals = _tables(clusters_file, districts_file, totals_file, crs, by)
        findings = audit(
            clusters,
            districts,
            by=by,
            totals=totals,
            law=law,
            on=date.today() if on == "today" else on,  # noqa: DTZ011 -- a day, not an instant
            rules=rules_file,
            only=only,
            skip=skip,
            baseline=baseline,
            lang=lang,
        )
        layer = districts_file or Path("hanoi-communes" if by == "commune" else "hanoi-districts")
        inputs = _inputs(clusters_file, layer, totals_file, clusters, districts, totals)
    if clusters_file is not None and not quiet:
        say_doubts(clusters, clusters_file, crs, lang)
    severity = None if fail_on == "never" else cast("Severity", fail_on)
    names = clusters["name"].to_dict() if "name" in clusters else {}
    report = AuditReport(findings, inputs, lang, severity, names=names)
    if write_baseline is not None:
        from clusters_geo.auditing.baseline import baseline_text

        put(baseline_text(findings, lang=lang), write_baseline, lang, "toml")
    if since is not None:
        _show_since(report, since, form, output, quiet=quiet)
    else:
        _show(report, form, output, brief=brief, quiet=quiet)
    if len(report.failing):
        sys.exit(FINDINGS)


def _tables(
    clusters_file: Path | None,
    districts_file: Path | None,
    totals_file: Path | None,
    crs: str | None,
    by: str | None,
) -> tuple[pd.DataFrame, gpd.GeoDataFrame | None, pd.DataFrame | None]:
    """Return the named files, or the bundled case with its totals; what is wrong in them is for the audit."""
    from clusters_geo.reference import load_hanoi, load_totals

    totals = _totals(totals_file)
    if clusters_file is None:
        clusters, districts = load_hanoi(units="communes" if by == "commune" else "districts")
        totals = load_totals() if totals is None else totals
    else:
        from clusters_geo.load import load_clusters

        clusters = load_clusters(clusters_file, crs=crs, check=False, **said_of_register())
        districts = None
    if districts_file is not None:
        from clusters_geo.load import load_units

        districts = load_units(districts_file, crs=crs, check=False)
    require_units(clusters, districts, by)
    return clusters, districts, totals


def _totals(path: Path | None) -> pd.DataFrame | None:
    if path is None:
        return None
    from clusters_geo.measure.summary import ROLES
    from clusters_geo.reading.side_files import read_side_table

    needed = ("scope", "metric", "value", "unit", "as_of", "qualifier", "role", "source")
    return read_side_table(path, needed=needed, numbers=("value",), choices={"role": ROLES})


def _inputs(
    clusters_file: Path | None,
    layer: Path,
    totals_file: Path | None,
    clusters: pd.DataFrame,
    districts: gpd.GeoDataFrame | None,
    totals: pd.DataFrame | None,
) -> tuple[Input, ...]:
    """Return what was audited: the register, then the totals, the layer of districts last."""
    from clusters_geo.reference import BUNDLED_UNITS, bundled_file

    bundled = clusters_file is None
    found = [_input(clusters_file or bundled_file("clusters.geojson"), _crs_name(clusters), clusters)]
    if totals_file is not None or bundled:
        found.append(_input(totals_file or bundled_file("totals.csv"), None, totals))
    if districts is not None:
        named = BUNDLED_UNITS.get(str(layer))
        path = bundled_file(named[0]) if named is not None else layer
        found.append(_input(path, _crs_name(districts), districts))
    return tuple(found)


def _input(path: Path, crs: object, table: pd.DataFrame | None = None) -> Input:
    """Return what the report says of a file; one that was fetched is called by its address and time."""
    from clusters_geo.reading.notes import ATTRIBUTE
    from clusters_geo.reading.opening import InputFile
    from clusters_geo.report.audit_report import Input, input_file

    if isinstance(path, Address):
        return Input(str(path), "", "–" if crs is None else str(crs))
    # The file may be another by now than the one that was read.
    read = {} if table is None else table.attrs.get(ATTRIBUTE, table.attrs)
    if read.get("sha256"):
        found = Input(Path(path).name, read["sha256"], "–" if crs is None else str(crs))
    else:
        found = input_file(Path(path), crs)
    return replace(found, name=f"{path.shown} {path.fetched_at}") if isinstance(path, InputFile) else found


def _crs_name(table: pd.DataFrame) -> object:
    """Return in which system the shapes are; a register without any has none, whatever its table carries."""
    crs = getattr(table, "crs", None)
    if crs is None or not table.geometry.notna().any():
        return None
    # A GeoPackage may carry its system in full, which fills the screen.
    authority = crs.to_authority(min_confidence=70)
    return ":".join(authority) if authority else crs.name


def _show(report: AuditReport, form: str, output: Path | None, *, brief: bool, quiet: bool) -> None:
    from clusters_geo.report.findings import findings_text, findings_to_file

    if output is not None:
        for path in findings_to_file(report, form, output, brief=brief):
            if not quiet:
                say_out(say("written", report.lang, path=str(path)), err=True)
    elif not quiet:
        on_screen = sys.stdout.isatty()
        width = shutil.get_terminal_size().columns if on_screen else None
        text = findings_text(report, form, width=width, brief=brief, color=on_screen).rstrip("\n")
        say_out(text, drawn=form == "table")


def _show_since(report: AuditReport, since: Path, form: str, output: Path | None, *, quiet: bool) -> None:
    """Say what changed since an earlier audit: five lines, or every finding of both."""
    from clusters_geo.auditing.since import compare_findings
    from clusters_geo.report.since import since_text, since_workbook

    changes = compare_findings(since, report.findings)
    if form == "xlsx" and output is not None:
        since_workbook(report, changes, since.name, output)
        say_out(say("written", report.lang, path=str(output)), err=True)
    elif output is not None or not quiet:
        put(since_text(report, changes, since.name, form), output, report.lang, form)


def _explained(rule_id: str | None, lang: Language) -> str:
    from clusters_geo.auditing.rule import all_rules, find_rule
    from clusters_geo.report.findings import explain_rule

    if rule_id is not None:
        return explain_rule(find_rule(rule_id), lang)
    rules = all_rules().values()
    width = max(len(rule.id) for rule in rules)
    return "\n".join(f"{rule.id:<{width}}  {rule.words('title', lang)}" for rule in rules)
