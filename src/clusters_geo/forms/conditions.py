"""What a register says of each cluster: yes, no, or nothing, and in which column.

A blank is not a no: a cluster without an establishment date may be established. So every condition has three
answers, and the forms count the blanks instead of dropping them. A dated column answers as of the end of the
period; failing that its yes-or-no column; failing that a column that presupposes a yes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from clusters_geo.measure.trust import weaker_basis

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from clusters_geo.forms.circular import Period

__all__ = ["Answers", "Condition", "Judged", "basis_texts", "register_column"]

Condition = Literal[
    "every",
    "in_plan",
    "established",
    "established_in_period",
    "by_enterprise",
    "detailed_plan",
    "project",
    "operating",
    "not_established",
    "craft_village",
    "specialised",
    "wastewater_started",
    "wastewater_compliant",
    "has_infrastructure",
    "has_producers",
]


_PRODUCERS_REPORT = (
    *("projects", "fdi_projects", "active_projects", "leased_ha"),
    *("workers", "revenue_bn_vnd", "budget_bn_vnd"),
)


@dataclass(frozen=True, slots=True)
class Answers:
    """For each cluster: `holds` (yes, no or missing), `column` that says so, and `basis` of that column."""

    holds: pd.Series
    column: pd.Series
    basis: pd.Series


def register_column(clusters: pd.DataFrame, name: str) -> pd.Series:
    """Return a column of the register, all missing where it is absent.

    Examples
    --------
    >>> register_column(pd.DataFrame(index=["A"]), "workers").isna().all()
    np.True_
    """
    return clusters[name] if name in clusters else pd.Series(pd.NA, index=clusters.index, dtype="object")


# Figures from which a yes follows, that no document and no flag says: the form tells that it is inferred.
_EVIDENCE = frozenset({"approved_capital_bn_vnd", "established_ha", "speciality"})


def _answers(clusters: pd.DataFrame, *said: tuple[str, pd.Series], assumed: str = "") -> Answers:
    """Return the first answer that is not missing, column by column; `assumed` names what stands for yes."""
    # In numpy: a register has few rows, and each step of pandas costs more than all of them.
    known, holds = np.zeros(len(clusters), dtype=bool), np.zeros(len(clusters), dtype=bool)
    column, basis = np.full(len(clusters), "", dtype=object), np.full(len(clusters), "", dtype=object)
    for name, answer in said:
        new = ~known & answer.notna().to_numpy()
        if new.any():
            known |= new
            holds[new] = answer.to_numpy(dtype=bool, na_value=False)[new]
            column[new], basis[new] = name, _basis(clusters, name)[new]
    if assumed:
        column[~known], basis[~known] = assumed, "inferred"
        holds, known = holds | ~known, np.ones(len(clusters), dtype=bool)
    return Answers(
        pd.Series(pd.arrays.BooleanArray(holds, ~known), index=clusters.index),
        pd.Series(column, index=clusters.index, dtype="string"),
        pd.Series(basis, index=clusters.index, dtype="string"),
    )


def basis_texts(clusters: pd.DataFrame, name: str) -> NDArray[np.object_]:
    """Return how the figures of a column were obtained, "" where nobody says, shape (clusters,).

    Examples
    --------
    >>> basis_texts(pd.DataFrame({"workers_basis": ["declared", None]}), "workers").tolist()
    ['declared', '']
    """
    stated = register_column(clusters, f"{name}_basis")
    texts = stated if isinstance(stated.dtype, pd.StringDtype) else stated.astype("string")
    found: NDArray[np.object_] = texts.to_numpy(dtype=object, na_value="")
    return found


def _basis(clusters: pd.DataFrame, name: str) -> NDArray[np.object_]:
    own = basis_texts(clusters, name)
    if name not in _EVIDENCE:
        return own
    weaker: NDArray[np.object_] = weaker_basis(
        pd.Series(own), pd.Series("inferred", index=range(len(own)))
    ).to_numpy(dtype=object)
    return weaker


def _flag(clusters: pd.DataFrame, name: str) -> tuple[str, pd.Series]:
    return name, register_column(clusters, name).astype("boolean")


def _until(clusters: pd.DataFrame, name: str, period: Period) -> tuple[str, pd.Series]:
    days = pd.to_datetime(register_column(clusters, name))
    return name, (days <= pd.Timestamp(period.end)).astype("boolean").mask(days.isna())


def _given(clusters: pd.DataFrame, name: str) -> tuple[str, pd.Series]:
    there = register_column(clusters, name).notna()
    return name, there.astype("boolean").mask(~there)


def _every(clusters: pd.DataFrame, _: Period) -> Answers:
    return _answers(clusters, assumed="name")


def _in_plan(clusters: pd.DataFrame, period: Period) -> Answers:
    # Being in the plan is the first legal stage: what a register lists is in it, unless it says otherwise.
    said = (_until(clusters, "listed_on", period), _flag(clusters, "in_plan"))
    return _answers(clusters, *said, assumed="status")


def _established(clusters: pd.DataFrame, period: Period) -> Answers:
    said = (_until(clusters, "established_on", period), _flag(clusters, "established"))
    return _answers(clusters, *said, _given(clusters, "decision"), _given(clusters, "established_ha"))


def _not_established(clusters: pd.DataFrame, period: Period) -> Answers:
    answers = _established(clusters, period)
    return Answers(~answers.holds, answers.column, answers.basis)


def _established_in_period(clusters: pd.DataFrame, period: Period) -> Answers:
    name, by_the_end = _until(clusters, "established_on", period)
    days = pd.to_datetime(register_column(clusters, name))
    in_time = (by_the_end & (days >= pd.Timestamp(period.start))).mask(days.isna())
    never = _established(clusters, period).holds.astype("boolean")
    # Established at an unknown date: perhaps in the period, perhaps not.
    return _answers(clusters, (name, in_time), ("established", never.mask(never.fillna(value=True))))


def _by_enterprise(clusters: pd.DataFrame, _: Period) -> Answers:
    kind = register_column(clusters, "investor_kind").astype("string")
    return _answers(clusters, ("investor_kind", (kind == "enterprise").astype("boolean")))


def _detailed_plan(clusters: pd.DataFrame, period: Period) -> Answers:
    said = (_until(clusters, "detailed_plan_on", period), _flag(clusters, "detailed_plan_approved"))
    return _answers(clusters, *said, _given(clusters, "detailed_plan"))


def _project(clusters: pd.DataFrame, period: Period) -> Answers:
    # The approved capital is that of the approved project.
    said = (_until(clusters, "project_approved_on", period), _flag(clusters, "project_approved"))
    return _answers(clusters, *said, _given(clusters, "approved_capital_bn_vnd"))


def _operating(clusters: pd.DataFrame, period: Period) -> Answers:
    name, by_the_end = _until(clusters, "operating_on", period)
    not_yet = by_the_end.mask(by_the_end.fillna(value=True))
    status = clusters["status"].astype("string")
    return _answers(clusters, (name, not_yet), ("status", (status == "operating").astype("boolean")))


def _has_infrastructure(clusters: pd.DataFrame, _: Period) -> Answers:
    # Nobody builds a wastewater plant on a site whose ground is not broken.
    status = clusters["status"].astype("string")
    plant = [_flag(clusters, name)[1] for name in ("wastewater_started", "wastewater_compliant")]
    there = (
        (status != "pending").astype("boolean") | plant[0].fillna(value=False) | plant[1].fillna(value=False)
    )
    return _answers(clusters, ("status", there))


def _has_producers(clusters: pd.DataFrame, period: Period) -> Answers:
    # Whoever reports a project, a worker or leased land has producers, whatever the status says.
    operating = _operating(clusters, period)
    figures = (register_column(clusters, name).astype("Float64") for name in _PRODUCERS_REPORT)
    active = sum((figure.fillna(0) > 0).astype(int) for figure in figures)
    return Answers(operating.holds | (active > 0), operating.column, operating.basis)


def _specialised(clusters: pd.DataFrame, _: Period) -> Answers:
    return _answers(clusters, _flag(clusters, "specialised"), _given(clusters, "speciality"))


def _flag_only(name: str) -> Callable[[pd.DataFrame, Period], Answers]:
    return lambda clusters, _: _answers(clusters, _flag(clusters, name))


_CONDITIONS: dict[Condition, Callable[[pd.DataFrame, Period], Answers]] = {
    "every": _every,
    "in_plan": _in_plan,
    "established": _established,
    "established_in_period": _established_in_period,
    "by_enterprise": _by_enterprise,
    "detailed_plan": _detailed_plan,
    "project": _project,
    "operating": _operating,
    "not_established": _not_established,
    "craft_village": _flag_only("craft_village"),
    "specialised": _specialised,
    "wastewater_started": _flag_only("wastewater_started"),
    "wastewater_compliant": _flag_only("wastewater_compliant"),
    "has_infrastructure": _has_infrastructure,
    "has_producers": _has_producers,
}


@dataclass(frozen=True, slots=True)
class Judged:
    """Clusters as of a period; each condition is judged once, however many rows of a form ask for it."""

    clusters: pd.DataFrame
    period: Period
    _known: dict[Condition, Answers] = field(default_factory=dict)

    def says(self, condition: Condition) -> Answers:
        """Return what the register says about a condition.

        Examples
        --------
        >>> from clusters_geo.forms.circular import Period
        >>> table = pd.DataFrame({"status": ["operating", "pending"]})
        >>> Judged(table, Period.parse("2026")).says("operating").holds.tolist()
        [True, False]
        """
        if condition not in self._known:
            self._known[condition] = _CONDITIONS[condition](self.clusters, self.period)
        return self._known[condition]
