"""Hectares, rates and totals: a table in, a Series or a table out."""
