"""Forms 01 and 02 as firms send them: many files, each matched to its cluster, read, or refused by address.

A file with anything in it that cannot be read is refused whole, so that no half of a form enters a register.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from clusters_geo.errors import ClustersGeoError, EngineError, told_of
from clusters_geo.forms.cells import mark_of, read_figure
from clusters_geo.forms.circular import Period, lines, verdict
from clusters_geo.forms.conditions import register_column
from clusters_geo.forms.recognise import recognise
from clusters_geo.names import match_names, slug, strip_accents
from clusters_geo.reading.child import in_child
from clusters_geo.reading.limits import refuse_spans
from clusters_geo.reading.opening import opened
from clusters_geo.reading.sheets import read_grids

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Mapping
    from datetime import date

    from clusters_geo.forms.recognise import Found, Heading
    from clusters_geo.reading.opening import InputFile
    from clusters_geo.schema import Language

__all__ = ["Received", "overdue_forms", "owes_form", "read_forms"]

_FILES = [
    *("file", "form", "cluster_id", "name", "how", "suggestions", "reporter"),
    *("period", "signed_on", "late", "rows", "refused"),
]
_FIGURES = ["file", "form", "cluster_id", "row", "column", "value", "text", "unit", "cell"]
_PROBLEMS = ["file", "cell", "row", "severity", "problem", "fix"]
_NOWHERE = {"cell": "", "row": ""}


@dataclass(frozen=True, slots=True)
class Received:
    """What came in, as three tables.

    Attributes
    ----------
    files
        One row per file: `file`, `form`, `cluster_id` (missing where none was found), `name` as written,
        `how` it was matched (`id`, `exact`, `spelling`, `accents`, `file name`, `none`), `suggestions`,
        `reporter`, `period`, `signed_on`, `late`, `rows` read, `refused`.
    figures
        One row per figure: `file`, `form`, `cluster_id`, `row`, `column` of the register, `value` in its
        unit, `text` as written, `unit` as stated, `cell`. Files that are refused have none.
    problems
        One row per problem: `file`, `cell` (as `B12`), `row`, `severity` (`refused` or `doubt`), and
        `problem` and `fix` in the language asked for.
    """

    files: pd.DataFrame
    figures: pd.DataFrame
    problems: pd.DataFrame


def read_forms(
    paths: Iterable[str | os.PathLike[str]],
    clusters: pd.DataFrame,
    *,
    period: str | Period,
    lang: Language = "vi",
    progress: Callable[[int, int, str], None] | None = None,
) -> Received:
    r"""Read Forms 01 and 02 as they were sent in.

    Parameters
    ----------
    paths
        XLSX, CSV or DOCX files, in any layout that words its rows like the circular.
    clusters
        The register that they report on.
    period
        The period asked for; a form that says it is for another is refused.
    lang
        Language of the problems and what to do about them.
    progress
        Called before each file with its number, how many there are, and its name.

    Returns
    -------
    Tables of files, figures and problems. A file that cannot be read is a row with `refused`, not an error.

    Raises
    ------
    SchemaError
        If the period is none.
    EngineError
        If openpyxl or python-docx is needed and not installed.

    Examples
    --------
    >>> register = pd.DataFrame(
    ...     {"name": ["Phú Thị"], "status": "operating"}, index=pd.Index(["CCN-01"], name="cluster_id")
    ... )
    >>> text = "Tên CCN: Phu Thi\nSTT;Chỉ tiêu;Kết quả\n1;Tổng mức đầu tư xây dựng hạ tầng kỹ thuật theo "
    >>> text += "dự án đã được duyệt;120,5\n6;Tổng số dự án đầu tư sản xuất kinh doanh đã thuê đất;x1"
    >>> _ = (tmp / "form.csv").write_text(text, encoding="utf-8")
    >>> received = read_forms([tmp / "form.csv"], register, period="2026-H1", lang="en")
    >>> problems = received.problems.set_index("severity")
    >>> problems.loc["refused", ["cell", "problem"]].tolist()
    ['C4', "'x1' is not a number"]
    """
    asked = Period.parse(period)
    files, figures, problems = [], [], []
    names = list(paths)
    for at, file in enumerate(names, start=1):
        if progress:
            progress(at, len(names), Path(file).name)
        one = _read_one(file, clusters, asked, lang)
        files.append(one.file)
        problems += one.problems
        figures += [] if one.file["refused"] else one.figures
    return Received(
        pd.DataFrame(files, columns=_FILES),
        pd.DataFrame(figures, columns=_FIGURES),
        pd.DataFrame(problems, columns=_PROBLEMS),
    )


def overdue_forms(
    clusters: pd.DataFrame, received: Received, *, period: str | Period, on: date
) -> pd.DataFrame:
    """Return whose Form 02 is in, late or missing.

    Parameters
    ----------
    clusters
        The register; sites whose ground is not broken owe no form unless they name an investor.
    received
        From `read_forms`.
    period
        The period asked for.
    on
        The day that decides what is overdue.

    Returns
    -------
    One row per cluster that owes a form, indexed by `cluster_id`: `name`, `investor`, `due` (the day before
    which it is due), `file`, `state` (`in`, `late`, `refused`, `missing`, `overdue`).

    Examples
    --------
    >>> from datetime import date
    >>> register = pd.DataFrame(
    ...     {"name": ["Phú Thị"], "status": "operating"}, index=pd.Index(["CCN-01"], name="cluster_id")
    ... )
    >>> nothing = read_forms([], register, period="2026-H1")
    >>> overdue_forms(register, nothing, period="2026-H1", on=date(2026, 6, 20))["state"].tolist()
    ['overdue']
    """
    asked = Period.parse(period)
    forms = received.files[received.files["form"] == "02"]
    sent = forms.sort_values("refused", kind="stable").drop_duplicates("cluster_id").set_index("cluster_id")
    rows = clusters.index[owes_form(clusters)]
    gone = "overdue" if asked.overdue("02", on) else "missing"
    table = pd.DataFrame(
        {
            "name": clusters.loc[rows, "name"],
            "investor": register_column(clusters, "investor").loc[rows],
            "due": asked.due("02"),
            "file": sent["file"].reindex(rows),
        },
        index=rows,
    )
    states = [_state(sent.loc[key], gone) if key in sent.index else gone for key in rows]
    return table.assign(state=states)


def owes_form(clusters: pd.DataFrame) -> pd.Series:
    """Return of which clusters a Form 02 is due: all but sites not begun that name no investor.

    Examples
    --------
    >>> owes_form(pd.DataFrame({"status": ["operating", "pending", None]})).tolist()
    [True, False, True]
    """
    waits = (clusters["status"].astype("string") == "pending").fillna(value=False).astype(bool)
    return ~waits | register_column(clusters, "investor").notna()


def _state(file: pd.Series, gone: str) -> str:
    if file["refused"]:
        return "refused" if gone == "missing" else gone
    return "late" if file["late"] else "in"


@dataclass(slots=True)
class _One:
    """What one file gave."""

    file: dict[str, object]
    figures: list[dict[str, object]]
    problems: list[dict[str, object]]
    lang: Language

    def refuse(self, rule: str, at: Mapping[str, str] = _NOWHERE, **words: object) -> None:
        self._note("refused", rule, at, words)
        self.file["refused"] = True

    def doubt(self, rule: str, at: Mapping[str, str] = _NOWHERE, **words: object) -> None:
        self._note("doubt", rule, at, words)

    def _note(self, severity: str, rule: str, at: Mapping[str, str], words: Mapping[str, object]) -> None:
        problem, fix = verdict(rule, self.lang, **words)
        told = {"file": self.file["file"], **at, "severity": severity, "problem": problem, "fix": fix}
        self.problems.append(told)


def _read_one(path: str | os.PathLike[str], clusters: pd.DataFrame, asked: Period, lang: Language) -> _One:
    one = _One(dict.fromkeys(_FILES) | {"file": Path(path).name, "refused": False, "rows": 0}, [], [], lang)
    try:
        with told_of(path):
            _read_form(one, path, clusters, asked)
    except EngineError:
        raise
    except ClustersGeoError as error:
        # One file that cannot be read is a row that says so, never the end of all the others.
        one.refuse("file.unreadable", error=error.text(lang))
        one.figures.clear()
    return one


def _read_form(one: _One, path: str | os.PathLike[str], clusters: pd.DataFrame, asked: Period) -> None:
    with opened(path) as file:
        found = in_child(partial(_recognised, file), path=file.name, size=file.size)
    if found is None:
        one.refuse("file.no-form")
        return
    one.file["form"] = found.form
    _match(one, found.heading, Path(path), clusters)
    _check_dates(one, found.heading, asked)
    _read_places(one, found)


def _recognised(file: InputFile) -> Found | None:
    with told_of(file):
        if file.path.suffix.lower() in {".xlsx", ".xlsm", ".docx"}:
            refuse_spans(file.name, file.path)
        return recognise(read_grids(file))


def _match(one: _One, heading: Heading, path: Path, clusters: pd.DataFrame) -> None:
    """Find the cluster by its id, its name, or the name of the file."""
    one.file |= {"name": heading.name, "reporter": heading.reporter, "how": "none", "suggestions": ""}
    if heading.cluster_id in clusters.index:
        one.file |= {"cluster_id": heading.cluster_id, "how": "id"}
        return
    names = clusters["name"].astype("string")
    if heading.name:
        match = match_names(pd.Series([heading.name]), names.dropna().unique()).iloc[0]
        one.file["suggestions"] = match["suggestions"]
        same = clusters.index[(names == match["match"]).fillna(value=False)]
        same = _in_place(same, clusters, heading.place)
        if len(same) == 1:
            one.file |= {"cluster_id": same[0], "how": match["how"]}
            return
        if len(same) > 1:
            ids = ", ".join(map(str, same))
            one.refuse("file.same-name", n=len(same), name=match["match"], ids=ids)
            return
    else:
        same = _in_file_name(path.stem, clusters)
        if len(same) == 1:
            one.file |= {"cluster_id": same[0], "how": "file name"}
            return
    near = one.file["suggestions"]
    rule = "no-cluster" if not heading.name else "misspelt-cluster" if near else "unknown-cluster"
    one.refuse(f"file.{rule}", name=heading.name, near=near)


def _in_file_name(stem: str, clusters: pd.DataFrame) -> pd.Index:
    """Return the clusters whose id, or else whose name, is part of the name of a file."""

    def words(text: object) -> str:
        return "-" + "-".join(re.findall(r"[a-z0-9]+", strip_accents(str(text)).casefold())) + "-"

    by_id = clusters.index[[words(key) in words(stem) for key in clusters.index]]
    if len(by_id):
        return by_id
    return clusters.index[[words(name) in words(stem) for name in clusters["name"].fillna("?")]]


def _in_place(same: pd.Index, clusters: pd.DataFrame, place: str) -> pd.Index:
    if len(same) < 2 or not place:  # noqa: PLR2004 - nothing to tell apart
        return same
    districts = register_column(clusters, "district").astype("string").fillna("").loc[same]
    here = [bool(name) and slug(name) in slug(place) for name in districts]
    return same[here] if any(here) else same


def _check_dates(one: _One, heading: Heading, asked: Period) -> None:
    one.file |= {"period": heading.period or None, "signed_on": heading.signed_on}
    one.file["late"] = heading.signed_on is not None and asked.overdue(
        str(one.file["form"]), heading.signed_on
    )
    if heading.period and heading.period != asked.code:
        one.refuse("file.other-period", period=heading.period, asked=asked.code)
    elif not heading.period:
        one.doubt("file.no-period", asked=asked.code)


def _read_places(one: _One, found: Found) -> None:
    for address, rule, words in found.problems:
        one.refuse(rule, {"cell": _short(address), "row": ""}, **words)
    mark = mark_of(place.cell for place in found.places)
    for place in found.places:
        figure = read_figure(place.cell, place.line, place.unit, mark)
        at = {"cell": _short(place.cell.address), "row": place.line.row}
        if figure.refused:
            one.refuse(figure.refused, at, **figure.words)
        if figure.doubt:
            one.doubt(figure.doubt, at, **figure.words)
        if figure.value is None:
            continue
        told = {"text": place.cell.text, "unit": place.unit, "value": figure.value}
        whose = {"file": one.file["file"], "form": found.form, "cluster_id": one.file["cluster_id"]}
        one.figures.append(whose | {"column": place.line.column} | told | at)
    one.file["rows"] = len(one.figures)
    absent = {line.row for line in lines(found.form)} - {place.line.row for place in found.places}
    if absent and not found.problems:
        listed = ", ".join(sorted(absent, key=int))
        one.doubt("file.rows-absent", rows=listed)


def _short(address: str) -> str:
    # The only sheet of a form need not be named; its cell is what people look for.
    return address.rpartition("!")[2]
