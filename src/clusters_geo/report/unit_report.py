"""The report of a unit on one or two A4 pages, in the layout of Vietnamese administrative documents.

Map, totals with their bases, stages, clusters, findings that need an answer, and the cells that a fill rate
lacks, as a list to send back. The heading follows appendix I of Decree 30/2020/NĐ-CP: agency left, name
of the state and motto on the right, number, place and date below, recipients and signature at the end.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from clusters_geo import __version__
from clusters_geo.auditing.run import audit
from clusters_geo.errors import SchemaError
from clusters_geo.measure.rates import fill_rates
from clusters_geo.measure.summary import summarize, totals_at
from clusters_geo.measure.trust import MARK, doubtful_cells, province_of
from clusters_geo.names import name_order, slug
from clusters_geo.reading.notes import has_made_ids
from clusters_geo.report.audit_report import AuditReport
from clusters_geo.report.bars import WIDTH
from clusters_geo.report.charts import chart
from clusters_geo.report.sheets import summary_sheet, summary_table_sheet
from clusters_geo.report.svg import beside
from clusters_geo.report.svg_map import has_place, svg_map
from clusters_geo.report.tables import Sheet
from clusters_geo.schema import STATUSES
from clusters_geo.units.model import is_gone, unit_labels, unit_level, unit_types
from clusters_geo.units.names import asked_for
from clusters_geo.units.places import home_units, named_level, no_such_unit
from clusters_geo.words import MISSING, format_date, format_number, format_percent, speaker
from clusters_geo.words.progress import notebook_progress

if TYPE_CHECKING:
    import os
    from collections.abc import Callable
    from datetime import date

    import geopandas as gpd

    from clusters_geo.schema import Language

__all__ = ["KINDS", "Part", "UnitReport", "save_report", "save_unit_reports", "unit_report"]

KINDS = ("pdf", "docx", "html")

_say = speaker("unit_report")
# More rows would not leave the report on two pages.
_LISTED = 24
_ASKED = 14
_NEEDED = ("leasable_ha", "leased_ha")
# Side by side they are as wide as the page, which is 175 mm: letters of 10 are printed with six points.
_MAP, _CHART = (420.0, 400.0), 420.0


@dataclass(frozen=True, slots=True)
class Part:
    """A numbered part of a report: a drawing, a table, lines or a sentence, in this order."""

    title: str
    drawing: str = ""
    table: Sheet | None = None
    lines: tuple[str, ...] = ()
    text: str = ""


@dataclass(frozen=True, slots=True)
class UnitReport:
    """A report in words and tables, ready to be written in any format."""

    lang: Language
    agency: str
    number: str
    republic: str
    motto: str
    place_date: str
    heading: str
    about: str
    as_of: str
    parts: tuple[Part, ...]
    notes: tuple[str, ...]
    signed: bool
    recipients: tuple[str, ...]
    sign_head: str
    sign: str


def save_report(  # noqa: PLR0913 - all but the tables and the path is keyword-only
    clusters: gpd.GeoDataFrame,
    path: str | os.PathLike[str],
    units: gpd.GeoDataFrame | None = None,
    *,
    unit: str | None = None,
    by: str | None = None,
    lang: Language = "vi",
    signed: bool = True,
    agency: str | None = None,
    on: date | None = None,
) -> Path:
    """Write the report of a unit, or of the whole register, on one or two A4 pages.

    Parameters
    ----------
    clusters
        The register.
    path
        Where to; `.pdf`, `.docx` or `.html`. A PDF is printed by Chromium, or by WeasyPrint where there
        is none.
    units
        Units with `name`, for the map and for where clusters lie; None goes by the register's own columns.
    unit
        Which unit, in any spelling; None for the whole register.
    by
        Which of its own columns, `district` or `commune`, where there are no `units`; None as `home_units`.
    lang
        Language of the report.
    signed
        Whether it has a number, recipients and room for a signature, or is for information.
    agency
        Whose report it is, for the heading.
    on
        The day of the report; None leaves room to write it.

    Returns
    -------
    Where the file is.

    Raises
    ------
    SchemaError
        If there is no such unit, or the path has another ending.
    SourceError
        If the file cannot be written.
    EngineError
        If what makes a PDF or DOCX is not installed.

    Examples
    --------
    >>> import clusters_geo as cg
    >>> clusters, districts = cg.load_hanoi()
    >>> cg.save_report(clusters, tmp / "thuong-tin.html", districts, unit="thuong tin").name
    'thuong-tin.html'
    """
    from clusters_geo.report.paper import write_report

    kind = Path(path).suffix.lower().removeprefix(".")
    if kind not in KINDS:
        raise SchemaError("report.unknown-kind", path=str(path), kinds=list(KINDS))
    report = unit_report(clusters, units, unit=unit, by=by, lang=lang, signed=signed, agency=agency, on=on)
    return write_report(report, path, kind)


def save_unit_reports(  # noqa: PLR0913 - all but the tables and the folder is keyword-only
    clusters: gpd.GeoDataFrame,
    folder: str | os.PathLike[str],
    units: gpd.GeoDataFrame | None = None,
    *,
    by: str | None = None,
    kind: str = "pdf",
    lang: Language = "vi",
    signed: bool = True,
    agency: str | None = None,
    on: date | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> dict[str, Path]:
    """Write a report for every unit that has a cluster, and one for the whole register.

    Parameters
    ----------
    clusters, units, by, lang, signed, agency, on
        As for `save_report`.
    folder
        Where to, as a whole or not at all; files are named after the unit.
    kind
        `pdf`, `docx` or `html`.
    progress
        Called with number, count and name of each report that is written; None for a bar in a notebook.

    Returns
    -------
    The file of each unit by name, that of the whole register under the empty name.

    Examples
    --------
    >>> import clusters_geo as cg
    >>> clusters, districts = cg.load_hanoi()
    >>> few = clusters[clusters["district"].isin(["Cầu Giấy", "Hà Đông"])]
    >>> {name: file.name for name, file in cg.save_unit_reports(few, tmp, kind="html").items()}
    {'Cầu Giấy': 'cau-giay.html', 'Hà Đông': 'ha-dong.html', '': 'index.html'}
    """
    from clusters_geo.report.paper import write_report
    from clusters_geo.writing import replaced_folder

    if kind not in KINDS:
        raise SchemaError("report.unknown-kind", path=kind, kinds=list(KINDS))
    home = _homes(clusters, units, by)
    names = sorted(home.dropna().unique(), key=name_order)
    files: dict[str, str] = {}
    for name in names:
        stem = slug(str(name)) or "unit"
        files[str(name)] = (
            f"{stem}.{kind}" if f"{stem}.{kind}" not in files.values() else f"{stem}-{len(files)}.{kind}"
        )
    files[""] = f"index.{kind}"
    step = progress or notebook_progress()
    everywhere = _found_everywhere(clusters, units, lang)
    with replaced_folder(folder) as beside:
        for number, (name, file) in enumerate(files.items(), start=1):
            report = unit_report(
                clusters,
                units,
                unit=name or None,
                by=by,
                lang=lang,
                signed=signed,
                agency=agency,
                on=on,
                everywhere=everywhere,
            )
            write_report(report, beside / file, kind)
            if step is not None:
                step(number, len(files), name)
    return {name: Path(folder) / file for name, file in files.items()}


def unit_report(  # noqa: PLR0913 - all but the tables is keyword-only
    clusters: gpd.GeoDataFrame,
    units: gpd.GeoDataFrame | None = None,
    *,
    unit: str | None = None,
    by: str | None = None,
    lang: Language = "vi",
    signed: bool = True,
    agency: str | None = None,
    on: date | None = None,
    everywhere: tuple[str, ...] | None = None,
) -> UnitReport:
    """Return the report of a unit in words, tables and drawings; parameters as for `save_report`.

    `everywhere` is what was found of the whole register, where that is known already.

    Examples
    --------
    >>> import clusters_geo as cg
    >>> report = unit_report(*cg.load_hanoi(), unit="H. Thuong Tin")
    >>> report.about
    'Tình hình cụm công nghiệp trên địa bàn Thường Tín'
    """
    home = _homes(clusters, units, by)
    name = None if unit is None else _named(unit, home, units)
    rows = clusters if name is None else clusters[(home == name).fillna(value=False)]
    if name is not None and everywhere is None:
        everywhere = _found_everywhere(clusters, units, lang)
    whole = (
        _say("about_province", lang, unit=whose)
        if (whose := province_of(clusters))
        else _say("about_all", lang)
    )
    about = whole if name is None else _say("about_unit", lang, unit=name)
    return UnitReport(
        lang=lang,
        agency=agency or _say("no_agency", lang),
        number=_say("number", lang),
        republic=_say("republic", lang),
        motto=_say("motto", lang),
        place_date=_dated(on, lang),
        heading=_say("report", lang),
        about=about,
        as_of=_as_of(_latest(rows), lang),
        parts=tuple(
            _parts(
                rows,
                home[rows.index],
                units,
                name,
                lang,
                figures=_totals(clusters, home, name),
                everywhere=everywhere or (),
            )
        ),
        notes=(_say("marks", lang), _provenance(clusters, lang)),
        signed=signed,
        recipients=tuple(_say(key, lang) for key in ("recipients", "recipients_1", "recipients_2")),
        sign_head=_say("sign_head", lang),
        sign=_say("sign", lang),
    )


def _totals(clusters: gpd.GeoDataFrame, home: pd.Series, name: str | None) -> pd.DataFrame:
    """Return the totals of the unit, or of each and of all, the last row: as the whole register gives them.

    Only it knows which are confirmed.
    """
    totals = totals_at(clusters, home)
    if name is None:
        return totals
    return totals.loc[[name]] if name in totals.index else summarize(clusters.iloc[:0])


def _homes(clusters: gpd.GeoDataFrame, units: gpd.GeoDataFrame | None, by: str | None) -> pd.Series:
    """Return the unit of each cluster, named after the level that the units are of."""
    layer = units if units is not None and len(units) else None
    level = (by or named_level(clusters)) if layer is None else unit_level(layer)
    return pd.Series(home_units(clusters, layer, by=by), name=level)


def _named(unit: str, home: pd.Series, units: gpd.GeoDataFrame | None) -> str:
    labels = pd.Series(pd.unique(home.dropna()) if units is None else unit_labels(units)).astype("string")
    match, near = asked_for(unit, labels, None if units is None else unit_types(units))
    if match is None or is_gone(unit, str(home.name)):
        raise no_such_unit(unit, near, sorted(home.dropna().unique(), key=name_order), str(home.name))
    return match


def _dated(on: date | None, lang: Language) -> str:
    d, m, y = ("……", "……", "20……") if on is None else (f"{on:%d}", f"{on:%m}", f"{on:%Y}")
    return _say("place_date", lang, d=d, m=m, y=y)


def _as_of(day: date | None, lang: Language) -> str:
    return _say("no_as_of", lang) if day is None else _say("as_of", lang, day=format_date(day, lang))


def _latest(rows: pd.DataFrame) -> date | None:
    days = pd.to_datetime(rows["as_of"]).max() if "as_of" in rows else pd.NaT
    return None if pd.isna(days) else days.date()


def _parts(  # noqa: PLR0913 - what a report is about
    rows: gpd.GeoDataFrame,
    home: pd.Series,
    units: gpd.GeoDataFrame | None,
    name: str | None,
    lang: Language,
    *,
    figures: pd.DataFrame,
    everywhere: tuple[str, ...],
) -> list[Part]:
    totals, called = summary_sheet(rows, lang, totals=figures.iloc[-1]), _called(rows)
    placed = has_place(rows, units)
    width = _CHART if placed else WIDTH
    drawn = [chart(rows, "pipeline", lang=lang, totals=figures.iloc[-1:], width=width).svg]
    if placed:
        wide, high = _MAP
        # The numbers of the list stand on the map of a unit; of few clusters in all, their names.
        few = rows["name"].fillna("").astype(str).tolist() if len(rows) <= _LISTED else None
        labels = few if name is None else _numbers(len(rows))
        drawn.insert(0, svg_map(rows, units, lang=lang, focus=name, labels=labels, width=wide, height=high))
    nowhere = "" if placed or rows.empty else _say("none_placed", lang)
    parts = [
        Part(_say("totals", lang), table=Sheet("", totals.header, totals.rows, totals.numeric)),
        Part(_say("stages", lang), drawing=beside(drawn, _say("stages", lang)), text=nowhere),
    ]
    if name is None:
        sheet = summary_table_sheet(figures, str(home.name), lang)
        parts.append(Part(_say("units", lang), table=replace(sheet, title="")))
    else:
        parts.append(Part(_say("list", lang), table=_listed(rows, called, lang)))
    return [
        *parts,
        _questions(rows, units, name, called, lang, everywhere=everywhere),
        _missing_cells(rows, name, home, called, lang),
    ]


def _called(rows: pd.DataFrame) -> pd.Series:
    """Return how each cluster is called: by its id and name; by name where the id was only made from it."""
    names = rows["name"].astype("string")
    both = (rows.index.astype("string") + " " + names).fillna(rows.index.to_series().astype("string"))
    # An id that tells two of one name apart is still needed.
    plain = names.notna() & ~names.duplicated(keep=False) & has_made_ids(rows)
    return both.mask(plain, names)


def _listed(rows: gpd.GeoDataFrame, called: pd.Series, lang: Language) -> Sheet:
    rates = fill_rates(rows)
    rough = {name: doubtful_cells(rows, name) for name in ("planned_ha",)}
    lines = [
        (
            number,
            called[cluster_id],
            STATUSES[row["status"]][0 if lang == "vi" else 1] if row["status"] in STATUSES else MISSING,
            _marked(format_number(row.get("planned_ha"), lang), rough=bool(rough["planned_ha"][cluster_id])),
            format_percent(rates["fill_rate"][cluster_id], lang)
            + (" *" if rates["stated"][cluster_id] else ""),
        )
        for number, (cluster_id, row) in zip(_numbers(len(rows)), rows.head(_LISTED).iterrows(), strict=False)
    ]
    notes = (_say("more", lang, n=len(rows) - _LISTED),) if len(rows) > _LISTED else ()
    header = tuple(_say(key, lang) for key in ("order", "cluster", "status", "planned", "fill"))
    return Sheet("", header, tuple(lines), frozenset({3, 4}), notes)


def _numbers(count: int) -> list[str]:
    """Return the number of each cluster in the list, empty where it is not listed."""
    return [str(number) if number <= _LISTED else "" for number in range(1, count + 1)]


def _marked(words: str, *, rough: bool) -> str:
    return f"{MARK} {words}" if rough and words != MISSING else words


def _questions(  # noqa: PLR0913 - what a report is about
    rows: gpd.GeoDataFrame,
    units: gpd.GeoDataFrame | None,
    name: str | None,
    called: pd.Series,
    lang: Language,
    *,
    everywhere: tuple[str, ...],
) -> Part:
    findings = audit(rows, units, lang=lang)
    report = AuditReport(findings, lang=lang)
    asked = findings[findings["severity"].isin(["error", "warning"])]
    if name is not None:
        # What is found of the whole file, or of another unit's borders, is not this unit's to answer.
        asked = asked[asked["cluster_id"].notna() | (asked["district"] == name).fillna(value=False)]
    lines, known = [], called.to_dict()
    for _, group in asked.groupby("rule", sort=False):
        rule = report.rules[str(group["rule"].iloc[0])]
        ids = group["cluster_id"].dropna().unique()
        # What is found of the register as a whole names no cluster.
        names = [known.get(cluster_id, str(cluster_id)) for cluster_id in ids]
        names = names or [name or report.say("everywhere")]
        said = ", ".join(names[:12]) + (f" … (+{len(names) - 12})" if len(names) > 12 else "")  # noqa: PLR2004
        lines.append(f"{rule.words('title', lang)}: {said}. {group['fix'].iloc[0]}")
    nothing = "" if lines else _say("no_questions", lang)
    # Not the unit's to answer, but what its figures rest on.
    told = [_say("everywhere", lang, rules="; ".join(everywhere))] if name is not None and everywhere else []
    text = " ".join([nothing, *told]) if nothing else ""
    return Part(_say("questions", lang), lines=(*lines, *([] if nothing else told)), text=text)


def _found_everywhere(
    clusters: gpd.GeoDataFrame, units: gpd.GeoDataFrame | None, lang: Language
) -> tuple[str, ...]:
    """Return what was found of the register as a whole, of no cluster or unit: its rules' titles."""
    found = audit(clusters, units, lang=lang)
    whole = (
        found["cluster_id"].isna() & found["district"].isna() & found["severity"].isin(["error", "warning"])
    )
    rules = AuditReport(found, lang=lang).rules
    return tuple(rules[str(rule)].words("title", lang) for rule in found["rule"][whole].unique())


def _missing_cells(
    rows: gpd.GeoDataFrame, name: str | None, home: pd.Series, called: pd.Series, lang: Language
) -> Part:
    """Return a checklist: which operating clusters lack which cell of a fill rate computed from land."""
    operating = rows[(rows["status"] == "operating").fillna(value=False)]
    has = pd.DataFrame(
        {name: operating[name].notna() if name in operating else False for name in _NEEDED},
        index=operating.index,
    ).astype(bool)
    lacking = has[~has.all(axis=1)]
    title = _say("missing", lang)
    if lacking.empty:
        return Part(title, text=_say("no_missing" if len(operating) else "no_operating", lang))
    if name is None:
        counts = home[lacking.index].fillna(_say("unknown", lang)).value_counts()
        return Part(title, lines=tuple(_say("lacking_in", lang, unit=u, n=n) for u, n in counts.items()))
    lines = tuple(
        (
            called[cluster_id],
            *(_say("known" if there else "to_fill", lang) for there in cells),
            _say("to_fill", lang),
        )
        for cluster_id, *cells in lacking.head(_ASKED).itertuples()
    )
    notes = (_say("more", lang, n=len(lacking) - _ASKED),) if len(lacking) > _ASKED else ()
    header = tuple(_say(key, lang) for key in ("cluster", "leasable", "leased", "date_filled"))
    return Part(title, table=Sheet("", header, lines, frozenset(), notes))


def _provenance(clusters: gpd.GeoDataFrame, lang: Language) -> str:
    from clusters_geo.reading.notes import ATTRIBUTE

    load = clusters.attrs.get(ATTRIBUTE, {})
    file = Path(str(load["path"])).name if load.get("path") else _say("no_files", lang)
    return _say("made", lang, version=__version__, files=file)
