"""Processors, memory, accelerators and versions: the only place that looks at the machine."""
