"""The audit: every rule over one register, and a record of what was judged and what could not be."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING

import pandas as pd

from clusters_geo.auditing.findings import findings_table
from clusters_geo.auditing.register import Register
from clusters_geo.auditing.rule import NotJudgedError
from clusters_geo.auditing.settings import load_settings
from clusters_geo.errors import SchemaError
from clusters_geo.words import cite, format_value

if TYPE_CHECKING:
    import os
    from collections.abc import Collection

    import geopandas as gpd

    from clusters_geo.auditing.rule import Hit, Rule
    from clusters_geo.auditing.settings import RulesSource, Settings
    from clusters_geo.schema import Language

__all__ = ["RuleRun", "audit"]


@dataclass(frozen=True, slots=True)
class RuleRun:
    """What became of a rule: the rows it could judge, how often it fired, or why it could not judge any.

    `lacks` names the columns that hold nothing, where that is why.
    """

    rule: str
    severity: str
    parameters: dict[str, object]
    judged: int
    findings: int
    not_judged: str | None
    lacks: str | None


def audit(  # noqa: PLR0913 -- each is an option of the command too
    clusters: pd.DataFrame,
    districts: gpd.GeoDataFrame | None = None,
    *,
    by: str | None = None,
    totals: pd.DataFrame | None = None,
    law: date | str | None = None,
    on: date | str | None = None,
    rules: RulesSource = None,
    only: Collection[str] = (),
    skip: Collection[str] = (),
    baseline: str | os.PathLike[str] | None = None,
    lang: Language = "vi",
) -> gpd.GeoDataFrame:
    """Ask whether a register is plausible and lawful.

    Parameters
    ----------
    clusters
        One row per cluster, indexed by `cluster_id`, as from `load_clusters(..., check=False)`.
    districts
        The layer of districts; without it nothing is judged against borders.
    by
        Which column of the register, `district` or `commune`, findings name where there is no layer; None as
        `home_units`.
    totals
        Published totals as from `load_totals`; without them nothing is reconciled.
    law
        The day whose law is applied; the date of the register (its latest `as_of`) by default, today if it
        has none. Three regimes: see `planning.law`.
    on
        The day from which ages are counted, like `law` by default.
    rules
        A TOML file or a dictionary that sets parameters and severities and switches rules off.
    only, skip
        Ids, families (`law`) or patterns (`figures.*`) of rules.
    baseline
        A file of accepted findings; adds the columns `state` (`new`, `accepted`, `expired`, `gone`), `reason`
        and `expires`.
    lang
        The language of `message` and `fix`.

    Returns
    -------
    One row per finding: `rule`, `severity` (error, warning, info), `cluster_id`, `district`, `field`,
    `value`, `expected`, `message`, `fix`, `source` (of the threshold), `row` (of the
    sheet or text file; else the record, from 1), `geometry`. Errors
    first, then by rule and row. A finding that rests on a modelled or schematic figure says so and is info.
    `.attrs["audit"]` records the dates, the law, and for each rule its parameters, the rows judged, and why
    it was not judged where it was not.

    Raises
    ------
    SchemaError, SourceError
        If an option is not understood; what is in the tables is reported, not raised.

    Examples
    --------
    >>> import pandas as pd
    >>> register = pd.DataFrame(
    ...     {"name": ["A", "B"], "planned_ha": [20.0, 12.0], "built_ha": [25.0, 12.0]},
    ...     index=pd.Index(["1", "2"], name="cluster_id"),
    ... )
    >>> findings = audit(register, on="2024-06-30", only=["figures"], lang="en")
    >>> findings[["rule", "cluster_id", "message"]].iloc[0].tolist()
    ['figures.built-over-planned', '1', '25 ha built, but only 20 ha planned.']
    """
    settings = load_settings(rules, only=only, skip=skip)
    dated = _register_date(clusters)
    law_on = _day(law, "law") or dated or _day(on, "on") or date.today()  # noqa: DTZ011 -- a day, not an instant
    register = Register(clusters, districts, totals, law_on, _day(on, "on") or dated or law_on, by)
    found: list[tuple[Rule, Hit]] = []
    runs = [_run(rule, register, settings, found, lang) for rule in settings.rules]
    table = findings_table(((rule, settings.severity(rule), hit) for rule, hit in found), register, lang)
    table.attrs["audit"] = {
        "on": register.on.isoformat(),
        "law_on": law_on.isoformat(),
        "regime": register.regime.code,
        "law": cite(register.regime.act, lang),
        "clusters": len(clusters),
        "districts": 0 if districts is None else len(districts),
        "lang": lang,
        "rules": [asdict(run) for run in runs],
    }
    if baseline is None:
        return table
    from clusters_geo.auditing.baseline import apply_baseline

    return apply_baseline(table, baseline)


def _run(
    rule: Rule, register: Register, settings: Settings, found: list[tuple[Rule, Hit]], lang: Language
) -> RuleRun:
    parameters = settings.of(rule)
    why, count = next(filter(None, map(register.missing, rule.needs)), None), 0
    if why is None:
        try:
            fired = list(rule.check(register, **parameters))
            found.extend((rule, hit) for hit in fired)
            count = len(fired)
        except NotJudgedError as nothing:
            why = nothing.why
    plain = {name: list(value) if isinstance(value, tuple) else value for name, value in parameters.items()}
    judged = register.judged(rule.needs) if why is None else 0
    said = None if why is None else format_value(why, lang)
    lacks = None if why is None or "columns" not in why else str(why["columns"])
    return RuleRun(rule.id, settings.severity(rule), plain, judged, count, said, lacks)


def _register_date(clusters: pd.DataFrame) -> date | None:
    if "as_of" not in clusters:
        return None
    latest = pd.to_datetime(clusters["as_of"], errors="coerce").max()
    return None if pd.isna(latest) else latest.date()


def _day(day: date | str | None, option: str) -> date | None:
    if isinstance(day, pd.Timestamp):
        return day.date()
    if day is None or isinstance(day, date):
        return day
    try:
        return date.fromisoformat(day)
    except ValueError:
        raise SchemaError("audit.day", option=option, day=day) from None
