"""A form as one HTML file that opens without a network and prints on A4."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clusters_geo.forms.layout import Page

__all__ = ["to_html"]

_PAGE = """<!doctype html>
<html lang="{{ page.lang }}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{{ page.right[0] }} – {{ page.title }}</title>
<style>
@page { size: A4; margin: 15mm 15mm 15mm 20mm; }
body { font: 11pt/1.4 "Times New Roman", Tinos, serif; color: #111; max-width: 190mm; margin: 1rem auto;
  padding: 0 1rem; }
header, footer { display: flex; flex-wrap: wrap; gap: 1rem; justify-content: space-between; }
header p, footer p { margin: 0; }
header p:first-child, footer b { font-weight: bold; }
.right, footer div { text-align: center; }
footer div { min-width: 12rem; margin-bottom: 5rem; }
h1 { font-size: 13pt; text-align: center; margin: 1.2rem 0 .2rem; }
h2 { font-size: 12pt; margin: 2rem 0 .4rem; }
.subtitle { text-align: center; font-style: italic; margin: 0; }
.scroll { overflow-x: auto; margin: 1rem 0; }
table { border-collapse: collapse; width: 100%; }
th, td { border: 1px solid #767676; padding: .2rem .4rem; text-align: left; vertical-align: top; }
thead th { background: #e7edf3; text-align: center; }
thead { display: table-header-group; }
tr { break-inside: avoid; }
td.middle { text-align: center; }
td.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
td.note { font-size: 9.5pt; }
.trace { break-before: page; font-size: 9.5pt; }
</style>
</head>
<body>
<main>
<header>
<div>{% for text in page.left %}<p>{{ text }}</p>{% endfor %}</div>
<div class="right">{% for text in page.right %}<p>{{ text }}</p>{% endfor %}</div>
</header>
<h1>{{ page.title }}</h1>
{% for text in page.subtitle %}<p class="subtitle">{{ text }}</p>
{% endfor %}<div class="scroll" tabindex="0" role="region" aria-label="{{ page.right[0] }}">
<table>
<thead><tr>{% for text in page.header %}<th scope="col">{{ text }}</th>{% endfor %}</tr></thead>
<tbody>
{% for row in page.rows %}{% if row.kind == "section" -%}
<tr><th class="middle">{{ row.number }}</th><th colspan="4" scope="rowgroup">{{ row.indicator }}</th></tr>
{% else -%}
<tr><td class="middle">{{ row.number }}</td><td>{{ row.indicator }}</td><td class="middle">{{ row.unit }}</td>
<td class="number">{{ row.text }}</td><td class="note">{{ row.note }}</td></tr>
{% endif %}{% endfor %}</tbody>
</table>
</div>
<footer>
{% for signature in page.signatures %}<div><p><i>{{ signature.date or "\u00a0" }}</i></p>
<p><b>{{ signature.title }}</b></p><p><i>{{ signature.hint }}</i></p></div>
{% endfor %}</footer>
<section class="trace">
{% if page.checks %}<h2>{{ page.checks_title }}</h2>
<ul>{% for severity, what, fix in page.checks %}<li>{{ what }} {{ fix }}</li>
{% endfor %}</ul>
{% endif %}<h2>{{ page.trace_title }}</h2>
<div class="scroll" tabindex="0" role="region" aria-label="{{ page.trace_title }}">
<table>
<thead><tr>{% for text in page.short_trace_header %}<th scope="col">{{ text }}</th>{% endfor %}</tr></thead>
<tbody>
{% for number, result, counted, missing in page.short_trace -%}
<tr><td class="middle">{{ number }}</td><td class="number">{{ result }}</td><td>{{ counted }}</td>
<td>{{ missing }}</td></tr>
{% endfor %}</tbody>
</table>
</div>
</section>
</main>
</body>
</html>
"""


def to_html(page: Page) -> str:
    """Return a page as HTML; whatever stands in a name is shown as text."""
    from jinja2 import Environment

    return Environment(autoescape=True, trim_blocks=False).from_string(_PAGE).render(page=page)
