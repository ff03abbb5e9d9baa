"""The statutory half-year forms of Circular 14/2024/TT-BCT: filled in from a register, and read back.

Out: `form` (the table), `form_trace` (what each result is added up from), `form_findings` (what contradicts
itself or is missing), `save_form`, `save_all_units` and `save_blank_form` (files). In: `read_forms`,
`overdue_forms`, `form_changes` and, once an officer has accepted them, `merge_forms`.
"""

from __future__ import annotations

from clusters_geo.forms.checks import check_identities, check_sum, form_findings
from clusters_geo.forms.circular import Period
from clusters_geo.forms.fill import form, form_trace
from clusters_geo.forms.merge import form_changes, merge_forms, read_changes
from clusters_geo.forms.receive import Received, overdue_forms, read_forms
from clusters_geo.forms.save import save_all_units, save_blank_form, save_form

__all__ = [
    "Period",
    "Received",
    "check_identities",
    "check_sum",
    "form",
    "form_changes",
    "form_findings",
    "form_trace",
    "merge_forms",
    "overdue_forms",
    "read_changes",
    "read_forms",
    "save_all_units",
    "save_blank_form",
    "save_form",
]
