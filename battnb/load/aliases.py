"""Modules that solvers written for the public arc-dsl import. The DSL stands in for those that are not installed."""

ALIASES = ("dsl", "arc_dsl", "constants", "arc_types")
