"""Spans to numbers: the recorder, metrics, tables (pandas) and Chrome traces. Nothing here runs a candidate."""
