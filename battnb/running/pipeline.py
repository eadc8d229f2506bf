"""A battery on a task, through all phases. Start reading here: STEPS in order, and one loop in run_phases."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from battnb.model import PHASES, Phase, phase_table
from battnb.phases.values import Given, Made, Tools
from battnb.running import phase_work

Work = Callable[[Given, Made, Tools], Awaitable[object | None]]
"""A phase's work: from what is given and what was made before it to a record of its own, or None."""

_OWN = {phase.metric: phase for phase in PHASES}

STEPS: tuple[tuple[Phase, Work], ...] = (
    (_OWN[phase_table.CHECK_BATT], phase_work.check),
    (_OWN[phase_table.FILTER], phase_work.keep_unique),
    (_OWN[phase_table.INLINE], phase_work.inline),
    (_OWN[phase_table.VALIDATE], phase_work.validate),
    (_OWN[phase_table.STORE], phase_work.store),
    (_OWN[phase_table.DIFFERS], phase_work.differs),
)
"""The phases in order. One more is one line: (Phase("run_batt.phase5_example", "example"), example.work)."""

PROFILED = (*PHASES, *[phase for phase, _ in STEPS if phase not in PHASES])
"""What a run's profile says about its phases."""


async def run_phases(given: Given, made: Made, tools: Tools) -> None:
    """All phases in order, each under its span. made has what they have made, also if this is cut off."""
    recorder = tools.progress.recorder
    with recorder.span(phase_table.RUN_BATT):
        for phase, work in STEPS:
            with recorder.span(phase.metric):
                made.add(await work(given, made, tools))
            await asyncio.sleep(0)
