"""Audits: is a register plausible, lawful and trustworthy? Rules by family, findings, baseline.

The package is not named `audit` because `clusters_geo.audit` is the function.
"""
