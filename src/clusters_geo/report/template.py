"""An empty register to fill in: headings with units, drop-downs, a guide; it loads without a question."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clusters_geo.errors import EngineError, SchemaError
from clusters_geo.names import did_you_mean
from clusters_geo.reading.cells import letter
from clusters_geo.schema import CLUSTER_COLUMNS, INVESTOR_KINDS, STATUSES
from clusters_geo.words import speaker
from clusters_geo.writing import in_memory, replaced_file

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from clusters_geo.schema import Column, Language

__all__ = ["TEMPLATE_COLUMNS", "save_template"]

TEMPLATE_COLUMNS = (
    "cluster_id",
    "name",
    "district",
    "commune",
    "status",
    "planned_ha",
    "built_ha",
    "leasable_ha",
    "leased_ha",
    "investor",
    "projects",
    "enterprises",
    "workers",
    "revenue_bn_vnd",
    "budget_bn_vnd",
    "decision",
    "established_on",
    "ground_broken_on",
    "operating_on",
    "source",
    "as_of",
    "note",
)
_ROWS = 500
_WIDE, _NARROW = 28, 16
_LISTS = {"status": STATUSES, "investor_kind": INVESTOR_KINDS}
_EXAMPLES: dict[str, object] = {
    "cluster_id": "CCN-01",
    "name": "CCN Phú Thị",
    "district": "Gia Lâm",
    "commune": "Phú Thị",
    "planned_ha": 20.5,
    "built_ha": 18,
    "leasable_ha": 14.2,
    "leased_ha": 12.75,
    "workers": 1250,
    "decision": "123/QĐ-UBND",
    "established_on": dt.date(2019, 6, 5),
}
_BY_KIND: dict[str, object] = {"number": 12.5, "integer": 30, "date": dt.date(2022, 9, 30), "text": "…"}

_say = speaker("template")


def save_template(
    path: str | os.PathLike[str], *, columns: Sequence[str] = TEMPLATE_COLUMNS, lang: Language = "vi"
) -> Path:
    """Write an empty register as a workbook.

    Parameters
    ----------
    path
        Ends in .xlsx; replaced whole or not at all.
    columns
        Of the schema, in their order; `name` is always among them.
    lang
        Of headings, drop-downs and guide; both load.

    Returns
    -------
    The file.

    Raises
    ------
    SchemaError
        If a column is not of the schema.
    SourceError
        If the file cannot be written.
    EngineError
        If openpyxl is not installed.

    Examples
    --------
    >>> _ = save_template(tmp / "so.xlsx", columns=["name", "status", "planned_ha"])
    >>> import openpyxl
    >>> [cell.value for cell in openpyxl.load_workbook(tmp / "so.xlsx").worksheets[0][1]]
    ['Tên cụm công nghiệp', 'Tình trạng', 'Diện tích theo quy hoạch (ha)']
    """
    wanted = _declared(columns)
    try:
        from openpyxl import Workbook
    except ImportError as error:
        raise EngineError(
            "engine.missing", what=".xlsx", package="openpyxl", install="clusters-geo[xlsx]"
        ) from error
    book = Workbook()
    _fill_register(book, wanted, lang)
    guide = book.create_sheet(_say("guide", lang))
    guide.column_dimensions["A"].width = 110
    for line in _guide(wanted, lang):
        guide.append([line])
    with replaced_file(path, "xlsx") as temporary, in_memory(temporary) as held:
        book.save(held)
    return Path(path)


def _declared(columns: Sequence[str]) -> list[Column]:
    known = {c.name: c for c in CLUSTER_COLUMNS if c.kind != "geometry"}
    for name in columns:
        if name not in known:
            raise SchemaError("template.column", name=name, near=did_you_mean(name, known) or list(known))
    names = dict.fromkeys([*columns] if "name" in columns else ["name", *columns])
    return [known[name] for name in names]


def _heading(column: Column, lang: Language) -> str:
    label = column.vi if lang == "vi" else column.en
    unit = _say(f"unit {column.unit}", lang) if column.kind == "number" and column.unit else ""
    return f"{label} ({unit})" if unit else label


def _fill_register(book: Any, columns: list[Column], lang: Language) -> None:  # noqa: ANN401 - openpyxl's
    from openpyxl.styles import Alignment, Font, PatternFill

    sheet = book.active
    sheet.title = _say("sheet", lang)
    sheet.append([_heading(c, lang) for c in columns])
    sheet.freeze_panes = "C2"
    for place, column in enumerate(columns):
        at = letter(place)
        head = sheet[f"{at}1"]
        head.font, head.fill = Font(bold=True), PatternFill("solid", fgColor="DDE8F0")
        head.alignment = Alignment(wrap_text=True, vertical="center", horizontal="center")
        is_wide = column.kind == "text" and column.name not in {"cluster_id", "decision"}
        sheet.column_dimensions[at].width = _WIDE if is_wide else _NARROW
        if column.kind == "date":
            for row in range(2, _ROWS + 2):
                sheet[f"{at}{row}"].number_format = "dd/mm/yyyy"
        rule = _rule(column, lang)
        sheet.add_data_validation(rule)
        rule.add(f"{at}2:{at}{_ROWS + 1}")


def _rule(column: Column, lang: Language) -> Any:  # noqa: ANN401 - openpyxl's
    """Return what a spreadsheet lets into a column, and what it shows beside a cell."""
    from openpyxl.worksheet.datavalidation import DataValidation

    kinds: dict[str, dict[str, Any]] = {
        "choice": {"type": "list", "formula1": f'"{",".join(_choices(column, lang))}"'},
        "flag": {"type": "list", "formula1": f'"{_say("yes", lang)},{_say("no", lang)}"'},
        "number": {"type": "decimal", "operator": "greaterThanOrEqual", "formula1": "0"},
        "integer": {"type": "whole", "operator": "greaterThanOrEqual", "formula1": "0"},
        "date": {"type": "date", "operator": "greaterThan", "formula1": "1"},
    }
    rule = DataValidation(allow_blank=True, **kinds.get(column.kind, {}))
    rule.promptTitle = (column.vi if lang == "vi" else column.en)[:32]
    rule.prompt = _say("example", lang, value=_example(column, lang))
    rule.error, rule.showErrorMessage = _say(f"wrong {column.kind}", lang), column.kind in kinds
    return rule


def _choices(column: Column, lang: Language) -> list[str]:
    labels = _LISTS.get(column.name, {})
    return [labels[c][lang == "en"] if c in labels else c for c in column.choices]


def _example(column: Column, lang: Language) -> object:
    if column.kind == "choice":
        return _choices(column, lang)[0]
    if column.kind == "flag":
        return _say("yes", lang)
    return _EXAMPLES.get(column.name, _BY_KIND[column.kind])


def _guide(columns: list[Column], lang: Language) -> list[str]:
    # Sentences in one column: a table of headings would itself look like a register turned around.
    lines = [_say("how", lang), _say("blank", lang), _say("more", lang), ""]
    return lines + [
        _say("line", lang, heading=_heading(c, lang), name=c.name, value=_example(c, lang)) for c in columns
    ]
