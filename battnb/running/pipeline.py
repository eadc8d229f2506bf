"""A battery on a task, through all phases. Start reading here: PHASES in order, and one loop in run_phases."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from battnb.model import phase_table
from battnb.running import phase_work
from battnb.running.values import Given, Made, Tools

Work = Callable[[Given, Made, Tools], Awaitable[object]]
"""A phase's work: from what is given and what was made before it to a record of its own."""

PHASES: tuple[tuple[str, Work], ...] = (
    (phase_table.CHECK_BATT, phase_work.check),
    (phase_table.FILTER, phase_work.keep_unique),
    (phase_table.INLINE, phase_work.inline),
    (phase_table.VALIDATE, phase_work.validate),
    (phase_table.STORE, phase_work.store),
    (phase_table.DIFFERS, phase_work.differs),
)


async def run_phases(given: Given, made: Made, tools: Tools) -> None:
    """All phases in order, each under its span. made has what they have made, also if this is cut off."""
    recorder = tools.progress.recorder
    with recorder.span(phase_table.RUN_BATT):
        for metric, work in PHASES:
            with recorder.span(metric):
                made.add(await work(given, made, tools))
            await asyncio.sleep(0)
