"""Where the figures of a map come from: the files they were loaded from, and totals that were published."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from clusters_geo.maps.plain import plain_text
from clusters_geo.measure.reconcile import reconcile
from clusters_geo.reading.notes import ATTRIBUTE
from clusters_geo.report.audit_report import input_file

if TYPE_CHECKING:
    import pandas as pd

    from clusters_geo.maps.plain import JSON

__all__ = ["estimated_totals", "files_of", "published_totals"]

_CITY = "Hà Nội"

# A rate is as modelled as what it is made of.
_RESTS_ON = {
    "planned_ha": ("planned_ha",),
    "built_ha": ("built_ha",),
    "build_out_rate": ("built_ha", "planned_ha"),
}


def files_of(*tables: pd.DataFrame) -> list[JSON]:
    """Return name and SHA-256 of the files that tables were loaded from, as far as these are still there.

    Of a fetched file, which is not, name and SHA-256 stand in the load report.
    """
    loads = [table.attrs[ATTRIBUTE] for table in tables if ATTRIBUTE in table.attrs]
    files: list[JSON] = []
    for path, fetched in {load["path"]: load["sha256"] for load in loads}.items():
        with suppress(OSError):
            sha256 = fetched or input_file(Path(path), None).sha256
            files.append({"name": plain_text(PurePath(path).name), "sha256": sha256})
    return files


def published_totals(clusters: pd.DataFrame) -> frozenset[tuple[str | None, str]]:
    """Return which totals were published and are met: by district (None for all) and figure.

    They count only for the register that they were published of, which meets every one of the city's: a
    single figure may be met by chance.
    """
    city = reconcile(clusters.drop(columns="district", errors="ignore"))
    city = city[city["role"] == "control"]
    if not city["agrees"].all() or not set(_RESTS_ON["build_out_rate"]) <= set(city["metric"]):
        return frozenset()
    table = reconcile(clusters)
    met = table[(table["role"] == "control") & table["agrees"]]
    scopes = (None if scope == _CITY else str(scope) for scope in met["scope"])
    return frozenset(zip(scopes, met["metric"], strict=True))


def estimated_totals(
    totals: pd.Series, focus: str | None, published: frozenset[tuple[str | None, str]]
) -> list[JSON]:
    """Return which totals carry "≈": those partly modelled that no published total confirms."""
    marked: list[JSON] = [
        name
        for name, parts in _RESTS_ON.items()
        if any(totals[f"{part}_modelled"] > 0 and (focus, part) not in published for part in parts)
    ]
    return [*marked, "fill_rate"] if totals["fill_rate_modelled_clusters"] > 0 else marked
