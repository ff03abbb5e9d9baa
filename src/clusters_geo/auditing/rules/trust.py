"""Where the figures come from, how old they are, and whether they add up to what was published."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

import pandas as pd

from clusters_geo.auditing.rule import Hit, NotJudgedError, hits, rule
from clusters_geo.measure.summary import totals_by_basis
from clusters_geo.measure.trust import is_soft, whole_scope
from clusters_geo.schema import CLUSTER_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clusters_geo.auditing.register import Register

__all__: list[str] = []

_FIGURES = tuple(c.name for c in CLUSTER_COLUMNS if c.kind in ("number", "integer"))


@rule(
    "trust.no-source",
    "warning",
)
def no_source(register: Register) -> list[Hit]:
    """Rows with figures and no source; one finding for all where the column is absent."""
    figures = [register.number(name) for name in filter(register.has, _FIGURES)]
    if not figures:
        return []
    some = pd.concat(figures, axis=1).notna().any(axis=1)
    if not register.has("source"):
        return [Hit(None, field="source")] if some.any() else []
    return hits(some & register.text("source").isna(), "source", register.text("source"))


@rule("trust.status-unknown", "warning")
def status_unknown(register: Register) -> list[Hit]:
    """Clusters whose status is not known; one finding for all where none is."""
    unknown = register.text("status").isna()
    if len(unknown) and unknown.all():
        return [Hit(int(unknown.sum()), field="status")]
    return hits(unknown, "status", register.text("status"))


@rule("trust.sum-in-file", "warning")
def sum_in_file(register: Register) -> Iterator[Hit]:
    """Totals and sections of the file itself that its rows do not add up to."""
    for aside in register.asides:
        if aside.get("adds_up") is False:
            for name, stated in aside["stated"].items():
                computed = aside["computed"].get(name, 0.0)
                if not math.isclose(stated, computed, rel_tol=1e-6, abs_tol=0.02):
                    where = {"text": aside["text"], "address": aside["address"]}
                    yield Hit(computed, stated, field=name, details=where)


@rule(
    "trust.stale",
    "warning",
    needs=("as_of|source_as_of",),
)
def stale(register: Register, *, months: int = 12) -> list[Hit]:
    """Rows older than so many months."""
    stated = register.each("source_as_of", _end_of_period)
    since = pd.to_datetime(stated).astype("datetime64[us]").fillna(register.day("as_of"))
    today = pd.Timestamp(register.on)
    age = (today.year - since.dt.year) * 12 + (today.month - since.dt.month) - (today.day < since.dt.day)
    return hits(
        since + pd.DateOffset(months=months) < today, "as_of", age.astype("Int64"), months, since=since
    )


@rule(
    "trust.total-does-not-reconcile",
    "error",
    needs=("totals", "status"),
)
def total_does_not_reconcile(register: Register) -> Iterator[Hit]:
    """Totals that differ from a published control total."""
    return _disagreeing(register, "control")


@rule(
    "trust.sources-conflict",
    "info",
    needs=("totals", "status"),
)
def sources_conflict(register: Register) -> Iterator[Hit]:
    """Totals that differ from a published note."""
    return _disagreeing(register, "note")


@rule(
    "trust.modelled-share",
    "warning",
    needs=("status",),
)
def modelled_share(
    register: Register,
    *,
    most: float = 0.2,
    columns: tuple[str, ...] = ("planned_ha", "built_ha", "leasable_ha", "leased_ha"),
) -> Iterator[Hit]:
    """Totals of which more than a fifth is modelled."""
    operating = (register.text("status") == "operating").fillna(value=False)
    for name in filter(register.has, columns):
        figures = pd.DataFrame({name: register.figure(name), f"{name}_basis": register.basis(name)})
        parts = totals_by_basis(figures[operating], name)
        soft = parts[is_soft(parts.index.to_series()).to_numpy()].sum()
        share = soft / parts.sum() if parts.sum() > 0 else 0.0
        if share > most + 1e-9:
            yield Hit(float(share), most, field=name)


@rule(
    "trust.scope-not-in-register",
    "info",
    needs=("totals",),
)
def scope_not_in_register(register: Register) -> Iterator[Hit]:
    """Scopes of published totals that the register does not have."""
    table = register.reconciled
    unknown = table[(table["role"] == "control") & table["agrees"].isna()]
    for scope, rows in unknown.groupby("scope", sort=False):
        yield Hit(len(rows), field="scope", details={"scope": {"say": scope}})


def _disagreeing(register: Register, role: str) -> Iterator[Hit]:
    table = register.reconciled[register.reconciled["role"] == role]
    if len(table) and table["agrees"].isna().all():
        raise NotJudgedError({"say": "totals of another register"})
    whole = whole_scope(register.clusters, register.totals)
    known = table[~table["agrees"].fillna(value=True).astype(bool)]
    for row in known.to_dict("records"):
        yield Hit(
            row["computed"],
            row["published"],
            field=row["metric"],
            district=None if row["scope"] == whole else row["scope"],
            details={"scope": {"say": row["scope"]}, "published_by": row["source"]},
        )


def _end_of_period(text: str) -> pd.Timestamp | None:
    """Return the last day of a year, a month or a day in ISO notation; None for anything else."""
    found = re.fullmatch(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?", text)
    if found is None:
        return None
    year, month, day = found.groups()
    try:
        start = pd.Timestamp(int(year), int(month or 12), int(day or 1))
    except ValueError:
        return None
    return start if day else start + pd.offsets.MonthEnd(0)
