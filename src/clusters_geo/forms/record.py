"""Form 02: the record of one cluster, row by row from its columns.

The fill rate is the one of the law (Decree 32/2024/NĐ-CP, art. 2.7: leased over total industrial land) where
the register has both areas, else the one that was stated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from clusters_geo.forms.conditions import register_column, weaker_basis

if TYPE_CHECKING:
    from clusters_geo.forms.catalogue import Line

__all__ = ["FILL_RATE_ROW", "computed_fill_rate", "record"]

FILL_RATE_ROW = "5"


def record(clusters: pd.DataFrame, line: Line) -> pd.DataFrame:
    """Return a row of Form 02 for each cluster, in the shape of `parts`.

    Flags become 1 and 0, the fill rate per cent.
    """
    values = register_column(clusters, line.column).astype("Float64").astype("float64")
    basis = register_column(clusters, f"{line.column}_basis").astype("string").fillna("")
    column = pd.Series(line.column, index=clusters.index, dtype="string")
    if line.row == FILL_RATE_ROW:
        rate = computed_fill_rate(clusters)
        areas = (f"{name}_basis" for name in ("leased_ha", "leasable_ha"))
        of_both = weaker_basis(
            *(register_column(clusters, name).astype("string").fillna("") for name in areas)
        )
        basis = basis.mask(rate.notna(), of_both)
        column = column.mask(rate.notna(), "leased_ha / leasable_ha")
        values = rate.fillna(values) * 100
    return pd.DataFrame({"value": values, "column": column, "basis": basis, "decided_by": "cluster_id"})


def computed_fill_rate(clusters: pd.DataFrame) -> pd.Series:
    """Return leased over total industrial land, 0–1; missing where either is.

    Examples
    --------
    >>> computed_fill_rate(pd.DataFrame({"leased_ha": [6.0], "leasable_ha": [8.0]})).tolist()
    [0.75]
    """
    leased = register_column(clusters, "leased_ha").astype("Float64").astype("float64")
    whole = register_column(clusters, "leasable_ha").astype("Float64").astype("float64")
    return leased / whole.where(whole > 0)
