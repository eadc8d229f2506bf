"""The names of phases: their metrics, and what pictures call them. STEPS in running/pipeline.py has those that run.

A profile carries its own phases as data, so that its readers need no list of names. The constants are for code that
means one phase: the code that records it, and the numbers that are defined by it.
"""

from __future__ import annotations

import msgspec


class Phase(msgspec.Struct, frozen=True):
    """A phase of a run, or a span around phases.

    metric: the name of its spans and of its line in the timing summary. words: what pictures call it.
    is_around: it contains other phases.
    """

    metric: str
    words: str
    is_around: bool = False


RUN_BATT = "main.run_batt"
CHECK_BATT = "run_batt.check_batt"
BATT_DEMO = "batt.demo"
BATT_TEST = "batt.test"
FILTER = "run_batt.phase1_filter"
INLINE = "run_batt.phase2_inline_batch"
VALIDATE = "run_batt.phase3a_validate_batch"
STORE = "run_batt.phase3b_file_ops"
DIFFERS = "run_batt.phase4_differs"

PHASES = (
    Phase(RUN_BATT, "run", is_around=True),
    Phase(CHECK_BATT, "check", is_around=True),
    Phase(BATT_DEMO, "execute demo"),
    Phase(BATT_TEST, "execute test"),
    Phase(FILTER, "filter"),
    Phase(INLINE, "inline"),
    Phase(VALIDATE, "validate"),
    Phase(STORE, "store"),
    Phase(DIFFERS, "differs"),
)
"""In the order in which they run. Demo and test pairs are executed at the same time."""
