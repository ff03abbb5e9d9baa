"""Hectares, rates, audits and maps of Việt Nam's industrial clusters.

>>> import clusters_geo as cg
>>> clusters, districts = cg.load_hanoi()
>>> cg.summarize(clusters)["operating_clusters"].item()
70
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from clusters_geo.errors import ClustersGeoError, CRSError, EngineError, SchemaError, SourceError

if TYPE_CHECKING:
    from clusters_geo.area import area_ha
    from clusters_geo.auditing.run import audit
    from clusters_geo.auditing.since import compare_findings
    from clusters_geo.built_up import built_up_ha
    from clusters_geo.crs import vn2000
    from clusters_geo.forms.fill import form
    from clusters_geo.history.compare import compare
    from clusters_geo.history.vintages import vintage
    from clusters_geo.load import load_clusters, load_communes, load_districts, load_report, load_units
    from clusters_geo.maps import make_map, save_map
    from clusters_geo.measure.assign import assign_districts
    from clusters_geo.measure.rates import build_out_rate, fill_rate, lawful_fill_rate
    from clusters_geo.measure.summary import (
        city_per_hectare,
        pending_sites,
        per_hectare,
        reconcile,
        summarize,
    )
    from clusters_geo.planning.eligibility import eligibility
    from clusters_geo.planning.forecast import forecast_supply
    from clusters_geo.planning.pipeline import pipeline, pipeline_tiers
    from clusters_geo.planning.programme import programme
    from clusters_geo.planning.supply import rank_sites, years_of_supply
    from clusters_geo.reading.downloads import download_units
    from clusters_geo.reference import load_events, load_hanoi, load_statements, load_totals
    from clusters_geo.report.charts import chart
    from clusters_geo.report.saving import save
    from clusters_geo.report.template import save_template
    from clusters_geo.report.unit_report import save_report, save_unit_reports
    from clusters_geo.storage.vintages import save_vintage
    from clusters_geo.units.crosswalk import crosswalk
    from clusters_geo.units.places import locate
    from clusters_geo.validation import validate

__version__ = "0.2.0"

__all__ = [
    "CRSError",
    "ClustersGeoError",
    "EngineError",
    "SchemaError",
    "SourceError",
    "area_ha",
    "assign_districts",
    "audit",
    "build_out_rate",
    "built_up_ha",
    "chart",
    "city_per_hectare",
    "compare",
    "compare_findings",
    "crosswalk",
    "download_units",
    "eligibility",
    "fill_rate",
    "forecast_supply",
    "form",
    "lawful_fill_rate",
    "load_clusters",
    "load_communes",
    "load_districts",
    "load_events",
    "load_hanoi",
    "load_report",
    "load_statements",
    "load_totals",
    "load_units",
    "locate",
    "make_map",
    "pending_sites",
    "per_hectare",
    "pipeline",
    "pipeline_tiers",
    "programme",
    "rank_sites",
    "reconcile",
    "save",
    "save_map",
    "save_report",
    "save_template",
    "save_unit_reports",
    "save_vintage",
    "summarize",
    "validate",
    "vintage",
    "vn2000",
    "years_of_supply",
]

# Each public name and the module it is imported from on first use, so that `clusters-geo --help` and a
# summary do not pay for the map engine.
_HOMES = {
    "years_of_supply": "planning.supply",
    "rank_sites": "planning.supply",
    "pipeline_tiers": "planning.pipeline",
    "pipeline": "planning.pipeline",
    "forecast_supply": "planning.forecast",
    "compare": "history.compare",
    "area_ha": "area",
    "assign_districts": "measure.assign",
    "audit": "auditing.run",
    "compare_findings": "auditing.since",
    "build_out_rate": "measure.rates",
    "built_up_ha": "built_up",
    "city_per_hectare": "measure.summary",
    "chart": "report.charts",
    "crosswalk": "units.crosswalk",
    "download_units": "reading.downloads",
    "eligibility": "planning.eligibility",
    "fill_rate": "measure.rates",
    "lawful_fill_rate": "measure.rates",
    "form": "forms.fill",
    "load_clusters": "load",
    "load_communes": "load",
    "load_districts": "load",
    "load_events": "reference",
    "load_hanoi": "reference",
    "load_report": "load",
    "load_statements": "reference",
    "load_totals": "reference",
    "load_units": "load",
    "locate": "units.places",
    "make_map": "maps",
    "pending_sites": "measure.summary",
    "per_hectare": "measure.summary",
    "programme": "planning.programme",
    "reconcile": "measure.summary",
    "save": "report.saving",
    "save_map": "maps",
    "save_report": "report.unit_report",
    "save_unit_reports": "report.unit_report",
    "save_template": "report.template",
    "save_vintage": "storage.vintages",
    "summarize": "measure.summary",
    "validate": "validation",
    "vintage": "history.vintages",
    "vn2000": "crs",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)


def _table_html(table: Any) -> str | None:  # noqa: ANN401 - a table, without importing pandas
    from clusters_geo.report.notebook import table_html

    return table_html(table)


def load_ipython_extension(ipython: Any) -> None:  # noqa: ANN401 - a notebook's own object
    """Let summaries show themselves with units, % and ≈; importing the package in a notebook does it."""
    formatter = ipython.display_formatter.formatters["text/html"]
    for module in ("pandas", "pandas.core.frame"):
        formatter.for_type_by_name(module, "DataFrame", _table_html)


if "IPython" in sys.modules and (_shell := sys.modules["IPython"].get_ipython()) is not None:
    load_ipython_extension(_shell)
