"""Processors, memory, accelerators and versions: the only place that looks at the machine.

host.py says what there is, and how many workers that makes by default.
"""
