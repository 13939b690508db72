"""Stands in for the package that Python dropped in 3.12: what integrations take from it."""
