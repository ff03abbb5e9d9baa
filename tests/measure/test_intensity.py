"""Per hectare: the city from its published totals, a cluster only from its own figures."""

from __future__ import annotations

import pandas as pd
import pytest

import clusters_geo as cg


def test_the_city_has_what_was_published():
    table = cg.city_per_hectare()
    assert table["total"].to_dict() == {"enterprises": 3900, "workers": 60_000, "budget_bn_vnd": 1100}
    assert table["per_ha"].tolist() == pytest.approx([3900 / 1392, 60_000 / 1392, 1100 / 1392])
    assert table["source"].notna().all()
    assert not (table["qualifier"] == "exact").any()


def test_a_cluster_has_only_its_own_figures(clusters):
    table = cg.per_hectare(clusters)
    assert table.index.equals(clusters.index)
    # Every built area of the bundled case is modelled, so no cluster has a rate per hectare.
    assert table.isna().all(axis=None)


def test_a_declared_area_gives_a_rate():
    table = pd.DataFrame(
        {
            "built_ha": [20.0, 20.0, 0.0],
            "built_ha_basis": ["declared", "modelled", "declared"],
            "workers": pd.array([900, 900, 900], dtype="Int64"),
            "budget_bn_vnd": [10.0, None, 1.0],
        }
    )
    rates = cg.per_hectare(table)
    assert rates.loc[0, ["workers_per_ha", "budget_bn_vnd_per_ha"]].tolist() == [45.0, 0.5]
    assert rates.loc[[1, 2]].isna().all(axis=None)
    assert rates["enterprises_per_ha"].isna().all()
