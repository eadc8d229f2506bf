"""Processors, memory, accelerators and versions: looked at in one place, for all who ask."""
