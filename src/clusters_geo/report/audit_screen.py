"""An audit on a screen: by rule, the clusters in a line; what was not judged at the end, the verdict last."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from clusters_geo.auditing.rule import SEVERITIES, all_rules
from clusters_geo.report.audit_report import FIRST_TOLD
from clusters_geo.report.tables import printable
from clusters_geo.words import format_value, is_missing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pandas as pd

    from clusters_geo.report.audit_report import AuditReport

__all__ = ["audit_screen", "flowed", "since_lines"]

_WIDTH = 100
_INDENT = 4
# So few findings of a rule are told in full; of more the clusters are listed, with one as an example.
_TOLD = 2
# Reasons told in brief.
_REASONS = 3


def audit_screen(
    report: AuditReport, *, width: int | None = None, brief: bool = False, color: bool = False
) -> str:
    """Return findings for a terminal, or in a few lines for a mail.

    Parameters
    ----------
    report
        Findings and their provenance.
    width
        Characters a line, where texts allow: an id is never cut.
    brief
        Only rules with their counts, and the verdict.
    color
        Whether headings may be bold.
    """
    open_ones = _open(report)
    blocks = (
        [] if brief else [_block(report, rows, width or _WIDTH, color=color) for rows in _by_rule(open_ones)]
    )
    ends = [_end(report, width or _WIDTH, brief=brief), _verdict(report, open_ones, color=color, brief=brief)]
    return "\n\n".join(filter(None, [*blocks, *ends]))


def since_lines(report: AuditReport, changes: pd.DataFrame, before: str) -> list[str]:
    """Return in five lines for a mail what changed since an earlier audit, and the verdict.

    Parameters
    ----------
    report
        The later audit.
    changes
        As from `compare_findings`.
    before
        What the earlier one is called.
    """
    of = {change: changes[changes["change"] == change] for change in ("new", "gone", "unknown", "still")}
    counts = {change: format_value(len(rows), report.lang) for change, rows in of.items()}
    lines = [report.say("since_head", before=before, **counts)]
    for change, most in (("new", _SINCE_CLUSTERS), ("gone", _SINCE_CLUSTERS), ("still", 0)):
        told = [_since_rule(report, rows, most) for rows in _by_rule(of[change])]
        more = [report.say("and_more_rules", n=len(told) - _SINCE_RULES)] if len(told) > _SINCE_RULES else []
        open_ones = change == "gone" and len(of["unknown"]) > 0
        unknown = [report.say("since_unknown", n=counts["unknown"])] if open_ones else []
        listed = "; ".join([*told[:_SINCE_RULES], *more, *unknown]) or "–"
        lines.append(report.say(f"since_{change}", told=listed))
    return [*map(_line, lines), _line(_conclusion(report))]


_SINCE_RULES = 4
_SINCE_CLUSTERS = 3


def _since_rule(report: AuditReport, rows: pd.DataFrame, most: int) -> str:
    """Return what findings of one rule are, how many, and where the first of them are."""
    known, rule = all_rules(), str(rows["rule"].iloc[0])
    title = known[rule].words("title", report.lang) if rule in known else rule
    severity = report.say(str(rows["severity"].iloc[0]))
    told = report.say("since_rule", severity=severity, title=title, n=format_value(len(rows), report.lang))
    places = _places(report, rows)
    if not most:
        return told
    return f"{told}: {', '.join(places[:most])}{', …' if len(places) > most else ''}"


def flowed(items: Iterable[str], width: int, indent: int = 0) -> list[str]:
    """Return items in lines of a width, separated by commas, none of them cut.

    Examples
    --------
    >>> flowed(["HN-001 Phú Thị", "HN-002 Kiêu Kỵ"], 20, indent=2)
    ['  HN-001 Phú Thị,', '  HN-002 Kiêu Kỵ']
    """
    lines = [""]
    for item in items:
        longer = f"{lines[-1]}, {item}" if lines[-1] else item
        if lines[-1] and indent + len(longer) + 1 > width:
            lines[-1] += ","
            lines.append(item)
        else:
            lines[-1] = longer
    return [" " * indent + line for line in lines if line]


def _open(report: AuditReport) -> pd.DataFrame:
    """Return the findings that nobody has accepted."""
    found = report.present
    return found[found["state"] != "accepted"] if "state" in found else found


def _by_rule(found: pd.DataFrame) -> Iterator[pd.DataFrame]:
    rank = {severity: place for place, severity in enumerate(SEVERITIES)}
    groups = [rows for _, rows in found.groupby(["rule", "severity"], sort=False)]
    return iter(
        sorted(groups, key=lambda rows: (rank[rows["severity"].iloc[0]], -len(rows), rows["rule"].iloc[0]))
    )


def _block(report: AuditReport, rows: pd.DataFrame, width: int, *, color: bool) -> str:
    first = rows.iloc[0]
    rule = all_rules()[str(first["rule"])]
    title = rule.words("title", report.lang)
    head = report.say(
        "group", severity=report.say(str(first["severity"])), title=title, n=len(rows), rule=rule.id
    )
    lines = [_bold(_line(head), color=color)]
    if len(rows) <= _TOLD:
        for row in rows.to_dict("records"):
            where = report.cluster(row["cluster_id"]) or _text(row["district"], report)
            lines += _told(": ".join(filter(None, [where, _text(row["message"], report)])), width)
    else:
        told = rows.head(FIRST_TOLD) if report.shortened else rows
        places = [_line(where) for where in _places(report, told)]
        if len(told) < len(rows):
            places.append(report.say("and_more", n=format_value(len(rows) - len(told), report.lang)))
        lines += flowed(places, width, _INDENT)
        example = f"{_places(report, rows.head(1))[0]}: {_text(first['message'], report)}"
        lines += _told(report.say("example", what=example), width)
    return "\n".join([*lines, *_told(f"→ {_text(first['fix'], report)}", width)])


def _places(report: AuditReport, rows: pd.DataFrame) -> list[str]:
    """Return what findings are about, each once: clusters, else units, else the whole register."""
    places: dict[str, int] = {}
    for row in rows.to_dict("records"):
        where = (
            report.cluster(row["cluster_id"]) or _text(row["district"], report) or report.say("everywhere")
        )
        places[where] = places.get(where, 0) + 1
    return [where if n == 1 else f"{where} (×{n})" for where, n in places.items()]


def _told(words: str, width: int) -> list[str]:
    lines = [""]
    for word in _line(words).split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and _INDENT + len(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return [" " * _INDENT + line for line in lines if line]


def _end(report: AuditReport, width: int, *, brief: bool) -> str:
    """Return what was not judged, by reason."""
    if brief or not report.not_judged():
        return ""
    reasons: dict[str, list[str]] = {}
    for rule, why in report.not_judged():
        reasons.setdefault(why, []).append(rule)
    lines = [f"{report.say('not_judged')}:"]
    for why, rules in reasons.items():
        lines += [" " * 2 + _line(why), *flowed(rules, width, _INDENT)]
    return "\n".join(lines)


def _verdict(report: AuditReport, open_ones: pd.DataFrame, *, color: bool, brief: bool) -> str:
    counts = open_ones["rule"].value_counts()
    lines = [] if brief else report.provenance_lines()
    if brief and len(counts):
        lines.append(report.say("by_rule", rules=[f"{rule} ×{n}" for rule, n in counts.items()]))
    if not len(open_ones):
        accepted = len(report.present)
        lines.append(report.say("all_accepted", n=accepted) if accepted else report.say("none"))
    else:
        lines += report.headline()
    if brief:
        lines += _not_judged_in_brief(report)
    elif len(open_ones):
        lines += report.whole_elsewhere() or [report.say("more_formats")]
    return "\n".join([*(_line(line) for line in lines), _bold(_conclusion(report), color=color)])


def _not_judged_in_brief(report: AuditReport) -> list[str]:
    """Return how many rules were not judged and for what, the commonest reasons first; columns as one."""
    runs = [run for run in report.runs if run["not_judged"]]
    if not runs:
        return []
    whys = [report.say("not_judged_columns") if run["lacks"] else str(run["not_judged"]) for run in runs]
    first = Counter(whys).most_common(_REASONS)
    told = [report.say("not_judged_as", n=n, why=why) for why, n in first]
    rest = len(whys) - sum(n for _, n in first)
    told += [report.say("not_judged_else", n=rest)] * bool(rest)
    return [report.say("not_judged_count", n=len(whys), all=len(report.runs), why="; ".join(told))]


def _conclusion(report: AuditReport) -> str:
    key = "verdict_failing" if len(report.failing) else "verdict_sound"
    return report.say(key, n=len(report.failing), level=report.say(report.fail_on or "error"))


def _line(words: str) -> str:
    """Return a text on one line."""
    return " ".join(printable(words).split())


def _bold(words: str, *, color: bool) -> str:
    return f"\x1b[1m{words}\x1b[0m" if color else words


def _text(value: object, report: AuditReport) -> str:
    return "" if is_missing(value) else format_value(value, report.lang)
