"""Known findings that somebody accepted, with a reason and a date until which that holds.

A finding is the same as an accepted one if rule, cluster, district, field and value are the same; what
becomes worse is new again. Expiry is counted by the calendar, not by the date of the register.

::

    [[accepted]]
    rule = "law.size-below-minimum"
    cluster_id = "HN-030"
    field = "planned_ha"
    value = "4.2"
    reason = "Formed in 2004, before the limit"
    expires = 2027-06-30
"""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pandas as pd

from clusters_geo.errors import SchemaError
from clusters_geo.reading.side_files import read_toml
from clusters_geo.words import is_missing, speaker

if TYPE_CHECKING:
    import os

    from clusters_geo.schema import Language

__all__ = ["apply_baseline", "baseline_text", "plain_key", "read_baseline"]

_KEYS = ("rule", "cluster_id", "district", "field", "value")
_DAYS_ACCEPTED = 365
_say = speaker("audit")


def apply_baseline(
    findings: pd.DataFrame, baseline: str | os.PathLike[str], *, today: date | None = None
) -> pd.DataFrame:
    """Mark findings as new, accepted or expired, and add those that are gone.

    Parameters
    ----------
    findings
        As from `audit`.
    baseline
        A file as from `baseline_text`.
    today
        The day by which entries expire; today by default. The last day still counts.

    Returns
    -------
    The findings with `state` (`new`, `accepted`, `expired`), `reason` and `expires`, and below them, with
    state `gone`, a row for each accepted finding that is no more.

    Raises
    ------
    SourceError, SchemaError
        As `read_baseline`.
    """
    accepted = read_baseline(baseline)
    day = pd.Timestamp(today or date.today())  # noqa: DTZ011 -- a day, not an instant
    keys = _keys(findings)
    entries = accepted.set_index("key")
    known = keys.isin(entries.index)
    expires = pd.to_datetime(keys.map(entries["expires"]))
    marked = findings.assign(
        state=pd.Series("new", index=findings.index, dtype="string")
        .mask(known, "accepted")
        .mask(known & (expires < day), "expired"),
        reason=keys.map(entries["reason"]).astype("string"),
        expires=expires,
    )
    gone = accepted[~accepted["key"].isin(keys)]
    if gone.empty:
        return marked
    rows = gone.drop(columns="key").assign(
        state="gone", severity="info", message=gone["message"], expires=pd.to_datetime(gone["expires"])
    )
    rows.index = pd.RangeIndex(len(marked), len(marked) + len(rows))
    both = marked.reindex(marked.index.append(rows.index))
    for column in rows:
        both.loc[rows.index, column] = rows[column].astype(both[column].dtype)
    both.attrs = findings.attrs
    return both


def read_baseline(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Return the accepted findings of a file.

    Returns
    -------
    One row each: `key`, `rule`, `cluster_id`, `district`, `field`, `value`, `message`, `reason`, `expires`.

    Raises
    ------
    SourceError
        If the file cannot be read as TOML.
    SchemaError
        If an entry lacks its rule, its reason or its date of expiry.
    """
    content = read_toml(path)
    entries = content.get("accepted", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise SchemaError("audit.baseline-entries", path=path)
    for number, entry in enumerate(entries, start=1):
        _check(entry, f"{path}, entry {number}")
    table = pd.DataFrame(entries, columns=[*_KEYS, "message", "reason", "expires"])
    return table.assign(key=_keys(table)).drop_duplicates("key")


def baseline_text(findings: pd.DataFrame, *, today: date | None = None, lang: Language = "vi") -> str:
    """Return the file that accepts all these findings for a year; reasons already given are kept.

    Parameters
    ----------
    findings
        As from `audit`, with `state` and `reason` if a baseline was applied; what is gone is left out.
    today
        The day of acceptance; today by default.
    lang
        Of the heading and of reasons that are still to be given.

    Examples
    --------
    >>> import pandas as pd
    >>> from clusters_geo.auditing.run import audit
    >>> register = pd.DataFrame({"planned_ha": [-1.0]}, index=pd.Index(["1"], name="cluster_id"))
    >>> findings = audit(register, only=["figures.negative"], on="2024-06-30", lang="en")
    >>> print(baseline_text(findings, today=date(2024, 7, 1), lang="en"))
    # Accepted findings: give each its reason and its date of expiry.
    <BLANKLINE>
    [[accepted]]
    rule = "figures.negative"
    cluster_id = "1"
    field = "planned_ha"
    value = "-1"
    message = "Planned area is -1."
    reason = "Accepted on 2024-07-01; to be explained"
    expires = 2025-07-01
    <BLANKLINE>
    """
    day = today or date.today()  # noqa: DTZ011 -- a day, not an instant
    lines = [f"# {_say('baseline_head', lang)}", ""]
    for finding in findings.to_dict("records"):
        state = finding.get("state", "new")
        if state == "gone":
            continue
        reason, expires = _say("baseline_reason", lang, day=f"{day}"), day + timedelta(days=_DAYS_ACCEPTED)
        if state == "accepted":
            reason, expires = str(finding["reason"]), finding["expires"].date()
        values = {name: plain_key(finding[name]) for name in (*_KEYS, "message")} | {"reason": reason}
        lines += ["[[accepted]]", *(f"{name} = {_quoted(text)}" for name, text in values.items() if text)]
        lines += [f"expires = {expires}", ""]
    return "\n".join(lines)


def _check(entry: dict[str, object], where: str) -> None:
    for name in ("rule", "reason"):
        if not isinstance(entry.get(name), str) or not str(entry[name]).strip():
            raise SchemaError("audit.baseline-lacks", where=where, name=name)
    if not isinstance(entry.get("expires"), date):
        raise SchemaError("audit.baseline-expires", where=where, rule=entry["rule"])


def _keys(findings: pd.DataFrame) -> pd.Series:
    rows = [
        json.dumps([plain_key(value) for value in row])
        for row in findings[list(_KEYS)].itertuples(index=False)
    ]
    return pd.Series(rows, index=findings.index, dtype="object")


def plain_key(value: object) -> str:
    """Return a value as the file keeps it; numbers to six digits, so that rounding does not make them new."""
    if is_missing(value):
        return ""
    return f"{value:.6g}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def _quoted(text: str) -> str:
    # JSON's escapes are TOML's, but for the delete character.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
