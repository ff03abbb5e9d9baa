"""What forms were added up from and what was found in them: a second file beside what is signed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from clusters_geo.forms.docx import write_trace_docx
from clusters_geo.forms.layout import page_of
from clusters_geo.forms.xlsx import write_trace_xlsx
from clusters_geo.report.tables import to_csv
from clusters_geo.schema import BASES
from clusters_geo.words import format_number, speaker

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from clusters_geo.forms.fill import Filled
    from clusters_geo.forms.layout import Page
    from clusters_geo.schema import Language

__all__ = ["Part", "Trace", "trace_of", "write_trace"]

word = speaker("forms")

_HEADS = (
    *("row", "cluster_id_head", "name_head", "value_head"),
    *("column_head", "basis_head", "decided_head", "state_head"),
)
_MOST_DECIMALS = 9

Line = tuple[str | float | None, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """The trace of one form.

    Attributes
    ----------
    form, unit
        The number of the form, and who reports.
    heading
        Both in words.
    lines
        One for each row and cluster: row, id, name, value, column, basis, decided by, state.
    short
        One for each row: its number, its result, who contributes how much, who is missing.
    checks
        Severity, message and remedy of what was found; what is only incomplete stands in the form's notes.
    source
        Of each file that was read its name and SHA-256.
    """

    form: str
    unit: str
    heading: str
    lines: tuple[Line, ...]
    short: tuple[tuple[str, str, str, str], ...]
    checks: tuple[tuple[str, str, str], ...]
    source: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Trace:
    """The traces of one form or many, in words of one language."""

    lang: Language
    parts: tuple[Part, ...]

    @property
    def title(self) -> str:
        """What the file is called."""
        return word("trace_title", self.lang)

    @property
    def source(self) -> tuple[str, ...]:
        """Of each file that was read its name and SHA-256."""
        return tuple(dict.fromkeys(line for part in self.parts for line in part.source))

    @property
    def sheet_names(self) -> tuple[str, str]:
        """The names of the two sheets of a workbook."""
        return word("findings_title", self.lang), word("trace_sheet", self.lang)

    @property
    def header(self) -> tuple[str, ...]:
        """The columns of `lines`."""
        return self._words("form_head", "reporter_head", *_HEADS)

    @property
    def lines(self) -> tuple[Line, ...]:
        """Every line of every form, which form it is of in front."""
        return tuple((part.form, part.unit, *line) for part in self.parts for line in part.lines)

    @property
    def short_header(self) -> tuple[str, ...]:
        """The columns of `Part.short`."""
        return self._words("row", "result", "counted_head", "missing_head")

    @property
    def checks_title(self) -> str:
        """What stands above the findings."""
        return word("findings_title", self.lang)

    @property
    def checks_header(self) -> tuple[str, ...]:
        """The columns of `checks`."""
        return self._words("form_head", "reporter_head", "severity_head", "message_head", "fix_head")

    @property
    def checks(self) -> tuple[tuple[str, ...], ...]:
        """The findings of every form, which form they are of in front."""
        return tuple((part.form, part.unit, *check) for part in self.parts for check in part.checks)

    @property
    def nothing_found(self) -> str:
        """What stands where there are no findings."""
        return word("nothing_found", self.lang)

    def _words(self, *keys: str) -> tuple[str, ...]:
        return tuple(word(key, self.lang) for key in keys)


def trace_of(forms: Iterable[tuple[Filled, pd.DataFrame]], lang: Language) -> Trace:
    """Return the trace of forms, each with its findings as from `check`."""
    return Trace(lang, tuple(_part(filled, findings) for filled, findings in forms))


def write_trace(trace: Trace, path: Path, ending: str) -> None:
    """Write a trace as a file of a kind: `.xlsx`, `.docx`, `.html`, or the lines alone as `.csv`.

    Raises
    ------
    EngineError
        If openpyxl or python-docx is needed and not installed.
    """
    match ending:
        case ".xlsx":
            write_trace_xlsx(trace, path)
        case ".docx":
            write_trace_docx(trace, path)
        case ".html":
            path.write_text(_html(trace), encoding="utf-8", newline="\n")
        case _:
            table = pd.DataFrame(list(trace.lines), columns=list(trace.header))
            # The mark tells Excel that this is UTF-8; without it Vietnamese letters turn to noise.
            path.write_text(to_csv(table), encoding="utf-8-sig", newline="\n")


def _part(filled: Filled, findings: pd.DataFrame) -> Part:
    page = page_of(filled)
    told = findings[findings["severity"] != "info"]
    unit = str(filled.unit.clusters["name"].iloc[0]) if filled.unit.level == "cluster" else filled.unit.name
    return Part(
        form=filled.number,
        unit=unit,
        heading=" – ".join(filter(None, (page.right[0], unit, filled.period.words(filled.lang)))),
        lines=_lines(filled),
        short=_short(page, filled.trace),
        checks=tuple(told[["severity", "message", "fix"]].itertuples(index=False, name=None)),
        source=filled.source,
    )


def _lines(filled: Filled) -> tuple[Line, ...]:
    lang = filled.lang
    return tuple(
        (
            *(record["row"], record["cluster_id"], _cell(record["name"])),
            None if math.isnan(record["value"]) else round(float(record["value"]), _MOST_DECIMALS),
            *(record["column"], _basis(record["basis"], lang), record["decided_by"]),
            word(record["state"], lang),
        )
        for record in filled.trace.to_dict("records")
    )


def _short(page: Page, trace: pd.DataFrame) -> tuple[tuple[str, str, str, str], ...]:
    counted: dict[str, list[str]] = {row.number: [] for row in page.rows if row.kind == "row"}
    missing: dict[str, list[str]] = {number: [] for number in counted}
    for number, key, value, state in trace[["row", "cluster_id", "value", "state"]].itertuples(index=False):
        if state == "missing":
            missing[number].append(key)
        elif value:
            counted[number].append(key if value == 1 else f"{key}: {_told(value, page.lang)}")
    return tuple(
        (row.number, row.text, "; ".join(counted[row.number]), "; ".join(missing[row.number]))
        for row in page.rows
        if row.kind == "row"
    )


def _told(value: float, lang: Language) -> str:
    return format_number(value, lang, 0 if value.is_integer() else 4)


def _cell(value: Any) -> str:  # noqa: ANN401 - a cell of any kind
    return "" if pd.isna(value) else str(value)


def _basis(basis: str, lang: Language) -> str:
    return BASES[basis][lang == "en"] if basis in BASES else basis or word("no_basis", lang)


_PAGE = """<!doctype html>
<html lang="{{ trace.lang }}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
{% for line in trace.source %}<meta name="dcterms.source" content="{{ line }}">
{% endfor %}<title>{{ trace.title }}</title>
<style>
@page { size: A4 landscape; margin: 15mm; }
body { font: 10pt/1.4 system-ui, "Segoe UI", sans-serif; color: #111; max-width: 267mm; margin: 1rem auto;
  padding: 0 1rem; }
h1 { font-size: 14pt; }
h2 { font-size: 12pt; margin: 2rem 0 .4rem; }
.scroll { overflow-x: auto; margin: 1rem 0; }
table { border-collapse: collapse; width: 100%; }
th, td { border: 1px solid #767676; padding: .2rem .4rem; text-align: left; vertical-align: top; }
thead th { background: #e7edf3; }
thead { display: table-header-group; }
tr { break-inside: avoid; }
td.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
</style>
</head>
<body>
<main>
<h1>{{ trace.title }}</h1>
{% for line in trace.source %}<p>{{ line }}</p>
{% endfor %}{% for part in trace.parts %}<section>
<h2>{{ part.heading }}</h2>
{% if part.checks %}<ul>{% for severity, what, fix in part.checks %}<li>{{ what }} {{ fix }}</li>
{% endfor %}</ul>
{% else %}<p>{{ trace.nothing_found }}</p>
{% endif %}<div class="scroll" tabindex="0" role="region" aria-label="{{ part.heading }}">
<table>
<thead><tr>{% for text in trace.short_header %}<th scope="col">{{ text }}</th>{% endfor %}</tr></thead>
<tbody>
{% for number, result, counted, missing in part.short -%}
<tr><td>{{ number }}</td><td class="number">{{ result }}</td><td>{{ counted }}</td><td>{{ missing }}</td></tr>
{% endfor %}</tbody>
</table>
</div>
</section>
{% endfor %}</main>
</body>
</html>
"""


def _html(trace: Trace) -> str:
    """Return a trace as HTML; whatever stands in a name is shown as text."""
    from jinja2 import Environment

    return Environment(autoescape=True, trim_blocks=False).from_string(_PAGE).render(trace=trace)
