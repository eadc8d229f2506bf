"""Modules that solvers written for the public arc-dsl import; where there are none, the DSL stands in."""

ALIASES = ("dsl", "arc_dsl", "constants", "arc_types")
