"""The bundled case: the findings as they were read through, and nothing about its own sketches.

After a change of the data or of a rule, look at the difference and, if it is right, write the file anew:
`python tests/auditing/test_bundled.py`.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

import clusters_geo as cg
from clusters_geo.auditing.run import audit

EXPECTED = Path(__file__).with_name("hanoi_findings.csv")
COLUMNS = ["rule", "severity", "cluster_id", "district", "field", "value", "expected", "message"]


def hanoi_findings():
    clusters, districts = cg.load_hanoi()
    return audit(clusters, districts, totals=cg.load_totals(), lang="en")


def as_text(findings):
    return pd.DataFrame(findings)[COLUMNS].to_csv(index=False, lineterminator="\n")


def test_the_findings_are_those_that_were_read_through():
    assert as_text(hanoi_findings()) == EXPECTED.read_text(encoding="utf-8")


def test_published_clusters_under_five_hectares_are_among_them():
    found = hanoi_findings()
    small = found[(found["rule"] == "law.size-below-minimum") & (found["severity"] == "warning")]
    clusters, _ = cg.load_hanoi()
    sizes = clusters.loc[small["cluster_id"], ["planned_ha", "planned_ha_basis"]]
    assert len(sizes) >= 4
    assert (sizes["planned_ha"] < 5).all()
    assert (sizes["planned_ha_basis"] == "published").all()


def test_the_modelled_shares_are_among_them():
    found = hanoi_findings()
    shares = found[found["rule"] == "trust.modelled-share"].set_index("field")["value"]
    assert shares["built_ha"] == 1.0
    assert 0.2 < shares["planned_ha"] < 1


def test_the_sources_that_give_1337_hectares_and_36_pending_sites_are_shown():
    found = hanoi_findings()
    assert found.loc[found["rule"] == "trust.sources-conflict", "expected"].tolist() == [36.0, 1337.0]


def test_schematic_outlines_and_reconstructed_borders_raise_no_alarm():
    found = hanoi_findings()
    assert not found["rule"].str.startswith(("geometry.", "districts.")).any()
    record = {run["rule"]: run for run in found.attrs["audit"]["rules"]}
    assert record["geometry.area-differs"]["not_judged"] == "all outlines are schematic"
    assert record["geometry.other-district"]["not_judged"] == "all outlines are schematic"


def test_nothing_in_it_is_an_error_and_its_totals_reconcile():
    assert not hanoi_findings()["severity"].eq("error").any()


if __name__ == "__main__":
    EXPECTED.write_text(as_text(hanoi_findings()), encoding="utf-8")
